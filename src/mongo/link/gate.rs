//! A bound on the wait for a connection, which the driver does not have.
//!
//! The driver reads `waitQueueTimeoutMS` and does nothing with it, and a future of it that waits for a connection must
//! not be dropped. So operations are counted before they are given to the driver: no more at once than a pool has
//! connections. Who finds the gate full waits in front of it, where giving up is safe, since nothing was sent. Of one
//! server this is exactly the wait for a connection. Of several, whose pools are counted as one, it is the stricter bound.

use std::time::{Duration, Instant};

use mongodb::error::Error;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::mongo::events::PoolWatch;
use crate::mongo::request::{Failure, FailureKind};

/// The gate of one client.
#[derive(Debug)]
pub(crate) struct Gate {
    places: Semaphore,
    size: u32,
    patience: Duration,
}

/// Why an operation was given up before it was sent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct GaveUp {
    patience: Duration,
    size: u32,
}

impl GaveUp {
    /// The same in words.
    pub(crate) fn failure(self) -> Failure {
        Failure::new(
            FailureKind::Timeout,
            format!(
                "waited {} ms for one of the pool's {} connections, and none was free: nothing was sent",
                self.patience.as_millis(),
                self.size
            ),
        )
        .with_help("raise `max_pool_size`, find what holds the connections, or allow a longer `wait_queue_timeout`")
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
    pub(crate) async fn enter(&self, pools: &PoolWatch) -> Result<SemaphorePermit<'_>, Error> {
        if let Ok(place) = self.places.try_acquire() {
            return Ok(place);
        }
        let start = Instant::now();
        let queued = pools.queue();
        let place = tokio::time::timeout(self.patience, self.places.acquire()).await;
        let waited = start.elapsed();
        match place {
            Ok(Ok(place)) => {
                if let Some(address) = queued {
                    pools.admitted(&address, waited);
                }
                Ok(place)
            }
            Ok(Err(_)) | Err(_) => {
                if let Some(address) = queued {
                    pools.gave_up(&address, waited);
                }
                Err(Error::custom(GaveUp {
                    patience: self.patience,
                    size: self.size,
                }))
            }
        }
    }
}
