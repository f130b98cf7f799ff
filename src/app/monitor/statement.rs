//! A server's command as the statement that a person would have typed.
//!
//! Only commands that are whole: a statement that lacks a part of its filter would be another one.

use bson::{RawBsonRef, RawDocument, RawDocumentBuf};

use crate::app::query::opening::place;
use crate::app::words;

/// A statement, and where it belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recalled {
    /// The database.
    pub database: String,
    /// The collection, where it is about one.
    pub collection: Option<String>,
    /// The text.
    pub text: String,
}

/// Options of a command that say nothing to a person, or that the statement gets anew.
const PLUMBING: &[&str] = &[
    "$db",
    "comment",
    "maxTimeMS",
    "readConcern",
    "writeConcern",
    "cursor",
    "batchSize",
    "ordered",
    "bypassDocumentValidation",
    "fromMongos",
    "needsMerge",
    "runtimeConstants",
    "$readPreference",
    "$clusterTime",
    "lsid",
    "singleBatch",
];

/// The statement of a command that ran on `namespace` as an operation of this `kind`; `None` where it cannot be said.
#[must_use]
pub fn recall(namespace: &str, kind: &str, command: &RawDocument) -> Option<Recalled> {
    let (first, target) = command.iter().flatten().next()?;
    let (first, target) = (first.as_str(), target.as_str());
    let (by_namespace, collection) = match namespace.split_once('.') {
        Some((database, collection)) => (database, Some(collection)),
        None => (namespace, None),
    };
    let database = command.get_str("$db").unwrap_or(by_namespace).to_owned();
    // What the command names wins: the namespace of a later batch may be that of its cursor.
    let collection = match first {
        "q" => collection,
        _ => target.or(collection),
    }
    .filter(|c| !c.starts_with('$'));
    let on = |method: &str, arguments: String| {
        Some(format!("db{}.{method}({arguments})", place(collection?)))
    };
    let text = match first {
        "find" => find(command, collection?),
        "aggregate" => {
            let pipeline = value(command, "pipeline")?;
            let options = options(command, &["aggregate", "pipeline"]);
            let arguments = join(pipeline, options);
            match target {
                Some(_) => on("aggregate", arguments),
                None => Some(format!("db.aggregate({arguments})")),
            }
        }
        "count" => on("count", value(command, "query").unwrap_or_default()),
        "distinct" => {
            let key = value(command, "key")?;
            on("distinct", join(key, value(command, "query")))
        }
        "q" if command.get("u").ok().flatten().is_some() => {
            let many = command.get_bool("multi").unwrap_or(false);
            update(command, many).and_then(|(method, arguments)| on(method, arguments))
        }
        "q" if matches!(kind, "remove" | "delete" | "command") => {
            let one = command.get_i32("limit").is_ok_and(|n| n == 1);
            on(
                if one { "deleteOne" } else { "deleteMany" },
                value(command, "q")?,
            )
        }
        "update" => {
            let one = only(command, "updates")?;
            let many = one.get_bool("multi").unwrap_or(false);
            update(one, many).and_then(|(method, arguments)| on(method, arguments))
        }
        "delete" => {
            let one = only(command, "deletes")?;
            let limited = one.get_i32("limit").is_ok_and(|n| n == 1);
            on(
                if limited { "deleteOne" } else { "deleteMany" },
                value(one, "q")?,
            )
        }
        "findAndModify" | "findandmodify" => {
            let query = value(command, "query").unwrap_or_else(|| "{}".to_owned());
            if command.get_bool("remove").unwrap_or(false) {
                on("findOneAndDelete", query)
            } else {
                let update = value(command, "update")?;
                let method = match replaces(command.get("update").ok().flatten()) {
                    true => "findOneAndReplace",
                    false => "findOneAndUpdate",
                };
                on(method, format!("{query}, {update}"))
            }
        }
        "createIndexes" if only(command, "indexes").is_some() => {
            let one = only(command, "indexes")?;
            let mut options = RawDocumentBuf::new();
            for (key, value) in one.iter().flatten() {
                if !matches!(key.as_str(), "key" | "v" | "ns") {
                    options.append(key, value);
                }
            }
            let options = (!options.is_empty()).then(|| words::document_line(&options));
            on("createIndex", join(value(one, "key")?, options))
        }
        // Without its documents, or its cursor, it says nothing.
        "insert" | "getMore" | "getmore" | "killCursors" | "$truncated" => None,
        _ => {
            let mut plain = RawDocumentBuf::new();
            for (key, value) in command.iter().flatten() {
                if !PLUMBING.contains(&key.as_str()) {
                    plain.append(key, value);
                }
            }
            Some(format!("db.runCommand({})", words::document_line(&plain)))
        }
    }?;
    Some(Recalled {
        database,
        collection: collection.map(str::to_owned),
        text,
    })
}

fn value(command: &RawDocument, key: &str) -> Option<String> {
    command.get(key).ok().flatten().map(words::line)
}

fn join(first: String, second: Option<String>) -> String {
    match second {
        Some(second) if second != "{}" => format!("{first}, {second}"),
        _ => first,
    }
}

/// What else a command says, but for what is plumbing.
fn options(command: &RawDocument, without: &[&str]) -> Option<String> {
    let mut left = RawDocumentBuf::new();
    for (key, value) in command.iter().flatten() {
        if !PLUMBING.contains(&key.as_str()) && !without.contains(&key.as_str()) {
            left.append(key, value);
        }
    }
    (!left.is_empty()).then(|| words::document_line(&left))
}

fn find(command: &RawDocument, collection: &str) -> Option<String> {
    let filter = value(command, "filter").unwrap_or_else(|| "{}".to_owned());
    let projection = value(command, "projection").filter(|p| p != "{}");
    let arguments = match (filter.as_str(), &projection) {
        ("{}", None) => String::new(),
        _ => join(filter, projection),
    };
    let mut text = format!("db{}.find({arguments})", place(collection));
    for method in ["sort", "hint", "collation", "skip", "limit", "max", "min"] {
        let given = match command.get(method).ok().flatten() {
            // How wide a number is that a person typed, nobody typed.
            Some(RawBsonRef::Int64(n)) => Some(n.to_string()),
            other => other.map(words::line),
        };
        let given = given.filter(|v| v != "{}" && v != "0");
        if let Some(given) = given {
            text.push_str(&format!(".{method}({given})"));
        }
    }
    Some(text)
}

fn replaces(update: Option<RawBsonRef<'_>>) -> bool {
    match update {
        Some(RawBsonRef::Document(document)) => document
            .iter()
            .flatten()
            .next()
            .is_none_or(|(key, _)| !key.as_str().starts_with('$')),
        _ => false,
    }
}

fn update(one: &RawDocument, many: bool) -> Option<(&'static str, String)> {
    let method = match (many, replaces(one.get("u").ok().flatten())) {
        (true, _) => "updateMany",
        (false, true) => "replaceOne",
        (false, false) => "updateOne",
    };
    let upsert = one
        .get_bool("upsert")
        .unwrap_or(false)
        .then(|| "{upsert: true}".to_owned());
    let arguments = format!("{}, {}", value(one, "q")?, value(one, "u")?);
    Some((method, join(arguments, upsert)))
}

/// The one write of a command that has several places for them.
fn only<'a>(command: &'a RawDocument, key: &str) -> Option<&'a RawDocument> {
    let mut all = command.get_array(key).ok()?.into_iter().flatten();
    let first = all.next()?;
    if all.next().is_some() {
        return None;
    }
    first.as_document()
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        reason = "a test fails by panicking"
    )]

    use bson::rawdoc;

    use super::*;
    use crate::query::{Context, Input, parse};

    #[test]
    fn commands_become_statements_that_parse() {
        let cases = [
            (
                "command",
                rawdoc! { "find": "orders", "filter": { "a": { "$gt": 1 } }, "sort": { "a": -1 }, "limit": 5_i64, "batchSize": 101, "$db": "shop" },
                "db.orders.find({ a: { $gt: 1 } }).sort({ a: -1 }).limit(5)",
            ),
            (
                "command",
                rawdoc! { "find": "my-orders", "$db": "shop" },
                "db.getCollection('my-orders').find()",
            ),
            (
                "command",
                rawdoc! { "aggregate": "orders", "pipeline": [{ "$match": { "a": 1 } }], "cursor": {}, "allowDiskUse": true, "$db": "shop" },
                "db.orders.aggregate([{ $match: { a: 1 } }], { allowDiskUse: true })",
            ),
            (
                "command",
                rawdoc! { "count": "orders", "query": { "a": 1 } },
                "db.orders.count({ a: 1 })",
            ),
            (
                "command",
                rawdoc! { "distinct": "orders", "key": "a", "query": {} },
                "db.orders.distinct('a')",
            ),
            (
                "update",
                rawdoc! { "q": { "_id": 1 }, "u": { "$set": { "a": 2 } }, "multi": false, "upsert": true },
                "db.orders.updateOne({ _id: 1 }, { $set: { a: 2 } }, {upsert: true})",
            ),
            (
                "remove",
                rawdoc! { "q": { "a": 1 }, "limit": 0 },
                "db.orders.deleteMany({ a: 1 })",
            ),
            (
                "command",
                rawdoc! { "findAndModify": "orders", "query": { "a": 1 }, "update": { "$inc": { "n": 1 } } },
                "db.orders.findOneAndUpdate({ a: 1 }, { $inc: { n: 1 } })",
            ),
            (
                "command",
                rawdoc! { "createIndexes": "orders", "indexes": [{ "v": 2, "key": { "a": 1 }, "name": "a_1" }], "$db": "shop" },
                "db.orders.createIndex({ a: 1 }, { name: 'a_1' })",
            ),
            (
                "command",
                rawdoc! { "dbStats": 1, "$db": "shop", "lsid": {} },
                "db.runCommand({ dbStats: 1 })",
            ),
        ];
        for (kind, command, wanted) in cases {
            let recalled = recall("shop.orders", kind, &command).unwrap();
            assert_eq!(recalled.text, wanted);
            assert_eq!(recalled.database, "shop");
            let parsed = parse(&recalled.text, &Context::new("shop", 0));
            assert!(
                matches!(parsed, Ok(Input::Statement(_))),
                "{wanted}: {parsed:?}"
            );
        }
    }

    #[test]
    fn what_lacks_a_part_has_no_statement() {
        for command in [
            rawdoc! { "insert": "orders", "ordered": true },
            rawdoc! { "getMore": 12_i64, "collection": "orders" },
            rawdoc! { "$truncated": "{ find: …" },
            rawdoc! { "update": "orders", "updates": [{ "q": {}, "u": {} }, { "q": {}, "u": {} }] },
            rawdoc! {},
        ] {
            assert_eq!(recall("shop.orders", "command", &command), None);
        }
    }
}
