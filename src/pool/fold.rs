//! The fold itself: events in, figures out.
//!
//! The driver calls back from several threads, so events of different connections interleave in any way; those of one
//! connection come in order. Where one is missing all the same (listening began later, a bound was reached), the fold
//! believes what came: a connection that is checked out exists.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::event::{CheckoutFailure, CloseReason, Event, Moment, ServerKind, What, Work};
use super::histogram::Histogram;
use super::history::{History, Second};
use super::members::Members;
use super::timeline::Timeline;

/// The most connections told apart in one pool; more are not seen one by one in any console.
const MOST_CONNECTIONS: usize = 10_000;

/// The most names of commands counted; the rest are counted together under `other`.
const MOST_COMMANDS: usize = 64;

/// The most addresses; a deployment has fewer.
const MOST_ADDRESSES: usize = 1_000;

/// Who got a connection sooner did not wait for one.
const WAITING: Duration = Duration::from_millis(1);

/// How long before a clearing its cause may have been told.
const CAUSE: Duration = Duration::from_secs(2);

/// Whether a pool makes connections.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum PoolState {
    /// Not yet, or not since it was cleared.
    #[default]
    Paused,
    /// It does.
    Ready,
    /// It is no more.
    Closed,
}

/// What a connection is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConnectionState {
    /// It is being made.
    Establishing,
    /// It waits for somebody to need it.
    Available,
    /// Somebody has it.
    InUse,
}

/// One connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    /// What it is doing.
    pub state: ConnectionState,
    /// Since when it does that.
    pub since: Moment,
    /// When it began to be made.
    pub created: Moment,
    /// How often it was handed out.
    pub uses: u64,
    /// The clearings of its pool before it was made: fewer than the pool's own means that it is stale.
    pub generation: u64,
    /// What it was handed out for last: what runs on it while it is in use. `None` where that is not known.
    pub work: Option<Arc<Work>>,
}

/// Connections that could not be made, since one was made last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused {
    /// When the first of them failed.
    pub since: Moment,
    /// When the last of them failed.
    pub last: Moment,
    /// How many.
    pub tries: u64,
}

/// The last round trip of the driver's monitor and what is usual.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RoundTrip {
    /// The last one.
    pub last: Duration,
    /// All of them.
    pub all: Histogram,
}

/// The commands of one name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CommandFigures {
    /// How long they took, those that failed included.
    pub took: Histogram,
    /// How many failed.
    pub failures: u64,
    /// Why the last one failed.
    pub last_failure: Option<String>,
}

/// One server's pool.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Pool {
    /// Whether it makes connections.
    pub state: PoolState,
    /// The most connections that it may have; 0 for no limit.
    pub max: u32,
    /// The fewest that it keeps.
    pub min: u32,
    /// How often it was cleared.
    pub generation: u64,
    /// The connections, by their number within the pool.
    pub connections: BTreeMap<u32, Connection>,
    in_use: usize,
    available: usize,
    /// Who waits for a connection.
    pub pending: u32,
    /// How many connections were made, or begun.
    pub created: u64,
    /// How many were closed, by reason.
    pub closed: BTreeMap<CloseReason, u64>,
    /// Requests for a connection that failed, by reason.
    pub failed: BTreeMap<CheckoutFailure, u64>,
    /// How long it took to get a connection.
    pub waits: Histogram,
    /// How long it took to make one.
    pub establishing: Histogram,
    /// How old they were when they were closed.
    pub ages: Histogram,
    /// When it was last cleared, and what was told shortly before, which is likely why.
    pub cleared: Option<(Moment, Option<String>)>,
    /// Since when somebody waits all the time, with as many connections in use as there may be.
    pub saturated: Option<Moment>,
    /// Since when somebody waits all the time while connections are being made and there may be more.
    pub making: Option<Moment>,
    /// Since when it has fewer connections than it keeps, and none was made.
    pub short: Option<Moment>,
    /// Connections that could not be made, since one was made last.
    pub refused: Option<Refused>,
    /// The last ten minutes.
    pub history: History,
    /// What the server is to its deployment.
    pub kind: Option<ServerKind>,
    /// When that changed last.
    pub changed: Option<Moment>,
    /// How often it changed.
    pub changes: u64,
    /// How often the server answered the monitor.
    pub heartbeats: u64,
    /// How often it did not.
    pub missed_heartbeats: u64,
    /// The monitor's round trips.
    pub round_trip: RoundTrip,
    /// When the server last answered the monitor.
    pub last_heartbeat: Option<Moment>,
    /// Since when it does not, and why not; `None` while it does.
    pub failing: Option<(Moment, String)>,
    /// The last thing that went wrong, for naming the cause of a clearing.
    last_trouble: Option<(Moment, String)>,
    /// Pools of this address that were made and are not closed: the driver tells that one was closed after it may have
    /// made another.
    open: u32,
    /// Connections of former pools of this address that are not closed so far. Their numbers are used again.
    former: BTreeSet<u32>,
    /// The driver no longer watches the server.
    forgotten: bool,
}

impl Pool {
    /// Connections that exist, those being made included.
    #[must_use]
    pub fn size(&self) -> usize {
        self.connections.len()
    }

    /// Connections that somebody has.
    #[must_use]
    pub fn in_use(&self) -> usize {
        self.in_use
    }

    /// Connections that wait to be needed.
    #[must_use]
    pub fn available(&self) -> usize {
        self.available
    }

    /// Connections that are being made.
    #[must_use]
    pub fn being_established(&self) -> usize {
        self.size().saturating_sub(self.in_use + self.available)
    }

    /// How many connections were closed, for whatever reason.
    #[must_use]
    pub fn closed_in_all(&self) -> u64 {
        self.closed.values().sum()
    }

    fn level(&self) -> Second {
        let small = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Second {
            in_use: small(self.in_use),
            size: small(self.size()),
            pending: self.pending,
            ..Second::default()
        }
    }

    fn enter(&mut self, id: u32, state: ConnectionState, at: Moment) {
        let generation = self.generation;
        if !self.connections.contains_key(&id) && self.connections.len() >= MOST_CONNECTIONS {
            return;
        }
        let connection = self.connections.entry(id).or_insert(Connection {
            state: ConnectionState::Establishing,
            since: at,
            created: at,
            uses: 0,
            generation,
            work: None,
        });
        match connection.state {
            ConnectionState::InUse => self.in_use -= 1,
            ConnectionState::Available => self.available -= 1,
            ConnectionState::Establishing => {}
        }
        connection.state = state;
        connection.since = at;
        match state {
            ConnectionState::InUse => {
                connection.uses += 1;
                self.in_use += 1;
            }
            ConnectionState::Available => self.available += 1,
            ConnectionState::Establishing => {}
        }
    }

    fn leave(&mut self, id: u32, reason: CloseReason, at: Moment) {
        *self.closed.entry(reason).or_default() += 1;
        let Some(connection) = self.connections.remove(&id) else {
            return;
        };
        match connection.state {
            ConnectionState::InUse => self.in_use -= 1,
            ConnectionState::Available => self.available -= 1,
            ConnectionState::Establishing => {}
        }
        self.ages.add(at.since(connection.created));
    }

    fn trouble(&mut self, at: Moment, what: String) {
        self.last_trouble = Some((at, what));
    }

    fn take(&mut self, at: Moment, what: &What) {
        let before = self.level();
        match what {
            What::PoolCreated { max, min } => {
                let mut former = std::mem::take(&mut self.former);
                former.extend(self.connections.keys());
                *self = Self {
                    max: *max,
                    min: *min,
                    open: self.open.saturating_add(1),
                    former,
                    // What the monitor knows outlives the pool.
                    kind: self.kind,
                    changed: self.changed,
                    changes: self.changes,
                    heartbeats: self.heartbeats,
                    missed_heartbeats: self.missed_heartbeats,
                    round_trip: std::mem::take(&mut self.round_trip),
                    last_heartbeat: self.last_heartbeat,
                    failing: self.failing.take(),
                    last_trouble: self.last_trouble.take(),
                    history: std::mem::take(&mut self.history),
                    ..Self::default()
                };
            }
            What::PoolReady => self.state = PoolState::Ready,
            What::PoolCleared { partial, .. } => {
                self.generation += 1;
                if *partial {
                    // Whose connections are stale is not told, so none is called so.
                    for connection in self.connections.values_mut() {
                        connection.generation += 1;
                    }
                } else {
                    self.state = PoolState::Paused;
                }
                let cause = self
                    .last_trouble
                    .as_ref()
                    .filter(|(told, _)| at.since(*told) <= CAUSE)
                    .map(|(_, what)| what.clone());
                self.cleared = Some((at, cause));
            }
            What::PoolClosed => {
                self.open = self.open.saturating_sub(1);
                // Connections that are in use now are closed when they are given back, and that is told.
                if self.open == 0 {
                    self.state = PoolState::Closed;
                    self.pending = 0;
                }
            }
            What::Created { connection } => {
                self.created += 1;
                self.enter(*connection, ConnectionState::Establishing, at);
            }
            What::Ready { connection, took } => {
                self.establishing.add(*took);
                self.refused = None;
                self.short = None;
                self.enter(*connection, ConnectionState::Available, at);
            }
            What::Closed { connection, reason }
                if *reason == CloseReason::PoolClosed && self.former.remove(connection) => {}
            What::Closed { connection, reason } => {
                if *reason == CloseReason::Error
                    && self.connections.get(connection).map(|c| c.state)
                        == Some(ConnectionState::Establishing)
                {
                    let since = self.refused.map_or(at, |r| r.since);
                    let tries = self.refused.map_or(0, |r| r.tries) + 1;
                    let last = at;
                    self.refused = Some(Refused { since, last, tries });
                }
                if *reason == CloseReason::Error {
                    self.trouble(
                        at,
                        format!("connection {connection} was closed by an error"),
                    );
                }
                self.leave(*connection, *reason, at);
            }
            What::CheckoutStarted => self.pending = self.pending.saturating_add(1),
            What::CheckoutMoved => self.pending = self.pending.saturating_sub(1),
            What::CheckoutFailed { reason, waited } => {
                self.pending = self.pending.saturating_sub(1);
                *self.failed.entry(*reason).or_default() += 1;
                self.waits.add(*waited);
            }
            What::CheckedOut {
                connection,
                waited,
                work,
            } => {
                self.pending = self.pending.saturating_sub(1);
                self.waits.add(*waited);
                self.enter(*connection, ConnectionState::InUse, at);
                if let Some(connection) = self.connections.get_mut(connection) {
                    connection.work.clone_from(work);
                }
            }
            What::CheckedIn { connection } => {
                self.enter(*connection, ConnectionState::Available, at);
            }
            What::ServerOpened => {
                self.kind = Some(ServerKind::Unknown);
                self.forgotten = false;
            }
            What::ServerClosed => {
                self.kind = None;
                self.failing = None;
                self.forgotten = true;
            }
            What::ServerChanged { from, to } => {
                self.kind = Some(*to);
                if from != to {
                    self.changed = Some(at);
                    self.changes += 1;
                    // To be known again is no trouble.
                    if *from != ServerKind::Unknown {
                        self.trouble(
                            at,
                            format!("the server was {}, and is {}", from.word(), to.word()),
                        );
                    }
                }
            }
            What::Heartbeat { took, awaited } => {
                self.last_heartbeat = Some(at);
                self.heartbeats += 1;
                self.failing = None;
                if !awaited {
                    self.round_trip.last = *took;
                    self.round_trip.all.add(*took);
                }
            }
            What::HeartbeatFailed { reason } => {
                self.missed_heartbeats += 1;
                let since = self.failing.as_ref().map_or(at, |(since, _)| *since);
                self.failing = Some((since, reason.clone()));
                self.trouble(at, reason.clone());
            }
            What::StoodStill { lasted } => {
                self.history.at(at, before);
                let from = at.since_start().saturating_sub(*lasted);
                self.history.stood_still(Moment::new(from), at);
            }
        }
        self.note_saturation(at);
        self.note_second(at, before, what);
    }

    fn note_saturation(&mut self, at: Moment) {
        let max = self.max as usize;
        // One that is given back goes to who waits: for that moment it is not in use, and nothing is better.
        let lasts = self.saturated.is_some() && self.size() >= max;
        let begins = max > 0 && self.in_use >= max;
        self.saturated = match self.saturated {
            _ if self.pending == 0 || !(lasts || begins) => None,
            None => Some(at),
            since => since,
        };
        let room = self.max == 0 || self.size() < max || self.in_use < max;
        let making = self.pending > 0 && self.being_established() > 0 && room;
        self.making = self.making.or(Some(at)).filter(|_| making);
        let made = self.in_use + self.available;
        let short = self.state == PoolState::Ready && made < self.min as usize;
        self.short = self.short.or(Some(at)).filter(|_| short);
    }

    /// Whether nothing of it is left.
    fn is_over(&self) -> bool {
        self.forgotten && self.open == 0 && self.connections.is_empty()
    }

    fn note_second(&mut self, at: Moment, before: Second, what: &What) {
        let now = self.level();
        let second = self.history.at(at, before);
        second.in_use = second.in_use.max(now.in_use);
        second.size = second.size.max(now.size);
        match what {
            What::CheckedOut { waited, .. } | What::CheckoutFailed { waited, .. }
                if *waited >= WAITING =>
            {
                second.pending = second.pending.max(before.pending);
            }
            _ => {}
        }
        match what {
            What::CheckedOut { waited, .. } => {
                second.checkouts += 1;
                let waited = u32::try_from(waited.as_micros()).unwrap_or(u32::MAX);
                second.longest_wait = second.longest_wait.max(waited);
            }
            What::Created { .. } => second.created += 1,
            What::Closed { .. } | What::CheckoutFailed { .. } => second.losses += 1,
            _ => {}
        }
    }

    /// The history up to `now`: seconds in which nothing was told are filled with what still held.
    #[must_use]
    pub fn history_until(&self, now: Moment) -> History {
        let mut history = self.history.clone();
        let level = self.level();
        history.at(now, level);
        history
    }
}

/// What a line of the screen says of all pools of a deployment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Summary {
    /// Connections that somebody has.
    pub in_use: usize,
    /// Connections that wait to be needed.
    pub available: usize,
    /// Who waits for a connection.
    pub pending: usize,
    /// The most connections that there may be; 0 for no limit.
    pub max: u32,
    /// Since when a pool is at its limit while somebody waits; the earliest of several.
    pub saturated: Option<Moment>,
    /// When a pool was last cleared.
    pub cleared: Option<Moment>,
}

/// The pools of a deployment, by server address.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Pools {
    pools: BTreeMap<Arc<str>, Pool>,
    /// The last events of all of them.
    pub timeline: Timeline,
    /// Who is primary, and what became of the members.
    pub members: Members,
    /// Commands by name, of all servers.
    pub commands: BTreeMap<Arc<str>, CommandFigures>,
}

impl Pools {
    /// Takes an event.
    pub fn take(&mut self, event: Event) {
        if !self.pools.contains_key(&event.address) && self.pools.len() >= MOST_ADDRESSES {
            return;
        }
        self.members.take(&event);
        // The end of what is not known any more makes nothing known.
        let ends = matches!(
            event.what,
            What::ServerClosed | What::PoolClosed | What::CheckoutMoved
        );
        if !ends || self.pools.contains_key(&event.address) {
            let pool = self.pools.entry(Arc::clone(&event.address)).or_default();
            pool.take(event.at, &event.what);
            // The driver tells the end of the server and that of its pool in either order.
            if pool.is_over() {
                self.pools.remove(&event.address);
            }
        }
        if worth_telling(&event.what) {
            self.timeline.push(event);
        }
    }

    /// Counts a command that came to its end after `took`; `failure` says in a line why it failed.
    pub fn count_command(&mut self, name: &str, took: Duration, failure: Option<String>) {
        let known = self.commands.contains_key(name) || self.commands.len() < MOST_COMMANDS;
        let name = if known { name } else { "other" };
        if !self.commands.contains_key(name) {
            self.commands
                .insert(Arc::from(name), CommandFigures::default());
        }
        let Some(figures) = self.commands.get_mut(name) else {
            return;
        };
        figures.took.add(took);
        if let Some(failure) = failure {
            figures.failures += 1;
            figures.last_failure = Some(failure);
        }
    }

    /// The pools, by address.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&Arc<str>, &Pool)> {
        self.pools.iter()
    }

    /// The pool of one server.
    #[must_use]
    pub fn get(&self, address: &str) -> Option<&Pool> {
        self.pools.get(address)
    }

    /// What a line can say of all of them.
    #[must_use]
    pub fn summary(&self) -> Summary {
        let (in_use, available, pending) = self.sums();
        let limits = || self.pools.values().map(|pool| pool.max);
        Summary {
            in_use,
            available,
            pending,
            max: match limits().any(|max| max == 0) {
                true => 0,
                false => limits().fold(0, u32::saturating_add),
            },
            saturated: self.pools.values().filter_map(|p| p.saturated).min(),
            cleared: self
                .pools
                .values()
                .filter_map(|p| p.cleared.as_ref().map(|(at, _)| *at))
                .max(),
        }
    }

    /// In use, available, and waiting, over all servers.
    #[must_use]
    pub fn sums(&self) -> (usize, usize, usize) {
        self.pools.values().fold((0, 0, 0), |sum, pool| {
            (
                sum.0 + pool.in_use(),
                sum.1 + pool.available(),
                sum.2 + pool.pending as usize,
            )
        })
    }
}

/// Whether the timeline keeps it: heartbeats that are answered come all the time and say nothing.
fn worth_telling(what: &What) -> bool {
    !matches!(what, What::Heartbeat { .. })
}
