//! The time, as it is told to the state and to the figures: it never goes back, and it goes on while the machine sleeps.
//!
//! The system's clock alone does neither: it is set, and what was read a while ago would be "read 0 s ago" for the hour
//! that it was set back by. A clock that only counts does not know of a lid that was closed. Must not know who asks.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::time::{ClockId, clock_gettime};

#[cfg(any(target_os = "linux", target_os = "android"))]
const COUNTING: ClockId = ClockId::Boottime;
#[cfg(not(any(target_os = "linux", target_os = "android")))]
const COUNTING: ClockId = ClockId::Monotonic;

/// How long the machine has been up, asleep or not. For differences alone.
#[must_use]
pub fn counted() -> Duration {
    let time = clock_gettime(COUNTING);
    Duration::new(
        u64::try_from(time.tv_sec).unwrap_or_default(),
        u32::try_from(time.tv_nsec).unwrap_or_default(),
    )
}

/// The time since the epoch: the system's, where that has not fallen behind what has passed since the last reading.
#[must_use]
pub fn now() -> Duration {
    static LAST: Mutex<Option<Reading>> = Mutex::new(None);
    let system = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
    let reading = Reading::after(*last, system, counted());
    *last = Some(reading);
    reading.told
}

/// What was told, and when that was by the clock that only counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Reading {
    told: Duration,
    counted: Duration,
}

impl Reading {
    fn after(last: Option<Self>, system: Duration, counted: Duration) -> Self {
        let least = last.map_or(Duration::ZERO, |last| {
            last.told + counted.saturating_sub(last.counted)
        });
        Self {
            told: system.max(least),
            counted,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: u64 = 3_600;

    fn told(readings: &[(u64, u64)]) -> Vec<u64> {
        let mut last = None;
        readings
            .iter()
            .map(|&(system, counted)| {
                let (system, counted) = (Duration::from_secs(system), Duration::from_secs(counted));
                let reading = Reading::after(last, system, counted);
                last = Some(reading);
                reading.told.as_secs()
            })
            .collect()
    }

    #[test]
    fn a_clock_that_is_set_back_makes_nothing_younger() {
        let start = 10 * HOUR;
        let seen = told(&[
            (start, 0),
            (start + 2, 2),
            (start + 4 - HOUR, 4),
            (start + 14 - HOUR, 14),
        ]);
        assert_eq!(seen, [start, start + 2, start + 4, start + 14]);
    }

    #[test]
    fn a_clock_that_is_set_forward_is_followed() {
        let start = 10 * HOUR;
        let seen = told(&[(start, 0), (start + HOUR + 2, 2), (start + HOUR + 4, 4)]);
        assert_eq!(seen, [start, start + HOUR + 2, start + HOUR + 4]);
    }

    #[test]
    fn an_hour_of_sleep_has_passed_by_both() {
        let start = 10 * HOUR;
        assert_eq!(
            told(&[(start, 5), (start + HOUR, 5 + HOUR)]),
            [start, start + HOUR]
        );
    }

    #[test]
    fn two_readings_are_never_the_wrong_way_round() {
        let (first, counted_first) = (now(), counted());
        assert!(now() >= first && counted() >= counted_first);
    }
}
