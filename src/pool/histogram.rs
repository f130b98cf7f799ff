//! Durations counted in buckets, so that percentiles cost the same memory whatever was counted.
//!
//! Eight buckets for each doubling, in microseconds: a percentile is at most an eighth over the true value, and never
//! over the largest that was counted.

use std::time::Duration;

/// Buckets for each doubling.
const STEPS: u64 = 8;

/// Enough for durations of some 20 minutes; longer ones are counted in the last.
const BUCKETS: usize = 232;

/// Counts of durations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Histogram {
    buckets: Box<[u64; BUCKETS]>,
    count: u64,
    total: Duration,
    max: Duration,
}

impl Default for Histogram {
    fn default() -> Self {
        Self {
            buckets: Box::new([0; BUCKETS]),
            count: 0,
            total: Duration::ZERO,
            max: Duration::ZERO,
        }
    }
}

impl Histogram {
    /// Counts one.
    pub fn add(&mut self, duration: Duration) {
        let micros = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        if let Some(bucket) = self.buckets.get_mut(bucket(micros)) {
            *bucket = bucket.saturating_add(1);
        }
        self.count = self.count.saturating_add(1);
        self.total = self.total.saturating_add(duration);
        self.max = self.max.max(duration);
    }

    /// Counts all that `other` counted too.
    pub fn join(&mut self, other: &Self) {
        for (own, theirs) in self.buckets.iter_mut().zip(other.buckets.iter()) {
            *own = own.saturating_add(*theirs);
        }
        self.count = self.count.saturating_add(other.count);
        self.total = self.total.saturating_add(other.total);
        self.max = self.max.max(other.max);
    }

    /// What was counted since `earlier`, which is a former self of this one. Its longest is known up to the width of a
    /// bucket only, where a longer one was counted before.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        let mut since = Self::default();
        for (place, own) in self.buckets.iter().enumerate() {
            let before = earlier.buckets.get(place).copied().unwrap_or_default();
            let more = own.saturating_sub(before);
            if more > 0
                && let Some(bucket) = since.buckets.get_mut(place)
            {
                *bucket = more;
                since.count = since.count.saturating_add(more);
                since.max = Duration::from_micros(upper(place)).min(self.max);
            }
        }
        since.total = self.total.saturating_sub(earlier.total);
        if self.max > earlier.max {
            since.max = self.max;
        }
        since
    }

    /// How many were counted.
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// All that was counted, together.
    #[must_use]
    pub const fn total(&self) -> Duration {
        self.total
    }

    /// The longest; zero where nothing was counted.
    #[must_use]
    pub const fn max(&self) -> Duration {
        self.max
    }

    /// The mean; `None` where nothing was counted.
    #[must_use]
    pub fn mean(&self) -> Option<Duration> {
        u32::try_from(self.count)
            .ok()
            .and_then(|count| self.total.checked_div(count))
    }

    /// How many were counted between powers of two of a microsecond, shortest first: the longest duration of each step,
    /// and the count. Steps at both ends in which nothing was counted are left out.
    #[must_use]
    pub fn doublings(&self) -> Vec<(Duration, u64)> {
        let mut steps: Vec<(Duration, u64)> = Vec::new();
        // The first eight buckets are single microseconds.
        for (place, buckets) in self.buckets.chunks(STEPS as usize).enumerate() {
            let last = upper((place + 1) * STEPS as usize - 1);
            let count = buckets.iter().fold(0_u64, |sum, n| sum.saturating_add(*n));
            steps.push((Duration::from_micros(last), count));
        }
        let end = steps.iter().rposition(|s| s.1 > 0).map_or(0, |at| at + 1);
        steps.truncate(end);
        let start = steps.iter().position(|s| s.1 > 0).unwrap_or(0);
        steps.drain(..start);
        steps
    }

    /// The duration that `share` of those counted (0 to 1) do not exceed, up to the width of a bucket; `None` where
    /// nothing was counted.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a rank among counts, bounded by the count"
    )]
    pub fn percentile(&self, share: f64) -> Option<Duration> {
        if self.count == 0 {
            return None;
        }
        let rank = ((self.count as f64 * share.clamp(0.0, 1.0)).ceil() as u64).max(1);
        let mut seen = 0_u64;
        for (at, count) in self.buckets.iter().enumerate() {
            seen = seen.saturating_add(*count);
            if seen >= rank {
                return Some(Duration::from_micros(upper(at)).min(self.max));
            }
        }
        Some(self.max)
    }
}

/// The bucket of a number of microseconds: itself below 8, then eight for each doubling.
fn bucket(micros: u64) -> usize {
    if micros < STEPS {
        return usize::try_from(micros).unwrap_or(0);
    }
    let doubling = u64::from(micros.ilog2());
    let within = (micros >> (doubling - 3)) & (STEPS - 1);
    usize::try_from((doubling - 2) * STEPS + within).map_or(BUCKETS - 1, |at| at.min(BUCKETS - 1))
}

/// The largest number of microseconds of a bucket.
fn upper(at: usize) -> u64 {
    let at = at as u64;
    if at < STEPS {
        return at;
    }
    let (doubling, within) = (at / STEPS + 2, at % STEPS);
    ((STEPS + within + 1) << (doubling - 3)) - 1
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        reason = "a test fails by panicking"
    )]

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_duration_is_within_its_bucket(micros in 0_u64..1 << 31) {
            let at = bucket(micros);
            prop_assert!(micros <= upper(at), "{micros} over {}", upper(at));
            prop_assert!(at == 0 || micros > upper(at - 1), "{micros} not over {}", upper(at - 1));
        }

        #[test]
        fn a_percentile_is_at_most_an_eighth_over_the_true_one(
            mut all in prop::collection::vec(0_u64..10_000_000, 1..200),
            share in 0.01_f64..1.0,
        ) {
            let mut histogram = Histogram::default();
            for micros in &all {
                histogram.add(Duration::from_micros(*micros));
            }
            all.sort_unstable();
            let rank = ((all.len() as f64 * share).ceil() as usize).max(1);
            let truth = all[rank - 1];
            let told = histogram.percentile(share).unwrap().as_micros() as u64;
            prop_assert!(told >= truth && told <= truth + truth / 8 + 1, "{told} for {truth}");
        }
    }

    #[test]
    fn steps_hold_all_that_was_counted_and_no_empty_ends() {
        let mut histogram = Histogram::default();
        for micros in [900, 1_000, 1_100, 5_000, 70_000_000] {
            histogram.add(Duration::from_micros(micros));
        }
        let steps = histogram.doublings();
        assert_eq!(steps.first(), Some(&(Duration::from_micros(1_023), 2)));
        assert_eq!(steps.last().map(|s| s.1), Some(1));
        assert_eq!(steps.iter().map(|s| s.1).sum::<u64>(), histogram.count());
        assert!(Histogram::default().doublings().is_empty());
    }

    #[test]
    fn nothing_counted_has_no_percentile() {
        assert_eq!(Histogram::default().percentile(0.5), None);
        assert_eq!(Histogram::default().mean(), None);
    }

    #[test]
    fn what_is_longer_than_the_last_bucket_is_still_the_longest() {
        let mut histogram = Histogram::default();
        histogram.add(Duration::from_secs(100_000));
        assert_eq!(histogram.max(), Duration::from_secs(100_000));
        assert!(histogram.percentile(0.5).unwrap() <= Duration::from_secs(100_000));
    }
}
