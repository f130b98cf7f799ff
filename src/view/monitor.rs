//! Draws the monitor: the line that names the panels, and the panel in front.

use ratatui::layout::{Position, Rect};

use super::Sheet;
use crate::app::Focus;
use crate::app::command::Command;
use crate::app::context::Context;
use crate::app::monitor::{Monitor, Panel};
use crate::app::regions::Hit;
use crate::mongo::request::{Failure, FailureKind};
use crate::theme::Role;

pub mod changes;
pub mod chart;
mod frame;
pub mod operations;
pub mod pools;
pub mod server;
pub mod slow;
pub mod topology;

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
        Panel::Topology => topology::draw(sheet, tab, area),
        Panel::Server => server::draw(sheet, tab, area),
        Panel::Operations => operations::draw(sheet, tab, area),
        Panel::Slow => slow::draw(sheet, tab, area),
        Panel::Changes => changes::draw(sheet, tab, area),
    }
}

/// The keys that lead on from a failure to what it is about, as the end of its help.
#[must_use]
pub fn ways_on(sheet: &Sheet<'_>, failure: &Failure) -> String {
    if failure.kind != FailureKind::PoolExhausted {
        return String::new();
    }
    let ways = [
        (Command::Operations, "the operations"),
        (Command::Pools, "the pool"),
    ];
    let context = sheet.app.context();
    let told = ways.into_iter().filter_map(|(command, what)| {
        let key = sheet.keymaps.hint(context, command)?;
        Some(format!("{key} opens {what}"))
    });
    let told: Vec<String> = told.collect();
    match told.is_empty() {
        true => String::new(),
        false => format!(" ({})", told.join(", ")),
    }
}

/// The panels by name, each with the key that turns to it.
fn header(sheet: &mut Sheet<'_>, tab: &Monitor, area: Rect) {
    let focused = sheet.app.focus == Focus::Main && sheet.app.overlays.is_empty();
    let keys: Vec<String> = Panel::ALL
        .iter()
        .map(|panel| sheet.keymaps.hint(Context::Monitor, panel.command()))
        .map(|key| key.map(|k| format!("{k} ")).unwrap_or_default())
        .collect();
    let all: usize = Panel::ALL
        .iter()
        .zip(&keys)
        .map(|(panel, key)| panel.name().len() + key.len() + 2)
        .sum();
    // Where there is little room, the colours alone keep keys and names apart.
    let tight = all > usize::from(area.width);
    let mut x = area.x + 1;
    for ((place, panel), key) in Panel::ALL.iter().enumerate().zip(&keys) {
        let room = area.right().saturating_sub(x);
        let key = if tight { key.trim_end() } else { key.as_str() };
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
                (key, sheet.style(Role::HintKey)),
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
        x = x.saturating_add(used + if tight { 1 } else { 2 });
    }
}
