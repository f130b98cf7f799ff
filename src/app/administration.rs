//! Changes of collections and databases, and the undo of document writes: each asked, confirmed, carried out, told.

use bson::RawDocumentBuf;

use super::effect::Effect;
use super::field::Field;
use super::overlay::{Confirm, Intent, Overlay, Prompt, Purpose};
use super::scope::{Asker, Scope};
use super::tab::{Destination, Handled};
use super::tree::Node;
use super::update::{record, scope, tell_write};
use super::{App, Command};
use crate::mongo::request::{CollectionKind, Failure, Namespace, ProfileName, Reply, Request};

impl App {
    /// Commands of the tree that reach beyond it.
    pub(super) fn tree_command(&mut self, command: Command, effects: &mut Vec<Effect>) -> Handled {
        let Some(node) = self.tree.current().map(|r| r.node.clone()) else {
            return Handled::No;
        };
        let profile = node.profile().clone();
        match (command, &node) {
            (Command::Details, Node::Collection(_, namespace)) => {
                self.show_details(&profile, namespace.clone(), effects);
            }
            (Command::Model, Node::Collection(_, namespace)) => {
                self.destinations.push(Destination::Models {
                    profile,
                    namespace: Some(namespace.clone()),
                });
            }
            (Command::Query, _) => {
                let Some(database) = node.database() else {
                    self.say_choose("a database or a collection", effects);
                    return Handled::Yes;
                };
                let collection = match &node {
                    Node::Collection(_, namespace) => Some(namespace.collection.clone()),
                    _ => None,
                };
                let text = match &collection {
                    Some(name) => super::query::opening::find_text(name, "", ""),
                    None => String::new(),
                };
                let destination = super::tab::Destination::Query {
                    profile,
                    database: database.to_owned(),
                    collection,
                    text,
                };
                self.destinations.push(destination);
            }
            (Command::Check, node) => {
                let namespaces = self.checked_below(node);
                if namespaces.is_empty() {
                    let mut scope = scope!(self, (*effects));
                    scope.warn("no model describes a collection here: name one in `models`");
                } else {
                    self.destinations.push(Destination::Drift {
                        profile,
                        namespaces,
                    });
                }
            }
            (Command::Connect, _) => effects.push(Effect::Connect { profile }),
            (Command::Disconnect, _) => effects.push(Effect::Disconnect { profile }),
            (
                Command::CollectionCreate
                | Command::DatabaseCreate
                | Command::CollectionRename
                | Command::CollectionDrop
                | Command::DatabaseDrop,
                _,
            ) => {
                // Asked before the person types anything, so that nobody fills a form in vain.
                if let Some(refusal) = self.profiles.get(&profile).and_then(|p| p.write_refusal()) {
                    let mut scope = scope!(self, (*effects));
                    scope.warn(refusal);
                } else {
                    self.ask_administration(command, &node, effects);
                }
            }
            _ => return Handled::No,
        }
        Handled::Yes
    }

    /// The collections at and below a node that have a model.
    fn checked_below(&self, node: &Node) -> Vec<Namespace> {
        let profile = node.profile();
        if let Node::Collection(_, namespace) = node {
            return vec![namespace.clone()];
        }
        let Some(database) = node.database() else {
            return Vec::new();
        };
        let model = |n: &Namespace| self.models.for_namespace(&n.database, &n.collection);
        let mut found: Vec<Namespace> = self
            .tree
            .namespaces()
            .filter(|(p, n)| p == profile && n.database == database)
            .map(|(_, n)| n)
            .collect();
        // Where the names were not read so far, the models' own bindings tell them.
        if found.is_empty() {
            let models = self.models.models.iter();
            found = models
                .filter(|m| m.database.as_deref() == Some(database))
                .map(|m| Namespace::new(database, m.collection.clone()))
                .collect();
        }
        found.retain(|n| match (node, model(n)) {
            (_, None) => false,
            (Node::Domain(_, _, domain), Some(model)) => model.domain.as_ref() == Some(domain),
            (_, Some(_)) => true,
        });
        found.dedup();
        found
    }

    fn ask_administration(&mut self, command: Command, node: &Node, effects: &mut Vec<Effect>) {
        let profile = node.profile().clone();
        let prompt = |title: String, hint: &str, text: &str, purpose| {
            Overlay::Prompt(Prompt {
                title,
                hint: hint.to_owned(),
                field: Field::new(text),
                problem: None,
                purpose,
            })
        };
        let overlay = match (command, node.database()) {
            (Command::DatabaseCreate, _) => prompt(
                format!("new database on `{profile}`"),
                "DATABASE.COLLECTION: a database exists through its first collection",
                "",
                Purpose::CreateDatabase { profile },
            ),
            (Command::CollectionCreate, Some(database)) => prompt(
                format!("new collection in `{database}`"),
                "its name",
                "",
                Purpose::CreateCollection {
                    profile,
                    database: database.to_owned(),
                },
            ),
            (Command::CollectionRename, Some(_)) => match node {
                Node::Collection(_, namespace) => prompt(
                    format!("rename `{namespace}`"),
                    "its new name in the same database",
                    &namespace.collection,
                    Purpose::RenameCollection {
                        profile,
                        namespace: namespace.clone(),
                    },
                ),
                _ => return self.say_choose("a collection", effects),
            },
            (Command::CollectionDrop, Some(_)) => match node {
                Node::Collection(_, namespace) => {
                    self.drop_collection_question(&profile, namespace)
                }
                _ => return self.say_choose("a collection", effects),
            },
            (Command::DatabaseDrop, Some(database)) => {
                let lines = vec![
                    format!(
                        "database `{database}` on profile `{profile}`, with all its collections."
                    ),
                    "This cannot be undone.".to_owned(),
                    format!("Type its name, `{database}`, to drop it."),
                ];
                let intent = Intent::Administration {
                    profile,
                    request: Request::DropDatabase {
                        database: database.to_owned(),
                    },
                    what: format!("drop database `{database}`"),
                };
                Overlay::Confirm(Confirm::new("drop the database?", lines, intent).typed(database))
            }
            (_, None) => return self.say_choose("a database", effects),
            _ => return,
        };
        self.overlays.push(overlay);
    }

    fn drop_collection_question(&self, profile: &ProfileName, namespace: &Namespace) -> Overlay {
        let what = match self.tree.kind_of(profile, namespace) {
            Some(CollectionKind::View) => {
                "view: the documents it shows stay where they are".to_owned()
            }
            _ => match self.tree.size_of(profile, namespace) {
                Some(size) => format!(
                    "collection of about {} documents, with its indexes",
                    size.documents
                ),
                None => "collection, with its documents and indexes".to_owned(),
            },
        };
        let lines = vec![
            format!("`{namespace}` on profile `{profile}`: a {what}."),
            "This cannot be undone.".to_owned(),
            format!("Type its name, `{}`, to drop it.", namespace.collection),
        ];
        let intent = Intent::Administration {
            profile: profile.clone(),
            request: Request::DropCollection {
                namespace: namespace.clone(),
            },
            what: format!("drop `{namespace}`"),
        };
        Overlay::Confirm(
            Confirm::new("drop the collection?", lines, intent)
                .typed(namespace.collection.as_str()),
        )
    }

    fn say_choose(&mut self, what: &str, effects: &mut Vec<Effect>) {
        let mut scope = scope!(self, (*effects));
        scope.info(format!("put the cursor on {what} first"));
    }

    /// Takes the answer of a prompt about collections or databases.
    pub(super) fn administration_answered(
        &mut self,
        purpose: Purpose,
        text: &str,
        effects: &mut Vec<Effect>,
    ) {
        let text = text.trim();
        let (profile, request, what) = match purpose {
            Purpose::CreateCollection { profile, database } => {
                if let Some(problem) = name_problem(text) {
                    return self.prompt_problem(problem);
                }
                let namespace = Namespace::new(database, text);
                let what = format!("create `{namespace}`");
                (
                    profile,
                    Request::CreateCollection {
                        namespace,
                        options: RawDocumentBuf::new(),
                    },
                    what,
                )
            }
            Purpose::CreateDatabase { profile } => {
                let Some(namespace) = Namespace::parse(text) else {
                    return self.prompt_problem(
                        "write both names with a dot between: `shop.orders`".into(),
                    );
                };
                let problem = name_problem(&namespace.collection)
                    .or_else(|| database_problem(&namespace.database));
                if let Some(problem) = problem {
                    return self.prompt_problem(problem);
                }
                let what = format!("create `{namespace}`");
                (
                    profile,
                    Request::CreateCollection {
                        namespace,
                        options: RawDocumentBuf::new(),
                    },
                    what,
                )
            }
            Purpose::RenameCollection { profile, namespace } => {
                if let Some(problem) = name_problem(text) {
                    return self.prompt_problem(problem);
                }
                if text == namespace.collection {
                    return self.prompt_problem("that is its name already".into());
                }
                let to = Namespace::new(namespace.database.clone(), text);
                let what = format!("rename `{namespace}` to `{to}`");
                let request = Request::RenameCollection {
                    from: namespace,
                    to,
                };
                self.overlays.pop();
                let lines = vec![
                    format!("{what} on profile `{profile}`."),
                    "Its documents and indexes stay.".into(),
                ];
                let intent = Intent::Administration {
                    profile,
                    request,
                    what,
                };
                self.overlays.push(Overlay::Confirm(Confirm::new(
                    "rename the collection?",
                    lines,
                    intent,
                )));
                return;
            }
            Purpose::SaveView(_)
            | Purpose::Sort(_)
            | Purpose::Search(_)
            | Purpose::Watch(_)
            | Purpose::EventFile(_)
            | Purpose::Load(_) => return,
        };
        self.overlays.pop();
        self.carry_out(
            Intent::Administration {
                profile,
                request,
                what,
            },
            effects,
        );
    }

    fn prompt_problem(&mut self, problem: String) {
        if let Some(Overlay::Prompt(prompt)) = self.overlays.last_mut() {
            prompt.problem = Some(problem);
        }
    }

    /// A change of collections or databases is over.
    pub(super) fn administration_settled(
        &mut self,
        profile: &ProfileName,
        what: &str,
        result: Result<Reply, Failure>,
        effects: &mut Vec<Effect>,
    ) {
        let outcome = match &result {
            Ok(_) => "written".to_owned(),
            Err(failure) => failure.outcome(),
        };
        effects.push(Effect::RecordWrite(record(
            self.now, profile, "", what, outcome,
        )));
        let mut scope = scope!(self, (*effects));
        tell_write(&mut scope, what, &result);
        // The names may have changed even where the outcome is unknown.
        let databases: Vec<String> = self
            .tree
            .rows()
            .iter()
            .filter_map(|r| match &r.node {
                Node::Database(p, d) if p == profile && r.open == Some(true) => Some(d.clone()),
                _ => None,
            })
            .collect();
        self.tree.names_changed(&mut scope, profile, &databases);
    }

    /// Opens the details of a collection.
    pub(super) fn show_details(
        &mut self,
        profile: &ProfileName,
        namespace: Namespace,
        effects: &mut Vec<Effect>,
    ) {
        let mut scope = scope!(self, (*effects));
        show_details(&mut scope, profile, namespace);
    }

    /// Reads details again that are shown and are of before the connection was lost.
    pub(super) fn fresh_details(&mut self, profile: &ProfileName, effects: &mut Vec<Effect>) {
        let old = |d: &super::details::Details| {
            d.profile == *profile && d.slot.loading().is_none() && d.slot.value().is_some()
        };
        let namespace = self.overlays.iter().find_map(|o| match o {
            Overlay::Details(d) if old(d) => Some(d.namespace.clone()),
            _ => None,
        });
        let Some(namespace) = namespace else { return };
        let mut scope = scope!(self, (*effects));
        let task = scope.ask(Asker::Details, profile, Request::Details { namespace });
        for overlay in &mut self.overlays {
            if let Overlay::Details(details) = overlay
                && old(details)
            {
                details.slot.begin(task);
                return;
            }
        }
    }
}

/// Opens the details of a collection over the panes.
pub fn show_details(scope: &mut Scope<'_>, profile: &ProfileName, namespace: Namespace) {
    let mut details = super::details::Details::new(profile.clone(), namespace.clone());
    let task = scope.ask(Asker::Details, profile, Request::Details { namespace });
    details.slot.begin(task);
    scope.overlays.push(Overlay::Details(Box::new(details)));
}

/// Why a collection cannot have this name (the server's rules: MongoDB manual, "Naming Restrictions").
fn name_problem(name: &str) -> Option<String> {
    if name.is_empty() {
        Some("write a name".into())
    } else if name.contains('$') || name.contains('\0') {
        Some("a collection's name has no `$` and no null character".into())
    } else if name.starts_with("system.") {
        Some("names that start with `system.` are the server's own".into())
    } else if name.starts_with('.') || name.ends_with('.') {
        Some("a collection's name does not start or end with a dot".into())
    } else {
        None
    }
}

/// Why a database cannot have this name.
fn database_problem(name: &str) -> Option<String> {
    let bad = name
        .chars()
        .find(|c| "/\\. \"$*<>:|?".contains(*c) || *c == '\0');
    match bad {
        Some(c) => Some(format!("a database's name has no `{}`", c.escape_debug())),
        None if name.len() > 63 => Some("a database's name has at most 63 bytes".into()),
        None => None,
    }
}
