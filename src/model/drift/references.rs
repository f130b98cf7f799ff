//! Which collection each reference of a model leads to.
//!
//! A model names other models; a [`Library`] knows where these are kept. What cannot be told is a note, not an error.

use std::collections::BTreeMap;

use bson::{RawBsonRef, RawDocument};

use super::place::{Place, PlaceStep};
use crate::model::{Field, Kind, Library, Model, Reference};
use crate::value::{Path, Step};

/// Deeper references repeat the same declarations: a schema may contain itself.
const DEEPEST: usize = 8;
/// More references than a model has; a model that contains itself in several ways would have countless ones.
const MOST: usize = 500;

/// A collection that is referred to.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Referred {
    /// The database.
    pub database: String,
    /// The collection.
    pub collection: String,
    /// The model's name, as the reference has it.
    pub model: String,
}

/// What a reference leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Leads {
    /// Always to this collection.
    To(Referred),
    /// To the model whose name stands at this path of the document, in dot notation from its top.
    ByName {
        /// The path of the name; beside the reference it stands in the same element of an array.
        path: String,
        /// The collections of all names that are known.
        names: BTreeMap<String, Referred>,
    },
}

/// A reference that can be checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckedReference {
    /// Where it stands.
    pub place: Place,
    /// What it leads to.
    pub leads: Leads,
}

impl CheckedReference {
    /// The collection that the value at `path` of `document` refers to; `None` where its name is not there or not known.
    #[must_use]
    pub fn referred(&self, document: &RawDocument, path: &Path) -> Option<&Referred> {
        match &self.leads {
            Leads::To(referred) => Some(referred),
            Leads::ByName { path: by, names } => {
                let mut at = Path::root();
                for name in by.split('.') {
                    at.0.push(Step::Key(name.to_owned()));
                    // Beside the reference: in the same elements of the same arrays.
                    while path.0.len() > at.0.len()
                        && path.0.starts_with(&at.0)
                        && let Some(Step::Index(index)) = path.0.get(at.0.len())
                    {
                        at.0.push(Step::Index(*index));
                    }
                }
                match at.get(document)? {
                    RawBsonRef::String(name) => names.get(name),
                    _ => None,
                }
            }
        }
    }
}

/// The references of `model`, whose documents are in `database`, and a note on each one that cannot be checked.
#[must_use]
pub fn references(
    model: &Model,
    library: &Library,
    database: &str,
) -> (Vec<CheckedReference>, Vec<String>) {
    let mut found: Vec<(Place, &Reference)> = Vec::new();
    for field in model.fields() {
        collect(model, field, &Place::default(), 0, &mut found);
    }
    for discriminator in &model.root().discriminators {
        for field in &model.schema(discriminator.schema).fields {
            collect(model, field, &Place::default(), 0, &mut found);
        }
    }
    let mut out: Vec<CheckedReference> = Vec::new();
    let mut notes = Vec::new();
    for (place, reference) in found {
        if out.iter().any(|r| r.place == place) {
            continue;
        }
        let leads = match reference {
            Reference::Model(name) => match referred(model, library, database, name) {
                Some(referred) => Leads::To(referred),
                None => {
                    let note = format!(
                        "`{place}` refers to `{name}`, and no model of that name is loaded"
                    );
                    if !notes.contains(&note) {
                        notes.push(note);
                    }
                    continue;
                }
            },
            Reference::Path(path) => {
                let names = library
                    .models
                    .iter()
                    .filter_map(|m| {
                        referred(model, library, database, &m.name).map(|r| (m.name.clone(), r))
                    })
                    .collect();
                Leads::ByName {
                    path: path.clone(),
                    names,
                }
            }
            Reference::Computed => {
                notes.push(format!(
                    "what `{place}` refers to is decided by a function, and is not checked"
                ));
                continue;
            }
        };
        out.push(CheckedReference { place, leads });
    }
    (out, notes)
}

fn referred(model: &Model, library: &Library, database: &str, name: &str) -> Option<Referred> {
    let own = model.database.as_deref().unwrap_or(database);
    let target = if model.name == name {
        return Some(Referred {
            database: database.to_owned(),
            collection: model.collection.clone(),
            model: name.to_owned(),
        });
    } else {
        library.named(own, name)?
    };
    // Models of the same database stay together, whatever the database is called that is looked at.
    let elsewhere = target.database.as_deref().filter(|d| *d != own);
    Some(Referred {
        database: elsewhere.unwrap_or(database).to_owned(),
        collection: target.collection.clone(),
        model: name.to_owned(),
    })
}

fn collect<'m>(
    model: &'m Model,
    field: &'m Field,
    outer: &Place,
    depth: usize,
    out: &mut Vec<(Place, &'m Reference)>,
) {
    if depth > DEEPEST || out.len() >= MOST {
        return;
    }
    let mut place = outer.clone();
    if !field.name.is_empty() {
        place.0.push(PlaceStep::Key(field.name.clone()));
    }
    let within = |step: PlaceStep| {
        let mut place = place.clone();
        place.0.push(step);
        place
    };
    match &field.kind {
        Kind::Array(element) => {
            let inside = within(PlaceStep::Element);
            if let Some(reference) = &field.reference {
                out.push((inside.clone(), reference));
            }
            collect(model, element, &inside, depth + 1, out);
        }
        Kind::Map(value) => {
            let inside = within(PlaceStep::Entry);
            if let Some(reference) = &field.reference {
                out.push((inside.clone(), reference));
            }
            collect(model, value, &inside, depth + 1, out);
        }
        Kind::Nested(fields) => {
            for inner in fields {
                collect(model, inner, &place, depth + 1, out);
            }
        }
        Kind::Embedded(id) => {
            let schema = model.schema(*id);
            for inner in &schema.fields {
                collect(model, inner, &place, depth + 1, out);
            }
            for variant in &schema.discriminators {
                for inner in &model.schema(variant.schema).fields {
                    collect(model, inner, &place, depth + 1, out);
                }
            }
        }
        _ => {
            if let Some(reference) = &field.reference {
                out.push((place, reference));
            }
        }
    }
}
