//! The terminal is taken and given back, on a real pseudo-terminal.

use std::io::Write as _;
use std::time::Duration;

use crossterm::event::Event;
use mongodeck::input::{Code, Key};
use mongodeck::terminal::{Asked, Heard, Inlet, Mouse, Screen, Signals, install_panic_hook};
use ratatui::widgets::Paragraph;

use crate::support::pty::Pty;

/// Set for the program at the far end, which is this test program itself.
const FAR: &str = "MONGODECK_TEST_FAR_END";

/// What was typed or pasted, in few words: how many characters, and a sum over them that tells their order.
fn tally(text: impl Iterator<Item = char>) -> String {
    let (mut many, mut sum) = (0_u64, 0_u64);
    for c in text {
        many += 1;
        sum = sum.wrapping_mul(31).wrapping_add(u64::from(c)) % 1_000_003;
    }
    format!("{many} of {sum}")
}

/// The smallest console: shows its size and what came last, after `{` how much was typed until `}`, and on `e` gives the
/// What a person did, if it is that.
fn done(heard: Heard) -> Option<Event> {
    match heard {
        Heard::Event(event) => Some(event),
        Heard::Ground(_) => None,
    }
}

/// terminal to another program for a line.
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
        let mut inlet = Inlet::open().unwrap();
        let mut last = "nothing".to_owned();
        let mut typed: Option<Vec<char>> = None;
        loop {
            let paint = |frame: &mut ratatui::Frame<'_>| {
                let area = frame.area();
                let text = format!("ready {}x{}: {last}", area.width, area.height);
                frame.render_widget(Paragraph::new(text), area);
            };
            if screen.draw(paint).is_err() {
                break;
            }
            inlet.go_on().unwrap();
            let event = tokio::select! {
                event = inlet.next() => event,
                asked = signals.next() => match asked {
                    Asked::Leave | Asked::Panicked => break,
                    Asked::Resume => {
                        screen.wake().unwrap();
                        continue;
                    }
                },
            };
            // As the console does, one frame serves all that is there.
            let mut some: Vec<Event> = Vec::from_iter(event.and_then(done));
            while let Some(Event::Key(event)) = some.last()
                && let Some(typed) = &mut typed
                && let Some(Code::Char(c)) = Key::from_event(event).map(Key::code)
                && c != '}'
            {
                typed.push(c);
                some = Vec::from_iter(inlet.at_hand().and_then(done));
            }
            match some.pop() {
                Some(Event::Key(event)) => {
                    let Some(key) = Key::from_event(&event) else {
                        continue;
                    };
                    last = key.to_string();
                    match (key.code(), key.ctrl()) {
                        (Code::Char('q'), false) => break,
                        (Code::Char('{'), false) => typed = Some(Vec::new()),
                        (Code::Char('}'), false) => {
                            let all = typed.take().unwrap();
                            last = format!("typed {}", tally(all.into_iter()));
                        }
                        (Code::Char('e'), false) => {
                            inlet.pause();
                            screen.leave();
                            std::io::stdout().write_all(b"the other program\n").unwrap();
                            let mut line = String::new();
                            std::io::stdin().read_line(&mut line).unwrap();
                            screen.resume().unwrap();
                            last = format!("the other took {}", line.trim());
                        }
                        (Code::Char('c'), false) => drop(screen.copy("a value").unwrap()),
                        (Code::Char('z'), true) => {
                            inlet.pause();
                            screen.suspend().await.unwrap();
                        }
                        (Code::Char('p'), false) => {
                            drop(tokio::spawn(async { panic!("on purpose") }).await);
                        }
                        _ => {}
                    }
                }
                Some(Event::Paste(text)) if text.len() > 20 => {
                    last = format!("pasted {}", tally(text.chars()));
                }
                Some(Event::Paste(text)) => last = format!("pasted {}", text.replace('\r', "/")),
                Some(_) => {}
                // All that was at hand was typed.
                None if typed.is_some() => {}
                None => break,
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

/// A megabyte of text, each line of its own.
fn megabyte() -> String {
    let lines = (0..).map(|n| format!("line {n} of é and 漢;"));
    let mut text = String::new();
    for line in lines {
        if text.len() > 1 << 20 {
            break;
        }
        text.push_str(&line);
    }
    text
}

#[test]
fn a_megabyte_arrives_whole_typed_or_pasted() {
    let mut pty = console();
    let text = megabyte();
    let all = tally(text.chars());
    // Nothing is sent after it that could bring the rest along.
    pty.send(&format!("{{{text}}}"));
    pty.wait_for(&format!(": typed {all}"));
    pty.send(&format!("\x1b[200~{text}\x1b[201~"));
    pty.wait_for(&format!(": pasted {all}"));
    pty.send("q");
    assert!(pty.wait_end().success());
}

#[test]
fn keys_that_come_together_with_a_change_of_size_wait_for_nothing() {
    let mut pty = console();
    for round in 0..60 {
        let (columns, key) = (41 + round % 2, ["G", "H", "I"][usize::from(round % 3)]);
        // Both are there when the program looks: it is stopped meanwhile.
        let pid = rustix::process::Pid::from_raw(pty.pid().try_into().unwrap()).unwrap();
        rustix::process::kill_process(pid, rustix::process::Signal::STOP).unwrap();
        pty.resize(columns, 10);
        pty.send(key);
        rustix::process::kill_process(pid, rustix::process::Signal::CONT).unwrap();
        pty.wait_for(&format!("ready {columns}x10: {key}"));
    }
}

#[test]
fn a_sequence_or_a_character_that_was_cut_is_one_key() {
    let mut pty = console();
    for (parts, seen) in [
        (["\x1b", "[5~"].as_slice(), "page-up"),
        (&["\x1b[", "6", "~"], "page-down"),
        (&["\x1bO", "P"], "f1"),
        (&["\x1b[20", "0~cut\x1b[20", "1~"], "pasted cut"),
    ] {
        for part in parts {
            pty.send(part);
        }
        pty.wait_for(&format!(": {seen}"));
    }
    pty.send_bytes(&[0xe6, 0xbc]);
    std::thread::sleep(Duration::from_millis(100));
    pty.send_bytes(&[0xa2]);
    pty.wait_for(": 漢");
    pty.send("\x1b");
    pty.wait_for(": esc");
    pty.send("\x1bx");
    pty.wait_for(": alt-x");
}

#[test]
fn another_program_has_the_terminal_to_itself_and_gives_it_back() {
    let mut pty = console();
    for round in 0..20 {
        pty.send("e");
        pty.wait_for("the other program");
        pty.send(&format!("word{round}\r"));
        pty.wait_for(&format!(": the other took word{round}"));
        pty.send("G");
        pty.wait_for(": G");
    }
    // What is typed ahead of it, too.
    pty.send("e");
    pty.wait_until("the shell's screen", |s| !s.alternate_screen());
    pty.send("one line\rG");
    pty.wait_for(": G");
    pty.send("q");
    assert!(pty.wait_end().success());
    assert_given_back(&pty);
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
