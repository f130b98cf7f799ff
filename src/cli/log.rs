//! The log: a file in the state directory and nothing else, since the terminal belongs to the screen.
//!
//! One file a day, at most five of them, readable by their owner alone. Only this crate's own events are written unless
//! a filter asks for more, and those hold no secret: the driver's events are never let in, since they carry documents.

use std::io::{self, Write};

use tracing_appender::non_blocking::WorkerGuard;
use tracing_appender::rolling::{Builder, Rotation};
use tracing_subscriber::EnvFilter;

use crate::config::paths;
use crate::config::redact::redact;

/// Starts the log at `level` (a level or a filter; `None` is `warn`). Keep what it returns until the end: dropping it
/// writes out what is waiting. `None` where the log cannot be kept (a read-only home), which stops nobody from working.
///
/// # Errors
/// A text where `level` is not a filter.
pub fn start(level: Option<&str>) -> Result<Option<WorkerGuard>, String> {
    let filter = filter(level)?;
    let Ok(directory) = paths::logs() else {
        return Ok(None);
    };
    if paths::private_directory(&directory).is_err() {
        return Ok(None);
    }
    let Ok(appender) = Builder::new()
        .rotation(Rotation::DAILY)
        .filename_prefix("mongodeck")
        .filename_suffix("log")
        .max_log_files(5)
        .build(&directory)
    else {
        return Ok(None);
    };
    let (writer, guard) = tracing_appender::non_blocking(Redacting(appender));
    // A second start in one process (a test) keeps the first one's log.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(writer)
        .with_ansi(false)
        .try_init();
    Ok(Some(guard))
}

/// Takes passwords out of every line before it is written, should one ever get into an event.
struct Redacting<W>(W);

impl<W: Write> Write for Redacting<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        // One event comes in one piece.
        let text = String::from_utf8_lossy(line);
        self.0.write_all(redact(&text).as_bytes())?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

fn filter(level: Option<&str>) -> Result<EnvFilter, String> {
    let text = level.unwrap_or("warn").trim();
    let bare = ["off", "error", "warn", "info", "debug", "trace"]
        .iter()
        .any(|l| l.eq_ignore_ascii_case(text));
    // The driver logs commands with their documents in them, so no other crate can be let in.
    let own = text.split(',').all(|d| {
        d.trim() == "mongodeck"
            || d.trim().starts_with("mongodeck=")
            || d.trim().starts_with("mongodeck::")
    });
    let directives = match (bare, own) {
        (true, _) => format!("off,mongodeck={}", text.to_lowercase()),
        (false, true) => format!("off,{text}"),
        (false, false) => String::from("="),
    };
    EnvFilter::try_new(&directives).map_err(|_| {
        format!(
            "`{text}` is no log level; use `error`, `warn`, `info`, `debug`, `trace`, or a filter such as `mongodeck=debug`"
        )
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn a_level_speaks_of_this_crate_alone() {
        let text = filter(Some("debug")).unwrap().to_string();
        assert!(text.contains("mongodeck=debug"), "{text}");
        assert!(text.contains("off"), "{text}");
    }

    #[test]
    fn a_password_that_gets_into_an_event_is_not_written() {
        let mut writer = Redacting(Vec::new());
        writer
            .write_all(b"cannot read mongodb://ada:hunter2@h/\n")
            .unwrap();
        let text = String::from_utf8(writer.0).unwrap();
        assert_eq!(text, "cannot read mongodb://ada:*******@h/\n");
    }

    #[test]
    fn another_crate_cannot_be_let_in() {
        assert!(filter(Some("mongodeck=info,mongodeck::mongo=trace")).is_ok());
        assert!(filter(Some("mongodb=trace")).is_err());
        assert!(filter(Some("trace,mongodeck=info")).is_err());
    }

    #[test]
    fn a_word_that_is_no_level_is_refused() {
        assert!(filter(Some("loud")).is_err());
        assert!(filter(Some("")).is_err());
    }
}
