//! A terminal that stops reading, as the far end of a stalled line: the program goes on, keeps one frame for it, and
//! ends when it is told to.

use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::support::program::Home;
use crate::support::pty::Pty;
use crate::support::server::PROGRAM;

/// The console on a profile whose server is not there; a large screen, so that a stalled line fills up soon.
fn console(home: &Home) -> Pty {
    let path = |name: &str| home.path(name).to_string_lossy().into_owned();
    let variables = [
        ("MONGODECK_CONFIG_DIR", path("config")),
        ("MONGODECK_STATE_DIR", path("state")),
    ];
    let variables: Vec<(&str, &str)> = variables.iter().map(|(n, v)| (*n, v.as_str())).collect();
    let pty = Pty::spawn(PROGRAM, &["away"], &variables, (200, 60));
    pty.wait_for("cannot reach");
    pty
}

fn home() -> Home {
    // Nothing listens there: the port is reserved for discarding.
    Home::with_config("[profiles.away]\nuri = \"mongodb://127.0.0.1:9/\"\n")
}

fn resident(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find(|l| l.starts_with("VmRSS:"));
    line.and_then(|l| l.split_whitespace().nth(1)?.parse().ok())
        .unwrap_or_default()
}

fn thread_waits_for_terminal(pid: u32) -> bool {
    let Ok(tasks) = std::fs::read_dir(format!("/proc/{pid}/task")) else {
        return false;
    };
    tasks.flatten().any(|task| {
        let read = |name: &str| std::fs::read_to_string(task.path().join(name)).unwrap_or_default();
        read("comm").trim() == "terminal"
            && read("syscall").split_whitespace().nth(1) == Some("0x1")
    })
}

#[test]
fn a_terminal_that_stops_reading_holds_nothing_up_and_sees_the_newest_frame_when_it_reads_again() {
    let home = home();
    let mut pty = console(&home);
    let before = resident(pty.pid());
    pty.stall(true);
    // Help opened and closed: each a whole screen of other text. Far more than a line holds.
    let since = Instant::now();
    for _ in 0..300 {
        pty.send("?");
        std::thread::sleep(Duration::from_millis(5));
        pty.send("q");
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(
        thread_waits_for_terminal(pty.pid()),
        "the line is full by now"
    );
    // More keys than the line keeps for a program that does not read them: it reads them.
    for _ in 0..200 {
        pty.send(&"j".repeat(30));
        std::thread::sleep(Duration::from_millis(5));
    }
    for key in [":", "c", "o", "n", "n", "e", "c", "t"] {
        pty.send(key);
        std::thread::sleep(Duration::from_millis(20));
    }
    let typed = since.elapsed();
    std::thread::sleep(Duration::from_millis(300));
    let after = resident(pty.pid());
    assert!(
        after < before + 8 * 1024,
        "{before} KiB before, {after} KiB while the terminal did not read"
    );
    let raw = pty.raw().len();
    pty.stall(false);
    pty.wait_for("› connect");
    let late = pty.raw().len() - raw;
    eprintln!(
        "typed for {typed:?} into a stalled terminal; memory {before} → {after} KiB; {late} bytes came after it"
    );
    // What was kept: what the line held, one frame that waited, and the newest one; not the hundreds between.
    assert!(late < 400 * 1024, "{late} bytes");
    pty.send("\x1b");
    // Together with the next key it would be another key.
    pty.wait_until("the list of commands closed", |s| {
        !s.contents().contains("› connect")
    });
    pty.send("Q");
    assert!(pty.wait_end().success());
}

#[test]
fn a_program_whose_terminal_does_not_read_still_ends_when_told() {
    let home = home();
    let mut pty = console(&home);
    pty.stall(true);
    for _ in 0..200 {
        pty.send("?");
        std::thread::sleep(Duration::from_millis(5));
        pty.send("q");
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(
        thread_waits_for_terminal(pty.pid()),
        "the line is full by now"
    );
    let since = Instant::now();
    let pid = Pid::from_raw(pty.pid().try_into().unwrap()).unwrap();
    kill_process(pid, Signal::TERM).unwrap();
    pty.wait_end();
    let took = since.elapsed();
    eprintln!("ended after {took:?}");
    assert!(took < Duration::from_secs(8), "{took:?}");
    pty.stall(false);
    pty.wait_until("the terminal given back", |s| !s.alternate_screen());
    assert!(pty.is_cooked());
}
