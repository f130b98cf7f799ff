//! Draws text that is being typed: numbers, colours, brackets, problems, the selection.
//!
//! Only the lines and columns in sight are looked at, however long the text is. Must not know what the text is for.

use std::collections::HashMap;
use std::ops::Range;

use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use super::Sheet;
use super::documents::kind_role;
use crate::app::editor::buffer::{Buffer, byte_of, columns};
use crate::app::editor::check::Problem;
use crate::app::regions::{Hit, scrolled};
use crate::model::Severity;
use crate::theme::Role;
use crate::value::Span;
use crate::value::highlight::{self, State, matching_bracket, tokens};
use crate::value::text::sanitize;

/// Colours are right where strings and comments that go over lines begin at most so many lines before those in sight.
const LOOK_BACK: usize = 2_000;

/// A text and what is to be seen of it.
pub struct Typed<'a> {
    /// The text with its cursor.
    pub buffer: &'a Buffer,
    /// What is wrong with it.
    pub problems: &'a [Problem],
    /// The version of the text that the problems are of.
    pub checked: u64,
    /// Whether it has the keys.
    pub active: bool,
    /// What lies under the mouse in a line, counted from the first in sight.
    pub hit: fn(usize) -> Hit,
    /// Lines that are not what is worked on, drawn faintly.
    pub shaded: &'a dyn Shaded,
}

/// Lines that are drawn faintly.
pub trait Shaded {
    /// Whether this line is, counted from 0.
    fn contains(&self, row: &usize) -> bool;
}

/// No line is drawn faintly.
pub struct NoShade;

impl Shaded for NoShade {
    fn contains(&self, _row: &usize) -> bool {
        false
    }
}

/// All lines but these are drawn faintly.
pub struct AllBut(pub std::ops::RangeInclusive<usize>);

impl Shaded for AllBut {
    fn contains(&self, row: &usize) -> bool {
        !self.0.contains(row)
    }
}

fn digits(typed: &Typed<'_>) -> usize {
    typed.buffer.lines().len().to_string().len().max(2)
}

/// The columns that line numbers and marks take of so many.
#[must_use]
pub fn margin(typed: &Typed<'_>, width: u16) -> u16 {
    u16::try_from(digits(typed) + 2).unwrap_or(4).min(width / 2)
}

/// Draws the lines in sight with their margin, and places the cursor where the text has the keys.
pub fn lines(sheet: &mut Sheet<'_>, typed: &Typed<'_>, area: Rect) {
    let buffer = typed.buffer;
    let all = buffer.lines();
    let digits = digits(typed);
    let margin = margin(typed, area.width);
    let width = usize::from(area.width - margin);
    let rows = usize::from(area.height);
    let (cursor_row, cursor_column) = buffer.cursor();
    let first = scrolled(buffer.first, cursor_row, rows);
    let marks = marks(typed);
    let brackets = brackets(typed, cursor_row, cursor_column);
    let mut state = State::default();
    for line in all.iter().take(first).skip(first.saturating_sub(LOOK_BACK)) {
        state = tokens(line, state).1;
    }
    let plain = sheet.style(Role::Text);
    for (y, (row, line)) in (area.y..area.bottom()).zip(all.iter().enumerate().skip(first)) {
        let (pieces, next) = tokens(line, state);
        state = next;
        let whole = Rect {
            y,
            height: 1,
            ..area
        };
        sheet.hit(whole, (typed.hit)(row - first));
        number(
            sheet,
            Position::new(area.x, y),
            digits,
            row,
            marks.get(&row),
        );
        let mut styled = Styled {
            pieces: pieces
                .iter()
                .map(|p| (p.span.start..p.span.end, sheet.style(role(p.role))))
                .collect(),
            over: Vec::new(),
        };
        cover(sheet, typed, row, line, &brackets, &mut styled);
        let at = Position::new(area.x + margin, y);
        put_line(sheet, at, width, line, buffer.left, &styled, plain);
        if row == cursor_row && typed.active {
            let before: usize = line
                .chars()
                .skip(buffer.left)
                .take(cursor_column.saturating_sub(buffer.left))
                .map(columns)
                .sum();
            if before < width {
                let x = area.x + margin + u16::try_from(before).unwrap_or(0);
                sheet.place_cursor(Position::new(x, y));
            }
        }
    }
}

/// The colours of a line, and what lies over them.
struct Styled {
    pieces: Vec<(Range<usize>, Style)>,
    over: Vec<(Range<usize>, Style)>,
}

impl Styled {
    fn at(&self, offset: usize, plain: Style) -> Style {
        let after = self
            .pieces
            .partition_point(|(range, _)| range.end <= offset);
        let base = self.pieces.get(after).filter(|(r, _)| r.contains(&offset));
        let mut style = base.map_or(plain, |(_, style)| *style);
        for (range, over) in &self.over {
            if range.contains(&offset) {
                style = style.patch(*over);
            }
        }
        style
    }
}

/// Puts the part of a line that is in sight.
fn put_line(
    sheet: &mut Sheet<'_>,
    at: Position,
    width: usize,
    line: &str,
    left: usize,
    styled: &Styled,
    plain: Style,
) {
    let start = byte_of(line, left);
    let shown = line.get(start..).unwrap_or("");
    // Clusters of many characters are rare, and one without end must not be looked at whole.
    let limit = byte_of(shown, width * 2 + 8);
    let mut used = 0;
    for (offset, grapheme) in shown[..limit].grapheme_indices(true) {
        let clean = sanitize(grapheme);
        let wide = clean.width();
        if used + wide > width {
            break;
        }
        let style = styled.at(start + offset, plain);
        let x = at.x + u16::try_from(used).unwrap_or(0);
        let room = u16::try_from(wide).unwrap_or(1);
        sheet.put(Position::new(x, at.y), room, &clean, style);
        used += wide;
    }
}

/// The worst problem that starts at each line.
fn marks(typed: &Typed<'_>) -> HashMap<usize, Severity> {
    let mut marks = HashMap::new();
    for problem in typed.problems {
        if let Some(row) = problem.row {
            let worst = marks.entry(row).or_insert(problem.severity);
            *worst = (*worst).max(problem.severity);
        }
    }
    marks
}

fn number(sheet: &mut Sheet<'_>, at: Position, digits: usize, row: usize, mark: Option<&Severity>) {
    let text = format!("{:>digits$}", row + 1);
    let style = sheet.style(Role::Gutter);
    let used = sheet.put(at, u16::try_from(digits).unwrap_or(2), &text, style);
    let Some(severity) = mark else {
        return;
    };
    let (mark, role) = sign(*severity);
    let style = sheet.style(role);
    sheet.put(Position::new(at.x + used, at.y), 1, mark, style);
}

/// The mark of a problem.
#[must_use]
pub fn sign(severity: Severity) -> (&'static str, Role) {
    match severity {
        Severity::Error => ("✗", Role::Error),
        Severity::Warning => ("!", Role::Warning),
    }
}

/// The bracket at the cursor, or just before it, and its partner: lines and byte offsets in them.
fn brackets(typed: &Typed<'_>, row: usize, column: usize) -> Vec<(usize, usize)> {
    let lines = typed.buffer.lines();
    let Some(line) = lines.get(row) else {
        return Vec::new();
    };
    for column in [Some(column), column.checked_sub(1)].into_iter().flatten() {
        let at = byte_of(line, column);
        let bracket = line
            .as_bytes()
            .get(at)
            .is_some_and(|b| b"{}[]()".contains(b));
        if bracket && let Some(partner) = matching_bracket(lines, row, at) {
            return vec![(row, at), partner];
        }
    }
    Vec::new()
}

/// What lies over a line's colours: matches, the selection, brackets, problems.
fn cover(
    sheet: &Sheet<'_>,
    typed: &Typed<'_>,
    row: usize,
    line: &str,
    brackets: &[(usize, usize)],
    styled: &mut Styled,
) {
    let buffer = typed.buffer;
    if !buffer.searched.is_empty() && line.len() < 1 << 16 {
        let style = sheet.style(Role::Match);
        for (at, found) in line.match_indices(buffer.searched.as_str()) {
            styled.over.push((at..at + found.len(), style));
        }
    }
    if let Some((start, end)) = buffer.selection()
        && (start.0..=end.0).contains(&row)
    {
        let from = match row == start.0 {
            true => byte_of(line, start.1),
            false => 0,
        };
        let to = match row == end.0 {
            true => byte_of(line, end.1),
            false => line.len(),
        };
        styled.over.push((from..to, sheet.style(Role::Marked)));
    }
    let style = sheet.style(Role::BracketMatch);
    for (_, at) in brackets.iter().filter(|(r, _)| *r == row) {
        styled.over.push((*at..at + 1, style));
    }
    if typed.shaded.contains(&row) {
        let style = sheet.style(Role::Dim);
        styled.over.push((0..line.len(), style));
    }
    // Spans hold for the text that was checked.
    if typed.checked != buffer.version() {
        return;
    }
    for problem in typed.problems {
        if let (Some(at), Some(span)) = (problem.row, problem.span)
            && at == row
        {
            let role = match problem.severity {
                Severity::Error => Role::Violation,
                Severity::Warning => Role::Warning,
            };
            let range = in_line(typed, row, line, span);
            styled.over.push((range, sheet.style(role)));
        }
    }
}

/// The part of a span that lies in the line it starts in; never empty, so that a point is seen.
fn in_line(typed: &Typed<'_>, row: usize, line: &str, span: Span) -> Range<usize> {
    let lines = typed.buffer.lines();
    let before: usize = lines.iter().take(row).map(|l| l.len() + 1).sum();
    let start = span.start.saturating_sub(before).min(line.len());
    let end = span.end.saturating_sub(before).min(line.len());
    if end > start {
        return start..end;
    }
    // A problem at the end of a line is shown on its last character.
    match start == line.len() {
        true => start.saturating_sub(1)..start,
        false => start..start + 1,
    }
}

/// The theme's role of a piece of text.
fn role(role: highlight::Role) -> Role {
    match role {
        highlight::Role::Key => Role::Key,
        highlight::Role::Punctuation => Role::Punctuation,
        highlight::Role::Comment => Role::Comment,
        highlight::Role::Plain => Role::Text,
        highlight::Role::Kind(kind) => kind_role(kind),
    }
}
