//! Going from a value to the documents that it refers to, as the model says.

use bson::RawBsonRef;

use super::Documents;
use crate::app::scope::Scope;
use crate::app::tab::Destination;
use crate::app::words;
use crate::model::{Field, Kind, Reference};
use crate::mongo::request::Namespace;
use crate::value::Path;

/// The most elements of an array that are followed at once.
const MOST: usize = 1_000;

impl Documents {
    /// Asks the deck to open what the value under the cursor refers to, or says why that cannot be.
    pub(super) fn follow(&mut self, scope: &mut Scope<'_>) {
        match self.referred(scope) {
            Ok(destination) => scope.go_to(destination),
            Err(problem) => scope.warn(problem),
        }
    }

    fn referred(&self, scope: &Scope<'_>) -> Result<Destination, String> {
        let path = self.current_path();
        let document = self
            .current()
            .ok_or_else(|| "there is no document here".to_owned())?;
        let value = path
            .get(&document)
            .filter(|_| !path.is_root())
            .ok_or_else(|| "there is no value here to follow".to_owned())?;
        let model = self.model.as_ref().ok_or_else(|| {
            format!(
                "no model says what `{}` refers to: name one in `models`",
                self.namespace
            )
        })?;
        let no_reference = || format!("the model `{}` gives `{path}` no reference", model.name);
        let field = model.field(&path).ok_or_else(no_reference)?;
        let name = match reference(field).ok_or_else(no_reference)? {
            Reference::Model(name) => name.clone(),
            Reference::Path(place) => match Path::from_dotted(place).get(&document) {
                Some(RawBsonRef::String(name)) => name.to_owned(),
                _ => {
                    return Err(format!(
                        "`{place}`, which names the model of `{path}`, holds no text"
                    ));
                }
            },
            Reference::Computed => {
                return Err(format!(
                    "what `{path}` refers to is decided by code, which is never run"
                ));
            }
        };
        let target = scope
            .models
            .named(&self.namespace.database, &name)
            .ok_or_else(|| format!("`{path}` refers to the model `{name}`, which is not loaded"))?;
        let database = target
            .database
            .clone()
            .unwrap_or_else(|| self.namespace.database.clone());
        let id = match value {
            RawBsonRef::Null | RawBsonRef::Undefined => {
                return Err(format!("`{path}` is null: it refers to nothing"));
            }
            RawBsonRef::Array(elements) => {
                let ids: Vec<String> = elements
                    .into_iter()
                    .flatten()
                    .take(MOST)
                    .map(words::line)
                    .collect();
                if ids.is_empty() {
                    return Err(format!("`{path}` is empty: it refers to nothing"));
                }
                format!("{{$in: [{}]}}", ids.join(", "))
            }
            RawBsonRef::Document(_) => return Err(no_reference()),
            value => words::line(value),
        };
        Ok(Destination::Documents {
            profile: self.profile.clone(),
            namespace: Namespace::new(database, target.collection.clone()),
            filter: format!("{{_id: {id}}}"),
        })
    }
}

/// The reference of a field, or of an array's elements.
fn reference(field: &Field) -> Option<&Reference> {
    match (&field.reference, &field.kind) {
        (Some(reference), _) => Some(reference),
        (None, Kind::Array(element)) => element.reference.as_ref(),
        (None, _) => None,
    }
}
