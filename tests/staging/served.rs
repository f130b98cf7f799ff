//! Previews on a real server.

use mongodb::bson::{Document, doc};

use crate::querying::{orders, orders_on, write};

const TEXT: &str = "db.orders.aggregate([\n  {$match: {status: 'open'}},\n  {$group: {_id: '$status', n: {$sum: 1}, sum: {$sum: '$total'}}},\n])";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_stage_shows_its_documents_counts_and_fields() {
    let (_database, mut console) = orders("stages_preview", (140, 40)).await;
    console.keys("x");
    write(&mut console, TEXT);
    console.keys("f2 g g");
    console.wait_for("100 in → 25 out").await;
    console.wait_for("the same fields").await;
    console.wait_for("first 1,000 of ~100").await;
    console.keys("j");
    console.wait_for("25 in → 1 out").await;
    console.wait_for("+ n, sum   − status, total").await;
    console.wait_for("12000").await;
    console.wait_for("UTC").await;
    console.keys("s s");
    console.wait_for("1,000 by chance of ~100").await;
    console.wait_for("25 in → 1 out").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stage_that_must_be_first_finds_its_documents_itself() {
    let (database, mut console) = orders("stages_first", (140, 40)).await;
    let places: Vec<Document> = (0..30)
        .map(|n| doc! { "at": { "type": "Point", "coordinates": [f64::from(n), 0.0] } })
        .collect();
    let places_of = database.collection("places");
    places_of.insert_many(places).await.unwrap();
    let index = doc! { "createIndexes": "places", "indexes": [{ "key": { "at": "2dsphere" }, "name": "at" }] };
    database.database().run_command(index).await.unwrap();
    console.keys("x");
    write(
        &mut console,
        "db.places.aggregate([{$geoNear: {near: {type: 'Point', coordinates: [0, 0]}, distanceField: 'far', key: 'at'}}, {$limit: 3}])",
    );
    console.keys("f2 g g");
    console.wait_for("→ 30 out").await;
    console.wait_for("first 1,000 found").await;
    console.keys("j");
    console.wait_for("30 in → 3 out").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_preview_never_writes_and_says_what_the_statement_would_do() {
    let (database, mut console) = orders("stages_out", (140, 40)).await;
    console.keys("x");
    write(
        &mut console,
        "db.orders.aggregate([{$match: {status: 'open'}}, {$out: 'copies'}])",
    );
    console.keys("f2 G");
    console.wait_for("never run by a preview").await;
    console.wait_for("25 in → 25 out").await;
    assert_eq!(
        database
            .collection("copies")
            .count_documents(doc! {})
            .await
            .unwrap(),
        0
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_only_profile_has_previews_too() {
    let (_database, mut console) = orders_on("stages_read_only", (80, 24), |p| {
        p.read_only = true;
    })
    .await;
    console.keys("x");
    write(&mut console, TEXT);
    console.keys("f2 g g");
    console.wait_for("100 in → 25 out").await;
    console.wait_for("first 1,000").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_server_refuses_is_said_of_its_stage() {
    let (_database, mut console) = orders("stages_refused", (140, 40)).await;
    console.keys("x");
    write(
        &mut console,
        "db.orders.aggregate([{$match: {status: 'open'}}, {$addFields: {x: {$divide: ['$total', 0]}}}])",
    );
    console.keys("f2 G");
    console.wait_for("✗").await;
    console.wait_for("divide by zero").await;
    console.keys("k");
    console.wait_for("100 in → 25 out").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn out_and_merge_say_what_they_replace_before_they_run() {
    let (database, mut console) = orders("stages_pour", (140, 40)).await;
    let count = |name: &'static str| {
        let collection = database.collection(name);
        async move { collection.count_documents(doc! {}).await.unwrap() }
    };
    let old: Vec<Document> = (0..1_234).map(|n| doc! { "_id": n }).collect();
    database.collection("old").insert_many(old).await.unwrap();
    console.keys("x");
    write(
        &mut console,
        "db.orders.aggregate([{$match: {status: 'open'}}, {$out: 'old'}])",
    );
    console.keys("f5");
    console.wait_for("This replaces 1,234 documents").await;
    console.keys("n");
    assert_eq!(count("old").await, 1_234);
    console.keys("f5");
    console.wait_for("This replaces 1,234 documents").await;
    console.keys("y");
    console.wait_for("replaced all").await;
    assert_eq!(count("old").await, 25);
    write(
        &mut console,
        "db.orders.aggregate([{$merge: {into: 'fresh', whenMatched: 'keepExisting'}}])",
    );
    console.keys("f5");
    console.wait_for("does not exist so far").await;
    console.wait_for("stays as it is; one that is not").await;
    console.keys("y");
    console.wait_for("merged the result").await;
    assert_eq!(count("fresh").await, 100);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_writes_is_refused_by_the_runner_on_a_read_only_profile() {
    let (database, mut console) = orders_on("stages_refuse", (140, 40), |p| {
        p.read_only = true;
    })
    .await;
    console.keys("x");
    write(&mut console, "db.orders.aggregate([{$out: 'copies'}])");
    console.keys("f5");
    console.wait_for("read-only").await;
    // Whoever asks, and however: the runner sends nothing.
    let mut desk = crate::support::desk::Desk::new([{
        let mut profile = crate::support::desk::profile("main", database.uri());
        profile.read_only = true;
        profile
    }]);
    use mongodeck::mongo::request::{FailureKind, Request};
    for text in ["[{$out: 'copies'}]", "[{$merge: {into: 'copies'}}]"] {
        let context = mongodeck::query::Context::new(database.name.clone(), 0);
        let text = format!("db.orders.aggregate({text})");
        let Ok(mongodeck::query::Input::Statement(statement)) =
            mongodeck::query::parse(&text, &context)
        else {
            panic!("no statement");
        };
        let statement = std::sync::Arc::new(statement);
        let run = Request::Run {
            statement: std::sync::Arc::clone(&statement),
            feed: crate::support::desk::feed_id(),
            count: 10,
        };
        let failure = desk.ask("main", run).await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::ReadOnly);
        let preview = Request::Preview(Box::new(mongodeck::mongo::request::preview::Preview {
            documents: std::sync::Arc::clone(&statement),
            count: statement,
            rows: 20,
            within: std::time::Duration::from_secs(5),
        }));
        let failure = desk.ask("main", preview).await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::Query);
    }
    let names = database.database().list_collection_names().await.unwrap();
    assert_eq!(names, ["orders"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pipeline_is_saved_as_a_view_once_it_is_confirmed() {
    let (database, mut console) = orders("stages_view", (140, 40)).await;
    console.keys("x");
    write(
        &mut console,
        "db.orders.aggregate([\n  {$match: {status: 'open'}},\n  {$sort: {total: -1}},\n], {hint: '_id_'})",
    );
    // A disabled stage is no part of it.
    console.keys("f2 G space ctrl-x v");
    console.wait_for("save as a view of").await;
    console.type_text("system.x");
    console.keys("enter");
    console.wait_for("cannot be a view's name").await;
    for _ in 0.."system.x".len() {
        console.keys("backspace");
    }
    console.type_text("open_orders");
    console.keys("enter");
    console.wait_for("create the view?").await;
    console.wait_for("with 1 stage.").await;
    console.wait_for("does not keep `hint`").await;
    console.keys("y");
    console.wait_for("create the view `").await;
    let view = database.collection("open_orders");
    assert_eq!(view.count_documents(doc! {}).await.unwrap(), 25);
    // What writes cannot be one.
    console.keys("esc");
    write(&mut console, "db.orders.aggregate([{$out: 'x'}])");
    console.keys("ctrl-x v");
    console.wait_for("a view cannot have the stage").await;
}
