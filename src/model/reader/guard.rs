//! Refuses text whose shape would take a recursive parser too deep, before it is parsed.
//!
//! A rough scan: it knows strings and comments, not the whole grammar. Invariant: what it lets through nests so little
//! that the parser stays far within the stack it is given.

use crate::value::{Diagnostic, Span};

/// The most that brackets may nest.
const DEEPEST: usize = 400;
/// The most operators and keywords that may hang in each other, all open brackets together.
const LONGEST_CHAIN: usize = 4_000;
/// The largest text, in bytes.
pub(super) const LARGEST: usize = 8 * 1024 * 1024;

/// Whether `text` may be parsed; an error says where it goes too deep.
pub(super) fn check(text: &str) -> Result<(), Diagnostic> {
    if text.len() > LARGEST {
        return Err(Diagnostic::new(
            Span::point(0),
            format!("the file is too large: `{}` bytes", text.len()),
        )
        .with_help(format!("a model file may have up to {LARGEST} bytes")));
    }
    let bytes = text.as_bytes();
    let mut open: Vec<usize> = Vec::new();
    let (mut chain, mut total) = (0usize, 0usize);
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'/' if bytes.get(at + 1) == Some(&b'/') => {
                at = memchr::memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |n| at + n);
                continue;
            }
            b'/' if bytes.get(at + 1) == Some(&b'*') => {
                at = memchr::memmem::find(&bytes[at + 2..], b"*/")
                    .map_or(bytes.len(), |n| at + n + 4);
                continue;
            }
            quote @ (b'\'' | b'"') => {
                at += 1;
                while at < bytes.len() && bytes[at] != quote && bytes[at] != b'\n' {
                    at += if bytes[at] == b'\\' { 2 } else { 1 };
                }
            }
            b'(' | b'[' | b'{' => {
                open.push(chain);
                chain = 0;
                if open.len() > DEEPEST {
                    return Err(too_deep(at));
                }
            }
            b')' | b']' | b'}' => {
                total -= chain.min(total);
                chain = open.pop().unwrap_or(0);
                if bytes[at] == b'}' {
                    total -= chain.min(total);
                    chain = 0;
                }
            }
            b';' | b',' => {
                total -= chain.min(total);
                chain = 0;
            }
            b'!' | b'~' | b'+' | b'-' | b'?' | b':' | b'=' | b'<' | b'*' | b'.' | b'`' | b'|'
            | b'&' | b'%' | b'^' | b'@' => {
                chain += 1;
                total += 1;
            }
            byte if byte.is_ascii_alphabetic() || byte == b'_' || byte == b'$' => {
                let start = at;
                while at < bytes.len()
                    && (bytes[at].is_ascii_alphanumeric() || matches!(bytes[at], b'_' | b'$'))
                {
                    at += 1;
                }
                if matches!(
                    &text[start..at],
                    "if" | "else"
                        | "for"
                        | "while"
                        | "do"
                        | "with"
                        | "new"
                        | "typeof"
                        | "void"
                        | "delete"
                        | "await"
                        | "yield"
                        | "keyof"
                        | "readonly"
                        | "unique"
                        | "infer"
                        | "extends"
                        | "in"
                        | "of"
                        | "instanceof"
                        | "async"
                        | "import"
                        | "as"
                        | "satisfies"
                ) {
                    chain += 1;
                    total += 1;
                }
                if total > LONGEST_CHAIN {
                    return Err(too_deep(start));
                }
                continue;
            }
            _ => {}
        }
        if total > LONGEST_CHAIN {
            return Err(too_deep(at));
        }
        at += 1;
    }
    Ok(())
}

fn too_deep(at: usize) -> Diagnostic {
    Diagnostic::new(Span::point(at), "this nests too deep to be read")
        .with_help("split it into several constants")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_nesting_is_refused_and_ordinary_code_is_not() {
        for text in [
            "[".repeat(100_000),
            "!".repeat(100_000),
            "a=>".repeat(100_000),
            "if(a)".repeat(100_000),
            "a?b:".repeat(100_000),
            "new ".repeat(100_000),
            "(-".repeat(100_000),
        ] {
            assert!(check(&text).is_err());
        }
        let ordinary = "const s = new Schema({ a: { type: String, required: true } });\n";
        assert!(check(&ordinary.repeat(20_000)).is_ok());
    }
}
