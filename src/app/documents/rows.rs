//! A bounded window of neighbouring documents, with the cursor over it.
//!
//! A place is a *line*: counted from 0 forwards where the window hangs on the start of the feed, and from -1 backwards
//! where it hangs on the end, so that lines grow down the screen either way and the last document can be shown without
//! counting those before it. Must not know how documents are asked for.
//!
//! Invariant: the kept lines are contiguous, and bounded in number and in bytes; only a single document may be larger.

use std::collections::VecDeque;
use std::sync::Arc;

use bson::RawDocumentBuf;

use crate::mongo::request::{Extent, Page, Side};
use crate::value::{Path, Value};

/// The bytes of documents that are kept at the most. One document alone may reach 16 MiB.
pub const KEPT_BYTES: usize = 16 << 20;
/// The bytes of documents that are asked for at once.
pub const PAGE_BYTES: usize = 4 << 20;
/// The fewest lines that are kept, however low the screen is.
const KEPT_LINES: usize = 240;
/// The fewest lines that are asked for at once.
const ASKED: usize = 50;

/// Some lines that are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    /// The first line.
    pub from: i64,
    /// How many.
    pub count: usize,
}

/// The window and the cursor.
#[derive(Debug, Clone)]
pub struct Rows {
    side: Side,
    first: i64,
    documents: VecDeque<Arc<RawDocumentBuf>>,
    bytes: usize,
    /// The largest document that this feed was seen to hold.
    largest: usize,
    /// Lines that are known to be there, counted from the side.
    reach: u64,
    /// Whether there are no others.
    complete: bool,
    /// The most lines asked for towards the side, made less where an answer was cut short.
    back: usize,
    cursor: i64,
    top: i64,
    /// The cursor's line when not all that was read could be kept.
    full_at: Option<i64>,
    /// Whether nothing can be read again, so that nothing may be dropped.
    fixed: bool,
}

impl Default for Rows {
    fn default() -> Self {
        Self::new(Side::Start)
    }
}

impl Rows {
    /// No rows at all.
    #[must_use]
    pub fn new(side: Side) -> Self {
        Self {
            side,
            first: 0,
            documents: VecDeque::new(),
            bytes: 0,
            largest: 0,
            reach: 0,
            complete: false,
            back: usize::MAX,
            cursor: if side == Side::Start { 0 } else { -1 },
            top: 0,
            full_at: None,
            fixed: false,
        }
    }

    /// All there is: documents that no cursor of the server could give again.
    #[must_use]
    pub fn fixed(documents: Vec<Arc<RawDocumentBuf>>) -> Self {
        let sizes = || documents.iter().map(|d| d.as_bytes().len());
        Self {
            bytes: sizes().sum(),
            largest: sizes().max().unwrap_or(0),
            reach: documents.len() as u64,
            complete: true,
            fixed: true,
            documents: documents.into(),
            ..Self::new(Side::Start)
        }
    }

    /// The end of the feed that lines are counted from.
    #[must_use]
    pub fn side(&self) -> Side {
        self.side
    }

    /// The line under the cursor.
    #[must_use]
    pub fn cursor(&self) -> i64 {
        self.cursor
    }

    /// The first line on the screen.
    #[must_use]
    pub fn top(&self) -> i64 {
        self.top
    }

    /// The document at a line; `None` where it is not kept.
    #[must_use]
    pub fn get(&self, line: i64) -> Option<&Arc<RawDocumentBuf>> {
        let place = usize::try_from(line.checked_sub(self.first)?).ok()?;
        self.documents.get(place)
    }

    /// The document under the cursor.
    #[must_use]
    pub fn current(&self) -> Option<&Arc<RawDocumentBuf>> {
        self.get(self.cursor)
    }

    /// Every kept document with its line.
    pub fn kept(&self) -> impl DoubleEndedIterator<Item = (i64, &Arc<RawDocumentBuf>)> {
        (self.first..)
            .zip(&self.documents)
            .collect::<Vec<_>>()
            .into_iter()
    }

    /// How many documents are kept.
    #[must_use]
    pub fn len(&self) -> usize {
        self.documents.len()
    }

    /// Whether no document is kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.documents.is_empty()
    }

    /// The bytes of the kept documents.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// The first line that there is or may be, as far as is known.
    #[must_use]
    pub fn lowest(&self) -> i64 {
        match self.side {
            Side::Start => 0,
            Side::End => -signed(self.reach),
        }
    }

    /// One past the last line that there is, as far as is known.
    #[must_use]
    pub fn highest(&self) -> i64 {
        match self.side {
            Side::Start => signed(self.reach),
            Side::End => 0,
        }
    }

    /// How many documents the feed holds, once that is known.
    #[must_use]
    pub fn total(&self) -> Option<u64> {
        self.complete.then_some(self.reach)
    }

    /// How many documents are known to be there.
    #[must_use]
    pub fn reach(&self) -> u64 {
        self.reach
    }

    /// Whether a line is known to be there, kept or not.
    #[must_use]
    pub fn exists(&self, line: i64) -> bool {
        (self.lowest()..self.highest()).contains(&line)
    }

    /// The place of a line among all, counted from 1, where it can be told.
    #[must_use]
    pub fn place(&self, line: i64) -> Option<u64> {
        match (self.side, self.total()) {
            (Side::Start, _) => u64::try_from(line + 1).ok(),
            (Side::End, Some(total)) => u64::try_from(signed(total) + line + 1).ok(),
            (Side::End, None) => None,
        }
    }

    /// Moves the cursor by so many lines, and keeps it in sight of a screen of `height` lines.
    pub fn step(&mut self, by: i64, height: usize) {
        self.move_to(self.cursor.saturating_add(by), height);
    }

    /// Moves the cursor and the screen by so many lines.
    pub fn page(&mut self, by: i64, height: usize) {
        self.top = self.top.saturating_add(by);
        self.step(by, height);
    }

    /// Scrolls by so many lines; the cursor stays unless it would leave the screen.
    pub fn scroll(&mut self, by: i64, height: usize) {
        let height = signed(height.max(1) as u64);
        self.top = self.top.saturating_add(by);
        self.bound_top(height);
        self.cursor = self.cursor.clamp(self.top, self.top + height - 1);
        self.bound_cursor();
    }

    /// Puts the cursor on a line.
    pub fn move_to(&mut self, line: i64, height: usize) {
        self.cursor = line;
        self.bound_cursor();
        self.keep_in_sight(height);
    }

    /// Keeps the cursor in sight of a screen of `height` lines.
    pub fn keep_in_sight(&mut self, height: usize) {
        let height = signed(height.max(1) as u64);
        if self.cursor < self.top {
            self.top = self.cursor;
        } else if self.cursor >= self.top + height {
            self.top = self.cursor + 1 - height;
        }
        self.bound_top(height);
    }

    fn bound_cursor(&mut self) {
        let last = (self.highest() - 1).max(self.lowest());
        self.cursor = self.cursor.clamp(self.lowest().min(last), last);
    }

    fn bound_top(&mut self, height: i64) {
        let last = (self.highest() - height).max(self.lowest());
        let first = if self.side == Side::End && !self.complete {
            i64::MIN
        } else {
            self.lowest()
        };
        self.top = self.top.clamp(first.min(last), last);
    }

    /// Which lines should be asked for next, so that a screen of `height` lines and one more on each side are there.
    #[must_use]
    pub fn wanted(&self, height: usize) -> Option<Stretch> {
        let height = height.max(1);
        let ahead = signed(height as u64);
        let end = self.first + signed(self.documents.len() as u64);
        let asked = ASKED.max(2 * height);
        if self.documents.is_empty() || self.get(self.cursor).is_none() {
            if self.complete && self.reach == 0 {
                return None;
            }
            // Some lines above the cursor as well, unless documents are so large that the answer may be cut short of it.
            let fits = self.largest.saturating_mul(asked) <= PAGE_BYTES;
            let above = if fits { ahead } else { 0 };
            return Some(match self.side {
                Side::Start => {
                    let from = (self.cursor - above).max(0);
                    Stretch { from, count: asked }
                }
                Side::End => {
                    let end = (self.cursor + 1 + above).min(0);
                    let from = end - signed(asked as u64);
                    Stretch { from, count: asked }
                }
            });
        }
        let may_grow_down = match self.side {
            Side::Start => !self.complete || end < self.highest(),
            Side::End => end < 0,
        };
        // A further document may be as large as the largest so far. Where that would be too much, only what the screen
        // lacks is asked for, and not again once it was found not to fit.
        if self.bytes + self.largest > KEPT_BYTES {
            let lacking = may_grow_down && end < self.top + ahead;
            if !lacking || self.full_at == Some(self.cursor) {
                return None;
            }
        }
        if may_grow_down && end < self.top + 2 * ahead {
            return Some(match self.side {
                Side::Start => Stretch {
                    from: end,
                    count: asked,
                },
                Side::End => self.bounded(end, asked.min(self.back)),
            });
        }
        let may_grow_up = match self.side {
            Side::Start => self.first > 0,
            Side::End => !self.complete || self.first > self.lowest(),
        };
        if may_grow_up && self.first > self.top - ahead {
            let count = match self.side {
                Side::Start => asked.min(self.back),
                Side::End => asked,
            };
            let from = self.first - signed(count as u64);
            let from = match self.side {
                Side::Start => from.max(0),
                Side::End => from,
            };
            return Some(Stretch {
                from,
                count: usize::try_from(self.first - from).unwrap_or(count),
            });
        }
        None
    }

    fn bounded(&self, from: i64, count: usize) -> Stretch {
        let count = match self.side {
            Side::Start => count,
            Side::End => count.min(usize::try_from(-from).unwrap_or(count)),
        };
        Stretch { from, count }
    }

    /// Takes the documents of a page of this side. `height` is the screen's, for what is kept.
    pub fn take(&mut self, page: &Page, height: usize) {
        let got = page.documents.len();
        for document in &page.documents {
            self.largest = self.largest.max(document.as_bytes().len());
        }
        let read_to = page.offset.saturating_add(got as u64);
        match page.extent {
            Extent::Exactly(n) => {
                self.reach = n;
                self.complete = true;
            }
            // A page of nothing is the end, whatever else is said: asking again would go on for ever.
            Extent::AtLeast(_) if got == 0 => {
                self.reach = page.offset;
                self.complete = true;
            }
            Extent::AtLeast(n) => self.reach = self.reach.max(n).max(read_to),
        }
        let end = self.first + signed(self.documents.len() as u64);
        let (from, documents): (i64, Vec<_>) = match self.side {
            Side::Start => (signed(page.offset), page.documents.clone()),
            Side::End => (
                -signed(read_to),
                page.documents.iter().rev().cloned().collect(),
            ),
        };
        let to = from + signed(got as u64);
        if got > 0 {
            if self.documents.is_empty()
                || (from..to).contains(&self.cursor) && self.current().is_none()
            {
                if self.documents.is_empty() || from > end || to < self.first {
                    self.documents.clear();
                    self.bytes = 0;
                    self.first = from;
                }
            } else if from > end || to < self.first {
                // The answer was cut short before it met what is kept: ask for less.
                self.back = (got / 2).max(1);
                self.settle_bounds(height);
                return;
            }
            let end = self.first + signed(self.documents.len() as u64);
            for (line, document) in (from..).zip(&documents) {
                if line >= end {
                    self.bytes += document.as_bytes().len();
                    self.documents.push_back(Arc::clone(document));
                }
            }
            for (line, document) in (from..)
                .zip(&documents)
                .collect::<Vec<_>>()
                .into_iter()
                .rev()
            {
                if line < self.first {
                    self.bytes += document.as_bytes().len();
                    self.documents.push_front(Arc::clone(document));
                    self.first -= 1;
                }
            }
        }
        self.settle_bounds(height);
    }

    fn settle_bounds(&mut self, height: usize) {
        self.bound_cursor();
        self.keep_in_sight(height);
        let most = KEPT_LINES.max(6 * height);
        while !self.fixed
            && self.documents.len() > 1
            && (self.documents.len() > most || self.bytes > KEPT_BYTES)
        {
            let before = self.cursor - self.first;
            let after = self.first + signed(self.documents.len() as u64) - 1 - self.cursor;
            let dropped = if before > after {
                self.first += 1;
                self.documents.pop_front()
            } else {
                self.full_at = Some(self.cursor);
                self.documents.pop_back()
            };
            self.bytes -= dropped.map_or(0, |d| d.as_bytes().len());
        }
    }

    /// The line of the kept document with this `_id`.
    #[must_use]
    pub fn line_of(&self, id: &Value) -> Option<i64> {
        self.kept()
            .find(|(_, document)| identity(document).as_ref() == Some(id))
            .map(|(line, _)| line)
    }

    /// Puts another version of a document in the place of the kept one with the same `_id`.
    pub fn replace(&mut self, id: &Value, document: Arc<RawDocumentBuf>) {
        let Some(line) = self.line_of(id) else {
            return;
        };
        let Some(place) = usize::try_from(line - self.first)
            .ok()
            .and_then(|p| self.documents.get_mut(p))
        else {
            return;
        };
        self.bytes = self.bytes - place.as_bytes().len() + document.as_bytes().len();
        *place = document;
    }
}

/// A document's `_id`.
#[must_use]
pub fn identity(document: &RawDocumentBuf) -> Option<Value> {
    Path::root().key("_id").get(document).map(Value::new)
}

fn signed(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}
