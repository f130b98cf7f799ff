//! The smallest write that turns a stored document into the edited one, and only if it still is what was read.
//!
//! Pure: plans and simulates, knows no server. Invariant: [`simulate`] of a plan on its base is the edited document byte
//! for byte; where `$set` and `$unset` cannot promise that, the plan sets a larger part, at last the whole document.

pub mod guard;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use bson::{RawDocument, RawDocumentBuf};
use thiserror::Error;

use super::diff::{Change, diff, finish};
use super::kind::Kind;
use super::path::{Path, Step};
use super::raw::{Datum, Elements, Malformed, Value, begin, element, end};
use super::shell::{Style, print_document};
use super::tree::Node;
use guard::{Expression, list, object, text};

/// How a planned write changes the document.
#[derive(Debug, Clone, PartialEq)]
pub enum Write {
    /// An update document of `$set`, `$unset` and `$push`.
    Update(RawDocumentBuf),
    /// The whole new document.
    Replace(RawDocumentBuf),
}

/// A write that has been thought through but not made.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Matches the document by its `_id`, and only while the values that are written over are what was read.
    pub filter: RawDocumentBuf,
    /// What is sent.
    pub change: Write,
    /// What a person is shown: each change at its path.
    pub changes: Vec<Change>,
}

/// Why no write could be planned.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PlanError {
    /// Nothing differs.
    #[error("nothing was changed")]
    Unchanged,
    /// The stored document has no `_id`, or two of them.
    #[error("the document has no single `_id`; reload it with its `_id`")]
    NoId,
    /// The server never changes an `_id`.
    #[error("`_id` cannot be changed; duplicate the document and delete the old one")]
    IdChanged,
    /// One of the documents cannot be read.
    #[error(transparent)]
    Malformed(#[from] Malformed),
}

/// What is done at one path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operation {
    Set,
    Unset,
    /// Appends the elements from this number on.
    Push(usize),
}

type Operations = BTreeMap<Path, Operation>;

/// Plans the smallest write that turns `base`, as it was read, into `edited`.
///
/// # Errors
/// A [`PlanError`] where there is nothing to write or the write cannot be made.
pub fn plan(base: &RawDocument, edited: &RawDocument) -> Result<Plan, PlanError> {
    let id = id_of(base)?.ok_or(PlanError::NoId)?;
    if id_of(edited)?.as_ref() != Some(&id) {
        return Err(PlanError::IdChanged);
    }
    let target = id_first(base, edited)?;
    let changes = diff(base, &target)?;
    if changes.is_empty() {
        return Err(PlanError::Unchanged);
    }
    let operations = settle(base, &target, &changes)?;
    let (change, guards) = match operations {
        Some(operations) => (
            build(&operations, &target),
            guard::operations(base, &operations)?,
        ),
        None => (Write::Replace(target), guard::whole(base)?),
    };
    Ok(Plan {
        filter: filter(&id, guards)?,
        change,
        changes,
    })
}

/// The filter that deletes a document only while it is what was read.
///
/// # Errors
/// A [`PlanError`] where the document has no `_id` or cannot be read.
pub fn delete_filter(base: &RawDocument) -> Result<RawDocumentBuf, PlanError> {
    let id = id_of(base)?.ok_or(PlanError::NoId)?;
    Ok(filter(&id, guard::whole(base)?)?)
}

/// The planned write as a statement for mongosh.
///
/// # Errors
/// [`Malformed`] where the plan's documents cannot be printed.
pub fn mongosh_line(database: &str, collection: &str, plan: &Plan) -> Result<String, Malformed> {
    let (method, change) = match &plan.change {
        Write::Update(update) => ("updateOne", update),
        Write::Replace(document) => ("replaceOne", document),
    };
    let mut line = String::from("db.getSiblingDB(");
    super::shell::print::push_quoted(&mut line, database);
    line.push_str(").getCollection(");
    super::shell::print::push_quoted(&mut line, collection);
    line.push_str(").");
    line.push_str(method);
    line.push('(');
    line.push_str(&print_document(&plan.filter, &Style::COPY_LINE)?);
    line.push_str(", ");
    line.push_str(&print_document(change, &Style::COPY_LINE)?);
    line.push(')');
    Ok(line)
}

/// What the server makes of a document with a write: new fields go to the end, in the order of their names.
///
/// # Errors
/// [`Malformed`] where a document cannot be read.
pub fn simulate(base: &RawDocument, write: &Write) -> Result<RawDocumentBuf, Malformed> {
    let update = match write {
        Write::Replace(document) => return Ok(document.clone()),
        Write::Update(update) => update,
    };
    let mut root = Node::Raw(Kind::Document, base.as_bytes());
    for operator in Elements::new(update.as_bytes()) {
        let operator = operator?;
        let mut fields = Elements::new(operator.bytes).collect::<Result<Vec<_>, _>>()?;
        fields.sort_by(|a, b| order(a.key, b.key));
        for field in fields {
            let path = Path::from_dotted(field.key);
            match operator.key {
                "$set" => {
                    let new = Node::Raw(field.kind, field.bytes);
                    match root.at(&path.0)? {
                        Some(node) => *node = new,
                        None => {
                            if let Some((Node::Document(fields), Step::Key(key))) =
                                root.parent(&path)?
                            {
                                fields.push((key.clone().into(), new));
                            }
                        }
                    }
                }
                "$unset" => {
                    if let Some((Node::Document(fields), Step::Key(key))) = root.parent(&path)? {
                        fields.retain(|(name, _)| name != key);
                    }
                }
                "$push" => {
                    let Some(Ok(each)) = Elements::new(field.bytes).next() else {
                        continue;
                    };
                    if let Some(node) = root.at(&path.0)? {
                        node.expand()?;
                        if let Node::Array(values) = node {
                            for value in Elements::new(each.bytes) {
                                let value = value?;
                                values.push(Node::Raw(value.kind, value.bytes));
                            }
                        }
                    }
                }
                _ => {}
            }
        }
    }
    finish(&root)
}

/// The server's order of paths: level by level, by bytes.
fn order(a: &str, b: &str) -> std::cmp::Ordering {
    a.split('.').cmp(b.split('.'))
}

fn id_of(document: &RawDocument) -> Result<Option<Value>, Malformed> {
    let mut found = None;
    for element in Elements::new(document.as_bytes()) {
        let element = element?;
        if element.key == "_id" {
            if found.is_some() {
                return Ok(None);
            }
            found = Some(Value::from_parts(element.kind, element.bytes));
        }
    }
    Ok(found)
}

/// The edited document as the server keeps it: `_id` comes first, as in the base.
fn id_first(base: &RawDocument, edited: &RawDocument) -> Result<RawDocumentBuf, Malformed> {
    let leads = |d: &RawDocument| matches!(Elements::new(d.as_bytes()).next(), Some(Ok(e)) if e.key == "_id");
    if leads(edited) || !leads(base) {
        return Ok(edited.to_owned());
    }
    let mut fields = Elements::new(edited.as_bytes()).collect::<Result<Vec<_>, _>>()?;
    fields.sort_by_key(|e| e.key != "_id");
    let mut out = Vec::with_capacity(edited.as_bytes().len());
    let start = begin(&mut out);
    for field in fields {
        element(&mut out, field.kind, field.key, field.bytes);
    }
    end(&mut out, start);
    RawDocumentBuf::from_bytes(out).map_err(|_| Malformed::Bytes("a document's length is wrong"))
}

/// The operations that give the target; `None` where only the whole document does.
fn settle(
    base: &RawDocument,
    target: &RawDocument,
    changes: &[Change],
) -> Result<Option<Operations>, Malformed> {
    let mut operations = Operations::new();
    for change in changes {
        let (path, operation) = match change {
            Change::Changed { path, .. } => (path.clone(), Operation::Set),
            Change::Added { path, .. } => match path.0.last() {
                Some(Step::Index(_)) => appended(path, base, target),
                _ => (path.clone(), Operation::Set),
            },
            Change::Removed { path, .. } => match path.0.last() {
                Some(Step::Index(_)) => (path.parent().unwrap_or_default(), Operation::Set),
                _ => (path.clone(), Operation::Unset),
            },
            Change::Reordered { path, .. } => (path.clone(), Operation::Set),
        };
        if !add(&mut operations, path, operation) {
            return Ok(None);
        }
    }
    // Servers differ in the order in which they add names of digits beside others.
    for parent in unsure_orders(base, &operations) {
        if !add(&mut operations, parent, Operation::Set) {
            return Ok(None);
        }
    }
    loop {
        let simulated = simulate(base, &build(&operations, target))?;
        if simulated.as_bytes() == target.as_bytes() {
            return Ok(Some(operations));
        }
        let before = operations.clone();
        for change in diff(&simulated, target)? {
            let container = match &change {
                Change::Reordered { path, .. } => Some(path.clone()),
                other => other.path().parent(),
            };
            let Some(container) = container else {
                return Ok(None);
            };
            if !add(&mut operations, container, Operation::Set) {
                return Ok(None);
            }
        }
        // Each round sets something larger, or the whole document is sent.
        if before == operations {
            return Ok(None);
        }
    }
}

/// An element was added: a push where nothing else became of the array, and else the whole array.
fn appended(path: &Path, base: &RawDocument, target: &RawDocument) -> (Path, Operation) {
    let array = path.parent().unwrap_or_default();
    let bytes = |d| match array.get(d) {
        Some(bson::RawBsonRef::Array(a)) => Some(a.as_bytes()),
        _ => None,
    };
    let operation = bytes(base).zip(bytes(target)).and_then(|(old, new)| {
        let count = Elements::new(old).count();
        // Appending leaves the old elements' bytes as they are.
        let same = old.get(4..old.len() - 1)? == new.get(4..old.len() - 1)?;
        same.then_some(Operation::Push(count))
    });
    (array, operation.unwrap_or(Operation::Set))
}

/// Adds an operation, at a larger part where the path cannot be named; false where only the whole document is left.
fn add(operations: &mut Operations, mut path: Path, mut operation: Operation) -> bool {
    while !path.is_plain() {
        match path.parent() {
            Some(parent) => path = parent,
            None => return false,
        }
        operation = Operation::Set;
    }
    if path.is_root() {
        return false;
    }
    // The server refuses two operations of which one lies inside the other.
    if let Some((outer, _)) = operations
        .iter()
        .find(|(other, _)| other.contains(&path) && **other != path)
    {
        let outer = outer.clone();
        operations.insert(outer, Operation::Set);
        return true;
    }
    let inner: Vec<Path> = operations
        .range(&path..)
        .take_while(|(other, _)| path.contains(other))
        .map(|(other, _)| other.clone())
        .filter(|other| *other != path)
        .collect();
    if !inner.is_empty() {
        operation = Operation::Set;
    }
    for other in inner {
        operations.remove(&other);
    }
    match operations.get(&path) {
        Some(existing) if *existing != operation => {
            operations.insert(path, Operation::Set);
        }
        _ => {
            operations.insert(path, operation);
        }
    }
    true
}

fn unsure_orders(base: &RawDocument, operations: &Operations) -> Vec<Path> {
    let mut added: BTreeMap<Path, (usize, bool)> = BTreeMap::new();
    for (path, operation) in operations {
        if *operation == Operation::Set
            && let (Some(Step::Key(key)), Some(parent)) = (path.0.last(), path.parent())
            && path.get(base).is_none()
        {
            let entry = added.entry(parent).or_default();
            entry.0 += 1;
            entry.1 |= key.bytes().all(|b| b.is_ascii_digit());
        }
    }
    added
        .into_iter()
        .filter(|(_, (count, digits))| *count > 1 && *digits)
        .map(|(parent, _)| parent)
        .collect()
}

/// The update document of the operations, with the values of the target.
fn build(operations: &Operations, target: &RawDocument) -> Write {
    let mut parts: [Vec<(String, Expression)>; 3] = Default::default();
    for (path, operation) in operations {
        let value = path.get(target).map(Value::new);
        let (part, expression) = match (operation, value) {
            (Operation::Push(from), Some(value)) => {
                let values = match value.datum() {
                    Ok(Datum::Array(bytes)) => Elements::new(bytes)
                        .flatten()
                        .skip(*from)
                        .map(|e| (e.kind, e.bytes.to_vec()))
                        .collect(),
                    _ => Vec::new(),
                };
                (2, object(&[("$each", list(&values))]))
            }
            (Operation::Set, Some(value)) => (0, (value.kind(), value.bytes().to_vec())),
            _ => (1, text("")),
        };
        parts[part].push((path.dotted(), expression));
    }
    let mut update = Vec::new();
    let start = begin(&mut update);
    for (name, mut fields) in ["$set", "$unset", "$push"].into_iter().zip(parts) {
        if fields.is_empty() {
            continue;
        }
        // Servers before 5.0 add fields as they come, later ones by name: sent by name, all do the same.
        fields.sort_by(|a, b| order(&a.0, &b.0));
        let fields: Vec<(&str, Expression)> = fields
            .iter()
            .map(|(k, e)| (k.as_str(), e.clone()))
            .collect();
        let (kind, bytes) = object(&fields);
        element(&mut update, kind, name, &bytes);
    }
    end(&mut update, start);
    Write::Update(RawDocumentBuf::from_bytes(update).unwrap_or_default())
}

fn filter(id: &Value, guards: Vec<Expression>) -> Result<RawDocumentBuf, Malformed> {
    let id = (id.kind(), id.bytes().to_vec());
    // A document as `_id` could otherwise be read as operators.
    let id = if id.0 == Kind::Document {
        object(&[("$eq", id)])
    } else {
        id
    };
    let all = object(&[("$and", list(&guards))]);
    let (_, bytes) = object(&[("_id", id), ("$expr", all)]);
    RawDocumentBuf::from_bytes(bytes).map_err(|_| Malformed::Bytes("a document's length is wrong"))
}
