//! The tree of profiles, databases and collections.
//!
//! Here are the cursor and what opens and closes; what is known of the deployments is in `names`, and the filter in
//! `filter`. Names come first and figures after, each database on its own and only once it is opened. Rows are built when
//! the tree changes, not when it is drawn.

mod filter;
mod names;
mod rows;

use std::collections::{HashMap, HashSet};

use names::{Again, ProfileBranch};
use rows::{domain_of, domains_of};

use super::command::Command;
use super::effect::Effect;
use super::field::Field;
use super::overlay::{Message, Overlay};
use super::regions::scrolled;
use super::scope::Scope;
use crate::mongo::request::{ConnectionState, Namespace, ProfileName};

pub use rows::{NoteKind, Row, is_servers_own};

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
                scope.overlays.push(Overlay::Message(Message {
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
                            scope.effects.push(Effect::Connect {
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
