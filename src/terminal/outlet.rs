//! The way out to the terminal: a thread that writes, so that a terminal which stops reading holds nobody else up.
//!
//! An SSH line that stalls, or a person who holds the scroll bar, makes a write wait for as long as that lasts. Only this
//! thread waits then: keys are still taken, reports still come in, and whoever draws asks [`is_free`] first, so that what
//! is kept for the terminal is one frame and no more. It writes to the file itself and not through the standard library's
//! own lock, which a write that waits would hold. Must not know what the bytes mean.

use std::io::{self, Write};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::termios::{QueueSelector, tcflush};
use tokio::sync::Notify;

/// The most bytes that wait for the terminal: the largest copy, encoded, and a frame.
const MOST: usize = 16 << 20;

/// How long to wait where the terminal's file does not take bytes and does not make its writer wait either.
const AGAIN: Duration = Duration::from_millis(5);

/// The bytes that are written at once. A terminal that has just dropped all that it kept has room for as many.
const PIECE: usize = 2 << 10;

#[derive(Debug, Default)]
struct State {
    waiting: Vec<u8>,
    /// How often what waited was dropped.
    dropped: u64,
    /// The thread is writing, or about to.
    writing: bool,
    started: bool,
    failed: Option<io::ErrorKind>,
}

struct Line {
    state: Mutex<State>,
    news: Condvar,
    free: Notify,
}

static LINE: Line = Line {
    state: Mutex::new(State {
        waiting: Vec::new(),
        dropped: 0,
        writing: false,
        started: false,
        failed: None,
    }),
    news: Condvar::new(),
    free: Notify::const_new(),
};

fn state() -> MutexGuard<'static, State> {
    LINE.state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Standard output as something to write to. Returns at once; what is written goes out in order.
#[derive(Debug, Clone, Copy, Default)]
pub struct Outlet;

impl Write for Outlet {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        send(bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Hands bytes to the thread.
///
/// # Errors
/// The terminal is gone, or does not read and more than [`MOST`] bytes wait for it already.
pub fn send(bytes: &[u8]) -> io::Result<()> {
    if bytes.is_empty() {
        return Ok(());
    }
    let mut state = state();
    if let Some(kind) = state.failed {
        return Err(kind.into());
    }
    if state.waiting.len().saturating_add(bytes.len()) > MOST {
        return Err(io::Error::other("the terminal is not reading"));
    }
    if !state.started {
        std::thread::Builder::new()
            .name("terminal".to_owned())
            .spawn(work)?;
        state.started = true;
    }
    state.waiting.extend_from_slice(bytes);
    drop(state);
    LINE.news.notify_all();
    Ok(())
}

/// Whether everything handed over so far has gone out, so that a frame drawn now is written at once.
#[must_use]
pub fn is_free() -> bool {
    let state = state();
    !state.writing && state.waiting.is_empty()
}

/// Waits until everything has gone out. May end early: look again at [`is_free`].
pub async fn freed() {
    LINE.free.notified().await;
}

/// Waits for so long until everything has gone out. Whether it has.
pub fn settle(limit: Duration) -> bool {
    let until = Instant::now() + limit;
    let mut state = state();
    while state.writing || !state.waiting.is_empty() {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() || state.failed.is_some() {
            return false;
        }
        state = LINE
            .news
            .wait_timeout(state, left)
            .unwrap_or_else(PoisonError::into_inner)
            .0;
    }
    true
}

/// Drops what waits for a terminal that does not read, also what the system keeps for it, as far as it lets it go.
pub fn discard() {
    {
        let mut state = state();
        state.waiting.clear();
        state.dropped += 1;
    }
    // What a write of the thread waits for is thereby gone; its piece has room now, and is its last one.
    let _ = tcflush(rustix::stdio::stdout(), QueueSelector::OFlush);
}

fn work() {
    let mut bytes = Vec::new();
    let mut state = state();
    loop {
        while state.waiting.is_empty() {
            state.writing = false;
            LINE.news.notify_all();
            LINE.free.notify_one();
            state = LINE
                .news
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
        state.writing = true;
        std::mem::swap(&mut bytes, &mut state.waiting);
        let dropped = state.dropped;
        drop(state);
        let written = bytes
            .chunks(PIECE)
            .take_while(|_| self::state().dropped == dropped)
            .try_for_each(write_all);
        bytes.clear();
        bytes.shrink_to(64 * 1024);
        state = self::state();
        if let Err(error) = written {
            state.failed = Some(error.kind());
            state.waiting = Vec::new();
        }
    }
}

fn write_all(mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match rustix::io::write(rustix::stdio::stdout(), bytes) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(n) => bytes = bytes.get(n..).unwrap_or_default(),
            Err(Errno::INTR) => {}
            // Whoever shares the terminal may have made it one that does not wait.
            Err(Errno::AGAIN) => std::thread::sleep(AGAIN),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}
