//! A shape as a row of the list: what it is ordered and narrowed by, what tells it from the others, and all that is
//! known of it.

use std::cmp::Ordering;
use std::time::Duration;

use crate::app::monitor::filter::{Subject, Vocabulary};
use crate::app::words;
use crate::mongo::request::observe::SlowShape;

/// What the list can be ordered by, as the columns are called.
pub(super) const ORDERS: &[&str] = &[
    "together",
    "count",
    "p95",
    "p50",
    "looked at",
    "given",
    "namespace",
    "shape",
];

/// What the list can be narrowed by.
pub(super) const WORDS: Vocabulary = Vocabulary {
    fields: &["ns", "op", "app", "plan"],
    states: &["scan"],
};

impl Subject for SlowShape {
    fn texts(&self, field: Option<&str>, each: &mut dyn FnMut(&str)) {
        let texts = [
            ("ns", Some(self.namespace.as_str())),
            ("op", Some(&self.operation)),
            ("app", self.application.as_deref()),
            ("plan", self.plan.as_deref()),
        ];
        let named = texts
            .iter()
            .filter(|(name, _)| field.is_none_or(|f| f == *name));
        named.filter_map(|(_, text)| *text).for_each(&mut *each);
        if field.is_none() {
            each(&self.shape);
        }
    }

    fn is(&self, state: &str) -> bool {
        state == "scan" && is_scan(self)
    }

    fn took(&self) -> Option<Duration> {
        Some(self.p95)
    }
}

/// Whether documents were found by reading the whole collection.
#[must_use]
pub fn is_scan(shape: &SlowShape) -> bool {
    let plan = shape.plan.as_deref();
    plan.is_some_and(|p| p.starts_with("COLLSCAN"))
}

/// Two rows by the column of a title, in its own direction: figures fall, texts rise.
pub(super) fn compare(title: &str, a: &SlowShape, b: &SlowShape) -> Ordering {
    let first = match title {
        "count" => b.count.cmp(&a.count),
        "p95" => b.p95.cmp(&a.p95),
        "p50" => b.p50.cmp(&a.p50),
        "looked at" => b.examined.cmp(&a.examined),
        "given" => b.returned.cmp(&a.returned),
        "namespace" => a.namespace.cmp(&b.namespace),
        "shape" => (&a.operation, &a.shape).cmp(&(&b.operation, &b.shape)),
        _ => Ordering::Equal,
    };
    first.then_with(|| b.total.cmp(&a.total))
}

/// What tells a shape from the others.
pub(super) fn key(shape: &SlowShape) -> (String, String, String) {
    let SlowShape {
        namespace,
        operation,
        shape,
        ..
    } = shape;
    (namespace.clone(), operation.clone(), shape.clone())
}

/// Everything about a shape.
pub(super) fn whole(shape: &SlowShape) -> String {
    let mut lines = vec![
        format!("{:<14}{}", "shape", shape.shape),
        format!(
            "{:<14}{} (by the {})",
            "count",
            words::count(shape.count),
            shape.source.word()
        ),
        format!(
            "{:<14}p50 {}, p95 {}, longest {}, together {}",
            "took",
            words::span(shape.p50),
            words::span(shape.p95),
            words::span(shape.longest),
            words::span(shape.total)
        ),
        format!(
            "{:<14}{} looked at, {} given",
            "documents",
            words::count(shape.examined),
            words::count(shape.returned)
        ),
        format!("{:<14}{} UTC", "last", crate::value::cell::date(shape.last)),
    ];
    if let Some(plan) = &shape.plan {
        lines.push(format!("{:<14}{plan}", "plan"));
    }
    if let Some(application) = &shape.application {
        lines.push(format!("{:<14}{application}", "application"));
    }
    lines.push(format!(
        "\nthe slowest:\n{}",
        words::document_text(&shape.example)
    ));
    if shape.cut {
        lines.push("(parts of it are too long and left out)".to_owned());
    }
    lines.join("\n")
}
