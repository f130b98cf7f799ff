//! A whole result on its way to a file: what is asked for, and what came of it.
//!
//! Must not know the driver or files: a path is text here.

use std::sync::Arc;

use bson::RawDocumentBuf;

use super::{Failure, Find, Namespace};
use crate::export::Wish;
use crate::query::Statement;

/// What is written to a file.
#[derive(Debug, Clone, PartialEq)]
pub enum ExportSource {
    /// The documents of a `find`, read anew from the first to the last.
    Find(Namespace, Find),
    /// The documents that a statement gives, run anew. One that writes is refused.
    Statement(Arc<Statement>),
    /// Documents that are at hand.
    Documents(Vec<Arc<RawDocumentBuf>>),
    /// Text that is at hand, written as it is.
    Text(Arc<str>),
}

/// A result to be written to a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Export {
    /// What.
    pub source: ExportSource,
    /// In which format; of no consequence for text.
    pub wish: Wish,
    /// The file's path as the person typed it, where `~/` is the home directory. It is written beside its name, and
    /// renamed once all of it is on the disk.
    pub path: String,
    /// Whether a file that has the name is replaced. Otherwise it stays, and is told of.
    pub replace: bool,
    /// About how many documents there are, for telling how far it is.
    pub about: Option<u64>,
}

/// What came of an [`Export`].
#[derive(Debug, Clone, PartialEq)]
pub enum ExportOutcome {
    /// The file is there, whole.
    Written {
        /// Documents in it; 0 for text.
        documents: u64,
        /// Its bytes.
        bytes: u64,
        /// What the person should know of what was written.
        notes: Vec<String>,
    },
    /// A file has that name, and was not to be replaced: nothing was read and nothing written.
    Exists {
        /// The bytes of the file that is there.
        bytes: u64,
    },
    /// The file could not even be begun there: nothing was read and nothing written. A file that fails later is a
    /// failure of the request.
    NoPlace(Box<Failure>),
}
