//! What the running future is for, so that the driver's callbacks can tell whom they hand a connection to.
//!
//! The driver hands a connection out within the very poll of the future that asked for it, so what that future says of
//! itself is exact: nothing is matched by time or order. What the driver does by itself (closing a cursor that was
//! dropped) is nobody's.

use std::future::Future;
use std::sync::Arc;

use crate::pool::Work;

tokio::task_local! {
    static WORK: Arc<Work>;
}

/// Runs `future` as this work.
pub async fn under<F: Future>(work: Arc<Work>, future: F) -> F::Output {
    WORK.scope(work, future).await
}

/// The running work, where it is known.
#[must_use]
pub fn here() -> Option<Arc<Work>> {
    WORK.try_with(Arc::clone).ok()
}
