//! `mongodeck log`: what became of connections, from the log that the console and `status` keep.
//!
//! Reads the files of the state directory alone; asks no server. With `--follow` it goes on until it is stopped.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use clap::{Args, ValueEnum};

use super::{Exit, print, usage};
use crate::config::check::parse_duration;
use crate::config::connections::{self, Change};
use crate::config::paths;
use crate::value::instant::{iso, parse_iso};

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
    /// Only what happened since: a time ago (`30m`, `2h`, `1d`), or a moment in UTC (`2026-01-31`, `2026-01-31T08:00`).
    #[arg(long, value_name = "TIME")]
    pub since: Option<String>,
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
    let since = match args.since.as_deref().map(moment).transpose() {
        Ok(since) => since,
        Err(message) => return usage(&message),
    };
    let wanted = |change: &Change| {
        (args.profiles.is_empty() || args.profiles.contains(&change.profile))
            && since.as_ref().is_none_or(|since| change.at >= *since)
    };
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
        print::note(&nothing(args));
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

/// Why there is nothing to tell.
fn nothing(args: &LogArgs) -> String {
    let of = match args.profiles.as_slice() {
        [] => String::new(),
        names => format!(" of `{}`", names.join("`, `")),
    };
    match &args.since {
        None => format!("nothing{of} is in the log yet"),
        Some(since) => format!("nothing{of} is in the log since `{since}`"),
    }
}

/// The beginning of what is wanted, as the log writes moments, so that texts compare as moments do.
fn moment(text: &str) -> Result<String, String> {
    let refused = || {
        format!(
            "`--since {}` is no time; write `30m`, `2h`, `1d`, `2026-01-31` or `2026-01-31T08:00` (UTC)",
            text.escape_debug()
        )
    };
    let text = text.trim();
    if let Some(ago) = ago(text) {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let millis = i64::try_from(now.saturating_sub(ago).as_millis()).unwrap_or(i64::MAX);
        return iso(millis).ok_or_else(refused);
    }
    // A moment that is cut short stands for its beginning; each part has its own width.
    const WHOLE: &str = "0000-01-01T00:00:00.000Z";
    let bare = text.trim_end_matches('Z').replace(' ', "T");
    let lengths = [10, 13, 16, 19, 23];
    let whole = match WHOLE.get(bare.len()..) {
        Some(rest) if lengths.contains(&bare.len()) => format!("{bare}{rest}"),
        _ => return Err(refused()),
    };
    match parse_iso(&whole).and_then(iso) {
        Some(read) if read == whole => Ok(whole),
        _ => Err(refused()),
    }
}

/// `90s`, `30m`, `2h`, `1d`, or several of them.
fn ago(text: &str) -> Option<Duration> {
    match text.strip_suffix('d') {
        Some(days) => {
            let days: u64 = days.parse().ok().filter(|d| *d <= 36_500)?;
            Some(Duration::from_secs(days * 24 * 3_600))
        }
        None => parse_duration(text),
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn a_beginning_is_read_as_a_moment_or_as_a_time_ago() {
        for (text, whole) in [
            ("2026-01-31", "2026-01-31T00:00:00.000Z"),
            ("2026-01-31T08:00", "2026-01-31T08:00:00.000Z"),
            ("2026-01-31 08:00:05Z", "2026-01-31T08:00:05.000Z"),
            ("2026-01-31T08:00:05.250Z", "2026-01-31T08:00:05.250Z"),
        ] {
            assert_eq!(moment(text).unwrap(), whole);
        }
        let (hour, day) = (moment("1h").unwrap(), moment("1d").unwrap());
        assert!(day < hour, "{day} {hour}");
        for text in ["", "soon", "2026-13-01", "2026-1-1", "é", "99999999d", "T"] {
            assert!(moment(text).is_err(), "{text}");
        }
    }
}
