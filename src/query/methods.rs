//! Properties and methods of evaluated values: `"a,b".split(",")`, `new Date().getTime()`, `[1, 2].length`, …
//!
//! A closed set, and none that takes a function. Knows no syntax.

mod dates;
mod texts;

use super::constructors::World;
use super::js::{Js, Problem, array_index};
use super::number;
use super::operators::too_long;
use dates::date_method;
use texts::text_method;

const MAX_TEXT: usize = 16 * 1024 * 1024;

/// Methods that take a function, which nothing here runs.
const WITH_FUNCTION: [&str; 14] = [
    "map",
    "filter",
    "forEach",
    "reduce",
    "reduceRight",
    "some",
    "every",
    "find",
    "findIndex",
    "flatMap",
    "then",
    "catch",
    "call",
    "apply",
];

/// A property of a value that is not called.
pub(super) fn property(value: Js, name: &str) -> Result<Js, Problem> {
    let found = match (&value, name) {
        (Js::Undefined | Js::Null, _) => {
            return Err(Problem::new(format!("{} has no `{name}`", value.kind())));
        }
        (Js::Object(_), _) => {
            if matches!(name, "constructor" | "__proto__" | "prototype") {
                return Err(reflection(name));
            }
            let Js::Object(object) = value else {
                return Ok(Js::Undefined);
            };
            return Ok(object.take(name).unwrap_or(Js::Undefined));
        }
        (Js::Array(items), "length") => Some(count(items.len())),
        (Js::Text(text), "length") => Some(count(text.encode_utf16().count())),
        (Js::Array(_), _) if array_index(name).is_some() => {
            let Js::Array(mut items) = value else {
                return Ok(Js::Undefined);
            };
            let at =
                array_index(name).map_or(usize::MAX, |n| usize::try_from(n).unwrap_or(usize::MAX));
            return Ok(if at < items.len() {
                items.swap_remove(at)
            } else {
                Js::Undefined
            });
        }
        (Js::Text(text), _) if array_index(name).is_some() => {
            let at =
                array_index(name).map_or(usize::MAX, |n| usize::try_from(n).unwrap_or(usize::MAX));
            let units: Vec<u16> = text.encode_utf16().skip(at).take(1).collect();
            Some(if units.is_empty() {
                Js::Undefined
            } else {
                from_units(&units)?
            })
        }
        // Any other index: there is nothing at it.
        (Js::Array(_) | Js::Text(_), _)
            if name == "NaN" || (!name.is_empty() && !number::from_text(name).is_nan()) =>
        {
            Some(Js::Undefined)
        }
        (Js::Regex { source, .. }, "source") => Some(Js::text(source.clone())),
        (Js::Regex { flags, .. }, "flags") => Some(Js::text(flags.clone())),
        (Js::ObjectId(id), "str") => Some(Js::text(id.to_hex())),
        (Js::Int32(n), "value") => Some(Js::Number(f64::from(*n))),
        (Js::Double(n), "value") => Some(Js::Number(*n)),
        (Js::Long(n), "low") => Some(Js::Number(f64::from(low_bits(*n)))),
        (Js::Long(n), "high") => Some(Js::Number(f64::from(high_bits(*n)))),
        (Js::Timestamp { time, .. }, "t" | "high") => Some(Js::Number(f64::from(*time))),
        (Js::Timestamp { increment, .. }, "i" | "low") => Some(Js::Number(f64::from(*increment))),
        (Js::Binary { subtype, .. }, "sub_type") => Some(Js::Number(f64::from(*subtype))),
        (Js::Code { code, .. }, "code") => Some(Js::text(code.clone())),
        _ => None,
    };
    found.ok_or_else(|| {
        if matches!(name, "constructor" | "__proto__" | "prototype") {
            reflection(name)
        } else {
            Problem::new(format!(
                "{} has no property `{name}` that can be used here",
                value.kind()
            ))
            .with_help("write the value itself; to call a method add `()`")
        }
    })
}

fn reflection(name: &str) -> Problem {
    Problem::new(format!(
        "`{name}` leads into the language itself, and nothing is executed here"
    ))
    .with_help("write the value itself")
}

fn low_bits(n: i64) -> i32 {
    let b = n.to_le_bytes();
    i32::from_le_bytes([b[0], b[1], b[2], b[3]])
}

fn high_bits(n: i64) -> i32 {
    let b = n.to_le_bytes();
    i32::from_le_bytes([b[4], b[5], b[6], b[7]])
}

fn count(n: usize) -> Js {
    #[expect(clippy::cast_precision_loss, reason = "lengths are far below 2^53")]
    Js::Number(n as f64)
}

fn from_units(units: &[u16]) -> Result<Js, Problem> {
    String::from_utf16(units)
        .map(Js::Text)
        .map_err(|_| Problem::new("this cuts a character in half, which cannot be stored"))
}

/// A method of a value.
pub(super) fn call(
    value: Js,
    name: &str,
    arguments: &[Js],
    world: &mut World<'_>,
) -> Result<Js, Problem> {
    let unknown = |value: &Js| {
        if WITH_FUNCTION.contains(&name) {
            Problem::new(format!(
                "`{name}` runs a function, and nothing is executed here"
            ))
            .with_help("write its result, or use an aggregation stage such as `$map` or `$filter`")
        } else if matches!(name, "constructor" | "__proto__" | "prototype") {
            reflection(name)
        } else {
            Problem::new(format!(
                "{} has no method `{name}` that can be used here",
                value.kind()
            ))
            .with_help("nothing is executed: write its result instead")
        }
    };
    let found = match &value {
        Js::Undefined | Js::Null => {
            return Err(Problem::new(format!("{} has no `{name}`", value.kind())));
        }
        Js::Text(text) => text_method(text, name, arguments, world)?,
        Js::Array(items) => array_method(items, name, arguments, world)?,
        Js::Date(ms) => date_method(*ms, name, arguments, world)?,
        Js::Number(n) => number_method(*n, name, arguments, world)?,
        Js::Int32(n) => number_method(f64::from(*n), name, arguments, world)?,
        Js::Double(n) => number_method(*n, name, arguments, world)?,
        Js::ObjectId(id) => match name {
            "toHexString" | "valueOf" => Some(Js::text(id.to_hex())),
            #[expect(clippy::cast_precision_loss, reason = "seconds of 32 bits")]
            "getTimestamp" => Some(Js::Date(id.timestamp().timestamp_millis() as f64)),
            "equals" => Some(Js::Bool(match arguments.first() {
                Some(Js::ObjectId(other)) => other == id,
                Some(Js::Text(text)) => text.eq_ignore_ascii_case(&id.to_hex()),
                _ => false,
            })),
            _ => None,
        },
        Js::Long(n) => match name {
            #[expect(clippy::cast_precision_loss, reason = "this is what toNumber does")]
            "toNumber" => Some(Js::Number(*n as f64)),
            "toInt" => Some(Js::Number(f64::from(low_bits(*n)))),
            "toBigInt" => Some(Js::BigInt(i128::from(*n))),
            "valueOf" => Some(Js::Long(*n)),
            "negate" | "neg" => Some(Js::Long(n.wrapping_neg())),
            "add" | "sub" | "subtract" | "multiply" | "mul" | "divide" | "div" | "modulo"
            | "mod" => Some(long_method(*n, name, arguments.first(), world)?),
            _ => None,
        },
        Js::Timestamp { time, .. } => match name {
            "getHighBits" => Some(Js::Number(f64::from(*time))),
            _ => None,
        },
        Js::Regex { .. } if name == "test" => {
            return Err(Problem::new("a regular expression cannot be tried here")
                .with_help("write `true` or `false`, or use `$regexMatch` in the query"));
        }
        _ => None,
    };
    if let Some(found) = found {
        return Ok(found);
    }
    match name {
        "toString" if arguments.is_empty() => value.to_text(world.zone).map(Js::Text),
        "valueOf" if arguments.is_empty() => Ok(value),
        _ => Err(unknown(&value)),
    }
}

fn long_method(n: i64, name: &str, other: Option<&Js>, world: &World<'_>) -> Result<Js, Problem> {
    let other = match other {
        Some(Js::Long(m)) => *m,
        Some(Js::BigInt(m)) => i64::try_from(*m).unwrap_or(0),
        Some(value) => {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "saturates, as the driver does"
            )]
            let m = value.to_number(world.zone)? as i64;
            m
        }
        None => return Err(Problem::new(format!("`{name}` takes a number"))),
    };
    Ok(Js::Long(match name {
        "add" => n.wrapping_add(other),
        "sub" | "subtract" => n.wrapping_sub(other),
        "mul" | "multiply" => n.wrapping_mul(other),
        _ if other == 0 => return Err(Problem::new("a division by zero")),
        "div" | "divide" => n.wrapping_div(other),
        _ => n.wrapping_rem(other),
    }))
}

fn index_argument(value: Option<&Js>, default: f64, world: &World<'_>) -> Result<f64, Problem> {
    match value {
        None | Some(Js::Undefined) => Ok(default),
        Some(v) => {
            let n = v.to_number(world.zone)?;
            Ok(if n.is_nan() { 0.0 } else { n.trunc() })
        }
    }
}

/// A place of `slice`: negative counts from the end.
fn relative(n: f64, length: usize) -> usize {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "clamped to the length"
    )]
    let at = if n < 0.0 {
        (length as f64 + n).max(0.0)
    } else {
        n.min(length as f64)
    } as usize;
    at
}

fn array_method(
    items: &[Js],
    name: &str,
    arguments: &[Js],
    world: &World<'_>,
) -> Result<Option<Js>, Problem> {
    let first = arguments.first();
    Ok(Some(match name {
        "concat" => {
            let mut out = items.to_vec();
            for a in arguments {
                match a {
                    Js::Array(more) => out.extend(more.iter().cloned()),
                    other => out.push(other.clone()),
                }
            }
            Js::Array(out)
        }
        "join" => {
            let separator = match first {
                None | Some(Js::Undefined) => ",".to_owned(),
                Some(v) => v.to_text(world.zone)?,
            };
            let mut out = String::new();
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push_str(&separator);
                }
                if !item.is_nothing() {
                    out.push_str(&item.to_text(world.zone)?);
                }
                if out.len() > MAX_TEXT {
                    return Err(too_long());
                }
            }
            Js::Text(out)
        }
        "slice" => {
            let start = relative(index_argument(first, 0.0, world)?, items.len());
            let end = relative(
                index_argument(arguments.get(1), f64::INFINITY, world)?,
                items.len(),
            );
            Js::Array(items.get(start..end.max(start)).unwrap_or(&[]).to_vec())
        }
        "reverse" => Js::Array(items.iter().rev().cloned().collect()),
        "sort" if first.is_none_or(|v| matches!(v, Js::Undefined)) => {
            let mut keyed = items
                .iter()
                .map(|v| match v {
                    Js::Undefined => Ok((true, Vec::new(), v.clone())),
                    v => Ok((
                        false,
                        v.to_text(world.zone)?.encode_utf16().collect::<Vec<u16>>(),
                        v.clone(),
                    )),
                })
                .collect::<Result<Vec<_>, Problem>>()?;
            keyed.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
            Js::Array(keyed.into_iter().map(|(_, _, v)| v).collect())
        }
        "includes" => {
            let needle = first.unwrap_or(&Js::Undefined);
            let nan = matches!(needle, Js::Number(n) if n.is_nan());
            Js::Bool(items.iter().any(|v| {
                v.strictly_equals(needle) || (nan && matches!(v, Js::Number(n) if n.is_nan()))
            }))
        }
        "indexOf" => {
            let needle = first.unwrap_or(&Js::Undefined);
            match items.iter().position(|v| v.strictly_equals(needle)) {
                Some(at) => count(at),
                None => Js::Number(-1.0),
            }
        }
        "at" => {
            let mut at = index_argument(first, 0.0, world)?;
            #[expect(clippy::cast_precision_loss, reason = "lengths are far below 2^53")]
            if at < 0.0 {
                at += items.len() as f64;
            }
            if at < 0.0 {
                Js::Undefined
            } else {
                items
                    .get(relative(at, items.len()))
                    .cloned()
                    .unwrap_or(Js::Undefined)
            }
        }
        "flat" if first.is_none() => Js::Array(
            items
                .iter()
                .flat_map(|v| match v {
                    Js::Array(inner) => inner.clone(),
                    other => vec![other.clone()],
                })
                .collect(),
        ),
        _ => return Ok(None),
    }))
}

fn number_method(
    n: f64,
    name: &str,
    arguments: &[Js],
    world: &World<'_>,
) -> Result<Option<Js>, Problem> {
    Ok(Some(match name {
        "toFixed" => {
            let digits = index_argument(arguments.first(), 0.0, world)?;
            if !(0.0..=100.0).contains(&digits) || n.abs() >= 1e21 {
                return Err(Problem::new("`toFixed` takes 0 to 100 digits"));
            }
            Js::Text(fixed(n, relative(digits, 100)))
        }
        "toString" => match arguments.first() {
            None | Some(Js::Undefined) => Js::Text(number::to_text(n)),
            Some(radix) => {
                let radix = number::to_int32(radix.to_number(world.zone)?);
                if radix == 10 {
                    Js::Text(number::to_text(n))
                } else {
                    let text = u32::try_from(radix)
                        .ok()
                        .and_then(|r| number::to_radix(n, r));
                    Js::Text(text.ok_or_else(|| {
                        Problem::new("only whole numbers can be written in another radix, 2 to 36")
                    })?)
                }
            }
        },
        "valueOf" => Js::Number(n),
        _ => return Ok(None),
    }))
}

/// `toFixed`: exact decimal expansion, halves away from zero.
fn fixed(n: f64, digits: usize) -> String {
    if !n.is_finite() {
        return number::to_text(n);
    }
    // 1100 digits are the whole expansion of any double.
    let exact = format!("{:.1100}", n.abs());
    let (whole, part) = exact.split_once('.').unwrap_or((&exact, ""));
    let mut kept: Vec<u8> = whole.bytes().chain(part.bytes().take(digits)).collect();
    if part.as_bytes().get(digits).is_some_and(|d| *d >= b'5') {
        let mut at = kept.len();
        loop {
            if at == 0 {
                kept.insert(0, b'1');
                break;
            }
            at -= 1;
            if kept[at] == b'9' {
                kept[at] = b'0';
            } else {
                kept[at] += 1;
                break;
            }
        }
    }
    let point = kept.len() - digits;
    let text: String = kept.into_iter().map(char::from).collect();
    let sign = if n < 0.0 { "-" } else { "" };
    if digits == 0 {
        format!("{sign}{text}")
    } else {
        format!("{sign}{}.{}", &text[..point], &text[point..])
    }
}
