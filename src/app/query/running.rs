//! Running a statement, taking what it comes to, stopping it, running it again.
//!
//! Invariant: at most one statement of a tab runs; what is stopped is told to the server, and what became of a write is
//! always shown.

use std::sync::Arc;
use std::time::Duration;

use bson::{RawBson, RawBsonRef, RawDocumentBuf, rawdoc};

use super::asking::Asked;
use super::text::{Chosen, read};
use super::{Part, Query, Results};
use crate::app::Effect;
use crate::app::documents::feed::first_count;
use crate::app::documents::{Documents, Origin};
use crate::app::journal::Ran;
use crate::app::scope::{Asker, Moment, Scope};
use crate::app::tab::Pane as _;
use crate::app::update::record;
use crate::app::words;
use crate::mongo::request::observe::Building;
use crate::mongo::request::{
    ConnectionState, Failure, FailureKind, FeedId, Namespace, Outcome, Page, Reply, Request, TaskId,
};
use crate::query::secret::may_hold_a_secret;
use crate::query::{Consequence, Statement};
use crate::value::Diagnostic;

/// The shortest time between two runs of a statement that is run again and again.
const SHORTEST: Duration = Duration::from_secs(1);
/// The longest line that says what was run.
const LONGEST: usize = 200;

/// A statement that runs.
#[derive(Debug, Clone)]
pub struct Running {
    /// Its task.
    pub task: TaskId,
    /// What runs.
    pub statement: Arc<Statement>,
    /// Its text, with its place.
    pub chosen: Chosen,
    /// Since when.
    pub since: Moment,
    /// The feed that it opens, where it gives documents.
    feed: FeedId,
    /// What it writes, in words; `None` for a read.
    pub writes: Option<String>,
    /// How far the server is with the index that it makes; `None` where it makes none, or the server does not tell.
    pub building: Option<Building>,
    /// Whether it was told to stop.
    pub stopping: bool,
}

impl Running {
    /// Whether it gives documents, one after the other.
    #[must_use]
    pub fn gives_documents(&self) -> bool {
        matches!(
            self.statement.plan(),
            Ok(crate::query::plan::Plan::Documents(_))
        )
    }
}

/// A statement that is run again and again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Watch {
    /// The time from a result to the next run.
    pub every: Duration,
    /// When it is run next.
    pub due: Moment,
}

impl Query {
    /// Runs what is selected, else the statement under the cursor.
    pub fn run(&mut self, scope: &mut Scope<'_>) {
        self.bind(scope.now);
        let around = self.around(scope.now);
        let Some(chosen) = self.text.chosen(around) else {
            return scope.info("there is no statement here to run");
        };
        let around = super::Around {
            database: &self.database,
            collection: self.collection.as_deref(),
            parameters: &self.bound.values,
            now: scope.now,
        };
        self.text.check(around);
        // What it comes to takes the place of the list.
        self.hide_stages(scope);
        self.begin(scope, chosen);
    }

    /// Runs again what was run last.
    pub(super) fn run_again(&mut self, scope: &mut Scope<'_>) {
        match self.last.clone() {
            Some(chosen) => self.begin(scope, chosen),
            None => self.run(scope),
        }
    }

    /// Begins to run a text: asks first, where it writes or where it says something else than what was typed.
    pub(super) fn begin(&mut self, scope: &mut Scope<'_>, chosen: Chosen) {
        // A value such as `-30d` means another date at each run.
        self.bind(scope.now);
        if self.bound.lacks(&chosen.text) {
            self.watch = None;
            return self.ask_parameters(scope);
        }
        let around = super::Around {
            database: &chosen.database,
            collection: self.collection.as_deref(),
            parameters: &self.bound.values,
            now: scope.now,
        };
        let (mut statement, warnings) = match read(&chosen.text, around) {
            Ok(read) => read,
            Err(problems) => return self.refused(scope, &chosen, &problems),
        };
        if chosen.explain {
            statement = Arc::new(super::explaining::explaining(&statement));
            if let Err(refusal) = statement.plan() {
                return scope.warn(format!("not explained: {refusal}"));
            }
        }
        self.stop_quietly(scope);
        match statement.consequence() {
            Consequence::Reads if warnings.is_empty() => self.start(scope, statement, chosen, None),
            consequence => self.ask(scope, Asked::new(statement, chosen, warnings, consequence)),
        }
    }

    fn refused(&mut self, scope: &mut Scope<'_>, chosen: &Chosen, problems: &[Diagnostic]) {
        self.watch = None;
        let Some(first) = problems.first() else {
            return;
        };
        let at = chosen.start + first.span.start;
        let text = self.text.buffer.text();
        if text
            .get(chosen.start..)
            .is_some_and(|t| t.starts_with(&chosen.text))
        {
            self.text.buffer.go_to(at);
            self.part = Part::Text;
            self.keep_in_sight(scope);
        }
        scope.warn(match &first.help {
            Some(help) => format!("not run: {}; {help}", first.message),
            None => format!("not run: {}", first.message),
        });
    }

    /// Sends a statement.
    pub(super) fn start(
        &mut self,
        scope: &mut Scope<'_>,
        statement: Arc<Statement>,
        chosen: Chosen,
        writes: Option<String>,
    ) {
        let feed = scope.ids.feed();
        let request = Request::Run {
            statement: Arc::clone(&statement),
            feed,
            count: first_count(scope),
        };
        let by = Asker::Tab(self.tab);
        let task = match &writes {
            Some(what) => scope.ask_write(by, &self.profile, request, what.clone()),
            None => scope.ask(by, &self.profile, request),
        };
        if !chosen.explain && chosen.upto.is_none() {
            let place = self.namespace();
            let place = match place.collection.as_str() {
                "" => place.database,
                _ => place.to_string(),
            };
            super::history::remember(scope, self.profile.as_str(), place, &chosen.text);
        }
        self.last = Some(chosen.clone());
        self.running = Some(Running {
            task,
            statement,
            chosen,
            since: scope.now,
            feed,
            writes,
            building: None,
            stopping: false,
        });
    }

    /// Whether something is awaited that can be stopped.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.running.is_some()
            || self.is_asking()
            || (self.results.documents.as_ref()).is_some_and(|d| d.feed.is_loading())
    }

    /// Stops what runs, and says so.
    pub(super) fn stop(&mut self, scope: &mut Scope<'_>) {
        let watched = self.watch.take().is_some();
        let since = self.running.as_ref().map(|r| r.since);
        let writing = self.running.as_ref().is_some_and(|r| r.writes.is_some());
        self.stop_quietly(scope);
        let after = since.map_or(String::new(), |since| {
            format!(" after {}", words::span(scope.now.since(since)))
        });
        scope.info(match (writing, watched) {
            (true, _) => format!("stopping{after}: what it did so far will be told"),
            (false, true) => format!("stopped{after}, and not run again"),
            (false, false) => format!("stopped{after}"),
        });
    }

    /// Stops what runs. A write stays awaited, since what became of it is to be told.
    fn stop_quietly(&mut self, scope: &mut Scope<'_>) {
        self.forget_asked(scope);
        if let Some(mut running) = self.running.take() {
            match &running.writes {
                None => {
                    scope.cancel(running.task);
                    self.close_feed(scope, running.feed);
                    let at = scope.now.since(running.since);
                    self.results.failure = Some(
                        Failure::new(
                            FailureKind::Cancelled,
                            format!("stopped after {}", words::span(at)),
                        )
                        .with_help("run it again"),
                    );
                }
                Some(_) => {
                    if !running.stopping {
                        let task = running.task;
                        scope.effects.push(Effect::Cancel { task });
                    }
                    running.stopping = true;
                    self.running = Some(running);
                }
            }
        }
        if let Some(documents) = &mut self.results.documents {
            documents.stop(scope);
        }
    }

    fn close_feed(&self, scope: &mut Scope<'_>, feed: FeedId) {
        scope.ask(Asker::Nobody, &self.profile, Request::CloseFeed { feed });
    }

    /// Frees and stops everything, since the tab closes.
    pub(super) fn close_all(&mut self, scope: &mut Scope<'_>) {
        self.stop_quietly(scope);
        self.stop_previews(scope);
        if let Some(documents) = &mut self.results.documents {
            documents.close(scope);
        }
    }

    /// Takes the result of a task.
    pub(super) fn settled(
        &mut self,
        scope: &mut Scope<'_>,
        task: TaskId,
        result: Result<Reply, Failure>,
        took: Duration,
    ) {
        if self.preview_settled(scope, task, &result)
            || self.sample_settled(scope, task, &result)
            || self.figures_settled(scope, task, &result)
            || self.indexes_settled(task, &result)
        {
            return;
        }
        if self.running.as_ref().is_none_or(|r| r.task != task) {
            if let Some(documents) = &mut self.results.documents {
                documents.settle(scope, task, result, took);
            }
            return;
        }
        let Some(running) = self.running.take() else {
            return;
        };
        if let Some(what) = &running.writes {
            let outcome = match &result {
                Ok(Reply::Ran(Outcome::Changed(changed))) => changed.summary(),
                Ok(_) => "written".to_owned(),
                Err(failure) => failure.outcome(),
            };
            let place = namespace(&running.statement);
            let text = super::telling::text(&running.statement);
            let may_be_done = match &result {
                Ok(_) => true,
                Err(failure) => matches!(
                    failure.kind,
                    FailureKind::UnknownOutcome | FailureKind::Timeout | FailureKind::Cancelled
                ),
            };
            if may_be_done {
                scope.journal.record_statement(Ran {
                    profile: self.profile.clone(),
                    text: text.clone(),
                    outcome: outcome.clone(),
                });
            }
            let mut record = record(scope.now, &self.profile, place, what, outcome);
            // As with the history: what may hold a secret is kept nowhere.
            if !scope.history.off && !may_hold_a_secret(&text) {
                record.statement = text;
            }
            scope.effects.push(Effect::RecordWrite(record));
        }
        match result {
            Ok(Reply::Ran(outcome)) => self.came_to(scope, &running, outcome, took),
            Ok(_) => self.failed(
                &running,
                Failure::new(FailureKind::Other, "the answer was of another kind"),
            ),
            Err(failure) => self.failed(&running, failure),
        }
        if let Some(watch) = &mut self.watch {
            watch.due = later(scope.now, watch.every);
        }
    }

    fn failed(&mut self, running: &Running, failure: Failure) {
        // A server that is away comes back; a statement that fails would fail again.
        let away = matches!(
            failure.kind,
            FailureKind::Unreachable | FailureKind::NoPrimary | FailureKind::Gone
        );
        if !away {
            self.watch = None;
        }
        let chosen = &running.chosen;
        let (message, help) = (failure.summary.clone(), failure.help.clone());
        self.text.told(chosen.start, &chosen.text, message, help);
        self.results.failure = Some(failure);
    }

    fn came_to(
        &mut self,
        scope: &mut Scope<'_>,
        running: &Running,
        outcome: Outcome,
        took: Duration,
    ) {
        let line = line_of(&running.chosen.text);
        let of = match (&running.chosen.upto, running.chosen.explain) {
            (Some(upto), _) => format!("{upto}{line}"),
            (None, true) => format!("explain {line}"),
            (None, false) => line,
        };
        let old = std::mem::take(&mut self.results);
        self.results = Results {
            of,
            at: Some(scope.now),
            took: Some(took),
            ..Results::default()
        };
        match outcome {
            Outcome::Documents(page) => {
                self.documents(scope, &running.statement, &page, took, old.documents);
                return;
            }
            Outcome::Value(value) => self.value(scope, running, value, took),
            Outcome::Changed(changed) => {
                self.results.headline = Some(changed.summary());
                self.results.problems = changed.problems();
                self.show_value(scope, running, vec![changed.document()], took);
            }
            Outcome::Done { said, value } => {
                self.results.headline = Some(said);
                let documents = documents_of(&value);
                self.show_value(scope, running, documents, took);
            }
            Outcome::Database(database) => {
                self.results.headline = Some(format!("the current database is `{database}`"));
                self.database = database;
                self.changed(scope);
            }
        }
        if let Some(mut documents) = old.documents {
            documents.close(scope);
        }
    }

    /// Shows the documents of an open feed; those of the same statement as before in the same picture.
    fn documents(
        &mut self,
        scope: &mut Scope<'_>,
        statement: &Arc<Statement>,
        page: &Page,
        took: Duration,
        old: Option<Box<Documents>>,
    ) {
        let place = namespace(statement);
        let same = |d: &Documents| {
            d.editor.is_none()
                && matches!(&d.origin, Origin::Statement(s) if same_but_time(s, statement))
        };
        let is_new = !old.as_deref().is_some_and(same);
        let documents = match old {
            Some(mut documents) if same(&documents) => {
                documents.origin = Origin::Statement(Arc::clone(statement));
                documents.again(scope, page, took);
                documents
            }
            old => {
                if let Some(mut old) = old {
                    old.close(scope);
                }
                Box::new(Documents::of_statement(
                    scope,
                    self.tab,
                    self.profile.clone(),
                    place,
                    Arc::clone(statement),
                    page,
                    took,
                ))
            }
        };
        self.results.documents = Some(documents);
        if is_new {
            self.show_as_wanted();
            let kind = self.wanted_chart();
            if let (Some(kind), Some(documents)) = (kind, &mut self.results.documents) {
                documents.show_chart(scope, Some(kind));
            }
        }
    }

    fn value(&mut self, scope: &mut Scope<'_>, running: &Running, value: RawBson, took: Duration) {
        self.results.headline = match value.as_raw_bson_ref() {
            RawBsonRef::Null => Some("nothing was found".to_owned()),
            RawBsonRef::Document(document) => {
                let explains = running
                    .statement
                    .cursor
                    .iter()
                    .any(|(m, _)| *m == crate::query::CursorMethod::Explain);
                if explains && let Ok(plan) = crate::query::explain::Plan::read(document) {
                    let of = running.chosen.clone();
                    let explained = super::explaining::Explained::new(plan, of, &running.statement);
                    self.results.explained = Some(explained);
                    // It is read, and what it advises is done from there.
                    self.part = Part::Results;
                    self.ask_indexes(scope);
                }
                None
            }
            RawBsonRef::Array(items) => match items.into_iter().count() {
                1 => Some("1 value".to_owned()),
                n => Some(format!("{n} values")),
            },
            other => Some(words::line(other)),
        };
        self.show_value(scope, running, documents_of(&value), took);
    }

    fn show_value(
        &mut self,
        scope: &mut Scope<'_>,
        running: &Running,
        documents: Vec<RawDocumentBuf>,
        took: Duration,
    ) {
        if documents.is_empty() {
            self.part = Part::Text;
            return;
        }
        self.results.documents = Some(Box::new(Documents::of_value(
            scope,
            self.tab,
            self.profile.clone(),
            namespace(&running.statement),
            documents,
            took,
        )));
    }

    /// Sets how often the last statement is run again.
    pub(super) fn set_watch(&mut self, scope: &mut Scope<'_>, text: &str) -> Result<(), String> {
        let Some(every) = parse_interval(text)? else {
            self.watch = None;
            scope.info("not run again by itself");
            return Ok(());
        };
        let around = self.around(scope.now);
        let chosen = self.text.chosen(around).or_else(|| self.last.clone());
        let Some(chosen) = chosen else {
            return Err("there is no statement to run".to_owned());
        };
        let around = super::Around {
            database: &chosen.database,
            ..self.around(scope.now)
        };
        match read(&chosen.text, around) {
            Ok((statement, _)) if statement.consequence().writes() => {
                return Err("it writes: only what reads is run again by itself".to_owned());
            }
            Ok(_) => {}
            Err(_) => return Err("the statement cannot be run as it is".to_owned()),
        }
        self.watch = Some(Watch {
            every,
            due: later(scope.now, every),
        });
        self.begin(scope, chosen);
        Ok(())
    }

    /// Runs again what is watched, once its time has come.
    pub(super) fn watch_tick(&mut self, scope: &mut Scope<'_>) {
        let due = self.watch.is_some_and(|w| w.due <= scope.now);
        let reading = (self.results.documents.as_ref())
            .is_some_and(|d| d.feed.is_loading() || d.editor.is_some());
        // Asking would open again what the person closed.
        let closed = scope.profiles.get(&self.profile).is_some_and(|p| {
            matches!(
                p.connection,
                ConnectionState::Closed | ConnectionState::Failed(_)
            )
        });
        if due && !closed && self.running.is_none() && !self.is_asking() && !reading {
            self.run_again(scope);
        }
    }
}

/// The collection that a statement is about; without a name where it is about a database.
#[must_use]
pub fn namespace(statement: &Statement) -> Namespace {
    Namespace {
        database: statement.database.clone(),
        collection: statement.collection.clone().unwrap_or_default(),
    }
}

/// Whether two statements are the same but for values that the clock gives.
fn same_but_time(a: &Statement, b: &Statement) -> bool {
    a.operation == b.operation
        && a.database == b.database
        && a.collection == b.collection
        && a.arguments.len() == b.arguments.len()
        && a.cursor.len() == b.cursor.len()
        && a.arguments
            .iter()
            .zip(&b.arguments)
            .all(|(a, b)| shape(a.as_raw_bson_ref(), 0) == shape(b.as_raw_bson_ref(), 0))
}

/// A value's size but for dates, which is enough to tell an edited statement from one run again.
fn shape(value: RawBsonRef<'_>, depth: usize) -> u64 {
    use std::hash::{DefaultHasher, Hash as _, Hasher as _};
    let mut hasher = DefaultHasher::new();
    match value {
        RawBsonRef::DateTime(_) => "date".hash(&mut hasher),
        RawBsonRef::Document(inner) if depth < 64 => {
            for (key, value) in inner.iter().flatten() {
                key.as_str().hash(&mut hasher);
                shape(value, depth + 1).hash(&mut hasher);
            }
        }
        RawBsonRef::Array(inner) if depth < 64 => {
            for value in inner.into_iter().flatten() {
                shape(value, depth + 1).hash(&mut hasher);
            }
        }
        other => words::line(other).hash(&mut hasher),
    }
    hasher.finish()
}

/// A value as documents to be shown: itself, its documents, or each of its values under a name.
fn documents_of(value: &RawBson) -> Vec<RawDocumentBuf> {
    match value.as_raw_bson_ref() {
        RawBsonRef::Null => Vec::new(),
        RawBsonRef::Document(document) => vec![document.to_owned()],
        RawBsonRef::Array(items) => {
            let all = items
                .into_iter()
                .flatten()
                .all(|i| matches!(i, RawBsonRef::Document(_)));
            items
                .into_iter()
                .flatten()
                .map(|item| match item {
                    RawBsonRef::Document(document) if all => document.to_owned(),
                    other => rawdoc! { "value": RawBson::from(other) },
                })
                .collect()
        }
        other => vec![rawdoc! { "value": RawBson::from(other) }],
    }
}

/// A text in one line.
fn line_of(text: &str) -> String {
    let mut line = String::new();
    for word in text.split_whitespace() {
        if line.len() > LONGEST {
            line.push('…');
            break;
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.extend(word.chars().take(LONGEST));
    }
    line
}

fn later(now: Moment, by: Duration) -> Moment {
    Moment(
        now.0
            .saturating_add(u64::try_from(by.as_millis()).unwrap_or(u64::MAX)),
    )
}

/// A time between two runs; `None` for none.
///
/// # Errors
/// What is wrong with the text.
pub fn parse_interval(text: &str) -> Result<Option<Duration>, String> {
    let text = text.trim();
    if matches!(text, "" | "off" | "0") {
        return Ok(None);
    }
    let end = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let factor = match unit.trim() {
        "ms" => 0.001,
        "" | "s" | "sec" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3600.0,
        other => return Err(format!("`{other}` is no unit of time; write `5s` or `2m`")),
    };
    let seconds = number
        .parse::<f64>()
        .ok()
        .map(|n| n * factor)
        .filter(|n| n.is_finite() && *n < 1e6)
        .ok_or_else(|| format!("`{text}` is no time; write `5s` or `2m`"))?;
    let every = Duration::from_secs_f64(seconds);
    match every < SHORTEST {
        true => Err("once a second is the most".to_owned()),
        false => Ok(Some(every)),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn intervals_are_read_with_their_units_and_bounded() {
        assert_eq!(parse_interval("5s"), Ok(Some(Duration::from_secs(5))));
        assert_eq!(parse_interval("2 m"), Ok(Some(Duration::from_secs(120))));
        assert_eq!(parse_interval("1.5"), Ok(Some(Duration::from_millis(1500))));
        assert_eq!(parse_interval("off"), Ok(None));
        assert!(parse_interval("100ms").is_err());
        assert!(parse_interval("soon").is_err());
    }

    #[test]
    fn values_are_shown_as_documents() {
        let list = RawBson::try_from(bson::bson!([1, {"a": 1}])).unwrap();
        let shown: Vec<String> = documents_of(&list)
            .iter()
            .map(|d| words::document_line(d))
            .collect();
        assert_eq!(shown, ["{ value: 1 }", "{ value: { a: 1 } }"]);
        assert!(documents_of(&RawBson::Null).is_empty());
    }
}
