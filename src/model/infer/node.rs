//! The figures of one path, and of the paths below it.
//!
//! Invariant: a node keeps at most [`MOST_KEYS`] names and [`MOST_TEXTS`] texts; an object with more names than that is
//! one whose names are data, and its values are folded together.

use std::collections::HashMap;

use bson::raw::RawBsonRef;
use bson::spec::BinarySubtype;
use bson::{Bson, RawDocument};

use super::MOST_PATHS;
use crate::value::Kind;

/// More names than a person would declare: they are data.
const MOST_KEYS: usize = 400;
const LONGEST_KEY: usize = 120;
pub(super) const MOST_TEXTS: usize = 24;
const LONGEST_TEXT: usize = 64;
const DEEPEST: usize = 60;

/// What is left of the whole inference's room.
pub(super) struct Room<'r> {
    pub(super) paths: &'r mut usize,
    pub(super) untold: &'r mut u64,
}

/// The least and the greatest.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Range<T> {
    pub(super) least: T,
    pub(super) most: T,
}

fn widen<T: PartialOrd + Clone>(range: &mut Option<Range<T>>, value: T) {
    match range {
        None => {
            *range = Some(Range {
                least: value.clone(),
                most: value,
            });
        }
        Some(range) => {
            if value < range.least {
                range.least = value;
            } else if value > range.most {
                range.most = value;
            }
        }
    }
}

/// What stood at one path.
#[derive(Debug, Default)]
pub(super) struct Node {
    /// How often each kind was there, in the order of first appearance.
    pub(super) kinds: Vec<(Kind, u64)>,
    /// How many of the binary values are UUIDs.
    pub(super) uuids: u64,
    /// Numbers of any width, decimals left out.
    pub(super) numbers: Option<Range<f64>>,
    /// Whether a double was not a number.
    pub(super) has_nan: bool,
    /// Whether an object here had a name that a map cannot have.
    pub(super) has_odd_names: bool,
    /// Milliseconds since 1970.
    pub(super) dates: Option<Range<i64>>,
    /// Lengths of text in UTF-16 units.
    pub(super) lengths: Option<Range<u64>>,
    /// Lengths of arrays.
    pub(super) sizes: Option<Range<u64>>,
    /// Each text and how often it was there; `None` once there are too many or too long ones.
    pub(super) texts: Option<Vec<(String, u64)>>,
    /// Whether `texts` was given up.
    crowded: bool,
    /// The parts of its objects, by name, in the order of first appearance.
    pub(super) children: Vec<(String, Node)>,
    places: HashMap<String, usize>,
    /// What stood in its arrays.
    pub(super) element: Option<Box<Node>>,
    /// The values of its objects all together, where their names are data.
    pub(super) values: Option<Box<Node>>,
}

impl Node {
    /// How often a value was here, `null` among them.
    pub(super) fn total(&self) -> u64 {
        self.kinds.iter().map(|(_, n)| n).sum()
    }

    pub(super) fn count(&self, kind: Kind) -> u64 {
        self.kinds
            .iter()
            .find(|(k, _)| *k == kind)
            .map_or(0, |(_, n)| *n)
    }

    fn tick(&mut self, kind: Kind, by: u64) {
        match self.kinds.iter_mut().find(|(k, _)| *k == kind) {
            Some((_, n)) => *n += by,
            None => self.kinds.push((kind, by)),
        }
    }

    pub(super) fn add_document(
        &mut self,
        document: &RawDocument,
        room: &mut Room<'_>,
        depth: usize,
    ) {
        self.tick(Kind::Document, 1);
        let mut next = 0;
        for element in document {
            let Ok((key, value)) = element else { return };
            let key = key.as_str();
            self.has_odd_names |= key.contains('.')
                || key.starts_with('$')
                || matches!(key, "__proto__" | "constructor" | "prototype");
            if let Some(values) = &mut self.values {
                values.add(value, room, depth + 1);
                continue;
            }
            // Documents mostly have their fields in the same order.
            let place = match self.children.get(next) {
                Some((name, _)) if name == key => Some(next),
                _ => self.places.get(key).copied(),
            };
            let place = match place {
                Some(place) => place,
                None if depth > 0 && self.children.len() >= MOST_KEYS => {
                    self.fold_names(room);
                    if let Some(values) = &mut self.values {
                        values.add(value, room, depth + 1);
                    }
                    continue;
                }
                None if *room.paths >= MOST_PATHS || key.len() > LONGEST_KEY => {
                    *room.untold += 1;
                    continue;
                }
                None => {
                    *room.paths += 1;
                    self.places.insert(key.to_owned(), self.children.len());
                    self.children.push((key.to_owned(), Self::default()));
                    self.children.len() - 1
                }
            };
            next = place + 1;
            if let Some((_, child)) = self.children.get_mut(place) {
                child.add(value, room, depth + 1);
            }
        }
    }

    fn add(&mut self, value: RawBsonRef<'_>, room: &mut Room<'_>, depth: usize) {
        if depth > DEEPEST {
            *room.untold += 1;
            return;
        }
        match value {
            RawBsonRef::Document(document) => return self.add_document(document, room, depth),
            RawBsonRef::Array(array) => {
                let mut size = 0;
                for item in array.into_iter().flatten() {
                    size += 1;
                    self.element
                        .get_or_insert_default()
                        .add(item, room, depth + 1);
                }
                widen(&mut self.sizes, size);
            }
            RawBsonRef::Int32(n) => widen(&mut self.numbers, f64::from(n)),
            #[expect(clippy::cast_precision_loss, reason = "a range is told, not held to")]
            RawBsonRef::Int64(n) => widen(&mut self.numbers, n as f64),
            RawBsonRef::Double(d) => {
                if d.is_finite() {
                    widen(&mut self.numbers, d);
                }
                self.has_nan |= d.is_nan();
            }
            RawBsonRef::DateTime(at) => widen(&mut self.dates, at.timestamp_millis()),
            RawBsonRef::String(text) => self.add_text(text),
            RawBsonRef::Binary(binary)
                if binary.subtype == BinarySubtype::Uuid && binary.bytes.len() == 16 =>
            {
                self.uuids += 1
            }
            _ => {}
        }
        self.tick(Kind::of(value), 1);
    }

    fn add_text(&mut self, text: &str) {
        let length = if text.is_ascii() {
            text.len()
        } else {
            text.encode_utf16().count()
        };
        widen(&mut self.lengths, length as u64);
        if self.crowded {
            return;
        }
        let texts = self.texts.get_or_insert_default();
        if let Some((_, n)) = texts.iter_mut().find(|(t, _)| t == text) {
            *n += 1;
        } else if texts.len() < MOST_TEXTS && text.len() <= LONGEST_TEXT {
            texts.push((text.to_owned(), 1));
        } else {
            self.crowded = true;
            self.texts = None;
        }
    }

    /// From now on the names are data: one node for all the values.
    fn fold_names(&mut self, room: &mut Room<'_>) {
        let mut all = Self::default();
        self.places.clear();
        for (_, child) in self.children.drain(..) {
            *room.paths = room.paths.saturating_sub(child.paths() + 1);
            all.merge(child, room, 0);
        }
        self.values = Some(Box::new(all));
    }

    fn paths(&self) -> usize {
        let below = self
            .children
            .iter()
            .map(|(_, c)| c.paths() + 1)
            .sum::<usize>();
        let inside = [&self.element, &self.values];
        below
            + inside
                .into_iter()
                .flatten()
                .map(|n| n.paths())
                .sum::<usize>()
    }

    /// Takes in another node's figures.
    fn merge(&mut self, other: Self, room: &mut Room<'_>, depth: usize) {
        if depth > DEEPEST {
            return;
        }
        for (kind, n) in other.kinds {
            self.tick(kind, n);
        }
        self.uuids += other.uuids;
        self.has_nan |= other.has_nan;
        self.has_odd_names |= other.has_odd_names;
        if let Some(range) = other.numbers {
            widen(&mut self.numbers, range.least);
            widen(&mut self.numbers, range.most);
        }
        if let Some(range) = other.dates {
            widen(&mut self.dates, range.least);
            widen(&mut self.dates, range.most);
        }
        if let Some(range) = other.lengths {
            widen(&mut self.lengths, range.least);
            widen(&mut self.lengths, range.most);
        }
        if let Some(range) = other.sizes {
            widen(&mut self.sizes, range.least);
            widen(&mut self.sizes, range.most);
        }
        self.crowded |= other.crowded;
        for (text, n) in other.texts.into_iter().flatten() {
            let texts = self.texts.get_or_insert_default();
            if let Some((_, own)) = texts.iter_mut().find(|(t, _)| *t == text) {
                *own += n;
            } else if texts.len() < MOST_TEXTS {
                texts.push((text, n));
            } else {
                self.crowded = true;
            }
        }
        if self.crowded {
            self.texts = None;
        }
        for (mine, theirs) in [
            (&mut self.element, other.element),
            (&mut self.values, other.values),
        ] {
            if let Some(theirs) = theirs {
                mine.get_or_insert_default().merge(*theirs, room, depth + 1);
            }
        }
        for (name, child) in other.children {
            if let Some(values) = &mut self.values {
                values.merge(child, room, depth + 1);
                continue;
            }
            let place = match self.places.get(&name) {
                Some(place) => *place,
                None if self.children.len() >= MOST_KEYS || *room.paths >= MOST_PATHS => {
                    *room.untold += 1;
                    continue;
                }
                None => {
                    *room.paths += 1;
                    self.places.insert(name.clone(), self.children.len());
                    self.children.push((name, Self::default()));
                    self.children.len() - 1
                }
            };
            if let Some((_, own)) = self.children.get_mut(place) {
                own.merge(child, room, depth + 1);
            }
        }
    }

    /// A copy of all the children's figures as one, where their names are data.
    pub(super) fn as_map(&self) -> Option<Self> {
        if let Some(values) = &self.values {
            return Some(values.copy(0));
        }
        if !self.names_are_data() {
            return None;
        }
        let (mut paths, mut untold) = (0, 0);
        let mut room = Room {
            paths: &mut paths,
            untold: &mut untold,
        };
        let mut all = Self::default();
        for (_, child) in &self.children {
            all.merge(child.copy(0), &mut room, 0);
        }
        Some(all)
    }

    /// Whether the names of its objects look like data: ids, dates, numbers, or many names that few objects share.
    fn names_are_data(&self) -> bool {
        let objects = self.count(Kind::Document);
        if self.children.len() < 3 || objects == 0 {
            return false;
        }
        if self.children.iter().all(|(name, _)| is_generated(name)) {
            return true;
        }
        let same_kind = {
            let mut kinds = self
                .children
                .iter()
                .flat_map(|(_, c)| c.kinds.iter().map(|(k, _)| *k))
                .filter(|k| *k != Kind::Null);
            let first = kinds.next();
            kinds.all(|k| Some(k) == first)
        };
        let total: u64 = self.children.iter().map(|(_, c)| c.total()).sum();
        // Each name in less than a fifth of the objects on average.
        same_kind
            && self.children.len() >= 12
            && total * 5 < objects.saturating_mul(self.children.len() as u64)
    }

    fn copy(&self, depth: usize) -> Self {
        if depth > DEEPEST {
            return Self::default();
        }
        let inner = |node: &Option<Box<Self>>| node.as_ref().map(|n| Box::new(n.copy(depth + 1)));
        Self {
            kinds: self.kinds.clone(),
            uuids: self.uuids,
            numbers: self.numbers.clone(),
            has_nan: self.has_nan,
            has_odd_names: self.has_odd_names,
            dates: self.dates.clone(),
            lengths: self.lengths.clone(),
            sizes: self.sizes.clone(),
            texts: self.texts.clone(),
            crowded: self.crowded,
            children: self
                .children
                .iter()
                .map(|(name, child)| (name.clone(), child.copy(depth + 1)))
                .collect(),
            places: self.places.clone(),
            element: inner(&self.element),
            values: inner(&self.values),
        }
    }

    /// The texts that are one of a few: seldom enough different, and often enough the same.
    pub(super) fn choices(&self) -> Option<Vec<Bson>> {
        const MOST_CHOICES: usize = 12;
        let texts = self.texts.as_ref()?;
        let seen: u64 = texts.iter().map(|(_, n)| n).sum();
        let few = (2..=MOST_CHOICES).contains(&texts.len());
        // Ten of each on average.
        let enough = seen >= 40 && seen >= texts.len() as u64 * 10;
        let like_words = texts
            .iter()
            .all(|(t, _)| !t.is_empty() && t.chars().count() <= 40 && !t.contains('\n'));
        (few && enough && like_words)
            .then(|| texts.iter().map(|(t, _)| Bson::String(t.clone())).collect())
    }
}

/// Whether a name looks like an id, a number or a date rather than a word.
fn is_generated(name: &str) -> bool {
    let bytes = name.as_bytes();
    let all = |test: fn(&u8) -> bool| !bytes.is_empty() && bytes.iter().all(test);
    let is_hex = bytes.len() >= 16 && all(|b| b.is_ascii_hexdigit() || *b == b'-');
    let is_date =
        bytes.len() >= 6 && all(|b| b.is_ascii_digit() || matches!(b, b'-' | b'/' | b':'));
    is_hex || is_date || all(u8::is_ascii_digit)
}
