//! Putting the last write of the session back, where nothing else has changed since.
//!
//! Invariant: an undo is guarded by what the write left, so it never takes back what someone else did.

use bson::RawDocumentBuf;

use super::App;
use super::effect::Effect;
use super::overlay::{Confirm, Intent, Overlay};
use super::scope::Asker;
use super::update::{record, scope, tell_write};
use crate::mongo::request::{Failure, Reply, Request, Write, WriteOutcome};
use crate::value::update::{self, delete_filter, plan};

impl App {
    /// Asks whether the last write is to be put back.
    pub(super) fn undo_write_asked(&mut self) {
        let Some(entry) = self.journal.last() else {
            self.notices.say(
                self.now,
                super::notice::Level::Info,
                "nothing was written in this session",
                "",
            );
            return;
        };
        let id = super::words::line(entry.id.as_raw_bson_ref());
        let what = match (&entry.before, &entry.after) {
            (Some(_), Some(_)) => "put back the document as it was before",
            (None, _) => "delete the document that was inserted",
            (Some(_), None) => "insert the document again that was deleted",
        };
        let lines = vec![
            format!(
                "{what}: `{}` {id} on profile `{}`.",
                entry.namespace, entry.profile
            ),
            "It is done only if nothing else has changed there since.".to_owned(),
        ];
        self.overlays.push(Overlay::Confirm(Confirm::new(
            "undo the last write?",
            lines,
            Intent::UndoWrite,
        )));
    }

    /// Puts the last write back, guarded by what that write left.
    pub(super) fn undo_write(&mut self, effects: &mut Vec<Effect>) {
        let Some(entry) = self.journal.last().cloned() else {
            return;
        };
        let mut scope = scope!(self, (*effects));
        let namespace = entry.namespace.clone();
        let request = match (&entry.before, &entry.after) {
            (Some(before), Some(after)) => match plan(after, before) {
                Ok(plan) => {
                    let (id, filter) = (entry.id.clone(), plan.filter);
                    match plan.change {
                        update::Write::Update(update) => Write::Update {
                            namespace,
                            id,
                            filter,
                            update,
                        },
                        update::Write::Replace(replacement) => Write::Replace {
                            namespace,
                            id,
                            filter,
                            replacement,
                        },
                    }
                }
                Err(problem) => return scope.warn(format!("cannot undo: {problem}")),
            },
            (Some(before), None) => Write::Insert {
                namespace,
                document: RawDocumentBuf::clone(before),
            },
            (None, Some(after)) => match delete_filter(after) {
                Ok(filter) => Write::Delete {
                    namespace,
                    id: entry.id.clone(),
                    filter,
                },
                Err(problem) => return scope.warn(format!("cannot undo: {problem}")),
            },
            (None, None) => return,
        };
        let what = format!("undo of the last write in {}", entry.namespace);
        scope.ask_write(
            Asker::Undo(what.clone()),
            &entry.profile,
            Request::Write(request),
            what,
        );
    }

    /// The undo is over.
    pub(super) fn undo_settled(
        &mut self,
        what: &str,
        result: &Result<Reply, Failure>,
        effects: &mut Vec<Effect>,
    ) {
        let mut scope = scope!(self, (*effects));
        tell_write(&mut scope, what, result);
        let outcome = match result {
            Ok(Reply::Written(WriteOutcome::Conflict { .. })) => "conflict".to_owned(),
            Ok(_) => "written".to_owned(),
            Err(failure) => format!("refused: {}", failure.summary),
        };
        let Some(entry) = self.journal.last().cloned() else {
            return;
        };
        let mut line = record(self.now, &entry.profile, &entry.namespace, "undo", outcome);
        line.id = super::words::line(entry.id.as_raw_bson_ref());
        effects.push(Effect::RecordWrite(line));
        if let Ok(Reply::Written(WriteOutcome::Written)) = result {
            self.journal.forget_last();
            let mut scope = scope!(self, (*effects));
            for tab in &mut self.tabs {
                if *tab.profile() == entry.profile {
                    tab.documents_changed(&mut scope, &entry.namespace);
                }
            }
        }
    }
}
