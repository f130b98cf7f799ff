//! Changes as they are written: what to follow, and what came.

use std::fmt;
use std::sync::Arc;

use bson::RawDocumentBuf;

use crate::mongo::request::{FeedId, Namespace};

/// Whose changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TailPlace {
    /// All collections of a database.
    Database(String),
    /// One collection.
    Collection(Namespace),
}

impl fmt::Display for TailPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
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
