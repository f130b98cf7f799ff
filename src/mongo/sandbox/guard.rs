//! The process that stands between a sandbox and its server, so that no server outlives its sandbox.
//!
//! A console that is killed cannot clean up. So the server is a child of this small process, which holds the reading
//! end of a pipe whose writing end only the console has: however the console ends, the pipe ends too, and with it the
//! server and its temporary directory. It runs in a process group of its own, so that a Ctrl-C for the console is not
//! for it.
//!
//! It speaks lines: [`Order`]s come in on standard input, [`Word`]s go out on standard output. It removes nothing but the
//! directory that it made itself.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde::{Deserialize, Serialize};
use tokio::process::{Child, Command};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

/// Arguments of the hidden command that runs the guard.
#[derive(Debug, Clone, clap::Args)]
pub struct GuardArgs {
    /// The directory to keep the data in; without it, a temporary one that is removed at the end.
    #[arg(long)]
    pub keep: Option<PathBuf>,
}

/// What the sandbox asks of its guard, one JSON value a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Order {
    /// Start the server: its program and arguments.
    Start(Vec<String>),
    /// End the server at once, as a crash would.
    Kill,
}

/// What the guard tells, one JSON value a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Word {
    /// The directory is there and ours.
    Locked(PathBuf),
    /// Another sandbox runs on the directory.
    Busy,
    /// The server runs, with this process id.
    Started(u32),
    /// The server, or the directory, could not be had.
    Failed(String),
    /// The server ended; the exit code, or `None` where a signal ended it.
    Ended(Option<i32>),
}

/// How long a guard waits for the one before it to leave a kept directory.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long a server may take to end by itself before it is killed.
const GRACE: Duration = Duration::from_secs(20);

/// Name of the file whose lock says that a directory is in use, and which marks it as a sandbox's.
pub(super) const LOCK: &str = "sandbox.lock";

enum Home {
    Temporary(tempfile::TempDir),
    Kept(PathBuf),
}

impl Home {
    fn path(&self) -> &Path {
        match self {
            Self::Temporary(directory) => directory.path(),
            Self::Kept(directory) => directory,
        }
    }
}

/// Runs the guard until its standard input ends or a signal asks it to.
///
/// # Errors
/// Where the runtime gives no signals; everything else is told to the sandbox as a word.
pub async fn run(args: GuardArgs) -> io::Result<()> {
    let (home, lock) = match prepare(args.keep) {
        Ok(Some(prepared)) => prepared,
        Ok(None) => {
            tell(&Word::Busy);
            return Ok(());
        }
        Err(error) => {
            tell(&Word::Failed(error.to_string()));
            return Ok(());
        }
    };
    // From here on a signal must not end this process before it has cleaned up.
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    let mut orders = listen();
    tell(&Word::Locked(home.path().to_path_buf()));
    let mut server: Option<Child> = None;
    loop {
        tokio::select! {
            order = orders.recv() => match order {
                Some(Order::Start(command)) => {
                    if let Some(running) = server.take() {
                        end(running, Duration::ZERO).await;
                    }
                    match start(&command, home.path()) {
                        Ok(child) => {
                            tell(&Word::Started(child.id().unwrap_or_default()));
                            server = Some(child);
                        }
                        Err(error) => tell(&Word::Failed(error.to_string())),
                    }
                }
                Some(Order::Kill) => if let Some(running) = &mut server {
                    let _ = running.start_kill();
                },
                None => break,
            },
            status = ended(&mut server) => {
                server = None;
                tell(&Word::Ended(status.and_then(|s| s.code())));
            }
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
            _ = hang_up.recv() => break,
        }
    }
    match home {
        // Nothing of it will be read again, so there is nothing to wait for.
        Home::Temporary(directory) => {
            if let Some(running) = server {
                end(running, Duration::ZERO).await;
            }
            let _ = directory.close();
        }
        Home::Kept(_) => {
            if let Some(running) = server {
                end(running, GRACE).await;
            }
        }
    }
    drop(lock);
    Ok(())
}

/// The directory, made and locked; `None` where another guard holds it and does not leave.
fn prepare(keep: Option<PathBuf>) -> io::Result<Option<(Home, File)>> {
    let home = match keep {
        Some(directory) => Home::Kept(directory),
        None => Home::Temporary(
            tempfile::Builder::new()
                .prefix("mongodeck-sandbox-")
                .tempdir()?,
        ),
    };
    let lock = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(home.path().join(LOCK))?;
    let until = Instant::now() + PATIENCE;
    while lock.try_lock().is_err() {
        if Instant::now() > until {
            return Ok(None);
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(Some((home, lock)))
}

/// A thread reads, because a read of standard input cannot be given up and would hold the runtime's end back.
fn listen() -> mpsc::UnboundedReceiver<Order> {
    let (sender, receiver) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        for line in io::stdin().lock().lines() {
            let Ok(line) = line else { break };
            let Ok(order) = serde_json::from_str(&line) else {
                break;
            };
            if sender.send(order).is_err() {
                break;
            }
        }
    });
    receiver
}

/// The sandbox may be gone, and then nobody listens: not an error, since the end of the orders says it too.
fn tell(word: &Word) {
    if let Ok(line) = serde_json::to_string(word) {
        let mut out = io::stdout().lock();
        let _ = writeln!(out, "{line}").and_then(|()| out.flush());
    }
}

fn start(command: &[String], directory: &Path) -> io::Result<Child> {
    let (program, arguments) = command
        .split_first()
        .ok_or_else(|| io::Error::other("no program to start"))?;
    Command::new(program)
        .args(arguments)
        .current_dir(directory)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
}

async fn ended(server: &mut Option<Child>) -> Option<ExitStatus> {
    match server {
        Some(child) => child.wait().await.ok(),
        None => std::future::pending().await,
    }
}

async fn end(mut server: Child, grace: Duration) {
    if !grace.is_zero() {
        // The child has not been waited for, so the id is still its own.
        let id = server
            .id()
            .and_then(|id| i32::try_from(id).ok())
            .and_then(Pid::from_raw);
        if let Some(id) = id
            && kill_process(id, Signal::TERM).is_ok()
            && tokio::time::timeout(grace, server.wait()).await.is_ok()
        {
            return;
        }
    }
    let _ = server.kill().await;
}
