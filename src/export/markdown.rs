//! A Markdown table: a header, a rule, one row a document. Nothing in a cell ends the cell or its row.

use std::collections::HashSet;

use bson::{RawDocument, RawDocumentBuf};

use crate::value::Path;
use crate::value::cell::brief;

/// The widest that a cell is made; Markdown is for reading.
const WIDEST: usize = 200;

/// A writer with its columns.
pub(super) struct Markdown {
    columns: Vec<Path>,
}

impl Markdown {
    /// Learns the columns where none were asked for, and writes the header.
    pub(super) fn new(asked: &[String], sample: &[RawDocumentBuf], out: &mut Vec<u8>) -> Self {
        let names: Vec<(String, Path)> = if asked.is_empty() {
            fields(sample)
        } else {
            asked.iter().map(|n| (n.clone(), Path::parse(n))).collect()
        };
        if !names.is_empty() {
            row(names.iter().map(|(name, _)| escaped(name)), out);
            row(names.iter().map(|_| "---".to_owned()), out);
        }
        Self {
            columns: names.into_iter().map(|(_, path)| path).collect(),
        }
    }

    /// Writes one document.
    pub(super) fn row(&self, document: &RawDocument, out: &mut Vec<u8>) {
        if !self.columns.is_empty() {
            row(
                self.columns.iter().map(|path| {
                    path.get(document)
                        .map(|v| escaped(&brief(v, WIDEST)))
                        .unwrap_or_default()
                }),
                out,
            );
        }
    }
}

fn row(cells: impl Iterator<Item = String>, out: &mut Vec<u8>) {
    let mut line = String::from("|");
    for cell in cells {
        line.push(' ');
        line.push_str(&cell);
        line.push_str(" |");
    }
    line.push('\n');
    out.extend_from_slice(line.as_bytes());
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in crate::value::text::sanitize(text).chars() {
        match c {
            '|' | '\\' | '`' | '*' | '_' | '[' | ']' => {
                out.push('\\');
                out.push(c);
            }
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\n' | '\r' => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

/// The most columns that are learned.
const MAX_COLUMNS: usize = 200;

/// The top-level fields of the sample, in the order in which they first occur.
#[must_use]
pub fn fields(sample: &[RawDocumentBuf]) -> Vec<(String, Path)> {
    let mut seen = HashSet::new();
    let mut names = Vec::new();
    for document in sample {
        for (key, _) in document.iter().flatten() {
            let key = key.as_str();
            if names.len() < MAX_COLUMNS && seen.insert(key.to_owned()) {
                names.push((key.to_owned(), Path::root().key(key)));
            }
        }
    }
    names
}
