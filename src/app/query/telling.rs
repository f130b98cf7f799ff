//! A statement that writes, in words: its text for the log, what it says for the question before it, and what the model
//! says against the values that it writes.
//!
//! Pure reading. Invariant: what is told is bounded, whatever the statement holds.

use bson::raw::CString;
use bson::{RawArrayBuf, RawBson, RawBsonRef, RawDocument, RawDocumentBuf};

use crate::app::words;
use crate::model::{Model, Violation};
use crate::query::{Operation, Statement};
use crate::value::cell::cut;
use crate::value::{Path, Step};

/// Columns of one part of a statement in a question.
const PART: usize = 210;
/// Writes of a `bulkWrite`, or documents, that a question shows.
const SHOWN: usize = 4;
/// Objections that a question shows.
const OBJECTIONS: usize = 4;
/// Documents and paths that are held to the model.
const LOOKED_AT: usize = 200;
/// Bytes of a statement in the log.
const LOGGED: usize = 4 << 10;

/// The statement as it would be typed: `db.users.updateMany({…}, {…})`; one that is very long ends in `…`.
pub(super) fn text(statement: &Statement) -> String {
    let place = match &statement.collection {
        Some(collection) => super::opening::place(collection),
        None => String::new(),
    };
    let mut out = format!("db{place}.{}(", statement.operation.name());
    for (i, argument) in statement.arguments.iter().enumerate() {
        if i > 0 {
            out.push_str(", ");
        }
        out.push_str(&words::line(argument.as_raw_bson_ref()));
        if out.len() > LOGGED {
            let end = (0..=LOGGED).rev().find(|at| out.is_char_boundary(*at));
            out.truncate(end.unwrap_or(0));
            out.push('…');
            return out;
        }
    }
    out.push(')');
    out
}

/// What the statement says, part by part, each with its name.
pub(super) fn parts(statement: &Statement) -> Vec<String> {
    use Operation as O;
    let given = &statement.arguments;
    let named = |names: &[&str]| -> Vec<String> {
        names
            .iter()
            .zip(given)
            .filter(|(name, value)| **name != "options" || !is_empty(value))
            .map(|(name, value)| part(name, value.as_raw_bson_ref()))
            .collect()
    };
    match statement.operation {
        O::UpdateOne | O::UpdateMany | O::FindOneAndUpdate => {
            named(&["filter", "change", "options"])
        }
        O::ReplaceOne | O::FindOneAndReplace => named(&["filter", "replacement", "options"]),
        O::DeleteOne | O::DeleteMany | O::FindOneAndDelete => named(&["filter", "options"]),
        O::InsertOne => named(&["document"]),
        O::FindAndModify | O::RunCommand | O::AdminCommand => named(&["command"]),
        O::CreateIndex => named(&["keys", "options"]),
        O::Aggregate => named(&["pipeline"]),
        O::DropIndex | O::HideIndex | O::UnhideIndex => named(&["index"]),
        O::InsertMany => several("document", given.first()),
        O::BulkWrite => several("write", given.first()),
        O::CreateIndexes => several("keys", given.first()),
        _ => Vec::new(),
    }
}

fn is_empty(value: &RawBson) -> bool {
    match value {
        RawBson::Document(document) => document.is_empty(),
        RawBson::Null | RawBson::Undefined => true,
        _ => false,
    }
}

fn part(name: &str, value: RawBsonRef<'_>) -> String {
    format!("{name}: {}", cut(&words::line(value), PART))
}

fn several(name: &str, list: Option<&RawBson>) -> Vec<String> {
    let Some(RawBson::Array(items)) = list else {
        return Vec::new();
    };
    let mut all = items.into_iter().flatten();
    let mut out: Vec<String> = (all.by_ref().take(SHOWN)).map(|v| part(name, v)).collect();
    match all.count() {
        0 => {}
        n => out.push(format!("and {n} more")),
    }
    out
}

/// Whether the statement changes documents, which nothing here takes back afterwards.
pub(super) fn changes_documents(operation: Operation) -> bool {
    use Operation as O;
    matches!(
        operation,
        O::UpdateOne
            | O::UpdateMany
            | O::ReplaceOne
            | O::DeleteOne
            | O::DeleteMany
            | O::InsertOne
            | O::InsertMany
            | O::FindOneAndUpdate
            | O::FindOneAndReplace
            | O::FindOneAndDelete
            | O::FindAndModify
            | O::BulkWrite
            | O::Aggregate
            | O::Drop
            | O::DropDatabase
    )
}

/// What the model says against the values that the statement writes, in sentences.
pub(super) fn objections(statement: &Statement, model: &Model) -> Vec<String> {
    use Operation as O;
    let mut found: Vec<Violation> = Vec::new();
    let given = &statement.arguments;
    match statement.operation {
        O::UpdateOne | O::UpdateMany | O::FindOneAndUpdate => {
            if let Some(RawBson::Document(update)) = given.get(1) {
                of_update(model, update, &mut found);
            }
        }
        O::ReplaceOne | O::FindOneAndReplace => {
            if let Some(RawBson::Document(document)) = given.get(1) {
                of_document(model, document, &mut found);
            }
        }
        O::InsertOne => {
            if let Some(RawBson::Document(document)) = given.first() {
                of_document(model, document, &mut found);
            }
        }
        O::InsertMany => {
            if let Some(RawBson::Array(documents)) = given.first() {
                for document in documents.into_iter().flatten().take(LOOKED_AT) {
                    if let RawBsonRef::Document(document) = document {
                        of_document(model, document, &mut found);
                    }
                }
            }
        }
        O::BulkWrite => {
            if let Some(RawBson::Array(writes)) = given.first() {
                for write in writes.into_iter().flatten().take(LOOKED_AT) {
                    of_write(model, write, &mut found);
                }
            }
        }
        _ => {}
    }
    let mut said: Vec<String> = Vec::new();
    for violation in &found {
        let text = format!("! the model `{}`: {}", model.name, violation.message);
        if !said.contains(&text) {
            said.push(text);
        }
    }
    let more = said.len().saturating_sub(OBJECTIONS);
    said.truncate(OBJECTIONS);
    if more > 0 {
        said.push(format!("! and {more} more that the model says against it"));
    }
    said
}

/// One write of a `bulkWrite`.
fn of_write(model: &Model, write: RawBsonRef<'_>, found: &mut Vec<Violation>) {
    let RawBsonRef::Document(write) = write else {
        return;
    };
    for (kind, what) in write.iter().flatten() {
        let RawBsonRef::Document(what) = what else {
            continue;
        };
        let inner = |name: &str| what.get_document(name).ok();
        match kind.as_str() {
            "insertOne" => {
                if let Some(document) = inner("document") {
                    of_document(model, document, found);
                }
            }
            "replaceOne" => {
                if let Some(document) = inner("replacement") {
                    of_document(model, document, found);
                }
            }
            "updateOne" | "updateMany" => {
                if let Some(update) = inner("update") {
                    of_update(model, update, found);
                }
            }
            _ => {}
        }
    }
}

/// A whole document. Its `_id` may be made on the way.
fn of_document(model: &Model, document: &RawDocument, found: &mut Vec<Violation>) {
    let id = Path::root().key("_id");
    let all = model.validate(document).into_iter();
    found.extend(all.filter(|v| v.path != id));
}

/// The operators of an update: values that are set, and fields that are made.
fn of_update(model: &Model, update: &RawDocument, found: &mut Vec<Violation>) {
    for (operator, fields) in update.iter().flatten() {
        let RawBsonRef::Document(fields) = fields else {
            continue;
        };
        let sets = matches!(operator.as_str(), "$set" | "$setOnInsert");
        let makes = matches!(
            operator.as_str(),
            "$inc" | "$mul" | "$min" | "$max" | "$push" | "$addToSet" | "$currentDate"
        );
        if !sets && !makes {
            continue;
        }
        for (field, value) in fields.iter().flatten().take(LOOKED_AT) {
            let path = path_of(field.as_str());
            let Some(document) = nested(&path, value) else {
                continue;
            };
            let all = model.validate(&document).into_iter();
            // All else that a document must have is there already.
            found.extend(
                all.filter(|v| {
                    path.contains(&v.path) || (v.kind == "strict" && v.path.contains(&path))
                })
                .filter(|v| sets || v.kind == "strict"),
            );
        }
    }
}

/// A path in dot notation; numbers and `$` stand for an element of an array.
fn path_of(text: &str) -> Path {
    let steps = text.split('.').map(|step| {
        let is_element = step.starts_with('$') || step.bytes().all(|b| b.is_ascii_digit());
        match is_element && !step.is_empty() {
            true => Step::Index(0),
            false => Step::Key(step.to_owned()),
        }
    });
    Path(steps.collect())
}

/// A document with nothing but this value at this path.
fn nested(path: &Path, value: RawBsonRef<'_>) -> Option<RawDocumentBuf> {
    let mut value = RawBson::from(value);
    for step in path.0.iter().rev() {
        value = match step {
            Step::Key(key) => {
                let mut document = RawDocumentBuf::new();
                document.append(CString::try_from(key.as_str()).ok()?, value);
                RawBson::Document(document)
            }
            Step::Index(_) => {
                let mut array = RawArrayBuf::new();
                array.push(value);
                RawBson::Array(array)
            }
        };
    }
    match value {
        RawBson::Document(document) => Some(document),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use bson::{Bson, rawdoc};

    use super::*;
    use crate::model::{Field, Kind, Schema, Source};

    fn statement(operation: Operation, arguments: Vec<RawBson>) -> Statement {
        Statement {
            database: "shop".to_owned(),
            collection: Some("users".to_owned()),
            operation,
            arguments,
            cursor: Vec::new(),
        }
    }

    fn model() -> Model {
        let mut goal = Field::new("goal", Kind::String, 1);
        goal.choices = vec![Bson::String("hired".to_owned())];
        Model {
            name: "User".to_owned(),
            database: None,
            collection: "users".to_owned(),
            domain: None,
            schemas: vec![Schema {
                fields: vec![goal, Field::new("age", Kind::Number, 2)],
                ..Schema::EMPTY
            }],
            indexes: Vec::new(),
            source: Source::default(),
            gaps: Vec::new(),
            validator: None,
        }
    }

    #[test]
    fn a_write_is_told_part_by_part_and_as_it_would_be_typed() {
        let arguments = vec![
            RawBson::Document(rawdoc! {"goal": "hired"}),
            RawBson::Document(rawdoc! {"$set": {"flag": true}}),
        ];
        let update = statement(Operation::UpdateMany, arguments);
        assert_eq!(
            text(&update),
            "db.users.updateMany({ goal: 'hired' }, { $set: { flag: true } })"
        );
        assert_eq!(
            parts(&update),
            [
                "filter: { goal: 'hired' }",
                "change: { $set: { flag: true } }"
            ]
        );
        let long = RawBson::Document(rawdoc! {"a": "x".repeat(100_000)});
        let insert = statement(Operation::InsertOne, vec![long]);
        assert!(text(&insert).len() < 2 * LOGGED);
        assert!(parts(&insert)[0].len() < 2 * PART);
    }

    #[test]
    fn the_model_objects_to_fields_that_it_lacks_and_to_values_that_it_refuses() {
        let of = |update: RawDocumentBuf| {
            let arguments = vec![RawBson::Document(rawdoc! {}), RawBson::Document(update)];
            objections(&statement(Operation::UpdateMany, arguments), &model())
        };
        let said = of(rawdoc! {"$set": {"flag": true, "goal": "fired"}, "$inc": {"agee": 1}});
        assert_eq!(said.len(), 3, "{said:?}");
        assert!(said[0].contains("`flag` is not in the model"), "{said:?}");
        assert!(said[1].contains("fired"), "{said:?}");
        assert!(said[2].contains("`agee` is not in the model"), "{said:?}");
        assert_eq!(
            of(rawdoc! {"$set": {"goal": "hired"}, "$inc": {"age": 1}, "$unset": {"old": ""}}),
            Vec::<String>::new()
        );
    }
}
