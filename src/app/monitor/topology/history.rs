//! What became of the members, in words: elections, losses, and how long there was no primary.
//!
//! When and how long is what the driver's monitors saw. The term and the cause of an election are the server's word, and
//! so known for those alone that were seen while the panel was on the screen.

use std::collections::VecDeque;

use crate::app::profiles::PoolFigures;
use crate::app::scope::Moment;
use crate::app::words;
use crate::mongo::request::observe::{ReplicaSet, Topology};
use crate::pool::{self, Became, ServerKind, Turn};

/// The most elections whose term is kept.
const MOST_TERMS: usize = 100;

/// Something that became of a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// When, in milliseconds since the epoch.
    pub at: i64,
    /// The member.
    pub address: String,
    /// What, as a sentence without a subject.
    pub what: String,
    /// What it means.
    pub weight: Weight,
}

/// What a line means to who reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// Another primary.
    Election,
    /// Something is lost by it.
    Loss,
    /// Worth knowing.
    News,
}

/// The server's word on elections that were seen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Terms(VecDeque<Term>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Term {
    /// When the driver saw the election.
    at: pool::Moment,
    number: Option<i64>,
    reason: Option<String>,
}

impl Terms {
    /// Takes what a reading says of the election that was seen last, where it is about that one.
    pub fn take(&mut self, figures: &PoolFigures, set: &ReplicaSet) {
        let seen = figures
            .whole
            .as_ref()
            .and_then(|p| p.members.last_election());
        let (Some(turn), Some(primary)) = (seen, set.primary()) else {
            return;
        };
        if *turn.address != *primary.address || self.0.back().is_some_and(|t| t.at == turn.at) {
            return;
        }
        if self.0.len() == MOST_TERMS {
            self.0.pop_front();
        }
        self.0.push_back(Term {
            at: turn.at,
            number: set.term,
            reason: set.election.reason.clone(),
        });
    }

    fn of(&self, turn: &Turn) -> Option<&Term> {
        self.0.iter().rev().find(|t| t.at == turn.at)
    }
}

/// What became of members lately, the newest first.
#[must_use]
pub fn lines(figures: &PoolFigures, terms: &Terms, most: usize) -> Vec<Line> {
    let Some(pools) = &figures.whole else {
        return Vec::new();
    };
    let turns = pools.members.turns().rev().take(most);
    turns
        .map(|turn| {
            let (what, weight) = tell(turn, terms.of(turn));
            Line {
                at: wall(figures, turn.at),
                address: turn.address.to_string(),
                what,
                weight,
            }
        })
        .collect()
}

/// A moment of the figures by the clock of this machine.
fn wall(figures: &PoolFigures, at: pool::Moment) -> i64 {
    let taken = i64::try_from(figures.taken.0).unwrap_or(0);
    let ago = i64::try_from(figures.at.since(at).as_millis()).unwrap_or(0);
    taken - ago
}

fn tell(turn: &Turn, term: Option<&Term>) -> (String, Weight) {
    match &turn.became {
        Became::Watched => ("is watched from now on".to_owned(), Weight::News),
        Became::Unwatched => ("is not watched any more".to_owned(), Weight::Loss),
        Became::Silent { reason } => (format!("does not answer: {reason}"), Weight::Loss),
        Became::Back { without } => (
            format!("is primary again, after {}", words::span(*without)),
            Weight::News,
        ),
        Became::Elected {
            from,
            before,
            without,
        } => {
            let mut what = "was elected primary".to_owned();
            match (before, without.is_zero()) {
                (Some(_), false) => {
                    what.push_str(&format!(" after {} without one", words::span(*without)));
                }
                (Some(_), true) => what.push_str(" at once"),
                (None, _) => {}
            }
            if let Some(number) = term.and_then(|t| t.number) {
                what.push_str(&format!(", in term {number}"));
            }
            if let Some(reason) = term.and_then(|t| t.reason.as_deref()) {
                what.push_str(&format!(", because {}", reason_words(reason)));
            }
            match before {
                Some(before) => what.push_str(&format!("; before it was {before}")),
                None => what.push_str(&format!("; it was {}", kind_words(*from))),
            }
            (what, Weight::Election)
        }
        Became::Changed { from, to } => match (from, to) {
            (ServerKind::Primary, ServerKind::Unknown) => (
                "is primary no more: it does not answer as one".to_owned(),
                Weight::Loss,
            ),
            (ServerKind::Primary, to) => (
                format!("is primary no more; it is {}", kind_words(*to)),
                Weight::Loss,
            ),
            (ServerKind::Unknown, to) => {
                (format!("is seen; it is {}", kind_words(*to)), Weight::News)
            }
            (from, ServerKind::Unknown) => (
                format!("is lost; it was {}", kind_words(*from)),
                Weight::Loss,
            ),
            (from, to) => (
                format!("is {}; it was {}", kind_words(*to), kind_words(*from)),
                Weight::News,
            ),
        },
    }
}

fn kind_words(kind: ServerKind) -> &'static str {
    match kind {
        ServerKind::Other => "neither primary nor secondary",
        kind => kind.word(),
    }
}

/// Why there was an election. The server's word, where it is a new one.
#[must_use]
pub fn reason_words(reason: &str) -> &str {
    match reason {
        "electionTimeout" => "the primary was silent for too long",
        "priorityTakeover" => "it has a higher priority than the one before",
        "catchupTakeover" => "it was ahead of the one before",
        "stepUpRequest" => "it was asked to stand",
        "stepUpRequestSkipDryRun" => "the one before handed over to it",
        "singleNodePromptElection" => "it stands alone",
        other => other,
    }
}

/// That a set has no primary at the moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vacancy {
    /// Since when there is none and who it was, where that was seen.
    pub since: Option<(i64, String)>,
}

/// Whether there is no primary, by the newer one of what the driver's monitors tell and what was read.
#[must_use]
pub fn vacancy(figures: Option<&PoolFigures>, read: Option<&Topology>) -> Option<Vacancy> {
    let members = figures.and_then(|f| f.whole.as_ref()).map(|p| &p.members);
    if let (Some(figures), Some((at, who))) = (figures, members.and_then(|m| m.lost.as_ref())) {
        let since = Some((wall(figures, *at), who.to_string()));
        return Some(Vacancy { since });
    }
    if members.is_some_and(|m| m.primary.is_some()) {
        return None;
    }
    let set = read.and_then(Topology::set)?;
    set.primary().is_none().then_some(Vacancy { since: None })
}

/// For how long there is no primary at `now`.
#[must_use]
pub fn vacant_for(since: i64, now: Moment) -> std::time::Duration {
    now.since(Moment(u64::try_from(since).unwrap_or(0)))
}

/// What is to be expected where there is no primary: whether those that answer can elect one. `None` where the votes are
/// not known.
#[must_use]
pub fn prospect(set: &ReplicaSet) -> Option<Prospect> {
    let votes = |m: &&crate::mongo::request::observe::Member| m.votes.unwrap_or(0).max(0);
    let all: i64 = set.members.iter().map(|m| votes(&m)).sum();
    if all == 0 {
        return None;
    }
    let needed = all / 2 + 1;
    let answering = || set.members.iter().filter(|m| m.healthy != Some(false));
    let there: i64 = answering().map(|m| votes(&m)).sum();
    let may_stand = answering().any(|m| !m.arbiter && m.priority.is_some_and(|p| p > 0.0));
    let counted = format!("{there} of {} answer, {needed} are needed", votes_of(all));
    Some(if there < needed {
        Prospect {
            text: format!("nobody can be elected: {counted}; start a member again"),
            hopeless: true,
        }
    } else if !may_stand {
        Prospect {
            text: "nobody can be elected: no member that answers may become primary".to_owned(),
            hopeless: true,
        }
    } else {
        let after = match set.election_after {
            Some(after) => format!(
                "; a member stands {} after it last heard of a primary",
                words::whole(after)
            ),
            None => String::new(),
        };
        Prospect {
            text: format!("an election is under way: {counted}{after}"),
            hopeless: false,
        }
    })
}

fn votes_of(all: i64) -> String {
    words::several(u64::try_from(all).unwrap_or(0), "vote")
}

/// What is to be expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prospect {
    /// In words.
    pub text: String,
    /// Whether it does not get better by itself.
    pub hopeless: bool,
}
