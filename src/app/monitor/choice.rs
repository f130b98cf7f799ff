//! A cursor among rows that come, go and change their order: it holds on to the row, not to its place.
//!
//! Invariant: [`Choice::window`] gives a cursor among the rows and in sight, whatever became of the row that was chosen.

use crate::app::command::Command;
use crate::app::window::Window;

/// What moves a cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Move {
    /// A command, where it is one that moves.
    Command(Command),
    /// A click on a place of the screen.
    Choose(usize),
    /// So many rows of the wheel.
    Scroll(isize),
}

/// The chosen one of rows that are told apart by `K`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice<K> {
    /// The row; `None` while nobody chose one: then it is the first.
    pub row: Option<K>,
    /// Where it was seen last, for when it is gone.
    place: usize,
    first: usize,
}

impl<K> Default for Choice<K> {
    fn default() -> Self {
        Self {
            row: None,
            place: 0,
            first: 0,
        }
    }
}

impl<K: PartialEq + Clone> Choice<K> {
    /// The cursor among `rows`, of which `height` are in sight.
    #[must_use]
    pub fn window(&self, rows: &[K], height: usize) -> Window {
        let place = match &self.row {
            Some(row) => rows.iter().position(|r| r == row).unwrap_or(self.place),
            None => 0,
        };
        let mut window = Window {
            cursor: place,
            first: self.first,
        };
        window.fit(rows.len(), height);
        window
    }

    /// The chosen row.
    #[must_use]
    pub fn chosen<'r>(&self, rows: &'r [K]) -> Option<&'r K> {
        rows.get(self.window(rows, rows.len()).cursor)
    }

    fn put(&mut self, window: Window, rows: &[K]) {
        self.place = window.cursor;
        self.first = window.first;
        self.row = rows.get(window.cursor).cloned();
    }

    /// Moves. Whether the step was for that.
    pub fn go(&mut self, step: Move, rows: &[K], height: usize) -> bool {
        match step {
            Move::Command(command) => return self.command(command, rows, height),
            Move::Choose(place) => self.choose(place, rows, height),
            Move::Scroll(by) => self.scroll(by, rows, height),
        }
        true
    }

    /// Takes a command that moves up or down. Whether it was one.
    pub fn command(&mut self, command: Command, rows: &[K], height: usize) -> bool {
        let mut window = self.window(rows, height);
        let moved = window.command(command, rows.len(), height);
        if moved {
            self.put(window, rows);
        }
        moved
    }

    /// Chooses the row at a place of the screen.
    pub fn choose(&mut self, place: usize, rows: &[K], height: usize) {
        let mut window = self.window(rows, height);
        window.choose(place, rows.len(), height);
        self.put(window, rows);
    }

    /// Scrolls by so many rows.
    pub fn scroll(&mut self, by: isize, rows: &[K], height: usize) {
        let mut window = self.window(rows, height);
        window.scroll(by, rows.len(), height);
        self.put(window, rows);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cursor_stays_with_its_row_and_near_the_place_of_one_that_is_gone() {
        let mut choice = Choice::default();
        choice.command(Command::CursorDown, &["a", "b", "c"], 2);
        assert_eq!(choice.row, Some("b"));
        assert_eq!(choice.chosen(&["x", "a", "c", "b"]), Some(&"b"));
        assert_eq!(choice.window(&["x", "a", "c", "b"], 2).first, 2);
        assert_eq!(choice.chosen(&["a", "c"]), Some(&"c"), "in its place");
        assert_eq!(choice.chosen(&[]), None);
    }
}
