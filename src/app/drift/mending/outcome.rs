//! What became of the work: said in the tab and as a notice, put into the log of writes, and the figures read again.

use super::{Work, WorkKind};
use crate::app::drift::Drift;
use crate::app::drift::detail::{Line, Tone};
use crate::app::effect::Effect;
use crate::app::scope::Scope;
use crate::app::update::record;
use crate::app::words;
use crate::mongo::request::drift::{IndexMade, MendOutcome};
use crate::mongo::request::{Failure, FailureKind, Reply};

impl Drift {
    /// What was under way is over.
    pub(in crate::app::drift) fn work_settled(
        &mut self,
        scope: &mut Scope<'_>,
        result: Result<Reply, Failure>,
    ) {
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
        let mut parts = vec![format!(
            "{} {verb}",
            words::several(outcome.written, "document")
        )];
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
            Ok(Reply::Mended(outcome)) => {
                format!("written: {}", words::several(outcome.written, "document"))
            }
            Ok(_) => "written".to_owned(),
            Err(failure) => failure.outcome(),
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
