//! The methods of texts, which count in UTF-16 as JavaScript does.

use super::super::constructors::World;
use super::super::js::{Js, Problem};
use super::super::number;
use super::super::operators::too_long;
use super::{MAX_TEXT, count, from_units, index_argument, relative};

pub(in crate::query) fn text_argument(
    value: Option<&Js>,
    world: &World<'_>,
) -> Result<String, Problem> {
    match value {
        None => Ok("undefined".into()),
        Some(Js::Regex { .. }) => Err(Problem::new("a regular expression cannot be applied here")
            .with_help("write a string, or the result itself")),
        Some(v) => v.to_text(world.zone),
    }
}

pub(in crate::query) fn text_method(
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

pub(in crate::query) fn split(
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
