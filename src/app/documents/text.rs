//! The document under the cursor as lines of shell text, and the cursor in them.

use std::sync::Arc;

use bson::RawDocumentBuf;

use crate::app::command::Command;
use crate::app::regions::scrolled;
use crate::value::lines::{Direction, Lines, Search};
use crate::value::{Malformed, Path};

/// The most lines that one search looks at, so that no key waits long.
const SEARCHED: usize = 2_000_000;

/// One document as text.
#[derive(Debug)]
pub struct TextView {
    document: Arc<RawDocumentBuf>,
    /// Its lines, or why it has none.
    pub lines: Result<Lines, Malformed>,
    /// The line under the cursor.
    pub cursor: usize,
    /// The first line on the screen.
    pub first: usize,
}

impl TextView {
    /// The text of a document, with the cursor at `path` where it has such a value.
    #[must_use]
    pub fn new(document: Arc<RawDocumentBuf>, path: &Path) -> Self {
        let lines = Lines::new(Arc::clone(&document));
        let cursor = lines.as_ref().ok().and_then(|l| l.line_of(path));
        Self {
            document,
            lines,
            cursor: cursor.unwrap_or(0),
            first: 0,
        }
    }

    /// Whether this is the text of `document`.
    #[must_use]
    pub fn shows(&self, document: &Arc<RawDocumentBuf>) -> bool {
        Arc::ptr_eq(&self.document, document)
    }

    /// How many lines there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.lines.as_ref().map_or(0, Lines::line_count)
    }

    /// The path of the value that the line under the cursor shows; the root where there is none.
    #[must_use]
    pub fn path(&self) -> Path {
        let path = self
            .lines
            .as_ref()
            .ok()
            .and_then(|l| l.path_of(self.cursor));
        path.unwrap_or_default()
    }

    /// Puts the cursor on a value. Whether there is one.
    pub fn go_to(&mut self, path: &Path) -> bool {
        let line = self.lines.as_ref().ok().and_then(|l| l.line_of(path));
        self.cursor = line.unwrap_or(self.cursor);
        line.is_some()
    }

    /// Keeps the cursor among the lines, and in sight of a screen of `height` lines.
    pub fn keep_in_sight(&mut self, height: usize) {
        let count = self.count();
        self.cursor = self.cursor.min(count.saturating_sub(1));
        self.first = scrolled(self.first, self.cursor, height).min(count.saturating_sub(height));
    }

    /// Scrolls by so many lines; the cursor stays unless it would leave the screen.
    pub fn scroll(&mut self, by: isize, height: usize) {
        let last = self.count().saturating_sub(height);
        self.first = self.first.saturating_add_signed(by).min(last);
        let bottom = self.first + height.max(1) - 1;
        self.cursor = self.cursor.clamp(self.first, bottom.max(self.first));
    }

    /// Takes a command. Whether it was for the text.
    pub fn command(&mut self, command: Command, height: usize) -> bool {
        let height = height.max(1);
        let by = match command {
            Command::CursorUp => -1,
            Command::CursorDown => 1,
            Command::PageUp => -(height as isize),
            Command::PageDown => height as isize,
            Command::HalfPageUp => -(height as isize / 2 + 1),
            Command::HalfPageDown => height as isize / 2 + 1,
            Command::CursorFirst => isize::MIN,
            Command::CursorLast => isize::MAX,
            _ => return false,
        };
        if by.unsigned_abs() > 1 && by.unsigned_abs() <= height {
            self.first = self.first.saturating_add_signed(by);
        }
        self.cursor = self.cursor.saturating_add_signed(by);
        self.keep_in_sight(height);
        true
    }

    /// Puts the cursor on the next line, or the one before, that has `text`; goes on at the other end. Whether there is one.
    pub fn search(&mut self, text: &str, forwards: bool) -> bool {
        let Ok(lines) = &self.lines else { return false };
        let count = lines.line_count();
        let (direction, from, around) = if forwards {
            (Direction::Forward, self.cursor + 1, 0)
        } else {
            let last = count.saturating_sub(1);
            (Direction::Backward, self.cursor.wrapping_sub(1), last)
        };
        let starts = [Some(from).filter(|f| *f < count), Some(around)];
        for start in starts.into_iter().flatten() {
            if let Search::Found(line) = lines.search(text, start, direction, SEARCHED) {
                self.cursor = line;
                return true;
            }
        }
        false
    }
}
