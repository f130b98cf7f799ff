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

/// What bars of each series are made of, so that they can be told apart without colours.
const FILLS: [char; 6] = ['█', '▒', '▓', '░', '▞', '▚'];
/// What points of each series are marked with in lines.
const MARKS: [char; 6] = ['●', '■', '▲', '◆', '○', '□'];
/// The rows of the axis below bars.
pub(super) const AXIS: usize = 2;

/// The sign of a series.
fn sign(of: &[char; 6], series: usize) -> char {
    of.get(series % of.len()).copied().unwrap_or('█')
}

/// The names of the series, where there is more than one, each with its sign.
fn legend(data: &Data, signs: &[char; 6], width: usize, rows: &mut Vec<Row>) {
    if data.series.len() < 2 {
        return;
    }
    let each = (width / data.series.len()).saturating_sub(4).max(1);
    let mut row = Vec::new();
    for (i, series) in data.series.iter().enumerate() {
        row.push(Piece::new(format!("{} ", sign(signs, i)), Role::Series(i)));
        row.push(Piece::new(
            format!("{}  ", cut(&series.name, each.min(24))),
            Role::Label,
        ));
    }
    rows.push(row);
}

/// Says which labels are not shown.
fn rest(before: usize, after: usize, rows: &mut Vec<Row>) {
    let text = match (before, after) {
        (0, 0) => return,
        (0, after) => format!("… {after} more"),
        (before, 0) => format!("… {before} before"),
        (before, after) => format!("… {before} before, {after} more"),
    };
    rows.push(vec![Piece::new(text, Role::Axis)]);
}

pub(super) fn bars(data: &Data, first: usize, width: usize, height: usize) -> Vec<Row> {
    let mut rows = Vec::new();
    let Some((low, high)) = data.range() else {
        return rows;
    };
    legend(data, &FILLS, width, &mut rows);
    let each = data.series.len().max(1);
    let total = data.labels.len();
    // The axis is drawn where it leaves room for what it is of.
    let axis = match height > rows.len() + each + AXIS {
        true => AXIS,
        false => 0,
    };
    let room = height.saturating_sub(rows.len() + axis);
    let fits = room / each;
    let shown = if fits >= total && data.left_out == 0 {
        total
    } else {
        (room.saturating_sub(1) / each).min(total)
    };
    let first = first.min(total - shown);
    let labels: Vec<String> = data
        .labels
        .iter()
        .skip(first)
        .take(shown)
        .map(Label::text)
        .collect();
    // Of all labels and numbers, so that nothing moves sideways when they are scrolled.
    let widest = |texts: &mut dyn Iterator<Item = usize>| texts.max().unwrap_or(0);
    let label_width =
        widest(&mut data.labels.iter().map(|l| l.text().width())).min((width / 3).max(6));
    let values = || data.series.iter().flat_map(|s| s.values.iter().flatten());
    let value_width = widest(&mut values().map(|v| number(*v).width()));
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
            match series.values.get(first + i).copied().flatten() {
                None => {}
                Some(value) => {
                    let bar = bar(value, scale, zero, negative, sign(&FILLS, s));
                    row.push(Piece::new(bar, Role::Series(s)));
                    row.push(Piece::new(format!(" {}", number(value)), Role::Label));
                }
            }
            rows.push(row);
        }
    }
    if axis > 0 && shown > 0 {
        below(&mut rows, label_width + 1, room, (low, high));
    }
    rest(first, total - first - shown + data.left_out, &mut rows);
    rows.truncate(height);
    rows
}

/// The axis below bars: a line with a tick to each round number, and the numbers.
fn below(rows: &mut Vec<Row>, lead: usize, room: usize, (low, high): (f64, f64)) {
    let mut line: Vec<char> = vec!['─'; room];
    let mut numbers = String::new();
    for mark in ticks(low, high, (room / 12).clamp(2, 8)) {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "a place within the columns of the terminal"
        )]
        let at = ((mark - low) / (high - low) * room as f64).round().max(0.0) as usize;
        // The tick stands in the last cell of a bar of that length.
        let at = at.saturating_sub(1).min(room.saturating_sub(1));
        let text = number(mark);
        let start = (at + 1).saturating_sub(text.width().div_ceil(2));
        let end = numbers.width();
        if start < end + usize::from(end > 0) || start + text.width() > room + 8 {
            continue;
        }
        numbers.push_str(&" ".repeat(start - end));
        numbers.push_str(&text);
        if let Some(cell) = line.get_mut(at) {
            *cell = '┴';
        }
    }
    let blank = " ".repeat(lead);
    let line: String = line.into_iter().collect();
    rows.push(vec![Piece::new(format!("{blank}└{line}"), Role::Axis)]);
    rows.push(vec![Piece::new(format!("{blank} {numbers}"), Role::Axis)]);
}

/// One bar from the place of 0, in eighths of a cell where it goes to the right.
fn bar(value: f64, scale: f64, zero: usize, negative: bool, fill: char) -> String {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a length within the columns of the terminal"
    )]
    let eighths = (value.abs() * scale * 8.0).round() as usize;
    if value < 0.0 {
        let cells = eighths.div_ceil(8).min(zero);
        let bar = String::from(fill).repeat(cells);
        return format!("{}{bar}", " ".repeat(zero - cells));
    }
    let mut out = " ".repeat(if negative { zero } else { 0 });
    if fill == '█' {
        out.push_str(&"█".repeat(eighths / 8));
        match EIGHTHS.get(eighths % 8) {
            Some(' ') | None => {}
            Some(part) => out.push(*part),
        }
    } else {
        out.push_str(&String::from(fill).repeat((eighths + 4) / 8));
    }
    // Something is never drawn as nothing.
    if value > 0.0 && (eighths == 0 || (fill != '█' && eighths < 4)) {
        out.push('▏');
    }
    out
}

/// A grid of dots, two by four to a cell.
struct Dots {
    width: usize,
    height: usize,
    cells: Vec<(u8, usize)>,
    /// The series whose point stands in a cell.
    marks: Vec<Option<usize>>,
}

impl Dots {
    fn new(width: usize, height: usize) -> Self {
        Self {
            width,
            height,
            cells: vec![(0, 0); width * height],
            marks: vec![None; width * height],
        }
    }

    /// Marks the point of a series, unless one beside it is marked already.
    fn mark(&mut self, (x, y): (usize, usize), series: usize) {
        let (column, row) = (x / 2, y / 4);
        let start = row * self.width + column.saturating_sub(2);
        let end = row * self.width + (column + 3).min(self.width);
        let free = |marks: &[Option<usize>]| marks.iter().all(|m| *m != Some(series));
        if self.marks.get(start..end).is_some_and(free)
            && let Some(mark @ None) = self.marks.get_mut(row * self.width + column)
        {
            *mark = Some(series);
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
    legend(data, &MARKS, width, &mut rows);
    let several = data.series.len() > 1;
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
                    if several {
                        dots.mark(here, s);
                    }
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
        let marks = dots.marks.iter().skip(row * canvas_width);
        for ((bits, series), mark) in cells.iter().zip(marks) {
            let (character, role) = if let Some(series) = mark {
                (sign(&MARKS, *series), Role::Series(*series))
            } else if *bits == 0 {
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
    let (mut ticks, mut names) = (String::new(), String::new());
    for (column, text) in along(data, &order, &at, canvas_width) {
        let here = ticks.width();
        ticks.push_str(&"─".repeat(column.saturating_sub(here)));
        ticks.push('┴');
        // The name is in the middle of its tick as far as the canvas goes.
        let start = column.saturating_sub(text.width() / 2);
        let start = start.min(canvas_width.saturating_sub(text.width()));
        names.push_str(&" ".repeat(start.saturating_sub(names.width())));
        names.push_str(&text);
    }
    let here = ticks.width();
    ticks.push_str(&"─".repeat(canvas_width.saturating_sub(here)));
    rows.push(vec![Piece::new(
        format!("{} └{ticks}", " ".repeat(axis_width)),
        Role::Axis,
    )]);
    rows.push(vec![Piece::new(
        format!("{}{names}", " ".repeat(axis_width + 2)),
        Role::Label,
    )]);
    rows.truncate(height);
    rows
}

/// The labels that have room below lines, with the columns of their ticks: the first, the last, and some in between.
fn along(data: &Data, order: &[usize], at: &[f64], width: usize) -> Vec<(usize, String)> {
    let column = |i: usize| {
        let part = at.get(i).copied().unwrap_or(0.0).clamp(0.0, 1.0);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "a place within the canvas"
        )]
        let column = (part * width.saturating_sub(1) as f64).round() as usize;
        column
    };
    let name = |i: usize, room: usize| {
        let text = data.labels.get(i).map(Label::text).unwrap_or_default();
        cut(&text, room)
    };
    let (Some(first), Some(last)) = (order.first(), order.last()) else {
        return Vec::new();
    };
    let head = name(*first, width / 2);
    if first == last {
        return vec![(column(*first), head)];
    }
    let tail = name(*last, width.saturating_sub(head.width() + 1));
    let (mut end, stop) = (head.width() + 2, width.saturating_sub(tail.width() + 2));
    let mut found = vec![(column(*first), head)];
    for i in order {
        let text = name(*i, width / 4);
        let middle = column(*i);
        let start = middle.saturating_sub(text.width() / 2);
        if start >= end && start + text.width() <= stop {
            end = start + text.width() + 2;
            found.push((middle, text));
        }
    }
    found.push((column(*last), tail));
    found
}

/// The first piece of a row is the axis, which no dot joins.
fn pieces_are_dots(piece: &Piece) -> bool {
    !piece.text.ends_with(['┤', '│'])
}
