//! Values as the bytes of BSON.

use super::super::js::{Js, Object, Problem};

/// Appends a document whose elements `fill` writes.
pub(in crate::query) fn document(
    out: &mut Vec<u8>,
    fill: impl FnOnce(&mut Vec<u8>) -> Result<(), Problem>,
) -> Result<(), Problem> {
    let start = out.len();
    out.extend_from_slice(&[0; 4]);
    fill(out)?;
    out.push(0);
    patch_length(out, start)
}

pub(in crate::query) fn patch_length(out: &mut [u8], start: usize) -> Result<(), Problem> {
    let length = i32::try_from(out.len() - start)
        .map_err(|_| Problem::new("this is larger than a document can be"))?;
    if let Some(place) = out.get_mut(start..start + 4) {
        place.copy_from_slice(&length.to_le_bytes());
    }
    Ok(())
}

pub(in crate::query) fn object_body(out: &mut Vec<u8>, object: &Object) -> Result<(), Problem> {
    document(out, |out| {
        for (key, value) in object.ordered() {
            element(out, key, value)?;
        }
        Ok(())
    })
}

pub(in crate::query) fn c_string(out: &mut Vec<u8>, text: &str, what: &str) -> Result<(), Problem> {
    if text.contains('\0') {
        return Err(
            Problem::new(format!("{what} cannot hold the character `\\0`"))
                .with_help("BSON ends names there; remove it"),
        );
    }
    out.extend_from_slice(text.as_bytes());
    out.push(0);
    Ok(())
}

pub(in crate::query) fn string(out: &mut Vec<u8>, text: &str) -> Result<(), Problem> {
    let length = i32::try_from(text.len() + 1)
        .map_err(|_| Problem::new("this text is larger than a document can be"))?;
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(text.as_bytes());
    out.push(0);
    Ok(())
}

pub(in crate::query) fn element(out: &mut Vec<u8>, key: &str, value: &Js) -> Result<(), Problem> {
    let mut head = |tag: u8| {
        out.push(tag);
        c_string(out, key, "a key")
    };
    match value {
        Js::Undefined | Js::Null => head(0x0a)?,
        Js::Bool(b) => {
            head(0x08)?;
            out.push(u8::from(*b));
        }
        Js::Number(n) => match as_int32(*n) {
            Some(int) => {
                head(0x10)?;
                out.extend_from_slice(&int.to_le_bytes());
            }
            None => {
                head(0x01)?;
                out.extend_from_slice(&n.to_le_bytes());
            }
        },
        Js::Double(n) => {
            head(0x01)?;
            out.extend_from_slice(&n.to_le_bytes());
        }
        Js::Int32(n) => {
            head(0x10)?;
            out.extend_from_slice(&n.to_le_bytes());
        }
        Js::Long(n) => {
            head(0x12)?;
            out.extend_from_slice(&n.to_le_bytes());
        }
        Js::BigInt(n) => {
            let long = i64::try_from(*n).map_err(|_| {
                Problem::new(format!("`{n}n` does not fit into 64 bits"))
                    .with_help("write `NumberDecimal(\"…\")` for larger numbers")
            })?;
            head(0x12)?;
            out.extend_from_slice(&long.to_le_bytes());
        }
        Js::Text(s) => {
            head(0x02)?;
            string(out, s)?;
        }
        Js::Symbol(s) => {
            head(0x0e)?;
            string(out, s)?;
        }
        Js::Array(items) => {
            head(0x04)?;
            document(out, |out| {
                for (i, item) in items.iter().enumerate() {
                    element(out, &i.to_string(), item)?;
                }
                Ok(())
            })?;
        }
        Js::Object(object) => {
            head(0x03)?;
            object_body(out, object)?;
        }
        Js::Date(ms) => {
            head(0x09)?;
            #[expect(
                clippy::cast_possible_truncation,
                reason = "dates reach 8.64e15; NaN becomes the epoch, and was warned of"
            )]
            out.extend_from_slice(&(*ms as i64).to_le_bytes());
        }
        Js::Regex { source, flags } => {
            head(0x0b)?;
            c_string(out, source, "a regular expression")?;
            let mut options: Vec<char> = flags
                .chars()
                .filter_map(|f| match f {
                    'i' | 'm' | 'x' | 'l' => Some(f),
                    // What the driver makes of the global flag.
                    'g' => Some('s'),
                    _ => None,
                })
                .collect();
            options.sort_unstable();
            options.dedup();
            c_string(out, &options.into_iter().collect::<String>(), "options")?;
        }
        Js::ObjectId(id) => {
            head(0x07)?;
            out.extend_from_slice(&id.bytes());
        }
        Js::Decimal(d) => {
            head(0x13)?;
            out.extend_from_slice(&d.bytes());
        }
        Js::Binary { subtype, bytes } => {
            head(0x05)?;
            let length = i32::try_from(bytes.len())
                .map_err(|_| Problem::new("this is larger than a document can be"))?;
            // The old binary subtype repeats its length inside.
            if *subtype == 2 {
                out.extend_from_slice(&length.saturating_add(4).to_le_bytes());
                out.push(*subtype);
            } else {
                out.extend_from_slice(&length.to_le_bytes());
                out.push(*subtype);
            }
            if *subtype == 2 {
                out.extend_from_slice(&length.to_le_bytes());
            }
            out.extend_from_slice(bytes);
        }
        Js::Timestamp { time, increment } => {
            head(0x11)?;
            out.extend_from_slice(&increment.to_le_bytes());
            out.extend_from_slice(&time.to_le_bytes());
        }
        Js::MinKey => head(0xff)?,
        Js::MaxKey => head(0x7f)?,
        Js::Code { code, scope: None } => {
            head(0x0d)?;
            string(out, code)?;
        }
        Js::Code {
            code,
            scope: Some(scope),
        } => {
            head(0x0f)?;
            let start = out.len();
            out.extend_from_slice(&[0; 4]);
            string(out, code)?;
            object_body(out, scope)?;
            patch_length(out, start)?;
        }
    }
    Ok(())
}

/// The number as Int32, where mongosh would send it so: whole, in range, and not `-0`.
pub(in crate::query) fn as_int32(n: f64) -> Option<i32> {
    if n.fract() != 0.0 || (n == 0.0 && n.is_sign_negative()) {
        return None;
    }
    if n < f64::from(i32::MIN) || n > f64::from(i32::MAX) {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "whole and in range")]
    Some(n as i32)
}
