//! Query text laid out anew, with all its comments: what `=` does, and the comments that lines are put into.
//!
//! Works on tokens, so that every string, number and comment stays byte for byte what it was; only white space
//! changes, and a last comma where a bracket closes on the same line. Invariant: what [`format`] gives parses to the
//! same, and formatting it again changes nothing. Knows no operators but that a list of stages takes a line for each.

use super::sketch::{GroupId, ROOT, Sketch, Value};
use super::token::{Token, TokenKind, ends_line, tokens};
use crate::value::{Diagnostic, Span};

/// Text laid out anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Formatted {
    /// The text.
    pub text: String,
    /// Where the cursor is in it: at the same place of the same word as before.
    pub cursor: usize,
}

/// Brackets deeper than this stay on one line; nobody reads so far to the right.
const MAX_INDENT: usize = 60;

/// Lays a text out within `width` columns; `cursor` is a byte offset that moves along.
///
/// # Errors
/// Where a bracket, string or comment has no partner: then nothing can be said of the rest.
pub fn format(text: &str, width: usize, cursor: usize) -> Result<Formatted, Diagnostic> {
    let sketch = Sketch::new(text);
    if !sketch.balanced {
        let at = sketch
            .tokens
            .iter()
            .find(|t| !t.closed)
            .map(|t| t.span)
            .or_else(|| unmatched(&sketch))
            .unwrap_or_else(|| Span::point(text.len()));
        return Err(
            Diagnostic::new(at, "this is never closed, so the text cannot be laid out")
                .with_help("close it, then format again"),
        );
    }
    let mut layout = Layout::new(&sketch, width);
    layout.write();
    let out = layout.out;
    // What is laid out must be the same text to a parser; if ever it were not, it is left alone.
    if !same(text, &out) {
        return Ok(Formatted {
            text: text.to_owned(),
            cursor: cursor.min(text.len()),
        });
    }
    let cursor = moved(&sketch, &layout.placed, cursor, &out);
    Ok(Formatted { text: out, cursor })
}

fn unmatched(sketch: &Sketch<'_>) -> Option<Span> {
    sketch
        .groups
        .iter()
        .skip(1)
        .find(|g| g.close.is_none())
        .and_then(|g| sketch.tokens.get(g.open))
        .map(|t| t.span)
        .or_else(|| {
            let close = (0..sketch.tokens.len()).find(|i| {
                sketch.tokens[*i].kind == TokenKind::Close
                    && sketch.groups[sketch.group_of(*i)].close != Some(*i)
            })?;
            sketch.tokens.get(close).map(|t| t.span)
        })
}

/// Where an offset of the old text is in the new one.
fn moved(sketch: &Sketch<'_>, placed: &[usize], cursor: usize, out: &str) -> usize {
    let at = sketch.tokens.partition_point(|t| t.span.start <= cursor);
    let Some(before) = at.checked_sub(1) else {
        return 0;
    };
    let token = sketch.tokens[before].span;
    let inside = (cursor - token.start).min(token.end - token.start);
    let mut to = placed
        .get(before)
        .map_or(out.len(), |p| p + inside)
        .min(out.len());
    while !out.is_char_boundary(to) {
        to -= 1;
    }
    to
}

/// Whether two texts are the same but for white space and last commas.
fn same(a: &str, b: &str) -> bool {
    let (ta, tb) = (tokens(a), tokens(b));
    let (mut i, mut j) = (0, 0);
    loop {
        // A comma that only one of them has is a last one, which may go.
        if i < ta.len()
            && ta[i].kind == TokenKind::Comma
            && (j >= tb.len() || tb[j].kind != TokenKind::Comma)
        {
            i += 1;
        }
        match (ta.get(i), tb.get(j)) {
            (None, None) => return true,
            (Some(x), Some(y)) if x.kind == y.kind && x.text(a) == y.text(b) => {
                i += 1;
                j += 1;
            }
            _ => return false,
        }
    }
}

struct Layout<'s, 't> {
    sketch: &'s Sketch<'t>,
    width: usize,
    /// For each group how many columns it takes on one line; `None` where it cannot be.
    flat: Vec<Option<usize>>,
    /// Whether the group is taken apart, a part a line.
    broken: Vec<bool>,
    out: String,
    column: usize,
    indent: usize,
    /// Where each token went.
    placed: Vec<usize>,
    /// A line break is due before the next token.
    due: bool,
    /// Tokens that are left out: last commas.
    dropped: Vec<bool>,
}

fn columns(text: &str) -> usize {
    unicode_width::UnicodeWidthStr::width(text)
}

impl<'s, 't> Layout<'s, 't> {
    fn new(sketch: &'s Sketch<'t>, width: usize) -> Self {
        let groups = sketch.groups.len();
        let mut layout = Self {
            sketch,
            width: width.max(20),
            flat: vec![Some(0); groups],
            broken: vec![false; groups],
            out: String::with_capacity(sketch.text.len() * 2),
            column: 0,
            indent: 0,
            placed: vec![0; sketch.tokens.len()],
            due: false,
            dropped: vec![false; sketch.tokens.len()],
        };
        layout.measure();
        layout
    }

    fn text(&self, at: usize) -> &'t str {
        self.sketch.token_text(at)
    }

    /// How wide every group is on one line; inner ones come after their outer ones.
    fn measure(&mut self) {
        for (id, group) in self.sketch.groups.iter().enumerate().skip(1) {
            if let Some(comma) = self.last_comma(id) {
                self.dropped[comma] = true;
            }
            if self.is_stages(id) && group.parts.len() > 1 {
                self.flat[id] = None;
            }
        }
        for id in (1..self.sketch.groups.len()).rev() {
            let mut sum = self.flat[id];
            let (open, close) = self.ends(id);
            let mut at = open;
            while at <= close {
                let token = self.sketch.tokens[at];
                let multi = match token.kind {
                    TokenKind::LineComment => true,
                    TokenKind::BlockComment | TokenKind::Template => {
                        token.text(self.sketch.text).contains(ends_line)
                    }
                    _ => false,
                };
                let inner = self.sketch.group_of(at);
                let nested = at != open && token.kind == TokenKind::Open && inner != id;
                let (wide, next) = if nested {
                    (self.flat[inner], self.ends(inner).1 + 1)
                } else if self.dropped[at] {
                    (Some(0), at + 1)
                } else if multi {
                    (None, at + 1)
                } else {
                    (Some(columns(token.text(self.sketch.text))), at + 1)
                };
                let space = at > open && self.space(at, false) && !self.dropped[at];
                sum = match (sum, wide) {
                    (Some(a), Some(b)) => Some(a + b + usize::from(space)),
                    _ => None,
                };
                at = next;
            }
            self.flat[id] = sum;
        }
    }

    /// The tokens of a group's brackets.
    fn ends(&self, id: GroupId) -> (usize, usize) {
        let group = &self.sketch.groups[id];
        (
            group.open,
            group
                .close
                .unwrap_or(self.sketch.tokens.len().saturating_sub(1)),
        )
    }

    /// A comma before the closing bracket, that may go: not one that makes a hole in an array.
    fn last_comma(&self, id: GroupId) -> Option<usize> {
        let group = &self.sketch.groups[id];
        let (last, rest) = group.parts.split_last()?;
        let full = |p: &super::sketch::Part| self.sketch.significant(p.first, p.end).is_some();
        if full(last) || !rest.last().is_some_and(full) {
            return None;
        }
        Some(last.first.checked_sub(1)?)
            .filter(|at| self.sketch.tokens[*at].kind == TokenKind::Comma)
    }

    /// Whether an array holds stages.
    fn is_stages(&self, id: GroupId) -> bool {
        let group = &self.sketch.groups[id];
        let mut stages = 0;
        for part in &group.parts {
            match self.sketch.value(id, part) {
                Value::Document(inner) => {
                    let first = self.sketch.entries(inner).next();
                    if !first.is_some_and(|(key, _)| key.starts_with('$')) {
                        return false;
                    }
                    stages += 1;
                }
                Value::Missing => {}
                _ => return false,
            }
        }
        group.bracket == b'[' && stages > 1
    }

    /// Parentheses or brackets that hold nothing but one more pair: both open on one line.
    fn hugs(&self, id: GroupId) -> bool {
        let group = &self.sketch.groups[id];
        let (open, close) = self.ends(id);
        group.bracket != b'{'
            && group.parts.len() == 1
            && self
                .sketch
                .tokens
                .get(open + 1)
                .is_some_and(|t| t.kind == TokenKind::Open)
            && self.ends(self.sketch.group_of(open + 1)).1 + 1 == close
    }

    fn write(&mut self) {
        // The groups around the token, with the indent outside each.
        let mut open: Vec<GroupId> = Vec::new();
        let mut last: Option<usize> = None;
        for at in 0..self.sketch.tokens.len() {
            let token = self.sketch.tokens[at];
            if self.dropped[at]
                && let Some(&group) = open.last()
                && !self.broken[group]
            {
                self.placed[at] = self.out.len();
                continue;
            }
            let group = self.sketch.group_of(at);
            let closes = token.kind == TokenKind::Close && open.last() == Some(&group);
            let broken = open.last().is_some_and(|g| self.broken[*g]);
            if closes {
                open.pop();
                if broken && !self.hugs(group) {
                    self.indent -= 1;
                    self.due |= last.is_some_and(|l| self.sketch.tokens[l].kind != TokenKind::Open);
                }
            }
            self.gap(at, last, &open, broken);
            self.put(at);
            match token.kind {
                TokenKind::Open if group != ROOT && self.sketch.groups[group].open == at => {
                    let (_, close) = self.ends(group);
                    let empty = close == at + 1;
                    let follows = self.after(close);
                    self.broken[group] = !empty
                        && open.len() < MAX_INDENT
                        && self.flat[group].is_none_or(|flat| {
                            self.column + flat.saturating_sub(1) + follows > self.width
                        });
                    // What hugs breaks with what is inside it, or not at all.
                    let hugs = self.hugs(group);
                    open.push(group);
                    if self.broken[group] && !hugs {
                        self.indent += 1;
                        self.due = true;
                    }
                }
                TokenKind::Comma if broken => {
                    let hugging = open.last().is_some_and(|g| self.hugs(*g));
                    self.due = !hugging;
                }
                TokenKind::Semicolon if open.is_empty() => self.due = true,
                TokenKind::LineComment => self.due = true,
                _ => {}
            }
            last = Some(at);
        }
        if !self.out.is_empty() && self.sketch.text.ends_with('\n') {
            self.out.push('\n');
        }
    }

    /// The columns of what has to follow a closing bracket on its line.
    fn after(&self, close: usize) -> usize {
        (close + 1..self.sketch.tokens.len())
            .take_while(|i| {
                matches!(
                    self.sketch.tokens[*i].kind,
                    TokenKind::Close | TokenKind::Comma | TokenKind::Semicolon
                ) && !self.dropped[*i]
            })
            .take(8)
            .count()
    }

    /// White space before a token.
    fn gap(&mut self, at: usize, last: Option<usize>, open: &[GroupId], broken: bool) {
        let Some(last) = last else { return };
        let token = self.sketch.tokens[at];
        let before = self.sketch.tokens[last];
        let between = self
            .sketch
            .text
            .get(before.span.end..token.span.start)
            .unwrap_or("");
        let lines = between.matches('\n').count();
        let own_line = lines > 0;
        // A comment behind a token of the same line stays there; one on a line of its own too.
        if token.is_comment() && before.kind != TokenKind::LineComment {
            if own_line && (broken || open.is_empty() || self.due) {
                return self.line_break(lines);
            }
            self.space_out();
            return;
        }
        if self.due {
            // After a block comment that stood before its line's first word, that word follows.
            return self.line_break(lines);
        }
        let root_line = open.is_empty() && own_line && self.keeps_line(last, at);
        let after_comment = before.kind == TokenKind::BlockComment && own_line;
        if root_line || after_comment {
            return self.line_break(lines);
        }
        if self.space(at, true) {
            self.space_out();
        }
    }

    /// At the root a line's end may end a statement, so it stays, but within a chain.
    fn keeps_line(&self, last: usize, at: usize) -> bool {
        let (before, token) = (self.sketch.tokens[last], self.sketch.tokens[at]);
        before.is_comment()
            || token.kind == TokenKind::Dot
            || !(matches!(
                token.kind,
                TokenKind::Operator | TokenKind::Colon | TokenKind::Comma | TokenKind::Semicolon
            ) || matches!(
                before.kind,
                TokenKind::Dot | TokenKind::Operator | TokenKind::Colon | TokenKind::Comma
            ))
    }

    fn space_out(&mut self) {
        if !self.out.is_empty() && !self.out.ends_with([' ', '\n']) {
            self.out.push(' ');
            self.column += 1;
        }
    }

    fn line_break(&mut self, lines: usize) {
        self.due = false;
        self.out.truncate(self.out.trim_end_matches(' ').len());
        self.out.push('\n');
        let after_open = self.out.trim_end().ends_with(['{', '[', '(']);
        if lines > 1 && !after_open {
            self.out.push('\n');
        }
        self.column = 0;
        self.pending_indent();
    }

    fn pending_indent(&mut self) {
        for _ in 0..self.indent {
            self.out.push_str("  ");
        }
        self.column = self.indent * 2;
    }

    fn put(&mut self, at: usize) {
        let text = self.text(at);
        // A method on its own line of a chain stands one level in.
        if self.sketch.tokens[at].kind == TokenKind::Dot && self.column == self.indent * 2 {
            let fresh = self.out.is_empty() || self.out.trim_end_matches(' ').ends_with('\n');
            if fresh && !self.out.is_empty() {
                self.out.push_str("  ");
                self.column += 2;
            }
        }
        self.placed[at] = self.out.len();
        self.out.push_str(text);
        match text.rfind(ends_line) {
            Some(end) => self.column = columns(text.get(end + 1..).unwrap_or("")),
            None => self.column += columns(text),
        }
        if self.sketch.tokens[at].kind == TokenKind::LineComment {
            self.due = true;
        }
    }

    /// Whether a space stands before a token on the same line.
    fn space(&self, at: usize, written: bool) -> bool {
        let Some(last) = self.previous(at, written) else {
            return false;
        };
        let (a, b) = (self.sketch.tokens[last], self.sketch.tokens[at]);
        if a.is_comment() || b.is_comment() {
            return true;
        }
        let brace = |t: &Token| t.text(self.sketch.text);
        use TokenKind as K;
        match (a.kind, b.kind) {
            (K::Open, K::Close) => false,
            (K::Open, _) => brace(&a) == "{",
            (_, K::Close) => brace(&b) == "}",
            (_, K::Comma | K::Semicolon) => false,
            (_, K::Colon) => !self.is_key_colon(at),
            (K::Comma | K::Semicolon | K::Colon, _) => true,
            (K::Number, K::Dot) => a.span.end != b.span.start,
            (_, K::Dot) | (K::Dot, _) => false,
            (K::Operator, K::Operator) => {
                !self.is_prefix(last)
                    || !matches!(brace(&b), "!" | "~") && brace(&a).ends_with(&brace(&b)[..1])
                    || brace(&b).len() > 1
                    || brace(&a).len() > 1
            }
            (K::Operator, _) if brace(&a) == "..." => false,
            (K::Operator, _) => !self.is_prefix(last),
            (_, K::Operator) => !matches!(brace(&b), "++" | "--"),
            (K::Word | K::Close | K::Text | K::Template | K::Regex | K::Number, K::Open) => {
                brace(&b) == "{"
                    || matches!(
                        brace(&a),
                        "return" | "typeof" | "in" | "void" | "const" | "let" | "of"
                    )
            }
            _ => true,
        }
    }

    fn previous(&self, at: usize, written: bool) -> Option<usize> {
        let mut last = at.checked_sub(1)?;
        // A comma that was left out is not there.
        while self.dropped[last]
            && (!written
                || self.placed[last] == self.out.len()
                || !self.out.trim_end().ends_with(','))
        {
            last = last.checked_sub(1)?;
        }
        Some(last)
    }

    /// Whether a colon stands after a key, and not in a conditional.
    fn is_key_colon(&self, at: usize) -> bool {
        let group = &self.sketch.groups[self.sketch.group_of(at)];
        group.bracket == b'{' && group.parts.iter().any(|p| p.colon == Some(at))
    }

    /// Whether an operator stands before its value, as in `-1`.
    fn is_prefix(&self, at: usize) -> bool {
        if !matches!(self.text(at), "-" | "+" | "!" | "~" | "++" | "--") {
            return false;
        }
        match self.sketch.last_significant(0, at) {
            None => true,
            Some(before) => matches!(
                self.sketch.tokens[before].kind,
                TokenKind::Open
                    | TokenKind::Comma
                    | TokenKind::Colon
                    | TokenKind::Operator
                    | TokenKind::Semicolon
            ),
        }
    }
}

/// Puts the lines from `first` to `last` (counted from 0, both included) into comments, or takes them out where all
/// of them are in comments already. Blank lines stay as they are. Gives the whole text.
#[must_use]
pub fn toggle_comment(text: &str, first: usize, last: usize) -> String {
    let lines: Vec<&str> = text.split('\n').collect();
    let chosen = || {
        let end = last.min(lines.len().saturating_sub(1));
        lines
            .get(first.min(end)..=end)
            .unwrap_or_default()
            .iter()
            .filter(|l| !l.trim().is_empty())
    };
    let all = chosen().all(|l| l.trim_start().starts_with("//"));
    let indent = chosen()
        .map(|l| l.len() - l.trim_start_matches([' ', '\t']).len())
        .min()
        .unwrap_or(0);
    let any = chosen().next().is_some();
    let mut out =
        String::with_capacity(text.len() + 3 * (last.saturating_sub(first) + 1).min(lines.len()));
    for (number, line) in lines.iter().enumerate() {
        if number > 0 {
            out.push('\n');
        }
        if !any || number < first || number > last || line.trim().is_empty() {
            out.push_str(line);
            continue;
        }
        if all {
            let start = line.find("//").unwrap_or(0);
            let rest = line.get(start + 2..).unwrap_or("");
            out.push_str(line.get(..start).unwrap_or(""));
            out.push_str(rest.strip_prefix(' ').unwrap_or(rest));
        } else {
            out.push_str(line.get(..indent).unwrap_or(""));
            out.push_str("// ");
            out.push_str(line.get(indent..).unwrap_or(""));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::panic,
        reason = "a test fails by panicking"
    )]

    use proptest::prelude::*;

    use super::*;
    use crate::query::{Context, parse};
    use crate::value::sample;
    use crate::value::shell::{Style, print_document};

    fn formatted(text: &str) -> String {
        format(text, 60, 0).unwrap().text
    }

    #[test]
    fn what_fits_stays_on_its_line() {
        assert_eq!(
            formatted("{a:1,b:[1,2],c:{},}"),
            "{ a: 1, b: [1, 2], c: {} }"
        );
        assert_eq!(
            formatted("db . orders.find( {a : -1,b:!true , c:5- -3} ) .limit(5) ;"),
            "db.orders.find({ a: -1, b: !true, c: 5 - -3 }).limit(5);"
        );
        assert_eq!(formatted("{a: new Date( 5 )}"), "{ a: new Date(5) }");
    }

    #[test]
    fn what_does_not_fit_takes_a_line_for_each_part() {
        assert_eq!(
            formatted(
                "db.orders.find({status: 'open', createdAt: {$gte: ISODate('2026-01-01')}}, {a: 1})"
            ),
            "db.orders.find(\n  {\n    status: 'open',\n    createdAt: { $gte: ISODate('2026-01-01') }\n  },\n  { a: 1 }\n)"
        );
        assert_eq!(
            formatted("db.a.aggregate([{$match: {a: 1}}, {$limit: 5},]).toArray()"),
            "db.a.aggregate([\n  { $match: { a: 1 } },\n  { $limit: 5 },\n]).toArray()"
        );
    }

    #[test]
    fn comments_stay_where_they_are() {
        let text = "// first\ndb.a.aggregate([ // stages\n{$match: {a: 1 /* one */}}, // keep\n\n// {$skip: 1},\n{$limit: 5}\n// end\n])";
        assert_eq!(
            formatted(text),
            "// first\ndb.a.aggregate([ // stages\n  { $match: { a: 1 /* one */ } }, // keep\n\n  // {$skip: 1},\n  { $limit: 5 }\n  // end\n])"
        );
    }

    #[test]
    fn the_cursor_stays_in_its_word() {
        let text = "{   status:'open' }";
        let found = format(text, 80, 6).unwrap();
        assert_eq!(
            (found.text.as_str(), found.cursor),
            ("{ status: 'open' }", 4)
        );
    }

    #[test]
    fn what_is_not_closed_is_not_touched() {
        let problem = format("{a: [1, 2}", 80, 0).unwrap_err();
        assert_eq!(problem.span, Span::new(4, 5));
        assert!(format("{a: 'x}", 80, 0).is_err());
        assert!(format("{a: 1}}", 80, 0).is_err());
    }

    #[test]
    fn lines_go_into_comments_and_out_again() {
        let text = "[\n  {a: 1},\n\n    {b: 2},\n]";
        let off = toggle_comment(text, 1, 3);
        assert_eq!(off, "[\n  // {a: 1},\n\n  //   {b: 2},\n]");
        assert_eq!(toggle_comment(&off, 1, 3), text);
        assert_eq!(toggle_comment("", 0, 5), "");
    }

    /// Statements with comments, arithmetic, templates and regular expressions.
    const TEXTS: &[&str] = &[
        "use shop\n// all\ndb.orders.aggregate([{$match:{at:{$gte:new Date(Date.now()-30*24*60*60*1000)}}},/* x */{$group:{_id:'$a',n:{$sum:1}}},],{allowDiskUse:true})",
        "const d = 1000 * 60, e = -d;\ndb.a.find({n: {$gt: d > 5 ? 1 : 2}, s: /a[/]b/i, t: `x ${1 + 2} y`})\n  .sort({b: -1})\n  // late\n  .limit(5);",
        "{a: [1,,2,], 'b.c': {$in: ['x', \"y\"]}, ['d']: - -1, e: typeof 'x', f: 1 .toString()}",
        "[{$lookup: {from: 'b', let: {x: '$y'}, pipeline: [{$match: {$expr: {$eq: ['$$x', '$z']}}}, {$limit: 1}], as: 'w'}}]",
        "db.getSiblingDB('y')['my-coll'].find( // why\n {a: 1} // one\n)",
    ];

    fn meaning(text: &str) -> String {
        let mut context = Context::new("test", 1_700_000_000_000);
        context.chance = 7;
        format!("{:?}", parse(text, &context).map_err(|_| ()))
    }

    #[test]
    fn the_meaning_stays_and_a_second_time_changes_nothing() {
        for text in TEXTS {
            assert!(parse(text, &Context::new("test", 0)).is_ok(), "{text}");
            for width in [20, 40, 80, 200] {
                let once = format(text, width, 0).unwrap().text;
                assert_ne!(once, *text);
                assert_eq!(meaning(&once), meaning(text), "{once}");
                let twice = format(&once, width, 0).unwrap().text;
                assert_eq!(twice, once);
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]

        #[test]
        fn a_document_stays_what_it_was(document in sample::document(), width in 20_usize..120) {
            let text = print_document(&document, &Style::LINE).unwrap();
            let once = format(&text, width, 0).unwrap().text;
            prop_assert_eq!(meaning(&once), meaning(&text));
            prop_assert_eq!(&format(&once, width, 0).unwrap().text, &once);
        }

        #[test]
        fn any_text_is_laid_out_the_same_twice_or_refused(
            text in prop::sample::select(TEXTS),
            cut in any::<prop::sample::Index>(),
            length in 0_usize..8,
            put in "[\\[\\](){},:.'`$/*a0 \n-]{0,4}",
            width in 20_usize..100,
        ) {
            let from = cut.index(text.len());
            let to = (from + length).min(text.len());
            let text = format!("{}{put}{}", &text[..from], &text[to..]);
            if let Ok(once) = format(&text, width, from) {
                prop_assert!(once.text.is_char_boundary(once.cursor));
                prop_assert_eq!(meaning(&once.text), meaning(&text));
                let twice = format(&once.text, width, 0).unwrap();
                prop_assert_eq!(&twice.text, &once.text);
            }
        }

        #[test]
        fn odd_text_does_no_harm(text in sample::text(), first in 0_usize..4, last in 0_usize..4) {
            let _ = format(&text, 40, first);
            let _ = toggle_comment(&text, first, last);
        }
    }
}
