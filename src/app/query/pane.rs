//! What the deck knows of this kind of tab.

use std::time::Duration;

use super::{Part, Query};
use crate::app::command::Command;
use crate::app::context::Context;
use crate::app::documents::Handled;
use crate::app::regions::Hit;
use crate::app::scope::{Moment, Scope, TabId};
use crate::app::tab::{Answer, Pane, Unsaved};
use crate::app::tree::Tree;
use crate::app::words;
use crate::config::state::{SessionTab, TabKind};
use crate::mongo::request::observe::Building;
use crate::mongo::request::{Failure, Namespace, ProfileName, Reply, TaskId};

/// Lines that a turn of the wheel goes.
const WHEEL: usize = 3;

impl Pane for Query {
    fn id(&self) -> TabId {
        self.tab
    }

    fn profile(&self) -> &ProfileName {
        &self.profile
    }

    fn title(&self) -> String {
        match (&self.held, &self.collection) {
            (Some(held), _) => format!("› {}", held.name),
            (None, Some(collection)) => format!("› {collection}"),
            (None, None) => format!("› {}", self.database),
        }
    }

    fn subject(&self) -> String {
        match (&self.held, &self.collection) {
            (Some(held), _) => format!("query {} in {}", held.name, self.database),
            (None, Some(collection)) => format!("query {}.{collection}", self.database),
            (None, None) => format!("query {}", self.database),
        }
    }

    fn context(&self) -> Context {
        self.context()
    }

    fn command(&mut self, scope: &mut Scope<'_>, command: Command) -> Handled {
        let handled = self.command(scope, command);
        self.follow_stages(scope);
        handled
    }

    fn typed(&mut self, scope: &mut Scope<'_>, input: tui_textarea::Input) {
        if self.part == Part::Results
            && let Some(documents) = &mut self.results.documents
        {
            return documents.typed(scope, input);
        }
        if self.has_form() {
            return self.form_typed(scope, input);
        }
        if self.list_key(scope, &input) {
            return;
        }
        let key = input.clone();
        match self.text.buffer.input(input, scope.regions.text_rows) {
            true => {
                self.changed(scope);
                self.typed_into(scope, &key);
            }
            false => {
                self.list = None;
                self.keep_in_sight(scope);
            }
        }
        self.follow_stages(scope);
    }

    fn pasted(&mut self, scope: &mut Scope<'_>, text: &str) {
        if self.part == Part::Results
            && let Some(documents) = &mut self.results.documents
        {
            return documents.pasted(scope, text);
        }
        if self.has_form() {
            return self.form_pasted(scope, text);
        }
        if self.text.buffer.paste(text) {
            self.changed(scope);
            self.follow_stages(scope);
        }
    }

    fn drawn(&mut self, scope: &mut Scope<'_>) {
        self.keep_in_sight(scope);
        if self.stages.shown {
            self.keep_stage_in_sight(scope);
            if let Some(pictured) = &mut self.stages.previews.pictured {
                pictured.documents.drawn(scope);
            }
            return;
        }
        if let Some(documents) = &mut self.results.documents {
            documents.drawn(scope);
        }
    }

    fn hit(&mut self, scope: &mut Scope<'_>, hit: Hit, double: bool) {
        self.clicked(scope, hit, double);
        self.follow_stages(scope);
    }

    fn wheel(&mut self, scope: &mut Scope<'_>, down: bool) {
        if self.part == Part::Stages {
            let command = match down {
                true => Command::CursorDown,
                false => Command::CursorUp,
            };
            self.stages_command(scope, command);
            return;
        }
        match (&mut self.results.documents, self.part) {
            (Some(documents), Part::Results) => documents.wheel(scope, down),
            _ => {
                let row = self.text.buffer.cursor().0;
                self.text.buffer.go_to_line(match down {
                    true => row + WHEEL,
                    false => row.saturating_sub(WHEEL),
                });
                self.keep_in_sight(scope);
            }
        }
    }

    fn settle(
        &mut self,
        scope: &mut Scope<'_>,
        task: TaskId,
        result: Result<Reply, Failure>,
        took: Duration,
    ) {
        self.settled(scope, task, result, took);
    }

    fn shown(&mut self, scope: &mut Scope<'_>) {
        self.fresh_previews(scope);
    }

    fn disconnected(&mut self, _scope: &mut Scope<'_>) {
        if let Some(documents) = &mut self.results.documents {
            documents.feed.doubt();
        }
    }

    fn answer(&mut self, scope: &mut Scope<'_>, answer: Answer) -> Result<(), String> {
        let answered = self.answered(scope, answer);
        self.follow_stages(scope);
        answered
    }

    fn edited_externally(&mut self, scope: &mut Scope<'_>, result: Result<String, String>) {
        if self.is_editing()
            && let Some(documents) = &mut self.results.documents
        {
            return documents.edited_externally(scope, result);
        }
        match result {
            Err(problem) => scope.warn(problem),
            Ok(text) => {
                let text = text.strip_suffix('\n').unwrap_or(&text);
                if !self.text.buffer.holds(text) {
                    self.set_text(scope, text);
                }
            }
        }
    }

    fn unsaved(&self) -> Option<Unsaved> {
        if let Some(what) = self.running.as_ref().and_then(|r| r.writes.clone()) {
            return Some(Unsaved {
                what: self.subject(),
                lines: vec![
                    format!("still under way: it {what}."),
                    "It is stopped; what it did so far stays done.".to_owned(),
                ],
            });
        }
        let documents = self.results.documents.as_ref()?;
        Pane::unsaved(&**documents)
    }

    fn keep_draft(&mut self, scope: &mut Scope<'_>) {
        if let Some(documents) = &mut self.results.documents {
            documents.keep_draft(scope);
        }
    }

    fn tick(&mut self, scope: &mut Scope<'_>) {
        let around = super::Around {
            database: &self.database,
            collection: self.collection.as_deref(),
            parameters: &self.bound.values,
            now: scope.now,
        };
        self.text.tick(around);
        self.preview_tick(scope);
        self.watch_tick(scope);
        if let Some(documents) = &mut self.results.documents {
            documents.tick(scope);
        }
    }

    fn building(&mut self, task: TaskId, building: Option<Building>) {
        if let Some(running) = self.running.as_mut().filter(|r| r.task == task) {
            running.building = building;
        }
    }

    fn wants_ticks(&self) -> bool {
        self.text.wants_ticks()
            || self.watch.is_some()
            || self.running.is_some()
            || self.stages.previews.is_busy()
            || (self.results.documents.as_ref()).is_some_and(|d| d.wants_ticks())
    }

    fn wakes_at(&self, now: Moment) -> Option<Moment> {
        let at = self.results.at?;
        let next = words::next_age(now.since(at));
        let millis = u64::try_from(next.as_millis()).unwrap_or(u64::MAX);
        Some(Moment(at.0.saturating_add(millis)))
    }

    fn names_read(&mut self, tree: &Tree) {
        self.known.names.clear();
        for (profile, place) in tree.namespaces() {
            if profile == self.profile {
                let names = self.known.names.entry(place.database).or_default();
                names.push(place.collection);
            }
        }
        if let Some(documents) = &mut self.results.documents {
            documents.names_read(tree);
        }
    }

    fn documents_changed(&mut self, scope: &mut Scope<'_>, namespace: &Namespace) {
        if let Some(documents) = &mut self.results.documents
            && documents.namespace == *namespace
            && documents.whole().is_ok()
        {
            documents.refresh(scope);
        }
    }

    fn close(&mut self, scope: &mut Scope<'_>) {
        self.close_all(scope);
    }

    fn session(&self) -> Option<SessionTab> {
        Some(SessionTab {
            kind: TabKind::Query,
            profile: self.profile.to_string(),
            namespace: match &self.collection {
                Some(collection) => format!("{}.{collection}", self.database),
                None => self.database.clone(),
            },
            filter: match crate::query::secret::may_hold_a_secret(&self.text.buffer.text()) {
                true => String::new(),
                false => self.text.buffer.text(),
            },
            sort: String::new(),
            view: String::new(),
        })
    }
}
