//! What the state machine wants done outside of itself, as data.

use std::path::PathBuf;
use std::time::Duration;

use super::scope::TabId;
use crate::config::state::{
    ColumnLayout, Draft, DraftId, HistoryEntry, Remembered, Session, WriteRecord,
};
use crate::mongo::request::{Namespace, ProfileName, Request, TaskId};
use crate::query::saved::shelf::Instead;

/// One thing to be done. Two equal effects do the same, so tests compare them.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Carry out a request; its result comes back as a report of the task.
    Mongo {
        /// On which profile.
        profile: ProfileName,
        /// As which task.
        task: TaskId,
        /// What.
        request: Request,
    },
    /// Stop a task's work on the server. Its result is not awaited any more.
    Cancel {
        /// The task.
        task: TaskId,
    },
    /// Connect a profile, or try again at once.
    Connect {
        /// The profile.
        profile: ProfileName,
    },
    /// Close a profile's connections.
    Disconnect {
        /// The profile.
        profile: ProfileName,
    },
    /// Begin or cease to report all figures of a profile's pools; while nobody wants them, reports hold the summary alone.
    /// Who begins is counted, so each has to cease once.
    WatchPools {
        /// The profile.
        profile: ProfileName,
        /// Whether all are wanted.
        whole: bool,
    },
    /// Allow writing on a production profile for a while.
    Unlock {
        /// The profile.
        profile: ProfileName,
        /// For how long.
        lasts: Duration,
    },
    /// Forbid writing again.
    Lock {
        /// The profile.
        profile: ProfileName,
    },
    /// Put text into the terminal's clipboard.
    Copy {
        /// The text, whole.
        text: String,
    },
    /// Edit text in the person's own editor; the result comes back as `Msg::EditedExternally`.
    EditExternally {
        /// The tab that asked.
        tab: TabId,
        /// The text.
        text: String,
        /// The line to start at, from 1.
        line: usize,
    },
    /// Open a file of the person's in their own editor, and read the models again afterwards.
    OpenFile {
        /// The file.
        file: String,
        /// The line to start at, from 1; 0 where none is known.
        line: usize,
    },
    /// Look which files and directories a path may go on with; they come back as `Msg::Paths`.
    CompletePath {
        /// The path as far as it is typed.
        text: String,
    },
    /// Read the model files again; they come back as `Msg::Models`.
    ReadModels,
    /// Write a new file, whole or not at all. A file that is there already is not touched.
    WriteFile {
        /// Where; `~/` is the person's own directory.
        path: String,
        /// What.
        text: String,
        /// What that is, for the notice.
        what: String,
    },
    /// Keep a draft on disk.
    SaveDraft(Draft),
    /// Remove a draft from disk: it was written, or thrown away.
    RemoveDraft(DraftId),
    /// Add a line to the log of writes.
    RecordWrite(WriteRecord),
    /// Keep a statement that was run.
    KeepStatement(HistoryEntry),
    /// Read the saved queries again; they come back as `Msg::Queries`.
    ReadQueries,
    /// Write a saved query to its file; what became of it comes back as `Msg::QuerySaved`.
    SaveQuery {
        /// The tab that asked.
        tab: TabId,
        /// The file.
        path: PathBuf,
        /// The whole text of the file.
        text: String,
        /// What it may take the place of.
        instead: Instead,
    },
    /// Keep the values that were given for the parameters of a saved query.
    KeepValues {
        /// The profile.
        profile: ProfileName,
        /// The query's name.
        query: String,
        /// The values of all queries, with these among them.
        held: Remembered,
    },
    /// Keep how a collection's columns are laid out.
    SaveColumns {
        /// The profile.
        profile: ProfileName,
        /// The collection.
        namespace: Namespace,
        /// The layout.
        layout: ColumnLayout,
    },
    /// Keep the open tabs for `--last`.
    SaveSession(Session),
    /// Change to the next theme.
    NextTheme,
    /// Turn the mouse on or off.
    ToggleMouse,
    /// Draw everything again, for a terminal that was written over.
    Redraw,
    /// Stop the program until the shell continues it.
    Suspend,
    /// Leave.
    Quit,
}
