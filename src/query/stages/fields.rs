//! What a stage does to the fields of documents: those that appear and those that go.

use std::collections::BTreeSet;

use bson::RawDocumentBuf;

use crate::query::shape::{Field, Fields, Follower, Shape};
use crate::query::sketch::{Sketch, Value};
use crate::value::Kind;
use crate::value::raw::Elements;

/// The fields that a stage adds and those that it loses.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FieldChanges {
    /// Paths with dots that documents have after it and not before, in the order of the alphabet.
    pub added: Vec<String>,
    /// Paths that documents had before it and not after.
    pub lost: Vec<String>,
}

/// More paths than this are not gathered: documents with so many have their data in their names.
const MAX_PATHS: usize = 5_000;

/// Levels of documents that are looked into.
const MAX_LEVELS: usize = 8;

/// Compares the fields of documents before and after a stage. Inside what is new or gone as a whole nothing is named.
#[must_use]
pub fn field_changes(before: &[RawDocumentBuf], after: &[RawDocumentBuf]) -> FieldChanges {
    compare(&paths(before), &paths(after))
}

fn compare(before: &BTreeSet<String>, after: &BTreeSet<String>) -> FieldChanges {
    let only = |mine: &BTreeSet<String>, other: &BTreeSet<String>| {
        mine.iter()
            .filter(|path| !other.contains(*path))
            .filter(|path| match path.rsplit_once('.') {
                Some((parent, _)) => other.contains(parent),
                None => true,
            })
            .cloned()
            .collect()
    };
    FieldChanges {
        added: only(after, before),
        lost: only(before, after),
    }
}

/// The fields that a stage adds and loses, from its text and from documents that were really seen before and after it.
/// A field that is merely rare, and so not among the few documents seen, is not taken for one that is lost.
#[must_use]
pub fn stage_changes(
    stage: &str,
    database: &str,
    known: &dyn Fields,
    before: &[RawDocumentBuf],
    after: &[RawDocumentBuf],
) -> FieldChanges {
    let text = format!("[{stage}\n]");
    let sketch = Sketch::new(&text);
    let (seen_before, seen_after) = (paths(before), paths(after));
    let field = |path: &String| Field {
        path: path.clone(),
        ..Field::default()
    };
    let shape = Shape::of(seen_before.iter().map(field).collect());
    let follower = Follower {
        sketch: &sketch,
        fields: known,
        database,
    };
    let name = sketch
        .groups
        .get(1)
        .and_then(|array| array.parts.first())
        .map(|part| sketch.value(1, part));
    let name = match name {
        Some(Value::Document(stage)) => sketch.entries(stage).next().map(|(key, _)| key),
        _ => None,
    };
    if name.as_deref().is_some_and(super::keeps_documents) {
        return FieldChanges::default();
    }
    let told: BTreeSet<String> = follower
        .after(1, 1, shape, 0)
        .paths()
        .into_iter()
        .map(|(path, _)| path)
        .take(MAX_PATHS)
        .collect();
    if after.is_empty() {
        return compare(&seen_before, &told);
    }
    // What the text says is kept is kept; what is seen is there.
    let kept: BTreeSet<String> = seen_before.intersection(&told).cloned().collect();
    let all: BTreeSet<String> = seen_after.union(&kept).cloned().collect();
    compare(&seen_before, &all)
}

fn paths(documents: &[RawDocumentBuf]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut open: Vec<(&[u8], String, bool, usize)> = documents
        .iter()
        .map(|d| (d.as_bytes(), String::new(), false, 0))
        .collect();
    while let Some((bytes, prefix, array, level)) = open.pop() {
        for element in Elements::new(bytes) {
            // What is damaged has no fields that could be named.
            let Ok(element) = element else { break };
            if found.len() >= MAX_PATHS {
                return found;
            }
            let path = match (array, prefix.is_empty()) {
                (true, _) => prefix.clone(),
                (false, true) => element.key.to_owned(),
                (false, false) => format!("{prefix}.{}", element.key),
            };
            if matches!(element.kind, Kind::Document | Kind::Array) && level < MAX_LEVELS {
                let inner = element.kind == Kind::Array;
                open.push((element.bytes, path.clone(), inner, level + 1));
            }
            if !array {
                found.insert(path);
            }
        }
    }
    found
}
