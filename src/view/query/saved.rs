//! Draws the list of saved queries, with everything about the one under the cursor below it.

use ratatui::layout::{Position, Rect};
use unicode_width::UnicodeWidthStr;

use crate::app::picker::Choice;
use crate::app::query::saved::QueryList;
use crate::app::regions::{Hit, scrolled};
use crate::query::saved::shelf::Found;
use crate::theme::Role;
use crate::view::Sheet;
use crate::view::overlay::{popup, wrap};

/// The columns of the word for where a query comes from.
const FROM: u16 = 9;
/// The most rows of what is said of the query under the cursor.
const SAID: u16 = 9;

/// Draws the list.
pub fn draw(sheet: &mut Sheet<'_>, area: Rect, list: &QueryList) {
    let picker = &list.picker;
    let (shown, all) = (picker.shown.len(), picker.items.len());
    let mut title = format!("{}  {shown}/{all}", picker.title);
    if picker.reading {
        title.push_str("  reading …");
    }
    let inside = popup(
        sheet,
        area,
        area.width.min(120),
        area.height.min(34),
        &title,
    );
    let base = sheet.style(Role::Popup);
    let lead = base.patch(sheet.style(Role::HintKey));
    let used = sheet.put(Position::new(inside.x, inside.y), inside.width, "› ", lead);
    let input = base.patch(sheet.style(Role::Input));
    let at = Position::new(inside.x + used, inside.y);
    sheet.field(at, inside.width - used, &picker.field, input, true);
    let below = SAID.min(inside.height / 2);
    let rows = Rect {
        y: inside.y + 1,
        height: inside.height.saturating_sub(below + 2),
        ..inside
    };
    sheet.regions.overlay_rows = usize::from(rows.height);
    if picker.shown.is_empty() {
        let text = match picker.items.is_empty() {
            true => picker.empty,
            false => "nothing in this list matches what is typed",
        };
        let style = base.patch(sheet.style(Role::Dim));
        sheet.put(Position::new(rows.x, rows.y), rows.width, text, style);
    }
    queries(sheet, list, rows);
    let line = rows.bottom();
    sheet.horizontal(inside.x, line, inside.width);
    let said = Rect {
        y: line + 1,
        height: below,
        ..inside
    };
    match (list.current(), list.problem()) {
        (Some(found), _) => about(sheet, list, found, said),
        (None, Some(problem)) => {
            let style = base.patch(sheet.style(Role::Error));
            let lines: Vec<String> = problem.lines().map(str::to_owned).collect();
            let lines = wrap(&lines, usize::from(said.width));
            for (y, line) in (said.y..said.bottom()).zip(&lines) {
                sheet.put(Position::new(said.x, y), said.width, line, style);
            }
        }
        (None, None) => {}
    }
}

fn queries(sheet: &mut Sheet<'_>, list: &QueryList, area: Rect) {
    let picker = &list.picker;
    let base = sheet.style(Role::Popup);
    let rows = usize::from(area.height);
    let first = scrolled(picker.first, picker.cursor, rows);
    let found = |place: usize| {
        let item = picker.items.get(*picker.shown.get(place)?)?;
        match &item.choice {
            Choice::Saved(name) => list.shelf.named(name),
            _ => None,
        }
    };
    let seen = (first..picker.shown.len()).take(rows).filter_map(found);
    let (names, databases) = seen.fold((0, 0), |(names, databases), f| {
        let database = f.query.database.as_deref().unwrap_or("").width();
        (names.max(f.query.name.width()), databases.max(database))
    });
    let narrow = |width: usize, most: u16| u16::try_from(width).unwrap_or(most).min(most);
    let names = narrow(names, area.width * 2 / 5);
    let databases = narrow(databases, area.width / 5);
    for (y, place) in (area.y..area.bottom()).zip(first..picker.shown.len()) {
        let row = Rect {
            y,
            height: 1,
            ..area
        };
        let at_cursor = place == picker.cursor;
        let style = match at_cursor {
            true => base.patch(sheet.style(Role::Cursor)),
            false => base,
        };
        let lead = base.patch(sheet.style(Role::HintKey));
        let dim = base.patch(sheet.style(Role::Dim));
        let mark = if at_cursor { "▸ " } else { "  " };
        sheet.put(Position::new(row.x, y), 2, mark, lead);
        sheet.hit(row, Hit::Item(place));
        let mut x = row.x + 2;
        let Some(found) = found(place) else {
            let item = picker.shown.get(place).and_then(|i| picker.items.get(*i));
            let text = item.map_or("", |i| i.label.as_str());
            let role = if at_cursor { Role::Cursor } else { Role::Error };
            let style = base.patch(sheet.style(role));
            let room = row.right().saturating_sub(x);
            sheet.put_all(Position::new(x, y), room, [("✗ ", style), (text, style)]);
            continue;
        };
        let query = &found.query;
        sheet.put(Position::new(x, y), names, &query.name, style);
        x += names + 2;
        sheet.put(Position::new(x, y), FROM, found.origin.word(), dim);
        x += FROM + 1;
        let database = query.database.as_deref().unwrap_or("");
        let kind = base.patch(sheet.style(Role::Key));
        sheet.put(Position::new(x, y), databases, database, kind);
        x += databases + 2;
        let room = row.right().saturating_sub(x);
        sheet.put(Position::new(x, y), room, query.summary(), base);
    }
}

/// What a query is for, where it comes from and what it takes.
fn about(sheet: &mut Sheet<'_>, list: &QueryList, found: &Found, area: Rect) {
    let base = sheet.style(Role::Popup);
    let dim = base.patch(sheet.style(Role::Dim));
    let query = &found.query;
    let width = usize::from(area.width);
    let mut y = area.y;
    let text: Vec<String> = query.description.lines().map(str::to_owned).collect();
    for line in wrap(&text, width).iter().take(2) {
        sheet.put(Position::new(area.x, y), area.width, line, base);
        y += 1;
    }
    let mut words = vec![found.origin.to_string()];
    let tags = [
        ("profile", query.profile.as_deref()),
        ("database", query.database.as_deref()),
        ("format", query.format.as_deref()),
        ("chart", query.chart.map(|c| c.name())),
    ];
    for (tag, value) in tags {
        words.extend(value.map(|v| format!("{tag} {v}")));
    }
    let missing = (query.profile.as_deref()).is_some_and(|p| {
        sheet
            .app
            .profiles
            .all
            .iter()
            .all(|known| known.name.as_str() != p)
    });
    if missing {
        words.push("(no such profile is configured: asks for another)".to_owned());
    }
    let hidden = list
        .shelf
        .hidden
        .iter()
        .filter(|f| f.query.name == query.name);
    words.extend(hidden.map(|f| format!("hides {}", f.origin)));
    for line in wrap(&[words.join("  ")], width).iter().take(2) {
        if y < area.bottom() {
            sheet.put(Position::new(area.x, y), area.width, line, dim);
            y += 1;
        }
    }
    if query.parameters.is_empty() && y < area.bottom() {
        sheet.put(Position::new(area.x, y), area.width, "no parameters", dim);
    }
    let room = usize::from(area.bottom().saturating_sub(y));
    let left_out = query.parameters.len().saturating_sub(room);
    for (place, parameter) in query.parameters.iter().enumerate() {
        if y >= area.bottom() {
            return;
        }
        let at = Position::new(area.x, y);
        if left_out > 0 && place + 1 == room {
            let text = format!("and {} more", left_out + 1);
            sheet.put(at, area.width, &text, dim);
            return;
        }
        let default = match &parameter.default {
            Some(default) => format!(" = {default}"),
            None => " (to be given)".to_owned(),
        };
        let kind = format!("  {}", parameter.kind.name());
        let help = format!("  {}", parameter.help);
        let key = base.patch(sheet.style(Role::Key));
        let pieces = [
            (parameter.name.as_str(), key),
            (kind.as_str(), dim),
            (default.as_str(), base),
            (help.as_str(), dim),
        ];
        sheet.put_all(at, area.width, pieces);
        y += 1;
    }
}
