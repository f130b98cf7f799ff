//! Who belongs to a deployment, and how each of them stands.

use std::time::Duration;

/// A deployment as one of its servers tells it.
#[derive(Debug, Clone, PartialEq)]
pub struct Topology {
    /// The server that was asked, `host:port`.
    pub asked: String,
    /// What kind of deployment it is, with its parts.
    pub deployment: Deployment,
    /// What could not be read, a sentence each.
    pub gaps: Vec<String>,
}

/// The kinds of deployments.
#[derive(Debug, Clone, PartialEq)]
pub enum Deployment {
    /// One server of its own.
    Standalone,
    /// A replica set.
    Set(ReplicaSet),
    /// A sharded cluster, asked through a router or at a config server.
    Sharded(Cluster),
}

/// A replica set.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ReplicaSet {
    /// Its name.
    pub name: String,
    /// Counts its elections, as the server does.
    pub term: Option<i64>,
    /// The version of its configuration.
    pub version: Option<i64>,
    /// How often members ask each other.
    pub heartbeat_every: Option<Duration>,
    /// How long a primary may be silent before another one is elected.
    pub election_after: Option<Duration>,
    /// What the asked server knows of the election that made it primary; nothing where it is not.
    pub election: Election,
    /// The members, in the order of the configuration.
    pub members: Vec<Member>,
}

impl Topology {
    /// The replica set, where it is one; of a sharded cluster the config servers, where one of them was asked.
    #[must_use]
    pub fn set(&self) -> Option<&ReplicaSet> {
        match &self.deployment {
            Deployment::Set(set) => Some(set),
            Deployment::Sharded(cluster) => cluster.config.as_ref(),
            Deployment::Standalone => None,
        }
    }
}

impl ReplicaSet {
    /// The primary, as far as the asked server knows.
    #[must_use]
    pub fn primary(&self) -> Option<&Member> {
        let mut members = self.members.iter();
        members.find(|m| m.state.eq_ignore_ascii_case("primary"))
    }
}

/// An election, as the member tells it that stood in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Election {
    /// Why there was one, in the server's word: `electionTimeout`, `stepUpRequest`, ….
    pub reason: Option<String>,
    /// How many votes it needed.
    pub votes_needed: Option<i64>,
    /// The time from its being called until a majority had the primary's first write.
    pub writable_after: Option<Duration>,
}

/// A member of a replica set. What only the status tells is `None` where the user may not read it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Member {
    /// `host:port`, as the configuration writes it.
    pub address: String,
    /// The server's word for its state: `PRIMARY`, `SECONDARY`, `RECOVERING`, …; lower case where it was guessed from
    /// what the asked server says to everybody.
    pub state: String,
    /// Whether the asked server reaches it; `None` where that is not known.
    pub healthy: Option<bool>,
    /// Whether it is the one that was asked.
    pub asked: bool,
    /// How far its last write lies behind that of the primary, or of the most recent member where there is none.
    pub lag: Option<Duration>,
    /// How long it has been running, or reachable.
    pub up: Option<Duration>,
    /// How many votes it has in an election.
    pub votes: Option<i64>,
    /// How much it is wished for as a primary; 0 never becomes one.
    pub priority: Option<f64>,
    /// Whether clients do not see it.
    pub hidden: bool,
    /// Whether it holds no data.
    pub arbiter: bool,
    /// How far it stays behind on purpose.
    pub delay: Option<Duration>,
    /// When the asked server last heard of it.
    pub last_heartbeat: Option<i64>,
    /// How long that took, there and back.
    pub ping: Option<Duration>,
    /// The member that it copies from.
    pub source: Option<String>,
    /// Since when it is the primary.
    pub elected_at: Option<i64>,
    /// What the server says is wrong with it.
    pub message: Option<String>,
}

/// A sharded cluster.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Cluster {
    /// The shards, by name.
    pub shards: Vec<Shard>,
    /// How data is moved between them.
    pub balancer: Option<Balancer>,
    /// The routers that reported lately.
    pub routers: Vec<Router>,
    /// The sharded collections, counted; `None` where they could not be.
    pub collections: Option<Collections>,
    /// The set of config servers, where one of them was asked itself and not a router.
    pub config: Option<ReplicaSet>,
}

/// The collections of a cluster that are spread over shards.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Collections {
    /// How many there are.
    pub sharded: u64,
    /// How many of them the balancer leaves alone, since somebody said so.
    pub held: u64,
}

/// A shard.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shard {
    /// Its name.
    pub name: String,
    /// Its replica set and members: `rs1/a:27018,b:27018`.
    pub host: String,
    /// Whether its data is being moved away so that it can be removed.
    pub draining: bool,
    /// Whether it takes part; otherwise it is known, and not used yet.
    pub active: bool,
    /// The zones that it belongs to.
    pub zones: Vec<String>,
    /// The chunks on it; `None` where they could not be counted.
    pub chunks: Option<u64>,
    /// Of these, those that are too large to be moved.
    pub jumbo: u64,
    /// The databases whose unsharded collections are on it; `None` where they could not be counted.
    pub databases: Option<u64>,
}

/// What moves data between shards.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Balancer {
    /// The server's word: `full`, `off`, ….
    pub mode: String,
    /// Whether it is at it at this moment; `None` where only a router could tell.
    pub running: Option<bool>,
    /// Rounds since the config server was started.
    pub rounds: Option<u64>,
    /// The hours of the day that it is kept to: from, until.
    pub window: Option<(String, String)>,
}

/// A router.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Router {
    /// `host:port`.
    pub address: String,
    /// Its version.
    pub version: String,
    /// When it last reported.
    pub last_ping: Option<i64>,
}
