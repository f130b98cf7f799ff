//! Stop means stop: what a person cancels is gone from the server, whatever kind of statement it is; and what may not
//! write sends no write.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use mongodb::Client;
use mongodb::bson::{Document, doc};
use mongodeck::mongo::request::{FailureKind, Outcome, ProfileName, Reply, Request, Side};
use mongodeck::mongo::runner::{Streamed, Streaming};

use super::running::statement;
use crate::support::desk::{Desk, feed_id, profile};
use crate::support::server::TestDatabase;

/// How many operations on `database` run a script that sleeps.
async fn sleeping(client: &Client, database: &str) -> usize {
    let mut found = 0;
    let reply = client
        .database("admin")
        .run_command(doc! {
            "aggregate": 1,
            "pipeline": [{ "$currentOp": {} }, { "$match": { "ns": { "$regex": format!("^{database}\\.") } } }],
            "cursor": {},
        })
        .await
        .unwrap();
    let operations = reply
        .get_document("cursor")
        .unwrap()
        .get_array("firstBatch")
        .unwrap();
    for operation in operations {
        if operation.to_string().contains("sleep(") {
            found += 1;
        }
    }
    found
}

async fn until(client: &Client, database: &str, what: &str, limit: Duration, wanted: bool) {
    let since = Instant::now();
    while (sleeping(client, database).await > 0) != wanted {
        assert!(since.elapsed() < limit, "{what}: not within {limit:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

const SECOND: Duration = Duration::from_secs(1);
const LONG: Duration = Duration::from_secs(20);

async fn filled(about: &str) -> TestDatabase {
    let database = TestDatabase::new(about).await;
    let documents: Vec<Document> = (0..10).map(|i| doc! { "_id": i }).collect();
    database
        .collection("c")
        .insert_many(documents)
        .await
        .unwrap();
    database
}

/// Sleeps a minute at the first document.
const WHERE: &str = "{$where: 'sleep(60000) || true'}";

fn statements() -> Vec<String> {
    let function = "{$expr: {$function: {body: 'function() { sleep(60000); return true }', args: [], lang: 'js'}}}";
    vec![
        format!("db.c.find({WHERE})"),
        format!("db.c.find({WHERE}).comment('my own')"),
        format!("db.c.find({WHERE}).comment({{team: 'a'}})"),
        format!("db.c.findOne({WHERE})"),
        format!("db.c.find({WHERE}).itcount()"),
        format!("db.c.find({WHERE}).hasNext()"),
        format!("db.c.aggregate([{{$match: {function}}}])"),
        format!("db.c.aggregate([{{$match: {function}}}, {{$out: 'd'}}])"),
        format!("db.c.countDocuments({function})"),
        format!("db.c.count({WHERE})"),
        format!("db.c.distinct('_id', {WHERE})"),
        format!("db.c.find({WHERE}).explain('executionStats')"),
        format!("db.runCommand({{count: 'c', query: {WHERE}}})"),
        format!("db.runCommand({{count: 'c', query: {WHERE}, comment: 'my own'}})"),
        format!("db.c.updateOne({WHERE}, {{$set: {{a: 1}}}})"),
        format!("db.c.updateMany({WHERE}, {{$set: {{a: 1}}}})"),
        format!("db.c.deleteMany({WHERE})"),
        format!("db.c.findOneAndUpdate({WHERE}, {{$set: {{a: 1}}}})"),
        format!("db.c.findOneAndDelete({WHERE})"),
        format!("db.c.bulkWrite([{{insertOne: {{document: {{}}}}}}, {{deleteMany: {{filter: {WHERE}}}}}])"),
        "db.c.mapReduce(function() { sleep(60000); emit(1, 1) }, function(k, v) { return 1 }, {out: {inline: 1}})"
            .to_owned(),
    ]
}

#[tokio::test]
async fn every_kind_of_statement_is_gone_from_the_server_within_a_second() {
    let database = filled("stop_all").await;
    let mut desk = Desk::new([profile("p", database.uri())]);
    desk.connect("p").await;
    for text in statements() {
        let task = desk.start(
            "p",
            Request::Run {
                statement: statement(&database.name, &text),
                feed: feed_id(),
                count: 100,
            },
        );
        let since = Instant::now();
        while sleeping(&database.client, &database.name).await == 0 {
            if since.elapsed() > LONG {
                panic!("{text}: {:?}", desk.settled(task).await);
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        desk.runner.cancel(task);
        until(&database.client, &database.name, &text, SECOND, false).await;
        match desk.settled(task).await {
            Err(failure) => assert_eq!(failure.kind, FailureKind::Cancelled, "{text}: {failure}"),
            // What a statement of several writes did before stays done, and is told.
            Ok(Reply::Ran(Outcome::Changed(changed))) => {
                assert_eq!(changed.inserted, 1, "{text}");
                assert!(!changed.is_whole(), "{text}");
            }
            Ok(other) => panic!("{text}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_later_batch_is_stopped_too() {
    let database = filled("stop_more").await;
    let mut desk = Desk::new([profile("p", database.uri())]);
    desk.connect("p").await;
    for text in [
        "db.c.find({$where: 'this._id < 4 || sleep(60000) || true'}).batchSize(2)",
        "db.c.aggregate([{$match: {$expr: {$function: {body: 'function(i) { if (i > 3) sleep(60000); return true }', args: ['$_id'], lang: 'js'}}}}], {batchSize: 2})",
    ] {
        let feed = feed_id();
        let run = Request::Run {
            statement: statement(&database.name, text),
            feed,
            count: 2,
        };
        let Ok(Reply::Ran(Outcome::Documents(page))) = desk.ask("p", run).await else {
            panic!("{text}");
        };
        assert_eq!(page.documents.len(), 2);
        let task = desk.start(
            "p",
            Request::Page {
                feed,
                side: Side::Start,
                offset: 2,
                count: 8,
                max_bytes: usize::MAX,
            },
        );
        until(&database.client, &database.name, text, LONG, true).await;
        desk.runner.cancel(task);
        until(&database.client, &database.name, text, SECOND, false).await;
        let failure = desk.settled(task).await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::Cancelled);
    }
}

#[tokio::test]
async fn a_stream_is_stopped_and_a_write_tells_what_became_of_it() {
    let database = filled("stop_stream").await;
    for (text, writes) in [
        (format!("db.c.find({WHERE})"), false),
        (
            "db.c.countDocuments({$expr: {$function: {body: 'function() { sleep(60000) }', args: [], lang: 'js'}}})".to_owned(),
            false,
        ),
        (
            format!("db.c.updateMany({WHERE}, {{$set: {{a: 1}}}})"),
            true,
        ),
    ] {
        let desk = Desk::new([profile("p", database.uri())]);
        let streaming = Streaming::default();
        let (runner, stop) = (desk.runner.clone(), streaming.clone());
        let own = statement(&database.name, &text);
        let running = tokio::spawn(async move {
            runner
                .run(&ProfileName::new("p"), &own, &stop, |_| {
                    ControlFlow::Continue(())
                })
                .await
        });
        until(&database.client, &database.name, &text, LONG, true).await;
        streaming.cancel();
        until(&database.client, &database.name, &text, SECOND, false).await;
        let failure = running.await.unwrap().unwrap_err();
        assert_eq!(failure.kind, FailureKind::Cancelled, "{text} {writes}");
    }
}

#[tokio::test]
async fn a_stream_gives_documents_or_another_outcome() {
    let database = filled("run_stream").await;
    let desk = Desk::new([profile("p", database.uri())]);
    let mut seen = 0;
    let name = ProfileName::new("p");
    let streamed = desk
        .runner
        .run(
            &name,
            &statement(
                &database.name,
                "db.c.aggregate([{$match: {_id: {$lt: 7}}}])",
            ),
            &Streaming::default(),
            |_| {
                seen += 1;
                ControlFlow::Continue(())
            },
        )
        .await
        .unwrap();
    assert_eq!((streamed, seen), (Streamed::Documents(7), 7));
    let counted = desk
        .runner
        .run(
            &name,
            &statement(&database.name, "db.c.countDocuments()"),
            &Streaming::default(),
            |_| panic!("a count gives no documents"),
        )
        .await
        .unwrap();
    assert_eq!(
        counted,
        Streamed::Outcome(Outcome::Value(mongodb::bson::RawBson::Int32(10)))
    );
}

#[tokio::test]
async fn a_profile_that_may_not_write_sends_no_write_whatever_the_statement_is_called() {
    let database = filled("run_readonly").await;
    let mut shut = profile("readonly", database.uri());
    shut.read_only = true;
    let mut production = profile("production", database.uri());
    production.production = true;
    let mut desk = Desk::new([shut, production]);
    desk.connect("readonly").await;
    desk.connect("production").await;
    let writing = [
        "db.c.insertOne({})",
        "db.c.insertMany([{}])",
        "db.c.updateOne({}, {$set: {a: 1}})",
        "db.c.updateMany({}, {$set: {a: 1}})",
        "db.c.replaceOne({}, {})",
        "db.c.deleteOne({})",
        "db.c.deleteMany({})",
        "db.c.findOneAndUpdate({}, {$set: {a: 1}})",
        "db.c.findOneAndReplace({}, {})",
        "db.c.findOneAndDelete({})",
        "db.c.findAndModify({remove: true})",
        "db.c.bulkWrite([{deleteMany: {filter: {}}}])",
        "db.c.createIndex({a: 1})",
        "db.c.createIndexes([{a: 1}])",
        "db.c.dropIndex('a_1')",
        "db.c.dropIndexes()",
        "db.c.hideIndex('a_1')",
        "db.c.unhideIndex('a_1')",
        "db.createCollection('x')",
        "db.createView('x', 'c', [])",
        "db.c.drop()",
        "db.dropDatabase()",
        "db.c.renameCollection('x')",
        "db.c.aggregate([{$out: 'x'}])",
        "db.c.aggregate([{$merge: 'x'}])",
        "db.c.explain('executionStats').aggregate([{$out: 'x'}])",
        "db.c.mapReduce(function() {}, function() {}, 'x')",
        "db.runCommand({insert: 'c', documents: [{}]})",
        "db.runCommand({aggregate: 'c', pipeline: [{$merge: 'x'}], cursor: {}})",
        "db.runCommand({create: 'x'})",
        "db.runCommand('dropDatabase')",
        "db.adminCommand({setParameter: 1, logLevel: 0})",
        "db.adminCommand({fsync: 1})",
        "db.killOp(1)",
        "db.runCommand({neverHeardOf: 1})",
    ];
    for name in ["readonly", "production"] {
        for text in writing {
            let run = Request::Run {
                statement: statement(&database.name, text),
                feed: feed_id(),
                count: 1,
            };
            let failure = desk.ask(name, run).await.unwrap_err();
            assert_eq!(failure.kind, FailureKind::ReadOnly, "{name}: {text}");
            let streamed = desk
                .runner
                .run(
                    &ProfileName::new(name),
                    &statement(&database.name, text),
                    &Streaming::default(),
                    |_| ControlFlow::Continue(()),
                )
                .await;
            assert_eq!(
                streamed.unwrap_err().kind,
                FailureKind::ReadOnly,
                "{name}: {text}"
            );
        }
    }
    assert_eq!(desk.sent_for_tasks(), Vec::<String>::new());
    // Reads that run functions are reads.
    let run = Request::Run {
        statement: statement(&database.name, "db.c.find({$where: 'this._id > 7'})"),
        feed: feed_id(),
        count: 5,
    };
    let Ok(Reply::Ran(Outcome::Documents(page))) = desk.ask("readonly", run).await else {
        panic!("a read is let through");
    };
    assert_eq!(page.documents.len(), 2);
}
