//! Where the newest notice is shown: in the line at the bottom or, where that has no room for all of it, above it.
//!
//! Invariant: a notice that is shown in the line is whole there, and takes hints away from nobody where it is not.

use super::running;
use crate::app::notice::Level;
use crate::theme::Role;
use crate::value::cell::sanitize;
use crate::view::Sheet;
use ratatui::style::Style;
use unicode_width::UnicodeWidthStr;

/// What stands at the two ends of the line.
pub(super) struct Ends {
    /// On the left: where the keys go.
    pub(super) word: String,
    /// On the right: what is under way; empty for nothing.
    pub(super) running: String,
}

impl Ends {
    /// The ends as things stand.
    pub(super) fn of(sheet: &Sheet<'_>) -> Self {
        Self {
            word: format!(" {} ", sheet.app.context().name()),
            running: running(sheet),
        }
    }

    /// Columns between them in a line of so many.
    pub(super) fn between(&self, width: u16) -> u16 {
        let ends = self.word.width() + self.running.width() + 1;
        width.saturating_sub(u16::try_from(ends).unwrap_or(u16::MAX))
    }
}

/// A notice as it is drawn.
pub(super) struct Said<'a> {
    /// The sign before it.
    pub(super) mark: &'static str,
    /// Its colour.
    pub(super) style: Style,
    /// What it says.
    pub(super) text: &'a str,
}

impl Said<'_> {
    /// As it stands in the line.
    pub(super) fn line(&self) -> String {
        format!(" {}{}", self.mark, self.text)
    }
}

/// Where the newest notice is shown.
pub(super) enum Place<'a> {
    /// Nowhere: there is none, or the keys that may follow are shown.
    Nowhere,
    /// In the line.
    Line(Said<'a>),
    /// Above the line, which goes on hinting at keys.
    Above(Said<'a>),
}

/// Where the newest notice is shown, with a line of so many columns.
pub(super) fn place<'a>(sheet: &Sheet<'a>, ends: &Ends, width: u16) -> Place<'a> {
    let app = sheet.app;
    let newest = app.notices.current(app.now);
    let Some(notice) = newest.filter(|_| sheet.pending.keys().is_empty()) else {
        return Place::Nowhere;
    };
    let (mark, style) = match notice.level {
        Level::Info => ("", sheet.style(Role::NoticeInfo)),
        Level::Warning => ("! ", sheet.style(Role::Warning)),
        Level::Error => ("✗ ", sheet.style(Role::Error)),
    };
    let said = Said {
        mark,
        style,
        text: &notice.text,
    };
    let gap = usize::from(!ends.running.is_empty());
    match sanitize(&said.line()).width() + gap <= usize::from(ends.between(width)) {
        true => Place::Line(said),
        false => Place::Above(said),
    }
}
