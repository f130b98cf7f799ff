//! The constructors of numbers: `NumberInt`, `NumberLong`, `NumberDecimal`, `BigInt`, …
//!
//! Digits that the shell would drop silently are warned of.

use std::str::FromStr as _;

use bson::Decimal128;

use super::super::js::{Js, Problem};
use super::super::number;
use super::{World, expected, shortened};

pub(in crate::query) fn number_int(value: &Js, world: &mut World<'_>) -> Result<Js, Problem> {
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

pub(in crate::query) fn number_long(value: &Js, world: &mut World<'_>) -> Result<Js, Problem> {
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
pub(in crate::query) fn long_from_number(n: f64) -> i64 {
    n as i64
}

/// The lowest 64 bits.
#[expect(clippy::cast_possible_truncation, reason = "wrapping is the rule")]
pub(in crate::query) fn wrap(n: i128) -> i64 {
    n as i64
}

/// Digits in runs of eight, wrapping, as the driver reads them.
pub(in crate::query) fn long_from_text(text: &str) -> Result<i64, Problem> {
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

pub(in crate::query) fn long(arguments: &[Js], world: &mut World<'_>) -> Result<Js, Problem> {
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

pub(in crate::query) fn number_decimal(value: &Js, world: &mut World<'_>) -> Result<Js, Problem> {
    match value {
        Js::Undefined => decimal("0"),
        Js::Text(text) => decimal(text),
        Js::Decimal(d) => Ok(Js::Decimal(*d)),
        Js::Number(_) | Js::Int32(_) | Js::Long(_) => decimal(&value.to_text(world.zone)?),
        other => Err(expected("NumberDecimal", "a number in quotes", other)),
    }
}

pub(in crate::query) fn decimal(text: &str) -> Result<Js, Problem> {
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

pub(in crate::query) fn big_int(value: &Js) -> Result<Js, Problem> {
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

pub(in crate::query) fn int32(value: &Js, world: &mut World<'_>) -> Result<Js, Problem> {
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
