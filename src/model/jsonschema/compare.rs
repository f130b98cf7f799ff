//! Equality and order of values as the server's schema keywords see them: numbers by value, documents without regard
//! to the order of their fields.
//!
//! Invariant: exact for integers of 64 bits against doubles, and for decimals of up to 34 digits.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use bson::raw::RawBsonRef;
use bson::{RawArray, RawDocument};

const DEEPEST: usize = 100;

/// A finite number as a coefficient and a power of ten.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Decimal {
    negative: bool,
    digits: u128,
    exponent: i32,
}

/// Any number.
#[derive(Debug, Clone, Copy)]
pub(super) enum Number {
    Int(i64),
    Double(f64),
    Decimal(bson::Decimal128),
}

pub(super) fn number(value: RawBsonRef<'_>) -> Option<Number> {
    Some(match value {
        RawBsonRef::Int32(n) => Number::Int(i64::from(n)),
        RawBsonRef::Int64(n) => Number::Int(n),
        RawBsonRef::Double(d) => Number::Double(d),
        RawBsonRef::Decimal128(d) => Number::Decimal(d),
        _ => return None,
    })
}

impl Number {
    pub(super) fn is_nan(self) -> bool {
        match self {
            Self::Int(_) => false,
            Self::Double(d) => d.is_nan(),
            Self::Decimal(d) => d.to_string().contains("NaN"),
        }
    }

    fn infinity(self) -> Option<bool> {
        match self {
            Self::Int(_) => None,
            Self::Double(d) => d.is_infinite().then_some(d < 0.0),
            Self::Decimal(d) => {
                let text = d.to_string();
                text.contains("Inf").then(|| text.starts_with('-'))
            }
        }
    }

    /// Its exact value; `None` for what is not finite.
    fn exact(self) -> Option<Decimal> {
        match self {
            Self::Int(n) => Some(Decimal {
                negative: n < 0,
                digits: u128::from(n.unsigned_abs()),
                exponent: 0,
            }),
            Self::Double(d) => parse(&format!("{d:e}")),
            Self::Decimal(d) => parse(&d.to_string()),
        }
    }

    /// Its value as the server's decimals have it: a double with 15 digits.
    fn rounded(self) -> Option<Decimal> {
        match self {
            Self::Double(d) if d.is_finite() => parse(&format!("{d:.14e}")),
            other => other.exact(),
        }
    }

    /// The order of two numbers; `None` where one of them is not a number and the other is.
    pub(super) fn order(self, other: Self) -> Option<Ordering> {
        match (self.is_nan(), other.is_nan()) {
            (true, true) => return Some(Ordering::Equal),
            (false, false) => {}
            _ => return None,
        }
        match (self, other) {
            (Self::Int(a), Self::Int(b)) => return Some(a.cmp(&b)),
            (Self::Double(a), Self::Double(b)) => return a.partial_cmp(&b),
            _ => {}
        }
        match (self.infinity(), other.infinity()) {
            (Some(a), Some(b)) => return Some(b.cmp(&a)),
            (Some(negative), None) => {
                return Some(if negative {
                    Ordering::Less
                } else {
                    Ordering::Greater
                });
            }
            (None, Some(negative)) => {
                return Some(if negative {
                    Ordering::Greater
                } else {
                    Ordering::Less
                });
            }
            (None, None) => {}
        }
        // A double is compared by its exact binary value with an integer.
        if let (Self::Int(i), Self::Double(d)) = (self, other) {
            return Some(int_with_double(i, d));
        }
        if let (Self::Double(d), Self::Int(i)) = (self, other) {
            return Some(int_with_double(i, d).reverse());
        }
        Some(order(self.exact()?, other.exact()?))
    }

    /// Whether `self` is a whole multiple of `other`.
    pub(super) fn is_multiple_of(self, other: Self) -> bool {
        match (self.rounded(), other.rounded()) {
            (Some(a), Some(b)) => divides(a, b),
            _ => false,
        }
    }

    pub(super) fn is_positive(self) -> bool {
        !self.is_nan() && self.order(Self::Int(0)) == Some(Ordering::Greater)
    }
}

fn int_with_double(i: i64, d: f64) -> Ordering {
    if d >= 9_223_372_036_854_775_808.0 {
        return Ordering::Less;
    }
    if d < -9_223_372_036_854_775_808.0 {
        return Ordering::Greater;
    }
    #[expect(clippy::cast_possible_truncation, reason = "within the range of int64")]
    let whole = d.trunc() as i64;
    i.cmp(&whole).then_with(|| {
        let rest = d.fract();
        0.0f64.partial_cmp(&rest).unwrap_or(Ordering::Equal)
    })
}

fn parse(text: &str) -> Option<Decimal> {
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(at) => (
            &text[..at],
            text[at + 1..].trim_start_matches('+').parse::<i32>().ok()?,
        ),
        None => (text, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let mut digits: u128 = 0;
    for byte in whole.bytes().chain(fraction.bytes()) {
        if !byte.is_ascii_digit() {
            return None;
        }
        digits = digits
            .checked_mul(10)?
            .checked_add(u128::from(byte - b'0'))?;
    }
    let mut exponent = exponent.checked_sub(i32::try_from(fraction.len()).ok()?)?;
    if digits == 0 {
        return Some(Decimal {
            negative: false,
            digits: 0,
            exponent: 0,
        });
    }
    while digits.is_multiple_of(10) {
        digits /= 10;
        exponent += 1;
    }
    Some(Decimal {
        negative,
        digits,
        exponent,
    })
}

fn order(a: Decimal, b: Decimal) -> Ordering {
    if a.digits == 0 && b.digits == 0 {
        return Ordering::Equal;
    }
    let sign = |d: Decimal| match (d.digits, d.negative) {
        (0, _) => 0,
        (_, true) => -1,
        (_, false) => 1,
    };
    if sign(a) != sign(b) {
        return sign(a).cmp(&sign(b));
    }
    let size = |d: Decimal| i64::from(d.digits.ilog10()) + i64::from(d.exponent);
    let by_size = size(a).cmp(&size(b)).then_with(|| {
        // Same number of digits before the point: bring both to 39 digits at most.
        let scale = |d: Decimal| {
            let room = 37u32.saturating_sub(d.digits.ilog10());
            d.digits * 10u128.pow(room)
        };
        scale(a).cmp(&scale(b))
    });
    if a.negative {
        by_size.reverse()
    } else {
        by_size
    }
}

fn divides(a: Decimal, b: Decimal) -> bool {
    if a.digits == 0 {
        return true;
    }
    if b.digits == 0 {
        return false;
    }
    let shift = i64::from(a.exponent) - i64::from(b.exponent);
    if shift >= 0 {
        multiply(
            a.digits % b.digits,
            power_of_ten(shift.unsigned_abs(), b.digits),
            b.digits,
        ) == 0
    } else {
        let mut divisor = b.digits;
        for _ in 0..shift.unsigned_abs() {
            match divisor.checked_mul(10) {
                Some(larger) if larger <= a.digits => divisor = larger,
                _ => return false,
            }
        }
        a.digits.is_multiple_of(divisor)
    }
}

/// `a * b` modulo `m`, for `m` below 2¹²⁷.
fn multiply(mut a: u128, mut b: u128, m: u128) -> u128 {
    let mut out = 0;
    a %= m;
    while b > 0 {
        if b & 1 == 1 {
            out = (out + a) % m;
        }
        a = (a + a) % m;
        b >>= 1;
    }
    out
}

fn power_of_ten(mut exponent: u64, m: u128) -> u128 {
    let mut out = 1 % m;
    let mut base = 10 % m;
    while exponent > 0 {
        if exponent & 1 == 1 {
            out = multiply(out, base, m);
        }
        base = multiply(base, base, m);
        exponent >>= 1;
    }
    out
}

/// Whether two values are the same to `enum` and `uniqueItems`.
pub(super) fn same(a: RawBsonRef<'_>, b: RawBsonRef<'_>) -> bool {
    same_within(a, b, 0)
}

/// The first element that is the same as an earlier one. Elements are put into groups first, so that a long array
/// costs no more than its length where its elements differ.
pub(super) fn repeated(items: &[RawBsonRef<'_>]) -> Option<usize> {
    let mut groups: HashMap<u64, Vec<usize>> = HashMap::new();
    for (index, item) in items.iter().enumerate() {
        let mut hasher = DefaultHasher::new();
        group(*item, &mut hasher, 0);
        let earlier = groups.entry(hasher.finish()).or_default();
        if earlier.iter().any(|e| same(items[*e], *item)) {
            return Some(index);
        }
        earlier.push(index);
    }
    None
}

/// Gives values that are the same the same hash; documents by what is left when the order of fields is ignored.
fn group(value: RawBsonRef<'_>, hasher: &mut DefaultHasher, depth: usize) {
    match value {
        _ if depth > DEEPEST => {}
        RawBsonRef::Int32(n) => rough(f64::from(n), hasher),
        #[expect(clippy::cast_precision_loss, reason = "a coarser group is as right")]
        RawBsonRef::Int64(n) => rough(n as f64, hasher),
        RawBsonRef::Double(d) => rough(d, hasher),
        RawBsonRef::Decimal128(d) => rough(d.to_string().parse().unwrap_or(f64::NAN), hasher),
        RawBsonRef::String(s) | RawBsonRef::Symbol(s) => s.hash(hasher),
        RawBsonRef::ObjectId(id) => id.bytes().hash(hasher),
        RawBsonRef::DateTime(at) => at.timestamp_millis().hash(hasher),
        RawBsonRef::Boolean(b) => b.hash(hasher),
        RawBsonRef::Binary(b) => b.bytes.hash(hasher),
        RawBsonRef::Array(array) => {
            for item in array.into_iter().flatten() {
                group(item, hasher, depth + 1);
            }
        }
        RawBsonRef::Document(document) => {
            let mut sum = 0u64;
            for (name, value) in document.iter().flatten() {
                let mut inner = DefaultHasher::new();
                name.as_str().hash(&mut inner);
                group(value, &mut inner, depth + 1);
                sum = sum.wrapping_add(inner.finish());
            }
            sum.hash(hasher);
        }
        _ => {}
    }
}

fn rough(d: f64, hasher: &mut DefaultHasher) {
    // Numbers of different width that are equal may differ in the last bits of their double.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a coarser group is as right"
    )]
    let short = d as f32;
    if short.is_nan() {
        f32::NAN
    } else {
        short + 0.0
    }
    .to_bits()
    .hash(hasher);
}

fn same_within(a: RawBsonRef<'_>, b: RawBsonRef<'_>, depth: usize) -> bool {
    if depth > DEEPEST {
        return false;
    }
    if let (Some(a), Some(b)) = (number(a), number(b)) {
        return a.order(b) == Some(Ordering::Equal);
    }
    match (a, b) {
        (RawBsonRef::Document(a), RawBsonRef::Document(b)) => same_documents(a, b, depth),
        (RawBsonRef::Array(a), RawBsonRef::Array(b)) => same_arrays(a, b, depth),
        // Text and symbols count as one kind when values are compared.
        (
            RawBsonRef::String(a) | RawBsonRef::Symbol(a),
            RawBsonRef::String(b) | RawBsonRef::Symbol(b),
        ) => a == b,
        (a, b) => a == b,
    }
}

fn same_documents(a: &RawDocument, b: &RawDocument, depth: usize) -> bool {
    let left: Vec<_> = a.iter().flatten().collect();
    let mut right: Vec<_> = b.iter().flatten().map(Some).collect();
    left.len() == right.len()
        && left.iter().all(|(name, value)| {
            let found = right.iter_mut().find(|slot| {
                slot.is_some_and(|(other, v)| other == *name && same_within(*value, v, depth + 1))
            });
            match found {
                Some(slot) => {
                    *slot = None;
                    true
                }
                None => false,
            }
        })
}

fn same_arrays(a: &RawArray, b: &RawArray, depth: usize) -> bool {
    let mut left = a.into_iter();
    let mut right = b.into_iter();
    loop {
        match (left.next(), right.next()) {
            (None, None) => return true,
            (Some(Ok(a)), Some(Ok(b))) if same_within(a, b, depth + 1) => {}
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn multiples_are_counted_in_decimal() {
        let is = |a: f64, b: f64| Number::Double(a).is_multiple_of(Number::Double(b));
        assert!(is(0.3, 0.1));
        assert!(is(1e300, 2.0));
        assert!(!is(7.5, 2.0));
        assert!(!is(0.05, 0.1));
        assert!(is(-6.0, 3.0));
    }

    #[test]
    fn numbers_of_every_width_are_compared_by_value() {
        assert_eq!(
            Number::Int(i64::MAX).order(Number::Double(9_223_372_036_854_775_807.0)),
            Some(Ordering::Less)
        );
        assert_eq!(
            Number::Int(1).order(Number::Double(1.0)),
            Some(Ordering::Equal)
        );
        assert_eq!(Number::Int(1).order(Number::Double(f64::NAN)), None);
        assert_eq!(
            Number::Double(0.1).order(Number::Int(0)),
            Some(Ordering::Greater)
        );
    }
}
