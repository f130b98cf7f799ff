//! The panel of a server's figures: what it does in a second, what it holds, and the last minutes of each figure.

use std::time::Duration;

use super::rates::{Point, Readings};
use super::reading::Reading;
use super::{Content, List, Place, Step};
use crate::app::command::Command;
use crate::app::scope::Scope;
use crate::app::window::Window;
use crate::app::words;
use crate::mongo::request::observe::{Counters, Observation, Observe, ServerFigures};
use crate::mongo::request::{Failure, Reply, TaskId};

/// Time between two questions.
const EVERY: Duration = Duration::from_secs(2);

/// The panel.
#[derive(Debug)]
pub struct ServerPanel {
    /// What was read last.
    pub reading: Reading,
    /// What was read before.
    pub readings: Readings,
    /// The cursor of the figures.
    pub window: Window,
}

impl Default for ServerPanel {
    fn default() -> Self {
        Self {
            reading: Reading::every(EVERY),
            readings: Readings::default(),
            window: Window::default(),
        }
    }
}

/// What a figure counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Things.
    Count,
    /// Bytes.
    Bytes,
}

/// One figure of a server.
#[derive(Debug, Clone, Copy)]
pub struct Figure {
    /// The group that it belongs to, for the first figure of one.
    pub group: &'static str,
    /// Its name.
    pub name: &'static str,
    /// What it counts.
    pub unit: Unit,
    /// Whether it is per second.
    pub rate: bool,
    value: Source,
    /// What it is out of, where there is a limit.
    limit: Option<fn(&ServerFigures) -> Option<u64>>,
}

type Counter = fn(&Counters) -> Option<u64>;

#[derive(Debug, Clone, Copy)]
enum Source {
    Rate(Counter),
    Level(fn(&ServerFigures) -> Option<u64>),
}

const fn rate(group: &'static str, name: &'static str, value: Counter) -> Figure {
    Figure {
        group,
        name,
        unit: Unit::Count,
        rate: true,
        value: Source::Rate(value),
        limit: None,
    }
}

const fn level(
    group: &'static str,
    name: &'static str,
    value: fn(&ServerFigures) -> Option<u64>,
) -> Figure {
    Figure {
        group,
        name,
        unit: Unit::Count,
        rate: false,
        value: Source::Level(value),
        limit: None,
    }
}

const fn bytes(figure: Figure) -> Figure {
    Figure {
        unit: Unit::Bytes,
        ..figure
    }
}

const fn of(figure: Figure, limit: fn(&ServerFigures) -> Option<u64>) -> Figure {
    Figure {
        limit: Some(limit),
        ..figure
    }
}

/// All figures, in the order of the rows.
pub const FIGURES: &[Figure] = &[
    rate("operations", "inserts", |c| Some(c.insert)),
    rate("", "queries", |c| Some(c.query)),
    rate("", "updates", |c| Some(c.update)),
    rate("", "deletes", |c| Some(c.delete)),
    rate("", "getMores", |c| Some(c.getmore)),
    rate("", "commands", |c| Some(c.command)),
    rate("documents", "given", |c| c.returned),
    rate("", "looked at", |c| c.scanned),
    rate("", "index keys", |c| c.scanned_keys),
    of(level("connections", "open", |f| Some(f.connections)), |f| {
        Some(f.connections + f.connections_left)
    }),
    level("", "active", |f| f.connections_active),
    rate("", "new", |c| Some(c.connections_created)),
    level("queue", "reads wait", |f| f.queued.map(|q| q.0)),
    level("", "writes wait", |f| f.queued.map(|q| q.1)),
    of(
        level("", "reads run", |f| f.tickets.map(|(r, _)| r.taken)),
        |f| f.tickets.map(|(r, _)| r.taken + r.free),
    ),
    of(
        level("", "writes run", |f| f.tickets.map(|(_, w)| w.taken)),
        |f| f.tickets.map(|(_, w)| w.taken + w.free),
    ),
    bytes(rate("network", "received", |c| Some(c.bytes_in))),
    bytes(rate("", "sent", |c| Some(c.bytes_out))),
    bytes(level("memory", "resident", |f| f.resident)),
    bytes(of(
        level("cache", "used", |f| f.cache.map(|c| c.used)),
        |f| f.cache.map(|c| c.limit),
    )),
    bytes(level("", "dirty", |f| f.cache.map(|c| c.dirty))),
    bytes(rate("", "read in", |c| c.cache_in)),
    bytes(rate("", "written", |c| c.cache_out)),
    level("cursors", "open", |f| f.cursors),
    rate("errors", "by clients", |c| c.user_errors),
];

impl Figure {
    /// Its value at a reading; `None` where this server has none, or a rate is not known.
    #[must_use]
    pub fn at(&self, point: &Point) -> Option<f64> {
        match self.value {
            Source::Rate(counter) => point.since?.rate(&point.figures.counters, counter),
            #[expect(
                clippy::cast_precision_loss,
                reason = "a figure is shown with three digits"
            )]
            Source::Level(level) => level(&point.figures).map(|n| n as f64),
        }
    }

    /// Whether this server has it at all.
    #[must_use]
    pub fn is_known(&self, figures: &ServerFigures) -> bool {
        match self.value {
            Source::Rate(counter) => counter(&figures.counters).is_some(),
            Source::Level(level) => level(figures).is_some(),
        }
    }

    /// Its value in words: `120/s`, `3.1 MB of 1.0 GB`.
    #[must_use]
    pub fn words(&self, point: &Point) -> String {
        let Some(value) = self.at(point) else {
            return "–".to_owned();
        };
        let amount = self.amount(value);
        if self.rate {
            return format!("{amount}/s");
        }
        match self.limit.and_then(|limit| limit(&point.figures)) {
            #[expect(
                clippy::cast_precision_loss,
                reason = "a figure is shown with three digits"
            )]
            Some(limit) => format!("{amount} of {}", self.amount(limit as f64)),
            None => amount,
        }
    }

    fn amount(&self, value: f64) -> String {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "counters are not negative, and a cast bounds what is too large"
        )]
        let whole = value.max(0.0).round() as u64;
        match self.unit {
            // Something that seldom happens is not nothing.
            Unit::Count if value > 0.0 && value < 9.95 && value.fract() > 0.0 => {
                format!("{value:.1}")
            }
            Unit::Count => words::count(whole),
            Unit::Bytes => words::bytes(whole),
        }
    }
}

impl ServerPanel {
    /// The figures that this server has.
    #[must_use]
    pub fn figures(&self) -> Vec<&'static Figure> {
        match self.readings.last() {
            Some(point) => FIGURES
                .iter()
                .filter(|f| f.is_known(&point.figures))
                .collect(),
            None => Vec::new(),
        }
    }

    fn rows(&self) -> usize {
        self.figures().len()
    }
}

impl Content for ServerPanel {
    fn list(&mut self) -> Option<List<'_>> {
        Some(List {
            rows: self.rows(),
            window: &mut self.window,
        })
    }

    fn hints(&self) -> &'static [Command] {
        &[
            Command::Toggle,
            Command::Refresh,
            Command::FocusNext,
            Command::Palette,
            Command::Help,
        ]
    }

    fn command(&mut self, scope: &mut Scope<'_>, at: &Place, command: Command) -> Step {
        if self.travel(scope, command) {
            return Step::Done;
        }
        match command {
            Command::Refresh => self.reading.ask(scope, at, Observe::Server),
            Command::Toggle => self.reading.pause(),
            _ => return Step::Ignored,
        }
        Step::Done
    }

    fn awaits(&self, task: TaskId) -> bool {
        self.reading.awaits(task)
    }

    fn settle(
        &mut self,
        _scope: &mut Scope<'_>,
        _at: &Place,
        task: TaskId,
        result: Result<Reply, Failure>,
        _took: Duration,
    ) {
        if self.reading.settle(task, result)
            && let (Some(Observation::Server(figures)), Some(at)) =
                (self.reading.seen(), self.reading.at())
        {
            self.readings.take(at, (**figures).clone());
        }
    }

    fn shown(&mut self, scope: &mut Scope<'_>, at: &Place) {
        self.reading.tick(scope, at, || Observe::Server);
    }

    fn hidden(&mut self, scope: &mut Scope<'_>, _at: &Place) {
        self.reading.leave(scope);
    }

    fn tick(&mut self, scope: &mut Scope<'_>, at: &Place) {
        self.reading.tick(scope, at, || Observe::Server);
    }

    fn wants_ticks(&self) -> bool {
        true
    }
}
