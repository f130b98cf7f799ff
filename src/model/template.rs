//! A new document that a model would accept as a start.
//!
//! Pure: the time and new ids are given. Invariant: keys come in the order of their declaration.

use bson::raw::CString;
use bson::{Bson, DateTime, RawArrayBuf, RawBson, RawDocumentBuf, oid::ObjectId};

use super::{DefaultValue, Field, Kind, Model, Schema};

/// How deep sub-documents are filled in; a schema may contain itself.
const DEEPEST: usize = 12;

impl Model {
    /// A new document: `_id`, every default, and for a required field without one the simplest value of its kind
    /// (which may still break a constraint, so that the person sees what to fill in). `now_millis` is milliseconds
    /// since 1970; `new_id` is asked for each ObjectId.
    #[must_use]
    pub fn template(
        &self,
        now_millis: i64,
        new_id: &mut dyn FnMut() -> ObjectId,
    ) -> RawDocumentBuf {
        let mut maker = Maker {
            model: self,
            now: DateTime::from_millis(now_millis),
            new_id,
        };
        maker.schema(self.root(), 0)
    }
}

struct Maker<'a> {
    model: &'a Model,
    now: DateTime,
    new_id: &'a mut dyn FnMut() -> ObjectId,
}

impl Maker<'_> {
    fn schema(&mut self, schema: &Schema, depth: usize) -> RawDocumentBuf {
        let mut document = self.fields(&schema.fields, depth);
        let options = &schema.options;
        for name in [&options.created_at, &options.updated_at]
            .into_iter()
            .flatten()
        {
            let missing = document.iter().flatten().all(|(k, _)| k.as_str() != name);
            if let (true, Ok(key)) = (missing, CString::try_from(name.clone())) {
                document.append(key, self.now);
            }
        }
        document
    }

    fn fields(&mut self, fields: &[Field], depth: usize) -> RawDocumentBuf {
        let mut document = RawDocumentBuf::new();
        // `_id` is first in every document that the server keeps.
        let (ids, others): (Vec<_>, Vec<_>) = fields.iter().partition(|f| f.name == "_id");
        for field in ids.into_iter().chain(others) {
            if let (Some(value), Ok(key)) = (
                self.value(field, depth),
                CString::try_from(field.name.clone()),
            ) {
                document.append(key, value);
            }
        }
        document
    }

    fn value(&mut self, field: &Field, depth: usize) -> Option<RawBson> {
        match &field.default {
            DefaultValue::Value(value) => return RawBson::try_from(value.clone()).ok(),
            DefaultValue::Now => return Some(RawBson::DateTime(self.now)),
            DefaultValue::NewId => return Some(RawBson::ObjectId((self.new_id)())),
            // A UUID is made of the same source of ids, so that the caller decides about chance.
            DefaultValue::NewUuid => {
                let (a, b) = ((self.new_id)().bytes(), (self.new_id)().bytes());
                let mut bytes = [0u8; 16];
                bytes[..12].copy_from_slice(&a);
                bytes[12..].copy_from_slice(&b[8..]);
                bytes[6] = (bytes[6] & 0x0f) | 0x40;
                bytes[8] = (bytes[8] & 0x3f) | 0x80;
                return Some(RawBson::Binary(bson::Binary {
                    subtype: bson::spec::BinarySubtype::Uuid,
                    bytes: bytes.to_vec(),
                }));
            }
            DefaultValue::None | DefaultValue::Computed => {}
        }
        if depth >= DEEPEST {
            return None;
        }
        if let Kind::Nested(inner) = &field.kind {
            let document = self.fields(inner, depth + 1);
            let empty = document.iter().next().is_none();
            return (!empty).then_some(RawBson::Document(document));
        }
        if !field.is_required() {
            return None;
        }
        if let Some(Ok(choice)) = field.choices.first().cloned().map(RawBson::try_from) {
            return Some(choice);
        }
        let limit = field.min.as_ref().map(|l| l.value.clone());
        Some(match &field.kind {
            Kind::String => RawBson::String(String::new()),
            Kind::Number | Kind::Int32 => match limit {
                Some(Bson::Double(d)) if d.fract() != 0.0 => RawBson::Double(d),
                Some(limit) => RawBson::try_from(limit).ok()?,
                None => RawBson::Int32(0),
            },
            Kind::Double => RawBson::Double(0.0),
            Kind::BigInt => RawBson::Int64(0),
            Kind::Decimal128 => RawBson::Decimal128("0".parse().ok()?),
            Kind::Boolean => RawBson::Boolean(false),
            Kind::Date => RawBson::DateTime(self.now),
            Kind::Array(_) => RawBson::Array(RawArrayBuf::new()),
            Kind::Map(_) => RawBson::Document(RawDocumentBuf::new()),
            Kind::Embedded(id) => {
                let schema = self.model.schema(*id);
                RawBson::Document(self.schema(schema, depth + 1))
            }
            // A reference cannot be guessed, and anything else has no simplest value.
            _ => RawBson::Null,
        })
    }
}
