//! The keys of a sequence that has begun and not ended.
//!
//! Lives beside the loop, not in the state; the clock is passed in. Invariant: what is kept is a proper beginning of at
//! least one sequence of the context it was typed in.

use std::time::{Duration, Instant};

use super::key::Key;
use super::keymap::{Keymaps, Resolved};
use crate::app::context::Context;

/// How long the next key of a sequence is awaited: as long as it takes to read what may follow.
pub const PATIENCE: Duration = Duration::from_secs(10);
/// A person who types no further key for so long wants to see which ones there are.
pub const PAUSE: Duration = Duration::from_millis(350);

/// A sequence that has begun.
#[derive(Debug, Clone, Default)]
pub struct Pending {
    keys: Vec<Key>,
    context: Option<Context>,
    until: Option<Instant>,
    /// When the person is taken to look for the next key; `None` once that is so.
    looks: Option<Instant>,
}

impl Pending {
    /// The keys so far, for the hints; empty where nothing is pending.
    #[must_use]
    pub fn keys(&self) -> &[Key] {
        &self.keys
    }

    /// Whether the person has paused within the sequence, so that all keys that may follow are to be shown.
    #[must_use]
    pub fn is_looked_up(&self) -> bool {
        !self.keys.is_empty() && self.looks.is_none()
    }

    /// When the next thing happens by itself; the loop wakes then and calls [`Pending::expire`].
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.looks.or(self.until)
    }

    /// Forgets the sequence where its time is over at `now`, and notes a pause. Says whether either changes the hints.
    pub fn expire(&mut self, now: Instant) -> bool {
        let over = self.until.is_some_and(|until| now >= until);
        if over {
            self.clear();
        }
        over || self.looks.take_if(|looks| now >= *looks).is_some()
    }

    /// Forgets the sequence.
    pub fn clear(&mut self) {
        self.keys.clear();
        self.context = None;
        self.until = None;
        self.looks = None;
    }

    /// Takes one key pressed at `now` in `context`. A sequence that is too old, or was begun in another context, is
    /// forgotten first.
    pub fn press(
        &mut self,
        keymaps: &Keymaps,
        context: Context,
        key: Key,
        now: Instant,
    ) -> Resolved {
        self.expire(now);
        if self.context != Some(context) {
            self.clear();
        }
        let resolved = keymaps.resolve(context, &self.keys, key);
        if resolved == Resolved::Pending {
            self.keys.push(key);
            self.context = Some(context);
            self.until = now.checked_add(PATIENCE);
            // Who has seen which keys there are sees those after the next one at once.
            if self.keys.len() == 1 {
                self.looks = now.checked_add(PAUSE);
            }
        } else {
            self.clear();
        }
        resolved
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
    use crate::app::command::Command;
    use crate::input::Preset;

    #[test]
    fn a_sequence_is_given_up_after_its_time_and_no_sooner() {
        let keymaps = Keymaps::load(Preset::Default, None).unwrap();
        let g: Key = "g".parse().unwrap();
        let start = Instant::now();
        let mut pending = Pending::default();
        let mut press = |ms| {
            let now = start + Duration::from_millis(ms);
            pending.press(&keymaps, Context::Table, g, now)
        };
        assert_eq!(press(0), Resolved::Pending);
        assert_eq!(press(9_999), Resolved::Matched(Command::CursorFirst));
        assert_eq!(press(10_000), Resolved::Pending);
        assert_eq!(press(20_000), Resolved::Pending);
        assert!(pending.expire(start + Duration::from_secs(21)), "a pause");
        assert_eq!(pending.deadline(), Some(start + Duration::from_secs(30)));
        assert!(!pending.expire(start + Duration::from_millis(29_999)));
        assert!(pending.expire(start + Duration::from_secs(30)));
        assert!(pending.keys().is_empty());
    }

    #[test]
    fn who_pauses_within_a_sequence_is_shown_how_it_goes_on() {
        let keymaps = Keymaps::load(Preset::Default, None).unwrap();
        let start = Instant::now();
        let mut pending = Pending::default();
        pending.press(&keymaps, Context::Table, "g".parse().unwrap(), start);
        assert_eq!(pending.deadline(), Some(start + PAUSE));
        assert!(!pending.is_looked_up());
        assert!(pending.expire(start + PAUSE));
        assert!(pending.is_looked_up());
        pending.press(
            &keymaps,
            Context::Table,
            "g".parse().unwrap(),
            start + PAUSE,
        );
        assert!(!pending.is_looked_up());
    }

    #[test]
    fn a_sequence_does_not_go_on_in_another_context() {
        let keymaps = Keymaps::load(Preset::Default, None).unwrap();
        let g: Key = "g".parse().unwrap();
        let now = Instant::now();
        let mut pending = Pending::default();
        assert_eq!(
            pending.press(&keymaps, Context::Table, g, now),
            Resolved::Pending
        );
        assert_eq!(
            pending.press(&keymaps, Context::Input, g, now),
            Resolved::Unbound
        );
        assert!(pending.keys().is_empty());
    }
}
