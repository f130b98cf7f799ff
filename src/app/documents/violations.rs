//! Going through the places where documents break their model.

use std::sync::Arc;

use super::{Documents, View, checks};
use crate::app::overlay::Overlay;
use crate::app::picker::{Choice, Item, Picker};
use crate::app::scope::Scope;
use crate::model::{Severity, Violation};
use crate::value::Path;

impl Documents {
    /// The violations of the document under the cursor.
    #[must_use]
    pub fn violations(&self) -> &[Violation] {
        match self.feed.rows.current() {
            Some(document) => self.checks.of(document),
            None => &[],
        }
    }

    /// Opens the list of the violations of the document under the cursor.
    pub(super) fn list_violations(&self, scope: &mut Scope<'_>) {
        let Some(model) = &self.model else {
            return scope.info(format!("no model describes `{}`", self.namespace));
        };
        if self.feed.rows.current().is_some_and(checks::is_large) && self.view == View::Table {
            return scope.info("the document is large: open it to check it");
        }
        let items: Vec<Item> = self
            .violations()
            .iter()
            .map(|v| {
                let mark = match v.severity {
                    Severity::Error => "✗",
                    Severity::Warning => "!",
                };
                Item::new(
                    format!("{mark} {}", v.path),
                    v.message.clone(),
                    Choice::Path(self.tab, v.path.clone()),
                )
            })
            .collect();
        if items.is_empty() {
            return scope.info(format!("the document keeps to the model `{}`", model.name));
        }
        let title = format!("violations of `{}`", model.name);
        scope.overlays.push(Overlay::Picker(Picker::new(
            title,
            items,
            "no violation by that name",
        )));
    }

    /// Goes to the next violation, or the one before: in the document, and in the table also in the rows around.
    pub(super) fn next_violation(&mut self, scope: &mut Scope<'_>, forwards: bool) {
        let Some(model) = self.model.clone() else {
            return scope.info(format!("no model describes `{}`", self.namespace));
        };
        let here = self.current_path();
        if self.view != View::Table {
            let paths: Vec<Path> = self.violations().iter().map(|v| v.path.clone()).collect();
            let next = turn(&paths, |p| *p == here, forwards);
            return match next.cloned() {
                Some(path) => self.go_to(scope, &path),
                None => scope.info("the document has no violation"),
            };
        }
        let height = self.table_height(scope);
        let cursor = self.feed.rows.cursor();
        let lines: Vec<(i64, Arc<_>)> = self
            .feed
            .rows
            .kept()
            .map(|(line, d)| (line, Arc::clone(d)))
            .filter(|(line, _)| {
                if forwards {
                    *line >= cursor
                } else {
                    *line <= cursor
                }
            })
            .collect();
        let lines: Box<dyn Iterator<Item = _>> = if forwards {
            Box::new(lines.into_iter())
        } else {
            Box::new(lines.into_iter().rev())
        };
        for (line, document) in lines.filter(|(_, d)| !checks::is_large(d)) {
            let known = self.checks.of(&document);
            let found = if known.is_empty() {
                model.validate(&document)
            } else {
                known.to_vec()
            };
            let mut places: Vec<usize> = self
                .columns
                .shown()
                .enumerate()
                .filter(|(_, c)| checks::at(&found, &c.path).is_some())
                .map(|(place, _)| place)
                .collect();
            if !forwards {
                places.reverse();
            }
            let at = self.columns.cursor();
            let further = |p: &&usize| match forwards {
                _ if line != cursor => true,
                true => **p > at,
                false => **p < at,
            };
            if let Some(place) = places.iter().find(further) {
                self.columns.move_to(*place);
                return self.feed.rows.move_to(line, height);
            }
        }
        let where_to = if forwards { "below" } else { "above" };
        scope.info(format!(
            "no further violation {where_to} in the rows read so far"
        ));
    }
}

/// The element after the one that `is_here`, or before it, around the ends; the first or last where none is.
fn turn<T>(all: &[T], is_here: impl Fn(&T) -> bool, forwards: bool) -> Option<&T> {
    let count = all.len();
    let next = match (all.iter().position(is_here), forwards) {
        (Some(at), true) => (at + 1) % count,
        (Some(at), false) => (at + count - 1) % count,
        (None, true) => 0,
        (None, false) => count.checked_sub(1)?,
    };
    all.get(next)
}
