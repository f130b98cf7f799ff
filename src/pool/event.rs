//! The driver's events as plain data. Must not know the driver: [`crate::mongo`] translates.

use std::sync::Arc;
use std::time::Duration;

/// A moment, counted from when the listening began; never goes back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(Duration);

impl Moment {
    /// The moment that is `since` after the listening began.
    #[must_use]
    pub const fn new(since: Duration) -> Self {
        Self(since)
    }

    /// The time since the listening began.
    #[must_use]
    pub const fn since_start(self) -> Duration {
        self.0
    }

    /// The time since `earlier`; none where that is later.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }

    /// The whole second that it falls into.
    #[must_use]
    pub const fn second(self) -> u64 {
        self.0.as_secs()
    }
}

/// What a connection was handed out for.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Work {
    /// The command's name: `find`, `getMore`, …; empty where it is not known.
    pub command: Arc<str>,
    /// What it is about, in a word or two, as `shop.orders`; empty where it is about nothing in particular.
    pub about: Arc<str>,
    /// The `comment` that it runs under on the server; empty for none.
    pub comment: Arc<str>,
}

impl Work {
    /// The command and what it is about.
    #[must_use]
    pub fn text(&self) -> String {
        match (self.command.as_ref(), self.about.as_ref()) {
            ("", "") => "a command".to_owned(),
            ("", about) => about.to_owned(),
            (command, "") => command.to_owned(),
            (command, about) => format!("{command} {about}"),
        }
    }
}

/// Something that the driver told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// When it was told.
    pub at: Moment,
    /// The server, `host:port`.
    pub address: Arc<str>,
    /// What happened.
    pub what: What,
}

/// What happened to a pool, to one of its connections, or to its server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// The pool exists from here on.
    PoolCreated {
        /// The most connections that it may have; 0 for no limit.
        max: u32,
        /// The fewest that it keeps.
        min: u32,
    },
    /// Connections may be made and taken.
    PoolReady,
    /// All connections made so far are stale; no new ones are made until [`What::PoolReady`].
    PoolCleared {
        /// Whether those in use are cut off as well.
        interrupts: bool,
        /// Whether it is about one server behind a load balancer alone: which connections are stale is not told then, and
        /// the pool goes on.
        partial: bool,
    },
    /// The pool is no more.
    PoolClosed,
    /// A connection begins to be made.
    Created {
        /// Its number within the pool.
        connection: u32,
    },
    /// A connection is made: handshake and authentication are through.
    Ready {
        /// Its number within the pool.
        connection: u32,
        /// How long that took.
        took: Duration,
    },
    /// A connection is no more.
    Closed {
        /// Its number within the pool.
        connection: u32,
        /// Why.
        reason: CloseReason,
    },
    /// Somebody asks for a connection.
    CheckoutStarted,
    /// Somebody asked for a connection and got none.
    CheckoutFailed {
        /// Why.
        reason: CheckoutFailure,
        /// How long it had waited.
        waited: Duration,
    },
    /// Somebody asked for a connection, and asks for one of another server instead.
    CheckoutMoved,
    /// Somebody has got a connection.
    CheckedOut {
        /// Its number within the pool.
        connection: u32,
        /// How long it had waited.
        waited: Duration,
        /// For what; `None` where the driver itself needs it.
        work: Option<Arc<Work>>,
    },
    /// A connection was given back.
    CheckedIn {
        /// Its number within the pool.
        connection: u32,
    },
    /// The driver begins to watch the server.
    ServerOpened,
    /// The driver no longer watches the server.
    ServerClosed,
    /// The server is another kind than before: an election, a restart, a loss.
    ServerChanged {
        /// What it was.
        from: ServerKind,
        /// What it is.
        to: ServerKind,
    },
    /// The server answered the driver's monitor.
    Heartbeat {
        /// How long the answer took.
        took: Duration,
        /// Whether the server was to answer only when something changed, so that `took` is no round trip.
        awaited: bool,
    },
    /// The server did not answer the driver's monitor.
    HeartbeatFailed {
        /// Why, in a line.
        reason: String,
    },
    /// Nothing of the program ran until now: the machine slept, or the program was stopped. Told once it runs again, so
    /// that other events may be told before it.
    StoodStill {
        /// For how long.
        lasted: Duration,
    },
}

impl What {
    /// The connection that it is about, if any.
    #[must_use]
    pub fn connection(&self) -> Option<u32> {
        match self {
            Self::Created { connection }
            | Self::Ready { connection, .. }
            | Self::Closed { connection, .. }
            | Self::CheckedOut { connection, .. }
            | Self::CheckedIn { connection } => Some(*connection),
            _ => None,
        }
    }

    /// In plain words.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::PoolCreated { max, min } => match max {
                0 => format!("the pool exists, without a limit, keeping {min}"),
                max => format!("the pool exists, for at most {max} connections, keeping {min}"),
            },
            Self::PoolReady => "the pool makes connections".to_owned(),
            Self::PoolCleared { partial: true, .. } => {
                "the connections to one server behind the load balancer are stale".to_owned()
            }
            Self::PoolCleared {
                interrupts: false, ..
            } => "the pool was cleared: its connections are stale".to_owned(),
            Self::PoolCleared {
                interrupts: true, ..
            } => "the pool was cleared, and what was in use is cut off".to_owned(),
            Self::PoolClosed => "the pool is closed".to_owned(),
            Self::Created { connection } => format!("#{connection} is being made"),
            Self::Ready { connection, took } => format!("#{connection} made in {}", short(*took)),
            Self::Closed { connection, reason } => {
                format!("#{connection} closed: {}", reason.word())
            }
            Self::CheckoutStarted => "a connection is asked for".to_owned(),
            Self::CheckoutMoved => "one of another server is asked for instead".to_owned(),
            Self::CheckoutFailed { reason, waited } => {
                format!("no connection after {}: {}", short(*waited), reason.word())
            }
            Self::CheckedOut {
                connection,
                waited,
                work,
            } => {
                let work = work.as_ref().map(|w| format!(" for {}", w.text()));
                format!(
                    "#{connection} handed out after {}{}",
                    short(*waited),
                    work.unwrap_or_default()
                )
            }
            Self::CheckedIn { connection } => format!("#{connection} given back"),
            Self::ServerOpened => "the driver watches the server".to_owned(),
            Self::ServerClosed => "the driver no longer watches the server".to_owned(),
            Self::ServerChanged { from, to } if from == to => {
                format!(
                    "the server is {} as before, and says more of itself",
                    to.word()
                )
            }
            Self::ServerChanged { from, to } => {
                format!("the server was {}, and is {}", from.word(), to.word())
            }
            Self::Heartbeat { took, .. } => format!("the server answered in {}", short(*took)),
            Self::HeartbeatFailed { reason } => format!("no answer to the monitor: {reason}"),
            Self::StoodStill { lasted } => format!(
                "nothing ran here for {} s (a machine asleep, or a program stopped)",
                lasted.as_secs()
            ),
        }
    }

    /// The specification's name of the event, as in logs of other drivers; a name of our own for what no driver tells.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::PoolCreated { .. } => "PoolCreated",
            Self::PoolReady => "PoolReady",
            Self::PoolCleared { .. } => "PoolCleared",
            Self::PoolClosed => "PoolClosed",
            Self::Created { .. } => "ConnectionCreated",
            Self::Ready { .. } => "ConnectionReady",
            Self::Closed { .. } => "ConnectionClosed",
            Self::CheckoutStarted => "ConnectionCheckOutStarted",
            Self::CheckoutFailed { .. } => "ConnectionCheckOutFailed",
            Self::CheckoutMoved => "ConnectionCheckOutMoved",
            Self::CheckedOut { .. } => "ConnectionCheckedOut",
            Self::CheckedIn { .. } => "ConnectionCheckedIn",
            Self::ServerOpened => "ServerOpening",
            Self::ServerClosed => "ServerClosed",
            Self::ServerChanged { .. } => "ServerDescriptionChanged",
            Self::Heartbeat { .. } => "ServerHeartbeatSucceeded",
            Self::HeartbeatFailed { .. } => "ServerHeartbeatFailed",
            Self::StoodStill { .. } => "StoodStill",
        }
    }
}

/// A span in the unit that fits.
fn short(span: Duration) -> String {
    let ms = span.as_secs_f64() * 1_000.0;
    match ms {
        ms if ms < 9.95 => format!("{ms:.1} ms"),
        ms if ms < 999.5 => format!("{ms:.0} ms"),
        ms => format!("{:.1} s", ms / 1_000.0),
    }
}

/// Why a connection was closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CloseReason {
    /// The pool was cleared after it was made.
    Stale,
    /// Unused for longer than `maxIdleTimeMS`.
    Idle,
    /// An error while it was made or used.
    Error,
    /// Given up in the middle of an answer.
    Dropped,
    /// The pool was closed.
    PoolClosed,
    /// Any other.
    Other,
}

impl CloseReason {
    /// All of them, in the order of the screen.
    pub const ALL: [Self; 6] = [
        Self::Error,
        Self::Stale,
        Self::Idle,
        Self::Dropped,
        Self::PoolClosed,
        Self::Other,
    ];

    /// In a word or two.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Stale => "stale",
            Self::Idle => "idle",
            Self::Error => "error",
            Self::Dropped => "dropped",
            Self::PoolClosed => "pool closed",
            Self::Other => "other",
        }
    }
}

/// Why somebody got no connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CheckoutFailure {
    /// It waited as long as it was allowed to.
    Timeout,
    /// A connection could not be made, or the pool was cleared meanwhile.
    ConnectionError,
    /// Any other: it was asked for no more.
    Other,
}

impl CheckoutFailure {
    /// All of them, in the order of the screen.
    pub const ALL: [Self; 3] = [Self::Timeout, Self::ConnectionError, Self::Other];

    /// In a few words.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Timeout => "waited too long",
            Self::ConnectionError => "none could be made",
            Self::Other => "other",
        }
    }
}

/// What a server is to its deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ServerKind {
    /// Not known: not asked yet, or it does not answer.
    Unknown,
    /// A server alone.
    Standalone,
    /// A router of a sharded cluster.
    Mongos,
    /// The member that takes writes.
    Primary,
    /// A member that follows the primary.
    Secondary,
    /// A member that only votes.
    Arbiter,
    /// A member in another state: starting, rolling back, removed.
    Other,
    /// Not a member of a set so far.
    Ghost,
    /// Behind a load balancer.
    LoadBalancer,
}

impl ServerKind {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Unknown,
        Self::Standalone,
        Self::Mongos,
        Self::Primary,
        Self::Secondary,
        Self::Arbiter,
        Self::Other,
        Self::Ghost,
        Self::LoadBalancer,
    ];

    /// The kind that is called so.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// In a word or two.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Standalone => "standalone",
            Self::Mongos => "mongos",
            Self::Primary => "primary",
            Self::Secondary => "secondary",
            Self::Arbiter => "arbiter",
            Self::Other => "other",
            Self::Ghost => "ghost",
            Self::LoadBalancer => "load balancer",
        }
    }
}
