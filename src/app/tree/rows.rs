//! The rows of the tree, made anew from what is known of the deployments.

use super::names::DatabaseBranch;
use super::{Node, Tree};
use crate::app::profiles::Profiles;
use crate::model::Library;
use crate::mongo::request::{
    CollectionInfo, CollectionKind, ConnectionState, DatabaseInfo, Namespace, ProfileName,
};
use std::collections::BTreeMap;

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

impl Tree {
    /// Builds the rows anew; the cursor stays on its node, or as near to it as there is one.
    pub fn rebuild(&mut self, profiles: &Profiles, models: &Library) {
        let node = self.current().map(|r| r.node.clone());
        let needle = self
            .filter
            .as_ref()
            .map(|f| f.text().to_lowercase())
            .filter(|t| !t.is_empty());
        let mut rows = Vec::new();
        for profile in &profiles.all {
            self.profile_rows(&mut rows, profile, models, needle.as_deref());
        }
        self.rows = rows;
        let sought = self
            .sought
            .as_ref()
            .and_then(|s| self.rows.iter().position(|r| r.node == *s));
        if let Some(place) = sought {
            self.cursor = place;
            self.sought = None;
        } else if let Some(node) = node {
            match self.rows.iter().position(|r| r.node == node) {
                Some(place) => self.cursor = place,
                None => self.cursor = self.cursor.min(self.rows.len().saturating_sub(1)),
            }
        }
    }

    pub(super) fn profile_rows(
        &self,
        rows: &mut Vec<Row>,
        profile: &crate::app::profiles::ProfileState,
        models: &Library,
        needle: Option<&str>,
    ) {
        let node = Node::Profile(profile.name.clone());
        let open = needle.is_some() || self.open.contains(&node);
        rows.push(Row {
            open: Some(open),
            ..Row::new(0, node, profile.name.as_str())
        });
        if !open {
            return;
        }
        let note = |text: String, kind| Row {
            note: Some(kind),
            ..Row::new(1, Node::Note(profile.name.clone(), String::new()), text)
        };
        let branch = self.branches.get(&profile.name);
        let known = branch.and_then(|b| b.databases.value());
        match &profile.connection {
            ConnectionState::Closed if known.is_none() => {
                rows.push(note(
                    "not connected: open to connect".into(),
                    NoteKind::Empty,
                ));
            }
            ConnectionState::Connecting if known.is_none() => {
                rows.push(note("connecting …".into(), NoteKind::Waiting));
            }
            ConnectionState::Retrying { failure, .. } => {
                rows.push(note(failure.to_string(), NoteKind::Failed))
            }
            ConnectionState::Failed(failure) => {
                rows.push(note(failure.to_string(), NoteKind::Failed))
            }
            _ => match branch.map(|b| &b.databases) {
                None => {}
                Some(slot) => {
                    if let Some(failure) = slot.failure() {
                        rows.push(note(failure.to_string(), NoteKind::Failed));
                    } else if slot.value().is_none() {
                        rows.push(note("reading …".into(), NoteKind::Waiting));
                    } else if slot.value().is_some_and(Vec::is_empty) {
                        rows.push(note("no databases".into(), NoteKind::Empty));
                    }
                }
            },
        }
        // The server's own databases come last: they are seldom what is looked for.
        let (own, others): (Vec<_>, Vec<_>) = known
            .into_iter()
            .flatten()
            .partition(|d| is_servers_own(&d.name));
        for database in others.into_iter().chain(own) {
            self.database_rows(rows, &profile.name, database, models, needle);
        }
    }

    pub(super) fn database_rows(
        &self,
        rows: &mut Vec<Row>,
        profile: &ProfileName,
        database: &DatabaseInfo,
        models: &Library,
        needle: Option<&str>,
    ) {
        let name = &database.name;
        let node = Node::Database(profile.clone(), name.clone());
        let branch = self
            .branches
            .get(profile)
            .and_then(|b| b.branches.get(name));
        let collections = branch.and_then(|b| b.collections.value());
        let named = needle.is_none_or(|n| name.to_lowercase().contains(n));
        let wanted = |c: &CollectionInfo| {
            needle.is_none_or(|n| named || format!("{name}.{}", c.name).to_lowercase().contains(n))
        };
        if needle.is_some() && !named && !collections.into_iter().flatten().any(wanted) {
            return;
        }
        let open = match needle {
            Some(_) => collections.is_some(),
            None => self.open.contains(&node),
        };
        rows.push(Row {
            open: Some(open),
            count: collections.map(|c| c.len() as u64),
            bytes: database.size_on_disk,
            ..Row::new(1, node, name)
        });
        let Some(branch) = branch.filter(|_| open) else {
            return;
        };
        let note = |text: String, kind| Row {
            note: Some(kind),
            ..Row::new(2, Node::Note(profile.clone(), name.clone()), text)
        };
        if let Some(failure) = branch.collections.failure() {
            rows.push(note(failure.to_string(), NoteKind::Failed));
        }
        let Some(collections) = collections else {
            if branch.collections.loading().is_some() {
                rows.push(note("reading …".into(), NoteKind::Waiting));
            }
            return;
        };
        if collections.is_empty() {
            rows.push(note("no collections".into(), NoteKind::Empty));
        }
        let mut domains: BTreeMap<String, Vec<&CollectionInfo>> = BTreeMap::new();
        let mut plain: Vec<&CollectionInfo> = Vec::new();
        for collection in collections.iter().filter(|c| wanted(c)) {
            match domain_of(models, name, &collection.name) {
                Some(domain) => domains.entry(domain).or_default().push(collection),
                None => plain.push(collection),
            }
        }
        // One group alone would only be in the way.
        if domains.len() == 1 {
            plain.extend(domains.into_values().flatten());
            plain.sort_by(|a, b| a.name.cmp(&b.name));
            domains = BTreeMap::new();
        }
        for (domain, members) in domains {
            let node = Node::Domain(profile.clone(), name.clone(), domain.clone());
            let open = needle.is_some() || self.open.contains(&node);
            rows.push(Row {
                open: Some(open),
                count: Some(members.len() as u64),
                ..Row::new(2, node, domain)
            });
            if open {
                rows.extend(
                    members
                        .into_iter()
                        .map(|c| collection_row(3, profile, name, c, branch)),
                );
            }
        }
        // The server's own collections come last: they are seldom what is looked for.
        plain.sort_by_key(|c| c.kind == CollectionKind::System);
        rows.extend(
            plain
                .into_iter()
                .map(|c| collection_row(2, profile, name, c, branch)),
        );
    }
}

/// The domain that a collection's model names.
pub(super) fn domain_of(models: &Library, database: &str, collection: &str) -> Option<String> {
    models.for_namespace(database, collection)?.domain.clone()
}

/// The domains of a database, by the models that are bound to it.
pub(super) fn domains_of(models: &Library, database: &str) -> Vec<String> {
    let bound =
        |d: &crate::model::library::Domain| d.database.as_deref().is_none_or(|n| n == database);
    models
        .domains()
        .into_iter()
        .filter(bound)
        .filter_map(|d| d.name)
        .collect()
}

pub(super) fn collection_row(
    depth: usize,
    profile: &ProfileName,
    database: &str,
    collection: &CollectionInfo,
    branch: &DatabaseBranch,
) -> Row {
    let size = branch.sizes.get(&collection.name);
    let namespace = Namespace::new(database, collection.name.clone());
    Row {
        kind: Some(collection.kind),
        // Of a time series the server counts no documents.
        count: size
            .filter(|_| collection.kind != CollectionKind::TimeSeries)
            .map(|s| s.documents),
        bytes: size.map(|s| s.bytes),
        ..Row::new(
            depth,
            Node::Collection(profile.clone(), namespace),
            collection.name.clone(),
        )
    }
}

/// Whether a database is the server's own (MongoDB manual, "Databases and Collections": `admin`, `config`, `local`).
#[must_use]
pub fn is_servers_own(database: &str) -> bool {
    matches!(database, "admin" | "config" | "local")
}
