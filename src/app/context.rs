//! Which part of the deck takes the keys.
//!
//! Derived from the state on each key, never stored, so that nothing has to be kept in step.

/// A place where keys may mean something of their own. The names are the tables of a keymap file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Context {
    /// Bindings that hold everywhere, unless a more special context binds the same keys.
    Global,
    /// The list of profiles that a start without a target shows.
    Profiles,
    /// The tree of profiles, databases and collections.
    Tree,
    /// The table view of documents.
    Table,
    /// The tree view of one document.
    Outline,
    /// The text view of one document.
    Text,
    /// The chart of a result.
    Chart,
    /// The multi-line editor. Keys that are not bound are typed.
    Editor,
    /// The text of a query. Keys that are not bound are typed.
    Query,
    /// The list of a pipeline's stages.
    Stages,
    /// A one-line field. Keys that are not bound are typed.
    Input,
    /// A question with answers.
    Dialog,
    /// A list to pick from: palette, jump, notices, columns, violations. Keys that are not bound are typed into its filter.
    List,
    /// The models.
    Models,
    /// Collections held to their models.
    Check,
    /// The monitor.
    Monitor,
    /// The details of a collection.
    Details,
    /// The changes about to be written.
    Diff,
    /// Base, theirs and mine.
    Conflict,
    /// The help overlay.
    Help,
}

impl Context {
    /// All contexts, in the order of the help.
    pub const ALL: [Self; 20] = [
        Self::Global,
        Self::Profiles,
        Self::Tree,
        Self::Table,
        Self::Outline,
        Self::Text,
        Self::Chart,
        Self::Models,
        Self::Check,
        Self::Monitor,
        Self::Editor,
        Self::Query,
        Self::Stages,
        Self::Input,
        Self::Dialog,
        Self::List,
        Self::Details,
        Self::Diff,
        Self::Conflict,
        Self::Help,
    ];

    /// The name in a keymap file.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Global => "global",
            Self::Profiles => "profiles",
            Self::Tree => "tree",
            Self::Table => "table",
            Self::Outline => "outline",
            Self::Text => "text",
            Self::Chart => "chart",
            Self::Editor => "editor",
            Self::Query => "query",
            Self::Stages => "stages",
            Self::Input => "input",
            Self::Dialog => "dialog",
            Self::List => "list",
            Self::Models => "models",
            Self::Check => "check",
            Self::Monitor => "monitor",
            Self::Details => "details",
            Self::Diff => "diff",
            Self::Conflict => "conflict",
            Self::Help => "help",
        }
    }

    /// The context called `name` in a keymap file.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|c| c.name() == name)
    }

    /// Whether keys that are not bound are text to be typed.
    #[must_use]
    pub fn takes_text(self) -> bool {
        matches!(self, Self::Editor | Self::Query | Self::Input | Self::List)
    }
}
