//! Typed models: what a collection's documents should look like, read from the schemas that a project already keeps.
//!
//! Pure: knows BSON and text; opens no file, asks no server and runs no code. A [`Model`] comes from a reader, is
//! precompiled, and holds raw documents to itself with [`Model::validate`].
//!
//! A model file may bind its models to a database and a domain with a comment of its own, before the model:
//! `// mongodeck: database=career_dev domain=User`. It holds for every model below it, up to the next one;
//! `collection=people` holds for the next model only.
//!
//! Invariant: what a reader could not read is a [`Gap`] with a file and a line; it is never silently left out.

mod cast;
mod describe;
pub mod difference;
pub mod drift;
pub mod export;
pub mod field;
pub mod infer;
pub mod jsonschema;
pub mod library;
pub mod plural;
pub mod reader;
pub mod referrers;
pub mod shipped;
mod sketch;
mod template;
mod validate;
pub mod violation;

use std::sync::Arc;

pub use describe::show;
pub use field::{
    Choice, Condition, DefaultValue, Discriminator, Field, FieldIndex, Kind, Limit, Pattern,
    Reference, Requirement, Schema, SchemaId, SchemaOptions, Strictness,
};
pub use library::Library;
pub use reader::{NoSources, Reading, Sources};
pub use shipped::shipped;
pub use sketch::SketchLine;
pub use violation::{Fix, FixEdit, Severity, Violation};

use crate::value::{Path, Step};

/// Where something was written down.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Source {
    /// The file as it was named when it was read.
    pub file: String,
    /// The line in it, counted from 1; 0 where none is known.
    pub line: usize,
}

/// A part of a model's source that cannot be read without running it. The model does not check that part.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Gap {
    /// The file it is in.
    pub file: String,
    /// The line in it, counted from 1.
    pub line: usize,
    /// What is there and cannot be checked, as a clause: `` `age`: the default is a function ``.
    pub what: String,
}

/// One index that the model declares.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Index {
    /// The keys in their order, with `1`, `-1`, `"text"`, `"2dsphere"`, ….
    pub keys: bson::Document,
    /// The options as the server takes them: `unique`, `sparse`, `expireAfterSeconds`, `partialFilterExpression`, `name`, ….
    pub options: bson::Document,
    /// Where it is declared.
    pub line: usize,
}

impl Index {
    /// The name that the server gives it where none is set: `userId_1_createdAt_-1`.
    #[must_use]
    pub fn name(&self) -> String {
        if let Ok(name) = self.options.get_str("name") {
            return name.to_owned();
        }
        let parts: Vec<String> = self
            .keys
            .iter()
            .map(|(key, direction)| match direction {
                bson::Bson::String(s) => format!("{key}_{s}"),
                bson::Bson::Double(d) => format!("{key}_{d}"),
                other => format!("{key}_{other}"),
            })
            .collect();
        parts.join("_")
    }

    /// Whether it lets a value occur once only.
    #[must_use]
    pub fn is_unique(&self) -> bool {
        self.options.get_bool("unique").unwrap_or(false)
    }
}

/// What the documents of one collection should look like.
#[derive(Debug, Clone)]
pub struct Model {
    /// The name that references use: `User`.
    pub name: String,
    /// The database it belongs to; `None` fits every database that has the collection.
    pub database: Option<String>,
    /// The collection it describes.
    pub collection: String,
    /// A group of models that belong together, for lists.
    pub domain: Option<String>,
    /// Every schema that the model uses; the first is the document's own. Schemas name each other by [`SchemaId`], so
    /// that a schema may contain itself.
    pub schemas: Vec<Schema>,
    /// The indexes it declares, those of single fields included.
    pub indexes: Vec<Index>,
    /// The server's rule that its documents are held to instead of the fields, where the model was read from a
    /// `$jsonSchema`; the fields are then what could be told from it.
    pub validator: Option<Arc<jsonschema::Validator>>,
    /// Where it is written.
    pub source: Source,
    /// What could not be read.
    pub gaps: Vec<Gap>,
}

impl Model {
    /// The document's own schema.
    #[must_use]
    pub fn root(&self) -> &Schema {
        self.schemas.first().unwrap_or(&EMPTY)
    }

    /// The top-level fields in the order of their declaration, `_id` and time stamps included.
    #[must_use]
    pub fn fields(&self) -> &[Field] {
        &self.root().fields
    }

    /// The options of the document's own schema.
    #[must_use]
    pub fn options(&self) -> &SchemaOptions {
        &self.root().options
    }

    /// The schema with this id; an empty one where the model has none such.
    #[must_use]
    pub fn schema(&self, id: SchemaId) -> &Schema {
        self.schemas.get(id.0).unwrap_or(&EMPTY)
    }

    /// The declaration of the value at `path`: through sub-documents, the elements of arrays and the values of maps.
    /// `None` where the model says nothing about it. Fields that only a discriminator has are found too.
    #[must_use]
    pub fn field(&self, path: &Path) -> Option<&Field> {
        let mut steps = path.0.iter();
        let mut at = match steps.next()? {
            Step::Key(name) => self.root().find(self, name)?,
            Step::Index(_) => return None,
        };
        for step in steps {
            at = self.child(at, step)?;
        }
        Some(at)
    }

    /// The fields inside `field`, where it is a nested object, a sub-document or an array of these.
    #[must_use]
    pub fn children<'a>(&'a self, field: &'a Field) -> &'a [Field] {
        match &field.kind {
            Kind::Nested(fields) => fields,
            Kind::Embedded(id) => &self.schema(*id).fields,
            Kind::Array(element) | Kind::Map(element) => match &element.kind {
                Kind::Nested(fields) => fields,
                Kind::Embedded(id) => &self.schema(*id).fields,
                _ => &[],
            },
            _ => &[],
        }
    }

    fn child<'a>(&'a self, field: &'a Field, step: &Step) -> Option<&'a Field> {
        match (&field.kind, step) {
            (Kind::Nested(fields), Step::Key(name)) => fields.iter().find(|f| f.name == *name),
            (Kind::Embedded(id), Step::Key(name)) => self.schema(*id).find(self, name),
            (Kind::Array(element), Step::Index(_)) => Some(element),
            (Kind::Array(element), Step::Key(name)) => {
                // Dot notation walks through an array without an index, and writes an index as digits.
                if name.bytes().all(|b| b.is_ascii_digit()) {
                    Some(element)
                } else {
                    self.child(element, step)
                }
            }
            (Kind::Map(value), Step::Key(_)) => Some(value),
            _ => None,
        }
    }

    /// Every reference of the model: the path in dot notation (an array's elements without an index) and what is referred to.
    #[must_use]
    pub fn references(&self) -> Vec<(String, &Reference)> {
        let mut out = Vec::new();
        for field in self.fields() {
            self.collect_references(field, String::new(), 0, &mut out);
        }
        out
    }

    fn collect_references<'a>(
        &'a self,
        field: &'a Field,
        prefix: String,
        depth: usize,
        out: &mut Vec<(String, &'a Reference)>,
    ) {
        // A schema may contain itself; deeper references repeat the same declarations.
        if depth > 8 {
            return;
        }
        let path = match (prefix.is_empty(), field.name.is_empty()) {
            (_, true) => prefix,
            (true, false) => field.name.clone(),
            (false, false) => format!("{prefix}.{}", field.name),
        };
        if let Some(reference) = &field.reference {
            out.push((path.clone(), reference));
        }
        match &field.kind {
            Kind::Array(element) | Kind::Map(element) => {
                self.collect_references(element, path, depth + 1, out);
            }
            Kind::Nested(fields) => {
                for inner in fields {
                    self.collect_references(inner, path.clone(), depth + 1, out);
                }
            }
            Kind::Embedded(id) => {
                for inner in &self.schema(*id).fields {
                    self.collect_references(inner, path.clone(), depth + 1, out);
                }
            }
            _ => {}
        }
    }
}

static EMPTY: Schema = Schema::EMPTY;

/// A model that many panes look at.
pub type SharedModel = Arc<Model>;
