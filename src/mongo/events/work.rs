//! What the running future is for, so that the driver's callbacks can tell whom they hand a connection to.
//!
//! The driver asks for a connection, and hands it out, within the very poll of the future that needs it, so what that
//! future says of itself is exact: nothing is matched by time or order. What the driver does by itself (closing a cursor
//! that was dropped) is nobody's.

use std::cell::RefCell;
use std::future::Future;
use std::sync::Arc;

use super::waiting::Waited;
use crate::pool::Work;

tokio::task_local! {
    static HERE: Here;
}

/// What the running future says of itself.
struct Here {
    work: Arc<Work>,
    /// Its wait in front of the pool, until the driver tells of the connection that it led to.
    waited: RefCell<Option<Waited>>,
}

/// Runs `future` as this work.
pub async fn under<F: Future>(work: Arc<Work>, future: F) -> F::Output {
    after(work, None, future).await
}

/// Runs `future` as this work, after it waited so in front of the pool.
pub(crate) async fn after<F: Future>(
    work: Arc<Work>,
    waited: Option<Waited>,
    future: F,
) -> F::Output {
    let here = Here {
        work,
        waited: RefCell::new(waited),
    };
    HERE.scope(here, future).await
}

/// The running work, where it is known.
#[must_use]
pub fn here() -> Option<Arc<Work>> {
    HERE.try_with(|here| Arc::clone(&here.work)).ok()
}

/// Has `look` see the wait of the running work in front of the pool, where there was one that nothing came of so far.
pub(super) fn waited<T>(look: impl FnOnce(&mut Option<Waited>) -> T) -> Option<T> {
    HERE.try_with(|here| here.waited.try_borrow_mut().ok().map(|mut w| look(&mut w)))
        .ok()
        .flatten()
}
