//! Draws the panel of the connection pools: the line of its pages, then the page.

use ratatui::layout::{Position, Rect};
use unicode_width::UnicodeWidthStr;

use crate::app::monitor::Monitor;
use crate::app::monitor::pools::figures::Figures;
use crate::app::monitor::pools::{Page, PoolsPanel};
use crate::app::regions::Hit;
use crate::app::{Context, Focus, command::Command};
use crate::theme::Role;
use crate::view::{Sheet, words};

mod events;
mod opened;
mod servers;

/// From so many columns on there is room for whole sentences in the line of the pages.
const WIDE: u16 = 72;

/// Draws the panel.
pub fn draw(sheet: &mut Sheet<'_>, tab: &Monitor, area: Rect) {
    let panel = &tab.pools;
    let app = sheet.app;
    let Some(figures) = panel.figures(&app.profiles, &tab.at, app.now) else {
        return nothing(sheet, tab, area);
    };
    head(sheet, panel, &figures, area);
    let area = below(area, 1);
    if area.height == 0 {
        return;
    }
    match panel.page {
        Page::Servers => servers::draw(sheet, tab, &figures, area),
        Page::Events => events::draw(sheet, panel, &figures, area),
        Page::Commands => opened::commands(sheet, panel, &figures, area),
        Page::Connections => opened::connections(sheet, panel, &figures, area),
        Page::Times => opened::times(sheet, panel, &figures, area),
    }
}

/// Why there is nothing to show.
fn nothing(sheet: &mut Sheet<'_>, tab: &Monitor, area: Rect) {
    let text = match sheet.app.profiles.answers(&tab.at.profile) {
        true => "reading …",
        false => "no pool so far: the profile is not connected",
    };
    let at = Position::new(area.x + 1, area.y);
    let style = sheet.style(Role::Dim);
    sheet.put(at, area.width.saturating_sub(2), text, style);
}

/// The server that is open, the pages, and what moment the figures are of.
fn head(sheet: &mut Sheet<'_>, panel: &PoolsPanel, figures: &Figures, area: Rect) {
    let dim = sheet.style(Role::Dim);
    let clock = words::clock(figures.wall.0);
    let read = match &panel.paused {
        None if area.width < WIDE => format!("{clock} "),
        None => format!("live, {clock} UTC "),
        Some(_) if area.width < WIDE => format!("paused {clock} "),
        Some(_) => {
            let key = sheet.keymaps.hint(Context::Monitor, Command::Toggle);
            let key = key.map(|k| format!(", {k} goes on")).unwrap_or_default();
            format!("paused at {clock} UTC{key} ")
        }
    };
    let read_style = match panel.paused {
        Some(_) => sheet.style(Role::Warning),
        None => dim,
    };
    let line = Rect { height: 1, ..area };
    let right = sheet.put_right(line, &read, read_style);
    let end = area.right().saturating_sub(right + 1);
    let mut x = area.x + 1;
    if let Some(address) = &panel.opened {
        let style = sheet.style(Role::Key);
        // The address gives way to the names of the pages.
        let pages: usize = panel.pages().iter().map(|p| p.name().len() + 2).sum();
        let pages = u16::try_from(pages).unwrap_or(0);
        let room = end.saturating_sub(x + pages);
        x += sheet.put(Position::new(x, area.y), room, address, style) + 2;
    }
    for (place, page) in panel.pages().iter().enumerate() {
        let style = match *page == panel.page {
            true => sheet.style(Role::Title),
            false => dim,
        };
        let room = end.saturating_sub(x);
        let used = sheet.put(Position::new(x, area.y), room, page.name(), style);
        let hit = Rect {
            x,
            width: used,
            ..line
        };
        sheet.hit(hit, Hit::Column(place));
        x = x.saturating_add(used + 2);
    }
}

/// The area without its first rows.
fn below(area: Rect, rows: u16) -> Rect {
    let rows = rows.min(area.height);
    Rect {
        y: area.y + rows,
        height: area.height - rows,
        ..area
    }
}

/// Whether the panel has the keys.
fn has_keys(sheet: &Sheet<'_>) -> bool {
    sheet.app.focus == Focus::Main && sheet.app.overlays.is_empty()
}

/// Marks the row under the cursor.
fn mark(sheet: &mut Sheet<'_>, row: Rect) {
    let focused = has_keys(sheet);
    let role = if focused {
        Role::Cursor
    } else {
        Role::CursorUnfocused
    };
    let style = sheet.style(role);
    sheet.restyle(row, style);
    let style = sheet.style(if focused {
        Role::TitleFocused
    } else {
        Role::Dim
    });
    sheet.put(Position::new(row.x, row.y), 1, "▸", style);
}

/// A column of a table.
struct Column {
    title: &'static str,
    width: u16,
    right: bool,
}

/// Places cells in a row, each in its column with a space between them. Cells that do not fit are left out.
fn cells<'t>(
    sheet: &mut Sheet<'_>,
    row: Rect,
    columns: &[Column],
    texts: impl IntoIterator<Item = (&'t str, Role)>,
) {
    let mut x = row.x + 1;
    for (column, (text, role)) in columns.iter().zip(texts) {
        let room = row.right().saturating_sub(x).min(column.width);
        if room == 0 {
            return;
        }
        let used = u16::try_from(text.width()).unwrap_or(u16::MAX).min(room);
        let from = if column.right { x + room - used } else { x };
        let style = sheet.style(role);
        sheet.put(Position::new(from, row.y), room - (from - x), text, style);
        x += column.width + 1;
    }
}

fn titles(sheet: &mut Sheet<'_>, row: Rect, columns: &[Column]) {
    let titles: Vec<&str> = columns.iter().map(|c| c.title).collect();
    cells(
        sheet,
        row,
        columns,
        titles.into_iter().map(|t| (t, Role::Header)),
    );
}
