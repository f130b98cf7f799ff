//! The figures of an inference as rows for people.
//!
//! Invariant: one row for each path, parents first; texts are cut to one line.

use bson::Bson;

use super::node::{Node, Range};
use crate::model::describe::{cut, show};
use crate::value::Kind;
use crate::value::instant::iso;

/// What stood at one path.
#[derive(Debug, Clone, PartialEq)]
pub struct Frequency {
    /// The path in dot notation; `[]` for the elements of an array, `*` for the values of an object whose names are data.
    pub path: String,
    /// How many steps it is from the document's top, counted from 0.
    pub level: usize,
    /// How often a value was there.
    pub seen: u64,
    /// How often there could have been one: the objects, or the elements, around it.
    pub of: u64,
    /// How often each BSON kind was there, the most frequent first.
    pub kinds: Vec<(Kind, u64)>,
    /// The least and the greatest number or date.
    pub range: Option<(Bson, Bson)>,
    /// The least and the greatest length: of text in UTF-16 units, or of arrays.
    pub lengths: Option<(u64, u64)>,
    /// Each text with its count, where there are few different ones; the most frequent first.
    pub texts: Vec<(String, u64)>,
}

impl Frequency {
    /// How often it is there, as a part of 1.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a share for people")]
    pub fn share(&self) -> f64 {
        if self.of == 0 {
            return 0.0;
        }
        self.seen as f64 / self.of as f64
    }

    /// Kinds with their shares, and ranges, in one line: `string 98% · null 2%   3 … 20 characters`.
    #[must_use]
    pub fn describe(&self) -> String {
        let kinds: Vec<String> = self
            .kinds
            .iter()
            .map(|(kind, n)| match self.kinds.len() {
                1 => kind.alias().to_owned(),
                _ => format!("{} {}", kind.alias(), percent(*n, self.seen)),
            })
            .collect();
        let mut out = kinds.join(" · ");
        if let Some((least, most)) = &self.range {
            out.push_str("   ");
            out.push_str(&show(least));
            if least != most {
                out.push_str(" … ");
                out.push_str(&show(most));
            }
        }
        let told = !self.texts.is_empty() && self.texts.len() <= 6;
        if let (Some((least, most)), false) = (self.lengths, told) {
            let of = if self.kinds.iter().any(|(k, _)| *k == Kind::String) {
                "characters"
            } else {
                "elements"
            };
            out.push_str(&if least == most {
                format!("   {least} {of}")
            } else {
                format!("   {least} … {most} {of}")
            });
        }
        if told {
            let texts: Vec<String> = self
                .texts
                .iter()
                .map(|(text, n)| format!("{} {n}", cut(text)))
                .collect();
            out.push_str("   ");
            out.push_str(&texts.join(" · "));
        }
        out
    }
}

/// A share in whole per cent; what is not all and not nothing is never shown as such.
fn percent(part: u64, whole: u64) -> String {
    if whole == 0 {
        return "0%".to_owned();
    }
    let rounded = (part.saturating_mul(200) / whole).div_ceil(2);
    match rounded {
        0 if part > 0 => "<1%".to_owned(),
        100.. if part < whole => ">99%".to_owned(),
        n => format!("{n}%"),
    }
}

/// Every path below the root.
pub(super) fn rows(root: &Node, documents: u64) -> Vec<Frequency> {
    let mut out = Vec::new();
    children(root, documents, "", 0, &mut out);
    out
}

fn children(node: &Node, of: u64, path: &str, level: usize, out: &mut Vec<Frequency>) {
    if level > 100 {
        return;
    }
    if level > 0
        && let Some(values) = node.as_map()
    {
        let total = values.total();
        row(&values, format!("{path}.*"), total, level, out);
        return;
    }
    for (name, child) in &node.children {
        let path = if path.is_empty() {
            name.clone()
        } else {
            format!("{path}.{name}")
        };
        row(child, path, of, level, out);
    }
}

fn row(node: &Node, path: String, of: u64, level: usize, out: &mut Vec<Frequency>) {
    let mut kinds = node.kinds.clone();
    kinds.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    let mut texts = node.texts.clone().unwrap_or_default();
    texts.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    let pair = |range: &Option<Range<u64>>| range.as_ref().map(|r| (r.least, r.most));
    out.push(Frequency {
        path: path.clone(),
        level,
        seen: node.total(),
        of,
        kinds,
        range: range(node),
        lengths: pair(&node.lengths).or_else(|| pair(&node.sizes)),
        texts,
    });
    children(node, node.count(Kind::Document), &path, level + 1, out);
    if let Some(element) = &node.element {
        row(
            element,
            format!("{path}[]"),
            element.total(),
            level + 1,
            out,
        );
    }
}

fn range(node: &Node) -> Option<(Bson, Bson)> {
    if let Some(numbers) = &node.numbers {
        let number = |d: f64| {
            crate::model::cast::number(d)
                .try_into()
                .unwrap_or(Bson::Null)
        };
        return Some((number(numbers.least), number(numbers.most)));
    }
    let dates = node.dates.as_ref()?;
    // Beyond the years that text can name there is nothing to show.
    iso(dates.least).and(iso(dates.most))?;
    let date = |ms: i64| Bson::DateTime(bson::DateTime::from_millis(ms));
    Some((date(dates.least), date(dates.most)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_never_rounded_to_all_or_nothing() {
        assert_eq!(percent(1, 1_000), "<1%");
        assert_eq!(percent(999, 1_000), ">99%");
        assert_eq!(percent(1_000, 1_000), "100%");
        assert_eq!(percent(1, 3), "33%");
        assert_eq!(percent(2, 3), "67%");
        assert_eq!(percent(0, 0), "0%");
    }
}
