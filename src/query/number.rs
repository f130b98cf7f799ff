//! Numbers as JavaScript reads and writes them.
//!
//! Pure functions between `f64` and text. Knows no BSON.

/// The text of a number as `String(n)` gives it.
pub(super) fn to_text(n: f64) -> String {
    if n.is_nan() {
        return "NaN".into();
    }
    if n.is_infinite() {
        return if n > 0.0 { "Infinity" } else { "-Infinity" }.into();
    }
    if n == 0.0 {
        return "0".into();
    }
    let sign = if n < 0.0 { "-" } else { "" };
    let shortest = format!("{:e}", n.abs());
    let (mantissa, exponent) = shortest.split_once('e').unwrap_or((&shortest, "0"));
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let count = i32::try_from(digits.len()).unwrap_or(i32::MAX);
    let point = exponent + 1;
    let zeros = |n: i32| "0".repeat(usize::try_from(n).unwrap_or(0));
    let body = if count <= point && point <= 21 {
        format!("{digits}{}", zeros(point - count))
    } else if 0 < point && point <= 21 {
        let (whole, part) = digits.split_at(usize::try_from(point).unwrap_or(0));
        format!("{whole}.{part}")
    } else if -6 < point && point <= 0 {
        format!("0.{}{digits}", zeros(-point))
    } else {
        let e = point - 1;
        let e_sign = if e < 0 { '-' } else { '+' };
        let (first, others) = digits.split_at(1);
        if others.is_empty() {
            format!("{first}e{e_sign}{}", e.abs())
        } else {
            format!("{first}.{others}e{e_sign}{}", e.abs())
        }
    };
    format!("{sign}{body}")
}

/// Text in a radix from 2 to 36, as `n.toString(radix)` gives it for whole numbers; `None` for others.
pub(super) fn to_radix(n: f64, radix: u32) -> Option<String> {
    if n.fract() != 0.0 || n.abs() > 9_007_199_254_740_992.0 || !(2..=36).contains(&radix) {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "whole and below 2^53")]
    let mut rest = (n.abs() as i64).unsigned_abs();
    let mut out = Vec::new();
    loop {
        let digit = u32::try_from(rest % u64::from(radix)).unwrap_or(0);
        out.push(char::from_digit(digit, radix).unwrap_or('0'));
        rest /= u64::from(radix);
        if rest == 0 {
            break;
        }
    }
    if n < 0.0 {
        out.push('-');
    }
    Some(out.into_iter().rev().collect())
}

/// White space as JavaScript trims it.
pub(super) fn is_space(c: char) -> bool {
    c.is_whitespace() && c != '\u{85}' || c == '\u{feff}'
}

/// `Number(text)`: NaN where the text is no number.
pub(super) fn from_text(text: &str) -> f64 {
    let text = text.trim_matches(is_space);
    if text.is_empty() {
        return 0.0;
    }
    for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] {
        if let Some(digits) = strip_prefix_any_case(text, prefix) {
            if digits.is_empty() || !digits.chars().all(|c| c.is_digit(radix)) {
                return f64::NAN;
            }
            return digits_value(digits, radix);
        }
    }
    match text {
        "Infinity" | "+Infinity" => return f64::INFINITY,
        "-Infinity" => return f64::NEG_INFINITY,
        _ => {}
    }
    if decimal_prefix(text) == text.len() {
        text.parse().unwrap_or(f64::NAN)
    } else {
        f64::NAN
    }
}

/// `parseFloat(text)`: the number at the start of the text.
pub(super) fn parse_float(text: &str) -> f64 {
    let text = text.trim_start_matches(is_space);
    for (word, value) in [
        ("Infinity", f64::INFINITY),
        ("+Infinity", f64::INFINITY),
        ("-Infinity", f64::NEG_INFINITY),
    ] {
        if text.starts_with(word) {
            return value;
        }
    }
    text.get(..decimal_prefix(text))
        .and_then(|t| t.parse().ok())
        .unwrap_or(f64::NAN)
}

/// `parseInt(text, radix)`; radix 0 means by prefix.
pub(super) fn parse_int(text: &str, radix: i32) -> f64 {
    let mut text = text.trim_start_matches(is_space);
    let mut sign = 1.0;
    if let Some(rest) = text.strip_prefix('-') {
        sign = -1.0;
        text = rest;
    } else if let Some(rest) = text.strip_prefix('+') {
        text = rest;
    }
    let mut base = radix;
    if base == 0 || base == 16 {
        match strip_prefix_any_case(text, "0x") {
            Some(rest) => {
                text = rest;
                base = 16;
            }
            None if base == 0 => base = 10,
            None => {}
        }
    }
    let Ok(base) = u32::try_from(base) else {
        return f64::NAN;
    };
    if !(2..=36).contains(&base) {
        return f64::NAN;
    }
    let end = text.find(|c: char| !c.is_digit(base)).unwrap_or(text.len());
    let digits = &text[..end];
    if digits.is_empty() {
        return f64::NAN;
    }
    sign * digits_value(digits, base)
}

/// `ToInt32`.
pub(super) fn to_int32(n: f64) -> i32 {
    if !n.is_finite() {
        return 0;
    }
    let m = n.trunc().rem_euclid(4_294_967_296.0);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the remainder is in 0..2^32"
    )]
    let bits = m as u32;
    bits.cast_signed()
}

fn digits_value(digits: &str, radix: u32) -> f64 {
    if radix == 10 {
        return digits.parse().unwrap_or(f64::NAN);
    }
    if let Ok(n) = u64::from_str_radix(digits, radix) {
        #[expect(clippy::cast_precision_loss, reason = "this is what a double does")]
        return n as f64;
    }
    digits.chars().fold(0.0, |sum, c| {
        sum * f64::from(radix) + f64::from(c.to_digit(radix).unwrap_or(0))
    })
}

fn strip_prefix_any_case<'t>(text: &'t str, prefix: &str) -> Option<&'t str> {
    let head = text.get(..prefix.len())?;
    head.eq_ignore_ascii_case(prefix)
        .then(|| &text[prefix.len()..])
}

/// The length of the decimal number that `text` starts with.
fn decimal_prefix(text: &str) -> usize {
    let bytes = text.as_bytes();
    let digits = |mut at: usize| {
        while bytes.get(at).is_some_and(u8::is_ascii_digit) {
            at += 1;
        }
        at
    };
    let start = usize::from(matches!(bytes.first(), Some(b'+' | b'-')));
    let whole = digits(start);
    let mut end = whole;
    let mut any = whole > start;
    if bytes.get(end) == Some(&b'.') {
        let part = digits(end + 1);
        if any || part > end + 1 {
            any = true;
            end = part;
        }
    }
    if !any {
        return 0;
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        let exponent = digits(end + 1 + sign);
        if exponent > end + 1 + sign {
            end = exponent;
        }
    }
    end
}
