//! Draws a find as a form in its tab: a line each, what is wrong or what may stand there, and the statement it makes.

use ratatui::layout::{Position, Rect};

use super::candidates;
use crate::app::query::Query;
use crate::app::query::find::FindForm;
use crate::app::regions::Hit;
use crate::query::finding::Line;
use crate::theme::Role;
use crate::view::Sheet;

/// The rows that the form takes: its lines, a line of help, and the statement.
pub const ROWS: u16 = Line::ALL.len() as u16 + 2;
/// The columns of the lines' names.
const NAMES: u16 = 13;

/// Draws the form.
pub fn draw(sheet: &mut Sheet<'_>, query: &Query, form: &FindForm, area: Rect, active: bool) {
    let lines = area.height.saturating_sub(2).min(ROWS - 2);
    let first = crate::app::regions::scrolled(0, form.cursor, usize::from(lines));
    let mut at_cursor = None;
    for (y, place) in (area.y..area.y + lines).zip(first..Line::ALL.len()) {
        let row = Rect {
            y,
            height: 1,
            ..area
        };
        if let Some(at) = line(sheet, form, place, row, active) {
            at_cursor = Some(at);
        }
        sheet.hit(row, Hit::Line(place));
    }
    let help = Rect {
        y: area.y + lines,
        height: area.height.saturating_sub(lines).min(1),
        ..area
    };
    help_line(sheet, form, help);
    let state = Rect {
        y: help.bottom(),
        height: area.height.saturating_sub(lines + 1).min(1),
        ..area
    };
    statement(sheet, query, form, state, active);
    if active && let (Some(list), Some(at)) = (&form.list, at_cursor) {
        let bottom = sheet.buffer.area.bottom().saturating_sub(1);
        let room = Rect {
            height: bottom.saturating_sub(area.y),
            ..area
        };
        candidates(sheet, list, at, room);
    }
}

/// Draws a line; gives where what is being completed begins, for the line that has the keys.
fn line(
    sheet: &mut Sheet<'_>,
    form: &FindForm,
    place: usize,
    row: Rect,
    active: bool,
) -> Option<Position> {
    let (name, field) = (Line::ALL.get(place)?, form.fields.get(place)?);
    let has_keys = active && place == form.cursor;
    let wrong = form.problems.get(place).is_some_and(Option::is_some);
    let (mark, role) = match (wrong, place == form.cursor) {
        (true, _) => ("✗ ", Role::Error),
        (false, true) => ("▸ ", Role::HintKey),
        (false, false) => ("  ", Role::Dim),
    };
    let style = sheet.style(role);
    sheet.put(Position::new(row.x, row.y), 2, mark, style);
    let style = sheet.style(match place == form.cursor {
        true => Role::TitleFocused,
        false => Role::Dim,
    });
    sheet.put(
        Position::new(row.x + 2, row.y),
        NAMES - 2,
        name.name(),
        style,
    );
    let at = Position::new(row.x + NAMES, row.y);
    let width = row.width.saturating_sub(NAMES + 1);
    if field.text().is_empty() {
        let style = sheet.style(Role::Placeholder);
        sheet.put(at, width, name.example(), style);
    }
    let role = match (wrong, has_keys) {
        (true, _) => Role::Violation,
        (false, true) => Role::Input,
        (false, false) => Role::Text,
    };
    let style = sheet.style(role);
    let hidden = sheet.field(at, width, field, style, has_keys);
    if !has_keys {
        return None;
    }
    let list = form.list.as_ref()?;
    let before = field.text().get(..list.completion.replace.start)?;
    let columns: usize = before
        .chars()
        .map(crate::app::editor::buffer::columns)
        .sum();
    let x = columns.saturating_sub(hidden).min(usize::from(width));
    Some(Position::new(at.x + u16::try_from(x).unwrap_or(0), at.y))
}

/// What is wrong with the line at the cursor, else with another, else what the keys do.
fn help_line(sheet: &mut Sheet<'_>, form: &FindForm, row: Rect) {
    if row.height == 0 {
        return;
    }
    let here = form.problems.get(form.cursor).and_then(Option::as_ref);
    let other = form
        .wrong()
        .and_then(|at| Some((Line::ALL.get(at)?.name(), form.problems.get(at)?.as_ref()?)));
    let (text, role) = match (here, other) {
        (Some(problem), _) => (said("", problem), Role::Error),
        (None, Some((name, problem))) => (said(name, problem), Role::Error),
        (None, None) => {
            let about = form.list.as_ref().and_then(|l| l.completion.about);
            match about {
                Some(about) => (format!("{}  {}", about.signature, about.help), Role::Dim),
                None => (hints(sheet), Role::Dim),
            }
        }
    };
    let style = sheet.style(role);
    let width = row.width.saturating_sub(3);
    sheet.put(Position::new(row.x + 2, row.y), width, &text, style);
}

fn said(line: &str, problem: &crate::value::Diagnostic) -> String {
    let line = match line {
        "" => String::new(),
        line => format!("{line}: "),
    };
    match &problem.help {
        Some(help) => format!("{line}{}; {help}", problem.message),
        None => format!("{line}{}", problem.message),
    }
}

fn hints(sheet: &Sheet<'_>) -> String {
    use crate::app::{Command, Context};
    let key = |command| sheet.keymaps.hint(Context::Query, command);
    let mut said = vec!["enter: run".to_owned()];
    said.extend(key(Command::Complete).map(|k| format!("{k}: what could stand here")));
    said.extend(key(Command::FindForm).map(|k| format!("{k}: the text")));
    said.join("  ")
}

/// The database and the statement that the form makes.
fn statement(sheet: &mut Sheet<'_>, query: &Query, form: &FindForm, row: Rect, active: bool) {
    if row.height == 0 {
        return;
    }
    sheet.horizontal(row.x, row.y, row.width);
    let style = sheet.style(match active {
        true => Role::TitleFocused,
        false => Role::Dim,
    });
    let left = format!(" {} ", query.database);
    let room = row.width.saturating_sub(2);
    let used = sheet.put(Position::new(row.x + 1, row.y), room, &left, style);
    let (text, role) = match form.wrong() {
        Some(_) => (" ✗ cannot be run ".to_owned(), Role::Error),
        None => {
            let statement = form.statement();
            let line: Vec<&str> = statement.split_whitespace().collect();
            (format!(" {} ", line.join(" ")), Role::Dim)
        }
    };
    let at = Position::new(row.x + 1 + used + 1, row.y);
    let room = row.right().saturating_sub(at.x + 1);
    let style = sheet.style(role);
    sheet.put(at, room, &text, style);
}
