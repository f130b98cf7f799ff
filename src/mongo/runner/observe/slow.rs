//! Reads what was slow, sets the profiler, and puts it back.

use std::collections::HashMap;
use std::sync::Arc;

use bson::{Bson, RawDocument, RawDocumentBuf, rawdoc};
use mongodb::error::{Error, ErrorKind};

use super::super::{Post, lock};
use super::fields::{number, text};
use super::operations::marked;
use super::shapes::{self, Entry};
use super::{MARK, Part, Seat, bounded};
use crate::mongo::failure::integer;
use crate::mongo::link::{Call, Cancel, Link};
use crate::mongo::request::observe::{Profiling, ProfilingLevel, Restored, Slow, SlowSource};
use crate::mongo::request::{Failure, FailureKind};
use crate::value::extjson;

const LEVEL: Part = Part {
    what: "the profiler's level",
    done: "read",
    privilege: "enableProfiler",
    role: "dbAdmin",
};
const SET: Part = Part {
    what: "the profiler",
    done: "set",
    privilege: "enableProfiler",
    role: "dbAdmin",
};
const DOCUMENTS: Part = Part {
    what: "what the profiler wrote",
    done: "read",
    privilege: "find on system.profile",
    role: "dbAdmin",
};
const LOG: Part = Part {
    what: "the server's log",
    done: "read",
    privilege: "getLog",
    role: "clusterMonitor",
};

/// The newest documents of the profiler that are looked at.
const MOST_PROFILED: usize = 2_000;

/// The longest line of a log that is looked at.
const MOST_LINE: usize = 64 << 10;

pub(super) async fn look(seat: &Seat, database: &str) -> Result<Slow, Failure> {
    let mut gaps = Vec::new();
    let profiling = match profiling(seat, database).await {
        Ok(profiling) => Some(profiling),
        Err(error) => {
            gaps.push(seat.gap(&error, &LEVEL)?);
            None
        }
    };
    seat.call.go_on()?;
    let mut entries = Vec::new();
    let own = format!("{database}.system.profile");
    let command = rawdoc! {
        "find": "system.profile",
        "filter": { "ns": { "$ne": own }, "command.comment": { "$not": marked() } },
        "sort": { "$natural": -1 },
        "limit": i64::try_from(MOST_PROFILED).unwrap_or(1),
        "readConcern": { "level": "local" },
    };
    let read = seat
        .every(database, command, MOST_PROFILED, |d| {
            entries.extend(profiled(d));
        })
        .await;
    if let Err(error) = read {
        gaps.push(seat.gap(&error, &DOCUMENTS)?);
    }
    let profiled = entries.len();
    seat.call.go_on()?;
    match seat.ask("admin", rawdoc! { "getLog": "global" }).await {
        Ok(reply) => {
            let lines = reply.get_array("log").into_iter().flatten();
            entries.extend(lines.filter_map(Bson::as_str).filter_map(logged));
        }
        Err(error) => gaps.push(seat.gap(&error, &LOG)?),
    }
    let logged = entries.len() - profiled;
    Ok(Slow {
        database: database.to_owned(),
        profiling,
        before: None,
        shapes: shapes::group(entries),
        profiled,
        logged,
        gaps,
    })
}

async fn profiling(seat: &Seat, database: &str) -> Result<Profiling, Error> {
    let reply = seat.ask(database, rawdoc! { "profile": -1 }).await?;
    Ok(Profiling {
        level: ProfilingLevel::of(integer(reply.get("was")).unwrap_or(0)),
        slow_ms: integer(reply.get("slowms")).unwrap_or(100),
        sample_rate: match reply.get("sampleRate") {
            Some(Bson::Double(rate)) => *rate,
            #[expect(clippy::cast_precision_loss, reason = "it is between 0 and 1")]
            other => integer(other).map_or(1.0, |n| n as f64),
        },
    })
}

fn entry(document: &RawDocument, kind: &str, at: i64, took: u64, source: SlowSource) -> Entry {
    let empty = RawDocumentBuf::new();
    let own = document.get_document("command").unwrap_or(&empty);
    let opened = document.get_document("originatingCommand").ok();
    let (command, cut) = bounded(opened.unwrap_or(own));
    Entry {
        source,
        at,
        namespace: text(document, "ns").unwrap_or_default(),
        more: opened.is_some(),
        kind: kind.to_owned(),
        command,
        cut,
        millis: took,
        examined: number(document, "docsExamined").unwrap_or(0),
        returned: number(document, "nreturned").unwrap_or(0),
        plan: text(document, "planSummary"),
        application: text(document, "appName"),
    }
}

/// A document of the profiler.
fn profiled(document: &RawDocument) -> Option<Entry> {
    let at = document.get_datetime("ts").ok()?.timestamp_millis();
    let kind = document.get_str("op").unwrap_or_default();
    let took = number(document, "millis").unwrap_or(0);
    Some(entry(document, kind, at, took, SlowSource::Profiler))
}

/// A line of the log that tells of something slow.
fn logged(line: &str) -> Option<Entry> {
    if !line.contains("\"Slow query\"") || line.len() > MOST_LINE {
        return None;
    }
    let line = extjson::parse_document(line).ok()?;
    let told = line.get_document("attr").ok()?;
    let at = line.get_datetime("t").ok()?.timestamp_millis();
    let comment = told
        .get_document("command")
        .and_then(|c| c.get_str("comment"));
    let looked_at = told
        .get_str("ns")
        .is_ok_and(|ns| ns.ends_with(".system.profile"));
    if looked_at || comment.is_ok_and(|c| c.starts_with("mongodeck/") && c.ends_with(MARK)) {
        return None;
    }
    let kind = told.get_str("type").unwrap_or_default();
    let took = number(told, "durationMillis").unwrap_or(0);
    Some(entry(told, kind, at, took, SlowSource::Log))
}

/// What of a server holds for all its databases.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Threshold {
    slow_ms: i64,
    sample_rate: f64,
}

impl Threshold {
    fn of(profiling: Profiling) -> Self {
        Self {
            slow_ms: profiling.slow_ms,
            sample_rate: profiling.sample_rate,
        }
    }
}

/// The profilers that this program has set.
#[derive(Debug, Default)]
pub(in crate::mongo::runner) struct Profilers {
    held: Vec<Held>,
    /// Of each server: what it was before the first setting, and what was set last.
    thresholds: HashMap<String, (Threshold, Threshold)>,
}

#[derive(Debug, Clone, PartialEq)]
struct Held {
    database: String,
    address: String,
    before: Profiling,
    set: Profiling,
}

impl Profilers {
    /// Whether this database's profiler was set.
    pub(in crate::mongo::runner) fn holds(&self, database: &str) -> bool {
        self.held.iter().any(|h| h.database == database)
    }

    /// How it was before.
    pub(super) fn before(&self, database: &str) -> Option<Profiling> {
        let held = self.held.iter().find(|h| h.database == database)?;
        Some(held.before)
    }

    fn remember(&mut self, database: &str, address: &str, before: Profiling, set: Profiling) {
        let thresholds = (Threshold::of(before), Threshold::of(set));
        let server = self
            .thresholds
            .entry(address.to_owned())
            .or_insert(thresholds);
        server.1 = thresholds.1;
        match self.held.iter_mut().find(|h| h.database == database) {
            Some(held) if held.address == address => held.set = set,
            Some(held) => {
                *held = Held {
                    database: database.to_owned(),
                    address: address.to_owned(),
                    before,
                    set,
                };
            }
            None => self.held.push(Held {
                database: database.to_owned(),
                address: address.to_owned(),
                before,
                set,
            }),
        }
    }

    fn forget(&mut self, database: &str) {
        self.held.retain(|h| h.database != database);
        let held = &self.held;
        self.thresholds
            .retain(|address, _| held.iter().any(|h| h.address == *address));
    }

    /// How a profiler is to be put back that is `now` so; `None` where somebody else has set it since.
    fn target(&self, held: &Held, now: Profiling) -> Option<Profiling> {
        if now.level != held.set.level {
            return None;
        }
        let last = self
            .held
            .iter()
            .filter(|h| h.address == held.address)
            .count()
            == 1;
        let threshold = match self.thresholds.get(&held.address) {
            Some((before, set)) if last && *set == Threshold::of(now) => *before,
            _ => Threshold::of(now),
        };
        Some(Profiling {
            level: held.before.level,
            slow_ms: threshold.slow_ms,
            sample_rate: threshold.sample_rate,
        })
    }
}

async fn put(seat: &Seat, database: &str, to: Profiling) -> Result<(), Error> {
    let command = rawdoc! {
        "profile": to.level.number(),
        "slowms": i32::try_from(to.slow_ms).unwrap_or(i32::MAX),
        "sampleRate": to.sample_rate,
    };
    seat.order(database, command).await.map(|_| ())
}

/// Sets a profiler, and reads how it is then.
pub(in crate::mongo::runner) async fn set(
    post: &Arc<Post>,
    call: &Call,
    database: &str,
    to: Profiling,
) -> Result<Profiling, Failure> {
    if to.slow_ms < 0 || !(0.0..=1.0).contains(&to.sample_rate) {
        return Err(Failure::new(
            FailureKind::Query,
            "a threshold is 0 ms or more, and a share is between 0 and 1",
        ));
    }
    let seat = Seat::take(call).await?;
    let words = |e: Error| seat.failure(&e, &SET);
    let before = profiling(&seat, database).await.map_err(words)?;
    call.go_on()?;
    let known = lock(&post.profilers).before(database);
    // Remembered first: where the answer is lost, it may have been set.
    lock(&post.profilers).remember(database, &seat.address, before, to);
    if let Err(error) = put(&seat, database, to).await {
        if matches!(error.kind.as_ref(), ErrorKind::Command(_)) {
            match known {
                Some(_) => lock(&post.profilers).remember(database, &seat.address, before, before),
                None => lock(&post.profilers).forget(database),
            }
        }
        return Err(words(error));
    }
    let now = profiling(&seat, database).await.map_err(words)?;
    if lock(&post.profilers).before(database) == Some(now) {
        lock(&post.profilers).forget(database);
    }
    if now.level != to.level {
        return Err(Failure::new(
            FailureKind::Other,
            format!("the server left the profiler at `{}`", now.level.words()),
        ));
    }
    Ok(now)
}

/// Puts a profiler back.
pub(in crate::mongo::runner) async fn restore(
    post: &Arc<Post>,
    call: &Call,
    database: &str,
) -> Result<Restored, Failure> {
    let held = {
        let profilers = lock(&post.profilers);
        let found = profilers.held.iter().find(|h| h.database == database);
        match found {
            Some(held) => held.clone(),
            None => return Ok(Restored::NotOurs),
        }
    };
    let seat = Seat::at(call, &held.address).await?;
    let words = |e: Error| seat.failure(&e, &SET);
    let now = profiling(&seat, database).await.map_err(words)?;
    let Some(target) = lock(&post.profilers).target(&held, now) else {
        lock(&post.profilers).forget(database);
        return Ok(Restored::SetElsewhere(now));
    };
    put(&seat, database, target).await.map_err(words)?;
    lock(&post.profilers).forget(database);
    Ok(Restored::Yes(target))
}

/// Puts all of them back, the last one set first, before the connection is closed.
pub(in crate::mongo::runner) async fn restore_all(post: &Arc<Post>, link: &Arc<Link>) {
    let databases: Vec<String> = lock(&post.profilers)
        .held
        .iter()
        .rev()
        .map(|h| h.database.clone())
        .collect();
    let call = Call::new(
        Arc::clone(link),
        &format!("mongodeck/closing{MARK}"),
        Cancel::default(),
    );
    for database in databases {
        // Nobody is left to be told; the server's next start does the same.
        let _ = restore(post, &call, &database).await;
    }
    *lock(&post.profilers) = Profilers::default();
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        reason = "a test fails by panicking"
    )]

    use super::*;

    const OFF: Profiling = Profiling {
        level: ProfilingLevel::Off,
        slow_ms: 100,
        sample_rate: 1.0,
    };
    const ALL: Profiling = Profiling {
        level: ProfilingLevel::All,
        slow_ms: 20,
        sample_rate: 1.0,
    };

    #[test]
    fn the_threshold_goes_back_with_the_last_of_a_servers_profilers() {
        let mut profilers = Profilers::default();
        profilers.remember("a", "h:1", OFF, ALL);
        let other = Profiling { slow_ms: 20, ..OFF };
        profilers.remember("b", "h:1", other, ALL);
        let held = profilers.held[0].clone();
        assert_eq!(
            profilers.target(&held, ALL),
            Some(Profiling { slow_ms: 20, ..OFF })
        );
        profilers.forget("a");
        let held = profilers.held[0].clone();
        assert_eq!(profilers.target(&held, ALL), Some(OFF));
    }

    #[test]
    fn what_somebody_else_set_since_is_left_as_it_is() {
        let mut profilers = Profilers::default();
        profilers.remember("a", "h:1", OFF, ALL);
        let held = profilers.held[0].clone();
        let slow = Profiling {
            level: ProfilingLevel::Slow,
            ..ALL
        };
        assert_eq!(profilers.target(&held, slow), None);
        let moved = Profiling { slow_ms: 7, ..ALL };
        assert_eq!(
            profilers.target(&held, moved),
            Some(Profiling { slow_ms: 7, ..OFF })
        );
    }

    #[test]
    fn the_first_setting_is_what_is_put_back_however_often_it_is_set() {
        let mut profilers = Profilers::default();
        profilers.remember("a", "h:1", OFF, ALL);
        let slow = Profiling {
            level: ProfilingLevel::Slow,
            ..ALL
        };
        profilers.remember("a", "h:1", ALL, slow);
        assert_eq!(profilers.before("a"), Some(OFF));
        let held = profilers.held[0].clone();
        assert_eq!(profilers.target(&held, slow), Some(OFF));
    }

    #[test]
    fn a_slow_line_of_the_log_is_read() {
        let line = r#"{"t":{"$date":"2026-03-01T09:12:00.123+00:00"},"s":"I","c":"COMMAND","id":51803,"ctx":"conn12","msg":"Slow query","attr":{"type":"command","ns":"shop.orders","appName":"worker","command":{"find":"orders","filter":{"status":"open","at":{"$gt":{"$date":"2026-01-01T00:00:00Z"}}},"$db":"shop"},"planSummary":"COLLSCAN","keysExamined":0,"docsExamined":40000,"nreturned":12,"durationMillis":231}}"#;
        let entry = logged(line).unwrap();
        assert_eq!(
            (entry.millis, entry.examined, entry.returned),
            (231, 40_000, 12)
        );
        assert_eq!(entry.namespace, "shop.orders");
        assert_eq!(entry.plan.as_deref(), Some("COLLSCAN"));
        assert!(logged(&line.replace("Slow query", "Other")).is_none());
        assert!(logged(&line.replace("shop.orders", "shop.system.profile")).is_none());
    }
}
