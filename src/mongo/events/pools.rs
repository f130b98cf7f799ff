//! The driver's pool and monitoring events, translated and folded where they are told.
//!
//! Folding in the callback keeps the order of one connection's events, which a channel with a task for each event would
//! lose. Who wants to see the figures takes a copy; nobody is sent anything.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use mongodb::ServerType;
use mongodb::event::cmap::{CmapEvent, ConnectionCheckoutFailedReason, ConnectionClosedReason};
use mongodb::event::sdam::SdamEvent;
use mongodb::options::ServerAddress;
use tokio::sync::watch;

use super::waiting::{Waited, Waiting};
use super::work;
use crate::clock;
use crate::mongo::failure::{self, Scene};
use crate::pool::{
    CheckoutFailure, CloseReason, ConnectionState, Event, Moment, Pools, ServerKind, Summary, What,
};

/// The figures of one client's pools, kept up to date by the driver's callbacks. Clones are the same figures.
#[derive(Debug, Clone)]
pub struct PoolWatch(Arc<Watched>);

#[derive(Debug)]
struct Watched {
    /// When that was, by the clock that only counts.
    start: Duration,
    state: Mutex<State>,
    /// Counts events other than answered heartbeats, which come for ever.
    news: watch::Sender<u64>,
    /// How many look at everything: then every event is news.
    whole: AtomicUsize,
}

#[derive(Debug, Default)]
struct State {
    pools: Pools,
    addresses: HashMap<ServerAddress, Arc<str>>,
    /// Counts how often everything was forgotten.
    epoch: u64,
}

impl State {
    fn tell(&mut self, at: Moment, address: &Arc<str>, what: What) {
        let address = Arc::clone(address);
        self.pools.take(Event { at, address, what });
    }

    /// The event as it is with the running work's wait in front of the pool, so that the wait is counted once: `None` for
    /// one that has been told already.
    fn with_wait(&mut self, at: Moment, address: &Arc<str>, what: What) -> Option<What> {
        match what {
            What::CheckoutStarted => {
                let moved = work::waited(|waited| {
                    let waited = waited.as_mut().filter(|w| !w.asked)?;
                    waited.asked = true;
                    Some((Arc::clone(&waited.address), waited.epoch))
                });
                match moved.flatten() {
                    Some((asked, _)) if asked == *address => None,
                    // It was counted as one who waits for a connection of the server that is asked most.
                    Some((other, epoch)) => {
                        if epoch == self.epoch {
                            self.tell(at, &other, What::CheckoutMoved);
                        }
                        Some(what)
                    }
                    None => Some(what),
                }
            }
            What::CheckedOut {
                connection,
                waited,
                work,
            } => Some(What::CheckedOut {
                connection,
                work,
                waited: waited + waited_before(),
            }),
            What::CheckoutFailed { reason, waited } => Some(What::CheckoutFailed {
                reason,
                waited: waited + waited_before(),
            }),
            _ => Some(what),
        }
    }
}

/// How long the running work waited in front of the pool, for the first connection that it gets.
fn waited_before() -> Duration {
    let taken = work::waited(Option::take).flatten();
    taken.map_or(Duration::ZERO, Waited::over)
}

/// What has connections of the pools at a moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Holders {
    /// What runs on them, on how many, and for how long the longest; the longest first.
    pub works: Vec<(String, usize, Duration)>,
    /// Connections that are being made.
    pub being_made: usize,
    /// Who waits for one.
    pub waiting: usize,
}

impl Default for PoolWatch {
    fn default() -> Self {
        Self(Arc::new(Watched {
            start: clock::counted(),
            state: Mutex::default(),
            news: watch::Sender::new(0),
            whole: AtomicUsize::new(0),
        }))
    }
}

impl PoolWatch {
    /// The moment that it is now, on the clock of the figures.
    #[must_use]
    pub fn now(&self) -> Moment {
        Moment::new(clock::counted().saturating_sub(self.0.start))
    }

    /// What a line can say of the figures as they are now. Costs next to nothing.
    #[must_use]
    pub fn summary(&self) -> (Summary, Moment) {
        (self.state().pools.summary(), self.now())
    }

    /// Says that one more looks at everything from now on, or one less: with nobody left, the summary alone is told.
    pub fn watch_whole(&self, whole: bool) {
        let change = |count: usize| match whole {
            true => Some(count.saturating_add(1)),
            false => count.checked_sub(1),
        };
        let before = (self.0.whole).fetch_update(Ordering::Relaxed, Ordering::Relaxed, change);
        let turned = match whole {
            true => before == Ok(0),
            false => before == Ok(1),
        };
        if turned {
            self.tell();
        }
    }

    /// Whether somebody looks at everything.
    #[must_use]
    pub fn is_watched_whole(&self) -> bool {
        self.0.whole.load(Ordering::Relaxed) > 0
    }

    /// A copy of everything as it is now. Costs some hundred kilobytes.
    #[must_use]
    pub fn figures(&self) -> (Pools, Moment) {
        (self.state().pools.clone(), self.now())
    }

    /// What `look` makes of the figures, without a copy of them. Must be short: the driver's callbacks wait for it.
    pub fn look<T>(&self, look: impl FnOnce(&Pools) -> T) -> T {
        look(&self.state().pools)
    }

    /// Somebody waits in front of the pool: of that in which most is in use, the primary's among equals. `None` where
    /// nothing is known of any pool.
    pub(crate) fn queue(&self) -> Option<Waiting> {
        let mut state = self.state();
        let busiest = state
            .pools
            .iter()
            .max_by_key(|(_, p)| (p.in_use(), p.kind == Some(ServerKind::Primary)));
        let address = Arc::clone(busiest?.0);
        let epoch = state.epoch;
        let at = self.now();
        state.tell(at, &address, What::CheckoutStarted);
        drop(state);
        self.tell();
        Some(Waiting {
            pools: self.clone(),
            address,
            epoch,
            since: Instant::now(),
            over: false,
        })
    }

    /// What has the connections now.
    #[must_use]
    pub fn holders(&self) -> Holders {
        let state = self.state();
        let now = self.now();
        let mut works: BTreeMap<String, (usize, Duration)> = BTreeMap::new();
        let mut holders = Holders::default();
        for (_, pool) in state.pools.iter() {
            holders.being_made += pool.being_established();
            holders.waiting += pool.pending as usize;
            let used = pool.connections.values();
            for connection in used.filter(|c| c.state == ConnectionState::InUse) {
                let work = connection.work.as_ref();
                let text = work.map_or_else(|| "the driver's own work".to_owned(), |w| w.text());
                let (count, longest) = works.entry(text).or_default();
                *count += 1;
                *longest = (*longest).max(now.since(connection.since));
            }
        }
        drop(state);
        holders.works = works.into_iter().map(|(t, (n, l))| (t, n, l)).collect();
        holders
            .works
            .sort_by_key(|(_, _, longest)| std::cmp::Reverse(*longest));
        holders
    }

    pub(super) fn tell_of(&self, address: &Arc<str>, epoch: u64, what: What) {
        let mut state = self.state();
        if state.epoch != epoch || state.pools.get(address).is_none() {
            return;
        }
        let at = self.now();
        state.tell(at, address, what);
        drop(state);
        self.tell();
    }

    /// Changes with each event that says something new.
    #[must_use]
    pub fn news(&self) -> watch::Receiver<u64> {
        self.0.news.subscribe()
    }

    /// Forgets everything, for a client that is made anew.
    pub fn clear(&self) {
        let mut state = self.state();
        let epoch = state.epoch + 1;
        *state = State {
            epoch,
            ..State::default()
        };
        drop(state);
        self.tell();
    }

    /// Nothing ran for as long as this, until now: what the pools did meanwhile is not known.
    pub(crate) fn stood_still(&self, lasted: Duration) {
        let mut state = self.state();
        let at = self.now();
        let addresses: Vec<Arc<str>> = state.pools.iter().map(|(a, _)| Arc::clone(a)).collect();
        for address in addresses {
            state.tell(at, &address, What::StoodStill { lasted });
        }
        drop(state);
        self.tell();
    }

    /// Counts a command of ours that came to its end.
    pub fn count_command(&self, name: &str, took: Duration, failure: Option<String>) {
        self.state().pools.count_command(name, took, failure);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self) {
        self.0.news.send_modify(|count| *count += 1);
    }

    pub(super) fn take(&self, address: &ServerAddress, what: What) {
        let silent = matches!(what, What::Heartbeat { .. }) && !self.is_watched_whole();
        let mut state = self.state();
        let address = match state.addresses.get(address) {
            Some(known) => Arc::clone(known),
            None => {
                let name: Arc<str> = Arc::from(address.to_string());
                state.addresses.insert(address.clone(), Arc::clone(&name));
                name
            }
        };
        // Read under the lock, so that moments never go back.
        let at = self.now();
        let Some(what) = state.with_wait(at, &address, what) else {
            return;
        };
        state.pools.take(Event { at, address, what });
        drop(state);
        if !silent {
            self.tell();
        }
    }

    pub(super) fn take_cmap(&self, event: &CmapEvent) {
        let (address, what) = match event {
            CmapEvent::PoolCreated(e) => {
                let options = e.options.as_ref();
                let what = What::PoolCreated {
                    // The driver's own default, which the event leaves out.
                    max: options.and_then(|o| o.max_pool_size).unwrap_or(10),
                    min: options.and_then(|o| o.min_pool_size).unwrap_or(0),
                };
                (&e.address, what)
            }
            CmapEvent::PoolReady(e) => (&e.address, What::PoolReady),
            CmapEvent::PoolCleared(e) => (
                &e.address,
                What::PoolCleared {
                    interrupts: e.interrupt_in_use_connections,
                    partial: e.service_id.is_some(),
                },
            ),
            CmapEvent::PoolClosed(e) => (&e.address, What::PoolClosed),
            CmapEvent::ConnectionCreated(e) => (
                &e.address,
                What::Created {
                    connection: e.connection_id,
                },
            ),
            CmapEvent::ConnectionReady(e) => (
                &e.address,
                What::Ready {
                    connection: e.connection_id,
                    took: e.duration,
                },
            ),
            CmapEvent::ConnectionClosed(e) => (
                &e.address,
                What::Closed {
                    connection: e.connection_id,
                    reason: match e.reason {
                        ConnectionClosedReason::Stale => CloseReason::Stale,
                        ConnectionClosedReason::Idle => CloseReason::Idle,
                        ConnectionClosedReason::Error => CloseReason::Error,
                        ConnectionClosedReason::Dropped => CloseReason::Dropped,
                        ConnectionClosedReason::PoolClosed => CloseReason::PoolClosed,
                        _ => CloseReason::Other,
                    },
                },
            ),
            CmapEvent::ConnectionCheckoutStarted(e) => (&e.address, What::CheckoutStarted),
            CmapEvent::ConnectionCheckoutFailed(e) => (
                &e.address,
                What::CheckoutFailed {
                    reason: match e.reason {
                        ConnectionCheckoutFailedReason::Timeout => CheckoutFailure::Timeout,
                        ConnectionCheckoutFailedReason::ConnectionError => {
                            CheckoutFailure::ConnectionError
                        }
                        _ => CheckoutFailure::Other,
                    },
                    waited: e.duration,
                },
            ),
            CmapEvent::ConnectionCheckedOut(e) => (
                &e.address,
                What::CheckedOut {
                    connection: e.connection_id,
                    waited: e.duration,
                    // Told within the future that asked for it.
                    work: work::here(),
                },
            ),
            CmapEvent::ConnectionCheckedIn(e) => (
                &e.address,
                What::CheckedIn {
                    connection: e.connection_id,
                },
            ),
            _ => return,
        };
        self.take(address, what);
    }

    pub(super) fn take_sdam(&self, event: &SdamEvent) {
        let (address, what) = match event {
            SdamEvent::ServerOpening(e) => (&e.address, What::ServerOpened),
            SdamEvent::ServerClosed(e) => (&e.address, What::ServerClosed),
            SdamEvent::ServerDescriptionChanged(e) => (
                &e.address,
                What::ServerChanged {
                    from: kind(e.previous_description.server_type()),
                    to: kind(e.new_description.server_type()),
                },
            ),
            SdamEvent::ServerHeartbeatSucceeded(e) => (
                &e.server_address,
                What::Heartbeat {
                    took: e.duration,
                    awaited: e.awaited,
                },
            ),
            SdamEvent::ServerHeartbeatFailed(e) => (
                &e.server_address,
                What::HeartbeatFailed {
                    reason: failure::translate(&e.failure, &scene(&e.server_address)).summary,
                },
            ),
            _ => return,
        };
        self.take(address, what);
    }
}

fn scene(address: &ServerAddress) -> Scene {
    Scene {
        hosts: vec![address.to_string()],
        ..Scene::default()
    }
}

pub(super) fn kind(of: ServerType) -> ServerKind {
    match of {
        ServerType::Standalone => ServerKind::Standalone,
        ServerType::Mongos => ServerKind::Mongos,
        ServerType::RsPrimary => ServerKind::Primary,
        ServerType::RsSecondary => ServerKind::Secondary,
        ServerType::RsArbiter => ServerKind::Arbiter,
        ServerType::RsOther => ServerKind::Other,
        ServerType::RsGhost => ServerKind::Ghost,
        ServerType::LoadBalancer => ServerKind::LoadBalancer,
        _ => ServerKind::Unknown,
    }
}
