//! Draws the form before an export, and the strip that says how far exports are.

use ratatui::layout::{Position, Rect};

use super::overlay::{popup, wrap};
use super::{Sheet, words};
use crate::app::export::Exporting;
use crate::app::export::form::{ExportForm, Row, SHOWN};
use crate::app::regions::Hit;
use crate::app::{App, Command};
use crate::theme::Role;

/// Exports that the strip shows, at the most.
const STRIPS: usize = 2;

/// How many rows the strip takes on a screen of `height` rows.
#[must_use]
pub fn rows(app: &App, height: u16) -> u16 {
    let rows = u16::try_from(app.exports.len().min(STRIPS)).unwrap_or(0);
    // A small screen keeps its rows for what it shows.
    rows.min(height.saturating_sub(8))
}

/// Draws how far each export is.
pub fn strip(sheet: &mut Sheet<'_>, area: Rect) {
    let app = sheet.app;
    let newest = app.exports.len().saturating_sub(usize::from(area.height));
    for (y, export) in (area.y..area.bottom()).zip(app.exports.iter().skip(newest)) {
        let line = Rect {
            y,
            height: 1,
            ..area
        };
        draw_strip(sheet, export, line);
    }
}

fn draw_strip(sheet: &mut Sheet<'_>, export: &Exporting, line: Rect) {
    let bar = sheet.style(Role::Bar);
    sheet.clear(line, bar);
    let elapsed = sheet.app.now.since(export.since);
    let keys = sheet
        .keymaps
        .hint(sheet.app.pane_context(), Command::Cancel)
        .filter(|_| !export.stopping)
        .map(|k| format!(" {k}: stop "))
        .unwrap_or_default();
    let busy = bar.patch(sheet.style(Role::Busy));
    let used = sheet.put_right(line, &keys, bar.patch(sheet.style(Role::HintKey)));
    sheet.hit(
        Rect {
            x: line.right().saturating_sub(used),
            width: used,
            ..line
        },
        Hit::Hint(Command::StopExport),
    );
    let mut figures = Vec::new();
    if let Some(progress) = export.progress.filter(|p| p.documents > 0) {
        let of = match progress.of_about {
            Some(of) if of >= progress.documents => format!(" of ~{}", words::count(of)),
            _ => String::new(),
        };
        figures.push(format!(
            "{}{of} documents",
            words::count(progress.documents)
        ));
        figures.push(words::bytes(progress.bytes));
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "a rate is shown with three digits"
        )]
        let rate = (progress.bytes as f64 / progress.elapsed.as_secs_f64().max(0.001)) as u64;
        figures.push(format!("{}/s", words::bytes(rate)));
    } else {
        figures.push("waiting for the first document".to_owned());
    }
    figures.push(words::span(elapsed));
    let word = match export.stopping {
        true => " stopping the export to ",
        false => " exporting to ",
    };
    let name = format!("{}  ", export.name());
    let figures = figures.join("  ");
    let room = line.width.saturating_sub(used + 1);
    // The figures are what changes: a long name gives way.
    let wanted = u16::try_from(figures.chars().count()).unwrap_or(u16::MAX);
    let lead = sheet.put(
        Position::new(line.x, line.y),
        room.saturating_sub(wanted),
        &format!("{word}{name}"),
        bar.patch(sheet.style(Role::Text)),
    );
    let at = Position::new(line.x + lead, line.y);
    sheet.put(at, room.saturating_sub(lead), &figures, busy);
}

/// Columns of the names of rows.
const LABEL: u16 = 9;

/// Draws the form.
pub fn draw(sheet: &mut Sheet<'_>, area: Rect, form: &ExportForm) {
    let columns = u16::try_from(form.columns().len()).unwrap_or(u16::MAX);
    let found = u16::try_from(form.found.len().min(SHOWN)).unwrap_or(0);
    let listed = match form.has_columns() {
        true => columns.min(12).saturating_add(2),
        false => 0,
    };
    let height = (9 + found).saturating_add(listed).min(area.height);
    let title = match form.is_text() {
        true => "write to a file",
        false => "export to a file",
    };
    let inside = popup(sheet, area, area.width.min(76), height, title);
    let base = sheet.style(Role::Popup);
    let dim = base.patch(sheet.style(Role::Dim));
    let mut y = inside.y;
    let put = |sheet: &mut Sheet<'_>, y: u16, text: &str, style| {
        if y < inside.bottom() {
            sheet.put(Position::new(inside.x, y), inside.width, text, style);
        }
    };
    put(sheet, y, &form.subject, dim);
    y += 2;
    if !form.is_text() {
        label(sheet, inside, y, "format", form.row == Row::Format);
        let at = Position::new(inside.x + LABEL + 2, y);
        let active = form.row == Row::Format;
        let name = match active {
            true => format!("◂ {} ▸", form.format.name()),
            false => form.format.name().to_owned(),
        };
        let style = base.patch(sheet.style(match active {
            true => Role::Input,
            false => Role::Text,
        }));
        let room = inside.width.saturating_sub(LABEL + 2);
        let used = sheet.put(at, room, &name, style);
        let at = Position::new(at.x + used + 2, y);
        sheet.put(
            at,
            room.saturating_sub(used + 2),
            form.format.describe(),
            dim,
        );
        y += 1;
    }
    label(sheet, inside, y, "file", form.row == Row::Path);
    let room = inside.width.saturating_sub(LABEL + 2);
    let input = base.patch(sheet.style(Role::Input));
    let at = Position::new(inside.x + LABEL + 2, y);
    sheet.field(at, room, &form.path, input, form.row == Row::Path);
    y += 1;
    for path in form.found.iter().take(SHOWN) {
        if y + 2 < inside.bottom() {
            let name = path.trim_end_matches('/').rsplit('/').next();
            let end = if path.ends_with('/') { "/" } else { "" };
            let name = format!("{}{end}", name.unwrap_or(path));
            sheet.put(Position::new(inside.x + LABEL + 2, y), room, &name, dim);
            y += 1;
        }
    }
    if form.found.len() > SHOWN && y + 2 < inside.bottom() {
        let more = format!("… {} more", form.found.len() - SHOWN);
        sheet.put(Position::new(inside.x + LABEL + 2, y), room, &more, dim);
        y += 1;
    }
    if form.has_columns() {
        y = draw_columns(sheet, form, inside, y);
    }
    let bottom = inside.bottom().saturating_sub(1);
    let (text, style) = match &form.problem {
        Some(problem) => (format!("✗ {problem}"), base.patch(sheet.style(Role::Error))),
        None => (hint(form), dim),
    };
    let lines = wrap(&[text], usize::from(inside.width));
    let first = bottom.saturating_sub(u16::try_from(lines.len()).unwrap_or(1).saturating_sub(1));
    for (y, line) in (first.max(y)..inside.bottom()).zip(&lines) {
        put(sheet, y, line, style);
    }
}

fn hint(form: &ExportForm) -> String {
    let here = match form.row {
        Row::Format => "left, right: another format",
        Row::Path => "tab: complete",
        Row::Column(_) => "space: in or out   a: all or none",
        Row::Other => "enter: add the column",
    };
    let go = match form.is_text() {
        true => "write",
        false => "export",
    };
    match form.row {
        Row::Other if !form.other.text().is_empty() => here.to_owned(),
        Row::Other => format!("type a path such as address.city   enter: {go}"),
        _ => format!("{here}   enter: {go}   esc: leave it"),
    }
}

fn label(sheet: &mut Sheet<'_>, inside: Rect, y: u16, text: &str, active: bool) {
    if y >= inside.bottom() {
        return;
    }
    let base = sheet.style(Role::Popup);
    let mark = if active { "▸ " } else { "  " };
    let style = base.patch(sheet.style(match active {
        true => Role::TitleFocused,
        false => Role::Text,
    }));
    let pieces = [
        (mark, base.patch(sheet.style(Role::HintKey))),
        (text, style),
    ];
    sheet.put_all(Position::new(inside.x, y), LABEL + 1, pieces);
}

/// The columns with their ticks, and the line for a further one. Gives the row after them.
fn draw_columns(sheet: &mut Sheet<'_>, form: &ExportForm, inside: Rect, y: u16) -> u16 {
    let base = sheet.style(Role::Popup);
    let columns = form.columns();
    let chosen = columns.iter().filter(|c| c.chosen).count();
    let active = matches!(form.row, Row::Column(_));
    // The line for another column, and that of the hints, stay in sight.
    let rows = inside.bottom().saturating_sub(y + 3);
    let rows = rows.min(u16::try_from(columns.len()).unwrap_or(u16::MAX));
    let first = form.first_column(usize::from(rows));
    label(sheet, inside, y, "columns", active);
    let right = Rect {
        y,
        height: 1,
        ..inside
    };
    let count = format!("{chosen} of {}", columns.len());
    let dim = base.patch(sheet.style(Role::Dim));
    sheet.put_right(right, &count, dim);
    let x = inside.x + LABEL + 2;
    let room = inside.width.saturating_sub(LABEL + 2 + 10);
    for (row, (place, column)) in (y..y + rows).zip(columns.iter().enumerate().skip(first)) {
        let at_cursor = form.row == Row::Column(place);
        let style = base.patch(sheet.style(match (at_cursor, column.chosen) {
            (true, _) => Role::Cursor,
            (false, true) => Role::Text,
            (false, false) => Role::Dim,
        }));
        let mark = if column.chosen { "☑ " } else { "☐ " };
        let pieces = [
            (mark, base.patch(sheet.style(Role::HintKey))),
            (column.name.as_str(), style),
        ];
        sheet.put_all(Position::new(x, row), room, pieces);
    }
    let y = y + rows.max(1);
    let active = form.row == Row::Other;
    label(sheet, inside, y, "another", active);
    if y < inside.bottom() {
        let input = base.patch(sheet.style(Role::Input));
        let room = inside.width.saturating_sub(LABEL + 2);
        sheet.field(Position::new(x, y), room, &form.other, input, active);
    }
    y + 1
}
