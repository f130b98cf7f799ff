//! Where in a document the cursor of a person is who is typing it.
//!
//! Works on shell text that does not parse yet, with the light lexer of the colours, and looks at what lies before the
//! cursor and a little after it: never at the whole of a long text. Never fails: what it cannot tell is `None`.

use super::Span;
use super::highlight::{Piece, Role, State, tokens};
use super::path::{Path, Step};

/// At most so many bytes before the cursor are looked at; a cursor farther in has no place.
const BEFORE: usize = 1 << 20;
/// At most so many lines after the cursor are searched for names that the same object has.
const AFTER: usize = 2_000;
/// Brackets inside brackets, at most.
const DEEPEST: usize = 200;

/// What is typed at the cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Typed {
    /// A field's name.
    Key {
        /// Whether a colon follows it already.
        colon: bool,
        /// The names that the object has beside it.
        others: Vec<String>,
    },
    /// A value.
    Value,
}

/// Where the cursor is, and what it is on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The object that a name belongs to; or the value's own place.
    pub path: Path,
    /// Which of the two.
    pub typed: Typed,
    /// The bytes of the cursor's line that the name or the value takes so far; empty where nothing is typed.
    pub span: Span,
    /// The text of it up to the cursor.
    pub head: String,
    /// Whether it is a whole value as it stands: a literal that is closed, or a call.
    pub complete: bool,
}

#[derive(Debug)]
struct Frame {
    array: bool,
    /// The name whose value is being typed, or the number of the element.
    key: Option<String>,
    index: usize,
    keys: Vec<String>,
    /// Whether the colon after `key` has come.
    valued: bool,
}

/// Where the byte `offset` of the line `row` lies in a text whose whole is the value at `base`.
#[must_use]
pub fn place_at<S: AsRef<str>>(
    lines: &[S],
    row: usize,
    offset: usize,
    base: &Path,
) -> Option<Place> {
    let line = lines.get(row)?.as_ref();
    let offset = offset.min(line.len());
    let before: usize = lines.iter().take(row).map(|l| l.as_ref().len() + 1).sum();
    if before + offset > BEFORE {
        return None;
    }
    let mut frames: Vec<Frame> = Vec::new();
    let mut state = State::default();
    for text in lines.iter().take(row) {
        let text = text.as_ref();
        let (pieces, next) = tokens(text, state);
        for piece in &pieces {
            walk(&mut frames, text, piece)?;
        }
        state = next;
    }
    if state == State::Comment {
        return None;
    }
    let (pieces, _) = tokens(line, state);
    // What is typed at the cursor may make the lexer see a text that ends with the line.
    let mut start = None;
    let mut calls = 0_usize;
    let mut at = 0;
    for (number, piece) in pieces.iter().enumerate() {
        if piece.span.start >= offset {
            break;
        }
        let text = line.get(piece.span.start..piece.span.end)?;
        if piece.role == Role::Comment {
            if offset < piece.span.end || text.starts_with("//") {
                return None;
            }
            at = piece.span.end;
            continue;
        }
        match (piece.role, text) {
            (Role::Punctuation, "(") => calls += 1,
            (Role::Punctuation, ")") => calls = calls.saturating_sub(1),
            (Role::Punctuation, "new") => start = start.or(Some(number)),
            (Role::Punctuation, _) if calls == 0 => {
                start = None;
                walk(&mut frames, line, piece)?;
            }
            (Role::Key, _) if piece.span.end >= offset => start = Some(number),
            (Role::Key, _) => {
                start = None;
                walk(&mut frames, line, piece)?;
            }
            _ => {
                // Two values side by side: a comma is missing, and the later one is meant.
                let gap = line
                    .get(at..piece.span.start)
                    .is_some_and(|g| !g.is_empty());
                if calls == 0 && gap && !continues(line, at) {
                    start = None;
                }
                start = start.or(Some(number));
            }
        }
        at = piece.span.end;
    }
    // Behind a space the word before is over.
    if calls == 0
        && at < offset
        && start.is_none_or(|s| pieces.get(s).is_none_or(|p| word(line, p) != "new"))
    {
        start = None;
    }
    let span = match start.and_then(|s| pieces.get(s)) {
        Some(first) => Span::new(first.span.start, end(line, &pieces, start?, offset)),
        None => Span::new(offset, offset),
    };
    let head = line.get(span.start..offset)?.to_owned();
    let whole = line.get(span.start..span.end)?;
    let complete = is_complete(whole);
    let Some(frame) = frames.last() else {
        return Some(Place {
            path: base.clone(),
            typed: Typed::Value,
            span,
            head,
            complete,
        });
    };
    let mut path = base.clone();
    for outer in &frames[..frames.len() - 1] {
        path.0.push(outer.step()?);
    }
    if frame.array || frame.valued {
        path.0.push(frame.step()?);
        return Some(Place {
            path,
            typed: Typed::Value,
            span,
            head,
            complete,
        });
    }
    let colon = line.get(span.end..)?.trim_start().starts_with(':');
    let mut others = frame.keys.clone();
    others.extend(later(lines, row, span.end, State::Plain));
    Some(Place {
        path,
        typed: Typed::Key { colon, others },
        span,
        head,
        complete: false,
    })
}

fn word<'l>(line: &'l str, piece: &Piece) -> &'l str {
    line.get(piece.span.start..piece.span.end).unwrap_or("")
}

/// Whether what ends at `at` goes on after a space: `new Date`.
fn continues(line: &str, at: usize) -> bool {
    line.get(..at).is_some_and(|before| before.ends_with("new"))
}

/// Where the value that starts with a piece ends.
fn end(line: &str, pieces: &[Piece], start: usize, offset: usize) -> usize {
    let mut calls = 0_usize;
    let mut end = offset;
    for (number, piece) in pieces.iter().enumerate().skip(start) {
        let text = word(line, piece);
        let gap = piece.span.start > end && calls == 0;
        match (piece.role, text) {
            (Role::Punctuation, "(") => calls += 1,
            (Role::Punctuation, ")") if calls > 0 => calls -= 1,
            (Role::Punctuation, "new") if number == start => {}
            (Role::Punctuation, _) if calls == 0 => return end,
            (Role::Comment, _) => return end,
            _ if gap && number > start && !continues(line, end) => return end,
            _ => {}
        }
        let closed = !(text.starts_with(['\'', '"', '`'])) || is_closed(text);
        if !closed {
            // A quote that is not closed would take in all that follows on its line.
            return if piece.span.start < offset {
                offset
            } else {
                end
            };
        }
        end = end.max(piece.span.end);
    }
    end
}

fn is_closed(text: &str) -> bool {
    let mut chars = text.chars();
    let Some(quote) = chars.next() else {
        return false;
    };
    let mut escaped = false;
    let mut closed = false;
    for c in chars {
        closed = c == quote && !escaped;
        escaped = c == '\\' && !escaped;
    }
    closed
}

fn is_complete(text: &str) -> bool {
    let text = text.trim();
    match text.chars().next() {
        None => false,
        Some('\'' | '"' | '`') => is_closed(text),
        Some(c) if c.is_ascii_digit() || c == '-' => true,
        Some(_) => text.ends_with(')') || matches!(text, "true" | "false" | "null"),
    }
}

/// The names that stand after the cursor in the same object.
fn later<S: AsRef<str>>(lines: &[S], row: usize, from: usize, mut state: State) -> Vec<String> {
    let mut depth = 0_usize;
    let mut out = Vec::new();
    for (number, text) in lines.iter().enumerate().skip(row).take(AFTER) {
        let text = text.as_ref();
        let text = match number == row {
            true => text.get(from..).unwrap_or(""),
            false => text,
        };
        let (pieces, next) = tokens(text, state);
        state = next;
        for piece in &pieces {
            match (piece.role, word(text, piece)) {
                (Role::Punctuation, "{" | "[" | "(") => depth += 1,
                (Role::Punctuation, "}" | "]" | ")") => {
                    if depth == 0 {
                        return out;
                    }
                    depth -= 1;
                }
                (Role::Key, key) if depth == 0 => out.push(plain(key)),
                _ => {}
            }
        }
    }
    out
}

impl Frame {
    fn step(&self) -> Option<Step> {
        match self.array {
            true => Some(Step::Index(self.index)),
            false => self.key.clone().map(Step::Key),
        }
    }
}

/// Takes one piece; `None` where brackets lie too deep.
fn walk(frames: &mut Vec<Frame>, line: &str, piece: &Piece) -> Option<()> {
    let text = word(line, piece);
    match (piece.role, text) {
        (Role::Punctuation, "{" | "[" | "(") => {
            if frames.len() >= DEEPEST {
                return None;
            }
            frames.push(Frame {
                array: text != "{",
                key: None,
                index: 0,
                keys: Vec::new(),
                valued: false,
            });
        }
        (Role::Punctuation, "}" | "]" | ")") => {
            frames.pop();
        }
        (Role::Punctuation, ",") => {
            if let Some(frame) = frames.last_mut() {
                frame.index += 1;
                frame.key = None;
                frame.valued = false;
            }
        }
        (Role::Punctuation, ":") => {
            if let Some(frame) = frames.last_mut() {
                frame.valued = frame.key.is_some();
            }
        }
        (Role::Key, key) => {
            if let Some(frame) = frames.last_mut()
                && !frame.array
            {
                let key = plain(key);
                frame.keys.push(key.clone());
                frame.key = Some(key);
                frame.valued = false;
            }
        }
        _ => {}
    }
    Some(())
}

/// A name without its quotes. Escapes stay as they are written: such names are rare, and only looked up.
fn plain(key: &str) -> String {
    let quote = key.chars().next().filter(|c| matches!(c, '\'' | '"' | '`'));
    match quote {
        Some(quote) => {
            let inner = key.strip_prefix(quote).unwrap_or(key);
            inner.strip_suffix(quote).unwrap_or(inner).to_owned()
        }
        None => key.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::value::sample;

    /// The place at the `|` of a text.
    fn at(text: &str) -> Option<Place> {
        let row = text.lines().position(|l| l.contains('|')).unwrap_or(0);
        let lines: Vec<String> = text.lines().map(|l| l.replace('|', "")).collect();
        let offset = text.lines().nth(row).and_then(|l| l.find('|')).unwrap_or(0);
        place_at(&lines, row, offset, &Path::root())
    }

    fn shown(text: &str) -> String {
        let Some(place) = at(text) else {
            return "nowhere".to_owned();
        };
        let line = text.lines().find(|l| l.contains('|')).unwrap_or("");
        let line = line.replace('|', "");
        let span = line.get(place.span.start..place.span.end).unwrap_or("?");
        let what = match place.typed {
            Typed::Value => format!("value{}", if place.complete { ", whole" } else { "" }),
            Typed::Key { colon, others } => {
                let colon = if colon { ", colon" } else { "" };
                format!("key of [{}]{colon}", others.join(" "))
            }
        };
        format!("{} {what} <{span}> head <{}>", place.path, place.head)
    }

    #[test]
    fn the_place_of_the_cursor_is_told_in_text_that_does_not_parse() {
        let all = [
            "{\n  na|\n}",
            "{\n  a: 1,\n  |\n  b: 2\n}",
            "{\n  na|me: 'x', b: 1\n}",
            "{ status: |",
            "{ status: |, b: 1 }",
            "{ status: 'act|ive', b: 1 }",
            "{ status: 'act|, b: 1 }",
            "{ status: 'active'|, b: 1 }",
            "{ status: act|\n  b: 1 }",
            "{ user: ObjectId('65|a0'), b: 1 }",
            "{ user: ObjectId('65a0')| }",
            "{ user: ObjectId(|) }",
            "{ when: new Da|te() }",
            "{ tags: ['a', |] }",
            "{ tags: ['a', { b: 1 }, { c|: 1 }] }",
            "{ address: { ci| } }",
            "{ 'odd key': { | } }",
            "{ a: 1 | }",
            "{ a: 1, /* b: | */ c: 2 }",
            "'par|t'",
            "|",
            "{ a: `x\n y|` }",
        ];
        let shown: Vec<String> = all
            .iter()
            .map(|t| format!("{:?}\n    {}", t, shown(t)))
            .collect();
        insta::assert_snapshot!(shown.join("\n"));
    }

    proptest! {
        #[test]
        fn no_text_and_no_place_makes_it_fail(text in sample::text(), row in 0_usize..4, offset in 0_usize..80) {
            let lines: Vec<&str> = text.lines().collect();
            if let Some(line) = lines.get(row) {
                let mut offset = offset.min(line.len());
                while !line.is_char_boundary(offset) {
                    offset -= 1;
                }
                if let Some(place) = place_at(&lines, row, offset, &Path::root()) {
                    prop_assert!(line.get(place.span.start..place.span.end).is_some());
                    prop_assert!(place.span.start <= offset && offset <= place.span.end);
                }
            }
        }
    }
}
