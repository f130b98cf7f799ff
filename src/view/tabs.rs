//! Draws the bar of open tabs.

use crate::theme::Role;
use ratatui::layout::{Position, Rect};

use super::Sheet;
use crate::app::Focus;
use crate::app::regions::Hit;

/// Draws the bar; the tab in front is always in sight.
pub fn draw(sheet: &mut Sheet<'_>, area: Rect) {
    let app = sheet.app;
    let several = app
        .tabs
        .iter()
        .any(|t| app.tabs.first().is_some_and(|f| f.profile() != t.profile()));
    let titles: Vec<String> = app
        .tabs
        .iter()
        .enumerate()
        .map(|(i, tab)| {
            let unsaved = if tab.unsaved().is_some() { "*" } else { "" };
            let profile = if several {
                format!("{}/", tab.profile())
            } else {
                String::new()
            };
            format!(" {} {profile}{}{unsaved} ", i + 1, tab.title())
        })
        .collect();
    let widths: Vec<u16> = titles
        .iter()
        .map(|t| {
            u16::try_from(unicode_width::UnicodeWidthStr::width(t.as_str()))
                .unwrap_or(u16::MAX)
                .min(area.width)
        })
        .collect();
    let mut first = 0;
    while first < app.active
        && widths[first..=app.active]
            .iter()
            .map(|w| u32::from(*w) + 1)
            .sum::<u32>()
            > u32::from(area.width)
    {
        first += 1;
    }
    let mut x = area.x;
    for (i, title) in titles.iter().enumerate().skip(first) {
        if x >= area.right() {
            break;
        }
        let style = match (i == app.active, app.focus) {
            (true, Focus::Main) => sheet.style(Role::TabActive),
            (true, Focus::Tree) => sheet.style(Role::TabActive),
            (false, _) => sheet.style(Role::Tab),
        };
        let used = sheet.put(Position::new(x, area.y), area.right() - x, title, style);
        sheet.hit(
            Rect {
                x,
                y: area.y,
                width: used,
                height: 1,
            },
            Hit::Tab(app.tabs[i].id()),
        );
        x += used + 1;
    }
}
