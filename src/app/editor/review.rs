//! What is about to be written, shown before it is: the changed paths, the statement, the violations.
//!
//! Invariant: the write that is sent is the one that was shown.

use std::sync::Arc;

use bson::{RawBson, RawDocument, RawDocumentBuf};

use crate::model::{Model, Severity, Violation};
use crate::mongo::request::{Namespace, Write};
use crate::value::diff::{Change, diff};
use crate::value::shell::{Style, print, print_document};
use crate::value::update::{self, PlanError};
use crate::value::{Path, Step, Value};

/// The largest document that a server keeps, in bytes.
pub const LARGEST: usize = 16 << 20;
/// How many lines of one value are shown.
const MOST_LINES: usize = 200;
/// How much of one line is shown, in bytes.
const MOST_BYTES: usize = 16 << 10;

/// What a line of a review tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// A path whose value changes.
    Changed,
    /// A path that comes.
    Added,
    /// A path that goes.
    Removed,
    /// What was there.
    Old,
    /// What will be there.
    New,
    /// Something about it.
    Note,
    /// A violation that stands in the way.
    Error,
    /// A violation that does not.
    Warning,
    /// The statement.
    Statement,
    /// The head of a part.
    Title,
    /// Nothing.
    Blank,
}

/// One line of a review; it is wrapped when drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// What it tells.
    pub mark: Mark,
    /// Its text.
    pub text: String,
}

/// A write that waits for the person's word.
#[derive(Debug, Clone)]
pub struct Review {
    /// What is sent.
    pub write: Write,
    /// The document as it will be.
    pub after: Arc<RawDocumentBuf>,
    /// The changed paths in dot notation, for the log of writes.
    pub paths: Vec<String>,
    /// The write as one statement for mongosh.
    pub statement: String,
    /// What the document as it will be breaks.
    pub violations: Vec<Violation>,
    /// Whether the person overrode the violations for this write.
    pub overridden: bool,
    /// Whether the cursor is on *Yes*.
    pub on_yes: bool,
    /// The lines that are shown.
    pub lines: Vec<Line>,
    /// The first line shown.
    pub first: usize,
}

impl Review {
    /// The review of a change of `base` into `edited`.
    ///
    /// # Errors
    /// Why there is nothing to write, or why it cannot be written.
    pub fn change(
        namespace: &Namespace,
        base: &RawDocument,
        edited: &RawDocument,
        model: Option<&Model>,
    ) -> Result<Self, PlanError> {
        let plan = update::plan(base, edited)?;
        let statement = update::mongosh_line(&namespace.database, &namespace.collection, &plan)
            .unwrap_or_default();
        let after = update::simulate(base, &plan.change)?;
        let id = id_of(base);
        let violations = judge(model, Some(base), &after, &plan.changes);
        let paths = plan.changes.iter().map(|c| c.path().dotted()).collect();
        let mut lines = lines_of(&plan.changes);
        if matches!(plan.change, update::Write::Replace(_)) {
            lines.push(note(
                "no update operator can say this: the whole document is replaced",
            ));
        }
        let write = Write::planned(namespace.clone(), id, plan);
        Ok(Self::new(write, after, paths, statement, violations, lines))
    }

    /// The review of a new document, which has its `_id`.
    #[must_use]
    pub fn insert(namespace: &Namespace, document: RawDocumentBuf, model: Option<&Model>) -> Self {
        let violations = judge(model, None, &document, &[]);
        let statement = insert_line(namespace, &document);
        let lines = lines_of(&diff(&RawDocumentBuf::new(), &document).unwrap_or_default());
        let write = Write::Insert {
            namespace: namespace.clone(),
            document: document.clone(),
        };
        Self::new(write, document, Vec::new(), statement, violations, lines)
    }

    fn new(
        write: Write,
        after: RawDocumentBuf,
        paths: Vec<String>,
        statement: String,
        mut violations: Vec<Violation>,
        changes: Vec<Line>,
    ) -> Self {
        violations.sort_by_key(|v| std::cmp::Reverse(v.severity));
        let mut lines = Vec::new();
        for violation in &violations {
            let mark = match violation.severity {
                Severity::Error => Mark::Error,
                Severity::Warning => Mark::Warning,
            };
            let text = format!("{}  {}", violation.path, violation.message);
            lines.push(Line { mark, text });
        }
        if !violations.is_empty() {
            lines.push(blank());
        }
        lines.extend(changes);
        lines.push(blank());
        lines.push(Line {
            mark: Mark::Title,
            text: "the statement".to_owned(),
        });
        lines.push(Line {
            mark: Mark::Statement,
            text: cut(&statement),
        });
        Self {
            write,
            after: Arc::new(after),
            paths,
            statement,
            violations,
            overridden: false,
            on_yes: false,
            lines,
            first: 0,
        }
    }

    /// The violations that stand in the way of the write.
    pub fn errors(&self) -> impl Iterator<Item = &Violation> {
        self.violations
            .iter()
            .filter(|v| v.severity == Severity::Error)
    }

    /// Whether violations stand in the way, and were not overridden.
    #[must_use]
    pub fn is_blocked(&self) -> bool {
        !self.overridden && self.errors().next().is_some()
    }

    /// The overridden violations as the log of writes keeps them.
    #[must_use]
    pub fn overridden(&self) -> Vec<String> {
        if !self.overridden {
            return Vec::new();
        }
        self.errors()
            .map(|v| format!("{}: {}", v.path.dotted(), v.kind))
            .collect()
    }

    /// The document's `_id`.
    #[must_use]
    pub fn id(&self) -> RawBson {
        id_of(&self.after)
    }

    /// The word of the log of writes.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self.write {
            Write::Update { .. } => "update",
            Write::Replace { .. } => "replace",
            Write::Insert { .. } => "insert",
            Write::Delete { .. } => "delete",
        }
    }
}

/// The `_id` of a document; null where it has none.
#[must_use]
pub fn id_of(document: &RawDocument) -> RawBson {
    let id = document.get("_id").ok().flatten();
    id.map_or(RawBson::Null, RawBson::from)
}

/// What a document breaks. Of a changed one, what was there before at a place that no change touches stands in nobody's
/// way: it is a warning, and says so.
#[must_use]
pub fn judge(
    model: Option<&Model>,
    base: Option<&RawDocument>,
    document: &RawDocument,
    changes: &[Change],
) -> Vec<Violation> {
    let Some(model) = model else {
        return Vec::new();
    };
    let mut violations = model.validate(document);
    let Some(base) = base else {
        return violations;
    };
    if violations.iter().any(|v| v.severity == Severity::Error) || !changes.is_empty() {
        let before = model.validate(base);
        for violation in &mut violations {
            let touched = changes
                .iter()
                .any(|c| c.path().contains(&violation.path) || violation.path.contains(c.path()));
            let was_there = before
                .iter()
                .any(|b| b.path == violation.path && b.kind == violation.kind);
            if was_there && !touched && violation.severity == Severity::Error {
                violation.severity = Severity::Warning;
                violation.message.push_str(" (was there before)");
            }
        }
        violations.extend(immutable(model, changes, &before));
    }
    violations
}

/// Changes of paths that the model says never change. What a value held `before` may break the model, and then it may
/// be mended.
fn immutable(model: &Model, changes: &[Change], before: &[Violation]) -> Vec<Violation> {
    let mut out: Vec<Violation> = Vec::new();
    for change in changes {
        // A change inside of what cannot change is one of it, too.
        let found = (1..=change.path().0.len())
            .map(|n| Path(change.path().0[..n].to_vec()))
            .find(|p| model.field(p).is_some_and(|f| f.immutable));
        let (Some(path), Some(_)) = (found, change.old()) else {
            continue;
        };
        let was_wrong = before
            .iter()
            .any(|v| v.severity == Severity::Error && path.contains(&v.path));
        let message = match was_wrong {
            true => format!("`{path}` is immutable: it changes only because it broke the model"),
            false => format!("`{path}` is immutable: it is set once and never changed"),
        };
        out.push(Violation {
            message,
            path,
            kind: "immutable".to_owned(),
            expected: None,
            found: None,
            severity: match was_wrong {
                true => Severity::Warning,
                false => Severity::Error,
            },
            fix: None,
        });
    }
    out
}

fn insert_line(namespace: &Namespace, document: &RawDocument) -> String {
    let quoted =
        |text: &str| print(bson::RawBsonRef::String(text), &Style::COPY_LINE).unwrap_or_default();
    format!(
        "db.getSiblingDB({}).getCollection({}).insertOne({})",
        quoted(&namespace.database),
        quoted(&namespace.collection),
        print_document(document, &Style::COPY_LINE).unwrap_or_default()
    )
}

fn blank() -> Line {
    Line {
        mark: Mark::Blank,
        text: String::new(),
    }
}

fn note(text: &str) -> Line {
    Line {
        mark: Mark::Note,
        text: text.to_owned(),
    }
}

/// The changes, each with its path, its kinds and its values.
fn lines_of(changes: &[Change]) -> Vec<Line> {
    let mut lines = Vec::new();
    for change in changes {
        let (mark, what) = match change {
            Change::Changed { old, new, .. } if old.kind() == new.kind() => {
                (Mark::Changed, old.kind().label().to_owned())
            }
            Change::Changed { old, new, .. } => (
                Mark::Changed,
                format!("{} → {}", old.kind().label(), new.kind().label()),
            ),
            Change::Added { new, .. } => (Mark::Added, new.kind().label().to_owned()),
            Change::Removed { old, .. } => (Mark::Removed, old.kind().label().to_owned()),
            Change::Reordered { keys, .. } => {
                let at = match change.path().is_root() {
                    true => "the document".to_owned(),
                    false => change.path().to_string(),
                };
                lines.push(Line {
                    mark: Mark::Changed,
                    text: format!("{at}  order of fields"),
                });
                lines.push(Line {
                    mark: Mark::New,
                    text: cut(&keys.join(", ")),
                });
                continue;
            }
        };
        let text = format!("{}  {what}", change.path());
        lines.push(Line { mark, text });
        if let Some(old) = change.old() {
            value_lines(old, Mark::Old, &mut lines);
        }
        if let Some(new) = change.new_value() {
            value_lines(new, Mark::New, &mut lines);
        }
    }
    lines
}

fn value_lines(value: &Value, mark: Mark, lines: &mut Vec<Line>) {
    let text = print(value.as_raw(), &Style::INDENTED).unwrap_or_default();
    let total = text.lines().count();
    for line in text.lines().take(MOST_LINES) {
        lines.push(Line {
            mark,
            text: cut(line),
        });
    }
    if total > MOST_LINES {
        lines.push(note(&format!(
            "… {} more lines; the statement has them all",
            total - MOST_LINES
        )));
    }
}

/// A line that can be drawn in a moment.
fn cut(text: &str) -> String {
    if text.len() <= MOST_BYTES {
        return text.to_owned();
    }
    let mut end = MOST_BYTES;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}… ({} bytes in all)", &text[..end], text.len())
}

/// A document with an `_id` of this value before its other fields.
#[must_use]
pub fn with_id(document: &RawDocument, id: &RawBson) -> RawDocumentBuf {
    let mut out = RawDocumentBuf::new();
    out.append(bson::raw::cstr!("_id"), id.clone());
    for (key, value) in document.iter().flatten() {
        if key.as_str() != "_id" {
            out.append(key, value);
        }
    }
    out
}

/// The path as a draft keeps it: dot notation, or a list of its steps where that would be ambiguous.
#[must_use]
pub fn kept_path(path: &Path) -> String {
    if path.is_plain() {
        return path.dotted();
    }
    let steps: Vec<serde_json::Value> = path
        .0
        .iter()
        .map(|s| match s {
            Step::Key(key) => key.as_str().into(),
            Step::Index(index) => (*index).into(),
        })
        .collect();
    serde_json::Value::Array(steps).to_string()
}

/// What [`kept_path`] made of a path. A list never begins a field's name in dot notation, unless it is that name.
#[must_use]
pub fn path_kept(text: &str) -> Path {
    match serde_json::from_str::<Vec<serde_json::Value>>(text) {
        Ok(steps) if text.starts_with('[') => Path(
            steps
                .into_iter()
                .map(|s| match s.as_u64().and_then(|n| usize::try_from(n).ok()) {
                    Some(index) => Step::Index(index),
                    None => Step::Key(s.as_str().unwrap_or_default().to_owned()),
                })
                .collect(),
        ),
        _ => Path::from_dotted(text),
    }
}
