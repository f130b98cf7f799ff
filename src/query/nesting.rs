//! A light scan of query text before the parser sees it: brackets, quotes, comments, and how deep things nest.
//!
//! The parser is recursive, so text that nests too deep has to be refused before. To be a bound at all, the scan must
//! split the text into tokens exactly as the parser would; where that depends on grammar (a `/` after `}` is a
//! division or a regular expression) it refuses rather than guess. Knows no values and no grammar.

use crate::value::{Diagnostic, Span};

/// The deepest nesting of brackets, prefix operators and the like that is taken. The server stops at less.
pub(super) const MAX_DEPTH: usize = 500;

/// Statement words (`if`, `else`, `function`, …) in one text; a chain of `else if` nests without any bracket.
const MAX_STATEMENT_WORDS: usize = 200;

/// Nesting up to which the caller's own stack will do.
const SHALLOW: usize = 24;

/// Bytes of stack for the deepest text that the scan lets through; the system gives only those that are used.
const DEEP_STACK: usize = 256 * 1024 * 1024;

/// Runs `work` with a stack that suits the nesting; `None` where there is no memory for one.
pub(super) fn on_stack<T: Send>(depth: usize, work: impl FnOnce() -> T + Send) -> Option<T> {
    if depth <= SHALLOW {
        return Some(work());
    }
    std::thread::scope(|scope| {
        std::thread::Builder::new()
            .name("query text".into())
            .stack_size(DEEP_STACK)
            .spawn_scoped(scope, work)
            .ok()
            .and_then(|thread| thread.join().ok())
    })
}

/// What the scan learned of a text that may be parsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shape {
    /// The deepest nesting, in levels.
    pub(super) depth: usize,
    /// No token at all: white space and comments.
    pub(super) empty: bool,
}

/// What came before, for telling a division from a regular expression.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    /// An operator or nothing: `/` opens a regular expression.
    Operator,
    /// A value: `/` divides.
    Operand,
    /// It depends on grammar.
    Unknown,
    /// A `.`: a word is a name, whatever it says.
    Dot,
}

#[derive(Clone, Copy)]
struct Open {
    /// `{`, `(`, `[`, or `$` for a template's `${`.
    kind: u8,
    at: usize,
    /// Nesting tokens of the level outside, to go on counting.
    run: usize,
    colons: usize,
    /// A `(` after `if`, `while`, `for` or `with`.
    header: bool,
}

struct Scanner<'t> {
    text: &'t str,
    at: usize,
    stack: Vec<Open>,
    run: usize,
    runs: usize,
    colons: usize,
    deepest: usize,
    words: usize,
    before: Before,
    header: bool,
    new_line: bool,
    tokens: bool,
}

/// Scans `text`: fails on unbalanced brackets, quotes that never close, and nesting deeper than [`MAX_DEPTH`].
pub(super) fn scan(text: &str) -> Result<Shape, Diagnostic> {
    let mut scanner = Scanner {
        text,
        at: 0,
        stack: Vec::new(),
        run: 0,
        runs: 0,
        colons: 0,
        deepest: 0,
        words: 0,
        before: Before::Operator,
        header: false,
        new_line: true,
        tokens: false,
    };
    if text.starts_with("#!") {
        scanner.line_comment();
    }
    scanner.all()?;
    Ok(Shape {
        depth: scanner.deepest,
        empty: !scanner.tokens,
    })
}

impl Scanner<'_> {
    fn byte(&self, ahead: usize) -> u8 {
        self.text
            .as_bytes()
            .get(self.at + ahead)
            .copied()
            .unwrap_or(0)
    }

    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn all(&mut self) -> Result<(), Diagnostic> {
        while self.at < self.text.len() {
            self.token()?;
        }
        match self.stack.last() {
            None => Ok(()),
            Some(open) => {
                let shown = if open.kind == b'$' {
                    "${"
                } else {
                    kind_text(open.kind)
                };
                Err(Diagnostic::new(
                    Span::new(open.at, open.at + shown.len()),
                    format!("this `{shown}` is never closed"),
                )
                .with_help(format!("add the matching `{}`", closer(open.kind))))
            }
        }
    }

    fn token(&mut self) -> Result<(), Diagnostic> {
        let b = self.byte(0);
        match b {
            b'\n' | b'\r' => {
                self.new_line = true;
                self.at += 1;
                return Ok(());
            }
            b' ' | b'\t' | 0x0b | 0x0c => {
                self.at += 1;
                return Ok(());
            }
            b'/' if self.byte(1) == b'/' => {
                self.line_comment();
                return Ok(());
            }
            b'/' if self.byte(1) == b'*' => return self.block_comment(),
            b'<' if self.rest().starts_with("<!--") => {
                self.line_comment();
                return Ok(());
            }
            b'-' if self.new_line && self.rest().starts_with("-->") => {
                self.line_comment();
                return Ok(());
            }
            _ => {}
        }
        if b >= 0x80 {
            let c = self.rest().chars().next().unwrap_or(' ');
            if c.is_whitespace() || c == '\u{feff}' {
                self.new_line |= matches!(c, '\u{2028}' | '\u{2029}');
                self.at += c.len_utf8();
                return Ok(());
            }
        }
        self.tokens = true;
        self.new_line = false;
        let header = std::mem::take(&mut self.header);
        match b {
            b'(' | b'[' | b'{' => {
                self.open(b, self.at, header && b == b'(')?;
                self.at += 1;
            }
            b')' | b']' | b'}' => self.close(b)?,
            b'\'' | b'"' => self.string(b)?,
            b'`' => {
                if self.before == Before::Operand {
                    self.nest(self.at)?;
                }
                self.at += 1;
                self.template(self.at - 1)?;
            }
            b'/' => self.slash()?,
            b'0'..=b'9' => self.number(),
            b'.' if self.byte(1).is_ascii_digit() => self.number(),
            b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'$' | b'\\' | b'#' | 0x80.. => self.word()?,
            _ => self.punctuation(b)?,
        }
        Ok(())
    }

    fn punctuation(&mut self, b: u8) -> Result<(), Diagnostic> {
        let start = self.at;
        self.at += 1;
        let prefix = self.before != Before::Operand;
        match b {
            b',' | b';' => {
                self.runs -= self.run;
                self.run = 0;
                self.colons = 0;
            }
            b':' => {
                // The first colon of a part is a key's; more of them are labels or a conditional's.
                self.colons += 1;
                if self.colons > 1 {
                    self.nest(start)?;
                }
            }
            b'+' | b'-' if self.byte(0) == b => {
                self.at += 1;
                self.nest(start)?;
                self.before = Before::Unknown;
                return Ok(());
            }
            b'!' if self.byte(0) == b'=' => self.at += 1,
            b'=' if self.byte(0) == b'=' => self.at += 1,
            b'<' | b'>' if self.byte(0) == b'=' => self.at += 1,
            b'=' if self.byte(0) == b'>' => {
                self.at += 1;
                self.statement_word(start)?;
                self.nest(start)?;
            }
            b'*' if self.byte(0) == b'*' => {
                self.at += 1;
                self.nest(start)?;
            }
            b'?' if matches!(self.byte(0), b'?' | b'.') => {
                let dot = self.byte(0) == b'.' && !self.byte(1).is_ascii_digit();
                self.at += 1;
                if dot {
                    self.nest(start)?;
                    self.before = Before::Dot;
                    return Ok(());
                }
                self.nest(start)?;
            }
            b'=' | b'?' | b'!' | b'~' | b'@' => self.nest(start)?,
            b'+' | b'-' if prefix => self.nest(start)?,
            b'.' => {
                if self.rest().starts_with("..") {
                    self.at += 2;
                } else {
                    self.nest(start)?;
                    self.before = Before::Dot;
                    return Ok(());
                }
            }
            _ => {}
        }
        self.before = Before::Operator;
        Ok(())
    }

    /// One more level that no bracket shows: a prefix operator, a conditional, an arrow.
    fn nest(&mut self, at: usize) -> Result<(), Diagnostic> {
        self.run += 1;
        self.runs += 1;
        self.check(at)
    }

    fn check(&mut self, at: usize) -> Result<(), Diagnostic> {
        let depth = self.stack.len() + self.runs;
        self.deepest = self.deepest.max(depth);
        if depth > MAX_DEPTH {
            return Err(Diagnostic::new(
                Span::new(at, at + 1),
                format!("nested deeper than {MAX_DEPTH} levels"),
            )
            .with_help("MongoDB itself takes 100 to 200 levels; is this text whole?"));
        }
        Ok(())
    }

    fn statement_word(&mut self, at: usize) -> Result<(), Diagnostic> {
        self.words += 1;
        self.deepest = self.deepest.max(self.words);
        if self.words > MAX_STATEMENT_WORDS {
            return Err(
                Diagnostic::new(Span::new(at, at + 1), "this is a program, not a query").with_help(
                    "nothing is executed here: write one statement, such as `db.orders.find({…})`",
                ),
            );
        }
        Ok(())
    }

    fn open(&mut self, kind: u8, at: usize, header: bool) -> Result<(), Diagnostic> {
        // A call or an index hangs on what is before it, one level deeper in the tree.
        if kind != b'$' && kind != b'{' && matches!(self.before, Before::Operand | Before::Unknown)
        {
            self.nest(at)?;
        }
        self.stack.push(Open {
            kind,
            at,
            run: self.run,
            colons: self.colons,
            header,
        });
        self.run = 0;
        self.colons = 0;
        self.before = Before::Operator;
        self.check(at)
    }

    fn close(&mut self, b: u8) -> Result<(), Diagnostic> {
        let at = self.at;
        let shown = char::from(b);
        let Some(open) = self.stack.pop() else {
            return Err(Diagnostic::new(
                Span::new(at, at + 1),
                format!("this `{shown}` closes nothing"),
            )
            .with_help(format!(
                "remove it, or add the `{}` that it should close",
                opener(b)
            )));
        };
        let fits = matches!(
            (open.kind, b),
            (b'(', b')') | (b'[', b']') | (b'{' | b'$', b'}')
        );
        if !fits {
            return Err(Diagnostic::new(
                Span::new(at, at + 1),
                format!(
                    "expected `{}` to close the `{}` before, found `{shown}`",
                    closer(open.kind),
                    kind_text(open.kind)
                ),
            )
            .with_help("check the brackets up to here"));
        }
        self.runs -= self.run;
        self.run = open.run;
        self.colons = open.colons;
        self.at += 1;
        if open.kind == b'$' {
            return self.template(open.at);
        }
        self.before = match b {
            b'}' => Before::Unknown,
            b')' if open.header => Before::Unknown,
            _ => Before::Operand,
        };
        Ok(())
    }

    fn line_comment(&mut self) {
        let rest = self.rest();
        let end = rest
            .find(['\n', '\r', '\u{2028}', '\u{2029}'])
            .unwrap_or(rest.len());
        self.at += end;
    }

    fn block_comment(&mut self) -> Result<(), Diagnostic> {
        let body = self.text.get(self.at + 2..).unwrap_or("");
        let Some(end) = body.find("*/") else {
            return Err(Diagnostic::new(
                Span::new(self.at, self.at + 2),
                "this comment is never closed",
            )
            .with_help("add `*/`"));
        };
        self.new_line |= body
            .get(..end)
            .is_some_and(|c| c.contains(['\n', '\r', '\u{2028}', '\u{2029}']));
        self.at += end + 4;
        Ok(())
    }

    fn string(&mut self, quote: u8) -> Result<(), Diagnostic> {
        let start = self.at;
        self.at += 1;
        loop {
            match self.byte(0) {
                b if b == quote => break,
                b'\\' if self.byte(1) == b'\r' && self.byte(2) == b'\n' => self.at += 3,
                b'\\' => self.at += 2,
                b'\n' | b'\r' => return Err(unclosed(start, "string", char::from(quote))),
                _ => self.at += 1,
            }
            if self.at >= self.text.len() {
                return Err(unclosed(start, "string", char::from(quote)));
            }
        }
        self.at += 1;
        self.before = Before::Operand;
        Ok(())
    }

    /// From just inside a template up to its end, or to the next `${`.
    fn template(&mut self, start: usize) -> Result<(), Diagnostic> {
        loop {
            match self.byte(0) {
                b'`' => {
                    self.at += 1;
                    self.before = Before::Operand;
                    return Ok(());
                }
                b'\\' => self.at += 2,
                b'$' if self.byte(1) == b'{' => {
                    self.open(b'$', self.at, false)?;
                    self.at += 2;
                    return Ok(());
                }
                _ => self.at += 1,
            }
            if self.at >= self.text.len() {
                return Err(unclosed(start, "template", '`'));
            }
        }
    }

    fn slash(&mut self) -> Result<(), Diagnostic> {
        let start = self.at;
        match self.before {
            Before::Operand => {
                self.at += 1;
                self.before = Before::Operator;
                return Ok(());
            }
            Before::Unknown | Before::Dot => {
                return Err(Diagnostic::new(
                    Span::new(start, start + 1),
                    "a `/` cannot stand here",
                )
                .with_help("put a regular expression or a division in parentheses of its own"));
            }
            Before::Operator => {}
        }
        let mut class = false;
        for (offset, c) in self.text.get(start + 1..).unwrap_or("").char_indices() {
            let at = start + 1 + offset;
            if at < self.at {
                continue;
            }
            match c {
                '\n' | '\r' | '\u{2028}' | '\u{2029}' => break,
                '\\' => {
                    // The next character, whatever it is, unless the line ends.
                    let next = self.text.get(at + 1..).and_then(|t| t.chars().next());
                    match next {
                        Some('\n' | '\r' | '\u{2028}' | '\u{2029}') | None => break,
                        Some(n) => self.at = at + 1 + n.len_utf8(),
                    }
                }
                '[' => class = true,
                ']' => class = false,
                '/' if !class => {
                    self.at = at + 1;
                    let flags = self
                        .rest()
                        .find(|c: char| !c.is_alphanumeric() && c != '_' && c != '$')
                        .unwrap_or(self.rest().len());
                    self.at += flags;
                    self.before = Before::Operand;
                    return Ok(());
                }
                _ => {}
            }
        }
        Err(unclosed(start, "regular expression", '/'))
    }

    fn number(&mut self) {
        let radix =
            self.byte(0) == b'0' && matches!(self.byte(1), b'x' | b'X' | b'o' | b'O' | b'b' | b'B');
        loop {
            let b = self.byte(0);
            if !radix && matches!(b, b'e' | b'E') && matches!(self.byte(1), b'+' | b'-') {
                self.at += 2;
            } else if b.is_ascii_alphanumeric() || b == b'_' || (b == b'.' && !radix) {
                self.at += 1;
            } else {
                break;
            }
        }
        self.before = Before::Operand;
    }

    fn word(&mut self) -> Result<(), Diagnostic> {
        let start = self.at;
        let rest = self.rest();
        let end = rest
            .char_indices()
            .find(|(i, c)| {
                let part = c.is_ascii_alphanumeric()
                    || matches!(c, '_' | '$' | '\\')
                    || (*c == '#' && *i == 0)
                    || (!c.is_ascii() && !c.is_whitespace() && *c != '\u{feff}');
                !part
            })
            .map_or(rest.len(), |(i, _)| i);
        // `\u{61}` inside a name.
        let mut end = end;
        while rest.get(..end).is_some_and(|w| w.ends_with("\\u")) && rest[end..].starts_with('{') {
            let Some(close) = rest[end..].find('}') else {
                break;
            };
            let hex = &rest[end + 1..end + close];
            if !hex.chars().all(|c| c.is_ascii_hexdigit()) {
                break;
            }
            end += close + 1;
            end += rest[end..]
                .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '$' | '\\')))
                .unwrap_or(rest[end..].len());
        }
        let word = rest.get(..end).unwrap_or("").to_owned();
        self.at += end.max(1);
        if self.before == Before::Dot {
            self.before = Before::Operand;
            return Ok(());
        }
        let is_key = self.followed_by_colon();
        self.before = match word.as_str() {
            "return" | "instanceof" | "in" | "case" => Before::Operator,
            "typeof" | "new" | "delete" | "void" | "throw" => {
                if !is_key {
                    self.nest(start)?;
                }
                Before::Operator
            }
            "else" | "do" | "if" | "while" | "for" | "with" | "function" | "class" | "try"
            | "switch" | "async" | "import" => {
                if !is_key {
                    self.statement_word(start)?;
                }
                self.header = matches!(word.as_str(), "if" | "while" | "for" | "with");
                if matches!(word.as_str(), "else" | "do") {
                    Before::Operator
                } else {
                    Before::Operand
                }
            }
            "await" | "yield" | "of" => {
                if !is_key {
                    self.nest(start)?;
                }
                Before::Unknown
            }
            _ => Before::Operand,
        };
        Ok(())
    }

    fn followed_by_colon(&self) -> bool {
        self.rest().trim_start().starts_with(':')
    }
}

fn unclosed(start: usize, what: &str, quote: char) -> Diagnostic {
    Diagnostic::new(
        Span::new(start, start + 1),
        format!("this {what} is never closed"),
    )
    .with_help(format!("add the closing `{quote}`"))
}

fn kind_text(kind: u8) -> &'static str {
    match kind {
        b'(' => "(",
        b'[' => "[",
        b'$' => "${",
        _ => "{",
    }
}

fn closer(kind: u8) -> char {
    match kind {
        b'(' => ')',
        b'[' => ']',
        _ => '}',
    }
}

fn opener(b: u8) -> char {
    match b {
        b')' => '(',
        b']' => '[',
        _ => '{',
    }
}
