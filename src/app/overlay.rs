//! What lies over the panes: questions, one-line prompts, lists to pick from, help, messages.
//!
//! An overlay knows what was asked, not how to do it: it ends in an [`Intent`] or a [`Choice`], and the deck carries that
//! out. The last overlay of the stack takes the keys.

use super::cascade::Deletion;
use super::command::Command;
use super::context::Context;
use super::details::Details;
use super::export::{Wanted, form::ExportForm};
use super::field::Field;
use super::help::Help;
use super::load::Loaded;
use super::picker::{Choice, Picker};
use super::query::form::Form;
use super::query::saved::QueryList;
use super::referrers::Referrers;
use super::scope::TabId;
use super::status::Status;
use super::tab::Handled;
use crate::config::state::DraftId;
use crate::mongo::request::{Namespace, ProfileName, Request};

/// One layer over the panes.
#[derive(Debug, Clone, PartialEq)]
pub enum Overlay {
    /// All keys and commands of a context.
    Help(Help),
    /// A list to pick from.
    Picker(Picker),
    /// A question with the answers yes and no.
    Confirm(Confirm),
    /// A one-line prompt.
    Prompt(Prompt),
    /// Text to read: the detail of a notice, a failure.
    Message(Message),
    /// The saved queries.
    Queries(Box<QueryList>),
    /// Lines to be filled in.
    Form(Box<Form>),
    /// Everything about one collection.
    Details(Box<Details>),
    /// How all profiles stand.
    Status(Status),
    /// What a load came to.
    Loaded(Box<Loaded>),
    /// What refers to a document.
    Referrers(Box<Referrers>),
    /// A document that is to be deleted, and what becomes of what refers to it.
    Deletion(Box<Deletion>),
    /// How and where a result is to be exported.
    Export(Box<ExportForm>),
}

/// Text to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its title.
    pub title: String,
    /// Its text; lines are wrapped when drawn.
    pub text: String,
    /// The first line shown.
    pub first: usize,
}

/// A question. The cursor starts on *No*.
#[derive(Debug, Clone, PartialEq)]
pub struct Confirm {
    /// What is asked.
    pub title: String,
    /// What would happen, line by line.
    pub lines: Vec<String>,
    /// A word that must be typed before *Yes* is taken; `None` needs no word.
    pub word: Option<String>,
    /// What was typed so far.
    pub field: Field,
    /// Whether the cursor is on *Yes*.
    pub on_yes: bool,
    /// Why what was typed is not taken.
    pub problem: Option<String>,
    /// What *Yes* does.
    pub intent: Intent,
}

impl Confirm {
    /// A question answered by yes or no.
    #[must_use]
    pub fn new(title: impl Into<String>, lines: Vec<String>, intent: Intent) -> Self {
        Self {
            title: title.into(),
            lines,
            word: None,
            field: Field::default(),
            on_yes: false,
            problem: None,
            intent,
        }
    }

    /// The same question, answered by typing `word`.
    #[must_use]
    pub fn typed(mut self, word: impl Into<String>) -> Self {
        self.word = Some(word.into());
        self
    }

    /// Whether *Yes* may be taken now.
    #[must_use]
    pub fn may_proceed(&self) -> bool {
        self.word.as_deref().is_none_or(|w| w == self.field.text())
    }
}

/// A one-line prompt.
#[derive(Debug, Clone, PartialEq)]
pub struct Prompt {
    /// What is asked for.
    pub title: String,
    /// What may be typed, in one line.
    pub hint: String,
    /// What was typed so far.
    pub field: Field,
    /// Why the last answer could not be taken.
    pub problem: Option<String>,
    /// What the answer is for.
    pub purpose: Purpose,
}

/// What a prompt's answer is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Purpose {
    /// The name of a new collection.
    CreateCollection {
        /// Where.
        profile: ProfileName,
        /// In which database.
        database: String,
    },
    /// The name of a new database and of its first collection, `database.collection`.
    CreateDatabase {
        /// Where.
        profile: ProfileName,
    },
    /// A collection's new name.
    RenameCollection {
        /// Where.
        profile: ProfileName,
        /// The collection.
        namespace: Namespace,
    },
    /// The sort document of a tab.
    Sort(TabId),
    /// The text to search for in a tab.
    Search(TabId),
    /// How often a tab's statement is run again.
    Watch(TabId),
    /// The file that a monitor's events are written to.
    EventFile(TabId),
    /// The name of the view that a tab's pipeline becomes.
    SaveView(TabId),
    /// How much load to put on a profile.
    Load(ProfileName),
}

/// What is done after a *Yes*.
#[derive(Debug, Clone, PartialEq)]
pub enum Intent {
    /// A change of collections or databases.
    Administration {
        /// Where.
        profile: ProfileName,
        /// The change.
        request: Request,
        /// What it is, for the notice: "drop `shop.orders`".
        what: String,
    },
    /// Allow writing on a production profile for a while.
    Unlock(ProfileName),
    /// Close a tab with what is unsaved in it; its draft stays on disk.
    CloseTab(TabId),
    /// Delete the document at the tab's cursor.
    DeleteDocument(TabId),
    /// Throw the draft of a tab's editor away.
    DiscardDraft(TabId),
    /// Write in spite of the violations that a tab's review shows.
    Override(TabId),
    /// Drop what was typed in a tab's editor for what is on the server.
    TakeTheirs(TabId),
    /// Do what a tab asked about.
    Proceed(TabId),
    /// Throw a draft on disk away.
    RemoveDraft(DraftId),
    /// Run the statement that a tab asked about.
    RunStatement(TabId),
    /// Export a result in the place of a file that is there.
    Export(Box<Wanted>),
    /// Put the last write back.
    UndoWrite,
    /// Leave the program.
    Quit,
}

/// What became of a key or a click in an overlay.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// It stays.
    Kept,
    /// It is not for overlays.
    Ignored,
    /// It closes, and nothing is done.
    Closed,
    /// It closes, and this is done.
    Agreed(Intent),
    /// It closes, and this was picked.
    Chosen(Choice),
    /// This was typed; the prompt closes if it can be taken.
    Answered,
}

impl Overlay {
    /// The context of the keys while this is on top.
    #[must_use]
    pub fn context(&self) -> Context {
        match self {
            Self::Help(help) if help.typing => Context::List,
            Self::Help(_) | Self::Message(_) => Context::Help,
            Self::Picker(_) | Self::Queries(_) => Context::List,
            Self::Confirm(c) if c.word.is_some() => Context::Input,
            Self::Confirm(_) => Context::Dialog,
            Self::Prompt(_) | Self::Form(_) | Self::Export(_) => Context::Input,
            Self::Details(_) | Self::Loaded(_) => Context::Details,
            Self::Status(_) => Context::Profiles,
            Self::Referrers(_) | Self::Deletion(_) => Context::Dialog,
        }
    }

    /// Takes a command while on top. `rows` is how many rows it shows.
    pub fn command(&mut self, command: Command, rows: usize) -> Outcome {
        if let Some(picker) = self.picker() {
            return picker.command(command, rows);
        }
        if let Self::Form(form) = self {
            return form.command(command, rows);
        }
        if let Self::Help(help) = self {
            return help.command(command, rows);
        }
        if let Self::Referrers(_) | Self::Deletion(_) | Self::Export(_) | Self::Status(_) = self {
            // They ask the server, which the deck does for them.
            return Outcome::Kept;
        }
        if closes(command) {
            return Outcome::Closed;
        }
        match self {
            Self::Message(Message { first, .. }) => {
                scroll(first, command, rows);
                Outcome::Kept
            }
            Self::Details(details) => {
                scroll(&mut details.first, command, rows);
                Outcome::Kept
            }
            Self::Loaded(loaded) => {
                loaded.command(command, rows);
                Outcome::Kept
            }
            Self::Confirm(confirm) => match command {
                Command::CursorLeft
                | Command::CursorRight
                | Command::CursorUp
                | Command::CursorDown => {
                    confirm.on_yes = !confirm.on_yes;
                    Outcome::Kept
                }
                Command::ConfirmYes if confirm.may_proceed() => {
                    Outcome::Agreed(confirm.intent.clone())
                }
                Command::Accept | Command::Open
                    if confirm.word.is_some() && confirm.may_proceed() =>
                {
                    Outcome::Agreed(confirm.intent.clone())
                }
                Command::Accept | Command::Open if confirm.word.is_some() => {
                    let word = confirm.word.as_deref().unwrap_or_default();
                    confirm.problem = Some(match confirm.field.text() {
                        "" => format!("type `{word}` first"),
                        typed => format!("`{typed}` is not `{word}`"),
                    });
                    Outcome::Kept
                }
                Command::Accept | Command::Open if confirm.word.is_none() && confirm.on_yes => {
                    Outcome::Agreed(confirm.intent.clone())
                }
                Command::Accept | Command::Open if confirm.word.is_none() => Outcome::Closed,
                _ => Outcome::Kept,
            },
            Self::Prompt(_) => match command {
                Command::Accept | Command::Open => Outcome::Answered,
                _ => Outcome::Kept,
            },
            Self::Picker(_)
            | Self::Queries(_)
            | Self::Help(_)
            | Self::Form(_)
            | Self::Referrers(_)
            | Self::Deletion(_)
            | Self::Export(_)
            | Self::Status(_) => Outcome::Ignored,
        }
    }

    /// The list to pick from, where this is one.
    pub fn picker(&mut self) -> Option<&mut Picker> {
        match self {
            Self::Picker(picker) => Some(picker),
            Self::Queries(list) => Some(&mut list.picker),
            _ => None,
        }
    }

    /// Takes typed text while on top. `rows` is how many rows it shows.
    pub fn typed(&mut self, input: tui_textarea::Input, rows: usize) {
        match self {
            Self::Picker(picker) => picker.typed(input),
            Self::Queries(list) => list.picker.typed(input),
            Self::Form(form) => form.typed(input, rows),
            Self::Confirm(confirm) => {
                confirm.problem = None;
                confirm.field.input(input);
            }
            Self::Prompt(prompt) => {
                prompt.problem = None;
                prompt.field.input(input);
            }
            Self::Help(help) => help.typed(input),
            Self::Message(_)
            | Self::Details(_)
            | Self::Status(_)
            | Self::Loaded(_)
            | Self::Referrers(_)
            | Self::Deletion(_) => {}
            // What is typed there may ask for files, so the deck hands it on.
            Self::Export(_) => {}
        }
    }

    /// Takes pasted text while on top.
    pub fn pasted(&mut self, text: &str) {
        match self {
            Self::Picker(picker) => picker.pasted(text),
            Self::Queries(list) => list.picker.pasted(text),
            Self::Form(form) => form.pasted(text),
            Self::Help(help) => help.pasted(text),
            // A word that guards something has to be typed.
            Self::Confirm(_)
            | Self::Message(_)
            | Self::Details(_)
            | Self::Status(_)
            | Self::Loaded(_)
            | Self::Referrers(_)
            | Self::Deletion(_) => {}
            Self::Prompt(prompt) => {
                prompt.problem = None;
                prompt.field.paste(text);
            }
            Self::Export(form) => form.pasted(text),
        }
    }
}

/// Whether a command closes what lies over the panes.
pub(super) fn closes(command: Command) -> bool {
    matches!(
        command,
        Command::Back | Command::Cancel | Command::ConfirmNo | Command::Quit | Command::CloseTab
    )
}

/// Moves the first of `lines` that is shown, and keeps it one of them. Whether the command is one that moves it.
pub fn scroll_among(first: &mut usize, command: Command, rows: usize, lines: usize) -> Handled {
    if !matches!(
        command,
        Command::CursorUp
            | Command::CursorDown
            | Command::PageUp
            | Command::PageDown
            | Command::HalfPageUp
            | Command::HalfPageDown
            | Command::CursorFirst
            | Command::CursorLast
    ) {
        return Handled::No;
    }
    scroll(first, command, rows);
    *first = (*first).min(lines.saturating_sub(1));
    Handled::Yes
}

/// Moves the first line shown. The end is bounded when drawn, since only drawing knows how lines wrap.
pub fn scroll(first: &mut usize, command: Command, rows: usize) {
    *first = match command {
        Command::CursorUp => first.saturating_sub(1),
        Command::CursorDown => first.saturating_add(1),
        Command::PageUp => first.saturating_sub(rows.max(1)),
        Command::PageDown => first.saturating_add(rows.max(1)),
        Command::HalfPageUp => first.saturating_sub(rows / 2 + 1),
        Command::HalfPageDown => first.saturating_add(rows / 2 + 1),
        Command::CursorFirst => 0,
        Command::CursorLast => usize::MAX / 2,
        _ => *first,
    };
}
