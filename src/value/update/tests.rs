//! Plans: what they send, what they hold to, and that the server's rules lead to the edited bytes.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use pretty_assertions::assert_eq;
use proptest::prelude::*;

use super::*;
use crate::value::sample;
use crate::value::shell::parse_document;

fn read(text: &str) -> RawDocumentBuf {
    parse_document(text).unwrap().document
}

fn line(document: &RawDocument) -> String {
    print_document(document, &Style::LINE).unwrap()
}

fn sent(base: &str, edited: &str) -> String {
    let plan = plan(&read(base), &read(edited)).unwrap();
    match plan.change {
        Write::Update(update) => line(&update),
        Write::Replace(document) => format!("replace {}", line(&document)),
    }
}

fn guarded(base: &str, edited: &str) -> String {
    let filter = line(&plan(&read(base), &read(edited)).unwrap().filter);
    filter
        .strip_prefix("{ _id: 1, $expr: { $and: ")
        .and_then(|rest| rest.strip_suffix(" } }"))
        .unwrap()
        .to_owned()
}

#[test]
fn the_smallest_update_is_sent() {
    for (base, edited, expected) in [
        (
            "{_id: 1, a: 1, b: {c: 2, d: 3}}",
            "{_id: 1, a: 1, b: {c: 5, d: 3}}",
            "{ $set: { 'b.c': 5 } }",
        ),
        (
            "{_id: 1, a: 1}",
            "{_id: 1, a: 1, b: 2}",
            "{ $set: { b: 2 } }",
        ),
        (
            "{_id: 1, a: 1, b: 2}",
            "{_id: 1, a: 2}",
            "{ $set: { a: 2 }, $unset: { b: '' } }",
        ),
        (
            "{_id: 1, a: [1, {x: 1}]}",
            "{_id: 1, a: [1, {x: 2}]}",
            "{ $set: { 'a.1.x': 2 } }",
        ),
        (
            "{_id: 1, a: [1, 2]}",
            "{_id: 1, a: [1, 2, 3, 4]}",
            "{ $push: { a: { $each: [3, 4] } } }",
        ),
        (
            "{_id: 1, a: [1, 2]}",
            "{_id: 1, a: [2]}",
            "{ $set: { a: [2] } }",
        ),
        (
            "{_id: 1, a: [1, 2]}",
            "{_id: 1, a: [9, 2, 3]}",
            "{ $set: { a: [9, 2, 3] } }",
        ),
        // New fields that the server would put in another order than asked for.
        (
            "{_id: 1}",
            "{_id: 1, b: 1, a: 2}",
            "replace { _id: 1, b: 1, a: 2 }",
        ),
        (
            "{_id: 1, d: {}}",
            "{_id: 1, d: {b: 1, a: 2}}",
            "{ $set: { d: { b: 1, a: 2 } } }",
        ),
        (
            "{_id: 1}",
            "{_id: 1, '10': 1, '9': 2}",
            "replace { _id: 1, '10': 1, '9': 2 }",
        ),
        (
            "{_id: 1, a: 1, b: 2}",
            "{_id: 1, b: 2, a: 1}",
            "replace { _id: 1, b: 2, a: 1 }",
        ),
        (
            "{_id: 1, a: 1}",
            "{_id: 1, x: 0, a: 1}",
            "replace { _id: 1, x: 0, a: 1 }",
        ),
        // Names that no path can say.
        (
            "{_id: 1, d: {'a.b': 1, c: 1}}",
            "{_id: 1, d: {'a.b': 2, c: 1}}",
            "{ $set: { d: { 'a.b': 2, c: 1 } } }",
        ),
        (
            "{_id: 1, '': 1}",
            "{_id: 1, '': 2}",
            "replace { _id: 1, '': 2 }",
        ),
        (
            "{_id: 1, a: 1}",
            "{_id: 1, a: 1, a: 2}",
            "replace { _id: 1, a: 1, a: 2 }",
        ),
        // The server keeps `_id` first whatever is sent.
        ("{_id: 1, a: 1}", "{a: 2, _id: 1}", "{ $set: { a: 2 } }"),
    ] {
        assert_eq!(sent(base, edited), expected, "{base} > {edited}");
    }
}

#[test]
fn what_is_written_over_is_held_to_its_value_and_its_kind() {
    assert_eq!(
        guarded("{_id: 1, a: {b: 5}}", "{_id: 1, a: {b: 6}}"),
        "[{ $eq: ['$a.b', { $literal: 5 }] }, { $eq: [{ $type: '$a.b' }, 'int'] }]"
    );
    assert_eq!(
        guarded("{_id: 1, a: 'x'}", "{_id: 1}"),
        "[{ $eq: ['$a', { $literal: 'x' }] }]"
    );
    assert_eq!(
        guarded("{_id: 1, a: {}}", "{_id: 1, a: {b: 1}}"),
        "[{ $eq: [{ $type: '$a.b' }, 'missing'] }, { $eq: [{ $type: '$a' }, 'object'] }]"
    );
    assert_eq!(
        guarded("{_id: 1, a: ['x']}", "{_id: 1, a: ['y']}"),
        "[{ $eq: [{ $let: { vars: { v: '$a' }, in: { $cond: [{ $isArray: '$$v' }, \
         { $arrayElemAt: ['$$v', 0] }, '$$REMOVE'] } } }, { $literal: 'x' }] }]"
    );
    assert_eq!(
        guarded("{_id: 1, a: [1]}", "{_id: 1, a: [1, 2]}"),
        "[{ $eq: [{ $let: { vars: { v: '$a' }, in: { $cond: [{ $isArray: '$$v' }, { $size: '$$v' }, 2147483647] } } }, 1] }]"
    );
    assert_eq!(
        line(&delete_filter(&read("{_id: {$gt: 1}}")).unwrap()),
        "{ _id: { $eq: { $gt: 1 } }, $expr: { $and: [{ $eq: [{ $bsonSize: '$$ROOT' }, 24] }, \
         { $eq: ['$$ROOT', { $literal: { _id: { $gt: 1 } } }] }] } }"
    );
}

#[test]
fn an_id_is_never_changed() {
    let of = |base: &str, edited: &str| plan(&read(base), &read(edited)).unwrap_err();
    assert_eq!(of("{_id: 1}", "{_id: 2}"), PlanError::IdChanged);
    assert_eq!(of("{_id: 1}", "{_id: 1.0}"), PlanError::IdChanged);
    assert_eq!(of("{_id: 1, a: 1}", "{a: 1}"), PlanError::IdChanged);
    assert_eq!(of("{a: 1}", "{a: 2}"), PlanError::NoId);
    assert_eq!(of("{_id: 1, a: 1}", "{_id: 1, a: 1}"), PlanError::Unchanged);
}

#[test]
fn a_plan_is_a_statement_that_mongosh_takes() {
    let plan = plan(&read("{_id: 1, a: 'x'}"), &read("{_id: 1, a: 5.0}")).unwrap();
    assert_eq!(
        mongosh_line("shop", "it's", &plan).unwrap(),
        "db.getSiblingDB('shop').getCollection(\"it's\").updateOne({ _id: 1, $expr: { $and: \
         [{ $eq: ['$a', { $literal: 'x' }] }] } }, { $set: { a: Double(5) } })"
    );
}

fn with_id(document: &RawDocument) -> RawDocumentBuf {
    let mut out = Vec::new();
    let start = begin(&mut out);
    element(&mut out, Kind::Int32, "_id", &1_i32.to_le_bytes());
    for field in Elements::new(document.as_bytes()) {
        let field = field.unwrap();
        if field.key != "_id" {
            element(&mut out, field.kind, field.key, field.bytes);
        }
    }
    end(&mut out, start);
    RawDocumentBuf::from_bytes(out).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn a_plan_leads_to_the_edited_document_byte_for_byte((a, b) in sample::pair()) {
        let (a, b) = (with_id(&a), with_id(&b));
        match plan(&a, &b) {
            Err(PlanError::Unchanged) => prop_assert_eq!(a.as_bytes(), b.as_bytes()),
            Err(other) => prop_assert!(false, "{}", other),
            Ok(plan) => {
                let simulated = simulate(&a, &plan.change).unwrap();
                prop_assert_eq!(simulated.as_bytes(), b.as_bytes(), "{:?}", plan);
                prop_assert!(crate::value::raw::check(&plan.filter).is_ok());
            }
        }
    }
}
