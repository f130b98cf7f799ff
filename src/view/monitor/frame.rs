//! What the panels have in common: a line that says what is seen and when it was read, what is missing, a field, rows.

use ratatui::layout::{Position, Rect};

use crate::app::Focus;
use crate::app::field::Field;
use crate::app::monitor::Monitor;
use crate::app::monitor::order::Order;
use crate::app::monitor::reading::{Freshness, Reading, clock};
use crate::app::regions::Hit;
use crate::app::window::Window;
use crate::mongo::request::Failure;
use crate::theme::Role;
use crate::view::overlay::wrap;
use crate::view::{Sheet, words};

/// The most lines that tell what is missing.
const MOST_GAPS: usize = 6;

/// A piece of text, and what it means.
pub type Piece = (String, Role);

/// The part of an area below its first `rows` rows.
pub fn below(area: Rect, rows: u16) -> Rect {
    let rows = rows.min(area.height);
    Rect {
        y: area.y + rows,
        height: area.height - rows,
        ..area
    }
}

/// One line of pieces. Gives the columns they took.
pub fn line(sheet: &mut Sheet<'_>, area: Rect, pieces: &[Piece]) -> u16 {
    if area.height == 0 {
        return 0;
    }
    let at = Position::new(area.x + 1, area.y);
    let pieces: Vec<_> = pieces
        .iter()
        .map(|(text, role)| (text.as_str(), sheet.style(*role)))
        .collect();
    sheet.put_all(at, area.width.saturating_sub(2), pieces)
}

/// When something was read, and whether that is fresh.
pub fn read_at(sheet: &Sheet<'_>, reading: &Reading) -> Piece {
    let now = sheet.app.now;
    let Some(at) = reading.at() else {
        return (String::new(), Role::Dim);
    };
    let time = format!("read {} UTC", clock(at));
    match reading.freshness(now) {
        Freshness::Nothing => (String::new(), Role::Dim),
        Freshness::Fresh => (time, Role::Dim),
        Freshness::Paused => (format!("paused, {time}"), Role::Busy),
        Freshness::Stale => {
            let age = now.0.saturating_sub(u64::try_from(at).unwrap_or(0)) / 1000;
            (format!("{time}, {age} s ago"), Role::Warning)
        }
    }
}

/// The line at the top: what is seen on the left, when it was read on the right. Gives the area below it.
pub fn head(sheet: &mut Sheet<'_>, area: Rect, left: &[Piece], right: &Piece) -> Rect {
    let inner = Rect {
        width: area.width.saturating_sub(1),
        ..area
    };
    let used = sheet.put_right(inner, &right.0, sheet.style(right.1));
    let room = Rect {
        width: area.width.saturating_sub(used + 1),
        ..area
    };
    line(sheet, room, left);
    below(area, 1)
}

/// What cannot be seen, each sentence as a warning. Gives the area below.
pub fn gaps(sheet: &mut Sheet<'_>, mut area: Rect, gaps: &[String]) -> Rect {
    let width = usize::from(area.width.saturating_sub(2));
    // A list is of more use than all that is missing.
    let most = MOST_GAPS.min(usize::from(area.height / 3));
    for text in wrap(gaps, width).into_iter().take(most) {
        line(sheet, area, &[(text, Role::Warning)]);
        area = below(area, 1);
    }
    area
}

/// Why the last question was not answered. Gives the area below.
pub fn failure(sheet: &mut Sheet<'_>, mut area: Rect, failure: Option<&Failure>) -> Rect {
    let Some(failure) = failure else {
        return area;
    };
    let width = usize::from(area.width.saturating_sub(2));
    let most = usize::from(area.height / 3).max(1);
    for text in wrap(&[format!("✗ {failure}")], width)
        .into_iter()
        .take(most)
    {
        line(sheet, area, &[(text, Role::Error)]);
        area = below(area, 1);
    }
    area
}

/// What stands in place of a panel that has seen nothing so far.
pub fn nothing(sheet: &mut Sheet<'_>, tab: &Monitor, area: Rect, failed: bool) {
    let ready = sheet.app.profiles.answers(&tab.at.profile);
    let piece = match (failed, ready) {
        (true, _) => return,
        (false, true) => ("asking the server …".to_owned(), Role::Busy),
        (false, false) => (
            "the profile is not connected: nothing can be read".to_owned(),
            Role::Dim,
        ),
    };
    line(sheet, area, &[piece]);
}

/// A field with what stands before it, and below it what may be typed or what is wrong. Gives the area below.
pub fn field(
    sheet: &mut Sheet<'_>,
    area: Rect,
    title: &str,
    field: &Field,
    hint: &str,
    problem: Option<&str>,
) -> Rect {
    let active = sheet.app.focus == Focus::Main && sheet.app.overlays.is_empty();
    let used = line(sheet, area, &[(format!("{title}  "), Role::HintKey)]);
    let at = Position::new(area.x + 1 + used, area.y);
    let room = area.width.saturating_sub(used + 2);
    sheet.field(at, room, field, sheet.style(Role::Input), active);
    let (text, role) = match problem {
        Some(problem) => (format!("✗ {problem}"), Role::Error),
        None => (hint.to_owned(), Role::Placeholder),
    };
    line(sheet, below(area, 1), &[(text, role)]);
    below(area, 2)
}

/// One column of a table.
#[derive(Debug, Clone)]
pub struct Column {
    /// Its title.
    pub title: &'static str,
    /// Its columns of characters; 0 for what is left.
    pub width: u16,
    /// Whether it is a figure, and so ends at its right.
    pub right: bool,
}

impl Column {
    /// A column of text.
    pub const fn text(title: &'static str, width: u16) -> Self {
        Self {
            title,
            width,
            right: false,
        }
    }

    /// A column of figures.
    pub const fn figure(title: &'static str, width: u16) -> Self {
        Self {
            title,
            width,
            right: true,
        }
    }
}

/// The head of a table. Gives the area below.
pub fn titles(sheet: &mut Sheet<'_>, area: Rect, columns: &[Column]) -> Rect {
    ordered(sheet, area, columns, None)
}

/// The head of a table whose columns can be ordered by: the one that they are is marked, a click chooses another. Gives
/// the area below.
pub fn ordered(
    sheet: &mut Sheet<'_>,
    area: Rect,
    columns: &[Column],
    order: Option<&Order>,
) -> Rect {
    let by = order.map(Order::title);
    let cells: Vec<Piece> = columns
        .iter()
        .map(|c| match order {
            Some(order) if by == Some(c.title) => {
                let mark = if order.reversed { '▴' } else { '▾' };
                (format!("{}{mark}", c.title), Role::Key)
            }
            _ => (c.title.to_owned(), Role::Header),
        })
        .collect();
    cells_of(sheet, area, columns, &cells);
    let Some(order) = order else {
        return below(area, 1);
    };
    let mut x = area.x + 1;
    for column in columns {
        let left = area.right().saturating_sub(x);
        let width = if column.width == 0 {
            left
        } else {
            column.width
        };
        let head = Rect {
            x,
            width: width.min(left),
            height: area.height.min(1),
            ..area
        };
        if let Some(place) = order.place(column.title) {
            sheet.hit(head, Hit::Column(place));
        }
        x = x.saturating_add(width + 1);
    }
    below(area, 1)
}

fn cells_of(sheet: &mut Sheet<'_>, area: Rect, columns: &[Column], cells: &[Piece]) {
    if area.height == 0 {
        return;
    }
    let mut x = area.x + 1;
    let end = area.right().saturating_sub(1);
    for (column, (text, role)) in columns.iter().zip(cells) {
        let left = end.saturating_sub(x);
        if left == 0 {
            break;
        }
        let width = match column.width {
            0 => left,
            width => width.min(left),
        };
        let style = sheet.style(*role);
        if column.right {
            let cell = Rect {
                x,
                width,
                height: 1,
                ..area
            };
            sheet.put_right(cell, text, style);
        } else {
            sheet.put(Position::new(x, area.y), width, text, style);
        }
        x = x.saturating_add(width + 1);
    }
}

/// What a table is ordered by, where no column of it says that.
pub fn order_of(order: &Order, columns: &[Column]) -> Option<Piece> {
    let shown = columns.iter().any(|c| c.title == order.title());
    (!shown).then(|| (format!("  by {}", order.title()), Role::Key))
}

/// A row of a table: its cells, the cursor where it is on it, and what the mouse finds there.
pub fn row(
    sheet: &mut Sheet<'_>,
    area: Rect,
    place: usize,
    columns: &[Column],
    cells: &[Piece],
    cursor: bool,
) {
    let y = area.y + u16::try_from(place).unwrap_or(u16::MAX);
    let row = Rect {
        y,
        height: 1,
        ..area
    };
    sheet.hit(row, Hit::Row(place));
    cells_of(sheet, row, columns, cells);
    if cursor {
        let focused = sheet.app.focus == Focus::Main && sheet.app.overlays.is_empty();
        let role = match focused {
            true => Role::Cursor,
            false => Role::CursorUnfocused,
        };
        sheet.restyle(row, sheet.style(role));
    }
}

/// The rows of a table that are in sight, out of all of them.
pub fn rows<T>(
    sheet: &mut Sheet<'_>,
    area: Rect,
    columns: &[Column],
    window: &Window,
    all: impl Iterator<Item = T>,
    cells: impl Fn(&T) -> Vec<Piece>,
) {
    let seen = all.enumerate().skip(window.first);
    for (at, one) in seen.take(usize::from(area.height)) {
        let cells = cells(&one);
        let cursor = at == window.cursor;
        row(sheet, area, at - window.first, columns, &cells, cursor);
    }
}

/// From so many columns on, a table has more than it needs.
const MEDIUM: u16 = 80;

/// From so many columns on, a table has all.
const WIDE: u16 = 120;

/// The columns that there is room for: few, the usual ones, or all.
pub fn fitting<'c>(
    area: Rect,
    narrow: &'c [Column],
    usual: &'c [Column],
    full: &'c [Column],
) -> &'c [Column] {
    match area.width {
        WIDE.. => full,
        MEDIUM.. => usual,
        _ => narrow,
    }
}

/// `3 of 120`, where not all are shown.
pub fn some_of(shown: usize, all: usize, noun: &str) -> String {
    match shown == all {
        true => crate::app::words::several(all as u64, noun),
        false => format!("{shown} of {}", words::count(all as u64)),
    }
}
