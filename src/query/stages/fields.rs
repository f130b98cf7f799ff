//! What a stage does to the fields of documents: those that appear and those that go.

use std::collections::BTreeSet;

use bson::RawDocumentBuf;

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
    let (before, after) = (paths(before), paths(after));
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
        added: only(&after, &before),
        lost: only(&before, &after),
    }
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
