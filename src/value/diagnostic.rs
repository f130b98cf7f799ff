//! A problem in a piece of text, with the place it is at.
//!
//! Every parser of the crate reports with this type, so that every message can be shown with a caret, on the screen
//! and on standard error alike.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthStr;

/// A half-open range of byte offsets into a text. Both ends lie on character boundaries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Span {
    /// Offset of the first byte.
    pub start: usize,
    /// Offset just past the last byte; equal to `start` for a point.
    pub end: usize,
}

impl Span {
    /// The span from `start` up to, not including, `end`.
    #[must_use]
    pub fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }

    /// An empty span at `at`, for something that is missing there.
    #[must_use]
    pub fn point(at: usize) -> Self {
        Self { start: at, end: at }
    }
}

/// One problem in a text: where, what, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// The text at fault.
    pub span: Span,
    /// What is wrong: lower case, no full stop, values in backticks.
    pub message: String,
    /// The next step for the person, where one is known.
    pub help: Option<String>,
}

impl Diagnostic {
    /// A problem at `span` with no advice yet.
    #[must_use]
    pub fn new(span: Span, message: impl Into<String>) -> Self {
        Self {
            span,
            message: message.into(),
            help: None,
        }
    }

    /// The same problem with advice.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Line and column of the span's start in `text`, both counted from 1; columns are characters.
    #[must_use]
    pub fn position(&self, text: &str) -> (usize, usize) {
        let start = floor_boundary(text, self.span.start);
        let before = &text[..start];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |l| l.chars().count()) + 1;
        (line, column)
    }

    /// The problem as several lines of text: `name:line:column: message`, the line at fault, a caret, the advice.
    /// Control characters of the text are not passed on.
    #[must_use]
    pub fn render(&self, name: &str, text: &str) -> String {
        let (line, column) = self.position(text);
        let start = floor_boundary(text, self.span.start);
        let line_start = text[..start].rfind('\n').map_or(0, |i| i + 1);
        let line_end = text[start..].find('\n').map_or(text.len(), |i| start + i);
        let end = floor_boundary(text, self.span.end.clamp(start, line_end));
        let clean = |s: &str| {
            s.chars()
                .map(|c| if c.is_control() { ' ' } else { c })
                .collect::<String>()
        };
        // A long line is cut around the place, so that the caret stays on the screen.
        let from = text[line_start..start]
            .char_indices()
            .rev()
            .nth(59)
            .map_or(line_start, |(i, _)| line_start + i);
        let to = text[end..line_end]
            .char_indices()
            .nth(40)
            .map_or(line_end, |(i, _)| end + i);
        let lead = clean(&text[from..start]);
        let marked = clean(&text[start..end]);
        let tail = clean(&text[end..to]);
        let number = line.to_string();
        let pad = " ".repeat(number.len());
        let mut out = format!("{name}:{line}:{column}: {}\n", self.message);
        let _ = writeln!(out, "{pad} |\n{number} | {lead}{marked}{tail}");
        let _ = write!(
            out,
            "{pad} | {}{}",
            " ".repeat(lead.width()),
            "^".repeat(marked.width().max(1))
        );
        if let Some(help) = &self.help {
            let _ = write!(out, "\n{pad} = {help}");
        }
        out
    }
}

fn floor_boundary(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// The candidate nearest to `word` by edit distance, where one is near enough to be what was meant.
#[must_use]
pub fn did_you_mean<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let limit = (word.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .map(|c| (edit_distance(&word.to_lowercase(), &c.to_lowercase()), c))
        .filter(|(d, _)| *d <= limit)
        .min_by_key(|(d, _)| *d)
        .map(|(_, c)| c)
}

/// How many characters must be added, removed, replaced or swapped with their neighbour.
fn edit_distance(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.chars().collect();
    let b: Vec<char> = b.chars().collect();
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.iter().enumerate() {
        let mut row = Vec::with_capacity(b.len() + 1);
        row.push(i + 1);
        for (j, cb) in b.iter().enumerate() {
            let replace = last[j] + usize::from(ca != cb);
            let mut best = replace.min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *ca == b[j - 1] && a[i - 1] == *cb {
                best = best.min(before_last[j - 1] + 1);
            }
            row.push(best);
        }
        before_last = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_caret_stands_under_the_place() {
        let text = "{a: 1,\n b: }";
        let problem = Diagnostic::new(Span::new(11, 12), "a value is missing")
            .with_help("write one after `b:`");
        assert_eq!(
            problem.render("filter", text),
            "filter:2:5: a value is missing\n  |\n2 |  b: }\n  |     ^\n  = write one after `b:`"
        );
    }

    #[test]
    fn a_near_word_is_offered_and_a_far_one_is_not() {
        assert_eq!(
            did_you_mean("prodction", ["production", "read_only"]),
            Some("production")
        );
        assert_eq!(did_you_mean("colour", ["uri", "models"]), None);
        assert_eq!(did_you_mean("drak", ["light", "dark"]), Some("dark"));
        assert_eq!(did_you_mean("", ["a"]), Some("a"));
    }
}
