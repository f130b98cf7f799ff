//! Draws the connections of one server, how long things took with it, and the commands of all.

use std::time::Duration;

use ratatui::layout::{Position, Rect};

use super::servers::percentiles;
use super::{Column, below, cells, mark, titles};
use crate::app::monitor::pools::PoolsPanel;
use crate::app::monitor::pools::figures::{self, Figures};
use crate::app::regions::Hit;
use crate::pool::{ConnectionState, Histogram, Pool};
use crate::theme::Role;
use crate::view::monitor::chart;
use crate::view::{Sheet, words};

/// The columns of the connections before what runs on them.
const CONNECTION: [Column; 6] = [
    Column {
        title: "id",
        width: 6,
        right: false,
    },
    Column {
        title: "state",
        width: 10,
        right: false,
    },
    Column {
        title: "since",
        width: 7,
        right: true,
    },
    Column {
        title: "age",
        width: 7,
        right: true,
    },
    Column {
        title: "uses",
        width: 6,
        right: true,
    },
    Column {
        title: "runs",
        width: u16::MAX - 100,
        right: false,
    },
];

fn said(sheet: &mut Sheet<'_>, area: Rect, text: &str) {
    let style = sheet.style(Role::Dim);
    let at = Position::new(area.x + 1, area.y);
    sheet.put(at, area.width.saturating_sub(2), text, style);
}

fn pool<'f>(panel: &PoolsPanel, figures: &'f Figures) -> Option<&'f Pool> {
    figures.pools.get(panel.opened.as_ref()?)
}

/// Draws the connections, and below them what is known of the one under the cursor.
pub fn connections(sheet: &mut Sheet<'_>, panel: &PoolsPanel, figures: &Figures, area: Rect) {
    let Some(pool) = pool(panel, figures) else {
        return said(sheet, area, "the driver no longer watches this server");
    };
    let all = figures::connections(pool);
    let ids: Vec<u32> = all.iter().map(|(id, _)| *id).collect();
    let counts = format!(
        "{} in use, {} available, {} being made, {} waiting; {} made so far",
        pool.in_use(),
        pool.available(),
        pool.being_established(),
        pool.pending,
        pool.created
    );
    said(sheet, area, &counts);
    let area = below(area, 1);
    titles(sheet, Rect { height: 1, ..area }, &CONNECTION);
    let list = Rect {
        height: area.height.saturating_sub(3),
        ..below(area, 1)
    };
    sheet.regions.main_rows = usize::from(list.height);
    if all.is_empty() {
        return said(sheet, list, "no connection is open");
    }
    let window = panel.connection.window(&ids, usize::from(list.height));
    for (place, (id, connection)) in all.iter().enumerate().skip(window.first) {
        let y = list.y + u16::try_from(place - window.first).unwrap_or(u16::MAX);
        if y >= list.bottom() {
            break;
        }
        let row = Rect {
            y,
            height: 1,
            ..list
        };
        let stale = connection.generation < pool.generation;
        let (state, role) = match connection.state {
            _ if stale => ("stale", Role::Warning),
            ConnectionState::InUse => ("in use", Role::Busy),
            ConnectionState::Establishing => ("being made", Role::Dim),
            ConnectionState::Available => ("available", Role::Success),
        };
        let runs = match (connection.state, &connection.work) {
            (ConnectionState::InUse, Some(work)) => (work.text(), Role::Text),
            (ConnectionState::InUse, None) => ("(the driver's own)".to_owned(), Role::Dim),
            (_, Some(work)) => (format!("last {}", work.text()), Role::Dim),
            (_, None) => (String::new(), Role::Dim),
        };
        let since = age(figures.ago(connection.since));
        let old = age(figures.ago(connection.created));
        cells(
            sheet,
            row,
            &CONNECTION,
            [
                (format!("#{id}").as_str(), Role::KindNumber),
                (state, role),
                (since.as_str(), Role::Text),
                (old.as_str(), Role::Dim),
                (words::count(connection.uses).as_str(), Role::Dim),
                (runs.0.as_str(), runs.1),
            ],
        );
        sheet.hit(row, Hit::Row(place - window.first));
        if place == window.cursor {
            mark(sheet, row);
        }
    }
    let foot = Rect {
        y: list.bottom(),
        height: area.bottom().saturating_sub(list.bottom()),
        ..area
    };
    if foot.height < 2 {
        return;
    }
    sheet.horizontal(foot.x, foot.y, foot.width);
    let chosen = all.get(window.cursor).and_then(|(_, c)| c.work.as_ref());
    if let Some(work) = chosen.filter(|w| !w.comment.is_empty()) {
        let text = format!("comment {}", work.comment);
        said(sheet, below(foot, 1), &text);
    }
}

/// Draws how long things took with one server.
pub fn times(sheet: &mut Sheet<'_>, panel: &PoolsPanel, figures: &Figures, area: Rect) {
    let Some(pool) = pool(panel, figures) else {
        return said(sheet, area, "the driver no longer watches this server");
    };
    let ages = figures::ages(figures, pool);
    let all: [(&str, &Histogram); 5] = [
        ("to get a connection", &pool.waits),
        ("to make one", &pool.establishing),
        ("age of those open", &ages),
        ("age of those closed", &pool.ages),
        ("round trip of the driver's monitor", &pool.round_trip.all),
    ];
    let mut lines: Vec<Vec<(String, Role)>> = Vec::new();
    for (name, histogram) in all {
        lines.push(vec![
            (format!("{name}  "), Role::Title),
            (percentiles(histogram, true), Role::Dim),
        ]);
        let steps = histogram.doublings();
        let most = steps.iter().map(|s| s.1).max().unwrap_or(0);
        let width = usize::from(area.width).saturating_sub(24).min(60);
        let mut empty = 0;
        for (until, count) in steps {
            empty = if count == 0 { empty + 1 } else { 0 };
            match empty {
                0 | 1 => {}
                // A long gap says no more than a short one.
                2 => {
                    lines.pop();
                    lines.push(vec![("          ⋮".to_owned(), Role::Dim)]);
                    continue;
                }
                _ => continue,
            }
            let bar = chart::bar(count, most, width);
            lines.push(vec![
                (format!("  ≤ {:>7}  ", fine(until)), Role::Dim),
                (bar, Role::Busy),
                (format!(" {}", words::count(count)), Role::Text),
            ]);
        }
    }
    sheet.regions.main_rows = usize::from(area.height);
    let last = lines.len().saturating_sub(usize::from(area.height));
    let first = panel.times_first.min(last);
    for (y, pieces) in (area.y..area.bottom()).zip(lines.iter().skip(first)) {
        let styled: Vec<_> = pieces
            .iter()
            .map(|(text, role)| (text.as_str(), sheet.style(*role)))
            .collect();
        let at = Position::new(area.x + 1, y);
        sheet.put_all(at, area.width.saturating_sub(2), styled);
    }
}

/// How long something has been so, in a unit that changes once a second at the most.
fn age(span: Duration) -> String {
    match span.as_secs() {
        0 => "< 1 s".to_owned(),
        s @ 1..120 => format!("{s} s"),
        s @ 120..7_200 => format!("{} min", s / 60),
        s => format!("{} h", s / 3_600),
    }
}

/// A span down to microseconds.
fn fine(span: Duration) -> String {
    match span.as_micros() {
        us @ 0..1_000 => format!("{us} µs"),
        _ => words::span(span),
    }
}

/// The columns of the commands.
const COMMAND: [Column; 7] = [
    Column {
        title: "command",
        width: 16,
        right: false,
    },
    Column {
        title: "count",
        width: 6,
        right: true,
    },
    Column {
        title: "failed",
        width: 6,
        right: true,
    },
    Column {
        title: "p50",
        width: 7,
        right: true,
    },
    Column {
        title: "p90",
        width: 7,
        right: true,
    },
    Column {
        title: "p99",
        width: 7,
        right: true,
    },
    Column {
        title: "max",
        width: 7,
        right: true,
    },
];

/// Draws the commands by name, and why one of the chosen name failed last.
pub fn commands(sheet: &mut Sheet<'_>, panel: &PoolsPanel, figures: &Figures, area: Rect) {
    let all = figures::commands(&figures.pools);
    let names: Vec<_> = all.iter().map(|(name, _)| name.clone()).collect();
    said(
        sheet,
        area,
        "what mongodeck sent to all servers, those that took longest in all first",
    );
    let area = below(area, 1);
    titles(sheet, Rect { height: 1, ..area }, &COMMAND);
    let list = Rect {
        height: area.height.saturating_sub(3),
        ..below(area, 1)
    };
    sheet.regions.main_rows = usize::from(list.height);
    if all.is_empty() {
        return said(sheet, list, "no command was sent so far");
    }
    let window = panel.command.window(&names, usize::from(list.height));
    for (place, (name, command)) in all.iter().enumerate().skip(window.first) {
        let y = list.y + u16::try_from(place - window.first).unwrap_or(u16::MAX);
        if y >= list.bottom() {
            break;
        }
        let row = Rect {
            y,
            height: 1,
            ..list
        };
        let at = |share: f64| words::span(command.took.percentile(share).unwrap_or_default());
        let failed = match command.failures {
            0 => Role::Dim,
            _ => Role::Error,
        };
        cells(
            sheet,
            row,
            &COMMAND,
            [
                (&**name, Role::Key),
                (words::count(command.took.count()).as_str(), Role::Text),
                (words::count(command.failures).as_str(), failed),
                (at(0.5).as_str(), Role::Text),
                (at(0.9).as_str(), Role::Text),
                (at(0.99).as_str(), Role::Text),
                (words::span(command.took.max()).as_str(), Role::Text),
            ],
        );
        sheet.hit(row, Hit::Row(place - window.first));
        if place == window.cursor {
            mark(sheet, row);
        }
    }
    let foot = Rect {
        y: list.bottom(),
        height: area.bottom().saturating_sub(list.bottom()),
        ..area
    };
    if foot.height < 2 {
        return;
    }
    sheet.horizontal(foot.x, foot.y, foot.width);
    let chosen = all.get(window.cursor);
    if let Some(text) = chosen.and_then(|(_, c)| c.last_failure.as_ref()) {
        let style = sheet.style(Role::Error);
        let at = Position::new(foot.x + 1, foot.y + 1);
        sheet.put(at, foot.width.saturating_sub(2), text, style);
    }
}
