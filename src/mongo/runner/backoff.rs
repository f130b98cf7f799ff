//! How long to wait before the next attempt to connect: longer each time, and never the same for two programs.
//!
//! A pure policy: the chance in it comes from a seed, so that a test can foretell every pause. Must not sleep.

use std::time::Duration;

/// The pause after the first failed attempt, before chance shortens it; each further one is twice as long.
pub(super) const FIRST: Duration = Duration::from_millis(500);

/// No pause is longer.
pub(super) const LONGEST: Duration = Duration::from_secs(30);

/// The pauses of one connection, one after the other.
#[derive(Debug, Clone)]
pub(super) struct Backoff {
    failed: u32,
    chance: u64,
}

impl Backoff {
    /// The pauses that belong to `seed`.
    pub(super) fn seeded(seed: u64) -> Self {
        Self {
            failed: 0,
            chance: seed,
        }
    }

    /// Counts a failed attempt, and says how long to wait before the next one.
    pub(super) fn next(&mut self) -> Duration {
        self.failed = self.failed.saturating_add(1);
        pause(self.failed, draw(&mut self.chance))
    }

    /// How many attempts have failed since the last success.
    pub(super) fn failed(&self) -> u32 {
        self.failed
    }

    /// An attempt did: the next pause is a first one again.
    pub(super) fn succeeded(&mut self) {
        self.failed = 0;
    }
}

/// The pause after the attempt of this number (from 1): [`FIRST`], doubled for each attempt before it, [`LONGEST`] at
/// the most; of that, `chance` leaves between the half and the whole, so that many clients of a server that comes back
/// do not come all at once.
pub(super) fn pause(attempt: u32, chance: u64) -> Duration {
    let doublings = attempt.saturating_sub(1).min(10);
    let whole = FIRST.saturating_mul(1 << doublings).min(LONGEST);
    // The upper bits of a draw are its best ones; sixteen of them are finer than any pause can tell.
    let share = u32::try_from(chance >> 48).unwrap_or(0);
    whole - (whole / 2).saturating_mul(share) / 0x1_0000
}

/// The next number of a sequence that looks like chance (splitmix64).
fn draw(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn without_chance_pauses_double_up_to_the_longest() {
        let whole: Vec<u64> = (1..=9)
            .map(|attempt| u64::try_from(pause(attempt, 0).as_millis()).unwrap_or(0))
            .collect();
        assert_eq!(
            whole,
            [
                500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000
            ]
        );
    }

    #[test]
    fn one_seed_gives_the_same_pauses_and_another_gives_others() {
        let of = |seed| {
            let mut backoff = Backoff::seeded(seed);
            (0..6).map(|_| backoff.next()).collect::<Vec<_>>()
        };
        assert_eq!(of(7), of(7));
        assert_ne!(of(7), of(8));
    }

    #[test]
    fn a_success_begins_anew() {
        let mut backoff = Backoff::seeded(1);
        for _ in 0..8 {
            backoff.next();
        }
        assert_eq!(backoff.failed(), 8);
        backoff.succeeded();
        assert!(backoff.next() <= FIRST);
        assert_eq!(backoff.failed(), 1);
    }

    proptest! {
        #[test]
        fn chance_leaves_between_the_half_and_the_whole(attempt: u32, chance: u64) {
            let whole = pause(attempt, 0);
            let left = pause(attempt, chance);
            prop_assert!(left <= whole && left >= whole / 2);
            prop_assert!(whole >= FIRST && whole <= LONGEST);
        }
    }
}
