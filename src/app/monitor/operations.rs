//! The panel of what runs on the server: the longest first, filtered, looked at, explained, opened as a query, stopped.
//!
//! Invariant: the cursor stays on its operation while the list changes, and nothing is stopped but the operation that
//! the question named.

mod operation;
mod question;

use std::time::Duration;

use super::explaining::Explaining;
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
use crate::mongo::request::observe::{
    Killed, Observation, Observe, OperationId, Operations, RunningOperation,
};
use crate::mongo::request::{Failure, Namespace, Reply, Request, TaskId};
use operation::{Listed, ORDERS, compare, describe, line, named};
use question::question;

pub use operation::{WORDS, lasting, lock_of};

/// Time between two questions.
const EVERY: Duration = Duration::from_secs(2);

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

fn place_of(operation: &RunningOperation) -> Option<Namespace> {
    let (database, collection) = operation.namespace.split_once('.')?;
    Some(Namespace::new(database, collection))
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
