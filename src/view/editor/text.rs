//! Draws the text that is being typed, its margin, and the problems below it.
//!
//! Only the lines and columns in sight are looked at, however long the text is.

use std::collections::HashMap;
use std::ops::Range;

use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use crate::app::editor::Editor;
use crate::app::editor::buffer::{byte_of, columns};
use crate::app::editor::check::Finder;
use crate::app::regions::{Hit, scrolled};
use crate::model::Severity;
use crate::theme::Role;
use crate::value::Span;
use crate::value::highlight::{self, State, matching_bracket, tokens};
use crate::value::text::sanitize;
use crate::view::Sheet;
use crate::view::documents::kind_role;

/// Colours are right where strings and comments that go over lines begin at most so many lines before those in sight.
const LOOK_BACK: usize = 2_000;
/// At most so many problems are in sight at once.
const PROBLEMS: u16 = 6;

/// Draws the text and what is wrong with it.
pub fn draw(sheet: &mut Sheet<'_>, editor: &Editor, area: Rect) {
    let found = u16::try_from(editor.check.problems.len()).unwrap_or(u16::MAX);
    let below = match area.height {
        0..4 => 0,
        4..8 => found.min(1) + 1,
        height => found.min(PROBLEMS).min(height / 3) + 1,
    };
    let text = Rect {
        height: area.height - below,
        ..area
    };
    lines(sheet, editor, text);
    if below > 0 {
        let hint = Rect {
            y: text.bottom(),
            height: 1,
            ..area
        };
        describe(sheet, editor, hint);
        let list = Rect {
            y: hint.bottom(),
            height: below - 1,
            ..area
        };
        problems(sheet, editor, list);
    }
}

fn lines(sheet: &mut Sheet<'_>, editor: &Editor, area: Rect) {
    let buffer = &editor.buffer;
    let all = buffer.lines();
    let digits = all.len().to_string().len().max(2);
    let margin = u16::try_from(digits + 2).unwrap_or(4).min(area.width / 2);
    let width = usize::from(area.width - margin);
    let rows = usize::from(area.height);
    sheet.regions.main_rows = rows;
    sheet.regions.main_width = width;
    let (cursor_row, cursor_column) = buffer.cursor();
    let first = scrolled(buffer.first, cursor_row, rows);
    let marks = marks(editor);
    let brackets = brackets(editor, cursor_row, cursor_column);
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
        sheet.hit(whole, Hit::Row(row - first));
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
        cover(sheet, editor, row, line, &brackets, &mut styled);
        let at = Position::new(area.x + margin, y);
        put_line(sheet, at, width, line, buffer.left, &styled, plain);
        if row == cursor_row {
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
fn marks(editor: &Editor) -> HashMap<usize, Severity> {
    let mut marks = HashMap::new();
    for problem in &editor.check.problems {
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

fn sign(severity: Severity) -> (&'static str, Role) {
    match severity {
        Severity::Error => ("✗", Role::Error),
        Severity::Warning => ("!", Role::Warning),
    }
}

/// The bracket at the cursor, or just before it, and its partner: lines and byte offsets in them.
fn brackets(editor: &Editor, row: usize, column: usize) -> Vec<(usize, usize)> {
    let lines = editor.buffer.lines();
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
    editor: &Editor,
    row: usize,
    line: &str,
    brackets: &[(usize, usize)],
    styled: &mut Styled,
) {
    let buffer = &editor.buffer;
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
    // Spans hold for the text that was checked.
    if editor.check.version != buffer.version() {
        return;
    }
    for problem in &editor.check.problems {
        if let (Some(at), Some(span)) = (problem.row, problem.span)
            && at == row
        {
            let role = match problem.severity {
                Severity::Error => Role::Violation,
                Severity::Warning => Role::Warning,
            };
            let range = in_line(editor, row, line, span);
            styled.over.push((range, sheet.style(role)));
        }
    }
}

/// The part of a span that lies in the line it starts in; never empty, so that a point is seen.
fn in_line(editor: &Editor, row: usize, line: &str, span: Span) -> Range<usize> {
    let lines = editor.buffer.lines();
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

/// What the model says about the place that the cursor is at, and the counts.
fn describe(sheet: &mut Sheet<'_>, editor: &Editor, line: Rect) {
    sheet.horizontal(line.x, line.y, line.width);
    let (errors, warnings) = editor.check.counts();
    let (text, role) = match (&editor.check.content, errors, warnings) {
        (None, ..) => (" ✗ does not parse ".to_owned(), Role::Error),
        (_, 0, 0) if editor.model.is_none() => (" no model ".to_owned(), Role::Dim),
        (_, 0, 0) => (" ✓ valid ".to_owned(), Role::Success),
        (_, 0, n) => (format!(" ! {n} warning(s) "), Role::Warning),
        (_, n, 0) => (format!(" ✗ {n} violation(s) "), Role::Error),
        (_, n, m) => (format!(" ✗ {n} violation(s), {m} warning(s) "), Role::Error),
    };
    let used = u16::try_from(text.width()).unwrap_or(0);
    let end = line.right().saturating_sub(used + 1);
    let mut x = line.x + 1;
    if let Some(path) = editor.path_here().filter(|p| !p.is_root()) {
        let text = format!(" {path} ");
        let style = sheet.style(Role::TitleFocused);
        x += sheet.put(
            Position::new(x, line.y),
            end.saturating_sub(x),
            &text,
            style,
        );
        let field = editor.model.as_ref().and_then(|m| m.field(&path));
        if let Some(field) = field {
            let text = format!("{} ", field.describe());
            let style = sheet.style(Role::Dim);
            sheet.put(
                Position::new(x, line.y),
                end.saturating_sub(x),
                &text,
                style,
            );
        }
    }
    let style = sheet.style(role);
    sheet.put_right(line, &text, style);
}

fn problems(sheet: &mut Sheet<'_>, editor: &Editor, area: Rect) {
    let all = &editor.check.problems;
    let first = scrolled(0, editor.selected.unwrap_or(0), usize::from(area.height));
    for (y, (number, problem)) in (area.y..area.bottom()).zip(all.iter().enumerate().skip(first)) {
        let (mark, role) = sign(problem.severity);
        let lead = match editor.selected == Some(number) {
            true => "▸",
            false => " ",
        };
        let place = match (&problem.path, problem.row) {
            (Some(path), _) if !path.is_root() => path.to_string(),
            (_, Some(row)) => format!("line {}", row + 1),
            _ => "document".to_owned(),
        };
        let fix = match &problem.fix {
            Some(fix) => format!("  fix: {}", fix.label),
            None => String::new(),
        };
        let message = match (&problem.help, problem.finder) {
            (Some(help), Finder::Parser | Finder::Server) => {
                format!("{}; {help}", problem.message)
            }
            _ => problem.message.clone(),
        };
        let pieces = [
            (lead, sheet.style(Role::HintKey)),
            (mark, sheet.style(role)),
            (" ", sheet.style(Role::Text)),
            (place.as_str(), sheet.style(Role::Key)),
            ("  ", sheet.style(Role::Text)),
            (message.as_str(), sheet.style(Role::Text)),
            (fix.as_str(), sheet.style(Role::Dim)),
        ];
        sheet.put_all(Position::new(area.x, y), area.width, pieces);
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
