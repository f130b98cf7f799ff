#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use secrecy::{ExposeSecret, SecretString};

use super::secret::{replace_variables, resolve};
use super::*;
use crate::config::profile::Secret;

fn profile(uri: &str) -> Profile {
    Profile::new("test", SecretString::from(uri.to_owned()))
}

#[tokio::test]
async fn the_profile_wins_over_the_connection_string() {
    let mut p = profile("mongodb://ann:one@localhost:1/shop?maxPoolSize=3&compressors=zstd");
    p.username = Some("bob".to_owned());
    p.password = Some(SecretString::from("two".to_owned()));
    p.max_pool_size = Some(7);
    let prepared = prepare(&p).await.unwrap();
    let credential = prepared.options.credential.unwrap();
    assert_eq!(credential.username.as_deref(), Some("bob"));
    assert_eq!(credential.password.as_deref(), Some("two"));
    assert_eq!(credential.source.as_deref(), Some("shop"));
    assert_eq!(prepared.options.max_pool_size, Some(7));
    assert_eq!(prepared.options.app_name.as_deref(), Some("mongodeck"));
    assert_eq!(prepared.selection_timeout, Duration::from_secs(10));
    assert_eq!(prepared.database.as_deref(), Some("shop"));
}

#[tokio::test]
async fn no_error_holds_a_part_of_the_password() {
    for uri in [
        "mongodb://ann:s3cr:et@localhost/",
        "mongodb://ann:s3cr/et@localhost/?nonsense=1",
        "mongodb://ann:s3cr%et@localhost/",
        "mongodb://ann:s3cret@local host:port/",
        "mongodb://ann:s3cret@localhost:99999/",
        "postgres://ann:s3cret@localhost/",
        "mongodb://ann:s3cret@localhost/?maxPoolSize=s3cret",
    ] {
        let failure = prepare(&profile(uri)).await.map(|_| ()).unwrap_err();
        let all = format!("{failure} {failure:?}");
        assert_eq!(failure.kind, FailureKind::Configuration, "{all}");
        assert!(!all.contains("s3cret") && !all.contains("s3cr:et"), "{all}");
    }
}

#[tokio::test]
async fn a_password_is_asked_for_only_where_one_is_missing() {
    for (uri, needed) in [
        ("mongodb://localhost/", false),
        ("mongodb://ann@localhost/", true),
        ("mongodb://ann:one@localhost/", false),
        (
            "mongodb://CN%3Dann@localhost/?authMechanism=MONGODB-X509",
            false,
        ),
    ] {
        assert_eq!(
            password_needed(&profile(uri)).await.unwrap(),
            needed,
            "{uri}"
        );
    }
    let mut named = profile("mongodb://localhost/");
    named.username = Some("ann".to_owned());
    assert!(password_needed(&named).await.unwrap());
    let failure = prepare(&named).await.map(|_| ()).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Authentication);
}

#[tokio::test]
async fn a_missing_tls_file_is_named() {
    let mut p = profile("mongodb://localhost/");
    p.tls.ca_file = Some("no-such-file.pem".into());
    let failure = prepare(&p).await.map(|_| ()).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Configuration);
    assert!(failure.summary.contains("no-such-file.pem"), "{failure}");
}

#[tokio::test]
async fn tls_settings_of_the_profile_reach_the_driver() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let mut p = profile("mongodb://localhost/?tls=false");
    p.tls.ca_file = Some(file.path().to_owned());
    p.tls.insecure = true;
    let Some(Tls::Enabled(tls)) = prepare(&p).await.unwrap().options.tls else {
        panic!("TLS is off");
    };
    assert_eq!(tls.ca_file_path.as_deref(), Some(file.path()));
    assert_eq!(tls.allow_invalid_certificates, Some(true));
}

#[test]
fn variables_are_replaced_as_they_are() {
    let lookup = |name: &str| (name == "PW").then(|| "p%40ss".to_owned());
    let uri = SecretString::from("mongodb://a:${PW}@h/${PW}".to_owned());
    let out = replace_variables(&uri, lookup).unwrap();
    assert_eq!(out.expose_secret(), "mongodb://a:p%40ss@h/p%40ss");
    let unknown = SecretString::from("mongodb://${NOBODY}".to_owned());
    assert!(
        replace_variables(&unknown, lookup)
            .unwrap_err()
            .summary
            .contains("`NOBODY`")
    );
    let open = SecretString::from("mongodb://${PW".to_owned());
    assert_eq!(
        replace_variables(&open, lookup).unwrap_err().kind,
        FailureKind::Configuration
    );
}

#[tokio::test]
async fn a_command_gives_its_first_line_and_its_failure_says_no_output() {
    let words =
        |line: &str| Secret::Command(vec!["sh".to_owned(), "-c".to_owned(), line.to_owned()]);
    let here = std::path::Path::new(".");
    let uri = resolve(&words("echo mongodb://h/; echo more"), here)
        .await
        .unwrap();
    assert_eq!(uri.expose_secret(), "mongodb://h/");
    let failure = resolve(&words("echo s3cret; echo s3cret >&2; exit 3"), here)
        .await
        .unwrap_err();
    assert!(
        failure.summary.contains("`3`") && !format!("{failure:?}").contains("s3cret"),
        "{failure}"
    );
    let missing = Secret::Command(vec!["no-such-program-here".to_owned()]);
    assert_eq!(
        resolve(&missing, here).await.unwrap_err().kind,
        FailureKind::Configuration
    );
}
