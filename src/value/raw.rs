//! BSON bytes, walked element by element without decoding.
//!
//! The bson crate's own references hide two things that faithful text needs (a DBPointer's parts, the bits of a NaN),
//! so bytes are read here. Nothing here panics on any bytes: what is wrong is a [`Malformed`].

use bson::{RawBsonRef, RawDocument, RawDocumentBuf};
use thiserror::Error;

use super::kind::Kind;

/// How many levels of documents and arrays are followed; the server refuses more than 200.
pub const MAX_DEPTH: usize = 250;

/// Why bytes could not be read as BSON.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Malformed {
    /// The bytes break the format.
    #[error("the document is not valid BSON: {0}")]
    Bytes(&'static str),
    /// Containers nest deeper than [`MAX_DEPTH`].
    #[error("the document nests deeper than {MAX_DEPTH} levels")]
    Depth,
}

/// One BSON value, borrowed from its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Datum<'a> {
    /// The bits of a double, so that a NaN keeps its payload.
    Double(u64),
    /// Text.
    String(&'a str),
    /// An embedded document, whole.
    Document(&'a [u8]),
    /// An array, whole.
    Array(&'a [u8]),
    /// Bytes with a subtype. Those of the old subtype 2 come without their inner length.
    Binary {
        /// What the bytes are meant to be.
        subtype: u8,
        /// The bytes.
        bytes: &'a [u8],
    },
    /// Deprecated: undefined.
    Undefined,
    /// An ObjectId.
    ObjectId([u8; 12]),
    /// True or false.
    Boolean(bool),
    /// Milliseconds since 1970.
    Date(i64),
    /// Null.
    Null,
    /// A regular expression.
    Regex {
        /// The pattern.
        pattern: &'a str,
        /// Option letters, in whatever order they are stored.
        options: &'a str,
    },
    /// Deprecated: a namespace and an ObjectId.
    DbPointer {
        /// The namespace.
        namespace: &'a str,
        /// The document's identity.
        id: [u8; 12],
    },
    /// JavaScript text.
    Code(&'a str),
    /// Deprecated: a symbol.
    Symbol(&'a str),
    /// Deprecated: JavaScript text with variables.
    CodeWithScope {
        /// The text.
        code: &'a str,
        /// A whole document of variables.
        scope: &'a [u8],
    },
    /// A 32-bit integer.
    Int32(i32),
    /// The server's clock value.
    Timestamp {
        /// Seconds since 1970.
        time: u32,
        /// The counter within that second.
        increment: u32,
    },
    /// A 64-bit integer.
    Int64(i64),
    /// The bytes of a 128-bit decimal.
    Decimal128([u8; 16]),
    /// Sorts first.
    MinKey,
    /// Sorts last.
    MaxKey,
}

/// One element of a document or an array.
#[derive(Debug, Clone, Copy)]
pub struct Element<'a> {
    /// The field's name; in an array a number by convention.
    pub key: &'a str,
    /// The value's kind.
    pub kind: Kind,
    /// The value's bytes, without tag and key.
    pub bytes: &'a [u8],
    /// Where the element starts in its container's bytes: its tag.
    pub start: usize,
    /// Where the value starts in its container's bytes.
    pub value_at: usize,
}

impl<'a> Element<'a> {
    /// Reads the value.
    ///
    /// # Errors
    /// [`Malformed`] where its bytes break the format.
    pub fn datum(&self) -> Result<Datum<'a>, Malformed> {
        datum(self.kind, self.bytes)
    }
}

/// The elements of a document's or an array's bytes.
#[derive(Debug, Clone)]
pub struct Elements<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Elements<'a> {
    /// Starts at the first element of a whole document or array.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 4 }
    }

    /// Starts at the element whose tag is at `at`.
    #[must_use]
    pub fn at(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at }
    }

    fn step(&mut self) -> Result<Option<Element<'a>>, Malformed> {
        let bytes = self.bytes;
        let start = self.at;
        let tag = *bytes
            .get(start)
            .ok_or(Malformed::Bytes("it ends too soon"))?;
        if tag == 0 {
            return if start + 1 == bytes.len() {
                Ok(None)
            } else {
                Err(Malformed::Bytes("it ends before its length"))
            };
        }
        let kind = Kind::from_tag(tag).ok_or(Malformed::Bytes("an unknown kind of value"))?;
        let key = cstring(bytes, start + 1)?;
        let value_at = start + 2 + key.len();
        let rest = bytes.get(value_at..).unwrap_or_default();
        let size = size(kind, rest)?;
        // The container's own last byte is its terminator and belongs to no value.
        if size >= rest.len() {
            return Err(Malformed::Bytes("a value reaches past the end"));
        }
        self.at = value_at + size;
        Ok(Some(Element {
            key,
            kind,
            bytes: &rest[..size],
            start,
            value_at,
        }))
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = Result<Element<'a>, Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.at >= self.bytes.len() {
            return None;
        }
        let step = self.step().transpose();
        if !matches!(step, Some(Ok(_))) {
            self.at = self.bytes.len();
        }
        step
    }
}

fn cstring(bytes: &[u8], at: usize) -> Result<&str, Malformed> {
    let rest = bytes.get(at..).unwrap_or_default();
    // Most keys are short, and a plain loop finds their end before a wide search has started.
    let length = match rest.iter().take(16).position(|b| *b == 0) {
        Some(length) => length,
        None => memchr::memchr(0, rest).ok_or(Malformed::Bytes("a name has no end"))?,
    };
    std::str::from_utf8(&rest[..length]).map_err(|_| Malformed::Bytes("a name is not UTF-8"))
}

fn read_i32(bytes: &[u8]) -> Result<i32, Malformed> {
    let head = bytes
        .first_chunk::<4>()
        .ok_or(Malformed::Bytes("it ends too soon"))?;
    Ok(i32::from_le_bytes(*head))
}

fn read_i64(bytes: &[u8]) -> Result<i64, Malformed> {
    let head = bytes
        .first_chunk::<8>()
        .ok_or(Malformed::Bytes("it ends too soon"))?;
    Ok(i64::from_le_bytes(*head))
}

fn length(bytes: &[u8], least: usize) -> Result<usize, Malformed> {
    usize::try_from(read_i32(bytes)?)
        .ok()
        .filter(|n| *n >= least)
        .ok_or(Malformed::Bytes("a length is out of range"))
}

fn size(kind: Kind, bytes: &[u8]) -> Result<usize, Malformed> {
    Ok(match kind {
        Kind::Undefined | Kind::Null | Kind::MinKey | Kind::MaxKey => 0,
        Kind::Boolean => 1,
        Kind::Int32 => 4,
        Kind::Double | Kind::Date | Kind::Timestamp | Kind::Int64 => 8,
        Kind::ObjectId => 12,
        Kind::Decimal128 => 16,
        Kind::String | Kind::Code | Kind::Symbol => 4 + length(bytes, 1)?,
        Kind::DbPointer => 4 + length(bytes, 1)? + 12,
        Kind::Binary => 5 + length(bytes, 0)?,
        Kind::Document | Kind::Array => length(bytes, 5)?,
        Kind::CodeWithScope => length(bytes, 14)?,
        Kind::Regex => {
            let pattern = cstring(bytes, 0)?.len();
            pattern + cstring(bytes, pattern + 1)?.len() + 2
        }
    })
}

fn string(bytes: &[u8]) -> Result<(&str, &[u8]), Malformed> {
    let end = 4 + length(bytes, 1)?;
    let text = bytes
        .get(4..end)
        .ok_or(Malformed::Bytes("a text reaches past the end"))?;
    let (last, text) = text
        .split_last()
        .ok_or(Malformed::Bytes("a text has no end"))?;
    if *last != 0 {
        return Err(Malformed::Bytes("a text has no end"));
    }
    let text = std::str::from_utf8(text).map_err(|_| Malformed::Bytes("a text is not UTF-8"))?;
    Ok((text, &bytes[end..]))
}

fn container(bytes: &[u8]) -> Result<&[u8], Malformed> {
    if length(bytes, 5)? == bytes.len() && bytes.last() == Some(&0) {
        Ok(bytes)
    } else {
        Err(Malformed::Bytes("a document's length is wrong"))
    }
}

fn fixed<const N: usize>(bytes: &[u8]) -> Result<[u8; N], Malformed> {
    bytes
        .try_into()
        .map_err(|_| Malformed::Bytes("it ends too soon"))
}

/// Reads the value of this kind that `bytes` holds, no more and no less.
///
/// # Errors
/// [`Malformed`] where the bytes break the format.
pub fn datum(kind: Kind, bytes: &[u8]) -> Result<Datum<'_>, Malformed> {
    Ok(match kind {
        Kind::Undefined => Datum::Undefined,
        Kind::Null => Datum::Null,
        Kind::MinKey => Datum::MinKey,
        Kind::MaxKey => Datum::MaxKey,
        Kind::Boolean => match bytes {
            [0] => Datum::Boolean(false),
            [1] => Datum::Boolean(true),
            _ => return Err(Malformed::Bytes("a boolean is neither 0 nor 1")),
        },
        Kind::Int32 => Datum::Int32(read_i32(bytes)?),
        Kind::Double => Datum::Double(u64::from_le_bytes(fixed(bytes)?)),
        Kind::Date => Datum::Date(read_i64(bytes)?),
        Kind::Int64 => Datum::Int64(read_i64(bytes)?),
        Kind::Timestamp => {
            let both = u64::from_le_bytes(fixed(bytes)?);
            Datum::Timestamp {
                time: (both >> 32) as u32,
                increment: both as u32,
            }
        }
        Kind::ObjectId => Datum::ObjectId(fixed(bytes)?),
        Kind::Decimal128 => Datum::Decimal128(fixed(bytes)?),
        Kind::String => Datum::String(string(bytes)?.0),
        Kind::Code => Datum::Code(string(bytes)?.0),
        Kind::Symbol => Datum::Symbol(string(bytes)?.0),
        Kind::DbPointer => {
            let (namespace, rest) = string(bytes)?;
            Datum::DbPointer {
                namespace,
                id: fixed(rest)?,
            }
        }
        Kind::Document => Datum::Document(container(bytes)?),
        Kind::Array => Datum::Array(container(bytes)?),
        Kind::Binary => {
            let (head, bytes) = bytes
                .split_at_checked(5)
                .ok_or(Malformed::Bytes("it ends too soon"))?;
            let subtype = head[4];
            if subtype == 2 {
                if length(bytes, 0)? + 4 != bytes.len() {
                    return Err(Malformed::Bytes("an old binary's inner length is wrong"));
                }
                Datum::Binary {
                    subtype,
                    bytes: &bytes[4..],
                }
            } else {
                Datum::Binary { subtype, bytes }
            }
        }
        Kind::Regex => {
            let pattern = cstring(bytes, 0)?;
            Datum::Regex {
                pattern,
                options: cstring(bytes, pattern.len() + 1)?,
            }
        }
        Kind::CodeWithScope => {
            let (code, scope) = string(bytes.get(4..).unwrap_or_default())?;
            Datum::CodeWithScope {
                code,
                scope: container(scope)?,
            }
        }
    })
}

/// One BSON value on its own, as bytes.
#[derive(Clone, PartialEq)]
pub struct Value {
    // A document with the value under an empty name.
    holder: RawDocumentBuf,
    kind: Kind,
}

impl Value {
    /// A copy of a borrowed value.
    #[must_use]
    pub fn new(value: RawBsonRef<'_>) -> Self {
        let mut holder = RawDocumentBuf::new();
        holder.append(bson::raw::cstr!(""), value);
        Self {
            holder,
            kind: Kind::of(value),
        }
    }

    /// A document as a value.
    #[must_use]
    pub fn document(document: &RawDocument) -> Self {
        Self::new(RawBsonRef::Document(document))
    }

    /// The value of this kind that `bytes` holds; null where the bytes could not be a document's part.
    pub(crate) fn from_parts(kind: Kind, bytes: &[u8]) -> Self {
        let mut buffer = Vec::with_capacity(bytes.len() + 7);
        let start = begin(&mut buffer);
        element(&mut buffer, kind, "", bytes);
        end(&mut buffer, start);
        match RawDocumentBuf::from_bytes(buffer) {
            Ok(holder) => Self { holder, kind },
            Err(_) => Self::new(RawBsonRef::Null),
        }
    }

    /// The value, borrowed.
    #[must_use]
    pub fn as_raw(&self) -> RawBsonRef<'_> {
        match self.holder.iter().next() {
            Some(Ok((_, value))) => value,
            _ => RawBsonRef::Null,
        }
    }

    /// A document that holds the value under an empty name.
    pub(crate) fn holder(&self) -> &RawDocument {
        &self.holder
    }

    /// The value's kind.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The value's bytes, without tag and key.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        let whole = self.holder.as_bytes();
        whole.get(6..whole.len() - 1).unwrap_or_default()
    }

    /// Reads the value.
    ///
    /// # Errors
    /// [`Malformed`] where its bytes break the format.
    pub fn datum(&self) -> Result<Datum<'_>, Malformed> {
        datum(self.kind, self.bytes())
    }
}

impl<'a> From<&'a Value> for RawBsonRef<'a> {
    fn from(value: &'a Value) -> Self {
        value.as_raw()
    }
}

impl std::fmt::Debug for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = super::shell::print(self.as_raw(), &super::shell::Style::LINE);
        f.write_str(text.as_deref().unwrap_or("<malformed>"))
    }
}

/// Hands a borrowed value on as a [`Datum`]. Costs no copy but for the deprecated DBPointer.
///
/// # Errors
/// [`Malformed`] where `then` meets it, or where the value is a DBPointer that cannot be read.
pub fn with_datum<R>(
    value: RawBsonRef<'_>,
    then: impl FnOnce(Datum<'_>) -> Result<R, Malformed>,
) -> Result<R, Malformed> {
    if let RawBsonRef::DbPointer(_) = value {
        let copy = Value::new(value);
        return then(copy.datum()?);
    }
    then(match value {
        RawBsonRef::Double(d) => Datum::Double(d.to_bits()),
        RawBsonRef::String(s) => Datum::String(s),
        RawBsonRef::Array(a) => Datum::Array(a.as_bytes()),
        RawBsonRef::Document(d) => Datum::Document(d.as_bytes()),
        RawBsonRef::Boolean(b) => Datum::Boolean(b),
        RawBsonRef::Null => Datum::Null,
        RawBsonRef::RegularExpression(r) => Datum::Regex {
            pattern: r.pattern.as_str(),
            options: r.options.as_str(),
        },
        RawBsonRef::JavaScriptCode(s) => Datum::Code(s),
        RawBsonRef::JavaScriptCodeWithScope(c) => Datum::CodeWithScope {
            code: c.code,
            scope: c.scope.as_bytes(),
        },
        RawBsonRef::Int32(n) => Datum::Int32(n),
        RawBsonRef::Int64(n) => Datum::Int64(n),
        RawBsonRef::Timestamp(t) => Datum::Timestamp {
            time: t.time,
            increment: t.increment,
        },
        RawBsonRef::Binary(b) => Datum::Binary {
            subtype: b.subtype.into(),
            bytes: b.bytes,
        },
        RawBsonRef::ObjectId(id) => Datum::ObjectId(id.bytes()),
        RawBsonRef::DateTime(d) => Datum::Date(d.timestamp_millis()),
        RawBsonRef::Symbol(s) => Datum::Symbol(s),
        RawBsonRef::Decimal128(d) => Datum::Decimal128(d.bytes()),
        RawBsonRef::Undefined => Datum::Undefined,
        RawBsonRef::MaxKey => Datum::MaxKey,
        RawBsonRef::MinKey | RawBsonRef::DbPointer(_) => Datum::MinKey,
    })
}

/// What a walk over a whole document found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Census {
    /// How many values there are, containers among them, the document itself not.
    pub values: usize,
    /// The deepest nesting; 1 for a flat document.
    pub depth: usize,
    /// Whether an array's names are not 0, 1, 2, …; text cannot show such names, so editing as text would change them.
    pub odd_arrays: bool,
}

/// Walks every byte of a document.
///
/// # Errors
/// [`Malformed`] where any of it breaks the format or nests too deep.
pub fn check(document: &RawDocument) -> Result<Census, Malformed> {
    let mut census = Census::default();
    walk(container(document.as_bytes())?, false, 1, &mut census)?;
    Ok(census)
}

fn walk(bytes: &[u8], array: bool, depth: usize, census: &mut Census) -> Result<(), Malformed> {
    if depth > MAX_DEPTH {
        return Err(Malformed::Depth);
    }
    census.depth = census.depth.max(depth);
    for (index, element) in Elements::new(bytes).enumerate() {
        let element = element?;
        census.values += 1;
        if array && !is_index(element.key, index) {
            census.odd_arrays = true;
        }
        match element.datum()? {
            Datum::Document(inner) => walk(inner, false, depth + 1, census)?,
            Datum::Array(inner) => walk(inner, true, depth + 1, census)?,
            Datum::CodeWithScope { scope, .. } => {
                let values = census.values;
                walk(scope, false, depth + 1, census)?;
                census.values = values;
            }
            _ => {}
        }
    }
    Ok(())
}

/// Whether `key` is `index` in decimal.
pub(crate) fn is_index(key: &str, index: usize) -> bool {
    let mut digits = [0; 20];
    key.as_bytes() == decimal(index, &mut digits)
}

/// The decimal digits of `n`.
pub(crate) fn decimal(mut n: usize, digits: &mut [u8; 20]) -> &[u8] {
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (n % 10) as u8;
        n /= 10;
        if n == 0 || at == 0 {
            return &digits[at..];
        }
    }
}

/// Opens a document or an array at the end of `buffer`; returns where, for [`end`].
pub(crate) fn begin(buffer: &mut Vec<u8>) -> usize {
    let start = buffer.len();
    buffer.extend_from_slice(&[0; 4]);
    start
}

/// Closes what [`begin`] opened.
pub(crate) fn end(buffer: &mut Vec<u8>, start: usize) {
    buffer.push(0);
    let length = i32::try_from(buffer.len() - start).unwrap_or(i32::MAX);
    buffer[start..start + 4].copy_from_slice(&length.to_le_bytes());
}

/// Appends an element. A key with a NUL would break the document, so it is cut there.
pub(crate) fn element(buffer: &mut Vec<u8>, kind: Kind, key: &str, value: &[u8]) {
    buffer.push(kind.tag());
    let key = key.split('\0').next().unwrap_or_default();
    buffer.extend_from_slice(key.as_bytes());
    buffer.push(0);
    buffer.extend_from_slice(value);
}

/// Appends a text as BSON stores it: length, bytes, NUL.
pub(crate) fn push_string(buffer: &mut Vec<u8>, text: &str) {
    let length = i32::try_from(text.len() + 1).unwrap_or(i32::MAX);
    buffer.extend_from_slice(&length.to_le_bytes());
    buffer.extend_from_slice(text.as_bytes());
    buffer.push(0);
}

/// Appends bytes of a subtype as BSON stores them.
pub(crate) fn push_binary(buffer: &mut Vec<u8>, subtype: u8, bytes: &[u8]) {
    let inner = i32::try_from(bytes.len()).unwrap_or(i32::MAX);
    if subtype == 2 {
        buffer.extend_from_slice(&inner.saturating_add(4).to_le_bytes());
        buffer.push(subtype);
    }
    buffer.extend_from_slice(&inner.to_le_bytes());
    if subtype != 2 {
        buffer.push(subtype);
    }
    buffer.extend_from_slice(bytes);
}
