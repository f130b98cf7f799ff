//! Draws the three versions of a document that someone else changed meanwhile.

use ratatui::layout::{Position, Rect};

use crate::app::editor::conflict::{Conflict, Row};
use crate::theme::Role;
use crate::view::Sheet;
use crate::view::overlay::wrap;

/// From so many columns on the versions stand side by side.
const SIDE_BY_SIDE: u16 = 90;
/// A value takes at most so many rows.
const TALLEST: usize = 6;

/// Draws the changed paths of a conflict.
pub fn draw(sheet: &mut Sheet<'_>, conflict: &Conflict, area: Rect) {
    sheet.regions.main_rows = usize::from(area.height);
    sheet.regions.main_width = usize::from(area.width);
    let clashes = conflict.rows.iter().filter(|r| r.clash).count();
    let head = match (&conflict.theirs, clashes) {
        (None, _) => {
            "it was deleted meanwhile: insert it again (mine), or let it go (theirs)".into()
        }
        (Some(_), 0) => "it was changed meanwhile, at other places: the merge has both".into(),
        (Some(_), n) => format!("it was changed meanwhile, {n} place(s) by both"),
    };
    let at = Position::new(area.x + 1, area.y);
    sheet.put(at, area.width - 1, &head, sheet.style(Role::Warning));
    let rest = Rect {
        y: area.y + 1,
        height: area.height.saturating_sub(1),
        ..area
    };
    match area.width >= SIDE_BY_SIDE {
        true => beside(sheet, conflict, rest),
        false => stacked(sheet, conflict, rest),
    }
}

const SIDES: [(&str, Role); 3] = [
    ("base", Role::Dim),
    ("theirs", Role::Changed),
    ("mine", Role::Added),
];

/// A row's values in the order of [`SIDES`].
fn sides(row: &Row) -> [&str; 3] {
    [&row.base, &row.theirs, &row.mine].map(|v| v.as_deref().unwrap_or("(nothing)"))
}

fn path_line(sheet: &mut Sheet<'_>, row: &Row, area: Rect, y: u16) {
    let (mark, role, note) = match row.clash {
        true => ("✗ ", Role::Error, "  both changed it"),
        false => ("~ ", Role::Changed, ""),
    };
    let path = match row.path.is_root() {
        true => "order of fields".to_owned(),
        false => row.path.to_string(),
    };
    let pieces = [
        (mark, sheet.style(role)),
        (path.as_str(), sheet.style(Role::Key)),
        (note, sheet.style(Role::Dim)),
    ];
    sheet.put_all(Position::new(area.x + 1, y), area.width - 1, pieces);
}

fn beside(sheet: &mut Sheet<'_>, conflict: &Conflict, area: Rect) {
    let width = area.width / 3;
    let places: Vec<u16> = (0..3).map(|n| area.x + n * width).collect();
    for ((name, _), x) in SIDES.iter().zip(&places) {
        let style = sheet.style(Role::Header);
        sheet.put(Position::new(x + 1, area.y), width - 1, name, style);
    }
    let mut y = area.y + 1;
    for row in conflict.rows.iter().skip(conflict.first) {
        if y >= area.bottom() {
            return;
        }
        path_line(sheet, row, area, y);
        y += 1;
        let mut tallest = 0;
        for ((value, (_, role)), x) in sides(row).into_iter().zip(SIDES).zip(&places) {
            let lines = wrap(&[value.to_owned()], usize::from(width - 3));
            let style = sheet.style(role);
            for (line, y) in lines.iter().take(TALLEST).zip(y..area.bottom()) {
                sheet.put(Position::new(x + 2, y), width - 3, line, style);
            }
            tallest = tallest.max(lines.len().min(TALLEST));
        }
        y = y.saturating_add(u16::try_from(tallest).unwrap_or(1));
    }
}

fn stacked(sheet: &mut Sheet<'_>, conflict: &Conflict, area: Rect) {
    let room = usize::from(area.width.saturating_sub(12)).max(1);
    let mut y = area.y;
    for row in conflict.rows.iter().skip(conflict.first) {
        if y >= area.bottom() {
            return;
        }
        path_line(sheet, row, area, y);
        y += 1;
        for (value, (name, role)) in sides(row).into_iter().zip(SIDES) {
            let lines = wrap(&[value.to_owned()], room);
            for (part, line) in lines.iter().take(TALLEST).enumerate() {
                if y >= area.bottom() {
                    return;
                }
                let name = format!("   {:<7} ", if part == 0 { name } else { "" });
                let pieces = [
                    (name.as_str(), sheet.style(Role::Dim)),
                    (line.as_str(), sheet.style(role)),
                ];
                sheet.put_all(Position::new(area.x, y), area.width, pieces);
                y += 1;
            }
        }
    }
}
