//! The stages of a pipeline as a list over its text: find them, move, disable, duplicate, insert and remove them.
//!
//! The text stays the truth: every edit gives a new text in which each stage, and each comment beside it, is byte for
//! byte what it was. A disabled stage is a comment that is recognised again: its first line starts with `//- `, the
//! others with `//| `. Knows no operators.

mod edit;
mod fields;
mod list;
mod sample;
#[cfg(test)]
mod tests;
mod view;

use super::chain::{Chain, statements};
use super::sketch::{GroupId, ROOT, Sketch, Value};
use super::token::{TokenKind, ends_line, tokens};
use crate::value::Span;
pub use edit::{Edit, Edited, edit};
pub use fields::{FieldChanges, field_changes, stage_changes};
pub use list::{Offer, Row, insert, of_statement, offers, rows};
pub use sample::{Sample, Sampled, keeps_documents, sampled, stands_first};
pub use view::{View, view_of};

/// Whether a stage takes part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It runs.
    Enabled,
    /// It stands in a comment.
    Disabled,
}

/// One stage of a pipeline's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stage {
    /// Its operator, such as `$match`; `None` where it has none yet.
    pub name: Option<String>,
    /// Whether it takes part.
    pub state: State,
    /// What it is in the text, with the comments that belong to it: those before it and one behind it on its line.
    pub span: Span,
    /// The stage alone; of a disabled one the comment.
    pub body: Span,
}

/// Where a pipeline stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It is what the statement runs.
    Statement,
    /// It is inside a stage (`$lookup`, `$facet`, `$unionWith`) or an update.
    Inside,
}

/// A pipeline of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pipeline {
    /// The array with its brackets.
    pub span: Span,
    /// The stages, disabled ones among them, in the order of the text.
    pub stages: Vec<Stage>,
    /// Where it stands.
    pub standing: Standing,
    /// The statement that it is part of.
    pub statement: Span,
}

impl Pipeline {
    /// The stage that an offset lies in, or the next one; `None` behind the last.
    #[must_use]
    pub fn stage_at(&self, offset: usize) -> Option<usize> {
        let at = self.stages.partition_point(|s| s.span.end < offset);
        // Where the next one begins right there, it is that one.
        let next = self.stages.get(at + 1);
        let at = at + usize::from(next.is_some_and(|s| s.span.start <= offset));
        (at < self.stages.len()).then_some(at)
    }
}

/// Starts a disabled stage.
const OFF: &str = "//- ";
/// A further line of it, without the indent that it had.
const MORE: &str = "//| ";
/// A further line of it, exactly as it was.
const EXACT: &str = "//!";

/// The innermost pipeline around the cursor, or else the one that the statement at the cursor runs. `None` where there
/// is none, or where its brackets are not closed.
#[must_use]
pub fn find(text: &str, cursor: usize) -> Option<Pipeline> {
    let sketch = Sketch::new(text);
    let mut group = sketch.group_at(cursor.min(text.len()));
    while group != ROOT {
        if is_pipeline(&sketch, group) {
            return read(&sketch, group);
        }
        group = sketch.groups[group].parent;
    }
    in_statement(&sketch, cursor)
}

/// The pipeline that the statement at the cursor runs.
fn in_statement(sketch: &Sketch<'_>, cursor: usize) -> Option<Pipeline> {
    let all = statements(sketch);
    let start = |at: usize| sketch.tokens.get(at).map_or(0, |t| t.span.start);
    let after = all.partition_point(|r| start(r.start) <= cursor);
    let range = all.get(after.saturating_sub(1))?;
    range
        .clone()
        .filter(|at| sketch.tokens[*at].kind == TokenKind::Open)
        .map(|at| sketch.group_of(at))
        .filter(|group| is_pipeline(sketch, *group))
        .find_map(|group| read(sketch, group))
}

/// Whether a group is an array of stages: by where it stands, or by what it holds.
fn is_pipeline(sketch: &Sketch<'_>, id: GroupId) -> bool {
    let group = &sketch.groups[id];
    if group.bracket != b'[' || group.close.is_none() {
        return false;
    }
    let parent = &sketch.groups[group.parent];
    match parent.bracket {
        b'(' => {
            let chain = Chain::before(sketch, parent.open);
            if chain.rooted && chain.operation.is_none() && chain.last.is_some() {
                return match chain.last {
                    Some("aggregate") => group.in_part == 0,
                    Some("createView") => group.in_part == 2,
                    Some("updateOne" | "updateMany" | "findOneAndUpdate") => group.in_part == 1,
                    _ => false,
                };
            }
        }
        b'{' => {
            let key = parent.parts.get(group.in_part).and_then(|p| sketch.key(p));
            match key.as_deref() {
                Some("pipeline" | "whenMatched") => return true,
                Some("$and" | "$or" | "$nor") => return false,
                _ => {}
            }
            // A facet.
            let outer = &sketch.groups[parent.parent];
            let facet = outer.parts.get(parent.in_part).and_then(|p| sketch.key(p));
            if facet.as_deref() == Some("$facet") {
                return true;
            }
            if facet.as_deref() != Some("pipelines") {
                return false;
            }
        }
        0 => {
            // An array by itself; not an index of a chain.
            let chained = sketch.last_significant(0, group.open).is_some_and(|i| {
                matches!(
                    sketch.tokens[i].kind,
                    TokenKind::Word | TokenKind::Close | TokenKind::Dot
                ) && !sketch.tokens[group.open].new_line
            });
            if chained {
                return false;
            }
        }
        _ => return false,
    }
    // By what it holds: nothing, or documents of one operator.
    group.parts.iter().all(|part| match sketch.value(id, part) {
        Value::Document(inner) => sketch
            .entries(inner)
            .next()
            .is_none_or(|(key, _)| key.starts_with('$')),
        Value::Missing => true,
        _ => false,
    })
}

fn read(sketch: &Sketch<'_>, group: GroupId) -> Option<Pipeline> {
    let list = edit::List::read(sketch, group)?;
    let span = sketch.span(group);
    let open = sketch.groups[group].open;
    let range = statements(sketch).into_iter().find(|r| r.contains(&open))?;
    let statement = Span::new(
        sketch.tokens.get(range.start)?.span.start,
        sketch.tokens.get(range.end.checked_sub(1)?)?.span.end,
    );
    let parent = sketch.groups[group].parent;
    let called = sketch.groups[parent].bracket == b'('
        && Chain::before(sketch, sketch.groups[parent].open).last == Some("aggregate");
    let standing = if group == ROOT || parent == ROOT || called {
        Standing::Statement
    } else {
        Standing::Inside
    };
    Some(Pipeline {
        span,
        stages: list.stages(),
        standing,
        statement,
    })
}

/// The operator of a stage's text.
fn name_of(text: &str) -> Option<String> {
    let sketch = Sketch::new(text);
    let part = sketch.groups[ROOT].parts.first()?;
    match sketch.value(ROOT, part) {
        Value::Document(group) => {
            let (key, _) = sketch.entries(group).next()?;
            Some(key.into_owned())
        }
        _ => None,
    }
}

/// The text of the pipeline's first `count` stages as an array, disabled ones left out: what a preview after a stage
/// runs.
#[must_use]
pub fn prefix(text: &str, pipeline: &Pipeline, count: usize) -> String {
    let mut out = String::from("[");
    for stage in pipeline.stages.iter().take(count) {
        if stage.state == State::Enabled
            && let Some(body) = text.get(stage.body.start..stage.body.end)
        {
            out.push_str(body);
            // The body may end in a comment of one line.
            out.push_str("\n,");
        }
    }
    out.push(']');
    out
}

/// The statement with the pipeline cut after its first `count` stages, disabled ones left out, and the names for
/// values that stand before it: parsed, it is what a preview after that stage runs. `None` for a pipeline inside a
/// stage, whose documents are not the statement's.
#[must_use]
pub fn statement_prefix(text: &str, pipeline: &Pipeline, count: usize) -> Option<String> {
    if pipeline.standing != Standing::Statement {
        return None;
    }
    let statements = super::split::statements(text);
    let at = super::split::statement_at(text, &statements, pipeline.statement.start)?;
    let whole = statements.get(at)?;
    let before = text.get(whole.start.min(pipeline.span.start)..pipeline.span.start)?;
    let after = text.get(pipeline.span.end..pipeline.statement.end)?;
    Some(format!("{before}{}{after}", prefix(text, pipeline, count)))
}

/// The stage that a comment holds, where it is a disabled one: its text as it was.
fn enabled_text(comment: &str) -> Option<String> {
    let mut out = String::new();
    let mut first = true;
    let mut rest = comment;
    let mut indent = String::new();
    while !rest.is_empty() {
        let trimmed = rest.trim_start_matches([' ', '\t']);
        let end = trimmed.find(ends_line).unwrap_or(trimmed.len());
        let line = trimmed.get(..end)?;
        if first {
            out.push_str(line.strip_prefix(OFF)?);
            first = false;
        } else if let Some(line) = line.strip_prefix(MORE) {
            out.push_str(&indent);
            out.push_str(line);
        } else {
            out.push_str(line.strip_prefix(EXACT)?);
        }
        let after = trimmed.get(end..)?;
        let mut chars = after.chars();
        let ending = match (chars.next(), chars.next()) {
            (Some('\r'), Some('\n')) => 2,
            (Some(c), _) => c.len_utf8(),
            (None, _) => 0,
        };
        out.push_str(after.get(..ending)?);
        rest = after.get(ending..)?;
        if indent.is_empty() {
            // The indent of the comment's second line is what the others had.
            let next = rest.trim_start_matches([' ', '\t']);
            indent = rest.get(..rest.len() - next.len()).unwrap_or("").to_owned();
        }
    }
    let whole = tokens(&out);
    let sketch = Sketch::new(&out);
    let opens = whole
        .iter()
        .find(|t| !t.is_comment())
        .is_some_and(|t| t.text(&out) == "{");
    (sketch.balanced && opens).then_some(out)
}

/// A stage's text as a comment.
fn disabled_text(stage: &str, indent: &str) -> String {
    // Lines inside a template belong to its value.
    let exact = tokens(stage)
        .iter()
        .any(|t| t.kind == TokenKind::Template && t.text(stage).contains(ends_line));
    let mut out = String::from(OFF);
    let mut rest = stage;
    loop {
        let end = rest.find(ends_line).unwrap_or(rest.len());
        out.push_str(rest.get(..end).unwrap_or(""));
        let after = rest.get(end..).unwrap_or("");
        let ending = if after.starts_with("\r\n") {
            2
        } else {
            after.chars().next().map_or(0, char::len_utf8)
        };
        if ending == 0 {
            return out;
        }
        out.push_str(after.get(..ending).unwrap_or(""));
        out.push_str(indent);
        rest = after.get(ending..).unwrap_or("");
        match rest.strip_prefix(indent) {
            Some(line) if !exact && line.len() + indent.len() == rest.len() => {
                out.push_str(MORE);
                rest = line;
            }
            _ => out.push_str(EXACT),
        }
    }
}
