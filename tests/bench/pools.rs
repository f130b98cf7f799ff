//! What watching the pools costs: the highest rate of a cheap command that a full pool sustains, with the event handlers
//! of the console and without them.
//!
//! Both clients are there all the time and take turns on the same server, in pairs whose order alternates, so that what
//! else the machine does falls on both. The figure is the median of the pairs' ratios. Runs for about a minute.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench prints its figures and fails by panicking"
)]

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bson::{Document, doc};
use mongodb::Client;
use mongodb::options::ClientOptions;
use mongodeck::mongo::events::{PoolWatch, listen};
use mongodeck::mongo::sandbox::{Options, Sandbox};
use secrecy::ExposeSecret as _;

/// More workers than connections, so that each reply is followed by a check-out that waited.
const WORKERS: u32 = 16;
const CONNECTIONS: u32 = 10;

/// One side of a pair.
const TURN: Duration = Duration::from_millis(1_000);
const PAIRS: usize = 24;

/// Commands per second over one turn. With `watch`, each is counted there, as the console counts its own.
async fn rate(client: &Client, watch: Option<&PoolWatch>) -> f64 {
    let over = Arc::new(AtomicBool::new(false));
    let count = Arc::new(AtomicU64::new(0));
    let begun = Instant::now();
    let workers: Vec<_> = (0..WORKERS)
        .map(|worker| {
            let (over, count) = (Arc::clone(&over), Arc::clone(&count));
            let watch = watch.cloned();
            let all = client.database("bench").collection::<Document>("rows");
            tokio::spawn(async move {
                let mut id = i64::from(worker);
                while !over.load(Ordering::Relaxed) {
                    id = (id + 7) % 1_000;
                    let since = Instant::now();
                    all.find_one(doc! { "_id": id }).await.unwrap().unwrap();
                    if let Some(watch) = &watch {
                        watch.count_command("find", since.elapsed(), None);
                    }
                    count.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    tokio::time::sleep(TURN).await;
    let done = count.load(Ordering::Relaxed);
    let took = begun.elapsed();
    over.store(true, Ordering::Relaxed);
    for worker in workers {
        worker.await.unwrap();
    }
    #[expect(clippy::cast_precision_loss, reason = "some ten thousand")]
    let done = done as f64;
    done / took.as_secs_f64()
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    let half = figures.len() / 2;
    f64::midpoint(figures[half], figures[(figures.len() - 1) / 2])
}

async fn options(uri: &str) -> ClientOptions {
    let mut options = ClientOptions::parse(uri).await.unwrap();
    options.max_pool_size = Some(CONNECTIONS);
    options
}

async fn measure() {
    let server = Sandbox::start(Options {
        guard_program: Some(PathBuf::from(env!("CARGO_BIN_EXE_mongodeck"))),
        ..Options::default()
    })
    .await
    .unwrap();
    let uri = server.uri().expose_secret().to_owned();
    let plain = Client::with_options(options(&uri).await).unwrap();
    let rows: Vec<Document> = (0..1_000_i64)
        .map(|i| doc! { "_id": i, "t": "x" })
        .collect();
    let all = plain.database("bench").collection::<Document>("rows");
    all.insert_many(rows).await.unwrap();
    let pools = PoolWatch::default();
    let mut watched = options(&uri).await;
    let _topology = listen(&mut watched, None, &pools, None);
    let watched = Client::with_options(watched).unwrap();
    // As the console does it: the figures are taken up to four times a second.
    let shown = pools.clone();
    let showing = tokio::spawn(async move {
        let mut news = shown.news();
        while news.changed().await.is_ok() {
            tokio::time::sleep(Duration::from_millis(250)).await;
            std::hint::black_box(shown.figures());
        }
    });
    rate(&plain, None).await;
    rate(&watched, Some(&pools)).await;
    let (mut with, mut without, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for pair in 0..PAIRS {
        let (a, b) = if pair % 2 == 0 {
            let a = rate(&watched, Some(&pools)).await;
            (a, rate(&plain, None).await)
        } else {
            let b = rate(&plain, None).await;
            (rate(&watched, Some(&pools)).await, b)
        };
        with.push(a);
        without.push(b);
        ratios.push(a / b);
    }
    showing.abort();
    let mut sorted = ratios.clone();
    sorted.sort_by(f64::total_cmp);
    println!(
        "find by id, {WORKERS} workers on {CONNECTIONS} connections, {PAIRS} pairs of {TURN:?}\n\
         without handlers  {:>8.0} commands/s (median)\n\
         with handlers     {:>8.0} commands/s (median)\n\
         ratio             {:>8.4} (median of the pairs; middle half {:.4} to {:.4})\n\
         cost              {:>7.2} %",
        median(without),
        median(with),
        median(ratios.clone()),
        sorted[PAIRS / 4],
        sorted[3 * PAIRS / 4],
        100.0 * (1.0 - median(ratios)),
    );
    plain.shutdown().immediate(true).await;
    watched.shutdown().immediate(true).await;
    server.stop().await;
}

fn main() {
    // Test harness arguments such as `--test` ask that it compiles and starts, not for a minute of figures.
    if std::env::args().any(|a| a == "--test" || a == "--list") {
        return;
    }
    tokio::runtime::Runtime::new().unwrap().block_on(measure());
}
