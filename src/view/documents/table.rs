//! Documents as a table. The cursor's row is marked in the margin and only its cell is restyled, so that one step
//! changes few characters of the screen.

use ratatui::layout::{Position, Rect};
use unicode_width::UnicodeWidthStr;

use super::{cursor_style, kind_role, mark, worst};
use crate::app::documents::cells::cells;
use crate::app::documents::columns::Placed;
use crate::app::documents::filter::{Direction, direction};
use crate::app::documents::{Documents, MARGIN, checks};
use crate::app::regions::Hit;
use crate::model::Violation;
use crate::theme::Role;
use crate::value::cell;
use crate::value::raw::Element;
use crate::view::Sheet;

pub(super) fn draw(sheet: &mut Sheet<'_>, tab: &Documents, area: Rect) {
    let placed = tab.columns.placed(area.width.saturating_sub(MARGIN));
    let head = Rect { height: 1, ..area };
    header(sheet, tab, head, &placed);
    let body = Rect {
        y: area.y + 1,
        height: area.height.saturating_sub(1),
        ..area
    };
    sheet.regions.main_rows = usize::from(body.height);
    sheet.regions.first_column = tab.columns.left();
    sheet.regions.whole_columns = placed.len();
    for (y, row) in (body.y..body.bottom()).zip(0_usize..) {
        let line = Rect {
            y,
            height: 1,
            ..body
        };
        row_at(sheet, tab, line, row, &placed);
    }
}

fn header(sheet: &mut Sheet<'_>, tab: &Documents, line: Rect, placed: &[Placed]) {
    let shown: usize = tab.columns.shown().count();
    for at in placed {
        let Some(column) = tab.columns.at(at.place) else {
            continue;
        };
        let area = Rect {
            x: line.x + MARGIN + at.x,
            width: at.width,
            ..line
        };
        let arrow = match direction(tab.find.sort.as_ref(), &column.path) {
            Some(Direction::Ascending) => "▲",
            Some(Direction::Descending) => "▼",
            None => "",
        };
        let style = sheet.style(Role::Header);
        let room = at.width.saturating_sub(u16::from(!arrow.is_empty()));
        let used = sheet.put(Position::new(area.x, area.y), room, &column.title, style);
        sheet.put(Position::new(area.x + used, area.y), 1, arrow, style);
        sheet.hit(area, Hit::Column(at.place));
    }
    // Whether there is more to either side.
    let dim = sheet.style(Role::Dim);
    let first = placed
        .iter()
        .map(|p| p.place)
        .find(|p| tab.columns.at(*p).is_some_and(|c| !c.pinned));
    let pinned = tab.columns.shown().filter(|c| c.pinned).count();
    if first.is_some_and(|f| f > pinned) {
        sheet.put(Position::new(line.x, line.y), 1, "‹", dim);
    }
    if placed.last().is_some_and(|p| p.place + 1 < shown) {
        sheet.put(Position::new(line.right() - 1, line.y), 1, "›", dim);
    }
}

fn row_at(sheet: &mut Sheet<'_>, tab: &Documents, line: Rect, row: usize, placed: &[Placed]) {
    let rows = &tab.feed.rows;
    let number = rows.top() + i64::try_from(row).unwrap_or(0);
    let at_cursor = number == rows.cursor();
    let Some(document) = rows.get(number) else {
        if rows.exists(number) {
            let text = if at_cursor { "▸ …" } else { "  …" };
            let style = sheet.style(Role::Dim);
            sheet.put(Position::new(line.x, line.y), line.width, text, style);
            sheet.hit(line, Hit::Row(row));
        }
        return;
    };
    sheet.hit(line, Hit::Row(row));
    let outdated = tab.feed.looks_old();
    let violations = tab.checks.of(document);
    if at_cursor {
        // In the style of blanks: two cells less to be told of a style of their own.
        let style = sheet.style(Role::Text);
        sheet.put(Position::new(line.x, line.y), 1, "▸", style);
    }
    if let Some((sign, role)) = worst(violations)
        && !outdated
    {
        let style = sheet.style(role);
        sheet.put(Position::new(line.x + 1, line.y), 1, sign, style);
    }
    let columns: Vec<_> = placed
        .iter()
        .filter_map(|p| tab.columns.at(p.place))
        .collect();
    let paths: Vec<_> = columns.iter().map(|c| &c.path).collect();
    let found = cells(document, &paths);
    for ((at, column), element) in placed.iter().zip(&columns).zip(&found) {
        let area = Rect {
            x: line.x + MARGIN + at.x,
            width: at.width,
            ..line
        };
        let violation = checks::at(violations, &column.path).filter(|_| !outdated);
        let (text, right) = content(element.as_ref(), violation, at.width);
        let role = match (violation, element) {
            _ if outdated => Role::Dim,
            (Some(violation), _) => mark(violation).1,
            (None, Some(element)) => kind_role(element.kind),
            (None, None) => Role::Dim,
        };
        let mut style = sheet.style(role);
        let here = at_cursor && at.place == tab.columns.cursor() && !outdated;
        if here {
            style = style.patch(cursor_style(sheet));
        }
        let width = u16::try_from(text.width())
            .unwrap_or(at.width)
            .min(at.width);
        let x = if right { area.right() - width } else { area.x };
        sheet.put(Position::new(x, area.y), area.right() - x, &text, style);
        if here && text.is_empty() {
            // An empty cell has no character to carry the cursor.
            sheet.put(Position::new(area.x, area.y), 1, " ", style);
        }
        sheet.hit(area, Hit::Cell(row, at.place));
    }
}

/// A cell's text, and whether it stands at the right of its column.
fn content(
    element: Option<&Element<'_>>,
    violation: Option<&Violation>,
    width: u16,
) -> (String, bool) {
    let width = usize::from(width);
    let room = if violation.is_some() {
        width.saturating_sub(2)
    } else {
        width
    };
    let text = match element {
        Some(element) => match cell::element_head(element, room) {
            Some(datum) => cell::brief_datum(datum, room),
            None => cell::cut("<malformed>", room),
        },
        None if violation.is_some() => cell::cut("missing", room),
        None => String::new(),
    };
    let right = element.is_some_and(|e| e.kind.is_number());
    match violation {
        Some(violation) => (format!("{} {text}", mark(violation).0), right),
        None => (text, right),
    }
}
