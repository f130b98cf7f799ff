//! Where the statements of a text with several of them begin and end.
//!
//! A light reading of brackets, strings, comments and line ends that also works on text that does not parse yet. A
//! statement ends at a `;`, at an empty line, or before a line that can only begin another one. Values that are given
//! names (`const since = …;`) belong to the statement after them. Never fails, takes time in proportion to the text.

use crate::value::Span;

/// The statements of a text, in its order, without the blanks around them. Comments between two belong to neither.
#[must_use]
pub fn statements(text: &str) -> Vec<Span> {
    let mut splitter = Splitter {
        text,
        bytes: text.as_bytes(),
        at: 0,
        depth: 0,
        start: None,
        end: 0,
        last: 0,
        found: Vec::new(),
    };
    splitter.run();
    joined(text, splitter.found)
}

/// The place, among `statements`, of the one that a byte offset of the text is in; else of the one that begins right
/// below it, else of the one before.
#[must_use]
pub fn statement_at(text: &str, statements: &[Span], offset: usize) -> Option<usize> {
    let inside = statements
        .iter()
        .position(|s| s.start <= offset && offset <= s.end);
    if inside.is_some() {
        return inside;
    }
    let next = statements.iter().position(|s| s.start > offset);
    let before = match next {
        Some(next) => next.checked_sub(1),
        None => statements.len().checked_sub(1),
    };
    let same_line = |place: &usize| {
        let between = text.get(statements[*place].end..offset);
        between.is_some_and(|b| !b.contains('\n'))
    };
    if let Some(before) = before.filter(same_line) {
        return Some(before);
    }
    let close = |place: &usize| {
        let between = text.get(offset..statements[*place].start).unwrap_or("");
        !between.lines().skip(1).any(|l| l.trim().is_empty()) || between.lines().count() < 2
    };
    next.filter(close).or(before).or(next)
}

struct Splitter<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    depth: usize,
    start: Option<usize>,
    /// Where the last token ended.
    end: usize,
    /// The last byte of a token that was no blank and no comment; 0 at a statement's start.
    last: u8,
    found: Vec<Span>,
}

impl Splitter<'_> {
    fn finish(&mut self) {
        if let Some(start) = self.start.take() {
            self.found.push(Span::new(start, self.end.max(start)));
        }
        self.last = 0;
    }

    fn token(&mut self, start: usize) {
        self.start.get_or_insert(start);
        self.end = self.at;
        self.last = self
            .bytes
            .get(self.at.wrapping_sub(1))
            .copied()
            .unwrap_or(0);
    }

    fn run(&mut self) {
        while let Some(&b) = self.bytes.get(self.at) {
            let start = self.at;
            match b {
                b'\n' => {
                    self.at += 1;
                    if self.depth == 0 && self.start.is_some() {
                        self.line_end();
                    }
                }
                b' ' | b'\t' | b'\r' => self.at += 1,
                b'/' if self.peek(1) == b'/' => {
                    self.at = self.find(b"\n", self.at).unwrap_or(self.bytes.len());
                }
                b'/' if self.peek(1) == b'*' => {
                    self.at = self
                        .find(b"*/", self.at + 2)
                        .map_or(self.bytes.len(), |i| i + 2);
                }
                b'/' if self.begins_regex() => {
                    self.regex();
                    self.token(start);
                }
                b'\'' | b'"' | b'`' => {
                    self.string(b);
                    self.token(start);
                }
                b'{' | b'[' | b'(' => {
                    self.at += 1;
                    self.depth += 1;
                    self.token(start);
                }
                b'}' | b']' | b')' => {
                    self.at += 1;
                    self.depth = self.depth.saturating_sub(1);
                    self.token(start);
                }
                b';' if self.depth == 0 => {
                    self.at += 1;
                    if self.start.is_some() {
                        self.end = self.at;
                        self.finish();
                    }
                }
                _ if is_word(b) => {
                    while self.bytes.get(self.at).copied().is_some_and(is_word) {
                        self.at += 1;
                    }
                    self.token(start);
                }
                _ => {
                    self.at += 1;
                    self.token(start);
                }
            }
        }
        self.finish();
    }

    fn peek(&self, by: usize) -> u8 {
        self.bytes.get(self.at + by).copied().unwrap_or(0)
    }

    fn find(&self, what: &[u8], from: usize) -> Option<usize> {
        let rest = self.bytes.get(from..)?;
        memchr::memmem::find(rest, what).map(|i| from + i)
    }

    /// Whether a `/` stands where a value may begin.
    fn begins_regex(&self) -> bool {
        matches!(
            self.last,
            0 | b'(' | b',' | b':' | b'=' | b'[' | b'{' | b'!' | b'&' | b'|' | b'?' | b';'
        )
    }

    fn regex(&mut self) {
        self.at += 1;
        let mut class = false;
        while let Some(&b) = self.bytes.get(self.at) {
            self.at += 1;
            match b {
                b'\\' => self.at += 1,
                b'[' => class = true,
                b']' => class = false,
                b'/' if !class => break,
                b'\n' => {
                    self.at -= 1;
                    break;
                }
                _ => {}
            }
        }
        self.at = self.at.min(self.bytes.len());
    }

    fn string(&mut self, quote: u8) {
        self.at += 1;
        while let Some(&b) = self.bytes.get(self.at) {
            self.at += 1;
            match b {
                b'\\' => self.at += 1,
                // A string that is not closed ends with its line, so that what follows is still told apart.
                b'\n' if quote != b'`' => {
                    self.at -= 1;
                    break;
                }
                _ if b == quote => break,
                _ => {}
            }
        }
        self.at = self.at.min(self.bytes.len());
    }

    /// A line of a statement ended: the next one may go on with it or begin another.
    fn line_end(&mut self) {
        let rest = self.text.get(self.at..).unwrap_or("");
        let (blank, next) = past_blanks(rest);
        let goes_on = matches!(
            self.last,
            b'.' | b',' | b'=' | b'+' | b'-' | b'*' | b'%' | b'&' | b'|' | b'?' | b':' | b'('
        ) || next.starts_with([
            '.', ',', ')', ']', '}', '=', '+', '*', '?', ':', ';', '&', '|',
        ]);
        if goes_on {
            return;
        }
        let of_shell = self.start.is_some_and(|start| {
            let so_far = self.text.get(start..self.end).unwrap_or("");
            begins_with_word(so_far, "use") || begins_with_word(so_far, "show")
        });
        let begins = [
            "db",
            "use",
            "show",
            "const",
            "let",
            "var",
            "rs",
            "sh",
            "print",
            "printjson",
        ]
        .iter()
        .any(|word| begins_with_word(next, word));
        if blank || of_shell || begins {
            self.finish();
        }
    }
}

/// Whether an empty line comes first, and what follows the blanks and comments.
fn past_blanks(text: &str) -> (bool, &str) {
    let mut rest = text;
    let mut blank = false;
    loop {
        let line = rest.split('\n').next().unwrap_or("");
        let shown = line.trim();
        if rest.len() == line.len() && shown.is_empty() {
            return (blank, "");
        }
        if shown.is_empty() {
            blank = true;
        } else if !shown.starts_with("//") {
            return (blank, rest.trim_start());
        }
        match rest.get(line.len() + 1..) {
            Some(next) => rest = next,
            None => return (blank, ""),
        }
    }
}

fn is_word(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'_' || b == b'$' || b >= 0x80
}

fn begins_with_word(text: &str, word: &str) -> bool {
    text.strip_prefix(word)
        .is_some_and(|rest| !rest.bytes().next().is_some_and(is_word))
}

/// Names given to values join the statement after them.
fn joined(text: &str, found: Vec<Span>) -> Vec<Span> {
    let mut out: Vec<Span> = Vec::with_capacity(found.len());
    let mut names: Option<usize> = None;
    for span in found {
        let shown = text.get(span.start..span.end).unwrap_or("");
        let is_name = ["const", "let", "var"]
            .iter()
            .any(|word| begins_with_word(shown, word));
        let start = names.take().unwrap_or(span.start);
        match is_name {
            true => {
                names = Some(start);
                out.pop_if(|last| last.start == start);
                out.push(Span::new(start, span.end));
            }
            false => {
                out.pop_if(|last| last.start == start);
                out.push(Span::new(start, span.end));
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Vec<&str> {
        statements(text)
            .into_iter()
            .map(|s| text.get(s.start..s.end).unwrap_or("?"))
            .collect()
    }

    #[test]
    fn statements_end_at_semicolons_empty_lines_and_new_beginnings() {
        assert_eq!(
            parts("db.a.find();db.b.find()\n\n{a: 1}\n\n[{$match: {}}]"),
            ["db.a.find();", "db.b.find()", "{a: 1}", "[{$match: {}}]"]
        );
        assert_eq!(parts("use shop\ndb.a.find()"), ["use shop", "db.a.find()"]);
        assert_eq!(
            parts("db.a.find()\ndb.b.find({\n\n a: 1})"),
            ["db.a.find()", "db.b.find({\n\n a: 1})"]
        );
        assert_eq!(parts("  \n// nothing\n"), Vec::<&str>::new());
    }

    #[test]
    fn a_chain_goes_on_over_lines_comments_and_empty_lines() {
        let chain =
            "db.a.find({x: /a;\\/[/]b/})\n\n  // newest first\n  .sort({a: 1})\n  .limit(3)";
        assert_eq!(parts(chain), [chain]);
        assert_eq!(parts("db\n  .a\n  .find('a;b', `x\ny;`)").len(), 1);
    }

    #[test]
    fn named_values_belong_to_what_follows() {
        let text = "const a = 1;\nlet b = 2;\ndb.a.find({a, b});\ndb.b.find()";
        assert_eq!(
            parts(text),
            [
                "const a = 1;\nlet b = 2;\ndb.a.find({a, b});",
                "db.b.find()"
            ]
        );
    }

    #[test]
    fn a_string_that_is_not_closed_ends_with_its_line() {
        assert_eq!(parts("db.a.find('x)\n;db.b.find()").len(), 1);
        assert_eq!(parts("'x\n\ndb.b.find()"), ["'x", "db.b.find()"]);
    }

    #[test]
    fn the_cursor_chooses_the_statement_it_is_in_or_right_above_or_after() {
        let text = "db.a.find();  \n\n// second\ndb.b.find()\n\n\n";
        let spans = statements(text);
        let at = |offset| statement_at(text, &spans, offset);
        assert_eq!(at(3), Some(0));
        assert_eq!(at(14), Some(0));
        assert_eq!(at(text.find("second").unwrap_or(0)), Some(1));
        assert_eq!(at(text.len()), Some(1));
        assert_eq!(statement_at("", &[], 0), None);
    }
}
