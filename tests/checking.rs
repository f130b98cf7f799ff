//! The check screen on a real server: planted violations found, opened, fixed, and found no more.

use bson::{RawDocumentBuf, doc};
use mongodb::bson::Document;
use mongodeck::app::Tab;
use mongodeck::config::Profile;
use mongodeck::model::{Library, NoSources, reader};

use crate::support::console::Console;
use crate::support::desk::profile;
use crate::support::server::TestDatabase;

const MODEL: &str = r"
const { Schema, model } = require('mongoose');
const Person = new Schema({
  _id: Number,
  name: { type: String, required: true, trim: true },
  email: { type: String, unique: true },
  age: { type: Number, min: 0 },
  timeframe: { type: String, enum: ['3-months', '6-months', '1-year'] },
}, { versionKey: false });
model('Person', Person, 'people');
";

fn library() -> Library {
    let mut library = Library::default();
    library.add_reading(reader::read("models.js", MODEL, &NoSources).unwrap());
    library
}

/// Two hundred people, of whom some break the model.
async fn planted(database: &TestDatabase) {
    let people: Vec<Document> = (0..200)
        .map(|n| {
            let mut person = doc! {
                "_id": n, "name": format!("Person {n}"), "email": format!("p{n}@example.com"),
                "age": 30, "timeframe": "6-months",
            };
            match n {
                3 | 7 => person.insert("age", "41"),
                11 => person.insert("timeframe", "3-weeks"),
                12..=14 => person.insert("name", format!("  Person {n} ")),
                _ => None,
            };
            person
        })
        .collect();
    database
        .collection("people")
        .insert_many(people)
        .await
        .unwrap();
}

fn opened(database: &TestDatabase, profile: Profile) -> Console {
    let mut console = Console::new(vec![profile], library(), (140, 40));
    console.open("main", &format!("{}.people", database.name));
    console
}

/// Puts the cursor on the first row about `text`.
fn go_to(console: &mut Console, text: &str) {
    let row = match console.app.tab() {
        Some(Tab::Drift(drift)) => drift
            .rows()
            .iter()
            .position(|r| r.place.contains(text) || r.kind.contains(text)),
        _ => panic!("no check in front"),
    };
    let row = row.unwrap_or_else(|| panic!("no row about `{text}`\n{}", console.screen()));
    console.keys("g g");
    for _ in 0..row {
        console.keys("j");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn planted_violations_are_found_opened_fixed_and_gone() {
    let database = TestDatabase::new("checking").await;
    planted(&database).await;
    let mut console = opened(&database, profile("main", database.uri()));
    console.wait_for("Person 1").await;
    console.keys("g c");
    console.wait_for("kinds of drift").await;
    let screen = console.screen();
    for text in ["age", "timeframe", "trim", "missing", "200 documents"] {
        assert!(screen.contains(text), "no `{text}`:\n{screen}");
    }
    go_to(&mut console, "timeframe");
    console.keys("enter");
    console.wait_for("1 of 1 ").await;
    assert!(console.screen().contains("3-weeks"));
    console.keys("q");

    go_to(&mut console, "trim");
    console.keys("F");
    console.wait_for("run the fix?").await;
    assert!(console.screen().contains("'  Person 12 ' → 'Person 12'"));
    console.keys("y");
    console.wait_for("3 documents fixed").await;
    console.wait_for("the old values are kept in").await;
    console
        .wait_until("the figures of after", |s| {
            s.contains("kinds of drift") && !s.contains(" trim")
        })
        .await;
    let mended = database
        .collection("people")
        .find_one(doc! { "_id": 12 })
        .await
        .unwrap()
        .unwrap();
    assert_eq!(mended.get_str("name").unwrap(), "Person 12");

    go_to(&mut console, "missing");
    console.keys("F");
    console.wait_for("make the missing index?").await;
    console.keys("y");
    console.wait_for("the index is made").await;
    let names = database
        .collection("people")
        .list_index_names()
        .await
        .unwrap();
    assert!(names.contains(&"email_1".to_owned()), "{names:?}");

    console
        .wait_until("the figures of after", |s| {
            s.contains("kinds of drift") && !s.contains("missing")
        })
        .await;
    go_to(&mut console, "$jsonSchema");
    console.keys("F");
    console.wait_for("level and action").await;
    console.keys("enter");
    console.wait_for("install the validator?").await;
    console.keys("y");
    console.wait_for("the validator is installed").await;
    console.wait_for("as the model").await;
    let refused = database
        .collection("people")
        .insert_one(doc! { "_id": 900, "age": "old" })
        .await;
    assert!(refused.is_err(), "the server holds writes to the model");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fix_is_put_back_from_its_journal() {
    let database = TestDatabase::new("checking_undo").await;
    planted(&database).await;
    let mut console = opened(&database, profile("main", database.uri()));
    console.wait_for("Person 1").await;
    console.keys("g c");
    console.wait_for("kinds of drift").await;
    go_to(&mut console, "age");
    console.keys("F");
    console
        .wait_until("the question, or the choice of fixes", |s| {
            s.contains("run the fix?") || s.contains("convert to")
        })
        .await;
    if !console.screen().contains("run the fix?") {
        console.keys("enter");
        console.wait_for("run the fix?").await;
    }
    console.keys("y");
    console.wait_for("2 documents fixed").await;
    console.wait_for("kinds of drift").await;
    console.keys("u");
    console.wait_for("undo the fix?").await;
    console.keys("y");
    console.wait_for("2 documents put back").await;
    let back = database
        .database()
        .collection::<RawDocumentBuf>("people")
        .find_one(doc! { "_id": 3 })
        .await
        .unwrap()
        .unwrap();
    assert_eq!(back.get_str("age").unwrap(), "41");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_check_reads_on_a_read_only_profile_and_its_fixes_are_refused() {
    let database = TestDatabase::new("checking_read_only").await;
    planted(&database).await;
    let mut read_only = profile("main", database.uri());
    read_only.read_only = true;
    let mut console = opened(&database, read_only);
    console.wait_for("Person 1").await;
    console.keys("g c");
    console.wait_for("kinds of drift").await;
    go_to(&mut console, "trim");
    console.keys("F");
    console.wait_for("read-only by its configuration").await;
    assert!(console.app.overlays.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_check_under_way_is_stopped() {
    let database = TestDatabase::new("checking_stop").await;
    let many = (0..30_000).map(|n| doc! { "_id": n, "name": " x ", "filler": "·".repeat(200) });
    database
        .collection("people")
        .insert_many(many)
        .await
        .unwrap();
    let mut console = opened(&database, profile("main", database.uri()));
    console.wait_for("~30.0 k").await;
    console.keys("g c esc");
    console.wait_for("stopped").await;
    console.keys("r");
    console.wait_for("kinds of drift").await;
}
