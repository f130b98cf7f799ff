//! Draws the monitor: the line that names the panels, and the panel in front.

use ratatui::layout::{Position, Rect};

use super::Sheet;
use crate::app::Focus;
use crate::app::context::Context;
use crate::app::monitor::{Monitor, Panel};
use crate::app::regions::Hit;
use crate::theme::Role;

pub mod chart;
pub mod pools;

/// Draws the tab.
pub fn draw(sheet: &mut Sheet<'_>, tab: &Monitor, area: Rect) {
    if area.height < 2 {
        return;
    }
    header(sheet, tab, area);
    let area = Rect {
        y: area.y + 1,
        height: area.height - 1,
        ..area
    };
    sheet.regions.main_width = usize::from(area.width);
    match tab.panel {
        Panel::Pools => pools::draw(sheet, tab, area),
    }
}

/// The panels by name, each with the key that turns to it.
fn header(sheet: &mut Sheet<'_>, tab: &Monitor, area: Rect) {
    let focused = sheet.app.focus == Focus::Main && sheet.app.overlays.is_empty();
    let mut x = area.x + 1;
    for (place, panel) in Panel::ALL.iter().enumerate() {
        let room = area.right().saturating_sub(x);
        let key = sheet.keymaps.hint(Context::Monitor, panel.command());
        let key = key.map(|k| format!("{k} ")).unwrap_or_default();
        let role = match (*panel == tab.panel, focused) {
            (true, true) => Role::TitleFocused,
            (true, false) => Role::Title,
            (false, _) => Role::Dim,
        };
        let at = Position::new(x, area.y);
        let used = sheet.put_all(
            at,
            room,
            [
                (key.as_str(), sheet.style(Role::HintKey)),
                (panel.name(), sheet.style(role)),
            ],
        );
        let hit = Rect {
            x,
            width: used,
            height: 1,
            ..area
        };
        sheet.hit(hit, Hit::Panel(place));
        x = x.saturating_add(used + 2);
    }
}
