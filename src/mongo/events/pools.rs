//! The driver's pool and monitoring events, translated and folded where they are told.
//!
//! Folding in the callback keeps the order of one connection's events, which a channel with a task for each event would
//! lose. Who wants to see the figures takes a copy; nobody is sent anything.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use mongodb::ServerType;
use mongodb::event::cmap::{CmapEvent, ConnectionCheckoutFailedReason, ConnectionClosedReason};
use mongodb::event::sdam::SdamEvent;
use mongodb::options::ServerAddress;
use tokio::sync::watch;

use super::work;
use crate::clock;
use crate::mongo::failure::{self, Scene};
use crate::pool::{CheckoutFailure, CloseReason, Event, Moment, Pools, ServerKind, Summary, What};

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
    /// Whether somebody looks at everything: then every event is news.
    whole: AtomicBool,
}

#[derive(Debug, Default)]
struct State {
    pools: Pools,
    /// Of who was admitted at the gate and is not given a connection by the driver so far: how long each waited there.
    admitted: HashMap<Arc<str>, VecDeque<Duration>>,
    /// Of those, how many the driver has still to tell of. They have been counted as waiting already.
    announced: HashMap<Arc<str>, u32>,
    addresses: HashMap<ServerAddress, Arc<str>>,
}

impl State {
    /// The event as it is with the wait at the gate; `None` for one that has been told already.
    fn of_gate(&mut self, address: &Arc<str>, what: What) -> Option<What> {
        let mut waited_before = || {
            let waits = self.admitted.get_mut(address)?;
            waits.pop_front()
        };
        match what {
            What::CheckoutStarted => match self.announced.get_mut(address) {
                Some(more) if *more > 0 => {
                    *more -= 1;
                    None
                }
                _ => Some(what),
            },
            What::CheckedOut {
                connection,
                waited,
                work,
            } => Some(What::CheckedOut {
                connection,
                work,
                waited: waited + waited_before().unwrap_or_default(),
            }),
            What::CheckoutFailed { reason, waited } => Some(What::CheckoutFailed {
                reason,
                waited: waited + waited_before().unwrap_or_default(),
            }),
            What::PoolClosed => {
                self.admitted.remove(address);
                self.announced.remove(address);
                Some(what)
            }
            _ => Some(what),
        }
    }
}

impl Default for PoolWatch {
    fn default() -> Self {
        Self(Arc::new(Watched {
            start: clock::counted(),
            state: Mutex::default(),
            news: watch::Sender::new(0),
            whole: AtomicBool::new(false),
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

    /// Says whether somebody looks at everything from now on, or at the summary alone.
    pub fn watch_whole(&self, whole: bool) {
        if self.0.whole.swap(whole, Ordering::Relaxed) != whole {
            self.tell();
        }
    }

    /// Whether somebody looks at everything.
    #[must_use]
    pub fn is_watched_whole(&self) -> bool {
        self.0.whole.load(Ordering::Relaxed)
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

    /// Somebody waits in front of the pool: the primary's, else the first. Gives the server that it is counted for.
    pub fn queue(&self) -> Option<Arc<str>> {
        let address = self.look(|pools| {
            let primary = pools
                .iter()
                .find(|(_, p)| p.kind == Some(ServerKind::Primary));
            primary
                .or_else(|| pools.iter().next())
                .map(|(a, _)| Arc::clone(a))
        })?;
        self.tell_of(&address, What::CheckoutStarted);
        Some(address)
    }

    /// Who waited this long in front of the pool goes to the driver now.
    pub fn admitted(&self, address: &Arc<str>, waited: Duration) {
        let mut state = self.state();
        *state.announced.entry(Arc::clone(address)).or_default() += 1;
        state
            .admitted
            .entry(Arc::clone(address))
            .or_default()
            .push_back(waited);
    }

    /// Who waited this long in front of the pool waits no more.
    pub fn gave_up(&self, address: &Arc<str>, waited: Duration) {
        let reason = CheckoutFailure::Timeout;
        self.tell_of(address, What::CheckoutFailed { reason, waited });
    }

    fn tell_of(&self, address: &Arc<str>, what: What) {
        let mut state = self.state();
        let at = self.now();
        let address = Arc::clone(address);
        state.pools.take(Event { at, address, what });
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
        *self.state() = State::default();
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

    fn take(&self, address: &ServerAddress, what: What) {
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
        let Some(what) = state.of_gate(&address, what) else {
            return;
        };
        // Read under the lock, so that moments never go back.
        let at = self.now();
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
