//! The text laid out anew, taken from the history, and copied as code.

use super::Query;
use crate::app::effect::Effect;
use crate::app::overlay::Overlay;
use crate::app::picker::{Choice, Item, Picker};
use crate::app::scope::Scope;
use crate::query::Input;
use crate::query::code::{Language, copy};
use crate::query::format::format;

/// The fewest columns that a text is laid out within.
const NARROWEST: usize = 40;
/// The most: longer lines are hard to read.
const WIDEST: usize = 100;

impl Query {
    /// Lays the text out; one undo takes it back.
    pub(super) fn lay_out(&mut self, scope: &mut Scope<'_>) {
        let text = self.text.buffer.text();
        let width = scope.regions.text_width.clamp(NARROWEST, WIDEST);
        match format(&text, width, self.text.buffer.offset()) {
            Ok(laid) if laid.text == text => scope.info("the text is laid out already"),
            Ok(laid) => {
                self.text.buffer.set(&laid.text);
                self.text.buffer.go_to(laid.cursor);
                self.changed(scope);
            }
            Err(problem) => {
                self.text.buffer.go_to(problem.span.start);
                self.keep_in_sight(scope);
                scope.warn(problem.message);
            }
        }
    }

    /// Lists the statements that were run before.
    pub(super) fn list_history(&self, scope: &mut Scope<'_>) {
        let place = self.namespace();
        let place = match place.collection.as_str() {
            "" => place.database,
            _ => place.to_string(),
        };
        let picker = scope
            .history
            .picker(self.tab, self.profile.as_str(), &place, scope.now);
        scope.overlays.push(Overlay::Picker(picker));
    }

    /// Lists the languages that the statement under the cursor can be copied as.
    pub(super) fn list_languages(&self, scope: &mut Scope<'_>) {
        let items = Language::ALL
            .iter()
            .map(|l| Item::new(l.name(), "", Choice::Code(self.tab, *l)))
            .collect();
        scope.overlays.push(Overlay::Picker(Picker::new(
            "copy the statement as",
            items,
            "no language by that name",
        )));
    }

    /// Copies the statement under the cursor as code.
    pub(super) fn copy_code(&mut self, scope: &mut Scope<'_>, language: Language) {
        let around = self.around(scope.now);
        let Some(chosen) = self.text.chosen(around) else {
            return scope.info("there is no statement here to copy");
        };
        let around = super::Around {
            database: &chosen.database,
            ..self.around(scope.now)
        };
        let statement = match super::text::read(&chosen.text, around) {
            Ok((statement, _)) => statement,
            Err(problems) => {
                let why = problems.first().map_or("", |p| p.message.as_str());
                return scope.warn(format!("not copied: {why}"));
            }
        };
        let place = (
            chosen.database.as_str(),
            self.collection.as_deref().unwrap_or(""),
        );
        match copy(&Input::Statement((*statement).clone()), place, language) {
            Ok(text) => scope.effects.push(Effect::Copy { text }),
            Err(problem) => scope.warn(format!("not copied: {problem}")),
        }
    }
}
