//! What a deployment says of itself, as plain data: its members, its figures, what runs on it, what was slow, what
//! changes.
//!
//! A part that this user may not see, or that the server does not have, is left out with a sentence among the `gaps`
//! that says what is missing; the other parts are there. Times of day are milliseconds since the epoch. Everything is
//! bounded, whatever the server sends.

mod operations;
mod server;
mod slow;
mod tail;
mod topology;

pub use operations::{
    Building, Killed, MOST_OPERATIONS, OperationId, Operations, RunningOperation,
};
pub use server::{Cache, Counters, ServerFigures, Tickets};
pub use slow::{LeftProfiler, Profiling, ProfilingLevel, Restored, Slow, SlowShape, SlowSource};
pub use tail::{Changes, DocumentBefore, FullDocument, Tail, TailPlace};
pub use topology::{
    Balancer, Cluster, Collections, Deployment, Election, Member, ReplicaSet, Router, Shard,
    Topology,
};

/// What to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Observe {
    /// The members and how they stand. Answered by [`Observation::Topology`].
    Topology,
    /// The figures of one server: the primary, where there is one. Answered by [`Observation::Server`].
    Server,
    /// What runs on that server. Answered by [`Observation::Operations`].
    Operations {
        /// Also connections that do nothing, the server's own threads, and clients that wait for news of the server. A
        /// session that waits with an open transaction is told of in any case: it holds locks.
        idle: bool,
    },
    /// What took long: the profiler's documents of a database, and the slow lines of the server's log. Answered by
    /// [`Observation::Slow`].
    Slow {
        /// The database whose profiler is looked at.
        database: String,
    },
}

/// What was seen, and when.
#[derive(Debug, Clone, PartialEq)]
pub struct Observed {
    /// When it was read, by the clock of this machine.
    pub at: i64,
    /// What.
    pub what: Observation,
}

/// To [`Observe`].
#[derive(Debug, Clone, PartialEq)]
pub enum Observation {
    /// To [`Observe::Topology`].
    Topology(Box<Topology>),
    /// To [`Observe::Server`].
    Server(Box<ServerFigures>),
    /// To [`Observe::Operations`].
    Operations(Operations),
    /// To [`Observe::Slow`].
    Slow(Slow),
}
