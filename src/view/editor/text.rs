//! Draws the text that is being typed, and the problems below it.

use ratatui::layout::{Position, Rect};
use unicode_width::UnicodeWidthStr;

use crate::app::editor::Editor;
use crate::app::editor::buffer::columns;
use crate::app::editor::check::{Finder, Problem};
use crate::app::editor::completing::Completing;
use crate::app::regions::{Hit, scrolled};
use crate::app::words::several;
use crate::theme::Role;
use crate::value::cell::cut;
use crate::view::overlay::wrap;
use crate::view::typing::{NoShade, Typed, lines, margin, sign};
use crate::view::{Sheet, completion};

/// At most so many problems are in sight at once.
const PROBLEMS: u16 = 6;
/// Further rows of the problem that is told in full.
const MORE: usize = 3;

/// Draws the text and what is wrong with it.
pub fn draw(sheet: &mut Sheet<'_>, editor: &Editor, area: Rect) {
    let found = u16::try_from(editor.check.problems.len()).unwrap_or(u16::MAX);
    let below = match area.height {
        0..4 => 0,
        4..8 => found.min(1) + 1,
        height => {
            // Lines that the text leaves free are the problems'.
            let lines = u16::try_from(editor.buffer.lines().len()).unwrap_or(u16::MAX);
            let free = height.saturating_sub(lines.saturating_add(1));
            let wanted = found.saturating_add(more_of_current(editor, area.width));
            wanted.min(PROBLEMS.min(height / 3).max(free)) + 1
        }
    };
    let text = Rect {
        height: area.height - below,
        ..area
    };
    let typed = Typed {
        buffer: &editor.buffer,
        problems: &editor.check.problems,
        checked: editor.check.version,
        active: true,
        hit: Hit::Row,
        shaded: &NoShade,
    };
    sheet.regions.main_rows = usize::from(text.height);
    sheet.regions.main_width = usize::from(text.width - margin(&typed, text.width));
    lines(sheet, &typed, text);
    if below > 0 {
        let hint = Rect {
            y: text.bottom(),
            height: 1,
            ..area
        };
        let rows = below - 1;
        let more = more_of_current(editor, area.width);
        let wanted = found.saturating_add(if rows > more { more } else { 0 });
        let hidden = wanted.saturating_sub(rows).min(found);
        describe(sheet, editor, hint, hidden);
        let list = Rect {
            y: hint.bottom(),
            height: below - 1,
            ..area
        };
        problems(sheet, editor, list);
    }
    if let Some(open) = &editor.completion
        && let Some(anchor) = anchor(editor, open, text, margin(&typed, text.width))
    {
        completion::draw(sheet, area, anchor, &open.list);
    }
}

/// The cell where the list at the cursor hangs: the first of what it would take the place of.
fn anchor(editor: &Editor, open: &Completing, text: Rect, margin: u16) -> Option<Position> {
    let buffer = &editor.buffer;
    let first = scrolled(buffer.first, buffer.cursor().0, usize::from(text.height));
    let y = text.y + u16::try_from(open.row.checked_sub(first)?).ok()?;
    let line = buffer.lines().get(open.row)?;
    let typed = line.get(..open.span.start)?.chars();
    let before: usize = typed.skip(buffer.left).map(columns).sum();
    let before = u16::try_from(before).ok()?.min(text.width - margin);
    (y < text.bottom()).then(|| Position::new(text.x + margin + before, y))
}

/// What the model says about the place that the cursor is at, and the counts.
fn describe(sheet: &mut Sheet<'_>, editor: &Editor, line: Rect, hidden: u16) {
    sheet.horizontal(line.x, line.y, line.width);
    let (errors, warnings) = editor.check.counts();
    let (text, role) = match (&editor.check.content, errors, warnings) {
        (None, ..) => (" ✗ does not parse ".to_owned(), Role::Error),
        (_, 0, 0) if editor.model.is_none() => (" no model ".to_owned(), Role::Dim),
        (_, 0, 0) => (" ✓ valid ".to_owned(), Role::Success),
        (_, 0, n) => (format!(" ! {} ", several(n, "warning")), Role::Warning),
        (_, n, 0) => (format!(" ✗ {} ", several(n, "violation")), Role::Error),
        (_, n, m) => {
            let (n, m) = (several(n, "violation"), several(m, "warning"));
            (format!(" ✗ {n}, {m} "), Role::Error)
        }
    };
    let text = match hidden {
        0 => text,
        n => format!("{text}({n} not in sight) "),
    };
    let used = u16::try_from(text.width()).unwrap_or(0);
    let end = line.right().saturating_sub(used + 1);
    let mut x = line.x + 1;
    if let Some(path) = editor.path_here().filter(|p| !p.is_root()) {
        let text = format!(" {path} ");
        let style = sheet.style(Role::TitleFocused);
        x += sheet.put(
            Position::new(x, line.y),
            end.saturating_sub(x),
            &text,
            style,
        );
        let field = editor.model.as_ref().and_then(|m| m.field(&path));
        if let Some(field) = field {
            let text = format!("{} ", field.describe());
            let style = sheet.style(Role::Dim);
            sheet.put(
                Position::new(x, line.y),
                end.saturating_sub(x),
                &text,
                style,
            );
        }
    }
    let style = sheet.style(role);
    sheet.put_right(line, &text, style);
}

/// The problem that is told in full: the one that the cursor was led to, else the one on its line.
fn current(editor: &Editor) -> Option<usize> {
    let row = editor.buffer.cursor().0;
    let problems = &editor.check.problems;
    let on_line = || problems.iter().position(|p| p.row == Some(row));
    editor.selected.or_else(on_line)
}

/// How many further rows the current problem takes, at the most [`MORE`].
fn more_of_current(editor: &Editor, width: u16) -> u16 {
    let problem = current(editor).and_then(|i| editor.check.problems.get(i));
    problem.map_or(0, |p| {
        let rows = in_full(p, width).len().saturating_sub(1);
        u16::try_from(rows).unwrap_or(0)
    })
}

/// Where a problem is, in words.
fn place_of(problem: &Problem) -> String {
    match (&problem.path, problem.row) {
        (Some(path), _) if !path.is_root() => path.to_string(),
        (_, Some(row)) => format!("line {}", row + 1),
        _ => "document".to_owned(),
    }
}

/// What is wrong, and what to do where only that tells it.
fn message_of(problem: &Problem) -> String {
    match (&problem.help, problem.finder) {
        (Some(help), Finder::Parser | Finder::Server) => format!("{}; {help}", problem.message),
        _ => problem.message.clone(),
    }
}

/// All that is said of a problem behind its place, in rows that fit.
fn in_full(problem: &Problem, width: u16) -> Vec<String> {
    let fix = match &problem.fix {
        Some(fix) => format!("  fix: {}", fix.label),
        None => String::new(),
    };
    let place = place_of(problem).width().min(usize::from(width) / 2);
    let room = usize::from(width).saturating_sub(5 + place);
    let mut rows = wrap(&[message_of(problem) + &fix], room.max(1));
    rows.truncate(1 + MORE);
    rows
}

fn problems(sheet: &mut Sheet<'_>, editor: &Editor, area: Rect) {
    let all = &editor.check.problems;
    let current = current(editor);
    let more = usize::from(more_of_current(editor, area.width));
    let height = usize::from(area.height);
    // There must be room for all rows of the one that is told in full.
    let least = if height > more { height - more } else { height };
    let first = scrolled(0, current.unwrap_or(0), least);
    let mut y = area.y;
    for (number, problem) in all.iter().enumerate().skip(first) {
        if y >= area.bottom() {
            break;
        }
        // The one at the cursor is told in full, where there are rows for it.
        if current == Some(number) {
            let rows = in_full(problem, area.width);
            let left = usize::from(area.bottom() - y);
            if rows.len() > 1 && left >= rows.len() {
                y = whole(sheet, editor, number, problem, &rows, Rect { y, ..area });
                continue;
            }
        }
        let (mark, role) = sign(problem.severity);
        let lead = match editor.selected == Some(number) {
            true => "▸",
            false => " ",
        };
        let place = place_of(problem);
        let fix = match &problem.fix {
            Some(fix) => format!("  fix: {}", fix.label),
            None => String::new(),
        };
        let message = message_of(problem);
        // What can be done about it is not cut before what is wrong.
        let before = 4 + place.width();
        let room = usize::from(area.width).saturating_sub(before + fix.width());
        let message = match room {
            0..20 => message,
            room => cut(&message, room),
        };
        let pieces = [
            (lead, sheet.style(Role::HintKey)),
            (mark, sheet.style(role)),
            (" ", sheet.style(Role::Text)),
            (place.as_str(), sheet.style(Role::Key)),
            ("  ", sheet.style(Role::Text)),
            (message.as_str(), sheet.style(Role::Text)),
            (fix.as_str(), sheet.style(Role::Dim)),
        ];
        sheet.put_all(Position::new(area.x, y), area.width, pieces);
        y += 1;
    }
}

/// Draws a problem over several rows; says which row comes next.
fn whole(
    sheet: &mut Sheet<'_>,
    editor: &Editor,
    number: usize,
    problem: &Problem,
    rows: &[String],
    area: Rect,
) -> u16 {
    let (mark, role) = sign(problem.severity);
    let lead = match editor.selected == Some(number) {
        true => "▸",
        false => " ",
    };
    let place = place_of(problem);
    let pieces = [
        (lead, sheet.style(Role::HintKey)),
        (mark, sheet.style(role)),
        (" ", sheet.style(Role::Text)),
        (place.as_str(), sheet.style(Role::Key)),
        ("  ", sheet.style(Role::Text)),
    ];
    let used = sheet.put_all(Position::new(area.x, area.y), area.width / 2 + 5, pieces);
    let style = sheet.style(Role::Text);
    let mut y = area.y;
    for row in rows {
        let at = Position::new(area.x + used, y);
        sheet.put(at, area.width.saturating_sub(used), row, style);
        y += 1;
    }
    y
}
