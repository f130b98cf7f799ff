//! Draws the list of a pipeline's stages, and beside or below it what comes out of the one under the cursor.

use ratatui::layout::{Position, Rect};

use super::super::overlay::wrap;
use super::super::{Sheet, documents, words};
use crate::app::query::preview::{Previews, Said};
use crate::app::query::stages::List;
use crate::app::query::{Part, Query};
use crate::app::regions::Hit;
use crate::app::words::grouped;
use crate::app::{Command, Context, Focus};
use crate::mongo::request::ProfileName;
use crate::query::stages::{FieldChanges, Sample, State};
use crate::theme::Role;
use crate::value::instant::Calendar;

/// From so many columns of the screen on, the list is beside the preview.
const BESIDE: u16 = 120;
/// The most columns of a list beside the preview.
const WIDEST: u16 = 52;
/// The fewest rows that the preview keeps below a list.
const LEAST_PREVIEW: u16 = 6;

/// Draws the list and the preview.
pub(super) fn draw(sheet: &mut Sheet<'_>, query: &Query, area: Rect) {
    if area.height == 0 {
        return;
    }
    let active = sheet.app.focus == Focus::Main
        && sheet.app.overlays.is_empty()
        && query.part == Part::Stages;
    if sheet.buffer.area.width >= BESIDE {
        let width = (area.width * 2 / 5).min(WIDEST);
        let side = Rect { width, ..area };
        list(sheet, query, side, active);
        sheet.vertical(side.right(), area.y, area.height);
        let rest = Rect {
            x: side.right() + 1,
            width: area.width.saturating_sub(width + 1),
            ..area
        };
        preview(sheet, query, rest);
    } else {
        let lines = match &query.stages.list {
            Some(list) => list.lines_before(list.rows.len(), &query.stages.unfolded),
            None => 0,
        };
        let said = u16::from(query.stages.problem.is_some());
        let lines = u16::try_from(lines.max(1)).unwrap_or(u16::MAX);
        let most = area.height.saturating_sub(LEAST_PREVIEW).max(3);
        let height = (lines.saturating_add(1 + said)).min(most).min(area.height);
        let top = Rect { height, ..area };
        list(sheet, query, top, active);
        let rest = Rect {
            y: top.bottom(),
            height: area.height - height,
            ..area
        };
        preview(sheet, query, rest);
    }
}

fn list(sheet: &mut Sheet<'_>, query: &Query, area: Rect, active: bool) {
    let stages = &query.stages;
    let count = stages.list.as_ref().map_or(0, |l| l.rows.len());
    let off = stages.list.iter().flat_map(|l| &l.rows);
    let off = off.filter(|r| r.state == State::Disabled).count();
    let mut title = crate::app::words::several(count, "stage");
    if off > 0 {
        title.push_str(&format!(", {off} off"));
    }
    let role = match active {
        true => Role::TitleFocused,
        false => Role::Dim,
    };
    let style = sheet.style(role);
    let width = area.width.saturating_sub(1);
    sheet.put(Position::new(area.x + 1, area.y), width, &title, style);
    let mut rest = Rect {
        y: area.y + 1,
        height: area.height - 1,
        ..area
    };
    if let Some(problem) = &stages.problem {
        let lead = match count {
            0 => "",
            _ => "as it was: ",
        };
        let style = sheet.style(Role::Warning);
        let text = format!("! {lead}{problem}");
        let most = usize::from(rest.height.min(if count == 0 { 4 } else { 2 }));
        let lines = wrap(&[text], usize::from(width.max(1)));
        for line in lines.iter().take(most) {
            sheet.put(Position::new(rest.x + 1, rest.y), width, line, style);
            rest.y += 1;
            rest.height -= 1;
        }
    }
    sheet.regions.side_rows = usize::from(rest.height);
    let Some(list) = &stages.list else {
        return;
    };
    if list.rows.is_empty() && stages.problem.is_none() {
        let text = match sheet.keymaps.hint(Context::Stages, Command::StageAppend) {
            Some(key) => format!("no stage so far; {key}: insert one"),
            None => "no stage so far".to_owned(),
        };
        let style = sheet.style(Role::Dim);
        sheet.put(Position::new(rest.x + 1, rest.y), width, &text, style);
        return;
    }
    rows(sheet, query, list, rest, active);
}

fn rows(sheet: &mut Sheet<'_>, query: &Query, list: &List, area: Rect, active: bool) {
    let stages = &query.stages;
    let outdated = stages.problem.is_some();
    let mut line = 0;
    let mut y = area.y;
    for (number, row) in list.rows.iter().enumerate() {
        let open = stages.unfolded.contains(&number);
        let lines = if open { row.lines.len() } else { 0 };
        if line + lines < stages.first {
            line += 1 + lines;
            continue;
        }
        let here = number == list.cursor && !outdated;
        if line >= stages.first {
            if y >= area.bottom() {
                return;
            }
            let at = Rect {
                y,
                height: 1,
                ..area
            };
            head(sheet, query, list, number, at, here, active);
            y += 1;
        }
        line += 1;
        let style = sheet.style(match (outdated, row.state) {
            (false, State::Enabled) => Role::Text,
            _ => Role::Dim,
        });
        for text in row.lines.iter().take(lines) {
            if line >= stages.first {
                if y >= area.bottom() {
                    return;
                }
                let at = Position::new(area.x + 6, y);
                sheet.put(at, area.width.saturating_sub(7), text, style);
                let hit = Rect {
                    y,
                    height: 1,
                    ..area
                };
                sheet.hit(hit, Hit::Stage(number));
                y += 1;
            }
            line += 1;
        }
    }
}

/// The line of one stage: its number, what it does, how many documents come out.
fn head(
    sheet: &mut Sheet<'_>,
    query: &Query,
    list: &List,
    number: usize,
    line: Rect,
    here: bool,
    active: bool,
) {
    let Some(row) = list.rows.get(number) else {
        return;
    };
    let outdated = query.stages.problem.is_some();
    let off = row.state == State::Disabled;
    let base = match here {
        true if active => sheet.style(Role::Cursor),
        true => sheet.style(Role::CursorUnfocused),
        false => sheet.style(Role::Text),
    };
    if here {
        sheet.clear(line, base);
    }
    let dim = base.patch(sheet.style(Role::Dim));
    let quiet = outdated || off;
    let broken = list.problems.get(number).is_some_and(Option::is_some);
    let name = match quiet {
        true => dim,
        false => base.patch(sheet.style(Role::Operator)),
    };
    let text = if quiet { dim } else { base };
    let mark = match (broken, off) {
        (true, _) => "✗",
        (_, true) => "○",
        _ => "●",
    };
    let mark_style = match (broken, off) {
        (true, _) => base.patch(sheet.style(Role::Error)),
        (_, true) => dim,
        _ => base.patch(sheet.style(Role::Success)),
    };
    let lead = if here { "▸" } else { " " };
    let count = query.stages.previews.counts.get(number).copied().flatten();
    let right = match (off, count) {
        (true, _) => "off ".to_owned(),
        (false, Some(n)) if !outdated => format!("→{} ", words::count(n)),
        _ => String::new(),
    };
    let used = sheet.put_right(line, &right, dim);
    let label = format!("{:>2} ", number + 1);
    let operator = format!("{} ", row.name.as_deref().unwrap_or("…"));
    let shown = match (query.stages.unfolded.contains(&number), &row.name) {
        (true, Some(_)) => "",
        _ => row.line.as_str(),
    };
    let room = line.width.saturating_sub(used + 1);
    sheet.put_all(
        Position::new(line.x, line.y),
        room,
        [
            (lead, base),
            (label.as_str(), dim),
            (mark, mark_style),
            (" ", base),
            (operator.as_str(), name),
            (shown, text),
        ],
    );
    sheet.hit(line, Hit::Stage(number));
}

/// Which documents go in.
fn sample(previews: &Previews) -> String {
    let of = match previews.total {
        Some(total) => format!(" of ~{}", words::count(total)),
        None => String::new(),
    };
    match (previews.sample, previews.sample.size()) {
        (Sample::Random, Some(n)) => format!("{} by chance{of}", grouped(u64::from(n))),
        (_, Some(n)) => format!("first {}{of}", grouped(u64::from(n))),
        (_, None) => match previews.total {
            Some(total) => format!("all of ~{}", words::count(total)),
            None => "all documents".to_owned(),
        },
    }
}

/// What comes out of the stage under the cursor.
fn preview(sheet: &mut Sheet<'_>, query: &Query, area: Rect) {
    if area.height == 0 {
        return;
    }
    let previews = &query.stages.previews;
    let beside = sheet.buffer.area.width >= BESIDE;
    if !beside {
        sheet.horizontal(area.x, area.y, area.width);
    }
    let Some(said) = previews
        .said
        .as_ref()
        .filter(|_| query.stages.problem.is_none())
    else {
        return;
    };
    let inner = Rect {
        x: area.x + 1,
        width: area.width.saturating_sub(2),
        height: 1,
        ..area
    };
    // Below the list, what goes in is said on the line between the two.
    let (figures_at, input_at) = match beside {
        true => (area.y, area.y + 1),
        false => (area.y + 1, area.y),
    };
    if figures_at < area.bottom() {
        let text = figures(said);
        let style = sheet.style(Role::TitleFocused);
        sheet.put(
            Position::new(inner.x, figures_at),
            inner.width,
            &text,
            style,
        );
    }
    if input_at < area.bottom() {
        let (text, role) = input(sheet, &query.profile, previews, said);
        let style = sheet.style(role);
        let line = Rect {
            y: input_at,
            ..inner
        };
        match beside {
            true => sheet.put(Position::new(line.x, line.y), line.width, &text, style),
            false => sheet.put_right(line, &format!(" {text} "), style),
        };
    }
    let mut rest = Rect {
        y: area.y + 2.min(area.height),
        height: area.height.saturating_sub(2),
        ..area
    };
    let mut lines: Vec<(String, Role)> = Vec::new();
    if let Some(changes) = &said.changes {
        lines.push((fields(changes), Role::Text));
    }
    if let Some(note) = &said.note {
        lines.push((note.clone(), Role::Warning));
    }
    if let Some(failure) = &said.failure {
        lines.push((format!("✗ {}", failure.summary), Role::Error));
        let shorter = sheet.keymaps.hint(Context::Stages, Command::StageSample);
        let help = match (&failure.help, shorter) {
            _ if failure.kind == crate::mongo::request::FailureKind::Timeout => {
                shorter.map(|key| format!("  {key}: other documents to preview on"))
            }
            (Some(help), _) => Some(format!("  {help}")),
            (None, _) => None,
        };
        lines.extend(help.map(|h| (h, Role::Text)));
    }
    let width = usize::from(inner.width).max(1);
    for (text, role) in lines {
        let style = sheet.style(role);
        for line in wrap(&[text], width).iter().take(3) {
            if rest.height == 0 {
                return;
            }
            sheet.put(Position::new(inner.x, rest.y), inner.width, line, style);
            rest.y += 1;
            rest.height -= 1;
        }
    }
    if let Some(pictured) = &previews.pictured
        && (said.at.is_some() || previews.is_busy())
    {
        sheet.quiet = true;
        documents::draw_rows(sheet, &pictured.documents, rest);
        sheet.quiet = false;
    }
}

/// How many went in and came out of the stage, in which time.
fn figures(said: &Said) -> String {
    let figure = |n: Option<u64>| n.map_or("…".to_owned(), grouped);
    let mut text = format!("{} {}", said.number, said.name);
    if said.went_in.is_some() || said.came_out.is_some() {
        let out = figure(said.came_out);
        text.push_str(&match said.went_in {
            Some(n) => format!("  {} in → {out} out", grouped(n)),
            None => format!("  → {out} out"),
        });
    }
    if let Some(upto) = said.upto {
        text.push_str(&match said.own {
            Some(own) => format!("  {} here, {} in all", words::span(own), words::span(upto)),
            None => format!("  {} in all", words::span(upto)),
        });
    }
    text
}

/// Which documents went in, and when that was read.
fn input(
    sheet: &Sheet<'_>,
    profile: &ProfileName,
    previews: &Previews,
    said: &Said,
) -> (String, Role) {
    let mut text = match (said.of_input, previews.sample.size()) {
        (true, _) => sample(previews),
        (false, Some(n)) => format!("first {} found", grouped(u64::from(n))),
        (false, None) => "all that it finds".to_owned(),
    };
    let profile = sheet.app.profiles.get(profile);
    let old = said
        .at
        .filter(|at| profile.is_some_and(|p| p.outdates(*at)));
    if let Some(at) = said.at {
        let at = Calendar::from_millis(i64::try_from(at.0).unwrap_or(0));
        text.push_str(&format!(
            "  read {:02}:{:02}:{:02} UTC",
            at.hour, at.minute, at.second
        ));
    }
    match said.since {
        Some(since) => {
            let time = words::span(sheet.app.now.since(since));
            (format!("{text}  reading {time}"), Role::Busy)
        }
        None if previews.is_busy() => (format!("{text}  reading …"), Role::Busy),
        None => match old {
            // What matters comes first, since the line may be cut.
            Some(at) => {
                let read = words::clock(at.0);
                let text = format!("! read {read} UTC, {}", words::BEFORE_LOSS);
                (text, Role::Warning)
            }
            None => (text, Role::Dim),
        },
    }
}

/// The fields that a stage adds and loses, in a line.
fn fields(changes: &FieldChanges) -> String {
    if changes.added.is_empty() && changes.lost.is_empty() {
        return "the same fields".to_owned();
    }
    let list = |sign: &str, names: &[String]| match names {
        [] => None,
        names => Some(format!("{sign} {}", names.join(", "))),
    };
    [list("+", &changes.added), list("−", &changes.lost)]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join("   ")
}
