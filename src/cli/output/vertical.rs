//! One field a line, under a line with the document's number. Always cleaned, wherever it goes.

use bson::RawDocument;
use unicode_width::UnicodeWidthStr as _;

use super::Sink;
use crate::value::shell::{Style, print};
use crate::value::text::sanitize;

/// The widest that names of fields are set to.
const WIDEST_NAME: usize = 40;

/// Writes the document, which is the so-many-th.
pub(super) fn write(count: u64, document: &RawDocument, sink: &mut Sink) {
    let mut text = format!("─── {count} ───\n");
    let fields: Vec<(String, String)> = document
        .iter()
        .flatten()
        .map(|(key, value)| {
            let shown =
                print(value, &Style::LINE).unwrap_or_else(|why| format!("(cannot be read: {why})"));
            (
                sanitize(key.as_str()).into_owned(),
                sanitize(&shown).into_owned(),
            )
        })
        .collect();
    let width = fields
        .iter()
        .map(|(name, _)| name.width())
        .max()
        .unwrap_or(0)
        .min(WIDEST_NAME);
    for (name, value) in fields {
        let blanks = width.saturating_sub(name.width());
        text.push_str(&format!("{}{name}: {value}\n", " ".repeat(blanks)));
    }
    sink.put(&text);
}
