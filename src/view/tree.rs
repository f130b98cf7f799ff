//! Draws the tree of profiles, databases and collections.

use crate::theme::Role;
use ratatui::layout::{Position, Rect};
use ratatui::style::Modifier;

use super::Sheet;
use super::words;
use crate::app::Focus;
use crate::app::regions::Hit;
use crate::app::tree::{Node, NoteKind, Row};
use crate::mongo::request::CollectionKind;

/// Draws the tree.
pub fn draw(sheet: &mut Sheet<'_>, area: Rect) {
    let app = sheet.app;
    let filter = app.tree.filter.as_ref();
    let rows = Rect {
        height: area.height - u16::from(filter.is_some() && area.height > 1),
        ..area
    };
    sheet.regions.tree_rows = usize::from(rows.height);
    sheet.hit(area, Hit::Tree);
    let focused = app.focus == Focus::Tree;
    let first = app.tree.first;
    for (y, (place, row)) in
        (rows.y..rows.bottom()).zip(app.tree.rows().iter().enumerate().skip(first))
    {
        let line = Rect {
            y,
            height: 1,
            ..rows
        };
        draw_row(sheet, line, row, place == app.tree.cursor(), focused);
        sheet.hit(line, Hit::TreeRow(place));
    }
    if let Some(field) = filter {
        let y = area.bottom() - 1;
        let used = sheet.put(
            Position::new(area.x, y),
            area.width,
            "/ ",
            sheet.style(Role::HintKey),
        );
        let at = Position::new(area.x + used, y);
        sheet.field(
            at,
            area.width - used,
            field,
            sheet.style(Role::Input),
            focused && app.tree.filtering,
        );
    }
}

fn draw_row(sheet: &mut Sheet<'_>, line: Rect, row: &Row, at_cursor: bool, focused: bool) {
    let theme = sheet.theme;
    let marker = if at_cursor { "▸" } else { " " };
    let marker_style = if at_cursor && focused {
        theme.style(Role::TitleFocused)
    } else {
        theme.style(Role::Dim)
    };
    sheet.put(Position::new(line.x, line.y), 1, marker, marker_style);
    let arrow = match row.open {
        Some(true) => "▾ ",
        Some(false) => "▹ ",
        None => "  ",
    };
    // A narrow tree indents by one column instead of two.
    let step = if line.width < 26 { 1 } else { 2 };
    let indent = u16::try_from(row.depth).unwrap_or(0).saturating_mul(step);
    let x = line.x + 1 + indent.min(line.width / 2);
    let mut label = match &row.node {
        Node::Profile(name) => {
            let profile = sheet.app.profiles.get(name);
            sheet
                .profile_style(profile.and_then(|p| p.color.as_deref()))
                .add_modifier(Modifier::BOLD)
        }
        Node::Database(_, name) if crate::app::tree::is_servers_own(name) => theme.style(Role::Dim),
        Node::Database(..) => theme.style(Role::Text).add_modifier(Modifier::BOLD),
        Node::Domain(..) => theme.style(Role::Title),
        Node::Collection(..) if row.kind == Some(CollectionKind::System) => theme.style(Role::Dim),
        Node::Collection(..) => theme.style(Role::Text),
        Node::Note(..) => match row.note {
            Some(NoteKind::Failed) => theme.style(Role::Error),
            _ => theme.style(Role::Dim),
        },
    };
    if at_cursor {
        label = label.patch(if focused {
            theme.style(Role::Cursor)
        } else {
            theme.style(Role::CursorUnfocused)
        });
    }
    let figures = figures(row);
    let width = u16::try_from(figures.chars().count()).unwrap_or(0);
    let room = line.right().saturating_sub(x + 2);
    // Figures give way to the name.
    let name_width = u16::try_from(unicode_width::UnicodeWidthStr::width(row.label.as_str()))
        .unwrap_or(u16::MAX);
    let shown = !figures.is_empty()
        && room > width + 1
        && name_width.saturating_add(width + 1) <= room.max(name_width.min(12) + width + 1);
    sheet.put(Position::new(x, line.y), 2, arrow, theme.style(Role::Dim));
    let label_room = if shown { room - width - 1 } else { room };
    sheet.put(Position::new(x + 2, line.y), label_room, &row.label, label);
    if shown {
        sheet.put_right(line, &figures, theme.style(Role::Dim));
    }
}

fn figures(row: &Row) -> String {
    let badge = match row.kind {
        Some(CollectionKind::View) => "view",
        Some(CollectionKind::TimeSeries) => "ts",
        Some(CollectionKind::Capped) => "cap",
        Some(CollectionKind::System) => "sys",
        _ => "",
    };
    let mut parts = Vec::new();
    if !badge.is_empty() {
        parts.push(badge.to_owned());
    }
    if let Some(count) = row.count {
        parts.push(words::count(count));
    }
    if let (Node::Database(..), Some(bytes)) = (&row.node, row.bytes) {
        parts.push(words::bytes(bytes));
    }
    parts.join(" ")
}
