//! Draws the deck.
//!
//! [`draw`] reads an [`App`] and never changes it; what it learns about the screen (how many rows fit, what lies where)
//! is given back as [`Regions`].

use crate::theme::Role;
use ratatui::Frame;
use ratatui::layout::{Position, Rect};

use crate::app::regions::{BOTH_PANES, Hit, Regions};
use crate::app::{App, Focus, Tab};
use crate::input::{Keymaps, Pending};
use crate::theme::Theme;

pub mod completion;
pub mod deployments;
pub mod details;
pub mod documents;
pub mod drift;
pub mod editor;
pub mod export;
pub mod help;
pub mod models;
pub mod monitor;
pub mod overlay;
pub mod profiles;
pub mod query;
pub mod referrers;
pub mod sheet;
pub mod status;
pub mod tabs;
pub mod top;
pub mod tree;
pub mod typing;
pub mod words;

pub use sheet::Sheet;

/// The smallest terminal that anything is drawn in, in columns and rows.
pub const SMALLEST: (u16, u16) = (20, 5);

/// Draws one frame.
pub fn draw(
    app: &App,
    theme: &Theme,
    keymaps: &Keymaps,
    pending: &Pending,
    frame: &mut Frame<'_>,
) -> Regions {
    let area = frame.area();
    let mut sheet = Sheet::new(app, theme, keymaps, pending, frame.buffer_mut());
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        too_small(&mut sheet, area);
    } else {
        deck(&mut sheet, area);
    }
    let (regions, cursor) = sheet.finish();
    if let Some(place) = cursor {
        frame.set_cursor_position(place);
    }
    regions
}

fn too_small(sheet: &mut Sheet<'_>, area: Rect) {
    let words = ["too small:", "20x5 at least"];
    for (row, text) in (0u16..).zip(words) {
        if row < area.height {
            sheet.put(
                Position::new(area.x, area.y + row),
                area.width,
                text,
                sheet.style(Role::Text),
            );
        }
    }
}

fn deck(sheet: &mut Sheet<'_>, area: Rect) {
    let top = Rect { height: 1, ..area };
    let status = Rect {
        y: area.bottom() - 1,
        height: 1,
        ..area
    };
    let exports = export::rows(sheet.app, area.height);
    let middle = Rect {
        y: area.y + 1,
        height: area.height - 2 - exports,
        ..area
    };
    export::strip(
        sheet,
        Rect {
            y: middle.bottom(),
            height: exports,
            ..area
        },
    );
    top::draw(sheet, top);
    let (left, right) = split(sheet.app, middle);
    if let Some(left) = left {
        tree::draw(sheet, left);
    }
    if let Some(right) = right {
        if left.is_some() {
            sheet.vertical(right.x - 1, middle.y, middle.height);
        }
        main_pane(sheet, right);
    }
    status::draw(sheet, status);
    for place in 0..sheet.app.overlays.len() {
        overlay::draw(sheet, middle, place);
    }
    status::above(
        sheet,
        Rect {
            height: area.height - 2,
            ..middle
        },
    );
}

/// The places of the tree and of the main pane; one of them is left out where both would be too narrow.
fn split(app: &App, area: Rect) -> (Option<Rect>, Option<Rect>) {
    if area.width < BOTH_PANES {
        return match app.focus {
            Focus::Tree => (Some(area), None),
            Focus::Main => (None, Some(area)),
        };
    }
    let width = (area.width * 28 / 100).clamp(22, 40);
    let left = Rect { width, ..area };
    let right = Rect {
        x: area.x + width + 1,
        width: area.width - width - 1,
        ..area
    };
    (Some(left), Some(right))
}

fn main_pane(sheet: &mut Sheet<'_>, area: Rect) {
    sheet.hit(area, Hit::Main);
    let bar = Rect { height: 1, ..area };
    let rest = Rect {
        y: area.y + 1,
        height: area.height - 1,
        ..area
    };
    let app = sheet.app;
    match app.tab() {
        Some(tab) => {
            tabs::draw(sheet, bar);
            match tab {
                Tab::Documents(tab) => documents::draw(sheet, tab, rest),
                Tab::Models(tab) => models::draw(sheet, tab, rest),
                Tab::Query(tab) => query::draw(sheet, tab, rest),
                Tab::Drift(tab) => drift::draw(sheet, tab, rest),
                Tab::Monitor(tab) => monitor::draw(sheet, tab, rest),
            }
        }
        None => profiles::draw(sheet, area),
    }
}
