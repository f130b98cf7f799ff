//! `mongodeck log`: what became of connections, from the log that the console and `status` keep.
//!
//! Reads the files of the state directory alone; asks no server. With `--follow` it goes on until it is stopped.

use std::time::Duration;

use clap::{Args, ValueEnum};

use super::{Exit, print, usage};
use crate::config::connections::{self, Change};
use crate::config::paths;

/// How often the files are looked at while following.
const LOOK: Duration = Duration::from_millis(250);
/// More changes than the files of the log hold.
const ALL: usize = 100_000;

/// Arguments of `mongodeck log`.
#[derive(Debug, Args)]
#[command(after_help = "\
The log is kept in the state directory (`--path` prints where): `connections.jsonl`, and up to three older files; some two \
megabytes in all, readable by you alone, without secrets. The console, `status` and `pool-test` write to it.

`--format json` prints its lines: `at`, `process`, `profile`, `server` (a change of one server), `before`, `after`, `cause`, \
`attempt`, `next_in_ms`.")]
pub struct LogArgs {
    /// Profiles; none is all of them.
    #[arg(value_name = "PROFILE")]
    pub profiles: Vec<String>,
    /// At the most so many changes, the newest.
    #[arg(short = 'n', long, value_name = "N", default_value_t = 50)]
    pub lines: usize,
    /// Go on with each new change, until it is stopped by Ctrl-C.
    #[arg(short, long)]
    pub follow: bool,
    /// How it is printed.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub format: Format,
    /// Print the path of the newest file, and no more.
    #[arg(long)]
    pub path: bool,
}

/// How the log is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Table,
    /// One JSON object a line.
    Json,
}

/// Runs `mongodeck log`.
#[must_use]
pub fn run(args: &LogArgs) -> Exit {
    let directory = match paths::state() {
        Ok(directory) => directory,
        Err(e) => return usage(&e.to_string()),
    };
    if args.path {
        if let Some(file) = connections::files(&directory).last() {
            let _ = print::line(&print::printable(&file.display().to_string()));
        }
        return Exit::Ok;
    }
    let wanted =
        |change: &Change| args.profiles.is_empty() || args.profiles.contains(&change.profile);
    let read = |most: usize| {
        connections::read(&directory, most, wanted)
            .map_err(|e| usage(&format!("cannot read the log: {e}")))
    };
    let mut told = match read(ALL) {
        Ok(changes) => changes,
        Err(exit) => return exit,
    };
    let from = told.len().saturating_sub(args.lines);
    if tell(&told[from..], args.format) == print::Sent::Closed {
        return Exit::Ok;
    }
    if told.is_empty() && !args.follow {
        print::note("nothing is in the log yet");
    }
    if !args.follow {
        return Exit::Ok;
    }
    loop {
        std::thread::sleep(LOOK);
        let now = match read(ALL) {
            Ok(changes) => changes,
            Err(exit) => return exit,
        };
        // What was told last may have gone with an old file.
        let from = told
            .last()
            .and_then(|last| now.iter().rposition(|c| c == last))
            .map_or(0, |at| at + 1);
        if tell(&now[from..], args.format) == print::Sent::Closed {
            return Exit::Ok;
        }
        if from < now.len() {
            told = now;
        }
    }
}

fn tell(changes: &[Change], format: Format) -> print::Sent {
    for change in changes {
        let line = match format {
            Format::Table => change.text(),
            Format::Json => serde_json::to_string(change).unwrap_or_default(),
        };
        if print::line(&print::printable(&line)) == print::Sent::Closed {
            return print::Sent::Closed;
        }
    }
    print::Sent::Written
}
