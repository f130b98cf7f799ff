//! A program on a pseudo-terminal, and the screen that a person would see.
//!
//! Waits for what is seen, never for time; a wait that fails shows the last screen.

use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};

/// How long a wait lasts before it fails.
const PATIENCE: Duration = Duration::from_secs(30);

/// What has come from the program.
struct Far {
    screen: vt100::Parser,
    raw: Vec<u8>,
}

/// A program on a pseudo-terminal. Killed when dropped.
pub struct Pty {
    master: Box<dyn MasterPty + Send>,
    keys: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    far: Arc<Mutex<Far>>,
    /// While this is set nothing is read from the program.
    stalled: Arc<AtomicBool>,
}

fn size(columns: u16, rows: u16) -> PtySize {
    PtySize {
        rows,
        cols: columns,
        pixel_width: 0,
        pixel_height: 0,
    }
}

fn nonzero(n: u16) -> NonZeroU16 {
    NonZeroU16::new(n).expect("a screen has rows and columns")
}

impl Pty {
    /// Starts `program` with `arguments` on a screen of `columns` by `rows`. Its environment is this process's without what
    /// tells of another terminal, with `variables` over it.
    pub fn spawn(
        program: &str,
        arguments: &[&str],
        variables: &[(&str, &str)],
        (columns, rows): (u16, u16),
    ) -> Self {
        let pair = native_pty_system()
            .openpty(size(columns, rows))
            .expect("a pseudo-terminal");
        let mut command = CommandBuilder::new(program);
        command.args(arguments);
        command.cwd(std::env::current_dir().expect("a working directory"));
        for name in ["NO_COLOR", "COLORTERM", "COLORFGBG", "TMUX", "STY"] {
            command.env_remove(name);
        }
        command.env("TERM", "xterm-256color");
        for (name, value) in variables {
            command.env(name, value);
        }
        let child = pair.slave.spawn_command(command).expect("the program");
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().expect("its output");
        let keys = pair.master.take_writer().expect("its input");
        let far = Arc::new(Mutex::new(Far {
            screen: vt100::Parser::new(nonzero(rows), nonzero(columns), 0),
            raw: Vec::new(),
        }));
        let shared = Arc::clone(&far);
        let stalled = Arc::new(AtomicBool::new(false));
        let waits = Arc::clone(&stalled);
        std::thread::spawn(move || {
            let mut buffer = [0; 16 * 1024];
            while let Ok(n @ 1..) = reader.read(&mut buffer) {
                while waits.load(Ordering::SeqCst) {
                    std::thread::sleep(Duration::from_millis(5));
                }
                let mut far = lock(&shared);
                far.screen.process(&buffer[..n]);
                far.raw.extend_from_slice(&buffer[..n]);
            }
        });
        Self {
            master: pair.master,
            keys,
            child,
            far,
            stalled,
        }
    }

    /// Stops to read what the program sends, as the far end of a line that stalls, or reads on.
    pub fn stall(&self, stalled: bool) {
        self.stalled.store(stalled, Ordering::SeqCst);
    }

    /// Types `keys`, sent as they are: `"\r"` is Enter, `"\x1b"` Escape, `"\x03"` Ctrl-C.
    pub fn send(&mut self, keys: &str) {
        self.send_bytes(keys.as_bytes());
    }

    /// Sends what is no text.
    pub fn send_bytes(&mut self, bytes: &[u8]) {
        self.keys.write_all(bytes).expect("it takes keys");
        self.keys.flush().expect("it takes keys");
    }

    /// Changes the size of the screen.
    pub fn resize(&self, columns: u16, rows: u16) {
        lock(&self.far)
            .screen
            .screen_mut()
            .set_size(nonzero(rows), nonzero(columns));
        self.master.resize(size(columns, rows)).expect("a new size");
    }

    /// Waits until the screen is as `seen` asks. Fails with the last screen.
    pub fn wait_until(&self, what: &str, seen: impl Fn(&vt100::Screen) -> bool) {
        self.wait_patiently(what, PATIENCE, seen);
    }

    /// The same for what may take longer: a server that is fetched, started and filled.
    pub fn wait_patiently(
        &self,
        what: &str,
        patience: Duration,
        seen: impl Fn(&vt100::Screen) -> bool,
    ) {
        let end = Instant::now() + patience;
        while !seen(lock(&self.far).screen.screen()) {
            assert!(
                Instant::now() < end,
                "waited in vain for {what}; the screen is\n{}",
                self.show()
            );
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Waits until `text` is on the screen.
    pub fn wait_for(&self, text: &str) {
        self.wait_until(&format!("`{text}`"), |screen| {
            screen.contents().contains(text)
        });
    }

    /// Waits until the program has ended.
    pub fn wait_end(&mut self) -> ExitStatus {
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().expect("its state") {
                return status;
            }
            assert!(
                Instant::now() < end,
                "the program does not end; the screen is\n{}",
                self.show()
            );
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Looks at the screen.
    pub fn look<T>(&self, look: impl FnOnce(&vt100::Screen) -> T) -> T {
        look(lock(&self.far).screen.screen())
    }

    /// The text on the screen.
    pub fn text(&self) -> String {
        lock(&self.far).screen.screen().contents().to_string()
    }

    /// Every byte that the program has sent so far.
    pub fn raw(&self) -> Vec<u8> {
        lock(&self.far).raw.clone()
    }

    /// Forgets the bytes that the program has sent so far, in a run that is long.
    pub fn forget_raw(&self) {
        lock(&self.far).raw = Vec::new();
    }

    /// The program's process id.
    pub fn pid(&self) -> u32 {
        self.child.process_id().expect("it has started")
    }

    /// Whether the terminal is in the mode that a shell expects: lines are edited and echoed.
    pub fn is_cooked(&self) -> bool {
        let mode = self.master.get_termios().expect("a mode");
        let mode = format!("{:?}", mode.local_flags);
        mode.contains("ICANON") && mode.contains("ECHO")
    }

    fn show(&self) -> String {
        let far = lock(&self.far);
        let (rows, columns) = far.screen.screen().size();
        let line = "─".repeat(usize::from(columns.get()));
        let rows: Vec<String> = far
            .screen
            .screen()
            .rows(0, columns.get())
            .take(usize::from(rows.get()))
            .collect();
        format!("{line}\n{}\n{line}", rows.join("\n"))
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        self.stall(false);
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn lock(far: &Mutex<Far>) -> MutexGuard<'_, Far> {
    far.lock().unwrap_or_else(PoisonError::into_inner)
}
