//! Mending what a check found: a fix over all documents, missing indexes, the validator.
//!
//! Here is the way that all of them go: what the row under the cursor asks for, the question, and the start of the work
//! once it is answered with yes.
//!
//! Invariant: what is asked about is what is done; the answer carries no other request than the one that was shown.

mod fixing;
mod indexes;
mod outcome;
mod validator;
mod work;

use std::sync::Arc;

use super::rows::{Heading, What};
use super::{Drift, Subject};
use crate::app::overlay::{Confirm, Intent, Overlay};
use crate::app::picker::{Choice, Item, Picker};
use crate::app::scope::{Asker, Scope};
use crate::app::words;
use crate::model::drift::FixKind;
use crate::mongo::request::Request;
use crate::mongo::request::drift::CheckReport;

pub use work::{Work, WorkKind};

/// What is done once its question is answered with yes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Pending {
    subject: usize,
    kind: WorkKind,
    request: Request,
    what: String,
}

impl Drift {
    /// Mends what the row under the cursor says, after questions.
    pub(super) fn fix(&mut self, scope: &mut Scope<'_>) {
        let Some(row) = self.current().cloned() else {
            return scope.info("there is nothing to fix here");
        };
        let Some(subject) = self.subjects.get(row.subject) else {
            return;
        };
        let Some(checked) = subject.found.value().cloned() else {
            return scope.info("nothing was found so far");
        };
        // Refused before anything is asked, so that nobody answers in vain.
        if let Some(refusal) = scope
            .profiles
            .get(&self.profile)
            .and_then(|p| p.write_refusal())
        {
            return scope.warn(refusal);
        }
        if self.work.is_some() || self.checking().is_some() {
            return scope.info("something is under way: wait for it, or stop it first");
        }
        let report = &checked.report;
        match row.what {
            What::Group(i) => {
                let Some(group) = report.findings.groups.get(i) else {
                    return;
                };
                match group.fixes.as_slice() {
                    [] => scope.info("no fix fits all of these: open the documents"),
                    [one] => self.preview(scope, one.kind),
                    several => {
                        let items = several.iter().map(|offer| {
                            Item::new(
                                offer.kind.label(),
                                format!("{} violations", words::count(offer.violations)),
                                Choice::Mend(self.tab, offer.kind),
                            )
                        });
                        let title = format!("fix {} {}", row.place, row.kind);
                        scope.overlays.push(Overlay::Picker(Picker::new(
                            title,
                            items.collect(),
                            "no fix by that name",
                        )));
                    }
                }
            }
            What::Backfill(_) | What::Heading(Heading::Defaults) => {
                self.preview(scope, FixKind::Default);
            }
            What::Index(_) | What::Heading(Heading::Indexes) => {
                self.ask_indexes(scope, row.subject);
            }
            What::Validator | What::Heading(Heading::Validator) => {
                self.choose_validator(scope, row.subject);
            }
            What::Dangling(_) | What::Duplicates(_) => {
                scope.info("only a person can decide these: open the documents");
            }
            What::Heading(_) | What::Note(_) => {
                scope.info("put the cursor on what is to be fixed first");
            }
        }
    }

    fn found(&self, place: usize) -> Option<(&Subject, Arc<CheckReport>)> {
        let subject = self.subjects.get(place)?;
        Some((subject, Arc::clone(&subject.found.value()?.report)))
    }

    /// Asks; on production a word must be typed.
    fn ask(
        &mut self,
        scope: &mut Scope<'_>,
        title: &str,
        mut lines: Vec<String>,
        pending: Pending,
    ) {
        let word = self
            .subjects
            .get(pending.subject)
            .map(|s| s.namespace.collection.clone())
            .unwrap_or_default();
        self.pending = Some(pending);
        let production = scope
            .profiles
            .get(&self.profile)
            .is_some_and(|p| p.production);
        if production {
            lines.insert(
                0,
                format!("This is production: type the collection's name, `{word}`, to go on."),
            );
        }
        let mut question = Confirm::new(title, lines, Intent::Proceed(self.tab));
        if production {
            question = question.typed(word);
        }
        scope.overlays.push(Overlay::Confirm(question));
    }

    /// Does what was asked about.
    pub(super) fn proceed(&mut self, scope: &mut Scope<'_>) {
        let Some(pending) = self.pending.take() else {
            return;
        };
        self.outcome.clear();
        let task = scope.ask_write(
            Asker::Tab(self.tab),
            &self.profile,
            pending.request,
            pending.what,
        );
        self.work = Some(Work {
            task,
            subject: pending.subject,
            kind: pending.kind,
            progress: None,
            building: None,
            stopping: false,
        });
    }
}

/// Text cut to what fits a question.
fn cut(text: &str) -> String {
    const LONGEST: usize = 60;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
