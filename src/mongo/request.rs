//! What can be asked of a deployment, and what comes back, as plain data.
//!
//! Knows BSON and time spans; must not know the driver, the screen or the configuration file. Two equal requests ask
//! for the same thing, so a test of the state machine compares them instead of pretending to be a server.

mod catalog;
mod connection;
mod export;
mod failure;
mod outcome;
mod write;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bson::{RawBson, RawDocumentBuf};

use crate::pool::{Moment, Pools, Summary};
use crate::query::Statement;

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

pub use catalog::{
    CollectionDetails, CollectionInfo, CollectionKind, CollectionSize, CollectionStats,
    DatabaseInfo, IndexInfo,
};
pub use connection::{Access, ConnectionState, Role, ServerInfo};
pub use export::{Export, ExportOutcome, ExportSource};
pub use failure::{Failure, FailureKind, Refusal};
pub use outcome::{Changed, Outcome};
pub use write::{
    Absence, MOST_TOGETHER, MOST_TOGETHER_BYTES, Together, TogetherOutcome, Write, WriteOutcome,
};

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
    /// Stops an operation on the server, and looks whether it is gone; a session's open transaction is aborted. Refused on
    /// a profile that is read-only. Answered by [`Reply::Killed`].
    KillOperation {
        /// The server that it runs on, as [`observe::Operations::host`] says it: another server has other operations of
        /// the same numbers.
        host: String,
        /// The operation.
        id: OperationId,
        /// The collection and the cursor whose batch it gets: that is closed too, so that no other batch follows.
        cursor: Option<(Namespace, i64)>,
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
    /// The server is so far with the index build of a task. Comes before its [`Report::Settled`], and never after it; does
    /// not come where this user may not see what runs, or the server cannot be asked for the task's own operation.
    Building {
        /// The profile it is for.
        profile: ProfileName,
        /// The task.
        task: TaskId,
        /// How far; `None` where nothing is built at the moment: it waits, or it is between two indexes.
        building: Option<observe::Building>,
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
    /// Which profilers of a profile an earlier run has set and not put back, all of them that still are so. Comes once
    /// it is connected, where there are any, and when one of them is put back or set anew.
    ProfilersLeft {
        /// The profile.
        profile: ProfileName,
        /// The profilers.
        left: Vec<observe::LeftProfiler>,
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
