//! How a deployment stands: what its connection was made with, and what its servers say.
//!
//! Asks only what any user may ask, and what else it can get; a permission that is missing leaves a part unknown and
//! fails nothing.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bson::{Bson, Document, rawdoc};
use mongodb::error::ErrorKind;
use mongodb::options::{AuthMechanism, ReadPreference, SelectionCriteria, Tls};

use super::stream::Streaming;
use super::{Post, Runner, lock};
use crate::config::connections::{Change, ConnectionLog};
use crate::mongo::connect::Prepared;
use crate::mongo::events::Health as ServerHealth;
use crate::mongo::link::{Call, Link};
use crate::mongo::request::standing::{
    AuthUse, SetMember, SetStanding, Setup, Standing, Times, TlsUse,
};
use crate::mongo::request::{ConnectionState, Failure, FailureKind, ProfileName, Report};

/// The driver's own bound where nobody sets one.
const USUAL_POOL: u32 = 10;
/// The driver's own bound on connections that are made at once.
const USUAL_CONNECTING: u32 = 2;

/// The driver's own limit for making a connection.
const USUAL_CONNECT: Duration = Duration::from_secs(10);

/// The server's code for what one may not do.
const UNAUTHORIZED: i32 = 13;

/// How long the questions after the first answer may take.
const ASKING: Duration = Duration::from_secs(5);

/// What an examination of a profile found.
#[derive(Debug, Clone)]
pub struct Examined {
    /// What its connection is made with; `None` where that could not be found out.
    pub setup: Option<Arc<Setup>>,
    /// How the connection stood at the end.
    pub connection: ConnectionState,
    /// What the server says of its deployment; `None` where there is no answer.
    pub standing: Option<Standing>,
    /// From the start to the verdict.
    pub took: Duration,
}

impl Runner {
    /// Connects a profile, and says how it stands as soon as it answers, or fails, or `limit` is over. With `patient`, an
    /// attempt that fails is no verdict while further ones come by themselves.
    pub async fn examine(
        &self,
        profile: &ProfileName,
        limit: Duration,
        patient: bool,
    ) -> Option<Examined> {
        let post = self.post(profile)?;
        let start = Instant::now();
        self.connect_post(&post);
        let mut state = post.state.subscribe();
        let verdict = async {
            loop {
                let known = state.borrow_and_update().clone();
                match known {
                    ConnectionState::Ready(_) | ConnectionState::Failed(_) => return known,
                    ConnectionState::Retrying { .. } if !patient => return known,
                    _ => {}
                }
                if state.changed().await.is_err() {
                    return known;
                }
            }
        };
        let connection = match tokio::time::timeout(limit, verdict).await {
            Ok(state) => state,
            Err(_) => {
                let known = post.state.borrow().clone();
                match known {
                    ConnectionState::Connecting => ConnectionState::Failed(silent(&post, limit)),
                    other => other,
                }
            }
        };
        let standing = match &connection {
            ConnectionState::Ready(_) => self.ask_standing(&post).await,
            // Its members answer, and know more than that none of them is primary.
            ConnectionState::Retrying { failure, .. } if failure.kind == FailureKind::NoPrimary => {
                self.ask_standing(&post).await
            }
            _ => None,
        };
        Some(Examined {
            setup: lock(&post.setup).clone(),
            connection,
            standing,
            took: start.elapsed(),
        })
    }

    async fn ask_standing(&self, post: &Arc<Post>) -> Option<Standing> {
        let streaming = Streaming::default();
        let link = link(post).ok()?;
        let comment = format!("mongodeck/{}/standing", self.session);
        let call = Call::new(link, &comment, streaming.0.clone()).within(ASKING);
        // A task of its own, since a driver's future is never dropped.
        let asking = tokio::spawn(async move { standing(&call).await });
        match tokio::time::timeout(ASKING, asking).await {
            Ok(Ok(Ok(standing))) => Some(standing),
            _ => None,
        }
    }

    /// What the profile's connection is made with; `None` before it was asked for, and where it could not be found out.
    #[must_use]
    pub fn setup(&self, profile: &ProfileName) -> Option<Arc<Setup>> {
        self.post(profile).and_then(|p| lock(&p.setup).clone())
    }

    /// The same runner, telling `log` of each change of a connection from now on.
    #[must_use]
    pub fn with_connection_log(self, log: ConnectionLog) -> Self {
        // A log that is there already stays.
        let _ = self.connections.set(log);
        self
    }

    /// The log of [`Runner::with_connection_log`].
    #[must_use]
    pub fn connection_log(&self) -> Option<&ConnectionLog> {
        self.connections.get()
    }
}

fn silent(post: &Post, limit: Duration) -> Failure {
    let hosts = lock(&post.setup)
        .as_ref()
        .map(|s| s.hosts.join("`, `"))
        .filter(|h| !h.is_empty())
        .unwrap_or_else(|| post.profile.name.to_string());
    Failure::new(
        FailureKind::Timeout,
        format!(
            "`{hosts}` did not answer in {}",
            format_args!("{} s", limit.as_secs_f64())
        ),
    )
    .with_help("check the address and what lies between, or allow more time with `--timeout`")
}

impl Post {
    /// Keeps what the connection is made with, and tells of it.
    pub(super) fn learn_setup(&self, prepared: &Prepared) {
        let mut setup = setup(prepared);
        setup.times.socket = self.profile.socket_timeout;
        let setup = Arc::new(setup);
        *lock(&self.setup) = Some(Arc::clone(&setup));
        self.report(Report::Setup {
            profile: self.profile.name.clone(),
            setup,
        });
    }

    /// Writes a change of the connection to the log.
    pub(super) fn log_change(&self, before: &ConnectionState, after: &ConnectionState) {
        let Some(log) = self.connections.get() else {
            return;
        };
        if let Some(change) = change(self.profile.name.as_str(), before, after) {
            log.note(change);
        }
    }
}

/// A change as the log holds it; `None` where nothing changed but a round trip.
fn change(profile: &str, before: &ConnectionState, after: &ConnectionState) -> Option<Change> {
    let (old, new) = (words(before), words(after));
    if old == new && !matches!(after, ConnectionState::Retrying { .. }) {
        return None;
    }
    let mut change = Change::now(profile, old, new);
    match after {
        ConnectionState::Ready(server) => change.server = Some(server.address.clone()),
        ConnectionState::Retrying {
            attempt,
            next_in,
            failure,
        } => {
            change.attempt = Some(*attempt);
            change.next_in_ms = Some(u64::try_from(next_in.as_millis()).unwrap_or(u64::MAX));
            change.cause = Some(failure.summary.clone());
        }
        ConnectionState::Failed(failure) => change.cause = Some(failure.summary.clone()),
        ConnectionState::Closed | ConnectionState::Connecting => {}
    }
    Some(change)
}

fn words(state: &ConnectionState) -> String {
    match state {
        ConnectionState::Closed => "closed".to_owned(),
        ConnectionState::Connecting => "connecting".to_owned(),
        ConnectionState::Ready(server) => {
            let set = server.set_name.as_deref().map(|s| format!(" of {s}"));
            format!(
                "ready ({}{} {} at {})",
                server.role.word(),
                set.unwrap_or_default(),
                server.version,
                server.address
            )
        }
        ConnectionState::Retrying { .. } => "retrying".to_owned(),
        ConnectionState::Failed(_) => "failed".to_owned(),
    }
}

fn setup(prepared: &Prepared) -> Setup {
    let options = &prepared.options;
    let auth = options.credential.as_ref().map(|c| {
        let mechanism = match &c.mechanism {
            None => "SCRAM".to_owned(),
            Some(AuthMechanism::MongoDbX509) => "MONGODB-X509".to_owned(),
            Some(other) => other.as_str().to_owned(),
        };
        AuthUse {
            mechanism,
            user: c.username.clone(),
            source: c.source.clone(),
        }
    });
    Setup {
        hosts: prepared.scene.hosts.clone(),
        max_pool_size: options.max_pool_size.unwrap_or(USUAL_POOL),
        min_pool_size: options.min_pool_size.unwrap_or(0),
        max_connecting: options.max_connecting.unwrap_or(USUAL_CONNECTING),
        max_idle_time: options.max_idle_time,
        wait_queue_timeout: prepared.wait_queue_timeout,
        tls: match &options.tls {
            Some(Tls::Enabled(tls)) if tls.allow_invalid_certificates == Some(true) => {
                TlsUse::Unchecked
            }
            Some(Tls::Enabled(_)) => TlsUse::On,
            _ => TlsUse::Off,
        },
        auth,
        set_name: options.repl_set_name.clone(),
        direct: options.direct_connection == Some(true),
        times: Times {
            server_selection: Some(prepared.selection_timeout),
            connect: Some(options.connect_timeout.unwrap_or(USUAL_CONNECT)),
            socket: None,
            wait_queue: prepared.wait_queue_timeout,
        },
    }
}

/// The connection of `post`, whether it is of use at the moment or not.
pub(super) fn link(post: &Post) -> Result<Arc<Link>, Failure> {
    lock(&post.connection).link.clone().ok_or_else(|| {
        Failure::new(
            FailureKind::Gone,
            format!("profile `{}` is not connected", post.profile.name),
        )
        .with_help("connect it first")
    })
}

/// How the deployment stands, asked beside the profile's pool, which may be full.
pub(super) async fn beside(call: Call) -> Result<Standing, Failure> {
    let call = call.within(ASKING);
    match call.aside().await {
        Ok(aside) => standing(&aside).await,
        Err(error) => Err(call.failure(&error, None)),
    }
}

/// Asks the server of its deployment: the primary where there is one, else any member.
async fn standing(call: &Call) -> Result<Standing, Failure> {
    let anyone = match call.link().prepared.selection() {
        Some(chosen) => chosen,
        None => {
            SelectionCriteria::ReadPreference(ReadPreference::PrimaryPreferred { options: None })
        }
    };
    let ask = |command| call.ask_of("admin", command, Some(anyone.clone()));
    let hello = match ask(rawdoc! { "hello": 1 }).await {
        Ok(hello) => hello,
        // Older servers know it by another name.
        Err(_) => ask(rawdoc! { "isMaster": 1 })
            .await
            .map_err(|e| call.failure(&e, None))?,
    };
    // By now there is a connection, so this is the way there and back alone.
    let start = Instant::now();
    let answered = ask(rawdoc! { "ping": 1 }).await;
    let round_trip = start.elapsed();
    answered.map_err(|e| call.failure(&e, None))?;
    let nobody = call.link().prepared.options.credential.is_none();
    let wants_login = nobody && {
        let asked = ask(rawdoc! { "listDatabases": 1, "nameOnly": true }).await;
        asked.is_err_and(
            |e| matches!(e.kind.as_ref(), ErrorKind::Command(c) if c.code == UNAUTHORIZED),
        )
    };
    let alone = Standing {
        set: None,
        round_trip,
        wants_login,
    };
    let Ok(name) = hello.get_str("setName") else {
        return Ok(alone);
    };
    let asked = ask(rawdoc! { "replSetGetStatus": 1 }).await;
    let members = asked.ok().and_then(|status| members(&status));
    let set = SetStanding {
        name: name.to_owned(),
        asked: members.is_some(),
        members: members.unwrap_or_else(|| seen(call, &hello)),
    };
    Ok(Standing {
        set: Some(set),
        ..alone
    })
}

fn members(status: &Document) -> Option<Vec<SetMember>> {
    let members = status.get_array("members").ok()?;
    Some(
        members
            .iter()
            .filter_map(Bson::as_document)
            .map(|member| SetMember {
                host: member.get_str("name").unwrap_or("?").to_owned(),
                state: member.get_str("stateStr").unwrap_or("UNKNOWN").to_owned(),
                up: crate::mongo::failure::integer(member.get("health")).map(|h| h == 1),
            })
            .collect(),
    )
}

/// The members as the driver's monitors see them.
fn seen(call: &Call, hello: &Document) -> Vec<SetMember> {
    let topology = call.link().topology();
    let primary = hello.get_str("primary").ok();
    let listed = |key: &str| {
        let hosts = hello.get_array(key).cloned().unwrap_or_default();
        hosts
            .into_iter()
            .filter_map(|h| h.as_str().map(str::to_owned))
    };
    let arbiters: Vec<String> = listed("arbiters").collect();
    listed("hosts")
        .chain(listed("passives"))
        .chain(arbiters.iter().cloned())
        .map(|host| {
            let up = match topology.servers.get(&host) {
                Some(ServerHealth::Answering) => Some(true),
                Some(ServerHealth::Failing(_)) => Some(false),
                Some(ServerHealth::Unknown) | None => None,
            };
            let own = hello.get_str("me").is_ok_and(|me| me == host);
            let up = if own { Some(true) } else { up };
            let state = match up {
                Some(true) if primary == Some(host.as_str()) => "PRIMARY",
                Some(true) if arbiters.contains(&host) => "ARBITER",
                Some(true) => "SECONDARY",
                _ => "UNKNOWN",
            };
            SetMember {
                host,
                state: state.to_owned(),
                up,
            }
        })
        .collect()
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
    use crate::mongo::request::{Role, ServerInfo};

    fn ready(role: Role, round_trip: u64) -> ConnectionState {
        ConnectionState::Ready(ServerInfo {
            version: "6.0.5".to_owned(),
            role,
            set_name: Some("rs0".to_owned()),
            round_trip: Duration::from_millis(round_trip),
            address: "a:1".to_owned(),
        })
    }

    #[test]
    fn a_change_is_logged_with_the_state_before_and_after() {
        let retrying = ConnectionState::Retrying {
            attempt: 2,
            next_in: Duration::from_millis(750),
            failure: Failure::new(FailureKind::Unreachable, "connection refused"),
        };
        let lost = change("main", &ready(Role::Primary, 1), &retrying).unwrap();
        assert_eq!(lost.before, "ready (primary of rs0 6.0.5 at a:1)");
        assert_eq!(lost.after, "retrying");
        assert_eq!(lost.attempt, Some(2));
        assert_eq!(lost.next_in_ms, Some(750));
        assert_eq!(lost.cause.as_deref(), Some("connection refused"));
        let again = change("main", &retrying, &retrying).unwrap();
        assert_eq!(
            (again.before, again.after),
            ("retrying".into(), "retrying".into())
        );
    }

    #[test]
    fn a_round_trip_is_no_change_and_a_new_role_is_one() {
        let of = |a, b| change("main", &a, &b);
        assert_eq!(of(ready(Role::Primary, 1), ready(Role::Primary, 90)), None);
        assert!(of(ready(Role::Primary, 1), ready(Role::Secondary, 1)).is_some());
    }

    #[test]
    fn members_are_read_as_the_server_tells_them() {
        let status = doc! { "members": [
            { "name": "a:1", "health": 1.0, "stateStr": "PRIMARY" },
            { "name": "b:2", "health": 0.0, "stateStr": "(not reachable/healthy)" },
        ] };
        let members = members(&status).unwrap();
        assert_eq!(members[0].works(), Some(true));
        assert_eq!(members[1].works(), Some(false));
    }
}
