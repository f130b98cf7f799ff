//! Draws what happened, newest first.

use ratatui::layout::{Position, Rect};

use super::{below, mark};
use crate::app::monitor::pools::PoolsPanel;
use crate::app::monitor::pools::figures::{self, Figures};
use crate::app::regions::Hit;
use crate::pool::What;
use crate::theme::Role;
use crate::view::overlay::wrap;
use crate::view::{Sheet, words};

/// From so many columns on, the specification's names stand beside the words.
const NAMED: u16 = 90;
/// Rows for the whole text of the event under the cursor.
const FOOT: u16 = 3;

/// Draws the page.
pub fn draw(sheet: &mut Sheet<'_>, panel: &PoolsPanel, figures: &Figures, area: Rect) {
    let events = figures::events(figures, panel.opened.as_ref(), panel.filter.text());
    let numbers: Vec<u64> = events.iter().map(|(number, _)| *number).collect();
    filter(sheet, panel, figures, numbers.len(), area);
    let mut area = below(area, 1);
    let foot = Rect {
        y: area.bottom().saturating_sub(FOOT),
        height: FOOT,
        ..area
    };
    let has_foot = area.height > 2 * FOOT;
    if has_foot {
        area.height -= FOOT;
    }
    sheet.regions.main_rows = usize::from(area.height);
    if events.is_empty() {
        let text = match panel.filter.text().is_empty() {
            true => "nothing has happened so far",
            false => "no event has all of these words",
        };
        let style = sheet.style(Role::Dim);
        let at = Position::new(area.x + 1, area.y);
        sheet.put(at, area.width.saturating_sub(2), text, style);
        return;
    }
    let window = panel.event.window(&numbers, usize::from(area.height));
    let several = panel.opened.is_none() && figures.pools.iter().len() > 1;
    for (place, (_, event)) in events.iter().enumerate().skip(window.first) {
        let y = area.y + u16::try_from(place - window.first).unwrap_or(u16::MAX);
        if y >= area.bottom() {
            break;
        }
        let row = Rect {
            y,
            height: 1,
            ..area
        };
        let time = words::clock_milli(figures.clock(event.at).0);
        let mut pieces = vec![(format!("{time}  "), Role::Dim)];
        if several {
            pieces.push((format!("{}  ", event.address), Role::Key));
        }
        if area.width >= NAMED {
            pieces.push((format!("{:<25} ", event.what.name()), Role::Dim));
        }
        pieces.push((event.what.text(), role(&event.what)));
        let styled: Vec<_> = pieces
            .iter()
            .map(|(text, role)| (text.as_str(), sheet.style(*role)))
            .collect();
        let at = Position::new(area.x + 1, y);
        sheet.put_all(at, area.width.saturating_sub(1), styled);
        sheet.hit(row, Hit::Row(place - window.first));
        if place == window.cursor {
            mark(sheet, row);
        }
    }
    if let Some((_, event)) = events.get(window.cursor).filter(|_| has_foot) {
        sheet.horizontal(foot.x, foot.y, foot.width);
        let text = format!("{}: {}", event.what.name(), event.what.text());
        let lines = wrap(&[text], usize::from(foot.width.saturating_sub(2)));
        let style = sheet.style(role(&event.what));
        for (y, line) in (foot.y + 1..foot.bottom()).zip(&lines) {
            sheet.put(
                Position::new(foot.x + 1, y),
                foot.width.saturating_sub(1),
                line,
                style,
            );
        }
    }
}

fn role(what: &What) -> Role {
    match what {
        What::PoolCleared { .. } | What::CheckoutFailed { .. } | What::HeartbeatFailed { .. } => {
            Role::Error
        }
        What::Closed { .. } | What::PoolClosed | What::ServerClosed => Role::Removed,
        What::ServerChanged { from, to } if from != to => Role::Changed,
        What::PoolReady | What::PoolCreated { .. } | What::Ready { .. } => Role::Added,
        _ => Role::Text,
    }
}

/// The filter, and how many events there are.
fn filter(sheet: &mut Sheet<'_>, panel: &PoolsPanel, figures: &Figures, shown: usize, area: Rect) {
    let timeline = &figures.pools.timeline;
    let kept = timeline.kept() as u64;
    let all = match timeline.told > kept {
        true => format!("the last {kept} of {}", words::count(timeline.told)),
        false => kept.to_string(),
    };
    let told = match shown as u64 == kept {
        true => format!("{all} events "),
        false => format!("{shown} of {all} events "),
    };
    let line = Rect { height: 1, ..area };
    let style = sheet.style(Role::Dim);
    let right = sheet.put_right(line, &told, style);
    let at = Position::new(area.x + 1, area.y);
    let used = sheet.put(at, area.width, "filter ", style);
    let at = Position::new(at.x + used, area.y);
    let room = area.right().saturating_sub(at.x + right + 1);
    if panel.filtering || !panel.filter.text().is_empty() {
        let style = sheet.style(Role::Input);
        sheet.field(at, room, &panel.filter, style, panel.filtering);
    } else {
        let style = sheet.style(Role::Placeholder);
        sheet.put(at, room, "none: kind, address, words", style);
    }
}
