//! How a deployment stands: what its profile asks for, what its server says of itself, and whether all of it is well.
//!
//! Plain data without a secret in it, and one judgement, [`health`], that the screen and `mongodeck status` share.

use std::time::Duration;

use super::{ConnectionState, Failure};

/// What a profile's connection is made with: the profile and its connection string together, secrets left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setup {
    /// The servers that were named, `host:port`.
    pub hosts: Vec<String>,
    /// Most connections of each pool.
    pub max_pool_size: u32,
    /// Fewest connections that each pool keeps.
    pub min_pool_size: u32,
    /// Most connections that each pool makes at once.
    pub max_connecting: u32,
    /// How long a connection may be unused before it is closed; `None` for ever.
    pub max_idle_time: Option<Duration>,
    /// How long a connection may be waited for; `None` for ever.
    pub wait_queue_timeout: Option<Duration>,
    /// How the connections are protected.
    pub tls: TlsUse,
    /// Who we are; `None` for nobody.
    pub auth: Option<AuthUse>,
    /// The replica set that is asked for, where one is.
    pub set_name: Option<String>,
    /// Whether one server alone is spoken to, whatever else there is.
    pub direct: bool,
    /// How long things may take.
    pub times: Times,
}

/// How long the parts of an operation may take; `None` is as long as it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Times {
    /// Looking for a server that can do it.
    pub server_selection: Option<Duration>,
    /// Making a connection.
    pub connect: Option<Duration>,
    /// Waiting for the reply to a read.
    pub socket: Option<Duration>,
    /// Waiting for a connection of a full pool.
    pub wait_queue: Option<Duration>,
}

impl Times {
    /// Each that is bounded, with the name of its setting in a profile.
    pub fn bounded(&self) -> impl Iterator<Item = (&'static str, Duration)> {
        [
            ("server_selection_timeout", self.server_selection),
            ("connect_timeout", self.connect),
            ("socket_timeout", self.socket),
            ("wait_queue_timeout", self.wait_queue),
        ]
        .into_iter()
        .filter_map(|(name, time)| Some((name, time?)))
    }
}

/// How a connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TlsUse {
    /// Not at all.
    Off,
    /// By TLS, with certificates checked.
    On,
    /// By TLS with any certificate: anyone on the way can read and change the traffic.
    Unchecked,
}

impl TlsUse {
    /// The word on the screen.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::On => "on",
            Self::Unchecked => "not checked",
        }
    }
}

/// Who we are, without what proves it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthUse {
    /// `SCRAM-SHA-256`, `MONGODB-X509`, …; `SCRAM` where the server is asked which.
    pub mechanism: String,
    /// The user's name, where there is one.
    pub user: Option<String>,
    /// The database that holds the user.
    pub source: Option<String>,
}

/// What a server says of itself and of its deployment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Standing {
    /// The replica set; `None` where the server is in none.
    pub set: Option<SetStanding>,
    /// From a question to its answer.
    pub round_trip: Duration,
    /// Whether nothing can be read before somebody logs in, which the profile does not.
    pub wants_login: bool,
}

/// A replica set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetStanding {
    /// Its name.
    pub name: String,
    /// Its members, in the order of its configuration.
    pub members: Vec<SetMember>,
    /// Whether the set itself was asked (`replSetGetStatus`); otherwise the states are what this program's own monitors
    /// see, since the user may not ask.
    pub asked: bool,
}

/// A member of a replica set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetMember {
    /// `host:port`.
    pub host: String,
    /// `PRIMARY`, `SECONDARY`, `ARBITER`, `RECOVERING`, …, as the server writes it; `UNKNOWN` where nobody says.
    pub state: String,
    /// Whether it answers; `None` where nobody says.
    pub up: Option<bool>,
}

impl SetMember {
    /// Whether it does its work: it answers, and is a primary, a secondary or an arbiter. `None` where nobody says.
    #[must_use]
    pub fn works(&self) -> Option<bool> {
        let state = match self.state.as_str() {
            "PRIMARY" | "SECONDARY" | "ARBITER" => Some(true),
            "UNKNOWN" => None,
            _ => Some(false),
        };
        match (self.up, state) {
            (Some(false), _) | (_, Some(false)) => Some(false),
            (up, state) => up.and(state),
        }
    }
}

impl SetStanding {
    /// How many members work, and how many there are.
    #[must_use]
    pub fn working(&self) -> (usize, usize) {
        let working = self.members.iter().filter(|m| m.works() == Some(true));
        (working.count(), self.members.len())
    }

    /// `rs0 3/3`; with `?` where not all members could be asked.
    #[must_use]
    pub fn text(&self) -> String {
        let (working, all) = self.working();
        let unsure = match self.members.iter().any(|m| m.works().is_none()) {
            true => "?",
            false => "",
        };
        format!("{} {working}{unsure}/{all}", self.name)
    }
}

/// Whether a deployment is well.
#[derive(Debug, Clone, PartialEq)]
pub enum Health {
    /// It answers, and nothing is wrong with it.
    Well,
    /// It answers, and something is wrong with it: what.
    Impaired(String),
    /// It does not answer: why, where that is known.
    Down(Option<Failure>),
}

/// Judges a deployment by its connection and by what it says of itself.
#[must_use]
pub fn health(connection: &ConnectionState, standing: Option<&Standing>) -> Health {
    match connection {
        ConnectionState::Closed | ConnectionState::Connecting => return Health::Down(None),
        ConnectionState::Retrying { failure, .. } | ConnectionState::Failed(failure) => {
            return Health::Down(Some(failure.clone()));
        }
        ConnectionState::Ready(_) => {}
    }
    if standing.is_some_and(|s| s.wants_login) {
        return Health::Impaired(
            "the server wants a user and a password, and the profile has none: nothing can be read"
                .to_owned(),
        );
    }
    let Some(set) = standing.and_then(|s| s.set.as_ref()) else {
        return Health::Well;
    };
    let bad: Vec<String> = set
        .members
        .iter()
        .filter(|m| m.works() == Some(false))
        .map(|m| match m.up {
            Some(false) => format!("`{}` does not answer", m.host),
            _ => format!("`{}` is {}", m.host, m.state.to_lowercase()),
        })
        .collect();
    if !bad.is_empty() {
        return Health::Impaired(format!(
            "{} of {} members of `{}` do not work: {}",
            bad.len(),
            set.members.len(),
            set.name,
            bad.join(", ")
        ));
    }
    let no_primary = set.members.iter().all(|m| m.works().is_some())
        && set.members.iter().all(|m| m.state != "PRIMARY");
    if no_primary && !set.members.is_empty() {
        return Health::Impaired(format!(
            "`{}` has no primary: nothing can be written",
            set.name
        ));
    }
    Health::Well
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        reason = "a test fails by panicking"
    )]

    use std::time::Duration;

    use super::*;
    use crate::mongo::request::{FailureKind, Role, ServerInfo};

    fn ready() -> ConnectionState {
        ConnectionState::Ready(ServerInfo {
            version: "6.0.5".to_owned(),
            role: Role::Primary,
            set_name: Some("rs0".to_owned()),
            round_trip: Duration::from_millis(1),
            address: "a:1".to_owned(),
        })
    }

    fn set(members: &[(&str, Option<bool>)]) -> Standing {
        let members = members
            .iter()
            .enumerate()
            .map(|(at, (state, up))| SetMember {
                host: format!("h:{at}"),
                state: (*state).to_owned(),
                up: *up,
            });
        Standing {
            set: Some(SetStanding {
                name: "rs0".to_owned(),
                members: members.collect(),
                asked: true,
            }),
            ..Standing::default()
        }
    }

    #[test]
    fn a_set_is_well_when_all_of_its_members_work_and_one_is_primary() {
        let up = Some(true);
        let whole = set(&[("PRIMARY", up), ("SECONDARY", up), ("ARBITER", up)]);
        assert_eq!(health(&ready(), Some(&whole)), Health::Well);
        assert_eq!(whole.set.unwrap().text(), "rs0 3/3");
        for broken in [
            set(&[("PRIMARY", up), ("SECONDARY", Some(false))]),
            set(&[("PRIMARY", up), ("RECOVERING", up)]),
            set(&[("SECONDARY", up), ("SECONDARY", up)]),
        ] {
            assert!(
                matches!(health(&ready(), Some(&broken)), Health::Impaired(_)),
                "{broken:?}"
            );
        }
    }

    #[test]
    fn a_server_that_wants_a_login_is_not_well_without_one() {
        let standing = Standing {
            wants_login: true,
            ..Standing::default()
        };
        assert!(matches!(
            health(&ready(), Some(&standing)),
            Health::Impaired(_)
        ));
    }

    #[test]
    fn a_member_that_nobody_asked_is_not_held_against_its_set() {
        let one = set(&[("SECONDARY", Some(true)), ("UNKNOWN", None)]);
        assert_eq!(health(&ready(), Some(&one)), Health::Well);
        assert_eq!(one.set.unwrap().text(), "rs0 1?/2");
    }

    #[test]
    fn what_does_not_answer_is_down_with_its_reason() {
        let failure = Failure::new(FailureKind::Unreachable, "connection refused");
        let state = ConnectionState::Failed(failure.clone());
        assert_eq!(health(&state, None), Health::Down(Some(failure)));
        assert_eq!(
            health(&ConnectionState::Connecting, None),
            Health::Down(None)
        );
    }
}
