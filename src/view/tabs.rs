//! Draws the bar of open tabs.

use crate::theme::Role;
use ratatui::layout::{Position, Rect};
use unicode_width::UnicodeWidthStr;

use super::Sheet;
use crate::app::regions::Hit;
use crate::app::{Command, Context, Focus};

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
    let area = trail(sheet, area, &widths);
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

/// How many of the places behind are named.
const NAMED: usize = 3;

/// Where following references led from, at the right of the bar; gives what is left for the tabs. Names where there is
/// room beside the tabs, else counts.
fn trail(sheet: &mut Sheet<'_>, area: Rect, tabs: &[u16]) -> Rect {
    let (behind, ahead) = sheet.app.trail.counts();
    if behind + ahead == 0 {
        return area;
    }
    let key = sheet.keymaps.hint(Context::Table, Command::GoBack);
    let key = key.map(ToString::to_string).unwrap_or_default();
    let mut names: Vec<&str> = sheet
        .app
        .trail
        .behind()
        .rev()
        .take(NAMED)
        .map(|stop| stop.title.as_str())
        .collect();
    names.reverse();
    let dots = if behind > NAMED { "… › " } else { "" };
    let forward = match ahead {
        0 => String::new(),
        n => format!(" {n}›"),
    };
    let used: u16 = tabs.iter().fold(0, |sum, w| sum.saturating_add(w + 1));
    let room = usize::from(area.width.saturating_sub(used));
    let named = match behind {
        0 => forward.trim_start().to_owned(),
        _ => format!("{key} ‹ {dots}{}{forward}", names.join(" › ")),
    };
    let text = match named.width() < room {
        true => named,
        false => format!("‹{behind}{forward}"),
    };
    let style = sheet.style(Role::HintText);
    let width = sheet.put_right(area, &text, style);
    let hit = Rect {
        x: area.right() - width,
        width,
        ..area
    };
    sheet.hit(hit, Hit::Hint(Command::GoBack));
    Rect {
        width: area.width - width,
        ..area
    }
}
