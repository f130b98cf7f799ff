//! Groups slow operations by what they have in common, without their values.

use std::collections::HashMap;
use std::time::Duration;

use bson::{RawArray, RawBsonRef, RawDocument, RawDocumentBuf};

use crate::mongo::request::observe::{SlowShape, SlowSource};
use crate::value::shell::print_key;

/// One slow operation.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    pub(super) source: SlowSource,
    pub(super) at: i64,
    pub(super) namespace: String,
    /// Whether it is a later batch of a cursor, and `command` the one that opened it.
    pub(super) more: bool,
    pub(super) kind: String,
    pub(super) command: RawDocumentBuf,
    pub(super) cut: bool,
    pub(super) millis: u64,
    pub(super) examined: u64,
    pub(super) returned: u64,
    pub(super) plan: Option<String>,
    pub(super) application: Option<String>,
}

/// The longest shape, in characters.
const MOST_CHARS: usize = 400;

/// Documents inside each other that are told apart.
const MOST_DEPTH: usize = 12;

/// The most shapes that are told of.
const MOST_SHAPES: usize = 500;

/// Groups entries, the largest sum of time first.
pub(super) fn group(entries: Vec<Entry>) -> Vec<SlowShape> {
    let mut groups: HashMap<(String, String, String), Vec<Entry>> = HashMap::new();
    for entry in entries {
        let (operation, shape) = describe(&entry);
        let key = (entry.namespace.clone(), operation, shape);
        groups.entry(key).or_default().push(entry);
    }
    let mut shapes: Vec<SlowShape> = groups
        .into_iter()
        .filter_map(|((namespace, operation, shape), entries)| {
            sum(namespace, operation, shape, entries)
        })
        .collect();
    shapes.sort_by(|a, b| {
        (b.total, &a.namespace, &a.operation, &a.shape).cmp(&(
            a.total,
            &b.namespace,
            &b.operation,
            &b.shape,
        ))
    });
    shapes.truncate(MOST_SHAPES);
    shapes
}

fn sum(
    namespace: String,
    operation: String,
    shape: String,
    entries: Vec<Entry>,
) -> Option<SlowShape> {
    let last = entries.iter().max_by_key(|e| e.at)?;
    let (at, plan, application) = (last.at, last.plan.clone(), last.application.clone());
    let of = |source| entries.iter().filter(move |e: &&Entry| e.source == source);
    // Both sources may tell of the same operation.
    let source = if of(SlowSource::Log).count() > of(SlowSource::Profiler).count() {
        SlowSource::Log
    } else {
        SlowSource::Profiler
    };
    let mut times: Vec<u64> = of(source).map(|e| e.millis).collect();
    times.sort_unstable();
    let rank = |share: usize| {
        let place = (times.len() * share).div_ceil(100).saturating_sub(1);
        Duration::from_millis(times.get(place).copied().unwrap_or(0))
    };
    let total = |each: fn(&Entry) -> u64| of(source).map(each).fold(0, u64::saturating_add);
    let example = of(source).max_by_key(|e| e.millis)?;
    Some(SlowShape {
        source,
        count: times.len() as u64,
        p50: rank(50),
        p95: rank(95),
        longest: rank(100),
        total: Duration::from_millis(total(|e| e.millis)),
        examined: total(|e| e.examined),
        returned: total(|e| e.returned),
        plan,
        application,
        last: at,
        example: example.command.clone(),
        cut: example.cut,
        namespace,
        operation,
        shape,
    })
}

/// The operation and its shape.
fn describe(entry: &Entry) -> (String, String) {
    let command = entry.command.as_ref();
    let first = command
        .iter()
        .flatten()
        .next()
        .map(|(key, _)| key.as_str().to_owned())
        .unwrap_or_default();
    let operation = match (first.as_str(), entry.kind.as_str()) {
        ("q", "remove" | "delete") => "delete".to_owned(),
        ("q", _) => "update".to_owned(),
        ("", kind) => kind.to_owned(),
        (name, _) => name.to_owned(),
    };
    let operation = if entry.more {
        format!("getMore of {operation}")
    } else {
        operation
    };
    let mut out = Shape::default();
    for key in [
        "filter", "query", "q", "pipeline", "key", "update", "u", "updates", "deletes",
    ] {
        if let Ok(Some(value)) = command.get(key) {
            // The name of a collection is no part of the shape.
            if matches!(value, RawBsonRef::String(_)) && key != "key" {
                continue;
            }
            out.space();
            let sight = match (key, value) {
                ("key", _) => Sight::LITERAL,
                ("pipeline", _) | ("u" | "update", RawBsonRef::Array(_)) => Sight::STAGES,
                _ => Sight::VALUES,
            };
            out.value(value, 0, sight);
        }
    }
    for key in ["sort", "hint"] {
        if let Ok(Some(value)) = command.get(key) {
            out.space();
            out.push(key);
            out.push(" ");
            out.value(value, 0, Sight::LITERAL);
        }
    }
    (operation, out.finish())
}

/// What of a value is kept.
#[derive(Clone, Copy)]
struct Sight {
    /// The value itself: directions of a sort, a field's name.
    literal: bool,
    /// Texts that begin with `$`, where they name a field and are no value.
    paths: bool,
    /// Each element of an array, since they are stages of a pipeline.
    stages: bool,
}

impl Sight {
    const VALUES: Self = Self {
        literal: false,
        paths: false,
        stages: false,
    };
    const LITERAL: Self = Self {
        literal: true,
        ..Self::VALUES
    };
    const STAGES: Self = Self {
        paths: true,
        stages: true,
        ..Self::VALUES
    };
}

/// Text of a shape, up to its bound.
#[derive(Default)]
struct Shape {
    text: String,
    chars: usize,
    full: bool,
}

impl Shape {
    fn push(&mut self, text: &str) {
        if self.full {
            return;
        }
        let count = text.chars().count();
        if self.chars + count > MOST_CHARS {
            self.full = true;
            self.text.push('…');
            return;
        }
        self.chars += count;
        self.text.push_str(text);
    }

    fn space(&mut self) {
        if !self.text.is_empty() {
            self.push(" ");
        }
    }

    /// A value without what differs from one operation to the next.
    fn value(&mut self, value: RawBsonRef<'_>, depth: usize, sight: Sight) {
        if self.full {
            return;
        }
        match value {
            RawBsonRef::Document(_) | RawBsonRef::Array(_) if depth == MOST_DEPTH => {
                self.push("…");
            }
            RawBsonRef::Document(document) => self.document(document, depth, sight),
            RawBsonRef::Array(array) => self.array(array, depth, sight),
            RawBsonRef::String(text) if sight.paths && text.starts_with('$') && text.len() < 80 => {
                self.push("'");
                self.push(&crate::value::text::sanitize(text));
                self.push("'");
            }
            RawBsonRef::String(text) if sight.literal && text.len() < 80 => {
                self.push(&crate::value::text::sanitize(text));
            }
            RawBsonRef::Int32(n) if sight.literal => self.push(&n.to_string()),
            RawBsonRef::Int64(n) if sight.literal => self.push(&n.to_string()),
            RawBsonRef::Double(n) if sight.literal => self.push(&n.to_string()),
            _ => self.push("?"),
        }
    }

    /// Many elements of one shape are one place; but each stage of a pipeline counts.
    fn array(&mut self, array: &RawArray, depth: usize, sight: Sight) {
        self.push("[");
        let mut seen: Vec<String> = Vec::new();
        let inside = Sight {
            stages: false,
            ..sight
        };
        for element in array.into_iter().flatten() {
            let mut one = Self {
                chars: self.chars + 2,
                ..Self::default()
            };
            one.value(element, depth + 1, inside);
            if !sight.stages && seen.contains(&one.text) {
                continue;
            }
            if !seen.is_empty() {
                self.push(", ");
            }
            if self.full {
                break;
            }
            self.text.push_str(&one.text);
            self.chars = one.chars;
            self.full = one.full;
            seen.push(one.text);
            if self.full {
                break;
            }
        }
        self.push("]");
    }

    fn document(&mut self, document: &RawDocument, depth: usize, sight: Sight) {
        self.push("{");
        for (place, (key, value)) in document.iter().flatten().enumerate() {
            if self.full {
                break;
            }
            if place > 0 {
                self.push(", ");
            }
            let key = key.as_str();
            self.push(&print_key(key));
            self.push(": ");
            let inside = match key {
                "$sort" => Sight::LITERAL,
                // What stands in a filter is a value, whatever it begins with.
                "$match" | "q" => Sight::VALUES,
                "$expr" => Sight {
                    paths: true,
                    ..Sight::VALUES
                },
                "pipeline" => Sight::STAGES,
                // Names of collections and fields.
                "from" | "localField" | "foreignField" | "as" | "coll" if sight.paths => {
                    Sight::LITERAL
                }
                "u" if matches!(value, RawBsonRef::Array(_)) => Sight::STAGES,
                _ => Sight {
                    stages: false,
                    ..sight
                },
            };
            match (key, value) {
                // As many as there are, also none.
                ("$in" | "$nin", RawBsonRef::Array(array)) if array.is_empty() => self.push("[?]"),
                _ => self.value(value, depth + 1, inside),
            }
        }
        self.push("}");
    }

    fn finish(self) -> String {
        self.text
    }
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

    fn entry(source: SlowSource, at: i64, millis: u64, command: RawDocumentBuf) -> Entry {
        Entry {
            source,
            at,
            namespace: "shop.orders".into(),
            more: false,
            kind: "command".into(),
            command,
            cut: false,
            millis,
            examined: 10,
            returned: 1,
            plan: Some("COLLSCAN".into()),
            application: None,
        }
    }

    fn find(status: &str) -> RawDocumentBuf {
        rawdoc! { "find": "orders", "filter": { "status": status, "n": { "$in": [1, 2, 3] } }, "sort": { "at": -1 } }
    }

    #[test]
    fn operations_that_differ_in_values_alone_are_one_shape() {
        let entries = (1..=20)
            .map(|i| entry(SlowSource::Profiler, i, i as u64 * 10, find(&i.to_string())))
            .collect();
        let shapes = group(entries);
        let [one] = shapes.as_slice() else {
            panic!("{shapes:#?}");
        };
        assert_eq!(one.shape, "{status: ?, n: {$in: [?]}} sort {at: -1}");
        assert_eq!((one.count, one.operation.as_str()), (20, "find"));
        assert_eq!(one.p50, Duration::from_millis(100));
        assert_eq!(one.p95, Duration::from_millis(190));
        assert_eq!(one.longest, Duration::from_millis(200));
        assert_eq!((one.examined, one.returned, one.last), (200, 20, 20));
        assert_eq!(one.example, find("20"));
    }

    #[test]
    fn what_both_sources_tell_is_counted_once() {
        let mut entries = vec![entry(SlowSource::Profiler, 1, 5, find("a"))];
        entries.push(entry(SlowSource::Log, 2, 500, find("a")));
        entries.push(entry(SlowSource::Log, 3, 600, find("a")));
        let shapes = group(entries);
        assert_eq!((shapes[0].source, shapes[0].count), (SlowSource::Log, 2));
        assert_eq!(shapes[0].last, 3);
    }

    #[test]
    fn a_pipeline_keeps_its_stages_and_paths() {
        let command = rawdoc! { "aggregate": "orders", "pipeline": [
            { "$match": { "a": 1 } }, { "$group": { "_id": "$b", "n": { "$sum": 1 } } }, { "$sort": { "n": -1 } },
        ] };
        let shapes = group(vec![entry(SlowSource::Log, 1, 5, command)]);
        assert_eq!(
            shapes[0].shape,
            "[{$match: {a: ?}}, {$group: {_id: '$b', n: {$sum: ?}}}, {$sort: {n: -1}}]"
        );
    }

    #[test]
    fn lists_of_any_length_are_one_shape_and_a_value_is_no_path() {
        let filters = [
            rawdoc! { "a": { "$in": [1, 2, 3] } },
            rawdoc! { "a": { "$in": ["x"] } },
            rawdoc! { "a": { "$in": [] } },
            rawdoc! { "a": { "$in": ["$5", bson::oid::ObjectId::new()] } },
        ];
        let of = |filter: RawDocumentBuf| rawdoc! { "find": "orders", "filter": filter };
        let entries = filters.map(|f| entry(SlowSource::Log, 1, 5, of(f)));
        let shapes = group(entries.to_vec());
        assert_eq!(shapes.len(), 1, "{shapes:#?}");
        assert_eq!(shapes[0].shape, "{a: {$in: [?]}}");
        for (filter, shape) in [
            (
                rawdoc! { "$or": [{ "a": 1 }, { "a": 2 }, { "b": 3 }, { "a": 4 }] },
                "{$or: [{a: ?}, {b: ?}]}",
            ),
            (
                rawdoc! { "$expr": { "$gt": ["$a", 5] }, "b": "$a" },
                "{$expr: {$gt: ['$a', ?]}, b: ?}",
            ),
            (
                rawdoc! { "tags": { "$all": [["x", 1], ["y", 2]] } },
                "{tags: {$all: [[?]]}}",
            ),
        ] {
            let shapes = group(vec![entry(SlowSource::Log, 1, 5, of(filter))]);
            assert_eq!(shapes[0].shape, shape);
        }
    }

    #[test]
    fn each_stage_of_a_pipeline_counts_and_its_filters_hold_values() {
        let command = rawdoc! { "aggregate": "orders", "pipeline": [
            { "$unwind": "$a" }, { "$unwind": "$a" }, { "$match": { "price": "$5" } },
            { "$lookup": { "from": "users", "pipeline": [{ "$limit": 1 }, { "$limit": 2 }], "as": "u" } },
        ] };
        let shapes = group(vec![entry(SlowSource::Log, 1, 5, command)]);
        assert_eq!(
            shapes[0].shape,
            "[{$unwind: '$a'}, {$unwind: '$a'}, {$match: {price: ?}}, {$lookup: {from: users, pipeline: [{$limit: ?}, {$limit: ?}], as: u}}]"
        );
        let update =
            rawdoc! { "q": { "_id": 1 }, "u": [{ "$set": { "a": "$b" } }], "multi": false };
        let shapes = group(vec![entry(SlowSource::Log, 1, 5, update)]);
        assert_eq!(shapes[0].shape, "{_id: ?} [{$set: {a: '$b'}}]");
    }

    #[test]
    fn updates_and_deletes_are_told_apart() {
        let update = rawdoc! { "q": { "_id": 1 }, "u": { "$set": { "a": 2 } }, "multi": false };
        let mut delete = entry(
            SlowSource::Log,
            1,
            5,
            rawdoc! { "q": { "_id": 1 }, "limit": 1 },
        );
        delete.kind = "remove".into();
        let shapes = group(vec![entry(SlowSource::Log, 1, 9, update), delete]);
        let seen: Vec<(&str, &str)> = shapes
            .iter()
            .map(|s| (s.operation.as_str(), s.shape.as_str()))
            .collect();
        assert_eq!(
            seen,
            [
                ("update", "{_id: ?} {$set: {a: ?}}"),
                ("delete", "{_id: ?}")
            ]
        );
    }

    #[test]
    fn a_shape_is_bounded_however_deep_or_long_the_command_is() {
        let mut deep = rawdoc! { "a": 1 };
        for _ in 0..60 {
            deep = rawdoc! { "a": deep };
        }
        let mut long = RawDocumentBuf::new();
        for i in 0..5_000 {
            let key = bson::raw::CString::try_from(format!("field{i}")).unwrap();
            long.append(key, i);
        }
        for filter in [deep, long] {
            let command = rawdoc! { "find": "orders", "filter": filter };
            let shapes = group(vec![entry(SlowSource::Log, 1, 5, command)]);
            assert!(shapes[0].shape.chars().count() <= MOST_CHARS + 1);
        }
    }
}
