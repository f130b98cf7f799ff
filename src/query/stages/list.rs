//! A pipeline's stages as rows of a list: each in a line, and in full.
//!
//! Invariant: a row shows what the text says at its place; nothing is kept that the text does not hold.

use super::{Pipeline, Span, State, edit, enabled_text, in_statement, is_pipeline, read};
use crate::query::sketch::{ROOT, Sketch};
use crate::query::snippet::Snippet;
use crate::query::token::ends_line;
use crate::query::vocabulary::stages::STAGES;

/// The longest line that shows a stage.
const LONGEST: usize = 240;

/// The most lines that a stage in full has.
const MOST_LINES: usize = 200;

/// One stage of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its operator; `None` where it has none yet.
    pub name: Option<String>,
    /// Whether it takes part.
    pub state: State,
    /// What the operator takes, on one line and without comments; the whole stage where it has no operator.
    pub line: String,
    /// The stage as it is in the text, line by line, without the indent that all have; a disabled one as it was.
    pub lines: Vec<String>,
    /// The stage in the text, with the comments that belong to it.
    pub span: Span,
    /// Where it begins in the text.
    pub start: usize,
}

/// The outermost pipeline around the cursor, or else the one that the statement at the cursor runs. `None` where there
/// is none, or where its brackets are not closed.
#[must_use]
pub fn of_statement(text: &str, cursor: usize) -> Option<Pipeline> {
    let sketch = Sketch::new(text);
    let mut group = sketch.group_at(cursor.min(text.len()));
    let mut outermost = None;
    while group != ROOT {
        if is_pipeline(&sketch, group) {
            outermost = Some(group);
        }
        group = sketch.groups[group].parent;
    }
    match outermost {
        Some(group) => read(&sketch, group),
        None => in_statement(&sketch, cursor),
    }
}

/// The stages of a pipeline as rows.
#[must_use]
pub fn rows(text: &str, pipeline: &Pipeline) -> Vec<Row> {
    let row = |stage: &super::Stage| {
        let body = text
            .get(stage.body.start..stage.body.end)
            .unwrap_or_default();
        let whole = match stage.state {
            State::Enabled => body.to_owned(),
            State::Disabled => enabled_text(body).unwrap_or_else(|| body.to_owned()),
        };
        Row {
            name: stage.name.clone(),
            state: stage.state,
            line: one_line(&whole),
            lines: in_full(&whole),
            span: stage.span,
            start: stage.body.start,
        }
    };
    pipeline.stages.iter().map(row).collect()
}

/// What a stage's operator takes, on one line.
fn one_line(stage: &str) -> String {
    let sketch = Sketch::new(stage);
    let all = (0, sketch.tokens.len());
    let (first, end) = inner(&sketch).unwrap_or(all);
    let mut out = String::new();
    let mut last: Option<usize> = None;
    for token in sketch.tokens.get(first..end).unwrap_or_default() {
        if token.is_comment() {
            continue;
        }
        if last.is_some_and(|last| last < token.span.start) {
            out.push(' ');
        }
        for c in token.text(stage).chars() {
            // A template may hold line ends.
            out.push(if ends_line(c) { ' ' } else { c });
        }
        last = Some(token.span.end);
        if out.len() > LONGEST {
            let end = (0..=LONGEST)
                .rev()
                .find(|i| out.is_char_boundary(*i))
                .unwrap_or(0);
            out.truncate(end);
            out.push('…');
            return out;
        }
    }
    out
}

/// The tokens of what the operator of a stage takes, without the braces around them.
fn inner(sketch: &Sketch<'_>) -> Option<(usize, usize)> {
    let stage = 1;
    let group = sketch.groups.get(stage)?;
    let [part, rest @ ..] = group.parts.as_slice() else {
        return None;
    };
    let alone = rest
        .iter()
        .all(|p| sketch.significant(p.first, p.end).is_none());
    if group.bracket != b'{' || !alone || part.colon.is_none() {
        return None;
    }
    let (first, end) = sketch.value_range(stage, part);
    let first = sketch.significant(first, end)?;
    let last = sketch.last_significant(first, end)?;
    let value = sketch.group_of(first);
    let found = sketch.groups.get(value)?;
    let braces = found.bracket == b'{' && found.open == first && found.close == Some(last);
    Some(match braces {
        true => (first + 1, last),
        false => (first, end),
    })
}

fn in_full(stage: &str) -> Vec<String> {
    let lines: Vec<&str> = stage.lines().take(MOST_LINES).collect();
    let blank = |l: &str| l.len() - l.trim_start_matches([' ', '\t']).len();
    let indent = lines
        .iter()
        .skip(1)
        .filter(|l| !l.trim().is_empty())
        .map(|l| blank(l))
        .min()
        .unwrap_or(0);
    lines
        .iter()
        .enumerate()
        .map(|(number, line)| match number {
            0 => (*line).to_owned(),
            _ => line.get(indent..).unwrap_or("").to_owned(),
        })
        .collect()
}

/// A stage that can be put into a pipeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// Its operator.
    pub name: &'static str,
    /// What it does, in a line.
    pub help: &'static str,
    /// The stage with its places.
    pub snippet: Snippet,
}

/// All stages that can be put into a pipeline, in the order of the vocabulary.
#[must_use]
pub fn offers() -> Vec<Offer> {
    STAGES
        .iter()
        .map(|entry| Offer {
            name: entry.name,
            help: entry.help,
            snippet: crate::query::complete::entry_text(entry).between("{ ", " }"),
        })
        .collect()
}

/// Puts a snippet into a pipeline as the stage with the number `at`: the new text, and where its cursor goes. `None`
/// where the text is not the pipeline's any more.
#[must_use]
pub fn insert(
    text: &str,
    pipeline: &Pipeline,
    at: usize,
    snippet: &Snippet,
) -> Option<(String, usize)> {
    let change = super::Edit::Insert {
        at,
        text: snippet.text.clone(),
    };
    let edited = edit::edit(text, pipeline, &change)?;
    let body = edited.text.get(edited.at.start..edited.at.end)?;
    let lines = snippet.text.matches('\n').count();
    // Each line but the first was moved to the right by as much.
    let indent = match lines {
        0 => 0,
        lines => {
            body.trim_end_matches(',')
                .len()
                .saturating_sub(snippet.text.len())
                / lines
        }
    };
    let place = snippet
        .places
        .first()
        .map_or(snippet.text.len(), |p| p.start);
    let before = snippet
        .text
        .get(..place)
        .unwrap_or("")
        .matches('\n')
        .count();
    let cursor = edited.at.start + place + before * indent;
    Some((edited.text, cursor))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use crate::query::stages::{Edit, Standing, edit as change};

    fn shown(text: &str) -> Vec<String> {
        let found = of_statement(text, text.find('[').unwrap() + 1).unwrap();
        rows(text, &found)
            .iter()
            .map(|r| format!("{} {}", r.name.clone().unwrap_or_default(), r.line))
            .collect()
    }

    #[test]
    fn a_stage_is_a_line_without_its_comments_and_braces() {
        let text = "db.a.aggregate([\n  // open ones\n  { $match: {\n    a: 1, // really\n    b: [1,  2],\n  } },\n  {$limit: 5},\n  {$addFields: {t: `x\ny`}},\n  {}\n])";
        assert_eq!(
            shown(text),
            [
                "$match a: 1, b: [1, 2],",
                "$limit 5",
                "$addFields t: `x y`",
                " {}"
            ]
        );
    }

    #[test]
    fn a_disabled_stage_is_shown_as_it_was() {
        let text = "[\n  {\n    $group: {\n      _id: '$b',\n    },\n  },\n  {$limit: 1},\n]";
        let found = of_statement(text, 1).unwrap();
        let off = change(text, &found, &Edit::Toggle(0)).unwrap().text;
        let found = of_statement(&off, 1).unwrap();
        let all = rows(&off, &found);
        assert_eq!(all[0].state, State::Disabled);
        assert_eq!(all[0].line, "_id: '$b',");
        assert_eq!(all[0].lines.first().map(String::as_str), Some("{"));
        assert_eq!(all[0].lines.last().map(String::as_str), Some("}"));
        assert_eq!(found.stage_at(all[1].start), Some(1));
    }

    #[test]
    fn the_list_is_of_the_whole_statement_wherever_its_cursor_is() {
        let text = "db.a.aggregate([{$lookup: {from: 'b', pipeline: [{$limit: 1}], as: 'x'}}, {$skip: 1}])";
        let found = of_statement(text, text.find("$limit").unwrap()).unwrap();
        assert_eq!(found.standing, Standing::Statement);
        assert_eq!(found.stages.len(), 2);
        assert_eq!(of_statement("db.a.find({})", 5), None);
        assert_eq!(of_statement("db.a.aggregate([{", 16), None);
    }

    #[test]
    fn the_cursor_on_a_stage_that_follows_without_a_space_is_on_that_stage() {
        let text = "[{$limit: 1},{$skip: 2}]";
        let found = of_statement(text, 1).unwrap();
        let all = rows(text, &found);
        assert_eq!(found.stage_at(all[0].start), Some(0));
        assert_eq!(found.stage_at(all[1].start), Some(1));
    }

    #[test]
    fn every_offer_can_be_put_in_and_its_cursor_goes_to_the_first_place() {
        let text = "db.a.aggregate([\n  {$limit: 1},\n])";
        let found = of_statement(text, 20).unwrap();
        for offer in offers() {
            let (new, cursor) = insert(text, &found, 1, &offer.snippet).unwrap();
            assert!(new.contains(offer.name), "{new}");
            let held = offer
                .snippet
                .places
                .first()
                .map_or("", |p| &offer.snippet.text[p.start..p.end]);
            let held = held.lines().next().unwrap_or("");
            assert!(new[cursor..].starts_with(held), "{new}\n{}", &new[cursor..]);
            let again = of_statement(&new, cursor).unwrap();
            assert_eq!(again.stages.len(), 2, "{new}");
        }
    }
}
