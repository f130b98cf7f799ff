//! Saving the statement of a tab as a saved query.
//!
//! Invariant: nothing takes the place of another query, or of a file that changed since it was opened, without a yes.

use super::replaces;
use crate::app::effect::Effect;
use crate::app::overlay::Overlay;
use crate::app::query::Query;
use crate::app::query::form::Form;
use crate::app::query::opening::place as collection_place;
use crate::app::scope::Scope;
use crate::query::saved::SavedQuery;
use crate::query::saved::shelf::{Homes, Instead, NotSaved, Origin};
use crate::query::saved::write::{Label, composed};
use crate::query::split::statements;
use crate::value::chart;

/// The saved query that a tab holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// Its name.
    pub name: String,
    /// Where it comes from.
    pub origin: Origin,
    /// The text of its file, as far as this tab knows.
    pub text: String,
    /// The format of results that it asks for.
    pub format: Option<String>,
    /// The chart that it asks for.
    pub chart: Option<chart::Kind>,
}

/// A query that is being saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saving {
    name: String,
    origin: Origin,
    text: String,
    /// Whether it is the whole text of the tab.
    whole: bool,
}

/// What a form says of where a new query goes.
pub(super) fn place(homes: &Homes) -> String {
    match (&homes.project, &homes.personal) {
        (Some(project), _) => format!("in the project: {}", project.display()),
        (None, Some(personal)) => format!("for yourself: {}", personal.display()),
        (None, None) => String::new(),
    }
}

impl Query {
    /// Asks for the name and the description under which the statement is saved.
    pub(in crate::app::query) fn save_asked(&mut self, scope: &mut Scope<'_>) {
        self.bind(scope.now);
        if self.text.chosen(self.around(scope.now)).is_none() {
            return scope.info("there is no statement here to save");
        }
        let place = place(&scope.saved.shelf.homes);
        let name = self.query_name().to_owned();
        let form = Form::of_saving(self.tab, place, &name, &self.bound.label.1);
        scope.overlays.push(Overlay::Form(Box::new(form)));
        scope.effects.push(Effect::ReadQueries);
    }

    /// The text to save, the database that its statement is about, and whether that is the whole text of the tab.
    fn text_to_save(&self, scope: &Scope<'_>) -> Result<(String, String, bool), String> {
        let text = self.text.buffer.text();
        let chosen = (self.text.chosen(self.around(scope.now)))
            .ok_or_else(|| "there is no statement here to save".to_owned())?;
        let bare = match chosen.text.as_bytes().first() {
            Some(b'{') => Some("find"),
            Some(b'[') => Some("aggregate"),
            _ => None,
        };
        let several = statements(&text).len() > 1 || self.text.selected_span().is_some();
        let statement = match (bare, &self.collection) {
            (None, _) if !several => return Ok((text, chosen.database, true)),
            (None, _) => chosen.text,
            (Some(method), Some(name)) => {
                format!("db{}.{method}({})", collection_place(name), chosen.text)
            }
            (Some(_), None) => {
                return Err("of which collection is not said: write `db.NAME.find({…})`".to_owned());
            }
        };
        // The comment in front belongs to what is saved only where it says what that is.
        let head = match self.bound.label.0.is_empty() {
            true => "",
            false => text.get(..SavedQuery::statement_at(&text)).unwrap_or(""),
        };
        Ok((format!("{head}{statement}"), chosen.database, false))
    }

    /// Saves the statement.
    ///
    /// # Errors
    /// Why it cannot be: what is wrong with it, or that there is no place for it.
    pub(in crate::app::query) fn save_as(
        &mut self,
        scope: &mut Scope<'_>,
        name: &str,
        description: &str,
    ) -> Result<(), String> {
        let (text, database, whole) = self.text_to_save(scope)?;
        // A description of several lines stays as it is where the person left it alone.
        let one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let before = &self.bound.label.1;
        let description = match one_line(before) == one_line(description) {
            true => before.clone(),
            false => description.to_owned(),
        };
        let label = Label {
            name,
            description: &description,
            database: Some(&database),
        };
        let text = composed(&text, &label).map_err(|problems| match problems.first() {
            Some(first) => match &first.help {
                Some(help) => format!("{}; {help}", first.message),
                None => first.message.clone(),
            },
            None => "the statement cannot be read".to_owned(),
        })?;
        let shelf = &scope.saved.shelf;
        let own = self
            .held
            .as_ref()
            .filter(|h| h.name == name && h.origin.path().is_some());
        let (origin, instead) = match own {
            Some(held) => (held.origin.clone(), Some(Instead::Text(held.text.clone()))),
            None => {
                let place = shelf
                    .homes
                    .place(name)
                    .ok_or("there is no directory for saved queries: set HOME")?;
                match shelf.beside(name, &place) {
                    Some(other) => (other.origin.clone(), None),
                    None => (place, Some(Instead::Nothing)),
                }
            }
        };
        let path = origin.to_string();
        self.saving = Some(Saving {
            name: name.to_owned(),
            origin,
            text,
            whole,
        });
        match instead {
            Some(instead) => self.write(scope, instead),
            None => {
                let question = replaces(self.tab, name, &path);
                scope.overlays.push(Overlay::Confirm(question));
            }
        }
        Ok(())
    }

    /// Sends what is being saved to its file.
    pub(in crate::app::query) fn write(&mut self, scope: &mut Scope<'_>, instead: Instead) {
        let Some(saving) = &self.saving else {
            return;
        };
        let Some(path) = saving.origin.path() else {
            return;
        };
        scope.effects.push(Effect::SaveQuery {
            tab: self.tab,
            path: path.to_owned(),
            text: saving.text.clone(),
            instead,
        });
    }

    /// Takes what became of saving.
    pub(in crate::app::query) fn saved(
        &mut self,
        scope: &mut Scope<'_>,
        result: Result<(), NotSaved>,
    ) {
        let Some(saving) = self.saving.clone() else {
            return;
        };
        let path = saving.origin.to_string();
        match result {
            Err(NotSaved::Failed(why)) => {
                self.saving = None;
                scope.warn(format!("not saved: {why}"));
            }
            // It is kept until the person has answered.
            Err(NotSaved::Taken) => {
                let question = replaces(self.tab, &saving.name, &path);
                scope.overlays.push(Overlay::Confirm(question));
            }
            Ok(()) => {
                self.saving = None;
                self.take_saved(scope, saving);
                scope.effects.push(Effect::ReadQueries);
            }
        }
    }

    fn take_saved(&mut self, scope: &mut Scope<'_>, saving: Saving) {
        let hides = (scope.saved.shelf.named(&saving.name))
            .filter(|f| f.origin.word() != saving.origin.word())
            .map(|f| {
                format!(
                    "; it stands before the {} one of that name",
                    f.origin.word()
                )
            });
        let (name, path) = (&saving.name, &saving.origin);
        scope.info(format!(
            "saved `{name}` in `{path}`{}",
            hides.unwrap_or_default()
        ));
        if saving.whole {
            let text = saving.text.trim_end();
            if !self.text.buffer.holds(text) {
                let before = self.text.buffer.text();
                let from_end = before
                    .trim_end()
                    .len()
                    .saturating_sub(self.text.buffer.offset());
                self.text.buffer.set(text);
                let offset = text.len().saturating_sub(from_end);
                self.text.buffer.go_to(offset);
                self.changed(scope);
            }
            let header = SavedQuery::header(&saving.name, &saving.text).ok();
            self.held = Some(Held {
                name: saving.name,
                origin: saving.origin,
                text: saving.text,
                format: header.as_ref().and_then(|h| h.format.clone()),
                chart: header.and_then(|h| h.chart),
            });
        }
    }
}
