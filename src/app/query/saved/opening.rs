//! A saved query in a tab: opened with values for its parameters, which can be changed again.

use std::collections::BTreeMap;

use super::{Held, remember};
use crate::app::documents::View;
use crate::app::overlay::Overlay;
use crate::app::query::Query;
use crate::app::query::form::{Form, Purpose, Start};
use crate::app::scope::{Moment, Scope, TabId};
use crate::query::saved::SavedQuery;

impl Query {
    /// A tab with a saved query. It is run where all it does is to read.
    pub fn open_saved(
        scope: &mut Scope<'_>,
        tab: TabId,
        start: &Start,
        given: BTreeMap<String, String>,
    ) -> Self {
        let saved = &start.found.query;
        let text = saved.text.trim_end();
        let (profile, database) = (start.profile.clone(), start.database.clone());
        let mut query = Self::open(scope, tab, profile, database, None, text);
        query.held = Some(Held {
            name: saved.name.clone(),
            origin: start.found.origin.clone(),
            text: saved.text.clone(),
            format: saved.format.clone(),
            chart: saved.chart,
        });
        let at = SavedQuery::statement_at(text);
        query.text.buffer.go_to(at);
        // The statement is what one wants to see; its comment is above, out of sight.
        query.text.buffer.first = query.text.buffer.position(at).0;
        query.give(scope, given);
        query.run_read(scope);
        query
    }

    /// Whether the tab shows a saved query as it is on disk.
    #[must_use]
    pub fn shows(&self, start: &Start) -> bool {
        self.profile == start.profile
            && self.database == start.database
            && self
                .held
                .as_ref()
                .is_some_and(|h| h.name == start.found.query.name && h.origin == start.found.origin)
            && self.text.buffer.holds(start.found.query.text.trim_end())
    }

    /// Reads again which parameters the text has, and what they stand for now.
    pub(in crate::app::query) fn bind(&mut self, now: Moment) {
        let text = self.text.buffer.text();
        self.bound.read(&text, now);
    }

    /// Gives values to the parameters.
    pub(in crate::app) fn give(&mut self, scope: &mut Scope<'_>, given: BTreeMap<String, String>) {
        self.bound.given = given;
        self.changed(scope);
    }

    /// Runs the statement under the cursor where all it does is to read.
    pub(in crate::app) fn run_read(&mut self, scope: &mut Scope<'_>) {
        let part = self.text.current().and_then(|p| self.text.parts.get(p));
        let reads = part.is_some_and(|p| p.statement.is_some() && p.writes.is_none());
        if reads {
            self.run(scope);
        }
    }

    /// Asks for the values of the parameters.
    pub(in crate::app::query) fn ask_parameters(&mut self, scope: &mut Scope<'_>) {
        self.bind(scope.now);
        if self.bound.parameters.is_empty() {
            return scope.info("there are no parameters: write `params.name` where a value goes");
        }
        let name = self.query_name().to_owned();
        let held = &scope.saved.remembered;
        let given = match self.bound.given.is_empty() {
            true => held.given(self.profile.as_str(), &name).cloned(),
            false => None,
        };
        let given = given.unwrap_or_else(|| self.bound.given.clone());
        let title = match name.as_str() {
            "" => format!("parameters  on {}/{}", self.profile, self.database),
            name => format!("{name}  on {}/{}", self.profile, self.database),
        };
        let about = self.bound.label.1.lines().next().unwrap_or("").to_owned();
        let purpose = Purpose::Parameters(self.tab);
        let form = Form::of_parameters(title, about, &self.bound.parameters, &given, purpose);
        scope.overlays.push(Overlay::Form(Box::new(form)));
    }

    /// Takes values for the parameters, and runs the statement with them; one that writes is asked about first.
    pub(in crate::app::query) fn take_parameters(
        &mut self,
        scope: &mut Scope<'_>,
        given: BTreeMap<String, String>,
    ) {
        let name = self.query_name().to_owned();
        remember(scope, &self.profile, &name, &given);
        self.give(scope, given);
        self.run(scope);
    }

    /// The name of the saved query that the tab holds, or that its text's comment gives it; empty for none.
    #[must_use]
    pub fn query_name(&self) -> &str {
        match &self.held {
            Some(held) => &held.name,
            None => &self.bound.label.0,
        }
    }

    /// The chart that the saved query of the tab asks for.
    #[must_use]
    pub fn wanted_chart(&self) -> Option<crate::value::chart::Kind> {
        self.held.as_ref().and_then(|h| h.chart)
    }

    /// Shows new documents as the saved query of the tab asks for.
    pub(in crate::app::query) fn show_as_wanted(&mut self) {
        let view = self.wanted_view();
        if let (Some(view), Some(documents)) = (view, &mut self.results.documents) {
            documents.view = view;
        }
    }

    /// The picture of documents that the saved query of the tab asks for by its format.
    fn wanted_view(&self) -> Option<View> {
        match self.held.as_ref()?.format.as_deref()? {
            "table" | "csv" | "markdown" => Some(View::Table),
            "vertical" => Some(View::Tree),
            "json" | "jsonl" | "ejson" | "bson" => Some(View::Text),
            _ => None,
        }
    }
}
