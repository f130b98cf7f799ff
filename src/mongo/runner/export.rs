//! A whole result written to a file: read anew from its cursor, a batch at a time.
//!
//! Holds two batches at the most. The file is beside its name until all of it is on the disk; whatever ends this before
//! that leaves nothing behind, and a file that had the name as it was.

use std::io::{self, BufWriter, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use bson::{RawBsonRef, RawDocument};
use mongodb::raw_batch_cursor::RawBatch;

use super::Post;
use super::check::Teller;
use crate::config::check::home;
use crate::export::{Encoder, Wish};
use crate::mongo::feed::source::Source;
use crate::mongo::landing::{Landing, Standing, standing};
use crate::mongo::link::{Call, Cancel, stopped};
use crate::mongo::request::drift::Phase;
use crate::mongo::request::{Export, ExportOutcome, ExportSource, Failure, FailureKind, TaskId};
use crate::query::plan::Plan;

/// Documents per batch: some megabytes of usual documents. The server also ends a batch at 16 MiB.
const BATCH: u32 = 2_000;

/// Documents at hand that are written between two looks at whether to stop.
const STRIDE: usize = 500;

/// Looks whether the file may be written, and what it is to hold, before anything is asked of a server. `None`: go on.
pub(super) fn refuse(export: &Export) -> Option<ExportOutcome> {
    if export.path.trim().is_empty() {
        let nameless = Failure::new(FailureKind::Local, "the file has no name");
        return Some(no_place(nameless.with_help("type one")));
    }
    match standing(&home(export.path.trim())) {
        Err(e) => Some(no_place(cannot_write(export, &e))),
        Ok(Standing::File(bytes)) if !export.replace => Some(ExportOutcome::Exists { bytes }),
        Ok(Standing::File(_) | Standing::Free) => None,
    }
}

fn no_place(failure: Failure) -> ExportOutcome {
    ExportOutcome::NoPlace(Box::new(failure))
}

/// Writes what is at hand; `None` where it has to be read from a server.
pub(super) async fn at_hand(
    export: &Export,
    cancel: &Cancel,
) -> Option<Result<ExportOutcome, Failure>> {
    if !matches!(
        export.source,
        ExportSource::Documents(_) | ExportSource::Text(_)
    ) {
        return None;
    }
    let (export, cancel) = (export.clone(), cancel.clone());
    let work = move || -> Result<ExportOutcome, Failure> {
        let mut writing = match Writing::begin(&export) {
            Ok(writing) => writing,
            Err(failure) => return Ok(no_place(failure)),
        };
        match &export.source {
            ExportSource::Documents(documents) => {
                for some in documents.chunks(STRIDE) {
                    if cancel.is_cancelled() {
                        return Err(stopped());
                    }
                    some.iter().try_for_each(|d| writing.document(d))?;
                }
            }
            ExportSource::Text(text) => writing.text(text)?,
            ExportSource::Find(..) | ExportSource::Statement(_) => {}
        }
        writing.land()
    };
    Some(on_a_thread(work).await)
}

/// Reads a result to its end into a file.
pub(super) async fn export(
    post: &Arc<Post>,
    call: &Call,
    task: TaskId,
    export: &Export,
    cancel: &Cancel,
) -> Result<ExportOutcome, Failure> {
    // A whole collection takes longer than one reply may.
    let call = &call.limited(post.profile.max_time);
    let source = match &export.source {
        ExportSource::Find(namespace, find) => Source::find(namespace, find),
        ExportSource::Statement(statement) => {
            match statement.plan().map_err(super::statement::refusal)? {
                Plan::Documents(reading) => Source::reading(&reading, false),
                _ => {
                    return Err(Failure::new(
                        FailureKind::Query,
                        "only a statement that gives documents can be exported",
                    ));
                }
            }
        }
        ExportSource::Documents(_) | ExportSource::Text(_) => {
            return Err(Failure::new(FailureKind::Other, "nothing is to be read"));
        }
    };
    if source.follows {
        return Err(Failure::new(
            FailureKind::Query,
            "this result never ends, so no file would ever be whole",
        ));
    }
    let mut teller = Teller::new(post, task, Instant::now());
    teller.of_about = export.about;
    teller.tell(Phase::Start, 0, 0, 0);
    let begun = export.clone();
    let mut writing = match on_a_thread(move || Writing::begin(&begun)).await {
        Ok(writing) => writing,
        Err(failure) => return Ok(no_place(failure)),
    };
    let mut batches = source.batches(call.clone(), BATCH);
    loop {
        let batch = tokio::select! {
            batch = batches.recv() => batch,
            () = cancel.cancelled() => return Err(stopped()),
        };
        let Some(batch) = batch else { break };
        // What the server says of an operation that was killed is that it was killed.
        let batch = batch.map_err(|failure| match cancel.is_cancelled() {
            true => stopped(),
            false => failure,
        })?;
        writing = on_a_thread(move || writing.batch(&batch)).await?;
        teller.maybe(Phase::Documents, writing.documents, writing.bytes, 0);
    }
    if cancel.is_cancelled() {
        return Err(stopped());
    }
    teller.tell(Phase::Writing, writing.documents, writing.bytes, 0);
    on_a_thread(move || writing.land()).await
}

async fn on_a_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|_| Err(Failure::new(FailureKind::Other, "the file was not written")))
}

/// A file that is being written.
struct Writing {
    encoder: Encoder,
    landing: Landing,
    out: BufWriter<std::fs::File>,
    path: String,
    replace: bool,
    documents: u64,
    bytes: u64,
    /// Whether documents are written, which some formats end in a way of their own.
    encodes: bool,
}

impl Writing {
    fn begin(export: &Export) -> Result<Self, Failure> {
        let path = home(export.path.trim());
        let begun = || -> io::Result<(Landing, std::fs::File)> {
            let landing = Landing::beside(Path::new(&path))?;
            let file = landing.file().try_clone()?;
            Ok((landing, file))
        };
        let (landing, file) = begun().map_err(|e| cannot_write(export, &e))?;
        Ok(Self {
            encoder: Encoder::new(Wish {
                clean: false,
                ..export.wish.clone()
            }),
            landing,
            out: BufWriter::with_capacity(1 << 18, file),
            path: export.path.trim().to_owned(),
            replace: export.replace,
            documents: 0,
            bytes: 0,
            encodes: !matches!(export.source, ExportSource::Text(_)),
        })
    }

    fn batch(mut self, batch: &RawBatch) -> Result<Self, Failure> {
        let unreadable = || Failure::new(FailureKind::Other, "the server's reply cannot be read");
        for value in batch.doc_slices().map_err(|_| unreadable())? {
            let Ok(RawBsonRef::Document(document)) = value else {
                return Err(unreadable());
            };
            self.document(document)?;
        }
        Ok(self)
    }

    fn document(&mut self, document: &RawDocument) -> Result<(), Failure> {
        self.encoder.document(document).map_err(|why| {
            Failure::new(
                FailureKind::Other,
                format!("document {} cannot be read: {why}", self.documents + 1),
            )
        })?;
        self.documents += 1;
        self.pass()
    }

    fn text(&mut self, text: &str) -> Result<(), Failure> {
        self.bytes += text.len() as u64;
        let done = self.out.write_all(text.as_bytes());
        done.map_err(|e| broken(&self.path, &e))
    }

    /// Passes on what the encoder made.
    fn pass(&mut self) -> Result<(), Failure> {
        let bytes = self.encoder.bytes();
        self.bytes += bytes.len() as u64;
        let done = self.out.write_all(bytes);
        self.encoder.clear();
        done.map_err(|e| broken(&self.path, &e))
    }

    fn land(mut self) -> Result<ExportOutcome, Failure> {
        if self.encodes {
            self.encoder.end().map_err(|why| {
                Failure::new(
                    FailureKind::Other,
                    format!("a document cannot be read: {why}"),
                )
            })?;
            self.pass()?;
        }
        let landed = self.out.flush().and_then(|()| match self.replace {
            true => self.landing.land(),
            false => self.landing.land_anew(),
        });
        match landed {
            Ok(()) => Ok(ExportOutcome::Written {
                documents: self.documents,
                bytes: self.bytes,
                notes: self.encoder.notes(),
            }),
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => Err(Failure::new(
                FailureKind::Local,
                format!(
                    "`{}` came to be meanwhile, and was left as it is",
                    self.path
                ),
            )
            .with_help("export again to replace it")),
            Err(e) => Err(broken(&self.path, &e)),
        }
    }
}

fn cannot_write(export: &Export, error: &io::Error) -> Failure {
    Failure::new(
        FailureKind::Local,
        format!("cannot write `{}`: {}", export.path.trim(), said(error)),
    )
}

/// A file that could not be written on, and is gone.
fn broken(path: &str, error: &io::Error) -> Failure {
    let help = match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "nothing of it is left; free some space, or choose another place"
        }
        _ => "nothing of it is left",
    };
    Failure::new(
        FailureKind::Local,
        format!("`{path}` cannot be written: {}", said(error)),
    )
    .with_help(help)
}

/// An error of the system in its own words, without its number.
fn said(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::StorageFull => "the disk is full".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => {
            let text = error.to_string();
            match text.split_once(" (os error") {
                Some((words, _)) => words.to_lowercase(),
                None => text,
            }
        }
    }
}

#[cfg(test)]
mod tests;
