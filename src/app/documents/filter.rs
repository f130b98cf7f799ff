//! What is asked of the server: the filter line with its history, and the sort.
//!
//! Invariant: a text that does not parse never reaches the server, neither as it is nor as `{}`.

use bson::RawDocumentBuf;
use unicode_width::UnicodeWidthStr;

use crate::app::field::Field;
use crate::app::scope::Moment;
use crate::query;
use crate::value::cell::sanitize;
use crate::value::shell::print_key;
use crate::value::{Diagnostic, Path};

/// How many earlier filters are kept.
const KEPT: usize = 100;

/// A filter line.
#[derive(Debug, Default)]
pub struct FilterLine {
    /// The filter that the rows are of, as typed; empty for all documents.
    pub applied: String,
    /// The field that is typed in; `None` while it is not open.
    pub field: Option<Field>,
    /// Why what was typed cannot be used.
    pub problem: Option<Problem>,
    history: Vec<String>,
    at: usize,
}

/// Why a text cannot be used, with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Columns of characters before the place at fault.
    pub column: usize,
    /// How many columns are at fault; at least one.
    pub width: usize,
    /// What is wrong and what to do about it.
    pub message: String,
}

impl Problem {
    /// The problem of a one-line text.
    #[must_use]
    pub fn new(text: &str, diagnostic: &Diagnostic) -> Self {
        let floor = |at: usize| {
            let mut at = at.min(text.len());
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            at
        };
        let start = floor(diagnostic.span.start);
        let end = floor(diagnostic.span.end).max(start);
        let message = match &diagnostic.help {
            Some(help) => format!("{}; {help}", diagnostic.message),
            None => diagnostic.message.clone(),
        };
        Self {
            column: sanitize(&text[..start]).width(),
            width: sanitize(&text[start..end]).width().max(1),
            message,
        }
    }
}

impl FilterLine {
    /// Opens the line with the filter that holds.
    pub fn open(&mut self) {
        self.field = Some(Field::new(&self.applied));
        self.problem = None;
        self.at = self.history.len();
    }

    /// Closes the line; what was typed is forgotten.
    pub fn close(&mut self) {
        self.field = None;
        self.problem = None;
    }

    /// What was typed changed.
    pub fn changed(&mut self) {
        self.problem = None;
    }

    /// Puts an earlier filter into the line, or a later one again.
    pub fn recall(&mut self, earlier: bool) {
        let Some(field) = &mut self.field else { return };
        let at = if earlier {
            self.at.checked_sub(1)
        } else {
            Some((self.at + 1).min(self.history.len()))
        };
        let Some(at) = at else { return };
        self.at = at;
        field.set(self.history.get(at).map_or("", String::as_str));
        self.problem = None;
    }

    /// Keeps a filter that was applied.
    pub fn remember(&mut self, text: &str) {
        if !text.is_empty() {
            self.history.retain(|t| t != text);
            self.history.push(text.to_owned());
            if self.history.len() > KEPT {
                self.history.remove(0);
            }
        }
        self.at = self.history.len();
    }
}

/// Reads a filter; empty text is all documents.
///
/// # Errors
/// What is wrong with the text.
pub fn parse_filter(text: &str, now: Moment) -> Result<RawDocumentBuf, Diagnostic> {
    if text.trim().is_empty() {
        return Ok(RawDocumentBuf::new());
    }
    query::parse_filter(text, &context(now))
}

/// Reads a sort; empty text is none.
///
/// # Errors
/// What is wrong with the text.
pub fn parse_sort(text: &str, now: Moment) -> Result<Option<RawDocumentBuf>, Diagnostic> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    let sort = query::parse_sort(text, &context(now))?;
    Ok((!sort.is_empty()).then_some(sort))
}

/// A filter and a sort are literals: of the world around them they need the time alone.
fn context(now: Moment) -> query::Context {
    query::Context::new("", i64::try_from(now.0).unwrap_or(i64::MAX))
}

/// How a column is sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Least first.
    Ascending,
    /// Greatest first.
    Descending,
}

/// How the sort document orders by a path; `None` where it does not, or not by a plain direction.
#[must_use]
pub fn direction(sort: Option<&RawDocumentBuf>, path: &Path) -> Option<Direction> {
    let dotted = path.dotted();
    let (_, value) = sort?
        .iter()
        .flatten()
        .find(|(key, _)| key.as_str() == dotted)?;
    let sign = value
        .as_i32()
        .map(f64::from)
        .or_else(|| value.as_f64())
        .or_else(|| value.as_i64().map(|n| if n < 0 { -1.0 } else { 1.0 }))?;
    Some(if sign < 0.0 {
        Direction::Descending
    } else {
        Direction::Ascending
    })
}

/// The text of the sort after the one that holds: ascending, descending, none.
#[must_use]
pub fn next_sort(sort: Option<&RawDocumentBuf>, path: &Path) -> String {
    let key = print_key(&path.dotted());
    match direction(sort, path) {
        None => format!("{{{key}: 1}}"),
        Some(Direction::Ascending) => format!("{{{key}: -1}}"),
        Some(Direction::Descending) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        reason = "a test fails by panicking"
    )]

    use super::*;

    #[test]
    fn a_column_goes_through_three_sorts() {
        let path = Path::from_dotted("a.b");
        let mut text = String::new();
        let mut seen = Vec::new();
        for _ in 0..3 {
            let sort = parse_sort(&text, Moment(0)).unwrap();
            text = next_sort(sort.as_ref(), &path);
            seen.push(text.clone());
        }
        assert_eq!(seen, ["{'a.b': 1}", "{'a.b': -1}", ""]);
    }

    #[test]
    fn a_filter_that_does_not_parse_is_a_problem_at_its_place_and_never_everything() {
        let text = "{status: }";
        let problem = Problem::new(text, &parse_filter(text, Moment(0)).unwrap_err());
        assert_eq!(problem.column, 9);
        assert!(parse_filter("status", Moment(0)).is_err());
        assert!(parse_filter("", Moment(0)).unwrap().is_empty());
    }

    #[test]
    fn earlier_filters_come_back_and_the_line_is_empty_after_the_last() {
        let mut line = FilterLine::default();
        line.remember("{a: 1}");
        line.remember("{b: 1}");
        line.open();
        let text = |line: &FilterLine| line.field.as_ref().unwrap().text().to_owned();
        line.recall(true);
        assert_eq!(text(&line), "{b: 1}");
        line.recall(true);
        line.recall(true);
        assert_eq!(text(&line), "{a: 1}");
        line.recall(false);
        line.recall(false);
        assert_eq!(text(&line), "");
    }
}
