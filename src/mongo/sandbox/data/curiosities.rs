//! What a browser has to cope with beside plain collections: views, a capped and a time-series collection, a large
//! document, a deep one, one of every kind, and one whose text would like to be more than text.

use bson::oid::ObjectId;
use bson::spec::BinarySubtype;
use bson::{
    Binary, Bson, Decimal128, Document, JavaScriptCodeWithScope, Regex, Timestamp, cstr, doc,
};

use super::{Chance, NOW, Sample, World, date, index, words};
use crate::mongo::request::Namespace;

/// Levels of the deep document. The server takes 200.
const DEPTH: usize = 150;

pub(super) fn fill(world: &mut World) {
    let mut chance = Chance::new(0x0d_0006);
    let mut add = |database: &str, collection: &str, options: Document, documents, indexes| {
        world.samples.push(Sample {
            namespace: Namespace::new(database, collection),
            options,
            documents,
            indexes,
        });
    };
    add(
        "career_dev",
        "open_applications",
        doc! {
            "viewOn": "applications",
            "pipeline": [
                { "$match": { "status": { "$in": ["applied", "interviewing"] } } },
                { "$lookup": { "from": "users", "localField": "userId", "foreignField": "_id", "as": "user" } },
                { "$set": { "user": { "$first": "$user.name" } } },
            ],
        },
        Vec::new(),
        Vec::new(),
    );
    add(
        "nexstep",
        "active_users",
        doc! {
            "viewOn": "users",
            "pipeline": [{ "$match": { "status": "active" } }, { "$unset": "password" }],
        },
        Vec::new(),
        Vec::new(),
    );
    let recent = (0..500)
        .map(|n: i32| {
            doc! {
                "_id": n,
                "at": date(NOW - i64::from(500 - n) * 60_000),
                "text": chance.prose(7),
            }
        })
        .collect();
    add(
        "datenight_analytics",
        "live_feed",
        doc! { "capped": true, "size": 1_048_576, "max": 1000 },
        recent,
        Vec::new(),
    );
    let mut times = Vec::new();
    for minute in 0..1440_i64 {
        let service = *chance.pick(&["api", "chat", "matcher"]);
        let value = f64::from(chance.int(20, 4000)) / 10.0;
        let id = series_id(minute);
        times.push(doc! { "at": date(NOW - (1440 - minute) * 60_000), "service": service, "_id": id, "ms": value });
    }
    add(
        "datenight_analytics",
        "response_times",
        doc! { "timeseries": { "timeField": "at", "metaField": "service", "granularity": "minutes" } },
        times,
        Vec::new(),
    );
    add(
        "migratio",
        "archives",
        Document::new(),
        vec![large(&mut chance), deep(), every_kind(), unfriendly()],
        vec![index(doc! { "title": 1 })],
    );
}

fn series_id(number: i64) -> ObjectId {
    let mut bytes = [0x51_u8; 12];
    bytes[4..].copy_from_slice(&number.to_be_bytes());
    ObjectId::from_bytes(bytes)
}

/// Some 2.5 MB: an export with thousands of entries, and one long text.
fn large(chance: &mut Chance) -> Document {
    let entries: Vec<Document> = (0..6000)
        .map(|n: i32| {
            doc! {
                "n": n,
                "at": date(NOW - i64::from(6000 - n) * 3_600_000),
                "who": *chance.pick(words::FIRST_NAMES),
                "what": chance.prose(40),
                "points": [chance.tenths(0, 100), chance.tenths(0, 100), chance.tenths(0, 100)],
            }
        })
        .collect();
    doc! {
        "_id": "large",
        "title": "a document of some 2.5 MB",
        "transcript": chance.prose(40_000),
        "entries": entries,
    }
}

fn deep() -> Document {
    let mut inside = doc! { "level": i32::try_from(DEPTH).unwrap_or(0), "end": true };
    for level in (1..DEPTH).rev() {
        inside = doc! { "level": i32::try_from(level).unwrap_or(0), "in": inside };
    }
    let mut document = doc! { "_id": "deep", "title": "a document of 150 levels" };
    document.insert("in", inside);
    document
}

fn every_kind() -> Document {
    let decimal = |text: &str| {
        text.parse::<Decimal128>()
            .map_or(Bson::Null, Bson::Decimal128)
    };
    let binary = |subtype, bytes: &[u8]| Binary {
        subtype,
        bytes: bytes.to_vec(),
    };
    doc! {
        "_id": "every kind",
        "title": "one value of every kind",
        "double": 1.5,
        "whole double": 3.0,
        "negative zero": -0.0,
        "not a number": f64::NAN,
        "infinity": f64::INFINITY,
        "int32": 42,
        "int64": 42_i64,
        "beyond 2^53": 9_007_199_254_740_993_i64,
        "decimal": decimal("12345.67890"),
        "decimal with an exponent": decimal("1.2E+40"),
        "string": "text, with 'both' \"quotes\"\nand a second line",
        "empty string": "",
        "boolean": true,
        "null": Bson::Null,
        "undefined": Bson::Undefined,
        "object id": series_id(7),
        "date": date(NOW),
        "date before 1970": date(-86_400_001),
        "date beyond the calendar": date(i64::MAX),
        "timestamp": Timestamp { time: 1_772_323_200, increment: 7 },
        "binary": binary(BinarySubtype::Generic, b"\x00\x01\x02 bytes"),
        "uuid": binary(BinarySubtype::Uuid, &[0x12, 0x34, 0x56, 0x78, 0x12, 0x34, 0x42, 0x34, 0x92, 0x34, 0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc]),
        "old uuid": binary(BinarySubtype::UuidOld, &[7; 16]),
        "md5": binary(BinarySubtype::Md5, &[9; 16]),
        "user defined": binary(BinarySubtype::UserDefined(0x80), &[1, 2, 3]),
        "regex": Regex { pattern: cstr!("^a/b\\d+").into(), options: cstr!("im").into() },
        "code": Bson::JavaScriptCode("function () { return 1; }".to_owned()),
        "code with scope": JavaScriptCodeWithScope { code: "x + 1".to_owned(), scope: doc! { "x": 1 } },
        "symbol": Bson::Symbol("a symbol".to_owned()),
        "min key": Bson::MinKey,
        "max key": Bson::MaxKey,
        "array": [1, "two", 3.0, [4, [5]], { "six": 6 }],
        "empty array": [],
        "empty object": {},
        "a.dotted.key": 1,
        "$dollar": 2,
        "": "an empty key",
    }
}

/// Text that a careless program would pass on to the terminal: colours, a clipboard write, a title, reordered letters.
fn unfriendly() -> Document {
    doc! {
        "_id": "unfriendly",
        "title": "text that is not only text",
        "escape": "\u{1b}[31mred\u{1b}[0m and \u{1b}[2J gone",
        "clipboard": "\u{1b}]52;c;aGVsbG8=\u{7}",
        "window title": "\u{1b}]0;not your title\u{7}",
        "c1": "\u{9b}31mred again",
        "bidi": "file\u{202e}gpj.exe",
        "zero width": "pass\u{200b}word",
        "wide": "東京 👩‍👩‍👧 e\u{301}",
        "carriage": "first\rsecond\ttab\u{8}back",
        "\u{1b}[1mbold key": 1,
        "nul": "before\u{0}after",
    }
}
