//! Draws what lies over the panes: questions, prompts, lists, messages.

use crate::theme::Role;
use ratatui::layout::{Position, Rect};
use unicode_width::UnicodeWidthStr;

use super::query::{form, saved};
use super::{Sheet, deployments, details, export, help, referrers};
use crate::app::overlay::{Confirm, Message, Overlay, Prompt};
use crate::app::picker::{Choice, Picker};
use crate::app::regions::Hit;

/// Draws the overlay at this place of the stack, within `area`.
pub fn draw(sheet: &mut Sheet<'_>, area: Rect, place: usize) {
    let app = sheet.app;
    let Some(overlay) = app.overlays.get(place) else {
        return;
    };
    sheet.hide_cursor();
    match overlay {
        Overlay::Help(help) => help::draw(sheet, area, help),
        Overlay::Referrers(list) => referrers::draw_referrers(sheet, area, list),
        Overlay::Deletion(deletion) => referrers::draw_deletion(sheet, area, deletion),
        Overlay::Status(status) => deployments::draw(sheet, area, status),
        Overlay::Loaded(loaded) => deployments::draw_load(sheet, area, loaded),
        Overlay::Details(details) => details::draw(sheet, area, details),
        Overlay::Queries(list) => saved::draw(sheet, area, list),
        Overlay::Form(form) => form::draw(sheet, area, form),
        Overlay::Picker(picker) => draw_picker(sheet, area, picker),
        Overlay::Export(form) => export::draw(sheet, area, form),
        Overlay::Confirm(confirm) => draw_confirm(sheet, area, confirm),
        Overlay::Prompt(prompt) => draw_prompt(sheet, area, prompt),
        Overlay::Message(message) => draw_message(sheet, area, message),
    }
}

/// Clears a box of at most `width` by `height` in the middle of `area`, draws its title, and gives its inside.
pub(super) fn popup(
    sheet: &mut Sheet<'_>,
    area: Rect,
    width: u16,
    height: u16,
    title: &str,
) -> Rect {
    let width = width.min(area.width);
    let height = height.min(area.height);
    let frame = Rect {
        x: area.x + (area.width - width) / 2,
        y: area.y + (area.height - height) / 3,
        width,
        height,
    };
    sheet.clear(frame, sheet.style(Role::Popup));
    sheet.hit(area, Hit::Overlay);
    let style = sheet.style(Role::PopupTitle);
    sheet.clear(Rect { height: 1, ..frame }, style);
    sheet.put(
        Position::new(frame.x + 1, frame.y),
        width.saturating_sub(2),
        title,
        style,
    );
    let inside = Rect {
        x: frame.x + 1,
        y: frame.y + 1,
        width: width.saturating_sub(2),
        height: height.saturating_sub(1),
    };
    sheet.regions.overlay_rows = usize::from(inside.height);
    inside
}

/// The most rows in which an item is told in full.
const IN_FULL: usize = 5;

/// What the item at the cursor says, in rows, where its line has no room for it.
fn said_in_full(picker: &Picker, width: u16) -> Vec<String> {
    let item = picker
        .shown
        .get(picker.cursor)
        .and_then(|i| picker.items.get(*i));
    let Some(item) = item.filter(|i| matches!(i.choice, Choice::Path(..) | Choice::Nothing)) else {
        return Vec::new();
    };
    let label = item.label.width().min(usize::from(width) * 3 / 5);
    let is_cut = label < item.label.width() || label + 4 + item.detail.width() > usize::from(width);
    if !is_cut {
        return Vec::new();
    }
    let text = format!("{}  {}", item.label, item.detail);
    let mut rows = wrap(&[text], usize::from(width));
    rows.truncate(IN_FULL);
    rows
}

/// Draws the item at the cursor in full below the list where its line has no room for it; gives what is left.
fn in_full(sheet: &mut Sheet<'_>, picker: &Picker, list: Rect) -> Rect {
    let rows = said_in_full(picker, list.width);
    let taken = u16::try_from(rows.len() + 1).unwrap_or(u16::MAX);
    if rows.is_empty() || list.height < taken.saturating_add(2) {
        return list;
    }
    let style = sheet.style(Role::Popup);
    let top = list.bottom() - taken + 1;
    for (y, row) in (top..list.bottom()).zip(&rows) {
        sheet.put(Position::new(list.x, y), list.width, row, style);
    }
    Rect {
        height: list.height - taken,
        ..list
    }
}

fn draw_picker(sheet: &mut Sheet<'_>, area: Rect, picker: &Picker) {
    let rows = u16::try_from(picker.shown.len().max(1)).unwrap_or(u16::MAX);
    let told = said_in_full(picker, area.width.min(92).saturating_sub(2));
    let rows = rows.saturating_add(u16::try_from(told.len()).unwrap_or(0));
    let height = rows
        .saturating_add(3)
        .clamp(8.min(area.height), area.height.min(24));
    let title = format!(
        "{}  {}/{}",
        picker.title,
        picker.shown.len(),
        picker.items.len()
    );
    let title = match (picker.picking, picker.reading) {
        (true, _) => format!("{title}  reading names, then the best match opens …"),
        (false, true) => format!("{title}  reading names …"),
        (false, false) => title,
    };
    let inside = popup(sheet, area, area.width.min(92), height, &title);
    let popup_style = sheet.style(Role::Popup);
    let at = Position::new(inside.x, inside.y);
    let used = sheet.put(
        at,
        inside.width,
        "› ",
        popup_style.patch(sheet.style(Role::HintKey)),
    );
    let input = popup_style.patch(sheet.style(Role::Input));
    sheet.field(
        Position::new(inside.x + used, inside.y),
        inside.width - used,
        &picker.field,
        input,
        true,
    );
    let list = Rect {
        y: inside.y + 1,
        height: inside.height.saturating_sub(1),
        ..inside
    };
    let list = in_full(sheet, picker, list);
    sheet.regions.overlay_rows = usize::from(list.height);
    if picker.shown.is_empty() {
        sheet.put(
            Position::new(list.x, list.y),
            list.width,
            match picker.items.is_empty() || picker.reading {
                true => picker.empty,
                false => picker.unmatched,
            },
            popup_style.patch(sheet.style(Role::Dim)),
        );
    }
    let rows = usize::from(list.height);
    let first = crate::app::regions::scrolled(picker.first, picker.cursor, rows);
    // Labels line up as far as half the width allows.
    let widest = picker
        .shown
        .iter()
        .skip(first)
        .take(rows)
        .filter_map(|i| picker.items.get(*i));
    let widest = widest.map(|i| i.label.width()).max().unwrap_or(0);
    let label_width = u16::try_from(widest)
        .unwrap_or(u16::MAX)
        .min(list.width * 3 / 5);
    for (y, place) in (list.y..list.bottom()).zip(first..picker.shown.len()) {
        let Some(item) = picker.items.get(picker.shown[place]) else {
            continue;
        };
        let at_cursor = place == picker.cursor;
        let line = Rect {
            y,
            height: 1,
            ..list
        };
        let base = if at_cursor {
            popup_style.patch(sheet.style(Role::Cursor))
        } else {
            popup_style
        };
        let mark = match (at_cursor, item.marked) {
            (true, None) => "▸ ",
            (false, None) => "  ",
            (_, Some(true)) => "☑ ",
            (_, Some(false)) => "☐ ",
        };
        let mut x = line.x;
        x += sheet.put(
            Position::new(x, y),
            2,
            mark,
            popup_style.patch(sheet.style(Role::HintKey)),
        );
        sheet.put(Position::new(x, y), label_width, &item.label, base);
        x += label_width + 2;
        let dim = popup_style.patch(sheet.style(Role::Dim));
        let mut end = line.right();
        if let Choice::Command(command) = &item.choice {
            let context = sheet.app.pane_context();
            let keys = sheet.keymaps.hint(context, *command);
            if let Some(keys) = keys.map(|k| format!("  {k}")) {
                let style = popup_style.patch(sheet.style(Role::HintKey));
                end -= sheet.put_right(line, &keys, style);
            }
        }
        let typed = picker.argument().filter(|_| at_cursor);
        let takes = match (&item.choice, typed) {
            (Choice::Command(command), Some((of, argument))) if of == *command => {
                Some(format!("{}: {argument}", item.detail))
            }
            (Choice::Command(command), None) if at_cursor && picker.takes_arguments => command
                .argument()
                .map(|a| format!("{}; takes {a}", item.detail)),
            _ => None,
        };
        sheet.put(
            Position::new(x, y),
            end.saturating_sub(x),
            takes.as_deref().unwrap_or(&item.detail),
            dim,
        );
        sheet.hit(line, Hit::Item(place));
    }
}

fn draw_confirm(sheet: &mut Sheet<'_>, area: Rect, confirm: &Confirm) {
    let width = area.width.min(76);
    let text = wrap(&confirm.lines, usize::from(width.saturating_sub(2)));
    let height = u16::try_from(text.len())
        .unwrap_or(u16::MAX)
        .saturating_add(5);
    let inside = popup(sheet, area, width, height, &confirm.title);
    let popup_style = sheet.style(Role::Popup);
    let bottom = inside.bottom().saturating_sub(2);
    for (y, line) in (inside.y..bottom).zip(&text) {
        sheet.put(Position::new(inside.x, y), inside.width, line, popup_style);
    }
    match &confirm.word {
        Some(_) => {
            let at = Position::new(inside.x, bottom);
            let used = sheet.put(
                at,
                inside.width,
                "› ",
                popup_style.patch(sheet.style(Role::HintKey)),
            );
            let style = if confirm.may_proceed() {
                sheet.style(Role::Success)
            } else {
                sheet.style(Role::Input)
            };
            let at = Position::new(inside.x + used, bottom);
            sheet.field(
                at,
                inside.width - used,
                &confirm.field,
                popup_style.patch(style),
                true,
            );
            let hint = if confirm.may_proceed() {
                "enter: do it"
            } else {
                "esc: leave it"
            };
            let last = Rect {
                y: bottom + 1,
                height: 1,
                ..inside
            };
            let used = sheet.put_right(last, hint, popup_style.patch(sheet.style(Role::Dim)));
            if let Some(problem) = &confirm.problem {
                let style = popup_style.patch(sheet.style(Role::Error));
                let room = last.width.saturating_sub(used + 2);
                sheet.put(Position::new(last.x, last.y), room, problem, style);
            }
        }
        None => answers(
            sheet,
            Rect {
                y: bottom,
                height: 1,
                ..inside
            },
            confirm.on_yes,
        ),
    }
}

/// The answers *No* and *Yes*, the cursor on one of them.
pub(super) fn answers(sheet: &mut Sheet<'_>, line: Rect, on_yes: bool) {
    let popup_style = sheet.style(Role::Popup);
    let mut x = line.x;
    for (yes, text) in [(false, " No "), (true, " Yes ")] {
        let chosen = yes == on_yes;
        let style = if chosen {
            popup_style.patch(sheet.style(Role::Cursor))
        } else {
            popup_style
        };
        let mark = if chosen { "▸" } else { " " };
        let at = Position::new(x, line.y);
        let used = sheet.put_all(
            at,
            line.right().saturating_sub(x),
            [(mark, popup_style), (text, style)],
        );
        sheet.hit(
            Rect {
                x,
                width: used,
                ..line
            },
            Hit::Answer(yes),
        );
        x += used + 2;
    }
}

fn draw_prompt(sheet: &mut Sheet<'_>, area: Rect, prompt: &Prompt) {
    let inside = popup(sheet, area, area.width.min(76), 5, &prompt.title);
    let popup_style = sheet.style(Role::Popup);
    let used = sheet.put(
        Position::new(inside.x, inside.y),
        inside.width,
        "› ",
        popup_style.patch(sheet.style(Role::HintKey)),
    );
    let input = popup_style.patch(sheet.style(Role::Input));
    let at = Position::new(inside.x + used, inside.y);
    sheet.field(at, inside.width - used, &prompt.field, input, true);
    let (text, style) = match &prompt.problem {
        Some(problem) => (problem.as_str(), sheet.style(Role::Error)),
        None => (prompt.hint.as_str(), sheet.style(Role::Dim)),
    };
    let lines = wrap(&[text.to_owned()], usize::from(inside.width));
    for (y, line) in (inside.y + 1..inside.bottom()).zip(&lines) {
        sheet.put(
            Position::new(inside.x, y),
            inside.width,
            line,
            popup_style.patch(style),
        );
    }
}

fn draw_message(sheet: &mut Sheet<'_>, area: Rect, message: &Message) {
    let width = area.width.min(96);
    let lines: Vec<String> = message.text.lines().map(str::to_owned).collect();
    let text = wrap(&lines, usize::from(width.saturating_sub(2)));
    let height = u16::try_from(text.len())
        .unwrap_or(u16::MAX)
        .saturating_add(2);
    let inside = popup(sheet, area, width, height, &message.title);
    let first = message
        .first
        .min(text.len().saturating_sub(usize::from(inside.height)));
    for (y, line) in (inside.y..inside.bottom()).zip(text.iter().skip(first)) {
        sheet.put(
            Position::new(inside.x, y),
            inside.width,
            line,
            sheet.style(Role::Popup),
        );
    }
}

/// Breaks lines at spaces, and inside a word that is longer than a line.
#[must_use]
pub fn wrap(lines: &[String], width: usize) -> Vec<String> {
    let width = width.max(1);
    let mut out = Vec::new();
    for line in lines {
        let mut row = String::new();
        for word in line.split(' ') {
            let mut word = word;
            if !row.is_empty() && row.width() + 1 + word.width() > width {
                out.push(std::mem::take(&mut row));
            }
            while word.width() > width {
                let end = word
                    .char_indices()
                    .nth(width.saturating_sub(row.width()).max(1))
                    .map_or(word.len(), |(i, _)| i);
                let (head, tail) = word.split_at(end);
                row.push_str(head);
                out.push(std::mem::take(&mut row));
                if tail.is_empty() {
                    break;
                }
                word = tail;
            }
            if word.width() <= width {
                if !row.is_empty() {
                    row.push(' ');
                }
                row.push_str(word);
            }
        }
        out.push(row);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_at_spaces_and_long_words_are_cut() {
        assert_eq!(wrap(&["ab cd ef".into()], 5), ["ab cd", "ef"]);
        assert_eq!(wrap(&["abcdefgh".into()], 3), ["abc", "def", "gh"]);
        assert_eq!(wrap(&[String::new()], 3), [""]);
    }
}
