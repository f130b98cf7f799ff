//! `mongodeck pool-test`: a bounded load of reads through a profile's own pool, with figures and a chart at the end.
//!
//! Only reads. A production profile has to allow it, or the person says `--yes`. Ctrl-C ends it early, with the figures so
//! far.

use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::execute::context;
use super::find::until_interrupted;
use super::target::{self, ConnectArgs, Resolved};
use super::{Exit, block_on, config as configuration, fail, print, usage};
use crate::config::connections::ConnectionLog;
use crate::mongo::request::Failure;
use crate::mongo::request::load::{LONGEST, Load, LoadReport, MOST_AT_ONCE, SHORTEST};
use crate::mongo::runner::Runner;
use crate::pool::Histogram;
use crate::query::{self, Context, Statement};

/// Arguments of `mongodeck pool-test`.
#[derive(Debug, Args)]
#[command(after_help = "\
Each of the N places runs one operation after the other, through the profile's own pool with the profile's own limits, for the \
whole time. Of a query that gives documents the first batch is read. What runs at the end is waited for.

Exit codes: 0 done, 1 an operation failed, 2 usage or configuration (also a production profile without `allow_load = true` or \
`--yes`), 3 connection, 130 interrupted (with the figures so far).

`--format json` prints one object: `profile`, `query`, `concurrency`, `meant_ms`, `took_ms`, `stopped`, `operations`, \
`rate`, `failed`, `failures` (by what was said), `latency_ms` and `waited_ms` (each `p50`, `p90`, `p99`, `max`), `pool` (`max`, \
`min`, `servers`, `in_use`, `pending`, `created`, `closed`, `at_limit_ms`, `wait_queue_timeout_ms`), `server` (what it counted itself: `address`, `most`, `at_end`, `pool_at_end`, `monitoring`; \
or `missing` with the reason), `warnings`, `course` (a list \
of `ms`, `in_use`, `pending`, `operations`).")]
pub struct PoolTestArgs {
    /// `PROFILE` or `PROFILE/DB`, or a `mongodb://` or `mongodb+srv://` URI.
    #[arg(value_name = "PROFILE")]
    pub target: String,
    /// How many operations run at once, 1000 at the most.
    #[arg(short = 'n', long, value_name = "N", default_value_t = 20)]
    pub concurrency: u32,
    /// For how long: `30`, `30s`; five minutes at the most.
    #[arg(long = "for", value_name = "TIME", default_value = "10s")]
    pub lasts: String,
    /// What is run: a statement that reads, such as `db.orders.find({…})`. None: `ping`.
    #[arg(long, value_name = "TEXT")]
    pub query: Option<String>,
    /// How the figures are printed.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub format: Format,
    /// Put the load on a production profile too.
    #[arg(long)]
    pub yes: bool,
    /// How to reach the server.
    #[command(flatten)]
    pub connect: ConnectArgs,
}

/// How the figures are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people, with charts.
    Table,
    /// One JSON object.
    Json,
}

/// Runs `mongodeck pool-test`.
#[must_use]
pub fn run(args: &PoolTestArgs) -> Exit {
    let (resolved, load) = match prepare(args) {
        Ok(prepared) => prepared,
        Err(exit) => return exit,
    };
    let name = resolved.profile.name.clone();
    let report = match block_on(put(resolved, &load)) {
        Ok(Ok(report)) => report,
        Ok(Err(failure)) => return fail(&failure),
        Err(exit) => return exit,
    };
    let text = match args.format {
        Format::Table => {
            let width = print::width().unwrap_or(100).clamp(40, 160);
            report.lines(width).join("\n")
        }
        Format::Json => as_json(name.as_str(), &report),
    };
    let _ = print::line(&print::printable(&text));
    match report {
        _ if report.stopped => Exit::Interrupted,
        _ if report.failed() > 0 || report.operations == 0 => Exit::Query,
        _ => Exit::Ok,
    }
}

fn prepare(args: &PoolTestArgs) -> Result<(Resolved, Load), Exit> {
    if !(1..=MOST_AT_ONCE).contains(&args.concurrency) {
        return Err(usage(&format!(
            "`--concurrency {}` is not from 1 to {MOST_AT_ONCE}",
            args.concurrency
        )));
    }
    let lasts = super::status::time("--for", Some(&args.lasts))?
        .filter(|t| (SHORTEST..=LONGEST).contains(t))
        .ok_or_else(|| {
            usage(&format!(
                "`--for {}` is not from 100 ms to {} s",
                args.lasts.escape_debug(),
                LONGEST.as_secs()
            ))
        })?;
    let config = configuration::load()?;
    let resolved =
        target::resolve(&config, Some(&args.target), &args.connect).map_err(|e| usage(&e))?;
    let Some(mut resolved) = resolved else {
        return Err(usage("name a profile"));
    };
    if resolved.profile.production && !resolved.profile.allow_load && !args.yes {
        return Err(usage(&format!(
            "profile `{}` is production: no load is put on it; add `--yes` if that is meant, or write `allow_load = true` in the profile",
            resolved.profile.name
        )));
    }
    let statement = match &args.query {
        None => None,
        Some(text) => Some(statement(text, &resolved)?),
    };
    target::ask_password(&mut resolved.profile, &args.connect).map_err(|e| usage(&e))?;
    // This command only reads, whatever the profile allows; and what was asked above holds.
    resolved.profile.read_only = true;
    resolved.profile.allow_load = true;
    let load = Load {
        at_once: args.concurrency,
        lasts,
        statement,
        text: args.query.clone().unwrap_or_else(|| "ping".to_owned()),
    };
    Ok((resolved, load))
}

fn statement(text: &str, resolved: &Resolved) -> Result<Arc<Statement>, Exit> {
    let context = Context {
        database: resolved
            .database
            .clone()
            .unwrap_or_else(|| "test".to_owned()),
        ..context("")
    };
    let checked = match query::check(text, &context) {
        Ok(checked) => checked,
        Err(problems) => {
            for problem in &problems {
                print::note(&problem.render("query", text));
            }
            return Err(Exit::Query);
        }
    };
    let statement = match checked.input {
        query::Input::Statement(statement) => statement,
        query::Input::Value(_) => {
            return Err(usage("write a statement such as `db.COLL.find({…})`"));
        }
    };
    if let Err(refused) = statement.plan() {
        print::error(&refused.to_string());
        return Err(Exit::Query);
    }
    if let Some(why) = Load::refusal(&statement) {
        return Err(usage(&why));
    }
    Ok(Arc::new(statement))
}

async fn put(resolved: Resolved, load: &Load) -> Result<LoadReport, Failure> {
    let (reports, mut unread) = mpsc::unbounded_channel();
    tokio::spawn(async move { while unread.recv().await.is_some() {} });
    let name = resolved.profile.name.clone();
    let mut runner = Runner::new([resolved.profile], reports);
    if let Ok(log) = ConnectionLog::open() {
        runner = runner.with_connection_log(log);
    }
    let streaming = until_interrupted();
    let start = Instant::now();
    let loading = runner.load(&name, load, &streaming);
    tokio::pin!(loading);
    let mut tick = tokio::time::interval(Duration::from_millis(500));
    let result = loop {
        tokio::select! {
            result = &mut loading => break result,
            _ = tick.tick() => print::progress(&format!(
                "{} at once, {:.0} s of {:.0} s",
                load.at_once,
                start.elapsed().as_secs_f64(),
                load.lasts.as_secs_f64()
            )),
        }
    };
    print::clear_progress();
    runner.shutdown().await;
    if let Some(log) = runner.connection_log() {
        log.flush(Duration::from_millis(500));
    }
    result
}

fn millis(time: Duration) -> Value {
    json!((time.as_secs_f64() * 1_000_000.0).round() / 1_000.0)
}

fn percentiles(histogram: &Histogram) -> Value {
    let of = |share| histogram.percentile(share).map(millis);
    json!({
        "p50": of(0.5), "p90": of(0.9), "p99": of(0.99),
        "max": (histogram.count() > 0).then(|| millis(histogram.max())),
    })
}

fn as_json(profile: &str, report: &LoadReport) -> String {
    let mut at = Duration::ZERO;
    let course: Vec<Value> = report
        .course
        .iter()
        .map(|s| {
            at += s.lasts;
            json!({ "ms": millis(at), "in_use": s.in_use, "pending": s.pending, "operations": s.operations })
        })
        .collect();
    let whole = json!({
        "profile": profile,
        "query": report.text,
        "concurrency": report.at_once,
        "meant_ms": millis(report.meant),
        "took_ms": millis(report.took),
        "stopped": report.stopped,
        "operations": report.operations,
        "rate": (report.rate() * 10.0).round() / 10.0,
        "failed": report.failed(),
        "failures": report.failures,
        "latency_ms": percentiles(&report.latency),
        "waited_ms": percentiles(&report.waits),
        "pool": {
            "max": report.most, "min": report.least, "servers": report.pools,
            "in_use": report.in_use, "pending": report.pending,
            "created": report.created, "closed": report.closed,
            "at_limit_ms": millis(report.at_limit),
            "wait_queue_timeout_ms": report.patience.map(millis),
        },
        "server": match &report.server {
            Ok(server) => json!({
                "address": server.address, "most": server.most, "at_end": server.end.pool,
                "pool_at_end": server.pool, "monitoring": server.end.monitoring,
            }),
            Err(why) => json!({ "missing": why }),
        },
        "warnings": report.warnings(),
        "course": course,
    });
    serde_json::to_string_pretty(&whole).unwrap_or_default()
}
