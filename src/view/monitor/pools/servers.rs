//! Draws the overview: what is wrong, a row for each server, and all figures of the one under the cursor.

use std::sync::Arc;
use std::time::Duration;

use ratatui::layout::{Position, Rect};

use super::{below, has_keys, mark};
use crate::app::monitor::Monitor;
use crate::app::monitor::pools::figures::{self, Figures, Row};
use crate::app::profiles::ProfileState;
use crate::app::regions::Hit;
use crate::app::{Command, Context};
use crate::pool::history::KEPT;
use crate::pool::{CheckoutFailure, CloseReason, Histogram, Pool, PoolState, Second};
use crate::theme::Role;
use crate::view::monitor::chart;
use crate::view::overlay::wrap;
use crate::view::{Sheet, words};

/// Rows of the figures below the table.
const CARD: u16 = 13;
/// The fewest rows of the table that the figures leave.
const LEAST: u16 = 3;
/// The columns of a label before its figures.
const LABEL: u16 = 9;
/// From so many columns on there is room for all of a line.
const WIDE: u16 = 70;

/// A line of a server's last minutes: its name, a value a second, and how a value is written.
type Graph<'a> = (&'a str, Vec<Option<u32>>, fn(u32) -> String);
/// The most lines of one warning.
const WRAPPED: usize = 3;

/// Draws the page.
pub fn draw(sheet: &mut Sheet<'_>, tab: &Monitor, figures: &Figures, area: Rect) {
    let rows = figures::rows(figures);
    if rows.is_empty() {
        let at = Position::new(area.x + 1, area.y);
        let style = sheet.style(Role::Dim);
        let text = "no server is watched: the profile is not connected";
        sheet.put(at, area.width.saturating_sub(2), text, style);
        return;
    }
    let warnings = figures::warnings(figures);
    let room = usize::from(area.width.saturating_sub(4));
    let texts: Vec<Vec<String>> = warnings
        .iter()
        .map(|(row, warning)| {
            let several = figures.pools.iter().len() > 1;
            let whose = match several {
                true => format!("{}: ", row.address()),
                false => String::new(),
            };
            let key = sheet.keymaps.hint(Context::Monitor, Command::Open);
            let key = key.map(|k| format!(" ({k})")).unwrap_or_default();
            let mut lines = wrap(&[format!("{whose}{}{key}", warning.text())], room);
            lines.truncate(WRAPPED);
            lines
        })
        .collect();
    let tall: usize = texts.iter().map(Vec::len).sum();
    let wanted = u16::try_from(tall + 1 + figures.pools.iter().len()).unwrap_or(u16::MAX);
    let table = match area.height.saturating_sub(wanted) {
        left if left >= 4 => wanted,
        _ => area.height.saturating_sub(CARD).max(LEAST.min(area.height)),
    };
    // The scrolled part is counted in rows; a wrapped warning takes more of them.
    let height = usize::from(table.saturating_sub(1)).saturating_sub(tall - texts.len());
    sheet.regions.main_rows = height.max(1);
    let window = tab.pools.row.window(&rows, height.max(1));
    let mut y = area.y;
    let end = area.y + table;
    let mut headed = false;
    for (place, row) in rows.iter().enumerate().skip(window.first) {
        if y >= end {
            break;
        }
        let chosen = place == window.cursor;
        match row {
            Row::Warning(..) => {
                for (nth, text) in texts.get(place).into_iter().flatten().enumerate() {
                    if y >= end {
                        break;
                    }
                    let line = Rect {
                        y,
                        height: 1,
                        ..area
                    };
                    let style = sheet.style(Role::Warning);
                    let sign = if nth == 0 { "! " } else { "  " };
                    sheet.put_all(
                        Position::new(area.x + 1, y),
                        area.width.saturating_sub(1),
                        [(sign, style), (text.as_str(), style)],
                    );
                    sheet.hit(line, Hit::Row(place - window.first));
                    if chosen && nth == 0 {
                        mark(sheet, line);
                    }
                    y += 1;
                }
            }
            Row::Server(address) => {
                if !std::mem::replace(&mut headed, true) {
                    server_titles(
                        sheet,
                        Rect {
                            y,
                            height: 1,
                            ..area
                        },
                        span(figures),
                    );
                    y += 1;
                    if y >= end {
                        break;
                    }
                }
                let line = Rect {
                    y,
                    height: 1,
                    ..area
                };
                if let Some(pool) = figures.pools.get(address) {
                    server(sheet, figures, address, pool, line);
                }
                sheet.hit(line, Hit::Row(place - window.first));
                if chosen {
                    mark(sheet, line);
                }
                y += 1;
            }
        }
    }
    let card = below(area, y - area.y);
    let shown = rows.get(window.cursor).map(Row::address);
    if let Some(address) = shown
        && card.height > 1
        && let Some(pool) = figures.pools.get(address)
    {
        sheet.horizontal(card.x, card.y, card.width);
        let profile = sheet.app.profiles.get(&tab.at.profile).cloned();
        draw_card(
            sheet,
            profile.as_ref(),
            figures,
            address,
            pool,
            below(card, 1),
        );
    }
}

/// The widths of the columns: address, kind, gauge, in use, waiting, p99, the rest.
struct Widths {
    address: u16,
    kind: u16,
    gauge: u16,
}

fn widths(width: u16) -> Widths {
    match width {
        0..=69 => Widths {
            address: 20.min(width / 3),
            kind: 0,
            gauge: 10,
        },
        70..=99 => Widths {
            address: 24,
            kind: 10,
            gauge: 12,
        },
        _ => Widths {
            address: 28,
            kind: 10,
            gauge: 20,
        },
    }
}

fn server_titles(sheet: &mut Sheet<'_>, line: Rect, span: usize) {
    let w = widths(line.width);
    let style = sheet.style(Role::Header);
    let mut x = line.x + 1;
    let mut put = |width: u16, text: &str| {
        let room = line.right().saturating_sub(x).min(width);
        // A title of which nothing can be read is none.
        if usize::from(room) >= text.len() || room > 4 {
            sheet.put(Position::new(x, line.y), room, text, style);
        }
        x += if width == 0 { 0 } else { width + 1 };
    };
    put(w.address, "server");
    put(w.kind, "is");
    put(w.gauge, "pool");
    put(7, "in use");
    put(7, "waiting");
    put(7, "p99");
    put(line.width, &format!("{} min", span / 60));
}

fn server(sheet: &mut Sheet<'_>, figures: &Figures, address: &str, pool: &Pool, line: Rect) {
    let w = widths(line.width);
    let text = sheet.style(Role::Text);
    let dim = sheet.style(Role::Dim);
    let warning = sheet.style(Role::Warning);
    let mut x = line.x + 1;
    let room = |x: u16, width: u16| line.right().saturating_sub(x).min(width);
    sheet.put(Position::new(x, line.y), room(x, w.address), address, text);
    x += w.address + 1;
    if w.kind > 0 {
        let kind = pool.kind.map_or("", |k| k.word());
        sheet.put(Position::new(x, line.y), room(x, w.kind), kind, dim);
        x += w.kind + 1;
    }
    gauge(sheet, pool, Position::new(x, line.y), room(x, w.gauge));
    x += w.gauge + 1;
    let most = match pool.max {
        0 => String::new(),
        max => format!("/{max}"),
    };
    let in_use = format!("{}{most}", pool.in_use());
    sheet.put(Position::new(x, line.y), room(x, 7), &in_use, text);
    x += 8;
    let style = if pool.pending > 0 { warning } else { dim };
    let waiting = pool.pending.to_string();
    sheet.put(Position::new(x, line.y), room(x, 7), &waiting, style);
    x += 8;
    let p99 = pool.waits.percentile(0.99).map(words::span);
    let p99 = p99.unwrap_or_else(|| "–".to_owned());
    sheet.put(Position::new(x, line.y), room(x, 7), &p99, text);
    x += 8;
    let room = usize::from(line.right().saturating_sub(x + 1));
    let seconds = seconds(figures, pool);
    let values = series(&seconds, |s| s.in_use + s.pending);
    let most = values.iter().flatten().copied().max();
    let most = most.unwrap_or(0).max(pool.max);
    let spark = chart::spark(&values, span(figures), room, most);
    let style = sheet.style(Role::Busy);
    sheet.put(Position::new(x, line.y), line.width, &spark, style);
}

/// How many seconds the sparklines are of: the ten minutes that are kept, fewer while there are not so many.
fn span(figures: &Figures) -> usize {
    match figures.now.second() {
        0..60 => 60,
        60..180 => 180,
        _ => KEPT,
    }
}

fn seconds(figures: &Figures, pool: &Pool) -> Vec<Second> {
    let history = pool.history_until(figures.now);
    history.seconds().copied().collect()
}

/// One figure of each second; nothing where nothing is known.
fn series(seconds: &[Second], of: fn(&Second) -> u32) -> Vec<Option<u32>> {
    let known = |second: &Second| (!second.unknown).then(|| of(second));
    seconds.iter().map(known).collect()
}

/// In use `█`, being made `▒`, available `░`, and what there may be `·`.
fn gauge(sheet: &mut Sheet<'_>, pool: &Pool, at: Position, width: u16) {
    let whole = match pool.max {
        0 => pool.size(),
        max => max as usize,
    };
    let parts = [pool.in_use(), pool.being_established(), pool.available()];
    let columns = chart::shares(&parts, whole, usize::from(width));
    let full = pool.max > 0 && pool.in_use() >= pool.max as usize;
    let rest = usize::from(width).saturating_sub(columns.iter().sum());
    let used = if full { Role::Warning } else { Role::Busy };
    let pieces = [
        ("█".repeat(columns[0]), used),
        ("▒".repeat(columns[1]), Role::Busy),
        ("░".repeat(columns[2]), Role::Success),
        ("·".repeat(rest), Role::Dim),
    ];
    let styled: Vec<_> = pieces
        .iter()
        .map(|(text, role)| (text.as_str(), sheet.style(*role)))
        .collect();
    sheet.put_all(at, width, styled);
}

/// All figures of one server.
fn draw_card(
    sheet: &mut Sheet<'_>,
    profile: Option<&ProfileState>,
    figures: &Figures,
    address: &Arc<str>,
    pool: &Pool,
    area: Rect,
) {
    let mut lines: Vec<(&str, Vec<(String, Role)>)> = Vec::new();
    let text = |text: String| vec![(text, Role::Text)];
    let (kind, role) = match (pool.kind, &pool.failing) {
        (_, Some(_)) => ("does not answer", Role::Error),
        (Some(kind), None) => (kind.word(), Role::Text),
        (None, None) => ("not watched", Role::Dim),
    };
    let mut first = vec![(kind.to_owned(), role)];
    if pool.round_trip.all.count() > 0 {
        let last = words::span(pool.round_trip.last);
        first.push((format!(", round trip {last}"), Role::Text));
    }
    if let Some(at) = pool.last_heartbeat {
        let ago = words::whole(figures.ago(at));
        first.push((format!(", answered {ago} ago"), Role::Dim));
    }
    if pool.changes > 1 {
        first.push((format!(", changed {} times", pool.changes), Role::Dim));
    }
    if pool.missed_heartbeats > 0 {
        let all = words::count(pool.heartbeats + pool.missed_heartbeats);
        let missed = words::count(pool.missed_heartbeats);
        first.push((format!(", {missed} of {all} heartbeats missed"), Role::Dim));
    }
    lines.push(("server", first));
    let state = match pool.state {
        PoolState::Paused => "paused: makes no connections",
        PoolState::Ready => "ready",
        PoolState::Closed => "closed",
    };
    lines.push((
        "pool",
        text(format!("{state}, generation {}", pool.generation)),
    ));
    lines.push(("limits", text(limits(profile, pool))));
    lines.push((
        "now",
        text(format!(
            "{} in use, {} available, {} being made, {} waiting",
            pool.in_use(),
            pool.available(),
            pool.being_established(),
            pool.pending
        )),
    ));
    lines.push(("so far", text(so_far(pool))));
    if let Some((at, cause)) = &pool.cleared {
        let cause = cause.as_ref().map(|c| format!(": {c}")).unwrap_or_default();
        let ago = words::whole(figures.ago(*at));
        lines.push((
            "cleared",
            vec![(format!("{ago} ago{cause}"), Role::Warning)],
        ));
    }
    let wide = area.width >= WIDE;
    lines.push(("wait", text(percentiles(&pool.waits, wide))));
    if pool.establishing.count() > 0 {
        lines.push(("making", text(percentiles(&pool.establishing, wide))));
    }
    let seconds = seconds(figures, pool);
    let span = span(figures);
    let width = usize::from(area.width).saturating_sub(usize::from(LABEL) + 24);
    let graphs: [Graph<'_>; 4] = [
        ("in use", series(&seconds, |s| s.in_use), number),
        ("waiting", series(&seconds, |s| s.pending), number),
        ("wait", series(&seconds, |s| s.longest_wait), micros),
        ("taken", series(&seconds, |s| s.checkouts), rate),
    ];
    let mut y = area.y;
    for (label, pieces) in lines {
        if y >= area.bottom() {
            return;
        }
        put_line(sheet, area, y, label, &pieces);
        y += 1;
    }
    for (label, values, unit) in graphs {
        if y >= area.bottom() {
            return;
        }
        let peak = values.iter().flatten().copied().max().unwrap_or(0);
        let most = match label {
            "in use" => peak.max(pool.max),
            _ => peak,
        };
        let spark = chart::spark(&values, span, width, most);
        let pieces = [
            (spark, Role::Busy),
            (
                format!(" top {} in {} min", unit(peak), span / 60),
                Role::Dim,
            ),
        ];
        put_line(sheet, area, y, label, &pieces);
        y += 1;
    }
    if y < area.bottom() && has_keys(sheet) {
        let key = sheet.keymaps.hint(Context::Monitor, Command::Open);
        let key = key.map(|k| format!("{k} ")).unwrap_or_default();
        let text = format!("{key}opens its connections, events and times: {address}");
        let style = sheet.style(Role::Dim);
        sheet.put(
            Position::new(area.x + 1, y),
            area.width.saturating_sub(2),
            &text,
            style,
        );
    }
}

/// What bounds the pool, where it is set: by the profile, the connection string, or the driver's own habit.
fn limits(profile: Option<&ProfileState>, pool: &Pool) -> String {
    let mut limits = match pool.max {
        0 => format!("{} or more", pool.min),
        max => format!("{} to {max}", pool.min),
    };
    let Some(setup) = profile.and_then(|p| p.setup.as_ref()) else {
        return limits;
    };
    limits.push_str(&format!(", {} made at once", setup.max_connecting));
    if let Some(time) = setup.max_idle_time {
        limits.push_str(&format!(", idle for {} at the most", words::span(time)));
    }
    match setup.wait_queue_timeout {
        Some(time) => {
            limits.push_str(&format!(", waits {} at the most", words::span(time)));
        }
        None => limits.push_str(", waits without end"),
    }
    limits
}

fn put_line(sheet: &mut Sheet<'_>, area: Rect, y: u16, label: &str, pieces: &[(String, Role)]) {
    let style = sheet.style(Role::Dim);
    sheet.put(Position::new(area.x + 1, y), LABEL, label, style);
    let styled: Vec<_> = pieces
        .iter()
        .map(|(text, role)| (text.as_str(), sheet.style(*role)))
        .collect();
    sheet.put_all(
        Position::new(area.x + 1 + LABEL, y),
        area.width.saturating_sub(LABEL + 1),
        styled,
    );
}

fn number(n: u32) -> String {
    n.to_string()
}

fn rate(n: u32) -> String {
    format!("{n}/s")
}

fn micros(n: u32) -> String {
    words::span(Duration::from_micros(n.into()))
}

/// What was made, closed and refused since the listening began.
fn so_far(pool: &Pool) -> String {
    let mut text = format!("{} made, {} closed", pool.created, pool.closed_in_all());
    let reasons: Vec<String> = CloseReason::ALL
        .iter()
        .filter_map(|r| pool.closed.get(r).map(|n| format!("{n} {}", r.word())))
        .collect();
    if !reasons.is_empty() {
        text.push_str(&format!(" ({})", reasons.join(", ")));
    }
    let refused: Vec<String> = CheckoutFailure::ALL
        .iter()
        .filter_map(|r| pool.failed.get(r).map(|n| format!("{n} {}", r.word())))
        .collect();
    if !refused.is_empty() {
        text.push_str(&format!("; got none: {}", refused.join(", ")));
    }
    text
}

/// The percentiles of what was counted; with the count where there is room.
pub(super) fn percentiles(of: &Histogram, wide: bool) -> String {
    let at = |share: f64| words::span(of.percentile(share).unwrap_or_default());
    match of.count() {
        0 => "nothing so far".to_owned(),
        _ if !wide => format!(
            "p50 {} p90 {} p99 {} max {}",
            at(0.5),
            at(0.9),
            at(0.99),
            words::span(of.max()),
        ),
        n => format!(
            "p50 {}  p90 {}  p99 {}  max {}  of {}",
            at(0.5),
            at(0.9),
            at(0.99),
            words::span(of.max()),
            words::count(n)
        ),
    }
}
