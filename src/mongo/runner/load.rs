//! Puts a bounded read load on a profile's own pool, and tells what the pool did.
//!
//! Only reads are sent, at most as many at once and for as long as was asked for; a production profile has to allow it.
//! All run under one comment, so that they can be stopped on the server. No future of the driver is dropped: who stops a
//! load stops beginning operations, has the ones under way stopped, and waits for them.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bson::rawdoc;
use tokio::task::JoinSet;

use super::observe::{MARK, count_ours};
use super::{Post, Runner, STOP_AGAIN, STOP_ATTEMPTS, Streaming, lock, statement};
use crate::mongo::feed::source::Source;
use crate::mongo::link::{Call, Cancel};
use crate::mongo::request::load::{
    LONGEST, Load, LoadReport, MOST_AT_ONCE, SHORTEST, ServerCount, Stretch,
};
use crate::mongo::request::{Failure, FailureKind, ProfileName};
use crate::pool::{Histogram, Pools};
use crate::query::Statement;
use crate::query::plan::Plan;

/// How often the pool is looked at.
const LOOK: Duration = Duration::from_millis(50);
/// Stretches of the course.
const STRETCHES: u32 = 60;
/// The documents of a batch.
const BATCH: u32 = 101;
/// Kinds of failures that are told apart.
const MOST_KINDS: usize = 12;
/// The pause of a place after a failure, so that a server that refuses is not stormed.
const AFTER_FAILURE: Duration = Duration::from_millis(100);
/// How often the server is asked for its own count.
const COUNT: Duration = Duration::from_secs(1);
/// How often it is asked after the load, for as long as it counts something else than the pool.
const COUNTS: u32 = 5;
/// The server stops an operation this long after the load should have ended.
const OVERTIME: Duration = Duration::from_secs(10);

impl Runner {
    /// Puts a load on a profile, until its time is over or `streaming` is cancelled: then the figures so far are told.
    ///
    /// # Errors
    ///
    /// The load is refused, or the connection cannot be had. An operation that fails is a figure.
    pub async fn load(
        &self,
        profile: &ProfileName,
        load: &Load,
        streaming: &Streaming,
    ) -> Result<LoadReport, Failure> {
        let (post, call) = self.begin(profile, streaming, None).await?;
        run(&post, &call, load, &streaming.0).await
    }
}

/// What all places add to.
#[derive(Default)]
struct Tally {
    latency: Mutex<Histogram>,
    failures: Mutex<BTreeMap<String, u64>>,
    operations: AtomicU64,
    ended: AtomicU64,
}

pub(super) async fn run(
    post: &Arc<Post>,
    call: &Call,
    load: &Load,
    cancel: &Cancel,
) -> Result<LoadReport, Failure> {
    allowed(post, load)?;
    let remaining = load.lasts + OVERTIME;
    let call = call.within(remaining);
    let tally = Arc::new(Tally::default());
    let before = post.pools.look(Totals::of);
    let start = Instant::now();
    let until = start + load.lasts;
    let mut places = JoinSet::new();
    for _ in 0..load.at_once {
        let (call, tally, cancel) = (call.clone(), Arc::clone(&tally), cancel.clone());
        let statement = load.statement.clone();
        places.spawn(async move {
            while Instant::now() < until && !cancel.is_cancelled() {
                let begun = Instant::now();
                let result = once(&call, statement.as_deref()).await;
                let took = begun.elapsed();
                tally.ended.fetch_add(1, Ordering::Relaxed);
                match result {
                    Ok(()) => {
                        tally.operations.fetch_add(1, Ordering::Relaxed);
                        lock(&tally.latency).add(took);
                    }
                    // What was stopped did not fail.
                    Err(_) if cancel.is_cancelled() => {}
                    Err(failure) => {
                        count_failure(&tally, failure);
                        tokio::time::sleep(AFTER_FAILURE).await;
                    }
                }
            }
        });
    }
    let over = Cancel::default();
    let counting = tokio::spawn(count(Arc::clone(post), call.clone(), over.clone()));
    let mut seen = Seen::new(load.lasts, start);
    let mut look = tokio::time::interval(LOOK);
    look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    let mut stopping = false;
    loop {
        tokio::select! {
            ended = places.join_next() => if ended.is_none() {
                break;
            },
            _ = look.tick() => {
                let now = post.pools.look(Gauges::of);
                seen.take(now, tally.ended.load(Ordering::Relaxed), Instant::now());
            }
            () = cancel.cancelled(), if !stopping => {
                stopping = true;
                tokio::spawn(stop(Arc::clone(post), call.comment().to_owned()));
            }
        }
    }
    let took = start.elapsed();
    seen.end(tally.ended.load(Ordering::Relaxed), Instant::now());
    over.cancel();
    let server = counting
        .await
        .unwrap_or_else(|_| Err("the program is ending".to_owned()));
    let (after, most, least, pools) = post.pools.look(|p| {
        let (most, least) = p
            .iter()
            .map(|(_, pool)| (pool.max, pool.min))
            .max()
            .unwrap_or_default();
        let used = p.iter().filter(|(_, pool)| pool.created > 0).count();
        (Totals::of(p), most, least, used)
    });
    let latency = lock(&tally.latency).clone();
    let failures = lock(&tally.failures).clone();
    Ok(LoadReport {
        text: load.text.clone(),
        at_once: load.at_once,
        meant: load.lasts,
        took,
        stopped: cancel.is_cancelled(),
        operations: tally.operations.load(Ordering::Relaxed),
        failures,
        latency,
        waits: after.waits.since(&before.waits),
        most,
        least,
        pools,
        in_use: seen.in_use,
        pending: seen.pending,
        created: after.created.saturating_sub(before.created),
        closed: after.closed.saturating_sub(before.closed),
        at_limit: seen.at_limit,
        patience: call.link().patience(),
        server,
        course: seen.course,
    })
}

/// Refuses what is no bounded load of reads on a profile that allows it.
fn allowed(post: &Post, load: &Load) -> Result<(), Failure> {
    let refuse = |what: String| Err(Failure::new(FailureKind::Configuration, what));
    if post.profile.production && !post.profile.allow_load {
        return Err(Failure::new(
            FailureKind::Configuration,
            format!(
                "profile `{}` is production: no load is put on it",
                post.profile.name
            ),
        )
        .with_help("write `allow_load = true` in the profile, or `--yes` on the command line"));
    }
    if !(1..=MOST_AT_ONCE).contains(&load.at_once) {
        return refuse(format!(
            "`{}` at once is not from 1 to {MOST_AT_ONCE}",
            load.at_once
        ));
    }
    if !(SHORTEST..=LONGEST).contains(&load.lasts) {
        return refuse(format!(
            "`{:?}` is not from {SHORTEST:?} to {LONGEST:?}",
            load.lasts
        ));
    }
    let Some(statement) = &load.statement else {
        return Ok(());
    };
    statement.plan().map_err(statement::refusal)?;
    match Load::refusal(statement) {
        Some(why) => Err(Failure::new(FailureKind::Query, why)
            .with_help("give a statement such as `db.COLL.find({…})`")),
        None => Ok(()),
    }
}

/// One operation.
async fn once(call: &Call, statement: Option<&Statement>) -> Result<(), Failure> {
    let Some(statement) = statement else {
        return match call.ask("admin", rawdoc! { "ping": 1 }).await {
            Ok(_) => Ok(()),
            Err(e) => Err(call.failure(&e, None)),
        };
    };
    match statement.plan().map_err(statement::refusal)? {
        Plan::Documents(reading) => {
            let source = Source::reading(&reading, false);
            let mut batches = source.open(call, None, BATCH as usize, BATCH).await?;
            match batches.next(call).await {
                Some(Err(e)) => Err(call.failure(&e, source.namespace.as_ref())),
                Some(Ok(_)) | None => Ok(()),
            }
        }
        plan => statement::single(call, statement, plan).await.map(drop),
    }
}

fn count_failure(tally: &Tally, failure: Failure) {
    let mut failures = lock(&tally.failures);
    // A figure in the words would make each failure a kind of its own.
    let kind = failure.summary;
    let key = match failures.len() < MOST_KINDS || failures.contains_key(&kind) {
        true => kind,
        false => "something else".to_owned(),
    };
    *failures.entry(key).or_default() += 1;
}

/// The server whose pool made most connections.
fn busiest(pools: &Pools) -> Option<(String, u32)> {
    let (address, pool) = pools.iter().max_by_key(|(_, p)| p.created)?;
    let made = pool.in_use() + pool.available();
    Some((address.to_string(), u32::try_from(made).unwrap_or(u32::MAX)))
}

/// Has the busiest server count, until `over` and once after it.
async fn count(post: Arc<Post>, call: Call, over: Cancel) -> Result<ServerCount, String> {
    let mut most = 0;
    // What was stopped is counted all the same, and not stopped with it.
    let call = call
        .unstopped()
        .with_comment(format!("{}{MARK}", call.comment()));
    while !over.is_cancelled() {
        if let Some((address, _)) = post.pools.look(busiest)
            && let Ok(counted) = count_ours(&call, &address).await
        {
            most = most.max(counted.pool);
        }
        let _ = tokio::time::timeout(COUNT, over.cancelled()).await;
    }
    let mut told = Err("no server was asked".to_owned());
    for attempt in 0..COUNTS {
        if attempt > 0 {
            tokio::time::sleep(LOOK).await;
        }
        let Some((address, _)) = post.pools.look(busiest) else {
            continue;
        };
        told = match count_ours(&call, &address).await {
            Err(failure) => Err(failure.summary),
            Ok(end) => {
                let pool = post.pools.look(busiest).map_or(0, |(_, made)| made);
                most = most.max(end.pool);
                Ok(ServerCount {
                    address,
                    most,
                    end,
                    pool,
                })
            }
        };
        // The server may notice a moment later than the pool that a connection is gone.
        if matches!(&told, Ok(server) if server.end.pool == server.pool) {
            break;
        }
    }
    told
}

/// Stops on the server what runs under `comment`.
async fn stop(post: Arc<Post>, comment: String) {
    for _ in 0..STOP_ATTEMPTS {
        let Some(link) = lock(&post.connection).link.clone() else {
            return;
        };
        link.kill(std::slice::from_ref(&comment)).await;
        tokio::time::sleep(STOP_AGAIN).await;
    }
}

/// What the pools have come to, for a difference.
struct Totals {
    waits: Histogram,
    created: u64,
    closed: u64,
}

impl Totals {
    fn of(pools: &Pools) -> Self {
        let mut all = Self {
            waits: Histogram::default(),
            created: 0,
            closed: 0,
        };
        for (_, pool) in pools.iter() {
            all.waits.join(&pool.waits);
            all.created += pool.created;
            all.closed += pool.closed_in_all();
        }
        all
    }
}

/// What the pools are at.
#[derive(Debug, Clone, Copy, Default)]
struct Gauges {
    in_use: u32,
    pending: u32,
    at_limit: bool,
}

impl Gauges {
    fn of(pools: &Pools) -> Self {
        let mut now = Self::default();
        for (_, pool) in pools.iter() {
            let in_use = u32::try_from(pool.in_use()).unwrap_or(u32::MAX);
            now.in_use = now.in_use.saturating_add(in_use);
            now.pending = now.pending.saturating_add(pool.pending);
            now.at_limit |= pool.saturated.is_some();
        }
        now
    }
}

/// What was seen of the pools so far.
struct Seen {
    in_use: u32,
    pending: u32,
    at_limit: Duration,
    last: Instant,
    stretch: Duration,
    begun: Instant,
    counted: u64,
    current: Stretch,
    course: Vec<Stretch>,
}

impl Seen {
    fn new(lasts: Duration, start: Instant) -> Self {
        Self {
            in_use: 0,
            pending: 0,
            at_limit: Duration::ZERO,
            last: start,
            stretch: (lasts / STRETCHES).max(LOOK),
            begun: start,
            counted: 0,
            current: Stretch::default(),
            course: Vec::new(),
        }
    }

    fn take(&mut self, gauges: Gauges, ended: u64, now: Instant) {
        self.in_use = self.in_use.max(gauges.in_use);
        self.pending = self.pending.max(gauges.pending);
        if gauges.at_limit {
            self.at_limit += now.duration_since(self.last);
        }
        self.last = now;
        self.current.in_use = self.current.in_use.max(gauges.in_use);
        self.current.pending = self.current.pending.max(gauges.pending);
        if now.duration_since(self.begun) >= self.stretch {
            self.end(ended, now);
        }
    }

    fn end(&mut self, ended: u64, now: Instant) {
        self.current.lasts = now.duration_since(self.begun);
        self.current.operations = ended.saturating_sub(self.counted);
        // Operations that hang after the time of the load must not make the course endless.
        if self.current.lasts > LOOK / 2 && self.course.len() < 2 * STRETCHES as usize {
            self.course.push(self.current);
        }
        (self.begun, self.counted, self.current) = (now, ended, Stretch::default());
    }
}
