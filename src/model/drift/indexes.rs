//! The indexes that a model declares beside those that a collection has.
//!
//! An index is told by its keys; its name does not matter, since the server makes no second one of the same keys and
//! options under another name. `_id` is the server's own and left out.

use std::collections::BTreeMap;

use bson::{Bson, Document, RawDocument, RawDocumentBuf};

use crate::model::Index;
use crate::value::shell::{Style, print};

/// An index of a collection, as the server lists it.
#[derive(Debug, Clone, PartialEq)]
pub struct ServerIndex {
    /// Its name, by which it can be dropped.
    pub name: String,
    /// Its keys; those of a text index by the names of the fields.
    pub keys: Document,
    /// Its options, as the server says them.
    pub options: Document,
}

/// One option that differs. Values are text of the shell; `None` where the option is not set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexDifference {
    /// `unique`, `expireAfterSeconds`, …
    pub option: String,
    /// What the model says.
    pub model: Option<String>,
    /// What the server says.
    pub server: Option<String>,
}

/// A difference between the model's indexes and the collection's.
#[derive(Debug, Clone, PartialEq)]
pub enum IndexDrift {
    /// The model declares it, and the collection does not have it.
    Missing(Index),
    /// The collection has it, and the model does not declare it.
    Extra(ServerIndex),
    /// Both have one of these keys, with other options.
    Different {
        /// As the model has it.
        index: Box<Index>,
        /// As the collection has it.
        server: ServerIndex,
        /// What differs; never empty.
        differences: Vec<IndexDifference>,
    },
}

impl IndexDrift {
    /// The index's name: the server's where it is there, else the one it would get.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Missing(index) => index.name(),
            Self::Extra(server) | Self::Different { server, .. } => server.name.clone(),
        }
    }

    /// The keys on one line: `{ userId: 1, createdAt: -1 }`.
    #[must_use]
    pub fn keys(&self) -> String {
        let keys = match self {
            Self::Missing(index) => &index.keys,
            Self::Different { index, .. } => &index.keys,
            Self::Extra(server) => &server.keys,
        };
        text(&Bson::Document(keys.clone()))
    }
}

/// Options of an index that change nothing in what it holds and does, or that are part of its listing.
const SILENT: [&str; 9] = [
    "name",
    "key",
    "v",
    "ns",
    "background",
    "textIndexVersion",
    "2dsphereIndexVersion",
    "weights",
    "comment",
];

impl ServerIndex {
    /// Reads a specification of `listIndexes`.
    #[must_use]
    pub fn read(specification: &RawDocument) -> Self {
        let whole = Document::try_from(specification).unwrap_or_default();
        let raw = whole.get_document("key").cloned().unwrap_or_default();
        let mut keys = Document::new();
        for (key, direction) in &raw {
            match key.as_str() {
                // A text index lists its fields among the weights.
                "_fts" => {
                    for (field, _) in whole.get_document("weights").into_iter().flatten() {
                        keys.insert(field.clone(), "text");
                    }
                }
                "_ftsx" => {}
                _ => {
                    keys.insert(key.clone(), direction.clone());
                }
            }
        }
        let mut options = whole.clone();
        options.remove("key");
        Self {
            name: whole.get_str("name").unwrap_or_default().to_owned(),
            keys,
            options,
        }
    }

    fn is_of_id(&self) -> bool {
        let mut keys = self.keys.iter();
        matches!((keys.next(), keys.next()), (Some((key, d)), None) if key == "_id" && number(d).is_some())
    }
}

/// Compares the model's indexes with the specifications that `listIndexes` gives: missing ones, different ones, extra ones.
#[must_use]
pub fn compare(model: &[Index], server: &[RawDocumentBuf]) -> Vec<IndexDrift> {
    let mut wanted: Vec<&Index> = Vec::new();
    for index in model {
        let known = wanted.iter().any(|w| {
            same_keys(&w.keys, &index.keys) && differences(w, &as_server(index)).is_empty()
        });
        if !known && !as_server(index).is_of_id() {
            wanted.push(index);
        }
    }
    let mut there: Vec<ServerIndex> = server
        .iter()
        .map(|s| ServerIndex::read(s))
        .filter(|s| !s.is_of_id())
        .collect();
    // What is the same on both sides goes first, so that it is not taken for another one of the same keys.
    wanted.retain(|index| {
        let same = there
            .iter()
            .position(|s| same_keys(&index.keys, &s.keys) && differences(index, s).is_empty());
        if let Some(same) = same {
            there.remove(same);
        }
        same.is_none()
    });
    let (mut missing, mut different) = (Vec::new(), Vec::new());
    for index in wanted {
        match there.iter().position(|s| same_keys(&index.keys, &s.keys)) {
            Some(at) => {
                let server = there.remove(at);
                different.push(IndexDrift::Different {
                    differences: differences(index, &server),
                    index: Box::new(index.clone()),
                    server,
                });
            }
            None => missing.push(IndexDrift::Missing(index.clone())),
        }
    }
    missing.extend(different);
    missing.extend(there.into_iter().map(IndexDrift::Extra));
    missing
}

/// What `createIndexes` takes for an index of a model: `key`, `name` and its options.
#[must_use]
pub fn specification(index: &Index) -> Document {
    let mut out = Document::new();
    out.insert("key", index.keys.clone());
    out.insert("name", index.name());
    for (option, value) in &index.options {
        if !matches!(option.as_str(), "name" | "key") {
            out.insert(option.clone(), value.clone());
        }
    }
    out
}

fn as_server(index: &Index) -> ServerIndex {
    ServerIndex {
        name: index.name(),
        keys: index.keys.clone(),
        options: index.options.clone(),
    }
}

fn number(value: &Bson) -> Option<f64> {
    #[expect(
        clippy::cast_precision_loss,
        reason = "directions and seconds are small"
    )]
    match value {
        Bson::Int32(n) => Some(f64::from(*n)),
        Bson::Int64(n) => Some(*n as f64),
        Bson::Double(d) => Some(*d),
        _ => None,
    }
}

/// Whether two lists of keys make the same index. The fields of a text index stand in no order among themselves.
fn same_keys(a: &Document, b: &Document) -> bool {
    let parts = |keys: &Document| {
        let mut plain = Vec::new();
        let mut texts = Vec::new();
        let mut text_at = None;
        for (key, direction) in keys {
            match direction {
                Bson::String(kind) if kind == "text" => {
                    text_at.get_or_insert(plain.len());
                    texts.push(key.clone());
                }
                Bson::String(kind) => plain.push((key.clone(), kind.clone())),
                // Only the sign of a direction matters.
                other => {
                    let sign = match number(other) {
                        Some(n) if n < 0.0 => "-1",
                        Some(_) => "1",
                        None if *other == Bson::Boolean(true) => "1",
                        None => "?",
                    };
                    plain.push((key.clone(), sign.to_owned()));
                }
            }
        }
        texts.sort_unstable();
        (plain, texts, text_at)
    };
    parts(a) == parts(b)
}

/// An option with the value that holds where it is not set; `None` for one that says what holds anyway.
fn settled(index: &Document, keys: &Document) -> BTreeMap<String, Bson> {
    let mut out = BTreeMap::new();
    for (option, value) in index {
        let option = option.as_str();
        if SILENT.contains(&option) {
            continue;
        }
        let is_usual = match (option, value) {
            ("unique" | "sparse" | "hidden" | "prepareUnique" | "clustered", Bson::Boolean(on)) => {
                !on
            }
            ("unique" | "sparse" | "hidden", Bson::Null) => true,
            ("default_language", Bson::String(s)) => s == "english",
            ("language_override", Bson::String(s)) => s == "language",
            ("bits", v) => number(v) == Some(26.0),
            ("min", v) => number(v) == Some(-180.0),
            ("max", v) => number(v) == Some(180.0),
            ("collation", Bson::Document(c)) => c.get_str("locale").is_ok_and(|l| l == "simple"),
            (_, Bson::Null | Bson::Undefined) => true,
            _ => false,
        };
        if !is_usual {
            out.insert(option.to_owned(), plain(value, 0));
        }
    }
    // The weight of a text index's field is 1 where none is said.
    let weights = index.get_document("weights").ok();
    let of_text: Vec<&String> = keys
        .iter()
        .filter(|(_, d)| d.as_str() == Some("text"))
        .map(|(k, _)| k)
        .collect();
    let mut heavy = Document::new();
    for field in of_text {
        let weight = weights.and_then(|w| w.get(field)).and_then(number);
        if let Some(weight) = weight
            && weight != 1.0
        {
            heavy.insert(field.clone(), weight);
        }
    }
    if !heavy.is_empty() {
        out.insert("weights".to_owned(), plain(&Bson::Document(heavy), 0));
    }
    out
}

/// A value in which numbers have one width and the fields of plain documents an order, so that equal ones look equal.
fn plain(value: &Bson, depth: usize) -> Bson {
    if depth > 100 {
        return value.clone();
    }
    match value {
        Bson::Document(inner) => {
            let sorted: BTreeMap<&String, &Bson> = inner.iter().collect();
            Bson::Document(
                sorted
                    .into_iter()
                    .map(|(k, v)| (k.clone(), plain(v, depth + 1)))
                    .collect(),
            )
        }
        Bson::Array(items) => Bson::Array(items.iter().map(|v| plain(v, depth + 1)).collect()),
        other => match number(other) {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "it was checked to be whole"
            )]
            Some(n) if n.fract() == 0.0 && n.abs() < 9e15 => Bson::Int64(n as i64),
            Some(n) => Bson::Double(n),
            None => other.clone(),
        },
    }
}

fn differences(index: &Index, server: &ServerIndex) -> Vec<IndexDifference> {
    let wanted = settled(&index.options, &index.keys);
    let mut there = settled(&server.options, &server.keys);
    // The server spells a collation out; only what the model says of it is compared.
    if let (Some(Bson::Document(want)), Some(Bson::Document(have))) =
        (wanted.get("collation"), there.get("collation"))
    {
        let said: Document = want
            .keys()
            .filter_map(|k| have.get(k).map(|v| (k.clone(), v.clone())))
            .collect();
        there.insert("collation".to_owned(), Bson::Document(said));
    }
    let mut options: Vec<&String> = wanted.keys().chain(there.keys()).collect();
    options.sort_unstable();
    options.dedup();
    options
        .into_iter()
        .filter(|o| wanted.get(*o) != there.get(*o))
        .map(|o| IndexDifference {
            option: o.clone(),
            model: wanted.get(o).map(shown),
            server: there.get(o).map(shown),
        })
        .collect()
}

/// Numbers were made wide to be compared; they are shown plainly.
fn shown(value: &Bson) -> String {
    match value {
        Bson::Int64(n) => n.to_string(),
        Bson::Boolean(b) => b.to_string(),
        other => text(&narrow(other, 0)),
    }
}

fn narrow(value: &Bson, depth: usize) -> Bson {
    match value {
        _ if depth > 100 => value.clone(),
        Bson::Document(inner) => Bson::Document(
            inner
                .iter()
                .map(|(k, v)| (k.clone(), narrow(v, depth + 1)))
                .collect(),
        ),
        Bson::Array(items) => Bson::Array(items.iter().map(|v| narrow(v, depth + 1)).collect()),
        Bson::Int64(n) => i32::try_from(*n).map_or(Bson::Int64(*n), Bson::Int32),
        other => other.clone(),
    }
}

/// A value as text of the shell, on one line.
pub(super) fn text(value: &Bson) -> String {
    bson::RawBson::try_from(value.clone())
        .ok()
        .and_then(|raw| print(raw.as_raw_bson_ref(), &Style::LINE).ok())
        .unwrap_or_else(|| value.to_string())
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::panic,
        reason = "a test fails by panicking"
    )]

    use bson::doc;

    use super::*;

    fn model(keys: Document, options: Document) -> Index {
        Index {
            keys,
            options,
            line: 1,
        }
    }

    fn server(name: &str, keys: Document, options: Document) -> RawDocumentBuf {
        let mut whole = doc! { "v": 2, "key": keys, "name": name };
        whole.extend(options);
        RawDocumentBuf::try_from(&whole).unwrap()
    }

    fn told(model: &[Index], server: &[RawDocumentBuf]) -> Vec<String> {
        compare(model, server)
            .into_iter()
            .map(|d| match &d {
                IndexDrift::Missing(_) => format!("missing {}", d.keys()),
                IndexDrift::Extra(s) => format!("extra {} {}", s.name, d.keys()),
                IndexDrift::Different { differences, .. } => {
                    let list: Vec<String> = differences
                        .iter()
                        .map(|x| {
                            format!(
                                "{} {}/{}",
                                x.option,
                                x.model.as_deref().unwrap_or("-"),
                                x.server.as_deref().unwrap_or("-")
                            )
                        })
                        .collect();
                    format!("different {}: {}", d.name(), list.join(", "))
                }
            })
            .collect()
    }

    #[test]
    fn the_same_indexes_are_no_drift_however_they_are_written() {
        let wanted = [
            model(
                doc! { "email": 1 },
                doc! { "unique": true, "sparse": false },
            ),
            model(
                doc! { "at": 1 },
                doc! { "expireAfterSeconds": 3600, "background": true },
            ),
            model(
                doc! { "title": "text", "body": "text" },
                doc! { "weights": { "title": 5 } },
            ),
            model(doc! { "place": "2dsphere" }, doc! {}),
            model(doc! { "k": "hashed" }, doc! {}),
            model(
                doc! { "a": 1, "b": -1 },
                doc! { "partialFilterExpression": { "n": { "$gt": 5 }, "a": 1 } },
            ),
            model(
                doc! { "c": 1 },
                doc! { "collation": { "locale": "fr", "strength": 2 } },
            ),
            // Declared twice, on the field and on the schema.
            model(doc! { "email": 1 }, doc! { "unique": true }),
            model(doc! { "_id": 1 }, doc! {}),
        ];
        let there = [
            server("_id_", doc! { "_id": 1 }, doc! {}),
            server("other_name", doc! { "email": 1.0 }, doc! { "unique": true }),
            server(
                "at_1",
                doc! { "at": 1 },
                doc! { "expireAfterSeconds": 3600_i64 },
            ),
            server(
                "t",
                doc! { "_fts": "text", "_ftsx": 1 },
                doc! {
                    "weights": { "body": 1, "title": 5 }, "default_language": "english",
                    "language_override": "language", "textIndexVersion": 3,
                },
            ),
            server(
                "p",
                doc! { "place": "2dsphere" },
                doc! { "2dsphereIndexVersion": 3 },
            ),
            server("k", doc! { "k": "hashed" }, doc! {}),
            server(
                "ab",
                doc! { "a": 1, "b": -1 },
                doc! { "partialFilterExpression": { "a": 1, "n": { "$gt": 5_i64 } } },
            ),
            server(
                "c",
                doc! { "c": 1 },
                doc! { "collation": {
                "locale": "fr", "caseLevel": false, "strength": 2, "version": "57.1" } },
            ),
        ];
        assert_eq!(told(&wanted, &there), Vec::<String>::new());
    }

    #[test]
    fn each_kind_of_drift_is_told_with_what_differs() {
        let wanted = [
            model(doc! { "email": 1 }, doc! { "unique": true }),
            model(doc! { "at": 1 }, doc! { "expireAfterSeconds": 3600 }),
            model(doc! { "gone": 1, "x": -1 }, doc! {}),
            model(doc! { "a": 1, "b": 1 }, doc! {}),
            model(
                doc! { "c": 1 },
                doc! { "collation": { "locale": "fr", "strength": 1 } },
            ),
            model(doc! { "t": "text", "u": "text" }, doc! {}),
        ];
        let there = [
            server("email_1", doc! { "email": 1 }, doc! { "sparse": true }),
            server("at_1", doc! { "at": 1 }, doc! { "expireAfterSeconds": 60 }),
            server("b_a", doc! { "b": 1, "a": 1 }, doc! {}),
            server(
                "c_1",
                doc! { "c": 1 },
                doc! { "collation": { "locale": "fr", "strength": 2 } },
            ),
            server(
                "t",
                doc! { "_fts": "text", "_ftsx": 1 },
                doc! { "weights": { "t": 1, "u": 9 } },
            ),
        ];
        assert_eq!(
            told(&wanted, &there),
            [
                "missing { gone: 1, x: -1 }",
                "missing { a: 1, b: 1 }",
                "different email_1: sparse -/true, unique true/-",
                "different at_1: expireAfterSeconds 3600/60",
                "different c_1: collation { locale: 'fr', strength: 1 }/{ locale: 'fr', strength: 2 }",
                "different t: weights -/{ u: 9 }",
                "extra b_a { b: 1, a: 1 }",
            ]
        );
    }

    #[test]
    fn of_two_indexes_of_the_same_keys_each_finds_its_own() {
        let partial = doc! { "partialFilterExpression": { "on": true } };
        let wanted = [
            model(doc! { "a": 1 }, partial.clone()),
            model(doc! { "a": 1 }, doc! {}),
        ];
        let there = [
            server("plain", doc! { "a": 1 }, doc! {}),
            server("partial", doc! { "a": 1 }, partial),
        ];
        assert_eq!(told(&wanted, &there), Vec::<String>::new());
        assert_eq!(told(&wanted[1..], &there), ["extra partial { a: 1 }"]);
    }

    #[test]
    fn an_index_is_made_with_all_its_options() {
        let index = model(doc! { "a": 1 }, doc! { "unique": true, "name": "mine" });
        assert_eq!(
            specification(&index),
            doc! { "key": { "a": 1 }, "name": "mine", "unique": true }
        );
    }
}
