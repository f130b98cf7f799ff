//! Draws the panel of the connection pools.

use ratatui::layout::{Position, Rect};

use crate::app::monitor::Monitor;
use crate::app::regions::Hit;
use crate::pool::Pool;
use crate::theme::Role;
use crate::view::Sheet;

/// Draws the panel.
pub fn draw(sheet: &mut Sheet<'_>, tab: &Monitor, area: Rect) {
    let app = sheet.app;
    let figures = app
        .profiles
        .get(&tab.at.profile)
        .and_then(|p| p.pools.as_ref());
    let Some(figures) = figures else {
        let at = Position::new(area.x + 1, area.y);
        let text = "nothing was told of a pool so far: the profile is not connected";
        sheet.put(
            at,
            area.width.saturating_sub(2),
            text,
            sheet.style(Role::Dim),
        );
        return;
    };
    sheet.regions.main_rows = usize::from(area.height);
    let rows = figures.pools.iter().skip(tab.pools.window.first);
    for (place, (address, pool)) in rows.take(usize::from(area.height)).enumerate() {
        let y = area.y + u16::try_from(place).unwrap_or(0);
        let row = Rect {
            y,
            height: 1,
            ..area
        };
        sheet.hit(row, Hit::Row(place));
        let text = format!("{address}  {}", gauge(pool));
        let at = Position::new(area.x + 1, y);
        sheet.put(
            at,
            area.width.saturating_sub(2),
            &text,
            sheet.style(Role::Text),
        );
        if tab.pools.window.first + place == tab.pools.window.cursor {
            sheet.restyle(row, sheet.style(Role::Cursor));
        }
    }
}

fn gauge(pool: &Pool) -> String {
    format!(
        "{} in use, {} available, {} waiting, {} at the most",
        pool.in_use(),
        pool.available(),
        pool.pending,
        pool.max
    )
}
