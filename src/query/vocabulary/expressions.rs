//! Operators of aggregation expressions, accumulators and window functions.

use super::{Entry, Role, entry, filters};
use Role::{Any, Bool, Each, Expression, Few, FieldName, Keys, List, Name, Sort, Whole, Words};

as_written! {
    /// One expression.
    const X: Role = Expression;
    /// An array of expressions, or one.
    const XS: Role = Few(&Expression);

    const INPUT: Entry = entry("input", "input: expression", "what is worked on", X);
    const UNITS: Role = Words(&[
        "year", "quarter", "month", "week", "day", "hour", "minute", "second", "millisecond",
    ]);
    const UNIT: Entry = entry("unit", "unit: 'day' | 'hour' | …", "the unit of time", UNITS);
    const ZONE: Entry = entry("timezone", "timezone: 'Europe/Berlin' | '+01:00'", "the zone; universal time where it is left out", X);
    const ON_NULL: Entry = entry("onNull", "onNull: expression", "the result where the input is null or missing", X);
    const ON_ERROR: Entry = entry("onError", "onError: expression", "the result where it cannot be done", X);
    const DATE: Entry = entry("date", "date: expression", "the date", X);
    const START_OF_WEEK: Entry = entry("startOfWeek", "startOfWeek: 'monday'", "the first day of a week", Words(&[
        "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday",
    ]));
    const FORMAT: Entry = entry("format", "format: '%Y-%m-%d'", "%Y year, %m month, %d day, %H hour, %M minute, %S second, %L milliseconds, %z zone", X);
    const N: Entry = entry("n", "n: expression", "how many", X);
    const FIND: Entry = entry("find", "find: expression", "the text to find", X);
    const CHARS: Entry = entry("chars", "chars: expression", "the characters to take away; white space where left out", X);

    const DATED: Role = Keys(&[DATE, ZONE]);
    const MOVED: Role = Keys(&[
        entry("startDate", "startDate: expression", "the date to start from", X),
        UNIT,
        entry("amount", "amount: expression", "how many units", X),
        ZONE,
    ]);
    const REGEX: Role = Keys(&[
        INPUT,
        entry("regex", "regex: /pattern/", "the regular expression", X),
        entry("options", "options: 'imxs'", "its flags", X),
    ]);
    const REPLACE: Role = Keys(&[INPUT, FIND, entry("replacement", "replacement: expression", "what to put there", X)]);
    const TRIM: Role = Keys(&[INPUT, CHARS]);
    const SEVERAL: Role = Keys(&[INPUT, N]);
    const CODE: Role = Keys(&[
        entry("body", "body: 'function'", "the function's text", Any),
        entry("args", "args: [expression, …]", "its arguments", List(&X)),
        entry("lang", "lang: 'js'", "its language", Words(&["js"])),
    ]);
    const PARTS_OF_DATE: Role = Keys(&[
        entry("year", "year: expression", "the year", X),
        entry("month", "month: expression", "1 to 12", X),
        entry("day", "day: expression", "1 to 31", X),
        entry("isoWeekYear", "isoWeekYear: expression", "the year that the ISO week belongs to", X),
        entry("isoWeek", "isoWeek: expression", "the ISO week, 1 to 53", X),
        entry("isoDayOfWeek", "isoDayOfWeek: expression", "1 Monday to 7 Sunday", X),
        entry("hour", "hour: expression", "0 to 23", X),
        entry("minute", "minute: expression", "0 to 59", X),
        entry("second", "second: expression", "0 to 59", X),
        entry("millisecond", "millisecond: expression", "0 to 999", X),
        ZONE,
    ]);
    const FIELD: Entry = entry("field", "field: 'name'", "the field's name, dots and dollars taken literally", FieldName);
    const OF: Entry = entry("input", "input: expression", "the document", X);
    const SORT_BY: Entry = entry("sortBy", "sortBy: { field: 1 }", "the order", Sort);
    const OUTPUT: Entry = entry("output", "output: expression", "what of each document", X);
    const TOP: Role = Keys(&[SORT_BY, OUTPUT]);
    const TOP_N: Role = Keys(&[N, SORT_BY, OUTPUT]);
    const METHOD: Entry = entry("method", "method: 'approximate'", "how it is computed", Words(&["approximate"]));
    const MEDIAN: Role = Keys(&[INPUT, METHOD]);
    const PERCENTILE: Role = Keys(&[INPUT, entry("p", "p: [0.5, 0.95]", "which shares, 0 to 1", X), METHOD]);
    const BY_UNIT: Role = Keys(&[INPUT, UNIT]);

    /// Operators of expressions.
    pub(in crate::query) const EXPRESSIONS: &[Entry] = &[
        // Conditions.
        entry("$cond", "$cond: { if, then, else }", "one of two results", Keys(&[
            entry("if", "if: expression", "the question", X),
            entry("then", "then: expression", "the result where it is true", X),
            entry("else", "else: expression", "the result where it is not", X),
        ])).snippet("$cond: { if: ‹›, then: ‹1›, else: ‹0› }"),
        entry("$ifNull", "$ifNull: [expression, …, other]", "the first that is neither null nor missing", XS)
            .snippet("$ifNull: [‹›, ‹0›]"),
        entry("$switch", "$switch: { branches, default }", "the result of the first case that is true", Keys(&[
            entry("branches", "branches: [{ case, then }, …]", "the cases in their order", List(&Keys(&[
                entry("case", "case: expression", "the question", X),
                entry("then", "then: expression", "the result where it is true", X),
            ]))),
            entry("default", "default: expression", "the result where no case is true", X),
        ])).snippet("$switch: { branches: [{ case: ‹›, then: ‹› }], default: ‹null› }"),
        entry("$and", "$and: [expression, …]", "all are true", XS),
        entry("$or", "$or: [expression, …]", "at least one is true", XS),
        entry("$not", "$not: [expression]", "it is not true", XS),
        entry("$eq", "$eq: [a, b]", "equal, kinds counted", XS).snippet("$eq: [‹›, ‹›]"),
        entry("$ne", "$ne: [a, b]", "not equal", XS).snippet("$ne: [‹›, ‹›]"),
        entry("$gt", "$gt: [a, b]", "the first is greater", XS).snippet("$gt: [‹›, ‹›]"),
        entry("$gte", "$gte: [a, b]", "the first is greater or equal", XS).snippet("$gte: [‹›, ‹›]"),
        entry("$lt", "$lt: [a, b]", "the first is less", XS).snippet("$lt: [‹›, ‹›]"),
        entry("$lte", "$lte: [a, b]", "the first is less or equal", XS).snippet("$lte: [‹›, ‹›]"),
        entry("$cmp", "$cmp: [a, b]", "-1, 0 or 1 for less, equal, greater", XS).snippet("$cmp: [‹›, ‹›]"),
        // Numbers.
        entry("$abs", "$abs: number", "the value without its sign", XS),
        entry("$add", "$add: [a, b, …]", "the sum; a date and milliseconds make a date", XS).snippet("$add: [‹›, ‹1›]"),
        entry("$ceil", "$ceil: number", "rounded up to a whole number", XS),
        entry("$divide", "$divide: [a, b]", "the first divided by the second", XS).snippet("$divide: [‹›, ‹›]"),
        entry("$exp", "$exp: number", "e to this power", XS),
        entry("$floor", "$floor: number", "rounded down to a whole number", XS),
        entry("$ln", "$ln: number", "the natural logarithm", XS),
        entry("$log", "$log: [number, base]", "the logarithm to a base", XS).snippet("$log: [‹›, ‹2›]"),
        entry("$log10", "$log10: number", "the logarithm to base 10", XS),
        entry("$mod", "$mod: [a, b]", "what the division leaves", XS).snippet("$mod: [‹›, ‹2›]"),
        entry("$multiply", "$multiply: [a, b, …]", "the product", XS).snippet("$multiply: [‹›, ‹›]"),
        entry("$pow", "$pow: [number, exponent]", "to the power of the exponent", XS).snippet("$pow: [‹›, ‹2›]"),
        entry("$rand", "$rand: {}", "a random number from 0 up to 1", Keys(&[])).since(4, 4).snippet("$rand: {}"),
        entry("$round", "$round: [number, places]", "rounded to so many places, halves to even", XS).snippet("$round: [‹›, ‹2›]"),
        entry("$sqrt", "$sqrt: number", "the square root", XS),
        entry("$subtract", "$subtract: [a, b]", "the difference; of two dates in milliseconds", XS).snippet("$subtract: [‹›, ‹›]"),
        entry("$trunc", "$trunc: [number, places]", "cut after so many places", XS).snippet("$trunc: [‹›, ‹0›]"),
        entry("$bitAnd", "$bitAnd: [a, b, …]", "bits that are 1 in all", XS).since(6, 3),
        entry("$bitNot", "$bitNot: integer", "every bit turned over", XS).since(6, 3),
        entry("$bitOr", "$bitOr: [a, b, …]", "bits that are 1 in any", XS).since(6, 3),
        entry("$bitXor", "$bitXor: [a, b, …]", "bits that are 1 in an odd number of them", XS).since(6, 3),
        entry("$sin", "$sin: radians", "the sine", XS),
        entry("$cos", "$cos: radians", "the cosine", XS),
        entry("$tan", "$tan: radians", "the tangent", XS),
        entry("$asin", "$asin: number", "the angle of this sine", XS),
        entry("$acos", "$acos: number", "the angle of this cosine", XS),
        entry("$atan", "$atan: number", "the angle of this tangent", XS),
        entry("$atan2", "$atan2: [y, x]", "the angle to a point", XS).snippet("$atan2: [‹›, ‹›]"),
        entry("$sinh", "$sinh: number", "the hyperbolic sine", XS),
        entry("$cosh", "$cosh: number", "the hyperbolic cosine", XS),
        entry("$tanh", "$tanh: number", "the hyperbolic tangent", XS),
        entry("$asinh", "$asinh: number", "the inverse of the hyperbolic sine", XS),
        entry("$acosh", "$acosh: number", "the inverse of the hyperbolic cosine", XS),
        entry("$atanh", "$atanh: number", "the inverse of the hyperbolic tangent", XS),
        entry("$degreesToRadians", "$degreesToRadians: number", "degrees as radians", XS),
        entry("$radiansToDegrees", "$radiansToDegrees: number", "radians as degrees", XS),
        // Arrays.
        entry("$arrayElemAt", "$arrayElemAt: [array, index]", "the element there, from the end where negative", XS).snippet("$arrayElemAt: [‹›, ‹0›]"),
        entry("$arrayToObject", "$arrayToObject: array", "a document of pairs `{k, v}` or `[key, value]`", XS),
        entry("$concatArrays", "$concatArrays: [array, …]", "the arrays one after the other", XS),
        entry("$filter", "$filter: { input, as, cond }", "the elements for which a condition is true", Keys(&[
            INPUT,
            entry("as", "as: 'name'", "the element's name, used as `$$name`; `this` where left out", Name),
            entry("cond", "cond: expression", "the condition", X),
            entry("limit", "limit: n", "at the most so many", X).since(5, 2),
        ])).snippet("$filter: { input: ‹'$items'›, as: ‹'item'›, cond: ‹› }"),
        entry("$first", "$first: array", "the first element", XS).since(4, 4),
        entry("$firstN", "$firstN: { input, n }", "the first elements", SEVERAL).since(5, 2).snippet("$firstN: { input: ‹›, n: ‹3› }"),
        entry("$in", "$in: [value, array]", "the array holds the value", XS).snippet("$in: [‹›, ‹›]"),
        entry("$indexOfArray", "$indexOfArray: [array, value, start, end]", "where the value is first; -1 where it is not", XS),
        entry("$isArray", "$isArray: [expression]", "it is an array", XS),
        entry("$last", "$last: array", "the last element", XS).since(4, 4),
        entry("$lastN", "$lastN: { input, n }", "the last elements", SEVERAL).since(5, 2).snippet("$lastN: { input: ‹›, n: ‹3› }"),
        entry("$map", "$map: { input, as, in }", "an expression for each element", Keys(&[
            INPUT,
            entry("as", "as: 'name'", "the element's name, used as `$$name`; `this` where left out", Name),
            entry("in", "in: expression", "what becomes of each element", X),
        ])).snippet("$map: { input: ‹'$items'›, as: ‹'item'›, in: ‹› }"),
        entry("$maxN", "$maxN: { input, n }", "the greatest elements", SEVERAL).since(5, 2).snippet("$maxN: { input: ‹›, n: ‹3› }"),
        entry("$minN", "$minN: { input, n }", "the least elements", SEVERAL).since(5, 2).snippet("$minN: { input: ‹›, n: ‹3› }"),
        entry("$objectToArray", "$objectToArray: document", "the fields as pairs `{k, v}`", XS),
        entry("$range", "$range: [start, end, step]", "whole numbers from start up to end", XS).snippet("$range: [‹0›, ‹10›]"),
        entry("$reduce", "$reduce: { input, initialValue, in }", "one value out of all elements: `$$value` so far, `$$this` the element", Keys(&[
            INPUT,
            entry("initialValue", "initialValue: expression", "`$$value` at first", X),
            entry("in", "in: expression", "the next `$$value`", X),
        ])).snippet("$reduce: { input: ‹'$items'›, initialValue: ‹0›, in: { $add: ['$$value', '$$this'] } }"),
        entry("$reverseArray", "$reverseArray: array", "the last element first", XS),
        entry("$size", "$size: array", "how many elements", XS),
        entry("$slice", "$slice: [array, position, n]", "a part of the array", XS).snippet("$slice: [‹›, ‹3›]"),
        entry("$sortArray", "$sortArray: { input, sortBy }", "the elements in order", Keys(&[
            INPUT,
            entry("sortBy", "sortBy: 1 | { field: 1 }", "the order", Sort),
        ])).since(5, 2).snippet("$sortArray: { input: ‹›, sortBy: ‹1› }"),
        entry("$zip", "$zip: { inputs, useLongestLength, defaults }", "rows out of columns", Keys(&[
            entry("inputs", "inputs: [array, …]", "the arrays", List(&X)),
            entry("useLongestLength", "useLongestLength: boolean", "go on to the end of the longest", Bool),
            entry("defaults", "defaults: [value, …]", "what stands in for what a shorter one lacks", List(&X)),
        ])),
        // Sets.
        entry("$allElementsTrue", "$allElementsTrue: [array]", "every element is true", XS),
        entry("$anyElementTrue", "$anyElementTrue: [array]", "at least one element is true", XS),
        entry("$setDifference", "$setDifference: [a, b]", "what is in the first and not in the second", XS).snippet("$setDifference: [‹›, ‹›]"),
        entry("$setEquals", "$setEquals: [a, b, …]", "the same elements, order and repeats aside", XS),
        entry("$setIntersection", "$setIntersection: [a, b, …]", "what is in all", XS),
        entry("$setIsSubset", "$setIsSubset: [a, b]", "all of the first is in the second", XS).snippet("$setIsSubset: [‹›, ‹›]"),
        entry("$setUnion", "$setUnion: [a, b, …]", "what is in any, each once", XS),
        // Documents and variables.
        entry("$getField", "$getField: 'name' | { field, input }", "a field whose name has dots or dollars", Keys(&[FIELD, OF])).since(5, 0),
        entry("$setField", "$setField: { field, input, value }", "the document with a field set", Keys(&[FIELD, OF, entry("value", "value: expression", "its value; `$$REMOVE` takes it away", X)])).since(5, 0),
        entry("$unsetField", "$unsetField: { field, input }", "the document without a field", Keys(&[FIELD, OF])).since(5, 0),
        entry("$mergeObjects", "$mergeObjects: [document, …]", "one document of all; later fields win", XS),
        entry("$let", "$let: { vars, in }", "an expression with names for values, used as `$$name`", Keys(&[
            entry("vars", "vars: { name: expression }", "the names", Each(&X)),
            entry("in", "in: expression", "the result", X),
        ])).snippet("$let: { vars: { ‹name›: ‹› }, in: ‹› }"),
        entry("$literal", "$literal: value", "the value as it stands, dollars and all", Any),
        entry("$meta", "$meta: 'textScore'", "what the server knows of the match", filters::META),
        entry("$bsonSize", "$bsonSize: document", "its size in bytes", XS).since(4, 4),
        entry("$binarySize", "$binarySize: text or binary", "its size in bytes", XS).since(4, 4),
        entry("$toHashedIndexKey", "$toHashedIndexKey: value", "the hash that a hashed index keeps", X),
        entry("$function", "$function: { body, args, lang }", "JavaScript on the server", CODE).since(4, 4)
            .snippet("$function: { body: ‹'function(x) { return x }'›, args: [‹›], lang: 'js' }"),
        // Text.
        entry("$concat", "$concat: [text, …]", "the texts one after the other; null where one is null", XS),
        entry("$indexOfBytes", "$indexOfBytes: [text, part, start, end]", "where the part is first, in bytes; -1 where it is not", XS),
        entry("$indexOfCP", "$indexOfCP: [text, part, start, end]", "where the part is first, in characters; -1 where it is not", XS),
        entry("$ltrim", "$ltrim: { input, chars }", "without white space or characters at the start", TRIM),
        entry("$rtrim", "$rtrim: { input, chars }", "without white space or characters at the end", TRIM),
        entry("$trim", "$trim: { input, chars }", "without white space or characters at both ends", TRIM).snippet("$trim: { input: ‹› }"),
        entry("$regexFind", "$regexFind: { input, regex, options }", "the first match with its place and groups", REGEX).since(4, 2).snippet("$regexFind: { input: ‹›, regex: /‹›/ }"),
        entry("$regexFindAll", "$regexFindAll: { input, regex, options }", "all matches with their places and groups", REGEX).since(4, 2).snippet("$regexFindAll: { input: ‹›, regex: /‹›/ }"),
        entry("$regexMatch", "$regexMatch: { input, regex, options }", "whether it matches", REGEX).since(4, 2).snippet("$regexMatch: { input: ‹›, regex: /‹›/ }"),
        entry("$replaceOne", "$replaceOne: { input, find, replacement }", "with the first match replaced", REPLACE).since(4, 4).snippet("$replaceOne: { input: ‹›, find: ‹''›, replacement: ‹''› }"),
        entry("$replaceAll", "$replaceAll: { input, find, replacement }", "with all matches replaced", REPLACE).since(4, 4).snippet("$replaceAll: { input: ‹›, find: ‹''›, replacement: ‹''› }"),
        entry("$split", "$split: [text, separator]", "an array of the parts", XS).snippet("$split: [‹›, ‹','›]"),
        entry("$strLenBytes", "$strLenBytes: text", "how many bytes of UTF-8", XS),
        entry("$strLenCP", "$strLenCP: text", "how many characters", XS),
        entry("$strcasecmp", "$strcasecmp: [a, b]", "-1, 0 or 1, case aside", XS).snippet("$strcasecmp: [‹›, ‹›]"),
        entry("$substr", "$substr: [text, start, bytes]", "an old name of `$substrBytes`", XS),
        entry("$substrBytes", "$substrBytes: [text, start, n]", "a part of the text, counted in bytes", XS),
        entry("$substrCP", "$substrCP: [text, start, n]", "a part of the text, counted in characters", XS).snippet("$substrCP: [‹›, ‹0›, ‹10›]"),
        entry("$toLower", "$toLower: text", "in small letters", XS),
        entry("$toUpper", "$toUpper: text", "in capital letters", XS),
        // Dates.
        entry("$dateAdd", "$dateAdd: { startDate, unit, amount }", "a date so many units later", MOVED).since(5, 0).snippet("$dateAdd: { startDate: ‹›, unit: ‹'day'›, amount: ‹1› }"),
        entry("$dateSubtract", "$dateSubtract: { startDate, unit, amount }", "a date so many units earlier", MOVED).since(5, 0).snippet("$dateSubtract: { startDate: ‹'$$NOW'›, unit: ‹'day'›, amount: ‹30› }"),
        entry("$dateDiff", "$dateDiff: { startDate, endDate, unit }", "how many limits of the unit lie between two dates", Keys(&[
            entry("startDate", "startDate: expression", "the earlier date", X),
            entry("endDate", "endDate: expression", "the later date", X),
            UNIT, ZONE, START_OF_WEEK,
        ])).since(5, 0).snippet("$dateDiff: { startDate: ‹›, endDate: ‹'$$NOW'›, unit: ‹'day'› }"),
        entry("$dateTrunc", "$dateTrunc: { date, unit, binSize }", "the start of the unit that the date is in", Keys(&[
            DATE, UNIT,
            entry("binSize", "binSize: n", "so many units together", X),
            ZONE, START_OF_WEEK,
        ])).since(5, 0).snippet("$dateTrunc: { date: ‹›, unit: ‹'day'› }"),
        entry("$dateFromParts", "$dateFromParts: { year, month, day, … }", "a date out of its parts", PARTS_OF_DATE),
        entry("$dateToParts", "$dateToParts: { date, timezone, iso8601 }", "the parts of a date", Keys(&[
            DATE, ZONE, entry("iso8601", "iso8601: boolean", "whether by ISO weeks", Bool),
        ])),
        entry("$dateFromString", "$dateFromString: { dateString, format }", "a date out of a text", Keys(&[
            entry("dateString", "dateString: expression", "the text", X),
            FORMAT, ZONE, ON_ERROR, ON_NULL,
        ])).snippet("$dateFromString: { dateString: ‹› }"),
        entry("$dateToString", "$dateToString: { date, format }", "a date as text", Keys(&[DATE, FORMAT, ZONE, ON_NULL]))
            .snippet("$dateToString: { date: ‹›, format: ‹'%Y-%m-%d'› }"),
        entry("$year", "$year: date", "the year", DATED),
        entry("$month", "$month: date", "1 to 12", DATED),
        entry("$week", "$week: date", "the week of the year, 0 to 53, from Sunday", DATED),
        entry("$dayOfMonth", "$dayOfMonth: date", "1 to 31", DATED),
        entry("$dayOfWeek", "$dayOfWeek: date", "1 Sunday to 7 Saturday", DATED),
        entry("$dayOfYear", "$dayOfYear: date", "1 to 366", DATED),
        entry("$hour", "$hour: date", "0 to 23", DATED),
        entry("$minute", "$minute: date", "0 to 59", DATED),
        entry("$second", "$second: date", "0 to 60", DATED),
        entry("$millisecond", "$millisecond: date", "0 to 999", DATED),
        entry("$isoDayOfWeek", "$isoDayOfWeek: date", "1 Monday to 7 Sunday", DATED),
        entry("$isoWeek", "$isoWeek: date", "the ISO week, 1 to 53", DATED),
        entry("$isoWeekYear", "$isoWeekYear: date", "the year that the ISO week belongs to", DATED),
        entry("$tsIncrement", "$tsIncrement: timestamp", "its counter", XS).since(5, 1),
        entry("$tsSecond", "$tsSecond: timestamp", "its seconds", XS).since(5, 1),
        // Kinds.
        entry("$convert", "$convert: { input, to, onError, onNull }", "as another kind", Keys(&[
            INPUT,
            entry("to", "to: 'kind'", "the kind", filters::TYPES),
            entry("format", "format: 'base64' | 'hex' | 'uuid' | …", "how bytes are written as text", Words(&["base64", "base64url", "hex", "utf8", "uuid"])).since(8, 0),
            ON_ERROR, ON_NULL,
        ])).snippet("$convert: { input: ‹›, to: ‹'int'›, onError: ‹null›, onNull: ‹null› }"),
        entry("$isNumber", "$isNumber: expression", "it is a number of any kind", XS).since(4, 4),
        entry("$toBool", "$toBool: expression", "as true or false", XS),
        entry("$toDate", "$toDate: expression", "as a date", XS),
        entry("$toDecimal", "$toDecimal: expression", "as a decimal number", XS),
        entry("$toDouble", "$toDouble: expression", "as a floating-point number", XS),
        entry("$toInt", "$toInt: expression", "as a 32-bit integer", XS),
        entry("$toLong", "$toLong: expression", "as a 64-bit integer", XS),
        entry("$toObjectId", "$toObjectId: expression", "as an ObjectId", XS),
        entry("$toString", "$toString: expression", "as text", XS),
        entry("$toUUID", "$toUUID: expression", "a text as a UUID", XS).since(8, 0),
        entry("$type", "$type: expression", "the kind's name; `missing` where there is none", XS),
        // Those that are accumulators too.
        entry("$sum", "$sum: expression | [expression, …]", "the sum of the numbers", XS),
        entry("$avg", "$avg: expression | [expression, …]", "the mean of the numbers", XS),
        entry("$min", "$min: expression | [expression, …]", "the least", XS),
        entry("$max", "$max: expression | [expression, …]", "the greatest", XS),
        entry("$stdDevPop", "$stdDevPop: expression | [expression, …]", "the standard deviation of a whole population", XS),
        entry("$stdDevSamp", "$stdDevSamp: expression | [expression, …]", "the standard deviation of a sample", XS),
        entry("$median", "$median: { input, method }", "the middle value", MEDIAN).since(7, 0).snippet("$median: { input: ‹›, method: 'approximate' }"),
        entry("$percentile", "$percentile: { input, p, method }", "the values below which these shares lie", PERCENTILE).since(7, 0).snippet("$percentile: { input: ‹›, p: [‹0.95›], method: 'approximate' }"),
    ];

    /// What gathers the documents of a group.
    pub(in crate::query) const ACCUMULATORS: &[Entry] = &[
        entry("$sum", "$sum: expression", "the sum; `$sum: 1` counts", X).snippet("$sum: ‹1›"),
        entry("$avg", "$avg: expression", "the mean of the numbers", X),
        entry("$min", "$min: expression", "the least", X),
        entry("$max", "$max: expression", "the greatest", X),
        entry("$count", "$count: {}", "how many documents", Keys(&[])).since(5, 0).snippet("$count: {}"),
        entry("$first", "$first: expression", "of the first document; needs a `$sort` before", X),
        entry("$last", "$last: expression", "of the last document; needs a `$sort` before", X),
        entry("$push", "$push: expression", "an array of all", X),
        entry("$addToSet", "$addToSet: expression", "an array of all that differ", X),
        entry("$firstN", "$firstN: { input, n }", "of the first documents", SEVERAL).since(5, 2).snippet("$firstN: { input: ‹›, n: ‹3› }"),
        entry("$lastN", "$lastN: { input, n }", "of the last documents", SEVERAL).since(5, 2).snippet("$lastN: { input: ‹›, n: ‹3› }"),
        entry("$minN", "$minN: { input, n }", "the least ones", SEVERAL).since(5, 2).snippet("$minN: { input: ‹›, n: ‹3› }"),
        entry("$maxN", "$maxN: { input, n }", "the greatest ones", SEVERAL).since(5, 2).snippet("$maxN: { input: ‹›, n: ‹3› }"),
        entry("$top", "$top: { sortBy, output }", "of the first document in an order", TOP).since(5, 2).snippet("$top: { sortBy: { ‹field›: ‹-1› }, output: ‹› }"),
        entry("$bottom", "$bottom: { sortBy, output }", "of the last document in an order", TOP).since(5, 2).snippet("$bottom: { sortBy: { ‹field›: ‹-1› }, output: ‹› }"),
        entry("$topN", "$topN: { n, sortBy, output }", "of the first documents in an order", TOP_N).since(5, 2).snippet("$topN: { n: ‹3›, sortBy: { ‹field›: ‹-1› }, output: ‹› }"),
        entry("$bottomN", "$bottomN: { n, sortBy, output }", "of the last documents in an order", TOP_N).since(5, 2).snippet("$bottomN: { n: ‹3›, sortBy: { ‹field›: ‹-1› }, output: ‹› }"),
        entry("$mergeObjects", "$mergeObjects: document", "one document of all; later fields win", X),
        entry("$median", "$median: { input, method }", "the middle value", MEDIAN).since(7, 0).snippet("$median: { input: ‹›, method: 'approximate' }"),
        entry("$percentile", "$percentile: { input, p, method }", "the values below which these shares lie", PERCENTILE).since(7, 0).snippet("$percentile: { input: ‹›, p: [‹0.95›], method: 'approximate' }"),
        entry("$stdDevPop", "$stdDevPop: expression", "the standard deviation of a whole population", X),
        entry("$stdDevSamp", "$stdDevSamp: expression", "the standard deviation of a sample", X),
        entry("$accumulator", "$accumulator: { init, accumulate, merge, … }", "JavaScript on the server", Keys(&[
            entry("init", "init: 'function'", "makes the state", Any),
            entry("initArgs", "initArgs: [expression, …]", "its arguments", List(&X)),
            entry("accumulate", "accumulate: 'function'", "the state with one more document", Any),
            entry("accumulateArgs", "accumulateArgs: [expression, …]", "its arguments after the state", List(&X)),
            entry("merge", "merge: 'function'", "one state out of two", Any),
            entry("finalize", "finalize: 'function'", "the result out of the state", Any),
            entry("lang", "lang: 'js'", "their language", Words(&["js"])),
        ])).since(4, 4),
    ];

    /// What `$setWindowFields` has besides the accumulators.
    pub(in crate::query) const WINDOWS: &[Entry] = &[
        entry("$rank", "$rank: {}", "the place in the order; equals share it and leave a gap", Keys(&[])).since(5, 0).snippet("$rank: {}"),
        entry("$denseRank", "$denseRank: {}", "the place in the order; equals share it and leave no gap", Keys(&[])).since(5, 0).snippet("$denseRank: {}"),
        entry("$documentNumber", "$documentNumber: {}", "1, 2, 3 … in the order", Keys(&[])).since(5, 0).snippet("$documentNumber: {}"),
        entry("$shift", "$shift: { output, by, default }", "of a document so many places on", Keys(&[
            OUTPUT,
            entry("by", "by: n", "how many places on, back where negative", Whole),
            entry("default", "default: value", "where there is none", X),
        ])).since(5, 0).snippet("$shift: { output: ‹›, by: ‹-1›, default: ‹null› }"),
        entry("$derivative", "$derivative: { input, unit }", "the rate of change over the window", BY_UNIT).since(5, 0).snippet("$derivative: { input: ‹›, unit: ‹'hour'› }"),
        entry("$integral", "$integral: { input, unit }", "the area under the curve", BY_UNIT).since(5, 0).snippet("$integral: { input: ‹›, unit: ‹'hour'› }"),
        entry("$expMovingAvg", "$expMovingAvg: { input, N | alpha }", "a mean in which older values count less", Keys(&[
            INPUT,
            entry("N", "N: n", "over so many documents", Whole),
            entry("alpha", "alpha: 0…1", "how much the newest counts", Any),
        ])).since(5, 0).snippet("$expMovingAvg: { input: ‹›, N: ‹7› }"),
        entry("$covariancePop", "$covariancePop: [a, b]", "how two numbers vary together, of a population", XS).since(5, 0).snippet("$covariancePop: [‹›, ‹›]"),
        entry("$covarianceSamp", "$covarianceSamp: [a, b]", "how two numbers vary together, of a sample", XS).since(5, 0).snippet("$covarianceSamp: [‹›, ‹›]"),
        entry("$linearFill", "$linearFill: expression", "missing values on a straight line between their neighbours", X).since(5, 3),
        entry("$locf", "$locf: expression", "missing values as the last one before", X).since(5, 2),
    ];

    /// The server's own variables.
    pub(in crate::query) const VARIABLES: &[(&str, &str, super::Version)] = &[
        ("$$ROOT", "the whole document", (0, 0)),
        ("$$CURRENT", "where field paths start", (0, 0)),
        ("$$REMOVE", "no value: the field is left out", (0, 0)),
        ("$$NOW", "the time at which the query started", (4, 2)),
        ("$$CLUSTER_TIME", "the cluster's clock value", (4, 2)),
        ("$$SEARCH_META", "figures of a search", (0, 0)),
        ("$$USER_ROLES", "the roles of whoever asks", (7, 0)),
        ("$$DESCEND", "`$redact`: keep this level and look into it", (0, 0)),
        ("$$PRUNE", "`$redact`: leave this level out", (0, 0)),
        ("$$KEEP", "`$redact`: keep this level whole", (0, 0)),
    ];
}
