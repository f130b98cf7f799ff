//! A pool that is too small, or that cannot be filled: what is said of it, and where that leads.

use std::time::Duration;

use mongodb::bson::{Document, doc};
use mongodeck::config::Profile;
use mongodeck::model::Library;
use mongodeck::mongo::sandbox::Options;
use secrecy::ExposeSecret as _;

use crate::support::console::Console;
use crate::support::desk::{profile, with_option};
use crate::support::server::{FailPoint, TestDatabase, dedicated, options};

const SIZE: (u16, u16) = (140, 32);

/// Collections of a few rows each, by these names.
async fn fill(database: &TestDatabase, names: &[&str]) {
    for name in names {
        let rows: Vec<Document> = (0..4)
            .map(|i| doc! { "_id": i, "word": format!("{name} row {i}") })
            .collect();
        database.collection(name).insert_many(rows).await.unwrap();
    }
}

async fn connected(profile: Profile) -> Console {
    let mut console = Console::new(vec![profile], Library::default(), SIZE);
    console.wait_for("p ● ").await;
    console
}

/// The screen with its wrapped lines as one.
fn flat(screen: &str) -> String {
    let words = screen.split_whitespace().filter(|w| *w != "│");
    words.collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn a_wait_for_a_connection_that_was_too_long_says_what_holds_them_and_leads_there() {
    let about = "exhausted-wait";
    let database = TestDatabase::new(about).await;
    fill(&database, &["slow1", "slow2", "wanted"]).await;
    let uri = with_option(database.uri(), &format!("appName={about}"));
    let mut small = profile("p", &uri);
    small.max_pool_size = Some(2);
    small.wait_queue_timeout = Some(Duration::from_millis(700));
    let mut console = connected(small).await;
    let data = doc! { "blockConnection": true, "blockTimeMS": 6_000 };
    let point = FailPoint::command(database.uri(), about, &["find"], 2, data).await;
    for name in ["slow1", "slow2", "wanted"] {
        console.open("p", &format!("{}.{name}", database.name));
        tokio::time::sleep(Duration::from_millis(100)).await;
        console.settle();
    }
    console.wait_for("nothing was sent").await;
    let said = flat(&console.screen());
    for part in [
        "waited 700 ms for one of the pool's 2 connections, and none was free: nothing was sent",
        "the connections are held by",
        &format!("find {}.slow1` for", database.name),
        "raise `max_pool_size` (2), find the slow query among the operations",
        "`wait_queue_timeout` (700 ms)",
        "opens the operations",
    ] {
        assert!(said.contains(part), "no `{part}`:\n{}", console.screen());
    }
    console.keys("p p");
    console.wait_for("waited too long").await;
    let screen = console.screen();
    assert!(screen.contains("waits 700 ms at the most"), "{screen}");
    // What waited in front of the pool is counted once: nobody waits when all is over.
    drop(point);
    console
        .wait_until("a pool at rest", |s| {
            s.contains("0 in use, 2 available, 0 being made, 0 waiting")
        })
        .await;
    console.open("p", &format!("{}.wanted", database.name));
    console.keys("r");
    console.wait_for("wanted row 3").await;
    console.runner.shutdown().await;
}

#[tokio::test]
async fn a_full_pool_is_told_while_it_lasts_and_leads_to_what_runs() {
    let about = "exhausted-full";
    let database = TestDatabase::new(about).await;
    fill(&database, &["a", "b", "c"]).await;
    let uri = with_option(database.uri(), &format!("appName={about}"));
    let mut small = profile("p", &uri);
    small.max_pool_size = Some(1);
    let mut console = connected(small).await;
    // Of this collection alone, and in the midst of the operation, so that the server tells of it.
    let data = doc! { "nss": format!("{}.a", database.name), "shouldCheckForInterrupt": true };
    let point = "waitInFindBeforeMakingBatch";
    let point = FailPoint::on(database.uri(), point, "alwaysOn", data).await;
    for name in ["a", "b", "c"] {
        console.open("p", &format!("{}.{name}", database.name));
        tokio::time::sleep(Duration::from_millis(100)).await;
        console.settle();
    }
    console
        .wait_until("the strip of the top bar", |s| {
            s.contains("pool 1/1 at its limit for")
        })
        .await;
    console.keys("p p");
    console
        .wait_until("the warning", |s| {
            let said = flat(s);
            said.contains("pool at its limit of 1 for")
                && said.contains("waiting: raise `max_pool_size`, or find the slow query")
        })
        .await;
    console.keys("enter");
    console
        .wait_until("what runs", |s| s.contains("db.a.find()"))
        .await;
    drop(point);
    console
        .wait_until("a pool with room", |s| s.contains("pool 0/1   "))
        .await;
    console.runner.shutdown().await;
}

#[tokio::test]
async fn connections_that_are_slow_to_make_are_told_from_a_pool_that_is_full() {
    let about = "exhausted-making";
    let database = TestDatabase::new(about).await;
    fill(&database, &["a", "b", "c", "d", "e"]).await;
    let uri = with_option(database.uri(), &format!("appName={about}"));
    let mut console = connected(profile("p", &uri)).await;
    let data = doc! { "blockConnection": true, "blockTimeMS": 4_000 };
    let making = FailPoint::command(
        database.uri(),
        about,
        &["saslStart", "saslContinue", "find"],
        20,
        data,
    )
    .await;
    for name in ["a", "b", "c", "d", "e"] {
        console.open("p", &format!("{}.{name}", database.name));
    }
    console.keys("p p");
    console
        .wait_until("the warning", |s| {
            let said = flat(s);
            said.contains("while 2 connections are being made: making one is slow")
                && said.contains("`maxConnecting`")
        })
        .await;
    drop(making);
    console
        .wait_until("nobody waits", |s| s.contains("0 being made, 0 waiting"))
        .await;
    console.runner.shutdown().await;
}

#[tokio::test]
async fn a_pool_that_the_server_does_not_let_grow_says_what_it_keeps_and_has() {
    let limited = Options {
        extra_args: vec!["--maxConns".to_owned(), "12".to_owned()],
        ..options()
    };
    let server = dedicated(limited).await;
    let uri = server.uri().expose_secret().to_owned();
    let mut greedy = profile("p", &uri);
    greedy.max_pool_size = Some(30);
    greedy.min_pool_size = Some(20);
    let mut console = connected(greedy).await;
    console.keys("p p");
    console
        .wait_until("the refusals", |s| {
            let said = flat(s);
            said.contains("no connection could be made for") && said.contains("`maxConns`")
        })
        .await;
    console
        .wait_until("the minimum", |s| {
            flat(s).contains("of the 20 connections that `min_pool_size` keeps")
        })
        .await;
    console.runner.shutdown().await;
    server.stop().await;
}
