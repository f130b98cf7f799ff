//! Exporting the whole result that is shown, and not just what was read of it.

use super::{Documents, Origin};
use crate::app::export::form::ExportForm;
use crate::app::overlay::Overlay;
use crate::app::scope::Scope;
use crate::export;
use crate::mongo::request::ExportSource;

/// Documents that columns are learned from, at the most.
const LEARNED: usize = 500;

impl Documents {
    /// Asks how and where the result is to be written.
    pub fn export(&self, scope: &mut Scope<'_>) {
        let rows = &self.feed.rows;
        let (source, subject, mut about) = match &self.origin {
            Origin::Collection => (
                ExportSource::Find(self.namespace.clone(), self.find.clone()),
                match self.filter.applied.as_str() {
                    "" => format!("all documents of {}", self.namespace),
                    filter => format!("{} {filter}", self.namespace),
                },
                self.estimate.filter(|_| self.filter.applied.is_empty()),
            ),
            Origin::Statement(statement) => (
                ExportSource::Statement(statement.clone()),
                format!("{}, run again to its end", statement.place()),
                None,
            ),
            Origin::Value => (
                ExportSource::Documents(rows.kept().map(|(_, d)| d.clone()).collect()),
                "the result as it is shown".to_owned(),
                None,
            ),
        };
        about = rows.total().or(about);
        let seen: Vec<_> = rows
            .kept()
            .take(LEARNED)
            .map(|(_, d)| (**d).clone())
            .collect();
        let nested = export::columns(seen.iter().map(|d| &**d));
        let fields = export::fields(&seen).into_iter().map(|(n, _)| n).collect();
        let form = ExportForm::documents(
            self.tab,
            self.profile.clone(),
            subject,
            source,
            about,
            match self.namespace.collection.as_str() {
                "" => &self.namespace.database,
                name => name,
            },
            (nested, fields),
        );
        scope.overlays.push(Overlay::Export(Box::new(form)));
    }
}
