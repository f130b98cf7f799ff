//! Holding raw documents to a model.
//!
//! Agrees with what Mongoose's `validateSync` says of a new document, but converts nothing: the console writes BSON as
//! it is, so a value that Mongoose would convert to another BSON type is an error here, with the conversion as its fix.
//! Integer width does not matter; fields that are not declared, and text that a setter would change, are warnings.
//!
//! Must not allocate for a document without violations. Invariant: recursion ends at [`DEEPEST`].

use bson::raw::RawBsonRef;
use bson::{Bson, RawBson, RawDocument};

use super::cast::{self, Cast};
use super::describe::cut;
use super::{
    Condition, DefaultValue, Field, Fix, FixEdit, Kind, Model, Requirement, Schema, Severity,
    Strictness, Violation, describe,
};
use crate::value::diagnostic::did_you_mean;
use crate::value::{Path, Step};

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

#[derive(Clone, Copy)]
enum Place<'p> {
    Key(&'p str),
    Index(usize),
}

/// The way to a value, kept on the stack: a path is only built for a violation.
struct At<'p> {
    parent: Option<&'p At<'p>>,
    step: Place<'p>,
}

impl At<'_> {
    fn path(&self) -> Path {
        let mut steps = Vec::new();
        let mut at = Some(self);
        while let Some(place) = at {
            steps.push(match place.step {
                Place::Key(key) => Step::Key(key.to_owned()),
                Place::Index(index) => Step::Index(index),
            });
            at = place.parent;
        }
        steps.reverse();
        Path(steps)
    }
}

/// Which of a schema's fields a document has.
enum Seen {
    Few(u128),
    Many(Vec<bool>),
}

impl Seen {
    fn new(fields: usize) -> Self {
        if fields <= 128 {
            Self::Few(0)
        } else {
            Self::Many(vec![false; fields])
        }
    }

    fn set(&mut self, field: usize) {
        match self {
            Self::Few(bits) => *bits |= 1 << field,
            Self::Many(list) => list[field] = true,
        }
    }

    fn has(&self, field: usize) -> bool {
        match self {
            Self::Few(bits) => bits & (1 << field) != 0,
            Self::Many(list) => list[field],
        }
    }
}

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

    fn text(&mut self, field: &Field, text: &str, needed: bool, at: &At<'_>) {
        let mut set = std::borrow::Cow::Borrowed(text);
        if field.lowercase
            && text
                .chars()
                .any(|c| c.to_lowercase().ne(std::iter::once(c)))
        {
            set = std::borrow::Cow::Owned(set.to_lowercase());
        }
        if field.uppercase
            && text
                .chars()
                .any(|c| c.to_uppercase().ne(std::iter::once(c)))
        {
            set = std::borrow::Cow::Owned(set.to_uppercase());
        }
        if field.trim && cast::js_trim(&set).len() != set.len() {
            set = std::borrow::Cow::Owned(cast::js_trim(&set).to_owned());
        }
        let text = if set == text {
            text
        } else {
            let path = at.path();
            self.push(Violation {
                kind: if field.trim && cast::js_trim(text) != text {
                    "trim"
                } else if field.lowercase {
                    "lowercase"
                } else {
                    "uppercase"
                }
                .to_owned(),
                message: format!("the application would keep this as `{}`", cut(&set)),
                expected: Some(field.describe()),
                found: Some(cut(text)),
                severity: Severity::Warning,
                fix: Some(Fix {
                    label: format!("set to `{}`", cut(&set)),
                    edits: vec![FixEdit::Set(path.clone(), RawBson::String(set.to_string()))],
                }),
                path,
            });
            &set
        };
        if needed && text.is_empty() && field.required != Requirement::Present {
            return self.required(field, Some(RawBsonRef::String(text)), at);
        }
        self.constraints(field, RawBsonRef::String(text), false, at);
        if field.min_length.is_none() && field.max_length.is_none() && field.pattern.is_none() {
            return;
        }
        let length = if text.is_ascii() {
            text.len()
        } else {
            text.encode_utf16().count()
        } as u64;
        if let Some(limit) = &field.min_length
            && length < limit.value
        {
            self.broken(
                field,
                "minlength",
                limit.message.as_deref(),
                format!("`{}` is shorter than {} characters", cut(text), limit.value),
                RawBsonRef::String(text),
                &[
                    ("MINLENGTH", limit.value.to_string()),
                    ("LENGTH", length.to_string()),
                ],
                None,
                at,
            );
        }
        if let Some(limit) = &field.max_length
            && length > limit.value
        {
            self.broken(
                field,
                "maxlength",
                limit.message.as_deref(),
                format!("`{}` is longer than {} characters", cut(text), limit.value),
                RawBsonRef::String(text),
                &[
                    ("MAXLENGTH", limit.value.to_string()),
                    ("LENGTH", length.to_string()),
                ],
                None,
                at,
            );
        }
        if let Some(pattern) = &field.pattern
            && !text.is_empty()
            && !pattern.is_match(text)
        {
            self.broken(
                field,
                "regexp",
                pattern.message.as_deref(),
                format!(
                    "`{}` does not match `/{}/{}`",
                    cut(text),
                    cut(&pattern.source),
                    pattern.flags
                ),
                RawBsonRef::String(text),
                &[],
                None,
                at,
            );
        }
    }

    /// Enumerations and bounds of a value that is of the right kind.
    fn constraints(&mut self, field: &Field, value: RawBsonRef<'_>, needed: bool, at: &At<'_>) {
        if needed
            && field.required != Requirement::Present
            && field.kind == Kind::Buffer
            && let RawBsonRef::Binary(binary) = value
            && binary.bytes.is_empty()
        {
            return self.required(field, Some(value), at);
        }
        if !field.choices.is_empty() && !field.choices.iter().any(|c| same(c, value)) {
            let names: Vec<String> = field
                .choices
                .iter()
                .take(12)
                .map(|c| format!("`{}`", describe::show(c)))
                .collect();
            let fix = match value {
                RawBsonRef::String(text) => {
                    did_you_mean(text, field.choices.iter().filter_map(Bson::as_str)).map(|near| {
                        let path = at.path();
                        Fix {
                            label: format!("set to `{}`", cut(near)),
                            edits: vec![FixEdit::Set(path, RawBson::String(near.to_owned()))],
                        }
                    })
                }
                _ => None,
            };
            self.broken(
                field,
                "enum",
                field.choices_message.as_deref(),
                format!("`{}` is not one of {}", show(value), names.join(", ")),
                value,
                &[],
                fix,
                at,
            );
        }
        for (limit, is_min) in [(&field.min, true), (&field.max, false)] {
            let Some(limit) = limit else { continue };
            let order = compare(value, &limit.value);
            let fails = match order {
                Some(std::cmp::Ordering::Less) => is_min,
                Some(std::cmp::Ordering::Greater) => !is_min,
                _ => false,
            };
            if !fails {
                continue;
            }
            let bound = describe::show(&limit.value);
            let (kind, words) = if is_min {
                ("min", "less")
            } else {
                ("max", "more")
            };
            let fix = RawBson::try_from(limit.value.clone()).ok().map(|raw| Fix {
                label: format!("set to `{bound}`"),
                edits: vec![FixEdit::Set(at.path(), raw)],
            });
            self.broken(
                field,
                kind,
                limit.message.as_deref(),
                format!("`{}` is {words} than `{bound}`", show(value)),
                value,
                &[(if is_min { "MIN" } else { "MAX" }, bound.clone())],
                fix,
                at,
            );
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one violation")]
    fn broken(
        &mut self,
        field: &Field,
        kind: &str,
        own: Option<&str>,
        message: String,
        value: RawBsonRef<'_>,
        words: &[(&str, String)],
        fix: Option<Fix>,
        at: &At<'_>,
    ) {
        let path = at.path();
        let message = own.map_or(message, |m| fill(m, &path, Some(value), words));
        self.push(Violation {
            kind: kind.to_owned(),
            message,
            expected: Some(field.describe()),
            found: Some(show(value)),
            severity: Severity::Error,
            fix,
            path,
        });
    }

    fn mismatch(&mut self, field: &Field, value: RawBsonRef<'_>, outcome: Cast, at: &At<'_>) {
        let path = at.path();
        let is_element = matches!(at.step, Place::Index(_));
        // A union that nothing fits is named after the last of its kinds.
        let kind = match &field.kind {
            Kind::Union(kinds) if outcome == Cast::Fails => {
                kinds.last().map_or(&field.kind, |f| &f.kind)
            }
            kind => kind,
        };
        let word = match kind {
            Kind::String => "string",
            Kind::Date => "date",
            // What cannot be wrapped into an array of documents is named after its element.
            Kind::Array(element)
                if outcome == Cast::Fails && matches!(element.kind, Kind::Embedded(_)) =>
            {
                "embedded"
            }
            Kind::Array(_) => "Array",
            Kind::Map(_) => "Map",
            Kind::Embedded(_) if is_element => "embedded",
            Kind::Embedded(_) => "Embedded",
            Kind::Nested(_) => "Object",
            Kind::Union(_) => "Union",
            Kind::Number => "Number",
            Kind::Int32 => "Int32",
            Kind::Double => "Double",
            Kind::BigInt => "BigInt",
            Kind::Decimal128 => "Decimal128",
            Kind::Boolean => "Boolean",
            Kind::ObjectId => "ObjectId",
            Kind::Buffer => "Buffer",
            Kind::Uuid => "UUID",
            Kind::Mixed | Kind::Unknown => "Mixed",
        };
        let fix = match outcome {
            Cast::To(better) => Some(Fix {
                label: format!(
                    "set to `{}` as {}",
                    show(better.as_raw_bson_ref()),
                    field.kind.label()
                ),
                edits: vec![FixEdit::Set(path.clone(), better)],
            }),
            Cast::ToNull => Some(Fix {
                label: "set to `null`".to_owned(),
                edits: vec![FixEdit::Set(path.clone(), RawBson::Null)],
            }),
            _ => None,
        };
        self.push(Violation {
            kind: word.to_owned(),
            message: format!(
                "`{}` must be {}, found {}",
                path,
                field.kind.label(),
                kind_of(value)
            ),
            expected: Some(field.describe()),
            found: Some(show(value)),
            severity: Severity::Error,
            fix,
            path,
        });
    }

    fn push(&mut self, violation: Violation) {
        self.out.push(violation);
    }
}

fn remove(path: &Path) -> Fix {
    Fix {
        label: format!("remove `{path}`"),
        edits: vec![FixEdit::Unset(path.clone())],
    }
}

/// The schema's own message with its placeholders filled in.
fn fill(
    message: &str,
    path: &Path,
    value: Option<RawBsonRef<'_>>,
    words: &[(&str, String)],
) -> String {
    let mut out = message.replace("{PATH}", &path.to_string());
    if let Some(value) = value {
        out = out.replace("{VALUE}", &show(value));
    }
    for (name, word) in words {
        out = out
            .replace(&format!("{{{name}}}"), word)
            .replace(&format!("({name})"), word);
    }
    cut(&out)
}

/// What drivers give to JavaScript as an object that is neither a plain one nor an array.
fn is_object(value: RawBsonRef<'_>) -> bool {
    match value {
        RawBsonRef::Int64(n) => !cast::is_safe(n),
        RawBsonRef::ObjectId(_)
        | RawBsonRef::DateTime(_)
        | RawBsonRef::Binary(_)
        | RawBsonRef::Decimal128(_)
        | RawBsonRef::Timestamp(_)
        | RawBsonRef::RegularExpression(_)
        | RawBsonRef::MinKey
        | RawBsonRef::MaxKey
        | RawBsonRef::JavaScriptCode(_)
        | RawBsonRef::JavaScriptCodeWithScope(_)
        | RawBsonRef::DbPointer(_) => true,
        _ => false,
    }
}

fn is_falsy(value: RawBsonRef<'_>) -> bool {
    match value {
        RawBsonRef::Boolean(b) => !b,
        RawBsonRef::Int32(n) => n == 0,
        RawBsonRef::Int64(n) => n == 0,
        RawBsonRef::Double(d) => d == 0.0 || d.is_nan(),
        RawBsonRef::String(s) => s.is_empty(),
        _ => false,
    }
}

fn holds(condition: &Condition, owner: &RawDocument, depth: usize) -> bool {
    if depth > 32 {
        return false;
    }
    let find = |path: &[String]| -> Option<RawBsonRef<'_>> {
        let (last, outer) = path.split_last()?;
        let mut at = owner;
        for step in outer {
            at = at.get_document(step).ok()?;
        }
        at.get(last).ok().flatten()
    };
    match condition {
        Condition::Constant(is) => *is,
        Condition::OneOf(path, values) => {
            find(path).is_some_and(|v| values.iter().any(|c| same(c, v)))
        }
        Condition::Truthy(path) => find(path).is_some_and(|v| {
            !matches!(v, RawBsonRef::Null | RawBsonRef::Undefined) && !is_falsy(v)
        }),
        Condition::Not(inner) => !holds(inner, owner, depth + 1),
        Condition::All(all) => all.iter().all(|c| holds(c, owner, depth + 1)),
        Condition::Any(any) => any.iter().any(|c| holds(c, owner, depth + 1)),
    }
}

/// Whether a value is one of an enumeration's: numbers by value, anything else by kind and value.
fn same(choice: &Bson, value: RawBsonRef<'_>) -> bool {
    match (choice, value) {
        (Bson::String(a), RawBsonRef::String(b)) => a == b,
        (Bson::Boolean(a), RawBsonRef::Boolean(b)) => *a == b,
        (Bson::Int32(_) | Bson::Int64(_) | Bson::Double(_), _) => {
            compare(value, choice) == Some(std::cmp::Ordering::Equal)
        }
        (Bson::DateTime(a), RawBsonRef::DateTime(b)) => *a == b,
        (Bson::ObjectId(a), RawBsonRef::ObjectId(b)) => *a == b,
        _ => false,
    }
}

fn compare(value: RawBsonRef<'_>, bound: &Bson) -> Option<std::cmp::Ordering> {
    if let (RawBsonRef::DateTime(a), Bson::DateTime(b)) = (value, bound) {
        return Some(a.cmp(b));
    }
    #[expect(clippy::cast_precision_loss, reason = "JavaScript compares doubles")]
    let left = match value {
        RawBsonRef::Int32(n) => f64::from(n),
        RawBsonRef::Int64(n) => n as f64,
        RawBsonRef::Double(d) => d,
        RawBsonRef::Decimal128(d) => d.to_string().parse().ok()?,
        _ => return None,
    };
    #[expect(clippy::cast_precision_loss, reason = "JavaScript compares doubles")]
    let right = match bound {
        Bson::Int32(n) => f64::from(*n),
        Bson::Int64(n) => *n as f64,
        Bson::Double(d) => *d,
        Bson::Decimal128(d) => d.to_string().parse().ok()?,
        _ => return None,
    };
    left.partial_cmp(&right)
}

/// A value in a few words, on one line.
pub(super) fn show(value: RawBsonRef<'_>) -> String {
    match value {
        RawBsonRef::String(s) => cut(s),
        RawBsonRef::Document(_) => "an object".to_owned(),
        RawBsonRef::Array(_) => "an array".to_owned(),
        RawBsonRef::Int32(n) => n.to_string(),
        RawBsonRef::Int64(n) => n.to_string(),
        RawBsonRef::Double(d) => d.to_string(),
        RawBsonRef::Boolean(b) => b.to_string(),
        RawBsonRef::Null => "null".to_owned(),
        RawBsonRef::ObjectId(id) => id.to_hex(),
        RawBsonRef::DateTime(at) => at
            .try_to_rfc3339_string()
            .unwrap_or_else(|_| at.timestamp_millis().to_string()),
        RawBsonRef::Decimal128(d) => d.to_string(),
        RawBsonRef::Binary(b) => format!("{} bytes", b.bytes.len()),
        other => kind_of(other).to_owned(),
    }
}

/// The name of a value's BSON type, with its article.
pub(super) fn kind_of(value: RawBsonRef<'_>) -> &'static str {
    match value {
        RawBsonRef::Double(_) => "a double",
        RawBsonRef::String(_) => "a string",
        RawBsonRef::Array(_) => "an array",
        RawBsonRef::Document(_) => "an object",
        RawBsonRef::Boolean(_) => "a boolean",
        RawBsonRef::Null => "null",
        RawBsonRef::RegularExpression(_) => "a regular expression",
        RawBsonRef::JavaScriptCode(_) | RawBsonRef::JavaScriptCodeWithScope(_) => "code",
        RawBsonRef::Int32(_) => "an int",
        RawBsonRef::Int64(_) => "a long",
        RawBsonRef::Timestamp(_) => "a timestamp",
        RawBsonRef::Binary(_) => "binary data",
        RawBsonRef::ObjectId(_) => "an ObjectId",
        RawBsonRef::DateTime(_) => "a date",
        RawBsonRef::Symbol(_) => "a symbol",
        RawBsonRef::Decimal128(_) => "a decimal",
        RawBsonRef::Undefined => "undefined",
        RawBsonRef::MaxKey => "MaxKey",
        RawBsonRef::MinKey => "MinKey",
        RawBsonRef::DbPointer(_) => "a DBPointer",
    }
}
