//! A document as the rows of a tree of which only the visible ones are ever built.
//!
//! Opening a container makes one index of where its elements start; nothing else is kept but the bytes themselves.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use bson::{RawDocument, RawDocumentBuf};

use super::cell;
use super::kind::Kind;
use super::path::{Path, Step};
use super::raw::{self, Census, Datum, Element, Elements, MAX_DEPTH, Malformed, Value};

/// How many elements [`Outline::open_all`] opens at the most, so that one key never costs more than a moment.
const OPEN_ALL: usize = 100_000;

/// One visible row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Levels of containers around it; 0 for the document's own fields.
    pub depth: usize,
    /// The field's name or the element's number, safe to show, not cut.
    pub key: String,
    /// The value's kind.
    pub kind: Kind,
    /// The value in at most the width asked for: a container's begins with the count of its elements.
    pub brief: String,
    /// Whether it can be opened: a container that is not empty.
    pub openable: bool,
    /// Whether it is open.
    pub open: bool,
    /// Whether a field before it has the same name: its path leads to that one, so it must not be edited by path.
    pub shadowed: bool,
}

#[derive(Debug, Default)]
struct Node {
    array: bool,
    /// Where each element starts in the whole document's bytes.
    children: Vec<u32>,
    /// Elements whose name occurred before, in order.
    shadowed: Vec<u32>,
    open: BTreeMap<u32, Node>,
    /// Rows of the whole subtree below this container.
    rows: usize,
}

/// The visible rows of one document.
#[derive(Debug)]
pub struct Outline {
    document: Arc<RawDocumentBuf>,
    census: Census,
    root: Node,
}

/// Where a row was found: the numbers of the elements on the way down.
type Trail = Vec<u32>;

impl Outline {
    /// The outline of a document with its own fields visible and all of them closed. Walks the bytes once.
    ///
    /// # Errors
    /// [`Malformed`] where the document is not valid BSON or nests too deep.
    pub fn new(document: Arc<RawDocumentBuf>) -> Result<Self, Malformed> {
        let census = raw::check(&document)?;
        let root = index(document.as_bytes(), 0, false)?;
        Ok(Self {
            document,
            census,
            root,
        })
    }

    /// The document shown.
    #[must_use]
    pub fn document(&self) -> &Arc<RawDocumentBuf> {
        &self.document
    }

    /// What the document holds in all.
    #[must_use]
    pub fn census(&self) -> Census {
        self.census
    }

    /// How many rows are visible.
    #[must_use]
    pub fn row_count(&self) -> usize {
        self.root.rows
    }

    /// At most `count` rows from row `from` on, their values cut to `width` columns.
    #[must_use]
    pub fn rows(&self, from: usize, count: usize, width: usize) -> Vec<Row> {
        let mut rows = Vec::with_capacity(count.min(self.root.rows.saturating_sub(from)));
        self.collect(&self.root, 0, from, count, width, &mut rows);
        rows
    }

    fn collect(
        &self,
        node: &Node,
        depth: usize,
        mut skip: usize,
        count: usize,
        width: usize,
        rows: &mut Vec<Row>,
    ) {
        let mut child = 0_u32;
        let total = node.children.len() as u32;
        let mut opened = node.open.iter().peekable();
        while child < total && rows.len() < count {
            // Closed elements before the next open one are passed over in one step.
            let next_open = opened.peek().map_or(total, |(i, _)| **i);
            if child < next_open && skip > 0 {
                let step = skip.min((next_open - child) as usize);
                child += step as u32;
                skip -= step;
                continue;
            }
            let inner = opened.next_if(|(i, _)| **i == child).map(|(_, n)| n);
            if skip == 0 {
                if let Some(row) = self.row(node, child, depth, inner.is_some(), width) {
                    rows.push(row);
                }
            } else {
                skip -= 1;
            }
            if let Some(inner) = inner {
                if skip >= inner.rows {
                    skip -= inner.rows;
                } else {
                    self.collect(inner, depth + 1, skip, count, width, rows);
                    skip = 0;
                }
            }
            child += 1;
        }
    }

    fn row(&self, node: &Node, child: u32, depth: usize, open: bool, width: usize) -> Option<Row> {
        let element = self.element(node, child)?;
        let datum = cell::element_head(&element, width)?;
        let openable = match datum {
            Datum::Document(bytes) | Datum::Array(bytes) => bytes.len() > 5,
            _ => false,
        };
        Some(Row {
            depth,
            key: if node.array {
                child.to_string()
            } else {
                cell::sanitize(element.key).into_owned()
            },
            kind: element.kind,
            brief: cell::literal_datum(datum, width),
            openable,
            open,
            shadowed: node.shadowed.binary_search(&child).is_ok(),
        })
    }

    fn element(&self, node: &Node, child: u32) -> Option<Element<'_>> {
        let at = *node.children.get(child as usize)? as usize;
        Elements::at(self.document.as_bytes(), at).next()?.ok()
    }

    /// The numbers of the elements down to a row, and the container it lies in.
    fn find(&self, mut row: usize) -> Option<(Trail, &Node)> {
        let (mut node, mut trail) = (&self.root, Trail::new());
        'deeper: loop {
            let mut before = 0_usize;
            for (child, inner) in &node.open {
                let at = *child as usize + before;
                if row <= at {
                    break;
                }
                if row <= at + inner.rows {
                    trail.push(*child);
                    row -= at + 1;
                    node = inner;
                    continue 'deeper;
                }
                before += inner.rows;
            }
            let child = row - before;
            if child >= node.children.len() {
                return None;
            }
            trail.push(child as u32);
            return Some((trail, node));
        }
    }

    /// The path of a row's value; `None` past the last row.
    #[must_use]
    pub fn path(&self, row: usize) -> Option<Path> {
        let (trail, _) = self.find(row)?;
        let mut node = &self.root;
        let mut path = Path::root();
        for (level, child) in trail.iter().enumerate() {
            path.0.push(if node.array {
                Step::Index(*child as usize)
            } else {
                Step::Key(self.element(node, *child)?.key.to_owned())
            });
            if level + 1 < trail.len() {
                node = node.open.get(child)?;
            }
        }
        Some(path)
    }

    /// A row's value; `None` past the last row.
    #[must_use]
    pub fn value(&self, row: usize) -> Option<Value> {
        let (trail, node) = self.find(row)?;
        let element = self.element(node, *trail.last()?)?;
        Some(Value::from_parts(element.kind, element.bytes))
    }

    /// The row of the container a row lies in; `None` for the document's own fields.
    #[must_use]
    pub fn parent(&self, row: usize) -> Option<usize> {
        let (trail, _) = self.find(row)?;
        let (_, rest) = trail.split_last()?;
        (!rest.is_empty()).then(|| self.row_of(rest))
    }

    /// Opens a row; returns how many rows appeared, 0 where it cannot be opened or is open.
    pub fn open(&mut self, row: usize) -> usize {
        let Some((trail, _)) = self.find(row) else {
            return 0;
        };
        self.open_trail(&trail)
    }

    fn open_trail(&mut self, trail: &[u32]) -> usize {
        let Some((last, way)) = trail.split_last() else {
            return 0;
        };
        let bytes = self.document.as_bytes();
        let mut node = &mut self.root;
        for child in way {
            match node.open.get_mut(child) {
                Some(inner) => node = inner,
                None => return 0,
            }
        }
        if node.open.contains_key(last) || trail.len() >= MAX_DEPTH {
            return 0;
        }
        let Some(inner) = node
            .children
            .get(*last as usize)
            .and_then(|at| child_index(bytes, *at as usize))
        else {
            return 0;
        };
        let gained = inner.rows;
        if gained == 0 {
            return 0;
        }
        node.open.insert(*last, inner);
        self.adjust(way, |rows| rows + gained);
        gained
    }

    /// Adds to the counts of every container on the way down.
    fn adjust(&mut self, way: &[u32], change: impl Fn(usize) -> usize) {
        let mut node = &mut self.root;
        node.rows = change(node.rows);
        for child in way {
            match node.open.get_mut(child) {
                Some(inner) => node = inner,
                None => return,
            }
            node.rows = change(node.rows);
        }
    }

    /// Closes a row; returns how many rows went away, 0 where it is not open. What was open inside is forgotten.
    pub fn close(&mut self, row: usize) -> usize {
        let Some((trail, _)) = self.find(row) else {
            return 0;
        };
        let Some((last, way)) = trail.split_last() else {
            return 0;
        };
        let mut node = &mut self.root;
        for child in way {
            match node.open.get_mut(child) {
                Some(inner) => node = inner,
                None => return 0,
            }
        }
        let lost = node.open.remove(last).map_or(0, |inner| inner.rows);
        if lost > 0 {
            self.adjust(way, |rows| rows.saturating_sub(lost));
        }
        lost
    }

    /// Opens a closed row and closes an open one. Whether it is open afterwards.
    pub fn toggle(&mut self, row: usize) -> bool {
        self.close(row) == 0 && self.open(row) > 0
    }

    /// Opens every container on the way to a path; the row of its value, `None` where there is no such value.
    pub fn open_to(&mut self, path: &Path) -> Option<usize> {
        let mut trail = Trail::new();
        for step in &path.0 {
            if !trail.is_empty() {
                self.open_trail(&trail);
            }
            let mut node = &self.root;
            for child in &trail {
                node = node.open.get(child)?;
            }
            let child = match step {
                Step::Index(i) if node.array => *i,
                Step::Key(k) if node.array => k.parse().ok()?,
                Step::Key(k) => self.child_named(node, k)?,
                Step::Index(i) => self.child_named(node, &i.to_string())?,
            };
            if child >= node.children.len() {
                return None;
            }
            trail.push(child as u32);
        }
        (!trail.is_empty()).then(|| self.row_of(&trail))
    }

    fn child_named(&self, node: &Node, key: &str) -> Option<usize> {
        let bytes = self.document.as_bytes();
        let wanted = key.as_bytes();
        node.children.iter().position(|at| {
            let rest = bytes.get(*at as usize + 1..).unwrap_or_default();
            rest.starts_with(wanted) && rest.get(wanted.len()) == Some(&0)
        })
    }

    fn row_of(&self, trail: &[u32]) -> usize {
        let (mut node, mut row) = (&self.root, 0);
        for (level, child) in trail.iter().enumerate() {
            row += *child as usize;
            row += node.open.range(..child).map(|(_, n)| n.rows).sum::<usize>();
            if level + 1 < trail.len() {
                row += 1;
                match node.open.get(child) {
                    Some(inner) => node = inner,
                    None => break,
                }
            }
        }
        row
    }

    /// Opens containers in the order of the document until all are open or a bound of elements is reached. Whether all are.
    pub fn open_all(&mut self) -> bool {
        let mut budget = OPEN_ALL.saturating_sub(self.root.children.len());
        let document = Arc::clone(&self.document);
        open_all(document.as_bytes(), &mut self.root, 1, &mut budget)
    }

    /// Closes everything.
    pub fn close_all(&mut self) {
        self.root.open.clear();
        self.root.rows = self.root.children.len();
    }
}

/// The document as a reference, for callers that want its bytes.
impl AsRef<RawDocument> for Outline {
    fn as_ref(&self) -> &RawDocument {
        &self.document
    }
}

/// The index of the container that starts at `at` in the whole document's bytes.
fn index(whole: &[u8], at: usize, array: bool) -> Result<Node, Malformed> {
    let length = whole
        .get(at..at + 4)
        .and_then(|b| b.first_chunk::<4>())
        .map_or(0, |b| i32::from_le_bytes(*b).max(0) as usize);
    let Some(own) = whole.get(at..at + length) else {
        return Err(Malformed::Bytes("a document's length is wrong"));
    };
    let mut node = Node {
        array,
        ..Node::default()
    };
    let mut names = HashSet::new();
    for (i, element) in Elements::new(own).enumerate() {
        let element = element?;
        node.children.push((at + element.start) as u32);
        if !array && !names.insert(element.key) {
            node.shadowed.push(i as u32);
        }
    }
    node.rows = node.children.len();
    Ok(node)
}

fn child_index(whole: &[u8], at: usize) -> Option<Node> {
    let element = Elements::at(whole, at).next()?.ok()?;
    if !element.kind.is_container() {
        return None;
    }
    index(whole, element.value_at, element.kind == Kind::Array).ok()
}

fn open_all(whole: &[u8], node: &mut Node, depth: usize, budget: &mut usize) -> bool {
    let mut all = true;
    for child in 0..node.children.len() as u32 {
        if !node.open.contains_key(&child) && depth < MAX_DEPTH {
            let Some(inner) = node
                .children
                .get(child as usize)
                .and_then(|at| child_index(whole, *at as usize))
                .filter(|inner| inner.rows > 0)
            else {
                continue;
            };
            if inner.rows > *budget {
                return false;
            }
            *budget -= inner.rows;
            node.open.insert(child, inner);
        }
        if let Some(inner) = node.open.get_mut(&child) {
            all &= open_all(whole, inner, depth + 1, budget);
            if !all {
                break;
            }
        }
    }
    node.rows = node.children.len() + node.open.values().map(|n| n.rows).sum::<usize>();
    all
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use proptest::prelude::*;

    use super::*;
    use crate::value::sample;
    use crate::value::shell::parse_document;

    fn outline(text: &str) -> Outline {
        Outline::new(Arc::new(parse_document(text).unwrap().document)).unwrap()
    }

    fn shown(outline: &Outline) -> Vec<String> {
        outline
            .rows(0, 100, 30)
            .iter()
            .map(|r| format!("{}{} {}", " ".repeat(r.depth), r.key, r.brief))
            .collect()
    }

    #[test]
    fn only_what_is_open_is_visible() {
        let mut o = outline("{a: 1, b: [10, {c: 'x'}, []], d: {}}");
        assert_eq!(shown(&o), ["a 1", "b [3] 10, {1} c: 'x', [0]", "d {0}"]);
        assert!(o.toggle(1));
        assert!(o.toggle(3));
        assert_eq!(
            shown(&o)[2..],
            [" 0 10", " 1 {1} c: 'x'", "  c 'x'", " 2 [0]", "d {0}"]
        );
        assert_eq!(o.row_count(), 7);
        assert_eq!(o.path(4).unwrap().to_string(), "b[1].c");
        assert_eq!(o.parent(4), Some(3));
        assert_eq!(o.parent(0), None);
        assert_eq!(o.rows(4, 2, 30).len(), 2);
        assert_eq!(o.rows(4, 2, 30)[0].key, "c");
        assert!(!o.toggle(1));
        assert_eq!(o.row_count(), 3);
    }

    #[test]
    fn a_path_is_opened_down_to_its_row() {
        let mut o = outline("{a: {x: 1}, b: [10, {c: 'x'}]}");
        let row = o.open_to(&Path::root().key("b").index(1).key("c")).unwrap();
        assert_eq!(o.rows(row, 1, 30)[0].brief, "'x'");
        assert_eq!(o.open_to(&Path::root().key("b").key("7")), None);
        assert_eq!(o.value(row).unwrap().kind(), Kind::String);
    }

    #[test]
    fn a_repeated_name_is_marked_because_its_path_leads_elsewhere() {
        let o = outline("{a: 1, b: 2, a: 3}");
        let marks: Vec<bool> = o.rows(0, 9, 9).iter().map(|r| r.shadowed).collect();
        assert_eq!(marks, [false, false, true]);
    }

    proptest! {
        #[test]
        fn every_row_is_the_same_from_any_window_and_its_path_leads_to_its_value(document in sample::document()) {
            let mut o = Outline::new(Arc::new(document.clone())).unwrap();
            prop_assert!(o.open_all());
            prop_assert_eq!(o.row_count(), o.census().values);
            let all = o.rows(0, usize::MAX, 20);
            prop_assert_eq!(all.len(), o.row_count());
            for (row, expected) in all.iter().enumerate().take(60) {
                prop_assert_eq!(&o.rows(row, 1, 20)[0], expected);
                let path = o.path(row).unwrap();
                if !all.iter().any(|r| r.shadowed) {
                    prop_assert_eq!(o.open_to(&path), Some(row));
                    let value = o.value(row).unwrap();
                    let found = Value::new(path.get(&document).unwrap());
                    prop_assert_eq!(found.bytes(), value.bytes());
                }
            }
            o.close_all();
            prop_assert_eq!(o.row_count(), document.iter().count());
        }
    }
}
