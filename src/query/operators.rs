//! Unary and binary operators, as JavaScript has them, on values.
//!
//! Pure; knows no syntax tree but for the names of the operators.

use std::cmp::Ordering;

use oxc_syntax::operator::{BinaryOperator, UnaryOperator};

use super::js::{Hint, Js, Problem};
use super::number;
use super::zone::Zone;

/// The longest text that joining may make: more does not fit into a document.
const MAX_TEXT: usize = 16 * 1024 * 1024;

/// A prefix operator on a value; `delete` is not one of values.
pub(super) fn unary(operator: UnaryOperator, value: &Js, zone: &Zone) -> Result<Js, Problem> {
    Ok(match operator {
        UnaryOperator::UnaryPlus => match value {
            Js::BigInt(_) => {
                return Err(
                    Problem::new("`+` cannot stand before a bigint").with_help("remove the `+`")
                );
            }
            _ => Js::Number(value.to_number(zone)?),
        },
        UnaryOperator::UnaryNegation => match value {
            Js::BigInt(n) => Js::BigInt(-n),
            _ => Js::Number(-value.to_number(zone)?),
        },
        UnaryOperator::LogicalNot => Js::Bool(!value.truthy()),
        UnaryOperator::BitwiseNot => match value {
            Js::BigInt(n) => Js::BigInt(!n),
            _ => Js::Number(f64::from(!number::to_int32(value.to_number(zone)?))),
        },
        UnaryOperator::Typeof => Js::text(value.type_of()),
        UnaryOperator::Void => Js::Undefined,
        UnaryOperator::Delete => Js::Bool(true),
    })
}

/// A binary operator on two values; `in` and `instanceof` are not among them.
pub(super) fn binary(
    operator: BinaryOperator,
    left: &Js,
    right: &Js,
    zone: &Zone,
) -> Result<Js, Problem> {
    use BinaryOperator as B;
    Ok(match operator {
        B::Addition => return add(left, right, zone),
        B::Equality => Js::Bool(loosely_equals(left, right, zone)?),
        B::Inequality => Js::Bool(!loosely_equals(left, right, zone)?),
        B::StrictEquality => Js::Bool(left.strictly_equals(right)),
        B::StrictInequality => Js::Bool(!left.strictly_equals(right)),
        B::LessThan => Js::Bool(compare(left, right, zone)? == Some(Ordering::Less)),
        B::GreaterThan => Js::Bool(compare(left, right, zone)? == Some(Ordering::Greater)),
        B::LessEqualThan => Js::Bool(matches!(
            compare(left, right, zone)?,
            Some(Ordering::Less | Ordering::Equal)
        )),
        B::GreaterEqualThan => Js::Bool(matches!(
            compare(left, right, zone)?,
            Some(Ordering::Greater | Ordering::Equal)
        )),
        B::In | B::Instanceof => {
            return Err(Problem::new("this operator cannot be used here")
                .with_help("write the value itself"));
        }
        _ => {
            let left = left.to_primitive(Hint::Number, zone)?;
            let right = right.to_primitive(Hint::Number, zone)?;
            if let (Js::BigInt(a), Js::BigInt(b)) = (&left, &right) {
                return big(operator, *a, *b);
            }
            Js::Number(arithmetic(
                operator,
                left.to_number(zone)?,
                right.to_number(zone)?,
            ))
        }
    })
}

fn add(left: &Js, right: &Js, zone: &Zone) -> Result<Js, Problem> {
    let left = left.to_primitive(Hint::Default, zone)?;
    let right = right.to_primitive(Hint::Default, zone)?;
    if matches!(left, Js::Text(_)) || matches!(right, Js::Text(_)) {
        let mut joined = match left {
            Js::Text(s) => s,
            other => other.to_text(zone)?,
        };
        joined.push_str(&right.to_text(zone)?);
        return if joined.len() > MAX_TEXT {
            Err(too_long())
        } else {
            Ok(Js::Text(joined))
        };
    }
    if let (Js::BigInt(a), Js::BigInt(b)) = (&left, &right) {
        return big(BinaryOperator::Addition, *a, *b);
    }
    Ok(Js::Number(left.to_number(zone)? + right.to_number(zone)?))
}

/// The problem of a text that grew past what a document holds.
pub(super) fn too_long() -> Problem {
    Problem::new("this text is longer than the 16 MiB of a document")
        .with_help("write a shorter one")
}

fn arithmetic(operator: BinaryOperator, a: f64, b: f64) -> f64 {
    use BinaryOperator as B;
    let int = number::to_int32;
    let shift = u32::from(int(b).to_le_bytes()[0] & 31);
    match operator {
        B::Subtraction => a - b,
        B::Multiplication => a * b,
        B::Division => a / b,
        B::Remainder => a % b,
        B::Exponential => power(a, b),
        B::ShiftLeft => f64::from(int(a).wrapping_shl(shift)),
        B::ShiftRight => f64::from(int(a) >> shift),
        B::ShiftRightZeroFill => f64::from(int(a).cast_unsigned() >> shift),
        B::BitwiseOR => f64::from(int(a) | int(b)),
        B::BitwiseXOR => f64::from(int(a) ^ int(b)),
        B::BitwiseAnd => f64::from(int(a) & int(b)),
        _ => f64::NAN,
    }
}

/// `a ** b`: like `powf`, but NaN where one of them says nothing.
pub(super) fn power(a: f64, b: f64) -> f64 {
    if b.is_nan() || (b.is_infinite() && (a.abs() - 1.0).abs() < f64::EPSILON && a.abs() == 1.0) {
        return f64::NAN;
    }
    a.powf(b)
}

fn big(operator: BinaryOperator, a: i128, b: i128) -> Result<Js, Problem> {
    use BinaryOperator as B;
    let shift = |n: i128| u32::try_from(n).ok().filter(|n| *n < 128);
    let result = match operator {
        B::Addition => a.checked_add(b),
        B::Subtraction => a.checked_sub(b),
        B::Multiplication => a.checked_mul(b),
        B::Division => a.checked_div(b),
        B::Remainder => a.checked_rem(b),
        B::Exponential => u32::try_from(b).ok().and_then(|b| a.checked_pow(b)),
        B::ShiftLeft => shift(b).and_then(|s| a.checked_mul(1_i128.checked_shl(s)?)),
        B::ShiftRight => shift(b).map(|s| a >> s),
        B::BitwiseOR => Some(a | b),
        B::BitwiseXOR => Some(a ^ b),
        B::BitwiseAnd => Some(a & b),
        _ => None,
    };
    result.map(Js::BigInt).ok_or_else(|| {
        Problem::new("this bigint cannot be computed")
            .with_help("stored integers have 64 bits; write the number itself")
    })
}

#[expect(
    clippy::cast_precision_loss,
    reason = "this is how JavaScript compares"
)]
fn compare(left: &Js, right: &Js, zone: &Zone) -> Result<Option<Ordering>, Problem> {
    let left = left.to_primitive(Hint::Number, zone)?;
    let right = right.to_primitive(Hint::Number, zone)?;
    if let (Js::Text(a), Js::Text(b)) = (&left, &right) {
        return Ok(Some(a.encode_utf16().cmp(b.encode_utf16())));
    }
    if let (Js::BigInt(a), Js::BigInt(b)) = (&left, &right) {
        return Ok(Some(a.cmp(b)));
    }
    let as_number = |v: &Js| match v {
        Js::BigInt(n) => Ok(*n as f64),
        other => other.to_number(zone),
    };
    Ok(as_number(&left)?.partial_cmp(&as_number(&right)?))
}

#[expect(
    clippy::float_cmp,
    clippy::cast_precision_loss,
    reason = "this is what `==` does"
)]
fn loosely_equals(left: &Js, right: &Js, zone: &Zone) -> Result<bool, Problem> {
    if left.is_nothing() || right.is_nothing() {
        return Ok(left.is_nothing() && right.is_nothing());
    }
    let (a, b) = match (left.is_primitive(), right.is_primitive()) {
        (false, false) => return Ok(false),
        (true, true) => (left.clone(), right.clone()),
        (true, false) => (left.clone(), right.to_primitive(Hint::Default, zone)?),
        (false, true) => (left.to_primitive(Hint::Default, zone)?, right.clone()),
    };
    if std::mem::discriminant(&a) == std::mem::discriminant(&b) {
        return Ok(a.strictly_equals(&b));
    }
    let as_number = |v: &Js| match v {
        Js::BigInt(n) => Ok(*n as f64),
        other => other.to_number(zone),
    };
    Ok(as_number(&a)? == as_number(&b)?)
}
