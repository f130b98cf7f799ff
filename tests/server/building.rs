//! Index builds that the console has begun: how far the server is, seen by whoever may look.

use std::time::Duration;

use mongodb::Client;
use mongodb::bson::{Document, RawDocumentBuf, doc};
use mongodeck::app::Msg;
use mongodeck::model::Library;
use mongodeck::mongo::request::observe::Building;
use mongodeck::mongo::request::{Namespace, Outcome, Reply, Report, Request, TaskId};
use mongodeck::mongo::sandbox::Sandbox;
use secrecy::ExposeSecret as _;

use super::running::statement;
use crate::support::console::Console;
use crate::support::desk::{Desk, feed_id, profile};
use crate::support::server::{FailPoint, dedicated, options};

/// A build stands still before it has read the first document.
const AT_FIRST: &str = "hangAfterSettingUpIndexBuild";
/// A build stands still once it has read all documents.
const AT_LAST: &str = "hangAfterStartingIndexBuild";

/// A server of its own, since its fail points stop every build on it, with two hundred rows.
struct Site {
    server: Sandbox,
    uri: String,
    client: Client,
}

impl Site {
    async fn new() -> Self {
        let server = dedicated(options()).await;
        let uri = server.uri().expose_secret().to_owned();
        let client = Client::with_uri_str(&uri).await.unwrap();
        let rows: Vec<Document> = (0..200).map(|n| doc! { "_id": n, "n": n }).collect();
        let all = client.database("shop").collection("orders");
        all.insert_many(rows).await.unwrap();
        Self {
            server,
            uri,
            client,
        }
    }

    async fn hold(&self, point: &str) -> FailPoint {
        FailPoint::on(&self.uri, point, "alwaysOn", doc! {}).await
    }

    /// How often the server's log says that somebody was refused a look at what runs.
    async fn refused(&self) -> usize {
        let admin = self.client.database("admin");
        let reply = admin
            .run_command(doc! { "getLog": "global" })
            .await
            .unwrap();
        let lines = reply.get_array("log").unwrap().iter();
        lines
            .filter_map(|line| line.as_str())
            .filter(|line| {
                line.contains("Checking authorization failed") && line.contains("$currentOp")
            })
            .count()
    }

    /// For how many seconds the longest build has been running, by the server's own clock.
    async fn longest(&self) -> i64 {
        let pipeline = [
            doc! { "$currentOp": { "allUsers": true } },
            doc! { "$match": { "command.createIndexes": "orders" } },
            doc! { "$sort": { "secs_running": -1 } },
        ];
        let admin = self.client.database("admin");
        let mut cursor = admin.aggregate(pipeline).await.unwrap();
        match cursor.advance().await.unwrap() {
            true => cursor.current().get_i64("secs_running").unwrap_or(0),
            false => 0,
        }
    }
}

fn create(names: &[&str]) -> Request {
    let index = |name: &&str| {
        let index = doc! { "key": { *name: 1 }, "name": *name };
        RawDocumentBuf::try_from(&index).unwrap()
    };
    Request::CreateIndexes {
        namespace: Namespace::new("shop", "orders"),
        indexes: names.iter().map(index).collect(),
    }
}

async fn told(desk: &mut Desk, task: TaskId, percent: u64) -> Building {
    desk.wait("how far the build is", |report| match report {
        Report::Building {
            task: t,
            building: Some(building),
            ..
        } if *t == task && building.percent == Some(percent) => Some(building.clone()),
        _ => None,
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_build_tells_how_far_it_is_from_its_first_document_to_its_last() {
    let site = Site::new().await;
    let mut desk = Desk::new([profile("p", &site.uri)]);
    desk.connect("p").await;
    let run = |text: &str| Request::Run {
        statement: statement("shop", text),
        feed: feed_id(),
        count: 1,
    };
    for (request, name) in [
        (create(&["n"]), "n"),
        (run("db.orders.createIndex({n: -1})"), "n_-1"),
        (
            run(
                "db.runCommand({createIndexes: 'orders', indexes: [{key: {m: 1}, name: 'm'}], comment: 'mine'})",
            ),
            "m",
        ),
    ] {
        let first = site.hold(AT_FIRST).await;
        let last = site.hold(AT_LAST).await;
        let task = desk.start("p", request);
        let seen = told(&mut desk, task, 0).await;
        assert_eq!(seen.text, "0 % scanning collection");
        assert_eq!(seen.indexes, name);
        drop(first);
        told(&mut desk, task, 100).await;
        drop(last);
        let reply = desk.settled(task).await.unwrap();
        assert!(
            matches!(
                reply,
                Reply::IndexesMade(_) | Reply::Ran(Outcome::Done { .. } | Outcome::Value(_))
            ),
            "{reply:?}"
        );
    }
    desk.runner.shutdown().await;
    site.server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_query_tab_shows_how_far_its_index_is_beside_the_time_that_it_takes() {
    let site = Site::new().await;
    let only = vec![profile("main", &site.uri)];
    let mut console = Console::new(only, Library::default(), (120, 30));
    console.wait_for("rs0 primary").await;
    console.open("main", "shop.orders");
    console.wait_for("of ~200").await;
    console.keys("x");
    console.wait_for("db.orders.find(").await;
    let first = site.hold(AT_FIRST).await;
    let last = site.hold(AT_LAST).await;
    crate::querying::write(&mut console, "db.orders.createIndex({n: 1})");
    console.keys("f5");
    console.wait_for("creates").await;
    console.keys("y");
    let far = |screen: &str, far: &str| {
        let mut lines = screen.lines();
        lines.any(|l| l.contains("running") && l.contains(far) && l.contains("stop"))
    };
    console
        .wait_until("the beginning", |s| far(s, "s, 0 % scanning collection"))
        .await;
    drop(first);
    console
        .wait_until("the end", |s| far(s, "s, 100 % scanning collection"))
        .await;
    drop(last);
    console.wait_for("created the index `n_1`").await;
    assert!(
        !console.screen().contains("scanning"),
        "{}",
        console.screen()
    );
    console.tell(Msg::Tick);
    console.runner.shutdown().await;
    site.server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_may_not_look_is_refused_once_and_the_indexes_are_made_all_the_same() {
    let site = Site::new().await;
    let create_user = doc! {
        "createUser": "maker", "pwd": "x", "roles": [{ "role": "readWrite", "db": "shop" }],
    };
    let admin = site.client.database("admin");
    admin.run_command(create_user).await.unwrap();
    let (_, hosts) = site.uri.split_once('@').unwrap();
    let mut desk = Desk::new([profile("p", &format!("mongodb://maker:x@{hosts}"))]);
    desk.connect("p").await;
    let before = site.refused().await;
    for (round, name) in ["a", "b"].into_iter().enumerate() {
        let hold = site.hold(AT_FIRST).await;
        let task = desk.start("p", create(&[name]));
        // Long enough for several looks, by the clock of the server.
        while site.longest().await < 3 || (round == 0 && site.refused().await == before) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        drop(hold);
        let Ok(Reply::IndexesMade(made)) = desk.settled(task).await else {
            panic!("no answer");
        };
        assert_eq!(made[0].failure, None);
        assert_eq!(site.refused().await, before + 1, "round {round}");
    }
    desk.runner.shutdown().await;
    site.server.stop().await;
}
