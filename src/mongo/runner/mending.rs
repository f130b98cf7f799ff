//! Fixes over all documents of a collection: what they would do, doing it, going on after a crash, putting it back.
//!
//! Each document is changed only while it still has the values that were read, so what someone else changes meanwhile
//! is left as it is. Invariant: nothing is sent that is not in a journal on disk before.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use super::check::{Teller, each_of, read_all};
use super::{Post, read};
use crate::config::mends::{self, Entry, Head, Journal, Reader, Step};
use crate::model::SharedModel;
use crate::model::drift::mend::Change;
use crate::model::drift::{FixKind, Mended, Target, mend};
use crate::mongo::link::{Call, stopped};
use crate::mongo::request::drift::{
    MEND_BATCH, Mend, MendOutcome, MendPreview, MendSample, Phase, TRANSACTION_BYTES,
    TRANSACTION_DOCUMENTS,
};
use crate::mongo::request::{Failure, FailureKind, Namespace, TaskId};
use crate::value::update::{self, plan};
use bson::{RawDocument, RawDocumentBuf};
use mongodb::raw_batch_cursor::RawBatch;
use send::Sender;

mod send;

/// How many documents a preview shows.
const SAMPLES: usize = 20;
/// The most bytes of one batch of updates; a message of a server ends at 48 MB.
const BATCH_BYTES: usize = 8 << 20;

/// A planned change of one document.
struct Planned {
    entry: Entry,
    changes: Vec<crate::value::diff::Change>,
    bytes: usize,
}

/// What some documents came to.
#[derive(Default)]
struct Plans {
    scanned: u64,
    bytes: u64,
    unfit: u64,
    planned: Vec<Planned>,
}

impl Plans {
    fn add(&mut self, model: &SharedModel, target: &Target, fix: FixKind, document: &RawDocument) {
        self.scanned += 1;
        self.bytes += document.as_bytes().len() as u64;
        match mend::mend(model, document, target, fix) {
            Mended::Untouched => {}
            Mended::Unfit | Mended::Blocked(_) => self.unfit += 1,
            Mended::Changed(change) => match planned(document, *change) {
                Some(planned) => self.planned.push(planned),
                None => self.unfit += 1,
            },
        }
    }
}

fn step(filter: RawDocumentBuf, write: update::Write) -> Step {
    let change = match write {
        update::Write::Update(change) | update::Write::Replace(change) => change,
    };
    Step { filter, change }
}

fn planned(base: &RawDocument, change: Change) -> Option<Planned> {
    let id = base.get("_id").ok()??.into();
    let back = plan(&change.after, base).ok()?;
    let forth = step(change.plan.filter, change.plan.change);
    let back = step(back.filter, back.change);
    let bytes = forth.filter.as_bytes().len() + forth.change.as_bytes().len();
    Some(Planned {
        entry: Entry { id, forth, back },
        changes: change.plan.changes,
        bytes,
    })
}

/// Plans a batch on a thread of its own.
async fn plan_batch(mend: &Mend, batch: RawBatch) -> Result<Plans, Failure> {
    let (model, target, fix) = (Arc::clone(&mend.model), mend.target.clone(), mend.fix);
    let work = tokio::task::spawn_blocking(move || {
        let mut plans = Plans::default();
        each_of(&batch, |document| plans.add(&model, &target, fix, document)).map(|()| plans)
    });
    work.await
        .map_err(|_| Failure::new(FailureKind::Other, "the documents could not be worked on"))?
}

async fn documents_of(call: &Call, namespace: &Namespace) -> Option<u64> {
    read::size(call, &namespace.database, &namespace.collection)
        .await
        .ok()
        .flatten()
        .map(|s| s.documents)
}

/// Says what a mend would do.
pub(super) async fn preview(
    post: &Arc<Post>,
    call: &Call,
    task: TaskId,
    mend: &Mend,
) -> Result<MendPreview, Failure> {
    let mut teller = Teller::new(post, task, Instant::now());
    teller.of_about = documents_of(call, &mend.namespace).await;
    let mut preview = MendPreview::default();
    let (mut bytes, mut size) = (0, 0);
    let mut batches = read_all(
        &call.limited(None),
        &mend.namespace,
        None,
        read::From::Primary,
    );
    while let Some(batch) = batches.recv().await {
        call.go_on()?;
        let plans = plan_batch(mend, batch?).await?;
        preview.scanned += plans.scanned;
        preview.unfit += plans.unfit;
        preview.documents += plans.planned.len() as u64;
        bytes += plans.bytes;
        size += plans.planned.iter().map(|p| p.bytes).sum::<usize>();
        let room = SAMPLES.saturating_sub(preview.samples.len());
        let some = plans.planned.into_iter().take(room);
        preview.samples.extend(some.map(|planned| MendSample {
            id: planned.entry.id,
            changes: planned.changes,
        }));
        teller.maybe(Phase::Documents, preview.scanned, bytes, preview.documents);
    }
    call.go_on()?;
    preview.in_transaction = call.link().has_transactions()
        && preview.documents <= TRANSACTION_DOCUMENTS as u64
        && size <= TRANSACTION_BYTES;
    Ok(preview)
}

fn local(what: &str, error: &std::io::Error) -> Failure {
    Failure::new(FailureKind::Local, format!("{what}: {error}"))
}

fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |d| u64::try_from(d.as_millis()).unwrap_or(u64::MAX))
}

fn words(mend: &Mend) -> String {
    match &mend.target {
        Target::Violations { place, kind } => {
            format!("{} of `{place}` ({kind})", mend.fix.word())
        }
        Target::Missing(places) => {
            let list: Vec<String> = places.iter().map(|p| format!("`{p}`")).collect();
            format!("defaults of {}", list.join(", "))
        }
    }
}

/// Carries out a mend: in a transaction where it fits, else in ordered batches. Where the same one was cut off, its
/// journal is ended first.
pub(super) async fn run(
    post: &Arc<Post>,
    call: &Call,
    task: TaskId,
    mend: &Mend,
) -> Result<MendOutcome, Failure> {
    let directory = post
        .mends()
        .map_err(|e| local("the old values cannot be kept, so nothing was written", &e))?;
    let head = Head {
        profile: post.profile.name.to_string(),
        database: mend.namespace.database.clone(),
        collection: mend.namespace.collection.clone(),
        model: mend.model.name.clone(),
        what: words(mend),
        at: now(),
    };
    let mut resumed_journal = None;
    let mut teller = Teller::new(post, task, Instant::now());
    teller.of_about = documents_of(call, &mend.namespace).await;
    let mut sender = Sender::new(post, call, &mend.namespace, "mend");
    for (path, earlier) in mends::unfinished(&directory) {
        // The same mend was cut off: what it had not come to is done here.
        if (Head {
            at: head.at,
            ..earlier
        }) != head
        {
            continue;
        }
        let resumed = resume(post, call, task, &path).await?;
        if resumed.stopped.is_some() {
            return Ok(resumed);
        }
        let so_far = &mut sender.outcome;
        so_far.written += resumed.written;
        so_far.skipped += resumed.skipped;
        so_far.skipped_ids.extend(resumed.skipped_ids);
        so_far.refused += resumed.refused;
        so_far.refusals.extend(resumed.refusals);
        resumed_journal = resumed.journal.or(resumed_journal);
    }
    let resumed_counts = (sender.outcome.written, sender.outcome.skipped);
    let mut waiting: Vec<Planned> = Vec::new();
    let mut size = 0;
    let mut in_batches = !call.link().has_transactions();
    let mut bytes = 0;
    let mut batches = read_all(
        &call.limited(None),
        &mend.namespace,
        None,
        read::From::Primary,
    );
    let mut journal: Option<Journal> = None;
    let read: Result<(), Failure> = async {
        while let Some(batch) = batches.recv().await {
            call.go_on()?;
            let plans = plan_batch(mend, batch?).await?;
            sender.outcome.scanned += plans.scanned;
            sender.outcome.unfit += plans.unfit;
            bytes += plans.bytes;
            size += plans.planned.iter().map(|p| p.bytes).sum::<usize>();
            waiting.extend(plans.planned);
            in_batches |= waiting.len() > TRANSACTION_DOCUMENTS || size > TRANSACTION_BYTES;
            while in_batches && is_enough(&waiting) {
                let some = next_batch(&mut waiting);
                let journal = open(&mut journal, &directory, &head).await?;
                sender.batch(journal, some).await?;
                teller.maybe(
                    Phase::Writing,
                    sender.outcome.scanned,
                    bytes,
                    sender.outcome.written,
                );
            }
            teller.maybe(
                Phase::Documents,
                sender.outcome.scanned,
                bytes,
                sender.outcome.written,
            );
        }
        call.go_on()
    }
    .await;
    drop(batches);
    let ended = match read {
        Ok(()) if waiting.is_empty() => Ok(()),
        Ok(()) => {
            teller.tell(
                Phase::Writing,
                sender.outcome.scanned,
                bytes,
                sender.outcome.written,
            );
            write_rest(
                &mut sender,
                &mut journal,
                &directory,
                &head,
                waiting,
                in_batches,
            )
            .await
        }
        Err(failure) => Err(failure),
    };
    let mut outcome = settle(sender.outcome, journal, ended, resumed_counts)?;
    outcome.journal = outcome.journal.or(resumed_journal);
    Ok(outcome)
}

async fn write_rest(
    sender: &mut Sender<'_>,
    journal: &mut Option<Journal>,
    directory: &Path,
    head: &Head,
    mut waiting: Vec<Planned>,
    in_batches: bool,
) -> Result<(), Failure> {
    let open = open(journal, directory, head).await?;
    if !in_batches {
        return sender.transaction(open, waiting).await;
    }
    while !waiting.is_empty() {
        let some = next_batch(&mut waiting);
        sender.batch(open, some).await?;
    }
    Ok(())
}

/// Ends the journal of a mend that came to its end. Where it is then: nowhere where nothing was written, since there is
/// nothing to undo.
fn closed(journal: Journal, written: bool) -> Option<PathBuf> {
    if !written {
        // What could not be removed is shown again as unfinished, and mends nothing.
        let _ = journal.discard();
        return None;
    }
    let path = journal.path().to_owned();
    Some(journal.end().unwrap_or(path))
}

/// What a mend came to. A failure before anything was written is a failure; afterwards it is a part of the outcome.
/// `before` is what was written and skipped before its journal was begun.
fn settle(
    mut outcome: MendOutcome,
    journal: Option<Journal>,
    ended: Result<(), Failure>,
    before: (u64, u64),
) -> Result<MendOutcome, Failure> {
    let written = outcome.written > before.0;
    let touched = written || outcome.refused > 0 || outcome.skipped > before.1;
    match ended {
        Ok(()) => {
            if let Some(journal) = journal {
                outcome.journal = closed(journal, written);
            }
            Ok(outcome)
        }
        Err(failure) => {
            let maybe_sent = failure.kind == FailureKind::UnknownOutcome;
            match journal {
                Some(journal) if touched || maybe_sent => {
                    outcome.journal = Some(journal.path().to_owned());
                    outcome.stopped = Some(failure);
                    Ok(outcome)
                }
                untouched => {
                    if let Some(journal) = untouched {
                        let _ = journal.discard();
                    }
                    // What an earlier journal had was written all the same.
                    if before.0 == 0 {
                        return Err(failure);
                    }
                    outcome.stopped = Some(failure);
                    Ok(outcome)
                }
            }
        }
    }
}

async fn open<'j>(
    journal: &'j mut Option<Journal>,
    directory: &Path,
    head: &Head,
) -> Result<&'j mut Journal, Failure> {
    if journal.is_none() {
        let made = Journal::create(directory, head)
            .map_err(|e| local("the old values cannot be kept, so nothing was written", &e))?;
        *journal = Some(made);
    }
    journal
        .as_mut()
        .ok_or_else(|| Failure::new(FailureKind::Local, "the journal is gone"))
}

fn is_enough(waiting: &[Planned]) -> bool {
    waiting.len() >= MEND_BATCH || waiting.iter().map(|p| p.bytes).sum::<usize>() >= BATCH_BYTES
}

/// The first of `waiting`, as many as go into one batch; one at the least.
fn next_batch(waiting: &mut Vec<Planned>) -> Vec<Planned> {
    let mut size = 0;
    let count = waiting
        .iter()
        .take(MEND_BATCH)
        .take_while(|p| {
            size += p.bytes;
            size <= BATCH_BYTES
        })
        .count();
    waiting.drain(..count.max(1).min(waiting.len())).collect()
}

/// The collection of a journal, which must be of this profile.
fn namespace_of(post: &Post, head: &Head) -> Result<Namespace, Failure> {
    if head.profile != post.profile.name.as_str() {
        return Err(Failure::new(
            FailureKind::Configuration,
            format!(
                "the journal is of profile `{}`, not of `{}`",
                crate::mongo::failure::plain(&head.profile),
                post.profile.name
            ),
        ));
    }
    Ok(Namespace::new(&head.database, &head.collection))
}

fn unreadable(error: &std::io::Error) -> Failure {
    local("the journal cannot be used", error)
}

/// Ends the batch that a mend was at when the program ended.
pub(super) async fn resume(
    post: &Arc<Post>,
    call: &Call,
    task: TaskId,
    path: &Path,
) -> Result<MendOutcome, Failure> {
    let mut teller = Teller::new(post, task, Instant::now());
    let mut reader = Reader::open(path).map_err(|e| unreadable(&e))?;
    let namespace = namespace_of(post, &reader.head)?;
    let mut left = Vec::new();
    let mut earlier = 0;
    while let Some(batch) = reader.batch().map_err(|e| unreadable(&e))? {
        match batch.missed {
            None => left.push(batch),
            Some(missed) => earlier += batch.entries.len().saturating_sub(missed.len()),
        }
        if left.len() > 1 {
            // Only the last batch can be without an outcome, or the first and only one of a transaction.
            return Err(unreadable(&std::io::Error::other("it is damaged")));
        }
    }
    drop(reader);
    let mut journal = Journal::go_on(path).map_err(|e| unreadable(&e))?;
    let mut sender = Sender::new(post, call, &namespace, "mend");
    let mut ended = Ok(());
    for batch in left {
        teller.tell(Phase::Writing, 0, 0, sender.outcome.written);
        sender.outcome.scanned += batch.entries.len() as u64;
        ended = sender
            .again(&mut journal, batch.number, batch.entries)
            .await;
    }
    let mut outcome = sender.outcome;
    match ended {
        Ok(()) => {
            outcome.journal = closed(journal, outcome.written > 0 || earlier > 0);
        }
        Err(failure) => {
            outcome.journal = Some(journal.path().to_owned());
            outcome.stopped = Some(failure);
        }
    }
    Ok(outcome)
}

/// Puts back what a mend changed.
pub(super) async fn undo(
    post: &Arc<Post>,
    call: &Call,
    task: TaskId,
    path: &Path,
) -> Result<MendOutcome, Failure> {
    let mut teller = Teller::new(post, task, Instant::now());
    let mut reader = Reader::open(path).map_err(|e| unreadable(&e))?;
    let namespace = namespace_of(post, &reader.head)?;
    let mut sender = Sender::new(post, call, &namespace, "undo mend");
    let ended: Result<(), Failure> = async {
        while let Some(batch) = reader.batch().map_err(|e| unreadable(&e))? {
            call.go_on()?;
            let missed = batch.missed.unwrap_or_default();
            let entries: Vec<Entry> = batch
                .entries
                .into_iter()
                .enumerate()
                .filter(|(place, _)| !missed.contains(place))
                .map(|(_, entry)| Entry {
                    id: entry.id,
                    forth: entry.back,
                    back: entry.forth,
                })
                .collect();
            sender.outcome.scanned += entries.len() as u64;
            for some in entries.chunks(MEND_BATCH) {
                sender.back(some).await?;
            }
            teller.maybe(
                Phase::Writing,
                sender.outcome.scanned,
                0,
                sender.outcome.written,
            );
        }
        Ok(())
    }
    .await;
    let mut outcome = sender.outcome;
    outcome.journal = Some(path.to_owned());
    match ended {
        Ok(()) => outcome.journal = mends::mark_undone(path).ok().or(outcome.journal),
        Err(failure) if outcome.written == 0 && failure.kind != FailureKind::UnknownOutcome => {
            return Err(failure);
        }
        Err(failure) => outcome.stopped = Some(failure),
    }
    Ok(outcome)
}

/// Whether a mend goes on with its next batch.
fn may_go_on(post: &Post, call: &Call) -> Result<(), Failure> {
    call.go_on().map_err(|_| stopped())?;
    // An unlock may run out while a mend runs.
    post.may_write()
}
