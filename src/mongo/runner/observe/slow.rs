//! Reads what was slow, out of the profiler's collection and the server's log.

use bson::{Bson, RawDocument, RawDocumentBuf, rawdoc};
use mongodb::error::Error;

use super::fields::{number, text};
use super::operations::marked;
use super::shapes::{self, Entry};
use super::{MARK, Part, Seat, bounded};
use crate::mongo::failure::integer;
use crate::mongo::request::Failure;
use crate::mongo::request::observe::{Profiling, ProfilingLevel, Slow, SlowSource};
use crate::value::extjson;

const LEVEL: Part = Part {
    what: "the profiler's level",
    done: "read",
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
        left: None,
        shapes: shapes::group(entries),
        profiled,
        logged,
        gaps,
    })
}

pub(super) async fn profiling(seat: &Seat, database: &str) -> Result<Profiling, Error> {
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

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        reason = "a test fails by panicking"
    )]

    use super::*;

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
