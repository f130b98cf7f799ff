//! The terminal is taken and given back, on a real pseudo-terminal.

use std::time::Duration;

use crossterm::event::{Event, EventStream};
use futures_util::StreamExt as _;
use mongodeck::input::{Code, Key};
use mongodeck::terminal::{Asked, Mouse, Screen, Signals, install_panic_hook};
use ratatui::widgets::Paragraph;

use crate::support::pty::Pty;

/// Set for the program at the far end, which is this test program itself.
const FAR: &str = "MONGODECK_TEST_FAR_END";

/// The smallest console: shows its size and what came last.
#[test]
#[ignore = "the program that the tests of this file run on a terminal"]
fn far_end() {
    if std::env::var_os(FAR).is_none() {
        return;
    }
    install_panic_hook(Some("somewhere.log".into()));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let mut signals = Signals::listen().unwrap();
        let mut screen = Screen::enter(Mouse::On).unwrap();
        let mut events = EventStream::new();
        let mut last = "nothing".to_owned();
        loop {
            let paint = |frame: &mut ratatui::Frame<'_>| {
                let area = frame.area();
                let text = format!("ready {}x{}: {last}", area.width, area.height);
                frame.render_widget(Paragraph::new(text), area);
            };
            if screen.draw(paint).is_err() {
                break;
            }
            let event = tokio::select! {
                event = events.next() => event,
                asked = signals.next() => match asked {
                    Asked::Leave | Asked::Panicked => break,
                    Asked::Resume => {
                        screen.wake().unwrap();
                        continue;
                    }
                },
            };
            match event {
                Some(Ok(Event::Key(event))) => {
                    let Some(key) = Key::from_event(&event) else {
                        continue;
                    };
                    last = key.to_string();
                    match (key.code(), key.ctrl()) {
                        (Code::Char('q'), false) => break,
                        (Code::Char('c'), false) => drop(screen.copy("a value").unwrap()),
                        (Code::Char('z'), true) => screen.suspend().await.unwrap(),
                        (Code::Char('p'), false) => {
                            drop(tokio::spawn(async { panic!("on purpose") }).await);
                        }
                        _ => {}
                    }
                }
                Some(Ok(Event::Paste(text))) => {
                    last = format!("pasted {}", text.replace('\r', "/"))
                }
                Some(Ok(_)) => {}
                _ => break,
            }
        }
    });
    runtime.shutdown_timeout(Duration::from_millis(100));
}

const FAR_END: [&str; 5] = [
    "terminal::far_end",
    "--exact",
    "--ignored",
    "--nocapture",
    "-q",
];

fn program() -> String {
    std::env::current_exe()
        .unwrap()
        .to_str()
        .unwrap()
        .to_owned()
}

fn console() -> Pty {
    let pty = Pty::spawn(&program(), &FAR_END, &[(FAR, "1")], (40, 10));
    pty.wait_for("ready 40x10: nothing");
    pty
}

/// Everything that was turned on is off again.
fn assert_given_back(pty: &Pty) {
    pty.wait_until("the terminal given back", |screen| {
        !screen.alternate_screen()
            && !screen.bracketed_paste()
            && !screen.hide_cursor()
            && screen.mouse_protocol_mode() == vt100::MouseProtocolMode::None
    });
    assert!(pty.is_cooked(), "lines are edited and echoed again");
}

#[test]
fn the_terminal_is_taken_and_given_back_as_it_was() {
    let mut pty = console();
    assert!(!pty.is_cooked());
    pty.wait_until("everything turned on", |screen| {
        screen.alternate_screen()
            && screen.bracketed_paste()
            && screen.mouse_protocol_mode() != vt100::MouseProtocolMode::None
    });
    pty.send("q");
    assert!(pty.wait_end().success());
    assert_given_back(&pty);
}

#[test]
fn keys_pastes_copies_and_sizes_arrive() {
    let mut pty = console();
    for (sent, seen) in [
        ("G", "G"),
        ("\x1b[5~", "page-up"),
        ("\x1b[Z", "shift-tab"),
        ("\x1bx", "alt-x"),
        ("\x1f", "ctrl-_"),
        ("\x1b[200~one\rtwo\x1b[201~", "pasted one/two"),
    ] {
        pty.send(sent);
        pty.wait_for(&format!(": {seen}"));
    }
    pty.resize(60, 5);
    pty.wait_for("ready 60x5");
    pty.send("c");
    pty.wait_for(": c");
    let raw = String::from_utf8(pty.raw()).unwrap();
    assert!(raw.contains("\x1b]52;c;YSB2YWx1ZQ==\x1b\\"), "{raw:?}");
}

#[test]
fn a_panic_gives_the_terminal_back_before_it_is_told() {
    let mut pty = console();
    pty.send("p");
    pty.wait_end();
    assert_given_back(&pty);
    let text = pty.text();
    assert!(
        text.contains("on purpose") && text.contains("`somewhere.log`"),
        "{text}"
    );
}

#[test]
fn signals_that_end_the_program_give_the_terminal_back() {
    use rustix::process::{Pid, Signal, kill_process};
    for signal in [Signal::TERM, Signal::INT, Signal::HUP] {
        let mut pty = console();
        let pid = Pid::from_raw(pty.pid().try_into().unwrap()).unwrap();
        kill_process(pid, signal).unwrap();
        assert!(pty.wait_end().success(), "{signal:?}");
        assert_given_back(&pty);
    }
}

#[test]
fn a_stop_gives_the_terminal_to_the_shell_and_takes_it_again() {
    let variables = [(FAR, "1"), ("PS1", "shell> "), ("ENV", "/dev/null")];
    let mut pty = Pty::spawn("sh", &["-i"], &variables, (60, 12));
    pty.wait_for("shell>");
    pty.send(&format!("'{}' {}\r", program(), FAR_END.join(" ")));
    pty.wait_for("ready 60x12: nothing");
    pty.send("\x1a");
    assert_given_back(&pty);
    pty.send("echo between $((20 + 3))\r");
    pty.wait_for("between 23");
    pty.send("fg\r");
    pty.wait_until("the console again", |screen| {
        screen.alternate_screen() && screen.contents().contains("ready 60x12: ctrl-z")
    });
    pty.send("G");
    pty.wait_for(": G");
    pty.send("q");
    pty.wait_until("the shell again", |screen| !screen.alternate_screen());
    pty.send("exit\r");
    pty.wait_end();
}

#[test]
fn a_stop_where_no_shell_can_wake_the_program_is_passed_over() {
    let mut pty = console();
    pty.send("\x1a");
    pty.wait_for(": ctrl-z");
    pty.send("q");
    assert!(pty.wait_end().success());
    assert_given_back(&pty);
}
