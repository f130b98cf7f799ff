//! The editor of one document, or of one value of it: typing, checking, reviewing, writing, settling conflicts.
//!
//! It works on text and on raw documents and asks for writes as effects. What is to become of the tab's rows is left in
//! [`Editor::over`] for the tab to take. Invariant: what was typed is in the buffer or in a draft until it is written or
//! thrown away, whatever the server says.

use std::sync::Arc;

use bson::RawDocumentBuf;
use bson::oid::ObjectId;

use super::Command;
use super::context::Context;
use super::documents::{Answer, Handled};
use super::effect::Effect;
use super::field::Field;
use super::overlay::{Confirm, Intent, Overlay, Prompt, Purpose};
use super::scope::{Moment, Scope, TabId};
use crate::config::state::{Draft, DraftKind};
use crate::model::SharedModel;
use crate::mongo::request::{Namespace, ProfileName, TaskId};
use crate::value::diff::diff;
use crate::value::{Diagnostic, Path};

pub mod buffer;
pub mod candidates;
pub mod check;
pub mod completing;
pub mod conflict;
pub mod convert;
pub mod draft;
pub mod fix;
mod mending;
pub mod opening;
pub mod review;
mod writing;

use buffer::Buffer;
use check::{Check, Problem, Read};
use completing::Completing;
use conflict::Conflict;
use draft::Keeping;
use review::Review;

/// Texts up to so many bytes are checked at each key, longer ones when typing pauses.
const AT_ONCE: usize = 96 << 10;
/// How many lines one turn of the wheel moves.
const WHEEL: usize = 3;
/// How long a longer text rests before it is checked, in milliseconds.
const REST: u64 = 200;
/// Documents up to so many bytes are held to their model while they are typed, larger ones when they are saved.
const VALIDATED: usize = 2 << 20;

/// Where an edit stands.
#[derive(Debug)]
pub enum Stage {
    /// The text is being typed.
    Typing,
    /// The change is shown and waits for a yes.
    Review(Box<Review>),
    /// The write is under way.
    Writing {
        /// Its task.
        task: TaskId,
        /// What was shown.
        review: Box<Review>,
    },
    /// Nobody knows whether the write was done; asks whether to look.
    Unknown(Box<Review>),
    /// The document is read again, to see whether the write was done.
    Looking {
        /// The task.
        task: TaskId,
        /// What was shown.
        review: Box<Review>,
    },
    /// The document had changed meanwhile.
    Conflict(Box<Conflict>),
}

/// What becomes of the tab once the editor closes.
#[derive(Debug, Clone, PartialEq)]
pub enum Over {
    /// It shows what it showed.
    Left,
    /// This document stands in the place of the one with its `_id`.
    Replace(Arc<RawDocumentBuf>),
    /// It reads again: documents came or went.
    Refresh,
}

/// The place that is edited in.
#[derive(Debug, Clone)]
pub struct Host {
    /// The tab.
    pub tab: TabId,
    /// The profile.
    pub profile: ProfileName,
    /// The collection.
    pub namespace: Namespace,
}

/// An edit of one document.
#[derive(Debug)]
pub struct Editor {
    /// Where.
    pub host: Host,
    /// The model of the collection's documents.
    pub model: Option<SharedModel>,
    /// Whether a document changes or comes.
    pub kind: DraftKind,
    /// The document as it was read; `None` for a new one.
    pub base: Option<Arc<RawDocumentBuf>>,
    /// The place whose value the text is; the root for the whole document.
    pub path: Path,
    /// The text.
    pub buffer: Buffer,
    /// What is wrong with it.
    pub check: Check,
    /// The problem that the cursor was led to.
    pub selected: Option<usize>,
    /// Where it stands.
    pub stage: Stage,
    /// The list of what could stand at the cursor, while it is open.
    pub completion: Option<Box<Completing>>,
    /// Other documents of the collection, for the names that no model knows.
    pub samples: Vec<Arc<RawDocumentBuf>>,
    /// Whether nothing was typed here: a no to the review ends it.
    pub is_brief: bool,
    /// Set once it is to close.
    pub over: Option<Over>,
    /// The text before anything was typed; `None` where that was another one.
    original: Option<String>,
    /// What the server or a merge said about the text.
    told: Vec<Problem>,
    keeping: Keeping,
    check_due: Option<Moment>,
    /// Whether a write was sent of which nobody knows whether it was done.
    uncertain: bool,
}

impl Editor {
    fn new(
        scope: &mut Scope<'_>,
        host: Host,
        kind: DraftKind,
        base: Option<Arc<RawDocumentBuf>>,
        path: Path,
        text: String,
    ) -> Self {
        let namespace = &host.namespace;
        let model = scope
            .models
            .for_namespace(&namespace.database, &namespace.collection);
        let mut editor = Self {
            model,
            host,
            kind,
            base,
            path,
            buffer: Buffer::new(&text),
            check: Check::default(),
            selected: None,
            stage: Stage::Typing,
            completion: None,
            samples: Vec::new(),
            is_brief: false,
            over: None,
            original: Some(text),
            told: Vec::new(),
            keeping: Keeping::new(scope),
            check_due: None,
            uncertain: false,
        };
        editor.check_now(scope.now);
        editor
    }

    /// Whether the document is a new one.
    #[must_use]
    pub fn is_new(&self) -> bool {
        self.kind == DraftKind::New
    }

    /// Whether what is typed differs from what was there.
    #[must_use]
    pub fn is_changed(&self) -> bool {
        !self.original.as_ref().is_some_and(|o| self.buffer.holds(o))
    }

    /// Whether time alone changes something here.
    #[must_use]
    pub fn wants_ticks(&self) -> bool {
        self.check_due.is_some() || self.keeping.is_pending() || self.completion_wants_ticks()
    }

    /// Whether what is typed is on disk.
    #[must_use]
    pub fn is_kept(&self) -> bool {
        self.keeping.kept && !self.keeping.is_pending()
    }

    /// Time went by.
    pub fn tick(&mut self, scope: &mut Scope<'_>) {
        if self.check_due.is_some_and(|due| due <= scope.now) {
            self.check_now(scope.now);
        }
        self.tick_completion(scope);
        if self.keeping.is_due(scope.now, self.base.as_ref()) {
            self.keep(scope);
        }
    }

    /// The draft as it is now.
    fn draft(&self, now: Moment) -> Draft {
        Draft {
            id: self.keeping.id.clone(),
            profile: self.host.profile.to_string(),
            namespace: self.host.namespace.to_string(),
            kind: self.kind,
            base: self.base.as_ref().map(|b| b.as_bytes().to_vec()),
            text: self.buffer.text(),
            path: review::kept_path(&self.path),
            created: self.keeping.created.0,
            updated: now.0,
            uncertain: self.uncertain,
        }
    }

    /// Keeps what is typed on disk, where it differs from what was there.
    pub fn keep(&mut self, scope: &mut Scope<'_>) {
        if !self.is_changed() {
            self.keeping.remove(scope);
        } else if self.keeping.is_pending() || !self.keeping.kept {
            let draft = self.draft(scope.now);
            self.keeping.keep(scope, draft);
        }
    }

    /// The context of the keys.
    #[must_use]
    pub fn context(&self) -> Context {
        match self.stage {
            Stage::Typing => Context::Editor,
            Stage::Conflict(_) => Context::Conflict,
            _ => Context::Diff,
        }
    }

    /// The document that the text makes.
    fn read(
        &self,
        text: &str,
        now: Moment,
        new_id: &mut dyn FnMut() -> ObjectId,
    ) -> Result<Read, Vec<Diagnostic>> {
        check::read(
            text,
            self.base.as_ref().map(|b| &***b),
            &self.path,
            millis(now),
            new_id,
        )
    }

    /// The text changed: it is checked and kept, at once or soon.
    fn changed(&mut self, scope: &mut Scope<'_>) {
        self.is_brief = false;
        self.keeping.changed(scope.now);
        let beside = match (&self.base, self.path.is_root()) {
            (Some(base), false) => base.as_bytes().len(),
            _ => 0,
        };
        if self.buffer.bytes() + beside / 4 <= AT_ONCE {
            self.check_now(scope.now);
        } else {
            self.check_due = Some(Moment(scope.now.0 + REST));
        }
        self.tick(scope);
        self.keep_in_sight(scope);
    }

    fn keep_in_sight(&mut self, scope: &Scope<'_>) {
        let (rows, width) = (scope.regions.main_rows, scope.regions.main_width);
        self.buffer.keep_in_sight(rows.max(1), width.max(8));
    }

    fn check_now(&mut self, now: Moment) {
        self.check_due = None;
        self.selected = None;
        let text = self.buffer.text();
        let version = self.buffer.version();
        self.check = match self.read(&text, now, &mut check::no_id) {
            Err(diagnostics) => Check::failed(version, &text, diagnostics),
            Ok(Read { content, document }) => {
                let small = document.as_bytes().len() <= VALIDATED;
                let violations = match &self.model {
                    Some(model) if small => {
                        let base = self.base.as_deref().filter(|_| !self.is_new());
                        let changes = base.and_then(|b| diff(b, &document).ok());
                        let base = base.map(|b| &**b);
                        review::judge(Some(model), base, &document, &changes.unwrap_or_default())
                    }
                    _ => Vec::new(),
                };
                Check::passed(version, &text, content, &self.path, violations, &self.told)
            }
        };
    }

    /// The place in the document that the cursor is at, while the text parses.
    #[must_use]
    pub fn path_here(&self) -> Option<Path> {
        let content = self.check.content.as_ref()?;
        (self.check.version == self.buffer.version())
            .then(|| content.path_at(&self.path, self.buffer.offset()))
    }

    /// Takes a command.
    pub fn command(&mut self, scope: &mut Scope<'_>, command: Command) -> Handled {
        match self.stage {
            Stage::Typing => self.typing_command(scope, command),
            _ => self.stage_command(scope, command),
        }
    }

    fn typing_command(&mut self, scope: &mut Scope<'_>, command: Command) -> Handled {
        if command == Command::Complete {
            self.complete(scope);
            return Handled::Yes;
        }
        let closed = self.close_completion(scope);
        match command {
            Command::Back if closed => {}
            Command::Save => self.save(scope),
            Command::Back => self.leave(scope),
            Command::Discard => self.discard_asked(scope),
            Command::Undo | Command::Redo => {
                let done = match command {
                    Command::Undo => self.buffer.undo(),
                    _ => self.buffer.redo(),
                };
                match done {
                    true => self.changed(scope),
                    false => scope.info("there is nothing more to take back or to repeat"),
                }
            }
            Command::EditExternal => self.edit_externally(scope),
            Command::Search => scope.overlays.push(Overlay::Prompt(Prompt {
                title: "search in the text".to_owned(),
                hint: "small letters also find capitals".to_owned(),
                field: Field::new(&self.buffer.searched),
                problem: None,
                purpose: Purpose::Search(self.host.tab),
            })),
            Command::SearchNext | Command::SearchPrevious => {
                let text = self.buffer.searched.clone();
                if let Err(problem) = self.search(scope, &text, command == Command::SearchNext) {
                    scope.info(problem);
                }
            }
            Command::Violations => self.list_problems(scope),
            Command::NextViolation => self.turn_to_problem(scope, true),
            Command::PreviousViolation => self.turn_to_problem(scope, false),
            Command::ApplyFix => self.apply_fix(scope),
            _ => return Handled::No,
        }
        Handled::Yes
    }

    fn search(&mut self, scope: &mut Scope<'_>, text: &str, onward: bool) -> Result<(), String> {
        if text.is_empty() {
            return Err("there is nothing to search for".to_owned());
        }
        let found = self.buffer.search(text, onward);
        self.keep_in_sight(scope);
        match found {
            true => Ok(()),
            false => Err(format!("`{text}` is not in the text")),
        }
    }

    /// Keeps what was typed as a draft that waits.
    pub fn put_away(&mut self, scope: &mut Scope<'_>) {
        self.close_completion(scope);
        self.keep(scope);
        if self.is_changed() {
            let draft = self.draft(scope.now);
            scope.drafts.retain(|d| d.id != draft.id);
            scope.drafts.push(draft);
        }
    }

    /// Goes back to the list. What was typed stays as a draft.
    fn leave(&mut self, scope: &mut Scope<'_>) {
        self.put_away(scope);
        if self.uncertain {
            scope.warn(
                "outcome unknown: it may have been written; the edit is kept as a draft, read the document again",
            );
        } else if self.is_changed() {
            scope.warn(match self.is_new() {
                true => {
                    "not written: kept as a draft, which the list of drafts opens again (`:drafts`)"
                }
                false => "not written: kept as a draft, `edit` on the document opens it again",
            });
        }
        self.over = Some(Over::Left);
    }

    fn discard_asked(&mut self, scope: &mut Scope<'_>) {
        if !self.is_changed() {
            return self.discard(scope);
        }
        let lines = vec![
            format!("what was typed for {} is lost.", self.host.namespace),
            "The document stays as it is.".to_owned(),
        ];
        let intent = Intent::DiscardDraft(self.host.tab);
        let question = Confirm::new("throw the draft away?", lines, intent);
        scope.overlays.push(Overlay::Confirm(question));
    }

    fn discard(&mut self, scope: &mut Scope<'_>) {
        self.keeping.remove(scope);
        self.over = Some(Over::Left);
    }

    /// Opens the text in the person's own editor.
    pub fn edit_externally(&mut self, scope: &mut Scope<'_>) {
        self.keep(scope);
        scope.effects.push(Effect::EditExternally {
            tab: self.host.tab,
            text: self.buffer.text(),
            line: self.buffer.cursor().0 + 1,
        });
    }

    /// Takes the text that the person's own editor left; one that does not parse stays to be mended.
    pub fn edited_externally(&mut self, scope: &mut Scope<'_>, result: Result<String, String>) {
        self.close_completion(scope);
        let text = match result {
            Ok(text) => text,
            Err(problem) => return scope.warn(problem),
        };
        // Editors end the last line.
        let text = text.strip_suffix('\n').unwrap_or(&text);
        let text = text.strip_suffix('\r').unwrap_or(text);
        if self.buffer.holds(text) {
            return scope.info("the text was not changed");
        }
        if !matches!(self.stage, Stage::Writing { .. } | Stage::Looking { .. }) {
            self.stage = Stage::Typing;
        }
        self.buffer.set(text);
        self.changed(scope);
        self.check_now(scope.now);
        self.keep(scope);
        if self.check.content.is_none() {
            self.turn_to_problem(scope, true);
        }
    }

    /// Takes a typed key.
    pub fn typed(&mut self, scope: &mut Scope<'_>, input: tui_textarea::Input) {
        if !matches!(self.stage, Stage::Typing) {
            return;
        }
        if self.completion_press(scope, &input) {
            return;
        }
        let before = self.buffer.cursor().0;
        let character = match input.key {
            tui_textarea::Key::Char(c) if !input.ctrl && !input.alt => Some(c),
            _ => None,
        };
        if self.buffer.input(input, scope.regions.main_rows) {
            self.changed(scope);
            self.follow_completion(scope, character);
        } else {
            self.follow_completion(scope, None);
            if self.buffer.cursor().0 != before {
                self.selected = None;
            }
            self.keep_in_sight(scope);
        }
    }

    /// Takes pasted text.
    pub fn pasted(&mut self, scope: &mut Scope<'_>, text: &str) {
        self.close_completion(scope);
        if matches!(self.stage, Stage::Typing) && self.buffer.paste(text) {
            self.changed(scope);
        }
    }

    /// Takes a candidate of the list at the cursor, by its place in it.
    pub fn pick(&mut self, scope: &mut Scope<'_>, place: usize) {
        self.point_completion(scope, place);
    }

    /// Puts the cursor on a line of those in sight, counted from the first.
    pub fn click(&mut self, scope: &mut Scope<'_>, row: usize) {
        self.close_completion(scope);
        if matches!(self.stage, Stage::Typing) {
            self.buffer.go_to_line(self.buffer.first + row);
            self.keep_in_sight(scope);
        }
    }

    /// Takes a turn of the wheel.
    pub fn wheel(&mut self, scope: &mut Scope<'_>, down: bool) {
        self.close_completion(scope);
        match self.stage {
            Stage::Typing => {
                let row = self.buffer.cursor().0;
                self.buffer.go_to_line(match down {
                    true => row + WHEEL,
                    false => row.saturating_sub(WHEEL),
                });
                self.keep_in_sight(scope);
            }
            _ => {
                let command = match down {
                    true => Command::CursorDown,
                    false => Command::CursorUp,
                };
                self.command(scope, command);
            }
        }
    }

    /// A frame was drawn: the number of lines that fit may have changed.
    pub fn drawn(&mut self, scope: &mut Scope<'_>) {
        self.keep_in_sight(scope);
    }

    /// Takes an overlay's answer.
    ///
    /// # Errors
    /// Why it cannot be taken.
    pub fn answer(&mut self, scope: &mut Scope<'_>, answer: Answer) -> Result<(), String> {
        match answer {
            Answer::DiscardDraft => self.discard(scope),
            Answer::Search(text) => return self.search(scope, &text, true),
            Answer::GoTo(path) => {
                let place = self
                    .check
                    .problems
                    .iter()
                    .position(|p| p.path.as_ref() == Some(&path));
                if let Some(place) = place {
                    self.select(scope, place);
                }
            }
            Answer::Fix(fix) => self.make(scope, &fix),
            Answer::Override => self.overridden(scope),
            Answer::TakeTheirs => self.take_theirs(scope),
            _ => {}
        }
        Ok(())
    }
}

/// A moment as BSON counts it.
fn millis(now: Moment) -> i64 {
    i64::try_from(now.0).unwrap_or(i64::MAX)
}
