//! A bound on the wait for a connection, which the driver does not have.
//!
//! The driver reads `waitQueueTimeoutMS` and does nothing with it, and a future of it that waits for a connection must
//! not be dropped. So operations are counted before they are given to the driver: no more at once than a pool has
//! connections. Who finds the gate full waits in front of it, where giving up is safe, since nothing was sent. Of one
//! server this is exactly the wait for a connection that somebody else has; the making of one is bounded by
//! `connect_timeout`. Of several servers, whose pools are counted as one, it is the stricter bound.
//!
//! Waits here are among the figures of the pool, each counted once: see [`Waited`].

use std::time::Duration;

use mongodb::error::Error;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::mongo::events::{Holders, PoolWatch, Waited};
use crate::mongo::request::{Failure, FailureKind};

/// What has the connections is named up to so many.
const NAMED: usize = 3;

/// The gate of one client.
#[derive(Debug)]
pub(crate) struct Gate {
    places: Semaphore,
    size: u32,
    patience: Duration,
}

/// A place of one operation, to be held until it has ended.
#[derive(Debug)]
pub(crate) struct Admitted<'g> {
    pub(crate) place: SemaphorePermit<'g>,
    /// Its wait for the place, where there was one.
    pub(crate) waited: Option<Waited>,
}

/// Why an operation was given up before it was sent.
#[derive(Debug, Clone)]
pub(crate) struct GaveUp {
    patience: Duration,
    size: u32,
    /// What had the connections then.
    holders: Holders,
}

impl GaveUp {
    /// The same in words. The summary holds no figure of the moment, so that equal failures can be counted.
    pub(crate) fn failure(&self) -> Failure {
        let patience = span(self.patience);
        let mut failure = Failure::new(
            FailureKind::PoolExhausted,
            format!(
                "waited {patience} for one of the pool's {} connections, and none was free: nothing was sent",
                self.size
            ),
        )
        .with_help(format!(
            "{}; raise `max_pool_size` ({}), find the slow query among the operations, or allow a longer `wait_queue_timeout` ({patience})",
            self.state(),
            self.size,
        ));
        let lines = self.holders.works.iter().map(|(work, count, longest)| {
            format!("{count} × {work}, the longest for {}", span(*longest))
        });
        failure.detail = lines.collect::<Vec<_>>().join("\n");
        failure
    }

    /// Who waits, and for what.
    fn state(&self) -> String {
        let waiting = match self.holders.waiting {
            0 => "no other operation waits".to_owned(),
            1 => "one more waits".to_owned(),
            n => format!("{n} more wait"),
        };
        let named = self.holders.works.iter().take(NAMED);
        let mut named: Vec<String> = named
            .map(|(work, count, longest)| match count {
                1 => format!("`{work}` for {}", span(*longest)),
                n => format!("{n} × `{work}` for up to {}", span(*longest)),
            })
            .collect();
        let more = self.holders.works.len().saturating_sub(NAMED);
        if more > 0 {
            named.push(format!("{more} others"));
        }
        if self.holders.being_made > 0 {
            named.push(format!("{} being made", self.holders.being_made));
        }
        match named.is_empty() {
            // The places at the gate are taken, and no connection is: who has them is not that far.
            true => format!("{waiting}, and those before it look for a server"),
            false => format!(
                "{waiting}; the connections are held by {}",
                named.join(", ")
            ),
        }
    }
}

/// A span in the unit that fits.
fn span(time: Duration) -> String {
    match time.as_millis() {
        ms @ 0..10_000 if ms % 1_000 != 0 => format!("{ms} ms"),
        ms => format!("{} s", ms / 1_000),
    }
}

impl Gate {
    /// A gate for a pool of `size`, where nobody waits longer than `patience`. A pool without a bound needs none.
    pub(crate) fn new(size: u32, patience: Option<Duration>) -> Option<Self> {
        let patience = patience.filter(|_| size > 0)?;
        Some(Self {
            places: Semaphore::new(usize::try_from(size).unwrap_or(Semaphore::MAX_PERMITS)),
            size,
            patience,
        })
    }

    /// Waits for a place; its holder may send one operation. Waits are told to `pools`, so that they are among its figures.
    pub(crate) async fn enter(&self, pools: &PoolWatch) -> Result<Admitted<'_>, Error> {
        if let Ok(place) = self.places.try_acquire() {
            return Ok(Admitted {
                place,
                waited: None,
            });
        }
        let queued = pools.queue();
        let place = tokio::time::timeout(self.patience, self.places.acquire()).await;
        match place {
            Ok(Ok(place)) => Ok(Admitted {
                place,
                waited: queued.map(crate::mongo::events::Waiting::admitted),
            }),
            Ok(Err(_)) | Err(_) => {
                if let Some(queued) = queued {
                    queued.gave_up();
                }
                Err(Error::custom(GaveUp {
                    patience: self.patience,
                    size: self.size,
                    holders: pools.holders(),
                }))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn told(holders: Holders) -> String {
        let gave_up = GaveUp {
            patience: Duration::from_millis(150),
            size: 3,
            holders,
        };
        gave_up.failure().help.unwrap()
    }

    #[test]
    fn a_wait_given_up_says_who_waits_what_is_in_the_way_and_what_to_do() {
        let help = told(Holders {
            works: vec![
                ("find shop.orders".to_owned(), 2, Duration::from_secs(12)),
                ("ping".to_owned(), 1, Duration::from_millis(40)),
            ],
            being_made: 0,
            waiting: 4,
        });
        assert_eq!(
            help,
            "4 more wait; the connections are held by 2 × `find shop.orders` for up to 12 s, `ping` for 40 ms; \
             raise `max_pool_size` (3), find the slow query among the operations, or allow a longer `wait_queue_timeout` (150 ms)"
        );
    }

    #[test]
    fn where_no_connection_is_in_use_the_server_is_what_is_waited_for() {
        let help = told(Holders::default());
        assert!(
            help.starts_with(
                "no other operation waits, and those before it look for a server; raise"
            ),
            "{help}"
        );
    }

    #[tokio::test]
    async fn one_place_is_given_to_one_after_the_other() {
        let pools = PoolWatch::default();
        let gate = Gate::new(1, Some(Duration::from_millis(20))).unwrap();
        let first = gate.enter(&pools).await.unwrap();
        let refused = gate.enter(&pools).await.unwrap_err();
        assert!(refused.get_custom::<GaveUp>().is_some());
        drop(first);
        assert!(gate.enter(&pools).await.unwrap().waited.is_none());
        assert!(Gate::new(0, Some(Duration::ZERO)).is_none());
    }
}
