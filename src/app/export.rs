//! Results on their way to files: what runs, how far it is, how it ends.
//!
//! An export belongs to the deck and not to its tab, so the tab can be used meanwhile; closing the tab stops it, after a
//! question. Invariant: an export that was begun is listed until the runner says that nothing unfinished of its file is
//! left.

use std::time::Duration;

use super::App;
use super::Command;
use super::effect::Effect;
use super::overlay::{Confirm, Intent, Overlay};
use super::scope::{Asker, Moment, TabId};
use super::update::scope;
use super::words;
use crate::mongo::request::drift::Progress;
use crate::mongo::request::{
    Export, ExportOutcome, Failure, FailureKind, ProfileName, Reply, Request, TaskId,
};

pub mod form;

use form::{ExportForm, Pressed};

/// An export under way.
#[derive(Debug, Clone, PartialEq)]
pub struct Exporting {
    /// Its task.
    pub task: TaskId,
    /// The tab whose result it is.
    pub tab: TabId,
    /// Since when.
    pub since: Moment,
    /// How far it is; `None` before the first word.
    pub progress: Option<Progress>,
    /// Whether it was told to stop.
    pub stopping: bool,
    /// What was asked for.
    pub wanted: Wanted,
}

/// An export as it was asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Wanted {
    /// The profile that it reads from.
    pub profile: ProfileName,
    /// What, and where to.
    pub export: Export,
    /// The form that it was asked with, for asking again.
    pub form: Box<ExportForm>,
}

impl Exporting {
    /// The file's name without its directories.
    #[must_use]
    pub fn name(&self) -> &str {
        let path = self.wanted.export.path.as_str();
        path.rsplit('/').next().unwrap_or(path)
    }

    fn documents(&self) -> u64 {
        self.progress.map_or(0, |p| p.documents)
    }
}

impl App {
    /// Takes a command while the form is on top.
    pub(super) fn export_command(&mut self, command: Command, effects: &mut Vec<Effect>) {
        let Some(Overlay::Export(form)) = self.overlays.last_mut() else {
            return;
        };
        match command {
            Command::Back | Command::Cancel | Command::Quit | Command::CloseTab => {
                self.overlays.pop();
            }
            Command::Accept | Command::Open => {
                let Some(export) = form.accept() else {
                    return;
                };
                let wanted = Wanted {
                    profile: form.profile.clone(),
                    export,
                    form: form.clone(),
                };
                self.overlays.pop();
                self.begin_export(wanted, effects);
            }
            Command::CursorUp => form.step(false),
            Command::CursorDown => form.step(true),
            _ => {}
        }
    }

    /// Takes a typed key while the form is on top.
    pub(super) fn export_typed(&mut self, input: tui_textarea::Input, effects: &mut Vec<Effect>) {
        if let Some(Overlay::Export(form)) = self.overlays.last_mut()
            && form.typed(input) == Pressed::Complete
        {
            let text = form.path.text().to_owned();
            effects.push(Effect::CompletePath { text });
        }
    }

    /// Takes the paths that a text may go on with.
    pub(super) fn paths_found(&mut self, text: &str, found: Vec<String>) {
        if let Some(Overlay::Export(form)) = self.overlays.last_mut() {
            form.paths_found(text, found);
        }
    }

    /// Begins to write a file.
    pub(super) fn begin_export(&mut self, wanted: Wanted, effects: &mut Vec<Effect>) {
        let mut scope = scope!(self, (*effects));
        let request = Request::Export(Box::new(wanted.export.clone()));
        let task = scope.ask(Asker::Export, &wanted.profile, request);
        self.exports.push(Exporting {
            task,
            tab: wanted.form.tab,
            since: self.now,
            progress: None,
            stopping: false,
            wanted,
        });
    }

    pub(super) fn export_progress(&mut self, task: TaskId, progress: Progress) {
        if let Some(export) = self.exports.iter_mut().find(|e| e.task == task) {
            export.progress = Some(progress);
        }
    }

    /// Stops the newest export that was not told to stop. Whether there was one.
    pub(super) fn stop_export(&mut self, effects: &mut Vec<Effect>) -> bool {
        let Some(export) = self.exports.iter_mut().rev().find(|e| !e.stopping) else {
            return false;
        };
        export.stopping = true;
        effects.push(Effect::Cancel { task: export.task });
        true
    }

    /// Stops the exports of a tab.
    pub(super) fn stop_exports_of(&mut self, tab: TabId, effects: &mut Vec<Effect>) {
        for export in self.exports.iter_mut().filter(|e| e.tab == tab) {
            export.stopping = true;
            effects.push(Effect::Cancel { task: export.task });
        }
    }

    /// What is lost of exports by closing a tab, or by leaving where none is named; a line for each.
    pub(super) fn exports_lost(&self, tab: Option<TabId>) -> Vec<String> {
        self.exports
            .iter()
            .filter(|e| tab.is_none_or(|tab| e.tab == tab))
            .map(|e| {
                format!(
                    "still exporting to `{}`: it is stopped, and nothing of the file is left",
                    e.name()
                )
            })
            .collect()
    }

    pub(super) fn export_settled(
        &mut self,
        task: TaskId,
        result: Result<Reply, Failure>,
        effects: &mut Vec<Effect>,
    ) {
        let Some(place) = self.exports.iter().position(|e| e.task == task) else {
            return;
        };
        let export = self.exports.remove(place);
        let path = export.wanted.export.path.clone();
        let took = self.now.since(export.since);
        let mut scope = scope!(self, (*effects));
        match result {
            Ok(Reply::Exported(ExportOutcome::Exists { bytes })) => {
                let lines = vec![
                    format!("`{path}` is there already, {}.", words::bytes(bytes)),
                    "It is replaced once all of the new one is written.".to_owned(),
                ];
                let intent = Intent::Export(Box::new(export.wanted));
                let question = Confirm::new("replace the file?", lines, intent);
                scope.overlays.push(Overlay::Confirm(question));
            }
            Ok(Reply::Exported(ExportOutcome::Written {
                documents,
                bytes,
                notes,
            })) => {
                let text = written(&export, documents, bytes, took);
                match notes.as_slice() {
                    [] => scope.info(text),
                    notes => scope.warn(format!("{text}; {}", notes.join("; "))),
                }
            }
            // Asked for again, unless the person is at something else by now.
            Ok(Reply::Exported(ExportOutcome::NoPlace(failure))) => {
                if scope.overlays.is_empty() {
                    let mut form = export.wanted.form;
                    form.problem = Some(failure.to_string());
                    scope.overlays.push(Overlay::Export(form));
                } else {
                    let mut failure = *failure;
                    failure.summary = format!("not exported: {}", failure.summary);
                    scope.fail(&failure);
                }
            }
            Ok(_) => scope.warn("the answer was of another kind"),
            Err(failure) if failure.kind == FailureKind::Cancelled => scope.info(format!(
                "stopped the export after {}: nothing of `{path}` is left",
                documents_in_words(export.documents())
            )),
            Err(mut failure) => {
                failure.summary = format!("not exported: {}", failure.summary);
                scope.fail(&failure);
            }
        }
    }
}

/// A count of documents with its thousands apart.
fn documents_in_words(n: u64) -> String {
    #[expect(
        clippy::cast_precision_loss,
        reason = "nobody counts as many documents"
    )]
    let count = crate::value::chart::number(n as f64);
    match n {
        1 => "1 document".to_owned(),
        _ => format!("{count} documents"),
    }
}

fn written(export: &Exporting, documents: u64, bytes: u64, took: Duration) -> String {
    let path = &export.wanted.export.path;
    let bytes = words::bytes(bytes);
    match documents {
        0 if export.wanted.form.is_text() => format!("wrote `{path}`, {bytes}"),
        n => format!(
            "exported {}, {bytes}, to `{path}` in {}",
            documents_in_words(n),
            words::span(took)
        ),
    }
}
