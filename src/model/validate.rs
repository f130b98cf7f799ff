//! Holding raw documents to a model.
//!
//! Agrees with what Mongoose's `validateSync` says of a new document, but converts nothing: the console writes BSON as
//! it is, so a value that Mongoose would convert to another BSON type is an error here, with the conversion as its fix.
//! Integer width does not matter; fields that are not declared, and text that a setter would change, are warnings.
//!
//! Must not allocate for a document without violations. Invariant: recursion ends at [`DEEPEST`].

mod constraint;
mod place;
mod values;

use bson::raw::RawBsonRef;
use bson::{Bson, RawBson, RawDocument};

use constraint::{fill, remove};
use place::{At, Place, Seen};
use values::{holds, is_falsy, is_object};
pub(super) use values::{kind_of, show};

use super::cast::{self, Cast};
use super::describe::cut;
use super::{
    DefaultValue, Field, Fix, FixEdit, Kind, Model, Requirement, Schema, Severity, Strictness,
    Violation, describe,
};
use crate::value::Path;

/// Documents nest at most 100 deep on a server.
const DEEPEST: usize = 120;
/// More violations than anyone reads; the rest of such a document is not looked at.
const MOST: usize = 2_000;

impl Model {
    /// Every place where `document` breaks the model, errors and warnings, in the order of the document and then of
    /// the model's declarations. Nothing is converted: what the application would convert to another BSON type is an
    /// error with a fix.
    #[must_use]
    pub fn validate(&self, document: &RawDocument) -> Vec<Violation> {
        if let Some(validator) = &self.validator {
            return validator.validate(document);
        }
        let mut check = Check {
            model: self,
            out: Vec::new(),
            absent: None,
        };
        check.schema(self.root(), document, None, 0);
        check.out
    }

    /// As [`Model::validate`]; also notes in `absent` each place that the document lacks and that has a default.
    pub(super) fn inspect(&self, document: &RawDocument, absent: &mut Vec<Path>) -> Vec<Violation> {
        if let Some(validator) = &self.validator {
            return validator.validate(document);
        }
        let mut check = Check {
            model: self,
            out: Vec::new(),
            absent: Some(absent),
        };
        check.schema(self.root(), document, None, 0);
        check.out
    }

    /// Finds out once what the defaults come to.
    pub(super) fn settle(&mut self) {
        let before = self.clone();
        for schema in &mut self.schemas {
            for field in &mut schema.fields {
                settle(&before, field, 0);
            }
        }
    }
}

fn settle(model: &Model, field: &mut Field, depth: usize) {
    if depth > DEEPEST {
        return;
    }
    if let DefaultValue::Value(value) = &field.default
        && !matches!(value, Bson::Null | Bson::Undefined)
        && let Ok(mut raw) = RawBson::try_from(value.clone())
    {
        match cast::cast(&field.kind, raw.as_raw_bson_ref()) {
            Cast::To(better) => {
                if let Ok(better) = Bson::try_from(better.clone()) {
                    field.default = DefaultValue::Value(better);
                }
                raw = better;
            }
            Cast::Fits | Cast::ToNull | Cast::Fails => {}
        }
        let mut check = Check {
            model,
            out: Vec::new(),
            absent: None,
        };
        check.value(
            field,
            raw.as_raw_bson_ref(),
            RawDocument::from_bytes(EMPTY).ok(),
            &At {
                parent: None,
                step: Place::Key(""),
            },
            0,
        );
        field.default_breaks = check
            .out
            .into_iter()
            .find(|v| v.severity == Severity::Error)
            .map(|v| (v.kind, v.message));
    }
    match &mut field.kind {
        Kind::Nested(fields) | Kind::Union(fields) => {
            for inner in fields {
                settle(model, inner, depth + 1);
            }
        }
        Kind::Array(inner) | Kind::Map(inner) => settle(model, inner, depth + 1),
        _ => {}
    }
}

/// A document with nothing in it.
const EMPTY: &[u8] = &[5, 0, 0, 0, 0];

struct Check<'m, 'a> {
    model: &'m Model,
    out: Vec<Violation>,
    /// The places of defaults that are not there, where anybody asks.
    absent: Option<&'a mut Vec<Path>>,
}

impl<'m> Check<'m, '_> {
    fn schema(
        &mut self,
        schema: &'m Schema,
        document: &RawDocument,
        at: Option<&At<'_>>,
        depth: usize,
    ) {
        let mut schema = schema;
        if !schema.discriminators.is_empty()
            && let Ok(Some(chosen)) = document.get(&schema.options.discriminator_key)
        {
            let name = match chosen {
                RawBsonRef::String(name) => name.to_owned(),
                RawBsonRef::Int32(n) => n.to_string(),
                _ => String::new(),
            };
            let variant = schema
                .discriminators
                .iter()
                .find(|d| d.value == name)
                .or_else(|| schema.discriminators.iter().find(|d| d.name == name));
            if let Some(variant) = variant {
                schema = self.model.schema(variant.schema);
            }
        }
        self.fields(schema, &schema.fields, document, document, at, depth, true);
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "one walk, with what it needs at each level"
    )]
    fn fields(
        &mut self,
        schema: &'m Schema,
        fields: &'m [Field],
        document: &RawDocument,
        owner: &RawDocument,
        at: Option<&At<'_>>,
        depth: usize,
        is_top: bool,
    ) {
        if depth > DEEPEST || self.out.len() > MOST {
            return;
        }
        let mut seen = Seen::new(fields.len());
        let mut next = 0;
        for element in document {
            let Ok((key, value)) = element else {
                self.out.push(Violation {
                    path: at.map_or_else(Path::root, At::path),
                    kind: "bson".to_owned(),
                    message: "the bytes from here on are not valid BSON".to_owned(),
                    expected: None,
                    found: None,
                    severity: Severity::Error,
                    fix: None,
                });
                return;
            };
            // An undefined value counts as a missing one: its default holds.
            if value == RawBsonRef::Undefined {
                continue;
            }
            let key = key.as_str();
            // Documents mostly have their fields in the order of the schema.
            let found = match fields.get(next) {
                Some(field) if field.name == key => Some(next),
                _ => fields.iter().position(|f| f.name == key),
            };
            let here = At {
                parent: at,
                step: Place::Key(key),
            };
            match found {
                Some(index) => {
                    next = index + 1;
                    seen.set(index);
                    let field = &fields[index];
                    if let Kind::Nested(inner) = &field.kind {
                        self.nested(schema, inner, value, owner, &here, depth, is_top);
                    } else {
                        self.value(field, value, Some(owner), &here, depth);
                    }
                }
                None => self.unknown(schema, key, value, &here, is_top),
            }
        }
        for (index, field) in fields.iter().enumerate() {
            if !seen.has(index) {
                let here = At {
                    parent: at,
                    step: Place::Key(&field.name),
                };
                self.missing(field, owner, &here, depth);
            }
        }
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "one walk, with what it needs at each level"
    )]
    fn nested(
        &mut self,
        schema: &'m Schema,
        inner: &'m [Field],
        value: RawBsonRef<'_>,
        owner: &RawDocument,
        at: &At<'_>,
        depth: usize,
        is_top: bool,
    ) {
        let empty = RawDocument::from_bytes(EMPTY).ok();
        let document = match value {
            RawBsonRef::Document(document) => Some(document),
            RawBsonRef::Null | RawBsonRef::Undefined => empty,
            other => {
                let is_text_or_number = match other {
                    RawBsonRef::String(s) | RawBsonRef::Symbol(s) => !s.is_empty(),
                    RawBsonRef::Boolean(b) => b,
                    RawBsonRef::Int32(n) => n != 0,
                    RawBsonRef::Int64(n) => n != 0 && cast::is_safe(n),
                    RawBsonRef::Double(d) => d != 0.0 && !d.is_nan(),
                    _ => false,
                };
                let refused = match schema.options.strict {
                    Strictness::Throw => !matches!(other, RawBsonRef::Array(a) if a.is_empty()),
                    Strictness::Strict => is_text_or_number && !is_top,
                    Strictness::Open => is_text_or_number,
                };
                let path = at.path();
                let fix = remove(&path);
                self.push(Violation {
                    kind: "Object".to_owned(),
                    message: if refused {
                        format!("`{path}` must be an object, found {}", kind_of(other))
                    } else {
                        format!(
                            "`{path}` is an object in the model; the application drops {}",
                            kind_of(other)
                        )
                    },
                    expected: Some("Object".to_owned()),
                    found: Some(show(other)),
                    severity: if refused {
                        Severity::Error
                    } else {
                        Severity::Warning
                    },
                    fix: Some(fix),
                    path,
                });
                empty
            }
        };
        if let Some(document) = document {
            self.fields(schema, inner, document, owner, Some(at), depth + 1, false);
        }
    }

    fn unknown(
        &mut self,
        schema: &Schema,
        key: &str,
        value: RawBsonRef<'_>,
        at: &At<'_>,
        is_top: bool,
    ) {
        let is_virtual = is_top && schema.virtuals.iter().any(|v| v == key);
        let severity = match (schema.options.strict, is_virtual) {
            (Strictness::Open, _) => return,
            (Strictness::Throw, false) => Severity::Error,
            _ => Severity::Warning,
        };
        let path = at.path();
        let fix = remove(&path);
        self.push(Violation {
            kind: "strict".to_owned(),
            message: if is_virtual {
                format!("`{path}` is computed by the application and not kept")
            } else {
                format!("`{path}` is not in the model")
            },
            expected: None,
            found: Some(show(value)),
            severity,
            fix: Some(fix),
            path,
        });
    }

    fn missing(&mut self, field: &'m Field, owner: &RawDocument, at: &At<'_>, depth: usize) {
        if depth > DEEPEST {
            return;
        }
        if let Kind::Nested(inner) = &field.kind {
            for field in inner {
                let here = At {
                    parent: Some(at),
                    step: Place::Key(&field.name),
                };
                self.missing(field, owner, &here, depth + 1);
            }
            return;
        }
        match &field.default {
            DefaultValue::Value(Bson::Null | Bson::Undefined) => {}
            DefaultValue::None => {
                // A missing array becomes an empty one.
                if matches!(field.kind, Kind::Array(_)) && field.required != Requirement::Present {
                    return;
                }
            }
            DefaultValue::Value(_) => {
                if let Some(absent) = &mut self.absent
                    && absent.len() < MOST
                    && field.default_breaks.is_none()
                {
                    absent.push(at.path());
                }
                if let Some((kind, message)) = &field.default_breaks {
                    self.push(Violation {
                        path: at.path(),
                        kind: kind.clone(),
                        message: format!("the model's own default breaks it: {message}"),
                        expected: Some(field.describe()),
                        found: None,
                        severity: Severity::Error,
                        fix: None,
                    });
                }
                return;
            }
            _ => return,
        }
        if self.is_required(field, owner) {
            self.required(field, None, at);
        }
    }

    fn is_required(&self, field: &Field, owner: &RawDocument) -> bool {
        match &field.required {
            Requirement::Optional | Requirement::Computed => false,
            Requirement::Required(_) | Requirement::Present => true,
            Requirement::When(condition, _) => holds(condition, owner, 0),
        }
    }

    fn required(&mut self, field: &Field, found: Option<RawBsonRef<'_>>, at: &At<'_>) {
        let path = at.path();
        let own = match &field.required {
            Requirement::Required(message) | Requirement::When(_, message) => message.as_deref(),
            _ => None,
        };
        let message = own.map_or_else(
            || format!("`{path}` is required"),
            |m| fill(m, &path, found, &[]),
        );
        let fix = match &field.default {
            DefaultValue::Value(value) if !matches!(value, Bson::Null | Bson::Undefined) => {
                RawBson::try_from(value.clone()).ok().map(|raw| Fix {
                    label: format!("set to the default `{}`", describe::show(value)),
                    edits: vec![FixEdit::Set(path.clone(), raw)],
                })
            }
            _ => None,
        };
        self.push(Violation {
            kind: "required".to_owned(),
            message,
            expected: Some(field.describe()),
            found: found.map(show),
            severity: Severity::Error,
            fix,
            path,
        });
    }

    /// A value that is there, of any kind but a nested object.
    fn value(
        &mut self,
        field: &'m Field,
        value: RawBsonRef<'_>,
        owner: Option<&RawDocument>,
        at: &At<'_>,
        depth: usize,
    ) {
        if depth > DEEPEST || self.out.len() > MOST {
            return;
        }
        let needed = || owner.is_some_and(|o| self.is_required(field, o));
        if matches!(value, RawBsonRef::Null | RawBsonRef::Undefined) {
            if needed() {
                self.required(field, Some(value), at);
            }
            return;
        }
        match (&field.kind, value) {
            (Kind::Mixed | Kind::Unknown, _) => {}
            (Kind::String, RawBsonRef::String(text)) => {
                let needed = !matches!(field.required, Requirement::Optional) && needed();
                self.text(field, text, needed, at);
            }
            (Kind::Nested(inner), RawBsonRef::Document(document)) => {
                // Only a union or an element can be nested here; its schema's own options are not known any more.
                self.fields(
                    &super::EMPTY,
                    inner,
                    document,
                    document,
                    Some(at),
                    depth + 1,
                    false,
                );
            }
            (Kind::Embedded(id), RawBsonRef::Document(document)) => {
                self.schema(self.model.schema(*id), document, Some(at), depth + 1);
            }
            (Kind::Embedded(id), other) if is_object(other) => {
                self.other_object(*id, other, at, depth);
            }
            (Kind::Array(element), RawBsonRef::Array(array)) => {
                let is_documents = matches!(element.kind, Kind::Embedded(_));
                for (index, item) in array.into_iter().enumerate() {
                    let Ok(item) = item else { return };
                    let here = At {
                        parent: Some(at),
                        step: Place::Index(index),
                    };
                    // An array of documents keeps what counts as false as it is.
                    if is_documents && is_falsy(item) {
                        continue;
                    }
                    self.value(element, item, owner, &here, depth + 1);
                }
            }
            (Kind::Map(inner), RawBsonRef::Document(document)) => {
                for element in document {
                    let Ok((key, item)) = element else { return };
                    let key = key.as_str();
                    if key.contains('.')
                        || key.starts_with('$')
                        || matches!(key, "__proto__" | "constructor" | "prototype")
                    {
                        let path = at.path();
                        self.push(Violation {
                            kind: "Map".to_owned(),
                            message: format!(
                                "`{}` cannot be a key of a map: no dots, no leading dollar",
                                cut(key)
                            ),
                            expected: Some(field.describe()),
                            found: Some(cut(key)),
                            severity: Severity::Error,
                            fix: None,
                            path,
                        });
                        continue;
                    }
                    let here = At {
                        parent: Some(at),
                        step: Place::Key(key),
                    };
                    self.value(inner, item, owner, &here, depth + 1);
                }
            }
            (Kind::Union(members), value) => match cast::cast(&field.kind, value) {
                Cast::Fits => self.union(field, members, value, at, depth),
                other => self.mismatch(field, value, other, at),
            },
            (Kind::Nested(_) | Kind::Embedded(_) | Kind::Array(_) | Kind::Map(_), value) => {
                let outcome = cast::cast(&field.kind, value);
                self.mismatch(field, value, outcome, at);
            }
            (_, value) => match cast::cast(&field.kind, value) {
                Cast::Fits => self.constraints(field, value, needed(), at),
                Cast::ToNull if needed() => self.required(field, Some(value), at),
                other => self.mismatch(field, value, other, at),
            },
        }
    }

    /// A value of one of a union's kinds. Documents and arrays are looked into, for the member that they break least;
    /// of simple values only literals are held to, since Mongoose holds a union to no more.
    fn union(
        &mut self,
        field: &'m Field,
        members: &'m [Field],
        value: RawBsonRef<'_>,
        at: &At<'_>,
        depth: usize,
    ) {
        if !matches!(value, RawBsonRef::Document(_) | RawBsonRef::Array(_))
            && !matches!(field.required, Requirement::Present)
            && members.iter().all(|m| !m.implied)
        {
            return;
        }
        let mut best: Option<Vec<Violation>> = None;
        for member in members {
            if cast::cast(&member.kind, value) != Cast::Fits {
                continue;
            }
            let mut check = Check {
                model: self.model,
                out: Vec::new(),
                absent: None,
            };
            check.value(member, value, None, at, depth + 1);
            let errors = |list: &[Violation]| {
                list.iter()
                    .filter(|v| v.severity == Severity::Error)
                    .count()
            };
            if best.as_ref().is_none_or(|b| errors(&check.out) < errors(b)) {
                best = Some(check.out);
            }
        }
        self.out.extend(best.unwrap_or_default());
    }

    /// A value like an ObjectId or a date where a sub-document is wanted: the application makes an empty one of it.
    fn other_object(
        &mut self,
        id: super::SchemaId,
        value: RawBsonRef<'_>,
        at: &At<'_>,
        depth: usize,
    ) {
        let schema = self.model.schema(id);
        let leaves_something = schema.options.id
            || schema
                .fields
                .iter()
                .any(|f| f.default != DefaultValue::None || matches!(f.kind, Kind::Array(_)));
        let path = at.path();
        let fix = remove(&path);
        self.push(Violation {
            kind: "Embedded".to_owned(),
            message: format!(
                "`{path}` is a document in the model, found {}",
                kind_of(value)
            ),
            expected: Some("Object".to_owned()),
            found: Some(show(value)),
            severity: if leaves_something || matches!(at.step, Place::Index(_)) {
                Severity::Error
            } else {
                Severity::Warning
            },
            fix: Some(fix),
            path,
        });
        if let Ok(empty) = RawDocument::from_bytes(EMPTY) {
            self.schema(schema, empty, Some(at), depth + 1);
        }
    }

    fn push(&mut self, violation: Violation) {
        self.out.push(violation);
    }
}
