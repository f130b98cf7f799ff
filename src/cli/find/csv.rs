//! Comma-separated values by RFC 4180: a header, one row a document, nested documents as dotted columns.
//!
//! Arrays, and values that have no plain text of their own, are written as relaxed Extended JSON. A field that is
//! missing and one that is null are both empty.

use std::collections::HashSet;

use bson::{RawBsonRef, RawDocument, RawDocumentBuf};

use super::output::Sink;
use crate::value::Path;
use crate::value::extjson::{self, Layout, Mode};
use crate::value::instant;

/// How deep nested documents become columns; what is deeper is written as Extended JSON.
const LEVELS: usize = 16;
/// The most columns that are learned.
const MAX_COLUMNS: usize = 2_000;

/// A writer with its columns.
pub(super) struct Csv {
    columns: Vec<(String, Path)>,
    /// Whether the columns were learned, so that later documents may have others.
    learned: bool,
    known: HashSet<String>,
    /// How many documents had a top-level field that is no column.
    with_others: u64,
    rows: u64,
}

impl Csv {
    /// Learns the columns where none were asked for, and writes the header.
    pub(super) fn new(asked: &[String], sample: &[RawDocumentBuf], sink: &mut Sink) -> Self {
        let names = if asked.is_empty() {
            let mut names = Vec::new();
            let mut seen = HashSet::new();
            for document in sample {
                collect(document, "", LEVELS, &mut names, &mut seen);
            }
            names
        } else {
            asked.to_vec()
        };
        let columns: Vec<_> = names
            .iter()
            .map(|name| (name.clone(), Path::from_dotted(name)))
            .collect();
        let known = names
            .iter()
            .map(|n| n.split('.').next().unwrap_or_default().to_owned())
            .collect();
        if !names.is_empty() {
            write_row(names.iter().map(String::as_str), sink);
        }
        Self {
            columns,
            learned: asked.is_empty(),
            known,
            with_others: 0,
            rows: 0,
        }
    }

    /// Writes one document.
    pub(super) fn row(&mut self, document: &RawDocument, sink: &mut Sink) {
        self.rows += 1;
        if self.learned
            && document
                .iter()
                .flatten()
                .any(|(key, _)| !self.known.contains(key.as_str()))
        {
            self.with_others += 1;
        }
        let mut cells = Vec::with_capacity(self.columns.len());
        for (_, path) in &self.columns {
            match path.get(document).map(text).transpose() {
                Ok(text) => cells.push(text.unwrap_or_default()),
                Err(why) => return sink.damaged(why),
            }
        }
        if !cells.is_empty() {
            write_row(cells.iter().map(String::as_str), sink);
        }
    }

    pub(super) fn notes(&self) -> Vec<String> {
        if self.with_others == 0 {
            return Vec::new();
        }
        vec![format!(
            "{} of {} documents have fields that are no column, since the first documents had none; name columns with `--columns`",
            self.with_others, self.rows
        )]
    }
}

fn collect(
    document: &RawDocument,
    lead: &str,
    levels: usize,
    names: &mut Vec<String>,
    seen: &mut HashSet<String>,
) {
    for (key, value) in document.iter().flatten() {
        let name = if lead.is_empty() {
            key.as_str().to_owned()
        } else {
            format!("{lead}.{}", key.as_str())
        };
        match value {
            RawBsonRef::Document(inner) if levels > 1 && inner.iter().next().is_some() => {
                collect(inner, &name, levels - 1, names, seen);
            }
            _ if names.len() < MAX_COLUMNS && seen.insert(name.clone()) => names.push(name),
            _ => {}
        }
    }
}

/// The plain text of a value.
fn text(value: RawBsonRef<'_>) -> Result<String, crate::value::Malformed> {
    Ok(match value {
        RawBsonRef::Null | RawBsonRef::Undefined => String::new(),
        RawBsonRef::String(s) | RawBsonRef::Symbol(s) => s.to_owned(),
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

fn write_row<'c>(cells: impl Iterator<Item = &'c str>, sink: &mut Sink) {
    let mut line = String::new();
    for (i, cell) in cells.enumerate() {
        if i > 0 {
            line.push(',');
        }
        let cell = sink.clean(cell);
        if cell.contains([',', '"', '\n', '\r']) || cell.starts_with(' ') || cell.ends_with(' ') {
            line.push('"');
            line.push_str(&cell.replace('"', "\"\""));
            line.push('"');
        } else {
            line.push_str(&cell);
        }
    }
    line.push_str("\r\n");
    sink.put(&line);
}
