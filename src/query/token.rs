//! Query text cut into tokens, whether it parses or not.
//!
//! What completion, formatting and the list of stages stand on. Knows no grammar but where a `/` starts a regular
//! expression. Never fails: what it does not know is an operator of one character. Invariant: tokens lie in order,
//! do not overlap, and what is between them is white space.

use crate::value::Span;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenKind {
    /// `(`, `[` or `{`.
    Open,
    /// `)`, `]` or `}`.
    Close,
    Comma,
    Colon,
    Semicolon,
    /// `.` or `?.`.
    Dot,
    /// A name or a word of the language.
    Word,
    /// A string in single or double quotes.
    Text,
    /// A string in backticks, with all that stands in its `${…}`.
    Template,
    Number,
    Regex,
    LineComment,
    BlockComment,
    /// Any other sign.
    Operator,
}

/// One token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) span: Span,
    /// Whether the line ends between the token before and this one.
    pub(super) new_line: bool,
    /// False for a string, template or comment that the text ends in.
    pub(super) closed: bool,
}

impl Token {
    pub(super) fn text<'t>(&self, text: &'t str) -> &'t str {
        text.get(self.span.start..self.span.end).unwrap_or("")
    }

    pub(super) fn is_comment(&self) -> bool {
        matches!(self.kind, TokenKind::LineComment | TokenKind::BlockComment)
    }
}

/// Whether a line ends at this character, as JavaScript has it.
pub(super) fn ends_line(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{2028}' | '\u{2029}')
}

/// The tokens of a text.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let mut lexer = Lexer {
        text,
        bytes: text.as_bytes(),
        at: 0,
        new_line: true,
        out: Vec::with_capacity(text.len() / 5),
        before: None,
    };
    while lexer.at < text.len() {
        lexer.step();
    }
    lexer.out
}

struct Lexer<'t> {
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
    new_line: bool,
    out: Vec<Token>,
    /// The last token that is no comment.
    before: Option<Token>,
}

/// Signs of more than one character, longest first.
const SIGNS: &[&str] = &[
    ">>>=", "...", "===", "!==", "**=", "<<=", ">>=", ">>>", "&&=", "||=", "??=", "=>", "==", "!=",
    "<=", ">=", "&&", "||", "??", "++", "--", "**", "<<", ">>", "+=", "-=", "*=", "/=", "%=", "&=",
    "|=", "^=",
];

impl Lexer<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn byte(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or(0)
    }

    fn push(&mut self, start: usize, kind: TokenKind, closed: bool) {
        let token = Token {
            kind,
            span: Span::new(start, self.at),
            new_line: std::mem::take(&mut self.new_line),
            closed,
        };
        if !token.is_comment() {
            self.before = Some(token);
        }
        self.out.push(token);
    }

    fn step(&mut self) {
        let start = self.at;
        let b = self.byte(0);
        match b {
            b'\n' | b'\r' => {
                self.new_line = true;
                self.at += 1;
            }
            b' ' | b'\t' | 0x0b | 0x0c => self.at += 1,
            b'(' | b'[' | b'{' => self.one(start, TokenKind::Open),
            b')' | b']' | b'}' => self.one(start, TokenKind::Close),
            b',' => self.one(start, TokenKind::Comma),
            b':' => self.one(start, TokenKind::Colon),
            b';' => self.one(start, TokenKind::Semicolon),
            b'\'' | b'"' => self.string(start, b),
            b'`' => self.template(start),
            b'/' if self.byte(1) == b'/' => self.line_comment(start),
            b'/' if self.byte(1) == b'*' => self.block_comment(start),
            b'<' if self.rest().starts_with("<!--") => self.line_comment(start),
            b'-' if self.new_line && self.rest().starts_with("-->") => self.line_comment(start),
            b'/' if self.may_be_regex() => self.regex(start),
            b'0'..=b'9' => self.number(start),
            b'.' if self.byte(1).is_ascii_digit() && !self.after_value() => self.number(start),
            b'.' if !self.rest().starts_with("...") => self.one(start, TokenKind::Dot),
            b'?' if self.byte(1) == b'.' && !self.byte(2).is_ascii_digit() => {
                self.at += 2;
                self.push(start, TokenKind::Dot, true);
            }
            b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'$' | b'\\' => self.word(start),
            0x80.. => {
                let c = self.rest().chars().next().unwrap_or(' ');
                if c.is_whitespace() || c == '\u{feff}' {
                    self.new_line |= ends_line(c);
                    self.at += c.len_utf8();
                } else {
                    self.word(start);
                }
            }
            _ => {
                let rest = self.rest();
                let length = SIGNS
                    .iter()
                    .find(|sign| rest.starts_with(**sign))
                    .map_or(1, |sign| sign.len());
                self.at += length;
                self.push(start, TokenKind::Operator, true);
            }
        }
    }

    fn one(&mut self, start: usize, kind: TokenKind) {
        self.at += 1;
        self.push(start, kind, true);
    }

    fn after_value(&self) -> bool {
        self.before.is_some_and(|t| {
            t.span.end == self.at
                && matches!(
                    t.kind,
                    TokenKind::Word | TokenKind::Close | TokenKind::Text | TokenKind::Template
                )
        })
    }

    fn may_be_regex(&self) -> bool {
        self.before.is_none_or(|t| match t.kind {
            TokenKind::Open
            | TokenKind::Comma
            | TokenKind::Colon
            | TokenKind::Semicolon
            | TokenKind::Operator => true,
            TokenKind::Word => matches!(
                t.text(self.text),
                "return" | "typeof" | "in" | "instanceof" | "void" | "delete" | "new" | "case"
            ),
            _ => false,
        })
    }

    fn string(&mut self, start: usize, quote: u8) {
        self.at += 1;
        while self.at < self.bytes.len() {
            match self.byte(0) {
                b if b == quote => {
                    self.at += 1;
                    self.push(start, TokenKind::Text, true);
                    return;
                }
                b'\\' => self.escaped(),
                b'\n' | b'\r' => break,
                _ => self.at += 1,
            }
        }
        self.at = self.at.min(self.bytes.len());
        self.push(start, TokenKind::Text, false);
    }

    /// Past a backslash and the character after it.
    fn escaped(&mut self) {
        self.at += 1;
        if self.rest().starts_with("\r\n") {
            self.at += 2;
        } else {
            self.at += self.rest().chars().next().map_or(0, char::len_utf8);
        }
    }

    /// A template with all it holds: other templates and strings stand in `${…}`.
    fn template(&mut self, start: usize) {
        self.at += 1;
        // For each open level: `None` inside backticks, else how many braces are open inside `${…}`.
        let mut levels: Vec<Option<usize>> = vec![None];
        while self.at < self.bytes.len() {
            let b = self.byte(0);
            match levels.last_mut() {
                None => break,
                Some(None) => match b {
                    b'\\' => self.escaped(),
                    b'`' => {
                        self.at += 1;
                        levels.pop();
                        if levels.is_empty() {
                            break;
                        }
                    }
                    b'$' if self.byte(1) == b'{' => {
                        self.at += 2;
                        levels.push(Some(0));
                    }
                    _ => self.at += 1,
                },
                Some(Some(braces)) => match b {
                    b'{' => {
                        *braces += 1;
                        self.at += 1;
                    }
                    b'}' => {
                        self.at += 1;
                        if *braces == 0 {
                            levels.pop();
                        } else {
                            *braces -= 1;
                        }
                    }
                    b'`' => {
                        self.at += 1;
                        levels.push(None);
                    }
                    b'\'' | b'"' => {
                        self.at += 1;
                        while self.at < self.bytes.len() {
                            match self.byte(0) {
                                q if q == b => {
                                    self.at += 1;
                                    break;
                                }
                                b'\\' => self.escaped(),
                                b'\n' => break,
                                _ => self.at += 1,
                            }
                        }
                    }
                    _ => self.at += 1,
                },
            }
        }
        self.at = self.at.min(self.bytes.len());
        self.push(start, TokenKind::Template, levels.is_empty());
    }

    fn line_comment(&mut self, start: usize) {
        let rest = self.rest();
        self.at += rest.find(ends_line).unwrap_or(rest.len());
        self.push(start, TokenKind::LineComment, true);
    }

    fn block_comment(&mut self, start: usize) {
        let body = self.text.get(start + 2..).unwrap_or("");
        let end = body.find("*/");
        self.at = end.map_or(self.text.len(), |end| start + 2 + end + 2);
        let several = self
            .text
            .get(start..self.at)
            .unwrap_or("")
            .contains(ends_line);
        self.push(start, TokenKind::BlockComment, end.is_some());
        self.new_line = several;
    }

    fn regex(&mut self, start: usize) {
        let mut class = false;
        let mut end = None;
        let mut escaped = false;
        for (offset, c) in self.rest().char_indices().skip(1) {
            if ends_line(c) {
                break;
            }
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '[' => class = true,
                ']' => class = false,
                '/' if !class => {
                    end = Some(offset + 1);
                    break;
                }
                _ => {}
            }
        }
        let Some(end) = end else {
            self.at += 1;
            self.push(start, TokenKind::Operator, true);
            return;
        };
        self.at += end;
        while self.byte(0).is_ascii_alphanumeric() {
            self.at += 1;
        }
        self.push(start, TokenKind::Regex, true);
    }

    fn number(&mut self, start: usize) {
        let radix =
            self.byte(0) == b'0' && matches!(self.byte(1), b'x' | b'X' | b'o' | b'O' | b'b' | b'B');
        let mut point = false;
        loop {
            let b = self.byte(0);
            if !radix && matches!(b, b'e' | b'E') && matches!(self.byte(1), b'+' | b'-') {
                self.at += 2;
            } else if b == b'.' && !radix && !point {
                point = true;
                self.at += 1;
            } else if b.is_ascii_alphanumeric() || b == b'_' {
                self.at += 1;
            } else {
                break;
            }
        }
        self.push(start, TokenKind::Number, true);
    }

    fn word(&mut self, start: usize) {
        let rest = self.rest();
        let end = rest
            .find(|c: char| {
                !(c.is_ascii_alphanumeric()
                    || matches!(c, '_' | '$' | '\\')
                    || (!c.is_ascii() && !c.is_whitespace() && c != '\u{feff}'))
            })
            .unwrap_or(rest.len());
        self.at += end.max(1);
        self.push(start, TokenKind::Word, true);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::value::sample;

    fn shown(text: &str) -> Vec<(&str, TokenKind)> {
        tokens(text)
            .iter()
            .map(|t| (t.text(text), t.kind))
            .collect()
    }

    #[test]
    fn a_slash_after_a_value_divides_and_else_starts_a_regular_expression() {
        use TokenKind::{Close, Number, Open, Operator, Regex};
        assert_eq!(
            shown("(4) / 2 /[/]x/i"),
            [
                ("(", Open),
                ("4", Number),
                (")", Close),
                ("/", Operator),
                ("2", Number),
                ("/", Operator),
                ("[", Open),
                ("/]x/i", Regex),
            ]
        );
        assert_eq!(shown("/a[/]b/i"), [("/a[/]b/i", Regex)]);
    }

    #[test]
    fn a_template_is_one_token_with_what_stands_in_it() {
        use TokenKind::{Comma, Number, Template};
        assert_eq!(
            shown("`a ${ {x: '}'}.x + `b` } c`, 1"),
            [
                ("`a ${ {x: '}'}.x + `b` } c`", Template),
                (",", Comma),
                ("1", Number)
            ]
        );
    }

    #[test]
    fn an_open_string_ends_with_its_line() {
        let text = "{a: 'x\n, b: 1}";
        let open = tokens(text)[3];
        assert_eq!((open.text(text), open.closed), ("'x", false));
    }

    proptest! {
        #[test]
        fn tokens_lie_in_order_with_white_space_between(text in sample::text()) {
            let blank = |c: char| c.is_whitespace() || c == '\u{feff}';
            let mut end = 0;
            for token in tokens(&text) {
                prop_assert!(token.span.start >= end && token.span.end > token.span.start);
                let between = &text[end..token.span.start];
                prop_assert!(between.chars().all(blank));
                end = token.span.end;
            }
            prop_assert!(text[end..].chars().all(blank));
        }
    }
}
