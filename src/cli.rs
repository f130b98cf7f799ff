//! Arguments, and the headless commands behind them: one file per command.
//!
//! Data goes to standard output and everything else to standard error, through [`print`] alone. Commands use the
//! layers below them and never the state machine or the screen. What a command comes to is an [`Exit`], which scripts
//! can tell apart.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::mongo::request::{Failure, FailureKind};

pub mod check;
pub mod complete;
pub mod conceal;
pub mod config;
pub mod connections;
pub mod execute;
pub mod find;
pub mod log;
pub mod look;
pub mod models;
pub mod output;
pub mod pool_test;
pub mod print;
pub mod queries;
pub mod query;
pub mod run;
pub mod sandbox;
pub mod status;
pub mod target;
pub mod trust;
pub mod validate;
pub mod zone;

/// What the program came to, as an exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Exit {
    /// Done.
    Ok = 0,
    /// The server or the query language refused the query, or a check found something.
    Query = 1,
    /// The arguments or the configuration cannot be used.
    Usage = 2,
    /// No server could be reached, or it did not accept who we are.
    Connection = 3,
    /// It took longer than was allowed.
    Timeout = 4,
    /// The person stopped it.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

impl From<FailureKind> for Exit {
    fn from(kind: FailureKind) -> Self {
        match kind {
            FailureKind::Unreachable
            | FailureKind::NoPrimary
            | FailureKind::Authentication
            | FailureKind::Tls => Self::Connection,
            FailureKind::Timeout | FailureKind::PoolExhausted => Self::Timeout,
            FailureKind::Cancelled | FailureKind::NotSent => Self::Interrupted,
            FailureKind::Configuration | FailureKind::Local => Self::Usage,
            FailureKind::Permission
            | FailureKind::ReadOnly
            | FailureKind::DuplicateKey
            | FailureKind::Validation
            | FailureKind::ImmutableField
            | FailureKind::TooLarge
            | FailureKind::UnknownOutcome
            | FailureKind::Query
            | FailureKind::Gone
            | FailureKind::Other => Self::Query,
        }
    }
}

/// A terminal console for MongoDB.
///
/// With no command, opens the console: on the profile list, or on TARGET.
#[derive(Debug, Parser)]
#[command(
    name = "mongodeck",
    version,
    about,
    after_help = "Exit codes: 0 done, 1 query, 2 usage or configuration, 3 connection, 4 timeout, 130 interrupted."
)]
pub struct Cli {
    /// The headless command; none opens the console.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// What the console opens, and how.
    #[command(flatten)]
    pub console: target::ConsoleArgs,
    /// How much is written to the log file: `error`, `warn`, `info`, `debug`, `trace`, or a filter such as `mongodeck=debug`.
    #[arg(
        long,
        global = true,
        value_name = "LEVEL",
        env = "MONGODECK_LOG",
        hide_env_values = true
    )]
    pub log_level: Option<String>,
}

/// A headless command.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Print the documents of a collection that match.
    Find(Box<find::FindArgs>),
    /// Hold collections to their models, and show the drift: documents, references, indexes, validators.
    Check(Box<check::CheckArgs>),
    /// Show where the configuration is, write a first one, or check it.
    Config(config::ConfigArgs),
    /// Run query text, or with `--dry-run` say what it means.
    Query(Box<query::QueryArgs>),
    /// Run a saved query.
    Run(Box<run::RunArgs>),
    /// List the saved queries with their parameters.
    Queries(queries::QueriesArgs),
    /// Connect all profiles side by side, and show how each of them stands.
    Status(status::StatusArgs),
    /// Put a bounded load of reads on a profile's pool, and show what the pool did.
    PoolTest(Box<pool_test::PoolTestArgs>),
    /// Show what became of connections: the log of the console and of `status`.
    Log(connections::LogArgs),
    /// Print the completions of a shell.
    Completions(complete::CompletionsArgs),
    /// Print the manual page.
    Man,
    /// Prints what may stand at the end of a command line; asked by the completions.
    #[command(hide = true)]
    Complete(complete::CompleteArgs),
    /// Look at what a project's `mongodeck.toml` asks for, and allow it.
    Trust(trust::TrustArgs),
    /// List, show, export, infer and compare models.
    Models(Box<models::ModelsArgs>),
    /// Hold documents to a model, without a server.
    Validate(validate::ValidateArgs),
    /// Start a private server with sample data, and open the console on it.
    Sandbox(sandbox::SandboxArgs),
    /// Watches over a sandbox's server; started by `sandbox` itself.
    #[command(name = crate::mongo::sandbox::GUARD_COMMAND, hide = true)]
    SandboxGuard(crate::mongo::sandbox::guard::GuardArgs),
}

/// Runs the program with these arguments, the program's own name first, and says what it came to.
#[must_use]
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> Exit {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(e) => {
            // Help and the version are asked for and go to standard output; everything else is a mistake.
            if e.use_stderr() {
                // An argument that is quoted back may hold a password.
                print::note(e.render().to_string().trim_end());
                return Exit::Usage;
            }
            let _ = e.print();
            return Exit::Ok;
        }
    };
    let _log = match log::start(cli.log_level.as_deref()) {
        Ok(guard) => guard,
        Err(message) => return usage(&message),
    };
    if cli.command.is_some() && cli.console != target::ConsoleArgs::default() {
        return usage(
            "a target or a flag of the console stands before a command; write it after the command, or leave the command out",
        );
    }
    match cli.command {
        None => target::open_console(cli.console),
        Some(Command::Find(args)) => find::run(&args),
        Some(Command::Check(args)) => check::run(&args),
        Some(Command::Config(args)) => config::run(&args),
        Some(Command::Query(args)) => query::run(&args),
        Some(Command::Run(args)) => run::run(&args),
        Some(Command::Queries(args)) => queries::run(&args),
        Some(Command::Status(args)) => status::run(&args),
        Some(Command::PoolTest(args)) => pool_test::run(&args),
        Some(Command::Log(args)) => connections::run(&args),
        Some(Command::Completions(args)) => complete::script(&args),
        Some(Command::Man) => complete::manual(),
        Some(Command::Complete(args)) => complete::run(&args),
        Some(Command::Trust(args)) => trust::run(&args),
        Some(Command::Models(args)) => models::run(&args),
        Some(Command::Validate(args)) => validate::run(&args),
        Some(Command::Sandbox(args)) => {
            block_on(sandbox::run(args, target::open_sandbox)).unwrap_or_else(|exit| exit)
        }
        Some(Command::SandboxGuard(args)) => {
            block_on(sandbox::run_guard(args)).unwrap_or_else(|exit| exit)
        }
    }
}

/// Says what is wrong with the arguments or the configuration.
#[must_use]
pub fn usage(message: &str) -> Exit {
    print::error(message);
    Exit::Usage
}

/// Says why something failed, with the next step, and gives the exit code of its kind.
#[must_use]
pub fn fail(failure: &Failure) -> Exit {
    print::error(&failure.to_string());
    failure.kind.into()
}

/// Runs a headless command's asynchronous part to its end.
///
/// # Errors
/// [`Exit::Usage`], already said, where the machine gives no threads or file descriptors.
pub fn block_on<T>(future: impl Future<Output = T>) -> Result<T, Exit> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|e| usage(&format!("cannot start: {e}")))?;
    let value = runtime.block_on(future);
    // A task that hangs in a blocking call (a name look-up) must not keep the program from ending.
    runtime.shutdown_background();
    Ok(value)
}
