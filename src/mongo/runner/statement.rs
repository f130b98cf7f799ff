//! Runs a statement: its plan carried out, and what came of it in plain words.
//!
//! Reads stop between two batches when they are cancelled; writes are awaited to their end, and tell what was done
//! before they were stopped. Must not know the syntax of statements.

use bson::{Bson, Document, RawBson, RawBsonRef, RawDocument, RawDocumentBuf};
use mongodb::error::Error;
use mongodb::options::{
    FindOneAndDeleteOptions, FindOneAndReplaceOptions, FindOneAndUpdateOptions,
};

use crate::mongo::failure::{Said, integer, of_unconfirmed};
use crate::mongo::feed::Feed;
use crate::mongo::feed::source::{Source, selection};
use crate::mongo::link::{Call, not_sent, stopped};
use crate::mongo::request::{Changed, Failure, FailureKind, FeedId, Namespace, Outcome};
use crate::query::plan::{
    Answer, Batch, BatchKind, Command, Modify, Plan, Reading, Refused, Shown, Writes,
};
use crate::query::{Consequence, Statement};
use crate::value::extjson::{self, Layout, Mode};

/// Ids and refusals that are kept of one statement.
const KEPT: usize = 1_000;

/// Documents of a batch that is only counted or gathered.
const GATHERED_BATCH: u32 = 5_000;

/// Names that are gathered of one list, at the most.
const MOST_NAMES: usize = 100_000;

pub(crate) fn refusal(refused: Refused) -> Failure {
    let failure = Failure::new(FailureKind::Query, refused.message);
    match refused.help {
        Some(help) => failure.with_help(help),
        None => failure,
    }
}

/// The comment under which a statement runs: the task's, by which it is found, and the statement's own after it.
pub(crate) fn comment(base: &str, statement: &Statement) -> String {
    let Ok(plan) = statement.plan() else {
        return base.to_owned();
    };
    match plan.note() {
        None => base.to_owned(),
        Some(RawBson::String(note)) => format!("{base} {note}"),
        Some(other) => {
            let text = extjson::print(other.as_raw_bson_ref(), Mode::Relaxed, Layout::Compact);
            format!("{base} {}", text.unwrap_or_default())
        }
    }
}

/// Runs `statement`. A feed that was opened comes with its first page.
pub(super) async fn run(
    call: &Call,
    statement: &Statement,
    feed: FeedId,
    count: usize,
) -> Result<(Outcome, Option<Feed>), Failure> {
    let plan = statement.plan().map_err(refusal)?;
    if let Plan::Documents(reading) = &plan {
        let source = Source::reading(reading, false);
        let (opened, page) = Feed::open(call, feed, source, count.max(1)).await?;
        return Ok((Outcome::Documents(page), Some(opened)));
    }
    single(call, statement, plan)
        .await
        .map(|outcome| (outcome, None))
}

/// Carries out a plan that gives no documents.
pub(super) async fn single(
    call: &Call,
    statement: &Statement,
    plan: Plan,
) -> Result<Outcome, Failure> {
    match plan {
        Plan::Documents(reading) | Plan::First(reading) => {
            let first = first(call, &reading).await?;
            Ok(Outcome::Value(
                first.map_or(RawBson::Null, RawBson::Document),
            ))
        }
        Plan::Any(reading) => {
            let first = first(call, &reading).await?;
            Ok(Outcome::Value(RawBson::Boolean(first.is_some())))
        }
        Plan::Total(reading) => {
            let first = first(call, &reading).await?;
            let total = first
                .and_then(|d| d.get("n").ok().flatten().map(RawBson::from))
                .unwrap_or(RawBson::Int32(0));
            Ok(Outcome::Value(total))
        }
        Plan::Counted(reading) => {
            let mut total = 0_i64;
            every(call, &reading, |_| total = total.saturating_add(1)).await?;
            Ok(Outcome::Value(small(total)))
        }
        Plan::Names(reading) => {
            let mut names = Vec::new();
            every(call, &reading, |document| {
                if names.len() < MOST_NAMES
                    && let Ok(name) = document.get_str("name")
                {
                    names.push(name.to_owned());
                }
            })
            .await?;
            names.sort();
            Ok(Outcome::Value(list(names)))
        }
        Plan::Poured(reading) => {
            let source = Source::reading(&reading, true);
            let mut cursor = source.open(call, None, 1, GATHERED_BATCH).await?;
            while let Some(batch) = cursor.next(call).await {
                batch.map_err(|e| call.write_failure(&e, source.namespace.as_ref()))?;
            }
            Ok(Outcome::Done {
                said: said(statement),
                value: RawBson::Array(bson::RawArrayBuf::new()),
            })
        }
        Plan::Ask(command, answer) => ask(call, command, answer).await.map(Outcome::Value),
        Plan::Sent(command) => {
            let namespace = of_command(&command);
            let chosen = command.preference.as_ref().map(selection);
            let reply = call
                .send(&command.database, command.body, chosen)
                .await
                .map_err(|e| call.write_failure(&e, namespace.as_ref()))?;
            Ok(Outcome::Value(RawBson::Document(raw(&reply)?)))
        }
        Plan::Write(writes) => write(call, statement, writes).await,
        Plan::Modify(modify) => {
            let namespace = Namespace::new(&modify.database, &modify.collection);
            let about = format!("{}.{}", modify.database, modify.collection);
            let work = call.work_named("findAndModify", about);
            let found = call
                .timed(&work, self::modify(call, modify))
                .await
                .map_err(|e| call.write_failure(&e, Some(&namespace)))?;
            Ok(Outcome::Value(
                found.map_or(RawBson::Null, RawBson::Document),
            ))
        }
        Plan::Change(command, shown) => change(call, statement, command, shown).await,
        Plan::Database(name) => Ok(Outcome::Database(name)),
    }
}

/// What a statement that writes has done, in the past.
fn said(statement: &Statement) -> String {
    let Consequence::Writes(what) = statement.consequence() else {
        return "done".to_owned();
    };
    let (verb, rest) = what.split_once(' ').unwrap_or((&what, ""));
    let past = match verb {
        "replaces" => "replaced",
        "merges" => "merged",
        "inserts" => "inserted",
        "changes" => "changed",
        "deletes" => "deleted",
        "creates" => "created",
        "drops" => "dropped",
        "hides" => "hid",
        "shows" => "showed",
        "renames" => "renamed",
        "writes" => "wrote",
        "runs" => "ran",
        other => other,
    };
    format!("{past} {rest}")
}

/// A count as the kind that the server would give it.
fn small(n: i64) -> RawBson {
    i32::try_from(n).map_or(RawBson::Int64(n), RawBson::Int32)
}

fn list(names: impl IntoIterator<Item = String>) -> RawBson {
    let mut out = bson::RawArrayBuf::new();
    for name in names {
        out.push(name);
    }
    RawBson::Array(out)
}

fn raw(document: &Document) -> Result<RawDocumentBuf, Failure> {
    RawDocumentBuf::try_from(document)
        .map_err(|_| Failure::new(FailureKind::Other, "the server's reply cannot be read"))
}

fn of_command(command: &Command) -> Option<Namespace> {
    command
        .collection
        .as_ref()
        .map(|c| Namespace::new(&command.database, c))
}

async fn first(call: &Call, reading: &Reading) -> Result<Option<RawDocumentBuf>, Failure> {
    let source = Source::reading(reading, false);
    let mut cursor = source.open(call, None, 1, 1).await?;
    loop {
        call.go_on()?;
        let Some(batch) = cursor.next(call).await else {
            return Ok(None);
        };
        let batch = batch.map_err(|e| call.failure(&e, source.namespace.as_ref()))?;
        let documents = batch.doc_slices().map_err(|_| no_batch())?;
        match documents.into_iter().flatten().next() {
            Some(RawBsonRef::Document(document)) => return Ok(Some(document.to_owned())),
            // What follows may come with a later batch.
            _ if source.follows => {}
            _ => {}
        }
    }
}

async fn every(
    call: &Call,
    reading: &Reading,
    mut each: impl FnMut(&RawDocument),
) -> Result<(), Failure> {
    let source = Source::reading(reading, false);
    let mut cursor = source
        .open(call, None, GATHERED_BATCH as usize, GATHERED_BATCH)
        .await?;
    while let Some(batch) = cursor.next(call).await {
        let batch = batch.map_err(|e| call.failure(&e, source.namespace.as_ref()))?;
        for value in batch
            .doc_slices()
            .map_err(|_| no_batch())?
            .into_iter()
            .flatten()
        {
            if let RawBsonRef::Document(document) = value {
                each(document);
            }
        }
        call.go_on()?;
    }
    Ok(())
}

fn no_batch() -> Failure {
    Failure::new(FailureKind::Other, "the server's reply holds no batch")
}

async fn ask(call: &Call, command: Command, answer: Answer) -> Result<RawBson, Failure> {
    let namespace = of_command(&command);
    let chosen = command.preference.as_ref().map(selection);
    let reply = call
        .ask_of(&command.database, command.body, chosen)
        .await
        .map_err(|e| call.failure(&e, namespace.as_ref()))?;
    let value = |value: Option<&Bson>| -> Result<RawBson, Failure> {
        match value {
            None => Ok(RawBson::Null),
            Some(value) => RawBson::try_from(value.clone())
                .map_err(|_| Failure::new(FailureKind::Other, "the server's reply cannot be read")),
        }
    };
    match answer {
        Answer::Whole => {
            let mut reply = reply;
            // Times of the cluster are nobody's answer.
            reply.remove("$clusterTime");
            reply.remove("operationTime");
            Ok(RawBson::Document(raw(&reply)?))
        }
        Answer::Field(field) => value(reply.get(field)),
        Answer::DatabaseNames => {
            let mut names: Vec<String> = reply
                .get_array("databases")
                .into_iter()
                .flatten()
                .filter_map(|d| Some(d.as_document()?.get_str("name").ok()?.to_owned()))
                .collect();
            names.sort();
            Ok(list(names))
        }
    }
}

async fn change(
    call: &Call,
    statement: &Statement,
    command: Command,
    shown: Shown,
) -> Result<Outcome, Failure> {
    let namespace = of_command(&command);
    let reply = match call.change(&command.database, command.body).await {
        Ok(reply) => reply,
        // Nothing to drop is no failure, as in the shell.
        Err(error) if shown == Shown::Whether && code(&error) == Some(26) => {
            return Ok(Outcome::Done {
                said: format!("`{}` did not exist", statement.place()),
                value: RawBson::Boolean(false),
            });
        }
        Err(error) => return Err(call.write_failure(&error, namespace.as_ref())),
    };
    if let Ok(unconfirmed) = reply.get_document("writeConcernError") {
        return Err(of_unconfirmed(&Said::from_document(unconfirmed)));
    }
    let mut told = said(statement);
    let before = integer(reply.get("numIndexesBefore"));
    if before.is_some() && before == integer(reply.get("numIndexesAfter")) {
        told = match &shown {
            Shown::Name(name) => format!(
                "the index `{name}` of `{}` was there already",
                statement.place()
            ),
            _ => format!("the indexes of `{}` were there already", statement.place()),
        };
    } else if let Shown::Name(name) = &shown {
        told = format!("created the index `{name}` of `{}`", statement.place());
    } else if let Shown::Names(names) = &shown {
        told = format!(
            "created the indexes `{}` of `{}`",
            names.join("`, `"),
            statement.place()
        );
    }
    let value = match shown {
        Shown::Whether => RawBson::Boolean(true),
        Shown::Name(name) => RawBson::String(name),
        Shown::Names(names) => list(names),
        Shown::Reply => {
            let mut reply = reply;
            reply.remove("$clusterTime");
            reply.remove("operationTime");
            RawBson::Document(raw(&reply)?)
        }
    };
    Ok(Outcome::Done { said: told, value })
}

fn code(error: &Error) -> Option<i32> {
    match error.kind.as_ref() {
        mongodb::error::ErrorKind::Command(command) => Some(command.code),
        _ => None,
    }
}

async fn write(call: &Call, statement: &Statement, writes: Writes) -> Result<Outcome, Failure> {
    let namespace = Namespace::new(&writes.database, &writes.collection);
    let mut changed = Changed::nothing(statement.operation);
    changed.acknowledged = writes.acknowledged;
    let alone = writes.batches.len() == 1;
    for (place, mut batch) in writes.batches.into_iter().enumerate() {
        let first = place == 0;
        if call.go_on().is_err() {
            if first {
                return Err(not_sent());
            }
            changed.ended = Some(stopped());
            break;
        }
        let ids = with_ids(&mut batch);
        let command = batch.command();
        let sent = if batch.multi || !writes.acknowledged {
            call.write_once(&namespace, command).await
        } else {
            call.write(&namespace, command).await
        };
        let reply = match sent {
            Ok(reply) => reply,
            Err(failure) if alone || (first && failure.kind == FailureKind::NotSent) => {
                return Err(failure);
            }
            Err(failure) => {
                changed.ended = Some(failure);
                break;
            }
        };
        fold(
            call,
            &namespace,
            &mut changed,
            &batch,
            ids,
            &reply,
            writes.ordered,
        );
        if writes.ordered && changed.refused > 0 {
            break;
        }
    }
    // One write that was refused is a failure like any other.
    let only = matches!(
        statement.operation,
        crate::query::Operation::InsertOne
            | crate::query::Operation::UpdateOne
            | crate::query::Operation::UpdateMany
            | crate::query::Operation::ReplaceOne
            | crate::query::Operation::DeleteOne
            | crate::query::Operation::DeleteMany
    );
    if only
        && changed.matched == 0
        && changed.refused > 0
        && let Some((_, failure)) = changed.errors.pop()
    {
        return Err(failure);
    }
    Ok(Outcome::Changed(Box::new(changed)))
}

/// Gives each document to insert an `_id`, in front, where it has none. The `_id`s, in order.
fn with_ids(batch: &mut Batch) -> Vec<RawBson> {
    if batch.kind != BatchKind::Insert {
        return Vec::new();
    }
    batch
        .items
        .iter_mut()
        .map(|item| match item.get("_id").ok().flatten() {
            Some(id) => id.into(),
            None => {
                let id = bson::oid::ObjectId::new();
                let mut whole = bson::rawdoc! { "_id": id };
                for (key, value) in item.iter().flatten() {
                    whole.append(key, value);
                }
                *item = whole;
                RawBson::ObjectId(id)
            }
        })
        .collect()
}

fn fold(
    call: &Call,
    namespace: &Namespace,
    changed: &mut Changed,
    batch: &Batch,
    ids: Vec<RawBson>,
    reply: &Document,
    ordered: bool,
) {
    let count = |key: &str| {
        integer(reply.get(key))
            .and_then(|n| u64::try_from(n).ok())
            .unwrap_or(0)
    };
    let place = |index: Option<i64>| {
        index
            .and_then(|n| usize::try_from(n).ok())
            .and_then(|n| batch.places.get(n).copied())
    };
    let n = count("n");
    let mut refused = Vec::new();
    let errors = reply.get_array("writeErrors").ok();
    for error in errors.into_iter().flatten().filter_map(Bson::as_document) {
        let index = integer(error.get("index"));
        refused.extend(index.and_then(|n| usize::try_from(n).ok()));
        changed.refused += 1;
        if changed.errors.len() < KEPT {
            let failure = call.refusal(&Said::from_document(error), namespace);
            changed.errors.push((place(index).unwrap_or(0), failure));
        }
    }
    match batch.kind {
        BatchKind::Insert => {
            changed.inserted += n;
            let tried = match refused.first() {
                Some(first) if ordered => *first,
                _ => ids.len(),
            };
            for (i, id) in ids.into_iter().enumerate().take(tried) {
                if changed.inserted_ids.len() == KEPT {
                    break;
                }
                if changed.acknowledged && !refused.contains(&i) {
                    changed
                        .inserted_ids
                        .push((batch.places.get(i).copied().unwrap_or(i), id));
                }
            }
        }
        BatchKind::Update => {
            let upserts = reply.get_array("upserted").ok();
            let mut upserted = 0;
            for one in upserts.into_iter().flatten().filter_map(Bson::as_document) {
                upserted += 1;
                if changed.upserted_ids.len() < KEPT
                    && let Some(id) = one.get("_id")
                    && let Ok(id) = RawBson::try_from(id.clone())
                {
                    let at = place(integer(one.get("index"))).unwrap_or(0);
                    changed.upserted_ids.push((at, id));
                }
            }
            changed.upserted += upserted;
            changed.matched += n.saturating_sub(upserted);
            changed.modified += count("nModified");
        }
        BatchKind::Delete => changed.deleted += n,
    }
    if let Ok(unconfirmed) = reply.get_document("writeConcernError") {
        changed.unconfirmed = Some(of_unconfirmed(&Said::from_document(unconfirmed)));
    }
}

/// `findAndModify` through the driver's own call, which gives the document's bytes as they are.
async fn modify(call: &Call, modify: Modify) -> Result<Option<RawDocumentBuf>, Error> {
    let collection = call
        .link()
        .client
        .database(&modify.database)
        .collection::<RawDocumentBuf>(&modify.collection);
    let filter = Document::try_from(&*modify.filter)?;
    let options = Document::try_from(&*modify.options)?;
    let has_concern = options.contains_key("writeConcern");
    let limit = modify.max_millis.map(std::time::Duration::from_millis);
    let comment = call
        .link()
        .takes_comments()
        .then(|| Bson::String(call.comment().to_owned()));
    match modify.change {
        None => {
            let mut options: FindOneAndDeleteOptions = bson::deserialize_from_document(options)?;
            options.max_time = limit;
            options.comment = comment;
            if !has_concern {
                options.write_concern = Some(call.write_concern());
            }
            collection
                .find_one_and_delete(filter)
                .with_options(options)
                .await
        }
        Some(RawBson::Document(whole)) if modify.replaces => {
            let mut options: FindOneAndReplaceOptions = bson::deserialize_from_document(options)?;
            options.max_time = limit;
            options.comment = comment;
            if !has_concern {
                options.write_concern = Some(call.write_concern());
            }
            collection
                .find_one_and_replace(filter, whole)
                .with_options(options)
                .await
        }
        Some(change) => {
            let change = match Bson::try_from(change.as_raw_bson_ref())? {
                Bson::Document(update) => mongodb::options::UpdateModifications::Document(update),
                Bson::Array(stages) => mongodb::options::UpdateModifications::Pipeline(
                    stages
                        .into_iter()
                        .filter_map(|stage| match stage {
                            Bson::Document(stage) => Some(stage),
                            _ => None,
                        })
                        .collect(),
                ),
                _ => {
                    return Err(Error::custom("an update is a document or a pipeline"));
                }
            };
            let mut options: FindOneAndUpdateOptions = bson::deserialize_from_document(options)?;
            options.max_time = limit;
            options.comment = comment;
            if !has_concern {
                options.write_concern = Some(call.write_concern());
            }
            collection
                .find_one_and_update(filter, change)
                .with_options(options)
                .await
        }
    }
}
