//! Waits in front of a pool, at [`crate::mongo::link::gate`]: each is counted once among the figures of the pool, whatever
//! comes of it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::pools::PoolWatch;
use crate::pool::{CheckoutFailure, What};

/// Somebody who waits in front of a pool, and is counted among those who wait for a connection of it. Dropped, it waits no
/// more and got none.
#[derive(Debug)]
pub(crate) struct Waiting {
    pub(super) pools: PoolWatch,
    pub(super) address: Arc<str>,
    pub(super) epoch: u64,
    pub(super) since: Instant,
    pub(super) over: bool,
}

impl Waiting {
    /// It goes to the driver now, and is counted as waiting until the driver tells what came of it.
    pub(crate) fn admitted(mut self) -> Waited {
        self.over = true;
        Waited {
            pools: self.pools.clone(),
            address: Arc::clone(&self.address),
            epoch: self.epoch,
            time: self.since.elapsed(),
            asked: false,
            over: false,
        }
    }

    /// It has waited for as long as it may.
    pub(crate) fn gave_up(mut self) {
        self.over = true;
        self.end(CheckoutFailure::Timeout);
    }

    fn end(&self, reason: CheckoutFailure) {
        let waited = self.since.elapsed();
        let what = What::CheckoutFailed { reason, waited };
        self.pools.tell_of(&self.address, self.epoch, what);
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if !self.over {
            self.end(CheckoutFailure::Other);
        }
    }
}

/// A wait in front of a pool that is over, and nothing came of it so far. Dropped so, nothing did: no server was found,
/// for one.
#[derive(Debug)]
pub(crate) struct Waited {
    pools: PoolWatch,
    pub(super) address: Arc<str>,
    pub(super) epoch: u64,
    time: Duration,
    /// Whether the driver has asked for the connection.
    pub(super) asked: bool,
    over: bool,
}

impl Waited {
    /// Something came of it.
    pub(super) fn over(mut self) -> Duration {
        self.over = true;
        self.time
    }
}

impl Drop for Waited {
    fn drop(&mut self) {
        // What the driver has asked for, it tells the end of.
        if !self.over && !self.asked {
            let what = What::CheckoutFailed {
                reason: CheckoutFailure::Other,
                waited: self.time,
            };
            self.pools.tell_of(&self.address, self.epoch, what);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use mongodb::options::ServerAddress;

    use super::super::work;
    use super::*;
    use crate::pool::{Pools, Work};

    const HERE: &str = "a.example:27017";
    const THERE: &str = "b.example:27017";

    fn address(of: &str) -> ServerAddress {
        ServerAddress::parse(of).unwrap()
    }

    /// Pools of these two servers, each with a connection.
    fn two() -> PoolWatch {
        let pools = PoolWatch::default();
        for of in [HERE, THERE] {
            let of = address(of);
            pools.take(&of, What::PoolCreated { max: 1, min: 0 });
            pools.take(&of, What::PoolReady);
            pools.take(&of, What::Created { connection: 1 });
            let took = Duration::ZERO;
            let connection = 1;
            pools.take(&of, What::Ready { connection, took });
        }
        pools
    }

    fn figures(pools: &PoolWatch, of: &str) -> (u32, u64, Duration) {
        pools.look(|pools| {
            let pool = pools.get(of).unwrap();
            (pool.pending, pool.waits.count(), pool.waits.max())
        })
    }

    /// What the driver tells of a check-out at `of`, in the future that needs it.
    async fn checked_out(pools: &PoolWatch, of: &str, waited: Option<Waited>) {
        let out = What::CheckedOut {
            connection: 1,
            waited: Duration::from_millis(1),
            work: None,
        };
        work::after(Arc::new(Work::default()), waited, async {
            pools.take(&address(of), What::CheckoutStarted);
            pools.take(&address(of), out);
        })
        .await;
    }

    #[tokio::test]
    async fn a_wait_in_front_of_the_pool_is_counted_once_and_whole() {
        let pools = two();
        checked_out(&pools, HERE, None).await;
        let waiting = pools.queue().unwrap();
        assert_eq!(figures(&pools, HERE).0, 1, "of the pool that is in use");
        tokio::time::sleep(Duration::from_millis(30)).await;
        let waited = waiting.admitted();
        assert_eq!(figures(&pools, HERE).0, 1, "it has none so far");
        pools.take(&address(HERE), What::CheckedIn { connection: 1 });
        checked_out(&pools, HERE, Some(waited)).await;
        let (pending, waits, longest) = figures(&pools, HERE);
        assert_eq!((pending, waits), (0, 2));
        assert!(longest >= Duration::from_millis(31), "{longest:?}");
    }

    #[tokio::test]
    async fn a_wait_that_leads_to_another_server_moves_there() {
        let pools = two();
        checked_out(&pools, HERE, None).await;
        let waited = pools.queue().unwrap().admitted();
        checked_out(&pools, THERE, Some(waited)).await;
        assert_eq!(figures(&pools, HERE).0, 0);
        assert_eq!(figures(&pools, HERE).1, 1, "only the first");
        assert_eq!((figures(&pools, THERE).0, figures(&pools, THERE).1), (0, 1));
    }

    #[tokio::test]
    async fn a_wait_that_leads_nowhere_ends() {
        let pools = two();
        let failed = |pools: &PoolWatch| {
            pools.look(|p| {
                p.iter()
                    .map(|(_, p)| p.failed.values().sum::<u64>())
                    .sum::<u64>()
            })
        };
        // No server could be chosen; the future that waited was dropped; it gave up; everything was forgotten meanwhile.
        let waited = pools.queue().unwrap().admitted();
        work::after(Arc::new(Work::default()), Some(waited), async {}).await;
        drop(pools.queue());
        pools.queue().unwrap().gave_up();
        assert_eq!(failed(&pools), 3);
        let sums = || pools.look(Pools::sums);
        assert_eq!(sums().2, 0);
        let waiting = pools.queue();
        pools.clear();
        drop(waiting);
        assert_eq!((sums().2, failed(&pools)), (0, 0));
    }

    #[test]
    fn figures_are_whole_while_anybody_looks() {
        let pools = PoolWatch::default();
        pools.watch_whole(true);
        pools.watch_whole(true);
        pools.watch_whole(false);
        assert!(pools.is_watched_whole(), "one looks still");
        pools.watch_whole(false);
        assert!(!pools.is_watched_whole());
        pools.watch_whole(false);
        pools.watch_whole(true);
        assert!(
            pools.is_watched_whole(),
            "one too many to cease counts for none"
        );
    }
}
