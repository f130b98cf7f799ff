//! Whether a value is what an operation takes, and the value in the form it takes.
//!
//! Knows no syntax and no chain.

use super::super::js::{Js, Object, Problem};
use super::super::operation::Takes;

pub(in crate::query) fn counted(n: usize) -> String {
    match n {
        0 => "no argument".into(),
        1 => "one argument".into(),
        n => format!("{n} arguments"),
    }
}

pub(in crate::query) fn usage(takes: &[Takes]) -> String {
    let parts: Vec<&str> = takes
        .iter()
        .map(|t| match t {
            Takes::Filter | Takes::FilterOrId => "a filter (`{}` for all)",
            Takes::Update => "an update such as `{$set: {…}}`",
            Takes::Replacement | Takes::Document => "a document",
            Takes::Documents => "an array of documents",
            Takes::Text => "a string",
            Takes::TextOrDocument => "a string or a document",
            Takes::Whole => "a whole number",
            Takes::Any => "a value",
        })
        .collect();
    format!("give it {}", parts.join(", "))
}

/// The value as the operation takes it, or why it does not.
pub(in crate::query) fn fitted(
    name: &str,
    takes: Takes,
    value: Js,
    optional: bool,
) -> Result<Js, Problem> {
    let wrong = |what: &str, value: &Js| {
        Problem::new(format!("`{name}` takes {what} here, not {}", value.kind()))
    };
    if optional && value.is_nothing() && takes != Takes::Any {
        return Ok(Js::Object(Object::default()));
    }
    match (takes, value) {
        (Takes::FilterOrId, Js::ObjectId(id)) => {
            let mut filter = Object::default();
            filter.set("_id".into(), Js::ObjectId(id));
            Ok(Js::Object(filter))
        }
        (Takes::Filter | Takes::FilterOrId, value @ Js::Object(_)) => Ok(value),
        (Takes::Filter | Takes::FilterOrId, value) => {
            Err(wrong("a filter", &value)
                .with_help("write a document, such as `{status: \"open\"}`"))
        }
        (Takes::Document | Takes::TextOrDocument, value @ Js::Object(_)) => Ok(value),
        (Takes::Document, value) => {
            Err(wrong("a document", &value).with_help("write it between `{` and `}`"))
        }
        (Takes::Text | Takes::TextOrDocument, value @ Js::Text(_)) => Ok(value),
        (Takes::Text, value) => Err(wrong("a string", &value).with_help("put it in quotes")),
        (Takes::TextOrDocument, value) => Err(wrong("a string or a document", &value)),
        (Takes::Update, Js::Object(update)) => {
            if update.is_empty() {
                return Err(Problem::new(format!("`{name}` needs something to change"))
                    .with_help("write operators, such as `{$set: {field: value}}`"));
            }
            let stray = update
                .keys()
                .find(|k| !k.starts_with('$'))
                .map(str::to_owned);
            match stray {
                Some(key) => Err(Problem::new(format!("`{key}` is not an update operator"))
                    .with_help(format!("write `{{$set: {{{key}: …}}}}`; to replace the whole document use `replaceOne`"))),
                None => Ok(Js::Object(update)),
            }
        }
        (Takes::Update, value @ Js::Array(_)) => Ok(value),
        (Takes::Update, value) => {
            Err(wrong("an update", &value).with_help("write `{$set: {field: value}}`"))
        }
        (Takes::Replacement, Js::Object(document)) => {
            match document.first_key().filter(|k| k.starts_with('$')) {
                Some(key) => Err(Problem::new(format!(
                    "`{key}` is an update operator, and this replaces the whole document"
                ))
                .with_help("use `updateOne`, or write the whole new document")),
                None => Ok(Js::Object(document)),
            }
        }
        (Takes::Replacement, value) => Err(wrong("a document", &value)),
        (Takes::Documents, Js::Array(items)) => {
            if items.is_empty() {
                return Err(Problem::new(format!(
                    "`{name}` needs at least one document"
                )));
            }
            match items.iter().find(|i| !matches!(i, Js::Object(_))) {
                Some(other) => Err(wrong("an array of documents", other)),
                None => Ok(Js::Array(items)),
            }
        }
        (Takes::Documents, value) => {
            Err(wrong("an array of documents", &value).with_help("write it between `[` and `]`"))
        }
        (Takes::Whole, Js::Number(n)) if n.fract() == 0.0 => Ok(Js::Number(n)),
        (Takes::Whole, value @ (Js::Int32(_) | Js::Long(_))) => Ok(value),
        (Takes::Whole, value) => Err(wrong("a whole number", &value)),
        (Takes::Any, value) => Ok(value),
    }
}

/// A sort in any of the forms that drivers take, as a document of `1` and `-1`; other values are the server's to judge.
pub(in crate::query) fn normal_sort(sort: Js) -> Result<Js, Problem> {
    let direction = |value: &Js| match value {
        Js::Text(text) => match text.as_str() {
            "asc" | "ascending" | "1" => Js::Number(1.0),
            "desc" | "descending" | "-1" => Js::Number(-1.0),
            _ => value.clone(),
        },
        other => other.clone(),
    };
    let mut out = Object::default();
    match &sort {
        Js::Object(fields) => {
            for (key, value) in fields.ordered() {
                out.set(key.clone(), direction(value));
            }
        }
        Js::Text(field) if !field.is_empty() => out.set(field.clone(), Js::Number(1.0)),
        Js::Array(items) => {
            if let [Js::Text(field), second] = items.as_slice()
                && (matches!(second, Js::Number(_)) || !matches!(direction(second), Js::Text(_)))
                && !matches!(second, Js::Array(_))
            {
                out.set(field.clone(), direction(second));
                return Ok(Js::Object(out));
            }
            for item in items {
                match item {
                    Js::Text(field) => out.set(field.clone(), Js::Number(1.0)),
                    Js::Array(pair) => match pair.as_slice() {
                        [Js::Text(field), value] => out.set(field.clone(), direction(value)),
                        _ => return Err(not_a_sort(item)),
                    },
                    other => return Err(not_a_sort(other)),
                }
            }
        }
        other => return Err(not_a_sort(other)),
    }
    Ok(Js::Object(out))
}

pub(in crate::query) fn not_a_sort(value: &Js) -> Problem {
    Problem::new(format!("a sort is a document, not {}", value.kind()))
        .with_help("write `{field: 1}`, or `-1` for the largest first")
}
