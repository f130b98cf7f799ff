#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use proptest::prelude::*;

use super::*;
use crate::query::{Context, parse};
use crate::value::sample;

fn code(text: &str, language: Language) -> String {
    let input = parse(text, &Context::new("shop", 0)).unwrap();
    copy(&input, ("shop", "orders"), language).unwrap()
}

const READ: &str = "db.orders.find({status: 'open', at: {$gte: ISODate('2026-01-02')}}, {total: 1}).sort({at: -1}).limit(5).maxTimeMS(9)";

#[test]
fn a_read_is_a_call_of_each_driver() {
    assert_eq!(
        code(READ, Language::Mongosh),
        "db.getSiblingDB('shop').getCollection('orders').find({ status: 'open', at: { $gte: ISODate('2026-01-02T00:00:00.000Z') } }, { total: 1 }).sort({ at: -1 }).limit(5).maxTimeMS(9)"
    );
    let python = code(READ, Language::Python);
    assert!(
        python.contains("client['shop']['orders'].find("),
        "{python}"
    );
    assert!(
        python.contains("sort=[('at', -1)],\n    limit=5,\n    max_time_ms=9,"),
        "{python}"
    );
    assert!(python.contains("from datetime import datetime"), "{python}");
    let node = code(READ, Language::Node);
    assert!(
        node.contains("projection: { total: 1 }, sort: { at: -1 }, limit: 5, maxTimeMS: 9"),
        "{node}"
    );
    assert!(node.contains(".toArray();"), "{node}");
    let java = code(READ, Language::Java);
    assert!(
        java.contains(".find(new Document(\"status\", \"open\")"),
        "{java}"
    );
    assert!(java.contains(".sort(new Document(\"at\", -1))"), "{java}");
    assert!(
        java.contains(".maxTime(9, TimeUnit.MILLISECONDS)"),
        "{java}"
    );
    let rust = code(READ, Language::Rust);
    assert!(
        rust.contains(
            ".sort(doc! { \"at\": -1 })\n    .limit(5)\n    .max_time(Duration::from_millis(9))"
        ),
        "{rust}"
    );
    assert!(rust.contains("cursor.try_next()"), "{rust}");
}

#[test]
fn a_write_keeps_its_options() {
    let text = "db.orders.updateOne({_id: 1}, {$set: {a: 2}}, {upsert: true})";
    assert!(
        code(text, Language::Python)
            .contains("update_one({'_id': 1}, {'$set': {'a': 2}}, upsert=True)")
    );
    assert!(code(text, Language::Java).contains("new UpdateOptions().upsert(true))"));
    assert!(
        code(text, Language::Rust).contains("doc! { \"$set\": { \"a\": 2 } })\n    .upsert(true)")
    );
}

#[test]
fn what_a_driver_has_no_call_for_is_the_command() {
    for language in Language::ALL {
        let text = code(
            "db.orders.createIndex({a: 1, b: -1}, {unique: true})",
            *language,
        );
        if *language != Language::Mongosh {
            assert!(
                text.contains("createIndexes") && text.contains("a_1_b_-1"),
                "{text}"
            );
        }
        let text = code("db.orders.find({}).readConcern('majority')", *language);
        assert!(text.contains("majority"), "{text}");
        let text = code(
            "db.orders.find({a: 1}).explain('executionStats')",
            *language,
        );
        assert!(text.contains("executionStats"), "{text}");
    }
    let text = code("db.orders.renameCollection('old')", Language::Python);
    assert!(text.contains("client['admin'].command({"), "{text}");
    assert!(text.contains("'renameCollection': 'shop.orders'"), "{text}");
}

#[test]
fn a_bare_filter_and_a_bare_pipeline_are_of_the_collection_at_hand() {
    assert!(code("{a: 1}", Language::Node).contains(".find({ a: 1 })"));
    assert!(
        code("[{$limit: 1}]", Language::Rust).contains(".aggregate(vec![doc! { \"$limit\": 1 }])")
    );
    assert_eq!(code("5", Language::Java), "5");
}

const KINDS: &str = "{d: Double(5), f: 0.5, n: NaN, i: -Infinity, s: 'x\\'\"\\\\\\n\\u202e', o: {}, a: [null], b: BinData(0, 'AAE='), \
    u: UUID('00112233-4455-6677-8899-aabbccddeeff'), id: ObjectId('65f000000000000000000001'), t: true, date: ISODate('2026-01-02T03:04:05.678Z'), \
    r: /a\\/b/i, c: Code('f'), cs: Code('f', {x: 1}), sy: Symbol('q'), i32: 5, i64: NumberLong('5'), ts: Timestamp({t: 1, i: 2}), \
    dec: NumberDecimal('1.50'), min: MinKey(), max: MaxKey()}";

#[test]
fn every_kind_is_written_in_every_language() {
    let input = parse(KINDS, &Context::new("shop", 0)).unwrap();
    let Input::Value(value) = input else { panic!() };
    let has = |language: Language, wanted: &[&str]| {
        let text = copy_value(&value, language).unwrap();
        for one in wanted {
            assert!(
                text.contains(one),
                "{}: no {one} in {text}",
                language.name()
            );
        }
    };
    has(
        Language::Python,
        &[
            "'d': 5.0",
            "float('nan')",
            "float('-inf')",
            "'x\\'\"\\\\\\n\\u202e'",
            "'a': [None]",
            "Binary(bytes.fromhex('0001'), 0)",
            "Binary.from_uuid(UUID('00112233-4455-6677-8899-aabbccddeeff'))",
            "ObjectId('65f000000000000000000001')",
            "True",
            "datetime.fromisoformat('2026-01-02T03:04:05.678+00:00')",
            "Regex(",
            "Code('f')",
            "Code('f', {'x': 1})",
            "'sy': 'q'",
            "'i32': 5",
            "Int64(5)",
            "Timestamp(1, 2)",
            "Decimal128('1.50')",
            "MinKey()",
            "MaxKey()",
        ],
    );
    has(
        Language::Node,
        &[
            "new Double(5.0)",
            "f: 0.5",
            "n: NaN",
            "-Infinity",
            "new Binary(Buffer.from('AAE=', 'base64'), 0)",
            "new UUID('00112233",
            "new ObjectId('65f",
            "new Date('2026-01-02T03:04:05.678Z')",
            "new BSONRegExp(",
            "new Code('f', { x: 1 })",
            "new BSONSymbol('q')",
            "Long.fromString('5')",
            "new Timestamp({ t: 1, i: 2 })",
            "Decimal128.fromString('1.50')",
            "new MinKey()",
        ],
    );
    has(
        Language::Java,
        &[
            "5.0",
            "Double.NaN",
            "Double.NEGATIVE_INFINITY",
            "Collections.singletonList(null)",
            "new Binary((byte) 0, Base64",
            "new BsonBinary(UUID.fromString(",
            "new Date(1767323045678L)",
            "new BsonRegularExpression(",
            "new CodeWithScope(\"f\", new Document(\"x\", 1))",
            "new Symbol(\"q\")",
            "5L",
            "new BsonTimestamp(1, 2)",
            "Decimal128.parse(\"1.50\")",
            "new MaxKey()",
            "new Document()",
        ],
    );
    has(
        Language::Rust,
        &[
            "5.0",
            "f64::NAN",
            "f64::NEG_INFINITY",
            "[Bson::Null]",
            "BinarySubtype::from(0_u8), bytes: vec![0x00, 0x01]",
            "Uuid::parse_str(",
            "DateTime::from_millis(1767323045678)",
            ".try_into()?",
            "JavaScriptCodeWithScope { code: \"f\".into(), scope: doc! { \"x\": 1 } }",
            "Bson::Symbol(\"q\".into())",
            "5_i64",
            "Timestamp { time: 1, increment: 2 }",
            "parse::<Decimal128>()?",
            "Bson::MinKey",
            "\\u{202e}",
        ],
    );
}

#[test]
fn what_no_driver_does_in_one_call_is_refused_and_not_made_another() {
    let text = "db.a.bulkWrite([{deleteOne: {filter: {x: 1}}}])";
    let input = parse(text, &Context::new("shop", 0)).unwrap();
    for language in Language::ALL {
        let copied = copy(&input, ("d", "c"), *language);
        match language {
            Language::Mongosh => assert!(copied.unwrap().contains("bulkWrite")),
            _ => assert_eq!(copied, Err(Uncopied::NoCall("bulkWrite"))),
        }
    }
}

proptest! {
    #[test]
    fn any_document_is_written(document in sample::document()) {
        let value = RawBson::Document(document);
        for language in Language::ALL {
            prop_assert!(copy_value(&value, *language).is_ok());
        }
    }
}
