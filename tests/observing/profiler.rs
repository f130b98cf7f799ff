//! A profiler is put back whatever becomes of who set it: on a real server.

use std::time::{Duration, Instant};

use mongodb::Client;
use mongodb::bson::doc;
use mongodeck::config::profilers::{Held, Note, Setting, left};
use mongodeck::config::store::Store;
use mongodeck::model::Library;
use mongodeck::mongo::request::observe::{Profiling, ProfilingLevel};
use mongodeck::mongo::request::{ProfileName, Request};
use mongodeck::mongo::sandbox::Sandbox;
use secrecy::ExposeSecret as _;

use crate::support::console::Console;
use crate::support::desk::{Desk, fresh, profile, state};
use crate::support::server::{dedicated, options};

async fn server() -> (Sandbox, String, Client) {
    let server = dedicated(options()).await;
    let uri = server.uri().expose_secret().to_owned();
    let client = Client::with_uri_str(&uri).await.unwrap();
    (server, uri, client)
}

async fn now(client: &Client) -> (i32, i32, f64) {
    let shop = client.database("shop");
    let reply = shop.run_command(doc! { "profile": -1 }).await.unwrap();
    let rate = reply.get_f64("sampleRate").unwrap();
    (
        reply.get_i32("was").unwrap(),
        reply.get_i32("slowms").unwrap(),
        rate,
    )
}

async fn becomes(client: &Client, wanted: (i32, i32, f64)) {
    let since = Instant::now();
    loop {
        let is = now(client).await;
        if is == wanted {
            return;
        }
        assert!(since.elapsed() < Duration::from_secs(20), "{is:?}");
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
}

const ALL: Profiling = Profiling {
    level: ProfilingLevel::All,
    slow_ms: 7,
    sample_rate: 0.5,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_profile_that_is_closed_while_its_profiler_is_being_set_leaves_nothing_set() {
    let (server, uri, client) = server().await;
    let name = format!("closing{}", fresh());
    let mut desk = Desk::new([profile(&name, &uri)]);
    desk.connect(&name).await;
    let before = now(&client).await;
    // Reading how it is goes at once, setting it takes a while.
    let slow = doc! {
        "configureFailPoint": "failCommand", "mode": { "skip": 1 },
        "data": { "failCommands": ["profile"], "blockConnection": true, "blockTimeMS": 600 },
    };
    client.database("admin").run_command(slow).await.unwrap();
    let database = "shop".to_owned();
    desk.start(&name, Request::SetProfiling { database, to: ALL });
    tokio::time::sleep(Duration::from_millis(300)).await;
    desk.runner.disconnect(&ProfileName::new(&name));
    tokio::time::sleep(Duration::from_millis(900)).await;
    let off = doc! { "configureFailPoint": "failCommand", "mode": "off" };
    client.database("admin").run_command(off).await.unwrap();
    becomes(&client, before).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    becomes(&client, before).await;
    let notes = Store::at(&state()).unwrap().profilers();
    assert!(left(&notes, &name).is_empty(), "its note went with it");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_run_that_was_killed_left_set_is_told_and_put_back_on_a_yes() {
    let (server, uri, client) = server().await;
    let name = format!("killed{}", fresh());
    // What a killed run leaves behind: the setting on the server, and its note that nobody holds.
    let shop = client.database("shop");
    let set = doc! { "profile": 2, "slowms": 7, "sampleRate": 0.5 };
    shop.run_command(set).await.unwrap();
    let hello = shop.run_command(doc! { "hello": 1 }).await.unwrap();
    let note = Note {
        profile: name.clone(),
        address: hello.get_str("me").unwrap().to_owned(),
        database: "shop".to_owned(),
        before: Setting {
            level: 0,
            slow_ms: 100,
            sample_rate: 1.0,
        },
        set: Setting {
            level: 2,
            slow_ms: 7,
            sample_rate: 0.5,
        },
    };
    let notes = Store::at(&state()).unwrap().profilers();
    drop(Held::write(&notes, &note).unwrap());
    let mut console = Console::new(vec![profile(&name, &uri)], Library::default(), (140, 36));
    console
        .wait_for("left the profiler of `shop` at all operations")
        .await;
    console.keys("p l");
    console.wait_for("put the profiler back?").await;
    console.wait_for("before: off, slow from 100 ms on").await;
    // No leaves it, and says so where it is looked at.
    console.keys("enter");
    console.wait_for("left so by an earlier run; was off").await;
    assert_eq!(now(&client).await, (2, 7, 0.5));
    console.keys("s");
    console.wait_for("off 100 1").await;
    console.keys("enter");
    console.wait_for("set the profiler?").await;
    console.keys("y");
    console.wait_for("the profiler is set: off").await;
    assert_eq!(now(&client).await, (0, 100, 1.0));
    assert!(left(&notes, &name).is_empty());
    console.keys("q");
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(now(&client).await, (0, 100, 1.0));
    drop(console);
    server.stop().await;
}
