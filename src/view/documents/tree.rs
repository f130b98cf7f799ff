//! One document as a tree: a row for each field or element that is open to sight.

use ratatui::layout::{Position, Rect};
use unicode_width::UnicodeWidthStr;

use super::{cursor_style, kind_role, mark as sign};
use crate::app::documents::{Documents, MARGIN, checks};
use crate::app::regions::Hit;
use crate::theme::Role;
use crate::value::cell;
use crate::view::Sheet;

/// The widest that a level of many is set in.
const DEEPEST: usize = 24;
/// Columns for the name of a kind.
const KIND: u16 = 10;

pub(super) fn draw(sheet: &mut Sheet<'_>, tab: &Documents, area: Rect) {
    let Some(view) = &tab.tree else {
        return;
    };
    let outline = match &view.outline {
        Ok(outline) => outline,
        Err(problem) => {
            return super::damaged(sheet, area, problem);
        }
    };
    let violations = match tab.feed.rows.current() {
        Some(document) => tab.checks.of(document),
        None => &[],
    };
    let rows = outline.rows(
        view.window.first,
        usize::from(area.height),
        usize::from(area.width),
    );
    let outdated = tab.feed.looks_old();
    let with_kinds = area.width >= 48;
    for (y, (place, row)) in (area.y..area.bottom()).zip(rows.iter().enumerate()) {
        let line = Rect {
            y,
            height: 1,
            ..area
        };
        sheet.hit(line, Hit::Row(place));
        let number = view.window.first + place;
        let at_cursor = number == view.window.cursor;
        if at_cursor {
            let style = sheet.style(Role::HintKey);
            sheet.put(Position::new(line.x, y), 1, "›", style);
        }
        let violation = match violations.is_empty() || outdated {
            true => None,
            false => outline.path(number).and_then(|p| {
                // An open container leaves the mark to what is wrong inside it.
                let found = checks::at(violations, &p);
                found.filter(|v| !row.open || v.path == p)
            }),
        };
        if let Some((sign, role)) = violation.map(sign) {
            let style = sheet.style(role);
            sheet.put(Position::new(line.x + 1, y), 1, sign, style);
        }
        let indent = u16::try_from(row.depth.min(DEEPEST) * 2).unwrap_or(0);
        let mut x = line.x + MARGIN + indent.min(area.width / 2);
        let right = if with_kinds {
            line.right() - KIND - 1
        } else {
            line.right()
        };
        let mark = match (row.openable, row.open) {
            (true, true) => "▾ ",
            (true, false) => "▸ ",
            (false, _) => "  ",
        };
        let dim = sheet.style(Role::Dim);
        x += sheet.put(Position::new(x, y), right.saturating_sub(x), mark, dim);
        let mut key_style = sheet.style(if outdated { Role::Dim } else { Role::Key });
        if at_cursor {
            key_style = key_style.patch(cursor_style(sheet));
        }
        let key = if row.key.is_empty() { "''" } else { &row.key };
        // A name leaves its value at least half of the room.
        let room = right.saturating_sub(x);
        let most = room.saturating_sub(room / 2);
        x += sheet.put(Position::new(x, y), most, key, key_style);
        x += sheet.put(Position::new(x, y), right.saturating_sub(x), ": ", dim);
        let role = match (outdated, violation) {
            (true, _) => Role::Dim,
            (false, Some(violation)) => sign(violation).1,
            (false, None) => kind_role(row.kind),
        };
        let message = violation.map(|v| {
            let inside = match outline.path(number) {
                Some(p) if p == v.path => String::new(),
                _ => format!("{}: ", v.path),
            };
            format!("  {} {inside}{}", sign(v).0, v.message)
        });
        let room = right.saturating_sub(x);
        let reserved = message.as_ref().map_or(0, |m| m.width());
        let reserved = u16::try_from(reserved).unwrap_or(room).min(room * 2 / 3);
        // What an open container holds is seen below it.
        let brief = match row.brief.split_once(' ') {
            Some((count, _)) if row.open => count,
            _ => &row.brief,
        };
        let value = cell::cut(brief, usize::from(room - reserved));
        let style = sheet.style(role);
        x += sheet.put(Position::new(x, y), room - reserved, &value, style);
        if let Some(message) = message {
            let style = sheet.style(Role::Violation);
            sheet.put(
                Position::new(x, y),
                right.saturating_sub(x),
                &message,
                style,
            );
        }
        if with_kinds {
            let label = if row.shadowed {
                "name again"
            } else {
                row.kind.label()
            };
            let at = Position::new(right + 1, y);
            sheet.put(at, KIND, label, dim);
        }
    }
}
