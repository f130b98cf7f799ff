//! Statements run on a real server: what each operation gives is what the driver's own call gives.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::TryStreamExt as _;
use mongodb::bson::{Bson, Document, RawBson, RawDocumentBuf, doc, rawdoc};
use mongodeck::mongo::request::{
    Changed, Failure, FailureKind, FeedId, Outcome, Reply, Request, Side,
};
use mongodeck::query::{Context, Input, Statement, parse};

use crate::support::desk::{Desk, feed_id, profile};
use crate::support::server::TestDatabase;

pub fn statement(database: &str, text: &str) -> Arc<Statement> {
    match parse(text, &Context::new(database, 1_700_000_000_000)) {
        Ok(Input::Statement(statement)) => Arc::new(statement),
        other => panic!("{text} is no statement: {other:?}"),
    }
}

fn request(database: &str, text: &str, feed: FeedId) -> Request {
    Request::Run {
        statement: statement(database, text),
        feed,
        count: 100,
    }
}

struct Bench {
    database: TestDatabase,
    desk: Desk,
}

impl Bench {
    async fn new(about: &str) -> Self {
        let database = TestDatabase::new(about).await;
        let desk = Desk::new([profile("p", database.uri())]);
        Self { database, desk }
    }

    async fn filled(about: &str) -> Self {
        let bench = Self::new(about).await;
        let documents: Vec<Document> = (0..20)
            .map(|i| doc! { "_id": i, "n": i % 5, "s": format!("s{i}"), "tags": [i % 2, "x"] })
            .collect();
        bench
            .database
            .collection("c")
            .insert_many(documents)
            .await
            .unwrap();
        bench
    }

    async fn run(&mut self, text: &str) -> Result<Outcome, Failure> {
        let request = request(&self.database.name, text, feed_id());
        match self.desk.ask("p", request).await? {
            Reply::Ran(outcome) => Ok(outcome),
            other => panic!("{text}: {other:?}"),
        }
    }

    async fn value(&mut self, text: &str) -> Bson {
        match self.run(text).await {
            Ok(Outcome::Value(value) | Outcome::Done { value, .. }) => plain(&value),
            other => panic!("{text}: {other:?}"),
        }
    }

    async fn documents(&mut self, text: &str) -> Vec<Document> {
        match self.run(text).await {
            Ok(Outcome::Documents(page)) => page
                .documents
                .iter()
                .map(|d| Document::try_from(&***d).unwrap())
                .collect(),
            other => panic!("{text}: {other:?}"),
        }
    }

    async fn changed(&mut self, text: &str) -> Changed {
        match self.run(text).await {
            Ok(Outcome::Changed(changed)) => *changed,
            other => panic!("{text}: {other:?}"),
        }
    }

    async fn failure(&mut self, text: &str) -> Failure {
        match self.run(text).await {
            Err(failure) => failure,
            other => panic!("{text}: {other:?}"),
        }
    }

    async fn all(&self, filter: Document) -> Vec<Document> {
        self.database
            .collection("c")
            .find(filter)
            .sort(doc! { "_id": 1 })
            .await
            .unwrap()
            .try_collect()
            .await
            .unwrap()
    }
}

fn plain(value: &RawBson) -> Bson {
    Bson::try_from(value.as_raw_bson_ref()).unwrap()
}

#[tokio::test]
async fn reads_give_what_the_driver_gives() {
    let mut bench = Bench::filled("run_reads").await;
    let collection = bench.database.collection("c");
    let own: Vec<Document> = collection
        .find(doc! { "n": { "$gte": 2 } })
        .sort(doc! { "s": -1 })
        .skip(2)
        .limit(5)
        .projection(doc! { "s": 1 })
        .await
        .unwrap()
        .try_collect()
        .await
        .unwrap();
    assert_eq!(own.len(), 5);
    let text = "db.c.find({n: {$gte: 2}}, {s: 1}).sort({s: -1}).skip(2).limit(5)";
    assert_eq!(bench.documents(text).await, own);
    let by_options =
        "db.c.find({n: {$gte: 2}}, {}, {sort: {s: -1}, skip: 2, limit: 5, projection: {s: 1}})";
    assert_eq!(bench.documents(by_options).await, own);
    let all = bench.all(doc! {}).await;
    assert_eq!(bench.documents("db.c.find()").await, all);
    assert_eq!(bench.documents("db.c.find().limit(-3)").await, all[..3]);
    assert_eq!(bench.documents("db.c.find().batchSize(3)").await, all);
    assert_eq!(
        bench.value("db.c.findOne({n: 4})").await,
        Bson::Document(all[4].clone())
    );
    assert_eq!(bench.value("db.c.findOne({n: 99})").await, Bson::Null);
    assert_eq!(
        bench.value("db.c.countDocuments({n: 1})").await,
        Bson::Int32(4)
    );
    assert_eq!(
        bench
            .value("db.c.countDocuments({n: 1}, {skip: 1, limit: 2})")
            .await,
        Bson::Int32(2)
    );
    assert_eq!(
        bench.value("db.c.countDocuments({n: 99})").await,
        Bson::Int32(0)
    );
    assert_eq!(
        bench.value("db.c.estimatedDocumentCount()").await,
        Bson::Int32(20)
    );
    assert_eq!(bench.value("db.c.count({n: 1})").await, Bson::Int32(4));
    assert_eq!(
        bench.value("db.c.find({n: 1}).count()").await,
        Bson::Int32(4)
    );
    assert_eq!(
        bench.value("db.c.find({n: 1}).limit(3).size()").await,
        Bson::Int32(3)
    );
    assert_eq!(
        bench.value("db.c.find({n: 1}).itcount()").await,
        Bson::Int32(4)
    );
    assert_eq!(
        bench.value("db.c.find({n: 99}).hasNext()").await,
        Bson::Boolean(false)
    );
    assert_eq!(
        bench.value("db.c.find().sort({_id: -1}).next()").await,
        Bson::Document(all[19].clone())
    );
    let different = collection
        .distinct("n", doc! { "n": { "$lt": 3 } })
        .await
        .unwrap();
    assert_eq!(
        bench.value("db.c.distinct('n', {n: {$lt: 3}})").await,
        Bson::Array(different)
    );
    let pipeline = vec![
        doc! { "$group": { "_id": "$n", "count": { "$sum": 1 } } },
        doc! { "$sort": { "_id": 1 } },
    ];
    let own: Vec<Document> = collection
        .aggregate(pipeline)
        .await
        .unwrap()
        .try_collect()
        .await
        .unwrap();
    let text = "db.c.aggregate([{$group: {_id: '$n', count: {$sum: 1}}}, {$sort: {_id: 1}}], {allowDiskUse: true})";
    assert_eq!(bench.documents(text).await, own);
    assert_eq!(
        bench
            .documents("db.aggregate([{$documents: [{a: 1}]}])")
            .await,
        [doc! { "a": 1 }]
    );
    let indexes = bench.documents("db.c.getIndexes()").await;
    assert_eq!(indexes[0].get_str("name").unwrap(), "_id_");
    let Bson::Document(stats) = bench.value("db.c.stats()").await else {
        panic!("stats are a document");
    };
    assert_eq!(stats.get_i32("count").unwrap(), 20);
    assert_eq!(
        bench.value("db.getCollectionNames()").await,
        Bson::Array(vec!["c".into()])
    );
    let infos = bench.documents("db.getCollectionInfos({name: 'c'})").await;
    assert_eq!(infos[0].get_str("type").unwrap(), "collection");
    let Bson::Array(names) = bench.value("show dbs").await else {
        panic!("names are an array");
    };
    assert!(names.contains(&Bson::String(bench.database.name.clone())));
    assert_eq!(
        bench.run("use other").await.unwrap(),
        Outcome::Database("other".to_owned())
    );
    let reply = bench.value("db.runCommand({ping: 1})").await;
    assert_eq!(reply, Bson::Document(doc! { "ok": 1.0 }));
    let found = bench
        .documents("db.runCommand({find: 'c', filter: {n: 3}})")
        .await;
    assert_eq!(found.len(), 4);
}

#[tokio::test]
async fn a_statement_that_gives_documents_opens_a_feed_that_is_read_on() {
    let mut bench = Bench::new("run_feed").await;
    let documents: Vec<Document> = (0..3_000).map(|i| doc! { "_id": i }).collect();
    bench
        .database
        .collection("c")
        .insert_many(documents)
        .await
        .unwrap();
    for text in [
        "db.c.aggregate([{$match: {}}, {$sort: {_id: 1}}])",
        "db.c.find().sort({_id: 1}).hint({_id: 1}).maxTimeMS(60000).comment('mine')",
    ] {
        let feed = feed_id();
        let opened = bench
            .desk
            .ask("p", request(&bench.database.name, text, feed))
            .await
            .unwrap();
        let Reply::Ran(Outcome::Documents(page)) = opened else {
            panic!("{text}: {opened:?}");
        };
        assert_eq!((page.feed, page.documents.len()), (feed, 100));
        let part = |side, offset| Request::Page {
            feed,
            side,
            offset,
            count: 10,
            max_bytes: usize::MAX,
        };
        let Reply::Page(page) = bench.desk.ask("p", part(Side::Start, 2_500)).await.unwrap() else {
            panic!("a page");
        };
        assert_eq!(page.documents[0].get_i32("_id").unwrap(), 2_500);
        let Reply::Page(page) = bench.desk.ask("p", part(Side::End, 0)).await.unwrap() else {
            panic!("a page");
        };
        assert_eq!(page.documents[0].get_i32("_id").unwrap(), 2_999);
        let closed = bench
            .desk
            .ask("p", Request::CloseFeed { feed })
            .await
            .unwrap();
        assert_eq!(closed, Reply::Done);
    }
}

#[tokio::test]
async fn writes_change_what_the_driver_would_and_say_so() {
    let mut bench = Bench::filled("run_writes").await;
    let one = bench.changed("db.c.insertOne({s: 'new'})").await;
    assert_eq!(one.summary(), "inserted 1");
    let (0, RawBson::ObjectId(id)) = one.inserted_ids[0] else {
        panic!("{one:?}");
    };
    assert_eq!(
        bench.all(doc! { "s": "new" }).await,
        [doc! { "_id": id, "s": "new" }]
    );
    let many = bench
        .changed("db.c.insertMany([{_id: 100}, {_id: 1}, {_id: 101}], {ordered: false})")
        .await;
    assert_eq!(many.summary(), "inserted 2, refused 1");
    assert_eq!(
        many.inserted_ids,
        [(0, RawBson::Int32(100)), (2, RawBson::Int32(101))]
    );
    assert_eq!(many.errors.len(), 1);
    assert_eq!(many.errors[0].0, 1);
    assert_eq!(many.errors[0].1.kind, FailureKind::DuplicateKey);
    let ordered = bench
        .changed("db.c.insertMany([{_id: 102}, {_id: 1}, {_id: 103}])")
        .await;
    assert_eq!(ordered.summary(), "inserted 1, refused 1");
    assert_eq!(ordered.inserted_ids, [(0, RawBson::Int32(102))]);
    let update = bench
        .changed("db.c.updateOne({n: 1}, {$set: {m: 1}})")
        .await;
    assert_eq!(update.summary(), "matched 1, changed 1");
    let update = bench
        .changed("db.c.updateMany({n: 1}, [{$set: {m: {$add: ['$n', 1]}}}])")
        .await;
    assert_eq!(update.summary(), "matched 4, changed 4");
    assert_eq!(bench.all(doc! { "m": 2 }).await.len(), 4);
    let upsert = bench
        .changed("db.c.updateOne({_id: 'u'}, {$set: {a: 1}}, {upsert: true})")
        .await;
    assert_eq!(upsert.summary(), "matched 0, changed 0, upserted 1");
    assert_eq!(upsert.upserted_ids, [(0, RawBson::String("u".to_owned()))]);
    let filtered = bench
        .changed("db.c.updateOne({_id: 3}, {$set: {'tags.$[t]': 9}}, {arrayFilters: [{t: 'x'}]})")
        .await;
    assert_eq!(filtered.summary(), "matched 1, changed 1");
    assert_eq!(
        bench.all(doc! { "_id": 3 }).await[0]
            .get_array("tags")
            .unwrap(),
        &vec![Bson::Int32(1), Bson::Int32(9)]
    );
    let replaced = bench.changed("db.c.replaceOne({_id: 4}, {only: 1})").await;
    assert_eq!(replaced.summary(), "matched 1, changed 1");
    assert_eq!(
        bench.all(doc! { "_id": 4 }).await,
        [doc! { "_id": 4, "only": 1 }]
    );
    assert_eq!(
        bench.changed("db.c.deleteOne({n: 2})").await.summary(),
        "deleted 1"
    );
    assert_eq!(
        bench.changed("db.c.deleteMany({n: 2})").await.summary(),
        "deleted 3"
    );
    assert_eq!(
        bench.changed("db.c.deleteMany({n: 2})").await.summary(),
        "deleted 0"
    );
    let bulk = bench
        .changed(
            "db.c.bulkWrite([{insertOne: {document: {_id: 'b'}}}, {updateMany: {filter: {n: 3}, update: {$set: {z: 1}}}},
              {updateOne: {filter: {_id: 'v'}, update: {$set: {a: 1}}, upsert: true}},
              {replaceOne: {filter: {_id: 'b'}, replacement: {r: 1}}}, {deleteOne: {filter: {_id: 0}}},
              {deleteMany: {filter: {n: 0}}}])",
        )
        .await;
    assert_eq!(
        bulk.summary(),
        "inserted 1, matched 5, changed 5, upserted 1, deleted 4"
    );
    assert_eq!(bulk.upserted_ids, [(2, RawBson::String("v".to_owned()))]);
    let refused = bench
        .changed("db.c.bulkWrite([{deleteOne: {filter: {_id: 'b'}}}, {insertOne: {document: {_id: 1}}}, {deleteMany: {filter: {}}}])")
        .await;
    assert_eq!(refused.summary(), "deleted 1, refused 1");
    assert_eq!(refused.errors[0].0, 1);
    assert!(
        !bench.all(doc! {}).await.is_empty(),
        "nothing after the refusal is tried"
    );
    let none = bench
        .changed("db.c.insertOne({_id: 'w0'}, {writeConcern: {w: 0}})")
        .await;
    assert!(!none.acknowledged);
    let duplicate = bench.failure("db.c.insertOne({_id: 1})").await;
    assert_eq!(duplicate.kind, FailureKind::DuplicateKey);
}

#[tokio::test]
async fn find_one_and_change_gives_the_document_before_or_after() {
    let mut bench = Bench::filled("run_modify").await;
    assert_eq!(
        bench
            .value("db.c.findOneAndUpdate({_id: 1}, {$set: {s: 'a'}}, {projection: {s: 1}})")
            .await,
        Bson::Document(doc! { "_id": 1, "s": "s1" })
    );
    for (given, word) in [
        ("returnDocument: 'after'", "b"),
        ("returnNewDocument: true", "c"),
        ("new: true", "d"),
        ("returnOriginal: false", "e"),
    ] {
        let text = format!(
            "db.c.findOneAndUpdate({{_id: 1}}, {{$set: {{s: '{word}'}}}}, {{{given}, projection: {{s: 1, _id: 0}}}})"
        );
        assert_eq!(
            bench.value(&text).await,
            Bson::Document(doc! { "s": word }),
            "{given}"
        );
    }
    assert_eq!(
        bench
            .value(
                "db.c.findOneAndReplace({n: 4}, {r: 1}, {sort: {_id: -1}, returnDocument: 'after'})"
            )
            .await,
        Bson::Document(doc! { "_id": 19, "r": 1 })
    );
    assert_eq!(
        bench
            .value("db.c.findOneAndDelete({n: 3}, {sort: {_id: -1}, projection: {n: 1}})")
            .await,
        Bson::Document(doc! { "_id": 18, "n": 3 })
    );
    assert_eq!(
        bench.value("db.c.findOneAndDelete({n: 77})").await,
        Bson::Null
    );
    assert_eq!(
        bench.value("db.c.findAndModify({query: {_id: 2}, update: [{$set: {s: 'p'}}], new: true, fields: {s: 1}})").await,
        Bson::Document(doc! { "_id": 2, "s": "p" })
    );
    assert_eq!(
        bench
            .value("db.c.findAndModify({query: {_id: 2}, remove: true, fields: {_id: 1}})")
            .await,
        Bson::Document(doc! { "_id": 2 })
    );
    assert!(bench.all(doc! { "_id": 2 }).await.is_empty());
}

#[tokio::test]
async fn a_document_given_back_keeps_its_bytes() {
    let mut bench = Bench::new("run_bytes").await;
    let mut document = rawdoc! { "_id": 1, "x": 1, "r": mongodb::bson::Regex { pattern: mongodb::bson::raw::cstr!("a").to_owned(), options: mongodb::bson::raw::cstr!("ix").to_owned() } };
    let mut twice = rawdoc! { "k": 1 };
    twice.append(mongodb::bson::raw::cstr!("k"), 2_i64);
    document.append(mongodb::bson::raw::cstr!("twice"), twice);
    bench
        .database
        .client
        .database(&bench.database.name)
        .collection::<RawDocumentBuf>("c")
        .insert_one(&document)
        .await
        .unwrap();
    for text in [
        "db.c.findOne()",
        "db.c.aggregate([]).next()",
        "db.c.findOneAndUpdate({_id: 1}, {$set: {x: 1}})",
        "db.c.findOneAndDelete({_id: 1})",
    ] {
        assert_eq!(
            bench.run(text).await.unwrap(),
            Outcome::Value(RawBson::Document(document.clone())),
            "{text}"
        );
    }
}

#[tokio::test]
async fn indexes_and_collections_are_made_changed_and_dropped() {
    let mut bench = Bench::filled("run_ddl").await;
    let said = |outcome: Result<Outcome, Failure>| match outcome {
        Ok(Outcome::Done { said, .. }) => said,
        other => panic!("{other:?}"),
    };
    let name = bench.database.name.clone();
    assert_eq!(
        said(
            bench
                .run("db.c.createIndex({n: 1, s: -1}, {unique: true})")
                .await
        ),
        format!("created the index `n_1_s_-1` of `{name}.c`")
    );
    assert_eq!(
        said(
            bench
                .run("db.c.createIndex({n: 1, s: -1}, {unique: true})")
                .await
        ),
        format!("the index `n_1_s_-1` of `{name}.c` was there already")
    );
    assert_eq!(
        bench
            .value("db.c.createIndexes([{a: 1}, {b: 'text'}], {sparse: true})")
            .await,
        Bson::Array(vec!["a_1".into(), "b_text".into()])
    );
    assert_eq!(
        bench.value("db.c.createIndex('q')").await,
        Bson::String("q_1".to_owned())
    );
    said(bench.run("db.c.hideIndex('a_1')").await);
    let indexes = bench.documents("db.c.getIndexes()").await;
    let a = indexes
        .iter()
        .find(|i| i.get_str("name").unwrap() == "a_1")
        .unwrap();
    assert!(a.get_bool("hidden").unwrap() && a.get_bool("sparse").unwrap());
    said(bench.run("db.c.unhideIndex({a: 1})").await);
    said(bench.run("db.c.dropIndex('a_1')").await);
    said(bench.run("db.c.dropIndexes()").await);
    assert_eq!(bench.documents("db.c.getIndexes()").await.len(), 1);
    said(
        bench
            .run("db.createCollection('capped', {capped: true, size: 4096})")
            .await,
    );
    let infos = bench
        .documents("db.getCollectionInfos({name: 'capped'})")
        .await;
    assert!(
        infos[0]
            .get_document("options")
            .unwrap()
            .get_bool("capped")
            .unwrap()
    );
    said(
        bench
            .run("db.createView('v', 'c', [{$match: {n: 1}}])")
            .await,
    );
    assert_eq!(bench.documents("db.v.find()").await.len(), 4);
    said(bench.run("db.c.renameCollection('d')").await);
    assert_eq!(bench.value("db.d.countDocuments()").await, Bson::Int32(20));
    said(
        bench
            .run("db.d.aggregate([{$match: {n: 1}}, {$out: 'e'}])")
            .await,
    );
    assert_eq!(bench.value("db.e.countDocuments()").await, Bson::Int32(4));
    assert_eq!(
        said(bench.run("db.d.aggregate([{$merge: {into: 'e'}}])").await),
        format!("merged the result into `{name}.e`")
    );
    assert_eq!(bench.value("db.e.countDocuments()").await, Bson::Int32(20));
    assert_eq!(bench.value("db.d.drop()").await, Bson::Boolean(true));
    assert_eq!(bench.value("db.d.drop()").await, Bson::Boolean(false));
    said(bench.run("db.dropDatabase()").await);
    assert_eq!(
        bench.value("db.getCollectionNames()").await,
        Bson::Array(vec![])
    );
}

#[tokio::test]
async fn plans_are_explained_in_every_form() {
    let mut bench = Bench::filled("run_explain").await;
    let cases = [
        ("db.c.find({n: 1}).explain()", false),
        ("db.c.explain('executionStats').find({n: 1})", true),
        ("db.c.find({n: 1}).explain('allPlansExecution')", true),
        ("db.c.find({n: 1}).maxTimeMS(1000).explain(true)", true),
        ("db.c.explain().aggregate([{$match: {n: 1}}])", false),
        (
            "db.c.aggregate([{$match: {n: 1}}]).explain('executionStats')",
            true,
        ),
        ("db.c.explain().countDocuments({n: 1})", false),
        ("db.c.explain().count({n: 1})", false),
        ("db.c.explain().distinct('n')", false),
        (
            "db.c.explain('executionStats').updateMany({n: 1}, {$set: {z: 1}})",
            true,
        ),
        ("db.c.explain('executionStats').deleteMany({n: 1})", true),
        (
            "db.c.explain('executionStats').findOneAndUpdate({n: 1}, {$set: {z: 1}})",
            true,
        ),
    ];
    for (text, executed) in cases {
        let Bson::Document(plan) = bench.value(text).await else {
            panic!("{text}");
        };
        let shown = plan.to_string();
        assert!(shown.contains("queryPlanner"), "{text}: {shown}");
        assert_eq!(
            shown.contains("executionStats"),
            executed,
            "{text}: {shown}"
        );
    }
    assert!(
        bench.all(doc! { "z": 1 }).await.is_empty(),
        "explaining changes nothing"
    );
    assert_eq!(bench.all(doc! {}).await.len(), 20);
    let refused = bench.failure("db.c.explain().insertOne({a: 1})").await;
    assert_eq!(refused.summary, "`insertOne` has no plan to explain");
}

#[tokio::test]
async fn an_option_that_would_have_no_effect_is_refused_and_nothing_is_sent() {
    let mut bench = Bench::filled("run_options").await;
    bench.desk.connect("p").await;
    let cases = [
        (
            "db.c.find({}, {}, {lmit: 3})",
            "`find` has no option `lmit` here",
        ),
        (
            "db.c.updateOne({}, {$set: {a: 1}}, {upsrt: true})",
            "`updateOne` has no option `upsrt` here",
        ),
        (
            "db.c.find().limit(1).readPref('secondry')",
            "`secondry` is no read preference",
        ),
        (
            "db.c.deleteMany({}, {justOne: true})",
            "`deleteMany` has no option `justOne` here",
        ),
        (
            "db.c.bulkWrite([{deleteMany: {}}])",
            "write 0 of `bulkWrite`: `filter` of `deleteMany` is a document (`{}` for all)",
        ),
        (
            "db.c.bulkWrite([{updateOne: {filter: {}, update: {a: 1}}}])",
            "write 0 of `bulkWrite`: an update is a document of `$` operators",
        ),
        (
            "db.c.aggregate([], {maxTimeMs: 1})",
            "`aggregate` has no option `maxTimeMs` here",
        ),
        (
            "db.c.find().maxAwaitTimeMS(10)",
            "`maxAwaitTimeMS` is for a cursor that waits for more",
        ),
        (
            "db.c.find().explain('all')",
            "this is no verbosity of `explain`",
        ),
        (
            "db.runCommand({find: 'c', lsid: {}})",
            "sessions are the program's own",
        ),
    ];
    for (text, words) in cases {
        let failure = bench.failure(text).await;
        assert_eq!(
            (failure.kind, failure.summary.as_str()),
            (FailureKind::Query, words),
            "{text}"
        );
    }
    assert_eq!(bench.desk.sent_for_tasks(), Vec::<String>::new());
}

#[tokio::test]
async fn a_limit_of_time_ends_a_statement() {
    let mut bench = Bench::filled("run_limit").await;
    let since = Instant::now();
    let failure = bench
        .failure("db.c.find({$where: 'sleep(1000) || true'}).maxTimeMS(100)")
        .await;
    assert_eq!(failure.kind, FailureKind::Timeout);
    assert!(since.elapsed() < Duration::from_secs(10));
}
