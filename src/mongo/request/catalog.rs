//! What a deployment holds: databases, collections, indexes, and their sizes.

use super::Namespace;
use bson::RawDocumentBuf;

/// A database in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseInfo {
    /// Its name.
    pub name: String,
    /// Bytes on disk; `None` where the user may not see sizes.
    pub size_on_disk: Option<u64>,
}

/// What a collection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CollectionKind {
    /// An ordinary collection.
    Collection,
    /// A fixed-size collection that overwrites its oldest documents; documents cannot be deleted from it by all servers.
    Capped,
    /// A stored aggregation over another collection: read-only.
    View,
    /// A time-series collection: documents cannot be edited one by one.
    TimeSeries,
    /// A collection of the server's own (`system.…`).
    System,
}

/// A collection in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CollectionInfo {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: CollectionKind,
}

/// Figures of a collection, from the server's metadata.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CollectionSize {
    /// Estimated number of documents.
    pub documents: u64,
    /// Bytes of the documents, uncompressed.
    pub bytes: u64,
}

/// Everything the details pane shows of a collection.
#[derive(Debug, Clone, PartialEq)]
pub struct CollectionDetails {
    /// The collection.
    pub namespace: Namespace,
    /// What it is.
    pub kind: CollectionKind,
    /// Its `options` of `listCollections`, as the server says them.
    pub options: RawDocumentBuf,
    /// The validator among the options, where there is one.
    pub validator: Option<RawDocumentBuf>,
    /// `off`, `moderate` or `strict`.
    pub validation_level: Option<String>,
    /// `error`, `warn`, `errorAndLog`.
    pub validation_action: Option<String>,
    /// Figures; `None` for a view, or where the user may not read them.
    pub stats: Option<CollectionStats>,
    /// Its indexes; empty for a view.
    pub indexes: Vec<IndexInfo>,
}

/// Figures of a collection from `$collStats`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CollectionStats {
    /// Number of documents.
    pub documents: u64,
    /// Bytes of the documents, uncompressed.
    pub bytes: u64,
    /// Bytes of the documents on disk.
    pub storage_bytes: u64,
    /// Mean bytes of a document.
    pub average_bytes: u64,
    /// Bytes of all indexes.
    pub index_bytes: u64,
}

/// An index of a collection.
#[derive(Debug, Clone, PartialEq)]
pub struct IndexInfo {
    /// Its name.
    pub name: String,
    /// Its `key` document.
    pub keys: RawDocumentBuf,
    /// Its whole specification, as the server says it: `unique`, `sparse`, `expireAfterSeconds`, …
    pub specification: RawDocumentBuf,
    /// Its bytes on disk, where they could be read.
    pub bytes: Option<u64>,
    /// How often it was used, where that could be read.
    pub uses: Option<u64>,
    /// Since when uses are counted, in milliseconds since the epoch (the server's start, or the index's making).
    pub uses_since: Option<i64>,
}
