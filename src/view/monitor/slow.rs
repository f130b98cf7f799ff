//! Draws the panel of slow operations.

use ratatui::layout::Rect;

use super::frame::{self, Column, Piece};
use crate::app::monitor::Monitor;
use crate::app::monitor::slow::{describe, is_scan};
use crate::mongo::request::observe::{ProfilingLevel, Slow, SlowShape};
use crate::theme::Role;
use crate::view::{Sheet, words};

const NARROW: &[Column] = &[
    Column::figure("count", 6),
    Column::figure("p95", 7),
    Column::figure("together", 9),
    Column::text("namespace", 14),
    Column::text("shape", 0),
];

const USUAL: &[Column] = &[
    Column::figure("count", 6),
    Column::figure("p50", 7),
    Column::figure("p95", 7),
    Column::figure("together", 9),
    Column::figure("looked at", 10),
    Column::text("namespace", 20),
    Column::text("shape", 0),
];

const FULL: &[Column] = &[
    Column::figure("count", 6),
    Column::figure("p50", 7),
    Column::figure("p95", 7),
    Column::figure("together", 9),
    Column::figure("looked at", 10),
    Column::figure("given", 7),
    Column::text("by", 8),
    Column::text("namespace", 26),
    Column::text("shape", 0),
];

/// Draws the panel.
pub fn draw(sheet: &mut Sheet<'_>, tab: &Monitor, area: Rect) {
    let panel = &tab.slow;
    let right = frame::read_at(sheet, &panel.reading);
    let database = panel.database.as_deref().unwrap_or("–");
    // The log is of the whole server.
    let mut title = vec![
        (database.to_owned(), Role::Title),
        (" and the log".to_owned(), Role::Text),
    ];
    if let Some(slow) = panel.slow() {
        title.push((
            format!(
                "  {}",
                frame::some_of(panel.count(), slow.shapes.len(), "shape")
            ),
            Role::Text,
        ));
    }
    if !panel.listing.filter.is_empty() && panel.field.is_none() {
        title.push((format!("  with “{}”", panel.listing.filter), Role::Match));
    }
    let columns = frame::fitting(area, NARROW, USUAL, FULL);
    title.extend(frame::order_of(&panel.listing.order, columns));
    let mut area = frame::head(sheet, area, &title, &right);
    if let Some((asking, field)) = &panel.field {
        let problem = panel.problem.as_deref();
        area = frame::field(sheet, area, asking.title(), field, &asking.hint(), problem);
    }
    let area = frame::failure(sheet, area, panel.reading.failure());
    let Some(slow) = panel.slow() else {
        return frame::nothing(sheet, tab, area, panel.reading.failure().is_some());
    };
    let mut area = area;
    if let Some(pieces) = profiler(slow) {
        frame::line(sheet, area, &pieces);
        area = frame::below(area, 1);
    }
    let area = frame::gaps(sheet, area, &slow.gaps);
    let area = frame::ordered(sheet, area, columns, Some(&panel.listing.order));
    sheet.regions.main_rows = usize::from(area.height);
    if panel.count() == 0 {
        let text = match slow.shapes.is_empty() {
            true => "nothing was slow, as far as the profiler and the log tell",
            false => "nothing that was slow has these words",
        };
        frame::line(sheet, area, &[(text.to_owned(), Role::Dim)]);
        return;
    }
    frame::rows(
        sheet,
        area,
        columns,
        &panel.listing.window,
        panel.rows(),
        |shape| cells(shape, columns),
    );
}

fn profiler(slow: &Slow) -> Option<Vec<Piece>> {
    let profiling = slow.profiling?;
    let role = match profiling.level {
        ProfilingLevel::Off => Role::Text,
        ProfilingLevel::Slow => Role::Success,
        ProfilingLevel::All => Role::Warning,
    };
    let mut out = vec![
        ("profiler ".to_owned(), Role::Key),
        (describe(profiling), role),
    ];
    if let Some(before) = slow.before {
        let was = before.level.words();
        out.push((
            format!("  set here; was {was}, and will be again"),
            Role::Dim,
        ));
    }
    if let Some(left) = slow.left {
        out.push((
            format!("  left so by an earlier run; was {}", left.level.words()),
            Role::Warning,
        ));
    }
    out.push((
        format!("  read {} of it, {} of the log", slow.profiled, slow.logged),
        Role::Dim,
    ));
    Some(out)
}

fn cells(shape: &SlowShape, columns: &[Column]) -> Vec<Piece> {
    let number = |text: String| (text, Role::KindNumber);
    let scan = is_scan(shape);
    let mark = if scan { "COLLSCAN " } else { "" };
    columns
        .iter()
        .map(|column| match column.title {
            "count" => number(words::count(shape.count)),
            "p50" => number(words::span(shape.p50)),
            "p95" => number(words::span(shape.p95)),
            "together" => number(words::span(shape.total)),
            "looked at" => number(words::count(shape.examined)),
            "given" => number(words::count(shape.returned)),
            "by" => (shape.source.word().to_owned(), Role::Dim),
            "namespace" => (shape.namespace.clone(), Role::Text),
            _ => (
                format!("{mark}{} {}", shape.operation, shape.shape),
                if scan { Role::Warning } else { Role::Text },
            ),
        })
        .collect()
}
