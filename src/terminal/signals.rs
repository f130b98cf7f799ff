//! What the system asks of the program, as a stream.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::Notify;

static PANICKED: AtomicBool = AtomicBool::new(false);
static PANIC: Notify = Notify::const_new();

/// Something that the system asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// SIGTERM, SIGINT or SIGHUP: save what is not saved, leave the terminal, end.
    Leave,
    /// SIGCONT: the program goes on after it was stopped; take the terminal again and draw everything.
    Resume,
    /// A thread panicked: the terminal has been given back and the message is printed; end.
    Panicked,
}

/// The stream of what the system asks.
#[derive(Debug)]
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
    resume: Signal,
}

impl Signals {
    /// Begins to listen. From here on SIGTERM, SIGINT and SIGHUP do not end the program by themselves.
    ///
    /// # Errors
    /// The system has no room for another handler. Must be called within the runtime.
    pub fn listen() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup: signal(SignalKind::hangup())?,
            resume: resumed()?,
        })
    }

    /// The next thing that is asked. May be dropped and called again without losing any.
    pub async fn next(&mut self) -> Asked {
        if PANICKED.load(Ordering::SeqCst) {
            return Asked::Panicked;
        }
        tokio::select! {
            _ = self.terminate.recv() => Asked::Leave,
            _ = self.interrupt.recv() => Asked::Leave,
            _ = self.hangup.recv() => Asked::Leave,
            _ = self.resume.recv() => Asked::Resume,
            () = PANIC.notified() => Asked::Panicked,
        }
    }
}

/// The stream of SIGCONT.
pub(super) fn resumed() -> io::Result<Signal> {
    signal(SignalKind::from_raw(rustix::process::Signal::CONT.as_raw()))
}

/// Wakes [`Signals::next`] for a panic.
pub(super) fn tell_panic() {
    PANICKED.store(true, Ordering::SeqCst);
    PANIC.notify_one();
}
