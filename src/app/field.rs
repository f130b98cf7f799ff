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

    /// A field that holds `text` selected: what is typed takes its place, a movement keeps it.
    #[must_use]
    pub fn selected(text: &str) -> Self {
        let mut field = Self::new(text);
        field.area.select_all();
        field
    }

    /// Whether what it holds is selected.
    #[must_use]
    pub fn is_selected(&self) -> bool {
        self.area.selection_range().is_some()
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

    /// Puts another text in the place of a span of bytes, and the cursor at a byte offset of the whole.
    pub fn replace(&mut self, span: crate::value::Span, by: &str, to: usize) {
        let text = self.text();
        let (Some(before), Some(after)) = (text.get(..span.start), text.get(span.end..)) else {
            return;
        };
        let whole = one_line(&format!("{before}{by}{after}"));
        let column = whole.get(..to).map_or(usize::MAX, |b| b.chars().count());
        let mut area = TextArea::new(vec![whole]);
        area.move_cursor(CursorMove::Jump(
            0,
            u16::try_from(column).unwrap_or(u16::MAX),
        ));
        self.area = area;
    }

    /// The cursor's place, as a byte offset.
    #[must_use]
    pub fn offset(&self) -> usize {
        let text = self.text();
        text.char_indices()
            .nth(self.cursor())
            .map_or(text.len(), |(at, _)| at)
    }

    /// Takes a key that no binding took. Says whether the text changed.
    pub fn input(&mut self, input: Input) -> bool {
        match input.key {
            Key::Enter => false,
            // Further vertical movement has no meaning in one line.
            Key::Up | Key::Down | Key::PageUp | Key::PageDown | Key::Tab => false,
            Key::Char('m' | 'j') if input.ctrl => false,
            // As in a shell's line.
            Key::Char('u') if input.ctrl => self.area.delete_line_by_head(),
            _ => self.area.input(input),
        }
    }

    /// Inserts pasted text; line breaks become spaces, and comments up to the end of a line end there still.
    pub fn paste(&mut self, text: &str) -> bool {
        self.area.insert_str(one_line(&closed_comments(text)))
    }
}

impl PartialEq for Field {
    fn eq(&self, other: &Self) -> bool {
        self.text() == other.text() && self.cursor() == other.cursor()
    }
}

/// The text with each `// comment` that a line break ends written as `/* comment */`.
fn closed_comments(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let at = comment(line).filter(|at| line.ends_with('\n') && !line[*at..].contains("*/"));
        match at {
            Some(at) => {
                out.push_str(&line[..at]);
                out.push_str("/*");
                out.push_str(line[at + 2..].trim_end());
                out.push_str(" */ ");
            }
            None => out.push_str(line),
        }
    }
    out
}

/// Where a `//` stands in a line outside of a string.
fn comment(line: &str) -> Option<usize> {
    let mut quote = None;
    let mut escaped = false;
    let bytes = line.as_bytes();
    for (at, byte) in bytes.iter().enumerate() {
        match (quote, byte) {
            _ if escaped => escaped = false,
            (Some(_), b'\\') => escaped = true,
            (Some(q), b) if q == *b => quote = None,
            (None, b'\'' | b'"' | b'`') => quote = Some(*byte),
            (None, b'/') if bytes.get(at + 1) == Some(&b'/') => return Some(at),
            _ => {}
        }
    }
    None
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

    #[test]
    fn a_comment_in_pasted_lines_does_not_swallow_the_lines_after_it() {
        let mut field = Field::new("");
        field.paste("{ // all of it\n  a: 'x//y',\n}");
        assert_eq!(field.text(), "{ /* all of it */   a: 'x//y', }");
    }
}
