//! The panel of what runs on the server: the longest first, filtered, looked at, explained, opened as a query, stopped.
//!
//! Invariant: the cursor stays on its operation while the list changes, and nothing is stopped but the operation that
//! the question named.

use std::cmp::Ordering;
use std::time::Duration;

use super::explaining::Explaining;
use super::filter::{Subject, Vocabulary};
use super::listing::Listing;
use super::reading::Reading;
use super::statement::{Recalled, recall};
use super::{Content, Place, Step};
use crate::app::command::Command;
use crate::app::effect::Effect;
use crate::app::field::Field;
use crate::app::overlay::{Confirm, Intent, Message, Overlay};
use crate::app::scope::{Asker, Scope};
use crate::app::tab::Answer;
use crate::app::words;
use crate::mongo::request::observe::{
    Killed, Observation, Observe, OperationId, Operations, RunningOperation,
};
use crate::mongo::request::{Failure, Namespace, Reply, Request, TaskId};

/// Time between two questions.
const EVERY: Duration = Duration::from_secs(2);

/// What the list can be ordered by, as the columns are called.
const ORDERS: &[&str] = &[
    "running",
    "namespace",
    "plan",
    "client",
    "locks",
    "statement",
];

/// What the list can be narrowed by.
pub const WORDS: Vocabulary = Vocabulary {
    fields: &[
        "ns", "client", "app", "user", "plan", "op", "lock", "comment", "id",
    ],
    states: &["ours", "waiting", "transaction", "internal"],
};

/// Characters of a statement in a question.
const ASKED: usize = 300;

/// The panel.
#[derive(Debug)]
pub struct OperationsPanel {
    /// What was read.
    pub reading: Reading,
    /// Which of the operations are shown, and the cursor among them.
    pub listing: Listing,
    /// The filter while it is typed.
    pub field: Option<Field>,
    /// Why what is typed is no filter.
    pub problem: Option<String>,
    /// Whether what does nothing and what the server does by itself are shown too.
    pub idle: bool,
    /// Each operation's statement, beside what was read.
    lines: Vec<String>,
    asked: Option<(String, RunningOperation)>,
    killing: Option<(TaskId, OperationId)>,
    explaining: Explaining,
}

impl Default for OperationsPanel {
    fn default() -> Self {
        Self {
            reading: Reading::every(EVERY),
            listing: Listing::by(ORDERS),
            field: None,
            problem: None,
            idle: false,
            lines: Vec::new(),
            asked: None,
            killing: None,
            explaining: Explaining::default(),
        }
    }
}

impl OperationsPanel {
    /// What was read last.
    #[must_use]
    pub fn operations(&self) -> Option<&Operations> {
        match self.reading.seen() {
            Some(Observation::Operations(operations)) => Some(operations),
            _ => None,
        }
    }

    /// The operations that are shown, each with its statement on one line.
    pub fn rows(&self) -> impl Iterator<Item = (&RunningOperation, &str)> {
        let running = self.operations().map_or(&[][..], |o| &o.running);
        self.listing.places().filter_map(|place| {
            let line = self.lines.get(place).map_or("", String::as_str);
            Some((running.get(place)?, line))
        })
    }

    /// How many are shown.
    #[must_use]
    pub fn count(&self) -> usize {
        self.listing.count()
    }

    /// The operation under the cursor.
    #[must_use]
    pub fn current(&self) -> Option<&RunningOperation> {
        self.rows().nth(self.listing.window.cursor).map(|(o, _)| o)
    }

    /// Brings the rows into step with what was read and with the filter; the cursor stays on `on`.
    fn rebuild(&mut self, on: Option<&OperationId>) {
        let Some(Observation::Operations(operations)) = self.reading.seen() else {
            return self.listing.clear();
        };
        self.lines = operations.running.iter().map(line).collect();
        let rows: Vec<Listed<'_>> = operations
            .running
            .iter()
            .zip(&self.lines)
            .map(|(operation, line)| Listed { operation, line })
            .collect();
        self.listing
            .arrange(&rows, compare, |row| Some(&row.operation.id) == on);
    }

    /// Takes a filter's words; a wrong one is said, and the others hold.
    fn refilter(&mut self, text: &str) {
        self.problem = self.listing.narrow(text, &WORDS);
        let on = self.current().map(|o| o.id.clone());
        self.rebuild(on.as_ref());
    }

    fn look(&self) -> Observe {
        Observe::Operations { idle: self.idle }
    }

    /// The statement of the operation under the cursor, or why it has none.
    fn recalled(&self) -> Option<Result<Recalled, &'static str>> {
        let operation = self.current()?;
        if operation.cut {
            return Some(Err(
                "the server tells only a part of this statement: it is too long",
            ));
        }
        let recalled = recall(&operation.namespace, &operation.kind, &operation.command);
        Some(recalled.ok_or("this operation has no statement"))
    }

    fn ask_kill(&mut self, scope: &mut Scope<'_>, at: &Place) {
        if let Some(refusal) = scope
            .profiles
            .get(&at.profile)
            .and_then(|p| p.write_refusal())
        {
            return scope.warn(format!("nothing is stopped: {refusal}"));
        }
        let (Some(operation), Some(operations)) = (self.current().cloned(), self.operations())
        else {
            return;
        };
        let host = operations.host.clone();
        let lines = question(&operation, &host);
        let title = match operation.id.session() {
            Some(_) => format!("abort the transaction of {}?", operation.id),
            None => format!("stop operation {}?", operation.id),
        };
        self.asked = Some((host, operation));
        let confirm = Confirm::new(title, lines, Intent::Proceed(at.tab));
        scope.overlays.push(Overlay::Confirm(confirm));
    }

    fn kill(&mut self, scope: &mut Scope<'_>, at: &Place) {
        let Some((host, operation)) = self.asked.take() else {
            return;
        };
        let what = format!("stop {}", named(&operation.id));
        let request = Request::KillOperation {
            host,
            id: operation.id.clone(),
            cursor: place_of(&operation).zip(operation.cursor),
        };
        let task = scope.ask_write(Asker::Tab(at.tab), &at.profile, request, what);
        self.killing = Some((task, operation.id));
    }

    fn killed(&mut self, scope: &mut Scope<'_>, at: &Place, result: Result<Reply, Failure>) {
        let Some((_, id)) = self.killing.take() else {
            return;
        };
        match result {
            Ok(Reply::Killed(Killed::Gone)) => scope.info(format!(
                "{} was stopped: the server has it no more",
                named(&id)
            )),
            Ok(Reply::Killed(Killed::AlreadyGone)) => scope.info(format!(
                "{} had ended before it could be stopped",
                named(&id)
            )),
            Ok(Reply::Killed(Killed::Stopping)) => scope.warn(format!(
                "{} was told to stop, and has not come to a place where it can",
                named(&id)
            )),
            Ok(_) => {}
            Err(failure) => scope.fail(&failure),
        }
        self.reading.ask(scope, at, self.look());
    }
}

/// What an operation does, on one line.
fn line(operation: &RunningOperation) -> String {
    let recalled = (!operation.cut)
        .then(|| recall(&operation.namespace, &operation.kind, &operation.command))
        .flatten();
    match recalled {
        Some(recalled) => recalled.text,
        None if operation.command.is_empty() => operation.thread.clone(),
        None => words::document_line(&operation.command),
    }
}

/// An operation beside its line.
struct Listed<'o> {
    operation: &'o RunningOperation,
    line: &'o str,
}

impl Subject for Listed<'_> {
    fn texts(&self, field: Option<&str>, each: &mut dyn FnMut(&str)) {
        let one = self.operation;
        let mut tell = |name: &str, text: Option<&str>| {
            if field.is_none_or(|f| f == name)
                && let Some(text) = text
            {
                each(text);
            }
        };
        tell("ns", Some(&one.namespace));
        tell("client", one.client.as_deref());
        tell("app", one.application.as_deref());
        tell("user", one.user.as_deref());
        tell("plan", one.plan.as_deref());
        tell("op", Some(&one.kind));
        tell("comment", one.comment.as_deref());
        for lock in &one.locks {
            tell("lock", Some(lock));
        }
        if field.is_none() {
            each(self.line);
            each(&one.thread);
        }
        // A number alone would be found in most of them.
        if field == Some("id") {
            each(&one.id.to_string());
        }
    }

    fn is(&self, state: &str) -> bool {
        match state {
            "ours" => self.operation.ours,
            "waiting" => self.operation.waits,
            "transaction" => self.operation.transaction.is_some(),
            "internal" => self.operation.is_internal(),
            _ => false,
        }
    }

    fn took(&self) -> Option<Duration> {
        lasting(self.operation)
    }
}

/// How long an operation has been running, or its transaction been open while nothing runs.
#[must_use]
pub fn lasting(operation: &RunningOperation) -> Option<Duration> {
    operation.running.or(operation.transaction)
}

/// The strongest lock of an operation, on what is the smallest: `Collection w`.
#[must_use]
pub fn lock_of(operation: &RunningOperation) -> String {
    let last = operation.locks.last();
    last.map(|l| l.replace(": ", " ")).unwrap_or_default()
}

/// How far an operation is: `14 % scanning collection`.
#[must_use]
pub fn progress(operation: &RunningOperation) -> Option<String> {
    let percent = operation.percent().map(|p| format!("{p} %"));
    let message = operation.message.as_deref();
    let message = message.map(|m| m.strip_prefix("Index Build: ").unwrap_or(m).to_owned());
    let parts: Vec<String> = percent.into_iter().chain(message).collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

/// Two rows by the column of a title, in its own direction: times fall, texts rise.
fn compare(title: &str, first: &Listed<'_>, second: &Listed<'_>) -> Ordering {
    let (a, b) = (first.operation, second.operation);
    let client = |o: &RunningOperation| (o.application.clone(), o.client.clone());
    // What has nothing to be ordered by comes last.
    let texts = |a: &str, b: &str| (a.is_empty(), a).cmp(&(b.is_empty(), b));
    let ordering = match title {
        "namespace" => texts(&a.namespace, &b.namespace),
        "plan" => texts(
            a.plan.as_deref().unwrap_or_default(),
            b.plan.as_deref().unwrap_or_default(),
        ),
        "client" => client(a).cmp(&client(b)),
        // Who waits first, then who holds most.
        "locks" => (b.waits, b.locks.len()).cmp(&(a.waits, a.locks.len())),
        "statement" => texts(first.line, second.line),
        _ => Ordering::Equal,
    };
    ordering.then_with(|| lasting(b).cmp(&lasting(a)))
}

fn named(id: &OperationId) -> String {
    match id.session() {
        Some(_) => id.to_string(),
        None => format!("operation {id}"),
    }
}

fn place_of(operation: &RunningOperation) -> Option<Namespace> {
    let (database, collection) = operation.namespace.split_once('.')?;
    Some(Namespace::new(database, collection))
}

fn builds_index(operation: &RunningOperation) -> bool {
    let first = operation.command.iter().flatten().next();
    first.is_some_and(|(key, _)| key.as_str() == "createIndexes")
}

fn who(operation: &RunningOperation) -> String {
    let parts = [&operation.client, &operation.application, &operation.user];
    let parts: Vec<&str> = parts.into_iter().flatten().map(String::as_str).collect();
    match parts.is_empty() {
        true => "the server itself".to_owned(),
        false => parts.join(", "),
    }
}

fn question(operation: &RunningOperation, host: &str) -> Vec<String> {
    let since = match operation.running {
        Some(running) => format!(", for {}", words::span(running)),
        None => String::new(),
    };
    let mut lines = vec![
        format!("{} on {}{since}", operation.kind, operation.namespace),
        format!("from {}", who(operation)),
        format!("on {host}"),
        line(operation).chars().take(ASKED).collect(),
    ];
    if operation.ours {
        lines.push("it is this program's own: what waits for it here will fail".to_owned());
    }
    let writes = matches!(operation.kind.as_str(), "update" | "remove" | "insert");
    match operation.transaction {
        Some(_) => lines.push("all that its transaction has written is undone".to_owned()),
        None if writes => lines.push("what it has written so far stays written".to_owned()),
        None => {}
    }
    if operation.cursor.is_some() {
        lines.push("it gets a batch of a cursor: that is closed too".to_owned());
    }
    if builds_index(operation) {
        lines.push("an index that it builds is given up; the collection stays as it is".to_owned());
    } else if operation.is_internal() && operation.transaction.is_none() {
        lines.push("it is the server's own: stopping it may harm the deployment".to_owned());
    }
    lines
}

/// Everything about an operation.
fn describe(operation: &RunningOperation) -> String {
    let mut lines = Vec::new();
    let mut told = |name: &str, value: Option<String>| {
        if let Some(value) = value.filter(|v| !v.is_empty()) {
            lines.push(format!("{name:<12}{value}"));
        }
    };
    let yes = |flag: bool, text: &str| flag.then(|| text.to_owned());
    told("running", operation.running.map(words::span));
    told("kind", Some(operation.kind.clone()));
    told("namespace", Some(operation.namespace.clone()));
    told("client", operation.client.clone());
    told("application", operation.application.clone());
    told("user", operation.user.clone());
    told("thread", Some(operation.thread.clone()));
    told("plan", operation.plan.clone());
    told("progress", progress(operation));
    told("waits", yes(operation.waits, "for a lock"));
    told("locks", Some(operation.locks.join(", ")));
    told(
        "yields",
        (operation.yields > 0).then(|| words::count(operation.yields)),
    );
    told(
        "transaction",
        operation
            .transaction
            .map(|open| format!("open for {}", words::span(open))),
    );
    told("comment", operation.comment.clone());
    told("cursor", operation.cursor.map(|id| id.to_string()));
    told(
        "stopping",
        yes(operation.kill_pending, "it was told to stop"),
    );
    told("ours", yes(operation.ours, "this program started it"));
    let mut text = lines.join("\n");
    let recalled = recall(&operation.namespace, &operation.kind, &operation.command);
    if let Some(recalled) = recalled.filter(|_| !operation.cut) {
        text.push_str(&format!("\n\n{}", recalled.text));
    }
    if !operation.command.is_empty() {
        text.push_str(&format!("\n\n{}", words::document_text(&operation.command)));
    }
    if operation.cut {
        text.push_str("\n\n(parts of the command are too long and left out)");
    }
    text
}

impl Content for OperationsPanel {
    fn is_typing(&self) -> bool {
        self.field.is_some()
    }

    fn listing(&mut self) -> Option<&mut Listing> {
        Some(&mut self.listing)
    }

    fn arranged(&mut self) {
        self.rebuild(None);
    }

    fn field(&mut self) -> Option<&mut Field> {
        self.field.as_mut()
    }

    fn edited(&mut self, _scope: &mut Scope<'_>, _at: &Place) {
        if let Some(field) = &self.field {
            let text = field.text().to_owned();
            self.refilter(&text);
        }
    }

    fn details(&self, scope: &mut Scope<'_>) {
        let Some(operation) = self.current() else {
            return;
        };
        scope.overlays.push(Overlay::Message(Message {
            title: named(&operation.id),
            text: describe(operation),
            first: 0,
        }));
    }

    fn hints(&self) -> &'static [Command] {
        &[
            Command::Open,
            Command::Kill,
            Command::Explain,
            Command::OpenStatement,
            Command::Filter,
            Command::OrderNext,
            Command::Idle,
            Command::Toggle,
            Command::Refresh,
            Command::Help,
        ]
    }

    fn command(&mut self, scope: &mut Scope<'_>, at: &Place, command: Command) -> Step {
        if let Some(field) = &self.field {
            match command {
                Command::Accept | Command::Open => {
                    let text = field.text().to_owned();
                    self.refilter(&text);
                    if self.problem.is_none() {
                        self.field = None;
                    }
                }
                Command::Back | Command::Cancel => {
                    self.field = None;
                    self.refilter("");
                }
                _ => {}
            }
            return Step::Done;
        }
        if self.travel(scope, command) {
            return Step::Done;
        }
        match command {
            Command::Refresh => self.reading.ask(scope, at, self.look()),
            Command::Toggle => self.reading.pause(),
            Command::Open => self.details(scope),
            Command::Filter => {
                self.problem = None;
                self.field = Some(Field::new(&self.listing.filter));
            }
            Command::ClearFilter => self.refilter(""),
            Command::Back if !self.listing.filter.is_empty() => self.refilter(""),
            Command::Idle => {
                self.idle = !self.idle;
                self.reading.leave(scope);
                self.reading.ask(scope, at, self.look());
            }
            Command::Kill => self.ask_kill(scope, at),
            Command::Explain | Command::OpenStatement => {
                if let Some(recalled) = self.recalled() {
                    self.explaining.take(scope, at, command, recalled);
                }
            }
            Command::CopyValue | Command::CopyDocument => {
                if let Some((_, line)) = self.rows().nth(self.listing.window.cursor) {
                    let text = line.to_owned();
                    scope.effects.push(Effect::Copy { text });
                    scope.info("copied the statement");
                }
            }
            _ => return Step::Ignored,
        }
        Step::Done
    }

    fn awaits(&self, task: TaskId) -> bool {
        self.reading.awaits(task)
            || self.explaining.awaits(task)
            || self.killing.as_ref().is_some_and(|(t, _)| *t == task)
    }

    fn settle(
        &mut self,
        scope: &mut Scope<'_>,
        at: &Place,
        task: TaskId,
        result: Result<Reply, Failure>,
        _took: Duration,
    ) {
        if self.explaining.awaits(task) {
            return self.explaining.settle(scope, result);
        }
        if self.killing.as_ref().is_some_and(|(t, _)| *t == task) {
            return self.killed(scope, at, result);
        }
        let on = self.current().map(|o| o.id.clone());
        if self.reading.settle(task, result) {
            self.rebuild(on.as_ref());
            self.listing
                .window
                .fit(self.count(), scope.regions.main_rows);
        }
    }

    fn answer(&mut self, scope: &mut Scope<'_>, at: &Place, answer: Answer) -> Result<(), String> {
        if answer == Answer::Proceed {
            self.kill(scope, at);
        }
        Ok(())
    }

    fn shown(&mut self, scope: &mut Scope<'_>, at: &Place) {
        let look = self.look();
        self.reading.tick(scope, at, || look);
    }

    fn hidden(&mut self, scope: &mut Scope<'_>, _at: &Place) {
        self.reading.leave(scope);
    }

    fn tick(&mut self, scope: &mut Scope<'_>, at: &Place) {
        let look = self.look();
        self.reading.tick(scope, at, || look);
    }

    fn wants_ticks(&self) -> bool {
        true
    }
}
