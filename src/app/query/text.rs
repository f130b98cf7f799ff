//! The text of a query tab: what is typed, which statements it holds, and what is wrong with each.
//!
//! Pure reading; nothing is sent. Invariant: what is told of a statement is of the text as it was at
//! [`QueryText::checked`], and nothing is run from a reading that is older than the text.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::Arc;

use bson::RawBson;

use crate::app::editor::buffer::Buffer;
use crate::app::editor::check::{Finder, Lines, Problem};
use crate::app::scope::Moment;
use crate::model::Severity;
use crate::query::saved::write::undeclared;
use crate::query::split::{statement_at, statements};
use crate::query::{self, Consequence, Context, Input, Operation, Statement};
use crate::value::{Diagnostic, Span};

/// Texts up to so many bytes are read at each key, longer ones when typing pauses.
pub(super) const AT_ONCE: usize = 24 << 10;
/// How long a longer text rests before it is read, in milliseconds.
const REST: u64 = 150;
/// How many problems are kept.
const MOST: usize = 200;

/// What a text needs of the tab around it.
#[derive(Debug, Clone, Copy)]
pub struct Around<'a> {
    /// The current database.
    pub database: &'a str,
    /// The collection that a bare filter or pipeline is about.
    pub collection: Option<&'a str>,
    /// What the parameters of the text stand for.
    pub parameters: &'a BTreeMap<String, RawBson>,
    /// The time.
    pub now: Moment,
}

/// One statement of the text.
#[derive(Debug, Clone)]
pub struct Part {
    /// Where it stands.
    pub span: Span,
    /// What it says; `None` where it cannot be run.
    pub statement: Option<Arc<Statement>>,
    /// What running it changes; `None` for one that only reads, or cannot be run.
    pub writes: Option<String>,
    /// The parameters whose values are asked for before it is run; empty where all are known.
    pub asks: Vec<String>,
    /// Where what is sent is not what was typed.
    pub warnings: Vec<Diagnostic>,
}

/// The text and what was read from it.
#[derive(Debug)]
pub struct QueryText {
    /// The text with its cursor.
    pub buffer: Buffer,
    /// What is wrong with it, in the order of the text, but what the server said first.
    pub problems: Vec<Problem>,
    /// The version of the text that was read.
    pub checked: u64,
    /// Its statements.
    pub parts: Vec<Part>,
    /// The problem that the cursor was led to.
    pub selected: Option<usize>,
    due: Option<Moment>,
}

/// A text to be run, with its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Chosen {
    /// The text.
    pub text: String,
    /// Where it begins in the whole text.
    pub start: usize,
    /// The current database at that place.
    pub database: String,
    /// Whether it is not run but explained.
    pub explain: bool,
    /// Up to which stage the text was cut, in words; `None` for a whole statement.
    pub upto: Option<String>,
}

impl QueryText {
    /// A text, the cursor at its end.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let mut buffer = Buffer::new(text);
        buffer.go_to(text.len());
        Self {
            buffer,
            problems: Vec::new(),
            checked: u64::MAX,
            parts: Vec::new(),
            selected: None,
            due: None,
        }
    }

    /// Whether time alone changes something here.
    #[must_use]
    pub fn wants_ticks(&self) -> bool {
        self.due.is_some()
    }

    /// The text changed: it is read at once, or soon.
    pub fn changed(&mut self, around: Around<'_>) {
        if self.buffer.bytes() <= AT_ONCE {
            self.check(around);
        } else {
            self.due = Some(Moment(around.now.0 + REST));
        }
    }

    /// Reads the text if it rested long enough.
    pub fn tick(&mut self, around: Around<'_>) {
        if self.due.is_some_and(|due| due <= around.now) {
            self.check(around);
        }
    }

    /// Reads the text.
    pub fn check(&mut self, around: Around<'_>) {
        self.due = None;
        self.selected = None;
        let text = self.buffer.text();
        self.checked = self.buffer.version();
        self.problems.clear();
        self.parts.clear();
        let lines = Lines::new(&text);
        let mut database = around.database.to_owned();
        for span in statements(&text) {
            let Some(shown) = text.get(span.start..span.end) else {
                continue;
            };
            let inner = Around {
                database: &database,
                ..around
            };
            let mut part = Part {
                span,
                statement: None,
                writes: None,
                asks: Vec::new(),
                warnings: Vec::new(),
            };
            match read(shown, inner) {
                Ok((statement, warnings)) => {
                    let warnings = warnings.into_iter().map(|d| moved(d, span.start));
                    part.warnings = warnings.collect();
                    if statement.operation == Operation::Use {
                        database.clone_from(&statement.database);
                    }
                    if let Consequence::Writes(what) = statement.consequence() {
                        part.writes = Some(what);
                    }
                    part.statement = Some(statement);
                    for d in &part.warnings {
                        self.problems.push(problem(d, Severity::Warning, &lines));
                    }
                }
                Err(diagnostics) => {
                    let lacking = undeclared(shown, &[]).into_iter().map(|p| p.name);
                    part.asks = lacking
                        .filter(|name| !around.parameters.contains_key(name))
                        .collect();
                    // What has no value so far is no mistake: it is asked for.
                    let asked = |d: &Diagnostic| {
                        part.asks
                            .iter()
                            .any(|p| d.message == query::no_parameter(p))
                    };
                    let mistakes = diagnostics.into_iter().filter(|d| !asked(d));
                    let known = self.problems.len();
                    self.problems.extend(
                        mistakes.map(|d| problem(&moved(d, span.start), Severity::Error, &lines)),
                    );
                    if self.problems.len() > known {
                        part.asks.clear();
                    }
                }
            }
            self.parts.push(part);
        }
        self.problems.truncate(MOST);
    }

    /// The place of the statement under the cursor, of the text as it was read.
    #[must_use]
    pub fn current(&self) -> Option<usize> {
        let spans: Vec<Span> = self.parts.iter().map(|p| p.span).collect();
        if spans.len() < 2 {
            return spans.first().map(|_| 0);
        }
        statement_at(&self.buffer.text(), &spans, self.buffer.offset())
    }

    /// The lines of the statement under the cursor, where the text has several.
    #[must_use]
    pub fn current_rows(&self) -> Option<RangeInclusive<usize>> {
        if self.parts.len() < 2 || self.checked != self.buffer.version() {
            return None;
        }
        let span = self.parts.get(self.current()?)?.span;
        let last = span.end.saturating_sub(1).max(span.start);
        Some(self.buffer.position(span.start).0..=self.buffer.position(last).0)
    }

    /// What is selected, else the statement under the cursor.
    #[must_use]
    pub fn chosen(&self, around: Around<'_>) -> Option<Chosen> {
        let text = self.buffer.text();
        let spans = statements(&text);
        let (start, end) = match self.selected_span() {
            Some(span) => (span.start, span.end),
            None => {
                let span = *spans.get(statement_at(&text, &spans, self.buffer.offset())?)?;
                (span.start, span.end)
            }
        };
        let before = spans.iter().filter(|s| s.end <= start);
        let database = before
            .filter_map(|s| {
                let shown = text.get(s.start..s.end)?;
                match read(shown, around) {
                    Ok((s, _)) if s.operation == Operation::Use => Some(s.database.clone()),
                    _ => None,
                }
            })
            .next_back();
        let shown = text.get(start..end)?;
        let begun = start + (shown.len() - shown.trim_start().len());
        Some(Chosen {
            text: shown.trim().to_owned(),
            start: begun,
            database: database.unwrap_or_else(|| around.database.to_owned()),
            explain: false,
            upto: None,
        })
    }

    /// The selection as a span of the text; `None` for none.
    #[must_use]
    pub fn selected_span(&self) -> Option<Span> {
        let (start, end) = self.buffer.selection()?;
        let span = Span::new(self.offset_of(start), self.offset_of(end));
        (span.start < span.end).then_some(span)
    }

    fn offset_of(&self, (row, column): (usize, usize)) -> usize {
        let lines = self.buffer.lines();
        let before: usize = lines.iter().take(row).map(|l| l.len() + 1).sum();
        let line = lines.get(row).map_or("", String::as_str);
        before + crate::app::editor::buffer::byte_of(line, column)
    }

    /// Puts what the server said of a text that was run at the place it names.
    pub fn told(&mut self, at: usize, ran: &str, message: String, help: Option<String>) {
        let text = self.buffer.text();
        let still = text.get(at..).is_some_and(|t| t.starts_with(ran));
        let Some(inner) = named_place(ran, &message).filter(|_| still) else {
            return;
        };
        self.problems.retain(|p| p.finder != Finder::Server);
        let span = Span::new(at + inner.start, at + inner.end);
        let row = Some(Lines::new(&text).row(span.start));
        let problem = Problem {
            finder: Finder::Server,
            severity: Severity::Error,
            path: None,
            span: Some(span),
            row,
            message,
            help,
            fix: None,
        };
        self.problems.insert(0, problem);
        self.checked = self.buffer.version();
    }

    /// Leads the cursor to the next problem, or to the one before; says whether there is one.
    pub fn to_problem(&mut self, onward: bool) -> bool {
        let count = self.problems.len();
        if count == 0 {
            return false;
        }
        let next = match (self.selected, onward) {
            (None, true) => 0,
            (None, false) => count - 1,
            (Some(at), true) => (at + 1) % count,
            (Some(at), false) => (at + count - 1) % count,
        };
        if let Some(span) = self.problems.get(next).and_then(|p| p.span) {
            self.buffer.go_to(span.start);
        }
        self.selected = Some(next);
        true
    }

    /// Makes comments of the selected lines, or of the cursor's; of lines that all are comments, text again.
    pub fn toggle_comment(&mut self) {
        let row = self.buffer.cursor().0;
        let rows = match self.buffer.selection() {
            Some((start, end)) => start.0..=end.0,
            None => row..=row,
        };
        let lines = self.buffer.lines();
        let of_rows: Vec<&String> = lines
            .iter()
            .enumerate()
            .filter(|(r, _)| rows.contains(r))
            .map(|(_, l)| l)
            .collect();
        let filled = of_rows.iter().filter(|l| !l.trim().is_empty());
        let all = filled.clone().all(|l| l.trim_start().starts_with("//"));
        let indent = filled
            .map(|l| l.len() - l.trim_start().len())
            .min()
            .unwrap_or(0);
        let new: Vec<String> = of_rows
            .iter()
            .map(|line| {
                if line.trim().is_empty() {
                    return (*line).clone();
                }
                let at = if all {
                    line.len() - line.trim_start().len()
                } else {
                    indent
                };
                let (blank, rest) = line.split_at(at.min(line.len()));
                match all {
                    true => {
                        let rest = rest.strip_prefix("//").unwrap_or(rest);
                        format!("{blank}{}", rest.strip_prefix(' ').unwrap_or(rest))
                    }
                    false => format!("{blank}// {rest}"),
                }
            })
            .collect();
        let start = self.offset_of((*rows.start(), 0));
        let end = self.offset_of((*rows.end(), usize::MAX));
        self.buffer.replace(Span::new(start, end), &new.join("\n"));
        // A single line is left for the next, so that several are done in a row.
        let to = match rows.start() == rows.end() {
            true => row + 1,
            false => *rows.start(),
        };
        self.buffer.go_to_line(to);
    }
}

/// Reads one statement, or a bare filter or pipeline about the tab's collection.
///
/// # Errors
/// What is wrong with it; never an empty list.
pub fn read(
    text: &str,
    around: Around<'_>,
) -> Result<(Arc<Statement>, Vec<Diagnostic>), Vec<Diagnostic>> {
    let mut context = Context::new(
        around.database,
        i64::try_from(around.now.0).unwrap_or(i64::MAX),
    );
    context.parameters.clone_from(around.parameters);
    let checked = query::check(text, &context)?;
    let whole = Span::new(0, text.len());
    let refused =
        |message: String, help: &str| vec![Diagnostic::new(whole, message).with_help(help)];
    let statement = match checked.input {
        Input::Statement(statement) => statement,
        Input::Value(value) => {
            let operation = match &value {
                RawBson::Document(_) => Operation::Find,
                RawBson::Array(_) => Operation::Aggregate,
                _ => {
                    return Err(refused(
                        "a bare value is nothing to run".to_owned(),
                        "write a statement such as `db.orders.find({})`",
                    ));
                }
            };
            let Some(collection) = around.collection else {
                return Err(refused(
                    "of which collection is not said".to_owned(),
                    "write `db.NAME.find({…})` or `db.NAME.aggregate([…])`",
                ));
            };
            Statement {
                database: around.database.to_owned(),
                collection: Some(collection.to_owned()),
                operation,
                arguments: vec![value],
                cursor: Vec::new(),
            }
        }
    };
    if let Err(refusal) = statement.plan() {
        let mut diagnostic = Diagnostic::new(whole, refusal.message);
        diagnostic.help = refusal.help;
        return Err(vec![diagnostic]);
    }
    Ok((Arc::new(statement), checked.warnings))
}

fn moved(mut diagnostic: Diagnostic, by: usize) -> Diagnostic {
    diagnostic.span.start += by;
    diagnostic.span.end += by;
    diagnostic
}

fn problem(diagnostic: &Diagnostic, severity: Severity, lines: &Lines) -> Problem {
    Problem {
        finder: Finder::Parser,
        severity,
        path: None,
        span: Some(diagnostic.span),
        row: Some(lines.row(diagnostic.span.start)),
        message: diagnostic.message.clone(),
        help: diagnostic.help.clone(),
        fix: None,
    }
}

/// The place in a text of the first word that a message names and the text has: an operator, a stage, a quoted name.
fn named_place(text: &str, message: &str) -> Option<Span> {
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '$' | '_' | '.');
    let operators = message
        .split(|c: char| !is_name(c))
        .map(|w| w.trim_matches('.'))
        .filter(|w| w.starts_with('$') && w.len() > 1);
    let quoted = message
        .split(['`', '\'', '"'])
        .skip(1)
        .step_by(2)
        .filter(|w| !w.is_empty());
    operators.chain(quoted).find_map(|word| {
        let found = text.match_indices(word).find(|(at, _)| {
            let after = text[at + word.len()..].chars().next();
            let before = text[..*at].chars().next_back();
            !after.is_some_and(is_name) && !before.is_some_and(is_name)
        });
        found.map(|(at, _)| Span::new(at, at + word.len()))
    })
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        reason = "a test fails by panicking"
    )]

    use super::*;

    fn around() -> Around<'static> {
        static NONE: BTreeMap<String, RawBson> = BTreeMap::new();
        Around {
            parameters: &NONE,
            database: "shop",
            collection: Some("orders"),
            now: Moment(0),
        }
    }

    fn text(text: &str) -> QueryText {
        let mut out = QueryText::new(text);
        out.check(around());
        out
    }

    #[test]
    fn each_statement_is_read_in_the_database_that_holds_at_its_place() {
        let mut read = text("db.a.find()\n\nuse other\ndb.b.deleteMany({x: 1})");
        let databases: Vec<_> = read
            .parts
            .iter()
            .map(|p| p.statement.as_ref().unwrap().database.clone())
            .collect();
        assert_eq!(databases, ["shop", "other", "other"]);
        assert_eq!(read.parts[0].writes, None);
        assert_eq!(
            read.parts[2].writes.as_deref(),
            Some("deletes all documents of `other.b` that match")
        );
        assert_eq!(read.chosen(around()).unwrap().database, "other");
        read.buffer.go_to(0);
        assert_eq!(read.chosen(around()).unwrap().text, "db.a.find()");
        assert_eq!(read.chosen(around()).unwrap().database, "shop");
    }

    #[test]
    fn a_bare_filter_is_a_find_and_a_bare_pipeline_an_aggregation_of_the_tabs_collection() {
        let read = text("{a: 1}\n\n[{$match: {}}]");
        let operations: Vec<_> = read
            .parts
            .iter()
            .map(|p| p.statement.as_ref().unwrap().operation)
            .collect();
        assert_eq!(operations, [Operation::Find, Operation::Aggregate]);
    }

    #[test]
    fn a_problem_stands_at_its_place_in_the_whole_text() {
        let read = text("db.a.find()\n\ndb.b.find({x: })");
        assert_eq!(read.problems.len(), 1);
        let problem = &read.problems[0];
        assert_eq!(problem.row, Some(2));
        let source = read.buffer.text();
        assert_eq!(&source[problem.span.unwrap().start..][..1], "}");
    }

    #[test]
    fn what_the_server_says_is_shown_at_the_word_it_names() {
        let mut read = text("db.a.aggregate([{$mtch: {}}])");
        let ran = read.buffer.text();
        read.told(
            0,
            &ran,
            "unrecognized pipeline stage name: `$mtch`".to_owned(),
            None,
        );
        let span = read.problems[0].span.unwrap();
        assert_eq!(&ran[span.start..span.end], "$mtch");
    }

    #[test]
    fn lines_become_comments_and_text_again() {
        let mut read = text("[\n  {$match: {}},\n]");
        read.buffer.go_to(4);
        read.toggle_comment();
        assert_eq!(read.buffer.text(), "[\n  // {$match: {}},\n]");
        read.buffer.go_to(4);
        read.toggle_comment();
        assert_eq!(read.buffer.text(), "[\n  {$match: {}},\n]");
    }
}
