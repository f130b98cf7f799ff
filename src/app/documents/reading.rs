//! Reading the documents: asking for them, taking what comes, reading again.

use std::sync::Arc;
use std::time::Duration;

use bson::RawDocumentBuf;

use super::feed::{Arrival, Asked};
use super::{Documents, Origin, rows};
use crate::app::scope::{Asker, Scope};
use crate::mongo::request::{CollectionKind, Failure, Reply, Request, TaskId};

impl Documents {
    /// Opens the cursor anew. With `keep`, the person's cursor goes back to the document it is on.
    pub(super) fn read(&mut self, scope: &mut Scope<'_>, keep: bool) {
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

    /// Reads again; the cursor stays on its document where it is still there.
    pub fn refresh(&mut self, scope: &mut Scope<'_>) {
        self.read(scope, true);
    }

    /// Reads again what was read before the server went away. What a statement gave stays, marked as it is: running it
    /// again is for the person to say, and under an editor nothing is moved.
    pub fn reread(&mut self, scope: &mut Scope<'_>) {
        let ready = scope.profiles.answers(&self.profile);
        if ready
            && self.feed.doubtful_since().is_some()
            && self.origin == Origin::Collection
            && self.editor.is_none()
            && !self.feed.is_loading()
        {
            self.refresh(scope);
        }
    }

    /// Shows another version of a document that was written, in the place of the one with the same `_id`.
    pub fn replace(&mut self, scope: &mut Scope<'_>, document: Arc<RawDocumentBuf>) {
        if let Some(id) = rows::identity(&document) {
            self.feed.rows.replace(&id, document);
        }
        self.settle_view(scope);
    }

    /// Takes the result of a task that reads.
    pub(super) fn read_settled(
        &mut self,
        scope: &mut Scope<'_>,
        task: TaskId,
        result: Result<Reply, Failure>,
        took: Duration,
    ) {
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
}
