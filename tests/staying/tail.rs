//! A tail of changes while the set loses its primary, and after the server has forgotten where the tail was.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use mongodb::bson::{Document, doc};
use mongodb::{Client, Collection};
use mongodeck::app::Tab;
use mongodeck::model::Library;

use crate::support::console::Console;
use crate::support::desk::profile;
use crate::support::replica::{Harm, ReplicaSet};

/// How often each `_id` was told as inserted.
fn told(console: &Console) -> BTreeMap<i32, usize> {
    let Some(Tab::Monitor(monitor)) = console.app.tab() else {
        panic!("{}", console.screen());
    };
    let mut told = BTreeMap::new();
    for change in monitor.changes.changes() {
        if change.kind == "insert" {
            let key = change.event.get_document("documentKey").unwrap();
            *told.entry(key.get_i32("_id").unwrap()).or_default() += 1;
        }
    }
    told
}

/// Inserts one document after the other until `stop`; gives those whose insert was acknowledged.
async fn write(all: Collection<Document>, stop: Arc<AtomicBool>) -> Vec<i32> {
    let mut done = Vec::new();
    for id in 0..900 {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        if all.insert_one(doc! { "_id": id }).await.is_ok() {
            done.push(id);
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    done
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tail_neither_loses_nor_doubles_a_change_and_asks_before_it_leaves_some_out() {
    let mut set = ReplicaSet::start().await;
    let uri = format!("{}&w=majority", set.uri());
    let client = Client::with_uri_str(&uri).await.unwrap();
    let database = client.database("staying");
    database.create_collection("tail").await.unwrap();
    let all = database.collection::<Document>("tail");
    let mut console = Console::new(
        vec![profile("p", &set.uri())],
        Library::default(),
        (140, 30),
    );
    console.wait_for("primary").await;
    console.keys("p c n");
    console.type_text("staying.tail");
    console.keys("enter");
    console
        .wait_for("nothing was written since it is followed")
        .await;

    let stop = Arc::new(AtomicBool::new(false));
    let writing = tokio::spawn(write(all.clone(), Arc::clone(&stop)));
    for harm in [Harm::StepDown, Harm::KillPrimary] {
        let before = told(&console).len();
        console.wait_until("changes come", |_| true).await;
        harm.befall(&mut set).await;
        let since = Instant::now();
        while told(&console).len() < before + 30 {
            assert!(
                since.elapsed() < Duration::from_secs(40),
                "{}",
                console.screen()
            );
            console.wait_until("more changes", |_| true).await;
            tokio::time::sleep(Duration::from_millis(50)).await;
            console.tell(mongodeck::app::Msg::Tick);
        }
        eprintln!(
            "{}: {} changes told {:.1} s after it",
            harm.words(),
            told(&console).len(),
            since.elapsed().as_secs_f64()
        );
        set.heal().await;
    }
    stop.store(true, Ordering::Relaxed);
    let done = writing.await.unwrap();
    let since = Instant::now();
    while !done.iter().all(|id| told(&console).contains_key(id)) {
        assert!(
            since.elapsed() < Duration::from_secs(20),
            "{}",
            console.screen()
        );
        console.wait_until("the rest", |_| true).await;
        tokio::time::sleep(Duration::from_millis(50)).await;
        console.tell(mongodeck::app::Msg::Tick);
    }
    let told = told(&console);
    assert!(told.values().all(|n| *n == 1), "{told:?}");
    let mut cursor = all.find(doc! {}).await.unwrap();
    let mut stored = 0;
    while cursor.advance().await.unwrap() {
        stored += 1;
    }
    assert_eq!(told.len(), stored, "what is stored is what was told");
    eprintln!("    {stored} inserts, each told once");

    // While it is held still, more is written than the history keeps.
    console.keys("space");
    console.wait_for("paused").await;
    let filler = "x".repeat(1 << 20);
    let big = database.collection::<Document>("big");
    let last = {
        let oplog = client.database("local").collection::<Document>("oplog.rs");
        let newest = oplog.find_one(doc! {}).sort(doc! { "$natural": -1 });
        newest.await.unwrap().unwrap().get_timestamp("ts").unwrap()
    };
    let since = Instant::now();
    loop {
        for _ in 0..20 {
            big.insert_one(doc! { "x": &filler }).await.unwrap();
        }
        // The history is cut only up to the last checkpoint.
        let admin = client.database("admin");
        admin.run_command(doc! { "fsync": 1 }).await.unwrap();
        let oplog = client.database("local").collection::<Document>("oplog.rs");
        let oldest = oplog.find_one(doc! {}).sort(doc! { "$natural": 1 });
        let oldest = oldest.await.unwrap().unwrap();
        if oldest.get_timestamp("ts").unwrap() > last {
            break;
        }
        assert!(
            since.elapsed() < Duration::from_secs(60),
            "the history goes on"
        );
    }
    console.keys("space");
    console.wait_for("no longer in the server's history").await;
    all.insert_one(doc! { "_id": -1 }).await.unwrap();
    console.keys("r");
    console.wait_for("follow from now on?").await;
    console.keys("y");
    console
        .wait_for("changes are missing before the newest ones")
        .await;
    console.wait_for("following, read").await;
    all.insert_one(doc! { "_id": -2 }).await.unwrap();
    console.wait_for("_id: -2").await;
    assert!(
        !console.screen().contains("_id: -1 "),
        "{}",
        console.screen()
    );
    console.runner.shutdown().await;
}
