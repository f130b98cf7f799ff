//! A command that answers with a cursor, and how that cursor is opened.
//!
//! The command holds neither the size of its first batch nor a comment; both are put in when it is sent.

use std::time::Duration;

use bson::raw::cstr;
use bson::{RawBson, RawDocumentBuf, rawdoc};
use mongodb::options::{ReadPreference, ReadPreferenceOptions, SelectionCriteria};
use mongodb::raw_batch_cursor::RawBatch;
use tokio::sync::mpsc;

use crate::mongo::link::{Batches, Call, Opening};
use crate::mongo::request::{Failure, Find, Namespace};
use crate::query::plan::{Mode, Preference, Reading, Turning, first_key};

/// Where documents come from.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    /// The database that the command is sent to.
    pub(crate) database: String,
    /// The collection, for words and for what it is.
    pub(crate) namespace: Option<Namespace>,
    command: RawDocumentBuf,
    /// The size of batches, where the person chose it.
    batch: Option<u32>,
    chosen: Option<SelectionCriteria>,
    await_time: Option<Duration>,
    /// Whether more may come after the end.
    pub(crate) follows: bool,
    /// Whether the command writes its result somewhere.
    pub(crate) writes: bool,
    /// How it can be read from its end.
    pub(crate) turning: Option<Turning>,
}

impl Source {
    /// The documents of a `find`.
    pub(crate) fn find(namespace: &Namespace, find: &Find) -> Self {
        let turns = find.skip == 0 && find.limit.is_none_or(|l| l == 0);
        Self {
            database: namespace.database.clone(),
            namespace: Some(namespace.clone()),
            command: find_command(namespace, find),
            batch: None,
            chosen: None,
            await_time: None,
            follows: false,
            writes: false,
            turning: turns.then(|| Turning {
                filtered: !find.filter.is_empty(),
                sort: find.sort.clone(),
            }),
        }
    }

    /// The same documents, read on the primary.
    pub(crate) fn on_primary(mut self) -> Self {
        self.chosen = Some(SelectionCriteria::ReadPreference(ReadPreference::Primary));
        self
    }

    /// So many documents of a collection, taken by chance.
    pub(crate) fn sample(namespace: &Namespace, count: u64) -> Self {
        let size = i64::try_from(count).unwrap_or(i64::MAX);
        Self {
            database: namespace.database.clone(),
            namespace: Some(namespace.clone()),
            command: rawdoc! {
                "aggregate": namespace.collection.as_str(),
                "pipeline": [{ "$sample": { "size": size } }],
                "allowDiskUse": true,
            },
            batch: None,
            chosen: None,
            await_time: None,
            follows: false,
            writes: false,
            turning: None,
        }
    }

    /// The batches of its cursor, up to `size` documents each: one is read ahead of whoever takes them. The reading ends
    /// after a failure, between two batches when nobody takes them any more, and when the call is stopped.
    pub(crate) fn batches(
        self,
        call: Call,
        size: u32,
    ) -> mpsc::Receiver<Result<RawBatch, Failure>> {
        let (sender, batches) = mpsc::channel(1);
        // A task of its own, since a driver's future is never dropped.
        tokio::spawn(async move {
            let mut cursor = match self.open(&call, None, size as usize, size).await {
                Ok(cursor) => cursor,
                Err(failure) => {
                    let _ = sender.send(Err(failure)).await;
                    return;
                }
            };
            while let Some(batch) = cursor.next(&call).await {
                let batch = batch.map_err(|e| call.failure(&e, self.namespace.as_ref()));
                let failed = batch.is_err();
                if sender.send(batch).await.is_err() || failed || call.go_on().is_err() {
                    return;
                }
            }
        });
        batches
    }

    /// The documents of a statement.
    pub(crate) fn reading(reading: &Reading, writes: bool) -> Self {
        let command = &reading.command;
        Self {
            database: command.database.clone(),
            namespace: command
                .collection
                .as_ref()
                .map(|c| Namespace::new(&command.database, c)),
            command: command.body.clone(),
            batch: reading.batch,
            chosen: command.preference.as_ref().map(selection),
            await_time: reading.await_millis.map(Duration::from_millis),
            follows: reading.follows,
            writes,
            turning: reading.turning.clone(),
        }
    }

    /// Opens the cursor: `first` documents come at once, and `next` with each later batch. `sort` wins over the
    /// command's own.
    pub(crate) async fn open(
        &self,
        call: &Call,
        sort: Option<&RawDocumentBuf>,
        first: usize,
        next: u32,
    ) -> Result<Batches, Failure> {
        let opening = Opening {
            next_batch: Some(self.batch.unwrap_or(next)),
            chosen: self.chosen.clone(),
            await_time: self.await_time,
            once: self.writes,
        };
        call.open_with(&self.database, self.sized(sort, first), &opening)
            .await
            .map_err(|e| {
                if self.writes {
                    call.write_failure(&e, self.namespace.as_ref())
                } else {
                    call.failure(&e, self.namespace.as_ref())
                }
            })
    }

    fn sized(&self, sort: Option<&RawDocumentBuf>, first: usize) -> RawDocumentBuf {
        let mut command = RawDocumentBuf::new();
        let mut limit = None;
        for (key, value) in self.command.iter().flatten() {
            match key.as_str() {
                "sort" if sort.is_some() => continue,
                "limit" => limit = value.as_i64(),
                _ => {}
            }
            command.append(key, value);
        }
        if let Some(sort) = sort {
            command.append(cstr!("sort"), RawBson::Document(sort.clone()));
        }
        let wanted = self
            .batch
            .map_or_else(|| i64::try_from(first).unwrap_or(i64::MAX), i64::from);
        if first_key(&command) == "find" {
            // One more than a limit, so that the server closes the cursor with the first batch.
            let most = limit.map_or(i64::MAX, |l| l.saturating_add(1));
            command.append(cstr!("batchSize"), wanted.min(most).clamp(1, 100_000));
        } else {
            let cursor = if self.writes {
                RawDocumentBuf::new()
            } else {
                rawdoc! { "batchSize": wanted.clamp(1, 100_000) }
            };
            command.append(cstr!("cursor"), cursor);
        }
        command
    }
}

/// The driver's words for a preference.
pub(crate) fn selection(preference: &Preference) -> SelectionCriteria {
    let tags: Vec<std::collections::HashMap<String, String>> = preference
        .tags
        .iter()
        .map(|set| {
            set.iter()
                .flatten()
                .filter_map(|(key, value)| {
                    Some((key.as_str().to_owned(), value.as_str()?.to_owned()))
                })
                .collect()
        })
        .collect();
    let mut options = ReadPreferenceOptions::default();
    options.tag_sets = Some(tags).filter(|t| !t.is_empty());
    options.max_staleness = preference.max_staleness.map(Duration::from_secs);
    let options = Some(options);
    SelectionCriteria::ReadPreference(match preference.mode {
        Mode::Primary => ReadPreference::Primary,
        Mode::PrimaryPreferred => ReadPreference::PrimaryPreferred { options },
        Mode::Secondary => ReadPreference::Secondary { options },
        Mode::SecondaryPreferred => ReadPreference::SecondaryPreferred { options },
        Mode::Nearest => ReadPreference::Nearest { options },
    })
}

fn find_command(namespace: &Namespace, find: &Find) -> RawDocumentBuf {
    let mut command =
        rawdoc! { "find": namespace.collection.as_str(), "filter": find.filter.clone() };
    if let Some(sort) = &find.sort {
        command.append(cstr!("sort"), RawBson::Document(sort.clone()));
    }
    if let Some(projection) = &find.projection {
        command.append(cstr!("projection"), RawBson::Document(projection.clone()));
    }
    let long = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    if find.skip > 0 {
        command.append(cstr!("skip"), long(find.skip));
    }
    if let Some(limit) = find.limit.filter(|l| *l > 0) {
        command.append(cstr!("limit"), long(limit));
    }
    command
}
