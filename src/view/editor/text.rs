//! Draws the text that is being typed, and the problems below it.

use ratatui::layout::{Position, Rect};
use unicode_width::UnicodeWidthStr;

use crate::app::editor::Editor;
use crate::app::editor::buffer::columns;
use crate::app::editor::check::Finder;
use crate::app::editor::completing::Completing;
use crate::app::regions::{Hit, scrolled};
use crate::app::words::several;
use crate::theme::Role;
use crate::value::cell::cut;
use crate::view::typing::{NoShade, Typed, lines, margin, sign};
use crate::view::{Sheet, completion};

/// At most so many problems are in sight at once.
const PROBLEMS: u16 = 6;

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
            found.min(PROBLEMS.min(height / 3).max(free)) + 1
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
        let hidden = found.saturating_sub(below - 1);
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

fn problems(sheet: &mut Sheet<'_>, editor: &Editor, area: Rect) {
    let all = &editor.check.problems;
    let first = scrolled(0, editor.selected.unwrap_or(0), usize::from(area.height));
    for (y, (number, problem)) in (area.y..area.bottom()).zip(all.iter().enumerate().skip(first)) {
        let (mark, role) = sign(problem.severity);
        let lead = match editor.selected == Some(number) {
            true => "▸",
            false => " ",
        };
        let place = match (&problem.path, problem.row) {
            (Some(path), _) if !path.is_root() => path.to_string(),
            (_, Some(row)) => format!("line {}", row + 1),
            _ => "document".to_owned(),
        };
        let fix = match &problem.fix {
            Some(fix) => format!("  fix: {}", fix.label),
            None => String::new(),
        };
        let message = match (&problem.help, problem.finder) {
            (Some(help), Finder::Parser | Finder::Server) => {
                format!("{}; {help}", problem.message)
            }
            _ => problem.message.clone(),
        };
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
    }
}
