//! Putting the last write of the session back, where nothing else has changed since.
//!
//! Invariant: an undo is guarded by what the write left, so it never takes back what someone else did.

use bson::RawDocumentBuf;

use super::App;
use super::effect::Effect;
use super::journal::Entry;
use super::overlay::{Confirm, Intent, Overlay};
use super::scope::Asker;
use super::update::{record, scope, tell_write};
use crate::mongo::request::{
    Failure, Reply, Request, Together, TogetherOutcome, Write, WriteOutcome,
};
use crate::value::Value;
use crate::value::cell::{brief, cut};
use crate::value::diff::diff;
use crate::value::update::{delete_filter, plan};

impl App {
    /// Asks whether the last write is to be put back.
    pub(super) fn undo_write_asked(&mut self) {
        let Some((entry, others)) = self.journal.last_together().and_then(<[_]>::split_last) else {
            self.notices.say(
                self.now,
                super::notice::Level::Info,
                match self.journal.cannot_be_undone() {
                    Some(ran) => format!("cannot be undone: {}", cut(&ran.text, STATEMENT)),
                    None => "there is no write of this session left to undo".to_owned(),
                },
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
        let beside = match others.len() {
            0 => String::new(),
            n => format!(" With it {n} others that were written together, in one transaction."),
        };
        let lines = vec![
            format!(
                "{what}: `{}` {id} on profile `{}`.{beside}",
                entry.namespace, entry.profile
            ),
            "It is done only if nothing else has changed there since.".to_owned(),
        ];
        let mut lines = with_changes(lines, entry.before.as_deref(), entry.after.as_deref());
        let title = match self.journal.cannot_be_undone() {
            Some(ran) => {
                let text = cut(&ran.text, STATEMENT);
                lines.push(format!("What was run after it cannot be undone: {text}"));
                "undo the last write of a document?"
            }
            None => "undo the last write?",
        };
        self.overlays.push(Overlay::Confirm(Confirm::new(
            title,
            lines,
            Intent::UndoWrite,
        )));
    }

    /// Puts the last write back, guarded by what that write left.
    pub(super) fn undo_write(&mut self, effects: &mut Vec<Effect>) {
        let Some(entries) = self.journal.last_together().map(<[_]>::to_vec) else {
            return;
        };
        let Some(entry) = entries.last() else {
            return;
        };
        let mut scope = scope!(self, (*effects));
        // What was written last is put back first.
        let writes: Result<Vec<Write>, String> = entries.iter().rev().map(undoing).collect();
        let request = match writes.map(|mut w| (w.pop(), w)) {
            Err(problem) => return scope.warn(format!("cannot undo: {problem}")),
            Ok((None, _)) => return,
            Ok((Some(one), others)) if others.is_empty() => Request::Write(one),
            Ok((Some(first), mut writes)) => {
                writes.push(first);
                Request::Together(Together {
                    writes,
                    absent: Vec::new(),
                })
            }
        };
        let what = format!("undo of the last write in {}", entry.namespace);
        scope.ask_write(Asker::Undo(what.clone()), &entry.profile, request, what);
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
            Ok(Reply::Together(outcome)) if *outcome != TogetherOutcome::Written => {
                "conflict".to_owned()
            }
            Ok(_) => "written".to_owned(),
            Err(failure) => failure.outcome(),
        };
        let Some(entries) = self.journal.last_together().map(<[_]>::to_vec) else {
            return;
        };
        for entry in &entries {
            let outcome = outcome.clone();
            let mut line = record(self.now, &entry.profile, &entry.namespace, "undo", outcome);
            line.id = super::words::line(entry.id.as_raw_bson_ref());
            effects.push(Effect::RecordWrite(line));
        }
        if outcome == "written" {
            self.journal.forget_last();
            let mut scope = scope!(self, (*effects));
            let mut changed: Vec<_> = entries.iter().map(|e| (&e.profile, &e.namespace)).collect();
            changed.sort();
            changed.dedup();
            for tab in &mut self.tabs {
                for (profile, namespace) in &changed {
                    if tab.profile() == *profile {
                        tab.documents_changed(&mut scope, namespace);
                    }
                }
            }
        }
    }
}

/// What puts one document back, guarded by what was written.
fn undoing(entry: &Entry) -> Result<Write, String> {
    let namespace = entry.namespace.clone();
    let id = entry.id.clone();
    match (&entry.before, &entry.after) {
        (Some(before), Some(after)) => {
            let plan = plan(after, before).map_err(|e| e.to_string())?;
            Ok(Write::planned(namespace, id, plan))
        }
        (Some(before), None) => Ok(Write::Insert {
            namespace,
            document: RawDocumentBuf::clone(before),
        }),
        (None, Some(after)) => {
            let filter = delete_filter(after).map_err(|e| e.to_string())?;
            Ok(Write::Delete {
                namespace,
                id,
                filter,
            })
        }
        (None, None) => Err("nothing was kept of it".to_owned()),
    }
}

/// Columns of a statement that cannot be undone.
const STATEMENT: usize = 120;
/// How many changes are shown.
const CHANGES: usize = 8;
/// How much of a value is shown, in columns.
const SHOWN: usize = 24;

/// The lines with what an undo changes, path by path.
fn with_changes(
    mut lines: Vec<String>,
    before: Option<&RawDocumentBuf>,
    after: Option<&RawDocumentBuf>,
) -> Vec<String> {
    let (Some(before), Some(after)) = (before, after) else {
        return lines;
    };
    let changes = diff(after, before).unwrap_or_default();
    let shown = |value: Option<&Value>| {
        value.map_or_else(|| "nothing".to_owned(), |v| brief(v.as_raw(), SHOWN))
    };
    lines.extend(changes.iter().take(CHANGES).map(|c| {
        let (old, new) = (shown(c.old()), shown(c.new_value()));
        format!("  {}: {old} → {new}", c.path())
    }));
    if changes.len() > CHANGES {
        lines.push(format!("  and {} more", changes.len() - CHANGES));
    }
    lines
}
