//! A private `mongod` to try things on: one member of a replica set on the loopback, on a free port, with a random
//! password, that ends when its owner ends.
//!
//! [`mongod`] finds the program, [`guard`] is the process that outlives the owner just long enough to clean up, [`data`]
//! is what the sandbox holds at first. Nothing here draws or asks: what happens is told to a callback.
//!
//! Invariant: the server is reachable from this machine alone, and never without the password once it is said to run.

use std::fs;
use std::io::{self, Read as _};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bson::{Document, doc};
use mongodb::Client;
use mongodb::options::{ClientOptions, Credential, ServerAddress};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use self::guard::{Order, Word};
use crate::config::paths;
use crate::mongo::request::{Failure, FailureKind};

pub mod data;
pub mod guard;
pub mod mongod;

/// The name of the hidden command that runs [`guard::run`].
pub const GUARD_COMMAND: &str = "sandbox-guard";

/// The sandbox's own user, who may do everything.
pub const USER: &str = "mongodeck";

const SET: &str = "rs0";

/// How long a server may take until it can be written to. Recovery of a kept directory after a crash is part of it.
const START_LIMIT: Duration = Duration::from_secs(60);

/// What a sandbox does while it starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// Another run is fetching the server; this one waits for it.
    Waiting,
    /// The server is being fetched.
    Downloading {
        /// Bytes so far.
        done: u64,
        /// Bytes in all.
        total: u64,
    },
    /// The fetched server is being unpacked and checked.
    Unpacking,
    /// The server is starting.
    Starting {
        /// The program.
        mongod: PathBuf,
        /// Its port.
        port: u16,
    },
    /// The server can be used.
    Started {
        /// Its port.
        port: u16,
        /// Time since it was started.
        took: Duration,
    },
    /// The sample data is being loaded.
    Loading {
        /// Collections so far.
        done: usize,
        /// Collections in all.
        total: usize,
    },
    /// The sample data is there.
    Loaded {
        /// Collections.
        collections: usize,
        /// Documents.
        documents: usize,
        /// Time that loading took.
        took: Duration,
    },
}

impl std::fmt::Display for Progress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mega = |bytes: u64| bytes / 1_000_000;
        match self {
            Self::Waiting => write!(f, "waiting for another run that fetches the server"),
            Self::Downloading { done, total } => write!(
                f,
                "downloading mongod {} with pip: {} of {} MB",
                mongod::FETCHED_VERSION,
                mega(*done),
                mega(*total)
            ),
            Self::Unpacking => write!(f, "unpacking mongod {}", mongod::FETCHED_VERSION),
            Self::Starting { mongod, port } => {
                write!(f, "starting `{}` on port {port}", mongod.display())
            }
            Self::Started { port, took } => write!(
                f,
                "the server is ready on 127.0.0.1:{port} after {:.1} s",
                took.as_secs_f64()
            ),
            Self::Loading { done, total } => {
                write!(f, "loading sample data: {done} of {total} collections")
            }
            Self::Loaded {
                collections,
                documents,
                took,
            } => write!(
                f,
                "loaded {documents} documents in {collections} collections in {:.1} s",
                took.as_secs_f64()
            ),
        }
    }
}

/// Takes what is told while a sandbox starts. Called from several threads.
pub type Listener = Arc<dyn Fn(Progress) + Send + Sync>;

/// How a sandbox is started.
#[derive(Clone, Default)]
pub struct Options {
    /// The `mongod` to run; `None` has one found, and fetched where there is none.
    pub mongod: Option<PathBuf>,
    /// Keeps the data in this directory, which must be new, empty or a sandbox's own; `None` uses a temporary one that
    /// is removed at the end.
    pub keep: Option<PathBuf>,
    /// Wipes a kept directory first. Only what a sandbox has written there is removed.
    pub reset: bool,
    /// Allows the server's test commands, fail points above all. For tests alone.
    pub test_commands: bool,
    /// Further arguments of `mongod`. TLS must leave plain connections possible (`--tlsMode preferTLS`), since the
    /// sandbox sets the server up over one.
    pub extra_args: Vec<String>,
    /// The program that has the command [`GUARD_COMMAND`]; `None` is this very program.
    pub guard_program: Option<PathBuf>,
    /// Is told what happens; `None` tells nobody.
    pub progress: Option<Listener>,
}

/// A running server of our own. Ends with [`Sandbox::stop`], or when it is dropped, or when this process ends.
pub struct Sandbox {
    guard: Child,
    /// The writing end of the pipe that the guard watches: while it is open, the server runs.
    orders: Option<ChildStdin>,
    words: Lines<BufReader<ChildStdout>>,
    directory: PathBuf,
    command: Vec<String>,
    password: SecretString,
    port: u16,
    pid: u32,
    kept: bool,
    running: bool,
    begun: Instant,
    progress: Listener,
}

impl std::fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sandbox")
            .field("directory", &self.directory)
            .field("port", &self.port)
            .field("pid", &self.pid)
            .finish_non_exhaustive()
    }
}

impl Sandbox {
    /// Finds or fetches a server, starts it and waits until it can be written to. It holds no data so far.
    ///
    /// # Errors
    /// Where no server can be had, where it does not start, where the directory to keep is in use or is not a sandbox's.
    /// Nothing is left running then.
    pub async fn start(options: Options) -> Result<Self, Failure> {
        let progress = options.progress.clone().unwrap_or_else(|| Arc::new(|_| {}));
        let mongod = match mongod::find(options.mongod.as_deref())? {
            Some(path) => path,
            None => {
                let progress = Arc::clone(&progress);
                tokio::task::spawn_blocking(move || mongod::fetch(&*progress))
                    .await
                    .map_err(|e| Failure::new(FailureKind::Other, e.to_string()))??
            }
        };
        let keep = options.keep.as_deref().map(claim).transpose()?;
        let mut sandbox = Self::guarded(&options, keep.as_deref(), progress).await?;
        if options.reset {
            sandbox.wipe()?;
        }
        let first = sandbox.furnish()?;
        sandbox.launch(&mongod, &options).await?;
        let settled = match first {
            true => sandbox.initiate().await,
            false => sandbox.rejoin().await,
        };
        settled.map_err(|e| sandbox.explained(e))?;
        Ok(sandbox)
    }

    /// The connection string, with the password in it.
    #[must_use]
    pub fn uri(&self) -> SecretString {
        SecretString::from(format!(
            "mongodb://{USER}:{}@127.0.0.1:{}/?authSource=admin&replicaSet={SET}",
            self.password.expose_secret(),
            self.port
        ))
    }

    /// The password of [`USER`].
    #[must_use]
    pub fn password(&self) -> &SecretString {
        &self.password
    }

    /// The port on the loopback.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The process id of the server that was started last.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// The directory that holds its data, its log and its password.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Loads the sample data, unless a kept directory holds them already: what a person has changed there stays.
    ///
    /// # Errors
    /// Where the server refuses them.
    pub async fn load(&self) -> Result<(), Failure> {
        let mark = self.directory.join("loaded");
        if fs::read_to_string(&mark).is_ok_and(|version| version == data::VERSION) {
            return Ok(());
        }
        let client = self.client(Some(self.password.clone()))?;
        data::load(&client, &self.progress).await?;
        client.shutdown().immediate(true).await;
        if self.kept {
            write_private(&mark, data::VERSION)?;
        }
        Ok(())
    }

    /// Ends the server as a crash would, and leaves its data.
    ///
    /// # Errors
    /// Where the guard is gone.
    pub async fn kill(&mut self) -> Result<(), Failure> {
        if self.running {
            self.order(&Order::Kill).await?;
            while !matches!(self.word().await?, Word::Ended(_)) {}
            self.running = false;
        }
        Ok(())
    }

    /// Starts the server again on the same port and data, and waits until it can be written to. Ends it as a crash
    /// would first, where it runs.
    ///
    /// # Errors
    /// Where it does not start.
    pub async fn restart(&mut self) -> Result<(), Failure> {
        self.kill().await?;
        let until = Instant::now() + START_LIMIT;
        if let Err(Ended(code)) = self.attempt(until).await? {
            return Err(self.ended_at_once(code));
        }
        self.rejoin().await
    }

    /// Ends the server, and removes its data unless they are kept. Returns when both are done.
    pub async fn stop(mut self) {
        self.orders = None;
        let _ = tokio::time::timeout(Duration::from_secs(30), self.guard.wait()).await;
    }

    async fn guarded(
        options: &Options,
        keep: Option<&Path>,
        progress: Listener,
    ) -> Result<Self, Failure> {
        let local = |e: io::Error| {
            Failure::new(
                FailureKind::Local,
                format!("cannot start the sandbox's guard: {e}"),
            )
        };
        let program = match &options.guard_program {
            Some(program) => program.clone(),
            None => std::env::current_exe().map_err(local)?,
        };
        let mut command = Command::new(program);
        command.arg(GUARD_COMMAND);
        if let Some(directory) = keep {
            command.arg("--keep").arg(directory);
        }
        let mut guard = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .map_err(local)?;
        let orders = guard.stdin.take();
        let words = guard
            .stdout
            .take()
            .map(|out| BufReader::new(out).lines())
            .ok_or_else(|| local(io::Error::other("no pipe to it")))?;
        let mut sandbox = Self {
            guard,
            orders,
            words,
            directory: PathBuf::new(),
            command: Vec::new(),
            password: SecretString::default(),
            port: 0,
            pid: 0,
            kept: keep.is_some(),
            running: false,
            begun: Instant::now(),
            progress,
        };
        match sandbox.word().await? {
            Word::Locked(directory) => sandbox.directory = directory,
            Word::Busy => {
                return Err(Failure::new(
                    FailureKind::Local,
                    format!(
                        "`{}` is in use by another sandbox",
                        keep.unwrap_or(Path::new("")).display()
                    ),
                )
                .with_help("end that one first, or keep this one's data in another directory"));
            }
            word => return Err(local(io::Error::other(format!("it said {word:?}")))),
        }
        Ok(sandbox)
    }

    async fn order(&mut self, order: &Order) -> Result<(), Failure> {
        let mut line = serde_json::to_string(order).unwrap_or_default();
        line.push('\n');
        let Some(pipe) = &mut self.orders else {
            return Err(guard_gone());
        };
        pipe.write_all(line.as_bytes())
            .await
            .map_err(|_| guard_gone())?;
        pipe.flush().await.map_err(|_| guard_gone())
    }

    async fn word(&mut self) -> Result<Word, Failure> {
        let line = self
            .words
            .next_line()
            .await
            .ok()
            .flatten()
            .ok_or_else(guard_gone)?;
        serde_json::from_str(&line).map_err(|_| guard_gone())
    }

    /// Removes what sandboxes write, and nothing else. The lock is the guard's, so no server uses it.
    fn wipe(&self) -> Result<(), Failure> {
        let remove = |name: &str| {
            let path = self.directory.join(name);
            let removed = match fs::metadata(&path) {
                Ok(meta) if meta.is_dir() => fs::remove_dir_all(&path),
                Ok(_) => fs::remove_file(&path),
                Err(_) => Ok(()),
            };
            removed.map_err(|e| local("remove", &path, &e))
        };
        // The password goes first: without it the rest counts as unfinished, whenever this is interrupted.
        [
            "password",
            "data",
            "keyfile",
            "port",
            "loaded",
            "mongod.log",
        ]
        .into_iter()
        .try_for_each(remove)
    }

    /// Puts the key file and the directories there. Whether the server is to be set up from nothing.
    fn furnish(&mut self) -> Result<bool, Failure> {
        let kept = fs::read_to_string(self.directory.join("password")).ok();
        let first = match kept {
            Some(password) => {
                self.password = SecretString::from(password.trim().to_owned());
                false
            }
            None => {
                // Also what is left of a first start that was cut short.
                self.wipe()?;
                let (password, key) = (random(24)?, random(96)?);
                self.password = SecretString::from(password);
                write_private(&self.directory.join("keyfile"), &key)?;
                true
            }
        };
        let data = self.directory.join("data");
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&data)
            .map_err(|e| local("create", &data, &e))?;
        Ok(first)
    }

    async fn launch(&mut self, mongod: &Path, options: &Options) -> Result<(), Failure> {
        let text = |path: PathBuf| path.to_string_lossy().into_owned();
        let mut fixed: Vec<String> = vec![text(mongod.to_path_buf())];
        fixed.extend(
            [
                "--bind_ip",
                "127.0.0.1",
                "--nounixsocket",
                "--replSet",
                SET,
                "--quiet",
                "--wiredTigerCacheSizeGB",
                "0.25",
                "--oplogSize",
                "128",
                "--setParameter",
                "diagnosticDataCollectionEnabled=false",
                // The sample data are of a fixed day, and would expire.
                "--setParameter",
                "ttlMonitorEnabled=false",
                // Nobody else is a member, so there is nobody to hand over to.
                "--setParameter",
                "shutdownTimeoutMillisForSignaledShutdown=0",
            ]
            .map(str::to_owned),
        );
        for (flag, name) in [
            ("--dbpath", "data"),
            ("--keyFile", "keyfile"),
            ("--logpath", "mongod.log"),
        ] {
            fixed.extend([flag.to_owned(), text(self.directory.join(name))]);
        }
        if options.test_commands {
            fixed.extend(["--setParameter", "enableTestCommands=1"].map(str::to_owned));
        }
        fixed.extend(options.extra_args.iter().cloned());
        let until = Instant::now() + START_LIMIT;
        let mut wanted = fs::read_to_string(self.directory.join("port"))
            .ok()
            .and_then(|text| text.trim().parse().ok());
        // Between finding a free port and its use another program may take it; the server then ends with code 48.
        for _ in 0..8 {
            self.port = free_port(wanted.take())?;
            self.command.clone_from(&fixed);
            self.command
                .extend(["--port".to_owned(), self.port.to_string()]);
            (self.progress)(Progress::Starting {
                mongod: mongod.to_path_buf(),
                port: self.port,
            });
            match self.attempt(until).await? {
                Ok(()) => {
                    if self.kept {
                        write_private(&self.directory.join("port"), &self.port.to_string())?;
                    }
                    return Ok(());
                }
                Err(Ended(Some(48))) => {}
                Err(Ended(code)) => return Err(self.ended_at_once(code)),
            }
        }
        Err(self.ended_at_once(Some(48)))
    }

    /// Starts the server and waits until it listens, or has ended.
    async fn attempt(&mut self, until: Instant) -> Result<Result<(), Ended>, Failure> {
        self.begun = Instant::now();
        self.order(&Order::Start(self.command.clone())).await?;
        self.pid = loop {
            match self.word().await? {
                Word::Started(pid) => break pid,
                Word::Failed(why) => {
                    return Err(Failure::new(
                        FailureKind::Unreachable,
                        format!(
                            "cannot run `{}`: {why}",
                            self.command.first().map_or("", String::as_str)
                        ),
                    ));
                }
                _ => {}
            }
        };
        self.running = true;
        while Instant::now() < until {
            if tokio::net::TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))
                .await
                .is_ok()
            {
                return Ok(Ok(()));
            }
            // The pause between two tries is spent listening for the server's end.
            if let Ok(word) = tokio::time::timeout(Duration::from_millis(15), self.word()).await
                && let Word::Ended(code) = word?
            {
                self.running = false;
                return Ok(Err(Ended(code)));
            }
        }
        Err(self.too_slow())
    }

    /// Makes the new server a replica set of one, and its user. Both are allowed without a password from the loopback
    /// for as long as there is no user.
    async fn initiate(&mut self) -> Result<(), Failure> {
        let client = self.client(None)?;
        let admin = client.database("admin");
        let host = format!("127.0.0.1:{}", self.port);
        admin
            .run_command(doc! {
                "replSetInitiate": { "_id": SET, "members": [{ "_id": 0, "host": host }] },
            })
            .await
            .map_err(|e| refused("set up", &e))?;
        self.until_primary(&client).await?;
        admin
            .run_command(doc! {
                "createUser": USER,
                "pwd": self.password.expose_secret(),
                "roles": ["root"],
                "mechanisms": ["SCRAM-SHA-256"],
            })
            .await
            .map_err(|e| refused("set up", &e))?;
        client.shutdown().immediate(true).await;
        if self.kept {
            write_private(
                &self.directory.join("password"),
                self.password.expose_secret(),
            )?;
        }
        self.tell_started();
        Ok(())
    }

    /// Waits for a server that was set up before. Its replica set knows it by its port, which may be another now.
    async fn rejoin(&mut self) -> Result<(), Failure> {
        let client = self.client(Some(self.password.clone()))?;
        let admin = client.database("admin");
        let host = format!("127.0.0.1:{}", self.port);
        let until = Instant::now() + START_LIMIT;
        loop {
            if is_primary(&client).await {
                break;
            }
            if Instant::now() > until {
                return Err(self.too_slow());
            }
            // Not there from the start: the server first looks for itself at the address that it knows.
            let config = admin.run_command(doc! { "replSetGetConfig": 1 }).await;
            if let Ok(mut reply) = config
                && let Ok(config) = reply.get_document_mut("config")
                && host_of(config) != Some(host.as_str())
            {
                let version = config.get_i32("version").unwrap_or(1);
                config.insert("version", version + 1);
                config.insert("members", vec![doc! { "_id": 0, "host": &host }]);
                let _ = admin
                    .run_command(doc! { "replSetReconfig": config.clone(), "force": true })
                    .await;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        client.shutdown().immediate(true).await;
        self.tell_started();
        Ok(())
    }

    fn tell_started(&self) {
        (self.progress)(Progress::Started {
            port: self.port,
            took: self.begun.elapsed(),
        });
    }

    async fn until_primary(&self, client: &Client) -> Result<(), Failure> {
        let until = Instant::now() + START_LIMIT;
        while Instant::now() < until {
            if is_primary(client).await {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Err(self.too_slow())
    }

    /// A client for this very member, whatever its replica set thinks of it.
    fn client(&self, password: Option<SecretString>) -> Result<Client, Failure> {
        let mut options = ClientOptions::builder()
            .hosts(vec![ServerAddress::Tcp {
                host: "127.0.0.1".to_owned(),
                port: Some(self.port),
            }])
            .direct_connection(true)
            .server_selection_timeout(Duration::from_secs(10))
            .build();
        if let Some(password) = password {
            options.credential = Some(
                Credential::builder()
                    .username(USER.to_owned())
                    .password(password.expose_secret().to_owned())
                    .source("admin".to_owned())
                    .build(),
            );
        }
        Client::with_options(options).map_err(|e| refused("connect to", &e))
    }

    fn too_slow(&self) -> Failure {
        self.explained(Failure::new(
            FailureKind::Timeout,
            format!(
                "the sandbox's server could not be written to within {} s",
                START_LIMIT.as_secs()
            ),
        ))
    }

    fn ended_at_once(&self, code: Option<i32>) -> Failure {
        if code == Some(100) {
            let holder = fs::read_to_string(self.directory.join("data").join("mongod.lock"))
                .ok()
                .map(|text| text.trim().to_owned())
                .filter(|text| !text.is_empty())
                .map_or_else(String::new, |id| format!(" (process {id})"));
            return Failure::new(
                FailureKind::Local,
                format!(
                    "the data in `{}` are in use by another server{holder}",
                    self.directory.display()
                ),
            )
            .with_help("end that server first, or keep this sandbox's data in another directory");
        }
        let code = code.map_or_else(|| "by a signal".to_owned(), |c| format!("with code {c}"));
        self.explained(Failure::new(
            FailureKind::Unreachable,
            format!("the sandbox's server ended {code} as soon as it was started"),
        ))
    }

    /// Adds what the server's own log says last.
    fn explained(&self, mut failure: Failure) -> Failure {
        let reasons = complaints(&self.directory.join("mongod.log"));
        if let Some(last) = reasons.last() {
            failure.summary = format!("{}: {last}", failure.summary);
        }
        failure.detail = reasons.join("\n");
        if failure.help.is_none() && self.kept {
            failure.help = Some(format!(
                "its log is `{}`; `--reset` starts with new data",
                self.directory.join("mongod.log").display()
            ));
        }
        failure
    }
}

/// The server ended before it could be used; its exit code.
struct Ended(Option<i32>);

/// Makes a directory to keep data in, or takes one that is a sandbox's. Any other is refused: `--reset` must never be
/// able to remove what is not ours, and a server's files must not be strewn among a person's own.
fn claim(directory: &Path) -> Result<PathBuf, Failure> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(directory)
        .map_err(|e| local("create", directory, &e))?;
    let directory = directory
        .canonicalize()
        .map_err(|e| local("open", directory, &e))?;
    let empty = fs::read_dir(&directory)
        .map_err(|e| local("read", &directory, &e))?
        .next()
        .is_none();
    if !empty && !directory.join(guard::LOCK).exists() {
        return Err(Failure::new(
            FailureKind::Configuration,
            format!(
                "`{}` holds files that are not a sandbox's",
                directory.display()
            ),
        )
        .with_help("name a new or an empty directory to keep the data in"));
    }
    Ok(directory)
}

fn free_port(wanted: Option<u16>) -> Result<u16, Failure> {
    if let Some(port) = wanted
        && TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
    {
        return Ok(port);
    }
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .and_then(|l| l.local_addr())
        .map(|a| a.port())
        .map_err(|e| {
            Failure::new(
                FailureKind::Local,
                format!("cannot find a free port on the loopback: {e}"),
            )
        })
}

/// Random hexadecimal digits, two for each byte asked for, from the system's own source.
fn random(bytes: usize) -> Result<String, Failure> {
    let source = Path::new("/dev/urandom");
    let mut buffer = vec![0_u8; bytes];
    fs::File::open(source)
        .and_then(|mut f| f.read_exact(&mut buffer))
        .map_err(|e| local("read", source, &e))?;
    Ok(buffer.iter().map(|b| format!("{b:02x}")).collect())
}

fn write_private(path: &Path, text: &str) -> Result<(), Failure> {
    paths::write_private(path, text.as_bytes()).map_err(|e| local("write", path, &e))
}

async fn is_primary(client: &Client) -> bool {
    client
        .database("admin")
        .run_command(doc! { "hello": 1 })
        .await
        .is_ok_and(|hello| hello.get_bool("isWritablePrimary").unwrap_or(false))
}

fn host_of(config: &Document) -> Option<&str> {
    config
        .get_array("members")
        .ok()?
        .first()?
        .as_document()?
        .get_str("host")
        .ok()
}

/// The errors and fatal messages at the end of a server's log, oldest first, at the most eight.
fn complaints(log: &Path) -> Vec<String> {
    const TAIL: u64 = 128 * 1024;
    let mut bytes = Vec::new();
    let read = fs::File::open(log).and_then(|mut file| {
        use std::io::Seek as _;
        let length = file.metadata()?.len();
        file.seek(io::SeekFrom::Start(length.saturating_sub(TAIL)))?;
        file.take(TAIL).read_to_end(&mut bytes)
    });
    if read.is_err() {
        return Vec::new();
    }
    let mut found: Vec<String> = String::from_utf8_lossy(&bytes)
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter(|entry| matches!(entry["s"].as_str(), Some("E" | "F")))
        .map(|entry| {
            let message = entry["msg"].as_str().unwrap_or("").trim();
            let attributes = match &entry["attr"] {
                serde_json::Value::Null => String::new(),
                attributes => format!(": {attributes}"),
            };
            format!("{message}{attributes}")
                .chars()
                .filter(|c| !c.is_control())
                .take(300)
                .collect()
        })
        .collect();
    found.drain(..found.len().saturating_sub(8));
    found
}

fn guard_gone() -> Failure {
    Failure::new(FailureKind::Local, "the sandbox's guard has ended")
        .with_help("start the sandbox again; its server has ended with the guard")
}

fn refused(what: &str, error: &mongodb::error::Error) -> Failure {
    let mut failure = Failure::new(
        FailureKind::Unreachable,
        format!("cannot {what} the sandbox's server"),
    );
    failure.detail = error.kind.to_string();
    failure
}

fn local(what: &str, path: &Path, error: &io::Error) -> Failure {
    Failure::new(
        FailureKind::Local,
        format!("cannot {what} `{}`: {error}", path.display()),
    )
}
