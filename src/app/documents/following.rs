//! Going from a value to the documents that it refers to, as the model says, or as the value itself does.

use bson::{RawBsonRef, RawDocument};

use super::Documents;
use crate::app::referrers::Referrers;
use crate::app::scope::Scope;
use crate::app::tab::Destination;
use crate::app::{overlay::Overlay, words};
use crate::model::referrers::resolve;
use crate::model::{Field, Kind, Model, Reference};
use crate::mongo::request::Namespace;
use crate::value::{Path, Step};

/// The most documents that are gone to at once.
const MOST: usize = 1_000;

impl Documents {
    /// Asks the deck to open what the value under the cursor refers to, or says why that cannot be.
    pub(super) fn follow(&mut self, scope: &mut Scope<'_>) {
        match self.referred(scope) {
            Ok(destination) => scope.go_to(destination),
            Err(problem) => scope.warn(problem),
        }
    }

    /// Opens the list of what refers to the document under the cursor.
    pub(super) fn list_referrers(&mut self, scope: &mut Scope<'_>) {
        let Some(document) = self.current() else {
            return scope.info("there is no document here");
        };
        let Some(model) = self.model.clone() else {
            return scope.info(format!(
                "no model says what refers to `{}`: name one in `models`",
                self.namespace
            ));
        };
        let opened = Referrers::open(scope, &self.profile, &self.namespace, &model, &document);
        match opened {
            Ok(list) => scope.overlays.push(Overlay::Referrers(Box::new(list))),
            Err(problem) => scope.info(problem),
        }
    }

    /// Says which of several `_id`s that were asked for have no document.
    pub(super) fn tell_dangling(&self, scope: &mut Scope<'_>) {
        let (Some(total), Some(RawBsonRef::Document(operators))) =
            (self.feed.rows.total(), self.sought())
        else {
            return;
        };
        let Ok(wanted) = operators.get_array("$in") else {
            return;
        };
        let kinds: Vec<_> = wanted
            .into_iter()
            .flatten()
            .map(|v| v.element_type())
            .collect();
        let alike = kinds.windows(2).all(|pair| pair[0] == pair[1]);
        let missing = (kinds.len() as u64).saturating_sub(total);
        if alike && missing > 0 && total > 0 {
            scope.warn(format!(
                "dangling: {missing} of {} `_id`s have no document in {}",
                kinds.len(),
                self.namespace
            ));
        }
    }

    /// What is sought by `_id` alone.
    #[must_use]
    pub fn sought(&self) -> Option<RawBsonRef<'_>> {
        let mut fields = self.find.filter.iter().flatten();
        match (fields.next(), fields.next()) {
            (Some((key, value)), None) if key.as_str() == "_id" => Some(value),
            _ => None,
        }
    }

    fn referred(&self, scope: &Scope<'_>) -> Result<Destination, String> {
        let path = self.current_path();
        let document = self
            .current()
            .ok_or_else(|| "there is no document here".to_owned())?;
        let value = path.get(&document).filter(|_| !path.is_root());
        // A reference that says itself where it leads needs no model.
        let around = path.parent().filter(|p| !p.is_root());
        let around = around.and_then(|p| p.get(&document));
        for value in [value, around].into_iter().flatten() {
            if let RawBsonRef::Document(inner) = value
                && let Some(destination) = self.database_reference(inner)
            {
                return Ok(destination);
            }
        }
        let model = self.model.as_ref().ok_or_else(|| {
            format!(
                "no model says what `{}` refers to: name one in `models`",
                self.namespace
            )
        })?;
        let (path, field) = pointing(model, &path)?;
        let (namespace, target) = self.target(scope, &document, model, &path, field)?;
        let mut ids = Vec::new();
        let steps: Vec<Step> = path.0.clone();
        gather(RawBsonRef::Document(&document), &steps, &mut ids);
        if ids.is_empty() {
            return Err(match path.get(&document) {
                None => format!("there is no `{path}` in this document to follow"),
                Some(RawBsonRef::Null | RawBsonRef::Undefined) => {
                    format!("`{path}` is null: it refers to nothing")
                }
                Some(_) => format!("`{path}` is empty: it refers to nothing"),
            });
        }
        let by_id = target
            .field(&Path::root().key("_id"))
            .is_none_or(|f| f.kind == Kind::ObjectId);
        let mut shown: Vec<String> = Vec::new();
        for id in ids.into_iter().take(MOST) {
            let mut add = |text: String| {
                if !shown.contains(&text) {
                    shown.push(text);
                }
            };
            add(words::line(id));
            // An ObjectId that is kept as its digits.
            if let RawBsonRef::String(text) = id
                && by_id
                && let Ok(id) = bson::oid::ObjectId::parse_str(text)
            {
                add(words::line(RawBsonRef::ObjectId(id)));
            }
        }
        let filter = match shown.as_slice() {
            [one] => format!("{{_id: {one}}}"),
            several => format!("{{_id: {{$in: [{}]}}}}", several.join(", ")),
        };
        Ok(Destination::Documents {
            profile: self.profile.clone(),
            namespace,
            filter,
        })
    }

    /// Where a field leads: the collection and its model.
    fn target(
        &self,
        scope: &Scope<'_>,
        document: &RawDocument,
        model: &Model,
        path: &Path,
        field: &Field,
    ) -> Result<(Namespace, crate::model::SharedModel), String> {
        let name = match &field.reference {
            Some(Reference::Model(name)) => name.clone(),
            Some(Reference::Path(place)) => match Path::from_dotted(place).get(document) {
                Some(RawBsonRef::String(name)) => name.to_owned(),
                _ => {
                    return Err(format!(
                        "`{place}`, which names the model of `{path}`, holds no text"
                    ));
                }
            },
            Some(Reference::Computed) => {
                return Err(format!(
                    "what `{path}` refers to is decided by code, which is never run"
                ));
            }
            None => return Err(no_reference(model, path)),
        };
        let (database, target) = resolve(scope.models, &self.namespace.database, &name)
            .ok_or_else(|| format!("`{path}` refers to the model `{name}`, which is not loaded"))?;
        let namespace = Namespace::new(database, target.collection.clone());
        Ok((namespace, target))
    }

    /// Where a `{$ref: …, $id: …}` leads.
    fn database_reference(&self, value: &RawDocument) -> Option<Destination> {
        let collection = value.get_str("$ref").ok()?;
        let id = value.get("$id").ok().flatten()?;
        let database = value.get_str("$db").unwrap_or(&self.namespace.database);
        if collection.is_empty() || database.is_empty() {
            return None;
        }
        Some(Destination::Documents {
            profile: self.profile.clone(),
            namespace: Namespace::new(database, collection),
            filter: format!("{{_id: {}}}", words::line(id)),
        })
    }
}

fn no_reference(model: &Model, path: &Path) -> String {
    format!("the model `{}` gives `{path}` no reference", model.name)
}

/// The place at or below `path` that has a reference, and its declaration.
fn pointing<'m>(model: &'m Model, path: &Path) -> Result<(Path, &'m Field), String> {
    let missing = || no_reference(model, path);
    let field = model.field(path).ok_or_else(missing)?;
    if let Some(found) = own(field) {
        return Ok((path.clone(), found));
    }
    // A container of one reference stands for it.
    let mut below = Vec::new();
    collect(model, field, path.clone(), 0, &mut below);
    match below.len() {
        0 => Err(missing()),
        1 => below.pop().ok_or_else(missing),
        n => Err(format!(
            "`{path}` holds {n} references: put the cursor on one of them"
        )),
    }
}

/// The field that refers, or that an array is made of.
fn own(field: &Field) -> Option<&Field> {
    match (&field.reference, &field.kind) {
        (Some(_), _) => Some(field),
        (None, Kind::Array(element)) => own(element),
        (None, _) => None,
    }
}

fn collect<'m>(
    model: &'m Model,
    field: &'m Field,
    path: Path,
    depth: usize,
    out: &mut Vec<(Path, &'m Field)>,
) {
    if depth > 4 || out.len() > MOST {
        return;
    }
    for inner in model.children(field) {
        let path = path.key(&inner.name);
        match own(inner) {
            Some(found) => out.push((path, found)),
            None => collect(model, inner, path, depth + 1, out),
        }
    }
}

/// The scalars at a path, through every array on the way and at its end.
fn gather<'d>(at: RawBsonRef<'d>, steps: &[Step], out: &mut Vec<RawBsonRef<'d>>) {
    if out.len() >= MOST {
        return;
    }
    match (at, steps.split_first()) {
        (RawBsonRef::Array(all), Some((Step::Index(index), rest))) => {
            if let Some(Ok(value)) = all.into_iter().nth(*index) {
                gather(value, rest, out);
            }
        }
        (RawBsonRef::Array(all), Some((Step::Key(key), rest)))
            if key.bytes().all(|b| b.is_ascii_digit()) && !key.is_empty() =>
        {
            let index = key.parse().unwrap_or(usize::MAX);
            if let Some(Ok(value)) = all.into_iter().nth(index) {
                gather(value, rest, out);
            }
        }
        (RawBsonRef::Array(all), _) => {
            for value in all.into_iter().flatten() {
                gather(value, steps, out);
            }
        }
        (RawBsonRef::Document(inner), Some((Step::Key(key), rest))) => {
            let field = inner.iter().flatten().find(|(k, _)| k.as_str() == key);
            if let Some((_, value)) = field {
                gather(value, rest, out);
            }
        }
        (RawBsonRef::Null | RawBsonRef::Undefined | RawBsonRef::Document(_), _) | (_, Some(_)) => {}
        (value, None) => out.push(value),
    }
}
