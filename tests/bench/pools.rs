//! What watching the pools costs: the highest rate of a cheap command that a full pool sustains, with all that the console
//! does for its figures and without any of it.
//!
//! Three clients take turns on the same server, in rounds whose order goes through all that there are, so that what else
//! the machine does, and what a turn leaves behind for the next one, falls on all of them: one without handlers, a second
//! one without (what the two of them differ by is the noise of the measurement), and one that is watched as the console
//! watches: both handlers, each command counted, each connection with the name of what runs on it, and the whole figures
//! copied four times a second as for an open monitor. The cost is the median over the rounds of what the watched client
//! did less than the mean of the other two. Runs for about two minutes.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench prints its figures and fails by panicking"
)]

use std::future::IntoFuture as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bson::{Document, doc};
use mongodb::Client;
use mongodb::options::ClientOptions;
use mongodeck::mongo::events::{PoolWatch, listen, work};
use mongodeck::mongo::sandbox::{Options, Sandbox};
use mongodeck::pool::Work;
use secrecy::ExposeSecret as _;

/// More workers than connections, so that each reply is followed by a check-out that waited.
const WORKERS: u32 = 16;
const CONNECTIONS: u32 = 10;

/// One side of a round.
const TURN: Duration = Duration::from_millis(1_000);
/// Six orders of three sides, each as often as any other.
const ROUNDS: usize = 36;
const ORDERS: [[usize; 3]; 6] = [
    [0, 1, 2],
    [2, 1, 0],
    [1, 2, 0],
    [0, 2, 1],
    [2, 0, 1],
    [1, 0, 2],
];

/// Commands per second over one turn. With `watch`, each is counted and named there, as the console does with its own.
async fn rate(client: &Client, watch: Option<&PoolWatch>) -> f64 {
    let over = Arc::new(AtomicBool::new(false));
    let count = Arc::new(AtomicU64::new(0));
    let begun = Instant::now();
    let workers: Vec<_> = (0..WORKERS)
        .map(|worker| {
            let (over, count) = (Arc::clone(&over), Arc::clone(&count));
            let watch = watch.cloned();
            let all = client.database("bench").collection::<Document>("rows");
            let comment: Arc<str> = Arc::from(format!("mongodeck/bench/{worker}"));
            tokio::spawn(async move {
                let mut id = i64::from(worker);
                while !over.load(Ordering::Relaxed) {
                    id = (id + 7) % 1_000;
                    let find = all.find_one(doc! { "_id": id });
                    match &watch {
                        None => drop(find.await.unwrap().unwrap()),
                        Some(watch) => {
                            let work = Arc::new(Work {
                                command: Arc::from("find"),
                                about: Arc::from(format!("{}.{}", "bench", "rows")),
                                comment: Arc::clone(&comment),
                            });
                            let since = Instant::now();
                            let found = work::under(work, find.into_future()).await;
                            watch.count_command("find", since.elapsed(), None);
                            drop(found.unwrap().unwrap());
                        }
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

/// Figures in order, for what a share of them does not exceed.
struct Sorted(Vec<f64>);

impl Sorted {
    fn of(figures: impl IntoIterator<Item = f64>) -> Self {
        let mut all: Vec<f64> = figures.into_iter().collect();
        all.sort_by(f64::total_cmp);
        Self(all)
    }

    fn median(&self) -> f64 {
        let half = self.0.len() / 2;
        f64::midpoint(self.0[half], self.0[(self.0.len() - 1) / 2])
    }

    /// Median, middle half, and an interval that holds the true median in 95 of 100 runs: by order statistics, which
    /// supposes nothing of the spread.
    fn told(&self) -> String {
        let n = self.0.len();
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "some ten rounds"
        )]
        let low = ((n as f64 - 1.96 * (n as f64).sqrt()) / 2.0)
            .floor()
            .max(1.0) as usize
            - 1;
        format!(
            "{:>6.2} %  (95 % interval {:.2} to {:.2}, middle half {:.2} to {:.2}, all {:.2} to {:.2})",
            self.median(),
            self.0[low],
            self.0[n - 1 - low],
            self.0[n / 4],
            self.0[3 * n / 4],
            self.0[0],
            self.0[n - 1],
        )
    }
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
    let twin = Client::with_options(options(&uri).await).unwrap();
    let rows: Vec<Document> = (0..1_000_i64)
        .map(|i| doc! { "_id": i, "t": "x" })
        .collect();
    let all = plain.database("bench").collection::<Document>("rows");
    all.insert_many(rows).await.unwrap();
    let pools = PoolWatch::default();
    let mut watched = options(&uri).await;
    let _topology = listen(&mut watched, None, &pools, None);
    let watched = Client::with_options(watched).unwrap();
    pools.watch_whole(true);
    let shown = pools.clone();
    let showing = tokio::spawn(async move {
        let mut news = shown.news();
        while news.changed().await.is_ok() {
            tokio::time::sleep(Duration::from_millis(250)).await;
            std::hint::black_box(shown.figures());
        }
    });
    let sides = [(&plain, None), (&twin, None), (&watched, Some(&pools))];
    for (client, watch) in sides {
        rate(client, watch).await;
    }
    let mut rounds: Vec<[f64; 3]> = Vec::new();
    for order in ORDERS.into_iter().cycle().take(ROUNDS) {
        let mut round = [0.0; 3];
        for side in order {
            let (client, watch) = sides[side];
            round[side] = rate(client, watch).await;
        }
        rounds.push(round);
    }
    showing.abort();
    let side = |place: usize| Sorted::of(rounds.iter().map(|r| r[place])).median();
    let cost = |r: &[f64; 3]| 100.0 * (1.0 - r[2] / f64::midpoint(r[0], r[1]));
    println!(
        "find by id, {WORKERS} workers on {CONNECTIONS} connections, {ROUNDS} rounds of three turns of {TURN:?}\n\
         without handlers   {:>8.0} and {:.0} commands/s (medians)\n\
         watched            {:>8.0} commands/s (median), {} commands in the figures\n\
         noise              {}\n\
         cost               {}",
        side(0),
        side(1),
        side(2),
        pools.look(|p| p.commands.get("find").map_or(0, |c| c.took.count())),
        Sorted::of(rounds.iter().map(|r| 100.0 * (1.0 - r[1] / r[0]))).told(),
        Sorted::of(rounds.iter().map(cost)).told(),
    );
    for client in [plain, twin, watched] {
        client.shutdown().immediate(true).await;
    }
    server.stop().await;
}

fn main() {
    // Test harness arguments such as `--test` ask that it compiles and starts, not for a minute of figures.
    if std::env::args().any(|a| a == "--test" || a == "--list") {
        return;
    }
    tokio::runtime::Runtime::new().unwrap().block_on(measure());
}
