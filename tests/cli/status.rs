//! `mongodeck status` and `mongodeck log` on real servers, and on what only looks like one.

use std::io::Read as _;
use std::net::TcpListener;
use std::process::Stdio;
use std::time::{Duration, Instant};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use secrecy::ExposeSecret as _;
use serde_json::Value;

use crate::support::program::Home;
use crate::support::server::{dedicated, options, shared_uri};

fn dead_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// Accepts every connection and never says a word.
fn silent_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let mut kept = Vec::new();
        for connection in listener.incoming().flatten() {
            kept.push(connection);
        }
    });
    port
}

fn wrong_password() -> String {
    shared_uri().replacen("mongodb://mongodeck:", "mongodb://mongodeck:hunter2", 1)
}

fn named<'v>(whole: &'v Value, name: &str) -> &'v Value {
    let profiles = whole["profiles"].as_array().unwrap();
    profiles.iter().find(|p| p["name"] == name).unwrap()
}

#[test]
fn a_healthy_profile_is_told_with_all_that_is_known_of_it() {
    let home = Home::with_config(&format!(
        "[profiles.main]\nuri = \"{}\"\nmax_pool_size = 7\nmin_pool_size = 2\nsocket_timeout = \"45s\"\n",
        shared_uri()
    ));
    let ran = home.run(&["status", "--format", "json"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let whole: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(whole["healthy"], true);
    let main = named(&whole, "main");
    assert_eq!(main["role"], "primary");
    assert_eq!(main["state"], "well");
    assert_eq!(main["pool"]["max"], 7);
    assert_eq!(main["pool"]["min"], 2);
    assert_eq!(main["timeouts_ms"]["socket_timeout"], 45_000.0);
    assert_eq!(main["tls"], "off");
    assert_eq!(main["auth"]["user"], "mongodeck");
    assert_eq!(main["replica_set"]["name"], "rs0");
    assert_eq!(main["replica_set"]["working"], 1);
    assert_eq!(main["replica_set"]["members"][0]["state"], "PRIMARY");
    assert!(main["round_trip_ms"].as_f64().unwrap() > 0.0);
    assert_eq!(main["failure"], Value::Null);
    let table = home.run(&["status", "main"]);
    assert_eq!(table.code, 0);
    for word in [
        "PROFILE",
        "well",
        "primary",
        "2–7",
        "SCRAM",
        "mongodeck",
        "rs0 1/1",
    ] {
        assert!(table.out.contains(word), "{word}: {}", table.out);
    }
    assert_eq!(table.err, "");
}

#[test]
fn each_that_fails_says_why_and_what_to_do_and_holds_up_no_other() {
    let home = Home::with_config(&format!(
        "[profiles.good]\nuri = \"{}\"\n\
         [profiles.dead]\nuri = \"mongodb://127.0.0.1:{}/\"\n\
         [profiles.login]\nuri = \"{}\"\n\
         [profiles.silent]\nuri = \"mongodb://127.0.0.1:{}/\"\n\
         [profiles.mute]\nuri = \"mongodb://127.0.0.1:{}/\"\n\
         [profiles.still]\nuri = \"mongodb://127.0.0.1:{}/\"\n\
         [profiles.unset]\nuri_env = \"NOT_SET\"\n",
        shared_uri(),
        dead_port(),
        wrong_password(),
        silent_port(),
        silent_port(),
        silent_port()
    ));
    let start = Instant::now();
    let ran = home.run(&["status", "--format", "json", "--timeout", "8s"]);
    // Three of them keep silent.
    assert!(start.elapsed() < Duration::from_secs(20), "side by side");
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(!format!("{ran:?}").contains("hunter2"));
    let whole: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(whole["healthy"], false);
    assert_eq!(named(&whole, "good")["state"], "well");
    let of = |name: &str, key: &str| {
        named(&whole, name)["failure"][key]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    assert_eq!(of("dead", "kind"), "Unreachable");
    assert!(of("dead", "summary").contains("refused"), "{}", ran.out);
    assert_eq!(of("login", "kind"), "Authentication");
    assert_eq!(of("silent", "kind"), "Timeout");
    assert!(
        of("silent", "summary").contains("did not answer in 8 s"),
        "{}",
        ran.out
    );
    assert_eq!(of("unset", "kind"), "Configuration");
    assert!(of("unset", "summary").contains("NOT_SET"));
    for name in ["dead", "login", "silent", "unset"] {
        assert!(!of(name, "help").is_empty(), "{name}");
    }
    // One kind at a time, by its exit code.
    for (name, time, code) in [
        ("good", "30s", 0),
        ("silent", "1s", 4),
        ("unset", "1s", 2),
        ("login", "30s", 3),
    ] {
        let ran = home.run(&["status", name, "--timeout", time]);
        assert_eq!(ran.code, code, "{name}: {ran:?}");
    }
    let table = home.run(&["status", "dead"]);
    assert!(table.out.contains("✗ dead: cannot reach"), "{}", table.out);
}

#[test]
fn a_set_of_another_name_and_a_missing_login_are_told_for_what_they_are() {
    let place = shared_uri()
        .split('@')
        .nth(1)
        .unwrap()
        .split('/')
        .next()
        .unwrap();
    let user = shared_uri().split('@').next().unwrap();
    let home = Home::with_config(&format!(
        "[profiles.other]\nuri = \"{user}@{place}/?replicaSet=other\"\n\
         [profiles.nobody]\nuri = \"mongodb://{place}/\"\n",
    ));
    let start = Instant::now();
    let ran = home.run(&["status", "--format", "json"]);
    assert!(
        start.elapsed() < Duration::from_secs(8),
        "nothing is waited for"
    );
    let whole: Value = serde_json::from_str(&ran.out).unwrap();
    let other = named(&whole, "other")["failure"].clone();
    assert_eq!(other["kind"], "Configuration", "{}", ran.out);
    let summary = other["summary"].as_str().unwrap();
    assert!(summary.contains("of the set `rs0`"), "{summary}");
    let nobody = named(&whole, "nobody");
    assert_eq!(nobody["state"], "impaired", "{}", ran.out);
    let problem = nobody["problem"].as_str().unwrap();
    assert!(problem.contains("wants a user"), "{problem}");
    assert_eq!(home.run(&["status", "nobody"]).code, 1);
    assert_eq!(home.run(&["status", "nobody", "--timeout", "0"]).code, 2);
    // The log of one profile, of a time.
    let lines = |arguments: &[&str]| home.run(arguments).out.lines().count();
    assert!(lines(&["log", "other", "--since", "1h"]) >= 3);
    assert_eq!(lines(&["log", "other", "--since", "2126-01-01"]), 0);
    let nothing = home.run(&["log", "mian"]);
    assert!(nothing.err.contains("of `mian`"), "{}", nothing.err);
    assert_eq!(home.run(&["log", "--since", "soon"]).code, 2);
}

#[test]
fn without_a_profile_it_is_said_what_to_do() {
    let home = Home::new();
    let ran = home.run(&["status"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("`mongodeck config init`"), "{}", ran.err);
    assert!(ran.err.contains("MONGODB_URI"), "{}", ran.err);
    let home = Home::with_config("[profiles.main]\nuri = \"mongodb://h/\"\n");
    let ran = home.run(&["status", "mian"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("did you mean `main`?"), "{}", ran.err);
}

#[tokio::test]
async fn waiting_ends_when_the_server_is_there_or_the_time_is_over() {
    let home = Home::with_config(&format!(
        "[profiles.gone]\nuri = \"mongodb://127.0.0.1:{}/\"\n",
        dead_port()
    ));
    let start = Instant::now();
    let ran = home.run(&["status", "--wait", "2"]);
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(start.elapsed() >= Duration::from_millis(1_500));
    assert_eq!(ran.err, "", "progress is for terminals");

    // A server that is not there at first.
    let server = dedicated(options()).await;
    let (uri, port) = (server.uri().expose_secret().to_owned(), server.port());
    let gate = TcpListener::bind("127.0.0.1:0").unwrap();
    let late = gate.local_addr().unwrap().port();
    drop(gate);
    let uri = uri.replace(&format!(":{port}/"), &format!(":{late}/"));
    let home = Home::with_config(&format!("[profiles.late]\nuri = \"{uri}\"\n"));
    let mut child = home
        .command(&["status", "--wait", "60s"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    tokio::time::sleep(Duration::from_millis(700)).await;
    assert!(child.try_wait().unwrap().is_none(), "it waits");
    // From here on the port leads to the server.
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", late))
        .await
        .unwrap();
    let relay = tokio::spawn(async move {
        while let Ok((mut here, _)) = listener.accept().await {
            tokio::spawn(async move {
                if let Ok(mut there) = tokio::net::TcpStream::connect(("127.0.0.1", port)).await {
                    let _ = tokio::io::copy_bidirectional(&mut here, &mut there).await;
                }
            });
        }
    });
    let (status, out) = tokio::task::spawn_blocking(move || {
        let status = child.wait().unwrap();
        let mut out = String::new();
        child
            .stdout
            .take()
            .unwrap()
            .read_to_string(&mut out)
            .unwrap();
        (status, out)
    })
    .await
    .unwrap();
    relay.abort();
    assert_eq!(status.code(), Some(0), "{out}");
}

#[tokio::test]
async fn tls_is_shown_and_a_certificate_of_nobody_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    let certificate = params.signed_by(&key, &issuer).unwrap();
    let authority = directory.path().join("ca.pem");
    std::fs::write(&authority, issuer.pem()).unwrap();
    let own = directory.path().join("server.pem");
    std::fs::write(
        &own,
        format!("{}{}", certificate.pem(), key.serialize_pem()),
    )
    .unwrap();
    let mut wanted = options();
    wanted.extra_args = vec![
        "--tlsMode".to_owned(),
        "preferTLS".to_owned(),
        "--tlsAllowConnectionsWithoutCertificates".to_owned(),
        "--tlsCertificateKeyFile".to_owned(),
        own.display().to_string(),
        "--tlsCAFile".to_owned(),
        authority.display().to_string(),
    ];
    let server = dedicated(wanted).await;
    let uri = server.uri().expose_secret().to_owned();
    let home = Home::with_config(&format!(
        "[profiles.right]\nuri = \"{uri}\"\ntls = {{ enabled = true, ca_file = \"{}\" }}\n\
         [profiles.any]\nuri = \"{uri}\"\ntls = {{ enabled = true, insecure = true }}\n\
         [profiles.wrong]\nuri = \"{uri}\"\ntls = true\n",
        authority.display()
    ));
    let ran = home.run(&["status", "--format", "json"]);
    assert_eq!(ran.code, 3, "{ran:?}");
    let whole: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(named(&whole, "right")["tls"], "on");
    assert_eq!(named(&whole, "right")["healthy"], true);
    assert_eq!(named(&whole, "any")["tls"], "not checked");
    assert_eq!(named(&whole, "wrong")["failure"]["kind"], "Tls");
}

#[test]
fn the_environment_alone_names_profiles_and_is_never_written_down() {
    let home = Home::new();
    let uri = shared_uri();
    let password = uri.split(':').nth(2).unwrap().split('@').next().unwrap();
    let run = |arguments: &[&str]| {
        let output = home
            .command(arguments)
            .env("MONGODB_URI", uri)
            .env("DATABASE1_URI", wrong_password())
            .env("DATABASE1_MAX_POOL_SIZE", "5")
            .env("DATABASE1_MIN_POOL_SIZE", "1")
            .output()
            .unwrap();
        home.ran(output)
    };
    let ran = run(&["status", "--format", "json"]);
    assert_eq!(ran.code, 3, "{ran:?}");
    let whole: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(named(&whole, "mongodb")["healthy"], true);
    assert_eq!(
        named(&whole, "database1")["failure"]["kind"],
        "Authentication"
    );
    assert_eq!(named(&whole, "database1")["pool"]["max"], 5);
    assert_eq!(named(&whole, "database1")["pool"]["min"], 1);
    let found = run(&["find", "mongodb/admin.system.version", "--limit", "1"]);
    assert_eq!(found.code, 0, "{found:?}");
    let log = run(&["log"]);
    assert!(
        log.out.contains("database1: connecting → failed"),
        "{}",
        log.out
    );
    for text in [&ran.out, &ran.err, &log.out, &home.everything_written()] {
        assert!(
            !text.contains("hunter2") && !text.contains(password),
            "{text}"
        );
    }
}

#[test]
fn the_log_tells_the_state_before_and_after_with_the_cause() {
    let port = dead_port();
    let home = Home::with_config(&format!(
        "[profiles.main]\nuri = \"{}\"\n[profiles.dead]\nuri = \"mongodb://127.0.0.1:{port}/\"\n",
        shared_uri(),
    ));
    let nothing = home.run(&["log"]);
    assert_eq!((nothing.code, nothing.out.as_str()), (0, ""));
    home.run(&["status"]);
    let ran = home.run(&["log", "main", "--format", "json"]);
    let changes: Vec<Value> = ran
        .out
        .lines()
        .map(|l| serde_json::from_str(l).unwrap())
        .collect();
    let whole: Vec<(&str, &str)> = changes
        .iter()
        .filter(|c| c["server"].is_null() || c["before"] == "connecting")
        .map(|c| (c["before"].as_str().unwrap(), c["after"].as_str().unwrap()))
        .collect();
    assert_eq!(whole[0], ("closed", "connecting"));
    assert!(whole[1].1.starts_with("ready (primary of rs0"), "{whole:?}");
    assert_eq!(whole[2].1, "closed");
    assert!(whole[2].0.starts_with("ready"), "{whole:?}");
    assert!(changes.iter().all(|c| c["profile"] == "main"));
    // The server's own way, as the driver's monitor saw it.
    assert!(
        changes
            .iter()
            .any(|c| c["before"] == "unknown" && c["after"] == "primary"),
        "{}",
        ran.out
    );
    let dead = home.run(&["log", "dead"]);
    assert!(dead.out.contains("connecting → retrying"), "{}", dead.out);
    assert!(dead.out.contains("connection refused"), "{}", dead.out);
    let path = home.run(&["log", "--path"]).out;
    assert_eq!(path.trim(), "HOME/state/connections.jsonl");
}

#[test]
fn following_the_log_tells_what_is_new() {
    let home = Home::with_config(&format!("[profiles.main]\nuri = \"{}\"\n", shared_uri()));
    let mut child = home
        .command(&["log", "--follow"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    assert_eq!(home.run(&["status"]).code, 0);
    let mut out = child.stdout.take().unwrap();
    let mut seen = Vec::new();
    let mut piece = [0_u8; 512];
    while !String::from_utf8_lossy(&seen).contains("→ closed") {
        let n = out.read(&mut piece).unwrap();
        assert_ne!(n, 0, "{}", String::from_utf8_lossy(&seen));
        seen.extend_from_slice(&piece[..n]);
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let text = String::from_utf8_lossy(&seen).into_owned();
    assert!(text.contains("main: closed → connecting"), "{text}");
}
