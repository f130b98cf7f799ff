//! Stages of pipelines.

use super::filters::GEO_JSON;
use super::{Entry, Role, entry};
use Role::{
    Accumulators, Any, Bool, Collection, Database, Each, Expression, Few, FieldName, FieldPath,
    Filter, Keys, List, Name, NewFields, Pipeline, Project, Sort, Whole, Windows, Words,
};

as_written! {
    const BOUNDS: Entry = entry("bounds", "bounds: [low, high]", "from where to where", Any);
    const UNIT: Entry = entry(
        "unit",
        "unit: 'day' | 'hour' | …",
        "the unit where the field is a date",
        Words(&["year", "quarter", "month", "week", "day", "hour", "minute", "second", "millisecond"]),
    );

    /// All stages.
    pub(in crate::query) const STAGES: &[Entry] = &[
        entry("$match", "$match: filter", "keeps the documents that a filter matches", Filter).snippet("$match: { ‹› }"),
        entry("$project", "$project: { field: 1 | 0 | expression }", "keeps, leaves out or computes fields", Project)
            .snippet("$project: { ‹field›: ‹1›‹› }"),
        entry("$group", "$group: { _id, field: accumulator }", "one document for each different `_id`", Role::Group)
            .snippet("$group: {\n  _id: ‹'$field'›,\n  ‹count›: { $sum: ‹1› },‹›\n}"),
        entry("$sort", "$sort: { field: 1 | -1 }", "puts the documents in order", Sort).snippet("$sort: { ‹field›: ‹-1› }"),
        entry("$limit", "$limit: n", "passes on at the most so many", Whole).snippet("$limit: ‹20›"),
        entry("$skip", "$skip: n", "passes over the first so many", Whole).snippet("$skip: ‹20›"),
        entry("$unwind", "$unwind: '$array' | { path, … }", "one document for each element of an array", Keys(&[
            entry("path", "path: '$array'", "the array", FieldPath),
            entry("includeArrayIndex", "includeArrayIndex: 'name'", "a new field for the element's place", Name),
            entry("preserveNullAndEmptyArrays", "preserveNullAndEmptyArrays: boolean", "keep documents without elements", Bool),
        ])).snippet("$unwind: ‹'$items'›"),
        entry("$lookup", "$lookup: { from, localField, foreignField, as }", "joins another collection as an array", Keys(&[
            entry("from", "from: 'collection'", "the other collection", Collection),
            entry("localField", "localField: 'field'", "the field here", FieldName),
            entry("foreignField", "foreignField: 'field'", "the field there", FieldName),
            entry("let", "let: { name: expression }", "names for the pipeline, used as `$$name`", Each(&Expression)),
            entry("pipeline", "pipeline: [stage, …]", "what is done with the documents there", Pipeline),
            entry("as", "as: 'field'", "the new array's name", Name),
        ])).snippet("$lookup: {\n  from: ‹'collection'›,\n  localField: ‹'field'›,\n  foreignField: ‹'_id'›,\n  as: ‹'joined'›,\n}"),
        entry("$addFields", "$addFields: { field: expression }", "adds or replaces fields; the same as `$set`", NewFields)
            .snippet("$addFields: { ‹field›: ‹› }"),
        entry("$set", "$set: { field: expression }", "adds or replaces fields", NewFields).since(4, 2).snippet("$set: { ‹field›: ‹› }"),
        entry("$unset", "$unset: 'field' | ['field', …]", "leaves fields out", Few(&FieldName)).since(4, 2).snippet("$unset: ‹'field'›"),
        entry("$replaceRoot", "$replaceRoot: { newRoot: expression }", "an expression's document takes the place of the document", Keys(&[
            entry("newRoot", "newRoot: expression", "the new document", Expression),
        ])).snippet("$replaceRoot: { newRoot: ‹'$field'› }"),
        entry("$replaceWith", "$replaceWith: expression", "an expression's document takes the place of the document", Expression)
            .since(4, 2).snippet("$replaceWith: ‹'$field'›"),
        entry("$count", "$count: 'name'", "one document with the number of documents", Name).snippet("$count: ‹'count'›"),
        entry("$sortByCount", "$sortByCount: expression", "how often each value occurs, the most frequent first", Expression)
            .snippet("$sortByCount: ‹'$field'›"),
        entry("$facet", "$facet: { name: [stage, …] }", "several pipelines over the same documents", Each(&Pipeline))
            .snippet("$facet: {\n  ‹name›: [{ ‹› }],\n}"),
        entry("$bucket", "$bucket: { groupBy, boundaries, default, output }", "groups by ranges of values", Keys(&[
            entry("groupBy", "groupBy: expression", "what is sorted into ranges", Expression),
            entry("boundaries", "boundaries: [low, …, high]", "the limits in order; each low one is included", Any),
            entry("default", "default: value", "the `_id` of all that lies outside", Any),
            entry("output", "output: { field: accumulator }", "the fields of each range", Accumulators),
        ])).snippet("$bucket: {\n  groupBy: ‹'$field'›,\n  boundaries: [‹0›, ‹10›, ‹100›],\n  default: ‹'other'›,\n  output: { ‹count›: { $sum: 1 } },\n}"),
        entry("$bucketAuto", "$bucketAuto: { groupBy, buckets, output }", "groups by ranges that the server chooses", Keys(&[
            entry("groupBy", "groupBy: expression", "what is sorted into ranges", Expression),
            entry("buckets", "buckets: n", "how many ranges", Whole),
            entry("output", "output: { field: accumulator }", "the fields of each range", Accumulators),
            entry("granularity", "granularity: 'R5' | '1-2-5' | …", "limits that are round numbers of a series", Words(&[
                "R5", "R10", "R20", "R40", "R80", "1-2-5", "E6", "E12", "E24", "E48", "E96", "E192", "POWERSOF2",
            ])),
        ])).snippet("$bucketAuto: { groupBy: ‹'$field'›, buckets: ‹5› }"),
        entry("$setWindowFields", "$setWindowFields: { partitionBy, sortBy, output }", "fields computed over neighbouring documents", Keys(&[
            entry("partitionBy", "partitionBy: expression", "which documents belong together", Expression),
            entry("sortBy", "sortBy: { field: 1 }", "their order", Sort),
            entry("output", "output: { field: { function, window } }", "the new fields", Windows),
        ])).since(5, 0).snippet("$setWindowFields: {\n  partitionBy: ‹'$field'›,\n  sortBy: { ‹field›: ‹1› },\n  output: {\n    ‹total›: { $sum: ‹1›, window: { documents: ['unbounded', 'current'] } },\n  },\n}"),
        entry("$graphLookup", "$graphLookup: { from, startWith, connectFromField, connectToField, as }", "follows references from document to document", Keys(&[
            entry("from", "from: 'collection'", "where the documents are", Collection),
            entry("startWith", "startWith: expression", "the first value to look for", Expression),
            entry("connectFromField", "connectFromField: 'field'", "the field that refers on", FieldName),
            entry("connectToField", "connectToField: 'field'", "the field that is referred to", FieldName),
            entry("as", "as: 'field'", "the new array's name", Name),
            entry("maxDepth", "maxDepth: n", "how many steps at the most", Whole),
            entry("depthField", "depthField: 'field'", "a new field for the number of steps", Name),
            entry("restrictSearchWithMatch", "restrictSearchWithMatch: filter", "which documents are followed", Filter),
        ])).snippet("$graphLookup: {\n  from: ‹'collection'›,\n  startWith: ‹'$field'›,\n  connectFromField: ‹'field'›,\n  connectToField: ‹'_id'›,\n  as: ‹'path'›,\n}"),
        entry("$unionWith", "$unionWith: 'collection' | { coll, pipeline }", "adds the documents of another collection", Keys(&[
            entry("coll", "coll: 'collection'", "the other collection", Collection),
            entry("pipeline", "pipeline: [stage, …]", "what is done with its documents", Pipeline),
        ])).since(4, 4).snippet("$unionWith: { coll: ‹'collection'›, pipeline: [‹›] }"),
        entry("$sample", "$sample: { size }", "so many documents at random", Keys(&[entry("size", "size: n", "how many", Whole)]))
            .snippet("$sample: { size: ‹100› }"),
        entry("$redact", "$redact: expression", "keeps or leaves out each level: `$$DESCEND`, `$$PRUNE`, `$$KEEP`", Expression)
            .snippet("$redact: { $cond: { if: ‹›, then: '$$DESCEND', else: '$$PRUNE' } }"),
        entry("$geoNear", "$geoNear: { near, distanceField, … }", "from near to far; the first stage only", Keys(&[
            entry("near", "near: { type: 'Point', coordinates }", "the point", GEO_JSON),
            entry("distanceField", "distanceField: 'field'", "the new field for the distance", Name),
            entry("key", "key: 'field'", "which geospatial index", FieldName),
            entry("query", "query: filter", "which documents", Filter),
            entry("maxDistance", "maxDistance: metres", "nothing further away", Whole),
            entry("minDistance", "minDistance: metres", "nothing nearer", Whole),
            entry("spherical", "spherical: boolean", "whether on a sphere", Bool),
            entry("distanceMultiplier", "distanceMultiplier: n", "what each distance is multiplied by", Any),
            entry("includeLocs", "includeLocs: 'field'", "a new field for the place that was used", Name),
        ])).snippet("$geoNear: {\n  near: { type: 'Point', coordinates: [‹0›, ‹0›] },\n  distanceField: ‹'distance'›,\n  maxDistance: ‹1000›,\n}"),
        entry("$densify", "$densify: { field, range }", "adds documents for values that are missing in a row", Keys(&[
            entry("field", "field: 'field'", "the row's field", FieldName),
            entry("partitionByFields", "partitionByFields: ['field', …]", "which documents make a row", List(&FieldName)),
            entry("range", "range: { step, unit, bounds }", "how far apart, from where to where", Keys(&[
                entry("step", "step: n", "the distance", Any), UNIT, BOUNDS,
            ])),
        ])).since(5, 1).snippet("$densify: {\n  field: ‹'date'›,\n  range: { step: ‹1›, unit: ‹'day'›, bounds: ‹'full'› },\n}"),
        entry("$fill", "$fill: { sortBy, output }", "fills in values that are missing or null", Keys(&[
            entry("partitionBy", "partitionBy: expression", "which documents make a row", Expression),
            entry("partitionByFields", "partitionByFields: ['field', …]", "which documents make a row", List(&FieldName)),
            entry("sortBy", "sortBy: { field: 1 }", "their order", Sort),
            entry("output", "output: { field: { method | value } }", "how each field is filled", Role::Fields(&Keys(&[
                entry("value", "value: expression", "with this", Expression),
                entry("method", "method: 'linear' | 'locf'", "on a line, or as the last before", Words(&["linear", "locf"])),
            ]))),
        ])).since(5, 3).snippet("$fill: {\n  sortBy: { ‹field›: 1 },\n  output: { ‹field›: { method: ‹'locf'› } },\n}"),
        entry("$documents", "$documents: [document, …]", "these documents; the first stage on a database", Any).since(5, 1)
            .snippet("$documents: [{ ‹› }]"),
        entry("$out", "$out: 'collection' | { db, coll }", "writes into a collection, in place of all it held", Keys(&[
            entry("db", "db: 'database'", "the database", Database),
            entry("coll", "coll: 'collection'", "the collection", Collection),
            entry("timeseries", "timeseries: { timeField, … }", "as a time series", Any).since(7, 0),
        ])).snippet("$out: ‹'collection'›"),
        entry("$merge", "$merge: { into, on, whenMatched, whenNotMatched }", "writes into a collection, document by document", Keys(&[
            entry("into", "into: 'collection' | { db, coll }", "the collection", Collection),
            entry("on", "on: 'field' | ['field', …]", "which fields say that two are the same", Few(&FieldName)),
            entry("let", "let: { name: expression }", "names for the pipeline of `whenMatched`", Each(&Expression)),
            entry("whenMatched", "whenMatched: 'merge' | 'replace' | … | pipeline", "where it is there", Words(&["merge", "replace", "keepExisting", "fail"])),
            entry("whenNotMatched", "whenNotMatched: 'insert' | 'discard' | 'fail'", "where it is not", Words(&["insert", "discard", "fail"])),
        ])).since(4, 2).snippet("$merge: {\n  into: ‹'collection'›,\n  on: ‹'_id'›,\n  whenMatched: ‹'merge'›,\n  whenNotMatched: ‹'insert'›,\n}"),
        entry("$collStats", "$collStats: { latencyStats, storageStats, count }", "figures of the collection; the first stage only", Keys(&[
            entry("latencyStats", "latencyStats: { histograms }", "how long operations took", Any),
            entry("storageStats", "storageStats: { scale }", "sizes", Any),
            entry("count", "count: {}", "how many documents", Any),
            entry("queryExecStats", "queryExecStats: {}", "how often it was read whole", Any),
        ])).snippet("$collStats: { ‹storageStats›: {} }"),
        entry("$indexStats", "$indexStats: {}", "how often each index was used; the first stage only", Keys(&[])).snippet("$indexStats: {}"),
        entry("$planCacheStats", "$planCacheStats: {}", "the plans that the server keeps; the first stage only", Keys(&[])).snippet("$planCacheStats: {}"),
        entry("$currentOp", "$currentOp: { allUsers, idleConnections, … }", "what the server is doing; on `admin`, the first stage", Keys(&[
            entry("allUsers", "allUsers: boolean", "those of others too", Bool),
            entry("idleConnections", "idleConnections: boolean", "connections that do nothing too", Bool),
            entry("idleCursors", "idleCursors: boolean", "cursors that wait too", Bool),
            entry("idleSessions", "idleSessions: boolean", "sessions that do nothing too", Bool),
            entry("localOps", "localOps: boolean", "those of this member alone", Bool),
        ])).snippet("$currentOp: { allUsers: ‹true› }"),
        entry("$listLocalSessions", "$listLocalSessions: {}", "this member's sessions", Any).snippet("$listLocalSessions: {}"),
        entry("$listSessions", "$listSessions: {}", "the sessions of the deployment", Any).snippet("$listSessions: {}"),
        entry("$listSampledQueries", "$listSampledQueries: { namespace }", "queries kept to judge a shard key", Keys(&[
            entry("namespace", "namespace: 'db.collection'", "of which collection", Any),
        ])).since(7, 0),
        entry("$listSearchIndexes", "$listSearchIndexes: { id | name }", "search indexes; Atlas alone", Keys(&[
            entry("id", "id: 'id'", "only this one", Any),
            entry("name", "name: 'name'", "only this one", Any),
        ])).since(6, 0),
        entry("$listClusterCatalog", "$listClusterCatalog: {}", "the collections of a sharded cluster", Any).since(8, 1).snippet("$listClusterCatalog: {}"),
        entry("$querySettings", "$querySettings: {}", "the query settings of the deployment", Any).since(8, 0).snippet("$querySettings: {}"),
        entry("$queryStats", "$queryStats: {}", "figures of the queries that ran; Atlas alone", Any).since(7, 1).snippet("$queryStats: {}"),
        entry("$shardedDataDistribution", "$shardedDataDistribution: {}", "how much data each shard has; on `admin`", Any).since(6, 0).snippet("$shardedDataDistribution: {}"),
        entry("$changeStream", "$changeStream: { fullDocument, … }", "changes as they happen; the first stage only", Keys(&[
            entry("fullDocument", "fullDocument: 'updateLookup' | …", "whether the whole document comes with a change", Words(&["default", "updateLookup", "whenAvailable", "required"])),
            entry("fullDocumentBeforeChange", "fullDocumentBeforeChange: 'whenAvailable' | …", "whether the document before comes too", Words(&["off", "whenAvailable", "required"])).since(6, 0),
            entry("resumeAfter", "resumeAfter: token", "go on after this change", Any),
            entry("startAfter", "startAfter: token", "go on after this change, also where it ended the stream", Any),
            entry("startAtOperationTime", "startAtOperationTime: timestamp", "from this time on", Any),
            entry("showExpandedEvents", "showExpandedEvents: boolean", "changes of indexes and collections too", Bool).since(6, 0),
            entry("allChangesForCluster", "allChangesForCluster: boolean", "those of all databases; on `admin`", Bool),
        ])).snippet("$changeStream: { ‹› }"),
        entry("$changeStreamSplitLargeEvent", "$changeStreamSplitLargeEvent: {}", "splits changes of over 16 MB; the last stage", Any).since(7, 0).snippet("$changeStreamSplitLargeEvent: {}"),
        entry("$search", "$search: { index, operator }", "full text search; Atlas alone", Any).snippet("$search: { index: ‹'default'›, text: { query: ‹'words'›, path: ‹'field'› } }"),
        entry("$searchMeta", "$searchMeta: { index, facet | count }", "figures of a search; Atlas alone", Any).snippet("$searchMeta: { index: ‹'default'›, ‹› }"),
        entry("$vectorSearch", "$vectorSearch: { index, path, queryVector, limit }", "nearest neighbours of a vector; Atlas alone", Keys(&[
            entry("index", "index: 'name'", "which index", Any),
            entry("path", "path: 'field'", "the vector's field", FieldName),
            entry("queryVector", "queryVector: [number, …]", "the vector", Any),
            entry("numCandidates", "numCandidates: n", "how many are looked at", Whole),
            entry("limit", "limit: n", "how many are given", Whole),
            entry("filter", "filter: filter", "which documents", Filter),
            entry("exact", "exact: boolean", "whether all are looked at", Bool),
        ])).since(6, 0).snippet("$vectorSearch: {\n  index: ‹'index'›,\n  path: ‹'embedding'›,\n  queryVector: [‹›],\n  numCandidates: ‹100›,\n  limit: ‹10›,\n}"),
        entry("$rankFusion", "$rankFusion: { input: { pipelines }, … }", "one ranking out of several searches", Keys(&[
            entry("input", "input: { pipelines: { name: [stage, …] } }", "the searches", Keys(&[
                entry("pipelines", "pipelines: { name: [stage, …] }", "by name", Each(&Pipeline)),
            ])),
            entry("combination", "combination: { weights }", "how much each counts", Any),
            entry("scoreDetails", "scoreDetails: boolean", "whether the parts of the score come too", Bool),
        ])).since(8, 0),
    ];

    /// What stands beside a window function.
    pub(in crate::query) const WINDOW: &[Entry] = &[entry(
        "window",
        "window: { documents | range, unit }",
        "which neighbours count; all of them where it is left out",
        Keys(&[
            entry("documents", "documents: [low, high]", "places: numbers, 'current', 'unbounded'", List(&Words(&["unbounded", "current"])))
                .snippet("documents: [‹'unbounded'›, ‹'current'›]"),
            entry("range", "range: [low, high]", "distances of the sorted value", List(&Words(&["unbounded", "current"]))),
            UNIT,
        ]),
    )
    .snippet("window: { documents: [‹'unbounded'›, ‹'current'›] }")];
}
