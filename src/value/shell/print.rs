//! BSON to shell text.

use bson::{RawBsonRef, RawDocument};
use std::fmt::Write as _;

use super::extended;
use crate::value::base64::{encode_to, hex_to};
use crate::value::instant;
use crate::value::raw::{Datum, Elements, MAX_DEPTH, Malformed, decimal, with_datum};
use crate::value::text::{is_hidden, push_escape};

/// The bits of the NaN that is written bare.
pub(super) const PLAIN_NAN: u64 = 0x7ff8_0000_0000_0000;

/// How a document is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// Everything on one line.
    Line,
    /// One element a line, two spaces a level.
    Indented,
}

/// How a double without a fraction is told from an integer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubles {
    /// `5.0`: for our own editor, which reads it as a double.
    Point,
    /// `Double(5)`: for text that is pasted into mongosh, where `5.0` is an integer.
    Constructor,
}

/// How shell text is written. Every style reads back to the same bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// One line or many.
    pub layout: Layout,
    /// How whole doubles look.
    pub doubles: Doubles,
}

impl Style {
    /// On one line, for our own editor.
    pub const LINE: Self = Self {
        layout: Layout::Line,
        doubles: Doubles::Point,
    };
    /// Indented, for our own editor.
    pub const INDENTED: Self = Self {
        layout: Layout::Indented,
        doubles: Doubles::Point,
    };
    /// Indented, for pasting into mongosh.
    pub const COPY: Self = Self {
        layout: Layout::Indented,
        doubles: Doubles::Constructor,
    };
    /// On one line, for pasting into mongosh.
    pub const COPY_LINE: Self = Self {
        layout: Layout::Line,
        doubles: Doubles::Constructor,
    };
}

/// A value as shell text.
///
/// # Errors
/// [`Malformed`] where the value's bytes are not valid BSON or nest too deep.
pub fn print(value: RawBsonRef<'_>, style: &Style) -> Result<String, Malformed> {
    let mut out = String::new();
    with_datum(value, |datum| {
        Printer::new(&mut out, *style).datum(datum, 1)
    })?;
    Ok(out)
}

/// A document as shell text.
///
/// # Errors
/// [`Malformed`] where the document's bytes are not valid BSON or nest too deep.
pub fn print_document(document: &RawDocument, style: &Style) -> Result<String, Malformed> {
    let bytes = document.as_bytes();
    let mut out = String::with_capacity(bytes.len() + bytes.len() / 2);
    Printer::new(&mut out, *style).datum(Datum::Document(bytes), 1)?;
    Ok(out)
}

/// A field's name as shell text: bare where it is an identifier, quoted where not.
#[must_use]
pub fn print_key(key: &str) -> String {
    let mut out = String::new();
    push_key(&mut out, key);
    out
}

/// Appends a value that holds no others on one line; a container as `{…}`.
pub(crate) fn push_scalar(
    out: &mut String,
    datum: Datum<'_>,
    doubles: Doubles,
) -> Result<(), Malformed> {
    let style = Style {
        layout: Layout::Line,
        doubles,
    };
    Printer::new(out, style).datum(datum, 1)
}

/// Appends a field's name; see [`print_key`].
pub(crate) fn push_key(out: &mut String, key: &str) {
    if is_identifier(key) {
        // In JavaScript a bare or quoted `__proto__` is not a field.
        if key == "__proto__" {
            out.push_str("['__proto__']");
        } else {
            out.push_str(key);
        }
    } else {
        push_quoted(out, key);
    }
}

/// Appends the first name of a document that would be taken for an Extended JSON wrapper: as a computed name.
pub(crate) fn push_shielded_key(out: &mut String, key: &str) {
    out.push('[');
    push_quoted(out, key);
    out.push(']');
}

pub(super) fn is_identifier(key: &str) -> bool {
    let mut bytes = key.bytes();
    bytes
        .next()
        .is_some_and(|b| b.is_ascii_alphabetic() || b == b'_' || b == b'$')
        && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'$')
}

/// Appends a text in quotes, single ones where double ones do not need fewer escapes.
pub(crate) fn push_quoted(out: &mut String, text: &str) {
    let plain = |b: &u8| (0x20..0x7f).contains(b) && *b != b'\'' && *b != b'\\';
    if text.as_bytes().iter().all(plain) {
        out.push('\'');
        out.push_str(text);
        out.push('\'');
        return;
    }
    let singles = memchr::memchr_iter(b'\'', text.as_bytes()).count();
    let quote = if singles > 0 && memchr::memchr_iter(b'"', text.as_bytes()).count() < singles {
        '"'
    } else {
        '\''
    };
    out.push(quote);
    let mut from = 0;
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let b = bytes[at];
        if (0x20..0x7f).contains(&b) {
            if b == b'\\' || char::from(b) == quote {
                out.push_str(&text[from..at]);
                out.push('\\');
                from = at;
            }
            at += 1;
            continue;
        }
        let Some(c) = text[at..].chars().next() else {
            break;
        };
        if is_hidden(c) {
            out.push_str(&text[from..at]);
            push_escape(out, c);
            from = at + c.len_utf8();
        }
        at += c.len_utf8();
    }
    out.push_str(&text[from..]);
    out.push(quote);
}

struct Printer<'o> {
    out: &'o mut String,
    style: Style,
}

impl<'o> Printer<'o> {
    fn new(out: &'o mut String, style: Style) -> Self {
        Self { out, style }
    }

    fn call(&mut self, name: &str, text: &str) {
        self.out.push_str(name);
        self.out.push('(');
        push_quoted(self.out, text);
        self.out.push(')');
    }

    fn datum(&mut self, datum: Datum<'_>, depth: usize) -> Result<(), Malformed> {
        match datum {
            Datum::Document(bytes) => return self.container(bytes, false, depth),
            Datum::Array(bytes) => return self.container(bytes, true, depth),
            Datum::CodeWithScope { code, scope } => {
                self.out.push_str("Code(");
                push_quoted(self.out, code);
                self.out.push_str(", ");
                let layout = std::mem::replace(&mut self.style.layout, Layout::Line);
                let done = self.container(scope, false, depth + 1);
                self.style.layout = layout;
                done?;
                self.out.push(')');
            }
            Datum::Double(bits) => push_double(self.out, bits, self.style.doubles),
            Datum::String(s) => push_quoted(self.out, s),
            Datum::Binary { subtype: 4, bytes } if bytes.len() == 16 => {
                self.out.push_str("UUID('");
                push_uuid(self.out, bytes);
                self.out.push_str("')");
            }
            Datum::Binary { subtype, bytes } => {
                let _ = write!(self.out, "BinData({subtype}, '");
                encode_to(self.out, bytes);
                self.out.push_str("')");
            }
            Datum::Undefined => self.out.push_str("undefined"),
            Datum::ObjectId(id) => {
                self.out.push_str("ObjectId('");
                hex_to(self.out, &id);
                self.out.push_str("')");
            }
            Datum::Boolean(b) => self.out.push_str(if b { "true" } else { "false" }),
            Datum::Date(millis) => match instant::iso(millis) {
                Some(text) => self.call("ISODate", &text),
                None => {
                    let _ = write!(self.out, "new Date({millis})");
                }
            },
            Datum::Null => self.out.push_str("null"),
            Datum::Regex { pattern, options } => {
                if is_literal_regex(pattern, options) {
                    let _ = write!(self.out, "/{pattern}/{options}");
                } else {
                    // `RegExp` would rewrite the pattern (`/` becomes `\/`) and refuses options such as `x`.
                    self.out.push_str("BSONRegExp(");
                    push_quoted(self.out, pattern);
                    self.out.push_str(", ");
                    push_quoted(self.out, options);
                    self.out.push(')');
                }
            }
            Datum::DbPointer { namespace, id } => {
                self.out.push_str("DBPointer(");
                push_quoted(self.out, namespace);
                self.out.push_str(", ObjectId('");
                hex_to(self.out, &id);
                self.out.push_str("'))");
            }
            Datum::Code(code) => self.call("Code", code),
            Datum::Symbol(symbol) => self.call("BSONSymbol", symbol),
            Datum::Int32(n) => push_integer(self.out, i64::from(n)),
            Datum::Int64(n) => {
                self.out.push_str("NumberLong('");
                push_integer(self.out, n);
                self.out.push_str("')");
            }
            Datum::Timestamp { time, increment } => {
                let _ = write!(self.out, "Timestamp({{ t: {time}, i: {increment} }})");
            }
            Datum::Decimal128(bytes) => {
                let text = decimal_text(bytes);
                self.call("NumberDecimal", &text);
            }
            Datum::MinKey => self.out.push_str("MinKey()"),
            Datum::MaxKey => self.out.push_str("MaxKey()"),
        }
        Ok(())
    }

    fn container(&mut self, bytes: &[u8], array: bool, depth: usize) -> Result<(), Malformed> {
        if depth > MAX_DEPTH {
            return Err(Malformed::Depth);
        }
        let indented = self.style.layout == Layout::Indented;
        let (open, close) = if array { ('[', ']') } else { ('{', '}') };
        self.out.push(open);
        let shielded = !array && extended::unwrap(bytes).is_some();
        let mut first = true;
        for element in Elements::new(bytes) {
            let element = element?;
            if !first {
                self.out.push(',');
            }
            if indented {
                self.newline(depth);
            } else if !first || !array {
                self.out.push(' ');
            }
            if !array {
                if shielded && first {
                    push_shielded_key(self.out, element.key);
                } else {
                    push_key(self.out, element.key);
                }
                self.out.push_str(": ");
            }
            first = false;
            self.datum(element.datum()?, depth + 1)?;
        }
        if !first {
            if indented {
                self.newline(depth - 1);
            } else if !array {
                self.out.push(' ');
            }
        }
        self.out.push(close);
        Ok(())
    }

    fn newline(&mut self, depth: usize) {
        self.out.push('\n');
        for _ in 0..depth {
            self.out.push_str("  ");
        }
    }
}

/// Appends an integer's digits.
pub(crate) fn push_integer(out: &mut String, n: i64) {
    if n < 0 {
        out.push('-');
    }
    let mut digits = [0; 20];
    let digits = decimal(n.unsigned_abs() as usize, &mut digits);
    out.extend(digits.iter().map(|b| char::from(*b)));
}

fn push_double(out: &mut String, bits: u64, doubles: Doubles) {
    let value = f64::from_bits(bits);
    if value.is_nan() {
        if bits == PLAIN_NAN {
            out.push_str("NaN");
        } else {
            // mongosh reads this as a NaN; only we keep which one.
            let _ = write!(out, "Double('NaN(0x{bits:016x})')");
        }
    } else if value.is_infinite() {
        out.push_str(if value > 0.0 { "Infinity" } else { "-Infinity" });
    } else if doubles == Doubles::Constructor && value.fract() == 0.0 && value.abs() < 1e16 {
        let _ = write!(out, "Double({value:.0})");
    } else {
        let _ = write!(out, "{value:?}");
    }
}

/// Appends a UUID's text for its 16 bytes.
pub(crate) fn push_uuid(out: &mut String, bytes: &[u8]) {
    for (i, range) in [0..4, 4..6, 6..8, 8..10, 10..16].into_iter().enumerate() {
        if i > 0 {
            out.push('-');
        }
        hex_to(out, bytes.get(range).unwrap_or_default());
    }
}

/// A decimal's text; the bare bits of one that its text would not bring back (a NaN's payload, an unusual encoding).
pub(crate) fn decimal_text(bytes: [u8; 16]) -> String {
    let text = bson::Decimal128::from_bytes(bytes).to_string();
    match text.parse::<bson::Decimal128>() {
        Ok(back) if back.bytes() == bytes => text,
        _ => {
            let mut bits = String::from("0x");
            hex_to(&mut bits, &bytes);
            bits
        }
    }
}

/// Whether a regular expression can stand between slashes and mean the same here and in mongosh.
fn is_literal_regex(pattern: &str, options: &str) -> bool {
    if !matches!(options, "" | "i" | "m" | "im") || pattern.is_empty() || pattern.starts_with('*') {
        return false;
    }
    // Patterns that the server's PCRE knows and JavaScript would refuse.
    if pattern.contains("[[:") || pattern.contains("\\Q") {
        return false;
    }
    let bytes = pattern.as_bytes();
    let (mut class, mut at, mut groups) = (false, 0, 0_usize);
    while at < bytes.len() {
        match bytes[at] {
            b if !(0x20..0x7f).contains(&b) => return false,
            b'\\' => {
                at += 1;
                if at == bytes.len() || !(0x20..0x7f).contains(&bytes[at]) {
                    return false;
                }
            }
            b'/' => return false,
            b'[' if class => return false,
            b'[' => class = true,
            b']' => class = false,
            b'(' if !class => {
                if bytes.get(at + 1) == Some(&b'?')
                    && !bytes.get(at + 2).is_some_and(|b| b":=!".contains(b))
                {
                    return false;
                }
                groups += 1;
            }
            b')' if !class => match groups.checked_sub(1) {
                Some(rest) => groups = rest,
                None => return false,
            },
            // `a++` and a leading `*` are errors in JavaScript.
            b'*' | b'+' | b'?'
                if !class && (at == 0 || matches!(bytes.get(at + 1), Some(b'*' | b'+'))) =>
            {
                return false;
            }
            _ => {}
        }
        at += 1;
    }
    !class && groups == 0
}
