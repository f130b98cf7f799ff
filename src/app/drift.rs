//! A tab: collections held to their models, what is wrong, and mending it.
//!
//! One collection is checked after the other. What was found is in [`rows`] as a list and in [`detail`] word by word;
//! fixes, indexes and validators are in [`mending`]. The work itself is the runner's.
//!
//! Invariant: nothing is written before its question was answered with yes, and a profile that may not be written to is
//! refused before anything is asked.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bson::RawBson;

use super::command::Command;
use super::context::Context;
use super::effect::Effect;
use super::overlay::scroll_among;
use super::regions::Hit;
use super::scope::{Asker, Moment, Scope, TabId};
use super::slot::Slot;
use super::tab::{Answer, Destination, Handled, Pane, Unsaved};
use super::window::Window;
use super::words;
use crate::model::SharedModel;
use crate::mongo::request::drift::{Check, CheckReport, Progress};
use crate::mongo::request::observe::Building;
use crate::mongo::request::{Failure, FailureKind, Namespace, ProfileName, Reply, Request, TaskId};

pub mod detail;
pub mod mending;
pub mod rows;

use detail::Line;
use mending::{Pending, Work};
use rows::{Row, What};

/// Rows that one turn of the wheel moves.
const WHEEL: isize = 3;
/// The most documents that are opened by their `_id`s.
const MOST_OPENED: usize = 100;

/// What a check came to, and when.
#[derive(Debug, Clone, PartialEq)]
pub struct Checked {
    /// What.
    pub report: Arc<CheckReport>,
    /// When its last figure was read.
    pub at: Moment,
}

/// One collection that is checked.
#[derive(Debug)]
pub struct Subject {
    /// The collection.
    pub namespace: Namespace,
    /// Its model.
    pub model: SharedModel,
    /// What was found.
    pub found: Slot<Checked>,
    /// How far the check is, while one runs.
    pub progress: Option<Progress>,
    /// Whether it is to be checked once the one before it is done.
    pub queued: bool,
}

/// Which part of the tab has the keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Part {
    /// The list of what was found.
    #[default]
    List,
    /// Everything about the row under the cursor.
    Detail,
}

/// Collections held to their models.
#[derive(Debug)]
pub struct Drift {
    /// The tab.
    pub tab: TabId,
    /// The profile.
    pub profile: ProfileName,
    /// The collections, in the order they are checked.
    pub subjects: Vec<Subject>,
    /// The cursor of the list.
    pub window: Window,
    /// Which part has the keys.
    pub part: Part,
    /// The first line of the detail that is shown; bounded when drawn.
    pub detail_first: usize,
    /// What is under way beside checks.
    pub work: Option<Work>,
    /// What the last fix, index or validator came to, one line each.
    pub outcome: Vec<Line>,
    /// The journal of the last fix that wrote, and the collection.
    journal: Option<(PathBuf, usize)>,
    pending: Option<Pending>,
    rows: Vec<Row>,
    detail: Vec<Line>,
    /// Rows whose contents are hidden.
    folded: HashSet<(usize, rows::Heading)>,
}

impl Drift {
    /// Checks collections. Those without a model are left out, and said.
    pub fn open(
        scope: &mut Scope<'_>,
        tab: TabId,
        profile: ProfileName,
        namespaces: Vec<Namespace>,
    ) -> Self {
        let mut subjects = Vec::new();
        for namespace in namespaces {
            let model = scope
                .models
                .for_namespace(&namespace.database, &namespace.collection);
            match model {
                Some(model) => subjects.push(Subject {
                    namespace,
                    model,
                    found: Slot::default(),
                    progress: None,
                    queued: true,
                }),
                None => scope.warn(format!(
                    "no model describes `{namespace}`: name one in `models`"
                )),
            }
        }
        let mut drift = Self {
            tab,
            profile,
            subjects,
            window: Window::default(),
            part: Part::List,
            detail_first: 0,
            work: None,
            outcome: Vec::new(),
            journal: None,
            pending: None,
            rows: Vec::new(),
            detail: Vec::new(),
            folded: HashSet::new(),
        };
        drift.go_on(scope);
        drift.rebuild();
        drift
    }

    /// Whether it is about these collections of this profile.
    #[must_use]
    pub fn is_about(&self, profile: &ProfileName, namespaces: &[Namespace]) -> bool {
        self.profile == *profile && self.subjects.iter().map(|s| &s.namespace).eq(namespaces)
    }

    /// The rows of the list.
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The row under the cursor.
    #[must_use]
    pub fn current(&self) -> Option<&Row> {
        self.rows.get(self.window.cursor)
    }

    /// Everything about the row under the cursor.
    #[must_use]
    pub fn detail(&self) -> &[Line] {
        &self.detail
    }

    /// The collection that is being checked, with how far it is.
    #[must_use]
    pub fn checking(&self) -> Option<&Subject> {
        self.subjects.iter().find(|s| s.found.loading().is_some())
    }

    /// The collection under the cursor.
    #[must_use]
    pub fn subject_here(&self) -> Option<&Subject> {
        let place = self.current().map_or(0, |r| r.subject);
        self.subjects.get(place)
    }

    /// Starts the next check that waits, unless something runs.
    fn go_on(&mut self, scope: &mut Scope<'_>) {
        if self.work.is_some() || self.checking().is_some() {
            return;
        }
        let Some(subject) = self.subjects.iter_mut().find(|s| s.queued) else {
            return;
        };
        subject.queued = false;
        subject.progress = None;
        let check = Check::new(
            subject.namespace.clone(),
            Arc::clone(&subject.model),
            scope.models,
        );
        let task = scope.ask(
            Asker::Tab(self.tab),
            &self.profile,
            Request::Check(Box::new(check)),
        );
        subject.found.begin(task);
    }

    /// Checks the collection under the cursor again, or all of them.
    fn again(&mut self, scope: &mut Scope<'_>, all: bool) {
        let here = self.current().map_or(0, |r| r.subject);
        for (place, subject) in self.subjects.iter_mut().enumerate() {
            let idle = subject.found.loading().is_none();
            subject.queued |= idle && (all || place == here);
        }
        self.go_on(scope);
    }

    /// Stops what runs. Whether something did.
    fn stop(&mut self, scope: &mut Scope<'_>) -> Handled {
        if let Some(work) = &mut self.work {
            if work.writes() {
                // What is written stays written: its outcome is awaited, and says how far it came.
                work.stopping = true;
                scope.effects.push(Effect::Cancel { task: work.task });
                scope.info("stopping after what is being written now");
            } else {
                scope.cancel(work.task);
                self.work = None;
                scope.info("stopped");
                self.go_on(scope);
            }
            return Handled::Yes;
        }
        let mut handled = Handled::No;
        for subject in &mut self.subjects {
            subject.queued = false;
            if let Some(task) = subject.found.loading() {
                scope.cancel(task);
                let failure = Failure::new(FailureKind::Cancelled, "stopped")
                    .with_help("refresh to check again");
                subject.found.settle(task, Err(failure));
                handled = Handled::Yes;
            }
        }
        if handled == Handled::Yes {
            scope.info("stopped");
            self.rebuild();
        }
        handled
    }

    fn rebuild(&mut self) {
        self.rows = rows::build(&self.subjects, &self.folded);
        self.window.cursor = self.window.cursor.min(self.rows.len().saturating_sub(1));
        self.look();
    }

    /// Brings the detail into step with the cursor.
    fn look(&mut self) {
        self.detail = match self.rows.get(self.window.cursor) {
            Some(row) => detail::of(&self.subjects, row),
            None => Vec::new(),
        };
    }

    fn turn(&mut self, to: Option<bool>) -> bool {
        let Some(row) = self.current() else {
            return false;
        };
        let What::Heading(heading) = row.what else {
            return false;
        };
        let key = (row.subject, heading);
        let is_open = !self.folded.contains(&key);
        if to == Some(is_open) {
            return false;
        }
        if is_open {
            self.folded.insert(key);
        } else {
            self.folded.remove(&key);
        }
        self.rebuild();
        true
    }

    /// Opens the documents that the row under the cursor is about.
    fn open_documents(&mut self, scope: &mut Scope<'_>) {
        let Some(row) = self.current() else {
            return;
        };
        let Some(subject) = self.subjects.get(row.subject) else {
            return;
        };
        let namespace = subject.namespace.clone();
        let ids = match subject.found.value() {
            Some(checked) => rows::ids(&checked.report, &row.what),
            None => Vec::new(),
        };
        match &row.what {
            What::Index(_) | What::Validator => {
                super::administration::show_details(scope, &self.profile, namespace);
                return;
            }
            What::Note(_) => return scope.info("there is no document to open here"),
            _ => {}
        }
        let all = row.documents;
        let filter = match ids.as_slice() {
            [] => String::new(),
            ids => filter(&ids[..ids.len().min(MOST_OPENED)]),
        };
        let shown = ids.len().min(MOST_OPENED) as u64;
        if shown > 0 && shown < all {
            scope.info(format!("the first {shown} of {all} documents"));
        }
        scope.go_to(Destination::Documents {
            profile: self.profile.clone(),
            namespace,
            filter,
        });
    }

    fn copy(&self, scope: &mut Scope<'_>, command: Command) {
        let text = match (command, self.current()) {
            (_, None) => return,
            (Command::CopyPath, Some(row)) => row.place.clone(),
            (_, Some(_)) => {
                let lines: Vec<&str> = self.detail.iter().map(|l| l.text.as_str()).collect();
                lines.join("\n")
            }
        };
        scope.effects.push(Effect::Copy { text });
        scope.info("copied");
    }

    fn list_command(&mut self, scope: &mut Scope<'_>, command: Command) -> Handled {
        let height = scope.regions.side_rows;
        if self.window.command(command, self.rows.len(), height) {
            self.detail_first = 0;
            self.look();
            return Handled::Yes;
        }
        match command {
            Command::Toggle => {
                self.turn(None);
            }
            Command::CursorRight => {
                if !self.turn(Some(true)) {
                    self.part = Part::Detail;
                }
            }
            Command::CursorLeft => {
                if !self.turn(Some(false)) {
                    let above = self.rows[..self.window.cursor.min(self.rows.len())]
                        .iter()
                        .rposition(|r| matches!(r.what, What::Heading(_)));
                    if let Some(above) = above {
                        self.window.cursor = above;
                        self.look();
                    }
                }
            }
            Command::FocusNext => self.part = Part::Detail,
            _ => return Handled::No,
        }
        Handled::Yes
    }

    fn detail_command(&mut self, scope: &mut Scope<'_>, command: Command) -> Handled {
        match command {
            Command::CursorLeft | Command::Back | Command::FocusPrevious => {
                self.part = Part::List;
            }
            Command::FocusNext => {
                self.part = Part::List;
                return Handled::No;
            }
            // The end is bounded by the lines there are; a wrapped line counts as one.
            _ => {
                return scroll_among(
                    &mut self.detail_first,
                    command,
                    scope.regions.main_rows,
                    self.detail.len(),
                );
            }
        }
        Handled::Yes
    }

    fn common_command(&mut self, scope: &mut Scope<'_>, command: Command) -> Handled {
        match command {
            Command::Cancel => return self.stop(scope),
            Command::Back => return self.stop(scope),
            Command::Open => self.open_documents(scope),
            Command::Refresh => self.again(scope, false),
            Command::Check => self.again(scope, true),
            Command::FixAll => self.fix(scope),
            Command::UndoWrite if self.journal.is_some() => self.undo_asked(scope),
            Command::CopyValue | Command::CopyPath | Command::CopyDocument => {
                self.copy(scope, command);
            }
            Command::Details => {
                if let Some(subject) = self.subject_here() {
                    let namespace = subject.namespace.clone();
                    super::administration::show_details(scope, &self.profile, namespace);
                }
            }
            Command::Model => {
                if let Some(subject) = self.subject_here() {
                    scope.go_to(Destination::Models {
                        profile: self.profile.clone(),
                        namespace: Some(subject.namespace.clone()),
                    });
                }
            }
            _ => return Handled::No,
        }
        Handled::Yes
    }
}

/// A filter for documents by their `_id`s.
fn filter(ids: &[RawBson]) -> String {
    let ids: Vec<String> = ids
        .iter()
        .map(|id| words::line(id.as_raw_bson_ref()))
        .collect();
    match ids.as_slice() {
        [one] => format!("{{_id: {one}}}"),
        many => format!("{{_id: {{$in: [{}]}}}}", many.join(", ")),
    }
}

impl Pane for Drift {
    fn id(&self) -> TabId {
        self.tab
    }

    fn profile(&self) -> &ProfileName {
        &self.profile
    }

    fn title(&self) -> String {
        match self.subjects.as_slice() {
            [one] => format!("check {}", one.namespace.collection),
            [first, ..] => format!("check {}", first.namespace.database),
            [] => "check".to_owned(),
        }
    }

    fn subject(&self) -> String {
        match self.subjects.as_slice() {
            [one] => one.namespace.to_string(),
            [first, ..] => first.namespace.database.clone(),
            [] => String::new(),
        }
    }

    fn context(&self) -> Context {
        Context::Check
    }

    fn command(&mut self, scope: &mut Scope<'_>, command: Command) -> Handled {
        let handled = match self.part {
            Part::List => self.list_command(scope, command),
            Part::Detail => self.detail_command(scope, command),
        };
        let handled = match handled {
            Handled::No if command != Command::FocusNext => self.common_command(scope, command),
            handled => handled,
        };
        self.drawn(scope);
        handled
    }

    fn drawn(&mut self, scope: &mut Scope<'_>) {
        self.window.fit(self.rows.len(), scope.regions.side_rows);
    }

    fn hit(&mut self, scope: &mut Scope<'_>, hit: Hit, double: bool) {
        match hit {
            Hit::Row(place) => {
                self.part = Part::List;
                self.window.cursor = self.window.first + place;
                self.window.fit(self.rows.len(), scope.regions.side_rows);
                self.detail_first = 0;
                self.look();
                if double {
                    self.open_documents(scope);
                }
            }
            Hit::Cell(..) => self.part = Part::Detail,
            _ => {}
        }
    }

    fn wheel(&mut self, scope: &mut Scope<'_>, down: bool) {
        let by = if down { WHEEL } else { -WHEEL };
        match self.part {
            Part::List => {
                self.window
                    .scroll(by, self.rows.len(), scope.regions.side_rows);
                self.look();
            }
            Part::Detail => {
                let last = self.detail.len().saturating_sub(1);
                self.detail_first = self.detail_first.saturating_add_signed(by).min(last);
            }
        }
    }

    fn progress(&mut self, _scope: &mut Scope<'_>, task: TaskId, progress: Progress) {
        if let Some(work) = self.work.as_mut().filter(|w| w.task == task) {
            work.progress = Some(progress);
        }
        for subject in &mut self.subjects {
            if subject.found.awaits(task) {
                subject.progress = Some(progress);
            }
        }
    }

    fn building(&mut self, task: TaskId, building: Option<Building>) {
        if let Some(work) = self.work.as_mut().filter(|w| w.task == task) {
            work.building = building;
        }
    }

    fn settle(
        &mut self,
        scope: &mut Scope<'_>,
        task: TaskId,
        result: Result<Reply, Failure>,
        _took: Duration,
    ) {
        if self.work.as_ref().is_some_and(|w| w.task == task) {
            self.work_settled(scope, result);
        } else {
            let at = scope.now;
            for subject in &mut self.subjects {
                if !subject.found.awaits(task) {
                    continue;
                }
                let result = match &result {
                    Ok(Reply::Checked(report)) => Ok(Checked {
                        report: Arc::clone(report),
                        at,
                    }),
                    Ok(_) => Err(Failure::new(
                        FailureKind::Other,
                        "the answer was of another kind",
                    )),
                    Err(failure) => Err(failure.clone()),
                };
                subject.found.settle(task, result);
                subject.progress = None;
            }
        }
        self.go_on(scope);
        self.rebuild();
        self.drawn(scope);
    }

    fn answer(&mut self, scope: &mut Scope<'_>, answer: Answer) -> Result<(), String> {
        match answer {
            Answer::Mend(kind) => self.preview(scope, kind),
            Answer::Validator(level, action) => self.ask_validator(scope, level, action),
            Answer::Proceed => self.proceed(scope),
            _ => {}
        }
        Ok(())
    }

    fn unsaved(&self) -> Option<Unsaved> {
        let work = self.work.as_ref().filter(|w| w.writes())?;
        Some(Unsaved {
            what: work.what(),
            lines: vec![
                format!("still under way: {}.", work.what()),
                "It goes on without the tab; its outcome will be told as a notice.".to_owned(),
            ],
        })
    }

    fn models_read(&mut self, scope: &mut Scope<'_>) {
        for subject in &mut self.subjects {
            let Namespace {
                database,
                collection,
            } = &subject.namespace;
            if let Some(model) = scope.models.for_namespace(database, collection) {
                subject.model = model;
            }
        }
    }

    fn reconnected(&mut self, scope: &mut Scope<'_>) {
        for subject in &mut self.subjects {
            let failed = subject.found.failure();
            subject.queued |= failed.is_some_and(|f| f.kind != FailureKind::Cancelled);
        }
        self.go_on(scope);
    }
}
