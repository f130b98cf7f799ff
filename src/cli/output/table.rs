//! Columns for people, as wide as the terminal: what does not fit is cut with `…`.
//!
//! Columns and widths are learned from the first documents; later ones are cut to them. Always cleaned, wherever it goes.

use bson::spec::ElementType;
use bson::{RawBsonRef, RawDocument, RawDocumentBuf};
use unicode_width::UnicodeWidthStr as _;

use super::Sink;
use crate::cli::print;
use crate::export::fields;
use crate::value::Path;
use crate::value::cell::{brief, cut};

/// The widest that a column is made.
const WIDEST: usize = 40;
/// The widest `_id` that stays whole: a UUID. An `_id` is there to be copied.
const WHOLE_ID: usize = 36;
/// The narrowest that a column is made to fit more of them.
const NARROWEST: usize = 8;
/// Blanks between columns.
const GAP: usize = 2;

struct Column {
    path: Path,
    width: usize,
    /// A number or a date that is cut says something else, so such a column is not narrowed.
    least: usize,
}

fn is_whole_or_nothing(value: RawBsonRef<'_>) -> bool {
    matches!(
        value.element_type(),
        ElementType::Int32
            | ElementType::Int64
            | ElementType::Double
            | ElementType::Decimal128
            | ElementType::DateTime
            | ElementType::Boolean
            | ElementType::Null
    )
}

/// How narrow the column `name` may become, whose values are as wide as `widest`.
fn least(name: &str, whole_or_nothing: bool, widest: usize) -> usize {
    match name {
        _ if whole_or_nothing => widest.max(NARROWEST),
        "_id" => widest.clamp(NARROWEST, WHOLE_ID),
        _ => NARROWEST,
    }
}

/// A writer with its columns.
pub(super) struct Table {
    columns: Vec<Column>,
    /// Columns that did not fit.
    left_out: usize,
}

impl Table {
    /// Learns columns and widths, and writes the header.
    pub(super) fn new(asked: &[String], sample: &[RawDocumentBuf], sink: &mut Sink) -> Self {
        let names = if asked.is_empty() {
            fields(sample)
        } else {
            asked.iter().map(|n| (n.clone(), Path::parse(n))).collect()
        };
        let mut columns: Vec<(String, Column)> = names
            .into_iter()
            .map(|(name, path)| {
                let values = || sample.iter().filter_map(|d| path.get(d));
                let widest = values()
                    .map(|v| brief(v, WIDEST).width())
                    .max()
                    .unwrap_or(0);
                let width = widest.max(cut(&name, WIDEST).width()).max(1);
                let least = least(&name, values().all(is_whole_or_nothing), widest);
                (name, Column { path, width, least })
            })
            .collect();
        let mut left_out = 0;
        if let Some(room) = print::width() {
            left_out = fit(&mut columns, room);
        }
        let header: Vec<String> = columns
            .iter()
            .map(|(name, column)| padded(&cut(name, column.width), column.width))
            .collect();
        let table = Self {
            columns: columns.into_iter().map(|(_, column)| column).collect(),
            left_out,
        };
        if !header.is_empty() {
            write(&header, sink);
            let rule: Vec<String> = table.columns.iter().map(|c| "─".repeat(c.width)).collect();
            write(&rule, sink);
        }
        table
    }

    /// Writes one document.
    pub(super) fn row(&mut self, document: &RawDocument, sink: &mut Sink) {
        let cells: Vec<String> = self
            .columns
            .iter()
            .map(|column| {
                let text = column
                    .path
                    .get(document)
                    .map(|v| brief(v, column.width))
                    .unwrap_or_default();
                padded(&text, column.width)
            })
            .collect();
        if !cells.is_empty() {
            write(&cells, sink);
        }
    }

    pub(super) fn notes(&self) -> Vec<String> {
        match self.left_out {
            0 => Vec::new(),
            1 => vec!["1 column did not fit; choose with `--columns`".to_owned()],
            n => vec![format!("{n} columns did not fit; choose with `--columns`")],
        }
    }
}

/// Narrows the widest columns until all fit, and leaves out the last ones where that is not enough. Says how many.
fn fit(columns: &mut Vec<(String, Column)>, room: usize) -> usize {
    let total = |columns: &[(String, Column)]| {
        let gaps = columns.len().saturating_sub(1) * GAP;
        columns.iter().map(|(_, c)| c.width).sum::<usize>() + gaps
    };
    while total(columns) > room {
        let widest = columns
            .iter_mut()
            .filter(|(_, c)| c.width > c.least)
            .max_by_key(|(_, c)| c.width);
        match widest {
            Some((_, column)) => column.width -= 1,
            None => break,
        }
    }
    let mut left_out = 0;
    while columns.len() > 1 && total(columns) > room {
        columns.pop();
        left_out += 1;
    }
    if let [(_, only)] = columns.as_mut_slice() {
        only.width = only.width.min(room);
    }
    left_out
}

fn padded(text: &str, width: usize) -> String {
    let blanks = width.saturating_sub(text.width());
    format!("{text}{}", " ".repeat(blanks))
}

fn write(cells: &[String], sink: &mut Sink) {
    let line = cells.join(&" ".repeat(GAP));
    sink.put(line.trim_end());
    sink.put("\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_of_a_usual_size_stays_whole() {
        assert_eq!(least("_id", false, 24), 24);
        assert_eq!(least("_id", false, 40), WHOLE_ID);
        assert_eq!(least("owner", false, 24), NARROWEST);
        assert_eq!(least("n", true, 12), 12);
    }

    #[test]
    fn columns_are_narrowed_before_they_are_left_out() {
        let column = |width, least| {
            let path = Path::root();
            (String::new(), Column { path, width, least })
        };
        let mut columns = vec![column(24, 8), column(40, 8), column(4, 8)];
        assert_eq!(fit(&mut columns, 44), 0);
        let widths: Vec<_> = columns.iter().map(|(_, c)| c.width).collect();
        assert_eq!(widths, [18, 18, 4]);
        let mut columns = vec![column(24, 8), column(40, 8), column(4, 8)];
        assert_eq!(fit(&mut columns, 20), 1);
        let mut columns = vec![column(24, 24), column(40, 8)];
        assert_eq!(fit(&mut columns, 40), 0);
        assert_eq!(columns[0].1.width, 24, "numbers stay whole");
        let mut columns = vec![column(40, 8)];
        assert_eq!(fit(&mut columns, 5), 0);
        assert_eq!(columns[0].1.width, 5);
    }
}
