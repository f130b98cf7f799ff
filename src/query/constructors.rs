//! The constructors of the shell (`ObjectId(…)`, `ISODate(…)`, `NumberLong(…)`, …) on evaluated arguments.
//!
//! Each takes and refuses what mongosh takes and refuses. Where mongosh silently makes something else of an argument,
//! the same is made here and a warning is left. Knows no syntax.

mod binary;
mod numeric;
mod regex;
mod statics;

use bson::oid::ObjectId;

use super::date;
use super::date_text;
use super::js::{Js, Object, Problem};
use super::number;
use super::zone::Zone;
use binary::{bin_data, binary, hex, hex_data, legacy_uuid, uuid};
use numeric::{big_int, decimal, int32, long, number_decimal, number_int, number_long};
pub(super) use regex::checked_regex;
use regex::{bson_regex, regex};
use statics::members;
pub(super) use statics::{MATH, call_static, constant};

/// What the constructors need of the world around, and where their warnings go.
pub(super) struct World<'w> {
    pub(super) zone: &'w Zone,
    pub(super) now: f64,
    /// The state of the numbers that stand for chance; each draw changes it.
    pub(super) chance: u64,
    pub(super) warnings: Vec<Problem>,
}

impl World<'_> {
    /// The next 64 bits of chance (splitmix64).
    pub(super) fn draw(&mut self) -> u64 {
        self.chance = self.chance.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.chance;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(super) fn warn(&mut self, problem: Problem) {
        self.warnings.push(problem);
    }
}

/// Every name that can be called, for `did you mean`.
pub(super) const NAMES: [&str; 42] = [
    "ObjectId",
    "ISODate",
    "Date",
    "NumberInt",
    "NumberLong",
    "NumberDecimal",
    "Int32",
    "Long",
    "Int64",
    "Double",
    "Decimal128",
    "UUID",
    "LegacyJavaUUID",
    "LegacyCSharpUUID",
    "LegacyPythonUUID",
    "BinData",
    "HexData",
    "MD5",
    "Binary",
    "Timestamp",
    "MinKey",
    "MaxKey",
    "DBRef",
    "RegExp",
    "Code",
    "Symbol",
    "BSONSymbol",
    "BSONRegExp",
    "Number",
    "String",
    "Boolean",
    "BigInt",
    "Array",
    "Object",
    "parseInt",
    "parseFloat",
    "isNaN",
    "isFinite",
    "Math",
    "EJSON",
    "JSON",
    "Buffer",
];

fn expected(name: &str, what: &str, found: &Js) -> Problem {
    Problem::new(format!("`{name}` takes {what}, not {}", found.kind()))
}

/// Calls the constructor `name`; `None` where there is none of that name.
pub(super) fn call(
    name: &str,
    arguments: &[Js],
    is_new: bool,
    world: &mut World<'_>,
) -> Option<Result<Js, Problem>> {
    let first = arguments.first().unwrap_or(&Js::Undefined);
    let second = arguments.get(1).unwrap_or(&Js::Undefined);
    Some(match name {
        "ObjectId" | "ObjectID" => object_id(first, world),
        "ISODate" => iso_date(first, world),
        "Date" => date_value(arguments, is_new, world),
        "NumberInt" => number_int(first, world),
        "Int32" => int32(first, world),
        "NumberLong" => number_long(first, world),
        "Long" | "Int64" => long(arguments, world),
        "Double" => match first {
            Js::Undefined => Ok(Js::Double(f64::NAN)),
            other => other.to_number(world.zone).map(Js::Double),
        },
        "NumberDecimal" => number_decimal(first, world),
        "Decimal128" => match first {
            Js::Text(text) => decimal(text),
            other => Err(expected(name, "a string", other)
                .with_help("write the number in quotes, such as `Decimal128(\"1.50\")`")),
        },
        "UUID" => uuid(name, first, 4, world),
        "LegacyPythonUUID" => uuid(name, first, 3, world),
        "LegacyJavaUUID" | "LegacyCSharpUUID" => legacy_uuid(name, first, world),
        "BinData" => bin_data(first, second, world),
        "HexData" => hex_data(first, second, world),
        "MD5" => match first {
            Js::Text(text) => Ok(Js::Binary {
                subtype: 5,
                bytes: hex(name, text, world),
            }),
            other => Err(expected(name, "32 hexadecimal digits in quotes", other)),
        },
        "Binary" => binary(first, second),
        "Timestamp" => timestamp(first, second),
        "MinKey" => Ok(Js::MinKey),
        "MaxKey" => Ok(Js::MaxKey),
        "DBRef" => db_ref(arguments),
        "RegExp" => regex(first, second, world),
        "BSONRegExp" => bson_regex(first, second),
        "Code" => code(first, second),
        "Symbol" | "BSONSymbol" => match first {
            Js::Text(text) => Ok(Js::Symbol(text.clone())),
            Js::Undefined => Ok(Js::Symbol(String::new())),
            other => Err(expected(name, "a string", other)),
        },
        "Number" => match first {
            Js::Undefined if arguments.is_empty() => Ok(Js::Number(0.0)),
            #[expect(clippy::cast_precision_loss, reason = "this is what Number does")]
            Js::BigInt(n) => Ok(Js::Number(*n as f64)),
            other => other.to_number(world.zone).map(Js::Number),
        },
        "String" => match first {
            Js::Undefined if arguments.is_empty() => Ok(Js::text("")),
            other => other.to_text(world.zone).map(Js::Text),
        },
        "Boolean" => Ok(Js::Bool(first.truthy())),
        "BigInt" => big_int(first),
        "Array" => array(arguments),
        "Object" => match first {
            Js::Undefined | Js::Null => Ok(Js::Object(Object::default())),
            other => Ok(other.clone()),
        },
        "parseInt" => first.to_text(world.zone).and_then(|text| {
            let radix = second.to_number(world.zone)?;
            let radix = if second.is_nothing() {
                0
            } else {
                number::to_int32(radix)
            };
            Ok(Js::Number(number::parse_int(&text, radix)))
        }),
        "parseFloat" => first
            .to_text(world.zone)
            .map(|text| Js::Number(number::parse_float(&text))),
        "isNaN" => first.to_number(world.zone).map(|n| Js::Bool(n.is_nan())),
        "isFinite" => first.to_number(world.zone).map(|n| Js::Bool(n.is_finite())),
        "EJSON" | "JSON" | "Math" | "Buffer" => {
            Err(Problem::new(format!("`{name}` is not a function"))
                .with_help(format!("write one of its functions: {}", members(name))))
        }
        _ => return None,
    })
}

fn object_id(value: &Js, world: &mut World<'_>) -> Result<Js, Problem> {
    match value {
        Js::Undefined | Js::Null => Ok(Js::ObjectId(fresh_object_id(world.now / 1000.0, world))),
        Js::ObjectId(id) => Ok(Js::ObjectId(*id)),
        Js::Number(n) => Ok(Js::ObjectId(fresh_object_id(*n, world))),
        Js::Text(text) => ObjectId::parse_str(text).map(Js::ObjectId).map_err(|_| {
            Problem::new(format!("`{}` is not an ObjectId", shortened(text)))
                .with_help("write its 24 hexadecimal digits in quotes")
        }),
        Js::Object(object) if matches!(object.get("id"), Some(Js::Text(_))) => {
            object_id(object.get("id").unwrap_or(&Js::Null), world)
        }
        other => Err(expected(
            "ObjectId",
            "24 hexadecimal digits in quotes",
            other,
        )),
    }
}

/// A new id with the given second in its first four bytes.
fn fresh_object_id(second: f64, world: &mut World<'_>) -> ObjectId {
    let mut bytes = [0; 12];
    bytes[4..].copy_from_slice(&world.draw().to_le_bytes());
    let stamp = number::to_int32(second.floor()).to_be_bytes();
    bytes[..4].copy_from_slice(&stamp);
    ObjectId::from_bytes(bytes)
}

fn shortened(text: &str) -> String {
    if text.chars().count() > 40 {
        format!("{}…", text.chars().take(40).collect::<String>())
    } else {
        text.to_owned()
    }
}

fn iso_date(value: &Js, world: &World<'_>) -> Result<Js, Problem> {
    match value {
        Js::Undefined => Ok(Js::Date(world.now)),
        Js::Text(text) => date::parse_iso_date(text).map(Js::Date).ok_or_else(|| {
            Problem::new(format!("`{}` is not an ISO date", shortened(text)))
                .with_help("write it as `ISODate(\"2024-01-15T10:30:00Z\")`")
        }),
        Js::Date(ms) => Ok(Js::Date(*ms)),
        other => Ok(Js::Date(date::clip(other.to_number(world.zone)?))),
    }
}

fn date_value(arguments: &[Js], is_new: bool, world: &mut World<'_>) -> Result<Js, Problem> {
    if !is_new {
        return Ok(Js::Text(date::to_text(
            world.now,
            world.zone,
            date::Form::Full,
        )));
    }
    let millis = match arguments {
        [] => world.now,
        [Js::Date(ms)] => *ms,
        [one] => match one.to_primitive(super::js::Hint::Default, world.zone)? {
            Js::Text(text) => {
                let millis = date_text::parse(&text, world.zone);
                if millis.is_nan() {
                    world.warn(
                        Problem::new(format!(
                            "`{}` is not a date: the shell would send 1970-01-01 instead",
                            shortened(&text)
                        ))
                        .with_help("write it as `ISODate(\"2024-01-15T10:30:00Z\")`"),
                    );
                    return Ok(Js::Date(f64::NAN));
                }
                millis
            }
            other => date::clip(other.to_number(world.zone)?),
        },
        many => {
            let numbers = many
                .iter()
                .take(7)
                .map(|a| a.to_number(world.zone))
                .collect::<Result<Vec<_>, _>>()?;
            date::to_universal(date::from_arguments(&numbers), world.zone)
        }
    };
    if millis.is_nan() {
        world.warn(
            Problem::new("this is not a date: the shell would send 1970-01-01 instead")
                .with_help("write it as `ISODate(\"2024-01-15T10:30:00Z\")`"),
        );
    }
    Ok(Js::Date(millis))
}

fn timestamp(first: &Js, second: &Js) -> Result<Js, Problem> {
    let part = |value: &Js, name: &str| -> Result<u32, Problem> {
        let n = match value {
            Js::Number(n) | Js::Double(n) => *n,
            Js::Int32(n) => f64::from(*n),
            Js::Undefined => 0.0,
            other => return Err(expected("Timestamp", "numbers", other)),
        };
        if !(0.0..=4_294_967_295.0).contains(&n) {
            return Err(Problem::new(format!(
                "the `{name}` of a Timestamp is 0 to 4294967295, not `{}`",
                number::to_text(n)
            )));
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "checked just above"
        )]
        Ok(n as u32)
    };
    match first {
        Js::Object(object) => {
            let get = |key: &str| {
                object.get(key).ok_or_else(|| {
                    Problem::new(format!("a Timestamp needs `{key}`"))
                        .with_help("write it as `Timestamp({t: 1700000000, i: 1})`")
                })
            };
            Ok(Js::Timestamp {
                time: part(get("t")?, "t")?,
                increment: part(get("i")?, "i")?,
            })
        }
        Js::Long(n) => Ok(Js::Timestamp {
            time: u32::try_from(n.cast_unsigned() >> 32).unwrap_or(0),
            increment: u32::try_from(n.cast_unsigned() & 0xffff_ffff).unwrap_or(0),
        }),
        Js::Timestamp { time, increment } => Ok(Js::Timestamp {
            time: *time,
            increment: *increment,
        }),
        Js::Text(_) => Err(expected(
            "Timestamp",
            "two numbers or `{t: …, i: …}`",
            first,
        )),
        Js::Undefined if !matches!(second, Js::Undefined) => Err(expected(
            "Timestamp",
            "two numbers or `{t: …, i: …}`",
            first,
        )),
        _ => Ok(Js::Timestamp {
            time: part(first, "t")?,
            increment: part(second, "i")?,
        }),
    }
}

fn db_ref(arguments: &[Js]) -> Result<Js, Problem> {
    let usage = "write it as `DBRef(\"users\", ObjectId(\"…\"))`";
    let mut object = Object::default();
    let mut database = None;
    match arguments.first() {
        Some(Js::Text(text)) => {
            // As the driver has it: one dot parts a database from its collection.
            let name = match text.split_once('.') {
                Some((db, name)) if !name.contains('.') => {
                    database = Some(db.to_owned());
                    name
                }
                _ => text.as_str(),
            };
            object.set("$ref".into(), Js::text(name));
        }
        Some(other) => {
            return Err(expected("DBRef", "a collection's name first", other).with_help(usage));
        }
        None => {
            return Err(Problem::new("`DBRef` needs a collection and an id").with_help(usage));
        }
    }
    match arguments.get(1) {
        Some(Js::Undefined) | None => {
            return Err(Problem::new("`DBRef` needs an id as its second argument").with_help(usage));
        }
        Some(id) => object.set("$id".into(), id.clone()),
    }
    match arguments.get(2) {
        None | Some(Js::Undefined) => {}
        Some(Js::Text(text)) => {
            database.get_or_insert_with(|| text.clone());
        }
        Some(other) => {
            return Err(
                expected("DBRef", "a database's name as its third argument", other)
                    .with_help(usage),
            );
        }
    }
    if let Some(database) = database {
        object.set("$db".into(), Js::Text(database));
    }
    match arguments.get(3) {
        None | Some(Js::Undefined) => {}
        Some(Js::Object(fields)) => {
            for (key, value) in fields.ordered() {
                object.set(key.clone(), value.clone());
            }
        }
        Some(other) => {
            return Err(
                expected("DBRef", "a document as its fourth argument", other).with_help(usage),
            );
        }
    }
    Ok(Js::Object(object))
}

fn code(code: &Js, scope: &Js) -> Result<Js, Problem> {
    let code = match code {
        Js::Text(text) => text.clone(),
        Js::Code { code, .. } => code.clone(),
        Js::Undefined => String::new(),
        other => return Err(expected("Code", "JavaScript in quotes", other)),
    };
    let scope = match scope {
        Js::Undefined | Js::Null => None,
        Js::Object(scope) => Some(scope.clone()),
        other => return Err(expected("Code", "a document as its scope", other)),
    };
    Ok(Js::Code { code, scope })
}

fn array(arguments: &[Js]) -> Result<Js, Problem> {
    match arguments {
        [Js::Number(n)] => {
            if n.fract() != 0.0 || !(0.0..=100_000.0).contains(n) {
                return Err(Problem::new(format!(
                    "an array of `{}` empty places cannot be made",
                    number::to_text(*n)
                ))
                .with_help("write the items between `[` and `]`"));
            }
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "checked just above"
            )]
            Ok(Js::Array(vec![Js::Undefined; *n as usize]))
        }
        many => Ok(Js::Array(many.to_vec())),
    }
}
