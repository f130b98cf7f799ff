//! What can happen to the state machine.

use std::sync::Arc;

use super::command::Command;
use super::regions::Regions;
use super::scope::TabId;
use crate::config::state::Draft;
use crate::model::Library;
use crate::mongo::request::Report;
use crate::query::saved::shelf::{NotSaved, Shelf};

/// Something that happened.
#[derive(Debug, Clone)]
pub enum Msg {
    /// The person asked for a command.
    Command(Command),
    /// The person typed a key that no binding took, where text is taken.
    Typed(tui_textarea::Input),
    /// The person pasted text.
    Pasted(String),
    /// The mouse did something.
    Mouse(Mouse),
    /// The terminal has a new size, in columns and rows.
    Resized(u16, u16),
    /// The runner told something.
    Report(Box<Report>),
    /// A frame was drawn.
    Drawn(Regions),
    /// The person's own editor is done.
    EditedExternally {
        /// The tab that asked.
        tab: TabId,
        /// The text as it is now, or why there is none.
        result: Result<String, String>,
    },
    /// The model files were read again.
    Models {
        /// All models.
        library: Arc<Library>,
        /// What the person should know of files that cannot be read.
        problems: Vec<String>,
    },
    /// The files and directories that a path may go on with.
    Paths {
        /// The path that was asked about.
        text: String,
        /// Whole paths, directories with a `/` at their end.
        found: Vec<String>,
    },
    /// The saved queries were read again.
    Queries(Arc<Shelf>),
    /// What became of a saved query that was to be written.
    QuerySaved {
        /// The tab that asked.
        tab: TabId,
        /// Whether it is on disk, or why not.
        result: Result<(), NotSaved>,
    },
    /// Drafts of an earlier run were found on disk.
    Drafts(Vec<Draft>),
    /// Something done outside did not work: what, and why.
    Trouble {
        /// One line for the person.
        text: String,
        /// Everything else there is to say.
        detail: String,
    },
    /// Something done outside did work, and the person should know.
    Information(String),
    /// The program is about to be ended from outside: by a signal, or because the terminal is gone.
    Leaving,
    /// Time went by.
    Tick,
}

/// What the mouse did, where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mouse {
    /// What.
    pub kind: MouseKind,
    /// The column, from 0.
    pub column: u16,
    /// The row, from 0.
    pub row: u16,
}

/// What the mouse did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MouseKind {
    /// The left button went down.
    Press,
    /// The left button went down again soon after, at the same place.
    DoublePress,
    /// The wheel turned up.
    WheelUp,
    /// The wheel turned down.
    WheelDown,
}
