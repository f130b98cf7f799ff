//! Operators of filters.

use super::{Entry, Role, entry};
use Role::{Any, Bool, Condition, Element, Expression, Filter, Keys, List, Value, Whole, Words};

as_written! {
    const SHAPE: Role = Keys(&[
        entry("$geometry", "$geometry: { type, coordinates }", "a GeoJSON shape", GEO_JSON),
        entry("$box", "$box: [[x1, y1], [x2, y2]]", "a rectangle on a plane", Any),
        entry("$polygon", "$polygon: [[x, y], …]", "a polygon on a plane", Any),
        entry("$center", "$center: [[x, y], radius]", "a circle on a plane", Any),
        entry(
            "$centerSphere",
            "$centerSphere: [[lng, lat], radians]",
            "a circle on a sphere; the radius in radians",
            Any,
        ),
    ]);

    const NEAR: Role = Keys(&[
        entry("$geometry", "$geometry: { type: 'Point', coordinates }", "the point", GEO_JSON),
        entry("$maxDistance", "$maxDistance: metres", "nothing further away than this", Whole),
        entry("$minDistance", "$minDistance: metres", "nothing nearer than this", Whole),
    ]);

    /// A GeoJSON shape.
    pub(in crate::query) const GEO_JSON: Role = Keys(&[
        entry(
            "type",
            "type: 'Point' | 'Polygon' | …",
            "the kind of shape",
            Words(&[
                "Point",
                "LineString",
                "Polygon",
                "MultiPoint",
                "MultiLineString",
                "MultiPolygon",
                "GeometryCollection",
            ]),
        ),
        entry("coordinates", "coordinates: [longitude, latitude]", "where, longitude first", Any),
    ]);

    /// The server's names of kinds, as `$type` takes them.
    pub(in crate::query) const TYPES: Role = Words(&[
        "double", "string", "object", "array", "binData", "objectId", "bool", "date", "null", "regex",
        "javascript", "int", "timestamp", "long", "decimal", "minKey", "maxKey", "number",
    ]);

    /// What stands where a filter's field could.
    pub(in crate::query) const TOP: &[Entry] = &[
        entry("$and", "$and: [filter, …]", "all of these filters hold", List(&Filter)),
        entry("$or", "$or: [filter, …]", "at least one of these filters holds", List(&Filter)),
        entry("$nor", "$nor: [filter, …]", "none of these filters holds", List(&Filter)),
        entry(
            "$expr",
            "$expr: expression",
            "an aggregation expression is true; compares fields with each other",
            Expression,
        ),
        entry(
            "$text",
            "$text: { $search: 'words' }",
            "the words are found through the text index",
            Keys(&[
                entry("$search", "$search: 'words'", "the words; a phrase in double quotes, a dash excludes", Any),
                entry("$language", "$language: 'english'", "whose stems and stop words count", Any),
                entry("$caseSensitive", "$caseSensitive: boolean", "whether case counts", Bool),
                entry("$diacriticSensitive", "$diacriticSensitive: boolean", "whether accents count", Bool),
            ]),
        )
        .snippet("$text: { $search: ‹'words'› }"),
        entry(
            "$jsonSchema",
            "$jsonSchema: { … }",
            "the document keeps to a JSON schema",
            Keys(&[
                entry("bsonType", "bsonType: 'object'", "the kind of value", TYPES),
                entry("required", "required: ['field', …]", "fields that have to be there", List(&Role::FieldName)),
                entry("properties", "properties: { field: schema }", "a schema for each field", Any),
                entry("additionalProperties", "additionalProperties: boolean", "whether other fields may be there", Any),
                entry("enum", "enum: [value, …]", "the only values", Any),
                entry("minimum", "minimum: number", "the least value", Any),
                entry("maximum", "maximum: number", "the greatest value", Any),
                entry("minLength", "minLength: n", "the fewest characters", Whole),
                entry("maxLength", "maxLength: n", "the most characters", Whole),
                entry("pattern", "pattern: 'regex'", "a regular expression that the text matches", Any),
                entry("items", "items: schema", "a schema for each element", Any),
                entry("minItems", "minItems: n", "the fewest elements", Whole),
                entry("maxItems", "maxItems: n", "the most elements", Whole),
                entry("uniqueItems", "uniqueItems: boolean", "whether no element occurs twice", Bool),
                entry("allOf", "allOf: [schema, …]", "all schemas hold", Any),
                entry("anyOf", "anyOf: [schema, …]", "at least one schema holds", Any),
                entry("oneOf", "oneOf: [schema, …]", "exactly one schema holds", Any),
                entry("not", "not: schema", "the schema does not hold", Any),
                entry("title", "title: 'text'", "a name, without effect", Any),
                entry("description", "description: 'text'", "a note, without effect", Any),
            ]),
        ),
        entry("$where", "$where: 'JavaScript'", "JavaScript on each document; slow, uses no index", Any)
            .snippet("$where: ‹'this.a > this.b'›"),
        entry("$comment", "$comment: 'text'", "a note that the profiler and logs show", Any),
        entry("$sampleRate", "$sampleRate: 0…1", "a random share of the documents", Any).since(4, 4),
        entry("$alwaysTrue", "$alwaysTrue: 1", "every document", Any),
        entry("$alwaysFalse", "$alwaysFalse: 1", "no document", Any),
    ];

    /// What a field of a filter can be held to.
    pub(in crate::query) const CONDITIONS: &[Entry] = &[
        entry("$eq", "$eq: value", "equals the value, or has it as an element", Value),
        entry("$ne", "$ne: value", "does not equal the value; also where the field is missing", Value),
        entry("$gt", "$gt: value", "greater than the value, of the same kind", Value),
        entry("$gte", "$gte: value", "greater than or equal to the value", Value),
        entry("$lt", "$lt: value", "less than the value, of the same kind", Value),
        entry("$lte", "$lte: value", "less than or equal to the value", Value),
        entry("$in", "$in: [value, …]", "equals one of the values", List(&Value)),
        entry("$nin", "$nin: [value, …]", "equals none of the values; also where the field is missing", List(&Value)),
        entry("$exists", "$exists: boolean", "whether the field is there, null among its values", Bool)
            .snippet("$exists: ‹true›"),
        entry("$type", "$type: 'kind' | ['kind', …]", "the value is of this kind", Role::Few(&TYPES)),
        entry("$regex", "$regex: /pattern/", "the text matches a regular expression", Any)
            .snippet("$regex: /‹pattern›/"),
        entry("$options", "$options: 'imxs'", "flags of `$regex` beside it", Words(&["i", "m", "x", "s"])),
        entry("$not", "$not: { operators }", "the condition does not hold; also where the field is missing", Condition)
            .snippet("$not: { ‹› }"),
        entry("$elemMatch", "$elemMatch: { conditions }", "one and the same element meets all conditions", Element)
            .snippet("$elemMatch: { ‹› }"),
        entry("$all", "$all: [value, …]", "the array holds all the values", List(&Value)),
        entry("$size", "$size: n", "the array has exactly so many elements", Whole),
        entry("$mod", "$mod: [divisor, remainder]", "divided by the divisor it leaves the remainder", Any)
            .snippet("$mod: [‹2›, ‹0›]"),
        entry("$bitsAllSet", "$bitsAllSet: mask | [position, …]", "all these bits are 1", Any),
        entry("$bitsAllClear", "$bitsAllClear: mask | [position, …]", "all these bits are 0", Any),
        entry("$bitsAnySet", "$bitsAnySet: mask | [position, …]", "at least one of these bits is 1", Any),
        entry("$bitsAnyClear", "$bitsAnyClear: mask | [position, …]", "at least one of these bits is 0", Any),
        entry("$geoWithin", "$geoWithin: { shape }", "lies wholly inside the shape", SHAPE)
            .snippet("$geoWithin: { ‹› }"),
        entry("$geoIntersects", "$geoIntersects: { $geometry: … }", "meets the shape", SHAPE)
            .snippet("$geoIntersects: { $geometry: { type: ‹'Polygon'›, coordinates: ‹[]› } }"),
        entry("$near", "$near: { $geometry: point }", "from near to far; needs a geospatial index", NEAR)
            .snippet("$near: { $geometry: { type: 'Point', coordinates: [‹0›, ‹0›] }, $maxDistance: ‹1000› }"),
        entry("$nearSphere", "$nearSphere: { $geometry: point }", "from near to far on a sphere", NEAR)
            .snippet("$nearSphere: { $geometry: { type: 'Point', coordinates: [‹0›, ‹0›] }, $maxDistance: ‹1000› }"),
        entry("$maxDistance", "$maxDistance: distance", "beside `$near` with a plain point: no further away", Whole),
        entry("$minDistance", "$minDistance: distance", "beside `$near` with a point: no nearer", Whole),
    ];

    /// What a field of `find`'s projection can be.
    pub(in crate::query) const PROJECTIONS: &[Entry] = &[
        entry("$elemMatch", "$elemMatch: { conditions }", "only the first element that meets the conditions", Element)
            .snippet("$elemMatch: { ‹› }"),
        entry("$slice", "$slice: n | [skip, n]", "so many elements, from the end where negative", Any),
        entry("$meta", "$meta: 'textScore'", "what the server knows of the match", META),
    ];

    /// What `$meta` takes.
    pub(in crate::query) const META: Role = Words(&[
        "textScore",
        "indexKey",
        "searchScore",
        "searchHighlights",
        "vectorSearchScore",
    ]);
}
