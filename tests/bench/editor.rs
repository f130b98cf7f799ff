//! How long one key takes in the editor: the text, its check and its draft, then the frame.

#![allow(
    clippy::unwrap_used,
    missing_docs,
    reason = "a bench has no caller and fails by panicking"
)]

use std::sync::Arc;
use std::time::Duration;

use bson::{RawDocumentBuf, doc};
use divan::Bencher;
use mongodeck::app::scope::Moment;
use mongodeck::app::{App, Command, Effect, Msg};
use mongodeck::config::profile::Profile;
use mongodeck::model::Library;
use mongodeck::mongo::request::{
    Extent, Namespace, Page, ProfileName, Reply, Report, Request, Side,
};
use tui_textarea::{Input, Key};

fn main() {
    divan::main();
}

/// An editor on a document whose text has about so many lines.
fn editing(lines: i32) -> App {
    let name = ProfileName::new("main");
    let profile = Profile::new("main", "mongodb://localhost".to_owned().into());
    let mut app = App::new(&[profile], Arc::new(Library::default()), Moment(1));
    let effects = app.open_tab(&name, Namespace::new("shop", "orders"));
    let (task, feed) = effects
        .iter()
        .find_map(|e| match e {
            Effect::Mongo {
                task,
                request: Request::OpenFeed { feed, .. },
                ..
            } => Some((*task, *feed)),
            _ => None,
        })
        .unwrap();
    let items: Vec<_> = (0..lines / 5)
        .map(|i| doc! { "name": format!("item {i}"), "count": i, "price": 0.5 })
        .collect();
    let document = RawDocumentBuf::try_from(&doc! { "_id": 1, "items": items }).unwrap();
    let page = Page {
        feed,
        side: Side::Start,
        offset: 0,
        documents: vec![Arc::new(document)],
        extent: Extent::Exactly(1),
    };
    let report = Report::Settled {
        profile: name,
        task,
        result: Ok(Reply::Page(page)),
        took: Duration::ZERO,
    };
    app.update(Moment(2), Msg::Report(Box::new(report)));
    app.update(Moment(3), Msg::Command(Command::Edit));
    assert!(app.documents().unwrap().editor.is_some());
    app
}

#[divan::bench(args = [100, 1_000, 1_900])]
fn one_key(bencher: Bencher, lines: i32) {
    let mut app = editing(lines);
    let (mut now, mut typed) = (10, false);
    bencher.bench_local(|| {
        // A space, then its removal: the text does not grow.
        now += 50;
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
        app.update(Moment(now), Msg::Typed(input))
    });
}
