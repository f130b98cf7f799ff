//! What a preview of a pipeline's stage asks for, and what comes back.

use std::sync::Arc;
use std::time::Duration;

use bson::RawDocumentBuf;

use super::Failure;
use crate::query::Statement;

/// The documents after a stage: the first few, and how many there are. Only reads: a statement that writes is refused,
/// whatever the profile allows.
#[derive(Debug, Clone, PartialEq)]
pub struct Preview {
    /// Gives the documents.
    pub documents: Arc<Statement>,
    /// Gives one document with their number in `n`, or none for zero.
    pub count: Arc<Statement>,
    /// At the most so many documents are taken.
    pub rows: usize,
    /// The server stops working on each of the two after this time.
    pub within: Duration,
}

/// To [`super::Request::Preview`].
#[derive(Debug, Clone, PartialEq)]
pub struct Previewed {
    /// The first documents.
    pub documents: Vec<Arc<RawDocumentBuf>>,
    /// How many come out, and in which time all of them did; why not, where that took too long.
    pub all: Result<(u64, Duration), Failure>,
}
