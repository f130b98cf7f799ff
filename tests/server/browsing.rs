//! What there is in a deployment, and feeds of documents.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mongodb::bson::{Document, RawBson, RawDocumentBuf, doc, rawdoc};
use mongodeck::mongo::request::{
    CollectionKind, Extent, FailureKind, FeedId, Find, Namespace, Page, ProfileName, Reply,
    Request, Side,
};
use mongodeck::mongo::runner::Streaming;

use crate::support::desk::{Desk, feed_id, profile, with_option};
use crate::support::server::{FailPoint, TestDatabase, dedicated, options};
use secrecy::ExposeSecret as _;

fn page(reply: Reply) -> Page {
    match reply {
        Reply::Page(page) => page,
        other => panic!("not a page: {other:?}"),
    }
}

async fn numbered(database: &TestDatabase, name: &str, count: i32) -> Namespace {
    let documents: Vec<Document> = (0..count)
        .map(|i| doc! { "_id": i, "k": (i * 7919) % count, "pad": "x".repeat(usize::try_from(i % 300).unwrap()) })
        .collect();
    database
        .collection(name)
        .insert_many(documents)
        .await
        .unwrap();
    Namespace::new(&database.name, name)
}

async fn open(desk: &mut Desk, namespace: &Namespace, find: Find, count: usize) -> (FeedId, Page) {
    let feed = feed_id();
    let request = Request::OpenFeed {
        feed,
        namespace: namespace.clone(),
        find,
        count,
    };
    let first = page(desk.ask("p", request).await.unwrap());
    (feed, first)
}

async fn read(desk: &mut Desk, feed: FeedId, side: Side, offset: u64, count: usize) -> Page {
    let request = Request::Page {
        feed,
        side,
        offset,
        count,
        max_bytes: usize::MAX,
    };
    page(desk.ask("p", request).await.unwrap())
}

/// The driver's own list, byte for byte.
async fn by_driver(database: &TestDatabase, name: &str, sort: Document) -> Vec<Vec<u8>> {
    let collection = database.database().collection::<RawDocumentBuf>(name);
    let mut cursor = collection.find(doc! {}).sort(sort).await.unwrap();
    let mut found = Vec::new();
    while cursor.advance().await.unwrap() {
        found.push(cursor.current().as_bytes().to_vec());
    }
    found
}

fn bytes(documents: &[Arc<RawDocumentBuf>]) -> Vec<Vec<u8>> {
    documents.iter().map(|d| d.as_bytes().to_vec()).collect()
}

async fn all(desk: &mut Desk, feed: FeedId, side: Side) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    loop {
        let page = read(desk, feed, side, found.len() as u64, 700).await;
        if page.documents.is_empty() {
            assert_eq!(page.extent, Extent::Exactly(found.len() as u64));
            return found;
        }
        found.extend(bytes(&page.documents));
    }
}

#[tokio::test]
async fn a_feed_read_in_both_directions_is_the_drivers_own_list() {
    let database = TestDatabase::new("feed").await;
    let namespace = numbered(&database, "many", 10_000).await;
    let mut desk = Desk::new([profile("p", database.uri())]);
    for sort in [None, Some(rawdoc! { "k": -1 })] {
        let order = sort
            .as_ref()
            .map_or_else(|| doc! { "$natural": 1 }, |_| doc! { "k": -1 });
        let expected = by_driver(&database, "many", order).await;
        let find = Find {
            sort,
            ..Find::all()
        };
        let (feed, first) = open(&mut desk, &namespace, find, 50).await;
        assert_eq!(bytes(&first.documents), expected[..50]);
        // From the end before the start was read through: through a second cursor.
        let backwards: Vec<Vec<u8>> = expected.iter().rev().cloned().collect();
        let last = read(&mut desk, feed, Side::End, 0, 30).await;
        assert_eq!(bytes(&last.documents), backwards[..30]);
        assert!(matches!(last.extent, Extent::AtLeast(_)));
        assert_eq!(all(&mut desk, feed, Side::End).await, backwards);
        assert_eq!(all(&mut desk, feed, Side::Start).await, expected);
        // Back to a place that was read: from what is kept.
        let again = read(&mut desk, feed, Side::Start, 4_321, 10).await;
        assert_eq!(bytes(&again.documents), expected[4_321..4_331]);
        let from_end = read(&mut desk, feed, Side::End, 17, 10).await;
        assert_eq!(bytes(&from_end.documents), backwards[17..27]);
        assert_eq!(
            desk.ask("p", Request::CloseFeed { feed }).await.unwrap(),
            Reply::Done
        );
        let closed = Request::Page {
            feed,
            side: Side::Start,
            offset: 0,
            count: 1,
            max_bytes: 1,
        };
        assert_eq!(
            desk.ask("p", closed).await.unwrap_err().kind,
            FailureKind::Gone
        );
    }
}

#[tokio::test]
async fn a_feed_with_skip_limit_filter_and_projection_ends_where_it_should() {
    let database = TestDatabase::new("part").await;
    let namespace = numbered(&database, "many", 2_000).await;
    let mut desk = Desk::new([profile("p", database.uri())]);
    let find = Find {
        filter: rawdoc! { "_id": { "$gte": 100 } },
        sort: Some(rawdoc! { "_id": 1 }),
        projection: Some(rawdoc! { "_id": 1 }),
        skip: 10,
        limit: Some(900),
    };
    let (feed, first) = open(&mut desk, &namespace, find, 5).await;
    assert_eq!(
        bytes(&first.documents)[0],
        rawdoc! { "_id": 110 }.as_bytes()
    );
    let last = read(&mut desk, feed, Side::End, 0, 2).await;
    assert_eq!(
        bytes(&last.documents),
        [
            rawdoc! { "_id": 1009 }.into_bytes(),
            rawdoc! { "_id": 1008 }.into_bytes()
        ]
    );
    assert_eq!(last.extent, Extent::Exactly(900));
    let whole = Find {
        limit: Some(3),
        ..Find::all()
    };
    let (_, three) = open(&mut desk, &namespace, whole, 50).await;
    assert_eq!(
        (three.documents.len(), three.extent),
        (3, Extent::Exactly(3))
    );
}

#[tokio::test]
async fn a_page_ends_with_the_document_that_reaches_its_bytes() {
    let database = TestDatabase::new("bytes").await;
    let namespace = numbered(&database, "many", 1_000).await;
    let mut desk = Desk::new([profile("p", database.uri())]);
    let (feed, _) = open(&mut desk, &namespace, Find::all(), 1).await;
    let request = Request::Page {
        feed,
        side: Side::Start,
        offset: 200,
        count: 500,
        max_bytes: 1_000,
    };
    let part = page(desk.ask("p", request).await.unwrap());
    let sizes: Vec<usize> = part.documents.iter().map(|d| d.as_bytes().len()).collect();
    assert!(sizes.iter().sum::<usize>() >= 1_000, "{sizes:?}");
    assert!(
        sizes[..sizes.len() - 1].iter().sum::<usize>() < 1_000,
        "{sizes:?}"
    );
}

#[tokio::test]
async fn a_document_of_13_megabytes_arrives_whole_and_streams_too() {
    let database = TestDatabase::new("large").await;
    let namespace = Namespace::new(&database.name, "large");
    let large = rawdoc! { "_id": 1, "text": "y".repeat(13_000_000), "last": RawBson::MinKey };
    let raw = database.database().collection::<RawDocumentBuf>("large");
    raw.insert_one(&large).await.unwrap();
    let mut desk = Desk::new([profile("p", database.uri())]);
    let (_, first) = open(&mut desk, &namespace, Find::all(), 50).await;
    assert_eq!(bytes(&first.documents), [large.as_bytes().to_vec()]);
    let one = Request::Document {
        namespace: namespace.clone(),
        id: RawBson::Int32(1),
    };
    assert_eq!(
        desk.ask("p", one).await.unwrap(),
        Reply::Document(Some(large.clone()))
    );
    let none = Request::Document {
        namespace: namespace.clone(),
        id: RawBson::Int64(2),
    };
    assert_eq!(desk.ask("p", none).await.unwrap(), Reply::Document(None));
    let mut streamed = Vec::new();
    let passed = desk
        .runner
        .stream(
            &ProfileName::new("p"),
            &namespace,
            &Find::all(),
            &Streaming::default(),
            |d| {
                streamed.push(d.to_owned());
                ControlFlow::Continue(())
            },
        )
        .await
        .unwrap();
    assert_eq!((passed, streamed), (1, vec![large]));
}

#[tokio::test]
async fn a_stream_passes_every_document_in_order_and_stops_when_told() {
    let database = TestDatabase::new("stream").await;
    let namespace = numbered(&database, "many", 12_345).await;
    let desk = Desk::new([profile("p", database.uri())]);
    let name = ProfileName::new("p");
    let find = Find {
        sort: Some(rawdoc! { "_id": 1 }),
        ..Find::all()
    };
    let mut next = 0;
    let passed = desk
        .runner
        .stream(&name, &namespace, &find, &Streaming::default(), |d| {
            assert_eq!(d.get_i32("_id").unwrap(), next);
            next += 1;
            ControlFlow::Continue(())
        })
        .await
        .unwrap();
    assert_eq!(passed, 12_345);
    let broken = desk
        .runner
        .stream(&name, &namespace, &find, &Streaming::default(), |d| {
            if d.get_i32("_id").unwrap() == 6 {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        })
        .await
        .unwrap();
    assert_eq!(broken, 7);
    let streaming = Streaming::default();
    let handle = streaming.clone();
    let stopped = desk
        .runner
        .stream(&name, &namespace, &find, &streaming, |_| {
            handle.cancel();
            ControlFlow::Continue(())
        })
        .await
        .unwrap_err();
    assert_eq!(stopped.kind, FailureKind::Cancelled);
}

#[tokio::test]
async fn lists_and_details_say_what_the_server_has() {
    let database = TestDatabase::new("lists").await;
    let db = database.database();
    let namespace = numbered(&database, "plain", 40).await;
    db.run_command(doc! { "create": "capped", "capped": true, "size": 4096 })
        .await
        .unwrap();
    db.run_command(doc! { "create": "view", "viewOn": "plain", "pipeline": [] })
        .await
        .unwrap();
    db.run_command(doc! { "create": "series", "timeseries": { "timeField": "t" } })
        .await
        .unwrap();
    db.run_command(doc! { "collMod": "plain", "validator": { "k": { "$exists": true } }, "validationLevel": "moderate" })
        .await
        .unwrap();
    db.run_command(doc! { "createIndexes": "plain", "indexes": [{ "key": { "k": -1 }, "name": "k_-1", "sparse": true }] })
        .await
        .unwrap();
    let mut desk = Desk::new([profile("p", database.uri())]);
    let Reply::Databases(databases) = desk.ask("p", Request::Databases).await.unwrap() else {
        panic!()
    };
    let own = databases.iter().find(|d| d.name == database.name).unwrap();
    assert!(own.size_on_disk.unwrap() > 0);
    let request = Request::Collections {
        database: database.name.clone(),
    };
    let Reply::Collections(collections) = desk.ask("p", request).await.unwrap() else {
        panic!()
    };
    let kinds: Vec<(&str, CollectionKind)> = collections
        .iter()
        .filter(|c| c.kind != CollectionKind::System)
        .map(|c| (c.name.as_str(), c.kind))
        .collect();
    assert_eq!(
        kinds,
        [
            ("capped", CollectionKind::Capped),
            ("plain", CollectionKind::Collection),
            ("series", CollectionKind::TimeSeries),
            ("view", CollectionKind::View),
        ]
    );
    let names = ["plain", "view", "gone"].map(str::to_owned).to_vec();
    let request = Request::Sizes {
        database: database.name.clone(),
        collections: names,
    };
    let Reply::Sizes(sizes) = desk.ask("p", request).await.unwrap() else {
        panic!()
    };
    let plain = sizes.iter().find(|(name, _)| name == "plain").unwrap();
    assert_eq!(plain.1.documents, 40);
    assert!(sizes.iter().all(|(name, _)| name != "view"), "{sizes:?}");
    let Reply::Details(details) = desk
        .ask(
            "p",
            Request::Details {
                namespace: namespace.clone(),
            },
        )
        .await
        .unwrap()
    else {
        panic!()
    };
    assert_eq!(
        details.validator,
        Some(rawdoc! { "k": { "$exists": true } })
    );
    assert_eq!(details.validation_level.as_deref(), Some("moderate"));
    assert_eq!(details.stats.unwrap().documents, 40);
    let index = details.indexes.iter().find(|i| i.name == "k_-1").unwrap();
    assert_eq!(index.keys, rawdoc! { "k": -1 });
    assert!(index.specification.get_bool("sparse").unwrap() && index.bytes.unwrap() > 0);
    assert_eq!(index.uses, Some(0));
    let view = Request::Details {
        namespace: Namespace::new(&database.name, "view"),
    };
    let Reply::Details(view) = desk.ask("p", view).await.unwrap() else {
        panic!()
    };
    assert!(view.stats.is_none() && view.indexes.is_empty());
    let missing = Request::Details {
        namespace: Namespace::new(&database.name, "nothing"),
    };
    assert_eq!(
        desk.ask("p", missing).await.unwrap_err().kind,
        FailureKind::Gone
    );
    let count = Request::Count {
        namespace,
        filter: rawdoc! { "_id": { "$lt": 5 } },
    };
    assert_eq!(desk.ask("p", count).await.unwrap(), Reply::Count(5));
    // The end of a view is found by reading it through.
    let (feed, _) = open(
        &mut desk,
        &Namespace::new(&database.name, "view"),
        Find::all(),
        5,
    )
    .await;
    let last = read(&mut desk, feed, Side::End, 0, 1).await;
    assert_eq!(
        (last.documents[0].get_i32("_id").unwrap(), last.extent),
        (39, Extent::Exactly(40))
    );
}

#[tokio::test]
async fn a_wrong_filter_is_refused_in_the_servers_words() {
    let database = TestDatabase::new("wrong").await;
    let namespace = numbered(&database, "plain", 3).await;
    let mut desk = Desk::new([profile("p", database.uri())]);
    let find = Find {
        filter: rawdoc! { "a": { "$foo": 1 } },
        ..Find::all()
    };
    let request = Request::OpenFeed {
        feed: feed_id(),
        namespace,
        find,
        count: 5,
    };
    let failure = desk.ask("p", request).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Query);
    assert!(
        failure.summary.contains("unknown operator: $foo"),
        "{failure}"
    );
}

#[tokio::test]
async fn a_failing_find_is_tried_again_and_a_failing_get_more_ends_the_feed() {
    let database = TestDatabase::new("failing").await;
    let namespace = numbered(&database, "many", 3_000).await;
    let mut desk = Desk::new([profile(
        "p",
        &with_option(database.uri(), "appName=failing-reads"),
    )]);
    desk.connect("p").await;
    let point = FailPoint::command(
        database.uri(),
        "failing-reads",
        &["find"],
        1,
        doc! { "closeConnection": true },
    )
    .await;
    let (feed, first) = open(&mut desk, &namespace, Find::all(), 10).await;
    assert_eq!(first.documents.len(), 10);
    drop(point);
    let point = FailPoint::command(
        database.uri(),
        "failing-reads",
        &["getMore"],
        1,
        doc! { "errorCode": 43 },
    )
    .await;
    let request = Request::Page {
        feed,
        side: Side::Start,
        offset: 10,
        count: 10,
        max_bytes: usize::MAX,
    };
    let failure = desk.ask("p", request.clone()).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Gone);
    assert!(failure.help.unwrap().contains("refresh"));
    drop(point);
    // What is kept stays readable, and the loss stays told.
    assert_eq!(
        read(&mut desk, feed, Side::Start, 0, 10)
            .await
            .documents
            .len(),
        10
    );
    assert_eq!(
        desk.ask("p", request).await.unwrap_err().kind,
        FailureKind::Gone
    );
}

#[tokio::test]
async fn a_slow_reply_holds_up_no_other_profile_and_can_be_cancelled() {
    let database = TestDatabase::new("slow").await;
    let namespace = numbered(&database, "many", 10).await;
    let mut desk = Desk::new([
        profile(
            "slow",
            &with_option(database.uri(), "appName=slow-one&maxPoolSize=1"),
        ),
        profile("p", database.uri()),
    ]);
    desk.connect("slow").await;
    desk.connect("p").await;
    let _point = FailPoint::command(
        database.uri(),
        "slow-one",
        &["find"],
        1,
        doc! { "blockConnection": true, "blockTimeMS": 4_000 },
    )
    .await;
    let start = Instant::now();
    let find = Request::OpenFeed {
        feed: feed_id(),
        namespace: namespace.clone(),
        find: Find::all(),
        count: 5,
    };
    let task = desk.start("slow", find.clone());
    assert!(matches!(desk.ask("p", find).await.unwrap(), Reply::Page(_)));
    desk.runner.cancel(task);
    assert_eq!(
        desk.settled(task).await.unwrap_err().kind,
        FailureKind::Cancelled
    );
    assert!(
        start.elapsed() < Duration::from_secs(4),
        "{:?}",
        start.elapsed()
    );
    // The program can end although the server still thinks.
    let start = Instant::now();
    desk.runner.shutdown().await;
    assert!(
        start.elapsed() < Duration::from_millis(2_500),
        "{:?}",
        start.elapsed()
    );
}

#[tokio::test]
async fn a_cancelled_operation_is_stopped_on_the_server() {
    let database = TestDatabase::new("kill").await;
    let namespace = numbered(&database, "many", 200).await;
    let mut desk = Desk::new([profile("p", &with_option(database.uri(), "maxPoolSize=1"))]);
    desk.connect("p").await;
    // Some minutes of work, were it not stopped.
    let filter = rawdoc! { "$where": "sleep(1000) || true" };
    let find = Find {
        filter,
        ..Find::all()
    };
    let task = desk.start(
        "p",
        Request::OpenFeed {
            feed: feed_id(),
            namespace: namespace.clone(),
            find,
            count: 100,
        },
    );
    let running = async |wanted: bool| {
        let end = Instant::now() + Duration::from_secs(20);
        loop {
            let pipeline = doc! { "aggregate": 1, "cursor": {}, "pipeline": [
                { "$currentOp": {} },
                { "$match": { "ns": namespace.to_string(), "command.comment": { "$regex": "^mongodeck/" } } },
            ] };
            let reply = database
                .client
                .database("admin")
                .run_command(pipeline)
                .await
                .unwrap();
            let found = !reply
                .get_document("cursor")
                .unwrap()
                .get_array("firstBatch")
                .unwrap()
                .is_empty();
            if found == wanted {
                return;
            }
            assert!(Instant::now() < end, "running on the server: {found}");
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
    };
    running(true).await;
    desk.runner.cancel(task);
    assert_eq!(
        desk.settled(task).await.unwrap_err().kind,
        FailureKind::Cancelled
    );
    running(false).await;
    // The one connection of the pool is free again.
    assert_eq!(
        desk.ask(
            "p",
            Request::Count {
                namespace: namespace.clone(),
                filter: rawdoc! {}
            }
        )
        .await
        .unwrap(),
        Reply::Count(200)
    );
}

#[tokio::test]
async fn a_server_that_ends_while_browsing_comes_back_by_itself() {
    let mut server = dedicated(options()).await;
    let uri = server.uri().expose_secret().to_owned();
    let client = mongodb::Client::with_uri_str(&uri).await.unwrap();
    let documents: Vec<Document> = (0..3_000).map(|i| doc! { "_id": i }).collect();
    client
        .database("d")
        .collection("c")
        .insert_many(documents)
        .await
        .unwrap();
    client.shutdown().immediate(true).await;
    let mut other = profile("p", &uri);
    other.server_selection_timeout = Some(Duration::from_secs(1));
    let mut desk = Desk::new([other]);
    desk.connect("p").await;
    let namespace = Namespace::new("d", "c");
    let (feed, _) = open(&mut desk, &namespace, Find::all(), 20).await;
    server.kill().await.unwrap();
    let next = Request::Page {
        feed,
        side: Side::Start,
        offset: 20,
        count: 20,
        max_bytes: usize::MAX,
    };
    let failure = desk.ask("p", next.clone()).await.unwrap_err();
    assert!(
        matches!(failure.kind, FailureKind::Gone | FailureKind::Unreachable),
        "{failure:?}"
    );
    let state = desk
        .state("p", "lost connection", |s| {
            matches!(
                s,
                mongodeck::mongo::request::ConnectionState::Retrying { .. }
            )
        })
        .await;
    let mongodeck::mongo::request::ConnectionState::Retrying { failure, .. } = state else {
        panic!()
    };
    assert!(
        failure.summary.starts_with("cannot reach `127.0.0.1:"),
        "{failure}"
    );
    // What was read is still there without a server.
    assert_eq!(
        read(&mut desk, feed, Side::Start, 5, 10)
            .await
            .documents
            .len(),
        10
    );
    let kept = Request::Count {
        namespace: namespace.clone(),
        filter: rawdoc! {},
    };
    assert_eq!(
        desk.ask("p", kept.clone()).await.unwrap_err().kind,
        FailureKind::Unreachable
    );
    server.restart().await.unwrap();
    desk.state("p", "server that is back", |s| {
        matches!(s, mongodeck::mongo::request::ConnectionState::Ready(_))
    })
    .await;
    assert_eq!(desk.ask("p", kept).await.unwrap(), Reply::Count(3_000));
    assert_eq!(
        read(&mut desk, feed, Side::Start, 0, 20)
            .await
            .documents
            .len(),
        20
    );
    assert_eq!(
        desk.ask("p", next).await.unwrap_err().kind,
        FailureKind::Gone
    );
    desk.runner.shutdown().await;
    server.stop().await;
}
