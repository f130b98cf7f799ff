//! The panels on a real server.

use mongodb::Client;
use mongodb::bson::{Document, doc};
use mongodeck::model::Library;
use secrecy::ExposeSecret as _;

use crate::support::console::Console;
use crate::support::desk::{fresh, profile, with_option};
use crate::support::replica::{Member, free_ports, server_program};
use crate::support::server::{TestDatabase, dedicated, options};

const SIZE: (u16, u16) = (140, 36);

fn console(uri: &str, database: &str) -> Console {
    let mut main = profile("main", uri);
    main.database = Some(database.to_owned());
    Console::new(vec![main], Library::default(), SIZE)
}

/// Follows the changes of a collection, and waits until those that come are told.
async fn follow(console: &mut Console, collection: &str) {
    console.wait_for("rs0 primary").await;
    console.keys("p c n");
    console.type_text(collection);
    console.keys("enter");
    console
        .wait_for("nothing was written since it is followed")
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sleeping_query_is_seen_and_killed_from_the_panel() {
    let test = TestDatabase::new("panel").await;
    let collection = test.collection("c");
    collection.insert_one(doc! { "_id": 1 }).await.unwrap();
    let mut console = console(test.uri(), &test.name);
    console.wait_for("rs0 primary").await;
    console.keys("p o");
    let other = test.client.database(&test.name).collection::<Document>("c");
    let sleeping = tokio::spawn(async move {
        other
            .find_one(doc! { "$where": "sleep(60000) || true" })
            .await
    });
    console.wait_for("sleep(60000)").await;
    console.keys("/");
    console.type_text(&test.name);
    console.keys("enter");
    console.wait_for("with “").await;
    console.keys("x");
    console.wait_for("stop operation").await;
    console.keys("y");
    console.wait_for("the server has it no more").await;
    let ended = sleeping.await.unwrap();
    assert!(ended.is_err(), "{ended:?}");
    console
        .wait_until("the list without it", |s| !s.contains("sleep(60000)"))
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_that_waits_is_seen_though_nothing_of_it_runs_and_is_aborted() {
    let test = TestDatabase::new("waits").await;
    let collection = test.collection("c");
    collection.insert_one(doc! { "_id": 1 }).await.unwrap();
    // Other tests have transactions of their own.
    let application = format!("waits{}", fresh());
    let named = with_option(test.uri(), &format!("appName={application}"));
    let client = Client::with_uri_str(named).await.unwrap();
    let mut session = client.start_session().await.unwrap();
    session.start_transaction().await.unwrap();
    let same = client.database(&test.name).collection::<Document>("c");
    let insert = same.insert_one(doc! { "_id": 2 });
    insert.session(&mut session).await.unwrap();
    let mut console = console(test.uri(), &test.name);
    console.wait_for("rs0 primary").await;
    console.keys("p o /");
    console.type_text(&format!("app:{application} is:transaction"));
    console.keys("enter");
    console.wait_for("(transaction) inactive").await;
    let Some(mongodb::bson::Bson::Binary(id)) = session.id().get("id") else {
        panic!("{:?}", session.id());
    };
    let id: String = id.bytes[..4].iter().map(|b| format!("{b:02x}")).collect();
    console.keys("x");
    console
        .wait_for(&format!("abort the transaction of session {id}"))
        .await;
    console.wait_for("is undone").await;
    console.keys("y");
    console.wait_for("the server has it no more").await;
    let failure = session.commit_transaction().await.unwrap_err();
    assert!(
        failure.to_string().contains("NoSuchTransaction"),
        "{failure}"
    );
    assert_eq!(collection.count_documents(doc! {}).await.unwrap(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_waiting_batch_is_stopped_with_its_cursor() {
    let test = TestDatabase::new("batches").await;
    let database = test.database();
    let create = database.create_collection("capped").capped(true).size(4096);
    create.await.unwrap();
    let capped = test.collection("capped");
    capped.insert_one(doc! { "_id": 1 }).await.unwrap();
    let following = tokio::spawn(async move {
        let find = capped
            .find(doc! {})
            .cursor_type(mongodb::options::CursorType::TailableAwait)
            .max_await_time(std::time::Duration::from_millis(700));
        let mut cursor = find.await.unwrap();
        while cursor.advance().await? {}
        Ok::<(), mongodb::error::Error>(())
    });
    let mut console = console(test.uri(), &test.name);
    console.wait_for("rs0 primary").await;
    console.keys("p o /");
    console.type_text("op:getmore ns:capped");
    console.keys("enter");
    console.wait_for("db.capped.find").await;
    console.keys("x");
    console.wait_for("a batch of a cursor").await;
    // By then that batch is over, and the next one runs.
    tokio::time::sleep(std::time::Duration::from_millis(900)).await;
    console.keys("y");
    console.wait_for("the server has it no more").await;
    let ended = following.await.unwrap();
    assert!(ended.is_err(), "{ended:?}");
}

async fn level(client: &Client) -> i32 {
    let reply = client
        .database("shop")
        .run_command(doc! { "profile": -1 })
        .await
        .unwrap();
    reply.get_i32("was").unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_profiler_is_set_from_the_panel_and_is_as_it_was_when_the_tab_closes() {
    let server = dedicated(options()).await;
    let uri = server.uri().expose_secret().to_owned();
    let client = Client::with_uri_str(&uri).await.unwrap();
    let orders = client.database("shop").collection::<Document>("orders");
    orders.insert_one(doc! { "_id": 1, "n": 1 }).await.unwrap();
    let mut console = console(&uri, "shop");
    console.wait_for("rs0 primary").await;
    console.keys("p l");
    console.wait_for("profiler off").await;
    console.keys("s");
    for _ in 0.."slow 100".len() {
        console.keys("backspace");
    }
    console.type_text("all 0");
    console.keys("enter");
    console.wait_for("set the profiler?").await;
    console.keys("y");
    console.wait_for("will be again").await;
    assert_eq!(level(&client).await, 2);
    orders.find_one(doc! { "n": 1 }).await.unwrap();
    console.keys("r");
    console.wait_for("{n: ?}").await;
    console.keys("q");
    let since = std::time::Instant::now();
    while level(&client).await != 0 {
        assert!(since.elapsed().as_secs() < 20);
        console.settle();
    }
    drop(console);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_written_is_seen_in_the_panel() {
    let test = TestDatabase::new("tailed").await;
    let collection = test.collection("c");
    collection.insert_one(doc! { "_id": 1 }).await.unwrap();
    let mut console = console(test.uri(), &test.name);
    follow(&mut console, "c").await;
    let update = doc! { "$set": { "state": "paid" } };
    collection
        .update_one(doc! { "_id": 1 }, update)
        .await
        .unwrap();
    console.wait_for("set { state: 'paid' }").await;
    console.wait_for("following, read").await;
    console.keys("enter");
    console.wait_for("clusterTime").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_member_and_the_figures_of_a_set_of_one_are_shown() {
    let test = TestDatabase::new("shown").await;
    let mut console = console(test.uri(), &test.name);
    console.wait_for("rs0 primary").await;
    console.keys("p t");
    console.wait_for("PRIMARY").await;
    console.wait_for("primary since").await;
    console.keys("3");
    console.wait_for("mongod 6.0.5").await;
    // Two readings make a rate, and a chart.
    console
        .wait_until("a rate", |s| {
            s.contains("commands") && !s.contains("needs two readings")
        })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn documents_after_and_before_a_change_are_brought_where_they_are_kept() {
    let test = TestDatabase::new("images").await;
    let database = test.database();
    let keep = doc! { "create": "kept", "changeStreamPreAndPostImages": { "enabled": true } };
    database.run_command(keep).await.unwrap();
    for name in ["kept", "c"] {
        let first = doc! { "_id": 1, "state": "open", "n": 7 };
        test.collection(name).insert_one(first).await.unwrap();
    }
    let mut console = console(test.uri(), &test.name);
    follow(&mut console, "kept").await;
    console.keys("f f b");
    console
        .wait_for("updates bring the document as they left it, where it is kept")
        .await;
    console.wait_for("changes bring").await;
    console.wait_for("following, read").await;
    let update = doc! { "$set": { "state": "paid" } };
    let kept = test.collection("kept");
    kept.update_one(doc! { "_id": 1 }, update.clone())
        .await
        .unwrap();
    console.wait_for("set { state: 'paid' }").await;
    console.keys("enter");
    console.wait_for("fullDocumentBeforeChange").await;
    let screen = console.screen();
    assert!(
        screen.contains("state: 'open'") && screen.contains("fullDocument:"),
        "{screen}"
    );
    console.keys("esc n");
    for _ in 0.."kept".len() {
        console.keys("backspace");
    }
    console.type_text("c");
    console.keys("enter f");
    console
        .wait_for("updates must bring the document as they left it")
        .await;
    console.wait_for("following, read").await;
    let plain = test.collection("c");
    plain.update_one(doc! { "_id": 1 }, update).await.unwrap();
    console.wait_for("keeps no images of its documents").await;
    // With another choice it goes on, and the change that it stopped at is not lost.
    console.keys("f b b");
    console.wait_for("set { state: 'paid' }").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dropped_collection_is_told_and_its_successor_is_followed() {
    let test = TestDatabase::new("dropped").await;
    let collection = test.collection("c");
    collection.insert_one(doc! { "_id": 1 }).await.unwrap();
    let mut console = console(test.uri(), &test.name);
    follow(&mut console, "c").await;
    collection.drop().await.unwrap();
    console.wait_for("was dropped or renamed").await;
    assert!(console.screen().contains("invalid"), "{}", console.screen());
    collection.insert_one(doc! { "_id": 2 }).await.unwrap();
    console.keys("r");
    console.wait_for("{ _id: 2 }").await;
    // All databases at once.
    console.keys("n");
    for _ in 0..test.name.len() + 2 {
        console.keys("backspace");
    }
    console.type_text("*");
    console.keys("enter");
    console
        .wait_until("all databases are followed", |s| {
            s.contains("all databases") && s.contains("following, read")
        })
        .await;
    collection.insert_one(doc! { "_id": 3 }).await.unwrap();
    console.wait_for("{ _id: 3 }").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_of_its_own_has_no_changes_to_follow_and_no_members() {
    let program = server_program().await;
    let mut server = Member::new(&program, free_ports()[0], "", &[]);
    server.start();
    let uri = format!("mongodb://{}", server.address());
    let mut console = console(&uri, "shop");
    console.wait_for("standalone").await;
    console.keys("p t");
    console.wait_for("a server of its own").await;
    console.keys("6 n");
    console.type_text("orders");
    console.keys("enter");
    console
        .wait_for("changes can be followed on replica sets and sharded clusters only")
        .await;
}

/// What a server counted as inserts, by itself.
async fn inserted(client: &Client) -> i64 {
    let status = client
        .database("admin")
        .run_command(doc! { "serverStatus": 1 })
        .await
        .unwrap();
    let counters = status.get_document("opcounters").unwrap();
    let inserts = counters.get("insert").unwrap();
    inserts
        .as_i64()
        .or(inserts.as_i32().map(i64::from))
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rates_add_up_to_what_the_server_counted() {
    let server = dedicated(options()).await;
    let uri = server.uri().expose_secret().to_owned();
    let client = Client::with_uri_str(&uri).await.unwrap();
    let orders = client.database("shop").collection::<Document>("orders");
    let mut console = console(&uri, "shop");
    console.wait_for("rs0 primary").await;
    console.keys("p s");
    console.wait_for("mongod 6.0.5").await;
    let before = inserted(&client).await;
    for round in 0..3 {
        let many = (0..200).map(|n| doc! { "_id": round * 1000 + n });
        orders.insert_many(many).await.unwrap();
        console.keys("r");
        tokio::time::sleep(std::time::Duration::from_millis(1_200)).await;
        console.settle();
    }
    console.keys("r");
    tokio::time::sleep(std::time::Duration::from_millis(700)).await;
    console.settle();
    let counted = inserted(&client).await - before;
    assert!(counted >= 600);
    let Some(mongodeck::app::Tab::Monitor(monitor)) = console.app.tab() else {
        panic!("{}", console.screen());
    };
    let sum: f64 = monitor
        .server
        .readings
        .points()
        .filter_map(|p| {
            let since = p.since?;
            let rate = since.rate(&p.figures.counters, |c| Some(c.insert))?;
            Some(rate * since.span.as_secs_f64())
        })
        .sum();
    #[expect(clippy::cast_precision_loss, reason = "some hundreds")]
    let counted = counted as f64;
    assert!((sum - counted).abs() < 5.0, "{sum} is not {counted}");
    drop(console);
    server.stop().await;
}
