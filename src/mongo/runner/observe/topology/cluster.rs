//! Reads the parts of a sharded cluster out of its own metadata, as routers and config servers give it.
//!
//! The collections of the database `config` are the server's own and may change between its releases: what is not there
//! is left out, and never taken for nothing.

use std::collections::HashMap;

use bson::{Bson, Document, RawDocument, RawDocumentBuf, rawdoc};

use super::super::{Part, Seat, figure};
use crate::mongo::failure::integer;
use crate::mongo::request::Failure;
use crate::mongo::request::observe::{Balancer, Cluster, Collections, Router, Shard};

const SHARDS: Part = Part {
    what: "the list of shards",
    done: "read",
    privilege: "find on config.shards",
    role: "clusterMonitor",
};
const CHUNKS: Part = Part {
    what: "the chunks of each shard",
    done: "counted",
    privilege: "find on config.chunks",
    role: "clusterMonitor",
};
const DATABASES: Part = Part {
    what: "the databases of each shard",
    done: "counted",
    privilege: "find on config.databases",
    role: "clusterMonitor",
};
const COLLECTIONS: Part = Part {
    what: "the sharded collections",
    done: "counted",
    privilege: "find on config.collections",
    role: "clusterMonitor",
};
const BALANCER: Part = Part {
    what: "the balancer's state",
    done: "read",
    privilege: "balancerStatus",
    role: "clusterMonitor",
};
const SETTINGS: Part = Part {
    what: "the balancer's settings",
    done: "read",
    privilege: "find on config.settings",
    role: "clusterMonitor",
};
const ROUTERS: Part = Part {
    what: "the list of routers",
    done: "read",
    privilege: "find on config.mongos",
    role: "clusterMonitor",
};

/// A router that did not report for so long is left out.
const REPORTED: i64 = 10 * 60 * 1000;

/// The most shards or routers that are told of.
const MOST: usize = 1_000;

/// Reads all of it, through a router or at a config server.
pub(super) async fn look(
    seat: &Seat,
    gaps: &mut Vec<String>,
    router: bool,
) -> Result<Cluster, Failure> {
    let shards = rows(seat, gaps, &SHARDS, find("shards", rawdoc! {})).await?;
    let mut cluster = Cluster {
        shards: shards.unwrap_or_default().iter().map(shard).collect(),
        ..Cluster::default()
    };
    let chunks = group(
        "chunks",
        rawdoc! {
            "_id": "$shard", "n": { "$sum": 1 },
            "jumbo": { "$sum": { "$cond": [{ "$eq": ["$jumbo", true] }, 1, 0] } },
        },
    );
    if let Some(counted) = rows(seat, gaps, &CHUNKS, chunks).await? {
        take_chunks(&mut cluster.shards, &counted);
    }
    let databases = group(
        "databases",
        rawdoc! { "_id": "$primary", "n": { "$sum": 1 } },
    );
    if let Some(counted) = rows(seat, gaps, &DATABASES, databases).await? {
        take_databases(&mut cluster.shards, &counted);
    }
    let collections = group(
        "collections",
        rawdoc! {
            "_id": null_key(), "n": { "$sum": { "$cond": [{ "$eq": ["$dropped", true] }, 0, 1] } },
            "held": { "$sum": { "$cond": [{ "$eq": ["$noBalance", true] }, 1, 0] } },
        },
    );
    if let Some(counted) = rows(seat, gaps, &COLLECTIONS, collections).await? {
        let counted = counted.first();
        let number = |key: &str| counted.map_or(0, |d| figure(d, key));
        cluster.collections = Some(Collections {
            sharded: number("n"),
            held: number("held"),
        });
    }
    let settings = find("settings", rawdoc! { "_id": "balancer" });
    let settings = rows(seat, gaps, &SETTINGS, settings).await?;
    let status = match router {
        true => match seat.ask("admin", rawdoc! { "balancerStatus": 1 }).await {
            Ok(reply) => Some(reply),
            Err(error) => {
                gaps.push(seat.gap(&error, &BALANCER)?);
                None
            }
        },
        // Only routers know the command; the setting says whether it is on.
        false => None,
    };
    cluster.balancer = balancer(status.as_ref(), settings.as_deref());
    seat.call.go_on()?;
    let since = bson::DateTime::from_millis(super::super::now() - REPORTED);
    let routers = find("mongos", rawdoc! { "ping": { "$gte": since } });
    let routers = rows(seat, gaps, &ROUTERS, routers).await?;
    cluster.routers = routers
        .unwrap_or_default()
        .iter()
        .map(self::router)
        .collect();
    Ok(cluster)
}

fn null_key() -> bson::RawBson {
    bson::RawBson::Null
}

fn find(collection: &str, filter: RawDocumentBuf) -> RawDocumentBuf {
    rawdoc! { "find": collection, "filter": filter, "sort": { "_id": 1 }, "readConcern": { "level": "local" } }
}

fn group(collection: &str, by: RawDocumentBuf) -> RawDocumentBuf {
    rawdoc! {
        "aggregate": collection, "pipeline": [{ "$group": by }], "cursor": {}, "readConcern": { "level": "local" },
    }
}

/// The documents of a cursor; `None` with a sentence among the gaps where they cannot be had.
async fn rows(
    seat: &Seat,
    gaps: &mut Vec<String>,
    part: &Part,
    command: RawDocumentBuf,
) -> Result<Option<Vec<Document>>, Failure> {
    seat.call.go_on()?;
    let mut found = Vec::new();
    let take = |d: &RawDocument| found.extend(Document::try_from(d).ok());
    match seat.every("config", command, MOST, take).await {
        Ok(_) => Ok(Some(found)),
        Err(error) => {
            gaps.push(seat.gap(&error, part)?);
            Ok(None)
        }
    }
}

fn text(document: &Document, key: &str) -> String {
    document.get_str(key).unwrap_or_default().to_owned()
}

fn shard(document: &Document) -> Shard {
    let zones = document.get_array("tags").ok().into_iter().flatten();
    Shard {
        name: text(document, "_id"),
        host: text(document, "host"),
        draining: document.get_bool("draining").unwrap_or(false),
        active: integer(document.get("state")).is_none_or(|s| s == 1),
        zones: zones.filter_map(Bson::as_str).map(str::to_owned).collect(),
        ..Shard::default()
    }
}

fn by_shard(counted: &[Document]) -> HashMap<&str, &Document> {
    let named = |d| Document::get_str(d, "_id").ok().map(|name| (name, d));
    counted.iter().filter_map(named).collect()
}

fn take_chunks(shards: &mut [Shard], counted: &[Document]) {
    let counted = by_shard(counted);
    for shard in shards {
        // One that is not among them has none.
        let found = counted.get(shard.name.as_str());
        shard.chunks = Some(found.map_or(0, |d| figure(d, "n")));
        shard.jumbo = found.map_or(0, |d| figure(d, "jumbo"));
    }
}

fn take_databases(shards: &mut [Shard], counted: &[Document]) {
    let counted = by_shard(counted);
    for shard in shards {
        let found = counted.get(shard.name.as_str());
        shard.databases = Some(found.map_or(0, |d| figure(d, "n")));
    }
}

/// Out of what a router says, and of what is set; `None` where neither is to be had.
fn balancer(status: Option<&Document>, settings: Option<&[Document]>) -> Option<Balancer> {
    let set = settings.and_then(<[Document]>::first);
    let window = set.and_then(|s| s.get_document("activeWindow").ok());
    let window = window.and_then(|w| Some((w.get_str("start").ok()?, w.get_str("stop").ok()?)));
    let window = window.map(|(start, stop)| (start.to_owned(), stop.to_owned()));
    if let Some(status) = status {
        return Some(Balancer {
            mode: status.get_str("mode").unwrap_or("?").to_owned(),
            running: status.get_bool("inBalancerRound").ok(),
            rounds: status
                .contains_key("numBalancerRounds")
                .then(|| figure(status, "numBalancerRounds")),
            window,
        });
    }
    settings?;
    // A balancer that nobody ever set is on.
    let stopped = set.is_some_and(|s| s.get_bool("stopped").unwrap_or(false));
    let mode = set.and_then(|s| s.get_str("mode").ok());
    Some(Balancer {
        mode: mode
            .unwrap_or(if stopped { "off" } else { "full" })
            .to_owned(),
        window,
        ..Balancer::default()
    })
}

fn router(document: &Document) -> Router {
    Router {
        address: text(document, "_id"),
        version: text(document, "mongoVersion"),
        last_ping: document
            .get_datetime("ping")
            .ok()
            .map(|t| t.timestamp_millis()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        reason = "a test fails by panicking"
    )]

    use bson::doc;

    use super::*;

    #[test]
    fn a_shard_tells_its_zones_and_whether_it_is_being_emptied() {
        let document = doc! { "_id": "s1", "host": "s1/a:1,b:1", "state": 1, "draining": true, "tags": ["EU", "NRT"] };
        let read = shard(&document);
        assert_eq!(
            (read.name.as_str(), read.host.as_str()),
            ("s1", "s1/a:1,b:1")
        );
        assert!(read.draining && read.active);
        assert_eq!(read.zones, ["EU", "NRT"]);
        assert_eq!(
            (read.chunks, read.databases),
            (None, None),
            "not counted is not none"
        );
        assert!(!shard(&doc! { "_id": "s2", "state": 0 }).active);
    }

    #[test]
    fn a_shard_that_is_not_among_the_counted_ones_has_none() {
        let mut shards = [shard(&doc! { "_id": "a" }), shard(&doc! { "_id": "b" })];
        take_chunks(&mut shards, &[doc! { "_id": "b", "n": 12, "jumbo": 2 }]);
        take_databases(&mut shards, &[doc! { "_id": "a", "n": 3_i64 }]);
        let counted = shards.map(|s| (s.chunks, s.jumbo, s.databases));
        assert_eq!(counted, [(Some(0), 0, Some(3)), (Some(12), 2, Some(0))]);
    }

    #[test]
    fn the_balancer_is_what_the_router_says_within_the_hours_that_are_set() {
        let status = doc! { "mode": "full", "inBalancerRound": true, "numBalancerRounds": 86_i64, "term": 1_i64, "ok": 1.0 };
        let hours = [
            doc! { "_id": "balancer", "mode": "full", "stopped": false, "activeWindow": { "start": "23:00", "stop": "6:00" } },
        ];
        let read = balancer(Some(&status), Some(&hours)).unwrap();
        assert_eq!(
            (read.mode.as_str(), read.running, read.rounds),
            ("full", Some(true), Some(86))
        );
        assert_eq!(read.window, Some(("23:00".to_owned(), "6:00".to_owned())));
    }

    #[test]
    fn without_a_router_the_setting_says_whether_it_is_on_and_nothing_whether_it_works() {
        let mode =
            |settings: Option<&[Document]>| balancer(None, settings).map(|b| (b.mode, b.running));
        assert_eq!(mode(None), None);
        assert_eq!(mode(Some(&[])), Some(("full".to_owned(), None)));
        let off = [doc! { "_id": "balancer", "mode": "off", "stopped": true }];
        assert_eq!(mode(Some(&off)), Some(("off".to_owned(), None)));
        // Older servers write `stopped` alone.
        let old = [doc! { "_id": "balancer", "stopped": true }];
        assert_eq!(mode(Some(&old)), Some(("off".to_owned(), None)));
    }
}
