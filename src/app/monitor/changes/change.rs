//! A change as a row: what the server told, in a line.

use std::sync::Arc;

use bson::{RawBsonRef, RawDocument, RawDocumentBuf};

use crate::app::words;

/// A change that came.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// When, by the server's clock, in milliseconds since the epoch.
    pub at: i64,
    /// `insert`, `update`, `delete`, ….
    pub kind: String,
    /// The database.
    pub database: String,
    /// The collection.
    pub collection: String,
    /// The document's key, on a line.
    pub key: String,
    /// What changed, on a line.
    pub what: String,
    /// The change as the server told it.
    pub event: Arc<RawDocumentBuf>,
}

/// A change, with its lines.
pub(super) fn read(event: Arc<RawDocumentBuf>, told: i64) -> Change {
    let text = |key: &str| event.get_str(key).unwrap_or_default().to_owned();
    let inside = |key: &str| event.get_document(key).ok();
    let at = match event.get("wallTime") {
        Ok(Some(RawBsonRef::DateTime(at))) => at.timestamp_millis(),
        _ => event
            .get_timestamp("clusterTime")
            .map_or(told, |t| i64::from(t.time) * 1000),
    };
    let ns = inside("ns");
    let collection = ns.and_then(|ns| ns.get_str("coll").ok());
    let collection = collection.unwrap_or_default().to_owned();
    let database = ns.and_then(|ns| ns.get_str("db").ok());
    let database = database.unwrap_or_default().to_owned();
    let key = inside("documentKey")
        .and_then(|k| k.get("_id").ok().flatten())
        .map(|id| crate::value::cell::brief(id, 60))
        .unwrap_or_default();
    let what = match (inside("fullDocument"), inside("updateDescription")) {
        (_, Some(update)) => describe(update),
        (Some(document), None) => short(document),
        (None, None) => inside("to").map(short).unwrap_or_default(),
    };
    Change {
        at,
        kind: text("operationType"),
        database,
        collection,
        key,
        what,
        event,
    }
}

/// The most of a change's text that a row needs.
const ROW: usize = 400;

fn short(document: &RawDocument) -> String {
    match document.as_bytes().len() <= ROW {
        true => words::document_line(document),
        false => crate::value::cell::brief(RawBsonRef::Document(document), ROW),
    }
}

fn describe(update: &RawDocument) -> String {
    let mut parts = Vec::new();
    if let Ok(set) = update.get_document("updatedFields")
        && !set.is_empty()
    {
        parts.push(format!("set {}", short(set)));
    }
    if let Ok(removed) = update.get_array("removedFields") {
        let names: Vec<&str> = removed
            .into_iter()
            .flatten()
            .filter_map(|name| name.as_str())
            .take(20)
            .collect();
        if !names.is_empty() {
            parts.push(format!("unset {}", names.join(", ")));
        }
    }
    if let Ok(truncated) = update.get_array("truncatedArrays")
        && !truncated.is_empty()
    {
        parts.push("shortened arrays".to_owned());
    }
    parts.join("; ")
}
