//! The stages of the pipeline at the cursor as a list: the second view of the text.
//!
//! The list has no state of its own that matters: its cursor is the text's, each change is an edit of the text that one
//! undo takes back, and the list is read from the text again. Invariant: what cannot be read leaves the last list there
//! to be seen, and is not edited.

use std::collections::BTreeSet;

use super::preview::Previews;
use super::text::QueryText;
use super::{Part, Query};
use crate::app::command::Command;
use crate::app::documents::Handled;
use crate::app::overlay::Overlay;
use crate::app::picker::{Choice, Item, Picker};
use crate::app::scope::Scope;
use crate::model::Severity;
use crate::query::stages::{self, Edit, Pipeline, Row};

/// The list of a pipeline's stages, and what is previewed of them.
#[derive(Debug, Default)]
pub struct Stages {
    /// Whether it is on the screen.
    pub shown: bool,
    /// The stages; of the last text that could be read.
    pub list: Option<List>,
    /// Why the list is not of the text as it is; `None` where it is.
    pub problem: Option<String>,
    /// The first line of the list that is drawn.
    pub first: usize,
    /// The stages that are shown in full.
    pub unfolded: BTreeSet<usize>,
    /// What comes out of them.
    pub previews: Previews,
    /// The version of the text and the cursor that the list was read at.
    seen: Option<(u64, usize)>,
}

/// The stages of one pipeline.
#[derive(Debug, Clone)]
pub struct List {
    /// Where it stands.
    pub pipeline: Pipeline,
    /// Its stages.
    pub rows: Vec<Row>,
    /// What is wrong with each.
    pub problems: Vec<Option<String>>,
    /// The stage under the cursor.
    pub cursor: usize,
}

impl List {
    /// The lines of the list before a stage, where some are shown in full.
    #[must_use]
    pub fn lines_before(&self, stage: usize, unfolded: &BTreeSet<usize>) -> usize {
        let lines = |(i, row): (usize, &Row)| match unfolded.contains(&i) {
            true => 1 + row.lines.len(),
            false => 1,
        };
        self.rows.iter().enumerate().take(stage).map(lines).sum()
    }
}

/// The list of the text, or why there is none.
fn read(text: &QueryText) -> Result<List, String> {
    let source = text.buffer.text();
    let offset = text.buffer.offset();
    let error = |span: Option<crate::value::Span>| {
        text.problems.iter().find(|p| {
            p.severity == Severity::Error
                && match (span, p.span) {
                    (Some(within), Some(at)) => within.start <= at.start && at.start < within.end,
                    (None, _) => true,
                    _ => false,
                }
        })
    };
    let Some(pipeline) = stages::of_statement(&source, offset) else {
        return Err(match error(None) {
            Some(problem) => match problem.row {
                Some(row) => format!("line {}: {}", row + 1, problem.message),
                None => problem.message.clone(),
            },
            None => "the statement at the cursor has no pipeline".to_owned(),
        });
    };
    let rows = stages::rows(&source, &pipeline);
    let problems = rows
        .iter()
        .map(|r| error(Some(r.span)).map(|p| p.message.clone()))
        .collect();
    let cursor = pipeline
        .stage_at(offset)
        .unwrap_or(rows.len().saturating_sub(1));
    Ok(List {
        pipeline,
        rows,
        problems,
        cursor,
    })
}

impl Query {
    /// Brings the list in step with the text, while it is on the screen.
    pub(super) fn follow_stages(&mut self, scope: &mut Scope<'_>) {
        if !self.stages.shown {
            return;
        }
        let now = (self.text.buffer.version(), self.text.buffer.offset());
        if self.stages.seen == Some(now) {
            return;
        }
        // A long text is read when typing pauses; so is its list.
        if self.text.wants_ticks() {
            return;
        }
        self.stages.seen = Some(now);
        match read(&self.text) {
            Ok(list) => {
                let other = self
                    .stages
                    .list
                    .as_ref()
                    .is_none_or(|l| l.pipeline.span.start != list.pipeline.span.start);
                if other {
                    self.stages.unfolded.clear();
                    self.stages.first = 0;
                }
                let count = list.rows.len();
                self.stages.unfolded.retain(|i| *i < count);
                self.stages.list = Some(list);
                self.stages.problem = None;
            }
            Err(problem) => self.stages.problem = Some(problem),
        }
        self.keep_stage_in_sight(scope);
        self.preview_wanted(scope);
    }

    pub(super) fn keep_stage_in_sight(&mut self, scope: &Scope<'_>) {
        let rows = scope.regions.side_rows;
        let Some(list) = self.stages.list.as_ref().filter(|_| rows > 0) else {
            return;
        };
        let unfolded = &self.stages.unfolded;
        let at = list.lines_before(list.cursor, unfolded);
        let own = list.lines_before(list.cursor + 1, unfolded) - at;
        // As much of it as fits, and always its head.
        let last = at + own.min(rows).saturating_sub(1);
        let first = self.stages.first;
        self.stages.first = match () {
            () if at < first => at,
            () if last >= first + rows => (last + 1).saturating_sub(rows),
            () => first,
        };
    }

    /// Shows the list and gives it the keys; from the list, puts it away.
    pub(super) fn turn_stages(&mut self, scope: &mut Scope<'_>) {
        if self.stages.shown && self.part == Part::Stages {
            return self.hide_stages(scope);
        }
        self.list = None;
        self.stages.shown = true;
        self.part = Part::Stages;
        self.stages.seen = None;
        self.text.tick(super::Around {
            database: &self.database,
            parameters: &self.bound.values,
            collection: self.collection.as_deref(),
            now: crate::app::Moment(u64::MAX),
        });
        self.follow_stages(scope);
    }

    /// Puts the list away, and stops what is read for it.
    pub(super) fn hide_stages(&mut self, scope: &mut Scope<'_>) {
        self.stop_previews(scope);
        self.stages.shown = false;
        if self.part == Part::Stages {
            self.part = Part::Text;
        }
    }

    /// Takes a command while the list has the keys.
    pub(super) fn stages_command(&mut self, scope: &mut Scope<'_>, command: Command) -> Handled {
        let count = self.stages.list.as_ref().map_or(0, |l| l.rows.len());
        let cursor = self.stages.list.as_ref().map_or(0, |l| l.cursor);
        match command {
            Command::CursorUp => self.go_to_stage(scope, cursor.saturating_sub(1)),
            Command::CursorDown => self.go_to_stage(scope, cursor + 1),
            Command::CursorFirst => self.go_to_stage(scope, 0),
            Command::CursorLast => self.go_to_stage(scope, count.saturating_sub(1)),
            Command::Open => {
                self.go_to_stage(scope, cursor);
                self.part = Part::Text;
            }
            Command::Back => self.part = Part::Text,
            Command::StageUp
            | Command::StageDown
            | Command::StageToggle
            | Command::StageDuplicate
            | Command::StageRemove => self.edit_stage(scope, command),
            Command::StageInsert => self.list_snippets(scope, cursor),
            Command::StageAppend => {
                self.list_snippets(scope, if count == 0 { 0 } else { cursor + 1 });
            }
            Command::StageFold => {
                if !self.stages.unfolded.remove(&cursor) && cursor < count {
                    self.stages.unfolded.insert(cursor);
                }
                self.keep_stage_in_sight(scope);
            }
            Command::StageSample => self.next_sample(scope),
            Command::StagePreview => self.preview(scope),
            Command::Undo | Command::Redo => {
                let at = self.stages.list.as_ref().map(|l| l.pipeline.span.start);
                let done = match command {
                    Command::Undo => self.text.buffer.undo(),
                    _ => self.text.buffer.redo(),
                };
                if !done {
                    scope.info("there is nothing more to take back or to repeat");
                    return Handled::Yes;
                }
                // The cursor stays on a stage of the same statement.
                if let Some(at) = at {
                    self.text.buffer.go_to(at + 1);
                }
                self.changed(scope);
                self.follow_stages(scope);
                self.go_to_stage(scope, cursor);
            }
            Command::Refresh => self.preview_again(scope),
            command => match &mut self.stages.previews.pictured {
                // What moves sideways, or by pages, moves in the documents.
                Some(pictured) if moves(command) => {
                    return pictured.documents.command(scope, command);
                }
                _ => return Handled::No,
            },
        }
        Handled::Yes
    }

    /// Leads the cursor of list and text to a stage.
    pub(super) fn go_to_stage(&mut self, scope: &mut Scope<'_>, stage: usize) {
        if self.stages.problem.is_some() {
            return;
        }
        let Some(list) = &self.stages.list else {
            return;
        };
        let Some(row) = list.rows.get(stage.min(list.rows.len().saturating_sub(1))) else {
            return;
        };
        self.text.buffer.go_to(row.start);
        self.keep_in_sight(scope);
        self.follow_stages(scope);
    }

    fn edit_stage(&mut self, scope: &mut Scope<'_>, command: Command) {
        let Some((list, text)) = self.editable(scope) else {
            return;
        };
        let Some(last) = list.rows.len().checked_sub(1) else {
            return scope.info("the pipeline has no stage: insert one first");
        };
        let at = list.cursor.min(last);
        let (edit, to) = match command {
            Command::StageUp if at == 0 => return scope.info("this is the first stage"),
            Command::StageUp => (
                Edit::Move {
                    from: at,
                    to: at - 1,
                },
                at - 1,
            ),
            Command::StageDown if at == last => return scope.info("this is the last stage"),
            Command::StageDown => (
                Edit::Move {
                    from: at,
                    to: at + 1,
                },
                at + 1,
            ),
            Command::StageDuplicate => (Edit::Duplicate(at), at + 1),
            Command::StageRemove => (Edit::Remove(at), at),
            _ => (Edit::Toggle(at), at),
        };
        let Some(edited) = stages::edit(&text, &list.pipeline, &edit) else {
            return scope.warn("the stages cannot be told apart here: close all brackets first");
        };
        let begin = list.pipeline.span.start;
        self.stages.unfolded = refolded(&self.stages.unfolded, &edit);
        self.text.buffer.set(&edited.text);
        self.text.buffer.go_to(begin + 1);
        self.changed(scope);
        self.follow_stages(scope);
        self.go_to_stage(scope, to);
    }

    /// The list, where it is of the text as it is.
    fn editable(&mut self, scope: &mut Scope<'_>) -> Option<(List, String)> {
        self.stages.seen = None;
        self.follow_stages(scope);
        if let Some(problem) = &self.stages.problem {
            let problem = format!("the list is of an earlier text: {problem}");
            scope.warn(problem);
            return None;
        }
        Some((self.stages.list.clone()?, self.text.buffer.text()))
    }

    fn list_snippets(&mut self, scope: &mut Scope<'_>, at: usize) {
        if self.editable(scope).is_none() {
            return;
        }
        let item = |offer: &stages::Offer| {
            Item::new(
                offer.name,
                offer.help,
                Choice::Stage(self.tab, at, offer.name),
            )
        };
        let items = stages::offers().iter().map(item).collect();
        scope.overlays.push(Overlay::Picker(Picker::new(
            "insert the stage",
            items,
            "no stage by that name",
        )));
    }

    /// Puts a new stage into the pipeline; the cursor of the text goes to what is to be filled in.
    pub(super) fn insert_stage(&mut self, scope: &mut Scope<'_>, at: usize, name: &str) {
        let Some((list, text)) = self.editable(scope) else {
            return;
        };
        let offers = stages::offers();
        let Some(offer) = offers.iter().find(|o| o.name == name) else {
            return;
        };
        let Some((new, cursor)) = stages::insert(&text, &list.pipeline, at, &offer.snippet) else {
            return scope.warn("the stages cannot be told apart here: close all brackets first");
        };
        let edit = Edit::Insert {
            at,
            text: String::new(),
        };
        self.stages.unfolded = refolded(&self.stages.unfolded, &edit);
        self.text.buffer.set(&new);
        self.text.buffer.go_to(cursor);
        self.part = Part::Text;
        self.changed(scope);
        self.follow_stages(scope);
    }
}

/// Commands that are for the documents below the list.
fn moves(command: Command) -> bool {
    matches!(
        command,
        Command::CursorLeft
            | Command::CursorRight
            | Command::PageUp
            | Command::PageDown
            | Command::HalfPageUp
            | Command::HalfPageDown
            | Command::ViewNext
            | Command::CopyDocument
    )
}

/// Which stages are shown in full after an edit.
fn refolded(unfolded: &BTreeSet<usize>, edit: &Edit) -> BTreeSet<usize> {
    let to = |i: usize| match edit {
        Edit::Move { from, to } if i == *from => Some(*to),
        Edit::Move { from, to } if i == *to => Some(*from),
        Edit::Duplicate(at) if i > *at => Some(i + 1),
        Edit::Insert { at, .. } if i >= *at => Some(i + 1),
        Edit::Remove(at) if i == *at => None,
        Edit::Remove(at) if i > *at => Some(i - 1),
        _ => Some(i),
    };
    unfolded.iter().filter_map(|i| to(*i)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_in_full_stays_so_where_stages_change_places() {
        let unfolded = BTreeSet::from([1, 3]);
        let after = |edit| refolded(&unfolded, &edit).into_iter().collect::<Vec<_>>();
        assert_eq!(after(Edit::Move { from: 1, to: 2 }), [2, 3]);
        assert_eq!(after(Edit::Remove(1)), [2]);
        assert_eq!(after(Edit::Duplicate(0)), [2, 4]);
        assert_eq!(after(Edit::Toggle(1)), [1, 3]);
    }
}
