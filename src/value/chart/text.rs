//! Charts in text cells: bars of block elements, lines of braille dots.

use unicode_width::UnicodeWidthStr as _;

use super::data::{Data, Label};
use super::{Piece, Role, Row, number, ticks};
use crate::value::cell::cut;

const EIGHTHS: [char; 9] = [' ', '▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'];

fn padded(text: &str, width: usize) -> String {
    let blanks = width.saturating_sub(text.width());
    format!("{text}{}", " ".repeat(blanks))
}

fn right(text: &str, width: usize) -> String {
    let blanks = width.saturating_sub(text.width());
    format!("{}{text}", " ".repeat(blanks))
}

/// The names of the series, where there is more than one.
fn legend(data: &Data, rows: &mut Vec<Row>) {
    if data.series.len() < 2 {
        return;
    }
    let mut row = Vec::new();
    for (i, series) in data.series.iter().enumerate() {
        row.push(Piece::new("■ ", Role::Series(i)));
        row.push(Piece::new(
            format!("{}  ", cut(&series.name, 24)),
            Role::Label,
        ));
    }
    rows.push(row);
}

/// Says how many labels are not shown.
fn rest(left: usize, rows: &mut Vec<Row>) {
    if left > 0 {
        rows.push(vec![Piece::new(format!("… {left} more"), Role::Axis)]);
    }
}

pub(super) fn bars(data: &Data, width: usize, height: usize) -> Vec<Row> {
    let mut rows = Vec::new();
    let Some((low, high)) = data.range() else {
        return rows;
    };
    legend(data, &mut rows);
    let each = data.series.len().max(1);
    let room = height.saturating_sub(rows.len());
    let total = data.labels.len();
    let fits = room / each;
    let shown = if fits >= total && data.left_out == 0 {
        total
    } else {
        (room.saturating_sub(1) / each).min(total)
    };
    let labels: Vec<String> = data.labels.iter().take(shown).map(Label::text).collect();
    let label_width = labels
        .iter()
        .map(|l| l.width())
        .max()
        .unwrap_or(0)
        .min((width / 3).max(6));
    let value_width = data
        .series
        .iter()
        .flat_map(|s| s.values.iter().take(shown).flatten())
        .map(|v| number(*v).width())
        .max()
        .unwrap_or(0);
    let room = width
        .saturating_sub(label_width + 2 + value_width + 1)
        .max(1);
    let negative = low < 0.0;
    #[expect(clippy::cast_precision_loss, reason = "columns of a terminal are few")]
    let scale = room as f64 / (high - low);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is between 0 and the columns of the terminal"
    )]
    let zero = (-low * scale).round() as usize;
    for (i, label) in labels.iter().enumerate() {
        for (s, series) in data.series.iter().enumerate() {
            let name = if s == 0 { label.as_str() } else { "" };
            let mut row = vec![
                Piece::new(padded(&cut(name, label_width), label_width), Role::Label),
                Piece::new(" │", Role::Axis),
            ];
            match series.values.get(i).copied().flatten() {
                None => {}
                Some(value) => {
                    let bar = bar(value, scale, zero, negative);
                    row.push(Piece::new(bar, Role::Series(s)));
                    row.push(Piece::new(format!(" {}", number(value)), Role::Label));
                }
            }
            rows.push(row);
        }
    }
    rest(total - shown + data.left_out, &mut rows);
    rows.truncate(height);
    rows
}

/// One bar from the place of 0, in eighths of a cell where it goes to the right.
fn bar(value: f64, scale: f64, zero: usize, negative: bool) -> String {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a length within the columns of the terminal"
    )]
    let eighths = (value.abs() * scale * 8.0).round() as usize;
    if value < 0.0 {
        let cells = eighths.div_ceil(8).min(zero);
        return format!("{}{}", " ".repeat(zero - cells), "█".repeat(cells));
    }
    let mut out = " ".repeat(if negative { zero } else { 0 });
    out.push_str(&"█".repeat(eighths / 8));
    match EIGHTHS.get(eighths % 8) {
        Some(' ') | None => {}
        Some(part) => out.push(*part),
    }
    // Something is never drawn as nothing.
    if eighths == 0 && value > 0.0 {
        out.push('▏');
    }
    out
}

/// A grid of dots, two by four to a cell.
struct Dots {
    width: usize,
    height: usize,
    cells: Vec<(u8, usize)>,
}

impl Dots {
    fn new(width: usize, height: usize) -> Self {
        Self {
            width,
            height,
            cells: vec![(0, 0); width * height],
        }
    }

    fn set(&mut self, x: usize, y: usize, series: usize) {
        const BITS: [[u8; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];
        let (column, row) = (x / 2, y / 4);
        if column >= self.width || row >= self.height {
            return;
        }
        let bit = BITS
            .get(y % 4)
            .and_then(|b| b.get(x % 2))
            .copied()
            .unwrap_or(0);
        if let Some(cell) = self.cells.get_mut(row * self.width + column) {
            cell.0 |= bit;
            cell.1 = series;
        }
    }

    /// A straight line between two dots.
    fn line(&mut self, from: (usize, usize), to: (usize, usize), series: usize) {
        let steps = from.0.abs_diff(to.0).max(from.1.abs_diff(to.1)).max(1);
        for step in 0..=steps {
            let between = |a: usize, b: usize| {
                if b >= a {
                    a + (b - a) * step / steps
                } else {
                    a - (a - b) * step / steps
                }
            };
            self.set(between(from.0, to.0), between(from.1, to.1), series);
        }
    }
}

/// Where each label stands on the axis, between 0 and 1: times by their distance, texts one after the other.
pub(super) fn places(labels: &[Label]) -> Vec<f64> {
    let times: Option<Vec<i64>> = labels
        .iter()
        .map(|l| match l {
            Label::Time(at) => Some(*at),
            Label::Text(_) => None,
        })
        .collect();
    #[expect(
        clippy::cast_precision_loss,
        reason = "a place on an axis needs no more digits"
    )]
    match times {
        Some(times) if times.iter().min() < times.iter().max() => {
            let low = times.iter().min().copied().unwrap_or(0) as f64;
            let high = times.iter().max().copied().unwrap_or(1) as f64;
            times
                .iter()
                .map(|t| (*t as f64 - low) / (high - low))
                .collect()
        }
        _ => {
            let last = labels.len().saturating_sub(1).max(1) as f64;
            (0..labels.len()).map(|i| i as f64 / last).collect()
        }
    }
}

pub(super) fn lines(data: &Data, width: usize, height: usize) -> Vec<Row> {
    let mut rows = Vec::new();
    let Some((low, high)) = data.range() else {
        return rows;
    };
    legend(data, &mut rows);
    let canvas_height = height.saturating_sub(rows.len() + 2).clamp(1, 100);
    let marks = ticks(low, high, (canvas_height / 3).clamp(1, 8));
    let low = marks.first().copied().unwrap_or(low).min(low);
    let high = marks.last().copied().unwrap_or(high).max(high);
    let axis_width = marks.iter().map(|m| number(*m).width()).max().unwrap_or(1);
    let canvas_width = width.saturating_sub(axis_width + 2).clamp(1, 500);
    let (dots_wide, dots_high) = (canvas_width * 2, canvas_height * 4);
    let mut dots = Dots::new(canvas_width, canvas_height);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a place within the canvas"
    )]
    let across = |part: f64| (part.clamp(0.0, 1.0) * (dots_wide - 1) as f64).round() as usize;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a place within the canvas"
    )]
    let down = |value: f64| {
        let part = ((value - low) / (high - low)).clamp(0.0, 1.0);
        ((1.0 - part) * (dots_high - 1) as f64).round() as usize
    };
    let at = places(&data.labels);
    let mut order: Vec<usize> = (0..at.len()).collect();
    order.sort_by(|a, b| {
        let place = |i: &usize| at.get(*i).copied().unwrap_or(0.0);
        place(a).total_cmp(&place(b))
    });
    for (s, series) in data.series.iter().enumerate() {
        let mut before: Option<(usize, usize)> = None;
        for i in &order {
            let value = series.values.get(*i).copied().flatten();
            before = match (value, at.get(*i)) {
                (Some(value), Some(part)) => {
                    let here = (across(*part), down(value));
                    dots.line(before.unwrap_or(here), here, s);
                    Some(here)
                }
                // A gap in the numbers is a gap in the line.
                _ => None,
            };
        }
    }
    let mark_rows: Vec<(usize, String)> =
        marks.iter().map(|m| (down(*m) / 4, number(*m))).collect();
    for row in 0..canvas_height {
        let mark = mark_rows.iter().find(|(at, _)| *at == row);
        let mut pieces = vec![Piece::new(
            format!(
                "{} {}",
                right(mark.map_or("", |(_, text)| text.as_str()), axis_width),
                if mark.is_some() { '┤' } else { '│' }
            ),
            Role::Axis,
        )];
        let cells = dots
            .cells
            .get(row * canvas_width..(row + 1) * canvas_width)
            .unwrap_or(&[]);
        for (bits, series) in cells {
            let (character, role) = if *bits == 0 {
                (' ', Role::Axis)
            } else {
                let code = 0x2800 + u32::from(*bits);
                (char::from_u32(code).unwrap_or('·'), Role::Series(*series))
            };
            match pieces.last_mut() {
                Some(last) if last.role == role && pieces_are_dots(last) => {
                    last.text.push(character)
                }
                _ => pieces.push(Piece::new(character, role)),
            }
        }
        rows.push(pieces);
    }
    rows.push(vec![Piece::new(
        format!("{} └{}", " ".repeat(axis_width), "─".repeat(canvas_width)),
        Role::Axis,
    )]);
    let end = |i: Option<&usize>| {
        i.and_then(|i| data.labels.get(*i))
            .map(Label::text)
            .unwrap_or_default()
    };
    let (first, last) = (end(order.first()), end(order.last()));
    let first = cut(&first, canvas_width / 2);
    let last = cut(&last, canvas_width.saturating_sub(first.width() + 1));
    let gap = canvas_width.saturating_sub(first.width() + last.width());
    rows.push(vec![Piece::new(
        format!(
            "{}{first}{}{last}",
            " ".repeat(axis_width + 2),
            " ".repeat(gap)
        ),
        Role::Label,
    )]);
    rows.truncate(height);
    rows
}

/// The first piece of a row is the axis, which no dot joins.
fn pieces_are_dots(piece: &Piece) -> bool {
    !piece.text.ends_with(['┤', '│'])
}
