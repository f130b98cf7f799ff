//! What becomes of a statement that a panel recalled out of a server's command: it is explained, opened in a tab, copied.
//!
//! Invariant: nothing is run here; the plan is asked for without running the statement, and a tab opens with its text.

use bson::RawBson;

use super::Place;
use super::statement::Recalled;
use crate::app::command::Command;
use crate::app::overlay::{Message, Overlay};
use crate::app::query::explaining;
use crate::app::scope::{Asker, Scope};
use crate::app::tab::Destination;
use crate::mongo::request::{Failure, Outcome, Reply, Request, TaskId};
use crate::query::explain::Plan;
use crate::query::{self, Input};

/// A plan that is asked for.
#[derive(Debug, Default)]
pub struct Explaining {
    task: Option<TaskId>,
    of: String,
}

impl Explaining {
    /// Takes [`Command::Explain`] or [`Command::OpenStatement`] of a statement, or of why there is none.
    pub fn take(
        &mut self,
        scope: &mut Scope<'_>,
        at: &Place,
        command: Command,
        recalled: Result<Recalled, &'static str>,
    ) {
        match recalled {
            Ok(recalled) if command == Command::Explain => self.ask(scope, at, &recalled),
            Ok(recalled) => open(scope, at, recalled),
            Err(reason) => scope.warn(reason),
        }
    }

    /// Asks how the server would run a statement, without running it.
    pub fn ask(&mut self, scope: &mut Scope<'_>, at: &Place, recalled: &Recalled) {
        let now = i64::try_from(scope.now.0).unwrap_or(0);
        let parsed = query::parse(
            &recalled.text,
            &query::Context::new(&recalled.database, now),
        );
        let Ok(Input::Statement(statement)) = parsed else {
            return scope.warn("this operation has no statement that could be explained");
        };
        let statement = explaining::planning(&statement);
        if let Some(task) = self.task.take() {
            scope.cancel(task);
        }
        let request = Request::Run {
            statement: statement.into(),
            feed: scope.ids.feed(),
            count: 1,
        };
        self.of.clone_from(&recalled.text);
        self.task = Some(scope.ask(Asker::Tab(at.tab), &at.profile, request));
    }

    /// Whether it waits for this task.
    #[must_use]
    pub fn awaits(&self, task: TaskId) -> bool {
        self.task == Some(task)
    }

    /// Shows the plan.
    pub fn settle(&mut self, scope: &mut Scope<'_>, result: Result<Reply, Failure>) {
        self.task = None;
        let plan = match result {
            Ok(Reply::Ran(Outcome::Value(RawBson::Document(answer)))) => Plan::read(&answer),
            Ok(_) => return,
            Err(failure) => return scope.fail(&failure),
        };
        let text = match plan {
            Ok(plan) => explaining::text(&plan),
            Err(unreadable) => return scope.warn(unreadable.to_string()),
        };
        let statement: String = self.of.chars().take(2_000).collect();
        scope.overlays.push(Overlay::Message(Message {
            title: "how the server would run it".to_owned(),
            text: format!("{statement}\n\n{text}"),
            first: 0,
        }));
    }
}

/// Opens a statement in a tab of its own; it is not run.
fn open(scope: &mut Scope<'_>, at: &Place, recalled: Recalled) {
    scope.go_to(Destination::Query {
        profile: at.profile.clone(),
        database: recalled.database,
        collection: recalled.collection,
        text: recalled.text,
    });
}
