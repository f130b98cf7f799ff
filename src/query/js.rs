//! The values that query text can say, with JavaScript's conversions between them, and the way to BSON.
//!
//! Knows no syntax. Invariant: building BSON from a value never loses what the value holds; where JavaScript's rules
//! themselves lose something, whoever made the value has warned.

mod encode;

use std::collections::HashMap;

use bson::oid::ObjectId;
use bson::{Decimal128, RawBson, RawBsonRef, RawDocument, RawDocumentBuf};

use super::date::{self, Form};
use super::number;
use super::zone::Zone;
use encode::{document, element};

/// Why a value cannot be had; the place is added by whoever knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) message: String,
    pub(super) help: Option<String>,
}

impl Problem {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            help: None,
        }
    }

    pub(super) fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// A value.
#[derive(Debug, Clone)]
pub(super) enum Js {
    Undefined,
    Null,
    Bool(bool),
    Number(f64),
    BigInt(i128),
    Text(String),
    Array(Vec<Js>),
    Object(Object),
    /// Milliseconds since the epoch, NaN for no date.
    Date(f64),
    Regex {
        source: String,
        flags: String,
    },
    ObjectId(ObjectId),
    Int32(i32),
    Double(f64),
    Long(i64),
    Decimal(Decimal128),
    Binary {
        subtype: u8,
        bytes: Vec<u8>,
    },
    Timestamp {
        time: u32,
        increment: u32,
    },
    MinKey,
    MaxKey,
    Code {
        code: String,
        scope: Option<Object>,
    },
    Symbol(String),
}

/// An object: keys in the order they were first written; integer-like keys come first when it is read.
#[derive(Debug, Clone, Default)]
pub(super) struct Object {
    entries: Vec<(String, Js)>,
    index: HashMap<String, usize>,
}

/// From so many keys on, an object is searched by hash.
const INDEX_FROM: usize = 12;

impl Object {
    pub(super) fn set(&mut self, key: String, value: Js) {
        match self.position(&key) {
            Some(at) => {
                if let Some(entry) = self.entries.get_mut(at) {
                    entry.1 = value;
                }
            }
            None => {
                if self.entries.len() >= INDEX_FROM {
                    if self.index.is_empty() {
                        for (i, (k, _)) in self.entries.iter().enumerate() {
                            self.index.insert(k.clone(), i);
                        }
                    }
                    self.index.insert(key.clone(), self.entries.len());
                }
                self.entries.push((key, value));
            }
        }
    }

    fn position(&self, key: &str) -> Option<usize> {
        if self.index.is_empty() {
            self.entries.iter().position(|(k, _)| k == key)
        } else {
            self.index.get(key).copied()
        }
    }

    pub(super) fn get(&self, key: &str) -> Option<&Js> {
        self.position(key)
            .and_then(|at| self.entries.get(at))
            .map(|(_, v)| v)
    }

    pub(super) fn take(mut self, key: &str) -> Option<Js> {
        let at = self.position(key)?;
        (at < self.entries.len()).then(|| self.entries.swap_remove(at).1)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Keys and values in the order JavaScript gives them.
    pub(super) fn ordered(&self) -> Vec<&(String, Js)> {
        let mut numbered: Vec<(u32, &(String, Js))> = Vec::new();
        let mut named = Vec::with_capacity(self.entries.len());
        for entry in &self.entries {
            match array_index(&entry.0) {
                Some(n) => numbered.push((n, entry)),
                None => named.push(entry),
            }
        }
        if numbered.is_empty() {
            return named;
        }
        numbered.sort_by_key(|(n, _)| *n);
        numbered.into_iter().map(|(_, e)| e).chain(named).collect()
    }

    /// The first key as JavaScript orders them.
    pub(super) fn first_key(&self) -> Option<&str> {
        self.ordered().first().map(|(k, _)| k.as_str())
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|(k, _)| k.as_str())
    }
}

impl FromIterator<(String, Js)> for Object {
    fn from_iter<T: IntoIterator<Item = (String, Js)>>(iter: T) -> Self {
        let mut object = Self::default();
        for (k, v) in iter {
            object.set(k, v);
        }
        object
    }
}

/// The index that a key is, where it is one: canonical, and below 2^32 - 1.
pub(super) fn array_index(key: &str) -> Option<u32> {
    if key.is_empty() || key.len() > 10 || !key.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    if key.len() > 1 && key.starts_with('0') {
        return None;
    }
    key.parse().ok().filter(|n| *n != u32::MAX)
}

/// What a conversion prefers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hint {
    Default,
    Number,
    Text,
}

impl Js {
    pub(super) fn text(s: impl Into<String>) -> Self {
        Self::Text(s.into())
    }

    /// The word for the kind of value, for messages.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Undefined => "undefined",
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::BigInt(_) => "a bigint",
            Self::Text(_) => "a string",
            Self::Array(_) => "an array",
            Self::Object(_) => "a document",
            Self::Date(_) => "a date",
            Self::Regex { .. } => "a regular expression",
            Self::ObjectId(_) => "an ObjectId",
            Self::Int32(_) => "an Int32",
            Self::Double(_) => "a Double",
            Self::Long(_) => "a Long",
            Self::Decimal(_) => "a Decimal128",
            Self::Binary { .. } => "binary data",
            Self::Timestamp { .. } => "a Timestamp",
            Self::MinKey => "MinKey",
            Self::MaxKey => "MaxKey",
            Self::Code { .. } => "code",
            Self::Symbol(_) => "a symbol",
        }
    }

    /// How much it holds: values, and text by its length, for a bound on copies.
    pub(super) fn size(&self) -> usize {
        match self {
            Self::Array(items) => 1 + items.iter().map(Self::size).sum::<usize>(),
            Self::Object(object) => {
                1 + object
                    .entries
                    .iter()
                    .map(|(k, v)| k.len() / 64 + v.size())
                    .sum::<usize>()
            }
            Self::Text(text) => 1 + text.len() / 64,
            Self::Binary { bytes, .. } => 1 + bytes.len() / 64,
            _ => 1,
        }
    }

    /// What `typeof` says.
    pub(super) fn type_of(&self) -> &'static str {
        match self {
            Self::Undefined => "undefined",
            Self::Bool(_) => "boolean",
            Self::Number(_) => "number",
            Self::BigInt(_) => "bigint",
            Self::Text(_) => "string",
            _ => "object",
        }
    }

    pub(super) fn truthy(&self) -> bool {
        match self {
            Self::Undefined | Self::Null => false,
            Self::Bool(b) => *b,
            Self::Number(n) => *n != 0.0 && !n.is_nan(),
            Self::BigInt(n) => *n != 0,
            Self::Text(s) => !s.is_empty(),
            _ => true,
        }
    }

    pub(super) fn is_primitive(&self) -> bool {
        matches!(
            self,
            Self::Undefined
                | Self::Null
                | Self::Bool(_)
                | Self::Number(_)
                | Self::BigInt(_)
                | Self::Text(_)
        )
    }

    /// `undefined` or `null`.
    pub(super) fn is_nothing(&self) -> bool {
        matches!(self, Self::Undefined | Self::Null)
    }

    pub(super) fn to_primitive(&self, hint: Hint, zone: &Zone) -> Result<Js, Problem> {
        Ok(match self {
            Self::Date(ms) => match hint {
                Hint::Number => Self::Number(*ms),
                _ => Self::Text(date::to_text(*ms, zone, Form::Full)),
            },
            Self::Int32(n) if hint != Hint::Text => Self::Number(f64::from(*n)),
            Self::Double(n) if hint != Hint::Text => Self::Number(*n),
            other if other.is_primitive() => other.clone(),
            other => Self::Text(other.to_text(zone)?),
        })
    }

    /// `String(value)`.
    pub(super) fn to_text(&self, zone: &Zone) -> Result<String, Problem> {
        Ok(match self {
            Self::Undefined => "undefined".into(),
            Self::Null => "null".into(),
            Self::Bool(b) => b.to_string(),
            Self::Number(n) | Self::Double(n) => number::to_text(*n),
            Self::BigInt(n) => n.to_string(),
            Self::Text(s) | Self::Symbol(s) => s.clone(),
            Self::Array(items) => {
                let mut out = String::new();
                for (i, item) in items.iter().enumerate() {
                    if i > 0 {
                        out.push(',');
                    }
                    if !item.is_nothing() {
                        out.push_str(&item.to_text(zone)?);
                    }
                }
                out
            }
            Self::Object(_) | Self::MinKey | Self::MaxKey => "[object Object]".into(),
            Self::Date(ms) => date::to_text(*ms, zone, Form::Full),
            Self::Regex { source, flags } => format!("/{source}/{flags}"),
            Self::ObjectId(id) => id.to_hex(),
            Self::Int32(n) => n.to_string(),
            Self::Long(n) => n.to_string(),
            Self::Decimal(d) => d.to_string(),
            Self::Timestamp { time, increment } => {
                ((u64::from(*time) << 32) | u64::from(*increment)).to_string()
            }
            Self::Binary { .. } | Self::Code { .. } => {
                return Err(Problem::new(format!("{} cannot become text", self.kind()))
                    .with_help("write the text itself"));
            }
        })
    }

    /// `Number(value)`, but a bigint is refused as arithmetic refuses it.
    pub(super) fn to_number(&self, zone: &Zone) -> Result<f64, Problem> {
        Ok(match self.to_primitive(Hint::Number, zone)? {
            Self::Null | Self::Bool(false) => 0.0,
            Self::Bool(true) => 1.0,
            Self::Number(n) => n,
            Self::Text(s) => number::from_text(&s),
            Self::BigInt(_) => {
                return Err(Problem::new("a bigint and a number cannot be mixed")
                    .with_help("write both with `n`, or none"));
            }
            _ => f64::NAN,
        })
    }

    /// The key that a value is between brackets.
    pub(super) fn to_key(&self, zone: &Zone) -> Result<String, Problem> {
        self.to_text(zone)
    }

    /// `===` for what is not an object; objects written in the text are never the same.
    pub(super) fn strictly_equals(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Undefined, Self::Undefined) | (Self::Null, Self::Null) => true,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            #[expect(clippy::float_cmp, reason = "this is what `===` does")]
            (Self::Number(a), Self::Number(b)) => a == b,
            (Self::BigInt(a), Self::BigInt(b)) => a == b,
            (Self::Text(a), Self::Text(b)) => a == b,
            _ => false,
        }
    }

    /// A value that came as BSON: a saved query's parameter.
    pub(super) fn from_bson(value: RawBsonRef<'_>) -> Result<Self, Problem> {
        let broken = |_| Problem::new("this value is not valid BSON");
        Ok(match value {
            RawBsonRef::Double(n) => Self::Double(n),
            RawBsonRef::String(s) => Self::text(s),
            RawBsonRef::Boolean(b) => Self::Bool(b),
            RawBsonRef::Null => Self::Null,
            RawBsonRef::Undefined => Self::Undefined,
            RawBsonRef::Int32(n) => Self::Int32(n),
            RawBsonRef::Int64(n) => Self::Long(n),
            RawBsonRef::ObjectId(id) => Self::ObjectId(id),
            #[expect(clippy::cast_precision_loss, reason = "dates of the shell are doubles")]
            RawBsonRef::DateTime(d) => Self::Date(d.timestamp_millis() as f64),
            RawBsonRef::Decimal128(d) => Self::Decimal(d),
            RawBsonRef::Timestamp(t) => Self::Timestamp {
                time: t.time,
                increment: t.increment,
            },
            RawBsonRef::Binary(b) => Self::Binary {
                subtype: b.subtype.into(),
                bytes: b.bytes.to_vec(),
            },
            RawBsonRef::RegularExpression(r) => Self::Regex {
                source: r.pattern.as_str().to_owned(),
                flags: r.options.as_str().replace('s', "g"),
            },
            RawBsonRef::MinKey => Self::MinKey,
            RawBsonRef::MaxKey => Self::MaxKey,
            RawBsonRef::Symbol(s) => Self::Symbol(s.to_owned()),
            RawBsonRef::JavaScriptCode(code) => Self::Code {
                code: code.to_owned(),
                scope: None,
            },
            RawBsonRef::JavaScriptCodeWithScope(c) => Self::Code {
                code: c.code.to_owned(),
                scope: Some(Self::object_from(c.scope)?),
            },
            RawBsonRef::Document(d) => Self::Object(Self::object_from(d)?),
            RawBsonRef::Array(a) => Self::Array(
                a.into_iter()
                    .map(|v| v.map_err(broken).and_then(Self::from_bson))
                    .collect::<Result<_, _>>()?,
            ),
            RawBsonRef::DbPointer(_) => {
                return Err(Problem::new("a DBPointer cannot be used in a query"));
            }
        })
    }

    fn object_from(document: &RawDocument) -> Result<Object, Problem> {
        let mut object = Object::default();
        for element in document {
            let (key, value) = element.map_err(|_| Problem::new("this value is not valid BSON"))?;
            object.set(key.as_str().to_owned(), Self::from_bson(value)?);
        }
        Ok(object)
    }

    /// The value as BSON.
    pub(super) fn to_bson(&self) -> Result<RawBson, Problem> {
        let mut bytes = Vec::new();
        document(&mut bytes, |out| element(out, "v", self))?;
        let whole = RawDocumentBuf::from_bytes(bytes)
            .map_err(|_| Problem::new("this value does not fit into BSON"))?;
        let value = whole
            .get("v")
            .ok()
            .flatten()
            .ok_or_else(|| Problem::new("this value does not fit into BSON"))?;
        Ok(value.into())
    }
}
