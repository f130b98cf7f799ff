//! The check screen on a real server.

use bson::doc;
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
