//! Several changes in one transaction, and documents gathered up to a bound.

use std::time::Duration;

use mongodb::bson::{Document, RawBson, doc, rawdoc};
use mongodeck::mongo::request::{
    Absence, FailureKind, Gather, GatherEnd, Gathered, MOST_TOGETHER, Namespace, Reply, Request,
    Serving, Together, TogetherOutcome, Write,
};

use crate::support::desk::{Desk, profile, with_option};
use crate::support::server::{FailPoint, TestDatabase};

fn delete(namespace: &Namespace, id: i32, name: &str) -> Write {
    Write::Delete {
        namespace: namespace.clone(),
        id: RawBson::Int32(id),
        filter: rawdoc! { "_id": id, "name": name },
    }
}

fn unset(namespace: &Namespace, id: i32, owner: i32) -> Write {
    Write::Update {
        namespace: namespace.clone(),
        id: RawBson::Int32(id),
        filter: rawdoc! { "_id": id, "owner": owner },
        update: rawdoc! { "$unset": { "owner": "" } },
    }
}

struct Shop {
    database: TestDatabase,
    users: Namespace,
    orders: Namespace,
}

impl Shop {
    async fn new(about: &str) -> Self {
        let database = TestDatabase::new(about).await;
        let users = Namespace::new(&database.name, "users");
        let orders = Namespace::new(&database.name, "orders");
        let ada = doc! { "_id": 1, "name": "Ada" };
        database.collection("users").insert_one(ada).await.unwrap();
        let all = (1..=4).map(|n| doc! { "_id": n, "owner": if n < 4 { 1 } else { 2 } });
        database
            .collection("orders")
            .insert_many(all)
            .await
            .unwrap();
        Self {
            database,
            users,
            orders,
        }
    }

    async fn all(&self) -> (u64, Vec<Document>) {
        use futures_util::TryStreamExt as _;
        let users = self.database.collection("users");
        let users = users.count_documents(doc! {}).await.unwrap();
        let orders = self.database.collection("orders");
        let orders = orders.find(doc! {}).sort(doc! { "_id": 1 }).await.unwrap();
        (users, orders.try_collect().await.unwrap())
    }

    /// Deletes Ada and takes her from her orders.
    fn cascade(&self) -> Together {
        let mut writes: Vec<Write> = (1..=3).map(|n| unset(&self.orders, n, 1)).collect();
        writes.push(delete(&self.users, 1, "Ada"));
        let absent = vec![Absence {
            namespace: self.orders.clone(),
            filter: rawdoc! { "owner": 1 },
        }];
        Together { writes, absent }
    }
}

#[tokio::test]
async fn changes_are_made_all_together() {
    let shop = Shop::new("together").await;
    let mut desk = Desk::new([profile("p", shop.database.uri())]);
    let reply = desk.ask("p", Request::Together(shop.cascade())).await;
    assert_eq!(reply, Ok(Reply::Together(TogetherOutcome::Written)));
    let left = vec![
        doc! { "_id": 1 },
        doc! { "_id": 2 },
        doc! { "_id": 3 },
        doc! { "_id": 4, "owner": 2 },
    ];
    assert_eq!(shop.all().await, (0, left));
}

#[tokio::test]
async fn one_change_that_matches_nothing_or_something_that_is_left_undoes_all() {
    let shop = Shop::new("together_not").await;
    let before = shop.all().await;
    let mut desk = Desk::new([profile("p", shop.database.uri())]);
    let mut changes = shop.cascade();
    changes.writes[1] = unset(&shop.orders, 2, 7);
    let reply = desk.ask("p", Request::Together(changes)).await;
    let theirs = Some(rawdoc! { "_id": 2, "owner": 1 });
    let conflict = TogetherOutcome::Conflict { place: 1, theirs };
    assert_eq!(reply, Ok(Reply::Together(conflict)));
    assert_eq!(shop.all().await, before);

    let mut changes = shop.cascade();
    changes.writes.remove(0);
    let reply = desk.ask("p", Request::Together(changes)).await;
    let present = TogetherOutcome::Present {
        place: 0,
        id: RawBson::Int32(1),
    };
    assert_eq!(reply, Ok(Reply::Together(present)));
    assert_eq!(shop.all().await, before);
}

#[tokio::test]
async fn what_fails_midway_or_before_its_commit_leaves_everything() {
    let shop = Shop::new("together_failing").await;
    let before = shop.all().await;
    let uri = with_option(shop.database.uri(), "appName=together-failing");
    let mut desk = Desk::new([profile("p", &uri)]);
    desk.connect("p").await;
    for (command, data) in [
        ("delete", doc! { "errorCode": 8000 }),
        ("delete", doc! { "closeConnection": true }),
        ("find", doc! { "errorCode": 8000 }),
    ] {
        let point = FailPoint::command(
            shop.database.uri(),
            "together-failing",
            &[command],
            20,
            data.clone(),
        )
        .await;
        let failure = desk
            .ask("p", Request::Together(shop.cascade()))
            .await
            .unwrap_err();
        assert_ne!(failure.kind, FailureKind::UnknownOutcome, "{data}");
        assert!(
            failure.summary.starts_with("nothing was changed: "),
            "{failure}"
        );
        drop(point);
        assert_eq!(shop.all().await, before, "{command} {data}");
    }
    // One that passes by itself is tried again as a whole.
    let point = FailPoint::command(
        shop.database.uri(),
        "together-failing",
        &["delete"],
        1,
        doc! { "errorCode": 112, "errorLabels": ["TransientTransactionError"] },
    )
    .await;
    let reply = desk.ask("p", Request::Together(shop.cascade())).await;
    assert_eq!(reply, Ok(Reply::Together(TogetherOutcome::Written)));
    drop(point);
}

#[tokio::test]
async fn a_commit_without_an_answer_is_said_to_be_unknown() {
    let shop = Shop::new("together_unknown").await;
    let uri = with_option(shop.database.uri(), "appName=together-unknown");
    let mut desk = Desk::new([profile("p", &uri)]);
    desk.connect("p").await;
    let point = FailPoint::command(
        shop.database.uri(),
        "together-unknown",
        &["commitTransaction"],
        2,
        doc! { "writeConcernError": { "code": 64, "codeName": "WriteConcernFailed", "errmsg": "waiting timed out" } },
    )
    .await;
    let failure = desk
        .ask("p", Request::Together(shop.cascade()))
        .await
        .unwrap_err();
    assert_eq!(failure.kind, FailureKind::UnknownOutcome, "{failure}");
    drop(point);
}

#[tokio::test]
async fn a_read_only_profile_and_too_many_changes_send_nothing() {
    let shop = Shop::new("together_refused").await;
    let mut closed = profile("closed", shop.database.uri());
    closed.read_only = true;
    let mut desk = Desk::new([closed, profile("p", shop.database.uri())]);
    let refused = desk
        .ask("closed", Request::Together(shop.cascade()))
        .await
        .unwrap_err();
    assert_eq!(refused.kind, FailureKind::ReadOnly);
    let mut changes = shop.cascade();
    changes.writes = vec![unset(&shop.orders, 1, 1); MOST_TOGETHER + 1];
    let refused = desk.ask("p", Request::Together(changes)).await.unwrap_err();
    assert_eq!(refused.kind, FailureKind::TooLarge);
    assert!(!desk.sent("update") && !desk.sent("delete"));
}

#[tokio::test]
async fn documents_are_gathered_up_to_a_bound_and_a_scan_is_told_from_an_index() {
    let shop = Shop::new("gather").await;
    let mut desk = Desk::new([profile("p", shop.database.uri())]);
    let gather = Gather {
        namespace: shop.orders.clone(),
        filter: rawdoc! { "owner": 1 },
        projection: Some(rawdoc! { "_id": 1 }),
        sort: None,
        limit: 2,
        max_bytes: 1 << 20,
        within: Duration::from_secs(5),
        explain: true,
    };
    let ids = |gathered: &Gathered| -> Vec<i32> {
        let id = |d: &std::sync::Arc<bson::RawDocumentBuf>| d.get_i32("_id").unwrap();
        gathered.documents.iter().map(id).collect()
    };
    let mut asked = async |gather: Gather| match desk.ask("p", Request::Gather(gather)).await {
        Ok(Reply::Gathered(gathered)) => gathered,
        other => panic!("{other:?}"),
    };
    let some = asked(gather.clone()).await;
    assert_eq!((ids(&some), some.end), (vec![1, 2], GatherEnd::Limit));
    assert_eq!(some.serving, Serving::Scan);
    let keys = doc! { "owner": 1 };
    let index = mongodb::IndexModel::builder().keys(keys).build();
    let orders = shop.database.collection("orders");
    orders.create_index(index).await.unwrap();
    let all = asked(Gather {
        limit: 3,
        ..gather.clone()
    })
    .await;
    assert_eq!((ids(&all), all.end), (vec![1, 2, 3], GatherEnd::All));
    assert_eq!(all.serving, Serving::Index("owner_1".to_owned()));
    let slow = rawdoc! { "$expr": { "$function": { "body": "function() { sleep(400); return true; }", "args": [], "lang": "js" } } };
    let none = asked(Gather {
        filter: slow,
        within: Duration::from_millis(300),
        ..gather
    })
    .await;
    assert_eq!(none.end, GatherEnd::Time);
}
