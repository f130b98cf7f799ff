//! The values that reading a model file comes across.
//!
//! A closed set: literals, what Mongoose exports, schemas under construction. What cannot be known without running the
//! code is [`Value::Unknown`] and says where it came from.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use bson::Bson;
use oxc_ast::ast;

use super::eval::Scope;
use crate::model::SchemaId;

/// Where something stands: which of the files read, and the line in it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) file: usize,
    pub(super) line: usize,
}

/// Code that is not run; a simple one may be understood.
#[derive(Clone)]
pub(super) struct Function<'a> {
    pub(super) params: &'a ast::FormalParameters<'a>,
    pub(super) body: Body<'a>,
    pub(super) scope: Rc<Scope<'a>>,
    pub(super) file: usize,
    pub(super) is_async: bool,
}

#[derive(Clone, Copy)]
pub(super) enum Body<'a> {
    Expression(&'a ast::Expression<'a>),
    Statements(&'a [ast::Statement<'a>]),
}

/// One property of an object.
#[derive(Clone)]
pub(super) struct Property<'a> {
    pub(super) key: Rc<str>,
    pub(super) value: Value<'a>,
    pub(super) place: Place,
}

/// An object of the file: its properties in order.
#[derive(Clone, Default)]
pub(super) struct Object<'a> {
    pub(super) properties: Vec<Property<'a>>,
    /// Whether something was spread into it that could not be read.
    pub(super) incomplete: Option<(Rc<str>, Place)>,
    /// Where each name stands, once there are many.
    places: HashMap<Rc<str>, usize>,
}

/// From this many properties on, names are looked up by their hash.
const MANY: usize = 64;

impl<'a> Object<'a> {
    pub(super) fn get(&self, key: &str) -> Option<&Property<'a>> {
        self.properties.get(self.place_of(key)?)
    }

    fn place_of(&self, key: &str) -> Option<usize> {
        if self.places.is_empty() {
            self.properties.iter().position(|p| &*p.key == key)
        } else {
            self.places.get(key).copied()
        }
    }

    pub(super) fn set(&mut self, key: Rc<str>, value: Value<'a>, place: Place) {
        match self.place_of(&key) {
            Some(at) => {
                self.properties[at].value = value;
                self.properties[at].place = place;
            }
            None => {
                self.properties.push(Property { key, value, place });
                let last = self.properties.len() - 1;
                if last == MANY {
                    self.reindex();
                } else if last > MANY {
                    self.places
                        .insert(Rc::clone(&self.properties[last].key), last);
                }
            }
        }
    }

    /// Leaves out properties.
    pub(super) fn retain(&mut self, keep: impl Fn(&str) -> bool) {
        self.properties.retain(|p| keep(&p.key));
        self.reindex();
    }

    fn reindex(&mut self) {
        self.places.clear();
        if self.properties.len() > MANY {
            self.places = self
                .properties
                .iter()
                .enumerate()
                .map(|(at, p)| (Rc::clone(&p.key), at))
                .collect();
        }
    }
}

#[derive(Clone)]
pub(super) enum Value<'a> {
    Undefined,
    Null,
    Bool(bool),
    Number(f64),
    BigInt(i128),
    Text(Rc<str>),
    Regex(Rc<str>, Rc<str>),
    /// Milliseconds since 1970; not a number where the date is invalid.
    Date(f64),
    /// The time when the code would run.
    Now,
    /// The same as a number.
    NowNumber,
    NewId,
    NewUuid,
    Array(Rc<RefCell<Vec<Value<'a>>>>),
    Object(Rc<RefCell<Object<'a>>>),
    Function(Rc<Function<'a>>),
    /// Something that Mongoose or JavaScript itself provides, by its name.
    Native(&'static str),
    /// A method of Mongoose, JavaScript or a value, taken without calling it.
    Method(Box<Value<'a>>, Rc<str>),
    Schema(SchemaId),
    /// The declaration of one path of a schema.
    PathOf(SchemaId, Rc<str>),
    /// A model that the file makes: its place in the reader's list.
    Model(usize),
    /// A connection, with its database where that is known.
    Connection(Option<Rc<str>>),
    /// Cannot be known here, and why.
    Unknown(Rc<str>),
}

impl<'a> Value<'a> {
    pub(super) fn text(text: &str) -> Self {
        Self::Text(Rc::from(text))
    }

    pub(super) fn unknown(why: impl AsRef<str>) -> Self {
        Self::Unknown(Rc::from(why.as_ref()))
    }

    pub(super) fn array(values: Vec<Value<'a>>) -> Self {
        Self::Array(Rc::new(RefCell::new(values)))
    }

    pub(super) fn object(object: Object<'a>) -> Self {
        Self::Object(Rc::new(RefCell::new(object)))
    }

    /// What JavaScript takes it for in a condition; `None` where that is not known.
    pub(super) fn truthy(&self) -> Option<bool> {
        Some(match self {
            Self::Undefined | Self::Null => false,
            Self::Bool(b) => *b,
            Self::Number(n) => *n != 0.0 && !n.is_nan(),
            Self::BigInt(n) => *n != 0,
            Self::Text(t) => !t.is_empty(),
            Self::Unknown(_) => return None,
            _ => true,
        })
    }

    pub(super) fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(t) => Some(t),
            _ => None,
        }
    }

    pub(super) fn is_nullish(&self) -> bool {
        matches!(self, Self::Undefined | Self::Null)
    }

    /// As BSON, where it is plain data. `depth` bounds how far objects are followed.
    pub(super) fn to_bson(&self, depth: usize) -> Option<Bson> {
        if depth == 0 {
            return None;
        }
        Some(match self {
            Self::Undefined => Bson::Undefined,
            Self::Null => Bson::Null,
            Self::Bool(b) => Bson::Boolean(*b),
            Self::Number(n) => number(*n),
            Self::BigInt(n) => Bson::Int64(i64::try_from(*n).ok()?),
            Self::Text(t) => Bson::String(t.to_string()),
            Self::Regex(source, flags) => Bson::RegularExpression(bson::Regex {
                pattern: bson::raw::CString::try_from(source.to_string()).ok()?,
                options: bson::raw::CString::try_from(flags.to_string()).ok()?,
            }),
            Self::Date(ms) if ms.is_finite() =>
            {
                #[expect(
                    clippy::cast_possible_truncation,
                    reason = "JavaScript's dates end at 8.64e15"
                )]
                Bson::DateTime(bson::DateTime::from_millis(*ms as i64))
            }
            Self::Array(values) => Bson::Array(
                values
                    .borrow()
                    .iter()
                    .map(|v| v.to_bson(depth - 1))
                    .collect::<Option<_>>()?,
            ),
            Self::Object(object) => {
                let object = object.borrow();
                if object.incomplete.is_some() {
                    return None;
                }
                let mut document = bson::Document::new();
                for property in &object.properties {
                    if matches!(property.value, Self::Undefined) {
                        continue;
                    }
                    document.insert(property.key.to_string(), property.value.to_bson(depth - 1)?);
                }
                Bson::Document(document)
            }
            _ => return None,
        })
    }
}

/// A number as the driver writes it: an int32 where it is one.
pub(super) fn number(n: f64) -> Bson {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "compared with the original"
    )]
    let whole = n as i32;
    if f64::from(whole) == n && !(n == 0.0 && n.is_sign_negative()) {
        Bson::Int32(whole)
    } else {
        Bson::Double(n)
    }
}
