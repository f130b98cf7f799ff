//! Taking the terminal, drawing on it, and giving it back as it was.
//!
//! Knows nothing of what is drawn. Invariant: whatever ends the program while it runs code of its own (quit, error,
//! panic, SIGTERM, SIGHUP, suspend), the terminal is given back first, once.

pub mod clipboard;
pub mod decode;
pub mod inlet;
mod outlet;
pub mod signals;
pub mod wire;

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crossterm::terminal::{disable_raw_mode, enable_raw_mode};
use ratatui::backend::Backend as _;
use ratatui::{Frame, Terminal};

use self::outlet::Outlet;

pub use self::clipboard::{Copied, Multiplexer};
pub use self::inlet::{Heard, Inlet};
pub use self::signals::{Asked, Signals};
pub use self::wire::Wire;

/// The terminal is ours.
static TAKEN: AtomicBool = AtomicBool::new(false);
/// The terminal reports the mouse.
static MOUSE: AtomicBool = AtomicBool::new(false);

/// The alternate screen, and pasted text marked as pasted.
const ENTER: &str = "\x1b[?1049h\x1b[?2004h";
/// No half-shown frame, no marks on pasted text, plain pen, cursor shown, the person's own screen.
const LEAVE: &str = "\x1b[?2026l\x1b[?2004l\x1b[m\x1b[?25h\x1b[?1049l";
/// Presses, drags and the wheel, in coordinates without a bound.
const MOUSE_ON: &str = "\x1b[?1000h\x1b[?1002h\x1b[?1006h";
const MOUSE_OFF: &str = "\x1b[?1006l\x1b[?1002l\x1b[?1000l";

/// How long to wait for the stop that was asked for. Where no shell can wake the program again, the system ignores it.
const STOP: Duration = Duration::from_millis(100);

/// How long to wait, when the terminal is given back, for one that does not read. What it has not read by then is dropped.
const PATIENCE: Duration = Duration::from_millis(400);

/// Whether the terminal reports the mouse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mouse {
    /// It does; selecting text then needs Shift in most terminals.
    On,
    /// It does not.
    Off,
}

/// The terminal while it is ours. Gives it back when dropped.
pub struct Screen {
    terminal: Terminal<Wire<Outlet>>,
    multiplexer: Multiplexer,
    mouse: Mouse,
    /// `suspend` saw the SIGCONT that `Signals` is about to tell.
    woken: bool,
}

impl Screen {
    /// Takes the terminal: raw mode, alternate screen, bracketed paste.
    ///
    /// # Errors
    /// Standard output is no terminal, or does not answer.
    pub fn enter(mouse: Mouse) -> io::Result<Self> {
        take(mouse)?;
        let terminal = Terminal::new(Wire::gated(Outlet, &TAKEN)).inspect_err(|_| give_back())?;
        Ok(Self {
            terminal,
            multiplexer: Multiplexer::detect(|name| std::env::var(name).ok()),
            mouse,
            woken: false,
        })
    }

    /// Draws one frame, and sends what differs from the last one.
    ///
    /// # Errors
    /// The terminal is gone, or was given back because of a panic.
    pub fn draw(&mut self, paint: impl FnOnce(&mut Frame<'_>)) -> io::Result<()> {
        self.terminal.draw(paint).map(|_| ())
    }

    /// Whether the terminal has taken all that it was sent, so that a frame drawn now reaches it at once. A frame drawn
    /// while it has not would only wait, and be old when it is seen.
    #[must_use]
    pub fn is_free(&self) -> bool {
        outlet::is_free()
    }

    /// Waits until [`Screen::is_free`]. May end early; may be dropped and called again.
    pub async fn freed() {
        outlet::freed().await;
    }

    /// Gives the terminal back, for an editor or the shell. [`Inlet::pause`] first, else its keys are
    /// taken from it.
    pub fn leave(&mut self) {
        give_back();
    }

    /// Takes the terminal again, after [`Screen::leave`] or a stop; the next frame is drawn whole.
    ///
    /// # Errors
    /// The terminal is gone.
    pub fn resume(&mut self) -> io::Result<()> {
        // A stop from outside may have left it in the shell's mode while we believe that it is in ours.
        give_back();
        take(self.mouse)?;
        self.redraw()
    }

    /// Draws the next frame whole.
    ///
    /// # Errors
    /// The terminal is gone.
    pub fn redraw(&mut self) -> io::Result<()> {
        self.terminal.backend_mut().forget();
        self.terminal.clear()
    }

    /// Gives the terminal back, stops the program as Ctrl-Z does, and takes the terminal again when it goes on. The whole
    /// process group is stopped, so that a program which started this one lets the shell have the terminal.
    ///
    /// # Errors
    /// The terminal is gone. Must be called within the runtime.
    pub async fn suspend(&mut self) -> io::Result<()> {
        let mut resumed = signals::resumed()?;
        self.leave();
        let stopped = rustix::process::kill_current_process_group(rustix::process::Signal::TSTP);
        if stopped.is_ok() {
            // The stop may come a moment after the call; where there is no shell, it does not come. Twice, because the
            // first wait runs out during a long stop, a moment before the signal that ended the stop is told.
            for _ in 0..2 {
                if tokio::time::timeout(STOP, resumed.recv()).await.is_ok() {
                    self.woken = true;
                    break;
                }
            }
        }
        self.resume()
    }

    /// Takes the terminal again after [`Asked::Resume`], unless [`Screen::suspend`] has done so for the same signal: the
    /// keys typed meanwhile would go through the shell's mode once more.
    ///
    /// # Errors
    /// The terminal is gone.
    pub fn wake(&mut self) -> io::Result<()> {
        if std::mem::take(&mut self.woken) {
            return Ok(());
        }
        self.resume()
    }

    /// Asks the terminal for the colour of its ground (xterm's OSC 11). One that knows no answer gives none.
    ///
    /// # Errors
    /// The terminal is gone.
    pub fn ask_ground(&mut self) -> io::Result<()> {
        outlet::send(b"\x1b]11;?\x1b\\")
    }

    /// Turns the reports of the mouse on or off.
    ///
    /// # Errors
    /// The terminal is gone.
    pub fn set_mouse(&mut self, mouse: Mouse) -> io::Result<()> {
        self.mouse = mouse;
        MOUSE.store(mouse == Mouse::On, Ordering::SeqCst);
        let wire = self.terminal.backend_mut();
        wire.queue(match mouse {
            Mouse::On => MOUSE_ON,
            Mouse::Off => MOUSE_OFF,
        });
        wire.flush()
    }

    /// Whether the terminal reports the mouse.
    #[must_use]
    pub fn mouse(&self) -> Mouse {
        self.mouse
    }

    /// Copies the whole of `text` to the clipboard of the person's terminal.
    ///
    /// # Errors
    /// The terminal is gone.
    pub fn copy(&mut self, text: &str) -> io::Result<Copied> {
        let (sequence, copied) = clipboard::sequence(text, self.multiplexer);
        if let Some(sequence) = sequence {
            let wire = self.terminal.backend_mut();
            wire.queue(&sequence);
            wire.flush()?;
        }
        Ok(copied)
    }

    /// Bytes sent to the terminal by frames and copies.
    #[must_use]
    pub fn sent(&self) -> u64 {
        self.terminal.backend().sent()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
    }
}

fn take(mouse: Mouse) -> io::Result<()> {
    enable_raw_mode()?;
    TAKEN.store(true, Ordering::SeqCst);
    MOUSE.store(mouse == Mouse::On, Ordering::SeqCst);
    let mouse = if mouse == Mouse::On { MOUSE_ON } else { "" };
    outlet::send(format!("{ENTER}{mouse}").as_bytes()).inspect_err(|_| give_back())
}

/// Gives the terminal back, where it is ours. What fails is passed over: there is nobody left to tell.
fn give_back() {
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return;
    }
    let mouse = if MOUSE.swap(false, Ordering::SeqCst) {
        MOUSE_OFF
    } else {
        ""
    };
    // One that does not read must not keep the program from ending: what it missed is dropped, half a frame among it.
    if !outlet::settle(PATIENCE) {
        outlet::discard();
    }
    // The mode first: a line that is typed as soon as the other screen is seen would else have no end for who reads it.
    let _ = disable_raw_mode();
    let _ = outlet::send(format!("{mouse}{LEAVE}").as_bytes());
    outlet::settle(PATIENCE);
}

/// From here on a panic of any thread first gives the terminal back, then prints what happened and where the log is, and
/// [`Signals`] ask to end. Frames drawn after it fail.
pub fn install_panic_hook(log: Option<PathBuf>) {
    std::panic::set_hook(Box::new(move |panic| {
        give_back();
        let message = panic.payload_as_str().unwrap_or("no message");
        let place = panic
            .location()
            .map(ToString::to_string)
            .unwrap_or_default();
        let clean: String = message
            .chars()
            .map(|c| if c.is_control() && c != '\n' { ' ' } else { c })
            .collect();
        tracing::error!(message = clean.as_str(), place, "panic");
        let mut err = io::stderr().lock();
        let _ = writeln!(err, "mongodeck has failed at {place}: {clean}");
        let _ = writeln!(err, "this is a mistake in mongodeck; drafts are kept");
        if let Some(log) = &log {
            let _ = writeln!(err, "the log is `{}`", log.display());
        }
        drop(err);
        signals::tell_panic();
    }));
}
