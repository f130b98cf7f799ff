//! An aggregation as a view: what is kept in the database, and what cannot be.
//!
//! Sends nothing.

use bson::raw::RawBsonRef;
use bson::{RawArrayBuf, RawBson, RawDocument, RawDocumentBuf};

use crate::query::operation::{CursorMethod, Operation};
use crate::query::plan::{Refused, first_key};
use crate::query::statement::Statement;

/// Stages that no view can have, since they write or tell of the server rather than of a collection.
const REFUSED: &[&str] = &[
    "$changeStream",
    "$collStats",
    "$currentOp",
    "$documents",
    "$indexStats",
    "$listLocalSessions",
    "$listSampledQueries",
    "$listSearchIndexes",
    "$listSessions",
    "$merge",
    "$out",
    "$planCacheStats",
    "$queryStats",
    "$shardedDataDistribution",
];

/// Levels of documents that are looked into for pipelines.
const MAX_LEVELS: usize = 40;

/// What a view is made of.
#[derive(Debug, Clone, PartialEq)]
pub struct View {
    /// The collection or view that it reads.
    pub on: String,
    /// Its stages.
    pub pipeline: RawArrayBuf,
    /// How it compares texts, where the statement says it.
    pub collation: Option<RawDocumentBuf>,
    /// What the statement says of a run and a view cannot keep: `hint`, `maxTimeMS`, ….
    pub left_out: Vec<String>,
}

impl View {
    /// The fields of the `create` command, but for the name.
    #[must_use]
    pub fn options(&self) -> RawDocumentBuf {
        let mut out =
            bson::rawdoc! { "viewOn": self.on.as_str(), "pipeline": self.pipeline.clone() };
        if let Some(collation) = &self.collation {
            out.append(bson::raw::cstr!("collation"), collation.clone());
        }
        out
    }
}

/// An aggregation as a view.
///
/// # Errors
/// Why it cannot be one.
pub fn view_of(statement: &Statement) -> Result<View, Refused> {
    let (Operation::Aggregate, Some(RawBson::Array(pipeline))) =
        (statement.operation, statement.arguments.first())
    else {
        return Err(Refused::new("only an aggregation can be saved as a view")
            .with_help("write `db.NAME.aggregate([…])`"));
    };
    let Some(on) = &statement.collection else {
        return Err(
            Refused::new("a view reads a collection").with_help("write `db.NAME.aggregate([…])`")
        );
    };
    for stage in pipeline.into_iter().flatten() {
        if let RawBsonRef::Document(stage) = stage
            && let Some(name) = refused(stage, 0)
        {
            return Err(
                Refused::new(format!("a view cannot have the stage `{name}`"))
                    .with_help("disable the stage first"),
            );
        }
    }
    let mut view = View {
        on: on.clone(),
        pipeline: pipeline.clone(),
        collation: None,
        left_out: Vec::new(),
    };
    if let Some(RawBson::Document(options)) = statement.arguments.get(1) {
        for (key, value) in options.iter().flatten() {
            match (key.as_str(), value) {
                ("collation", RawBsonRef::Document(collation)) => {
                    view.collation = Some(collation.to_owned());
                }
                ("let", RawBsonRef::Document(names)) if !names.is_empty() => {
                    return Err(Refused::new("a view cannot have names given by `let`")
                        .with_help("write their values into the stages"));
                }
                (name, _) => view.left_out.push(name.to_owned()),
            }
        }
    }
    for (method, arguments) in &statement.cursor {
        match (method, arguments.first()) {
            (CursorMethod::Collation, Some(RawBson::Document(collation))) => {
                view.collation = Some(collation.clone());
            }
            (CursorMethod::ToArray | CursorMethod::Pretty, _) => {}
            (method, _) => view.left_out.push(method.name().to_owned()),
        }
    }
    Ok(view)
}

/// The first stage, of this one and those inside it, that no view can have.
fn refused(stage: &RawDocument, level: usize) -> Option<String> {
    let name = first_key(stage);
    if REFUSED.contains(&name) {
        return Some(name.to_owned());
    }
    if level > MAX_LEVELS {
        return None;
    }
    let Ok(Some(RawBsonRef::Document(inside))) = stage.get(name) else {
        return None;
    };
    let facet = name == "$facet";
    for (key, value) in inside.iter().flatten() {
        if let RawBsonRef::Array(stages) = value
            && (facet || key.as_str() == "pipeline")
        {
            for stage in stages.into_iter().flatten() {
                if let RawBsonRef::Document(stage) = stage
                    && let Some(name) = refused(stage, level + 1)
                {
                    return Some(name);
                }
            }
        }
    }
    None
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

    fn view(text: &str) -> Result<View, Refused> {
        match parse(text, &Context::new("shop", 0)).unwrap() {
            Input::Statement(statement) => view_of(&statement),
            Input::Value(_) => panic!("a value"),
        }
    }

    #[test]
    fn a_view_keeps_stages_and_collation_and_tells_what_it_cannot_keep() {
        let made = view(
            "db.a.aggregate([{$match: {x: 1}}], {collation: {locale: 'sv'}, allowDiskUse: true, hint: 'x_1'}).toArray()",
        )
        .unwrap();
        assert_eq!(made.on, "a");
        assert_eq!(made.left_out, ["allowDiskUse", "hint"]);
        assert_eq!(made.options().get_str("viewOn").unwrap(), "a");
        assert!(made.options().get_document("collation").is_ok());
    }

    #[test]
    fn what_writes_or_tells_of_the_server_is_no_view() {
        for text in [
            "db.a.aggregate([{$out: 'b'}])",
            "db.a.aggregate([{$merge: 'b'}])",
            "db.a.aggregate([{$lookup: {from: 'b', pipeline: [{$collStats: {}}], as: 'x'}}])",
            "db.a.aggregate([{$facet: {x: [{$indexStats: {}}]}}])",
            "db.aggregate([{$currentOp: {}}])",
            "db.a.aggregate([], {let: {x: 1}})",
            "db.a.find({})",
        ] {
            assert!(view(text).is_err(), "{text}");
        }
    }
}
