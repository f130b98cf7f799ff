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
    let room = line.right().saturating_sub(x + 2);
    // Figures give way to the name.
    let name_width = columns(&row.label);
    let fitting = figures(row)
        .into_iter()
        .find(|f| columns(f).saturating_add(name_width + 1) <= room);
    let figures = fitting.unwrap_or_default();
    let (width, shown) = (columns(&figures), !figures.is_empty());
    sheet.put(Position::new(x, line.y), 2, arrow, theme.style(Role::Dim));
    let label_room = if shown { room - width - 1 } else { room };
    sheet.put(Position::new(x + 2, line.y), label_room, &row.label, label);
    if shown {
        sheet.put_right(line, &figures, theme.style(Role::Dim));
    }
}

/// What is said of a row at its right, the fullest form first.
fn figures(row: &Row) -> Vec<String> {
    let badge = match row.kind {
        Some(CollectionKind::View) => Some("view".to_owned()),
        Some(CollectionKind::TimeSeries) => Some("ts".to_owned()),
        Some(CollectionKind::Capped) => Some("cap".to_owned()),
        Some(CollectionKind::System) => Some("sys".to_owned()),
        _ => None,
    };
    let count = row.count.map(words::count);
    let bytes = match row.node {
        Node::Database(..) => row.bytes.map(words::bytes),
        _ => None,
    };
    let join = |parts: [Option<&String>; 3]| {
        parts
            .into_iter()
            .flatten()
            .cloned()
            .collect::<Vec<_>>()
            .join(" ")
    };
    let (badge, count, bytes) = (badge.as_ref(), count.as_ref(), bytes.as_ref());
    vec![
        join([badge, count, bytes]),
        join([badge, bytes, None]),
        join([badge, None, None]),
    ]
}

fn columns(text: &str) -> u16 {
    u16::try_from(unicode_width::UnicodeWidthStr::width(text)).unwrap_or(u16::MAX / 2)
}
