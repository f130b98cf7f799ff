//! Collections and databases through the console: made, renamed, dropped, looked at, and refused where nothing may be
//! written.

use std::time::Duration;

use mongodb::bson::doc;
use mongodeck::model::Library;

use crate::support::console::Console;
use crate::support::desk::profile;
use crate::support::server::TestDatabase;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_collection_is_made_renamed_and_dropped_by_its_typed_name() {
    let database = TestDatabase::new("administration").await;
    database
        .collection("first")
        .insert_one(doc! { "a": 1 })
        .await
        .unwrap();
    let mut console = Console::new(
        vec![profile("main", database.uri())],
        Library::default(),
        (120, 30),
    );
    console.wait_for("rs0 primary").await;
    console.keys("enter");
    console.wait_for(&database.name).await;
    console.keys("ctrl-o");
    console.type_text(&format!("{}.first", database.name));
    console
        .wait_for(&format!("▸ main {}.first", database.name))
        .await;
    console.keys("enter");
    console.wait_for("1 first").await;
    console.keys("1 c n");
    console.wait_for("new collection in").await;
    console.keys("\"second\" enter");
    console.wait_for("done: create").await;
    let names = |database: mongodb::Database| async move {
        database.list_collection_names().await.unwrap()
    };
    assert!(
        names(database.database())
            .await
            .contains(&"second".to_owned())
    );

    // The tree shows it; the cursor stands on the first one still.
    console
        .wait_until("the new name in the tree", |s| {
            s.lines().any(|l| l.contains("  second"))
        })
        .await;
    console.keys("j c r");
    console.wait_for("rename").await;
    for _ in 0.."second".len() {
        console.keys("backspace");
    }
    console.keys("\"third\" enter");
    console.wait_for("rename the collection?").await;
    console.keys("y");
    console.wait_for("done: rename").await;
    console
        .wait_until("the newer name in the tree", |s| {
            s.lines().any(|l| l.contains("  third"))
        })
        .await;

    // Dropping wants the name: another word does nothing.
    console.keys("c d");
    console.wait_for("drop the collection?").await;
    console.keys("\"thirst\" enter");
    assert!(
        console.screen().contains("drop the collection?"),
        "{}",
        console.screen()
    );
    for _ in 0.."rst".len() {
        console.keys("backspace");
    }
    let wanted = if console.screen().contains("to drop it") {
        "rd"
    } else {
        ""
    };
    console.type_text(wanted);
    console.keys("enter");
    console.wait_for("done: drop").await;
    let left = names(database.database()).await;
    assert_eq!(left, ["first"], "{left:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_production_profile_writes_only_while_it_is_unlocked() {
    let database = TestDatabase::new("locked").await;
    database
        .collection("orders")
        .insert_one(doc! { "a": 1 })
        .await
        .unwrap();
    let mut production = profile("live", database.uri());
    production.production = true;
    production.unlock_for = Duration::from_millis(1500);
    production.database = Some(database.name.clone());
    let mut console = Console::new(vec![production], Library::default(), (120, 30));
    console.wait_for("rs0 primary").await;
    console.wait_for("PRODUCTION").await;
    console.keys("enter");
    console.wait_for("orders").await;
    console.keys("c n");
    console.wait_for("locked: unlock it first").await;
    assert!(
        console.app.overlays.is_empty(),
        "nobody fills a form in vain"
    );
    console.keys("g w");
    console.wait_for("allow writing?").await;
    console.keys("\"live\" enter");
    console.wait_for("UNLOCKED").await;
    console.wait_for("read-only again").await;
    let sent = console.runner.command_log().unwrap().commands();
    let writes: Vec<_> = sent
        .iter()
        .filter(|c| ["create", "insert", "update", "delete"].contains(&c.name.as_str()))
        .collect();
    assert!(writes.is_empty(), "{writes:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_details_show_indexes_validator_and_figures() {
    let database = TestDatabase::new("details").await;
    let db = database.database();
    db.create_collection("things")
        .validator(doc! { "$jsonSchema": { "required": ["name"] } })
        .await
        .unwrap();
    let index = mongodb::IndexModel::builder()
        .keys(doc! { "name": 1 })
        .options(
            mongodb::options::IndexOptions::builder()
                .unique(true)
                .build(),
        )
        .build();
    database
        .collection("things")
        .create_index(index)
        .await
        .unwrap();
    database
        .collection("things")
        .insert_one(doc! { "name": "one" })
        .await
        .unwrap();
    let mut console = Console::new(
        vec![profile("main", database.uri())],
        Library::default(),
        (120, 40),
    );
    console.wait_for("rs0 primary").await;
    console.open("main", &format!("{}.things", database.name));
    console.wait_for("one").await;
    console.keys("I");
    console
        .wait_until("everything about it", |s| {
            [
                "name_1",
                "unique",
                "validator (level strict, action error)",
                "required",
                "1 documents",
            ]
            .iter()
            .all(|w| s.contains(w))
        })
        .await;
    console.keys("esc");
    assert!(console.app.overlays.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unreachable_server_costs_nothing_but_its_own_line() {
    let database = TestDatabase::new("beside").await;
    database
        .collection("here")
        .insert_one(doc! { "a": 1 })
        .await
        .unwrap();
    // Nothing listens on port 1.
    let away = profile(
        "away",
        "mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=500",
    );
    let mut console = Console::new(
        vec![away, profile("main", database.uri())],
        Library::default(),
        (120, 30),
    );
    console.wait_for("rs0 primary").await;
    console.open("main", &format!("{}.here", database.name));
    console.wait_for("1 of 1").await;
    console.wait_for("connection refused").await;
    assert!(console.screen().contains("1 here"), "{}", console.screen());
}
