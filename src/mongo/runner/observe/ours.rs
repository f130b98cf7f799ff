//! How many connections of this very client a server counts, to hold against the pool's own figures.
//!
//! A client is known by a mark in what it says of itself when a connection is made. Those of the driver's monitors carry
//! it too: they have no user, and without users they come in pairs, one of which waits in a `hello` for news.

use std::collections::BTreeMap;

use bson::{RawBsonRef, RawDocument, rawdoc};

use super::Seat;
use crate::mongo::link::Call;
use crate::mongo::request::Failure;
use crate::mongo::request::load::Counted;

/// More connections of one client are not counted.
const MOST: usize = 20_000;

/// What the server at `address` counts.
///
/// # Errors
/// The server does not answer, or does not allow the question.
pub(in crate::mongo::runner) async fn count(
    call: &Call,
    address: &str,
) -> Result<Counted, Failure> {
    let seat = Seat::at(call, address).await?;
    let mark = seat.call.link().prepared.mark().to_owned();
    let command = rawdoc! {
        "aggregate": 1,
        "pipeline": [
            { "$currentOp": { "allUsers": false, "idleConnections": true } },
            { "$match": { "connectionId": { "$exists": true } } },
            { "$project": {
                "connectionId": 1, "effectiveUsers": 1, "clientMetadata": 1,
                "waits": { "$or": [{ "$gt": ["$command.hello", null] }, { "$gt": ["$command.isMaster", null] }] },
            } },
        ],
        "cursor": { "batchSize": 1_000 },
    };
    let mut seen: BTreeMap<i64, Seen> = BTreeMap::new();
    seat.every("admin", command, MOST, |document| {
        if let Some((id, found)) = read(document, &mark) {
            let seen = seen.entry(id).or_default();
            seen.user |= found.user;
            seen.waits |= found.waits;
        }
    })
    .await
    .map_err(|e| seat.call.failure(&e, None))?;
    Ok(sum(seen.values()))
}

/// A connection of ours.
#[derive(Debug, Clone, Copy, Default)]
struct Seen {
    user: bool,
    waits: bool,
}

fn read(document: &RawDocument, mark: &str) -> Option<(i64, Seen)> {
    let metadata = document.get_document("clientMetadata").ok()?;
    let driver = metadata.get_document("driver").ok()?;
    if !driver.get_str("version").ok()?.ends_with(mark) {
        return None;
    }
    let id = match document.get("connectionId") {
        Ok(Some(RawBsonRef::Int32(id))) => i64::from(id),
        Ok(Some(RawBsonRef::Int64(id))) => id,
        _ => return None,
    };
    let user = document.get_array("effectiveUsers");
    let seen = Seen {
        user: user.is_ok_and(|u| u.into_iter().next().is_some()),
        waits: document.get_bool("waits").unwrap_or(false),
    };
    Some((id, seen))
}

fn sum<'s>(all: impl Iterator<Item = &'s Seen> + Clone) -> Counted {
    let small = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let total = all.clone().count();
    let users = all.clone().filter(|s| s.user).count();
    let monitoring = match users {
        0 => (2 * all.filter(|s| s.waits).count()).min(total),
        _ => total - users,
    };
    Counted {
        pool: small(total - monitoring),
        monitoring: small(monitoring),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn monitors_are_told_from_connections_of_the_pool() {
        let of = |user, waits| Seen { user, waits };
        let with_users = [of(true, false), of(true, false), of(false, true)];
        let counted = sum(with_users.iter());
        assert_eq!((counted.pool, counted.monitoring), (2, 1));
        let without = [of(false, true), of(false, false), of(false, false)];
        let counted = sum(without.iter());
        assert_eq!((counted.pool, counted.monitoring), (1, 2));
    }
}
