//! Draws a form over the panes: a line each, and what is said of the one that has the keys.

use ratatui::layout::{Position, Rect};
use unicode_width::UnicodeWidthStr;

use crate::app::query::form::{Form, Line};
use crate::app::regions::{Hit, scrolled};
use crate::app::words;
use crate::theme::Role;
use crate::view::Sheet;
use crate::view::overlay::{popup, wrap};

/// The most rows of what is said of the line that has the keys.
const SAID: usize = 4;

/// Draws the form.
pub fn draw(sheet: &mut Sheet<'_>, area: Rect, form: &Form) {
    let width = area.width.min(100);
    let room = usize::from(width.saturating_sub(2));
    let about = match form.about.as_str() {
        "" => Vec::new(),
        about => wrap(&[about.to_owned()], room),
    };
    let above = u16::try_from(about.len().min(2)).unwrap_or(2);
    let lines = u16::try_from(form.lines.len()).unwrap_or(u16::MAX);
    let said_rows = u16::try_from(SAID).unwrap_or(4);
    let fixed = above + said_rows + 4;
    let height = lines.saturating_add(fixed).min(area.height);
    let inside = popup(sheet, area, width, height, &form.title);
    let base = sheet.style(Role::Popup);
    let dim = base.patch(sheet.style(Role::Dim));
    for (y, line) in (inside.y..inside.y + above).zip(&about) {
        sheet.put(Position::new(inside.x, y), inside.width, line, dim);
    }
    let list = Rect {
        y: inside.y + above,
        height: inside
            .height
            .saturating_sub(above + said_rows + 2)
            .min(lines),
        ..inside
    };
    sheet.regions.overlay_rows = usize::from(list.height);
    let widest = form.lines.iter().map(|l| l.parameter.name.width()).max();
    let names = u16::try_from(widest.unwrap_or(0))
        .unwrap_or(u16::MAX)
        .min(inside.width / 3);
    let first = scrolled(form.first, form.cursor, usize::from(list.height));
    for (y, place) in (list.y..list.bottom()).zip(first..form.lines.len()) {
        let row = Rect {
            y,
            height: 1,
            ..list
        };
        if let Some(line) = form.lines.get(place) {
            line_of(sheet, line, row, names, place == form.cursor);
        }
        sheet.hit(row, Hit::Item(place));
    }
    let below = Rect {
        y: list.bottom() + 1,
        height: inside.bottom().saturating_sub(list.bottom() + 2),
        ..inside
    };
    said(sheet, form, below);
    let last = Rect {
        y: inside.bottom().saturating_sub(1),
        height: 1,
        ..inside
    };
    let hint = format!("enter: {}   tab: next   esc: leave it", form.verb);
    sheet.put_right(last, &hint, dim);
}

fn line_of(sheet: &mut Sheet<'_>, line: &Line, row: Rect, names: u16, at_cursor: bool) {
    let base = sheet.style(Role::Popup);
    let (mark, role) = match (&line.problem, at_cursor) {
        (Some(_), _) => ("✗ ", Role::Error),
        (None, true) => ("▸ ", Role::HintKey),
        (None, false) => ("  ", Role::Dim),
    };
    let style = base.patch(sheet.style(role));
    sheet.put(Position::new(row.x, row.y), 2, mark, style);
    let style = match at_cursor {
        true => base.patch(sheet.style(Role::TitleFocused)),
        false => base,
    };
    let name = Position::new(row.x + 2, row.y);
    sheet.put(name, names, &line.parameter.name, style);
    let at = Position::new(row.x + 2 + names + 2, row.y);
    let room = row.right().saturating_sub(at.x);
    // What it takes stands at the right, what is wrong in its place.
    let (aside, role) = match &line.problem {
        Some(problem) => (problem.clone(), Role::Error),
        None => (line.parameter.kind.name(), Role::Dim),
    };
    let wanted = u16::try_from(aside.width()).unwrap_or(u16::MAX);
    let aside_room = wanted.min(room / 2);
    let style = base.patch(sheet.style(role));
    let aside_at = Position::new(row.right().saturating_sub(aside_room), row.y);
    sheet.put(aside_at, aside_room, &aside, style);
    let width = room.saturating_sub(aside_room + 1);
    let choices = line.parameter.kind.choices();
    if line.field.text().is_empty() {
        let text = match (&line.parameter.default, choices.as_slice()) {
            (Some(default), _) if default.is_empty() => "(empty)".to_owned(),
            (Some(default), _) => default.clone(),
            (None, []) if line.optional => String::new(),
            (None, []) => "(to be given)".to_owned(),
            (None, choices) => choices.join(" | "),
        };
        let style = base.patch(sheet.style(Role::Placeholder));
        sheet.put(at, width, &text, style);
    }
    let role = match (&line.problem, at_cursor) {
        (Some(_), _) => Role::Violation,
        (None, true) => Role::Input,
        (None, false) => Role::Text,
    };
    let style = base.patch(sheet.style(role));
    sheet.field(at, width, &line.field, style, at_cursor);
}

/// What is said of the line that has the keys: what is wrong, what it means, what it takes, what it is now.
fn said(sheet: &mut Sheet<'_>, form: &Form, area: Rect) {
    let base = sheet.style(Role::Popup);
    let mut lines: Vec<(String, Role)> = Vec::new();
    if let Some(problem) = &form.problem {
        lines.push((problem.clone(), Role::Error));
    }
    if let Some(line) = form.current() {
        let parameter = &line.parameter;
        if let Some(problem) = &line.problem {
            lines.push((format!("`{}` {problem}", parameter.name), Role::Error));
        }
        if !parameter.help.is_empty() {
            lines.push((parameter.help.clone(), Role::Text));
        }
        let mut takes = parameter.kind.describe();
        if !parameter.kind.choices().is_empty() {
            takes.push_str("; left and right go through them");
        }
        if let (Some(default), false) = (&parameter.default, line.field.text().is_empty()) {
            takes.push_str(&format!("; empty is `{default}`"));
        }
        lines.push((takes, Role::Dim));
        let now = i64::try_from(sheet.app.now.0).unwrap_or(i64::MAX);
        let value = line.text().and_then(|t| parameter.kind.read(t, now).ok());
        if let Some(value) = value.filter(|_| line.problem.is_none()) {
            let value = words::line(value.as_raw_bson_ref());
            lines.push((format!("= {value}"), Role::Success));
        }
    }
    let width = usize::from(area.width);
    let mut y = area.y;
    for (text, role) in lines {
        let style = base.patch(sheet.style(role));
        for line in wrap(&[text], width) {
            if y < area.bottom() {
                sheet.put(Position::new(area.x, y), area.width, &line, style);
                y += 1;
            }
        }
    }
}
