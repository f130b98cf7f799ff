//! The pipeline at the cursor saved as a view: named, held to what a view can be, confirmed, written.

use bson::RawBsonRef;

use super::Query;
use super::text::read;
use crate::app::field::Field;
use crate::app::overlay::{Confirm, Intent, Overlay, Prompt, Purpose};
use crate::app::scope::Scope;
use crate::app::words;
use crate::mongo::request::{Namespace, Request};
use crate::query::stages::{View, view_of};

/// Stages that the question shows, a line each.
const SHOWN: usize = 8;

impl Query {
    /// The statement under the cursor as a view, with its database.
    fn view_here(&self, scope: &Scope<'_>) -> Result<(View, String), String> {
        let around = self.around(scope.now);
        let chosen = self
            .text
            .chosen(around)
            .ok_or("there is no statement here to save")?;
        let around = super::Around {
            database: &chosen.database,
            ..self.around(scope.now)
        };
        let (statement, _) = read(&chosen.text, around).map_err(|problems| {
            let why = problems.first().map_or("", |p| p.message.as_str());
            format!("not saved: {why}")
        })?;
        let view = view_of(&statement).map_err(|refused| format!("not saved: {refused}"))?;
        Ok((view, statement.database.clone()))
    }

    /// Asks for the name of a new view.
    pub(super) fn save_view(&mut self, scope: &mut Scope<'_>) {
        let refusal = scope
            .profiles
            .get(&self.profile)
            .and_then(|p| p.write_refusal());
        if let Some(refusal) = refusal {
            return scope.warn(format!("not saved: {refusal}"));
        }
        match self.view_here(scope) {
            Err(problem) => scope.warn(problem),
            Ok((view, database)) => scope.overlays.push(Overlay::Prompt(Prompt {
                title: format!("save as a view of `{database}.{}`", view.on),
                hint: format!("the view's name in `{database}`"),
                field: Field::new(""),
                problem: None,
                purpose: Purpose::SaveView(self.tab),
            })),
        }
    }

    /// Asks whether the view of this name is to be created.
    pub(super) fn name_view(&mut self, scope: &mut Scope<'_>, name: &str) -> Result<(), String> {
        let name = name.trim();
        if name.is_empty() {
            return Err("a view needs a name".to_owned());
        }
        if name.contains(['$', '\0']) || name.starts_with("system.") || name.starts_with('.') {
            return Err(format!("`{name}` cannot be a view's name"));
        }
        let (view, database) = self.view_here(scope)?;
        let there = self.known.names.get(&database);
        if there.is_some_and(|names| names.iter().any(|n| n == name)) {
            return Err(format!("`{database}.{name}` exists already"));
        }
        let namespace = Namespace::new(database, name);
        let count = view.pipeline.into_iter().count();
        let mut lines = vec![format!(
            "On profile `{}`: the view `{namespace}` of `{}`, with {}.",
            self.profile,
            view.on,
            words::several(count, "stage"),
        )];
        for stage in view.pipeline.into_iter().flatten().take(SHOWN) {
            if let RawBsonRef::Document(stage) = stage {
                lines.push(format!("  {}", words::document_line(stage)));
            }
        }
        if count > SHOWN {
            lines.push(format!("  … and {} more", count - SHOWN));
        }
        if !view.left_out.is_empty() {
            lines.push(format!(
                "! a view does not keep `{}`: that is of one run",
                view.left_out.join("`, `")
            ));
        }
        let intent = Intent::Administration {
            profile: self.profile.clone(),
            request: Request::CreateCollection {
                namespace: namespace.clone(),
                options: view.options(),
            },
            what: format!("create the view `{namespace}`"),
        };
        let question = Overlay::Confirm(Confirm::new("create the view?", lines, intent));
        // Below the prompt, which goes away with this answer.
        let place = scope.overlays.len().saturating_sub(1);
        scope.overlays.insert(place, question);
        Ok(())
    }
}
