//! One place in one document that breaks its model, and what would mend it.
//!
//! Plain data; must not know how it was found.

use bson::RawBson;

use crate::value::Path;

/// How much a violation matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The application would accept the document, but would change or drop something.
    Warning,
    /// The application would refuse the document, or write another kind of value.
    Error,
}

/// One change to a document.
#[derive(Debug, Clone, PartialEq)]
pub enum FixEdit {
    /// Put this value here.
    Set(Path, RawBson),
    /// Take away what is here.
    Unset(Path),
}

/// A set of changes that mends one violation.
#[derive(Debug, Clone, PartialEq)]
pub struct Fix {
    /// What it does, as an order: ``set to `12` as a number``.
    pub label: String,
    /// The changes, in the order to make them.
    pub edits: Vec<FixEdit>,
}

/// One path in one document that breaks its model.
#[derive(Debug, Clone, PartialEq)]
pub struct Violation {
    /// The place.
    pub path: Path,
    /// Which rule: Mongoose's word (`required`, `enum`, `min`, `regexp`, `ObjectId`, `Number`, …), or the keyword's name
    /// for a `$jsonSchema`.
    pub kind: String,
    /// What is wrong, in words for people.
    pub message: String,
    /// What the model wants there.
    pub expected: Option<String>,
    /// What is there, cut to one line.
    pub found: Option<String>,
    /// Whether it refuses the document.
    pub severity: Severity,
    /// What would mend it, where one thing would.
    pub fix: Option<Fix>,
}
