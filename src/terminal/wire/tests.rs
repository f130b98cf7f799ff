//! What is sent is read back by a terminal emulator and compared with what was drawn.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::num::NonZeroU16;

use proptest::prelude::*;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::{Terminal, TerminalOptions, Viewport};

use super::*;

const WIDTH: u16 = 24;
const HEIGHT: u16 = 6;

/// A console that is drawn through the wire, and the emulated terminal at its other end.
struct Line {
    console: Terminal<Wire<Vec<u8>>>,
    far: vt100::Parser,
    last: Vec<u8>,
}

impl Line {
    fn new() -> Self {
        let wire = Wire::new(Vec::new());
        wire.width.set(WIDTH);
        let viewport = Viewport::Fixed(Rect::new(0, 0, WIDTH, HEIGHT));
        let size = |n| NonZeroU16::new(n).unwrap();
        Self {
            console: Terminal::with_options(wire, TerminalOptions { viewport }).unwrap(),
            far: vt100::Parser::new(size(HEIGHT), size(WIDTH), 0),
            last: Vec::new(),
        }
    }

    /// Draws one frame, and gives the bytes that it took.
    fn draw(&mut self, paint: impl FnOnce(&mut Buffer)) -> usize {
        self.console
            .draw(|frame| paint(frame.buffer_mut()))
            .unwrap();
        self.arrive()
    }

    fn arrive(&mut self) -> usize {
        self.last = std::mem::take(&mut self.console.backend_mut().out);
        self.far.process(&self.last);
        self.last.len()
    }

    fn row(&self, y: u16) -> String {
        let rows: Vec<String> = self.far.screen().rows(0, WIDTH).collect();
        rows[usize::from(y)].clone()
    }
}

#[test]
fn a_frame_that_changes_nothing_sends_nothing() {
    let mut line = Line::new();
    let paint = |buffer: &mut Buffer| {
        buffer.set_string(1, 1, "ready", Style::new().green());
    };
    assert!(line.draw(paint) > 0);
    assert_eq!(line.draw(paint), 0);
}

#[test]
fn moving_a_cursor_row_costs_little() {
    let mut line = Line::new();
    let rows = [
        "…9f3a1  Ada   ada@ex.com",
        "…9f3a2  Grace g@ex.com  ",
        "…9f3a3  Edsger e@ex.com ",
    ];
    let paint = |chosen: u16| {
        move |buffer: &mut Buffer| {
            for (y, row) in (0..).zip(rows) {
                let style = if y == chosen {
                    Style::new().bg(Color::Rgb(0x2b, 0x35, 0x50))
                } else {
                    Style::new()
                };
                buffer.set_string(0, y, row, style);
            }
        }
    };
    line.draw(paint(0));
    let bytes = line.draw(paint(1));
    // Two rows of 24 cells, and little more than their text.
    assert!(
        bytes <= 2 * 26 + 40,
        "{bytes}: {:?}",
        String::from_utf8_lossy(&line.last)
    );
}

#[test]
fn no_control_character_of_a_cell_is_sent() {
    for symbol in [
        "\x1b]52;c;AA==\x07",
        "\u{9b}31m",
        "\r\n",
        "\u{202e}",
        "a\u{2066}b",
        "\u{7f}",
        "",
    ] {
        // Straight to the wire: the console's own buffer refuses some of these in a debug build.
        let mut wire = Wire::new(Vec::new());
        let (mut cell, mut after) = (Cell::default(), Cell::default());
        cell.set_symbol(symbol);
        after.set_symbol("z");
        wire.draw([(0, 0, &cell), (0, 1, &after)].into_iter())
            .unwrap();
        wire.flush().unwrap();
        let sent = String::from_utf8(wire.out).unwrap();
        // Only the wire's own sequences are left: each ESC begins a CSI, and there is no other control but CR and LF.
        for (i, c) in sent.char_indices() {
            match c {
                '\x1b' => assert!(sent[i + 1..].starts_with('['), "{sent:?}"),
                '\r' | '\n' => {}
                _ => assert!(!is_harmful(c), "{sent:?}"),
            }
        }
        let mut far = Line::new().far;
        far.process(sent.as_bytes());
        let rows: Vec<String> = far.screen().rows(0, WIDTH).collect();
        assert!(rows[1].starts_with('z'), "{symbol:?}: {sent:?}");
    }
}

#[test]
fn the_cursor_is_shown_and_hidden_only_when_that_changes() {
    let mut line = Line::new();
    let typing = |line: &mut Line, x| {
        line.console
            .draw(|frame| frame.set_cursor_position((x, 2)))
            .unwrap();
        line.arrive();
        (line.far.screen().cursor_position(), line.last.clone())
    };
    let (at, sent) = typing(&mut line, 3);
    assert_eq!(at, (2, 3));
    assert!(sent.windows(6).any(|w| w == b"\x1b[?25h"));
    let (at, sent) = typing(&mut line, 4);
    assert_eq!((at, sent.as_slice()), ((2, 4), b"\x1b[C".as_slice()));
    line.draw(|_| {});
    assert_eq!(line.last, b"\x1b[?25l");
    assert!(line.far.screen().hide_cursor());
}

#[test]
fn a_large_frame_is_shown_in_one_go() {
    let mut line = Line::new();
    line.draw(|buffer| {
        for y in 0..HEIGHT {
            for x in 0..WIDTH {
                let color = Color::Rgb(x as u8, y as u8, 9);
                buffer[(x, y)].set_symbol("x").set_fg(color);
            }
        }
    });
    assert!(line.last.starts_with(b"\x1b[?2026h"));
    assert!(line.last.ends_with(b"\x1b[?2026l"));
    let paint = |buffer: &mut Buffer| {
        buffer.set_string(0, 0, "y", Style::new());
    };
    line.draw(paint);
    line.draw(|buffer| {
        paint(buffer);
        buffer.set_string(3, 0, "z", Style::new());
    });
    assert!(
        !line.last.starts_with(b"\x1b[?2026h"),
        "a small one is not wrapped"
    );
}

#[test]
fn nothing_is_written_once_the_terminal_is_given_back() {
    static OPEN: AtomicBool = AtomicBool::new(false);
    let mut wire = Wire::gated(Vec::new(), &OPEN);
    wire.queue("late");
    assert!(wire.flush().is_err());
    OPEN.store(true, Ordering::SeqCst);
    wire.flush().unwrap();
    assert!(wire.out.is_empty(), "what came too late is not kept");
}

fn color() -> impl Strategy<Value = Color> {
    prop_oneof![
        Just(Color::Reset),
        Just(Color::Red),
        Just(Color::DarkGray),
        (16u8..).prop_map(Color::Indexed),
        any::<(u8, u8, u8)>().prop_map(|(r, g, b)| Color::Rgb(r, g, b)),
    ]
}

fn far_color(color: Color) -> vt100::Color {
    match color {
        Color::Red => vt100::Color::Idx(1),
        Color::DarkGray => vt100::Color::Idx(8),
        Color::Indexed(i) => vt100::Color::Idx(i),
        Color::Rgb(r, g, b) => vt100::Color::Rgb(r, g, b),
        _ => vt100::Color::Default,
    }
}

const MODIFIERS: [Modifier; 5] = [
    Modifier::BOLD,
    Modifier::DIM,
    Modifier::ITALIC,
    Modifier::UNDERLINED,
    Modifier::REVERSED,
];

fn modifiers(bits: u16) -> Modifier {
    (0..)
        .zip(MODIFIERS)
        .filter(|(i, _)| bits & (1 << i) != 0)
        .fold(Modifier::empty(), |all, (_, one)| all | one)
}

/// Where, what, its colours and its modifiers.
type Drawn = (u16, u16, String, Color, Color, u16);

fn strings(text: &'static str) -> impl Strategy<Value = Vec<Drawn>> {
    prop::collection::vec(
        (0..WIDTH, 0..HEIGHT, text, color(), color(), 0u16..32),
        0..6,
    )
}

proptest! {
    #[test]
    fn the_far_screen_is_what_was_drawn(
        // What becomes of the other half of wide text that is half overwritten differs between terminals.
        frames in prop_oneof![
            prop::collection::vec(strings("[a-c é●]{1,8}"), 1..6),
            prop::collection::vec(strings("[a-c é●中]{1,8}"), 1..2),
        ],
    ) {
        let mut line = Line::new();
        for strings in &frames {
            line.draw(|buffer| {
                for (x, y, text, fg, bg, bits) in strings {
                    let style = Style::new().fg(*fg).bg(*bg).add_modifier(modifiers(*bits));
                    buffer.set_string(*x, *y, text, style);
                }
            });
            let mut wanted = Buffer::empty(Rect::new(0, 0, WIDTH, HEIGHT));
            line.console.draw(|frame| {
                // The same frame again shows what the console holds.
                for (x, y, text, fg, bg, bits) in strings {
                    let style = Style::new().fg(*fg).bg(*bg).add_modifier(modifiers(*bits));
                    frame.buffer_mut().set_string(*x, *y, text, style);
                }
                wanted = frame.buffer_mut().clone();
            }).unwrap();
            prop_assert_eq!(line.arrive(), 0);
            for y in 0..HEIGHT {
                let mut x = 0;
                while x < WIDTH {
                    let cell = &wanted[(x, y)];
                    let far = line.far.screen().cell(y, x).unwrap();
                    let shown = if far.has_contents() { far.contents().to_string() } else { " ".into() };
                    prop_assert_eq!(&shown, cell.symbol(), "at {},{} {:?}", x, y, line.row(y));
                    if shown != " " {
                        prop_assert_eq!(far.fgcolor(), far_color(cell.fg));
                    }
                    prop_assert_eq!(far.bgcolor(), far_color(cell.bg));
                    let there = [far.bold(), far.dim(), far.italic(), far.underline(), far.inverse()];
                    for (there, modifier) in there.into_iter().zip(MODIFIERS) {
                        // The emulator keeps one of bold and dim. On a blank cell weight and slant do not show.
                        let weight = Modifier::BOLD | Modifier::DIM;
                        let unseen = shown == " " && (weight | Modifier::ITALIC).contains(modifier);
                        if !unseen && (!weight.contains(modifier) || !cell.modifier.contains(weight)) {
                            prop_assert_eq!(there, cell.modifier.contains(modifier));
                        }
                    }
                    x += cell.symbol().width().max(1) as u16;
                }
            }
        }
    }
}
