//! The options of one field, and of an index.
//!
//! Invariant: an option that holds the field to something and cannot be read leaves a gap.

use std::rc::Rc;

use bson::{Bson, Document};

use super::Reader;
use super::value::{Object, Place, Value, number};
use crate::model::{
    DefaultValue, Field, FieldIndex, Kind, Limit, Pattern, Reference, Requirement, SchemaId,
};

impl<'a> Reader<'a, '_> {
    /// Applies the options beside `type`.
    pub(super) fn field_options(
        &mut self,
        schema: SchemaId,
        field: &mut Field,
        options: &Object<'a>,
        type_key: &str,
        path: &str,
    ) {
        if let Some((why, place)) = &options.incomplete {
            self.gap(schema, *place, format!("`{path}`: {why}"));
        }
        for property in &options.properties {
            let key = &*property.key;
            if key == type_key {
                continue;
            }
            let (value, place) = (&property.value, property.place);
            let read = self.field_option(schema, field, key, value, place);
            match read {
                Read::Done => {}
                Read::Function => {
                    field.unchecked.push(key.to_owned());
                    self.gap(
                        schema,
                        place,
                        format!("`{path}`: `{key}` is a function and cannot be checked here"),
                    );
                }
                Read::Unreadable => {
                    let why = match value {
                        Value::Unknown(why) => format!(": {why}"),
                        _ => String::new(),
                    };
                    field.unchecked.push(key.to_owned());
                    self.gap(
                        schema,
                        place,
                        format!("`{path}`: `{key}` cannot be read{why}"),
                    );
                }
            }
        }
    }

    fn field_option(
        &mut self,
        schema: SchemaId,
        field: &mut Field,
        key: &str,
        value: &Value<'a>,
        place: Place,
    ) -> Read {
        if matches!(value, Value::Undefined) && key != "default" {
            return Read::Done;
        }
        match key {
            "required" => {
                match self.requirement(value) {
                    Ok(required) => {
                        let computed = matches!(required, Requirement::Computed);
                        field.required = required;
                        if computed {
                            return Read::Function;
                        }
                    }
                    Err(read) => {
                        field.required = Requirement::Computed;
                        return read;
                    }
                }
                Read::Done
            }
            "enum" => innermost(field, |f| self.choices(f, value)),
            "min" | "max" => match limit(value) {
                Some(None) => Read::Done,
                Some(Some((bound, message))) => {
                    let bound = match (&field.kind, bound) {
                        (Kind::Date, Value::Text(t)) => match crate::model::cast::parse_date(&t) {
                            Some(ms) => Value::Date(ms),
                            None => return Read::Unreadable,
                        },
                        (Kind::Date, Value::Number(n)) => Value::Date(n),
                        (_, Value::Text(t)) => match t.trim().parse() {
                            Ok(n) => Value::Number(n),
                            Err(_) => return Read::Unreadable,
                        },
                        (_, other) => other,
                    };
                    let slot = if key == "min" {
                        &mut field.min
                    } else {
                        &mut field.max
                    };
                    match bound.to_bson(2) {
                        Some(bson) => {
                            *slot = Some(Limit {
                                value: bson,
                                message,
                            })
                        }
                        None => return function_or_unreadable(&bound),
                    }
                    Read::Done
                }
                None => function_or_unreadable(value),
            },
            "minLength" | "minlength" | "maxLength" | "maxlength" => match limit(value) {
                Some(None) => Read::Done,
                Some(Some((Value::Number(n), message))) if n >= 0.0 => {
                    #[expect(
                        clippy::cast_possible_truncation,
                        clippy::cast_sign_loss,
                        reason = "lengths are whole and positive"
                    )]
                    let limit = Some(Limit {
                        value: n.ceil() as u64,
                        message,
                    });
                    if key.starts_with("min") {
                        field.min_length = limit;
                    } else {
                        field.max_length = limit.map(|l| Limit {
                            value: if n.fract() == 0.0 {
                                l.value
                            } else {
                                l.value - 1
                            },
                            ..l
                        });
                    }
                    Read::Done
                }
                Some(Some((other, _))) => function_or_unreadable(&other),
                None => function_or_unreadable(value),
            },
            "match" => match limit(value) {
                Some(None) => Read::Done,
                Some(Some((Value::Regex(source, flags), message))) => {
                    match Pattern::new(&source, &flags, message) {
                        Ok(pattern) => {
                            field.pattern = Some(pattern);
                            Read::Done
                        }
                        Err(_) => Read::Unreadable,
                    }
                }
                Some(Some((other, _))) => function_or_unreadable(&other),
                None => function_or_unreadable(value),
            },
            "validate" => Read::Function,
            "set" => Read::Function,
            "default" => self.default_option(field, value),
            "ref" => {
                let reference = match value {
                    Value::Text(t) => Some(Reference::Model(t.to_string())),
                    Value::Model(n) => self
                        .models
                        .get(*n)
                        .map(|m| Reference::Model(m.name.clone())),
                    Value::Function(f) => {
                        let f = Rc::clone(f);
                        match self.understand(&f, Vec::new()) {
                            Value::Text(t) => Some(Reference::Model(t.to_string())),
                            Value::Model(n) => {
                                self.models.get(n).map(|m| Reference::Model(m.name.clone()))
                            }
                            _ => None,
                        }
                    }
                    _ => None,
                };
                let known = reference.is_some();
                let found = reference.unwrap_or(Reference::Computed);
                innermost(field, |f| f.reference = Some(found));
                if known {
                    Read::Done
                } else {
                    function_or_unreadable(value)
                }
            }
            "refPath" => {
                match value {
                    Value::Text(t) => {
                        let found = Reference::Path(t.to_string());
                        innermost(field, |f| f.reference = Some(found));
                    }
                    _ => {
                        let found = Reference::Computed;
                        innermost(field, |f| f.reference = Some(found));
                        return function_or_unreadable(value);
                    }
                }
                Read::Done
            }
            "unique" => {
                let on = match value {
                    Value::Array(a) => a.borrow().first().and_then(Value::truthy),
                    other => other.truthy(),
                };
                match on {
                    Some(true) => {
                        field.unique = true;
                        index_of(field).options.insert("unique", true);
                    }
                    Some(false) => {}
                    None => return Read::Unreadable,
                }
                Read::Done
            }
            "sparse" => {
                if value.truthy() == Some(true) {
                    index_of(field).options.insert("sparse", true);
                }
                Read::Done
            }
            "text" => {
                if value.truthy() == Some(true) {
                    index_of(field).direction = Bson::String("text".to_owned());
                }
                Read::Done
            }
            "index" => field_index(field, value),
            "expires" => {
                match value {
                    Value::Number(n) => {
                        index_of(field)
                            .options
                            .insert("expireAfterSeconds", number(*n));
                    }
                    Value::Text(t) => match seconds(t) {
                        Some(s) => {
                            index_of(field)
                                .options
                                .insert("expireAfterSeconds", number(s));
                        }
                        None => return Read::Unreadable,
                    },
                    _ => return Read::Unreadable,
                }
                Read::Done
            }
            "immutable" => {
                match value {
                    Value::Function(_) => return Read::Function,
                    other => field.immutable = other.truthy().unwrap_or(false),
                }
                Read::Done
            }
            "lowercase" => {
                field.lowercase = value.truthy().unwrap_or(false);
                Read::Done
            }
            "uppercase" => {
                field.uppercase = value.truthy().unwrap_or(false);
                Read::Done
            }
            "trim" => {
                field.trim = value.truthy().unwrap_or(false);
                Read::Done
            }
            "cast" => {
                field.cast = !matches!(value, Value::Bool(false));
                Read::Done
            }
            "select" => {
                field.hidden = matches!(value, Value::Bool(false));
                Read::Done
            }
            "alias" => {
                if let Value::Text(t) = value {
                    field.alias = Some(t.to_string());
                    if let Some(draft) = self.schemas.get_mut(schema.0) {
                        draft.schema.virtuals.push(t.to_string());
                    }
                }
                Read::Done
            }
            _ => {
                let _ = place;
                Read::Done
            }
        }
    }

    fn requirement(&mut self, value: &Value<'a>) -> Result<Requirement, Read> {
        Ok(match value {
            Value::Text(message) => Requirement::Required(Some(message.to_string())),
            Value::Array(pair) => {
                let pair = pair.borrow().clone();
                let message = pair.get(1).and_then(Value::as_text).map(str::to_owned);
                let first = pair.first().cloned().unwrap_or(Value::Undefined);
                with_message(self.requirement(&first)?, message)
            }
            Value::Object(object) => {
                let object = object.borrow().clone();
                let message = object
                    .get("message")
                    .and_then(|p| p.value.as_text().map(str::to_owned));
                match object.get("isRequired") {
                    Some(p) => with_message(self.requirement(&p.value)?, message),
                    None => Requirement::Required(message),
                }
            }
            Value::Function(f) => {
                let f = Rc::clone(f);
                match self.condition(&f) {
                    Some(condition) => Requirement::When(condition, None),
                    None => Requirement::Computed,
                }
            }
            other => match other.truthy() {
                Some(true) => Requirement::Required(None),
                Some(false) => Requirement::Optional,
                None => return Err(Read::Unreadable),
            },
        })
    }

    fn choices(&mut self, field: &mut Field, value: &Value<'a>) -> Read {
        let (values, message) = match value {
            Value::Array(a) => (a.borrow().clone(), None),
            Value::Object(o) => {
                let o = o.borrow();
                if let Some((why, _)) = &o.incomplete {
                    let _ = why;
                    return Read::Unreadable;
                }
                match o.get("values").map(|p| &p.value) {
                    Some(Value::Array(a)) => (
                        a.borrow().clone(),
                        o.get("message")
                            .and_then(|p| p.value.as_text().map(str::to_owned)),
                    ),
                    Some(Value::Object(inner)) => (
                        inner
                            .borrow()
                            .properties
                            .iter()
                            .map(|p| p.value.clone())
                            .collect(),
                        o.get("message")
                            .and_then(|p| p.value.as_text().map(str::to_owned)),
                    ),
                    Some(_) if o.properties.len() <= 2 => return Read::Unreadable,
                    _ => (o.properties.iter().map(|p| p.value.clone()).collect(), None),
                }
            }
            Value::Bool(false) | Value::Null => return Read::Done,
            other => return function_or_unreadable(other),
        };
        let mut choices = Vec::new();
        for value in values {
            let choice = match (&field.kind, &value) {
                (_, Value::Undefined) => continue,
                (Kind::String, v @ (Value::Number(_) | Value::Bool(_) | Value::BigInt(_))) => {
                    super::eval::text_of(v).map(Bson::String)
                }
                (_, v) => v.to_bson(4),
            };
            match choice {
                Some(choice) => choices.push(choice),
                None => return Read::Unreadable,
            }
        }
        field.choices = choices;
        field.choices_message = message;
        Read::Done
    }

    fn default_option(&mut self, field: &mut Field, value: &Value<'a>) -> Read {
        let value = match value {
            Value::Function(f) => {
                let f = Rc::clone(f);
                match self.understand(&f, Vec::new()) {
                    Value::Unknown(_) => {
                        field.default = DefaultValue::Computed;
                        // Nothing is left unchecked by a default, but what it is cannot be shown.
                        return Read::Done;
                    }
                    other => other,
                }
            }
            other => other.clone(),
        };
        field.default = match &value {
            Value::Now | Value::Native("Date") => DefaultValue::Now,
            Value::NowNumber if field.kind == Kind::Date => DefaultValue::Now,
            Value::Method(object, name) => match (&**object, &**name) {
                (Value::Native("Date"), "now") if field.kind == Kind::Date => DefaultValue::Now,
                (Value::Native("crypto"), "randomUUID") => DefaultValue::NewUuid,
                _ => DefaultValue::Computed,
            },
            Value::NewId | Value::Native("ObjectId") => DefaultValue::NewId,
            Value::NewUuid => DefaultValue::NewUuid,
            Value::Native("Object") => DefaultValue::Value(Bson::Document(Document::new())),
            Value::Native("Array") => DefaultValue::Value(Bson::Array(Vec::new())),
            Value::Unknown(why) => {
                field.default = DefaultValue::Computed;
                let _ = why;
                return Read::Unreadable;
            }
            other => match other.to_bson(32) {
                Some(bson) => DefaultValue::Value(bson),
                None => DefaultValue::Computed,
            },
        };
        Read::Done
    }
}

pub(super) enum Read {
    Done,
    Function,
    Unreadable,
}

fn function_or_unreadable(value: &Value<'_>) -> Read {
    match value {
        Value::Function(_) | Value::Method(..) | Value::Native(_) => Read::Function,
        _ => Read::Unreadable,
    }
}

fn with_message(required: Requirement, message: Option<String>) -> Requirement {
    match required {
        Requirement::Required(own) => Requirement::Required(message.or(own)),
        Requirement::When(condition, own) => Requirement::When(condition, message.or(own)),
        other => other,
    }
}

/// Does something to the element of an array (of arrays) that is no array itself; else to the field.
fn innermost<T>(field: &mut Field, act: impl FnOnce(&mut Field) -> T) -> T {
    match &mut field.kind {
        Kind::Array(element) => match &mut element.kind {
            Kind::Array(element) => match &mut element.kind {
                Kind::Array(element) => act(element),
                _ => act(element),
            },
            _ => act(element),
        },
        _ => act(field),
    }
}

fn index_of(field: &mut Field) -> &mut FieldIndex {
    field.index.get_or_insert_with(|| FieldIndex {
        direction: Bson::Int32(1),
        options: Document::new(),
    })
}

fn field_index(field: &mut Field, value: &Value<'_>) -> Read {
    match value {
        Value::Bool(true) => {
            index_of(field);
        }
        Value::Number(n) => {
            index_of(field).direction = Bson::Int32(if *n < 0.0 { -1 } else { 1 });
        }
        Value::Bool(false) | Value::Null => {}
        Value::Text(kind) => {
            index_of(field).direction = match &**kind {
                "2d" | "2dsphere" | "hashed" | "text" => Bson::String(kind.to_string()),
                "-1" | "desc" | "descending" => Bson::Int32(-1),
                _ => Bson::Int32(1),
            };
        }
        Value::Object(_) => match value.to_bson(16) {
            Some(Bson::Document(mut options)) => {
                let kind = options.remove("type");
                let text = options.remove("text");
                let index = index_of(field);
                match (kind, text) {
                    (Some(Bson::String(kind)), _) => index.direction = Bson::String(kind),
                    (_, Some(Bson::Boolean(true))) => {
                        index.direction = Bson::String("text".to_owned())
                    }
                    _ => {}
                }
                for (key, value) in index_options(options) {
                    index.options.insert(key, value);
                }
                if index.options.get_bool("unique").unwrap_or(false) {
                    field.unique = true;
                }
            }
            _ => return Read::Unreadable,
        },
        _ => return Read::Unreadable,
    }
    Read::Done
}

/// Options of an index as the server takes them: `expires` becomes `expireAfterSeconds`.
pub(super) fn index_options(options: Document) -> Document {
    let mut out = Document::new();
    for (key, value) in options {
        match (key.as_str(), value) {
            ("expires", Bson::String(text)) => {
                if let Some(s) = seconds(&text) {
                    out.insert("expireAfterSeconds", number(s));
                }
            }
            ("expires", value) => {
                out.insert("expireAfterSeconds", value);
            }
            (_, value) => {
                out.insert(key, value);
            }
        }
    }
    out
}

/// `value`, `[value, message]`, or `{ value, message }`; `Some(None)` switches the limit off.
fn limit<'a>(value: &Value<'a>) -> Option<Option<(Value<'a>, Option<String>)>> {
    match value {
        Value::Null | Value::Undefined | Value::Bool(false) => Some(None),
        Value::Array(pair) => {
            let pair = pair.borrow();
            let message = pair.get(1).and_then(Value::as_text).map(str::to_owned);
            let first = pair.first()?.clone();
            if matches!(first, Value::Null | Value::Undefined | Value::Bool(false)) {
                return Some(None);
            }
            Some(Some((first, message)))
        }
        Value::Object(object) => {
            let object = object.borrow();
            let message = object
                .get("message")
                .and_then(|p| p.value.as_text().map(str::to_owned));
            Some(Some((object.get("value")?.value.clone(), message)))
        }
        Value::Function(_) | Value::Unknown(_) => None,
        other => Some(Some((other.clone(), None))),
    }
}

/// A length of time in words (`30d`, `1.5 hours`, a bare number of milliseconds) in seconds.
fn seconds(text: &str) -> Option<f64> {
    let text = text.trim().to_lowercase();
    let split = text
        .find(|c: char| !(c.is_ascii_digit() || c == '.' || c == '-'))
        .unwrap_or(text.len());
    let amount: f64 = text[..split].parse().ok()?;
    let unit = match text[split..].trim() {
        "" | "ms" | "msec" | "msecs" | "millisecond" | "milliseconds" => 0.001,
        "s" | "sec" | "secs" | "second" | "seconds" => 1.0,
        "m" | "min" | "mins" | "minute" | "minutes" => 60.0,
        "h" | "hr" | "hrs" | "hour" | "hours" => 3_600.0,
        "d" | "day" | "days" => 86_400.0,
        "w" | "week" | "weeks" => 604_800.0,
        "y" | "yr" | "yrs" | "year" | "years" => 31_557_600.0,
        _ => return None,
    };
    Some((amount * unit).round())
}
