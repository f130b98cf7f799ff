//! Rows that were read before the server went away, or before the machine slept: never passed off as what is there now.

use std::time::Duration;

use mongodeck::app::Msg;
use mongodeck::mongo::request::{
    ConnectionState, Failure, FailureKind, ProfileName, Report, Request, Role, ServerInfo,
};

use crate::support::harness::{Harness, document};

const MARK: &str = "before the connection was lost";

fn state(console: &mut Harness, state: ConnectionState) {
    let profile = ProfileName::new("main");
    console.tell(Msg::Report(Box::new(Report::Connection { profile, state })));
}

fn away() -> ConnectionState {
    ConnectionState::Retrying {
        attempt: 1,
        next_in: Duration::from_secs(1),
        failure: Failure::new(
            FailureKind::Unreachable,
            "cannot reach `x`: no answer in time",
        ),
    }
}

fn back() -> ConnectionState {
    ConnectionState::Ready(ServerInfo {
        version: "6.0.5".to_owned(),
        role: Role::Primary,
        set_name: Some("rs0".to_owned()),
        round_trip: Duration::from_millis(1),
        address: "x:1".to_owned(),
    })
}

fn opened() -> Harness {
    let mut console = Harness::new();
    console.open("main", "shop.orders");
    console.serve(3, |n| document(&format!("{{_id: {n}, word: 'old'}}")));
    assert!(console.shows("old"), "{}", console.screen());
    console
}

fn asks_to_read(console: &mut Harness) -> bool {
    console
        .request(|r| matches!(r, Request::OpenFeed { .. }))
        .is_some()
}

#[test]
fn rows_of_before_are_marked_and_dim_until_they_are_read_again_by_themselves() {
    let mut console = opened();
    let bright = console.styles();
    console.effects();
    state(&mut console, away());
    assert!(
        console.shows(MARK) && console.shows("read at"),
        "{}",
        console.screen()
    );
    assert!(console.shows("old"), "they stay to be seen");
    let dim = console.styles();
    let style = |all: &str| {
        let line = all
            .lines()
            .find(|l| l.contains("\"'old'") || l.contains("old"));
        line.unwrap_or_default().to_owned()
    };
    assert_ne!(style(&bright), style(&dim));
    assert!(!asks_to_read(&mut console), "nobody is there to be asked");
    state(&mut console, back());
    console.serve(3, |n| document(&format!("{{_id: {n}, word: 'new'}}")));
    assert!(
        console.shows("new") && !console.shows(MARK),
        "{}",
        console.screen()
    );
}

#[test]
fn a_tab_behind_another_is_read_again_when_it_comes_to_the_front() {
    let mut console = opened();
    console.open("main", "shop.users");
    console.serve(3, |n| document(&format!("{{_id: {n}, word: 'users'}}")));
    state(&mut console, away());
    state(&mut console, back());
    assert_eq!(
        console.serve(3, |n| document(&format!("{{_id: {n}, word: 'users'}}"))),
        1,
        "the one in front alone"
    );
    assert!(!console.shows(MARK), "{}", console.screen());
    console.keys("[");
    assert!(
        console.shows(MARK) || console.shows("reading"),
        "{}",
        console.screen()
    );
    console.serve(3, |n| document(&format!("{{_id: {n}, word: 'orders'}}")));
    assert!(
        console.shows("orders") && !console.shows(MARK),
        "{}",
        console.screen()
    );
}

#[test]
fn a_machine_that_slept_for_an_hour_neither_ends_the_console_nor_makes_its_rows_new() {
    let mut console = opened();
    console.effects();
    // The lid is closed over an attempt to connect, a notice and a running clock.
    state(&mut console, back());
    console.wait(Duration::from_secs(3_600));
    state(&mut console, away());
    assert!(console.shows(MARK), "{}", console.screen());
    console.wait(Duration::from_secs(24 * 3_600));
    assert!(
        console.shows(MARK) && console.shows("old"),
        "{}",
        console.screen()
    );
    console.keys("j j ?").keys("esc");
    state(&mut console, back());
    console.serve(3, |n| document(&format!("{{_id: {n}, word: 'new'}}")));
    assert!(
        console.shows("new") && !console.shows(MARK),
        "{}",
        console.screen()
    );
}

#[test]
fn an_election_is_said_in_the_bar() {
    let mut console = opened();
    state(
        &mut console,
        ConnectionState::Retrying {
            attempt: 1,
            next_in: Duration::from_millis(500),
            failure: Failure::new(
                FailureKind::NoPrimary,
                "the set of `x` has no primary at the moment",
            ),
        },
    );
    assert!(
        console
            .screen()
            .lines()
            .next()
            .unwrap()
            .contains("no primary"),
        "{}",
        console.screen()
    );
    assert!(
        console.shows("has no primary at the moment"),
        "{}",
        console.screen()
    );
}

#[test]
fn a_watch_outlives_a_loss_and_does_not_open_what_the_person_closed() {
    let runs = |r: &Request| matches!(r, Request::Run { .. });
    let mut console = opened();
    console.keys("x ctrl-p").type_text("watch 2s").keys("enter");
    console.wait(Duration::from_secs(3));
    let (task, _) = console.request(runs).unwrap();
    console.reply(task, Err(Failure::new(FailureKind::Unreachable, "no")));
    state(&mut console, ConnectionState::Closed);
    console.wait(Duration::from_secs(10));
    assert!(console.request(runs).is_none(), "{}", console.screen());
    state(&mut console, back());
    console.wait(Duration::from_secs(3));
    assert!(console.request(runs).is_some(), "{}", console.screen());
}
