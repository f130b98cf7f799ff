//! Batches of guarded changes on their way to the server, and what became of them.

use std::collections::HashSet;
use std::sync::Arc;

use bson::{Bson, RawArrayBuf, RawBson, RawDocumentBuf, rawdoc};

use super::{Planned, local, may_go_on, now};
use crate::config::mends::{Entry, Journal};
use crate::config::state::WriteRecord;
use crate::config::store::Store;
use crate::mongo::failure::{Said, integer, of_unconfirmed};
use crate::mongo::link::{Call, Transaction, may_try_again};
use crate::mongo::request::drift::{MEND_BATCH, MendOutcome, MendRefusal};
use crate::mongo::request::{Failure, FailureKind, Namespace};
use crate::mongo::runner::{Post, read};
use crate::value::shell::{Style, print};

/// How many documents are named in an outcome.
const NAMED: usize = 20;
/// Up to so many documents are in the log of writes one by one; further batches have a line each.
const LOGGED: u64 = 1_000;
/// How many documents are looked up at once, to see what became of them.
const LOOKED_UP: usize = 50;
/// How often a transaction is tried where the server says that another attempt may do.
const ATTEMPTS: usize = 3;

/// Sends batches, and counts.
pub(super) struct Sender<'a> {
    post: &'a Arc<Post>,
    call: &'a Call,
    namespace: &'a Namespace,
    /// The word for the log of writes.
    what: &'static str,
    pub(super) outcome: MendOutcome,
    next: i64,
}

/// A batch that the journal has.
struct Batch {
    number: i64,
    entries: Vec<Entry>,
    /// The changed paths, for the log of writes.
    paths: Vec<String>,
}

/// What the server answered to one batch.
#[derive(Default)]
struct Answer {
    matched: usize,
    refused: Vec<(usize, Failure)>,
}

impl<'a> Sender<'a> {
    pub(super) fn new(
        post: &'a Arc<Post>,
        call: &'a Call,
        namespace: &'a Namespace,
        what: &'static str,
    ) -> Self {
        Self {
            post,
            call,
            namespace,
            what,
            outcome: MendOutcome::default(),
            next: 0,
        }
    }

    /// Sends an ordered batch, after the journal has it.
    pub(super) async fn batch(
        &mut self,
        journal: &mut Journal,
        planned: Vec<Planned>,
    ) -> Result<(), Failure> {
        let batch = self.begin(journal, planned)?;
        let answer = self.send(&batch.entries).await?;
        self.end(journal, batch, answer).await
    }

    /// Sends everything in one transaction, after the journal has it.
    pub(super) async fn transaction(
        &mut self,
        journal: &mut Journal,
        planned: Vec<Planned>,
    ) -> Result<(), Failure> {
        let batch = self.begin(journal, planned)?;
        let mut attempt = 1;
        let matched = loop {
            match self.attempt(&batch.entries).await {
                Ok(matched) => break matched,
                Err((_, true)) if attempt < ATTEMPTS => attempt += 1,
                Err((mut failure, _)) => {
                    if failure.kind != FailureKind::UnknownOutcome {
                        failure.summary = format!("nothing was changed: {}", failure.summary);
                    }
                    return Err(failure);
                }
            }
        };
        self.outcome.in_transaction = true;
        let answer = Answer {
            matched,
            refused: Vec::new(),
        };
        self.end(journal, batch, answer).await
    }

    /// One attempt at a transaction: how many documents matched; or why not, and whether another attempt may do.
    async fn attempt(&self, entries: &[Entry]) -> Result<usize, (Failure, bool)> {
        let words = |e: &mongodb::error::Error| {
            (self.call.failure(e, Some(self.namespace)), may_try_again(e))
        };
        let mut transaction = Transaction::begin(self.call).await.map_err(|e| words(&e))?;
        let mut matched = 0;
        for some in entries.chunks(MEND_BATCH) {
            let command = self.command(some);
            let sent = transaction.run(&self.namespace.database, command).await;
            let halted = match sent {
                Ok(reply) => match first_refusal(&reply) {
                    None => {
                        matched += matched_of(&reply);
                        continue;
                    }
                    Some((_, said)) => (self.call.refusal(&said, self.namespace), false),
                },
                Err(error) => words(&error),
            };
            transaction.abort().await;
            return Err(halted);
        }
        transaction.commit(self.namespace).await.map(|()| matched)
    }

    /// Sends a batch of a journal once more: what was written before stays.
    pub(super) async fn again(
        &mut self,
        journal: &mut Journal,
        number: i64,
        entries: Vec<Entry>,
    ) -> Result<(), Failure> {
        let mut missed = Vec::new();
        for (turn, some) in entries.chunks(MEND_BATCH).enumerate() {
            may_go_on(self.post, self.call)?;
            let answer = self.send(some).await?;
            let here = self.look_up(some).await?;
            self.count(some, &here, answer);
            self.log(some, &here, &[]);
            missed.extend(here.into_iter().map(|place| turn * MEND_BATCH + place));
        }
        journal
            .done(number, &missed)
            .map_err(|e| local("the journal cannot be written", &e))
    }

    /// Sends changes that put something back, which need no journal: the one they come from has all.
    pub(super) async fn back(&mut self, entries: &[Entry]) -> Result<(), Failure> {
        may_go_on(self.post, self.call)?;
        let answer = self.send(entries).await?;
        let missed = self.missed(entries, &answer).await?;
        self.count(entries, &missed, answer);
        self.log(entries, &missed, &[]);
        Ok(())
    }

    /// Writes into the journal what is about to be sent, where it may still be sent.
    fn begin(&mut self, journal: &mut Journal, planned: Vec<Planned>) -> Result<Batch, Failure> {
        may_go_on(self.post, self.call)?;
        let paths = paths(&planned);
        let entries: Vec<Entry> = planned.into_iter().map(|p| p.entry).collect();
        let number = self.next;
        self.next += 1;
        journal
            .begin(number, &entries)
            .map_err(|e| local("the old values cannot be kept", &e))?;
        Ok(Batch {
            number,
            entries,
            paths,
        })
    }

    /// Counts what became of a batch, and writes it into the journal and the log.
    async fn end(
        &mut self,
        journal: &mut Journal,
        batch: Batch,
        answer: Answer,
    ) -> Result<(), Failure> {
        let missed = self.missed(&batch.entries, &answer).await?;
        self.count(&batch.entries, &missed, answer);
        journal
            .done(batch.number, &missed)
            .map_err(|e| local("the journal cannot be written", &e))?;
        self.log(&batch.entries, &missed, &batch.paths);
        Ok(())
    }

    fn command(&self, entries: &[Entry]) -> RawDocumentBuf {
        let mut updates = RawArrayBuf::new();
        for entry in entries {
            updates.push(rawdoc! {
                "q": entry.forth.filter.clone(),
                "u": entry.forth.change.clone(),
                "multi": false,
                "upsert": false,
            });
        }
        rawdoc! {
            "update": self.namespace.collection.as_str(),
            "updates": updates,
            "ordered": true,
        }
    }

    /// Sends changes in their order. One that the server refuses is noted, and the ones after it are sent.
    async fn send(&self, entries: &[Entry]) -> Result<Answer, Failure> {
        let mut answer = Answer::default();
        let mut at = 0;
        while at < entries.len() {
            let command = self.command(&entries[at..]);
            // Stopped is what was not begun: after a part of it the rest is sent, and what became of all is told.
            let sent = match at {
                0 => self.call.write(self.namespace, command).await,
                _ => self.afterwards().write(self.namespace, command).await,
            };
            let reply = sent?;
            if let Ok(unconfirmed) = reply.get_document("writeConcernError") {
                return Err(of_unconfirmed(&Said::from_document(unconfirmed)));
            }
            answer.matched += matched_of(&reply);
            match first_refusal(&reply) {
                None => break,
                Some((place, said)) => {
                    let failure = self.call.refusal(&said, self.namespace);
                    answer.refused.push((at + place, failure));
                    at += place + 1;
                }
            }
        }
        Ok(answer)
    }

    /// The places of entries that were not written.
    async fn missed(&self, entries: &[Entry], answer: &Answer) -> Result<Vec<usize>, Failure> {
        if answer.matched + answer.refused.len() >= entries.len() {
            return Ok(answer.refused.iter().map(|(place, _)| *place).collect());
        }
        // What was written may be undone later, so its journal is not given up because nobody could look.
        self.look_up(entries).await.map_err(|f| {
            let summary = format!(
                "a batch was sent, and could not be read again to see what became of it: {}",
                f.summary
            );
            Failure::new(FailureKind::UnknownOutcome, summary)
        })
    }

    /// The call for what follows a write that was done: it neither stops with the task nor is stopped on the server.
    fn afterwards(&self) -> Call {
        let comment = format!("{} afterwards", self.call.comment());
        self.call.unstopped().with_comment(comment)
    }

    /// The places of entries whose documents do not have the new values.
    async fn look_up(&self, entries: &[Entry]) -> Result<Vec<usize>, Failure> {
        let mut missed = Vec::new();
        let call = self.afterwards();
        for (turn, some) in entries.chunks(LOOKED_UP).enumerate() {
            let mut filters = RawArrayBuf::new();
            for entry in some {
                filters.push(entry.back.filter.clone());
            }
            let command = rawdoc! {
                "find": self.namespace.collection.as_str(),
                "filter": { "$or": filters },
                "projection": { "_id": 1 },
            };
            let mut written: HashSet<Vec<u8>> = HashSet::new();
            read::every_on_primary(&call, &self.namespace.database, command, |found| {
                if let Ok(Some(id)) = found.get("_id") {
                    written.insert(mark(&id.into()));
                }
            })
            .await
            .map_err(|e| self.call.failure(&e, Some(self.namespace)))?;
            for (place, entry) in some.iter().enumerate() {
                if !written.contains(&mark(&entry.id)) {
                    missed.push(turn * LOOKED_UP + place);
                }
            }
        }
        Ok(missed)
    }

    fn count(&mut self, entries: &[Entry], missed: &[usize], answer: Answer) {
        let outcome = &mut self.outcome;
        outcome.written += (entries.len() - missed.len()) as u64;
        let refused: HashSet<usize> = answer.refused.iter().map(|(place, _)| *place).collect();
        for place in missed {
            if refused.contains(place) {
                continue;
            }
            outcome.skipped += 1;
            if outcome.skipped_ids.len() < NAMED
                && let Some(entry) = entries.get(*place)
            {
                outcome.skipped_ids.push(entry.id.clone());
            }
        }
        for (place, failure) in answer.refused {
            outcome.refused += 1;
            if outcome.refusals.len() < NAMED
                && let Some(entry) = entries.get(place)
            {
                outcome.refusals.push(MendRefusal {
                    id: entry.id.clone(),
                    failure,
                });
            }
        }
    }

    /// Adds what was done to the log of writes. What cannot be logged is in the journal all the same.
    fn log(&self, entries: &[Entry], missed: &[usize], paths: &[String]) {
        let Ok(store) = self.post.store() else {
            return;
        };
        let record = |id: String, outcome: String| WriteRecord {
            at: now(),
            profile: self.post.profile.name.to_string(),
            namespace: self.namespace.to_string(),
            what: self.what.to_owned(),
            id,
            paths: paths.to_vec(),
            overridden: Vec::new(),
            statement: String::new(),
            outcome,
        };
        let written = entries.len() - missed.len();
        let records: Vec<WriteRecord> = if self.outcome.written <= LOGGED {
            let missed: HashSet<&usize> = missed.iter().collect();
            entries
                .iter()
                .enumerate()
                .map(|(place, entry)| {
                    let outcome = if missed.contains(&place) {
                        "conflict"
                    } else {
                        "written"
                    };
                    record(shown(&entry.id), outcome.to_owned())
                })
                .collect()
        } else {
            let outcome = format!("written: {written} documents, {} not", missed.len());
            vec![record(String::new(), outcome)]
        };
        if let Err(error) = Store::log_writes(&store, &records) {
            tracing::warn!(%error, "the log of writes could not be written");
        }
    }
}

fn shown(id: &RawBson) -> String {
    print(id.as_raw_bson_ref(), &Style::LINE).unwrap_or_default()
}

/// The changed paths, each once.
fn paths(planned: &[Planned]) -> Vec<String> {
    let mut paths: Vec<String> = planned
        .iter()
        .flat_map(|p| &p.changes)
        .map(|c| c.path().dotted())
        .take(1_000)
        .collect();
    paths.sort_unstable();
    paths.dedup();
    paths.truncate(20);
    paths
}

/// An id as bytes, with its kind.
fn mark(id: &RawBson) -> Vec<u8> {
    let value = crate::value::Value::new(id.as_raw_bson_ref());
    let mut bytes = vec![value.kind().tag()];
    bytes.extend_from_slice(value.bytes());
    bytes
}

fn matched_of(reply: &bson::Document) -> usize {
    integer(reply.get("n"))
        .and_then(|n| usize::try_from(n).ok())
        .unwrap_or(0)
}

fn first_refusal(reply: &bson::Document) -> Option<(usize, Said)> {
    let first = reply.get_array("writeErrors").ok()?.first()?;
    let first = Bson::as_document(first)?;
    let place = usize::try_from(integer(first.get("index"))?).ok()?;
    Some((place, Said::from_document(first)))
}
