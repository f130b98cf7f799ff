//! The constructors of binary data: `BinData`, `HexData`, `UUID`, …
//!
//! Text is read as the shell reads it, up to what it does not understand, and that is warned of.

use super::super::js::{Js, Problem};
use super::super::number;
use super::{World, expected, shortened};

pub(in crate::query) fn hex(name: &str, text: &str, world: &mut World<'_>) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len() / 2);
    for pair in text.as_bytes().chunks(2) {
        let digit = |b: u8| {
            char::from(b)
                .to_digit(16)
                .and_then(|d| u8::try_from(d).ok())
        };
        match pair {
            [a, b] => match (digit(*a), digit(*b)) {
                (Some(a), Some(b)) => bytes.push(a * 16 + b),
                _ => break,
            },
            _ => break,
        }
    }
    if bytes.len() * 2 != text.len() {
        world.warn(
            Problem::new(format!(
                "`{name}` reads only {} of these hexadecimal digits",
                bytes.len() * 2
            ))
            .with_help("write pairs of hexadecimal digits"),
        );
    }
    bytes
}

pub(in crate::query) fn uuid(
    name: &str,
    value: &Js,
    subtype: u8,
    world: &mut World<'_>,
) -> Result<Js, Problem> {
    match value {
        Js::Undefined => Ok(Js::Binary {
            subtype,
            bytes: fresh_uuid(world).to_vec(),
        }),
        Js::Text(text) => {
            let digits = text.replace('-', "");
            let bytes = hex(name, &digits, world);
            if bytes.len() != 16 {
                world.warn(
                    Problem::new(format!("a UUID has 16 bytes, this one has {}", bytes.len()))
                        .with_help("write it as `UUID(\"123e4567-e89b-12d3-a456-426614174000\")`"),
                );
            }
            Ok(Js::Binary { subtype, bytes })
        }
        other => Err(expected(name, "32 hexadecimal digits in quotes", other)),
    }
}

pub(in crate::query) fn legacy_uuid(
    name: &str,
    value: &Js,
    world: &mut World<'_>,
) -> Result<Js, Problem> {
    let made = uuid(name, value, 3, world)?;
    let Js::Binary { mut bytes, subtype } = made else {
        return Ok(made);
    };
    if let Some(b) = bytes.get_mut(..16) {
        if name == "LegacyJavaUUID" {
            b[..8].reverse();
            b[8..].reverse();
        } else {
            b[..4].reverse();
            b[4..6].reverse();
            b[6..8].reverse();
        }
    }
    Ok(Js::Binary { subtype, bytes })
}

pub(in crate::query) fn subtype_of(name: &str, value: &Js) -> Result<u8, Problem> {
    let number = match value {
        Js::Number(n) | Js::Double(n) => *n,
        Js::Int32(n) => f64::from(*n),
        Js::Long(n) => {
            #[expect(clippy::cast_precision_loss, reason = "only 0 to 255 matter")]
            let n = *n as f64;
            n
        }
        other => return Err(expected(name, "the subtype's number first", other)),
    };
    if number.fract() != 0.0 || !(0.0..=255.0).contains(&number) {
        return Err(Problem::new(format!(
            "a binary subtype is 0 to 255, not `{}`",
            number::to_text(number)
        )));
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked just above"
    )]
    Ok(number as u8)
}

pub(in crate::query) fn bin_data(
    subtype: &Js,
    value: &Js,
    world: &mut World<'_>,
) -> Result<Js, Problem> {
    let subtype = subtype_of("BinData", subtype)?;
    let Js::Text(text) = value else {
        return Err(expected(
            "BinData",
            "base64 in quotes as its second argument",
            value,
        ));
    };
    let (bytes, clean) = base64(text);
    if !clean {
        world.warn(Problem::new(format!(
            "`{}` is not base64: other characters are passed over",
            shortened(text)
        )));
    }
    Ok(Js::Binary { subtype, bytes })
}

pub(in crate::query) fn hex_data(
    subtype: &Js,
    value: &Js,
    world: &mut World<'_>,
) -> Result<Js, Problem> {
    let subtype = subtype_of("HexData", subtype)?;
    let Js::Text(text) = value else {
        return Err(expected(
            "HexData",
            "hexadecimal digits in quotes as its second argument",
            value,
        ));
    };
    Ok(Js::Binary {
        subtype,
        bytes: hex("HexData", text, world),
    })
}

pub(in crate::query) fn binary(value: &Js, subtype: &Js) -> Result<Js, Problem> {
    let subtype = match subtype {
        Js::Undefined => 0,
        other => subtype_of("Binary", other)?,
    };
    match value {
        Js::Undefined | Js::Null => Ok(Js::Binary {
            subtype,
            bytes: Vec::new(),
        }),
        Js::Binary { bytes, .. } => Ok(Js::Binary {
            subtype,
            bytes: bytes.clone(),
        }),
        Js::Array(items) => Ok(Js::Binary {
            subtype,
            bytes: bytes_of(items)?,
        }),
        other => Err(expected("Binary", "bytes", other)
            .with_help("write `BinData(0, \"…\")` with base64 or `HexData(0, \"…\")`")),
    }
}

pub(in crate::query) fn bytes_of(items: &[Js]) -> Result<Vec<u8>, Problem> {
    items
        .iter()
        .map(|item| match item {
            Js::Number(n) => Ok(number::to_int32(*n).to_le_bytes()[0]),
            other => Err(Problem::new(format!(
                "a byte is a number, not {}",
                other.kind()
            ))),
        })
        .collect()
}

/// Base64 as Node reads it: either alphabet, anything else passed over, up to the first `=`.
pub(in crate::query) fn base64(text: &str) -> (Vec<u8>, bool) {
    let mut bits = 0_u32;
    let mut count = 0;
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let mut clean = true;
    for c in text.bytes() {
        let value = match c {
            b'A'..=b'Z' => c - b'A',
            b'a'..=b'z' => c - b'a' + 26,
            b'0'..=b'9' => c - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            b'=' => break,
            _ => {
                clean &= c.is_ascii_whitespace();
                continue;
            }
        };
        bits = (bits << 6) | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count).to_le_bytes()[0]);
            bits &= (1 << count) - 1;
        }
    }
    (out, clean)
}

/// A new random UUID.
fn fresh_uuid(world: &mut World<'_>) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&world.draw().to_le_bytes());
    bytes[8..].copy_from_slice(&world.draw().to_le_bytes());
    // Version 4, of the usual variant.
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    bytes
}
