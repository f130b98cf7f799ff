//! The pictures of the main screens, drawn by the program's own rendering on the sandbox's own data.
//!
//! `MONGODECK_SCREENSHOTS=assets/screenshots cargo test screenshots` writes them anew; without the variable they are
//! drawn all the same, and what must be seen on each is asserted.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bson::{doc, rawdoc};
use mongodeck::app::Msg;
use mongodeck::cli::sandbox::profiles;
use mongodeck::mongo::request::{Find, Namespace, Request, TaskId};
use mongodeck::query::saved::shelf::{Origin, Shelf};
use mongodeck::query::saved::shipped;
use secrecy::ExposeSecret as _;

use crate::support::console::Console;
use crate::support::desk;
use crate::support::replica::ReplicaSet;
use crate::support::server;
use crate::support::svg::picture;

fn save(console: &Console, name: &str, light: bool) {
    let (ground, ink) = if light {
        ("#fafafa", "#383a42")
    } else {
        ("#121212", "#d0d0d0")
    };
    let text = picture(console.buffer(), ground, ink);
    assert!(text.len() > 4_000, "{name} is nearly empty");
    if let Some(directory) = std::env::var_os("MONGODECK_SCREENSHOTS") {
        let directory = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(directory);
        std::fs::create_dir_all(&directory).unwrap();
        std::fs::write(directory.join(format!("{name}.svg")), text).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_main_screens_can_be_drawn_on_the_sample_data() {
    let sandbox = server::dedicated(server::options()).await;
    sandbox.load().await.unwrap();
    let profiles = profiles(&sandbox.uri());

    let models = mongodeck::model::shipped();
    let mut console = Console::new(profiles.clone(), models.clone(), (140, 36));
    console
        .wait_until("both profiles answer", |s| {
            s.matches("rs0 primary").count() == 2
        })
        .await;
    console.keys("enter");
    console.wait_for("users").await;
    console.open("main", "career_dev.users");
    console.wait_for("priya").await;
    console.keys("l l l l l l j j j");
    console.wait_for("is not one of").await;
    save(&console, "table", false);
    console.keys("v");
    console.wait_for("networkingIntensity").await;
    save(&console, "tree", false);
    console.keys("?");
    console.wait_for("in the outline").await;
    save(&console, "help", false);
    console.keys("esc ctrl-o");
    console.wait_for("go to a collection").await;
    console.type_text("progress");
    save(&console, "jump", false);
    console.keys("esc e");
    console.wait_for("1 warning").await;
    save(&console, "editor", false);
    console.keys("f8 end");
    for _ in 0.."'3-weeks',".len() {
        console.keys("backspace");
    }
    console.type_text("'3-months',");
    console.keys("ctrl-s");
    console.wait_for("write to career_dev.users on main?").await;
    save(&console, "review", false);
    console.keys("n esc");
    console.wait_for("networkingIntensity").await;
    console.keys("I");
    console.wait_for("indexes (").await;
    save(&console, "details", false);
    console.keys("esc F");
    let counted = |s: &str| s.contains("by index") && !s.contains("counting");
    console.wait_until("all is counted", counted).await;
    save(&console, "referrers", false);
    console.keys("esc d d");
    console.wait_for("reference(s) to it").await;
    console.keys("down down enter");
    console.wait_for("one transaction").await;
    save(&console, "cascade", false);
    console.keys("esc esc e ctrl-f");
    console.type_text("timeframe");
    console.keys("enter end left ctrl-space");
    console.wait_for("▸3-months").await;
    save(&console, "completion", false);
    console.keys("esc esc");
    console.open("main", "career_dev.applications");
    console.wait_for("1 of").await;
    console.keys("e ctrl-home down down end left ctrl-space");
    console.wait_for("@example").await;
    save(&console, "completion-ids", false);
    console.keys("esc esc");
    console.open("main", "career_dev.connections");
    console.wait_for("1 of").await;
    query_pictures(&mut console).await;
    saved_pictures(&mut console).await;
    console.open("main", "career_dev.users");
    console.keys("M");
    console.wait_for("referred to by").await;
    console.keys("j j j j j j j j");
    console.wait_for("goalType").await;
    save(&console, "models", false);
    console.open("main", "career_dev.users");
    console.keys("g c");
    console.wait_for("of drift").await;
    console.keys("j");
    console.wait_for("documents").await;
    save(&console, "check", false);
    {
        // Held up after the first documents, so that there is a check to be seen on its way.
        let slow = bson::doc! { "failCommands": ["getMore"], "blockConnection": true, "blockTimeMS": 1_500 };
        let times = bson::doc! { "times": 1 };
        let uri = sandbox.uri();
        let _slow = server::FailPoint::on(uri.expose_secret(), "failCommand", times, slow).await;
        console.open("main", "career_dev.applications");
        console.keys("g c");
        console.wait_for("k/s").await;
        save(&console, "checking", false);
        console.wait_for("of drift").await;
    }
    observing_pictures(&mut console, sandbox.uri().expose_secret()).await;
    drop(console);

    let mut console = Console::with_theme(profiles, models, (80, 24), "light");
    console.wait_for("rs0 primary").await;
    console.keys("enter");
    console.wait_for("nexstep").await;
    console.open("main", "nexstep.roadmaps");
    console.wait_for("1 of ~").await;
    save(&console, "light", true);
    drop(console);
    sandbox.stop().await;
}

/// What the server says of itself: its member, and what runs on it.
async fn observing_pictures(console: &mut Console, uri: &str) {
    console.keys("p t");
    console.wait_for("primary since").await;
    save(console, "topology", false);
    let client = mongodb::Client::with_uri_str(uri).await.unwrap();
    let users = client
        .database("career_dev")
        .collection::<bson::Document>("users");
    let running = tokio::spawn(async move {
        let sleep = "sleep(100) || false";
        users
            .find_one(bson::doc! { "goalType": "promotion", "$where": sleep })
            .await
    });
    console.keys("4");
    console.wait_for("goalType").await;
    save(console, "operations", false);
    console.keys("x");
    console.wait_for("stop operation").await;
    save(console, "kill", false);
    console.keys("y");
    console.wait_for("the server has it no more").await;
    assert!(running.await.unwrap().is_err());
}

async fn query_pictures(console: &mut Console) {
    console.keys("x");
    console.wait_for("find: only reads").await;
    let paste = |console: &mut Console, text: &str| {
        console.keys("ctrl-end");
        console.tell(mongodeck::app::Msg::Pasted(text.to_owned()));
        console.draw();
    };
    paste(
        console,
        "\n\n// how far people come, by goal\ndb.users.aggregate([\n  {$match: {goalType: {$exists: true}}},\n  {$group: {_id: '$goalType', people: {$sum: 1}}},\n  {$sort: {people: -1}},\n])",
    );
    console.keys("f5");
    console.wait_for("people").await;
    console.wait_for("UTC").await;
    save(console, "query", false);
    paste(
        console,
        "\n\ndb.users.find({goalType: 'promotion'}).sort({createdAt: -1})",
    );
    console.keys("f9");
    console.wait_for("the plan").await;
    save(console, "explain", false);
    console.keys("esc");
    paste(
        console,
        "\n\n// goals by how many people have them\ndb.users.aggregate([\n  {$match: {goalType: {$exists: true}}},\n  {$group: {_id: '$goalType', people: {$sum: 1}}},\n  {$sort: {people: -1}},\n])",
    );
    console.keys("f2 g g j");
    console.wait_for("+ people").await;
    save(console, "stages", false);
    console.keys("ctrl-x l ctrl-end");
    paste(console, "\n\n");
    console.type_text("db.users.find({goal");
    console.wait_for("goalType").await;
    save(console, "query-completion", false);
}

/// A saved query from the list to the chart of its result.
async fn saved_pictures(console: &mut Console) {
    let mut shelf = Shelf::default();
    for (path, text) in shipped::FILES {
        shelf.parse(Origin::Shipped(path), path, text);
    }
    console.keys("esc ctrl-x r");
    console.tell(Msg::Queries(Arc::new(shelf)));
    console.type_text("applications-by-status");
    console.wait_for("Job applications of each status").await;
    save(console, "saved-queries", false);
    console.keys("enter");
    console.wait_for("2020-01-01T00:00:00").await;
    save(console, "saved-query-form", false);
    console.keys("f5");
    console.wait_for("interviews").await;
    console.wait_for("└┴").await;
    save(console, "chart", false);
    console.keys("esc");
}

/// Reads that take a while each, beyond what the pool of two has connections for.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pool_at_its_limit_is_told_and_what_runs_on_it_is_seen() {
    let test = server::TestDatabase::new("pictures").await;
    test.collection("orders")
        .insert_many((0..40).map(|n| doc! { "_id": n }))
        .await
        .unwrap();
    let mut limited = desk::profile("main", test.uri());
    limited.max_pool_size = Some(2);
    let name = limited.name.clone();
    let models = mongodeck::model::Library::new([]);
    let mut console = Console::new(vec![limited], models, (140, 36));
    console.wait_for("rs0 primary").await;
    let namespace = Namespace::new(&test.name, "orders");
    let read = |console: &Console, nth: u64, script: &str| {
        let find = Find {
            filter: rawdoc! { "$where": script },
            ..Find::all()
        };
        let request = Request::OpenFeed {
            feed: desk::feed_id(),
            namespace: namespace.clone(),
            find,
            count: 1,
        };
        console.runner.start(&name, TaskId(9_000 + nth), request);
    };
    console.keys("p m");
    for round in 0..6 {
        for nth in 0..=round % 4 {
            read(&console, round * 10 + nth, "sleep(120) || true");
        }
        tokio::time::sleep(Duration::from_millis(700)).await;
        console.settle();
    }
    let at_rest = |s: &str| s.contains("0 in use, 2 available") && s.contains("0 waiting");
    console.wait_until("all is read", at_rest).await;
    save(&console, "monitor", false);

    for nth in 100..109 {
        read(&console, nth, "sleep(4000) || true");
    }
    console
        .wait_for("pool at its limit of 2 for 2 s, 7 waiting: raise `max_pool_size`")
        .await;
    assert!(
        console.screen().contains("pool 2/2 at its limit for"),
        "the strip says it too:\n{}",
        console.screen()
    );
    save(&console, "monitor-saturated", false);
    console.keys("j enter");
    let runs = format!("find {namespace}");
    let both = |s: &str| s.matches(runs.as_str()).count() == 2;
    console.wait_until("what runs on both", both).await;
    save(&console, "monitor-connections", false);
    console.keys("v");
    console.wait_for("ConnectionCheckOutStarted").await;
    save(&console, "monitor-events", false);
    console.runner.shutdown().await;
}

/// A set that lost its primary to a crash, and waits the time that members wait before one of them stands.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_members_are_pictured_during_an_election_and_after_it() {
    let waits = doc! { "electionTimeoutMillis": 20_000 };
    let mut set = ReplicaSet::start_as([doc! {}, doc! {}, doc! {}], waits).await;
    let profiles = vec![desk::profile("main", &set.uri())];
    let models = mongodeck::model::Library::new([]);
    let mut console = Console::new(profiles, models, (140, 24));
    console.wait_for("staying primary").await;
    console.keys("p t");
    let followed = |s: &str| s.contains("PRIMARY") && s.matches("SECONDARY").count() == 2;
    console.wait_until("the set", followed).await;
    let lost = set.primary().await;
    set.kill(lost);
    let told = |s: &str| {
        s.contains("an election is under way: 2 of 3 votes answer, 2 are needed")
            && s.contains("unreachable")
            && s.contains("for 5 s")
            // What is read is fresh in the middle of it.
            && !s.lines().any(|l| l.contains("  read ") && l.ends_with("s ago"))
    };
    console.wait_until("an election", told).await;
    save(&console, "topology-election", false);
    let next = (lost + 1) % 3;
    set.ask(next, doc! { "replSetStepUp": 1 }).await.unwrap();
    let won = format!("{} was elected primary after", set.members[next].address());
    console.wait_for(&won).await;
    console.wait_for("in term").await;
    save(&console, "topology-elected", false);
    console.runner.shutdown().await;
}

#[test]
fn the_pictures_that_are_told_of_are_there_and_those_of_the_monitor_are_told_of() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
    let told: Vec<&str> = readme
        .split("](assets/screenshots/")
        .skip(1)
        .filter_map(|rest| rest.split_once(')').map(|(name, _)| name))
        .collect();
    for name in &told {
        let file = root.join("assets/screenshots").join(name);
        assert!(file.is_file(), "{name} is not there");
    }
    for name in [
        "monitor",
        "monitor-saturated",
        "operations",
        "topology-election",
    ] {
        let name = format!("{name}.svg");
        assert!(told.contains(&name.as_str()), "{name} is not told of");
    }
}
