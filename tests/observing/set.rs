//! The panel of the members on a real set of three: what it says of each, and while the set loses its primary.

use std::time::Duration;

use mongodb::bson::doc;
use mongodeck::model::Library;

use crate::support::console::Console;
use crate::support::desk::profile;
use crate::support::replica::ReplicaSet;

const LARGE: (u16, u16) = (180, 36);

/// A member looks for another source a minute after one did not answer in time.
const SOURCE: Duration = Duration::from_secs(90);

async fn on_the_members(set: &ReplicaSet) -> Console {
    let mut console = Console::new(vec![profile("main", &set.uri())], Library::default(), LARGE);
    console.wait_for("staying primary").await;
    console.keys("p t");
    console.wait_for("PRIMARY").await;
    console
}

/// The row of a member in the table.
fn row(screen: &str, address: &str) -> String {
    let table = screen.lines().skip_while(|l| !l.contains("votes"));
    let mut rows = table.map(|l| l.split_once('│').map_or(l, |(_, l)| l));
    let found = rows.find(|l| l.trim_start_matches([' ', '▸']).starts_with(address));
    found
        .unwrap_or_else(|| panic!("no `{address}`\n{screen}"))
        .to_owned()
}

/// What the panel says, as one line: where it is wrapped depends on how long things took.
fn told(screen: &str) -> String {
    let lines = screen.lines().filter_map(|l| l.split_once('│'));
    let words = lines.flat_map(|(_, l)| l.split_whitespace());
    words.collect::<Vec<_>>().join(" ")
}

async fn is_told(console: &mut Console, text: &str) {
    console
        .wait_until(text, |screen| told(screen).contains(text))
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn votes_lag_sources_arbiters_and_members_behind_on_purpose_are_told() {
    // Without a vote: a majority of two that hold data would wait for the one that is an hour behind, and the primary might
    // never take a write for good.
    let hidden = doc! { "priority": 0, "hidden": true, "secondaryDelaySecs": 3_600, "votes": 0 };
    let set = ReplicaSet::start_as(
        [doc! { "priority": 2 }, hidden, doc! { "arbiterOnly": true }],
        doc! {},
    )
    .await;
    let mut console = on_the_members(&set).await;
    let [first, second, third] = [0, 1, 2].map(|n: usize| set.members[n].address());
    let synced = format!("from {first}");
    // What the primary knows of the other comes with heartbeats: its source before its state.
    console
        .wait_within(SOURCE, "the member behind follows", |s| {
            let behind = row(s, &second);
            behind.contains("SECONDARY") && behind.contains(&synced)
        })
        .await;
    let screen = console.screen();
    let primary = row(&screen, &first);
    assert!(
        primary.contains("PRIMARY") && primary.contains("primary since"),
        "{screen}"
    );
    assert!(
        primary.contains("  2 ") && primary.contains("asked"),
        "{screen}"
    );
    let behind = row(&screen, &second);
    for words in [
        "SECONDARY",
        "hidden",
        "delayed by 60 min",
        synced.as_str(),
        "  0    0 ",
    ] {
        assert!(behind.contains(words), "{words}\n{screen}");
    }
    let arbiter = row(&screen, &third);
    assert!(
        arbiter.contains("ARBITER") && arbiter.contains("holds no data"),
        "{screen}"
    );
    console.keys("g g enter");
    console.wait_for("elected in term").await;
    console.wait_for("votes needed    2").await;
    console.wait_for("after its election").await;
    console.keys("esc j enter");
    console.wait_for("clients do not see it").await;
    console.wait_for("delayed by      60 min").await;
    console.keys("esc j enter");
    console.wait_for("it holds no data").await;
    console.runner.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_election_is_told_as_it_happens_and_after_it() {
    // Long enough that no member of a busy machine is taken for dead.
    let settings = doc! { "electionTimeoutMillis": 3_000 };
    let mut set = ReplicaSet::start_as([doc! {}, doc! {}, doc! {}], settings).await;
    let mut console = on_the_members(&set).await;
    let before = set.primary().await;
    let address = set.members[before].address();

    set.step_down().await;
    let lost = format!("{address} is primary no more");
    is_told(&mut console, &lost).await;
    console
        .wait_until("who won, in which term and why", |s| {
            let s = told(s);
            s.contains("was elected primary") && s.contains("in term") && s.contains("1 election")
        })
        .await;
    let after = set.primary().await;
    let elected = format!("{} was elected primary", set.members[after].address());
    is_told(&mut console, &elected).await;
    is_told(&mut console, &format!("before it was {address}")).await;
    console
        .wait_until("the table agrees", |s| {
            row(s, &set.members[after].address()).contains("PRIMARY")
                && row(s, &address).contains("SECONDARY")
        })
        .await;
    assert!(
        !console.screen().contains("no primary"),
        "{}",
        console.screen()
    );

    // A crash, and with it nobody to hand over.
    set.kill(after);
    is_told(&mut console, "no primary since").await;
    console
        .wait_until("how long it took", |s| {
            let s = told(s);
            s.contains("without one, in term") && s.contains("2 elections")
        })
        .await;
    let dead = set.members[after].address();
    console
        .wait_until("who is missing", |s| row(s, &dead).contains("unreachable"))
        .await;
    is_told(
        &mut console,
        "elected because the primary was silent for too long",
    )
    .await;

    // The last two but one: nobody can be elected.
    let left = set.primary().await;
    let other = 3 - left - after;
    set.kill(other);
    is_told(
        &mut console,
        "nobody can be elected: 1 of 3 votes answer, 2 are needed",
    )
    .await;
    is_told(&mut console, "no primary since").await;
    set.heal().await;
    console
        .wait_until("all is well", |s| {
            let s = told(s);
            !s.contains("no primary") && !s.contains("unreachable") && !s.contains(": 2 elections")
        })
        .await;
    console.runner.shutdown().await;
}
