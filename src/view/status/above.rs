//! What the line at the bottom has no room for, over the last rows of the panes.

use super::super::Sheet;
use super::super::overlay::wrap;
use super::going_on;
use super::notice::{Ends, Place, place};
use crate::app::Context;
use crate::theme::Role;
use ratatui::layout::{Position, Rect};
use unicode_width::UnicodeWidthStr;

/// Draws, over the last rows of `area`, what the line at the bottom has no room for: the keys that complete a sequence
/// while the person looks for one, or a notice in full.
pub fn above(sheet: &mut Sheet<'_>, area: Rect) {
    if sheet.pending.is_looked_up() {
        return all_keys(sheet, area);
    }
    let Place::Above(said) = place(sheet, &Ends::of(sheet), area.width) else {
        return;
    };
    let lines = wrap(
        &[said.text.to_owned()],
        usize::from(area.width.saturating_sub(4)),
    );
    let style = sheet.style(Role::Popup).patch(said.style);
    let Some(mut rect) = last_rows(area, lines.len()) else {
        return;
    };
    if matches!(
        sheet.app.context(),
        Context::Dialog | Context::Diff | Context::Conflict
    ) {
        // The last row is the question that waits for an answer.
        rect.y = area.y;
    }
    sheet.clear(rect, style);
    for (y, (row, line)) in (rect.y..rect.bottom()).zip(lines.iter().enumerate()) {
        let mark = if row == 0 { said.mark } else { "" };
        let text = format!(" {mark:2}{line}");
        sheet.put(Position::new(rect.x, y), rect.width, &text, style);
    }
}

/// So many rows at the bottom of `area`, if half of it has room for them or at least for the first ones.
pub(super) fn last_rows(area: Rect, rows: usize) -> Option<Rect> {
    let height = u16::try_from(rows).unwrap_or(u16::MAX).min(area.height / 2);
    (height > 0).then_some(Rect {
        y: area.bottom() - height,
        height,
        ..area
    })
}

/// All keys that may follow, in columns.
pub(super) fn all_keys(sheet: &mut Sheet<'_>, area: Rect) {
    let found = going_on(sheet, sheet.app.context());
    let key_width = found.iter().map(|(k, _)| k.width()).max().unwrap_or(0);
    let word_width = found.iter().map(|(_, w)| w.width()).max().unwrap_or(0);
    let width = (key_width + word_width + 4).clamp(8, usize::from(area.width).max(8));
    let columns = (usize::from(area.width) / width).max(1);
    let Some(rect) = last_rows(area, found.len().div_ceil(columns)) else {
        return;
    };
    let rows = usize::from(rect.height);
    let base = sheet.style(Role::Popup);
    sheet.clear(rect, base);
    let key_style = base.patch(sheet.style(Role::HintKey));
    for (place, (key, word)) in found.iter().enumerate() {
        let column = place / rows;
        if column >= columns {
            break;
        }
        let at = Position::new(
            rect.x + u16::try_from(column * width).unwrap_or(u16::MAX),
            rect.y + u16::try_from(place % rows).unwrap_or(u16::MAX),
        );
        let key = format!(" {key:>key_width$}");
        let word = format!(" {word}");
        let room = u16::try_from(width).unwrap_or(u16::MAX);
        sheet.put_all(at, room, [(key.as_str(), key_style), (word.as_str(), base)]);
    }
}
