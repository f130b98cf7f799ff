//! Draws a check: how far it is, what was found as a list, and everything about the row under the cursor.

use ratatui::layout::{Position, Rect};

use super::overlay::wrap;
use super::{Sheet, words};
use crate::app::drift::detail::{Line, Tone, moment};
use crate::app::drift::mending::WorkKind;
use crate::app::drift::rows::{Heading, Row, Weight, What};
use crate::app::drift::{Drift, Part};
use crate::app::regions::Hit;
use crate::app::{Command, Focus};
use crate::mongo::request::drift::{Phase, Progress};
use crate::mongo::request::observe::Building;
use crate::theme::Role;

/// From so many columns on, the detail stands beside the list instead of below it.
const SIDE_BY_SIDE: u16 = 84;
/// The most rows for what the last fix came to.
const OUTCOME: usize = 4;

/// Draws the tab.
pub fn draw(sheet: &mut Sheet<'_>, tab: &Drift, area: Rect) {
    let used = head(sheet, tab, area);
    let area = Rect {
        y: area.y + used,
        height: area.height.saturating_sub(used),
        ..area
    };
    if area.height == 0 {
        return;
    }
    let (list, detail) = if area.width >= SIDE_BY_SIDE {
        sheet.beside(area, area.width * 52 / 100)
    } else {
        sheet.above(area, (area.height * 45 / 100).max(3.min(area.height)))
    };
    sheet.regions.main_width = usize::from(detail.width);
    draw_list(sheet, tab, list);
    draw_detail(sheet, tab, detail);
}

/// What is checked, how far it is, and what the last fix came to. Gives the rows it took.
fn head(sheet: &mut Sheet<'_>, tab: &Drift, area: Rect) -> u16 {
    let mut lines: Vec<Vec<(String, Role)>> = Vec::new();
    let Some(subject) = tab.checking().or(tab.subject_here()) else {
        return 0;
    };
    let mut first = vec![
        (subject.namespace.to_string(), Role::TitleFocused),
        (format!("  {}", subject.model.name), Role::Dim),
    ];
    let progress = |p: &Progress| bar(p, usize::from(area.width.saturating_sub(2)));
    if let Some(work) = &tab.work {
        let stopping = if work.stopping { ", stopping …" } else { "" };
        let since = sheet.app.running().find(|(task, _)| **task == work.task);
        // A build may take hours, and not every user is told how far it is.
        let lasts = match (&work.kind, since) {
            (WorkKind::Indexes(_), Some((_, running))) => {
                format!(", {}", words::whole(sheet.app.now.since(running.since)))
            }
            _ => String::new(),
        };
        let text = format!("{}{lasts}{stopping}", work.what());
        lines.push(vec![(text, Role::Busy)]);
        match (&work.building, &work.progress) {
            (Some(b), _) => lines.push(building(b, usize::from(area.width.saturating_sub(2)))),
            (None, Some(p)) => lines.push(progress(p)),
            (None, None) => lines.push(vec![("asking the server …".to_owned(), Role::Busy)]),
        }
    } else if subject.found.loading().is_some() {
        let waiting = tab.subjects.iter().filter(|s| s.queued).count();
        if waiting > 0 {
            first.push((format!("  {waiting} more wait"), Role::Dim));
        }
        lines.push(first);
        match &subject.progress {
            Some(p) => lines.push(progress(p)),
            None => lines.push(vec![("asking the server …".to_owned(), Role::Busy)]),
        }
    } else if let Some(failure) = subject.found.failure() {
        lines.push(first);
        lines.push(vec![(format!("✗ {failure}"), Role::Error)]);
    } else if let Some(checked) = subject.found.value() {
        let report = &checked.report;
        let profile = sheet.app.profiles.get(&tab.profile);
        first.push(match profile.is_some_and(|p| p.outdates(checked.at)) {
            true => (
                format!("  ! read {}, {}", moment(checked), words::BEFORE_LOSS),
                Role::Warning,
            ),
            false => (format!("  read {}", moment(checked)), Role::Dim),
        });
        lines.push(first);
        let documents = words::count(report.findings.documents);
        let took = words::span(report.took);
        let part = if report.complete { "" } else { "only " };
        let (text, role) = match report.drifts() {
            0 => ("no drift".to_owned(), Role::Success),
            1 => ("1 kind of drift".to_owned(), Role::Violation),
            n => (format!("{n} kinds of drift"), Role::Violation),
        };
        lines.push(vec![
            (text, role),
            (
                format!(
                    "  in {part}{documents} documents, {} refused, {} with warnings, {took}",
                    report.findings.refused, report.findings.warned
                ),
                Role::Text,
            ),
        ]);
    } else {
        lines.push(first);
        lines.push(vec![("not checked".to_owned(), Role::Dim)]);
    }
    for line in tab.outcome.iter().take(OUTCOME) {
        lines.push(vec![(line.text.clone(), tone(line.tone))]);
    }
    let mut used = 0;
    for pieces in lines {
        if used >= area.height {
            break;
        }
        let pieces: Vec<_> = pieces
            .iter()
            .map(|(text, role)| (text.as_str(), sheet.style(*role)))
            .collect();
        let at = Position::new(area.x + 1, area.y + used);
        sheet.put_all(at, area.width.saturating_sub(2), pieces);
        used += 1;
    }
    if used < area.height {
        sheet.horizontal(area.x, area.y + used, area.width);
        used += 1;
    }
    used
}

/// The full and the empty cells of a bar in a line of `width` columns. `full` tells how many of its cells are full.
fn blocks(width: usize, full: impl FnOnce(usize) -> usize) -> [(String, Role); 2] {
    let cells = (width / 4).clamp(8, 30);
    let full = full(cells).min(cells);
    [
        ("█".repeat(full), Role::Busy),
        ("░".repeat(cells - full), Role::Dim),
    ]
}

/// How far the server is with indexes: a bar where it counts, its words, and their names.
fn building(building: &Building, width: usize) -> Vec<(String, Role)> {
    let mut out = Vec::new();
    if let Some(percent) = building.percent {
        let part = |cells| usize::try_from(percent).map_or(cells, |p| p * cells / 100);
        out.extend(blocks(width, part));
        out.push((" ".to_owned(), Role::Dim));
    }
    out.push((building.text.clone(), Role::Text));
    if !building.indexes.is_empty() {
        out.push((format!("  {}", building.indexes), Role::Dim));
    }
    out
}

/// A bar with the part that is done, the rate and the time that is left, as far as they are known and fit.
fn bar(progress: &Progress, width: usize) -> Vec<(String, Role)> {
    let mut out = Vec::new();
    let phase = match progress.phase {
        Phase::Start => "asking the server",
        Phase::Documents => "",
        Phase::Duplicates => "looking for duplicate values",
        Phase::Writing => "writing",
    };
    let mut text = String::new();
    if !phase.is_empty() {
        text.push_str(phase);
        text.push_str("  ");
    }
    if let (Some(part), true) = (progress.part(), progress.phase == Phase::Documents) {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "a part of a few cells"
        )]
        out.extend(blocks(width, |cells| (part * cells as f64) as usize));
        text.push_str(&format!(" {:>3.0} %  ", part * 100.0));
    }
    let of = progress
        .of_about
        .map(|n| format!(" of ~{}", words::count(n)))
        .unwrap_or_default();
    text.push_str(&format!("{}{of}", words::count(progress.documents)));
    out.push((text, Role::Text));
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a rate is far below the bounds"
    )]
    let rate = progress.rate() as u64;
    if rate > 0 {
        out.push((format!("  {}/s", words::count(rate)), Role::Dim));
    }
    if let Some(left) = progress
        .left()
        // The count is an estimate: near its end it says nothing of what is left.
        .filter(|left| progress.phase == Phase::Documents && left.as_millis() > 0)
    {
        out.push((format!("  {} left", words::span(left)), Role::Text));
    }
    if progress.hits > 0 {
        let what = match progress.phase {
            Phase::Writing => "written",
            _ => "found",
        };
        out.push((
            format!("  {} {what}", words::count(progress.hits)),
            Role::Violation,
        ));
    }
    out
}

fn has_keys(sheet: &Sheet<'_>, tab: &Drift, part: Part) -> bool {
    sheet.app.focus == Focus::Main && tab.part == part
}

fn draw_list(sheet: &mut Sheet<'_>, tab: &Drift, area: Rect) {
    sheet.regions.side_rows = usize::from(area.height);
    let focused = has_keys(sheet, tab, Part::List);
    let first = tab.window.first;
    if tab.rows().is_empty() && area.height > 0 {
        let text = match tab.checking() {
            Some(_) => {
                let stop = sheet
                    .keymaps
                    .hint(sheet.app.context(), Command::Back)
                    .map(|k| format!("; {k} stops it"))
                    .unwrap_or_default();
                format!("reading the whole collection{stop}")
            }
            None => String::new(),
        };
        let style = sheet.style(Role::Dim);
        let at = Position::new(area.x + 1, area.y);
        sheet.put(at, area.width.saturating_sub(2), &text, style);
        return;
    }
    let rows: Vec<(usize, &Row)> = tab.rows().iter().enumerate().skip(first).collect();
    for (y, (place, row)) in (area.y..area.bottom()).zip(rows) {
        let line = Rect {
            y,
            height: 1,
            ..area
        };
        sheet.hit(line, Hit::Row(place - first));
        list_row(sheet, line, row, place == tab.window.cursor, focused);
    }
}

fn list_row(sheet: &mut Sheet<'_>, line: Rect, row: &Row, at_cursor: bool, focused: bool) {
    let dim = sheet.style(Role::Dim);
    let (mark, role) = match row.weight {
        Weight::Error => ("✗", Role::Violation),
        Weight::Warning => ("!", Role::Warning),
        Weight::Good => ("✓", Role::Success),
        Weight::Busy => ("…", Role::Busy),
        Weight::Plain => (" ", Role::Dim),
    };
    if at_cursor {
        let style = sheet.style(Role::HintKey);
        sheet.put(Position::new(line.x, line.y), 1, "›", style);
    }
    let indent = u16::try_from(row.depth * 2).unwrap_or(0);
    let mut x = line.x + 1 + indent.min(line.width / 3);
    let heading = matches!(row.what, What::Heading(_));
    let (sign, style) = match row.open {
        Some(true) => ("▾", dim),
        Some(false) => ("▹", dim),
        None => (mark, sheet.style(role)),
    };
    sheet.put(Position::new(x, line.y), 1, sign, style);
    x += 2;
    let right = line.right();
    let count_role = match row.what {
        What::Heading(Heading::Collection) => role,
        _ => Role::Text,
    };
    let style = sheet.style(count_role);
    let used = sheet.put_right(
        Rect {
            width: line.width.saturating_sub(1),
            ..line
        },
        &row.count,
        style,
    );
    let end = right.saturating_sub(used + 2);
    let name = match heading {
        true if row.depth == 0 => Role::TitleFocused,
        true => Role::Title,
        false => Role::Key,
    };
    let mut style = sheet.style(match row.what {
        What::Note(_) => Role::Dim,
        _ => name,
    });
    if at_cursor {
        style = style.patch(sheet.style(match focused {
            true => Role::Cursor,
            false => Role::CursorUnfocused,
        }));
    }
    let room = end.saturating_sub(x);
    let kind_width = u16::try_from(row.kind.chars().count()).unwrap_or(u16::MAX);
    let most = match kind_width {
        0 => room,
        n => room.saturating_sub(n.min(room / 2) + 2),
    };
    x += sheet.put(Position::new(x, line.y), most, &row.place, style) + 2;
    let style = match row.weight {
        Weight::Plain => dim,
        _ => sheet.style(role),
    };
    sheet.put(
        Position::new(x, line.y),
        end.saturating_sub(x),
        &row.kind,
        style,
    );
}

fn draw_detail(sheet: &mut Sheet<'_>, tab: &Drift, area: Rect) {
    sheet.regions.main_rows = usize::from(area.height);
    sheet.hit(area, Hit::Cell(0, 0));
    let width = usize::from(area.width.saturating_sub(2));
    let mut y = area.y;
    let first = tab.detail_first;
    let lines: &[Line] = tab.detail();
    for line in lines.iter().skip(first) {
        let style = sheet.style(tone(line.tone));
        let indent: String = line.text.chars().take_while(|c| *c == ' ').collect();
        let indent = &indent[..indent.len().min(width / 3)];
        let room = width.saturating_sub(indent.len());
        for part in wrap(&[line.text.trim_start().to_owned()], room.max(4)) {
            if y >= area.bottom() {
                let more = sheet.style(Role::Dim);
                let last = Rect {
                    y: area.bottom() - 1,
                    height: 1,
                    ..area
                };
                sheet.put_right(last, " ▾", more);
                return;
            }
            let text = format!("{indent}{part}");
            let at = Position::new(area.x + 1, y);
            sheet.put(at, area.width.saturating_sub(2), &text, style);
            y += 1;
        }
    }
}

fn tone(tone: Tone) -> Role {
    match tone {
        Tone::Text => Role::Text,
        Tone::Title => Role::TitleFocused,
        Tone::Dim => Role::Dim,
        Tone::Error => Role::Violation,
        Tone::Good => Role::Success,
        Tone::Added => Role::Added,
        Tone::Removed => Role::Removed,
    }
}
