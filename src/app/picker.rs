//! A list to pick from, narrowed by typing: palette, jump, drafts, notices, kinds, violations.

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use super::command::Command;
use super::field::Field;
use super::overlay::Outcome;
use super::regions::scrolled;
use super::scope::TabId;
use crate::config::state::DraftId;
use crate::mongo::request::{Namespace, ProfileName};
use crate::value::Path;

/// What one item of a list stands for.
#[derive(Debug, Clone, PartialEq)]
pub enum Choice {
    /// Carry out a command.
    Command(Command),
    /// Open a collection.
    Open(ProfileName, Namespace),
    /// Open a draft again.
    Draft(DraftId),
    /// Show everything that a notice says, by its place in the history.
    Notice(usize),
    /// Go to a place in the document of a tab.
    Path(TabId, Path),
    /// Change the value at the tab's cursor to this kind (an alias of the server's `$type`).
    Kind(TabId, &'static str),
    /// Show or hide a column of a tab.
    Column(TabId, String),
    /// Nothing happens: the line is there to be read.
    Nothing,
}

/// One item of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// What typing matches, and what is shown first. Control characters are taken out when drawn.
    pub label: String,
    /// What is shown beside it.
    pub detail: String,
    /// A mark before it: on or off; `None` for a list without marks.
    pub marked: Option<bool>,
    /// What it stands for.
    pub choice: Choice,
}

impl Item {
    /// An item without a mark.
    #[must_use]
    pub fn new(label: impl Into<String>, detail: impl Into<String>, choice: Choice) -> Self {
        Self {
            label: label.into(),
            detail: detail.into(),
            marked: None,
            choice,
        }
    }
}

/// A list to pick from.
#[derive(Debug, Clone, PartialEq)]
pub struct Picker {
    /// Its title.
    pub title: String,
    /// What was typed to narrow it.
    pub field: Field,
    /// All items.
    pub items: Vec<Item>,
    /// The places of the items that match, best first.
    pub shown: Vec<usize>,
    /// The place of the cursor in `shown`.
    pub cursor: usize,
    /// The first place of `shown` that is drawn.
    pub first: usize,
    /// What is said where nothing matches.
    pub empty: &'static str,
}

impl Picker {
    /// A list of `items`, all of them shown.
    #[must_use]
    pub fn new(title: impl Into<String>, items: Vec<Item>, empty: &'static str) -> Self {
        let shown = (0..items.len()).collect();
        Self {
            title: title.into(),
            field: Field::default(),
            items,
            shown,
            cursor: 0,
            first: 0,
            empty,
        }
    }

    /// The item under the cursor.
    #[must_use]
    pub fn current(&self) -> Option<&Item> {
        self.items.get(*self.shown.get(self.cursor)?)
    }

    /// Adds items found since the list was opened; the cursor stays on its item.
    pub fn extend(&mut self, items: impl IntoIterator<Item = Item>) {
        self.items.extend(items);
        let (cursor, first) = (self.cursor, self.first);
        self.narrow();
        self.cursor = cursor.min(self.shown.len().saturating_sub(1));
        self.first = first;
    }

    /// Takes a command.
    pub fn command(&mut self, command: Command, rows: usize) -> Outcome {
        let last = self.shown.len().saturating_sub(1);
        let cursor = match command {
            Command::CursorUp => self.cursor.saturating_sub(1),
            Command::CursorDown => self.cursor + 1,
            Command::PageUp | Command::HalfPageUp => self.cursor.saturating_sub(rows.max(1)),
            Command::PageDown | Command::HalfPageDown => self.cursor + rows.max(1),
            Command::CursorFirst => 0,
            Command::CursorLast => last,
            Command::Accept | Command::Open | Command::Toggle => {
                return match self.current().map(|i| i.choice.clone()) {
                    Some(Choice::Nothing) | None => Outcome::Kept,
                    Some(choice) => Outcome::Chosen(choice),
                };
            }
            Command::Back | Command::Cancel | Command::Quit | Command::CloseTab => {
                return Outcome::Closed;
            }
            _ => return Outcome::Kept,
        };
        self.cursor = cursor.min(last);
        self.first = scrolled(self.first, self.cursor, rows);
        Outcome::Kept
    }

    /// Takes typed text.
    pub fn typed(&mut self, input: tui_textarea::Input) {
        if self.field.input(input) {
            self.narrow();
        }
    }

    /// Takes pasted text.
    pub fn pasted(&mut self, text: &str) {
        if self.field.paste(text) {
            self.narrow();
        }
    }

    fn narrow(&mut self) {
        let pattern = Pattern::parse(self.field.text(), CaseMatching::Smart, Normalization::Smart);
        let mut matcher = Matcher::new(Config::DEFAULT);
        let mut buffer = Vec::new();
        let mut found: Vec<(u32, usize)> = self
            .items
            .iter()
            .enumerate()
            .filter_map(|(i, item)| {
                let text = Utf32Str::new(&item.label, &mut buffer);
                pattern.score(text, &mut matcher).map(|score| (score, i))
            })
            .collect();
        found.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
        self.shown = found.into_iter().map(|(_, i)| i).collect();
        self.cursor = 0;
        self.first = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(picker: &mut Picker, text: &str) {
        for c in text.chars() {
            picker.typed(tui_textarea::Input {
                key: tui_textarea::Key::Char(c),
                ..Default::default()
            });
        }
    }

    #[test]
    fn typing_narrows_the_list_and_puts_the_best_match_first() {
        let items = [
            "career_dev.users",
            "career_dev.applications",
            "nexstep.users",
        ]
        .map(|l| Item::new(l, "", Choice::Nothing))
        .to_vec();
        let mut picker = Picker::new("jump", items, "nothing");
        typed(&mut picker, "nexus");
        assert_eq!(
            picker.current().map(|i| i.label.as_str()),
            Some("nexstep.users")
        );
        typed(&mut picker, "zzz");
        assert_eq!(picker.current(), None);
    }
}
