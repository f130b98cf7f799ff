//! From the text to the server: the review, the write, and what became of it.
//!
//! Invariant: a write is sent only from a review that was shown, answered with yes, and not blocked.

use std::sync::Arc;
use std::time::Duration;

use bson::{RawBson, RawDocumentBuf};

use super::check::{self, Finder, Problem, Read};
use super::conflict::Conflict;
use super::review::{self, LARGEST, Review};
use super::{Check, Editor, Over, Stage};
use crate::app::Command;
use crate::app::documents::Handled;
use crate::app::effect::Effect;
use crate::app::journal::Entry;
use crate::app::overlay::{Confirm, Intent, Overlay, scroll_among};
use crate::app::scope::{Asker, Scope};
use crate::app::update::record;
use crate::app::words;
use crate::config::state::DraftKind;
use crate::model::Severity;
use crate::mongo::request::{Failure, FailureKind, Reply, Request, TaskId, Write, WriteOutcome};
use crate::value::Path;
use crate::value::cell;
use crate::value::shell::{Style, print};
use crate::value::update::PlanError;

/// How much of a value a problem's line shows, in columns.
const SHOWN: usize = 60;

impl Editor {
    /// Why nothing can be written here now.
    fn refusal(&self, scope: &Scope<'_>) -> Option<String> {
        let profile = scope.profiles.get(&self.host.profile);
        profile.and_then(|p| p.write_refusal())
    }

    /// Reads the text and shows what would be written.
    pub fn save(&mut self, scope: &mut Scope<'_>) {
        self.keep(scope);
        if let Some(refusal) = self.refusal(scope) {
            return scope.warn(format!("{refusal}; the draft is kept"));
        }
        self.told.clear();
        let text = self.buffer.text();
        let now = scope.now;
        let read = self.read(&text, now, &mut || scope.ids.object_id(now));
        let Read { document, .. } = match read {
            Ok(read) => read,
            Err(diagnostics) => {
                let what = diagnostics.first().map(|d| d.message.clone());
                self.check = Check::failed(self.buffer.version(), &text, diagnostics);
                self.select(scope, 0);
                let what = what.unwrap_or_default();
                return scope.warn(format!("the text does not parse: {what}"));
            }
        };
        self.check_now(now);
        self.review(scope, document);
    }

    fn review(&mut self, scope: &mut Scope<'_>, document: RawDocumentBuf) {
        let model = self.model.as_deref();
        let review = match (&self.base, self.kind) {
            (Some(base), DraftKind::Edit) => {
                match Review::change(&self.host.namespace, base, &document, model) {
                    Ok(review) => review,
                    Err(PlanError::Unchanged) => {
                        self.stage = Stage::Typing;
                        return scope.info("nothing was changed: there is nothing to write");
                    }
                    Err(problem) => {
                        self.stage = Stage::Typing;
                        return scope.warn(problem.to_string());
                    }
                }
            }
            _ => {
                let document = match document.get("_id") {
                    Ok(Some(id)) => review::with_id(&document, &RawBson::from(id)),
                    _ => {
                        let id = RawBson::ObjectId(scope.ids.object_id(scope.now));
                        review::with_id(&document, &id)
                    }
                };
                Review::insert(&self.host.namespace, document, model)
            }
        };
        let size = review.after.as_bytes().len();
        if size > LARGEST {
            self.stage = Stage::Typing;
            return scope.warn(format!(
                "the document would have {size} bytes, and a server keeps at most {LARGEST}: make it smaller"
            ));
        }
        if let Write::Replace { replacement, .. } = &review.write
            && let Some((key, _)) = replacement
                .iter()
                .flatten()
                .find(|(key, _)| key.as_str().starts_with('$'))
        {
            self.stage = Stage::Typing;
            return scope.warn(format!(
                "`{key}` begins with `$`, which a server takes in a new document only: rename it, or insert a duplicate"
            ));
        }
        if review.is_blocked() {
            let n = review.errors().count();
            scope.warn(words::blocking(n));
        }
        self.stage = Stage::Review(Box::new(review));
    }

    /// Takes a command while something else than typing is going on.
    pub(super) fn stage_command(&mut self, scope: &mut Scope<'_>, command: Command) -> Handled {
        match &mut self.stage {
            Stage::Typing => Handled::No,
            Stage::Review(_) => self.review_command(scope, command),
            Stage::Writing { .. } | Stage::Looking { .. } => match command {
                Command::Back | Command::ConfirmNo | Command::ConfirmYes | Command::Accept => {
                    scope.info("wait: the write is under way");
                    Handled::Yes
                }
                _ => Handled::No,
            },
            Stage::Unknown(_) => {
                match command {
                    Command::ConfirmYes | Command::Accept => {
                        self.look(scope);
                        Handled::Yes
                    }
                    Command::ConfirmNo | Command::Back => {
                        self.stage = Stage::Typing;
                        scope.warn("outcome unknown: it may have been written or not; saving again finds out");
                        Handled::Yes
                    }
                    _ => Handled::No,
                }
            }
            Stage::Conflict(conflict) => {
                match command {
                    Command::TakeTheirs => self.take_theirs_asked(scope),
                    Command::TakeMine => self.take_mine(scope),
                    Command::EditMerge => self.edit_merge(scope),
                    Command::Back | Command::ConfirmNo => {
                        self.stage = Stage::Typing;
                        scope.info("nothing was written; the draft is as it was");
                    }
                    _ => {
                        return scroll_among(
                            &mut conflict.first,
                            command,
                            scope.regions.main_rows / 4,
                            conflict.rows.len(),
                        );
                    }
                }
                Handled::Yes
            }
        }
    }

    fn review_command(&mut self, scope: &mut Scope<'_>, command: Command) -> Handled {
        let Stage::Review(review) = &mut self.stage else {
            return Handled::No;
        };
        match command {
            Command::CursorLeft
            | Command::CursorRight
            | Command::FocusNext
            | Command::FocusPrevious => review.on_yes = !review.on_yes,
            Command::ConfirmYes => self.write(scope),
            Command::Accept | Command::Open if review.on_yes => self.write(scope),
            Command::Accept | Command::Open | Command::ConfirmNo | Command::Back => {
                self.stage = Stage::Typing;
                if self.is_brief {
                    self.discard(scope);
                }
            }
            Command::Override => self.override_asked(scope),
            Command::ApplyFix => {
                self.is_brief = false;
                self.stage = Stage::Typing;
                self.apply_fix(scope);
            }
            Command::CopyValue | Command::CopyDocument => {
                let text = review.statement.clone();
                scope.effects.push(Effect::Copy { text });
                scope.info("copied the statement");
            }
            _ => {
                return scroll_among(
                    &mut review.first,
                    command,
                    scope.regions.main_rows,
                    review.lines.len(),
                );
            }
        }
        Handled::Yes
    }

    fn override_asked(&mut self, scope: &mut Scope<'_>) {
        let Stage::Review(review) = &self.stage else {
            return;
        };
        if !review.is_blocked() {
            return scope.info("no violation blocks this write");
        }
        let profile = &self.host.profile;
        if !scope
            .profiles
            .get(profile)
            .is_some_and(|p| p.allow_override)
        {
            return scope.warn(format!(
                "profile `{profile}` does not allow it (`allow_override`): mend the violations"
            ));
        }
        let mut lines: Vec<String> = review
            .errors()
            .take(8)
            .map(|v| format!("{}: {}", v.path, v.message))
            .collect();
        let more = review.errors().count().saturating_sub(lines.len());
        if more > 0 {
            lines.push(format!("and {more} more"));
        }
        lines.push("The override holds for this write alone, and is kept in the log.".to_owned());
        lines.push("Type `override` to write in spite of it.".to_owned());
        let intent = Intent::Override(self.host.tab);
        let question = Confirm::new("write in spite of violations?", lines, intent);
        scope
            .overlays
            .push(Overlay::Confirm(question.typed("override")));
    }

    pub(super) fn overridden(&mut self, scope: &mut Scope<'_>) {
        if let Stage::Review(review) = &mut self.stage {
            review.overridden = true;
            review.on_yes = false;
            scope.warn("the violations are overridden for this write: it still needs a yes");
        }
    }

    fn write(&mut self, scope: &mut Scope<'_>) {
        // An unlock may have run out while the review was read.
        if let Some(refusal) = self.refusal(scope) {
            return scope.warn(format!("{refusal}; the draft is kept"));
        }
        let review = match std::mem::replace(&mut self.stage, Stage::Typing) {
            Stage::Review(review) => review,
            other => {
                self.stage = other;
                return;
            }
        };
        if review.is_blocked() {
            let n = review.errors().count();
            scope.warn(format!("{}: mend first", words::blocking(n)));
            self.stage = Stage::Review(review);
            return;
        }
        let id = cell::brief(review.id().as_raw_bson_ref(), SHOWN);
        let what = format!("{} of `{id}` in {}", review.word(), self.host.namespace);
        let request = Request::Write(review.write.clone());
        let asker = Asker::Tab(self.host.tab);
        let task = scope.ask_write(asker, &self.host.profile, request, what);
        self.stage = Stage::Writing { task, review };
    }

    /// Whether the answer to a task is awaited here.
    #[must_use]
    pub fn awaits(&self, task: TaskId) -> bool {
        match &self.stage {
            Stage::Writing { task: t, .. } | Stage::Looking { task: t, .. } => *t == task,
            _ => false,
        }
    }

    /// Takes the result of a task that is awaited here.
    pub fn settle(
        &mut self,
        scope: &mut Scope<'_>,
        result: Result<Reply, Failure>,
        took: Duration,
    ) {
        match std::mem::replace(&mut self.stage, Stage::Typing) {
            Stage::Writing { review, .. } => self.written(scope, review, result, took),
            Stage::Looking { review, .. } => self.looked(scope, review, result),
            other => self.stage = other,
        }
    }

    fn written(
        &mut self,
        scope: &mut Scope<'_>,
        review: Box<Review>,
        result: Result<Reply, Failure>,
        took: Duration,
    ) {
        match result {
            Ok(Reply::Written(WriteOutcome::Conflict { theirs })) => {
                self.log(scope, &review, "conflict");
                self.uncertain = false;
                self.conflict(scope, theirs, &review);
            }
            Ok(_) => {
                self.log(scope, &review, "written");
                self.done(scope, &review);
                scope.info(format!("written in {} ms", took.as_millis()));
            }
            Err(failure) if failure.kind == FailureKind::UnknownOutcome => {
                self.log(scope, &review, "unknown");
                self.is_uncertain(scope, true);
                scope.fail(&failure);
                self.stage = Stage::Unknown(review);
            }
            Err(failure) => {
                self.log(scope, &review, &failure.outcome());
                self.refused(scope, &failure);
            }
        }
    }

    fn log(&self, scope: &mut Scope<'_>, review: &Review, outcome: &str) {
        let mut line = record(
            scope.now,
            &self.host.profile,
            &self.host.namespace,
            review.word(),
            outcome.to_owned(),
        );
        line.id = words::line(review.id().as_raw_bson_ref());
        line.paths.clone_from(&review.paths);
        line.overridden = review.overridden();
        scope.effects.push(Effect::RecordWrite(line));
    }

    /// The write was done: the draft goes, the write can be undone, the list shows the new document.
    fn done(&mut self, scope: &mut Scope<'_>, review: &Review) {
        self.uncertain = false;
        self.keeping.remove(scope);
        self.keeping.kept = false;
        let before = match self.kind {
            DraftKind::Edit => self.base.clone(),
            DraftKind::New => None,
        };
        self.over = Some(match before {
            Some(_) => Over::Replace(Arc::clone(&review.after)),
            None => Over::Refresh,
        });
        scope.journal.record(Entry {
            profile: self.host.profile.clone(),
            namespace: self.host.namespace.clone(),
            id: review.id(),
            before,
            after: Some(Arc::clone(&review.after)),
        });
    }

    /// The server refused it: its reasons stand at their paths, the text is as it was.
    fn refused(&mut self, scope: &mut Scope<'_>, failure: &Failure) {
        self.told = check::of_failure(failure);
        self.check_now(scope.now);
        self.keep(scope);
        scope.fail(failure);
        if !failure.refusals.is_empty() {
            let place = self
                .check
                .problems
                .iter()
                .position(|p| p.finder == Finder::Server);
            if let Some(place) = place {
                self.select(scope, place);
            }
        }
    }

    /// Reads the document again, to see what became of a write.
    fn look(&mut self, scope: &mut Scope<'_>) {
        let review = match std::mem::replace(&mut self.stage, Stage::Typing) {
            Stage::Unknown(review) => review,
            other => {
                self.stage = other;
                return;
            }
        };
        let request = Request::Document {
            namespace: self.host.namespace.clone(),
            id: review.id(),
        };
        let task = scope.ask(Asker::Tab(self.host.tab), &self.host.profile, request);
        self.stage = Stage::Looking { task, review };
    }

    fn looked(
        &mut self,
        scope: &mut Scope<'_>,
        review: Box<Review>,
        result: Result<Reply, Failure>,
    ) {
        let found = match result {
            Ok(Reply::Document(found)) => found,
            Ok(_) => None,
            Err(failure) => {
                scope.fail(&failure);
                self.stage = Stage::Unknown(review);
                return;
            }
        };
        let same = |a: Option<&RawDocumentBuf>, b: Option<&RawDocumentBuf>| {
            a.map(|d| d.as_bytes()) == b.map(|d| d.as_bytes())
        };
        if same(found.as_ref(), Some(&review.after)) {
            self.log(scope, &review, "written");
            self.done(scope, &review);
            scope.info("it was written: the document is as it was typed");
        } else if same(found.as_ref(), self.base.as_deref()) {
            self.is_uncertain(scope, false);
            scope.warn("it was not written: the document is as it was read; save again");
        } else {
            self.uncertain = false;
            self.conflict(scope, found, &review);
        }
    }

    /// Keeps with the draft whether its write may have been done.
    fn is_uncertain(&mut self, scope: &mut Scope<'_>, uncertain: bool) {
        if std::mem::replace(&mut self.uncertain, uncertain) != uncertain {
            self.keeping.changed(scope.now);
            self.keep(scope);
        }
    }

    fn conflict(&mut self, scope: &mut Scope<'_>, theirs: Option<RawDocumentBuf>, review: &Review) {
        self.keep(scope);
        let text = match &theirs {
            Some(_) => "not written: the document was changed meanwhile",
            None => "not written: the document was deleted meanwhile",
        };
        scope.warn(text);
        let empty = RawDocumentBuf::new();
        let base = self.base.as_deref().unwrap_or(&empty);
        let conflict = Conflict::new(base, theirs, Arc::clone(&review.after));
        self.stage = Stage::Conflict(Box::new(conflict));
    }

    fn take_theirs_asked(&mut self, scope: &mut Scope<'_>) {
        let Stage::Conflict(conflict) = &self.stage else {
            return;
        };
        let first = match conflict.theirs {
            Some(_) => "the document stays as it is on the server.",
            None => "the document stays deleted.",
        };
        let lines = vec![first.to_owned(), "What was typed is lost.".to_owned()];
        let intent = Intent::TakeTheirs(self.host.tab);
        let question = Confirm::new("drop what was typed?", lines, intent);
        scope.overlays.push(Overlay::Confirm(question));
    }

    pub(super) fn take_theirs(&mut self, scope: &mut Scope<'_>) {
        if let Stage::Conflict(conflict) = &self.stage {
            let over = conflict.theirs.clone().map_or(Over::Refresh, Over::Replace);
            self.keeping.remove(scope);
            self.over = Some(over);
        }
    }

    /// Starts again from what is on the server, with what was typed as it is.
    fn take_mine(&mut self, scope: &mut Scope<'_>) {
        let Some(conflict) = self.leave_conflict() else {
            return;
        };
        let mine = RawDocumentBuf::clone(&conflict.mine);
        if conflict.theirs.is_none() {
            self.kind = DraftKind::New;
            self.path = Path::root();
        }
        self.base = conflict.theirs;
        self.show(scope, &mine);
        self.review(scope, mine);
    }

    /// Starts again from what is on the server, with the changes of both sides.
    fn edit_merge(&mut self, scope: &mut Scope<'_>) {
        let Some(conflict) = self.leave_conflict() else {
            return;
        };
        let (Some(theirs), Some(merged)) = (conflict.theirs.clone(), conflict.merged.clone())
        else {
            scope.warn(
                "the document is gone: `take-mine` inserts it again, `take-theirs` lets it go",
            );
            self.stage = Stage::Conflict(conflict);
            return;
        };
        self.told = merged
            .conflicts
            .iter()
            .map(|path| {
                let theirs = path.get(&theirs).map(|v| cell::brief(v, SHOWN));
                Problem {
                    finder: Finder::Merge,
                    severity: Severity::Warning,
                    path: Some(path.clone()),
                    span: None,
                    row: None,
                    message: match theirs {
                        Some(value) => {
                            format!("`{path}` is `{value}` on the server now; yours is kept here")
                        }
                        None => format!("`{path}` is gone on the server; yours is kept here"),
                    },
                    help: None,
                    fix: None,
                }
            })
            .collect();
        self.base = Some(theirs);
        self.show(scope, &merged.document);
        scope.info(match merged.conflicts.len() {
            0 => "the changes of both sides are in the text: save it".to_owned(),
            1 => "1 place was changed by both: look at it, then save".to_owned(),
            n => format!("{n} places were changed by both: look at them, then save"),
        });
    }

    fn leave_conflict(&mut self) -> Option<Box<Conflict>> {
        match std::mem::replace(&mut self.stage, Stage::Typing) {
            Stage::Conflict(conflict) => Some(conflict),
            other => {
                self.stage = other;
                None
            }
        }
    }

    /// Puts a document, or the edited part of it, into the text.
    fn show(&mut self, scope: &mut Scope<'_>, document: &RawDocumentBuf) {
        let there = |d: &RawDocumentBuf| check::resolve(&self.path, d).is_some();
        if !(there(document) && self.base.as_deref().is_none_or(there)) {
            self.path = Path::root();
        }
        let text = self
            .path
            .get(document)
            .and_then(|v| print(v, &Style::INDENTED).ok());
        if let Some(text) = text
            && !self.buffer.holds(&text)
        {
            self.buffer.set(&text);
        }
        // The base is another one, so the draft on disk has to be written again in any case.
        self.original = None;
        self.changed(scope);
        self.check_now(scope.now);
        self.keep(scope);
    }
}
