//! Making the text of a saved query from a statement: its comment in front, and the parameters that it uses.
//!
//! Writes no file. Invariant: what is made reads back as the name, the description and the parameters that were asked
//! for, and the statement's own text is untouched.

use super::header::is_name;
use super::{Parameter, SavedQuery, Type};
use crate::query::sketch::{ROOT, Sketch};
use crate::query::words::skip_space;
use crate::value::{Diagnostic, Span};

/// At the most so many parameters of a text are looked at.
const MOST: usize = 100;

/// What a query is saved as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label<'a> {
    /// Its name.
    pub name: &'a str,
    /// What it is for; may be empty.
    pub description: &'a str,
    /// The database that `db` is, where the header names none so far.
    pub database: Option<&'a str>,
}

/// Why a query cannot have this name; `None` where it can.
#[must_use]
pub fn name_problem(name: &str) -> Option<&'static str> {
    match name {
        "" => Some("has no value"),
        name if name.len() > 100 => Some("is longer than 100 characters"),
        name if !is_name(name) => Some("takes letters, digits, `-`, `_` and `.`"),
        _ => None,
    }
}

/// The parameters that a text uses without declaring them, in its order, each of the type that its place suggests.
#[must_use]
pub fn undeclared(text: &str, declared: &[Parameter]) -> Vec<Parameter> {
    let mut found: Vec<Parameter> = Vec::new();
    if !text.contains("params") {
        return found;
    }
    let sketch = Sketch::new(text);
    for at in 0..sketch.tokens.len() {
        if sketch.token_text(at) != "params" {
            continue;
        }
        let after = |at: usize| sketch.significant(at + 1, sketch.tokens.len());
        let Some(dot) = after(at).filter(|i| matches!(sketch.token_text(*i), "." | "?.")) else {
            continue;
        };
        let is_member = sketch
            .last_significant(0, at)
            .is_some_and(|i| matches!(sketch.token_text(i), "." | "?."));
        let Some(name) = after(dot).map(|i| sketch.token_text(i)) else {
            continue;
        };
        let plain = name
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '_' | '$'))
            && !name.starts_with(|c: char| c.is_ascii_digit());
        let known = declared.iter().chain(&found).any(|p| p.name == name);
        if is_member || name.is_empty() || !plain || known || found.len() >= MOST {
            continue;
        }
        found.push(Parameter {
            name: name.to_owned(),
            kind: suggested(&sketch, at, name),
            default: None,
            help: String::new(),
        });
    }
    found
}

/// The type that a parameter's name and its place in the text suggest; text where they suggest nothing.
fn suggested(sketch: &Sketch<'_>, at: usize, name: &str) -> Type {
    let mut keys = Vec::new();
    let mut list = false;
    let mut group = sketch.group_of(at);
    let mut token = at;
    // The keys around it, the innermost first: `createdAt: {$gte: params.since}`.
    while group != ROOT && keys.len() < 3 {
        let Some(here) = sketch.groups.get(group) else {
            break;
        };
        let part = here
            .parts
            .iter()
            .find(|p| p.first <= token && token < p.end);
        if let Some(key) = part.and_then(|p| sketch.key(p)) {
            keys.push(key.into_owned());
        } else if here.bracket == b'('
            && let Some(called) = sketch.last_significant(0, here.open)
        {
            keys.push(sketch.token_text(called).to_owned());
            break;
        }
        token = here.open;
        group = here.parent;
    }
    let mut kind = None;
    for key in &keys {
        match key.as_str() {
            "$in" | "$nin" | "$all" => list = true,
            "$limit" | "$skip" | "$size" | "size" | "limit" | "skip" | "maxTimeMS" => {
                return Type::Number;
            }
            "$exists" => return Type::Bool,
            "$regex" => return Type::Text,
            "ISODate" | "Date" => return Type::Text,
            "ObjectId" => return Type::Text,
            key if key.starts_with('$') => {}
            key => {
                kind = of_field(key.rsplit('.').next().unwrap_or(key));
                break;
            }
        }
    }
    let kind = kind.or_else(|| of_name(name)).unwrap_or(Type::Text);
    match list {
        true => Type::List(Box::new(kind)),
        false => kind,
    }
}

/// What a field of this name mostly holds.
fn of_field(field: &str) -> Option<Type> {
    let ends = |ends: &[&str]| ends.iter().any(|e| field.ends_with(e));
    if field == "_id" || (field.len() > 2 && ends(&["Id", "_id"])) {
        return Some(Type::ObjectId);
    }
    let time = field.len() > 2 && ends(&["At", "_at", "Date", "_date", "Time", "_time"]);
    if time || matches!(field, "date" | "timestamp" | "time") {
        return Some(Type::Date);
    }
    let number = ["count", "total", "amount", "price", "score", "age"];
    if number.contains(&field) || ends(&["Count", "Total", "Score"]) {
        return Some(Type::Number);
    }
    None
}

/// What a parameter of this name mostly is.
fn of_name(name: &str) -> Option<Type> {
    match name {
        "since" | "until" | "before" | "after" | "from" | "to" | "day" | "date" | "start"
        | "end" => Some(Type::Date),
        "limit" | "skip" | "top" | "n" | "count" | "days" | "min" | "max" | "least" | "most"
        | "size" => Some(Type::Number),
        name => of_field(name),
    }
}

/// The text with its comment in front changed, or added, so that it says `label` and declares every parameter that the
/// statement uses. Where that is said already the text stays as it is.
///
/// # Errors
/// What is wrong with the header, the statement, or the label.
pub fn composed(text: &str, label: &Label<'_>) -> Result<String, Vec<Diagnostic>> {
    let refused = |message: String, help: &str| {
        vec![Diagnostic::new(Span::point(0), message).with_help(help)]
    };
    if let Some(problem) = name_problem(label.name) {
        return Err(refused(
            format!("the name {problem}"),
            "choose another name",
        ));
    }
    let mut query = SavedQuery::header(label.name, text)?;
    let description = label.description.trim();
    let added = undeclared(text, &query.parameters);
    let says = query.name == label.name
        && query.description.trim() == description
        && added.is_empty()
        && (query.database.is_some() || label.database.is_none());
    let made = match says {
        true => ended(text),
        false => {
            query.name = label.name.to_owned();
            query.description = description.to_owned();
            query.parameters.extend(added);
            if query.database.is_none() {
                query.database = label.database.map(str::to_owned);
            }
            ended(&format!("{}{}", head(&query), body(text)))
        }
    };
    let back = SavedQuery::parse(label.name, &made)?;
    let same = back.name == label.name
        && back.description == description
        && (says || back.parameters == query.parameters);
    match same {
        true => Ok(made),
        false => Err(refused(
            "this description cannot stand in the comment of a saved query".to_owned(),
            "write it without `@` at its start and without `*/`",
        )),
    }
}

fn ended(text: &str) -> String {
    match text.ends_with('\n') {
        true => text.to_owned(),
        false => format!("{text}\n"),
    }
}

/// What stands behind the comment that says what the query is.
fn body(text: &str) -> &str {
    let start = text.trim_start();
    if start.starts_with("/*") {
        let end = start.find("*/").map_or(start.len(), |at| at + 2);
        return start
            .get(end..)
            .unwrap_or("")
            .trim_start_matches(['\r', '\n']);
    }
    let end = skip_space(text);
    let head = text.get(..end).unwrap_or("");
    let mut at = 0;
    for line in head.split_inclusive('\n') {
        let trimmed = line.trim_start();
        if !trimmed.starts_with("//") {
            break;
        }
        at += line.len();
    }
    text.get(at..).unwrap_or(text)
}

/// The comment in front.
fn head(query: &SavedQuery) -> String {
    let mut out = String::from("/**\n");
    let mut line = |text: &str| {
        let text = format!(" * {text}");
        out.push_str(text.trim_end());
        out.push('\n');
    };
    for text in query.description.lines() {
        line(text);
    }
    line(&format!("@name {}", query.name));
    let tags = [
        ("profile", query.profile.as_deref()),
        ("database", query.database.as_deref()),
        ("format", query.format.as_deref()),
        ("chart", query.chart.map(|c| c.name())),
    ];
    for (tag, value) in tags {
        if let Some(value) = value {
            line(&format!("@{tag} {value}"));
        }
    }
    for parameter in &query.parameters {
        line(&format!("@param {}", declaration(parameter)));
    }
    out.push_str(" */\n");
    out
}

/// A parameter as a header declares it, without the tag.
fn declaration(parameter: &Parameter) -> String {
    let mut text = format!("{{{}}} {}", parameter.kind.name(), parameter.name);
    if let Some(default) = &parameter.default {
        let quoted =
            default.trim() != default || default.is_empty() || default.starts_with(['\'', '"']);
        text.push_str(" = ");
        match (quoted, default.contains('\'')) {
            (false, _) => text.push_str(default),
            (true, false) => text.push_str(&format!("'{default}'")),
            (true, true) => text.push_str(&format!("\"{default}\"")),
        }
    }
    if !parameter.help.is_empty() {
        text.push_str(" - ");
        text.push_str(&parameter.help);
    }
    text
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        reason = "a test fails by panicking"
    )]

    use super::*;

    fn label<'a>(name: &'a str, description: &'a str) -> Label<'a> {
        Label {
            name,
            description,
            database: Some("shop"),
        }
    }

    #[test]
    fn a_statement_gets_a_comment_with_the_parameters_that_it_uses() {
        let text = "db.orders.find({createdAt: {$gte: params.since}, status: {$in: params.states}, name: params.who}).limit(params.n)";
        let made = composed(text, &label("late", "Orders that are late")).unwrap();
        assert_eq!(
            made,
            format!(
                "/**\n * Orders that are late\n * @name late\n * @database shop\n * @param {{date}} since\n * @param {{string[]}} states\n * @param {{string}} who\n * @param {{number}} n\n */\n{text}\n"
            )
        );
        let query = SavedQuery::parse("x", &made).unwrap();
        assert_eq!(query.name, "late");
        assert_eq!(query.parameters.len(), 4);
    }

    #[test]
    fn a_header_that_says_it_all_is_kept_as_it_is_written() {
        let text = "// What is open\n//   @name open\n//   @database shop\n//   @param {date} since = 2026-01-01 - from here on\n\n// the statement\ndb.orders.find({at: {$gte: params.since}})\n";
        assert_eq!(
            composed(text, &label("open", "What is open")).unwrap(),
            text
        );
    }

    #[test]
    fn a_changed_header_keeps_its_other_tags_and_the_comments_behind_it() {
        let text = "/**\n * Growth\n * @name growth\n * @format csv\n * @chart line\n * @param {string} who = ' a' - whose\n */\n// by month\ndb.users.find({who: params.who, n: params.top}) // end\n";
        let made = composed(text, &label("growth-2", "Growth, again")).unwrap();
        assert_eq!(
            made,
            "/**\n * Growth, again\n * @name growth-2\n * @database shop\n * @format csv\n * @chart line\n * @param {string} who = ' a' - whose\n * @param {number} top\n */\n// by month\ndb.users.find({who: params.who, n: params.top}) // end\n"
        );
    }

    #[test]
    fn what_is_no_saved_query_is_refused() {
        assert!(composed("{a: 1}", &label("a", "")).is_err());
        assert!(composed("db.a.find({", &label("a", "")).is_err());
        assert!(composed("db.a.find()", &label("../a", "")).is_err());
        assert!(composed("db.a.find()", &label("a", "ends */ here")).is_err());
        assert!(composed("db.a.find()", &label("a", "@profile main")).is_err());
        assert!(composed("db.a.find()", &label("a", "")).is_ok());
    }

    #[test]
    fn parameters_are_found_where_the_text_does_not_parse_yet() {
        let names = |text: &str| -> Vec<String> {
            let found = undeclared(text, &[]);
            found.into_iter().map(|p| p.name).collect()
        };
        assert_eq!(
            names("db.a.find({x: params.a, y: [params . b, params.a"),
            ["a", "b"]
        );
        assert_eq!(
            names("// params.a\n'params.b' + x.params.c + params."),
            [""; 0]
        );
    }
}
