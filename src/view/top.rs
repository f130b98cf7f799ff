//! The top bar: every profile with its state, the namespace in front, and whether it may be written to.

use crate::theme::Role;
use ratatui::layout::{Position, Rect};
use ratatui::style::Modifier;
use unicode_width::UnicodeWidthStr as _;

use super::Sheet;
use super::words;
use crate::app::profiles::ProfileState;
use crate::app::scope::Asker;
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
    let end = area.right().saturating_sub(right + 3);
    let shown: Vec<&ProfileState> = app
        .profiles
        .all
        .iter()
        .filter(|p| p.connection != ConnectionState::Closed || is_front(p, current.as_ref()))
        .collect();
    let room = usize::from(end.saturating_sub(area.x + 1));
    let (pieces, left_out) = fitting(sheet, &shown, current.as_ref(), room);
    let mut x = area.x + 1;
    for piece in pieces {
        let name_style =
            sheet
                .profile_style(piece.profile.color.as_deref())
                .patch(match piece.front {
                    true => bar.add_modifier(Modifier::BOLD),
                    false => bar,
                });
        let filled = piece.front && piece.profile.production;
        let name_style = match filled {
            true => bar.add_modifier(Modifier::BOLD),
            false => name_style,
        };
        let of_state = match filled {
            true => bar,
            false => bar.patch(piece.style),
        };
        let of_pool = match piece.profile.production {
            true => bar,
            false => bar.patch(sheet.style(piece.pool_role)),
        };
        let state = format!(" {}   ", piece.state);
        for (text, style) in [
            (piece.profile.name.as_str(), name_style),
            (state.as_str(), of_state),
            (piece.pool.as_str(), of_pool),
        ] {
            let room = end.saturating_sub(x);
            // The space behind the last one is no text to be cut off with a mark.
            let text = match text.width() > usize::from(room) {
                true => text.trim_end(),
                false => text,
            };
            x += sheet.put(Position::new(x, area.y), room, text, style);
        }
    }
    if !left_out.is_empty() {
        let text = format!("+{}", left_out.len());
        let wrong = left_out.iter().any(|p| {
            let away = !matches!(p.profile.connection, ConnectionState::Closed);
            !p.pool.is_empty() || (away && !p.profile.is_ready())
        });
        let role = if wrong { Role::Warning } else { Role::Dim };
        let style = bar.patch(sheet.style(role));
        sheet.put(
            Position::new(x, area.y),
            end.saturating_sub(x),
            &text,
            style,
        );
    }
}

fn is_front(profile: &ProfileState, current: Option<&ProfileState>) -> bool {
    current.is_some_and(|c| c.name == profile.name)
}

/// What is said of one profile.
struct Piece<'p> {
    profile: &'p ProfileState,
    front: bool,
    /// Its mark and, where there is room, words.
    state: String,
    style: ratatui::style::Style,
    /// What its pools do, with the space behind it; empty for nothing that has to be said.
    pool: String,
    pool_role: Role,
}

impl Piece<'_> {
    fn width(&self) -> usize {
        self.profile.name.as_str().width() + self.state.width() + 4 + self.pool.width()
    }
}

/// What is said of each profile where that fits; else the others than the one in front lose their words, and then their
/// place, the last first. What there is no place for comes second.
fn fitting<'p>(
    sheet: &Sheet<'_>,
    shown: &[&'p ProfileState],
    current: Option<&ProfileState>,
    room: usize,
) -> (Vec<Piece<'p>>, Vec<Piece<'p>>) {
    let mut pieces: Vec<Piece<'p>> = shown
        .iter()
        .map(|profile| {
            let front = is_front(profile, current);
            let (mark, words, style) = state(sheet, profile);
            let (pool, pool_role) = pool(sheet, profile, front);
            Piece {
                profile,
                front,
                state: format!("{mark} {words}"),
                style,
                pool,
                pool_role,
            }
        })
        .collect();
    let all = |pieces: &[Piece<'_>]| pieces.iter().map(Piece::width).sum::<usize>();
    // The space behind the last one may be cut off.
    let whole = room + 3;
    if all(&pieces) > whole {
        for piece in pieces.iter_mut().filter(|p| !p.front) {
            piece.state.truncate(piece.state.find(' ').unwrap_or(0));
        }
    }
    // The number of those left out takes that space.
    let most = |left_out: usize| if left_out == 0 { whole } else { room };
    let mut left_out = Vec::new();
    while all(&pieces) > most(left_out.len())
        && let Some(last) = pieces.iter().rposition(|p| !p.front)
    {
        left_out.push(pieces.remove(last));
    }
    // What is wrong with the pool says more than the words of a state that its mark tells.
    if all(&pieces) > most(left_out.len())
        && let Some(piece) = pieces.iter_mut().find(|p| !p.pool.is_empty())
    {
        piece.state.truncate(piece.state.find(' ').unwrap_or(0));
    }
    (pieces, left_out)
}

/// How many connections are in use of how many that there may be, and who waits for one. Of a profile that is not in
/// front, and in a narrow terminal, only what is wrong is said.
fn pool(sheet: &Sheet<'_>, profile: &ProfileState, front: bool) -> (String, Role) {
    let none = (String::new(), Role::Dim);
    let Some(figures) = profile.pools.as_ref().filter(|_| profile.is_ready()) else {
        return none;
    };
    let wide = front && sheet.app.size.0 >= POOL_WIDTH;
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
        text = match wide {
            true => format!("{text}{which} at its limit for {lasts}, {waiting} waiting"),
            false => format!("pool full, {waiting} waiting"),
        };
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
        return none;
    }
    text.push_str("   ");
    (text, role)
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
                // A load is not one question: while it runs, the server answers.
                .filter(|(_, r)| r.profile == profile.name && r.by != Asker::Load)
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
