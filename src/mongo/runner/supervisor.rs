//! Keeps one profile's connection: makes it, asks now and then how it stands, and makes it again after trouble.
//!
//! One task per profile, so that no profile waits for another. Reports each change once. Must not drop a driver's
//! future: a question to the server runs in a task of its own, and is waited for to its end.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bson::{Document, doc};
use mongodb::Client;
use mongodb::error::Error;
use mongodb::options::SelectionCriteria;
use tokio::task::JoinHandle;

use super::Post;
use super::backoff::Backoff;
use super::observe;
use crate::clock;
use crate::mongo::connect::{self, Prepared};
use crate::mongo::events::{self, CommandLog, work};
use crate::mongo::failure;
use crate::mongo::link::{Cancel, Link};
use crate::mongo::request::{ConnectionState, Failure, FailureKind, Role, ServerInfo};
use crate::pool::Work;

/// Time between two questions to a server that answers.
const REFRESH: Duration = Duration::from_secs(10);

/// Time between two reports of what the pools do.
const BETWEEN_FIGURES: Duration = Duration::from_millis(250);

/// How long a set may be without a primary before it is said.
const ELECTION: Duration = Duration::from_millis(300);

/// How often the clock is looked at, for a machine that slept.
const CLOCK: Duration = Duration::from_secs(5);

/// A look that comes so much too late tells that nothing ran meanwhile: connections of before may be dead.
const ASLEEP: Duration = Duration::from_secs(30);

/// How often the driver tries by itself while an operation waits for a server.
const DRIVER_RETRIES: Duration = Duration::from_millis(500);

/// Runs until `stop`, or until it is clear that no further attempt can do.
pub(super) async fn supervise(post: Arc<Post>, log: Option<CommandLog>, stop: Cancel) {
    post.tell(ConnectionState::Connecting, &stop);
    let mut backoff = Backoff::seeded(seed());
    let Some((link, mut topology)) = open(&post, log, &mut backoff, &stop).await else {
        return;
    };
    backoff.succeeded();
    let mut known: Option<String> = None;
    let mut looked = false;
    while !stop.is_cancelled() {
        let recoveries = topology.borrow_and_update().recoveries;
        let mut probe = tokio::spawn(probe(Arc::clone(&link), known.clone()));
        // At first the members of a set become known one by one: that is no election.
        let election = tokio::time::sleep(ELECTION);
        tokio::pin!(election);
        let mut long = false;
        let outcome = loop {
            if long && link.waits_for_primary() {
                let failure = failure::no_primary(&link.scene());
                post.tell(
                    ConnectionState::Retrying {
                        attempt: backoff.failed() + 1,
                        next_in: DRIVER_RETRIES,
                        failure,
                    },
                    &stop,
                );
            }
            tokio::select! {
                () = &mut election, if !long => long = true,
                // A `JoinHandle` that is dropped leaves its task running to the end.
                outcome = &mut probe => break outcome.ok(),
                () = stop.cancelled() => return,
                changed = topology.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    if let Some(failure) = nobody_answers(&link, &mut topology) {
                        if is_final(&failure) {
                            give_up(&post, failure, &stop);
                            return;
                        }
                        post.tell(ConnectionState::Retrying { attempt: backoff.failed() + 1, next_in: DRIVER_RETRIES, failure }, &stop);
                    }
                }
            }
        };
        match outcome {
            Some(Ok(info)) => {
                backoff.succeeded();
                known = Some(info.version.clone());
                post.tell(ConnectionState::Ready(info), &stop);
                if !std::mem::replace(&mut looked, true) {
                    tokio::spawn(observe::find_left(Arc::clone(&post), Arc::clone(&link)));
                }
                wait_for_news(&post, &link, &mut topology, &stop).await;
            }
            Some(Err(error)) => {
                let failure = failure::translate(&error, &link.scene());
                if is_final(&failure) {
                    give_up(&post, failure, &stop);
                    return;
                }
                let next_in = backoff.next();
                post.tell(
                    ConnectionState::Retrying {
                        attempt: backoff.failed(),
                        next_in,
                        failure,
                    },
                    &stop,
                );
                let again = tokio::time::sleep(next_in);
                let still = stood_still();
                tokio::pin!(again, still);
                loop {
                    tokio::select! {
                        () = &mut again => break,
                        // What was not there before the lid was closed may be there now.
                        _ = &mut still => break,
                        () = post.hurry.notified() => break,
                        () = stop.cancelled() => return,
                        changed = topology.changed() => {
                            // The driver's monitors look on; a server that is back is not kept waiting.
                            if changed.is_err() || topology.borrow_and_update().recoveries != recoveries {
                                break;
                            }
                        }
                    }
                }
            }
            None => return,
        }
    }
}

/// Makes the client, waiting for the DNS where it has to be asked.
async fn open(
    post: &Arc<Post>,
    log: Option<CommandLog>,
    backoff: &mut Backoff,
    stop: &Cancel,
) -> Option<(Arc<Link>, tokio::sync::watch::Receiver<events::Topology>)> {
    let mut prepared: Prepared = loop {
        let profile = post.profile.clone();
        let mut preparing: JoinHandle<_> =
            tokio::spawn(async move { connect::prepare(&profile).await });
        let outcome = tokio::select! {
            outcome = &mut preparing => outcome.ok()?,
            () = stop.cancelled() => return None,
        };
        match outcome {
            Ok(prepared) => break prepared,
            Err(failure) if failure.kind == FailureKind::Unreachable => {
                let next_in = backoff.next();
                post.tell(
                    ConnectionState::Retrying {
                        attempt: backoff.failed(),
                        next_in,
                        failure,
                    },
                    stop,
                );
                tokio::select! {
                    () = tokio::time::sleep(next_in) => {}
                    _ = stood_still() => {}
                    () = post.hurry.notified() => {}
                    () = stop.cancelled() => return None,
                }
            }
            Err(failure) => {
                give_up(post, failure, stop);
                return None;
            }
        }
    };
    post.learn_setup(&prepared);
    post.pools.clear();
    let teller = post
        .connections
        .get()
        .map(|log| events::Teller::new(&post.profile.name, log));
    let topology = events::listen(&mut prepared.options, log.as_ref(), &post.pools, teller);
    tokio::spawn(tell_pools(Arc::clone(post), stop.clone()));
    let client = match Client::with_options(prepared.options.clone()) {
        Ok(client) => client,
        Err(error) => {
            let mut failure = failure::translate(&error, &prepared.scene);
            if failure.kind == FailureKind::Query {
                failure.kind = FailureKind::Configuration;
            }
            give_up(post, failure, stop);
            return None;
        }
    };
    let link = Arc::new(Link::new(
        client,
        prepared,
        topology.clone(),
        shorter(post.profile.max_time, post.profile.socket_timeout),
        post.pools.clone(),
    ));
    if !post.adopt(Arc::clone(&link), stop) {
        tokio::spawn(link.close());
        return None;
    }
    Some((link, topology))
}

/// The shorter of two limits, where there is one.
fn shorter(one: Option<Duration>, other: Option<Duration>) -> Option<Duration> {
    one.into_iter().chain(other).min()
}

/// Reports what the pools do, until `stop`: everything while somebody looks at it, else a line's worth where that changed.
async fn tell_pools(post: Arc<Post>, stop: Cancel) {
    let mut news = post.pools.news();
    let mut told = None;
    let mut whole = false;
    let still = stood_still();
    tokio::pin!(still);
    loop {
        tokio::select! {
            // Told here, and not where the connection is watched: that one may wait for an answer when it happens.
            gap = &mut still => {
                post.pools.stood_still(gap);
                still.set(stood_still());
                continue;
            }
            changed = news.changed() => if changed.is_err() {
                return;
            },
            () = stop.cancelled() => return,
        }
        // Who begins to look is not kept waiting.
        if post.pools.is_watched_whole() == whole {
            // Waiting first joins a burst into one report, and passes over a connection that was needed for a moment only.
            tokio::time::sleep(BETWEEN_FIGURES).await;
        }
        whole = post.pools.is_watched_whole();
        let summary = post.pools.summary().0;
        if told.replace(summary) != Some(summary) || whole {
            post.report_pools();
        }
    }
}

fn nobody_answers(
    link: &Link,
    topology: &mut tokio::sync::watch::Receiver<events::Topology>,
) -> Option<Failure> {
    let state = topology.borrow_and_update().clone();
    if let Some((address, what)) = state.only_strangers() {
        let wanted = link.prepared.options.repl_set_name.as_deref();
        return Some(failure::stranger(address, what, wanted.unwrap_or_default()));
    }
    if !state.nobody_answers() {
        return None;
    }
    let (address, error) = state.troubles().into_iter().next()?;
    let mut scene = link.prepared.scene.clone();
    if scene.hosts.len() < 2 {
        scene.hosts = vec![address];
    }
    Some(failure::translate(&error, &scene))
}

fn is_final(failure: &Failure) -> bool {
    matches!(
        failure.kind,
        FailureKind::Authentication | FailureKind::Configuration | FailureKind::Tls
    )
}

fn give_up(post: &Arc<Post>, failure: Failure, stop: &Cancel) {
    post.tell(ConnectionState::Failed(failure), stop);
    post.abandon(stop);
}

/// After a good answer: until it is time to ask again, or something happened.
async fn wait_for_news(
    post: &Post,
    link: &Link,
    topology: &mut tokio::sync::watch::Receiver<events::Topology>,
    stop: &Cancel,
) {
    let refresh = tokio::time::sleep(REFRESH);
    tokio::pin!(refresh);
    let still = stood_still();
    tokio::pin!(still);
    loop {
        tokio::select! {
            gap = &mut still => {
                // What was read before is old, and the connections may have died without a word.
                let failure = Failure::new(
                    FailureKind::Unreachable,
                    format!("nothing ran here for {} s (a machine asleep, or a program stopped): the connection is tried again", gap.as_secs()),
                );
                post.tell(ConnectionState::Retrying { attempt: 1, next_in: Duration::ZERO, failure }, stop);
                return;
            }
            () = &mut refresh => {
                // What runs at the moment shows that the server lives, and would only delay the question.
                if post.busy() {
                    refresh.as_mut().reset(tokio::time::Instant::now() + REFRESH);
                } else {
                    return;
                }
            }
            () = post.nudge.notified() => return,
            () = stop.cancelled() => return,
            changed = topology.changed() => {
                if changed.is_err()
                    || nobody_answers(link, topology).is_some()
                    || link.waits_for_primary()
                {
                    return;
                }
            }
        }
    }
}

/// Waits until nothing has run here for long enough to matter: the machine slept, or the program was stopped. For how
/// long.
async fn stood_still() -> Duration {
    loop {
        let before = clock::counted();
        tokio::time::sleep(CLOCK).await;
        if let Some(gap) = missed(clock::counted().saturating_sub(before)) {
            return gap;
        }
    }
}

/// How much longer than [`CLOCK`] a look took, where that matters.
fn missed(passed: Duration) -> Option<Duration> {
    passed.checked_sub(CLOCK).filter(|gap| *gap > ASLEEP)
}

/// Where the chance of this connection's pauses begins: another place for each connection of each program.
fn seed() -> u64 {
    let bytes = bson::oid::ObjectId::new().bytes();
    bytes
        .iter()
        .fold(0, |all: u64, byte| all.rotate_left(8) ^ u64::from(*byte))
}

/// Asks who the server is and how long a question takes.
async fn probe(link: Arc<Link>, version: Option<String>) -> Result<ServerInfo, Error> {
    let admin = link.client.database("admin");
    let selection = link.prepared.selection();
    let ask = |command: Document| {
        let name = command.keys().next().map_or("", String::as_str);
        let own = Arc::new(Work {
            command: Arc::from(name),
            about: Arc::from("(is it there?)"),
            ..Work::default()
        });
        let action = admin.run_command(command);
        let action = match &selection {
            Some(SelectionCriteria::ReadPreference(preference)) => {
                action.selection_criteria(SelectionCriteria::ReadPreference(preference.clone()))
            }
            _ => action,
        };
        work::under(own, action.into_future())
    };
    let hello = ask(doc! { "hello": 1 }).await;
    let hello = match hello {
        // Older servers know it by another name.
        Err(error) if matches!(error.kind.as_ref(), mongodb::error::ErrorKind::Command(c) if c.code == 59) => {
            ask(doc! { "isMaster": 1 }).await?
        }
        other => other?,
    };
    link.learn(&hello);
    let version = match version {
        Some(version) => version,
        None => ask(doc! { "buildInfo": 1 })
            .await?
            .get_str("version")
            .unwrap_or("?")
            .to_owned(),
    };
    let start = Instant::now();
    ask(doc! { "ping": 1 }).await?;
    Ok(ServerInfo {
        version,
        role: role(&hello),
        set_name: hello.get_str("setName").ok().map(str::to_owned),
        round_trip: start.elapsed(),
        address: hello
            .get_str("me")
            .map(str::to_owned)
            .ok()
            .or_else(|| link.prepared.scene.hosts.first().cloned())
            .unwrap_or_default(),
    })
}

fn role(hello: &Document) -> Role {
    let is = |key: &str| hello.get_bool(key).unwrap_or(false);
    let primary = is("isWritablePrimary") || is("ismaster");
    if hello.get_str("msg").is_ok_and(|m| m == "isdbgrid") {
        Role::Router
    } else if hello.contains_key("setName") {
        match (primary, is("secondary")) {
            (true, _) => Role::Primary,
            (false, true) => Role::Secondary,
            _ => Role::Other,
        }
    } else if primary && !is("isreplicaset") {
        Role::Standalone
    } else {
        Role::Other
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

    use super::*;

    #[test]
    fn a_look_that_comes_much_too_late_tells_that_nothing_ran() {
        let hour = Duration::from_secs(3_600);
        assert_eq!(missed(CLOCK), None);
        // A busy machine.
        assert_eq!(missed(CLOCK * 4), None);
        assert_eq!(missed(CLOCK + hour), Some(hour));
        assert_eq!(missed(Duration::ZERO), None);
    }

    #[test]
    fn a_server_is_known_by_what_it_says_of_itself() {
        assert_eq!(
            role(&doc! { "isWritablePrimary": true, "setName": "rs0" }),
            Role::Primary
        );
        assert_eq!(
            role(&doc! { "isWritablePrimary": false, "secondary": true, "setName": "rs0" }),
            Role::Secondary
        );
        assert_eq!(
            role(&doc! { "isWritablePrimary": true, "msg": "isdbgrid" }),
            Role::Router
        );
        assert_eq!(role(&doc! { "ismaster": true }), Role::Standalone);
        assert_eq!(
            role(&doc! { "isWritablePrimary": false, "arbiterOnly": true, "setName": "rs0" }),
            Role::Other
        );
    }
}
