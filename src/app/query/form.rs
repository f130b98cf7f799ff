//! A form over the panes: a line for each thing that is asked for, each held to what it takes while it is typed.
//!
//! Knows nothing of what the answers are for but its [`Purpose`]. Invariant: a form is answered only when every line can
//! be taken; what cannot is told at its line.

use std::collections::BTreeMap;

use tui_textarea::{Input, Key};

use crate::app::command::Command;
use crate::app::field::Field;
use crate::app::overlay::Outcome;
use crate::app::regions::scrolled;
use crate::app::scope::TabId;
use crate::mongo::request::ProfileName;
use crate::query::saved::shelf::Found;
use crate::query::saved::{Parameter, Type};

/// One line of a form.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// What it is: its name, what it takes, its default, what it means.
    pub parameter: Parameter,
    /// What was typed so far; empty for the default.
    pub field: Field,
    /// Why what was typed cannot be taken.
    pub problem: Option<String>,
    /// Whether it may stay empty though it has no default.
    pub optional: bool,
}

impl Line {
    /// A line that holds `text`.
    #[must_use]
    pub fn new(parameter: Parameter, text: &str) -> Self {
        let mut line = Self {
            parameter,
            field: Field::new(text),
            problem: None,
            optional: false,
        };
        line.check();
        line
    }

    /// What it stands for: what was typed, else the default.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self.field.text() {
            "" => self.parameter.default.as_deref(),
            text => Some(text),
        }
    }

    fn check(&mut self) {
        self.problem = match self.field.text() {
            "" => None,
            text => (self.parameter.kind.read(text, 0).err())
                .map(|why| format!("{why}; it takes {}", self.parameter.kind.describe())),
        };
    }

    /// Whether the form can be answered with it; says why not.
    fn settle(&mut self) -> bool {
        self.check();
        if self.text().is_none() && !self.optional {
            let what = self.parameter.kind.describe();
            self.problem = Some(format!("has no value; give it {what}"));
        }
        self.problem.is_none()
    }

    /// Goes to the next of the words that it takes, or to the one before. Whether it takes only some.
    fn turn(&mut self, onward: bool) -> bool {
        let choices = self.parameter.kind.choices();
        if choices.is_empty() {
            return false;
        }
        let count = choices.len();
        let now = self
            .text()
            .and_then(|t| choices.iter().position(|c| c == t));
        let next = match (now, onward) {
            (None, true) => 0,
            (None, false) => count - 1,
            (Some(at), true) => (at + 1) % count,
            (Some(at), false) => (at + count - 1) % count,
        };
        if let Some(choice) = choices.get(next) {
            self.field.set(choice);
        }
        self.check();
        true
    }
}

/// A saved query that is about to be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Start {
    /// The query.
    pub found: Found,
    /// On which profile.
    pub profile: ProfileName,
    /// In which database.
    pub database: String,
}

/// What the answers are for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Purpose {
    /// Open a saved query with these values.
    Open(Box<Start>),
    /// Give these values to the text of a tab.
    Parameters(TabId),
    /// Save the statement of a tab under the name and description given.
    Save(TabId),
}

/// A form.
#[derive(Debug, Clone, PartialEq)]
pub struct Form {
    /// What is asked for.
    pub title: String,
    /// What is said above the lines.
    pub about: String,
    /// The lines; at least one.
    pub lines: Vec<Line>,
    /// The line that has the keys.
    pub cursor: usize,
    /// The first line that is drawn.
    pub first: usize,
    /// Why the answers as a whole could not be taken.
    pub problem: Option<String>,
    /// What *accept* does, in a word or two.
    pub verb: &'static str,
    /// What the answers are for.
    pub purpose: Purpose,
}

impl Form {
    /// A form for parameters, holding the texts that were `given` before.
    #[must_use]
    pub fn of_parameters(
        title: String,
        about: String,
        parameters: &[Parameter],
        given: &BTreeMap<String, String>,
        purpose: Purpose,
    ) -> Self {
        let lines: Vec<Line> = parameters
            .iter()
            .map(|p| Line::new(p.clone(), given.get(&p.name).map_or("", String::as_str)))
            .collect();
        // The first that has to be filled in is where the person goes on.
        let cursor = lines
            .iter()
            .position(|l| l.problem.is_some() || l.text().is_none());
        Self {
            title,
            about,
            lines,
            cursor: cursor.unwrap_or(0),
            first: 0,
            problem: None,
            verb: "run",
            purpose,
        }
    }

    /// A form for the name and the description under which the statement of a tab is saved.
    #[must_use]
    pub fn of_saving(tab: TabId, place: String, name: &str, description: &str) -> Self {
        let line = |what: &str, help: &str, text: &str| {
            let parameter = Parameter {
                name: what.to_owned(),
                kind: Type::Text,
                default: None,
                help: help.to_owned(),
            };
            Line::new(parameter, text)
        };
        let mut description = line("description", "what it is for, in a line", description);
        description.optional = true;
        // What stands there is often that of another query: typing takes its place.
        if !description.field.text().is_empty() {
            description.field = Field::selected(description.field.text());
        }
        Self {
            title: "save the statement".to_owned(),
            about: place,
            lines: vec![
                line("name", "letters, digits, `-`, `_` and `.`", name),
                description,
            ],
            cursor: 0,
            first: 0,
            problem: None,
            verb: "save",
            purpose: Purpose::Save(tab),
        }
    }

    /// The line that has the keys.
    #[must_use]
    pub fn current(&self) -> Option<&Line> {
        self.lines.get(self.cursor)
    }

    /// What was typed, by the lines' names; lines that were left to their defaults are left out.
    #[must_use]
    pub fn given(&self) -> BTreeMap<String, String> {
        self.lines
            .iter()
            .filter(|l| !l.field.text().is_empty())
            .map(|l| (l.parameter.name.clone(), l.field.text().to_owned()))
            .collect()
    }

    /// What was typed in the line of this name.
    #[must_use]
    pub fn text_of(&self, name: &str) -> &str {
        let line = self.lines.iter().find(|l| l.parameter.name == name);
        line.map_or("", |l| l.field.text())
    }

    /// Puts what is wrong at the line of this name, and the cursor there.
    pub fn refuse(&mut self, name: &str, problem: impl Into<String>) {
        match self.lines.iter().position(|l| l.parameter.name == name) {
            Some(place) => {
                self.cursor = place;
                if let Some(line) = self.lines.get_mut(place) {
                    line.problem = Some(problem.into());
                }
            }
            None => self.problem = Some(problem.into()),
        }
    }

    /// Takes a command. `rows` is how many lines are drawn.
    pub fn command(&mut self, command: Command, rows: usize) -> Outcome {
        let last = self.lines.len().saturating_sub(1);
        match command {
            Command::CursorUp | Command::FocusPrevious => {
                self.cursor = self.cursor.checked_sub(1).unwrap_or(last);
            }
            Command::CursorDown | Command::FocusNext => {
                self.cursor = if self.cursor >= last {
                    0
                } else {
                    self.cursor + 1
                };
            }
            Command::PageUp | Command::CursorFirst => self.cursor = 0,
            Command::PageDown | Command::CursorLast => self.cursor = last,
            Command::Back | Command::Cancel | Command::Quit | Command::CloseTab => {
                return Outcome::Closed;
            }
            Command::Accept | Command::Open | Command::QueryRun | Command::Refresh => {
                return self.answer(rows);
            }
            _ => {}
        }
        self.first = scrolled(self.first, self.cursor, rows);
        Outcome::Kept
    }

    fn answer(&mut self, rows: usize) -> Outcome {
        self.problem = None;
        let mut wrong = None;
        for (place, line) in self.lines.iter_mut().enumerate() {
            if !line.settle() {
                wrong.get_or_insert(place);
            }
        }
        match wrong {
            Some(place) => {
                self.cursor = place;
                self.first = scrolled(self.first, self.cursor, rows);
                Outcome::Kept
            }
            None => Outcome::Answered,
        }
    }

    /// Takes a typed key.
    pub fn typed(&mut self, input: Input, rows: usize) {
        self.problem = None;
        let plain = !input.ctrl && !input.alt;
        match input.key {
            Key::Down => drop(self.command(Command::CursorDown, rows)),
            Key::Up => drop(self.command(Command::CursorUp, rows)),
            Key::Tab if input.shift => drop(self.command(Command::CursorUp, rows)),
            Key::Tab => drop(self.command(Command::CursorDown, rows)),
            _ => {}
        }
        let Some(line) = self.lines.get_mut(self.cursor) else {
            return;
        };
        let turned = match input.key {
            Key::Right | Key::Char(' ') if plain => line.turn(true),
            Key::Left if plain => line.turn(false),
            _ => false,
        };
        if !turned && line.field.input(input) {
            line.check();
        }
    }

    /// Takes pasted text.
    pub fn pasted(&mut self, text: &str) {
        self.problem = None;
        if let Some(line) = self.lines.get_mut(self.cursor) {
            line.field.paste(text);
            line.check();
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn parameter(name: &str, kind: &str, default: Option<&str>) -> Parameter {
        Parameter {
            name: name.to_owned(),
            kind: Type::parse(kind).unwrap(),
            default: default.map(str::to_owned),
            help: String::new(),
        }
    }

    fn form() -> Form {
        let parameters = [
            parameter("state", "open|closed", Some("open")),
            parameter("since", "date", None),
        ];
        let given = BTreeMap::new();
        let purpose = Purpose::Parameters(TabId(1));
        Form::of_parameters(String::new(), String::new(), &parameters, &given, purpose)
    }

    fn key(form: &mut Form, key: Key) {
        let input = Input {
            key,
            ..Input::default()
        };
        form.typed(input, 10);
    }

    fn text(form: &mut Form, text: &str) {
        text.chars().for_each(|c| key(form, Key::Char(c)));
    }

    #[test]
    fn a_form_begins_at_what_has_to_be_filled_in_and_is_answered_when_all_is_right() {
        let mut form = form();
        assert_eq!(form.cursor, 1);
        assert_eq!(form.command(Command::Accept, 10), Outcome::Kept);
        assert!(
            form.lines[1]
                .problem
                .as_ref()
                .unwrap()
                .contains("has no value")
        );
        text(&mut form, "soon");
        let problem = form.lines[1].problem.clone().unwrap();
        assert!(
            problem.starts_with("cannot be `soon`; it takes a date"),
            "{problem}"
        );
        assert_eq!(form.command(Command::Accept, 10), Outcome::Kept);
        for _ in 0..4 {
            key(&mut form, Key::Backspace);
        }
        text(&mut form, "-30d");
        assert_eq!(form.lines[1].problem, None);
        assert_eq!(form.command(Command::Accept, 10), Outcome::Answered);
        assert_eq!(
            form.given(),
            [("since".to_owned(), "-30d".to_owned())].into()
        );
    }

    #[test]
    fn words_that_can_be_chosen_are_gone_through_with_the_arrows() {
        let mut form = form();
        key(&mut form, Key::Up);
        assert_eq!(form.cursor, 0);
        let mut seen = Vec::new();
        for k in [Key::Right, Key::Right, Key::Left] {
            key(&mut form, k);
            seen.push(form.lines[0].field.text().to_owned());
        }
        assert_eq!(seen, ["closed", "open", "closed"]);
        text(&mut form, "x");
        assert!(form.lines[0].problem.is_some());
    }

    #[test]
    fn a_description_that_stands_there_is_replaced_by_typing_and_kept_by_moving() {
        let mut form = Form::of_saving(TabId(1), String::new(), "a", "what it was");
        key(&mut form, Key::Down);
        text(&mut form, "new");
        assert_eq!(form.text_of("description"), "new");
        let mut form = Form::of_saving(TabId(1), String::new(), "a", "what it was");
        key(&mut form, Key::Down);
        key(&mut form, Key::End);
        text(&mut form, "!");
        assert_eq!(form.text_of("description"), "what it was!");
    }

    #[test]
    fn what_was_given_before_stands_in_the_lines() {
        let parameters = [parameter("since", "date", None)];
        let given = [("since".to_owned(), "2026-01-01".to_owned())].into();
        let purpose = Purpose::Parameters(TabId(1));
        let mut form =
            Form::of_parameters(String::new(), String::new(), &parameters, &given, purpose);
        assert_eq!(form.command(Command::Accept, 10), Outcome::Answered);
        assert_eq!(form.given(), given);
    }
}
