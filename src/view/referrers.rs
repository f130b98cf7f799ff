//! Draws who refers to a document, and the question before one is deleted that others refer to.

use ratatui::layout::{Position, Rect};
use unicode_width::UnicodeWidthStr;

use super::Sheet;
use super::overlay::{answers, popup, wrap};
use crate::app::cascade::{Deletion, Review, Stage};
use crate::app::referrers::{Census, Counted, Referrers, Row};
use crate::app::regions::{Hit, scrolled};
use crate::app::words;
use crate::theme::Role;

/// Draws the list of who refers to a document.
pub fn draw_referrers(sheet: &mut Sheet<'_>, area: Rect, list: &Referrers) {
    let rows = u16::try_from(list.census.rows.len()).unwrap_or(u16::MAX);
    let height = rows
        .saturating_add(2)
        .clamp(6.min(area.height), area.height.min(24));
    let inside = popup(sheet, area, area.width.min(110), height, &list.title);
    let first = scrolled(list.first, list.cursor, usize::from(inside.height));
    census(sheet, inside, &list.census, first, Some(list.cursor));
}

/// Draws the question before a document is deleted.
pub fn draw_deletion(sheet: &mut Sheet<'_>, area: Rect, deletion: &Deletion) {
    let title = deletion.title();
    match &deletion.stage {
        Stage::Choosing => choosing(sheet, area, deletion, &title),
        Stage::Collecting(collecting) => {
            let mut lines = vec![format!("{} documents read so far", collecting.count())];
            if let Some(namespace) = collecting.reading() {
                lines.push(format!("reading {namespace} …"));
            }
            lines.push("esc: stop".to_owned());
            message(sheet, area, &title, &lines, Role::Busy);
        }
        Stage::Reviewing(review) => reviewing(sheet, area, review, &title, true),
        Stage::Writing(_, review) => reviewing(sheet, area, review, &title, false),
        Stage::Unknown(_) => {
            let lines = [
                "The write was sent, and no answer came: nobody knows whether it was done."
                    .to_owned(),
                "It was one transaction: either all of it was done, or nothing.".to_owned(),
                String::new(),
                "Read the document again, to see? enter: yes, esc: no".to_owned(),
            ];
            message(sheet, area, &title, &lines, Role::Warning);
        }
        Stage::Looking(..) => {
            let lines = ["reading the document again …".to_owned()];
            message(sheet, area, &title, &lines, Role::Busy);
        }
    }
}

fn message(sheet: &mut Sheet<'_>, area: Rect, title: &str, lines: &[String], role: Role) {
    let width = area.width.min(84);
    let text = wrap(lines, usize::from(width.saturating_sub(2)));
    let height = u16::try_from(text.len())
        .unwrap_or(u16::MAX)
        .saturating_add(2);
    let inside = popup(sheet, area, width, height, title);
    let style = sheet.style(Role::Popup).patch(sheet.style(role));
    for (y, line) in (inside.y..inside.bottom()).zip(&text) {
        sheet.put(Position::new(inside.x, y), inside.width, line, style);
    }
}

fn choosing(sheet: &mut Sheet<'_>, area: Rect, deletion: &Deletion, title: &str) {
    let all = deletion.answers();
    let width = area.width.min(110);
    let room = usize::from(width.saturating_sub(4));
    let labels: Vec<(Vec<String>, bool)> = all
        .iter()
        .map(|a| match &a.refused {
            Some(why) => (wrap(&[format!("{} (not now: {why})", a.label)], room), true),
            None => (wrap(std::slice::from_ref(&a.label), room), false),
        })
        .collect();
    let below: usize = labels.iter().map(|(lines, _)| lines.len()).sum();
    let below = u16::try_from(below).unwrap_or(u16::MAX);
    let rows = u16::try_from(deletion.census.rows.len()).unwrap_or(u16::MAX);
    let height = rows
        .saturating_add(below)
        .saturating_add(4)
        .min(area.height);
    let inside = popup(sheet, area, width, height, title);
    let base = sheet.style(Role::Popup);
    let below = below.min(inside.height.saturating_sub(1));
    let list = Rect {
        y: inside.y + 1,
        height: inside.height.saturating_sub(below + 2),
        ..inside
    };
    let (total, more) = deletion.census.total();
    let said = match (deletion.census.is_over(), total, more) {
        (false, ..) => "counting what refers to it …".to_owned(),
        (true, 0, false) => "nothing refers to it, as far as the models say:".to_owned(),
        (true, n, more) => {
            let plus = if more { "+" } else { "" };
            format!("{n}{plus} reference(s) to it:")
        }
    };
    sheet.put(Position::new(inside.x, inside.y), inside.width, &said, base);
    sheet.regions.overlay_rows = usize::from(list.height);
    let last = deletion
        .census
        .rows
        .len()
        .saturating_sub(usize::from(list.height));
    census(
        sheet,
        list,
        &deletion.census,
        deletion.first.min(last),
        None,
    );
    let mut y = list.bottom() + 1;
    for (place, (lines, refused)) in labels.iter().enumerate() {
        let chosen = place == deletion.cursor.min(all.len().saturating_sub(1));
        for (number, line) in lines.iter().enumerate() {
            if y >= inside.bottom() {
                return;
            }
            let mark = if chosen && number == 0 { "▸ " } else { "  " };
            let mut style = base;
            if *refused {
                style = style.patch(sheet.style(Role::Dim));
            }
            if chosen {
                style = style.patch(sheet.style(Role::Cursor));
            }
            let at = Position::new(inside.x, y);
            sheet.put_all(at, inside.width, [(mark, base), (line.as_str(), style)]);
            sheet.hit(
                Rect {
                    y,
                    height: 1,
                    ..inside
                },
                Hit::Item(place),
            );
            y += 1;
        }
    }
}

/// The fields that may point at the document, each with its count and what there is to say of it.
fn census(sheet: &mut Sheet<'_>, area: Rect, census: &Census, first: usize, cursor: Option<usize>) {
    let base = sheet.style(Role::Popup);
    let dim = base.patch(sheet.style(Role::Dim));
    let label = |r: &Row| format!("{}.{}", r.namespace.collection, r.referrer.path);
    let widest = census
        .rows
        .iter()
        .map(|r| label(r).width())
        .max()
        .unwrap_or(0);
    let width = u16::try_from(widest)
        .unwrap_or(u16::MAX)
        .min(area.width / 2);
    for (y, (place, row)) in (area.y..area.bottom()).zip(census.rows.iter().enumerate().skip(first))
    {
        let at_cursor = cursor == Some(place);
        let mut style = base;
        if matches!(row.counted, Counted::Known { count: 0, .. }) {
            style = dim;
        }
        if at_cursor {
            style = style.patch(sheet.style(Role::Cursor));
        }
        let mark = if at_cursor { "▸ " } else { "  " };
        let mut x = area.x;
        x += sheet.put(Position::new(x, y), 2, mark, base);
        sheet.put(Position::new(x, y), width, &label(row), style);
        x += width + 1;
        let room = area.right().saturating_sub(x).min(9);
        let figure = row.counted.figure();
        let figure_style = match &row.counted {
            Counted::Known { count: 0, .. } | Counted::Waiting => dim,
            Counted::Known { .. } => base.patch(sheet.style(Role::KindNumber)),
            Counted::Asking(_) => base.patch(sheet.style(Role::Busy)),
            Counted::Late(_) | Counted::Untold(_) => base.patch(sheet.style(Role::Warning)),
            Counted::Failed(_) => base.patch(sheet.style(Role::Error)),
        };
        let right = Rect {
            x,
            y,
            width: room,
            height: 1,
        };
        sheet.put_right(right, &figure, figure_style);
        x += room + 2;
        let mut words = Vec::new();
        if row.referrer.required {
            words.push("required".to_owned());
        }
        if let Counted::Known {
            first, more, count, ..
        } = &row.counted
        {
            let ids: Vec<String> = first
                .iter()
                .take(2)
                .map(|id| words::line(id.as_raw_bson_ref()))
                .collect();
            let dots = if *more || *count > ids.len() as u64 {
                ", …"
            } else {
                ""
            };
            if !ids.is_empty() && cursor.is_none() {
                words.push(format!("{}{dots}", ids.join(", ")));
            }
        }
        let remark = row.remark();
        if !remark.is_empty() {
            words.push(remark);
        }
        let text = words.join("  ");
        sheet.put(
            Position::new(x, y),
            area.right().saturating_sub(x),
            &text,
            dim,
        );
        if cursor.is_some() {
            sheet.hit(
                Rect {
                    y,
                    height: 1,
                    ..area
                },
                Hit::Item(place),
            );
        }
    }
}

fn reviewing(sheet: &mut Sheet<'_>, area: Rect, review: &Review, title: &str, asked: bool) {
    let rows = u16::try_from(review.lines.len()).unwrap_or(u16::MAX);
    let height = rows.saturating_add(6).min(area.height);
    let inside = popup(sheet, area, area.width.min(110), height, title);
    let base = sheet.style(Role::Popup);
    let dim = base.patch(sheet.style(Role::Dim));
    let list = Rect {
        height: inside.height.saturating_sub(4),
        ..inside
    };
    sheet.regions.overlay_rows = usize::from(list.height);
    let last = review.lines.len().saturating_sub(usize::from(list.height));
    let first = review.first.min(last);
    for (y, line) in (list.y..list.bottom()).zip(review.lines.iter().skip(first)) {
        let style = match (line.wrong, line.remark) {
            (true, _) => base.patch(sheet.style(Role::Violation)),
            (false, true) => dim,
            (false, false) => base,
        };
        sheet.put(Position::new(list.x, y), list.width, &line.text, style);
    }
    let mut y = list.bottom();
    let shown = usize::from(list.height).min(review.lines.len());
    let place = format!(
        "{}-{} of {} lines; one transaction, all or nothing",
        first + 1,
        first + shown,
        review.lines.len()
    );
    sheet.put(Position::new(inside.x, y), inside.width, &place, dim);
    y += 1;
    let (text, role) = match review.blocked {
        0 => (
            "Only if all of it still is as shown here. `undo-write` puts it back.".to_owned(),
            Role::Dim,
        ),
        n => (
            format!("✗ {n} document(s) would break their model: this cannot be written"),
            Role::Error,
        ),
    };
    let style = base.patch(sheet.style(role));
    sheet.put(Position::new(inside.x, y), inside.width, &text, style);
    let line = Rect {
        y: inside.bottom().saturating_sub(1),
        height: 1,
        ..inside
    };
    match asked {
        true => answers(sheet, line, review.on_yes),
        false => {
            let style = base.patch(sheet.style(Role::Busy));
            sheet.put(
                Position::new(line.x, line.y),
                line.width,
                "writing …",
                style,
            );
        }
    }
}
