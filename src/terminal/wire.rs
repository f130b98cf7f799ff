//! Frames as bytes: as few as will do, and none that the data chose.
//!
//! Keeps what the terminal was last told (pen, place, cursor), so that a frame says only what differs, and hands a whole
//! frame to the system at once. Invariant: no control character, no C1 and no bidirectional control of a cell is ever
//! sent, whoever drew it.

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use ratatui::backend::{Backend, ClearType, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};
use ratatui::style::{Color, Modifier};
use unicode_width::UnicodeWidthStr;

/// A frame of more bytes than this is wrapped so that the terminal shows it in one go. Smaller ones arrive in one piece
/// anyway.
const TORN: usize = 1400;

/// What a cell is drawn with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Pen {
    fg: Color,
    bg: Color,
    modifier: Modifier,
}

/// Where the terminal will write next.
#[derive(Debug, Clone, Copy)]
struct Place {
    at: Position,
    /// Reached over plain ASCII only, so that the terminal cannot have counted otherwise.
    exact: bool,
}

/// A ratatui backend that writes to `W`.
#[derive(Debug)]
pub struct Wire<W: Write> {
    out: W,
    /// Nothing is written while this is false: the terminal belongs to somebody else.
    open: Option<&'static AtomicBool>,
    frame: Vec<u8>,
    pen: Option<Pen>,
    place: Option<Place>,
    cursor_shown: Option<bool>,
    width: std::cell::Cell<u16>,
    sent: u64,
}

impl<W: Write> Wire<W> {
    /// Writes to `out`, always.
    pub fn new(out: W) -> Self {
        Self {
            out,
            open: None,
            frame: Vec::new(),
            pen: None,
            place: None,
            cursor_shown: None,
            width: std::cell::Cell::new(0),
            sent: 0,
        }
    }

    /// Writes to `out` while `open` says so, and fails otherwise.
    pub(super) fn gated(out: W, open: &'static AtomicBool) -> Self {
        Self {
            open: Some(open),
            ..Self::new(out)
        }
    }

    /// Bytes sent since the start.
    #[must_use]
    pub fn sent(&self) -> u64 {
        self.sent
    }

    /// Forgets what the terminal was told, because somebody else wrote to it.
    pub fn forget(&mut self) {
        self.frame.clear();
        self.pen = None;
        self.place = None;
        self.cursor_shown = None;
    }

    /// Queues a sequence that moves nothing and draws nothing.
    pub(super) fn queue(&mut self, sequence: &str) {
        self.frame.extend_from_slice(sequence.as_bytes());
    }

    fn go(&mut self, to: Position) {
        let mut best = format!("\x1b[{};{}H", to.y + 1, to.x + 1);
        if to.x == 0 {
            best = format!("\x1b[{}H", to.y + 1);
        }
        if to == Position::ORIGIN {
            best = "\x1b[H".into();
        }
        if let Some(place) = self.place {
            let from = place.at;
            if from == to {
                return;
            }
            let other = match (to.y, to.x) {
                (y, 0) if y == from.y => Some("\r".to_owned()),
                (y, 0) if y == from.y + 1 => Some("\r\n".to_owned()),
                (y, x) if y == from.y && place.exact && x == from.x + 1 => Some("\x1b[C".into()),
                (y, x) if y == from.y && place.exact && x > from.x => {
                    Some(format!("\x1b[{}C", x - from.x))
                }
                (y, x) if y == from.y => Some(format!("\x1b[{}G", x + 1)),
                _ => None,
            };
            if let Some(other) = other
                && other.len() < best.len()
            {
                best = other;
            }
        }
        self.frame.extend_from_slice(best.as_bytes());
        self.place = Some(Place {
            at: to,
            exact: true,
        });
    }

    fn dip(&mut self, to: Pen) {
        if self.pen == Some(to) {
            return;
        }
        let mut whole = vec![0];
        turn(Pen::default(), to, &mut whole);
        let mut codes = whole;
        if let Some(from) = self.pen {
            let mut partial = Vec::new();
            turn(from, to, &mut partial);
            if length(&partial) < length(&codes) {
                codes = partial;
            }
        }
        let text: Vec<String> = match codes.as_slice() {
            [0] => Vec::new(),
            codes => codes.iter().map(u16::to_string).collect(),
        };
        let _ = write!(self.frame, "\x1b[{}m", text.join(";"));
        self.pen = Some(to);
    }

    fn put(&mut self, symbol: &str) {
        let clean = harmless(symbol);
        self.frame.extend_from_slice(clean.as_bytes());
        let ascii = clean.len() == 1;
        let advance = if ascii { 1 } else { clean.width() };
        let width = self.width.get();
        self.place = self.place.and_then(|place| {
            let x = place.at.x.checked_add(1)?;
            // After the last column terminals differ in where the cursor stands; after wide text in how far it went.
            (advance == 1 && (width == 0 || x < width)).then_some(Place {
                at: Position::new(x, place.at.y),
                exact: place.exact && ascii,
            })
        });
    }
}

/// A cell's text without anything that a terminal obeys or that turns the order of a line. What is left of nothing is a
/// replacement mark.
fn harmless(symbol: &str) -> std::borrow::Cow<'_, str> {
    if !symbol.is_empty() && !symbol.chars().any(is_harmful) {
        return symbol.into();
    }
    let left: String = symbol.chars().filter(|c| !is_harmful(*c)).collect();
    if left.width() == 0 {
        return if symbol.is_empty() { " " } else { "\u{fffd}" }.into();
    }
    left.into()
}

fn is_harmful(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{206f}' | '\u{fff9}'..='\u{fffb}'
        )
}

fn length(codes: &[u16]) -> usize {
    let digits = |n: &u16| match n {
        0..=9 => 1,
        10..=99 => 2,
        _ => 3,
    };
    codes.iter().map(digits).sum::<usize>() + codes.len().saturating_sub(1)
}

/// The codes that turn one pen into another.
fn turn(from: Pen, to: Pen, codes: &mut Vec<u16>) {
    let gone = from.modifier - to.modifier;
    let mut new = to.modifier - from.modifier;
    let weight = Modifier::BOLD | Modifier::DIM;
    if gone.intersects(weight) {
        codes.push(22);
        new |= to.modifier & weight;
    }
    let blink = Modifier::SLOW_BLINK | Modifier::RAPID_BLINK;
    if gone.intersects(blink) {
        codes.push(25);
        new |= to.modifier & blink;
    }
    for (modifier, off) in [
        (Modifier::ITALIC, 23),
        (Modifier::UNDERLINED, 24),
        (Modifier::REVERSED, 27),
        (Modifier::HIDDEN, 28),
        (Modifier::CROSSED_OUT, 29),
    ] {
        if gone.contains(modifier) {
            codes.push(off);
        }
    }
    for (modifier, on) in [
        (Modifier::BOLD, 1),
        (Modifier::DIM, 2),
        (Modifier::ITALIC, 3),
        (Modifier::UNDERLINED, 4),
        (Modifier::SLOW_BLINK, 5),
        (Modifier::RAPID_BLINK, 6),
        (Modifier::REVERSED, 7),
        (Modifier::HIDDEN, 8),
        (Modifier::CROSSED_OUT, 9),
    ] {
        if new.contains(modifier) {
            codes.push(on);
        }
    }
    if from.fg != to.fg {
        ink(to.fg, 30, codes);
    }
    if from.bg != to.bg {
        ink(to.bg, 40, codes);
    }
}

fn ink(color: Color, base: u16, codes: &mut Vec<u16>) {
    let bright = base + 60;
    match color {
        Color::Reset => codes.push(base + 9),
        Color::Black => codes.push(base),
        Color::Red => codes.push(base + 1),
        Color::Green => codes.push(base + 2),
        Color::Yellow => codes.push(base + 3),
        Color::Blue => codes.push(base + 4),
        Color::Magenta => codes.push(base + 5),
        Color::Cyan => codes.push(base + 6),
        Color::Gray => codes.push(base + 7),
        Color::DarkGray => codes.push(bright),
        Color::LightRed => codes.push(bright + 1),
        Color::LightGreen => codes.push(bright + 2),
        Color::LightYellow => codes.push(bright + 3),
        Color::LightBlue => codes.push(bright + 4),
        Color::LightMagenta => codes.push(bright + 5),
        Color::LightCyan => codes.push(bright + 6),
        Color::White => codes.push(bright + 7),
        Color::Indexed(i) => codes.extend([base + 8, 5, u16::from(i)]),
        Color::Rgb(r, g, b) => {
            codes.extend([base + 8, 2, u16::from(r), u16::from(g), u16::from(b)]);
        }
    }
}

impl<W: Write> Backend for Wire<W> {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        for (x, y, cell) in content {
            self.go(Position::new(x, y));
            self.dip(Pen {
                fg: cell.fg,
                bg: cell.bg,
                modifier: cell.modifier,
            });
            self.put(cell.symbol());
        }
        Ok(())
    }

    fn append_lines(&mut self, _n: u16) -> io::Result<()> {
        Ok(())
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        if self.cursor_shown != Some(false) {
            self.queue("\x1b[?25l");
            self.cursor_shown = Some(false);
        }
        Ok(())
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        if self.cursor_shown != Some(true) {
            self.queue("\x1b[?25h");
            self.cursor_shown = Some(true);
        }
        Ok(())
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        // Asking the terminal would take its answer from the stream of keys.
        Ok(self.place.map_or(Position::ORIGIN, |place| place.at))
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        self.go(position.into());
        Ok(())
    }

    fn clear(&mut self) -> io::Result<()> {
        self.clear_region(ClearType::All)
    }

    fn clear_region(&mut self, clear_type: ClearType) -> io::Result<()> {
        // Erased cells take the ground of the pen.
        self.dip(Pen::default());
        self.queue(match clear_type {
            ClearType::All => "\x1b[2J",
            ClearType::AfterCursor => "\x1b[J",
            ClearType::BeforeCursor => "\x1b[1J",
            ClearType::CurrentLine => "\x1b[2K",
            ClearType::UntilNewLine => "\x1b[K",
        });
        Ok(())
    }

    fn size(&self) -> io::Result<Size> {
        let (width, height) = crossterm::terminal::size()?;
        self.width.set(width);
        Ok(Size { width, height })
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        Ok(WindowSize {
            columns_rows: self.size()?,
            pixels: Size::ZERO,
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.open.is_some_and(|open| !open.load(Ordering::SeqCst)) {
            self.forget();
            return Err(io::Error::other("the terminal has been given back"));
        }
        if self.frame.is_empty() {
            return Ok(());
        }
        if self.frame.len() > TORN {
            self.frame.splice(0..0, *b"\x1b[?2026h");
            self.frame.extend_from_slice(b"\x1b[?2026l");
        }
        self.out.write_all(&self.frame)?;
        self.sent += self.frame.len() as u64;
        self.frame.clear();
        self.frame.shrink_to(64 * 1024);
        self.out.flush()
    }
}

#[cfg(test)]
mod tests;
