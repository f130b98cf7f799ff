//! The loop that joins the state machine, the screen, the disk and the servers.
//!
//! It waits for whatever comes first (a key, a report of the runner, a signal, time), drains what else is there, updates
//! the state, carries out the effects and draws **once**. Nothing is drawn while nothing changes, and two frames are at
//! least [`FRAME`] apart. Nothing here decides anything: that is the state machine's.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossterm::event::{Event, MouseButton, MouseEventKind};
use tokio::sync::mpsc;

use crate::app::msg::{Mouse, MouseKind};
use crate::app::{App, Effect, Moment, Msg, Opening};
use crate::cli::{Exit, look, usage};
use crate::clock;
use crate::config::connections::ConnectionLog;
use crate::config::{Config, Globs, Launch, queries};
use crate::input::{Key, Keymaps, Pending, Resolved};
use crate::mongo::request::Report;
use crate::mongo::runner::Runner;
use crate::terminal::{self, Asked, Copied, Heard, Inlet, Screen, Signals};
use crate::theme::{Ground, Theme};
use crate::view;

pub mod external;
pub mod files;
pub mod keeper;
pub mod setup;

use keeper::Keeper;

/// The least time between two frames.
const FRAME: Duration = Duration::from_millis(16);
/// How often time alone is told to the state, while something on the screen changes with it.
const TICK: Duration = Duration::from_millis(250);
/// The longest wait for an age on the screen to change: what waits does not notice that the machine slept meanwhile.
const NAP: Duration = Duration::from_secs(15);
/// How often the log is told what is alive, where it is asked for that (`--log-level mongodeck::runtime=debug`).
const ALIVE: Duration = Duration::from_secs(10);
/// How long the end waits for the log of connections.
const LOG_WAIT: Duration = Duration::from_millis(200);
/// How soon a second press of the mouse at the same place makes a double press.
const DOUBLE: Duration = Duration::from_millis(400);

/// Runs the console until it is left. Must be called within the asynchronous runtime.
pub async fn console(launch: Launch) -> Exit {
    let ready = match setup::prepare(&launch) {
        Ok(ready) => ready,
        Err(message) => return usage(&message),
    };
    terminal::install_panic_hook(ready.log.clone());
    let signals = match Signals::listen() {
        Ok(signals) => signals,
        Err(e) => return usage(&format!("cannot listen to signals: {e}")),
    };
    let mouse = if launch.config.settings.mouse {
        terminal::Mouse::On
    } else {
        terminal::Mouse::Off
    };
    let mut screen = match Screen::enter(mouse) {
        Ok(screen) => screen,
        Err(e) => {
            return usage(&format!(
                "the console needs a terminal: {e}; `mongodeck --help` lists what works without one"
            ));
        }
    };
    let inlet = match Inlet::open() {
        Ok(inlet) => inlet,
        Err(e) => {
            drop(screen);
            return usage(&format!("cannot read from the terminal: {e}"));
        }
    };
    // It is asked before the first frame, so that the answer is there soon after it.
    if look::asks_for_ground(&launch.config.settings.theme) {
        let _ = screen.ask_ground();
    }
    let (reports, inbox) = mpsc::unbounded_channel();
    let mut runner = Runner::new(launch.profiles.clone(), reports);
    // Without a state directory the console works all the same.
    if let Ok(log) = ConnectionLog::open() {
        runner = runner.with_connection_log(log);
    }
    let mut deck = Deck {
        app: ready.app,
        theme: ready.theme,
        themes: ready.themes,
        keymaps: ready.keymaps,
        pending: Pending::default(),
        screen,
        inlet,
        runner,
        keeper: ready.keeper,
        models: ready.models,
        config: launch.config.clone(),
        last_press: None,
        over: None,
    };
    deck.work(signals, inbox, ready.opening, ready.first).await;
    let Deck {
        app,
        mut screen,
        inlet,
        runner,
        keeper,
        over,
        ..
    } = deck;
    drop(app);
    // Drafts are on disk before anything else that could hang.
    keeper.finish();
    // What is typed from here on is the shell's.
    drop(inlet);
    screen.leave();
    runner.shutdown().await;
    if let Some(log) = runner.connection_log() {
        log.flush(LOG_WAIT);
    }
    drop(screen);
    over.unwrap_or(Exit::Ok)
}

/// Everything that the loop holds.
struct Deck {
    app: App,
    theme: Theme,
    themes: Vec<Theme>,
    keymaps: Keymaps,
    pending: Pending,
    screen: Screen,
    inlet: Inlet,
    runner: Runner,
    keeper: Keeper,
    /// Where the models are written down.
    models: Vec<Globs>,
    /// Where saved queries are looked for.
    config: Config,
    last_press: Option<(Instant, u16, u16)>,
    /// Set once the loop is to end.
    over: Option<Exit>,
}

fn now() -> Moment {
    Moment(u64::try_from(clock::now().as_millis()).unwrap_or(u64::MAX))
}

impl Deck {
    /// The models as they are on disk now.
    fn read_models(&self) -> Msg {
        let (library, problems) = setup::models(&self.models);
        Msg::Models {
            library: Arc::new(library),
            problems,
        }
    }

    async fn work(
        &mut self,
        mut signals: Signals,
        mut inbox: mpsc::UnboundedReceiver<Report>,
        opening: Opening,
        first: Vec<Msg>,
    ) {
        if let Ok((columns, rows)) = crossterm::terminal::size() {
            self.app.size = (columns, rows);
        }
        // Some terminals leave the shell's text on the other screen.
        if self.screen.redraw().is_err() {
            return;
        }
        // The first frame is drawn before anything is asked of a server.
        self.draw().await;
        let mut last_frame = Instant::now();
        let effects = self.app.open(now(), opening);
        self.perform_all(effects).await;
        for msg in first {
            self.tell(msg).await;
        }
        let mut last_tick = last_frame;
        let mut last_alive = last_frame;
        let mut dirty = true;
        while self.over.is_none() {
            // A terminal that is behind is not given another frame: it gets the newest one once it has read the last.
            let behind = !self.screen.is_free();
            let frame_due = last_frame + FRAME;
            let wake = [
                self.pending.deadline(),
                self.app.wants_ticks().then(|| last_tick + TICK),
                self.app
                    .wakes_at()
                    .map(|at| Instant::now() + at.since(now()).min(NAP)),
                (dirty && !behind).then_some(frame_due),
            ];
            let wake = wake.into_iter().flatten().min();
            // Another program may have had the terminal meanwhile.
            if self.inlet.go_on().is_err() {
                self.tell(Msg::Leaving).await;
                break;
            }
            tokio::select! {
                biased;
                asked = signals.next() => {
                    self.asked(asked).await;
                    dirty = true;
                }
                event = self.inlet.next() => match event {
                    Some(heard) => {
                        self.hear(heard).await;
                        dirty = true;
                    }
                    // The terminal is gone.
                    None => {
                        self.tell(Msg::Leaving).await;
                        self.over = Some(Exit::Ok);
                    }
                },
                Some(report) = inbox.recv() => {
                    self.tell(Msg::Report(Box::new(report))).await;
                    dirty = true;
                }
                Some(msg) = self.keeper.next() => {
                    self.tell(msg).await;
                    dirty = true;
                }
                () = Screen::freed(), if dirty && behind => {}
                () = until(wake) => {
                    let moment = Instant::now();
                    if self.pending.expire(moment) {
                        dirty = true;
                    }
                    let due = self.app.wakes_at().is_some_and(|at| at <= now());
                    if due || (self.app.wants_ticks() && moment >= last_tick + TICK) {
                        last_tick = moment;
                        self.tell(Msg::Tick).await;
                        dirty = true;
                    }
                }
            }
            // What else is there already belongs into the same frame.
            for _ in 0..256 {
                let Some(heard) = self.inlet.at_hand() else {
                    break;
                };
                self.hear(heard).await;
                dirty = true;
                if self.over.is_some() {
                    return;
                }
            }
            while let Ok(report) = inbox.try_recv() {
                self.tell(Msg::Report(Box::new(report))).await;
                dirty = true;
            }
            let due = dirty && last_frame.elapsed() >= FRAME && self.screen.is_free();
            if due && self.over.is_none() {
                dirty = self.draw().await;
                last_frame = Instant::now();
                last_tick = last_frame;
            }
            // Told when something else woke the loop: being told is no reason to wake.
            if last_alive.elapsed() >= ALIVE {
                last_alive = Instant::now();
                let tasks = tokio::runtime::Handle::current()
                    .metrics()
                    .num_alive_tasks();
                tracing::debug!(tasks, sent = self.screen.sent(), "alive");
            }
        }
    }

    /// Draws, and tells the state what was learned. Says whether that calls for another frame.
    async fn draw(&mut self) -> bool {
        let Self {
            app,
            theme,
            keymaps,
            pending,
            screen,
            ..
        } = self;
        let mut regions = None;
        let drawn =
            screen.draw(|frame| regions = Some(view::draw(app, theme, keymaps, pending, frame)));
        if drawn.is_err() {
            self.over.get_or_insert(Exit::Ok);
        }
        match regions {
            Some(regions) if regions != self.app.regions => {
                self.tell(Msg::Drawn(regions)).await;
                true
            }
            _ => false,
        }
    }

    /// Gives a message to the state, and carries out what follows.
    async fn tell(&mut self, msg: Msg) {
        let effects = self.app.update(now(), msg);
        self.perform_all(effects).await;
    }

    async fn hear(&mut self, heard: Heard) {
        match heard {
            Heard::Event(event) => self.event(event).await,
            Heard::Ground(colour) => {
                let theme = look::theme_on(&self.config.settings.theme, Ground::of(colour));
                if let Some(theme) = theme
                    && let Some(place) = self.themes.iter().position(|t| t.name() == theme.name())
                {
                    self.themes.rotate_left(place);
                    self.theme = theme;
                }
            }
        }
    }

    /// Takes an event of the terminal.
    async fn event(&mut self, event: Event) {
        let msg = match event {
            Event::Key(event) => {
                let Some(key) = Key::from_event(&event) else {
                    return;
                };
                let context = self.app.context();
                match self
                    .pending
                    .press(&self.keymaps, context, key, Instant::now())
                {
                    Resolved::Matched(command) => Msg::Command(command),
                    Resolved::Unbound if context.takes_text() => Msg::Typed(event.into()),
                    Resolved::Pending | Resolved::Unbound | Resolved::Cancelled => return,
                }
            }
            Event::Paste(text) => Msg::Pasted(text),
            Event::Resize(columns, rows) => Msg::Resized(columns, rows),
            Event::Mouse(event) => {
                let kind = match event.kind {
                    MouseEventKind::Down(MouseButton::Left) => self.press(event.column, event.row),
                    MouseEventKind::ScrollUp => MouseKind::WheelUp,
                    MouseEventKind::ScrollDown => MouseKind::WheelDown,
                    _ => return,
                };
                Msg::Mouse(Mouse {
                    kind,
                    column: event.column,
                    row: event.row,
                })
            }
            Event::FocusGained | Event::FocusLost => return,
        };
        self.tell(msg).await;
    }

    /// Whether a press is the second one of a double press.
    fn press(&mut self, column: u16, row: u16) -> MouseKind {
        let moment = Instant::now();
        let double = self.last_press.take().is_some_and(|(at, c, r)| {
            (c, r) == (column, row) && moment.duration_since(at) < DOUBLE
        });
        if double {
            return MouseKind::DoublePress;
        }
        self.last_press = Some((moment, column, row));
        MouseKind::Press
    }

    /// Carries out effects, and the effects of what they lead to, in order.
    async fn perform_all(&mut self, effects: Vec<Effect>) {
        let mut queue = VecDeque::from(effects);
        while let Some(effect) = queue.pop_front() {
            if let Some(msg) = self.perform(effect).await {
                queue.extend(self.app.update(now(), msg));
            }
        }
    }

    async fn perform(&mut self, effect: Effect) -> Option<Msg> {
        match effect {
            Effect::Mongo {
                profile,
                task,
                request,
            } => self.runner.start(&profile, task, request),
            Effect::Cancel { task } => self.runner.cancel(task),
            Effect::Connect { profile } => self.runner.connect(&profile),
            Effect::Disconnect { profile } => self.runner.disconnect(&profile),
            Effect::Unlock { profile, lasts } => self.runner.unlock(&profile, lasts),
            Effect::Lock { profile } => self.runner.lock(&profile),
            Effect::WatchPools { profile, whole } => self.runner.watch_pools(&profile, whole),
            Effect::Copy { text } => return Some(self.copy(&text)),
            Effect::EditExternally { tab, text, line } => {
                // The other program reads the keys, so nobody else may.
                self.inlet.pause();
                let result = external::edit(&mut self.screen, &text, line).await;
                return Some(Msg::EditedExternally { tab, result });
            }
            Effect::OpenFile { file, line } => {
                self.inlet.pause();
                return Some(match external::open(&mut self.screen, &file, line).await {
                    Ok(()) => self.read_models(),
                    Err(text) => Msg::Trouble {
                        text,
                        detail: String::new(),
                    },
                });
            }
            Effect::CompletePath { text } => self.keeper.complete(text),
            Effect::ReadModels => return Some(self.read_models()),
            Effect::WriteFile { path, text, what } => self.keeper.write_file(path, text, what),
            Effect::ReadQueries => {
                let shelf = queries::load(&self.config);
                return Some(Msg::Queries(Arc::new(shelf)));
            }
            Effect::SaveQuery {
                tab,
                path,
                text,
                instead,
            } => {
                let result = queries::save(&path, &text, &instead);
                return Some(Msg::QuerySaved { tab, result });
            }
            Effect::KeepValues {
                profile,
                query,
                held,
            } => self.keeper.save_values(profile.to_string(), query, held),
            Effect::SaveDraft(draft) => self.keeper.save_draft(draft),
            Effect::RemoveDraft(id) => self.keeper.remove_draft(id),
            Effect::RecordWrite(record) => self.keeper.log_write(record),
            Effect::KeepStatement(entry) => self.keeper.keep_statement(entry),
            Effect::SaveColumns {
                profile,
                namespace,
                layout,
            } => {
                self.keeper
                    .save_layout(profile.to_string(), namespace.to_string(), layout);
            }
            Effect::SaveSession(session) => self.keeper.save_session(session),
            Effect::NextTheme => {
                self.themes.rotate_left(1);
                if let Some(theme) = self.themes.first() {
                    self.theme = theme.clone();
                    return Some(Msg::Information(format!("theme `{}`", self.theme.name())));
                }
            }
            Effect::ToggleMouse => {
                let mouse = match self.screen.mouse() {
                    terminal::Mouse::On => terminal::Mouse::Off,
                    terminal::Mouse::Off => terminal::Mouse::On,
                };
                if self.screen.set_mouse(mouse).is_err() {
                    self.over = Some(Exit::Ok);
                }
                let word = if mouse == terminal::Mouse::On {
                    "on"
                } else {
                    "off: select text with it"
                };
                return Some(Msg::Information(format!("mouse {word}")));
            }
            Effect::Redraw => {
                if self.screen.redraw().is_err() {
                    self.over = Some(Exit::Ok);
                }
            }
            Effect::Suspend => {
                self.inlet.pause();
                if self.screen.suspend().await.is_err() {
                    self.over = Some(Exit::Ok);
                }
            }
            Effect::Quit => self.over = Some(Exit::Ok),
        }
        None
    }

    fn copy(&mut self, text: &str) -> Msg {
        match self.screen.copy(text) {
            Ok(Copied::Sent { bytes }) => {
                Msg::Information(format!("copied {}", view::words::bytes(bytes as u64)))
            }
            Ok(Copied::SentLarge { bytes }) => Msg::Information(format!(
                "copied {}: some terminals do not take as much",
                view::words::bytes(bytes as u64)
            )),
            Ok(Copied::TooLarge { bytes, limit }) => Msg::Trouble {
                text: format!(
                    "not copied: {} is more than the {} that terminals take; use `mongodeck find` with a redirection",
                    view::words::bytes(bytes as u64),
                    view::words::bytes(limit as u64)
                ),
                detail: String::new(),
            },
            Err(e) => Msg::Trouble {
                text: format!("not copied: {e}"),
                detail: String::new(),
            },
        }
    }

    async fn asked(&mut self, asked: Asked) {
        match asked {
            Asked::Leave => {
                // A dropped line ends the program this way: what was typed last is still kept.
                self.tell(Msg::Leaving).await;
                self.over = Some(Exit::Interrupted);
            }
            Asked::Panicked => self.over = Some(Exit::Query),
            Asked::Resume => {
                if self.screen.wake().is_err() {
                    self.over = Some(Exit::Ok);
                }
                // It may have been stopped for long: what is shown is as old as it is now.
                self.tell(Msg::Tick).await;
            }
        }
    }
}

/// Waits until a moment; for ever where there is none.
async fn until(moment: Option<Instant>) {
    match moment {
        Some(moment) => tokio::time::sleep_until(moment.into()).await,
        None => std::future::pending().await,
    }
}
