//! Fixes over all documents of a collection on a real server.

use std::path::PathBuf;
use std::time::Duration;

use bson::{RawBson, RawDocumentBuf, doc, rawdoc};
use futures_util::TryStreamExt as _;
use mongodb::bson::Document;
use mongodeck::config::mends::{self, Entry, Head, Journal, Step};
use mongodeck::model::drift::{FixKind, Mended, Place, Target, mend::mend};
use mongodeck::model::{SharedModel, shipped};
use mongodeck::mongo::request::drift::{Mend, MendMode, MendOutcome, MendPreview};
use mongodeck::mongo::request::{Failure, FailureKind, Namespace, Reply, Request};
use mongodeck::value::update::{Write, plan};

use super::check::library;
use crate::support::desk::{Desk, profile, with_option};
use crate::support::server::{FailPoint, TestDatabase};

/// A desk with a state directory of its own.
fn desk(uri: &str) -> (Desk, tempfile::TempDir) {
    let home = tempfile::tempdir().unwrap();
    let mut desk = Desk::new([profile("p", uri)]);
    desk.runner = desk.runner.clone().with_state(home.path().to_owned());
    (desk, home)
}

fn violations(place: &str, kind: &str) -> Target {
    Target::Violations {
        place: Place::parse(place),
        kind: kind.to_owned(),
    }
}

fn people(database: &TestDatabase, target: Target, fix: FixKind) -> Mend {
    Mend {
        namespace: Namespace::new(&database.name, "people"),
        model: library().for_namespace(&database.name, "people").unwrap(),
        target,
        fix,
        mode: MendMode::Write,
    }
}

async fn preview(desk: &mut Desk, mend: &Mend) -> MendPreview {
    let dry = Mend {
        mode: MendMode::Dry,
        ..mend.clone()
    };
    match desk.ask("p", Request::Mend(Box::new(dry))).await {
        Ok(Reply::MendPreview(preview)) => *preview,
        other => panic!("{other:?}"),
    }
}

fn outcome(reply: Result<Reply, Failure>) -> MendOutcome {
    match reply {
        Ok(Reply::Mended(outcome)) => *outcome,
        other => panic!("{other:?}"),
    }
}

async fn mended(desk: &mut Desk, mend: &Mend) -> MendOutcome {
    outcome(desk.ask("p", Request::Mend(Box::new(mend.clone()))).await)
}

async fn all(database: &TestDatabase, collection: &str) -> Vec<RawDocumentBuf> {
    database
        .database()
        .collection::<RawDocumentBuf>(collection)
        .find(doc! {})
        .sort(doc! { "_id": 1 })
        .await
        .unwrap()
        .try_collect()
        .await
        .unwrap()
}

async fn insert(database: &TestDatabase, documents: Vec<Document>) {
    database
        .collection("people")
        .insert_many(documents)
        .await
        .unwrap();
}

fn aged(n: i32) -> Document {
    doc! { "_id": n, "name": "n", "age": "41", "z": n, "__v": 0 }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cast_is_previewed_written_in_a_transaction_logged_and_undone_to_the_byte() {
    let database = TestDatabase::new("mend_cast").await;
    let mut documents: Vec<Document> = (0..20).map(aged).collect();
    documents.push(doc! { "_id": 20, "name": "n", "age": "old" });
    documents.push(doc! { "_id": 21, "name": "n", "age": 7 });
    insert(&database, documents).await;
    let before = all(&database, "people").await;
    let (mut desk, home) = desk(database.uri());
    let mend = people(&database, violations("age", "Number"), FixKind::Cast);

    let seen = preview(&mut desk, &mend).await;
    assert_eq!((seen.scanned, seen.documents, seen.unfit), (22, 20, 1));
    assert!(seen.in_transaction);
    assert_eq!(seen.samples.len(), 20);
    assert_eq!(seen.samples[0].changes.len(), 1);
    assert_eq!(
        all(&database, "people").await,
        before,
        "a dry one writes nothing"
    );
    assert!(!home.path().join("mends").exists());

    let done = mended(&mut desk, &mend).await;
    assert_eq!((done.written, done.skipped, done.unfit), (20, 0, 1));
    assert!(done.in_transaction && done.stopped.is_none());
    let after = all(&database, "people").await;
    assert_eq!(
        after[3],
        rawdoc! { "_id": 3, "name": "n", "age": 41, "z": 3, "__v": 0 }
    );
    assert_eq!(after[20], before[20]);
    let log = std::fs::read_to_string(home.path().join("writes.jsonl")).unwrap();
    assert_eq!(log.lines().count(), 20);
    assert!(
        log.contains("\"what\":\"mend\"") && log.contains("\"paths\":[\"age\"]"),
        "{log}"
    );

    let journal = done.journal.unwrap();
    assert_eq!(journal.extension().unwrap(), "mend");
    // What someone else changed since stays.
    database
        .collection("people")
        .update_one(doc! { "_id": 5 }, doc! { "$set": { "age": 99 } })
        .await
        .unwrap();
    let undone = outcome(desk.ask("p", Request::UndoMend { journal }).await);
    assert_eq!((undone.written, undone.skipped), (19, 1));
    assert_eq!(undone.skipped_ids, [RawBson::Int32(5)]);
    assert_eq!(undone.journal.unwrap().extension().unwrap(), "undone");
    let now = all(&database, "people").await;
    for (n, (now, before)) in now.iter().zip(&before).enumerate() {
        assert_eq!(now == before, n != 5, "{n}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_documents_than_a_transaction_takes_go_in_batches() {
    let database = TestDatabase::new("mend_batches").await;
    insert(&database, (0..2_600).map(aged).collect()).await;
    let (mut desk, home) = desk(database.uri());
    let mend = people(&database, violations("age", "Number"), FixKind::Cast);
    let seen = preview(&mut desk, &mend).await;
    assert_eq!((seen.documents, seen.in_transaction), (2_600, false));
    let done = mended(&mut desk, &mend).await;
    assert_eq!((done.written, done.in_transaction), (2_600, false));
    let left = database
        .collection("people")
        .count_documents(doc! { "age": { "$type": "string" } })
        .await
        .unwrap();
    assert_eq!(left, 0);
    assert!(mends::unfinished(&home.path().join("mends")).is_empty());
    // Once more, there is nothing to do, and no journal of nothing.
    let done = mended(&mut desk, &mend).await;
    assert_eq!((done.scanned, done.written, done.journal), (2_600, 0, None));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trimming_unsetting_and_nearest_values_mend_their_own_group_alone() {
    let database = TestDatabase::new("mend_kinds").await;
    insert(
        &database,
        vec![
            doc! { "_id": 1, "name": "  a b ", "role": "edtor", "surplus": 1, "__v": 0 },
            doc! { "_id": 2, "name": "b", "email": "Ada@Example.com", "notes": [{ "text": {} }, { "text": "t" }, { "text": [] , "what": "x" }] },
        ],
    )
    .await;
    let (mut desk, _home) = desk(database.uri());
    for (target, fix) in [
        (violations("name", "trim"), FixKind::Trim),
        (violations("role", "enum"), FixKind::Nearest),
        (violations("surplus", "strict"), FixKind::Unset),
        (violations("email", "lowercase"), FixKind::Lowercase),
        (violations("notes[].text", "string"), FixKind::Unset),
    ] {
        let done = mended(&mut desk, &people(&database, target, fix)).await;
        assert_eq!(done.written, 1, "{fix:?}");
    }
    assert_eq!(
        all(&database, "people").await,
        [
            rawdoc! { "_id": 1, "name": "a b", "role": "editor", "__v": 0 },
            rawdoc! { "_id": 2, "name": "b", "email": "ada@example.com", "notes": [{}, { "text": "t" }, { "what": "x" }] },
        ]
    );
}

fn users() -> SharedModel {
    shipped().for_namespace("career_dev", "users").unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn defaults_are_filled_in_where_documents_lack_them() {
    let database = TestDatabase::new("mend_backfill").await;
    let user = |n: i32| doc! { "_id": n, "name": "n", "email": format!("u{n}@example.com"), "password": "x", "__v": 0 };
    let mut documents: Vec<Document> = (0..30).map(user).collect();
    documents[3].insert("preferences", doc! { "emailUpdates": false });
    documents[4].insert(
        "preferences",
        doc! { "notifications": false, "emailUpdates": false },
    );
    documents[5].insert("preferences", bson::Bson::Null);
    database
        .collection("users")
        .insert_many(documents)
        .await
        .unwrap();
    let (mut desk, _home) = desk(database.uri());
    let mend = Mend {
        namespace: Namespace::new(&database.name, "users"),
        model: users(),
        target: Target::Missing(vec![
            Place::parse("preferences.notifications"),
            Place::parse("preferences.emailUpdates"),
        ]),
        fix: FixKind::Default,
        mode: MendMode::Write,
    };
    assert_eq!(preview(&mut desk, &mend).await.documents, 29);
    assert_eq!(mended(&mut desk, &mend).await.written, 29);
    let now = all(&database, "users").await;
    let preferences = |n: usize| now[n].get_document("preferences").unwrap().to_owned();
    let whole = rawdoc! { "notifications": true, "emailUpdates": true };
    assert_eq!(preferences(0), whole);
    assert_eq!(
        preferences(3),
        rawdoc! { "emailUpdates": false, "notifications": true }
    );
    assert_eq!(
        preferences(4),
        rawdoc! { "notifications": false, "emailUpdates": false }
    );
    assert_eq!(preferences(5), whole);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_changes_behind_ones_back_is_skipped_and_kept() {
    for (about, count) in [("mend_behind_one", 40), ("mend_behind_many", 1_400)] {
        let database = TestDatabase::new(about).await;
        insert(&database, (0..count).map(aged).collect()).await;
        let uri = with_option(database.uri(), &format!("appName={about}"));
        let (mut desk, _home) = desk(&uri);
        let mend = people(&database, violations("age", "Number"), FixKind::Cast);
        desk.connect("p").await;
        // The first update waits on the server; meanwhile someone else is faster.
        let waits = doc! { "blockConnection": true, "blockTimeMS": 1_500 };
        let _blocked = FailPoint::command(database.uri(), about, &["update"], 1, waits).await;
        let task = desk.start("p", Request::Mend(Box::new(mend)));
        let people = database.collection("people");
        tokio::time::sleep(Duration::from_millis(700)).await;
        people
            .update_one(doc! { "_id": 7 }, doc! { "$set": { "age": "mine" } })
            .await
            .unwrap();
        people.delete_one(doc! { "_id": 8 }).await.unwrap();
        // Of a document that changed elsewhere, the fix still holds.
        people
            .update_one(doc! { "_id": 9 }, doc! { "$set": { "z": -1 } })
            .await
            .unwrap();
        let done = outcome(desk.settled(task).await);
        assert_eq!(
            (done.written, done.skipped),
            (u64::try_from(count).unwrap() - 2, 2),
            "{done:?}"
        );
        assert_eq!(done.skipped_ids, [RawBson::Int32(7), RawBson::Int32(8)]);
        let seven = people.find_one(doc! { "_id": 7 }).await.unwrap().unwrap();
        assert_eq!(seven.get_str("age").unwrap(), "mine");
        let nine = people.find_one(doc! { "_id": 9 }).await.unwrap().unwrap();
        assert_eq!(
            (nine.get_i32("age").unwrap(), nine.get_i32("z").unwrap()),
            (41, -1)
        );
    }
}

/// The entry of one document, as a mend would write it.
fn entry(mend_: &Mend, document: &Document) -> Entry {
    let base = RawDocumentBuf::try_from(document).unwrap();
    let Mended::Changed(change) = mend(&mend_.model, &base, &mend_.target, mend_.fix) else {
        panic!()
    };
    let step = |filter, write: Write| match write {
        Write::Update(change) | Write::Replace(change) => Step { filter, change },
    };
    let back = plan(&change.after, &base).unwrap();
    Entry {
        id: base.get("_id").unwrap().unwrap().into(),
        forth: step(change.plan.filter.clone(), change.plan.change.clone()),
        back: step(back.filter, back.change),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_that_a_crash_cut_off_is_ended_by_its_journal() {
    let database = TestDatabase::new("mend_crash").await;
    insert(&database, (0..10).map(aged).collect()).await;
    let (mut desk, home) = desk(database.uri());
    let mend = people(&database, violations("age", "Number"), FixKind::Cast);
    let directory = home.path().join("mends");
    let head = Head {
        profile: "p".into(),
        database: database.name.clone(),
        collection: "people".into(),
        model: "Person".into(),
        what: "cast".into(),
        at: 1,
    };
    let mut journal = Journal::create(&directory, &head).unwrap();
    let entries: Vec<Entry> = (0..6).map(|n| entry(&mend, &aged(n))).collect();
    journal.begin(0, &entries).unwrap();
    drop(journal);
    // Two were written before the crash, and one was changed by someone else since.
    let people = database.collection("people");
    people
        .update_many(
            doc! { "_id": { "$in": [0, 1] } },
            doc! { "$set": { "age": 41 } },
        )
        .await
        .unwrap();
    people
        .update_one(doc! { "_id": 2 }, doc! { "$set": { "age": "mine" } })
        .await
        .unwrap();
    let found = mends::unfinished(&directory);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].1, head);
    let journal = found[0].0.clone();
    let resumed = outcome(desk.ask("p", Request::ResumeMend { journal }).await);
    assert_eq!((resumed.written, resumed.skipped), (5, 1));
    assert_eq!(resumed.skipped_ids, [RawBson::Int32(2)]);
    assert!(mends::unfinished(&directory).is_empty());
    // The rest is done by the same mend; and what the journal has can be put back.
    let rest = mended(&mut desk, &mend).await;
    assert_eq!((rest.written, rest.unfit), (4, 1));
    let journal = resumed.journal.unwrap();
    let undone = outcome(desk.ask("p", Request::UndoMend { journal }).await);
    assert_eq!((undone.written, undone.skipped), (5, 0));
    let texts = people
        .count_documents(doc! { "age": { "$type": "string" } })
        .await
        .unwrap();
    assert_eq!(texts, 6);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mend_whose_line_drops_tells_what_it_did_and_is_ended_later() {
    let database = TestDatabase::new("mend_line").await;
    insert(&database, (0..1_800).map(aged).collect()).await;
    let uri = with_option(database.uri(), "appName=mend_line&retryWrites=false");
    let (mut desk, home) = desk(&uri);
    let mend = people(&database, violations("age", "Number"), FixKind::Cast);
    desk.connect("p").await;
    let lost = doc! { "closeConnection": true };
    let dropped = FailPoint::on(database.uri(), "failCommand", doc! { "skip": 2 }, {
        let mut data = lost;
        data.insert("failCommands", vec!["update"]);
        data.insert("appName", "mend_line");
        data
    })
    .await;
    let done = mended(&mut desk, &mend).await;
    drop(dropped);
    assert_eq!(done.written, 1_000);
    assert_eq!(done.stopped.unwrap().kind, FailureKind::UnknownOutcome);
    let journal = done.journal.unwrap();
    assert_eq!(journal.extension().unwrap(), "open");
    // Run once more, the same mend ends what its journal has, and does the rest.
    let rest = mended(&mut desk, &mend).await;
    assert_eq!((rest.written, rest.skipped), (800, 0));
    assert!(!journal.exists());
    assert!(mends::unfinished(&home.path().join("mends")).is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_server_refuses_is_told_and_the_rest_is_written() {
    let database = TestDatabase::new("mend_refused").await;
    let person = |n: i32| doc! { "_id": n, "name": "n", "email": format!(" P{}@example.com", n) };
    let mut documents: Vec<Document> = (0..1_300).map(person).collect();
    documents.push(doc! { "_id": 5_000, "name": "n", "email": "p40@example.com" });
    insert(&database, documents).await;
    let unique = mongodb::options::IndexOptions::builder()
        .unique(true)
        .build();
    let index = mongodb::IndexModel::builder()
        .keys(doc! { "email": 1 })
        .options(unique)
        .build();
    database
        .collection("people")
        .create_index(index)
        .await
        .unwrap();
    let (mut desk, _home) = desk(database.uri());
    // Lower case leaves the blank, so make it a clash by hand.
    database
        .collection("people")
        .update_one(
            doc! { "_id": 5_000 },
            doc! { "$set": { "email": " p40@example.com" } },
        )
        .await
        .unwrap();
    let mend = people(
        &database,
        violations("email", "lowercase"),
        FixKind::Lowercase,
    );
    let done = mended(&mut desk, &mend).await;
    assert_eq!((done.written, done.refused, done.skipped), (1_299, 1, 0));
    assert_eq!(done.refusals[0].id, RawBson::Int32(40));
    assert_eq!(done.refusals[0].failure.kind, FailureKind::DuplicateKey);
}

#[tokio::test]
async fn a_read_only_profile_previews_and_does_not_write() {
    let database = TestDatabase::new("mend_read_only").await;
    insert(&database, (0..3).map(aged).collect()).await;
    let mut locked = profile("p", database.uri());
    locked.production = true;
    let mut desk = Desk::new([locked]);
    let mend = people(&database, violations("age", "Number"), FixKind::Cast);
    assert_eq!(preview(&mut desk, &mend).await.documents, 3);
    for request in [
        Request::Mend(Box::new(mend)),
        Request::ResumeMend {
            journal: PathBuf::from("none"),
        },
        Request::UndoMend {
            journal: PathBuf::from("none"),
        },
    ] {
        let failure = desk.ask("p", request).await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::ReadOnly);
    }
    assert!(!desk.sent("update"));
}
