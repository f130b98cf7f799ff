//! The tree of profiles, databases and collections.
//!
//! Names come first and figures after, each database on its own and only once it is opened. Rows are built when the
//! tree changes, not when it is drawn.

mod rows;

use std::collections::{BTreeMap, HashMap, HashSet};

use rows::{domain_of, domains_of};

use super::command::Command;
use super::field::Field;
use super::profiles::Profiles;
use super::regions::scrolled;
use super::scope::{Asker, Scope};
use super::slot::{Load, Slot};
use crate::mongo::request::{
    CollectionInfo, CollectionKind, CollectionSize, ConnectionState, DatabaseInfo, Failure,
    Namespace, ProfileName, Reply, Request, TaskId,
};

/// What a row stands for.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Node {
    /// A profile.
    Profile(ProfileName),
    /// A database.
    Database(ProfileName, String),
    /// The collections of a database whose models name this domain.
    Domain(ProfileName, String, String),
    /// A collection.
    Collection(ProfileName, Namespace),
    /// A line to be read: why nothing is listed below a profile or a database.
    Note(ProfileName, String),
}

impl Node {
    /// The profile it lies in.
    #[must_use]
    pub fn profile(&self) -> &ProfileName {
        match self {
            Self::Profile(p)
            | Self::Database(p, _)
            | Self::Domain(p, ..)
            | Self::Collection(p, _)
            | Self::Note(p, _) => p,
        }
    }

    /// The database it is or lies in.
    #[must_use]
    pub fn database(&self) -> Option<&str> {
        match self {
            Self::Profile(_) => None,
            Self::Database(_, d) | Self::Domain(_, d, _) => Some(d),
            Self::Collection(_, n) => Some(&n.database),
            Self::Note(_, d) => Some(d).filter(|d| !d.is_empty()).map(String::as_str),
        }
    }
}

/// How a line that is only read is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoteKind {
    /// Something is awaited.
    Waiting,
    /// Something could not be had.
    Failed,
    /// There is nothing.
    Empty,
}

/// One row.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// How deep it lies, from 0.
    pub depth: usize,
    /// What it stands for.
    pub node: Node,
    /// Its text, as the server says it: control characters are taken out when drawn.
    pub label: String,
    /// Whether it is open; `None` where it cannot be.
    pub open: Option<bool>,
    /// What a collection is.
    pub kind: Option<CollectionKind>,
    /// Number of documents of a collection, or of collections of a database.
    pub count: Option<u64>,
    /// Bytes of a collection's documents, or of a database on disk.
    pub bytes: Option<u64>,
    /// How a note is meant.
    pub note: Option<NoteKind>,
}

#[derive(Debug, Default)]
struct DatabaseBranch {
    collections: Slot<Vec<CollectionInfo>>,
    sizes: HashMap<String, CollectionSize>,
    sizes_task: Option<TaskId>,
}

#[derive(Debug, Default)]
struct ProfileBranch {
    databases: Slot<Vec<DatabaseInfo>>,
    branches: BTreeMap<String, DatabaseBranch>,
}

/// What the tree wants of the deck.
#[derive(Debug, Clone, PartialEq)]
pub enum Wish {
    /// Nothing.
    Nothing,
    /// Open a collection.
    Open(ProfileName, Namespace),
    /// The command is not for the tree.
    Ignored,
}

/// The tree.
#[derive(Debug, Default)]
pub struct Tree {
    branches: HashMap<ProfileName, ProfileBranch>,
    open: HashSet<Node>,
    rows: Vec<Row>,
    cursor: usize,
    /// Where the cursor is to go once that row is there.
    sought: Option<Node>,
    /// The first row drawn.
    pub first: usize,
    /// What narrows the tree; `None` while no filter is set.
    pub filter: Option<Field>,
    /// Whether the filter takes the keys.
    pub filtering: bool,
}

impl Tree {
    /// All rows, in order.
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The place of the cursor in [`Tree::rows`].
    #[must_use]
    pub fn cursor(&self) -> usize {
        self.cursor
    }

    /// The row under the cursor.
    #[must_use]
    pub fn current(&self) -> Option<&Row> {
        self.rows.get(self.cursor)
    }

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

    fn databases(&self, profile: &ProfileName) -> impl Iterator<Item = &DatabaseInfo> {
        self.branches
            .get(profile)
            .and_then(|b| b.databases.value())
            .into_iter()
            .flatten()
    }

    /// Opens a profile's row, and reads its databases once it is connected.
    pub fn open_profile(&mut self, scope: &mut Scope<'_>, profile: &ProfileName) {
        self.open.insert(Node::Profile(profile.clone()));
        self.ask_databases(scope, profile, Again::No);
        self.rebuild(scope.profiles, scope.models);
    }

    /// Opens a database's row, and puts the cursor there.
    pub fn open_database(&mut self, scope: &mut Scope<'_>, profile: &ProfileName, database: &str) {
        self.open.insert(Node::Profile(profile.clone()));
        let node = Node::Database(profile.clone(), database.to_owned());
        self.open.insert(node.clone());
        self.ask_collections(scope, profile, database, Again::No);
        self.rebuild(scope.profiles, scope.models);
        self.go_to(&node);
    }

    /// Puts the cursor on a collection, opening what is above it.
    pub fn reveal(&mut self, scope: &mut Scope<'_>, profile: &ProfileName, namespace: &Namespace) {
        // As near to it as there is a row, until the rest is read.
        self.go_to(&Node::Profile(profile.clone()));
        self.open_database(scope, profile, &namespace.database);
        if let Some(domain) = domain_of(scope.models, &namespace.database, &namespace.collection) {
            self.open.insert(Node::Domain(
                profile.clone(),
                namespace.database.clone(),
                domain,
            ));
            self.rebuild(scope.profiles, scope.models);
        }
        self.go_to(&Node::Collection(profile.clone(), namespace.clone()));
    }

    /// Puts the cursor on a row, now or as soon as it is read, unless the cursor is moved meanwhile.
    fn go_to(&mut self, node: &Node) {
        match self.rows.iter().position(|r| r.node == *node) {
            Some(place) => self.cursor = place,
            None => self.sought = Some(node.clone()),
        }
    }

    /// A profile's connection changed.
    pub fn connection_changed(&mut self, scope: &mut Scope<'_>, profile: &ProfileName) {
        let ready = scope
            .profiles
            .get(profile)
            .is_some_and(super::profiles::ProfileState::is_ready);
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

    fn ask_databases(&mut self, scope: &mut Scope<'_>, profile: &ProfileName, again: Again) {
        if !scope
            .profiles
            .get(profile)
            .is_some_and(super::profiles::ProfileState::is_ready)
        {
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

    fn ask_collections(
        &mut self,
        scope: &mut Scope<'_>,
        profile: &ProfileName,
        database: &str,
        again: Again,
    ) {
        if !scope
            .profiles
            .get(profile)
            .is_some_and(super::profiles::ProfileState::is_ready)
        {
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

    /// Takes a command.
    pub fn command(&mut self, scope: &mut Scope<'_>, command: Command) -> Wish {
        let rows = scope.regions.tree_rows;
        let last = self.rows.len().saturating_sub(1);
        let target = match command {
            Command::CursorUp => Some(self.cursor.saturating_sub(1)),
            Command::CursorDown => Some(self.cursor + 1),
            Command::PageUp => Some(self.cursor.saturating_sub(rows.max(1))),
            Command::PageDown => Some(self.cursor + rows.max(1)),
            Command::HalfPageUp => Some(self.cursor.saturating_sub(rows / 2 + 1)),
            Command::HalfPageDown => Some(self.cursor + rows / 2 + 1),
            Command::CursorFirst => Some(0),
            Command::CursorLast => Some(last),
            _ => None,
        };
        self.sought = None;
        if let Some(target) = target {
            self.cursor = target.min(last);
            self.first = scrolled(self.first, self.cursor, rows);
            return Wish::Nothing;
        }
        let Some(row) = self.current().cloned() else {
            return Wish::Ignored;
        };
        match command {
            Command::Open | Command::Accept => return self.activate(scope, &row),
            Command::Toggle => match row.open {
                Some(_) => return self.activate(scope, &row),
                None => return Wish::Nothing,
            },
            Command::CursorRight => match row.open {
                Some(false) => return self.activate(scope, &row),
                Some(true) => self.cursor = (self.cursor + 1).min(last),
                None => return self.activate(scope, &row),
            },
            Command::CursorLeft => {
                if row.open == Some(true) {
                    self.open.remove(&row.node);
                    self.rebuild(scope.profiles, scope.models);
                } else if let Some(parent) = self.rows[..self.cursor]
                    .iter()
                    .rposition(|r| r.depth < row.depth)
                {
                    self.cursor = parent;
                }
            }
            Command::ExpandAll => self.expand(scope, &row),
            Command::CollapseAll => {
                self.open.retain(|n| matches!(n, Node::Profile(_)));
                self.rebuild(scope.profiles, scope.models);
                self.go_to(&Node::Profile(row.node.profile().clone()));
            }
            Command::Refresh => self.refresh(scope, &row),
            Command::Filter => {
                self.filter.get_or_insert_with(Field::default);
                self.filtering = true;
            }
            Command::ClearFilter => self.clear_filter(scope),
            Command::Back if self.filter.is_some() => self.clear_filter(scope),
            _ => return Wish::Ignored,
        }
        self.first = scrolled(self.first, self.cursor, rows);
        Wish::Nothing
    }

    fn activate(&mut self, scope: &mut Scope<'_>, row: &Row) -> Wish {
        match &row.node {
            Node::Collection(profile, namespace) => {
                return Wish::Open(profile.clone(), namespace.clone());
            }
            Node::Note(..) if row.note == Some(NoteKind::Failed) => {
                scope
                    .overlays
                    .push(super::overlay::Overlay::Message(super::overlay::Message {
                        title: row.node.profile().to_string(),
                        text: row.label.clone(),
                        first: 0,
                    }));
                return Wish::Nothing;
            }
            Node::Note(..) => return Wish::Nothing,
            node => {
                if self.open.remove(node) && row.open == Some(true) {
                    self.rebuild(scope.profiles, scope.models);
                    return Wish::Nothing;
                }
                self.open.insert(node.clone());
                match node {
                    Node::Profile(profile) => {
                        let idle = scope.profiles.get(profile).is_some_and(|p| {
                            matches!(
                                p.connection,
                                ConnectionState::Closed | ConnectionState::Failed(_)
                            )
                        });
                        if idle {
                            scope.effects.push(super::effect::Effect::Connect {
                                profile: profile.clone(),
                            });
                        }
                        self.ask_databases(scope, profile, Again::No);
                    }
                    Node::Database(profile, database) => {
                        self.ask_collections(scope, profile, database, Again::No)
                    }
                    Node::Domain(..) | Node::Collection(..) | Node::Note(..) => {}
                }
            }
        }
        self.rebuild(scope.profiles, scope.models);
        Wish::Nothing
    }

    fn expand(&mut self, scope: &mut Scope<'_>, row: &Row) {
        let profile = row.node.profile().clone();
        self.open.insert(Node::Profile(profile.clone()));
        let databases: Vec<String> = match row.node.database() {
            Some(d) => vec![d.to_owned()],
            None => self.databases(&profile).map(|d| d.name.clone()).collect(),
        };
        for database in databases {
            self.open
                .insert(Node::Database(profile.clone(), database.clone()));
            for domain in domains_of(scope.models, &database) {
                self.open
                    .insert(Node::Domain(profile.clone(), database.clone(), domain));
            }
            self.ask_collections(scope, &profile, &database, Again::No);
        }
        self.rebuild(scope.profiles, scope.models);
    }

    fn refresh(&mut self, scope: &mut Scope<'_>, row: &Row) {
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

    fn clear_filter(&mut self, scope: &mut Scope<'_>) {
        let node = self.current().map(|r| r.node.clone());
        self.filter = None;
        self.filtering = false;
        if let Some(Node::Collection(profile, namespace)) = &node {
            // What the filter found stays in sight.
            self.reveal(scope, profile, namespace);
        }
        self.rebuild(scope.profiles, scope.models);
    }

    /// Takes a command while the filter takes the keys.
    pub fn filter_command(&mut self, scope: &mut Scope<'_>, command: Command) -> Wish {
        match command {
            Command::Accept | Command::Open => {
                self.filtering = false;
                if self.filter.as_ref().is_some_and(|f| f.text().is_empty()) {
                    self.filter = None;
                }
                Wish::Nothing
            }
            Command::Back | Command::Cancel | Command::ClearFilter => {
                self.clear_filter(scope);
                Wish::Nothing
            }
            Command::CursorUp | Command::CursorDown => self.command(scope, command),
            _ => Wish::Ignored,
        }
    }

    /// Takes text typed or pasted into the filter.
    pub fn filter_typed(&mut self, scope: &mut Scope<'_>, change: impl FnOnce(&mut Field) -> bool) {
        if self.filter.as_mut().is_some_and(change) {
            self.rebuild(scope.profiles, scope.models);
            let found = self
                .rows
                .iter()
                .position(|r| matches!(r.node, Node::Collection(..)));
            self.cursor = found.unwrap_or(0);
            self.first = scrolled(0, self.cursor, scope.regions.tree_rows);
        }
    }

    /// Puts the cursor on a row that was clicked. Says whether it was there already.
    pub fn click(&mut self, place: usize) -> bool {
        let again = self.cursor == place;
        if place < self.rows.len() {
            self.cursor = place;
        }
        again
    }

    /// Scrolls without moving the cursor out of sight.
    pub fn wheel(&mut self, down: bool, rows: usize) {
        let limit = self.rows.len().saturating_sub(rows);
        self.first = if down {
            (self.first + 3).min(limit)
        } else {
            self.first.saturating_sub(3)
        };
        self.cursor = self.cursor.clamp(
            self.first,
            (self.first + rows.max(1) - 1)
                .min(self.rows.len().saturating_sub(1))
                .max(self.first),
        );
        self.cursor = self.cursor.min(self.rows.len().saturating_sub(1));
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Again {
    Yes,
    No,
}

impl Row {
    fn new(depth: usize, node: Node, label: impl Into<String>) -> Self {
        Self {
            depth,
            node,
            label: label.into(),
            open: None,
            kind: None,
            count: None,
            bytes: None,
            note: None,
        }
    }
}

/// Whether a database is the server's own (MongoDB manual, "Databases and Collections": `admin`, `config`, `local`).
#[must_use]
pub fn is_servers_own(database: &str) -> bool {
    matches!(database, "admin" | "config" | "local")
}
