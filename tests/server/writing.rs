//! Writes: what is sent, what is refused, and what is said of it.

use std::time::Duration;

use mongodb::bson::{
    Bson, Document, RawBson, RawDocumentBuf, doc, oid::ObjectId, raw::cstr, rawdoc,
};
use mongodeck::mongo::request::{
    Access, ConnectionState, Failure, FailureKind, Namespace, ProfileName, Reply, Report, Request,
    Write, WriteOutcome,
};
use secrecy::ExposeSecret as _;

use crate::support::desk::{Desk, profile, with_option};
use crate::support::server::{FailPoint, TestDatabase, dedicated, options};

fn update(
    namespace: &Namespace,
    id: i32,
    filter: RawDocumentBuf,
    update: RawDocumentBuf,
) -> Request {
    Request::Write(Write::Update {
        namespace: namespace.clone(),
        id: RawBson::Int32(id),
        filter,
        update,
    })
}

fn insert(namespace: &Namespace, document: RawDocumentBuf) -> Request {
    Request::Write(Write::Insert {
        namespace: namespace.clone(),
        document,
    })
}

const WRITTEN: Reply = Reply::Written(WriteOutcome::Written);

fn refusals(failure: &Failure) -> Vec<String> {
    failure
        .refusals
        .iter()
        .map(|r| format!("{}: {}", r.path, r.message))
        .collect()
}

#[tokio::test]
async fn what_is_written_is_what_is_stored_byte_for_byte() {
    let database = TestDatabase::new("bytes").await;
    let namespace = Namespace::new(&database.name, "c");
    let mut desk = Desk::new([profile("p", database.uri())]);
    let mut document = rawdoc! {
        "_id": 1, "int": 1, "long": 1_i64, "double": 1.0, "nan": f64::from_bits(0x7ff8_0000_0000_0007), "zero": -0.0,
        "regex": mongodb::bson::Regex { pattern: cstr!("a").to_owned(), options: cstr!("ix").to_owned() },
        "min": RawBson::MinKey, "nested": { "b": 1, "a": [1, "2", null] },
        "when": mongodb::bson::DateTime::from_millis(-1), "id": ObjectId::from_bytes([7; 12]),
    };
    let mut twice = rawdoc! { "x": 1 };
    twice.append(cstr!("x"), 2_i64);
    document.append(cstr!("twice"), twice.clone());
    assert_eq!(
        desk.ask("p", insert(&namespace, document.clone()))
            .await
            .unwrap(),
        WRITTEN
    );
    let read = Request::Document {
        namespace: namespace.clone(),
        id: RawBson::Int32(1),
    };
    assert_eq!(
        desk.ask("p", read.clone()).await.unwrap(),
        Reply::Document(Some(document.clone()))
    );
    // The guard holds the old value with its doubled key, and the new value holds one too.
    let mut guard = rawdoc! { "_id": 1 };
    guard.append(cstr!("twice"), rawdoc! { "$eq": twice.clone() });
    let mut other = rawdoc! { "y": 1 };
    other.append(cstr!("y"), 1.0);
    let request = update(
        &namespace,
        1,
        guard,
        rawdoc! { "$set": { "nested": other.clone() } },
    );
    assert_eq!(desk.ask("p", request).await.unwrap(), WRITTEN);
    let Reply::Document(Some(now)) = desk.ask("p", read.clone()).await.unwrap() else {
        panic!()
    };
    assert_eq!(now.get_document("nested").unwrap(), &*other);
    let replacement = rawdoc! { "_id": 1, "b": 2_i64, "a": 1 };
    let replace = Request::Write(Write::Replace {
        namespace: namespace.clone(),
        id: RawBson::Int32(1),
        filter: rawdoc! { "_id": 1 },
        replacement: replacement.clone(),
    });
    assert_eq!(desk.ask("p", replace).await.unwrap(), WRITTEN);
    assert_eq!(
        desk.ask("p", read.clone()).await.unwrap(),
        Reply::Document(Some(replacement))
    );
    let delete = Request::Write(Write::Delete {
        namespace,
        id: RawBson::Int32(1),
        filter: rawdoc! { "_id": 1, "a": 1 },
    });
    assert_eq!(desk.ask("p", delete).await.unwrap(), WRITTEN);
    assert_eq!(desk.ask("p", read).await.unwrap(), Reply::Document(None));
}

#[tokio::test]
async fn a_document_that_changed_behind_ones_back_is_a_conflict_and_stays_as_it_is() {
    let database = TestDatabase::new("conflict").await;
    let namespace = Namespace::new(&database.name, "c");
    let collection = database.collection("c");
    collection
        .insert_one(doc! { "_id": 1, "a": 1 })
        .await
        .unwrap();
    let mut desk = Desk::new([profile("p", database.uri())]);
    desk.connect("p").await;
    collection
        .update_one(doc! { "_id": 1 }, doc! { "$set": { "a": 2 } })
        .await
        .unwrap();
    let mine = update(
        &namespace,
        1,
        rawdoc! { "_id": 1, "a": { "$eq": 1 } },
        rawdoc! { "$set": { "a": 3 } },
    );
    let theirs = Some(rawdoc! { "_id": 1, "a": 2 });
    assert_eq!(
        desk.ask("p", mine.clone()).await.unwrap(),
        Reply::Written(WriteOutcome::Conflict { theirs })
    );
    assert_eq!(
        collection.find_one(doc! {}).await.unwrap(),
        Some(doc! { "_id": 1, "a": 2 })
    );
    collection.delete_one(doc! { "_id": 1 }).await.unwrap();
    // Nothing is upserted.
    assert_eq!(
        desk.ask("p", mine).await.unwrap(),
        Reply::Written(WriteOutcome::Conflict { theirs: None })
    );
    assert_eq!(collection.count_documents(doc! {}).await.unwrap(), 0);
}

#[tokio::test]
async fn a_read_only_profile_sends_no_write_whatever_is_asked() {
    let database = TestDatabase::new("read_only").await;
    let namespace = Namespace::new(&database.name, "c");
    database
        .collection("c")
        .insert_one(doc! { "_id": 1 })
        .await
        .unwrap();
    let mut closed = profile(
        "p",
        &with_option(database.uri(), "appName=read-only-profile"),
    );
    closed.read_only = true;
    let mut desk = Desk::new([closed]);
    desk.connect("p").await;
    desk.runner
        .unlock(&ProfileName::new("p"), Duration::from_secs(60));
    let to = Namespace::new(&database.name, "d");
    let requests = [
        insert(&namespace, rawdoc! { "_id": 2 }),
        update(
            &namespace,
            1,
            rawdoc! { "_id": 1 },
            rawdoc! { "$set": { "a": 1 } },
        ),
        Request::Write(Write::Delete {
            namespace: namespace.clone(),
            id: RawBson::Int32(1),
            filter: rawdoc! { "_id": 1 },
        }),
        Request::Write(Write::Replace {
            namespace: namespace.clone(),
            id: RawBson::Int32(1),
            filter: rawdoc! { "_id": 1 },
            replacement: rawdoc! { "_id": 1 },
        }),
        Request::CreateCollection {
            namespace: to.clone(),
            options: RawDocumentBuf::new(),
        },
        Request::RenameCollection {
            from: namespace.clone(),
            to,
        },
        Request::DropCollection {
            namespace: namespace.clone(),
        },
        Request::DropDatabase {
            database: database.name.clone(),
        },
    ];
    for request in requests {
        assert!(request.writes());
        assert_eq!(
            desk.ask("p", request).await.unwrap_err().kind,
            FailureKind::ReadOnly
        );
    }
    assert_eq!(desk.sent_for_tasks(), Vec::<String>::new());
    for name in [
        "insert",
        "update",
        "delete",
        "create",
        "renameCollection",
        "drop",
        "dropDatabase",
    ] {
        assert!(!desk.sent(name), "{name} was sent");
    }
    assert_eq!(desk.runner.access(&ProfileName::new("p")), Access::ReadOnly);
}

#[tokio::test]
async fn a_production_profile_writes_only_while_it_is_unlocked() {
    let server = dedicated(options()).await;
    let uri = server.uri().expose_secret().to_owned();
    let client = mongodb::Client::with_uri_str(&uri).await.unwrap();
    let db = client.database("d");
    db.create_collection("c").await.unwrap();
    db.run_command(doc! { "profile": 2 }).await.unwrap();
    let mut production = profile("p", &with_option(&uri, "appName=production-test"));
    production.production = true;
    let mut desk = Desk::new([production]);
    let name = ProfileName::new("p");
    let namespace = Namespace::new("d", "c");
    desk.connect("p").await;
    let refused = desk
        .ask("p", insert(&namespace, rawdoc! { "_id": 1 }))
        .await
        .unwrap_err();
    assert_eq!(
        (refused.kind, desk.sent("insert")),
        (FailureKind::ReadOnly, false)
    );
    // Neither does the server know of one, by its own profiler.
    let seen = async || {
        let filter = doc! { "appName": "production-test", "op": { "$in": ["insert", "update", "remove", "command"] } };
        db.collection::<Document>("system.profile")
            .count_documents(filter)
            .await
            .unwrap()
    };
    assert_eq!(seen().await, 0);
    desk.runner.unlock(&name, Duration::from_millis(700));
    let access = |wanted: Access| {
        move |r: &Report| {
            matches!(r, Report::Access { access, .. } if *access == wanted).then_some(())
        }
    };
    desk.wait("unlock", access(Access::ReadWrite)).await;
    assert_eq!(
        desk.ask("p", insert(&namespace, rawdoc! { "_id": 2 }))
            .await
            .unwrap(),
        WRITTEN
    );
    desk.wait("end of the unlock", access(Access::ReadOnly))
        .await;
    let late = desk
        .ask("p", insert(&namespace, rawdoc! { "_id": 3 }))
        .await
        .unwrap_err();
    assert_eq!(late.kind, FailureKind::ReadOnly);
    desk.runner.unlock(&name, Duration::from_secs(60));
    desk.wait("second unlock", access(Access::ReadWrite)).await;
    desk.runner.lock(&name);
    desk.wait("lock", access(Access::ReadOnly)).await;
    assert_eq!(
        desk.ask("p", insert(&namespace, rawdoc! { "_id": 4 }))
            .await
            .unwrap_err()
            .kind,
        FailureKind::ReadOnly
    );
    assert_eq!(
        db.collection::<Document>("c")
            .count_documents(doc! {})
            .await
            .unwrap(),
        1
    );
    assert_eq!(seen().await, 1);
    desk.runner.shutdown().await;
    client.shutdown().immediate(true).await;
    server.stop().await;
}

#[tokio::test]
async fn the_servers_validator_is_told_path_by_path() {
    let database = TestDatabase::new("validator").await;
    let namespace = Namespace::new(&database.name, "c");
    let schema = doc! { "$jsonSchema": {
        "required": ["email", "goal"],
        "additionalProperties": false,
        "properties": {
            "_id": {}, "email": { "bsonType": "string", "pattern": "@" },
            "goal": { "enum": ["promotion", "switch"] },
            "age": { "bsonType": "int", "minimum": 18, "maximum": 99 },
            "name": { "bsonType": "string", "minLength": 2, "maxLength": 4 },
            "tags": { "bsonType": "array", "maxItems": 2, "uniqueItems": true, "items": { "bsonType": "string" } },
            "address": { "bsonType": "object", "required": ["zip"], "properties": { "zip": { "bsonType": "string" } } },
            "ratio": { "bsonType": "double", "exclusiveMinimum": true, "minimum": 0 },
            "pick": { "oneOf": [{ "bsonType": "int" }, { "bsonType": "bool" }] },
        },
    } };
    database
        .database()
        .create_collection("c")
        .validator(schema)
        .await
        .unwrap();
    let mut desk = Desk::new([profile("p", database.uri())]);
    let good = rawdoc! { "_id": 1, "email": "a@b", "goal": "switch" };
    assert_eq!(
        desk.ask("p", insert(&namespace, good)).await.unwrap(),
        WRITTEN
    );
    let bad = rawdoc! {
        "_id": 2, "email": "nobody", "age": 3, "name": "Methuselah", "tags": ["a", 1, 1],
        "address": { "zip": 1 }, "ratio": 0.0, "pick": "x", "extra": 1,
    };
    let failure = desk.ask("p", insert(&namespace, bad)).await.unwrap_err();
    assert_eq!(
        (failure.kind, failure.code),
        (FailureKind::Validation, Some(121))
    );
    let mut told = refusals(&failure);
    told.sort();
    assert_eq!(
        told,
        [
            "address.zip: must be of type `string`, and is a `int`",
            "age: must be at least `18`, and is `3`",
            "email: must match the pattern `'@'`, and is `'nobody'`",
            "extra: is not among the fields that are allowed",
            "goal: is required, and missing",
            "name: must have at most `4` characters, and is `'Methuselah'`",
            "pick: matches none of the rules of which it must match exactly one: must be of type `int`, and is a `string`; or must be of type `bool`, and is a `string`",
            "ratio: must be above `0`, and is `0.0`",
            "tags: must have at most `2` elements, and has `3`",
            "tags: must not hold an element twice, and `1` is",
            "tags[1]: must be of type `string`, and is a `int`",
        ]
    );
    let wrong = update(
        &namespace,
        1,
        rawdoc! { "_id": 1 },
        rawdoc! { "$set": { "goal": "sleep" } },
    );
    let failure = desk.ask("p", wrong).await.unwrap_err();
    assert_eq!(
        refusals(&failure),
        ["goal: must be one of `promotion`, `switch`, and is `'sleep'`"]
    );
    let rules = doc! { "collMod": "c", "validator": { "$and": [{ "age": { "$gt": 1 } }, { "$or": [{ "email": { "$regex": "@" } }, { "goal": "x" }] }] } };
    database.database().run_command(rules).await.unwrap();
    let failure = desk
        .ask("p", insert(&namespace, rawdoc! { "_id": 3, "age": 0 }))
        .await
        .unwrap_err();
    let told = refusals(&failure);
    assert_eq!(told[0], "age: must be above `1`, and is `0`");
    assert!(
        told[1].starts_with(": none of the alternatives holds: `email` must match"),
        "{told:?}"
    );
}

#[tokio::test]
async fn a_refused_write_names_what_is_in_its_way() {
    let database = TestDatabase::new("refused").await;
    let namespace = Namespace::new(&database.name, "c");
    database
        .collection("c")
        .insert_one(doc! { "_id": 1, "email": "a@b" })
        .await
        .unwrap();
    let index = doc! { "createIndexes": "c", "indexes": [{ "key": { "email": 1 }, "name": "email_1", "unique": true }] };
    database.database().run_command(index).await.unwrap();
    let mut desk = Desk::new([profile("p", database.uri())]);
    let failure = desk
        .ask(
            "p",
            insert(&namespace, rawdoc! { "_id": 2, "email": "a@b" }),
        )
        .await
        .unwrap_err();
    assert_eq!(failure.kind, FailureKind::DuplicateKey);
    assert_eq!(
        failure.summary,
        "unique index `email_1` has `email: 'a@b'` already"
    );
    let change = update(
        &namespace,
        1,
        rawdoc! { "_id": 1 },
        rawdoc! { "$set": { "_id": 9 } },
    );
    let failure = desk.ask("p", change).await.unwrap_err();
    assert_eq!(
        (failure.kind, failure.summary.as_str()),
        (
            FailureKind::ImmutableField,
            "`_id` of a document cannot be changed"
        )
    );
    let huge = rawdoc! { "_id": 3, "text": "x".repeat(16 * 1024 * 1024) };
    let failure = desk.ask("p", insert(&namespace, huge)).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::TooLarge);
    let grow = update(
        &namespace,
        1,
        rawdoc! { "_id": 1 },
        rawdoc! { "$set": { "text": "x".repeat(16 * 1024 * 1024 - 20) } },
    );
    let failure = desk.ask("p", grow).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::TooLarge, "{failure:?}");
    assert_eq!(
        database
            .collection("c")
            .count_documents(doc! {})
            .await
            .unwrap(),
        1
    );
}

#[tokio::test]
async fn collections_and_databases_are_made_renamed_and_dropped() {
    let database = TestDatabase::new("admin").await;
    let name = format!("{}_made", database.name);
    let mut desk = Desk::new([profile("p", database.uri())]);
    let one = Namespace::new(&name, "one");
    let two = Namespace::new(&name, "two.with.dots");
    let options = rawdoc! { "capped": true, "size": 8192 };
    let create = Request::CreateCollection {
        namespace: one.clone(),
        options,
    };
    assert_eq!(desk.ask("p", create.clone()).await.unwrap(), Reply::Done);
    let again = desk.ask("p", create).await.unwrap_err();
    assert!(again.summary.contains("exists already"), "{again}");
    let rename = Request::RenameCollection {
        from: one.clone(),
        to: two.clone(),
    };
    assert_eq!(desk.ask("p", rename.clone()).await.unwrap(), Reply::Done);
    assert_eq!(
        desk.ask("p", rename).await.unwrap_err().kind,
        FailureKind::Gone
    );
    let names = database
        .client
        .database(&name)
        .list_collection_names()
        .await
        .unwrap();
    assert_eq!(names, ["two.with.dots"]);
    assert_eq!(
        desk.ask("p", Request::DropCollection { namespace: two })
            .await
            .unwrap(),
        Reply::Done
    );
    assert_eq!(
        desk.ask("p", Request::DropDatabase { database: name })
            .await
            .unwrap(),
        Reply::Done
    );
}

#[tokio::test]
async fn a_write_whose_connection_breaks_is_sent_again_and_done_once() {
    let database = TestDatabase::new("again").await;
    let namespace = Namespace::new(&database.name, "c");
    database
        .collection("c")
        .insert_one(doc! { "_id": 1, "n": 0 })
        .await
        .unwrap();
    let mut brief = profile("p", &with_option(database.uri(), "appName=write-again"));
    brief.server_selection_timeout = Some(Duration::from_secs(1));
    let mut desk = Desk::new([brief]);
    desk.connect("p").await;
    let point = FailPoint::command(
        database.uri(),
        "write-again",
        &["update"],
        1,
        doc! { "closeConnection": true },
    )
    .await;
    let count = update(
        &namespace,
        1,
        rawdoc! { "_id": 1 },
        rawdoc! { "$inc": { "n": 1 } },
    );
    assert_eq!(desk.ask("p", count.clone()).await.unwrap(), WRITTEN);
    drop(point);
    // A third time, since another primary may take longer than that.
    let point = FailPoint::command(
        database.uri(),
        "write-again",
        &["update"],
        4,
        doc! { "errorCode": 10107 },
    )
    .await;
    assert_eq!(desk.ask("p", count.clone()).await.unwrap(), WRITTEN);
    drop(point);
    // All sendings fail: nobody knows.
    let point = FailPoint::command(
        database.uri(),
        "write-again",
        &["update"],
        1_000,
        doc! { "closeConnection": true },
    )
    .await;
    let failure = desk.ask("p", count.clone()).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::UnknownOutcome, "{failure:?}");
    drop(point);
    // Done, and the answer lost: the second sending finds it done.
    let point = FailPoint::command(
        database.uri(),
        "write-again",
        &["update"],
        1,
        doc! { "writeConcernError": { "code": 91, "errmsg": "shutting down" } },
    )
    .await;
    assert_eq!(desk.ask("p", count.clone()).await.unwrap(), WRITTEN);
    drop(point);
    // A sending that was done, and one that is refused because the server is no primary: not said to have failed.
    let point = FailPoint::on(
        database.uri(),
        "failCommand",
        doc! { "times": 1 },
        doc! {
            "failCommands": ["update"], "appName": "write-again",
            "writeConcernError": { "code": 11602, "errmsg": "stepping down" },
        },
    )
    .await;
    let started = desk.start("p", count);
    assert_eq!(desk.settled(started).await.unwrap(), WRITTEN);
    drop(point);
    let stored = database
        .collection("c")
        .find_one(doc! {})
        .await
        .unwrap()
        .unwrap();
    assert_eq!(stored.get("n"), Some(&Bson::Int32(4)));
}

#[tokio::test]
async fn a_write_to_a_server_that_ends_says_that_nobody_knows_or_that_nothing_was_sent() {
    let mut server = dedicated(options()).await;
    let uri = server.uri().expose_secret().to_owned();
    let client = mongodb::Client::with_uri_str(&uri).await.unwrap();
    client
        .database("d")
        .collection("c")
        .insert_one(doc! { "_id": 1, "n": 0 })
        .await
        .unwrap();
    let mut slow = profile("p", &with_option(&uri, "appName=write-and-die"));
    slow.server_selection_timeout = Some(Duration::from_secs(1));
    let mut desk = Desk::new([slow]);
    desk.connect("p").await;
    let namespace = Namespace::new("d", "c");
    let blocked = doc! {
        "configureFailPoint": "failCommand", "mode": "alwaysOn",
        "data": { "failCommands": ["update"], "appName": "write-and-die", "blockConnection": true, "blockTimeMS": 60_000 },
    };
    client.database("admin").run_command(blocked).await.unwrap();
    let task = desk.start(
        "p",
        update(
            &namespace,
            1,
            rawdoc! { "_id": 1 },
            rawdoc! { "$set": { "n": 1 } },
        ),
    );
    while !desk.sent("update") {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    server.kill().await.unwrap();
    let failure = desk.settled(task).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::UnknownOutcome, "{failure:?}");
    assert!(failure.help.unwrap().contains("read the document again"));
    // With the server gone, nothing can be sent, and that is sure.
    let later = desk
        .ask("p", insert(&namespace, rawdoc! { "_id": 2 }))
        .await
        .unwrap_err();
    assert_eq!(later.kind, FailureKind::Unreachable, "{later:?}");
    server.restart().await.unwrap();
    desk.state("p", "server that is back", |s| {
        matches!(s, ConnectionState::Ready(_))
    })
    .await;
    assert_eq!(
        desk.ask("p", insert(&namespace, rawdoc! { "_id": 3 }))
            .await
            .unwrap(),
        WRITTEN
    );
    desk.runner.shutdown().await;
    client.shutdown().immediate(true).await;
    server.stop().await;
}
