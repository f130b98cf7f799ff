//! Draws how all profiles stand, and the figures of a load.

use ratatui::layout::{Position, Rect};
use ratatui::style::{Modifier, Style};
use unicode_width::UnicodeWidthStr;

use super::overlay::{popup, wrap};
use super::{Sheet, words};
use crate::app::load::Loaded;
use crate::app::profiles::ProfileState;
use crate::app::regions::{Hit, scrolled};
use crate::app::scope::Moment;
use crate::app::status::{Status, members, next_attempt};
use crate::mongo::request::standing::{Health, TlsUse};
use crate::mongo::request::{ConnectionState, Failure, FailureKind};
use crate::theme::Role;

/// Rows below the list, for what is known of the profile at the cursor.
const DETAIL: u16 = 6;

/// The wider of these leave more room to names.
const WIDE: u16 = 100;

/// A line for each profile begins here: the marker of the cursor.
const MARKER: u16 = 2;

/// The columns and how wide each is; the last one takes what is left.
struct Columns {
    name: u16,
    state: u16,
    version: u16,
    round_trip: u16,
    pool: u16,
    in_use: u16,
    tls: u16,
    auth: u16,
}

impl Columns {
    fn fitting(width: u16, names: usize) -> Self {
        let names = u16::try_from(names.max("PROFILE".len())).unwrap_or(u16::MAX);
        let wide = width >= WIDE;
        Self {
            name: names.min(if wide { 24 } else { 14 }),
            state: 12,
            version: 7,
            round_trip: 8,
            pool: if wide { 8 } else { 5 },
            in_use: if wide { 16 } else { 0 },
            tls: if wide { 11 } else { 3 },
            auth: if wide { 18 } else { 8 },
        }
    }

    /// Where each column begins, and how wide it is.
    fn places(&self, from: u16, end: u16) -> Vec<(u16, u16)> {
        let mut x = from + MARKER;
        let widths = [
            self.name,
            self.state,
            self.version,
            self.round_trip,
            self.pool,
            self.in_use,
            self.tls,
            self.auth,
            u16::MAX,
        ];
        let mut places = Vec::with_capacity(widths.len());
        for width in widths {
            let width = width.min(end.saturating_sub(x));
            places.push((x, width));
            // A column that is left out leaves no gap.
            x = x.saturating_add(width + u16::from(width > 0)).min(end);
        }
        places
    }
}

/// Draws how all profiles stand.
pub fn draw(sheet: &mut Sheet<'_>, area: Rect, status: &Status) {
    let app = sheet.app;
    let all = &app.profiles.all;
    let well = all
        .iter()
        .filter(|p| status.health(p) == Health::Well)
        .count();
    let title = format!("profiles  {well}/{} healthy", all.len());
    let rows = u16::try_from(all.len().max(1)).unwrap_or(u16::MAX);
    let height = rows.saturating_add(DETAIL + 4).min(area.height);
    let inside = popup(sheet, area, area.width.min(118), height, &title);
    let base = sheet.style(Role::Popup);
    let dim = base.patch(sheet.style(Role::Dim));
    let list = Rect {
        y: inside.y + 1,
        height: inside.height.saturating_sub(DETAIL + 2),
        ..inside
    };
    sheet.regions.overlay_rows = usize::from(list.height);
    if all.is_empty() {
        let lines = [
            "no profile is configured: `mongodeck config init` writes a first configuration,",
            "or set `MONGODB_URI` to a connection string",
        ];
        for (y, text) in (inside.y..inside.bottom()).zip(lines) {
            sheet.put(Position::new(inside.x, y), inside.width, text, dim);
        }
        return;
    }
    let names = all.iter().map(|p| p.name.as_str().width()).max();
    let columns = Columns::fitting(inside.width, names.unwrap_or(0));
    let places = columns.places(list.x, list.right());
    let head = [
        "PROFILE", "STATE", "VERSION", "TRIP", "POOL", "IN USE", "TLS", "AUTH", "SET",
    ];
    for (text, (x, width)) in head.iter().zip(&places) {
        sheet.put(Position::new(*x, inside.y), *width, text, dim);
    }
    let first = scrolled(0, status.cursor, usize::from(list.height));
    for (y, (place, profile)) in (list.y..list.bottom()).zip(all.iter().enumerate().skip(first)) {
        let line = Rect {
            y,
            height: 1,
            ..list
        };
        sheet.hit(line, Hit::Item(place));
        row(
            sheet,
            line,
            &places,
            status,
            profile,
            place == status.cursor,
        );
    }
    if let Some(profile) = all.get(status.cursor) {
        let below = Rect {
            y: list.bottom() + 1,
            height: inside.bottom().saturating_sub(list.bottom() + 1),
            ..inside
        };
        sheet.horizontal(inside.x, list.bottom(), inside.width);
        if let Some(text) = read_at(status, profile, app.now) {
            let title = Rect {
                y: list.bottom(),
                height: 1,
                width: inside.width.saturating_sub(1),
                ..inside
            };
            let role = match status.is_old(profile, app.now) {
                true => Role::Warning,
                false => Role::Dim,
            };
            let style = base.patch(sheet.style(role));
            sheet.put_right(title, &format!(" {text} "), style);
        }
        detail(sheet, below, status, profile);
    }
}

/// When a deployment was asked last with success, in words; `None` where it never was.
fn read_at(status: &Status, profile: &ProfileState, now: Moment) -> Option<String> {
    let (_, at) = status.answer(&profile.name)?;
    let age = now.since(at);
    Some(match status.is_old(profile, now) {
        true => format!("as read {} ago", words::whole(age)),
        false => format!("read at {}", words::clock(at.0)),
    })
}

fn row(
    sheet: &mut Sheet<'_>,
    line: Rect,
    places: &[(u16, u16)],
    status: &Status,
    profile: &ProfileState,
    at_cursor: bool,
) {
    let base = sheet.style(Role::Popup);
    let base = match at_cursor {
        true => base.patch(sheet.style(Role::Cursor)),
        false => base,
    };
    sheet.clear(line, base);
    let marker = if at_cursor { "▸ " } else { "  " };
    sheet.put(Position::new(line.x, line.y), MARKER, marker, base);
    let dim = base.patch(sheet.style(Role::Dim));
    let (state, role) = standing(status, profile, sheet.app.now);
    let mut cells: [(String, Style); 9] = std::array::from_fn(|_| (String::new(), dim));
    let name = base
        .patch(sheet.profile_style(profile.color.as_deref()))
        .add_modifier(Modifier::BOLD);
    cells[0] = (profile.name.to_string(), name);
    cells[1] = (state, base.patch(sheet.style(role)));
    if let ConnectionState::Ready(server) = &profile.connection {
        cells[2].0.clone_from(&server.version);
        let now = sheet.app.now;
        match status.answer(&profile.name) {
            // It was asked since and does not answer.
            Some((_, at)) if status.is_old(profile, now) => {
                cells[3] = (
                    format!("{} s ago", now.since(at).as_secs()),
                    base.patch(sheet.style(Role::Warning)),
                );
            }
            Some((standing, _)) => cells[3].0 = words::span(standing.round_trip),
            None => cells[3].0 = words::span(server.round_trip),
        }
    }
    if let Some((least, most)) = bounds(profile) {
        cells[4].0 = format!("{least}–{most}");
    }
    cells[5].0 = in_use(profile).unwrap_or_default();
    if let Some(setup) = profile.setup.as_deref() {
        cells[6].0 = match setup.tls {
            // There is no room for two words in a narrow column, and none for a doubt.
            TlsUse::Unchecked if places[6].1 < 11 => "any".to_owned(),
            other => other.word().to_owned(),
        };
        if setup.tls == TlsUse::Unchecked {
            cells[6].1 = base.patch(sheet.style(Role::Warning));
        }
        cells[7].0 = match &setup.auth {
            Some(auth) => auth.user.clone().unwrap_or_else(|| auth.mechanism.clone()),
            None => "none".to_owned(),
        };
    }
    if let Some((set, sure)) = set(status, profile) {
        cells[8].0 = set;
        if sure && !status.is_old(profile, sheet.app.now) {
            cells[8].1 = base;
        }
    }
    let spans = !profile.is_ready();
    for (n, ((text, style), (x, width))) in cells.iter().zip(places).enumerate() {
        let width = match (n, places.get(4)) {
            // What is not connected has neither version nor round trip, and more to say.
            (1, Some((pool, _))) if spans => pool.saturating_sub(x + 1),
            _ => *width,
        };
        if !text.is_empty() {
            sheet.put(Position::new(*x, line.y), width, text, *style);
        }
    }
}

fn standing(status: &Status, profile: &ProfileState, now: Moment) -> (String, Role) {
    match &profile.connection {
        ConnectionState::Closed => ("○ closed".to_owned(), Role::Dim),
        ConnectionState::Connecting => ("◌ connecting".to_owned(), Role::Warning),
        ConnectionState::Ready(server) => match status.health(profile) {
            Health::Impaired(_) => (format!("! {}", server.role.word()), Role::Warning),
            _ => (format!("● {}", server.role.word()), Role::Success),
        },
        ConnectionState::Retrying {
            attempt, failure, ..
        } => {
            let left = next_attempt(profile, now).unwrap_or_default();
            let what = match failure.kind {
                FailureKind::NoPrimary => "no primary",
                _ => "away",
            };
            let text = match left.is_zero() {
                true => format!("◌ {what}: attempt {}", attempt + 1),
                false => format!("◌ {what}: again in {} s", left.as_secs() + 1),
            };
            (text, Role::Error)
        }
        ConnectionState::Failed(_) => ("✗ failed".to_owned(), Role::Error),
    }
}

fn bounds(profile: &ProfileState) -> Option<(u32, u32)> {
    match profile.setup.as_deref() {
        Some(s) => Some((s.min_pool_size, s.max_pool_size)),
        None => profile.min_pool_size.zip(profile.max_pool_size),
    }
}

/// The connections that are open and in use, and a text of those who wait for one; while it is connected.
fn connections(profile: &ProfileState) -> Option<(usize, usize, String)> {
    let summary = &profile
        .pools
        .as_ref()
        .filter(|_| profile.is_ready())?
        .summary;
    let waits = match summary.pending {
        0 => String::new(),
        n => format!(", {n} wait"),
    };
    let open = summary.in_use + summary.available;
    Some((open, summary.in_use, waits))
}

/// `3 of 5, 2 wait`, while it is connected.
fn in_use(profile: &ProfileState) -> Option<String> {
    let (open, used, waits) = connections(profile)?;
    Some(format!("{used} of {open}{waits}"))
}

/// The set with how many of its members work, and whether the deployment itself said so.
fn set(status: &Status, profile: &ProfileState) -> Option<(String, bool)> {
    if let Some((standing, _)) = status.answer(&profile.name) {
        return standing.set.as_ref().map(|set| (set.text(), true));
    }
    let ConnectionState::Ready(server) = &profile.connection else {
        return None;
    };
    let name = server.set_name.as_deref()?;
    Some(match members(profile) {
        (_, 0 | 1) => (name.to_owned(), false),
        (answer, all) => (format!("{name} {answer}/{all}"), false),
    })
}

fn detail(sheet: &mut Sheet<'_>, area: Rect, status: &Status, profile: &ProfileState) {
    let base = sheet.style(Role::Popup);
    let mut lines: Vec<(String, Role)> = Vec::new();
    let mut say = |text: String, role| lines.push((text, role));
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
        ConnectionState::Connecting => {}
        ConnectionState::Ready(_) => {
            if let Health::Impaired(why) = status.health(profile) {
                say(format!("! {why}"), Role::Warning);
            }
            if let Some(failure) = status.refusal(&profile.name) {
                say(
                    format!("how it stands was not told: {failure}"),
                    Role::Warning,
                );
            }
        }
    }
    if let Some(setup) = profile.setup.as_deref() {
        let mut text = format!("at {}", setup.hosts.join(", "));
        text.push_str(&format!("   TLS {}", setup.tls.word()));
        match &setup.auth {
            Some(auth) => {
                text.push_str(&format!("   {}", auth.mechanism));
                if let Some(user) = &auth.user {
                    text.push_str(&format!(" {user}"));
                }
                if let Some(source) = &auth.source {
                    text.push_str(&format!(" in {source}"));
                }
            }
            None => text.push_str("   no user"),
        }
        if setup.direct {
            text.push_str("   this server alone");
        }
        say(text, Role::Dim);
    }
    if let Some((least, most)) = bounds(profile)
        && let Some((open, used, waits)) = connections(profile)
    {
        let times = profile.setup.as_deref().map(|s| s.times.bounded());
        let times = times.into_iter().flatten().map(|(name, time)| {
            let name = name.trim_end_matches("_timeout").replace('_', " ");
            format!("   {name} {}", words::span(time))
        });
        let times: String = times.collect();
        say(
            format!("pool of {least}–{most}: {open} open, {used} in use{waits}{times}"),
            Role::Dim,
        );
    }
    let said = status
        .answer(&profile.name)
        .and_then(|(s, _)| s.set.as_ref());
    match said {
        Some(set) => {
            let old = status.is_old(profile, sheet.app.now);
            for member in &set.members {
                let role = match member.works() {
                    _ if old => Role::Dim,
                    Some(false) => Role::Error,
                    _ => Role::Text,
                };
                let silent = match member.up {
                    Some(false) => "  does not answer",
                    _ => "",
                };
                let state = member.state.to_lowercase();
                say(format!("{}  {state}{silent}", member.host), role);
            }
        }
        None => driver_view(profile, &mut say),
    }
    let mut y = area.y;
    for (text, role) in lines {
        let style = match role {
            Role::Text => base,
            role => base.patch(sheet.style(role)),
        };
        for row in wrap(&[text], usize::from(area.width)) {
            if y >= area.bottom() {
                return;
            }
            sheet.put(Position::new(area.x, y), area.width, &row, style);
            y += 1;
        }
    }
}

/// The servers as the driver's monitors see them, before the deployment itself has said it.
fn driver_view(profile: &ProfileState, say: &mut impl FnMut(String, Role)) {
    let Some(pools) = profile.pools.as_ref().and_then(|f| f.whole.as_ref()) else {
        return;
    };
    for (address, pool) in pools.iter().filter(|(_, p)| p.kind.is_some()) {
        let word = pool.kind.map_or("unknown", |k| k.word());
        match &pool.failing {
            Some((_, why)) => say(format!("{address}  {word}: {why}"), Role::Error),
            None => {
                let trip = words::span(pool.round_trip.last);
                say(format!("{address}  {word}  {trip}"), Role::Text);
            }
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
