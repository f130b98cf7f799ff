//! Edits of a pipeline's list of stages, as new text.
//!
//! The inside of the array is taken apart into items and the white space between them. Items keep their bytes; white
//! space stays at its place in the row; commas stand where they are needed.

use super::{Span, Stage, State, disabled_text, enabled_text, name_of};
use crate::query::sketch::{GroupId, Sketch};
use crate::query::token::{Token, TokenKind, ends_line, tokens};

/// A change of the list of stages. Numbers count all stages, disabled ones among them, from 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// Takes a stage out and puts it in so that it has the number `to`.
    Move {
        /// The stage.
        from: usize,
        /// Its number afterwards.
        to: usize,
    },
    /// Disables a stage, or enables it again.
    Toggle(usize),
    /// Puts a copy behind a stage.
    Duplicate(usize),
    /// Puts text in as a stage with the number `at`.
    Insert {
        /// Its number afterwards.
        at: usize,
        /// The stage, such as `{ $limit: 20 }`.
        text: String,
    },
    /// Takes a stage out, with the comments that belong to it.
    Remove(usize),
}

/// A text after an edit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edited {
    /// The whole text.
    pub text: String,
    /// Where the stage is that was moved, copied, put in, disabled or enabled; where one was removed, the place.
    pub at: Span,
}

/// One stage with all that belongs to it.
#[derive(Debug, Clone)]
struct Item {
    state: State,
    /// Comments before it, up to it, byte for byte.
    before: String,
    /// The stage, or the comment that holds it.
    body: String,
    /// Comments behind it: before its comma, and behind that on its line.
    after: String,
    /// Where all of it, and its body, is in the old text.
    span: Span,
    body_span: Span,
}

/// The inside of an array.
pub(super) struct List {
    items: Vec<Item>,
    /// White space before each item.
    spaces: Vec<String>,
    /// What stands before the closing bracket.
    rest: String,
    last_comma: bool,
    inside: Span,
}

impl List {
    /// `None` where the array is not closed or has a hole.
    pub(super) fn read(sketch: &Sketch<'_>, group: GroupId) -> Option<Self> {
        let found = sketch.groups.get(group)?;
        let close = found.close?;
        let text = sketch.text;
        let inside = Span::new(
            sketch.tokens.get(found.open)?.span.end,
            sketch.tokens.get(close)?.span.start,
        );
        let mut list = Self {
            items: Vec::new(),
            spaces: Vec::new(),
            rest: String::new(),
            last_comma: false,
            inside,
        };
        let mut at = inside.start;
        let count = found.parts.len();
        // Comments before a comma that belong to what comes after it.
        let mut carry = String::new();
        for (number, part) in found.parts.iter().enumerate() {
            let last = number + 1 == count;
            let carried = list.items.len();
            let Some(first) = sketch.significant(part.first, part.end) else {
                if !last {
                    return None;
                }
                // After the last comma, or in an empty array.
                list.last_comma = count > 1;
                at = list.disabled(text, at, &sketch.tokens, part.first, part.end);
                if list.items.len() > carried {
                    list.carry(&mut carry, carried);
                }
                break;
            };
            at = list.disabled(text, at, &sketch.tokens, part.first, first);
            let end = sketch.last_significant(part.first, part.end)?;
            let body = Span::new(sketch.tokens[first].span.start, sketch.tokens[end].span.end);
            // What is left of the comments before it belongs to it.
            let lead = text.get(at..body.start)?;
            let white = lead.len() - lead.trim_start().len();
            list.spaces.push(lead.get(..white)?.to_owned());
            let start = at + white;
            let mut after = String::new();
            let until;
            // Disabled stages may stand between a stage and its comma too.
            let gap_end = if last { end + 1 } else { part.end };
            let off = first_disabled(text, &sketch.tokens, end + 1, gap_end);
            if last {
                until = same_line(text, &sketch.tokens, end + 1, part.end, body.end);
                after.push_str(text.get(body.end..until)?);
            } else if let Some(off) = off {
                let gap = text.get(body.end..off)?.trim_end();
                until = body.end + gap.len();
                after.push_str(gap);
            } else {
                let comma = sketch.tokens.get(part.end)?.span;
                after.push_str(text.get(body.end..comma.start)?.trim_end());
                until = same_line(text, &sketch.tokens, part.end + 1, close, comma.end);
                let behind = text.get(comma.end..until)?;
                // A comment of one line that the comma came after has to end before what follows.
                if !behind.is_empty() && ends_in_line_comment(&after) {
                    after.push('\n');
                }
                after.push_str(behind);
            }
            list.items.push(Item {
                state: State::Enabled,
                before: text.get(start..body.start)?.to_owned(),
                body: text.get(body.start..body.end)?.to_owned(),
                after,
                span: Span::new(start, until),
                body_span: body,
            });
            list.carry(&mut carry, carried);
            at = until;
            if last {
                at = list.disabled(text, at, &sketch.tokens, end + 1, part.end);
            } else if off.is_some() {
                at = list.disabled(text, at, &sketch.tokens, end + 1, part.end);
                let comma = sketch.tokens.get(part.end)?.span;
                text.get(at..comma.start)?.trim().clone_into(&mut carry);
                at = comma.end;
            }
        }
        list.rest = text.get(at..inside.end)?.to_owned();
        list.carry(&mut carry, usize::MAX);
        Some(list)
    }

    /// Puts comments before the item `at`, or before the closing bracket where there is none.
    fn carry(&mut self, comments: &mut String, at: usize) {
        if comments.is_empty() {
            return;
        }
        let mut comments = std::mem::take(comments);
        match self.items.get_mut(at) {
            Some(item) => {
                comments.push('\n');
                item.before.insert_str(0, &comments);
            }
            None => self.rest = format!("\n{comments}{}", self.rest),
        }
    }

    /// Takes the disabled stages out of the comments between two tokens; gives where what is left starts.
    fn disabled(
        &mut self,
        text: &str,
        from: usize,
        all: &[Token],
        first: usize,
        end: usize,
    ) -> usize {
        let mut at = from;
        let mut i = first;
        while i < end {
            let token = all[i];
            if token.span.start < at || !token.text(text).starts_with(super::OFF) {
                i += 1;
                continue;
            }
            let mut last = i;
            while last + 1 < end
                && (all[last + 1].text(text).starts_with(super::MORE)
                    || all[last + 1].text(text).starts_with(super::EXACT))
                && only_break(text, all[last].span.end, all[last + 1].span.start)
            {
                last += 1;
            }
            let body = Span::new(token.span.start, all[last].span.end);
            let comment = text.get(body.start..body.end).unwrap_or("");
            if enabled_text(comment).is_some() {
                let lead = text.get(at..body.start).unwrap_or("");
                let white = lead.len() - lead.trim_start().len();
                self.spaces.push(lead.get(..white).unwrap_or("").to_owned());
                self.items.push(Item {
                    state: State::Disabled,
                    before: lead.get(white..).unwrap_or("").to_owned(),
                    body: comment.to_owned(),
                    after: String::new(),
                    span: Span::new(at + white, body.end),
                    body_span: body,
                });
                at = body.end;
            }
            i = last + 1;
        }
        at
    }

    pub(super) fn stages(&self) -> Vec<Stage> {
        self.items
            .iter()
            .map(|item| Stage {
                name: match item.state {
                    State::Enabled => name_of(&item.body),
                    State::Disabled => enabled_text(&item.body).as_deref().and_then(name_of),
                },
                state: item.state,
                span: item.span,
                body: item.body_span,
            })
            .collect()
    }

    /// The inside as text, and where the item `shown` is in it.
    fn write(&self, indent: &str, outer: &str, shown: usize) -> (String, Span) {
        let mut out = String::new();
        let mut at = Span::point(0);
        // Whether what is written so far ends in a comment that goes on to the end of its line.
        let mut open = false;
        let last_enabled = self.items.iter().rposition(|i| i.state == State::Enabled);
        for (number, item) in self.items.iter().enumerate() {
            let space = self.spaces.get(number).map_or("", String::as_str);
            if (item.state == State::Disabled || open) && !space.contains(ends_line) {
                out.push('\n');
                out.push_str(indent);
            } else if open {
                out.push_str(space.trim_start_matches([' ', '\t']));
            } else {
                out.push_str(space);
            }
            let start = out.len();
            out.push_str(&item.before);
            out.push_str(&item.body);
            let comma = last_enabled.is_some_and(|last| number < last || self.last_comma);
            if item.state == State::Enabled && comma {
                out.push(',');
            }
            out.push_str(&item.after);
            open = item.state == State::Disabled || ends_in_line_comment(&item.after);
            if number == shown {
                at = Span::new(start, out.len());
            }
        }
        let rest = self.rest.trim_start_matches([' ', '\t']);
        if open && !rest.starts_with(ends_line) {
            out.push('\n');
            out.push_str(outer);
        }
        // White space behind a comment of one line would be part of it.
        out.push_str(if open { rest } else { &self.rest });
        (out, at)
    }

    /// The white space for one more item: as before the others that start a line.
    fn space(&self) -> Option<String> {
        let line = |s: &&String| s.contains(ends_line);
        let found = self.spaces.iter().skip(1).find(line);
        found
            .or_else(|| self.spaces.iter().find(line))
            .map(|space| {
                // One line's end is enough.
                let last = space.rfind(ends_line).unwrap_or(0);
                space.get(last..).unwrap_or(space).to_owned()
            })
    }

    fn put(&mut self, at: usize, item: Item, indent: &str, outer: &str) {
        let lines = self
            .items
            .iter()
            .chain([&item])
            .any(|i| i.body.contains(ends_line));
        let space = self.space().unwrap_or_else(|| {
            if lines || self.items.is_empty() {
                format!("\n{indent}")
            } else {
                " ".to_owned()
            }
        });
        if self.items.is_empty() && !self.rest.contains(ends_line) {
            self.rest.push('\n');
            self.rest.push_str(outer);
        }
        // What was first moves to the second place.
        let place = if at == 0 && !self.spaces.is_empty() {
            1
        } else {
            at
        };
        self.spaces.insert(place.min(self.spaces.len()), space);
        self.items.insert(at, item);
    }
}

/// Where the first disabled stage between two tokens starts.
fn first_disabled(text: &str, all: &[Token], first: usize, end: usize) -> Option<usize> {
    let mut probe = List {
        items: Vec::new(),
        spaces: Vec::new(),
        rest: String::new(),
        last_comma: false,
        inside: Span::default(),
    };
    let from = all.get(first)?.span.start;
    probe.disabled(text, from, all, first, end);
    probe.items.first().map(|item| item.body_span.start)
}

/// The end of the last comment that stands on the line on which `from` ends, and belongs to what ends there.
fn same_line(text: &str, all: &[Token], first: usize, end: usize, from: usize) -> usize {
    let mut until = from;
    for token in all.get(first..end.min(all.len())).unwrap_or_default() {
        if !token.is_comment() || token.span.start < until {
            break;
        }
        let between = text.get(until..token.span.start).unwrap_or("\n");
        if between.contains(ends_line) || token.text(text).starts_with(super::OFF) {
            break;
        }
        // A comment right before the next stage on its line belongs to that.
        let rest = text.get(token.span.end..).unwrap_or("");
        let next = rest.trim_start_matches([' ', '\t']).chars().next();
        let ends = next.is_none_or(|c| ends_line(c) || c == ']');
        if token.kind == TokenKind::BlockComment && !ends {
            break;
        }
        until = token.span.end;
    }
    until
}

/// Whether one line's end, and else white space alone, stands between two places.
fn only_break(text: &str, from: usize, to: usize) -> bool {
    let between = text.get(from..to).unwrap_or("");
    let ends = between.chars().filter(|c| ends_line(*c)).count();
    between.trim().is_empty() && (ends == 1 || (ends == 2 && between.contains("\r\n")))
}

/// Whether what comes next would be inside a comment.
fn ends_in_line_comment(text: &str) -> bool {
    tokens(text)
        .last()
        .is_some_and(|t| t.kind == TokenKind::LineComment && t.span.end == text.len())
}

/// Edits the list of stages of the pipeline that [`super::find`] gave for this text. `None` where the text has changed
/// since, a number is too large, or what is inserted is no stage.
#[must_use]
pub fn edit(text: &str, pipeline: &super::Pipeline, edit: &Edit) -> Option<Edited> {
    let sketch = Sketch::new(text);
    let group = (1..sketch.groups.len())
        .find(|g| sketch.groups[*g].bracket == b'[' && sketch.span(*g) == pipeline.span)?;
    let mut list = List::read(&sketch, group)?;
    let start = text
        .get(..pipeline.span.start)?
        .rfind('\n')
        .map_or(0, |i| i + 1);
    let line = text.get(start..pipeline.span.start)?;
    let outer = line.get(..line.len() - line.trim_start_matches([' ', '\t']).len())?;
    let indent = list.space().map_or_else(
        || format!("{outer}  "),
        |s| s.trim_start_matches(ends_line).to_owned(),
    );
    let shown = match edit {
        Edit::Move { from, to } => {
            if *from >= list.items.len() || *to >= list.items.len() {
                return None;
            }
            let item = list.items.remove(*from);
            list.items.insert(*to, item);
            *to
        }
        Edit::Toggle(at) => {
            toggle(list.items.get_mut(*at)?, &indent)?;
            *at
        }
        Edit::Duplicate(at) => {
            let copy = list.items.get(*at)?.clone();
            list.put(at + 1, copy, &indent, outer);
            at + 1
        }
        Edit::Insert { at, text } => {
            let whole = Sketch::new(text);
            let braces = whole.tokens.first().is_some_and(|t| t.text(text) == "{");
            let one =
                whole.groups.get(1).and_then(|g| g.close) == whole.tokens.len().checked_sub(1);
            if *at > list.items.len() || !(whole.balanced && braces && one) {
                return None;
            }
            let item = Item {
                state: State::Enabled,
                before: String::new(),
                body: text.trim().replace('\n', &format!("\n{indent}")),
                after: String::new(),
                span: Span::default(),
                body_span: Span::default(),
            };
            list.put(*at, item, &indent, outer);
            *at
        }
        Edit::Remove(at) => {
            if *at >= list.items.len() {
                return None;
            }
            list.items.remove(*at);
            // The first of the row keeps its white space.
            let space = usize::from(*at == 0 && list.spaces.len() > 1).max(*at);
            list.spaces.remove(space);
            *at
        }
    };
    let (inside, at) = list.write(&indent, outer, shown);
    let start = list.inside.start;
    let mut out = String::with_capacity(text.len() + inside.len());
    out.push_str(text.get(..start)?);
    out.push_str(&inside);
    out.push_str(text.get(list.inside.end..)?);
    let at = match edit {
        Edit::Remove(_) => Span::point(start),
        _ => Span::new(start + at.start, start + at.end),
    };
    Some(Edited { text: out, at })
}

fn toggle(item: &mut Item, indent: &str) -> Option<()> {
    match item.state {
        State::Enabled => {
            item.body = disabled_text(&format!("{}{}", item.body, item.after), indent);
            item.after = String::new();
            item.state = State::Disabled;
        }
        State::Disabled => {
            let whole = enabled_text(&item.body)?;
            let sketch = Sketch::new(&whole);
            let end = sketch.last_significant(0, sketch.tokens.len())?;
            let end = sketch.tokens[end].span.end;
            item.body = whole.get(..end)?.to_owned();
            item.after = whole.get(end..)?.to_owned();
            item.state = State::Enabled;
        }
    }
    Some(())
}
