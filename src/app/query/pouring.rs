//! Where a pipeline pours its result: what `$out` and `$merge` would replace, for the question before they run.

use bson::{RawBson, RawBsonRef, RawDocument};

use crate::app::words;
use crate::mongo::request::{CollectionSize, Namespace};
use crate::query::Statement;

/// The stage with which a pipeline writes.
fn last(statement: &Statement) -> Option<&RawDocument> {
    let Some(RawBson::Array(stages)) = statement.arguments.first() else {
        return None;
    };
    stages.into_iter().flatten().last()?.as_document()
}

/// The collection that a pipeline writes to; `None` for one that only reads.
pub(super) fn target(statement: &Statement) -> Option<Namespace> {
    let (key, value) = last(statement)?.iter().flatten().next()?;
    let value = match (key.as_str(), value) {
        ("$out", value) => value,
        ("$merge", RawBsonRef::Document(merge)) => merge.get("into").ok().flatten()?,
        ("$merge", value) => value,
        _ => return None,
    };
    match value {
        RawBsonRef::String(name) => Some(Namespace::new(statement.database.clone(), name)),
        RawBsonRef::Document(place) => {
            let database = place.get_str("db").unwrap_or(&statement.database);
            Some(Namespace::new(database, place.get_str("coll").ok()?))
        }
        _ => None,
    }
}

/// What becomes of what the target holds, in sentences. `size` is `None` where it does not exist.
pub(super) fn said(
    statement: &Statement,
    target: &Namespace,
    size: Option<CollectionSize>,
) -> String {
    let holds = match size {
        None => String::new(),
        Some(size) => match (size.documents, size.bytes) {
            (1, 0) => "1 document".to_owned(),
            (n, 0) => format!("{} documents", words::grouped(n)),
            (1, bytes) => format!("1 document ({})", words::bytes(bytes)),
            (n, bytes) => format!("{} documents ({})", words::grouped(n), words::bytes(bytes)),
        },
    };
    let merge = match last(statement).and_then(|s| s.get("$merge").ok().flatten()) {
        None => {
            return match size {
                None => format!("`{target}` does not exist so far: it is created."),
                Some(size) if size.documents == 0 => {
                    format!("`{target}` is there and holds no document; its indexes stay.")
                }
                Some(_) => format!("This replaces {holds} of `{target}`; its indexes stay."),
            };
        }
        Some(RawBsonRef::Document(merge)) => merge.to_owned(),
        Some(_) => bson::RawDocumentBuf::new(),
    };
    let there = match size {
        None => format!("`{target}` does not exist so far: it is created."),
        Some(size) if size.documents == 0 => format!("`{target}` holds no document now."),
        Some(_) => format!("`{target}` holds {holds} now."),
    };
    format!("{there} {}", of_merge(&merge))
}

/// `whenMatched` and `whenNotMatched` in words.
fn of_merge(merge: &RawDocument) -> String {
    let on = match merge.get("on") {
        Ok(Some(RawBsonRef::String(field))) => format!("`{field}`"),
        Ok(Some(RawBsonRef::Array(fields))) => {
            let names: Vec<String> = fields
                .into_iter()
                .flatten()
                .filter_map(|f| Some(format!("`{}`", f.as_str()?)))
                .collect();
            names.join(" and ")
        }
        _ => "`_id`".to_owned(),
    };
    let matched = match merge.get("whenMatched") {
        Ok(Some(RawBsonRef::String("replace"))) => "is replaced",
        Ok(Some(RawBsonRef::String("keepExisting"))) => "stays as it is",
        Ok(Some(RawBsonRef::String("fail"))) => "ends the run with an error",
        Ok(Some(RawBsonRef::Array(_))) => "is changed by the pipeline of `whenMatched`",
        _ => "is merged with the new one, field by field",
    };
    let other = match merge.get("whenNotMatched") {
        Ok(Some(RawBsonRef::String("discard"))) => "one that is not there is dropped",
        Ok(Some(RawBsonRef::String("fail"))) => "one that is not there ends the run with an error",
        _ => "one that is not there is inserted",
    };
    format!("A document that is there already, by {on}, {matched}; {other}.")
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::panic,
        reason = "a test fails by panicking"
    )]

    use super::*;
    use crate::query::{Context, Input, parse};

    fn statement(text: &str) -> Statement {
        match parse(text, &Context::new("shop", 0)).unwrap() {
            Input::Statement(statement) => statement,
            Input::Value(_) => panic!("a value"),
        }
    }

    fn words_of(text: &str, documents: Option<u64>) -> String {
        let statement = statement(text);
        let target = target(&statement).unwrap();
        let size = documents.map(|documents| CollectionSize {
            documents,
            bytes: documents * 100,
        });
        said(&statement, &target, size)
    }

    #[test]
    fn what_out_replaces_is_told() {
        let out = "db.a.aggregate([{$out: {db: 'other', coll: 'b'}}])";
        assert_eq!(
            words_of(out, Some(12_340)),
            "This replaces 12,340 documents (1.2 MB) of `other.b`; its indexes stay."
        );
        assert_eq!(
            words_of(out, None),
            "`other.b` does not exist so far: it is created."
        );
    }

    #[test]
    fn what_merge_does_is_told_in_words() {
        assert_eq!(
            words_of("db.a.aggregate([{$merge: 'b'}])", Some(2)),
            "`shop.b` holds 2 documents (200 B) now. A document that is there already, by `_id`, is merged with the new one, field by field; one that is not there is inserted."
        );
        let all = "db.a.aggregate([{$merge: {into: 'b', on: ['x', 'y'], whenMatched: 'fail', whenNotMatched: 'discard'}}])";
        assert_eq!(
            words_of(all, None),
            "`shop.b` does not exist so far: it is created. A document that is there already, by `x` and `y`, ends the run with an error; one that is not there is dropped."
        );
    }
}
