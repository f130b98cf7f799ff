//! A fix over all documents of a collection: what it would do, the question with samples of it, and the way back.

use std::sync::Arc;

use super::work::describe;
use super::{Pending, Work, WorkKind, cut};
use crate::app::drift::Drift;
use crate::app::drift::rows::{Heading, What};
use crate::app::scope::{Asker, Scope};
use crate::app::words;
use crate::model::drift::{FixKind, Target};
use crate::mongo::request::Request;
use crate::mongo::request::drift::{MEND_BATCH, Mend, MendMode, MendPreview};
use crate::value::diff::Change;

/// Before and after of so many documents are shown in the question.
const SAMPLES: usize = 4;
/// Changes of one document that are shown there.
const CHANGES: usize = 3;

impl Drift {
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
    pub(in crate::app::drift) fn preview(&mut self, scope: &mut Scope<'_>, kind: FixKind) {
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
            building: None,
            stopping: false,
        });
    }

    pub(super) fn ask_mend(
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
                words::several(preview.documents, "document"),
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

    /// Asks whether the last fix is to be put back.
    pub(in crate::app::drift) fn undo_asked(&mut self, scope: &mut Scope<'_>) {
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
