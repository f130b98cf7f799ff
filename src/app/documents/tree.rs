//! The document under the cursor as a tree, and the cursor in it.

use std::sync::Arc;

use bson::RawDocumentBuf;

use super::find;
use crate::app::command::Command;
use crate::app::window::Window;
use crate::value::outline::Outline;
use crate::value::{Malformed, Path};

/// One document as a tree.
#[derive(Debug)]
pub struct TreeView {
    document: Arc<RawDocumentBuf>,
    /// Its rows, or why it has none.
    pub outline: Result<Outline, Malformed>,
    /// The row under the cursor, and the first one on the screen.
    pub window: Window,
}

impl TreeView {
    /// The tree of a document, with the cursor at `path` where it has such a value.
    #[must_use]
    pub fn new(document: Arc<RawDocumentBuf>, path: &Path) -> Self {
        let mut view = Self {
            outline: Outline::new(Arc::clone(&document)),
            document,
            window: Window::default(),
        };
        view.go_to(path);
        view
    }

    /// Whether this is the tree of `document`.
    #[must_use]
    pub fn shows(&self, document: &Arc<RawDocumentBuf>) -> bool {
        Arc::ptr_eq(&self.document, document)
    }

    /// How many rows are visible.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.outline.as_ref().map_or(0, Outline::row_count)
    }

    /// The path of the row under the cursor; the root where there is none.
    #[must_use]
    pub fn path(&self) -> Path {
        let path = self
            .outline
            .as_ref()
            .ok()
            .and_then(|o| o.path(self.window.cursor));
        path.unwrap_or_default()
    }

    /// Puts the cursor on a value, and opens what it lies in; on what holds it where there is no such value.
    pub fn go_to(&mut self, path: &Path) -> bool {
        let Ok(outline) = &mut self.outline else {
            return false;
        };
        if let Some(row) = outline.open_to(path) {
            self.window.cursor = row;
            return true;
        }
        let mut above = path.parent();
        while let Some(path) = above {
            if let Some(row) = outline.open_to(&path) {
                self.window.cursor = row;
                break;
            }
            above = path.parent();
        }
        false
    }

    /// Keeps the cursor among the rows, and in sight of a screen of `height` rows.
    pub fn keep_in_sight(&mut self, height: usize) {
        self.window.fit(self.rows(), height);
    }

    /// Scrolls by so many rows; the cursor stays unless it would leave the screen.
    pub fn scroll(&mut self, by: isize, height: usize) {
        self.window.scroll(by, self.rows(), height);
    }

    /// Takes a command. Whether it was for the tree.
    pub fn command(&mut self, command: Command, height: usize) -> bool {
        let rows = self.rows();
        let Ok(outline) = &mut self.outline else {
            return false;
        };
        if self.window.command(command, rows, height) {
            return true;
        }
        match command {
            Command::Open | Command::Toggle => {
                outline.toggle(self.window.cursor);
            }
            Command::CursorRight => {
                if outline.open(self.window.cursor) == 0 && self.window.cursor + 1 < rows {
                    let inside = outline.rows(self.window.cursor, 2, 1);
                    if matches!(&inside[..], [a, b] if b.depth > a.depth) {
                        self.window.cursor += 1;
                    }
                }
            }
            Command::CursorLeft => {
                if outline.close(self.window.cursor) == 0
                    && let Some(parent) = outline.parent(self.window.cursor)
                {
                    self.window.cursor = parent;
                }
            }
            Command::ExpandAll => {
                let path = outline.path(self.window.cursor);
                outline.open_all();
                if let Some(row) = path.and_then(|p| outline.open_to(&p)) {
                    self.window.cursor = row;
                }
            }
            Command::CollapseAll => {
                let top = outline.path(self.window.cursor);
                outline.close_all();
                let top = top.and_then(|p| p.0.into_iter().next());
                let row = top.and_then(|s| outline.open_to(&Path(vec![s])));
                self.window.cursor = row.unwrap_or(0);
            }
            _ => return false,
        }
        self.keep_in_sight(height);
        true
    }

    /// Puts the cursor on the next place, or the one before, whose name or value has `text`; goes on at the other end.
    /// Whether there is one.
    pub fn search(&mut self, text: &str, forwards: bool) -> bool {
        let here = self.path();
        match find::next(&self.document, text, &here, forwards) {
            Some(path) => self.go_to(&path),
            None => false,
        }
    }
}
