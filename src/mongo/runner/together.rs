//! Several changes in one transaction. Whether they may be made is decided before, by the runner.
//!
//! Invariant: what is answered as a conflict, as something present or as a failure other than an unknown outcome has
//! changed nothing.

use bson::{Bson, Document, RawArrayBuf, RawBson, RawDocumentBuf, rawdoc};

use super::read::{self, From};
use super::write::{fits, is_replacement};
use crate::mongo::failure::{Said, integer};
use crate::mongo::link::{Call, Transaction, may_try_again, unsent};
use crate::mongo::request::{
    Absence, Failure, FailureKind, MOST_TOGETHER, Namespace, Together, TogetherOutcome, Write,
};

/// Changes per command.
const AT_ONCE: usize = 100;
/// Bytes of changes per command; a message of a server ends at 48 MB.
const BYTES_AT_ONCE: usize = 8 << 20;
/// How often the whole is tried where the server says that another attempt may do.
const ATTEMPTS: usize = 3;

/// Neighbouring changes that go into one command.
struct Batch {
    namespace: Namespace,
    command: RawDocumentBuf,
    /// The place of its first change, and how many it has.
    first: usize,
    count: usize,
}

/// What ended a transaction before its commit.
enum Halt {
    /// One of the changes of this batch matched nothing.
    Unmatched(usize),
    Present {
        place: usize,
        id: RawBson,
    },
    Refused(Failure),
    /// Nothing was done, and it may go through when tried again.
    Passing(Failure),
}

/// Makes all changes, or none.
pub(super) async fn together(call: &Call, changes: &Together) -> Result<TogetherOutcome, Failure> {
    if changes.writes.len() > MOST_TOGETHER {
        return Err(Failure::new(
            FailureKind::TooLarge,
            format!(
                "a transaction of `{}` changes is not sent: at the most {MOST_TOGETHER} are made together",
                changes.writes.len()
            ),
        )
        .with_help("make fewer at once"));
    }
    let batches = batches(&changes.writes)?;
    let Some(first) = batches.first() else {
        return Ok(TogetherOutcome::Written);
    };
    let mut attempt = 1;
    loop {
        call.go_on().map_err(unsent)?;
        let mut transaction = Transaction::begin(call)
            .await
            .map_err(|e| call.failure(&e, Some(&first.namespace)))?;
        let halted = fill(call, &mut transaction, &batches, &changes.absent).await;
        let failure = match halted {
            Ok(()) => match transaction.commit(&first.namespace).await {
                Ok(()) => return Ok(TogetherOutcome::Written),
                Err((failure, true)) => failure,
                Err((failure, false)) => return Err(failure),
            },
            Err(halt) => {
                transaction.abort().await;
                match halt {
                    Halt::Unmatched(batch) => {
                        return conflict(call, &changes.writes, &batches[batch]).await;
                    }
                    Halt::Present { place, id } => {
                        return Ok(TogetherOutcome::Present { place, id });
                    }
                    Halt::Refused(failure) => return Err(nothing_done(failure)),
                    Halt::Passing(failure) => failure,
                }
            }
        };
        if attempt >= ATTEMPTS {
            return Err(nothing_done(failure));
        }
        attempt += 1;
    }
}

fn nothing_done(mut failure: Failure) -> Failure {
    if failure.kind == FailureKind::Cancelled {
        return Failure::new(FailureKind::NotSent, "stopped: nothing was changed");
    }
    failure.summary = format!("nothing was changed: {}", failure.summary);
    failure
}

/// Sends all changes, then looks for what must not be there.
async fn fill(
    call: &Call,
    transaction: &mut Transaction<'_>,
    batches: &[Batch],
    absent: &[Absence],
) -> Result<(), Halt> {
    for (place, batch) in batches.iter().enumerate() {
        if call.go_on().is_err() {
            return Err(Halt::Refused(crate::mongo::link::stopped()));
        }
        let sent = transaction.run(&batch.namespace.database, batch.command.clone());
        let reply = sent.await.map_err(|e| halt(call, &e, &batch.namespace))?;
        let refused = reply
            .get_array("writeErrors")
            .ok()
            .and_then(|errors| errors.first())
            .and_then(Bson::as_document);
        if let Some(refused) = refused {
            let said = Said::from_document(refused);
            return Err(Halt::Refused(call.refusal(&said, &batch.namespace)));
        }
        let done = integer(reply.get("n")).and_then(|n| usize::try_from(n).ok());
        if done != Some(batch.count) {
            return Err(Halt::Unmatched(place));
        }
    }
    for (place, Absence { namespace, filter }) in absent.iter().enumerate() {
        let command = rawdoc! {
            "find": namespace.collection.as_str(),
            "filter": filter.clone(),
            "projection": { "_id": 1 },
            "limit": 1_i64,
            "singleBatch": true,
        };
        let asked = transaction.run(&namespace.database, command);
        let reply = asked.await.map_err(|e| halt(call, &e, namespace))?;
        if let Some(id) = first_id(&reply) {
            return Err(Halt::Present { place, id });
        }
    }
    Ok(())
}

fn halt(call: &Call, error: &mongodb::error::Error, namespace: &Namespace) -> Halt {
    let failure = call.failure(error, Some(namespace));
    match may_try_again(error) {
        true => Halt::Passing(failure),
        false => Halt::Refused(failure),
    }
}

fn first_id(reply: &Document) -> Option<RawBson> {
    let batch = reply.get_document("cursor").ok()?.get_array("firstBatch");
    let document = batch.ok()?.first()?.as_document()?;
    let id = document.get("_id").cloned().unwrap_or(Bson::Null);
    RawBson::try_from(id).ok()
}

/// Which change of a batch matches nothing any more.
async fn conflict(
    call: &Call,
    writes: &[Write],
    batch: &Batch,
) -> Result<TogetherOutcome, Failure> {
    for place in batch.first..batch.first + batch.count {
        let Some((id, filter)) = writes.get(place).and_then(guard) else {
            continue;
        };
        let left = read::matching(call, &batch.namespace, filter).await?;
        if left.is_none() {
            let theirs = read::document(call, &batch.namespace, id, From::Primary).await?;
            return Ok(TogetherOutcome::Conflict { place, theirs });
        }
    }
    Err(Failure::new(
        FailureKind::Other,
        "nothing was changed: a document had changed meanwhile, and is as it was again",
    )
    .with_help("try again"))
}

fn guard(write: &Write) -> Option<(&RawBson, &RawDocumentBuf)> {
    match write {
        Write::Update { id, filter, .. }
        | Write::Replace { id, filter, .. }
        | Write::Delete { id, filter, .. } => Some((id, filter)),
        Write::Insert { .. } => None,
    }
}

/// The command's name, the field of its changes, and one change in it.
fn part(write: &Write) -> Result<(&'static str, &'static str, RawDocumentBuf), Failure> {
    let update = |filter: &RawDocumentBuf, change: &RawDocumentBuf| {
        let change =
            rawdoc! { "q": filter.clone(), "u": change.clone(), "multi": false, "upsert": false };
        ("update", "updates", change)
    };
    Ok(match write {
        Write::Insert { document, .. } => {
            fits(document)?;
            ("insert", "documents", document.clone())
        }
        Write::Update {
            filter, update: to, ..
        } => update(filter, to),
        Write::Replace {
            filter,
            replacement,
            ..
        } => {
            fits(replacement)?;
            is_replacement(replacement)?;
            update(filter, replacement)
        }
        Write::Delete { filter, .. } => {
            let change = rawdoc! { "q": filter.clone(), "limit": 1 };
            ("delete", "deletes", change)
        }
    })
}

fn batches(writes: &[Write]) -> Result<Vec<Batch>, Failure> {
    let mut out: Vec<Batch> = Vec::new();
    let mut at = 0;
    while let Some(write) = writes.get(at) {
        let namespace = write.namespace().clone();
        let (name, field, mut change) = part(write)?;
        let mut parts = RawArrayBuf::new();
        let (first, mut bytes) = (at, 0);
        loop {
            bytes += change.as_bytes().len();
            parts.push(change);
            at += 1;
            let Some(next) = writes.get(at).filter(|w| *w.namespace() == namespace) else {
                break;
            };
            let (next_name, _, next_change) = part(next)?;
            let fits =
                at - first < AT_ONCE && bytes + next_change.as_bytes().len() <= BYTES_AT_ONCE;
            if next_name != name || !fits {
                break;
            }
            change = next_change;
        }
        let mut command = RawDocumentBuf::new();
        for (key, value) in [
            (name, RawBson::String(namespace.collection.clone())),
            (field, RawBson::Array(parts)),
            ("ordered", RawBson::Boolean(true)),
        ] {
            let key = bson::raw::CString::try_from(key)
                .map_err(|_| Failure::new(FailureKind::Other, "a name holds a zero byte"))?;
            command.append(key, value);
        }
        out.push(Batch {
            namespace,
            command,
            first,
            count: at - first,
        });
    }
    Ok(out)
}
