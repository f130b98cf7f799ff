//! A tab: what a deployment and the pools to it are doing, in panels.
//!
//! The tab holds one state for each [`Panel`] and shows one of them. It hands everything on: keys, replies, time. What
//! lies in a panel is a [`Content`].
//!
//! How to add a panel:
//! 1. its state in `app/monitor/NAME.rs`, with `impl Content`; it asks with `scope.ask(Asker::Tab(at.tab), …)` and takes
//!    the reply in [`Content::settle`] where [`Content::awaits`] says that it is its own;
//! 2. a variant of [`Panel`], in [`Panel::ALL`] at the place that its number key has, with its arms in [`Panel::name`]
//!    and [`Panel::command`]; a field of [`Monitor`] with its arms in `Monitor::content_of` and `content_of_mut`;
//! 3. a command that turns to it from anywhere (`app/command.rs`, global), bound beside `pools` in `[global]` and to its
//!    number in `[monitor]` of all three keymaps;
//! 4. what it looks like in `view/monitor/NAME.rs`, with its arm in `view::monitor::draw`.
//!
//! Invariant: a panel that is not on the screen asks nothing and wants no ticks. [`Content::shown`] and
//! [`Content::hidden`] come in turns, the first is `shown`.

use std::time::Duration;

use super::command::Command;
use super::context::Context;
use super::field::Field;
use super::regions::Hit;
use super::scope::{Scope, TabId};
use super::tab::{Answer, Handled, Pane, Unsaved};
use super::window::Window;
use crate::config::state::{SessionTab, TabKind};
use crate::mongo::request::drift::Progress;
use crate::mongo::request::{Failure, ProfileName, Reply, TaskId};

pub mod changes;
pub mod choice;
pub mod explaining;
pub mod filter;
pub mod listing;
pub mod operations;
pub mod order;
pub mod pools;
pub mod rates;
pub mod reading;
pub mod server;
pub mod slow;
pub mod statement;
pub mod topology;

use changes::ChangesPanel;
use listing::Listing;
use operations::OperationsPanel;
use order::Order;
use pools::PoolsPanel;
use server::ServerPanel;
use slow::SlowPanel;
use topology::TopologyPanel;

/// A panel of the monitor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Panel {
    /// The connection pools.
    #[default]
    Pools,
    /// The members.
    Topology,
    /// The figures of a server.
    Server,
    /// What runs on it.
    Operations,
    /// What was slow.
    Slow,
    /// What is written.
    Changes,
}

impl Panel {
    /// All panels, in the order of their number keys.
    pub const ALL: &[Self] = &[
        Self::Pools,
        Self::Topology,
        Self::Server,
        Self::Operations,
        Self::Slow,
        Self::Changes,
    ];

    /// Its name in the header line, and in what is kept for `--last`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Pools => "pools",
            Self::Topology => "topology",
            Self::Server => "server",
            Self::Operations => "operations",
            Self::Slow => "slow",
            Self::Changes => "changes",
        }
    }

    /// The panel called `name`.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|p| p.name() == name)
    }

    /// The command that turns to it.
    #[must_use]
    pub fn command(self) -> Command {
        match self {
            Self::Pools => Command::Pools,
            Self::Topology => Command::Topology,
            Self::Server => Command::Server,
            Self::Operations => Command::Operations,
            Self::Slow => Command::Slow,
            Self::Changes => Command::Changes,
        }
    }

    /// The panel that `command` turns to.
    #[must_use]
    pub fn of(command: Command) -> Option<Self> {
        Self::ALL.iter().copied().find(|p| p.command() == command)
    }

    fn beside(self, by: usize) -> Self {
        let at = Self::ALL.iter().position(|p| *p == self).unwrap_or(0);
        Self::ALL[(at + by) % Self::ALL.len()]
    }
}

/// Where a panel is: what its requests are asked with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The tab.
    pub tab: TabId,
    /// The profile.
    pub profile: ProfileName,
}

/// What became of a command in a panel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// It is done.
    Done,
    /// It was not for the panel.
    Ignored,
    /// It leads to another panel.
    TurnTo(Panel),
}

/// Rows that one turn of the wheel moves.
const WHEEL: isize = 3;

/// The rows that a turn of the wheel moves.
fn turn(down: bool) -> isize {
    if down { WHEEL } else { -WHEEL }
}

/// The rows of a panel, and the cursor among them.
#[derive(Debug)]
pub struct List<'p> {
    /// How many rows there are.
    pub rows: usize,
    /// The cursor.
    pub window: &'p mut Window,
}

/// What the monitor knows of a panel.
pub trait Content: std::fmt::Debug {
    /// Whether a field of it is open.
    fn is_typing(&self) -> bool {
        false
    }

    /// The context of the keys while the panel has them.
    fn context(&self) -> Context {
        match self.is_typing() {
            true => Context::Input,
            false => Context::Monitor,
        }
    }

    /// Its rows that the person may narrow and order, where it has such.
    fn listing(&mut self) -> Option<&mut Listing> {
        None
    }

    /// The order of [`Content::listing`] was changed: it is to be arranged anew.
    fn arranged(&mut self) {}

    /// Its list, where it has one of rows with a cursor.
    fn list(&mut self) -> Option<List<'_>> {
        self.listing().map(|listing| List {
            rows: listing.count(),
            window: &mut listing.window,
        })
    }

    /// The field that is open, where [`Content::is_typing`].
    fn field(&mut self) -> Option<&mut Field> {
        None
    }

    /// The text of the open field was changed.
    fn edited(&mut self, _scope: &mut Scope<'_>, _at: &Place) {}

    /// Shows all that is known of the row under the cursor.
    fn details(&self, _scope: &mut Scope<'_>) {}

    /// The commands worth a hint, the most wanted first.
    fn hints(&self) -> &'static [Command];

    /// Takes a command. [`Command::Back`] comes here first; ignored, it leads to the tree.
    fn command(&mut self, scope: &mut Scope<'_>, at: &Place, command: Command) -> Step;

    /// Takes a typed key, in a context that takes text.
    fn typed(&mut self, scope: &mut Scope<'_>, at: &Place, input: tui_textarea::Input) {
        if let Some(field) = self.field() {
            field.input(input);
            self.edited(scope, at);
        }
    }

    /// Takes pasted text, in a context that takes text.
    fn pasted(&mut self, scope: &mut Scope<'_>, at: &Place, text: &str) {
        if let Some(field) = self.field() {
            field.paste(text);
            self.edited(scope, at);
        }
    }

    /// It was drawn: the number of rows that fit may have changed.
    fn drawn(&mut self, scope: &mut Scope<'_>, _at: &Place) {
        if let Some(list) = self.list() {
            list.window.fit(list.rows, scope.regions.main_rows);
        }
    }

    /// Takes a command that moves in the list, or orders it. Whether it was one.
    fn travel(&mut self, scope: &Scope<'_>, command: Command) -> bool {
        let height = scope.regions.main_rows;
        let order: Option<fn(&mut Order)> = match command {
            Command::OrderNext => Some(Order::turn),
            Command::OrderReverse => Some(|order| order.reversed = !order.reversed),
            _ => None,
        };
        if let (Some(order), Some(listing)) = (order, self.listing()) {
            listing.reorder(order);
            self.arranged();
            return true;
        }
        self.list()
            .is_some_and(|list| list.window.command(command, list.rows, height))
    }

    /// Takes a click.
    fn hit(&mut self, scope: &mut Scope<'_>, _at: &Place, hit: Hit, double: bool) -> Step {
        if let (Hit::Column(place), Some(listing)) = (hit, self.listing()) {
            listing.reorder(|order| order.choose(place));
            self.arranged();
            return Step::Done;
        }
        let (Hit::Row(place), Some(list)) = (hit, self.list()) else {
            return Step::Ignored;
        };
        list.window
            .choose(place, list.rows, scope.regions.main_rows);
        if double {
            self.details(scope);
        }
        Step::Done
    }

    /// Takes a turn of the wheel.
    fn wheel(&mut self, scope: &mut Scope<'_>, _at: &Place, down: bool) {
        if let Some(list) = self.list() {
            let height = scope.regions.main_rows;
            list.window.scroll(turn(down), list.rows, height);
        }
    }

    /// Whether it asked for `task` and still wants to know.
    fn awaits(&self, _task: TaskId) -> bool {
        false
    }

    /// Takes the result of a task that it awaits, on the screen or not.
    fn settle(
        &mut self,
        _scope: &mut Scope<'_>,
        _at: &Place,
        _task: TaskId,
        _result: Result<Reply, Failure>,
        _took: Duration,
    ) {
    }

    /// A task that it awaits is so far.
    fn progress(
        &mut self,
        _scope: &mut Scope<'_>,
        _at: &Place,
        _task: TaskId,
        _progress: Progress,
    ) {
    }

    /// Takes the answer of an overlay that it opened.
    ///
    /// # Errors
    /// Why it cannot be taken; a prompt then stays open with these words.
    fn answer(
        &mut self,
        _scope: &mut Scope<'_>,
        _at: &Place,
        _answer: Answer,
    ) -> Result<(), String> {
        Ok(())
    }

    /// It came onto the screen.
    fn shown(&mut self, _scope: &mut Scope<'_>, _at: &Place) {}

    /// It went off the screen.
    fn hidden(&mut self, _scope: &mut Scope<'_>, _at: &Place) {}

    /// Time went by while it was on the screen. Comes some four times a second: what is asked here keeps its own pace.
    fn tick(&mut self, _scope: &mut Scope<'_>, _at: &Place) {}

    /// Whether time alone changes something, while it is on the screen.
    fn wants_ticks(&self) -> bool {
        false
    }

    /// The profile answers again after it did not.
    fn reconnected(&mut self, _scope: &mut Scope<'_>, _at: &Place) {}

    /// What would be lost, or left behind, if the tab were closed now.
    fn unsaved(&self) -> Option<Unsaved> {
        None
    }

    /// The tab closes: puts back what the panel changed. Comes after [`Content::hidden`].
    fn close(&mut self, _scope: &mut Scope<'_>, _at: &Place) {}
}

/// What a deployment and the pools to it are doing.
#[derive(Debug)]
pub struct Monitor {
    /// Where it is.
    pub at: Place,
    /// The panel on the screen, while the tab is.
    pub panel: Panel,
    /// The connection pools.
    pub pools: PoolsPanel,
    /// The members.
    pub topology: TopologyPanel,
    /// The figures of a server.
    pub server: ServerPanel,
    /// What runs on it.
    pub operations: OperationsPanel,
    /// What was slow.
    pub slow: SlowPanel,
    /// What is written.
    pub changes: ChangesPanel,
    shown: bool,
}

impl Monitor {
    /// A monitor of a profile, on `panel`.
    #[must_use]
    pub fn open(tab: TabId, profile: ProfileName, panel: Panel) -> Self {
        Self {
            at: Place { tab, profile },
            panel,
            pools: PoolsPanel::default(),
            topology: TopologyPanel::default(),
            server: ServerPanel::default(),
            operations: OperationsPanel::default(),
            slow: SlowPanel::default(),
            changes: ChangesPanel::default(),
            shown: false,
        }
    }

    fn content_of(&self, panel: Panel) -> &dyn Content {
        match panel {
            Panel::Pools => &self.pools,
            Panel::Topology => &self.topology,
            Panel::Server => &self.server,
            Panel::Operations => &self.operations,
            Panel::Slow => &self.slow,
            Panel::Changes => &self.changes,
        }
    }

    fn content_of_mut(&mut self, panel: Panel) -> &mut dyn Content {
        match panel {
            Panel::Pools => &mut self.pools,
            Panel::Topology => &mut self.topology,
            Panel::Server => &mut self.server,
            Panel::Operations => &mut self.operations,
            Panel::Slow => &mut self.slow,
            Panel::Changes => &mut self.changes,
        }
    }

    /// The panel in front.
    #[must_use]
    pub fn content(&self) -> &dyn Content {
        self.content_of(self.panel)
    }

    fn content_mut(&mut self) -> (&mut dyn Content, Place) {
        let at = self.at.clone();
        (self.content_of_mut(self.panel), at)
    }

    /// Turns to a panel.
    pub fn turn_to(&mut self, scope: &mut Scope<'_>, panel: Panel) {
        if panel == self.panel {
            return;
        }
        let shown = self.shown;
        if shown {
            let (content, at) = self.content_mut();
            content.hidden(scope, &at);
        }
        self.panel = panel;
        if shown {
            let (content, at) = self.content_mut();
            content.shown(scope, &at);
        }
    }

    fn step(&mut self, scope: &mut Scope<'_>, step: Step) -> Handled {
        match step {
            Step::Done => Handled::Yes,
            Step::Ignored => Handled::No,
            Step::TurnTo(panel) => {
                self.turn_to(scope, panel);
                Handled::Yes
            }
        }
    }

    fn awaiting(&self, task: TaskId) -> Option<Panel> {
        let mut all = Panel::ALL.iter().copied();
        all.find(|p| self.content_of(*p).awaits(task))
    }
}

impl Pane for Monitor {
    fn id(&self) -> TabId {
        self.at.tab
    }

    fn profile(&self) -> &ProfileName {
        &self.at.profile
    }

    fn title(&self) -> String {
        "monitor".to_owned()
    }

    fn subject(&self) -> String {
        format!("monitor of {}", self.at.profile)
    }

    fn context(&self) -> Context {
        self.content().context()
    }

    fn command(&mut self, scope: &mut Scope<'_>, command: Command) -> Handled {
        let (content, at) = self.content_mut();
        let step = content.command(scope, &at, command);
        if self.step(scope, step) == Handled::Yes {
            return Handled::Yes;
        }
        let panel = match command {
            Command::FocusNext => self.panel.beside(1),
            Command::FocusPrevious => self.panel.beside(Panel::ALL.len() - 1),
            command => match Panel::of(command) {
                Some(panel) => panel,
                None => return Handled::No,
            },
        };
        self.turn_to(scope, panel);
        Handled::Yes
    }

    fn typed(&mut self, scope: &mut Scope<'_>, input: tui_textarea::Input) {
        let (content, at) = self.content_mut();
        content.typed(scope, &at, input);
    }

    fn pasted(&mut self, scope: &mut Scope<'_>, text: &str) {
        let (content, at) = self.content_mut();
        content.pasted(scope, &at, text);
    }

    fn drawn(&mut self, scope: &mut Scope<'_>) {
        let (content, at) = self.content_mut();
        content.drawn(scope, &at);
    }

    fn hit(&mut self, scope: &mut Scope<'_>, hit: Hit, double: bool) {
        if let Hit::Panel(place) = hit {
            if let Some(panel) = Panel::ALL.get(place) {
                self.turn_to(scope, *panel);
            }
            return;
        }
        let (content, at) = self.content_mut();
        let step = content.hit(scope, &at, hit, double);
        self.step(scope, step);
    }

    fn wheel(&mut self, scope: &mut Scope<'_>, down: bool) {
        let (content, at) = self.content_mut();
        content.wheel(scope, &at, down);
    }

    fn settle(
        &mut self,
        scope: &mut Scope<'_>,
        task: TaskId,
        result: Result<Reply, Failure>,
        took: Duration,
    ) {
        if let Some(panel) = self.awaiting(task) {
            let at = self.at.clone();
            self.content_of_mut(panel)
                .settle(scope, &at, task, result, took);
        }
    }

    fn progress(&mut self, scope: &mut Scope<'_>, task: TaskId, progress: Progress) {
        if let Some(panel) = self.awaiting(task) {
            let at = self.at.clone();
            self.content_of_mut(panel)
                .progress(scope, &at, task, progress);
        }
    }

    fn answer(&mut self, scope: &mut Scope<'_>, answer: Answer) -> Result<(), String> {
        let (content, at) = self.content_mut();
        content.answer(scope, &at, answer)
    }

    fn unsaved(&self) -> Option<Unsaved> {
        let mut all = Panel::ALL.iter().copied();
        all.find_map(|p| self.content_of(p).unsaved())
    }

    fn shown(&mut self, scope: &mut Scope<'_>) {
        if !std::mem::replace(&mut self.shown, true) {
            let (content, at) = self.content_mut();
            content.shown(scope, &at);
        }
    }

    fn hidden(&mut self, scope: &mut Scope<'_>) {
        if std::mem::replace(&mut self.shown, false) {
            let (content, at) = self.content_mut();
            content.hidden(scope, &at);
        }
    }

    fn tick(&mut self, scope: &mut Scope<'_>) {
        if self.shown {
            let (content, at) = self.content_mut();
            content.tick(scope, &at);
        }
    }

    fn wants_ticks(&self) -> bool {
        self.shown && self.content().wants_ticks()
    }

    fn reconnected(&mut self, scope: &mut Scope<'_>) {
        let at = self.at.clone();
        for panel in Panel::ALL {
            self.content_of_mut(*panel).reconnected(scope, &at);
        }
    }

    fn close(&mut self, scope: &mut Scope<'_>) {
        self.hidden(scope);
        let at = self.at.clone();
        for panel in Panel::ALL {
            self.content_of_mut(*panel).close(scope, &at);
        }
    }

    fn session(&self) -> Option<SessionTab> {
        Some(SessionTab {
            kind: TabKind::Monitor,
            profile: self.at.profile.to_string(),
            namespace: String::new(),
            filter: String::new(),
            sort: String::new(),
            view: self.panel.name().to_owned(),
        })
    }
}
