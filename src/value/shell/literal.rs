//! The literals of shell text: comments, names, strings, numbers, regular expressions.

use super::extended;
use super::parse::{Integers, Parser, Refused};
use crate::value::Span;
use crate::value::kind::Kind;

impl Parser<'_, '_> {
    /// Skips white space and comments.
    pub(super) fn trivia(&mut self) {
        loop {
            match self.peek() {
                Some(b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c) => self.at += 1,
                Some(b'/') => {
                    let before = self.at;
                    self.comment();
                    if self.at == before {
                        return;
                    }
                }
                Some(0x80..) => match self.text[self.at..].chars().next() {
                    Some(c) if c.is_whitespace() || c == '\u{feff}' => self.at += c.len_utf8(),
                    _ => return,
                },
                _ => return,
            }
        }
    }

    /// Skips one comment where one starts here. One that is never closed is a problem.
    pub(super) fn comment(&mut self) {
        match self.bytes.get(self.at + 1) {
            Some(b'/') => {
                let rest = &self.bytes[self.at..];
                self.at += memchr::memchr(b'\n', rest).unwrap_or(rest.len());
            }
            Some(b'*') => {
                let start = self.at;
                match self.text[start + 2..].find("*/") {
                    Some(length) => self.at = start + 2 + length + 2,
                    None => {
                        self.at = self.bytes.len();
                        self.problem(
                            Span::new(start, start + 2),
                            "this comment is never closed",
                            "close it with `*/`",
                        );
                        self.stopped = true;
                    }
                }
            }
            _ => {}
        }
    }

    /// Reads a field's name and appends its bytes without an end. True where it was a computed name, `['name']`.
    pub(super) fn key(&mut self) -> Result<bool, Refused> {
        let start = self.at;
        match self.peek() {
            Some(b'\'' | b'"' | b'`') => {
                self.string()?;
                Ok(false)
            }
            Some(b'[') => {
                self.at += 1;
                self.trivia();
                if !matches!(self.peek(), Some(b'\'' | b'"' | b'`')) {
                    return Err(self.problem(
                        Span::point(self.at),
                        "only a string can stand in a computed name",
                        "write `['name']`, or the name alone",
                    ));
                }
                self.string()?;
                self.trivia();
                if !self.take(b']') {
                    return Err(self.problem(Span::point(self.at), "`]` is missing", ""));
                }
                Ok(true)
            }
            Some(b'0'..=b'9') => {
                while self.peek().is_some_and(|b| b.is_ascii_alphanumeric()) {
                    self.at += 1;
                }
                let word = &self.bytes[start..self.at];
                // `1e3:` is the name `1000` in JavaScript; only what reads the same is taken.
                if !word.iter().all(u8::is_ascii_digit) || (word[0] == b'0' && word.len() > 1) {
                    return Err(self.problem(
                        Span::new(start, self.at),
                        "this name needs quotes",
                        "put it in quotes",
                    ));
                }
                self.out.extend_from_slice(word);
                Ok(false)
            }
            Some(b'.') if self.text[start..].starts_with("...") => Err(self.problem(
                Span::new(start, start + 3),
                "nothing is evaluated here, so `...` cannot be read",
                "write the fields out",
            )),
            _ => {
                let word = self.identifier();
                if word.is_empty() {
                    let shown = self.text[start..].chars().next().unwrap_or(' ');
                    return Err(self.problem(
                        Span::new(start, start + shown.len_utf8()),
                        format!("a name cannot start with `{}`", shown.escape_debug()),
                        "put it in quotes",
                    ));
                }
                let end = self.at;
                self.out.extend_from_slice(&self.bytes[start..end]);
                if matches!(self.peek(), Some(b'.' | b'-')) {
                    return Err(self.problem(
                        Span::new(start, end),
                        "a name with a dot or a dash needs quotes",
                        "put it in quotes",
                    ));
                }
                Ok(false)
            }
        }
    }

    /// Takes the identifier that starts here; empty where none does.
    pub(super) fn identifier(&mut self) -> &str {
        let start = self.at;
        while let Some(b) = self.peek() {
            if b.is_ascii_alphanumeric() || b == b'_' || b == b'$' {
                self.at += 1;
            } else if b >= 0x80 {
                match self.text[self.at..].chars().next() {
                    Some(c) if c.is_alphanumeric() => self.at += c.len_utf8(),
                    _ => break,
                }
            } else {
                break;
            }
        }
        &self.text[start..self.at]
    }

    /// Reads a string as a value: its length, its text, NUL.
    pub(super) fn string_value(&mut self) -> Result<(), Refused> {
        let start = self.out.len();
        self.out.extend_from_slice(&[0; 4]);
        self.string()?;
        self.out.push(0);
        let length = i32::try_from(self.out.len() - start - 4).unwrap_or(i32::MAX);
        self.out[start..start + 4].copy_from_slice(&length.to_le_bytes());
        Ok(())
    }

    /// Reads a quoted text and appends its bytes.
    pub(super) fn string(&mut self) -> Result<(), Refused> {
        let open = self.at;
        let quote = self.bytes[open];
        self.at += 1;
        loop {
            let rest = &self.bytes[self.at..];
            let plain = rest
                .iter()
                .position(|b| *b == quote || matches!(*b, b'\\' | b'\n' | b'\r' | b'$'))
                .unwrap_or(rest.len());
            self.out.extend_from_slice(&rest[..plain]);
            self.at += plain;
            match self.peek() {
                None => {
                    self.stopped_after(open, "this string is never closed");
                    return Err(Refused);
                }
                Some(b'\\') => self.escape()?,
                Some(b'$') => {
                    if quote == b'`' && self.bytes.get(self.at + 1) == Some(&b'{') {
                        return Err(self.problem(
                            Span::new(self.at, self.at + 2),
                            "nothing is evaluated here, so `${` cannot be read",
                            "write the text out, or `\\${`",
                        ));
                    }
                    self.out.push(b'$');
                    self.at += 1;
                }
                Some(b @ (b'\n' | b'\r')) => {
                    if quote != b'`' {
                        return Err(self.problem(
                            Span::new(open, self.at),
                            "this string is not closed on its line",
                            "close it, or write a new line as `\\n`",
                        ));
                    }
                    // As in JavaScript, every line end inside backticks is a line feed.
                    self.at += 1;
                    if b == b'\r' && self.peek() == Some(b'\n') {
                        self.at += 1;
                    }
                    self.out.push(b'\n');
                }
                Some(_) => {
                    self.at += 1;
                    return Ok(());
                }
            }
        }
    }

    fn stopped_after(&mut self, open: usize, message: &str) {
        self.problem(Span::new(open, open + 1), message, "");
        self.stopped = true;
    }

    fn escape(&mut self) -> Result<(), Refused> {
        let start = self.at;
        let Some(c) = self.text[start + 1..].chars().next() else {
            self.at += 1;
            return Ok(());
        };
        self.at += 1 + c.len_utf8();
        let plain = match c {
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            'b' => '\u{8}',
            'f' => '\u{c}',
            'v' => '\u{b}',
            '0' if !self.peek().is_some_and(|b| b.is_ascii_digit()) => '\0',
            '0'..='9' => {
                return Err(self.problem(
                    Span::new(start, self.at),
                    "octal escapes are not read",
                    "write `\\u` and four hexadecimal digits",
                ));
            }
            'x' => self.code_unit(start, 2)?,
            'u' => self.code_unit(start, 4)?,
            '\n' | '\u{2028}' | '\u{2029}' => return Ok(()),
            '\r' => {
                self.take(b'\n');
                return Ok(());
            }
            other => other,
        };
        let mut buffer = [0; 4];
        self.out
            .extend_from_slice(plain.encode_utf8(&mut buffer).as_bytes());
        Ok(())
    }

    fn hex(&mut self, count: usize) -> Option<u32> {
        let digits = self.text.get(self.at..self.at + count)?;
        if !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        self.at += count;
        u32::from_str_radix(digits, 16).ok()
    }

    fn code_unit(&mut self, start: usize, digits: usize) -> Result<char, Refused> {
        let value = if digits == 4 && self.take(b'{') {
            let rest = &self.bytes[self.at..];
            let count = rest
                .iter()
                .take(9)
                .take_while(|b| b.is_ascii_hexdigit())
                .count();
            let value = if count > 0 { self.hex(count) } else { None };
            value.filter(|_| self.take(b'}'))
        } else {
            self.hex(digits)
        };
        let Some(mut value) = value else {
            return Err(self.problem(
                Span::new(start, self.at),
                "this escape is not complete",
                "write `\\u` and four hexadecimal digits",
            ));
        };
        if (0xd800..0xdc00).contains(&value) && self.text[self.at..].starts_with("\\u") {
            let mark = self.at;
            self.at += 2;
            match self.hex(4) {
                Some(low) if (0xdc00..0xe000).contains(&low) => {
                    value = 0x10000 + ((value - 0xd800) << 10) + (low - 0xdc00);
                }
                _ => self.at = mark,
            }
        }
        char::from_u32(value).ok_or_else(|| {
            self.problem(
                Span::new(start, self.at),
                "half of a surrogate pair is no character",
                "write the character itself",
            )
        })
    }

    /// Reads a number and appends its bytes.
    pub(super) fn number(&mut self) -> Result<Kind, Refused> {
        let start = self.at;
        let negative = match self.peek() {
            Some(b'-') => {
                self.at += 1;
                true
            }
            Some(b'+') => {
                self.at += 1;
                false
            }
            _ => false,
        };
        if self.at > start {
            self.trivia();
            let word = self.at;
            match self.identifier() {
                "Infinity" => {
                    self.push_double(if negative {
                        f64::NEG_INFINITY
                    } else {
                        f64::INFINITY
                    });
                    return Ok(Kind::Double);
                }
                "NaN" => {
                    self.push_double(f64::from_bits(super::print::PLAIN_NAN));
                    return Ok(Kind::Double);
                }
                _ => self.at = word,
            }
        }
        let digits_at = self.at;
        let radix = match self.bytes.get(self.at..self.at + 2) {
            Some(b"0x" | b"0X") => 16,
            Some(b"0o" | b"0O") => 8,
            Some(b"0b" | b"0B") => 2,
            _ => 10,
        };
        if radix != 10 {
            self.at += 2;
        }
        let mut fraction = false;
        while let Some(b) = self.peek() {
            match b {
                b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'_' => {
                    self.at += 1;
                    if radix == 10 && (b == b'e' || b == b'E') {
                        fraction = true;
                        if matches!(self.peek(), Some(b'+' | b'-')) {
                            self.at += 1;
                        }
                    }
                }
                b'.' if radix == 10 => {
                    fraction = true;
                    self.at += 1;
                }
                _ => break,
            }
        }
        let span = Span::new(start, self.at);
        let text: String = self.text[digits_at..self.at]
            .chars()
            .filter(|c| *c != '_')
            .collect();
        if fraction {
            // Rust reads `inf` and the like too; here only digits, point and exponent are left.
            let shape = text
                .bytes()
                .all(|b| b.is_ascii_digit() || b".eE+-".contains(&b));
            return match text.parse::<f64>() {
                Ok(value) if shape => {
                    self.push_double(if negative { -value } else { value });
                    Ok(Kind::Double)
                }
                _ => Err(self.problem(span, "this is not a number", "")),
            };
        }
        let (digits, leading) = if radix == 10 {
            (text.as_str(), text.len() > 1 && text.starts_with('0'))
        } else {
            (text.get(2..).unwrap_or_default(), false)
        };
        if leading {
            return Err(self.problem(
                span,
                "a number cannot start with 0",
                "remove the zero, or put the digits in quotes",
            ));
        }
        if digits.is_empty() || !digits.chars().all(|c| c.is_digit(radix)) {
            let help = if text.ends_with('n') {
                "write NumberLong('…') for a 64-bit integer"
            } else {
                "put it in quotes if it is text"
            };
            return Err(self.problem(span, "this is not a number", help));
        }
        let value = u128::from_str_radix(digits, radix).map(|n| n as i128);
        let value = value
            .ok()
            .filter(|n| *n >= 0)
            .map(|n| if negative { -n } else { n });
        self.integer(span, value, negative)
    }

    fn integer(
        &mut self,
        span: Span,
        value: Option<i128>,
        negative: bool,
    ) -> Result<Kind, Refused> {
        let Some(value) = value else {
            return Err(self.problem(
                span,
                "this integer is larger than 64 bits",
                "write NumberDecimal('…'), or a double with an exponent",
            ));
        };
        if value == 0 && negative {
            // As in JavaScript, where `-0` cannot be an integer.
            self.push_double(-0.0);
            return Ok(Kind::Double);
        }
        if let Ok(n) = i32::try_from(value) {
            self.out.extend_from_slice(&n.to_le_bytes());
            return Ok(Kind::Int32);
        }
        if (self.arguments > 0 || self.integers == Integers::Long)
            && let Ok(n) = i64::try_from(value)
        {
            self.out.extend_from_slice(&n.to_le_bytes());
            return Ok(Kind::Int64);
        }
        let double = value as f64;
        if double as i128 == value || self.integers == Integers::Long {
            self.push_double(double);
            return Ok(Kind::Double);
        }
        let help = if i64::try_from(value).is_ok() {
            format!("write NumberLong('{value}') for a 64-bit integer")
        } else {
            format!("write NumberDecimal('{value}')")
        };
        Err(self.problem(span, "a double cannot hold this integer exactly", &help))
    }

    pub(super) fn push_double(&mut self, value: f64) {
        self.out.extend_from_slice(&value.to_bits().to_le_bytes());
    }

    /// Reads a regular expression between slashes and appends its bytes.
    pub(super) fn regex(&mut self) -> Result<Kind, Refused> {
        let start = self.at;
        self.at += 1;
        let mut class = false;
        loop {
            match self.peek() {
                None | Some(b'\n' | b'\r') => {
                    return Err(self.problem(
                        Span::new(start, self.at),
                        "this regular expression is not closed on its line",
                        "close it with `/`",
                    ));
                }
                Some(b'\\') => self.at += 1,
                Some(b'[') => class = true,
                Some(b']') => class = false,
                Some(b'/') if !class => break,
                Some(_) => {}
            }
            self.at += self
                .text
                .get(self.at..)
                .and_then(|t| t.chars().next())
                .map_or(0, char::len_utf8);
        }
        let (text, end) = (self.text, self.at);
        let pattern = &text[start + 1..end];
        self.at += 1;
        let options_at = self.at;
        self.identifier();
        let options = &text[options_at..self.at];
        if let Some(bad) = options.chars().find(|c| !"imsxlu".contains(*c)) {
            return Err(self.problem(
                Span::new(options_at, self.at),
                format!("`{bad}` is not an option of a stored regular expression"),
                "the options are i, l, m, s, u, x",
            ));
        }
        let mut sorted: Vec<char> = options.chars().collect();
        sorted.sort_unstable();
        let sorted: String = sorted.into_iter().collect();
        match extended::regex(pattern, &sorted) {
            Some(bytes) => {
                self.out.extend_from_slice(&bytes);
                Ok(Kind::Regex)
            }
            None => Err(self.problem(
                Span::new(start, self.at),
                "a regular expression cannot hold the character NUL",
                "",
            )),
        }
    }
}
