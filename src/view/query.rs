//! Draws a query tab: the text with what is wrong with it, a line that says what it would do, the result below.

mod stages;

use ratatui::layout::{Position, Rect};
use unicode_width::UnicodeWidthStr;

mod find;
pub mod form;
pub mod saved;

use super::overlay::wrap;
use super::typing::{AllBut, NoShade, Shaded, Typed, lines, margin, sign};
use super::{Sheet, documents, words};
use crate::app::query::completing::{List, ROWS};
use crate::app::query::explaining::{Explained, Tone};
use crate::app::query::{Part, Query};
use crate::app::regions::{Hit, scrolled};
use crate::app::{Command, Context, Focus};
use crate::query::complete::Candidate;
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
    let text_height = match query.has_form() {
        true => text_height.max(find::ROWS).min(
            area.height
                .saturating_sub(LEAST_RESULT.min(area.height / 2)),
        ),
        false => text_height,
    };
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
    sheet.quiet = query.part != Part::Results;
    match query.stages.shown {
        true => stages::draw(sheet, query, rest),
        false => result(sheet, query, rest),
    }
    sheet.quiet = false;
}

fn text_part(sheet: &mut Sheet<'_>, query: &Query, area: Rect, active: bool) {
    if let Some(form) = query.form.as_ref().filter(|f| f.open) {
        return find::draw(sheet, query, form, area, active);
    }
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
    let left = margin(&typed, text.width);
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
    if active && let Some(list) = &query.list {
        let (row, column) = query.text.buffer.position(list.completion.replace.start);
        let buffer = &query.text.buffer;
        let columns: usize = buffer
            .lines()
            .get(row)
            .map_or("", String::as_str)
            .chars()
            .take(column)
            .skip(buffer.left)
            .map(crate::app::editor::buffer::columns)
            .sum();
        let y = row.saturating_sub(buffer.first);
        let at = Position::new(
            text.x + left + u16::try_from(columns).unwrap_or(0),
            text.y + u16::try_from(y).unwrap_or(0),
        );
        candidates(sheet, list, at, below_of(sheet, text));
    }
}

/// The place that a list at the cursor may take: all of the pane from the text on.
fn below_of(sheet: &Sheet<'_>, text: Rect) -> Rect {
    let bottom = sheet.buffer.area.bottom().saturating_sub(1);
    Rect {
        height: bottom.saturating_sub(text.y),
        ..text
    }
}

/// The list of what can stand at the cursor, with what is said of the one under its own cursor.
fn candidates(sheet: &mut Sheet<'_>, list: &List, at: Position, area: Rect) {
    let all = &list.completion.candidates;
    let room = area.bottom().saturating_sub(at.y + 1);
    let rows = u16::try_from(all.len().min(ROWS)).unwrap_or(0);
    let help = all
        .get(list.cursor)
        .map(|c| c.help.as_ref())
        .unwrap_or_default();
    let height = (rows + u16::from(!help.is_empty())).min(room);
    if height == 0 {
        return;
    }
    let shown: Vec<_> = all
        .iter()
        .skip(list.first)
        .take(usize::from(rows))
        .collect();
    let widest = |f: &dyn Fn(&Candidate) -> usize| shown.iter().map(|c| f(c)).max().unwrap_or(0);
    let label = widest(&|c| c.label.width()).min(36);
    let signature = widest(&|c| c.signature.width()).min(44);
    let wanted = (label + signature + 4).max(help.width().min(70) + 2);
    let width = u16::try_from(wanted).unwrap_or(u16::MAX).min(area.width);
    let x =
        at.x.saturating_sub(1)
            .min(area.right().saturating_sub(width));
    let frame = Rect {
        x,
        y: at.y + 1,
        width,
        height,
    };
    let base = sheet.style(Role::Popup);
    sheet.clear(frame, base);
    let dim = base.patch(sheet.style(Role::Dim));
    for (y, (place, candidate)) in (frame.y..frame.bottom()).zip((list.first..).zip(&shown)) {
        let style = match place == list.cursor {
            true => base.patch(sheet.style(Role::Cursor)),
            false => base,
        };
        let line = Rect {
            y,
            height: 1,
            ..frame
        };
        sheet.restyle(line, style);
        let label_room = u16::try_from(label).unwrap_or(0);
        sheet.put(Position::new(x + 1, y), label_room, &candidate.label, style);
        let mut text = candidate.signature.to_string();
        if let Some((major, minor)) = candidate.newer {
            text.push_str(&format!("  from {major}.{minor}"));
        }
        let start = x + 2 + label_room + 1;
        let dim = style.patch(sheet.style(Role::Dim));
        sheet.put(
            Position::new(start, y),
            frame.right().saturating_sub(start),
            &text,
            dim,
        );
    }
    if !help.is_empty() {
        let y = frame.bottom() - 1;
        let line = Rect {
            y,
            height: 1,
            ..frame
        };
        sheet.clear(line, base);
        sheet.put(Position::new(x + 1, y), width.saturating_sub(2), help, dim);
    }
}

/// How the server runs the statement: the sentence first, then what would be better, then the stages.
fn plan(sheet: &mut Sheet<'_>, query: &Query, explained: &Explained, area: Rect) {
    sheet.regions.main_rows = usize::from(area.height);
    sheet.regions.main_width = usize::from(area.width);
    let width = area.width.saturating_sub(2);
    let mut y = area.y;
    for line in explained.lines.iter().skip(explained.first) {
        if y >= area.bottom() {
            break;
        }
        let (role, lead) = match line.tone {
            Tone::Sentence => (Role::TitleFocused, ""),
            Tone::Advice => (Role::Success, "+ "),
            Tone::Head => (Role::Dim, ""),
            Tone::Stage => (Role::Text, ""),
            Tone::Detail => (Role::Dim, ""),
        };
        let style = sheet.style(role);
        let at = |y| Position::new(area.x + 1, y);
        match line.tone {
            Tone::Sentence | Tone::Advice => {
                let key = match line.tone {
                    Tone::Advice => {
                        // From the text the plan has to be gone to first.
                        let there = match query.part {
                            Part::Text => sheet.keymaps.hint(Context::Query, Command::Back),
                            _ => None,
                        };
                        let there = there.map_or(String::new(), |k| format!("{k} "));
                        sheet
                            .keymaps
                            .hint(Context::Text, Command::Open)
                            .map(|k| format!("; {there}{k}: create it"))
                            .unwrap_or_default()
                    }
                    _ => String::new(),
                };
                let text = format!("{lead}{}{key}", line.text);
                for text in wrap(&[text], usize::from(width)) {
                    if y < area.bottom() {
                        sheet.put(at(y), width, &text, style);
                        y += 1;
                    }
                }
            }
            _ => {
                let row = Rect {
                    x: area.x + 1,
                    y,
                    width,
                    height: 1,
                };
                let used = sheet.put_right(row, &line.figures, sheet.style(Role::KindNumber));
                let room = width.saturating_sub(used + 1);
                sheet.put(at(y), room, &line.text, style);
                y += 1;
            }
        }
    }
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
            (None, _) if !part.asks.is_empty() => {
                let names: Vec<String> = part.asks.iter().map(|p| format!("`{p}`")).collect();
                (format!("asks for {}", names.join(", ")), Role::Warning)
            }
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
    if let Some(held) = &query.held {
        left.push_str(&format!("  {}", held.name));
    }
    let values = query.bound.line();
    if !values.is_empty() {
        left.push_str(&format!("  {values}"));
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
            let ways = super::monitor::ways_on(sheet, failure);
            said.push((format!("  {help}{ways}"), Role::Text));
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
    if let Some(explained) = results.explained.as_ref().filter(|e| e.shown) {
        return plan(sheet, query, explained, rest);
    }
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
        let word = match (running.stopping, running.gives_documents()) {
            (true, _) => "stopping,",
            (false, true) => "waiting for the first document,",
            (false, false) => "running",
        };
        let building = running.building.as_ref();
        let building = building.map_or(String::new(), |b| format!(", {}", b.text));
        right.push(format!(
            "{word} {}{building}{key}",
            words::span(now.since(running.since))
        ));
    } else if query.is_asking() {
        role = Role::Busy;
        right.push("counting what it would change …".to_owned());
    } else {
        if let Some(documents) = &results.documents {
            if documents.feed.is_loading() {
                role = Role::Busy;
                let (so_far, _) = documents.so_far();
                let since = documents
                    .feed
                    .awaited()
                    .and_then(|task| sheet.app.running().find(|(t, _)| **t == task))
                    .map_or(now, |(_, running)| running.since);
                right.push(format!(
                    "reading on, {} so far, {}",
                    words::count(so_far),
                    words::span(now.since(since))
                ));
            }
            right.push(documents.position());
        }
        right.extend(results.took.map(words::span));
        if let Some(at) = results.at {
            let millis = i64::try_from(at.0).unwrap_or(0);
            let zone = &sheet.app.zone;
            let clock = Calendar::from_millis(zone.clock(millis));
            let mark = if zone.is_universal(millis) {
                " UTC"
            } else {
                ""
            };
            // Rows say it in a line of their own.
            let lines =
                (results.documents.as_ref()).is_some_and(|d| d.feed.doubtful_since().is_some());
            let profile = sheet.app.profiles.get(&query.profile);
            let old = !lines && profile.is_some_and(|p| p.outdates(at));
            let age = match old {
                true => words::BEFORE_LOSS.to_owned(),
                false => words::age(now.since(at)),
            };
            let read = format!(
                "read {:02}:{:02}:{:02}{mark}, {age}",
                clock.hour, clock.minute, clock.second,
            );
            if old {
                role = Role::Warning;
                right = vec![format!("! {read}")];
            } else {
                right.push(read);
            }
        }
        if let Some(watch) = &query.watch {
            right.push(format!("every {}", words::span(watch.every)));
        }
    }
    let style = sheet.style(role);
    let used = sheet.put_right(line, &right.join("  "), style);
    let role = match query.part {
        Part::Results => Role::TitleFocused,
        Part::Text | Part::Stages => Role::Dim,
    };
    let room = line.width.saturating_sub(used + 2);
    let style = sheet.style(role);
    sheet.put(Position::new(line.x, line.y), room, &results.of, style);
}
