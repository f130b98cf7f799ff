//! What a pane waits for, and what it shows meanwhile.

use crate::mongo::request::{Failure, TaskId};

/// How a thing that comes from a server stands.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Load<T> {
    /// Not asked for.
    #[default]
    Idle,
    /// Asked for; what was there before stays to be seen.
    Loading {
        /// The task that will bring it.
        task: TaskId,
        /// What the last answer was.
        previous: Option<T>,
    },
    /// Here.
    Ready(T),
    /// It could not be had.
    Failed {
        /// Why.
        failure: Failure,
        /// What the last answer was.
        previous: Option<T>,
    },
}

/// Whether a reply was the one awaited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// It was, and is in the slot now.
    Taken,
    /// A newer request has replaced the one it answers: it was dropped.
    Stale,
}

/// A place for one thing from a server. Only the answer to the newest request ever gets in.
#[derive(Debug, Clone, PartialEq)]
pub struct Slot<T> {
    /// How it stands.
    pub load: Load<T>,
}

impl<T> Default for Slot<T> {
    fn default() -> Self {
        Self { load: Load::Idle }
    }
}

impl<T> Slot<T> {
    /// Starts waiting for `task`, and gives the task that is thereby outdated.
    pub fn begin(&mut self, task: TaskId) -> Option<TaskId> {
        let (previous, outdated) = match std::mem::take(&mut self.load) {
            Load::Idle => (None, None),
            Load::Loading { task, previous } => (previous, Some(task)),
            Load::Ready(value) => (Some(value), None),
            Load::Failed { previous, .. } => (previous, None),
        };
        self.load = Load::Loading { task, previous };
        outdated
    }

    /// Takes the answer to `task`, unless a newer request was made since.
    pub fn settle(&mut self, task: TaskId, result: Result<T, Failure>) -> Settled {
        if !self.awaits(task) {
            return Settled::Stale;
        }
        let previous = match std::mem::take(&mut self.load) {
            Load::Loading { previous, .. } => previous,
            _ => None,
        };
        self.load = match result {
            Ok(value) => Load::Ready(value),
            Err(failure) => Load::Failed { failure, previous },
        };
        Settled::Taken
    }

    /// Whether the answer to `task` is awaited.
    #[must_use]
    pub fn awaits(&self, task: TaskId) -> bool {
        self.loading() == Some(task)
    }

    /// The task that is awaited, if any.
    #[must_use]
    pub fn loading(&self) -> Option<TaskId> {
        match &self.load {
            Load::Loading { task, .. } => Some(*task),
            _ => None,
        }
    }

    /// What is there to be seen: the newest answer, or the one before while a newer is awaited.
    #[must_use]
    pub fn value(&self) -> Option<&T> {
        match &self.load {
            Load::Ready(value) => Some(value),
            Load::Loading { previous, .. } | Load::Failed { previous, .. } => previous.as_ref(),
            Load::Idle => None,
        }
    }

    /// The same, to be changed.
    pub fn value_mut(&mut self) -> Option<&mut T> {
        match &mut self.load {
            Load::Ready(value) => Some(value),
            Load::Loading { previous, .. } | Load::Failed { previous, .. } => previous.as_mut(),
            Load::Idle => None,
        }
    }

    /// Why it could not be had, where that is how it stands.
    #[must_use]
    pub fn failure(&self) -> Option<&Failure> {
        match &self.load {
            Load::Failed { failure, .. } => Some(failure),
            _ => None,
        }
    }

    /// Whether nothing has been asked for.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        matches!(self.load, Load::Idle)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stale_reply_is_dropped() {
        let mut slot = Slot::default();
        slot.begin(TaskId(1));
        assert_eq!(slot.begin(TaskId(2)), Some(TaskId(1)));
        assert_eq!(slot.settle(TaskId(1), Ok("old")), Settled::Stale);
        assert_eq!(slot.settle(TaskId(2), Ok("new")), Settled::Taken);
        assert_eq!(slot.value(), Some(&"new"));
    }

    #[test]
    fn what_was_there_stays_to_be_seen_while_a_newer_answer_is_awaited() {
        let mut slot = Slot {
            load: Load::Ready(1),
        };
        slot.begin(TaskId(7));
        assert_eq!(slot.value(), Some(&1));
        slot.settle(
            TaskId(7),
            Err(Failure::new(
                crate::mongo::request::FailureKind::Other,
                "no",
            )),
        );
        assert_eq!(slot.value(), Some(&1));
        assert!(slot.failure().is_some());
    }
}
