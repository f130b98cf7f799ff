//! The help: every command with its keys, as far as they hold all the words that are looked for.
//!
//! What is shown is drawn from the command table and the keymap; here is only what the person asked and where they are.

use super::command::Command;
use super::context::Context;
use super::field::Field;
use super::overlay::{Outcome, closes, scroll};

/// All keys and commands.
#[derive(Debug, Clone, PartialEq)]
pub struct Help {
    /// The context whose keys come first: the one that help was asked in.
    pub context: Context,
    /// The first line shown.
    pub first: usize,
    /// The words that are looked for.
    pub field: Field,
    /// Whether they are being typed.
    pub typing: bool,
}

impl Help {
    /// The help asked for in this context, all of it.
    #[must_use]
    pub fn new(context: Context) -> Self {
        Self {
            context,
            first: 0,
            field: Field::default(),
            typing: false,
        }
    }

    /// Whether something is looked for, or about to be.
    #[must_use]
    pub fn is_looking(&self) -> bool {
        self.typing || !self.field.text().is_empty()
    }

    /// Whether a line that says this holds all words that are looked for, in upper or lower case and in any order.
    #[must_use]
    pub fn shows(&self, line: &str) -> bool {
        let line = line.to_lowercase();
        let wanted = self.field.text().to_lowercase();
        wanted.split_whitespace().all(|word| line.contains(word))
    }

    /// Takes a command. The first way back gives up what is looked for, the next one leaves.
    pub fn command(&mut self, command: Command, rows: usize) -> Outcome {
        match command {
            Command::Filter => self.typing = true,
            Command::Accept | Command::Open => self.typing = false,
            Command::Back | Command::Cancel if self.is_looking() => {
                self.typing = false;
                self.field.set("");
                self.first = 0;
            }
            command if closes(command) => return Outcome::Closed,
            _ => scroll(&mut self.first, command, rows),
        }
        Outcome::Kept
    }

    /// Takes typed text.
    pub fn typed(&mut self, input: tui_textarea::Input) {
        if self.typing && self.field.input(input) {
            self.first = 0;
        }
    }

    /// Takes pasted text.
    pub fn pasted(&mut self, text: &str) {
        if self.typing && self.field.paste(text) {
            self.first = 0;
        }
    }
}
