//! What a terminal sends, as events: keys, pastes, the mouse.
//!
//! Pure: bytes come in as they were read, however they were cut, and time comes in as [`Decoder::give_up`]. Invariant:
//! no byte of text is lost or taken twice, and what is held is one sequence that has not ended, or the newest part of a
//! paste.

use std::time::Duration;

use crossterm::event::{
    Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};
use memchr::memmem;

/// How long Escape may be the beginning of a sequence that was cut right after it.
const ESCAPE: Duration = Duration::from_millis(25);
/// How long the rest of a sequence is awaited. Nobody types the beginning of one.
const REST: Duration = Duration::from_secs(1);
/// The longest sequence that is looked at.
const LONGEST: usize = 64;
/// The most of a paste that is kept; more of it is handed on in parts.
const PASTE: usize = 8 << 20;

const PASTE_ENDS: &[u8] = b"\x1b[201~";

/// What the bytes at hand begin with.
enum Taken {
    /// As many bytes, and what they mean; `None` for something that means nothing here.
    Whole(usize, Option<Event>),
    /// The colour of the ground that the terminal draws on, in so many bytes.
    Ground(usize, Colour),
    /// The beginning of a paste, so long.
    Paste(usize),
    /// A sequence that has not ended.
    Part,
}

/// Red, green and blue, each from 0 to 65,535.
pub type Colour = [u16; 3];

/// The bytes that are not an event yet.
#[derive(Debug, Default)]
pub struct Decoder {
    held: Vec<u8>,
    ground: Option<Colour>,
    /// The text of a paste that has not ended.
    paste: Option<Vec<u8>>,
}

impl Decoder {
    /// Takes bytes, and tells the events that they complete, in order.
    pub fn feed(&mut self, bytes: &[u8], tell: &mut dyn FnMut(Event)) {
        // An Escape that ended the last bytes, and a character after it, are two keys: a terminal that means a chord
        // sends both at once. Sequences longer than that may have been cut there.
        let cut = self.held == [ESC] && !matches!(bytes.first(), None | Some(b'[' | b'O'));
        if cut {
            self.held.clear();
            tell(key(KeyCode::Esc, KeyModifiers::NONE));
        }
        self.held.extend_from_slice(bytes);
        let mut at = 0;
        loop {
            if self.paste.is_some() {
                // What was before the paste is taken off already.
                let rest = std::mem::take(&mut self.held);
                match self.pasted(&rest, tell) {
                    Some(left) => self.held = left,
                    None => break,
                }
            }
            let rest = self.held.get(at..).unwrap_or_default();
            if rest.is_empty() {
                break;
            }
            match take(rest) {
                Taken::Whole(length, event) => {
                    at += length.max(1);
                    if let Some(event) = event {
                        tell(event);
                    }
                }
                Taken::Ground(length, colour) => {
                    at += length;
                    self.ground = Some(colour);
                }
                Taken::Paste(length) => {
                    self.held.drain(..at + length);
                    at = 0;
                    self.paste = Some(Vec::new());
                }
                Taken::Part if rest.len() > LONGEST => at += rest.len(),
                Taken::Part => break,
            }
        }
        self.held.drain(..at.min(self.held.len()));
    }

    /// Takes more of a paste. What comes after its end, where it has one.
    fn pasted(&mut self, bytes: &[u8], tell: &mut dyn FnMut(Event)) -> Option<Vec<u8>> {
        let text = self.paste.as_mut()?;
        let before = text.len();
        text.extend_from_slice(bytes);
        // The end may have been cut.
        let from = before.saturating_sub(PASTE_ENDS.len() - 1);
        let tail = text.get(from..).unwrap_or_default();
        if let Some(end) = memmem::find(tail, PASTE_ENDS).map(|i| from + i) {
            let left = text.split_off(end + PASTE_ENDS.len());
            text.truncate(end);
            tell(Event::Paste(String::from_utf8_lossy(text).into_owned()));
            self.paste = None;
            return Some(left);
        }
        if text.len() > PASTE {
            let part: Vec<u8> = text.drain(..whole(text)).collect();
            tell(Event::Paste(String::from_utf8_lossy(&part).into_owned()));
        }
        None
    }

    /// How long to wait for more before [`Decoder::give_up`]; `None` while nothing is held that time decides about. A
    /// paste that has begun is not: its rest would be taken for keys.
    #[must_use]
    pub fn patience(&self) -> Option<Duration> {
        match self.held.as_slice() {
            [] => None,
            [ESC] => Some(ESCAPE),
            _ => Some(REST),
        }
    }

    /// What the terminal said of its ground since this was last asked.
    pub fn take_ground(&mut self) -> Option<Colour> {
        self.ground.take()
    }

    /// Ends the waiting for the rest of a sequence: Escape was the key, or a chord with it; a part that is neither is
    /// dropped.
    pub fn give_up(&mut self, tell: &mut dyn FnMut(Event)) {
        let held = std::mem::take(&mut self.held);
        match held.as_slice() {
            [ESC] => tell(key(KeyCode::Esc, KeyModifiers::NONE)),
            [ESC, c @ (b'[' | b'O')] => tell(character(char::from(*c), KeyModifiers::ALT)),
            _ => {}
        }
    }

    /// Ends it all: nothing more is read. What there is of a paste is told.
    pub fn end(&mut self, tell: &mut dyn FnMut(Event)) {
        self.give_up(tell);
        if let Some(text) = self.paste.take().filter(|text| !text.is_empty()) {
            tell(Event::Paste(String::from_utf8_lossy(&text).into_owned()));
        }
    }
}

/// How much of a paste's text can be handed on: no character is parted, nor the two that end a line, nor what may be
/// the paste's end.
fn whole(text: &[u8]) -> usize {
    let most = text.len().saturating_sub(PASTE_ENDS.len());
    (most.saturating_sub(8)..=most)
        .rev()
        .find(|&at| {
            let (before, after) = (at.checked_sub(1).and_then(|i| text.get(i)), text.get(at));
            before != Some(&b'\r') && after.is_none_or(|b| b & 0xc0 != 0x80)
        })
        .unwrap_or(most)
}

const ESC: u8 = 0x1b;

fn key(code: KeyCode, held: KeyModifiers) -> Event {
    Event::Key(KeyEvent::new(code, held))
}

/// A character as it was typed: a capital tells of Shift.
fn character(c: char, held: KeyModifiers) -> Event {
    let shift = match c.is_uppercase() {
        true => KeyModifiers::SHIFT,
        false => KeyModifiers::NONE,
    };
    key(KeyCode::Char(c), held | shift)
}

/// Takes the first event. `bytes` is not empty.
fn take(bytes: &[u8]) -> Taken {
    match bytes {
        [ESC] => Taken::Part,
        [ESC, ESC, ..] => Taken::Whole(1, Some(key(KeyCode::Esc, KeyModifiers::NONE))),
        [ESC, b'[', rest @ ..] => sequence(rest),
        // `ESC ]` alone is a chord; nobody types what follows here as fast as a terminal answers.
        [ESC, b']', rest @ ..] if rest.starts_with(b"1") => ground(rest),
        [ESC, b'O', rest @ ..] => match rest.first() {
            None => Taken::Part,
            Some(&last) => match function(last) {
                Some(event) => Taken::Whole(3, Some(event)),
                None => Taken::Whole(2, Some(character('O', KeyModifiers::ALT))),
            },
        },
        [ESC, rest @ ..] => match plain(rest, KeyModifiers::ALT) {
            Taken::Whole(length, event) => Taken::Whole(length + 1, event),
            other => other,
        },
        rest => plain(rest, KeyModifiers::NONE),
    }
}

/// Takes the answer to a question about the ground's colour, without the `ESC ]` before it: `11;rgb:RRRR/GGGG/BBBB`, ended
/// by BEL or `ESC \`. One to four hexadecimal digits tell of each colour (XParseColor's device-independent form).
fn ground(rest: &[u8]) -> Taken {
    let Some(end) = rest.iter().position(|b| matches!(*b, 0x07 | ESC)) else {
        return Taken::Part;
    };
    let closing = match rest.get(end..) {
        Some([0x07, ..]) => 1,
        Some([ESC, b'\\', ..]) => 2,
        Some([ESC]) => return Taken::Part,
        // Something else began within it.
        _ => 0,
    };
    let length = 2 + end + closing;
    let colour = rest
        .get(..end)
        .and_then(|said| said.strip_prefix(b"11;rgb:"))
        .and_then(|said| std::str::from_utf8(said).ok())
        .and_then(colour);
    match colour {
        Some(colour) => Taken::Ground(length, colour),
        None => Taken::Whole(length, None),
    }
}

fn colour(text: &str) -> Option<Colour> {
    let mut parts = text.split('/').map(|part| {
        let value = u32::from_str_radix(part, 16).ok()?;
        let most = match part.len() {
            1..=4 => (1_u32 << (4 * part.len())) - 1,
            _ => return None,
        };
        u16::try_from(value * 0xffff / most).ok()
    });
    let colour = [parts.next()??, parts.next()??, parts.next()??];
    parts.next().is_none().then_some(colour)
}

/// A key that is one character or one control byte.
fn plain(bytes: &[u8], held: KeyModifiers) -> Taken {
    let Some(&first) = bytes.first() else {
        return Taken::Part;
    };
    let control = held | KeyModifiers::CONTROL;
    let event = match first {
        b'\r' => key(KeyCode::Enter, held),
        b'\t' => key(KeyCode::Tab, held),
        0x7f => key(KeyCode::Backspace, held),
        0 => key(KeyCode::Char(' '), control),
        1..=0x1a => key(KeyCode::Char(char::from(first - 1 + b'a')), control),
        0x1c..=0x1f => key(KeyCode::Char(char::from(first - 0x1c + b'4')), control),
        0x80.. => return beyond_ascii(bytes, held),
        _ => character(char::from(first), held),
    };
    Taken::Whole(1, Some(event))
}

/// A character of two to four bytes. A byte that belongs to none is passed over.
fn beyond_ascii(bytes: &[u8], held: KeyModifiers) -> Taken {
    let some = bytes.get(..4).unwrap_or(bytes);
    match std::str::from_utf8(some) {
        Ok(text) => first_of(text, held),
        Err(error) if error.valid_up_to() > 0 => {
            let text = some.get(..error.valid_up_to()).unwrap_or_default();
            first_of(std::str::from_utf8(text).unwrap_or_default(), held)
        }
        Err(error) => match error.error_len() {
            Some(length) => Taken::Whole(length, None),
            None => Taken::Part,
        },
    }
}

fn first_of(text: &str, held: KeyModifiers) -> Taken {
    match text.chars().next() {
        Some(c) => Taken::Whole(c.len_utf8(), Some(character(c, held))),
        None => Taken::Whole(1, None),
    }
}

/// The keys that some terminals report as `ESC O` and a letter.
fn function(last: u8) -> Option<Event> {
    let code = match last {
        b'P'..=b'S' => KeyCode::F(1 + last - b'P'),
        b'M' => KeyCode::Enter,
        b'a'..=b'd' => {
            return Some(key(
                cursor(last.to_ascii_uppercase())?,
                KeyModifiers::CONTROL,
            ));
        }
        _ => cursor(last)?,
    };
    Some(key(code, KeyModifiers::NONE))
}

fn cursor(last: u8) -> Option<KeyCode> {
    Some(match last {
        b'A' => KeyCode::Up,
        b'B' => KeyCode::Down,
        b'C' => KeyCode::Right,
        b'D' => KeyCode::Left,
        b'H' => KeyCode::Home,
        b'F' => KeyCode::End,
        _ => return None,
    })
}

/// Takes a control sequence, without the `ESC [` before it.
fn sequence(rest: &[u8]) -> Taken {
    match rest {
        // The Linux console's function keys.
        [b'[', last @ b'A'..=b'E', ..] => {
            let code = KeyCode::F(1 + last - b'A');
            return Taken::Whole(4, Some(key(code, KeyModifiers::NONE)));
        }
        [b'['] => return Taken::Part,
        // The mouse of terminals that know no better: three bytes.
        [b'M', button, column, row, ..] => {
            let at = |b: &u8| u16::from(b.saturating_sub(32));
            let event = mouse(at(button), at(column), at(row), false);
            return Taken::Whole(6, event);
        }
        [b'M', ..] => return Taken::Part,
        _ => {}
    }
    let Some(end) = rest.iter().position(|b| !matches!(b, 0x20..=0x3f)) else {
        return Taken::Part;
    };
    let (Some(parameters), Some(&last)) = (rest.get(..end), rest.get(end)) else {
        return Taken::Part;
    };
    if !matches!(last, 0x40..=0x7e) {
        // Something else began within it.
        return Taken::Whole(2 + end, None);
    }
    let length = 2 + end + 1;
    if (parameters, last) == (b"200", b'~') {
        return Taken::Paste(length);
    }
    Taken::Whole(length, meaning(parameters, last))
}

/// The numbers between semicolons; each is what stands before its first colon.
fn numbers(parameters: &[u8]) -> [Option<u32>; 3] {
    let mut found = [None; 3];
    for (slot, part) in found.iter_mut().zip(parameters.split(|b| *b == b';')) {
        let head = part.split(|b| *b == b':').next().unwrap_or_default();
        *slot = std::str::from_utf8(head).ok().and_then(|s| s.parse().ok());
    }
    found
}

/// What a whole control sequence means.
fn meaning(parameters: &[u8], last: u8) -> Option<Event> {
    if let Some(report) = parameters.strip_prefix(b"<") {
        let [button, column, row] = numbers(report);
        let short = |n: Option<u32>| n.and_then(|n| u16::try_from(n).ok());
        return match last {
            b'M' | b'm' => mouse(short(button)?, short(column)?, short(row)?, last == b'm'),
            _ => None,
        };
    }
    // An answer about the terminal, to a question of somebody else.
    if matches!(parameters.first(), Some(b'<'..=b'?')) {
        return None;
    }
    let [first, second, third] = numbers(parameters);
    let held = modifiers(second.unwrap_or(1));
    let code = match last {
        b'Z' => return Some(key(KeyCode::BackTab, held | KeyModifiers::SHIFT)),
        b'I' => return Some(Event::FocusGained),
        b'O' => return Some(Event::FocusLost),
        b'P'..=b'S' => KeyCode::F(1 + last - b'P'),
        b'a'..=b'd' if parameters.is_empty() => {
            let code = cursor(last.to_ascii_uppercase())?;
            return Some(key(code, KeyModifiers::SHIFT));
        }
        b'~' if first == Some(27) => return chord(third?, held),
        b'u' => return chord(first?, held).map(|e| of_kind(e, parameters)),
        b'~' => numbered(first?)?,
        _ => cursor(last)?,
    };
    Some(of_kind(key(code, held), parameters))
}

/// The key event as one of its kind, where the terminal tells: `…;MODIFIERS:KIND`, and 3 is a release.
fn of_kind(event: Event, parameters: &[u8]) -> Event {
    let second = parameters.split(|b| *b == b';').nth(1).unwrap_or_default();
    let kind = match second.split(|b| *b == b':').nth(1) {
        Some(b"2") => KeyEventKind::Repeat,
        Some(b"3") => KeyEventKind::Release,
        _ => KeyEventKind::Press,
    };
    match event {
        Event::Key(key) => Event::Key(KeyEvent { kind, ..key }),
        other => other,
    }
}

fn modifiers(number: u32) -> KeyModifiers {
    let bits = number.saturating_sub(1);
    [
        (1, KeyModifiers::SHIFT),
        (2, KeyModifiers::ALT),
        (4, KeyModifiers::CONTROL),
        (8, KeyModifiers::SUPER),
        (16, KeyModifiers::HYPER),
        (32, KeyModifiers::META),
    ]
    .into_iter()
    .filter(|(bit, _)| bits & bit != 0)
    .fold(KeyModifiers::NONE, |all, (_, one)| all | one)
}

/// A key that is told by its character's number, as terminals do that tell chords apart.
fn chord(number: u32, held: KeyModifiers) -> Option<Event> {
    let shift = held.contains(KeyModifiers::SHIFT);
    let code = match number {
        13 => KeyCode::Enter,
        9 if shift => KeyCode::BackTab,
        9 => KeyCode::Tab,
        27 => KeyCode::Esc,
        8 | 127 => KeyCode::Backspace,
        _ => {
            let c = char::from_u32(number).filter(|c| !c.is_control())?;
            return Some(character(c, held));
        }
    };
    Some(key(code, held))
}

fn numbered(number: u32) -> Option<KeyCode> {
    let function =
        |base: u32, first: u8| u8::try_from(number - base).map(|n| KeyCode::F(first + n));
    match number {
        1 | 7 => Some(KeyCode::Home),
        2 => Some(KeyCode::Insert),
        3 => Some(KeyCode::Delete),
        4 | 8 => Some(KeyCode::End),
        5 => Some(KeyCode::PageUp),
        6 => Some(KeyCode::PageDown),
        11..=15 => function(11, 1).ok(),
        17..=21 => function(17, 6).ok(),
        23..=26 => function(23, 11).ok(),
        28..=29 => function(28, 15).ok(),
        31..=34 => function(31, 17).ok(),
        _ => None,
    }
}

/// A report of the mouse; columns and rows are counted from one.
fn mouse(button: u16, column: u16, row: u16, released: bool) -> Option<Event> {
    let which = match button & 0b11 {
        0 => MouseButton::Left,
        1 => MouseButton::Middle,
        _ => MouseButton::Right,
    };
    let moved = button & 32 != 0;
    let kind = match (button & 0b1100_0000, button & 0b11) {
        (0, 3) if moved => MouseEventKind::Moved,
        (0, 3) => MouseEventKind::Up(MouseButton::Left),
        (0, _) if released => MouseEventKind::Up(which),
        (0, _) if moved => MouseEventKind::Drag(which),
        (0, _) => MouseEventKind::Down(which),
        (64, 0) => MouseEventKind::ScrollUp,
        (64, 1) => MouseEventKind::ScrollDown,
        (64, 2) => MouseEventKind::ScrollLeft,
        (64, _) => MouseEventKind::ScrollRight,
        _ => return None,
    };
    let held = [
        (4, KeyModifiers::SHIFT),
        (8, KeyModifiers::ALT),
        (16, KeyModifiers::CONTROL),
    ];
    let modifiers = held
        .into_iter()
        .filter(|(bit, _)| button & bit != 0)
        .fold(KeyModifiers::NONE, |all, (_, one)| all | one);
    Some(Event::Mouse(MouseEvent {
        kind,
        column: column.saturating_sub(1),
        row: row.saturating_sub(1),
        modifiers,
    }))
}

#[cfg(test)]
mod tests;
