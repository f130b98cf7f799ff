//! Draws the panel of changes.

use ratatui::layout::Rect;

use super::frame::{self, Column, Piece};
use crate::app::monitor::Monitor;
use crate::app::monitor::changes::{Change, ChangesPanel, KEPT};
use crate::app::monitor::reading::clock;
use crate::mongo::request::observe::TailPlace;
use crate::theme::Role;
use crate::view::overlay::wrap;
use crate::view::{Sheet, words};

/// From so many columns on, a row has room for long names.
const WIDE: u16 = 100;

const ONE: &[Column] = &[
    Column::text("at", 8),
    Column::text("what", 7),
    Column::text("_id", 10),
    Column::text("change", 0),
];

const SEVERAL: &[Column] = &[
    Column::text("at", 8),
    Column::text("what", 7),
    Column::text("collection", 12),
    Column::text("_id", 8),
    Column::text("change", 0),
];

const ONE_WIDE: &[Column] = &[
    Column::text("at", 8),
    Column::text("what", 8),
    Column::text("_id", 24),
    Column::text("change", 0),
];

const SEVERAL_WIDE: &[Column] = &[
    Column::text("at", 8),
    Column::text("what", 8),
    Column::text("collection", 20),
    Column::text("_id", 24),
    Column::text("change", 0),
];

/// Draws the panel.
pub fn draw(sheet: &mut Sheet<'_>, tab: &Monitor, area: Rect) {
    let panel = &tab.changes;
    let mut title = match &panel.place {
        Some(place) => vec![
            (place.to_string(), Role::Title),
            (format!("  {}", came(panel)), Role::Text),
        ],
        None => vec![("changes".to_owned(), Role::Title)],
    };
    if !panel.filter_text.is_empty() {
        title.push((format!("  {}", panel.filter_text), Role::Match));
    }
    let right = state(panel);
    let mut area = frame::head(sheet, area, &title, &right);
    if let Some((asking, field)) = &panel.field {
        let problem = panel.problem.as_deref();
        area = frame::field(sheet, area, asking.title(), field, asking.hint(), problem);
    }
    if let Some(brings) = panel.brings() {
        let width = usize::from(area.width.saturating_sub(2));
        for text in wrap(&[brings], width).into_iter().take(3) {
            frame::line(sheet, area, &[(text, Role::Dim)]);
            area = frame::below(area, 1);
        }
    }
    let area = frame::failure(sheet, area, panel.failure.as_ref());
    let area = match panel.gap {
        true => {
            let text = "changes are missing before the newest ones: the server no longer has them";
            frame::gaps(sheet, area, &[text.to_owned()])
        }
        false => area,
    };
    if panel.place.is_none() {
        if panel.field.is_none() {
            let text = "nothing is followed: choose a collection or a database";
            frame::line(sheet, area, &[(text.to_owned(), Role::Dim)]);
        }
        return;
    }
    if panel.changes().len() == 0 {
        if panel.failure.is_none() {
            let text = match panel.is_following() {
                true => "nothing was written since it is followed",
                false if panel.is_paused() => "paused",
                false => "asking the server …",
            };
            frame::line(sheet, area, &[(text.to_owned(), Role::Dim)]);
        }
        sheet.regions.main_rows = usize::from(area.height);
        return;
    }
    let everywhere = panel.place == Some(TailPlace::Deployment);
    let one = matches!(panel.place, Some(TailPlace::Collection(_)));
    let columns = match (one, area.width >= WIDE) {
        (true, false) => ONE,
        (false, false) => SEVERAL,
        (true, true) => ONE_WIDE,
        (false, true) => SEVERAL_WIDE,
    };
    let area = frame::titles(sheet, area, columns);
    sheet.regions.main_rows = usize::from(area.height);
    frame::rows(
        sheet,
        area,
        columns,
        &panel.window,
        panel.changes(),
        |change| cells(change, columns, everywhere),
    );
}

fn came(panel: &ChangesPanel) -> String {
    let told = crate::app::words::several(panel.told, "change");
    let kept = panel.changes().len() as u64;
    let kept = match panel.told > kept {
        true => format!(", the last {} kept", words::count(kept)),
        false => String::new(),
    };
    let resumed = match panel.resumed {
        0 => String::new(),
        n => format!(", taken up again {n} ×"),
    };
    debug_assert!(panel.changes().len() <= KEPT);
    format!("{told}{kept}{resumed}")
}

fn state(panel: &ChangesPanel) -> Piece {
    let time = panel.at.map(|at| format!("read {} UTC", clock(at)));
    match (time, panel.is_paused(), panel.is_following()) {
        (Some(time), true, _) => (format!("paused, {time}"), Role::Busy),
        (None, true, _) => ("paused".to_owned(), Role::Busy),
        (Some(time), false, true) if panel.is_at_end() => (format!("following, {time}"), Role::Dim),
        (Some(time), false, true) => (format!("{time}, newer below"), Role::Dim),
        (Some(time), false, false) => (time, Role::Warning),
        (None, false, _) => (String::new(), Role::Dim),
    }
}

fn cells(change: &Change, columns: &[Column], everywhere: bool) -> Vec<Piece> {
    let role = match change.kind.as_str() {
        "insert" => Role::Added,
        "delete" | "drop" | "dropDatabase" | "invalidate" => Role::Removed,
        "update" | "replace" => Role::Changed,
        _ => Role::Text,
    };
    columns
        .iter()
        .map(|column| match column.title {
            "at" => (clock(change.at), Role::Dim),
            "what" => (change.kind.clone(), role),
            "collection" if everywhere => {
                let name = format!("{}.{}", change.database, change.collection);
                (name, Role::Text)
            }
            "collection" => (change.collection.clone(), Role::Text),
            "_id" => (change.key.clone(), Role::KindId),
            _ => (change.what.clone(), Role::Text),
        })
        .collect()
}
