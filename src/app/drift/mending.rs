//! Mending what a check found: a fix over all documents, missing indexes, the validator.
//!
//! Invariant: what is asked about is what is done; the answer carries no other request than the one that was shown.

use std::path::PathBuf;
use std::sync::Arc;

use bson::RawDocumentBuf;

use super::detail::{Line, Tone};
use super::rows::{Heading, What};
use super::{Drift, Subject};
use crate::app::effect::Effect;
use crate::app::overlay::{Confirm, Intent, Overlay};
use crate::app::picker::{Choice, Item, Picker};
use crate::app::scope::{Asker, Scope};
use crate::app::update::record;
use crate::app::words;
use crate::model::drift::{FixKind, IndexDrift, Target, ValidatorState, indexes};
use crate::mongo::request::drift::{
    IndexMade, MEND_BATCH, Mend, MendMode, MendOutcome, MendPreview, Progress, ValidationAction,
    ValidationLevel,
};
use crate::mongo::request::{Failure, FailureKind, Reply, Request, TaskId};
use crate::value::diff::Change;

/// Before and after of so many documents are shown in the question.
const SAMPLES: usize = 4;
/// Changes of one document that are shown there.
const CHANGES: usize = 3;
/// Differences of the validator that are shown in the question; all of them are in the detail.
const DIFFERENCES: usize = 8;

/// What is under way beside checks.
#[derive(Debug)]
pub struct Work {
    /// The task.
    pub task: TaskId,
    /// Which collection.
    pub subject: usize,
    /// What it is.
    pub kind: WorkKind,
    /// How far it is.
    pub progress: Option<Progress>,
    /// Whether it was asked to stop.
    pub stopping: bool,
}

/// A kind of work.
#[derive(Debug, Clone, PartialEq)]
pub enum WorkKind {
    /// Looking what a fix would do.
    Preview(Box<Mend>),
    /// Running a fix.
    Mend(Box<Mend>),
    /// Putting back what a fix changed.
    Undo(PathBuf),
    /// Making indexes.
    Indexes(usize),
    /// Installing a validator.
    Validator,
}

impl Work {
    /// Whether it changes anything.
    #[must_use]
    pub fn writes(&self) -> bool {
        !matches!(self.kind, WorkKind::Preview(_))
    }

    /// What it is, in a few words.
    #[must_use]
    pub fn what(&self) -> String {
        match &self.kind {
            WorkKind::Preview(mend) => format!("looking what `{}` would do", mend.fix.word()),
            WorkKind::Mend(mend) => describe(mend),
            WorkKind::Undo(_) => "undo of the fix".to_owned(),
            WorkKind::Indexes(1) => "making the index".to_owned(),
            WorkKind::Indexes(n) => format!("making {n} indexes"),
            WorkKind::Validator => "installing the validator".to_owned(),
        }
    }
}

/// What is done once its question is answered with yes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Pending {
    subject: usize,
    kind: WorkKind,
    request: Request,
    what: String,
}

fn describe(mend: &Mend) -> String {
    let place = match &mend.target {
        Target::Violations { place, kind } => format!("`{place}` ({kind})"),
        Target::Missing(places) => {
            let places: Vec<String> = places.iter().map(|p| format!("`{p}`")).collect();
            places.join(", ")
        }
    };
    format!("fix `{}` of {place} in {}", mend.fix.word(), mend.namespace)
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

    /// The fix of the row under the cursor.
    fn mend(&self, kind: FixKind, mode: MendMode) -> Option<(usize, Mend)> {
        let row = self.current()?;
        let subject = self.subjects.get(row.subject)?;
        let report = &subject.found.value()?.report;
        let target = match row.what {
            What::Group(i) => {
                let group = report.findings.groups.get(i)?;
                Target::Violations {
                    place: group.place.clone(),
                    kind: group.kind.clone(),
                }
            }
            What::Backfill(i) => {
                Target::Missing(vec![report.findings.backfills.get(i)?.place.clone()])
            }
            What::Heading(Heading::Defaults) => Target::Missing(
                report
                    .findings
                    .backfills
                    .iter()
                    .map(|b| b.place.clone())
                    .collect(),
            ),
            _ => return None,
        };
        let mend = Mend {
            namespace: subject.namespace.clone(),
            model: Arc::clone(&subject.model),
            target,
            fix: kind,
            mode,
        };
        Some((row.subject, mend))
    }

    /// Looks what a fix would do.
    pub(super) fn preview(&mut self, scope: &mut Scope<'_>, kind: FixKind) {
        let Some((subject, mend)) = self.mend(kind, MendMode::Dry) else {
            return;
        };
        let mend = Box::new(mend);
        let request = Request::Mend(mend.clone());
        let task = scope.ask(Asker::Tab(self.tab), &self.profile, request);
        self.outcome.clear();
        self.work = Some(Work {
            task,
            subject,
            kind: WorkKind::Preview(mend),
            progress: None,
            stopping: false,
        });
    }

    fn ask_mend(
        &mut self,
        scope: &mut Scope<'_>,
        subject: usize,
        mut mend: Mend,
        preview: &MendPreview,
    ) {
        if preview.documents == 0 {
            return scope.info(format!(
                "nothing to do: none of {} documents needs it",
                preview.scanned
            ));
        }
        let mut lines = vec![
            describe(&mend),
            format!(
                "{} on profile `{}`: {}.",
                match preview.documents {
                    1 => "1 document".to_owned(),
                    n => format!("{n} documents"),
                },
                self.profile,
                mend.fix.label()
            ),
        ];
        if preview.unfit > 0 {
            lines.push(format!("{} more are not mended by it.", preview.unfit));
        }
        lines.push(match preview.in_transaction {
            true => "All in one transaction; the old values go to a journal, for undoing it.".to_owned(),
            false => format!(
                "In batches of {MEND_BATCH}; the old values go to a journal, for undoing it and for going on after a break."
            ),
        });
        for sample in preview.samples.iter().take(SAMPLES) {
            lines.push(words::line(sample.id.as_raw_bson_ref()));
            for change in sample.changes.iter().take(CHANGES) {
                lines.push(format!("  {}", told(change)));
            }
        }
        let more = preview.documents.saturating_sub(SAMPLES as u64);
        if more > 0 {
            lines.push(format!("and {more} more"));
        }
        mend.mode = MendMode::Write;
        let mend = Box::new(mend);
        let what = describe(&mend);
        self.ask(
            scope,
            "run the fix?",
            lines,
            Pending {
                subject,
                request: Request::Mend(mend.clone()),
                kind: WorkKind::Mend(mend),
                what,
            },
        );
    }

    fn ask_indexes(&mut self, scope: &mut Scope<'_>, place: usize) {
        let Some((subject, report)) = self.found(place) else {
            return;
        };
        let missing: Vec<&crate::model::Index> = report
            .indexes
            .iter()
            .flatten()
            .filter_map(|drift| match drift {
                IndexDrift::Missing(index) => Some(index),
                _ => None,
            })
            .collect();
        if missing.is_empty() {
            return scope.info("no index is missing");
        }
        let specifications: Vec<RawDocumentBuf> = missing
            .iter()
            .filter_map(|i| RawDocumentBuf::try_from(&indexes::specification(i)).ok())
            .collect();
        let mut lines = vec![format!(
            "in `{}` on profile `{}`, while it is in use:",
            subject.namespace, self.profile
        )];
        lines.extend(specifications.iter().map(|s| words::document_line(s)));
        if missing.iter().any(|i| i.is_unique()) && !report.duplicates.is_empty() {
            lines.push(
                "There are duplicate values: a unique index over them cannot be made.".to_owned(),
            );
        }
        let n = specifications.len();
        let request = Request::CreateIndexes {
            namespace: subject.namespace.clone(),
            indexes: specifications,
        };
        let what = match n {
            1 => format!("create 1 index in `{}`", subject.namespace),
            n => format!("create {n} indexes in `{}`", subject.namespace),
        };
        let title = match n {
            1 => "make the missing index?".to_owned(),
            n => format!("make the {n} missing indexes?"),
        };
        let pending = Pending {
            subject: place,
            kind: WorkKind::Indexes(n),
            request,
            what,
        };
        self.ask(scope, &title, lines, pending);
    }

    fn choose_validator(&mut self, scope: &mut Scope<'_>, place: usize) {
        let Some((subject, report)) = self.found(place) else {
            return;
        };
        if report.validator.model.is_none() {
            return scope.info(format!(
                "the model `{}` cannot be written as a validator",
                subject.model.name
            ));
        }
        let mut items = Vec::new();
        for level in [ValidationLevel::Strict, ValidationLevel::Moderate] {
            for action in [ValidationAction::Error, ValidationAction::Warn] {
                let held = match level {
                    ValidationLevel::Strict => "every write",
                    ValidationLevel::Moderate => "writes of documents that satisfy it now",
                };
                let then = match action {
                    ValidationAction::Error => "what breaks it is refused",
                    ValidationAction::Warn => "what breaks it is written and logged",
                };
                items.push(Item::new(
                    format!("{} {}", level.word(), action.word()),
                    format!("{held}; {then}"),
                    Choice::Validator(self.tab, level, action),
                ));
            }
        }
        scope.overlays.push(Overlay::Picker(Picker::new(
            "install the validator: level and action",
            items,
            "no such level",
        )));
    }

    /// Asks whether the model is to be installed as the validator.
    pub(super) fn ask_validator(
        &mut self,
        scope: &mut Scope<'_>,
        level: ValidationLevel,
        action: ValidationAction,
    ) {
        let place = self.current().map_or(0, |r| r.subject);
        let Some((subject, report)) = self.found(place) else {
            return;
        };
        let Some(model) = report.validator.model.clone() else {
            return;
        };
        let mut lines = vec![format!(
            "the model `{}` as the validator of `{}` on profile `{}`: level {}, action {}.",
            subject.model.name,
            subject.namespace,
            self.profile,
            level.word(),
            action.word()
        )];
        let refused = report.findings.refused;
        if refused > 0 && (level, action) == (ValidationLevel::Strict, ValidationAction::Error) {
            lines.push(format!(
                "{refused} documents break the model: no update of them is taken until they are fixed."
            ));
        }
        match &report.validator.state {
            ValidatorState::Differs(differences) => {
                for difference in differences.iter().take(DIFFERENCES) {
                    for line in super::detail::validator_difference(difference) {
                        lines.push(match line.tone {
                            Tone::Title => line.text,
                            _ => format!("  {}", cut(&line.text)),
                        });
                    }
                }
                let more = differences.len().saturating_sub(DIFFERENCES);
                if more > 0 {
                    lines.push(format!(
                        "and {more} more differences: the detail lists them all"
                    ));
                }
            }
            ValidatorState::Same => {
                lines.push("It says the same already; level and action are set.".to_owned());
            }
            _ => lines.push("It has none so far; the detail shows it whole.".to_owned()),
        }
        let request = Request::SetValidator {
            namespace: subject.namespace.clone(),
            validator: model,
            level,
            action,
        };
        let what = format!("set the validator of `{}`", subject.namespace);
        let pending = Pending {
            subject: place,
            kind: WorkKind::Validator,
            request,
            what,
        };
        self.ask(scope, "install the validator?", lines, pending);
    }

    /// Asks whether the last fix is to be put back.
    pub(super) fn undo_asked(&mut self, scope: &mut Scope<'_>) {
        if let Some(refusal) = scope
            .profiles
            .get(&self.profile)
            .and_then(|p| p.write_refusal())
        {
            return scope.warn(refusal);
        }
        let Some((journal, subject)) = self.journal.clone() else {
            return;
        };
        if self.work.is_some() || self.checking().is_some() {
            return scope.info("something is under way: wait for it, or stop it first");
        }
        let lines = vec![
            "put back the values that the last fix changed, where nothing else has changed since."
                .to_owned(),
            format!("They are read from {}.", journal.display()),
        ];
        let pending = Pending {
            subject,
            request: Request::UndoMend {
                journal: journal.clone(),
            },
            kind: WorkKind::Undo(journal),
            what: "undo of the fix".to_owned(),
        };
        self.ask(scope, "undo the fix?", lines, pending);
    }

    fn found(
        &self,
        place: usize,
    ) -> Option<(&Subject, Arc<crate::mongo::request::drift::CheckReport>)> {
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
            stopping: false,
        });
    }

    /// What was under way is over.
    pub(super) fn work_settled(&mut self, scope: &mut Scope<'_>, result: Result<Reply, Failure>) {
        let Some(work) = self.work.take() else {
            return;
        };
        if work.writes() {
            self.note_write(scope, &work, &result);
        }
        match (work.kind.clone(), result) {
            (WorkKind::Preview(mend), Ok(Reply::MendPreview(preview))) => {
                return self.ask_mend(scope, work.subject, *mend, &preview);
            }
            (kind, Ok(Reply::Mended(outcome))) => self.mended(scope, &work, &kind, &outcome),
            (_, Ok(Reply::IndexesMade(made))) => self.indexes_made(scope, &made),
            (WorkKind::Validator, Ok(_)) => {
                self.tell(scope, Tone::Good, "the validator is installed".to_owned());
            }
            (_, Ok(_)) => self.tell(
                scope,
                Tone::Error,
                "the answer was of another kind".to_owned(),
            ),
            (WorkKind::Preview(_), Err(failure)) if failure.kind == FailureKind::Cancelled => {
                return;
            }
            (_, Err(failure)) => {
                self.outcome
                    .push(Line::new(Tone::Error, format!("✗ {failure}")));
                scope.fail(&failure);
            }
        }
        // The figures are those of before: they are read again.
        if work.writes()
            && let Some(subject) = self.subjects.get_mut(work.subject)
        {
            subject.queued = true;
        }
    }

    fn tell(&mut self, scope: &mut Scope<'_>, tone: Tone, text: String) {
        scope.info(text.clone());
        self.outcome.push(Line::new(tone, text));
    }

    fn mended(
        &mut self,
        scope: &mut Scope<'_>,
        work: &Work,
        kind: &WorkKind,
        outcome: &MendOutcome,
    ) {
        let verb = match kind {
            WorkKind::Undo(_) => "put back",
            _ => "fixed",
        };
        let mut parts = vec![format!("{} {verb}", documents(outcome.written))];
        if outcome.skipped > 0 {
            parts.push(format!(
                "{} left alone: changed by someone else meanwhile",
                outcome.skipped
            ));
        }
        if outcome.refused > 0 {
            parts.push(format!("{} refused by the server", outcome.refused));
        }
        if outcome.unfit > 0 {
            parts.push(format!("{} not mended by it", outcome.unfit));
        }
        if outcome.in_transaction && outcome.written > 0 {
            parts.push("in one transaction".to_owned());
        }
        let well = outcome.stopped.is_none() && outcome.refused == 0;
        let tone = if well { Tone::Good } else { Tone::Error };
        self.tell(scope, tone, parts.join(", "));
        if let Some(refusal) = outcome.refusals.first() {
            let id = words::line(refusal.id.as_raw_bson_ref());
            let text = format!("refused: {id}: {}", refusal.failure.summary);
            self.outcome.push(Line::new(Tone::Error, text));
        }
        if let Some(stopped) = &outcome.stopped {
            let text = format!(
                "stopped before its end: {}; run the same fix again to go on",
                stopped.summary
            );
            self.outcome.push(Line::new(Tone::Error, text));
        }
        match (kind, &outcome.journal) {
            (WorkKind::Undo(_), _) => self.journal = None,
            (_, Some(journal)) => {
                self.journal = Some((journal.clone(), work.subject));
                let text = format!("the old values are kept in {}", journal.display());
                self.outcome.push(Line::new(Tone::Dim, text));
            }
            (_, None) => {}
        }
    }

    fn indexes_made(&mut self, scope: &mut Scope<'_>, made: &[IndexMade]) {
        let done = made.iter().filter(|m| m.failure.is_none()).count();
        let tone = if done == made.len() {
            Tone::Good
        } else {
            Tone::Error
        };
        let text = match (done, made.len()) {
            (1, 1) => "the index is made".to_owned(),
            (done, all) => format!("{done} of {all} indexes are made"),
        };
        self.tell(scope, tone, text);
        for index in made {
            if let Some(failure) = &index.failure {
                let text = format!("`{}`: {failure}", index.name);
                self.outcome.push(Line::new(Tone::Error, text));
            }
        }
    }

    /// Puts what was written into the log of writes, and has the deck's other tabs read again.
    fn note_write(&self, scope: &mut Scope<'_>, work: &Work, result: &Result<Reply, Failure>) {
        let Some(subject) = self.subjects.get(work.subject) else {
            return;
        };
        let outcome = match result {
            Ok(Reply::Mended(outcome)) => format!("written: {}", documents(outcome.written)),
            Ok(_) => "written".to_owned(),
            Err(failure) => format!("refused: {}", failure.summary),
        };
        let line = record(
            scope.now,
            &self.profile,
            &subject.namespace,
            &work.what(),
            outcome,
        );
        scope.effects.push(Effect::RecordWrite(line));
    }
}

fn documents(n: u64) -> String {
    match n {
        1 => "1 document".to_owned(),
        n => format!("{n} documents"),
    }
}

/// One change in one line: `timeframe: '3-weeks' → '3-months'`.
fn told(change: &Change) -> String {
    let side = |value: Option<&crate::value::Value>| match value {
        Some(value) => cut(&words::line(value.as_raw())),
        None => "nothing".to_owned(),
    };
    match change {
        Change::Reordered { path, .. } => format!("{path}: another order of fields"),
        change => format!(
            "{}: {} → {}",
            change.path(),
            side(change.old()),
            side(change.new_value())
        ),
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
