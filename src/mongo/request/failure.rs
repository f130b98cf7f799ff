//! Why something that was asked for was not done, in words for a person.

use crate::value::Path;
use std::fmt;

/// The kind of a [`Failure`], for what the screen offers next and for the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FailureKind {
    /// No server could be reached or selected.
    Unreachable,
    /// The replica set has no primary, and what was asked needs one: an election may be under way.
    NoPrimary,
    /// The server did not accept who we are.
    Authentication,
    /// This user may not do that.
    Permission,
    /// The certificates do not hold.
    Tls,
    /// It took longer than was allowed.
    Timeout,
    /// No connection of the pool was free for as long as one may be waited for: nothing was sent.
    PoolExhausted,
    /// The person stopped it. What it did before it was stopped stays done.
    Cancelled,
    /// A write that the person stopped before it changed anything: it was not sent, or its transaction was given up.
    NotSent,
    /// The profile is read-only: nothing was sent.
    ReadOnly,
    /// A unique index has that value already.
    DuplicateKey,
    /// The collection's validator refused the document.
    Validation,
    /// A field that cannot change, `_id` for one.
    ImmutableField,
    /// Over the 16 MiB that a document may have.
    TooLarge,
    /// The connection broke after the write was sent: it may or may not have been done.
    UnknownOutcome,
    /// The server does not accept this request.
    Query,
    /// What was asked for is not there (any more): a feed that was closed, a namespace that was dropped.
    Gone,
    /// The configuration cannot be used: a bad URI, a secret that cannot be had, a file that is missing.
    Configuration,
    /// Something of this machine: the disk is full, a file cannot be read.
    Local,
    /// Anything else.
    Other,
}

/// Why something could not be done, in words for the person.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    /// What to do about it is decided by this.
    pub kind: FailureKind,
    /// One line: lower case, values in backticks.
    pub summary: String,
    /// The next step, where one is known.
    pub help: Option<String>,
    /// Everything that was said, for the detail view: without secrets.
    pub detail: String,
    /// The server's error code.
    pub code: Option<i32>,
    /// The server's name of that code.
    pub code_name: Option<String>,
    /// The error's labels (`RetryableWriteError`, …).
    pub labels: Vec<String>,
    /// What the server's validator refused, path by path, out of `errInfo`.
    pub refusals: Vec<Refusal>,
}

impl Failure {
    /// A failure with a summary alone.
    #[must_use]
    pub fn new(kind: FailureKind, summary: impl Into<String>) -> Self {
        Self {
            kind,
            summary: summary.into(),
            help: None,
            detail: String::new(),
            code: None,
            code_name: None,
            labels: Vec::new(),
            refusals: Vec::new(),
        }
    }

    /// What became of a write that failed so, for the log of writes.
    #[must_use]
    pub fn outcome(&self) -> String {
        match self.kind {
            FailureKind::NotSent => self.summary.clone(),
            _ => format!("refused: {}", self.summary),
        }
    }

    /// The same failure with the next step.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.summary)?;
        match &self.help {
            Some(help) => write!(f, "; {help}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Failure {}

/// One reason of the server's validator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The place in the document; the root for a rule on the whole.
    pub path: Path,
    /// The rule in plain words: ``must be one of `a`, `b` ``.
    pub message: String,
}
