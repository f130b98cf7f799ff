//! How values read to people, and how they compare as JavaScript compares them.

use crate::model::Condition;
use crate::model::cast::{self};
use crate::model::describe::cut;
use bson::raw::RawBsonRef;
use bson::{Bson, RawDocument};

/// What drivers give to JavaScript as an object that is neither a plain one nor an array.
pub(super) fn is_object(value: RawBsonRef<'_>) -> bool {
    match value {
        RawBsonRef::Int64(n) => !cast::is_safe(n),
        RawBsonRef::ObjectId(_)
        | RawBsonRef::DateTime(_)
        | RawBsonRef::Binary(_)
        | RawBsonRef::Decimal128(_)
        | RawBsonRef::Timestamp(_)
        | RawBsonRef::RegularExpression(_)
        | RawBsonRef::MinKey
        | RawBsonRef::MaxKey
        | RawBsonRef::JavaScriptCode(_)
        | RawBsonRef::JavaScriptCodeWithScope(_)
        | RawBsonRef::DbPointer(_) => true,
        _ => false,
    }
}

pub(super) fn is_falsy(value: RawBsonRef<'_>) -> bool {
    match value {
        RawBsonRef::Boolean(b) => !b,
        RawBsonRef::Int32(n) => n == 0,
        RawBsonRef::Int64(n) => n == 0,
        RawBsonRef::Double(d) => d == 0.0 || d.is_nan(),
        RawBsonRef::String(s) => s.is_empty(),
        _ => false,
    }
}

pub(super) fn holds(condition: &Condition, owner: &RawDocument, depth: usize) -> bool {
    if depth > 32 {
        return false;
    }
    let find = |path: &[String]| -> Option<RawBsonRef<'_>> {
        let (last, outer) = path.split_last()?;
        let mut at = owner;
        for step in outer {
            at = at.get_document(step).ok()?;
        }
        at.get(last).ok().flatten()
    };
    match condition {
        Condition::Constant(is) => *is,
        Condition::OneOf(path, values) => {
            find(path).is_some_and(|v| values.iter().any(|c| same(c, v)))
        }
        Condition::Truthy(path) => find(path).is_some_and(|v| {
            !matches!(v, RawBsonRef::Null | RawBsonRef::Undefined) && !is_falsy(v)
        }),
        Condition::Not(inner) => !holds(inner, owner, depth + 1),
        Condition::All(all) => all.iter().all(|c| holds(c, owner, depth + 1)),
        Condition::Any(any) => any.iter().any(|c| holds(c, owner, depth + 1)),
    }
}

/// Whether a value is one of an enumeration's: numbers by value, anything else by kind and value.
pub(super) fn same(choice: &Bson, value: RawBsonRef<'_>) -> bool {
    match (choice, value) {
        (Bson::String(a), RawBsonRef::String(b)) => a == b,
        (Bson::Boolean(a), RawBsonRef::Boolean(b)) => *a == b,
        (Bson::Int32(_) | Bson::Int64(_) | Bson::Double(_), _) => {
            compare(value, choice) == Some(std::cmp::Ordering::Equal)
        }
        (Bson::DateTime(a), RawBsonRef::DateTime(b)) => *a == b,
        (Bson::ObjectId(a), RawBsonRef::ObjectId(b)) => *a == b,
        _ => false,
    }
}

pub(super) fn compare(value: RawBsonRef<'_>, bound: &Bson) -> Option<std::cmp::Ordering> {
    if let (RawBsonRef::DateTime(a), Bson::DateTime(b)) = (value, bound) {
        return Some(a.cmp(b));
    }
    #[expect(clippy::cast_precision_loss, reason = "JavaScript compares doubles")]
    let left = match value {
        RawBsonRef::Int32(n) => f64::from(n),
        RawBsonRef::Int64(n) => n as f64,
        RawBsonRef::Double(d) => d,
        RawBsonRef::Decimal128(d) => d.to_string().parse().ok()?,
        _ => return None,
    };
    #[expect(clippy::cast_precision_loss, reason = "JavaScript compares doubles")]
    let right = match bound {
        Bson::Int32(n) => f64::from(*n),
        Bson::Int64(n) => *n as f64,
        Bson::Double(d) => *d,
        Bson::Decimal128(d) => d.to_string().parse().ok()?,
        _ => return None,
    };
    left.partial_cmp(&right)
}

/// A value in a few words, on one line.
pub(in crate::model) fn show(value: RawBsonRef<'_>) -> String {
    match value {
        RawBsonRef::String(s) => cut(s),
        RawBsonRef::Document(_) => "an object".to_owned(),
        RawBsonRef::Array(_) => "an array".to_owned(),
        RawBsonRef::Int32(n) => n.to_string(),
        RawBsonRef::Int64(n) => n.to_string(),
        RawBsonRef::Double(d) => d.to_string(),
        RawBsonRef::Boolean(b) => b.to_string(),
        RawBsonRef::Null => "null".to_owned(),
        RawBsonRef::ObjectId(id) => id.to_hex(),
        RawBsonRef::DateTime(at) => at
            .try_to_rfc3339_string()
            .unwrap_or_else(|_| at.timestamp_millis().to_string()),
        RawBsonRef::Decimal128(d) => d.to_string(),
        RawBsonRef::Binary(b) => format!("{} bytes", b.bytes.len()),
        other => kind_of(other).to_owned(),
    }
}

/// The name of a value's BSON type, with its article.
pub(in crate::model) fn kind_of(value: RawBsonRef<'_>) -> &'static str {
    match value {
        RawBsonRef::Double(_) => "a double",
        RawBsonRef::String(_) => "a string",
        RawBsonRef::Array(_) => "an array",
        RawBsonRef::Document(_) => "an object",
        RawBsonRef::Boolean(_) => "a boolean",
        RawBsonRef::Null => "null",
        RawBsonRef::RegularExpression(_) => "a regular expression",
        RawBsonRef::JavaScriptCode(_) | RawBsonRef::JavaScriptCodeWithScope(_) => "code",
        RawBsonRef::Int32(_) => "an int",
        RawBsonRef::Int64(_) => "a long",
        RawBsonRef::Timestamp(_) => "a timestamp",
        RawBsonRef::Binary(_) => "binary data",
        RawBsonRef::ObjectId(_) => "an ObjectId",
        RawBsonRef::DateTime(_) => "a date",
        RawBsonRef::Symbol(_) => "a symbol",
        RawBsonRef::Decimal128(_) => "a decimal",
        RawBsonRef::Undefined => "undefined",
        RawBsonRef::MaxKey => "MaxKey",
        RawBsonRef::MinKey => "MinKey",
        RawBsonRef::DbPointer(_) => "a DBPointer",
    }
}
