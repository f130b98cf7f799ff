//! How long one key takes in the text of a query: the text, its reading when typing pauses, then the frame.

#![allow(
    clippy::unwrap_used,
    missing_docs,
    reason = "a bench has no caller and fails by panicking"
)]

use std::sync::Arc;

use divan::Bencher;
use mongodeck::app::scope::Moment;
use mongodeck::app::{App, Command, Msg};
use mongodeck::config::profile::Profile;
use mongodeck::input::{Keymaps, Pending, Preset};
use mongodeck::model::Library;
use mongodeck::mongo::request::{Namespace, ProfileName};
use mongodeck::theme::{Depth, Theme};
use mongodeck::view;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use tui_textarea::{Input, Key};

fn main() {
    divan::main();
}

fn profile() -> Profile {
    Profile::new("main", "mongodb://localhost".to_owned().into())
}

/// A query tab with a pipeline of about so many lines, the cursor in its last stages.
fn querying(lines: usize) -> App {
    let mut app = App::new(&[profile()], Arc::new(Library::default()), Moment(1));
    app.open_tab(&ProfileName::new("main"), Namespace::new("shop", "orders"));
    app.update(Moment(2), Msg::Command(Command::Query));
    let mut text = String::from("\n\ndb.orders.aggregate([\n");
    for i in 0..lines / 4 {
        text.push_str(&format!(
            "  {{ $match: {{\n      status{i}: 'open', total: {{ $gte: {i} }},\n      // line {i}\n  }} }},\n"
        ));
    }
    text.push_str("])");
    app.update(Moment(3), Msg::Pasted(text));
    app.update(Moment(1_000), Msg::Tick);
    let query = app.tab().and_then(|t| t.query()).unwrap();
    assert!(query.text.problems.is_empty());
    app
}

#[divan::bench(args = [100, 1_000, 2_000])]
fn one_key_and_its_frame(bencher: Bencher, lines: usize) {
    let mut app = querying(lines);
    let theme = Theme::load("dark", None, Depth::True).unwrap();
    let keymaps = Keymaps::load(Preset::Default, None).unwrap();
    let mut terminal = Terminal::new(TestBackend::new(140, 40)).unwrap();
    let (mut now, mut typed) = (10_000, false);
    bencher.bench_local(|| {
        // A space, then its removal: the text does not grow. Now and then typing pauses, and the text is read.
        now += 100;
        typed = !typed;
        let key = if typed {
            Key::Char(' ')
        } else {
            Key::Backspace
        };
        let input = Input {
            key,
            ctrl: false,
            alt: false,
            shift: false,
        };
        app.update(Moment(now), Msg::Typed(input));
        terminal
            .draw(|frame| {
                view::draw(&app, &theme, &keymaps, &Pending::default(), frame);
            })
            .unwrap();
    });
}

#[divan::bench(args = [100, 1_000, 2_000])]
fn reading_after_a_pause(bencher: Bencher, lines: usize) {
    let mut app = querying(lines);
    let (mut now, mut typed) = (10_000, false);
    bencher.bench_local(|| {
        typed = !typed;
        let key = if typed {
            Key::Char(' ')
        } else {
            Key::Backspace
        };
        let input = Input {
            key,
            ctrl: false,
            alt: false,
            shift: false,
        };
        now += 1_000;
        app.update(Moment(now), Msg::Typed(input));
        app.update(Moment(now + 500), Msg::Tick);
    });
}
