//! The loop that joins the state machine, the screen and the servers. (to come)

use crate::cli::{Exit, usage};
use crate::config::Launch;

/// Runs the console until it is left.
#[must_use]
pub async fn console(launch: Launch) -> Exit {
    drop(launch);
    usage("the console is not built yet")
}
