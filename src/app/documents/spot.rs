//! Where the person was in a tab, to come back to: while the program runs, and at its next start.

use super::feed::FeedSpot;
use super::{Documents, View};
use crate::app::scope::Scope;
use crate::config::state::{SessionTab, TabKind};
use crate::value::Path;

/// A place in the documents of a tab.
#[derive(Debug, Clone)]
pub struct Spot {
    feed: FeedSpot,
    view: View,
    path: Path,
    /// The first row on the screen of the document's own picture.
    first: usize,
}

impl Documents {
    /// Where the person is.
    #[must_use]
    pub fn spot(&self) -> Spot {
        let first = match (&self.tree, &self.text) {
            (Some(tree), _) => tree.window.first,
            (None, Some(text)) => text.first,
            (None, None) => 0,
        };
        Spot {
            feed: self.feed.spot(),
            view: self.view,
            path: self.current_path(),
            first,
        }
    }

    /// Goes back to where the person was, as far as it is still there. An edit that is open stays in front.
    pub fn return_to(&mut self, scope: &mut Scope<'_>, spot: &Spot) {
        if self.editor.is_some() {
            return;
        }
        let height = self.table_height(scope);
        self.feed.return_to(&spot.feed, height);
        self.place = spot.path.clone();
        self.view = spot.view;
        if self.view == View::Table {
            self.columns.go_to(&spot.path);
        }
        self.settle_view(scope);
        let rows = scope.regions.main_rows;
        if let Some(tree) = &mut self.tree {
            tree.go_to(&spot.path);
            tree.window.first = spot.first;
            tree.keep_in_sight(rows);
        }
        if let Some(text) = &mut self.text {
            text.go_to(&spot.path);
            text.first = spot.first;
            text.keep_in_sight(rows);
        }
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
