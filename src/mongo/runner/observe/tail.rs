//! Follows changes: holds a change stream open between two questions, and takes it up again where it broke.
//!
//! A change that was given is never given again, and none between two that were given is missing: where that cannot be
//! had, the following ends with a failure that says so.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bson::{RawBsonRef, RawDocument, RawDocumentBuf, rawdoc};
use mongodb::error::{Error, ErrorKind};
use mongodb::raw_batch_cursor::RawBatch;
use tokio::sync::Mutex as Held;

use crate::mongo::link::{Batches, Call, Opening, is_passing};
use crate::mongo::request::observe::{Changes, Tail, TailPlace};
use crate::mongo::request::{Failure, FailureKind, FeedId, Namespace};

/// How long one question waits for a change.
const WAIT: Duration = Duration::from_secs(1);

/// How long the opening of a stream may take.
const LIMIT: Duration = Duration::from_secs(10);

/// Changes given at once.
const BATCH: u32 = 100;

/// The tails of a profile.
#[derive(Debug, Default)]
pub(in crate::mongo::runner) struct Tails(Mutex<HashMap<FeedId, Arc<Held<Open>>>>);

struct Open {
    what: Tail,
    cursor: Batches,
    token: Option<RawDocumentBuf>,
    /// Nothing follows a change that ends the stream: its collection is gone.
    ended: bool,
}

impl std::fmt::Debug for Open {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Open")
            .field("what", &self.what)
            .finish_non_exhaustive()
    }
}

impl Tails {
    fn all(&self) -> std::sync::MutexGuard<'_, HashMap<FeedId, Arc<Held<Open>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends one; its cursor is closed on the server, after the question that is under way.
    pub(in crate::mongo::runner) fn close(&self, tail: FeedId) {
        self.all().remove(&tail);
    }

    /// Ends all of them.
    pub(in crate::mongo::runner) fn clear(&self) {
        self.all().clear();
    }

    /// Begins.
    pub(in crate::mongo::runner) async fn open(
        &self,
        call: &Call,
        tail: FeedId,
        what: Tail,
        after: Option<RawDocumentBuf>,
    ) -> Result<Changes, Failure> {
        let cursor = stream(call, &what, after.as_ref())
            .await
            .map_err(|e| words(call, &e, &what))?;
        let mut open = Open {
            what,
            cursor,
            token: after,
            ended: false,
        };
        let changes = open.next(call, tail).await?;
        // One that nobody waits for any more closes its cursor here.
        call.go_on()?;
        self.all().insert(tail, Arc::new(Held::new(open)));
        Ok(changes)
    }

    /// Waits a moment for more.
    pub(in crate::mongo::runner) async fn more(
        &self,
        call: &Call,
        tail: FeedId,
    ) -> Result<Changes, Failure> {
        let open = self.all().get(&tail).cloned();
        let Some(open) = open else {
            return Err(
                Failure::new(FailureKind::Gone, "the stream of changes was closed")
                    .with_help("refresh to follow again"),
            );
        };
        let mut open = open.lock().await;
        let result = open.next(call, tail).await;
        if result.is_err() {
            self.close(tail);
        }
        result
    }
}

impl Open {
    async fn next(&mut self, call: &Call, tail: FeedId) -> Result<Changes, Failure> {
        if self.ended {
            return Err(Failure::new(
                FailureKind::Gone,
                format!(
                    "the stream of changes ended: `{}` was dropped or renamed",
                    crate::mongo::failure::plain(&self.what.place.to_string())
                ),
            )
            .with_help("refresh to follow again"));
        }
        let mut resumed = false;
        let batch = match self.cursor.next(call).await {
            Some(Ok(batch)) => Some(batch),
            Some(Err(error)) if may_resume(&error) && self.token.is_some() => {
                call.go_on()?;
                resumed = true;
                self.again(call).await?
            }
            Some(Err(error)) => return Err(words(call, &error, &self.what)),
            None => None,
        };
        let mut changes = Changes {
            tail,
            events: Vec::new(),
            token: None,
            resumed,
            at: super::now(),
        };
        match batch {
            Some(batch) => self.take(&batch, &mut changes),
            None => self.ended = true,
        }
        changes.token.clone_from(&self.token);
        Ok(changes)
    }

    async fn again(&mut self, call: &Call) -> Result<Option<RawBatch>, Failure> {
        let failed = |e: Error, what: &Tail| words(call, &e, what);
        self.cursor = stream(call, &self.what, self.token.as_ref())
            .await
            .map_err(|e| failed(e, &self.what))?;
        match self.cursor.next(call).await {
            Some(batch) => batch.map(Some).map_err(|e| failed(e, &self.what)),
            None => Ok(None),
        }
    }

    fn take(&mut self, batch: &RawBatch, changes: &mut Changes) {
        for value in batch.doc_slices().into_iter().flatten().flatten() {
            let RawBsonRef::Document(event) = value else {
                continue;
            };
            if let Ok(token) = event.get_document("_id") {
                self.token = Some(token.to_owned());
            }
            self.ended |= event
                .get_str("operationType")
                .is_ok_and(|t| t == "invalidate");
            changes.events.push(Arc::new(event.to_owned()));
        }
        if let Some(token) = batch_token(batch.as_raw_document()) {
            self.token = Some(token);
        }
    }
}

/// Where to go on after a batch, also where it held nothing.
fn batch_token(reply: &RawDocument) -> Option<RawDocumentBuf> {
    let cursor = reply.get_document("cursor").ok()?;
    let token = cursor.get_document("postBatchResumeToken").ok()?;
    Some(token.to_owned())
}

async fn stream(
    call: &Call,
    what: &Tail,
    after: Option<&RawDocumentBuf>,
) -> Result<Batches, Error> {
    let mut options = RawDocumentBuf::new();
    if let Some(token) = after {
        // As `resumeAfter`, and also past the end of a collection that was dropped.
        options.append(bson::raw::cstr!("startAfter"), token.clone());
    }
    if let Some(word) = what.full.option() {
        options.append(bson::raw::cstr!("fullDocument"), word);
    }
    if let Some(word) = what.before.option() {
        options.append(bson::raw::cstr!("fullDocumentBeforeChange"), word);
    }
    if what.place == TailPlace::Deployment {
        options.append(bson::raw::cstr!("allChangesForCluster"), true);
    }
    let mut pipeline = bson::RawArrayBuf::new();
    pipeline.push(rawdoc! { "$changeStream": options });
    if !what.filter.is_empty() {
        pipeline.push(rawdoc! { "$match": what.filter.clone() });
    }
    let (database, target) = match &what.place {
        TailPlace::Deployment => ("admin".to_owned(), bson::RawBson::Int32(1)),
        TailPlace::Database(database) => (database.clone(), bson::RawBson::Int32(1)),
        TailPlace::Collection(namespace) => (
            namespace.database.clone(),
            bson::RawBson::String(namespace.collection.clone()),
        ),
    };
    let mut command = RawDocumentBuf::new();
    command.append(bson::raw::cstr!("aggregate"), target);
    command.append(bson::raw::cstr!("pipeline"), pipeline);
    command.append(bson::raw::cstr!("cursor"), rawdoc! { "batchSize": 0 });
    command.append(
        bson::raw::cstr!("readConcern"),
        rawdoc! { "level": "majority" },
    );
    let opening = Opening {
        next_batch: Some(BATCH),
        await_time: Some(WAIT),
        ..Opening::default()
    };
    call.limited(Some(LIMIT))
        .open_with(&database, command, &opening)
        .await
}

/// Whether the stream may be opened anew after its last change.
fn may_resume(error: &Error) -> bool {
    error.contains_label("ResumableChangeStreamError")
        || is_passing(error)
        || matches!(error.kind.as_ref(), ErrorKind::Command(c) if matches!(c.code, 43 | 133 | 63 | 150 | 13388 | 234 | 237))
}

fn words(call: &Call, error: &Error, what: &Tail) -> Failure {
    let place = match &what.place {
        TailPlace::Collection(namespace) => Some(namespace.clone()),
        TailPlace::Database(database) => Some(Namespace::new(database.clone(), "*")),
        TailPlace::Deployment => None,
    };
    let mut failure = call.failure(error, place.as_ref());
    match failure.code {
        Some(40573) => {
            failure.summary =
                "changes can be followed on replica sets and sharded clusters only".to_owned();
            failure.help = Some("a server of its own keeps no history of changes".to_owned());
        }
        Some(286 | 280) => {
            failure.summary =
                "the place where the stream of changes broke is no longer in the server's history"
                    .to_owned();
            failure.help = Some("refresh to follow from now on; changes are missing".to_owned());
        }
        Some(47) => {
            failure.summary =
                "a change has no document to bring: its collection keeps no images of its documents, or kept none then"
                    .to_owned();
            failure.help = Some(
                "choose another way (`f`, `b`), or have images kept: `collMod` with `changeStreamPreAndPostImages`"
                    .to_owned(),
            );
        }
        _ if failure.kind == FailureKind::Permission => {
            failure.summary = format!(
                "the changes of `{}` cannot be followed: this user has not the privileges `changeStream` and `find`, which the role `read` gives",
                crate::mongo::failure::plain(&what.place.to_string())
            );
            failure.help = Some("ask for the role `read`, or use another user".to_owned());
        }
        _ => {}
    }
    failure
}
