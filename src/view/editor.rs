//! Draws the editor: the text with what is wrong below it, the review of a write, a conflict.

use ratatui::layout::{Position, Rect};

use super::Sheet;
use crate::app::editor::{Editor, Stage};
use crate::app::words;
use crate::theme::Role;

mod conflict;
mod review;
mod text;

/// Draws the editor into the tab's place.
pub fn draw(sheet: &mut Sheet<'_>, editor: &Editor, area: Rect) {
    if area.height < 2 || area.width < 4 {
        return;
    }
    title(sheet, editor, Rect { height: 1, ..area });
    let rest = Rect {
        y: area.y + 1,
        height: area.height - 1,
        ..area
    };
    match &editor.stage {
        Stage::Typing => text::draw(sheet, editor, rest),
        Stage::Review(review) => review::draw(sheet, editor, review, rest, review::Asked::Write),
        Stage::Writing { review, .. } => {
            review::draw(sheet, editor, review, rest, review::Asked::Wait("writing"));
        }
        Stage::Looking { review, .. } => {
            let asked = review::Asked::Wait("reading the document again");
            review::draw(sheet, editor, review, rest, asked);
        }
        Stage::Unknown(review) => {
            review::draw(sheet, editor, review, rest, review::Asked::Look);
        }
        Stage::Conflict(conflict) => conflict::draw(sheet, conflict, rest),
    }
}

/// What is edited, and whether it is kept.
fn title(sheet: &mut Sheet<'_>, editor: &Editor, line: Rect) {
    sheet.clear(line, sheet.style(Role::Header));
    let what = match (&editor.stage, editor.is_new()) {
        (Stage::Typing, false) => "edit",
        (Stage::Typing, true) => "new document",
        (Stage::Review(_) | Stage::Writing { .. }, _) => "review",
        (Stage::Unknown(_) | Stage::Looking { .. }, _) => "outcome unknown",
        (Stage::Conflict(_), _) => "conflict",
    };
    let id = match &editor.base {
        Some(base) => {
            let id = crate::app::editor::review::id_of(base);
            format!("_id {}", words::line(id.as_raw_bson_ref()))
        }
        None => String::new(),
    };
    let mut text = format!(" {what}  ");
    if !editor.path.is_root() {
        text.push_str(&format!("{}  ", editor.path));
    }
    text.push_str(&id);
    let state = match (editor.is_changed(), editor.is_kept()) {
        (false, _) => "unchanged ",
        (true, true) => "draft kept ",
        (true, false) => "changed ",
    };
    let style = sheet.style(Role::TitleFocused);
    let room = line.width.saturating_sub(state.len() as u16 + 1);
    sheet.put(Position::new(line.x, line.y), room, &text, style);
    sheet.put_right(line, state, sheet.style(Role::Dim));
}
