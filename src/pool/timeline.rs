//! What happened lately, to all pools of a deployment. Bounded: the oldest is forgotten.

use std::collections::VecDeque;

use super::event::{Event, What};

/// The most check-outs and check-ins kept for the timeline, over all servers.
const MOST_EVENTS: usize = 2_000;

/// The most other events kept for it.
const MOST_SELDOM: usize = 1_000;

/// The last events, oldest first. Connections that are asked for, handed out and given back are thousands a second under
/// load, so they are kept apart: what seldom happens is not pushed out by them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Timeline {
    /// Each with its number.
    routine: VecDeque<(u64, Event)>,
    seldom: VecDeque<(u64, Event)>,
    /// How many were told in all, those no longer kept included.
    pub told: u64,
}

impl Timeline {
    /// The events kept, oldest first, each with its number among all that were told.
    pub fn numbered(&self) -> impl Iterator<Item = (u64, &Event)> {
        let mut routine = self.routine.iter().peekable();
        let mut seldom = self.seldom.iter().peekable();
        std::iter::from_fn(move || {
            let first = match (routine.peek(), seldom.peek()) {
                (Some(a), Some(b)) if b.0 < a.0 => seldom.next(),
                (None, _) => seldom.next(),
                _ => routine.next(),
            };
            first.map(|(number, event)| (*number, event))
        })
    }

    /// The events kept, oldest first.
    pub fn events(&self) -> impl Iterator<Item = &Event> {
        self.numbered().map(|(_, event)| event)
    }

    /// The events kept that are no check-outs and check-ins, oldest first.
    pub fn seldom(&self) -> impl DoubleEndedIterator<Item = &Event> {
        self.seldom.iter().map(|(_, event)| event)
    }

    /// How many are kept.
    #[must_use]
    pub fn kept(&self) -> usize {
        self.routine.len() + self.seldom.len()
    }

    pub(super) fn push(&mut self, event: Event) {
        let routine = matches!(
            event.what,
            What::CheckoutStarted
                | What::CheckoutMoved
                | What::CheckedOut { .. }
                | What::CheckedIn { .. }
        );
        let (events, most) = match routine {
            true => (&mut self.routine, MOST_EVENTS),
            false => (&mut self.seldom, MOST_SELDOM),
        };
        if events.len() == most {
            events.pop_front();
        }
        events.push_back((self.told, event));
        self.told += 1;
    }
}
