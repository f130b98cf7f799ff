//! What comes out of each stage of the list: some documents, how many in and out, in which time, which fields.
//!
//! Asked stage by stage as the cursor goes there: at most one is under way, at most one is next, and what was read is
//! kept by the text of the pipeline up to there. Invariant: nothing is asked that writes, and nothing without limits of
//! documents and time.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bson::RawDocumentBuf;

use super::Query;
use super::stages::List;
use super::text::read;
use crate::app::documents::Documents;
use crate::app::scope::{Asker, Moment, Scope};
use crate::mongo::request::preview::{Preview, Previewed};
use crate::mongo::request::{Failure, Namespace, Reply, Request, TaskId};
use crate::query::stages::{self, FieldChanges, Sample, Standing, State};
use crate::query::{Operation, Statement};

/// Documents that are shown after a stage.
pub const ROWS: u32 = 20;
/// The server stops working on a preview after this time.
const WITHIN: Duration = Duration::from_secs(5);
/// How many answers are kept.
const KEPT: usize = 40;
/// The most bytes of documents that are kept of all answers.
const KEPT_BYTES: usize = 16 << 20;
/// Longer texts have no counts beside the stages that the cursor is not on.
const AT_ONCE: usize = 24 << 10;

/// A pipeline up to a stage, over a sample.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Key {
    database: String,
    text: String,
    sample: Sample,
}

/// What came of one.
#[derive(Debug, Clone)]
struct Answer {
    result: Result<Arc<Previewed>, Failure>,
    at: Moment,
}

/// The documents after a stage, as a picture.
#[derive(Debug)]
pub struct Pictured {
    key: Key,
    at: Moment,
    /// Whether it is a picture of several documents.
    many: bool,
    /// The documents.
    pub documents: Box<Documents>,
}

/// What is known and asked of the stages.
#[derive(Debug, Default)]
pub struct Previews {
    /// Which documents go in.
    pub sample: Sample,
    /// The documents after the stage under the cursor.
    pub pictured: Option<Pictured>,
    /// What is said of the stage under the cursor.
    pub said: Option<Said>,
    /// What comes out of each stage, where that is known.
    pub counts: Vec<Option<u64>>,
    /// About how many documents the collection holds, where that is known.
    pub total: Option<u64>,
    kept: VecDeque<(Key, Answer)>,
    running: Option<(TaskId, Key, Moment)>,
    /// Whether the next one begins with the next tick.
    queued: bool,
    /// The collection whose size is known or was asked for.
    sized: Option<(Namespace, Option<TaskId>)>,
}

/// What is said of a stage.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Said {
    /// Its number, from 1.
    pub number: usize,
    /// Its operator.
    pub name: String,
    /// How many documents went in; `None` where that is not known.
    pub went_in: Option<u64>,
    /// How many came out.
    pub came_out: Option<u64>,
    /// The time of this stage alone, by the difference of two measurements.
    pub own: Option<Duration>,
    /// The time of all stages up to and with it.
    pub upto: Option<Duration>,
    /// The fields that it adds and loses.
    pub changes: Option<FieldChanges>,
    /// What else is to be said of it: that it is off, that it is never run here.
    pub note: Option<String>,
    /// Why there is nothing, or not all.
    pub failure: Option<Failure>,
    /// Since when it is read.
    pub since: Option<Moment>,
    /// When it was read.
    pub at: Option<Moment>,
    /// Whether a sample goes in; not where the pipeline's first stage finds its documents itself.
    pub of_input: bool,
}

/// The parts that a preview of a stage needs: the pipeline before it and with it.
struct Wanted {
    before: Option<Key>,
    with: Option<Key>,
    note: Option<String>,
}

impl Previews {
    fn known(&self, key: &Key) -> Option<&Answer> {
        self.kept.iter().find(|(k, _)| k == key).map(|(_, a)| a)
    }

    fn keep(&mut self, key: Key, answer: Answer) {
        self.kept.retain(|(k, _)| *k != key);
        self.kept.push_back((key, answer));
        let bytes = |a: &Answer| match &a.result {
            Ok(previewed) => previewed.documents.iter().map(|d| d.as_bytes().len()).sum(),
            Err(_) => 0_usize,
        };
        let mut all: usize = self.kept.iter().map(|(_, a)| bytes(a)).sum();
        while self.kept.len() > KEPT || (all > KEPT_BYTES && self.kept.len() > 2) {
            let Some((_, gone)) = self.kept.pop_front() else {
                return;
            };
            all = all.saturating_sub(bytes(&gone));
        }
    }

    /// Whether a reading is under way or next.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.running.is_some() || self.queued
    }
}

impl Query {
    /// The current database at a place of the text.
    fn database_at(&self, offset: usize) -> String {
        let before = self.text.parts.iter().filter(|p| p.span.end <= offset);
        let mut used = before.filter_map(|p| p.statement.as_ref());
        let used = used.rfind(|s| s.operation == Operation::Use);
        used.map_or_else(|| self.database.clone(), |s| s.database.clone())
    }

    /// The pipeline's first `count` stages as a key.
    fn prefix_key(&self, text: &str, list: &List, count: usize) -> Option<Key> {
        Some(Key {
            database: self.database_at(list.pipeline.span.start),
            text: stages::statement_prefix(text, &list.pipeline, count)?,
            sample: self.stages.previews.sample,
        })
    }

    fn wanted(&self, text: &str, list: &List) -> Wanted {
        let nothing = |note: &str| Wanted {
            before: None,
            with: None,
            note: Some(note.to_owned()),
        };
        if list.pipeline.standing != Standing::Statement {
            return nothing("this pipeline is part of another statement: it has no preview");
        }
        let Some(row) = list.rows.get(list.cursor) else {
            return nothing("the pipeline has no stage so far");
        };
        let broken = list
            .problems
            .iter()
            .take(list.cursor + 1)
            .position(|p| p.is_some());
        if let Some(at) = broken {
            let why = list.problems[at].clone().unwrap_or_default();
            return nothing(&format!("stage {} cannot be read: {why}", at + 1));
        }
        let before = self.prefix_key(text, list, list.cursor);
        if row.state == State::Disabled {
            return Wanted {
                with: before.clone(),
                before,
                note: Some("this stage is off: documents pass it as they are".to_owned()),
            };
        }
        let writes = |name: &Option<String>| matches!(name.as_deref(), Some("$out" | "$merge"));
        let earlier = list
            .rows
            .iter()
            .take(list.cursor)
            .find(|r| r.state == State::Enabled && writes(&r.name));
        if let Some(earlier) = earlier {
            let name = earlier.name.as_deref().unwrap_or_default();
            return nothing(&format!("`{name}` has to be the last stage"));
        }
        if writes(&row.name) {
            let what = self.would_write(text, list);
            return Wanted {
                with: before.clone(),
                before,
                note: Some(format!(
                    "never run by a preview: the statement {what}; below is what it would write"
                )),
            };
        }
        Wanted {
            before,
            with: self.prefix_key(text, list, list.cursor + 1),
            note: None,
        }
    }

    /// What the whole statement writes, in words.
    fn would_write(&self, text: &str, list: &List) -> String {
        let database = self.database_at(list.pipeline.span.start);
        let writes = stages::statement_prefix(text, &list.pipeline, list.rows.len())
            .and_then(|cut| self.statement_of(&cut, &database, Moment(0)).ok())
            .map(|s| s.consequence());
        match writes {
            Some(crate::query::Consequence::Writes(what)) => what,
            _ => "writes its result".to_owned(),
        }
    }

    fn statement_of(
        &self,
        text: &str,
        database: &str,
        now: Moment,
    ) -> Result<Arc<Statement>, String> {
        let around = super::Around {
            database,
            collection: self.collection.as_deref(),
            parameters: &self.bound.values,
            now,
        };
        read(text, around)
            .map(|(statement, _)| statement)
            .map_err(|problems| {
                problems
                    .first()
                    .map_or(String::new(), |p| p.message.clone())
            })
    }

    /// Asks for what the stage under the cursor needs and is not known; stops what is not needed any more.
    pub(super) fn preview_wanted(&mut self, scope: &mut Scope<'_>) {
        if !self.stages.shown {
            return;
        }
        let current = self.stages.list.clone();
        let Some(list) = current.filter(|_| self.stages.problem.is_none()) else {
            self.stop_reading(scope);
            return self.say_of_stage(scope);
        };
        let text = self.text.buffer.text();
        let wanted = self.wanted(&text, &list);
        let needed = [wanted.before, wanted.with];
        if let Some((_, key, _)) = &self.stages.previews.running {
            if needed.iter().flatten().any(|k| k == key) {
                return self.say_of_stage(scope);
            }
            self.stop_reading(scope);
            // The next one waits a moment: the cursor may go on.
            let known = |k: &Key| self.stages.previews.known(k).is_some();
            let queued = needed.iter().flatten().any(|k| !known(k));
            self.stages.previews.queued = queued;
            return self.say_of_stage(scope);
        }
        self.stages.previews.queued = false;
        for key in needed.into_iter().flatten() {
            if self.stages.previews.known(&key).is_some() {
                continue;
            }
            if self.ask_preview(scope, key) {
                break;
            }
        }
        self.say_of_stage(scope);
    }

    /// Asks for one. Whether an answer will come.
    fn ask_preview(&mut self, scope: &mut Scope<'_>, key: Key) -> bool {
        let made = self
            .statement_of(&key.text, &key.database, scope.now)
            .map_err(|problem| problem.to_string())
            .and_then(|statement| {
                let place = statement
                    .collection
                    .as_ref()
                    .map(|c| Namespace::new(&statement.database, c));
                stages::sampled(&statement, key.sample, ROWS)
                    .map(|made| (made, place))
                    .map_err(|refused| refused.to_string())
            });
        let (made, place) = match made {
            Ok(made) => made,
            Err(problem) => {
                let kind = crate::mongo::request::FailureKind::Query;
                let answer = Answer {
                    result: Err(Failure::new(kind, problem)),
                    at: scope.now,
                };
                self.stages.previews.keep(key, answer);
                return false;
            }
        };
        if let Some(place) = place {
            self.ask_size(scope, place);
        }
        let request = Request::Preview(Box::new(Preview {
            documents: Arc::new(made.documents),
            count: Arc::new(made.count),
            rows: ROWS as usize,
            within: WITHIN,
        }));
        let task = scope.ask(Asker::Tab(self.tab), &self.profile, request);
        self.stages.previews.running = Some((task, key, scope.now));
        true
    }

    /// Asks once about how many documents the collection holds.
    fn ask_size(&mut self, scope: &mut Scope<'_>, place: Namespace) {
        let previews = &mut self.stages.previews;
        if previews.sized.as_ref().is_some_and(|(of, _)| *of == place) {
            return;
        }
        if let Some((_, Some(task))) = previews.sized.take() {
            scope.cancel(task);
        }
        previews.total = None;
        let request = Request::Sizes {
            database: place.database.clone(),
            collections: vec![place.collection.clone()],
        };
        let task = scope.ask(Asker::Tab(self.tab), &self.profile, request);
        self.stages.previews.sized = Some((place, Some(task)));
    }

    fn stop_reading(&mut self, scope: &mut Scope<'_>) {
        self.stages.previews.queued = false;
        if let Some((task, ..)) = self.stages.previews.running.take() {
            scope.cancel(task);
        }
    }

    /// Stops what is read for the list, since it closes.
    pub(super) fn stop_previews(&mut self, scope: &mut Scope<'_>) {
        self.stop_reading(scope);
        if let Some((place, task)) = self.stages.previews.sized.take() {
            match task {
                Some(task) => scope.cancel(task),
                None => self.stages.previews.sized = Some((place, None)),
            }
        }
    }

    /// Reads on, where the cursor has come to rest.
    pub(super) fn preview_tick(&mut self, scope: &mut Scope<'_>) {
        self.follow_stages(scope);
        if self.stages.shown && self.stages.previews.queued {
            self.preview_wanted(scope);
        }
    }

    /// Takes other documents as what goes in.
    pub(super) fn next_sample(&mut self, scope: &mut Scope<'_>) {
        self.stages.previews.sample = self.stages.previews.sample.next();
        self.stop_reading(scope);
        self.preview_wanted(scope);
    }

    /// Forgets what was read, and reads again.
    pub(super) fn preview_again(&mut self, scope: &mut Scope<'_>) {
        self.stop_previews(scope);
        self.stages.previews.kept.clear();
        self.stages.previews.sized = None;
        self.preview_wanted(scope);
    }

    /// Reads again what is shown of stages, where it is of before the connection was lost.
    pub(crate) fn fresh_previews(&mut self, scope: &mut Scope<'_>) {
        let profile = scope.profiles.get(&self.profile);
        let at = self.stages.previews.said.as_ref().and_then(|s| s.at);
        let old = at.is_some_and(|at| profile.is_some_and(|p| p.is_ready() && p.outdates(at)));
        if self.stages.shown && old {
            self.preview_again(scope);
        }
    }

    /// Takes the answer to a preview. Whether it was one.
    pub(super) fn preview_settled(
        &mut self,
        scope: &mut Scope<'_>,
        task: TaskId,
        result: &Result<Reply, Failure>,
    ) -> bool {
        let previews = &mut self.stages.previews;
        if let Some((_, asked)) = &mut previews.sized
            && *asked == Some(task)
        {
            *asked = None;
            if let Ok(Reply::Sizes(sizes)) = result {
                previews.total = sizes.first().map(|(_, size)| size.documents);
            }
            return true;
        }
        if previews.running.as_ref().is_none_or(|(t, ..)| *t != task) {
            return false;
        }
        let Some((_, key, _)) = previews.running.take() else {
            return false;
        };
        let result = match result {
            Ok(Reply::Previewed(previewed)) => Ok(Arc::new(previewed.clone())),
            Ok(_) => Err(Failure::new(
                crate::mongo::request::FailureKind::Other,
                "the answer was of another kind",
            )),
            Err(failure) => Err(failure.clone()),
        };
        let at = scope.now;
        previews.keep(key, Answer { result, at });
        self.preview_wanted(scope);
        true
    }

    /// Gathers what is known of the stage under the cursor.
    fn say_of_stage(&mut self, scope: &mut Scope<'_>) {
        let current = self.stages.list.clone();
        let Some(list) = current.filter(|_| self.stages.problem.is_none()) else {
            self.stages.previews.counts.clear();
            return;
        };
        let text = self.text.buffer.text();
        let wanted = self.wanted(&text, &list);
        let previews = &self.stages.previews;
        let answer = |key: &Option<Key>| key.as_ref().and_then(|k| previews.known(k)).cloned();
        let (before, with) = (answer(&wanted.before), answer(&wanted.with));
        let same = wanted.before == wanted.with;
        let all = |a: &Option<Answer>| match a.as_ref().map(|a| &a.result) {
            Some(Ok(previewed)) => previewed.all.as_ref().ok().copied(),
            _ => None,
        };
        let row = list.rows.get(list.cursor);
        let mut said = Said {
            number: list.cursor + 1,
            name: row.and_then(|r| r.name.clone()).unwrap_or_default(),
            went_in: all(&before).map(|(n, _)| n),
            came_out: all(&with).map(|(n, _)| n),
            upto: all(&with).map(|(_, took)| took),
            note: wanted.note,
            since: previews.running.as_ref().map(|(_, _, since)| *since),
            at: with.as_ref().map(|a| a.at),
            of_input: self.takes_sample(&text, &list, scope.now),
            ..Said::default()
        };
        if !said.of_input && list.cursor == first_enabled(&list) {
            // It finds its documents itself: nothing goes in.
            said.went_in = None;
        }
        if !same && let (Some((_, first)), Some((_, second))) = (all(&before), all(&with)) {
            said.own = Some(second.saturating_sub(first));
        }
        said.failure = with.as_ref().and_then(|a| match &a.result {
            Err(failure) => Some(failure.clone()),
            Ok(previewed) => previewed.all.as_ref().err().cloned(),
        });
        let documents = |a: &Option<Answer>| match a.as_ref().map(|a| &a.result) {
            Some(Ok(previewed)) => Some(previewed.documents.clone()),
            _ => None,
        };
        if !same
            && let (Some(seen), Some(after), Some(row)) =
                (documents(&before), documents(&with), row)
        {
            said.changes = Some(self.changes(scope, row, &seen, &after));
        }
        let counts = match text.len() <= AT_ONCE {
            true => (1..=list.rows.len())
                .map(|count| {
                    let key = self.prefix_key(&text, &list, count)?;
                    all(&previews.known(&key).cloned()).map(|(n, _)| n)
                })
                .collect(),
            false => Vec::new(),
        };
        self.stages.previews.counts = counts;
        self.stages.previews.said = Some(said);
        self.picture(scope, wanted.with, with, documents);
    }

    /// Makes a picture of the documents after the stage, unless it is there.
    fn picture(
        &mut self,
        scope: &mut Scope<'_>,
        key: Option<Key>,
        answer: Option<Answer>,
        documents: impl Fn(&Option<Answer>) -> Option<Vec<Arc<RawDocumentBuf>>>,
    ) {
        let (Some(key), Some(at)) = (key, answer.as_ref().map(|a| a.at)) else {
            return;
        };
        let there = self.stages.previews.pictured.as_ref();
        if there.is_some_and(|p| p.key == key && p.at == at) {
            return;
        }
        let Some(documents) = documents(&answer) else {
            self.stages.previews.pictured = None;
            return;
        };
        let view = there.filter(|p| p.many).map(|p| p.documents.view);
        let documents: Vec<_> = documents.iter().map(|d| (**d).clone()).collect();
        let many = documents.len() > 1;
        let mut pictured = Box::new(Documents::of_value(
            scope,
            self.tab,
            self.profile.clone(),
            self.namespace(),
            documents,
            Duration::ZERO,
        ));
        // The picture that the person chose stays.
        if let Some(view) = view.filter(|_| many) {
            pictured.set_view(scope, view);
        }
        self.stages.previews.pictured = Some(Pictured {
            key,
            at,
            many,
            documents: pictured,
        });
    }

    fn changes(
        &self,
        scope: &Scope<'_>,
        row: &stages::Row,
        before: &[Arc<RawDocumentBuf>],
        after: &[Arc<RawDocumentBuf>],
    ) -> FieldChanges {
        let own = |all: &[Arc<RawDocumentBuf>]| -> Vec<RawDocumentBuf> {
            all.iter().map(|d| (**d).clone()).collect()
        };
        let known = self.known.around(scope.models);
        let stage = row.lines.join("\n");
        stages::stage_changes(&stage, &self.database, &known, &own(before), &own(after))
    }

    fn takes_sample(&self, text: &str, list: &List, now: Moment) -> bool {
        let first = first_enabled(list) + 1;
        let statement = stages::statement_prefix(text, &list.pipeline, first)
            .and_then(|cut| self.statement_of(&cut, &self.database, now).ok());
        match statement {
            Some(statement) => {
                statement.collection.is_some()
                    && stages::sampled(&statement, self.stages.previews.sample, ROWS)
                        .is_ok_and(|made| made.of_input)
            }
            None => true,
        }
    }
}

/// The place of the first stage that takes part.
fn first_enabled(list: &List) -> usize {
    let enabled = |r: &stages::Row| r.state == State::Enabled;
    list.rows.iter().position(enabled).unwrap_or(0)
}
