//! Counters of a server as rates, from two readings; and the last of them, for charts.

use std::collections::VecDeque;
use std::time::Duration;

use crate::mongo::request::observe::{Counters, ServerFigures};

/// Readings that are kept: at one in two seconds, five minutes.
pub const KEPT: usize = 150;

/// Counters per second.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Rates {
    /// Inserts.
    pub insert: f64,
    /// Queries.
    pub query: f64,
    /// Updates.
    pub update: f64,
    /// Deletes.
    pub delete: f64,
    /// Further batches of cursors.
    pub getmore: f64,
    /// Other commands.
    pub command: f64,
    /// Bytes received.
    pub bytes_in: f64,
    /// Bytes sent.
    pub bytes_out: f64,
    /// Connections accepted.
    pub connections_created: f64,
    /// Documents given to clients.
    pub returned: f64,
    /// Documents looked at.
    pub scanned: f64,
    /// Index keys looked at.
    pub scanned_keys: f64,
    /// Bytes read into the cache.
    pub cache_in: f64,
    /// Bytes written from the cache.
    pub cache_out: f64,
    /// Errors that clients made.
    pub user_errors: f64,
}

/// The rates between two readings of one server. `None` where they cannot be had: another server answered, it was
/// started again in between, or no time passed.
#[must_use]
pub fn rates(before: &ServerFigures, after: &ServerFigures) -> Option<Rates> {
    if before.host != after.host || after.up <= before.up {
        return None;
    }
    // The server's own clock: how long an answer was on its way does not matter.
    let span = after.up.saturating_sub(before.up);
    let of = |counter: fn(&Counters) -> u64| -> Option<f64> {
        let grown = counter(&after.counters).checked_sub(counter(&before.counters))?;
        #[expect(
            clippy::cast_precision_loss,
            reason = "a rate is shown with three digits"
        )]
        let grown = grown as f64;
        Some(grown / span.as_secs_f64())
    };
    Some(Rates {
        insert: of(|c| c.insert)?,
        query: of(|c| c.query)?,
        update: of(|c| c.update)?,
        delete: of(|c| c.delete)?,
        getmore: of(|c| c.getmore)?,
        command: of(|c| c.command)?,
        bytes_in: of(|c| c.bytes_in)?,
        bytes_out: of(|c| c.bytes_out)?,
        connections_created: of(|c| c.connections_created)?,
        returned: of(|c| c.returned)?,
        scanned: of(|c| c.scanned)?,
        scanned_keys: of(|c| c.scanned_keys)?,
        cache_in: of(|c| c.cache_in)?,
        cache_out: of(|c| c.cache_out)?,
        user_errors: of(|c| c.user_errors)?,
    })
}

/// One reading, with the rates since the one before it.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    /// When it was read, in milliseconds since the epoch.
    pub at: i64,
    /// The reading.
    pub figures: ServerFigures,
    /// The rates; `None` for the first one, and after a restart.
    pub rates: Option<Rates>,
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
        let before = self.points.back();
        let rates = before.and_then(|b| rates(&b.figures, &figures));
        if let Some(before) = before {
            let other = before.figures.host != figures.host;
            let earlier = before.figures.up.saturating_sub(Duration::from_millis(1));
            if other {
                self.points.clear();
                self.restarted = None;
            } else if figures.up < earlier {
                self.restarted = Some(at);
            }
        }
        if self.points.len() == KEPT {
            self.points.pop_front();
        }
        self.points.push_back(Point { at, figures, rates });
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

    #[test]
    fn a_rate_is_what_a_counter_grew_by_in_the_servers_own_time() {
        let rates = rates(&reading(10_000, 100, 0), &reading(12_500, 350, 5_000)).unwrap();
        assert!((rates.insert - 100.0).abs() < 1e-9);
        assert!((rates.bytes_in - 2_000.0).abs() < 1e-9);
        assert!(rates.query.abs() < 1e-9);
    }

    #[test]
    fn a_restarted_server_has_no_rate_and_begins_anew() {
        let mut readings = Readings::default();
        readings.take(1_000, reading(10_000, 100, 0));
        readings.take(3_000, reading(12_000, 120, 0));
        assert_eq!(readings.last().unwrap().rates.unwrap().insert, 10.0);
        readings.take(5_000, reading(500, 3, 0));
        assert_eq!(readings.last().unwrap().rates, None);
        assert_eq!(readings.restarted, Some(5_000));
        readings.take(7_000, reading(2_500, 23, 0));
        assert_eq!(readings.last().unwrap().rates.unwrap().insert, 10.0);
        assert_eq!(readings.points().len(), 4);
    }

    #[test]
    fn another_server_is_not_compared_with_the_one_before() {
        let mut readings = Readings::default();
        readings.take(1_000, reading(10_000, 100, 0));
        let mut other = reading(20_000, 900, 0);
        other.host = "i:27017".into();
        readings.take(3_000, other);
        assert_eq!(readings.points().len(), 1);
        assert_eq!(readings.last().unwrap().rates, None);
    }

    #[test]
    fn a_counter_that_went_back_gives_no_rate_rather_than_a_wrong_one() {
        assert_eq!(rates(&reading(1_000, 5, 0), &reading(2_000, 4, 0)), None);
        assert_eq!(rates(&reading(1_000, 5, 0), &reading(1_000, 5, 0)), None);
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
