//! Characters that must not reach a terminal as they are, and their visible escapes.
//!
//! Invariant: what [`sanitize`] gives holds no control character, no escape, and nothing that turns the writing direction.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Whether a character is invisible or acts on the terminal or on the text around it: C0, DEL, C1, bidi marks,
/// overrides and isolates, zero-width characters, line separators, tags.
#[must_use]
pub fn is_hidden(c: char) -> bool {
    matches!(c,
        '\0'..='\x1f' | '\x7f'..='\u{9f}' | '\u{ad}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180e}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
        | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// Appends a character's escape as JavaScript writes it: `\n`, `\u001b`, `\u{e0001}`.
pub fn push_escape(out: &mut String, c: char) {
    match c {
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        c if u32::from(c) > 0xffff => {
            let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
        }
        c => {
            let _ = write!(out, "\\u{:04x}", u32::from(c));
        }
    }
}

/// The text with every hidden character replaced by its visible escape; borrowed where there is none.
#[must_use]
pub fn sanitize(text: &str) -> Cow<'_, str> {
    let plain = text.bytes().all(|b| (0x20..0x7f).contains(&b));
    if plain {
        return Cow::Borrowed(text);
    }
    let Some((first, _)) = text.char_indices().find(|(_, c)| is_hidden(*c)) else {
        return Cow::Borrowed(text);
    };
    let mut out = String::with_capacity(text.len() + 16);
    out.push_str(&text[..first]);
    for c in text[first..].chars() {
        if is_hidden(c) {
            push_escape(&mut out, c);
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_sequences_and_bidi_overrides_become_visible() {
        assert_eq!(sanitize("a\x1b[31m\u{9b}2J"), "a\\u001b[31m\\u009b2J");
        assert_eq!(
            sanitize("x\u{202e}y\u{2066}\u{e0041}"),
            "x\\u202ey\\u2066\\u{e0041}"
        );
        assert!(matches!(sanitize("plain ünïcode 日本"), Cow::Borrowed(_)));
    }
}
