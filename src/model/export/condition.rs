//! A condition on a document as keywords of `$jsonSchema`.
//!
//! Invariant: a document passes the keywords exactly if the condition holds for it.

use bson::{Bson, Document, doc};

use crate::model::Condition;

const DEEPEST: usize = 32;

/// The keywords that let exactly the documents pass of which `condition` holds.
pub(super) fn keywords(condition: &Condition, depth: usize) -> Document {
    if depth > DEEPEST {
        return doc! { "not": {} };
    }
    let all = |list: &[Condition]| -> Vec<Bson> {
        list.iter()
            .map(|c| Bson::Document(keywords(c, depth + 1)))
            .collect()
    };
    match condition {
        Condition::Constant(true) => Document::new(),
        Condition::Constant(false) => doc! { "not": {} },
        Condition::OneOf(path, values) => {
            let mut distinct: Vec<Bson> = Vec::new();
            for value in values {
                // A missing value and `null` are equal to none of them.
                if *value != Bson::Null && !distinct.contains(value) {
                    distinct.push(value.clone());
                }
            }
            if distinct.is_empty() {
                return doc! { "not": {} };
            }
            below(path, doc! { "enum": distinct }, true)
        }
        Condition::Truthy(path) => below(
            path,
            doc! { "not": { "enum": [Bson::Null, false, 0, ""] } },
            true,
        ),
        Condition::Not(inner) => doc! { "not": keywords(inner, depth + 1) },
        Condition::All(list) if list.is_empty() => Document::new(),
        Condition::All(list) => doc! { "allOf": all(list) },
        Condition::Any(list) if list.is_empty() => doc! { "not": {} },
        Condition::Any(list) => doc! { "anyOf": all(list) },
    }
}

/// `inner` for the value at `path`; `must_be_there` where a missing one does not pass.
pub(super) fn below(path: &[String], inner: Document, must_be_there: bool) -> Document {
    let mut out = inner;
    for (i, name) in path.iter().enumerate().rev() {
        let mut properties = Document::new();
        properties.insert(name.clone(), out);
        out = Document::new();
        if i > 0 {
            out.insert("bsonType", "object");
        }
        if must_be_there {
            out.insert("required", vec![name.clone()]);
        }
        out.insert("properties", properties);
    }
    out
}
