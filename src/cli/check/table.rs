//! A report for people: a headline, and a line for each kind of drift.
//!
//! Always cleaned of what a terminal would obey, and as wide as the terminal.

use bson::RawBson;
use unicode_width::UnicodeWidthStr as _;

use super::{grouped, headline};
use crate::cli::print::printable;
use crate::model::Severity;
use crate::model::drift::{IndexDrift, Leads, ValidatorState};
use crate::mongo::request::drift::CheckReport;
use crate::value::cell::{brief, cut};

/// The widest that a place or a kind is shown.
const WIDEST: usize = 36;
/// Differences of a validator that are shown.
const DIFFERENCES: usize = 12;

/// One line under the headline.
pub(super) struct Row {
    pub(super) count: String,
    pub(super) place: String,
    pub(super) kind: String,
    pub(super) words: String,
}

/// A report as lines, without a line end.
pub(super) fn text(report: &CheckReport, width: Option<usize>) -> String {
    let rows = rows(report);
    let widest = |of: fn(&Row) -> &str| {
        rows.iter()
            .map(|r| cut(of(r), WIDEST).width())
            .max()
            .unwrap_or(0)
    };
    let (counts, places, kinds) = (
        widest(|r| &r.count),
        widest(|r| &r.place),
        widest(|r| &r.kind),
    );
    let mut lines = vec![headline(report)];
    for row in rows {
        let count = format!(
            "{}{}",
            " ".repeat(counts.saturating_sub(row.count.width())),
            row.count
        );
        lines.push(format!(
            "  {count}  {}  {}  {}",
            padded(&row.place, places),
            padded(&row.kind, kinds),
            row.words
        ));
    }
    lines.extend(report.notes.iter().map(|note| format!("  note: {note}")));
    for backfill in &report.findings.backfills {
        lines.push(format!(
            "  note: {} documents lack `{}`, which the model fills in with {}",
            grouped(backfill.documents),
            backfill.place,
            shown(&backfill.default)
        ));
    }
    let lines: Vec<String> = lines
        .into_iter()
        .map(|line| {
            let line = printable(&line).replace('\n', " ");
            let line = line.trim_end();
            width.map_or_else(|| line.to_owned(), |width| cut(line, width))
        })
        .collect();
    lines.join("\n")
}

fn padded(text: &str, width: usize) -> String {
    let text = cut(text, WIDEST);
    let blanks = width.saturating_sub(text.width());
    format!("{text}{}", " ".repeat(blanks))
}

fn shown(value: &bson::Bson) -> String {
    RawBson::try_from(value.clone())
        .map(|raw| brief(raw.as_raw_bson_ref(), WIDEST))
        .unwrap_or_default()
}

fn example(id: Option<&RawBson>) -> String {
    id.map_or_else(String::new, |id| {
        format!("; first in {}", brief(id.as_raw_bson_ref(), WIDEST))
    })
}

/// A row for each kind of drift: groups, references, duplicates, indexes, the validator's differences; in this order.
pub(super) fn rows(report: &CheckReport) -> Vec<Row> {
    let mut rows = Vec::new();
    for group in &report.findings.groups {
        let fixes: Vec<&str> = group.fixes.iter().map(|f| f.kind.word()).collect();
        let fix = match fixes.first() {
            Some(fix) => format!("; fix: {fix}"),
            None => String::new(),
        };
        let warning = match group.severity {
            Severity::Warning => "warning: ",
            Severity::Error => "",
        };
        rows.push(Row {
            count: grouped(group.violations),
            place: group.place.to_string(),
            kind: group.kind.clone(),
            words: format!(
                "{warning}{}{}{fix}",
                group.message,
                example(group.examples.first().map(|e| &e.id))
            ),
        });
    }
    if report.findings.other_violations > 0 {
        rows.push(Row {
            count: grouped(report.findings.other_violations),
            place: "(other places)".to_owned(),
            kind: String::new(),
            words: "too many different places to be told apart".to_owned(),
        });
    }
    for dangling in &report.dangling {
        let to = match &dangling.reference.leads {
            Leads::To(referred) => format!("`{}.{}`", referred.database, referred.collection),
            Leads::ByName { path, .. } => format!("the collection that `{path}` names"),
        };
        rows.push(Row {
            count: grouped(dangling.values),
            place: dangling.reference.place.to_string(),
            kind: "dangling".to_owned(),
            words: format!(
                "refers to nothing in {to}{}",
                example(dangling.examples.first().map(|e| &e.id))
            ),
        });
    }
    for duplicates in &report.duplicates {
        let most = duplicates
            .examples
            .first()
            .map_or_else(String::new, |most| {
                format!(
                    "; {} of them have {}",
                    grouped(most.documents),
                    brief(bson::RawBsonRef::Document(&most.value), WIDEST)
                )
            });
        rows.push(Row {
            count: grouped(duplicates.documents),
            place: duplicates.keys.join(", "),
            kind: "duplicate".to_owned(),
            words: format!(
                "{} values occur more than once{most}",
                grouped(duplicates.values)
            ),
        });
    }
    for drift in report.indexes.iter().flatten() {
        let (kind, words) = match drift {
            IndexDrift::Missing(_) => ("missing", "the collection does not have it".to_owned()),
            IndexDrift::Extra(server) => {
                ("extra", format!("`{}` is not in the model", server.name))
            }
            IndexDrift::Different { differences, .. } => {
                let list: Vec<String> = differences
                    .iter()
                    .map(|d| {
                        format!(
                            "{} is {}, the model says {}",
                            d.option,
                            d.server.as_deref().unwrap_or("not set"),
                            d.model.as_deref().unwrap_or("nothing of it")
                        )
                    })
                    .collect();
                ("different", list.join("; "))
            }
        };
        rows.push(Row {
            count: "index".to_owned(),
            place: drift.keys(),
            kind: kind.to_owned(),
            words,
        });
    }
    if let ValidatorState::Differs(list) = &report.validator.state {
        for difference in list.iter().take(DIFFERENCES) {
            rows.push(Row {
                count: "validator".to_owned(),
                place: match difference.place.as_str() {
                    "" => "(document)".to_owned(),
                    place => place.to_owned(),
                },
                kind: difference.keyword.clone(),
                words: format!(
                    "is {}, the model says {}",
                    difference.server.as_deref().unwrap_or("not said"),
                    difference.model.as_deref().unwrap_or("nothing of it")
                ),
            });
        }
        if let Some(more) = list.len().checked_sub(DIFFERENCES).filter(|n| *n > 0) {
            rows.push(Row {
                count: "validator".to_owned(),
                place: String::new(),
                kind: String::new(),
                words: format!("{more} more differences"),
            });
        }
    }
    rows
}
