//! The top bar: every profile with its state, the namespace in front, and whether it may be written to.

use crate::theme::Role;
use ratatui::layout::{Position, Rect};
use ratatui::style::Modifier;

use super::Sheet;
use super::words;
use crate::app::profiles::ProfileState;
use crate::mongo::request::{Access, ConnectionState, FailureKind};
use crate::pool::warning::{FRESH, PATIENCE};

/// From this width on there is room for the pool of the profile in front.
const POOL_WIDTH: u16 = 100;

/// After so long without an answer to what was asked, a profile is no longer shown as one that answers.
const SILENT: std::time::Duration = std::time::Duration::from_secs(4);

/// Draws the top bar.
pub fn draw(sheet: &mut Sheet<'_>, area: Rect) {
    let app = sheet.app;
    let current = app
        .shown_profile()
        .and_then(|n| app.profiles.get(&n).cloned());
    // A production profile fills the bar with its colour, so that nobody takes it for another.
    let bar = match &current {
        Some(p) if p.production => sheet
            .theme
            .profile_fill(p.color.as_deref().and_then(|c| c.parse().ok())),
        _ => sheet.style(Role::Bar),
    };
    sheet.clear(area, bar);
    let right = right_side(sheet, area, current.as_ref(), bar);
    let mut x = area.x + 1;
    let end = area.right().saturating_sub(right + 3);
    for profile in &app.profiles.all {
        let known = current.as_ref().is_some_and(|c| c.name == profile.name);
        if profile.connection == ConnectionState::Closed && !known {
            continue;
        }
        if x >= end {
            break;
        }
        let name_style = sheet
            .profile_style(profile.color.as_deref())
            .patch(if known {
                bar.add_modifier(Modifier::BOLD)
            } else {
                bar
            });
        let name_style = if known && profile.production {
            bar.add_modifier(Modifier::BOLD)
        } else {
            name_style
        };
        x += sheet.put(
            Position::new(x, area.y),
            end - x,
            profile.name.as_str(),
            name_style,
        );
        let (mark, words, style) = state(sheet, profile);
        let style = if profile.production && known {
            bar
        } else {
            bar.patch(style)
        };
        let text = format!(" {mark} {words}   ");
        x += sheet.put(
            Position::new(x, area.y),
            end.saturating_sub(x),
            &text,
            style,
        );
        if known {
            x += pool(sheet, profile, Position::new(x, area.y), end, bar);
        }
    }
}

/// Draws how many connections are in use of how many that there may be, and who waits for one.
fn pool(
    sheet: &mut Sheet<'_>,
    profile: &ProfileState,
    at: Position,
    end: u16,
    bar: ratatui::style::Style,
) -> u16 {
    let Some(figures) = profile.pools.as_ref().filter(|_| profile.is_ready()) else {
        return 0;
    };
    // What is wrong is said in a narrow terminal too.
    let wide = sheet.app.size.0 >= POOL_WIDTH;
    let summary = &figures.summary;
    let now = figures.now(sheet.app.now);
    let most = match summary.max {
        0 => String::new(),
        max => format!("/{max}"),
    };
    let mut text = format!("pool {}{most}", summary.in_use);
    let mut role = Role::Dim;
    let lasts = summary.saturated.map(|since| now.since(since));
    if let Some(lasts) = lasts.filter(|l| *l >= PATIENCE) {
        let (lasts, waiting) = (words::whole(lasts), summary.pending);
        let which = match summary.max {
            max if summary.in_use < max as usize => ", one",
            _ => "",
        };
        text.push_str(&match wide {
            true => format!("{which} at its limit for {lasts}, {waiting} waiting"),
            false => format!(", {waiting} waiting"),
        });
        role = Role::Warning;
    } else if summary.pending > 0 {
        text.push_str(&format!(", {} waiting", summary.pending));
        role = Role::Warning;
    } else if let Some(ago) = summary.cleared.map(|at| now.since(at))
        && ago < FRESH
    {
        text.push_str(&format!(", cleared {} ago", words::whole(ago)));
        role = Role::Warning;
    }
    if !wide && role != Role::Warning {
        return 0;
    }
    text.push_str("   ");
    let style = if profile.production {
        bar
    } else {
        bar.patch(sheet.style(role))
    };
    sheet.put(at, end.saturating_sub(at.x), &text, style)
}

fn state(
    sheet: &Sheet<'_>,
    profile: &ProfileState,
) -> (&'static str, String, ratatui::style::Style) {
    let theme = sheet.theme;
    match &profile.connection {
        ConnectionState::Closed => ("○", "closed".to_owned(), theme.style(Role::Dim)),
        ConnectionState::Connecting => ("◌", "connecting".to_owned(), theme.style(Role::Warning)),
        ConnectionState::Ready(server) => {
            // A round trip of before says nothing once the server has not answered for a while.
            let silent = sheet
                .app
                .running()
                .filter(|(_, r)| r.profile == profile.name)
                .map(|(_, r)| sheet.app.now.since(r.since))
                .max()
                .unwrap_or_default();
            if silent >= SILENT {
                let words = format!("{} waiting for {} s", server.role.word(), silent.as_secs());
                return ("◍", words, theme.style(Role::Warning));
            }
            let set = server
                .set_name
                .as_ref()
                .map(|s| format!("{s} "))
                .unwrap_or_default();
            (
                "●",
                format!(
                    "{set}{} {}",
                    server.role.word(),
                    words::span(server.round_trip)
                ),
                theme.style(Role::Success),
            )
        }
        ConnectionState::Retrying {
            attempt,
            next_in,
            failure,
        } => {
            let left = next_in.saturating_sub(sheet.app.now.since(profile.since));
            let words = match left.is_zero() {
                _ if failure.kind == FailureKind::NoPrimary => "no primary".to_owned(),
                true => format!("away, try {} under way", attempt + 1),
                false => format!("away, try {} in {} s", attempt + 1, left.as_secs() + 1),
            };
            ("◌", words, theme.style(Role::Error))
        }
        ConnectionState::Failed(_) => ("✗", "failed".to_owned(), theme.style(Role::Error)),
    }
}

fn right_side(
    sheet: &mut Sheet<'_>,
    area: Rect,
    current: Option<&ProfileState>,
    bar: ratatui::style::Style,
) -> u16 {
    let app = sheet.app;
    let mut words = Vec::new();
    if let Some(tab) = app.tab().filter(|_| area.width >= 60) {
        words.push(tab.subject());
    }
    if let Some(profile) = current {
        if profile.insecure {
            words.push("TLS NOT CHECKED".to_owned());
        }
        if profile.production {
            words.push("PRODUCTION".to_owned());
        }
        words.push(match (profile.access, profile.unlocked_for(app.now)) {
            (Access::ReadWrite, Some(left)) => format!("UNLOCKED {}", words::whole(left)),
            (Access::ReadWrite, None) => "read-write".to_owned(),
            (Access::ReadOnly, _) => "read-only".to_owned(),
        });
    }
    let text = words.join("   ");
    let room = Rect {
        width: area.width.saturating_sub(1),
        ..area
    };
    sheet.put_right(room, &text, bar)
}
