//! The figures of the driver's pools, against what the server itself counts.

use std::sync::Arc;
use std::time::Duration;

use bson::{doc, rawdoc};
use mongodeck::mongo::request::{Find, Namespace, ProfileName, Reply, Report, Request};
use mongodeck::pool::{Pools, record, warnings};

use crate::support::desk::{Desk, feed_id, fresh, profile, with_option};
use crate::support::server::TestDatabase;

/// How many connections of `application` the server counts that are logged in: the driver's monitors are not.
async fn counted_by_server(test: &TestDatabase, application: &str) -> usize {
    let running = doc! { "$currentOp": { "allUsers": true, "idleConnections": true } };
    let ours = doc! { "$match": {
        "appName": application, "effectiveUsers": { "$exists": true }, "connectionId": { "$exists": true },
    } };
    let each = doc! { "$group": { "_id": "$connectionId" } };
    let mut cursor = test
        .client
        .database("admin")
        .aggregate([running, ours, each])
        .await
        .unwrap();
    let mut count = 0;
    while cursor.advance().await.unwrap() {
        count += 1;
    }
    count
}

/// The figures of a report that has all of them.
fn whole(report: &Report) -> Option<Arc<Pools>> {
    match report {
        Report::Pools { pools, .. } => pools.clone(),
        _ => None,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn figures_of_a_pool_at_its_limit_agree_with_the_server() {
    let test = TestDatabase::new("pools").await;
    test.collection("slow")
        .insert_one(doc! { "_id": 1 })
        .await
        .unwrap();
    let application = format!("pools-{}", fresh());
    let mut limited = profile(
        "main",
        &with_option(test.uri(), &format!("appName={application}")),
    );
    limited.max_pool_size = Some(3);
    let mut desk = Desk::new([limited]);
    desk.connect("main").await;
    let name = ProfileName::new("main");
    let namespace = Namespace::new(&test.name, "slow");
    let slow = Find {
        filter: rawdoc! { "$where": "sleep(900) || true" },
        ..Find::all()
    };
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            desk.start(
                "main",
                Request::OpenFeed {
                    feed: feed_id(),
                    namespace: namespace.clone(),
                    find: slow.clone(),
                    count: 1,
                },
            )
        })
        .collect();
    desk.wait("a pool at its limit", |report| match report {
        Report::Pools {
            profile, summary, ..
        } if *profile == name => {
            ((summary.in_use, summary.pending, summary.max) == (3, 5, 3)).then_some(())
        }
        _ => None,
    })
    .await;
    // Everything is told to who looks, and at once.
    desk.runner.watch_pools(&name, true);
    let pools = desk.wait("all figures", whole).await;
    let (_, pool) = pools.iter().next().unwrap();
    for connection in pool.connections.values() {
        let work = connection.work.as_ref().unwrap();
        assert_eq!(work.text(), format!("find {namespace}"));
        assert!(work.comment.starts_with("mongodeck/"), "{work:?}");
    }
    let comments: std::collections::BTreeSet<_> = pool
        .connections
        .values()
        .filter_map(|c| c.work.as_ref().map(|w| w.comment.to_string()))
        .collect();
    assert_eq!(comments.len(), 3, "three tasks have them: {comments:?}");
    assert_eq!(counted_by_server(&test, &application).await, 3);
    let warning = desk
        .wait("the warning", |report| match report {
            Report::Pools {
                pools: Some(pools),
                at,
                ..
            } => pools
                .iter()
                .flat_map(|(_, pool)| warnings(pool, *at))
                .map(|warning| warning.text())
                .next(),
            _ => None,
        })
        .await;
    assert!(
        warning.starts_with("pool at its limit of 3 for") && warning.contains("`max_pool_size`"),
        "{warning}"
    );
    for task in tasks {
        let reply = desk.settled(task).await.unwrap();
        assert!(matches!(reply, Reply::Page(_)), "{reply:?}");
    }
    let pools: Pools = desk
        .wait("a pool at rest", |report| match report {
            Report::Pools {
                pools: Some(pools), ..
            } if pools.sums() == (0, 3, 0) => Some((**pools).clone()),
            _ => None,
        })
        .await;
    // The run as it would be written to a file comes to the same figures.
    let lines: Vec<String> = pools
        .timeline
        .events()
        .map(|e| record::line(e, None))
        .collect();
    if let Some(path) = std::env::var_os("MONGODECK_RECORD_POOLS") {
        std::fs::write(path, lines.join("\n") + "\n").unwrap();
    }
    let mut again = Pools::default();
    for line in &lines {
        again.take(record::read(line).unwrap());
    }
    assert_eq!(again.summary(), pools.summary());
    let (_, pool) = pools.iter().next().unwrap();
    let (_, folded) = again.iter().next().unwrap();
    assert_eq!(folded.connections.len(), pool.connections.len());
    assert_eq!(folded.waits.count(), pool.waits.count());
    assert_eq!((pool.created, pool.closed_in_all(), pool.max), (3, 0, 3));
    assert!(
        pool.waits.max() >= Duration::from_millis(900),
        "the last waited for two others"
    );
    let counted = pools.commands.get("find").map(|c| c.took.count());
    assert_eq!(counted, Some(8), "{:?}", pools.commands.keys());
    desk.runner.shutdown().await;
}
