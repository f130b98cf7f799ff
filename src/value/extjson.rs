//! Extended JSON version 2, written straight from BSON bytes and read back.
//!
//! Nothing is decoded on the way out: this is what streams a collection. Canonical text reads back to the same bytes but
//! for what the format cannot say: which NaN a NaN is, and a document that looks like one of the format's own wrappers.

use bson::{RawBsonRef, RawDocument, RawDocumentBuf};

use super::Diagnostic;
use super::base64::{encode_to, hex_to};
use super::instant::{self, Calendar};
use super::raw::{Datum, Elements, MAX_DEPTH, Malformed, with_datum};
use super::shell::parse;
use super::shell::print::push_integer;
use super::text::is_hidden;

/// How kinds are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Every kind is named, so that it reads back to the same bytes.
    Canonical,
    /// Numbers and dates as JSON's readers expect them; their kinds may not come back.
    Relaxed,
}

/// How the text is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// One line without spaces, for streams.
    Compact,
    /// One element a line, two spaces a level.
    Indented,
}

/// A document as Extended JSON.
///
/// # Errors
/// [`Malformed`] where the bytes are not valid BSON or nest too deep.
pub fn print_document(
    document: &RawDocument,
    mode: Mode,
    layout: Layout,
) -> Result<String, Malformed> {
    let mut out = String::with_capacity(document.as_bytes().len() * 2);
    push_document(&mut out, document, mode, layout)?;
    Ok(out)
}

/// Appends a document as Extended JSON; a caller that streams keeps one buffer for all its documents.
///
/// # Errors
/// [`Malformed`] where the bytes are not valid BSON or nest too deep; the buffer then ends in the middle of the document.
pub fn push_document(
    out: &mut String,
    document: &RawDocument,
    mode: Mode,
    layout: Layout,
) -> Result<(), Malformed> {
    Writer { out, mode, layout }.container(document.as_bytes(), false, 1)
}

/// Writes one document as a compact line with its line feed.
///
/// # Errors
/// What the writer says, and [`std::io::ErrorKind::InvalidData`] with a [`Malformed`] where the bytes are not valid BSON.
pub fn write_line(
    to: &mut impl std::io::Write,
    buffer: &mut String,
    document: &RawDocument,
    mode: Mode,
) -> std::io::Result<()> {
    buffer.clear();
    push_document(buffer, document, mode, Layout::Compact)
        .map_err(|e| std::io::Error::new(std::io::ErrorKind::InvalidData, e))?;
    buffer.push('\n');
    to.write_all(buffer.as_bytes())
}

/// A value as Extended JSON.
///
/// # Errors
/// [`Malformed`] where the bytes are not valid BSON or nest too deep.
pub fn print(value: RawBsonRef<'_>, mode: Mode, layout: Layout) -> Result<String, Malformed> {
    let mut out = String::new();
    with_datum(value, |datum| {
        Writer {
            out: &mut out,
            mode,
            layout,
        }
        .datum(datum, 1)
    })?;
    Ok(out)
}

/// Reads one document of Extended JSON of either mode. Names and their order are kept, repeated ones among them.
/// A plain integer is an Int32 where it fits, then an Int64, then a Double.
///
/// # Errors
/// Every problem found, at most twenty; never an empty list.
pub fn parse_document(text: &str) -> Result<RawDocumentBuf, Vec<Diagnostic>> {
    Ok(parse::parse_json(text)?.document)
}

struct Writer<'o> {
    out: &'o mut String,
    mode: Mode,
    layout: Layout,
}

impl Writer<'_> {
    fn container(&mut self, bytes: &[u8], array: bool, depth: usize) -> Result<(), Malformed> {
        if depth > MAX_DEPTH {
            return Err(Malformed::Depth);
        }
        let indented = self.layout == Layout::Indented;
        self.out.push(if array { '[' } else { '{' });
        let mut first = true;
        for element in Elements::new(bytes) {
            let element = element?;
            if !first {
                self.out.push(',');
            }
            first = false;
            if indented {
                self.newline(depth);
            }
            if !array {
                push_json_string(self.out, element.key);
                self.out.push_str(if indented { ": " } else { ":" });
            }
            self.datum(element.datum()?, depth + 1)?;
        }
        if indented && !first {
            self.newline(depth - 1);
        }
        self.out.push(if array { ']' } else { '}' });
        Ok(())
    }

    fn newline(&mut self, depth: usize) {
        self.out.push('\n');
        for _ in 0..depth {
            self.out.push_str("  ");
        }
    }

    fn wrapped(&mut self, name: &str, text: &str) {
        self.out.push_str("{\"");
        self.out.push_str(name);
        self.out.push_str("\":");
        push_json_string(self.out, text);
        self.out.push('}');
    }

    fn number(&mut self, name: &str, n: i64) {
        if self.mode == Mode::Relaxed {
            push_integer(self.out, n);
        } else {
            self.out.push_str("{\"");
            self.out.push_str(name);
            self.out.push_str("\":\"");
            push_integer(self.out, n);
            self.out.push_str("\"}");
        }
    }

    fn datum(&mut self, datum: Datum<'_>, depth: usize) -> Result<(), Malformed> {
        match datum {
            Datum::Document(bytes) => return self.container(bytes, false, depth),
            Datum::Array(bytes) => return self.container(bytes, true, depth),
            Datum::String(s) => push_json_string(self.out, s),
            Datum::Int32(n) => self.number("$numberInt", i64::from(n)),
            Datum::Int64(n) => self.number("$numberLong", n),
            Datum::Double(bits) => self.double(f64::from_bits(bits)),
            Datum::Boolean(b) => self.out.push_str(if b { "true" } else { "false" }),
            Datum::Null => self.out.push_str("null"),
            Datum::ObjectId(id) => {
                self.out.push_str("{\"$oid\":\"");
                hex_to(self.out, &id);
                self.out.push_str("\"}");
            }
            Datum::Date(millis) => self.date(millis),
            Datum::Decimal128(bytes) => {
                let text = bson::Decimal128::from_bytes(bytes).to_string();
                self.wrapped("$numberDecimal", &text);
            }
            Datum::Binary { subtype, bytes } => {
                self.out.push_str("{\"$binary\":{\"base64\":\"");
                encode_to(self.out, bytes);
                self.out.push_str("\",\"subType\":\"");
                hex_to(self.out, &[subtype]);
                self.out.push_str("\"}}");
            }
            Datum::Timestamp { time, increment } => {
                self.out.push_str("{\"$timestamp\":{\"t\":");
                push_integer(self.out, i64::from(time));
                self.out.push_str(",\"i\":");
                push_integer(self.out, i64::from(increment));
                self.out.push_str("}}");
            }
            Datum::Regex { pattern, options } => {
                self.out.push_str("{\"$regularExpression\":{\"pattern\":");
                push_json_string(self.out, pattern);
                self.out.push_str(",\"options\":");
                push_json_string(self.out, options);
                self.out.push_str("}}");
            }
            Datum::Code(code) => self.wrapped("$code", code),
            Datum::Symbol(symbol) => self.wrapped("$symbol", symbol),
            Datum::CodeWithScope { code, scope } => {
                self.out.push_str("{\"$code\":");
                push_json_string(self.out, code);
                self.out.push_str(",\"$scope\":");
                self.container(scope, false, depth + 1)?;
                self.out.push('}');
            }
            Datum::DbPointer { namespace, id } => {
                self.out.push_str("{\"$dbPointer\":{\"$ref\":");
                push_json_string(self.out, namespace);
                self.out.push_str(",\"$id\":{\"$oid\":\"");
                hex_to(self.out, &id);
                self.out.push_str("\"}}}");
            }
            Datum::Undefined => self.out.push_str("{\"$undefined\":true}"),
            Datum::MinKey => self.out.push_str("{\"$minKey\":1}"),
            Datum::MaxKey => self.out.push_str("{\"$maxKey\":1}"),
        }
        Ok(())
    }

    fn double(&mut self, value: f64) {
        use std::fmt::Write as _;
        let named = if value.is_nan() {
            "NaN"
        } else if value == f64::INFINITY {
            "Infinity"
        } else if value == f64::NEG_INFINITY {
            "-Infinity"
        } else if self.mode == Mode::Relaxed {
            let _ = write!(self.out, "{value:?}");
            return;
        } else {
            let _ = write!(self.out, "{{\"$numberDouble\":\"{value:?}\"}}");
            return;
        };
        self.wrapped("$numberDouble", named);
    }

    fn date(&mut self, millis: i64) {
        self.out.push_str("{\"$date\":");
        let year = Calendar::from_millis(millis).year;
        match instant::iso(millis) {
            Some(text) if self.mode == Mode::Relaxed && (1970..=9999).contains(&year) => {
                self.out.push('"');
                // The format writes whole seconds without a fraction.
                match text.strip_suffix(".000Z") {
                    Some(whole) => {
                        self.out.push_str(whole);
                        self.out.push('Z');
                    }
                    None => self.out.push_str(&text),
                }
                self.out.push('"');
            }
            _ => {
                self.out.push_str("{\"$numberLong\":\"");
                push_integer(self.out, millis);
                self.out.push_str("\"}");
            }
        }
        self.out.push('}');
    }
}

/// Appends a JSON string. Besides what JSON asks for, hidden characters are escaped, so that the text is safe to show.
pub fn push_json_string(out: &mut String, text: &str) {
    out.push('"');
    let bytes = text.as_bytes();
    let (mut from, mut at) = (0, 0);
    while at < bytes.len() {
        let b = bytes[at];
        if (0x20..0x7f).contains(&b) && b != b'"' && b != b'\\' {
            at += 1;
            continue;
        }
        let Some(c) = text[at..].chars().next() else {
            break;
        };
        let next = at + c.len_utf8();
        if c == '"' || c == '\\' || is_hidden(c) {
            out.push_str(&text[from..at]);
            push_json_escape(out, c);
            from = next;
        }
        at = next;
    }
    out.push_str(&text[from..]);
    out.push('"');
}

fn push_json_escape(out: &mut String, c: char) {
    use std::fmt::Write as _;
    match c {
        '"' => out.push_str("\\\""),
        '\\' => out.push_str("\\\\"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        c => {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::panic,
        reason = "a test fails by panicking"
    )]

    use proptest::prelude::*;

    use super::*;
    use crate::value::sample;
    use crate::value::shell::{
        Style, parse_document as parse_shell, print_document as print_shell,
    };

    #[test]
    fn each_kind_has_its_canonical_and_its_relaxed_form() {
        for (shell, canonical, relaxed) in [
            ("5", r#"{"$numberInt":"5"}"#, "5"),
            ("NumberLong(-5)", r#"{"$numberLong":"-5"}"#, "-5"),
            ("5.0", r#"{"$numberDouble":"5.0"}"#, "5.0"),
            (
                "-Infinity",
                r#"{"$numberDouble":"-Infinity"}"#,
                r#"{"$numberDouble":"-Infinity"}"#,
            ),
            (
                "ISODate('2026-03-01')",
                r#"{"$date":{"$numberLong":"1772323200000"}}"#,
                r#"{"$date":"2026-03-01T00:00:00Z"}"#,
            ),
            (
                "ISODate('1969-12-31')",
                r#"{"$date":{"$numberLong":"-86400000"}}"#,
                r#"{"$date":{"$numberLong":"-86400000"}}"#,
            ),
            (
                "BinData(128, 'AQID')",
                r#"{"$binary":{"base64":"AQID","subType":"80"}}"#,
                r#"{"$binary":{"base64":"AQID","subType":"80"}}"#,
            ),
            (
                "Timestamp(1, 2)",
                r#"{"$timestamp":{"t":1,"i":2}}"#,
                r#"{"$timestamp":{"t":1,"i":2}}"#,
            ),
            (
                "/a/i",
                r#"{"$regularExpression":{"pattern":"a","options":"i"}}"#,
                r#"{"$regularExpression":{"pattern":"a","options":"i"}}"#,
            ),
            (
                "'\\u001b\\u202e\"\\n'",
                r#""\u001b\u202e\"\n""#,
                r#""\u001b\u202e\"\n""#,
            ),
            ("[{}, null, true]", "[{},null,true]", "[{},null,true]"),
        ] {
            let document = parse_shell(&format!("{{a: {shell}}}")).unwrap().document;
            for (mode, expected) in [(Mode::Canonical, canonical), (Mode::Relaxed, relaxed)] {
                let text = print_document(&document, mode, Layout::Compact).unwrap();
                assert_eq!(text, format!("{{\"a\":{expected}}}"), "{shell}");
            }
        }
    }

    #[test]
    fn a_plain_integer_takes_the_narrowest_kind_that_holds_it() {
        let document = parse_document(r#"{"a": 1, "b": 2147483648, "c": 9007199254740993, "d": 1e3, "e": 18446744073709551617}"#).unwrap();
        assert_eq!(
            print_shell(&document, &Style::LINE).unwrap(),
            "{ a: 1, b: NumberLong('2147483648'), c: NumberLong('9007199254740993'), d: 1000.0, e: 1.8446744073709552e19 }"
        );
    }

    proptest! {
        #[test]
        fn canonical_text_comes_back_byte_for_byte(document in sample::document()) {
            prop_assume!(!sample::is_beyond_json(document.as_bytes()));
            for layout in [Layout::Compact, Layout::Indented] {
                let text = print_document(&document, Mode::Canonical, layout).unwrap();
                let back = parse_document(&text).unwrap_or_else(|p| panic!("{text}\n{p:?}"));
                prop_assert_eq!(back.as_bytes(), document.as_bytes(), "{}", text);
            }
        }

        #[test]
        fn every_text_is_json_for_other_readers(document in sample::document()) {
            for mode in [Mode::Canonical, Mode::Relaxed] {
                let text = print_document(&document, mode, Layout::Compact).unwrap();
                prop_assert!(!text.chars().any(is_hidden));
                // serde_json itself stops at 128 levels.
                if crate::value::raw::check(&document).unwrap().depth < 60 {
                    prop_assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok(), "{}", text);
                }
            }
        }
    }
}
