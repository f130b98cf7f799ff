//! What runs on a server at a moment.

use std::fmt;
use std::time::Duration;

use bson::{RawBson, RawDocument, RawDocumentBuf};

/// The most operations that are told of; the longest running ones come first.
pub const MOST_OPERATIONS: usize = 500;

/// What a server calls an operation: a number, or on a router `shard:number`. A session whose transaction is open while
/// nothing of it runs has no such name: it is a document then, the session's `id` and `uid`.
#[derive(Debug, Clone, PartialEq)]
pub struct OperationId(pub RawBson);

impl OperationId {
    /// The session, where it is one that waits with an open transaction.
    #[must_use]
    pub fn session(&self) -> Option<&RawDocument> {
        match &self.0 {
            RawBson::Document(session) => Some(session),
            _ => None,
        }
    }
}

impl fmt::Display for OperationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            RawBson::String(text) => f.write_str(&crate::value::text::sanitize(text)),
            RawBson::Int32(n) => write!(f, "{n}"),
            RawBson::Int64(n) => write!(f, "{n}"),
            RawBson::Double(n) => write!(f, "{n}"),
            RawBson::Document(session) => match session.get_binary("id") {
                // As much as tells sessions apart on a screen.
                Ok(id) => {
                    f.write_str("session ")?;
                    id.bytes
                        .iter()
                        .take(4)
                        .try_for_each(|b| write!(f, "{b:02x}"))
                }
                Err(_) => f.write_str("session"),
            },
            _ => f.write_str("?"),
        }
    }
}

/// What runs.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Operations {
    /// The server, as it calls itself; empty where nothing runs.
    pub host: String,
    /// The operations, the longest running first. The one that asked is left out.
    pub running: Vec<RunningOperation>,
    /// Whether there are more than [`MOST_OPERATIONS`].
    pub more: bool,
    /// What could not be read, a sentence each.
    pub gaps: Vec<String>,
}

/// One operation.
#[derive(Debug, Clone, PartialEq)]
pub struct RunningOperation {
    /// What it is stopped by.
    pub id: OperationId,
    /// How long it has been running; `None` for one that does nothing.
    pub running: Option<Duration>,
    /// The server's word for its kind: `query`, `command`, `getmore`, `update`, ….
    pub kind: String,
    /// The namespace; empty where it has none.
    pub namespace: String,
    /// The command that it is part of; of a cursor's later batches the one that opened it. Empty where there is none.
    pub command: RawDocumentBuf,
    /// Whether parts of the command were too large and are left out of it.
    pub cut: bool,
    /// Who asked: `address:port`.
    pub client: Option<String>,
    /// What the client calls itself.
    pub application: Option<String>,
    /// The user, `name@database`.
    pub user: Option<String>,
    /// The server's word for the thread: `conn12`.
    pub thread: String,
    /// How it finds documents: `COLLSCAN`, `IXSCAN { a: 1 }`.
    pub plan: Option<String>,
    /// Whether it waits for a lock.
    pub waits: bool,
    /// The locks it holds or waits for, `Global: r`.
    pub locks: Vec<String>,
    /// Whether it was told to stop.
    pub kill_pending: bool,
    /// How often it let others go first.
    pub yields: u64,
    /// What it says that it is about.
    pub message: Option<String>,
    /// How much of that it has done, and of how much; `None` where it does not say.
    pub done: Option<(u64, u64)>,
    /// How long the transaction that it is part of has been open; `None` where it is part of none.
    pub transaction: Option<Duration>,
    /// What its client wrote beside it, to be found by.
    pub comment: Option<String>,
    /// The cursor whose batch it gets.
    pub cursor: Option<i64>,
    /// Whether it was started by this run of the program.
    pub ours: bool,
}

impl RunningOperation {
    /// How much of it is done, in whole hundredths.
    #[must_use]
    pub fn percent(&self) -> Option<u64> {
        let (done, total) = self.done?;
        Some(done.min(total).saturating_mul(100) / total.max(1))
    }

    /// How far it is, in words: `14 % scanning collection`; `None` where it does not say.
    #[must_use]
    pub fn how_far(&self) -> Option<String> {
        let percent = self.percent().map(|p| format!("{p} %"));
        let message = self.message.as_deref();
        let message = message.map(|m| m.strip_prefix("Index Build: ").unwrap_or(m).to_owned());
        let parts: Vec<String> = percent.into_iter().chain(message).collect();
        (!parts.is_empty()).then(|| parts.join(" "))
    }

    /// Whether no client asked for it: it is the server's own.
    #[must_use]
    pub fn is_internal(&self) -> bool {
        self.client.is_none()
    }
}

/// How far the server is with the index build of a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Building {
    /// The names of the indexes that it makes, with commas between; empty where they are not told.
    pub indexes: String,
    /// How much of its phase is done, in whole hundredths; `None` where the server does not count it.
    pub percent: Option<u64>,
    /// The part that is done and the phase, in the server's words: `14 % scanning collection`.
    pub text: String,
}

impl Building {
    /// What an operation of the build tells; `None` where it tells nothing: the client's own only waits.
    #[must_use]
    pub fn of(operation: &RunningOperation) -> Option<Self> {
        let text = operation.how_far()?;
        let listed = operation.command.get_array("indexes").ok();
        let names = listed.into_iter().flatten().flatten();
        let names = names.filter_map(|index| index.as_document()?.get_str("name").ok());
        Some(Self {
            indexes: names.collect::<Vec<_>>().join(", "),
            percent: operation.percent(),
            text,
        })
    }
}

/// What became of an operation that was to be stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Killed {
    /// It was stopped: the server has it no more.
    Gone,
    /// It was told to stop, and has not reached a place where it can.
    Stopping,
    /// It had ended before.
    AlreadyGone,
}
