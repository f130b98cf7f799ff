//! `mongodeck check` against a real server: what it finds, how it prints it, and its exit codes.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Stdio;
use std::time::{Duration, Instant};

use bson::doc;
use mongodb::bson::Document;
use mongodeck::mongo::sandbox::data::World;
use mongodeck::value::extjson::{self, Layout, Mode};
use secrecy::ExposeSecret as _;
use serde_json::Value;

use crate::support::program::{Home, Ran};
use crate::support::server::{FailPoint, TestDatabase, dedicated, options};

const MODEL: &str = "const { Schema, model } = require('mongoose');
const Person = new Schema({
  _id: Schema.Types.Mixed,
  name: { type: String, required: true, trim: true },
  email: { type: String, unique: true },
  age: { type: Number, min: 0 },
  boss: { type: Schema.Types.ObjectId, ref: 'Person' },
  role: { type: String, default: 'reader' },
});
module.exports = model('Person', Person);
";

/// The connection string with `path` in it.
fn target(uri: &str, path: &str) -> String {
    let (before, options) = uri.split_once('?').unwrap_or((uri, ""));
    format!("{}/{path}?{options}", before.trim_end_matches('/'))
}

async fn some(about: &str) -> TestDatabase {
    let database = TestDatabase::new(about).await;
    let documents: Vec<Document> = vec![
        doc! { "_id": 1, "name": "Ada", "email": "a@example.com", "age": "36", "role": "x" },
        doc! { "_id": 2, "name": "Bob", "email": "a@example.com", "age": -1, "role": "x" },
        doc! { "_id": "\u{1b}[31m<&\"'>", "name": "Cy\u{1b}]52;c;eA\u{7} ", "email": "c@example.com" },
        doc! { "_id": 4, "name": "Di", "email": "d@example.com", "boss": bson::oid::ObjectId::new() },
    ];
    database
        .collection("people")
        .insert_many(documents)
        .await
        .unwrap();
    database
}

fn home() -> Home {
    let home = Home::new();
    home.write("work/person.js", MODEL);
    home
}

async fn check(database: &TestDatabase, path: &str, arguments: &[&str]) -> Ran {
    let target = target(database.uri(), path);
    let arguments: Vec<String> = ["check", &target]
        .into_iter()
        .chain(arguments.iter().copied())
        .map(str::to_owned)
        .collect();
    tokio::task::spawn_blocking(move || {
        let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
        home().run(&words)
    })
    .await
    .unwrap()
}

fn objects(ran: &Ran) -> Vec<Value> {
    ran.out
        .lines()
        .map(|l| serde_json::from_str(l).unwrap())
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_table_tells_each_kind_of_drift_and_holds_no_control_sequence() {
    let database = some("check_table").await;
    let path = format!("{}.people", database.name);
    let ran = check(&database, &path, &["--model", "person.js"]).await;
    assert_eq!((ran.code, ran.err.as_str()), (1, ""), "{}", ran.out);
    let text = ran.out.replace(&database.name, "DB");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "DB.people  Person  4 documents, 6 kinds of drift");
    for (count, place, kind) in [
        ("1", "age", "Number"),
        ("1", "age", "min"),
        ("1", "name", "trim"),
        ("1", "boss", "dangling"),
        ("2", "email", "duplicate"),
        ("index", "{ email: 1 }", "missing"),
    ] {
        assert!(
            lines.iter().any(|l| {
                let mut rest = l.trim_start();
                [count, place, kind]
                    .iter()
                    .all(|word| match rest.strip_prefix(word) {
                        Some(after) => {
                            rest = after.trim_start();
                            true
                        }
                        None => false,
                    })
            }),
            "{count} {place} {kind}\n{text}"
        );
    }
    assert!(text.contains("2 documents lack `role`"), "{text}");
    assert!(
        !ran.out.chars().any(|c| c.is_control() && c != '\n'),
        "{:?}",
        ran.out
    );
    assert_eq!(
        lines.last(),
        Some(&"1 collection, 4 documents: 6 kinds of drift in 1 collection")
    );

    let uri = target(database.uri(), &path);
    let ran = tokio::task::spawn_blocking(move || {
        let home = home();
        let mut command = home.command(&["check", &uri, "--model", "person.js#Person"]);
        command.env("COLUMNS", "50");
        home.ran(command.output().unwrap())
    })
    .await
    .unwrap();
    for line in ran.out.lines() {
        assert!(unicode_width::UnicodeWidthStr::width(line) <= 50, "{line}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn json_is_one_object_for_each_collection() {
    let database = some("check_json").await;
    let ran = check(
        &database,
        &database.name,
        &["--model", "person.js", "--format", "json"],
    )
    .await;
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert!(!ran.out.chars().any(|c| c.is_control() && c != '\n'));
    let all = objects(&ran);
    assert_eq!(all.len(), 1);
    let report = &all[0];
    assert_eq!(report["namespace"], format!("{}.people", database.name));
    assert_eq!(
        (&report["drift"], &report["documents"], &report["complete"]),
        (&6.into(), &4.into(), &true.into())
    );
    assert_eq!(
        (&report["refused"], &report["warned"]),
        (&2.into(), &1.into())
    );
    let trimmed = report["violations"]
        .as_array()
        .unwrap()
        .iter()
        .find(|v| v["kind"] == "trim")
        .unwrap();
    assert_eq!(trimmed["severity"], "warning");
    assert_eq!(trimmed["examples"][0]["_id"], "\u{1b}[31m<&\"'>");
    assert_eq!(trimmed["fixes"][0]["fix"], "trim");
    assert_eq!(report["duplicates"][0]["keys"][0], "email");
    assert_eq!(
        report["duplicates"][0]["examples"][0]["value"]["email"],
        "a@example.com"
    );
    assert_eq!(report["indexes"][0]["state"], "missing");
    assert_eq!(report["indexes"][0]["keys"]["email"], 1);
    assert_eq!(report["dangling"][0]["path"], "boss");
    assert_eq!(report["missing_defaults"][0]["default"], "reader");
    assert_eq!(report["validator"]["state"], "none");

    let limited = check(
        &database,
        &database.name,
        &["--model", "person.js", "--format", "json", "--limit", "1"],
    )
    .await;
    let report = &objects(&limited)[0];
    assert_eq!(
        (&report["documents"], &report["complete"]),
        (&1.into(), &false.into())
    );
    assert_eq!(report["duplicates"], Value::Array(Vec::new()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn junit_has_a_case_for_each_thing_that_was_looked_at() {
    let database = some("check_junit").await;
    let ran = check(
        &database,
        &database.name,
        &["--model", "person.js", "--format", "junit"],
    )
    .await;
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert!(ran.out.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"mongodeck check\" tests=\"7\" failures=\"6\" errors=\"0\""), "{}", ran.out);
    assert!(ran.out.ends_with("</testsuites>\n"));
    assert_eq!(ran.out.matches("<testcase ").count(), 7);
    assert_eq!(ran.out.matches("<failure ").count(), 6);
    assert!(ran.out.contains("name=\"validator\"/>"), "{}", ran.out);
    assert!(!ran.out.chars().any(|c| c.is_control() && c != '\n'));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn exit_codes_tell_apart_what_a_script_wants_to_know() {
    let database = some("check_codes").await;
    let people = database.collection("people");
    people.delete_many(doc! {}).await.unwrap();
    people
        .insert_one(doc! { "_id": bson::oid::ObjectId::new(), "name": "Ada", "role": "x" })
        .await
        .unwrap();
    let unique = mongodb::options::IndexOptions::builder()
        .unique(true)
        .build();
    let index = mongodb::IndexModel::builder()
        .keys(doc! { "email": 1 })
        .options(unique)
        .build();
    people.create_index(index).await.unwrap();
    let path = format!("{}.people", database.name);
    let clean = check(&database, &path, &["--model", "person.js"]).await;
    assert_eq!(clean.code, 0, "{}{}", clean.out, clean.err);
    assert!(clean.out.contains("no drift"));

    let missing = format!("{}.nobody", database.name);
    for (path, arguments, said) in [
        (
            path.as_str(),
            &["--model", "nothing.js"][..],
            "cannot read `nothing.js`",
        ),
        (
            &path,
            &["--model", "person.js#Nobody"],
            "has no model `Nobody`; it has `Person`",
        ),
        (&path, &[], "there is no model"),
        (
            &path,
            &["--model", "person.js", "--max-time", "soon"],
            "is no time",
        ),
        (&missing, &["--model", "person.js"], "does not exist"),
        (
            "admin",
            &["--model", "person.js"],
            "no collection of database `admin` has a model",
        ),
    ] {
        let ran = check(&database, path, arguments).await;
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{said}: {}", ran.err);
        assert!(ran.err.contains(said), "{said}: {}", ran.err);
    }
    let gone = tokio::task::spawn_blocking(|| {
        home().run(&[
            "check",
            "mongodb://127.0.0.1:9/a.people?serverSelectionTimeoutMS=500",
            "--model",
            "person.js",
        ])
    })
    .await
    .unwrap();
    assert_eq!(gone.code, 3, "{}", gone.err);
}

/// A view whose documents each take their time.
async fn slow(database: &TestDatabase) {
    let stage = doc! { "$function": { "body": "function() { sleep(400); return 1 }", "args": [], "lang": "js" } };
    database
        .database()
        .run_command(doc! { "create": "slow", "viewOn": "people", "pipeline": [
            { "$addFields": { "x": stage } }, { "$unset": "x" },
        ] })
        .await
        .unwrap();
    let more: Vec<Document> = (100..160).map(|n| doc! { "_id": n, "name": "n" }).collect();
    database
        .collection("people")
        .insert_many(more)
        .await
        .unwrap();
}

async fn running(database: &TestDatabase) -> usize {
    let pipeline = vec![
        doc! { "$currentOp": {} },
        doc! { "$match": { "ns": { "$regex": format!("^{}\\.", database.name) }, "active": true } },
    ];
    let reply = database
        .client
        .database("admin")
        .run_command(doc! { "aggregate": 1, "pipeline": pipeline, "cursor": {} })
        .await
        .unwrap();
    let cursor = reply.get_document("cursor").unwrap();
    cursor.get_array("firstBatch").map(Vec::len).unwrap()
}

async fn until(what: &str, database: &TestDatabase, wanted: impl Fn(usize) -> bool) {
    for _ in 0..200 {
        if wanted(running(database).await) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{what}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ctrl_c_stops_the_operation_on_the_server_too() {
    let database = some("check_interrupt").await;
    slow(&database).await;
    let home = home();
    let uri = target(database.uri(), &format!("{}.slow", database.name));
    let child = home
        .command(&["check", &uri, "--model", "person.js#Person"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    until("it does not run", &database, |n| n > 0).await;
    let begun = Instant::now();
    let sent = std::process::Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(sent.success());
    let output = tokio::task::spawn_blocking(move || child.wait_with_output().unwrap())
        .await
        .unwrap();
    let ran = home.ran(output);
    assert_eq!((ran.code, ran.err.trim()), (130, "stopped"), "{}", ran.out);
    assert!(begun.elapsed() < Duration::from_secs(4));
    until("it still runs", &database, |n| n == 0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_time_that_is_over_is_an_exit_code_of_its_own() {
    let database = some("check_time").await;
    slow(&database).await;
    let path = format!("{}.slow", database.name);
    let arguments = ["--model", "person.js", "--max-time", "300ms"];
    let ran = check(&database, &path, &arguments).await;
    assert_eq!(ran.code, 4, "{}", ran.err);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_collection_that_cannot_be_read_does_not_keep_the_others_from_it() {
    let database = some("check_refused").await;
    let uri = format!(
        "{}&appName=check_refused",
        target(database.uri(), &database.name)
    );
    let refused = doc! { "errorCode": 13 };
    let _failing = FailPoint::command(database.uri(), "check_refused", &["find"], 1, refused).await;
    let ran = tokio::task::spawn_blocking(move || {
        home().run(&["check", &uri, "--model", "person.js", "--format", "json"])
    })
    .await
    .unwrap();
    assert_eq!(ran.code, 2, "{}", ran.out);
    assert!(objects(&ran)[0]["error"].is_string(), "{}", ran.out);
}

/// The whole sandbox, as it is loaded: every planted break is found, and nothing else.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_check_of_the_whole_sandbox_finds_what_is_planted_and_nothing_else() {
    let sandbox = dedicated(options()).await;
    sandbox.load().await.unwrap();
    let uri = sandbox.uri().expose_secret().to_owned();
    let ran = tokio::task::spawn_blocking(move || {
        let home = Home::with_config("models = [\"shipped\"]\n");
        home.run(&["check", &uri, "--format", "json"])
    })
    .await
    .unwrap();
    assert_eq!((ran.code, ran.err.as_str()), (1, ""));
    let world = World::new();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut found = BTreeSet::new();
    let all = objects(&ran);
    for report in &all {
        let namespace = report["namespace"].as_str().unwrap().to_owned();
        counts.insert(
            namespace.clone(),
            usize::try_from(report["documents"].as_u64().unwrap()).unwrap(),
        );
        for clean in ["dangling", "duplicates", "indexes"] {
            assert_eq!(
                report[clean],
                Value::Array(Vec::new()),
                "{namespace} {clean}"
            );
        }
        assert_eq!(report["validator"]["state"], "none", "{namespace}");
        for group in report["violations"].as_array().unwrap() {
            for example in group["examples"].as_array().unwrap() {
                let path = example["path"].as_str().unwrap();
                found.insert(format!("{namespace} {} {path}", example["_id"]));
            }
            let examples = group["examples"].as_array().unwrap().len();
            assert_eq!(
                group["violations"], examples,
                "{namespace} {}",
                group["path"]
            );
        }
    }
    for sample in &world.samples {
        if let Some(count) = counts.get(&sample.namespace.to_string()) {
            assert_eq!(*count, sample.documents.len(), "{}", sample.namespace);
        }
    }
    assert_eq!(counts.len(), mongodeck::model::shipped().models.len());
    let planted: BTreeSet<String> = world
        .planted
        .iter()
        .map(|p| {
            let id = bson::RawBson::try_from(p.id.clone()).unwrap();
            let text = extjson::print(id.as_raw_bson_ref(), Mode::Relaxed, Layout::Compact);
            let id: Value = serde_json::from_str(&text.unwrap()).unwrap();
            format!("{} {id} {}", p.namespace, p.path)
        })
        .collect();
    assert_eq!(found, planted);
    sandbox.stop().await;
}
