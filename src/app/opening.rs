//! Opening tabs: from the command line, from the last run, and from anything that leads somewhere.

use super::documents::Documents;
use super::drift::Drift;
use super::effect::Effect;
use super::models::Models;
use super::monitor::{Monitor, Panel};
use super::query::Query;
use super::scope::{Moment, TabId};
use super::tab::{Destination, Tab};
use super::update::scope;
use super::{App, Focus, Opening, Wanted};
use crate::config::state::{Session, SessionTab, TabKind};
use crate::mongo::request::{Namespace, ProfileName};

impl App {
    /// Begins: connects what was asked for, and opens the target.
    pub fn open(&mut self, now: Moment, opening: Opening) -> Vec<Effect> {
        self.now = now;
        let mut effects = Vec::new();
        let mut connect = opening.connect;
        if let Some((profile, database, collection)) = opening.target {
            connect.push(profile.clone());
            let fallback = self.profiles.get(&profile).and_then(|p| p.database.clone());
            match (database.or(fallback), collection) {
                (Some(database), Some(collection)) => {
                    effects.extend(self.open_tab(&profile, Namespace::new(database, collection)));
                }
                (Some(database), None) => {
                    self.wanted.push(Wanted {
                        profile: profile.clone(),
                        database,
                    });
                    self.focus = Focus::Tree;
                }
                (None, _) => self.focus = Focus::Tree,
            }
            let shown = self.documents().map(|d| d.namespace.clone());
            let mut scope = scope!(self, effects);
            self.tree.open_profile(&mut scope, &profile);
            if let Some(namespace) = shown {
                self.tree.reveal(&mut scope, &profile, &namespace);
            }
        }
        if let Some(session) = opening.session {
            for tab in &session.tabs {
                let profile = ProfileName::new(&tab.profile);
                if self.profiles.get(&profile).is_some() && self.restore(tab, &mut effects) {
                    connect.push(profile);
                }
            }
            self.active = session.active.min(self.tabs.len().saturating_sub(1));
        }
        connect.sort();
        connect.dedup();
        let connects = connect
            .into_iter()
            .map(|profile| Effect::Connect { profile });
        // Connections are asked for first, so that nothing asked of them finds them closed.
        connects.chain(effects).collect()
    }

    /// Opens a tab of the last run again. Whether it could: a later version's kinds are left out.
    fn restore(&mut self, tab: &SessionTab, effects: &mut Vec<Effect>) -> bool {
        let profile = ProfileName::new(&tab.profile);
        match tab.kind {
            TabKind::Documents => {
                let Some(namespace) = Namespace::parse(&tab.namespace) else {
                    return false;
                };
                effects.extend(self.open_tab(&profile, namespace));
                let mut scope = scope!(self, (*effects));
                if let Some(Tab::Documents(documents)) = self.tabs.get_mut(self.active) {
                    documents.restore(&mut scope, tab);
                }
            }
            TabKind::Models => self.go_to(
                Destination::Models {
                    profile,
                    namespace: Namespace::parse(&tab.namespace),
                },
                effects,
            ),
            TabKind::Query => {
                let (database, collection) = match Namespace::parse(&tab.namespace) {
                    Some(place) => (place.database, Some(place.collection)),
                    None => (tab.namespace.clone(), None),
                };
                let text = tab.filter.clone();
                self.go_to(
                    Destination::Query {
                        profile,
                        database,
                        collection,
                        text,
                    },
                    effects,
                );
            }
            TabKind::Monitor => self.go_to(
                Destination::Monitor {
                    profile,
                    panel: Panel::from_name(&tab.view),
                },
                effects,
            ),
            TabKind::Unknown => return false,
        }
        true
    }

    /// Opens a tab that was closed again, beside those that are open.
    pub(super) fn restore_beside(&mut self, tab: &SessionTab, effects: &mut Vec<Effect>) -> bool {
        let (TabKind::Documents, Some(namespace)) = (tab.kind, Namespace::parse(&tab.namespace))
        else {
            return self.restore(tab, effects);
        };
        let destination = Destination::Documents {
            profile: ProfileName::new(&tab.profile),
            namespace,
            filter: tab.filter.clone(),
        };
        self.go_to(destination, effects);
        let mut scope = scope!(self, (*effects));
        if let Some(Tab::Documents(documents)) = self.tabs.get_mut(self.active) {
            documents.restore(&mut scope, tab);
        }
        true
    }

    /// Opens a collection in a tab of its own, or turns to the tab it has.
    pub fn open_tab(&mut self, profile: &ProfileName, namespace: Namespace) -> Vec<Effect> {
        let mut effects = Vec::new();
        let open = self.tabs.iter().position(|t| {
            t.documents()
                .is_some_and(|d| d.profile == *profile && d.namespace == namespace)
        });
        if let Some(place) = open {
            self.turn_to(place);
            return effects;
        }
        let tab = self.ids.tab();
        let mut scope = scope!(self, effects);
        let documents = Documents::open(&mut scope, tab, profile.clone(), namespace);
        self.put_in_front(Tab::Documents(Box::new(documents)), &mut effects);
        effects
    }

    /// Opens what something leads to, or turns to the tab that has it.
    pub(super) fn go_to(&mut self, destination: Destination, effects: &mut Vec<Effect>) {
        match destination {
            Destination::Documents {
                profile,
                namespace,
                filter,
            } => {
                let open = self.tabs.iter().position(|t| {
                    t.documents().is_some_and(|d| {
                        d.profile == profile
                            && d.namespace == namespace
                            && d.filter.applied == filter
                    })
                });
                if let Some(place) = open {
                    return self.turn_to(place);
                }
                let tab = self.ids.tab();
                let mut scope = scope!(self, (*effects));
                let documents =
                    Documents::open_filtered(&mut scope, tab, profile, namespace, &filter);
                self.put_in_front(Tab::Documents(Box::new(documents)), effects);
            }
            Destination::Drift {
                profile,
                namespaces,
            } => {
                let open = self
                    .tabs
                    .iter()
                    .position(|t| matches!(t, Tab::Drift(d) if d.is_about(&profile, &namespaces)));
                if let Some(place) = open {
                    return self.turn_to(place);
                }
                let mut scope = scope!(self, (*effects));
                let tab = scope.ids.tab();
                let drift = Drift::open(&mut scope, tab, profile, namespaces);
                if !drift.subjects.is_empty() {
                    self.put_in_front(Tab::Drift(Box::new(drift)), effects);
                }
            }
            Destination::Monitor { profile, panel } => {
                let mut scope = scope!(self, (*effects));
                for (place, tab) in self.tabs.iter_mut().enumerate() {
                    if let Tab::Monitor(monitor) = tab
                        && monitor.at.profile == profile
                    {
                        if let Some(panel) = panel {
                            monitor.turn_to(&mut scope, panel);
                        }
                        return self.turn_to(place);
                    }
                }
                let tab = scope.ids.tab();
                let monitor = Monitor::open(tab, profile, panel.unwrap_or_default());
                self.put_in_front(Tab::Monitor(Box::new(monitor)), effects);
            }
            Destination::Models { profile, namespace } => {
                let mut scope = scope!(self, (*effects));
                for (place, tab) in self.tabs.iter_mut().enumerate() {
                    if let Tab::Models(models) = tab
                        && models.profile == profile
                    {
                        if let Some(namespace) = &namespace {
                            models.show(&mut scope, namespace);
                        }
                        return self.turn_to(place);
                    }
                }
                let tab = scope.ids.tab();
                let models = Models::open(&mut scope, tab, profile, namespace.as_ref());
                self.put_in_front(Tab::Models(Box::new(models)), effects);
            }
            Destination::Saved { start, given } => self.go_to_saved(&start, given, effects),
            Destination::FindForm {
                profile,
                namespace,
                text,
            } => {
                let query = Destination::Query {
                    profile,
                    database: namespace.database,
                    collection: Some(namespace.collection),
                    text,
                };
                self.go_to(query, effects);
                let mut scope = scope!(self, (*effects));
                if let Some(Tab::Query(query)) = self.tabs.get_mut(self.active) {
                    query.open_form(&mut scope);
                }
            }
            Destination::Query {
                profile,
                database,
                collection,
                text,
            } => {
                let open = self.tabs.iter().position(|t| {
                    t.query().is_some_and(|q| {
                        q.profile == profile
                            && q.database == database
                            && q.collection == collection
                            && q.text.buffer.holds(&text)
                    })
                });
                if let Some(place) = open {
                    return self.turn_to(place);
                }
                let tab = self.ids.tab();
                let mut scope = scope!(self, (*effects));
                let query = Query::open(&mut scope, tab, profile, database, collection, &text);
                self.put_in_front(Tab::Query(Box::new(query)), effects);
            }
        }
    }

    /// Adds a tab at the end, and turns to it.
    pub(super) fn put_in_front(&mut self, mut tab: Tab, effects: &mut Vec<Effect>) {
        tab.names_read(&self.tree);
        self.tabs.push(tab);
        self.turn_to(self.tabs.len() - 1);
        self.keep_session(effects);
    }

    /// Turns to the tab at a place, where there is one.
    pub(super) fn turn_to(&mut self, place: usize) {
        if place < self.tabs.len() {
            self.active = place;
            self.focus = Focus::Main;
        }
    }

    /// The place of a tab.
    pub(super) fn place_of(&self, id: TabId) -> Option<usize> {
        self.tabs.iter().position(|t| t.id() == id)
    }

    /// Keeps the open tabs for `--last`.
    pub(super) fn keep_session(&self, effects: &mut Vec<Effect>) {
        let kept: Vec<(usize, SessionTab)> = self
            .tabs
            .iter()
            .enumerate()
            .filter_map(|(place, tab)| Some((place, tab.session()?)))
            .collect();
        let active = kept.iter().filter(|(p, _)| *p < self.active).count();
        let session = Session {
            active: active.min(kept.len().saturating_sub(1)),
            tabs: kept.into_iter().map(|(_, tab)| tab).collect(),
        };
        effects.push(Effect::SaveSession(session));
    }
}
