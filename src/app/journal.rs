//! The writes of this session, with the documents as they were before, so that the last ones can be undone.

use std::collections::VecDeque;
use std::sync::Arc;

use bson::{RawBson, RawDocumentBuf};

use crate::mongo::request::{Namespace, ProfileName};

/// One document that was written.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Where.
    pub profile: ProfileName,
    /// The collection.
    pub namespace: Namespace,
    /// The document's `_id`.
    pub id: RawBson,
    /// The document before; `None` where the write inserted it.
    pub before: Option<Arc<RawDocumentBuf>>,
    /// The document after; `None` where the write deleted it.
    pub after: Option<Arc<RawDocumentBuf>>,
}

impl Entry {
    fn bytes(&self) -> usize {
        let size = |d: &Option<Arc<RawDocumentBuf>>| d.as_ref().map_or(0, |d| d.as_bytes().len());
        size(&self.before) + size(&self.after)
    }
}

/// How many writes are kept.
const KEPT: usize = 100;
/// How many bytes of documents are kept; the oldest go first.
const KEPT_BYTES: usize = 64 << 20;

/// The last writes, oldest first.
#[derive(Debug, Clone, Default)]
pub struct Journal {
    entries: VecDeque<Entry>,
}

impl Journal {
    /// Keeps a write that was acknowledged.
    pub fn record(&mut self, entry: Entry) {
        self.entries.push_back(entry);
        while self.entries.len() > KEPT
            || (self.entries.len() > 1
                && self.entries.iter().map(Entry::bytes).sum::<usize>() > KEPT_BYTES)
        {
            self.entries.pop_front();
        }
    }

    /// The write that an undo would put back.
    #[must_use]
    pub fn last(&self) -> Option<&Entry> {
        self.entries.back()
    }

    /// Forgets the last write: it was undone.
    pub fn forget_last(&mut self) -> Option<Entry> {
        self.entries.pop_back()
    }

    /// All kept writes, oldest first.
    pub fn entries(&self) -> impl DoubleEndedIterator<Item = &Entry> {
        self.entries.iter()
    }
}
