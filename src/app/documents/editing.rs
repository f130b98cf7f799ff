//! Editing in a tab: opening the editor, following what becomes of it, deleting documents.

use std::sync::Arc;
use std::time::Duration;

use bson::RawDocumentBuf;

use super::{Answer, Documents, Handled};
use crate::app::Command;
use crate::app::cascade::Deletion;
use crate::app::editor::{self, Editor, Host, Over, convert, draft, review};
use crate::app::effect::Effect;
use crate::app::journal::Entry;
use crate::app::overlay::{Confirm, Intent, Overlay};
use crate::app::picker::{Choice, Item, Picker};
use crate::app::regions::Hit;
use crate::app::scope::{Asker, Scope};
use crate::app::update::{record, tell_write};
use crate::app::words;
use crate::config::state::Draft;
use crate::mongo::request::{Failure, Reply, Request, TaskId, Write, WriteOutcome};
use crate::value::{Kind, Path, update};

/// Documents of the tab that the editor looks at for names that no model knows.
const SAMPLES: usize = 20;
/// Larger ones are not looked at, in bytes.
const SAMPLE: usize = 64 << 10;

/// Larger documents may be edited by their parts, in bytes.
const LARGE: usize = 64 << 10;

/// Refuses to edit what a server never changes.
fn never_changes(path: &Path) -> Result<(), String> {
    match path.0.first() {
        Some(crate::value::Step::Key(key)) if key == "_id" => Err(
            "`_id` never changes: `document-duplicate` makes the same document with another one"
                .to_owned(),
        ),
        _ => Ok(()),
    }
}

/// What a tab is about to do with a document beside editing its text.
#[derive(Debug, Default)]
pub struct Desk {
    /// The document that the person was asked about, as it was shown.
    asked: Option<Arc<RawDocumentBuf>>,
    /// The document that is being deleted.
    deleting: Option<(TaskId, Arc<RawDocumentBuf>)>,
    /// The value whose kind is being chosen.
    changing: Option<(Arc<RawDocumentBuf>, Path)>,
}

impl Documents {
    fn host(&self) -> Host {
        Host {
            tab: self.tab,
            profile: self.profile.clone(),
            namespace: self.namespace.clone(),
        }
    }

    /// Takes a command that begins an edit.
    pub(super) fn edit_command(&mut self, scope: &mut Scope<'_>, command: Command) -> Handled {
        let begun = match command {
            Command::Edit => self.edit(scope, false),
            Command::EditExternal => self.edit(scope, true),
            Command::EditValue => self.edit_value(scope),
            Command::ChangeType => self.change_type_asked(scope),
            Command::DocumentNew => self.whole().map(|()| {
                let host = self.host();
                self.open_editor(Editor::open_new(scope, host));
            }),
            Command::DocumentDuplicate => self.duplicate(scope),
            Command::DocumentDelete => self.delete_asked(scope),
            _ => return Handled::No,
        };
        match begun {
            Err(problem) => scope.warn(problem),
            // Better told before an hour of typing than after it.
            Ok(()) if self.editor.is_some() => {
                let profile = scope.profiles.get(&self.profile);
                if let Some(refusal) = profile.and_then(|p| p.write_refusal()) {
                    scope.warn(format!("{refusal}; what is typed is kept as a draft"));
                }
            }
            Ok(()) => {}
        }
        Handled::Yes
    }

    /// The document under the cursor, where it may be changed.
    fn subject(&self) -> Result<Arc<RawDocumentBuf>, String> {
        self.whole()?;
        self.current()
            .ok_or_else(|| "there is no document under the cursor".to_owned())
    }

    fn open_editor(&mut self, mut editor: Editor) {
        let kept = self.feed.rows.kept().map(|(_, d)| d);
        let small = kept.filter(|d| d.as_bytes().len() <= SAMPLE);
        editor.samples = small.take(SAMPLES).cloned().collect();
        self.editor = Some(Box::new(editor));
    }

    fn edit(&mut self, scope: &mut Scope<'_>, outside: bool) -> Result<(), String> {
        let document = self.subject()?;
        let editor = match self.draft_of(scope, &document, &Path::root()) {
            Some(draft) => self.reopened(scope, &draft),
            None => Editor::open(scope, self.host(), document, &self.current_path())?,
        };
        self.open_editor(editor);
        if outside && let Some(editor) = &mut self.editor {
            editor.edit_externally(scope);
        }
        Ok(())
    }

    fn reopened(&self, scope: &mut Scope<'_>, draft: &Draft) -> Editor {
        let ago = scope.now.since(crate::app::Moment(draft.updated)).as_secs();
        let ago = match ago {
            0..60 => "less than a minute".to_owned(),
            60..7200 => format!("{} min", ago / 60),
            _ => format!("{} h", ago / 3600),
        };
        scope.warn(match draft.uncertain {
            true => format!(
                "this is the draft of {ago} ago, which may have been written already; saving finds out"
            ),
            false => format!(
                "this is the draft of {ago} ago, not written so far; `discard` throws it away"
            ),
        });
        Editor::resume(scope, self.host(), draft)
    }

    /// Takes the draft of a document, or of the value at `path` of it, out of those that wait. A document that is too
    /// large to be edited whole has drafts of its parts alone.
    fn draft_of(
        &self,
        scope: &mut Scope<'_>,
        document: &RawDocumentBuf,
        path: &Path,
    ) -> Option<Draft> {
        let any = path.is_root() && document.as_bytes().len() > LARGE;
        let path = review::kept_path(path);
        let id = review::id_of(document);
        let (profile, namespace) = (self.profile.as_str(), self.namespace.to_string());
        let place = scope
            .drafts
            .iter()
            .rposition(|d| (any || d.path == path) && draft::is_of(d, profile, &namespace, &id))?;
        Some(scope.drafts.remove(place))
    }

    fn edit_value(&mut self, scope: &mut Scope<'_>) -> Result<(), String> {
        let document = self.subject()?;
        let path = editor::opening::value_path(&document, &self.current_path())?;
        never_changes(&path)?;
        let editor = match self.draft_of(scope, &document, &path) {
            Some(draft) => self.reopened(scope, &draft),
            None => Editor::open_value(scope, self.host(), document, &path)?,
        };
        self.open_editor(editor);
        Ok(())
    }

    fn change_type_asked(&mut self, scope: &mut Scope<'_>) -> Result<(), String> {
        let document = self.subject()?;
        let path = editor::opening::value_path(&document, &self.current_path())?;
        never_changes(&path)?;
        let value = path
            .get(&document)
            .ok_or_else(|| "there is no value under the cursor".to_owned())?;
        let tab = self.tab;
        let items = convert::TARGETS
            .into_iter()
            .filter(|kind| *kind != Kind::of(value))
            .map(|kind| {
                let label = match kind {
                    Kind::Binary => "UUID",
                    kind => kind.label(),
                };
                let detail = match convert::convert(value, kind) {
                    Ok(new) => words::line(new.as_raw_bson_ref()),
                    Err(problem) => problem,
                };
                Item::new(label, detail, Choice::Kind(tab, kind.alias()))
            })
            .collect();
        let title = format!("`{path}`, {}, becomes", Kind::of(value).label());
        let picker = Picker::new(title, items, "no such kind");
        scope.overlays.push(Overlay::Picker(picker));
        self.desk.changing = Some((document, path));
        Ok(())
    }

    fn change_type(&mut self, scope: &mut Scope<'_>, alias: &str) -> Result<(), String> {
        let (Some((document, path)), Some(kind)) =
            (self.desk.changing.take(), Kind::from_alias(alias))
        else {
            return Ok(());
        };
        let value = path
            .get(&document)
            .ok_or_else(|| "there is no value under the cursor".to_owned())?;
        let new = convert::convert(value, kind)?;
        let editor = Editor::open_changed(scope, self.host(), Arc::clone(&document), &path, &new)?;
        self.open_editor(editor);
        if let Some(editor) = &mut self.editor {
            editor.is_brief = true;
            editor.save(scope);
        }
        Ok(())
    }

    fn duplicate(&mut self, scope: &mut Scope<'_>) -> Result<(), String> {
        let document = self.subject()?;
        let editor = Editor::open_duplicate(scope, self.host(), &document)?;
        self.open_editor(editor);
        Ok(())
    }

    fn delete_asked(&mut self, scope: &mut Scope<'_>) -> Result<(), String> {
        let document = self.subject()?;
        if let Some(refusal) = scope
            .profiles
            .get(&self.profile)
            .and_then(|p| p.write_refusal())
        {
            return Err(refusal);
        }
        if let Some(model) = &self.model {
            let (tab, profile, namespace) = (self.tab, &self.profile, &self.namespace);
            let asked = Deletion::open(scope, tab, profile, namespace, model, &document);
            if let Some(deletion) = asked {
                scope.overlays.push(Overlay::Deletion(Box::new(deletion)));
                self.desk.asked = Some(document);
                return Ok(());
            }
        }
        let id = words::line(review::id_of(&document).as_raw_bson_ref());
        let lines = vec![
            format!("{id} in {} on profile `{}`.", self.namespace, self.profile),
            "It is deleted only if it still is as shown here. The undo of writes inserts it again."
                .to_owned(),
        ];
        let intent = Intent::DeleteDocument(self.tab);
        let question = Confirm::new("delete the document?", lines, intent);
        scope.overlays.push(Overlay::Confirm(question));
        self.desk.asked = Some(document);
        Ok(())
    }

    fn delete(&mut self, scope: &mut Scope<'_>) -> Result<(), String> {
        // The one that was asked about, wherever the cursor has gone since.
        let Some(document) = self.desk.asked.take() else {
            return Ok(());
        };
        let id = review::id_of(&document);
        let filter = update::delete_filter(&document).map_err(|e| e.to_string())?;
        let what = format!(
            "delete of `{}` in {}",
            words::line(id.as_raw_bson_ref()),
            self.namespace
        );
        let write = Write::Delete {
            namespace: self.namespace.clone(),
            id,
            filter,
        };
        let asker = Asker::Tab(self.tab);
        let task = scope.ask_write(asker, &self.profile, Request::Write(write), what);
        self.desk.deleting = Some((task, document));
        Ok(())
    }

    /// Takes the result of a task, where it is one of an edit; else gives it back.
    pub(super) fn edit_settle(
        &mut self,
        scope: &mut Scope<'_>,
        task: TaskId,
        result: Result<Reply, Failure>,
        took: Duration,
    ) -> Option<Result<Reply, Failure>> {
        if let Some(editor) = &mut self.editor
            && editor.settle_completion(scope, task, &result)
        {
            return None;
        }
        if let Some(editor) = &mut self.editor
            && editor.awaits(task)
        {
            editor.settle(scope, result, took);
            self.after_edit(scope);
            return None;
        }
        if self.desk.deleting.as_ref().is_none_or(|(t, _)| *t != task) {
            return Some(result);
        }
        if let Some((_, document)) = self.desk.deleting.take() {
            self.deleted(scope, document, result);
        }
        None
    }

    fn deleted(
        &mut self,
        scope: &mut Scope<'_>,
        document: Arc<RawDocumentBuf>,
        result: Result<Reply, Failure>,
    ) {
        let id = review::id_of(&document);
        let shown = words::line(id.as_raw_bson_ref());
        let outcome = match &result {
            Ok(Reply::Written(WriteOutcome::Conflict { .. })) => "conflict".to_owned(),
            Ok(_) => "written".to_owned(),
            Err(failure) => failure.outcome(),
        };
        let mut line = record(scope.now, &self.profile, &self.namespace, "delete", outcome);
        line.id.clone_from(&shown);
        scope.effects.push(Effect::RecordWrite(line));
        match result {
            Ok(Reply::Written(WriteOutcome::Conflict { theirs })) => match theirs {
                Some(theirs) => {
                    scope.warn(
                        "not deleted: it was changed meanwhile; look at it as it is now, then delete again",
                    );
                    self.replace(scope, Arc::new(theirs));
                }
                None => {
                    scope.info("it was deleted by someone else meanwhile");
                    self.refresh(scope);
                }
            },
            Ok(_) => {
                scope.journal.record(Entry {
                    profile: self.profile.clone(),
                    namespace: self.namespace.clone(),
                    id,
                    before: Some(document),
                    after: None,
                });
                scope.info(format!("deleted {shown}"));
                self.refresh(scope);
            }
            result @ Err(_) => tell_write(scope, &format!("delete of `{shown}`"), &result),
        }
    }

    /// Takes an overlay's answer that is for an edit; gives it back where it is not.
    pub(super) fn edit_answer(
        &mut self,
        scope: &mut Scope<'_>,
        answer: Answer,
    ) -> Result<(), Result<Answer, String>> {
        let done = match answer {
            Answer::DeleteDocument => self.delete(scope),
            Answer::Kind(alias) => self.change_type(scope, alias),
            answer => match &mut self.editor {
                Some(editor) => {
                    let done = editor.answer(scope, answer);
                    self.after_edit(scope);
                    done
                }
                None => return Err(Ok(answer)),
            },
        };
        done.map_err(Err)
    }

    /// Does what a finished editor leaves to be done.
    pub(super) fn after_edit(&mut self, scope: &mut Scope<'_>) {
        let Some(over) = self.editor.as_mut().and_then(|e| e.over.take()) else {
            return;
        };
        self.editor = None;
        match over {
            Over::Left => {}
            Over::Replace(document) => self.replace(scope, document),
            Over::Refresh => self.refresh(scope),
        }
        // The server may have been away while the editor lay over the rows.
        self.reread(scope);
    }

    /// Opens a draft in the editor.
    pub(super) fn resume_draft(&mut self, scope: &mut Scope<'_>, draft: Draft) {
        if let Some(editor) = &mut self.editor {
            editor.keep(scope);
            if editor.is_changed() {
                scope.drafts.push(draft);
                return scope.warn("another edit is open here: write it or go back first");
            }
        }
        let editor = self.reopened(scope, &draft);
        self.open_editor(editor);
    }

    /// Whether something typed is not written so far.
    #[must_use]
    pub fn has_unsaved(&self) -> bool {
        self.editor.as_ref().is_some_and(|e| e.is_changed())
    }

    /// Takes a click while a document is edited.
    pub(super) fn edit_hit(&mut self, scope: &mut Scope<'_>, hit: Hit) {
        if let (Some(editor), Hit::Row(row)) = (&mut self.editor, hit) {
            editor.click(scope, row);
        }
        if let (Some(editor), Hit::Item(place)) = (&mut self.editor, hit) {
            editor.pick(scope, place);
        }
        if let Hit::Answer(yes) = hit {
            let command = match yes {
                true => Command::ConfirmYes,
                false => Command::ConfirmNo,
            };
            self.command(scope, command);
        }
    }

    /// Closes the editor with its tab: what is typed stays as a draft.
    pub(super) fn put_editor_away(&mut self, scope: &mut Scope<'_>) {
        if let Some(mut editor) = self.editor.take() {
            editor.put_away(scope);
        }
    }
}
