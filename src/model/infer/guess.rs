//! From figures to a model.
//!
//! Says what holds of every document that was seen, and no more: a field is required where it was always there, a text
//! is one of an enumeration where few different ones came often. Ranges stay figures, since the next document may go
//! beyond them. Invariant: every document that was seen passes the model that is made of it.

use super::Subject;
use super::node::Node;
use crate::model::describe::cut;
use crate::model::{
    DefaultValue, Field, Gap, Kind, Model, Reference, Requirement, Schema, SchemaId, SchemaOptions,
    Source, Strictness, plural,
};
use crate::value::Kind as Bsons;

const DEEPEST: usize = 40;

const LAST_DATE: i64 = 8_640_000_000_000_000;

/// `is_whole` where every path of the documents is in the figures.
pub(super) fn model(root: &Node, documents: u64, is_whole: bool, subject: &Subject<'_>) -> Model {
    let mut guess = Guess {
        subject,
        schemas: vec![Schema::EMPTY],
        gaps: Vec::new(),
    };
    if !is_whole {
        guess.gaps.push(Gap {
            file: format!("{documents} documents"),
            line: 0,
            what: "there are more paths than are looked at".to_owned(),
        });
    }
    let mut fields = guess.fields(root, documents, "", 0);
    let mut options = SchemaOptions {
        strict: Strictness::Strict,
        version_key: None,
        ..SchemaOptions::default()
    };
    for field in &mut fields {
        match (field.name.as_str(), &field.kind) {
            ("_id", Kind::ObjectId) => {
                field.implied = true;
                field.required = Requirement::Optional;
                field.default = DefaultValue::NewId;
                field.immutable = true;
            }
            ("__v", Kind::Number) => {
                field.implied = true;
                field.required = Requirement::Optional;
                options.version_key = Some("__v".to_owned());
            }
            ("createdAt" | "updatedAt", Kind::Date) if field.is_required() => {
                field.implied = true;
                field.required = Requirement::Optional;
                if field.name == "createdAt" {
                    field.immutable = true;
                    options.created_at = Some(field.name.clone());
                } else {
                    options.updated_at = Some(field.name.clone());
                }
            }
            _ => {}
        }
    }
    guess.schemas[0] = Schema {
        fields,
        options,
        ..Schema::EMPTY
    };
    // Fields that the model cannot name must not count as unknown ones.
    if !guess.gaps.is_empty() {
        for schema in &mut guess.schemas {
            schema.options.strict = Strictness::Open;
        }
    }
    Model {
        name: model_name(subject.collection),
        database: subject.database.map(str::to_owned),
        collection: subject.collection.to_owned(),
        domain: None,
        schemas: guess.schemas,
        indexes: Vec::new(),
        validator: None,
        source: Source {
            file: format!("{documents} documents"),
            line: 0,
        },
        gaps: guess.gaps,
    }
}

/// A model's name for a collection, such that Mongoose would make the collection's name of it, where that can be:
/// `users` → `User`, `categories` → `Category`.
fn model_name(collection: &str) -> String {
    let last = collection.rsplit('.').next().unwrap_or(collection);
    let mut words = String::new();
    let mut upper = true;
    for c in last.chars() {
        if !c.is_alphanumeric() {
            upper = true;
        } else if upper {
            words.extend(c.to_uppercase());
            upper = false;
        } else {
            words.push(c);
        }
    }
    if words.is_empty() || words.starts_with(|c: char| c.is_ascii_digit()) {
        words.insert(0, 'M');
    }
    let cut = |end: &str, with: &str| words.strip_suffix(end).map(|stem| format!("{stem}{with}"));
    let candidates = [
        cut("people", "person").or_else(|| cut("People", "Person")),
        cut("ies", "y"),
        cut("sses", "ss"),
        cut("xes", "x"),
        cut("s", ""),
        cut("es", ""),
        cut("ses", "sis"),
        cut("ren", ""),
        cut("ia", "ium"),
        cut("ta", "tum"),
    ];
    let wanted: String = last
        .chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect();
    candidates
        .into_iter()
        .flatten()
        .find(|name| plural::collection_name(name) == wanted)
        .unwrap_or(words)
}

struct Guess<'s> {
    subject: &'s Subject<'s>,
    schemas: Vec<Schema>,
    gaps: Vec<Gap>,
}

impl Guess<'_> {
    fn fields(&mut self, node: &Node, of: u64, path: &str, depth: usize) -> Vec<Field> {
        if depth > DEEPEST {
            return Vec::new();
        }
        let mut out = Vec::new();
        for (name, child) in &node.children {
            let here = if path.is_empty() {
                name.clone()
            } else {
                format!("{path}.{name}")
            };
            if name.is_empty() || name.contains('.') || name.starts_with('$') {
                self.gaps.push(Gap {
                    file: format!("{of} documents"),
                    line: 0,
                    what: format!("`{}`: a model cannot have a field of this name", cut(&here)),
                });
                continue;
            }
            out.push(self.field(name, child, of, &here, depth + 1));
        }
        out
    }

    /// The field of a node that stood in `of` objects.
    fn field(&mut self, name: &str, node: &Node, of: u64, path: &str, depth: usize) -> Field {
        let total = node.total();
        let absent = node.count(Bsons::Null) + node.count(Bsons::Undefined);
        let always = total > 0 && total == of && absent == 0;
        let mut kinds = self.kinds(node, path, always, depth);
        let mut field = match kinds.len() {
            0 => Field::new(name, Kind::Mixed, 0),
            1 => Field {
                name: name.to_owned(),
                ..kinds.remove(0)
            },
            _ => Field::new(name, Kind::Union(kinds), 0),
        };
        if always && !matches!(field.kind, Kind::Nested(_)) {
            field.required = Requirement::Present;
        }
        field
    }

    /// A nameless field for each kind that stood there, `null` left out.
    fn kinds(&mut self, node: &Node, path: &str, always: bool, depth: usize) -> Vec<Field> {
        let mut out: Vec<Field> = Vec::new();
        let (ints, longs) = (node.count(Bsons::Int32), node.count(Bsons::Int64));
        let doubles = node.count(Bsons::Double);
        let mut push = |kind: Kind| {
            if !out.iter().any(|f| f.kind == kind) {
                out.push(Field::new("", kind, 0));
            }
        };
        let is_only = node.kinds.iter().filter(|(k, _)| *k != Bsons::Null).count() == 1;
        for (kind, _) in &node.kinds {
            match kind {
                Bsons::Null | Bsons::Undefined => {}
                Bsons::String => push(Kind::String),
                Bsons::Int64 if ints + doubles == 0 && longs > 0 => push(Kind::BigInt),
                // A number that JavaScript does not hold exactly is no `Number` there.
                Bsons::Int32 | Bsons::Int64 | Bsons::Double => {
                    let held = node
                        .numbers
                        .as_ref()
                        .is_none_or(|r| r.least.abs() < 9e15 && r.most.abs() < 9e15);
                    if longs > 0 && !held {
                        push(Kind::BigInt);
                    }
                    // Not-a-number is no `Number`.
                    push(if node.has_nan {
                        Kind::Double
                    } else {
                        Kind::Number
                    });
                }
                Bsons::Decimal128 => push(Kind::Decimal128),
                Bsons::Boolean => push(Kind::Boolean),
                Bsons::Date
                    if node
                        .dates
                        .as_ref()
                        .is_some_and(|r| r.least < -LAST_DATE || r.most > LAST_DATE) =>
                {
                    return Vec::new();
                }
                Bsons::Date => push(Kind::Date),
                Bsons::ObjectId => push(Kind::ObjectId),
                Bsons::Binary if node.uuids == node.count(Bsons::Binary) => push(Kind::Uuid),
                Bsons::Binary => push(Kind::Buffer),
                // The parts of these are looked at below.
                Bsons::Document | Bsons::Array => {}
                _ => return Vec::new(),
            }
        }
        if node.count(Bsons::Document) > 0 {
            let kind = self.object(node, path, always && is_only, depth);
            out.push(Field::new("", kind, 0));
        }
        if node.count(Bsons::Array) > 0 {
            let element = match &node.element {
                Some(element) => {
                    // An array's elements are always there; their kind is told as if in a sub-document.
                    let mut field = self.field(
                        "",
                        element,
                        element.total() + 1,
                        &format!("{path}[]"),
                        depth + 1,
                    );
                    let absent = element.count(Bsons::Null) + element.count(Bsons::Undefined);
                    if absent == 0 && !matches!(field.kind, Kind::Embedded(_)) {
                        field.required = Requirement::Optional;
                    }
                    field
                }
                None => Field::new("", Kind::Mixed, 0),
            };
            out.push(Field::new("", Kind::Array(Box::new(element)), 0));
        }
        for field in &mut out {
            match field.kind {
                Kind::String if is_only => field.choices = node.choices().unwrap_or_default(),
                Kind::ObjectId => field.reference = self.reference(path),
                _ => {}
            }
        }
        out
    }

    /// A nested object where it was always there, else a sub-document, or a map.
    fn object(&mut self, node: &Node, path: &str, always: bool, depth: usize) -> Kind {
        if depth > DEEPEST {
            return Kind::Mixed;
        }
        if let Some(values) = node.as_map() {
            if node.has_odd_names {
                return Kind::Mixed;
            }
            let value = self.field(
                "",
                &values,
                values.total() + 1,
                &format!("{path}.*"),
                depth + 1,
            );
            return Kind::Map(Box::new(value));
        }
        let objects = node.count(Bsons::Document);
        let fields = self.fields(node, objects, path, depth + 1);
        if always && !path.ends_with("[]") && !path.ends_with('*') {
            return Kind::Nested(fields);
        }
        if fields.is_empty() {
            return Kind::Mixed;
        }
        let has_id = fields
            .iter()
            .any(|f| f.name == "_id" && f.kind == Kind::ObjectId && f.is_required());
        let mut fields = fields;
        if has_id {
            for id in fields.iter_mut().filter(|f| f.name == "_id") {
                id.implied = true;
                id.required = Requirement::Optional;
                id.default = DefaultValue::NewId;
                id.immutable = true;
            }
        }
        let id = SchemaId(self.schemas.len());
        self.schemas.push(Schema {
            fields,
            options: SchemaOptions {
                id: has_id,
                version_key: None,
                ..SchemaOptions::default()
            },
            ..Schema::EMPTY
        });
        Kind::Embedded(id)
    }

    /// What an ObjectId refers to, told from its field's name and the collections that there are.
    fn reference(&self, path: &str) -> Option<Reference> {
        let name = path
            .rsplit('.')
            .find(|s| *s != "*")
            .unwrap_or(path)
            .trim_end_matches("[]");
        if name == "_id" {
            return None;
        }
        let stem = ["_ids", "Ids", "IDs", "_id", "Id", "ID"]
            .into_iter()
            .find_map(|end| name.strip_suffix(end))
            .filter(|s| !s.is_empty())
            .unwrap_or(name);
        let stem: String = stem.chars().filter(|c| *c != '_' && *c != '-').collect();
        let plain = |s: &str| -> String {
            s.chars()
                .filter(|c| c.is_alphanumeric())
                .flat_map(char::to_lowercase)
                .collect()
        };
        let wanted = [plain(&plural::collection_name(&stem)), plain(&stem)];
        self.subject
            .neighbours
            .iter()
            .map(String::as_str)
            .chain([self.subject.collection])
            .find(|c| wanted.contains(&plain(c)))
            .map(|c| Reference::Model(model_name(c)))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use bson::doc;

    #[test]
    fn a_collections_name_gives_the_name_that_mongoose_would_make_it_of() {
        for (collection, name) in [
            ("users", "User"),
            ("categories", "Category"),
            ("people", "Person"),
            ("addresses", "Address"),
            ("children", "Child"),
            ("shop_orders", "ShopOrder"),
            ("media", "Medium"),
            ("2024", "M2024"),
        ] {
            assert_eq!(model_name(collection), name);
        }
    }

    #[test]
    fn a_value_that_is_not_always_there_is_not_required() {
        let mut inference = super::super::Inference::new();
        for i in 0..60 {
            let mut document = doc! { "_id": bson::oid::ObjectId::new(), "name": format!("n{i}"), "role": if i % 3 == 0 { "admin" } else { "reader" } };
            if i % 2 == 0 {
                document.insert("address", doc! { "city": "Oslo" });
            }
            document.insert("tags", vec!["a", "b"]);
            document.insert("ownerId", bson::oid::ObjectId::new());
            inference.add(&bson::RawDocumentBuf::try_from(&document).unwrap());
        }
        let neighbours = ["owners".to_owned()];
        let told = inference.finish(&Subject {
            database: Some("shop"),
            collection: "users",
            neighbours: &neighbours,
        });
        let describe = |path: &str| {
            let path = crate::value::Path::from_dotted(path);
            told.model.field(&path).unwrap().describe()
        };
        assert_eq!(told.model.name, "User");
        assert_eq!(describe("role"), "String required enum admin | reader");
        assert_eq!(describe("name"), "String required");
        assert_eq!(describe("address"), "Object");
        assert_eq!(describe("address.city"), "String required");
        assert_eq!(describe("ownerId"), "ObjectId required → Owner");
        assert_eq!(describe("tags"), "[String] required enum a | b");
        let address = told.paths.iter().find(|p| p.path == "address").unwrap();
        assert_eq!((address.seen, address.of), (30, 60));
    }
}
