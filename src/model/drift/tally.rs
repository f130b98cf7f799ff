//! The fold: documents in, groups of like violations out.
//!
//! Invariant: bounded. Each group keeps a few examples and values; past [`MOST_GROUPS`] groups, further ones are only
//! counted.

use std::collections::HashMap;

use bson::{Bson, RawBson, RawBsonRef, RawDocument};

use super::mend::{FixKind, fix_of};
use super::place::{Place, PlaceStep};
use crate::model::{DefaultValue, Severity, SharedModel, Violation};
use crate::value::Path;

/// Groups beyond so many are only counted: documents with accidental names for fields would make one each.
pub const MOST_GROUPS: usize = 500;
/// Examples that a group keeps.
pub const MOST_EXAMPLES: usize = 100;
/// Different values that a group counts one by one.
pub const MOST_VALUES: usize = 12;
/// An `_id` that is larger than this, in bytes, is no example.
const LARGEST_ID: usize = 1 << 10;

/// One offending document.
#[derive(Debug, Clone, PartialEq)]
pub struct Example {
    /// Its `_id`.
    pub id: RawBson,
    /// The place in it.
    pub path: Path,
    /// What is there, on one line; `None` where it is that nothing is there.
    pub found: Option<String>,
}

/// A fix that could be run over a whole group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FixOffer {
    /// Which.
    pub kind: FixKind,
    /// How many of the group's violations it would mend.
    pub violations: u64,
}

/// Violations of one kind at one place.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// Where.
    pub place: Place,
    /// Which rule, in Mongoose's word, or the keyword of a `$jsonSchema`.
    pub kind: String,
    /// Whether the rule refuses the document.
    pub severity: Severity,
    /// How many violations there are; a document may have several, in an array.
    pub violations: u64,
    /// How many documents have at least one.
    pub documents: u64,
    /// The words for the first one.
    pub message: String,
    /// What the model wants there.
    pub expected: Option<String>,
    /// The first documents that were found, each once. At the most [`MOST_EXAMPLES`].
    pub examples: Vec<Example>,
    /// The values that were found, on one line each, with how often; the most frequent first. At the most
    /// [`MOST_VALUES`], the first different ones that came.
    pub values: Vec<(String, u64)>,
    /// How many violations have a value that is not among `values`.
    pub other_values: u64,
    /// The fixes that there are, the most fitting first.
    pub fixes: Vec<FixOffer>,
}

/// A field that documents lack and the model has a default for. No violation, since the application fills it in when it
/// reads; but a query on the server does not find such documents by the default.
#[derive(Debug, Clone, PartialEq)]
pub struct Backfill {
    /// Where.
    pub place: Place,
    /// The default that would be written.
    pub default: Bson,
    /// How many documents lack it.
    pub documents: u64,
    /// The first of them.
    pub examples: Vec<Example>,
}

/// What came of all documents.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Findings {
    /// How many documents were looked at.
    pub documents: u64,
    /// How many bytes they have.
    pub bytes: u64,
    /// How many of them the application would refuse.
    pub refused: u64,
    /// How many have warnings and nothing worse.
    pub warned: u64,
    /// The groups: errors before warnings, then the most frequent first.
    pub groups: Vec<Group>,
    /// Violations in groups beyond [`MOST_GROUPS`].
    pub other_violations: u64,
    /// Defaults that documents lack, by place.
    pub backfills: Vec<Backfill>,
}

struct Count {
    group: Group,
    fixes: Vec<FixOffer>,
    /// The number of the last document that was counted.
    last: u64,
}

/// Takes documents one by one, and keeps what they come to.
pub struct Tally {
    model: SharedModel,
    findings: Findings,
    /// By place and kind. Kinds at one place are few.
    groups: HashMap<Place, Vec<Count>>,
    count: usize,
    backfills: HashMap<Place, (Backfill, u64)>,
    absent: Vec<Path>,
}

impl Tally {
    /// A tally of nothing.
    #[must_use]
    pub fn new(model: SharedModel) -> Self {
        Self {
            model,
            findings: Findings::default(),
            groups: HashMap::new(),
            count: 0,
            backfills: HashMap::new(),
            absent: Vec::new(),
        }
    }

    /// How many documents were added.
    #[must_use]
    pub fn documents(&self) -> u64 {
        self.findings.documents
    }

    /// How many bytes they have.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.findings.bytes
    }

    /// How many documents broke the model, warnings included.
    #[must_use]
    pub fn broken(&self) -> u64 {
        self.findings.refused + self.findings.warned
    }

    /// Holds a document to the model, and keeps what comes of it. Gives back its violations.
    pub fn add(&mut self, document: &RawDocument) -> Vec<Violation> {
        self.findings.documents += 1;
        self.findings.bytes += document.as_bytes().len() as u64;
        let number = self.findings.documents;
        self.absent.clear();
        let violations = self.model.inspect(document, &mut self.absent);
        if violations.iter().any(|v| v.severity == Severity::Error) {
            self.findings.refused += 1;
        } else if !violations.is_empty() {
            self.findings.warned += 1;
        }
        for violation in &violations {
            self.violation(document, violation, number);
        }
        for path in std::mem::take(&mut self.absent) {
            self.absence(document, path, number);
        }
        violations
    }

    fn violation(&mut self, document: &RawDocument, violation: &Violation, number: u64) {
        let place = Place::of(&self.model, &violation.path);
        let room = self.count < MOST_GROUPS;
        if !room && !self.groups.contains_key(&place) {
            self.findings.other_violations += 1;
            return;
        }
        let at = self.groups.entry(place).or_default();
        let known = at.iter().position(|c| c.group.kind == violation.kind);
        let count = match known {
            Some(known) => &mut at[known],
            None if !room => {
                self.findings.other_violations += 1;
                return;
            }
            None => {
                self.count += 1;
                at.push(Count {
                    group: Group {
                        // Filled in at the end, from the key.
                        place: Place::default(),
                        kind: violation.kind.clone(),
                        severity: violation.severity,
                        violations: 0,
                        documents: 0,
                        message: violation.message.clone(),
                        expected: violation.expected.clone(),
                        examples: Vec::new(),
                        values: Vec::new(),
                        other_values: 0,
                        fixes: Vec::new(),
                    },
                    fixes: Vec::new(),
                    last: 0,
                });
                let last = at.len() - 1;
                &mut at[last]
            }
        };
        let group = &mut count.group;
        group.violations += 1;
        group.severity = group.severity.max(violation.severity);
        if count.last != number {
            count.last = number;
            group.documents += 1;
            if group.examples.len() < MOST_EXAMPLES
                && let Some(id) = id_of(document)
            {
                group.examples.push(Example {
                    id,
                    path: violation.path.clone(),
                    found: violation.found.clone(),
                });
            }
        }
        if let Some(found) = &violation.found {
            match group.values.iter().position(|(value, _)| value == found) {
                Some(at) => group.values[at].1 += 1,
                None if group.values.len() < MOST_VALUES => group.values.push((found.clone(), 1)),
                None => group.other_values += 1,
            }
        }
        if let Some(kind) = fix_of(violation) {
            match count.fixes.iter_mut().find(|f| f.kind == kind) {
                Some(offer) => offer.violations += 1,
                None => count.fixes.push(FixOffer {
                    kind,
                    violations: 1,
                }),
            }
        }
    }

    fn absence(&mut self, document: &RawDocument, path: Path, number: u64) {
        let place = Place::of(&self.model, &path);
        if !self.backfills.contains_key(&place) {
            if self.backfills.len() >= MOST_GROUPS {
                return;
            }
            let Some(DefaultValue::Value(default)) =
                place.field(&self.model).map(|f| f.default.clone())
            else {
                return;
            };
            let backfill = Backfill {
                place: place.clone(),
                default,
                documents: 0,
                examples: Vec::new(),
            };
            self.backfills.insert(place.clone(), (backfill, 0));
        }
        let Some((backfill, last)) = self.backfills.get_mut(&place) else {
            return;
        };
        if *last == number {
            return;
        }
        *last = number;
        backfill.documents += 1;
        if backfill.examples.len() < MOST_EXAMPLES
            && let Some(id) = id_of(document)
        {
            backfill.examples.push(Example {
                id,
                path,
                found: None,
            });
        }
    }

    /// What came of all documents that were added.
    #[must_use]
    pub fn findings(self) -> Findings {
        let Self {
            model,
            mut findings,
            groups,
            backfills,
            ..
        } = self;
        for (place, counts) in groups {
            for count in counts {
                let mut group = count.group;
                group.place = place.clone();
                group
                    .values
                    .sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
                group.fixes = offers(&model, &group, count.fixes);
                findings.groups.push(group);
            }
        }
        findings.groups.sort_by(|a, b| {
            let key = |g: &Group| {
                (
                    std::cmp::Reverse((g.severity, g.violations)),
                    g.place.clone(),
                )
            };
            key(a).cmp(&key(b)).then_with(|| a.kind.cmp(&b.kind))
        });
        findings.backfills = backfills.into_values().map(|(b, _)| b).collect();
        findings.backfills.sort_by(|a, b| a.place.cmp(&b.place));
        findings
    }
}

/// The fixes that violations brought themselves, and those that the model allows at their place.
fn offers(model: &SharedModel, group: &Group, own: Vec<FixOffer>) -> Vec<FixOffer> {
    let mut offers = own;
    offers.sort_by(|a, b| b.violations.cmp(&a.violations).then(a.kind.cmp(&b.kind)));
    let mut also = |kind| {
        if offers.iter().all(|o: &FixOffer| o.kind != kind) {
            offers.push(FixOffer {
                kind,
                violations: group.violations,
            });
        }
    };
    let field = group.place.field(model);
    if field.is_some_and(
        |f| matches!(&f.default, DefaultValue::Value(v) if !matches!(v, Bson::Null | Bson::Undefined)),
    ) {
        also(FixKind::Default);
    }
    let is_own_id = matches!(group.place.0.as_slice(), [PlaceStep::Key(name), ..] if name == "_id");
    if !is_own_id && group.kind != "required" && field.is_none_or(|f| !f.is_required()) {
        also(FixKind::Unset);
    }
    if is_own_id {
        offers.clear();
    }
    offers
}

/// A document's `_id`, where it has one that is small enough to be kept.
pub fn id_of(document: &RawDocument) -> Option<RawBson> {
    let id = document.get("_id").ok()??;
    let small = match id {
        RawBsonRef::Document(d) => d.as_bytes().len() <= LARGEST_ID,
        RawBsonRef::String(s) => s.len() <= LARGEST_ID,
        RawBsonRef::Binary(b) => b.bytes.len() <= LARGEST_ID,
        _ => true,
    };
    small.then(|| id.into())
}
