//! A parameter of a saved query: its declaration, and text read into a value of its type.

use bson::{RawArrayBuf, RawBson, RawDocumentBuf};

use crate::value::diagnostic::did_you_mean;
use crate::value::instant::parse_iso;
use crate::value::shell::{parse_document, parse_value};
use crate::value::{Diagnostic, Span};

/// What a parameter takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Type {
    /// Any text.
    Text,
    /// A number; a whole one is an Int32 where it fits, as in query text.
    Number,
    /// A whole number, always an Int64.
    Long,
    /// `true` or `false`.
    Bool,
    /// A point in time: `2026-01-31`, `2026-01-31T12:00:00Z`, `now`, `today` (both in universal time), or so long ago: `-30d`.
    Date,
    /// A length of time, as a number of milliseconds: `90s`, `15m`, `12h`, `30d`, `2w`.
    Duration,
    /// 24 hexadecimal digits.
    ObjectId,
    /// One of these words, as text.
    Choice(Vec<String>),
    /// A document in shell text: `{status: 'open'}`.
    Document,
    /// Any value in shell text.
    Any,
    /// Several, separated by commas.
    List(Box<Type>),
}

/// A parameter, as the header declares it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// Its name, which the statement uses as `params.NAME`.
    pub name: String,
    /// What it takes.
    pub kind: Type,
    /// The text of its default; `None` where a value has to be given.
    pub default: Option<String>,
    /// What it means; may be empty.
    pub help: String,
}

impl Parameter {
    /// How it is given on a command line: `-p since=…`.
    #[must_use]
    pub fn usage(&self) -> String {
        format!("`-p {}={}`", self.name, self.kind.sample_text())
    }

    /// A value that it could have: its default, else a plain one of its type.
    pub(super) fn example(&self) -> RawBson {
        self.default
            .as_deref()
            .and_then(|text| self.kind.read(text, 0).ok())
            .filter(|value| *value != RawBson::Null)
            .unwrap_or_else(|| self.kind.example())
    }
}

const WORDS: [&str; 9] = [
    "string", "number", "long", "bool", "date", "duration", "objectId", "document", "any",
];

impl Type {
    /// The type of this name: `date`, `string[]`, `open|closed`.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        let word = word.trim();
        if let Some(inner) = word.strip_suffix("[]") {
            let inner = inner.trim();
            let inner = inner
                .strip_prefix('(')
                .and_then(|i| i.strip_suffix(')'))
                .unwrap_or(inner);
            return match Self::parse(inner)? {
                Self::List(_) | Self::Document | Self::Any => None,
                inner => Some(Self::List(Box::new(inner))),
            };
        }
        if word.contains('|') {
            let choices: Vec<String> = word.split('|').map(|c| c.trim().to_owned()).collect();
            return choices
                .iter()
                .all(|c| !c.is_empty())
                .then_some(Self::Choice(choices));
        }
        Some(match word {
            "string" | "text" => Self::Text,
            "number" | "int" | "double" => Self::Number,
            "long" => Self::Long,
            "bool" | "boolean" => Self::Bool,
            "date" => Self::Date,
            "duration" => Self::Duration,
            "objectId" | "ObjectId" => Self::ObjectId,
            "document" => Self::Document,
            "any" => Self::Any,
            _ => return None,
        })
    }

    /// The type as a header writes it.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Text => "string".to_owned(),
            Self::Number => "number".to_owned(),
            Self::Long => "long".to_owned(),
            Self::Bool => "bool".to_owned(),
            Self::Date => "date".to_owned(),
            Self::Duration => "duration".to_owned(),
            Self::ObjectId => "objectId".to_owned(),
            Self::Choice(choices) => choices.join("|"),
            Self::Document => "document".to_owned(),
            Self::Any => "any".to_owned(),
            Self::List(inner) => match inner.as_ref() {
                Self::Choice(_) => format!("({})[]", inner.name()),
                _ => format!("{}[]", inner.name()),
            },
        }
    }

    /// What it takes, in words.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::Text => "any text".to_owned(),
            Self::Number => "a number".to_owned(),
            Self::Long => "a whole number".to_owned(),
            Self::Bool => "`true` or `false`".to_owned(),
            Self::Date => "a date such as `2026-01-31`, `today` or `-30d`".to_owned(),
            Self::Duration => "a length of time such as `90s`, `12h` or `30d`".to_owned(),
            Self::ObjectId => "an ObjectId of 24 hexadecimal digits".to_owned(),
            Self::Choice(choices) => format!("one of `{}`", choices.join("`, `")),
            Self::Document => "a document such as `{status: 'open'}`".to_owned(),
            Self::Any => "a value as in query text".to_owned(),
            Self::List(inner) => format!("a list, separated by commas, each {}", inner.describe()),
        }
    }

    /// The words that complete it, where it takes only some.
    #[must_use]
    pub fn choices(&self) -> Vec<String> {
        match self {
            Self::Choice(choices) => choices.clone(),
            Self::Bool => vec!["true".to_owned(), "false".to_owned()],
            _ => Vec::new(),
        }
    }

    fn sample_text(&self) -> String {
        match self {
            Self::Text | Self::Any => "TEXT".to_owned(),
            Self::Number | Self::Long => "10".to_owned(),
            Self::Bool => "true".to_owned(),
            Self::Date => "2026-01-31".to_owned(),
            Self::Duration => "30d".to_owned(),
            Self::ObjectId => "0123456789abcdef01234567".to_owned(),
            Self::Choice(choices) => choices.first().cloned().unwrap_or_default(),
            Self::Document => "{}".to_owned(),
            Self::List(inner) => inner.sample_text(),
        }
    }

    fn example(&self) -> RawBson {
        self.read(&self.sample_text(), 0)
            .unwrap_or(RawBson::String("TEXT".to_owned()))
    }

    /// Reads a value. `null` is null for every type but text.
    ///
    /// # Errors
    /// Why it cannot be read, as a clause: ``cannot be `soon` ``.
    pub fn read(&self, text: &str, now_millis: i64) -> Result<RawBson, String> {
        let trimmed = text.trim();
        let cannot = || format!("cannot be `{}`", text.escape_debug());
        if trimmed == "null" && !matches!(self, Self::Text) {
            return Ok(RawBson::Null);
        }
        Ok(match self {
            Self::Text => RawBson::String(text.to_owned()),
            Self::Number => {
                let n: f64 = trimmed.parse().map_err(|_| cannot())?;
                if !n.is_finite() {
                    return Err(cannot());
                }
                number(n)
            }
            Self::Long => RawBson::Int64(trimmed.parse().map_err(|_| cannot())?),
            Self::Bool => match trimmed.to_ascii_lowercase().as_str() {
                "true" | "yes" | "1" => RawBson::Boolean(true),
                "false" | "no" | "0" => RawBson::Boolean(false),
                _ => return Err(cannot()),
            },
            Self::Date => RawBson::DateTime(bson::DateTime::from_millis(
                date(trimmed, now_millis).ok_or_else(cannot)?,
            )),
            #[expect(
                clippy::cast_precision_loss,
                reason = "a length of time within what a double holds exactly"
            )]
            Self::Duration => number(duration(trimmed).ok_or_else(cannot)? as f64),
            Self::ObjectId => {
                let inner = trimmed
                    .strip_prefix("ObjectId(")
                    .and_then(|t| t.strip_suffix(')'))
                    .unwrap_or(trimmed)
                    .trim_matches(['"', '\'']);
                RawBson::ObjectId(bson::oid::ObjectId::parse_str(inner).map_err(|_| cannot())?)
            }
            Self::Choice(choices) => {
                if !choices.iter().any(|c| c == trimmed) {
                    let near = did_you_mean(trimmed, choices.iter().map(String::as_str));
                    return Err(match near {
                        Some(near) => format!("{}; did you mean `{near}`?", cannot()),
                        None => cannot(),
                    });
                }
                RawBson::String(trimmed.to_owned())
            }
            Self::Document => RawBson::Document(if trimmed.is_empty() {
                RawDocumentBuf::new()
            } else {
                parse_document(trimmed).map_err(|_| cannot())?.document
            }),
            Self::Any => parse_value(trimmed).map_err(|_| cannot())?.as_raw().into(),
            Self::List(inner) => {
                let mut items = RawArrayBuf::new();
                if !trimmed.is_empty() {
                    for part in trimmed.split(',') {
                        items.push(inner.read(part.trim(), now_millis)?);
                    }
                }
                RawBson::Array(items)
            }
        })
    }
}

/// A number as query text would make it.
fn number(n: f64) -> RawBson {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "it was checked to be whole and to fit"
    )]
    if n.fract() == 0.0
        && n >= f64::from(i32::MIN)
        && n <= f64::from(i32::MAX)
        && !(n == 0.0 && n.is_sign_negative())
    {
        RawBson::Int32(n as i32)
    } else {
        RawBson::Double(n)
    }
}

const DAY: i64 = 24 * 60 * 60 * 1000;

fn date(text: &str, now_millis: i64) -> Option<i64> {
    match text {
        "now" => return Some(now_millis),
        "today" => return Some(now_millis - now_millis.rem_euclid(DAY)),
        _ => {}
    }
    if let Some(ago) = text.strip_prefix('-')
        && let Some(length) = duration(ago)
    {
        return now_millis.checked_sub(length);
    }
    if let Some(ahead) = text.strip_prefix('+')
        && let Some(length) = duration(ahead)
    {
        return now_millis.checked_add(length);
    }
    if let Some(at) = parse_iso(text) {
        return Some(at);
    }
    // A day, a month or a year alone.
    let whole = match text.len() {
        4 => format!("{text}-01-01T00:00:00Z"),
        7 => format!("{text}-01T00:00:00Z"),
        10 => format!("{text}T00:00:00Z"),
        16 => format!("{text}:00Z"),
        19 => format!("{text}Z"),
        _ => return None,
    };
    parse_iso(&whole)
}

/// A length of time in milliseconds.
fn duration(text: &str) -> Option<i64> {
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    let (amount, unit) = text.split_at(digits);
    let amount: f64 = amount.parse().ok()?;
    let unit = match unit.trim() {
        "ms" => 1,
        "s" => 1_000,
        "m" | "min" => 60_000,
        "h" => 60 * 60 * 1000,
        "d" => DAY,
        "w" => 7 * DAY,
        "y" => 365 * DAY,
        _ => return None,
    };
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        reason = "the result is bounded before it is cut to whole milliseconds"
    )]
    let millis = {
        let millis = amount * unit as f64;
        (millis.is_finite() && millis < 9e15).then_some(millis.round() as i64)
    };
    millis
}

/// Reads `{type} name = default - text`. `at` is where the text begins in its file.
pub(super) fn declared(text: &str, at: usize) -> Result<Parameter, Diagnostic> {
    let span = |from: usize, to: usize| Span::new(at + from, at + to);
    let usage = "write `@param {date} since = 2026-01-01 - what it means`";
    let Some(inner) = text.strip_prefix('{') else {
        return Err(Diagnostic::new(
            span(0, text.len().min(1)),
            "a parameter begins with its type",
        )
        .with_help(usage));
    };
    let Some(close) = inner.find('}') else {
        return Err(
            Diagnostic::new(span(0, text.len()), "the type has no closing `}`").with_help(usage),
        );
    };
    let word = inner.get(..close).unwrap_or("");
    let Some(kind) = Type::parse(word) else {
        let problem = Diagnostic::new(span(1, 1 + close), format!("`{}` is no type", word.trim()));
        return Err(match did_you_mean(word.trim(), WORDS) {
            Some(near) => problem.with_help(format!("did you mean `{near}`?")),
            None => problem.with_help(format!(
                "write one of `{}`, choices such as `open|closed`, or a list such as `string[]`",
                WORDS.join("`, `")
            )),
        });
    };
    let after = inner.get(close + 1..).unwrap_or("");
    let rest = after.trim_start();
    let name_at = 2 + close + (after.len() - rest.len());
    let name: String = rest
        .chars()
        .take_while(|c| c.is_alphanumeric() || matches!(c, '_' | '$'))
        .collect();
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(Diagnostic::new(
            span(name_at.min(text.len()), text.len()),
            "the parameter has no name",
        )
        .with_help(usage));
    }
    let tail = rest.get(name.len()..).unwrap_or("").trim();
    let tail_at = text.len() - tail.len();
    let (value, help) = match tail.strip_prefix("- ") {
        Some(help) => ("", help),
        None => tail.split_once(" - ").unwrap_or((tail, "")),
    };
    let value = value.trim();
    let default = match value.strip_prefix('=') {
        Some(default) => Some(unquoted(default.trim()).to_owned()),
        None if value.is_empty() => None,
        None => {
            return Err(Diagnostic::new(
                span(tail_at, tail_at + value.len()),
                "this is neither a default nor a text",
            )
            .with_help("a default begins with `=`, and the text with ` - `"));
        }
    };
    if let Some(default) = &default
        && let Err(why) = kind.read(default, 0)
    {
        return Err(Diagnostic::new(
            span(tail_at, tail_at + value.len()),
            format!("the default of `{name}` {why}"),
        )
        .with_help(format!("it takes {}", kind.describe())));
    }
    Ok(Parameter {
        name,
        kind,
        default,
        help: help.trim().to_owned(),
    })
}

fn unquoted(text: &str) -> &str {
    for quote in ['"', '\''] {
        if let Some(inner) = text.strip_prefix(quote).and_then(|t| t.strip_suffix(quote)) {
            return inner;
        }
    }
    text
}
