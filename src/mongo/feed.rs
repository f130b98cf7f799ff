//! A feed: the documents of one command that answers with a cursor, read forward from the server as they are asked for, and kept aside.
//!
//! One cursor reads from the start. Where the last documents are asked for first, a second cursor of the opposite
//! order reads from the end; where there is no opposite order, the first one is read through. What was read is kept in
//! a file ([`spool`]) and never asked for twice. A cursor that the server lost cannot be taken up again exactly, so
//! its side ends there with a failure, and what is kept stays readable. Must not know connections or profiles.

mod order;
pub(crate) mod source;
mod spool;

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use bson::RawDocumentBuf;
use mongodb::error::{Error, ErrorKind};
use mongodb::raw_batch_cursor::RawBatch;

use crate::mongo::failure::{lower_first, plain};
use crate::mongo::link::{Batches, Call};
use crate::mongo::request::{Extent, Failure, FailureKind, FeedId, Page, Side};
use source::Source;
use spool::Spool;

/// Documents per batch after the first one. The server also ends a batch at 16 MiB.
const NEXT_BATCH: u32 = 500;

/// A first page is not longer than this, whatever count was asked for.
const FIRST_PAGE_BYTES: usize = 4 * 1024 * 1024;

/// One open feed.
#[derive(Debug)]
pub(crate) struct Feed {
    id: FeedId,
    source: Source,
    comment: String,
    start: tokio::sync::Mutex<Half>,
    end: tokio::sync::Mutex<Option<Half>>,
}

/// One direction of a feed.
struct Half {
    cursor: Option<Batches>,
    spool: Arc<Mutex<Spool>>,
    /// Why it cannot be read on, though its end was not reached.
    lost: Option<Failure>,
}

impl std::fmt::Debug for Half {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Half")
            .field("open", &self.cursor.is_some())
            .field("lost", &self.lost)
            .finish_non_exhaustive()
    }
}

impl Feed {
    /// Opens the feed and reads its first page of at the most `count` documents.
    pub(crate) async fn open(
        call: &Call,
        id: FeedId,
        source: Source,
        count: usize,
    ) -> Result<(Self, Page), Failure> {
        let half = Half::open(call, &source, None, count).await?;
        let feed = Self {
            id,
            source,
            comment: call.comment().to_owned(),
            start: tokio::sync::Mutex::new(half),
            end: tokio::sync::Mutex::new(None),
        };
        let page = feed
            .page(call, Side::Start, 0, count, FIRST_PAGE_BYTES)
            .await?;
        Ok((feed, page))
    }

    /// The comments of this feed's operations on the server, by which a running one is found.
    pub(crate) fn comment(&self, side: Side) -> String {
        match side {
            Side::Start => self.comment.clone(),
            Side::End => format!("{}/end", self.comment),
        }
    }

    /// Part of the feed, read from the server where it was not so far.
    pub(crate) async fn page(
        &self,
        call: &Call,
        side: Side,
        offset: u64,
        count: usize,
        max_bytes: usize,
    ) -> Result<Page, Failure> {
        let count = count.max(1);
        match side {
            Side::Start => {
                let mut half = self.start.lock().await;
                half.fill(call, &self.source, offset, count, max_bytes)
                    .await?;
                let documents = half
                    .read(offset, count, max_bytes, Direction::Forward)
                    .await?;
                if documents.is_empty() {
                    half.still_readable()?;
                }
                Ok(self.answer(side, offset, documents, half.extent()))
            }
            Side::End => self.page_from_end(call, offset, count, max_bytes).await,
        }
    }

    /// The page where all of it is kept already, or the feed ends in it: needs no server.
    pub(crate) async fn kept(
        &self,
        side: Side,
        offset: u64,
        count: usize,
        max_bytes: usize,
    ) -> Option<Result<Page, Failure>> {
        let wanted = offset.saturating_add(count.max(1) as u64);
        if side == Side::End
            && let Some(page) = self
                .end_of_start(offset, count.max(1), max_bytes)
                .await
                .transpose()
        {
            return Some(page);
        }
        let extent = |half: &Half| {
            let extent = half.extent();
            match extent {
                Extent::Exactly(_) => Some(extent),
                Extent::AtLeast(have) => (have >= wanted).then_some(extent),
            }
        };
        let (extent, documents) = match side {
            Side::Start => {
                let half = self.start.lock().await;
                (
                    extent(&half)?,
                    half.read(offset, count.max(1), max_bytes, Direction::Forward),
                )
            }
            Side::End => {
                let half = self.end.lock().await;
                let half = half.as_ref()?;
                (
                    extent(half)?,
                    half.read(offset, count.max(1), max_bytes, Direction::Forward),
                )
            }
        };
        Some(
            documents
                .await
                .map(|documents| self.answer(side, offset, documents, extent)),
        )
    }

    async fn page_from_end(
        &self,
        call: &Call,
        offset: u64,
        count: usize,
        max_bytes: usize,
    ) -> Result<Page, Failure> {
        if let Some(page) = self.end_of_start(offset, count, max_bytes).await? {
            return Ok(page);
        }
        let mut end = self.end.lock().await;
        if end.is_none() {
            let reversed = match (&self.source.namespace, &self.source.turning) {
                (Some(namespace), Some(turning)) => order::reverse(call, namespace, turning).await,
                _ => None,
            };
            match reversed {
                Some(sort) => {
                    let call = call.with_comment(self.comment(Side::End));
                    *end = Some(Half::open(&call, &self.source, Some(sort), count).await?);
                }
                None if self.source.follows => {
                    return Err(Failure::new(
                        FailureKind::Query,
                        "these documents have no end: more come as they are written",
                    ));
                }
                None => {
                    drop(end);
                    // There is no opposite order: the end is found by reading all there is.
                    let mut half = self.start.lock().await;
                    half.fill(call, &self.source, u64::MAX, 1, usize::MAX)
                        .await?;
                    half.still_readable()?;
                    drop(half);
                    let page = self.end_of_start(offset, count, max_bytes).await?;
                    return page.ok_or_else(|| {
                        Failure::new(FailureKind::Other, "the end was not reached")
                    });
                }
            }
        }
        let Some(half) = end.as_mut() else {
            return Err(Failure::new(FailureKind::Other, "the end was not opened"));
        };
        half.fill(call, &self.source, offset, count, max_bytes)
            .await?;
        let documents = half
            .read(offset, count, max_bytes, Direction::Forward)
            .await?;
        if documents.is_empty() {
            half.still_readable()?;
        }
        Ok(self.answer(Side::End, offset, documents, half.extent()))
    }

    /// The page out of what the first cursor read, where it was read to its end.
    async fn end_of_start(
        &self,
        offset: u64,
        count: usize,
        max_bytes: usize,
    ) -> Result<Option<Page>, Failure> {
        let half = self.start.lock().await;
        let Extent::Exactly(total) = half.extent() else {
            return Ok(None);
        };
        let documents = match total.checked_sub(offset).and_then(|n| n.checked_sub(1)) {
            Some(place) => {
                half.read(place, count, max_bytes, Direction::Backward)
                    .await?
            }
            None => Vec::new(),
        };
        Ok(Some(self.answer(
            Side::End,
            offset,
            documents,
            Extent::Exactly(total),
        )))
    }

    fn answer(
        &self,
        side: Side,
        offset: u64,
        documents: Vec<Arc<RawDocumentBuf>>,
        extent: Extent,
    ) -> Page {
        Page {
            feed: self.id,
            side,
            offset,
            documents,
            extent,
        }
    }
}

#[derive(Clone, Copy)]
enum Direction {
    Forward,
    Backward,
}

impl Half {
    async fn open(
        call: &Call,
        source: &Source,
        sort: Option<RawDocumentBuf>,
        count: usize,
    ) -> Result<Self, Failure> {
        let spool = Spool::new().map_err(|e| of_file(&e))?;
        let cursor = source.open(call, sort.as_ref(), count, NEXT_BATCH).await?;
        Ok(Self {
            cursor: Some(cursor),
            spool: Arc::new(Mutex::new(spool)),
            lost: None,
        })
    }

    fn extent(&self) -> Extent {
        let count = lock(&self.spool).count();
        if self.cursor.is_none() && self.lost.is_none() {
            Extent::Exactly(count)
        } else {
            Extent::AtLeast(count)
        }
    }

    fn still_readable(&self) -> Result<(), Failure> {
        self.lost.clone().map_or(Ok(()), Err)
    }

    /// Reads on until the page is there, the cursor ends, or the person stops it.
    async fn fill(
        &mut self,
        call: &Call,
        source: &Source,
        offset: u64,
        count: usize,
        max_bytes: usize,
    ) -> Result<(), Failure> {
        let wanted = offset.saturating_add(count as u64);
        let mut begins: Option<u64> = None;
        while self.cursor.is_some() {
            let (have, bytes) = {
                let spool = lock(&self.spool);
                (spool.count(), spool.bytes())
            };
            if have >= wanted {
                break;
            }
            if have > offset {
                let at = match begins {
                    Some(at) => at,
                    None => {
                        let at =
                            with_spool(Arc::clone(&self.spool), move |s| s.offset(offset)).await?;
                        begins = Some(at);
                        at
                    }
                };
                if bytes - at >= max_bytes as u64 {
                    break;
                }
            }
            call.go_on()?;
            self.read_batch(call, source).await?;
            // Nothing new so far; who waits may ask again.
            if source.follows && lock(&self.spool).count() == have {
                break;
            }
        }
        Ok(())
    }

    async fn read_batch(&mut self, call: &Call, source: &Source) -> Result<(), Failure> {
        let Some(cursor) = self.cursor.as_mut() else {
            return Ok(());
        };
        match cursor.next(call).await {
            None => {
                self.cursor = None;
                Ok(())
            }
            Some(Ok(batch)) => {
                let ended = is_last(&batch);
                // Dropping a cursor that is still open sends `killCursors`; one that ended is only forgotten.
                if ended {
                    self.cursor = None;
                }
                let kept = with_spool(Arc::clone(&self.spool), move |spool| {
                    let documents = batch.doc_slices().map_err(|_| {
                        io::Error::new(
                            io::ErrorKind::InvalidData,
                            "the server's reply holds no batch",
                        )
                    })?;
                    spool.append(documents)
                })
                .await;
                if let Err(failure) = kept {
                    // The batch is lost, so what would follow it is not what follows what is kept.
                    self.cursor = None;
                    self.lost = Some(failure.clone());
                    return Err(failure);
                }
                Ok(())
            }
            Some(Err(error)) => {
                let failure = call.failure(&error, source.namespace.as_ref());
                if let Some(lost) = loss(&error, &failure) {
                    self.cursor = None;
                    self.lost = Some(lost.clone());
                    // A limit of time is told as such once; after that the cursor is gone.
                    if matches!(failure.kind, FailureKind::Timeout | FailureKind::Cancelled) {
                        return Err(failure);
                    }
                    return Err(lost);
                }
                Err(failure)
            }
        }
    }

    /// Borrows the half only while it is called, since a cursor cannot be shared between threads.
    fn read(
        &self,
        first: u64,
        count: usize,
        max_bytes: usize,
        direction: Direction,
    ) -> impl Future<Output = Result<Vec<Arc<RawDocumentBuf>>, Failure>> + use<> {
        with_spool(Arc::clone(&self.spool), move |spool| match direction {
            Direction::Forward => spool.forward(first, count, max_bytes),
            Direction::Backward => spool.backward(first, count, max_bytes),
        })
    }
}

/// Work on the file, beside the tasks that talk to servers.
async fn with_spool<T: Send + 'static>(
    spool: Arc<Mutex<Spool>>,
    work: impl FnOnce(&mut Spool) -> io::Result<T> + Send + 'static,
) -> Result<T, Failure> {
    let done = tokio::task::spawn_blocking(move || work(&mut lock(&spool))).await;
    match done {
        Ok(result) => result.map_err(|e| of_file(&e)),
        Err(_) => Err(Failure::new(FailureKind::Local, "the program is ending")),
    }
}

fn lock(spool: &Mutex<Spool>) -> std::sync::MutexGuard<'_, Spool> {
    spool.lock().unwrap_or_else(PoisonError::into_inner)
}

fn is_last(batch: &RawBatch) -> bool {
    batch
        .as_raw_document()
        .get_document("cursor")
        .and_then(|c| c.get_i64("id"))
        .is_ok_and(|id| id == 0)
}

/// The failure with which a side of a feed ends, where `error` means that its cursor cannot be read on exactly.
fn loss(error: &Error, failure: &Failure) -> Option<Failure> {
    let gone = |summary: String| {
        let mut gone = Failure::new(FailureKind::Gone, summary).with_help("refresh to read again");
        gone.detail.clone_from(&failure.detail);
        gone.code = failure.code;
        gone.code_name.clone_from(&failure.code_name);
        Some(gone)
    };
    match error.kind.as_ref() {
        // A batch may have been on its way: the cursor's place is not known any more.
        ErrorKind::Io(_) => gone(
            "the connection broke while reading on, and the server's cursor is gone".to_owned(),
        ),
        ErrorKind::Command(command) => match command.code {
            50 | 11601 | 24 => {
                gone("reading was stopped, and the server's cursor is gone".to_owned())
            }
            43 | 136 | 175 | 237 | 11600 | 11602 | 91 | 189 | 10107 | 13436 => {
                gone("the server's cursor is gone".to_owned())
            }
            _ => None,
        },
        _ => None,
    }
}

fn of_file(error: &io::Error) -> Failure {
    let words = lower_first(&plain(&error.to_string()));
    let failure = Failure::new(
        FailureKind::Local,
        format!("the documents read cannot be kept in a temporary file: {words}"),
    );
    if matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
    ) {
        failure
            .with_help("free space on the disk, or point `TMPDIR` to one with more, then refresh")
    } else {
        failure.with_help("check that `TMPDIR` can be written, then refresh")
    }
}
