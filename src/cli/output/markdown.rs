//! A Markdown table: a header, a rule, one row a document. Nothing in a cell ends the cell or its row.

use bson::{RawDocument, RawDocumentBuf};

use super::Sink;
use super::table::fields;
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
    pub(super) fn new(asked: &[String], sample: &[RawDocumentBuf], sink: &mut Sink) -> Self {
        let names: Vec<(String, Path)> = if asked.is_empty() {
            fields(sample)
        } else {
            asked
                .iter()
                .map(|n| (n.clone(), Path::from_dotted(n)))
                .collect()
        };
        if !names.is_empty() {
            row(names.iter().map(|(name, _)| escaped(name)), sink);
            row(names.iter().map(|_| "---".to_owned()), sink);
        }
        Self {
            columns: names.into_iter().map(|(_, path)| path).collect(),
        }
    }

    /// Writes one document.
    pub(super) fn row(&self, document: &RawDocument, sink: &mut Sink) {
        if !self.columns.is_empty() {
            row(
                self.columns.iter().map(|path| {
                    path.get(document)
                        .map(|v| escaped(&brief(v, WIDEST)))
                        .unwrap_or_default()
                }),
                sink,
            );
        }
    }
}

fn row(cells: impl Iterator<Item = String>, sink: &mut Sink) {
    let mut line = String::from("|");
    for cell in cells {
        line.push(' ');
        line.push_str(&cell);
        line.push_str(" |");
    }
    line.push('\n');
    sink.put(&line);
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
