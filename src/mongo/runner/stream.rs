//! All documents of a `find` or a statement, passed one by one to a function: for commands that print or export.
//!
//! Reads a batch while the one before it is worked on; holds two batches at the most.

use std::ops::ControlFlow;
use std::sync::Arc;

use bson::{RawBsonRef, RawDocument};

use super::{Post, Runner};
use crate::mongo::feed::source::Source;
use crate::mongo::link::{Call, Cancel, stopped, unsent};
use crate::mongo::request::{
    ConnectionState, Failure, FailureKind, Find, Namespace, Outcome, ProfileName,
};
use crate::query::Statement;
use crate::query::plan::Plan;

/// Documents per batch: some megabytes of usual documents. The server also ends a batch at 16 MiB.
const BATCH: u32 = 5_000;

/// A stream that can be stopped from elsewhere, for one from a signal handler.
#[derive(Debug, Clone, Default)]
pub struct Streaming(pub(super) Cancel);

impl Streaming {
    /// Stops the stream after the batch it is at, and its operation on the server.
    pub fn cancel(&self) {
        self.0.cancel();
    }
}

/// What a statement that was run to its end came to.
#[derive(Debug, Clone, PartialEq)]
pub enum Streamed {
    /// It gave so many documents, which were passed on.
    Documents(u64),
    /// It gave something else.
    Outcome(Outcome),
}

impl Runner {
    /// Passes each document of `find` to `each`, in the server's order, until it breaks. Returns how many were passed.
    ///
    /// # Errors
    ///
    /// What the connection or the server says; [`FailureKind::Cancelled`] after [`Streaming::cancel`]. Documents that were
    /// passed before stay passed.
    pub async fn stream(
        &self,
        profile: &ProfileName,
        namespace: &Namespace,
        find: &Find,
        streaming: &Streaming,
        each: impl FnMut(&RawDocument) -> ControlFlow<()>,
    ) -> Result<u64, Failure> {
        let source = Source::find(namespace, find);
        self.stream_source(profile, source, streaming, each).await
    }

    /// As [`Runner::stream`], for `count` documents that the server takes by chance (`$sample`).
    ///
    /// # Errors
    ///
    /// As [`Runner::stream`].
    pub async fn stream_sample(
        &self,
        profile: &ProfileName,
        namespace: &Namespace,
        count: u64,
        streaming: &Streaming,
        each: impl FnMut(&RawDocument) -> ControlFlow<()>,
    ) -> Result<u64, Failure> {
        let source = Source::sample(namespace, count);
        self.stream_source(profile, source, streaming, each).await
    }

    async fn stream_source(
        &self,
        profile: &ProfileName,
        source: Source,
        streaming: &Streaming,
        mut each: impl FnMut(&RawDocument) -> ControlFlow<()>,
    ) -> Result<u64, Failure> {
        let (post, call) = self.begin(profile, streaming, None).await?;
        self.pass(&post, call, source, streaming, &mut each).await
    }

    /// Runs `statement`: passes each document that it gives to `each`, until it breaks, or tells what else it came to. One
    /// that writes is refused where the profile may not be written to.
    ///
    /// # Errors
    ///
    /// What the statement, the connection or the server says; [`FailureKind::Cancelled`] after [`Streaming::cancel`], but
    /// for a write, which tells what became of it.
    pub async fn run(
        &self,
        profile: &ProfileName,
        statement: &Arc<Statement>,
        streaming: &Streaming,
        mut each: impl FnMut(&RawDocument) -> ControlFlow<()>,
    ) -> Result<Streamed, Failure> {
        let plan = statement.plan().map_err(super::statement::refusal)?;
        let writes = statement.consequence().writes();
        if writes && let Some(post) = self.post(profile) {
            post.may_write()?;
        }
        let begun = self.begin(profile, streaming, Some(statement)).await;
        let (post, call) = begun.map_err(|f| if writes { unsent(f) } else { f })?;
        if let Plan::Documents(reading) = &plan {
            let source = Source::reading(reading, false);
            return self
                .pass(&post, call, source, streaming, &mut each)
                .await
                .map(Streamed::Documents);
        }
        if writes {
            post.may_write()?;
        }
        let comment = call.comment().to_owned();
        let own = Arc::clone(statement);
        // A task of its own, since a driver's future is never dropped.
        let mut running =
            tokio::spawn(async move { super::statement::single(&call, &own, plan).await });
        let ended = |joined: Result<Result<Outcome, Failure>, tokio::task::JoinError>| {
            joined
                .unwrap_or_else(|_| {
                    Err(Failure::new(
                        FailureKind::Other,
                        "the statement was not run to its end",
                    ))
                })
                .map(Streamed::Outcome)
        };
        tokio::select! {
            joined = &mut running => ended(joined),
            () = streaming.0.cancelled() => {
                let link = super::lock(&post.connection).link.clone();
                let stop = async {
                    // More than once, since the operation may just be on its way.
                    for _ in 0..super::STOP_ATTEMPTS {
                        if let Some(link) = &link {
                            link.kill(std::slice::from_ref(&comment)).await;
                        }
                        if running.is_finished() {
                            return;
                        }
                        tokio::time::sleep(super::STOP_AGAIN).await;
                    }
                };
                stop.await;
                if writes {
                    ended(running.await)
                } else {
                    Err(stopped())
                }
            }
        }
    }

    /// The profile's connection, once it answers, and a call through it under a comment of its own.
    pub(super) async fn begin(
        &self,
        profile: &ProfileName,
        streaming: &Streaming,
        statement: Option<&Statement>,
    ) -> Result<(Arc<Post>, Call), Failure> {
        let Some(post) = self.post(profile) else {
            return Err(Failure::new(
                FailureKind::Configuration,
                format!("there is no profile `{profile}`"),
            ));
        };
        if matches!(*post.state.borrow(), ConnectionState::Closed) {
            self.connect_post(&post);
        }
        let link = post.ready(&streaming.0).await?;
        let mut comment = format!(
            "mongodeck/{}/stream-{}",
            self.session,
            bson::oid::ObjectId::new().to_hex()
        );
        if let Some(statement) = statement {
            comment = super::statement::comment(&comment, statement);
        }
        // A whole collection takes longer than one reply may.
        let call = Call::new(link, &comment, streaming.0.clone()).limited(post.profile.max_time);
        Ok((post, call))
    }

    async fn pass(
        &self,
        post: &Arc<Post>,
        call: Call,
        source: Source,
        streaming: &Streaming,
        each: &mut impl FnMut(&RawDocument) -> ControlFlow<()>,
    ) -> Result<u64, Failure> {
        let comment = call.comment().to_owned();
        let mut batches = source.batches(call, BATCH);
        let mut passed = 0;
        loop {
            let batch = tokio::select! {
                batch = batches.recv() => batch,
                () = streaming.0.cancelled() => {
                    let link = super::lock(&post.connection).link.clone();
                    if let Some(link) = link {
                        link.kill(&[comment]).await;
                    }
                    return Err(stopped());
                }
            };
            let Some(batch) = batch else {
                return Ok(passed);
            };
            let batch = batch?;
            let documents = batch.doc_slices().map_err(|_| {
                Failure::new(FailureKind::Other, "the server's reply holds no batch")
            })?;
            for value in documents {
                let Ok(RawBsonRef::Document(document)) = value else {
                    return Err(Failure::new(
                        FailureKind::Other,
                        "the server's reply cannot be read",
                    ));
                };
                passed += 1;
                if each(document).is_break() {
                    return Ok(passed);
                }
            }
        }
    }
}
