//! What a statement can do: the operations of a collection and of a database, and the methods of a cursor.
//!
//! Names, aliases, and what arguments each takes. Knows no syntax and sends nothing.

macro_rules! names {
    ($(#[$doc:meta])* $kind:ident { $($(#[$item:meta])* $variant:ident = $name:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $kind { $($(#[$item])* $variant,)* }

        impl $kind {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name as it is written in the shell.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The one of this name.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

names! {
    /// What a statement does.
    Operation {
        /// Reads documents: filter, projection, options.
        Find = "find",
        /// Reads one document: filter, projection, options.
        FindOne = "findOne",
        /// Runs a pipeline: the pipeline, options. On a database where the statement has no collection.
        Aggregate = "aggregate",
        /// Counts exactly: filter, options.
        CountDocuments = "countDocuments",
        /// Counts from metadata: options.
        EstimatedDocumentCount = "estimatedDocumentCount",
        /// The old `count` command: filter, options.
        Count = "count",
        /// The different values of a field: field, filter, options.
        Distinct = "distinct",
        /// Lists indexes.
        GetIndexes = "getIndexes",
        /// Figures of a collection: options or scale.
        Stats = "stats",
        /// Inserts a document: document, options.
        InsertOne = "insertOne",
        /// Inserts documents: array, options.
        InsertMany = "insertMany",
        /// Changes the first that matches: filter, update, options.
        UpdateOne = "updateOne",
        /// Changes all that match: filter, update, options.
        UpdateMany = "updateMany",
        /// Replaces the first that matches: filter, document, options.
        ReplaceOne = "replaceOne",
        /// Deletes the first that matches: filter, options.
        DeleteOne = "deleteOne",
        /// Deletes all that match: filter, options.
        DeleteMany = "deleteMany",
        /// Changes one and gives it: filter, update, options.
        FindOneAndUpdate = "findOneAndUpdate",
        /// Replaces one and gives it: filter, document, options.
        FindOneAndReplace = "findOneAndReplace",
        /// Deletes one and gives it: filter, options.
        FindOneAndDelete = "findOneAndDelete",
        /// The `findAndModify` command: one document of its fields.
        FindAndModify = "findAndModify",
        /// Several writes at once: array of operations, options.
        BulkWrite = "bulkWrite",
        /// Creates an index: keys, options, commit quorum.
        CreateIndex = "createIndex",
        /// Creates indexes: array of keys, options, commit quorum.
        CreateIndexes = "createIndexes",
        /// Drops an index: name or keys.
        DropIndex = "dropIndex",
        /// Drops all indexes but that of `_id`, or those named.
        DropIndexes = "dropIndexes",
        /// Hides an index from the planner: name or keys.
        HideIndex = "hideIndex",
        /// Shows a hidden index to the planner again: name or keys.
        UnhideIndex = "unhideIndex",
        /// Creates a collection: name, options.
        CreateCollection = "createCollection",
        /// Creates a view: name, source, pipeline, options.
        CreateView = "createView",
        /// Drops the collection: options.
        Drop = "drop",
        /// Drops the database: options.
        DropDatabase = "dropDatabase",
        /// Renames the collection: new name, whether an existing one is dropped.
        RenameCollection = "renameCollection",
        /// Runs a command on the database: document or name.
        RunCommand = "runCommand",
        /// Runs a command on `admin`: document or name.
        AdminCommand = "adminCommand",
        /// Runs map and reduce functions on the server: map, reduce, options.
        MapReduce = "mapReduce",
        /// Lists the names of collections.
        GetCollectionNames = "getCollectionNames",
        /// Lists collections with their options: filter, options.
        GetCollectionInfos = "getCollectionInfos",
        /// Lists databases.
        GetDatabaseNames = "getDBNames",
        /// Changes to another database, and nothing else.
        Use = "use",
    }
}

names! {
    /// A method on what `find` or `aggregate` give.
    CursorMethod {
        /// The order: a document.
        Sort = "sort",
        /// At the most so many: a whole number.
        Limit = "limit",
        /// Pass over so many: a whole number.
        Skip = "skip",
        /// Which fields: a document.
        Projection = "projection",
        /// Which index: name or keys.
        Hint = "hint",
        /// The rules of comparing text: a document.
        Collation = "collation",
        /// The time limit: milliseconds.
        MaxTimeMs = "maxTimeMS",
        /// The time limit of waiting for more: milliseconds.
        MaxAwaitTimeMs = "maxAwaitTimeMS",
        /// Documents to a batch: a whole number.
        BatchSize = "batchSize",
        /// A note in logs and the profiler.
        Comment = "comment",
        /// Whether a sort may use the disk: a boolean, `true` where none is given.
        AllowDiskUse = "allowDiskUse",
        /// Which members may answer: mode, tags.
        ReadPref = "readPref",
        /// How settled the data must be: a level.
        ReadConcern = "readConcern",
        /// The lower bound in an index: a document.
        Min = "min",
        /// The upper bound in an index: a document.
        Max = "max",
        /// Only the fields of the index: a boolean.
        ReturnKey = "returnKey",
        /// With the number of the record: a boolean.
        ShowRecordId = "showRecordId",
        /// The cursor never times out.
        NoCursorTimeout = "noCursorTimeout",
        /// The cursor of a capped collection stays open: options.
        Tailable = "tailable",
        /// Parts may be missing: a boolean.
        AllowPartialResults = "allowPartialResults",
        /// The plan in place of the documents: a verbosity.
        Explain = "explain",
        /// The number of documents instead of them.
        Count = "count",
        /// The number of documents with skip and limit.
        Size = "size",
        /// The number of documents by reading them all.
        ItCount = "itcount",
        /// Whether there is one.
        HasNext = "hasNext",
        /// The first.
        Next = "next",
        /// The first, or nothing.
        TryNext = "tryNext",
        /// All of them, as they would be shown anyway.
        ToArray = "toArray",
        /// As they would be shown anyway.
        Pretty = "pretty",
    }
}

/// What an argument has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Takes {
    /// A filter: a document; nothing is `{}` where the argument may be left out.
    Filter,
    /// A filter, or an `_id` of kind ObjectId.
    FilterOrId,
    /// A document.
    Document,
    /// An update: a document of `$` operators, or a pipeline.
    Update,
    /// A document without `$` operators.
    Replacement,
    /// An array of documents.
    Documents,
    /// A string.
    Text,
    /// A string or a document.
    TextOrDocument,
    /// A whole number.
    Whole,
    /// Anything.
    Any,
}

/// The arguments of an operation: the first so many have to be given.
pub(super) fn signature(operation: Operation) -> (usize, &'static [Takes]) {
    use Operation as O;
    use Takes as T;
    match operation {
        O::Find | O::FindOne => (0, &[T::FilterOrId, T::Document, T::Document]),
        O::CountDocuments | O::Count => (0, &[T::Filter, T::Document]),
        O::EstimatedDocumentCount | O::Drop | O::DropDatabase => (0, &[T::Document]),
        O::Distinct => (1, &[T::Text, T::Filter, T::Document]),
        O::Stats => (0, &[T::Any]),
        O::InsertOne => (1, &[T::Document, T::Document]),
        O::InsertMany | O::BulkWrite => (1, &[T::Documents, T::Document]),
        O::UpdateOne | O::UpdateMany | O::FindOneAndUpdate => {
            (2, &[T::Filter, T::Update, T::Document])
        }
        O::ReplaceOne | O::FindOneAndReplace => (2, &[T::Filter, T::Replacement, T::Document]),
        O::DeleteOne | O::DeleteMany | O::FindOneAndDelete => (1, &[T::Filter, T::Document]),
        O::FindAndModify => (1, &[T::Document]),
        O::CreateIndex => (1, &[T::TextOrDocument, T::Document, T::Any]),
        O::CreateIndexes => (1, &[T::Documents, T::Document, T::Any]),
        O::DropIndex | O::HideIndex | O::UnhideIndex => (1, &[T::TextOrDocument]),
        O::DropIndexes => (0, &[T::Any]),
        O::CreateCollection => (1, &[T::Text, T::Document]),
        O::CreateView => (3, &[T::Text, T::Text, T::Any, T::Document]),
        O::RenameCollection => (1, &[T::Text, T::Any]),
        O::RunCommand | O::AdminCommand => (1, &[T::TextOrDocument, T::Document]),
        O::MapReduce => (3, &[T::Any, T::Any, T::TextOrDocument]),
        O::GetCollectionInfos => (0, &[T::Filter, T::Document]),
        // The pipeline is made of all arguments.
        O::Aggregate => (0, &[]),
        O::GetIndexes | O::GetCollectionNames | O::GetDatabaseNames | O::Use => (0, &[]),
    }
}

/// The arguments of a cursor method.
pub(super) fn cursor_signature(method: CursorMethod) -> (usize, &'static [Takes]) {
    use CursorMethod as M;
    use Takes as T;
    match method {
        M::Sort | M::Hint => (1, &[T::Any]),
        M::Limit | M::Skip | M::MaxTimeMs | M::MaxAwaitTimeMs | M::BatchSize => (1, &[T::Whole]),
        M::Projection | M::Collation | M::Min | M::Max => (1, &[T::Document]),
        M::Comment => (1, &[T::Any]),
        M::ReadPref => (1, &[T::Text, T::Any, T::Any]),
        M::ReadConcern => (1, &[T::Text]),
        M::AllowDiskUse
        | M::ReturnKey
        | M::ShowRecordId
        | M::AllowPartialResults
        | M::Tailable
        | M::Explain
        | M::Count => (0, &[T::Any]),
        M::NoCursorTimeout
        | M::Size
        | M::ItCount
        | M::HasNext
        | M::Next
        | M::TryNext
        | M::ToArray
        | M::Pretty => (0, &[]),
    }
}

/// Whether the method can follow `aggregate`; the others need a stage of the pipeline.
pub(super) fn follows_aggregate(method: CursorMethod) -> bool {
    use CursorMethod as M;
    matches!(
        method,
        M::BatchSize
            | M::MaxTimeMs
            | M::MaxAwaitTimeMs
            | M::Comment
            | M::Explain
            | M::ItCount
            | M::HasNext
            | M::Next
            | M::TryNext
            | M::ToArray
            | M::Pretty
            | M::ReadConcern
            | M::ReadPref
    )
}

impl Operation {
    /// Whether it is one of a collection, so that a statement has to name one.
    #[must_use]
    pub fn of_collection(self) -> bool {
        !self.of_database() || self == Self::Aggregate
    }

    /// Whether it can be asked of a database itself.
    #[must_use]
    pub fn of_database(self) -> bool {
        matches!(
            self,
            Self::Aggregate
                | Self::CreateCollection
                | Self::CreateView
                | Self::DropDatabase
                | Self::RunCommand
                | Self::AdminCommand
                | Self::GetCollectionNames
                | Self::GetCollectionInfos
                | Self::GetDatabaseNames
                | Self::Use
        )
    }
}
