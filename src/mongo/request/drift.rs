//! What can be asked about drift, and what comes back: a check of a collection against its model, fixes over all
//! documents, indexes and validators.
//!
//! A check and a mend tell how far they are by [`Report::Progress`](super::Report::Progress), some times a second.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use bson::{RawBson, RawDocumentBuf};

use super::{Failure, Namespace};
use crate::model::drift::{
    CheckedReference, Findings, FixKind, IndexDrift, Target, ValidatorState, references,
};
use crate::model::{Library, SharedModel, drift::Example};
use crate::value::diff::Change;

/// Up to so many documents are mended in one transaction, where the deployment has transactions; more of them, or more
/// bytes than [`TRANSACTION_BYTES`], go in ordered batches. A server advises against more in one transaction.
pub const TRANSACTION_DOCUMENTS: usize = 1_000;
/// See [`TRANSACTION_DOCUMENTS`]: the most bytes of updates.
pub const TRANSACTION_BYTES: usize = 4 << 20;
/// How many documents one ordered batch mends. After a crash at the most so many have an outcome that must be looked up.
pub const MEND_BATCH: usize = 500;

/// A check of a whole collection against its model. Only reads.
#[derive(Clone)]
pub struct Check {
    /// The collection.
    pub namespace: Namespace,
    /// What its documents should be.
    pub model: SharedModel,
    /// The references to follow.
    pub references: Vec<CheckedReference>,
    /// What cannot be checked, for the report.
    pub notes: Vec<String>,
    /// Only the first so many documents, in the server's natural order; `None` is all of them.
    pub limit: Option<u64>,
    /// The server stops the reading of documents, and the search for duplicates, after this long each; `None` lets them
    /// run. The profile's own limit holds for neither, since it is meant for queries.
    pub max_time: Option<Duration>,
}

impl Check {
    /// A check of all documents; the library tells where references lead.
    #[must_use]
    pub fn new(namespace: Namespace, model: SharedModel, library: &Library) -> Self {
        let (references, notes) = references::references(&model, library, &namespace.database);
        Self {
            namespace,
            model,
            references,
            notes,
            limit: None,
            max_time: None,
        }
    }

    /// The same check of the first `limit` documents.
    #[must_use]
    pub fn with_limit(mut self, limit: Option<u64>) -> Self {
        self.limit = limit;
        self
    }
}

impl PartialEq for Check {
    fn eq(&self, other: &Self) -> bool {
        self.namespace == other.namespace
            && std::sync::Arc::ptr_eq(&self.model, &other.model)
            && self.references == other.references
            && self.notes == other.notes
            && self.limit == other.limit
            && self.max_time == other.max_time
    }
}

impl fmt::Debug for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A model is long.
        f.debug_struct("Check")
            .field("namespace", &self.namespace)
            .field("model", &self.model.name)
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}

/// What a task that takes long is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Waiting for the server, or reading what it says of indexes and validator.
    Start,
    /// Reading documents.
    Documents,
    /// Looking for duplicate values.
    Duplicates,
    /// Writing.
    Writing,
}

/// How far a check or a mend is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// What it is at.
    pub phase: Phase,
    /// Documents that were looked at.
    pub documents: u64,
    /// How many there are, about; `None` where that is not known.
    pub of_about: Option<u64>,
    /// Bytes of the documents that were looked at.
    pub bytes: u64,
    /// For a check: documents that break the model. For a mend: documents that were written.
    pub hits: u64,
    /// Since its start.
    pub elapsed: Duration,
}

impl Progress {
    /// Documents a second so far; 0 at the start.
    #[must_use]
    pub fn rate(&self) -> f64 {
        let seconds = self.elapsed.as_secs_f64();
        #[expect(
            clippy::cast_precision_loss,
            reason = "a rate is shown with three digits"
        )]
        let documents = self.documents as f64;
        if seconds > 0.0 {
            documents / seconds
        } else {
            0.0
        }
    }

    /// The part that is done, from 0 to 1; `None` where it is not known how many there are.
    #[must_use]
    pub fn part(&self) -> Option<f64> {
        let all = self.of_about.filter(|n| *n > 0)?;
        #[expect(clippy::cast_precision_loss, reason = "a part is shown in percent")]
        let part = self.documents as f64 / all as f64;
        Some(part.min(1.0))
    }

    /// The time that is left at the rate so far; `None` where that cannot be told.
    #[must_use]
    pub fn left(&self) -> Option<Duration> {
        let all = self.of_about?;
        let rate = self.rate();
        if rate <= 0.0 {
            return None;
        }
        #[expect(clippy::cast_precision_loss, reason = "an estimate")]
        let left = all.saturating_sub(self.documents) as f64;
        Duration::try_from_secs_f64(left / rate).ok()
    }
}

/// References of one place that lead nowhere.
#[derive(Debug, Clone, PartialEq)]
pub struct Dangling {
    /// Which.
    pub reference: CheckedReference,
    /// How many values refer to nothing.
    pub values: u64,
    /// How many documents hold at least one such value.
    pub documents: u64,
    /// The first of these documents, with the value.
    pub examples: Vec<Example>,
}

/// A value that several documents have where the model wants it once.
#[derive(Debug, Clone, PartialEq)]
pub struct DuplicateValue {
    /// The values of the index's keys, in their order.
    pub value: RawDocumentBuf,
    /// How many documents have it.
    pub documents: u64,
    /// The `_id`s of the first and the last of them.
    pub examples: Vec<RawBson>,
}

/// Duplicate values of a unique index of the model that the server does not have.
#[derive(Debug, Clone, PartialEq)]
pub struct Duplicates {
    /// The keys, in dot notation.
    pub keys: Vec<String>,
    /// How many values occur more than once.
    pub values: u64,
    /// How many documents have one of them.
    pub documents: u64,
    /// The most frequent ones.
    pub examples: Vec<DuplicateValue>,
}

/// What the collection's validator is.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ValidatorFinding {
    /// How it stands to the model.
    pub state: ValidatorState,
    /// The collection's whole validator.
    pub server: Option<RawDocumentBuf>,
    /// `off`, `moderate` or `strict`.
    pub level: Option<String>,
    /// `error` or `warn`.
    pub action: Option<String>,
    /// The validator that the model comes to: `{ $jsonSchema: … }`.
    pub model: Option<RawDocumentBuf>,
}

/// All drift of one collection.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckReport {
    /// The collection.
    pub namespace: Namespace,
    /// The model's name.
    pub model: String,
    /// What the documents came to: groups of violations, and defaults that documents lack (which are no drift).
    pub findings: Findings,
    /// Whether all documents were looked at: not where a limit ended it.
    pub complete: bool,
    /// References that lead nowhere.
    pub dangling: Vec<Dangling>,
    /// Duplicate values.
    pub duplicates: Vec<Duplicates>,
    /// Indexes that are missing, different or extra; `None` where they could not be read.
    pub indexes: Option<Vec<IndexDrift>>,
    /// The validator.
    pub validator: ValidatorFinding,
    /// What could not be checked, one line each.
    pub notes: Vec<String>,
    /// How long it took.
    pub took: Duration,
}

impl CheckReport {
    /// How many kinds of drift there are: groups of violations, dangling references, duplicates, indexes, the validator.
    #[must_use]
    pub fn drifts(&self) -> usize {
        self.findings.groups.len()
            + usize::from(self.findings.other_violations > 0)
            + self.dangling.len()
            + self.duplicates.len()
            + self.indexes.as_ref().map_or(0, Vec::len)
            + usize::from(matches!(self.validator.state, ValidatorState::Differs(_)))
    }

    /// Whether there is any.
    #[must_use]
    pub fn has_drift(&self) -> bool {
        self.drifts() > 0
    }
}

/// Whether a mend writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MendMode {
    /// Only says what it would do.
    Dry,
    /// Writes. Refused on a profile that is read-only.
    Write,
}

/// A fix over all documents that need it. Each document is changed by the smallest update that does it, only while it
/// still has the values that were read; with a journal of the old values. Where the same mend was cut off before, this one
/// begins by ending the batch that it was at.
#[derive(Clone)]
pub struct Mend {
    /// The collection.
    pub namespace: Namespace,
    /// What its documents should be.
    pub model: SharedModel,
    /// Which places.
    pub target: Target,
    /// What is done there.
    pub fix: FixKind,
    /// Whether it writes.
    pub mode: MendMode,
}

impl PartialEq for Mend {
    fn eq(&self, other: &Self) -> bool {
        self.namespace == other.namespace
            && std::sync::Arc::ptr_eq(&self.model, &other.model)
            && self.target == other.target
            && self.fix == other.fix
            && self.mode == other.mode
    }
}

impl fmt::Debug for Mend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mend")
            .field("namespace", &self.namespace)
            .field("model", &self.model.name)
            .field("target", &self.target)
            .field("fix", &self.fix)
            .field("mode", &self.mode)
            .finish()
    }
}

/// One document before and after.
#[derive(Debug, Clone, PartialEq)]
pub struct MendSample {
    /// Its `_id`.
    pub id: RawBson,
    /// Each change at its path, with the old and the new value.
    pub changes: Vec<Change>,
}

/// What a mend would do.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct MendPreview {
    /// How many documents were looked at.
    pub scanned: u64,
    /// How many would be changed.
    pub documents: u64,
    /// How many have the target, and this fix does not mend them.
    pub unfit: u64,
    /// The first documents that would be changed.
    pub samples: Vec<MendSample>,
    /// Whether all goes in one transaction; else in ordered batches. See [`TRANSACTION_DOCUMENTS`].
    pub in_transaction: bool,
}

/// A document that was not written.
#[derive(Debug, Clone, PartialEq)]
pub struct MendRefusal {
    /// Its `_id`.
    pub id: RawBson,
    /// What the server said.
    pub failure: Failure,
}

/// What a mend, its resumption, or its undoing came to.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct MendOutcome {
    /// Documents that were looked at.
    pub scanned: u64,
    /// Documents that were written.
    pub written: u64,
    /// Documents that were changed by someone else meanwhile, and were left as they are.
    pub skipped: u64,
    /// The `_id`s of the first of these.
    pub skipped_ids: Vec<RawBson>,
    /// Documents that have the target, and this fix does not mend them.
    pub unfit: u64,
    /// Documents that the server refused (a duplicate key, its validator); all other ones are written.
    pub refused: u64,
    /// The first of these.
    pub refusals: Vec<MendRefusal>,
    /// Whether all was written in one transaction.
    pub in_transaction: bool,
    /// Where the old values are kept, for undoing and resuming; `None` where nothing was written.
    pub journal: Option<PathBuf>,
    /// Why it ended before its end: stopped by the person, the connection, an unlock that ran out. What was written stays
    /// written, and the journal can be resumed.
    pub stopped: Option<Failure>,
}

/// How strictly a collection's validator holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ValidationLevel {
    /// For every insert and update.
    #[default]
    Strict,
    /// Not for updates of documents that break it already.
    Moderate,
}

impl ValidationLevel {
    /// The server's word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Strict => "strict",
            Self::Moderate => "moderate",
        }
    }
}

/// What becomes of a write that breaks the collection's validator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ValidationAction {
    /// It is refused.
    #[default]
    Error,
    /// It is done, and noted in the server's log.
    Warn,
}

impl ValidationAction {
    /// The server's word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
        }
    }
}

/// What became of one index that was to be made.
#[derive(Debug, Clone, PartialEq)]
pub struct IndexMade {
    /// Its name.
    pub name: String,
    /// Why there is none; `None` where it was made.
    pub failure: Option<Failure>,
}
