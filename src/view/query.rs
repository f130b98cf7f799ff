//! Draws a query tab: the text with what is wrong with it, a line that says what it would do, the result below.

use ratatui::layout::{Position, Rect};
use unicode_width::UnicodeWidthStr;

use super::overlay::wrap;
use super::typing::{AllBut, NoShade, Shaded, Typed, lines, margin, sign};
use super::{Sheet, documents, words};
use crate::app::query::{Part, Query};
use crate::app::regions::{Hit, scrolled};
use crate::app::{Command, Context, Focus};
use crate::theme::Role;
use crate::value::instant::Calendar;

/// The fewest rows that the text keeps.
const LEAST_TEXT: u16 = 3;
/// The fewest rows that the result keeps.
const LEAST_RESULT: u16 = 5;
/// At most so many problems are in sight at once.
const PROBLEMS: u16 = 3;

/// Draws the tab.
pub fn draw(sheet: &mut Sheet<'_>, query: &Query, area: Rect) {
    if query.is_editing()
        && let Some(documents) = &query.results.documents
    {
        return documents::draw(sheet, documents, area);
    }
    let share = u32::from(area.height) * u32::from(query.share) / 100;
    let text_height = u16::try_from(share)
        .unwrap_or(area.height)
        .min(area.height.saturating_sub(LEAST_RESULT))
        .max(LEAST_TEXT.min(area.height));
    let text = Rect {
        height: text_height,
        ..area
    };
    let rest = Rect {
        y: text.bottom(),
        height: area.height - text_height,
        ..area
    };
    let has_keys = sheet.app.focus == Focus::Main && sheet.app.overlays.is_empty();
    text_part(sheet, query, text, has_keys && query.part == Part::Text);
    sheet.quiet = query.part == Part::Text;
    result(sheet, query, rest);
    sheet.quiet = false;
}

fn text_part(sheet: &mut Sheet<'_>, query: &Query, area: Rect, active: bool) {
    let found = u16::try_from(query.text.problems.len()).unwrap_or(u16::MAX);
    let below = match area.height {
        0..=4 => found.min(1),
        height => found.min(PROBLEMS).min(height / 3),
    };
    let text = Rect {
        height: area.height.saturating_sub(below + 1),
        ..area
    };
    let rows = query.text.current_rows().map(AllBut);
    let shaded: &dyn Shaded = match &rows {
        Some(rows) => rows,
        None => &NoShade,
    };
    let typed = Typed {
        buffer: &query.text.buffer,
        problems: &query.text.problems,
        checked: query.text.checked,
        active,
        hit: Hit::Line,
        shaded,
    };
    sheet.regions.text_rows = usize::from(text.height);
    sheet.regions.text_width = usize::from(text.width - margin(&typed, text.width));
    lines(sheet, &typed, text);
    if query.text.buffer.bytes() == 0 {
        let at = Position::new(text.x + margin(&typed, text.width), text.y);
        let hint = match &query.collection {
            Some(_) => "{status: 'open'}, [{$group: …}] or db.NAME.find({…})",
            None => "db.NAME.find({…})",
        };
        let style = sheet.style(Role::Placeholder);
        sheet.put(at, text.width.saturating_sub(4), hint, style);
    }
    let list = Rect {
        y: text.bottom(),
        height: below,
        ..area
    };
    problems(sheet, query, list);
    let line = Rect {
        y: list.bottom(),
        height: 1,
        ..area
    };
    state(sheet, query, line, active);
}

/// The database, which statement of how many is meant, and what running it does.
fn state(sheet: &mut Sheet<'_>, query: &Query, line: Rect, active: bool) {
    sheet.horizontal(line.x, line.y, line.width);
    let fresh = query.text.checked == query.text.buffer.version();
    let place = query.text.current();
    let part = place.and_then(|p| query.text.parts.get(p));
    let (right, role) = match part {
        _ if !fresh => ("…".to_owned(), Role::Dim),
        None => (String::new(), Role::Dim),
        Some(part) => match (&part.statement, &part.writes) {
            (None, _) => ("✗ cannot be run".to_owned(), Role::Error),
            (Some(_), Some(what)) => (format!("! {what}"), Role::Warning),
            (Some(statement), None) => (
                format!("{}: only reads", statement.operation.name()),
                Role::Dim,
            ),
        },
    };
    let right = match right.as_str() {
        "" => right,
        text => format!(" {text} "),
    };
    let wanted = u16::try_from(right.width()).unwrap_or(u16::MAX);
    let room = wanted.min(line.width.saturating_sub(20).max(line.width / 2));
    let at = Position::new(line.right().saturating_sub(room + 1), line.y);
    let style = sheet.style(role);
    let used = sheet.put(at, room, &right, style);
    let mut left = format!(" {}", query.database);
    if query.text.parts.len() > 1
        && let Some(place) = place
    {
        left.push_str(&format!(
            "  statement {} of {}",
            place + 1,
            query.text.parts.len()
        ));
    }
    left.push(' ');
    let style = sheet.style(if active {
        Role::TitleFocused
    } else {
        Role::Dim
    });
    let room = line.width.saturating_sub(used + 3);
    sheet.put(Position::new(line.x + 1, line.y), room, &left, style);
}

fn problems(sheet: &mut Sheet<'_>, query: &Query, area: Rect) {
    let all = &query.text.problems;
    let (row, _) = query.text.buffer.cursor();
    // The problem that is nearest to the cursor is in sight.
    let near = query.text.selected.or_else(|| {
        (0..all.len()).min_by_key(|i| all[*i].row.map_or(usize::MAX, |r| r.abs_diff(row)))
    });
    let first = scrolled(0, near.unwrap_or(0), usize::from(area.height));
    for (y, problem) in (area.y..area.bottom()).zip(all.iter().skip(first)) {
        let (mark, role) = sign(problem.severity);
        let place = match problem.row {
            Some(row) => format!(" line {}  ", row + 1),
            None => " ".to_owned(),
        };
        let message = match &problem.help {
            Some(help) => format!("{}; {help}", problem.message),
            None => problem.message.clone(),
        };
        let pieces = [
            (mark, sheet.style(role)),
            (place.as_str(), sheet.style(Role::Key)),
            (message.as_str(), sheet.style(Role::Text)),
        ];
        let room = area.width.saturating_sub(1);
        sheet.put_all(Position::new(area.x + 1, y), room, pieces);
    }
}

fn result(sheet: &mut Sheet<'_>, query: &Query, area: Rect) {
    if area.height == 0 {
        return;
    }
    let head = Rect { height: 1, ..area };
    head_line(sheet, query, head);
    let mut rest = Rect {
        y: area.y + 1,
        height: area.height - 1,
        ..area
    };
    let results = &query.results;
    let mut said: Vec<(String, Role)> = Vec::new();
    if let Some(failure) = &results.failure {
        said.push((format!("✗ {}", failure.summary), Role::Error));
        if let Some(help) = &failure.help {
            said.push((format!("  {help}"), Role::Text));
        }
    }
    if let Some(headline) = &results.headline {
        let role = match results.problems.is_empty() {
            true => Role::Success,
            false => Role::Warning,
        };
        said.push((headline.clone(), role));
    }
    for problem in &results.problems {
        said.push((format!("✗ {problem}"), Role::Error));
    }
    let width = usize::from(rest.width.saturating_sub(2)).max(1);
    let most = rest.height / 2 + 1;
    let mut used = 0;
    'all: for (text, role) in &said {
        let style = sheet.style(*role);
        for line in wrap(std::slice::from_ref(text), width) {
            if used >= most.min(rest.height) {
                break 'all;
            }
            let at = Position::new(rest.x + 1, rest.y + used);
            sheet.put(at, rest.width.saturating_sub(2), &line, style);
            used += 1;
        }
    }
    rest.y += used;
    rest.height -= used;
    match &results.documents {
        Some(documents) => documents::draw_rows(sheet, documents, rest),
        None if said.is_empty() => nothing(sheet, query, rest),
        None => {}
    }
}

fn nothing(sheet: &mut Sheet<'_>, query: &Query, area: Rect) {
    if area.height == 0 || query.running.is_some() {
        return;
    }
    let text = match sheet.keymaps.hint(Context::Query, Command::QueryRun) {
        Some(key) => format!("nothing was run so far; {key}: run the statement under the cursor"),
        None => "nothing was run so far".to_owned(),
    };
    let style = sheet.style(Role::Dim);
    let at = Position::new(area.x + 1, area.y);
    sheet.put(at, area.width.saturating_sub(2), &text, style);
}

/// What was run, how much came back, when, and what runs now.
fn head_line(sheet: &mut Sheet<'_>, query: &Query, line: Rect) {
    let line = Rect {
        x: line.x + 1,
        width: line.width.saturating_sub(2),
        ..line
    };
    let results = &query.results;
    let now = sheet.app.now;
    let mut right = Vec::new();
    let mut role = Role::Text;
    if let Some(running) = &query.running {
        role = Role::Busy;
        let key = sheet
            .keymaps
            .hint(sheet.app.context(), Command::Cancel)
            .map(|k| format!(", {k}: stop"))
            .unwrap_or_default();
        let word = match running.stopping {
            true => "stopping",
            false => "running",
        };
        right.push(format!(
            "{word} {}{key}",
            words::span(now.since(running.since))
        ));
    } else if query.is_asking() {
        role = Role::Busy;
        right.push("counting what it would change …".to_owned());
    } else {
        if let Some(documents) = &results.documents {
            if documents.feed.is_loading() {
                role = Role::Busy;
                right.push("reading on …".to_owned());
            }
            right.push(documents.position());
        }
        right.extend(results.took.map(words::span));
        if let Some(at) = results.at {
            let at = Calendar::from_millis(i64::try_from(at.0).unwrap_or(0));
            let text = format!("read {:02}:{:02}:{:02} UTC", at.hour, at.minute, at.second);
            right.push(text);
        }
        if let Some(watch) = &query.watch {
            right.push(format!("every {}", words::span(watch.every)));
        }
    }
    let style = sheet.style(role);
    let used = sheet.put_right(line, &right.join("  "), style);
    let role = match query.part {
        Part::Results => Role::TitleFocused,
        Part::Text => Role::Dim,
    };
    let room = line.width.saturating_sub(used + 2);
    let style = sheet.style(role);
    sheet.put(Position::new(line.x, line.y), room, &results.of, style);
}
