//! Reads the figures of one server.

use std::time::Duration;

use bson::{Document, rawdoc};

use super::{Part, Seat, figure, part};
use crate::mongo::request::Failure;
use crate::mongo::request::observe::{Cache, Counters, ServerFigures, Tickets};

const STATUS: Part = Part {
    what: "the server's figures",
    done: "read",
    privilege: "serverStatus",
    role: "clusterMonitor",
};

pub(super) async fn look(seat: &Seat) -> Result<ServerFigures, Failure> {
    // What is long and not shown is left out by the server.
    let command = rawdoc! {
        "serverStatus": 1, "repl": 0, "sharding": 0, "transactions": 0, "flowControl": 0, "electionMetrics": 0,
        "mirroredReads": 0, "transportSecurity": 0, "security": 0, "tcmalloc": 0,
    };
    let status = seat
        .ask("admin", command)
        .await
        .map_err(|e| seat.failure(&e, &STATUS))?;
    let mut figures = read(&status);
    if let Ok(me) = seat.hello.get_str("me") {
        figures.host = me.to_owned();
    }
    Ok(figures)
}

/// Where the storage engine tells of its cache; other engines do not.
const CACHE: &[&str] = &["wiredTiger", "cache"];

fn tickets(document: &Document, path: &[&str]) -> Option<Tickets> {
    let found = part(document, path)?;
    Some(Tickets {
        taken: figure(found, "out"),
        free: figure(found, "available"),
    })
}

fn read(status: &Document) -> ServerFigures {
    let empty = Document::new();
    let at = |path: &[&str]| part(status, path).unwrap_or(&empty);
    let operations = at(&["opcounters"]);
    let connections = at(&["connections"]);
    let network = at(&["network"]);
    let memory = part(status, &["mem"]);
    let cache = part(status, CACHE);
    let clients = |path: &[&str]| {
        let found = part(status, path)?;
        Some((figure(found, "readers"), figure(found, "writers")))
    };
    let counted = |path: &[&str], key: &str| {
        let found = part(status, path)?;
        found.contains_key(key).then(|| figure(found, key))
    };
    let both = |root: &[&str]| {
        let path = |end: &'static str| root.iter().copied().chain([end]).collect::<Vec<_>>();
        Some((
            tickets(status, &path("read"))?,
            tickets(status, &path("write"))?,
        ))
    };
    let megabytes = |key: &str| {
        memory
            .filter(|m| m.contains_key(key))
            .map(|m| figure(m, key) << 20)
    };
    let mut up = Duration::from_millis(figure(status, "uptimeMillis"));
    if up.is_zero() {
        up = Duration::from_secs(figure(status, "uptime"));
    }
    let text = |key: &str| status.get_str(key).unwrap_or_default().to_owned();
    ServerFigures {
        host: text("host"),
        version: text("version"),
        process: text("process"),
        up,
        started: status
            .get_datetime("localTime")
            .ok()
            .zip(i64::try_from(up.as_millis()).ok())
            .map(|(now, up)| now.timestamp_millis() - up),
        counters: Counters {
            insert: figure(operations, "insert"),
            query: figure(operations, "query"),
            update: figure(operations, "update"),
            delete: figure(operations, "delete"),
            getmore: figure(operations, "getmore"),
            command: figure(operations, "command"),
            bytes_in: figure(network, "bytesIn"),
            bytes_out: figure(network, "bytesOut"),
            requests: figure(network, "numRequests"),
            connections_created: figure(connections, "totalCreated"),
            returned: counted(&["metrics", "document"], "returned"),
            scanned: counted(&["metrics", "queryExecutor"], "scannedObjects"),
            scanned_keys: counted(&["metrics", "queryExecutor"], "scanned"),
            cache_in: counted(CACHE, "bytes read into cache"),
            cache_out: counted(CACHE, "bytes written from cache"),
            user_errors: counted(&["asserts"], "user"),
        },
        connections: figure(connections, "current"),
        connections_left: figure(connections, "available"),
        connections_active: connections
            .contains_key("active")
            .then(|| figure(connections, "active")),
        resident: megabytes("resident"),
        virtual_memory: megabytes("virtual"),
        cache: cache.map(|c| Cache {
            limit: figure(c, "maximum bytes configured"),
            used: figure(c, "bytes currently in the cache"),
            dirty: figure(c, "tracked dirty bytes in the cache"),
        }),
        queued: clients(&["globalLock", "currentQueue"]),
        active: clients(&["globalLock", "activeClients"]),
        // Newer servers tell it elsewhere.
        tickets: both(&["wiredTiger", "concurrentTransactions"])
            .or_else(|| both(&["queues", "execution"])),
        cursors: part(status, &["metrics", "cursor", "open"]).map(|c| figure(c, "total")),
        gaps: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use bson::doc;

    use super::*;

    #[test]
    fn figures_are_found_where_the_server_puts_them() {
        let status = doc! {
            "host": "h:27017", "version": "6.0.5", "process": "mongod", "uptime": 12.0, "uptimeMillis": 12_345_i64,
            "opcounters": { "insert": 1_i64, "query": 2_i64 },
            "connections": { "current": 4, "available": 996, "totalCreated": 30, "active": 2 },
            "mem": { "resident": 100, "virtual": 2000 },
            "wiredTiger": {
                "cache": { "maximum bytes configured": 1000_i64, "bytes currently in the cache": 10.0, "tracked dirty bytes in the cache": 3_i64 },
                "concurrentTransactions": { "read": { "out": 1, "available": 127 }, "write": { "out": 0, "available": 128 } },
            },
            "globalLock": { "currentQueue": { "readers": 5, "writers": 6 } },
        };
        let read = read(&status);
        assert_eq!(read.up, Duration::from_millis(12_345));
        assert_eq!((read.counters.insert, read.counters.query), (1, 2));
        assert_eq!(
            read.cache.map(|c| (c.limit, c.used, c.dirty)),
            Some((1000, 10, 3))
        );
        assert_eq!(read.tickets.map(|(r, w)| (r.taken, w.free)), Some((1, 128)));
        assert_eq!(
            (read.resident, read.queued),
            (Some(100 << 20), Some((5, 6)))
        );
    }

    #[test]
    fn a_router_has_neither_cache_nor_tickets_and_newer_servers_tell_tickets_elsewhere() {
        let router = read(&doc! { "process": "mongos", "uptime": 3 });
        assert_eq!(
            (router.cache, router.tickets, router.up),
            (None, None, Duration::from_secs(3))
        );
        let counters = router.counters;
        assert_eq!(
            (router.queued, counters.scanned, counters.cache_in),
            (None, None, None),
            "what it does not keep is not nothing"
        );
        let newer = doc! { "queues": { "execution": { "read": { "out": 3, "available": 4 }, "write": { "out": 0, "available": 9 } } } };
        assert_eq!(read(&newer).tickets.map(|(r, _)| r.taken), Some(3));
    }
}
