//! The panel of the connection pools: one row for each server, and behind it the connections and what happened.
//!
//! The figures are the profile's, folded from the driver's events; nothing is asked of a server here. They are reported
//! whole while the panel is on the screen, and not otherwise. What a connection runs is what the future that got it says
//! of itself (`mongo::events::work`), so it is exact for all that mongodeck sends; what the driver sends by itself (closing
//! cursors) is not told apart.
//!
//! Invariant: while it is paused nothing on the panel changes but what the person moves.

use std::sync::Arc;

use super::choice::{Choice, Move};
use super::{Content, Panel, Place, Step, turn};
use crate::app::command::Command;
use crate::app::effect::Effect;
use crate::app::field::Field;
use crate::app::overlay::{Overlay, Prompt, Purpose, scroll};
use crate::app::profiles::Profiles;
use crate::app::regions::Hit;
use crate::app::scope::{Moment, Scope};
use crate::app::tab::Answer;
use crate::app::words;
use crate::pool::{Event, record};

pub mod figures;

use figures::{Figures, Row, Trouble};

/// What the panel shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Page {
    /// The servers and what is wrong.
    #[default]
    Servers,
    /// Commands by name.
    Commands,
    /// The connections of one server.
    Connections,
    /// How long things took with one server.
    Times,
    /// What happened: to one server where one is open, else to all.
    Events,
}

impl Page {
    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Servers => "servers",
            Self::Commands => "commands",
            Self::Connections => "connections",
            Self::Times => "times",
            Self::Events => "events",
        }
    }
}

/// The connection pools of a profile.
#[derive(Debug, Default)]
pub struct PoolsPanel {
    /// What is shown.
    pub page: Page,
    /// The server that is open.
    pub opened: Option<Arc<str>>,
    /// The row of the overview.
    pub row: Choice<Row>,
    /// The connection.
    pub connection: Choice<u32>,
    /// The event, by its number.
    pub event: Choice<u64>,
    /// The command.
    pub command: Choice<Arc<str>>,
    /// The first line of the times.
    pub times_first: usize,
    /// What the events shown must hold.
    pub filter: Field,
    /// Whether the filter is being typed.
    pub filtering: bool,
    /// What was there when the panel was paused.
    pub paused: Option<Figures>,
}

impl PoolsPanel {
    /// The figures to show.
    #[must_use]
    pub fn figures(&self, profiles: &Profiles, at: &Place, now: Moment) -> Option<Figures> {
        match &self.paused {
            Some(paused) => Some(paused.clone()),
            None => Figures::of(profiles.get(&at.profile)?, now),
        }
    }

    /// The pages at hand: of the server that is open, or of all.
    #[must_use]
    pub fn pages(&self) -> &'static [Page] {
        match self.opened {
            Some(_) => &[Page::Connections, Page::Events, Page::Times],
            None => &[Page::Servers, Page::Events, Page::Commands],
        }
    }

    fn turn(&mut self, forward: bool) {
        let pages = self.pages();
        let at = pages.iter().position(|p| *p == self.page).unwrap_or(0);
        let by = if forward { 1 } else { pages.len() - 1 };
        self.page = pages[(at + by) % pages.len()];
    }

    fn numbers(&self, figures: &Figures) -> Vec<u64> {
        let shown = figures::events(figures, self.opened.as_ref(), self.filter.text());
        shown.into_iter().map(|(number, _)| number).collect()
    }

    /// Moves in the rows of the page. Whether the step was for that.
    fn travel(&mut self, figures: &Figures, step: Move, height: usize) -> bool {
        match self.page {
            Page::Servers => self.row.go(step, &figures::rows(figures), height),
            Page::Commands => self.command.go(step, &names(figures), height),
            Page::Connections => {
                let rows = self.ids(figures);
                self.connection.go(step, &rows, height)
            }
            Page::Events => {
                let rows = self.numbers(figures);
                self.event.go(step, &rows, height)
            }
            Page::Times => {
                let before = self.times_first;
                match step {
                    Move::Command(command) => scroll(&mut self.times_first, command, height),
                    Move::Scroll(by) => self.times_first = before.saturating_add_signed(by),
                    Move::Choose(_) => {}
                }
                before != self.times_first
            }
        }
    }

    fn ids(&self, figures: &Figures) -> Vec<u32> {
        let pool = self.opened.as_ref().and_then(|a| figures.pools.get(a));
        let connections = pool.map(figures::connections).unwrap_or_default();
        connections.into_iter().map(|(id, _)| id).collect()
    }

    fn open(&mut self, address: &Arc<str>, page: Page) {
        self.opened = Some(Arc::clone(address));
        self.page = page;
        self.connection = Choice::default();
        self.event = Choice::default();
        self.times_first = 0;
    }

    /// Opens what is under the cursor.
    fn enter(&mut self, scope: &mut Scope<'_>, figures: &Figures) -> Step {
        match self.page {
            Page::Servers => {
                let rows = figures::rows(figures);
                match self.row.chosen(&rows).cloned() {
                    Some(Row::Warning(address, Trouble::Saturated)) => {
                        // What runs on the server is told by the server, where that can be asked.
                        if let Some(operations) = Panel::from_name("operations") {
                            return Step::TurnTo(operations);
                        }
                        self.open(&address, Page::Connections);
                    }
                    Some(Row::Warning(address, Trouble::Making)) => {
                        self.open(&address, Page::Times);
                    }
                    Some(Row::Warning(address, _)) => self.open(&address, Page::Events),
                    Some(Row::Server(address)) => self.open(&address, Page::Connections),
                    None => {}
                }
            }
            Page::Events => {
                let rows = self.numbers(figures);
                let chosen = self.event.chosen(&rows).copied();
                let all = figures::events(figures, None, "");
                let event = all.into_iter().find(|(n, _)| Some(*n) == chosen);
                if let (Some((_, event)), None) = (event, &self.opened) {
                    let address = Arc::clone(&event.address);
                    self.opened = Some(address);
                }
            }
            Page::Commands => {
                let rows = names(figures);
                let name = self.command.chosen(&rows);
                let found = name.and_then(|n| figures.pools.commands.get(n));
                match found.and_then(|c| c.last_failure.clone()) {
                    Some(text) => scope.info(format!("last failure: {text}")),
                    None => scope.info("none of these failed"),
                }
            }
            Page::Connections | Page::Times => {}
        }
        Step::Done
    }

    fn back(&mut self) -> Step {
        if !self.filter.text().is_empty() && self.page == Page::Events {
            self.filter = Field::default();
            return Step::Done;
        }
        if self.opened.take().is_some() {
            self.page = Page::Servers;
            return Step::Done;
        }
        if self.page != Page::Servers {
            self.page = Page::Servers;
            return Step::Done;
        }
        Step::Ignored
    }

    fn pause(&mut self, figures: &Figures) {
        self.paused = match self.paused {
            Some(_) => None,
            None => Some(figures.clone()),
        };
    }

    fn copy(&self, scope: &mut Scope<'_>, figures: &Figures) {
        let text = match self.page {
            Page::Servers => {
                let rows = figures::rows(figures);
                match self.row.chosen(&rows) {
                    Some(row @ Row::Warning(..)) => {
                        let all = figures::warnings(figures);
                        let found = all.into_iter().find(|(r, _)| r == row);
                        found.map(|(_, warning)| warning.text())
                    }
                    Some(Row::Server(address)) => Some(address.to_string()),
                    None => None,
                }
            }
            Page::Connections => {
                let ids = self.ids(figures);
                let id = self.connection.chosen(&ids);
                let pool = self.opened.as_ref().and_then(|a| figures.pools.get(a));
                let connection = pool.and_then(|p| p.connections.get(id?));
                // The comment is what finds the operation on the server.
                connection
                    .and_then(|c| c.work.as_ref())
                    .map(|w| w.comment.to_string())
            }
            Page::Events => {
                let rows = self.numbers(figures);
                let chosen = self.event.chosen(&rows);
                let all = figures::events(figures, self.opened.as_ref(), self.filter.text());
                let event = all.into_iter().find(|(n, _)| Some(n) == chosen);
                event.map(|(_, e)| line(figures, e))
            }
            Page::Commands | Page::Times => None,
        };
        match text.filter(|t| !t.is_empty()) {
            Some(text) => {
                scope.effects.push(Effect::Copy { text });
                scope.info("copied");
            }
            None => scope.info("nothing to copy here"),
        }
    }

    /// Asks for the file that the events shown are to be written to.
    fn ask_file(&mut self, scope: &mut Scope<'_>, at: &Place, figures: &Figures) {
        // What is asked about is what is written, however long the person thinks about the name.
        if self.paused.is_none() {
            self.pause(figures);
        }
        let count = self.numbers(figures).len();
        scope.overlays.push(Overlay::Prompt(Prompt {
            title: format!("write {} to a file", words::several(count, "event")),
            hint: "JSON lines; a file that is there already is not touched".to_owned(),
            field: Field::new(&format!("pool-events-{}.jsonl", at.profile)),
            problem: None,
            purpose: Purpose::EventFile(at.tab),
        }));
    }

    fn write(
        &mut self,
        scope: &mut Scope<'_>,
        figures: &Figures,
        path: &str,
    ) -> Result<(), String> {
        let path = path.trim();
        if path.is_empty() {
            return Err("type the name of a file".to_owned());
        }
        let mut events = figures::events(figures, self.opened.as_ref(), self.filter.text());
        events.reverse();
        let mut text = String::new();
        for (_, event) in &events {
            text.push_str(&line(figures, event));
            text.push('\n');
        }
        scope.effects.push(Effect::WriteFile {
            path: path.to_owned(),
            text,
            what: words::several(events.len(), "event"),
        });
        Ok(())
    }
}

/// An event as a line of JSON with its time.
fn line(figures: &Figures, event: &Event) -> String {
    let time = words::instant(figures.clock(event.at).0);
    record::line(event, Some(&time))
}

fn names(figures: &Figures) -> Vec<Arc<str>> {
    let all = figures::commands(&figures.pools);
    all.into_iter().map(|(name, _)| name).collect()
}

impl Content for PoolsPanel {
    fn is_typing(&self) -> bool {
        self.filtering
    }

    fn field(&mut self) -> Option<&mut Field> {
        self.filtering.then_some(&mut self.filter)
    }

    fn hints(&self) -> &'static [Command] {
        match self.page {
            Page::Servers => &[
                Command::Open,
                Command::ViewNext,
                Command::Toggle,
                Command::CopyValue,
                Command::Back,
                Command::Palette,
                Command::Help,
            ],
            Page::Events => &[
                Command::Toggle,
                Command::Filter,
                Command::EventsExport,
                Command::ViewNext,
                Command::CopyValue,
                Command::Back,
                Command::Palette,
                Command::Help,
            ],
            Page::Connections | Page::Times | Page::Commands => &[
                Command::ViewNext,
                Command::Toggle,
                Command::CopyValue,
                Command::Back,
                Command::Palette,
                Command::Help,
            ],
        }
    }

    fn command(&mut self, scope: &mut Scope<'_>, at: &Place, command: Command) -> Step {
        if self.filtering {
            match command {
                Command::Accept | Command::Open => self.filtering = false,
                Command::Back | Command::Cancel => {
                    self.filtering = false;
                    self.filter = Field::default();
                }
                _ => return Step::Ignored,
            }
            return Step::Done;
        }
        match command {
            Command::Back => return self.back(),
            Command::ViewNext | Command::CursorRight => {
                self.turn(true);
                return Step::Done;
            }
            Command::CursorLeft => {
                self.turn(false);
                return Step::Done;
            }
            _ => {}
        }
        let Some(figures) = self.figures(scope.profiles, at, scope.now) else {
            return Step::Ignored;
        };
        if self.travel(&figures, Move::Command(command), scope.regions.main_rows) {
            return Step::Done;
        }
        match command {
            Command::Open => return self.enter(scope, &figures),
            Command::Toggle => self.pause(&figures),
            Command::Filter => {
                self.page = Page::Events;
                self.filtering = true;
            }
            Command::ClearFilter => self.filter = Field::default(),
            Command::CopyValue | Command::CopyDocument => self.copy(scope, &figures),
            Command::EventsExport => {
                self.page = Page::Events;
                self.ask_file(scope, at, &figures);
            }
            _ => return Step::Ignored,
        }
        Step::Done
    }

    fn hit(&mut self, scope: &mut Scope<'_>, at: &Place, hit: Hit, double: bool) -> Step {
        if let Hit::Column(place) = hit {
            if let Some(page) = self.pages().get(place) {
                self.page = *page;
            }
            return Step::Done;
        }
        let (Hit::Row(place), Some(figures)) = (hit, self.figures(scope.profiles, at, scope.now))
        else {
            return Step::Ignored;
        };
        self.travel(&figures, Move::Choose(place), scope.regions.main_rows);
        match double {
            true => self.enter(scope, &figures),
            false => Step::Done,
        }
    }

    fn wheel(&mut self, scope: &mut Scope<'_>, at: &Place, down: bool) {
        if let Some(figures) = self.figures(scope.profiles, at, scope.now) {
            self.travel(&figures, Move::Scroll(turn(down)), scope.regions.main_rows);
        }
    }

    fn answer(&mut self, scope: &mut Scope<'_>, at: &Place, answer: Answer) -> Result<(), String> {
        let Answer::EventFile(path) = answer else {
            return Ok(());
        };
        match self.figures(scope.profiles, at, scope.now) {
            Some(figures) => self.write(scope, &figures, &path),
            None => Err("there are no events any more: the profile is not connected".to_owned()),
        }
    }

    fn shown(&mut self, scope: &mut Scope<'_>, at: &Place) {
        scope.effects.push(Effect::WatchPools {
            profile: at.profile.clone(),
            whole: true,
        });
    }

    fn hidden(&mut self, scope: &mut Scope<'_>, at: &Place) {
        scope.effects.push(Effect::WatchPools {
            profile: at.profile.clone(),
            whole: false,
        });
    }

    fn wants_ticks(&self) -> bool {
        // Ages and histories go on though nothing happens.
        self.paused.is_none()
    }
}
