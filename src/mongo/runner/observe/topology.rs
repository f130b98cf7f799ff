//! Reads who belongs to a deployment.

mod cluster;

use std::time::Duration;

use bson::{Bson, Document, rawdoc};

use super::{Part, Seat, figure, part};
use crate::mongo::failure::integer;
use crate::mongo::request::Failure;
use crate::mongo::request::observe::{Cluster, Deployment, Election, Member, ReplicaSet, Topology};

const STATUS: Part = Part {
    what: "the members' state",
    done: "read",
    privilege: "replSetGetStatus",
    role: "clusterMonitor",
};
const CONFIG: Part = Part {
    what: "votes and priorities",
    done: "read",
    privilege: "replSetGetConfig",
    role: "clusterMonitor",
};
pub(super) async fn look(seat: &Seat) -> Result<Topology, Failure> {
    let mut gaps = Vec::new();
    let in_set = seat.hello.contains_key("setName");
    let deployment = if seat.hello.get_str("msg").is_ok_and(|m| m == "isdbgrid") {
        Deployment::Sharded(cluster::look(seat, &mut gaps, true).await?)
    } else if in_set && seat.hello.contains_key("configsvr") {
        let config = members(seat, &mut gaps).await?;
        seat.call.go_on()?;
        Deployment::Sharded(Cluster {
            config: Some(config),
            ..cluster::look(seat, &mut gaps, false).await?
        })
    } else if in_set {
        Deployment::Set(members(seat, &mut gaps).await?)
    } else {
        Deployment::Standalone
    };
    Ok(Topology {
        asked: seat.address.clone(),
        deployment,
        gaps,
    })
}

async fn members(seat: &Seat, gaps: &mut Vec<String>) -> Result<ReplicaSet, Failure> {
    let status = match seat.ask("admin", rawdoc! { "replSetGetStatus": 1 }).await {
        Ok(status) => Some(status),
        Err(error) => {
            gaps.push(seat.gap(&error, &STATUS)?);
            None
        }
    };
    seat.call.go_on()?;
    let config = match seat.ask("admin", rawdoc! { "replSetGetConfig": 1 }).await {
        Ok(reply) => reply.get_document("config").ok().cloned(),
        Err(error) => {
            gaps.push(seat.gap(&error, &CONFIG)?);
            None
        }
    };
    Ok(set(&seat.hello, status.as_ref(), config.as_ref()))
}

fn seconds(document: &Document, key: &str) -> Option<Duration> {
    document
        .contains_key(key)
        .then(|| Duration::from_secs(figure(document, key)))
}

fn millis(document: &Document, key: &str) -> Option<Duration> {
    document
        .contains_key(key)
        .then(|| Duration::from_millis(figure(document, key)))
}

fn time(document: &Document, key: &str) -> Option<i64> {
    document
        .get_datetime(key)
        .ok()
        .map(|t| t.timestamp_millis())
        // The server writes the epoch where it knows nothing.
        .filter(|t| *t > 0)
}

fn text(document: &Document, key: &str) -> Option<String> {
    document
        .get_str(key)
        .ok()
        .filter(|t| !t.is_empty())
        .map(str::to_owned)
}

fn documents<'a>(of: Option<&'a Document>, key: &str) -> Vec<&'a Document> {
    of.and_then(|d| d.get_array(key).ok())
        .into_iter()
        .flatten()
        .filter_map(Bson::as_document)
        .collect()
}

/// A replica set out of what its member says to everybody, its status and its configuration.
fn set(hello: &Document, status: Option<&Document>, config: Option<&Document>) -> ReplicaSet {
    let mut members: Vec<Member> = documents(config, "members")
        .into_iter()
        .map(configured)
        .collect();
    for state in documents(status, "members") {
        let address = state.get_str("name").unwrap_or_default();
        let place = match members.iter().position(|m| m.address == address) {
            Some(place) => place,
            None => {
                members.push(Member {
                    address: address.to_owned(),
                    ..Member::default()
                });
                members.len() - 1
            }
        };
        if let Some(member) = members.get_mut(place) {
            take_state(member, state);
        }
    }
    if status.is_none() {
        from_hello(&mut members, hello);
    }
    let written: Vec<(String, Option<i64>)> = documents(status, "members")
        .into_iter()
        .map(|s| {
            let name = s.get_str("name").unwrap_or_default().to_owned();
            (name, time(s, "optimeDate"))
        })
        .collect();
    let newest = members
        .iter()
        .find(|m| m.state == "PRIMARY")
        .and_then(|primary| {
            let found = written.iter().find(|(name, _)| *name == primary.address);
            found.and_then(|(_, at)| *at)
        })
        .or_else(|| written.iter().filter_map(|(_, at)| *at).max());
    for member in &mut members {
        let own = written.iter().find(|(name, _)| *name == member.address);
        if let (Some(newest), Some((_, Some(at)))) = (newest, own) {
            let behind = u64::try_from(newest.saturating_sub(*at)).unwrap_or(0);
            // A member that cannot be reached says nothing of how far it is.
            member.lag = (member.healthy != Some(false)).then(|| Duration::from_millis(behind));
        }
    }
    let settings = config.and_then(|c| part(c, &["settings"]));
    ReplicaSet {
        name: hello.get_str("setName").unwrap_or_default().to_owned(),
        term: status
            .and_then(|s| integer(s.get("term")))
            .or_else(|| config.and_then(|c| integer(c.get("term")))),
        version: config.and_then(|c| integer(c.get("version"))),
        heartbeat_every: settings.and_then(|s| millis(s, "heartbeatIntervalMillis")),
        election_after: settings.and_then(|s| millis(s, "electionTimeoutMillis")),
        election: status
            .and_then(|s| part(s, &["electionCandidateMetrics"]))
            .map(election)
            .unwrap_or_default(),
        members,
    }
}

fn election(metrics: &Document) -> Election {
    let (called, writable) = (
        time(metrics, "lastElectionDate"),
        time(metrics, "wMajorityWriteAvailabilityDate"),
    );
    Election {
        reason: text(metrics, "lastElectionReason"),
        votes_needed: integer(metrics.get("numVotesNeeded")),
        writable_after: called
            .zip(writable)
            .and_then(|(called, writable)| u64::try_from(writable - called).ok())
            .map(Duration::from_millis),
    }
}

fn configured(member: &Document) -> Member {
    let priority = match member.get("priority") {
        Some(Bson::Double(n)) => Some(*n),
        #[expect(clippy::cast_precision_loss, reason = "priorities are up to 1000")]
        other => integer(other).map(|n| n as f64),
    };
    Member {
        address: member.get_str("host").unwrap_or_default().to_owned(),
        votes: integer(member.get("votes")),
        priority,
        hidden: member.get_bool("hidden").unwrap_or(false),
        arbiter: member.get_bool("arbiterOnly").unwrap_or(false),
        delay: seconds(member, "secondaryDelaySecs")
            .or_else(|| seconds(member, "slaveDelay"))
            .filter(|d| !d.is_zero()),
        ..Member::default()
    }
}

fn take_state(member: &mut Member, state: &Document) {
    member.state = state.get_str("stateStr").unwrap_or("?").to_owned();
    member.asked = state.get_bool("self").unwrap_or(false);
    let health = match state.get("health") {
        Some(Bson::Double(n)) => Some(*n > 0.0),
        other => integer(other).map(|n| n > 0),
    };
    member.healthy = health;
    member.up = seconds(state, "uptime");
    // Of a member that does not answer `lastHeartbeat` is when that was found.
    member.last_heartbeat = match health {
        Some(false) => time(state, "lastHeartbeatRecv"),
        _ => time(state, "lastHeartbeat"),
    };
    member.ping = millis(state, "pingMs");
    member.source = text(state, "syncSourceHost").or_else(|| text(state, "syncingTo"));
    member.elected_at = time(state, "electionDate");
    member.message = text(state, "lastHeartbeatMessage").or_else(|| text(state, "infoMessage"));
}

/// Who there is, for who may not ask for more.
fn from_hello(members: &mut Vec<Member>, hello: &Document) {
    let named = [("hosts", false), ("passives", false), ("arbiters", true)];
    for (key, arbiter) in named {
        for host in hello.get_array(key).into_iter().flatten() {
            let Some(host) = host.as_str() else { continue };
            if !members.iter().any(|m| m.address == host) {
                members.push(Member {
                    address: host.to_owned(),
                    arbiter,
                    ..Member::default()
                });
            }
        }
    }
    let (me, primary) = (hello.get_str("me").ok(), hello.get_str("primary").ok());
    for member in members {
        member.asked = me.is_some_and(|me| me == member.address);
        member.state = if primary.is_some_and(|p| p == member.address) {
            "primary".to_owned()
        } else if member.arbiter {
            "arbiter".to_owned()
        } else if member.asked && hello.get_bool("secondary").unwrap_or(false) {
            "secondary".to_owned()
        } else {
            "member".to_owned()
        };
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

    use bson::{DateTime, doc};

    use super::*;

    fn at(seconds: i64) -> DateTime {
        DateTime::from_millis(1_700_000_000_000 + seconds * 1000)
    }

    fn status() -> Document {
        doc! {
            "set": "rs0", "term": 7_i64,
            "electionCandidateMetrics": {
                "lastElectionReason": "stepUpRequest", "lastElectionDate": at(50), "numVotesNeeded": 2,
                "wMajorityWriteAvailabilityDate": DateTime::from_millis(1_700_000_050_120),
            },
            "members": [
                { "name": "a:1", "health": 1.0, "stateStr": "PRIMARY", "uptime": 900, "optimeDate": at(100), "self": true,
                  "electionDate": at(50), "syncSourceHost": "" },
                { "name": "b:1", "health": 1.0, "stateStr": "SECONDARY", "uptime": 800, "optimeDate": at(97), "pingMs": 2_i64,
                  "lastHeartbeat": at(100), "syncSourceHost": "a:1" },
                { "name": "c:1", "health": 0.0, "stateStr": "(not reachable/healthy)", "uptime": 0, "optimeDate": DateTime::from_millis(0),
                  "lastHeartbeat": at(101), "lastHeartbeatRecv": at(90), "lastHeartbeatMessage": "Connection refused" },
            ],
        }
    }

    fn config() -> Document {
        doc! {
            "_id": "rs0", "version": 3, "term": 7,
            "settings": { "heartbeatIntervalMillis": 2000, "electionTimeoutMillis": 10000 },
            "members": [
                { "_id": 0, "host": "a:1", "votes": 1, "priority": 2.0, "secondaryDelaySecs": 0_i64 },
                { "_id": 1, "host": "b:1", "votes": 1, "priority": 1, "hidden": false },
                { "_id": 2, "host": "c:1", "votes": 0, "priority": 0.0, "hidden": true, "secondaryDelaySecs": 3600_i64 },
            ],
        }
    }

    fn hello() -> Document {
        doc! { "setName": "rs0", "me": "a:1", "primary": "a:1", "hosts": ["a:1", "b:1"], "passives": ["c:1"], "arbiters": ["d:1"] }
    }

    #[test]
    fn the_status_and_the_configuration_of_a_set_are_read_together() {
        let set = set(&hello(), Some(&status()), Some(&config()));
        assert_eq!(
            (set.name.as_str(), set.term, set.version),
            ("rs0", Some(7), Some(3))
        );
        let election = Election {
            reason: Some("stepUpRequest".to_owned()),
            votes_needed: Some(2),
            writable_after: Some(Duration::from_millis(120)),
        };
        assert_eq!(set.election, election);
        assert_eq!(set.primary().map(|p| p.address.as_str()), Some("a:1"));
        assert_eq!(set.election_after, Some(Duration::from_secs(10)));
        let [a, b, c] = set.members.as_slice() else {
            panic!("{:?}", set.members);
        };
        assert!(a.asked && !b.asked);
        assert_eq!(
            (a.lag, b.lag, c.lag),
            (Some(Duration::ZERO), Some(Duration::from_secs(3)), None)
        );
        assert_eq!(b.source.as_deref(), Some("a:1"));
        assert_eq!((a.priority, a.votes, a.delay), (Some(2.0), Some(1), None));
        assert_eq!(
            (c.priority, c.votes, c.delay),
            (Some(0.0), Some(0), Some(Duration::from_secs(3600)))
        );
        assert_eq!(c.healthy, Some(false));
        let heard = at(90).timestamp_millis();
        assert_eq!(
            c.last_heartbeat,
            Some(heard),
            "and not when it was found missing"
        );
        assert_eq!(c.message.as_deref(), Some("Connection refused"));
    }

    #[test]
    fn without_a_primary_the_most_recent_member_is_what_others_lag_behind() {
        let mut status = status();
        let members = status.get_array_mut("members").unwrap();
        members.remove(0);
        let set = set(&hello(), Some(&status), None);
        assert_eq!(set.members[0].lag, Some(Duration::ZERO));
    }

    #[test]
    fn who_may_not_read_the_status_still_sees_the_members() {
        let set = set(&hello(), None, None);
        let seen: Vec<(&str, &str)> = set
            .members
            .iter()
            .map(|m| (m.address.as_str(), m.state.as_str()))
            .collect();
        assert_eq!(
            seen,
            [
                ("a:1", "primary"),
                ("b:1", "member"),
                ("c:1", "member"),
                ("d:1", "arbiter")
            ]
        );
        assert!(
            set.members
                .iter()
                .all(|m| m.lag.is_none() && m.healthy.is_none())
        );
    }
}
