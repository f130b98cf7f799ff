//! What a person sees while a replica set loses its primary: the console in memory, and the built program on a terminal.

use std::time::{Duration, Instant};

use mongodb::Collection;
use mongodb::bson::{Document, doc};
use mongodeck::app::Msg;
use mongodeck::model::Library;
use tokio::task::JoinHandle;

use super::load::prepare;
use crate::support::console::Console;
use crate::support::desk::profile;
use crate::support::program::Home;
use crate::support::pty::Pty;
use crate::support::replica::{Harm, ReplicaSet};
use crate::support::server::PROGRAM;

/// Words that tell how things stand, as far as they are on the screen.
const TELLING: [&str; 7] = [
    "no primary",
    "away",
    "waiting",
    "before the connection was lost",
    "answers again",
    "cannot reach",
    "may or may not",
];

/// Prints what the screen says until `done`, each of the telling words once with its time, and gives them. Presses `r`
/// now and then, as a person does who wants to see more.
async fn watched(
    console: &mut Console,
    since: Instant,
    done: impl Fn(&str) -> bool,
) -> Vec<&'static str> {
    let mut said = Vec::new();
    let mut pressed = Instant::now();
    loop {
        console.settle();
        let screen = console.screen();
        note(&screen, since, &mut said);
        if done(&screen) {
            return said;
        }
        assert!(
            since.elapsed() < Duration::from_secs(40),
            "never came\n{screen}"
        );
        if pressed.elapsed() > Duration::from_secs(1) {
            console.keys("r");
            pressed = Instant::now();
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
        console.tell(Msg::Tick);
    }
}

fn note(screen: &str, since: Instant, said: &mut Vec<&'static str>) {
    for words in TELLING.into_iter().filter(|t| screen.contains(t)) {
        if !said.contains(&words) {
            eprintln!("    {:>5.2} s  {words}", since.elapsed().as_secs_f64());
            said.push(words);
        }
    }
}

fn works_again(since: Instant) {
    eprintln!("    {:>5.2} s  works again", since.elapsed().as_secs_f64());
}

/// Changes the first document behind the console's back, as soon as the set takes writes.
fn change(all: &Collection<Document>, word: &str) -> JoinHandle<()> {
    let (all, word) = (all.clone(), word.to_owned());
    tokio::spawn(async move {
        let change = doc! { "$set": { "t": word } };
        all.update_one(doc! { "_id": 0 }, change).await.unwrap();
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_screen_says_what_happens_to_the_set_and_never_passes_old_rows_off_as_new() {
    let mut set = ReplicaSet::start().await;
    let client = mongodb::Client::with_uri_str(set.uri()).await.unwrap();
    prepare(&client).await;
    let all = client.database("staying").collection::<Document>("one");
    all.drop().await.unwrap();
    all.insert_one(doc! { "_id": 0, "t": "xxxx" })
        .await
        .unwrap();
    let size = (140, 30);
    let mut console = Console::new(vec![profile("p", &set.uri())], Library::default(), size);
    console.wait_for("primary").await;
    console.open("p", "staying.one");
    console.wait_for("xxxx").await;

    for harm in [Harm::StepDown, Harm::KillPrimary] {
        eprintln!("{}, while browsing:", harm.words());
        let since = Instant::now();
        harm.befall(&mut set).await;
        console.keys("r");
        let word = format!("changed {harm:?}");
        let changing = change(&all, &word);
        let said = watched(&mut console, since, |s| s.contains(&word)).await;
        works_again(since);
        changing.await.unwrap();
        assert!(said.contains(&"no primary"), "{said:?}");
        let screen = console.screen();
        assert!(
            !screen.contains("before the connection was lost"),
            "{screen}"
        );
        set.heal().await;
    }

    eprintln!("kill -9 of the primary, between the question and the yes:");
    console.keys("e");
    console.wait_for("_id:").await;
    console.keys("ctrl-end up end left");
    console.type_text("!");
    console.wait_for("!'").await;
    console.keys("ctrl-s");
    console.wait_for("write to").await;
    let since = Instant::now();
    Harm::KillPrimary.befall(&mut set).await;
    console.keys("y");
    let said = watched(&mut console, since, |s| s.contains("written in")).await;
    works_again(since);
    assert!(!said.contains(&"may or may not"), "{said:?}");
    let stored = all.find_one(doc! {}).await.unwrap().unwrap();
    assert!(stored.get_str("t").unwrap().ends_with('!'), "{stored}");
    console.runner.shutdown().await;
    set.heal().await;

    let (_home, mut program) = tokio::task::block_in_place(|| on_a_terminal(&set.uri()));
    let since = Instant::now();
    Harm::KillPrimary.befall(&mut set).await;
    let word = "changed for the terminal";
    let changing = change(&all, word);
    tokio::task::block_in_place(|| {
        let mut said = Vec::new();
        let mut pressed = Instant::now();
        program.send("r");
        loop {
            let text = program.text();
            note(&text, since, &mut said);
            if text.contains(word) && !text.contains("before the connection was lost") {
                break;
            }
            assert!(
                since.elapsed() < Duration::from_secs(40),
                "never came\n{text}"
            );
            if pressed.elapsed() > Duration::from_secs(1) {
                program.send("r");
                pressed = Instant::now();
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        works_again(since);
    });
    changing.await.unwrap();
    client.shutdown().immediate(true).await;
}

/// The built program on a terminal, with the collection open.
fn on_a_terminal(uri: &str) -> (Home, Pty) {
    eprintln!("kill -9 of the primary, the built program on a terminal:");
    let home = Home::with_config(&format!("[profiles.p]\nuri = \"{uri}\"\n"));
    let path = |name: &str| home.path(name).to_string_lossy().into_owned();
    let variables = [
        ("MONGODECK_CONFIG_DIR", path("config")),
        ("MONGODECK_STATE_DIR", path("state")),
    ];
    let variables: Vec<(&str, &str)> = variables.iter().map(|(n, v)| (*n, v.as_str())).collect();
    let pty = Pty::spawn(PROGRAM, &["p/staying.one"], &variables, (140, 30));
    pty.wait_for("!");
    (home, pty)
}
