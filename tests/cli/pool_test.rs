//! `mongodeck pool-test` on a real server.

use std::process::Stdio;
use std::time::{Duration, Instant};

use bson::doc;
use secrecy::ExposeSecret as _;
use serde_json::Value;

use crate::support::desk::with_option;
use crate::support::program::Home;
use crate::support::server::{FailPoint, TestDatabase, dedicated, options, shared_uri};

fn home(more: &str) -> Home {
    Home::with_config(&format!(
        "[profiles.main]\nuri = \"{}\"\nmax_pool_size = 3\nmin_pool_size = 1\n{more}",
        shared_uri()
    ))
}

#[test]
fn a_pool_that_is_too_small_is_seen_at_its_limit() {
    let home = home("");
    let ran = home.run(&[
        "pool-test",
        "main",
        "-n",
        "20",
        "--for",
        "2s",
        "--format",
        "json",
    ]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let report: Value = serde_json::from_str(&ran.out).unwrap();
    let number = |path: &str| report.pointer(path).unwrap().as_f64().unwrap();
    assert!(number("/operations") > 100.0);
    assert_eq!(number("/failed"), 0.0);
    assert_eq!(number("/pool/max"), 3.0);
    assert_eq!(number("/pool/min"), 1.0);
    assert_eq!(number("/pool/in_use"), 3.0, "never more than the pool has");
    assert!(number("/pool/pending") >= 10.0);
    assert!(number("/pool/created") <= 3.0);
    assert!(number("/pool/at_limit_ms") > 1_000.0);
    assert!(number("/waited_ms/p50") <= number("/waited_ms/max"));
    assert!(number("/latency_ms/p50") <= number("/latency_ms/p99"));
    assert!(number("/took_ms") >= 2_000.0 && number("/took_ms") < 6_000.0);
    let course = report["course"].as_array().unwrap();
    let counted: u64 = course
        .iter()
        .map(|s| s["operations"].as_u64().unwrap())
        .sum();
    // The course may leave out what ended in the last blink.
    assert!(counted as f64 > number("/operations") * 0.9);
    let warnings = report["warnings"].to_string();
    assert!(warnings.contains("raise `max_pool_size` (3)"), "{warnings}");

    let ran = home.run(&["pool-test", "main", "-n", "2", "--for", "500ms"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    for text in [
        "2 at once for 500 ms: ping",
        "operations",
        "p99",
        "in use",
        "operations a second",
    ] {
        assert!(ran.out.contains(text), "{text}: {}", ran.out);
    }
    assert!(ran.out.contains("the pool had room"), "{}", ran.out);
}

#[tokio::test]
async fn a_wait_for_a_connection_that_is_too_long_ends_and_is_explained() {
    let database = TestDatabase::new("queue").await;
    database
        .collection("c")
        .insert_one(doc! { "a": 1 })
        .await
        .unwrap();
    let about = "queue";
    let uri = with_option(shared_uri(), &format!("appName={about}"));
    let home = Home::with_config(&format!(
        "[profiles.main]\nuri = \"{uri}\"\nmax_pool_size = 3\nwait_queue_timeout = \"150ms\"\n"
    ));
    let data = doc! { "blockConnection": true, "blockTimeMS": 400 };
    let _point = FailPoint::command(shared_uri(), about, &["find"], 10_000, data).await;
    let query = "db.c.find({a: 1})";
    let target = format!("main/{}", database.name);
    let arguments = [
        "pool-test",
        &target,
        "-n",
        "12",
        "--for",
        "2s",
        "--query",
        query,
        "--format",
        "json",
    ];
    let ran = home.run(&arguments);
    assert_eq!(ran.code, 1, "{ran:?}");
    let report: Value = serde_json::from_str(&ran.out).unwrap();
    assert!(report["operations"].as_u64().unwrap() > 0, "{}", ran.out);
    assert!(report["failed"].as_u64().unwrap() > 0, "{}", ran.out);
    let failures = report["failures"].to_string();
    assert!(
        failures.contains(
            "waited 150 ms for one of the pool's 3 connections, and none was free: nothing was sent"
        ),
        "{failures}"
    );
    assert_eq!(report["pool"]["wait_queue_timeout_ms"], 150.0);
    assert_eq!(report["pool"]["in_use"], 3);
    // Who waits in front of the pool is among the pool's figures.
    assert!(
        report["pool"]["pending"].as_u64().unwrap() >= 5,
        "{}",
        ran.out
    );
    assert!(
        report["waited_ms"]["max"].as_f64().unwrap() < 400.0,
        "{}",
        ran.out
    );

    // The server counts what the pool says that it has.
    assert_eq!(report["server"]["at_end"], 3, "{}", ran.out);
    assert_eq!(report["server"]["pool_at_end"], 3, "{}", ran.out);
    assert_eq!(report["server"]["most"], 3, "{}", ran.out);

    // The connection string says it too, where the driver alone would wait for ever.
    let uri = with_option(&uri, "waitQueueTimeoutMS=150");
    let own = Home::with_config(&format!(
        "[profiles.main]\nuri = \"{uri}\"\nmax_pool_size = 3\n"
    ));
    let ran = own.run(&arguments);
    assert!(ran.out.contains("waited 150 ms for one of"), "{ran:?}");
}

#[test]
fn only_reads_within_bounds_are_taken() {
    let home = home("[profiles.live]\nuri = \"mongodb://127.0.0.1:1/\"\nproduction = true\n");
    for (arguments, said) in [
        (
            &["pool-test", "main", "-n", "1001"][..],
            "not from 1 to 1000",
        ),
        (&["pool-test", "main", "-n", "0"][..], "not from 1 to 1000"),
        (
            &["pool-test", "main", "--for", "301s"][..],
            "not from 100 ms to 300 s",
        ),
        (&["pool-test", "main", "--for", "soon"][..], "is no time"),
        (
            &["pool-test", "main", "--query", "db.c.deleteMany({})"][..],
            "a load only reads",
        ),
        (
            &[
                "pool-test",
                "main",
                "--query",
                "db.c.aggregate([{$out: 'd'}])",
            ][..],
            "a load only reads",
        ),
        (
            &[
                "pool-test",
                "main",
                "--query",
                "db.c.aggregate([{$merge: {into: 'd'}}])",
            ][..],
            "a load only reads",
        ),
        (
            &[
                "pool-test",
                "main",
                "--query",
                "db.c.find({$expr: {$function: {body: 'x', args: [], lang: 'js'}}})",
            ][..],
            "run code (`$function`)",
        ),
        (
            &[
                "pool-test",
                "main",
                "--query",
                "db.c.find({$where: 'sleep(1)'})",
            ][..],
            "run code (`$where`)",
        ),
        (&["pool-test", "live"][..], "is production"),
    ] {
        let ran = home.run(arguments);
        assert_eq!(ran.code, 2, "{arguments:?}: {ran:?}");
        assert!(ran.err.contains(said), "{arguments:?}: {}", ran.err);
        assert_eq!(ran.out, "");
    }
    let agreed = home.run(&["pool-test", "live", "--yes", "--for", "200ms"]);
    assert_eq!(agreed.code, 3, "it went as far as the server: {agreed:?}");
}

/// Every operation takes the same known time, so that all figures follow from it.
#[tokio::test]
async fn its_figures_agree_with_a_computation() {
    let about = "computed";
    let database = TestDatabase::new(about).await;
    let uri = with_option(shared_uri(), &format!("appName={about}"));
    let home = Home::with_config(&format!(
        "[profiles.main]\nuri = \"{uri}\"\nmax_pool_size = 4\nmin_pool_size = 4\n"
    ));
    let data = doc! { "blockConnection": true, "blockTimeMS": 200 };
    let _point = FailPoint::command(shared_uri(), about, &["find"], 10_000, data).await;
    let target = format!("main/{}", database.name);
    let ran = home.run(&[
        "pool-test",
        &target,
        "-n",
        "12",
        "--for",
        "4s",
        "--query",
        "db.c.find({})",
        "--format",
        "json",
    ]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let report: Value = serde_json::from_str(&ran.out).unwrap();
    let number = |path: &str| report.pointer(path).unwrap().as_f64().unwrap();
    let near = |path: &str, computed: f64, share: f64| {
        let found = number(path);
        assert!(
            (found - computed).abs() <= computed * share,
            "{path} is {found}, computed {computed}\n{}",
            ran.out
        );
    };
    // Four at a time, 200 ms each: twenty a second. Twelve places share them, so one takes three turns, two of which it
    // waits. A machine at work makes all of it a little longer.
    near("/rate", 20.0, 0.2);
    near(
        "/operations",
        number("/rate") * number("/took_ms") / 1_000.0,
        0.02,
    );
    near("/latency_ms/p50", 600.0, 0.25);
    near("/waited_ms/p50", 400.0, 0.3);
    let operations = number("/operations");
    let counted: f64 = report["course"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| s["operations"].as_f64().unwrap())
        .sum();
    assert!(
        (counted - operations).abs() <= 12.0,
        "{counted} of {operations}"
    );
    assert_eq!(number("/pool/in_use"), 4.0);
    // While the first connections are made more than eight wait, and never more than there are.
    let waiting = number("/pool/pending");
    assert!((8.0..=12.0).contains(&waiting), "{waiting} waiting");
    assert_eq!(number("/server/at_end"), 4.0, "{}", ran.out);
    near("/pool/at_limit_ms", number("/took_ms"), 0.25);
}

#[tokio::test]
async fn a_server_that_dies_in_the_middle_leaves_the_figures_so_far() {
    let server = dedicated(options()).await;
    let home = Home::with_config(&format!(
        "[profiles.main]\nuri = \"{}&serverSelectionTimeoutMS=500\"\nmax_pool_size = 3\n",
        server.uri().expose_secret()
    ));
    let child = home
        .command(&[
            "pool-test",
            "main",
            "-n",
            "6",
            "--for",
            "4s",
            "--format",
            "json",
        ])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    tokio::time::sleep(Duration::from_millis(2_000)).await;
    server.stop().await;
    let ran = home.ran(child.wait_with_output().unwrap());
    assert_eq!(ran.code, 1, "{ran:?}");
    let report: Value = serde_json::from_str(&ran.out).unwrap();
    assert!(report["operations"].as_u64().unwrap() > 0, "{}", ran.out);
    assert!(report["failed"].as_u64().unwrap() > 0, "{}", ran.out);
    let failures = report["failures"].to_string();
    assert!(failures.contains("cannot reach"), "{failures}");
    assert!(report["server"]["missing"].is_string(), "{}", ran.out);
    assert!(report["took_ms"].as_f64().unwrap() < 8_000.0, "{}", ran.out);
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_it_early_with_the_figures_so_far() {
    let home = home("");
    let start = Instant::now();
    let child = home
        .command(&["pool-test", "main", "--for", "120s", "--format", "json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    std::thread::sleep(Duration::from_millis(2_500));
    let pid = child.id().to_string();
    let sent = std::process::Command::new("kill")
        .args(["-INT", &pid])
        .status();
    assert!(sent.unwrap().success());
    let ran = home.ran(child.wait_with_output().unwrap());
    assert_eq!(ran.code, 130, "{ran:?}");
    assert!(start.elapsed() < Duration::from_secs(20));
    let report: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(report["stopped"], true);
    assert!(report["operations"].as_u64().unwrap() > 0);
}
