//! Extended JSON wrappers: documents such as `{ $oid: '…' }` that stand for another value.
//!
//! Works on BSON bytes after an object has been read, so that shell text and Extended JSON share one reading.
//! Invariant: only an exactly shaped wrapper is one; everything else stays the document that it is.

use crate::value::base64;
use crate::value::instant::parse_iso;
use crate::value::kind::Kind;
use crate::value::raw::{Datum, Elements, Malformed, push_binary, push_string};

/// The value that a whole document stands for: its kind and its bytes. `None` where the document is no wrapper.
#[must_use]
pub fn unwrap(document: &[u8]) -> Option<(Kind, Vec<u8>)> {
    // Cheap refusal first: every wrapper's first name starts with a dollar.
    if document.get(5) != Some(&b'$') {
        return None;
    }
    let mut elements = Elements::new(document);
    let first = elements.next()?.ok()?;
    let second = elements.next().transpose().ok()?;
    if elements.next().is_some() {
        return None;
    }
    let value = first.datum().ok()?;
    match second {
        None => single(first.key, value),
        Some(second) => double(first.key, value, second.key, second.datum().ok()?),
    }
}

fn single(key: &str, value: Datum<'_>) -> Option<(Kind, Vec<u8>)> {
    let found = match (key, value) {
        ("$oid", Datum::String(s)) => (Kind::ObjectId, object_id(s)?),
        ("$numberInt", Datum::String(s)) => {
            (Kind::Int32, s.parse::<i32>().ok()?.to_le_bytes().to_vec())
        }
        ("$numberLong", Datum::String(s)) => {
            (Kind::Int64, s.parse::<i64>().ok()?.to_le_bytes().to_vec())
        }
        ("$numberDouble", Datum::String(s)) => {
            (Kind::Double, double_of(s)?.to_bits().to_le_bytes().to_vec())
        }
        ("$numberDecimal", Datum::String(s)) => (
            Kind::Decimal128,
            s.parse::<bson::Decimal128>().ok()?.bytes().to_vec(),
        ),
        ("$date", Datum::String(s)) => (Kind::Date, parse_iso(s)?.to_le_bytes().to_vec()),
        ("$date", Datum::Int64(n)) => (Kind::Date, n.to_le_bytes().to_vec()),
        ("$date", Datum::Int32(n)) => (Kind::Date, i64::from(n).to_le_bytes().to_vec()),
        ("$date", Datum::Double(bits)) => {
            let millis = f64::from_bits(bits);
            if millis.fract() != 0.0 || millis.abs() > 9.0e15 {
                return None;
            }
            (Kind::Date, (millis as i64).to_le_bytes().to_vec())
        }
        ("$uuid", Datum::String(s)) => {
            let mut bytes = Vec::new();
            push_binary(&mut bytes, 4, &uuid(s)?);
            (Kind::Binary, bytes)
        }
        ("$symbol", Datum::String(s)) => (Kind::Symbol, text(s)),
        ("$code", Datum::String(s)) => (Kind::Code, text(s)),
        ("$undefined", Datum::Boolean(true)) => (Kind::Undefined, Vec::new()),
        ("$minKey", Datum::Int32(1)) => (Kind::MinKey, Vec::new()),
        ("$maxKey", Datum::Int32(1)) => (Kind::MaxKey, Vec::new()),
        ("$binary", Datum::Document(d)) => {
            let (base, subtype) = pair(d, "base64", "subType")?;
            (Kind::Binary, binary(base, subtype)?)
        }
        ("$timestamp", Datum::Document(d)) => {
            let (time, increment) = pair(d, "t", "i")?;
            let both = u64::from(unsigned(time)?) << 32 | u64::from(unsigned(increment)?);
            (Kind::Timestamp, both.to_le_bytes().to_vec())
        }
        ("$regularExpression", Datum::Document(d)) => match pair(d, "pattern", "options")? {
            (Datum::String(pattern), Datum::String(options)) => {
                (Kind::Regex, regex(pattern, options)?)
            }
            _ => return None,
        },
        ("$dbPointer", Datum::Document(d)) => match pair(d, "$ref", "$id")? {
            (Datum::String(namespace), Datum::ObjectId(id)) => {
                let mut bytes = text(namespace);
                bytes.extend_from_slice(&id);
                (Kind::DbPointer, bytes)
            }
            _ => return None,
        },
        _ => return None,
    };
    Some(found)
}

fn double(
    key: &str,
    value: Datum<'_>,
    other_key: &str,
    other: Datum<'_>,
) -> Option<(Kind, Vec<u8>)> {
    match (key, value, other_key, other) {
        ("$code", Datum::String(code), "$scope", Datum::Document(scope)) => {
            Some((Kind::CodeWithScope, code_with_scope(code, scope)))
        }
        ("$binary", base @ Datum::String(_), "$type", subtype @ Datum::String(_)) => {
            Some((Kind::Binary, binary(base, subtype)?))
        }
        _ => None,
    }
}

/// Both values of a document of exactly these two names, in either order.
fn pair<'a>(document: &'a [u8], one: &str, two: &str) -> Option<(Datum<'a>, Datum<'a>)> {
    let elements: Result<Vec<_>, Malformed> = Elements::new(document).take(3).collect();
    let elements = elements.ok()?;
    let [a, b] = elements.as_slice() else {
        return None;
    };
    let (a, b) = if a.key == one && b.key == two {
        (a, b)
    } else if a.key == two && b.key == one {
        (b, a)
    } else {
        return None;
    };
    Some((a.datum().ok()?, b.datum().ok()?))
}

fn binary(base: Datum<'_>, subtype: Datum<'_>) -> Option<Vec<u8>> {
    let (Datum::String(base), Datum::String(subtype)) = (base, subtype) else {
        return None;
    };
    if subtype.is_empty() || subtype.len() > 2 {
        return None;
    }
    let subtype = u8::from_str_radix(subtype, 16).ok()?;
    let mut bytes = Vec::new();
    push_binary(&mut bytes, subtype, &base64::decode(base)?);
    Some(bytes)
}

fn unsigned(value: Datum<'_>) -> Option<u32> {
    match value {
        Datum::Int32(n) => u32::try_from(n).ok(),
        Datum::Int64(n) => u32::try_from(n).ok(),
        Datum::Double(bits) => {
            let n = f64::from_bits(bits);
            (n.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&n)).then_some(n as u32)
        }
        _ => None,
    }
}

fn double_of(text: &str) -> Option<f64> {
    match text {
        "Infinity" => Some(f64::INFINITY),
        "-Infinity" => Some(f64::NEG_INFINITY),
        "NaN" => Some(f64::from_bits(super::print::PLAIN_NAN)),
        _ if text
            .bytes()
            .all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b)) =>
        {
            text.parse().ok()
        }
        _ => None,
    }
}

fn text(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len() + 5);
    push_string(&mut bytes, text);
    bytes
}

/// The bytes of an ObjectId's 24 digits.
pub(super) fn object_id(digits: &str) -> Option<Vec<u8>> {
    base64::unhex(digits).filter(|bytes| bytes.len() == 12)
}

/// The bytes of a UUID's text, with or without dashes.
pub(super) fn uuid(text: &str) -> Option<Vec<u8>> {
    let dashed = text.len() == 36
        && [8, 13, 18, 23]
            .iter()
            .all(|at| text.as_bytes().get(*at) == Some(&b'-'));
    let digits: String = text.chars().filter(|c| *c != '-').collect();
    if !dashed && digits.len() != text.len() {
        return None;
    }
    base64::unhex(&digits).filter(|bytes| bytes.len() == 16)
}

/// A regular expression's bytes; `None` where a NUL would break them.
pub(super) fn regex(pattern: &str, options: &str) -> Option<Vec<u8>> {
    if pattern.contains('\0') || options.contains('\0') {
        return None;
    }
    let mut bytes = Vec::with_capacity(pattern.len() + options.len() + 2);
    bytes.extend_from_slice(pattern.as_bytes());
    bytes.push(0);
    bytes.extend_from_slice(options.as_bytes());
    bytes.push(0);
    Some(bytes)
}

/// Code's bytes with the document of its variables.
pub(super) fn code_with_scope(code: &str, scope: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0; 4];
    push_string(&mut bytes, code);
    bytes.extend_from_slice(scope);
    let length = i32::try_from(bytes.len()).unwrap_or(i32::MAX);
    bytes[..4].copy_from_slice(&length.to_le_bytes());
    bytes
}
