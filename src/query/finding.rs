//! A `find` as the lines of a form, and back: filter, projection, sort, skip, limit, collation, hint.
//!
//! Works on the text and keeps each argument as it is written. Pure. Invariant: a line that is empty is left out, one
//! that does not parse never becomes part of a statement, and what the form has no line for stays as it is.

use std::borrow::Cow;

use bson::RawBson;

use super::sketch::{GroupId, ROOT, Sketch};
use super::token::TokenKind;
use super::{Context, literal, parse_filter, parse_projection, parse_sort};
use crate::value::{Diagnostic, Span};

/// A line of the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Line {
    /// Which documents.
    Filter,
    /// Which fields of them.
    Projection,
    /// In which order.
    Sort,
    /// How many are passed over.
    Skip,
    /// How many at the most.
    Limit,
    /// How texts are compared.
    Collation,
    /// By which index.
    Hint,
}

impl Line {
    /// All lines, in the form's order.
    pub const ALL: [Self; 7] = [
        Self::Filter,
        Self::Projection,
        Self::Sort,
        Self::Skip,
        Self::Limit,
        Self::Collation,
        Self::Hint,
    ];

    /// Its name, which is that of the cursor's method but for the first.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Filter => "filter",
            Self::Projection => "projection",
            Self::Sort => "sort",
            Self::Skip => "skip",
            Self::Limit => "limit",
            Self::Collation => "collation",
            Self::Hint => "hint",
        }
    }

    /// What may be written there, for an empty line.
    #[must_use]
    pub fn example(self) -> &'static str {
        match self {
            Self::Filter => "{status: 'open'}; empty for all",
            Self::Projection => "{name: 1, _id: 0}; empty for all fields",
            Self::Sort => "{createdAt: -1}; empty for the server's own order",
            Self::Skip => "0",
            Self::Limit => "50; empty for no limit",
            Self::Collation => "{locale: 'en', strength: 2}",
            Self::Hint => "{status: 1} or 'status_1'; empty lets the server choose",
        }
    }

    fn of_method(name: &str) -> Option<Self> {
        match name {
            "project" => Some(Self::Projection),
            name => Self::ALL.into_iter().skip(1).find(|l| l.name() == name),
        }
    }
}

/// A `find`, taken apart.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Finding {
    /// What stands before `.find`, such as `db.orders`.
    pub head: String,
    /// The lines, in the order of [`Line::ALL`]; empty where nothing is said.
    pub lines: [String; 7],
    /// Calls that the form has no line for, such as `.maxTimeMS(500)`.
    pub tail: String,
}

/// Why a statement cannot be shown as the form.
pub type NotAFind = String;

impl Finding {
    /// A find of all documents of a collection; `head` is what stands before `.find`.
    #[must_use]
    pub fn all(head: impl Into<String>) -> Self {
        Self {
            head: head.into(),
            ..Self::default()
        }
    }

    /// What a line says.
    #[must_use]
    pub fn line(&self, line: Line) -> &str {
        self.lines.get(line as usize).map_or("", String::as_str)
    }

    /// Changes what a line says.
    pub fn set(&mut self, line: Line, text: impl Into<String>) {
        if let Some(held) = self.lines.get_mut(line as usize) {
            *held = text.into();
        }
    }

    /// Takes one statement apart. A bare `{…}` is the filter of a find on `head`.
    ///
    /// # Errors
    /// Why it cannot be shown as a form, as a sentence.
    pub fn read(text: &str, head: Option<&str>) -> Result<Self, NotAFind> {
        let text = text.trim().trim_end_matches(';').trim_end();
        let sketch = Sketch::new(text);
        if !sketch.balanced {
            return Err("the statement cannot be read: close all brackets first".to_owned());
        }
        let Some(first) = sketch.significant(0, sketch.tokens.len()) else {
            return match head {
                Some(head) => Ok(Self::all(head)),
                None => Err("of which collection is not said".to_owned()),
            };
        };
        match (sketch.token_text(first), head) {
            ("{", Some(head)) => {
                let mut finding = Self::all(head);
                finding.set(Line::Filter, text);
                Ok(finding)
            }
            ("db", _) => Self::of_chain(&sketch, first),
            _ => Err(NO_FIND.to_owned()),
        }
    }

    fn of_chain(sketch: &Sketch<'_>, first: usize) -> Result<Self, NotAFind> {
        let mut finding = Self::default();
        let mut said: Vec<Line> = Vec::new();
        let mut at = first + 1;
        let mut found = false;
        let end = sketch.tokens.len();
        while let Some(next) = sketch.significant(at, end) {
            let token = sketch.tokens[next];
            if token.kind == TokenKind::Open && !found && sketch.token_text(next) == "[" {
                at = closed(sketch, next)? + 1;
                continue;
            }
            if token.kind != TokenKind::Dot {
                return Err(NO_FIND.to_owned());
            }
            let word = sketch.significant(next + 1, end).ok_or(NO_FIND)?;
            let name = sketch.token_text(word);
            let open = sketch.significant(word + 1, end);
            let call = open.filter(|o| sketch.token_text(*o) == "(");
            let Some(open) = call else {
                if found {
                    return Err(NO_FIND.to_owned());
                }
                at = word + 1;
                continue;
            };
            let close = closed(sketch, open)?;
            let arguments = arguments(sketch, sketch.group_of(open));
            at = close + 1;
            match (found, name, Line::of_method(name)) {
                (false, "find", _) => {
                    found = true;
                    let start = sketch.tokens[next].span.start;
                    finding.head = sketch.text.get(..start).unwrap_or("").trim_end().to_owned();
                    if arguments.len() > 2 {
                        return Err(
                            "the find has options, which the form has no line for".to_owned()
                        );
                    }
                    let lines = [Line::Filter, Line::Projection];
                    for (line, argument) in lines.into_iter().zip(arguments) {
                        if line == Line::Projection && argument.is_empty() {
                            continue;
                        }
                        said.push(line);
                        finding.set(line, argument);
                    }
                }
                (false, "getSiblingDB" | "getDB" | "getCollection" | "getMongo", _) => {}
                (false, _, _) => {
                    return Err(format!(
                        "this is no `find` but `{name}`: the form is for a find"
                    ));
                }
                (true, _, Some(line)) => {
                    let [argument] = arguments.as_slice() else {
                        return Err(format!("`{name}` does not take one argument here"));
                    };
                    if said.contains(&line) {
                        return Err(format!("the statement says `{name}` twice"));
                    }
                    said.push(line);
                    finding.set(line, argument.clone());
                }
                (true, _, None) => {
                    let (from, to) = (
                        sketch.tokens[next].span.start,
                        sketch.tokens[close].span.end,
                    );
                    finding
                        .tail
                        .push_str(sketch.text.get(from..to).unwrap_or(""));
                }
            }
        }
        match found {
            true => {
                // `{}` says no more than nothing does.
                let filter = finding.line(Line::Filter);
                if filter
                    .chars()
                    .filter(|c| !c.is_whitespace())
                    .eq("{}".chars())
                {
                    finding.set(Line::Filter, "");
                }
                Ok(finding)
            }
            false => Err(NO_FIND.to_owned()),
        }
    }

    /// The statement: empty lines are left out.
    #[must_use]
    pub fn text(&self) -> String {
        let filter = match self.line(Line::Filter).trim() {
            "" => "{}",
            filter => filter,
        };
        let projection = self.line(Line::Projection).trim();
        let mut calls = vec![match projection {
            "" => format!(".find({})", closing(filter)),
            projection => format!(".find({}, {})", closing(filter), closing(projection)),
        }];
        for line in &Line::ALL[2..] {
            let text = self.line(*line).trim();
            if !text.is_empty() {
                calls.push(format!(".{}({})", line.name(), closing(text)));
            }
        }
        let flat = format!("{}{}{}", self.head, calls.concat(), self.tail);
        if flat.chars().count() <= WIDE || calls.len() == 1 {
            return flat;
        }
        let (find, rest) = calls.split_at(1);
        let mut text = format!("{}{}", self.head, find.concat());
        for call in rest {
            text.push_str("\n  ");
            text.push_str(call);
        }
        if !self.tail.is_empty() {
            text.push_str("\n  ");
            text.push_str(&self.tail);
        }
        text
    }

    /// What is wrong with a line; empty ones are right.
    #[must_use]
    pub fn problem(line: Line, text: &str, context: &Context) -> Option<Diagnostic> {
        if text.trim().is_empty() {
            return None;
        }
        match line {
            Line::Filter => parse_filter(text, context).err(),
            Line::Projection => parse_projection(text, context).err(),
            Line::Sort => parse_sort(text, context).err(),
            Line::Skip => number(text, context, "0 or more, as in `20`").err(),
            Line::Limit => number(text, context, "1 or more, as in `50`").err(),
            Line::Collation => match literal(text, context) {
                Ok(RawBson::Document(d)) if d.get_str("locale").is_ok() => None,
                Ok(_) => Some(
                    Diagnostic::new(whole(text), "a collation is a document with a `locale`")
                        .with_help("write `{locale: 'en', strength: 2}`"),
                ),
                Err(problem) => Some(problem),
            },
            Line::Hint => match literal(text, context) {
                Ok(RawBson::String(name)) if !name.is_empty() => None,
                Ok(RawBson::Document(keys)) if !keys.is_empty() => None,
                Ok(_) => Some(
                    Diagnostic::new(whole(text), "a hint is an index's name or its keys")
                        .with_help("write `'status_1'` or `{status: 1}`"),
                ),
                Err(problem) => Some(problem),
            },
        }
    }
}

const NO_FIND: &str = "the form is for a find: write `db.NAME.find({…})`";
/// Statements that are longer stand on several lines.
const WIDE: usize = 88;

fn whole(text: &str) -> Span {
    Span::new(0, text.len())
}

/// A line that ends in a comment must not swallow what stands behind it.
fn closing(text: &str) -> Cow<'_, str> {
    let last = text.rsplit('\n').next().unwrap_or("");
    match last.contains("//") {
        true => Cow::Owned(format!("{text}\n")),
        false => Cow::Borrowed(text),
    }
}

fn number(text: &str, context: &Context, help: &str) -> Result<(), Diagnostic> {
    let fits = match literal(text, context)? {
        RawBson::Int32(n) => n >= 0,
        RawBson::Int64(n) => n >= 0,
        RawBson::Double(n) => n >= 0.0 && n.fract() == 0.0,
        _ => false,
    };
    match fits {
        true => Ok(()),
        false => {
            let problem = Diagnostic::new(whole(text), "a whole number goes here");
            Err(problem.with_help(format!("write {help}")))
        }
    }
}

/// The token that closes an opening bracket.
fn closed(sketch: &Sketch<'_>, open: usize) -> Result<usize, NotAFind> {
    let group = sketch.group_of(open);
    let close = sketch.groups.get(group).and_then(|g| g.close);
    close
        .filter(|_| group != ROOT)
        .ok_or_else(|| NO_FIND.to_owned())
}

/// The arguments of a call, as they are written.
fn arguments(sketch: &Sketch<'_>, group: GroupId) -> Vec<String> {
    let Some(found) = sketch.groups.get(group) else {
        return Vec::new();
    };
    let start = sketch.tokens.get(found.open).map_or(0, |t| t.span.end);
    let mut from = start;
    let mut all: Vec<String> = Vec::new();
    for part in &found.parts {
        let to = sketch
            .tokens
            .get(part.end)
            .map_or(sketch.text.len(), |t| t.span.start);
        all.push(sketch.text.get(from..to).unwrap_or("").trim().to_owned());
        from = sketch.tokens.get(part.end).map_or(to, |t| t.span.end);
    }
    while all.last().is_some_and(String::is_empty) {
        all.pop();
    }
    all
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        reason = "a test fails by panicking"
    )]

    use super::*;

    #[test]
    fn a_find_becomes_lines_and_the_same_statement_again() {
        for text in [
            "db.orders.find({})",
            "db.orders.find({status: 'open', \"x\": /a)b/}, {name: 1})",
            "db.getSiblingDB('shop').getCollection('my orders').find({a: [1, {b: 2}]}).limit(5)",
            "db['a.b'].find({}).sort({n: -1}).skip(1).limit(2).collation({locale: 'en'}).hint('n_1').maxTimeMS(5).comment('x')",
        ] {
            let finding = Finding::read(text, None).unwrap();
            let made = finding.text();
            assert_eq!(made.replace("\n  ", ""), text);
            assert_eq!(Finding::read(&made, None).unwrap().lines, finding.lines);
        }
    }

    #[test]
    fn what_is_not_said_is_an_empty_line_and_an_empty_line_is_left_out() {
        let mut finding = Finding::read("db.a.find().sort({x: 1});", None).unwrap();
        assert_eq!(finding.line(Line::Filter), "");
        assert_eq!(finding.line(Line::Sort), "{x: 1}");
        finding.set(Line::Sort, " ");
        finding.set(Line::Limit, "3");
        assert_eq!(finding.text(), "db.a.find({}).limit(3)");
        let bare = Finding::read("{x: 1}", Some("db.a")).unwrap();
        assert_eq!(bare.text(), "db.a.find({x: 1})");
    }

    #[test]
    fn what_the_form_cannot_show_is_told() {
        for (text, why) in [
            ("db.a.aggregate([])", "no `find` but `aggregate`"),
            ("db.a.find({}, {}, {limit: 1})", "options"),
            ("db.a.find({}).sort({a: 1}).sort({b: 1})", "twice"),
            ("db.a.find({", "close all brackets"),
            ("show dbs", "form is for a find"),
            ("db.a.find({}) + 1", "form is for a find"),
        ] {
            let told = Finding::read(text, None).unwrap_err();
            assert!(told.contains(why), "{text}: {told}");
        }
    }

    #[test]
    fn each_line_is_held_to_what_it_takes() {
        let context = Context::new("test", 0);
        let wrong = |line, text| Finding::problem(line, text, &context).is_some();
        for line in Line::ALL {
            assert!(!wrong(line, "  "));
            assert!(wrong(line, "{a: "), "{line:?}");
            assert!(wrong(line, "{a: 1}).drop({"), "{line:?}");
            assert!(wrong(line, "{a: 1}, {b: 1}"), "{line:?}");
        }
        assert!(!wrong(Line::Skip, "10"));
        assert!(wrong(Line::Skip, "-1"));
        assert!(wrong(Line::Limit, "'ten'"));
        assert!(!wrong(Line::Collation, "{locale: 'fr'}"));
        assert!(wrong(Line::Collation, "{strength: 1}"));
        assert!(!wrong(Line::Hint, "'a_1'"));
        assert!(!wrong(Line::Hint, "{a: 1}"));
        assert!(wrong(Line::Hint, "5"));
    }

    #[test]
    fn a_comment_at_the_end_of_a_line_swallows_nothing() {
        let mut finding = Finding::all("db.a");
        finding.set(Line::Filter, "{x: 1} // open");
        finding.set(Line::Limit, "3");
        let text = finding.text();
        let back = Finding::read(&text, None).unwrap();
        assert_eq!(back.line(Line::Limit), "3");
    }
}
