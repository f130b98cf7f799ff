//! What a pane draws on: the frame's cells, with the state, the theme and the keymaps at hand.
//!
//! The one place where text becomes cells, so the one place where control characters are taken out of it.

use crate::theme::Role;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::{Modifier, Style};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use crate::app::App;
use crate::app::regions::{Hit, Regions};
use crate::input::{Keymaps, Pending};
use crate::theme::Theme;
use crate::value::cell::sanitize;

/// The surface of one frame.
pub struct Sheet<'a> {
    /// What is drawn.
    pub app: &'a App,
    /// How it looks.
    pub theme: &'a Theme,
    /// What the hints say.
    pub keymaps: &'a Keymaps,
    /// The keys of a sequence that is not complete.
    pub pending: &'a Pending,
    /// What panes learn for the next message.
    pub regions: Regions,
    /// The cells, for widgets that draw themselves.
    pub buffer: &'a mut Buffer,
    cursor: Option<Position>,
    /// Whether the part of a pane that is drawn now is one that has not the keys, though its pane has.
    pub quiet: bool,
}

impl<'a> Sheet<'a> {
    /// An empty sheet.
    pub fn new(
        app: &'a App,
        theme: &'a Theme,
        keymaps: &'a Keymaps,
        pending: &'a Pending,
        buffer: &'a mut Buffer,
    ) -> Self {
        let mut regions = Regions::default();
        // What is not drawn in this frame keeps its size.
        regions.tree_rows = app.regions.tree_rows;
        regions.main_rows = app.regions.main_rows;
        regions.side_rows = app.regions.side_rows;
        regions.text_rows = app.regions.text_rows;
        regions.text_width = app.regions.text_width;
        regions.main_width = app.regions.main_width;
        regions.overlay_rows = app.regions.overlay_rows;
        let area = buffer.area;
        buffer.set_style(area, theme.style(Role::Text));
        Self {
            app,
            theme,
            keymaps,
            pending,
            regions,
            buffer,
            cursor: None,
            quiet: false,
        }
    }

    /// The style of a role.
    #[must_use]
    pub fn style(&self, role: Role) -> Style {
        self.theme.style(role)
    }

    /// The style of a profile's name.
    #[must_use]
    pub fn profile_style(&self, color: Option<&str>) -> Style {
        self.theme.profile(color.and_then(|c| c.parse().ok()))
    }

    /// What was learned, and where the terminal's cursor goes.
    #[must_use]
    pub fn finish(self) -> (Regions, Option<Position>) {
        (self.regions, self.cursor)
    }

    /// Puts text at a place, at most `width` columns of it, cut with `…`. Gives the columns it took.
    pub fn put(&mut self, at: Position, width: u16, text: &str, style: Style) -> u16 {
        if width == 0 || !self.buffer.area.contains(at) {
            return 0;
        }
        let width = width.min(self.buffer.area.right().saturating_sub(at.x));
        // Much more than fits is never looked at: a value may be megabytes long.
        let limit = usize::from(width) * 8 + 64;
        let mut end = text.len().min(limit);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let clean = sanitize(&text[..end]);
        let whole = end == text.len();
        if whole && clean.width() <= usize::from(width) {
            let (x, _) = self
                .buffer
                .set_stringn(at.x, at.y, &clean, usize::from(width), style);
            return x - at.x;
        }
        let mut cut = String::new();
        let mut used = 0;
        for grapheme in clean.graphemes(true) {
            let w = grapheme.width();
            if used + w + 1 > usize::from(width) {
                break;
            }
            cut.push_str(grapheme);
            used += w;
        }
        cut.push('…');
        let (x, _) = self
            .buffer
            .set_stringn(at.x, at.y, &cut, usize::from(width), style);
        x - at.x
    }

    /// Puts pieces of text one after another, at most `width` columns of them. Gives the columns they took.
    pub fn put_all<'t>(
        &mut self,
        at: Position,
        width: u16,
        pieces: impl IntoIterator<Item = (&'t str, Style)>,
    ) -> u16 {
        let mut used = 0;
        for (text, style) in pieces {
            if used >= width {
                break;
            }
            used += self.put(Position::new(at.x + used, at.y), width - used, text, style);
        }
        used
    }

    /// Puts text so that it ends at the right of `area`'s first row. Gives the columns it took.
    pub fn put_right(&mut self, area: Rect, text: &str, style: Style) -> u16 {
        let clean = sanitize(text);
        let width = u16::try_from(clean.width())
            .unwrap_or(u16::MAX)
            .min(area.width);
        self.put(
            Position::new(area.right() - width, area.y),
            width,
            text,
            style,
        )
    }

    /// Changes the style of an area, and keeps its text.
    pub fn restyle(&mut self, area: Rect, style: Style) {
        self.buffer
            .set_style(area.intersection(self.buffer.area), style);
    }

    /// Empties an area.
    pub fn clear(&mut self, area: Rect, style: Style) {
        let area = area.intersection(self.buffer.area);
        for y in area.top()..area.bottom() {
            for x in area.left()..area.right() {
                let cell = &mut self.buffer[(x, y)];
                cell.reset();
                cell.set_style(style);
            }
        }
    }

    /// A line from top to bottom.
    pub fn vertical(&mut self, x: u16, y: u16, height: u16) {
        for row in y..y + height {
            self.put(Position::new(x, row), 1, "│", self.style(Role::Separator));
        }
    }

    /// A line from left to right.
    pub fn horizontal(&mut self, x: u16, y: u16, width: u16) {
        let line = "─".repeat(usize::from(width));
        let style = self.style(Role::Separator);
        if self.buffer.area.contains(Position::new(x, y)) {
            self.buffer
                .set_stringn(x, y, line, usize::from(width), style);
        }
    }

    /// Parts an area by a line into its first `width` columns and the rest.
    pub fn beside(&mut self, area: Rect, width: u16) -> (Rect, Rect) {
        self.vertical(area.x + width, area.y, area.height);
        let rest = Rect {
            x: area.x + width + 1,
            width: area.width.saturating_sub(width + 1),
            ..area
        };
        (Rect { width, ..area }, rest)
    }

    /// Parts an area by a line into its first `height` rows and the rest, which may be none.
    pub fn above(&mut self, area: Rect, height: u16) -> (Rect, Rect) {
        let below = area.y + height;
        if below < area.bottom() {
            self.horizontal(area.x, below, area.width);
        }
        let rest = Rect {
            y: (below + 1).min(area.bottom()),
            height: area.height.saturating_sub(height + 1),
            ..area
        };
        (Rect { height, ..area }, rest)
    }

    /// Says what lies in an area, for the mouse.
    pub fn hit(&mut self, area: Rect, hit: Hit) {
        self.regions.hits.push((area, hit));
    }

    /// Where the terminal's cursor goes. The last one said holds.
    pub fn place_cursor(&mut self, at: Position) {
        self.cursor = Some(at);
    }

    /// Takes the terminal's cursor away from a pane below.
    pub fn hide_cursor(&mut self) {
        self.cursor = None;
    }

    /// A one-line field with its cursor in sight. `active` places the terminal's cursor. Gives the columns of its text
    /// that are out of sight on the left.
    pub fn field(
        &mut self,
        at: Position,
        width: u16,
        field: &crate::app::field::Field,
        style: Style,
        active: bool,
    ) -> usize {
        let room = usize::from(width.saturating_sub(1));
        let before: String = field.text().chars().take(field.cursor()).collect();
        let before = sanitize(&before).into_owned();
        // The text is shifted by whole graphemes until the cursor is in sight.
        let mut skip = 0;
        let whole = before.width();
        let mut width_before = whole;
        for grapheme in before.graphemes(true) {
            if width_before <= room {
                break;
            }
            skip += grapheme.len();
            width_before -= grapheme.width();
        }
        let clean = sanitize(field.text()).into_owned();
        let style = match field.is_selected() {
            true => style.add_modifier(Modifier::REVERSED),
            false => style,
        };
        self.put(at, width, clean.get(skip..).unwrap_or(""), style);
        if active {
            let x = at.x
                + u16::try_from(width_before)
                    .unwrap_or(0)
                    .min(width.saturating_sub(1));
            self.place_cursor(Position::new(x, at.y));
        }
        whole - width_before
    }
}
