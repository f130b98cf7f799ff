//! Real servers for tests: one that all tests share, and dedicated ones for tests that end or restart theirs.
//!
//! Both are sandboxes, so their guards end them however the test program ends. Fail points and profiler levels are of
//! the whole server: a test that sets one uses a dedicated server, or names its own client by `appName`.

#![allow(dead_code, reason = "each test uses a part")]

use std::path::PathBuf;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use mongodb::Client;
use mongodb::bson::{Document, doc};
use mongodeck::mongo::request::Failure;
use mongodeck::mongo::sandbox::{Options, Sandbox};
use secrecy::{ExposeSecret as _, SecretString};

/// The program under test, which also has the guard's command.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_mongodeck");

/// How the servers of tests are started: with test commands, guarded by the program under test.
pub fn options() -> Options {
    Options {
        test_commands: true,
        guard_program: Some(PathBuf::from(PROGRAM)),
        ..Options::default()
    }
}

/// A server of the test's own, to kill, restart, or start with further arguments.
pub async fn dedicated(options: Options) -> Sandbox {
    started(Sandbox::start(options).await)
}

fn started<T>(result: Result<T, Failure>) -> T {
    match result {
        Ok(started) => started,
        Err(failure) => panic!(
            "this test needs a real server: {failure}\n{}",
            failure.detail
        ),
    }
}

/// The connection string of the server that all tests of this program share.
pub fn shared_uri() -> &'static str {
    static URI: OnceLock<Result<SecretString, Failure>> = OnceLock::new();
    let uri = URI.get_or_init(|| {
        let (sender, receiver) = std::sync::mpsc::channel();
        // A thread with a runtime of its own, because each test's runtime ends with the test.
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async move {
                let sandbox = Sandbox::start(options()).await;
                let _ = sender.send(sandbox.as_ref().map(Sandbox::uri).map_err(Clone::clone));
                // Held until the program ends, and with it the pipe to the guard.
                std::future::pending::<()>().await;
                drop(sandbox);
            });
        });
        receiver.recv().unwrap()
    });
    started(uri.as_ref().map_err(Clone::clone)).expose_secret()
}

/// A client of the shared server. Each test makes its own, since a client belongs to the runtime it was made on.
pub async fn shared_client() -> Client {
    Client::with_uri_str(shared_uri()).await.unwrap()
}

/// A database with a name of its own on the shared server. Dropped with [`TestDatabase::drop`], or with the server.
pub struct TestDatabase {
    /// A client of the shared server.
    pub client: Client,
    /// The database's name.
    pub name: String,
}

impl TestDatabase {
    /// A database that no other test uses; `about` is part of its name, for whoever reads the server's log.
    pub async fn new(about: &str) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        Self {
            client: shared_client().await,
            name: format!("test_{about}_{number}"),
        }
    }

    /// The driver's handle.
    pub fn database(&self) -> mongodb::Database {
        self.client.database(&self.name)
    }

    /// A collection of plain documents.
    pub fn collection(&self, name: &str) -> mongodb::Collection<Document> {
        self.database().collection(name)
    }

    /// The connection string of the shared server.
    pub fn uri(&self) -> &'static str {
        shared_uri()
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        // On a thread with its own runtime and client: this one's may be on its way out, also by a panic.
        let name = self.name.clone();
        let _ = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            if let Ok(runtime) = runtime {
                runtime.block_on(async {
                    let client = shared_client().await;
                    let _ = client.database(&name).drop().await;
                    client.shutdown().immediate(true).await;
                });
            }
        })
        .join();
    }
}

/// A fail point that is switched off again when this is dropped.
pub struct FailPoint {
    uri: String,
    name: String,
    /// A server has one of each name, so tests that share the server take turns.
    _turn: Option<tokio::sync::MutexGuard<'static, ()>>,
}

static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

impl FailPoint {
    /// Switches the fail point `name` on: `mode` is `"alwaysOn"` or `{ times: n }`, `data` as the fail point takes it.
    pub async fn on(uri: &str, name: &str, mode: impl Into<bson::Bson>, data: Document) -> Self {
        let shared = uri == shared_uri() && name == "failCommand";
        let turn = match shared {
            true => Some(TURN.lock().await),
            false => None,
        };
        let client = Client::with_uri_str(uri).await.unwrap();
        client
            .database("admin")
            .run_command(doc! { "configureFailPoint": name, "mode": mode.into(), "data": data })
            .await
            .unwrap();
        client.shutdown().immediate(true).await;
        Self {
            uri: uri.to_owned(),
            name: name.to_owned(),
            _turn: turn,
        }
    }

    /// Lets `commands` of clients that call themselves `app_name` fail as `data` says (`errorCode`, `closeConnection`,
    /// `blockConnection` with `blockTimeMS`, …), `times` times.
    pub async fn command(
        uri: &str,
        app_name: &str,
        commands: &[&str],
        times: i32,
        mut data: Document,
    ) -> Self {
        data.insert("failCommands", commands.to_vec());
        data.insert("appName", app_name);
        Self::on(uri, "failCommand", doc! { "times": times }, data).await
    }
}

impl Drop for FailPoint {
    fn drop(&mut self) {
        let (uri, name) = (self.uri.clone(), self.name.clone());
        let _ = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            if let Ok(runtime) = runtime {
                runtime.block_on(async {
                    if let Ok(client) = Client::with_uri_str(&uri).await {
                        let _ = client
                            .database("admin")
                            .run_command(doc! { "configureFailPoint": name, "mode": "off" })
                            .await;
                        client.shutdown().immediate(true).await;
                    }
                });
            }
        })
        .join();
    }
}
