//! A program that does not run for a while: stopped by hand, or on a machine whose lid was closed. What it shows after
//! that is as old as it is, and it works again at once.

use std::time::{Duration, Instant};

use mongodb::bson::{Document, doc};
use rustix::process::{Pid, Signal, kill_process};

use crate::support::program::Home;
use crate::support::pty::Pty;
use crate::support::relay::Relay;
use crate::support::server::{PROGRAM, TestDatabase};

/// The program on a collection of three documents, through a line that can be cut.
struct Away {
    database: TestDatabase,
    relay: Relay,
    pty: Pty,
    _home: Home,
}

impl Away {
    async fn new(about: &str) -> Self {
        let database = TestDatabase::new(about).await;
        let documents: Vec<Document> = (0..3)
            .map(|i| doc! { "_id": i, "word": format!("row number {i}") })
            .collect();
        let all = database.collection("c");
        all.insert_many(documents).await.unwrap();
        let (head, port) = database.uri().rsplit_once("127.0.0.1:").unwrap();
        let relay = Relay::to(port.split('/').next().unwrap().parse().unwrap()).await;
        let uri = format!(
            "{head}127.0.0.1:{}/?authSource=admin&directConnection=true&connectTimeoutMS=1500",
            relay.port
        );
        let home = Home::with_config(&format!("[profiles.p]\nuri = \"{uri}\"\n"));
        let path = |name: &str| home.path(name).to_string_lossy().into_owned();
        let variables = [
            ("MONGODECK_CONFIG_DIR", path("config")),
            ("MONGODECK_STATE_DIR", path("state")),
        ];
        let variables: Vec<(&str, &str)> =
            variables.iter().map(|(n, v)| (*n, v.as_str())).collect();
        let target = format!("p/{}.c", database.name);
        let pty = tokio::task::block_in_place(|| {
            let pty = Pty::spawn(PROGRAM, &[&target], &variables, (140, 30));
            pty.wait_for("row number 2");
            pty.wait_for("p ● ");
            pty
        });
        Self {
            database,
            relay,
            pty,
            _home: home,
        }
    }

    fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(self.pty.pid().try_into().unwrap()).unwrap();
        kill_process(pid, signal).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_short_stop_is_over_with_a_whole_frame_and_the_next_key() {
    let mut away = Away::new("stopped_short").await;
    tokio::task::block_in_place(|| {
        // Nothing on the screen changes by itself, so nothing else would draw.
        std::thread::sleep(Duration::from_millis(500));
        away.pty.forget_raw();
        away.signal(Signal::STOP);
        std::thread::sleep(Duration::from_millis(300));
        let since = Instant::now();
        away.signal(Signal::CONT);
        while !String::from_utf8_lossy(&away.pty.raw()).contains("row number 2") {
            assert!(
                since.elapsed() < Duration::from_secs(5),
                "no frame is drawn"
            );
            std::thread::sleep(Duration::from_millis(5));
        }
        away.pty.send("v");
        away.pty.wait_for(" outline ");
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_long_stop_rows_are_read_again_by_themselves_and_nothing_old_looks_fresh() {
    let mut away = Away::new("stopped_long").await;
    tokio::task::block_in_place(|| {
        // A result whose age is told.
        away.pty.send("x");
        away.pty.wait_for("db.c.find(");
        away.pty.send("\x07");
        away.pty.wait_for("s ago");
        away.signal(Signal::STOP);
    });
    // The far side has forgotten the connections, and the rows are others.
    away.relay.forget();
    away.database
        .collection("c")
        .update_one(doc! { "_id": 2 }, doc! { "$set": { "word": "meanwhile" } })
        .await
        .unwrap();
    tokio::time::sleep(Duration::from_secs(45)).await;
    tokio::task::block_in_place(|| {
        let since = Instant::now();
        away.signal(Signal::CONT);
        away.pty.wait_until("the age as it is", |s| {
            let text = s.contents();
            let age = text.split_once("UTC, ").map_or("", |(_, age)| age);
            age.starts_with('4') || age.starts_with('5') || age.starts_with("1 min")
        });
        assert!(since.elapsed() < Duration::from_secs(3), "it looked fresh");
        // Back to the documents.
        away.pty.send("\x1b");
        away.pty.wait_for("\n table ");
        away.pty.send("q");
        away.pty.wait_for("meanwhile");
        away.pty.wait_for("p ● ");
        let took = since.elapsed();
        eprintln!(
            "stopped for 45 s             {:>5.2} s  new rows",
            took.as_secs_f64()
        );
        assert!(took < Duration::from_secs(20), "{took:?}");
        // The pools know of it too: their charts have a gap there.
        away.pty.send("pp");
        away.pty.wait_for("servers  events  commands");
        away.pty.send("v");
        away.pty.send("/nothing ran\r");
        away.pty.wait_for("nothing ran here for 4");
    });
}
