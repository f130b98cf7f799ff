//! Planned writes on a real server: they give the edited bytes, and match nothing once anything they overwrite has changed.

use bson::raw::{RawArrayBuf, cstr};
use bson::{RawDocument, RawDocumentBuf, rawdoc};
use mongodeck::value::shell::{Style, parse_document, print_document};
use mongodeck::value::update::{Write, delete_filter, plan};

use crate::support::server::TestDatabase;

const COLLECTION: &str = "plans";

fn read(text: &str) -> RawDocumentBuf {
    parse_document(text).unwrap().document
}

fn one(document: RawDocumentBuf) -> RawArrayBuf {
    let mut array = RawArrayBuf::new();
    array.push(document);
    array
}

/// Makes `document` the only one of the collection.
async fn store(database: &TestDatabase, document: &RawDocument) {
    let database = database.database();
    let mut delete = rawdoc! { "q": {}, "limit": 0 };
    let mut command = rawdoc! { "delete": COLLECTION };
    command.append(cstr!("deletes"), one(std::mem::take(&mut delete)));
    database.run_raw_command(command).await.unwrap();
    let mut command = rawdoc! { "insert": COLLECTION };
    command.append(cstr!("documents"), one(document.to_owned()));
    let reply = database.run_raw_command(command).await.unwrap();
    assert_eq!(reply.get_i32("n").unwrap(), 1, "{reply}");
}

async fn stored(database: &TestDatabase) -> RawDocumentBuf {
    let collection = database.database().collection::<RawDocumentBuf>(COLLECTION);
    collection.find_one(bson::doc! {}).await.unwrap().unwrap()
}

/// How many documents the plan's filter matched.
async fn write(database: &TestDatabase, base: &RawDocument, edited: &RawDocument) -> i32 {
    let plan = plan(base, edited).unwrap();
    let (Write::Update(change) | Write::Replace(change)) = plan.change;
    let mut update = RawDocumentBuf::new();
    update.append(cstr!("q"), plan.filter);
    update.append(cstr!("u"), change);
    let mut command = rawdoc! { "update": COLLECTION };
    command.append(cstr!("updates"), one(update));
    let reply = database.database().run_raw_command(command).await.unwrap();
    assert!(!reply.contains_key("writeErrors"), "{reply}");
    reply.get_i32("n").unwrap()
}

#[tokio::test]
async fn a_planned_write_gives_the_edited_bytes_once_and_never_again() {
    let database = TestDatabase::new("plan").await;
    for (base, edited) in [
        (
            "{_id: 1, a: 1, b: {c: 2, d: 3}}",
            "{_id: 1, a: 1, b: {c: 5.0, d: 3}}",
        ),
        (
            "{_id: 1, a: 1}",
            "{_id: 1, a: NumberLong(1), b: 2, c: {x: [1]}}",
        ),
        ("{_id: 1, a: 1, b: 2, z: 0}", "{_id: 1, a: 2, z: 0, n: 1}"),
        (
            "{_id: 1, a: [1, {x: 1, y: [1, 2]}]}",
            "{_id: 1, a: [1, {x: 1, y: [1, 3], z: null}]}",
        ),
        (
            "{_id: 1, a: [[1, [2, {b: 'x'}]]]}",
            "{_id: 1, a: [[1, [2, {b: 'y'}]]]}",
        ),
        ("{_id: 1, a: [1, 2]}", "{_id: 1, a: [1, 2, 3, {b: 4}]}"),
        ("{_id: 1, a: []}", "{_id: 1, a: [null]}"),
        ("{_id: 1, a: [1, 2]}", "{_id: 1, a: [2]}"),
        ("{_id: 1, a: [1, 2]}", "{_id: 1, a: [9, 2, 3]}"),
        ("{_id: 1}", "{_id: 1, b: 1, a: 2}"),
        ("{_id: 1}", "{_id: 1, B: 1, a: 2, á: 3}"),
        ("{_id: 1, d: {}}", "{_id: 1, d: {b: 1, a: 2}}"),
        ("{_id: 1, d: {}}", "{_id: 1, d: {a: 1, b: {}, 'b c': 2}}"),
        ("{_id: 1}", "{_id: 1, '10': 1, '9': 2}"),
        ("{_id: 1, d: {'0': 1}}", "{_id: 1, d: {'0': 2, '1': 1}}"),
        ("{_id: 1, a: 1, b: 2}", "{_id: 1, b: 2, a: 1}"),
        ("{_id: 1, a: 1}", "{_id: 1, x: 0, a: 1}"),
        (
            "{_id: 1, d: {'a.b': 1, $c: 1, c: 1}}",
            "{_id: 1, d: {'a.b': 2, $c: 1, c: 1}}",
        ),
        ("{_id: 1, '': 1}", "{_id: 1, '': 2}"),
        (
            "{_id: {a: 1, b: 2}, n: NaN}",
            "{_id: {a: 1, b: 2}, n: -0.0}",
        ),
        ("{_id: 1, a: null}", "{_id: 1, a: MinKey()}"),
        (
            "{_id: 1, a: NumberDecimal('1.50')}",
            "{_id: 1, a: NumberDecimal('1.5')}",
        ),
        (
            "{_id: 1, a: NumberDecimal('NaN'), b: 1}",
            "{_id: 1, a: 1, b: 1}",
        ),
        (
            "{_id: 1, a: /x/i, b: BinData(2, 'AQID')}",
            "{_id: 1, a: BSONRegExp('x', 'isx'), b: UUID('00112233-4455-6677-8899-aabbccddeeff')}",
        ),
        (
            "{_id: 1, a: undefined, b: Symbol('x'), c: Code('f', {a: 1})}",
            "{_id: 1, a: 1, b: 'x', c: Code('f')}",
        ),
        (
            "{_id: 1, a: DBPointer('a.b', ObjectId('65a1b2c3d4e5f60718293a4b'))}",
            "{_id: 1, a: Timestamp(1, 2)}",
        ),
        (
            "{_id: 1, a: '$b', b: '$$ROOT'}",
            "{_id: 1, a: '$c', b: {$literal: 1}}",
        ),
        ("{_id: 1, a: {$add: [1, 2]}}", "{_id: 1, a: {$add: [1, 3]}}"),
        ("{_id: 1, a: [{b: 1}, {b: 2}]}", "{_id: 1, a: [{b: 1}, {}]}"),
    ] {
        let (base, edited) = (read(base), read(edited));
        let shown = print_document(&edited, &Style::LINE).unwrap();
        store(&database, &base).await;
        assert_eq!(write(&database, &base, &edited).await, 1, "{shown}");
        let now = stored(&database).await;
        assert_eq!(
            print_document(&now, &Style::LINE).unwrap(),
            shown,
            "the text of what is stored"
        );
        assert_eq!(now.as_bytes(), edited.as_bytes(), "{shown}");
        assert_eq!(write(&database, &base, &edited).await, 0, "again: {shown}");
    }
}

#[tokio::test]
async fn nothing_is_written_over_a_value_that_has_changed_since() {
    let database = TestDatabase::new("guard").await;
    for (base, edited, meanwhile) in [
        ("{_id: 1, a: 5}", "{_id: 1, a: 6}", "{_id: 1, a: 5.0}"),
        ("{_id: 1, a: 5}", "{_id: 1, a: 6}", "{_id: 1, a: [5]}"),
        ("{_id: 1, a: 0.0}", "{_id: 1, a: 6}", "{_id: 1, a: -0.0}"),
        (
            "{_id: 1, a: NumberDecimal('1.50')}",
            "{_id: 1, a: 6}",
            "{_id: 1, a: NumberDecimal('1.5')}",
        ),
        (
            "{_id: 1, a: NumberDecimal('1.50')}",
            "{_id: 1, a: 6}",
            "{_id: 1, a: {}}",
        ),
        ("{_id: 1, a: null}", "{_id: 1, a: 6}", "{_id: 1}"),
        ("{_id: 1}", "{_id: 1, a: 6}", "{_id: 1, a: null}"),
        (
            "{_id: 1, a: {b: 1}}",
            "{_id: 1, a: {b: 1, c: 1}}",
            "{_id: 1, a: 3}",
        ),
        (
            "{_id: 1, a: {b: 1}}",
            "{_id: 1, a: {b: 1, c: 1}}",
            "{_id: 1}",
        ),
        (
            "{_id: 1, a: {b: 1}}",
            "{_id: 1, a: {b: 2}}",
            "{_id: 1, a: [{b: 1}]}",
        ),
        (
            "{_id: 1, a: ['x', 'y']}",
            "{_id: 1, a: ['x', 'z']}",
            "{_id: 1, a: ['y', 'x']}",
        ),
        (
            "{_id: 1, a: ['x', null]}",
            "{_id: 1, a: ['x', 'z']}",
            "{_id: 1, a: ['x']}",
        ),
        (
            "{_id: 1, a: ['x', null]}",
            "{_id: 1, a: ['x', 'z']}",
            "{_id: 1, a: 'no array'}",
        ),
        (
            "{_id: 1, a: ['x']}",
            "{_id: 1, a: ['x', 'z']}",
            "{_id: 1, a: ['x', 'y']}",
        ),
        (
            "{_id: 1, a: ['x']}",
            "{_id: 1, a: ['x', 'z']}",
            "{_id: 1, a: 'no array'}",
        ),
        (
            "{_id: 1, a: [1, 2]}",
            "{_id: 1, a: [2]}",
            "{_id: 1, a: [NumberLong(1), 2]}",
        ),
        (
            "{_id: 1, a: 1, b: 2}",
            "{_id: 1, b: 2, a: 1}",
            "{_id: 1, a: 1, b: 3}",
        ),
        (
            "{_id: 1, a: 1, b: 2}",
            "{_id: 1, b: 2, a: 1}",
            "{_id: 1, b: 2, a: 1, c: 1}",
        ),
    ] {
        let meanwhile = read(meanwhile);
        store(&database, &meanwhile).await;
        let written = write(&database, &read(base), &read(edited)).await;
        assert_eq!(written, 0, "{base} > {edited}");
        assert_eq!(stored(&database).await.as_bytes(), meanwhile.as_bytes());
    }
}

#[tokio::test]
async fn a_change_elsewhere_in_the_document_is_no_conflict() {
    let database = TestDatabase::new("elsewhere").await;
    store(&database, &read("{_id: 1, a: 5, b: 'theirs'}")).await;
    let written = write(
        &database,
        &read("{_id: 1, a: 5, b: 1}"),
        &read("{_id: 1, a: 6, b: 1}"),
    )
    .await;
    assert_eq!(written, 1);
    let expected = read("{_id: 1, a: 6, b: 'theirs'}");
    assert_eq!(stored(&database).await.as_bytes(), expected.as_bytes());
}

#[tokio::test]
async fn a_document_is_deleted_only_while_it_is_what_was_read() {
    let database = TestDatabase::new("delete").await;
    let base = read("{_id: 1, a: 5}");
    for (now, expected) in [
        ("{_id: 1, a: 5.0}", 0),
        ("{_id: 1, a: 6}", 0),
        ("{_id: 1, a: 5}", 1),
    ] {
        store(&database, &read(now)).await;
        let mut delete = RawDocumentBuf::new();
        delete.append(cstr!("q"), delete_filter(&base).unwrap());
        delete.append(cstr!("limit"), 1);
        let mut command = rawdoc! { "delete": COLLECTION };
        command.append(cstr!("deletes"), one(delete));
        let reply = database.database().run_raw_command(command).await.unwrap();
        assert_eq!(reply.get_i32("n").unwrap(), expected, "{now}");
    }
}
