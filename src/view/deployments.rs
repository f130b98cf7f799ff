//! Draws how all profiles stand, and the figures of a load.

use ratatui::layout::{Position, Rect};
use ratatui::style::Modifier;
use unicode_width::UnicodeWidthStr;

use super::overlay::{popup, wrap};
use super::{Sheet, words};
use crate::app::load::Loaded;
use crate::app::profiles::ProfileState;
use crate::app::regions::{Hit, scrolled};
use crate::app::status::{Status, members, next_attempt};
use crate::mongo::request::{ConnectionState, Failure};
use crate::theme::Role;

/// Rows below the list, for what is known of the profile at the cursor.
const DETAIL: u16 = 6;

/// Draws how all profiles stand.
pub fn draw(sheet: &mut Sheet<'_>, area: Rect, status: &Status) {
    let app = sheet.app;
    let ready = app.profiles.all.iter().filter(|p| p.is_ready()).count();
    let title = format!("profiles  {ready}/{} answer", app.profiles.all.len());
    let rows = u16::try_from(app.profiles.all.len().max(1)).unwrap_or(u16::MAX);
    let height = rows.saturating_add(DETAIL + 3).min(area.height);
    let inside = popup(sheet, area, area.width.min(118), height, &title);
    let base = sheet.style(Role::Popup);
    let list = Rect {
        height: inside.height.saturating_sub(DETAIL + 1),
        ..inside
    };
    sheet.regions.overlay_rows = usize::from(list.height);
    if app.profiles.all.is_empty() {
        let text = "no profile is configured: `mongodeck config init` writes a first configuration";
        let style = base.patch(sheet.style(Role::Dim));
        sheet.put(Position::new(inside.x, inside.y), inside.width, text, style);
        return;
    }
    let names = app
        .profiles
        .all
        .iter()
        .map(|p| p.name.as_str().width())
        .max();
    let name_width = u16::try_from(names.unwrap_or(0))
        .unwrap_or(u16::MAX)
        .min(20);
    let first = scrolled(0, status.cursor, usize::from(list.height));
    for (y, (place, profile)) in
        (list.y..list.bottom()).zip(app.profiles.all.iter().enumerate().skip(first))
    {
        let line = Rect {
            y,
            height: 1,
            ..list
        };
        sheet.hit(line, Hit::Item(place));
        let at_cursor = place == status.cursor;
        let base = if at_cursor {
            base.patch(sheet.style(Role::Cursor))
        } else {
            base
        };
        sheet.clear(line, base);
        let name = base
            .patch(sheet.profile_style(profile.color.as_deref()))
            .add_modifier(Modifier::BOLD);
        let marker = if at_cursor { "▸ " } else { "  " };
        sheet.put(Position::new(line.x, y), 2, marker, base);
        sheet.put(
            Position::new(line.x + 2, y),
            name_width,
            profile.name.as_str(),
            name,
        );
        let (text, role) = standing(sheet, profile);
        let x = line.x + 3 + name_width;
        let figures = format!("   {}", figures(profile));
        let dim = base.patch(sheet.style(Role::Dim));
        let style = base.patch(sheet.style(role));
        sheet.put_all(
            Position::new(x, y),
            line.right().saturating_sub(x),
            [(text.as_str(), style), (figures.as_str(), dim)],
        );
    }
    if let Some(profile) = app.profiles.all.get(status.cursor) {
        let below = Rect {
            y: list.bottom() + 1,
            height: inside.bottom().saturating_sub(list.bottom() + 1),
            ..inside
        };
        sheet.horizontal(inside.x, list.bottom(), inside.width);
        detail(sheet, below, profile);
    }
}

fn standing(sheet: &Sheet<'_>, profile: &ProfileState) -> (String, Role) {
    match &profile.connection {
        ConnectionState::Closed => ("○ closed".to_owned(), Role::Dim),
        ConnectionState::Connecting => ("◌ connecting".to_owned(), Role::Warning),
        ConnectionState::Ready(server) => {
            let set = server.set_name.as_deref().map(|s| {
                let (answer, all) = members(profile);
                match all {
                    0 | 1 => format!("{s} "),
                    _ => format!("{s} {answer}/{all} "),
                }
            });
            let text = format!(
                "● {}{} {}  {}",
                set.unwrap_or_default(),
                server.role.word(),
                server.version,
                words::span(server.round_trip)
            );
            (text, Role::Success)
        }
        ConnectionState::Retrying { attempt, .. } => {
            let left = next_attempt(profile, sheet.app.now).unwrap_or_default();
            let text = match left.is_zero() {
                true => format!("◌ away: attempt {} is under way", attempt + 1),
                false => format!("◌ away: tries again in {} s", left.as_secs() + 1),
            };
            (text, Role::Error)
        }
        ConnectionState::Failed(_) => ("✗ failed".to_owned(), Role::Error),
    }
}

/// Pool, TLS and user, as far as they are known.
fn figures(profile: &ProfileState) -> String {
    let mut parts = Vec::new();
    let setup = profile.setup.as_deref();
    let bounds = match setup {
        Some(s) => Some((s.min_pool_size, s.max_pool_size)),
        None => profile.min_pool_size.zip(profile.max_pool_size),
    };
    if let Some((least, most)) = bounds {
        parts.push(
            match profile.pools.as_ref().filter(|_| profile.is_ready()) {
                Some(figures) => {
                    let summary = &figures.summary;
                    let (in_use, open) = (summary.in_use, summary.in_use + summary.available);
                    let waits = match summary.pending {
                        0 => String::new(),
                        n => format!(", {n} waiting"),
                    };
                    format!("pool {least}–{most}: {in_use} of {open} in use{waits}")
                }
                None => format!("pool {least}–{most}"),
            },
        );
    }
    if let Some(setup) = setup {
        parts.push(format!("TLS {}", setup.tls.word()));
        parts.push(match &setup.auth {
            Some(auth) => auth.user.clone().unwrap_or_else(|| auth.mechanism.clone()),
            None => "no user".to_owned(),
        });
    }
    parts.join("   ")
}

fn detail(sheet: &mut Sheet<'_>, area: Rect, profile: &ProfileState) {
    let base = sheet.style(Role::Popup);
    let mut lines: Vec<(String, Role)> = Vec::new();
    let mut say = |text: String, role| lines.push((text, role));
    if let Some(setup) = profile.setup.as_deref() {
        let mut text = format!("at {}", setup.hosts.join(", "));
        if let Some(auth) = &setup.auth {
            text.push_str(&format!("   {}", auth.mechanism));
            if let Some(source) = &auth.source {
                text.push_str(&format!(" in {source}"));
            }
        }
        if setup.direct {
            text.push_str("   this server alone");
        }
        say(text, Role::Dim);
    }
    match &profile.connection {
        ConnectionState::Retrying {
            attempt, failure, ..
        } => {
            say(failure_text(failure), Role::Error);
            say(
                match attempt {
                    1 => "one attempt failed; Enter tries now".to_owned(),
                    n => format!("{n} attempts failed; Enter tries now"),
                },
                Role::Dim,
            );
        }
        ConnectionState::Failed(failure) => {
            say(failure_text(failure), Role::Error);
            say(
                "it is not tried again by itself; Enter tries now".to_owned(),
                Role::Dim,
            );
        }
        ConnectionState::Closed => say("Enter connects".to_owned(), Role::Dim),
        ConnectionState::Connecting | ConnectionState::Ready(_) => {}
    }
    if let Some(pools) = profile.pools.as_ref().and_then(|f| f.whole.as_ref()) {
        for (address, pool) in pools.iter().filter(|(_, p)| p.kind.is_some()) {
            let word = pool.kind.map_or("unknown", |k| k.word());
            let text = match &pool.failing {
                Some((_, why)) => format!("{address}  {word}: {why}"),
                None => format!("{address}  {word}  {}", words::span(pool.round_trip.last)),
            };
            say(
                text,
                if pool.failing.is_some() {
                    Role::Error
                } else {
                    Role::Text
                },
            );
        }
    }
    let mut y = area.y;
    for (text, role) in lines {
        let style = base.patch(sheet.style(role));
        for row in wrap(&[text], usize::from(area.width)) {
            if y >= area.bottom() {
                return;
            }
            sheet.put(Position::new(area.x, y), area.width, &row, style);
            y += 1;
        }
    }
}

fn failure_text(failure: &Failure) -> String {
    format!("✗ {failure}")
}

/// Draws the figures of a load.
pub fn draw_load(sheet: &mut Sheet<'_>, area: Rect, loaded: &Loaded) {
    let width = area.width.min(110);
    let lines = loaded.report.lines(usize::from(width.saturating_sub(2)));
    let mut rows: Vec<String> = Vec::new();
    for line in lines {
        if line.width() > usize::from(width.saturating_sub(2)) {
            rows.extend(wrap(&[line], usize::from(width.saturating_sub(2))));
        } else {
            rows.push(line);
        }
    }
    let height = u16::try_from(rows.len())
        .unwrap_or(u16::MAX)
        .saturating_add(2);
    let title = format!("load on {}", loaded.profile);
    let inside = popup(sheet, area, width, height.min(area.height), &title);
    let first = loaded
        .first
        .min(rows.len().saturating_sub(usize::from(inside.height)));
    let base = sheet.style(Role::Popup);
    for (y, row) in (inside.y..inside.bottom()).zip(rows.iter().skip(first)) {
        let style = match row.starts_with('!') || row.starts_with("failed") {
            true => base.patch(sheet.style(Role::Warning)),
            false => base,
        };
        sheet.put(Position::new(inside.x, y), inside.width, row, style);
    }
}
