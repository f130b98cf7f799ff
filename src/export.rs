//! Documents in the formats of files: what the headless commands and the console's export write.
//!
//! Pure: it appends bytes to a buffer and knows neither files nor terminals. Holds one document's text at a time, and for
//! the formats with columns the first few documents, from which the columns are learned.

use bson::{RawBsonRef, RawDocument, RawDocumentBuf};

use crate::value::Malformed;
use crate::value::extjson::{self, Layout, Mode, push_document};

mod csv;
mod markdown;

pub use csv::columns;
pub use markdown::fields;

use csv::Csv;
use markdown::Markdown;

/// A format of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// One array of relaxed Extended JSON.
    Json,
    /// Relaxed Extended JSON, one document a line.
    Jsonl,
    /// One array of canonical Extended JSON. Loses nothing.
    EjsonArray,
    /// Canonical Extended JSON, one document a line. Loses nothing.
    Ejson,
    /// Comma-separated values with a header, nested documents as dotted columns.
    Csv,
    /// A Markdown table.
    Markdown,
    /// The documents' own bytes, one after the other.
    Bson,
}

impl Format {
    /// All formats, in the order in which they are offered.
    pub const ALL: [Self; 7] = [
        Self::Jsonl,
        Self::Json,
        Self::Ejson,
        Self::EjsonArray,
        Self::Csv,
        Self::Markdown,
        Self::Bson,
    ];

    /// Its name, as the flag `--format` takes it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Jsonl => "jsonl",
            Self::EjsonArray => "ejson-array",
            Self::Ejson => "ejson",
            Self::Csv => "csv",
            Self::Markdown => "markdown",
            Self::Bson => "bson",
        }
    }

    /// What it is, in a few words.
    #[must_use]
    pub fn describe(self) -> &'static str {
        match self {
            Self::Json => "one array, relaxed Extended JSON",
            Self::Jsonl => "a document a line, relaxed Extended JSON",
            Self::EjsonArray => "one array, canonical Extended JSON: loses nothing",
            Self::Ejson => "a document a line, canonical Extended JSON: loses nothing",
            Self::Csv => "columns for a spreadsheet, with a header",
            Self::Markdown => "a table for reading",
            Self::Bson => "the bytes as the server has them, as `mongodump` writes them",
        }
    }

    /// How files of it end.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Jsonl => "jsonl",
            Self::EjsonArray => "ejson.json",
            Self::Ejson => "ejson",
            Self::Csv => "csv",
            Self::Markdown => "md",
            Self::Bson => "bson",
        }
    }

    /// Whether fields become columns, which can be chosen.
    #[must_use]
    pub fn has_columns(self) -> bool {
        matches!(self, Self::Csv | Self::Markdown)
    }
}

/// How documents are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// The format.
    pub format: Format,
    /// The columns of the formats that have them; empty for those of the first documents.
    pub columns: Vec<String>,
    /// Whether it is said of how many documents there is more than the columns hold, where columns were named. Where
    /// they are learned, it always is.
    pub tell_others: bool,
    /// Whether CSV keeps texts that a spreadsheet would run as a formula as they are.
    pub raw_csv: bool,
    /// Whether what a terminal would obey is escaped; Extended JSON and Markdown hold nothing of the kind anyway.
    pub clean: bool,
}

impl Wish {
    /// This format, with the columns of the first documents, for a file.
    #[must_use]
    pub fn new(format: Format) -> Self {
        Self {
            format,
            columns: Vec::new(),
            tell_others: false,
            raw_csv: false,
            clean: false,
        }
    }
}

/// How many documents columns are learned from, at the most.
const SAMPLE: usize = 200;
/// How many bytes of documents columns are learned from, at the most, but for the first document.
const SAMPLE_BYTES: usize = 1 << 20;
/// What a buffer is given up at, when it has grown for one large document.
const ROOM: usize = 1 << 20;

enum Shape {
    Lines(Mode),
    Array(Mode, Place),
    Columns(Columns),
    Bytes,
}

/// Where in an array the next element goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    First,
    Later,
}

/// The formats with columns: first the documents they are learned from, then the writer.
#[derive(Default)]
struct Columns {
    sample: Vec<RawDocumentBuf>,
    sampled: usize,
    writer: Option<Writer>,
}

enum Writer {
    Csv(Csv),
    Markdown(Markdown),
}

/// Turns documents into the bytes of a file.
pub struct Encoder {
    wish: Wish,
    shape: Shape,
    out: Vec<u8>,
    /// One document's text; kept between documents for its room.
    text: String,
    notes: Vec<String>,
}

impl std::fmt::Debug for Encoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Encoder")
            .field("wish", &self.wish)
            .finish_non_exhaustive()
    }
}

impl Encoder {
    /// An encoder at the beginning of a result.
    #[must_use]
    pub fn new(wish: Wish) -> Self {
        Self {
            shape: shape(wish.format),
            wish,
            out: Vec::new(),
            text: String::new(),
            notes: Vec::new(),
        }
    }

    /// The bytes that were made since [`Encoder::clear`].
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.out
    }

    /// Forgets the bytes, which have been written.
    pub fn clear(&mut self) {
        self.out.clear();
        if self.out.capacity() > ROOM {
            self.out = Vec::new();
        }
    }

    /// Whether any value, and not documents alone, can be an element of a result.
    #[must_use]
    pub fn takes_values(&self) -> bool {
        matches!(self.shape, Shape::Lines(_) | Shape::Array(..))
    }

    /// Takes one document.
    ///
    /// # Errors
    /// Its bytes cannot be read, or those of one that was kept for learning the columns.
    pub fn document(&mut self, document: &RawDocument) -> Result<(), Malformed> {
        match &mut self.shape {
            Shape::Lines(mode) | Shape::Array(mode, _) => {
                self.text.clear();
                push_document(&mut self.text, document, *mode, Layout::Compact)?;
                self.element();
            }
            Shape::Bytes => self.out.extend_from_slice(document.as_bytes()),
            Shape::Columns(columns) => match &mut columns.writer {
                Some(writer) => writer.row(document, &mut self.out)?,
                None => {
                    columns.sampled += document.as_bytes().len();
                    columns.sample.push(document.to_owned());
                    let known = !self.wish.columns.is_empty();
                    if known || columns.sample.len() >= SAMPLE || columns.sampled >= SAMPLE_BYTES {
                        columns.begin(&self.wish, &mut self.out)?;
                    }
                }
            },
        }
        if self.text.capacity() > ROOM {
            self.text = String::new();
        }
        Ok(())
    }

    /// Takes a value that is no document, where the format has a place for one.
    ///
    /// # Errors
    /// Its bytes cannot be read.
    pub fn value(&mut self, value: RawBsonRef<'_>) -> Result<(), Malformed> {
        if let Shape::Lines(mode) | Shape::Array(mode, _) = &self.shape {
            self.text = extjson::print(value, *mode, Layout::Compact)?;
            self.element();
            return Ok(());
        }
        let mut document = RawDocumentBuf::new();
        document.append(bson::raw::cstr!("value"), value);
        self.document(&document)
    }

    /// Puts the text that was made where the next element goes.
    fn element(&mut self) {
        match &mut self.shape {
            Shape::Array(_, place) => {
                let lead: &[u8] = match std::mem::replace(place, Place::Later) {
                    Place::First => b"[\n",
                    Place::Later => b",\n",
                };
                self.out.extend_from_slice(lead);
                self.out.extend_from_slice(self.text.as_bytes());
            }
            _ => {
                self.out.extend_from_slice(self.text.as_bytes());
                self.out.push(b'\n');
            }
        }
    }

    /// The result is complete; another may follow, which begins anew: an array, a header.
    ///
    /// # Errors
    /// The bytes of a document that was kept for learning the columns cannot be read.
    pub fn end(&mut self) -> Result<(), Malformed> {
        let kept = match &mut self.shape {
            Shape::Lines(_) | Shape::Bytes => Ok(()),
            Shape::Array(_, Place::First) => {
                self.out.extend_from_slice(b"[]\n");
                Ok(())
            }
            Shape::Array(_, Place::Later) => {
                self.out.extend_from_slice(b"\n]\n");
                Ok(())
            }
            Shape::Columns(columns) => columns.begin(&self.wish, &mut self.out),
        };
        self.restart();
        kept
    }

    /// Begins anew, whatever was begun.
    pub fn restart(&mut self) {
        self.take_notes();
        self.shape = shape(self.wish.format);
    }

    /// Makes bytes of what was kept for learning the columns; an array stays open.
    ///
    /// # Errors
    /// The bytes of a document cannot be read.
    pub fn give_up(&mut self) -> Result<(), Malformed> {
        match &mut self.shape {
            Shape::Columns(columns) if !columns.sample.is_empty() => {
                columns.begin(&self.wish, &mut self.out)
            }
            _ => Ok(()),
        }
    }

    /// What a person should know about what was written.
    pub fn notes(&mut self) -> Vec<String> {
        self.take_notes();
        std::mem::take(&mut self.notes)
    }

    fn take_notes(&mut self) {
        if let Shape::Columns(Columns {
            writer: Some(Writer::Csv(csv)),
            ..
        }) = &mut self.shape
        {
            self.notes.extend(csv.note());
        }
    }
}

impl Columns {
    fn begin(&mut self, wish: &Wish, out: &mut Vec<u8>) -> Result<(), Malformed> {
        if self.writer.is_some() {
            return Ok(());
        }
        let mut writer = match wish.format {
            Format::Markdown => Writer::Markdown(Markdown::new(&wish.columns, &self.sample, out)),
            _ => Writer::Csv(Csv::new(wish, &self.sample, out)),
        };
        for document in std::mem::take(&mut self.sample) {
            writer.row(&document, out)?;
        }
        self.writer = Some(writer);
        Ok(())
    }
}

impl Writer {
    fn row(&mut self, document: &RawDocument, out: &mut Vec<u8>) -> Result<(), Malformed> {
        match self {
            Self::Csv(csv) => csv.row(document, out),
            Self::Markdown(markdown) => {
                markdown.row(document, out);
                Ok(())
            }
        }
    }
}

/// How the documents of one result are put together.
fn shape(format: Format) -> Shape {
    match format {
        Format::Jsonl => Shape::Lines(Mode::Relaxed),
        Format::Ejson => Shape::Lines(Mode::Canonical),
        Format::Json => Shape::Array(Mode::Relaxed, Place::First),
        Format::EjsonArray => Shape::Array(Mode::Canonical, Place::First),
        Format::Bson => Shape::Bytes,
        Format::Csv | Format::Markdown => Shape::Columns(Columns::default()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use bson::rawdoc;

    use super::*;

    fn written(wish: Wish, documents: &[RawDocumentBuf]) -> (String, Vec<String>) {
        let mut encoder = Encoder::new(wish);
        for document in documents {
            encoder.document(document).unwrap();
        }
        encoder.end().unwrap();
        let text = String::from_utf8_lossy(encoder.bytes()).into_owned();
        (text, encoder.notes())
    }

    #[test]
    fn each_format_puts_documents_together_in_its_own_way() {
        let documents = [rawdoc! {"a": 1_i64}, rawdoc! {"a": 2.5, "b": {"c": "x"}}];
        let text = |format| written(Wish::new(format), &documents).0;
        assert_eq!(
            text(Format::Jsonl),
            "{\"a\":1}\n{\"a\":2.5,\"b\":{\"c\":\"x\"}}\n"
        );
        assert_eq!(
            text(Format::Json),
            "[\n{\"a\":1},\n{\"a\":2.5,\"b\":{\"c\":\"x\"}}\n]\n"
        );
        assert!(text(Format::Ejson).starts_with("{\"a\":{\"$numberLong\":\"1\"}}\n"));
        assert!(text(Format::EjsonArray).starts_with("[\n{\"a\":{\"$numberLong\":\"1\"}},\n"));
        assert_eq!(text(Format::Csv), "a,b.c\r\n1,\r\n2.5,x\r\n");
        assert_eq!(
            text(Format::Markdown),
            "| a | b |\n| --- | --- |\n| 1 |  |\n| 2.5 | {1} c: 'x' |\n"
        );
        let mut bytes = documents[0].as_bytes().to_vec();
        bytes.extend(documents[1].as_bytes());
        let mut encoder = Encoder::new(Wish::new(Format::Bson));
        for document in &documents {
            encoder.document(document).unwrap();
        }
        encoder.end().unwrap();
        assert_eq!(encoder.bytes(), bytes);
        assert_eq!(written(Wish::new(Format::Json), &[]).0, "[]\n");
        assert_eq!(written(Wish::new(Format::EjsonArray), &[]).0, "[]\n");
    }

    #[test]
    fn chosen_columns_are_written_alone_and_what_they_leave_out_is_told_where_asked() {
        let documents = [
            rawdoc! {"a": 1, "b": {"c": 2, "d": 3}},
            rawdoc! {"b": {"c": 4}},
        ];
        let mut wish = Wish {
            columns: vec!["b.c".into(), "a".into()],
            ..Wish::new(Format::Csv)
        };
        let (text, notes) = written(wish.clone(), &documents);
        assert_eq!(text, "b.c,a\r\n2,1\r\n4,\r\n");
        assert!(notes.is_empty());
        wish.tell_others = true;
        let (_, notes) = written(wish, &documents);
        assert!(
            notes[0].starts_with("1 of 2 documents have values"),
            "{notes:?}"
        );
    }

    #[test]
    fn no_cell_of_a_spreadsheet_begins_as_a_formula_does() {
        let texts = [
            "=1+1", "+cmd", "-x", "@a", "\t=1", "\r=1", "\n=1", "＝1", "－1",
        ];
        let documents: Vec<_> = texts.iter().map(|t| rawdoc! {"=a": *t}).collect();
        let (text, _) = written(Wish::new(Format::Csv), &documents);
        for line in text.split("\r\n").filter(|l| !l.is_empty()) {
            assert!(line.trim_start_matches('"').starts_with('\''), "{line:?}");
        }
        let raw = Wish {
            raw_csv: true,
            ..Wish::new(Format::Csv)
        };
        assert!(written(raw, &documents).0.starts_with("=a\r\n=1+1\r\n"));
        let number = [rawdoc! {"a": "-12.5", "b": -3}];
        assert_eq!(
            written(Wish::new(Format::Csv), &number).0,
            "a,b\r\n-12.5,-3\r\n"
        );
    }

    #[test]
    fn what_is_given_up_keeps_what_was_taken() {
        let mut encoder = Encoder::new(Wish::new(Format::Csv));
        encoder.document(&rawdoc! {"a": 1}).unwrap();
        assert!(encoder.bytes().is_empty(), "columns are still learned");
        encoder.give_up().unwrap();
        assert_eq!(encoder.bytes(), b"a\r\n1\r\n");
    }
}
