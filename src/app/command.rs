//! Every command, once: its name in keymap files, its help, and where it applies.
//!
//! Key hints, the help overlay, the palette and the keymap reader all read this table, so that none of them can say
//! something that is not true.

use super::context::Context;

/// Something the person can ask for with a key, the mouse or the palette.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Command {
    /// Move up.
    CursorUp,
    /// Move down.
    CursorDown,
    /// Move left, or close.
    CursorLeft,
    /// Move right, or open.
    CursorRight,
    /// Go to the start.
    CursorFirst,
    /// Go to the end.
    CursorLast,
    /// One page up.
    PageUp,
    /// One page down.
    PageDown,
    /// Half a page up.
    HalfPageUp,
    /// Half a page down.
    HalfPageDown,
    /// Open.
    Open,
    /// Go back.
    Back,
    /// Open or close.
    Toggle,
    /// Open everything below.
    ExpandAll,
    /// Close everything below.
    CollapseAll,
    /// Accept.
    Accept,
    /// Next pane.
    FocusNext,
    /// Previous pane.
    FocusPrevious,
    /// Go to the tree.
    FocusTree,
    /// Go to the tab.
    FocusMain,
    /// Filter.
    Filter,
    /// Clear the filter.
    ClearFilter,
    /// Jump to a collection of any profile.
    Jump,
    /// Every command, by name.
    Palette,
    /// Help.
    Help,
    /// Past notices.
    Notices,
    /// Writes of this session.
    Log,
    /// Drafts not written yet.
    Drafts,
    /// Read again.
    Refresh,
    /// Stop what runs, or leave.
    Cancel,
    /// Quit.
    Quit,
    /// Suspend to the shell.
    Suspend,
    /// Draw the screen again.
    Redraw,
    /// Next theme.
    ThemeNext,
    /// Mouse on or off.
    MouseToggle,
    /// Close the tab.
    CloseTab,
    /// Next tab.
    TabNext,
    /// Previous tab.
    TabPrevious,
    /// Tab 1.
    Tab1,
    /// Tab 2.
    Tab2,
    /// Tab 3.
    Tab3,
    /// Tab 4.
    Tab4,
    /// Tab 5.
    Tab5,
    /// Tab 6.
    Tab6,
    /// Tab 7.
    Tab7,
    /// Tab 8.
    Tab8,
    /// Tab 9.
    Tab9,
    /// Next view: table, tree, text.
    ViewNext,
    /// Next document.
    DocumentNext,
    /// Previous document.
    DocumentPrevious,
    /// Sort by this column on the server.
    SortColumn,
    /// Write a sort.
    Sort,
    /// Choose columns.
    Columns,
    /// Hide this column.
    ColumnHide,
    /// Move this column left.
    ColumnLeft,
    /// Move this column right.
    ColumnRight,
    /// Wider column.
    ColumnWider,
    /// Narrower column.
    ColumnNarrower,
    /// Pin this column.
    ColumnPin,
    /// Copy the value.
    CopyValue,
    /// Copy the path.
    CopyPath,
    /// Copy the document as shell text.
    CopyDocument,
    /// Copy the document as canonical Extended JSON.
    CopyDocumentCanonical,
    /// Copy the document as relaxed Extended JSON.
    CopyDocumentRelaxed,
    /// Search in the text.
    Search,
    /// Next match.
    SearchNext,
    /// Previous match.
    SearchPrevious,
    /// Edit the document.
    Edit,
    /// Edit this value.
    EditValue,
    /// Edit in $EDITOR.
    EditExternal,
    /// Change this value's type.
    ChangeType,
    /// New document.
    DocumentNew,
    /// Duplicate the document.
    DocumentDuplicate,
    /// Delete the document.
    DocumentDelete,
    /// Undo the last write.
    UndoWrite,
    /// Validate, review and write.
    Save,
    /// Throw the draft away.
    Discard,
    /// Undo typing.
    Undo,
    /// Redo typing.
    Redo,
    /// List the violations.
    Violations,
    /// Next violation.
    NextViolation,
    /// Previous violation.
    PreviousViolation,
    /// List what could stand at the cursor.
    Complete,
    /// Apply the offered fix.
    ApplyFix,
    /// Write in spite of violations.
    Override,
    /// Yes.
    ConfirmYes,
    /// No.
    ConfirmNo,
    /// Take what the server has.
    TakeTheirs,
    /// Take what was typed.
    TakeMine,
    /// Edit the merge.
    EditMerge,
    /// Follow the reference.
    Follow,
    /// List what refers to the document.
    Referrers,
    /// Go back to where a reference was followed.
    GoBack,
    /// Go forward again.
    GoForward,
    /// Details of the collection.
    Details,
    /// The models.
    Models,
    /// What the deployment and the pools to it are doing.
    Monitor,
    /// How all profiles stand.
    Status,
    /// Go to the next profile in trouble.
    NextTrouble,
    /// Go to the profile in trouble before.
    PreviousTrouble,
    /// Connect all profiles.
    ConnectAll,
    /// Close all connections.
    CloseAll,
    /// Put a load on the profile's pool.
    Load,
    /// The connection pools.
    Pools,
    /// Write the events shown to a file.
    EventsExport,
    /// What an update brings of its document.
    FullDocument,
    /// Whether a change brings the document of before.
    DocumentBefore,
    /// The members of the deployment.
    Topology,
    /// The figures of a server.
    Server,
    /// What runs on the server.
    Operations,
    /// What was slow on the server.
    Slow,
    /// What is being written.
    Changes,
    /// Stop the operation on the server.
    Kill,
    /// Open it as query text.
    OpenStatement,
    /// Show what does nothing too.
    Idle,
    /// Order the list by its next column.
    OrderNext,
    /// Turn the order of the list round.
    OrderReverse,
    /// Choose the database or the collection.
    Namespace,
    /// Set the profiler.
    Profiler,
    /// The collection's model.
    Model,
    /// Hold the collection to its model.
    Check,
    /// Fix all of these.
    FixAll,
    /// Create a collection.
    CollectionCreate,
    /// Rename the collection.
    CollectionRename,
    /// Drop the collection.
    CollectionDrop,
    /// Create a database.
    DatabaseCreate,
    /// Drop the database.
    DatabaseDrop,
    /// Connect the profile.
    Connect,
    /// Disconnect the profile.
    Disconnect,
    /// Allow writing for a while.
    Unlock,
    /// Forbid writing again.
    Lock,
    /// Query text: open it, or go between it and what it came to.
    Query,
    /// Run the statement under the cursor.
    QueryRun,
    /// More room for the text.
    QueryTaller,
    /// Less room for the text.
    QueryShorter,
    /// Comment lines out, or in again.
    Comment,
    /// Run the statement again and again.
    Watch,
    /// Lay the text out.
    Format,
    /// How the server runs the statement.
    Explain,
    /// Statements run before.
    History,
    /// Copy the statement as code.
    CopyCode,
    /// Run the pipeline up to the stage at the cursor.
    StagePreview,
    /// Disable the stage at the cursor, or enable it again.
    StageToggle,
    /// Move the stage at the cursor up.
    StageUp,
    /// Move the stage at the cursor down.
    StageDown,
    /// Duplicate the stage at the cursor.
    StageDuplicate,
    /// The stages as a list, with what comes out of each.
    StageList,
    /// Take the stage out.
    StageRemove,
    /// Put a stage in before this one.
    StageInsert,
    /// Put a stage in behind this one.
    StageAppend,
    /// Show the stage in full, or in a line.
    StageFold,
    /// Preview on other documents.
    StageSample,
    /// Write the whole result to a file.
    Export,
    /// Stop writing a file.
    StopExport,
    /// The saved queries.
    Queries,
    /// The values of a query's parameters.
    Parameters,
    /// Save the statement as a saved query.
    SaveQuery,
    /// The find as a form.
    FindForm,
    /// Save the pipeline as a view.
    SaveView,
    /// The result as a chart.
    Chart,
    /// Draw the chart in another way.
    ChartKind,
    /// Write the chart to a file.
    SaveChart,
}

/// One row of the command table.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// The command.
    pub command: Command,
    /// Its name in keymap files and in the palette.
    pub name: &'static str,
    /// What it does, for hints, help and palette.
    pub help: &'static str,
    /// Where it applies; [`Context::Global`] is everywhere.
    pub contexts: &'static [Context],
}

/// The command table, in the order of the help.
pub const COMMANDS: &[Entry] = &[
    Entry {
        command: Command::CursorUp,
        name: "cursor-up",
        help: "move up",
        contexts: &[
            Context::Stages,
            Context::Check,
            Context::Monitor,
            Context::Models,
            Context::Profiles,
            Context::Tree,
            Context::Table,
            Context::Outline,
            Context::Text,
            Context::Chart,
            Context::List,
            Context::Details,
            Context::Diff,
            Context::Conflict,
            Context::Help,
            Context::Dialog,
        ],
    },
    Entry {
        command: Command::CursorDown,
        name: "cursor-down",
        help: "move down",
        contexts: &[
            Context::Stages,
            Context::Check,
            Context::Monitor,
            Context::Models,
            Context::Profiles,
            Context::Tree,
            Context::Table,
            Context::Outline,
            Context::Text,
            Context::Chart,
            Context::List,
            Context::Details,
            Context::Diff,
            Context::Conflict,
            Context::Help,
            Context::Dialog,
        ],
    },
    Entry {
        command: Command::CursorLeft,
        name: "cursor-left",
        help: "move left, or close",
        contexts: &[
            Context::Stages,
            Context::Check,
            Context::Monitor,
            Context::Models,
            Context::Profiles,
            Context::Tree,
            Context::Table,
            Context::Outline,
            Context::Text,
            Context::List,
            Context::Details,
            Context::Diff,
            Context::Conflict,
            Context::Help,
            Context::Dialog,
        ],
    },
    Entry {
        command: Command::CursorRight,
        name: "cursor-right",
        help: "move right, or open",
        contexts: &[
            Context::Stages,
            Context::Check,
            Context::Monitor,
            Context::Models,
            Context::Profiles,
            Context::Tree,
            Context::Table,
            Context::Outline,
            Context::Text,
            Context::List,
            Context::Details,
            Context::Diff,
            Context::Conflict,
            Context::Help,
            Context::Dialog,
        ],
    },
    Entry {
        command: Command::CursorFirst,
        name: "cursor-first",
        help: "go to the start",
        contexts: &[
            Context::Stages,
            Context::Check,
            Context::Monitor,
            Context::Models,
            Context::Profiles,
            Context::Tree,
            Context::Table,
            Context::Outline,
            Context::Text,
            Context::Chart,
            Context::List,
            Context::Details,
            Context::Diff,
            Context::Conflict,
            Context::Help,
            Context::Dialog,
        ],
    },
    Entry {
        command: Command::CursorLast,
        name: "cursor-last",
        help: "go to the end",
        contexts: &[
            Context::Stages,
            Context::Check,
            Context::Monitor,
            Context::Models,
            Context::Profiles,
            Context::Tree,
            Context::Table,
            Context::Outline,
            Context::Text,
            Context::Chart,
            Context::List,
            Context::Details,
            Context::Diff,
            Context::Conflict,
            Context::Help,
            Context::Dialog,
        ],
    },
    Entry {
        command: Command::PageUp,
        name: "page-up",
        help: "one page up",
        contexts: &[
            Context::Stages,
            Context::Check,
            Context::Monitor,
            Context::Models,
            Context::Profiles,
            Context::Tree,
            Context::Table,
            Context::Outline,
            Context::Text,
            Context::Chart,
            Context::List,
            Context::Details,
            Context::Diff,
            Context::Conflict,
            Context::Help,
            Context::Dialog,
        ],
    },
    Entry {
        command: Command::PageDown,
        name: "page-down",
        help: "one page down",
        contexts: &[
            Context::Stages,
            Context::Check,
            Context::Monitor,
            Context::Models,
            Context::Profiles,
            Context::Tree,
            Context::Table,
            Context::Outline,
            Context::Text,
            Context::Chart,
            Context::List,
            Context::Details,
            Context::Diff,
            Context::Conflict,
            Context::Help,
            Context::Dialog,
        ],
    },
    Entry {
        command: Command::HalfPageUp,
        name: "half-page-up",
        help: "half a page up",
        contexts: &[
            Context::Stages,
            Context::Check,
            Context::Monitor,
            Context::Models,
            Context::Profiles,
            Context::Tree,
            Context::Table,
            Context::Outline,
            Context::Text,
            Context::Chart,
            Context::List,
            Context::Details,
            Context::Diff,
            Context::Conflict,
            Context::Help,
            Context::Dialog,
        ],
    },
    Entry {
        command: Command::HalfPageDown,
        name: "half-page-down",
        help: "half a page down",
        contexts: &[
            Context::Stages,
            Context::Check,
            Context::Monitor,
            Context::Models,
            Context::Profiles,
            Context::Tree,
            Context::Table,
            Context::Outline,
            Context::Text,
            Context::Chart,
            Context::List,
            Context::Details,
            Context::Diff,
            Context::Conflict,
            Context::Help,
            Context::Dialog,
        ],
    },
    Entry {
        command: Command::Open,
        name: "open",
        help: "open",
        contexts: &[
            Context::Stages,
            Context::Check,
            Context::Monitor,
            Context::Models,
            Context::Profiles,
            Context::Tree,
            Context::Table,
            Context::Outline,
            Context::Text,
            Context::Details,
        ],
    },
    Entry {
        command: Command::Back,
        name: "back",
        help: "go back",
        contexts: &[
            Context::Stages,
            Context::Profiles,
            Context::Check,
            Context::Monitor,
            Context::Models,
            Context::Table,
            Context::Outline,
            Context::Text,
            Context::Chart,
            Context::Details,
            Context::Diff,
            Context::Conflict,
            Context::Help,
            Context::Query,
            Context::Editor,
            Context::Input,
            Context::List,
            Context::Dialog,
        ],
    },
    Entry {
        command: Command::Toggle,
        name: "toggle",
        help: "open or close",
        contexts: &[
            Context::Check,
            Context::Monitor,
            Context::Models,
            Context::Tree,
            Context::Outline,
            Context::List,
        ],
    },
    Entry {
        command: Command::ExpandAll,
        name: "expand-all",
        help: "open everything below",
        contexts: &[Context::Models, Context::Tree, Context::Outline],
    },
    Entry {
        command: Command::CollapseAll,
        name: "collapse-all",
        help: "close everything below",
        contexts: &[Context::Models, Context::Tree, Context::Outline],
    },
    Entry {
        command: Command::Accept,
        name: "accept",
        help: "accept",
        contexts: &[
            Context::Input,
            Context::Dialog,
            Context::List,
            Context::Diff,
        ],
    },
    Entry {
        command: Command::FocusNext,
        name: "focus-next",
        help: "next pane",
        contexts: &[Context::Global],
    },
    Entry {
        command: Command::FocusPrevious,
        name: "focus-previous",
        help: "previous pane",
        contexts: &[Context::Global],
    },
    Entry {
        command: Command::FocusTree,
        name: "focus-tree",
        help: "go to the tree",
        contexts: &[Context::Global],
    },
    Entry {
        command: Command::FocusMain,
        name: "focus-main",
        help: "go to the tab",
        contexts: &[Context::Global],
    },
    Entry {
        command: Command::Filter,
        name: "filter",
        help: "filter",
        contexts: &[
            Context::Help,
            Context::Monitor,
            Context::Models,
            Context::Profiles,
            Context::Tree,
            Context::Table,
            Context::Outline,
            Context::Text,
        ],
    },
    Entry {
        command: Command::ClearFilter,
        name: "clear-filter",
        help: "clear the filter",
        contexts: &[
            Context::Monitor,
            Context::Models,
            Context::Tree,
            Context::Table,
            Context::Outline,
            Context::Text,
        ],
    },
    Entry {
        command: Command::Jump,
        name: "jump",
        help: "jump to a collection of any profile",
        contexts: &[Context::Global],
    },
    Entry {
        command: Command::Palette,
        name: "palette",
        help: "every command, by name",
        contexts: &[Context::Global],
    },
    Entry {
        command: Command::Help,
        name: "help",
        help: "help",
        contexts: &[Context::Global],
    },
    Entry {
        command: Command::Notices,
        name: "notices",
        help: "past notices",
        contexts: &[Context::Global],
    },
    Entry {
        command: Command::Log,
        name: "log",
        help: "writes of this session",
        contexts: &[Context::Global],
    },
    Entry {
        command: Command::Drafts,
        name: "drafts",
        help: "drafts not written yet",
        contexts: &[Context::Global],
    },
    Entry {
        command: Command::Refresh,
        name: "refresh",
        help: "read again",
        contexts: &[Context::Global],
    },
    Entry {
        command: Command::Cancel,
        name: "cancel",
        help: "stop what runs, or leave",
        contexts: &[Context::Global],
    },
    Entry {
        command: Command::Quit,
        name: "quit",
        help: "quit",
        contexts: &[Context::Global],
    },
    Entry {
        command: Command::Suspend,
        name: "suspend",
        help: "suspend to the shell",
        contexts: &[Context::Global],
    },
    Entry {
        command: Command::Redraw,
        name: "redraw",
        help: "draw the screen again",
        contexts: &[Context::Global],
    },
    Entry {
        command: Command::ThemeNext,
        name: "theme-next",
        help: "next theme",
        contexts: &[Context::Global],
    },
    Entry {
        command: Command::MouseToggle,
        name: "mouse-toggle",
        help: "mouse on or off",
        contexts: &[Context::Global],
    },
    Entry {
        command: Command::CloseTab,
        name: "close-tab",
        help: "close the tab",
        contexts: &[Context::Global],
    },
    Entry {
        command: Command::TabNext,
        name: "tab-next",
        help: "next tab",
        contexts: &[Context::Global],
    },
    Entry {
        command: Command::TabPrevious,
        name: "tab-previous",
        help: "previous tab",
        contexts: &[Context::Global],
    },
    Entry {
        command: Command::Tab1,
        name: "tab-1",
        help: "tab 1",
        contexts: &[Context::Global],
    },
    Entry {
        command: Command::Tab2,
        name: "tab-2",
        help: "tab 2",
        contexts: &[Context::Global],
    },
    Entry {
        command: Command::Tab3,
        name: "tab-3",
        help: "tab 3",
        contexts: &[Context::Global],
    },
    Entry {
        command: Command::Tab4,
        name: "tab-4",
        help: "tab 4",
        contexts: &[Context::Global],
    },
    Entry {
        command: Command::Tab5,
        name: "tab-5",
        help: "tab 5",
        contexts: &[Context::Global],
    },
    Entry {
        command: Command::Tab6,
        name: "tab-6",
        help: "tab 6",
        contexts: &[Context::Global],
    },
    Entry {
        command: Command::Tab7,
        name: "tab-7",
        help: "tab 7",
        contexts: &[Context::Global],
    },
    Entry {
        command: Command::Tab8,
        name: "tab-8",
        help: "tab 8",
        contexts: &[Context::Global],
    },
    Entry {
        command: Command::Tab9,
        name: "tab-9",
        help: "tab 9",
        contexts: &[Context::Global],
    },
    Entry {
        command: Command::ViewNext,
        name: "view-next",
        help: "next view: table, tree, text",
        contexts: &[
            Context::Monitor,
            Context::Table,
            Context::Outline,
            Context::Text,
            Context::Chart,
            Context::Stages,
        ],
    },
    Entry {
        command: Command::DocumentNext,
        name: "document-next",
        help: "next document",
        contexts: &[Context::Outline, Context::Text],
    },
    Entry {
        command: Command::DocumentPrevious,
        name: "document-previous",
        help: "previous document",
        contexts: &[Context::Outline, Context::Text],
    },
    Entry {
        command: Command::SortColumn,
        name: "sort-column",
        help: "sort by this column on the server",
        contexts: &[Context::Table],
    },
    Entry {
        command: Command::Sort,
        name: "sort",
        help: "write a sort",
        contexts: &[Context::Table, Context::Outline, Context::Text],
    },
    Entry {
        command: Command::Columns,
        name: "columns",
        help: "choose columns",
        contexts: &[Context::Table],
    },
    Entry {
        command: Command::ColumnHide,
        name: "column-hide",
        help: "hide this column",
        contexts: &[Context::Table],
    },
    Entry {
        command: Command::ColumnLeft,
        name: "column-left",
        help: "move this column left",
        contexts: &[Context::Table],
    },
    Entry {
        command: Command::ColumnRight,
        name: "column-right",
        help: "move this column right",
        contexts: &[Context::Table],
    },
    Entry {
        command: Command::ColumnWider,
        name: "column-wider",
        help: "wider column",
        contexts: &[Context::Table],
    },
    Entry {
        command: Command::ColumnNarrower,
        name: "column-narrower",
        help: "narrower column",
        contexts: &[Context::Table],
    },
    Entry {
        command: Command::ColumnPin,
        name: "column-pin",
        help: "pin this column",
        contexts: &[Context::Table],
    },
    Entry {
        command: Command::CopyValue,
        name: "copy-value",
        help: "copy the value",
        contexts: &[
            Context::Check,
            Context::Monitor,
            Context::Models,
            Context::Table,
            Context::Outline,
            Context::Text,
            Context::Diff,
        ],
    },
    Entry {
        command: Command::CopyPath,
        name: "copy-path",
        help: "copy the path",
        contexts: &[
            Context::Check,
            Context::Models,
            Context::Table,
            Context::Outline,
            Context::Text,
        ],
    },
    Entry {
        command: Command::CopyDocument,
        name: "copy-document",
        help: "copy the document as shell text",
        contexts: &[
            Context::Stages,
            Context::Check,
            Context::Monitor,
            Context::Models,
            Context::Table,
            Context::Outline,
            Context::Text,
        ],
    },
    Entry {
        command: Command::CopyDocumentCanonical,
        name: "copy-document-canonical",
        help: "copy the document as canonical Extended JSON",
        contexts: &[
            Context::Monitor,
            Context::Table,
            Context::Outline,
            Context::Text,
        ],
    },
    Entry {
        command: Command::CopyDocumentRelaxed,
        name: "copy-document-relaxed",
        help: "copy the document as relaxed Extended JSON",
        contexts: &[
            Context::Monitor,
            Context::Table,
            Context::Outline,
            Context::Text,
        ],
    },
    Entry {
        command: Command::Search,
        name: "search",
        help: "search in the text",
        contexts: &[
            Context::Outline,
            Context::Text,
            Context::Query,
            Context::Editor,
        ],
    },
    Entry {
        command: Command::SearchNext,
        name: "search-next",
        help: "next match",
        contexts: &[
            Context::Outline,
            Context::Text,
            Context::Query,
            Context::Editor,
        ],
    },
    Entry {
        command: Command::SearchPrevious,
        name: "search-previous",
        help: "previous match",
        contexts: &[
            Context::Outline,
            Context::Text,
            Context::Query,
            Context::Editor,
        ],
    },
    Entry {
        command: Command::Edit,
        name: "edit",
        help: "edit the document",
        contexts: &[Context::Table, Context::Outline, Context::Text],
    },
    Entry {
        command: Command::EditValue,
        name: "edit-value",
        help: "edit this value",
        contexts: &[Context::Table, Context::Outline],
    },
    Entry {
        command: Command::EditExternal,
        name: "edit-external",
        help: "edit in $EDITOR",
        contexts: &[
            Context::Models,
            Context::Table,
            Context::Outline,
            Context::Text,
            Context::Query,
            Context::Editor,
        ],
    },
    Entry {
        command: Command::ChangeType,
        name: "change-type",
        help: "change this value's type",
        contexts: &[Context::Table, Context::Outline],
    },
    Entry {
        command: Command::DocumentNew,
        name: "document-new",
        help: "new document",
        contexts: &[Context::Table, Context::Outline, Context::Text],
    },
    Entry {
        command: Command::DocumentDuplicate,
        name: "document-duplicate",
        help: "duplicate the document",
        contexts: &[Context::Table, Context::Outline, Context::Text],
    },
    Entry {
        command: Command::DocumentDelete,
        name: "document-delete",
        help: "delete the document",
        contexts: &[Context::Table, Context::Outline, Context::Text],
    },
    Entry {
        command: Command::UndoWrite,
        name: "undo-write",
        help: "undo the last write",
        contexts: &[Context::Global],
    },
    Entry {
        command: Command::Save,
        name: "save",
        help: "validate, review and write",
        contexts: &[Context::Editor],
    },
    Entry {
        command: Command::Discard,
        name: "discard",
        help: "throw the draft away",
        contexts: &[Context::Editor],
    },
    Entry {
        command: Command::Undo,
        name: "undo",
        help: "undo typing",
        contexts: &[Context::Query, Context::Editor, Context::Stages],
    },
    Entry {
        command: Command::Redo,
        name: "redo",
        help: "redo typing",
        contexts: &[Context::Query, Context::Editor, Context::Stages],
    },
    Entry {
        command: Command::Violations,
        name: "violations",
        help: "list the violations",
        contexts: &[
            Context::Table,
            Context::Outline,
            Context::Text,
            Context::Editor,
        ],
    },
    Entry {
        command: Command::NextViolation,
        name: "next-violation",
        help: "next violation",
        contexts: &[
            Context::Table,
            Context::Outline,
            Context::Text,
            Context::Query,
            Context::Editor,
        ],
    },
    Entry {
        command: Command::PreviousViolation,
        name: "previous-violation",
        help: "previous violation",
        contexts: &[
            Context::Table,
            Context::Outline,
            Context::Text,
            Context::Query,
            Context::Editor,
        ],
    },
    Entry {
        command: Command::Complete,
        name: "complete",
        help: "list what could stand at the cursor",
        contexts: &[Context::Editor, Context::Query],
    },
    Entry {
        command: Command::ApplyFix,
        name: "apply-fix",
        help: "apply the offered fix",
        contexts: &[Context::Editor, Context::Diff],
    },
    Entry {
        command: Command::Override,
        name: "override",
        help: "write in spite of violations",
        contexts: &[Context::Diff],
    },
    Entry {
        command: Command::ConfirmYes,
        name: "confirm-yes",
        help: "yes",
        contexts: &[Context::Dialog, Context::Diff],
    },
    Entry {
        command: Command::ConfirmNo,
        name: "confirm-no",
        help: "no",
        contexts: &[Context::Dialog, Context::Diff],
    },
    Entry {
        command: Command::TakeTheirs,
        name: "take-theirs",
        help: "take what the server has",
        contexts: &[Context::Conflict],
    },
    Entry {
        command: Command::TakeMine,
        name: "take-mine",
        help: "take what was typed",
        contexts: &[Context::Conflict],
    },
    Entry {
        command: Command::EditMerge,
        name: "edit-merge",
        help: "edit the merge",
        contexts: &[Context::Conflict],
    },
    Entry {
        command: Command::Follow,
        name: "follow",
        help: "follow the reference",
        contexts: &[
            Context::Models,
            Context::Table,
            Context::Outline,
            Context::Text,
        ],
    },
    Entry {
        command: Command::Referrers,
        name: "referrers",
        help: "list what refers to the document",
        contexts: &[Context::Table, Context::Outline, Context::Text],
    },
    Entry {
        command: Command::GoBack,
        name: "go-back",
        help: "go back to where a reference was followed",
        contexts: &[
            Context::Table,
            Context::Outline,
            Context::Text,
            Context::Models,
        ],
    },
    Entry {
        command: Command::GoForward,
        name: "go-forward",
        help: "go forward again after going back",
        contexts: &[
            Context::Table,
            Context::Outline,
            Context::Text,
            Context::Models,
        ],
    },
    Entry {
        command: Command::Details,
        name: "details",
        help: "details of the collection",
        contexts: &[
            Context::Check,
            Context::Models,
            Context::Tree,
            Context::Table,
            Context::Outline,
            Context::Text,
            Context::Chart,
        ],
    },
    Entry {
        command: Command::Models,
        name: "models",
        help: "the models",
        contexts: &[Context::Global],
    },
    Entry {
        command: Command::Monitor,
        name: "monitor",
        help: "what the deployment and the pools to it are doing",
        contexts: &[Context::Global],
    },
    Entry {
        command: Command::Status,
        name: "status",
        help: "how all profiles stand",
        contexts: &[Context::Global],
    },
    Entry {
        command: Command::NextTrouble,
        name: "next-trouble",
        help: "the next profile in trouble",
        contexts: &[Context::Profiles],
    },
    Entry {
        command: Command::PreviousTrouble,
        name: "previous-trouble",
        help: "the profile in trouble before",
        contexts: &[Context::Profiles],
    },
    Entry {
        command: Command::ConnectAll,
        name: "connect-all",
        help: "connect all profiles",
        contexts: &[Context::Global],
    },
    Entry {
        command: Command::CloseAll,
        name: "close-all",
        help: "close all connections",
        contexts: &[Context::Global],
    },
    Entry {
        command: Command::Load,
        name: "load",
        help: "put a read load on the profile's pool",
        contexts: &[Context::Global],
    },
    Entry {
        command: Command::Pools,
        name: "pools",
        help: "the connection pools",
        contexts: &[Context::Global],
    },
    Entry {
        command: Command::EventsExport,
        name: "events-export",
        help: "write the events of the pools, or the changes, to a file",
        contexts: &[Context::Monitor],
    },
    Entry {
        command: Command::FullDocument,
        name: "full-document",
        help: "what an update brings of its document",
        contexts: &[Context::Monitor],
    },
    Entry {
        command: Command::DocumentBefore,
        name: "document-before",
        help: "whether a change brings the document of before",
        contexts: &[Context::Monitor],
    },
    Entry {
        command: Command::Topology,
        name: "topology",
        help: "the members of the deployment, and elections",
        contexts: &[Context::Global],
    },
    Entry {
        command: Command::Server,
        name: "server",
        help: "the figures of the server",
        contexts: &[Context::Global],
    },
    Entry {
        command: Command::Operations,
        name: "operations",
        help: "what runs on the server, and stopping it",
        contexts: &[Context::Global],
    },
    Entry {
        command: Command::Slow,
        name: "slow",
        help: "what was slow, and the profiler",
        contexts: &[Context::Global],
    },
    Entry {
        command: Command::Changes,
        name: "changes",
        help: "what is being written to a collection or a database",
        contexts: &[Context::Global],
    },
    Entry {
        command: Command::Kill,
        name: "kill",
        help: "stop the operation on the server, asked first",
        contexts: &[Context::Monitor],
    },
    Entry {
        command: Command::OpenStatement,
        name: "open-statement",
        help: "open the statement as query text",
        contexts: &[Context::Monitor],
    },
    Entry {
        command: Command::Idle,
        name: "idle",
        help: "show idle and internal operations too, or hide them",
        contexts: &[Context::Monitor],
    },
    Entry {
        command: Command::OrderNext,
        name: "order",
        help: "order the list by its next column",
        contexts: &[Context::Monitor],
    },
    Entry {
        command: Command::OrderReverse,
        name: "order-reverse",
        help: "turn the order of the list round",
        contexts: &[Context::Monitor],
    },
    Entry {
        command: Command::Namespace,
        name: "namespace",
        help: "choose the database or the collection",
        contexts: &[Context::Monitor],
    },
    Entry {
        command: Command::Profiler,
        name: "profiler",
        help: "set the profiler of the database",
        contexts: &[Context::Monitor],
    },
    Entry {
        command: Command::Model,
        name: "model",
        help: "the collection's model",
        contexts: &[
            Context::Check,
            Context::Tree,
            Context::Table,
            Context::Outline,
            Context::Text,
        ],
    },
    Entry {
        command: Command::Check,
        name: "check",
        help: "hold the collection to its model",
        contexts: &[
            Context::Tree,
            Context::Table,
            Context::Outline,
            Context::Text,
            Context::Models,
            Context::Check,
        ],
    },
    Entry {
        command: Command::FixAll,
        name: "fix-all",
        help: "fix all of these",
        contexts: &[Context::Check],
    },
    Entry {
        command: Command::CollectionCreate,
        name: "collection-create",
        help: "create a collection",
        contexts: &[Context::Tree],
    },
    Entry {
        command: Command::CollectionRename,
        name: "collection-rename",
        help: "rename the collection",
        contexts: &[Context::Tree],
    },
    Entry {
        command: Command::CollectionDrop,
        name: "collection-drop",
        help: "drop the collection",
        contexts: &[Context::Tree],
    },
    Entry {
        command: Command::DatabaseCreate,
        name: "database-create",
        help: "create a database",
        contexts: &[Context::Tree],
    },
    Entry {
        command: Command::DatabaseDrop,
        name: "database-drop",
        help: "drop the database",
        contexts: &[Context::Tree],
    },
    Entry {
        command: Command::Connect,
        name: "connect",
        help: "connect the profile",
        contexts: &[Context::Profiles, Context::Tree],
    },
    Entry {
        command: Command::Disconnect,
        name: "disconnect",
        help: "disconnect the profile",
        contexts: &[Context::Profiles, Context::Tree],
    },
    Entry {
        command: Command::Unlock,
        name: "unlock",
        help: "allow writing for a while",
        contexts: &[Context::Global],
    },
    Entry {
        command: Command::Lock,
        name: "lock",
        help: "forbid writing again",
        contexts: &[Context::Global],
    },
    Entry {
        command: Command::Query,
        name: "query",
        help: "query text, and back to it",
        contexts: &[
            Context::Tree,
            Context::Table,
            Context::Outline,
            Context::Text,
            Context::Chart,
            Context::Query,
        ],
    },
    Entry {
        command: Command::QueryRun,
        name: "run",
        help: "run the statement under the cursor, or what is selected",
        contexts: &[Context::Query, Context::Stages],
    },
    Entry {
        command: Command::QueryTaller,
        name: "text-taller",
        help: "more room for the query text",
        contexts: &[Context::Query, Context::Stages],
    },
    Entry {
        command: Command::QueryShorter,
        name: "text-shorter",
        help: "less room for the query text",
        contexts: &[Context::Query, Context::Stages],
    },
    Entry {
        command: Command::Comment,
        name: "comment",
        help: "comment the lines out, or in again",
        contexts: &[Context::Query],
    },
    Entry {
        command: Command::Watch,
        name: "watch",
        help: "run the statement again every few seconds",
        contexts: &[Context::Query],
    },
    Entry {
        command: Command::Format,
        name: "format",
        help: "lay the text out",
        contexts: &[Context::Query],
    },
    Entry {
        command: Command::Explain,
        name: "explain",
        help: "how the server runs the statement, and what would be better",
        contexts: &[Context::Query, Context::Stages, Context::Monitor],
    },
    Entry {
        command: Command::History,
        name: "history",
        help: "statements run before",
        contexts: &[Context::Query, Context::Stages],
    },
    Entry {
        command: Command::CopyCode,
        name: "copy-code",
        help: "copy the statement as code of a program",
        contexts: &[Context::Query, Context::Stages],
    },
    Entry {
        command: Command::StagePreview,
        name: "stage-preview",
        help: "run the pipeline up to the stage at the cursor",
        contexts: &[Context::Query, Context::Stages],
    },
    Entry {
        command: Command::StageToggle,
        name: "stage-toggle",
        help: "stage off, or on again",
        contexts: &[Context::Query, Context::Stages],
    },
    Entry {
        command: Command::StageUp,
        name: "stage-up",
        help: "stage up",
        contexts: &[Context::Query, Context::Stages],
    },
    Entry {
        command: Command::StageDown,
        name: "stage-down",
        help: "stage down",
        contexts: &[Context::Query, Context::Stages],
    },
    Entry {
        command: Command::StageDuplicate,
        name: "stage-duplicate",
        help: "duplicate the stage",
        contexts: &[Context::Query, Context::Stages],
    },
    Entry {
        command: Command::StageList,
        name: "stage-list",
        help: "the stages as a list, with what comes out",
        contexts: &[Context::Query, Context::Stages],
    },
    Entry {
        command: Command::StageRemove,
        name: "stage-remove",
        help: "remove the stage",
        contexts: &[Context::Stages],
    },
    Entry {
        command: Command::StageInsert,
        name: "stage-insert",
        help: "insert a stage before",
        contexts: &[Context::Stages],
    },
    Entry {
        command: Command::StageAppend,
        name: "stage-append",
        help: "insert a stage after",
        contexts: &[Context::Stages],
    },
    Entry {
        command: Command::StageFold,
        name: "stage-fold",
        help: "stage in full, or in a line",
        contexts: &[Context::Stages],
    },
    Entry {
        command: Command::StageSample,
        name: "stage-sample",
        help: "other sample: first so many, by chance, all",
        contexts: &[Context::Stages],
    },
    Entry {
        command: Command::Export,
        name: "export",
        help: "write the whole result to a file",
        contexts: &[
            Context::Table,
            Context::Outline,
            Context::Text,
            Context::Chart,
            Context::Query,
        ],
    },
    Entry {
        command: Command::StopExport,
        name: "stop-export",
        help: "stop writing a file; nothing of it is left",
        contexts: &[Context::Global],
    },
    Entry {
        command: Command::Queries,
        name: "queries",
        help: "the saved queries",
        contexts: &[Context::Global],
    },
    Entry {
        command: Command::Parameters,
        name: "parameters",
        help: "change the values of the query's parameters, and run it",
        contexts: &[Context::Query],
    },
    Entry {
        command: Command::SaveQuery,
        name: "save-query",
        help: "save the statement as a saved query",
        contexts: &[Context::Query],
    },
    Entry {
        command: Command::FindForm,
        name: "find-form",
        help: "the find as a form: filter, projection, sort, skip, limit, collation, hint",
        contexts: &[
            Context::Table,
            Context::Outline,
            Context::Text,
            Context::Query,
        ],
    },
    Entry {
        command: Command::SaveView,
        name: "save-view",
        help: "save the pipeline as a view",
        contexts: &[Context::Query, Context::Stages],
    },
    Entry {
        command: Command::Chart,
        name: "chart",
        help: "the result as a chart, or as a table again",
        contexts: &[
            Context::Table,
            Context::Outline,
            Context::Text,
            Context::Chart,
            Context::Query,
        ],
    },
    Entry {
        command: Command::ChartKind,
        name: "chart-kind",
        help: "bars, lines or a histogram",
        contexts: &[Context::Chart],
    },
    Entry {
        command: Command::SaveChart,
        name: "save-chart",
        help: "write the chart to a file, as a drawing",
        contexts: &[Context::Chart],
    },
];

impl Command {
    /// What may be typed behind its name in the palette, as an example; `None` where it takes nothing.
    #[must_use]
    pub fn argument(self) -> Option<&'static str> {
        match self {
            Self::Watch => Some("5s, 2m or off"),
            Self::Queries => Some("a word of the name or the description"),
            _ => None,
        }
    }

    /// Its row of the table. The table has one for each command: a test holds it to that.
    #[must_use]
    pub fn entry(self) -> &'static Entry {
        COMMANDS
            .iter()
            .find(|e| e.command == self)
            .unwrap_or(&COMMANDS[0])
    }

    /// Its name in keymap files.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.entry().name
    }

    /// What it does.
    #[must_use]
    pub fn help(self) -> &'static str {
        self.entry().help
    }

    /// The command called `name`.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        COMMANDS.iter().find(|e| e.name == name).map(|e| e.command)
    }

    /// The number of a `tab-N` command, from 1.
    #[must_use]
    pub fn tab_number(self) -> Option<usize> {
        self.name()
            .strip_prefix("tab-")
            .and_then(|n| n.parse().ok())
    }

    /// Whether it applies in `context`.
    #[must_use]
    pub fn applies(self, context: Context) -> bool {
        let contexts = self.entry().contexts;
        contexts.contains(&context) || contexts.contains(&Context::Global)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_the_order_of_the_commands_and_names_each_once() {
        for (i, entry) in COMMANDS.iter().enumerate() {
            assert_eq!(entry.command as usize, i, "{}", entry.name);
            assert_eq!(Command::from_name(entry.name), Some(entry.command));
        }
    }
}
