//! A list to pick from, narrowed by typing: palette, jump, drafts, notices, kinds, violations.

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use super::command::Command;
use super::field::Field;
use super::overlay::Outcome;
use super::regions::scrolled;
use super::scope::TabId;
use crate::config::state::DraftId;
use crate::model::drift::FixKind;
use crate::mongo::request::drift::{ValidationAction, ValidationLevel};
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
    /// Make a fix in the text of a tab's editor.
    Fix(TabId, crate::model::Fix),
    /// Show or hide a column of a tab.
    Column(TabId, String),
    /// Connect a profile, so that its collections come into the list.
    Connect(ProfileName),
    /// Put this text in the place of a query's.
    QueryText(TabId, String),
    /// Copy a query's statement as code of this language.
    Code(TabId, crate::query::code::Language),
    /// Put this stage into the pipeline of a tab, with this number from 0.
    Stage(TabId, usize, &'static str),
    /// Run this fix over all documents of a tab's row that need it.
    Mend(TabId, FixKind),
    /// Install the model of a tab's row as the validator, with this level and action.
    Validator(TabId, ValidationLevel, ValidationAction),
    /// Open the saved query of this name.
    Saved(String),
    /// Open the saved query of this name on a profile.
    SavedOn(String, ProfileName),
    /// Show what is wrong with a file of saved queries, by its place among the problems.
    Broken(usize),
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
    /// Whether it comes after all others, however well it matches.
    pub last: bool,
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
            last: false,
            choice,
        }
    }

    /// The same, after all others where `last` holds.
    #[must_use]
    pub fn behind(self, last: bool) -> Self {
        Self { last, ..self }
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
    /// What is said where there are items, and none matches what is typed.
    pub unmatched: &'static str,
    /// Whether more items are still being read. The best match may then still change, so that picking it waits.
    pub reading: bool,
    /// Whether the best match is to be picked as soon as all is read.
    pub picking: bool,
    /// Whether what is typed behind a command's name is for the command.
    pub takes_arguments: bool,
    /// Whether the person chose an item with the cursor.
    moved: bool,
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
            unmatched: "nothing in this list matches what is typed",
            reading: false,
            picking: false,
            takes_arguments: false,
            moved: false,
        }
    }

    /// What is typed behind the name of a command that takes something: `watch 5s`.
    #[must_use]
    pub fn argument(&self) -> Option<(Command, &str)> {
        let (name, rest) = self.field.text().trim_start().split_once(' ')?;
        let command = Command::from_name(name).filter(|_| self.takes_arguments)?;
        command.argument()?;
        Some((command, rest.trim())).filter(|(_, rest)| !rest.is_empty())
    }

    /// The item under the cursor.
    #[must_use]
    pub fn current(&self) -> Option<&Item> {
        self.items.get(*self.shown.get(self.cursor)?)
    }

    /// Takes the items as they are now. The cursor stays on an item that the person chose, else on the best match.
    pub fn renew(&mut self, items: Vec<Item>) {
        let chosen = self
            .current()
            .filter(|_| self.moved)
            .map(|i| i.choice.clone());
        self.items = items;
        let first = self.first;
        self.narrow();
        let place = chosen.and_then(|choice| {
            let at = |i: &usize| self.items.get(*i).is_some_and(|i| i.choice == choice);
            self.shown.iter().position(at)
        });
        if let Some(place) = place {
            self.cursor = place;
            self.first = first.min(place);
            self.moved = true;
        }
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
            Command::Accept | Command::Open
                if self.reading && !self.moved && !std::mem::replace(&mut self.picking, true) =>
            {
                return Outcome::Kept;
            }
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
        self.moved = true;
        self.picking = false;
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
        let typed = self.argument().map_or(self.field.text(), |(c, _)| c.name());
        let pattern = Pattern::parse(typed, CaseMatching::Smart, Normalization::Smart);
        let mut matcher = Matcher::new(Config::DEFAULT);
        let mut buffer = Vec::new();
        let mut found: Vec<(bool, u32, usize)> = self
            .items
            .iter()
            .enumerate()
            .filter_map(|(i, item)| {
                let text = Utf32Str::new(&item.label, &mut buffer);
                pattern
                    .score(text, &mut matcher)
                    .map(|score| (item.last, score, i))
            })
            .collect();
        found.sort_by(|a, b| a.0.cmp(&b.0).then(b.1.cmp(&a.1)).then(a.2.cmp(&b.2)));
        self.shown = found.into_iter().map(|(.., i)| i).collect();
        self.moved = false;
        self.picking = false;
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

    #[test]
    fn what_comes_last_does_so_however_well_it_matches() {
        let items = vec![
            Item::new("admin.users", "", Choice::Nothing).behind(true),
            Item::new("career_dev.users", "", Choice::Nothing),
        ];
        let mut picker = Picker::new("jump", items, "nothing");
        typed(&mut picker, "users");
        assert_eq!(
            picker.current().map(|i| i.label.as_str()),
            Some("career_dev.users")
        );
    }
}
