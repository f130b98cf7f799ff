//! A cursor over rows, and which of them are on the screen.
//!
//! Invariant: after [`Window::fit`] the cursor lies among the rows and in sight.

use super::command::Command;
use super::regions::scrolled;

/// A cursor over rows, and the first row on the screen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Window {
    /// The row under the cursor.
    pub cursor: usize,
    /// The first row on the screen.
    pub first: usize,
}

impl Window {
    /// Takes a command that moves up or down among `rows` rows, of which `height` are in sight. Whether it was one.
    pub fn command(&mut self, command: Command, rows: usize, height: usize) -> bool {
        let height = height.max(1);
        let half = height / 2 + 1;
        match command {
            Command::CursorUp => self.cursor = self.cursor.saturating_sub(1),
            Command::CursorDown => self.cursor += 1,
            Command::CursorFirst => self.cursor = 0,
            Command::CursorLast => self.cursor = rows.saturating_sub(1),
            Command::PageUp => {
                self.cursor = self.cursor.saturating_sub(height);
                self.first = self.first.saturating_sub(height);
            }
            Command::PageDown => {
                self.cursor += height;
                self.first += height;
            }
            Command::HalfPageUp => {
                self.cursor = self.cursor.saturating_sub(half);
                self.first = self.first.saturating_sub(half);
            }
            Command::HalfPageDown => {
                self.cursor += half;
                self.first += half;
            }
            _ => return false,
        }
        self.fit(rows, height);
        true
    }

    /// Keeps the cursor among the rows and in sight.
    pub fn fit(&mut self, rows: usize, height: usize) {
        self.cursor = self.cursor.min(rows.saturating_sub(1));
        self.first = scrolled(self.first, self.cursor, height).min(rows.saturating_sub(height));
    }

    /// Puts the cursor on the row at a place of the screen.
    pub fn choose(&mut self, place: usize, rows: usize, height: usize) {
        self.cursor = self.first.saturating_add(place);
        self.fit(rows, height);
    }

    /// Scrolls by so many rows; the cursor stays unless it would leave the screen.
    pub fn scroll(&mut self, by: isize, rows: usize, height: usize) {
        let height = height.max(1);
        self.first = self
            .first
            .saturating_add_signed(by)
            .min(rows.saturating_sub(height));
        let bottom = (self.first + height - 1).min(rows.saturating_sub(1));
        self.cursor = self.cursor.clamp(self.first.min(bottom), bottom);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cursor_stays_among_the_rows_and_in_sight() {
        let mut window = Window::default();
        window.command(Command::CursorLast, 100, 10);
        assert_eq!((window.cursor, window.first), (99, 90));
        window.command(Command::PageUp, 100, 10);
        assert_eq!((window.cursor, window.first), (89, 80));
        window.scroll(-30, 100, 10);
        assert_eq!((window.cursor, window.first), (59, 50));
        window.fit(5, 10);
        assert_eq!((window.cursor, window.first), (4, 0));
        window.fit(0, 10);
        assert_eq!(window.cursor, 0);
    }
}
