//! Results on their way to standard output or a file, in the form that was asked for.
//!
//! Holds one document's text at a time, and for the formats with columns the first few documents, from which the columns
//! are learned. Where standard output is a terminal, nothing gets there that a terminal would obey; Extended JSON and
//! tables hold nothing of the kind wherever they go. A file is written beside its name, and renamed once it is whole.

use std::io::{self, BufWriter, Write};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use bson::{RawBson, RawDocument, RawDocumentBuf};
use clap::ValueEnum;

mod table;
mod vertical;

use crate::cli::print;
use crate::export::{self, Encoder};
use crate::mongo::landing::Landing;
use crate::value::Malformed;
use crate::value::extjson::{self, Layout, Mode};
use crate::value::text::sanitize;
use table::Table;

/// How documents are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Columns for people, as wide as the terminal. Cuts values: not for programs.
    Table,
    /// One array of relaxed Extended JSON.
    Json,
    /// Relaxed Extended JSON, one document a line.
    Jsonl,
    /// Canonical Extended JSON, one document a line. Loses nothing.
    Ejson,
    /// One array of canonical Extended JSON. Loses nothing.
    EjsonArray,
    /// Comma-separated values by RFC 4180 with a header, nested documents as dotted columns. Texts that a spreadsheet
    /// would run as a formula begin with `'`.
    Csv,
    /// A Markdown table.
    Markdown,
    /// One field a line, for documents that are wider than the terminal.
    Vertical,
    /// The documents' own bytes, one after the other, as `mongodump` writes them.
    Bson,
}

impl Format {
    /// The format where none was asked for: for a person where a person reads, else for a program.
    pub(super) fn usual(to_file: bool) -> Self {
        if !to_file && print::to_terminal() {
            Self::Table
        } else {
            Self::Jsonl
        }
    }

    /// The format of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::from_str(name, true).ok()
    }

    /// The format of files that it is; `None` for those that are for people at a terminal.
    fn of_file(self) -> Option<export::Format> {
        Some(match self {
            Self::Json => export::Format::Json,
            Self::Jsonl => export::Format::Jsonl,
            Self::Ejson => export::Format::Ejson,
            Self::EjsonArray => export::Format::EjsonArray,
            Self::Csv => export::Format::Csv,
            Self::Markdown => export::Format::Markdown,
            Self::Bson => export::Format::Bson,
            Self::Table | Self::Vertical => return None,
        })
    }

    /// Whether results are told in columns or for people, and not for programs that read JSON.
    fn is_for_people(self) -> bool {
        matches!(self, Self::Table | Self::Markdown | Self::Vertical)
    }
}

/// How many documents columns are learned from, at the most.
const SAMPLE: usize = 200;
/// How many bytes of documents columns are learned from, at the most, but for the first document.
const SAMPLE_BYTES: usize = 1 << 20;
/// What waits longer than this is written out, so that a slow answer is seen as it comes.
const PATIENCE: Duration = Duration::from_millis(50);

/// Why no more documents are taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stop {
    /// Nobody reads any more.
    Closed,
    /// A document's bytes cannot be read, or the file cannot be written: what it is.
    Damaged(String),
}

/// Where text goes: standard output, cleaned where it is a terminal, or a file.
pub(super) struct Sink {
    out: BufWriter<Box<dyn Write + Send>>,
    terminal: bool,
    /// A file that cannot be written is told; a reader that went away is not.
    to_file: bool,
    flushed: Instant,
    stopped: Option<Stop>,
}

impl Sink {
    /// Writes `text`, which may hold line ends of its own.
    pub(super) fn put(&mut self, text: &str) {
        self.put_bytes(text.as_bytes());
    }

    fn put_bytes(&mut self, bytes: &[u8]) {
        if self.stopped.is_none()
            && let Err(why) = self.out.write_all(bytes)
        {
            self.closed(&why);
        }
    }

    fn closed(&mut self, why: &io::Error) {
        self.stopped = Some(if self.to_file {
            Stop::Damaged(format!("the file cannot be written: {why}"))
        } else {
            Stop::Closed
        });
    }

    fn damaged(&mut self, why: impl std::fmt::Display) {
        self.stopped
            .get_or_insert_with(|| Stop::Damaged(format!("a document cannot be read: {why}")));
    }

    /// Writes what an encoder made, also where it then met bytes that it cannot read.
    fn take(&mut self, encoder: &mut Encoder, done: Result<(), Malformed>) {
        self.put_bytes(encoder.bytes());
        encoder.clear();
        if let Err(why) = done {
            self.damaged(why);
        }
    }

    fn flush(&mut self) {
        if self.stopped.as_ref() != Some(&Stop::Closed)
            && let Err(why) = self.out.flush()
        {
            self.closed(&why);
        }
        self.flushed = Instant::now();
    }
}

enum Shape {
    File(Encoder),
    Table(Columns),
    Vertical { count: u64 },
}

/// A table: first the documents that its columns are learned from, then the writer.
struct Columns {
    asked: Vec<String>,
    sample: Vec<RawDocumentBuf>,
    sampled: usize,
    writer: Option<Table>,
}

/// How results are written.
#[derive(Debug, Clone)]
pub struct Wish {
    /// The format.
    pub format: Format,
    /// The columns of `table`, `csv` and `markdown`; empty for those of the first documents.
    pub columns: Vec<String>,
    /// The file; `None` is standard output.
    pub out: Option<PathBuf>,
    /// Whether CSV keeps texts that a spreadsheet would run as a formula as they are.
    pub raw_csv: bool,
}

/// Where documents go.
pub struct Output {
    sink: Sink,
    shape: Shape,
    wish: Wish,
    target: Option<Landing>,
    /// Documents so far, and when the first was waited for: for the line of progress.
    count: u64,
    since: Instant,
    told: Option<Instant>,
    notes: Vec<String>,
}

/// The line of progress is renewed after so long.
const PROGRESS: Duration = Duration::from_millis(250);

impl Output {
    /// An output as `wish` says.
    ///
    /// # Errors
    /// The file cannot be made: why, with its name. Columns are wished for in a format that has none.
    pub fn new(wish: Wish) -> Result<Self, String> {
        let columnar = matches!(wish.format, Format::Table | Format::Csv | Format::Markdown);
        if !wish.columns.is_empty() && !columnar {
            return Err(
                "`--columns` is for the formats `table`, `csv` and `markdown`; use a projection for the others"
                    .to_owned(),
            );
        }
        let (out, target): (Box<dyn Write + Send>, _) = match &wish.out {
            None => (Box::new(io::stdout()), None),
            Some(path) => {
                let cannot = |e: io::Error| format!("cannot write `{}`: {e}", path.display());
                let target = Landing::beside(path).map_err(cannot)?;
                let handle = target.file().try_clone().map_err(cannot)?;
                (Box::new(handle), Some(target))
            }
        };
        Ok(Self {
            sink: Sink {
                out: BufWriter::with_capacity(1 << 16, out),
                terminal: target.is_none() && print::to_terminal(),
                to_file: target.is_some(),
                flushed: Instant::now(),
                stopped: None,
            },
            shape: shape(&wish, target.is_none() && print::to_terminal()),
            wish,
            target,
            count: 0,
            since: Instant::now(),
            told: None,
            notes: Vec::new(),
        })
    }

    /// The format that results are written in.
    #[must_use]
    pub fn format(&self) -> Format {
        self.wish.format
    }

    /// Takes one document; breaks where no more can be taken.
    pub fn document(&mut self, document: &RawDocument) -> ControlFlow<()> {
        self.count += 1;
        self.progress();
        match &mut self.shape {
            Shape::File(encoder) => {
                let done = encoder.document(document);
                self.sink.take(encoder, done);
            }
            Shape::Table(columns) => columns.document(document, &mut self.sink),
            Shape::Vertical { count } => {
                *count += 1;
                vertical::write(*count, document, &mut self.sink);
            }
        }
        if self.sink.flushed.elapsed() > PATIENCE {
            self.sink.flush();
        }
        match self.sink.stopped {
            Some(_) => ControlFlow::Break(()),
            None => ControlFlow::Continue(()),
        }
    }

    /// One result is complete; another may follow. What comes next begins anew: an array, a header.
    pub fn end_result(&mut self) -> ControlFlow<()> {
        if self.sink.stopped.is_none() {
            match &mut self.shape {
                Shape::File(encoder) => {
                    let done = encoder.end();
                    self.sink.take(encoder, done);
                }
                Shape::Table(columns) => columns.begin(&mut self.sink),
                Shape::Vertical { .. } => {}
            }
        }
        self.restart();
        self.flow()
    }

    /// What comes next begins anew.
    fn restart(&mut self) {
        self.take_notes();
        match &mut self.shape {
            Shape::File(encoder) => encoder.restart(),
            _ => self.shape = shape(&self.wish, self.sink.terminal),
        }
    }

    fn flow(&self) -> ControlFlow<()> {
        match self.sink.stopped {
            Some(_) => ControlFlow::Break(()),
            None => ControlFlow::Continue(()),
        }
    }

    /// Sets two results apart, where the format is not one of lines.
    pub fn between_results(&mut self) {
        if matches!(
            self.wish.format,
            Format::Table | Format::Csv | Format::Markdown | Format::Vertical
        ) {
            self.sink.put("\n");
        }
    }

    /// Writes one value that is no cursor's: a document as a document, a list one by one, anything else by itself.
    pub fn value(&mut self, value: &RawBson) -> ControlFlow<()> {
        match value {
            RawBson::Document(_)
                if matches!(self.wish.format, Format::Json | Format::EjsonArray) =>
            {
                self.alone(value)
            }
            RawBson::Document(document) => {
                let _ = self.document(document);
                self.end_result()
            }
            RawBson::Array(list) => {
                for item in list.into_iter().flatten() {
                    let flow = match item {
                        bson::RawBsonRef::Document(document) => self.document(document),
                        other if self.takes_values() => self.element(other),
                        other => self.document(&named(other)),
                    };
                    if flow.is_break() {
                        return flow;
                    }
                }
                self.end_result()
            }
            other if matches!(self.wish.format, Format::Csv | Format::Bson) => {
                let _ = self.document(&named(other.as_raw_bson_ref()));
                self.end_result()
            }
            other => self.alone(other),
        }
    }

    /// A value on a line of its own.
    fn alone(&mut self, value: &RawBson) -> ControlFlow<()> {
        let mode = match self.wish.format {
            Format::Ejson | Format::EjsonArray => Mode::Canonical,
            _ => Mode::Relaxed,
        };
        if self.wish.format.is_for_people()
            && let RawBson::String(text) = value
        {
            let clean = sanitize(text).into_owned();
            self.sink.put(&clean);
            self.sink.put("\n");
        } else {
            match extjson::print(value.as_raw_bson_ref(), mode, Layout::Compact) {
                Ok(text) => {
                    self.sink.put(&text);
                    self.sink.put("\n");
                }
                Err(why) => self.sink.damaged(why),
            }
        }
        self.restart();
        self.flow()
    }

    fn takes_values(&self) -> bool {
        matches!(&self.shape, Shape::File(encoder) if encoder.takes_values())
    }

    /// An element of a list that is no document.
    fn element(&mut self, value: bson::RawBsonRef<'_>) -> ControlFlow<()> {
        if let Shape::File(encoder) = &mut self.shape {
            let done = encoder.value(value);
            self.sink.take(encoder, done);
        }
        self.flow()
    }

    /// Text that was made elsewhere, for one a chart.
    pub fn text(&mut self, text: &str) {
        self.sink.put(text);
    }

    /// All results were taken: a file gets its name.
    pub fn finish(&mut self) -> ControlFlow<Stop> {
        self.clear_progress();
        self.sink.flush();
        if self.sink.stopped.is_none()
            && let Some(target) = self.target.take()
            && let Err(why) = target.land()
        {
            self.sink.stopped = Some(Stop::Damaged(format!("the file cannot be written: {why}")));
        }
        self.stop()
    }

    /// All documents were taken, and nothing else follows.
    pub fn end(&mut self) -> ControlFlow<Stop> {
        let _ = self.end_result();
        self.finish()
    }

    /// There are more documents, which could not be had. What was taken is written; an array stays open, so that nobody
    /// takes it for whole.
    /// A file is given up.
    pub fn broken_off(&mut self) -> ControlFlow<Stop> {
        self.clear_progress();
        if self.sink.stopped.is_none() {
            match &mut self.shape {
                Shape::File(encoder) => {
                    let done = encoder.give_up();
                    self.sink.take(encoder, done);
                }
                Shape::Table(columns) if !columns.sample.is_empty() => {
                    columns.begin(&mut self.sink);
                }
                Shape::Table(_) | Shape::Vertical { .. } => {}
            }
        }
        self.sink.flush();
        self.stop()
    }

    /// What a person should know about what was written.
    pub fn notes(&mut self) -> Vec<String> {
        self.take_notes();
        std::mem::take(&mut self.notes)
    }

    fn take_notes(&mut self) {
        match &mut self.shape {
            Shape::File(encoder) => self.notes.extend(
                encoder
                    .notes()
                    .into_iter()
                    .map(|note| format!("{note}; name others with `--columns`")),
            ),
            Shape::Table(Columns {
                writer: Some(table),
                ..
            }) => self.notes.extend(table.notes()),
            Shape::Table(_) | Shape::Vertical { .. } => {}
        }
    }

    /// Says how far it is, where standard error is a terminal that the documents do not go to.
    fn progress(&mut self) {
        let due = match self.told {
            Some(told) => told.elapsed() >= PROGRESS,
            None => self.since.elapsed() >= PROGRESS * 2,
        };
        if self.count.is_multiple_of(64)
            && due
            && !self.sink.terminal
            && print::errors_to_terminal()
        {
            let seconds = self.since.elapsed().as_secs_f64();
            print::progress(&format!("{} documents, {seconds:.1} s", self.count));
            self.told = Some(Instant::now());
        }
    }

    fn clear_progress(&mut self) {
        if self.told.take().is_some() {
            print::clear_progress();
        }
    }

    fn stop(&self) -> ControlFlow<Stop> {
        match &self.sink.stopped {
            Some(stop) => ControlFlow::Break(stop.clone()),
            None => ControlFlow::Continue(()),
        }
    }
}

impl Columns {
    fn document(&mut self, document: &RawDocument, sink: &mut Sink) {
        if let Some(writer) = &mut self.writer {
            writer.row(document, sink);
            return;
        }
        self.sampled += document.as_bytes().len();
        self.sample.push(document.to_owned());
        if self.sample.len() >= SAMPLE || self.sampled >= SAMPLE_BYTES {
            self.begin(sink);
        }
    }

    fn begin(&mut self, sink: &mut Sink) {
        if self.writer.is_some() {
            return;
        }
        let mut table = Table::new(&self.asked, &self.sample, sink);
        for document in std::mem::take(&mut self.sample) {
            table.row(&document, sink);
        }
        self.writer = Some(table);
    }
}

/// How the documents of one result are put together.
fn shape(wish: &Wish, clean: bool) -> Shape {
    match (wish.format, wish.format.of_file()) {
        (_, Some(format)) => Shape::File(Encoder::new(export::Wish {
            columns: wish.columns.clone(),
            raw_csv: wish.raw_csv,
            clean,
            ..export::Wish::new(format)
        })),
        (Format::Vertical, None) => Shape::Vertical { count: 0 },
        (_, None) => Shape::Table(Columns {
            asked: wish.columns.clone(),
            sample: Vec::new(),
            sampled: 0,
            writer: None,
        }),
    }
}

/// A value that is no document, as one.
fn named(value: bson::RawBsonRef<'_>) -> RawDocumentBuf {
    let mut document = RawDocumentBuf::new();
    document.append(bson::raw::cstr!("value"), value);
    document
}
