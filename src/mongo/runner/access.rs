//! Who may write, and until when.
//!
//! The state is read at the moment a write is about to be sent, so an unlock that ran out counts as run out even if the
//! timer that reports it is late.

use std::sync::Arc;
use std::time::Duration;

use super::{Post, lock};
use crate::clock;
use crate::mongo::request::{Access, Failure, FailureKind, Report};

/// How often the end of an unlock is looked for: a timer alone does not know of a lid that was closed.
const LOOK: Duration = Duration::from_secs(5);

/// Waits for so long, asleep or not.
async fn wait(time: Duration) {
    let end = clock::counted().saturating_add(time);
    loop {
        let left = end.saturating_sub(clock::counted());
        if left.is_zero() {
            return;
        }
        tokio::time::sleep(left.min(LOOK)).await;
    }
}

/// A profile's lock on writing.
#[derive(Debug)]
pub(super) struct Lock {
    /// What holds where no unlock does.
    base: Access,
    /// By the clock that goes on while the machine sleeps: an unlock does not outlast a closed lid.
    until: Option<Duration>,
    /// Tells a timer whether its unlock is still the last one.
    turn: u64,
}

impl Lock {
    pub(super) fn new(base: Access) -> Self {
        Self {
            base,
            until: None,
            turn: 0,
        }
    }

    fn now(&self) -> Access {
        match self.until {
            Some(until) if clock::counted() < until => Access::ReadWrite,
            _ => self.base,
        }
    }
}

impl Post {
    pub(super) fn access(&self) -> Access {
        lock(&self.lock).now()
    }

    /// Refuses a write on a profile that may not be written to at this moment.
    pub(super) fn may_write(&self) -> Result<(), Failure> {
        if self.access() == Access::ReadWrite {
            return Ok(());
        }
        let name = &self.profile.name;
        let failure = Failure::new(
            FailureKind::ReadOnly,
            format!("profile `{name}` is read-only: nothing was sent"),
        );
        Err(if self.profile.read_only {
            failure.with_help("its configuration says `read_only = true`")
        } else {
            failure.with_help("unlock it for writing first")
        })
    }

    pub(super) fn unlock(self: &Arc<Self>, time: Duration) {
        let turn = {
            let mut held = lock(&self.lock);
            if self.profile.read_only {
                None
            } else {
                held.turn += 1;
                held.until = clock::counted().checked_add(time);
                Some(held.turn)
            }
        };
        self.report_access(self.access());
        let base = lock(&self.lock).base;
        if let (Some(turn), Access::ReadOnly) = (turn, base) {
            let post = Arc::clone(self);
            tokio::spawn(async move {
                wait(time).await;
                let over = {
                    let mut held = lock(&post.lock);
                    let mine = held.turn == turn && held.until.is_some();
                    if mine {
                        held.until = None;
                    }
                    mine
                };
                if over {
                    post.report_access(Access::ReadOnly);
                }
            });
        }
    }

    pub(super) fn relock(&self) {
        let changed = {
            let mut held = lock(&self.lock);
            held.turn += 1;
            held.until.take().is_some()
        };
        if changed {
            self.report_access(self.access());
        }
    }

    fn report_access(&self, access: Access) {
        self.report(Report::Access {
            profile: self.profile.name.clone(),
            access,
        });
    }
}
