//! `$jsonSchema` with the meaning that a MongoDB 6.0 server gives it, which is not quite JSON Schema's.
//!
//! [`Validator::parse`] refuses what the server refuses; [`Validator::validate`] says for a document what an insert of it
//! would come to, with each violated keyword at its place. Must not know where the schema came from.
//!
//! Invariant: a document passes here exactly if the server would take it.

mod check;
mod compare;
mod fields;
mod parse;

use std::fmt;
use std::sync::Arc;

use bson::{Bson, RawDocumentBuf};

/// A schema that the server would accept, compiled.
#[derive(Debug, Clone, PartialEq)]
pub struct Validator {
    root: Node,
    /// The schema as it was given, out of what stood around it.
    source: RawDocumentBuf,
}

impl Validator {
    /// The schema as it was given, without `{ $jsonSchema: … }` around it; `None` where it does not decode.
    #[must_use]
    pub fn source(&self) -> Option<bson::Document> {
        bson::Document::try_from(&*self.source).ok()
    }
}

/// Why the server would refuse a schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaProblem {
    /// Where in the schema, in dot notation; empty for its top.
    pub at: String,
    /// What is wrong, in words for people.
    pub message: String,
}

impl fmt::Display for SchemaProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.at.is_empty() {
            write!(f, "not a `$jsonSchema`: {}", self.message)
        } else {
            write!(f, "not a `$jsonSchema`: at `{}`: {}", self.at, self.message)
        }
    }
}

impl std::error::Error for SchemaProblem {}

/// The kinds that `type` or `bsonType` allows, one bit each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Types {
    bits: u32,
    is_bson: bool,
}

#[derive(Debug, Clone, PartialEq)]
struct Property {
    name: String,
    node: Node,
}

#[derive(Debug, Clone, PartialEq)]
enum Items {
    Each(Box<Node>),
    Places(Vec<Node>),
}

#[derive(Debug, Clone, PartialEq)]
enum Rest {
    Allowed,
    Refused,
    Like(Box<Node>),
}

#[derive(Debug, Clone, PartialEq)]
enum Dependency {
    Names(Vec<String>),
    Node(Box<Node>),
}

/// One (sub-)schema. A keyword speaks only of values of its own kind: `minLength` lets every number pass.
#[derive(Debug, Clone, PartialEq, Default)]
struct Node {
    types: Option<Types>,
    type_names: Vec<String>,
    choices: Option<Vec<Bson>>,
    minimum: Option<(Bson, bool)>,
    maximum: Option<(Bson, bool)>,
    multiple_of: Option<Bson>,
    min_length: Option<u64>,
    max_length: Option<u64>,
    pattern: Option<Expression>,
    required: Vec<String>,
    properties: Vec<Property>,
    pattern_properties: Vec<(Expression, Node)>,
    additional: Option<Rest>,
    min_properties: Option<u64>,
    max_properties: Option<u64>,
    dependencies: Vec<(String, Dependency)>,
    items: Option<Items>,
    additional_items: Option<Rest>,
    min_items: Option<u64>,
    max_items: Option<u64>,
    unique_items: bool,
    all_of: Vec<Node>,
    any_of: Vec<Node>,
    one_of: Vec<Node>,
    not: Option<Box<Node>>,
    encrypted: bool,
}

/// A regular expression as the server's engine means it.
#[derive(Clone)]
struct Expression {
    source: String,
    engine: Engine,
}

#[derive(Clone)]
enum Engine {
    Backtracking(Arc<regress::Regex>),
    Linear(Arc<regex::Regex>),
}

impl Expression {
    fn new(source: &str) -> Result<Self, String> {
        // Constructs that only one of the two engines knows: inline flags and POSIX classes on the one side, look-around
        // and back-references on the other.
        let wants_linear = [
            "(?i", "(?s", "(?m", "(?x", "(?-", "\\A", "\\z", "\\Q", "\\x{", "[[:", "(?P",
        ]
        .iter()
        .any(|c| source.contains(c));
        let linear = |source: &str| {
            regex::RegexBuilder::new(source)
                .size_limit(1 << 22)
                .build()
                .map(|r| Engine::Linear(Arc::new(r)))
                .map_err(|e| e.to_string().lines().last().unwrap_or_default().to_owned())
        };
        let backtracking = |source: &str, flags: &str| {
            regress::Regex::with_flags(source, format!("{flags}u").as_str())
                .or_else(|_| regress::Regex::with_flags(source, flags))
                .map(|r| Engine::Backtracking(Arc::new(r)))
                .map_err(|e| e.text)
        };
        // Flags that stand for the whole expression are given to the other engine as its own.
        let (flags, rest) = leading_flags(source);
        let backtracking = || {
            if rest.contains("\\x{") {
                backtracking(&rest.replace("\\x{", "\\u{"), flags)
            } else {
                backtracking(rest, flags)
            }
        };
        let engine = if wants_linear {
            linear(source).or_else(|_| backtracking())?
        } else {
            backtracking().or_else(|e| linear(source).map_err(|_| e))?
        };
        Ok(Self {
            source: source.to_owned(),
            engine,
        })
    }

    fn is_match(&self, text: &str) -> bool {
        // To the server `$` also stands before a last line end.
        self.finds(text)
            || text
                .strip_suffix('\n')
                .is_some_and(|t| self.source.contains('$') && self.finds(t))
    }

    fn finds(&self, text: &str) -> bool {
        match &self.engine {
            Engine::Backtracking(r) => r.find(text).is_some(),
            Engine::Linear(r) => r.is_match(text),
        }
    }
}

/// The flags of `(?i)(?s)…` at the start that both engines know, and what follows them.
fn leading_flags(source: &str) -> (&str, &str) {
    match source.strip_prefix("(?").and_then(|r| r.split_once(')')) {
        Some((flags, rest))
            if !flags.is_empty() && flags.bytes().all(|b| matches!(b, b'i' | b's' | b'm')) =>
        {
            (flags, rest)
        }
        _ => ("", source),
    }
}

impl PartialEq for Expression {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/{}/", self.source)
    }
}
