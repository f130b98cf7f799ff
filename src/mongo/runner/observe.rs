//! Looks at the deployment itself, and the few acts that belong to that: stopping an operation, setting a profiler.
//!
//! All that one look needs is asked of one server, the primary where there is one. What this user may not see is left
//! out with a sentence that names what is missing; the rest is given. Everything runs under a comment that ends with
//! [`MARK`], so that no look shows itself, and under a limit of time of its own.

mod building;
mod fields;
mod operations;
mod ours;
mod profiler;
mod server;
mod shapes;
mod slow;
mod tail;
mod topology;

use std::sync::Arc;
use std::time::Duration;

use bson::{Document, RawBsonRef, RawDocument, RawDocumentBuf, rawdoc};
use mongodb::error::{Error, ErrorKind};
use mongodb::options::{ReadPreference, SelectionCriteria, ServerAddress};

use super::read::refused;
use super::{Post, lock};
use crate::clock;
use crate::mongo::link::{Call, Link, Opening};
use crate::mongo::request::observe::{Observation, Observe, Observed};
use crate::mongo::request::{Failure, FailureKind, Request};

pub(super) use building::{builds, watch};
pub(super) use operations::kill;
pub(super) use ours::count as count_ours;
pub(super) use profiler::{Profilers, find_left, restore, restore_all, set};
pub(super) use tail::Tails;

/// How the comment of everything that is asked here ends.
pub(super) const MARK: &str = " monitor";

/// How long one question may take on the server. A profile's own limit is meant for queries.
const LIMIT: Duration = Duration::from_secs(5);

/// Whether a request is one of those that are answered here.
pub(super) fn is_monitoring(request: &Request) -> bool {
    matches!(
        request,
        Request::Observe(_)
            | Request::KillOperation { .. }
            | Request::SetProfiling { .. }
            | Request::RestoreProfiling { .. }
            | Request::OpenTail { .. }
            | Request::Changes { .. }
    )
}

/// Looks at what `what` says.
pub(super) async fn observe(
    post: &Arc<Post>,
    call: &Call,
    what: &Observe,
) -> Result<Observed, Failure> {
    let seat = Seat::take(call).await?;
    call.go_on()?;
    let what = match what {
        Observe::Topology => Observation::Topology(Box::new(topology::look(&seat).await?)),
        Observe::Server => Observation::Server(Box::new(server::look(&seat).await?)),
        Observe::Operations { idle } => {
            Observation::Operations(operations::look(&seat, *idle).await?)
        }
        Observe::Slow { database } => {
            let mut slow = slow::look(&seat, database).await?;
            let profilers = lock(&post.profilers);
            slow.before = profilers.before(database);
            slow.left = profilers.left(database);
            drop(profilers);
            Observation::Slow(slow)
        }
    };
    Ok(Observed { at: now(), what })
}

/// Milliseconds since the epoch.
fn now() -> i64 {
    i64::try_from(clock::now().as_millis()).unwrap_or(i64::MAX)
}

/// The call beside the profile's pool, since what fills that pool is often what is looked for.
async fn beside(call: &Call) -> Result<Call, Failure> {
    match call.aside().await {
        Ok(aside) => Ok(aside.limited(Some(LIMIT))),
        Err(error) => Err(call.failure(&error, None)),
    }
}

/// One server, and how it is asked.
struct Seat {
    call: Call,
    /// `host:port`.
    address: String,
    /// What it said of itself.
    hello: Document,
    chosen: SelectionCriteria,
}

impl Seat {
    /// The primary, or any member where there is none.
    async fn take(call: &Call) -> Result<Self, Failure> {
        let call = beside(call).await?;
        let hello = call
            .ask_of("admin", rawdoc! { "hello": 1 }, Some(primary_preferred()))
            .await
            .map_err(|e| call.failure(&e, None))?;
        let address = match hello.get_str("me") {
            Ok(me) => me.to_owned(),
            Err(_) => {
                let hosts = &call.link().prepared.scene.hosts;
                hosts.first().cloned().unwrap_or_default()
            }
        };
        let chosen = server_of(call.link(), &address).unwrap_or_else(primary_preferred);
        Ok(Self {
            call,
            address,
            hello,
            chosen,
        })
    }

    /// The server of this address.
    async fn at(call: &Call, address: &str) -> Result<Self, Failure> {
        let call = beside(call).await?;
        let several = call.link().topology().servers.len() > 1;
        let chosen = match server_of(call.link(), address) {
            Some(chosen) => chosen,
            None if several => {
                return Err(Failure::new(
                    FailureKind::Gone,
                    format!("server `{address}` does not belong to the deployment (any more)"),
                )
                .with_help("refresh to see what runs now"));
            }
            None => primary_preferred(),
        };
        Ok(Self {
            call,
            address: address.to_owned(),
            hello: Document::new(),
            chosen,
        })
    }

    async fn ask(&self, database: &str, command: RawDocumentBuf) -> Result<Document, Error> {
        self.call
            .ask_of(database, command, Some(self.chosen.clone()))
            .await
    }

    /// A command that changes something, sent once.
    async fn order(&self, database: &str, mut command: RawDocumentBuf) -> Result<Document, Error> {
        let limit = i64::try_from(LIMIT.as_millis()).unwrap_or(i64::MAX);
        command.append(bson::raw::cstr!("maxTimeMS"), limit);
        self.call
            .send(database, command, Some(self.chosen.clone()))
            .await
    }

    /// The first `most` documents of a cursor, each passed to `each`; whether there are more.
    async fn every(
        &self,
        database: &str,
        command: RawDocumentBuf,
        most: usize,
        mut each: impl FnMut(&RawDocument),
    ) -> Result<bool, Error> {
        let opening = Opening {
            chosen: Some(self.chosen.clone()),
            ..Opening::default()
        };
        let mut cursor = self.call.open_with(database, command, &opening).await?;
        let mut passed = 0;
        while let Some(batch) = cursor.next(&self.call).await {
            let batch = batch?;
            for value in batch.doc_slices()?.into_iter().flatten() {
                if let RawBsonRef::Document(document) = value {
                    if passed == most {
                        return Ok(true);
                    }
                    passed += 1;
                    each(document);
                }
            }
            if self.call.go_on().is_err() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The sentence in place of a part that cannot be had, or the failure where the connection is to blame.
    fn gap(&self, error: &Error, part: &Part) -> Result<String, Failure> {
        match error.kind.as_ref() {
            ErrorKind::Command(_) if refused(error) => Ok(part.missing()),
            ErrorKind::Command(_) => {
                let failure = self.call.failure(error, None);
                Ok(format!(
                    "{} cannot be {}: {}",
                    part.what, part.done, failure.summary
                ))
            }
            _ => Err(self.call.failure(error, None)),
        }
    }

    /// The failure where the one thing that was asked for cannot be had.
    fn failure(&self, error: &Error, part: &Part) -> Failure {
        let mut failure = self.call.failure(error, None);
        if refused(error) && failure.kind == FailureKind::Permission {
            failure.summary = part.missing();
            failure.help = Some(format!(
                "ask for the role `{}`, or use another user",
                part.role
            ));
        }
        failure
    }
}

/// Something that needs a privilege.
struct Part {
    /// What it is, as the subject of a sentence: `the members' state`.
    what: &'static str,
    /// What cannot be done to it without: `read`.
    done: &'static str,
    /// What the server wants for it.
    privilege: &'static str,
    /// A role of the server's own that has it.
    role: &'static str,
}

impl Part {
    fn missing(&self) -> String {
        format!(
            "{} cannot be {}: this user has not the privilege `{}`, which the role `{}` gives",
            self.what, self.done, self.privilege, self.role
        )
    }
}

fn primary_preferred() -> SelectionCriteria {
    SelectionCriteria::ReadPreference(ReadPreference::PrimaryPreferred { options: None })
}

/// The one server of this address, where the driver knows it by that name.
fn server_of(link: &Link, address: &str) -> Option<SelectionCriteria> {
    let servers = link.topology().servers;
    let known = servers.len() > 1 && servers.contains_key(address);
    let wanted: ServerAddress = address.parse().ok()?;
    known.then(|| SelectionCriteria::Predicate(Arc::new(move |server| *server.address() == wanted)))
}

/// A number of whatever kind, as a count; 0 where there is none.
fn figure(document: &Document, key: &str) -> u64 {
    super::read::unsigned(document.get(key)).unwrap_or(0)
}

/// The document inside, or an empty one.
fn part<'a>(document: &'a Document, path: &[&str]) -> Option<&'a Document> {
    path.iter()
        .try_fold(document, |inner, key| inner.get_document(key).ok())
}

/// The largest field of a command that is kept whole.
const MOST_FIELD_BYTES: usize = 2 << 10;

/// The largest command that is kept whole.
const MOST_COMMAND_BYTES: usize = 16 << 10;

/// A command without what only machines read, and without parts that are too large; whether it lacks such a part.
fn bounded(command: &RawDocument) -> (RawDocumentBuf, bool) {
    let whole = command.as_bytes().len() <= MOST_COMMAND_BYTES;
    let mut out = RawDocumentBuf::new();
    let mut cut = false;
    for (key, value) in command.iter().flatten() {
        match key.as_str() {
            "lsid" | "$clusterTime" | "$readPreference" | "txnNumber" | "autocommit"
            | "apiVersion" | "shardVersion" | "databaseVersion" | "clientOperationKey" => continue,
            "$truncated" => cut = true,
            _ => {}
        }
        let size = size_of(value);
        if out.as_bytes().len() + size > MOST_COMMAND_BYTES || (!whole && size > MOST_FIELD_BYTES) {
            cut = true;
            continue;
        }
        out.append(key, value);
    }
    (out, cut)
}

fn size_of(value: RawBsonRef<'_>) -> usize {
    match value {
        RawBsonRef::Document(d) => d.as_bytes().len(),
        RawBsonRef::Array(a) => a.as_bytes().len(),
        RawBsonRef::String(s) => s.len(),
        RawBsonRef::Binary(b) => b.bytes.len(),
        RawBsonRef::JavaScriptCode(s) => s.len(),
        _ => 16,
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
    fn a_command_too_large_to_keep_keeps_what_is_small() {
        let long = "x".repeat(20 << 10);
        let command = rawdoc! {
            "find": "c", "filter": { "a": 1 }, "let": { "long": long }, "lsid": { "id": 1 }, "$db": "shop",
        };
        let (kept, cut) = bounded(&command);
        assert!(cut);
        assert_eq!(
            kept,
            rawdoc! { "find": "c", "filter": { "a": 1 }, "$db": "shop" }
        );
        let small = rawdoc! { "find": "c", "filter": { "a": 1 } };
        assert_eq!(bounded(&small), (small.clone(), false));
    }

    #[test]
    fn what_is_missing_is_named_with_the_role_that_has_it() {
        let part = Part {
            what: "the server's log",
            done: "read",
            privilege: "getLog",
            role: "clusterMonitor",
        };
        assert_eq!(
            part.missing(),
            "the server's log cannot be read: this user has not the privilege `getLog`, which the role `clusterMonitor` gives"
        );
    }
}
