//! A document that is taken apart only where it is changed; everything else stays the bytes it was.

use std::borrow::Cow;

use super::kind::Kind;
use super::path::{Path, Step};
use super::raw::{Elements, Malformed, begin, decimal, element, end};

/// A value in a document that is being changed.
#[derive(Debug, Clone)]
pub(crate) enum Node<'a> {
    /// Bytes as they were.
    Raw(Kind, &'a [u8]),
    /// A document that was taken apart.
    Document(Vec<(Cow<'a, str>, Node<'a>)>),
    /// An array that was taken apart.
    Array(Vec<Node<'a>>),
}

impl<'a> Node<'a> {
    /// Takes a container apart, one level deep. Scalars stay.
    pub fn expand(&mut self) -> Result<(), Malformed> {
        match *self {
            Self::Raw(Kind::Document, bytes) => {
                let fields: Result<Vec<_>, Malformed> = Elements::new(bytes)
                    .map(|e| e.map(|e| (Cow::Borrowed(e.key), Node::Raw(e.kind, e.bytes))))
                    .collect();
                *self = Self::Document(fields?);
            }
            Self::Raw(Kind::Array, bytes) => {
                let values: Result<Vec<_>, Malformed> = Elements::new(bytes)
                    .map(|e| e.map(|e| Node::Raw(e.kind, e.bytes)))
                    .collect();
                *self = Self::Array(values?);
            }
            _ => {}
        }
        Ok(())
    }

    /// The child that a step leads to.
    pub fn child(&mut self, step: &Step) -> Result<Option<&mut Self>, Malformed> {
        self.expand()?;
        Ok(match (self, step) {
            (Self::Document(fields), Step::Key(key)) => fields
                .iter_mut()
                .find(|(name, _)| name == key)
                .map(|(_, value)| value),
            (Self::Document(fields), Step::Index(index)) => {
                let key = index.to_string();
                fields
                    .iter_mut()
                    .find(|(name, _)| *name == key)
                    .map(|(_, value)| value)
            }
            (Self::Array(values), Step::Index(index)) => values.get_mut(*index),
            (Self::Array(values), Step::Key(key)) => match key.parse::<usize>() {
                Ok(index) => values.get_mut(index),
                Err(_) => None,
            },
            _ => None,
        })
    }

    /// The value at a path.
    pub fn at(&mut self, path: &[Step]) -> Result<Option<&mut Self>, Malformed> {
        let mut node = self;
        for step in path {
            match node.child(step)? {
                Some(child) => node = child,
                None => return Ok(None),
            }
        }
        Ok(Some(node))
    }

    /// The container of a path's last step, taken apart, with that step.
    pub fn parent<'p>(
        &mut self,
        path: &'p Path,
    ) -> Result<Option<(&mut Self, &'p Step)>, Malformed> {
        let Some((last, way)) = path.0.split_last() else {
            return Ok(None);
        };
        let Some(node) = self.at(way)? else {
            return Ok(None);
        };
        node.expand()?;
        Ok(Some((node, last)))
    }

    /// Appends the value's bytes.
    pub fn write(&self, out: &mut Vec<u8>) -> Kind {
        match self {
            Self::Raw(kind, bytes) => {
                out.extend_from_slice(bytes);
                *kind
            }
            Self::Document(fields) => {
                let start = begin(out);
                for (key, value) in fields {
                    let tag = out.len();
                    element(out, Kind::Null, key, &[]);
                    let kind = value.write(out);
                    out[tag] = kind.tag();
                }
                end(out, start);
                Kind::Document
            }
            Self::Array(values) => {
                let start = begin(out);
                for (index, value) in values.iter().enumerate() {
                    let tag = out.len();
                    out.push(0);
                    out.extend_from_slice(decimal(index, &mut [0; 20]));
                    out.push(0);
                    let kind = value.write(out);
                    out[tag] = kind.tag();
                }
                end(out, start);
                Kind::Array
            }
        }
    }
}
