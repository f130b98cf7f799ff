//! What could stand at a place of a document, as the model says, or as other documents have it.
//!
//! Must not know the text or the list that shows it. Invariant: every candidate is shell text that parses.

use std::sync::Arc;

use bson::oid::ObjectId;
use bson::{Bson, DateTime, RawBson, RawBsonRef, RawDocument, RawDocumentBuf, rawdoc};

use crate::app::completion::Candidate;
use crate::model::referrers::resolve;
use crate::model::{DefaultValue, Field, Kind, Library, Model, Reference};
use crate::mongo::request::Namespace;
use crate::value::shell::{Style, print, print_key};
use crate::value::{self, Path, Step, cell};

/// The most names that are listed for one object.
const NAMES: usize = 500;
/// Columns of a document's label.
const LABEL: usize = 48;
/// The fields that say best what a document is, the best first.
const TELLING: [&str; 14] = [
    "name",
    "title",
    "fullName",
    "displayName",
    "firstName",
    "lastName",
    "email",
    "username",
    "label",
    "code",
    "slug",
    "subject",
    "question",
    "text",
];

/// A place, and what its model and its neighbours say.
#[derive(Debug, Clone, Copy)]
pub struct Sight<'a> {
    /// All models.
    pub library: &'a Library,
    /// The model of the document.
    pub model: Option<&'a Model>,
    /// Its database.
    pub database: &'a str,
    /// Other documents of the collection.
    pub samples: &'a [Arc<RawDocumentBuf>],
    /// The time, in milliseconds since 1970.
    pub now: i64,
}

/// Documents that a place may refer to, still to be asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Referred {
    /// Their collection.
    pub namespace: Namespace,
    /// The fields that tell what a document is.
    pub telling: Vec<String>,
    /// Whether the reference is kept as text.
    pub text: bool,
}

fn text_of(value: RawBsonRef<'_>) -> Option<String> {
    print(value, &Style::LINE).ok()
}

fn of_bson(value: &Bson) -> Option<String> {
    let raw = RawBson::try_from(value.clone()).ok()?;
    text_of(raw.as_raw_bson_ref())
}

impl<'a> Sight<'a> {
    fn fields(&self, path: &Path) -> Vec<&'a Field> {
        let Some(model) = self.model else {
            return Vec::new();
        };
        if !path.is_root() {
            return match model.field(path) {
                Some(field) => model.children(field).iter().collect(),
                None => Vec::new(),
            };
        }
        let root = model.root();
        let variants = root.discriminators.iter();
        let mut fields: Vec<&Field> = root.fields.iter().collect();
        for field in variants.flat_map(|d| &model.schema(d.schema).fields) {
            if !fields.iter().any(|f| f.name == field.name) {
                fields.push(field);
            }
        }
        fields
    }

    /// The names that an object at `path` could have beside `others`. `colon` says whether one follows already.
    #[must_use]
    pub fn names(&self, path: &Path, others: &[String], colon: bool) -> Vec<Candidate> {
        let mut out: Vec<Candidate> = Vec::new();
        let mut add = |name: &str, detail: String| {
            let known = others.iter().any(|o| o == name) || out.iter().any(|c| c.label == name);
            if !known && out.len() < NAMES {
                let end = if colon { "" } else { ": " };
                let insert = format!("{}{end}", print_key(name));
                out.push(Candidate::new(name, detail, insert));
            }
        };
        let fields = self.fields(path);
        let fields_known = fields.len();
        // What the application adds by itself is wanted last.
        let (implied, own): (Vec<&Field>, Vec<&Field>) =
            fields.into_iter().partition(|f| f.implied);
        for field in own.into_iter().chain(implied) {
            add(&field.name, field.describe());
        }
        if fields_known == 0 {
            for sample in self.samples {
                let Some(RawBsonRef::Document(inner)) = near(sample, path) else {
                    continue;
                };
                for (key, value) in inner.iter().flatten() {
                    let kind = value::Kind::of(value).label();
                    add(key.as_str(), kind.to_owned());
                }
            }
        }
        out
    }

    /// The declaration of a place.
    #[must_use]
    pub fn field(&self, path: &Path) -> Option<&'a Field> {
        self.model.and_then(|m| m.field(path))
    }

    /// What the value at `path` could be, and what it may refer to. `document` is what it stands in, as far as is known.
    #[must_use]
    pub fn values(
        &self,
        path: &Path,
        document: Option<&RawDocument>,
        new_id: &mut dyn FnMut() -> ObjectId,
    ) -> (Vec<Candidate>, Option<Referred>) {
        let mut out = Vec::new();
        let Some(field) = self.field(path) else {
            self.any(&mut out, new_id);
            return (out, None);
        };
        let referred = self.referred(field, document);
        self.kind(field, referred.is_some(), &mut out, new_id, 0);
        let optional = matches!(field.required, crate::model::Requirement::Optional);
        if optional && (!out.is_empty() || referred.is_some()) {
            out.push(Candidate::new("null", "no value", "null"));
        }
        (out, referred)
    }

    fn kind(
        &self,
        field: &Field,
        refers: bool,
        out: &mut Vec<Candidate>,
        new_id: &mut dyn FnMut() -> ObjectId,
        depth: usize,
    ) {
        let default = match &field.default {
            DefaultValue::Value(value) => of_bson(value),
            _ => None,
        };
        for choice in &field.choices {
            let Some(text) = of_bson(choice) else {
                continue;
            };
            let detail = match default.as_ref() == Some(&text) {
                true => "default",
                false => "",
            };
            let label = match choice {
                Bson::String(s) => s.clone(),
                _ => text.clone(),
            };
            out.push(Candidate::new(label, detail, text));
        }
        if !field.choices.is_empty() {
            return;
        }
        if let Some(text) = default {
            out.push(Candidate::new(text.clone(), "default", text));
        }
        let mut add = |text: &str, detail: &str, inside: usize| {
            if !out.iter().any(|c: &Candidate| c.insert == text) {
                let candidate = Candidate::new(text, detail, text);
                out.push(match inside {
                    0 => candidate,
                    n => candidate.inside(n),
                });
            }
        };
        match &field.kind {
            Kind::Boolean => {
                add("true", "Boolean", 0);
                add("false", "Boolean", 0);
            }
            Kind::Date => add(&self.now_text(), "now", 0),
            Kind::ObjectId if !refers => {
                add(&id_text(new_id()), "a new one", 0);
            }
            Kind::Decimal128 => add("NumberDecimal('0')", "Decimal128", 2),
            Kind::BigInt => add("NumberLong('0')", "Int64", 2),
            Kind::Array(_) => add("[]", "Array", 1),
            Kind::Nested(_) | Kind::Embedded(_) | Kind::Map(_) => add("{}", "Object", 1),
            Kind::Union(kinds) if depth < 4 => {
                for one in kinds {
                    self.kind(one, refers, out, new_id, depth + 1);
                }
            }
            _ => {}
        }
    }

    fn now_text(&self) -> String {
        let now = RawBsonRef::DateTime(DateTime::from_millis(self.now));
        text_of(now).unwrap_or_default()
    }

    /// What any value could be, where nothing is declared.
    fn any(&self, out: &mut Vec<Candidate>, new_id: &mut dyn FnMut() -> ObjectId) {
        for (text, detail, inside) in [
            ("true".to_owned(), "Boolean", 0),
            ("false".to_owned(), "Boolean", 0),
            ("null".to_owned(), "", 0),
            (id_text(new_id()), "a new one", 0),
            (self.now_text(), "now", 0),
            ("NumberLong('0')".to_owned(), "Int64", 2),
            ("NumberDecimal('0')".to_owned(), "Decimal128", 2),
            ("''".to_owned(), "String", 1),
            ("[]".to_owned(), "Array", 1),
            ("{}".to_owned(), "Object", 1),
        ] {
            let candidate = Candidate::new(text.clone(), detail, text);
            out.push(match inside {
                0 => candidate,
                n => candidate.inside(n),
            });
        }
    }

    fn referred(&self, field: &Field, document: Option<&RawDocument>) -> Option<Referred> {
        let name = match field.reference.as_ref()? {
            Reference::Model(name) => name.clone(),
            Reference::Path(place) => match Path::from_dotted(place).get(document?) {
                Some(RawBsonRef::String(name)) => name.to_owned(),
                _ => return None,
            },
            Reference::Computed => return None,
        };
        let (database, target) = resolve(self.library, self.database, &name)?;
        let is_text = |f: &&Field| f.kind == Kind::String;
        let mut telling: Vec<String> = TELLING
            .iter()
            .filter(|t| {
                target
                    .fields()
                    .iter()
                    .filter(is_text)
                    .any(|f| f.name == **t)
            })
            .take(2)
            .map(|t| (*t).to_owned())
            .collect();
        if telling.is_empty() {
            let first = target.fields().iter().filter(is_text).find(|f| !f.implied);
            telling.extend(first.map(|f| f.name.clone()));
        }
        Some(Referred {
            namespace: Namespace::new(database, target.collection.clone()),
            telling,
            text: field.kind == Kind::String,
        })
    }
}

fn id_text(id: ObjectId) -> String {
    text_of(RawBsonRef::ObjectId(id)).unwrap_or_default()
}

/// The value of another document at a place like this one: elements of arrays are as good as the first.
fn near<'d>(document: &'d RawDocument, path: &Path) -> Option<RawBsonRef<'d>> {
    let like = path.0.iter().map(|step| match step {
        Step::Index(_) => Step::Index(0),
        step => step.clone(),
    });
    let like = Path(like.collect());
    if like.is_root() {
        return Some(RawBsonRef::Document(document));
    }
    like.get(document)
}

impl Referred {
    /// Matches the documents that what is typed may mean; all of them where nothing is.
    #[must_use]
    pub fn filter(&self, query: &str) -> RawDocumentBuf {
        if query.is_empty() {
            return RawDocumentBuf::new();
        }
        let mut any = bson::RawArrayBuf::new();
        for field in &self.telling {
            let Ok(key) = bson::raw::CString::try_from(field.as_str()) else {
                continue;
            };
            // At the start of a word; the list is narrowed further here.
            let pattern = format!("(^|[^a-zA-Z0-9]){}", regex::escape(query));
            let mut one = RawDocumentBuf::new();
            one.append(key, rawdoc! { "$regex": pattern, "$options": "i" });
            any.push(one);
        }
        let hex = query.len() <= 24 && query.bytes().all(|b| b.is_ascii_hexdigit());
        let low = ObjectId::parse_str(format!("{query:0<24}")).ok();
        let high = ObjectId::parse_str(format!("{query:f<24}")).ok();
        if let (true, Some(low), Some(high)) = (hex, low, high) {
            any.push(rawdoc! { "_id": { "$gte": low, "$lte": high } });
        }
        rawdoc! { "$or": any }
    }

    /// The fields to be read.
    #[must_use]
    pub fn projection(&self) -> RawDocumentBuf {
        let mut out = rawdoc! { "_id": 1 };
        for field in &self.telling {
            if let Ok(key) = bson::raw::CString::try_from(field.as_str()) {
                out.append(key, 1);
            }
        }
        out
    }

    /// A document that may be referred to.
    #[must_use]
    pub fn candidate(&self, document: &RawDocument) -> Option<Candidate> {
        let id = document.get("_id").ok().flatten()?;
        let insert = match (self.text, id) {
            (true, RawBsonRef::ObjectId(id)) => text_of(RawBsonRef::String(&id.to_hex()))?,
            (_, id) => text_of(id)?,
        };
        let mut label: Vec<String> = Vec::new();
        for field in &self.telling {
            match document.get(field.as_str()).ok().flatten() {
                Some(RawBsonRef::String(text)) if !text.is_empty() => {
                    label.push(cell::cut(text, LABEL));
                }
                _ => {}
            }
        }
        let label = match label.is_empty() {
            true => insert.clone(),
            false => label.join("  "),
        };
        let detail = match label == insert {
            true => String::new(),
            false => insert.clone(),
        };
        Some(Candidate::new(label, detail, insert))
    }
}
