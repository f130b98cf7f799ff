//! A bound on the wait for a connection, which the driver does not have.
//!
//! The driver reads `waitQueueTimeoutMS` and does nothing with it, and a future of it that waits for a connection must
//! not be dropped. So operations are counted before they are given to the driver: no more at once than a pool has
//! connections. Who finds the gate full waits in front of it, where giving up is safe, since nothing was sent. Of one
//! server this is exactly the wait for a connection that somebody else has; the making of one is bounded by
//! `connect_timeout`. Of several servers, whose pools are counted as one, it is the stricter bound.
//!
//! A wait ends when a place is free, when its time is over, when its task is stopped, and when the client is closed; its
//! place in the queue is free at once. Whoever got no place has sent nothing, and is told so: see [`NotSent`].
//!
//! Waits here are among the figures of the pool, each counted once: see [`Waited`].

use std::time::Duration;

use mongodb::error::Error;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::{Cancel, not_sent, stopped};
use crate::mongo::events::{Holders, PoolWatch, Waited, Waiting};
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

/// Why an operation was not sent.
#[derive(Debug, Clone)]
pub(crate) enum NotSent {
    /// It waited for as long as it may.
    GaveUp(GaveUp),
    /// Its task was stopped while it waited.
    Stopped,
    /// The client was closed, before it came or while it waited.
    Closed,
}

impl NotSent {
    /// The same in words. Of a write it is said that nothing was written.
    pub(crate) fn failure(&self, writing: bool) -> Failure {
        match self {
            Self::GaveUp(gave_up) => gave_up.failure(),
            Self::Stopped if writing => not_sent(),
            Self::Stopped => stopped(),
            Self::Closed => Failure::new(
                FailureKind::Unreachable,
                "the connection was closed, and nothing was sent",
            )
            .with_help("connect again"),
        }
    }
}

/// A wait that was too long.
#[derive(Debug, Clone)]
pub(crate) struct GaveUp {
    patience: Duration,
    size: u32,
    /// What had the connections then.
    holders: Holders,
}

impl GaveUp {
    /// The same in words. The summary holds no figure of the moment, so that equal failures can be counted.
    fn failure(&self) -> Failure {
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

    /// Ends all waits, and lets nobody in any more. Who is in stays in.
    pub(crate) fn close(&self) {
        self.places.close();
    }

    /// Waits for a place, unless it is stopped; its holder may send one operation. Waits are told to `pools`, so that they
    /// are among its figures.
    pub(crate) async fn enter(
        &self,
        pools: &PoolWatch,
        cancel: &Cancel,
    ) -> Result<Admitted<'_>, Error> {
        if let Ok(place) = self.places.try_acquire() {
            return Ok(Admitted {
                place,
                waited: None,
            });
        }
        let queued = pools.queue();
        // Nothing of the driver is waited for here, so that any of these may be dropped.
        let why = tokio::select! {
            biased;
            () = cancel.cancelled() => NotSent::Stopped,
            place = self.places.acquire() => match place {
                Ok(place) => return Ok(Admitted {
                    place,
                    waited: queued.map(Waiting::admitted),
                }),
                Err(_) => NotSent::Closed,
            },
            () = tokio::time::sleep(self.patience) => {
                if let Some(queued) = queued {
                    queued.gave_up();
                }
                return Err(Error::custom(NotSent::GaveUp(GaveUp {
                    patience: self.patience,
                    size: self.size,
                    holders: pools.holders(),
                })));
            }
        };
        // Before it is told, so that no figure counts it any more by then.
        drop(queued);
        Err(Error::custom(why))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use futures_util::FutureExt as _;

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
        let (pools, never) = (PoolWatch::default(), Cancel::default());
        let gate = Gate::new(1, Some(Duration::from_millis(20))).unwrap();
        let first = gate.enter(&pools, &never).await.unwrap();
        let refused = gate.enter(&pools, &never).await.unwrap_err();
        assert!(matches!(refused.get_custom(), Some(NotSent::GaveUp(_))));
        drop(first);
        let next = gate.enter(&pools, &never).await.unwrap();
        assert!(next.waited.is_none());
        assert!(Gate::new(0, Some(Duration::ZERO)).is_none());
    }

    const LONG: Duration = Duration::from_secs(86_400);

    #[tokio::test]
    async fn whoever_is_stopped_leaves_the_queue_and_those_behind_move_up() {
        let (pools, never, stop) = (PoolWatch::default(), Cancel::default(), Cancel::default());
        let gate = Gate::new(1, Some(LONG)).unwrap();
        let holder = gate.enter(&pools, &never).await.unwrap();
        let mut before = Box::pin(gate.enter(&pools, &stop));
        let mut behind = Box::pin(gate.enter(&pools, &never));
        assert!((&mut before).now_or_never().is_none());
        assert!((&mut behind).now_or_never().is_none());
        stop.cancel();
        let told = (&mut before).now_or_never().unwrap().unwrap_err();
        assert!(matches!(told.get_custom(), Some(NotSent::Stopped)));
        // The one that was stopped is still held here, and takes nobody's place.
        drop(holder);
        assert!((&mut behind).now_or_never().unwrap().is_ok());
    }

    #[tokio::test]
    async fn a_gate_that_is_closed_ends_all_waits_and_lets_nobody_in() {
        let (pools, never) = (PoolWatch::default(), Cancel::default());
        let gate = Gate::new(1, Some(LONG)).unwrap();
        let holder = gate.enter(&pools, &never).await.unwrap();
        let mut waiting = Box::pin(gate.enter(&pools, &never));
        assert!((&mut waiting).now_or_never().is_none());
        gate.close();
        let told = waiting.now_or_never().unwrap().unwrap_err();
        assert!(matches!(told.get_custom(), Some(NotSent::Closed)));
        drop(holder);
        let late = gate.enter(&pools, &never).now_or_never().unwrap();
        assert!(matches!(
            late.unwrap_err().get_custom(),
            Some(NotSent::Closed)
        ));
    }

    #[test]
    fn a_write_that_was_not_sent_is_told_from_one_whose_outcome_is_not_known() {
        for why in [NotSent::Stopped, NotSent::Closed] {
            let told = why.failure(true);
            assert_ne!(told.kind, FailureKind::UnknownOutcome);
            assert_ne!(told.kind, FailureKind::Cancelled, "it may be half done");
            assert!(told.summary.contains("nothing was"), "{told}");
        }
        assert_eq!(NotSent::Stopped.failure(true).kind, FailureKind::NotSent);
        assert_eq!(NotSent::Stopped.failure(false).kind, FailureKind::Cancelled);
    }
}
