//! What the deck says of itself: the bars, the tree, the jump list, what runs.

use std::time::Duration;

use mongodeck::app::notice::{Level, Notices};
use mongodeck::app::{Effect, Focus};
use mongodeck::app::{Msg, overlay::Overlay};
use mongodeck::mongo::request::{
    CollectionInfo, CollectionKind, ConnectionState, DatabaseInfo, Failure, FailureKind,
    ProfileName, Reply, Report, Request,
};

use crate::support::harness::{Harness, document, profile};

fn database(name: &str) -> DatabaseInfo {
    DatabaseInfo {
        name: name.to_owned(),
        size_on_disk: None,
    }
}

fn collection(name: &str) -> CollectionInfo {
    CollectionInfo {
        name: name.to_owned(),
        kind: CollectionKind::Collection,
    }
}

/// Answers what the tree asked for: databases, and a collection `users` in each.
fn serve_names(console: &mut Harness, databases: &[&str]) {
    while let Some((task, request)) =
        console.request(|r| matches!(r, Request::Databases | Request::Collections { .. }))
    {
        let reply = match request {
            Request::Databases => Reply::Databases(databases.iter().map(|d| database(d)).collect()),
            _ => Reply::Collections(vec![collection("users")]),
        };
        console.reply(task, Ok(reply));
    }
}

fn state(console: &mut Harness, state: ConnectionState) {
    let profile = ProfileName::new("main");
    console.tell(Msg::Report(Box::new(Report::Connection { profile, state })));
}

#[test]
fn the_bar_is_of_what_is_shown_also_while_the_tree_has_the_keys() {
    let mut production = profile("production");
    production.production = true;
    let mut console = Harness::with(&[profile("dev"), production], [], (100, 24));
    console.open("production", "career_dev.users");
    console.keys("esc");
    assert_eq!(console.app.focus, Focus::Tree);
    assert!(console.shows("PRODUCTION"), "{}", console.screen());
    assert!(console.shows("read-only"), "{}", console.screen());
    let row = console.app.tree.current().unwrap();
    assert_eq!(row.node.profile().as_str(), "production");
}

#[test]
fn the_help_finds_what_is_typed_and_gives_it_up_before_it_closes() {
    let mut console = Harness::new();
    console.connected("main");
    console.keys("?");
    assert!(console.shows("help: keys"), "{}", console.screen());
    console.keys("/").type_text("Half PAGE up q");
    assert!(
        console.shows("no key, name or explanation"),
        "{}",
        console.screen()
    );
    console.keys("backspace backspace");
    let screen = console.screen();
    assert!(
        !screen.contains("toggle") && screen.contains("esc back"),
        "{screen}"
    );
    assert!(screen.contains("half-page-up"), "{screen}");
    assert!(!screen.contains("half-page-down"), "{screen}");
    // What is found can be read and scrolled with the keys of the help again.
    console.keys("enter j q");
    assert!(console.shows("half-page-down"), "{}", console.screen());
    console.keys("q");
    assert!(console.app.overlays.is_empty(), "{}", console.screen());

    console.keys("?").keys("/").type_text("undo").keys("esc");
    assert!(console.shows("half-page-down"), "{}", console.screen());
    console.keys("esc");
    assert!(console.app.overlays.is_empty(), "{}", console.screen());
}

#[test]
fn the_jump_list_waits_for_the_names_before_it_picks_the_best_match() {
    let mut console = Harness::new();
    console.connected("main");
    console.keys("ctrl-o").type_text("users").keys("enter");
    assert!(console.app.tabs.is_empty());
    assert!(console.shows("reading names"), "{}", console.screen());
    serve_names(&mut console, &["admin", "migratio", "career_dev"]);
    assert!(console.app.overlays.is_empty(), "{}", console.screen());
    let opened = console.app.documents().unwrap();
    assert_eq!(opened.namespace.to_string(), "career_dev.users");
}

#[test]
fn the_jump_list_offers_to_connect_the_profiles_that_are_not_connected() {
    let mut console = Harness::new();
    console.keys("ctrl-o enter");
    let effects = console.effects();
    assert!(effects.iter().any(|e| matches!(e, Effect::Connect { .. })));
    console.connected("main");
    serve_names(&mut console, &["shop"]);
    let Some(Overlay::Picker(picker)) = console.app.overlays.last() else {
        panic!("the list is gone");
    };
    let labels: Vec<_> = picker.items.iter().map(|i| i.label.as_str()).collect();
    assert_eq!(labels, ["main shop.users"], "each name once");
}

#[test]
fn an_attempt_to_reconnect_is_counted_down_and_then_said_to_be_under_way() {
    let mut console = Harness::new();
    console.open("main", "shop.orders");
    for attempt in 1..3 {
        let failure = Failure::new(FailureKind::Unreachable, "cannot reach `x`");
        let next_in = Duration::from_secs(5);
        state(
            &mut console,
            ConnectionState::Retrying {
                attempt,
                next_in,
                failure,
            },
        );
        console.wait(Duration::from_millis(1500));
        assert!(console.shows("in 4 s"), "{}", console.screen());
        console.wait(Duration::from_secs(6));
        assert!(console.shows("under way"), "{}", console.screen());
    }
}

#[test]
fn a_server_that_does_not_answer_for_a_while_is_not_shown_with_its_former_round_trip() {
    let mut console = Harness::new();
    console.open("main", "shop.orders");
    assert!(console.shows("1.2 ms"), "{}", console.screen());
    console.wait(Duration::from_secs(6));
    assert!(console.shows("waiting for 6 s"), "{}", console.screen());
    assert!(!console.shows("1.2 ms"), "{}", console.screen());
}

#[test]
fn a_write_under_way_is_not_offered_to_be_stopped_and_leads_to_no_question() {
    let mut console = Harness::new();
    console.open("main", "shop.orders");
    console.serve(1, |_| document("{_id: 1, n: 1}"));
    while let Some((task, _)) = console.request(|_| true) {
        let failure = Failure::new(FailureKind::Other, "not here");
        console.reply(task, Err(failure));
    }
    console.keys("d d y").wait(Duration::from_secs(2));
    assert!(
        console
            .request(|r| matches!(r, Request::Write(_)))
            .is_some()
    );
    assert!(!console.shows("stops"), "{}", console.screen());
    console.keys("ctrl-c");
    assert!(console.app.overlays.is_empty());
    assert!(!console.app.is_quitting());
    assert!(console.shows("cannot be stopped"), "{}", console.screen());
}

#[test]
fn a_large_first_document_does_not_keep_the_rows_below_it_off_the_screen() {
    let mut console = Harness::new();
    console.open("main", "odd.mix");
    let long = "x".repeat(13 << 20);
    console.serve(30, move |n| match n {
        0 => document(&format!("{{_id: 0, s: '{long}'}}")),
        n => document(&format!("{{_id: {n}, s: 'short {n}'}}")),
    });
    assert!(console.shows("short 5"), "{}", console.screen());
}

#[test]
fn a_notice_is_whole_in_the_line_or_above_it_beside_the_usual_hints() {
    let mut console = Harness::new();
    console.open("main", "career_dev.users");
    for waits in [false, true] {
        console.app.notices = Notices::default();
        if waits {
            console.wait(Duration::from_millis(400));
        }
        console.draw();
        let screen = console.screen();
        let hints = screen.lines().last().unwrap();
        assert_eq!(hints.contains("waiting 0.4 s"), waits, "{screen}");
        for (level, mark) in [
            (Level::Info, ""),
            (Level::Warning, "! "),
            (Level::Error, "✗ "),
        ] {
            let mut last = String::new();
            let mut above = 0;
            for length in 20..76 {
                let text = "n".repeat(length);
                console.app.notices = Notices::default();
                let now = console.app.now;
                console.app.notices.say(now, level, text.as_str(), "");
                console.draw();
                let screen = console.screen();
                let (panes, line) = screen.trim_end().rsplit_once('\n').unwrap();
                if line.contains(&text) {
                    assert!(line.contains(&format!(" {mark}{text}")), "{screen}");
                    assert!(above == 0 && !panes.contains(&text), "{screen}");
                    last = line.to_owned();
                } else {
                    assert_eq!(line, hints, "{screen}");
                    assert!(panes.contains(&format!(" {mark:2}{text}")), "{screen}");
                    above += 1;
                }
            }
            // The last that was taken left no column unused but the margin.
            assert!(above > 0, "{last}");
            assert_eq!(last.chars().count(), 79, "{last}");
            assert_eq!(last.contains("n waiting"), waits, "{last}");
        }
    }
}
