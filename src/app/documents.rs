//! A tab: the documents of one collection, through one cursor of the server.
//!
//! This is the router: it holds the parts and hands commands to them. Rows and their reading are in [`rows`] and
//! [`feed`], columns in [`columns`], the filter and the sort in [`filter`], the pictures of one document in [`tree`] and
//! [`text`], what models say in [`checks`]. What the deck asks of a tab is in `pane`, what keeps the parts in step in
//! `picture` and `reading`.

use std::sync::Arc;

use bson::RawDocumentBuf;

use super::command::Command;
use super::context::Context;
use super::editor::Editor;
use super::scope::{Scope, TabId};
use crate::config::state::Draft;
use crate::model::SharedModel;
use crate::mongo::request::{CollectionKind, Find, Namespace, ProfileName, TaskId};
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
mod origin;
mod pane;
mod picture;
mod querying;
mod reading;
mod results;
pub mod rows;
mod spot;
pub mod text;
pub mod tree;
mod violations;

pub use origin::Origin;
pub use picture::{MARGIN, View};
pub use spot::Spot;

pub use super::tab::{Answer, Handled};

use checks::Checks;
use columns::Columns;
use editing::Desk;
use feed::Feed;
use filter::FilterLine;
use text::TextView;
use tree::TreeView;

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

    /// Opens a draft of an earlier run in the editor.
    pub fn resume(&mut self, scope: &mut Scope<'_>, draft: Draft) {
        self.resume_draft(scope, draft);
    }
}
