//! Properties and methods of evaluated values: `"a,b".split(",")`, `new Date().getTime()`, `[1, 2].length`, …
//!
//! A closed set, and none that takes a function. Knows no syntax.

use super::constructors::World;
use super::date::{self, Form, Parts};
use super::js::{Js, Problem, array_index};
use super::number;
use super::operators::too_long;

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

fn text_argument(value: Option<&Js>, world: &World<'_>) -> Result<String, Problem> {
    match value {
        None => Ok("undefined".into()),
        Some(Js::Regex { .. }) => Err(Problem::new("a regular expression cannot be applied here")
            .with_help("write a string, or the result itself")),
        Some(v) => v.to_text(world.zone),
    }
}

fn text_method(
    text: &str,
    name: &str,
    arguments: &[Js],
    world: &World<'_>,
) -> Result<Option<Js>, Problem> {
    let first = arguments.first();
    let units = || text.encode_utf16().collect::<Vec<u16>>();
    Ok(Some(match name {
        "toUpperCase" | "toLocaleUpperCase" => Js::Text(text.to_uppercase()),
        "toLowerCase" | "toLocaleLowerCase" => Js::Text(text.to_lowercase()),
        "trim" => Js::text(text.trim_matches(number::is_space)),
        "trimStart" | "trimLeft" => Js::text(text.trim_start_matches(number::is_space)),
        "trimEnd" | "trimRight" => Js::text(text.trim_end_matches(number::is_space)),
        "concat" => {
            let mut out = text.to_owned();
            for a in arguments {
                out.push_str(&a.to_text(world.zone)?);
            }
            if out.len() > MAX_TEXT {
                return Err(too_long());
            }
            Js::Text(out)
        }
        "includes" if arguments.len() < 2 => Js::Bool(text.contains(&text_argument(first, world)?)),
        "startsWith" if arguments.len() < 2 => {
            Js::Bool(text.starts_with(&text_argument(first, world)?))
        }
        "endsWith" if arguments.len() < 2 => {
            Js::Bool(text.ends_with(&text_argument(first, world)?))
        }
        "indexOf" | "lastIndexOf" if arguments.len() < 2 => {
            let needle = text_argument(first, world)?;
            let at = if name == "indexOf" {
                text.find(&needle)
            } else {
                text.rfind(&needle)
            };
            match at {
                Some(at) => count(text[..at].encode_utf16().count()),
                None => Js::Number(-1.0),
            }
        }
        "split" => split(text, first, arguments.get(1), world)?,
        "replace" | "replaceAll" => {
            let from = text_argument(first, world)?;
            let to = text_argument(arguments.get(1), world)?;
            if to.contains('$') {
                return Err(
                    Problem::new("`$` has a meaning of its own in a replacement")
                        .with_help("write the result itself"),
                );
            }
            let pieces = if name == "replace" {
                1
            } else {
                text.matches(&from).count()
            };
            if text.len() + pieces.saturating_mul(to.len()) > MAX_TEXT {
                return Err(too_long());
            }
            Js::Text(if name == "replace" {
                text.replacen(&from, &to, 1)
            } else {
                text.replace(&from, &to)
            })
        }
        "repeat" => {
            let n = index_argument(first, 0.0, world)?;
            if n < 0.0 || n.is_infinite() {
                return Err(Problem::new("a text is repeated 0 or more times"));
            }
            #[expect(clippy::cast_precision_loss, reason = "compared with a bound only")]
            if n * text.len() as f64 > MAX_TEXT as f64 {
                return Err(too_long());
            }
            Js::Text(text.repeat(relative(n, MAX_TEXT)))
        }
        "padStart" | "padEnd" => {
            let units = units();
            let width = relative(index_argument(first, 0.0, world)?.max(0.0), MAX_TEXT);
            let pad = match arguments.get(1) {
                None | Some(Js::Undefined) => " ".to_owned(),
                Some(v) => v.to_text(world.zone)?,
            };
            if width <= units.len() || pad.is_empty() {
                Js::text(text)
            } else {
                let fill: Vec<u16> = pad
                    .encode_utf16()
                    .cycle()
                    .take(width - units.len())
                    .collect();
                let whole = if name == "padStart" {
                    [fill, units].concat()
                } else {
                    [units, fill].concat()
                };
                from_units(&whole)?
            }
        }
        "charAt" | "at" | "charCodeAt" | "codePointAt" => {
            let units = units();
            let mut at = index_argument(first, 0.0, world)?;
            #[expect(clippy::cast_precision_loss, reason = "lengths are far below 2^53")]
            if at < 0.0 && name == "at" {
                at += units.len() as f64;
            }
            let found = if at < 0.0 {
                None
            } else {
                units.get(relative(at, usize::MAX >> 12))
            };
            match (name, found) {
                ("charAt" | "at", Some(unit)) => from_units(&[*unit])?,
                ("charAt", None) => Js::text(""),
                ("charCodeAt", Some(unit)) => Js::Number(f64::from(*unit)),
                ("charCodeAt", None) => Js::Number(f64::NAN),
                ("codePointAt", Some(_)) => {
                    let rest = units.get(relative(at, units.len())..).unwrap_or(&[]);
                    match char::decode_utf16(rest.iter().copied()).next() {
                        Some(Ok(c)) => Js::Number(f64::from(u32::from(c))),
                        Some(Err(e)) => Js::Number(f64::from(e.unpaired_surrogate())),
                        None => Js::Undefined,
                    }
                }
                _ => Js::Undefined,
            }
        }
        "slice" | "substring" | "substr" => {
            let units = units();
            let length = units.len();
            let a = index_argument(first, 0.0, world)?;
            let b = index_argument(arguments.get(1), f64::INFINITY, world)?;
            let (start, end) = match name {
                "slice" => (relative(a, length), relative(b, length)),
                "substr" => {
                    let start = relative(a, length);
                    (
                        start,
                        start
                            .saturating_add(relative(b.max(0.0), length))
                            .min(length),
                    )
                }
                _ => {
                    let (x, y) = (relative(a.max(0.0), length), relative(b.max(0.0), length));
                    (x.min(y), x.max(y))
                }
            };
            from_units(units.get(start..end.max(start)).unwrap_or(&[]))?
        }
        "normalize" => return Ok(None),
        _ => return Ok(None),
    }))
}

fn split(
    text: &str,
    separator: Option<&Js>,
    limit: Option<&Js>,
    world: &World<'_>,
) -> Result<Js, Problem> {
    let limit = match limit {
        None | Some(Js::Undefined) => usize::MAX,
        Some(v) => {
            usize::try_from(number::to_int32(v.to_number(world.zone)?)).unwrap_or(usize::MAX)
        }
    };
    let pieces: Vec<Js> = match separator {
        None | Some(Js::Undefined) => vec![Js::text(text)],
        Some(_) => {
            let separator = text_argument(separator, world)?;
            if separator.is_empty() {
                text.chars().take(limit).map(Js::text).collect()
            } else {
                text.split(separator.as_str())
                    .take(limit)
                    .map(Js::text)
                    .collect()
            }
        }
    };
    Ok(Js::Array(pieces.into_iter().take(limit).collect()))
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

fn date_method(
    ms: f64,
    name: &str,
    arguments: &[Js],
    world: &World<'_>,
) -> Result<Option<Js>, Problem> {
    let zone = world.zone;
    let utc = name
        .strip_prefix("getUTC")
        .or_else(|| name.strip_prefix("setUTC"))
        .is_some();
    let part_name = name
        .strip_prefix("getUTC")
        .or_else(|| name.strip_prefix("setUTC"))
        .or_else(|| name.strip_prefix("get"))
        .or_else(|| name.strip_prefix("set"))
        .unwrap_or("");
    let parts = || {
        if utc {
            date::parts(ms)
        } else {
            date::local_parts(ms, zone)
        }
    };
    let getter = name.starts_with("get");
    Ok(Some(match (name, part_name) {
        ("getTime" | "valueOf", _) => Js::Number(ms),
        ("getTimezoneOffset", _) => Js::Number(0.0 - zone.offset_at(ms) / 60_000.0),
        ("toISOString", _) => {
            Js::Text(date::to_iso(ms).ok_or_else(|| Problem::new("this is not a date"))?)
        }
        ("toJSON", _) => date::to_iso(ms).map_or(Js::Null, Js::Text),
        ("toString", _) => Js::Text(date::to_text(ms, zone, Form::Full)),
        ("toDateString", _) => Js::Text(date::to_text(ms, zone, Form::Day)),
        ("toTimeString", _) => Js::Text(date::to_text(ms, zone, Form::Time)),
        ("toUTCString" | "toGMTString", _) => Js::Text(date::to_text(ms, zone, Form::Universal)),
        ("setTime", _) => {
            let n = arguments
                .first()
                .unwrap_or(&Js::Undefined)
                .to_number(zone)?;
            Js::Number(date::clip(n))
        }
        (_, "FullYear") if getter => Js::Number(parts().year),
        (_, "Month") if getter => Js::Number(parts().month),
        (_, "Date") if getter => Js::Number(parts().day),
        (_, "Day") if getter => Js::Number(parts().weekday),
        (_, "Hours") if getter => Js::Number(parts().hour),
        (_, "Minutes") if getter => Js::Number(parts().minute),
        (_, "Seconds") if getter => Js::Number(parts().second),
        (_, "Milliseconds") if getter => Js::Number(parts().milli),
        (_, "FullYear" | "Month" | "Date" | "Hours" | "Minutes" | "Seconds" | "Milliseconds")
            if name.starts_with("set") =>
        {
            let mut p = parts();
            if part_name == "FullYear" && ms.is_nan() {
                p = date::parts(0.0);
            }
            let numbers = arguments
                .iter()
                .map(|a| a.to_number(zone))
                .collect::<Result<Vec<_>, _>>()?;
            set_parts(&mut p, part_name, &numbers);
            let local = date::from_parts(&p);
            Js::Number(if utc {
                date::clip(local)
            } else {
                date::to_universal(local, zone)
            })
        }
        _ => return Ok(None),
    }))
}

fn set_parts(p: &mut Parts, first: &str, numbers: &[f64]) {
    let order = [
        "FullYear",
        "Month",
        "Date",
        "Hours",
        "Minutes",
        "Seconds",
        "Milliseconds",
    ];
    let start = order.iter().position(|o| *o == first).unwrap_or(0);
    // Those of the day do not run over into those of the time.
    let end = if start < 3 { 3 } else { 7 };
    if numbers.is_empty() {
        p.day = f64::NAN;
        return;
    }
    for (name, n) in order[start..end].iter().zip(numbers) {
        match *name {
            "FullYear" => p.year = *n,
            "Month" => p.month = *n,
            "Date" => p.day = *n,
            "Hours" => p.hour = *n,
            "Minutes" => p.minute = *n,
            "Seconds" => p.second = *n,
            _ => p.milli = *n,
        }
    }
}
