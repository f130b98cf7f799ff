//! Draws the tab in front: the line of what was asked, the documents as a table, a tree or text, and below them what
//! there is to say of the value under the cursor.

use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use unicode_width::UnicodeWidthStr;

use super::overlay::wrap;
use super::{Sheet, words};
use crate::app::Command;
use crate::app::documents::{Documents, Origin, View};
use crate::model::{Severity, Violation};
use crate::theme::Role;
use crate::value::{Kind, Malformed};

mod chart;
mod strip;
mod table;
mod text;
mod tree;

/// The fewest rows in which the strip about the value under the cursor is drawn.
const WITH_STRIP: u16 = 9;

/// Draws the tab.
pub fn draw(sheet: &mut Sheet<'_>, tab: &Documents, area: Rect) {
    if let Some(editor) = &tab.editor {
        return super::editor::draw(sheet, editor, area);
    }
    sheet.regions.main_width = usize::from(area.width);
    let mut rest = area;
    if tab.filter.field.is_some() {
        let scrolled = filter_line(sheet, tab, take(&mut rest, 1));
        if let Some(told) = &tab.filter.problem {
            let width = usize::from(inner(area).width);
            let rows = wrap(&[format!("✗ {}", told.message)], width).len();
            let rows = u16::try_from(rows).unwrap_or(u16::MAX).clamp(2, 5);
            problem(sheet, tab, take(&mut rest, rows + 1), scrolled);
        }
    } else {
        head(sheet, tab, take(&mut rest, 1));
    }
    if area.height >= WITH_STRIP && tab.view != View::Chart {
        let strip = Rect {
            y: rest.bottom().saturating_sub(2),
            height: 2.min(rest.height),
            ..rest
        };
        rest.height = rest.height.saturating_sub(2);
        strip::draw(sheet, tab, strip);
    }
    failure(sheet, tab, &mut rest);
    doubt(sheet, tab, &mut rest);
    pictures(sheet, tab, rest);
}

/// Draws the rows alone, with the strip below: for a pane that has a head of its own.
pub fn draw_rows(sheet: &mut Sheet<'_>, tab: &Documents, area: Rect) {
    sheet.regions.main_width = usize::from(area.width);
    let mut rest = area;
    if area.height >= WITH_STRIP && tab.view != View::Chart {
        let strip = Rect {
            y: rest.bottom() - 2,
            height: 2,
            ..rest
        };
        rest.height -= 2;
        strip::draw(sheet, tab, strip);
    }
    failure(sheet, tab, &mut rest);
    doubt(sheet, tab, &mut rest);
    pictures(sheet, tab, rest);
}

fn pictures(sheet: &mut Sheet<'_>, tab: &Documents, rest: Rect) {
    sheet.regions.main_rows = usize::from(rest.height);
    match tab.view {
        _ if tab.feed.rows.is_empty() => {
            // The table's head takes a row once there is something to show.
            sheet.regions.main_rows = usize::from(rest.height.saturating_sub(1)).max(1);
            nothing(sheet, tab, rest);
        }
        View::Table => table::draw(sheet, tab, rest),
        View::Tree => tree::draw(sheet, tab, rest),
        View::Text => text::draw(sheet, tab, rest),
        View::Chart => chart::draw(sheet, tab, rest),
    }
}

/// Cuts so many rows off the top of an area.
fn take(rest: &mut Rect, height: u16) -> Rect {
    let height = height.min(rest.height);
    let top = Rect { height, ..*rest };
    rest.y += height;
    rest.height -= height;
    top
}

/// What was asked of the server, and what came back.
fn head(sheet: &mut Sheet<'_>, tab: &Documents, line: Rect) {
    let dim = sheet.style(Role::Dim);
    let awaited = tab.feed.is_loading() && tab.feed.is_outdated();
    let outdated = tab.feed.is_outdated() && !tab.feed.rows.is_empty();
    let end = inner(line);
    let used = match tab.feed.took() {
        _ if awaited => sheet.put_right(end, "reading …", sheet.style(Role::Busy)),
        _ if outdated => sheet.put_right(end, "earlier rows", dim),
        None => 0,
        Some(took) => {
            let mut used = 0;
            if line.width >= 56 {
                used = sheet.put_right(end, &format!("  {}", words::span(took)), dim);
            }
            // The pen of the place is that of the terminal: it changes with every step of the cursor.
            let rest = Rect {
                width: end.width.saturating_sub(used),
                ..end
            };
            used + sheet.put_right(rest, &tab.position(), sheet.style(Role::Text))
        }
    };
    let room = line.width.saturating_sub(used + 4);
    let sort = match tab.sort.as_str() {
        "" => String::new(),
        sort => format!("sort {sort}"),
    };
    let sort_width = u16::try_from(sort.width()).unwrap_or(u16::MAX);
    let (filter, style) = match tab.filter.applied.as_str() {
        "" if sort.is_empty() || room > sort_width.saturating_add(16) => ("all documents", dim),
        "" => ("", dim),
        filter => (filter, sheet.style(Role::Input)),
    };
    // A long filter leaves the sort its room, as far as that is at most half.
    let filter_room = room.saturating_sub(sort_width.saturating_add(2).min(room / 2));
    let mut x = line.x + 1;
    x += sheet.put(Position::new(x, line.y), filter_room, filter, style);
    if !filter.is_empty() {
        x += 2;
    }
    let room = (line.x + 1 + room).saturating_sub(x);
    sheet.put(
        Position::new(x, line.y),
        room,
        &sort,
        sheet.style(Role::Text),
    );
}

fn inner(line: Rect) -> Rect {
    Rect {
        x: line.x + 1,
        width: line.width.saturating_sub(2),
        ..line
    }
}

const FILTER: &str = "filter ";

/// Draws the line that the filter is typed in; gives the columns of it that are out of sight on the left.
fn filter_line(sheet: &mut Sheet<'_>, tab: &Documents, line: Rect) -> usize {
    let Some(field) = &tab.filter.field else {
        return 0;
    };
    let line = inner(line);
    let at = Position::new(line.x, line.y);
    let used = sheet.put(at, line.width, FILTER, sheet.style(Role::HintKey));
    let at = Position::new(line.x + used, line.y);
    let room = line.width.saturating_sub(used);
    if field.text().is_empty() {
        let words = "{status: 'active'}; empty for all documents";
        sheet.put(at, room, words, sheet.style(Role::Placeholder));
    }
    let style = sheet.style(Role::Input);
    let active = tab_has_keys(sheet);
    sheet.field(at, room, field, style, active)
}

fn tab_has_keys(sheet: &Sheet<'_>) -> bool {
    sheet.app.focus == crate::app::Focus::Main && sheet.app.overlays.is_empty()
}

/// Why the filter cannot be used, with a caret under the place.
fn problem(sheet: &mut Sheet<'_>, tab: &Documents, area: Rect, scrolled: usize) {
    let Some(problem) = &tab.filter.problem else {
        return;
    };
    let line = inner(area);
    let style = sheet.style(Role::Error);
    let start = FILTER.width() + problem.column.saturating_sub(scrolled);
    let room = usize::from(line.width);
    if start < room {
        let caret = "^".repeat(problem.width.min(room - start));
        let x = line.x + u16::try_from(start).unwrap_or(0);
        sheet.put(Position::new(x, line.y), line.right() - x, &caret, style);
    }
    let text = wrap(&[format!("✗ {}", problem.message)], room);
    for (y, text) in (line.y + 1..area.bottom()).zip(&text) {
        sheet.put(Position::new(line.x, y), line.width, text, style);
    }
}

/// Why rows could not be had, above those that are there.
fn failure(sheet: &mut Sheet<'_>, tab: &Documents, rest: &mut Rect) {
    let Some(failure) = tab.feed.failure() else {
        return;
    };
    let width = usize::from(rest.width.saturating_sub(2));
    let mut lines = wrap(&[format!("✗ {}", failure.summary)], width);
    let errors = lines.len();
    if let Some(help) = &failure.help {
        let key = sheet.keymaps.hint(sheet.app.context(), Command::Refresh);
        let key = match key {
            Some(key) if help.starts_with("refresh") => format!(" ({key})"),
            _ => super::monitor::ways_on(sheet, failure),
        };
        lines.extend(wrap(&[format!("  {help}{key}")], width));
    }
    let height = u16::try_from(lines.len()).unwrap_or(u16::MAX);
    let area = inner(take(rest, height.min(rest.height / 2 + 1)));
    for (y, (i, line)) in (area.y..area.bottom()).zip(lines.iter().enumerate()) {
        let style = if i < errors {
            sheet.style(Role::Error)
        } else {
            sheet.style(Role::Text)
        };
        sheet.put(Position::new(area.x, y), area.width, line, style);
    }
}

/// That the server has been away since the rows were read, above them.
fn doubt(sheet: &mut Sheet<'_>, tab: &Documents, rest: &mut Rect) {
    let Some(at) = tab.feed.doubtful_since() else {
        return;
    };
    let key = sheet.keymaps.hint(sheet.app.context(), Command::Refresh);
    let key = key
        .map(|k| format!("; {k} reads again"))
        .unwrap_or_default();
    let text = format!(
        "! read at {} UTC, {}{key}",
        words::clock(at.0),
        words::BEFORE_LOSS
    );
    let line = inner(take(rest, 1));
    let style = sheet.style(Role::Warning);
    sheet.put(Position::new(line.x, line.y), line.width, &text, style);
}

/// What is said where there is no row.
fn nothing(sheet: &mut Sheet<'_>, tab: &Documents, area: Rect) {
    let mut line = inner(area);
    line.y = (line.y + 1).min(area.bottom().saturating_sub(1));
    let key = |command| {
        let hint = sheet.keymaps.hint(tab.context(), command);
        hint.map(|k| format!("; {k}: ")).unwrap_or_default()
    };
    let (text, role) = if tab.feed.failure().is_some() {
        return;
    } else if tab.feed.is_loading() {
        (format!("reading {} …", tab.namespace), Role::Busy)
    } else if tab.origin != Origin::Collection {
        ("no documents".to_owned(), Role::Text)
    } else if tab.filter.applied.is_empty() {
        let hint = key(Command::DocumentNew);
        let text = match hint.as_str() {
            "" => "the collection is empty".to_owned(),
            hint => format!("the collection is empty{hint}new document"),
        };
        (text, Role::Text)
    } else if tab.sought().is_some() {
        let text = format!("dangling: no such `_id` in {}", tab.namespace);
        (text, Role::Warning)
    } else {
        let hint = key(Command::ClearFilter);
        let text = match hint.as_str() {
            "" => "no document matches the filter".to_owned(),
            hint => format!("no document matches the filter{hint}clear it"),
        };
        (text, Role::Text)
    };
    let style = sheet.style(role);
    sheet.put(Position::new(line.x, line.y), line.width, &text, style);
}

/// The role of a value's colour.
#[must_use]
pub fn kind_role(kind: Kind) -> Role {
    match kind {
        Kind::String | Kind::Symbol => Role::KindString,
        Kind::Double | Kind::Int32 | Kind::Int64 | Kind::Decimal128 => Role::KindNumber,
        Kind::Boolean => Role::KindBoolean,
        Kind::Date | Kind::Timestamp => Role::KindDate,
        Kind::ObjectId => Role::KindId,
        Kind::Null | Kind::Undefined => Role::KindNull,
        Kind::Binary => Role::KindBinary,
        Kind::Regex => Role::KindRegex,
        Kind::Document | Kind::Array => Role::KindContainer,
        Kind::Code | Kind::CodeWithScope => Role::KindCode,
        Kind::MinKey | Kind::MaxKey | Kind::DbPointer => Role::KindOther,
    }
}

/// Says why a document has no picture.
fn damaged(sheet: &mut Sheet<'_>, area: Rect, problem: &Malformed) {
    let style = sheet.style(Role::Error);
    sheet.put(
        Position::new(area.x + 1, area.y),
        area.width.saturating_sub(1),
        &format!("✗ this document cannot be shown: {problem}"),
        style,
    );
}

/// The mark of a violation: what would be refused, or what is only odd.
fn mark(violation: &Violation) -> (&'static str, Role) {
    match violation.severity {
        Severity::Error => ("✗", Role::Violation),
        Severity::Warning => ("!", Role::Warning),
    }
}

/// The mark of several: that of the worst.
fn worst(violations: &[Violation]) -> Option<(&'static str, Role)> {
    violations.iter().max_by_key(|v| v.severity).map(mark)
}

/// The style of the cell or the name under the cursor.
fn cursor_style(sheet: &Sheet<'_>) -> Style {
    if sheet.app.focus == crate::app::Focus::Main && !sheet.quiet {
        sheet.style(Role::CursorCell)
    } else {
        sheet.style(Role::CursorUnfocused)
    }
}
