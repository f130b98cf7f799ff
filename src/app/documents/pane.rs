//! What the deck knows of this kind of tab.

use std::time::Duration;

use super::checks::Checks;
use super::{Documents, Handled};
use crate::app::command::Command;
use crate::app::context::Context;
use crate::app::regions::Hit;
use crate::app::scope::{Scope, TabId};
use crate::app::tab::{Answer, Pane, Unsaved};
use crate::app::tree::Tree;
use crate::config::state::SessionTab;
use crate::mongo::request::{Failure, Namespace, ProfileName, Reply, TaskId};

impl Pane for Documents {
    fn id(&self) -> TabId {
        self.tab
    }

    fn profile(&self) -> &ProfileName {
        &self.profile
    }

    fn title(&self) -> String {
        self.namespace.collection.clone()
    }

    fn subject(&self) -> String {
        self.namespace.to_string()
    }

    fn context(&self) -> Context {
        self.context()
    }

    fn command(&mut self, scope: &mut Scope<'_>, command: Command) -> Handled {
        self.command(scope, command)
    }

    fn typed(&mut self, scope: &mut Scope<'_>, input: tui_textarea::Input) {
        if let Some(editor) = &mut self.editor {
            return editor.typed(scope, input);
        }
        match input.key {
            tui_textarea::Key::Up => self.filter.recall(true),
            tui_textarea::Key::Down => self.filter.recall(false),
            _ => {
                if let Some(field) = &mut self.filter.field
                    && field.input(input)
                {
                    self.filter.changed();
                }
            }
        }
    }

    fn pasted(&mut self, scope: &mut Scope<'_>, text: &str) {
        if let Some(editor) = &mut self.editor {
            return editor.pasted(scope, text);
        }
        if let Some(field) = &mut self.filter.field
            && field.paste(text)
        {
            self.filter.changed();
        }
    }

    fn drawn(&mut self, scope: &mut Scope<'_>) {
        if let Some(editor) = &mut self.editor {
            return editor.drawn(scope);
        }
        self.settle_view(scope);
    }

    fn hit(&mut self, scope: &mut Scope<'_>, hit: Hit, double: bool) {
        self.hit(scope, hit, double);
    }

    fn wheel(&mut self, scope: &mut Scope<'_>, down: bool) {
        self.wheel(scope, down);
    }

    fn settle(
        &mut self,
        scope: &mut Scope<'_>,
        task: TaskId,
        result: Result<Reply, Failure>,
        took: Duration,
    ) {
        if self.chart_settled(scope, task, &result) {
            return;
        }
        let Some(result) = self.edit_settle(scope, task, result, took) else {
            return;
        };
        self.read_settled(scope, task, result, took);
    }

    fn answer(&mut self, scope: &mut Scope<'_>, answer: Answer) -> Result<(), String> {
        let answer = match self.edit_answer(scope, answer) {
            Ok(()) => return Ok(()),
            Err(Err(problem)) => return Err(problem),
            Err(Ok(answer)) => answer,
        };
        match answer {
            Answer::Sort(text) => self.apply_sort(scope, &text)?,
            Answer::Search(text) => {
                self.searched = text;
                self.search(scope, true);
            }
            Answer::GoTo(path) => self.go_to(scope, &path),
            Answer::Column(title) => {
                self.columns.toggle(&title);
                self.measure(self.table_height(scope));
                self.keep_columns(scope);
            }
            // Taken by the editor, or for another kind of tab.
            _ => {}
        }
        self.settle_view(scope);
        Ok(())
    }

    fn edited_externally(&mut self, scope: &mut Scope<'_>, result: Result<String, String>) {
        if let Some(editor) = &mut self.editor {
            editor.edited_externally(scope, result);
        }
    }

    fn unsaved(&self) -> Option<Unsaved> {
        self.has_unsaved().then(|| Unsaved {
            what: self.namespace.to_string(),
            lines: vec![
                format!("the edit in {} is not written.", self.namespace),
                "Its draft stays on disk and is offered again (`drafts` in the palette)."
                    .to_owned(),
            ],
        })
    }

    fn keep_draft(&mut self, scope: &mut Scope<'_>) {
        if let Some(editor) = &mut self.editor {
            editor.keep(scope);
        }
    }

    fn tick(&mut self, scope: &mut Scope<'_>) {
        if let Some(editor) = &mut self.editor {
            editor.tick(scope);
        }
    }

    fn wants_ticks(&self) -> bool {
        self.editor.as_ref().is_some_and(|e| e.wants_ticks())
    }

    fn names_read(&mut self, tree: &Tree) {
        self.kind = self.kind.or(tree.kind_of(&self.profile, &self.namespace));
    }

    fn models_read(&mut self, scope: &mut Scope<'_>) {
        self.model = scope
            .models
            .for_namespace(&self.namespace.database, &self.namespace.collection);
        self.checks = Checks::default();
        self.settle_view(scope);
    }

    fn documents_changed(&mut self, scope: &mut Scope<'_>, namespace: &Namespace) {
        if self.namespace == *namespace {
            self.refresh(scope);
        }
    }

    fn shown(&mut self, scope: &mut Scope<'_>) {
        self.reread(scope);
    }

    fn disconnected(&mut self, _scope: &mut Scope<'_>) {
        self.feed.doubt();
    }

    fn reconnected(&mut self, scope: &mut Scope<'_>) {
        if self.feed.failure().is_some() {
            self.refresh(scope);
        }
    }

    fn close(&mut self, scope: &mut Scope<'_>) {
        self.put_editor_away(scope);
        let source = source!(self);
        self.feed.close(scope, source);
    }

    fn session(&self) -> Option<SessionTab> {
        Some(self.session())
    }
}
