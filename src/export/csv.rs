//! Comma-separated values by RFC 4180: a header, one row a document, nested documents as dotted columns.
//!
//! Arrays, and values that have no plain text of their own, are written as relaxed Extended JSON. A field that is
//! missing and one that is null are both empty. A text that a spreadsheet would take for a formula begins with `'`, so that
//! a document cannot run anything where it is opened; numbers, also those in texts, stay as they are.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use bson::{RawBsonRef, RawDocument, RawDocumentBuf};

use super::Wish;
use crate::value::extjson::{self, Layout, Mode};
use crate::value::instant;
use crate::value::text::sanitize;
use crate::value::{Malformed, Path, Step};

/// How deep nested documents become columns; what is deeper is written as Extended JSON.
const LEVELS: usize = 16;
/// The most columns that are learned.
const MAX_COLUMNS: usize = 2_000;

/// A writer with its columns.
pub(super) struct Csv {
    columns: Vec<Path>,
    /// The columns by their keys, where they were learned, so that documents may have others.
    known: Option<Known>,
    /// How many documents had a value that is in no column.
    with_others: u64,
    rows: u64,
    /// Texts stay as they are, also those that look like formulas.
    raw: bool,
    /// What a terminal would obey is escaped.
    clean: bool,
}

impl Csv {
    /// Learns the columns where none were asked for, and writes the header.
    pub(super) fn new(wish: &Wish, sample: &[RawDocumentBuf], out: &mut Vec<u8>) -> Self {
        let asked = &wish.columns;
        let columns: Vec<Path> = match asked.is_empty() {
            true => learned(sample.iter().map(|d| &**d)),
            false => asked.iter().map(|name| Path::parse(name)).collect(),
        };
        let names: Vec<String> = match asked.is_empty() {
            true => columns.iter().map(title).collect(),
            false => asked.clone(),
        };
        if !names.is_empty() {
            let header: Vec<String> = names.iter().map(|n| defused(n, wish.raw_csv)).collect();
            write_row(header.iter().map(String::as_str), wish.clean, out);
        }
        let known = (asked.is_empty() || wish.tell_others).then(|| {
            let mut known = Known::default();
            columns.iter().for_each(|path| known.add(path));
            known
        });
        Self {
            columns,
            known,
            with_others: 0,
            rows: 0,
            raw: wish.raw_csv,
            clean: wish.clean,
        }
    }

    /// Writes one document.
    pub(super) fn row(
        &mut self,
        document: &RawDocument,
        out: &mut Vec<u8>,
    ) -> Result<(), Malformed> {
        self.rows += 1;
        if self.known.as_ref().is_some_and(|k| k.lacks(document)) {
            self.with_others += 1;
        }
        let mut cells = Vec::with_capacity(self.columns.len());
        for path in &self.columns {
            let text = path.get(document).map(|v| text(v, self.raw)).transpose()?;
            cells.push(text.unwrap_or_default());
        }
        if !cells.is_empty() {
            write_row(cells.iter().map(String::as_str), self.clean, out);
        }
        Ok(())
    }

    /// How many documents had values that are in no column.
    pub(super) fn note(&mut self) -> Option<String> {
        if self.with_others == 0 {
            return None;
        }
        let rows = match self.rows {
            1 => "1 document".to_owned(),
            n => format!("{n} documents"),
        };
        let note = format!(
            "{} of {rows} have values that are in no column: the columns are those of the first documents, {MAX_COLUMNS} at the most",
            self.with_others,
        );
        self.with_others = 0;
        Some(note)
    }
}

/// The columns that these documents have, nested ones in dot notation, in the order in which they first occur.
#[must_use]
pub fn columns<'d>(documents: impl IntoIterator<Item = &'d RawDocument>) -> Vec<String> {
    learned(documents).iter().map(title).collect()
}

fn learned<'d>(documents: impl IntoIterator<Item = &'d RawDocument>) -> Vec<Path> {
    let mut found = Vec::new();
    let mut seen = HashSet::new();
    for document in documents {
        collect(document, &Path::root(), LEVELS, &mut found, &mut seen);
    }
    found
}

/// The name of a column: in dot notation where that says which field is meant.
fn title(path: &Path) -> String {
    let plain =
        |step: &Step| matches!(step, Step::Key(k) if !k.is_empty() && !k.contains(['.', '[']));
    match path.0.iter().all(plain) {
        true => path.dotted(),
        false => path.to_string(),
    }
}

/// The columns as a tree of keys.
#[derive(Default)]
struct Known {
    is_column: bool,
    below: HashMap<String, Known>,
}

impl Known {
    fn add(&mut self, path: &Path) {
        let mut at = self;
        for step in &path.0 {
            if let Step::Key(key) = step {
                at = at.below.entry(key.clone()).or_default();
            }
        }
        at.is_column = true;
    }

    /// Whether a document has a value that is in no column. No deeper than the columns are.
    fn lacks(&self, document: &RawDocument) -> bool {
        document.iter().flatten().any(|(key, value)| {
            let Some(known) = self.below.get(key.as_str()) else {
                return true;
            };
            match value {
                _ if known.is_column => false,
                RawBsonRef::Document(inner) => known.lacks(inner),
                RawBsonRef::Null | RawBsonRef::Undefined => false,
                _ => true,
            }
        })
    }
}

fn collect(
    document: &RawDocument,
    lead: &Path,
    levels: usize,
    found: &mut Vec<Path>,
    seen: &mut HashSet<Path>,
) {
    for (key, value) in document.iter().flatten() {
        let path = lead.key(key.as_str());
        match value {
            RawBsonRef::Document(inner) if levels > 1 && inner.iter().next().is_some() => {
                collect(inner, &path, levels - 1, found, seen);
            }
            _ if found.len() < MAX_COLUMNS && seen.insert(path.clone()) => found.push(path),
            _ => {}
        }
    }
}

/// A text that no spreadsheet runs: one that begins as formulas do is led by `'`, but for numbers.
fn defused(text: &str, raw: bool) -> String {
    // Some spreadsheets take the wide forms for the same.
    let begins = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    if raw || !begins || text.parse::<f64>().is_ok_and(f64::is_finite) {
        text.to_owned()
    } else {
        format!("'{text}")
    }
}

/// The plain text of a value.
fn text(value: RawBsonRef<'_>, raw: bool) -> Result<String, Malformed> {
    Ok(match value {
        RawBsonRef::Null | RawBsonRef::Undefined => String::new(),
        RawBsonRef::String(s) | RawBsonRef::Symbol(s) => defused(s, raw),
        RawBsonRef::Boolean(b) => b.to_string(),
        RawBsonRef::Int32(n) => n.to_string(),
        RawBsonRef::Int64(n) => n.to_string(),
        RawBsonRef::Double(n) if n.is_finite() => n.to_string(),
        RawBsonRef::Decimal128(n) => n.to_string(),
        RawBsonRef::ObjectId(id) => id.to_hex(),
        RawBsonRef::DateTime(at) => {
            instant::iso(at.timestamp_millis()).unwrap_or_else(|| at.timestamp_millis().to_string())
        }
        other => extjson::print(other, Mode::Relaxed, Layout::Compact)?,
    })
}

fn write_row<'c>(cells: impl Iterator<Item = &'c str>, clean: bool, out: &mut Vec<u8>) {
    let mut line = String::new();
    for (i, cell) in cells.enumerate() {
        if i > 0 {
            line.push(',');
        }
        let cell = match clean {
            true => sanitize(cell),
            false => Cow::Borrowed(cell),
        };
        if cell.contains([',', '"', '\n', '\r']) || cell.starts_with(' ') || cell.ends_with(' ') {
            line.push('"');
            line.push_str(&cell.replace('"', "\"\""));
            line.push('"');
        } else {
            line.push_str(&cell);
        }
    }
    line.push_str("\r\n");
    out.extend_from_slice(line.as_bytes());
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use bson::rawdoc;

    use super::*;

    #[test]
    fn keys_with_dots_of_their_own_and_empty_ones_are_columns_of_their_own() {
        let document = rawdoc! { "a.b": 1, "a": { "b": 4, "c.d": { "$e": 5 } }, "": 6 };
        let mut columns = Vec::new();
        collect(
            &document,
            &Path::root(),
            LEVELS,
            &mut columns,
            &mut HashSet::new(),
        );
        let titles: Vec<String> = columns.iter().map(title).collect();
        assert_eq!(titles, ["['a.b']", "a.b", "a['c.d'].$e", "['']"]);
        let value = |p: &Path| p.get(&document).and_then(|v| v.as_i32());
        let values: Vec<_> = columns.iter().filter_map(value).collect();
        assert_eq!(values, [1, 4, 5, 6]);
        // A column that was named is the one that its title shows.
        for (path, title) in columns.iter().zip(&titles) {
            assert_eq!(&Path::parse(title), path, "{title}");
        }
    }

    #[test]
    fn a_value_that_is_in_no_column_is_noticed_at_every_level() {
        let mut known = Known::default();
        known.add(&Path::from_dotted("a.b"));
        assert!(!known.lacks(&rawdoc! { "a": { "b": { "c": 1 } } }));
        for document in [
            rawdoc! { "a": { "z": 1 } },
            rawdoc! { "a": 5 },
            rawdoc! { "z": 1 },
        ] {
            assert!(known.lacks(&document), "{document:?}");
        }
    }
}
