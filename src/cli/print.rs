//! The one place that writes to standard output and standard error.
//!
//! Nothing that comes from a server, a file or an argument may reach a terminal as a control sequence: what is said on
//! standard error is cleaned here. A reader that went away (`| head`) is no error.

use std::io::{self, IsTerminal, Write};

use crate::config::redact::redact;
use crate::value::text::{is_hidden, push_escape};

/// What became of a write to standard output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Sent {
    /// It was written.
    Written,
    /// Nobody reads any more; stop quietly.
    Closed,
}

/// Writes `text` and a line end to standard output. The caller has cleaned it where it holds data.
pub fn line(text: &str) -> Sent {
    let mut out = io::stdout().lock();
    match writeln!(out, "{text}").and_then(|()| out.flush()) {
        Ok(()) => Sent::Written,
        Err(_) => Sent::Closed,
    }
}

/// Whether standard output is a terminal, so that data must be cleaned before it is written.
#[must_use]
pub fn to_terminal() -> bool {
    io::stdout().is_terminal()
}

/// The columns of the terminal; `None` where standard output is none and nobody says how wide it should be.
#[must_use]
pub fn width() -> Option<usize> {
    if to_terminal()
        && let Ok((columns, _)) = crossterm::terminal::size()
        && columns > 0
    {
        return Some(usize::from(columns));
    }
    std::env::var("COLUMNS")
        .ok()
        .and_then(|c| c.parse().ok())
        .filter(|c| *c > 0)
}

/// Whether standard error is a terminal, where progress can be shown.
#[must_use]
pub fn errors_to_terminal() -> bool {
    io::stderr().is_terminal()
}

/// Shows one line of progress on standard error in the place of the one before; nothing where that is no terminal.
pub fn progress(line: &str) {
    if !errors_to_terminal() {
        return;
    }
    let columns = crossterm::terminal::size().map_or(80, |(columns, _)| usize::from(columns));
    let line = crate::value::cell::cut(&printable(line), columns.saturating_sub(1));
    let mut out = io::stderr().lock();
    let _ = write!(out, "\r\u{1b}[2K{line}").and_then(|()| out.flush());
}

/// Takes the line of progress away.
pub fn clear_progress() {
    if errors_to_terminal() {
        let mut out = io::stderr().lock();
        let _ = write!(out, "\r\u{1b}[2K").and_then(|()| out.flush());
    }
}

/// Says on standard error what went wrong, as `error: …`.
pub fn error(message: &str) {
    tagged("error: ", message);
}

/// Says on standard error what deserves a look, as `warning: …`.
pub fn warning(message: &str) {
    tagged("warning: ", message);
}

/// Says something on standard error.
pub fn note(message: &str) {
    tagged("", message);
}

fn tagged(tag: &str, message: &str) {
    // There is nobody left to tell when standard error is closed.
    let _ = writeln!(io::stderr().lock(), "{tag}{}", printable(&redact(message)));
}

/// `text` with every control character, and every character that reorders text, escaped; line ends stay.
#[must_use]
pub fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => out.push('\n'),
            c if is_hidden(c) => push_escape(&mut out, c),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_terminal_obeys_gets_through() {
        assert_eq!(
            printable("a\u{1b}]52;c;eA\u{7}b\u{9b}31m\u{202e}x\ny"),
            "a\\u001b]52;c;eA\\u0007b\\u009b31m\\u202ex\ny"
        );
    }
}
