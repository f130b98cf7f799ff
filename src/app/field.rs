//! A one-line field to type in.

use tui_textarea::{CursorMove, Input, Key, TextArea};

/// The longest text a field takes, in bytes; a longer paste is cut, and said so by the caller.
const LIMIT: usize = 1 << 20;

/// A one-line field, with undo and the usual line-editing keys.
#[derive(Debug, Clone)]
pub struct Field {
    area: TextArea<'static>,
}

impl Default for Field {
    fn default() -> Self {
        Self::new("")
    }
}

impl Field {
    /// A field that holds `text`, the cursor at its end.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let mut area = TextArea::new(vec![one_line(text)]);
        area.move_cursor(CursorMove::End);
        Self { area }
    }

    /// What it holds.
    #[must_use]
    pub fn text(&self) -> &str {
        self.area.lines().first().map_or("", String::as_str)
    }

    /// Replaces what it holds.
    pub fn set(&mut self, text: &str) {
        *self = Self::new(text);
    }

    /// The cursor's place, in characters.
    #[must_use]
    pub fn cursor(&self) -> usize {
        self.area.cursor().1
    }

    /// Takes a key that no binding took. Says whether the text changed.
    pub fn input(&mut self, input: Input) -> bool {
        match input.key {
            Key::Enter => false,
            // Further vertical movement has no meaning in one line.
            Key::Up | Key::Down | Key::PageUp | Key::PageDown | Key::Tab => false,
            Key::Char('m' | 'j') if input.ctrl => false,
            _ => self.area.input(input),
        }
    }

    /// Inserts pasted text; line breaks become spaces.
    pub fn paste(&mut self, text: &str) -> bool {
        self.area.insert_str(one_line(text))
    }
}

impl PartialEq for Field {
    fn eq(&self, other: &Self) -> bool {
        self.text() == other.text() && self.cursor() == other.cursor()
    }
}

fn one_line(text: &str) -> String {
    let mut end = text.len().min(LIMIT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end]
        .chars()
        .map(|c| {
            if c == '\n' || c == '\r' || c == '\t' {
                ' '
            } else {
                c
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paste_of_several_lines_becomes_one() {
        let mut field = Field::new("a");
        field.paste("b\nc");
        assert_eq!(field.text(), "ab c");
    }
}
