//! What took long on a server, by shape.

use std::time::Duration;

use bson::RawDocumentBuf;

/// What a profiler takes note of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProfilingLevel {
    /// Nothing.
    Off,
    /// What takes longer than its threshold.
    Slow,
    /// Everything. Costs the server a write for each operation.
    All,
}

impl ProfilingLevel {
    /// The server's number.
    #[must_use]
    pub fn number(self) -> i32 {
        match self {
            Self::Off => 0,
            Self::Slow => 1,
            Self::All => 2,
        }
    }

    /// The level of a server's number; whatever is not known takes note of everything.
    #[must_use]
    pub fn of(number: i64) -> Self {
        match number {
            0 => Self::Off,
            1 => Self::Slow,
            _ => Self::All,
        }
    }

    /// What it means.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Slow => "slow operations",
            Self::All => "all operations",
        }
    }
}

/// How a database's profiler is set.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Profiling {
    /// What it takes note of, in this database.
    pub level: ProfilingLevel,
    /// From how many milliseconds on an operation is slow. Holds for the whole server, and for its log too.
    pub slow_ms: i64,
    /// Which share of slow operations is noted, from 0 to 1. Holds for the whole server, and for its log too.
    pub sample_rate: f64,
}

/// A profiler that an earlier run of the program has set and not put back, and that still is so.
#[derive(Debug, Clone, PartialEq)]
pub struct LeftProfiler {
    /// The database.
    pub database: String,
    /// The server, `host:port`.
    pub address: String,
    /// How it was before.
    pub before: Profiling,
    /// How that run set it.
    pub set: Profiling,
}

/// What became of putting a profiler back.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Restored {
    /// It is as it was before this program set it.
    Yes(Profiling),
    /// Somebody else set it since: it was left so.
    SetElsewhere(Profiling),
    /// This program had not set it.
    NotOurs,
}

/// What took long.
#[derive(Debug, Clone, PartialEq)]
pub struct Slow {
    /// The database whose profiler was looked at. The log is of the whole server.
    pub database: String,
    /// How its profiler is set; `None` where that could not be read.
    pub profiling: Option<Profiling>,
    /// How it was set before this program changed it, and will be again; `None` where it has not.
    pub before: Option<Profiling>,
    /// How it was before an earlier run of the program set it and did not put it back; `None` where none did.
    pub left: Option<Profiling>,
    /// What was slow, the largest sum of time first.
    pub shapes: Vec<SlowShape>,
    /// How many documents of the profiler were read.
    pub profiled: usize,
    /// How many slow lines of the log were read.
    pub logged: usize,
    /// What could not be read, a sentence each.
    pub gaps: Vec<String>,
}

/// Where figures come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SlowSource {
    /// The profiler's collection.
    Profiler,
    /// The server's log.
    Log,
}

impl SlowSource {
    /// Its word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Profiler => "profiler",
            Self::Log => "log",
        }
    }
}

/// Operations that differ in their values alone.
#[derive(Debug, Clone, PartialEq)]
pub struct SlowShape {
    /// The namespace.
    pub namespace: String,
    /// `find`, `aggregate`, `update`, ….
    pub operation: String,
    /// What they have in common: `{status: 1, age: {$gt: 1}} sort {age: 1}`.
    pub shape: String,
    /// Where the figures come from: the source that has more of them, so that nothing is counted twice.
    pub source: SlowSource,
    /// How many there were.
    pub count: u64,
    /// Half of them took no longer than this.
    pub p50: Duration,
    /// Nineteen of twenty took no longer than this.
    pub p95: Duration,
    /// The longest.
    pub longest: Duration,
    /// How long all of them took together.
    pub total: Duration,
    /// Documents that they looked at, all together.
    pub examined: u64,
    /// Documents that they gave, all together.
    pub returned: u64,
    /// How the last one found its documents: `COLLSCAN`.
    pub plan: Option<String>,
    /// What the client of the last one calls itself.
    pub application: Option<String>,
    /// When the last one ended.
    pub last: i64,
    /// The slowest one, as its command; large parts are left out.
    pub example: RawDocumentBuf,
    /// Whether parts of the example were left out.
    pub cut: bool,
}
