//! Everything about one row of a check, line by line.

use super::rows::{Heading, Row, What};
use super::{Checked, Subject};
use crate::app::words::{self, bytes, count, several, span};
use crate::model::drift::{Backfill, Example, FixOffer, Group, IndexDrift, Leads, ValidatorState};
use crate::mongo::request::drift::{CheckReport, Dangling, Duplicates};
use crate::value::cell::date;

/// The most examples that are listed.
const MOST_EXAMPLES: usize = 50;

/// How a line is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Plain.
    Text,
    /// The name of the lines below.
    Title,
    /// Of less weight.
    Dim,
    /// Wrong.
    Error,
    /// Well.
    Good,
    /// What the model says, in a comparison.
    Added,
    /// What the server says, in a comparison.
    Removed,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its text; wrapped when drawn.
    pub text: String,
    /// How it is meant.
    pub tone: Tone,
}

impl Line {
    /// A line.
    #[must_use]
    pub fn new(tone: Tone, text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            tone,
        }
    }
}

struct Out(Vec<Line>);

impl Out {
    fn say(&mut self, tone: Tone, text: impl Into<String>) {
        self.0.push(Line::new(tone, text));
    }

    fn title(&mut self, text: &str) {
        if !self.0.is_empty() {
            self.say(Tone::Text, "");
        }
        self.say(Tone::Title, text);
    }
}

/// Everything about a row.
#[must_use]
pub fn of(subjects: &[Subject], row: &Row) -> Vec<Line> {
    let mut out = Out(Vec::new());
    let Some(subject) = subjects.get(row.subject) else {
        return out.0;
    };
    if let (Some(failure), What::Heading(Heading::Collection)) = (subject.found.failure(), row.what)
    {
        out.say(Tone::Error, failure.to_string());
    }
    let Some(checked) = subject.found.value() else {
        return out.0;
    };
    let report = &checked.report;
    match row.what {
        What::Heading(_) => figures(&mut out, subject, checked),
        What::Group(i) => {
            if let Some(found) = report.findings.groups.get(i) {
                group(&mut out, found);
            }
        }
        What::Dangling(i) => {
            if let Some(found) = report.dangling.get(i) {
                dangling(&mut out, found);
            }
        }
        What::Duplicates(i) => {
            if let Some(found) = report.duplicates.get(i) {
                duplicates(&mut out, found);
            }
        }
        What::Index(i) => {
            if let Some(found) = report.indexes.as_ref().and_then(|list| list.get(i)) {
                index(&mut out, found);
            }
        }
        What::Validator => validator(&mut out, report),
        What::Backfill(i) => {
            if let Some(found) = report.findings.backfills.get(i) {
                backfill(&mut out, found);
            }
        }
        What::Note(i) => {
            if let Some(note) = report.notes.get(i) {
                out.say(Tone::Text, note);
            }
        }
    }
    out.0
}

/// When figures were read, in words.
#[must_use]
pub fn moment(checked: &Checked) -> String {
    let millis = i64::try_from(checked.at.0).unwrap_or(0);
    format!("{} UTC", date(millis - millis % 1000))
}

fn figures(out: &mut Out, subject: &Subject, checked: &Checked) {
    let report = &checked.report;
    out.say(
        Tone::Title,
        format!("{} held to {}", report.namespace, report.model),
    );
    let all = match report.complete {
        true => "all of them",
        false => "not all of them",
    };
    out.say(
        Tone::Text,
        format!(
            "{} documents, {all}, {}, in {}",
            report.findings.documents,
            bytes(report.findings.bytes),
            span(report.took)
        ),
    );
    out.say(Tone::Dim, format!("read {}", moment(checked)));
    let (refused, warned) = (report.findings.refused, report.findings.warned);
    match (refused, warned) {
        (0, 0) => out.say(Tone::Good, "every one of them satisfies the model"),
        _ => {
            out.say(
                Tone::Error,
                format!("{refused} would be refused by the model"),
            );
            out.say(Tone::Text, format!("{warned} more have warnings"));
        }
    }
    let source = &subject.model.source;
    out.say(
        Tone::Dim,
        format!("model {} ({}:{})", report.model, source.file, source.line),
    );
    if report.indexes.is_none() {
        out.say(Tone::Error, "the indexes could not be read");
    }
}

fn group(out: &mut Out, group: &Group) {
    out.say(Tone::Title, format!("{}  {}", group.place, group.kind));
    out.say(Tone::Error, &group.message);
    if let Some(expected) = &group.expected {
        out.say(Tone::Text, format!("expected  {expected}"));
    }
    out.say(
        Tone::Text,
        format!(
            "{} in {}",
            several(group.violations, "violation"),
            several(group.documents, "document")
        ),
    );
    if !group.values.is_empty() {
        out.title("values");
        for (value, times) in &group.values {
            out.say(Tone::Text, format!("{:>6}  {value}", count(*times)));
        }
        if group.other_values > 0 {
            let times = count(group.other_values);
            out.say(Tone::Dim, format!("{times:>6}  other values"));
        }
    }
    fixes(out, &group.fixes);
    examples(out, &group.examples, group.documents);
}

fn fixes(out: &mut Out, offers: &[FixOffer]) {
    out.title("fixes");
    for offer in offers {
        let times = count(offer.violations);
        out.say(Tone::Text, format!("{times:>6}  {}", offer.kind.label()));
    }
    if offers.is_empty() {
        out.say(Tone::Dim, "none that fits all: open the documents");
    }
}

fn examples(out: &mut Out, examples: &[Example], all: u64) {
    out.title(&match examples.len() as u64 {
        n if n < all => format!("documents, the first {n}"),
        _ => "documents".to_owned(),
    });
    for example in examples.iter().take(MOST_EXAMPLES) {
        let id = words::line(example.id.as_raw_bson_ref());
        let found = match &example.found {
            Some(found) => format!("  {found}"),
            None => String::new(),
        };
        out.say(Tone::Text, format!("{id}{found}"));
    }
}

fn dangling(out: &mut Out, dangling: &Dangling) {
    out.say(Tone::Title, dangling.reference.place.to_string());
    match &dangling.reference.leads {
        Leads::To(referred) => out.say(
            Tone::Error,
            format!(
                "refers to {} in `{}.{}`, and no such document is there",
                referred.model, referred.database, referred.collection
            ),
        ),
        Leads::ByName { path, .. } => out.say(
            Tone::Error,
            format!("refers to the model that `{path}` names, and no such document is there"),
        ),
    }
    out.say(
        Tone::Text,
        format!(
            "{} values in {} documents",
            dangling.values, dangling.documents
        ),
    );
    examples(out, &dangling.examples, dangling.documents);
}

fn duplicates(out: &mut Out, duplicates: &Duplicates) {
    out.say(
        Tone::Title,
        format!("{}  unique", duplicates.keys.join(", ")),
    );
    out.say(
        Tone::Error,
        "the model wants each value once, and no index of the server sees to it",
    );
    out.say(
        Tone::Text,
        format!(
            "{} values are in {} documents",
            duplicates.values, duplicates.documents
        ),
    );
    out.title("values");
    for found in duplicates.examples.iter().take(MOST_EXAMPLES) {
        let value = words::document_line(&found.value);
        out.say(
            Tone::Text,
            format!("{:>6}  {value}", count(found.documents)),
        );
        let ids: Vec<String> = found
            .examples
            .iter()
            .map(|id| words::line(id.as_raw_bson_ref()))
            .collect();
        out.say(Tone::Dim, format!("        {}", ids.join("  ")));
    }
}

fn index(out: &mut Out, index: &IndexDrift) {
    out.say(Tone::Title, format!("{}  {}", index.name(), index.keys()));
    match index {
        IndexDrift::Missing(index) => {
            out.say(Tone::Error, "the model declares it, the server has it not");
            let options = words::document_line(
                &bson::RawDocumentBuf::try_from(&index.options).unwrap_or_default(),
            );
            out.say(Tone::Added, format!("+ {options}"));
        }
        IndexDrift::Extra(_) => out.say(
            Tone::Text,
            "the server has it, the model does not declare it",
        ),
        IndexDrift::Different { differences, .. } => {
            out.say(Tone::Error, "the server has it with other options");
            for difference in differences {
                out.title(&difference.option);
                let or = |text: &Option<String>| text.clone().unwrap_or("not set".to_owned());
                out.say(Tone::Removed, format!("- {}", or(&difference.server)));
                out.say(Tone::Added, format!("+ {}", or(&difference.model)));
            }
            out.say(
                Tone::Dim,
                "it has to be dropped and made again, which is not done from here",
            );
        }
    }
}

fn validator(out: &mut Out, report: &CheckReport) {
    let validator = &report.validator;
    let level = validator.level.as_deref().unwrap_or("strict");
    let action = validator.action.as_deref().unwrap_or("error");
    match &validator.state {
        ValidatorState::Unknown => out.say(
            Tone::Text,
            "it was not looked at: a view has none, or this user may not read it",
        ),
        ValidatorState::None => {
            out.say(Tone::Text, "the collection has no validator");
            out.say(
                Tone::Dim,
                "the model can be installed as one, so that the server refuses what breaks it",
            );
        }
        ValidatorState::Same => {
            out.say(Tone::Good, "the validator says what the model says");
            out.say(Tone::Text, format!("level {level}, action {action}"));
        }
        ValidatorState::Differs(differences) => {
            out.say(Tone::Error, "the validator says something else");
            out.say(Tone::Text, format!("level {level}, action {action}"));
            for difference in differences {
                out.0.extend(validator_difference(difference));
            }
        }
    }
    if let (ValidatorState::None, Some(model)) = (&validator.state, &validator.model) {
        out.title("what would be installed");
        for line in words::document_text(model).lines() {
            out.say(Tone::Added, line);
        }
    }
}

/// One difference of two validators: its place, then both sides.
#[must_use]
pub fn validator_difference(difference: &crate::model::drift::ValidatorDifference) -> Vec<Line> {
    let place = match difference.place.is_empty() {
        true => "the document",
        false => &difference.place,
    };
    let mut lines = vec![Line::new(
        Tone::Title,
        format!("{place}  {}", difference.keyword),
    )];
    if let Some(server) = &difference.server {
        lines.push(Line::new(Tone::Removed, format!("- {server}")));
    }
    if let Some(model) = &difference.model {
        lines.push(Line::new(Tone::Added, format!("+ {model}")));
    }
    lines
}

fn backfill(out: &mut Out, backfill: &Backfill) {
    out.say(
        Tone::Title,
        format!(
            "{}  default {}",
            backfill.place,
            crate::model::show(&backfill.default)
        ),
    );
    out.say(
        Tone::Text,
        format!(
            "{} documents lack it. The application fills it in when it reads; a query on the server does not find them \
             by it.",
            backfill.documents
        ),
    );
    out.title("fixes");
    out.say(
        Tone::Text,
        format!("{:>6}  write the default", count(backfill.documents)),
    );
    examples(out, &backfill.examples, backfill.documents);
}
