//! Results on their way to standard output or a file, in the form that was asked for.
//!
//! Holds one document's text at a time, and for the formats with columns the first few documents, from which the columns
//! are learned. Where standard output is a terminal, nothing gets there that a terminal would obey; Extended JSON and
//! tables hold nothing of the kind wherever they go. A file is written beside its name, and renamed once it is whole.

use std::borrow::Cow;
use std::io::{self, BufWriter, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use bson::{RawBson, RawDocument, RawDocumentBuf};
use clap::ValueEnum;

mod csv;
mod markdown;
mod table;
mod vertical;

use crate::cli::print;
use crate::value::extjson::{self, Layout, Mode, push_document};
use crate::value::text::sanitize;
use csv::Csv;
use markdown::Markdown;
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
    /// The format of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::from_str(name, true).ok()
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

    /// Data for the place where it goes: with everything that a terminal would obey escaped, if it goes to one.
    pub(super) fn clean<'t>(&self, data: &'t str) -> Cow<'t, str> {
        if self.terminal {
            sanitize(data)
        } else {
            Cow::Borrowed(data)
        }
    }

    pub(super) fn damaged(&mut self, why: impl std::fmt::Display) {
        self.stopped
            .get_or_insert_with(|| Stop::Damaged(format!("a document cannot be read: {why}")));
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
    Lines(Mode),
    Array { empty: bool },
    Columns(Columns),
    Vertical { count: u64 },
    Bytes,
}

/// The formats with columns: first the documents they are learned from, then the writer.
struct Columns {
    format: Format,
    asked: Vec<String>,
    raw_csv: bool,
    sample: Vec<RawDocumentBuf>,
    sampled: usize,
    writer: Option<Writer>,
}

enum Writer {
    Csv(Csv),
    Table(Table),
    Markdown(Markdown),
}

/// A file that is renamed once it is whole.
struct Target {
    file: tempfile::NamedTempFile,
    path: PathBuf,
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
    target: Option<Target>,
    /// One document's text; kept between documents for its room.
    text: String,
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
    /// The file cannot be made: why, with its name.
    pub fn new(wish: Wish) -> Result<Self, String> {
        let (out, target): (Box<dyn Write + Send>, _) = match &wish.out {
            None => (Box::new(io::stdout()), None),
            Some(path) => {
                let target = Target::beside(path)
                    .map_err(|e| format!("cannot write `{}`: {e}", path.display()))?;
                let handle = target
                    .file
                    .as_file()
                    .try_clone()
                    .map_err(|e| format!("cannot write `{}`: {e}", path.display()))?;
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
            shape: shape(&wish),
            wish,
            target,
            text: String::new(),
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
            Shape::Lines(mode) => {
                self.text.clear();
                match push_document(&mut self.text, document, *mode, Layout::Compact) {
                    Ok(()) => {
                        self.text.push('\n');
                        self.sink.put(&self.text);
                    }
                    Err(why) => self.sink.damaged(why),
                }
            }
            Shape::Array { empty } => {
                self.text.clear();
                match push_document(&mut self.text, document, Mode::Relaxed, Layout::Compact) {
                    Ok(()) => {
                        self.sink.put(if *empty { "[\n" } else { ",\n" });
                        *empty = false;
                        self.sink.put(&self.text);
                    }
                    Err(why) => self.sink.damaged(why),
                }
            }
            Shape::Columns(columns) => columns.document(document, &mut self.sink),
            Shape::Vertical { count } => {
                *count += 1;
                vertical::write(*count, document, &mut self.sink);
            }
            Shape::Bytes => self.sink.put_bytes(document.as_bytes()),
        }
        if self.text.capacity() > 1 << 20 {
            self.text = String::new();
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
                Shape::Lines(_) | Shape::Vertical { .. } | Shape::Bytes => {}
                Shape::Array { empty: true } => self.sink.put("[]\n"),
                Shape::Array { empty: false } => self.sink.put("\n]\n"),
                Shape::Columns(columns) => columns.begin(&mut self.sink),
            }
        }
        self.take_notes();
        self.shape = shape(&self.wish);
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
            RawBson::Document(document) if self.wish.format == Format::Json => self.alone(
                document.as_bytes().len(),
                &RawBson::Document(document.clone()),
            ),
            RawBson::Document(document) => {
                let _ = self.document(document);
                self.end_result()
            }
            RawBson::Array(list) => {
                for item in list.into_iter().flatten() {
                    let flow = match item {
                        bson::RawBsonRef::Document(document) => self.document(document),
                        other if matches!(self.shape, Shape::Lines(_) | Shape::Array { .. }) => {
                            self.element(other)
                        }
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
            other => self.alone(0, other),
        }
    }

    /// A value on a line of its own.
    fn alone(&mut self, _size: usize, value: &RawBson) -> ControlFlow<()> {
        let mode = match self.wish.format {
            Format::Ejson => Mode::Canonical,
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
        self.shape = shape(&self.wish);
        match self.sink.stopped {
            Some(_) => ControlFlow::Break(()),
            None => ControlFlow::Continue(()),
        }
    }

    /// An element of a list that is no document.
    fn element(&mut self, value: bson::RawBsonRef<'_>) -> ControlFlow<()> {
        let mode = match &self.shape {
            Shape::Lines(mode) => *mode,
            _ => Mode::Relaxed,
        };
        match extjson::print(value, mode, Layout::Compact) {
            Ok(text) => match &mut self.shape {
                Shape::Array { empty } => {
                    self.sink.put(if *empty { "[\n" } else { ",\n" });
                    *empty = false;
                    self.sink.put(&text);
                }
                _ => {
                    self.sink.put(&text);
                    self.sink.put("\n");
                }
            },
            Err(why) => self.sink.damaged(why),
        }
        match self.sink.stopped {
            Some(_) => ControlFlow::Break(()),
            None => ControlFlow::Continue(()),
        }
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
            && let Err(why) = target.name()
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
        if let (None, Shape::Columns(columns)) = (&self.sink.stopped, &mut self.shape)
            && !columns.sample.is_empty()
        {
            columns.begin(&mut self.sink);
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
        if let Shape::Columns(Columns {
            writer: Some(writer),
            ..
        }) = &self.shape
        {
            self.notes.extend(match writer {
                Writer::Csv(csv) => csv.notes(),
                Writer::Table(table) => table.notes(),
                Writer::Markdown(_) => Vec::new(),
            });
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
        let known = self.format != Format::Table && !self.asked.is_empty();
        if known || self.sample.len() >= SAMPLE || self.sampled >= SAMPLE_BYTES {
            self.begin(sink);
        }
    }

    fn begin(&mut self, sink: &mut Sink) {
        if self.writer.is_some() {
            return;
        }
        let mut writer = match self.format {
            Format::Table => Writer::Table(Table::new(&self.asked, &self.sample, sink)),
            Format::Markdown => Writer::Markdown(Markdown::new(&self.asked, &self.sample, sink)),
            _ => Writer::Csv(Csv::new(&self.asked, &self.sample, self.raw_csv, sink)),
        };
        for document in std::mem::take(&mut self.sample) {
            writer.row(&document, sink);
        }
        self.writer = Some(writer);
    }
}

impl Writer {
    fn row(&mut self, document: &RawDocument, sink: &mut Sink) {
        match self {
            Self::Csv(csv) => csv.row(document, sink),
            Self::Table(table) => table.row(document, sink),
            Self::Markdown(markdown) => markdown.row(document, sink),
        }
    }
}

/// How the documents of one result are put together.
fn shape(wish: &Wish) -> Shape {
    match wish.format {
        Format::Jsonl => Shape::Lines(Mode::Relaxed),
        Format::Ejson => Shape::Lines(Mode::Canonical),
        Format::Json => Shape::Array { empty: true },
        Format::Vertical => Shape::Vertical { count: 0 },
        Format::Bson => Shape::Bytes,
        Format::Csv | Format::Table | Format::Markdown => Shape::Columns(Columns {
            format: wish.format,
            asked: wish.columns.clone(),
            raw_csv: wish.raw_csv,
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

impl Target {
    /// A file beside `path`, private until it has its name.
    fn beside(path: &Path) -> io::Result<Self> {
        let directory = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        if path.is_dir() {
            return Err(io::Error::other("it is a directory"));
        }
        let file = tempfile::Builder::new()
            .prefix(".writing-")
            .tempfile_in(directory)?;
        Ok(Self {
            file,
            path: path.to_owned(),
        })
    }

    fn name(self) -> io::Result<()> {
        self.file.as_file().sync_all()?;
        self.file.persist(&self.path).map(drop).map_err(|e| e.error)
    }
}
