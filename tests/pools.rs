//! Sequences of driver events against the figures that must come out.
//!
//! A file of `tests/pools/cases` holds events as the monitor writes them to a file, a moment, and what must be true of the
//! pools then: what a case does not name is not compared. `recorded.jsonl` is a run on a real server, as the monitor wrote
//! it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use mongodeck::pool::{Moment, Pool, PoolState, Pools, What, record, warnings};
use serde_json::{Map, Value, json};

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pools")
}

fn micros(span: Duration) -> u64 {
    u64::try_from(span.as_micros()).unwrap()
}

/// Everything of a pool that a case may name.
fn figures(pool: &Pool) -> Map<String, Value> {
    let since = |at: Option<Moment>| at.map(|at| micros(at.since_start()));
    let closed: BTreeMap<_, _> = pool.closed.iter().map(|(r, n)| (r.word(), n)).collect();
    let failed: BTreeMap<_, _> = pool.failed.iter().map(|(r, n)| (r.word(), n)).collect();
    let generations: Vec<u64> = pool.connections.values().map(|c| c.generation).collect();
    let all = json!({
        "state": match pool.state {
            PoolState::Paused => "paused",
            PoolState::Ready => "ready",
            PoolState::Closed => "closed",
        },
        "max": pool.max,
        "min": pool.min,
        "generation": pool.generation,
        "generations": generations,
        "size": pool.size(),
        "in_use": pool.in_use(),
        "available": pool.available(),
        "being_established": pool.being_established(),
        "pending": pool.pending,
        "created": pool.created,
        "closed": closed,
        "failed": failed,
        "waits": pool.waits.count(),
        "longest_wait_us": micros(pool.waits.max()),
        "oldest_closed_us": micros(pool.ages.max()),
        "heartbeats": [pool.heartbeats, pool.missed_heartbeats],
        "changes": pool.changes,
        "saturated_us": since(pool.saturated),
        "kind": pool.kind.map(|k| k.word()),
        "changed_us": since(pool.changed),
        "failing_us": since(pool.failing.as_ref().map(|(at, _)| *at)),
        "round_trip_us": micros(pool.round_trip.last),
    });
    match all {
        Value::Object(all) => all,
        _ => unreachable!("it was written as an object"),
    }
}

/// Folds a case, and says where it differs.
fn differences(case: &Value) -> Vec<String> {
    let mut pools = Pools::default();
    for event in case["events"].as_array().unwrap() {
        pools.take(record::read(&event.to_string()).unwrap());
        for (address, pool) in pools.iter() {
            assert!(pool.in_use() + pool.available() <= pool.size(), "{address}");
        }
    }
    let at = Moment::new(Duration::from_micros(case["at_us"].as_u64().unwrap()));
    let mut wrong = Vec::new();
    let mut compare = |what: String, found: &Value, expected: &Value| {
        if found != expected {
            wrong.push(format!("{what} is {found}, not {expected}"));
        }
    };
    for (address, expected) in case["figures"].as_object().unwrap() {
        let Some(pool) = pools.get(address) else {
            compare(address.clone(), &json!("not there"), &json!("there"));
            continue;
        };
        let found = figures(pool);
        for (name, expected) in expected.as_object().unwrap() {
            let what = format!("`{name}` of {address}");
            let found = found.get(name).unwrap_or_else(|| panic!("no {what}"));
            compare(what, found, expected);
        }
    }
    if let Some(expected) = case.get("warnings") {
        let told: Vec<String> = pools
            .iter()
            .flat_map(|(_, pool)| warnings(pool, at))
            .map(|w| w.text())
            .collect();
        compare("what is told".to_owned(), &json!(told), expected);
    }
    if let Some(expected) = case.get("elections") {
        compare(
            "elections".to_owned(),
            &json!(pools.members.elections),
            expected,
        );
    }
    if let Some(expected) = case.get("servers") {
        let servers: Vec<_> = pools.iter().map(|(a, _)| a.to_string()).collect();
        compare("servers".to_owned(), &json!(servers), expected);
    }
    wrong
}

#[test]
fn each_sequence_of_events_comes_to_its_figures() {
    let mut wrong = Vec::new();
    let mut cases = 0;
    for file in std::fs::read_dir(directory().join("cases")).unwrap() {
        let path = file.unwrap().path();
        let case: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        cases += 1;
        for difference in differences(&case) {
            wrong.push(format!("{name} ({}): {difference}", case["about"]));
        }
    }
    assert!(cases >= 12, "only {cases} cases were found");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_recorded_run_comes_to_what_the_server_counted() {
    let text = std::fs::read_to_string(directory().join("recorded.jsonl")).unwrap();
    let mut pools = Pools::default();
    let (mut most, mut waited) = (0, 0);
    for line in text.lines() {
        let event = record::read(line).unwrap();
        if let What::CheckedOut { work, .. } = &event.what {
            assert!(work.is_some(), "every connection was taken for something");
        }
        pools.take(event);
        let (_, pool) = pools.iter().next().unwrap();
        assert!(pool.size() <= pool.max as usize, "{line}");
        assert!(pool.in_use() + pool.available() <= pool.size(), "{line}");
        most = most.max(pool.in_use());
        if pool.in_use() == 3 {
            waited = waited.max(pool.pending);
        }
    }
    let (_, pool) = pools.iter().next().unwrap();
    let closed: u64 = pool.closed_in_all();
    // The run was of eight reads through a pool of three, which the server counted as three connections.
    assert_eq!((pool.max, most, waited), (3, 3, 5));
    assert_eq!(
        (pool.size(), pool.available(), pool.created, closed),
        (3, 3, 3, 0)
    );
    assert!(
        pool.waits.max() >= Duration::from_millis(1_800),
        "the last waited for two"
    );
}
