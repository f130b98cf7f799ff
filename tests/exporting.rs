//! A whole result written to a file, from a real server: every format, stopping, full disks, and the form before it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bson::{RawDocumentBuf, doc, rawdoc};
use mongodeck::export::{Format, Wish};
use mongodeck::model::Library;
use mongodeck::mongo::request::drift::Phase;
use mongodeck::mongo::request::{
    Export, ExportOutcome, ExportSource, Failure, FailureKind, Find, Namespace, ProfileName, Reply,
    Report, Request,
};
use mongodeck::query::{Context, Input, Statement, check};
use mongodeck::value::extjson;

use crate::support::console::Console;
use crate::support::desk::{Desk, profile};
use crate::support::program::Home;
use crate::support::pty::Pty;
use crate::support::server::{PROGRAM, TestDatabase, shared_uri};

const MANY: i32 = 20_000;

fn order(n: i32) -> RawDocumentBuf {
    rawdoc! {
        "_id": n,
        "total": i64::from(n) * 10,
        "price": f64::from(n) / 4.0,
        "customer": { "name": format!("=SUM({n})"), "city": "a, \"b\"\nc|d" },
        "tags": ["x", n],
    }
}

async fn many(about: &str) -> TestDatabase {
    let database = TestDatabase::new(about).await;
    let orders = database.database().collection::<RawDocumentBuf>("orders");
    orders.insert_many((0..MANY).map(order)).await.unwrap();
    database
}

fn names(directory: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(directory)
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn statement(database: &str, text: &str) -> Arc<Statement> {
    match check(text, &Context::new(database, 0)).unwrap().input {
        Input::Statement(statement) => Arc::new(statement),
        Input::Value(_) => panic!("`{text}` is no statement"),
    }
}

/// A find of all orders in the order of their ids, or another statement's documents.
fn export(source: ExportSource, format: Format, path: &Path) -> Export {
    Export {
        source,
        wish: Wish::new(format),
        path: path.to_str().unwrap().to_owned(),
        replace: false,
        about: None,
    }
}

fn all(database: &TestDatabase) -> ExportSource {
    ExportSource::Find(
        Namespace::new(&database.name, "orders"),
        Find {
            sort: Some(rawdoc! {"_id": 1}),
            ..Find::all()
        },
    )
}

async fn desk() -> Desk {
    let mut desk = Desk::new([profile("main", shared_uri())]);
    desk.connect("main").await;
    desk
}

/// The documents of a file of lines or of an array, each on a line of its own.
fn lines(text: &str) -> Vec<RawDocumentBuf> {
    text.lines()
        .map(|l| l.trim_end_matches(','))
        .filter(|l| !matches!(*l, "[" | "]"))
        .map(|l| extjson::parse_document(l).unwrap())
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_format_holds_the_whole_cursor() {
    let database = many("export_formats").await;
    let directory = tempfile::tempdir().unwrap();
    let mut desk = desk().await;
    for format in Format::ALL {
        let path = directory.path().join(format!("out.{}", format.name()));
        let wanted = export(all(&database), format, &path);
        let reply = desk.ask("main", Request::Export(Box::new(wanted))).await;
        let Ok(Reply::Exported(ExportOutcome::Written {
            documents, bytes, ..
        })) = reply
        else {
            panic!("{format:?}: {reply:?}");
        };
        assert_eq!(documents, MANY as u64, "{format:?}");
        let written = std::fs::read(&path).unwrap();
        assert_eq!(bytes, written.len() as u64, "{format:?}");
        let text = || String::from_utf8(written.clone()).unwrap();
        let last = order(MANY - 1);
        match format {
            Format::Ejson | Format::EjsonArray => {
                let read = lines(&text());
                assert_eq!(read.len(), MANY as usize);
                let same = (0..MANY).all(|n| read[n as usize] == order(n));
                assert!(same, "canonical text is the same document");
            }
            Format::Json | Format::Jsonl => {
                let read = lines(&text());
                assert_eq!(read.len(), MANY as usize);
                let city = |d: &RawDocumentBuf| {
                    let customer = d.get_document("customer").unwrap();
                    customer.get_str("city").unwrap().to_owned()
                };
                assert_eq!(city(read.last().unwrap()), city(&last));
                serde_json::from_str::<serde_json::Value>(match format {
                    Format::Json => Box::leak(text().into_boxed_str()),
                    _ => "[]",
                })
                .unwrap();
            }
            Format::Csv => {
                let mut reader = csv::Reader::from_reader(written.as_slice());
                let head: Vec<String> = reader
                    .headers()
                    .unwrap()
                    .iter()
                    .map(str::to_owned)
                    .collect();
                assert_eq!(
                    head,
                    [
                        "_id",
                        "total",
                        "price",
                        "customer.name",
                        "customer.city",
                        "tags"
                    ]
                );
                let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
                assert_eq!(rows.len(), MANY as usize);
                let row: Vec<&str> = rows[7].iter().collect();
                assert_eq!(
                    row,
                    ["7", "70", "1.75", "'=SUM(7)", "a, \"b\"\nc|d", "[\"x\",7]"]
                );
            }
            Format::Markdown => {
                let text = text();
                assert_eq!(text.lines().count(), MANY as usize + 2);
                let cells = |line: &str| line.replace("\\|", "").matches('|').count();
                assert!(text.lines().all(|l| cells(l) == 6), "a cell ends its row");
            }
            Format::Bson => {
                let mut rest = written.as_slice();
                for n in 0..MANY {
                    let own = order(n);
                    let (head, tail) = rest.split_at(own.as_bytes().len());
                    assert_eq!(head, own.as_bytes());
                    rest = tail;
                }
                assert!(rest.is_empty());
            }
        }
    }
    assert_eq!(names(directory.path()).len(), Format::ALL.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_statement_is_run_anew_with_its_own_order_and_limit_and_one_that_writes_is_refused() {
    let database = many("export_statement").await;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("out.jsonl");
    let mut desk = desk().await;
    let text = "db.orders.aggregate([{$sort: {_id: -1}}, {$limit: 3000}, {$project: {total: 1}}])";
    let source = ExportSource::Statement(statement(&database.name, text));
    let wanted = export(source, Format::Ejson, &path);
    let reply = desk.ask("main", Request::Export(Box::new(wanted))).await;
    assert!(matches!(
        reply,
        Ok(Reply::Exported(ExportOutcome::Written {
            documents: 3000,
            ..
        }))
    ));
    let read = lines(&std::fs::read_to_string(&path).unwrap());
    assert_eq!(
        read[0],
        rawdoc! {"_id": MANY - 1, "total": i64::from(MANY - 1) * 10}
    );
    for text in [
        "db.orders.aggregate([{$out: 'copy'}])",
        "db.orders.deleteMany({})",
        "db.orders.countDocuments({})",
    ] {
        let source = ExportSource::Statement(statement(&database.name, text));
        let mut wanted = export(source, Format::Ejson, &path);
        wanted.replace = true;
        let reply = desk.ask("main", Request::Export(Box::new(wanted))).await;
        assert_eq!(reply.unwrap_err().kind, FailureKind::Query, "{text}");
    }
    let left = database.collection("orders").count_documents(doc! {}).await;
    assert_eq!(left.unwrap(), MANY as u64);
    assert_eq!(lines(&std::fs::read_to_string(&path).unwrap()).len(), 3000);
    assert_eq!(names(directory.path()), ["out.jsonl"]);
}

/// Documents that come slowly: some milliseconds each.
fn slow(database: &TestDatabase) -> ExportSource {
    let text = "db.orders.find({$where: 'sleep(2) || true'}).batchSize(50)";
    ExportSource::Statement(statement(&database.name, text))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_stopped_midway_leaves_the_old_file_and_nothing_else() {
    let database = many("export_stop").await;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("out.csv");
    std::fs::write(&path, "old").unwrap();
    let mut desk = desk().await;
    let mut wanted = export(slow(&database), Format::Csv, &path);
    // A file that is there is told of before anything is read.
    let reply = desk
        .ask("main", Request::Export(Box::new(wanted.clone())))
        .await;
    assert_eq!(
        reply,
        Ok(Reply::Exported(ExportOutcome::Exists { bytes: 3 }))
    );
    assert!(!desk.sent("find"), "nothing was read");
    wanted.replace = true;
    let task = desk.start("main", Request::Export(Box::new(wanted)));
    let documents = desk
        .wait("some documents", |r| match r {
            Report::Progress {
                task: t, progress, ..
            } if *t == task && progress.phase == Phase::Documents => Some(progress.documents),
            _ => None,
        })
        .await;
    assert!(documents > 0 && documents < MANY as u64);
    let during = names(directory.path());
    assert_eq!(during.len(), 2, "{during:?}");
    assert!(during[0].starts_with(".writing-"));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "old");
    desk.runner.cancel(task);
    let start = Instant::now();
    let ended = desk.settled(task).await.unwrap_err();
    assert_eq!(ended.kind, FailureKind::Cancelled);
    // Nothing is left by the time that the end is told.
    assert_eq!(names(directory.path()), ["out.csv"]);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "old");
    while running(&database).await > 0 {
        assert!(start.elapsed() < Duration::from_secs(5), "it still runs");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// How many operations of this database the server works on.
async fn running(database: &TestDatabase) -> usize {
    let found = database
        .client
        .database("admin")
        .run_command(doc! {"currentOp": 1, "active": true, "ns": {"$regex": format!("^{}\\.", database.name)}})
        .await
        .unwrap();
    found.get_array("inprog").map_or(0, Vec::len)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_breaks_off_leaves_nothing() {
    let database = many("export_broken").await;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("out.json");
    let mut desk = desk().await;
    // The last document of the order cannot be divided.
    let text = "db.orders.aggregate([{$sort: {_id: 1}}, {$project: {q: {$divide: [1, {$subtract: [19999, '$_id']}]}}}])";
    let source = ExportSource::Statement(statement(&database.name, text));
    let wanted = export(source, Format::Json, &path);
    let reply = desk.ask("main", Request::Export(Box::new(wanted))).await;
    assert_eq!(reply.unwrap_err().kind, FailureKind::Query);
    assert!(names(directory.path()).is_empty());
}

async fn console(database: &TestDatabase, size: (u16, u16)) -> Console {
    let mut console = Console::new(
        vec![profile("main", shared_uri())],
        Library::default(),
        size,
    );
    console.wait_for("rs0 primary").await;
    console.open("main", &format!("{}.orders", database.name));
    console.wait_for("of ~").await;
    console
}

/// Sets the form's file.
fn file(console: &mut Console, path: &Path) {
    console.keys("ctrl-u");
    console.tell(mongodeck::app::Msg::Pasted(
        path.to_str().unwrap().to_owned(),
    ));
    console.draw();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_console_exports_all_of_a_collection_and_asks_before_it_replaces() {
    let database = many("export_console").await;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("out.csv");
    let mut console = console(&database, (120, 36)).await;
    console.keys("X");
    console.wait_for("export to a file").await;
    console.wait_for("orders.jsonl").await;
    console.keys("right right right right");
    console.wait_for("orders.csv").await;
    console.wait_for("6 of 6").await;
    // The id and the tags are left out, and a path into the tags is added.
    console.keys("down");
    file(&mut console, &path);
    console.keys("down space down down down down down space down");
    console.keys("\"tags.1\" enter");
    console.wait_for("5 of 7").await;
    console.keys("enter");
    console.wait_for("exported 20,000 documents").await;
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(
        text.starts_with("total,price,customer.name,customer.city,tags.1\r\n0,0,"),
        "{}",
        &text[..80]
    );
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    assert_eq!(reader.records().count(), MANY as usize);

    console.keys("X down");
    file(&mut console, &path);
    console.keys("enter");
    console.wait_for("replace the file?").await;
    console.keys("n");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    console.keys("X down");
    file(&mut console, &path);
    console.keys("enter");
    console.wait_for("replace the file?").await;
    console.keys("y");
    console.wait_for("exported 20,000 documents").await;
    assert!(
        std::fs::read_to_string(&path)
            .unwrap()
            .starts_with("{\"_id\":0,")
    );
    assert_eq!(names(directory.path()), ["out.csv"]);

    // A place that cannot be written is told in the form.
    console.keys("X down");
    file(&mut console, &directory.path().join("none/out"));
    console.keys("enter");
    console.wait_for("there is no directory").await;
    console.keys("esc");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_export_under_way_leaves_the_deck_usable_and_is_stopped_and_asked_about() {
    let database = many("export_under_way").await;
    let directory = tempfile::tempdir().unwrap();
    let path: PathBuf = directory.path().join("out.jsonl");
    let mut console = console(&database, (120, 36)).await;
    console.keys("x");
    console.wait_for("db.orders.find(").await;
    for _ in 0.."db.orders.find({})".len() {
        console.keys("backspace");
    }
    console.tell(mongodeck::app::Msg::Pasted(
        "db.orders.find({$where: 'sleep(1) || true'}).batchSize(60)".to_owned(),
    ));
    console.keys("f5");
    console.wait_for("customer").await;
    console.keys("ctrl-x o down");
    file(&mut console, &path);
    console.keys("enter");
    console.wait_for("exporting to out.jsonl").await;
    console.wait_for("/s").await;
    console.wait_for("ctrl-c: stop").await;
    // The deck does other things meanwhile.
    console.keys("esc v");
    console.wait_for("_id: 0").await;
    console.keys("ctrl-q");
    console
        .wait_for("still exporting to `out.jsonl`: it is stopped")
        .await;
    console.keys("n ctrl-c");
    console
        .wait_until("the end", |s| {
            s.contains("stopped the export after") || s.contains("stopped")
        })
        .await;
    let start = Instant::now();
    while !console.app.exports.is_empty() {
        // Reading ahead is stopped by the first press, the export by the second.
        console.keys("ctrl-c");
        console.settle();
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert!(start.elapsed() < Duration::from_secs(10));
    }
    assert!(names(directory.path()).is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_fails_midway_takes_no_key_even_before_any_progress_was_told() {
    let database = many("export_midway").await;
    let directory = tempfile::tempdir().unwrap();
    let path: PathBuf = directory.path().join("out.jsonl");
    let mut console = console(&database, (120, 36)).await;
    console.keys("X down");
    file(&mut console, &path);
    console.keys("enter");
    let task = console.app.exports.first().unwrap().task;
    let full = Failure::new(FailureKind::Local, "`out` cannot be written: disk full");
    console.tell(mongodeck::app::Msg::Report(Box::new(Report::Settled {
        profile: ProfileName::new("main"),
        task,
        result: Err(full),
        took: Duration::from_millis(5),
    })));
    console.draw();
    assert!(console.app.overlays.is_empty(), "no form is in the way");
    assert!(console.screen().contains("not exported: `out` cannot be"));
}

/// A disk that takes no more, as far as a program can tell: files may not grow beyond a limit of the process.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_takes_no_more_is_told_and_nothing_is_left() {
    let database = many("export_full").await;
    let home = Home::new();
    let path = home.path("out.jsonl");
    std::fs::write(&path, "old").unwrap();
    let target = shared_uri().replacen("/?", &format!("/{}.orders?", database.name), 1);
    let shell = format!("trap '' XFSZ; ulimit -f 1024; exec {PROGRAM} '{target}'");
    let variables: Vec<(&str, String)> = ["CONFIG", "STATE", "CACHE"]
        .into_iter()
        .zip(["config", "state", "cache"])
        .map(|(name, at)| (name, home.path(at).to_str().unwrap().to_owned()))
        .collect();
    let path_text = path.to_str().unwrap().to_owned();
    tokio::task::spawn_blocking(move || {
        let names: Vec<String> = variables
            .iter()
            .map(|(name, _)| format!("MONGODECK_{name}_DIR"))
            .collect();
        let variables: Vec<(&str, &str)> = names
            .iter()
            .zip(&variables)
            .map(|(name, (_, at))| (name.as_str(), at.as_str()))
            .collect();
        let mut pty = Pty::spawn("sh", &["-c", &shell], &variables, (120, 36));
        pty.wait_for("of ~20");
        pty.send("X");
        pty.wait_for("export to a file");
        pty.send("\x1b[B\x15");
        pty.send(&path_text);
        pty.wait_for("out.jsonl");
        pty.send("\r");
        pty.wait_for("replace the file?");
        pty.send("y");
        // Told beside the deck, so that the next key is the deck's.
        pty.wait_for("not exported");
        pty.send("\x11");
        assert!(pty.wait_end().success());
    })
    .await
    .unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "old");
    let left = names(&home.path(""));
    assert!(left.iter().all(|n| !n.starts_with(".writing-")), "{left:?}");
}
