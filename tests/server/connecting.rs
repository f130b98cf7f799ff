//! Connections: reached, refused, unreachable, encrypted.

use std::time::{Duration, Instant};

use mongodb::bson::{RawDocumentBuf, doc, rawdoc};
use mongodeck::mongo::request::{
    ConnectionState, Failure, FailureKind, Find, Namespace, ProfileName, Reply, Report, Request,
    Role,
};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, IsCa, KeyPair,
};
use secrecy::ExposeSecret as _;

use crate::support::desk::{Desk, feed_id, profile, with_option};
use crate::support::server::{TestDatabase, dedicated, options, shared_uri};

async fn failed(desk: &mut Desk, name: &str) -> Failure {
    match desk
        .state(name, "failed connection", |s| {
            matches!(s, ConnectionState::Failed(_))
        })
        .await
    {
        ConnectionState::Failed(failure) => failure,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_connection_says_what_the_server_is_and_closes_when_told() {
    let mut desk = Desk::new([profile("p", shared_uri())]);
    let name = ProfileName::new("p");
    assert_eq!(desk.runner.connection(&name), ConnectionState::Closed);
    desk.runner.connect(&name);
    desk.state("p", "attempt", |s| *s == ConnectionState::Connecting)
        .await;
    let ConnectionState::Ready(info) = desk
        .state("p", "server", |s| matches!(s, ConnectionState::Ready(_)))
        .await
    else {
        panic!()
    };
    assert_eq!(
        (info.role, info.set_name.as_deref()),
        (Role::Primary, Some("rs0"))
    );
    assert!(info.version.contains('.') && info.round_trip > Duration::ZERO);
    desk.runner.disconnect(&name);
    desk.state("p", "end", |s| *s == ConnectionState::Closed)
        .await;
    assert_eq!(desk.runner.connection(&name), ConnectionState::Closed);
    // Asked for something, it connects again by itself.
    assert!(matches!(
        desk.ask("p", Request::Databases).await.unwrap(),
        Reply::Databases(_)
    ));
}

#[tokio::test]
async fn a_wrong_password_fails_once_and_for_all_and_is_never_shown() {
    let wrong = shared_uri().replacen("mongodb://mongodeck:", "mongodb://mongodeck:hunter2", 1);
    let mut desk = Desk::new([profile("p", &wrong)]);
    desk.runner.connect(&ProfileName::new("p"));
    let failure = failed(&mut desk, "p").await;
    assert_eq!(failure.kind, FailureKind::Authentication);
    assert_eq!(
        failure.summary,
        "the server did not accept the credentials of `mongodeck`"
    );
    assert!(!format!("{failure:?}").contains("hunter2"));
    let asked = desk.ask("p", Request::Databases).await.unwrap_err();
    assert_eq!(asked.kind, FailureKind::Authentication);
}

#[tokio::test]
async fn a_login_is_asked_for_where_the_server_wants_one() {
    let port = shared_uri()
        .rsplit_once(':')
        .unwrap()
        .1
        .split('/')
        .next()
        .unwrap();
    let mut desk = Desk::new([profile(
        "p",
        &format!("mongodb://127.0.0.1:{port}/?directConnection=true"),
    )]);
    let failure = desk.ask("p", Request::Databases).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Authentication, "{failure:?}");
    assert_eq!(failure.summary, "the server requires a login");
}

#[tokio::test]
async fn an_unreachable_profile_costs_nothing_but_its_own_line() {
    // A port that was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let mut gone = profile("gone", &format!("mongodb://127.0.0.1:{port}/"));
    gone.server_selection_timeout = Some(Duration::from_secs(2));
    let mut desk = Desk::new([gone, profile("p", shared_uri())]);
    let start = Instant::now();
    let waiting = desk.start("gone", Request::Databases);
    desk.connect("p").await;
    assert!(matches!(
        desk.ask("p", Request::Databases).await.unwrap(),
        Reply::Databases(_)
    ));
    let state = desk
        .state("gone", "reason", |s| {
            matches!(s, ConnectionState::Retrying { .. })
        })
        .await;
    let ConnectionState::Retrying { failure, .. } = state else {
        panic!()
    };
    assert_eq!(
        failure.to_string(),
        format!("cannot reach `127.0.0.1:{port}`: connection refused; is the server running?")
    );
    let failure = desk.settled(waiting).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Unreachable);
    assert!(failure.summary.contains("connection refused"), "{failure}");
    assert!(start.elapsed() >= Duration::from_millis(1_900));
}

#[tokio::test]
async fn a_profile_that_cannot_be_used_says_so_without_trying() {
    let mut desk = Desk::new([
        profile("p", "mongodb://localhost:1/?replicaset"),
        profile("q", "mongodb://${NO_SUCH_VARIABLE_HERE}/"),
    ]);
    for name in ["p", "q"] {
        desk.runner.connect(&ProfileName::new(name));
        assert_eq!(
            failed(&mut desk, name).await.kind,
            FailureKind::Configuration
        );
    }
    let unknown = desk.ask("nobody", Request::Databases).await.unwrap_err();
    assert_eq!(unknown.kind, FailureKind::Configuration);
}

#[tokio::test]
async fn a_user_of_few_rights_sees_what_is_theirs_and_is_told_what_is_not() {
    let database = TestDatabase::new("rights").await;
    let db = database.database();
    database
        .collection("mine")
        .insert_one(doc! { "_id": 1 })
        .await
        .unwrap();
    database
        .collection("other")
        .insert_one(doc! { "_id": 1 })
        .await
        .unwrap();
    let role = doc! { "createRole": "finder", "roles": [], "privileges": [
        { "resource": { "db": &database.name, "collection": "mine" }, "actions": ["find"] },
    ] };
    db.run_command(role).await.unwrap();
    db.run_command(doc! { "createUser": "few", "pwd": "few-pw", "roles": ["finder"] })
        .await
        .unwrap();
    let (_, rest) = shared_uri().split_once('@').unwrap();
    let hosts = rest.split('/').next().unwrap();
    let uri = format!(
        "mongodb://few:few-pw@{hosts}/{}?replicaSet=rs0",
        database.name
    );
    let mut desk = Desk::new([profile("p", &uri)]);
    let Reply::Databases(databases) = desk.ask("p", Request::Databases).await.unwrap() else {
        panic!()
    };
    assert_eq!(
        databases
            .iter()
            .map(|d| d.name.as_str())
            .collect::<Vec<_>>(),
        [database.name.as_str()]
    );
    let request = Request::Collections {
        database: database.name.clone(),
    };
    let Reply::Collections(collections) = desk.ask("p", request).await.unwrap() else {
        panic!()
    };
    assert_eq!(
        collections
            .iter()
            .map(|c| c.name.as_str())
            .collect::<Vec<_>>(),
        ["mine"]
    );
    let names = vec!["mine".to_owned(), "other".to_owned()];
    let Reply::Sizes(sizes) = desk
        .ask(
            "p",
            Request::Sizes {
                database: database.name.clone(),
                collections: names,
            },
        )
        .await
        .unwrap()
    else {
        panic!()
    };
    assert_eq!(
        sizes
            .iter()
            .map(|(n, s)| (n.as_str(), s.documents))
            .collect::<Vec<_>>(),
        [("mine", 1)]
    );
    let mine = Namespace::new(&database.name, "mine");
    let open = |namespace: &Namespace| Request::OpenFeed {
        feed: feed_id(),
        namespace: namespace.clone(),
        find: Find::all(),
        count: 5,
    };
    assert!(desk.ask("p", open(&mine)).await.is_ok());
    let Reply::Details(details) = desk
        .ask(
            "p",
            Request::Details {
                namespace: mine.clone(),
            },
        )
        .await
        .unwrap()
    else {
        panic!()
    };
    assert!(details.stats.is_none());
    let refused = desk
        .ask("p", open(&Namespace::new(&database.name, "other")))
        .await
        .unwrap_err();
    assert_eq!(refused.kind, FailureKind::Permission);
    assert!(
        refused.summary.starts_with("user `few` may not do that"),
        "{refused}"
    );
    let create = Request::CreateCollection {
        namespace: Namespace::new(&database.name, "new"),
        options: RawDocumentBuf::new(),
    };
    assert_eq!(
        desk.ask("p", create).await.unwrap_err().kind,
        FailureKind::Permission
    );
    db.run_command(doc! { "dropUser": "few" }).await.unwrap();
    db.run_command(doc! { "dropRole": "finder" }).await.unwrap();
}

#[tokio::test]
async fn an_operation_longer_than_the_profile_allows_is_stopped_by_the_server() {
    let database = TestDatabase::new("limit").await;
    let documents: Vec<_> = (0..50).map(|i| doc! { "_id": i }).collect();
    database
        .collection("c")
        .insert_many(documents)
        .await
        .unwrap();
    let mut short = profile("p", database.uri());
    short.max_time = Some(Duration::from_millis(50));
    let mut desk = Desk::new([short]);
    let find = Find {
        filter: rawdoc! { "$where": "sleep(100) || true" },
        ..Find::all()
    };
    let request = Request::OpenFeed {
        feed: feed_id(),
        namespace: Namespace::new(&database.name, "c"),
        find,
        count: 50,
    };
    let failure = desk.ask("p", request).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Timeout, "{failure:?}");
}

fn authority(name: &str) -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// A certificate of `issuer` with its key, as one PEM file's text.
fn issued(issuer: &CertifiedIssuer<'static, KeyPair>, names: &[&str], common_name: &str) -> String {
    let mut params =
        CertificateParams::new(names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>()).unwrap();
    // Only these two, in this order: the user's name on the server is made of them.
    params.distinguished_name = DistinguishedName::new();
    let name = &mut params.distinguished_name;
    name.push(DnType::OrganizationName, common_name);
    name.push(DnType::CommonName, common_name);
    let key = KeyPair::generate().unwrap();
    let certificate = params.signed_by(&key, issuer).unwrap();
    format!("{}{}", certificate.pem(), key.serialize_pem())
}

#[tokio::test]
async fn a_certificate_is_trusted_by_its_authority_alone() {
    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = directory.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let (ours, theirs) = (authority("ours"), authority("theirs"));
    let our_file = file("ours.pem", &ours.pem());
    let their_file = file("theirs.pem", &theirs.pem());
    let server_file = file("server.pem", &issued(&ours, &["127.0.0.1"], "server"));
    let client_file = file("client.pem", &issued(&ours, &["client"], "ann"));
    let mut wanted = options();
    wanted.extra_args = [
        "--tlsMode",
        "preferTLS",
        "--tlsAllowConnectionsWithoutCertificates",
        "--tlsCertificateKeyFile",
    ]
    .map(str::to_owned)
    .to_vec();
    wanted.extra_args.push(server_file.display().to_string());
    wanted.extra_args.push("--tlsCAFile".to_owned());
    wanted.extra_args.push(our_file.display().to_string());
    let server = dedicated(wanted).await;
    let uri = server.uri().expose_secret().to_owned();
    let with = |name: &str, uri: &str, authority: Option<&std::path::Path>| {
        let mut p = profile(name, uri);
        p.tls.enabled = Some(true);
        p.tls.ca_file = authority.map(ToOwned::to_owned);
        p.server_selection_timeout = Some(Duration::from_secs(5));
        p
    };
    let mut insecure = with("insecure", &uri, Some(&their_file));
    insecure.tls.insecure = true;
    // A name that the certificate does not have.
    let named = format!(
        "mongodb://localhost:{}/?directConnection=true",
        server.port()
    );
    let mut by_certificate = with(
        "x509",
        &format!("mongodb://127.0.0.1:{}/?replicaSet=rs0", server.port()),
        Some(&our_file),
    );
    by_certificate.tls.certificate_key_file = Some(client_file);
    by_certificate.authentication_mechanism = Some("MONGODB-X509".to_owned());
    let mut desk = Desk::new([
        with("right", &uri, Some(&our_file)),
        with("wrong", &uri, Some(&their_file)),
        with("usual", &uri, None),
        with("named", &named, Some(&our_file)),
        insecure,
        by_certificate,
    ]);
    desk.connect("right").await;
    desk.connect("insecure").await;
    for name in ["wrong", "usual"] {
        desk.runner.connect(&ProfileName::new(name));
        let failure = failed(&mut desk, name).await;
        assert_eq!(failure.kind, FailureKind::Tls, "{failure:?}");
        assert!(
            failure
                .summary
                .ends_with("its certificate is signed by an unknown authority"),
            "{failure}"
        );
    }
    desk.runner.connect(&ProfileName::new("named"));
    let failure = failed(&mut desk, "named").await;
    assert!(
        failure
            .summary
            .ends_with("its certificate is for another host name"),
        "{failure}"
    );
    // X.509: the certificate's subject is the user.
    let client = mongodb::Client::with_uri_str(&uri).await.unwrap();
    let user = doc! { "createUser": "CN=ann,O=ann", "roles": [{ "role": "root", "db": "admin" }] };
    client
        .database("$external")
        .run_command(user)
        .await
        .unwrap();
    let Reply::Databases(databases) = desk.ask("x509", Request::Databases).await.unwrap() else {
        panic!()
    };
    assert!(databases.iter().any(|d| d.name == "admin"));
    desk.runner.shutdown().await;
    client.shutdown().immediate(true).await;
    server.stop().await;
}

#[tokio::test]
async fn compression_is_used_where_both_sides_know_it() {
    let mut desk = Desk::new([profile(
        "p",
        &with_option(shared_uri(), "compressors=zstd,snappy,zlib"),
    )]);
    assert!(matches!(
        desk.ask("p", Request::Databases).await.unwrap(),
        Reply::Databases(_)
    ));
}

#[tokio::test]
async fn reports_come_in_order_and_each_task_is_settled_once() {
    let mut desk = Desk::new([profile("p", shared_uri())]);
    let tasks: Vec<_> = (0..40)
        .map(|_| desk.start("p", Request::Databases))
        .collect();
    for task in &tasks {
        desk.settled(*task).await.unwrap();
    }
    desk.runner.shutdown().await;
    desk.state("p", "end", |s| *s == ConnectionState::Closed)
        .await;
    // Nothing was told twice.
    let marker = desk.start("nobody", Request::Databases);
    let mut again = 0;
    desk.wait("marker", |r| match r {
        Report::Settled { task, .. } if *task == marker => Some(()),
        Report::Settled { task, .. } if tasks.contains(task) => {
            again += 1;
            None
        }
        _ => None,
    })
    .await;
    assert_eq!(again, 0);
}
