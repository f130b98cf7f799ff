//! The stages of the pipeline at the cursor: moved, disabled, copied, and run up to one of them.
//!
//! The text stays the only truth: each change is an edit of it, which one undo takes back.

use super::Query;
use crate::app::command::Command;
use crate::app::scope::Scope;
use crate::query::stages::{self, Edit, Pipeline, State};

impl Query {
    fn stage_here(&self, text: &str) -> Result<(Pipeline, usize), &'static str> {
        let offset = self.text.buffer.offset();
        let pipeline = stages::find(text, offset).ok_or("there is no pipeline at the cursor")?;
        let count = pipeline.stages.len();
        if count == 0 {
            return Err("the pipeline has no stage");
        }
        let at = pipeline.stage_at(offset).unwrap_or(count - 1);
        Ok((pipeline, at))
    }

    /// Takes a command about the stage at the cursor.
    pub(super) fn stage_command(&mut self, scope: &mut Scope<'_>, command: Command) {
        let text = self.text.buffer.text();
        let (pipeline, at) = match self.stage_here(&text) {
            Ok(found) => found,
            Err(problem) => return scope.info(problem),
        };
        let last = pipeline.stages.len() - 1;
        let edit = match command {
            Command::StageUp if at == 0 => return scope.info("this is the first stage"),
            Command::StageUp => Edit::Move {
                from: at,
                to: at - 1,
            },
            Command::StageDown if at == last => return scope.info("this is the last stage"),
            Command::StageDown => Edit::Move {
                from: at,
                to: at + 1,
            },
            Command::StageDuplicate => Edit::Duplicate(at),
            _ => Edit::Toggle(at),
        };
        let Some(edited) = stages::edit(&text, &pipeline, &edit) else {
            return scope.warn("the stages cannot be told apart here: close all brackets first");
        };
        self.text.buffer.set(&edited.text);
        self.text.buffer.go_to(edited.at.start);
        self.changed(scope);
    }

    /// Runs the pipeline up to the stage at the cursor.
    pub(super) fn preview(&mut self, scope: &mut Scope<'_>) {
        let text = self.text.buffer.text();
        let (pipeline, at) = match self.stage_here(&text) {
            Ok(found) => found,
            Err(problem) => return scope.info(problem),
        };
        let Some(cut) = stages::statement_prefix(&text, &pipeline, at + 1) else {
            return scope
                .info("this pipeline is part of another stage: put the cursor outside of it");
        };
        let around = self.around(scope.now);
        let Some(mut chosen) = self.text.chosen(around) else {
            return;
        };
        let off = pipeline
            .stages
            .get(at)
            .is_some_and(|s| s.state == State::Disabled);
        chosen.upto = Some(format!(
            "after stage {} of {}{}: ",
            at + 1,
            pipeline.stages.len(),
            if off { " (off)" } else { "" }
        ));
        chosen.text = cut;
        chosen.start = usize::MAX;
        self.begin(scope, chosen);
    }
}
