//! The pictures of the documents: which one is shown, and what has to follow when the cursor, the rows or the frame change.
//!
//! Invariant: after [`Documents::settle_view`] the cursor is in sight, and the picture of one document is that of the
//! document under the cursor.

use std::sync::Arc;

use super::text::TextView;
use super::tree::TreeView;
use super::{Documents, checks};
use crate::app::scope::Scope;

/// The fewest rows that columns are fitted to.
const MEASURED: i64 = 50;

/// Columns of characters for the marks on the left: the cursor's row and a row with violations.
pub const MARGIN: u16 = 2;

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

    pub(super) fn from_name(name: &str) -> Self {
        let all = [Self::Table, Self::Tree, Self::Text];
        all.into_iter()
            .find(|v| v.name() == name)
            .unwrap_or_default()
    }
}

impl Documents {
    /// Turns to another picture, as a person does.
    pub fn set_view(&mut self, scope: &mut Scope<'_>, view: View) {
        self.show(view);
        self.settle_view(scope);
    }

    /// Turns to another picture; the cursor stays at its place in the document.
    pub(super) fn show(&mut self, view: View) {
        self.place = self.current_path();
        if view == View::Table {
            self.columns.go_to(&self.place);
        }
        self.view = view;
    }

    /// Brings everything that follows from the cursor into step with it: what is in sight, what is read ahead, the
    /// picture of the document, its violations.
    pub(super) fn settle_view(&mut self, scope: &mut Scope<'_>) {
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
    pub(super) fn table_height(&self, scope: &Scope<'_>) -> usize {
        scope.regions.main_rows.max(1)
    }

    /// Fits the columns to the rows in sight and to those just below.
    pub(super) fn measure(&mut self, height: usize) {
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
}

/// Columns of characters that the table has, beside the margin of marks.
fn table_width(scope: &Scope<'_>) -> u16 {
    u16::try_from(scope.regions.main_width)
        .unwrap_or(u16::MAX)
        .saturating_sub(MARGIN)
}
