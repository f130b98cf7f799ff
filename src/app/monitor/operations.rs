//! The panel of what runs on the server: the longest first, filtered, looked at, explained, opened as a query, stopped.
//!
//! Invariant: the cursor stays on its operation while the list changes, and nothing is stopped but the operation that
//! the question named.

use std::time::Duration;

use super::explaining::Explaining;
use super::reading::Reading;
use super::statement::{Recalled, recall};
use super::{Content, List, Place, Step};
use crate::app::command::Command;
use crate::app::context::Context;
use crate::app::effect::Effect;
use crate::app::field::Field;
use crate::app::overlay::{Confirm, Intent, Message, Overlay};
use crate::app::scope::{Asker, Scope};
use crate::app::tab::Answer;
use crate::app::window::Window;
use crate::app::words;
use crate::mongo::request::observe::{
    Killed, Observation, Observe, OperationId, Operations, RunningOperation,
};
use crate::mongo::request::{Failure, Reply, Request, TaskId};

/// Time between two questions.
const EVERY: Duration = Duration::from_secs(2);

/// Characters of a statement in a question.
const ASKED: usize = 300;

/// The panel.
#[derive(Debug)]
pub struct OperationsPanel {
    /// What was read.
    pub reading: Reading,
    /// The cursor of the operations that are shown.
    pub window: Window,
    /// Only operations with this text are shown; empty for all.
    pub filter: String,
    /// The filter while it is typed.
    pub field: Option<Field>,
    /// Whether what does nothing is shown too.
    pub idle: bool,
    /// Each operation's statement, beside what was read.
    lines: Vec<String>,
    /// The places of those that are shown.
    shown: Vec<usize>,
    asked: Option<(String, RunningOperation)>,
    killing: Option<(TaskId, OperationId)>,
    explaining: Explaining,
}

impl Default for OperationsPanel {
    fn default() -> Self {
        Self {
            reading: Reading::every(EVERY),
            window: Window::default(),
            filter: String::new(),
            field: None,
            idle: false,
            lines: Vec::new(),
            shown: Vec::new(),
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
        self.shown.iter().filter_map(|place| {
            let line = self.lines.get(*place).map_or("", String::as_str);
            Some((running.get(*place)?, line))
        })
    }

    /// How many are shown.
    #[must_use]
    pub fn count(&self) -> usize {
        self.shown.len()
    }

    /// The operation under the cursor.
    #[must_use]
    pub fn current(&self) -> Option<&RunningOperation> {
        self.rows().nth(self.window.cursor).map(|(o, _)| o)
    }

    /// Brings the rows into step with what was read and with the filter; the cursor stays on `on`.
    fn rebuild(&mut self, on: Option<&OperationId>) {
        let Some(Observation::Operations(operations)) = self.reading.seen() else {
            self.shown.clear();
            return;
        };
        let wanted = self.filter.to_lowercase();
        self.lines = operations.running.iter().map(line).collect();
        self.shown = operations
            .running
            .iter()
            .zip(&self.lines)
            .enumerate()
            .filter(|(_, (operation, line))| wanted.is_empty() || matches(operation, line, &wanted))
            .map(|(place, _)| place)
            .collect();
        let place = self
            .shown
            .iter()
            .position(|p| operations.running.get(*p).map(|o| &o.id) == on);
        if let Some(place) = place {
            self.window.cursor = place;
        }
        self.window.cursor = self.window.cursor.min(self.shown.len().saturating_sub(1));
    }

    fn refilter(&mut self, text: &str) {
        self.filter = text.trim().to_owned();
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
        let title = format!("stop operation {}?", operation.id);
        self.asked = Some((host, operation));
        let confirm = Confirm::new(title, lines, Intent::Proceed(at.tab));
        scope.overlays.push(Overlay::Confirm(confirm));
    }

    fn kill(&mut self, scope: &mut Scope<'_>, at: &Place) {
        let Some((host, operation)) = self.asked.take() else {
            return;
        };
        let what = format!("stop operation {}", operation.id);
        let request = Request::KillOperation {
            host,
            id: operation.id.clone(),
        };
        let task = scope.ask_write(Asker::Tab(at.tab), &at.profile, request, what);
        self.killing = Some((task, operation.id));
    }

    fn killed(&mut self, scope: &mut Scope<'_>, at: &Place, result: Result<Reply, Failure>) {
        let Some((_, id)) = self.killing.take() else {
            return;
        };
        match result {
            Ok(Reply::Killed(Killed::Gone)) => {
                scope.info(format!(
                    "operation {id} was stopped: the server has it no more"
                ));
            }
            Ok(Reply::Killed(Killed::AlreadyGone)) => {
                scope.info(format!(
                    "operation {id} had ended before it could be stopped"
                ));
            }
            Ok(Reply::Killed(Killed::Stopping)) => scope.warn(format!(
                "operation {id} was told to stop, and has not come to a place where it can"
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

fn matches(operation: &RunningOperation, line: &str, wanted: &str) -> bool {
    let texts = [
        Some(line),
        Some(operation.namespace.as_str()),
        Some(operation.kind.as_str()),
        operation.client.as_deref(),
        operation.application.as_deref(),
        operation.user.as_deref(),
        operation.plan.as_deref(),
    ];
    let found = |text: &str| text.to_lowercase().contains(wanted);
    texts.into_iter().flatten().any(found) || operation.id.to_string() == wanted
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
    if matches!(operation.kind.as_str(), "update" | "remove" | "insert") && !operation.transaction {
        lines.push("what it has written so far stays written".to_owned());
    }
    if operation.client.is_none() {
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
    told("progress", operation.message.clone());
    told("waits", yes(operation.waits, "for a lock"));
    told("locks", Some(operation.locks.join(", ")));
    told(
        "yields",
        (operation.yields > 0).then(|| words::count(operation.yields)),
    );
    told("transaction", yes(operation.transaction, "yes"));
    told(
        "stopping",
        yes(operation.kill_pending, "it was told to stop"),
    );
    told("ours", yes(operation.ours, "started by this program"));
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
    fn context(&self) -> Context {
        match self.field {
            Some(_) => Context::Input,
            None => Context::Monitor,
        }
    }

    fn list(&mut self) -> Option<List<'_>> {
        Some(List {
            rows: self.count(),
            window: &mut self.window,
        })
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
            title: format!("operation {}", operation.id),
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
                    self.field = None;
                    self.refilter(&text);
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
            Command::Filter => self.field = Some(Field::new(&self.filter)),
            Command::ClearFilter => self.refilter(""),
            Command::Back if !self.filter.is_empty() => self.refilter(""),
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
                if let Some((_, line)) = self.rows().nth(self.window.cursor) {
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
            self.window.fit(self.count(), scope.regions.main_rows);
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
