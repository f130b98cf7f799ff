//! How all profiles stand, connected and closed together, and a load on a real server.

use std::sync::Arc;
use std::time::Duration;

use mongodeck::app::{Effect, Msg, Tab};
use mongodeck::config::Profile;
use mongodeck::model::Library;
use mongodeck::mongo::request::standing::{
    AuthUse, SetMember, SetStanding, Setup, Standing, Times, TlsUse,
};
use mongodeck::mongo::request::{
    ConnectionState, Failure, FailureKind, ProfileName, Reply, Report, Request,
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
            times: Times {
                server_selection: Some(Duration::from_secs(10)),
                socket: Some(Duration::from_secs(45)),
                ..Times::default()
            },
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
        "1/3 healthy",
        "● primary    6.0.5   1.2 ms   2–10",
        "TLS on",
        "ada",
        "◌ away: again in 5 s",
        "○ closed",
        "SCRAM-SHA-256 ada in admin",
    ] {
        assert!(console.shows(text), "no `{text}`:\n{}", console.screen());
    }
    console.wait(Duration::from_secs(2));
    assert!(console.shows("away: again in 3 s"), "{}", console.screen());
    console.keys("j");
    for text in [
        "connection refused",
        "is the server running?",
        "3 attempts failed; Enter tries now",
    ] {
        assert!(console.shows(text), "no `{text}`:\n{}", console.screen());
    }
    console.wait(Duration::from_secs(3));
    assert!(console.shows("◌ away: attempt 4"), "{}", console.screen());
    insta::assert_snapshot!(console.screen());
}

fn set_of(states: [(&str, Option<bool>); 2]) -> Reply {
    let members = states
        .into_iter()
        .enumerate()
        .map(|(n, (state, up))| SetMember {
            host: format!("db{n}:27017"),
            state: state.to_owned(),
            up,
        });
    Reply::Standing(Box::new(Standing {
        set: Some(SetStanding {
            name: "rs0".to_owned(),
            members: members.collect(),
            asked: true,
        }),
        round_trip: Duration::from_millis(7),
        wants_login: false,
    }))
}

#[test]
fn a_deployment_that_answers_is_asked_how_it_stands_and_what_it_said_keeps_its_time() {
    let mut console = three((80, 24));
    let asks = |r: &Request| matches!(r, Request::Standing);
    let (task, _) = console.request(asks).unwrap();
    assert!(console.request(asks).is_none(), "only who answers is asked");
    console.wait(Duration::from_secs(5));
    assert!(console.request(asks).is_none(), "one question at a time");
    console.reply(
        task,
        Ok(set_of([("PRIMARY", Some(true)), ("SECONDARY", Some(true))])),
    );
    for text in [
        "● primary",
        "7.0 ms",
        "rs0 2/2",
        "read at 00:00:05",
        "db1:27017  secondary",
    ] {
        assert!(console.shows(text), "no `{text}`:\n{}", console.screen());
    }
    // By itself again, and what is wrong is said as `mongodeck status` says it.
    console.wait(Duration::from_secs(3));
    let (task, _) = console.request(asks).unwrap();
    console.reply(
        task,
        Ok(set_of([
            ("PRIMARY", Some(true)),
            ("SECONDARY", Some(false)),
        ])),
    );
    for text in [
        "! primary",
        "0/3 healthy",
        "rs0 1/2",
        "`db1:27017` does not answer",
    ] {
        assert!(console.shows(text), "no `{text}`:\n{}", console.screen());
    }
    // One that is asked and does not answer any more; the question may have been lost.
    console.wait(Duration::from_secs(12));
    let screen = console.screen();
    assert!(console.shows("! primary    6.0.5   12 s ago"), "{screen}");
    let (first, _) = console.request(asks).unwrap();
    console.wait(Duration::from_secs(16));
    let (second, _) = console.request(asks).unwrap();
    let given_up = Effect::Cancel { task: first };
    assert!(console.effects().contains(&given_up), "one at a time");
    // A connection that is lost makes it old.
    let away = ConnectionState::Retrying {
        attempt: 1,
        next_in: Duration::from_secs(1),
        failure: refused(),
    };
    told(&mut console, "main", away);
    console.reply(second, Err(refused()));
    console.wait(Duration::from_secs(30));
    assert!(console.shows("as read 58 s ago"), "{}", console.screen());
    assert!(console.request(asks).is_none());
    // A set without a primary has members that can say so.
    told(
        &mut console,
        "main",
        ConnectionState::Retrying {
            attempt: 1,
            next_in: Duration::from_secs(1),
            failure: Failure::new(FailureKind::NoPrimary, "no primary"),
        },
    );
    console.wait(Duration::from_secs(1));
    let (task, _) = console.request(asks).unwrap();
    console.reply(
        task,
        Ok(set_of([
            ("SECONDARY", Some(true)),
            ("SECONDARY", Some(true)),
        ])),
    );
    assert!(console.shows("◌ no primary"), "{}", console.screen());
    // Whoever leaves asks no more.
    console.keys("esc").wait(Duration::from_secs(9));
    assert!(console.request(asks).is_none());
}

#[test]
fn the_list_leads_to_what_is_in_trouble_and_to_the_monitor() {
    let mut console = three((80, 24));
    assert!(console.shows("▸ main"), "{}", console.screen());
    console.keys("n");
    assert!(console.shows("▸ analytics"), "{}", console.screen());
    console.keys("n");
    assert!(console.shows("▸ analytics"), "the only one in trouble");
    console.keys("k p t");
    assert!(console.app.overlays.is_empty());
    assert!(
        matches!(console.app.tab(), Some(Tab::Monitor(_))),
        "{}",
        console.screen()
    );
    // From anywhere, by name.
    console.keys(":").type_text("next-trouble").keys("enter");
    assert!(console.shows("▸ analytics"), "{}", console.screen());
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
