//! What Mongoose's and JavaScript's own functions do to the values of a model file.
//!
//! Invariant: a call that is not known gives an unknown value; on a schema it also leaves a gap, since it may have
//! changed the schema.

use std::rc::Rc;

use super::Reader;
use super::compile::Declared;
use super::eval::text_of;
use super::value::{Body, Function, Object, Place, Value};
use crate::model::{Index, SchemaId};
use oxc_ast::ast::{Expression, Statement};

/// The names under `Schema.Types`, `mongoose.Types` and `mongoose` that are kinds.
const KINDS: [&str; 20] = [
    "String",
    "Number",
    "Boolean",
    "Bool",
    "Date",
    "Buffer",
    "Mixed",
    "ObjectId",
    "ObjectID",
    "Oid",
    "Decimal128",
    "Decimal",
    "Map",
    "Array",
    "DocumentArray",
    "UUID",
    "BigInt",
    "Double",
    "Int32",
    "Union",
];

impl<'a> Reader<'a, '_> {
    /// `object.name`
    pub(super) fn member(&mut self, object: &Value<'a>, name: &str) -> Value<'a> {
        match object {
            Value::Unknown(why) => Value::Unknown(Rc::clone(why)),
            Value::Object(o) => {
                let o = o.borrow();
                match (o.get(name), &o.incomplete) {
                    (Some(p), _) => p.value.clone(),
                    (None, Some((why, _))) => Value::Unknown(Rc::clone(why)),
                    (None, None) => Value::Undefined,
                }
            }
            Value::Array(a) => {
                let a = a.borrow();
                match (name, name.parse::<usize>()) {
                    #[expect(clippy::cast_precision_loss, reason = "lengths are small")]
                    ("length", _) => Value::Number(a.len() as f64),
                    (_, Ok(i)) => a.get(i).cloned().unwrap_or(Value::Undefined),
                    _ => Value::Method(Box::new(object.clone()), Rc::from(name)),
                }
            }
            Value::Native("module") if name == "exports" => Value::Native("exports"),
            Value::Native("mongoose" | "Schema" | "Types") => match name {
                "Schema" => Value::Native("Schema"),
                "Types" | "SchemaTypes" => Value::Native("Types"),
                "connection" => Value::Connection(None),
                "models" => Value::Native("models"),
                "default" | "mongoose" => Value::Native("mongoose"),
                _ => match KINDS.iter().find(|k| **k == name) {
                    Some(kind) => Value::Native(kind),
                    None => Value::Method(Box::new(object.clone()), Rc::from(name)),
                },
            },
            // Whether a model is already there is not known; a file makes it when it is not.
            Value::Native("models") => Value::Undefined,
            Value::Native("Number") if name == "MAX_SAFE_INTEGER" => {
                Value::Number(9_007_199_254_740_991.0)
            }
            Value::Native("Number") if name == "MIN_SAFE_INTEGER" => {
                Value::Number(-9_007_199_254_740_991.0)
            }
            Value::Native("Math") if name == "PI" => Value::Number(std::f64::consts::PI),
            Value::Schema(id)
                if matches!(
                    name,
                    "methods"
                        | "statics"
                        | "query"
                        | "virtuals"
                        | "options"
                        | "obj"
                        | "tree"
                        | "paths"
                ) =>
            {
                let _ = id;
                Value::unknown("it is a part of a schema")
            }
            Value::Model(number) if name == "schema" => match self.models.get(*number) {
                Some(model) => Value::Schema(model.schema),
                None => Value::Undefined,
            },
            _ => Value::Method(Box::new(object.clone()), Rc::from(name)),
        }
    }

    /// `callee(…)`
    pub(super) fn call(
        &mut self,
        callee: Value<'a>,
        arguments: Vec<Value<'a>>,
        place: Place,
    ) -> Value<'a> {
        match callee {
            Value::Method(object, name) => self.method(*object, &name, arguments, place),
            Value::Function(function) => self.understand(&function, arguments),
            Value::Native("Schema") => self.construct(Value::Native("Schema"), arguments, place),
            Value::Native("BigInt") => match arguments.first() {
                #[expect(
                    clippy::cast_possible_truncation,
                    reason = "saturates far beyond int64"
                )]
                Some(Value::Number(n)) => Value::BigInt(*n as i128),
                Some(Value::Text(t)) => t
                    .trim()
                    .parse()
                    .map_or_else(|_| Value::unknown("it is not an integer"), Value::BigInt),
                Some(v @ Value::BigInt(_)) => v.clone(),
                _ => Value::unknown("it is computed"),
            },
            Value::Native("Number") => match arguments.first() {
                Some(v @ Value::Number(_)) => v.clone(),
                Some(Value::Text(t)) => t
                    .trim()
                    .parse()
                    .map_or_else(|_| Value::unknown("it is computed"), Value::Number),
                _ => Value::unknown("it is computed"),
            },
            Value::Native("String") => match arguments.first().and_then(text_of) {
                Some(text) => Value::text(&text),
                None => Value::unknown("it is computed"),
            },
            Value::Native("RegExp") => self.construct(Value::Native("RegExp"), arguments, place),
            Value::Native("ObjectId") => Value::NewId,
            Value::Native("require") => match arguments.first().and_then(Value::as_text) {
                Some(specifier) => {
                    let specifier = specifier.to_owned();
                    self.import(place.file, &specifier, place)
                }
                None => Value::unknown("what is required is computed"),
            },
            Value::Unknown(why) => Value::Unknown(why),
            _ => Value::unknown("it is the result of a call"),
        }
    }

    /// `new callee(…)`
    pub(super) fn construct(
        &mut self,
        callee: Value<'a>,
        arguments: Vec<Value<'a>>,
        place: Place,
    ) -> Value<'a> {
        let first = arguments.first();
        match callee {
            Value::Native("Schema") => {
                let options = arguments.get(1).cloned().unwrap_or(Value::Undefined);
                let definition = arguments.into_iter().next().unwrap_or(Value::Undefined);
                Value::Schema(self.new_schema(&definition, &options, place))
            }
            Value::Native("Date") => match (first, arguments.len()) {
                (None, _) => Value::Now,
                (Some(v @ (Value::Now | Value::Date(_))), _) => v.clone(),
                (Some(Value::NowNumber), _) => Value::Now,
                (Some(Value::Number(n)), 1) => Value::Date(*n),
                (Some(Value::Text(t)), 1) => match crate::model::cast::parse_date(t) {
                    Some(ms) => Value::Date(ms),
                    None => Value::unknown("the date cannot be read"),
                },
                _ => match date_parts(&arguments) {
                    Some(ms) => Value::Date(ms),
                    None => Value::unknown("the date is computed"),
                },
            },
            Value::Native("RegExp") => match (first, arguments.get(1)) {
                (Some(Value::Regex(source, _)), Some(Value::Text(flags))) => {
                    Value::Regex(Rc::clone(source), Rc::clone(flags))
                }
                (Some(v @ Value::Regex(..)), None) => v.clone(),
                (Some(Value::Text(source)), None) => Value::Regex(Rc::clone(source), Rc::from("")),
                (Some(Value::Text(source)), Some(Value::Text(flags))) => {
                    Value::Regex(Rc::clone(source), Rc::clone(flags))
                }
                _ => Value::unknown("the expression is computed"),
            },
            Value::Native("ObjectId") if first.is_none() => Value::NewId,
            Value::Native("Map") if first.is_none() => Value::object(Object::default()),
            Value::Native("Set") => match first {
                Some(v @ Value::Array(_)) => v.clone(),
                _ => Value::unknown("it is computed"),
            },
            Value::Native("Array") if first.is_none() => Value::array(Vec::new()),
            Value::Model(_) => Value::unknown("it is a document"),
            Value::Unknown(why) => Value::Unknown(why),
            _ => Value::unknown("it is made when the code runs"),
        }
    }

    /// `object.name(…)`
    pub(super) fn method(
        &mut self,
        object: Value<'a>,
        name: &str,
        arguments: Vec<Value<'a>>,
        place: Place,
    ) -> Value<'a> {
        if name == "call" || name == "apply" || name == "bind" {
            return Value::unknown("it is called in a roundabout way");
        }
        match (&object, name) {
            (Value::Schema(id), _) => self.schema_method(*id, name, &arguments, place),
            (Value::PathOf(schema, path), _) => {
                let path = Rc::clone(path);
                self.path_method(*schema, &path, name, &arguments, place);
                if name == "discriminator" {
                    return Value::unknown("it is a variant of a sub-document");
                }
                object
            }
            (Value::Native("mongoose") | Value::Connection(_), "model") => {
                self.model_call(&object, &arguments, place)
            }
            (Value::Native("mongoose") | Value::Connection(_), "discriminator") => {
                Value::unknown("it is a variant")
            }
            (Value::Native("mongoose"), "createConnection" | "connect") => {
                let database = arguments
                    .first()
                    .and_then(Value::as_text)
                    .and_then(database_of);
                Value::Connection(database.map(|d| Rc::from(d.as_str())))
            }
            (Value::Native("mongoose"), "isValidObjectId") => Value::unknown("it is computed"),
            (Value::Native("mongoose"), "plugin") => {
                self.loose_gap(place, "a plugin of all schemas cannot be read");
                object
            }
            (Value::Connection(_), "useDb") => match arguments.first().and_then(Value::as_text) {
                Some(database) => Value::Connection(Some(Rc::from(database))),
                None => Value::Connection(None),
            },
            (Value::Connection(_), "asPromise") => object,
            // A connection that could not be read still makes models.
            (Value::Unknown(_) | Value::Object(_) | Value::Undefined, "model")
                if matches!(arguments.get(1), Some(Value::Schema(_))) =>
            {
                self.model_call(&Value::Connection(None), &arguments, place)
            }
            (Value::Model(number), "discriminator") => {
                let number = *number;
                self.model_discriminator(number, &arguments, place)
            }
            (Value::Native("Object"), _) => object_method(name, &arguments),
            (Value::Native("Date"), "now") => Value::NowNumber,
            (Value::Native("Date"), "UTC") => match date_parts(&arguments) {
                Some(ms) => Value::Number(ms),
                None => Value::unknown("the date is computed"),
            },
            (Value::Native("Date"), "parse") => match arguments
                .first()
                .and_then(Value::as_text)
                .and_then(crate::model::cast::parse_date)
            {
                Some(ms) => Value::Number(ms),
                None => Value::unknown("the date is computed"),
            },
            (Value::Native("Array"), "from" | "of") => match (name, arguments.first()) {
                ("of", _) => Value::array(arguments),
                (_, Some(v @ Value::Array(_))) if arguments.len() == 1 => v.clone(),
                _ => Value::unknown("it is computed"),
            },
            (Value::Native("crypto"), "randomUUID") => Value::NewUuid,
            (Value::Native("Math"), "pow") => match (&arguments.first(), arguments.get(1)) {
                (Some(Value::Number(a)), Some(Value::Number(b))) => Value::Number(a.powf(*b)),
                _ => Value::unknown("it is computed"),
            },
            (Value::Array(values), _) => {
                let values: Vec<Value<'a>> = values.borrow().clone();
                self.steps += values.len();
                self.array_method(&object, values, name, &arguments)
            }
            (Value::Text(text), _) => text_method(text, name, &arguments),
            (Value::Now | Value::Date(_), "getTime" | "valueOf") => match object {
                Value::Date(ms) => Value::Number(ms),
                _ => Value::NowNumber,
            },
            (Value::Now | Value::NowNumber, _) => Value::unknown("it depends on the time"),
            (Value::Object(o), _) => {
                let found = o.borrow().get(name).map(|p| p.value.clone());
                match found {
                    Some(callee) => self.call(callee, arguments, place),
                    None => Value::unknown("it is the result of a call"),
                }
            }
            (Value::Native(_), _) => {
                let callee = self.member(&object, name);
                match callee {
                    Value::Method(..) => Value::unknown("it is the result of a call"),
                    other => self.call(other, arguments, place),
                }
            }
            (Value::Unknown(why), _) => Value::Unknown(Rc::clone(why)),
            _ => Value::unknown("it is the result of a call"),
        }
    }

    fn array_method(
        &mut self,
        array: &Value<'a>,
        values: Vec<Value<'a>>,
        name: &str,
        arguments: &[Value<'a>],
    ) -> Value<'a> {
        match (name, arguments.first()) {
            ("concat", _) => {
                let mut out = values;
                for argument in arguments {
                    match argument {
                        Value::Array(more) => out.extend(more.borrow().iter().cloned()),
                        other => out.push(other.clone()),
                    }
                }
                Value::array(out)
            }
            ("slice", None) => Value::array(values),
            ("push", _) => {
                if let Value::Array(cell) = array {
                    cell.borrow_mut().extend(arguments.iter().cloned());
                }
                Value::Undefined
            }
            ("map", Some(Value::Function(f))) => {
                let f = Rc::clone(f);
                let out = values
                    .into_iter()
                    .map(|v| self.understand(&f, vec![v]))
                    .collect();
                Value::array(out)
            }
            ("filter", Some(Value::Function(f))) => {
                let f = Rc::clone(f);
                let mut out = Vec::new();
                for value in values {
                    match self.understand(&f, vec![value.clone()]).truthy() {
                        Some(true) => out.push(value),
                        Some(false) => {}
                        None => return Value::unknown("what is filtered out is computed"),
                    }
                }
                Value::array(out)
            }
            ("join", separator) => {
                let texts: Option<Vec<String>> = values.iter().map(text_of).collect();
                let separator = separator.and_then(Value::as_text).unwrap_or(",");
                match texts {
                    Some(texts) => Value::text(&texts.join(separator)),
                    None => Value::unknown("it is computed"),
                }
            }
            _ => Value::unknown("it is computed"),
        }
    }

    fn model_call(&mut self, on: &Value<'a>, arguments: &[Value<'a>], place: Place) -> Value<'a> {
        let Some(name) = arguments.first().and_then(Value::as_text) else {
            self.loose_gap(place, "the model's name is computed");
            return Value::unknown("the model's name is computed");
        };
        let schema = match arguments.get(1) {
            Some(Value::Schema(id)) => *id,
            Some(definition @ Value::Object(_)) => {
                self.new_schema(definition, &Value::Undefined, place)
            }
            None => {
                // Asks for a model that another place made.
                let known = self.models.iter().position(|m| m.name == name);
                return known.map_or_else(
                    || Value::unknown(format!("the model `{name}` is made elsewhere")),
                    Value::Model,
                );
            }
            Some(other) => {
                let why = match other {
                    Value::Unknown(why) => why.to_string(),
                    _ => "it is not a schema".to_owned(),
                };
                self.loose_gap(
                    place,
                    &format!("the schema of the model `{name}` cannot be read: {why}"),
                );
                return Value::unknown("its schema cannot be read");
            }
        };
        let collection = arguments.get(2).and_then(Value::as_text).map(str::to_owned);
        let database = match on {
            Value::Connection(Some(database)) => Some(database.to_string()),
            _ => None,
        };
        self.models.push(Declared {
            name: name.to_owned(),
            schema,
            collection,
            database,
            place,
            base: None,
        });
        Value::Model(self.models.len() - 1)
    }

    fn model_discriminator(
        &mut self,
        base: usize,
        arguments: &[Value<'a>],
        place: Place,
    ) -> Value<'a> {
        let (Some(name), Some(Value::Schema(schema))) =
            (arguments.first().and_then(Value::as_text), arguments.get(1))
        else {
            self.loose_gap(place, "a discriminator cannot be read");
            return Value::unknown("a discriminator cannot be read");
        };
        let Some(base_schema) = self.models.get(base).map(|m| m.schema) else {
            return Value::Undefined;
        };
        let value = discriminator_value(arguments.get(2)).unwrap_or_else(|| name.to_owned());
        self.add_discriminator(base_schema, name, *schema, value);
        self.models.push(Declared {
            name: name.to_owned(),
            schema: *schema,
            collection: None,
            database: None,
            place,
            base: Some(base),
        });
        Value::Model(self.models.len() - 1)
    }

    fn schema_method(
        &mut self,
        id: SchemaId,
        name: &str,
        arguments: &[Value<'a>],
        place: Place,
    ) -> Value<'a> {
        let this = Value::Schema(id);
        match name {
            "index" => {
                self.schema_index(id, arguments, place);
                this
            }
            "add" => {
                match arguments.first() {
                    Some(Value::Schema(other)) => self.merge_schema(id, *other),
                    Some(Value::Object(definition)) => {
                        let definition = definition.borrow().clone();
                        let prefix = arguments
                            .get(1)
                            .and_then(Value::as_text)
                            .unwrap_or("")
                            .to_owned();
                        self.define(id, &definition, &prefix);
                    }
                    _ => self.gap(id, place, "what is added to the schema cannot be read"),
                }
                this
            }
            "set" => {
                if let (Some(key), Some(value)) =
                    (arguments.first().and_then(Value::as_text), arguments.get(1))
                {
                    let key = key.to_owned();
                    self.schema_option(id, &key, value, place);
                }
                this
            }
            "path" => match (arguments.first().and_then(Value::as_text), arguments.get(1)) {
                (Some(path), None) => Value::PathOf(id, Rc::from(path)),
                (Some(path), Some(definition)) => {
                    let mut object = Object::default();
                    object.set(Rc::from(path), definition.clone(), place);
                    self.define(id, &object, "");
                    this
                }
                _ => Value::unknown("the path is computed"),
            },
            "virtual" => {
                if let Some(name) = arguments.first().and_then(Value::as_text)
                    && let Some(draft) = self.schemas.get_mut(id.0)
                {
                    draft.schema.virtuals.push(name.to_owned());
                }
                Value::unknown("it is a virtual")
            }
            "plugin" => {
                match arguments.first() {
                    Some(Value::Function(plugin)) => {
                        let plugin = Rc::clone(plugin);
                        let options = arguments.get(1).cloned().unwrap_or(Value::Undefined);
                        if let Body::Statements(statements) = plugin.body {
                            self.plugin(&plugin, statements, this.clone(), options);
                        }
                    }
                    _ => self.gap(
                        id,
                        place,
                        "a plugin that is not in these files may add fields",
                    ),
                }
                this
            }
            "loadClass" => {
                if let Some(Value::Method(getters, _)) = arguments.first()
                    && let Value::Object(getters) = &**getters
                    && let Some(draft) = self.schemas.get_mut(id.0)
                {
                    draft.schema.virtuals.extend(
                        getters
                            .borrow()
                            .properties
                            .iter()
                            .map(|p| p.key.to_string()),
                    );
                }
                this
            }
            "discriminator" => {
                if let (Some(name), Some(Value::Schema(schema))) =
                    (arguments.first().and_then(Value::as_text), arguments.get(1))
                {
                    let name = name.to_owned();
                    let value =
                        discriminator_value(arguments.get(2)).unwrap_or_else(|| name.clone());
                    self.add_discriminator(id, &name, *schema, value);
                } else {
                    self.gap(id, place, "a discriminator cannot be read");
                }
                this
            }
            "clone" => Value::Schema(self.copy_schema(id, |_| true)),
            "pick" | "omit" => match arguments.first().and_then(texts) {
                Some(names) => {
                    let picks = name == "pick";
                    Value::Schema(
                        self.copy_schema(id, |field| names.iter().any(|n| n == field) == picks),
                    )
                }
                None => Value::unknown("the fields of a new schema are computed"),
            },
            "remove" => {
                let names = match arguments.first() {
                    Some(Value::Text(t)) => Some(vec![t.to_string()]),
                    Some(other) => texts(other),
                    None => None,
                };
                match names {
                    Some(names) => {
                        if let Some(draft) = self.schemas.get_mut(id.0) {
                            for name in names {
                                super::define::remove_path(&mut draft.schema.fields, &name);
                            }
                        }
                    }
                    None => self.gap(id, place, "which fields are removed is computed"),
                }
                this
            }
            "alias" => {
                let names = match arguments.get(1) {
                    Some(Value::Text(t)) => Some(vec![t.to_string()]),
                    Some(other) => texts(other),
                    None => None,
                };
                if let Some(draft) = self.schemas.get_mut(id.0) {
                    draft.schema.virtuals.extend(names.unwrap_or_default());
                }
                this
            }
            "pre" | "post" | "method" | "static" | "query" | "searchIndex" | "eachPath" | "get"
            | "requiredPaths" | "queue" | "indexes" | "toJSONSchema" | "jsonSchema"
            | "pathType" | "removeIndex" | "clearIndexes" | "encryptionType" | "removeVirtual"
            | "hasMixedParent" => this,
            other => {
                self.gap(
                    id,
                    place,
                    format!(
                        "what `{}` does to the schema is not known",
                        crate::model::describe::cut(other)
                    ),
                );
                Value::unknown("it is the result of a call")
            }
        }
    }

    /// A plugin in the same project, followed as far as it only calls its schema.
    fn plugin(
        &mut self,
        plugin: &Function<'a>,
        statements: &'a [Statement<'a>],
        schema: Value<'a>,
        options: Value<'a>,
    ) {
        // An early return of a plugin is no reason to leave out the rest.
        let without_return = statements
            .iter()
            .all(|s| !matches!(s, Statement::ReturnStatement(r) if r.argument.as_ref().is_some_and(|e| !matches!(e, Expression::Identifier(_)))));
        let _ = without_return;
        self.understand(plugin, vec![schema, options]);
    }

    fn schema_index(&mut self, id: SchemaId, arguments: &[Value<'a>], place: Place) {
        let keys = match arguments.first() {
            Some(Value::Text(t)) => {
                let mut keys = bson::Document::new();
                keys.insert(t.to_string(), 1);
                Some(keys)
            }
            Some(value) => match value.to_bson(8) {
                Some(bson::Bson::Document(keys)) => Some(keys),
                _ => None,
            },
            None => None,
        };
        let options = match arguments.get(1) {
            None | Some(Value::Undefined | Value::Null) => Some(bson::Document::new()),
            Some(value) => match value.to_bson(16) {
                Some(bson::Bson::Document(options)) => Some(options),
                _ => None,
            },
        };
        match (keys, options) {
            (Some(keys), Some(options)) => {
                let options = super::options::index_options(options);
                if let Some(draft) = self.schemas.get_mut(id.0) {
                    draft.indexes.push(Index {
                        keys,
                        options,
                        line: place.line,
                    });
                }
            }
            _ => self.gap(id, place, "an index is computed"),
        }
    }
}

fn discriminator_value(argument: Option<&Value<'_>>) -> Option<String> {
    match argument? {
        Value::Text(t) => Some(t.to_string()),
        Value::Number(_) => argument.and_then(text_of),
        Value::Object(o) => o.borrow().get("value").and_then(|p| text_of(&p.value)),
        _ => None,
    }
}

fn texts(value: &Value<'_>) -> Option<Vec<String>> {
    match value {
        Value::Array(a) => a.borrow().iter().map(text_of).collect(),
        Value::Object(o) => Some(
            o.borrow()
                .properties
                .iter()
                .map(|p| p.key.to_string())
                .collect(),
        ),
        _ => None,
    }
}

fn object_method<'a>(name: &str, arguments: &[Value<'a>]) -> Value<'a> {
    let Some(Value::Object(object)) = arguments.first() else {
        return match (name, arguments.first()) {
            ("freeze" | "seal", Some(v)) => v.clone(),
            ("values", Some(v @ Value::Array(_))) => v.clone(),
            (_, Some(Value::Unknown(why))) => Value::Unknown(Rc::clone(why)),
            _ => Value::unknown("it is computed"),
        };
    };
    if let Some((why, _)) = &object.borrow().incomplete {
        return Value::Unknown(Rc::clone(why));
    }
    match name {
        "values" => Value::array(
            object
                .borrow()
                .properties
                .iter()
                .map(|p| p.value.clone())
                .collect(),
        ),
        "keys" => Value::array(
            object
                .borrow()
                .properties
                .iter()
                .map(|p| Value::Text(Rc::clone(&p.key)))
                .collect(),
        ),
        "entries" => Value::array(
            object
                .borrow()
                .properties
                .iter()
                .map(|p| Value::array(vec![Value::Text(Rc::clone(&p.key)), p.value.clone()]))
                .collect(),
        ),
        "freeze" | "seal" => Value::Object(Rc::clone(object)),
        "assign" => {
            let mut out = object.borrow().clone();
            for more in &arguments[1..] {
                match more {
                    Value::Object(more) => {
                        let more = more.borrow().clone();
                        for property in more.properties {
                            out.set(property.key, property.value, property.place);
                        }
                    }
                    Value::Undefined | Value::Null => {}
                    _ => return Value::unknown("it is put together when the code runs"),
                }
            }
            Value::object(out)
        }
        _ => Value::unknown("it is computed"),
    }
}

fn text_method<'a>(text: &str, name: &str, arguments: &[Value<'a>]) -> Value<'a> {
    match (name, arguments.first()) {
        ("toLowerCase", None) => Value::text(&text.to_lowercase()),
        ("toUpperCase", None) => Value::text(&text.to_uppercase()),
        ("trim", None) => Value::text(text.trim()),
        ("split", Some(Value::Text(by))) if !by.is_empty() => {
            Value::array(text.split(&**by).map(Value::text).collect())
        }
        ("concat", Some(Value::Text(more))) => Value::text(&format!("{text}{more}")),
        _ => Value::unknown("it is computed"),
    }
}

/// Year, month from 0, day, … as `Date.UTC` takes them.
fn date_parts(arguments: &[Value<'_>]) -> Option<f64> {
    let mut parts = [1970.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0];
    for (part, argument) in parts.iter_mut().zip(arguments) {
        match argument {
            Value::Number(n) if n.is_finite() => *part = n.trunc(),
            _ => return None,
        }
    }
    crate::model::cast::time_from_parts(parts)
}

/// The database that a connection string names.
fn database_of(uri: &str) -> Option<String> {
    let rest = uri.split_once("://")?.1;
    let path = rest.split_once('/')?.1;
    let name = path.split('?').next()?;
    (!name.is_empty()).then(|| name.to_owned())
}
