//! Where in the documents of a collection: a path whose positions in arrays, and keys of maps, are any.
//!
//! Invariant: the places of a model are few, however many documents there are; only names that it does not know can
//! make more of them.

use std::fmt;

use bson::{RawBsonRef, RawDocument};

use crate::model::{Field, Kind, Model, Schema};
use crate::value::{Path, Step};

/// One step of a [`Place`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PlaceStep {
    /// The field with this name.
    Key(String),
    /// Any element of an array.
    Element,
    /// Any value of a map, whatever its key.
    Entry,
}

/// A path in dot notation with any position in each array: `followUps[].dueDate`, `labels.*`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Place(pub Vec<PlaceStep>);

/// Documents nest at most so deep on a server.
const DEEPEST: usize = 120;

impl Place {
    /// The place of one document's `path`. The model tells which keys are of a map.
    #[must_use]
    pub fn of(model: &Model, path: &Path) -> Self {
        let mut at = At::Fields(model.root());
        let mut steps = Vec::with_capacity(path.0.len());
        for step in &path.0 {
            let (step, next) = at.step(model, step);
            steps.push(step);
            at = next;
        }
        Self(steps)
    }

    /// Reads what [`Place`] is shown as: `a.b[].c`, `labels.*`. A name with a dot or a bracket of its own cannot be written.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut steps = Vec::new();
        for part in text.split('.').filter(|p| !p.is_empty()) {
            let name = part.trim_end_matches("[]");
            match name {
                "" => {}
                "*" => steps.push(PlaceStep::Entry),
                name => steps.push(PlaceStep::Key(name.to_owned())),
            }
            let elements = (part.len() - name.len()) / 2;
            steps.extend(std::iter::repeat_n(PlaceStep::Element, elements));
        }
        Self(steps)
    }

    /// Whether a document's `path` is one of this place.
    #[must_use]
    pub fn fits(&self, path: &Path) -> bool {
        self.0.len() == path.0.len()
            && self.0.iter().zip(&path.0).all(|(mine, its)| match mine {
                PlaceStep::Key(name) => matches!(its, Step::Key(key) if key == name),
                PlaceStep::Element => matches!(its, Step::Index(_)),
                PlaceStep::Entry => matches!(its, Step::Key(_)),
            })
    }

    /// The declaration of what is here; `None` where the model has none.
    #[must_use]
    pub fn field<'m>(&self, model: &'m Model) -> Option<&'m Field> {
        let mut at = At::Fields(model.root());
        for step in &self.0 {
            let step = match step {
                PlaceStep::Key(name) => Step::Key(name.clone()),
                PlaceStep::Element => Step::Index(0),
                PlaceStep::Entry => Step::Key(String::new()),
            };
            at = at.step(model, &step).1;
        }
        match at {
            At::Value(field) => Some(field),
            At::Fields(_) | At::Nothing => None,
        }
    }

    /// The path in the server's dot notation, for a filter or an index; `None` where it passes through a map.
    #[must_use]
    pub fn dotted(&self) -> Option<String> {
        let mut names = Vec::new();
        for step in &self.0 {
            match step {
                PlaceStep::Key(name) => names.push(name.as_str()),
                PlaceStep::Element => {}
                PlaceStep::Entry => return None,
            }
        }
        Some(names.join("."))
    }

    /// Passes each value of a document that is here to `each`, with its path.
    pub fn each<'d>(&self, document: &'d RawDocument, each: &mut dyn FnMut(&Path, RawBsonRef<'d>)) {
        let mut path = Path::root();
        walk(&self.0, RawBsonRef::Document(document), &mut path, each, 0);
    }
}

fn walk<'d>(
    steps: &[PlaceStep],
    value: RawBsonRef<'d>,
    path: &mut Path,
    each: &mut dyn FnMut(&Path, RawBsonRef<'d>),
    depth: usize,
) {
    let Some((step, rest)) = steps.split_first() else {
        each(path, value);
        return;
    };
    if depth > DEEPEST {
        return;
    }
    match (step, value) {
        (PlaceStep::Key(name), RawBsonRef::Document(document)) => {
            if let Ok(Some(inner)) = document.get(name) {
                path.0.push(Step::Key(name.clone()));
                walk(rest, inner, path, each, depth + 1);
                path.0.pop();
            }
        }
        (PlaceStep::Entry, RawBsonRef::Document(document)) => {
            for (key, inner) in document.iter().flatten() {
                path.0.push(Step::Key(key.as_str().to_owned()));
                walk(rest, inner, path, each, depth + 1);
                path.0.pop();
            }
        }
        (PlaceStep::Element, RawBsonRef::Array(array)) => {
            for (index, inner) in array.into_iter().enumerate() {
                let Ok(inner) = inner else { return };
                path.0.push(Step::Index(index));
                walk(rest, inner, path, each, depth + 1);
                path.0.pop();
            }
        }
        _ => {}
    }
}

/// What the model says of a place on the way.
enum At<'m> {
    Fields(&'m Schema),
    Value(&'m Field),
    Nothing,
}

impl<'m> At<'m> {
    fn step(&self, model: &'m Model, step: &Step) -> (PlaceStep, Self) {
        let field = |found: Option<&'m Field>| found.map_or(At::Nothing, At::Value);
        match step {
            Step::Index(_) => (
                PlaceStep::Element,
                match self {
                    Self::Value(f) => match &f.kind {
                        Kind::Array(element) => At::Value(element),
                        _ => At::Nothing,
                    },
                    _ => At::Nothing,
                },
            ),
            Step::Key(name) => {
                let next = match self {
                    Self::Fields(schema) => field(schema.find(model, name)),
                    Self::Value(f) => match &f.kind {
                        Kind::Nested(fields) => field(fields.iter().find(|f| f.name == *name)),
                        Kind::Embedded(id) => field(model.schema(*id).find(model, name)),
                        Kind::Map(inner) => return (PlaceStep::Entry, At::Value(inner)),
                        _ => At::Nothing,
                    },
                    Self::Nothing => At::Nothing,
                };
                (PlaceStep::Key(name.clone()), next)
            }
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, step) in self.0.iter().enumerate() {
            let dot = if number == 0 { "" } else { "." };
            match step {
                PlaceStep::Element => f.write_str("[]")?,
                PlaceStep::Entry => write!(f, "{dot}*")?,
                PlaceStep::Key(name)
                    if name.is_empty()
                        || name.contains(|c: char| {
                            matches!(c, '.' | '[' | '\'' | '*')
                                || c.is_whitespace()
                                || c.is_control()
                        }) =>
                {
                    write!(f, "['{}']", name.escape_debug())?;
                }
                PlaceStep::Key(name) => write!(f, "{dot}{name}")?,
            }
        }
        Ok(())
    }
}
