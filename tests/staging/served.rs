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
