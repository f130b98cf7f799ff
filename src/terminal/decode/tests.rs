//! What is sent, and what is told of it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use proptest::prelude::*;

use super::*;

/// The events of some reads, in words; `…` is where nothing came for as long as is waited.
fn told(reads: &[&[u8]]) -> String {
    let mut decoder = Decoder::default();
    let mut words = Vec::new();
    let mut tell = |event: Event| words.push(word(&event));
    for read in reads {
        match *read {
            b"..." => decoder.give_up(&mut tell),
            bytes => decoder.feed(bytes, &mut tell),
        }
    }
    words.join(" ")
}

fn word(event: &Event) -> String {
    match event {
        Event::Key(key) if key.kind == KeyEventKind::Release => "-".to_owned(),
        Event::Key(key) => key_word(key),
        Event::Paste(text) => format!("paste({text})"),
        Event::Mouse(mouse) => format!("{:?}@{},{}", mouse.kind, mouse.column, mouse.row),
        Event::Resize(..) => "resize".to_owned(),
        Event::FocusGained => "focus".to_owned(),
        Event::FocusLost => "no-focus".to_owned(),
    }
}

fn key_word(key: &KeyEvent) -> String {
    let (name, typed) = match key.code {
        KeyCode::Char(' ') => ("space".to_owned(), true),
        KeyCode::Char(c) => (c.to_string(), true),
        KeyCode::F(n) => (format!("f{n}"), false),
        code => (format!("{code:?}").to_lowercase(), false),
    };
    let mut word = String::new();
    for (held, prefix) in [
        (KeyModifiers::CONTROL, "ctrl-"),
        (KeyModifiers::ALT, "alt-"),
        (KeyModifiers::SHIFT, "shift-"),
    ] {
        // A capital is told with Shift.
        if key.modifiers.contains(held) && !(typed && held == KeyModifiers::SHIFT) {
            word.push_str(prefix);
        }
    }
    word + &name
}

#[test]
fn every_key_that_a_terminal_sends_is_told() {
    for (sent, meant) in [
        ("aB1 é漢🙂", "a B 1 space é 漢 🙂"),
        ("\r\t\x7f\x08", "enter tab backspace ctrl-h"),
        ("\x00\x01\x11\x1a", "ctrl-space ctrl-a ctrl-q ctrl-z"),
        ("\x1c\x1d\x1e\x1f", "ctrl-4 ctrl-5 ctrl-6 ctrl-7"),
        ("\x1b[A\x1b[B\x1b[C\x1b[D", "up down right left"),
        ("\x1bOA\x1bOB\x1bOC\x1bOD", "up down right left"),
        (
            "\x1b[H\x1b[F\x1b[1~\x1b[4~\x1b[7~\x1b[8~",
            "home end home end home end",
        ),
        (
            "\x1b[2~\x1b[3~\x1b[5~\x1b[6~",
            "insert delete pageup pagedown",
        ),
        ("\x1bOP\x1bOQ\x1bOR\x1bOS", "f1 f2 f3 f4"),
        (
            "\x1b[11~\x1b[15~\x1b[17~\x1b[21~\x1b[24~",
            "f1 f5 f6 f10 f12",
        ),
        ("\x1b[[A\x1b[[E", "f1 f5"),
        (
            "\x1b[1;5A\x1b[1;2D\x1b[1;3H\x1b[3;5~",
            "ctrl-up shift-left alt-home ctrl-delete",
        ),
        ("\x1b[1;2R\x1b[15;5~", "shift-f3 ctrl-f5"),
        ("\x1b[a\x1bOa", "shift-up ctrl-up"),
        ("\x1b[Z", "shift-backtab"),
        (
            "\x1bx\x1bX\x1b\r\x1b\x7f\x1bé",
            "alt-x alt-X alt-enter alt-backspace alt-é",
        ),
        (
            "\x1b[27;5;9~\x1b[13;5u\x1b[97;5u\x1b[9;2u",
            "ctrl-tab ctrl-enter ctrl-a shift-backtab",
        ),
        ("\x1b[97;1:3ua", "- a"),
        ("\x1b[<0;3;4M\x1b[<0;3;4m", "Down(Left)@2,3 Up(Left)@2,3"),
        (
            "\x1b[<64;300;4M\x1b[<65;3;4M",
            "ScrollUp@299,3 ScrollDown@2,3",
        ),
        ("\x1b[<34;3;4M", "Drag(Right)@2,3"),
        ("\x1b[M !!a", "Down(Left)@0,0 a"),
        ("\x1b[I\x1b[O", "focus no-focus"),
        ("\x1b\x1b[A", "esc up"),
        // What nobody asked for means nothing, and takes nothing with it.
        ("\x1b[?62;4c\x1b[?2026;2$yb", "b"),
        ("\x1b[99999999999999~c", "c"),
        ("\x1b[1;5\x1b[Bd", "down d"),
        ("\x1b[1;5\rd", "enter d"),
    ] {
        assert_eq!(told(&[sent.as_bytes()]), meant, "{sent:?}");
        // However it is cut, but after an Escape: there time tells a key from a sequence.
        for at in 1..sent.len() {
            let (a, b) = sent.as_bytes().split_at(at);
            if a.ends_with(b"\x1b") && !matches!(b[0], b'[' | b'O') {
                continue;
            }
            assert_eq!(told(&[a, b]), meant, "{sent:?} cut at {at}");
        }
    }
}

#[test]
fn escape_is_a_key_once_nothing_follows_it() {
    assert_eq!(told(&[b"\x1b"]), "");
    assert_eq!(told(&[b"\x1b", b"..."]), "esc");
    assert_eq!(told(&[b"a\x1b", b"...", b"[A"]), "a esc [ A");
    assert_eq!(told(&[b"\x1b", b"[A"]), "up");
    assert_eq!(told(&[b"\x1b[", b"..."]), "alt-[");
    assert_eq!(told(&[b"\x1bO", b"..."]), "alt-O");
    assert_eq!(told(&[b"\x1b[1;", b"...", b"A"]), "A");
    // Two keys, one shortly after the other.
    assert_eq!(told(&[b"\x1b", b"j"]), "esc j");
    assert_eq!(told(&[b"\x1b", b"\x1b", b"..."]), "esc esc");
    let mut decoder = Decoder::default();
    assert_eq!(decoder.patience(), None);
    decoder.feed(b"\x1b", &mut |_| {});
    assert_eq!(decoder.patience(), Some(ESCAPE));
    decoder.feed(b"[", &mut |_| {});
    assert_eq!(decoder.patience(), Some(REST));
}

#[test]
fn a_paste_is_one_text_whatever_is_in_it() {
    let sent = "a\x1b[200~one\rtwo \x1b[A é\x03\x1b[201~b";
    let meant = "a paste(one\rtwo \x1b[A é\x03) b";
    assert_eq!(told(&[sent.as_bytes()]), meant);
    for at in 2..sent.len() {
        let (a, b) = sent.as_bytes().split_at(at);
        assert_eq!(told(&[a, b]), meant, "cut at {at}");
    }
    let single: Vec<&[u8]> = sent.as_bytes().chunks(1).collect();
    assert_eq!(told(&single), meant);
    assert_eq!(told(&[b"\x1b[200~\x1b[201~\x1b[201~c"]), "paste() c");
    // Time does not end it: its rest would be keys.
    assert_eq!(told(&[b"\x1b[200~on", b"...", b"e\x1b[201~"]), "paste(one)");
    let mut decoder = Decoder::default();
    decoder.feed(b"\x1b[200~half", &mut |_| {});
    assert_eq!(decoder.patience(), None);
}

#[test]
fn a_paste_that_is_broken_off_is_told_as_far_as_it_came() {
    let mut decoder = Decoder::default();
    let mut words = Vec::new();
    decoder.feed(b"\x1b[200~hal", &mut |event| words.push(word(&event)));
    decoder.end(&mut |event| words.push(word(&event)));
    assert_eq!(words, ["paste(hal)"]);
}

#[test]
fn a_paste_beyond_all_bounds_is_handed_on_in_parts_that_part_nothing() {
    let line = "a line of é and 漢\r\n";
    let text = line.repeat(2 * PASTE / line.len());
    let sent = format!("\x1b[200~{text}\x1b[201~q");
    let mut decoder = Decoder::default();
    let (mut parts, mut after) = (Vec::new(), 0);
    for read in sent.as_bytes().chunks(4093) {
        decoder.feed(read, &mut |event| match event {
            Event::Paste(part) => parts.push(part),
            _ => after += 1,
        });
    }
    assert!(parts.len() > 1);
    assert!(
        parts
            .iter()
            .all(|p| !p.contains('\u{fffd}') && !p.ends_with('\r'))
    );
    assert!(parts.concat() == text, "all of it, in order");
    assert_eq!(after, 1);
}

#[test]
fn bytes_of_no_character_are_passed_over() {
    assert_eq!(told(&[b"a\xffb\xc3(c\xe2\x82"]), "a b ( c");
    assert_eq!(told(&[b"\xe2\x82", b"\xac"]), "€");
    assert_eq!(told(&[b"\xe2\x82", b"...", b"d"]), "d");
}

proptest! {
    #[test]
    fn no_bytes_are_too_strange_and_none_are_kept(
        reads in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..80), 0..20)
    ) {
        let mut decoder = Decoder::default();
        for read in &reads {
            decoder.feed(read, &mut |_| {});
            prop_assert!(decoder.held.len() <= LONGEST + 4);
        }
    }

    #[test]
    fn typed_text_arrives_however_it_is_cut(
        text in "[ -~à-ÿ一-龥🙂]{0,200}",
        cuts in prop::collection::vec(1usize..9, 0..200)
    ) {
        let mut decoder = Decoder::default();
        let mut typed = String::new();
        let (mut rest, mut cuts) = (text.as_bytes(), cuts.into_iter());
        while !rest.is_empty() {
            let (read, left) = rest.split_at(cuts.next().unwrap_or(64).min(rest.len()));
            rest = left;
            decoder.feed(read, &mut |event| {
                if let Event::Key(KeyEvent { code: KeyCode::Char(c), .. }) = event {
                    typed.push(c);
                }
            });
        }
        prop_assert_eq!(typed, text);
    }
}

#[test]
fn a_terminal_that_tells_its_ground_is_heard_however_the_answer_is_cut() {
    for (said, heard) in [
        (
            &b"\x1b]11;rgb:ffff/8000/0000\x1b\\"[..],
            Some([0xffff, 0x8000, 0]),
        ),
        (b"\x1b]11;rgb:f/8/0\x07", Some([0xffff, 0x8888, 0])),
        (b"\x1b]11;rgb:fff/800\x07", None),
        (b"\x1b]11;red\x07", None),
    ] {
        for cut in [3, 9, said.len() - 1, said.len()] {
            let mut decoder = Decoder::default();
            let mut keys = 0;
            for part in [&said[..cut], &said[cut..]] {
                decoder.feed(part, &mut |_| keys += 1);
            }
            assert_eq!(
                (decoder.take_ground(), keys),
                (heard, 0),
                "{said:?} cut at {cut}"
            );
        }
    }
    assert_eq!(told(&[b"\x1b]", b"1"]), "alt-] 1");
}
