//! One look at a deployment after the other, for a panel.
//!
//! Invariant: never more than one question is under way, none is asked of a profile that is not connected, and what was
//! read keeps the time at which it was.

use std::sync::Arc;
use std::time::Duration;

use super::Place;
use crate::app::scope::{Asker, Moment, Scope};
use crate::mongo::request::observe::{Observation, Observe, Observed};
use crate::mongo::request::{Failure, FailureKind, Reply, Request, TaskId};
use crate::value::instant::Calendar;

/// After a failure the next question waits so many times longer.
const PATIENCE: u32 = 5;

/// What a panel reads again and again.
#[derive(Debug)]
pub struct Reading {
    every: Duration,
    seen: Option<Arc<Observed>>,
    failure: Option<Failure>,
    task: Option<TaskId>,
    asked: Option<Moment>,
    paused: bool,
    in_trouble: bool,
}

/// How fresh what is shown is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freshness {
    /// Nothing was read so far.
    Nothing,
    /// It is as new as it can be.
    Fresh,
    /// The person asked that it stays.
    Paused,
    /// It should be newer.
    Stale,
}

impl Reading {
    /// One that asks at this pace.
    #[must_use]
    pub fn every(every: Duration) -> Self {
        Self {
            every,
            seen: None,
            failure: None,
            task: None,
            asked: None,
            paused: false,
            in_trouble: false,
        }
    }

    /// The same, which also asks while the profile is in trouble: while it has no primary, or does not answer.
    #[must_use]
    pub fn in_trouble(self) -> Self {
        Self {
            in_trouble: true,
            ..self
        }
    }

    /// Asks at this pace from now on.
    pub fn pace(&mut self, every: Duration) {
        self.every = every;
    }

    /// Asks at the next tick, since something happened.
    pub fn hurry(&mut self) {
        self.asked = None;
    }

    /// What was seen last.
    #[must_use]
    pub fn seen(&self) -> Option<&Observation> {
        self.seen.as_ref().map(|seen| &seen.what)
    }

    /// When that was, in milliseconds since the epoch.
    #[must_use]
    pub fn at(&self) -> Option<i64> {
        self.seen.as_ref().map(|seen| seen.at)
    }

    /// Why the last question was not answered; `None` where it was.
    #[must_use]
    pub fn failure(&self) -> Option<&Failure> {
        self.failure.as_ref()
    }

    /// Whether nothing is asked for the moment.
    #[must_use]
    pub fn is_paused(&self) -> bool {
        self.paused
    }

    /// How fresh it is at `now`.
    #[must_use]
    pub fn freshness(&self, now: Moment) -> Freshness {
        let Some(at) = self.at() else {
            return Freshness::Nothing;
        };
        let age = now.since(Moment(u64::try_from(at).unwrap_or(0)));
        if self.paused {
            Freshness::Paused
        } else if self.failure.is_some() || age > self.every * 3 + Duration::from_secs(1) {
            Freshness::Stale
        } else {
            Freshness::Fresh
        }
    }

    /// Stops asking, or goes on.
    pub fn pause(&mut self) {
        self.paused = !self.paused;
        self.asked = None;
    }

    /// Asks, where it is time to.
    pub fn tick(&mut self, scope: &mut Scope<'_>, at: &Place, what: impl FnOnce() -> Observe) {
        let wait = match self.failure {
            Some(_) => self.every * PATIENCE,
            None => self.every,
        };
        let due = self
            .asked
            .is_none_or(|asked| scope.now.since(asked) >= wait);
        if due && !self.paused {
            self.ask(scope, at, what());
        }
    }

    /// Asks now, unless a question is under way.
    pub fn ask(&mut self, scope: &mut Scope<'_>, at: &Place, what: Observe) {
        let ready = scope
            .profiles
            .get(&at.profile)
            .is_some_and(|p| p.is_ready() || (self.in_trouble && p.is_retrying()));
        if self.task.is_some() || !ready {
            return;
        }
        self.asked = Some(scope.now);
        let request = Request::Observe(what);
        self.task = Some(scope.ask(Asker::Tab(at.tab), &at.profile, request));
    }

    /// Whether it waits for this task.
    #[must_use]
    pub fn awaits(&self, task: TaskId) -> bool {
        self.task == Some(task)
    }

    /// Takes an answer. Whether something new was seen.
    pub fn settle(&mut self, task: TaskId, result: Result<Reply, Failure>) -> bool {
        if self.task != Some(task) {
            return false;
        }
        self.task = None;
        match result {
            Ok(Reply::Observed(seen)) => {
                self.seen = Some(seen);
                self.failure = None;
                true
            }
            Ok(_) => false,
            Err(failure) => {
                if failure.kind != FailureKind::Cancelled {
                    self.failure = Some(failure);
                }
                false
            }
        }
    }

    /// Gives up what is under way.
    pub fn leave(&mut self, scope: &mut Scope<'_>) {
        if let Some(task) = self.task.take() {
            scope.cancel(task);
        }
        self.asked = None;
    }

    /// Drops what was seen, since something else is to be looked at.
    pub fn forget(&mut self, scope: &mut Scope<'_>) {
        self.leave(scope);
        self.seen = None;
        self.failure = None;
    }
}

/// A time of day: `14:02:11`.
#[must_use]
pub fn clock(millis: i64) -> String {
    let at = Calendar::from_millis(millis);
    format!("{:02}:{:02}:{:02}", at.hour, at.minute, at.second)
}
