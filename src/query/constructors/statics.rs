//! What hangs on a name: `Math.max`, `Date.UTC`, `Long.fromString`, `Number.MAX_SAFE_INTEGER`, …
//!
//! A closed set of functions of values; knows no syntax.

use bson::oid::ObjectId;

use super::super::js::{Js, Object, Problem};
use super::super::{date, date_text, json, number, operators};
use super::binary::{base64, bin_data, bytes_of, hex, hex_data, uuid};
use super::numeric::{decimal, int32, long, number_long};
use super::{World, call, expected, object_id, timestamp};

pub(in crate::query) fn members(name: &str) -> &'static str {
    match name {
        "Math" => "`Math.floor(…)`, `Math.max(…)`, …",
        "Buffer" => "`Buffer.from(…)`",
        "JSON" => "`JSON.parse(…)`",
        _ => "`EJSON.parse(…)`",
    }
}

/// The functions that hang on a name: `Math.max`, `Date.UTC`, `Long.fromString`, …; `None` where there is none.
pub(in crate::query) fn call_static(
    space: &str,
    name: &str,
    arguments: &[Js],
    world: &mut World<'_>,
) -> Option<Result<Js, Problem>> {
    let first = arguments.first().unwrap_or(&Js::Undefined);
    let second = arguments.get(1).unwrap_or(&Js::Undefined);
    Some(match (space, name) {
        ("Math", _) => return math(name, arguments, world),
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
            Js::Text(text) => json::parse(text, space == "EJSON"),
            other => Err(expected(&format!("{space}.parse"), "text", other)),
        },
        ("EJSON", "deserialize") => json::interpret(first.clone(), 0),
        ("EJSON" | "JSON", "serialize" | "stringify") => Err(Problem::new(format!(
            "`{space}.{name}` makes text of a value"
        ))
        .with_help("write the value itself; results can be shown as Extended JSON")),
        _ => return None,
    })
}

pub(in crate::query) fn buffer(
    value: &Js,
    encoding: &Js,
    world: &mut World<'_>,
) -> Result<Js, Problem> {
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
fn random(world: &mut World<'_>) -> f64 {
    let bytes = world.draw().to_le_bytes();
    let word = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
    f64::from(word) / 4_294_967_296.0
}

pub(in crate::query) fn math(
    name: &str,
    arguments: &[Js],
    world: &mut World<'_>,
) -> Option<Result<Js, Problem>> {
    let numbers = arguments
        .iter()
        .map(|a| a.to_number(world.zone))
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
        "random" => random(world),
        _ => return None,
    };
    Some(Ok(Js::Number(value)))
}

/// The root of the sum of squares: scaled by the largest, with the lost bits carried along.
pub(in crate::query) fn hypot(numbers: &[f64]) -> f64 {
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
pub(in crate::query) fn constant(space: &str, name: &str) -> Option<Js> {
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
pub(in crate::query) const MATH: [&str; 20] = [
    "abs", "ceil", "floor", "round", "trunc", "max", "min", "pow", "sqrt", "cbrt", "hypot", "exp",
    "log", "log2", "log10", "sin", "cos", "tan", "sign", "random",
];
