//! What the deck knows of this kind of tab.

use std::time::Duration;

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
        self.typed(scope, input);
    }

    fn pasted(&mut self, scope: &mut Scope<'_>, text: &str) {
        self.pasted(scope, text);
    }

    fn drawn(&mut self, scope: &mut Scope<'_>) {
        self.drawn(scope);
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
        self.settle(scope, task, result, took);
    }

    fn answer(&mut self, scope: &mut Scope<'_>, answer: Answer) -> Result<(), String> {
        self.answer(scope, answer)
    }

    fn edited_externally(&mut self, scope: &mut Scope<'_>, result: Result<String, String>) {
        self.edited_externally(scope, result);
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
        self.keep_draft(scope);
    }

    fn tick(&mut self, scope: &mut Scope<'_>) {
        self.tick(scope);
    }

    fn wants_ticks(&self) -> bool {
        self.wants_ticks()
    }

    fn names_read(&mut self, tree: &Tree) {
        self.kind = self.kind.or(tree.kind_of(&self.profile, &self.namespace));
    }

    fn models_read(&mut self, scope: &mut Scope<'_>) {
        self.models_read(scope);
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
        self.reconnected(scope);
    }

    fn close(&mut self, scope: &mut Scope<'_>) {
        self.close(scope);
    }

    fn session(&self) -> Option<SessionTab> {
        Some(self.session())
    }
}
