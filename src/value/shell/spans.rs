//! Where in a text each value of the parsed document stands.
//!
//! One small entry a value, in the order of the text; names are not kept, they are read from the document's bytes.

use crate::value::Span;
use crate::value::kind::Kind;
use crate::value::path::{Path, Step};
use crate::value::raw::Elements;

#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    pub key: (u32, u32),
    pub value: (u32, u32),
    /// The entry after this value's own parts.
    pub next: u32,
}

/// The places of a parsed document's values in its text.
#[derive(Debug, Clone, Default)]
pub struct Spans {
    // The first entry is the root.
    pub(super) entries: Vec<Entry>,
}

/// Where a field stands in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The name with its quotes; an empty span at the value for an array's element and for the root.
    pub key: Span,
    /// The value.
    pub value: Span,
}

impl Spans {
    fn place(&self, index: usize) -> Option<Place> {
        let entry = self.entries.get(index)?;
        let span = |(a, b): (u32, u32)| Span::new(a as usize, b as usize);
        Some(Place {
            key: span(entry.key),
            value: span(entry.value),
        })
    }

    /// Where the value at `path` stands, given the parsed root; `None` where there is no such value.
    pub(super) fn find(&self, kind: Kind, bytes: &[u8], path: &Path) -> Option<Place> {
        let (mut kind, mut bytes, mut entry) = (kind, bytes, 0);
        for step in &path.0 {
            if !kind.is_container() {
                return None;
            }
            let mut child = entry + 1;
            let mut found = None;
            for (index, element) in Elements::new(bytes).flatten().enumerate() {
                let hit = match step {
                    Step::Key(key) if kind == Kind::Document => element.key == key,
                    Step::Key(key) => key.parse() == Ok(index),
                    Step::Index(wanted) if kind == Kind::Array => *wanted == index,
                    Step::Index(wanted) => element.key == wanted.to_string(),
                };
                if hit {
                    found = Some(element);
                    break;
                }
                child = self.entries.get(child)?.next as usize;
            }
            let element = found?;
            (kind, bytes, entry) = (element.kind, element.bytes, child);
        }
        self.place(entry)
    }

    /// The innermost value whose name or value holds the offset.
    pub(super) fn path_at(&self, kind: Kind, bytes: &[u8], offset: usize) -> Path {
        let (mut kind, mut bytes, mut entry) = (kind, bytes, 0);
        let mut path = Path::root();
        while kind.is_container() {
            let mut child = entry + 1;
            let mut found = None;
            for (index, element) in Elements::new(bytes).flatten().enumerate() {
                let Some(at) = self.entries.get(child) else {
                    break;
                };
                if offset < at.key.0 as usize {
                    break;
                }
                if offset <= at.value.1 as usize {
                    found = Some((index, element));
                    break;
                }
                child = at.next as usize;
            }
            let Some((index, element)) = found else {
                break;
            };
            path.0.push(if kind == Kind::Array {
                Step::Index(index)
            } else {
                Step::Key(element.key.to_owned())
            });
            (kind, bytes, entry) = (element.kind, element.bytes, child);
        }
        path
    }
}
