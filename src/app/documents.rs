//! A tab: the documents of one collection, through one cursor of the server.

use std::time::Duration;

use super::command::Command;
use super::context::Context;
use super::regions::Hit;
use super::scope::{Asker, Scope, TabId};
use super::slot::Slot;
use crate::config::state::{Draft, SessionTab};
use crate::mongo::request::{
    Failure, FeedId, Find, Namespace, Page, ProfileName, Reply, Request, TaskId,
};
use crate::value::Path;

/// Whether a command was for the pane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handled {
    /// It was, and is done.
    Yes,
    /// It was not.
    No,
}

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
}

/// What an overlay answers to the tab that opened it.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// Delete the document under the cursor.
    DeleteDocument,
    /// Throw the editor's draft away.
    DiscardDraft,
    /// Sort by this document, as typed; empty for no sort. `Err` keeps the prompt open with the reason.
    Sort(String),
    /// Search for this text.
    Search(String),
    /// Go to this place of the document.
    GoTo(Path),
    /// Change the value under the cursor to this kind.
    Kind(&'static str),
    /// Show or hide this column.
    Column(String),
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
    /// The feed that is open.
    pub feed: FeedId,
    /// What was asked of the server.
    pub find: Find,
    /// The page that is shown.
    pub page: Slot<Page>,
    /// Which picture is shown.
    pub view: View,
}

impl Documents {
    /// Opens the documents of a collection.
    pub fn open(
        scope: &mut Scope<'_>,
        tab: TabId,
        profile: ProfileName,
        namespace: Namespace,
    ) -> Self {
        let feed = scope.ids.feed();
        let mut documents = Self {
            tab,
            profile,
            namespace,
            feed,
            find: Find::all(),
            page: Slot::default(),
            view: View::Table,
        };
        documents.read(scope);
        documents
    }

    fn read(&mut self, scope: &mut Scope<'_>) {
        let request = Request::OpenFeed {
            feed: self.feed,
            namespace: self.namespace.clone(),
            find: self.find.clone(),
            count: scope.regions.main_rows.max(50),
        };
        let task = scope.ask(Asker::Tab(self.tab), &self.profile, request);
        self.page.begin(task);
    }

    /// The context of the keys while this tab has them.
    #[must_use]
    pub fn context(&self) -> Context {
        match self.view {
            View::Table => Context::Table,
            View::Tree => Context::Outline,
            View::Text => Context::Text,
        }
    }

    /// Takes a command.
    pub fn command(&mut self, _scope: &mut Scope<'_>, _command: Command) -> Handled {
        Handled::No
    }

    /// Takes a typed key.
    pub fn typed(&mut self, _scope: &mut Scope<'_>, _input: tui_textarea::Input) {}

    /// Takes pasted text.
    pub fn pasted(&mut self, _scope: &mut Scope<'_>, _text: &str) {}

    /// Takes a click, or a double click, on what lies under the mouse.
    pub fn hit(&mut self, _scope: &mut Scope<'_>, _hit: Hit, _double: bool) {}

    /// Takes a turn of the wheel.
    pub fn wheel(&mut self, _scope: &mut Scope<'_>, _down: bool) {}

    /// A frame was drawn: the number of rows that fit may have changed.
    pub fn drawn(&mut self, _scope: &mut Scope<'_>) {}

    /// Takes the result of a task that this tab asked for.
    pub fn settle(
        &mut self,
        _scope: &mut Scope<'_>,
        task: TaskId,
        result: Result<Reply, Failure>,
        _took: Duration,
    ) {
        self.page.settle(
            task,
            result.and_then(|r| match r {
                Reply::Page(page) => Ok(page),
                _ => Err(Failure::new(
                    crate::mongo::request::FailureKind::Other,
                    "the answer was of another kind",
                )),
            }),
        );
    }

    /// Takes an overlay's answer.
    ///
    /// # Errors
    /// Why it cannot be taken; a prompt then stays open with these words.
    pub fn answer(&mut self, _scope: &mut Scope<'_>, _answer: Answer) -> Result<(), String> {
        Ok(())
    }

    /// Takes the text that the person's own editor left.
    pub fn edited_externally(&mut self, _scope: &mut Scope<'_>, _result: Result<String, String>) {}

    /// Opens a draft of an earlier run in the editor.
    pub fn resume(&mut self, _scope: &mut Scope<'_>, _draft: Draft) {}

    /// Whether something typed is not written so far.
    #[must_use]
    pub fn has_unsaved(&self) -> bool {
        false
    }

    /// The document was written by an undo: shows it as it is now.
    pub fn refresh(&mut self, scope: &mut Scope<'_>) {
        self.close(scope);
        self.feed = scope.ids.feed();
        self.read(scope);
    }

    /// The profile answers again after it did not.
    pub fn reconnected(&mut self, scope: &mut Scope<'_>) {
        if self.page.failure().is_some() {
            self.refresh(scope);
        }
    }

    /// Frees what the tab holds on the server and in the runner.
    pub fn close(&mut self, scope: &mut Scope<'_>) {
        scope.ask(
            Asker::Nobody,
            &self.profile,
            Request::CloseFeed { feed: self.feed },
        );
    }

    /// What `--last` needs to open it again.
    #[must_use]
    pub fn session(&self) -> SessionTab {
        SessionTab {
            profile: self.profile.to_string(),
            namespace: self.namespace.to_string(),
            filter: String::new(),
            sort: String::new(),
            view: String::new(),
        }
    }

    /// Opens with what `--last` kept.
    pub fn restore(&mut self, _scope: &mut Scope<'_>, _session: &SessionTab) {}
}
