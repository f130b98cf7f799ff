//! The sample data, on a real server.

use futures_util::TryStreamExt as _;
use mongodb::Client;
use mongodb::bson::{Document, doc};
use mongodeck::mongo::sandbox::Options;
use mongodeck::mongo::sandbox::data::World;
use secrecy::ExposeSecret as _;

use crate::support::server::{dedicated, options};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_sample_data_are_loaded_once_and_what_is_changed_in_a_kept_sandbox_stays() {
    let home = tempfile::tempdir().unwrap();
    let keep = Options {
        keep: Some(home.path().join("kept")),
        ..options()
    };
    let sandbox = dedicated(keep.clone()).await;
    sandbox.load().await.unwrap();
    let client = Client::with_uri_str(sandbox.uri().expose_secret())
        .await
        .unwrap();
    let world = World::new();
    for sample in &world.samples {
        let database = client.database(&sample.namespace.database);
        let collection = database.collection::<Document>(&sample.namespace.collection);
        let count = collection.count_documents(doc! {}).await.unwrap();
        if sample.options.contains_key("viewOn") {
            assert!(count > 100, "{} has {count}", sample.namespace);
            continue;
        }
        assert_eq!(
            usize::try_from(count).unwrap(),
            sample.documents.len(),
            "{}",
            sample.namespace
        );
        if sample.options.is_empty() {
            let found: Vec<String> = collection.list_index_names().await.unwrap();
            for index in &sample.indexes {
                let name = index.get_str("name").unwrap();
                assert!(
                    found.iter().any(|f| f == name),
                    "{} {name}",
                    sample.namespace
                );
            }
            assert_eq!(found.len(), sample.indexes.len() + 1);
        }
    }

    // What was made is what is there, to the byte.
    let archives = client
        .database("migratio")
        .collection::<bson::RawDocumentBuf>("archives");
    let found: Vec<bson::RawDocumentBuf> = archives
        .find(doc! {})
        .sort(doc! { "$natural": 1 })
        .await
        .unwrap()
        .try_collect()
        .await
        .unwrap();
    for (made, found) in world.documents("migratio", "archives").iter().zip(&found) {
        assert_eq!(made.to_vec().unwrap(), found.as_bytes());
    }

    let users = client
        .database("career_dev")
        .collection::<Document>("users");
    users
        .delete_many(doc! { "goalType": "promotion" })
        .await
        .unwrap();
    let left = users.count_documents(doc! {}).await.unwrap();
    sandbox.stop().await;
    let again = dedicated(keep).await;
    again.load().await.unwrap();
    let client = Client::with_uri_str(again.uri().expose_secret())
        .await
        .unwrap();
    let users = client
        .database("career_dev")
        .collection::<Document>("users");
    assert_eq!(users.count_documents(doc! {}).await.unwrap(), left);
    again.stop().await;
}
