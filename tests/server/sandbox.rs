//! The sandbox: its server starts, is private, and never outlives it.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use mongodb::Client;
use mongodb::bson::{Document, doc};
use mongodeck::mongo::request::FailureKind;
use mongodeck::mongo::sandbox::{Options, Sandbox};
use secrecy::ExposeSecret as _;

use crate::support::server::{FailPoint, PROGRAM, TestDatabase, dedicated, options, shared_uri};

async fn client_of(sandbox: &Sandbox) -> Client {
    Client::with_uri_str(sandbox.uri().expose_secret())
        .await
        .unwrap()
}

async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(20);
    while !holds() {
        assert!(Instant::now() < end, "not within 20 s: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn runs(pid: u32) -> bool {
    // A process that has ended but was not waited for still has its entry; only its state says so.
    std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| {
        !stat
            .rsplit(')')
            .next()
            .is_some_and(|rest| rest.trim_start().starts_with('Z'))
    })
}

fn answers(port: u16) -> bool {
    std::net::TcpStream::connect(("127.0.0.1", port)).is_ok()
}

#[tokio::test]
async fn a_sandbox_is_a_primary_that_takes_writes_and_is_gone_after_its_stop() {
    let sandbox = dedicated(options()).await;
    let (pid, port, directory) = (
        sandbox.pid(),
        sandbox.port(),
        sandbox.directory().to_path_buf(),
    );
    let client = client_of(&sandbox).await;
    let hello = client
        .database("admin")
        .run_command(doc! { "hello": 1 })
        .await
        .unwrap();
    assert!(hello.get_bool("isWritablePrimary").unwrap());
    assert_eq!(hello.get_str("setName").unwrap(), "rs0");
    let things = client.database("x").collection::<Document>("things");
    things.insert_one(doc! { "_id": 1 }).await.unwrap();
    assert_eq!(things.count_documents(doc! {}).await.unwrap(), 1);
    sandbox.stop().await;
    assert!(!runs(pid));
    assert!(!answers(port));
    assert!(!directory.exists());
}

#[tokio::test]
async fn nobody_gets_in_without_the_password() {
    let open = shared_uri();
    let (_, hosts) = open.split_once('@').unwrap();
    for uri in [
        format!("mongodb://{}", hosts.replace("authSource=admin&", "")),
        format!("mongodb://mongodeck:guess@{hosts}"),
    ] {
        let client = Client::with_uri_str(&uri).await.unwrap();
        let names = client.list_database_names().await;
        assert!(names.is_err(), "{names:?}");
        // The exception for the first user on the loopback is over too.
        let user = client
            .database("admin")
            .run_command(doc! { "createUser": "x", "pwd": "x", "roles": ["root"] })
            .await;
        assert!(user.is_err());
    }
}

#[tokio::test]
async fn a_killed_server_comes_back_on_its_port_with_its_data() {
    let mut sandbox = dedicated(options()).await;
    let client = client_of(&sandbox).await;
    let things = client.database("x").collection::<Document>("things");
    things.insert_one(doc! { "_id": 1 }).await.unwrap();
    let (pid, port) = (sandbox.pid(), sandbox.port());
    sandbox.kill().await.unwrap();
    assert!(!answers(port));
    sandbox.restart().await.unwrap();
    assert_eq!(sandbox.port(), port);
    assert_ne!(sandbox.pid(), pid);
    assert_eq!(things.count_documents(doc! {}).await.unwrap(), 1);
    sandbox.stop().await;
}

#[tokio::test]
async fn a_kept_directory_goes_on_where_it_was_even_on_another_port() {
    let home = tempfile::tempdir().unwrap();
    let keep = Options {
        keep: Some(home.path().join("kept")),
        ..options()
    };
    let first = dedicated(keep.clone()).await;
    let (uri, port) = (first.uri(), first.port());
    let client = client_of(&first).await;
    client
        .database("x")
        .collection::<Document>("things")
        .insert_one(doc! { "_id": 1 })
        .await
        .unwrap();
    let password = home.path().join("kept").join("password");
    let mode = std::os::unix::fs::PermissionsExt::mode(
        &std::fs::metadata(&password).unwrap().permissions(),
    );
    assert_eq!(mode & 0o777, 0o600);
    first.stop().await;

    // Somebody else has the port now.
    let taken = tokio::net::TcpListener::bind(("127.0.0.1", port))
        .await
        .unwrap();
    let taken = tokio::spawn(async move { while taken.accept().await.is_ok() {} });
    let second = dedicated(keep.clone()).await;
    assert_ne!(second.port(), port);
    assert_ne!(second.uri().expose_secret(), uri.expose_secret());
    let client = client_of(&second).await;
    let things = client.database("x").collection::<Document>("things");
    assert_eq!(things.count_documents(doc! {}).await.unwrap(), 1);
    taken.abort();

    // While it runs, nobody else may have the directory; least of all to wipe it.
    let third = Sandbox::start(Options {
        reset: true,
        ..keep.clone()
    })
    .await
    .unwrap_err();
    assert!(third.summary.contains("in use"), "{third}");
    assert_eq!(things.count_documents(doc! {}).await.unwrap(), 1);
    second.stop().await;

    let wiped = dedicated(Options {
        reset: true,
        ..keep
    })
    .await;
    let client = client_of(&wiped).await;
    let things = client.database("x").collection::<Document>("things");
    assert_eq!(things.count_documents(doc! {}).await.unwrap(), 0);
    wiped.stop().await;
}

#[tokio::test]
async fn a_directory_with_other_files_is_neither_used_nor_wiped() {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("thesis.txt"), "years of work").unwrap();
    let failure = Sandbox::start(Options {
        keep: Some(home.path().to_path_buf()),
        reset: true,
        ..options()
    })
    .await
    .unwrap_err();
    assert_eq!(failure.kind, FailureKind::Configuration);
    assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 1);
}

#[tokio::test]
async fn a_server_that_ends_at_once_is_told_with_its_own_words() {
    let failure = Sandbox::start(Options {
        extra_args: [
            "--tlsMode",
            "requireTLS",
            "--tlsCertificateKeyFile",
            "/nowhere.pem",
        ]
        .map(str::to_owned)
        .to_vec(),
        ..options()
    })
    .await
    .unwrap_err();
    assert_eq!(failure.kind, FailureKind::Unreachable);
    assert!(failure.summary.contains("PEM key file"), "{failure}");
}

#[tokio::test]
async fn a_named_server_that_is_not_there_is_an_error_and_not_passed_over() {
    let failure = Sandbox::start(Options {
        mongod: Some(PathBuf::from("/nowhere/mongod")),
        ..options()
    })
    .await
    .unwrap_err();
    assert_eq!(failure.kind, FailureKind::Configuration);
    assert!(failure.summary.contains("/nowhere/mongod"));
}

#[tokio::test]
async fn a_fail_point_ends_with_its_guard() {
    let server = dedicated(options()).await;
    let uri = server.uri();
    let client = client_of(&server).await;
    let ping = || async {
        client
            .database("x")
            .run_command(doc! { "count": "things" })
            .await
    };
    {
        let _failing = FailPoint::on(
            uri.expose_secret(),
            "failCommand",
            "alwaysOn",
            doc! { "failCommands": ["count"], "errorCode": 2 },
        )
        .await;
        assert!(ping().await.is_err());
    }
    assert!(ping().await.is_ok());
    server.stop().await;
}

#[tokio::test]
async fn test_databases_are_apart_and_dropped() {
    let name = {
        let one = TestDatabase::new("apart").await;
        let two = TestDatabase::new("apart").await;
        one.collection("things")
            .insert_one(doc! { "_id": 1 })
            .await
            .unwrap();
        assert_eq!(
            two.collection("things")
                .count_documents(doc! {})
                .await
                .unwrap(),
            0
        );
        one.name.clone()
    };
    let client = crate::support::server::shared_client().await;
    assert!(!client.list_database_names().await.unwrap().contains(&name));
}

/// `mongodeck sandbox --no-ui`, and what it said.
struct Running {
    child: Child,
    uri: String,
}

fn command() -> Running {
    let mut child = Command::new(PROGRAM)
        .args(["sandbox", "--no-ui", "--yes"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut uri = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut uri)
        .unwrap();
    Running {
        child,
        uri: uri.trim().to_owned(),
    }
}

/// Where the server behind a connection string keeps its data, and its process id, as it says itself.
async fn whereabouts(uri: &str) -> (PathBuf, u32) {
    let client = Client::with_uri_str(uri).await.unwrap();
    let admin = client.database("admin");
    let options = admin
        .run_command(doc! { "getCmdLineOpts": 1 })
        .await
        .unwrap();
    let path = options
        .get_document("parsed")
        .and_then(|p| p.get_document("storage"))
        .and_then(|s| s.get_str("dbPath"))
        .unwrap();
    let status = admin.run_command(doc! { "serverStatus": 1 }).await.unwrap();
    let pid = status.get_i64("pid").unwrap();
    client.shutdown().immediate(true).await;
    (
        Path::new(path).parent().unwrap().to_path_buf(),
        u32::try_from(pid).unwrap(),
    )
}

#[tokio::test]
async fn two_sandboxes_run_side_by_side_and_neither_outlives_its_console() {
    let (one, two) = tokio::join!(
        tokio::task::spawn_blocking(command),
        tokio::task::spawn_blocking(command)
    );
    let (mut one, mut two) = (one.unwrap(), two.unwrap());
    let (home_one, pid_one) = whereabouts(&one.uri).await;
    let (home_two, pid_two) = whereabouts(&two.uri).await;
    assert_ne!(home_one, home_two);

    // Killed as by `kill -9`: no code of ours runs in it any more.
    one.child.kill().unwrap();
    one.child.wait().unwrap();
    until("its server ended", || !runs(pid_one)).await;
    until("its data are gone", || !home_one.exists()).await;

    // The other was not touched, and ends in good order with its input.
    assert!(runs(pid_two));
    drop(two.child.stdin.take());
    assert!(two.child.wait().unwrap().success());
    assert!(!runs(pid_two));
    assert!(!home_two.exists());
}

#[tokio::test]
async fn a_sandbox_ends_in_good_order_on_sigterm() {
    let mut running = tokio::task::spawn_blocking(command).await.unwrap();
    let (home, pid) = whereabouts(&running.uri).await;
    let sent = Command::new("kill")
        .args(["-TERM", &running.child.id().to_string()])
        .status()
        .unwrap();
    assert!(sent.success());
    assert!(running.child.wait().unwrap().success());
    assert!(!runs(pid));
    assert!(!home.exists());
}
