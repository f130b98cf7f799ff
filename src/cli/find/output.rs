//! Documents on their way to standard output, in the form that was asked for.
//!
//! Holds one document's text at a time, and for the formats with columns the first few documents, from which the columns
//! are learned. Where standard output is a terminal, nothing gets there that a terminal would obey; Extended JSON and
//! tables hold nothing of the kind wherever they go.

use std::borrow::Cow;
use std::io::{self, BufWriter, Stdout, Write};
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use bson::{RawDocument, RawDocumentBuf};

use super::Format;
use super::csv::Csv;
use super::table::Table;
use crate::cli::print;
use crate::value::extjson::{Layout, Mode, push_document};
use crate::value::text::sanitize;

/// How many documents columns are learned from, at the most.
const SAMPLE: usize = 200;
/// How many bytes of documents columns are learned from, at the most, but for the first document.
const SAMPLE_BYTES: usize = 1 << 20;
/// What waits longer than this is written out, so that a slow answer is seen as it comes.
const PATIENCE: Duration = Duration::from_millis(50);

/// Why no more documents are taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Stop {
    /// Nobody reads any more.
    Closed,
    /// A document's bytes cannot be read: what it is.
    Damaged(String),
}

/// Standard output, cleaned where it is a terminal.
pub(super) struct Sink {
    out: BufWriter<Stdout>,
    terminal: bool,
    flushed: Instant,
    stopped: Option<Stop>,
}

impl Sink {
    /// Writes `text`, which may hold line ends of its own.
    pub(super) fn put(&mut self, text: &str) {
        if self.stopped.is_none() && self.out.write_all(text.as_bytes()).is_err() {
            self.stopped = Some(Stop::Closed);
        }
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
        if self.stopped.as_ref() != Some(&Stop::Closed) && self.out.flush().is_err() {
            self.stopped = Some(Stop::Closed);
        }
        self.flushed = Instant::now();
    }
}

enum Shape {
    Lines(Mode),
    Array { empty: bool },
    Columns(Columns),
}

/// The formats with columns: first the documents they are learned from, then the writer.
struct Columns {
    format: Format,
    asked: Vec<String>,
    sample: Vec<RawDocumentBuf>,
    sampled: usize,
    writer: Option<Writer>,
}

enum Writer {
    Csv(Csv),
    Table(Table),
}

/// Where documents go.
pub(super) struct Output {
    sink: Sink,
    shape: Shape,
    /// One document's text; kept between documents for its room.
    text: String,
}

impl Output {
    pub(super) fn new(format: Format, columns: &[String]) -> Self {
        let shape = match format {
            Format::Jsonl => Shape::Lines(Mode::Relaxed),
            Format::Ejson => Shape::Lines(Mode::Canonical),
            Format::Json => Shape::Array { empty: true },
            Format::Csv | Format::Table => Shape::Columns(Columns {
                format,
                asked: columns.to_vec(),
                sample: Vec::new(),
                sampled: 0,
                writer: None,
            }),
        };
        Self {
            sink: Sink {
                out: BufWriter::with_capacity(1 << 16, io::stdout()),
                terminal: print::to_terminal(),
                flushed: Instant::now(),
                stopped: None,
            },
            shape,
            text: String::new(),
        }
    }

    /// Takes one document; breaks where no more can be taken.
    pub(super) fn document(&mut self, document: &RawDocument) -> ControlFlow<()> {
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

    /// All documents were taken.
    pub(super) fn end(&mut self) -> ControlFlow<Stop> {
        if self.sink.stopped.is_none() {
            match &mut self.shape {
                Shape::Lines(_) => {}
                Shape::Array { empty: true } => self.sink.put("[]\n"),
                Shape::Array { empty: false } => self.sink.put("\n]\n"),
                Shape::Columns(columns) => columns.begin(&mut self.sink),
            }
        }
        self.sink.flush();
        self.stop()
    }

    /// There are more documents, which could not be had. What was taken is written; an array stays open, so that nobody
    /// takes it for whole.
    pub(super) fn broken_off(&mut self) -> ControlFlow<Stop> {
        if let (None, Shape::Columns(columns)) = (&self.sink.stopped, &mut self.shape)
            && !columns.sample.is_empty()
        {
            columns.begin(&mut self.sink);
        }
        self.sink.flush();
        self.stop()
    }

    /// What a person should know about what was written.
    pub(super) fn notes(&self) -> Vec<String> {
        match &self.shape {
            Shape::Columns(Columns {
                writer: Some(Writer::Csv(csv)),
                ..
            }) => csv.notes(),
            Shape::Columns(Columns {
                writer: Some(Writer::Table(table)),
                ..
            }) => table.notes(),
            _ => Vec::new(),
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
        let known = self.format == Format::Csv && !self.asked.is_empty();
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
            _ => Writer::Csv(Csv::new(&self.asked, &self.sample, sink)),
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
        }
    }
}
