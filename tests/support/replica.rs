//! A real replica set of three members on the loopback, to step down, kill, freeze and restart.
//!
//! Each member is the child of a guard of its own (the program's own hidden command), which holds the member's directory
//! and ends it however the test program ends. A member is only ever signalled by the id that its guard told.

#![allow(dead_code, reason = "each test uses a part")]

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use mongodb::Client;
use mongodb::bson::{Document, doc};
use mongodb::options::ClientOptions;
use mongodeck::mongo::sandbox::{GUARD_COMMAND, mongod};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use super::server::PROGRAM;

/// The name of the set.
pub const SET: &str = "staying";

/// Longer than a set takes to be whole again on a busy machine.
const LIMIT: Duration = Duration::from_secs(60);

/// One member, and the guard that holds it.
pub struct Member {
    /// Its port on the loopback.
    pub port: u16,
    guard: Child,
    orders: Option<ChildStdin>,
    words: BufReader<ChildStdout>,
    command: Vec<String>,
    pid: Option<i32>,
    frozen: bool,
}

impl Member {
    /// A member of the set `set` that does not run so far, started with these further arguments.
    pub fn new(program: &str, port: u16, set: &str, more: &[&str]) -> Self {
        let mut guard = Command::new(PROGRAM)
            .arg(GUARD_COMMAND)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let orders = guard.stdin.take();
        let mut words = BufReader::new(guard.stdout.take().unwrap());
        let directory = PathBuf::from(word(&mut words)["Locked"].as_str().unwrap());
        let data = directory.join("data");
        std::fs::create_dir(&data).unwrap();
        let mut command = vec![program.to_owned()];
        command.extend(
            [
                "--bind_ip",
                "127.0.0.1",
                "--nounixsocket",
                "--quiet",
                "--wiredTigerCacheSizeGB",
                "0.25",
                "--oplogSize",
                "32",
                "--setParameter",
                "diagnosticDataCollectionEnabled=false",
                "--setParameter",
                "ttlMonitorEnabled=false",
                "--setParameter",
                "enableTestCommands=1",
                "--setParameter",
                "shutdownTimeoutMillisForSignaledShutdown=2000",
            ]
            .map(str::to_owned),
        );
        // A server of its own belongs to no set.
        if !set.is_empty() {
            command.extend(["--replSet", set].map(str::to_owned));
        }
        command.extend(more.iter().map(|a| (*a).to_owned()));
        command.extend([
            "--dbpath".to_owned(),
            data.display().to_string(),
            "--logpath".to_owned(),
            directory.join("mongod.log").display().to_string(),
            "--port".to_owned(),
            port.to_string(),
        ]);
        Self {
            port,
            guard,
            orders,
            words,
            command,
            pid: None,
            frozen: false,
        }
    }

    /// Its address.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Starts it.
    pub fn start(&mut self) {
        let order = json!({ "Start": self.command });
        writeln!(self.orders.as_mut().unwrap(), "{order}").unwrap();
        let started = word(&mut self.words);
        let pid = started["Started"].as_i64();
        let pid = pid.unwrap_or_else(|| panic!("a member does not start: {started}"));
        self.pid = Some(i32::try_from(pid).unwrap());
        self.frozen = false;
    }

    fn signal(&self, signal: Signal) {
        let pid = self.pid.expect("it runs");
        kill_process(Pid::from_raw(pid).unwrap(), signal).unwrap();
    }

    /// Ends it, as a crash would or as its keeper does, and waits until it is gone.
    fn end(&mut self, signal: Signal) {
        if self.pid.is_none() {
            return;
        }
        if std::mem::take(&mut self.frozen) {
            self.signal(Signal::CONT);
        }
        self.signal(signal);
        while word(&mut self.words).get("Ended").is_none() {}
        self.pid = None;
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        // The end of its orders ends the guard, and with it the member, frozen or not.
        self.orders = None;
        let _ = self.guard.wait();
    }
}

/// Three ports below those that the system gives to connections going out: one of these could else take a member's port
/// while the member is away. No two calls of a run give the same one.
pub fn free_ports() -> Vec<u16> {
    const FROM: u32 = 12_000;
    const HOW_MANY: u32 = 18_000;
    static TURN: Mutex<Option<u32>> = Mutex::new(None);
    let mut turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let mut next = turn.unwrap_or_else(|| {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        std::process::id().wrapping_mul(7_919) ^ since.map_or(0, |d| d.subsec_nanos())
    });
    let mut free = Vec::new();
    for _ in 0..500 {
        let port = u16::try_from(FROM + next % HOW_MANY).unwrap();
        next = next.wrapping_add(1);
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            free.push(port);
        }
        if free.len() == 3 {
            break;
        }
    }
    *turn = Some(next);
    assert_eq!(free.len(), 3, "no free ports on the loopback");
    free
}

fn word(words: &mut BufReader<ChildStdout>) -> Value {
    let mut line = String::new();
    words.read_line(&mut line).unwrap();
    serde_json::from_str(&line).unwrap_or_else(|_| panic!("the guard is gone: {line:?}"))
}

/// The server to start, found or fetched.
pub async fn server_program() -> String {
    let program = tokio::task::spawn_blocking(|| {
        let found = mongod::find(None).unwrap_or_else(|f| panic!("{f}"));
        found.unwrap_or_else(|| {
            mongod::fetch(&|_| {}).unwrap_or_else(|f| panic!("this test needs a real server: {f}"))
        })
    })
    .await
    .unwrap();
    program.display().to_string()
}

/// The set.
pub struct ReplicaSet {
    /// Its members, in the order of their places.
    pub members: Vec<Member>,
}

impl ReplicaSet {
    /// Starts three members, joins them, and waits until one is primary and two follow it. Elections take a second or
    /// two.
    pub async fn start() -> Self {
        Self::start_as([doc! {}, doc! {}, doc! {}], doc! {}).await
    }

    /// The same with members that are configured so, and with these settings. Waits until one is primary and all
    /// others that hold data follow it.
    pub async fn start_as(members_as: [Document; 3], settings_as: Document) -> Self {
        let program = server_program().await;
        let ports = free_ports();
        let mut members: Vec<Member> = ports
            .iter()
            .map(|p| Member::new(&program, *p, SET, &[]))
            .collect();
        for member in &mut members {
            member.start();
        }
        let set = Self { members };
        for place in 0..3 {
            set.answering(place).await;
        }
        let members: Vec<Document> = set
            .members
            .iter()
            .zip(0..)
            .zip(members_as)
            .map(|((m, id), more): ((&Member, i32), Document)| {
                let mut member = doc! { "_id": id, "host": m.address() };
                member.extend(more);
                member
            })
            .collect();
        let mut settings = doc! {
            "electionTimeoutMillis": 1_000,
            "heartbeatIntervalMillis": 250,
            "heartbeatTimeoutSecs": 1,
            "catchUpTakeoverDelayMillis": -1,
        };
        settings.extend(settings_as);
        let config = doc! {
            "_id": SET,
            "members": members,
            "settings": settings,
        };
        let client = set.client(0).await;
        let initiated = client
            .database("admin")
            .run_command(doc! { "replSetInitiate": config })
            .await;
        initiated.unwrap();
        client.shutdown().immediate(true).await;
        set.whole().await;
        set
    }

    /// The connection string of the whole set.
    pub fn uri(&self) -> String {
        let hosts: Vec<String> = self.members.iter().map(Member::address).collect();
        format!("mongodb://{}/?replicaSet={SET}", hosts.join(","))
    }

    /// A client of one member alone.
    pub async fn client(&self, place: usize) -> Client {
        let uri = format!(
            "mongodb://{}/?directConnection=true&serverSelectionTimeoutMS=1000&connectTimeoutMS=1000",
            self.members[place].address()
        );
        Client::with_options(ClientOptions::parse(uri).await.unwrap()).unwrap()
    }

    /// Runs a command on one member.
    pub async fn ask(
        &self,
        place: usize,
        command: Document,
    ) -> Result<Document, mongodb::error::Error> {
        let client = self.client(place).await;
        let answer = client.database("admin").run_command(command).await;
        client.shutdown().immediate(true).await;
        answer
    }

    async fn answering(&self, place: usize) {
        let until = Instant::now() + LIMIT;
        while self.ask(place, doc! { "ping": 1 }).await.is_err() {
            assert!(
                Instant::now() < until,
                "a member does not answer: {}",
                self.log(place)
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    fn log(&self, place: usize) -> String {
        let at = self.members[place]
            .command
            .iter()
            .position(|a| a == "--logpath")
            .unwrap();
        let text =
            std::fs::read_to_string(&self.members[place].command[at + 1]).unwrap_or_default();
        let lines: Vec<&str> = text.lines().rev().take(5).collect();
        lines.join("\n")
    }

    /// The place of the member that is primary, once there is one, asked of those that run.
    pub async fn primary(&self) -> usize {
        let until = Instant::now() + LIMIT;
        loop {
            for (place, member) in self.members.iter().enumerate() {
                if member.pid.is_none() || member.frozen {
                    continue;
                }
                let hello = self.ask(place, doc! { "hello": 1 }).await;
                if hello.is_ok_and(|h| h.get_bool("isWritablePrimary").unwrap_or(false)) {
                    return place;
                }
            }
            assert!(Instant::now() < until, "no member became primary");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// The place of a member that follows.
    pub async fn secondary(&self) -> usize {
        (self.primary().await + 1) % self.members.len()
    }

    /// Starts and thaws what was ended and frozen, and waits until one member is primary and all others follow it.
    pub async fn heal(&mut self) {
        for member in &mut self.members {
            if member.pid.is_none() {
                member.start();
            } else if std::mem::take(&mut member.frozen) {
                member.signal(Signal::CONT);
            }
        }
        self.whole().await;
    }

    async fn whole(&self) {
        let until = Instant::now() + LIMIT;
        loop {
            let mut primaries = 0;
            let mut followers = 0;
            for place in 0..self.members.len() {
                if let Ok(hello) = self.ask(place, doc! { "hello": 1 }).await {
                    let is = |key: &str| hello.get_bool(key).unwrap_or(false);
                    primaries += usize::from(is("isWritablePrimary"));
                    followers += usize::from(is("secondary") || is("arbiterOnly"));
                }
            }
            if primaries == 1 && followers == self.members.len() - 1 {
                return;
            }
            assert!(
                Instant::now() < until,
                "the set is not whole: {primaries} primaries, {followers} followers"
            );
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// The primary hands over to another member, as before maintenance.
    pub async fn step_down(&self) {
        let primary = self.primary().await;
        let stepped = self
            .ask(
                primary,
                doc! { "replSetStepDown": 20, "secondaryCatchUpPeriodSecs": 5, "force": true },
            )
            .await;
        stepped.unwrap();
    }

    /// Ends a member as a crash would.
    pub fn kill(&mut self, place: usize) {
        self.members[place].end(Signal::KILL);
    }

    /// Ends a member as its keeper does; it hands over first where it is primary.
    pub fn stop(&mut self, place: usize) {
        self.members[place].end(Signal::TERM);
    }

    /// Starts a member again, and waits until it answers.
    pub async fn restart(&mut self, place: usize) {
        self.members[place].start();
        self.answering(place).await;
    }

    /// Lets a member hang: its connections stay, and nothing comes over them.
    pub fn freeze(&mut self, place: usize) {
        self.members[place].signal(Signal::STOP);
        self.members[place].frozen = true;
    }

    /// Lets a member that hangs go on.
    pub fn thaw(&mut self, place: usize) {
        self.members[place].signal(Signal::CONT);
        self.members[place].frozen = false;
    }
}

/// What is done to the set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Harm {
    /// The primary hands over.
    StepDown,
    /// The primary ends as by a crash.
    KillPrimary,
    /// A follower ends as by a crash.
    KillSecondary,
    /// A follower hangs.
    FreezeSecondary,
    /// The primary hangs.
    FreezePrimary,
    /// All members are restarted, one after the other.
    RollingRestart,
}

impl Harm {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::StepDown => "the primary steps down",
            Self::KillPrimary => "kill -9 of the primary",
            Self::KillSecondary => "kill -9 of a secondary",
            Self::FreezeSecondary => "a secondary hangs",
            Self::FreezePrimary => "the primary hangs",
            Self::RollingRestart => "rolling restart",
        }
    }

    /// Does it. A rolling restart ends with the set whole again; otherwise see [`ReplicaSet::heal`].
    pub async fn befall(self, set: &mut ReplicaSet) {
        match self {
            Self::StepDown => set.step_down().await,
            Self::KillPrimary => {
                let primary = set.primary().await;
                set.kill(primary);
            }
            Self::KillSecondary => {
                let secondary = set.secondary().await;
                set.kill(secondary);
            }
            Self::FreezeSecondary => {
                let secondary = set.secondary().await;
                set.freeze(secondary);
            }
            Self::FreezePrimary => {
                let primary = set.primary().await;
                set.freeze(primary);
            }
            Self::RollingRestart => {
                // Those that follow first, the primary last, as it is done.
                let primary = set.primary().await;
                for place in [(primary + 1) % 3, (primary + 2) % 3, primary] {
                    set.stop(place);
                    set.restart(place).await;
                    set.heal().await;
                }
            }
        }
    }
}
