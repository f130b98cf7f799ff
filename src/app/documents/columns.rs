//! The columns of the table: which, in what order, how wide, and which are in sight.
//!
//! Must not know the screen beyond a width in characters. Invariant: a column once found keeps its place and its width
//! while the person scrolls line by line; only [`Columns::measure`] changes widths.

use std::collections::HashMap;
use std::sync::Arc;

use bson::{RawBsonRef, RawDocumentBuf};
use unicode_width::UnicodeWidthStr;

use crate::config::state::{ColumnLayout, ColumnState};
use crate::model::{Kind as Declared, Model, Violation};
use crate::value::raw::Elements;
use crate::value::{Kind, Path, cell};

/// The most columns that are found by themselves; a document may have many thousands of fields.
const FOUND: usize = 1_000;
/// The most columns whose content is measured; the ones after them are as wide as their titles.
const MEASURED: usize = 200;
/// The widest that content makes a column by itself.
const WIDEST: u16 = 32;
/// The narrowest column.
const NARROWEST: u16 = 3;
/// The widest that a person makes a column.
const LIMIT: u16 = 400;
/// Blank characters between two columns.
pub const GAP: u16 = 2;
/// What is shown where a value is missing takes so much.
const ABSENT: u16 = 7;
/// The mark of a violation before a value.
const MARK: u16 = 2;
/// An ObjectId is shown by its end, unless its column is made wider.
const IDENTITY: u16 = 6;

/// One column.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// The place in each document whose value is shown.
    pub path: Path,
    /// The path in dot notation: the title.
    pub title: String,
    /// Whether it is left out.
    pub hidden: bool,
    /// Whether it stays in sight on the left.
    pub pinned: bool,
    /// The width that the person chose.
    pub fixed: Option<u16>,
    /// The width that the content asks for.
    pub natural: u16,
}

impl Column {
    fn new(path: Path) -> Self {
        let title = path.dotted();
        Self {
            natural: title_width(&title),
            path,
            title,
            hidden: false,
            pinned: false,
            fixed: None,
        }
    }

    /// Its width in characters.
    #[must_use]
    pub fn width(&self) -> u16 {
        self.fixed.unwrap_or(self.natural).max(NARROWEST)
    }
}

/// The room that a title takes, with the mark of a sort after it.
fn title_width(title: &str) -> u16 {
    let width = cell::cut(title, usize::from(WIDEST)).width();
    u16::try_from(width).unwrap_or(WIDEST).max(NARROWEST)
}

/// A column on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placed {
    /// Its place among the columns that are not hidden, pinned ones first.
    pub place: usize,
    /// Where it starts, in characters from the table's left edge.
    pub x: u16,
    /// How much of it there is room for.
    pub width: u16,
}

/// All columns of one table.
#[derive(Debug, Clone, Default)]
pub struct Columns {
    all: Vec<Column>,
    by_title: HashMap<String, usize>,
    /// Places in `all`: those not hidden, pinned ones first.
    shown: Vec<usize>,
    /// The cursor's place in `shown`.
    cursor: usize,
    /// The first place in `shown`, after the pinned ones, that is in sight.
    left: usize,
}

impl Columns {
    /// The columns before any document was seen: as they were laid out before, else `_id` and the model's fields.
    #[must_use]
    pub fn new(layout: Option<&ColumnLayout>, model: Option<&Model>) -> Self {
        let mut columns = Self::default();
        for state in layout.iter().flat_map(|l| &l.columns) {
            if let Some(place) = columns.add(Path::from_dotted(&state.path)) {
                let column = &mut columns.all[place];
                column.hidden = state.hidden;
                column.pinned = state.pinned;
                column.fixed = state.width.map(|w| w.clamp(NARROWEST, LIMIT));
            }
        }
        columns.add(Path::root().key("_id"));
        for field in model.iter().flat_map(|m| m.fields()) {
            let known = columns.by_title.contains_key(&field.name);
            if let Some(place) = columns.add(Path::root().key(field.name.clone()))
                && !known
            {
                columns.all[place].hidden = field.hidden;
            }
        }
        columns.arrange();
        columns
    }

    fn add(&mut self, path: Path) -> Option<usize> {
        if path.is_root() {
            return None;
        }
        let column = Column::new(path);
        if let Some(place) = self.by_title.get(&column.title) {
            return Some(*place);
        }
        self.by_title.insert(column.title.clone(), self.all.len());
        self.all.push(column);
        Some(self.all.len() - 1)
    }

    fn arrange(&mut self) {
        let current = self.shown.get(self.cursor).copied();
        self.by_title = (0..)
            .zip(&self.all)
            .map(|(i, c)| (c.title.clone(), i))
            .collect();
        let visible = |pinned: bool| {
            let all = self.all.iter().enumerate();
            all.filter(move |(_, c)| !c.hidden && c.pinned == pinned)
                .map(|(i, _)| i)
        };
        self.shown = visible(true).chain(visible(false)).collect();
        let last = self.shown.len().saturating_sub(1);
        self.cursor = current
            .and_then(|c| self.shown.iter().position(|i| *i == c))
            .unwrap_or(self.cursor.min(last));
        self.left = self.left.clamp(self.pinned().min(last), last);
    }

    /// All columns in their order, the hidden ones too.
    #[must_use]
    pub fn all(&self) -> &[Column] {
        &self.all
    }

    /// The columns that are not hidden, pinned ones first.
    pub fn shown(&self) -> impl Iterator<Item = &Column> {
        self.shown.iter().filter_map(|i| self.all.get(*i))
    }

    /// The column at a place among those not hidden.
    #[must_use]
    pub fn at(&self, place: usize) -> Option<&Column> {
        self.all.get(*self.shown.get(place)?)
    }

    /// The column under the cursor.
    #[must_use]
    pub fn current(&self) -> Option<&Column> {
        self.at(self.cursor)
    }

    /// The cursor's place among the columns that are not hidden.
    #[must_use]
    pub fn cursor(&self) -> usize {
        self.cursor
    }

    /// The first column in sight after the pinned ones.
    #[must_use]
    pub fn left(&self) -> usize {
        self.left
    }

    fn pinned(&self) -> usize {
        self.shown().take_while(|c| c.pinned).count()
    }

    /// Adds the fields of documents that have no column so far.
    pub fn discover<'a>(&mut self, documents: impl IntoIterator<Item = &'a Arc<RawDocumentBuf>>) {
        let before = self.all.len();
        for document in documents {
            for element in Elements::new(document.as_bytes()).flatten() {
                if self.all.len() >= FOUND {
                    break;
                }
                // A title with dots leads to a nested column of that name, unless a field is really called so.
                match self.by_title.get(element.key) {
                    Some(place) if element.key.contains('.') => {
                        self.all[*place].path = Path::root().key(element.key);
                    }
                    Some(_) => {}
                    None => {
                        self.add(Path::root().key(element.key));
                    }
                }
            }
        }
        if self.all.len() > before {
            self.arrange();
        }
    }

    /// Fits the widths that nobody chose to what `documents` hold, each with the violations found in it.
    pub fn measure(&mut self, documents: &[(Arc<RawDocumentBuf>, &[Violation])]) {
        for column in self.all.iter_mut().take(MEASURED).filter(|c| !c.hidden) {
            let mut widest = title_width(&column.title);
            for (document, violations) in documents {
                let violation = super::checks::at(violations, &column.path);
                let mark = if violation.is_some() { MARK } else { 0 };
                let width = match column.path.get(document) {
                    None if violation.is_some() => ABSENT,
                    None => continue,
                    Some(RawBsonRef::ObjectId(_)) => IDENTITY,
                    Some(value) => {
                        let text = cell::brief(value, usize::from(WIDEST));
                        u16::try_from(text.width()).unwrap_or(WIDEST)
                    }
                };
                widest = widest.max(width + mark);
                if widest >= WIDEST {
                    break;
                }
            }
            column.natural = widest.clamp(NARROWEST, WIDEST);
        }
    }

    /// Which columns there is room for in `width` characters, and where.
    #[must_use]
    pub fn placed(&self, width: u16) -> Vec<Placed> {
        let pinned = self.pinned();
        let mut placed = Vec::new();
        let mut x = 0_u16;
        let places = (0..pinned).chain(self.left.max(pinned)..self.shown.len());
        for place in places {
            let Some(column) = self.at(place) else { break };
            // Pinned columns leave room for one other.
            let room = if place < pinned {
                (width * 2 / 3).saturating_sub(x)
            } else {
                width.saturating_sub(x)
            };
            if room < NARROWEST {
                if place < pinned {
                    continue;
                }
                break;
            }
            let taken = column.width().min(room);
            placed.push(Placed {
                place,
                x,
                width: taken,
            });
            x = x.saturating_add(taken).saturating_add(GAP);
        }
        placed
    }

    /// Scrolls sideways until the cursor's column is wholly in sight, or is the first.
    pub fn keep_in_sight(&mut self, width: u16) {
        let pinned = self.pinned();
        self.left = self.left.max(pinned);
        if self.cursor < pinned {
            return;
        }
        self.left = self.left.min(self.cursor);
        while self.left < self.cursor && !self.is_whole(self.cursor, width) {
            self.left += 1;
        }
    }

    fn is_whole(&self, place: usize, width: u16) -> bool {
        let wanted = self.at(place).map_or(0, Column::width);
        self.placed(width)
            .iter()
            .any(|p| p.place == place && p.width >= wanted)
    }

    /// Puts the cursor on a place among the columns that are not hidden.
    pub fn move_to(&mut self, place: usize) {
        self.cursor = place.min(self.shown.len().saturating_sub(1));
    }

    /// Puts the cursor on the column that shows `path`, or the document that it lies in. Whether there is one.
    pub fn go_to(&mut self, path: &Path) -> bool {
        let exact = self.shown().position(|c| c.path == *path);
        match exact.or_else(|| self.shown().position(|c| c.path.contains(path))) {
            Some(place) => {
                self.cursor = place;
                true
            }
            None => false,
        }
    }

    /// Hides the column under the cursor; the last one stays.
    pub fn hide(&mut self) {
        if self.shown.len() > 1
            && let Some(place) = self.shown.get(self.cursor).copied()
        {
            self.all[place].hidden = true;
            let next = self.cursor;
            self.arrange();
            self.cursor = next.min(self.shown.len().saturating_sub(1));
        }
    }

    /// Shows a hidden column, hides a shown one, and adds one for a path that has none.
    pub fn toggle(&mut self, title: &str) {
        match self.by_title.get(title).copied() {
            Some(place) if !self.all[place].hidden && self.shown.len() == 1 => {}
            Some(place) => self.all[place].hidden = !self.all[place].hidden,
            None => {
                let path = Path::from_dotted(title);
                let Some(place) = self.add(path) else { return };
                // A nested column stands behind the one that it is a part of.
                let column = self.all.remove(place);
                let behind = self
                    .all
                    .iter()
                    .rposition(|c| c.path.contains(&column.path) || is_sibling(c, &column));
                self.all.insert(behind.map_or(place, |p| p + 1), column);
            }
        }
        self.arrange();
    }

    /// Moves the column under the cursor by one among those of its group: pinned or not.
    pub fn shift(&mut self, right: bool) {
        let other = if right {
            self.cursor + 1
        } else {
            self.cursor.wrapping_sub(1)
        };
        let (Some(a), Some(b)) = (self.shown.get(self.cursor), self.shown.get(other)) else {
            return;
        };
        let (a, b) = (*a, *b);
        if self.all[a].pinned == self.all[b].pinned {
            self.all.swap(a, b);
            self.shown.clear();
            self.arrange();
            self.cursor = other;
        }
    }

    /// Makes the column under the cursor wider or narrower.
    pub fn widen(&mut self, by: i32) {
        if let Some(place) = self.shown.get(self.cursor).copied() {
            let width = i32::from(self.all[place].width()) + by;
            let width = u16::try_from(width.max(0)).unwrap_or(LIMIT);
            self.all[place].fixed = Some(width.clamp(NARROWEST, LIMIT));
        }
    }

    /// Pins the column under the cursor to the left edge, or lets it go.
    pub fn pin(&mut self) {
        if let Some(place) = self.shown.get(self.cursor).copied() {
            self.all[place].pinned = !self.all[place].pinned;
            self.arrange();
        }
    }

    /// What is to be kept of it.
    #[must_use]
    pub fn layout(&self) -> ColumnLayout {
        let columns = self.all.iter().map(|c| ColumnState {
            path: c.title.clone(),
            hidden: c.hidden,
            width: c.fixed,
            pinned: c.pinned,
        });
        ColumnLayout {
            columns: columns.collect(),
        }
    }
}

fn is_sibling(a: &Column, b: &Column) -> bool {
    b.path
        .parent()
        .is_some_and(|p| !p.is_root() && p.contains(&a.path))
}

/// How deep nested columns are offered.
const DEEPEST: usize = 4;
/// How many nested columns are offered.
const OFFERED: usize = 2_000;

/// Nested paths that a model declares, or that documents hold, in dot notation; fields of arrays are left out, since
/// they have no single value.
#[must_use]
pub fn nested<'a>(
    model: Option<&Model>,
    documents: impl IntoIterator<Item = &'a Arc<RawDocumentBuf>>,
) -> Vec<String> {
    let mut found = Vec::new();
    for field in model.iter().flat_map(|m| m.fields()) {
        if let Some(model) = model {
            declared(model, field, field.name.clone(), 1, &mut found);
        }
    }
    let mut seen: std::collections::HashSet<String> = found.iter().cloned().collect();
    for document in documents {
        held(document.as_bytes(), "", 1, &mut seen, &mut found);
    }
    found
}

fn declared(
    model: &Model,
    field: &crate::model::Field,
    path: String,
    depth: usize,
    found: &mut Vec<String>,
) {
    if depth >= DEEPEST || !matches!(field.kind, Declared::Nested(_) | Declared::Embedded(_)) {
        return;
    }
    for inner in model.children(field) {
        let path = format!("{path}.{}", inner.name);
        if found.len() < OFFERED {
            found.push(path.clone());
        }
        declared(model, inner, path, depth + 1, found);
    }
}

fn held(
    bytes: &[u8],
    prefix: &str,
    depth: usize,
    seen: &mut std::collections::HashSet<String>,
    found: &mut Vec<String>,
) {
    if depth > DEEPEST {
        return;
    }
    for element in Elements::new(bytes).flatten().take(OFFERED) {
        if element.key.is_empty() || element.key.contains('.') || found.len() >= OFFERED {
            continue;
        }
        let path = if prefix.is_empty() {
            element.key.to_owned()
        } else {
            format!("{prefix}.{}", element.key)
        };
        if depth > 1 && seen.insert(path.clone()) {
            found.push(path.clone());
        }
        if element.kind == Kind::Document {
            held(element.bytes, &path, depth + 1, seen, found);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        reason = "a test fails by panicking"
    )]

    use super::*;
    use crate::value::shell::parse_document;

    fn documents(texts: &[&str]) -> Vec<Arc<RawDocumentBuf>> {
        let parse = |t: &&str| Arc::new(parse_document(t).unwrap().document);
        texts.iter().map(parse).collect()
    }

    fn titles(columns: &Columns) -> Vec<&str> {
        columns.shown().map(|c| c.title.as_str()).collect()
    }

    #[test]
    fn fields_become_columns_in_the_order_in_which_they_are_seen() {
        let mut columns = Columns::new(None, None);
        columns.discover(&documents(&["{b: 1, _id: 1}", "{_id: 2, a: 1, b: 2}"]));
        assert_eq!(titles(&columns), ["_id", "b", "a"]);
    }

    #[test]
    fn a_nested_column_stands_behind_its_document_and_comes_back_from_a_layout() {
        let mut columns = Columns::new(None, None);
        columns.discover(&documents(&["{_id: 1, a: {x: 1, y: 2}, b: 1}"]));
        columns.toggle("a.x");
        columns.toggle("a.y");
        assert_eq!(titles(&columns), ["_id", "a", "a.x", "a.y", "b"]);
        columns.move_to(4);
        columns.pin();
        columns.widen(7);
        let again = Columns::new(Some(&columns.layout()), None);
        assert_eq!(titles(&again), ["b", "_id", "a", "a.x", "a.y"]);
        assert_eq!(again.at(0).map(|c| c.fixed), Some(Some(10)));
        assert_eq!(columns.cursor(), 0, "the cursor goes with its column");
    }

    #[test]
    fn pinned_columns_stay_in_sight_and_the_cursor_is_always_whole() {
        let mut columns = Columns::new(None, None);
        columns.discover(&documents(&[
            "{_id: 1, aaaaaaaa: 1, bbbbbbbb: 1, cccccccc: 1}",
        ]));
        columns.pin();
        columns.move_to(3);
        columns.keep_in_sight(20);
        let places: Vec<usize> = columns.placed(20).iter().map(|p| p.place).collect();
        assert_eq!(places, [0, 3]);
        columns.move_to(1);
        columns.keep_in_sight(20);
        let places: Vec<usize> = columns.placed(20).iter().map(|p| p.place).collect();
        assert_eq!(places, [0, 1, 2]);
    }

    #[test]
    fn a_field_whose_name_has_a_dot_is_shown_by_its_own_name() {
        let mut columns = Columns::new(None, None);
        columns.discover(&documents(&["{_id: 1, 'a.b': 5}"]));
        assert_eq!(columns.at(1).unwrap().path, Path::root().key("a.b"));
    }
}
