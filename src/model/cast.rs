//! What Mongoose would make of a value of another kind.
//!
//! Used to tell a value that only needs converting (there is a fix) from one that is refused, and to read the defaults
//! and bounds of schemas. Pure. Invariant: a value that already is of the kind is never changed.

use bson::raw::RawBsonRef;
use bson::spec::BinarySubtype;
use bson::{Binary, DateTime, Decimal128, RawBson, RawDocumentBuf, oid::ObjectId};

use super::Kind;

/// The largest integer up to which a double holds every integer; beyond it the driver keeps an object of its own.
const SAFE: i64 = 9_007_199_254_740_991;
/// The last millisecond that a JavaScript date can be at.
const LAST_DATE: i64 = 8_640_000_000_000_000;

/// What becomes of a value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cast {
    /// It is of the kind already, integer width aside.
    Fits,
    /// It would be converted to this.
    To(RawBson),
    /// It would be converted to nothing: an empty text where a number or a date is wanted.
    ToNull,
    /// It would be refused.
    Fails,
}

/// What Mongoose makes of `value` for a field of a simple kind. `null` is not asked about; kinds with parts
/// (arrays, maps, documents) are not decided here and come out as [`Cast::Fails`] unless the shape fits.
pub(super) fn cast(kind: &Kind, value: RawBsonRef<'_>) -> Cast {
    let one = single(value);
    match kind {
        Kind::Mixed | Kind::Unknown => Cast::Fits,
        Kind::String => match value {
            RawBsonRef::String(_) => Cast::Fits,
            _ => match one.and_then(text_of) {
                Some(text) => Cast::To(RawBson::String(text)),
                None => Cast::Fails,
            },
        },
        Kind::Boolean => match value {
            RawBsonRef::Boolean(_) => Cast::Fits,
            _ => match truth(value) {
                Some(b) => Cast::To(RawBson::Boolean(b)),
                None => Cast::Fails,
            },
        },
        Kind::Number => match value {
            RawBsonRef::Int32(_) => Cast::Fits,
            RawBsonRef::Double(d) if !d.is_nan() => Cast::Fits,
            RawBsonRef::Int64(n) if is_safe(n) => Cast::Fits,
            RawBsonRef::Boolean(b) => Cast::To(RawBson::Int32(i32::from(b))),
            RawBsonRef::String("") => Cast::ToNull,
            RawBsonRef::Array(_) => Cast::Fails,
            _ => match as_number(value) {
                Some(n) if !n.is_nan() => Cast::To(number(n)),
                _ => Cast::Fails,
            },
        },
        Kind::Double => match value {
            RawBsonRef::Int32(_) | RawBsonRef::Double(_) => Cast::Fits,
            RawBsonRef::Int64(n) if is_safe(n) => Cast::Fits,
            RawBsonRef::String("") => Cast::ToNull,
            // A plain object becomes not-a-number, which nobody wants to be offered.
            _ => match one {
                Some(RawBsonRef::String(s)) if s.trim() != s => Cast::Fails,
                Some(RawBsonRef::Boolean(b)) => Cast::To(RawBson::Double(f64::from(u8::from(b)))),
                Some(other) => match as_number(other) {
                    Some(n) if !n.is_nan() => Cast::To(RawBson::Double(n)),
                    _ => Cast::Fails,
                },
                None => Cast::Fails,
            },
        },
        Kind::Int32 => match value {
            RawBsonRef::Int32(_) => Cast::Fits,
            RawBsonRef::Int64(n) if i32::try_from(n).is_ok() => Cast::Fits,
            RawBsonRef::Double(d) if whole32(d).is_some() => Cast::Fits,
            RawBsonRef::Boolean(b) => Cast::To(RawBson::Int32(i32::from(b))),
            RawBsonRef::String("") => Cast::ToNull,
            RawBsonRef::String(_) | RawBsonRef::Decimal128(_) | RawBsonRef::DateTime(_) => {
                match as_number(value).and_then(whole32) {
                    Some(n) => Cast::To(RawBson::Int32(n)),
                    None => Cast::Fails,
                }
            }
            _ => Cast::Fails,
        },
        Kind::BigInt => match value {
            RawBsonRef::Int64(_) => Cast::Fits,
            RawBsonRef::Int32(n) => Cast::To(RawBson::Int64(i64::from(n))),
            RawBsonRef::Double(d) => match whole64(d) {
                Some(n) => Cast::To(RawBson::Int64(n)),
                None => Cast::Fails,
            },
            RawBsonRef::String(s) => match s.trim() {
                "" => Cast::ToNull,
                t => match parse_integer(t) {
                    Some(n) => Cast::To(RawBson::Int64(n)),
                    None => Cast::Fails,
                },
            },
            _ => Cast::Fails,
        },
        Kind::Decimal128 => match value {
            RawBsonRef::Decimal128(_) => Cast::Fits,
            _ => match one {
                Some(RawBsonRef::Decimal128(d)) => Cast::To(RawBson::Decimal128(d)),
                Some(RawBsonRef::String(s)) => decimal(s),
                Some(RawBsonRef::Int32(n)) => decimal(&n.to_string()),
                Some(RawBsonRef::Int64(n)) if is_safe(n) => decimal(&n.to_string()),
                Some(RawBsonRef::Double(d)) => decimal(&js_number(d)),
                _ => Cast::Fails,
            },
        },
        Kind::Date => match value {
            RawBsonRef::DateTime(at) if at.timestamp_millis().abs() <= LAST_DATE => Cast::Fits,
            RawBsonRef::String("") => Cast::ToNull,
            RawBsonRef::Int32(n) => Cast::To(date(i64::from(n))),
            RawBsonRef::Int64(n) if n.abs() <= LAST_DATE => Cast::To(date(n)),
            #[expect(clippy::cast_possible_truncation, reason = "bounded by the last date")]
            RawBsonRef::Double(d) if d.abs() <= LAST_DATE as f64 => {
                Cast::To(date(d.trunc() as i64))
            }
            RawBsonRef::String(s) => match parse_date(s) {
                #[expect(clippy::cast_possible_truncation, reason = "bounded by the last date")]
                Some(ms) if ms.abs() <= LAST_DATE as f64 => Cast::To(date(ms as i64)),
                _ => Cast::Fails,
            },
            _ => Cast::Fails,
        },
        Kind::ObjectId => match value {
            RawBsonRef::ObjectId(_) => Cast::Fits,
            RawBsonRef::Document(d) => match d.get("_id").ok().flatten() {
                Some(RawBsonRef::ObjectId(id)) => Cast::To(RawBson::ObjectId(id)),
                _ => Cast::Fails,
            },
            _ => match one {
                Some(RawBsonRef::ObjectId(id)) => Cast::To(RawBson::ObjectId(id)),
                Some(RawBsonRef::String(s)) if s.len() == 24 => match ObjectId::parse_str(s) {
                    Ok(id) => Cast::To(RawBson::ObjectId(id)),
                    Err(_) => Cast::Fails,
                },
                _ => Cast::Fails,
            },
        },
        Kind::Buffer => match value {
            RawBsonRef::Binary(_) => Cast::Fits,
            RawBsonRef::String(s) | RawBsonRef::Symbol(s) => Cast::To(bytes(s.as_bytes().to_vec())),
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a byte is what is kept of it"
            )]
            RawBsonRef::Int32(n) => Cast::To(bytes(vec![n as u8])),
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a byte is what is kept of it"
            )]
            RawBsonRef::Int64(n) if is_safe(n) => Cast::To(bytes(vec![n as u8])),
            _ => Cast::Fails,
        },
        Kind::Uuid => match value {
            RawBsonRef::Binary(b) if b.bytes.len() == 16 && b.subtype == BinarySubtype::Uuid => {
                Cast::Fits
            }
            _ => match one {
                Some(RawBsonRef::String(s)) => match parse_uuid(s) {
                    Some(id) => Cast::To(RawBson::Binary(Binary {
                        subtype: BinarySubtype::Uuid,
                        bytes: id.to_vec(),
                    })),
                    None => Cast::Fails,
                },
                _ => Cast::Fails,
            },
        },
        Kind::Map(_) => match value {
            RawBsonRef::Document(_) => Cast::Fits,
            RawBsonRef::String("") => Cast::To(RawBson::Document(RawDocumentBuf::new())),
            RawBsonRef::Array(a) if a.is_empty() => {
                Cast::To(RawBson::Document(RawDocumentBuf::new()))
            }
            _ => Cast::Fails,
        },
        Kind::Nested(_) | Kind::Embedded(_) => match value {
            RawBsonRef::Document(_) => Cast::Fits,
            _ => Cast::Fails,
        },
        Kind::Array(element) => match value {
            RawBsonRef::Array(_) => Cast::Fits,
            other => match cast(&element.kind, other) {
                Cast::Fits => wrapped(RawBson::from(other)),
                Cast::To(value) => wrapped(value),
                Cast::ToNull | Cast::Fails => Cast::Fails,
            },
        },
        Kind::Union(kinds) => {
            let mut first = Cast::Fails;
            for member in kinds {
                match cast(&member.kind, value) {
                    Cast::Fits => return Cast::Fits,
                    Cast::Fails => {}
                    other if first == Cast::Fails => first = other,
                    _ => {}
                }
            }
            first
        }
    }
}

fn wrapped(value: RawBson) -> Cast {
    let mut array = bson::RawArrayBuf::new();
    array.push(value);
    Cast::To(RawBson::Array(array))
}

/// The element of an array of one that is no array itself, else the value: some kinds look into such arrays.
fn single(value: RawBsonRef<'_>) -> Option<RawBsonRef<'_>> {
    match value {
        RawBsonRef::Array(array) => {
            let mut elements = array.into_iter();
            match (elements.next(), elements.next()) {
                (Some(Ok(RawBsonRef::Array(_) | RawBsonRef::Null)), _) => None,
                (Some(Ok(only)), None) => Some(only),
                _ => None,
            }
        }
        other => Some(other),
    }
}

/// Whether JavaScript's numbers hold it exactly.
pub(super) fn is_safe(n: i64) -> bool {
    n.unsigned_abs() <= SAFE.unsigned_abs()
}

fn whole32(d: f64) -> Option<i32> {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "compared with the original"
    )]
    let n = d as i32;
    (f64::from(n) == d).then_some(n)
}

fn whole64(d: f64) -> Option<i64> {
    if d.fract() != 0.0 || d.abs() >= 9.2e18 {
        return None;
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "whole and within the range"
    )]
    let n = d as i64;
    Some(n)
}

/// A number in the smallest kind that holds it as it is.
pub(super) fn number(n: f64) -> RawBson {
    match whole32(n) {
        Some(n32) if n != 0.0 || n.is_sign_positive() => RawBson::Int32(n32),
        _ => RawBson::Double(n),
    }
}

fn date(ms: i64) -> RawBson {
    RawBson::DateTime(DateTime::from_millis(ms))
}

fn bytes(bytes: Vec<u8>) -> RawBson {
    RawBson::Binary(Binary {
        subtype: BinarySubtype::Generic,
        bytes,
    })
}

fn decimal(text: &str) -> Cast {
    if text.is_empty() || text.trim() != text {
        return Cast::Fails;
    }
    match text.parse::<Decimal128>() {
        Ok(d) => Cast::To(RawBson::Decimal128(d)),
        Err(_) => Cast::Fails,
    }
}

fn truth(value: RawBsonRef<'_>) -> Option<bool> {
    match value {
        RawBsonRef::Int32(1) | RawBsonRef::Int64(1) | RawBsonRef::String("true" | "1" | "yes") => {
            Some(true)
        }
        RawBsonRef::Int32(0) | RawBsonRef::Int64(0) | RawBsonRef::String("false" | "0" | "no") => {
            Some(false)
        }
        RawBsonRef::Double(1.0) => Some(true),
        RawBsonRef::Double(0.0) => Some(false),
        _ => None,
    }
}

/// A value as a JavaScript number, where `Number(…)` makes one of it.
fn as_number(value: RawBsonRef<'_>) -> Option<f64> {
    Some(match value {
        RawBsonRef::Int32(n) => f64::from(n),
        #[expect(
            clippy::cast_precision_loss,
            reason = "that is what the conversion does"
        )]
        RawBsonRef::Int64(n) => n as f64,
        RawBsonRef::Double(d) => d,
        RawBsonRef::Boolean(b) => f64::from(u8::from(b)),
        RawBsonRef::String(s) | RawBsonRef::Symbol(s) => parse_number(s)?,
        #[expect(
            clippy::cast_precision_loss,
            reason = "that is what the conversion does"
        )]
        RawBsonRef::DateTime(at) => at.timestamp_millis() as f64,
        RawBsonRef::Decimal128(d) => d.to_string().parse().ok()?,
        RawBsonRef::Timestamp(t) => f64::from(t.time) * 4_294_967_296.0 + f64::from(t.increment),
        _ => return None,
    })
}

/// Text as JavaScript's `Number` reads it; `None` where it would be not-a-number.
pub(super) fn parse_number(text: &str) -> Option<f64> {
    let text = js_trim(text);
    if text.is_empty() {
        return Some(0.0);
    }
    for (prefix, base) in [
        ("0x", 16),
        ("0X", 16),
        ("0o", 8),
        ("0O", 8),
        ("0b", 2),
        ("0B", 2),
    ] {
        if let Some(digits) = text.strip_prefix(prefix) {
            if digits.starts_with(['+', '-']) {
                return None;
            }
            #[expect(clippy::cast_precision_loss, reason = "that is what JavaScript does")]
            return u64::from_str_radix(digits, base).ok().map(|n| n as f64);
        }
    }
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if unsigned == "Infinity" {
        return Some(if text.starts_with('-') {
            f64::NEG_INFINITY
        } else {
            f64::INFINITY
        });
    }
    // Rust also reads `inf` and `nan`, which JavaScript does not.
    if !unsigned
        .bytes()
        .all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-'))
    {
        return None;
    }
    text.parse().ok()
}

fn parse_integer(text: &str) -> Option<i64> {
    for (prefix, base) in [
        ("0x", 16),
        ("0X", 16),
        ("0o", 8),
        ("0O", 8),
        ("0b", 2),
        ("0B", 2),
    ] {
        if let Some(digits) = text.strip_prefix(prefix) {
            return i64::from_str_radix(digits, base).ok();
        }
    }
    text.parse().ok()
}

/// White space as JavaScript's `trim` takes it away.
pub(super) fn js_trim(text: &str) -> &str {
    text.trim_matches(|c: char| (c.is_whitespace() && c != '\u{85}') || c == '\u{feff}')
}

fn js_number(d: f64) -> String {
    if d.is_nan() {
        "NaN".to_owned()
    } else if d.is_infinite() {
        if d > 0.0 { "Infinity" } else { "-Infinity" }.to_owned()
    } else if d != 0.0 && (d.abs() >= 1e21 || d.abs() < 1e-6) {
        format!("{d:e}")
    } else {
        d.to_string()
    }
}

fn text_of(value: RawBsonRef<'_>) -> Option<String> {
    Some(match value {
        RawBsonRef::String(s) | RawBsonRef::Symbol(s) => s.to_owned(),
        RawBsonRef::Int32(n) => n.to_string(),
        RawBsonRef::Int64(n) => n.to_string(),
        RawBsonRef::Double(d) => js_number(d),
        RawBsonRef::Boolean(b) => b.to_string(),
        RawBsonRef::ObjectId(id) => id.to_hex(),
        RawBsonRef::Decimal128(d) => d.to_string(),
        // As text a date would lose its kind for a long name of a day; a readable form is offered instead.
        RawBsonRef::DateTime(at) => at.try_to_rfc3339_string().ok()?,
        RawBsonRef::Document(d) => match d.get("_id").ok().flatten() {
            Some(RawBsonRef::String(s)) => s.to_owned(),
            _ => return None,
        },
        RawBsonRef::Binary(b) if b.subtype == BinarySubtype::Uuid && b.bytes.len() == 16 => {
            let hex: String = b.bytes.iter().map(|b| format!("{b:02x}")).collect();
            format!(
                "{}-{}-{}-{}-{}",
                &hex[..8],
                &hex[8..12],
                &hex[12..16],
                &hex[16..20],
                &hex[20..]
            )
        }
        RawBsonRef::Binary(b) => std::str::from_utf8(b.bytes).ok()?.to_owned(),
        _ => return None,
    })
}

fn parse_uuid(text: &str) -> Option<[u8; 16]> {
    let groups: Vec<&str> = text.split('-').collect();
    if groups.iter().map(|g| g.len()).ne([8, 4, 4, 4, 12]) {
        return None;
    }
    if !groups[2].starts_with(|c: char| c.is_ascii_digit())
        || !groups[3].starts_with(['8', '9', 'a', 'b', 'A', 'B'])
    {
        return None;
    }
    let hex: String = groups.concat();
    let mut out = [0u8; 16];
    for (i, byte) in out.iter_mut().enumerate() {
        *byte = u8::from_str_radix(hex.get(i * 2..i * 2 + 2)?, 16).ok()?;
    }
    Some(out)
}

/// A date as text, in milliseconds since 1970: the forms of ISO 8601 that JavaScript reads. Without a zone it is UTC.
pub(super) fn parse_date(text: &str) -> Option<f64> {
    let text = text.trim();
    let (sign, rest) = match text.strip_prefix(['+', '-']) {
        Some(rest)
            if rest
                .find(|c: char| !c.is_ascii_digit())
                .unwrap_or(rest.len())
                == 6 =>
        {
            (if text.starts_with('-') { -1.0 } else { 1.0 }, rest)
        }
        Some(_) => return None,
        None => (1.0, text),
    };
    let (day, time) = match rest.split_once(['T', 't', ' ']) {
        Some((day, time)) => (day, Some(time)),
        None => (rest, None),
    };
    let mut fields = day.split(['-', '/']);
    let mut field = |length: std::ops::RangeInclusive<usize>| -> Option<Option<f64>> {
        match fields.next() {
            None => Some(None),
            Some(t) if length.contains(&t.len()) && t.bytes().all(|b| b.is_ascii_digit()) => {
                Some(Some(t.parse().ok()?))
            }
            Some(_) => None,
        }
    };
    let year = sign * field(4..=6)??;
    let month = field(1..=2)?.unwrap_or(1.0);
    let date = field(1..=2)?.unwrap_or(1.0);
    if fields.next().is_some() || !(1.0..=12.0).contains(&month) || !(1.0..=31.0).contains(&date) {
        return None;
    }
    let mut parts = [year, month - 1.0, date, 0.0, 0.0, 0.0, 0.0];
    let mut offset = 0.0;
    if let Some(time) = time {
        let (clock, zone) = match time.find(['Z', 'z', '+', '-']) {
            Some(at) => (&time[..at], &time[at..]),
            None => (time, ""),
        };
        let mut clock = clock.trim().split(':');
        parts[3] = clock.next()?.parse().ok()?;
        parts[4] = clock.next()?.parse().ok()?;
        if let Some(seconds) = clock.next() {
            let (whole, fraction) = seconds.split_once('.').unwrap_or((seconds, ""));
            parts[5] = whole.parse().ok()?;
            if !fraction.is_empty() {
                let fraction: f64 = format!("0.{fraction}").parse().ok()?;
                parts[6] = (fraction * 1000.0).floor();
            }
        }
        if clock.next().is_some() || parts[3] > 24.0 || parts[4] > 59.0 || parts[5] > 59.0 {
            return None;
        }
        offset = match zone {
            "" | "Z" | "z" => 0.0,
            zone => {
                let digits = zone[1..].replace(':', "");
                if digits.len() != 4 || !digits.bytes().all(|b| b.is_ascii_digit()) {
                    return None;
                }
                let minutes =
                    digits[..2].parse::<f64>().ok()? * 60.0 + digits[2..].parse::<f64>().ok()?;
                if zone.starts_with('-') {
                    -minutes
                } else {
                    minutes
                }
            }
        };
    }
    Some(time_from_parts(parts)? - offset * 60_000.0)
}

/// Year, month from 0, day, hour, minute, second, millisecond, each possibly beyond its range, in milliseconds since 1970.
pub(super) fn time_from_parts(parts: [f64; 7]) -> Option<f64> {
    let [mut year, month, day, hour, minute, second, ms] = parts;
    if (0.0..=99.0).contains(&year)
        && parts.iter().all(|p| p.is_finite())
        && year.fract() == 0.0
        && year < 100.0
    {
        // `Date.UTC` takes two digits for the last century; ISO text never has them here.
        year += 1900.0;
    }
    let total_months = year * 12.0 + month;
    let year = (total_months / 12.0).floor();
    let month = total_months - year * 12.0;
    if !year.is_finite() || year.abs() > 400_000.0 {
        return None;
    }
    // Days from the civil calendar, with March as the first month of the year.
    let y = if month < 2.0 { year - 1.0 } else { year };
    let m = if month < 2.0 {
        month + 10.0
    } else {
        month - 2.0
    };
    let era = (y / 400.0).floor();
    let year_of_era = y - era * 400.0;
    let day_of_year = ((153.0 * m + 2.0) / 5.0).floor();
    let days = era * 146_097.0 + year_of_era * 365.0 + (year_of_era / 4.0).floor()
        - (year_of_era / 100.0).floor()
        + day_of_year
        - 719_468.0
        + (day - 1.0);
    Some(((days * 24.0 + hour) * 60.0 + minute) * 60_000.0 + second * 1000.0 + ms)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn dates_are_read_as_javascript_reads_them() {
        assert_eq!(parse_date("2024-01-15"), Some(1_705_276_800_000.0));
        assert_eq!(parse_date("2024-01-15T10:00:00"), Some(1_705_312_800_000.0));
        assert_eq!(parse_date("2024"), Some(1_704_067_200_000.0));
        assert_eq!(
            parse_date("2024-01-15T10:00:00.250+02:00"),
            Some(1_705_305_600_250.0)
        );
        assert_eq!(parse_date("2024-13-01"), None);
        assert_eq!(parse_date("soon"), None);
    }

    #[test]
    fn numbers_are_read_as_javascript_reads_them() {
        assert_eq!(parse_number(" 12.5 "), Some(12.5));
        assert_eq!(parse_number("1e1"), Some(10.0));
        assert_eq!(parse_number("0x1f"), Some(31.0));
        assert_eq!(parse_number("inf"), None);
        assert_eq!(parse_number("12px"), None);
    }
}
