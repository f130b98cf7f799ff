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
/// How many bytes of documents are kept; the oldest writes go first.
const KEPT_BYTES: usize = 64 << 20;

/// The last writes, oldest first. Documents that were written in one transaction are one write.
#[derive(Debug, Clone, Default)]
pub struct Journal {
    writes: VecDeque<Vec<Entry>>,
}

impl Journal {
    /// Keeps a write that was acknowledged.
    pub fn record(&mut self, entry: Entry) {
        self.record_together(vec![entry]);
    }

    /// Keeps several documents that were written in one transaction, in the order in which they were.
    pub fn record_together(&mut self, entries: Vec<Entry>) {
        if entries.is_empty() {
            return;
        }
        self.writes.push_back(entries);
        let bytes = |writes: &VecDeque<Vec<Entry>>| -> usize {
            writes.iter().flatten().map(Entry::bytes).sum()
        };
        while self.writes.len() > KEPT
            || (self.writes.len() > 1 && bytes(&self.writes) > KEPT_BYTES)
        {
            self.writes.pop_front();
        }
    }

    /// The documents of the write that an undo would put back.
    #[must_use]
    pub fn last_together(&self) -> Option<&[Entry]> {
        self.writes.back().map(Vec::as_slice)
    }

    /// The last document of that write.
    #[must_use]
    pub fn last(&self) -> Option<&Entry> {
        self.last_together()?.last()
    }

    /// Forgets the last write: it was undone.
    pub fn forget_last(&mut self) -> Option<Vec<Entry>> {
        self.writes.pop_back()
    }

    /// All kept documents, oldest first.
    pub fn entries(&self) -> impl DoubleEndedIterator<Item = &Entry> {
        self.writes.iter().flatten()
    }
}
