//! What is known of the databases and collections of each profile: asking for it, and taking what comes.
//!
//! Invariant: a list is asked for once it is wanted, and again only where the person, a new connection after a failure, or
//! a change of names says so; the answer to an outdated question is dropped.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::{Node, Row, Tree};
use crate::app::profiles::Profiles;
use crate::app::scope::{Asker, Scope};
use crate::app::slot::{Load, Slot};
use crate::mongo::request::{
    CollectionInfo, CollectionKind, CollectionSize, ConnectionState, DatabaseInfo, Failure,
    Namespace, ProfileName, Reply, Request, TaskId,
};

/// What is known of a database.
#[derive(Debug, Default)]
pub(super) struct DatabaseBranch {
    pub(super) collections: Slot<Vec<CollectionInfo>>,
    pub(super) sizes: HashMap<String, CollectionSize>,
    sizes_task: Option<TaskId>,
}

/// What is known of a profile.
#[derive(Debug, Default)]
pub(super) struct ProfileBranch {
    pub(super) databases: Slot<Vec<DatabaseInfo>>,
    pub(super) branches: BTreeMap<String, DatabaseBranch>,
}

/// Whether to ask for what is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Again {
    Yes,
    No,
}

impl Tree {
    /// Every collection that is known so far, for the jump list.
    pub fn namespaces(&self) -> impl Iterator<Item = (ProfileName, Namespace)> + '_ {
        self.branches.iter().flat_map(|(profile, branch)| {
            branch.branches.iter().flat_map(move |(database, b)| {
                b.collections.value().into_iter().flatten().map(move |c| {
                    (
                        profile.clone(),
                        Namespace::new(database.clone(), c.name.clone()),
                    )
                })
            })
        })
    }

    /// What a collection is, as far as is known.
    #[must_use]
    pub fn kind_of(&self, profile: &ProfileName, namespace: &Namespace) -> Option<CollectionKind> {
        let branch = self
            .branches
            .get(profile)?
            .branches
            .get(&namespace.database)?;
        branch
            .collections
            .value()?
            .iter()
            .find(|c| c.name == namespace.collection)
            .map(|c| c.kind)
    }

    /// The estimated number of documents of a collection, as far as is known.
    #[must_use]
    pub fn size_of(&self, profile: &ProfileName, namespace: &Namespace) -> Option<CollectionSize> {
        let branch = self
            .branches
            .get(profile)?
            .branches
            .get(&namespace.database)?;
        branch.sizes.get(&namespace.collection).copied()
    }

    /// Whether names are still being read, or a first connection is under way that brings some.
    #[must_use]
    pub fn is_reading(&self, profiles: &Profiles) -> bool {
        profiles.all.iter().any(|p| match p.connection {
            ConnectionState::Connecting => true,
            ConnectionState::Ready(_) => self.branches.get(&p.name).is_none_or(|b| {
                let lists = b.branches.values();
                b.databases.loading().is_some()
                    || lists.into_iter().any(|l| l.collections.loading().is_some())
            }),
            _ => false,
        })
    }

    pub(super) fn databases(&self, profile: &ProfileName) -> impl Iterator<Item = &DatabaseInfo> {
        self.branches
            .get(profile)
            .and_then(|b| b.databases.value())
            .into_iter()
            .flatten()
    }

    /// Reads the collections of every database of every connected profile that were not read so far, for the jump
    /// list.
    pub fn read_all(&mut self, scope: &mut Scope<'_>) {
        let ready: Vec<ProfileName> = scope
            .profiles
            .all
            .iter()
            .filter(|p| p.is_ready())
            .map(|p| p.name.clone())
            .collect();
        for profile in ready {
            self.ask_databases(scope, &profile, Again::No);
            let names: Vec<String> = self.databases(&profile).map(|d| d.name.clone()).collect();
            for database in names {
                self.ask_collections(scope, &profile, &database, Again::No);
            }
        }
        self.rebuild(scope.profiles, scope.models);
    }

    /// A profile's connection changed.
    pub fn connection_changed(&mut self, scope: &mut Scope<'_>, profile: &ProfileName) {
        let ready = scope.profiles.answers(profile);
        if ready {
            // What could not be had while the server was away is asked for again.
            let branch = self.branches.entry(profile.clone()).or_default();
            let failed: Vec<String> = branch
                .branches
                .iter()
                .filter(|(_, b)| b.collections.failure().is_some())
                .map(|(d, _)| d.clone())
                .collect();
            let again = if branch.databases.failure().is_some() {
                Again::Yes
            } else {
                Again::No
            };
            if self.open.contains(&Node::Profile(profile.clone())) {
                self.ask_databases(scope, profile, again);
                for database in failed {
                    self.ask_collections(scope, profile, &database, Again::Yes);
                }
                let wanted: Vec<String> = self
                    .open
                    .iter()
                    .filter_map(|n| match n {
                        Node::Database(p, d) if p == profile => Some(d.clone()),
                        _ => None,
                    })
                    .collect();
                for database in wanted {
                    self.ask_collections(scope, profile, &database, Again::No);
                }
            }
        }
        self.rebuild(scope.profiles, scope.models);
    }

    /// Reads names again, after collections or databases were created, renamed or dropped.
    pub fn names_changed(
        &mut self,
        scope: &mut Scope<'_>,
        profile: &ProfileName,
        databases: &[String],
    ) {
        self.ask_databases(scope, profile, Again::Yes);
        for database in databases {
            self.ask_collections(scope, profile, database, Again::Yes);
        }
        self.rebuild(scope.profiles, scope.models);
    }

    /// Reads again what lies below a row.
    pub(super) fn refresh(&mut self, scope: &mut Scope<'_>, row: &Row) {
        let profile = row.node.profile().clone();
        match row.node.database() {
            Some(database) => {
                let database = database.to_owned();
                self.ask_collections(scope, &profile, &database, Again::Yes);
            }
            None => {
                self.ask_databases(scope, &profile, Again::Yes);
                let loaded: Vec<String> = self
                    .branches
                    .get(&profile)
                    .map(|b| b.branches.keys().cloned().collect())
                    .unwrap_or_default();
                for database in loaded {
                    self.ask_collections(scope, &profile, &database, Again::Yes);
                }
            }
        }
        self.rebuild(scope.profiles, scope.models);
    }

    pub(super) fn ask_databases(
        &mut self,
        scope: &mut Scope<'_>,
        profile: &ProfileName,
        again: Again,
    ) {
        if !scope.profiles.answers(profile) {
            return;
        }
        let branch = self.branches.entry(profile.clone()).or_default();
        if branch.databases.is_idle() || again == Again::Yes {
            let task = scope.ask(Asker::Tree, profile, Request::Databases);
            if let Some(outdated) = branch.databases.begin(task) {
                scope.cancel(outdated);
            }
        }
    }

    pub(super) fn ask_collections(
        &mut self,
        scope: &mut Scope<'_>,
        profile: &ProfileName,
        database: &str,
        again: Again,
    ) {
        if !scope.profiles.answers(profile) {
            return;
        }
        let branch = self
            .branches
            .entry(profile.clone())
            .or_default()
            .branches
            .entry(database.to_owned())
            .or_default();
        if branch.collections.is_idle() || again == Again::Yes {
            let request = Request::Collections {
                database: database.to_owned(),
            };
            let task = scope.ask(Asker::Tree, profile, request);
            if let Some(outdated) = branch.collections.begin(task) {
                scope.cancel(outdated);
            }
        }
    }

    /// Takes the result of a task that the tree asked for.
    pub fn settle(
        &mut self,
        scope: &mut Scope<'_>,
        profile: &ProfileName,
        task: TaskId,
        result: Result<Reply, Failure>,
    ) {
        let Some(branch) = self.branches.get_mut(profile) else {
            return;
        };
        if branch.databases.awaits(task) {
            branch.databases.settle(
                task,
                result.map(|r| match r {
                    Reply::Databases(list) => list,
                    _ => Vec::new(),
                }),
            );
            let known: HashSet<String> = branch
                .databases
                .value()
                .into_iter()
                .flatten()
                .map(|d| d.name.clone())
                .collect();
            if branch.databases.failure().is_none() {
                branch
                    .branches
                    .retain(|d, b| known.contains(d) || b.collections.loading().is_some());
            }
        } else if let Some((database, b)) = branch
            .branches
            .iter_mut()
            .find(|(_, b)| b.collections.awaits(task))
        {
            b.collections.settle(
                task,
                result.map(|r| match r {
                    Reply::Collections(list) => list,
                    _ => Vec::new(),
                }),
            );
            let sized: Vec<String> = match &b.collections.load {
                Load::Ready(list) => list
                    .iter()
                    .filter(|c| c.kind != CollectionKind::View)
                    .map(|c| c.name.clone())
                    .collect(),
                _ => Vec::new(),
            };
            if !sized.is_empty() {
                let request = Request::Sizes {
                    database: database.clone(),
                    collections: sized,
                };
                b.sizes_task = Some(scope.ask(Asker::Tree, profile, request));
            }
        } else if let Some(b) = branch
            .branches
            .values_mut()
            .find(|b| b.sizes_task == Some(task))
        {
            b.sizes_task = None;
            // Figures are an extra: a user who may not read them still sees the names.
            if let Ok(Reply::Sizes(sizes)) = result {
                b.sizes = sizes.into_iter().collect();
            }
        }
        self.rebuild(scope.profiles, scope.models);
    }
}
