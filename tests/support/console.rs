//! The console without a terminal: the real state machine, keymaps, drawing and runner against a real server, with the
//! frame kept in memory. Faster and steadier than a pseudo-terminal, and style can be read from it.

#![allow(dead_code, reason = "each test uses a part")]

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use mongodeck::app::{App, Effect, Moment, Msg, Opening};
use mongodeck::config::Profile;
use mongodeck::input::{Code, Key, Keymaps, Pending, Preset, Resolved};
use mongodeck::model::Library;
use mongodeck::mongo::request::{Namespace, ProfileName, Report};
use mongodeck::mongo::runner::Runner;
use mongodeck::theme::{Depth, Theme};
use mongodeck::view;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use tokio::sync::mpsc;

/// How long a test waits for something to come onto the screen.
const PATIENCE: Duration = Duration::from_secs(20);

/// A console in memory.
pub struct Console {
    /// The state.
    pub app: App,
    /// What carries requests out.
    pub runner: Runner,
    /// Effects that have no place here (drafts, copies, the log of writes), in their order.
    pub kept: Vec<Effect>,
    inbox: mpsc::UnboundedReceiver<Report>,
    terminal: Terminal<TestBackend>,
    theme: Theme,
    keymaps: Keymaps,
    pending: Pending,
}

fn now() -> Moment {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Moment(u64::try_from(since.as_millis()).unwrap())
}

impl Console {
    /// A console on these profiles, all of them connecting, in a terminal of this size.
    pub fn new(profiles: Vec<Profile>, models: Library, size: (u16, u16)) -> Self {
        Self::with_theme(profiles, models, size, "dark")
    }

    /// The same in another theme.
    pub fn with_theme(
        profiles: Vec<Profile>,
        models: Library,
        size: (u16, u16),
        theme: &str,
    ) -> Self {
        let (reports, inbox) = mpsc::unbounded_channel();
        let app = App::new(&profiles, Arc::new(models), now());
        let connect = profiles.iter().map(|p| p.name.clone()).collect();
        let runner = Runner::new(profiles, reports)
            .with_command_log()
            .with_state(super::desk::state());
        let mut console = Self {
            app,
            runner,
            kept: Vec::new(),
            inbox,
            terminal: Terminal::new(TestBackend::new(size.0, size.1)).unwrap(),
            theme: Theme::load(theme, None, Depth::True).unwrap(),
            keymaps: Keymaps::load(Preset::Default, None).unwrap(),
            pending: Pending::default(),
        };
        let effects = console.app.open(
            now(),
            Opening {
                connect,
                ..Opening::default()
            },
        );
        console.perform(effects);
        console.tell(Msg::Resized(size.0, size.1));
        console.draw();
        console
    }

    /// Opens a collection as the tree does.
    pub fn open(&mut self, profile: &str, namespace: &str) {
        let effects = self.app.open_tab(
            &ProfileName::new(profile),
            Namespace::parse(namespace).unwrap(),
        );
        self.perform(effects);
        self.draw();
    }

    fn perform(&mut self, effects: Vec<Effect>) {
        let mut queue = VecDeque::from(effects);
        while let Some(effect) = queue.pop_front() {
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
                effect => self.kept.push(effect),
            }
        }
    }

    /// Gives a message to the state.
    pub fn tell(&mut self, msg: Msg) {
        let effects = self.app.update(now(), msg);
        self.perform(effects);
    }

    /// Draws until drawing teaches nothing new.
    pub fn draw(&mut self) {
        for _ in 0..8 {
            let Self {
                app,
                theme,
                keymaps,
                pending,
                terminal,
                ..
            } = self;
            let mut regions = None;
            terminal
                .draw(|frame| regions = Some(view::draw(app, theme, keymaps, pending, frame)))
                .unwrap();
            let regions = regions.unwrap();
            if regions == self.app.regions {
                return;
            }
            self.tell(Msg::Drawn(regions));
        }
    }

    /// Presses keys, as a keymap file names them, with spaces between: `j j enter`. `"text"` in double quotes is typed
    /// letter by letter, `·` in it being a space.
    pub fn keys(&mut self, keys: &str) {
        for word in keys.split_whitespace() {
            if let Some(text) = word.strip_prefix('"').and_then(|w| w.strip_suffix('"')) {
                self.type_text(&text.replace('·', " "));
            } else {
                self.press(word.parse().unwrap());
            }
        }
    }

    /// Types text letter by letter.
    pub fn type_text(&mut self, text: &str) {
        for c in text.chars() {
            self.press(Key::plain(Code::Char(c)));
        }
    }

    fn press(&mut self, key: Key) {
        let context = self.app.context();
        let msg = match self
            .pending
            .press(&self.keymaps, context, key, Instant::now())
        {
            Resolved::Matched(command) => Some(Msg::Command(command)),
            Resolved::Unbound if context.takes_text() => input(key).map(Msg::Typed),
            _ => None,
        };
        if let Some(msg) = msg {
            self.tell(msg);
        }
        self.draw();
    }

    /// Takes what the runner has told so far, and draws.
    pub fn settle(&mut self) {
        while let Ok(report) = self.inbox.try_recv() {
            self.tell(Msg::Report(Box::new(report)));
        }
        self.draw();
    }

    /// Waits until the screen fulfils `predicate`; prints the last screen where it never does.
    pub async fn wait_until(&mut self, what: &str, predicate: impl Fn(&str) -> bool) {
        self.wait_within(PATIENCE, what, predicate).await;
    }

    /// The same for what takes longer than a screen does.
    pub async fn wait_within(
        &mut self,
        limit: Duration,
        what: &str,
        predicate: impl Fn(&str) -> bool,
    ) {
        let start = Instant::now();
        loop {
            self.settle();
            let screen = self.screen();
            if predicate(&screen) {
                return;
            }
            let left = limit.saturating_sub(start.elapsed());
            assert!(!left.is_zero(), "never came: {what}\n{screen}");
            // A report or a tick, whichever is first: notices fade and drafts are saved by time.
            if let Ok(Some(report)) =
                tokio::time::timeout(left.min(Duration::from_millis(100)), self.inbox.recv()).await
            {
                self.tell(Msg::Report(Box::new(report)));
            } else {
                self.tell(Msg::Tick);
            }
        }
    }

    /// Waits until `text` is on the screen.
    pub async fn wait_for(&mut self, text: &str) {
        self.wait_until(text, |screen| screen.contains(text)).await;
    }

    /// The screen as lines of text.
    pub fn screen(&self) -> String {
        let buffer = self.buffer();
        let mut out = String::new();
        for y in 0..buffer.area.height {
            let line: String = (0..buffer.area.width)
                .map(|x| buffer[(x, y)].symbol())
                .collect();
            out.push_str(line.trim_end());
            out.push('\n');
        }
        out
    }

    /// The cells of the last frame.
    pub fn buffer(&self) -> &Buffer {
        self.terminal.backend().buffer()
    }

    /// The ground and the plain text of the theme.
    pub fn theme(&self) -> &Theme {
        &self.theme
    }
}

/// A key as the text areas take it.
fn input(key: Key) -> Option<tui_textarea::Input> {
    use tui_textarea::Key as Area;
    let code = match key.code() {
        Code::Char(c) => Area::Char(c),
        Code::Enter => Area::Enter,
        Code::Backspace => Area::Backspace,
        Code::Delete => Area::Delete,
        Code::Left => Area::Left,
        Code::Right => Area::Right,
        Code::Up => Area::Up,
        Code::Down => Area::Down,
        Code::Home => Area::Home,
        Code::End => Area::End,
        Code::Tab => Area::Tab,
        _ => return None,
    };
    Some(tui_textarea::Input {
        key: code,
        ctrl: key.ctrl(),
        alt: key.alt(),
        shift: key.shift(),
    })
}
