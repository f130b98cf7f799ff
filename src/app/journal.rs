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

/// A statement that wrote. What it changed is not kept, so it cannot be undone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ran {
    /// Where.
    pub profile: ProfileName,
    /// The statement, as it would be typed.
    pub text: String,
    /// What came of it: `matched 3, changed 3`.
    pub outcome: String,
}

/// One write of the session.
#[derive(Debug, Clone, PartialEq)]
pub enum Written {
    /// Documents, written together.
    Documents(Vec<Entry>),
    /// A statement that was run.
    Statement(Ran),
}

impl Written {
    fn bytes(&self) -> usize {
        match self {
            Self::Documents(entries) => entries.iter().map(Entry::bytes).sum(),
            Self::Statement(ran) => ran.text.len() + ran.outcome.len(),
        }
    }
}

/// How many writes are kept.
const KEPT: usize = 100;
/// How many bytes of documents are kept; the oldest writes go first.
const KEPT_BYTES: usize = 64 << 20;

/// The last writes, oldest first. Documents that were written in one transaction are one write.
#[derive(Debug, Clone, Default)]
pub struct Journal {
    writes: VecDeque<Written>,
}

impl Journal {
    /// Keeps a write that was acknowledged.
    pub fn record(&mut self, entry: Entry) {
        self.record_together(vec![entry]);
    }

    /// Keeps several documents that were written in one transaction, in the order in which they were.
    pub fn record_together(&mut self, entries: Vec<Entry>) {
        if !entries.is_empty() {
            self.keep(Written::Documents(entries));
        }
    }

    /// Keeps that a statement wrote, for the list of writes.
    pub fn record_statement(&mut self, ran: Ran) {
        self.keep(Written::Statement(ran));
    }

    fn keep(&mut self, written: Written) {
        self.writes.push_back(written);
        let bytes =
            |writes: &VecDeque<Written>| -> usize { writes.iter().map(Written::bytes).sum() };
        while self.writes.len() > KEPT
            || (self.writes.len() > 1 && bytes(&self.writes) > KEPT_BYTES)
        {
            self.writes.pop_front();
        }
    }

    /// The documents of the write that an undo would put back: the last that can be.
    #[must_use]
    pub fn last_together(&self) -> Option<&[Entry]> {
        self.writes.iter().rev().find_map(|w| match w {
            Written::Documents(entries) => Some(entries.as_slice()),
            Written::Statement(_) => None,
        })
    }

    /// The last statement that wrote after all that can be undone; `None` where the last write can be.
    #[must_use]
    pub fn cannot_be_undone(&self) -> Option<&Ran> {
        match self.writes.back() {
            Some(Written::Statement(ran)) => Some(ran),
            _ => None,
        }
    }

    /// The last document of that write.
    #[must_use]
    pub fn last(&self) -> Option<&Entry> {
        self.last_together()?.last()
    }

    /// Forgets the last write of documents: it was undone.
    pub fn forget_last(&mut self) -> Option<Vec<Entry>> {
        let place = (self.writes.iter()).rposition(|w| matches!(w, Written::Documents(_)))?;
        match self.writes.remove(place)? {
            Written::Documents(entries) => Some(entries),
            Written::Statement(_) => None,
        }
    }

    /// All writes that are kept, oldest first.
    pub fn writes(&self) -> impl DoubleEndedIterator<Item = &Written> {
        self.writes.iter()
    }

    /// All kept documents, oldest first.
    pub fn entries(&self) -> impl DoubleEndedIterator<Item = &Entry> {
        self.writes.iter().flat_map(|w| match w {
            Written::Documents(entries) => entries.as_slice(),
            Written::Statement(_) => &[],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_listed_and_leaves_what_can_be_undone_before_it() {
        let mut journal = Journal::default();
        let ran = Ran {
            profile: ProfileName::new("main"),
            text: "db.a.deleteMany({})".to_owned(),
            outcome: "deleted 3".to_owned(),
        };
        journal.record_statement(ran.clone());
        assert_eq!(journal.last_together(), None);
        assert_eq!(journal.cannot_be_undone(), Some(&ran));
        journal.record(Entry {
            profile: ProfileName::new("main"),
            namespace: Namespace::new("x", "a"),
            id: RawBson::Int32(1),
            before: None,
            after: None,
        });
        assert_eq!(journal.cannot_be_undone(), None);
        journal.record_statement(ran);
        assert_eq!(journal.writes().count(), 3);
        assert_eq!(journal.last_together().map(<[_]>::len), Some(1));
        journal.forget_last();
        assert_eq!(journal.writes().count(), 2);
        assert_eq!(journal.entries().count(), 0);
    }
}
