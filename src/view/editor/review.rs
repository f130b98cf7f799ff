//! Draws what is about to be written, and the question whether to.

use ratatui::layout::{Position, Rect};

use crate::app::Command;
use crate::app::editor::Editor;
use crate::app::editor::review::{Line, Mark, Review};
use crate::theme::Role;
use crate::view::Sheet;
use crate::view::overlay::{answers, wrap};

/// What is asked below the changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// Whether to write.
    Write,
    /// Nothing: this is under way.
    Wait(&'static str),
    /// Whether to look what became of the write.
    Look,
}

/// Draws the changes, the statement, the violations, and the question.
pub fn draw(sheet: &mut Sheet<'_>, editor: &Editor, review: &Review, area: Rect, asked: Asked) {
    let bottom = area.height.min(2);
    let list = Rect {
        height: area.height - bottom,
        ..area
    };
    sheet.regions.main_rows = usize::from(list.height);
    sheet.regions.main_width = usize::from(list.width);
    let width = usize::from(list.width.saturating_sub(6)).max(1);
    let mut y = list.y;
    'lines: for line in review.lines.iter().skip(review.first) {
        for (part, text) in wrapped(line, width).iter().enumerate() {
            if y >= list.bottom() {
                break 'lines;
            }
            let at = Position::new(list.x, y);
            put(sheet, at, list.width, line.mark, text, part > 0);
            y += 1;
        }
    }
    let rule = Rect {
        y: list.bottom(),
        height: 1,
        ..area
    };
    sheet.horizontal(rule.x, rule.y, rule.width);
    if review.lines.len() > usize::from(list.height) {
        let text = format!(" line {} of {} ", review.first + 1, review.lines.len());
        sheet.put_right(rule, &text, sheet.style(Role::Dim));
    }
    if bottom == 2 {
        let line = Rect {
            y: rule.y + 1,
            ..rule
        };
        question(sheet, editor, review, line, asked);
    }
}

fn wrapped(line: &Line, width: usize) -> Vec<String> {
    // Indentation carries meaning in values, and wrapping would lose it.
    let body = line.text.trim_start_matches(' ');
    let indent = (line.text.len() - body.len()).min(width / 2);
    let lead = " ".repeat(indent);
    let rows = wrap(&[body.to_owned()], width - indent);
    rows.into_iter().map(|r| format!("{lead}{r}")).collect()
}

fn put(sheet: &mut Sheet<'_>, at: Position, width: u16, mark: Mark, text: &str, goes_on: bool) {
    let (sign, role) = match mark {
        Mark::Changed => ("~ ", Role::Changed),
        Mark::Added => ("+ ", Role::Added),
        Mark::Removed => ("- ", Role::Removed),
        Mark::Old => ("  - ", Role::Removed),
        Mark::New => ("  + ", Role::Added),
        Mark::Note => ("  ", Role::Dim),
        Mark::Error => ("✗ ", Role::Error),
        Mark::Warning => ("! ", Role::Warning),
        Mark::Statement => ("  ", Role::Text),
        Mark::Title => ("", Role::Title),
        Mark::Blank => ("", Role::Text),
    };
    let style = sheet.style(role);
    let blank = " ".repeat(sign.chars().count());
    let sign = if goes_on { blank.as_str() } else { sign };
    sheet.put_all(at, width, [(" ", style), (sign, style), (text, style)]);
}

fn question(sheet: &mut Sheet<'_>, editor: &Editor, review: &Review, line: Rect, asked: Asked) {
    let at = Position::new(line.x, line.y);
    let text = match asked {
        Asked::Wait(what) => {
            let text = format!(" {what} …");
            sheet.put(at, line.width, &text, sheet.style(Role::Busy));
            return;
        }
        Asked::Look => " it may have been written: read the document again?  ".to_owned(),
        Asked::Write if review.is_blocked() => {
            let n = review.errors().count();
            let profile = sheet.app.profiles.get(&editor.host.profile);
            let context = crate::app::Context::Diff;
            let next = match profile.is_some_and(|p| p.allow_override) {
                true => match sheet.keymaps.hint(context, Command::Override) {
                    Some(keys) => format!("mend them, or {keys} overrides them"),
                    None => "mend them, or override them".to_owned(),
                },
                false => "mend them first".to_owned(),
            };
            let text = format!(" ✗ {}: {next}", crate::app::words::blocking(n));
            sheet.put(at, line.width, &text, sheet.style(Role::Error));
            return;
        }
        Asked::Write if review.overridden => " write in spite of the violations?  ".to_owned(),
        Asked::Write => format!(
            " write to {} on {}?  ",
            editor.host.namespace, editor.host.profile
        ),
    };
    let room = line.width.saturating_sub(16);
    let used = sheet.put(at, room, &text, sheet.style(Role::TitleFocused));
    let rest = Rect {
        x: line.x + used,
        width: line.width - used,
        ..line
    };
    answers(sheet, rest, asked == Asked::Look || review.on_yes);
}
