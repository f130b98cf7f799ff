//! Operations of collections and databases, methods of cursors, and the keys of their options.

use super::{Entry, Role, entry};
use Role::{
    Any, Bool, Collection, Document, Each, Filter, IndexKeys, Keys, List, Name, Pipeline,
    Projection, Sort, Update, Whole, Words,
};

as_written! {
    const COLLATION_KEYS: &[Entry] = &[
        entry("locale", "locale: 'en'", "the language", Any),
        entry("strength", "strength: 1 … 5", "2 passes over case, 1 over accents too", Whole),
        entry("caseLevel", "caseLevel: boolean", "whether case counts at strength 1 and 2", Bool),
        entry("caseFirst", "caseFirst: 'upper' | 'lower'", "which come first", Words(&["upper", "lower", "off"])),
        entry("numericOrdering", "numericOrdering: boolean", "whether '10' comes after '9'", Bool),
        entry("alternate", "alternate: 'shifted'", "whether spaces and signs are passed over", Words(&["non-ignorable", "shifted"])),
        entry("maxVariable", "maxVariable: 'punct' | 'space'", "what `alternate` passes over", Words(&["punct", "space"])),
        entry("backwards", "backwards: boolean", "whether accents count from the end", Bool),
        entry("normalization", "normalization: boolean", "whether text is normalised first", Bool),
    ];
    /// What a collation's document holds.
    pub(in crate::query) const COLLATION: Role = Keys(COLLATION_KEYS);
    /// Levels of read concern.
    pub(in crate::query) const LEVELS: Role =
        Words(&["local", "available", "majority", "linearizable", "snapshot"]);
    /// Read preferences.
    const MODES: Role = Words(&[
        "primary", "primaryPreferred", "secondary", "secondaryPreferred", "nearest",
    ]);
    /// How much `explain` tells.
    const VERBOSITY: Role = Words(&["queryPlanner", "executionStats", "allPlansExecution"]);

    const O_COLLATION: Entry = entry("collation", "collation: { locale, strength }", "the rules of comparing text", COLLATION);
    const O_HINT: Entry = entry("hint", "hint: 'name' | { keys }", "which index", IndexKeys);
    const O_MAX_TIME: Entry = entry("maxTimeMS", "maxTimeMS: milliseconds", "the server stops after this time", Whole);
    const O_COMMENT: Entry = entry("comment", "comment: 'text'", "a note that the profiler and logs show", Any);
    const O_UPSERT: Entry = entry("upsert", "upsert: boolean", "whether to insert where nothing matches", Bool);
    const O_FILTERS: Entry = entry("arrayFilters", "arrayFilters: [filter, …]", "which elements `$[name]` stands for", List(&Filter));
    const O_LET: Entry = entry("let", "let: { name: value }", "names for values, used as `$$name`", Each(&Any));
    const O_SORT: Entry = entry("sort", "sort: { field: 1 }", "which is the first", Sort);
    const O_PROJECTION: Entry = entry("projection", "projection: { field: 1 }", "which fields come back", Projection);
    const O_CONCERN: Entry = entry("writeConcern", "writeConcern: { w, j, wtimeout }", "when a write counts as done", Keys(&[
        entry("w", "w: 'majority' | n", "how many members have it", Words(&["majority"])),
        entry("j", "j: boolean", "whether the journal has it", Bool),
        entry("wtimeout", "wtimeout: milliseconds", "how long to wait", Whole),
    ]));
    const O_READ_CONCERN: Entry = entry("readConcern", "readConcern: { level }", "how settled the data must be", Keys(&[
        entry("level", "level: 'majority' | …", "how settled", LEVELS),
    ]));
    const O_RETURN: Entry = entry("returnDocument", "returnDocument: 'before' | 'after'", "which of the two comes back", Words(&["before", "after"]));
    const O_ORDERED: Entry = entry("ordered", "ordered: boolean", "whether the first failure ends it", Bool);
    const O_BATCH: Entry = entry("batchSize", "batchSize: n", "documents to a batch", Whole);
    const O_DISK: Entry = entry("allowDiskUse", "allowDiskUse: boolean", "whether stages may use the disk", Bool);

    const FIND: Role = Keys(&[
        O_PROJECTION, O_SORT, entry("limit", "limit: n", "at the most so many", Whole),
        entry("skip", "skip: n", "pass over so many", Whole), O_HINT, O_COLLATION, O_MAX_TIME, O_BATCH, O_COMMENT, O_DISK, O_LET, O_READ_CONCERN,
    ]);
    const AGGREGATE: Role = Keys(&[
        O_DISK, O_MAX_TIME, O_BATCH, O_HINT, O_COLLATION, O_COMMENT, O_LET, O_READ_CONCERN, O_CONCERN,
        entry("bypassDocumentValidation", "bypassDocumentValidation: boolean", "whether `$out` passes over validators", Bool),
    ]);
    const COUNT: Role = Keys(&[
        entry("limit", "limit: n", "count no further", Whole), entry("skip", "skip: n", "pass over so many", Whole),
        O_HINT, O_COLLATION, O_MAX_TIME, O_COMMENT,
    ]);
    const DISTINCT: Role = Keys(&[O_COLLATION, O_MAX_TIME, O_COMMENT, O_HINT]);
    const UPDATING: Role = Keys(&[O_UPSERT, O_FILTERS, O_HINT, O_COLLATION, O_LET, O_COMMENT, O_CONCERN, O_SORT]);
    const REPLACING: Role = Keys(&[O_UPSERT, O_HINT, O_COLLATION, O_LET, O_COMMENT, O_CONCERN, O_SORT]);
    const DELETING: Role = Keys(&[O_HINT, O_COLLATION, O_LET, O_COMMENT, O_CONCERN]);
    const TAKING: Role = Keys(&[
        O_RETURN, O_SORT, O_PROJECTION, O_UPSERT, O_FILTERS, O_HINT, O_COLLATION, O_MAX_TIME, O_LET, O_COMMENT, O_CONCERN,
    ]);
    const INSERTING: Role = Keys(&[O_ORDERED, O_COMMENT, O_CONCERN]);

    const MODIFYING: Role = Keys(&[
        entry("query", "query: filter", "which document", Filter),
        O_SORT,
        entry("update", "update: { $set: … }", "the change", Update),
        entry("remove", "remove: boolean", "delete it instead", Bool),
        entry("new", "new: boolean", "give it as it is afterwards", Bool),
        entry("fields", "fields: { field: 1 }", "which fields come back", Projection),
        O_UPSERT,
        O_FILTERS,
        O_HINT,
        O_COLLATION,
        O_MAX_TIME,
    ]);

    /// Options of an index.
    const INDEX: Role = Keys(&[
        entry("name", "name: 'name'", "its name; made of the keys where left out", Name),
        entry("unique", "unique: boolean", "whether no two documents may have the same keys", Bool),
        entry("sparse", "sparse: boolean", "whether documents without the field are left out", Bool),
        entry("expireAfterSeconds", "expireAfterSeconds: n", "documents are deleted so long after the date", Whole),
        entry("partialFilterExpression", "partialFilterExpression: filter", "which documents are in it", Filter),
        entry("hidden", "hidden: boolean", "whether the planner passes over it", Bool),
        O_COLLATION,
        entry("wildcardProjection", "wildcardProjection: { field: 1 }", "which fields of `$**`", Projection),
        entry("weights", "weights: { field: n }", "how much each field of a text index counts", Role::Fields(&Whole)),
        entry("default_language", "default_language: 'english'", "the language of a text index", Any),
        entry("language_override", "language_override: 'field'", "the field that names a document's language", Role::FieldName),
        entry("2dsphereIndexVersion", "2dsphereIndexVersion: 3", "the version of a geospatial index", Whole),
        entry("min", "min: n", "the lower limit of a flat geospatial index", Whole),
        entry("max", "max: n", "the upper limit of a flat geospatial index", Whole),
        entry("bits", "bits: n", "the precision of a flat geospatial index", Whole),
    ]);

    const CREATE: Role = Keys(&[
        entry("capped", "capped: boolean", "whether old documents make way", Bool),
        entry("size", "size: bytes", "how large a capped collection grows", Whole),
        entry("max", "max: n", "how many documents a capped collection has", Whole),
        entry("validator", "validator: filter", "what documents have to match", Filter),
        entry("validationLevel", "validationLevel: 'strict' | 'moderate' | 'off'", "which writes are checked", Words(&["strict", "moderate", "off"])),
        entry("validationAction", "validationAction: 'error' | 'warn'", "what comes of a mismatch", Words(&["error", "warn", "errorAndLog"])),
        O_COLLATION,
        entry("timeseries", "timeseries: { timeField, metaField, granularity }", "a time series", Keys(&[
            entry("timeField", "timeField: 'field'", "the field of the time", Name),
            entry("metaField", "metaField: 'field'", "the field of the labels", Name),
            entry("granularity", "granularity: 'seconds' | 'minutes' | 'hours'", "how close measurements are", Words(&["seconds", "minutes", "hours"])),
            entry("bucketMaxSpanSeconds", "bucketMaxSpanSeconds: n", "how long a bucket is", Whole).since(6, 3),
            entry("bucketRoundingSeconds", "bucketRoundingSeconds: n", "where a bucket starts", Whole).since(6, 3),
        ])).since(5, 0),
        entry("expireAfterSeconds", "expireAfterSeconds: n", "when data of a time series goes", Whole),
        entry("clusteredIndex", "clusteredIndex: { key: { _id: 1 }, unique: true }", "documents stored in the order of `_id`", Any).since(5, 3),
        entry("changeStreamPreAndPostImages", "changeStreamPreAndPostImages: { enabled }", "keep documents before their changes", Any).since(6, 0),
        entry("viewOn", "viewOn: 'collection'", "a view of this collection", Collection),
        entry("pipeline", "pipeline: [stage, …]", "the view's pipeline", Pipeline),
    ]);

    const WRITES: Role = List(&Keys(&[
        entry("insertOne", "insertOne: { document }", "inserts a document", Keys(&[entry("document", "document: { … }", "the document", Document)])),
        entry("updateOne", "updateOne: { filter, update, upsert }", "changes the first that matches", W_UPDATE),
        entry("updateMany", "updateMany: { filter, update, upsert }", "changes all that match", W_UPDATE),
        entry("replaceOne", "replaceOne: { filter, replacement, upsert }", "replaces the first that matches", Keys(&[
            W_FILTER, entry("replacement", "replacement: { … }", "the new document", Document), O_UPSERT, O_HINT, O_COLLATION,
        ])),
        entry("deleteOne", "deleteOne: { filter }", "deletes the first that matches", W_DELETE),
        entry("deleteMany", "deleteMany: { filter }", "deletes all that match", W_DELETE),
    ]));
    const W_FILTER: Entry = entry("filter", "filter: { … }", "which documents", Filter);
    const W_UPDATE: Role = Keys(&[
        W_FILTER, entry("update", "update: { $set: … }", "the change", Update), O_UPSERT, O_FILTERS, O_HINT, O_COLLATION,
    ]);
    const W_DELETE: Role = Keys(&[W_FILTER, O_HINT, O_COLLATION]);

    /// Operations of a collection or a database; `takes` says nothing, see [`arguments`].
    pub(in crate::query) const OPERATIONS: &[Entry] = &[
        entry("find", "find(filter, projection, options)", "reads documents", Any).snippet("find({ ‹› })"),
        entry("findOne", "findOne(filter, projection, options)", "reads one document", Any).snippet("findOne({ ‹› })"),
        entry("aggregate", "aggregate([stage, …], options)", "runs a pipeline", Any).snippet("aggregate([\n  { ‹› },\n])"),
        entry("countDocuments", "countDocuments(filter, options)", "counts exactly", Any).snippet("countDocuments({ ‹› })"),
        entry("estimatedDocumentCount", "estimatedDocumentCount()", "counts from what the server keeps; at once", Any).snippet("estimatedDocumentCount()"),
        entry("distinct", "distinct('field', filter)", "the different values of a field", Any).snippet("distinct('‹field›')"),
        entry("getIndexes", "getIndexes()", "lists indexes", Any).snippet("getIndexes()"),
        entry("stats", "stats()", "sizes and counts", Any).snippet("stats()"),
        entry("explain", "explain('executionStats').find(…)", "the plan in place of the result", Any).snippet("explain('executionStats').‹›"),
        entry("insertOne", "insertOne({ … }, options)", "inserts a document", Any).snippet("insertOne({ ‹› })"),
        entry("insertMany", "insertMany([{ … }, …], options)", "inserts documents", Any).snippet("insertMany([{ ‹› }])"),
        entry("updateOne", "updateOne(filter, update, options)", "changes the first that matches", Any).snippet("updateOne({ ‹› }, { $set: { ‹› } })"),
        entry("updateMany", "updateMany(filter, update, options)", "changes all that match", Any).snippet("updateMany({ ‹› }, { $set: { ‹› } })"),
        entry("replaceOne", "replaceOne(filter, document, options)", "replaces the first that matches", Any).snippet("replaceOne({ ‹› }, { ‹› })"),
        entry("deleteOne", "deleteOne(filter, options)", "deletes the first that matches", Any).snippet("deleteOne({ ‹› })"),
        entry("deleteMany", "deleteMany(filter, options)", "deletes all that match", Any).snippet("deleteMany({ ‹› })"),
        entry("findOneAndUpdate", "findOneAndUpdate(filter, update, options)", "changes one and gives it", Any).snippet("findOneAndUpdate({ ‹› }, { $set: { ‹› } }, { returnDocument: ‹'after'› })"),
        entry("findOneAndReplace", "findOneAndReplace(filter, document, options)", "replaces one and gives it", Any).snippet("findOneAndReplace({ ‹› }, { ‹› })"),
        entry("findOneAndDelete", "findOneAndDelete(filter, options)", "deletes one and gives it", Any).snippet("findOneAndDelete({ ‹› })"),
        entry("findAndModify", "findAndModify({ query, update, … })", "the old way to change one and give it", Any).snippet("findAndModify({ query: { ‹› }, update: { ‹› } })"),
        entry("bulkWrite", "bulkWrite([{ insertOne: … }, …], options)", "several writes at once", Any).snippet("bulkWrite([{ ‹› }])"),
        entry("createIndex", "createIndex({ field: 1 }, options)", "creates an index", Any).snippet("createIndex({ ‹field›: ‹1› })"),
        entry("createIndexes", "createIndexes([{ field: 1 }, …], options)", "creates indexes", Any).snippet("createIndexes([{ ‹field›: ‹1› }])"),
        entry("dropIndex", "dropIndex('name' | { keys })", "drops an index", Any).snippet("dropIndex('‹name›')"),
        entry("dropIndexes", "dropIndexes(['name', …])", "drops indexes; all but that of `_id` where none is named", Any).snippet("dropIndexes([‹›])"),
        entry("hideIndex", "hideIndex('name' | { keys })", "hides an index from the planner", Any).since(4, 4).snippet("hideIndex('‹name›')"),
        entry("unhideIndex", "unhideIndex('name' | { keys })", "shows a hidden index to the planner again", Any).since(4, 4).snippet("unhideIndex('‹name›')"),
        entry("drop", "drop()", "drops the collection", Any).snippet("drop()"),
        entry("renameCollection", "renameCollection('name', dropTarget)", "gives the collection another name", Any).snippet("renameCollection('‹name›')"),
        entry("mapReduce", "mapReduce(map, reduce, { out })", "JavaScript on the server; `aggregate` is faster", Any).snippet("mapReduce(‹›, ‹›, { out: { inline: 1 } })"),
        entry("count", "count(filter, options)", "the old command; `countDocuments` is exact", Any).snippet("count({ ‹› })"),
        // Of a database.
        entry("getCollection", "getCollection('name')", "a collection of any name", Any).snippet("getCollection('‹›').‹›"),
        entry("getSiblingDB", "getSiblingDB('name')", "another database", Any).snippet("getSiblingDB('‹›').‹›"),
        entry("getCollectionNames", "getCollectionNames()", "the names of the collections", Any).snippet("getCollectionNames()"),
        entry("getCollectionInfos", "getCollectionInfos(filter)", "the collections with their options", Any).snippet("getCollectionInfos()"),
        entry("createCollection", "createCollection('name', options)", "creates a collection", Any).snippet("createCollection('‹name›')"),
        entry("createView", "createView('name', 'source', [stage, …])", "creates a view", Any).snippet("createView('‹name›', '‹source›', [{ ‹› }])"),
        entry("runCommand", "runCommand({ command: 1, … })", "runs a command on the database", Any).snippet("runCommand({ ‹ping›: ‹1› })"),
        entry("adminCommand", "adminCommand({ command: 1, … })", "runs a command on `admin`", Any).snippet("adminCommand({ ‹serverStatus›: ‹1› })"),
        entry("currentOp", "currentOp(filter)", "what the server is doing", Any).snippet("currentOp()"),
        entry("killOp", "killOp(id)", "ends an operation", Any).snippet("killOp(‹›)"),
        entry("serverStatus", "serverStatus()", "figures of the server", Any).snippet("serverStatus()"),
        entry("dropDatabase", "dropDatabase()", "drops the database with all it holds", Any).snippet("dropDatabase()"),
    ];

    /// The operations above that are asked of a database.
    pub(in crate::query) const OF_DATABASE: &[&str] = &[
        "getCollection", "getSiblingDB", "getCollectionNames", "getCollectionInfos", "createCollection", "createView",
        "runCommand", "adminCommand", "currentOp", "killOp", "serverStatus", "dropDatabase", "aggregate", "stats",
    ];

    /// Methods of cursors; `takes` is their first argument.
    pub(in crate::query) const METHODS: &[Entry] = &[
        entry("sort", "sort({ field: 1 | -1 })", "the order", Sort).snippet("sort({ ‹field›: ‹-1› })"),
        entry("limit", "limit(n)", "at the most so many", Whole).snippet("limit(‹20›)"),
        entry("skip", "skip(n)", "passes over so many", Whole).snippet("skip(‹20›)"),
        entry("projection", "projection({ field: 1 })", "which fields", Projection).snippet("projection({ ‹field›: ‹1› })"),
        entry("hint", "hint('name' | { keys })", "which index", IndexKeys).snippet("hint({ ‹field›: ‹1› })"),
        entry("collation", "collation({ locale, strength })", "the rules of comparing text", COLLATION).snippet("collation({ locale: ‹'en'›, strength: ‹2› })"),
        entry("maxTimeMS", "maxTimeMS(milliseconds)", "the server stops after this time", Whole).snippet("maxTimeMS(‹10000›)"),
        entry("batchSize", "batchSize(n)", "documents to a batch", Whole).snippet("batchSize(‹100›)"),
        entry("comment", "comment('text')", "a note that the profiler and logs show", Any).snippet("comment('‹›')"),
        entry("allowDiskUse", "allowDiskUse(boolean)", "whether a sort may use the disk", Bool).snippet("allowDiskUse()"),
        entry("readPref", "readPref('secondary')", "which members may answer", MODES).snippet("readPref('‹secondaryPreferred›')"),
        entry("readConcern", "readConcern('majority')", "how settled the data must be", LEVELS).snippet("readConcern('‹majority›')"),
        entry("explain", "explain('executionStats')", "the plan in place of the documents", VERBOSITY).snippet("explain('‹executionStats›')"),
        entry("count", "count()", "the number of documents", Any).snippet("count()"),
        entry("itcount", "itcount()", "the number of documents by reading them", Any).snippet("itcount()"),
        entry("size", "size()", "the number of documents with skip and limit", Any).snippet("size()"),
        entry("min", "min({ key: value })", "the lower bound in an index; needs `hint`", Document).snippet("min({ ‹› })"),
        entry("max", "max({ key: value })", "the upper bound in an index; needs `hint`", Document).snippet("max({ ‹› })"),
        entry("returnKey", "returnKey(boolean)", "only the index's fields", Bool).snippet("returnKey(true)"),
        entry("showRecordId", "showRecordId(boolean)", "with the number of the record", Bool).snippet("showRecordId(true)"),
        entry("noCursorTimeout", "noCursorTimeout()", "the cursor never times out", Any).snippet("noCursorTimeout()"),
        entry("tailable", "tailable()", "the cursor of a capped collection stays open", Any).snippet("tailable()"),
        entry("maxAwaitTimeMS", "maxAwaitTimeMS(milliseconds)", "how long to wait for more", Whole).snippet("maxAwaitTimeMS(‹1000›)"),
        entry("allowPartialResults", "allowPartialResults()", "parts may be missing", Bool).snippet("allowPartialResults()"),
        entry("next", "next()", "the first", Any).snippet("next()"),
        entry("hasNext", "hasNext()", "whether there is one", Any).snippet("hasNext()"),
        entry("toArray", "toArray()", "all of them", Any).snippet("toArray()"),
        entry("pretty", "pretty()", "as they are shown anyway", Any).snippet("pretty()"),
    ];
}

/// What an operation's arguments are.
pub(in crate::query) fn arguments(operation: &str) -> &'static [Role] {
    match operation {
        "find" | "findOne" => &[Filter, Projection, FIND],
        "aggregate" => &[Pipeline, AGGREGATE],
        "countDocuments" | "count" => &[Filter, COUNT],
        "estimatedDocumentCount" => &[Keys(&[O_MAX_TIME, O_COMMENT])],
        "distinct" => &[Role::FieldName, Filter, DISTINCT],
        "explain" => &[VERBOSITY],
        "insertOne" => &[Document, INSERTING],
        "insertMany" => &[List(&Document), INSERTING],
        "updateOne" | "updateMany" | "update" => &[Filter, Update, UPDATING],
        "replaceOne" => &[Filter, Document, REPLACING],
        "deleteOne" | "deleteMany" | "remove" => &[Filter, DELETING],
        "findOneAndUpdate" => &[Filter, Update, TAKING],
        "findOneAndReplace" => &[Filter, Document, TAKING],
        "findOneAndDelete" => &[Filter, TAKING],
        "findAndModify" => &[MODIFYING],
        "bulkWrite" => &[WRITES, INSERTING],
        "createIndex" => &[IndexKeys, INDEX],
        "createIndexes" => &[List(&IndexKeys), INDEX],
        "dropIndex" | "hideIndex" | "unhideIndex" => &[IndexKeys],
        "renameCollection" => &[Name, Bool],
        "getCollection" => &[Collection],
        "getSiblingDB" | "getDB" => &[Role::Database],
        "getCollectionInfos" => &[Filter],
        "createCollection" => &[Name, CREATE],
        "createView" => &[Name, Collection, Pipeline, Keys(&[O_COLLATION])],
        _ => &[],
    }
}
