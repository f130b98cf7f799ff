//! Reads what runs on a server, and stops one of it.

use std::time::Duration;

use bson::raw::cstr;
use bson::{RawBson, RawDocument, RawDocumentBuf, Regex, rawdoc};
use mongodb::error::Error;

use super::super::read::refused;
use super::fields::{flag, number, text};
use super::{Part, Seat, bounded};
use crate::mongo::link::Call;
use crate::mongo::request::observe::{
    Killed, MOST_OPERATIONS, OperationId, Operations, RunningOperation,
};
use crate::mongo::request::{Failure, Namespace};

const OTHERS: Part = Part {
    what: "only this user's own operations are listed: those of others",
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
        "$currentOp": { "allUsers": everyone, "idleConnections": idle, "idleSessions": true, "idleCursors": false }
    });
    let not_ours = || rawdoc! { "$not": marked() };
    stages.push(rawdoc! { "$match": {
        "command.comment": not_ours(),
        "cursor.originatingCommand.comment": not_ours(),
    } });
    if !idle {
        let busy = rawdoc! {
            "active": true,
            "op": { "$ne": "none" },
            // Every client waits in one of these for news of the server.
            "command.hello": { "$exists": false },
            "command.isMaster": { "$exists": false },
            "command.ismaster": { "$exists": false },
        };
        // What waits with an open transaction holds its locks.
        stages.push(rawdoc! { "$match": { "$or": [busy, { "type": "idleSession" }] } });
    }
    stages
}

pub(super) fn command(mut stages: bson::RawArrayBuf, most: usize) -> RawDocumentBuf {
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    // Of sessions with an open transaction, which come first, no time is told in that place.
    stages.push(rawdoc! { "$sort": { "type": 1, "microsecs_running": -1 } });
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

pub(super) fn operation(document: &RawDocument, session: &str) -> RunningOperation {
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
    let transaction = document
        .get_document("transaction")
        .ok()
        .map(|t| Duration::from_micros(number(t, "timeOpenMicros").unwrap_or(0)));
    let cursor = document
        .get_document("cursor")
        .and_then(|c| c.get_i64("cursorId"))
        .ok();
    let written = opened
        .and_then(|o| o.get_str("comment").ok())
        .unwrap_or(comment);
    RunningOperation {
        id: OperationId(id(document)),
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
        message: text(document, "msg").map(|m| phase(&m)),
        done: progress(document),
        transaction,
        comment: Some(written.to_owned()).filter(|c| !c.is_empty()),
        cursor,
        ours: comment.starts_with(session) || written.starts_with(session),
    }
}

/// What an operation is called, or the session that waits.
fn id(document: &RawDocument) -> RawBson {
    if let Ok(Some(id)) = document.get("opid") {
        return RawBson::from(id);
    }
    let mut session = RawDocumentBuf::new();
    for (key, value) in document
        .get_document("lsid")
        .into_iter()
        .flatten()
        .flatten()
    {
        if matches!(key.as_str(), "id" | "uid") {
            session.append(key, value);
        }
    }
    match session.is_empty() {
        true => RawBson::Null,
        false => RawBson::Document(session),
    }
}

/// How much an operation has done, and of how much.
pub(super) fn progress(document: &RawDocument) -> Option<(u64, u64)> {
    let progress = document.get_document("progress").ok()?;
    let total = number(progress, "total").filter(|n| *n > 0)?;
    Some((number(progress, "done")?, total))
}

/// What a message says beside its numbers: the server writes `A: b A: b: 120/4000 3%`.
pub(super) fn phase(message: &str) -> String {
    let words = match message.rsplit_once(": ") {
        Some((words, numbers)) if numbers.starts_with(|c: char| c.is_ascii_digit()) => words,
        _ => message,
    };
    let half = words.len() / 2;
    match (words.get(..half), words.get(half + 1..)) {
        (Some(first), Some(second)) if first == second => first.to_owned(),
        _ => words.to_owned(),
    }
}

/// Stops an operation, closes the cursor that it gets a batch of, and looks whether it is gone.
pub(in crate::mongo::runner) async fn kill(
    call: &Call,
    host: &str,
    id: &OperationId,
    cursor: Option<&(Namespace, i64)>,
) -> Result<Killed, Failure> {
    let seat = Seat::at(call, host).await?;
    let words = |e: Error| seat.failure(&e, &KILL);
    let there = runs(&seat, id).await.map_err(words)?;
    call.go_on()?;
    match id.session() {
        _ if !there => {}
        Some(session) => end(&seat, session).await.map_err(words)?,
        None => {
            let order = rawdoc! { "killOp": 1, "op": id.0.clone() };
            seat.order("admin", order).await.map_err(words)?;
        }
    }
    let closed = match cursor {
        // An operation that was stopped has closed its cursor itself; else the next batch is on its way.
        Some((place, cursor)) => close(&seat, place, *cursor).await.map_err(words)?,
        None => false,
    };
    if !there {
        return Ok(if closed {
            Killed::Gone
        } else {
            Killed::AlreadyGone
        });
    }
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

/// Ends a session, so that its transaction is aborted: anybody's where that is allowed, else this user's own.
async fn end(seat: &Seat, session: &RawDocument) -> Result<(), Error> {
    let order = rawdoc! { "killAllSessionsByPattern": [{ "lsid": session.to_owned() }] };
    match seat.order("admin", order).await {
        Err(error) if refused(&error) => {
            let id = session.get("id").ok().flatten().map(RawBson::from);
            let own = rawdoc! { "killSessions": [{ "id": id.unwrap_or(RawBson::Null) }] };
            seat.order("admin", own).await.map(|_| ())
        }
        other => other.map(|_| ()),
    }
}

/// Closes a cursor. Whether there was one.
async fn close(seat: &Seat, place: &Namespace, cursor: i64) -> Result<bool, Error> {
    let order = rawdoc! { "killCursors": place.collection.as_str(), "cursors": [cursor] };
    let reply = seat.order(&place.database, order).await?;
    Ok(reply
        .get_array("cursorsKilled")
        .is_ok_and(|k| !k.is_empty()))
}

/// Whether the server has an operation of this id, or a session that waits.
async fn runs(seat: &Seat, id: &OperationId) -> Result<bool, Error> {
    let look = |everyone: bool| {
        let mut stages = bson::RawArrayBuf::new();
        stages.push(rawdoc! { "$currentOp": { "allUsers": everyone, "idleSessions": true } });
        stages.push(match id.session() {
            Some(session) => {
                let id = session.get("id").ok().flatten().map(RawBson::from);
                rawdoc! { "$match": { "type": "idleSession", "lsid.id": id.unwrap_or(RawBson::Null) } }
            }
            None => rawdoc! { "$match": { "opid": id.0.clone() } },
        });
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

    #[test]
    fn a_session_that_waits_with_an_open_transaction_is_named_by_itself() {
        let read = operation(
            &rawdoc! {
                "type": "idleSession", "desc": "inactive transaction", "active": false,
                "lsid": { "id": bson::Binary { subtype: bson::spec::BinarySubtype::Uuid, bytes: vec![0xab; 16] }, "uid": 1, "x": 2 },
                "transaction": { "timeOpenMicros": 7_000_000_i64 }, "locks": { "Global": "w" },
            },
            "mongodeck/ab/",
        );
        assert_eq!(read.id.to_string(), "session abababab");
        assert_eq!(read.id.session().map(|s| s.iter().count()), Some(2));
        assert_eq!(read.transaction, Some(Duration::from_secs(7)));
    }

    #[test]
    fn progress_is_read_apart_from_its_words() {
        let read = operation(
            &rawdoc! {
                "opid": 1, "msg": "Index Build: scanning collection Index Build: scanning collection: 89508/600000 14%",
                "progress": { "done": 89_508, "total": 600_000 },
            },
            "mongodeck/ab/",
        );
        assert_eq!(
            read.message.as_deref(),
            Some("Index Build: scanning collection")
        );
        assert_eq!(read.percent(), Some(14));
        assert_eq!(
            phase("Index Build: draining writes"),
            "Index Build: draining writes"
        );
        assert_eq!(
            progress(&rawdoc! { "progress": { "done": 1, "total": 0 } }),
            None
        );
    }
}
