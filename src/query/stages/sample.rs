//! What a preview after a stage asks of a server: the pipeline up to there, over a part of its input.
//!
//! Invariant: nothing that is made here writes. Sends nothing.

use bson::raw::RawBsonRef;
use bson::{RawArrayBuf, RawBson, RawDocument, rawdoc};

use crate::query::operation::{CursorMethod, Operation};
use crate::query::plan::{Refused, first_key};
use crate::query::statement::Statement;

/// Which documents of the collection go in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Sample {
    /// The first so many, in the server's order: a bounded read.
    #[default]
    Thousand,
    /// The first hundred: for stages that are dear.
    Hundred,
    /// The first ten thousand.
    TenThousand,
    /// A thousand that the server picks by chance.
    Random,
    /// All of them. Only time limits what is read.
    All,
}

impl Sample {
    /// The next one, as a key goes through them.
    #[must_use]
    pub fn next(self) -> Self {
        match self {
            Self::Thousand => Self::TenThousand,
            Self::TenThousand => Self::Random,
            Self::Random => Self::All,
            Self::All => Self::Hundred,
            Self::Hundred => Self::Thousand,
        }
    }

    /// At the most so many documents; `None` for all.
    #[must_use]
    pub fn size(self) -> Option<u32> {
        match self {
            Self::Hundred => Some(100),
            Self::Thousand | Self::Random => Some(1_000),
            Self::TenThousand => Some(10_000),
            Self::All => None,
        }
    }

    fn stage(self) -> Option<bson::RawDocumentBuf> {
        let size = i32::try_from(self.size()?).unwrap_or(i32::MAX);
        Some(match self {
            Self::Random => rawdoc! { "$sample": { "size": size } },
            _ => rawdoc! { "$limit": size },
        })
    }
}

/// Stages that only the begin of a pipeline may have.
const FIRST: &[&str] = &[
    "$changeStream",
    "$collStats",
    "$currentOp",
    "$documents",
    "$geoNear",
    "$indexStats",
    "$listLocalSessions",
    "$listSampledQueries",
    "$listSearchIndexes",
    "$listSessions",
    "$planCacheStats",
    "$queryStats",
    "$search",
    "$searchMeta",
    "$shardedDataDistribution",
    "$vectorSearch",
];

/// Levels of `$and` that are looked into.
const MAX_LEVELS: usize = 20;

/// Whether a stage makes its documents itself, or finds them in a way of its own, so that no stage can come before it.
#[must_use]
pub fn stands_first(stage: &RawDocument) -> bool {
    match first_key(stage) {
        "$match" => stage
            .get_document("$match")
            .is_ok_and(|filter| searches_text(filter, 0)),
        name => FIRST.contains(&name),
    }
}

fn searches_text(filter: &RawDocument, level: usize) -> bool {
    level < MAX_LEVELS
        && filter
            .iter()
            .flatten()
            .any(|(key, value)| match (key.as_str(), value) {
                ("$text", _) => true,
                ("$and" | "$or", RawBsonRef::Array(parts)) => {
                    parts.into_iter().flatten().any(|part| match part {
                        RawBsonRef::Document(part) => searches_text(part, level + 1),
                        _ => false,
                    })
                }
                _ => false,
            })
}

/// Whether documents come out of a stage as they went in, if at all.
#[must_use]
pub fn keeps_documents(name: &str) -> bool {
    matches!(
        name,
        "$match" | "$sort" | "$limit" | "$skip" | "$sample" | "$search" | "$vectorSearch"
    )
}

/// What a preview asks for.
#[derive(Debug, Clone, PartialEq)]
pub struct Sampled {
    /// Gives the first documents.
    pub documents: Statement,
    /// Gives one document with their number in `n`, or none for zero.
    pub count: Statement,
    /// Whether the sample is what goes in; not where the first stage finds its documents itself.
    pub of_input: bool,
}

/// Makes the statements of a preview out of an aggregation that was cut after a stage.
///
/// # Errors
/// Where it is no aggregation, waits for changes, or writes.
pub fn sampled(statement: &Statement, sample: Sample, rows: u32) -> Result<Sampled, Refused> {
    let Some(RawBson::Array(stages)) = statement
        .arguments
        .first()
        .filter(|_| statement.operation == Operation::Aggregate)
    else {
        return Err(Refused::new("only an aggregation has stages to preview"));
    };
    let mut all: Vec<RawBsonRef<'_>> = stages.into_iter().flatten().collect();
    let first = match all.first() {
        Some(RawBsonRef::Document(first)) => Some(*first),
        _ => None,
    };
    if first.is_some_and(|f| first_key(f) == "$changeStream") {
        return Err(
            Refused::new("`$changeStream` waits for changes: it has no preview")
                .with_help("run the statement to follow them"),
        );
    }
    let of_input = !first.is_some_and(stands_first);
    // Without a collection there is nothing to take a sample of.
    let limit = sample.stage().filter(|_| statement.collection.is_some());
    if let Some(limit) = &limit {
        all.insert(usize::from(!of_input), RawBsonRef::Document(limit));
    }
    let with = |last: &RawDocument| {
        let mut out = RawArrayBuf::new();
        for stage in all.iter().chain([&RawBsonRef::Document(last)]) {
            out.push(RawBson::from(*stage));
        }
        let mut made = statement.clone();
        made.arguments[0] = RawBson::Array(out);
        // How the cursor would be read, and for how long, is not the preview's.
        made.cursor.retain(|(method, _)| {
            matches!(
                method,
                CursorMethod::Collation
                    | CursorMethod::Hint
                    | CursorMethod::ReadPref
                    | CursorMethod::ReadConcern
                    | CursorMethod::AllowDiskUse
            )
        });
        made
    };
    let made = Sampled {
        documents: with(&rawdoc! { "$limit": i32::try_from(rows).unwrap_or(i32::MAX) }),
        count: with(&rawdoc! { "$count": "n" }),
        of_input,
    };
    if made.documents.consequence().writes() {
        return Err(Refused::new(
            "a stage that writes is never run by a preview",
        ));
    }
    Ok(made)
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
    use crate::value::extjson::{Layout, Mode, print};

    fn statement(text: &str) -> Statement {
        match parse(text, &Context::new("shop", 0)).unwrap() {
            Input::Statement(statement) => statement,
            Input::Value(_) => panic!("a value"),
        }
    }

    fn pipeline(text: &str, sample: Sample) -> String {
        let made = sampled(&statement(text), sample, 20).unwrap();
        print(
            made.documents.arguments[0].as_raw_bson_ref(),
            Mode::Relaxed,
            Layout::Compact,
        )
        .unwrap()
        .replace([' ', '"'], "")
    }

    #[test]
    fn a_sample_goes_in_before_the_first_stage() {
        let text = "db.a.aggregate([{$match: {x: 1}}]).maxTimeMS(5).itcount()";
        assert_eq!(
            pipeline(text, Sample::Thousand),
            "[{$limit:1000},{$match:{x:1}},{$limit:20}]"
        );
        assert_eq!(
            pipeline(text, Sample::Random),
            "[{$sample:{size:1000}},{$match:{x:1}},{$limit:20}]"
        );
        assert_eq!(pipeline(text, Sample::All), "[{$match:{x:1}},{$limit:20}]");
        let made = sampled(&statement(text), Sample::All, 20).unwrap();
        assert!(made.count.cursor.is_empty());
        assert!(made.of_input);
    }

    #[test]
    fn a_stage_that_must_be_first_stays_first() {
        for text in [
            "db.a.aggregate([{$geoNear: {near: [1, 2], distanceField: 'd'}}])",
            "db.a.aggregate([{$match: {$and: [{$text: {$search: 'x'}}]}}])",
        ] {
            let made = pipeline(text, Sample::Hundred);
            assert!(made.ends_with("},{$limit:100},{$limit:20}]"), "{made}");
        }
        assert!(
            pipeline("db.aggregate([{$documents: [{a: 1}]}])", Sample::Hundred)
                .ends_with("{$documents:[{a:1}]},{$limit:20}]")
        );
    }

    #[test]
    fn what_writes_or_waits_has_no_preview() {
        for text in [
            "db.a.aggregate([{$out: 'b'}])",
            "db.a.aggregate([{$match: {}}, {$merge: {into: 'b'}}])",
            "db.a.aggregate([{$changeStream: {}}])",
            "db.a.find({})",
        ] {
            assert!(
                sampled(&statement(text), Sample::All, 20).is_err(),
                "{text}"
            );
        }
    }
}
