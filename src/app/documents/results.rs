//! Documents that a statement gave, or that are what it came to.
//!
//! The statement was run elsewhere: a feed that is open is taken over, a value is shown as it is.

use std::sync::Arc;
use std::time::Duration;

use bson::RawDocumentBuf;

use super::feed::Feed;
use super::rows::Rows;
use super::{Documents, Origin, View};
use crate::app::scope::{Scope, TabId};
use crate::mongo::request::{Namespace, Page, ProfileName};
use crate::query::Statement;

impl Documents {
    /// The documents of a feed that a statement opened, from its first page on.
    pub fn of_statement(
        scope: &mut Scope<'_>,
        tab: TabId,
        profile: ProfileName,
        namespace: Namespace,
        statement: Arc<Statement>,
        page: &Page,
        took: Duration,
    ) -> Self {
        let whole = statement.gives_whole_documents();
        let mut documents = Self::idle(scope, tab, profile, namespace);
        if !whole {
            // What a pipeline or a projection gives is not laid out, nor checked, as the collection's documents are.
            documents.model = None;
            documents.columns = super::Columns::new(None, None);
        }
        documents.origin = Origin::Statement(statement);
        documents.take_page(scope, page, took, false);
        documents
    }

    /// Shows what the same statement gave when it was run again; the cursor stays on its document.
    pub fn again(&mut self, scope: &mut Scope<'_>, page: &Page, took: Duration) {
        self.take_page(scope, page, took, true);
    }

    fn take_page(&mut self, scope: &mut Scope<'_>, page: &Page, took: Duration, keep: bool) {
        let height = self.table_height(scope);
        let source = super::source!(self);
        self.feed.adopt(scope, source, page, took, height, keep);
        self.columns.discover(self.feed.rows.kept().map(|(_, d)| d));
        self.settle_view(scope);
        self.measure(height);
        self.settle_view(scope);
    }

    /// What a statement came to, as documents that were not read from a cursor.
    pub fn of_value(
        scope: &mut Scope<'_>,
        tab: TabId,
        profile: ProfileName,
        namespace: Namespace,
        documents: Vec<RawDocumentBuf>,
        took: Duration,
    ) -> Self {
        let mut shown = Self::idle(scope, tab, profile, namespace);
        shown.model = None;
        shown.columns = super::Columns::new(None, None);
        shown.origin = Origin::Value;
        shown.view = match documents.len() {
            1 => View::Text,
            _ => View::Table,
        };
        let rows = Rows::fixed(documents.into_iter().map(Arc::new).collect());
        shown.feed = Feed::fixed(scope.ids.feed(), rows, took);
        let height = shown.table_height(scope);
        shown
            .columns
            .discover(shown.feed.rows.kept().map(|(_, d)| d));
        shown.settle_view(scope);
        shown.measure(height);
        shown.settle_view(scope);
        shown
    }

    /// Stops what is being read; what is there stays. Whether anything was.
    pub fn stop(&mut self, scope: &mut Scope<'_>) -> bool {
        self.feed.stop(scope)
    }

    /// How many documents were read so far, and whether those are all.
    #[must_use]
    pub fn so_far(&self) -> (u64, bool) {
        match self.feed.rows.total() {
            Some(total) => (total, true),
            None => (self.feed.rows.reach(), false),
        }
    }
}
