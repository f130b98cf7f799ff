//! What the console keeps on disk between runs, as plain data.
//!
//! The state machine builds and reads these; loading and saving is beside them and never called by it.

use serde::{Deserialize, Serialize};

pub mod remembered;

pub use remembered::Remembered;

/// The name of a draft; unique among the drafts on disk. Fit to be a file's name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct DraftId(pub String);

/// What a draft becomes when it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DraftKind {
    /// A change of a document that was read.
    Edit,
    /// A new document.
    New,
}

/// An edit not yet written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// Its name.
    pub id: DraftId,
    /// The profile's name.
    pub profile: String,
    /// `database.collection`.
    pub namespace: String,
    /// What it becomes.
    pub kind: DraftKind,
    /// The bytes of the document that the edit started from; `None` for a new document.
    pub base: Option<Vec<u8>>,
    /// The text as typed so far.
    pub text: String,
    /// The place whose value the text is, in dot notation, or as a JSON list of its steps where dot notation would be
    /// ambiguous; empty for the whole document.
    pub path: String,
    /// When the edit began, in milliseconds since the epoch.
    pub created: u64,
    /// When the text last changed, in milliseconds since the epoch.
    pub updated: u64,
    /// Whether a write of it was sent whose outcome nobody knows.
    pub uncertain: bool,
}

/// What a tab shows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TabKind {
    /// The documents of one collection.
    #[default]
    Documents,
    /// The models, with that of the namespace chosen.
    Models,
    /// Query text: the text is in `filter`, the place in `namespace`, which may be a database alone.
    Query,
    /// What a deployment is doing: the panel is in `view`.
    Monitor,
    /// Something that only a later version knows. It is not opened again.
    #[serde(other)]
    Unknown,
}

/// One open tab, for `--last`. A kind of tab leaves empty what it has no use for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionTab {
    /// What it shows.
    #[serde(default)]
    pub kind: TabKind,
    /// The profile's name.
    pub profile: String,
    /// `database.collection`.
    pub namespace: String,
    /// The filter as typed; empty for none.
    pub filter: String,
    /// The sort as typed; empty for none.
    pub sort: String,
    /// `table`, `tree` or `text`.
    pub view: String,
}

/// The open tabs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// The tabs, from left to right.
    pub tabs: Vec<SessionTab>,
    /// The place of the one that was in front.
    pub active: usize,
}

/// One write that was sent, for the log of writes. Of an edited document it holds paths and `_id`, never other values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WriteRecord {
    /// When its outcome came, in milliseconds since the epoch.
    pub at: u64,
    /// The profile's name.
    pub profile: String,
    /// `database.collection`, or the database alone.
    pub namespace: String,
    /// `update`, `replace`, `insert`, `delete`, `undo`, `create`, `rename`, `drop`, ….
    pub what: String,
    /// The document's `_id` as shell text; empty where no single document is meant.
    pub id: String,
    /// The changed paths in dot notation.
    pub paths: Vec<String>,
    /// The violations that the person overrode for this write; empty for none.
    pub overridden: Vec<String>,
    /// What was run, where the write was a statement that a person typed: `db.users.updateMany({…}, {…})`, cut where it
    /// is very long. Empty for edited documents, for one that may hold a secret, and where no history is kept.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub statement: String,
    /// `written`, `conflict`, `refused: …`, `unknown`.
    pub outcome: String,
}

/// A statement that was run. Never one that may hold a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryEntry {
    /// When, in milliseconds since the epoch.
    pub at: u64,
    /// The profile's name.
    pub profile: String,
    /// `database.collection`, or the database alone.
    pub namespace: String,
    /// Its text.
    pub text: String,
}

/// How one column is laid out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnState {
    /// Its path in dot notation.
    pub path: String,
    /// Whether it is left out.
    pub hidden: bool,
    /// Its width in characters; `None` lets the content decide.
    pub width: Option<u16>,
    /// Whether it stays in sight on the left.
    pub pinned: bool,
}

/// How a collection's columns are laid out, in their order. Columns that are not named follow.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnLayout {
    /// The columns.
    pub columns: Vec<ColumnState>,
}

/// The key of one collection's layout.
#[must_use]
pub fn layout_key(profile: &str, namespace: &str) -> String {
    format!("{profile}/{namespace}")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn a_tab_of_a_kind_that_is_not_known_is_read_as_such_and_one_without_a_kind_shows_documents() {
        let rest = r#""profile":"main","namespace":"a.b","filter":"","sort":"","view":"""#;
        let read = |text: String| serde_json::from_str::<SessionTab>(&text).unwrap().kind;
        assert_eq!(
            read(format!(r#"{{"kind":"hologram",{rest}}}"#)),
            TabKind::Unknown
        );
        assert_eq!(read(format!("{{{rest}}}")), TabKind::Documents);
    }
}
