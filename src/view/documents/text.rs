//! One document as lines of shell text.

use ratatui::layout::{Position, Rect};

use super::{kind_role, mark};
use crate::app::documents::Documents;
use crate::app::regions::Hit;
use crate::theme::Role;
use crate::value::highlight;
use crate::view::Sheet;

pub(super) fn draw(sheet: &mut Sheet<'_>, tab: &Documents, area: Rect) {
    let Some(view) = &tab.text else {
        return;
    };
    let lines = match &view.lines {
        Ok(lines) => lines,
        Err(problem) => {
            return super::damaged(sheet, area, problem);
        }
    };
    let digits = u16::try_from(view.count().max(1).ilog10() + 1).unwrap_or(1);
    let margin = digits + 4;
    let width = area.width.saturating_sub(margin);
    let outdated = tab.feed.looks_old();
    let violations = match tab.feed.rows.current() {
        Some(document) if !outdated => tab.checks.of(document),
        _ => &[],
    };
    let shown = lines.lines(view.first, usize::from(area.height), usize::from(width));
    for (y, (place, line)) in (area.y..area.bottom()).zip(shown.iter().enumerate()) {
        let number = view.first + place;
        let row = Rect {
            y,
            height: 1,
            ..area
        };
        sheet.hit(row, Hit::Row(place));
        if number == view.cursor {
            let style = sheet.style(Role::HintKey);
            sheet.put(Position::new(area.x, y), 1, "▸", style);
        }
        let wrong = match violations.is_empty() {
            true => None,
            false => lines
                .path_of(number)
                .and_then(|p| violations.iter().find(|v| v.path == p)),
        };
        if let Some((sign, role)) = wrong.map(mark) {
            let style = sheet.style(role);
            sheet.put(Position::new(area.x + 1, y), 1, sign, style);
        }
        let label = (number + 1).to_string();
        let gutter = Rect {
            x: area.x + 2,
            width: digits,
            ..row
        };
        let style = sheet.style(if number == view.cursor {
            Role::Text
        } else {
            Role::Gutter
        });
        sheet.put_right(gutter, &label, style);
        let mut x = area.x + margin;
        for token in &line.tokens {
            let role = match token.role {
                _ if outdated => Role::Dim,
                highlight::Role::Key => Role::Key,
                highlight::Role::Punctuation => Role::Punctuation,
                highlight::Role::Kind(kind) => kind_role(kind),
                highlight::Role::Comment => Role::Comment,
                highlight::Role::Plain => Role::Text,
            };
            let style = sheet.style(role);
            x += sheet.put(
                Position::new(x, y),
                area.right().saturating_sub(x),
                &token.text,
                style,
            );
        }
    }
}
