//! Colours for shell text that may not parse yet, line by line.
//!
//! A light lexer with a small state carried from line to line. It never fails: what it does not know is plain.

use super::Span;
use super::kind::Kind;

/// What a piece of shell text is, for its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// A field's name.
    Key,
    /// Brackets, commas, colons.
    Punctuation,
    /// A value of this kind, its constructor's name and quotes among it.
    Kind(Kind),
    /// A comment.
    Comment,
    /// Anything else: a word that is no value.
    Plain,
}

/// What a line starts inside of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum State {
    /// Nothing in particular.
    #[default]
    Plain,
    /// A string in backticks.
    Template,
    /// A comment between `/*` and `*/`.
    Comment,
}

/// One coloured piece of a line; the white space between pieces belongs to none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece {
    /// Byte offsets in the line.
    pub span: Span,
    /// Its role.
    pub role: Role,
}

/// The pieces of a line that starts in `state`, and the state the next line starts in.
#[must_use]
pub fn tokens(line: &str, state: State) -> (Vec<Piece>, State) {
    let mut lexer = Lexer {
        line,
        bytes: line.as_bytes(),
        at: 0,
        pieces: Vec::new(),
        call: Vec::new(),
    };
    let state = lexer.run(state);
    (lexer.pieces, state)
}

struct Lexer<'a> {
    line: &'a str,
    bytes: &'a [u8],
    at: usize,
    pieces: Vec<Piece>,
    /// For each open parenthesis the kind its constructor makes.
    call: Vec<Option<Kind>>,
}

impl Lexer<'_> {
    fn piece(&mut self, start: usize, role: Role) {
        self.pieces.push(Piece {
            span: Span::new(start, self.at),
            role,
        });
    }

    fn inside(&self) -> Option<Kind> {
        self.call.iter().rev().find_map(|kind| *kind)
    }

    fn run(&mut self, state: State) -> State {
        match state {
            State::Plain => {}
            State::Template => {
                if !self.string_end(b'`') {
                    self.piece(0, Role::Kind(Kind::String));
                    return State::Template;
                }
                self.piece(0, Role::Kind(Kind::String));
            }
            State::Comment => {
                if !self.comment_end(0) {
                    return State::Comment;
                }
            }
        }
        while let Some(&b) = self.bytes.get(self.at) {
            let start = self.at;
            match b {
                b' ' | b'\t' | b'\r' | b'\n' => self.at += 1,
                b'{' | b'}' | b'[' | b']' | b',' | b':' | b';' => {
                    self.at += 1;
                    self.piece(start, Role::Punctuation);
                }
                b'(' => {
                    self.at += 1;
                    let kind = match self.pieces.last() {
                        Some(last) => match last.role {
                            Role::Kind(kind) if last.span.end == start => Some(kind),
                            _ => None,
                        },
                        None => None,
                    };
                    self.call.push(kind);
                    self.piece(start, Role::Punctuation);
                }
                b')' => {
                    self.at += 1;
                    self.call.pop();
                    self.piece(start, Role::Punctuation);
                }
                b'\'' | b'"' | b'`' => {
                    self.at += 1;
                    let closed = self.string_end(b);
                    let role = if closed && self.before_colon() {
                        Role::Key
                    } else {
                        Role::Kind(self.inside().unwrap_or(Kind::String))
                    };
                    self.piece(start, role);
                    if !closed && b == b'`' {
                        return State::Template;
                    }
                }
                b'/' if self.bytes.get(start + 1) == Some(&b'/') => {
                    self.at = self.bytes.len();
                    self.piece(start, Role::Comment);
                }
                b'/' if self.bytes.get(start + 1) == Some(&b'*') => {
                    self.at += 2;
                    if !self.comment_end(start) {
                        return State::Comment;
                    }
                }
                b'/' => self.regex(start),
                b'0'..=b'9' | b'+' | b'-' | b'.' => self.number(start),
                _ => self.word(start),
            }
        }
        State::Plain
    }

    /// Goes past the closing quote; false where the line ends before it.
    fn string_end(&mut self, quote: u8) -> bool {
        while let Some(&b) = self.bytes.get(self.at) {
            self.at += 1;
            if b == b'\\' {
                self.at += self.line[self.at..]
                    .chars()
                    .next()
                    .map_or(0, char::len_utf8);
            } else if b == quote {
                return true;
            }
        }
        false
    }

    fn comment_end(&mut self, start: usize) -> bool {
        let end = memchr::memmem::find(&self.bytes[self.at..], b"*/");
        self.at = end.map_or(self.bytes.len(), |end| self.at + end + 2);
        self.piece(start, Role::Comment);
        end.is_some()
    }

    fn before_colon(&self) -> bool {
        self.line[self.at..].trim_start().starts_with(':')
    }

    fn regex(&mut self, start: usize) {
        self.at += 1;
        let mut class = false;
        while let Some(&b) = self.bytes.get(self.at) {
            self.at += 1;
            match b {
                b'\\' => {
                    self.at += self.line[self.at..]
                        .chars()
                        .next()
                        .map_or(0, char::len_utf8);
                }
                b'[' => class = true,
                b']' => class = false,
                b'/' if !class => break,
                _ => {}
            }
        }
        while self.bytes.get(self.at).is_some_and(u8::is_ascii_alphabetic) {
            self.at += 1;
        }
        self.piece(start, Role::Kind(Kind::Regex));
    }

    fn number(&mut self, start: usize) {
        self.at += 1;
        let hex = self.line[start..]
            .trim_start_matches(['+', '-'])
            .starts_with("0x");
        while let Some(&b) = self.bytes.get(self.at) {
            let signed = matches!(b, b'+' | b'-')
                && !hex
                && matches!(self.bytes.get(self.at - 1), Some(b'e' | b'E'));
            if !(b.is_ascii_alphanumeric() || b == b'.' || b == b'_' || signed) {
                break;
            }
            self.at += 1;
        }
        let text = &self.line[start..self.at];
        let whole = hex || !text.contains(['.', 'e', 'E', 'I', 'N']);
        let kind = if whole { Kind::Int32 } else { Kind::Double };
        let role = if self.before_colon() {
            Role::Key
        } else {
            Role::Kind(self.inside().unwrap_or(kind))
        };
        self.piece(start, role);
    }

    fn word(&mut self, start: usize) {
        for c in self.line[start..].chars() {
            if !(c.is_alphanumeric() || c == '_' || c == '$') {
                break;
            }
            self.at += c.len_utf8();
        }
        if self.at == start {
            self.at += self.line[start..].chars().next().map_or(1, char::len_utf8);
            self.piece(start, Role::Plain);
            return;
        }
        let word = &self.line[start..self.at];
        let role = if self.before_colon() {
            Role::Key
        } else if word == "new" {
            Role::Punctuation
        } else {
            kind_of(word).map_or(Role::Plain, Role::Kind)
        };
        self.piece(start, role);
    }
}

/// The kind that a bare word or a constructor's name makes.
fn kind_of(word: &str) -> Option<Kind> {
    Some(match word {
        "true" | "false" => Kind::Boolean,
        "null" => Kind::Null,
        "undefined" => Kind::Undefined,
        "NaN" | "Infinity" | "Double" | "NumberDouble" => Kind::Double,
        "ObjectId" | "ObjectID" => Kind::ObjectId,
        "ISODate" | "Date" => Kind::Date,
        "NumberLong" | "Long" => Kind::Int64,
        "NumberInt" | "Int32" => Kind::Int32,
        "NumberDecimal" | "Decimal128" => Kind::Decimal128,
        "UUID" | "BinData" | "HexData" | "MD5" => Kind::Binary,
        "Timestamp" => Kind::Timestamp,
        "RegExp" | "BSONRegExp" => Kind::Regex,
        "MinKey" => Kind::MinKey,
        "MaxKey" => Kind::MaxKey,
        "Symbol" | "BSONSymbol" => Kind::Symbol,
        "Code" => Kind::Code,
        "DBPointer" => Kind::DbPointer,
        _ => return None,
    })
}

/// How far from the cursor a bracket's partner is looked for, in lines; further away it would not be seen.
const REACH: usize = 2000;

/// The partner of the bracket at a line and a byte offset in it; brackets in strings and comments do not count.
/// `None` where there is no bracket or no partner within two thousand lines.
#[must_use]
pub fn matching_bracket<S: AsRef<str>>(
    lines: &[S],
    line: usize,
    offset: usize,
) -> Option<(usize, usize)> {
    let from = line.saturating_sub(REACH);
    let mut state = State::Plain;
    let mut open: Vec<(usize, usize, u8)> = Vec::new();
    for (number, text) in lines.iter().enumerate().skip(from) {
        if number > line.saturating_add(REACH) {
            return None;
        }
        let text = text.as_ref();
        let (pieces, next) = tokens(text, state);
        state = next;
        for piece in pieces.iter().filter(|p| p.role == Role::Punctuation) {
            let at = piece.span.start;
            let Some(&b) = text.as_bytes().get(at) else {
                continue;
            };
            match b {
                b'{' | b'[' | b'(' => open.push((number, at, b)),
                b'}' | b']' | b')' => {
                    let wanted = match b {
                        b'}' => b'{',
                        b']' => b'[',
                        _ => b'(',
                    };
                    let partner = open.pop().filter(|(_, _, b)| *b == wanted);
                    if (number, at) == (line, offset) {
                        return partner.map(|(l, o, _)| (l, o));
                    }
                    if partner.is_some_and(|(l, o, _)| (l, o) == (line, offset)) {
                        return Some((number, at));
                    }
                }
                _ => {}
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::value::sample;

    fn shown(line: &str, state: State) -> Vec<(&str, Role)> {
        tokens(line, state)
            .0
            .iter()
            .map(|p| (&line[p.span.start..p.span.end], p.role))
            .filter(|(_, role)| *role != Role::Punctuation)
            .collect()
    }

    #[test]
    fn names_and_values_have_their_roles() {
        use Role::{Comment, Key, Plain};
        assert_eq!(
            shown(
                "{a: 1, 'b': 'x', c: ObjectId('65'), d: -1.5e-3, e: /a[/]/i, f: tru // end",
                State::Plain
            ),
            [
                ("a", Key),
                ("1", Role::Kind(Kind::Int32)),
                ("'b'", Key),
                ("'x'", Role::Kind(Kind::String)),
                ("c", Key),
                ("ObjectId", Role::Kind(Kind::ObjectId)),
                ("'65'", Role::Kind(Kind::ObjectId)),
                ("d", Key),
                ("-1.5e-3", Role::Kind(Kind::Double)),
                ("e", Key),
                ("/a[/]/i", Role::Kind(Kind::Regex)),
                ("f", Key),
                ("tru", Plain),
                ("// end", Comment),
            ]
        );
    }

    #[test]
    fn a_comment_and_a_template_go_on_over_lines() {
        assert_eq!(tokens("a: `one", State::Plain).1, State::Template);
        assert_eq!(tokens("two", State::Template).1, State::Template);
        assert_eq!(
            tokens("three`, b: 1 /* x", State::Template).1,
            State::Comment
        );
        assert_eq!(tokens("y */ 1", State::Comment).1, State::Plain);
    }

    #[test]
    fn a_bracket_in_a_string_is_no_partner() {
        let lines = ["{a: '}', b: [1, {", "}]", "}"];
        assert_eq!(matching_bracket(&lines, 0, 0), Some((2, 0)));
        assert_eq!(matching_bracket(&lines, 1, 1), Some((0, 12)));
        assert_eq!(matching_bracket(&lines, 0, 5), None);
        assert_eq!(matching_bracket(&lines, 9, 0), None);
    }

    proptest! {
        #[test]
        fn pieces_lie_in_order_inside_any_line(line in sample::text(), state in 0..3) {
            let state = [State::Plain, State::Template, State::Comment][state as usize];
            let mut end = 0;
            for piece in tokens(&line, state).0 {
                prop_assert!(end <= piece.span.start && piece.span.start <= piece.span.end);
                prop_assert!(line.get(piece.span.start..piece.span.end).is_some());
                end = piece.span.end;
            }
        }
    }
}
