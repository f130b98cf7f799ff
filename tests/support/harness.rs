//! The state machine with a keyboard and a screen, and without a server: keys go in through the default keymap, effects
//! and drawn screens come out, and a test answers requests by hand.

use std::sync::Arc;
use std::time::Duration;

use bson::RawDocumentBuf;
use mongodeck::app::msg::{Mouse, MouseKind};
use mongodeck::app::{App, Effect, Moment, Msg, Opening};
use mongodeck::config::Profile;
use mongodeck::input::{Code, Key, Keymaps, Pending, Preset, Resolved};
use mongodeck::model::{Library, Model};
use mongodeck::mongo::request::{
    ConnectionState, Extent, Failure, FeedId, Namespace, Page, ProfileName, Reply, Report, Request,
    Role, ServerInfo, Side, TaskId,
};
use mongodeck::theme::{Depth, Theme};
use mongodeck::value::shell::parse_document;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;

/// A console in a test.
pub struct Harness {
    pub app: App,
    pub keymaps: Keymaps,
    pub theme: Theme,
    pending: Pending,
    terminal: Terminal<TestBackend>,
    now: Moment,
    effects: Vec<Effect>,
}

/// A profile that can be written to.
pub fn profile(name: &str) -> Profile {
    Profile {
        allow_override: true,
        ..Profile::new(name, "mongodb://localhost".to_owned().into())
    }
}

/// A document from shell text.
pub fn document(text: &str) -> Arc<RawDocumentBuf> {
    Arc::new(parse_document(text).unwrap().document)
}

impl Harness {
    /// A console with the profile `main`, in a terminal of 80 by 24.
    pub fn new() -> Self {
        Self::with(&[profile("main")], [], (80, 24))
    }

    /// A console with these profiles and models, in a terminal of this size.
    pub fn with(
        profiles: &[Profile],
        models: impl IntoIterator<Item = Model>,
        size: (u16, u16),
    ) -> Self {
        let mut app = App::new(profiles, Arc::new(Library::new(models)), Moment(0));
        app.size = size;
        Self {
            app,
            keymaps: Keymaps::load(Preset::Default, None).unwrap(),
            theme: Theme::load("dark", None, Depth::True).unwrap(),
            pending: Pending::default(),
            terminal: Terminal::new(TestBackend::new(size.0, size.1)).unwrap(),
            now: Moment(0),
            effects: Vec::new(),
        }
    }

    /// Opens a collection as a command line's target would, with its profile connected.
    pub fn open(&mut self, profile: &str, namespace: &str) -> &mut Self {
        let namespace = Namespace::parse(namespace).unwrap();
        let opening = Opening {
            target: Some((
                ProfileName::new(profile),
                Some(namespace.database),
                Some(namespace.collection),
            )),
            ..Opening::default()
        };
        let effects = self.app.open(self.now, opening);
        self.effects.extend(effects);
        self.connected(profile);
        self.draw();
        self
    }

    /// A profile answers from now on.
    pub fn connected(&mut self, profile: &str) -> &mut Self {
        let state = ConnectionState::Ready(ServerInfo {
            version: "6.0.5".into(),
            role: Role::Primary,
            set_name: Some("rs0".into()),
            round_trip: Duration::from_micros(1200),
            address: "localhost:27017".into(),
        });
        self.tell(Msg::Report(Box::new(Report::Connection {
            profile: ProfileName::new(profile),
            state,
        })))
    }

    /// Hands a message to the state machine, and draws.
    pub fn tell(&mut self, msg: Msg) -> &mut Self {
        let effects = self.app.update(self.now, msg);
        self.effects.extend(effects);
        self.draw();
        self
    }

    /// Lets time go by.
    pub fn wait(&mut self, span: Duration) -> &mut Self {
        self.now = Moment(self.now.0 + u64::try_from(span.as_millis()).unwrap());
        self.tell(Msg::Tick)
    }

    /// Presses keys, written as in a keymap file: `"j j enter"`.
    pub fn keys(&mut self, keys: &str) -> &mut Self {
        for key in keys.split_whitespace() {
            let key: Key = key.parse().unwrap();
            let context = self.app.context();
            let resolved =
                self.pending
                    .press(&self.keymaps, context, key, std::time::Instant::now());
            match resolved {
                Resolved::Matched(command) => {
                    self.tell(Msg::Command(command));
                }
                Resolved::Unbound if context.takes_text() => {
                    self.tell(Msg::Typed(input(key)));
                }
                Resolved::Pending => {
                    self.draw();
                }
                Resolved::Unbound | Resolved::Cancelled => {}
            }
        }
        self
    }

    /// Types text, character by character.
    pub fn type_text(&mut self, text: &str) -> &mut Self {
        for c in text.chars() {
            self.tell(Msg::Typed(tui_textarea::Input {
                key: tui_textarea::Key::Char(c),
                ..Default::default()
            }));
        }
        self
    }

    /// Presses the mouse at a place of the screen.
    pub fn click(&mut self, column: u16, row: u16, double: bool) -> &mut Self {
        let kind = if double {
            MouseKind::DoublePress
        } else {
            MouseKind::Press
        };
        self.tell(Msg::Mouse(Mouse { kind, column, row }))
    }

    /// Changes the terminal's size.
    pub fn resize(&mut self, columns: u16, rows: u16) -> &mut Self {
        self.terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
        self.tell(Msg::Resized(columns, rows))
    }

    /// What the state machine wanted done since this was last asked.
    pub fn effects(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.effects)
    }

    /// The newest request that `wanted` accepts, with its task, taken out of the effects.
    pub fn request(&mut self, wanted: impl Fn(&Request) -> bool) -> Option<(TaskId, Request)> {
        let place = self
            .effects
            .iter()
            .rposition(|e| matches!(e, Effect::Mongo { request, .. } if wanted(request)))?;
        match self.effects.remove(place) {
            Effect::Mongo { task, request, .. } => Some((task, request)),
            _ => None,
        }
    }

    /// Answers a task of the profile `main`.
    pub fn reply(&mut self, task: TaskId, result: Result<Reply, Failure>) -> &mut Self {
        self.tell(Msg::Report(Box::new(Report::Settled {
            profile: ProfileName::new("main"),
            task,
            result,
            took: Duration::from_millis(14),
        })))
    }

    /// Answers every request for documents, until there is none, from a collection of `total` documents that `make`
    /// makes. Gives how many requests there were.
    pub fn serve(&mut self, total: u64, make: impl Fn(u64) -> Arc<RawDocumentBuf>) -> usize {
        let mut answered = 0;
        loop {
            let wanted = |r: &Request| matches!(r, Request::OpenFeed { .. } | Request::Page { .. });
            let Some((task, request)) = self.request(wanted) else {
                return answered;
            };
            let page = match request {
                Request::OpenFeed { feed, count, .. } => {
                    page(feed, Side::Start, 0, count, usize::MAX, total, &make)
                }
                Request::Page {
                    feed,
                    side,
                    offset,
                    count,
                    max_bytes,
                } => page(feed, side, offset, count, max_bytes, total, &make),
                _ => unreachable!("only requests for documents are taken"),
            };
            answered += 1;
            assert!(
                answered < 1000,
                "the same documents are asked for over and over"
            );
            self.reply(task, Ok(Reply::Page(page)));
        }
    }

    /// Draws a frame, and tells the state machine what was drawn until that changes nothing.
    pub fn draw(&mut self) {
        for _ in 0..3 {
            let mut regions = None;
            let (app, theme, keymaps) = (&self.app, &self.theme, &self.keymaps);
            let pending = &self.pending;
            let drawn = self.terminal.draw(|frame| {
                regions = Some(mongodeck::view::draw(app, theme, keymaps, pending, frame));
            });
            drawn.unwrap();
            let regions = regions.unwrap();
            if regions == self.app.regions {
                return;
            }
            let effects = self.app.update(self.now, Msg::Drawn(regions));
            self.effects.extend(effects);
        }
    }

    /// The cells of the last frame.
    pub fn buffer(&self) -> &Buffer {
        self.terminal.backend().buffer()
    }

    /// The last frame as text.
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

    /// The last frame's runs of equal style: `row: column-column foreground/background modifiers "text"`.
    pub fn styles(&self) -> String {
        let buffer = self.buffer();
        let mut out = String::new();
        for y in 0..buffer.area.height {
            let mut x = 0;
            while x < buffer.area.width {
                let style = buffer[(x, y)].style();
                let mut end = x;
                let mut text = String::new();
                while end < buffer.area.width && buffer[(end, y)].style() == style {
                    text.push_str(buffer[(end, y)].symbol());
                    end += 1;
                }
                if !text.trim().is_empty() {
                    let color = |c: Option<ratatui::style::Color>| {
                        c.map_or_else(|| "-".to_owned(), |c| c.to_string())
                    };
                    out.push_str(&format!(
                        "{y}: {x}-{} {}/{} {:?} {:?}\n",
                        end - 1,
                        color(style.fg),
                        color(style.bg),
                        style.add_modifier,
                        text.trim_end()
                    ));
                }
                x = end;
            }
        }
        out
    }

    /// Whether the last frame shows a text on one line.
    pub fn shows(&self, text: &str) -> bool {
        self.screen().lines().any(|line| line.contains(text))
    }
}

/// A page as the runner would give it.
pub fn page(
    feed: FeedId,
    side: Side,
    offset: u64,
    count: usize,
    max_bytes: usize,
    total: u64,
    make: impl Fn(u64) -> Arc<RawDocumentBuf>,
) -> Page {
    let mut documents = Vec::new();
    let mut bytes = 0;
    for place in offset..total.min(offset.saturating_add(count as u64)) {
        let number = match side {
            Side::Start => place,
            Side::End => total - 1 - place,
        };
        let document = make(number);
        bytes += document.as_bytes().len();
        documents.push(document);
        if bytes >= max_bytes {
            break;
        }
    }
    let read = offset + documents.len() as u64;
    let extent = if read >= total {
        Extent::Exactly(total)
    } else {
        Extent::AtLeast(read)
    };
    Page {
        feed,
        side,
        offset,
        documents,
        extent,
    }
}

fn input(key: Key) -> tui_textarea::Input {
    use tui_textarea::Key as Typed;
    let typed = match key.code() {
        Code::Char(c) => Typed::Char(c),
        Code::Enter => Typed::Enter,
        Code::Backspace => Typed::Backspace,
        Code::Delete => Typed::Delete,
        Code::Left => Typed::Left,
        Code::Right => Typed::Right,
        Code::Up => Typed::Up,
        Code::Down => Typed::Down,
        Code::Home => Typed::Home,
        Code::End => Typed::End,
        Code::Tab => Typed::Tab,
        Code::Esc => Typed::Esc,
        _ => Typed::Null,
    };
    tui_textarea::Input {
        key: typed,
        ctrl: key.ctrl(),
        alt: key.alt(),
        shift: key.shift(),
    }
}
