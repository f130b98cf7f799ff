//! The panel of the members on a real set of three: what it says of each, and while the set loses its primary.

use mongodb::bson::doc;
use mongodeck::model::Library;

use crate::support::console::Console;
use crate::support::desk::profile;
use crate::support::replica::ReplicaSet;

const LARGE: (u16, u16) = (140, 36);

async fn on_the_members(set: &ReplicaSet, size: (u16, u16)) -> Console {
    let mut console = Console::new(vec![profile("main", &set.uri())], Library::default(), size);
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn votes_lag_sources_arbiters_and_members_behind_on_purpose_are_told() {
    let hidden = doc! { "priority": 0, "hidden": true, "secondaryDelaySecs": 3_600, "votes": 1 };
    let set = ReplicaSet::start_as(
        [doc! { "priority": 2 }, hidden, doc! { "arbiterOnly": true }],
        doc! {},
    )
    .await;
    let mut console = on_the_members(&set, (180, 30)).await;
    let [first, second, third] = [0, 1, 2].map(|n: usize| set.members[n].address());
    let synced = format!("from {first}");
    console.wait_for(&synced).await;
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
        "  0 ",
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
    let mut set = ReplicaSet::start().await;
    let mut console = on_the_members(&set, LARGE).await;
    let before = set.primary().await;
    let address = set.members[before].address();

    set.step_down().await;
    let lost = format!("{address} is primary no more");
    console.wait_for(&lost).await;
    console
        .wait_until("who won, in which term and why", |s| {
            s.contains("was elected primary") && s.contains("in term") && s.contains("1 election")
        })
        .await;
    let after = set.primary().await;
    let elected = format!("{} was elected primary", set.members[after].address());
    console.wait_for(&elected).await;
    console.wait_for(&format!("before it was {address}")).await;
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
    console.wait_for("no primary since").await;
    console
        .wait_until("how long it took", |s| {
            s.contains("without one, in term") && s.contains("2 elections")
        })
        .await;
    let dead = set.members[after].address();
    console
        .wait_until("who is missing", |s| row(s, &dead).contains("unreachable"))
        .await;
    console
        .wait_for("elected because the primary was silent for too long")
        .await;

    // The last two but one: nobody can be elected.
    let left = set.primary().await;
    let other = 3 - left - after;
    set.kill(other);
    console
        .wait_for("nobody can be elected: 1 of 3 votes answer, 2 are needed")
        .await;
    console.wait_for("no primary since").await;
    set.heal().await;
    console
        .wait_until("all is well", |s| {
            !s.contains("no primary") && !s.contains("unreachable") && !s.contains(": 2 elections")
        })
        .await;
    console.runner.shutdown().await;
}
