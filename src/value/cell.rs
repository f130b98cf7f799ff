//! A value in one line of a given width.
//!
//! Costs in proportion to the width, never to the value: a text of 16 MB is cut before it is looked at.
//! Invariant: what comes out holds no hidden character and is never wider than asked.

use bson::RawBsonRef;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use super::base64::hex_to;
use super::instant::Calendar;
use super::kind::Kind;
use super::raw::{self, Datum, Element, Elements};
use super::shell::Doubles;
use super::shell::print::{push_key, push_scalar};
use super::text::{is_hidden, push_escape};

pub use super::text::sanitize;

/// How many containers inside one another a cell shows.
const LEVELS: usize = 3;

/// One line of text that grows up to a width and then ends in `…`.
struct Line {
    text: String,
    width: usize,
    limit: usize,
    full: bool,
}

impl Line {
    fn new(limit: usize) -> Self {
        Self {
            text: String::new(),
            width: 0,
            limit,
            full: false,
        }
    }

    /// Adds as much as fits; looks at no more of `text` than that.
    fn push(&mut self, text: &str) {
        if self.full {
            return;
        }
        // A character is at most four bytes and a cluster may hold many, but beyond this much nothing can be seen.
        let bound = (self.limit - self.width + 1).saturating_mul(32);
        for cluster in head(text, bound).graphemes(true) {
            let mut escaped = String::new();
            let shown = if cluster.chars().any(is_hidden) {
                for c in cluster.chars() {
                    if is_hidden(c) {
                        push_escape(&mut escaped, c);
                    } else {
                        escaped.push(c);
                    }
                }
                escaped.as_str()
            } else {
                cluster
            };
            let width = shown.width();
            // A tower of combining marks is one cluster without end.
            if self.width + width > self.limit || shown.len() > 64 {
                self.full = true;
                return;
            }
            self.text.push_str(shown);
            self.width += width;
        }
        if text.len() > bound {
            self.full = true;
        }
    }

    fn finish(mut self) -> String {
        if self.full && self.limit > 0 {
            while self.width + 1 > self.limit {
                let Some((at, last)) = self.text.grapheme_indices(true).next_back() else {
                    break;
                };
                self.width -= last.width();
                self.text.truncate(at);
            }
            self.text.push('…');
        }
        self.text
    }
}

fn head(text: &str, bytes: usize) -> &str {
    if text.len() <= bytes {
        return text;
    }
    let mut at = bytes;
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    &text[..at]
}

/// A text in at most `width` columns: hidden characters escaped, cut with `…`.
#[must_use]
pub fn cut(text: &str, width: usize) -> String {
    let mut line = Line::new(width);
    line.push(text);
    line.finish()
}

/// A value in at most `width` columns, for a table: strings without quotes, dates as `2026-03-01 09:12`, an ObjectId
/// by its end where it does not fit. Damaged bytes show as `<malformed>`.
#[must_use]
pub fn brief(value: RawBsonRef<'_>, width: usize) -> String {
    let shown = raw::with_datum(value, |datum| Ok(brief_datum(datum, width)));
    shown.unwrap_or_else(|_| cut("<malformed>", width))
}

/// As [`brief`], for a value that is already read.
#[must_use]
pub fn brief_datum(datum: Datum<'_>, width: usize) -> String {
    let mut line = Line::new(width);
    match datum {
        Datum::String(s) => line.push(s),
        other => push(&mut line, other, LEVELS),
    }
    line.finish()
}

/// As [`brief`], with strings in quotes, so that `'5'` and `5` differ; for a tree.
#[must_use]
pub fn literal_datum(datum: Datum<'_>, width: usize) -> String {
    let mut line = Line::new(width);
    push(&mut line, datum, LEVELS);
    line.finish()
}

fn push(line: &mut Line, datum: Datum<'_>, levels: usize) {
    match datum {
        Datum::String(s) => quoted(line, "", s, ""),
        Datum::Symbol(s) => quoted(line, "Symbol(", s, ")"),
        Datum::Code(s) => quoted(line, "Code(", s, ")"),
        Datum::CodeWithScope { code, .. } => quoted(line, "Code(", code, ", {…})"),
        Datum::DbPointer { namespace, id } => {
            quoted(line, "DBPointer(", namespace, ", ");
            let mut hex = String::new();
            hex_to(&mut hex, &id);
            line.push(&hex);
            line.push(")");
        }
        Datum::Regex { pattern, options } => {
            line.push("/");
            line.push(pattern);
            line.push("/");
            line.push(options);
        }
        Datum::ObjectId(id) => {
            let mut hex = String::new();
            hex_to(&mut hex, &id);
            let room = line.limit - line.width;
            if room >= hex.len() {
                line.push(&hex);
            } else {
                // The end tells documents of one moment apart, the start does not.
                line.push("…");
                line.push(&hex[hex.len() - room.saturating_sub(1).clamp(1, 5)..]);
            }
        }
        Datum::Date(millis) => line.push(&date(millis)),
        Datum::Binary { subtype: 4, bytes } if bytes.len() == 16 => {
            let mut text = String::new();
            super::shell::print::push_uuid(&mut text, bytes);
            line.push(&text);
        }
        Datum::Binary { subtype, bytes } => {
            line.push(&format!("<{} bytes", bytes.len()));
            if subtype != 0 {
                line.push(&format!(", subtype {subtype}"));
            }
            line.push(">");
        }
        Datum::Document(bytes) => container(line, bytes, false, levels),
        Datum::Array(bytes) => container(line, bytes, true, levels),
        Datum::Timestamp { time, increment } => {
            line.push(&format!("{} #{increment}", date(i64::from(time) * 1000)));
        }
        Datum::Int64(n) => line.push(&n.to_string()),
        Datum::Decimal128(bytes) => line.push(&super::shell::print::decimal_text(bytes)),
        other => {
            let mut text = String::new();
            if push_scalar(&mut text, other, Doubles::Point).is_ok() {
                line.push(&text);
            }
        }
    }
}

fn quoted(line: &mut Line, before: &str, text: &str, after: &str) {
    line.push(before);
    line.push("'");
    line.push(text);
    line.push("'");
    line.push(after);
}

/// `2026-03-01 09:12`, with seconds and fractions only where they are not zero.
#[must_use]
pub fn date(millis: i64) -> String {
    let at = Calendar::from_millis(millis);
    let mut text = format!(
        "{:04}-{:02}-{:02} {:02}:{:02}",
        at.year, at.month, at.day, at.hour, at.minute
    );
    if at.second != 0 || at.milli != 0 {
        text.push_str(&format!(":{:02}", at.second));
    }
    if at.milli != 0 {
        text.push_str(&format!(".{:03}", at.milli));
    }
    text
}

fn container(line: &mut Line, bytes: &[u8], array: bool, levels: usize) {
    // Elements are counted only as far as a count is worth a walk.
    const MOST: usize = 1000;
    let count = if bytes.len() < 64 * 1024 {
        Elements::new(bytes).take(MOST + 1).count()
    } else {
        // Large elements hide the count; small ones would make it a long walk.
        Elements::new(bytes).take(MOST.min(200) + 1).count()
    };
    let most = if bytes.len() < 64 * 1024 { MOST } else { 200 };
    let (open, close) = if array { ('[', ']') } else { ('{', '}') };
    let plus = if count > most { "+" } else { "" };
    line.push(&format!("{open}{}{plus}{close}", count.min(most)));
    if levels == 0 {
        return;
    }
    for (i, element) in Elements::new(bytes).enumerate() {
        if line.full {
            return;
        }
        line.push(if i == 0 { " " } else { ", " });
        let Ok(element) = element else {
            line.push("<malformed>");
            return;
        };
        if !array {
            let mut key = String::new();
            push_key(&mut key, head(element.key, line.limit.saturating_mul(32)));
            line.push(&key);
            line.push(": ");
        }
        if line.full {
            return;
        }
        match element_head(&element, line.limit) {
            Some(datum) => push(line, datum, levels - 1),
            None => line.push("<malformed>"),
        }
    }
}

/// An element's value; a long text only as far as it can be seen, so that it is not checked whole.
#[must_use]
pub fn element_head<'a>(element: &Element<'a>, width: usize) -> Option<Datum<'a>> {
    let bound = width.saturating_add(2).saturating_mul(32);
    let wrap: fn(&'a str) -> Datum<'a> = match element.kind {
        Kind::String => Datum::String,
        Kind::Code => Datum::Code,
        Kind::Symbol => Datum::Symbol,
        _ => return element.datum().ok(),
    };
    if element.bytes.len() <= bound {
        return element.datum().ok();
    }
    let start = element.bytes.get(4..4 + bound)?;
    let text = match std::str::from_utf8(start) {
        Ok(text) => text,
        // The cut went through a character.
        Err(e) if e.error_len().is_none() => std::str::from_utf8(&start[..e.valid_up_to()]).ok()?,
        Err(_) => return None,
    };
    Some(wrap(text))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use proptest::prelude::*;

    use super::*;
    use crate::value::sample;
    use crate::value::shell::parse_value;

    fn shown(text: &str, width: usize) -> String {
        brief(parse_value(text).unwrap().as_raw(), width)
    }

    #[test]
    fn each_kind_has_its_short_form() {
        for (text, width, expected) in [
            ("'Ada Okafor'", 20, "Ada Okafor"),
            ("'Ada Okafor'", 5, "Ada …"),
            ("'日本語'", 5, "日本…"),
            ("'日本語'", 4, "日…"),
            ("'a\\nb\\u202e'", 20, "a\\nb\\u202e"),
            ("5.0", 8, "5.0"),
            ("NumberLong('5')", 8, "5"),
            (
                "ObjectId('65a1b2c3d4e5f6071829f3a1')",
                24,
                "65a1b2c3d4e5f6071829f3a1",
            ),
            ("ObjectId('65a1b2c3d4e5f6071829f3a1')", 10, "…9f3a1"),
            ("ObjectId('65a1b2c3d4e5f6071829f3a1')", 4, "…3a1"),
            ("ISODate('2026-03-01T09:12:00Z')", 20, "2026-03-01 09:12"),
            (
                "ISODate('2026-03-01T09:12:07.5Z')",
                23,
                "2026-03-01 09:12:07.500",
            ),
            ("[1, 'b', {c: 2}]", 40, "[3] 1, 'b', {1} c: 2"),
            ("{a: 1, b: [true]}", 12, "{2} a: 1, b…"),
            ("[]", 9, "[0]"),
            ("BinData(0, 'AQID')", 20, "<3 bytes>"),
            ("null", 2, "n…"),
            ("null", 0, ""),
        ] {
            assert_eq!(shown(text, width), expected, "{text} in {width}");
        }
    }

    #[test]
    fn a_text_of_sixteen_megabytes_is_cut_without_a_walk_over_it() {
        let text = "e\u{301}".repeat(5 << 20);
        assert_eq!(cut(&text, 4).width(), 4);
        let tower = format!("e{}", "\u{301}".repeat(8 << 20));
        assert_eq!(cut(&tower, 4), "…");
    }

    proptest! {
        #[test]
        fn nothing_hidden_comes_out_and_nothing_wider_than_asked(document in sample::document(), width in 0_usize..60) {
            let text = brief(RawBsonRef::Document(&document), width);
            prop_assert!(!text.chars().any(is_hidden), "{:?}", text);
            prop_assert!(text.width() <= width, "{:?} in {}", text, width);
        }

        #[test]
        fn damaged_bytes_show_without_a_panic(bytes in sample::damaged(), width in 0_usize..60) {
            let document = bson::RawDocument::from_bytes(&bytes).unwrap();
            prop_assert!(brief(RawBsonRef::Document(document), width).width() <= width);
        }
    }
}
