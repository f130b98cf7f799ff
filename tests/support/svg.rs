//! A frame as an SVG picture.

use std::fmt::Write as _;

use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier};
use unicode_width::UnicodeWidthStr as _;

/// Width and height of a cell, in the picture's units.
const CELL: (f32, f32) = (8.4, 18.0);

/// The cells as a picture. `ground` and `ink` stand for the terminal's own colours.
pub fn picture(buffer: &Buffer, ground: &str, ink: &str) -> String {
    let (columns, rows) = (buffer.area.width, buffer.area.height);
    let (width, height) = (
        f32::from(columns) * CELL.0 + 16.0,
        f32::from(rows) * CELL.1 + 16.0,
    );
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" \
         font-family=\"ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace\" font-size=\"14\">\n\
         <rect width=\"100%\" height=\"100%\" rx=\"6\" fill=\"{ground}\"/>\n"
    );
    for y in 0..rows {
        let mut x = 0;
        while x < columns {
            let first = &buffer[(x, y)];
            let style = (first.fg, first.bg, first.modifier);
            let start = x;
            let mut text = String::new();
            while x < columns {
                let cell = &buffer[(x, y)];
                if (cell.fg, cell.bg, cell.modifier) != style {
                    break;
                }
                text.push_str(cell.symbol());
                x += u16::try_from(cell.symbol().width().max(1)).unwrap_or(1);
            }
            run(&mut out, (start, y), x - start, &text, style, (ground, ink));
        }
    }
    out.push_str("</svg>\n");
    out
}

fn run(
    out: &mut String,
    at: (u16, u16),
    columns: u16,
    text: &str,
    (fg, bg, modifier): (Color, Color, Modifier),
    (ground, ink): (&str, &str),
) {
    let (mut fg, mut bg) = (color(fg, ink), color(bg, ground));
    if modifier.contains(Modifier::REVERSED) {
        std::mem::swap(&mut fg, &mut bg);
    }
    let (x, y) = (
        f32::from(at.0) * CELL.0 + 8.0,
        f32::from(at.1) * CELL.1 + 8.0,
    );
    let width = f32::from(columns) * CELL.0;
    if bg != ground {
        let _ = writeln!(
            out,
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{:.1}\" fill=\"{bg}\"/>",
            CELL.1
        );
    }
    if text.trim().is_empty() {
        return;
    }
    let mut extra = String::new();
    if modifier.contains(Modifier::BOLD) {
        extra.push_str(" font-weight=\"bold\"");
    }
    if modifier.contains(Modifier::ITALIC) {
        extra.push_str(" font-style=\"italic\"");
    }
    if modifier.contains(Modifier::UNDERLINED) {
        extra.push_str(" text-decoration=\"underline\"");
    }
    let text = text
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    let _ = writeln!(
        out,
        "<text x=\"{x:.1}\" y=\"{:.1}\" textLength=\"{width:.1}\" lengthAdjust=\"spacing\" fill=\"{fg}\"{extra} xml:space=\"preserve\">{text}</text>",
        y + CELL.1 * 0.75
    );
}

fn color(color: Color, own: &str) -> String {
    let named = |text: &str| text.to_owned();
    match color {
        Color::Reset => own.to_owned(),
        Color::Rgb(r, g, b) => format!("#{r:02x}{g:02x}{b:02x}"),
        Color::Black => named("#1c1c1c"),
        Color::Red => named("#e06c75"),
        Color::Green => named("#98c379"),
        Color::Yellow => named("#d7af5f"),
        Color::Blue => named("#61afef"),
        Color::Magenta => named("#c678dd"),
        Color::Cyan => named("#56b6c2"),
        Color::Gray => named("#d0d0d0"),
        Color::DarkGray => named("#6c6c6c"),
        Color::White => named("#ffffff"),
        other => format!("{other:?}").to_lowercase(),
    }
}
