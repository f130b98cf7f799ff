//! What is under way beside checks, and what it is called.

use std::path::PathBuf;

use crate::model::drift::Target;
use crate::mongo::request::TaskId;
use crate::mongo::request::drift::{Mend, Progress};
use crate::mongo::request::observe::Building;

/// What is under way beside checks.
#[derive(Debug)]
pub struct Work {
    /// The task.
    pub task: TaskId,
    /// Which collection.
    pub subject: usize,
    /// What it is.
    pub kind: WorkKind,
    /// How far it is.
    pub progress: Option<Progress>,
    /// How far the server is with the indexes; `None` where it does not tell.
    pub building: Option<Building>,
    /// Whether it was asked to stop.
    pub stopping: bool,
}

/// A kind of work.
#[derive(Debug, Clone, PartialEq)]
pub enum WorkKind {
    /// Looking what a fix would do.
    Preview(Box<Mend>),
    /// Running a fix.
    Mend(Box<Mend>),
    /// Putting back what a fix changed.
    Undo(PathBuf),
    /// Making indexes.
    Indexes(usize),
    /// Installing a validator.
    Validator,
}

impl Work {
    /// Whether it changes anything.
    #[must_use]
    pub fn writes(&self) -> bool {
        !matches!(self.kind, WorkKind::Preview(_))
    }

    /// What it is, in a few words.
    #[must_use]
    pub fn what(&self) -> String {
        match &self.kind {
            WorkKind::Preview(mend) => format!("looking what `{}` would do", mend.fix.word()),
            WorkKind::Mend(mend) => describe(mend),
            WorkKind::Undo(_) => "undo of the fix".to_owned(),
            WorkKind::Indexes(1) => "making the index".to_owned(),
            WorkKind::Indexes(n) => format!("making {n} indexes"),
            WorkKind::Validator => "installing the validator".to_owned(),
        }
    }
}

/// What a fix does, and where.
pub(super) fn describe(mend: &Mend) -> String {
    let place = match &mend.target {
        Target::Violations { place, kind } => format!("`{place}` ({kind})"),
        Target::Missing(places) => {
            let places: Vec<String> = places.iter().map(|p| format!("`{p}`")).collect();
            places.join(", ")
        }
    };
    format!("fix `{}` of {place} in {}", mend.fix.word(), mend.namespace)
}
