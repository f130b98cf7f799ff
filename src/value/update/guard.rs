//! Conditions that hold only while a document still has the values that were read.
//!
//! They are aggregation expressions, because a plain `{path: value}` also matches inside arrays and takes a missing field
//! for null. Numbers are held to their kinds. Only operators that servers before 5.0 know are used.

use bson::RawDocument;

use super::{Operation, Operations};
use crate::value::kind::Kind;
use crate::value::path::{Path, Step};
use crate::value::raw::{self, Datum, Malformed, Value, begin, decimal, element, end, push_string};

/// An expression as BSON: its kind and its bytes.
pub(super) type Expression = (Kind, Vec<u8>);

/// Values beyond this many bytes are held to their size alone: a command has to hold the guard beside the new value.
const MOST: usize = 4 << 20;
/// The guard nests the old value some levels deeper, and the server takes 200.
const LEVELS: usize = 150;

pub(super) fn text(text: &str) -> Expression {
    let mut bytes = Vec::new();
    push_string(&mut bytes, text);
    (Kind::String, bytes)
}

fn int(n: usize) -> Expression {
    let n = i32::try_from(n).unwrap_or(i32::MAX);
    (Kind::Int32, n.to_le_bytes().to_vec())
}

pub(super) fn object(fields: &[(&str, Expression)]) -> Expression {
    let mut bytes = Vec::new();
    let start = begin(&mut bytes);
    for (key, (kind, value)) in fields {
        element(&mut bytes, *kind, key, value);
    }
    end(&mut bytes, start);
    (Kind::Document, bytes)
}

pub(super) fn list(values: &[Expression]) -> Expression {
    let mut bytes = Vec::new();
    let start = begin(&mut bytes);
    for (i, (kind, value)) in values.iter().enumerate() {
        let mut digits = [0; 20];
        let key = std::str::from_utf8(decimal(i, &mut digits)).unwrap_or("0");
        element(&mut bytes, *kind, key, value);
    }
    end(&mut bytes, start);
    (Kind::Array, bytes)
}

fn call(operator: &str, argument: Expression) -> Expression {
    object(&[(operator, argument)])
}

fn equal(a: Expression, b: Expression) -> Expression {
    call("$eq", list(&[a, b]))
}

fn bind(value: Expression, then: Expression) -> Expression {
    let variables = object(&[("v", value)]);
    call("$let", object(&[("vars", variables), ("in", then)]))
}

/// The value at a path; missing where it is not there, also where an array on the way is none any more.
fn at(path: &Path) -> Expression {
    let mut value: Option<Expression> = None;
    let mut plain = String::from("$");
    for step in &path.0 {
        match step {
            Step::Key(key) => {
                if !plain.ends_with('$') {
                    plain.push('.');
                }
                plain.push_str(key);
            }
            Step::Index(index) => {
                let array = close(value.take(), &plain);
                let get = call("$arrayElemAt", list(&[text("$$v"), int(*index)]));
                let is = call("$isArray", text("$$v"));
                let or_missing = call("$cond", list(&[is, get, text("$$REMOVE")]));
                value = Some(bind(array, or_missing));
                plain = String::from("$$v");
            }
        }
    }
    close(value, &plain)
}

fn close(value: Option<Expression>, plain: &str) -> Expression {
    match value {
        None => text(plain),
        Some(value) if plain == "$$v" => value,
        Some(value) => bind(value, text(plain)),
    }
}

/// Holds while the value at an expression is the old one.
fn same(guards: &mut Vec<Expression>, place: &Expression, old: &Value) -> Result<(), Malformed> {
    let kind = old.kind();
    let depth = raw::check(old.holder())?.depth;
    let small = old.bytes().len() <= MOST && depth <= LEVELS;
    if small {
        let literal = call("$literal", (kind, old.bytes().to_vec()));
        guards.push(equal(place.clone(), literal));
    }
    // `$eq` takes 1.50 for 1.5 and -0 for 0, which only their texts tell apart.
    let fine = match old.datum()? {
        Datum::Decimal128(_) => true,
        Datum::Double(bits) => f64::from_bits(bits) == 0.0,
        _ => false,
    };
    if fine {
        let shown = |value| call("$toString", value);
        let literal = call("$literal", (kind, old.bytes().to_vec()));
        let alike = equal(shown(place.clone()), shown(literal));
        let no = (Kind::Boolean, vec![0]);
        let is = kind_is(place, kind.alias());
        guards.push(call("$cond", list(&[is, alike, no])));
        return Ok(());
    }
    // `$eq` takes 5 for 5.0, a symbol for a string, and says nothing of kinds inside containers.
    if kind.is_number() || matches!(kind, Kind::Symbol | Kind::Null | Kind::Undefined) || !small {
        guards.push(kind_is(place, kind.alias()));
    }
    if kind.is_container() || !small {
        let wrapped = object(&[("v", place.clone())]);
        let size = old.bytes().len() + 8;
        guards.push(equal(call("$bsonSize", wrapped), int(size)));
    }
    Ok(())
}

fn kind_is(place: &Expression, alias: &str) -> Expression {
    equal(call("$type", place.clone()), text(alias))
}

/// The guards of the places that operations write to.
pub(super) fn operations(
    base: &RawDocument,
    operations: &Operations,
) -> Result<Vec<Expression>, Malformed> {
    let mut guards = Vec::new();
    for (path, operation) in operations {
        let place = at(path);
        match (path.get(base), operation) {
            (Some(_), Operation::Push(count)) => {
                let is = call("$isArray", text("$$v"));
                let size = call("$size", text("$$v"));
                let counted = call("$cond", list(&[is, size, int(usize::MAX)]));
                guards.push(equal(bind(place, counted), int(*count)));
            }
            (Some(old), _) => same(&mut guards, &place, &Value::new(old))?,
            (None, _) => {
                guards.push(kind_is(&place, "missing"));
                // Where the document around it is gone, `$set` would make a new one.
                if let Some(parent) = path.parent().filter(|p| !p.is_root()) {
                    guards.push(kind_is(&at(&parent), "object"));
                }
            }
        }
    }
    Ok(guards)
}

/// The guards that hold while the whole document is what was read.
pub(super) fn whole(base: &RawDocument) -> Result<Vec<Expression>, Malformed> {
    let root = text("$$ROOT");
    let bytes = base.as_bytes();
    let depth = raw::check(base)?.depth;
    let mut guards = vec![equal(call("$bsonSize", root.clone()), int(bytes.len()))];
    if bytes.len() <= MOST && depth <= LEVELS {
        let literal = call("$literal", (Kind::Document, bytes.to_vec()));
        guards.push(equal(root, literal));
        return Ok(guards);
    }
    // Too large to be sent back whole: its fields one by one, as far as they are small.
    let mut budget = MOST;
    for element in raw::Elements::new(bytes) {
        let element = element?;
        let path = Path::root().key(element.key);
        if path.is_plain() && element.bytes.len() <= budget {
            budget -= element.bytes.len();
            let old = Value::from_parts(element.kind, element.bytes);
            same(&mut guards, &at(&path), &old)?;
        }
    }
    Ok(guards)
}
