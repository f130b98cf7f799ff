//! From a `$jsonSchema` as BSON to compiled nodes, refusing what the server refuses.
//!
//! Invariant: an unknown keyword, a wrong kind or an empty list is a problem with its place, never ignored.

use bson::raw::{RawArray, RawBsonRef, RawDocument};
use bson::{Bson, RawBson};

use super::compare::{self, same};
use super::{Dependency, Expression, Items, Node, Property, Rest, SchemaProblem, Types, Validator};
use crate::model::describe::cut;

const DEEPEST: usize = 100;

/// The names of `bsonType`, with the BSON type's number.
pub(super) const BSON_TYPES: [(&str, u32); 20] = [
    ("double", 1),
    ("string", 2),
    ("object", 3),
    ("array", 4),
    ("binData", 5),
    ("undefined", 6),
    ("objectId", 7),
    ("bool", 8),
    ("date", 9),
    ("null", 10),
    ("regex", 11),
    ("dbPointer", 12),
    ("javascript", 13),
    ("symbol", 14),
    ("javascriptWithScope", 15),
    ("int", 16),
    ("timestamp", 17),
    ("long", 18),
    ("decimal", 19),
    ("minKey", 30),
];
const MAX_KEY: u32 = 31;
const NUMBER: u32 = 1 << 1 | 1 << 16 | 1 << 18 | 1 << 19;

type Parsed<T> = Result<T, SchemaProblem>;

impl Validator {
    /// Compiles a schema. It may stand alone or inside `{ $jsonSchema: … }`, also inside `{ validator: … }`.
    ///
    /// # Errors
    /// Where the server would refuse it as a validator.
    pub fn parse(schema: &RawDocument) -> Result<Self, SchemaProblem> {
        let mut at = schema;
        for name in ["validator", "$jsonSchema"] {
            match at.get(name) {
                Ok(Some(RawBsonRef::Document(inner))) => at = inner,
                Ok(Some(_)) if name == "$jsonSchema" => {
                    return Err(SchemaProblem {
                        at: String::new(),
                        message: "`$jsonSchema` must be an object".to_owned(),
                    });
                }
                _ => {}
            }
        }
        Ok(Self {
            root: node(at, "", 0)?,
            source: at.to_owned(),
        })
    }
}

fn problem<T>(at: &str, message: impl Into<String>) -> Parsed<T> {
    Err(SchemaProblem {
        at: at.to_owned(),
        message: message.into(),
    })
}

fn join(at: &str, name: &str) -> String {
    let name = cut(name);
    if at.is_empty() {
        name
    } else {
        format!("{at}.{name}")
    }
}

fn node(schema: &RawDocument, at: &str, depth: usize) -> Parsed<Node> {
    if depth > DEEPEST {
        return problem(at, "the schema nests too deep");
    }
    let mut out = Node::default();
    let mut exclusive = (None, None);
    let mut has_type = (false, false);
    for element in schema {
        let Ok((key, value)) = element else {
            return problem(at, "the bytes are not valid BSON");
        };
        let key = key.as_str();
        let here = join(at, key);
        let sub = |v: RawBsonRef<'_>, here: &str| match v {
            RawBsonRef::Document(d) => node(d, here, depth + 1),
            _ => problem(here, "must be an object"),
        };
        match key {
            "bsonType" => {
                has_type.0 = true;
                out.types = Some(types(value, &here, true, &mut out.type_names)?);
            }
            "type" => {
                has_type.1 = true;
                out.types = Some(types(value, &here, false, &mut out.type_names)?);
            }
            "enum" => out.choices = Some(choices(value, &here)?),
            "minimum" | "maximum" => {
                if compare::number(value).is_none() {
                    return problem(&here, "must be a number");
                }
                let slot = if key == "minimum" {
                    &mut out.minimum
                } else {
                    &mut out.maximum
                };
                *slot = Some((owned(value, &here)?, false));
            }
            "exclusiveMinimum" => exclusive.0 = Some(boolean(value, &here)?),
            "exclusiveMaximum" => exclusive.1 = Some(boolean(value, &here)?),
            "multipleOf" => match compare::number(value) {
                Some(n) if n.is_positive() => out.multiple_of = Some(owned(value, &here)?),
                Some(_) => return problem(&here, "must be more than 0"),
                None => return problem(&here, "must be a number"),
            },
            "minLength" => out.min_length = Some(count(value, &here)?),
            "maxLength" => out.max_length = Some(count(value, &here)?),
            "minItems" => out.min_items = Some(count(value, &here)?),
            "maxItems" => out.max_items = Some(count(value, &here)?),
            "minProperties" => out.min_properties = Some(count(value, &here)?),
            "maxProperties" => out.max_properties = Some(count(value, &here)?),
            "pattern" => match value {
                RawBsonRef::String(source) => match Expression::new(source) {
                    Ok(expression) => out.pattern = Some(expression),
                    Err(e) => {
                        return problem(&here, format!("the expression is not valid: {}", cut(&e)));
                    }
                },
                _ => return problem(&here, "must be a string"),
            },
            "required" => out.required = names(value, &here)?,
            "properties" => {
                let RawBsonRef::Document(properties) = value else {
                    return problem(&here, "must be an object");
                };
                for property in properties {
                    let Ok((name, value)) = property else {
                        return problem(&here, "the bytes are not valid BSON");
                    };
                    let inner = join(&here, name.as_str());
                    let node = sub(value, &inner)?;
                    out.properties.push(Property {
                        name: name.as_str().to_owned(),
                        node,
                    });
                }
            }
            "patternProperties" => {
                let RawBsonRef::Document(properties) = value else {
                    return problem(&here, "must be an object");
                };
                for property in properties {
                    let Ok((name, value)) = property else {
                        return problem(&here, "the bytes are not valid BSON");
                    };
                    let inner = join(&here, name.as_str());
                    let node = sub(value, &inner)?;
                    match Expression::new(name.as_str()) {
                        Ok(expression) => out.pattern_properties.push((expression, node)),
                        Err(e) => {
                            return problem(
                                &inner,
                                format!("the expression is not valid: {}", cut(&e)),
                            );
                        }
                    }
                }
            }
            "additionalProperties" | "additionalItems" => {
                let rest = match value {
                    RawBsonRef::Boolean(true) => Rest::Allowed,
                    RawBsonRef::Boolean(false) => Rest::Refused,
                    RawBsonRef::Document(d) => Rest::Like(Box::new(node(d, &here, depth + 1)?)),
                    _ => return problem(&here, "must be an object or a boolean"),
                };
                if key == "additionalItems" {
                    out.additional_items = Some(rest);
                } else {
                    out.additional = Some(rest);
                }
            }
            "dependencies" => {
                let RawBsonRef::Document(dependencies) = value else {
                    return problem(&here, "must be an object");
                };
                for dependency in dependencies {
                    let Ok((name, value)) = dependency else {
                        return problem(&here, "the bytes are not valid BSON");
                    };
                    let inner = join(&here, name.as_str());
                    let dependency = match value {
                        RawBsonRef::Document(d) => {
                            Dependency::Node(Box::new(node(d, &inner, depth + 1)?))
                        }
                        RawBsonRef::Array(_) => Dependency::Names(names(value, &inner)?),
                        _ => return problem(&inner, "must be an object or an array"),
                    };
                    out.dependencies
                        .push((name.as_str().to_owned(), dependency));
                }
            }
            "items" => {
                out.items = Some(match value {
                    RawBsonRef::Document(d) => Items::Each(Box::new(node(d, &here, depth + 1)?)),
                    RawBsonRef::Array(list) => Items::Places(nodes(list, &here, depth)?),
                    _ => return problem(&here, "must be an object or an array of objects"),
                });
            }
            "uniqueItems" => out.unique_items = boolean(value, &here)?,
            "allOf" | "anyOf" | "oneOf" => {
                let RawBsonRef::Array(list) = value else {
                    return problem(&here, "must be an array");
                };
                let list = nodes(list, &here, depth)?;
                if list.is_empty() {
                    return problem(&here, "must not be empty");
                }
                match key {
                    "allOf" => out.all_of = list,
                    "anyOf" => out.any_of = list,
                    _ => out.one_of = list,
                }
            }
            "not" => out.not = Some(Box::new(sub(value, &here)?)),
            "encrypt" => {
                if !matches!(value, RawBsonRef::Document(_)) {
                    return problem(&here, "must be an object");
                }
                out.encrypted = true;
            }
            "encryptMetadata" => {
                if !matches!(value, RawBsonRef::Document(_)) {
                    return problem(&here, "must be an object");
                }
            }
            "title" | "description" => {
                if !matches!(value, RawBsonRef::String(_)) {
                    return problem(&here, "must be a string");
                }
            }
            "$ref" | "$schema" | "default" | "definitions" | "format" | "id" => {
                return problem(&here, format!("the server does not support `{key}`"));
            }
            _ => return problem(at, format!("`{}` is not a keyword", cut(key))),
        }
    }
    if has_type == (true, true) {
        return problem(at, "`type` and `bsonType` cannot stand together");
    }
    for (exclusive, bound, name) in [
        (exclusive.0, &mut out.minimum, "minimum"),
        (exclusive.1, &mut out.maximum, "maximum"),
    ] {
        match (exclusive, bound) {
            (Some(_), None) => {
                return problem(at, format!("an exclusive bound needs `{name}` beside it"));
            }
            (Some(on), Some(bound)) => bound.1 = on,
            _ => {}
        }
    }
    Ok(out)
}

fn nodes(list: &RawArray, at: &str, depth: usize) -> Parsed<Vec<Node>> {
    let mut out = Vec::new();
    for (i, item) in list.into_iter().enumerate() {
        match item {
            Ok(RawBsonRef::Document(d)) => out.push(node(d, &join(at, &i.to_string()), depth + 1)?),
            _ => return problem(&join(at, &i.to_string()), "must be an object"),
        }
    }
    Ok(out)
}

fn types(value: RawBsonRef<'_>, at: &str, is_bson: bool, names: &mut Vec<String>) -> Parsed<Types> {
    let mut bits = 0;
    let mut add = |name: &str, names: &mut Vec<String>| -> Parsed<()> {
        let found = if is_bson {
            match name {
                "number" => Some(NUMBER),
                "maxKey" => Some(1 << MAX_KEY),
                _ => BSON_TYPES
                    .iter()
                    .find(|(n, _)| *n == name)
                    .map(|(_, bit)| 1 << bit),
            }
        } else {
            match name {
                "array" => Some(1 << 4),
                "boolean" => Some(1 << 8),
                "null" => Some(1 << 10),
                "number" => Some(NUMBER),
                "object" => Some(1 << 3),
                "string" => Some(1 << 2),
                _ => None,
            }
        };
        let Some(found) = found else {
            return problem(at, format!("`{}` is not a type's name", cut(name)));
        };
        if names.iter().any(|n| n == name) {
            return problem(at, format!("`{name}` is named twice"));
        }
        names.push(name.to_owned());
        bits |= found;
        Ok(())
    };
    match value {
        RawBsonRef::String(name) => add(name, names)?,
        RawBsonRef::Array(list) => {
            let mut any = false;
            for item in list {
                match item {
                    Ok(RawBsonRef::String(name)) => add(name, names)?,
                    _ => return problem(at, "must be a string or an array of strings"),
                }
                any = true;
            }
            if !any {
                return problem(at, "must name at least one type");
            }
        }
        _ => return problem(at, "must be a string or an array of strings"),
    }
    Ok(Types { bits, is_bson })
}

fn choices(value: RawBsonRef<'_>, at: &str) -> Parsed<Vec<Bson>> {
    let RawBsonRef::Array(list) = value else {
        return problem(at, "must be an array");
    };
    let mut raw: Vec<RawBsonRef<'_>> = Vec::new();
    for item in list {
        let Ok(item) = item else {
            return problem(at, "the bytes are not valid BSON");
        };
        if raw.len() < 10_000 && raw.iter().any(|r| same(*r, item)) {
            return problem(at, "a value stands there twice");
        }
        raw.push(item);
    }
    if raw.is_empty() {
        return problem(at, "must not be empty");
    }
    raw.into_iter().map(|r| owned(r, at)).collect()
}

fn names(value: RawBsonRef<'_>, at: &str) -> Parsed<Vec<String>> {
    let RawBsonRef::Array(list) = value else {
        return problem(at, "must be an array of strings");
    };
    let mut out: Vec<String> = Vec::new();
    for item in list {
        match item {
            Ok(RawBsonRef::String(name)) => {
                if out.iter().any(|n| n == name) {
                    return problem(at, format!("`{}` stands there twice", cut(name)));
                }
                out.push(name.to_owned());
            }
            _ => return problem(at, "must be an array of strings"),
        }
    }
    if out.is_empty() {
        return problem(at, "must not be empty");
    }
    Ok(out)
}

fn boolean(value: RawBsonRef<'_>, at: &str) -> Parsed<bool> {
    match value {
        RawBsonRef::Boolean(b) => Ok(b),
        _ => problem(at, "must be a boolean"),
    }
}

fn count(value: RawBsonRef<'_>, at: &str) -> Parsed<u64> {
    let whole = match value {
        RawBsonRef::Int32(n) => i64::from(n),
        RawBsonRef::Int64(n) => n,
        #[expect(
            clippy::cast_possible_truncation,
            reason = "whole, and far below the limit"
        )]
        RawBsonRef::Double(d) if d.fract() == 0.0 && d.abs() < 9e18 => d as i64,
        RawBsonRef::Decimal128(d) => match d.to_string().parse::<f64>() {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "whole, and far below the limit"
            )]
            Ok(d) if d.fract() == 0.0 && d.abs() < 9e18 => d as i64,
            _ => return problem(at, "must be a whole number"),
        },
        RawBsonRef::Double(_) => return problem(at, "must be a whole number"),
        _ => return problem(at, "must be a number"),
    };
    match u64::try_from(whole) {
        Ok(n) => Ok(n),
        Err(_) => problem(at, "must not be negative"),
    }
}

fn owned(value: RawBsonRef<'_>, at: &str) -> Parsed<Bson> {
    match Bson::try_from(RawBson::from(value)) {
        Ok(value) => Ok(value),
        Err(_) => problem(at, "the bytes are not valid BSON"),
    }
}
