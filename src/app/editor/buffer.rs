//! The text that is being typed, with its cursor, its undo and its search.
//!
//! Knows text alone. Invariant: [`Buffer::version`] changes whenever the text does.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use tui_textarea::{CursorMove, Input, Key, TextArea};
use unicode_width::UnicodeWidthChar;

use crate::app::regions::scrolled;
use crate::value::Span;

/// How many steps can be undone.
const STEPS: usize = 200;
/// Spaces of one level of indentation, as printed text has it.
pub const INDENT: usize = 2;

/// Text of several lines that is being typed.
#[derive(Debug)]
pub struct Buffer {
    area: TextArea<'static>,
    version: u64,
    /// The first line that is shown.
    pub first: usize,
    /// How many characters of each line are left out on the left.
    pub left: usize,
    /// What was last searched for; empty for nothing.
    pub searched: String,
    // Texts in the middle of a replacement, which undo and redo must not stop at.
    between: Vec<u64>,
}

impl Buffer {
    /// A buffer that holds `text`, the cursor at its start.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let mut area = TextArea::new(text.split('\n').map(str::to_owned).collect());
        area.set_max_histories(STEPS);
        area.set_tab_length(INDENT as u8);
        Self {
            area,
            version: 0,
            first: 0,
            left: 0,
            searched: String::new(),
            between: Vec::new(),
        }
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> String {
        self.area.lines().join("\n")
    }

    /// The lines of the text; never none.
    #[must_use]
    pub fn lines(&self) -> &[String] {
        self.area.lines()
    }

    /// How long the text is, in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.lines().iter().map(|l| l.len() + 1).sum::<usize>() - 1
    }

    /// Whether the text is `text`.
    #[must_use]
    pub fn holds(&self, text: &str) -> bool {
        self.lines().iter().map(String::as_str).eq(text.split('\n'))
    }

    /// Counts the changes of the text.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.version
    }

    /// The cursor's line and its character in that line, from 0.
    #[must_use]
    pub fn cursor(&self) -> (usize, usize) {
        let at = self.area.cursor();
        (at.0, at.1)
    }

    /// The selected text's start and end, each a line and a character in it.
    #[must_use]
    pub fn selection(&self) -> Option<((usize, usize), (usize, usize))> {
        self.area.selection_range()
    }

    /// The cursor's place as a byte offset of the text.
    #[must_use]
    pub fn offset(&self) -> usize {
        let (row, column) = self.cursor();
        let before: usize = self.lines().iter().take(row).map(|l| l.len() + 1).sum();
        before
            + self
                .lines()
                .get(row)
                .map_or(0, |line| byte_of(line, column))
    }

    /// The line, and the character in it, at a byte offset of the text.
    #[must_use]
    pub fn position(&self, offset: usize) -> (usize, usize) {
        let mut rest = offset;
        for (row, line) in self.lines().iter().enumerate() {
            if rest <= line.len() {
                return (row, line.get(..rest).map_or(0, |s| s.chars().count()));
            }
            rest -= line.len() + 1;
        }
        let last = self.lines().len().saturating_sub(1);
        (
            last,
            self.lines().get(last).map_or(0, |l| l.chars().count()),
        )
    }

    /// Puts the cursor at a byte offset of the text.
    pub fn go_to(&mut self, offset: usize) {
        let (row, column) = self.position(offset);
        self.area.cancel_selection();
        self.jump(row, column);
    }

    fn jump(&mut self, row: usize, column: usize) {
        let small = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
        self.area
            .move_cursor(CursorMove::Jump(small(row), small(column)));
    }

    /// Puts the cursor on a line.
    pub fn go_to_line(&mut self, row: usize) {
        let column = self.cursor().1;
        self.area.cancel_selection();
        self.jump(row.min(self.lines().len().saturating_sub(1)), column);
    }

    /// Takes a key that no binding took. Says whether the text changed.
    pub fn input(&mut self, input: Input, rows: usize) -> bool {
        let step = rows.max(2) - 1;
        let changed = match input.key {
            Key::PageUp | Key::PageDown => {
                let (row, _) = self.cursor();
                let to = match input.key {
                    Key::PageUp => row.saturating_sub(step),
                    _ => row + step,
                };
                self.go_to_line(to);
                false
            }
            Key::Home if input.ctrl => {
                self.area.move_cursor(CursorMove::Top);
                self.area.move_cursor(CursorMove::Head);
                false
            }
            Key::End if input.ctrl => {
                self.area.move_cursor(CursorMove::Bottom);
                self.area.move_cursor(CursorMove::End);
                false
            }
            Key::Enter => {
                self.new_line();
                true
            }
            Key::Char('m' | 'j') if input.ctrl => {
                self.new_line();
                true
            }
            _ => self.area.input(input),
        };
        self.version += u64::from(changed);
        changed
    }

    /// Breaks the line; the new one is indented as the one before, and one level more after an opening bracket.
    fn new_line(&mut self) {
        let (row, column) = self.cursor();
        let line = self.lines().get(row).map_or("", String::as_str);
        let before = line.get(..byte_of(line, column)).unwrap_or(line);
        let mut indent = before.len() - before.trim_start_matches(' ').len();
        if before.trim_end().ends_with(['{', '[', '(']) {
            indent += INDENT;
        }
        self.area.insert_newline();
        if indent > 0 {
            self.area.insert_str(" ".repeat(indent));
        }
    }

    /// Inserts pasted text as one step; says whether the text changed.
    pub fn paste(&mut self, text: &str) -> bool {
        // Terminals send a pasted line's end as a carriage return.
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        let changed = self.area.insert_str(text);
        self.version += u64::from(changed);
        changed
    }

    /// Replaces a part of the text, and leaves the rest as typed. One undo takes it back.
    pub fn replace(&mut self, span: Span, by: &str) {
        let (start, end) = (self.position(span.start), self.position(span.end));
        let reach = usize::from(u16::MAX);
        let far = [start.0, start.1, end.0, end.1].iter().any(|n| *n >= reach);
        if far {
            let mut text = self.text();
            if text.get(span.start..span.end).is_some() {
                text.replace_range(span.start..span.end, by);
                self.set(&text);
                self.go_to(span.start);
            }
            return;
        }
        self.area.cancel_selection();
        self.jump(start.0, start.1);
        if start != end {
            self.area.start_selection();
            self.jump(end.0, end.1);
            self.area.cut();
            let between = self.mark();
            if !by.is_empty() {
                self.between.push(between);
            }
        }
        self.area.insert_str(by);
        self.area.cancel_selection();
        self.jump(start.0, start.1);
        self.version += 1;
    }

    /// Replaces the whole text. One undo takes it back.
    pub fn set(&mut self, text: &str) {
        self.area.select_all();
        self.area.cut();
        self.between.push(self.mark());
        self.area.insert_str(text);
        self.area.cancel_selection();
        self.jump(0, 0);
        self.version += 1;
    }

    fn mark(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.lines().hash(&mut hasher);
        hasher.finish()
    }

    /// Takes the last step back; says whether there was one.
    pub fn undo(&mut self) -> bool {
        self.step(TextArea::undo)
    }

    /// Makes the step again that was taken back last; says whether there was one.
    pub fn redo(&mut self) -> bool {
        self.step(TextArea::redo)
    }

    fn step(&mut self, step: fn(&mut TextArea<'static>) -> bool) -> bool {
        let changed = step(&mut self.area);
        if changed && !self.between.is_empty() && self.between.contains(&self.mark()) {
            step(&mut self.area);
        }
        self.version += u64::from(changed);
        changed
    }

    /// Goes to the next place, or the one before, where `text` stands; says whether there is one. Small letters also
    /// find capitals.
    pub fn search(&mut self, text: &str, onward: bool) -> bool {
        self.searched = text.to_owned();
        if text.is_empty() {
            return false;
        }
        let case = if text.chars().any(char::is_uppercase) {
            ""
        } else {
            "(?i)"
        };
        let pattern = format!("{case}{}", regex::escape(text));
        if self.area.set_search_pattern(pattern).is_err() {
            return false;
        }
        match onward {
            true => self.area.search_forward(false),
            false => self.area.search_back(false),
        }
    }

    /// Scrolls so that the cursor is in sight of a window of `rows` lines and `width` columns.
    pub fn keep_in_sight(&mut self, rows: usize, width: usize) {
        let (row, column) = self.cursor();
        let last = self.lines().len().saturating_sub(rows.max(1));
        self.first = scrolled(self.first.min(last), row, rows);
        let width = width.max(2);
        if column < self.left {
            self.left = column.saturating_sub(width / 4);
        }
        if column - self.left >= width {
            self.left = column + 1 - width;
        }
        let line = self.area.lines().get(row).map_or("", String::as_str);
        let mut used: usize = line
            .chars()
            .skip(self.left)
            .take(column - self.left)
            .map(columns)
            .sum();
        let mut hidden = line.chars().skip(self.left);
        while used >= width
            && let Some(c) = hidden.next()
        {
            used -= columns(c).min(used);
            self.left += 1;
        }
    }
}

/// How many columns a character takes when it is shown, hidden ones as their escapes.
#[must_use]
pub fn columns(c: char) -> usize {
    if crate::value::text::is_hidden(c) {
        let mut escape = String::new();
        crate::value::text::push_escape(&mut escape, c);
        return escape.len();
    }
    c.width().unwrap_or(0)
}

/// The byte offset of a line's character; the line's end past the last.
#[must_use]
pub fn byte_of(line: &str, column: usize) -> usize {
    line.char_indices()
        .nth(column)
        .map_or(line.len(), |(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replacement_is_taken_back_by_one_undo() {
        let mut buffer = Buffer::new("{\n  a: 1,\n  b: 'é'\n}");
        let text = buffer.text();
        let at = text.find("'é'").unwrap_or_default();
        buffer.replace(Span::new(at, at + "'é'".len()), "2");
        assert_eq!(buffer.text(), "{\n  a: 1,\n  b: 2\n}");
        assert!(buffer.undo());
        assert_eq!(buffer.text(), text);
        assert!(buffer.redo());
        assert_eq!(buffer.text(), "{\n  a: 1,\n  b: 2\n}");
        buffer.set("x");
        buffer.undo();
        assert_eq!(buffer.text(), "{\n  a: 1,\n  b: 2\n}");
    }

    #[test]
    fn offsets_and_places_belong_together() {
        let mut buffer = Buffer::new("aé\n\nxyz");
        for (offset, place) in [
            (0, (0, 0)),
            (3, (0, 2)),
            (4, (1, 0)),
            (5, (2, 0)),
            (8, (2, 3)),
        ] {
            assert_eq!(buffer.position(offset), place);
            buffer.go_to(offset);
            assert_eq!(buffer.offset(), offset);
        }
    }

    #[test]
    fn a_new_line_is_indented_as_the_one_before_and_more_after_a_bracket() {
        let mut buffer = Buffer::new("  a: {");
        buffer.go_to(6);
        let enter = Input {
            key: Key::Enter,
            ctrl: false,
            alt: false,
            shift: false,
        };
        buffer.input(enter, 10);
        assert_eq!(buffer.text(), "  a: {\n    ");
    }

    #[test]
    fn a_paste_whose_lines_end_in_carriage_returns_has_lines() {
        let mut buffer = Buffer::new("");
        buffer.paste("a\rb\r\nc");
        assert_eq!(buffer.text(), "a\nb\nc");
    }
}
