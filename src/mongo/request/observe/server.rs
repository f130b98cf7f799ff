//! The figures of one server. Counters run from its start and are shown as rates, which two readings give.

use std::time::Duration;

/// What `serverStatus` says, as far as it is shown. What this server does not have is `None`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ServerFigures {
    /// `host:port`, as the server calls itself.
    pub host: String,
    /// Its version.
    pub version: String,
    /// `mongod` or `mongos`.
    pub process: String,
    /// How long it has been running. Shorter than at an earlier reading means that it was started again, so that its
    /// counters began anew.
    pub up: Duration,
    /// When it was started, by its own clock, in milliseconds since the epoch.
    pub started: Option<i64>,
    /// The counters.
    pub counters: Counters,
    /// Connections that clients have.
    pub connections: u64,
    /// Connections that it would still accept.
    pub connections_left: u64,
    /// Connections on which something runs.
    pub connections_active: Option<u64>,
    /// Bytes of memory it holds.
    pub resident: Option<u64>,
    /// Bytes of address space.
    pub virtual_memory: Option<u64>,
    /// The storage engine's cache.
    pub cache: Option<Cache>,
    /// Operations that wait for a lock: reads, writes.
    pub queued: Option<(u64, u64)>,
    /// Operations that run: reads, writes.
    pub active: Option<(u64, u64)>,
    /// Places in the storage engine: for reads, for writes.
    pub tickets: Option<(Tickets, Tickets)>,
    /// Open cursors.
    pub cursors: Option<u64>,
    /// What could not be read, a sentence each.
    pub gaps: Vec<String>,
}

/// Counters from the server's start. Those that not every kind of server keeps are `None` where it does not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counters {
    /// Inserts.
    pub insert: u64,
    /// Queries.
    pub query: u64,
    /// Updates.
    pub update: u64,
    /// Deletes.
    pub delete: u64,
    /// Further batches of cursors.
    pub getmore: u64,
    /// Other commands.
    pub command: u64,
    /// Bytes received.
    pub bytes_in: u64,
    /// Bytes sent.
    pub bytes_out: u64,
    /// Requests of all kinds.
    pub requests: u64,
    /// Connections accepted.
    pub connections_created: u64,
    /// Documents given to clients.
    pub returned: Option<u64>,
    /// Documents looked at.
    pub scanned: Option<u64>,
    /// Index keys looked at.
    pub scanned_keys: Option<u64>,
    /// Bytes read into the cache.
    pub cache_in: Option<u64>,
    /// Bytes written from the cache.
    pub cache_out: Option<u64>,
    /// Errors that clients made, as the server counts them.
    pub user_errors: Option<u64>,
}

/// The storage engine's cache, in bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cache {
    /// How much it may hold.
    pub limit: u64,
    /// How much it holds.
    pub used: u64,
    /// How much of that is not written so far.
    pub dirty: u64,
}

/// Places that operations take in the storage engine.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tickets {
    /// Taken.
    pub taken: u64,
    /// Free.
    pub free: u64,
}
