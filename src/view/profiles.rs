//! Draws the list of profiles that the console opens on where no target was given.

use crate::theme::Role;
use ratatui::layout::{Position, Rect};
use ratatui::style::Modifier;
use unicode_width::UnicodeWidthStr;

use super::{Sheet, words};
use crate::app::Focus;
use crate::app::regions::Hit;
use crate::mongo::request::{Access, ConnectionState};

/// Draws the list.
pub fn draw(sheet: &mut Sheet<'_>, area: Rect) {
    let app = sheet.app;
    let focused = app.focus == Focus::Main;
    let title = if focused {
        sheet.style(Role::TitleFocused)
    } else {
        sheet.style(Role::Title)
    };
    sheet.put(
        Position::new(area.x + 1, area.y),
        area.width - 1,
        "profiles",
        title,
    );
    let list = Rect {
        y: area.y + 2,
        height: area.height.saturating_sub(2),
        ..area
    };
    sheet.regions.main_rows = usize::from(list.height);
    if app.profiles.all.is_empty() {
        let words = [
            "no profile is configured.",
            "`mongodeck config init` writes a first configuration,",
            "`mongodeck mongodb://host/db` opens a deployment without one,",
            "`mongodeck sandbox` shows sample data on a server of its own.",
        ];
        for (y, text) in (list.y..list.bottom()).zip(words) {
            sheet.put(
                Position::new(list.x + 1, y),
                list.width - 1,
                text,
                sheet.style(Role::Text),
            );
        }
        return;
    }
    let names = app
        .profiles
        .all
        .iter()
        .map(|p| p.name.as_str().width())
        .max()
        .unwrap_or(0);
    let name_width = u16::try_from(names).unwrap_or(u16::MAX).min(24);
    let rows = usize::from(list.height);
    let first = crate::app::regions::scrolled(0, app.profile_cursor, rows);
    for (y, (place, profile)) in
        (list.y..list.bottom()).zip(app.profiles.all.iter().enumerate().skip(first))
    {
        let line = Rect {
            y,
            height: 1,
            ..list
        };
        sheet.hit(line, Hit::Row(place));
        let at_cursor = place == app.profile_cursor;
        let marker = if at_cursor { "▸" } else { " " };
        let style = if at_cursor && focused {
            sheet.style(Role::TitleFocused)
        } else {
            sheet.style(Role::Dim)
        };
        sheet.put(Position::new(line.x, y), 1, marker, style);
        let mut name = sheet
            .profile_style(profile.color.as_deref())
            .add_modifier(Modifier::BOLD);
        if at_cursor && focused {
            name = name.patch(sheet.style(Role::Cursor));
        }
        sheet.put(
            Position::new(line.x + 2, y),
            name_width,
            profile.name.as_str(),
            name,
        );
        let (word, style) = match &profile.connection {
            ConnectionState::Closed => ("○ not connected".to_owned(), sheet.style(Role::Dim)),
            ConnectionState::Connecting => ("◌ connecting".to_owned(), sheet.style(Role::Warning)),
            ConnectionState::Ready(s) => (
                format!(
                    "● {} {} at {}, {}",
                    s.role.word(),
                    s.version,
                    s.address,
                    words::span(s.round_trip)
                ),
                sheet.style(Role::Success),
            ),
            ConnectionState::Retrying { failure, .. } | ConnectionState::Failed(failure) => {
                (format!("✗ {failure}"), sheet.style(Role::Error))
            }
        };
        let mut marks = Vec::new();
        if profile.production {
            marks.push("production".to_owned());
        }
        if profile.read_only || profile.access == Access::ReadOnly {
            marks.push("read-only".to_owned());
        }
        if profile.insecure {
            marks.push("TLS not checked".to_owned());
        }
        if let (Some(min), Some(max)) = (profile.min_pool_size, profile.max_pool_size) {
            marks.push(format!("pool {min}–{max}"));
        }
        if let Some(database) = &profile.database {
            marks.push(database.clone());
        }
        let x = line.x + 3 + name_width;
        let marks = if marks.is_empty() {
            String::new()
        } else {
            format!("   {}", marks.join(", "))
        };
        let dim = sheet.style(Role::Dim);
        sheet.put_all(
            Position::new(x, y),
            line.right().saturating_sub(x),
            [(word.as_str(), style), (marks.as_str(), dim)],
        );
    }
}
