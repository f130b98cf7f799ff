//! Changes as they are written: what to follow, and what came.

use std::fmt;
use std::sync::Arc;

use bson::RawDocumentBuf;

use crate::mongo::request::{FeedId, Namespace};

/// Whose changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TailPlace {
    /// All databases but those of the server's own.
    Deployment,
    /// All collections of a database.
    Database(String),
    /// One collection.
    Collection(Namespace),
}

impl fmt::Display for TailPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Deployment => f.write_str("all databases"),
            Self::Database(name) => f.write_str(name),
            Self::Collection(namespace) => namespace.fmt(f),
        }
    }
}

/// Which changes to follow.
#[derive(Debug, Clone, PartialEq)]
pub struct Tail {
    /// Where.
    pub place: TailPlace,
    /// What a change must match, as the filter of a `$match`: `{operationType: 'update'}`. Empty for all.
    pub filter: RawDocumentBuf,
    /// What an update brings of its document.
    pub full: FullDocument,
    /// Whether a change brings the document of before.
    pub before: DocumentBefore,
}

/// What an update brings of its document beside what it changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum FullDocument {
    /// Nothing.
    #[default]
    Nothing,
    /// The document as it is when the change is read, with later changes in it; gone where it was deleted since.
    Lookup,
    /// The document as the update left it, where the collection keeps images.
    WhenAvailable,
    /// The same; a change without one ends the stream.
    Required,
}

impl FullDocument {
    /// The next choice, in a circle.
    #[must_use]
    pub fn next(self) -> Self {
        match self {
            Self::Nothing => Self::Lookup,
            Self::Lookup => Self::WhenAvailable,
            Self::WhenAvailable => Self::Required,
            Self::Required => Self::Nothing,
        }
    }

    /// The server's word for it; `None` for what it does unasked.
    #[must_use]
    pub fn option(self) -> Option<&'static str> {
        match self {
            Self::Nothing => None,
            Self::Lookup => Some("updateLookup"),
            Self::WhenAvailable => Some("whenAvailable"),
            Self::Required => Some("required"),
        }
    }
}

/// Whether a change brings the document as it was before.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum DocumentBefore {
    /// No.
    #[default]
    Nothing,
    /// Where the collection keeps images.
    WhenAvailable,
    /// A change without one ends the stream.
    Required,
}

impl DocumentBefore {
    /// The next choice, in a circle.
    #[must_use]
    pub fn next(self) -> Self {
        match self {
            Self::Nothing => Self::WhenAvailable,
            Self::WhenAvailable => Self::Required,
            Self::Required => Self::Nothing,
        }
    }

    /// The server's word for it; `None` for what it does unasked.
    #[must_use]
    pub fn option(self) -> Option<&'static str> {
        match self {
            Self::Nothing => None,
            Self::WhenAvailable => Some("whenAvailable"),
            Self::Required => Some("required"),
        }
    }
}

/// Changes that came.
#[derive(Debug, Clone, PartialEq)]
pub struct Changes {
    /// Whose.
    pub tail: FeedId,
    /// The changes, oldest first, as the server tells them; often none.
    pub events: Vec<Arc<RawDocumentBuf>>,
    /// Where to go on after these, also on a new connection; `None` where the server did not say.
    pub token: Option<RawDocumentBuf>,
    /// Whether the server's cursor was lost and opened anew just after the last change that came: none is missing.
    pub resumed: bool,
    /// When they were read, by the clock of this machine.
    pub at: i64,
}
