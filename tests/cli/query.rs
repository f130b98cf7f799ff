//! `mongodeck query`, `run` and `queries` against a real server: formats, files, refusals, parameters.

use std::time::{Duration, Instant};

use mongodb::bson::{Document, doc};

use crate::support::program::{Home, Ran};
use crate::support::server::TestDatabase;

fn target(database: &TestDatabase, path: &str) -> String {
    let (before, options) = database
        .uri()
        .split_once('?')
        .unwrap_or((database.uri(), ""));
    format!("{}/{path}?{options}", before.trim_end_matches('/'))
}

async fn ran(home: std::sync::Arc<Home>, arguments: Vec<String>) -> Ran {
    tokio::task::spawn_blocking(move || {
        let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
        home.run(&words)
    })
    .await
    .unwrap()
}

async fn query(database: &TestDatabase, arguments: &[&str]) -> Ran {
    let mut words = vec!["query".to_owned(), target(database, &database.name)];
    words.extend(arguments.iter().map(|a| (*a).to_owned()));
    ran(std::sync::Arc::new(Home::new()), words).await
}

async fn filled(about: &str) -> TestDatabase {
    let database = TestDatabase::new(about).await;
    let documents: Vec<Document> = vec![
        doc! { "_id": 1, "s": "=1+2", "n": -5 },
        doc! { "_id": 2, "s": "-5", "n": 3 },
        doc! { "_id": 3, "s": "a|b", "n": 4.5 },
    ];
    database
        .collection("c")
        .insert_many(documents)
        .await
        .unwrap();
    database
}

#[tokio::test]
async fn every_format_writes_what_a_statement_gives() {
    let database = filled("query_formats").await;
    let find = "db.c.find().sort({_id: 1})";
    let cases = [
        (
            "jsonl",
            "{\"_id\":1,\"s\":\"=1+2\",\"n\":-5}\n{\"_id\":2,\"s\":\"-5\",\"n\":3}\n{\"_id\":3,\"s\":\"a|b\",\"n\":4.5}\n",
        ),
        ("csv", "_id,s,n\r\n1,'=1+2,-5\r\n2,-5,3\r\n3,a|b,4.5\r\n"),
        (
            "markdown",
            "| \\_id | s | n |\n| --- | --- | --- |\n| 1 | =1+2 | -5 |\n| 2 | -5 | 3 |\n| 3 | a\\|b | 4.5 |\n",
        ),
    ];
    for (format, expected) in cases {
        let ran = query(&database, &[find, "--format", format]).await;
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{format}");
        assert_eq!(ran.out, expected, "{format}");
    }
    let raw = query(&database, &[find, "--format", "csv", "--raw-csv"]).await;
    assert!(raw.out.contains("\r\n1,=1+2,"), "{}", raw.out);
    let vertical = query(&database, &[find, "--format", "vertical"]).await;
    assert!(
        vertical.out.starts_with("─── 1 ───\n_id: 1\n"),
        "{}",
        vertical.out
    );
    let json = query(&database, &[find, "--format", "json"]).await;
    let parsed: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(parsed.as_array().unwrap().len(), 3);
    let count = query(&database, &["db.c.countDocuments({n: {$gt: 0}})"]).await;
    assert_eq!(count.out, "2\n");
    let distinct = query(&database, &["db.c.distinct('s')", "--format", "jsonl"]).await;
    assert_eq!(distinct.out, "\"-5\"\n\"=1+2\"\n\"a|b\"\n");
    let none = query(&database, &["db.c.findOne({_id: 9})"]).await;
    assert_eq!(none.out, "null\n");
}

#[tokio::test]
async fn statements_of_a_file_run_one_after_the_other_and_all_are_read_first() {
    let database = filled("query_file").await;
    let home = std::sync::Arc::new(Home::new());
    let text = format!(
        "// two counts\nuse {}\nconst n = 0;\ndb.c.countDocuments({{n: {{$gt: n}}}})\ndb.c.find({{_id: 1}}, {{s: 1}})\n",
        database.name
    );
    home.write("work/q.js", &text);
    let words = |file: &str| {
        vec![
            "query".to_owned(),
            target(&database, "other"),
            "-f".to_owned(),
            file.to_owned(),
        ]
    };
    let done = ran(home.clone(), words("q.js")).await;
    assert_eq!((done.code, done.err.as_str()), (0, ""));
    assert_eq!(done.out, "2\n{\"_id\":1,\"s\":\"=1+2\"}\n");
    home.write("work/bad.js", "db.c.countDocuments()\ndb.c.find(() => 1)\n");
    let refused = ran(home, words("bad.js")).await;
    assert_eq!((refused.code, refused.out.as_str()), (1, ""));
    assert!(refused.err.contains("bad.js:2:"), "{}", refused.err);
}

#[tokio::test]
async fn a_filter_or_pipeline_alone_is_for_the_collection_of_the_target() {
    let database = filled("query_alone").await;
    for (text, expected) in [("{_id: 2}", 1), ("[{$match: {_id: {$gt: 1}}}]", 2)] {
        let words = vec![
            "query".to_owned(),
            target(&database, &format!("{}.c", database.name)),
            text.to_owned(),
        ];
        let done = ran(std::sync::Arc::new(Home::new()), words).await;
        assert_eq!(done.out.lines().count(), expected, "{}", done.err);
    }
    let lost = query(&database, &["{_id: 2}"]).await;
    assert_eq!(lost.code, 2);
}

#[tokio::test]
async fn writing_has_to_be_asked_for_and_says_what_it_did() {
    let database = filled("query_write").await;
    let refused = query(&database, &["db.c.deleteMany({})"]).await;
    assert_eq!((refused.code, refused.out.as_str()), (1, ""));
    assert!(
        refused.err.contains("it deletes every document of") && refused.err.contains("--write"),
        "{}",
        refused.err
    );
    let done = query(
        &database,
        &["db.c.updateMany({}, {$set: {z: 1}})", "--write"],
    )
    .await;
    assert_eq!(
        (done.code, done.err.as_str()),
        (0, "matched 3, changed 3\n")
    );
    assert!(done.out.contains("\"modifiedCount\":3"), "{}", done.out);
    let partly = query(
        &database,
        &["db.c.insertMany([{_id: 9}, {_id: 1}])", "--write"],
    )
    .await;
    assert_eq!(partly.code, 1);
    assert!(partly.err.contains("write 1: "), "{}", partly.err);
}

#[tokio::test]
async fn a_production_profile_is_written_to_only_with_its_name_typed_out() {
    let database = filled("query_production").await;
    let home = std::sync::Arc::new(Home::with_config(&format!(
        "[profiles.prod]\nuri = \"{}\"\nproduction = true\n[profiles.kept]\nuri = \"{}\"\nproduction = true\nread_only = true\n",
        database.uri(),
        database.uri()
    )));
    let asked = |profile: &str, extra: &[&str]| {
        let mut words = vec![
            "query".to_owned(),
            format!("{profile}/{}", database.name),
            "db.c.deleteOne({_id: 1})".to_owned(),
        ];
        words.extend(extra.iter().map(|w| (*w).to_owned()));
        ran(home.clone(), words)
    };
    let left = || async {
        let all = database.collection("c").count_documents(doc! {}).await;
        all.unwrap()
    };
    let refused = asked("prod", &["--write"]).await;
    assert_eq!(refused.code, 1);
    assert!(
        refused
            .err
            .contains("`prod` is a production profile: nothing was sent; add `--unlock prod`"),
        "{}",
        refused.err
    );
    let other = asked("prod", &["--write", "--unlock", "production"]).await;
    assert_eq!(other.code, 2, "{}", other.err);
    let without = asked("prod", &["--unlock", "prod"]).await;
    assert_eq!(without.code, 2, "{}", without.err);
    let kept = asked("kept", &["--write", "--unlock", "kept"]).await;
    assert_ne!(kept.code, 0, "a read-only profile stays so");
    assert!(kept.err.contains("read-only"), "{}", kept.err);
    assert_eq!(left().await, 3);
    let done = asked("prod", &["--write", "--unlock", "prod"]).await;
    assert_eq!((done.code, done.err.as_str()), (0, "deleted 1\n"));
    assert_eq!(left().await, 2);
}

#[tokio::test]
async fn a_file_gets_its_name_only_when_all_is_written() {
    let database = filled("query_out").await;
    let home = std::sync::Arc::new(Home::new());
    home.write("work/out.jsonl", "before\n");
    let words = |text: &str| {
        vec![
            "query".to_owned(),
            target(&database, &database.name),
            text.to_owned(),
            "--out".to_owned(),
            "out.jsonl".to_owned(),
        ]
    };
    let failed = ran(home.clone(), words("db.c.aggregate([{$nope: 1}])")).await;
    assert_eq!(failed.code, 1);
    let read = || std::fs::read_to_string(home.path("work/out.jsonl")).unwrap();
    assert_eq!(read(), "before\n");
    let done = ran(home.clone(), words("db.c.find({_id: 1}, {_id: 1})")).await;
    assert_eq!((done.code, done.out.as_str()), (0, ""));
    assert_eq!(read(), "{\"_id\":1}\n");
    let left: Vec<_> = std::fs::read_dir(home.path("work")).unwrap().collect();
    assert_eq!(left.len(), 1, "nothing half-written stays");
}

#[tokio::test]
async fn an_interrupt_stops_the_query_on_the_server_within_a_second() {
    let database = filled("query_interrupt").await;
    let home = Home::new();
    let text = "db.c.find({$where: 'sleep(60000) || true'})";
    let child = home
        .command(&["query", &target(&database, &database.name), text])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let running = || async {
        let reply = database
            .client
            .database("admin")
            .run_command(doc! { "currentOp": 1, "ns": format!("{}.c", database.name) })
            .await
            .unwrap();
        reply
            .get_array("inprog")
            .unwrap()
            .iter()
            .any(|o| o.to_string().contains("sleep("))
    };
    let since = Instant::now();
    while !running().await {
        assert!(since.elapsed() < Duration::from_secs(20), "it never ran");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let id = rustix::process::Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    rustix::process::kill_process(id, rustix::process::Signal::INT).unwrap();
    let since = Instant::now();
    while running().await {
        assert!(since.elapsed() < Duration::from_secs(1), "it runs on");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let output = tokio::task::spawn_blocking(move || child.wait_with_output().unwrap())
        .await
        .unwrap();
    assert_eq!(output.status.code(), Some(130));
}

#[tokio::test]
async fn a_saved_query_is_run_with_its_parameters_read_by_type() {
    let database = filled("run_saved").await;
    let home = std::sync::Arc::new(Home::new());
    home.write(
        "config/queries/at-least.js",
        "/**\n * Numbers from a bound on.\n * @param {number} least = 0 - the bound\n * @param {up|down} order = up\n */\n\
         db.c.find({n: {$gte: params.least}}, {_id: 1}).sort({_id: params.order === 'up' ? 1 : -1})\n",
    );
    let at = target(&database, &database.name);
    let run = |extra: &[&str]| {
        let mut words = vec![
            "run".to_owned(),
            "at-least".to_owned(),
            "--profile".to_owned(),
            at.clone(),
        ];
        words.extend(extra.iter().map(|w| (*w).to_owned()));
        ran(home.clone(), words)
    };
    let done = run(&["-p", "least=3.5"]).await;
    assert_eq!(
        (done.code, done.out.as_str()),
        (0, "{\"_id\":3}\n"),
        "{}",
        done.err
    );
    let done = run(&["-p", "order=down", "-p", "least=-10"]).await;
    assert_eq!(done.out.lines().next().unwrap(), "{\"_id\":3}");
    let wrong = run(&["-p", "order=sideways", "-p", "lest=1"]).await;
    assert_eq!(wrong.code, 2);
    assert_eq!(
        wrong.err,
        "error: the parameter `lest` is none of `at-least`; did you mean `least`?\n\
         error: the parameter `order` cannot be `sideways`; it takes one of `up`, `down`\n"
    );
    let listed = ran(
        home.clone(),
        vec![
            "queries".to_owned(),
            "--format".to_owned(),
            "json".to_owned(),
        ],
    )
    .await;
    let parsed: serde_json::Value = serde_json::from_str(&listed.out).unwrap();
    let mine = parsed
        .as_array()
        .unwrap()
        .iter()
        .find(|q| q["name"] == "at-least")
        .unwrap();
    assert_eq!(mine["from"], "personal");
    assert_eq!(mine["parameters"][1]["choices"][1], "down");
    let unknown = ran(home, vec!["run".to_owned(), "at-leest".to_owned()]).await;
    assert_eq!(unknown.code, 2);
    assert!(
        unknown.err.contains("did you mean `at-least`?"),
        "{}",
        unknown.err
    );
}

#[tokio::test]
async fn a_chart_is_drawn_as_text_and_as_a_drawing() {
    let database = filled("query_chart").await;
    let home = std::sync::Arc::new(Home::new());
    let words = |extra: &[&str]| {
        let mut words = vec![
            "query".to_owned(),
            target(&database, &database.name),
            "db.c.aggregate([{$group: {_id: '$s', n: {$sum: 1}}}, {$sort: {_id: 1}}])".to_owned(),
        ];
        words.extend(extra.iter().map(|w| (*w).to_owned()));
        words
    };
    let text = ran(home.clone(), words(&["--chart"])).await;
    assert_eq!(text.code, 0, "{}", text.err);
    assert_eq!(text.out.lines().count(), 5, "three bars and an axis");
    assert!(
        text.out
            .lines()
            .take(3)
            .all(|l| l.contains('█') && l.ends_with(" 1")),
        "{}",
        text.out
    );
    let drawn = ran(home.clone(), words(&["--chart=line", "--out", "c.svg"])).await;
    assert_eq!(drawn.code, 0, "{}", drawn.err);
    let svg = std::fs::read_to_string(home.path("work/c.svg")).unwrap();
    assert!(svg.starts_with("<svg ") && svg.contains("<rect"));
    // A line between categories would tell of values that nothing has.
    assert!(drawn.err.contains("drawn as bars"), "{}", drawn.err);
    let along = "db.c.aggregate([{$group: {_id: '$n', n: {$sum: 1}}}, {$sort: {_id: 1}}])";
    let mut words = words(&["--chart=line", "--out", "n.svg"]);
    along.clone_into(&mut words[2]);
    let drawn = ran(home.clone(), words).await;
    assert_eq!(drawn.code, 0, "{}", drawn.err);
    let svg = std::fs::read_to_string(home.path("work/n.svg")).unwrap();
    assert!(svg.contains("<polyline"), "{svg}");
}

#[test]
fn completions_and_the_manual_page_are_printed() {
    let home = Home::new();
    for shell in ["bash", "zsh", "fish"] {
        let ran = home.run(&["completions", shell]);
        assert_eq!(ran.code, 0);
        assert!(ran.out.contains("mongodeck complete"), "{shell}");
    }
    let ran = home.run(&["complete", "--", "run", "nexstep-goal"]);
    assert_eq!(ran.out, "nexstep-goal-completion\n");
    let ran = home.run(&["man"]);
    assert!(
        ran.out.contains(".TH mongodeck") && ran.out.contains("COMMAND run"),
        "{}",
        ran.out
    );
}
