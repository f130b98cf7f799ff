//! A person at work, as load: one reads all the time, one writes all the time, and both keep account.
//!
//! Each write is a number of its own, so that at the end the server's data say which were done, and how often.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use mongodb::bson::{Document, RawBson, doc, rawdoc};
use mongodeck::mongo::request::{
    ConnectionState, FailureKind, Find, Namespace, Reply, Request, Write, WriteOutcome,
};
use tokio::task::JoinHandle;

use crate::support::desk::{Desk, feed_id, profile};

/// The documents whose counters are raised, each in its turn.
const COUNTERS: i32 = 10;

/// The namespace that is worked on.
pub const NAMESPACE: &str = "staying.work";

/// Readies the collection.
pub async fn prepare(client: &mongodb::Client) {
    let work = client.database("staying").collection::<Document>("work");
    work.drop().await.unwrap();
    let counters: Vec<Document> = (0..COUNTERS).map(|i| doc! { "_id": i, "n": 0 }).collect();
    work.insert_many(counters).await.unwrap();
    let read = client.database("staying").collection::<Document>("read");
    read.drop().await.unwrap();
    let documents: Vec<Document> = (0..200)
        .map(|i| doc! { "_id": i, "t": "x".repeat(200) })
        .collect();
    read.insert_many(documents).await.unwrap();
}

/// What became of one request.
#[derive(Debug, Clone)]
pub struct Done {
    /// When its answer came.
    pub at: Instant,
    /// The failure's words, where it failed.
    pub failed: Option<String>,
}

/// What one worker did.
#[derive(Debug, Default)]
pub struct Account {
    /// Every request.
    pub all: Vec<Done>,
    /// Raises of a counter that were acknowledged, by counter.
    pub raised: BTreeMap<i32, i32>,
    /// Raises whose outcome nobody knows.
    pub perhaps: BTreeMap<i32, i32>,
    /// Inserts that were acknowledged.
    pub inserted: Vec<i32>,
    /// Inserts whose outcome nobody knows.
    pub inserted_perhaps: Vec<i32>,
    /// Inserts that surely failed.
    pub refused: Vec<i32>,
    /// What the connection was said to be, each change once.
    pub states: Vec<String>,
}

impl Account {
    /// The longest time without a good answer from `harm` on, the wait for the answer that ended it among it.
    pub fn pause(&self, harm: Instant) -> Duration {
        let good: Vec<Instant> = self
            .all
            .iter()
            .filter(|d| d.failed.is_none())
            .map(|d| d.at)
            .collect();
        good.windows(2)
            .filter(|pair| pair[1] > harm)
            .map(|pair| pair[1] - pair[0].max(harm))
            .max()
            .unwrap_or(Duration::MAX)
    }

    /// The different failures, with how often each was told.
    pub fn failures(&self) -> BTreeMap<String, usize> {
        let mut all = BTreeMap::new();
        for words in self.all.iter().filter_map(|d| d.failed.clone()) {
            *all.entry(words).or_insert(0) += 1;
        }
        all
    }
}

/// A worker in the background.
pub struct Worker {
    stop: Arc<AtomicBool>,
    handle: JoinHandle<Account>,
}

impl Worker {
    /// Lets it finish what it does, and gives its account.
    pub async fn end(self) -> Account {
        self.stop.store(true, Ordering::SeqCst);
        self.handle.await.unwrap()
    }

    /// One that opens a feed, reads on, and closes it, over and over.
    pub async fn reader(uri: &str) -> Self {
        Self::run(uri, "reader", |mut desk, stop, mut account| async move {
            while !stop.load(Ordering::SeqCst) {
                let feed = feed_id();
                let open = Request::OpenFeed {
                    feed,
                    namespace: Namespace::new("staying", "read"),
                    find: Find::all(),
                    count: 50,
                };
                let result = desk.ask("p", open).await;
                account.all.push(Done {
                    at: Instant::now(),
                    failed: result.as_ref().err().map(ToString::to_string),
                });
                if let Ok(Reply::Page(page)) = &result {
                    assert_eq!(page.documents.len(), 50);
                }
                let _ = desk.ask("p", Request::CloseFeed { feed }).await;
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            (desk, account)
        })
        .await
    }

    /// One that inserts, then raises a counter, over and over.
    pub async fn writer(uri: &str) -> Self {
        Self::run(uri, "writer", |mut desk, stop, mut account| async move {
            let namespace = Namespace::parse(NAMESPACE).unwrap();
            let mut number = 1_000;
            while !stop.load(Ordering::SeqCst) {
                number += 1;
                let insert = Request::Write(Write::Insert {
                    namespace: namespace.clone(),
                    document: rawdoc! { "_id": number },
                });
                let counter = number % COUNTERS;
                let raise = Request::Write(Write::Update {
                    namespace: namespace.clone(),
                    id: RawBson::Int32(counter),
                    filter: rawdoc! { "_id": counter },
                    update: rawdoc! { "$inc": { "n": 1 } },
                });
                for request in [insert, raise] {
                    let inserts = matches!(request, Request::Write(Write::Insert { .. }));
                    let result = desk.ask("p", request).await;
                    account.all.push(Done {
                        at: Instant::now(),
                        failed: result.as_ref().err().map(ToString::to_string),
                    });
                    match (result, inserts) {
                        (Ok(reply), inserts) => {
                            assert_eq!(reply, Reply::Written(WriteOutcome::Written));
                            match inserts {
                                true => account.inserted.push(number),
                                false => *account.raised.entry(counter).or_insert(0) += 1,
                            }
                        }
                        (Err(f), true) if f.kind == FailureKind::UnknownOutcome => {
                            account.inserted_perhaps.push(number);
                        }
                        (Err(f), false) if f.kind == FailureKind::UnknownOutcome => {
                            *account.perhaps.entry(counter).or_insert(0) += 1;
                        }
                        (Err(_), true) => account.refused.push(number),
                        (Err(_), false) => {}
                    }
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            (desk, account)
        })
        .await
    }

    async fn run<F>(
        uri: &str,
        about: &str,
        work: impl FnOnce(Desk, Arc<AtomicBool>, Account) -> F,
    ) -> Self
    where
        F: Future<Output = (Desk, Account)> + Send + 'static,
    {
        let mut desk = Desk::new([profile("p", &format!("{uri}&appName={about}"))]);
        desk.connect("p").await;
        let stop = Arc::new(AtomicBool::new(false));
        let work = work(desk, Arc::clone(&stop), Account::default());
        let handle = tokio::spawn(async move {
            let (mut desk, mut account) = work.await;
            for state in desk.states("p") {
                let words = match state {
                    ConnectionState::Ready(info) => format!("ready, {}", info.role.word()),
                    ConnectionState::Retrying { failure, .. } => {
                        format!("away: {}", failure.summary)
                    }
                    ConnectionState::Failed(failure) => format!("failed: {}", failure.summary),
                    other => format!("{other:?}").to_lowercase(),
                };
                if account.states.last() != Some(&words) {
                    account.states.push(words);
                }
            }
            desk.runner.shutdown().await;
            account
        });
        Self { stop, handle }
    }
}

/// Compares the account with what the server holds: every acknowledged write is there, none was done twice, none that
/// surely failed was done at all. How many of unknown outcome were done.
pub async fn audit(client: &mongodb::Client, account: &Account) -> usize {
    let work = client.database("staying").collection::<Document>("work");
    let mut done = 0;
    for counter in 0..COUNTERS {
        let stored = work
            .find_one(doc! { "_id": counter })
            .await
            .unwrap()
            .unwrap();
        let n = stored.get_i32("n").unwrap();
        let sure = account.raised.get(&counter).copied().unwrap_or(0);
        let perhaps = account.perhaps.get(&counter).copied().unwrap_or(0);
        assert!(
            (sure..=sure + perhaps).contains(&n),
            "counter {counter} is {n}: {sure} raises were acknowledged, {perhaps} are unknown"
        );
        done += usize::try_from(n - sure).unwrap();
    }
    let there = |id: i32| {
        let work = work.clone();
        async move { work.count_documents(doc! { "_id": id }).await.unwrap() == 1 }
    };
    let kept: i64 = i64::try_from(
        work.count_documents(doc! { "_id": { "$in": account.inserted.clone() } })
            .await
            .unwrap(),
    )
    .unwrap();
    assert_eq!(
        kept,
        i64::try_from(account.inserted.len()).unwrap(),
        "an acknowledged insert is gone"
    );
    for id in &account.inserted_perhaps {
        done += usize::from(there(*id).await);
    }
    for id in &account.refused {
        assert!(
            !there(*id).await,
            "insert {id} was said to have failed, and was done"
        );
    }
    done
}
