//! What can stand at a place of query text, while it is typed and does not parse yet.
//!
//! [`complete`] finds out where the cursor is (a collection, a method, a field of a filter, a stage, an expression, a
//! value …) and offers what MongoDB takes there, with a signature and a line of help; fields are those that documents
//! have after the stages before. What is known of collections comes from the caller ([`Knowledge`]). Never fails:
//! where nothing is known it offers nothing.

mod offer;
mod place;
mod propose;
mod roles;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use super::shape::{Fields, NoFields};
use super::snippet::Snippet;
use super::vocabulary::Version;
use crate::value::Span;
pub(super) use offer::entry_text;

/// What a text without `db.` is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Form {
    /// A statement, a filter or a pipeline, by its first bracket.
    #[default]
    Any,
    /// A filter.
    Filter,
    /// A projection of `find`.
    Projection,
    /// A sort.
    Sort,
    /// A collation.
    Collation,
    /// A hint: an index's keys or name.
    Hint,
    /// A pipeline.
    Pipeline,
    /// One stage of a pipeline.
    Stage,
    /// An update.
    Update,
}

/// A parameter of a saved query.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Parameter {
    /// Its name, used as `params.name`.
    pub name: String,
    /// What it takes, as its header says it.
    pub kind: String,
    /// What it is, in a line.
    pub help: String,
}

/// What is known around a text.
#[derive(Clone, Copy)]
pub struct Knowledge<'k> {
    /// The current database.
    pub database: &'k str,
    /// The collection that a text without `db.` is about.
    pub collection: &'k str,
    /// The collections of the current database.
    pub collections: &'k [String],
    /// The databases.
    pub databases: &'k [String],
    /// The parameters that `params.` has.
    pub parameters: &'k [Parameter],
    /// The server's version; what is newer is offered last and marked.
    pub server: Option<Version>,
    /// The fields of collections.
    pub fields: &'k dyn Fields,
    /// What a text without `db.` is.
    pub form: Form,
}

impl Default for Knowledge<'_> {
    fn default() -> Self {
        Self {
            database: "test",
            collection: "",
            collections: &[],
            databases: &[],
            parameters: &[],
            server: None,
            fields: &NoFields,
            form: Form::Any,
        }
    }
}

/// What a candidate is, for its mark and colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sort {
    /// A collection.
    Collection,
    /// A database.
    Database,
    /// An operation of a collection or a database.
    Operation,
    /// A method of a cursor.
    Method,
    /// A field.
    Field,
    /// An operator of a filter or an update, or an expression.
    Operator,
    /// A stage.
    Stage,
    /// An accumulator or a window function.
    Accumulator,
    /// A key of a stage, an operator or options.
    Key,
    /// A value that a field has, or that is taken here.
    Value,
    /// A constructor or a word that makes a value.
    Constructor,
    /// A parameter of the saved query.
    Parameter,
    /// A variable, such as `$$ROOT`.
    Variable,
    /// A word of the shell, such as `db` or `use`.
    Word,
}

/// One thing that can stand at the cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// What the list shows.
    pub label: String,
    /// What takes the place of [`Completion::replace`].
    pub insert: Snippet,
    /// What it is.
    pub sort: Sort,
    /// How it is written, or a field's kind; empty where there is nothing to say.
    pub signature: Cow<'static, str>,
    /// What it does, in a line; empty where there is nothing to say.
    pub help: Cow<'static, str>,
    /// The first server that has it, where that is newer than the one that is asked.
    pub newer: Option<Version>,
}

/// The operator, stage or method that the cursor is in the arguments of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct About {
    /// Its name.
    pub name: &'static str,
    /// How it is written.
    pub signature: &'static str,
    /// What it does, in a line.
    pub help: &'static str,
}

/// What can stand at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    /// What of the text a candidate takes the place of; a point where nothing is typed yet.
    pub replace: Span,
    /// What is typed of it, up to the cursor.
    pub typed: String,
    /// The candidates, best first.
    pub candidates: Vec<Candidate>,
    /// What the cursor is in the arguments of.
    pub about: Option<About>,
}

/// At the most so many candidates; nobody scrolls further instead of typing.
const MAX_CANDIDATES: usize = 300;

/// What can stand at the byte offset `cursor` of a text.
#[must_use]
pub fn complete(text: &str, cursor: usize, knowledge: &Knowledge<'_>) -> Completion {
    let mut cursor = cursor.min(text.len());
    while !text.is_char_boundary(cursor) {
        cursor -= 1;
    }
    place::completion(text, cursor, knowledge)
}

/// How well a candidate fits what is typed: less is better, `None` is not at all.
fn fit(label: &str, typed: &str) -> Option<u8> {
    let bare = |text: &str| {
        text.trim_start_matches(['$', '\'', '"', '`', '{', ' '])
            .to_lowercase()
    };
    let (label, typed) = (bare(label), bare(typed));
    if typed.is_empty() || label.starts_with(&typed) {
        return Some(0);
    }
    if label
        .split(['.', '_', ' '])
        .any(|part| part.starts_with(&typed))
    {
        return Some(1);
    }
    if label.contains(&typed) {
        return Some(2);
    }
    let mut rest = label.chars();
    typed.chars().all(|c| rest.any(|l| l == c)).then_some(3)
}
