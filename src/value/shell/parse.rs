//! Shell text to BSON bytes, in one pass, with every problem at its place.
//!
//! Nothing is evaluated: a closed set of literals and constructors is read, all else is a diagnostic.
//! Invariant: keys, their order and their repetitions come out as typed.

use bson::oid::ObjectId;
use bson::{RawBsonRef, RawDocument, RawDocumentBuf};

use super::extended;
use super::spans::{Entry, Place, Spans};
use crate::value::kind::Kind;
use crate::value::path::Path;
use crate::value::raw::{MAX_DEPTH, Value, begin, decimal, end};
use crate::value::{Diagnostic, Span};

/// Longest text that is read, in bytes; far above what a document of 16 MB can need.
const MAX_TEXT: usize = 256 << 20;
/// After so many problems the rest is not read.
const MAX_PROBLEMS: usize = 20;

/// A source of values that a text may ask to be made up: `ObjectId()`, `new Date()`.
pub struct Generated<'a> {
    /// The moment that `new Date()` and `ISODate()` stand for, in milliseconds since 1970.
    pub now: i64,
    /// Called once for each `ObjectId()`.
    pub object_id: &'a mut dyn FnMut() -> ObjectId,
}

/// A document that has been read, and where its values stand in the text.
#[derive(Debug, Clone)]
pub struct Parsed {
    /// The document.
    pub document: RawDocumentBuf,
    /// The places of its values.
    pub spans: Spans,
}

impl Parsed {
    /// Where the value at `path` stands; `None` where there is none.
    #[must_use]
    pub fn place(&self, path: &Path) -> Option<Place> {
        self.spans
            .find(Kind::Document, self.document.as_bytes(), path)
    }

    /// The innermost value at a byte offset of the text.
    #[must_use]
    pub fn path_at(&self, offset: usize) -> Path {
        self.spans
            .path_at(Kind::Document, self.document.as_bytes(), offset)
    }
}

/// A value that has been read, and where its parts stand in the text.
#[derive(Debug, Clone)]
pub struct ParsedValue {
    /// The value.
    pub value: Value,
    /// The places of its parts.
    pub spans: Spans,
}

impl ParsedValue {
    /// Where the part at `path`, counted from this value, stands; `None` where there is none.
    #[must_use]
    pub fn place(&self, path: &Path) -> Option<Place> {
        self.spans.find(self.value.kind(), self.value.bytes(), path)
    }

    /// The innermost part at a byte offset of the text.
    #[must_use]
    pub fn path_at(&self, offset: usize) -> Path {
        self.spans
            .path_at(self.value.kind(), self.value.bytes(), offset)
    }

    /// The value, borrowed.
    #[must_use]
    pub fn as_raw(&self) -> RawBsonRef<'_> {
        self.value.as_raw()
    }
}

/// Reads one document.
///
/// # Errors
/// Every problem found, at most twenty, in the order of the text; never an empty list.
pub fn parse_document(text: &str) -> Result<Parsed, Vec<Diagnostic>> {
    parse_document_with(text, None)
}

/// Reads one document whose `ObjectId()` and `new Date()` may be filled in.
///
/// # Errors
/// Every problem found, at most twenty; never an empty list.
pub fn parse_document_with(
    text: &str,
    generated: Option<Generated<'_>>,
) -> Result<Parsed, Vec<Diagnostic>> {
    into_document(read(text, generated, Integers::Exact)?)
}

fn into_document((kind, bytes, spans): (Kind, Vec<u8>, Spans)) -> Result<Parsed, Vec<Diagnostic>> {
    let span = spans.entries.first().map_or((0, 0), |e| e.value);
    if kind != Kind::Document {
        return Err(vec![
            Diagnostic::new(
                Span::new(span.0 as usize, span.1 as usize),
                format!("a document is needed here, this is {}", article(kind)),
            )
            .with_help("write it as `{ name: value }`"),
        ]);
    }
    match RawDocumentBuf::from_bytes(bytes) {
        Ok(document) => Ok(Parsed { document, spans }),
        Err(_) => Err(vec![Diagnostic::new(
            Span::point(0),
            "the document is too large",
        )]),
    }
}

/// Reads one document of Extended JSON, where a long integer is an Int64.
///
/// # Errors
/// Every problem found, at most twenty; never an empty list.
pub(crate) fn parse_json(text: &str) -> Result<Parsed, Vec<Diagnostic>> {
    into_document(read(text, None, Integers::Long)?)
}

/// Reads one value of any kind.
///
/// # Errors
/// Every problem found, at most twenty, in the order of the text; never an empty list.
pub fn parse_value(text: &str) -> Result<ParsedValue, Vec<Diagnostic>> {
    parse_value_with(text, None)
}

/// Reads one value whose `ObjectId()` and `new Date()` may be filled in.
///
/// # Errors
/// Every problem found, at most twenty; never an empty list.
pub fn parse_value_with(
    text: &str,
    generated: Option<Generated<'_>>,
) -> Result<ParsedValue, Vec<Diagnostic>> {
    let (kind, bytes, spans) = read(text, generated, Integers::Exact)?;
    Ok(ParsedValue {
        value: Value::from_parts(kind, &bytes),
        spans,
    })
}

fn read(
    text: &str,
    generated: Option<Generated<'_>>,
    integers: Integers,
) -> Result<(Kind, Vec<u8>, Spans), Vec<Diagnostic>> {
    if text.len() > MAX_TEXT {
        return Err(vec![Diagnostic::new(
            Span::point(0),
            "the text is longer than 256 MB",
        )]);
    }
    let mut parser = Parser {
        text,
        bytes: text.as_bytes(),
        at: 0,
        out: Vec::with_capacity(text.len()),
        entries: Vec::new(),
        problems: Vec::new(),
        depth: 0,
        arguments: 0,
        integers,
        stopped: false,
        generated,
    };
    parser.trivia();
    let index = parser.enter((parser.at, parser.at));
    let read = parser.value();
    parser.leave(index);
    if let Ok(kind) = read
        && parser.problems.is_empty()
    {
        parser.trivia();
        while parser.take(b';') {
            parser.trivia();
        }
        if parser.at < text.len() {
            parser.problem(
                Span::new(parser.at, text.len()),
                "there is more text after the value",
                "remove it",
            );
        } else {
            let spans = Spans {
                entries: parser.entries,
            };
            return Ok((kind, parser.out, spans));
        }
    }
    if parser.problems.is_empty() {
        parser.problem(Span::point(parser.at), "this could not be read", "");
    }
    parser.problems.sort_by_key(|p| p.span.start);
    Err(parser.problems)
}

/// The kind of a value with its article, for messages.
pub(super) fn article(kind: Kind) -> String {
    let label = kind.label();
    let article = if label.starts_with(['A', 'I', 'O', 'U']) {
        "an"
    } else {
        "a"
    };
    format!("{article} {label}")
}

/// What an integer too long for an Int32 is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Integers {
    /// A Double, and a problem where one cannot hold it exactly: as in mongosh.
    Exact,
    /// An Int64, or a Double where that is too short: as in JSON.
    Long,
}

/// A problem was recorded; the caller goes on where it can.
#[derive(Debug, Clone, Copy)]
pub(super) struct Refused;

pub(super) struct Parser<'t, 'g> {
    pub text: &'t str,
    pub bytes: &'t [u8],
    pub at: usize,
    pub out: Vec<u8>,
    pub entries: Vec<Entry>,
    pub problems: Vec<Diagnostic>,
    pub depth: usize,
    /// How many constructors' arguments are being read; inside them a long integer keeps its digits.
    pub arguments: usize,
    pub integers: Integers,
    /// Nothing more is to be read.
    pub stopped: bool,
    pub generated: Option<Generated<'g>>,
}

impl Parser<'_, '_> {
    pub fn problem(&mut self, span: Span, message: impl Into<String>, help: &str) -> Refused {
        if self.problems.len() < MAX_PROBLEMS && !self.stopped {
            let problem = Diagnostic::new(span, message);
            self.problems.push(if help.is_empty() {
                problem
            } else {
                problem.with_help(help)
            });
        }
        if self.problems.len() >= MAX_PROBLEMS {
            self.stopped = true;
        }
        Refused
    }

    pub fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    pub fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        if found {
            self.at += 1;
        }
        found
    }

    fn enter(&mut self, key: (usize, usize)) -> usize {
        self.entries.push(Entry {
            key: (key.0 as u32, key.1 as u32),
            value: (self.at as u32, self.at as u32),
            next: 0,
        });
        self.entries.len() - 1
    }

    fn leave(&mut self, index: usize) {
        let next = self.entries.len() as u32;
        let at = self.at as u32;
        if let Some(entry) = self.entries.get_mut(index) {
            entry.value.1 = at;
            entry.next = next;
        }
    }

    /// Reads a value and appends its bytes.
    pub fn value(&mut self) -> Result<Kind, Refused> {
        let start = self.at;
        match self.peek() {
            None => Err(self.problem(Span::point(start), "a value is missing", "write one here")),
            Some(b'{') => self.object(),
            Some(b'[') => self.array(),
            Some(b'(') => {
                self.deeper()?;
                self.at += 1;
                self.trivia();
                let kind = self.value();
                self.depth -= 1;
                let kind = kind?;
                self.trivia();
                if self.take(b')') {
                    Ok(kind)
                } else {
                    Err(self.problem(Span::point(self.at), "`)` is missing", ""))
                }
            }
            Some(b'\'' | b'"' | b'`') => {
                self.string_value()?;
                Ok(Kind::String)
            }
            Some(b'0'..=b'9' | b'+' | b'-' | b'.') => self.number(),
            Some(b'/') => self.regex(),
            Some(b'}' | b']' | b')' | b',' | b':' | b';') => {
                Err(self.problem(Span::point(start), "a value is missing", "write one here"))
            }
            Some(_) => self.word(),
        }
    }

    fn deeper(&mut self) -> Result<(), Refused> {
        if self.depth >= MAX_DEPTH {
            let refused = self.problem(
                Span::new(self.at, self.at + 1),
                format!("this nests deeper than {MAX_DEPTH} levels"),
                "the server takes at most 200",
            );
            self.stopped = true;
            return Err(refused);
        }
        self.depth += 1;
        Ok(())
    }

    fn object(&mut self) -> Result<Kind, Refused> {
        self.deeper()?;
        let (open, entries) = (self.at, self.entries.len());
        self.at += 1;
        let start = begin(&mut self.out);
        let mut computed = false;
        let mut fine = true;
        loop {
            self.trivia();
            if self.take(b'}') {
                break;
            }
            if self.at >= self.bytes.len() {
                self.unclosed(open, '{');
                fine = false;
                break;
            }
            let (tag, mark) = (self.out.len(), self.entries.len());
            let done = self.field(tag, &mut computed);
            if done.is_err() {
                fine = false;
                self.out.truncate(tag);
                self.entries.truncate(mark);
            }
            if self.stopped || !self.separator(b'}', done.is_ok()) {
                fine = false;
                break;
            }
        }
        self.depth -= 1;
        end(&mut self.out, start);
        if !fine {
            return Err(Refused);
        }
        if !computed && let Some((kind, bytes)) = extended::unwrap(&self.out[start..]) {
            self.out.truncate(start);
            self.out.extend_from_slice(&bytes);
            self.entries.truncate(entries);
            return Ok(kind);
        }
        Ok(Kind::Document)
    }

    fn field(&mut self, tag: usize, computed: &mut bool) -> Result<(), Refused> {
        let key_at = self.at;
        self.out.push(0);
        *computed |= self.key()?;
        let key_end = self.at;
        if memchr::memchr(0, &self.out[tag + 1..]).is_some() {
            return Err(self.problem(
                Span::new(key_at, key_end),
                "a name cannot hold the character NUL",
                "",
            ));
        }
        self.out.push(0);
        self.trivia();
        if !self.take(b':') {
            let help = match self.peek() {
                Some(b',' | b'}') => "write the value out as `name: value`",
                Some(b'=') => "a name and its value are parted by `:`, not `=`",
                _ => "a name and its value are parted by `:`",
            };
            return Err(self.problem(Span::point(self.at), "`:` is missing", help));
        }
        self.trivia();
        let entry = self.enter((key_at, key_end));
        let kind = self.value()?;
        self.leave(entry);
        self.out[tag] = kind.tag();
        Ok(())
    }

    fn array(&mut self) -> Result<Kind, Refused> {
        self.deeper()?;
        let open = self.at;
        self.at += 1;
        let start = begin(&mut self.out);
        let (mut index, mut fine) = (0, true);
        loop {
            self.trivia();
            if self.take(b']') {
                break;
            }
            if self.at >= self.bytes.len() {
                self.unclosed(open, '[');
                fine = false;
                break;
            }
            let (tag, mark) = (self.out.len(), self.entries.len());
            self.out.push(0);
            self.out.extend_from_slice(decimal(index, &mut [0; 20]));
            self.out.push(0);
            let entry = self.enter((self.at, self.at));
            let read = self.value();
            self.leave(entry);
            match read {
                Ok(kind) => self.out[tag] = kind.tag(),
                Err(Refused) => {
                    fine = false;
                    self.out.truncate(tag);
                    self.entries.truncate(mark);
                }
            }
            index += 1;
            if self.stopped || !self.separator(b']', read.is_ok()) {
                fine = false;
                break;
            }
        }
        self.depth -= 1;
        end(&mut self.out, start);
        if fine { Ok(Kind::Array) } else { Err(Refused) }
    }

    fn unclosed(&mut self, open: usize, bracket: char) {
        // After another problem it may be the recovery that went past the bracket.
        if self.problems.is_empty() {
            self.problem(
                Span::new(open, open + 1),
                format!("this `{bracket}` is never closed"),
                "",
            );
        }
        // Every container around this one would say the same.
        self.stopped = true;
    }

    /// Whether the container goes on (also up to its closing bracket) after an element.
    fn separator(&mut self, close: u8, fine: bool) -> bool {
        if !fine {
            self.skip_to_separator();
        }
        self.trivia();
        if self.take(b',') || self.peek() == Some(close) || self.at >= self.bytes.len() {
            return true;
        }
        if fine {
            let (what, help) = match self.peek() {
                Some(b'}' | b']' | b')') => ("the brackets do not match", ""),
                _ => ("`,` is missing", "values are parted by `,`"),
            };
            self.problem(Span::point(self.at), what, help);
            self.skip_to_separator();
            if self.take(b',') || self.peek() == Some(close) {
                return true;
            }
        }
        // A bracket of another sort: what is around this container has to deal with it.
        false
    }
}

/// The document as a reference, for callers that hold bytes of either sort.
impl AsRef<RawDocument> for Parsed {
    fn as_ref(&self) -> &RawDocument {
        &self.document
    }
}
