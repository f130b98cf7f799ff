//! The panel of slow operations: by shape, out of a database's profiler and the server's log; and the profiler's level.
//!
//! Invariant: a profiler that was set here is put back when the tab closes or another database is looked at.

mod setting;
mod shape;

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
use crate::app::tab::{Answer, Unsaved};
use crate::app::words;
use crate::mongo::request::observe::{
    Observation, Observe, Profiling, ProfilingLevel, Restored, Slow, SlowShape,
};
use crate::mongo::request::{Failure, Reply, Request, TaskId};
use setting::{parse, typed};
use shape::{ORDERS, WORDS, compare, key, whole};

pub use setting::describe;
pub use shape::is_scan;

/// Time between two questions: the log is long.
const EVERY: Duration = Duration::from_secs(5);

/// What a question is about.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Wanted {
    /// Setting the profiler so.
    Set(Profiling),
    /// Putting back what an earlier run left.
    PutBack,
}

/// What a field of the panel is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asking {
    /// Text that shapes must have.
    Filter,
    /// The database.
    Database,
    /// How the profiler is to be set.
    Profiler,
}

impl Asking {
    /// What may be typed.
    #[must_use]
    pub fn hint(self) -> String {
        match self {
            Self::Filter => WORDS.hint(),
            Self::Database => "a database's name".to_owned(),
            Self::Profiler => "off · slow MILLISECONDS [SHARE of them, 0 to 1] · all".to_owned(),
        }
    }

    /// What stands before it.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Filter => "filter",
            Self::Database => "database",
            Self::Profiler => "profiler",
        }
    }
}

/// The panel.
#[derive(Debug)]
pub struct SlowPanel {
    /// What was read.
    pub reading: Reading,
    /// Which of the shapes are shown, and the cursor among them.
    pub listing: Listing,
    /// The database whose profiler is looked at.
    pub database: Option<String>,
    /// What is typed.
    pub field: Option<(Asking, Field)>,
    /// Why what was typed is not taken.
    pub problem: Option<String>,
    wanted: Option<Wanted>,
    /// Whether it was asked about what an earlier run left.
    offered: bool,
    setting: Option<TaskId>,
    restoring: Option<TaskId>,
    /// Whether this panel set the profiler of its database.
    set: bool,
    explaining: Explaining,
}

impl Default for SlowPanel {
    fn default() -> Self {
        Self {
            reading: Reading::every(EVERY),
            listing: Listing::by(ORDERS),
            database: None,
            field: None,
            problem: None,
            wanted: None,
            offered: false,
            setting: None,
            restoring: None,
            set: false,
            explaining: Explaining::default(),
        }
    }
}

impl SlowPanel {
    /// What was read last.
    #[must_use]
    pub fn slow(&self) -> Option<&Slow> {
        match self.reading.seen() {
            Some(Observation::Slow(slow)) => Some(slow),
            _ => None,
        }
    }

    /// The shapes that are shown.
    pub fn rows(&self) -> impl Iterator<Item = &SlowShape> {
        let shapes = self.slow().map_or(&[][..], |s| &s.shapes);
        self.listing.places().filter_map(|place| shapes.get(place))
    }

    /// How many are shown.
    #[must_use]
    pub fn count(&self) -> usize {
        self.listing.count()
    }

    /// The shape under the cursor.
    #[must_use]
    pub fn current(&self) -> Option<&SlowShape> {
        self.rows().nth(self.listing.window.cursor)
    }

    fn rebuild(&mut self, on: Option<&(String, String, String)>) {
        let Some(Observation::Slow(slow)) = self.reading.seen() else {
            return self.listing.clear();
        };
        self.listing
            .arrange(&slow.shapes, compare, |shape| Some(&key(shape)) == on);
    }

    fn refilter(&mut self, text: &str) {
        self.problem = self.listing.narrow(text, &WORDS);
        let on = self.current().map(key);
        self.rebuild(on.as_ref());
    }

    fn look(&self) -> Option<Observe> {
        let database = self.database.clone()?;
        Some(Observe::Slow { database })
    }

    fn ask(&mut self, scope: &mut Scope<'_>, at: &Place) {
        if let Some(look) = self.look() {
            self.reading.ask(scope, at, look);
        }
    }

    fn look_at(&mut self, scope: &mut Scope<'_>, at: &Place, database: &str) {
        if self.database.as_deref() == Some(database) {
            return;
        }
        self.restore(scope, at);
        self.database = Some(database.to_owned());
        self.reading.forget(scope);
        self.rebuild(None);
        self.ask(scope, at);
    }

    /// Puts the profiler back, where it was set here.
    fn restore(&mut self, scope: &mut Scope<'_>, at: &Place) {
        if let Some(database) = self.database.clone().filter(|_| self.set) {
            self.set = false;
            let request = Request::RestoreProfiling { database };
            self.restoring = Some(scope.ask(Asker::Tab(at.tab), &at.profile, request));
        }
    }

    fn taken(&mut self, scope: &mut Scope<'_>, at: &Place) {
        let Some((asking, field)) = &self.field else {
            return;
        };
        let text = field.text().trim().to_owned();
        let result = match asking {
            Asking::Filter => {
                self.refilter(&text);
                self.problem.take().map_or(Ok(()), Err)
            }
            Asking::Database if text.is_empty() || text.contains(['.', ' ', '/', '$', '"']) => {
                Err(format!("`{text}` is no database's name"))
            }
            Asking::Database => {
                self.look_at(scope, at, &text);
                Ok(())
            }
            Asking::Profiler => {
                let is = self.slow().and_then(|s| s.profiling);
                parse(&text, is).map(|to| self.ask_set(scope, at, to))
            }
        };
        match result {
            Ok(()) => self.field = None,
            Err(problem) => self.problem = Some(problem),
        }
    }

    fn begin(&mut self, scope: &mut Scope<'_>, at: &Place, asking: Asking) {
        let is = self.slow().and_then(|s| s.profiling);
        let text = match asking {
            Asking::Filter => self.listing.filter.clone(),
            Asking::Database => self.database.clone().unwrap_or_default(),
            Asking::Profiler => {
                let refusal = scope
                    .profiles
                    .get(&at.profile)
                    .and_then(|p| p.write_refusal());
                if let Some(refusal) = refusal {
                    return scope.warn(format!("the profiler is not set: {refusal}"));
                }
                if self.database.is_none() {
                    return scope.warn("choose a database first");
                }
                let left = self.slow().and_then(|s| s.left);
                match is {
                    _ if left.is_some() => left.map(typed).unwrap_or_default(),
                    None => String::new(),
                    Some(is) if is.level == ProfilingLevel::Off => format!("slow {}", is.slow_ms),
                    Some(_) => "off".to_owned(),
                }
            }
        };
        self.problem = None;
        self.field = Some((asking, Field::new(&text)));
    }

    fn ask_set(&mut self, scope: &mut Scope<'_>, at: &Place, to: Profiling) {
        let Some(database) = self.database.clone() else {
            return;
        };
        let mut lines = vec![format!("of `{database}`: {}", describe(to))];
        if let Some(is) = self.slow().and_then(|s| s.profiling) {
            lines.push(format!("now: {}", describe(is)));
            if is.slow_ms != to.slow_ms || (is.sample_rate - to.sample_rate).abs() > f64::EPSILON {
                lines.push(
                    "the threshold and the share hold for the whole server, and for its log"
                        .to_owned(),
                );
            }
        }
        match to.level {
            ProfilingLevel::All => {
                lines
                    .push("the server writes a document for each operation: it gets slower".into());
            }
            ProfilingLevel::Slow => {
                lines.push("the server writes a document for each slow operation".into());
            }
            ProfilingLevel::Off => {}
        }
        lines.push("it is put back when this tab closes, or the program ends".into());
        self.wanted = Some(Wanted::Set(to));
        let confirm = Confirm::new("set the profiler?", lines, Intent::Proceed(at.tab));
        scope.overlays.push(Overlay::Confirm(confirm));
    }

    /// Offers to put back what an earlier run left, once.
    fn offer(&mut self, scope: &mut Scope<'_>, at: &Place) {
        let left = scope.profiles.get(&at.profile).map(|p| &p.left);
        let Some(left) = left.and_then(|l| l.first()).filter(|_| !self.offered) else {
            return;
        };
        self.offered = true;
        let lines = vec![
            format!("of `{}` on {}", left.database, left.address),
            "an earlier run of this program set it, and ended without putting it back".to_owned(),
            format!("now: {}", describe(left.set)),
            format!("before: {}", describe(left.before)),
        ];
        let database = left.database.clone();
        self.look_at(scope, at, &database);
        self.wanted = Some(Wanted::PutBack);
        let confirm = Confirm::new("put the profiler back?", lines, Intent::Proceed(at.tab));
        scope.overlays.push(Overlay::Confirm(confirm));
    }

    fn send(&mut self, scope: &mut Scope<'_>, at: &Place) {
        let (Some(wanted), Some(database)) = (self.wanted.take(), self.database.clone()) else {
            return;
        };
        let Wanted::Set(to) = wanted else {
            let request = Request::RestoreProfiling { database };
            self.restoring = Some(scope.ask(Asker::Tab(at.tab), &at.profile, request));
            return;
        };
        let what = format!("set the profiler of `{database}`");
        let request = Request::SetProfiling { database, to };
        self.set = true;
        self.setting = Some(scope.ask_write(Asker::Tab(at.tab), &at.profile, request, what));
    }

    /// The slowest of the shape under the cursor as a statement, or why it is none.
    fn recalled(&self) -> Option<Result<Recalled, &'static str>> {
        let shape = self.current()?;
        let kind = match shape.operation.as_str() {
            "delete" => "remove",
            other => other,
        };
        let recalled = (!shape.cut)
            .then(|| recall(&shape.namespace, kind, &shape.example))
            .flatten();
        Some(recalled.ok_or("the slowest one is not known as a whole statement"))
    }
}

impl Content for SlowPanel {
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
        self.field.as_mut().map(|(_, field)| field)
    }

    fn edited(&mut self, _scope: &mut Scope<'_>, _at: &Place) {
        self.problem = None;
        if let Some((Asking::Filter, field)) = &self.field {
            let text = field.text().to_owned();
            self.refilter(&text);
        }
    }

    fn details(&self, scope: &mut Scope<'_>) {
        let Some(shape) = self.current() else {
            return;
        };
        scope.overlays.push(Overlay::Message(Message {
            title: format!("{} on {}", shape.operation, shape.namespace),
            text: whole(shape),
            first: 0,
        }));
    }

    fn hints(&self) -> &'static [Command] {
        &[
            Command::Open,
            Command::Profiler,
            Command::Namespace,
            Command::Explain,
            Command::OpenStatement,
            Command::Filter,
            Command::OrderNext,
            Command::Toggle,
            Command::Help,
        ]
    }

    fn command(&mut self, scope: &mut Scope<'_>, at: &Place, command: Command) -> Step {
        if let Some((asking, _)) = &self.field {
            match command {
                Command::Accept | Command::Open => self.taken(scope, at),
                Command::Back | Command::Cancel => {
                    let filter = *asking == Asking::Filter;
                    self.field = None;
                    self.problem = None;
                    if filter {
                        self.refilter("");
                    }
                }
                _ => {}
            }
            return Step::Done;
        }
        if self.travel(scope, command) {
            return Step::Done;
        }
        match command {
            Command::Refresh => self.ask(scope, at),
            Command::Toggle => self.reading.pause(),
            Command::Open => self.details(scope),
            Command::Filter => self.begin(scope, at, Asking::Filter),
            Command::ClearFilter => self.refilter(""),
            Command::Back if !self.listing.filter.is_empty() => self.refilter(""),
            Command::Namespace => self.begin(scope, at, Asking::Database),
            Command::Profiler => self.begin(scope, at, Asking::Profiler),
            Command::Explain | Command::OpenStatement => {
                if let Some(recalled) = self.recalled() {
                    self.explaining.take(scope, at, command, recalled);
                }
            }
            Command::CopyValue | Command::CopyDocument => {
                if let Some(shape) = self.current() {
                    let text = match self.recalled() {
                        Some(Ok(recalled)) => recalled.text,
                        _ => words::document_text(&shape.example),
                    };
                    scope.effects.push(Effect::Copy { text });
                    scope.info("copied the slowest one");
                }
            }
            _ => return Step::Ignored,
        }
        Step::Done
    }

    fn awaits(&self, task: TaskId) -> bool {
        self.reading.awaits(task)
            || self.explaining.awaits(task)
            || self.setting == Some(task)
            || self.restoring == Some(task)
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
        if self.setting == Some(task) {
            self.setting = None;
            match result {
                Ok(Reply::Profiling(now)) => {
                    scope.info(format!("the profiler is set: {}", describe(now)));
                }
                Ok(_) => {}
                Err(failure) => scope.fail(&failure),
            }
            return self.ask(scope, at);
        }
        if self.restoring == Some(task) {
            self.restoring = None;
            match result {
                Ok(Reply::ProfilingRestored(Restored::Yes(now))) => {
                    scope.info(format!("the profiler is as it was: {}", describe(now)));
                }
                Ok(Reply::ProfilingRestored(Restored::SetElsewhere(now))) => scope.warn(format!(
                    "somebody else has set the profiler meanwhile, so it is left: {}",
                    describe(now)
                )),
                Ok(_) => {}
                Err(failure) => scope.fail(&failure),
            }
            return self.ask(scope, at);
        }
        let on = self.current().map(key);
        if self.reading.settle(task, result) {
            self.rebuild(on.as_ref());
            self.listing
                .window
                .fit(self.count(), scope.regions.main_rows);
        }
    }

    fn answer(&mut self, scope: &mut Scope<'_>, at: &Place, answer: Answer) -> Result<(), String> {
        if answer == Answer::Proceed {
            self.send(scope, at);
        }
        Ok(())
    }

    fn shown(&mut self, scope: &mut Scope<'_>, at: &Place) {
        if self.database.is_none() {
            let profile = scope.profiles.get(&at.profile);
            self.database = Some(
                profile
                    .and_then(|p| p.database.clone())
                    .unwrap_or_else(|| "test".to_owned()),
            );
        }
        self.offer(scope, at);
        self.tick(scope, at);
    }

    fn hidden(&mut self, scope: &mut Scope<'_>, _at: &Place) {
        self.reading.leave(scope);
    }

    fn tick(&mut self, scope: &mut Scope<'_>, at: &Place) {
        if let Some(look) = self.look() {
            self.reading.tick(scope, at, || look);
        }
    }

    fn wants_ticks(&self) -> bool {
        true
    }

    fn unsaved(&self) -> Option<Unsaved> {
        // What is not set so far cannot be put back.
        self.setting.map(|_| Unsaved {
            what: "the profiler is being set".to_owned(),
            lines: vec![
                "the profiler is being set, and no answer came so far".to_owned(),
                "closed now, it may stay set".to_owned(),
            ],
        })
    }

    fn close(&mut self, scope: &mut Scope<'_>, at: &Place) {
        if let Some(database) = self.database.clone().filter(|_| self.set) {
            self.set = false;
            // The tab is gone when the answer comes.
            let request = Request::RestoreProfiling { database };
            scope.ask(Asker::Nobody, &at.profile, request);
        }
    }
}
