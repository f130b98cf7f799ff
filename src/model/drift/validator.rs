//! What the collection's validator says beside what the model would have it say.
//!
//! Two `$jsonSchema` are compared by their keywords at each place; titles and descriptions, the order of fields, and the
//! order of names in a list do not matter.

use std::collections::BTreeMap;

use bson::{Bson, Document, RawDocument};

use super::indexes::text;

/// One keyword that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValidatorDifference {
    /// The place in documents: `address.city`, `tags[]`; empty for the document itself.
    pub place: String,
    /// The keyword: `bsonType`, `required`, `enum`, ….
    pub keyword: String,
    /// What the model says, as text of the shell; `None` where it says nothing.
    pub model: Option<String>,
    /// What the server says.
    pub server: Option<String>,
}

/// How the collection's validator stands to the model.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum ValidatorState {
    /// It was not looked at: a view has none, or this user may not read it.
    #[default]
    Unknown,
    /// The collection has none. The model alone is no wish for one, so this is no drift.
    None,
    /// It says what the model says.
    Same,
    /// It says something else.
    Differs(Vec<ValidatorDifference>),
}

/// Deeper schemas are not taken apart.
const DEEPEST: usize = 60;
/// More differences than anyone reads.
const MOST: usize = 500;

/// Compares the model's `$jsonSchema` with the collection's whole validator.
#[must_use]
pub fn compare(model: &Document, server: Option<&RawDocument>) -> ValidatorState {
    let Some(server) = server.and_then(|s| Document::try_from(s).ok()) else {
        return ValidatorState::None;
    };
    if server.is_empty() {
        return ValidatorState::None;
    }
    let mut theirs = Said::default();
    for (key, value) in &server {
        match (key.as_str(), value) {
            ("$jsonSchema", Bson::Document(schema)) => theirs.schema("", schema, 0),
            (other, value) => {
                theirs
                    .0
                    .insert((String::new(), other.to_owned()), text(value));
            }
        }
    }
    let mut ours = Said::default();
    ours.schema("", model, 0);
    let mut keys: Vec<&(String, String)> = ours.0.keys().chain(theirs.0.keys()).collect();
    keys.sort_unstable();
    keys.dedup();
    let differences: Vec<ValidatorDifference> = keys
        .into_iter()
        .filter(|k| ours.0.get(*k) != theirs.0.get(*k))
        .take(MOST)
        .map(|k| ValidatorDifference {
            place: k.0.clone(),
            keyword: k.1.clone(),
            model: ours.0.get(k).cloned(),
            server: theirs.0.get(k).cloned(),
        })
        .collect();
    if differences.is_empty() {
        ValidatorState::Same
    } else {
        ValidatorState::Differs(differences)
    }
}

/// Every keyword of a schema, by place and name.
#[derive(Default)]
struct Said(BTreeMap<(String, String), String>);

impl Said {
    fn put(&mut self, place: &str, keyword: &str, value: &Bson) {
        self.0
            .insert((place.to_owned(), keyword.to_owned()), text(value));
    }

    fn schema(&mut self, place: &str, schema: &Document, depth: usize) {
        for (keyword, value) in schema {
            match (keyword.as_str(), value) {
                ("title" | "description", _) => {}
                ("properties", Bson::Document(fields)) if depth < DEEPEST => {
                    for (name, inner) in fields {
                        let inside = if place.is_empty() {
                            name.clone()
                        } else {
                            format!("{place}.{name}")
                        };
                        self.inner(&inside, inner, depth);
                    }
                }
                ("items", Bson::Document(inner)) if depth < DEEPEST => {
                    self.inner(&format!("{place}[]"), &Bson::Document(inner.clone()), depth);
                }
                ("additionalProperties", Bson::Document(inner)) if depth < DEEPEST => {
                    let inside = if place.is_empty() {
                        "*".to_owned()
                    } else {
                        format!("{place}.*")
                    };
                    self.inner(&inside, &Bson::Document(inner.clone()), depth);
                }
                // What holds where nothing is said.
                ("additionalProperties" | "additionalItems", Bson::Boolean(true)) => {}
                ("uniqueItems", Bson::Boolean(false)) => {}
                ("required" | "enum", Bson::Array(items)) => {
                    self.put(place, keyword, &Bson::Array(set(items)));
                }
                ("bsonType" | "type", Bson::Array(items)) => {
                    let mut names = set(items);
                    let only = if names.len() == 1 { names.pop() } else { None };
                    let value = only.unwrap_or(Bson::Array(names));
                    self.put(place, keyword, &value);
                }
                (_, value) => self.put(place, keyword, &bare(value, 0)),
            }
        }
    }

    fn inner(&mut self, place: &str, schema: &Bson, depth: usize) {
        match schema {
            // A field of which nothing more is said is said to be known.
            Bson::Document(inner) if is_silent(inner) => {
                self.0.insert(
                    (place.to_owned(), "properties".to_owned()),
                    "any value".to_owned(),
                );
            }
            Bson::Document(inner) => self.schema(place, inner, depth + 1),
            other => self.put(place, "properties", other),
        }
    }
}

fn is_silent(schema: &Document) -> bool {
    schema
        .keys()
        .all(|k| matches!(k.as_str(), "title" | "description"))
}

/// A list in which the order does not matter.
fn set(items: &[Bson]) -> Vec<Bson> {
    let mut sorted: Vec<(String, Bson)> = items
        .iter()
        .map(|i| (text(&bare(i, 0)), bare(i, 0)))
        .collect();
    sorted.sort_by(|a, b| a.0.cmp(&b.0));
    sorted.dedup_by(|a, b| a.0 == b.0);
    sorted.into_iter().map(|(_, item)| item).collect()
}

/// A schema inside a keyword that is compared as a whole: without titles, its fields in order, whole numbers of one width.
fn bare(value: &Bson, depth: usize) -> Bson {
    if depth > DEEPEST {
        return value.clone();
    }
    match value {
        Bson::Document(inner) => {
            let sorted: BTreeMap<&String, &Bson> = inner
                .iter()
                .filter(|(k, v)| {
                    !(matches!(k.as_str(), "title" | "description") && matches!(v, Bson::String(_)))
                })
                .collect();
            Bson::Document(
                sorted
                    .into_iter()
                    .map(|(k, v)| {
                        let value = match v {
                            Bson::Array(items)
                                if matches!(k.as_str(), "required" | "enum" | "bsonType") =>
                            {
                                Bson::Array(set(items))
                            }
                            other => bare(other, depth + 1),
                        };
                        (k.clone(), value)
                    })
                    .collect(),
            )
        }
        Bson::Array(items) => Bson::Array(items.iter().map(|i| bare(i, depth + 1)).collect()),
        Bson::Int64(n) => i32::try_from(*n).map_or(Bson::Int64(*n), Bson::Int32),
        #[expect(
            clippy::cast_possible_truncation,
            reason = "it was checked to be whole and small"
        )]
        Bson::Double(d) if d.fract() == 0.0 && d.abs() < 2e9 => Bson::Int32(*d as i32),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::panic,
        reason = "a test fails by panicking"
    )]

    use bson::{RawDocumentBuf, doc};

    use super::*;

    fn compared(model: &Document, server: &Document) -> ValidatorState {
        compare(model, Some(&RawDocumentBuf::try_from(server).unwrap()))
    }

    #[test]
    fn order_width_and_descriptions_do_not_matter() {
        let model = doc! {
            "bsonType": "object", "required": ["b", "a"],
            "properties": {
                "a": { "bsonType": ["string"], "enum": ["x", "y"], "description": "of no weight" },
                "b": { "bsonType": "array", "items": { "bsonType": "int", "minimum": 1 } },
            },
        };
        let server = doc! { "$jsonSchema": {
            "title": "T", "required": ["a", "b"], "additionalProperties": true,
            "properties": {
                "b": { "items": { "minimum": 1.0, "bsonType": "int" }, "bsonType": "array" },
                "a": { "enum": ["y", "x"], "bsonType": "string" },
            },
            "bsonType": "object",
        } };
        assert_eq!(compared(&model, &server), ValidatorState::Same);
        assert_eq!(compare(&model, None), ValidatorState::None);
        assert_eq!(compared(&model, &doc! {}), ValidatorState::None);
    }

    #[test]
    fn what_differs_is_told_at_its_place() {
        let model = doc! {
            "bsonType": "object", "required": ["a"],
            "properties": {
                "a": { "bsonType": "string", "enum": ["x", "y"] },
                "n": { "bsonType": "object", "properties": { "m": { "minimum": 1 } } },
                "any": {},
            },
        };
        let server = doc! {
            "$jsonSchema": {
                "bsonType": "object",
                "properties": {
                    "a": { "bsonType": "string", "enum": ["x"] },
                    "n": { "bsonType": "object", "properties": { "m": { "minimum": 2 } } },
                },
            },
            "a": { "$ne": "z" },
        };
        let ValidatorState::Differs(list) = compared(&model, &server) else {
            panic!()
        };
        let lines: Vec<String> = list
            .iter()
            .map(|d| {
                format!(
                    "{} {}: {} / {}",
                    d.place,
                    d.keyword,
                    d.model.as_deref().unwrap_or("-"),
                    d.server.as_deref().unwrap_or("-")
                )
            })
            .collect();
        assert_eq!(
            lines,
            [
                " a: - / { $ne: 'z' }",
                " required: ['a'] / -",
                "a enum: ['x', 'y'] / ['x']",
                "any properties: any value / -",
                "n.m minimum: 1 / 2",
            ]
        );
    }
}
