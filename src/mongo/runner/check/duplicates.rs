//! Values that several documents have, where the model wants them once and no index of the server sees to it.

use std::collections::BTreeSet;

use bson::raw::CString;
use bson::{Bson, Document, RawBson, RawDocumentBuf, doc};

use crate::model::{Index, Kind, Model};
use crate::mongo::failure::integer;
use crate::mongo::link::Call;
use crate::mongo::request::Failure;
use crate::mongo::request::drift::{Check, DuplicateValue, Duplicates};
use crate::mongo::runner::read;
use crate::value::Path;

/// How many values are told of.
const MOST: i64 = 20;

/// Looks for documents that a unique index would refuse; `None` where there are none.
pub(super) async fn find(
    call: &Call,
    check: &Check,
    index: &Index,
) -> Result<Option<Duplicates>, Failure> {
    let namespace = &check.namespace;
    let words = |e: mongodb::error::Error| call.failure(&e, Some(namespace));
    let mut command = doc! {
        "aggregate": namespace.collection.as_str(),
        "pipeline": pipeline(&check.model, index, check.limit),
        "allowDiskUse": true,
        "cursor": {},
    };
    if let Some(collation) = index.options.get("collation") {
        command.insert("collation", collation.clone());
    }
    let command = RawDocumentBuf::try_from(&command).map_err(|e| words(e.into()))?;
    let mut reply = None;
    read::every(call, &namespace.database, command, |d| {
        reply = Document::try_from(d).ok();
    })
    .await
    .map_err(words)?;
    Ok(reply.and_then(|r| understood(&r, index)))
}

fn understood(reply: &Document, index: &Index) -> Option<Duplicates> {
    let keys: Vec<String> = index.keys.keys().cloned().collect();
    let total = reply.get_array("total").ok()?.first()?.as_document()?;
    let count = |d: &Document, key: &str| {
        integer(d.get(key))
            .and_then(|n| u64::try_from(n).ok())
            .unwrap_or(0)
    };
    let examples = reply
        .get_array("most")
        .into_iter()
        .flatten()
        .filter_map(Bson::as_document)
        .map(|found| {
            let mut value = RawDocumentBuf::new();
            for (number, key) in keys.iter().enumerate() {
                let part = found
                    .get_document("_id")
                    .ok()
                    .and_then(|v| v.get(format!("k{number}")))
                    .cloned()
                    .unwrap_or(Bson::Null);
                if let (Ok(key), Ok(part)) =
                    (CString::try_from(key.clone()), RawBson::try_from(part))
                {
                    value.append(key, part);
                }
            }
            let mut examples: Vec<RawBson> = ["first", "last"]
                .iter()
                .filter_map(|k| found.get(k).cloned())
                .filter_map(|id| RawBson::try_from(id).ok())
                .collect();
            examples.dedup();
            DuplicateValue {
                value,
                documents: count(found, "n"),
                examples,
            }
        })
        .collect();
    Some(Duplicates {
        keys,
        values: count(total, "values"),
        documents: count(total, "documents"),
        examples,
    })
}

/// Counts documents by what a unique index would have of them: a missing field counts as `null`, an array by its elements.
fn pipeline(model: &Model, index: &Index, limit: Option<u64>) -> Vec<Document> {
    let mut stages = Vec::new();
    if let Some(limit) = limit {
        stages.push(doc! { "$limit": i64::try_from(limit).unwrap_or(i64::MAX) });
    }
    if let Ok(partial) = index.options.get_document("partialFilterExpression") {
        stages.push(doc! { "$match": partial.clone() });
    }
    if index.options.get_bool("sparse").unwrap_or(false) {
        let any: Vec<Document> = index
            .keys
            .keys()
            .map(|key| {
                let mut is_there = Document::new();
                is_there.insert(key.clone(), doc! { "$exists": true });
                is_there
            })
            .collect();
        stages.push(doc! { "$match": { "$or": any } });
    }
    let arrays = arrays(model, index);
    for path in &arrays {
        stages.push(
            doc! { "$unwind": { "path": format!("${path}"), "preserveNullAndEmptyArrays": true } },
        );
    }
    let mut value = Document::new();
    for (number, key) in index.keys.keys().enumerate() {
        value.insert(
            format!("k{number}"),
            doc! { "$ifNull": [format!("${key}"), Bson::Null] },
        );
    }
    if arrays.is_empty() {
        stages.push(doc! { "$group": { "_id": value, "n": { "$sum": 1 }, "first": { "$first": "$_id" }, "last": { "$last": "$_id" } } });
    } else {
        // A value that one document has twice is no duplicate.
        stages.push(doc! { "$group": { "_id": { "v": value, "d": "$_id" } } });
        stages.push(doc! { "$group": { "_id": "$_id.v", "n": { "$sum": 1 }, "first": { "$first": "$_id.d" }, "last": { "$last": "$_id.d" } } });
    }
    stages.push(doc! { "$match": { "n": { "$gt": 1 } } });
    stages.push(doc! { "$facet": {
        "total": [{ "$group": { "_id": Bson::Null, "values": { "$sum": 1 }, "documents": { "$sum": "$n" } } }],
        "most": [{ "$sort": { "n": -1, "_id": 1 } }, { "$limit": MOST }],
    } });
    stages
}

/// The arrays that the keys of an index lead through, outer ones first.
fn arrays(model: &Model, index: &Index) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for key in index.keys.keys() {
        let names: Vec<&str> = key.split('.').collect();
        for end in 1..=names.len() {
            let prefix = names[..end].join(".");
            let field = model.field(&Path::from_dotted(&prefix));
            if field.is_some_and(|f| matches!(f.kind, Kind::Array(_))) {
                found.insert(prefix);
            }
        }
    }
    found
}
