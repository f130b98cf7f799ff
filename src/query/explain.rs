//! What the server says of how it runs a query, read out of the raw output of `explain`.
//!
//! [`Plan::read`] takes every shape that servers give: `find` and other commands, pipelines with and without `$cursor`,
//! the classic engine and the slot-based one, one server and many shards, with figures and without. Knows no server
//! and draws nothing. What it does not know it leaves out; nothing of the output makes it fail but that there is no
//! plan in it.

mod advice;
mod read;
mod sentence;
#[cfg(test)]
mod tests;

use bson::{RawDocument, RawDocumentBuf};
use thiserror::Error;

pub use advice::{Advice, KnownIndex, Standing, advise};

/// Why the output of `explain` cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Unreadable {
    /// It is no valid BSON, or nests deeper than any plan.
    #[error("the plan is not valid BSON")]
    Bytes,
    /// There is no plan in it.
    #[error("there is no plan in the answer; look at it as a document")]
    NoPlan,
}

/// How a query is run.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The collection, with its database; empty where the output does not say.
    pub namespace: String,
    /// The last stage, which gives the result; the others are its inputs.
    pub root: PlanStage,
    /// Plans that the server tried or thought of and did not take. Their figures are those of the trial, where there
    /// are any.
    pub rejected: Vec<PlanStage>,
    /// The figures of the whole; `None` where the query was only planned.
    pub totals: Option<Totals>,
    /// The filter that the query begins with.
    pub filter: RawDocumentBuf,
    /// The order that is asked for, where there is one.
    pub sort: Option<RawDocumentBuf>,
    /// The shards that take part; 0 where the deployment is not sharded.
    pub shards: usize,
}

/// The figures of a whole query.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// Documents that came out.
    pub returned: u64,
    /// Index keys that were looked at.
    pub keys: u64,
    /// Documents that were looked at.
    pub documents: u64,
    /// Milliseconds of the server.
    pub millis: u64,
}

/// One stage of a plan, with what it takes its input from.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PlanStage {
    /// The server's name: `FETCH`, `IXSCAN`, `$group`, ….
    pub name: String,
    /// Milliseconds up to and with this stage, by the server's estimate.
    pub millis: Option<u64>,
    /// Milliseconds in this stage alone.
    pub own_millis: Option<u64>,
    /// Index keys that it looked at.
    pub keys: Option<u64>,
    /// Documents that it looked at.
    pub documents: Option<u64>,
    /// Documents that it passed on.
    pub returned: Option<u64>,
    /// The index that it reads.
    pub index: Option<IndexUse>,
    /// What it holds documents to, as shell text on one line.
    pub filter: Option<String>,
    /// What else is worth knowing, each in a few words: `in memory`, `spilled to disk`, `shard a`.
    pub notes: Vec<String>,
    /// The other collection that it looks into for each document, where none of that one's indexes serves.
    pub join: Option<Join>,
    /// Where its documents come from.
    pub inputs: Vec<PlanStage>,
}

/// A join that reads the whole of another collection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Join {
    /// The other collection, without its database.
    pub from: String,
    /// The field that is looked for there.
    pub field: String,
}

/// How a stage reads an index.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct IndexUse {
    /// The index's name.
    pub name: String,
    /// Its keys.
    pub keys: RawDocumentBuf,
    /// For each key the ranges that are read, as the server writes them: `["open", "open"]`.
    pub bounds: Vec<(String, Vec<String>)>,
    /// Whether it is read from its end.
    pub backward: bool,
    /// Whether it has several keys for some document.
    pub multikey: bool,
}

impl Plan {
    /// Reads the output of `explain`, of any verbosity.
    ///
    /// # Errors
    /// Where it is damaged, or no plan is in it.
    pub fn read(output: &RawDocument) -> Result<Self, Unreadable> {
        read::plan(output)
    }

    /// What happens in one plain sentence, without a full stop:
    /// "reads 1,000,000 documents to return 12: no index serves {status, createdAt}".
    #[must_use]
    pub fn sentence(&self) -> String {
        sentence::of(self, &[])
    }

    /// As [`Plan::sentence`], knowing the indexes that the collection has.
    #[must_use]
    pub fn sentence_among(&self, indexes: &[KnownIndex]) -> String {
        sentence::of(self, indexes)
    }

    /// Indexes that would serve the query better; empty where it is served well, or none would help.
    #[must_use]
    pub fn advice(&self) -> Vec<Advice> {
        advice::of(self, &[])
    }

    /// As [`Plan::advice`], knowing the indexes that the collection has: one that would serve, but was not taken, and one
    /// that only has to be longer, are told.
    #[must_use]
    pub fn advice_among(&self, indexes: &[KnownIndex]) -> Vec<Advice> {
        advice::of(self, indexes)
    }

    /// All stages of the plan that was taken, each with its depth, the last stage first.
    #[must_use]
    pub fn stages(&self) -> Vec<(usize, &PlanStage)> {
        self.root.walk()
    }
}

impl PlanStage {
    /// The stage and its inputs, each with its depth below this one, in the order in which a tree is drawn.
    #[must_use]
    pub fn walk(&self) -> Vec<(usize, &Self)> {
        let mut out = Vec::new();
        let mut open = vec![(0, self)];
        while let Some((depth, stage)) = open.pop() {
            out.push((depth, stage));
            open.extend(stage.inputs.iter().rev().map(|s| (depth + 1, s)));
        }
        out
    }
}
