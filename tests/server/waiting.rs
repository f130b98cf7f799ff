//! Whoever waits for a connection of a full pool and is stopped: answered at once, counted no more, and never sent.

use std::time::Duration;

use mongodb::bson::{RawBson, doc, rawdoc};
use mongodeck::mongo::request::{
    ConnectionState, Failure, FailureKind, Find, Namespace, ProfileName, Reply, Request, TaskId,
    Together, Write,
};

use super::running::statement;
use crate::support::desk::{Desk, feed_id, profile};
use crate::support::server::TestDatabase;

/// Longer than any test: a wait that ends by itself would look like one that goes on.
const PATIENCE: Duration = Duration::from_secs(86_400);

/// A pool of one connection, which somebody has for as long as the test lasts.
struct Full {
    database: TestDatabase,
    desk: Desk,
    holder: TaskId,
}

impl Full {
    async fn new(about: &str) -> Self {
        let database = TestDatabase::new(about).await;
        let rows = [doc! { "_id": 1, "n": 1 }, doc! { "_id": 2, "n": 2 }];
        database.collection("c").insert_many(rows).await.unwrap();
        let mut small = profile("p", database.uri());
        small.max_pool_size = Some(1);
        small.wait_queue_timeout = Some(PATIENCE);
        let mut desk = Desk::new([small]);
        desk.connect("p").await;
        let holder = desk.start(
            "p",
            find(&database, rawdoc! { "$where": "sleep(600000) || true" }),
        );
        let mut full = Self {
            database,
            desk,
            holder,
        };
        full.figures("the connection in use", |(in_use, _)| in_use == 1)
            .await;
        full
    }

    /// Waits until as many connections are in use, and as many wait, as `wanted` says.
    async fn figures(&mut self, what: &str, wanted: impl Fn((usize, usize)) -> bool) {
        let pools = self.desk.runner.pools(&ProfileName::new("p")).unwrap();
        let mut news = pools.news();
        let wait = async {
            loop {
                let (in_use, _, pending) = pools.look(|pools| pools.sums());
                if wanted((in_use, pending)) {
                    return;
                }
                news.changed().await.unwrap();
            }
        };
        if tokio::time::timeout(Duration::from_secs(30), wait)
            .await
            .is_err()
        {
            panic!("not {what}: {:?}", pools.look(|pools| pools.sums()));
        }
    }

    async fn waiting(&mut self, count: usize) {
        self.figures(&format!("{count} waiting"), |(_, pending)| pending == count)
            .await;
    }

    /// The connection comes free, and everything that still waits goes on.
    async fn free(&mut self) {
        self.desk.runner.cancel(self.holder);
        let told = self.desk.settled(self.holder).await;
        assert_eq!(told.unwrap_err().kind, FailureKind::Cancelled);
    }
}

fn find(database: &TestDatabase, filter: mongodb::bson::RawDocumentBuf) -> Request {
    Request::OpenFeed {
        feed: feed_id(),
        namespace: Namespace::new(&database.name, "c"),
        find: Find {
            filter,
            ..Find::all()
        },
        count: 10,
    }
}

fn run(database: &TestDatabase, text: &str) -> Request {
    Request::Run {
        statement: statement(&database.name, text),
        feed: feed_id(),
        count: 10,
    }
}

/// One of each way in which something is written.
fn writes(database: &TestDatabase) -> Vec<Request> {
    let namespace = Namespace::new(&database.name, "c");
    let update = Write::Update {
        namespace: namespace.clone(),
        id: RawBson::Int32(1),
        filter: rawdoc! { "_id": 1, "n": 1 },
        update: rawdoc! { "$set": { "n": 9 } },
    };
    let insert = Write::Insert {
        namespace: namespace.clone(),
        document: rawdoc! { "_id": 9 },
    };
    let mut writes = vec![
        Request::Write(insert),
        Request::Together(Together {
            writes: vec![update.clone()],
            absent: Vec::new(),
        }),
        Request::Write(update),
        Request::CreateCollection {
            namespace: Namespace::new(&database.name, "made"),
            options: rawdoc! {},
        },
        Request::DropCollection { namespace },
    ];
    writes.extend(
        [
            "db.c.insertOne({_id: 9})",
            "db.c.insertMany([{_id: 9}, {_id: 10}])",
            "db.c.updateOne({_id: 1}, {$set: {n: 9}})",
            "db.c.updateMany({}, {$set: {n: 9}})",
            "db.c.deleteMany({})",
            "db.c.findOneAndDelete({_id: 1})",
            "db.c.bulkWrite([{insertOne: {document: {_id: 9}}}, {deleteMany: {filter: {}}}])",
            "db.c.aggregate([{$out: 'made'}])",
            "db.c.createIndex({n: 1})",
            "db.runCommand({create: 'made'})",
        ]
        .map(|text| run(database, text)),
    );
    writes
}

fn was_not_sent(what: &str, told: Result<Reply, Failure>) {
    match told {
        Err(failure) => {
            assert_eq!(failure.kind, FailureKind::NotSent, "{what}: {failure}");
            assert!(failure.summary.contains("nothing was"), "{what}: {failure}");
        }
        Ok(reply) => panic!("{what}: {reply:?}"),
    }
}

#[tokio::test]
async fn whoever_is_stopped_while_it_waits_for_a_connection_waits_no_more() {
    let mut full = Full::new("waiting-read").await;
    let stopped = full.desk.start("p", find(&full.database, rawdoc! {}));
    full.waiting(1).await;
    let stays = full
        .desk
        .start("p", find(&full.database, rawdoc! { "_id": 2 }));
    full.waiting(2).await;
    full.desk.runner.cancel(stopped);
    // The figures tell that it left the queue: the answer alone always came at once.
    full.waiting(1).await;
    let told = full.desk.settled(stopped).await.unwrap_err();
    assert_eq!(told.kind, FailureKind::Cancelled);
    full.free().await;
    let Reply::Page(page) = full.desk.settled(stays).await.unwrap() else {
        panic!("no page");
    };
    assert_eq!(page.documents.len(), 1, "the next one has its place");
    full.figures("rest", |figures| figures == (0, 0)).await;
    full.desk.runner.shutdown().await;
}

#[tokio::test]
async fn a_write_that_is_stopped_while_it_waits_is_told_as_not_sent_and_changes_nothing() {
    let mut full = Full::new("waiting-write").await;
    for request in writes(&full.database) {
        let what = format!("{request:?}");
        let task = full.desk.start("p", request);
        full.waiting(1).await;
        full.desk.runner.cancel(task);
        was_not_sent(&what, full.desk.settled(task).await);
        full.waiting(0).await;
    }
    full.free().await;
    let rows = full.desk.start(
        "p",
        find(
            &full.database,
            rawdoc! { "$expr": { "$eq": ["$_id", "$n"] } },
        ),
    );
    let Reply::Page(page) = full.desk.settled(rows).await.unwrap() else {
        panic!("no page");
    };
    assert_eq!(page.documents.len(), 2, "as before");
    let names = full.database.database().list_collection_names().await;
    assert_eq!(names.unwrap(), ["c"]);
    full.desk.runner.shutdown().await;
}

#[tokio::test]
async fn closing_the_profile_ends_all_waits_and_sends_none_of_them() {
    let mut full = Full::new("waiting-close").await;
    let read = full.desk.start("p", find(&full.database, rawdoc! {}));
    let write = full
        .desk
        .start("p", run(&full.database, "db.c.deleteMany({})"));
    full.waiting(2).await;
    full.desk.runner.disconnect(&ProfileName::new("p"));
    let told = full.desk.settled(read).await.unwrap_err();
    assert_eq!(told.kind, FailureKind::Cancelled);
    was_not_sent("the write", full.desk.settled(write).await);
    full.desk
        .state("p", "closed", |s| *s == ConnectionState::Closed)
        .await;
    let left = full.database.collection("c").count_documents(doc! {}).await;
    assert_eq!(left.unwrap(), 2);
    full.desk.runner.shutdown().await;
}
