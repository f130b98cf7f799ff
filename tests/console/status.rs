//! How all profiles stand, connected and closed together, and a load on a real server.

use std::sync::Arc;
use std::time::Duration;

use mongodeck::app::{Effect, Msg};
use mongodeck::config::Profile;
use mongodeck::model::Library;
use mongodeck::mongo::request::standing::{AuthUse, Setup, TlsUse};
use mongodeck::mongo::request::{
    ConnectionState, Failure, FailureKind, ProfileName, Report, Request,
};

use crate::support::console::Console;
use crate::support::harness::{Harness, profile};
use crate::support::server::shared_uri;

fn told(console: &mut Harness, name: &str, state: ConnectionState) {
    console.tell(Msg::Report(Box::new(Report::Connection {
        profile: ProfileName::new(name),
        state,
    })));
}

fn refused() -> Failure {
    Failure::new(
        FailureKind::Unreachable,
        "cannot reach `localhost:1`: connection refused",
    )
    .with_help("is the server running?")
}

fn three(size: (u16, u16)) -> Harness {
    let profiles = [profile("main"), profile("analytics"), profile("far")];
    let mut console = Harness::with(&profiles, [], size);
    console.connected("main");
    console.tell(Msg::Report(Box::new(Report::Setup {
        profile: ProfileName::new("main"),
        setup: Arc::new(Setup {
            hosts: vec!["localhost:27017".to_owned()],
            max_pool_size: 10,
            min_pool_size: 2,
            max_connecting: 2,
            max_idle_time: None,
            wait_queue_timeout: None,
            tls: TlsUse::On,
            auth: Some(AuthUse {
                mechanism: "SCRAM-SHA-256".to_owned(),
                user: Some("ada".to_owned()),
                source: Some("admin".to_owned()),
            }),
            set_name: None,
            direct: false,
        }),
    })));
    told(
        &mut console,
        "analytics",
        ConnectionState::Retrying {
            attempt: 3,
            next_in: Duration::from_secs(4),
            failure: refused(),
        },
    );
    console.keys("p S");
    console
}

#[test]
fn all_profiles_are_shown_with_what_is_known_and_the_next_attempt() {
    let mut console = three((100, 24));
    for text in [
        "1/3 answer",
        "● rs0 primary 6.0.5",
        "pool 2–10",
        "TLS on",
        "ada",
        "◌ away: tries again in 5 s",
        "○ closed",
        "SCRAM-SHA-256 in admin",
    ] {
        assert!(console.shows(text), "no `{text}`:\n{}", console.screen());
    }
    console.wait(Duration::from_secs(2));
    assert!(console.shows("tries again in 3 s"), "{}", console.screen());
    console.keys("j");
    for text in [
        "connection refused",
        "is the server running?",
        "3 attempts failed; Enter tries now",
    ] {
        assert!(console.shows(text), "no `{text}`:\n{}", console.screen());
    }
    console.wait(Duration::from_secs(3));
    assert!(
        console.shows("attempt 4 is under way"),
        "{}",
        console.screen()
    );
    insta::assert_snapshot!(console.screen());
}

#[test]
fn enter_tries_now_and_all_are_connected_and_closed_together() {
    let mut console = three((80, 24));
    let connect = |name: &str| Effect::Connect {
        profile: ProfileName::new(name),
    };
    let close = |name: &str| Effect::Disconnect {
        profile: ProfileName::new(name),
    };
    console.effects();
    console.keys("j enter");
    assert_eq!(console.effects(), [connect("analytics")]);
    console.keys("p C");
    assert_eq!(console.effects(), [connect("analytics"), connect("far")]);
    console.keys("p X");
    assert_eq!(console.effects(), [close("main"), close("analytics")]);
    console.keys("X");
    assert_eq!(console.effects(), [close("analytics")]);
    console.keys("esc");
    assert!(console.app.overlays.is_empty());
    console.effects();
    // From anywhere, by name too.
    console.keys(":").type_text("close-all").keys("enter");
    assert_eq!(console.effects(), [close("main"), close("analytics")]);
}

#[test]
fn a_load_needs_a_profile_that_allows_it_and_a_query_that_reads() {
    let mut console = Harness::new();
    console.open("main", "shop.orders");
    console.effects();
    console.keys("p L");
    assert!(console.shows("allow_load = true"), "{}", console.screen());
    let allowing = Profile {
        allow_load: true,
        ..profile("main")
    };
    let mut console = Harness::with(&[allowing], [], (80, 24));
    console.open("main", "shop.orders");
    console.effects();
    console
        .keys("p L")
        .type_text(" db.orders.drop()")
        .keys("enter");
    assert!(console.shows("a load only reads"), "{}", console.screen());
    assert!(console.request(|r| matches!(r, Request::Load(_))).is_none());
    console
        .keys("esc p L")
        .type_text(" {paid: true}")
        .keys("enter");
    let Some((_, Request::Load(load))) = console.request(|r| matches!(r, Request::Load(_))) else {
        panic!("no load was asked for:\n{}", console.screen());
    };
    assert_eq!((load.at_once, load.lasts), (20, Duration::from_secs(10)));
    assert!(load.statement.is_some());
    // Stopping it asks for its figures, and does not give it up.
    console.effects();
    console.keys("ctrl-c");
    assert!(
        console
            .effects()
            .iter()
            .any(|e| matches!(e, Effect::Cancel { .. }))
    );
    assert_eq!(console.app.running().count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_load_shows_its_figures_and_stops_when_it_is_asked_to() {
    let main = Profile {
        allow_load: true,
        max_pool_size: Some(3),
        ..Profile::new("main", shared_uri().to_owned().into())
    };
    let mut console = Console::new(vec![main], Library::default(), (110, 44));
    console.wait_for("primary").await;
    console.keys("p L");
    for _ in 0..6 {
        console.keys("backspace");
    }
    console.type_text("20 1s");
    console.keys("enter");
    console.wait_for("load on main").await;
    let screen = console.screen();
    for text in [
        "20 at once for 1.0 s: ping",
        "p99",
        "at the most 3 in use",
        "raise `max_pool_size` (3)",
    ] {
        assert!(screen.contains(text), "no `{text}`:\n{screen}");
    }
    console.keys("esc p L");
    for _ in 0..6 {
        console.keys("backspace");
    }
    console.type_text("5 100s");
    console.keys("enter");
    tokio::time::sleep(Duration::from_millis(600)).await;
    console.keys("ctrl-c");
    console.wait_for("stopped after").await;
}
