//! What is wrong with the text as it is: what does not parse, what breaks the model, what the server refused.
//!
//! Pure reading. Invariant: problems come with errors before warnings, each in the order of the document.

use bson::oid::ObjectId;
use bson::{RawBsonRef, RawDocument, RawDocumentBuf};

use crate::model::{Fix, Severity, Violation};
use crate::mongo::request::{Failure, Refusal};
use crate::value::diff::{Change, apply};
use crate::value::shell::parse::Generated;
use crate::value::shell::spans::Place;
use crate::value::shell::{Parsed, ParsedValue, parse_document_with, parse_value_with};
use crate::value::{Diagnostic, Path, Span, Step, Value};

/// How many problems are kept; who has more mends the first ones first.
const MOST: usize = 500;

/// Who found a problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Finder {
    /// The text does not parse.
    Parser,
    /// The server refused it.
    Server,
    /// Both sides changed the same value.
    Merge,
    /// It breaks the model.
    Model,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    /// Who found it.
    pub finder: Finder,
    /// Whether it stands in the way of writing.
    pub severity: Severity,
    /// The place in the document; `None` where the text does not parse.
    pub path: Option<Path>,
    /// The place in the text; `None` where the text does not show that place of the document.
    pub span: Option<Span>,
    /// The line of the text that it is marked at, from 0.
    pub row: Option<usize>,
    /// What is wrong, in one line.
    pub message: String,
    /// What to do, or what is wanted there.
    pub help: Option<String>,
    /// What would mend it.
    pub fix: Option<Fix>,
}

/// What the text says, once it parses.
#[derive(Debug, Clone)]
pub enum Content {
    /// A whole document.
    Whole(Parsed),
    /// One value of it.
    Part(ParsedValue),
}

impl Content {
    /// Where the value at a path of the document stands in the text, which shows the part at `shown`.
    #[must_use]
    pub fn place(&self, shown: &Path, path: &Path) -> Option<Place> {
        let inner = Path(path.0.strip_prefix(shown.0.as_slice())?.to_vec());
        match self {
            Self::Whole(parsed) => parsed.place(&inner),
            Self::Part(parsed) => parsed.place(&inner),
        }
    }

    /// The path of the document at a byte offset of the text.
    #[must_use]
    pub fn path_at(&self, shown: &Path, offset: usize) -> Path {
        let inner = match self {
            Self::Whole(parsed) => parsed.path_at(offset),
            Self::Part(parsed) => parsed.path_at(offset),
        };
        Path(shown.0.iter().cloned().chain(inner.0).collect())
    }
}

/// What came of reading the text.
#[derive(Debug, Default)]
pub struct Check {
    /// The version of the text that was read.
    pub version: u64,
    /// What the text says; `None` where it does not parse.
    pub content: Option<Content>,
    /// What is wrong, errors first.
    pub problems: Vec<Problem>,
}

/// The text, read.
pub struct Read {
    /// What the text says.
    pub content: Content,
    /// The document that it makes.
    pub document: RawDocumentBuf,
}

/// Reads a text: a whole document, or the value at `path` of `base`. `now` is in milliseconds since 1970.
///
/// # Errors
/// What is wrong with the text; never an empty list.
pub fn read(
    text: &str,
    base: Option<&RawDocument>,
    path: &Path,
    now: i64,
    new_id: &mut dyn FnMut() -> ObjectId,
) -> Result<Read, Vec<Diagnostic>> {
    let generated = Some(Generated {
        now,
        object_id: new_id,
    });
    let base = match base {
        Some(base) if !path.is_root() => base,
        _ => {
            let parsed = parse_document_with(text, generated)?;
            let document = parsed.document.clone();
            let content = Content::Whole(parsed);
            return Ok(Read { content, document });
        }
    };
    let parsed = parse_value_with(text, generated)?;
    let whole = Span::new(0, text.len());
    let problem = |message: String| vec![Diagnostic::new(whole, message)];
    let Some(old) = path.get(base).map(Value::new) else {
        return Err(problem(format!("there is no `{path}` in the document")));
    };
    let change = Change::Changed {
        path: path.clone(),
        old,
        new: parsed.value.clone(),
    };
    let document = apply(&[change], base).map_err(|e| problem(e.to_string()))?;
    let content = Content::Part(parsed);
    Ok(Read { content, document })
}

impl Check {
    /// The check of a text that does not parse.
    #[must_use]
    pub fn failed(version: u64, text: &str, diagnostics: Vec<Diagnostic>) -> Self {
        let lines = Lines::new(text);
        let problems = diagnostics
            .into_iter()
            .map(|d| Problem {
                finder: Finder::Parser,
                severity: Severity::Error,
                path: None,
                span: Some(d.span),
                row: Some(lines.row(d.span.start)),
                message: d.message,
                help: d.help,
                fix: None,
            })
            .collect();
        Self {
            version,
            content: None,
            problems,
        }
    }

    /// The check of a text that parses: `violations` of its document, and `kept` problems of an earlier write.
    #[must_use]
    pub fn passed(
        version: u64,
        text: &str,
        content: Content,
        shown: &Path,
        violations: Vec<Violation>,
        kept: &[Problem],
    ) -> Self {
        let lines = Lines::new(text);
        let mut problems: Vec<Problem> = kept.to_vec();
        problems.extend(violations.into_iter().map(of_violation));
        for problem in &mut problems {
            let path = problem.path.clone().unwrap_or_default();
            let span = locate(&content, shown, &path);
            problem.span = span;
            problem.row = span.map(|s| lines.row(s.start));
        }
        problems.sort_by(|a, b| {
            b.severity
                .cmp(&a.severity)
                .then(a.finder.cmp(&b.finder))
                .then(
                    a.span
                        .map_or(usize::MAX, |s| s.start)
                        .cmp(&b.span.map_or(usize::MAX, |s| s.start)),
                )
        });
        problems.truncate(MOST);
        Self {
            version,
            content: Some(content),
            problems,
        }
    }

    /// How many problems stand in the way of writing, and how many do not.
    #[must_use]
    pub fn counts(&self) -> (usize, usize) {
        let errors = self
            .problems
            .iter()
            .filter(|p| p.severity == Severity::Error)
            .count();
        (errors, self.problems.len() - errors)
    }
}

fn of_violation(violation: Violation) -> Problem {
    Problem {
        finder: Finder::Model,
        severity: violation.severity,
        path: Some(violation.path),
        span: None,
        row: None,
        message: violation.message,
        help: violation.expected,
        fix: violation.fix,
    }
}

/// What the server refused, path by path; the failure as a whole where it names no path.
#[must_use]
pub fn of_failure(failure: &Failure) -> Vec<Problem> {
    let problem = |path: Path, message: String, help: Option<String>| Problem {
        finder: Finder::Server,
        severity: Severity::Error,
        path: Some(path),
        span: None,
        row: None,
        message,
        help,
        fix: None,
    };
    if failure.refusals.is_empty() {
        return vec![problem(
            Path::root(),
            format!("the server refused it: {}", failure.summary),
            failure.help.clone(),
        )];
    }
    failure
        .refusals
        .iter()
        .map(|Refusal { path, message }| {
            let what = match path.is_root() {
                true => format!("the server refused it: {message}"),
                false => format!("the server refused `{path}`: {message}"),
            };
            problem(path.clone(), what, None)
        })
        .collect()
}

/// Where a path stands in the text; where it is not there, the container that it should be in.
fn locate(content: &Content, shown: &Path, path: &Path) -> Option<Span> {
    if let Some(place) = content.place(shown, path) {
        return Some(Span::new(
            place.key.start.min(place.value.start),
            place.value.end,
        ));
    }
    let mut at = path.parent();
    while let Some(path) = at {
        if let Some(place) = content.place(shown, &path) {
            let start = place.key.start.min(place.value.start);
            return Some(Span::new(start, (place.value.start + 1).max(start)));
        }
        at = path.parent();
    }
    None
}

/// Where the lines of a text start.
#[derive(Debug)]
pub struct Lines(Vec<usize>);

impl Lines {
    /// The lines of a text.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let starts = memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at + 1);
        Self(std::iter::once(0).chain(starts).collect())
    }

    /// The line of a byte offset, from 0.
    #[must_use]
    pub fn row(&self, offset: usize) -> usize {
        self.0.partition_point(|start| *start <= offset).max(1) - 1
    }
}

/// A path with its digits as indexes where they lead into arrays, and `None` where it leads nowhere in `document`, or
/// where a name on the way occurs twice, so that it is not the only one of its name.
#[must_use]
pub fn resolve(path: &Path, document: &RawDocument) -> Option<Path> {
    let mut out = Path::root();
    for step in &path.0 {
        let container = out.get(document)?;
        let step = match (container, step) {
            (RawBsonRef::Document(inner), Step::Key(key)) => {
                let same = inner.iter().flatten().filter(|(k, _)| k.as_str() == key);
                if same.count() != 1 {
                    return None;
                }
                step.clone()
            }
            (RawBsonRef::Array(_), Step::Key(key)) => Step::Index(key.parse().ok()?),
            _ => step.clone(),
        };
        out.0.push(step);
        out.get(document)?;
    }
    Some(out)
}

/// Stands for every `ObjectId()` of a text that is only looked at.
#[must_use]
pub fn no_id() -> ObjectId {
    ObjectId::from_bytes([0; 12])
}
