//! A console on one panel, and answers as a server of three members would give them.

use std::sync::Arc;
use std::time::Duration;

use bson::{RawBson, RawDocumentBuf, rawdoc};
use mongodeck::app::Msg;
use mongodeck::mongo::request::observe::{
    Cache, Changes, Counters, Deployment, Election, Member, Observation, Observe, Observed,
    OperationId, Operations, Profiling, ProfilingLevel, ReplicaSet, RunningOperation,
    ServerFigures, Slow, SlowShape, SlowSource, Tickets, Topology,
};
use mongodeck::mongo::request::{FeedId, ProfileName, Reply, Report, Request, TaskId};
use mongodeck::pool::{Event, Moment, Pools, ServerKind, What};

use crate::support::harness::{Harness, profile};

/// 2026-03-01 14:02:11 UTC.
pub const START: u64 = 1_772_373_731_000;

/// A console on the panel that `keys` turns to, with its profile connected.
pub fn on(keys: &str, size: (u16, u16)) -> Harness {
    let mut one = profile("main");
    one.database = Some("shop".to_owned());
    let mut harness = Harness::with(&[one], [], size);
    harness.wait(Duration::from_millis(START));
    harness.connected("main");
    harness.keys(keys);
    harness
}

/// The question that is under way.
pub fn asked(harness: &mut Harness) -> Option<(TaskId, Observe)> {
    match harness.request(|r| matches!(r, Request::Observe(_))) {
        Some((task, Request::Observe(what))) => Some((task, what)),
        _ => None,
    }
}

/// Answers the question that is under way, as read `after` the start.
pub fn answer(harness: &mut Harness, after: u64, what: Observation) {
    let (task, _) = asked(harness).expect("something is asked");
    let at = i64::try_from(START + after).unwrap();
    let observed = Observed { at, what };
    harness.reply(task, Ok(Reply::Observed(Arc::new(observed))));
}

pub fn topology() -> Observation {
    let member = |address: &str, state: &str, lag: u64| Member {
        address: address.to_owned(),
        state: state.to_owned(),
        healthy: Some(true),
        asked: state == "PRIMARY",
        lag: Some(Duration::from_secs(lag)),
        votes: Some(1),
        priority: Some(1.0),
        ping: (state != "PRIMARY").then_some(Duration::from_millis(2)),
        last_heartbeat: (state != "PRIMARY").then_some(START as i64 - 1_000),
        source: (state == "SECONDARY").then(|| "db1:27017".to_owned()),
        elected_at: (state == "PRIMARY").then_some(START as i64 - 40_000),
        ..Member::default()
    };
    let mut broken = member("db3:27017", "(not reachable/healthy)", 0);
    broken.healthy = Some(false);
    broken.lag = None;
    broken.priority = Some(0.5);
    broken.message = Some("Connection refused".to_owned());
    Observation::Topology(Box::new(Topology {
        asked: "db1:27017".to_owned(),
        deployment: Deployment::Set(ReplicaSet {
            name: "rs0".to_owned(),
            term: Some(7),
            election: Election {
                reason: Some("electionTimeout".to_owned()),
                ..Election::default()
            },
            members: vec![
                member("db1:27017", "PRIMARY", 0),
                member("db2:27017", "SECONDARY", 14),
                broken,
            ],
            ..ReplicaSet::default()
        }),
        gaps: vec![
            "votes and priorities cannot be read: this user has not the privilege `replSetGetConfig`, which the role `clusterMonitor` gives".to_owned(),
        ],
    }))
}

/// Tells of an election, as the driver's monitors see it.
pub fn election(harness: &mut Harness) {
    let mut pools = Pools::default();
    let at = |seconds: u64| Moment::new(Duration::from_secs(seconds));
    let mut take = |seconds: u64, address: &str, what: What| {
        pools.take(Event {
            at: at(seconds),
            address: Arc::from(address),
            what,
        });
    };
    let changed = |from, to| What::ServerChanged { from, to };
    take(
        10,
        "db3:27017",
        changed(ServerKind::Unknown, ServerKind::Primary),
    );
    take(
        90,
        "db3:27017",
        What::HeartbeatFailed {
            reason: "connection refused".to_owned(),
        },
    );
    take(
        90,
        "db3:27017",
        changed(ServerKind::Primary, ServerKind::Unknown),
    );
    take(
        100,
        "db1:27017",
        changed(ServerKind::Secondary, ServerKind::Primary),
    );
    harness.tell(Msg::Report(Box::new(Report::Pools {
        profile: ProfileName::new("main"),
        summary: pools.summary(),
        pools: Some(Arc::new(pools)),
        at: at(140),
    })));
}

pub fn figures(step: u64) -> ServerFigures {
    ServerFigures {
        host: "db1:27017".to_owned(),
        version: "6.0.5".to_owned(),
        process: "mongod".to_owned(),
        up: Duration::from_secs(7_200 + step * 2),
        started: Some(START as i64 - 7_200_000),
        counters: Counters {
            insert: step * step * 4,
            query: step * 240,
            bytes_out: step * (3 << 20),
            ..Counters::default()
        },
        connections: 40 + step,
        connections_left: 800,
        connections_active: Some(7),
        resident: Some(900 << 20),
        virtual_memory: None,
        cache: Some(Cache {
            limit: 1 << 30,
            used: 640 << 20,
            dirty: 12 << 20,
        }),
        queued: Some((3, 0)),
        active: Some((4, 1)),
        tickets: Some((
            Tickets {
                taken: 5,
                free: 123,
            },
            Tickets {
                taken: 0,
                free: 128,
            },
        )),
        cursors: Some(12),
        gaps: Vec::new(),
    }
}

pub fn operation(id: i32, seconds: u64, command: RawDocumentBuf) -> RunningOperation {
    RunningOperation {
        id: OperationId(RawBson::Int32(id)),
        running: Some(Duration::from_millis(seconds * 1000)),
        kind: "command".to_owned(),
        namespace: "shop.orders".to_owned(),
        command,
        cut: false,
        client: Some("10.0.0.7:52114".to_owned()),
        application: Some("worker".to_owned()),
        user: Some("app@admin".to_owned()),
        thread: "conn12".to_owned(),
        plan: Some("COLLSCAN".to_owned()),
        waits: false,
        locks: vec!["Global: r".to_owned()],
        kill_pending: false,
        yields: 31,
        message: None,
        done: None,
        transaction: None,
        comment: None,
        cursor: None,
        ours: false,
    }
}

pub fn operations() -> Operations {
    let mut waiting = operation(
        12,
        2,
        rawdoc! { "q": { "_id": 7 }, "u": { "$set": { "state": "paid" } }, "multi": false },
    );
    waiting.kind = "update".to_owned();
    waiting.waits = true;
    waiting.plan = Some("IDHACK".to_owned());
    let mut index = operation(13, 1, rawdoc! { "createIndexes": "orders", "$db": "shop" });
    index.message = Some("Index Build: scanning collection".to_owned());
    index.done = Some((120, 4_000));
    index.plan = None;
    Operations {
        host: "db1:27017".to_owned(),
        running: vec![
            operation(
                11,
                42,
                rawdoc! { "find": "orders", "filter": { "note": { "$regex": "late" } }, "$db": "shop" },
            ),
            waiting,
            index,
        ],
        more: false,
        gaps: Vec::new(),
    }
}

pub fn profiling(level: ProfilingLevel) -> Profiling {
    Profiling {
        level,
        slow_ms: 100,
        sample_rate: 1.0,
    }
}

pub fn slow(level: ProfilingLevel) -> Slow {
    let shape = |count: u64, p95: u64, operation: &str, text: &str, plan: &str| SlowShape {
        namespace: "shop.orders".to_owned(),
        operation: operation.to_owned(),
        shape: text.to_owned(),
        source: SlowSource::Log,
        count,
        p50: Duration::from_millis(p95 / 2),
        p95: Duration::from_millis(p95),
        longest: Duration::from_millis(p95 * 2),
        total: Duration::from_millis(count * p95 / 2),
        examined: count * 40_000,
        returned: count * 12,
        plan: Some(plan.to_owned()),
        application: Some("worker".to_owned()),
        last: START as i64 - 9_000,
        example: rawdoc! { "find": "orders", "filter": { "status": "open" }, "sort": { "at": -1 }, "$db": "shop" },
        cut: false,
    };
    let set = level != ProfilingLevel::Off;
    Slow {
        database: "shop".to_owned(),
        profiling: Some(profiling(level)),
        before: set.then(|| profiling(ProfilingLevel::Off)),
        left: None,
        shapes: vec![
            shape(214, 380, "find", "{status: ?} sort {at: -1}", "COLLSCAN"),
            shape(9, 120, "update", "{_id: ?} {$set: {state: ?}}", "IDHACK"),
        ],
        profiled: 0,
        logged: 223,
        gaps: Vec::new(),
    }
}

/// Changes as a server tells them: an insert, an update, a delete.
pub fn changes(tail: FeedId, from: i32) -> Changes {
    let time = bson::DateTime::from_millis(START as i64);
    let event = |kind: &str, id: i32| {
        let mut event = rawdoc! {
            "_id": { "_data": format!("82{id}") }, "operationType": kind, "wallTime": time,
            "ns": { "db": "shop", "coll": "orders" }, "documentKey": { "_id": id },
        };
        match kind {
            "insert" => event.append(
                bson::raw::cstr!("fullDocument"),
                rawdoc! { "_id": id, "status": "open" },
            ),
            "update" => event.append(
                bson::raw::cstr!("updateDescription"),
                rawdoc! { "updatedFields": { "status": "paid" }, "removedFields": ["note"] },
            ),
            _ => {}
        }
        Arc::new(event)
    };
    Changes {
        tail,
        events: vec![
            event("insert", from),
            event("update", from),
            event("delete", from),
        ],
        token: Some(rawdoc! { "_data": format!("t{from}") }),
        resumed: false,
        at: START as i64 + 500,
    }
}
