//! What changed from one document to another, path by path, and the way back to the bytes.
//!
//! Invariant: [`apply`] of [`diff`]`(a, b)` to `a` is `b`, byte for byte, key order and repeated names among it.

use std::borrow::Cow;
use std::collections::HashMap;

use bson::{RawDocument, RawDocumentBuf};

use super::kind::Kind;
use super::path::{Path, Step};
use super::raw::{Element, Elements, MAX_DEPTH, Malformed, Value, is_index};
use super::tree::Node;

/// One change of a document. A list of them is applied in its order.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// A value became another; a whole container where its parts cannot be told apart by their paths.
    Changed {
        /// Where.
        path: Path,
        /// What it was.
        old: Value,
        /// What it is.
        new: Value,
    },
    /// A field was added at the end of its document, or an element before those that follow it in its array.
    Added {
        /// Where.
        path: Path,
        /// The value.
        new: Value,
    },
    /// A field or an element is gone.
    Removed {
        /// Where.
        path: Path,
        /// What it was.
        old: Value,
    },
    /// The fields of a document stand in another order.
    Reordered {
        /// The document.
        path: Path,
        /// All its names, in the new order.
        keys: Vec<String>,
    },
}

impl Change {
    /// The place of the change.
    #[must_use]
    pub fn path(&self) -> &Path {
        match self {
            Self::Changed { path, .. }
            | Self::Added { path, .. }
            | Self::Removed { path, .. }
            | Self::Reordered { path, .. } => path,
        }
    }

    /// The value before, where there was one.
    #[must_use]
    pub fn old(&self) -> Option<&Value> {
        match self {
            Self::Changed { old, .. } | Self::Removed { old, .. } => Some(old),
            _ => None,
        }
    }

    /// The value after, where there is one.
    #[must_use]
    pub fn new_value(&self) -> Option<&Value> {
        match self {
            Self::Changed { new, .. } | Self::Added { new, .. } => Some(new),
            _ => None,
        }
    }
}

/// The changes that turn `a` into `b`; empty where their bytes are the same.
///
/// # Errors
/// [`Malformed`] where either is not valid BSON or nests too deep.
pub fn diff(a: &RawDocument, b: &RawDocument) -> Result<Vec<Change>, Malformed> {
    let mut changes = Vec::new();
    let mut path = Path::root();
    let a = (Kind::Document, a.as_bytes());
    compare(a, (Kind::Document, b.as_bytes()), &mut path, &mut changes)?;
    Ok(changes)
}

fn compare(
    a: (Kind, &[u8]),
    b: (Kind, &[u8]),
    path: &mut Path,
    changes: &mut Vec<Change>,
) -> Result<(), Malformed> {
    if a == b {
        return Ok(());
    }
    if path.0.len() > MAX_DEPTH {
        return Err(Malformed::Depth);
    }
    let told = match (a.0, b.0) {
        (Kind::Document, Kind::Document) => documents(a.1, b.1, path, changes)?,
        (Kind::Array, Kind::Array) => arrays(a.1, b.1, path, changes)?,
        _ => false,
    };
    if !told {
        changes.push(Change::Changed {
            path: path.clone(),
            old: Value::from_parts(a.0, a.1),
            new: Value::from_parts(b.0, b.1),
        });
    }
    Ok(())
}

/// The fields by their names; `None` where a name occurs twice.
pub(crate) fn fields(bytes: &[u8]) -> Result<Option<Fields<'_>>, Malformed> {
    let list = Elements::new(bytes).collect::<Result<Vec<_>, _>>()?;
    let mut by_name = HashMap::with_capacity(list.len());
    for element in &list {
        if by_name.insert(element.key, *element).is_some() {
            return Ok(None);
        }
    }
    Ok(Some(Fields { list, by_name }))
}

pub(crate) struct Fields<'a> {
    pub list: Vec<Element<'a>>,
    pub by_name: HashMap<&'a str, Element<'a>>,
}

/// Whether the documents' changes could be told by path.
fn documents(
    a: &[u8],
    b: &[u8],
    path: &mut Path,
    changes: &mut Vec<Change>,
) -> Result<bool, Malformed> {
    let (Some(a), Some(b)) = (fields(a)?, fields(b)?) else {
        return Ok(false);
    };
    let mut order: Vec<&str> = Vec::with_capacity(b.list.len());
    for old in &a.list {
        let Some(new) = b.by_name.get(old.key) else {
            continue;
        };
        order.push(old.key);
        path.0.push(Step::Key(old.key.to_owned()));
        compare((old.kind, old.bytes), (new.kind, new.bytes), path, changes)?;
        path.0.pop();
    }
    for old in a.list.iter().filter(|e| !b.by_name.contains_key(e.key)) {
        changes.push(Change::Removed {
            path: path.key(old.key),
            old: Value::from_parts(old.kind, old.bytes),
        });
    }
    for new in b.list.iter().filter(|e| !a.by_name.contains_key(e.key)) {
        order.push(new.key);
        changes.push(Change::Added {
            path: path.key(new.key),
            new: Value::from_parts(new.kind, new.bytes),
        });
    }
    if !order.iter().copied().eq(b.list.iter().map(|e| e.key)) {
        changes.push(Change::Reordered {
            path: path.clone(),
            keys: b.list.iter().map(|e| e.key.to_owned()).collect(),
        });
    }
    Ok(true)
}

/// An array's elements; `None` where its names are not 0, 1, 2, ….
pub(crate) fn elements(bytes: &[u8]) -> Result<Option<Vec<Element<'_>>>, Malformed> {
    let list = Elements::new(bytes).collect::<Result<Vec<_>, _>>()?;
    let even = list.iter().enumerate().all(|(i, e)| is_index(e.key, i));
    Ok(even.then_some(list))
}

fn arrays(
    a: &[u8],
    b: &[u8],
    path: &mut Path,
    changes: &mut Vec<Change>,
) -> Result<bool, Malformed> {
    let (Some(a), Some(b)) = (elements(a)?, elements(b)?) else {
        return Ok(false);
    };
    let same = |x: &Element<'_>, y: &Element<'_>| (x.kind, x.bytes) == (y.kind, y.bytes);
    let head = a.iter().zip(&b).take_while(|(x, y)| same(x, y)).count();
    let (rest_a, rest_b) = (&a[head..], &b[head..]);
    let tail = if a.len() == b.len() {
        0
    } else {
        let pairs = rest_a.iter().rev().zip(rest_b.iter().rev());
        pairs.take_while(|(x, y)| same(x, y)).count()
    };
    let (middle_a, middle_b) = (
        &rest_a[..rest_a.len() - tail],
        &rest_b[..rest_b.len() - tail],
    );
    for (i, (old, new)) in middle_a.iter().zip(middle_b).enumerate() {
        path.0.push(Step::Index(head + i));
        compare((old.kind, old.bytes), (new.kind, new.bytes), path, changes)?;
        path.0.pop();
    }
    let paired = middle_a.len().min(middle_b.len());
    // From the back, so that each number still holds when its turn comes.
    for (i, old) in middle_a.iter().enumerate().skip(paired).rev() {
        changes.push(Change::Removed {
            path: path.index(head + i),
            old: Value::from_parts(old.kind, old.bytes),
        });
    }
    for (i, new) in middle_b.iter().enumerate().skip(paired) {
        changes.push(Change::Added {
            path: path.index(head + i),
            new: Value::from_parts(new.kind, new.bytes),
        });
    }
    Ok(true)
}

/// Applies changes in their order. A change whose place is not there is left out.
///
/// # Errors
/// [`Malformed`] where the document is not valid BSON.
pub fn apply(changes: &[Change], document: &RawDocument) -> Result<RawDocumentBuf, Malformed> {
    let mut root = Node::Raw(Kind::Document, document.as_bytes());
    for change in changes {
        apply_one(change, &mut root)?;
    }
    finish(&root)
}

/// The document that a tree has become.
pub(crate) fn finish(root: &Node<'_>) -> Result<RawDocumentBuf, Malformed> {
    let mut out = Vec::new();
    if root.write(&mut out) != Kind::Document {
        return Err(Malformed::Bytes("it is no document any more"));
    }
    RawDocumentBuf::from_bytes(out).map_err(|_| Malformed::Bytes("a document's length is wrong"))
}

fn apply_one<'a>(change: &'a Change, root: &mut Node<'a>) -> Result<(), Malformed> {
    match change {
        Change::Changed { path, new, .. } => {
            if let Some(node) = root.at(&path.0)? {
                *node = Node::Raw(new.kind(), new.bytes());
            }
        }
        Change::Added { path, new } => {
            let new = Node::Raw(new.kind(), new.bytes());
            match root.parent(path)? {
                Some((Node::Document(fields), Step::Key(key))) => {
                    fields.push((Cow::Borrowed(key.as_str()), new));
                }
                Some((Node::Array(values), Step::Index(at))) if *at <= values.len() => {
                    values.insert(*at, new);
                }
                _ => {}
            }
        }
        Change::Removed { path, .. } => match root.parent(path)? {
            Some((Node::Document(fields), Step::Key(key))) => {
                if let Some(at) = fields.iter().position(|(name, _)| name == key) {
                    fields.remove(at);
                }
            }
            Some((Node::Array(values), Step::Index(at))) if *at < values.len() => {
                values.remove(*at);
            }
            _ => {}
        },
        Change::Reordered { path, keys } => {
            if let Some(node) = root.at(&path.0)? {
                node.expand()?;
                if let Node::Document(fields) = node {
                    let place: HashMap<&str, usize> = keys
                        .iter()
                        .enumerate()
                        .map(|(i, k)| (k.as_str(), i))
                        .collect();
                    fields
                        .sort_by_key(|(k, _)| place.get(k.as_ref()).copied().unwrap_or(usize::MAX));
                }
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use proptest::prelude::*;

    use super::*;
    use crate::value::sample;
    use crate::value::shell::parse_document;

    fn told(a: &str, b: &str) -> Vec<String> {
        let a = parse_document(a).unwrap().document;
        let b = parse_document(b).unwrap().document;
        diff(&a, &b)
            .unwrap()
            .iter()
            .map(|c| match c {
                Change::Changed { path, old, new } => format!("{path}: {old:?} > {new:?}"),
                Change::Added { path, new } => format!("{path}: + {new:?}"),
                Change::Removed { path, old } => format!("{path}: - {old:?}"),
                Change::Reordered { path, keys } => format!("{path}: {}", keys.join(" ")),
            })
            .collect()
    }

    #[test]
    fn each_change_is_told_at_its_own_path() {
        assert_eq!(
            told("{a: 1, b: {c: 2}}", "{a: 1, b: {c: 2.0}}"),
            ["b.c: 2 > 2.0"]
        );
        assert_eq!(told("{a: 1, b: 2}", "{b: 2, c: 3}"), ["a: - 1", "c: + 3"]);
        assert_eq!(told("{a: 1, b: 2}", "{b: 2, a: 1}"), [": b a"]);
        assert_eq!(told("{a: [1, 2, 3]}", "{a: [1, 3]}"), ["a[1]: - 2"]);
        assert_eq!(told("{a: [1, 2]}", "{a: [0, 1, 2]}"), ["a[0]: + 0"]);
        assert_eq!(
            told("{a: [1, {b: 2}]}", "{a: [1, {b: 3}]}"),
            ["a[1].b: 2 > 3"]
        );
        assert_eq!(
            told("{a: {x: 1, x: 2}}", "{a: {x: 1}}"),
            ["a: { x: 1, x: 2 } > { x: 1 }"]
        );
        assert_eq!(told("{a: NaN}", "{a: NaN}"), Vec::<String>::new());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(600))]

        #[test]
        fn applying_a_difference_gives_the_other_document_byte_for_byte((a, b) in sample::pair()) {
            let changes = diff(&a, &b).unwrap();
            prop_assert_eq!(changes.is_empty(), a.as_bytes() == b.as_bytes());
            let applied = apply(&changes, &a).unwrap();
            prop_assert_eq!(applied.as_bytes(), b.as_bytes(), "{:?}", changes);
        }

        #[test]
        fn damaged_bytes_are_an_error_and_never_a_panic(a in sample::damaged(), b in sample::damaged()) {
            let (a, b) = (RawDocument::from_bytes(&a).unwrap(), RawDocument::from_bytes(&b).unwrap());
            if let Ok(changes) = diff(a, b) {
                let _ = apply(&changes, a);
            }
        }
    }
}
