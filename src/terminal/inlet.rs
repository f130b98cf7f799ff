//! The way in from the terminal: a thread that reads, so that no byte waits for another one.
//!
//! It asks whether there is something to read and not whether something came, so that what a read left over, or what came
//! together with a change of size, is taken without another key. It stops reading while nobody takes the events, and on
//! [`Inlet::pause`], after which the terminal's bytes are another program's. Must not know what the keys mean.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, PipeWriter, Write as _};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossterm::event::Event;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::termios::isatty;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::Notify;

use super::decode::{Colour, Decoder};

/// The most events that wait to be taken, before one read more. What does not fit stays with the terminal.
const MOST: usize = 4096;
/// How long the end of a reader is waited for.
const PATIENCE: Duration = Duration::from_millis(500);
/// Bytes taken at once. A terminal's line holds four thousand.
const READ: usize = 16 * 1024;

/// What comes from the terminal.
#[derive(Debug)]
pub enum Heard {
    /// Something that a person did.
    Event(Event),
    /// The colour of its ground, as it answers [`Screen::ask_ground`](super::Screen::ask_ground).
    Ground(Colour),
}

#[derive(Debug, Default)]
struct Waiting {
    events: VecDeque<Heard>,
    /// The thread waits for room.
    full: bool,
    /// The terminal is gone.
    over: bool,
}

#[derive(Debug, Default)]
struct Shared {
    waiting: Mutex<Waiting>,
    news: Notify,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A thread that reads, and the pipe that wakes it.
#[derive(Debug)]
struct Reader {
    thread: JoinHandle<()>,
    stop: Arc<AtomicBool>,
    wake: PipeWriter,
}

/// What the terminal sends, as events.
#[derive(Debug)]
pub struct Inlet {
    shared: Arc<Shared>,
    reader: Option<Reader>,
    resized: Signal,
}

impl Inlet {
    /// Begins to read. Must be called within the runtime.
    ///
    /// # Errors
    /// There is no terminal to read from, or the system has no room for a thread or a pipe.
    pub fn open() -> io::Result<Self> {
        let mut inlet = Self {
            shared: Arc::default(),
            reader: None,
            resized: signal(SignalKind::window_change())?,
        };
        inlet.go_on()?;
        Ok(inlet)
    }

    /// Stops reading; returns once nothing more is read. What was read before that is still given.
    pub fn pause(&mut self) {
        let Some(reader) = self.reader.take() else {
            return;
        };
        reader.stop.store(true, Ordering::SeqCst);
        let mut wake = reader.wake;
        let _ = wake.write_all(&[0]);
        // One that reads at this moment ends with that read, which the shell's mode may hold up until a line is typed.
        let until = Instant::now() + PATIENCE;
        while !reader.thread.is_finished() && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Reads again, where it does not.
    ///
    /// # Errors
    /// As of [`Inlet::open`].
    pub fn go_on(&mut self) -> io::Result<()> {
        if self.reader.is_some() {
            return Ok(());
        }
        let terminal = Terminal::find()?;
        let (asleep, wake) = io::pipe()?;
        let shared = Arc::clone(&self.shared);
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = std::thread::Builder::new()
            .name("keys".to_owned())
            .spawn(move || work(&shared, &stopped, &terminal, &asleep))?;
        self.reader = Some(Reader { thread, stop, wake });
        Ok(())
    }

    /// The next event; `None` once the terminal is gone. May be dropped and called again without losing any.
    pub async fn next(&mut self) -> Option<Heard> {
        loop {
            if let Some(event) = self.at_hand() {
                return Some(event);
            }
            if self.shared.lock().over {
                return None;
            }
            tokio::select! {
                () = self.shared.news.notified() => {}
                _ = self.resized.recv() => {
                    if let Ok((columns, rows)) = crossterm::terminal::size() {
                        return Some(Heard::Event(Event::Resize(columns, rows)));
                    }
                }
            }
        }
    }

    /// An event that has been read already.
    pub fn at_hand(&mut self) -> Option<Heard> {
        let mut waiting = self.shared.lock();
        let event = waiting.events.pop_front();
        let room = waiting.full && waiting.events.len() < MOST / 2;
        if room {
            waiting.full = false;
            drop(waiting);
            if let Some(reader) = &mut self.reader {
                let _ = reader.wake.write_all(&[0]);
            }
        }
        event
    }
}

impl Drop for Inlet {
    fn drop(&mut self) {
        self.pause();
    }
}

/// What is read from: standard input, or the terminal of the session where that is something else.
enum Terminal {
    Input,
    Own(File),
}

impl Terminal {
    fn find() -> io::Result<Self> {
        if isatty(rustix::stdio::stdin()) {
            return Ok(Self::Input);
        }
        File::open("/dev/tty").map(Self::Own)
    }

    fn fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Input => rustix::stdio::stdin(),
            Self::Own(file) => file.as_fd(),
        }
    }
}

/// What the thread woke up for.
enum Woken {
    /// There are bytes, or the end of them.
    Bytes,
    /// It is to look around.
    Called,
    /// The time is over.
    Time,
}

fn work(shared: &Shared, stop: &AtomicBool, terminal: &Terminal, asleep: &io::PipeReader) {
    let mut decoder = Decoder::default();
    let mut buffer = vec![0; READ];
    while !stop.load(Ordering::SeqCst) {
        let full = {
            let mut waiting = shared.lock();
            waiting.full = waiting.events.len() >= MOST;
            waiting.full
        };
        let patience = decoder.patience().filter(|_| !full);
        let woken = match wait(terminal.fd(), asleep.as_fd(), full, patience) {
            Ok(woken) => woken,
            Err(error) => {
                tracing::warn!(%error, "the terminal cannot be waited for");
                return end(shared);
            }
        };
        match woken {
            Woken::Called => {
                let mut calls = [0; 64];
                let _ = rustix::io::read(asleep, &mut calls);
            }
            Woken::Time => tell(shared, |tell| decoder.give_up(tell)),
            Woken::Bytes => match rustix::io::read(terminal.fd(), &mut *buffer) {
                Ok(0) => return end(shared),
                Ok(n) => {
                    let bytes = buffer.get(..n).unwrap_or_default();
                    tell(shared, |tell| decoder.feed(bytes, tell));
                    if let Some(colour) = decoder.take_ground() {
                        shared.lock().events.push_back(Heard::Ground(colour));
                        shared.news.notify_one();
                    }
                }
                Err(Errno::INTR | Errno::AGAIN) => {}
                Err(_) => return end(shared),
            },
        }
    }
    tell(shared, |tell| decoder.end(tell));
}

/// Hands on what came, together.
fn tell(shared: &Shared, decode: impl FnOnce(&mut dyn FnMut(Event))) {
    let mut events = Vec::new();
    decode(&mut |event| events.push(Heard::Event(event)));
    if !events.is_empty() {
        shared.lock().events.extend(events);
        shared.news.notify_one();
    }
}

fn end(shared: &Shared) {
    shared.lock().over = true;
    shared.news.notify_one();
}

/// Waits for bytes of the terminal, unless there is no room for them, for a call, or so long.
fn wait(
    terminal: BorrowedFd<'_>,
    calls: BorrowedFd<'_>,
    full: bool,
    patience: Option<Duration>,
) -> io::Result<Woken> {
    let timeout = patience.and_then(|p| Timespec::try_from(p).ok());
    // A descriptor that is asked for nothing still tells of its end, so a full one is left out.
    let mut both = [
        PollFd::from_borrowed_fd(calls, PollFlags::IN),
        PollFd::from_borrowed_fd(terminal, PollFlags::IN),
    ];
    let asked = if full { &mut both[..1] } else { &mut both[..] };
    loop {
        match poll(asked, timeout.as_ref()) {
            Ok(0) => return Ok(Woken::Time),
            Ok(_) => break,
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    let called = asked.first().is_some_and(|fd| !fd.revents().is_empty());
    Ok(if called { Woken::Called } else { Woken::Bytes })
}
