//! An operation as a row of the list: what it is ordered and narrowed by, and what is said of it on a line and in full.

use std::cmp::Ordering;
use std::time::Duration;

use crate::app::monitor::filter::{Subject, Vocabulary};
use crate::app::monitor::statement::recall;
use crate::app::words;
use crate::mongo::request::observe::{OperationId, RunningOperation};

/// What the list can be ordered by, as the columns are called.
pub(super) const ORDERS: &[&str] = &[
    "running",
    "namespace",
    "plan",
    "client",
    "locks",
    "statement",
];

/// What the list can be narrowed by.
pub const WORDS: Vocabulary = Vocabulary {
    fields: &[
        "ns", "client", "app", "user", "plan", "op", "lock", "comment", "id",
    ],
    states: &["ours", "waiting", "transaction", "internal"],
};

/// What an operation does, on one line.
pub(super) fn line(operation: &RunningOperation) -> String {
    let recalled = (!operation.cut)
        .then(|| recall(&operation.namespace, &operation.kind, &operation.command))
        .flatten();
    match recalled {
        Some(recalled) => recalled.text,
        None if operation.command.is_empty() => operation.thread.clone(),
        None => words::document_line(&operation.command),
    }
}

/// An operation beside its line.
pub(super) struct Listed<'o> {
    pub(super) operation: &'o RunningOperation,
    pub(super) line: &'o str,
}

impl Subject for Listed<'_> {
    fn texts(&self, field: Option<&str>, each: &mut dyn FnMut(&str)) {
        let one = self.operation;
        let mut tell = |name: &str, text: Option<&str>| {
            if field.is_none_or(|f| f == name)
                && let Some(text) = text
            {
                each(text);
            }
        };
        tell("ns", Some(&one.namespace));
        tell("client", one.client.as_deref());
        tell("app", one.application.as_deref());
        tell("user", one.user.as_deref());
        tell("plan", one.plan.as_deref());
        tell("op", Some(&one.kind));
        tell("comment", one.comment.as_deref());
        for lock in &one.locks {
            tell("lock", Some(lock));
        }
        if field.is_none() {
            each(self.line);
            each(&one.thread);
        }
        // A number alone would be found in most of them.
        if field == Some("id") {
            each(&one.id.to_string());
        }
    }

    fn is(&self, state: &str) -> bool {
        match state {
            "ours" => self.operation.ours,
            "waiting" => self.operation.waits,
            "transaction" => self.operation.transaction.is_some(),
            "internal" => self.operation.is_internal(),
            _ => false,
        }
    }

    fn took(&self) -> Option<Duration> {
        lasting(self.operation)
    }
}

/// How long an operation has been running, or its transaction been open while nothing runs.
#[must_use]
pub fn lasting(operation: &RunningOperation) -> Option<Duration> {
    operation.running.or(operation.transaction)
}

/// The strongest lock of an operation, on what is the smallest: `Collection w`.
#[must_use]
pub fn lock_of(operation: &RunningOperation) -> String {
    let last = operation.locks.last();
    last.map(|l| l.replace(": ", " ")).unwrap_or_default()
}

/// Two rows by the column of a title, in its own direction: times fall, texts rise.
pub(super) fn compare(title: &str, first: &Listed<'_>, second: &Listed<'_>) -> Ordering {
    let (a, b) = (first.operation, second.operation);
    let client = |o: &RunningOperation| (o.application.clone(), o.client.clone());
    // What has nothing to be ordered by comes last.
    let texts = |a: &str, b: &str| (a.is_empty(), a).cmp(&(b.is_empty(), b));
    let ordering = match title {
        "namespace" => texts(&a.namespace, &b.namespace),
        "plan" => texts(
            a.plan.as_deref().unwrap_or_default(),
            b.plan.as_deref().unwrap_or_default(),
        ),
        "client" => client(a).cmp(&client(b)),
        // Who waits first, then who holds most.
        "locks" => (b.waits, b.locks.len()).cmp(&(a.waits, a.locks.len())),
        "statement" => texts(first.line, second.line),
        _ => Ordering::Equal,
    };
    ordering.then_with(|| lasting(b).cmp(&lasting(a)))
}

/// Everything about an operation.
pub(super) fn describe(operation: &RunningOperation) -> String {
    let mut lines = Vec::new();
    let mut told = |name: &str, value: Option<String>| {
        if let Some(value) = value.filter(|v| !v.is_empty()) {
            lines.push(format!("{name:<12}{value}"));
        }
    };
    let yes = |flag: bool, text: &str| flag.then(|| text.to_owned());
    told("running", operation.running.map(words::span));
    told("kind", Some(operation.kind.clone()));
    told("namespace", Some(operation.namespace.clone()));
    told("client", operation.client.clone());
    told("application", operation.application.clone());
    told("user", operation.user.clone());
    told("thread", Some(operation.thread.clone()));
    told("plan", operation.plan.clone());
    told("progress", operation.how_far());
    told("waits", yes(operation.waits, "for a lock"));
    told("locks", Some(operation.locks.join(", ")));
    told(
        "yields",
        (operation.yields > 0).then(|| words::count(operation.yields)),
    );
    told(
        "transaction",
        operation
            .transaction
            .map(|open| format!("open for {}", words::span(open))),
    );
    told("comment", operation.comment.clone());
    told("cursor", operation.cursor.map(|id| id.to_string()));
    told(
        "stopping",
        yes(operation.kill_pending, "it was told to stop"),
    );
    told("ours", yes(operation.ours, "this program started it"));
    let mut text = lines.join("\n");
    let recalled = recall(&operation.namespace, &operation.kind, &operation.command);
    if let Some(recalled) = recalled.filter(|_| !operation.cut) {
        text.push_str(&format!("\n\n{}", recalled.text));
    }
    if !operation.command.is_empty() {
        text.push_str(&format!("\n\n{}", words::document_text(&operation.command)));
    }
    if operation.cut {
        text.push_str("\n\n(parts of the command are too long and left out)");
    }
    text
}

/// What an operation is called.
pub(super) fn named(id: &OperationId) -> String {
    match id.session() {
        Some(_) => id.to_string(),
        None => format!("operation {id}"),
    }
}
