//! The comment in front of a saved query: tags and text, each with its place.

use super::parameter::{self, Parameter};
use super::{ChartKind, FORMATS, SavedQuery};
use crate::query::words::skip_space;
use crate::value::diagnostic::did_you_mean;
use crate::value::{Diagnostic, Span};

const TAGS: [&str; 7] = [
    "name",
    "description",
    "profile",
    "database",
    "format",
    "chart",
    "param",
];

/// One line of the comment, without its marks.
struct Line<'t> {
    text: &'t str,
    /// Where it begins in the file.
    at: usize,
    /// Whether the comment ends with it.
    last: bool,
}

/// The lines of the comments that stand in front of the statement.
fn lines(text: &str) -> Vec<Line<'_>> {
    let end = skip_space(text);
    let head = text.get(..end).unwrap_or("");
    let mut out = Vec::new();
    let mut at = 0;
    for line in head.split_inclusive('\n') {
        let mut start = at;
        at += line.len();
        let mut rest = line.trim_end();
        let trim = |rest: &mut &str, start: &mut usize| {
            let trimmed = rest.trim_start();
            *start += rest.len() - trimmed.len();
            *rest = trimmed;
        };
        trim(&mut rest, &mut start);
        for mark in ["/**", "/*", "//", "*/", "*"] {
            if let Some(inner) = rest.strip_prefix(mark) {
                start += mark.len();
                rest = inner;
                break;
            }
        }
        trim(&mut rest, &mut start);
        let last = line.contains("*/");
        rest = rest.strip_suffix("*/").unwrap_or(rest).trim_end();
        out.push(Line {
            text: rest,
            at: start,
            last,
        });
    }
    out
}

/// Whether a saved query can have this name.
pub(super) fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 100
        && !name.starts_with(['-', '.'])
        && name
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.'))
}

/// What the text of the next lines belongs to.
enum Open {
    Description,
    Parameter,
    Nothing,
}

/// Reads the header. The statement's text is not looked at.
pub(super) fn read(stem: &str, text: &str) -> Result<SavedQuery, Vec<Diagnostic>> {
    let mut query = SavedQuery {
        name: stem.to_owned(),
        description: String::new(),
        profile: None,
        database: None,
        format: None,
        chart: None,
        parameters: Vec::new(),
        text: text.to_owned(),
    };
    let mut problems = Vec::new();
    let mut seen: Vec<&str> = Vec::new();
    let mut named = false;
    let mut open = Open::Description;
    let mut ended = false;
    for line in lines(text) {
        if std::mem::replace(&mut ended, line.last) && matches!(open, Open::Parameter) {
            // A further comment says nothing of the parameter.
            open = Open::Nothing;
        }
        let Some(rest) = line.text.strip_prefix('@') else {
            more(&mut query, &open, line.text);
            continue;
        };
        let tag: String = rest.chars().take_while(|c| c.is_alphanumeric()).collect();
        let after = rest.get(tag.len()..).unwrap_or("");
        let value = after.trim_start();
        let value_at = line.at + 1 + tag.len() + (after.len() - value.len());
        let tag_span = Span::new(line.at, line.at + 1 + tag.len());
        let value_span = Span::new(value_at, value_at + value.len());
        open = Open::Nothing;
        let Some(tag) = TAGS.iter().copied().find(|t| *t == tag) else {
            let problem = Diagnostic::new(tag_span, format!("`@{tag}` is no tag of a saved query"));
            problems.push(match did_you_mean(&tag, TAGS) {
                Some(near) => problem.with_help(format!("did you mean `@{near}`?")),
                None => problem.with_help(format!("there are `@{}`", TAGS.join("`, `@"))),
            });
            continue;
        };
        if tag != "param" {
            if seen.contains(&tag) {
                problems.push(
                    Diagnostic::new(tag_span, format!("`@{tag}` stands here a second time"))
                        .with_help("keep one of them"),
                );
                continue;
            }
            seen.push(tag);
        }
        if value.is_empty() && tag != "description" {
            problems.push(
                Diagnostic::new(tag_span, format!("`@{tag}` says nothing"))
                    .with_help("write its value after it, on the same line"),
            );
            continue;
        }
        match tag {
            "name" => {
                named = true;
                if is_name(value) {
                    query.name = value.to_owned();
                } else {
                    problems.push(
                        Diagnostic::new(value_span, "this is no name of a saved query")
                            .with_help("use letters, digits, `-`, `_` and `.`"),
                    );
                }
            }
            "description" => {
                query.description = value.to_owned();
                open = Open::Description;
            }
            "profile" => query.profile = Some(value.to_owned()),
            "database" => {
                if value.contains(['/', '\\', '.', '"', '$', ' ', '\0']) {
                    problems.push(
                        Diagnostic::new(value_span, "this is not the name of a database")
                            .with_help(
                                "write the database alone; the statement names the collection",
                            ),
                    );
                } else {
                    query.database = Some(value.to_owned());
                }
            }
            "format" => {
                if FORMATS.contains(&value) {
                    query.format = Some(value.to_owned());
                } else {
                    problems.push(choice(value_span, value, "format", &FORMATS));
                }
            }
            "chart" => match ChartKind::parse(value) {
                Some(kind) => query.chart = Some(kind),
                None => problems.push(choice(value_span, value, "chart", &ChartKind::NAMES)),
            },
            _ => match parameter::declared(value, value_at) {
                Ok(parameter) => {
                    if query.parameters.iter().any(|p| p.name == parameter.name) {
                        problems.push(
                            Diagnostic::new(
                                value_span,
                                format!("the parameter `{}` is declared twice", parameter.name),
                            )
                            .with_help("keep one of them"),
                        );
                    } else {
                        query.parameters.push(parameter);
                        open = Open::Parameter;
                    }
                }
                Err(problem) => problems.push(problem),
            },
        }
    }
    query.description = query.description.trim().to_owned();
    if !named && !is_name(stem) {
        problems.push(
            Diagnostic::new(
                Span::point(0),
                format!("`{stem}` is no name of a saved query"),
            )
            .with_help("add `@name`, with letters, digits, `-`, `_` and `.`"),
        );
    }
    if problems.is_empty() {
        Ok(query)
    } else {
        Err(problems)
    }
}

/// Text that goes on on a further line.
fn more(query: &mut SavedQuery, open: &Open, text: &str) {
    match open {
        Open::Description => {
            if !query.description.is_empty() || !text.is_empty() {
                query.description.push('\n');
                query.description.push_str(text);
            }
        }
        Open::Parameter => {
            if let Some(Parameter { help, .. }) = query.parameters.last_mut()
                && !text.is_empty()
            {
                if !help.is_empty() {
                    help.push(' ');
                }
                help.push_str(text);
            }
        }
        Open::Nothing => {}
    }
}

fn choice(span: Span, given: &str, what: &str, choices: &[&str]) -> Diagnostic {
    let problem = Diagnostic::new(span, format!("`{given}` is no {what}"));
    match did_you_mean(given, choices.iter().copied()) {
        Some(near) => problem.with_help(format!("did you mean `{near}`?")),
        None => problem.with_help(format!("write one of `{}`", choices.join("`, `"))),
    }
}
