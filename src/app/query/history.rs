//! The statements that were run: searched, and taken up again.
//!
//! Kept by profile and place. Invariant: a text that may hold a secret is never kept, nor anything at all where the
//! person said so.

use crate::app::effect::Effect;
use crate::app::picker::{Choice, Item, Picker};
use crate::app::scope::{Moment, Scope, TabId};
use crate::config::state::HistoryEntry;
use crate::query::secret::may_hold_a_secret;

/// How many statements are kept in memory.
pub const KEPT: usize = 1_000;
/// Longer texts are not kept.
const LONGEST: usize = 64 << 10;

/// The statements that were run.
#[derive(Debug, Clone, Default)]
pub struct History {
    /// The statements, the newest last.
    pub entries: Vec<HistoryEntry>,
    /// Whether nothing is kept, as the person said at the start.
    pub off: bool,
}

impl History {
    /// Keeps a statement that was run. One that was run before there moves to the end.
    pub fn remember(&mut self, entry: HistoryEntry) -> Option<HistoryEntry> {
        if self.off || entry.text.len() > LONGEST || may_hold_a_secret(&entry.text) {
            return None;
        }
        let same = |e: &HistoryEntry| {
            e.text == entry.text && e.profile == entry.profile && e.namespace == entry.namespace
        };
        let newest = self.entries.last().is_some_and(same);
        self.entries.retain(|e| !same(e));
        self.entries.push(entry.clone());
        if self.entries.len() > KEPT {
            self.entries.remove(0);
        }
        (!newest).then_some(entry)
    }

    /// The list to pick from: those of the place first, then those of the profile; the newest first.
    #[must_use]
    pub fn picker(&self, tab: TabId, profile: &str, namespace: &str, now: Moment) -> Picker {
        let (here, elsewhere): (Vec<_>, Vec<_>) = self
            .entries
            .iter()
            .rev()
            .filter(|e| e.profile == profile)
            .partition(|e| e.namespace == namespace);
        let items = here
            .into_iter()
            .chain(elsewhere)
            .map(|entry| {
                let label: Vec<&str> = entry.text.split_whitespace().collect();
                let age = now.since(Moment(entry.at)).as_secs();
                let age = match age {
                    0..60 => "just now".to_owned(),
                    60..3600 => format!("{} min ago", age / 60),
                    3600..172_800 => format!("{} h ago", age / 3600),
                    _ => format!("{} days ago", age / 86_400),
                };
                let detail = format!("{}  {age}", entry.namespace);
                let choice = Choice::QueryText(tab, entry.text.clone());
                Item::new(label.join(" "), detail, choice)
            })
            .collect();
        let empty = match self.off {
            true => "no history is kept in this run",
            false => "no statement was run here so far",
        };
        Picker::new("statements run before", items, empty)
    }
}

/// Keeps a statement that is run.
pub fn remember(scope: &mut Scope<'_>, profile: &str, namespace: String, text: &str) {
    let entry = HistoryEntry {
        at: scope.now.0,
        profile: profile.to_owned(),
        namespace,
        text: text.to_owned(),
    };
    if let Some(entry) = scope.history.remember(entry) {
        scope.effects.push(Effect::KeepStatement(entry));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(text: &str, namespace: &str) -> HistoryEntry {
        HistoryEntry {
            at: 0,
            profile: "main".to_owned(),
            namespace: namespace.to_owned(),
            text: text.to_owned(),
        }
    }

    #[test]
    fn those_of_the_place_come_first_and_the_newest_before_the_others() {
        let mut history = History::default();
        for (text, place) in [("a", "x.y"), ("b", "x.z"), ("c", "x.y"), ("a", "x.y")] {
            history.remember(entry(text, place));
        }
        let picker = history.picker(TabId(1), "main", "x.y", Moment(0));
        let labels: Vec<&str> = picker.items.iter().map(|i| i.label.as_str()).collect();
        assert_eq!(labels, ["a", "c", "b"]);
        assert!(
            history
                .picker(TabId(1), "other", "x.y", Moment(0))
                .items
                .is_empty()
        );
    }

    #[test]
    fn secrets_are_never_kept_and_nothing_is_where_it_is_switched_off() {
        let mut history = History::default();
        let secret = "db.createUser({user: 'a', pwd: 'b', roles: []})";
        assert_eq!(history.remember(entry(secret, "admin")), None);
        history.off = true;
        assert_eq!(history.remember(entry("{a: 1}", "x.y")), None);
        assert!(history.entries.is_empty());
    }
}
