//! `new Schema({ … }, { … })` and what changes a schema later: definitions become fields.
//!
//! Which shape means what (a nested object, a kind, a sub-schema, anything) follows Mongoose's own order of questions.
//! Invariant: every field of the definition becomes a field or a gap.

use std::rc::Rc;

use super::Reader;
use super::compile::Drafted;
use super::value::{Object, Place, Property, Value};
use crate::model::{
    Discriminator, Field, Kind, Requirement, Schema, SchemaId, SchemaOptions, Strictness,
};

const DEEPEST: usize = 100;
const MOST_SCHEMAS: usize = 5_000;

impl<'a> Reader<'a, '_> {
    /// A new schema from its definition and options.
    pub(super) fn new_schema(
        &mut self,
        definition: &Value<'a>,
        options: &Value<'a>,
        place: Place,
    ) -> SchemaId {
        let id = SchemaId(self.schemas.len());
        self.schemas.push(Drafted::new(place));
        if self.schemas.len() > MOST_SCHEMAS {
            self.gap(id, place, "there are too many schemas");
            return id;
        }
        match options {
            Value::Object(options) => {
                let options = options.borrow().clone();
                if let Some((why, place)) = &options.incomplete {
                    self.gap(id, *place, format!("the schema's options: {why}"));
                }
                for property in &options.properties {
                    self.schema_option(id, &property.key, &property.value, property.place);
                }
            }
            Value::Undefined | Value::Null => {}
            _ => self.gap(id, place, "the schema's options cannot be read"),
        }
        match definition {
            Value::Object(definition) => {
                let definition = definition.borrow().clone();
                self.define(id, &definition, "");
            }
            Value::Schema(other) => self.merge_schema(id, *other),
            Value::Array(parts) => {
                let parts = parts.borrow().clone();
                for part in parts {
                    match part {
                        Value::Object(part) => {
                            let part = part.borrow().clone();
                            self.define(id, &part, "");
                        }
                        Value::Schema(other) => self.merge_schema(id, other),
                        _ => self.gap(id, place, "a part of the schema cannot be read"),
                    }
                }
            }
            Value::Undefined | Value::Null => {}
            Value::Unknown(why) => {
                let why = Rc::clone(why);
                self.gap(
                    id,
                    place,
                    format!("the schema's definition cannot be read: {why}"),
                );
            }
            _ => self.gap(id, place, "the schema's definition cannot be read"),
        }
        id
    }

    pub(super) fn schema_option(
        &mut self,
        id: SchemaId,
        key: &str,
        value: &Value<'a>,
        place: Place,
    ) {
        let unread = matches!(value, Value::Unknown(_));
        let known = matches!(
            key,
            "timestamps"
                | "collection"
                | "strict"
                | "_id"
                | "versionKey"
                | "minimize"
                | "discriminatorKey"
                | "typeKey"
                | "typePojoToMixed"
        );
        if unread && known {
            self.gap(id, place, format!("the option `{key}` cannot be read"));
            return;
        }
        let Some(draft) = self.schemas.get_mut(id.0) else {
            return;
        };
        let options = &mut draft.schema.options;
        match (key, value) {
            ("timestamps", Value::Object(names)) => {
                let names = names.borrow();
                let name = |key: &str| match names.get(key).map(|p| &p.value) {
                    None => Some(key.to_owned()),
                    Some(Value::Text(t)) => Some(t.to_string()),
                    Some(v) => (v.truthy() == Some(true)).then(|| key.to_owned()),
                };
                options.created_at = name("createdAt");
                options.updated_at = name("updatedAt");
            }
            ("timestamps", v) => {
                let on = v.truthy() == Some(true);
                options.created_at = on.then(|| "createdAt".to_owned());
                options.updated_at = on.then(|| "updatedAt".to_owned());
            }
            ("collection", Value::Text(t)) => draft.collection = Some(t.to_string()),
            ("strict", Value::Text(t)) if &**t == "throw" => options.strict = Strictness::Throw,
            ("strict", v) => {
                options.strict = if v.truthy() == Some(false) {
                    Strictness::Open
                } else {
                    Strictness::Strict
                };
            }
            ("_id", v) => {
                options.id = v.truthy() != Some(false);
                draft.own_id = Some(options.id);
            }
            ("versionKey", Value::Text(t)) => options.version_key = Some(t.to_string()),
            ("versionKey", v) => {
                options.version_key = (v.truthy() != Some(false)).then(|| "__v".to_owned());
            }
            ("minimize", v) => options.minimize = v.truthy() != Some(false),
            ("discriminatorKey", Value::Text(t)) => options.discriminator_key = t.to_string(),
            ("typeKey", Value::Text(t)) => draft.type_key = t.to_string(),
            ("typePojoToMixed", v) => draft.pojo_to_mixed = v.truthy() != Some(false),
            _ => {}
        }
    }

    /// Adds the fields of a definition below `prefix` (which ends with a dot, or is empty).
    pub(super) fn define(&mut self, id: SchemaId, definition: &Object<'a>, prefix: &str) {
        if self.depth > DEEPEST {
            return;
        }
        self.depth += 1;
        if let Some((why, place)) = &definition.incomplete {
            self.gap(id, *place, format!("some fields are missing here: {why}"));
        }
        for property in &definition.properties {
            self.define_property(id, property, prefix);
        }
        self.depth -= 1;
    }

    fn define_property(&mut self, id: SchemaId, property: &Property<'a>, prefix: &str) {
        let key = &*property.key;
        let path = format!("{prefix}{key}");
        if matches!(key, "__proto__" | "constructor" | "prototype") {
            return;
        }
        let (type_key, pojo_to_mixed) = match self.schemas.get(id.0) {
            Some(draft) => (draft.type_key.clone(), draft.pojo_to_mixed),
            None => return,
        };
        match &property.value {
            Value::Bool(false) if key == "_id" => {
                if let Some(draft) = self.schemas.get_mut(id.0)
                    && prefix.is_empty()
                {
                    draft.schema.options.id = false;
                }
            }
            Value::Undefined | Value::Null => {
                self.gap(id, property.place, format!("`{path}` has no kind"));
            }
            Value::Unknown(why) => {
                let why = Rc::clone(why);
                self.gap(
                    id,
                    property.place,
                    format!("`{path}` cannot be read: {why}"),
                );
                let line = self.line_within(id, property.place);
                let field = Field::new(last(&path), Kind::Unknown, line);
                self.put(id, &path, field);
            }
            Value::Object(object) => {
                let object = object.borrow().clone();
                let kind = object.get(&type_key).map(|p| p.value.clone());
                let is_empty = object.properties.is_empty() && object.incomplete.is_none();
                let has_kind = match &kind {
                    None | Some(Value::Undefined | Value::Null) => false,
                    Some(Value::Object(inner)) if type_key == "type" => {
                        // `type: { type: String }` declares a field that is called `type`.
                        inner.borrow().get("type").is_none()
                    }
                    Some(_) => true,
                };
                if is_empty || has_kind {
                    let mut value = Value::object(object.clone());
                    if let (Some(Value::Object(inner)), false) = (&kind, pojo_to_mixed)
                        && !inner.borrow().properties.is_empty()
                    {
                        let schema = self.new_schema(
                            &Value::Object(Rc::clone(inner)),
                            &Value::Undefined,
                            property.place,
                        );
                        if let Some(draft) = self.schemas.get_mut(schema.0) {
                            draft.pojo_to_mixed = false;
                        }
                        let mut wrapped = object;
                        wrapped.set(
                            Rc::from(type_key.as_str()),
                            Value::Schema(schema),
                            property.place,
                        );
                        value = Value::object(wrapped);
                    }
                    let field = self.interpret(id, &path, &value, property.place);
                    self.put(id, &path, field);
                } else {
                    let line = self.line_within(id, property.place);
                    let field = Field::new(last(&path), Kind::Nested(Vec::new()), line);
                    self.put(id, &path, field);
                    self.define(id, &object, &format!("{path}."));
                }
            }
            other => {
                let field = self.interpret(id, &path, other, property.place);
                self.put(id, &path, field);
            }
        }
    }

    /// The line of a place in the file of the schema; 0 for a place in another file, which a spread constant may be in.
    fn line_within(&self, id: SchemaId, place: Place) -> usize {
        match self.schemas.get(id.0) {
            Some(draft) if draft.place.file != place.file => 0,
            _ => place.line,
        }
    }

    /// Puts a field at a dotted path, through nested objects that are made where they are missing.
    fn put(&mut self, id: SchemaId, path: &str, mut field: Field) {
        let Some(draft) = self.schemas.get_mut(id.0) else {
            return;
        };
        let mut fields = &mut draft.schema.fields;
        let mut names: Vec<&str> = path.split('.').collect();
        let Some(name) = names.pop() else { return };
        for outer in names {
            let at = match fields.iter().position(|f| f.name == outer) {
                Some(at) => at,
                None => {
                    fields.push(Field::new(outer, Kind::Nested(Vec::new()), field.line));
                    fields.len() - 1
                }
            };
            if !matches!(fields[at].kind, Kind::Nested(_)) {
                return;
            }
            match &mut fields[at].kind {
                Kind::Nested(inner) => fields = inner,
                _ => return,
            }
        }
        name.clone_into(&mut field.name);
        match fields.iter_mut().find(|f| f.name == name) {
            Some(old) => {
                // A nested object that is declared twice keeps the fields of both.
                if !(matches!(field.kind, Kind::Nested(_)) && matches!(old.kind, Kind::Nested(_))) {
                    *old = field;
                }
            }
            None => fields.push(field),
        }
    }

    /// The field that a definition stands for, with its options.
    pub(super) fn interpret(
        &mut self,
        id: SchemaId,
        path: &str,
        value: &Value<'a>,
        place: Place,
    ) -> Field {
        let mut field = Field::new(last(path), Kind::Mixed, self.line_within(id, place));
        if self.depth > DEEPEST {
            self.gap(id, place, format!("`{path}` is nested too deep"));
            field.kind = Kind::Unknown;
            return field;
        }
        self.depth += 1;
        let type_key = self
            .schemas
            .get(id.0)
            .map_or_else(|| "type".to_owned(), |d| d.type_key.clone());
        let (kind, options) = match value {
            Value::Object(object) => {
                let object = object.borrow().clone();
                let kind = match object.get(&type_key).map(|p| p.value.clone()) {
                    Some(Value::Object(inner))
                        if type_key == "type" && inner.borrow().get("type").is_some() =>
                    {
                        None
                    }
                    other => other,
                };
                (
                    kind.unwrap_or_else(|| Value::object(Object::default())),
                    object,
                )
            }
            other => (other.clone(), Object::default()),
        };
        field.kind = self.kind(id, path, &kind, &options, place);
        self.field_options(id, &mut field, &options, &type_key, path);
        self.depth -= 1;
        field
    }

    fn kind(
        &mut self,
        id: SchemaId,
        path: &str,
        value: &Value<'a>,
        options: &Object<'a>,
        place: Place,
    ) -> Kind {
        match value {
            // An object in the place of a kind takes anything.
            Value::Object(_) => Kind::Mixed,
            Value::Array(elements) => {
                let first = elements.borrow().first().cloned();
                self.array(id, path, first, options, place)
            }
            Value::Schema(schema) => {
                let schema = match options.get("_id").map(|p| &p.value) {
                    Some(Value::Bool(on)) => self.with_id(*schema, *on),
                    _ => *schema,
                };
                Kind::Embedded(schema)
            }
            Value::Unknown(why) => {
                let why = Rc::clone(why);
                self.gap(
                    id,
                    place,
                    format!("`{path}`: its kind cannot be read: {why}"),
                );
                Kind::Unknown
            }
            other => {
                let name = match other {
                    Value::Native(name) => (*name).to_owned(),
                    Value::Text(text) => {
                        let mut chars = text.chars();
                        chars
                            .next()
                            .map(|c| c.to_uppercase().chain(chars).collect())
                            .unwrap_or_default()
                    }
                    Value::Method(_, name) => name.to_string(),
                    _ => String::new(),
                };
                match name.as_str() {
                    "String" => Kind::String,
                    "Number" => Kind::Number,
                    "Boolean" | "Bool" => Kind::Boolean,
                    "Date" => Kind::Date,
                    "Buffer" => Kind::Buffer,
                    "Mixed" | "Object" => Kind::Mixed,
                    "ObjectId" | "ObjectID" | "Oid" => Kind::ObjectId,
                    "Decimal128" | "Decimal" => Kind::Decimal128,
                    "BigInt" => Kind::BigInt,
                    "Int32" => Kind::Int32,
                    "Double" => Kind::Double,
                    "UUID" => Kind::Uuid,
                    "Array" => {
                        let of = options
                            .get("of")
                            .or_else(|| options.get("cast"))
                            .map(|p| p.value.clone());
                        self.array(id, path, of, options, place)
                    }
                    "Map" => self.map(id, path, options, place),
                    "Union" => match options.get("of").map(|p| p.value.clone()) {
                        Some(Value::Array(kinds)) => {
                            let kinds = kinds.borrow().clone();
                            Kind::Union(
                                kinds
                                    .iter()
                                    .map(|k| self.element(id, path, k, place))
                                    .collect(),
                            )
                        }
                        _ => {
                            self.gap(id, place, format!("`{path}`: a union without its kinds"));
                            Kind::Unknown
                        }
                    },
                    _ => {
                        self.gap(
                            id,
                            place,
                            format!(
                                "`{path}`: `{}` is not a kind that is known here",
                                crate::model::describe::cut(&name)
                            ),
                        );
                        Kind::Unknown
                    }
                }
            }
        }
    }

    fn element(&mut self, id: SchemaId, path: &str, value: &Value<'a>, place: Place) -> Field {
        let mut field = self.interpret(id, path, value, place);
        field.name.clear();
        field
    }

    fn array(
        &mut self,
        id: SchemaId,
        path: &str,
        element: Option<Value<'a>>,
        options: &Object<'a>,
        place: Place,
    ) -> Kind {
        let type_key = self
            .schemas
            .get(id.0)
            .map_or_else(|| "type".to_owned(), |d| d.type_key.clone());
        let anything = || Kind::Array(Box::new(Field::new("", Kind::Mixed, place.line)));
        let Some(element) = element else {
            return anything();
        };
        let own_id = options.get("_id").and_then(|p| match p.value {
            Value::Bool(on) => Some(on),
            _ => None,
        });
        let mut field = match &element {
            Value::Object(object) => {
                let object = object.borrow().clone();
                let kind = match object.get(&type_key).map(|p| p.value.clone()) {
                    Some(Value::Object(inner))
                        if type_key == "type" && inner.borrow().get("type").is_some() =>
                    {
                        None
                    }
                    Some(Value::Undefined | Value::Null) => None,
                    other => other,
                };
                match kind {
                    // The definition of the elements' own documents, with or without `type` around it.
                    None if object.properties.is_empty() && object.incomplete.is_none() => {
                        return anything();
                    }
                    None => {
                        let schema = self.child_schema(id, &element, place);
                        Field::new("", Kind::Embedded(schema), place.line)
                    }
                    Some(Value::Object(inner)) => {
                        if inner.borrow().properties.is_empty() {
                            return anything();
                        }
                        let schema = self.child_schema(id, &Value::Object(inner), place);
                        let mut field = Field::new("", Kind::Embedded(schema), place.line);
                        self.field_options(id, &mut field, &object, &type_key, path);
                        field
                    }
                    Some(_) => self.element(id, path, &element, place),
                }
            }
            Value::Undefined | Value::Null => {
                self.gap(
                    id,
                    place,
                    format!("`{path}`: the kind of its elements is missing"),
                );
                Field::new("", Kind::Unknown, place.line)
            }
            other => self.element(id, path, other, place),
        };
        if let (Kind::Embedded(schema), Some(on)) = (&field.kind, own_id) {
            field.kind = Kind::Embedded(self.with_id(*schema, on));
        }
        Kind::Array(Box::new(field))
    }

    /// A schema that stands inside another one's definition: some options come down from there.
    fn child_schema(&mut self, parent: SchemaId, definition: &Value<'a>, place: Place) -> SchemaId {
        let id = SchemaId(self.schemas.len());
        let mut draft = Drafted::new(place);
        if let Some(outer) = self.schemas.get(parent.0) {
            draft.type_key.clone_from(&outer.type_key);
            draft.pojo_to_mixed = outer.pojo_to_mixed;
            draft.schema.options.strict = outer.schema.options.strict;
            draft.schema.options.minimize = outer.schema.options.minimize;
            if let Some(own) = outer.own_id {
                draft.schema.options.id = own;
            }
        }
        self.schemas.push(draft);
        if self.schemas.len() <= MOST_SCHEMAS
            && let Value::Object(definition) = definition
        {
            let definition = definition.borrow().clone();
            self.define(id, &definition, "");
        }
        id
    }

    fn map(&mut self, id: SchemaId, path: &str, options: &Object<'a>, place: Place) -> Kind {
        let type_key = self
            .schemas
            .get(id.0)
            .map_or_else(|| "type".to_owned(), |d| d.type_key.clone());
        let mut value = match options.get("of").map(|p| p.value.clone()) {
            None | Some(Value::Undefined | Value::Null) => Field::new("", Kind::Mixed, place.line),
            Some(Value::Object(object)) => {
                let is_inline = {
                    let object = object.borrow();
                    !object.properties.is_empty() && object.get(&type_key).is_none()
                };
                if is_inline {
                    let schema = self.new_schema(&Value::Object(object), &Value::Undefined, place);
                    Field::new("", Kind::Embedded(schema), place.line)
                } else {
                    self.element(id, path, &Value::Object(object), place)
                }
            }
            Some(other) => self.element(id, path, &other, place),
        };
        if let Some(Value::Text(model)) = options.get("ref").map(|p| &p.value) {
            value.reference = Some(crate::model::Reference::Model(model.to_string()));
        }
        Kind::Map(Box::new(value))
    }

    /// What `schema.path('a').required(true)` and the like change.
    pub(super) fn path_method(
        &mut self,
        id: SchemaId,
        path: &str,
        method: &str,
        arguments: &[Value<'a>],
        place: Place,
    ) {
        if method == "discriminator" {
            let target = self
                .schemas
                .get(id.0)
                .and_then(|d| embedded_at(&d.schema.fields, path));
            match (
                target,
                arguments.first().and_then(Value::as_text),
                arguments.get(1),
            ) {
                (Some(base), Some(name), Some(Value::Schema(schema))) => {
                    let value = match arguments.get(2) {
                        Some(Value::Text(t)) => t.to_string(),
                        Some(Value::Object(o)) => o
                            .borrow()
                            .get("value")
                            .and_then(|p| p.value.as_text().map(str::to_owned))
                            .unwrap_or_else(|| name.to_owned()),
                        _ => name.to_owned(),
                    };
                    self.add_discriminator(base, name, *schema, value);
                }
                _ => self.gap(
                    id,
                    place,
                    format!("`{path}`: a discriminator cannot be read"),
                ),
            }
            return;
        }
        if matches!(
            method,
            "get"
                | "set"
                | "select"
                | "validateAll"
                | "transform"
                | "options"
                | "getEmbeddedSchemaType"
        ) {
            return;
        }
        if method == "validate" {
            if let Some(field) = self
                .schemas
                .get_mut(id.0)
                .and_then(|d| field_at(&mut d.schema.fields, path))
            {
                field.unchecked.push("validate".to_owned());
            }
            self.gap(
                id,
                place,
                format!("`{path}`: `validate` is a function and cannot be checked here"),
            );
            return;
        }
        let mut options = Object::default();
        let value = match (arguments.len(), method) {
            (0, _) => Value::Bool(true),
            (1, _) => arguments[0].clone(),
            (_, "enum") => Value::array(arguments.to_vec()),
            _ => Value::array(arguments.to_vec()),
        };
        options.set(Rc::from(method), value, place);
        let taken = self
            .schemas
            .get_mut(id.0)
            .and_then(|d| field_at(&mut d.schema.fields, path))
            .map(|f| std::mem::replace(f, Field::new("", Kind::Unknown, 0)));
        let Some(mut field) = taken else {
            self.gap(id, place, format!("`{path}` is not a field of this schema"));
            return;
        };
        self.field_options(id, &mut field, &options, "", path);
        if let Some(slot) = self
            .schemas
            .get_mut(id.0)
            .and_then(|d| field_at_placeholder(&mut d.schema.fields, path))
        {
            *slot = field;
        }
    }

    /// Adds another schema's fields, indexes and virtuals to a schema.
    pub(super) fn merge_schema(&mut self, into: SchemaId, from: SchemaId) {
        if into == from {
            return;
        }
        let Some(other) = self.schemas.get(from.0).cloned() else {
            return;
        };
        let Some(draft) = self.schemas.get_mut(into.0) else {
            return;
        };
        merge_fields(&mut draft.schema.fields, other.schema.fields, 0);
        draft.schema.virtuals.extend(other.schema.virtuals);
        draft.indexes.extend(other.indexes);
        draft.gaps.extend(other.gaps);
    }

    /// A copy of a schema with some of its top-level fields.
    pub(super) fn copy_schema(&mut self, id: SchemaId, keep: impl Fn(&str) -> bool) -> SchemaId {
        let mut draft = self
            .schemas
            .get(id.0)
            .cloned()
            .unwrap_or_else(|| Drafted::new(Place::default()));
        draft.schema.fields.retain(|f| keep(&f.name));
        draft.name = None;
        self.schemas.push(draft);
        SchemaId(self.schemas.len() - 1)
    }

    fn with_id(&mut self, id: SchemaId, on: bool) -> SchemaId {
        if self
            .schemas
            .get(id.0)
            .is_some_and(|d| d.schema.options.id == on)
        {
            return id;
        }
        let copy = self.copy_schema(id, |_| true);
        if let Some(draft) = self.schemas.get_mut(copy.0) {
            draft.schema.options.id = on;
        }
        copy
    }

    pub(super) fn add_discriminator(
        &mut self,
        base: SchemaId,
        name: &str,
        schema: SchemaId,
        value: String,
    ) {
        if let Some(variant) = self.schemas.get_mut(schema.0) {
            variant.is_variant = true;
        }
        if let Some(draft) = self.schemas.get_mut(base.0) {
            draft.schema.discriminators.push(Discriminator {
                name: name.to_owned(),
                value,
                schema,
            });
        }
    }
}

pub(super) fn merge_fields(into: &mut Vec<Field>, from: Vec<Field>, depth: usize) {
    for field in from {
        match into.iter_mut().find(|f| f.name == field.name) {
            Some(old) => match (&mut old.kind, field.kind) {
                (Kind::Nested(inner), Kind::Nested(more)) if depth < DEEPEST => {
                    merge_fields(inner, more, depth + 1);
                }
                (_, kind) => *old = Field { kind, ..field },
            },
            None => into.push(field),
        }
    }
}

pub(super) fn remove_path(fields: &mut Vec<Field>, path: &str) {
    match path.split_once('.') {
        None => fields.retain(|f| f.name != path),
        Some((outer, rest)) => {
            if let Some(Field {
                kind: Kind::Nested(inner),
                ..
            }) = fields.iter_mut().find(|f| f.name == outer)
            {
                remove_path(inner, rest);
            }
        }
    }
}

fn field_at<'f>(fields: &'f mut [Field], path: &str) -> Option<&'f mut Field> {
    let (first, rest) = match path.split_once('.') {
        Some((first, rest)) => (first, Some(rest)),
        None => (path, None),
    };
    let field = fields.iter_mut().find(|f| f.name == first)?;
    match (rest, &field.kind) {
        (None, _) => Some(field),
        (Some(rest), Kind::Nested(_)) => match &mut field.kind {
            Kind::Nested(inner) => field_at(inner, rest),
            _ => None,
        },
        _ => None,
    }
}

/// As [`field_at`], for the nameless field that stands in while its own is changed.
fn field_at_placeholder<'f>(fields: &'f mut [Field], path: &str) -> Option<&'f mut Field> {
    match path.split_once('.') {
        None => fields.iter_mut().find(|f| f.name.is_empty()),
        Some((first, rest)) => match fields.iter_mut().find(|f| f.name == first) {
            Some(Field {
                kind: Kind::Nested(inner),
                ..
            }) => field_at_placeholder(inner, rest),
            _ => None,
        },
    }
}

fn embedded_at(fields: &[Field], path: &str) -> Option<SchemaId> {
    let (first, rest) = match path.split_once('.') {
        Some((first, rest)) => (first, Some(rest)),
        None => (path, None),
    };
    let field = fields.iter().find(|f| f.name == first)?;
    match (rest, &field.kind) {
        (Some(rest), Kind::Nested(inner)) => embedded_at(inner, rest),
        (None, Kind::Embedded(id)) => Some(*id),
        (None, Kind::Array(element) | Kind::Map(element)) => match element.kind {
            Kind::Embedded(id) => Some(id),
            _ => None,
        },
        _ => None,
    }
}

fn last(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path)
}

/// A schema with no field of its own yet.
pub(super) fn empty(line: usize) -> Schema {
    Schema {
        options: SchemaOptions::default(),
        line,
        ..Schema::EMPTY
    }
}

/// The field that a schema keeps without saying so.
pub(super) fn implied(name: &str, kind: Kind) -> Field {
    Field {
        implied: true,
        required: Requirement::Optional,
        ..Field::new(name, kind, 0)
    }
}
