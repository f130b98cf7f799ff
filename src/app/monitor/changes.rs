//! The panel of changes: what is written to a collection or a database, as it is written.
//!
//! Invariant: the server's cursor is open only while the panel is on the screen and not paused. After a pause, a lost
//! connection or another panel it goes on after the last change that came, and where that cannot be had, it says so.

mod asking;
mod change;
mod giving;

use std::collections::VecDeque;
use std::time::Duration;

use bson::RawDocumentBuf;

use super::reading::clock;
use super::{Content, List, Place, Step};
use crate::app::command::Command;
use crate::app::effect::Effect;
use crate::app::field::Field;
use crate::app::overlay::{Confirm, Intent, Message, Overlay};
use crate::app::scope::{Asker, Moment, Scope};
use crate::app::tab::Answer;
use crate::app::window::Window;
use crate::app::words;
use crate::mongo::request::observe::{Changes, DocumentBefore, FullDocument, Tail, TailPlace};
use crate::mongo::request::{Failure, FailureKind, FeedId, Reply, Request, TaskId};

pub use asking::{Asking, parse_place};
pub use change::Change;

/// Changes that are kept, and their bytes; older ones are forgotten.
pub const KEPT: usize = 1_000;
const KEPT_BYTES: usize = 4 << 20;

/// The largest change that is shown as a whole.
const SHOWN_BYTES: usize = 256 << 10;

/// Time between two attempts.
const AGAIN: Duration = Duration::from_secs(2);

/// Codes of a stream whose last change is no longer in the server's history.
const LOST: [i32; 2] = [286, 280];

/// The panel.
#[derive(Debug, Default)]
pub struct ChangesPanel {
    /// Whose changes are followed.
    pub place: Option<TailPlace>,
    /// Which of them, as typed; empty for all.
    pub filter_text: String,
    filter: RawDocumentBuf,
    /// What an update brings of its document.
    pub full: FullDocument,
    /// Whether a change brings the document of before.
    pub before: DocumentBefore,
    /// What is typed.
    pub field: Option<(Asking, Field)>,
    /// Why what was typed is not taken.
    pub problem: Option<String>,
    /// The cursor of the changes.
    pub window: Window,
    /// Why nothing comes.
    pub failure: Option<Failure>,
    /// When the server was last asked with success, in milliseconds since the epoch.
    pub at: Option<i64>,
    /// How many came in all.
    pub told: u64,
    /// How often the stream broke and was taken up again without a gap.
    pub resumed: u64,
    /// Whether changes may be missing before the newest ones.
    pub gap: bool,
    /// Whether the server no longer has what comes after the last change.
    pub lost: bool,
    changes: VecDeque<Change>,
    bytes: usize,
    paused: bool,
    shown: bool,
    tail: Option<FeedId>,
    /// Whether the server said that it is open: what is written from then on is told.
    open: bool,
    token: Option<RawDocumentBuf>,
    task: Option<TaskId>,
    /// No attempt before this moment; `None` where the person has to ask.
    again: Option<Moment>,
    /// The changes that a file is asked for, as lines.
    exporting: Option<(String, usize)>,
}

impl ChangesPanel {
    /// The changes that are kept, oldest first.
    pub fn changes(&self) -> impl ExactSizeIterator<Item = &Change> {
        self.changes.iter()
    }

    /// Whether the person asked for a pause.
    #[must_use]
    pub fn is_paused(&self) -> bool {
        self.paused
    }

    /// Whether the server is being listened to.
    #[must_use]
    pub fn is_following(&self) -> bool {
        self.tail.is_some() && self.open && self.failure.is_none()
    }

    /// Whether the cursor is on the newest change, and so goes with it.
    #[must_use]
    pub fn is_at_end(&self) -> bool {
        self.window.cursor + 1 >= self.changes.len()
    }

    /// Asks for the next changes, where that is to be done now.
    fn go_on(&mut self, scope: &mut Scope<'_>, at: &Place) {
        let ready = scope.profiles.answers(&at.profile);
        let due = match (&self.failure, self.again) {
            (None, _) => true,
            (Some(_), Some(again)) => scope.now >= again,
            (Some(_), None) => false,
        };
        if self.paused || !self.shown || !ready || !due || self.task.is_some() {
            return;
        }
        let Some(place) = self.place.clone() else {
            return;
        };
        let request = match self.tail {
            Some(tail) => Request::Changes { tail },
            None => {
                let tail = scope.ids.feed();
                self.tail = Some(tail);
                self.open = false;
                let what = Tail {
                    place,
                    filter: self.filter.clone(),
                    full: self.full,
                    before: self.before,
                };
                Request::OpenTail {
                    tail,
                    what: Box::new(what),
                    after: self.token.clone(),
                }
            }
        };
        self.task = Some(scope.ask(Asker::Tab(at.tab), &at.profile, request));
    }

    /// Closes the server's cursor; where to go on is kept.
    fn stop(&mut self, scope: &mut Scope<'_>, at: &Place) {
        if let Some(task) = self.task.take() {
            scope.cancel(task);
        }
        if let Some(tail) = self.tail.take() {
            scope.ask(Asker::Nobody, &at.profile, Request::CloseTail { tail });
        }
    }

    /// Follows from now on.
    fn restart(&mut self, scope: &mut Scope<'_>, at: &Place) {
        self.token = None;
        self.gap = false;
        self.retake(scope, at);
    }

    /// Follows in another manner, after the last change that came.
    fn retake(&mut self, scope: &mut Scope<'_>, at: &Place) {
        self.stop(scope, at);
        self.failure = None;
        self.again = None;
        self.lost = false;
        self.go_on(scope, at);
    }

    /// Tries again, or asks whether to begin anew where nothing can be taken up.
    fn refresh(&mut self, scope: &mut Scope<'_>, at: &Place) {
        if !self.lost {
            self.failure = None;
            self.again = None;
            return self.go_on(scope, at);
        }
        let last = match self.changes.back() {
            Some(change) => format!("the last change here is of {} UTC", clock(change.at)),
            None => "no change came so far".to_owned(),
        };
        let lines = vec![
            "the server's history no longer reaches back to where the stream broke".to_owned(),
            format!("{last}; what was written since then and until now is not shown"),
        ];
        let question = Confirm::new("follow from now on?", lines, Intent::Proceed(at.tab));
        scope.overlays.push(Overlay::Confirm(question));
    }

    fn take(&mut self, changes: Changes) {
        self.at = Some(changes.at);
        self.resumed += u64::from(changes.resumed);
        if changes.token.is_some() {
            self.token = changes.token;
        }
        let follow = self.is_at_end();
        for event in changes.events {
            self.told += 1;
            self.bytes += event.as_bytes().len();
            self.changes.push_back(change::read(event, changes.at));
        }
        while self.changes.len() > KEPT || (self.bytes > KEPT_BYTES && self.changes.len() > 1) {
            let Some(oldest) = self.changes.pop_front() else {
                break;
            };
            self.bytes = self.bytes.saturating_sub(oldest.event.as_bytes().len());
            self.window.cursor = self.window.cursor.saturating_sub(1);
            self.window.first = self.window.first.saturating_sub(1);
        }
        if follow {
            self.window.cursor = self.changes.len().saturating_sub(1);
        }
    }

    fn failed(&mut self, scope: &Scope<'_>, failure: Failure) {
        self.tail = None;
        if failure.kind == FailureKind::Cancelled {
            return;
        }
        self.lost = failure.code.is_some_and(|c| LOST.contains(&c));
        let passing = matches!(
            failure.kind,
            FailureKind::Unreachable | FailureKind::Timeout | FailureKind::PoolExhausted
        ) || (failure.kind == FailureKind::Gone && !self.ended());
        self.again = passing.then(|| Moment(scope.now.0 + AGAIN.as_millis() as u64));
        self.failure = Some(failure);
    }

    /// Whether the last change ended the stream.
    fn ended(&self) -> bool {
        self.changes.back().is_some_and(|c| c.kind == "invalidate")
    }

    fn begin(&mut self, scope: &Scope<'_>, at: &Place, asking: Asking) {
        let text = match asking {
            Asking::Place => match &self.place {
                Some(place) => place.to_string(),
                None => {
                    let profile = scope.profiles.get(&at.profile);
                    let database = profile.and_then(|p| p.database.clone());
                    database.map(|d| format!("{d}.")).unwrap_or_default()
                }
            },
            Asking::Filter => self.filter_text.clone(),
        };
        self.problem = None;
        self.field = Some((asking, Field::new(&text)));
    }

    fn taken(&mut self, scope: &mut Scope<'_>, at: &Place) {
        let Some((asking, field)) = &self.field else {
            return;
        };
        let (asking, text) = (*asking, field.text().trim().to_owned());
        let result = match asking {
            Asking::Place => parse_place(&text).map(|place| {
                if self.place.as_ref() != Some(&place) {
                    self.place = Some(place);
                    self.forget();
                }
            }),
            Asking::Filter => asking::parse_filter(&text).map(|filter| {
                self.filter = filter;
                self.filter_text = text;
            }),
        };
        match result {
            Ok(()) => {
                self.field = None;
                match asking {
                    Asking::Place => self.restart(scope, at),
                    Asking::Filter => self.retake(scope, at),
                }
            }
            Err(problem) => self.problem = Some(problem),
        }
    }

    fn forget(&mut self) {
        self.changes.clear();
        self.at = None;
        self.bytes = 0;
        self.told = 0;
        self.resumed = 0;
        self.window = Window::default();
    }
}

impl Content for ChangesPanel {
    fn is_typing(&self) -> bool {
        self.field.is_some()
    }

    fn list(&mut self) -> Option<List<'_>> {
        Some(List {
            rows: self.changes.len(),
            window: &mut self.window,
        })
    }

    fn field(&mut self) -> Option<&mut Field> {
        self.field.as_mut().map(|(_, field)| field)
    }

    fn edited(&mut self, _scope: &mut Scope<'_>, _at: &Place) {
        self.problem = None;
    }

    fn details(&self, scope: &mut Scope<'_>) {
        let Some(change) = self.changes.get(self.window.cursor) else {
            return;
        };
        let size = change.event.as_bytes().len() as u64;
        let text = match change.event.as_bytes().len() {
            n if n <= SHOWN_BYTES => words::document_text(&change.event),
            _ => format!("{}\n\n(the change has {})", change.what, words::bytes(size)),
        };
        scope.overlays.push(Overlay::Message(Message {
            title: format!("{} {}", change.kind, change.collection),
            text,
            first: 0,
        }));
    }

    fn hints(&self) -> &'static [Command] {
        &[
            Command::Namespace,
            Command::Filter,
            Command::Open,
            Command::Toggle,
            Command::FullDocument,
            Command::DocumentBefore,
            Command::OpenStatement,
            Command::EventsExport,
            Command::CopyValue,
            Command::CursorLast,
            Command::Refresh,
            Command::Help,
        ]
    }

    fn command(&mut self, scope: &mut Scope<'_>, at: &Place, command: Command) -> Step {
        if self.field.is_some() {
            match command {
                Command::Accept | Command::Open => self.taken(scope, at),
                Command::Back | Command::Cancel => {
                    self.field = None;
                    self.problem = None;
                }
                _ => {}
            }
            return Step::Done;
        }
        if self.travel(scope, command) {
            return Step::Done;
        }
        match command {
            Command::Refresh => self.refresh(scope, at),
            Command::FullDocument => {
                self.full = self.full.next();
                self.retake(scope, at);
            }
            Command::DocumentBefore => {
                self.before = self.before.next();
                self.retake(scope, at);
            }
            Command::EventsExport => self.ask_file(scope, at),
            Command::OpenStatement => self.open_document(scope, at),
            Command::Toggle => {
                self.paused = !self.paused;
                match self.paused {
                    true => self.stop(scope, at),
                    false => self.go_on(scope, at),
                }
            }
            Command::Open => self.details(scope),
            Command::Namespace => self.begin(scope, at, Asking::Place),
            Command::Filter => self.begin(scope, at, Asking::Filter),
            Command::ClearFilter if !self.filter_text.is_empty() => {
                self.filter_text.clear();
                self.filter = RawDocumentBuf::new();
                self.retake(scope, at);
            }
            Command::CopyValue
            | Command::CopyDocument
            | Command::CopyDocumentCanonical
            | Command::CopyDocumentRelaxed => self.copy(scope, command),
            _ => return Step::Ignored,
        }
        Step::Done
    }

    fn answer(&mut self, scope: &mut Scope<'_>, at: &Place, answer: Answer) -> Result<(), String> {
        match answer {
            Answer::Proceed if self.lost => {
                self.restart(scope, at);
                self.gap = true;
            }
            Answer::EventFile(path) => {
                let path = path.trim();
                if path.is_empty() {
                    return Err("type the name of a file".to_owned());
                }
                if let Some((text, count)) = self.exporting.take() {
                    scope.effects.push(Effect::WriteFile {
                        path: path.to_owned(),
                        text,
                        what: words::several(count, "change"),
                    });
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn awaits(&self, task: TaskId) -> bool {
        self.task == Some(task)
    }

    fn settle(
        &mut self,
        scope: &mut Scope<'_>,
        at: &Place,
        task: TaskId,
        result: Result<Reply, Failure>,
        _took: Duration,
    ) {
        if self.task != Some(task) {
            return;
        }
        self.task = None;
        match result {
            Ok(Reply::Changes(changes)) => {
                self.failure = None;
                self.open = true;
                self.take(changes);
                self.window.fit(self.changes.len(), scope.regions.main_rows);
                self.go_on(scope, at);
            }
            Ok(_) => {}
            Err(failure) => self.failed(scope, failure),
        }
    }

    fn shown(&mut self, scope: &mut Scope<'_>, at: &Place) {
        self.shown = true;
        self.go_on(scope, at);
    }

    fn hidden(&mut self, scope: &mut Scope<'_>, at: &Place) {
        self.shown = false;
        self.stop(scope, at);
    }

    fn tick(&mut self, scope: &mut Scope<'_>, at: &Place) {
        self.go_on(scope, at);
    }

    fn wants_ticks(&self) -> bool {
        self.place.is_some()
    }

    fn reconnected(&mut self, scope: &mut Scope<'_>, at: &Place) {
        // What was open may have gone with the connection; it is closed where it did not.
        self.stop(scope, at);
        self.go_on(scope, at);
    }
}
