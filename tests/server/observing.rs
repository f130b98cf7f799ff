//! Looking at a deployment: its members, figures, operations, slow queries and changes, against what the server itself
//! does; with a user who may see all of it, and one who may see nothing.

use std::time::{Duration, Instant};

use mongodb::Client;
use mongodb::bson::{Document, RawDocumentBuf, doc, rawdoc};
use mongodeck::mongo::request::observe::{
    Changes, Deployment, DocumentBefore, FullDocument, Killed, Observation, Observe, Operations,
    Profiling, ProfilingLevel, Restored, RunningOperation, ServerFigures, Slow, SlowSource, Tail,
    TailPlace, Topology,
};
use mongodeck::mongo::request::{FailureKind, FeedId, Namespace, ProfileName, Reply, Request};

use super::running::statement;
use crate::support::desk::{Desk, feed_id, fresh, profile, with_option};
use crate::support::server::{TestDatabase, dedicated, options};

async fn observed(desk: &mut Desk, what: Observe) -> Observation {
    match desk.ask("p", Request::Observe(what)).await {
        Ok(Reply::Observed(observed)) => {
            assert!(observed.at > 1_700_000_000_000, "{}", observed.at);
            observed.what.clone()
        }
        other => panic!("{other:?}"),
    }
}

async fn topology(desk: &mut Desk) -> Topology {
    match observed(desk, Observe::Topology).await {
        Observation::Topology(topology) => *topology,
        other => panic!("{other:?}"),
    }
}

async fn figures(desk: &mut Desk) -> ServerFigures {
    match observed(desk, Observe::Server).await {
        Observation::Server(figures) => *figures,
        other => panic!("{other:?}"),
    }
}

async fn operations(desk: &mut Desk) -> Operations {
    match observed(desk, Observe::Operations { idle: false }).await {
        Observation::Operations(operations) => operations,
        other => panic!("{other:?}"),
    }
}

async fn slow(desk: &mut Desk, database: &str) -> Slow {
    let database = database.to_owned();
    match observed(desk, Observe::Slow { database }).await {
        Observation::Slow(slow) => slow,
        other => panic!("{other:?}"),
    }
}

async fn filled(about: &str) -> TestDatabase {
    let database = TestDatabase::new(about).await;
    let documents: Vec<Document> = (0..10).map(|i| doc! { "_id": i, "n": i % 3 }).collect();
    database
        .collection("c")
        .insert_many(documents)
        .await
        .unwrap();
    database
}

/// The operation of this database that sleeps.
async fn sleeper(desk: &mut Desk, database: &str) -> (String, RunningOperation) {
    let since = Instant::now();
    loop {
        let operations = operations(desk).await;
        let place = operations
            .running
            .iter()
            // It is there a moment before the server knows how it will run it.
            .find(|o| o.namespace == format!("{database}.c") && o.plan.is_some());
        if let Some(found) = place {
            return (operations.host.clone(), found.clone());
        }
        assert!(since.elapsed() < Duration::from_secs(20), "{operations:#?}");
    }
}

#[tokio::test]
async fn a_set_of_one_tells_its_member() {
    let database = TestDatabase::new("topology").await;
    let mut desk = Desk::new([profile("p", database.uri())]);
    let topology = topology(&mut desk).await;
    assert_eq!(topology.gaps, Vec::<String>::new());
    let Deployment::Set(set) = topology.deployment else {
        panic!("{topology:?}");
    };
    assert_eq!(set.name, "rs0");
    assert!(set.term.is_some() && set.election_after.is_some());
    let [member] = set.members.as_slice() else {
        panic!("{:?}", set.members);
    };
    assert_eq!(member.address, topology.asked);
    assert_eq!((member.state.as_str(), member.asked), ("PRIMARY", true));
    assert_eq!((member.votes, member.priority), (Some(1), Some(1.0)));
    assert_eq!(member.lag, Some(Duration::ZERO));
    assert!(member.elected_at.is_some());
}

#[tokio::test]
async fn counters_grow_by_what_was_done_between_two_readings() {
    let database = filled("figures").await;
    let mut desk = Desk::new([profile("p", database.uri())]);
    let first = figures(&mut desk).await;
    let many: Vec<Document> = (0..50).map(|i| doc! { "i": i }).collect();
    database.collection("d").insert_many(many).await.unwrap();
    let second = figures(&mut desk).await;
    assert!(second.counters.insert >= first.counters.insert + 50);
    assert!(second.counters.bytes_in > first.counters.bytes_in);
    assert!(second.up >= first.up);
    assert_eq!(first.version, "6.0.5");
    assert!(first.connections > 0 && first.resident.is_some());
    let (read, _) = first.tickets.unwrap();
    assert!(read.free > 0);
    assert!(first.cache.unwrap().limit > 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sleeping_query_is_seen_and_killed_and_no_look_shows_itself() {
    let database = filled("killed").await;
    let named = with_option(database.uri(), &format!("appName=worker-{}", fresh()));
    let mut desk = Desk::new([profile("p", database.uri()), profile("worker", &named)]);
    let task = desk.start(
        "worker",
        Request::Run {
            statement: statement(
                &database.name,
                "db.c.find({$where: 'sleep(60000) || true'})",
            ),
            feed: feed_id(),
            count: 10,
        },
    );
    let (host, operation) = sleeper(&mut desk, &database.name).await;
    assert_eq!(operation.command.get_str("find").unwrap(), "c");
    assert!(
        operation
            .application
            .clone()
            .unwrap()
            .starts_with("worker-")
    );
    assert_eq!(operation.user.as_deref(), Some("mongodeck@admin"));
    assert_eq!(operation.plan.as_deref(), Some("COLLSCAN"));
    assert!(operation.running.is_some() && operation.client.is_some());
    assert!(operation.ours && !operation.kill_pending);
    // Neither this look nor another one that runs at the same moment.
    let looks = operations(&mut desk).await;
    let shown = |o: &RunningOperation| o.command.get_str("comment").unwrap_or("").to_owned();
    assert!(
        looks
            .running
            .iter()
            .all(|o| !shown(o).ends_with(" monitor")),
        "{looks:#?}"
    );
    let request = Request::KillOperation {
        host,
        id: operation.id.clone(),
        cursor: None,
    };
    let killed = desk.ask("p", request.clone()).await.unwrap();
    assert_eq!(killed, Reply::Killed(Killed::Gone));
    let failure = desk.settled(task).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Cancelled, "{failure}");
    let again = desk.ask("p", request).await.unwrap();
    assert_eq!(again, Reply::Killed(Killed::AlreadyGone));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_fills_a_pool_is_seen_and_killed_beside_that_pool() {
    let database = filled("beside").await;
    let one = with_option(database.uri(), "maxPoolSize=1");
    let mut desk = Desk::new([profile("p", &one)]);
    let text = "db.c.find({$where: 'sleep(60000) || true'})";
    let request = Request::Run {
        statement: statement(&database.name, text),
        feed: feed_id(),
        count: 10,
    };
    let task = desk.start("p", request);
    let (host, operation) = sleeper(&mut desk, &database.name).await;
    let id = operation.id.clone();
    let killed = desk
        .ask(
            "p",
            Request::KillOperation {
                host,
                id,
                cursor: None,
            },
        )
        .await;
    assert_eq!(killed.unwrap(), Reply::Killed(Killed::Gone));
    let failure = desk.settled(task).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Cancelled, "{failure}");
}

#[tokio::test]
async fn a_read_only_profile_neither_kills_nor_sets_a_profiler() {
    let database = TestDatabase::new("readonly").await;
    let mut guarded = profile("p", database.uri());
    guarded.read_only = true;
    let mut desk = Desk::new([guarded]);
    let operations = operations(&mut desk).await;
    let kill = Request::KillOperation {
        host: operations.host,
        id: mongodeck::mongo::request::observe::OperationId(bson::RawBson::Int32(1)),
        cursor: None,
    };
    let set = Request::SetProfiling {
        database: database.name.clone(),
        to: Profiling {
            level: ProfilingLevel::All,
            slow_ms: 0,
            sample_rate: 1.0,
        },
    };
    for request in [kill, set] {
        let failure = desk.ask("p", request).await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::ReadOnly);
    }
    assert!(!desk.sent("killOp") && !desk.sent("profile"));
}

const ALL: Profiling = Profiling {
    level: ProfilingLevel::All,
    slow_ms: 5,
    sample_rate: 1.0,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_profiler_is_set_read_by_shape_and_put_back() {
    let server = dedicated(options()).await;
    let uri = secrecy::ExposeSecret::expose_secret(&server.uri()).to_owned();
    let client = Client::with_uri_str(&uri).await.unwrap();
    let collection = client.database("shop").collection::<Document>("orders");
    let many: Vec<Document> = (0..30).map(|i| doc! { "_id": i, "n": i }).collect();
    collection.insert_many(many).await.unwrap();
    let mut desk = Desk::new([profile("p", &uri)]);
    let before = slow(&mut desk, "shop").await;
    assert_eq!(before.profiling.unwrap().level, ProfilingLevel::Off);
    assert_eq!((before.before, before.profiled), (None, 0));
    let original = before.profiling.unwrap();
    let set = Request::SetProfiling {
        database: "shop".into(),
        to: ALL,
    };
    assert_eq!(
        desk.ask("p", set.clone()).await.unwrap(),
        Reply::Profiling(ALL)
    );
    for n in 0..3 {
        collection.find_one(doc! { "n": n }).await.unwrap();
    }
    let during = slow(&mut desk, "shop").await;
    assert_eq!(
        (during.profiling, during.before),
        (Some(ALL), Some(original))
    );
    let shape = during
        .shapes
        .iter()
        .find(|s| {
            s.namespace == "shop.orders"
                && s.operation == "find"
                && s.source == SlowSource::Profiler
        })
        .unwrap_or_else(|| panic!("{during:#?}"));
    assert_eq!(
        (shape.shape.as_str(), shape.count, shape.returned),
        ("{n: ?}", 3, 3)
    );
    assert_eq!(shape.plan.as_deref(), Some("COLLSCAN"));
    assert!(shape.examined >= 3 && shape.p95 >= shape.p50);
    let own =
        |s: &mongodeck::mongo::request::observe::SlowShape| s.namespace.contains("system.profile");
    assert!(!during.shapes.iter().any(own), "{during:#?}");
    let restore = Request::RestoreProfiling {
        database: "shop".into(),
    };
    let restored = desk.ask("p", restore.clone()).await.unwrap();
    assert_eq!(restored, Reply::ProfilingRestored(Restored::Yes(original)));
    let restored = desk.ask("p", restore).await.unwrap();
    assert_eq!(restored, Reply::ProfilingRestored(Restored::NotOurs));
    assert_eq!(slow(&mut desk, "shop").await.profiling, Some(original));
    // Closing the connection puts it back too, and so does the end of the program.
    for end in [true, false] {
        desk.ask("p", set.clone()).await.unwrap();
        if end {
            desk.runner.disconnect(&ProfileName::new("p"));
        } else {
            desk.runner.shutdown().await;
        }
        let since = Instant::now();
        loop {
            let now = client
                .database("shop")
                .run_command(doc! { "profile": -1 })
                .await
                .unwrap();
            if now.get_i32("was").unwrap() == 0 && now.get_i32("slowms").unwrap() == 100 {
                break;
            }
            assert!(since.elapsed() < Duration::from_secs(20), "{now}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    server.stop().await;
}

#[tokio::test]
async fn the_log_tells_of_slow_queries_where_no_profiler_does() {
    let database = filled("slowlog").await;
    let sleep = doc! { "$where": "sleep(30) || true", "marked": { "$exists": false } };
    let cursor = database.collection("c").find(sleep).await.unwrap();
    drop(cursor);
    let mut desk = Desk::new([profile("p", database.uri())]);
    let slow = slow(&mut desk, &database.name).await;
    let shape = slow
        .shapes
        .iter()
        .find(|s| s.namespace == format!("{}.c", database.name))
        .unwrap_or_else(|| panic!("{slow:#?}"));
    assert_eq!(
        (shape.operation.as_str(), shape.source),
        ("find", SlowSource::Log)
    );
    assert!(shape.longest >= Duration::from_millis(250), "{shape:?}");
    assert_eq!(shape.shape, "{$where: ?, marked: {$exists: ?}}");
    assert_eq!(shape.examined, 10);
}

async fn follow(desk: &mut Desk, what: &Tail, after: Option<RawDocumentBuf>) -> (FeedId, Changes) {
    let tail = feed_id();
    let request = Request::OpenTail {
        tail,
        what: Box::new(what.clone()),
        after,
    };
    match desk.ask("p", request).await {
        Ok(Reply::Changes(changes)) => (tail, changes),
        other => panic!("{other:?}"),
    }
}

/// Asks until `count` changes came.
async fn changes(desk: &mut Desk, tail: FeedId, count: usize) -> Vec<Changes> {
    let since = Instant::now();
    let mut all: Vec<Changes> = Vec::new();
    while all.iter().map(|c| c.events.len()).sum::<usize>() < count {
        assert!(since.elapsed() < Duration::from_secs(20), "{all:?}");
        match desk.ask("p", Request::Changes { tail }).await {
            Ok(Reply::Changes(changes)) => all.push(changes),
            other => panic!("{other:?}"),
        }
    }
    all
}

/// The cursors that are open on the collection.
async fn cursors(database: &TestDatabase) -> Vec<i64> {
    let idle = doc! { "$currentOp": { "idleCursors": true } };
    let place = format!("{}.c", database.name);
    let ours = doc! { "$match": { "ns": place, "cursor.cursorId": { "$exists": true } } };
    let admin = database.client.database("admin");
    let mut found = admin.aggregate([idle, ours]).await.unwrap();
    let mut open = Vec::new();
    while found.advance().await.unwrap() {
        let cursor = found.current().get_document("cursor").unwrap();
        open.push(cursor.get_i64("cursorId").unwrap());
    }
    open
}

fn keys(changes: &[Changes]) -> Vec<i32> {
    changes
        .iter()
        .flat_map(|c| &c.events)
        .map(|e| {
            e.get_document("documentKey")
                .unwrap()
                .get_i32("_id")
                .unwrap()
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_come_as_they_are_written_and_go_on_where_they_broke() {
    let database = TestDatabase::new("tail").await;
    database.database().create_collection("c").await.unwrap();
    let collection = database.collection("c");
    let mut desk = Desk::new([profile("p", database.uri())]);
    let what = Tail {
        place: TailPlace::Collection(Namespace::new(&database.name, "c")),
        filter: rawdoc! { "operationType": "insert", "fullDocument.wanted": true },
        full: FullDocument::default(),
        before: DocumentBefore::default(),
    };
    let (tail, first) = follow(&mut desk, &what, None).await;
    assert!(first.events.is_empty() && first.token.is_some());
    for (i, wanted) in [(1, true), (2, false), (3, true)] {
        collection
            .insert_one(doc! { "_id": i, "wanted": wanted })
            .await
            .unwrap();
    }
    let seen = changes(&mut desk, tail, 2).await;
    assert_eq!(keys(&seen), [1, 3]);
    // The cursor is taken away from it, as a server that restarts or a change of the primary would.
    let open = cursors(&database).await;
    assert_eq!(open.len(), 1);
    let kill = doc! { "killCursors": "c", "cursors": open };
    database.database().run_command(kill).await.unwrap();
    collection
        .insert_one(doc! { "_id": 4, "wanted": true })
        .await
        .unwrap();
    let seen = changes(&mut desk, tail, 1).await;
    assert_eq!(keys(&seen), [4]);
    assert!(seen.iter().any(|c| c.resumed), "{seen:?}");
    let token = seen.last().unwrap().token.clone();
    let closed = desk.ask("p", Request::CloseTail { tail }).await.unwrap();
    assert_eq!(closed, Reply::Done);
    let failure = desk.ask("p", Request::Changes { tail }).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Gone);
    let since = Instant::now();
    while !cursors(&database).await.is_empty() {
        assert!(since.elapsed() < Duration::from_secs(20));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // What was written while nobody followed comes, with the token.
    collection
        .insert_one(doc! { "_id": 5, "wanted": true })
        .await
        .unwrap();
    let (tail, first) = follow(&mut desk, &what, token).await;
    let mut seen = vec![first];
    if seen[0].events.is_empty() {
        seen.extend(changes(&mut desk, tail, 1).await);
    }
    assert_eq!(keys(&seen), [5]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dropped_collection_ends_its_stream_in_words() {
    let database = filled("taildrop").await;
    let mut desk = Desk::new([profile("p", database.uri())]);
    let what = Tail {
        place: TailPlace::Collection(Namespace::new(&database.name, "c")),
        filter: RawDocumentBuf::new(),
        full: FullDocument::default(),
        before: DocumentBefore::default(),
    };
    let (tail, _) = follow(&mut desk, &what, None).await;
    database.collection("c").drop().await.unwrap();
    let seen = changes(&mut desk, tail, 2).await;
    let kinds: Vec<String> = seen
        .iter()
        .flat_map(|c| &c.events)
        .map(|e| e.get_str("operationType").unwrap().to_owned())
        .collect();
    assert_eq!(kinds, ["drop", "invalidate"]);
    let failure = desk.ask("p", Request::Changes { tail }).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Gone);
    assert!(
        failure.summary.ends_with("was dropped or renamed"),
        "{failure}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_may_see_nothing_is_told_what_is_missing_and_sees_the_rest() {
    let database = filled("rights").await;
    let name = format!("reader{}", fresh());
    let nobody = format!("nobody{}", fresh());
    for (user, roles) in [
        (&name, vec![doc! { "role": "read", "db": &database.name }]),
        (&nobody, vec![]),
    ] {
        let create = doc! { "createUser": user, "pwd": "x", "roles": roles };
        database
            .client
            .database("admin")
            .run_command(create)
            .await
            .unwrap();
    }
    let (_, hosts) = database.uri().split_once('@').unwrap();
    let mut desk = Desk::new([profile("p", &format!("mongodb://{name}:x@{hosts}"))]);
    let told = topology(&mut desk).await;
    let Deployment::Set(set) = &told.deployment else {
        panic!("{told:?}");
    };
    assert_eq!(set.members.len(), 1);
    assert_eq!(set.members[0].state, "primary");
    assert_eq!(
        told.gaps[0],
        "the members' state cannot be read: this user has not the privilege `replSetGetStatus`, which the role `clusterMonitor` gives"
    );
    let failure = desk
        .ask("p", Request::Observe(Observe::Server))
        .await
        .unwrap_err();
    assert_eq!(failure.kind, FailureKind::Permission);
    assert!(failure.summary.contains("`serverStatus`"), "{failure}");
    assert!(failure.help.unwrap().contains("`clusterMonitor`"));
    // Its own operations are still shown, and may be stopped.
    let task = desk.start(
        "p",
        Request::Run {
            statement: statement(
                &database.name,
                "db.c.find({$where: 'sleep(60000) || true'})",
            ),
            feed: feed_id(),
            count: 10,
        },
    );
    let (host, own) = sleeper(&mut desk, &database.name).await;
    let told = operations(&mut desk).await;
    assert!(told.gaps[0].contains("`inprog`"), "{:?}", told.gaps);
    assert!(
        told.running
            .iter()
            .all(|o| o.user.as_deref() == Some(&format!("{name}@admin")))
    );
    let kill = Request::KillOperation {
        host,
        id: own.id,
        cursor: None,
    };
    assert_eq!(
        desk.ask("p", kill).await.unwrap(),
        Reply::Killed(Killed::Gone)
    );
    desk.settled(task).await.unwrap_err();
    let told = slow(&mut desk, &database.name).await;
    assert_eq!(told.profiling, None);
    let missing = ["enableProfiler", "system.profile", "getLog"];
    for (gap, what) in told.gaps.iter().zip(missing) {
        assert!(gap.contains(what), "{:?}", told.gaps);
    }
    assert_eq!(told.gaps.len(), missing.len());
    let set = Request::SetProfiling {
        database: database.name.clone(),
        to: ALL,
    };
    let failure = desk.ask("p", set).await.unwrap_err();
    assert!(failure.summary.contains("`enableProfiler`"), "{failure}");
    let mut desk = Desk::new([profile("p", &format!("mongodb://{nobody}:x@{hosts}"))]);
    let request = Request::OpenTail {
        tail: feed_id(),
        what: Box::new(Tail {
            place: TailPlace::Database(database.name.clone()),
            filter: RawDocumentBuf::new(),
            full: FullDocument::default(),
            before: DocumentBefore::default(),
        }),
        after: None,
    };
    let failure = desk.ask("p", request).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Permission);
    assert!(failure.summary.contains("`changeStream`"), "{failure}");
    for user in [name, nobody] {
        let drop = doc! { "dropUser": user };
        database
            .client
            .database("admin")
            .run_command(drop)
            .await
            .unwrap();
    }
}
