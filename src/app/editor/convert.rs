//! A value as another kind, where that loses nothing and invents nothing.

use bson::oid::ObjectId;
use bson::{Binary, DateTime, Decimal128, RawBson, RawBsonRef, spec::BinarySubtype};

use crate::value::{Kind, cell, instant};

/// The kinds that a value can be changed to.
pub const TARGETS: [Kind; 9] = [
    Kind::String,
    Kind::Int32,
    Kind::Int64,
    Kind::Double,
    Kind::Decimal128,
    Kind::ObjectId,
    Kind::Date,
    Kind::Boolean,
    Kind::Binary,
];

/// How much of a value a refusal shows, in columns.
const SHOWN: usize = 40;

/// The same value as a `kind`.
///
/// # Errors
/// Why there is no exact such value, in words that name it.
pub fn convert(value: RawBsonRef<'_>, kind: Kind) -> Result<RawBson, String> {
    let from = Kind::of(value);
    if from == kind {
        return Err(format!("it is {} already", kind.label()));
    }
    let refused = || {
        let shown = cell::brief(value, SHOWN);
        match from.is_container() {
            true => format!(
                "{} cannot be made {} without choosing what to keep",
                from.label(),
                kind.label()
            ),
            false => format!(
                "`{shown}` is no exact {}; edit the value instead",
                kind.label()
            ),
        }
    };
    exact(value, kind).ok_or_else(refused)
}

fn exact(value: RawBsonRef<'_>, kind: Kind) -> Option<RawBson> {
    Some(match (value, kind) {
        (RawBsonRef::Symbol(text), Kind::String) => RawBson::String(text.to_owned()),
        (RawBsonRef::String(text) | RawBsonRef::Symbol(text), _) => {
            return of_text(text.trim(), kind);
        }
        (RawBsonRef::Boolean(b), Kind::String) => RawBson::String(b.to_string()),
        (RawBsonRef::ObjectId(id), Kind::String) => RawBson::String(id.to_hex()),
        (RawBsonRef::DateTime(at), Kind::String) => {
            RawBson::String(instant::iso(at.timestamp_millis())?)
        }
        (RawBsonRef::DateTime(at), Kind::Int64) => RawBson::Int64(at.timestamp_millis()),
        (RawBsonRef::Binary(binary), Kind::String) if binary.subtype == BinarySubtype::Uuid => {
            let bytes: [u8; 16] = binary.bytes.try_into().ok()?;
            RawBson::String(bson::Uuid::from_bytes(bytes).to_string())
        }
        (RawBsonRef::Int32(n), _) => return of_whole(i64::from(n), kind),
        (RawBsonRef::Int64(n), Kind::Date) => RawBson::DateTime(DateTime::from_millis(n)),
        (RawBsonRef::Int64(n), _) => return of_whole(n, kind),
        (RawBsonRef::Double(d), Kind::Int32 | Kind::Int64) => {
            // Above 2^63 and for -0 there is no such integer.
            let whole = d.fract() == 0.0 && d.abs() < 9.2e18 && !(d == 0.0 && d.is_sign_negative());
            #[expect(clippy::cast_possible_truncation, reason = "whole and in range")]
            return whole.then_some(d as i64).and_then(|n| of_whole(n, kind));
        }
        (RawBsonRef::Double(d), Kind::String) => RawBson::String(d.to_string()),
        (RawBsonRef::Double(d), Kind::Decimal128) => {
            RawBson::Decimal128(d.to_string().parse().ok()?)
        }
        (RawBsonRef::Decimal128(d), Kind::String) => RawBson::String(d.to_string()),
        (RawBsonRef::Decimal128(d), Kind::Int32 | Kind::Int64 | Kind::Double) => {
            return of_text(&d.to_string(), kind);
        }
        _ => return None,
    })
}

fn of_whole(n: i64, kind: Kind) -> Option<RawBson> {
    Some(match kind {
        Kind::Int32 => RawBson::Int32(i32::try_from(n).ok()?),
        Kind::Int64 => RawBson::Int64(n),
        Kind::Double => {
            #[expect(
                clippy::cast_precision_loss,
                reason = "compared with the integer below"
            )]
            let d = n as f64;
            #[expect(
                clippy::cast_possible_truncation,
                reason = "a whole number of at most 2^63"
            )]
            let back = d as i128;
            (back == i128::from(n)).then_some(RawBson::Double(d))?
        }
        Kind::Decimal128 => RawBson::Decimal128(n.to_string().parse().ok()?),
        Kind::String => RawBson::String(n.to_string()),
        _ => return None,
    })
}

fn of_text(text: &str, kind: Kind) -> Option<RawBson> {
    Some(match kind {
        Kind::Int32 => RawBson::Int32(text.parse().ok()?),
        Kind::Int64 => RawBson::Int64(text.parse().ok()?),
        Kind::Double => {
            let digits = text.bytes().any(|b| b.is_ascii_digit());
            let d: f64 = text
                .parse()
                .ok()
                .filter(|d: &f64| digits && d.is_finite())?;
            // A double shows at most 17 digits: more were typed than it would keep.
            (decimal(&d.to_string())? == decimal(text)?).then_some(RawBson::Double(d))?
        }
        Kind::Decimal128 => RawBson::Decimal128(text.parse::<Decimal128>().ok()?),
        Kind::ObjectId => RawBson::ObjectId(ObjectId::parse_str(text).ok()?),
        Kind::Date => RawBson::DateTime(DateTime::from_millis(instant::parse_iso(text)?)),
        Kind::Boolean => RawBson::Boolean(text.parse().ok()?),
        Kind::Binary => RawBson::Binary(Binary {
            subtype: BinarySubtype::Uuid,
            bytes: bson::Uuid::parse_str(text).ok()?.bytes().to_vec(),
        }),
        _ => return None,
    })
}

/// A decimal number's sign, its digits without zeros around them, and its power of ten; equal where the numbers are.
fn decimal(text: &str) -> Option<(bool, String, i32)> {
    let (mantissa, power) = match text.split_once(['e', 'E']) {
        Some((m, e)) => (m, e.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (negative, mantissa) = match mantissa.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, mantissa.strip_prefix('+').unwrap_or(mantissa)),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    let trimmed = digits.trim_end_matches('0');
    let zeros = i32::try_from(digits.len() - trimmed.len()).ok()?;
    let trimmed = trimmed.trim_start_matches('0');
    if trimmed.is_empty() {
        return Some((negative, String::new(), 0));
    }
    let power = power - i32::try_from(fraction.len()).ok()? + zeros;
    Some((negative, trimmed.to_owned(), power))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn text(s: &str, kind: Kind) -> Result<RawBson, String> {
        convert(RawBsonRef::String(s), kind)
    }

    #[test]
    fn a_text_becomes_the_value_that_it_spells() {
        assert_eq!(text("12", Kind::Int32), Ok(RawBson::Int32(12)));
        assert_eq!(text("12", Kind::Int64), Ok(RawBson::Int64(12)));
        assert_eq!(text("0.10", Kind::Double), Ok(RawBson::Double(0.1)));
        assert_eq!(text("1e3", Kind::Double), Ok(RawBson::Double(1000.0)));
        assert!(
            matches!(text("0.10", Kind::Decimal128), Ok(RawBson::Decimal128(d)) if d.to_string() == "0.10")
        );
        let id = "65f000000000000000000001";
        assert_eq!(
            text(id, Kind::ObjectId),
            Ok(RawBson::ObjectId(ObjectId::parse_str(id).unwrap()))
        );
        assert_eq!(
            text("2026-03-01T09:12:00Z", Kind::Date),
            Ok(RawBson::DateTime(DateTime::from_millis(1_772_356_320_000)))
        );
        assert_eq!(text("true", Kind::Boolean), Ok(RawBson::Boolean(true)));
    }

    #[test]
    fn what_is_not_exact_is_refused_in_words() {
        for (s, kind) in [
            ("twelve", Kind::Int32),
            ("3000000000", Kind::Int32),
            ("0.1000000000000000055511151231257827", Kind::Double),
            ("NaN", Kind::Double),
            ("65f0", Kind::ObjectId),
            ("2026-02-30", Kind::Date),
            ("yes", Kind::Boolean),
        ] {
            let refusal = text(s, kind).unwrap_err();
            assert!(refusal.contains(kind.label()), "{refusal}");
        }
        assert!(convert(RawBsonRef::Double(0.5), Kind::Int32).is_err());
        assert!(convert(RawBsonRef::Double(-0.0), Kind::Int64).is_err());
        assert!(convert(RawBsonRef::Int64((1 << 53) + 1), Kind::Double).is_err());
        assert!(convert(RawBsonRef::Null, Kind::String).is_err());
    }

    #[test]
    fn a_number_changes_its_width_and_back() {
        let wide = convert(RawBsonRef::Int32(7), Kind::Int64).unwrap();
        assert_eq!(wide, RawBson::Int64(7));
        assert_eq!(
            convert(wide.as_raw_bson_ref(), Kind::Int32),
            Ok(RawBson::Int32(7))
        );
        assert_eq!(
            convert(RawBsonRef::Int64(7), Kind::Double),
            Ok(RawBson::Double(7.0))
        );
        assert_eq!(
            convert(RawBsonRef::Double(7.0), Kind::Int32),
            Ok(RawBson::Int32(7))
        );
    }
}
