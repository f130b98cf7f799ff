//! Reads what runs on a server, and stops one of it.

use std::time::Duration;

use bson::raw::cstr;
use bson::{RawBsonRef, RawDocument, RawDocumentBuf, Regex, rawdoc};
use mongodb::error::Error;

use super::super::read::refused;
use super::fields::{flag, number, text};
use super::{Part, Seat, bounded};
use crate::mongo::link::Call;
use crate::mongo::request::Failure;
use crate::mongo::request::observe::{
    Killed, MOST_OPERATIONS, OperationId, Operations, RunningOperation,
};

const OTHERS: Part = Part {
    what: "the list of other users' operations",
    done: "read",
    privilege: "inprog",
    role: "clusterMonitor",
};
const KILL: Part = Part {
    what: "the operation",
    done: "stopped",
    privilege: "killop",
    role: "hostManager",
};

/// How long a stopped operation is looked for before it is told that it still runs, and how often.
const PATIENCE: Duration = Duration::from_secs(3);
const BETWEEN: Duration = Duration::from_millis(100);

/// Runs nothing of ours that only looks: of this program, and of others like it.
pub(super) fn marked() -> Regex {
    Regex {
        // How [`super::MARK`] ends a comment.
        pattern: cstr!("^mongodeck/[^ ]* monitor$").to_owned(),
        options: cstr!("").to_owned(),
    }
}

fn pipeline(everyone: bool, idle: bool) -> bson::RawArrayBuf {
    let mut stages = bson::RawArrayBuf::new();
    stages.push(rawdoc! {
        "$currentOp": { "allUsers": everyone, "idleConnections": idle, "idleSessions": idle, "idleCursors": false }
    });
    let not_ours = || rawdoc! { "$not": marked() };
    stages.push(rawdoc! { "$match": {
        "command.comment": not_ours(),
        "cursor.originatingCommand.comment": not_ours(),
    } });
    if !idle {
        stages.push(rawdoc! { "$match": {
            "active": true,
            "op": { "$ne": "none" },
            // Every client waits in one of these for news of the server.
            "command.hello": { "$exists": false },
            "command.isMaster": { "$exists": false },
            "command.ismaster": { "$exists": false },
        } });
    }
    stages
}

fn command(mut stages: bson::RawArrayBuf, most: usize) -> RawDocumentBuf {
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    stages.push(rawdoc! { "$sort": { "microsecs_running": -1 } });
    stages.push(rawdoc! { "$limit": most });
    rawdoc! { "aggregate": 1, "pipeline": stages, "cursor": { "batchSize": most }, "readConcern": { "level": "local" } }
}

pub(super) async fn look(seat: &Seat, idle: bool) -> Result<Operations, Failure> {
    let mut found = Operations {
        host: seat.address.clone(),
        ..Operations::default()
    };
    let prefix = session(seat.call.comment()).to_owned();
    let mut take = |d: &RawDocument| found.running.push(operation(d, &prefix));
    // One more than is told of, so that it is known whether there are more.
    let most = MOST_OPERATIONS + 1;
    let asked = command(pipeline(true, idle), most);
    match seat.every("admin", asked, most, &mut take).await {
        Err(error) if refused(&error) => {
            let gap = seat.gap(&error, &OTHERS)?;
            let asked = command(pipeline(false, idle), most);
            seat.every("admin", asked, most, &mut take)
                .await
                .map_err(|e| seat.failure(&e, &OTHERS))?;
            found.gaps.push(gap);
        }
        other => {
            other.map_err(|e| seat.failure(&e, &OTHERS))?;
        }
    }
    found.more = found.running.len() > MOST_OPERATIONS;
    found.running.truncate(MOST_OPERATIONS);
    Ok(found)
}

/// The part of a comment that all tasks of a run have in common.
fn session(comment: &str) -> &str {
    match comment.rfind('/') {
        Some(at) => &comment[..=at],
        None => comment,
    }
}

/// The most locks that are told of one operation.
const MOST_LOCKS: usize = 20;

fn operation(document: &RawDocument, session: &str) -> RunningOperation {
    let empty = RawDocumentBuf::new();
    let own = document.get_document("command").unwrap_or(&empty);
    let opened = document
        .get_document("cursor")
        .and_then(|c| c.get_document("originatingCommand"))
        .ok();
    let (command, cut) = bounded(opened.unwrap_or(own));
    let comment = own.get_str("comment").unwrap_or_default();
    let user = document
        .get_array("effectiveUsers")
        .ok()
        .and_then(|users| users.into_iter().flatten().next())
        .and_then(|user| {
            let user = user.as_document()?;
            let name = user.get_str("user").ok()?;
            Some(format!("{name}@{}", user.get_str("db").unwrap_or_default()))
        });
    let locks = document
        .get_document("locks")
        .into_iter()
        .flat_map(RawDocument::iter)
        .flatten()
        .filter_map(|(what, mode)| Some(format!("{}: {}", what.as_str(), mode.as_str()?)))
        .take(MOST_LOCKS)
        .collect();
    let id = document.get("opid").ok().flatten();
    let message = text(document, "msg").or_else(|| {
        let progress = document.get_document("progress").ok()?;
        let (done, total) = (number(progress, "done")?, number(progress, "total")?);
        Some(format!("{done} of {total}"))
    });
    RunningOperation {
        id: OperationId(id.map_or(bson::RawBson::Null, bson::RawBson::from)),
        running: number(document, "microsecs_running")
            .map(Duration::from_micros)
            .or_else(|| number(document, "secs_running").map(Duration::from_secs)),
        kind: text(document, "op").unwrap_or_default(),
        namespace: text(document, "ns").unwrap_or_default(),
        command,
        cut,
        client: text(document, "client").or_else(|| text(document, "client_s")),
        application: text(document, "appName"),
        user,
        thread: text(document, "desc").unwrap_or_default(),
        plan: text(document, "planSummary"),
        waits: flag(document, "waitingForLock") || flag(document, "waitingForFlowControl"),
        locks,
        kill_pending: flag(document, "killPending"),
        yields: number(document, "numYields").unwrap_or(0),
        message,
        transaction: matches!(
            document.get("transaction"),
            Ok(Some(RawBsonRef::Document(_)))
        ),
        ours: comment.starts_with(session),
    }
}

/// Stops an operation, and looks whether it is gone.
pub(in crate::mongo::runner) async fn kill(
    call: &Call,
    host: &str,
    id: &OperationId,
) -> Result<Killed, Failure> {
    let seat = Seat::at(call, host).await?;
    let words = |e: Error| seat.failure(&e, &KILL);
    if !runs(&seat, id).await.map_err(words)? {
        return Ok(Killed::AlreadyGone);
    }
    call.go_on()?;
    let order = rawdoc! { "killOp": 1, "op": id.0.clone() };
    seat.order("admin", order).await.map_err(words)?;
    let since = tokio::time::Instant::now();
    loop {
        if !runs(&seat, id).await.map_err(words)? {
            return Ok(Killed::Gone);
        }
        if since.elapsed() > PATIENCE || call.go_on().is_err() {
            return Ok(Killed::Stopping);
        }
        tokio::time::sleep(BETWEEN).await;
    }
}

/// Whether the server has an operation of this id.
async fn runs(seat: &Seat, id: &OperationId) -> Result<bool, Error> {
    let look = |everyone: bool| {
        let mut stages = bson::RawArrayBuf::new();
        stages.push(rawdoc! { "$currentOp": { "allUsers": everyone } });
        stages.push(rawdoc! { "$match": { "opid": id.0.clone() } });
        stages.push(rawdoc! { "$project": { "opid": 1 } });
        command(stages, 1)
    };
    let mut found = false;
    match seat.every("admin", look(true), 1, |_| found = true).await {
        Err(error) if refused(&error) => {
            seat.every("admin", look(false), 1, |_| found = true)
                .await?;
        }
        other => {
            other?;
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_is_read_with_its_client_and_locks() {
        let document = rawdoc! {
            "opid": 4711, "active": true, "op": "getmore", "ns": "shop.orders", "microsecs_running": 2_500_000_i64,
            "client": "10.0.0.7:52114", "appName": "worker", "desc": "conn12", "planSummary": "COLLSCAN",
            "effectiveUsers": [{ "user": "app", "db": "admin" }], "waitingForLock": true, "locks": { "Global": "r" },
            "command": { "getMore": 12_i64, "collection": "orders", "comment": "mongodeck/ab/3" },
            "cursor": { "originatingCommand": { "find": "orders", "filter": { "a": 1 }, "$db": "shop", "lsid": { "id": 1 } } },
            "killPending": true, "numYields": 7,
        };
        let read = operation(&document, "mongodeck/ab/");
        assert_eq!(read.id.to_string(), "4711");
        assert_eq!(read.running, Some(Duration::from_millis(2500)));
        assert_eq!(
            read.command,
            rawdoc! { "find": "orders", "filter": { "a": 1 }, "$db": "shop" }
        );
        assert_eq!(read.user.as_deref(), Some("app@admin"));
        assert_eq!(read.locks, ["Global: r"]);
        assert!(read.waits && read.kill_pending && read.ours && !read.cut);
    }

    #[test]
    fn a_router_calls_its_operations_by_shard() {
        let read = operation(&rawdoc! { "opid": "s1:42" }, "mongodeck/ab/");
        assert_eq!(read.id.to_string(), "s1:42");
        assert_eq!(read.running, None);
        assert!(!read.ours);
    }
}
