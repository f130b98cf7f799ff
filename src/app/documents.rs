//! A tab: the documents of one collection, through one cursor of the server.
//!
//! This is the router: it holds the parts and hands commands to them. Rows and their reading are in [`rows`] and
//! [`feed`], columns in [`columns`], the filter and the sort in [`filter`], the pictures of one document in [`tree`] and
//! [`text`], what models say in [`checks`].

use std::sync::Arc;
use std::time::Duration;

use bson::RawDocumentBuf;

use super::command::Command;
use super::context::Context;
use super::editor::Editor;
use super::scope::{Asker, Scope, TabId};
use crate::config::state::{Draft, SessionTab, TabKind};
use crate::model::SharedModel;
use crate::mongo::request::{
    CollectionKind, Failure, Find, Namespace, ProfileName, Reply, Request, TaskId,
};
use crate::query::Statement;
use crate::value::{Path, Value};

/// What the requests of a tab name, borrowed so that the feed can be changed beside it.
macro_rules! source {
    ($documents:ident) => {
        $crate::app::documents::feed::Source {
            tab: $documents.tab,
            profile: &$documents.profile,
            namespace: &$documents.namespace,
        }
    };
}
use source;

pub mod cells;
pub mod chart;
pub mod checks;
pub mod columns;
mod copying;
mod editing;
mod exporting;
pub mod feed;
pub mod filter;
pub mod find;
mod following;
mod moving;
mod pane;
mod querying;
mod results;
pub mod rows;
mod spot;
pub mod text;
pub mod tree;
mod violations;

pub use spot::Spot;

pub use super::tab::{Answer, Handled};

use checks::Checks;
use columns::Columns;
use editing::Desk;
use feed::{Arrival, Asked, Feed};
use filter::FilterLine;
use text::TextView;
use tree::TreeView;

/// Which picture of the documents is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum View {
    /// A row for each document.
    #[default]
    Table,
    /// The fields of the document under the cursor, to be opened and closed.
    Tree,
    /// The document under the cursor as shell text.
    Text,
    /// The result as a chart.
    Chart,
}

impl View {
    /// Its name in a kept session.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Tree => "tree",
            Self::Text => "text",
            Self::Chart => "chart",
        }
    }

    fn from_name(name: &str) -> Self {
        let all = [Self::Table, Self::Tree, Self::Text];
        all.into_iter()
            .find(|v| v.name() == name)
            .unwrap_or_default()
    }
}

/// Where the documents come from.
#[derive(Debug, Clone, PartialEq)]
pub enum Origin {
    /// From a collection, by a find of this tab's own.
    Collection,
    /// From a statement.
    Statement(Arc<Statement>),
    /// They are what a statement came to: nothing more can be read.
    Value,
}

/// The documents of one collection.
#[derive(Debug)]
pub struct Documents {
    /// The tab.
    pub tab: TabId,
    /// The profile.
    pub profile: ProfileName,
    /// The collection.
    pub namespace: Namespace,
    /// What the collection is; `None` until its database's list has been read.
    pub kind: Option<CollectionKind>,
    /// The model of the collection's documents, where there is one.
    pub model: Option<SharedModel>,
    /// Which picture is shown.
    pub view: View,
    /// Where the documents come from.
    pub origin: Origin,
    /// What was asked of the server, where they come from a collection.
    pub find: Find,
    /// The filter that `find` has, and the line to change it.
    pub filter: FilterLine,
    /// The sort that `find` has, as typed; empty for none.
    pub sort: String,
    /// The rows.
    pub feed: Feed,
    /// The columns of the table.
    pub columns: Columns,
    /// The violations of the documents in sight.
    pub checks: Checks,
    /// The document under the cursor as a tree, while that is shown.
    pub tree: Option<TreeView>,
    /// The document under the cursor as text, while that is shown.
    pub text: Option<TextView>,
    /// The result as a chart, once that was shown.
    pub chart: Option<chart::ChartView>,
    /// About how many documents the whole collection holds.
    pub estimate: Option<u64>,
    /// The editor, while a document is edited.
    pub editor: Option<Box<Editor>>,
    desk: Desk,
    estimate_task: Option<TaskId>,
    searched: String,
    /// The place in the document that the cursor is at, kept when the picture or the document changes.
    place: Path,
}

impl Documents {
    /// Opens the documents of a collection.
    pub fn open(
        scope: &mut Scope<'_>,
        tab: TabId,
        profile: ProfileName,
        namespace: Namespace,
    ) -> Self {
        Self::open_filtered(scope, tab, profile, namespace, "")
    }

    /// Opens those documents of a collection that a filter matches; all of them where it does not parse.
    pub fn open_filtered(
        scope: &mut Scope<'_>,
        tab: TabId,
        profile: ProfileName,
        namespace: Namespace,
        filter: &str,
    ) -> Self {
        let mut documents = Self::idle(scope, tab, profile, namespace);
        if let Err(problem) = documents.take_filter(scope, filter) {
            scope.warn(format!("the filter `{filter}` was left out: {problem}"));
        }
        documents.read(scope, false);
        documents
    }

    /// A tab that has asked for nothing.
    fn idle(scope: &mut Scope<'_>, tab: TabId, profile: ProfileName, namespace: Namespace) -> Self {
        let model = scope
            .models
            .for_namespace(&namespace.database, &namespace.collection);
        let key = crate::config::state::layout_key(profile.as_str(), &namespace.to_string());
        let columns = Columns::new(scope.layouts.get(&key), model.as_deref());
        Self {
            tab,
            profile,
            namespace,
            kind: None,
            model,
            view: View::Table,
            origin: Origin::Collection,
            find: Find::all(),
            filter: FilterLine::default(),
            sort: String::new(),
            feed: Feed::new(scope.ids.feed()),
            columns,
            checks: Checks::default(),
            tree: None,
            text: None,
            chart: None,
            estimate: None,
            editor: None,
            desk: Desk::default(),
            estimate_task: None,
            searched: String::new(),
            place: Path::root(),
        }
    }

    /// Opens the cursor anew. With `keep`, the person's cursor goes back to the document it is on.
    fn read(&mut self, scope: &mut Scope<'_>, keep: bool) {
        let source = source!(self);
        let asked = match &self.origin {
            Origin::Collection => Asked::Find(&self.find),
            Origin::Statement(statement) => Asked::Statement(statement),
            Origin::Value => return,
        };
        self.feed.open(scope, source, asked, keep);
        if let Some(task) = self.estimate_task.take() {
            scope.cancel(task);
        }
    }

    /// The document under the cursor. It is the one that was read before while others are awaited.
    #[must_use]
    pub fn current(&self) -> Option<Arc<RawDocumentBuf>> {
        self.feed.rows.current().cloned()
    }

    /// The place in that document that the cursor is at; the root for the whole document.
    #[must_use]
    pub fn current_path(&self) -> Path {
        match self.view {
            View::Table => self
                .columns
                .current()
                .map_or_else(Path::root, |c| c.path.clone()),
            View::Tree => self.tree.as_ref().map_or_else(Path::root, TreeView::path),
            View::Text => self.text.as_ref().map_or_else(Path::root, TextView::path),
            View::Chart => Path::root(),
        }
    }

    /// The value at that place; `None` where there is none.
    #[must_use]
    pub fn current_value(&self) -> Option<Value> {
        let document = self.current()?;
        let path = self.current_path();
        if path.is_root() {
            return Some(Value::document(&document));
        }
        path.get(&document).map(Value::new)
    }

    /// Whether whole documents are shown, which can be changed. Whether the profile may be written to is another
    /// question, asked when something is to be written.
    ///
    /// # Errors
    /// Why not, in words that say what to do.
    pub fn whole(&self) -> Result<(), String> {
        match &self.origin {
            Origin::Collection => {}
            Origin::Statement(statement) if statement.gives_whole_documents() => {}
            Origin::Statement(_) => {
                return Err(
                    "these are results, not whole documents: only those of a `find` without a \
                     projection can be edited"
                        .to_owned(),
                );
            }
            Origin::Value => {
                return Err("this is a result, not a document of a collection".to_owned());
            }
        }
        match self.kind {
            Some(CollectionKind::View) => {
                return Err(format!(
                    "`{}` is a view: edit the collection that it reads",
                    self.namespace
                ));
            }
            Some(CollectionKind::TimeSeries) => {
                return Err(format!(
                    "`{}` is a time series: its documents cannot be edited one by one",
                    self.namespace
                ));
            }
            Some(CollectionKind::System) => {
                return Err(format!("`{}` belongs to the server", self.namespace));
            }
            Some(CollectionKind::Collection | CollectionKind::Capped) | None => {}
        }
        if self.find.projection.is_some() {
            return Err("these are parts of documents: only whole ones can be edited".to_owned());
        }
        Ok(())
    }

    /// Shows another version of a document that was written, in the place of the one with the same `_id`.
    pub fn replace(&mut self, scope: &mut Scope<'_>, document: Arc<RawDocumentBuf>) {
        if let Some(id) = rows::identity(&document) {
            self.feed.rows.replace(&id, document);
        }
        self.settle_view(scope);
    }

    /// The context of the keys while this tab has them.
    #[must_use]
    pub fn context(&self) -> Context {
        if let Some(editor) = &self.editor {
            return editor.context();
        }
        match self.view {
            _ if self.filter.field.is_some() => Context::Input,
            View::Table => Context::Table,
            View::Tree => Context::Outline,
            View::Text => Context::Text,
            View::Chart => Context::Chart,
        }
    }

    /// Takes a command.
    pub fn command(&mut self, scope: &mut Scope<'_>, command: Command) -> Handled {
        if let Some(editor) = &mut self.editor {
            let handled = editor.command(scope, command);
            self.after_edit(scope);
            return handled;
        }
        if self.filter.field.is_some() {
            return self.filter_command(scope, command);
        }
        let handled = match self.common_command(scope, command) {
            Handled::Yes => Handled::Yes,
            Handled::No => match self.view {
                View::Table => self.table_command(scope, command),
                View::Tree | View::Text => self.document_command(scope, command),
                View::Chart => self.chart_command(scope, command),
            },
        };
        if handled == Handled::Yes {
            self.settle_view(scope);
        }
        handled
    }

    /// What holds in every picture.
    fn common_command(&mut self, scope: &mut Scope<'_>, command: Command) -> Handled {
        match command {
            Command::ViewNext => self.show(match self.view {
                View::Table => View::Tree,
                View::Tree => View::Text,
                View::Text if self.groups() => View::Chart,
                View::Text | View::Chart => View::Table,
            }),
            Command::Chart if self.view == View::Chart => self.show(View::Table),
            Command::Chart => self.show_chart(scope, None),
            Command::Refresh => self.refresh(scope),
            Command::Export => self.export(scope),
            Command::Filter => self.filter.open(),
            Command::ClearFilter if !self.filter.applied.is_empty() => {
                let _ = self.apply_filter(scope, "");
            }
            Command::Sort => self.prompt_sort(scope),
            Command::Follow => self.follow(scope),
            Command::Referrers => self.list_referrers(scope),
            Command::Violations => self.list_violations(scope),
            Command::NextViolation => self.next_violation(scope, true),
            Command::PreviousViolation => self.next_violation(scope, false),
            Command::Query => {
                let collection = &self.namespace.collection;
                let text = crate::app::query::opening::find_text(
                    collection,
                    &self.filter.applied,
                    &self.sort,
                );
                scope.go_to(crate::app::tab::Destination::Query {
                    profile: self.profile.clone(),
                    database: self.namespace.database.clone(),
                    collection: Some(collection.clone()),
                    text,
                });
            }
            Command::FindForm => scope.go_to(crate::app::tab::Destination::FindForm {
                profile: self.profile.clone(),
                namespace: self.namespace.clone(),
                text: crate::app::query::opening::find_text(
                    &self.namespace.collection,
                    &self.filter.applied,
                    &self.sort,
                ),
            }),
            Command::Details => {
                super::administration::show_details(scope, &self.profile, self.namespace.clone());
            }
            Command::Check => scope.go_to(super::tab::Destination::Drift {
                profile: self.profile.clone(),
                namespaces: vec![self.namespace.clone()],
            }),
            Command::Model => scope.go_to(super::tab::Destination::Models {
                profile: self.profile.clone(),
                namespace: Some(self.namespace.clone()),
            }),
            command => {
                return match self.copy_command(scope, command) {
                    Handled::Yes => Handled::Yes,
                    Handled::No => self.edit_command(scope, command),
                };
            }
        }
        Handled::Yes
    }

    /// Turns to another picture; the cursor stays at its place in the document.
    fn show(&mut self, view: View) {
        self.place = self.current_path();
        if view == View::Table {
            self.columns.go_to(&self.place);
        }
        self.view = view;
    }

    /// Brings everything that follows from the cursor into step with it: what is in sight, what is read ahead, the
    /// picture of the document, its violations.
    fn settle_view(&mut self, scope: &mut Scope<'_>) {
        let height = self.table_height(scope);
        self.feed.rows.keep_in_sight(height);
        self.columns.keep_in_sight(table_width(scope));
        if !self.feed.is_outdated() {
            let source = source!(self);
            self.feed.fill(scope, source, height);
        }
        self.fill_chart(scope);
        let current = self.feed.rows.current().cloned();
        match (self.view, &current) {
            (View::Tree, Some(document)) => {
                if !self.tree.as_ref().is_some_and(|t| t.shows(document)) {
                    self.keep_place();
                    self.tree = Some(TreeView::new(Arc::clone(document), &self.place));
                }
                self.text = None;
            }
            (View::Text, Some(document)) => {
                if !self.text.as_ref().is_some_and(|t| t.shows(document)) {
                    self.keep_place();
                    self.text = Some(TextView::new(Arc::clone(document), &self.place));
                }
                self.tree = None;
            }
            (View::Table | View::Chart, _) | (_, None) => {
                self.tree = None;
                self.text = None;
            }
        }
        let rows = scope.regions.main_rows;
        if let Some(tree) = &mut self.tree {
            tree.keep_in_sight(rows);
        }
        if let Some(text) = &mut self.text {
            text.keep_in_sight(rows);
        }
        let top = self.feed.rows.top();
        let others: Vec<_> = match self.view {
            View::Table => (0..height as i64)
                .filter_map(|y| self.feed.rows.get(top + y).cloned())
                .collect(),
            View::Tree | View::Text | View::Chart => Vec::new(),
        };
        let alone = current
            .as_ref()
            .filter(|d| self.view != View::Table || !checks::is_large(d));
        self.checks.look(self.model.as_deref(), alone, others);
    }

    fn keep_place(&mut self) {
        let shown = self.tree.is_some() || self.text.is_some();
        if shown {
            let path = self.current_path();
            if !path.is_root() {
                self.place = path;
            }
        }
    }

    /// Rows of the table that fit. Other pictures of one document leave the table as it was.
    fn table_height(&self, scope: &Scope<'_>) -> usize {
        scope.regions.main_rows.max(1)
    }

    /// Takes a typed key.
    pub fn typed(&mut self, scope: &mut Scope<'_>, input: tui_textarea::Input) {
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

    /// Takes pasted text.
    pub fn pasted(&mut self, scope: &mut Scope<'_>, text: &str) {
        if let Some(editor) = &mut self.editor {
            return editor.pasted(scope, text);
        }
        if let Some(field) = &mut self.filter.field
            && field.paste(text)
        {
            self.filter.changed();
        }
    }

    /// A frame was drawn: the number of rows that fit may have changed.
    pub fn drawn(&mut self, scope: &mut Scope<'_>) {
        if let Some(editor) = &mut self.editor {
            return editor.drawn(scope);
        }
        self.settle_view(scope);
    }

    /// Takes the result of a task that this tab asked for.
    pub fn settle(
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
        if self.estimate_task == Some(task) {
            self.estimate_task = None;
            if let Ok(Reply::Sizes(sizes)) = result {
                self.estimate = sizes.first().map(|(_, size)| size.documents);
            }
            return;
        }
        let height = self.table_height(scope);
        let source = source!(self);
        let arrival = self.feed.settle(scope, source, task, result, took, height);
        match arrival {
            Arrival::Stale => return,
            Arrival::Fresh => {
                self.columns.discover(self.feed.rows.kept().map(|(_, d)| d));
                self.settle_view(scope);
                self.measure(height);
                self.tell_dangling(scope);
                self.ask_estimate(scope);
            }
            Arrival::More => self.columns.discover(self.feed.rows.kept().map(|(_, d)| d)),
            Arrival::Failed => {}
        }
        self.settle_view(scope);
    }

    /// Fits the columns to the rows in sight and to those just below.
    fn measure(&mut self, height: usize) {
        let top = self.feed.rows.top();
        let rows: Vec<_> = (0..(2 * height as i64).max(MEASURED))
            .filter_map(|y| self.feed.rows.get(top + y).cloned())
            .map(|document| {
                let violations = self.checks.of(&document);
                (document, violations)
            })
            .collect();
        self.columns.measure(&rows);
    }

    fn ask_estimate(&mut self, scope: &mut Scope<'_>) {
        let sized =
            self.origin == Origin::Collection && !matches!(self.kind, Some(CollectionKind::View));
        if sized && self.estimate_task.is_none() && self.feed.rows.total().is_none() {
            let request = Request::Sizes {
                database: self.namespace.database.clone(),
                collections: vec![self.namespace.collection.clone()],
            };
            self.estimate_task = Some(scope.ask(Asker::Tab(self.tab), &self.profile, request));
        }
    }

    /// Takes an overlay's answer.
    ///
    /// # Errors
    /// Why it cannot be taken; a prompt then stays open with these words.
    pub fn answer(&mut self, scope: &mut Scope<'_>, answer: Answer) -> Result<(), String> {
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

    /// Takes the text that the person's own editor left.
    pub fn edited_externally(&mut self, scope: &mut Scope<'_>, result: Result<String, String>) {
        if let Some(editor) = &mut self.editor {
            editor.edited_externally(scope, result);
        }
    }

    /// Opens a draft of an earlier run in the editor.
    pub fn resume(&mut self, scope: &mut Scope<'_>, draft: Draft) {
        self.resume_draft(scope, draft);
    }

    /// Whether something typed is not written so far.
    #[must_use]
    pub fn has_unsaved(&self) -> bool {
        self.editor.as_ref().is_some_and(|e| e.is_changed())
    }

    /// Reads again; the cursor stays on its document where it is still there.
    pub fn refresh(&mut self, scope: &mut Scope<'_>) {
        self.read(scope, true);
    }

    /// The models were read again: documents in sight are held to the new ones.
    pub fn models_read(&mut self, scope: &mut Scope<'_>) {
        self.model = scope
            .models
            .for_namespace(&self.namespace.database, &self.namespace.collection);
        self.checks = Checks::default();
        self.settle_view(scope);
    }

    /// The profile answers again after it did not.
    pub fn reconnected(&mut self, scope: &mut Scope<'_>) {
        if self.feed.failure().is_some() {
            self.refresh(scope);
        }
    }

    /// Reads again what was read before the server went away. What a statement gave stays, marked as it is: running it
    /// again is for the person to say, and under an editor nothing is moved.
    pub fn reread(&mut self, scope: &mut Scope<'_>) {
        let ready = scope
            .profiles
            .get(&self.profile)
            .is_some_and(|p| p.is_ready());
        if ready
            && self.feed.doubtful_since().is_some()
            && self.origin == Origin::Collection
            && self.editor.is_none()
            && !self.feed.is_loading()
        {
            self.refresh(scope);
        }
    }

    /// Frees what the tab holds on the server and in the runner.
    pub fn close(&mut self, scope: &mut Scope<'_>) {
        self.put_editor_away(scope);
        let source = source!(self);
        self.feed.close(scope, source);
    }

    /// What `--last` needs to open it again.
    #[must_use]
    pub fn session(&self) -> SessionTab {
        SessionTab {
            kind: TabKind::Documents,
            profile: self.profile.to_string(),
            namespace: self.namespace.to_string(),
            filter: self.filter.applied.clone(),
            sort: self.sort.clone(),
            view: self.view.name().to_owned(),
        }
    }

    /// Opens with what `--last` kept.
    pub fn restore(&mut self, scope: &mut Scope<'_>, session: &SessionTab) {
        self.view = View::from_name(&session.view);
        if session.filter == self.filter.applied && session.sort == self.sort {
            return;
        }
        let filter = self.take_filter(scope, &session.filter);
        let sort = self.take_sort(scope, &session.sort);
        for problem in [filter, sort].into_iter().filter_map(Result::err) {
            scope.warn(format!(
                "`{}` is not filtered and sorted as it was: {problem}",
                self.namespace
            ));
        }
        self.read(scope, false);
    }
}

/// Columns of characters that the table has, beside the margin of marks.
fn table_width(scope: &Scope<'_>) -> u16 {
    u16::try_from(scope.regions.main_width)
        .unwrap_or(u16::MAX)
        .saturating_sub(MARGIN)
}

/// The fewest rows that columns are fitted to.
const MEASURED: i64 = 50;

/// Columns of characters for the marks on the left: the cursor's row and a row with violations.
pub const MARGIN: u16 = 2;
