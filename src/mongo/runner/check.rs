//! A check of a collection against its model: documents, references, duplicates, indexes, validator.
//!
//! Three things overlap: the next batch is read, this one is held to the model on a thread of its own, and the references
//! of the one before are looked up. Holds three batches at the most, and what a [`Tally`] and the [`references`] keep.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bson::{RawBsonRef, RawDocument, RawDocumentBuf, rawdoc};
use mongodb::error::ErrorKind;
use mongodb::raw_batch_cursor::RawBatch;
use tokio::sync::mpsc;

use super::{Post, read};
use crate::model::Model;
use crate::model::drift::{
    IndexDrift, Tally, ValidatorState, indexes as index_drift, validator as validator_drift,
};
use crate::model::export::Undeclared;
use crate::mongo::feed::source::Source;
use crate::mongo::link::Call;
use crate::mongo::request::drift::{Check, CheckReport, Phase, Progress, ValidatorFinding};
use crate::mongo::request::{
    CollectionKind, Failure, FailureKind, Find, Namespace, Report, TaskId,
};
use references::{Links, Mention};

mod duplicates;
mod references;

/// Documents per batch. The server also ends a batch at 16 MiB.
const BATCH: u32 = 5_000;

/// The least time between two reports of progress.
const PAUSE: Duration = Duration::from_millis(100);

/// Carries out a check.
pub(super) async fn check(
    post: &Arc<Post>,
    call: &Call,
    task: TaskId,
    check: &Check,
) -> Result<CheckReport, Failure> {
    let since = Instant::now();
    let mut teller = Teller::new(post, task, since);
    let scan = call.limited(check.max_time);
    let around = Surroundings::read(call, check).await?;
    teller.of_about = match (around.documents, check.limit) {
        (Some(n), Some(limit)) => Some(n.min(limit)),
        (n, _) => n,
    };
    teller.tell(Phase::Documents, 0, 0, 0);
    let mut tally = Tally::new(Arc::clone(&check.model));
    let mut links = Links::new(&check.references);
    let mut batches = read_all(&scan, &check.namespace, check.limit, read::From::Anywhere);
    let mut waiting: Vec<Mention> = Vec::new();
    while let Some(batch) = batches.recv().await {
        call.go_on()?;
        let batch = batch?;
        let known = links.known();
        let references = Arc::clone(links.references());
        let fold = tokio::task::spawn_blocking(move || {
            let mut mentions = Vec::new();
            let result = each_of(&batch, |document| {
                let violations = tally.add(document);
                references::collect(&references, document, &violations, &known, &mut mentions);
            });
            (tally, mentions, result)
        });
        let (folded, resolved) =
            tokio::join!(fold, links.resolve(call, std::mem::take(&mut waiting)));
        let (returned, mentions, result) = folded.map_err(|_| broken_thread())?;
        resolved?;
        result?;
        tally = returned;
        waiting = mentions;
        teller.maybe(
            Phase::Documents,
            tally.documents(),
            tally.bytes(),
            tally.broken(),
        );
    }
    // The reader also ends when it is told to stop.
    call.go_on()?;
    links.resolve(call, waiting).await?;
    teller.tell(
        Phase::Duplicates,
        tally.documents(),
        tally.bytes(),
        tally.broken(),
    );
    let complete = check.limit.is_none_or(|l| tally.documents() < l);
    let mut notes = check.notes.clone();
    notes.extend(around.notes);
    let mut duplicates = Vec::new();
    for drift in around.indexes.iter().flatten() {
        let index = match drift {
            IndexDrift::Missing(index) => index,
            IndexDrift::Different {
                index, differences, ..
            } if differences.iter().any(|d| d.option == "unique") => index,
            _ => continue,
        };
        if !index.is_unique() {
            continue;
        }
        match duplicates::find(&scan, check, index).await {
            Ok(found) => duplicates.extend(found),
            Err(failure) if is_of_the_whole(&failure) => return Err(failure),
            Err(failure) => notes.push(format!(
                "duplicates of `{}` could not be looked for: {}",
                index.name(),
                failure.summary
            )),
        }
    }
    let (dangling, more) = links.findings();
    notes.extend(more);
    Ok(CheckReport {
        namespace: check.namespace.clone(),
        model: check.model.name.clone(),
        findings: tally.findings(),
        complete,
        dangling,
        duplicates,
        indexes: around.indexes,
        validator: around.validator,
        notes,
        took: since.elapsed(),
    })
}

/// Whether a failure of one question ends all of them.
fn is_of_the_whole(failure: &Failure) -> bool {
    matches!(
        failure.kind,
        FailureKind::Cancelled
            | FailureKind::Timeout
            | FailureKind::PoolExhausted
            | FailureKind::Unreachable
            | FailureKind::NoPrimary
            | FailureKind::Authentication
            | FailureKind::Tls
    )
}

fn broken_thread() -> Failure {
    Failure::new(FailureKind::Other, "the documents could not be worked on")
        .with_help("the log file tells more")
}

/// All documents of a collection, a batch at a time. Ends between two batches when nobody takes them any more.
pub(super) fn read_all(
    call: &Call,
    namespace: &Namespace,
    limit: Option<u64>,
    place: read::From,
) -> mpsc::Receiver<Result<RawBatch, Failure>> {
    let (sender, batches) = mpsc::channel(1);
    let find = Find {
        limit,
        ..Find::all()
    };
    let source = match place {
        read::From::Anywhere => Source::find(namespace, &find),
        read::From::Primary => Source::find(namespace, &find).on_primary(),
    };
    let (call, names) = (call.clone(), namespace.clone());
    // A task of its own, since a driver's future is never dropped.
    tokio::spawn(async move {
        let mut cursor = match source.open(&call, None, BATCH as usize, BATCH).await {
            Ok(cursor) => cursor,
            Err(failure) => {
                let _ = sender.send(Err(failure)).await;
                return;
            }
        };
        while let Some(batch) = cursor.next(&call).await {
            let batch = batch.map_err(|e| call.failure(&e, Some(&names)));
            let failed = batch.is_err();
            if sender.send(batch).await.is_err() || failed || call.go_on().is_err() {
                return;
            }
        }
    });
    batches
}

/// Passes each document of a batch to `each`.
pub(super) fn each_of(batch: &RawBatch, mut each: impl FnMut(&RawDocument)) -> Result<(), Failure> {
    let unreadable = || Failure::new(FailureKind::Other, "the server's reply cannot be read");
    for value in batch.doc_slices().map_err(|_| unreadable())? {
        match value {
            Ok(RawBsonRef::Document(document)) => each(document),
            _ => return Err(unreadable()),
        }
    }
    Ok(())
}

/// Tells of progress, and not too often.
pub(super) struct Teller {
    post: Arc<Post>,
    task: TaskId,
    since: Instant,
    last: Option<Instant>,
    /// How many documents there are, about.
    pub(super) of_about: Option<u64>,
}

impl Teller {
    pub(super) fn new(post: &Arc<Post>, task: TaskId, since: Instant) -> Self {
        Self {
            post: Arc::clone(post),
            task,
            since,
            last: None,
            of_about: None,
        }
    }

    /// Tells, if the last time is long enough ago.
    pub(super) fn maybe(&mut self, phase: Phase, documents: u64, bytes: u64, hits: u64) {
        if self.last.is_none_or(|last| last.elapsed() >= PAUSE) {
            self.tell(phase, documents, bytes, hits);
        }
    }

    /// Tells.
    pub(super) fn tell(&mut self, phase: Phase, documents: u64, bytes: u64, hits: u64) {
        self.last = Some(Instant::now());
        let progress = Progress {
            phase,
            documents,
            of_about: self.of_about,
            bytes,
            hits,
            elapsed: self.since.elapsed(),
        };
        self.post.report_progress(self.task, progress);
    }
}

impl Post {
    /// Tells how far a task is, unless it has its answer.
    fn report_progress(&self, task: TaskId, progress: Progress) {
        let tasks = super::lock(&self.tasks);
        if tasks.get(&task).is_some_and(|running| !running.answered) {
            // Under the lock, so that it cannot come after the answer.
            self.report(Report::Progress {
                profile: self.profile.name.clone(),
                task,
                progress,
            });
        }
    }
}

/// What is around the documents.
struct Surroundings {
    documents: Option<u64>,
    indexes: Option<Vec<IndexDrift>>,
    validator: ValidatorFinding,
    notes: Vec<String>,
}

impl Surroundings {
    async fn read(call: &Call, check: &Check) -> Result<Self, Failure> {
        let namespace = &check.namespace;
        let words = |e| call.failure(&e, Some(namespace));
        let mut notes = Vec::new();
        let entry = read::entry(call, namespace).await.map_err(words)?;
        let Some(entry) = entry else {
            return Err(Failure::new(
                FailureKind::Gone,
                format!(
                    "`{}` does not exist (any more)",
                    crate::mongo::failure::plain(&namespace.to_string())
                ),
            ));
        };
        let kind = read::kind(&entry);
        call.go_on()?;
        let documents = match kind {
            CollectionKind::View => None,
            _ => read::size(call, &namespace.database, &namespace.collection)
                .await
                .ok()
                .flatten()
                .map(|s| s.documents),
        };
        call.go_on()?;
        let indexes = match kind {
            CollectionKind::View => {
                notes.push("a view has no indexes and no validator".to_owned());
                None
            }
            _ if !speaks_of_indexes(&check.model) => {
                notes.push(format!(
                    "the model `{}` says nothing of indexes",
                    check.model.name
                ));
                None
            }
            _ => match index_specifications(call, namespace).await {
                Ok(there) => Some(index_drift::compare(&check.model.indexes, &there)),
                Err(failure) if is_of_the_whole(&failure) => return Err(failure),
                Err(failure) => {
                    notes.push(format!("indexes could not be read: {}", failure.summary));
                    None
                }
            },
        };
        let validator = if kind == CollectionKind::View {
            ValidatorFinding::default()
        } else {
            validator(&check.model, &entry)
        };
        Ok(Self {
            documents,
            indexes,
            validator,
            notes,
        })
    }
}

/// A `$jsonSchema`, and a type, cannot speak of indexes; that they name none is no wish to have none.
fn speaks_of_indexes(model: &Model) -> bool {
    model.validator.is_none()
        && (!model.indexes.is_empty() || model.options().version_key.is_some())
}

async fn index_specifications(
    call: &Call,
    namespace: &Namespace,
) -> Result<Vec<RawDocumentBuf>, Failure> {
    let mut found = Vec::new();
    let list = rawdoc! { "listIndexes": namespace.collection.as_str() };
    let listed = read::every(call, &namespace.database, list, |d| {
        found.push(d.to_owned())
    })
    .await;
    match listed {
        Ok(()) => Ok(found),
        // Dropped meanwhile.
        Err(error) if matches!(error.kind.as_ref(), ErrorKind::Command(c) if c.code == 26) => {
            Ok(Vec::new())
        }
        Err(error) => Err(call.failure(&error, Some(namespace))),
    }
}

fn validator(model: &Model, entry: &RawDocument) -> ValidatorFinding {
    let Ok(options) = entry.get_document("options") else {
        // Who may only see names sees no options.
        return ValidatorFinding::default();
    };
    let server = options.get_document("validator").ok();
    let text = |key: &str| options.get_str(key).ok().map(str::to_owned);
    let state = |schema: &bson::Document| validator_drift::compare(schema, server);
    let differing = |state: &ValidatorState| match state {
        ValidatorState::Differs(list) => list.len(),
        _ => 0,
    };
    // A validator may refuse undeclared fields or not: the model is held against it as what it is nearer to.
    let mut wanted = model.to_json_schema(Undeclared::Allowed).schema;
    let mut found = state(&wanted);
    if differing(&found) > 0 {
        let closed = model.to_json_schema(Undeclared::Refused).schema;
        let other = state(&closed);
        if differing(&other) < differing(&found) {
            (wanted, found) = (closed, other);
        }
    }
    ValidatorFinding {
        state: found,
        server: server.map(ToOwned::to_owned),
        level: text("validationLevel"),
        action: text("validationAction"),
        model: RawDocumentBuf::try_from(&bson::doc! { "$jsonSchema": wanted }).ok(),
    }
}
