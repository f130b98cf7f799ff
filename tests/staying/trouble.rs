//! Trouble with one server: what the screen says of it, and that it works again by itself.

use std::time::{Duration, Instant};

use mongodb::bson::{Document, doc};
use mongodeck::app::Msg;
use mongodeck::model::Library;
use mongodeck::mongo::sandbox::Options;
use secrecy::ExposeSecret as _;

use crate::support::console::Console;
use crate::support::desk::{profile, with_option};
use crate::support::relay::Relay;
use crate::support::server::{FailPoint, TestDatabase, dedicated, options};

const SIZE: (u16, u16) = (140, 30);

/// A collection of a few documents, and a console that shows it through a client of this name.
async fn shown(about: &str) -> (TestDatabase, Console) {
    let database = TestDatabase::new(about).await;
    fill(&database.client, &database.name).await;
    let uri = with_option(database.uri(), &format!("appName={about}"));
    let console = opened(&uri, &database.name).await;
    (database, console)
}

async fn fill(client: &mongodb::Client, database: &str) {
    let documents: Vec<Document> = (0..8)
        .map(|i| doc! { "_id": i, "word": format!("row number {i}") })
        .collect();
    let all = client.database(database).collection::<Document>("c");
    all.insert_many(documents).await.unwrap();
}

async fn opened(uri: &str, database: &str) -> Console {
    let mut console = Console::new(vec![profile("p", uri)], Library::default(), SIZE);
    console.wait_for("p ● ").await;
    console.open("p", &format!("{database}.c"));
    console.wait_for("row number 7").await;
    console
}

/// The line of the screen that has these words.
fn line_of(console: &Console, words: &str) -> String {
    let screen = console.screen();
    let line = screen.lines().find(|l| l.contains(words));
    line.unwrap_or_default().trim().to_owned()
}

fn tell(what: &str, said: &str, since: Instant) {
    eprintln!(
        "{what:<28} {:>5.2} s  {said}",
        since.elapsed().as_secs_f64()
    );
}

/// Each of these befalls a read more often than it is tried again: said in words, and gone with the next refresh.
#[tokio::test]
async fn what_a_read_meets_is_said_in_words_and_the_next_one_works() {
    let (database, mut console) = shown("trouble-read").await;
    for (what, data, said) in [
        (
            "network error",
            doc! { "closeConnection": true },
            "the connection was closed",
        ),
        (
            "NotWritablePrimary",
            doc! { "errorCode": 10107 },
            "the server is not the primary of its set",
        ),
        (
            "ExceededTimeLimit",
            doc! { "errorCode": 262 },
            "the server gave it up after its own limit of time",
        ),
        (
            "MaxTimeMSExpired",
            doc! { "errorCode": 50 },
            "it took longer than `max_time` allows",
        ),
        (
            "TooManyLogicalSessions",
            doc! { "errorCode": 261 },
            "the server has no room for another session",
        ),
    ] {
        let point =
            FailPoint::command(database.uri(), "trouble-read", &["find"], 2, data.clone()).await;
        let since = Instant::now();
        console.keys("r");
        console
            .wait_until(said, |s| s.contains(said) && s.contains("row number 7"))
            .await;
        tell(what, &line_of(&console, said), since);
        drop(point);
        console.wait_for("p ● ").await;
        console.keys("r");
        console
            .wait_until("fresh rows", |s| {
                s.contains("row number 7") && !s.contains(said) && !s.contains("reading …")
            })
            .await;
    }
}

#[tokio::test]
async fn a_read_that_fails_once_is_tried_again_without_a_word() {
    let (database, mut console) = shown("trouble-once").await;
    for data in [
        doc! { "closeConnection": true },
        doc! { "errorCode": 10107 },
        doc! { "errorCode": 11602 },
    ] {
        let _point =
            FailPoint::command(database.uri(), "trouble-once", &["find"], 1, data.clone()).await;
        let work = database.collection("c");
        work.update_one(
            doc! { "_id": 0 },
            doc! { "$set": { "word": format!("{data}") } },
        )
        .await
        .unwrap();
        let words = format!("{data}")
            .chars()
            .skip(3)
            .take(8)
            .collect::<String>();
        console.keys("r");
        console.wait_for(&words).await;
        assert!(!console.screen().contains('✗'), "{}", console.screen());
    }
}

#[tokio::test]
async fn a_slow_read_is_counted_and_can_be_stopped() {
    let (database, mut console) = shown("trouble-slow").await;
    let data = doc! { "blockConnection": true, "blockTimeMS": 1_500 };
    let _point = FailPoint::command(database.uri(), "trouble-slow", &["find"], 1, data).await;
    let since = Instant::now();
    console.keys("r");
    console.wait_for("waiting 0.").await;
    let said = line_of(&console, "waiting");
    assert!(said.contains("ctrl-c stops"), "{said}");
    console
        .wait_until("the rows", |s| {
            !s.contains("waiting") && !s.contains("reading …")
        })
        .await;
    tell("slow", &said, since);
}

/// The outcome of a write that nobody knows is said to be unknown, and looking at the document again tells it.
#[tokio::test]
async fn a_write_without_an_answer_is_unknown_until_one_looks() {
    let database = TestDatabase::new("trouble-write").await;
    fill(&database.client, &database.name).await;
    let uri = with_option(
        database.uri(),
        "appName=trouble-write&serverSelectionTimeoutMS=1000",
    );
    let mut console = opened(&uri, &database.name).await;
    console.keys("j e");
    console.wait_for("word:").await;
    console.keys("ctrl-end up end left");
    console.type_text("!");
    console.wait_for("!'").await;
    for (data, unknown, found, stored) in [
        (
            doc! { "closeConnection": true },
            "it may have been written: read the document again?",
            "it was not written",
            "row number 1",
        ),
        (
            doc! { "writeConcernError": { "code": 64, "errmsg": "waiting for replication timed out" } },
            "it may have been written: read the document again?",
            "it was written",
            "row number 1!",
        ),
    ] {
        console.keys("ctrl-s");
        console.wait_for("write to").await;
        let point =
            FailPoint::command(database.uri(), "trouble-write", &["update"], 1_000, data).await;
        let since = Instant::now();
        console.keys("y");
        console.wait_for(unknown).await;
        drop(point);
        tell(
            "write without an answer",
            &line_of(&console, unknown),
            since,
        );
        console.wait_for("p ● ").await;
        console.keys("y");
        console.wait_for(found).await;
        tell("  looked again", &line_of(&console, found), since);
        let document = database
            .collection("c")
            .find_one(doc! { "_id": 1 })
            .await
            .unwrap();
        assert_eq!(document.unwrap().get_str("word").unwrap(), stored);
    }
}

#[tokio::test]
async fn a_server_that_takes_no_more_connections_is_said_to_and_is_there_once_it_has_room() {
    let limited = Options {
        extra_args: vec!["--maxConns".to_owned(), "10".to_owned()],
        ..options()
    };
    let server = dedicated(limited).await;
    let uri = server.uri().expose_secret().to_owned();
    let client = mongodb::Client::with_uri_str(&uri).await.unwrap();
    fill(&client, "full").await;
    client.shutdown().immediate(true).await;
    // Others take what there is; sockets that say nothing count as well.
    let mut others = Vec::new();
    for _ in 0..12 {
        others.push(
            tokio::net::TcpStream::connect(("127.0.0.1", server.port()))
                .await
                .unwrap(),
        );
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    let mut console = Console::new(vec![profile("p", &uri)], Library::default(), SIZE);
    let since = Instant::now();
    console.wait_for("away").await;
    let said = line_of(&console, "cannot reach");
    assert!(
        said.contains("the connection was closed"),
        "{}",
        console.screen()
    );
    console.open("p", "full.c");
    tell("connection limit", &said, since);
    drop(others);
    let since = Instant::now();
    console.wait_for("row number 7").await;
    tell("  there is room again", "rows by themselves", since);
    console.runner.shutdown().await;
    server.stop().await;
}

/// A console on a relay to the shared server.
async fn relayed(about: &str) -> (TestDatabase, Relay, Console) {
    let database = TestDatabase::new(about).await;
    fill(&database.client, &database.name).await;
    let (head, port) = database.uri().rsplit_once("127.0.0.1:").unwrap();
    let port: u16 = port.split('/').next().unwrap().parse().unwrap();
    let relay = Relay::to(port).await;
    let uri = format!(
        "{head}127.0.0.1:{}/?authSource=admin&directConnection=true&connectTimeoutMS=1500&heartbeatFrequencyMS=500",
        relay.port
    );
    let console = opened(&uri, &database.name).await;
    (database, relay, console)
}

#[tokio::test]
async fn connections_that_the_far_side_closed_while_idle_are_made_again_without_a_word() {
    let (database, relay, mut console) = relayed("idle-closed").await;
    for round in 0..3 {
        let word = format!("round {round}");
        database
            .collection("c")
            .update_one(doc! { "_id": 0 }, doc! { "$set": { "word": &word } })
            .await
            .unwrap();
        relay.cut();
        let since = Instant::now();
        console.keys("r");
        console.wait_for(&word).await;
        tell("idle connections closed", "rows at once", since);
        console.wait_for("p ● ").await;
    }
}

#[tokio::test]
async fn a_line_that_goes_silent_is_noticed_said_and_recovered_from_and_old_rows_are_marked() {
    let (database, relay, mut console) = relayed("silent").await;
    relay.hold(true);
    let since = Instant::now();
    console.wait_for("away").await;
    let said = line_of(&console, "no answer in time");
    assert!(!said.is_empty(), "{}", console.screen());
    tell("silent line", &said, since);
    // The rows of before are still there, and are not passed off as what the server holds now.
    let mark = line_of(&console, "before the connection was lost");
    assert!(mark.contains("read at"), "{}", console.screen());
    assert!(console.screen().contains("row number 7"));
    database
        .collection("c")
        .update_one(
            doc! { "_id": 0 },
            doc! { "$set": { "word": "changed meanwhile" } },
        )
        .await
        .unwrap();
    relay.hold(false);
    let since = Instant::now();
    console
        .wait_until("the new rows, not marked", |s| {
            s.contains("changed meanwhile") && !s.contains("before the connection was lost")
        })
        .await;
    tell("  it speaks again", "fresh rows by themselves", since);
}

#[tokio::test]
async fn after_a_sleep_dead_connections_are_given_up_and_the_rows_read_again() {
    let (database, relay, mut console) = relayed("slept").await;
    // As after an hour with the lid closed: no connection of before is known to the far side any more.
    relay.forget();
    database
        .collection("c")
        .update_one(
            doc! { "_id": 0 },
            doc! { "$set": { "word": "an hour later" } },
        )
        .await
        .unwrap();
    let since = Instant::now();
    console.keys("r");
    console.wait_for("an hour later").await;
    console.wait_for("p ● ").await;
    tell(
        "laptop slept",
        "rows by themselves after the first key",
        since,
    );
}

#[tokio::test]
async fn names_that_do_not_resolve_and_listeners_that_say_nothing_are_told_apart() {
    let silent = tokio::net::TcpListener::bind(("127.0.0.1", 0))
        .await
        .unwrap();
    let port = silent.local_addr().unwrap().port();
    for (what, uri, said) in [
        (
            "no such host",
            "mongodb://no-such-host.invalid/".to_owned(),
            "the host name cannot be resolved",
        ),
        (
            "accepts and says nothing",
            format!(
                "mongodb://127.0.0.1:{port}/?connectTimeoutMS=700&serverSelectionTimeoutMS=2000"
            ),
            "no answer in time",
        ),
        (
            "nothing listens",
            "mongodb://127.0.0.1:9/".to_owned(),
            "connection refused",
        ),
    ] {
        let since = Instant::now();
        let mut console = Console::new(vec![profile("p", &uri)], Library::default(), SIZE);
        console.wait_for(said).await;
        let line = line_of(&console, said);
        tell(what, &line, since);
        assert!(line.contains("cannot reach"), "{line}");
        // The keys answer meanwhile.
        let before = Instant::now();
        console.keys("?");
        assert!(before.elapsed() < Duration::from_secs(1));
        console.runner.shutdown().await;
    }
}

#[tokio::test]
async fn what_else_was_read_before_a_loss_is_marked_and_what_only_reads_is_read_again() {
    let (database, relay, mut console) = relayed("elsewhere").await;
    const MARK: &str = "before the connection was lost";
    let lost = |console: &Console| console.screen().contains(MARK);
    // A value that a statement gave: it stays, with its mark, until the person runs it again.
    console.keys("x ctrl-home");
    console.tell(Msg::Pasted("db.c.countDocuments({}) // ".to_owned()));
    console.keys("f5");
    console.wait_for("value: 8").await;
    assert!(!lost(&console), "{}", console.screen());
    relay.hold(true);
    console.wait_for(MARK).await;
    let said = line_of(&console, MARK);
    assert!(said.contains("! read "), "{said}");
    relay.hold(false);
    console.wait_for("answers again").await;
    assert!(lost(&console), "{}", console.screen());
    console.keys("f5");
    console
        .wait_until("the value anew", |s| {
            s.contains("value: 8") && !s.contains(MARK)
        })
        .await;
    // What comes out of stages is read again by itself.
    console.keys("ctrl-home");
    console.tell(Msg::Pasted(
        "db.c.aggregate([{$match: {_id: {$gt: 3}}}]) // ".to_owned(),
    ));
    console.keys("f2");
    console.wait_for("8 in → 4 out").await;
    relay.hold(true);
    console.wait_for(MARK).await;
    database
        .collection("c")
        .insert_one(doc! { "_id": 99 })
        .await
        .unwrap();
    relay.hold(false);
    console
        .wait_until("the stages anew", |s| {
            s.contains("9 in → 5 out") && !s.contains(MARK)
        })
        .await;
    // The details of a collection too.
    console.open("p", &format!("{}.c", database.name));
    console.wait_for("row number 7").await;
    console.keys("I");
    console.wait_for("9 documents").await;
    assert!(console.screen().contains("  read "), "{}", console.screen());
    relay.hold(true);
    console.wait_for(MARK).await;
    database
        .collection("c")
        .insert_one(doc! { "_id": 100 })
        .await
        .unwrap();
    relay.hold(false);
    console
        .wait_until("the details anew", |s| {
            s.contains("10 documents") && !s.contains(MARK)
        })
        .await;
}
