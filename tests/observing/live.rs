//! The panels on a real server.

use mongodb::Client;
use mongodb::bson::{Document, doc};
use mongodeck::model::Library;
use secrecy::ExposeSecret as _;

use crate::support::console::Console;
use crate::support::desk::{fresh, profile, with_option};
use crate::support::server::{TestDatabase, dedicated, options};

const SIZE: (u16, u16) = (140, 36);

fn console(uri: &str, database: &str) -> Console {
    let mut main = profile("main", uri);
    main.database = Some(database.to_owned());
    Console::new(vec![main], Library::default(), SIZE)
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
    console.wait_for("rs0 primary").await;
    console.keys("p c n");
    console.type_text("c");
    console.keys("enter");
    console
        .wait_for("nothing was written since it is followed")
        .await;
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
