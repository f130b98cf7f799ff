//! Writes to documents, alone and together, and what can become of them.

use super::Namespace;
use crate::value::update;
use bson::{RawBson, RawDocumentBuf};

/// A change of one document, guarded by what the person saw.
#[derive(Debug, Clone, PartialEq)]
pub enum Write {
    /// An `updateOne` with update operators.
    Update {
        /// The collection.
        namespace: Namespace,
        /// The document's `_id`, to read it again when the filter matches nothing.
        id: RawBson,
        /// `_id` and the old values of the paths that change.
        filter: RawDocumentBuf,
        /// `$set` and `$unset`.
        update: RawDocumentBuf,
    },
    /// A `replaceOne`, where no update operator can say the change.
    Replace {
        /// The collection.
        namespace: Namespace,
        /// The document's `_id`, to read it again when the filter matches nothing.
        id: RawBson,
        /// `_id` and a guard on the whole old document.
        filter: RawDocumentBuf,
        /// The new document, with its `_id`.
        replacement: RawDocumentBuf,
    },
    /// An `insertOne`. The document carries its `_id`.
    Insert {
        /// The collection.
        namespace: Namespace,
        /// The document.
        document: RawDocumentBuf,
    },
    /// A `deleteOne`.
    Delete {
        /// The collection.
        namespace: Namespace,
        /// The document's `_id`, to read it again when the filter matches nothing.
        id: RawBson,
        /// `_id` and a guard on the whole old document.
        filter: RawDocumentBuf,
    },
}

impl Write {
    /// What sends a planned change of the document `id`.
    #[must_use]
    pub fn planned(namespace: Namespace, id: RawBson, plan: update::Plan) -> Self {
        let filter = plan.filter;
        match plan.change {
            update::Write::Update(update) => Self::Update {
                namespace,
                id,
                filter,
                update,
            },
            update::Write::Replace(replacement) => Self::Replace {
                namespace,
                id,
                filter,
                replacement,
            },
        }
    }

    /// The collection it changes.
    #[must_use]
    pub fn namespace(&self) -> &Namespace {
        match self {
            Self::Update { namespace, .. }
            | Self::Replace { namespace, .. }
            | Self::Insert { namespace, .. }
            | Self::Delete { namespace, .. } => namespace,
        }
    }
}

/// What became of a [`Write`] that the server answered.
#[derive(Debug, Clone, PartialEq)]
pub enum WriteOutcome {
    /// It was done, and acknowledged.
    Written,
    /// The filter matched nothing: the document is not what the person saw any more. Nothing was changed.
    Conflict {
        /// The document as it is now; `None` where it is gone.
        theirs: Option<RawDocumentBuf>,
    },
}

/// The most documents that one transaction changes. A server keeps a transaction open for a minute at the most, and holds
/// all that it changed in its cache meanwhile; a thousand documents is what its manual advises.
pub const MOST_TOGETHER: usize = 1_000;

/// The most bytes of documents that one transaction changes or deletes.
pub const MOST_TOGETHER_BYTES: usize = 16 << 20;

/// Several changes that are done all together or not at all.
#[derive(Debug, Clone, PartialEq)]
pub struct Together {
    /// The changes, in their order; at the most [`MOST_TOGETHER`].
    pub writes: Vec<Write>,
    /// What must match nothing once the changes are made; where something still does, none of them is kept.
    pub absent: Vec<Absence>,
}

/// Documents that must not be there.
#[derive(Debug, Clone, PartialEq)]
pub struct Absence {
    /// The collection.
    pub namespace: Namespace,
    /// Which documents.
    pub filter: RawDocumentBuf,
}

/// What became of a [`Together`] that the server answered.
#[derive(Debug, Clone, PartialEq)]
pub enum TogetherOutcome {
    /// All was done, and acknowledged.
    Written,
    /// The document of one change is not what the person saw any more. Nothing was changed.
    Conflict {
        /// The place of that change in [`Together::writes`].
        place: usize,
        /// The document as it is now; `None` where it is gone.
        theirs: Option<RawDocumentBuf>,
    },
    /// Something is there that must not be. Nothing was changed.
    Present {
        /// The place in [`Together::absent`].
        place: usize,
        /// The `_id` of one such document.
        id: RawBson,
    },
}
