//! Draws the list of what could stand at the cursor, beside the place that it would take.

use ratatui::layout::{Position, Rect};
use unicode_width::UnicodeWidthStr;

use super::Sheet;
use crate::app::completion::{Completion, ROWS};
use crate::app::regions::{Hit, scrolled};
use crate::theme::Role;

/// The most columns that the list takes.
const WIDEST: u16 = 64;

/// Draws the list below `anchor`, the first cell of what is typed, or above it where there is more room; within `area`.
pub fn draw(sheet: &mut Sheet<'_>, area: Rect, anchor: Position, list: &Completion) {
    let note = u16::from(list.note.is_some());
    let wanted = u16::try_from(list.len().min(ROWS)).unwrap_or(0) + note;
    let below = area.bottom().saturating_sub(anchor.y + 1);
    let above = anchor.y.saturating_sub(area.y);
    let (y, height) = match () {
        () if wanted <= below || below >= above => (anchor.y + 1, wanted.min(below)),
        () => {
            let height = wanted.min(above);
            (anchor.y - height, height)
        }
    };
    if height == 0 || area.width < 8 {
        return;
    }
    let first = scrolled(
        list.first,
        list.cursor(),
        usize::from(height - note.min(height)),
    );
    let rows = usize::from(height.saturating_sub(note));
    let shown: Vec<_> = list.shown().skip(first).take(rows).collect();
    let labels = shown.iter().map(|c| c.label.width()).max().unwrap_or(0);
    let details = shown.iter().map(|c| c.detail.width()).max().unwrap_or(0);
    let noted = list.note.as_ref().map_or(0, |n| n.width());
    let width = (labels + details + 4).max(noted + 2);
    let width = u16::try_from(width)
        .unwrap_or(WIDEST)
        .min(WIDEST)
        .min(area.width);
    let x = anchor
        .x
        .saturating_sub(1)
        .min(area.right().saturating_sub(width))
        .max(area.x);
    let frame = Rect {
        x,
        y,
        width,
        height,
    };
    let base = sheet.style(Role::Popup);
    let dim = base.patch(sheet.style(Role::Dim));
    sheet.clear(frame, base);
    let labels = u16::try_from(labels).unwrap_or(width);
    let label_width = labels
        .min(width.saturating_sub(2).max(1))
        .min(width * 2 / 3);
    for ((row, candidate), place) in (frame.y..).zip(&shown).zip(first..) {
        let line = Rect {
            y: row,
            height: 1,
            ..frame
        };
        let style = match place == list.cursor() {
            true => base.patch(sheet.style(Role::Cursor)),
            false => base,
        };
        if place == list.cursor() {
            sheet.clear(line, style);
            sheet.put(Position::new(x, row), 1, "▸", style);
        }
        let at = Position::new(x + 1, row);
        sheet.put(at, label_width, &candidate.label, style);
        let left = x + 1 + label_width + 2;
        let room = frame.right().saturating_sub(left);
        let detail = if place == list.cursor() { style } else { dim };
        sheet.put(Position::new(left, row), room, &candidate.detail, detail);
        sheet.hit(line, Hit::Item(place));
    }
    if let Some(note) = &list.note {
        let at = Position::new(x + 1, frame.bottom() - 1);
        sheet.put(at, width.saturating_sub(1), note, dim);
    }
}
