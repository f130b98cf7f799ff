//! What there is to say of the value under the cursor: its place, its kind, what the model says, what is wrong.

use ratatui::layout::{Position, Rect};
use unicode_width::UnicodeWidthStr;

use super::{inner, kind_role, mark, worst};
use crate::app::documents::{Documents, View, checks};
use crate::theme::Role;
use crate::value::{Kind, cell};
use crate::view::{Sheet, words};

pub(super) fn draw(sheet: &mut Sheet<'_>, tab: &Documents, area: Rect) {
    sheet.horizontal(area.x, area.y, area.width);
    if area.height < 2 {
        return;
    }
    let line = inner(Rect {
        y: area.y + 1,
        height: 1,
        ..area
    });
    let Some(document) = tab.feed.rows.current() else {
        return;
    };
    let path = tab.current_path();
    let violations = tab.checks.of(document);
    let here = checks::at(violations, &path).filter(|_| !path.is_root());
    let (sign, role) = here
        .map(mark)
        .or(worst(violations))
        .unwrap_or(("", Role::Text));
    let right = match (here, violations.len()) {
        (Some(v), n) => {
            let place = if v.path == path {
                String::new()
            } else {
                format!("{}: ", v.path)
            };
            let others = match n {
                1 => String::new(),
                n => format!("  ({n} in all)"),
            };
            format!("{} {place}{}{others}", mark(v).0, v.message)
        }
        (None, 0) => String::new(),
        (None, 1) => format!("{sign} 1 violation"),
        (None, n) => format!("{sign} {n} violations"),
    };
    let style = sheet.style(role);
    let wanted = u16::try_from(right.width()).unwrap_or(u16::MAX);
    // What is wrong matters more than what is declared, but the path must be seen.
    let room = wanted.min(line.width.saturating_sub(24).max(line.width / 2));
    let at = Position::new(line.right() - room.min(wanted), line.y);
    let right_width = sheet.put(at, room, &right, style);
    let mut left = Rect {
        width: line.width.saturating_sub(right_width + 2),
        ..line
    };
    let put = |sheet: &mut Sheet<'_>, left: &mut Rect, text: &str, role: Role| {
        let style = sheet.style(role);
        let used = sheet.put(Position::new(left.x, left.y), left.width, text, style);
        let used = (used + 2).min(left.width);
        left.x += used;
        left.width -= used;
    };
    if path.is_root() {
        let size = words::bytes(document.as_bytes().len() as u64);
        return put(
            sheet,
            &mut left,
            &format!("the whole document, {size}"),
            Role::Text,
        );
    }
    put(sheet, &mut left, &path.to_string(), Role::Key);
    let value = path.get(document);
    let field = tab.model.as_ref().and_then(|m| m.field(&path));
    match value {
        Some(value) => {
            let kind = Kind::of(value);
            put(sheet, &mut left, kind.label(), kind_role(kind));
        }
        None => put(sheet, &mut left, "missing", Role::Dim),
    }
    if let Some(field) = field {
        let described = field.describe();
        // The kind is not said twice.
        let kind = value.map(|v| Kind::of(v).label());
        let rest = kind.and_then(|k| described.strip_prefix(k));
        let described = rest
            .filter(|r| r.is_empty() || r.starts_with(' '))
            .map_or(described.as_str(), str::trim_start);
        if !described.is_empty() {
            put(sheet, &mut left, described, Role::Dim);
        }
    }
    // The value itself where its column is too narrow for it.
    if tab.view == View::Table
        && let Some(value) = value
        && let Some(column) = tab.columns.current()
    {
        let shown = usize::from(column.width());
        let text = cell::brief(value, usize::from(left.width));
        if text.width() > shown {
            put(sheet, &mut left, &text, kind_role(Kind::of(value)));
        }
    }
}
