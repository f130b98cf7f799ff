//! Chains such as `db.orders.find(…).sort(` in text that may not parse yet, and the statements of a text.
//!
//! Reads backwards from a place, so that what stands behind it does not matter.

use std::ops::Range;

use super::sketch::{GroupId, ROOT, Sketch, Value, unquoted};
use super::token::TokenKind;

/// One link of a chain, in the order of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Link<'t> {
    Name(&'t str),
    Group(GroupId),
}

/// What a chain says up to a place.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Chain<'t> {
    /// Whether it starts with `db`.
    pub(super) rooted: bool,
    pub(super) database: Option<String>,
    pub(super) collection: Option<String>,
    /// The operation's name and arguments, once it is called.
    pub(super) operation: Option<(&'t str, GroupId)>,
    /// A name at the end that is not called: of a method whose parentheses come next.
    pub(super) last: Option<&'t str>,
    /// Whether nothing but `db` (and changes of the database) has been said.
    pub(super) bare: bool,
}

impl<'t> Chain<'t> {
    /// The chain that ends before the token `end`, which is not part of it.
    pub(super) fn before(sketch: &Sketch<'t>, end: usize) -> Self {
        let mut links = Vec::new();
        let mut at = end;
        while let Some(i) = sketch.last_significant(0, at) {
            match sketch.tokens[i].kind {
                TokenKind::Close => {
                    let group = sketch.group_of(i);
                    if group == ROOT || sketch.groups[group].close != Some(i) {
                        break;
                    }
                    links.push(Link::Group(group));
                    at = sketch.groups[group].open;
                }
                TokenKind::Word => {
                    links.push(Link::Name(sketch.token_text(i)));
                    match sketch.last_significant(0, i) {
                        Some(dot) if sketch.tokens[dot].kind == TokenKind::Dot => at = dot,
                        _ => break,
                    }
                }
                _ => break,
            }
            if links.len() > 400 {
                break;
            }
        }
        links.reverse();
        Self::read(sketch, &links)
    }

    fn read(sketch: &Sketch<'t>, links: &[Link<'t>]) -> Self {
        let mut chain = Self::default();
        let Some((Link::Name("db"), rest)) = links.split_first() else {
            chain.last = match links.last() {
                Some(Link::Name(name)) => Some(name),
                _ => None,
            };
            return chain;
        };
        chain.rooted = true;
        chain.bare = true;
        let mut rest = rest;
        while let Some((link, after)) = rest.split_first() {
            rest = after;
            match (link, after.first()) {
                (Link::Name(name), Some(Link::Group(group)))
                    if sketch.groups[*group].bracket == b'(' =>
                {
                    rest = &after[1..];
                    chain.called(sketch, name, *group);
                }
                (Link::Name(name), None) => chain.last = Some(name),
                (Link::Name(name), _) => chain.named(name),
                (Link::Group(group), _) if sketch.groups[*group].bracket == b'[' => {
                    if let Some(name) = first_text(sketch, *group) {
                        chain.named(&name);
                    }
                }
                (Link::Group(_), _) => {}
            }
        }
        chain
    }

    fn called(&mut self, sketch: &Sketch<'t>, name: &'t str, group: GroupId) {
        match name {
            "getSiblingDB" | "getDB" if self.bare => self.database = first_text(sketch, group),
            "getMongo" | "getSession" | "explain" if self.operation.is_none() => {}
            "getCollection" if self.operation.is_none() => {
                if let Some(name) = first_text(sketch, group) {
                    self.named(&name);
                }
            }
            _ if self.operation.is_none() => {
                self.operation = Some((name, group));
                self.bare = false;
            }
            _ => {}
        }
    }

    fn named(&mut self, name: &str) {
        self.bare = false;
        match &mut self.collection {
            Some(collection) => {
                collection.push('.');
                collection.push_str(name);
            }
            None => self.collection = Some(name.to_owned()),
        }
    }
}

/// The text that a call's first argument is.
pub(super) fn first_text(sketch: &Sketch<'_>, group: GroupId) -> Option<String> {
    let part = sketch.groups.get(group)?.parts.first()?;
    match sketch.value(group, part) {
        Value::Text(text) => Some(unquoted(text).into_owned()),
        _ => None,
    }
}

/// The token ranges of the statements of a text.
pub(super) fn statements(sketch: &Sketch<'_>) -> Vec<Range<usize>> {
    let mut out: Vec<Range<usize>> = Vec::new();
    let mut start: Option<usize> = None;
    let mut before: Option<usize> = None;
    let mut at = 0;
    while at < sketch.tokens.len() {
        let token = sketch.tokens[at];
        if token.is_comment() {
            at += 1;
            continue;
        }
        let begins = before.is_none_or(|b| {
            let last = sketch.tokens[b];
            let ended = matches!(
                last.kind,
                TokenKind::Close
                    | TokenKind::Word
                    | TokenKind::Text
                    | TokenKind::Template
                    | TokenKind::Number
                    | TokenKind::Regex
            );
            // A comment between them may hold the end of the line.
            let new_line = (b + 1..=at).any(|i| sketch.tokens[i].new_line);
            let opens = match token.kind {
                TokenKind::Word => !matches!(token.text(sketch.text), "in" | "instanceof"),
                TokenKind::Open => token.text(sketch.text) != "(",
                _ => false,
            };
            new_line && ended && opens
        });
        if begins && let (Some(s), Some(b)) = (start, before) {
            out.push(s..b + 1);
            start = None;
        }
        start.get_or_insert(at);
        if token.kind == TokenKind::Semicolon {
            if let Some(s) = start.take() {
                out.push(s..at + 1);
            }
            before = None;
            at += 1;
            continue;
        }
        // Past what stands in brackets.
        let group = sketch.group_of(at);
        if token.kind == TokenKind::Open && group != ROOT {
            match sketch.groups[group].close {
                Some(close) => at = close,
                None => {
                    let end = sketch.last_significant(0, sketch.tokens.len());
                    at = end.unwrap_or(at).max(at);
                }
            }
        }
        before = Some(at);
        at += 1;
    }
    if let (Some(s), Some(b)) = (start, before) {
        out.push(s..b + 1);
    }
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn chain(text: &str) -> Chain<'_> {
        let sketch = Sketch::new(text);
        let end = sketch.tokens.len();
        Chain::before(&sketch, end)
    }

    #[test]
    fn a_chain_names_its_collection_and_what_is_asked_of_it() {
        let found = chain("x; db.getSiblingDB('y').a.b.find({c: 1}).sort");
        assert_eq!(found.database.as_deref(), Some("y"));
        assert_eq!(found.collection.as_deref(), Some("a.b"));
        assert_eq!(found.operation.map(|(n, _)| n), Some("find"));
        assert_eq!(found.last, Some("sort"));
        let found = chain("db['my-coll'].explain()\n  .aggregate");
        assert_eq!(found.collection.as_deref(), Some("my-coll"));
        assert_eq!((found.operation, found.last), (None, Some("aggregate")));
        assert!(!chain("other.find").rooted);
    }
}
