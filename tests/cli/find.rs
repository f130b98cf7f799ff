//! `mongodeck find` against a real server: formats, exit codes, and what must never reach a terminal.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::Stdio;
use std::time::{Duration, Instant};

use bson::{Bson, doc, oid::ObjectId};
use mongodb::bson::Document;

use crate::support::program::{Home, Ran};
use crate::support::server::{FailPoint, TestDatabase};

/// The connection string of `collection`, as a target.
fn target(database: &TestDatabase, collection: &str) -> String {
    let (before, options) = database
        .uri()
        .split_once('?')
        .unwrap_or((database.uri(), ""));
    let lead = before.trim_end_matches('/');
    format!("{lead}/{}.{collection}?{options}", database.name)
}

async fn some(about: &str) -> TestDatabase {
    let database = TestDatabase::new(about).await;
    let documents: Vec<Document> = vec![
        doc! {
            "_id": ObjectId::parse_str("6650f0c2e13e1a0001a1b2c3").unwrap(),
            "name": "Ada, \"the first\"",
            "age": 36_i32,
            "big": 9_007_199_254_740_993_i64,
            "at": bson::DateTime::from_millis(1_767_225_600_000),
            "home": { "city": "Löndon", "zip": Bson::Null },
            "tags": ["a", 1.5],
        },
        doc! { "_id": 2_i32, "name": "Grace\nHopper", "age": 85_i32, "home": { "city": "New York" } },
        doc! { "_id": 3_i32, "name": "\u{1b}]52;c;ZXZpbA==\u{7}\u{9b}31m\u{202e}evil", "\u{1b}[2Jkey": 1_i32 },
    ];
    database
        .collection("people")
        .insert_many(documents)
        .await
        .unwrap();
    database
}

async fn find(database: &TestDatabase, arguments: &[&str]) -> Ran {
    let target = target(database, "people");
    let arguments: Vec<String> = ["find", &target]
        .into_iter()
        .chain(arguments.iter().copied())
        .map(str::to_owned)
        .collect();
    tokio::task::spawn_blocking(move || {
        let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
        Home::new().run(&words)
    })
    .await
    .unwrap()
}

#[tokio::test]
async fn json_lines_are_relaxed_and_one_a_line() {
    let database = some("find_jsonl").await;
    let ran = find(
        &database,
        &[
            "{age: {$exists: true}}",
            "--sort",
            "{age: 1}",
            "--format",
            "jsonl",
        ],
    )
    .await;
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    assert_eq!(
        ran.out,
        concat!(
            r#"{"_id":{"$oid":"6650f0c2e13e1a0001a1b2c3"},"name":"Ada, \"the first\"","age":36,"big":9007199254740993,"#,
            r#""at":{"$date":"2026-01-01T00:00:00Z"},"home":{"city":"Löndon","zip":null},"tags":["a",1.5]}"#,
            "\n",
            r#"{"_id":2,"name":"Grace\nHopper","age":85,"home":{"city":"New York"}}"#,
            "\n",
        )
    );
}

#[tokio::test]
async fn canonical_lines_keep_every_kind() {
    let database = some("find_ejson").await;
    let ran = find(
        &database,
        &["{_id: 2}", "--format", "ejson", "--projection", "{age: 1}"],
    )
    .await;
    assert_eq!(
        ran.out,
        "{\"_id\":{\"$numberInt\":\"2\"},\"age\":{\"$numberInt\":\"85\"}}\n"
    );
}

#[tokio::test]
async fn json_is_one_array_also_of_nothing() {
    let database = some("find_json").await;
    let ran = find(
        &database,
        &[
            "--format",
            "json",
            "--projection",
            "{_id: 1}",
            "--skip",
            "1",
            "--sort",
            "{_id: -1}",
        ],
    )
    .await;
    let parsed: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(parsed.as_array().unwrap().len(), 2, "{}", ran.out);
    let ran = find(&database, &["{_id: 'nobody'}", "--format", "json"]).await;
    assert_eq!((ran.code, ran.out.as_str()), (0, "[]\n"));
}

#[tokio::test]
async fn csv_has_dotted_columns_and_is_read_back_by_a_reader_of_csv() {
    let database = some("find_csv").await;
    let ran = find(
        &database,
        &[
            "{age: {$exists: true}}",
            "--sort",
            "{age: 1}",
            "--format",
            "csv",
        ],
    )
    .await;
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.out.ends_with("\r\n"));
    let mut reader = csv::Reader::from_reader(ran.out.as_bytes());
    let header: Vec<_> = reader
        .headers()
        .unwrap()
        .iter()
        .map(str::to_owned)
        .collect();
    assert_eq!(
        header,
        [
            "_id",
            "name",
            "age",
            "big",
            "at",
            "home.city",
            "home.zip",
            "tags"
        ]
    );
    let rows: Vec<Vec<String>> = reader
        .records()
        .map(|r| r.unwrap().iter().map(str::to_owned).collect())
        .collect();
    assert_eq!(
        rows[0],
        [
            "6650f0c2e13e1a0001a1b2c3",
            "Ada, \"the first\"",
            "36",
            "9007199254740993",
            "2026-01-01T00:00:00.000Z",
            "Löndon",
            "",
            "[\"a\",1.5]",
        ]
    );
    assert_eq!(rows[1][1], "Grace\nHopper");
    let ran = find(
        &database,
        &[
            "{_id: 2}",
            "--format",
            "csv",
            "--columns",
            "home.city,age,none",
        ],
    )
    .await;
    assert_eq!(ran.out, "home.city,age,none\r\nNew York,85,\r\n");
}

#[tokio::test]
async fn a_table_fits_its_width_and_holds_no_control_sequence() {
    let database = some("find_table").await;
    let target = target(&database, "people");
    let ran = tokio::task::spawn_blocking(move || {
        let home = Home::new();
        let mut command =
            home.command(&["find", &target, "--format", "table", "--sort", "{_id: 1}"]);
        command.env("COLUMNS", "60");
        home.ran(command.output().unwrap())
    })
    .await
    .unwrap();
    assert_eq!(ran.code, 0, "{}", ran.err);
    for line in ran.out.lines() {
        assert!(unicode_width::UnicodeWidthStr::width(line) <= 60, "{line}");
    }
    assert!(ran.out.contains("Grace\\n"), "{}", ran.out);
    assert!(
        !ran.out
            .chars()
            .any(|c| (c.is_control() && c != '\n') || c == '\u{202e}'),
        "{:?}",
        ran.out
    );
}

/// Runs `find` on a pty, where standard output is a terminal.
fn on_a_terminal(target: &str, format: &str) -> String {
    use portable_pty::{CommandBuilder, PtySize, native_pty_system};
    let home = Home::new();
    let size = PtySize {
        rows: 24,
        cols: 140,
        pixel_width: 0,
        pixel_height: 0,
    };
    let pty = native_pty_system().openpty(size).unwrap();
    let mut command = CommandBuilder::new(crate::support::server::PROGRAM);
    command.args(["find", target, "--format", format]);
    command.env_clear();
    command.env("HOME", home.path(""));
    command.env("MONGODECK_CONFIG_DIR", home.path("config"));
    command.env("MONGODECK_STATE_DIR", home.path("state"));
    command.cwd(home.path("work"));
    let mut child = pty.slave.spawn_command(command).unwrap();
    drop(pty.slave);
    let mut reader = pty.master.try_clone_reader().unwrap();
    let mut bytes = Vec::new();
    // The other end of a pty that closes is an error here, and the end.
    let mut buffer = [0; 4096];
    while let Ok(n) = reader.read(&mut buffer) {
        if n == 0 {
            break;
        }
        bytes.extend_from_slice(&buffer[..n]);
    }
    assert!(child.wait().unwrap().success());
    String::from_utf8(bytes).unwrap()
}

#[tokio::test]
async fn no_format_lets_data_command_a_terminal() {
    let database = some("find_terminal").await;
    let target = target(&database, "people");
    tokio::task::spawn_blocking(move || {
        for format in ["table", "json", "jsonl", "ejson", "csv"] {
            let text = on_a_terminal(&target, format);
            assert!(text.contains("u001b]52"), "{format}: {text}");
            let bad: Vec<char> = text
                .chars()
                .filter(|c| (c.is_control() && !matches!(c, '\n' | '\r')) || *c == '\u{202e}')
                .collect();
            assert!(bad.is_empty(), "{format}: {text:?}");
        }
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn a_column_that_no_document_has_and_a_collection_that_is_not_there_are_told() {
    let database = some("find_missing").await;
    let ran = find(
        &database,
        &["--columns", "_id,agee", "--format", "csv", "--limit", "3"],
    )
    .await;
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.err.contains("no document has `agee`"), "{}", ran.err);
    let ran = find(&database, &["--columns", "_id", "--format", "csv"]).await;
    assert!(!ran.err.contains("no document has"), "{}", ran.err);
    let other = TestDatabase::new("find_nowhere").await;
    let ran = find(&other, &[]).await;
    assert_eq!((ran.code, ran.out.as_str()), (0, ""), "{}", ran.err);
    assert!(ran.err.contains("there is no collection"), "{}", ran.err);
}

#[tokio::test]
async fn exit_codes_tell_what_went_wrong() {
    let database = some("find_codes").await;
    for (arguments, code) in [
        (&["{age: }"][..], 1),
        (&["{age: {$nope: 1}}"], 1),
        (&["--max-time", "soon"], 2),
        (&["--format", "xml"], 2),
        (&["--format", "json", "--columns", "a"], 2),
    ] {
        let ran = find(&database, arguments).await;
        assert_eq!(ran.code, code, "{arguments:?}: {}", ran.err);
        assert_eq!(ran.out, "", "{arguments:?}");
        assert!(!ran.err.is_empty(), "{arguments:?}");
    }
}

#[test]
fn a_server_that_is_not_there_is_a_connection_error_without_the_password() {
    let ran = Home::new().run(&[
        "find",
        "mongodb://ada:hunter2@127.0.0.1:1/a.b?serverSelectionTimeoutMS=300",
    ]);
    assert_eq!((ran.code, ran.out.as_str()), (3, ""), "{}", ran.err);
    assert!(ran.err.contains("127.0.0.1:1"), "{}", ran.err);
    assert!(!ran.err.contains("hunter2"), "{}", ran.err);
}

#[tokio::test]
async fn a_wrong_password_is_a_connection_error_and_is_not_said() {
    let database = some("find_password").await;
    let mut target = target(&database, "people");
    let at = target.rfind('@').unwrap();
    let colon = target[..at].rfind(':').unwrap();
    target.replace_range(colon + 1..at, "hunter2-wrong");
    let home = Home::new();
    let ran = tokio::task::spawn_blocking(move || {
        let mut command = home.command(&["find", &target]);
        command.env("MONGODECK_LOG", "trace");
        let ran = home.ran(command.output().unwrap());
        assert!(!home.everything_written().contains("hunter2"));
        ran
    })
    .await
    .unwrap();
    assert_eq!((ran.code, ran.out.as_str()), (3, ""), "{}", ran.err);
    assert!(!ran.err.contains("hunter2"), "{}", ran.err);
}

#[tokio::test]
async fn a_read_that_the_server_stops_is_a_timeout() {
    let database = some("find_timeout").await;
    let ran = find(
        &database,
        &["{$expr: {$function: {body: 'function() { sleep(2000); return true; }', args: [], lang: 'js'}}}", "--max-time", "200ms"],
    )
    .await;
    assert_eq!(ran.code, 4, "{}", ran.err);
}

async fn running(database: &TestDatabase) -> Vec<Document> {
    let operations = database
        .client
        .database("admin")
        .run_command(doc! { "currentOp": 1, "ns": format!("{}.people", database.name) })
        .await
        .unwrap();
    operations
        .get_array("inprog")
        .unwrap()
        .iter()
        .filter_map(|o| o.as_document().cloned())
        .filter(|o| o.get_str("op").is_ok_and(|op| op != "none"))
        .collect()
}

async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_secs(20) {
        if let Some(found) = look().await {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("waited in vain until {what}")
}

#[tokio::test]
async fn ctrl_c_ends_the_command_and_the_servers_operation() {
    let database = some("find_interrupt").await;
    let home = Home::new();
    let slow = "{$expr: {$function: {body: 'function() { sleep(20000); return true; }', args: [], lang: 'js'}}}";
    let mut child = home
        .command(&["find", &target(&database, "people"), slow])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    until("the operation runs", async || {
        (!running(&database).await.is_empty()).then_some(())
    })
    .await;
    let kill = std::process::Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(kill.success());
    let status = until("the command ends", async || child.try_wait().unwrap()).await;
    assert_eq!(status.code(), Some(130));
    until("the operation is gone", async || {
        running(&database).await.is_empty().then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_reader_that_went_away_is_a_quiet_end() {
    let database = TestDatabase::new("find_pipe").await;
    let documents: Vec<Document> = (0..20_000_i32)
        .map(|i| doc! { "_id": i, "text": "x".repeat(100) })
        .collect();
    database
        .collection("people")
        .insert_many(documents)
        .await
        .unwrap();
    let home = Home::new();
    let mut child = home
        .command(&["find", &target(&database, "people"), "--format", "jsonl"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let mut reader = BufReader::new(child.stdout.take().unwrap());
    reader.read_line(&mut line).unwrap();
    assert!(line.starts_with("{\"_id\":"), "{line}");
    drop(reader);
    let status = until("the command ends", async || child.try_wait().unwrap()).await;
    let mut said = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut said)
        .unwrap();
    assert_eq!((status.code(), said.as_str()), (Some(0), ""));
}

#[tokio::test]
async fn an_array_that_was_broken_off_is_not_closed() {
    let database = TestDatabase::new("find_broken").await;
    let documents: Vec<Document> = (0..12_000_i32).map(|i| doc! { "_id": i }).collect();
    database
        .collection("people")
        .insert_many(documents)
        .await
        .unwrap();
    let name = format!("broken-{}", database.name);
    let _fail = FailPoint::command(
        database.uri(),
        &name,
        &["getMore"],
        5,
        doc! { "errorCode": 96 },
    )
    .await;
    let target = format!("{}&appName={name}", target(&database, "people"));
    let ran = tokio::task::spawn_blocking(move || {
        Home::new().run(&["find", &target, "--format", "json"])
    })
    .await
    .unwrap();
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert!(ran.out.starts_with("[\n{"));
    assert!(serde_json::from_str::<serde_json::Value>(&ran.out).is_err());
}
