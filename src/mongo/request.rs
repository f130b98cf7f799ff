//! What can be asked of a deployment, and what comes back, as plain data.
//!
//! Knows BSON and time spans; must not know the driver, the screen or the configuration file. Two equal requests ask
//! for the same thing, so a test of the state machine compares them instead of pretending to be a server.

mod export;
mod outcome;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bson::{RawBson, RawDocumentBuf};

use crate::pool::{Moment, Pools, Summary};
use crate::query::Statement;
use crate::value::{Path, update};

pub mod drift;
pub mod load;
pub mod observe;
pub mod preview;
pub mod standing;

use drift::{
    Check, CheckReport, IndexMade, Mend, MendMode, MendOutcome, MendPreview, Progress,
    ValidationAction, ValidationLevel,
};

use load::{Load, LoadReport};
use observe::{Changes, Killed, Observe, Observed, OperationId, Profiling, Restored, Tail};
use standing::{Setup, Standing};

pub use export::{Export, ExportOutcome, ExportSource};
pub use outcome::{Changed, Outcome};

/// The name of a profile, as written in `[profiles.NAME]`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ProfileName(pub Arc<str>);

impl ProfileName {
    /// The profile called `name`.
    #[must_use]
    pub fn new(name: impl AsRef<str>) -> Self {
        Self(Arc::from(name.as_ref()))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ProfileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// `database.collection`. The collection's name may hold dots; the database's may not.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Namespace {
    /// The database's name.
    pub database: String,
    /// The collection's name.
    pub collection: String,
}

impl Namespace {
    /// The collection `collection` of `database`.
    #[must_use]
    pub fn new(database: impl Into<String>, collection: impl Into<String>) -> Self {
        Self {
            database: database.into(),
            collection: collection.into(),
        }
    }

    /// Reads `database.collection`, split at the first dot; `None` where either part is empty.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (database, collection) = text.split_once('.')?;
        (!database.is_empty() && !collection.is_empty()).then(|| Self::new(database, collection))
    }
}

impl fmt::Display for Namespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.database, self.collection)
    }
}

/// One running request. Unique within a run of the program; a reply is matched to its asker by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TaskId(pub u64);

/// One open stream of documents, held by the runner and read page by page as the person scrolls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FeedId(pub u64);

/// A `find` as the person asked for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Find {
    /// Which documents; `{}` is all of them.
    pub filter: RawDocumentBuf,
    /// The order asked of the server; `None` is the server's natural order.
    pub sort: Option<RawDocumentBuf>,
    /// Which fields; `None` is whole documents, and only those may be edited.
    pub projection: Option<RawDocumentBuf>,
    /// How many matching documents to pass over first.
    pub skip: u64,
    /// At the most so many documents; `None` is all of them, read as the person scrolls.
    pub limit: Option<u64>,
}

impl Find {
    /// All whole documents in natural order.
    #[must_use]
    pub fn all() -> Self {
        Self {
            filter: RawDocumentBuf::new(),
            sort: None,
            projection: None,
            skip: 0,
            limit: None,
        }
    }
}

/// The end of a feed from which a place is counted. Counting from the end lets the last documents be shown without
/// reading all the ones before them: the runner reads those through a second cursor of the opposite order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// Place 0 is the first document.
    Start,
    /// Place 0 is the last document, place 1 the one before it.
    End,
}

/// How many documents a feed holds, as far as is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// The cursor has been read to its end: exactly so many.
    Exactly(u64),
    /// The cursor has more: so many have been read from this side so far.
    AtLeast(u64),
}

/// Some neighbouring documents of a feed.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// The feed they are of.
    pub feed: FeedId,
    /// The end from which `offset` counts.
    pub side: Side,
    /// The place of the first of `documents`. With [`Side::End`], later elements lie *before* it in the feed's order.
    pub offset: u64,
    /// The documents, from `offset` on, away from `side`. Fewer than asked for where the feed ends or where the
    /// limit on bytes was reached; never none unless the feed ends there.
    pub documents: Vec<Arc<RawDocumentBuf>>,
    /// How long the feed is.
    pub extent: Extent,
}

/// What can be asked.
#[derive(Debug, Clone, PartialEq)]
pub enum Request {
    /// The databases that this user may see, with sizes. Answered by [`Reply::Databases`].
    Databases,
    /// The collections of a database, without counts. Answered by [`Reply::Collections`].
    Collections {
        /// The database.
        database: String,
    },
    /// Estimated counts and sizes of the collections of a database, asked after the names are shown, since a
    /// database may hold thousands. Answered by [`Reply::Sizes`].
    Sizes {
        /// The database.
        database: String,
        /// The collections; views are left out by the asker, since they have no size.
        collections: Vec<String>,
    },
    /// Everything about one collection. Answered by [`Reply::Details`].
    Details {
        /// The collection.
        namespace: Namespace,
    },
    /// Opens a cursor and reads its first page. Answered by [`Reply::Page`] with [`Side::Start`] and offset 0.
    OpenFeed {
        /// The new feed's id, chosen by the asker.
        feed: FeedId,
        /// The collection.
        namespace: Namespace,
        /// Which documents.
        find: Find,
        /// How many documents are wanted at first.
        count: usize,
    },
    /// Reads part of a feed: from what is kept of it, and from the server where it has not been read so far.
    /// Answered by [`Reply::Page`].
    Page {
        /// The feed.
        feed: FeedId,
        /// The end from which `offset` counts.
        side: Side,
        /// The first place wanted.
        offset: u64,
        /// At the most so many documents.
        count: usize,
        /// Stop after the document that brings the page to so many bytes.
        max_bytes: usize,
    },
    /// Closes a feed's cursors and frees what is kept of it. Answered by [`Reply::Done`].
    CloseFeed {
        /// The feed.
        feed: FeedId,
    },
    /// Puts a bounded load of reads on the profile's pool. Refused on a production profile that does not allow it.
    /// Answered by [`Reply::Loaded`], also where it was stopped half way.
    Load(Box<Load>),
    /// How the deployment stands. Answered by [`Reply::Standing`].
    Standing,
    /// The exact count of the documents that match. Answered by [`Reply::Count`].
    Count {
        /// The collection.
        namespace: Namespace,
        /// Which documents.
        filter: RawDocumentBuf,
    },
    /// Some documents at once, up to a bound and within a time. Answered by [`Reply::Gathered`].
    Gather(Gather),
    /// One document by its `_id`. Answered by [`Reply::Document`].
    Document {
        /// The collection.
        namespace: Namespace,
        /// The `_id`, of any kind.
        id: RawBson,
    },
    /// A change of documents. Refused on a profile that is read-only. Answered by [`Reply::Written`].
    Write(Write),
    /// Several changes in one transaction: all of them are done, or none. Refused on a profile that is read-only.
    /// Answered by [`Reply::Together`].
    Together(Together),
    /// Creates a collection, and with it its database. Refused on a profile that is read-only.
    /// Answered by [`Reply::Done`].
    CreateCollection {
        /// The new collection.
        namespace: Namespace,
        /// Further fields of the `create` command: `capped`, `size`, `timeseries`, `validator`, `viewOn`, … Empty for none.
        options: RawDocumentBuf,
    },
    /// Renames a collection within its deployment; refused by the server where the new name exists. Refused on a
    /// profile that is read-only. Answered by [`Reply::Done`].
    RenameCollection {
        /// The collection.
        from: Namespace,
        /// Its new name.
        to: Namespace,
    },
    /// Drops a collection with its documents and indexes. Refused on a profile that is read-only.
    /// Answered by [`Reply::Done`].
    DropCollection {
        /// The collection.
        namespace: Namespace,
    },
    /// Drops a database with all its collections. Refused on a profile that is read-only. Answered by [`Reply::Done`].
    DropDatabase {
        /// The database.
        database: String,
    },
    /// Holds a collection to its model: documents, references, duplicates, indexes, validator. Tells how far it is by
    /// [`Report::Progress`]. Answered by [`Reply::Checked`].
    Check(Box<Check>),
    /// Fixes all documents of a collection that need it. Tells how far it is by [`Report::Progress`]. A dry one is
    /// answered by [`Reply::MendPreview`]; one that writes is refused on a profile that is read-only, and answered by
    /// [`Reply::Mended`], also where it was stopped half way.
    Mend(Box<Mend>),
    /// Ends the batch that a mend was at when the program ended, as far as documents are still what they were. What the
    /// mend had not come to is done by the same [`Mend`] again. Refused on a profile that is read-only. Answered by
    /// [`Reply::Mended`].
    ResumeMend {
        /// The journal of the mend.
        journal: PathBuf,
    },
    /// Puts back what a mend changed, where nothing else has changed since. Refused on a profile that is read-only.
    /// Answered by [`Reply::Mended`].
    UndoMend {
        /// The journal of the mend.
        journal: PathBuf,
    },
    /// Makes indexes, one after the other; one that cannot be made does not keep the others from it. Refused on a profile
    /// that is read-only. Answered by [`Reply::IndexesMade`].
    CreateIndexes {
        /// The collection.
        namespace: Namespace,
        /// Each index as `createIndexes` takes it: `key`, `name`, options.
        indexes: Vec<RawDocumentBuf>,
    },
    /// Sets a collection's validator, in place of the one it has. Refused on a profile that is read-only.
    /// Answered by [`Reply::Done`].
    SetValidator {
        /// The collection.
        namespace: Namespace,
        /// The whole validator, `{ $jsonSchema: … }`; empty takes the validator away.
        validator: RawDocumentBuf,
        /// Which documents it holds for.
        level: ValidationLevel,
        /// What becomes of a write that breaks it.
        action: ValidationAction,
    },
    /// Runs a statement. One that writes is refused on a profile that is read-only. Answered by [`Reply::Ran`].
    Run {
        /// The statement.
        statement: Arc<Statement>,
        /// The id of the feed that is opened where the statement gives documents, chosen by the asker. No feed is open
        /// where it gives anything else.
        feed: FeedId,
        /// How many documents are wanted at first.
        count: usize,
    },
    /// Looks at the deployment itself. Answered by [`Reply::Observed`].
    Observe(Observe),
    /// Stops an operation on the server, and looks whether it is gone. Refused on a profile that is read-only. Answered
    /// by [`Reply::Killed`].
    KillOperation {
        /// The server that it runs on, as [`observe::Operations::host`] says it: another server has other operations of
        /// the same numbers.
        host: String,
        /// The operation.
        id: OperationId,
    },
    /// Sets a database's profiler. How it was before is remembered, and put back by [`Request::RestoreProfiling`], when
    /// the connection is closed and when the program ends. Refused on a profile that is read-only. Answered by
    /// [`Reply::Profiling`].
    SetProfiling {
        /// The database.
        database: String,
        /// How it is to be.
        to: Profiling,
    },
    /// Puts a profiler back as it was before this program set it; sends nothing where it has not. Not refused where the
    /// time for writing has run out meanwhile: the change that it takes back was allowed. Answered by
    /// [`Reply::ProfilingRestored`].
    RestoreProfiling {
        /// The database.
        database: String,
    },
    /// Begins to follow changes. Answered by [`Reply::Changes`], most often without any so far.
    OpenTail {
        /// The new tail's id, chosen by the asker.
        tail: FeedId,
        /// Which changes.
        what: Box<Tail>,
        /// Go on after this token, where changes were followed before; `None` begins now.
        after: Option<RawDocumentBuf>,
    },
    /// Waits a second for further changes. Answered by [`Reply::Changes`].
    Changes {
        /// The tail.
        tail: FeedId,
    },
    /// Ends the following of changes, on the server too. Answered by [`Reply::Done`].
    CloseTail {
        /// The tail.
        tail: FeedId,
    },
    /// The documents after a stage of a pipeline. Answered by [`Reply::Previewed`].
    Preview(Box<preview::Preview>),
    /// Writes a whole result to a file. Tells how far it is by [`Report::Progress`]. Answered by [`Reply::Exported`], and
    /// only once nothing of a file that was not finished is left, also where it is stopped.
    Export(Box<Export>),
}

impl Request {
    /// Whether carrying this out may change what the deployment holds. The runner refuses such a request on a
    /// read-only profile, whoever asks.
    #[must_use]
    pub fn writes(&self) -> bool {
        match self {
            Self::Write(_)
            | Self::Together(_)
            | Self::CreateCollection { .. }
            | Self::RenameCollection { .. }
            | Self::DropCollection { .. }
            | Self::DropDatabase { .. }
            | Self::ResumeMend { .. }
            | Self::UndoMend { .. }
            | Self::CreateIndexes { .. }
            | Self::SetValidator { .. }
            | Self::KillOperation { .. }
            | Self::SetProfiling { .. } => true,
            Self::Mend(mend) => mend.mode == MendMode::Write,
            Self::Run { statement, .. } => statement.consequence().writes(),
            Self::Databases
            | Self::Collections { .. }
            | Self::Sizes { .. }
            | Self::Details { .. }
            | Self::OpenFeed { .. }
            | Self::Page { .. }
            | Self::CloseFeed { .. }
            | Self::Count { .. }
            | Self::Standing
            | Self::Load(_)
            | Self::Gather(_)
            | Self::Document { .. }
            | Self::Check(_)
            | Self::Observe(_)
            | Self::RestoreProfiling { .. }
            | Self::OpenTail { .. }
            | Self::Changes { .. }
            | Self::CloseTail { .. }
            // Refused by itself where its statement would write.
            | Self::Preview(_)
            | Self::Export(_) => false,
        }
    }

    /// The statement that it runs.
    #[must_use]
    pub fn statement(&self) -> Option<&Statement> {
        match self {
            Self::Run { statement, .. } => Some(statement),
            Self::Export(export) => match &export.source {
                ExportSource::Statement(statement) => Some(statement),
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether the end of it is awaited when it is stopped, since it leaves something behind until then, or tells what it came to so far.
    #[must_use]
    pub fn is_awaited(&self) -> bool {
        self.writes() || matches!(self, Self::Export(_) | Self::Load(_))
    }
}

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

/// Some documents, read at once into memory.
#[derive(Debug, Clone, PartialEq)]
pub struct Gather {
    /// The collection.
    pub namespace: Namespace,
    /// Which documents.
    pub filter: RawDocumentBuf,
    /// Which fields; `None` is whole documents.
    pub projection: Option<RawDocumentBuf>,
    /// In which order; `None` is the server's.
    pub sort: Option<RawDocumentBuf>,
    /// At the most so many documents.
    pub limit: u64,
    /// No further document once so many bytes are there.
    pub max_bytes: usize,
    /// The server stops working on it after this time.
    pub within: Duration,
    /// Whether to ask the server first how it will find them.
    pub explain: bool,
}

/// To [`Request::Gather`].
#[derive(Debug, Clone, PartialEq)]
pub struct Gathered {
    /// The documents.
    pub documents: Vec<Arc<RawDocumentBuf>>,
    /// Whether there are others.
    pub end: GatherEnd,
    /// How the server finds them.
    pub serving: Serving,
}

/// Why a gathering ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GatherEnd {
    /// These are all.
    All,
    /// The limit of documents or bytes was reached: there are others.
    Limit,
    /// The time was over: there may be others.
    Time,
}

/// How a server finds the documents of a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Serving {
    /// By the index of this name.
    Index(String),
    /// By reading the whole collection.
    Scan,
    /// It was not asked, or did not say.
    Unknown,
}

/// What comes back.
#[derive(Debug, Clone, PartialEq)]
pub enum Reply {
    /// To [`Request::Databases`], by name.
    Databases(Vec<DatabaseInfo>),
    /// To [`Request::Collections`], by name.
    Collections(Vec<CollectionInfo>),
    /// To [`Request::Sizes`]: the figures of those collections that could be read.
    Sizes(Vec<(String, CollectionSize)>),
    /// To [`Request::Details`].
    Details(Box<CollectionDetails>),
    /// To [`Request::OpenFeed`] and [`Request::Page`].
    Page(Page),
    /// To [`Request::Count`].
    Count(u64),
    /// To [`Request::Document`]; `None` where there is none with that `_id`.
    Document(Option<RawDocumentBuf>),
    /// To [`Request::Load`].
    Loaded(Box<LoadReport>),
    /// To [`Request::Standing`].
    Standing(Box<Standing>),
    /// To [`Request::Gather`].
    Gathered(Gathered),
    /// To [`Request::Write`].
    Written(WriteOutcome),
    /// To [`Request::Together`].
    Together(TogetherOutcome),
    /// To [`Request::Check`].
    Checked(Arc<CheckReport>),
    /// To a dry [`Request::Mend`].
    MendPreview(Box<MendPreview>),
    /// To [`Request::Mend`], [`Request::ResumeMend`] and [`Request::UndoMend`].
    Mended(Box<MendOutcome>),
    /// To [`Request::CreateIndexes`], in their order.
    IndexesMade(Vec<IndexMade>),
    /// To [`Request::Run`].
    Ran(Outcome),
    /// To [`Request::Observe`].
    Observed(Arc<Observed>),
    /// To [`Request::KillOperation`].
    Killed(Killed),
    /// To [`Request::SetProfiling`]: how the profiler is set now.
    Profiling(Profiling),
    /// To [`Request::RestoreProfiling`].
    ProfilingRestored(Restored),
    /// To [`Request::OpenTail`] and [`Request::Changes`].
    Changes(Changes),
    /// To [`Request::Preview`].
    Previewed(preview::Previewed),
    /// To [`Request::Export`].
    Exported(ExportOutcome),
    /// To a request that has nothing to tell.
    Done,
}

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

/// The kind of a [`Failure`], for what the screen offers next and for the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FailureKind {
    /// No server could be reached or selected.
    Unreachable,
    /// The replica set has no primary, and what was asked needs one: an election may be under way.
    NoPrimary,
    /// The server did not accept who we are.
    Authentication,
    /// This user may not do that.
    Permission,
    /// The certificates do not hold.
    Tls,
    /// It took longer than was allowed.
    Timeout,
    /// The person stopped it.
    Cancelled,
    /// The profile is read-only: nothing was sent.
    ReadOnly,
    /// A unique index has that value already.
    DuplicateKey,
    /// The collection's validator refused the document.
    Validation,
    /// A field that cannot change, `_id` for one.
    ImmutableField,
    /// Over the 16 MiB that a document may have.
    TooLarge,
    /// The connection broke after the write was sent: it may or may not have been done.
    UnknownOutcome,
    /// The server does not accept this request.
    Query,
    /// What was asked for is not there (any more): a feed that was closed, a namespace that was dropped.
    Gone,
    /// The configuration cannot be used: a bad URI, a secret that cannot be had, a file that is missing.
    Configuration,
    /// Something of this machine: the disk is full, a file cannot be read.
    Local,
    /// Anything else.
    Other,
}

/// Why something could not be done, in words for the person.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    /// What to do about it is decided by this.
    pub kind: FailureKind,
    /// One line: lower case, values in backticks.
    pub summary: String,
    /// The next step, where one is known.
    pub help: Option<String>,
    /// Everything that was said, for the detail view: without secrets.
    pub detail: String,
    /// The server's error code.
    pub code: Option<i32>,
    /// The server's name of that code.
    pub code_name: Option<String>,
    /// The error's labels (`RetryableWriteError`, …).
    pub labels: Vec<String>,
    /// What the server's validator refused, path by path, out of `errInfo`.
    pub refusals: Vec<Refusal>,
}

impl Failure {
    /// A failure with a summary alone.
    #[must_use]
    pub fn new(kind: FailureKind, summary: impl Into<String>) -> Self {
        Self {
            kind,
            summary: summary.into(),
            help: None,
            detail: String::new(),
            code: None,
            code_name: None,
            labels: Vec::new(),
            refusals: Vec::new(),
        }
    }

    /// The same failure with the next step.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.summary)?;
        match &self.help {
            Some(help) => write!(f, "; {help}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Failure {}

/// One reason of the server's validator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The place in the document; the root for a rule on the whole.
    pub path: Path,
    /// The rule in plain words: ``must be one of `a`, `b` ``.
    pub message: String,
}

/// What a server is in its deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// A server of its own.
    Standalone,
    /// The writable member of a replica set.
    Primary,
    /// A member that follows.
    Secondary,
    /// The router of a sharded cluster.
    Router,
    /// Anything else: arbiter, recovering, load-balanced.
    Other,
}

impl Role {
    /// The word on the screen.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Standalone => "standalone",
            Self::Primary => "primary",
            Self::Secondary => "secondary",
            Self::Router => "mongos",
            Self::Other => "member",
        }
    }
}

/// A deployment that answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerInfo {
    /// The server's version, `6.0.5`.
    pub version: String,
    /// What it is.
    pub role: Role,
    /// The replica set's name.
    pub set_name: Option<String>,
    /// Time of the last `ping`, there and back.
    pub round_trip: Duration,
    /// The server's address.
    pub address: String,
}

/// How a profile's connection stands. Each profile has its own; none waits for another.
#[derive(Debug, Clone, PartialEq)]
pub enum ConnectionState {
    /// Not asked for so far, or closed by the person.
    Closed,
    /// The first attempt is under way.
    Connecting,
    /// It answers.
    Ready(ServerInfo),
    /// It did not answer; the next attempt comes by itself.
    Retrying {
        /// Attempts so far.
        attempt: u32,
        /// Time from this report until the next attempt.
        next_in: Duration,
        /// Why the last one failed.
        failure: Failure,
    },
    /// It cannot work as configured (a wrong password, a bad URI): no further attempt until the person asks.
    Failed(Failure),
}

/// Whether a profile may be written to at this moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Access {
    /// No write leaves this program.
    ReadOnly,
    /// Writes are sent once the person confirmed them.
    ReadWrite,
}

/// What the runner tells, in the order it happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Report {
    /// A task that takes long is so far. Comes before its [`Report::Settled`], and never after it.
    Progress {
        /// The profile it is for.
        profile: ProfileName,
        /// The task.
        task: TaskId,
        /// How far.
        progress: Progress,
    },
    /// A task is over.
    Settled {
        /// The profile it was for.
        profile: ProfileName,
        /// The task.
        task: TaskId,
        /// What came of it.
        result: Result<Reply, Failure>,
        /// From the start of the request to its end.
        took: Duration,
    },
    /// A profile's connection changed.
    Connection {
        /// The profile.
        profile: ProfileName,
        /// How it stands now.
        state: ConnectionState,
    },
    /// What a profile's connection is made with, as soon as that is known.
    Setup {
        /// The profile.
        profile: ProfileName,
        /// What with.
        setup: Arc<Setup>,
    },
    /// A profile's access changed: unlocked, or the unlock ran out.
    Access {
        /// The profile.
        profile: ProfileName,
        /// What it is now.
        access: Access,
    },
    /// What a profile's connection pools have come to. Told when something happened, four times a second at the most.
    Pools {
        /// The profile.
        profile: ProfileName,
        /// What a line can say of them.
        summary: Summary,
        /// All figures, while they are watched; `None` where nobody looks at more than the summary.
        pools: Option<Arc<Pools>>,
        /// The moment of the figures, on their own clock.
        at: Moment,
    },
}
