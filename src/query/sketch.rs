//! The brackets of a text and what stands between their commas: the shape of a statement that may not parse yet.
//!
//! Knows neither operators nor stages. Built in one pass without recursion; a bracket that closes nothing is passed
//! over, and what is never closed ends with the text.

use std::borrow::Cow;

use super::token::{Token, TokenKind, tokens};
use crate::value::Span;

/// The number of a group in its sketch.
pub(super) type GroupId = usize;

/// The text itself, which no brackets are around.
pub(super) const ROOT: GroupId = 0;

/// What stands between two brackets.
#[derive(Debug)]
pub(super) struct Group {
    /// `{`, `[` or `(`; 0 for the root.
    pub(super) bracket: u8,
    /// The token of the opening bracket; 0 for the root.
    pub(super) open: usize,
    /// The token of the closing bracket.
    pub(super) close: Option<usize>,
    pub(super) parent: GroupId,
    /// Which part of the parent it stands in.
    pub(super) in_part: usize,
    /// What stands between the commas; after a last comma an empty part.
    pub(super) parts: Vec<Part>,
}

/// What stands between two commas.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part {
    /// Its first token.
    pub(super) first: usize,
    /// Just past its last token: the comma, the closing bracket or the end.
    pub(super) end: usize,
    /// In braces: the colon after the key.
    pub(super) colon: Option<usize>,
}

/// What a value is, by its first tokens.
#[derive(Debug, Clone, Copy)]
pub(super) enum Value<'t> {
    Document(GroupId),
    Array(GroupId),
    /// With the quotes.
    Text(&'t str),
    Word(&'t str),
    Number,
    Regex,
    /// A constructor or another call, and its parentheses.
    Call(&'t str),
    Other,
    Missing,
}

/// A text taken apart.
#[derive(Debug)]
pub(super) struct Sketch<'t> {
    pub(super) text: &'t str,
    pub(super) tokens: Vec<Token>,
    pub(super) groups: Vec<Group>,
    /// For each token the group it stands in; for an opening bracket the group that it opens.
    owner: Vec<u32>,
    /// Whether every bracket has its partner, and every string and comment its end.
    pub(super) balanced: bool,
}

/// More groups than this are no query; what comes after is flat.
const MAX_GROUPS: usize = 1 << 22;

impl<'t> Sketch<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        let mut sketch = Self {
            text,
            tokens: tokens(text),
            groups: vec![Group {
                bracket: 0,
                open: 0,
                close: None,
                parent: ROOT,
                in_part: 0,
                parts: Vec::new(),
            }],
            owner: Vec::new(),
            balanced: true,
        };
        sketch.read();
        sketch
    }

    fn read(&mut self) {
        let mut group = ROOT;
        let mut starts: Vec<(usize, Option<usize>)> = vec![(0, None)];
        self.owner.reserve(self.tokens.len());
        for at in 0..self.tokens.len() {
            let token = self.tokens[at];
            self.balanced &= token.closed;
            match token.kind {
                TokenKind::Open if self.groups.len() < MAX_GROUPS => {
                    let id = self.groups.len();
                    let in_part = self.groups[group].parts.len();
                    self.groups.push(Group {
                        bracket: self
                            .text
                            .as_bytes()
                            .get(token.span.start)
                            .copied()
                            .unwrap_or(0),
                        open: at,
                        close: None,
                        parent: group,
                        in_part,
                        parts: Vec::new(),
                    });
                    starts.push((at + 1, None));
                    group = id;
                    self.owner.push(id as u32);
                    continue;
                }
                TokenKind::Close => {
                    let bracket = match token.text(self.text) {
                        ")" => b'(',
                        "]" => b'[',
                        _ => b'{',
                    };
                    let mut target = group;
                    while target != ROOT && self.groups[target].bracket != bracket {
                        target = self.groups[target].parent;
                    }
                    if target == ROOT {
                        self.balanced = false;
                    } else {
                        self.balanced &= target == group;
                        loop {
                            let (first, colon) = starts.pop().unwrap_or((at, None));
                            let here = &mut self.groups[group];
                            here.parts.push(Part {
                                first,
                                end: at,
                                colon,
                            });
                            let done = group == target;
                            if done {
                                here.close = Some(at);
                            }
                            group = here.parent;
                            if done {
                                break;
                            }
                        }
                        self.owner.push(target as u32);
                        continue;
                    }
                }
                TokenKind::Comma | TokenKind::Semicolon => {
                    if let Some(start) = starts.last_mut() {
                        let (first, colon) = std::mem::replace(start, (at + 1, None));
                        self.groups[group].parts.push(Part {
                            first,
                            end: at,
                            colon,
                        });
                    }
                }
                TokenKind::Colon if self.groups[group].bracket == b'{' => {
                    if let Some((_, colon)) = starts.last_mut() {
                        colon.get_or_insert(at);
                    }
                }
                _ => {}
            }
            self.owner.push(group as u32);
        }
        self.balanced &= group == ROOT;
        let end = self.tokens.len();
        while let Some((first, colon)) = starts.pop() {
            self.groups[group].parts.push(Part { first, end, colon });
            group = self.groups[group].parent;
        }
    }

    pub(super) fn token_text(&self, at: usize) -> &'t str {
        self.tokens.get(at).map_or("", |t| t.text(self.text))
    }

    /// The group that a token stands in, or that it opens or closes.
    pub(super) fn group_of(&self, token: usize) -> GroupId {
        self.owner.get(token).map_or(ROOT, |id| *id as usize)
    }

    /// The first token from `at` up to `end` that is no comment.
    pub(super) fn significant(&self, at: usize, end: usize) -> Option<usize> {
        (at..end.min(self.tokens.len())).find(|i| !self.tokens[*i].is_comment())
    }

    /// The last token before `end`, from `start` on, that is no comment.
    pub(super) fn last_significant(&self, start: usize, end: usize) -> Option<usize> {
        (start..end.min(self.tokens.len()))
            .rev()
            .find(|i| !self.tokens[*i].is_comment())
    }

    /// The key of a part in braces, without its quotes.
    pub(super) fn key(&self, part: &Part) -> Option<Cow<'t, str>> {
        let colon = part.colon?;
        let mut at = self.significant(part.first, colon)?;
        if self.token_text(at) == "[" {
            // A computed name, `['a']`.
            at = self.significant(at + 1, colon)?;
        }
        Some(unquoted(self.token_text(at)))
    }

    /// The range of tokens that a part's value has.
    pub(super) fn value_range(&self, group: GroupId, part: &Part) -> (usize, usize) {
        match part.colon {
            Some(colon) if self.groups[group].bracket == b'{' => (colon + 1, part.end),
            _ => (part.first, part.end),
        }
    }

    /// What a part's value is.
    pub(super) fn value(&self, group: GroupId, part: &Part) -> Value<'t> {
        let (first, end) = self.value_range(group, part);
        let Some(mut at) = self.significant(first, end) else {
            return Value::Missing;
        };
        if self.token_text(at) == "new" {
            match self.significant(at + 1, end) {
                Some(next) => at = next,
                None => return Value::Other,
            }
        }
        let text = self.token_text(at);
        match self.tokens[at].kind {
            TokenKind::Open => {
                let id = self.group_of(at);
                match self.groups.get(id).map(|g| g.bracket) {
                    Some(b'{') => Value::Document(id),
                    Some(b'[') => Value::Array(id),
                    _ => Value::Other,
                }
            }
            TokenKind::Text => Value::Text(text),
            TokenKind::Template => Value::Text(text),
            TokenKind::Number => Value::Number,
            TokenKind::Regex => Value::Regex,
            TokenKind::Word => match self.significant(at + 1, end) {
                Some(next) if self.token_text(next) == "(" => Value::Call(text),
                _ => Value::Word(text),
            },
            _ => Value::Other,
        }
    }

    /// The keys of a document with their parts.
    pub(super) fn entries(&self, group: GroupId) -> impl Iterator<Item = (Cow<'t, str>, &Part)> {
        self.groups
            .get(group)
            .into_iter()
            .flat_map(|g| &g.parts)
            .filter_map(|part| Some((self.key(part)?, part)))
    }

    /// The value of a key in a document.
    pub(super) fn field(&self, group: GroupId, key: &str) -> Option<Value<'t>> {
        let (_, part) = self.entries(group).find(|(k, _)| k == key)?;
        Some(self.value(group, part))
    }

    /// The bytes of a group with its brackets; up to the end of the text where it is never closed.
    pub(super) fn span(&self, group: GroupId) -> Span {
        let Some(found) = self.groups.get(group).filter(|_| group != ROOT) else {
            return Span::new(0, self.text.len());
        };
        let start = self.tokens.get(found.open).map_or(0, |t| t.span.start);
        let end = found
            .close
            .and_then(|at| self.tokens.get(at))
            .map_or(self.text.len(), |t| t.span.end);
        Span::new(start, end)
    }

    /// The innermost group whose inside holds the offset.
    pub(super) fn group_at(&self, offset: usize) -> GroupId {
        let at = self.tokens.partition_point(|t| t.span.end <= offset);
        let before = at.checked_sub(1);
        // The token before the cursor says where it is: past an opening bracket inside, past a closing one outside.
        match before {
            None => ROOT,
            Some(before) => {
                let group = self.group_of(before);
                if self.tokens[before].kind == TokenKind::Close
                    && self.groups[group].close == Some(before)
                {
                    self.groups[group].parent
                } else {
                    group
                }
            }
        }
    }

    /// Which part of a group holds the offset.
    pub(super) fn part_at(&self, group: GroupId, offset: usize) -> usize {
        let parts = self.groups.get(group).map_or(&[][..], |g| &g.parts);
        parts
            .partition_point(|p| self.tokens.get(p.end).is_some_and(|t| t.span.end <= offset))
            .min(parts.len().saturating_sub(1))
    }
}

/// The text of a token without its quotes and escapes.
pub(super) fn unquoted(text: &str) -> Cow<'_, str> {
    let Some(quote @ ('\'' | '"' | '`')) = text.chars().next() else {
        return Cow::Borrowed(text);
    };
    let inner = &text[1..];
    let inner = inner.strip_suffix(quote).unwrap_or(inner);
    if !inner.contains('\\') {
        return Cow::Borrowed(inner);
    }
    let mut out = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('n') => out.push('\n'),
                Some('t') => out.push('\t'),
                Some(other) => out.push(other),
                None => {}
            },
            _ => out.push(c),
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn parts_have_their_keys_and_values() {
        let sketch = Sketch::new("{a: 1, 'b.c': {$gt: x ? 1 : 2}, ['d']: ISODate('x'),}");
        let keys: Vec<_> = sketch.entries(1).map(|(k, _)| k.into_owned()).collect();
        assert_eq!(keys, ["a", "b.c", "d"]);
        assert!(sketch.balanced);
        assert!(matches!(sketch.field(1, "b.c"), Some(Value::Document(2))));
        assert!(matches!(sketch.field(1, "d"), Some(Value::Call("ISODate"))));
        assert_eq!(sketch.groups[1].parts.len(), 4, "the last is empty");
    }

    #[test]
    fn what_is_not_closed_does_not_swallow_the_rest() {
        let text = "[{$match: {a: {}, {$limit: 5}]";
        let sketch = Sketch::new(text);
        assert!(!sketch.balanced);
        assert_eq!(sketch.span(1), Span::new(0, text.len()));
        assert_eq!(sketch.group_at(text.len()), ROOT);
        assert_eq!(sketch.group_at(1), 1);
    }

    #[test]
    fn the_innermost_brackets_around_a_place_are_found() {
        let text = "db.a.find({x: 1}, {y: })";
        let sketch = Sketch::new(text);
        let group = sketch.group_at(22);
        assert_eq!(sketch.span(group), Span::new(18, 23));
        assert_eq!(sketch.part_at(group, 22), 0);
        assert_eq!(sketch.part_at(sketch.groups[group].parent, 22), 1);
        assert_eq!(sketch.group_at(text.len()), ROOT);
    }
}
