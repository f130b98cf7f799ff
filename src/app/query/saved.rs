//! Saved queries in the console: the list of them, and opening one with values for its parameters.
//!
//! Files are read and written by who carries out the effects. Invariant: a parameter's value goes into a statement as a
//! value, never as text; a query that writes is opened and never run by itself.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Query;
use super::form::{Form, Purpose, Start};
use crate::app::effect::Effect;
use crate::app::overlay::Overlay;
use crate::app::picker::{Choice, Item, Picker};
use crate::app::scope::{Scope, TabId};
use crate::app::tab::{Answer, Destination};
use crate::app::update::scope;
use crate::app::{App, Focus, Tab};
use crate::config::state::Remembered;
use crate::mongo::request::ProfileName;
use crate::query::saved::shelf::{Found, Shelf};
use crate::query::saved::write::name_problem;

mod bound;
mod keeping;
mod opening;

pub use bound::Bound;
pub use keeping::{Held, Saving};

/// What the deck knows of saved queries.
#[derive(Debug, Clone, Default)]
pub struct Saved {
    /// All of them, as they were when they were last read.
    pub shelf: Arc<Shelf>,
    /// Whether they were read at all in this run.
    pub is_read: bool,
    /// The values that were last given for their parameters.
    pub remembered: Remembered,
}

/// Keeps the values given for a query's parameters, but where nothing is to be kept.
pub(super) fn remember(
    scope: &mut Scope<'_>,
    profile: &ProfileName,
    query: &str,
    given: &BTreeMap<String, String>,
) {
    if scope.history.off || query.is_empty() {
        return;
    }
    let held = &mut scope.saved.remembered;
    if held.take(profile.as_str(), query, scope.now.0, given) {
        scope.effects.push(Effect::KeepValues {
            profile: profile.clone(),
            query: query.to_owned(),
            held: scope.saved.remembered.clone(),
        });
    }
}

/// The list of saved queries.
#[derive(Debug, Clone, PartialEq)]
pub struct QueryList {
    /// The list; an item's label is what typing is held against: name and description.
    pub picker: Picker,
    /// What it lists.
    pub shelf: Arc<Shelf>,
}

impl QueryList {
    fn new(saved: &Saved, database: Option<&str>, typed: &str) -> Self {
        let mut picker = Picker::new("saved queries", items(&saved.shelf, database), EMPTY);
        picker.reading = !saved.is_read;
        if !typed.is_empty() {
            picker.pasted(typed);
        }
        Self {
            picker,
            shelf: Arc::clone(&saved.shelf),
        }
    }

    /// The query under the cursor.
    #[must_use]
    pub fn current(&self) -> Option<&Found> {
        match &self.picker.current()?.choice {
            Choice::Saved(name) => self.shelf.named(name),
            _ => None,
        }
    }

    /// What is wrong with the file under the cursor.
    #[must_use]
    pub fn problem(&self) -> Option<&str> {
        match &self.picker.current()?.choice {
            Choice::Broken(place) => self.shelf.problems.get(*place).map(String::as_str),
            _ => None,
        }
    }
}

const EMPTY: &str = "no saved query; `ctrl-s` in a query tab saves one";

/// Those of the current database first, then in the shelf's order; files that cannot be used last.
fn items(shelf: &Shelf, database: Option<&str>) -> Vec<Item> {
    let here = |f: &&Found| database.is_some() && f.query.database.as_deref() == database;
    let (mut all, others): (Vec<&Found>, Vec<&Found>) = shelf.queries.iter().partition(here);
    all.extend(others);
    let queries = all.into_iter().map(|found| {
        let query = &found.query;
        let label = format!("{} {}", query.name, query.summary());
        Item::new(label, "", Choice::Saved(query.name.clone()))
    });
    let broken = shelf.problems.iter().enumerate().map(|(place, problem)| {
        let line = problem.lines().next().unwrap_or("");
        Item::new(line, "", Choice::Broken(place))
    });
    queries.chain(broken).collect()
}

impl App {
    /// Shows the list of saved queries, narrowed to what was typed for it, and reads them again.
    pub(in crate::app) fn show_queries(&mut self, typed: &str, effects: &mut Vec<Effect>) {
        let database = self.database_here();
        let list = QueryList::new(&self.saved, database.as_deref(), typed);
        self.overlays.push(Overlay::Queries(Box::new(list)));
        effects.push(Effect::ReadQueries);
    }

    /// Takes the saved queries as they are on disk now.
    pub(in crate::app) fn queries_read(&mut self, shelf: Arc<Shelf>) {
        self.saved.shelf = shelf;
        self.saved.is_read = true;
        let database = self.database_here();
        let place = keeping::place(&self.saved.shelf.homes);
        for overlay in &mut self.overlays {
            match overlay {
                Overlay::Queries(list) => {
                    list.shelf = Arc::clone(&self.saved.shelf);
                    list.picker.reading = false;
                    let items = items(&list.shelf, database.as_deref());
                    if list.picker.items != items {
                        list.picker.renew(items);
                    }
                }
                Overlay::Form(form) if matches!(form.purpose, Purpose::Save(_)) => {
                    form.about.clone_from(&place);
                }
                _ => {}
            }
        }
    }

    /// The database that what is shown is about.
    fn database_here(&self) -> Option<String> {
        if self.focus == Focus::Tree {
            let node = self.tree.current().map(|row| &row.node);
            if let Some(database) = node.and_then(|n| n.database()) {
                return Some(database.to_owned());
            }
        }
        match self.tab()? {
            Tab::Query(query) => Some(query.database.clone()),
            tab => tab.documents().map(|d| d.namespace.database.clone()),
        }
    }

    /// Opens a saved query: asks for the profile where none is clear, then for the parameters where it has some.
    pub(in crate::app) fn open_saved(
        &mut self,
        name: &str,
        on: Option<ProfileName>,
        effects: &mut Vec<Effect>,
    ) {
        let Some(found) = self.saved.shelf.named(name).cloned() else {
            return;
        };
        let wanted = found.query.profile.as_deref().map(ProfileName::new);
        let known = |p: &ProfileName| self.profiles.get(p).is_some();
        let profile = match (on, &wanted) {
            (Some(profile), _) => profile,
            (None, Some(profile)) if known(profile) => profile.clone(),
            (None, Some(missing)) => {
                let title = format!("profile `{missing}` is not configured: run `{name}` on");
                return self.choose_profile(title, name, effects);
            }
            (None, None) => match self.shown_profile() {
                Some(profile) => profile,
                None => return self.choose_profile(format!("run `{name}` on"), name, effects),
            },
        };
        let here = self
            .database_here()
            .filter(|_| self.shown_profile().as_ref() == Some(&profile));
        let own = self.profiles.get(&profile).and_then(|p| p.database.clone());
        let database =
            (found.query.database.clone().or(here).or(own)).unwrap_or_else(|| "test".to_owned());
        let start = Start {
            found,
            profile,
            database,
        };
        if start.found.query.parameters.is_empty() {
            return self.begin_saved(start, BTreeMap::new(), effects);
        }
        let given = self
            .saved
            .remembered
            .given(start.profile.as_str(), name)
            .cloned()
            .unwrap_or_default();
        let title = format!("{name}  on {}/{}", start.profile, start.database);
        let about = start.found.query.summary().to_owned();
        let parameters = start.found.query.parameters.clone();
        let purpose = Purpose::Open(Box::new(start));
        let form = Form::of_parameters(title, about, &parameters, &given, purpose);
        self.overlays.push(Overlay::Form(Box::new(form)));
    }

    fn choose_profile(&mut self, title: String, name: &str, effects: &mut Vec<Effect>) {
        let all: Vec<ProfileName> = self.profiles.all.iter().map(|p| p.name.clone()).collect();
        if all.is_empty() {
            let mut scope = scope!(self, (*effects));
            return scope.warn("no profile is configured: add one to the configuration");
        }
        let items = all
            .into_iter()
            .map(|profile| {
                let label = profile.to_string();
                Item::new(label, "", Choice::SavedOn(name.to_owned(), profile))
            })
            .collect();
        let picker = Picker::new(title, items, "no profile by that name");
        self.overlays.push(Overlay::Picker(picker));
    }

    fn begin_saved(
        &mut self,
        start: Start,
        given: BTreeMap<String, String>,
        effects: &mut Vec<Effect>,
    ) {
        self.connect(&start.profile, effects);
        self.destinations.push(Destination::Saved {
            start: Box::new(start),
            given,
        });
    }

    /// Opens a saved query in a tab, or gives these values to the tab that has it.
    pub(in crate::app) fn go_to_saved(
        &mut self,
        start: &Start,
        given: BTreeMap<String, String>,
        effects: &mut Vec<Effect>,
    ) {
        let open = self
            .tabs
            .iter()
            .position(|t| t.query().is_some_and(|q| q.shows(start)));
        if let Some(place) = open {
            self.turn_to(place);
            let mut scope = scope!(self, (*effects));
            if let Some(Tab::Query(query)) = self.tabs.get_mut(place) {
                query.give(&mut scope, given);
                query.run_read(&mut scope);
            }
            return;
        }
        let tab = self.ids.tab();
        let mut scope = scope!(self, (*effects));
        let query = Query::open_saved(&mut scope, tab, start, given);
        self.put_in_front(Tab::Query(Box::new(query)), effects);
    }

    /// A form was filled in.
    pub(in crate::app) fn form_answered(&mut self, effects: &mut Vec<Effect>) {
        let Some(Overlay::Form(mut form)) = self.overlays.pop() else {
            return;
        };
        let given = form.given();
        match form.purpose.clone() {
            Purpose::Open(start) => {
                let mut scope = scope!(self, (*effects));
                remember(&mut scope, &start.profile, &start.found.query.name, &given);
                self.begin_saved(*start, given, effects);
            }
            Purpose::Parameters(tab) => self.tell_tab(tab, Answer::Parameters(given), effects),
            Purpose::Save(tab) => {
                let name = form.text_of("name").trim().to_owned();
                if let Some(problem) = name_problem(&name) {
                    form.refuse("name", problem);
                    return self.overlays.push(Overlay::Form(form));
                }
                let description = form.text_of("description").trim().to_owned();
                let answer = Answer::SaveAs { name, description };
                if let Err(problem) = self.tab_answer(tab, answer, effects) {
                    form.problem = Some(problem);
                    self.overlays.push(Overlay::Form(form));
                }
            }
        }
    }

    /// Takes a command with what was typed behind its name.
    pub(in crate::app) fn command_with(
        &mut self,
        command: crate::app::Command,
        argument: &str,
        effects: &mut Vec<Effect>,
    ) {
        use crate::app::Command;
        let tab = self.tab().and_then(Tab::query).map(|q| q.tab);
        match (command, tab) {
            (Command::Queries, _) => self.show_queries(argument, effects),
            (Command::Watch, Some(tab)) => {
                self.tell_tab(tab, Answer::Watch(argument.to_owned()), effects);
            }
            (command, _) => self.command(command, effects),
        }
    }
}

/// What a tab asks before it takes the place of a file.
pub(super) fn replaces(tab: TabId, name: &str, path: &str) -> crate::app::overlay::Confirm {
    let lines = vec![
        format!("`{path}` holds another text than this tab was opened with."),
        format!("Saving `{name}` takes its place; what it says now is lost."),
    ];
    let intent = crate::app::overlay::Intent::Proceed(tab);
    crate::app::overlay::Confirm::new("replace the saved query?", lines, intent)
}
