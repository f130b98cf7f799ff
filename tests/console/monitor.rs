//! The monitor without a server: pools from made-up events, as the screen shows them.

use std::sync::Arc;
use std::time::Duration;

use mongodeck::app::{Effect, Msg};
use mongodeck::mongo::request::{ProfileName, Report};
use mongodeck::pool::{CloseReason, Event, Moment, Pools, ServerKind, What, Work, record};

use crate::support::harness::{Harness, profile};

const FIRST: &str = "db1.example:27017";
const SECOND: &str = "db2.example:27017";

fn milli(at: u64) -> Moment {
    Moment::new(Duration::from_millis(at))
}

/// Pools under construction.
#[derive(Default)]
struct Story {
    pools: Pools,
    at: u64,
}

impl Story {
    /// Something happens `after` so many milliseconds.
    fn then(&mut self, after: u64, address: &str, what: What) -> &mut Self {
        self.at += after;
        self.pools.take(Event {
            at: milli(self.at),
            address: address.into(),
            what,
        });
        self
    }

    fn made(&mut self, address: &str, connection: u32) -> &mut Self {
        let took = Duration::from_millis(4);
        self.then(1, address, What::Created { connection }).then(
            4,
            address,
            What::Ready { connection, took },
        )
    }

    fn taken(&mut self, address: &str, connection: u32, waited: u64, about: &str) -> &mut Self {
        let work = Some(Arc::new(Work {
            command: "find".into(),
            about: about.into(),
            comment: format!("mongodeck/5f/{connection}").into(),
        }));
        let waited = Duration::from_millis(waited);
        self.then(
            1,
            address,
            What::CheckedOut {
                connection,
                waited,
                work,
            },
        )
    }

    /// A set of two whose first member has a pool of two, both of them in use.
    fn busy() -> Self {
        let mut story = Self::default();
        for (address, kind) in [
            (FIRST, ServerKind::Primary),
            (SECOND, ServerKind::Secondary),
        ] {
            let changed = What::ServerChanged {
                from: ServerKind::Unknown,
                to: kind,
            };
            let answered = What::Heartbeat {
                took: Duration::from_micros(1_240),
                awaited: false,
            };
            story
                .then(1, address, What::PoolCreated { max: 2, min: 0 })
                .then(1, address, What::ServerOpened)
                .then(3, address, answered)
                .then(0, address, changed)
                .then(0, address, What::PoolReady);
        }
        story.made(FIRST, 1).made(FIRST, 2).made(SECOND, 1);
        for second in 0..40 {
            let at = 900 + second * 2;
            story
                .then(at, FIRST, What::CheckoutStarted)
                .taken(FIRST, 1, 1 + second % 7, "shop.orders")
                .then(90, FIRST, What::CheckedIn { connection: 1 });
        }
        story
            .then(5, FIRST, What::CheckoutStarted)
            .taken(FIRST, 1, 0, "shop.orders")
            .then(5, FIRST, What::CheckoutStarted)
            .taken(FIRST, 2, 0, "shop.customers");
        story
    }

    /// The same, with three who wait for the first member's.
    fn saturated() -> Self {
        let mut story = Self::busy();
        for _ in 0..3 {
            story.then(10, FIRST, What::CheckoutStarted);
        }
        story
    }

    /// The same pools as they are told, at this moment of theirs.
    fn report(&self, at: u64) -> Msg {
        Msg::Report(Box::new(Report::Pools {
            profile: ProfileName::new("main"),
            summary: self.pools.summary(),
            pools: Some(Arc::new(self.pools.clone())),
            at: milli(at),
        }))
    }
}

fn monitor(size: (u16, u16), story: &Story, later: u64) -> Harness {
    let mut limited = profile("main");
    limited.max_pool_size = Some(2);
    let mut console = Harness::with(&[limited], [], size);
    console.wait(Duration::from_secs(72_843));
    console.connected("main").keys("p m");
    console.tell(story.report(story.at + later));
    console
}

fn watches(effects: &[Effect]) -> Vec<bool> {
    let whole = |e: &Effect| match e {
        Effect::WatchPools { whole, .. } => Some(*whole),
        _ => None,
    };
    effects.iter().filter_map(whole).collect()
}

#[test]
fn the_pools_are_shown_at_both_sizes() {
    for size in [(80, 24), (140, 40)] {
        let name = |what: &str| format!("pools_{what}_{}x{}", size.0, size.1);
        let mut console = monitor(size, &Story::busy(), 2_000);
        insta::assert_snapshot!(name("busy"), console.screen());
        console = monitor(size, &Story::saturated(), 12_000);
        insta::assert_snapshot!(name("saturated"), console.screen());
        if size.0 == 140 {
            insta::assert_snapshot!("pools_saturated_styles", console.styles());
        }
        console.keys("j enter");
        insta::assert_snapshot!(name("connections"), console.screen());
        console.keys("v");
        insta::assert_snapshot!(name("events"), console.screen());
        console.keys("v");
        insta::assert_snapshot!(name("times"), console.screen());
    }
}

#[test]
fn all_figures_are_reported_only_while_the_panel_is_on_the_screen() {
    let mut console = Harness::new();
    console.connected("main").keys("p m");
    assert_eq!(watches(&console.effects()), [true]);
    assert!(console.app.wants_ticks());
    console.open("main", "shop.orders");
    console.keys("2");
    assert_eq!(watches(&console.effects()), [false]);
    console.keys("]");
    assert_eq!(watches(&console.effects()), [true]);
    console.keys("q");
    assert_eq!(watches(&console.effects()), [false]);
}

#[test]
fn below_two_panes_the_tree_hides_the_monitor() {
    let mut console = Harness::with(&[profile("main")], [], (60, 20));
    console.connected("main").keys("p m");
    assert_eq!(watches(&console.effects()), [true]);
    console.keys("esc");
    assert_eq!(watches(&console.effects()), [false]);
}

/// What is drawn of the last minutes in the line of this label, with the empty columns before it.
fn sparkline(screen: &str, label: &str) -> String {
    let head = format!("│ {label:<8} ");
    let drawn = screen.lines().find_map(|line| {
        let (_, rest) = line.split_once(head.as_str())?;
        Some(rest.split_once(" top ")?.0.to_owned())
    });
    drawn.unwrap()
}

#[test]
fn a_sleep_is_a_gap_in_the_lines_of_the_last_minutes_and_an_event() {
    for size in [(80, 24), (140, 40)] {
        let mut story = Story::busy();
        let lasted = Duration::from_secs(240);
        for address in [FIRST, SECOND] {
            let after = if address == FIRST { 250_000 } else { 0 };
            story.then(after, address, What::StoodStill { lasted });
        }
        let mut console = monitor(size, &story, 20_000);
        let screen = console.screen();
        for label in ["in use", "waiting", "wait", "taken"] {
            let drawn = sparkline(&screen, label);
            let gaps: Vec<&str> = drawn
                .trim()
                .split(|c: char| c != ' ')
                .filter(|g| !g.is_empty())
                .collect();
            let [gap] = gaps.as_slice() else {
                panic!("{label}: `{drawn}`\n{screen}");
            };
            // 240 of the 600 seconds that the line is of.
            let part = gap.len() * 600 / drawn.chars().count();
            assert!((200..=280).contains(&part), "{label}: {part} s\n{screen}");
        }
        insta::assert_snapshot!(format!("pools_slept_{}x{}", size.0, size.1), screen);
        console.keys("v");
        let said = "nothing ran here for 240 s";
        assert!(console.shows(said), "{}", console.screen());
    }
}

#[test]
fn the_saturated_pool_says_in_words_what_to_do_and_leads_to_what_runs() {
    let mut console = monitor((140, 40), &Story::saturated(), 12_000);
    let screen = console.screen();
    assert!(
        screen.contains("pool at its limit of 2 for 12 s, 3 waiting: raise `max_pool_size`"),
        "{screen}"
    );
    assert!(
        screen.contains("pool 2/4, one at its limit for 12 s, 3 waiting"),
        "{screen}"
    );
    // The warning grows older by itself.
    console.wait(Duration::from_secs(5));
    assert!(
        console.shows("for 17 s, 3 waiting: raise"),
        "{}",
        console.screen()
    );
    console.keys("enter");
    assert!(console.shows("stop it"), "what runs: {}", console.screen());
    console.keys("1 j enter");
    let screen = console.screen();
    assert!(screen.contains("find shop.customers"), "{screen}");
}

#[test]
fn events_are_filtered_paused_and_written_as_they_were_when_asked_for() {
    let mut story = Story::busy();
    let mut console = monitor((140, 40), &story, 10);
    console.keys("v / ");
    console.type_text("checkedout customers");
    console.keys("enter");
    let screen = console.screen();
    assert!(screen.contains("1 of "), "{screen}");
    assert!(
        screen.contains("#2 handed out after 0.0 ms for find shop.customers"),
        "{screen}"
    );
    console.keys("backspace space");
    assert!(
        console.shows("paused at 20:14:03 UTC"),
        "{}",
        console.screen()
    );
    let what = What::Closed {
        connection: 2,
        reason: CloseReason::Error,
    };
    story.then(10, FIRST, what);
    console.tell(story.report(story.at));
    assert!(!console.shows("closed: error"), "{}", console.screen());
    console.keys("E");
    console.effects();
    console.keys("enter");
    let effects = console.effects();
    let Some(Effect::WriteFile { path, text, what }) = effects.first() else {
        panic!("{effects:?}");
    };
    assert_eq!(path, "pool-events-main.jsonl");
    let events: Vec<Event> = text.lines().map(|l| record::read(l).unwrap()).collect();
    assert_eq!(what, &format!("{} events", events.len()));
    // What was written makes the same figures.
    let mut again = Pools::default();
    for event in events {
        again.take(event);
    }
    assert_eq!(again.sums(), Story::busy().pools.sums());
    console.keys("space");
    assert!(console.shows("closed: error"), "{}", console.screen());
}

#[test]
fn the_way_back_leads_from_a_server_to_all_and_then_to_the_tree() {
    let mut console = monitor((140, 40), &Story::busy(), 10);
    console.keys("enter esc");
    assert!(
        console.shows("servers  events  commands"),
        "{}",
        console.screen()
    );
    console.keys("esc");
    assert_eq!(console.app.focus, mongodeck::app::Focus::Tree);
}

#[test]
fn the_top_bar_keeps_the_profile_in_front_and_what_is_wrong_however_narrow_it_is() {
    let profiles: Vec<_> = ["analytics", "staging", "far", "main", "audit"]
        .into_iter()
        .map(profile)
        .collect();
    let story = Story::saturated();
    for (width, shown) in [
        (140, "pool 2/4, one at its limit for 12 s, 3 waiting"),
        (80, "pool full, 3 waiting"),
        (50, "main ●"),
    ] {
        let mut console = Harness::with(&profiles, [], (width, 24));
        for name in ["analytics", "staging", "far", "audit"] {
            console.connected(name);
        }
        console.connected("main");
        console.open("main", "shop.orders");
        console.keys("p m");
        console.wait(Duration::from_secs(1));
        console.tell(story.report(story.at + 12_000));
        let screen = console.screen();
        let bar = screen.lines().next().unwrap().to_owned();
        assert!(bar.contains(shown), "{width}: {bar}");
        assert!(bar.contains("main ●"), "{width}: {bar}");
        assert!(width == 140 || bar.contains(" +"), "{width}: {bar}");
    }
}

#[test]
fn closing_the_status_overlay_leaves_a_monitor_its_figures() {
    let mut console = Harness::new();
    console.connected("main").keys("p m");
    assert_eq!(watches(&console.effects()), [true]);
    console.keys("p S");
    let begun = watches(&console.effects());
    console.keys("q");
    let ceased = watches(&console.effects());
    // Each that began ceases, and the monitor's own is not among them.
    assert!(!begun.is_empty() && begun.iter().all(|whole| *whole));
    assert_eq!(ceased.len(), begun.len());
    assert!(ceased.iter().all(|whole| !whole));
}
