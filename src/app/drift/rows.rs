//! What was found, as a list: collections, kinds of drift, and each thing that differs.

use std::collections::HashSet;

use bson::RawBson;

use super::Subject;
use crate::app::words::count;
use crate::model::Severity;
use crate::model::drift::{IndexDrift, Leads, ValidatorState};
use crate::mongo::request::drift::{CheckReport, Phase};

/// What rows are listed under.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Heading {
    /// A collection, where there are several.
    Collection,
    /// Documents that break the model.
    Violations,
    /// References that lead nowhere.
    References,
    /// Values that occur more than once.
    Duplicates,
    /// Indexes.
    Indexes,
    /// The validator.
    Validator,
    /// Defaults that documents lack.
    Defaults,
    /// What could not be checked.
    Notes,
}

/// What a row stands for, by its place in the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// The name of those below.
    Heading(Heading),
    /// A group of violations.
    Group(usize),
    /// Dangling references.
    Dangling(usize),
    /// Duplicate values.
    Duplicates(usize),
    /// An index.
    Index(usize),
    /// The validator.
    Validator,
    /// A default that documents lack.
    Backfill(usize),
    /// What could not be checked.
    Note(usize),
}

/// How a row is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// The model is broken.
    Error,
    /// Something is odd.
    Warning,
    /// It is no drift.
    Plain,
    /// All is well.
    Good,
    /// Something is under way.
    Busy,
}

/// One row.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Which collection.
    pub subject: usize,
    /// What it stands for.
    pub what: What,
    /// How deep it lies.
    pub depth: usize,
    /// Whether what is below it is shown; `None` where nothing can be.
    pub open: Option<bool>,
    /// How it is meant.
    pub weight: Weight,
    /// Where: a path, keys, a collection.
    pub place: String,
    /// What is wrong there, in a word or two.
    pub kind: String,
    /// How often.
    pub count: String,
    /// How many documents it is about; 0 where that is not known.
    pub documents: u64,
}

impl Row {
    fn new(subject: usize, what: What, depth: usize, weight: Weight) -> Self {
        Self {
            subject,
            what,
            depth,
            open: None,
            weight,
            place: String::new(),
            kind: String::new(),
            count: String::new(),
            documents: 0,
        }
    }
}

/// The rows of all collections.
#[must_use]
pub fn build(subjects: &[Subject], folded: &HashSet<(usize, Heading)>) -> Vec<Row> {
    let mut rows = Vec::new();
    for (place, subject) in subjects.iter().enumerate() {
        let mut depth = 0;
        if subjects.len() > 1 {
            let row = collection(subject, place, folded);
            let open = row.open != Some(false);
            rows.push(row);
            if !open {
                continue;
            }
            depth = 1;
        }
        if let Some(checked) = subject.found.value() {
            let mut out = Out {
                rows: &mut rows,
                folded,
                subject: place,
                depth,
            };
            out.report(&checked.report);
        }
    }
    rows
}

fn collection(subject: &Subject, place: usize, folded: &HashSet<(usize, Heading)>) -> Row {
    let heading = Heading::Collection;
    let mut row = Row::new(place, What::Heading(heading), 0, Weight::Plain);
    row.place.clone_from(&subject.namespace.collection);
    row.kind.clone_from(&subject.model.name);
    let drifts = subject.found.value().map(|c| c.report.drifts());
    (row.count, row.weight) = match (drifts, subject.found.failure()) {
        _ if subject.found.loading().is_some() => {
            let part = subject.progress.and_then(|p| match p.phase {
                Phase::Documents => p.part(),
                _ => None,
            });
            let text = part.map_or("checking …".to_owned(), |p| format!("{:.0} %", p * 100.0));
            (text, Weight::Busy)
        }
        _ if subject.queued => ("waiting".to_owned(), Weight::Plain),
        (_, Some(failure)) => (failure.summary.clone(), Weight::Error),
        (None, None) => ("not checked".to_owned(), Weight::Plain),
        (Some(0), None) => ("no drift".to_owned(), Weight::Good),
        (Some(n), None) => (format!("{n} kinds of drift"), Weight::Error),
    };
    if let Some(checked) = subject.found.value() {
        row.documents = checked.report.findings.documents;
        row.open = Some(!folded.contains(&(place, heading)));
    }
    row
}

struct Out<'a> {
    rows: &'a mut Vec<Row>,
    folded: &'a HashSet<(usize, Heading)>,
    subject: usize,
    depth: usize,
}

impl Out<'_> {
    /// Adds rows below a heading; none where there are none.
    fn section(&mut self, heading: Heading, name: &str, rows: Vec<Row>) {
        if rows.is_empty() {
            return;
        }
        let open = !self.folded.contains(&(self.subject, heading));
        let weight = Weight::Plain;
        let mut row = Row::new(self.subject, What::Heading(heading), self.depth, weight);
        name.clone_into(&mut row.place);
        row.count = rows.len().to_string();
        row.open = Some(open);
        self.rows.push(row);
        if open {
            self.rows.extend(rows);
        }
    }

    fn row(&self, what: What, weight: Weight) -> Row {
        Row::new(self.subject, what, self.depth + 1, weight)
    }

    fn report(&mut self, report: &CheckReport) {
        let rows = report.findings.groups.iter().enumerate().map(|(i, group)| {
            let weight = match group.severity {
                Severity::Error => Weight::Error,
                Severity::Warning => Weight::Warning,
            };
            let mut row = self.row(What::Group(i), weight);
            row.place = group.place.to_string();
            row.kind.clone_from(&group.kind);
            row.count = match group.violations == group.documents {
                true => count(group.documents),
                false => format!("{} in {}", count(group.violations), count(group.documents)),
            };
            row.documents = group.documents;
            row
        });
        let mut rows: Vec<Row> = rows.collect();
        if report.findings.other_violations > 0 {
            let heading = What::Heading(Heading::Violations);
            let mut row = self.row(heading, Weight::Error);
            row.place = "other places".to_owned();
            row.count = count(report.findings.other_violations);
            rows.push(row);
        }
        self.section(Heading::Violations, "violations", rows);
        let rows = report.dangling.iter().enumerate().map(|(i, dangling)| {
            let mut row = self.row(What::Dangling(i), Weight::Error);
            row.place = dangling.reference.place.to_string();
            row.kind = match &dangling.reference.leads {
                Leads::To(referred) => format!("no such {}", referred.model),
                Leads::ByName { path, .. } => format!("as {path} says"),
            };
            row.count = count(dangling.values);
            row.documents = dangling.documents;
            row
        });
        let rows = rows.collect();
        self.section(Heading::References, "references to nothing", rows);
        let rows = report.duplicates.iter().enumerate().map(|(i, duplicates)| {
            let mut row = self.row(What::Duplicates(i), Weight::Error);
            row.place = duplicates.keys.join(", ");
            row.kind = "unique".to_owned();
            row.count = format!(
                "{} in {}",
                count(duplicates.values),
                count(duplicates.documents)
            );
            row.documents = duplicates.documents;
            row
        });
        let rows = rows.collect();
        self.section(Heading::Duplicates, "duplicate values", rows);
        let indexes = report.indexes.iter().flatten().enumerate();
        let rows = indexes.map(|(i, index)| {
            let (kind, weight) = match index {
                IndexDrift::Missing(_) => ("missing", Weight::Error),
                IndexDrift::Extra(_) => ("extra", Weight::Warning),
                IndexDrift::Different { .. } => ("different", Weight::Error),
            };
            let mut row = self.row(What::Index(i), weight);
            row.place = index.keys();
            row.kind = kind.to_owned();
            row
        });
        let rows = rows.collect();
        self.section(Heading::Indexes, "indexes", rows);
        let (kind, weight, number) = match &report.validator.state {
            ValidatorState::Unknown => ("not looked at", Weight::Plain, None),
            ValidatorState::None => ("none", Weight::Plain, None),
            ValidatorState::Same => ("as the model", Weight::Good, None),
            ValidatorState::Differs(list) => ("differs", Weight::Error, Some(list.len())),
        };
        let mut row = self.row(What::Validator, weight);
        row.place = "$jsonSchema".to_owned();
        row.kind = kind.to_owned();
        row.count = number.map(|n| n.to_string()).unwrap_or_default();
        self.section(Heading::Validator, "validator", vec![row]);
        let backfills = report.findings.backfills.iter().enumerate();
        let rows = backfills.map(|(i, backfill)| {
            let mut row = self.row(What::Backfill(i), Weight::Plain);
            row.place = backfill.place.to_string();
            row.kind = format!("default {}", crate::model::show(&backfill.default));
            row.count = count(backfill.documents);
            row.documents = backfill.documents;
            row
        });
        let rows = rows.collect();
        self.section(Heading::Defaults, "defaults that documents lack", rows);
        let rows = report.notes.iter().enumerate().map(|(i, note)| {
            let mut row = self.row(What::Note(i), Weight::Plain);
            row.place.clone_from(note);
            row
        });
        let rows = rows.collect();
        self.section(Heading::Notes, "not checked", rows);
    }
}

/// The `_id`s of the documents that are known to be behind a row.
#[must_use]
pub fn ids(report: &CheckReport, what: &What) -> Vec<RawBson> {
    let of = |examples: &[crate::model::drift::Example]| {
        examples.iter().map(|e| e.id.clone()).collect::<Vec<_>>()
    };
    let mut ids = match what {
        What::Group(i) => report
            .findings
            .groups
            .get(*i)
            .map(|g| of(&g.examples))
            .unwrap_or_default(),
        What::Dangling(i) => report
            .dangling
            .get(*i)
            .map(|d| of(&d.examples))
            .unwrap_or_default(),
        What::Duplicates(i) => report.duplicates.get(*i).map_or_else(Vec::new, |d| {
            d.examples.iter().flat_map(|v| v.examples.clone()).collect()
        }),
        What::Backfill(i) => report
            .findings
            .backfills
            .get(*i)
            .map(|b| of(&b.examples))
            .unwrap_or_default(),
        What::Heading(Heading::Violations) => report
            .findings
            .groups
            .iter()
            .flat_map(|g| of(&g.examples))
            .collect(),
        What::Heading(Heading::References) => report
            .dangling
            .iter()
            .flat_map(|d| of(&d.examples))
            .collect(),
        _ => Vec::new(),
    };
    let mut seen: Vec<RawBson> = Vec::new();
    ids.retain(|id| {
        let new = !seen.contains(id);
        if new {
            seen.push(id.clone());
        }
        new
    });
    ids
}
