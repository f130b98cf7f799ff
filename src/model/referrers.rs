//! References looked at from the other end: which fields of which models point at a document.
//!
//! Pure: says what would have to be asked, never asks. A field is told from others by the namespace of its model and its
//! path in dot notation, as a server's filter names it.
//!
//! Invariant: a reference that a filter cannot express is listed with the reason; it is never silently left out.

use std::sync::Arc;

use bson::raw::CString;
use bson::{RawArrayBuf, RawBson, RawBsonRef, RawDocument, RawDocumentBuf};

use super::{Field, Kind, Library, Model, Reference, SchemaId, SharedModel};
use crate::value::diff::Change;
use crate::value::{Path, Value};

/// References deeper than this repeat what a schema says that contains itself.
const DEEPEST: usize = 8;
/// How often one schema is entered on the way to a field.
const VISITS: usize = 2;
/// The most fields that are listed for one document.
const MOST: usize = 400;
/// The most values of one document that are taken out of it.
const MOST_PLACES: usize = 10_000;

/// How a field says which document it points at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pointing {
    /// It holds the `_id`.
    Direct,
    /// It holds the `_id` where the text at another place of the document is one of these names.
    Named {
        /// The other place, in dot notation.
        place: String,
        /// The names that the referred model goes by.
        names: Vec<String>,
    },
    /// No filter can tell: why.
    Untold(String),
}

/// A field of a model that points at documents of another one.
#[derive(Debug, Clone)]
pub struct Referrer {
    /// The model that has the field.
    pub model: SharedModel,
    /// The database of that model's collection.
    pub database: String,
    /// That collection.
    pub collection: String,
    /// The field, in dot notation, without the places in arrays.
    pub path: String,
    /// How it points.
    pub pointing: Pointing,
    /// Whether the field holds text, so that an ObjectId may be kept there as its digits.
    pub text: bool,
    /// Whether the field must be there.
    pub required: bool,
}

impl PartialEq for Referrer {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.model, &other.model)
            && self.database == other.database
            && self.path == other.path
            && self.pointing == other.pointing
    }
}

/// The model that `name` stands for in a reference of documents that lie in `database`; with the database of its own
/// documents.
#[must_use]
pub fn resolve(library: &Library, database: &str, name: &str) -> Option<(String, SharedModel)> {
    let model = library.named(database, name)?;
    let lies_in = model.database.clone();
    Some((lies_in.unwrap_or_else(|| database.to_owned()), model))
}

/// Every field of the library that may point at documents of `model`, which lie in `database`.
#[must_use]
pub fn referrers(library: &Library, database: &str, model: &Model) -> Vec<Referrer> {
    let mut out = Vec::new();
    let mut names = vec![model.name.clone()];
    names.extend(model.root().discriminators.iter().map(|d| d.name.clone()));
    for from in &library.models {
        let lies_in = from.database.as_deref().unwrap_or(database);
        // Of several models for one collection only one holds.
        let holds = library.for_namespace(lies_in, &from.collection);
        if !holds.is_some_and(|m| Arc::ptr_eq(&m, from)) {
            continue;
        }
        let leads_here = |name: &str| {
            resolve(library, lies_in, name)
                .is_some_and(|(d, m)| d == database && m.collection == model.collection)
        };
        let mut found = Found {
            model: from,
            visits: Vec::new(),
            out: Vec::new(),
        };
        for field in found.top() {
            found.collect(field, "", Way::default(), 0);
        }
        for Place { path, field, way } in found.out {
            let Some(reference) = &field.reference else {
                continue;
            };
            let pointing = match reference {
                Reference::Model(name) if leads_here(name) => Pointing::Direct,
                Reference::Model(_) => continue,
                Reference::Path(place) => {
                    let names: Vec<String> = names
                        .iter()
                        .filter(|n| leads_here(n) && may_be(from, place, n))
                        .cloned()
                        .collect();
                    if names.is_empty() {
                        continue;
                    }
                    let place = place.clone();
                    Pointing::Named { place, names }
                }
                Reference::Computed => {
                    Pointing::Untold("what it refers to is decided by code".to_owned())
                }
            };
            let pointing = match (pointing, way.map) {
                (Pointing::Direct | Pointing::Named { .. }, true) => {
                    Pointing::Untold("it lies in a map, whose keys no filter can pass over".into())
                }
                (pointing, _) => pointing,
            };
            let known = out
                .iter()
                .any(|r: &Referrer| Arc::ptr_eq(&r.model, from) && r.path == path);
            if known {
                continue;
            }
            if out.len() == MOST {
                return out;
            }
            out.push(Referrer {
                model: Arc::clone(from),
                database: lies_in.to_owned(),
                collection: from.collection.clone(),
                path,
                pointing,
                text: field.kind == Kind::String,
                required: field.is_required(),
            });
        }
    }
    out
}

/// Whether the text at `place` may be `name`, as far as the model says.
fn may_be(model: &Model, place: &str, name: &str) -> bool {
    match model.field(&Path::from_dotted(place)) {
        Some(field) if !field.choices.is_empty() => field
            .choices
            .iter()
            .any(|c| matches!(c, bson::Bson::String(s) if s == name)),
        _ => true,
    }
}

/// What lies between a document's top and a field.
#[derive(Debug, Clone, Copy, Default)]
struct Way {
    map: bool,
}

struct Place<'a> {
    path: String,
    field: &'a Field,
    way: Way,
}

struct Found<'a> {
    model: &'a Model,
    visits: Vec<SchemaId>,
    out: Vec<Place<'a>>,
}

impl<'a> Found<'a> {
    /// The fields of the document, those of its variants among them.
    fn top(&self) -> Vec<&'a Field> {
        let root = self.model.root();
        let variants = root.discriminators.iter();
        let more = variants.flat_map(|d| &self.model.schema(d.schema).fields);
        root.fields.iter().chain(more).collect()
    }

    fn collect(&mut self, field: &'a Field, prefix: &str, mut way: Way, depth: usize) {
        if depth > DEEPEST || self.out.len() >= MOST {
            return;
        }
        let path = match (prefix.is_empty(), field.name.is_empty()) {
            (_, true) => prefix.to_owned(),
            (true, false) => field.name.clone(),
            (false, false) => format!("{prefix}.{}", field.name),
        };
        if field.reference.is_some() {
            let path = path.clone();
            self.out.push(Place { path, field, way });
        }
        match &field.kind {
            Kind::Array(element) => self.collect(element, &path, way, depth + 1),
            Kind::Map(value) => {
                way.map = true;
                self.collect(value, &path, way, depth + 1);
            }
            Kind::Nested(fields) => {
                for inner in fields {
                    self.collect(inner, &path, way, depth + 1);
                }
            }
            Kind::Embedded(id) => {
                if self.visits.iter().filter(|v| *v == id).count() >= VISITS {
                    return;
                }
                self.visits.push(*id);
                let schema = self.model.schema(*id);
                let variants = schema.discriminators.iter();
                let more = variants.flat_map(|d| &self.model.schema(d.schema).fields);
                for inner in schema.fields.iter().chain(more) {
                    self.collect(inner, &path, way, depth + 1);
                }
                self.visits.pop();
            }
            _ => {}
        }
    }
}

impl Referrer {
    /// Matches the documents in which this field points at one of these; `None` where no filter can.
    #[must_use]
    pub fn filter(&self, ids: &[RawBson]) -> Option<RawDocumentBuf> {
        let named = match &self.pointing {
            Pointing::Direct => None,
            Pointing::Named { place, names } => Some((place, names)),
            Pointing::Untold(_) => return None,
        };
        let values = self.values(ids);
        let mut filter = RawDocumentBuf::new();
        filter.append(CString::try_from(self.path.as_str()).ok()?, one_of(values));
        if let Some((place, names)) = named {
            let names = names.iter().cloned().map(RawBson::String).collect();
            filter.append(CString::try_from(place.as_str()).ok()?, one_of(names));
        }
        Some(filter)
    }

    /// What the field holds where it points at one of these.
    fn values(&self, ids: &[RawBson]) -> Vec<RawBson> {
        let mut values = Vec::with_capacity(ids.len());
        for id in ids {
            values.push(id.clone());
            if let (true, RawBson::ObjectId(id)) = (self.text, id) {
                values.push(RawBson::String(id.to_hex()));
            }
        }
        values
    }

    /// What takes the pointers at these documents out of a document: fields go, elements of arrays are pulled.
    /// To be applied in this order.
    #[must_use]
    pub fn removals(&self, document: &RawDocument, ids: &[RawBson]) -> Vec<Change> {
        let values: Vec<Value> = self
            .values(ids)
            .iter()
            .map(|v| Value::new(v.as_raw_bson_ref()))
            .collect();
        let steps: Vec<&str> = self.path.split('.').collect();
        let mut out = Vec::new();
        gather(
            RawBsonRef::Document(document),
            &steps,
            &Path::root(),
            &values,
            &mut out,
        );
        // From the end, so that what goes does not move what has still to go.
        out.reverse();
        out
    }
}

fn gather(
    at: RawBsonRef<'_>,
    steps: &[&str],
    path: &Path,
    values: &[Value],
    out: &mut Vec<Change>,
) {
    if out.len() >= MOST_PLACES {
        return;
    }
    if let RawBsonRef::Array(elements) = at {
        for (index, element) in elements.into_iter().flatten().enumerate() {
            gather(element, steps, &path.index(index), values, out);
        }
        return;
    }
    match (steps.split_first(), at) {
        (None, value) => {
            let old = Value::new(value);
            if values.contains(&old) {
                let path = path.clone();
                out.push(Change::Removed { path, old });
            }
        }
        (Some((name, rest)), RawBsonRef::Document(inner)) => {
            let field = inner
                .iter()
                .flatten()
                .find(|(key, _)| key.as_str() == *name);
            if let Some((_, value)) = field {
                gather(value, rest, &path.key(*name), values, out);
            }
        }
        (Some(_), _) => {}
    }
}

/// The value itself, where it is one; else any of them.
fn one_of(mut values: Vec<RawBson>) -> RawBson {
    let plain = |v: &RawBson| !matches!(v, RawBson::RegularExpression(_) | RawBson::Document(_));
    if values.len() == 1 && values.first().is_some_and(plain) {
        return values.pop().unwrap_or(RawBson::Null);
    }
    let mut array = RawArrayBuf::new();
    for value in values {
        array.push(value);
    }
    let mut operator = RawDocumentBuf::new();
    operator.append(bson::raw::cstr!("$in"), array);
    RawBson::Document(operator)
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        reason = "a test fails by panicking"
    )]

    use bson::oid::ObjectId;
    use bson::rawdoc;

    use super::*;
    use crate::model::{NoSources, reader};
    use crate::value::diff::apply;
    use crate::value::shell::{Style, print_document};

    const SHOP: &str = "
        import { Schema, model } from 'mongoose';
        const ObjectId = Schema.Types.ObjectId;
        const line = new Schema({ product: { type: ObjectId, ref: 'Product' }, note: String });
        model('User', new Schema({ name: String, friends: [{ type: ObjectId, ref: 'User' }] }));
        model('Product', new Schema({ name: String }));
        model('Order', new Schema({
            user: { type: ObjectId, ref: 'User', required: true },
            userText: { type: String, ref: 'User' },
            lines: [line],
            subject: { kind: { type: String, enum: ['User', 'Product'] }, id: { type: ObjectId, refPath: 'subject.kind' } },
            seen: { type: Map, of: { type: ObjectId, ref: 'User' } },
        }));
    ";

    fn shop() -> Library {
        let mut library = Library::default();
        library.add_reading(reader::read("shop.js", SHOP, &NoSources).unwrap());
        library
    }

    fn id() -> RawBson {
        RawBson::ObjectId(ObjectId::parse_str("65a000000000000000000001").unwrap())
    }

    fn text(document: &RawDocument) -> String {
        print_document(document, &Style::LINE).unwrap()
    }

    #[test]
    fn every_field_that_points_at_a_model_is_listed_with_its_filter() {
        let library = shop();
        let user = library.named("shop", "User").unwrap();
        let shown: Vec<String> = referrers(&library, "shop", &user)
            .iter()
            .map(|r| {
                let filter = match (r.filter(&[id()]), &r.pointing) {
                    (Some(filter), _) => text(&filter),
                    (None, Pointing::Untold(why)) => why.clone(),
                    (None, other) => panic!("{other:?}"),
                };
                format!("{}.{}: {filter}", r.collection, r.path)
            })
            .collect();
        insta::assert_snapshot!(shown.join("\n"));
    }

    #[test]
    fn pointers_are_taken_out_of_arrays_and_sub_documents_and_nothing_else_is() {
        let library = shop();
        let product = library.named("shop", "Product").unwrap();
        let all = referrers(&library, "shop", &product);
        let other = ObjectId::parse_str("65a000000000000000000002").unwrap();
        let document = rawdoc! { "_id": 1, "lines": [
            { "product": id(), "note": "a" }, { "product": other }, { "product": id() },
        ] };
        let lines = all.iter().find(|r| r.path == "lines.product").unwrap();
        let after = apply(&lines.removals(&document, &[id()]), &document).unwrap();
        let expected = rawdoc! { "_id": 1, "lines": [{ "note": "a" }, { "product": other }, {}] };
        assert_eq!(text(&after), text(&expected));

        let user = library.named("shop", "User").unwrap();
        let all = referrers(&library, "shop", &user);
        let friends = all.iter().find(|r| r.path == "friends").unwrap();
        let document = rawdoc! { "_id": 1, "friends": [id(), other, id()] };
        let after = apply(&friends.removals(&document, &[id()]), &document).unwrap();
        assert_eq!(
            text(&after),
            text(&rawdoc! { "_id": 1, "friends": [other] })
        );
    }
}
