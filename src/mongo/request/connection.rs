//! What is known of a connection: its state, the server at its end, and what it may do.

use super::Failure;
use std::time::Duration;

/// What a server is in its deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// A server of its own.
    Standalone,
    /// The writable member of a replica set.
    Primary,
    /// A member that follows.
    Secondary,
    /// The router of a sharded cluster.
    Router,
    /// Anything else: arbiter, recovering, load-balanced.
    Other,
}

impl Role {
    /// The word on the screen.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Standalone => "standalone",
            Self::Primary => "primary",
            Self::Secondary => "secondary",
            Self::Router => "mongos",
            Self::Other => "member",
        }
    }
}

/// A deployment that answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerInfo {
    /// The server's version, `6.0.5`.
    pub version: String,
    /// What it is.
    pub role: Role,
    /// The replica set's name.
    pub set_name: Option<String>,
    /// Time of the last `ping`, there and back.
    pub round_trip: Duration,
    /// The server's address.
    pub address: String,
}

/// How a profile's connection stands. Each profile has its own; none waits for another.
#[derive(Debug, Clone, PartialEq)]
pub enum ConnectionState {
    /// Not asked for so far, or closed by the person.
    Closed,
    /// The first attempt is under way.
    Connecting,
    /// It answers.
    Ready(ServerInfo),
    /// It did not answer; the next attempt comes by itself.
    Retrying {
        /// Attempts so far.
        attempt: u32,
        /// Time from this report until the next attempt.
        next_in: Duration,
        /// Why the last one failed.
        failure: Failure,
    },
    /// It cannot work as configured (a wrong password, a bad URI): no further attempt until the person asks.
    Failed(Failure),
}

/// Whether a profile may be written to at this moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Access {
    /// No write leaves this program.
    ReadOnly,
    /// Writes are sent once the person confirmed them.
    ReadWrite,
}
