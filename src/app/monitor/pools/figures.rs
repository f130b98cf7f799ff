//! The figures that the panel shows, and the rows that follow from them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::app::profiles::ProfileState;
use crate::app::scope::Moment;
use crate::pool::{self, Connection, ConnectionState, Event, Histogram, Pool, Pools, Warning};

/// Figures, and the moment they are about.
#[derive(Debug, Clone)]
pub struct Figures {
    /// The figures.
    pub pools: Arc<Pools>,
    /// The moment, on the clock of the figures.
    pub now: pool::Moment,
    /// The same moment, on the clock of the deck.
    pub wall: Moment,
}

impl Figures {
    /// What is known of a profile at `now`. The figures follow every event, so they hold for this very moment.
    #[must_use]
    pub fn of(profile: &ProfileState, now: Moment) -> Option<Self> {
        let figures = profile.pools.as_ref()?;
        Some(Self {
            pools: Arc::clone(figures.whole.as_ref()?),
            now: figures.now(now),
            wall: now,
        })
    }

    /// When something was, on the clock of the deck.
    #[must_use]
    pub fn clock(&self, at: pool::Moment) -> Moment {
        let ago = self.now.since(at).as_millis();
        Moment(
            self.wall
                .0
                .saturating_sub(u64::try_from(ago).unwrap_or(u64::MAX)),
        )
    }

    /// How long ago something was.
    #[must_use]
    pub fn ago(&self, at: pool::Moment) -> Duration {
        self.now.since(at)
    }
}

/// A row of the overview.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Row {
    /// Something is wrong with a server's pool: which of its warnings.
    Warning(Arc<str>, Trouble),
    /// A server.
    Server(Arc<str>),
}

/// The kinds of warning, without their figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// All connections are in use, and somebody waits.
    Saturated,
    /// Somebody waits for connections that are being made.
    Making,
    /// Connections cannot be made.
    Refused,
    /// There are fewer connections than the pool keeps.
    Short,
    /// The pool was cleared lately.
    Cleared,
    /// The server does not answer.
    Silent,
}

impl Row {
    /// The server that it is about.
    #[must_use]
    pub fn address(&self) -> &Arc<str> {
        match self {
            Self::Warning(address, _) | Self::Server(address) => address,
        }
    }
}

/// What is wrong, each with its row.
#[must_use]
pub fn warnings(figures: &Figures) -> Vec<(Row, Warning)> {
    let mut all = Vec::new();
    for (address, pool) in figures.pools.iter() {
        for warning in pool::warnings(pool, figures.now) {
            let trouble = match warning {
                Warning::Saturated { .. } => Trouble::Saturated,
                Warning::Making { .. } => Trouble::Making,
                Warning::Refused { .. } => Trouble::Refused,
                Warning::Short { .. } => Trouble::Short,
                Warning::Cleared { .. } => Trouble::Cleared,
                Warning::Silent { .. } => Trouble::Silent,
            };
            all.push((Row::Warning(Arc::clone(address), trouble), warning));
        }
    }
    all
}

/// The rows of the overview: what is wrong, then the servers.
#[must_use]
pub fn rows(figures: &Figures) -> Vec<Row> {
    let wrong = warnings(figures).into_iter().map(|(row, _)| row);
    let servers = figures
        .pools
        .iter()
        .map(|(a, _)| Row::Server(Arc::clone(a)));
    wrong.chain(servers).collect()
}

/// The connections of a pool: those in use first, the longest in front; then those being made, then the others.
#[must_use]
pub fn connections(pool: &Pool) -> Vec<(u32, &Connection)> {
    let mut all: Vec<(u32, &Connection)> = pool.connections.iter().map(|(i, c)| (*i, c)).collect();
    all.sort_by_key(|(id, c)| {
        let rank = match c.state {
            ConnectionState::InUse => 0,
            ConnectionState::Establishing => 1,
            ConnectionState::Available => 2,
        };
        (rank, c.since, *id)
    });
    all
}

/// How old the connections are that are there now.
#[must_use]
pub fn ages(figures: &Figures, pool: &Pool) -> Histogram {
    let mut ages = Histogram::default();
    for connection in pool.connections.values() {
        // Whole seconds, so that a screen of nothing but ages changes once a second.
        let ago = figures.ago(connection.created);
        ages.add(Duration::from_secs(ago.as_secs()));
    }
    ages
}

/// The events to be shown, newest first, each with its number since the listening began.
#[must_use]
pub fn events<'f>(
    figures: &'f Figures,
    address: Option<&Arc<str>>,
    filter: &str,
) -> Vec<(u64, &'f Event)> {
    let timeline = &figures.pools.timeline;
    let words: Vec<String> = filter.split_whitespace().map(str::to_lowercase).collect();
    let mut all: Vec<(u64, &Event)> = timeline
        .numbered()
        .filter(|(_, e)| address.is_none_or(|a| e.address == *a) && fits(e, &words))
        .collect();
    all.reverse();
    all
}

/// Whether an event holds all of `words`, in its address, its name or what is said of it.
fn fits(event: &Event, words: &[String]) -> bool {
    if words.is_empty() {
        return true;
    }
    let (name, said) = (event.what.name(), event.what.text());
    let text = format!("{} {name} {said}", event.address).to_lowercase();
    words.iter().all(|w| text.contains(w.as_str()))
}

/// The commands, those that took longest in all first.
#[must_use]
pub fn commands(pools: &Pools) -> Vec<(Arc<str>, &pool::CommandFigures)> {
    let commands: &BTreeMap<_, _> = &pools.commands;
    let mut all: Vec<_> = commands.iter().map(|(n, c)| (Arc::clone(n), c)).collect();
    all.sort_by_key(|(_, c)| std::cmp::Reverse(c.took.total()));
    all
}
