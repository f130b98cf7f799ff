//! What is wrong with a pool, in plain words, and what to do.

use std::time::Duration;

use super::event::Moment;
use super::fold::{Pool, PoolState};

/// How long a pool may be at its limit before that is told.
pub const PATIENCE: Duration = Duration::from_secs(1);

/// How long a pool may have fewer connections than it keeps, none being made meanwhile, before that is told.
pub const FILLING: Duration = Duration::from_secs(10);

/// How long a clearing is told after it.
pub const FRESH: Duration = Duration::from_secs(60);

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Warning {
    /// All connections are in use, and somebody waits.
    Saturated {
        /// For how long.
        lasts: Duration,
        /// How many wait.
        waiting: u32,
        /// The limit.
        max: u32,
    },
    /// Somebody waits for connections that are being made, though there may be more.
    Making {
        /// For how long.
        lasts: Duration,
        /// How many wait.
        waiting: u32,
        /// How many are being made.
        making: usize,
    },
    /// Connections cannot be made.
    Refused {
        /// For how long.
        lasts: Duration,
        /// How many were tried.
        tries: u64,
    },
    /// There are fewer connections than the pool keeps.
    Short {
        /// For how long.
        lasts: Duration,
        /// How many there are.
        made: usize,
        /// How many it keeps.
        min: u32,
    },
    /// The pool was cleared lately.
    Cleared {
        /// How long ago.
        ago: Duration,
        /// What is likely why.
        cause: Option<String>,
        /// Whether it makes connections again.
        ready: bool,
    },
    /// The server does not answer the driver's monitor.
    Silent {
        /// For how long.
        lasts: Duration,
        /// Why.
        reason: String,
    },
}

impl Warning {
    /// In a sentence, with what to do next.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Saturated {
                lasts,
                waiting,
                max,
            } => format!(
                "pool at its limit of {max} for {}, {waiting} waiting: raise `max_pool_size`, or find the slow query",
                span(*lasts)
            ),
            Self::Making {
                lasts,
                waiting,
                making,
            } => format!(
                "{waiting} waiting for {} while {making} {} being made: making one is slow; raise `maxConnecting` of the connection string, or keep more ready by `min_pool_size`",
                span(*lasts),
                if *making == 1 {
                    "connection is"
                } else {
                    "connections are"
                },
            ),
            Self::Refused { lasts, tries } => format!(
                "no connection could be made for {}, {tries} {}: the server may be at its own limit (`maxConns`): lower `max_pool_size` of those who connect, or raise the server's limit",
                span(*lasts),
                if *tries == 1 {
                    "was tried"
                } else {
                    "were tried"
                },
            ),
            Self::Short { lasts, made, min } => format!(
                "the pool has {made} of the {min} connections that `min_pool_size` keeps, and none was made for {}: see its events",
                span(*lasts)
            ),
            Self::Cleared { ago, cause, ready } => {
                let cause = cause
                    .as_ref()
                    .map_or(String::new(), |cause| format!(": {cause}"));
                let state = if *ready {
                    "new connections are made as needed"
                } else {
                    "it waits for the server to answer"
                };
                format!("pool cleared {} ago{cause}; {state}", span(*ago))
            }
            Self::Silent { lasts, reason } => {
                format!("no answer to the monitor for {}: {reason}", span(*lasts))
            }
        }
    }
}

/// What is wrong with `pool` at `now`, worst first.
#[must_use]
pub fn warnings(pool: &Pool, now: Moment) -> Vec<Warning> {
    let mut found = Vec::new();
    if let Some((since, reason)) = &pool.failing {
        found.push(Warning::Silent {
            lasts: now.since(*since),
            reason: reason.clone(),
        });
    }
    if let Some(since) = pool.saturated {
        let lasts = now.since(since);
        if lasts >= PATIENCE {
            found.push(Warning::Saturated {
                lasts,
                waiting: pool.pending,
                max: pool.max,
            });
        }
    }
    if let Some(since) = pool.making {
        let lasts = now.since(since);
        if lasts >= PATIENCE {
            found.push(Warning::Making {
                lasts,
                waiting: pool.pending,
                making: pool.being_established(),
            });
        }
    }
    if let Some(refused) = pool.refused.filter(|r| now.since(r.last) <= FRESH)
        && pool.failing.is_none()
    {
        found.push(Warning::Refused {
            lasts: now.since(refused.since),
            tries: refused.tries,
        });
    }
    if let Some(since) = pool.short {
        let lasts = now.since(since);
        if lasts >= FILLING && pool.failing.is_none() {
            found.push(Warning::Short {
                lasts,
                made: pool.in_use() + pool.available(),
                min: pool.min,
            });
        }
    }
    if let Some((at, cause)) = &pool.cleared {
        let ago = now.since(*at);
        if ago <= FRESH {
            found.push(Warning::Cleared {
                ago,
                cause: cause.clone(),
                ready: pool.state == PoolState::Ready,
            });
        }
    }
    found
}

/// A span in the unit that fits: `340 ms`, `12 s`, `4 min`, `3 h`.
fn span(time: Duration) -> String {
    match time.as_secs() {
        0 => format!("{} ms", time.as_millis()),
        s @ 1..=119 => format!("{s} s"),
        s @ 120..=7199 => format!("{} min", s / 60),
        s => format!("{} h", s / 3600),
    }
}
