//! Counters of a server as rates, from two readings; and the last of them, for charts.

use std::collections::VecDeque;
use std::time::Duration;

use crate::mongo::request::observe::{Counters, ServerFigures};

/// Readings that are kept: at one in two seconds, five minutes.
pub const KEPT: usize = 150;

/// A longer silence between two readings is a gap: what happened in it is not known second by second.
pub const GAP: Duration = Duration::from_secs(10);

/// A start that moved by less is the same one: clocks are set.
const SAME_START: u64 = 5_000;

/// The counters of the reading before, and the server's own time since then.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Since {
    /// The counters.
    pub counters: Counters,
    /// The time, of which there is some.
    pub span: Duration,
}

impl Since {
    /// What a counter grew by in a second; `None` where the server does not keep it, or where it went back.
    #[must_use]
    pub fn rate(&self, now: &Counters, counter: fn(&Counters) -> Option<u64>) -> Option<f64> {
        let grown = counter(now)?.checked_sub(counter(&self.counters)?)?;
        #[expect(
            clippy::cast_precision_loss,
            reason = "a rate is shown with three digits"
        )]
        let grown = grown as f64;
        Some(grown / self.span.as_secs_f64())
    }
}

/// Whether the server was started again between two readings of it.
fn started_again(before: &ServerFigures, after: &ServerFigures) -> bool {
    let moved = before.started.zip(after.started);
    let moved = moved.is_some_and(|(before, after)| before.abs_diff(after) > SAME_START);
    moved || after.up < before.up.saturating_sub(Duration::from_millis(1))
}

/// The reading before, where rates can be had from it. `None` where another server answered, it was started again in
/// between, or no time passed.
fn since(before: &ServerFigures, after: &ServerFigures) -> Option<Since> {
    if before.host != after.host || started_again(before, after) {
        return None;
    }
    // The server's own clock: how long an answer was on its way does not matter.
    let span = after.up.checked_sub(before.up).filter(|s| !s.is_zero())?;
    Some(Since {
        counters: before.counters,
        span,
    })
}

/// One reading, with the one before it.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    /// When it was read, in milliseconds since the epoch.
    pub at: i64,
    /// The reading.
    pub figures: ServerFigures,
    /// What rates are counted from; `None` for the first reading, after a restart and after a gap.
    pub since: Option<Since>,
    /// Whether nothing is known of the time before this reading: nothing was read for a while.
    pub after_gap: bool,
}

/// The last readings.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Readings {
    points: VecDeque<Point>,
    /// When the server was found to have been started again.
    pub restarted: Option<i64>,
}

impl Readings {
    /// The readings, oldest first.
    pub fn points(&self) -> impl DoubleEndedIterator<Item = &Point> + ExactSizeIterator {
        self.points.iter()
    }

    /// The newest one.
    #[must_use]
    pub fn last(&self) -> Option<&Point> {
        self.points.back()
    }

    /// Takes a reading.
    pub fn take(&mut self, at: i64, figures: ServerFigures) {
        let mut from = None;
        let mut after_gap = false;
        if let Some(before) = self.points.back() {
            let silent = u64::try_from(at.saturating_sub(before.at)).unwrap_or(0);
            after_gap = Duration::from_millis(silent) > GAP;
            if before.figures.host != figures.host {
                self.points.clear();
                self.restarted = None;
                after_gap = false;
            } else if started_again(&before.figures, &figures) {
                self.restarted = Some(at);
            } else if !after_gap {
                from = since(&before.figures, &figures);
            }
        }
        if self.points.len() == KEPT {
            self.points.pop_front();
        }
        self.points.push_back(Point {
            at,
            figures,
            since: from,
            after_gap,
        });
    }

    /// Forgets all of them.
    pub fn clear(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        reason = "a test fails by panicking"
    )]

    use super::*;

    fn reading(up: u64, insert: u64, bytes: u64) -> ServerFigures {
        ServerFigures {
            host: "h:27017".into(),
            up: Duration::from_millis(up),
            counters: Counters {
                insert,
                bytes_in: bytes,
                ..Counters::default()
            },
            ..ServerFigures::default()
        }
    }

    fn inserts(point: &Point) -> Option<f64> {
        let since = point.since?;
        since.rate(&point.figures.counters, |c| Some(c.insert))
    }

    #[test]
    fn a_rate_is_what_a_counter_grew_by_in_the_servers_own_time() {
        let after = reading(12_500, 350, 5_000);
        let since = since(&reading(10_000, 100, 0), &after).unwrap();
        let rate = |counter| since.rate(&after.counters, counter);
        assert_eq!(rate(|c| Some(c.insert)), Some(100.0));
        assert_eq!(rate(|c| Some(c.bytes_in)), Some(2_000.0));
        assert_eq!(rate(|c| Some(c.query)), Some(0.0));
        assert_eq!(rate(|c| c.scanned), None, "what is not kept is not nothing");
    }

    #[test]
    fn a_restarted_server_has_no_rate_and_begins_anew() {
        let mut readings = Readings::default();
        readings.take(1_000, reading(10_000, 100, 0));
        readings.take(3_000, reading(12_000, 120, 0));
        assert_eq!(inserts(readings.last().unwrap()), Some(10.0));
        readings.take(5_000, reading(500, 3, 0));
        assert_eq!(inserts(readings.last().unwrap()), None);
        assert_eq!(readings.restarted, Some(5_000));
        readings.take(7_000, reading(2_500, 23, 0));
        assert_eq!(inserts(readings.last().unwrap()), Some(10.0));
        assert_eq!(readings.points().len(), 4);
    }

    #[test]
    fn a_restart_long_ago_is_seen_by_when_the_server_started() {
        let started = |at: i64, up: u64, insert: u64| ServerFigures {
            started: Some(at),
            ..reading(up, insert, 0)
        };
        let mut readings = Readings::default();
        readings.take(1_000, started(0, 1_000, 100));
        // It has been up for longer than it was then, and its counters are higher.
        readings.take(9_000, started(6_001, 3_000, 9_000));
        assert_eq!(readings.restarted, Some(9_000));
        assert_eq!(inserts(readings.last().unwrap()), None);
        // A clock that is set a little is no restart.
        readings.take(11_000, started(6_900, 5_000, 9_020));
        assert_eq!(readings.restarted, Some(9_000));
        assert_eq!(inserts(readings.last().unwrap()), Some(10.0));
    }

    #[test]
    fn an_hour_asleep_is_a_gap_and_no_rate_over_it() {
        let mut readings = Readings::default();
        readings.take(0, reading(10_000, 100, 0));
        readings.take(3_600_000, reading(3_610_000, 9_999, 0));
        let last = readings.last().unwrap();
        assert!(last.after_gap && last.since.is_none());
        readings.take(3_602_000, reading(3_612_000, 10_019, 0));
        let last = readings.last().unwrap();
        assert!(!last.after_gap);
        assert_eq!(inserts(last), Some(10.0));
        assert_eq!(readings.restarted, None);
    }

    #[test]
    fn another_server_is_not_compared_with_the_one_before() {
        let mut readings = Readings::default();
        readings.take(1_000, reading(10_000, 100, 0));
        let mut other = reading(20_000, 900, 0);
        other.host = "i:27017".into();
        readings.take(3_000, other);
        assert_eq!(readings.points().len(), 1);
        assert_eq!(readings.last().unwrap().since, None);
    }

    #[test]
    fn a_counter_that_went_back_gives_no_rate_rather_than_a_wrong_one() {
        let after = reading(2_000, 4, 70);
        let before = since(&reading(1_000, 5, 60), &after).unwrap();
        assert_eq!(before.rate(&after.counters, |c| Some(c.insert)), None);
        assert_eq!(
            before.rate(&after.counters, |c| Some(c.bytes_in)),
            Some(10.0),
            "the others go on"
        );
        assert_eq!(since(&reading(1_000, 5, 0), &reading(1_000, 5, 0)), None);
    }

    #[test]
    fn readings_are_bounded() {
        let mut readings = Readings::default();
        for i in 0..(KEPT as u64 * 3) {
            readings.take(i64::try_from(i).unwrap(), reading(i * 1000, i, 0));
        }
        assert_eq!(readings.points().len(), KEPT);
    }
}
