//! The constructors of the shell (`ObjectId(…)`, `ISODate(…)`, `NumberLong(…)`, …) on evaluated arguments.
//!
//! Each takes and refuses what mongosh takes and refuses. Where mongosh silently makes something else of an argument,
//! the same is made here and a warning is left. Knows no syntax.

use std::str::FromStr as _;

use bson::Decimal128;
use bson::oid::ObjectId;

use super::date;
use super::date_text;
use super::js::{Js, Object, Problem};
use super::nesting;
use super::number;
use super::operators;
use super::zone::Zone;

/// What the constructors need of the world around, and where their warnings go.
pub(super) struct World<'w> {
    pub(super) zone: &'w Zone,
    pub(super) now: f64,
    pub(super) warnings: Vec<Problem>,
}

impl World<'_> {
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

fn members(name: &str) -> &'static str {
    match name {
        "Math" => "`Math.floor(…)`, `Math.max(…)`, …",
        "Buffer" => "`Buffer.from(…)`",
        "JSON" => "`JSON.parse(…)`",
        _ => "`EJSON.parse(…)`",
    }
}

fn object_id(value: &Js, world: &World<'_>) -> Result<Js, Problem> {
    match value {
        Js::Undefined | Js::Null => Ok(Js::ObjectId(fresh_object_id(world.now / 1000.0))),
        Js::ObjectId(id) => Ok(Js::ObjectId(*id)),
        Js::Number(n) => Ok(Js::ObjectId(fresh_object_id(*n))),
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
fn fresh_object_id(second: f64) -> ObjectId {
    let mut bytes = ObjectId::new().bytes();
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

fn number_int(value: &Js, world: &mut World<'_>) -> Result<Js, Problem> {
    let text = match value {
        Js::Undefined | Js::Null => "0".to_owned(),
        Js::Text(text) => text.clone(),
        Js::Number(_) | Js::Int32(_) | Js::Long(_) => value.to_text(world.zone)?,
        other => return Err(expected("NumberInt", "a number", other)),
    };
    let parsed = number::parse_int(&text, 10);
    let int = number::to_int32(parsed);
    #[expect(clippy::float_cmp, reason = "exact integers")]
    if f64::from(int) != parsed {
        world.warn(
            Problem::new(format!(
                "`{}` is not a 32-bit integer: it becomes `{int}`",
                shortened(&text)
            ))
            .with_help("write `NumberLong(\"…\")` for larger numbers"),
        );
    }
    Ok(Js::Int32(int))
}

fn int32(value: &Js, world: &mut World<'_>) -> Result<Js, Problem> {
    let number = match value {
        Js::Undefined => 0.0,
        other => other.to_number(world.zone)?,
    };
    let int = number::to_int32(number);
    #[expect(clippy::float_cmp, reason = "exact integers")]
    if f64::from(int) != number {
        world.warn(
            Problem::new(format!(
                "`{}` is not a 32-bit integer: it becomes `{int}`",
                number::to_text(number)
            ))
            .with_help("write `NumberLong(\"…\")` for larger numbers"),
        );
    }
    Ok(Js::Int32(int))
}

fn number_long(value: &Js, world: &mut World<'_>) -> Result<Js, Problem> {
    match value {
        Js::Undefined | Js::Null => Ok(Js::Long(0)),
        Js::Text(text) => {
            let long = long_from_text(text)?;
            if text.trim_start_matches('+') != long.to_string() && text != "-0" {
                world.warn(
                    Problem::new(format!(
                        "`{}` is not a 64-bit integer: it becomes `{long}`",
                        shortened(text)
                    ))
                    .with_help("write its decimal digits in quotes"),
                );
            }
            Ok(Js::Long(long))
        }
        Js::Long(n) => Ok(Js::Long(*n)),
        Js::Int32(n) => Ok(Js::Long(i64::from(*n))),
        Js::Number(n) => {
            if n.abs() > 9_007_199_254_740_991.0 && n.is_finite() {
                world.warn(
                    Problem::new("a number this large has lost digits already")
                        .with_help("write it in quotes: `NumberLong(\"…\")`"),
                );
            }
            Ok(Js::Long(long_from_number(*n)))
        }
        other => Err(expected(
            "NumberLong",
            "a number, or its digits in quotes",
            other,
        )),
    }
}

/// The double as a 64-bit integer; out of range the nearest one, NaN is zero.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the cast saturates, which is the rule"
)]
fn long_from_number(n: f64) -> i64 {
    n as i64
}

/// The lowest 64 bits.
#[expect(clippy::cast_possible_truncation, reason = "wrapping is the rule")]
fn wrap(n: i128) -> i64 {
    n as i64
}

/// Digits in runs of eight, wrapping, as the driver reads them.
fn long_from_text(text: &str) -> Result<i64, Problem> {
    if text.is_empty() {
        return Err(Problem::new(
            "`NumberLong` takes a number, not an empty string",
        ));
    }
    if matches!(text, "NaN" | "Infinity" | "+Infinity" | "-Infinity") {
        return Ok(0);
    }
    if text.find('-').is_some_and(|i| i > 0) {
        return Err(
            Problem::new(format!("`{}` is not an integer", shortened(text)))
                .with_help("a `-` may only stand at the start"),
        );
    }
    if let Some(rest) = text.strip_prefix('-') {
        return Ok(long_from_text(rest)?.wrapping_neg());
    }
    let mut result = 0_i64;
    let chars: Vec<char> = text.chars().collect();
    for run in chars.chunks(8) {
        let part: String = run.iter().collect();
        let value = long_from_number(number::parse_int(&part, 10));
        let power = 10_i64.pow(u32::try_from(run.len()).unwrap_or(8));
        result = result.wrapping_mul(power).wrapping_add(value);
    }
    Ok(result)
}

fn long(arguments: &[Js], world: &mut World<'_>) -> Result<Js, Problem> {
    match arguments {
        [] => Ok(Js::Long(0)),
        [Js::BigInt(n), ..] => Ok(Js::Long(wrap(*n))),
        [text @ (Js::Text(_) | Js::Long(_)), ..] => number_long(text, world),
        [low, rest @ ..] => {
            let low = low.to_number(world.zone)?;
            let high = match rest.first() {
                None => {
                    let int = number::to_int32(low);
                    #[expect(clippy::float_cmp, reason = "exact integers")]
                    if f64::from(int) != low {
                        world.warn(
                            Problem::new(format!(
                                "`Long` takes the low 32 bits here: `{}` becomes `{int}`",
                                number::to_text(low)
                            ))
                            .with_help("write it in quotes: `Long(\"…\")`"),
                        );
                    }
                    return Ok(Js::Long(i64::from(int.cast_unsigned())));
                }
                Some(high) => number::to_int32(high.to_number(world.zone)?),
            };
            let low = number::to_int32(low).cast_unsigned();
            Ok(Js::Long((i64::from(high) << 32) | i64::from(low)))
        }
    }
}

fn number_decimal(value: &Js, world: &mut World<'_>) -> Result<Js, Problem> {
    match value {
        Js::Undefined => decimal("0"),
        Js::Text(text) => decimal(text),
        Js::Decimal(d) => Ok(Js::Decimal(*d)),
        Js::Number(_) | Js::Int32(_) | Js::Long(_) => decimal(&value.to_text(world.zone)?),
        other => Err(expected("NumberDecimal", "a number in quotes", other)),
    }
}

fn decimal(text: &str) -> Result<Js, Problem> {
    let bad = |why: &str| {
        Problem::new(format!("`{}` is not a Decimal128{why}", shortened(text)))
            .with_help("write up to 34 digits, such as `NumberDecimal(\"12.50\")`")
    };
    if text.len() >= 7000 {
        return Err(bad(""));
    }
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let lower = unsigned.to_ascii_lowercase();
    if matches!(lower.as_str(), "nan" | "inf" | "infinity") {
        let word = match (lower.as_str(), text.starts_with('-')) {
            ("nan", _) => "NaN",
            (_, true) => "-Infinity",
            (_, false) => "Infinity",
        };
        return Decimal128::from_str(word)
            .map(Js::Decimal)
            .map_err(|_| bad(""));
    }
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((m, e)) => (m, Some(e)),
        None => (unsigned, None),
    };
    let digits = mantissa.bytes().filter(u8::is_ascii_digit).count();
    let dots = mantissa.bytes().filter(|b| *b == b'.').count();
    let exponent_fits = exponent.is_none_or(|e| {
        let e = e.strip_prefix(['+', '-']).unwrap_or(e);
        !e.is_empty() && e.bytes().all(|b| b.is_ascii_digit())
    });
    if digits == 0 || digits + dots != mantissa.len() || dots > 1 || !exponent_fits {
        return Err(bad(""));
    }
    Decimal128::from_str(text)
        .map(Js::Decimal)
        .map_err(|_| bad(": it has too many digits, or too large an exponent"))
}

fn hex(name: &str, text: &str, world: &mut World<'_>) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len() / 2);
    for pair in text.as_bytes().chunks(2) {
        let digit = |b: u8| {
            char::from(b)
                .to_digit(16)
                .and_then(|d| u8::try_from(d).ok())
        };
        match pair {
            [a, b] => match (digit(*a), digit(*b)) {
                (Some(a), Some(b)) => bytes.push(a * 16 + b),
                _ => break,
            },
            _ => break,
        }
    }
    if bytes.len() * 2 != text.len() {
        world.warn(
            Problem::new(format!(
                "`{name}` reads only {} of these hexadecimal digits",
                bytes.len() * 2
            ))
            .with_help("write pairs of hexadecimal digits"),
        );
    }
    bytes
}

fn uuid(name: &str, value: &Js, subtype: u8, world: &mut World<'_>) -> Result<Js, Problem> {
    match value {
        Js::Undefined => Ok(Js::Binary {
            subtype,
            bytes: bson::Uuid::new().bytes().to_vec(),
        }),
        Js::Text(text) => {
            let digits = text.replace('-', "");
            let bytes = hex(name, &digits, world);
            if bytes.len() != 16 {
                world.warn(
                    Problem::new(format!("a UUID has 16 bytes, this one has {}", bytes.len()))
                        .with_help("write it as `UUID(\"123e4567-e89b-12d3-a456-426614174000\")`"),
                );
            }
            Ok(Js::Binary { subtype, bytes })
        }
        other => Err(expected(name, "32 hexadecimal digits in quotes", other)),
    }
}

fn legacy_uuid(name: &str, value: &Js, world: &mut World<'_>) -> Result<Js, Problem> {
    let made = uuid(name, value, 3, world)?;
    let Js::Binary { mut bytes, subtype } = made else {
        return Ok(made);
    };
    if let Some(b) = bytes.get_mut(..16) {
        if name == "LegacyJavaUUID" {
            b[..8].reverse();
            b[8..].reverse();
        } else {
            b[..4].reverse();
            b[4..6].reverse();
            b[6..8].reverse();
        }
    }
    Ok(Js::Binary { subtype, bytes })
}

/// Base64 as Node reads it: either alphabet, anything else passed over, up to the first `=`.
fn base64(text: &str) -> (Vec<u8>, bool) {
    let mut bits = 0_u32;
    let mut count = 0;
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let mut clean = true;
    for c in text.bytes() {
        let value = match c {
            b'A'..=b'Z' => c - b'A',
            b'a'..=b'z' => c - b'a' + 26,
            b'0'..=b'9' => c - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            b'=' => break,
            _ => {
                clean &= c.is_ascii_whitespace();
                continue;
            }
        };
        bits = (bits << 6) | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count).to_le_bytes()[0]);
            bits &= (1 << count) - 1;
        }
    }
    (out, clean)
}

fn subtype_of(name: &str, value: &Js) -> Result<u8, Problem> {
    let number = match value {
        Js::Number(n) | Js::Double(n) => *n,
        Js::Int32(n) => f64::from(*n),
        Js::Long(n) => {
            #[expect(clippy::cast_precision_loss, reason = "only 0 to 255 matter")]
            let n = *n as f64;
            n
        }
        other => return Err(expected(name, "the subtype's number first", other)),
    };
    if number.fract() != 0.0 || !(0.0..=255.0).contains(&number) {
        return Err(Problem::new(format!(
            "a binary subtype is 0 to 255, not `{}`",
            number::to_text(number)
        )));
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked just above"
    )]
    Ok(number as u8)
}

fn bin_data(subtype: &Js, value: &Js, world: &mut World<'_>) -> Result<Js, Problem> {
    let subtype = subtype_of("BinData", subtype)?;
    let Js::Text(text) = value else {
        return Err(expected(
            "BinData",
            "base64 in quotes as its second argument",
            value,
        ));
    };
    let (bytes, clean) = base64(text);
    if !clean {
        world.warn(Problem::new(format!(
            "`{}` is not base64: other characters are passed over",
            shortened(text)
        )));
    }
    Ok(Js::Binary { subtype, bytes })
}

fn hex_data(subtype: &Js, value: &Js, world: &mut World<'_>) -> Result<Js, Problem> {
    let subtype = subtype_of("HexData", subtype)?;
    let Js::Text(text) = value else {
        return Err(expected(
            "HexData",
            "hexadecimal digits in quotes as its second argument",
            value,
        ));
    };
    Ok(Js::Binary {
        subtype,
        bytes: hex("HexData", text, world),
    })
}

fn binary(value: &Js, subtype: &Js) -> Result<Js, Problem> {
    let subtype = match subtype {
        Js::Undefined => 0,
        other => subtype_of("Binary", other)?,
    };
    match value {
        Js::Undefined | Js::Null => Ok(Js::Binary {
            subtype,
            bytes: Vec::new(),
        }),
        Js::Binary { bytes, .. } => Ok(Js::Binary {
            subtype,
            bytes: bytes.clone(),
        }),
        Js::Array(items) => Ok(Js::Binary {
            subtype,
            bytes: bytes_of(items)?,
        }),
        other => Err(expected("Binary", "bytes", other)
            .with_help("write `BinData(0, \"…\")` with base64 or `HexData(0, \"…\")`")),
    }
}

fn bytes_of(items: &[Js]) -> Result<Vec<u8>, Problem> {
    items
        .iter()
        .map(|item| match item {
            Js::Number(n) => Ok(number::to_int32(*n).to_le_bytes()[0]),
            other => Err(Problem::new(format!(
                "a byte is a number, not {}",
                other.kind()
            ))),
        })
        .collect()
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

fn regex(source: &Js, flags: &Js, world: &World<'_>) -> Result<Js, Problem> {
    let (source, old_flags) = match source {
        Js::Regex { source, flags } => (source.clone(), flags.clone()),
        Js::Undefined => ("(?:)".to_owned(), String::new()),
        other => (other.to_text(world.zone)?, String::new()),
    };
    let flags = match flags {
        Js::Undefined => old_flags,
        other => other.to_text(world.zone)?,
    };
    let source = if source.is_empty() {
        "(?:)".to_owned()
    } else {
        escaped_source(&source)
    };
    checked_regex(source, flags)
}

/// What `.source` says of a pattern that came as text: `/` and line ends are escaped.
fn escaped_source(source: &str) -> String {
    let mut out = String::with_capacity(source.len());
    let mut class = false;
    let mut escaped = false;
    for c in source.chars() {
        match c {
            '\n' => {
                out.push_str(if escaped { "n" } else { "\\n" });
                escaped = false;
                continue;
            }
            '\r' => {
                out.push_str(if escaped { "r" } else { "\\r" });
                escaped = false;
                continue;
            }
            '/' if !escaped && !class => out.push_str("\\/"),
            _ => out.push(c),
        }
        if escaped {
            escaped = false;
            continue;
        }
        match c {
            '\\' => escaped = true,
            '[' => class = true,
            ']' => class = false,
            _ => {}
        }
    }
    out
}

/// A regular expression whose pattern and flags JavaScript would take.
pub(super) fn checked_regex(source: String, flags: String) -> Result<Js, Problem> {
    let mut seen = String::new();
    for flag in flags.chars() {
        if !"dgimsuvy".contains(flag) || seen.contains(flag) {
            return Err(
                Problem::new(format!("`{flag}` is not a flag that can stand here")).with_help(
                    "flags are `i`, `m`; for others write `{$regex: \"…\", $options: \"…\"}`",
                ),
            );
        }
        seen.push(flag);
    }
    if flags.contains('s') {
        return Err(
            Problem::new("the flag `s` would be lost on the way to the server")
                .with_help("write `{$regex: \"…\", $options: \"s\"}`"),
        );
    }
    if flags.contains('v') && flags.contains('u') {
        return Err(Problem::new("the flags `u` and `v` exclude each other"));
    }
    match regex_error(&source, &flags)? {
        None => Ok(Js::Regex { source, flags }),
        Some(why) => {
            let why = why
                .strip_prefix("Invalid regular expression: ")
                .unwrap_or(&why);
            let mut why = why.trim_end_matches('.').to_owned();
            if let Some(first) = why.get_mut(..1) {
                first.make_ascii_lowercase();
            }
            Err(Problem::new(format!("not a regular expression: {why}"))
                .with_help("escape special characters with `\\`"))
        }
    }
}

/// What is wrong with a pattern, where something is.
fn regex_error(source: &str, flags: &str) -> Result<Option<String>, Problem> {
    let (mut groups, mut deepest) = (0_usize, 0);
    for b in source.bytes() {
        match b {
            b'(' | b'[' => groups += 1,
            b')' | b']' => groups = groups.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(groups);
    }
    // Brackets that are escaped or stand in a class count too; closing ones among them may not hide depth.
    let opened = source.bytes().filter(|b| matches!(b, b'(' | b'[')).count();
    let escaped = source.contains(['\\', '[']);
    let depth = if escaped { opened } else { deepest };
    if depth > nesting::MAX_DEPTH {
        return Err(Problem::new("this regular expression has too many groups")
            .with_help("MongoDB takes fewer; split it up"));
    }
    let read = || {
        let allocator = oxc_allocator::Allocator::default();
        oxc_regular_expression::LiteralParser::new(
            &allocator,
            source,
            Some(flags),
            oxc_regular_expression::Options::default(),
        )
        .parse()
        .err()
        .map(|e| e.to_string())
    };
    nesting::on_stack(depth, read).ok_or_else(|| {
        Problem::new("this regular expression cannot be read now")
            .with_help("there is too little memory for it")
    })
}

fn bson_regex(source: &Js, flags: &Js) -> Result<Js, Problem> {
    match (source, flags) {
        (Js::Text(source), Js::Undefined) => Ok(Js::Regex {
            source: source.clone(),
            flags: String::new(),
        }),
        (Js::Text(source), Js::Text(flags)) => {
            if let Some(bad) = flags.chars().find(|f| !"imxlsu".contains(*f)) {
                return Err(Problem::new(format!(
                    "`{bad}` is not an option of a regular expression"
                )));
            }
            Ok(Js::Regex {
                source: source.clone(),
                flags: flags.replace('s', "g"),
            })
        }
        (other, _) => Err(expected("BSONRegExp", "a pattern in quotes", other)),
    }
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

fn big_int(value: &Js) -> Result<Js, Problem> {
    match value {
        Js::BigInt(n) => Ok(Js::BigInt(*n)),
        Js::Bool(b) => Ok(Js::BigInt(i128::from(*b))),
        Js::Number(n) if n.fract() == 0.0 && n.abs() < 1e30 =>
        {
            #[expect(clippy::cast_possible_truncation, reason = "whole and below 2^127")]
            Ok(Js::BigInt(*n as i128))
        }
        Js::Text(text) => text
            .trim_matches(number::is_space)
            .parse()
            .map(Js::BigInt)
            .map_err(|_| Problem::new(format!("`{}` is not a whole number", shortened(text)))),
        other => Err(expected("BigInt", "a whole number", other)),
    }
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

/// The functions that hang on a name: `Math.max`, `Date.UTC`, `Long.fromString`, …; `None` where there is none.
pub(super) fn call_static(
    space: &str,
    name: &str,
    arguments: &[Js],
    world: &mut World<'_>,
) -> Option<Result<Js, Problem>> {
    let first = arguments.first().unwrap_or(&Js::Undefined);
    let second = arguments.get(1).unwrap_or(&Js::Undefined);
    Some(match (space, name) {
        ("Math", _) => return math(name, arguments, world.zone),
        ("Date", "now") => Ok(Js::Number(world.now)),
        ("Date", "UTC") => arguments
            .iter()
            .take(7)
            .map(|a| a.to_number(world.zone))
            .collect::<Result<Vec<_>, _>>()
            .map(|n| Js::Number(date::clip(date::from_arguments(&n)))),
        ("Date", "parse") => first
            .to_text(world.zone)
            .map(|text| Js::Number(date_text::parse(&text, world.zone))),
        ("ObjectId", "createFromHexString") => match first {
            Js::Text(_) => object_id(first, world),
            other => Err(expected(
                "ObjectId.createFromHexString",
                "24 hexadecimal digits in quotes",
                other,
            )),
        },
        ("ObjectId", "createFromBase64") => match first {
            Js::Text(text) => match <[u8; 12]>::try_from(base64(text).0) {
                Ok(bytes) => Ok(Js::ObjectId(ObjectId::from_bytes(bytes))),
                Err(_) => Err(Problem::new("an ObjectId has 12 bytes")),
            },
            other => Err(expected(
                "ObjectId.createFromBase64",
                "base64 in quotes",
                other,
            )),
        },
        ("ObjectId", "createFromTime") => first.to_number(world.zone).map(|n| {
            let mut bytes = [0; 12];
            bytes[..4].copy_from_slice(&number::to_int32(n).to_be_bytes());
            Js::ObjectId(ObjectId::from_bytes(bytes))
        }),
        ("ObjectId", "isValid") => Ok(Js::Bool(match first {
            Js::ObjectId(_) | Js::Number(_) => true,
            Js::Text(text) => ObjectId::parse_str(text).is_ok(),
            _ => false,
        })),
        ("Long" | "NumberLong", "fromNumber" | "fromValue" | "fromString" | "fromBigInt") => {
            number_long(first, world)
        }
        ("Long" | "NumberLong", "fromInt") => first
            .to_number(world.zone)
            .map(|n| Js::Long(i64::from(number::to_int32(n)))),
        ("Long" | "NumberLong", "fromBits") => long(
            &[
                first.clone(),
                match second {
                    Js::Undefined => Js::Number(0.0),
                    other => other.clone(),
                },
            ],
            world,
        ),
        ("Double", "fromString") => first.to_number(world.zone).map(Js::Double),
        ("Int32", "fromString") => int32(first, world),
        ("Decimal128" | "NumberDecimal", "fromString" | "fromStringWithRounding") => match first {
            Js::Text(text) => decimal(text),
            other => Err(expected("Decimal128.fromString", "a string", other)),
        },
        ("Binary" | "BinData", "createFromBase64") => match first {
            Js::Text(_) => {
                let subtype = if second.is_nothing() {
                    Js::Number(0.0)
                } else {
                    second.clone()
                };
                bin_data(&subtype, first, world)
            }
            other => Err(expected(
                "Binary.createFromBase64",
                "base64 in quotes",
                other,
            )),
        },
        ("Binary", "createFromHexString") => match first {
            Js::Text(_) => {
                let subtype = if second.is_nothing() {
                    Js::Number(0.0)
                } else {
                    second.clone()
                };
                hex_data(&subtype, first, world)
            }
            other => Err(expected(
                "Binary.createFromHexString",
                "hexadecimal digits in quotes",
                other,
            )),
        },
        ("UUID", "createFromHexString") => uuid("UUID", first, 4, world),
        ("UUID", "generate") => uuid("UUID", &Js::Undefined, 4, world),
        ("Timestamp", "fromBits") => timestamp(second, first),
        ("Buffer", "from") => buffer(first, second, world),
        ("Number", "parseInt" | "parseFloat") => return call(name, arguments, false, world),
        ("Number", "isInteger") => Ok(Js::Bool(matches!(first, Js::Number(n) if n.fract() == 0.0))),
        ("Number", "isNaN") => Ok(Js::Bool(matches!(first, Js::Number(n) if n.is_nan()))),
        ("Number", "isFinite") => Ok(Js::Bool(matches!(first, Js::Number(n) if n.is_finite()))),
        ("Array", "of") => Ok(Js::Array(arguments.to_vec())),
        ("Array", "isArray") => Ok(Js::Bool(matches!(first, Js::Array(_)))),
        ("Array", "from") if arguments.len() < 2 => match first {
            Js::Array(items) => Ok(Js::Array(items.clone())),
            Js::Text(text) => Ok(Js::Array(text.chars().map(Js::text).collect())),
            other => Err(expected("Array.from", "an array or a string", other)),
        },
        ("Object", "keys" | "values" | "entries") => match first {
            Js::Object(object) => Ok(Js::Array(
                object
                    .ordered()
                    .into_iter()
                    .map(|(k, v)| match name {
                        "keys" => Js::text(k.clone()),
                        "values" => v.clone(),
                        _ => Js::Array(vec![Js::text(k.clone()), v.clone()]),
                    })
                    .collect(),
            )),
            Js::Array(items) => Ok(Js::Array(
                items
                    .iter()
                    .enumerate()
                    .map(|(i, v)| match name {
                        "keys" => Js::text(i.to_string()),
                        "values" => v.clone(),
                        _ => Js::Array(vec![Js::text(i.to_string()), v.clone()]),
                    })
                    .collect(),
            )),
            other => Err(expected(&format!("Object.{name}"), "a document", other)),
        },
        ("Object", "assign") => {
            let mut object = Object::default();
            for argument in arguments {
                match argument {
                    Js::Object(o) => {
                        for (k, v) in o.ordered() {
                            object.set(k.clone(), v.clone());
                        }
                    }
                    Js::Undefined | Js::Null => {}
                    other => return Some(Err(expected("Object.assign", "documents", other))),
                }
            }
            Ok(Js::Object(object))
        }
        ("Object", "fromEntries") => match first {
            Js::Array(pairs) => pairs
                .iter()
                .map(|pair| match pair {
                    Js::Array(two) => match two.as_slice() {
                        [key, value] => Ok((key.to_key(world.zone)?, value.clone())),
                        _ => Err(Problem::new("an entry is `[key, value]`")),
                    },
                    other => Err(Problem::new(format!(
                        "an entry is `[key, value]`, not {}",
                        other.kind()
                    ))),
                })
                .collect::<Result<Object, _>>()
                .map(Js::Object),
            other => Err(expected("Object.fromEntries", "an array of entries", other)),
        },
        ("JSON" | "EJSON", "parse") => match first {
            Js::Text(text) => super::json::parse(text, space == "EJSON"),
            other => Err(expected(&format!("{space}.parse"), "text", other)),
        },
        ("EJSON", "deserialize") => super::json::interpret(first.clone(), 0),
        ("EJSON" | "JSON", "serialize" | "stringify") => Err(Problem::new(format!(
            "`{space}.{name}` makes text of a value"
        ))
        .with_help("write the value itself; results can be shown as Extended JSON")),
        _ => return None,
    })
}

fn buffer(value: &Js, encoding: &Js, world: &mut World<'_>) -> Result<Js, Problem> {
    let bytes = match (value, encoding) {
        (Js::Text(text), Js::Undefined) => text.as_bytes().to_vec(),
        (Js::Text(text), Js::Text(encoding)) => match encoding.to_ascii_lowercase().as_str() {
            "utf8" | "utf-8" => text.as_bytes().to_vec(),
            "hex" => hex("Buffer.from", text, world),
            "base64" | "base64url" => base64(text).0,
            other => {
                return Err(
                    Problem::new(format!("the encoding `{other}` cannot be read"))
                        .with_help("write `hex`, `base64` or `utf8`"),
                );
            }
        },
        (Js::Array(items), _) => bytes_of(items)?,
        (Js::Binary { bytes, .. }, _) => bytes.clone(),
        (other, _) => return Err(expected("Buffer.from", "text or bytes", other)),
    };
    Ok(Js::Binary { subtype: 0, bytes })
}

/// A random number in `0..1`.
fn random() -> f64 {
    let bytes = bson::Uuid::new().bytes();
    let word = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
    f64::from(word) / 4_294_967_296.0
}

fn math(name: &str, arguments: &[Js], zone: &Zone) -> Option<Result<Js, Problem>> {
    let numbers = arguments
        .iter()
        .map(|a| a.to_number(zone))
        .collect::<Result<Vec<_>, _>>();
    let numbers = match numbers {
        Ok(numbers) => numbers,
        Err(problem) => return Some(Err(problem)),
    };
    let x = numbers.first().copied().unwrap_or(f64::NAN);
    let y = numbers.get(1).copied().unwrap_or(f64::NAN);
    let any_nan = numbers.iter().any(|n| n.is_nan());
    let value = match name {
        "abs" => x.abs(),
        "floor" => x.floor(),
        "ceil" => x.ceil(),
        "round" => {
            if x.fract() == -0.5 {
                x.ceil()
            } else if x == 0.0 {
                x
            } else {
                let r = (x + 0.5).floor();
                // Halves go up, and what is just below a half must not.
                if (r - x) > 0.5 { r - 1.0 } else { r }
            }
        }
        "trunc" => x.trunc(),
        "sign" => {
            if x == 0.0 || x.is_nan() {
                x
            } else {
                x.signum()
            }
        }
        "sqrt" => x.sqrt(),
        "cbrt" => x.cbrt(),
        "pow" => operators::power(x, y),
        "exp" => x.exp(),
        "expm1" => x.exp_m1(),
        "log" => x.ln(),
        "log1p" => x.ln_1p(),
        "log2" => x.log2(),
        "log10" => x.log10(),
        "sin" => x.sin(),
        "cos" => x.cos(),
        "tan" => x.tan(),
        "asin" => x.asin(),
        "acos" => x.acos(),
        "atan" => x.atan(),
        "atan2" => x.atan2(y),
        "sinh" => x.sinh(),
        "cosh" => x.cosh(),
        "tanh" => x.tanh(),
        "asinh" => x.asinh(),
        "acosh" => x.acosh(),
        "atanh" => x.atanh(),
        "fround" => {
            #[expect(clippy::cast_possible_truncation, reason = "this is what fround does")]
            let single = x as f32;
            f64::from(single)
        }
        "clz32" => f64::from(number::to_int32(x).cast_unsigned().leading_zeros()),
        "imul" => f64::from(number::to_int32(x).wrapping_mul(number::to_int32(y))),
        "hypot" => hypot(&numbers),
        "max" if any_nan => f64::NAN,
        "min" if any_nan => f64::NAN,
        "max" => numbers.iter().copied().fold(f64::NEG_INFINITY, |a, b| {
            if b > a || (b == 0.0 && a == 0.0 && a.is_sign_negative()) {
                b
            } else {
                a
            }
        }),
        "min" => numbers.iter().copied().fold(f64::INFINITY, |a, b| {
            if b < a || (b == 0.0 && a == 0.0 && b.is_sign_negative()) {
                b
            } else {
                a
            }
        }),
        "random" => random(),
        _ => return None,
    };
    Some(Ok(Js::Number(value)))
}

/// The root of the sum of squares: scaled by the largest, with the lost bits carried along.
fn hypot(numbers: &[f64]) -> f64 {
    if numbers.iter().any(|n| n.is_infinite()) {
        return f64::INFINITY;
    }
    let largest = numbers.iter().fold(0.0_f64, |m, n| m.max(n.abs()));
    if numbers.iter().any(|n| n.is_nan()) {
        return f64::NAN;
    }
    if largest == 0.0 {
        return 0.0;
    }
    let (mut sum, mut lost) = (0.0, 0.0);
    for n in numbers {
        let scaled = n.abs() / largest;
        let summand = scaled * scaled - lost;
        let next = sum + summand;
        lost = (next - sum) - summand;
        sum = next;
    }
    sum.sqrt() * largest
}

/// The constants that hang on a name: `Math.PI`, `Long.MAX_VALUE`, …
pub(super) fn constant(space: &str, name: &str) -> Option<Js> {
    use std::f64::consts;
    Some(match (space, name) {
        ("Math", "PI") => Js::Number(consts::PI),
        ("Math", "E") => Js::Number(consts::E),
        ("Math", "LN2") => Js::Number(consts::LN_2),
        ("Math", "LN10") => Js::Number(consts::LN_10),
        ("Math", "LOG2E") => Js::Number(consts::LOG2_E),
        ("Math", "LOG10E") => Js::Number(consts::LOG10_E),
        ("Math", "SQRT2") => Js::Number(consts::SQRT_2),
        ("Math", "SQRT1_2") => Js::Number(consts::FRAC_1_SQRT_2),
        ("Number", "MAX_SAFE_INTEGER") => Js::Number(9_007_199_254_740_991.0),
        ("Number", "MIN_SAFE_INTEGER") => Js::Number(-9_007_199_254_740_991.0),
        ("Number", "MAX_VALUE") => Js::Number(f64::MAX),
        ("Number", "MIN_VALUE") => Js::Number(5e-324),
        ("Number", "EPSILON") => Js::Number(f64::EPSILON),
        ("Number", "NaN") => Js::Number(f64::NAN),
        ("Number", "POSITIVE_INFINITY") => Js::Number(f64::INFINITY),
        ("Number", "NEGATIVE_INFINITY") => Js::Number(f64::NEG_INFINITY),
        ("Long" | "NumberLong", "MAX_VALUE") => Js::Long(i64::MAX),
        ("Long" | "NumberLong", "MIN_VALUE") => Js::Long(i64::MIN),
        ("Long" | "NumberLong", "ZERO") => Js::Long(0),
        ("Long" | "NumberLong", "ONE") => Js::Long(1),
        ("Long" | "NumberLong", "NEG_ONE") => Js::Long(-1),
        ("Binary", "SUBTYPE_DEFAULT") => Js::Number(0.0),
        ("Binary", "SUBTYPE_FUNCTION") => Js::Number(1.0),
        ("Binary", "SUBTYPE_BYTE_ARRAY") => Js::Number(2.0),
        ("Binary", "SUBTYPE_UUID_OLD") => Js::Number(3.0),
        ("Binary", "SUBTYPE_UUID") => Js::Number(4.0),
        ("Binary", "SUBTYPE_MD5") => Js::Number(5.0),
        ("Binary", "SUBTYPE_USER_DEFINED") => Js::Number(128.0),
        _ => return None,
    })
}

/// The functions of `Math`, for `did you mean`.
pub(super) const MATH: [&str; 20] = [
    "abs", "ceil", "floor", "round", "trunc", "max", "min", "pow", "sqrt", "cbrt", "hypot", "exp",
    "log", "log2", "log10", "sin", "cos", "tan", "sign", "random",
];
