//! Changes of a document at some paths; everything else stays the bytes it was.

use std::borrow::Cow;

use bson::{RawDocument, RawDocumentBuf};

use super::diff::finish;
use super::kind::Kind;
use super::path::{Path, Step};
use super::raw::{Malformed, Value};
use super::tree::Node;

/// Sets and then takes away values at paths. What is missing on the way to a value that is set, or is `null`, becomes a
/// document; a new field goes to the end of its document. A path through anything else, or to nothing that could be
/// taken away, is left out.
///
/// # Errors
/// [`Malformed`] where the document is not valid BSON.
pub fn edit(
    document: &RawDocument,
    sets: &[(Path, Value)],
    unsets: &[Path],
) -> Result<RawDocumentBuf, Malformed> {
    let mut root = Node::Raw(Kind::Document, document.as_bytes());
    for (path, value) in sets {
        set(&mut root, path, value)?;
    }
    // From the back, so that no element moves before it is its turn.
    let mut unsets: Vec<&Path> = unsets.iter().collect();
    unsets.sort_unstable();
    for path in unsets.into_iter().rev() {
        match root.parent(path)? {
            Some((Node::Document(fields), Step::Key(key))) => {
                if let Some(at) = fields.iter().position(|(name, _)| name == key) {
                    fields.remove(at);
                }
            }
            Some((Node::Array(values), Step::Index(at))) if *at < values.len() => {
                values.remove(*at);
            }
            _ => {}
        }
    }
    finish(&root)
}

fn set<'a>(root: &mut Node<'a>, path: &'a Path, value: &'a Value) -> Result<(), Malformed> {
    let mut node = root;
    for (number, step) in path.0.iter().enumerate() {
        if matches!(node, Node::Raw(Kind::Null, _)) {
            *node = Node::Document(Vec::new());
        }
        node.expand()?;
        let is_last = number + 1 == path.0.len();
        node = match (node, step) {
            (Node::Document(fields), Step::Key(key)) => {
                let at = match fields.iter().position(|(name, _)| name == key) {
                    Some(at) => at,
                    None => {
                        let new = if is_last {
                            Node::Raw(value.kind(), value.bytes())
                        } else {
                            Node::Document(Vec::new())
                        };
                        fields.push((Cow::Borrowed(key.as_str()), new));
                        fields.len() - 1
                    }
                };
                &mut fields[at].1
            }
            (Node::Array(values), Step::Index(index)) if *index < values.len() => {
                &mut values[*index]
            }
            _ => return Ok(()),
        };
    }
    if !path.is_root() {
        *node = Node::Raw(value.kind(), value.bytes());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use bson::{RawBson, rawdoc};

    use super::*;

    fn value(value: impl Into<RawBson>) -> Value {
        Value::new(value.into().as_raw_bson_ref())
    }

    #[test]
    fn what_is_missing_on_the_way_is_made() {
        let base = rawdoc! { "_id": 1, "n": null, "list": [{ "a": 1 }, { "a": 2 }] };
        let sets = [
            (Path::root().key("p").key("on"), value(true)),
            (Path::root().key("n").key("x"), value(1)),
            (Path::root().key("list").index(1).key("a"), value("two")),
            (Path::root().key("_id").key("x"), value(1)),
            (Path::root().key("list").index(7).key("a"), value(1)),
        ];
        let after = edit(&base, &sets, &[]).unwrap();
        assert_eq!(
            after,
            rawdoc! { "_id": 1, "n": { "x": 1 }, "list": [{ "a": 1 }, { "a": "two" }], "p": { "on": true } }
        );
    }

    #[test]
    fn elements_are_taken_away_from_the_back() {
        let base = rawdoc! { "a": [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], "b": 1 };
        let at = |n| Path::root().key("a").index(n);
        let after = edit(
            &base,
            &[],
            &[at(2), at(10), at(0), Path::root().key("b"), at(99)],
        )
        .unwrap();
        assert_eq!(after, rawdoc! { "a": [1, 3, 4, 5, 6, 7, 8, 9, 11] });
    }
}
