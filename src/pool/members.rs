//! Who is primary, since when there is none, and what became of the members lately.
//!
//! Kept apart from the timeline of the pools: what happens to members is rare, and must not be pushed out by connections
//! that come and go. A member that stays silent is told once, however often it is asked.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use super::event::{Event, Moment, ServerKind, What};

/// The most turns that are kept.
const MOST_TURNS: usize = 200;

/// Something that became of a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// When the driver's monitor told it.
    pub at: Moment,
    /// The member.
    pub address: Arc<str>,
    /// What.
    pub became: Became,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Became {
    /// The driver begins to watch it.
    Watched,
    /// The driver watches it no more.
    Unwatched,
    /// It is another kind than before.
    Changed {
        /// What it was.
        from: ServerKind,
        /// What it is.
        to: ServerKind,
    },
    /// It won an election.
    Elected {
        /// What it was.
        from: ServerKind,
        /// Who was primary before, where that is known.
        before: Option<Arc<str>>,
        /// How long there was no primary, as the driver's monitors saw it; nothing for a change at once.
        without: Duration,
    },
    /// It is the primary that it was before it was lost.
    Back {
        /// For how long it was lost.
        without: Duration,
    },
    /// It did not answer.
    Silent {
        /// Why, in a line.
        reason: String,
    },
}

/// The members of a deployment, as the driver's monitors see them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Members {
    turns: VecDeque<Turn>,
    /// How many turns were told in all, those no longer kept included.
    pub told: u64,
    /// Elections that were seen.
    pub elections: u64,
    /// The primary, while there is one.
    pub primary: Option<Arc<str>>,
    /// Since when there is none and who it was, where one was lost.
    pub lost: Option<(Moment, Arc<str>)>,
}

impl Members {
    /// The turns kept, oldest first.
    pub fn turns(&self) -> impl DoubleEndedIterator<Item = &Turn> + ExactSizeIterator {
        self.turns.iter()
    }

    /// The election that was seen last, where it is still kept.
    #[must_use]
    pub fn last_election(&self) -> Option<&Turn> {
        let elected = |t: &&Turn| matches!(t.became, Became::Elected { .. });
        self.turns.iter().rev().find(elected)
    }

    /// Takes an event, where it is about a member.
    pub fn take(&mut self, event: &Event) {
        let became = match &event.what {
            What::ServerOpened => Became::Watched,
            What::ServerClosed => {
                self.lose(event);
                Became::Unwatched
            }
            What::HeartbeatFailed { reason } => {
                if self.is_known_silent(&event.address) {
                    return;
                }
                let reason = reason.clone();
                Became::Silent { reason }
            }
            What::ServerChanged { from, to } if from != to => self.change(event, *from, *to),
            _ => return,
        };
        self.told += 1;
        if self.turns.len() == MOST_TURNS {
            self.turns.pop_front();
        }
        self.turns.push_back(Turn {
            at: event.at,
            address: Arc::clone(&event.address),
            became,
        });
    }

    fn change(&mut self, event: &Event, from: ServerKind, to: ServerKind) -> Became {
        if to != ServerKind::Primary {
            self.lose(event);
            return Became::Changed { from, to };
        }
        let address = Arc::clone(&event.address);
        let before = self.primary.replace(Arc::clone(&address));
        let lost = self.lost.take();
        match (before, lost) {
            // The one before is told of only after the one that took its place.
            (Some(before), _) if before != address => self.elected(from, Some(before), None),
            (_, Some((since, before))) => {
                let without = event.at.since(since);
                if before == address && from == ServerKind::Unknown {
                    return Became::Back { without };
                }
                self.elected(from, Some(before), Some(without))
            }
            // One that is met as primary may be so for years.
            _ if from == ServerKind::Unknown => Became::Changed { from, to },
            _ => self.elected(from, None, None),
        }
    }

    fn elected(
        &mut self,
        from: ServerKind,
        before: Option<Arc<str>>,
        without: Option<Duration>,
    ) -> Became {
        self.elections += 1;
        Became::Elected {
            from,
            before,
            without: without.unwrap_or_default(),
        }
    }

    fn lose(&mut self, event: &Event) {
        if self.primary.as_ref() == Some(&event.address) {
            self.primary = None;
            self.lost = Some((event.at, Arc::clone(&event.address)));
        }
    }

    /// Whether the last thing told of it is that it does not answer, or what followed from that.
    fn is_known_silent(&self, address: &Arc<str>) -> bool {
        let mut told = self.turns.iter().rev().filter(|t| t.address == *address);
        match told.next().map(|t| &t.became) {
            // What a monitor says while it is being closed is no news.
            Some(Became::Silent { .. } | Became::Unwatched) => true,
            Some(Became::Changed { to, .. }) if *to == ServerKind::Unknown => {
                matches!(told.next().map(|t| &t.became), Some(Became::Silent { .. }))
            }
            _ => false,
        }
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

    fn take(members: &mut Members, seconds: u64, address: &str, what: What) {
        members.take(&Event {
            at: Moment::new(Duration::from_secs(seconds)),
            address: Arc::from(address),
            what,
        });
    }

    fn change(members: &mut Members, seconds: u64, address: &str, from: &str, to: &str) {
        let kind = |word: &str| ServerKind::from_word(word).unwrap();
        let (from, to) = (kind(from), kind(to));
        take(members, seconds, address, What::ServerChanged { from, to });
    }

    fn met() -> Members {
        let mut members = Members::default();
        change(&mut members, 1, "a", "unknown", "primary");
        change(&mut members, 1, "b", "unknown", "secondary");
        members
    }

    fn last(members: &Members) -> &Became {
        &members.turns().last().unwrap().became
    }

    #[test]
    fn an_election_tells_how_long_there_was_no_primary_and_who_it_was() {
        let mut members = met();
        assert_eq!(members.primary.as_deref(), Some("a"));
        change(&mut members, 10, "a", "primary", "unknown");
        assert_eq!(members.primary, None);
        let (since, who) = members.lost.clone().unwrap();
        assert_eq!((since.second(), &*who), (10, "a"));
        change(&mut members, 14, "b", "secondary", "primary");
        let elected = Became::Elected {
            from: ServerKind::Secondary,
            before: Some(Arc::from("a")),
            without: Duration::from_secs(4),
        };
        assert_eq!(last(&members), &elected);
        assert_eq!((members.elections, members.lost.clone()), (1, None));
        // What was primary comes back as a follower: nothing is lost by that.
        change(&mut members, 20, "a", "unknown", "secondary");
        assert_eq!(members.primary.as_deref(), Some("b"));
        assert_eq!(members.last_election().unwrap().at.second(), 14);
    }

    #[test]
    fn a_handover_told_in_the_wrong_order_leaves_the_new_primary() {
        let mut members = met();
        change(&mut members, 10, "b", "secondary", "primary");
        change(&mut members, 10, "a", "primary", "secondary");
        assert_eq!(members.primary.as_deref(), Some("b"));
        assert_eq!((members.elections, members.lost), (1, None));
    }

    #[test]
    fn a_primary_that_was_out_of_sight_was_not_elected_again() {
        let mut members = met();
        change(&mut members, 10, "a", "primary", "unknown");
        change(&mut members, 13, "a", "unknown", "primary");
        let without = Duration::from_secs(3);
        assert_eq!(last(&members), &Became::Back { without });
        assert_eq!(members.elections, 0);
        // One that followed in between was.
        change(&mut members, 20, "a", "primary", "secondary");
        change(&mut members, 22, "a", "secondary", "primary");
        assert_eq!(members.elections, 1);
    }

    #[test]
    fn a_silent_member_is_told_once_and_again_after_it_answered() {
        let mut members = met();
        let before = members.told;
        let silent = || What::HeartbeatFailed {
            reason: "refused".to_owned(),
        };
        take(&mut members, 10, "b", silent());
        change(&mut members, 10, "b", "secondary", "unknown");
        for second in 11..40 {
            take(&mut members, second, "b", silent());
        }
        assert_eq!(members.told, before + 2);
        change(&mut members, 40, "b", "unknown", "secondary");
        take(&mut members, 50, "b", silent());
        assert_eq!(members.told, before + 4);
    }

    #[test]
    fn turns_are_bounded() {
        let mut members = met();
        for second in 0..2_000 {
            let (from, to) = match second % 2 {
                0 => ("secondary", "other"),
                _ => ("other", "secondary"),
            };
            change(&mut members, second, "b", from, to);
        }
        assert_eq!(members.turns().len(), MOST_TURNS);
        assert_eq!(members.told, 2_002);
    }

    #[test]
    fn a_primary_that_no_longer_belongs_to_the_set_is_lost() {
        let mut members = met();
        take(&mut members, 9, "a", What::ServerClosed);
        assert_eq!(members.lost.as_ref().unwrap().0.second(), 9);
        let told = members.told;
        let reason = "closed".to_owned();
        take(&mut members, 9, "a", What::HeartbeatFailed { reason });
        assert_eq!(
            members.told, told,
            "what its monitor says at its end is no news"
        );
    }
}
