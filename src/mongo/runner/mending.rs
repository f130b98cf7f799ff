//! Fixes over all documents of a collection.

use std::path::Path;
use std::sync::Arc;

use super::Post;
use crate::mongo::link::Call;
use crate::mongo::request::drift::{Mend, MendOutcome, MendPreview};
use crate::mongo::request::{Failure, FailureKind, TaskId};

fn not_yet<T>() -> Result<T, Failure> {
    Err(Failure::new(
        FailureKind::Other,
        "fixes over all documents are not carried out yet",
    ))
}

pub(super) async fn preview(
    _: &Arc<Post>,
    _: &Call,
    _: TaskId,
    _: &Mend,
) -> Result<MendPreview, Failure> {
    not_yet()
}

pub(super) async fn run(
    _: &Arc<Post>,
    _: &Call,
    _: TaskId,
    _: &Mend,
) -> Result<MendOutcome, Failure> {
    not_yet()
}

pub(super) async fn resume(
    _: &Arc<Post>,
    _: &Call,
    _: TaskId,
    _: &Path,
) -> Result<MendOutcome, Failure> {
    not_yet()
}

pub(super) async fn undo(
    _: &Arc<Post>,
    _: &Call,
    _: TaskId,
    _: &Path,
) -> Result<MendOutcome, Failure> {
    not_yet()
}
