//! Ten minutes of a pool, second by second.

use std::collections::VecDeque;

use super::event::Moment;

/// How many seconds are kept.
pub const KEPT: usize = 600;

/// One second of a pool. Gauges are the highest of the second, so that a short peak is seen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Second {
    /// Connections in use.
    pub in_use: u32,
    /// Connections that exist.
    pub size: u32,
    /// Who waited for a connection for some milliseconds, not just until a free one was handed over.
    pub pending: u32,
    /// Connections that were handed out.
    pub checkouts: u32,
    /// Connections that were made.
    pub created: u32,
    /// Connections that were closed, and requests for one that failed.
    pub losses: u32,
    /// The longest that anybody waited, in microseconds.
    pub longest_wait: u32,
    /// Whether the program stood still in this second, so that nothing is known of it: its figures are all 0.
    pub unknown: bool,
}

impl Second {
    /// Whether anything is known to have happened in it.
    fn is_eventful(&self) -> bool {
        self.checkouts > 0 || self.created > 0 || self.losses > 0
    }
}

/// The last [`KEPT`] seconds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct History {
    /// Oldest first; the last is the running one.
    seconds: VecDeque<Second>,
    /// The running second.
    current: u64,
}

impl History {
    /// The seconds kept, oldest first; the last is the running one.
    pub fn seconds(&self) -> impl DoubleEndedIterator<Item = &Second> + ExactSizeIterator {
        self.seconds.iter()
    }

    /// The running second at `now`, for counting in it. Seconds in which nothing happened keep the gauges of `level`.
    pub fn at(&mut self, now: Moment, level: Second) -> &mut Second {
        let second = now.second();
        let level = Second {
            checkouts: 0,
            created: 0,
            losses: 0,
            longest_wait: 0,
            unknown: false,
            ..level
        };
        if self.seconds.is_empty() {
            self.current = second;
            self.seconds.push_back(level);
        }
        let passed = second.saturating_sub(self.current);
        for _ in 0..passed.min(KEPT as u64) {
            if self.seconds.len() == KEPT {
                self.seconds.pop_front();
            }
            self.seconds.push_back(level);
        }
        self.current = self.current.max(second);
        let last = self.seconds.len() - 1;
        &mut self.seconds[last]
    }

    /// The program stood still from `from` to `to`. The whole seconds in between are unknown, whatever gauges they were
    /// filled with; one in which something happened was only taken for one of them.
    pub(super) fn stood_still(&mut self, from: Moment, to: Moment) {
        let newest = self.current;
        let marked = from.second().saturating_add(1)..to.second().min(newest);
        for (age, second) in (0..).zip(self.seconds.iter_mut().rev()) {
            let at = newest.checked_sub(age);
            if at.is_some_and(|at| marked.contains(&at)) && !second.is_eventful() {
                *second = Second {
                    unknown: true,
                    ..Second::default()
                };
            }
        }
    }
}
