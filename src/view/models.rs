//! Draws the models: the list, the chosen one as rows, and below it what there is to say of the row under the cursor.

use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use unicode_width::UnicodeWidthStr;

use super::Sheet;
use super::overlay::wrap;
use crate::app::Focus;
use crate::app::models::list::Item;
use crate::app::models::page::{Look, Row, binding, short};
use crate::app::models::{Models, Part};
use crate::app::regions::Hit;
use crate::model::{Kind, Model, Strictness};
use crate::theme::Role;

/// From so many columns on, the list stands beside the model instead of above it.
const SIDE_BY_SIDE: u16 = 84;
/// From so many columns on, a row says its line.
const WITH_LINES: u16 = 52;
/// The most rows for what is said of the row under the cursor.
const STRIP: u16 = 3;

/// Draws the tab.
pub fn draw(sheet: &mut Sheet<'_>, tab: &Models, area: Rect) {
    let (list, page) = if area.width >= SIDE_BY_SIDE {
        sheet.beside(area, (area.width * 36 / 100).clamp(30, 46))
    } else {
        sheet.above(area, (area.height / 3).clamp(3.min(area.height), 9))
    };
    sheet.regions.main_width = usize::from(page.width);
    draw_list(sheet, tab, list);
    draw_page(sheet, tab, page);
}

/// Whether a part of the tab has the keys.
fn has_keys(sheet: &Sheet<'_>, tab: &Models, part: Part) -> bool {
    sheet.app.focus == Focus::Main && tab.part == part
}

fn cursor(sheet: &Sheet<'_>, has_keys: bool) -> Style {
    sheet.style(match has_keys {
        true => Role::Cursor,
        false => Role::CursorUnfocused,
    })
}

fn draw_list(sheet: &mut Sheet<'_>, tab: &Models, area: Rect) {
    if area.height == 0 {
        return;
    }
    let head = Rect { height: 1, ..area };
    let focused = has_keys(sheet, tab, Part::List);
    match &tab.list.filter {
        Some(field) => {
            let used = sheet.put(
                Position::new(head.x + 1, head.y),
                head.width.saturating_sub(1),
                "filter ",
                sheet.style(Role::HintKey),
            );
            let at = Position::new(head.x + 1 + used, head.y);
            let style = sheet.style(Role::Input);
            let active = tab.list.filtering
                && sheet.app.focus == Focus::Main
                && sheet.app.overlays.is_empty();
            sheet.field(
                at,
                head.width.saturating_sub(used + 1),
                field,
                style,
                active,
            );
        }
        None => {
            let gaps = match tab.list.gaps() {
                0 => String::new(),
                1 => ", 1 part not read".to_owned(),
                n => format!(", {n} parts not read"),
            };
            let text = match tab.list.models() {
                1 => format!("1 model{gaps}"),
                n => format!("{n} models{gaps}"),
            };
            let role = if focused {
                Role::TitleFocused
            } else {
                Role::Title
            };
            let style = sheet.style(role);
            sheet.put(
                Position::new(head.x + 1, head.y),
                head.width.saturating_sub(1),
                &text,
                style,
            );
        }
    }
    let rows = Rect {
        y: area.y + 1,
        height: area.height - 1,
        ..area
    };
    sheet.regions.side_rows = usize::from(rows.height);
    let first = tab.list.window.first;
    let mut any = false;
    for (y, (place, item)) in (rows.y..rows.bottom()).zip(tab.list.rows().enumerate().skip(first)) {
        any = true;
        let line = Rect {
            y,
            height: 1,
            ..rows
        };
        sheet.hit(line, Hit::Row(place - first));
        let at_cursor = place == tab.list.window.cursor && tab.missing.is_none();
        list_row(sheet, line, item, at_cursor, focused);
    }
    if !any && rows.height > 0 {
        let text = match tab.list.filter {
            Some(_) => "no model of that name",
            None => "no model is loaded: name files in `models` of the configuration",
        };
        let lines = wrap(
            &[text.to_owned()],
            usize::from(rows.width.saturating_sub(2)),
        );
        let style = sheet.style(Role::Dim);
        for (y, line) in (rows.y..rows.bottom()).zip(&lines) {
            sheet.put(
                Position::new(rows.x + 1, y),
                rows.width.saturating_sub(1),
                line,
                style,
            );
        }
    }
}

fn list_row(sheet: &mut Sheet<'_>, line: Rect, item: &Item, at_cursor: bool, focused: bool) {
    let dim = sheet.style(Role::Dim);
    let at = |x: u16| Position::new(line.x + x, line.y);
    let room = |x: u16| line.width.saturating_sub(x);
    if at_cursor {
        let style = sheet.style(if focused {
            Role::TitleFocused
        } else {
            Role::Dim
        });
        sheet.put(at(0), 1, "▸", style);
    }
    match item {
        Item::Group {
            database,
            domain,
            models,
        } => {
            let database = database.as_deref().unwrap_or("any database");
            let text = match domain {
                Some(domain) => format!("{database} · {domain}"),
                None => database.to_owned(),
            };
            let style = sheet.style(Role::Title);
            let used = sheet.put(at(1), room(5), &text, style);
            sheet.put(at(1 + used + 1), room(used + 2), &models.to_string(), dim);
        }
        Item::Model(model) => {
            let fields = format!("{} fields", model.fields().len());
            let gaps = match model.gaps.len() {
                0 => String::new(),
                n => format!("! {n}  "),
            };
            let end = sheet.put_right(line, &fields, dim);
            let rest = Rect {
                width: line.width.saturating_sub(end),
                ..line
            };
            let style = sheet.style(Role::Warning);
            let gap_width = match gaps.is_empty() {
                true => 1,
                false => sheet.put_right(rest, &gaps, style),
            };
            let right = end + gap_width + 1;
            let mut style = sheet.style(Role::Text);
            if at_cursor {
                style = style.patch(cursor(sheet, focused));
            }
            let used = sheet.put(at(3), room(3 + right), &model.name, style);
            let collection = match model.database {
                Some(_) => model.collection.clone(),
                None => format!("*.{}", model.collection),
            };
            let x = 3 + used + 1;
            if room(x + right) > 3 {
                sheet.put(at(x), room(x + right), &collection, dim);
            }
        }
        Item::Gap(gap) => {
            let mut style = sheet.style(Role::Warning);
            if at_cursor {
                style = style.patch(cursor(sheet, focused));
            }
            let text = format!("! {}", short(&gap.file));
            sheet.put(at(1), room(1), &text, style);
        }
    }
}

fn draw_page(sheet: &mut Sheet<'_>, tab: &Models, area: Rect) {
    if area.height == 0 {
        return;
    }
    let Some(page) = &tab.page else {
        return nothing(sheet, tab, area);
    };
    let head = head(sheet, tab, &page.model, area);
    let mut rest = Rect {
        y: area.y + head,
        height: area.height.saturating_sub(head),
        ..area
    };
    if rest.height >= 8 {
        let height = 1 + STRIP.min(rest.height / 6 + 1);
        let strip = Rect {
            y: rest.bottom() - height,
            height,
            ..rest
        };
        rest.height -= height;
        draw_strip(sheet, page.current(), strip);
    }
    sheet.regions.main_rows = usize::from(rest.height);
    let focused = has_keys(sheet, tab, Part::Page);
    let first = page.window.first;
    let rows = page.rows();
    for (y, (place, row)) in (rest.y..rest.bottom()).zip(rows.iter().enumerate().skip(first)) {
        let line = Rect {
            y,
            height: 1,
            ..rest
        };
        sheet.hit(line, Hit::Cell(place - first, 0));
        let cursor = (place == page.window.cursor).then(|| cursor(sheet, focused));
        page_row(sheet, line, row, cursor);
    }
}

/// What is said where no model is shown.
fn nothing(sheet: &mut Sheet<'_>, tab: &Models, area: Rect) {
    let mut lines = Vec::new();
    if let Some(missing) = &tab.missing {
        lines.push((format!("no model describes `{missing}`"), Role::Text));
        lines.push((
            "name the file that does in `models` of the configuration".to_owned(),
            Role::Dim,
        ));
    } else if let Some(gap) = tab.list.current_gap() {
        let place = match gap.line {
            0 => gap.file.clone(),
            line => format!("{}:{line}", gap.file),
        };
        lines.push((place, Role::Warning));
        lines.push((gap.what.clone(), Role::Text));
    }
    let width = usize::from(area.width.saturating_sub(2));
    let mut y = area.y;
    for (text, role) in lines {
        let style = sheet.style(role);
        for line in wrap(&[text], width) {
            if y >= area.bottom() {
                return;
            }
            sheet.put(
                Position::new(area.x + 1, y),
                area.width.saturating_sub(1),
                &line,
                style,
            );
            y += 1;
        }
    }
}

/// The model's name and place. Gives the rows it took.
fn head(sheet: &mut Sheet<'_>, tab: &Models, model: &Model, area: Rect) -> u16 {
    let inside = Rect {
        x: area.x + 1,
        width: area.width.saturating_sub(2),
        ..area
    };
    let dim = sheet.style(Role::Dim);
    let title = sheet.style(if has_keys(sheet, tab, Part::Page) {
        Role::TitleFocused
    } else {
        Role::Title
    });
    let binding = format!("  {}", binding(model));
    let mut options = Vec::new();
    match model.options().strict {
        Strictness::Strict => {}
        Strictness::Open => options.push("other fields are allowed"),
        Strictness::Throw => options.push("no other fields"),
    }
    if model.options().created_at.is_some() || model.options().updated_at.is_some() {
        options.push("time stamps");
    }
    if model.validator.is_some() {
        options.push("$jsonSchema");
    }
    let options = match options.is_empty() {
        true => String::new(),
        false => format!("  {}", options.join(", ")),
    };
    let text = sheet.style(Role::Text);
    sheet.put_all(
        Position::new(inside.x, inside.y),
        inside.width,
        [
            (model.name.as_str(), title),
            (binding.as_str(), text),
            (options.as_str(), dim),
        ],
    );
    if area.height < 6 {
        return 1;
    }
    let source = match model.source.line {
        0 => model.source.file.clone(),
        line => format!("{}:{line}", model.source.file),
    };
    let at = Position::new(inside.x, inside.y + 1);
    sheet.put(at, inside.width, &tail(&source, inside.width), dim);
    2
}

fn page_row(sheet: &mut Sheet<'_>, line: Rect, row: &Row, cursor: Option<Style>) {
    let dim = sheet.style(Role::Dim);
    let mut right = line.right();
    if line.width >= WITH_LINES
        && let Some(source) = &row.source
    {
        let text = format!("  :{}", source.line);
        right -= sheet.put_right(line, &text, dim);
    }
    let indent = u16::try_from(row.depth * 2).unwrap_or(u16::MAX);
    let mut x = line.x + 1 + indent.min(line.width / 3);
    if cursor.is_some() {
        let style = sheet.style(Role::HintKey);
        sheet.put(Position::new(line.x, line.y), 1, "›", style);
    }
    let mark = match row.open {
        Some(true) => "▾ ",
        Some(false) => "▹ ",
        None => "  ",
    };
    let room = |x: u16| right.saturating_sub(x);
    x += sheet.put(Position::new(x, line.y), room(x), mark, dim);
    let role = match row.look {
        Look::Section => Role::TitleFocused,
        Look::Field => Role::Key,
        Look::Implied => Role::Dim,
        Look::Plain => Role::Text,
        Look::Gap => Role::Warning,
    };
    let mut style = sheet.style(role);
    if let Some(cursor) = cursor {
        style = style.patch(cursor);
    }
    let used = sheet.put(Position::new(x, line.y), room(x), &row.name, style);
    x += used;
    // Kinds stand in a column of their own where names leave it free.
    let column = line.x + (line.width * 2 / 5).clamp(14, 30);
    x = match row.kind {
        Some(_) if x < column => column,
        _ => (x + u16::from(used > 0) * 2).min(right),
    };
    let style = match &row.kind {
        Some(kind) => sheet.style(kind_role(kind)),
        None => dim,
    };
    let style = match (row.look, cursor, row.name.is_empty()) {
        (_, Some(cursor), true) => style.patch(cursor),
        _ => style,
    };
    let used = sheet.put(Position::new(x, line.y), room(x), &row.what, style);
    x += used + u16::from(used > 0) * 2;
    let text = sheet.style(match row.look {
        Look::Implied => Role::Dim,
        _ => Role::Text,
    });
    sheet.put(Position::new(x, line.y), room(x), &row.rest, text);
}

/// Everything about the row under the cursor, where its line is too short for it.
fn draw_strip(sheet: &mut Sheet<'_>, row: Option<&Row>, area: Rect) {
    sheet.horizontal(area.x, area.y, area.width);
    let Some(row) = row else {
        return;
    };
    let inside = Rect {
        x: area.x + 1,
        y: area.y + 1,
        width: area.width.saturating_sub(2),
        height: area.height - 1,
    };
    let name = match row.path.is_empty() {
        true => row.name.clone(),
        false => row.path.clone(),
    };
    let mut at = Position::new(inside.x, inside.y);
    if let Some(source) = &row.source {
        let text = format!("  {}:{}", short(&source.file), source.line);
        let dim = sheet.style(Role::Dim);
        let line = Rect {
            height: 1,
            ..inside
        };
        sheet.put_right(line, &text, dim);
    }
    let style = sheet.style(Role::Key);
    sheet.put(at, inside.width, &name, style);
    let rest: Vec<&str> = [row.what.as_str(), &row.rest]
        .into_iter()
        .filter(|p| !p.is_empty())
        .collect();
    let style = sheet.style(Role::Text);
    for line in wrap(&[rest.join("  ")], usize::from(inside.width)) {
        at.y += 1;
        if at.y >= inside.bottom() {
            return;
        }
        sheet.put(at, inside.width, &line, style);
    }
}

/// The end of a path that is too long.
fn tail(text: &str, width: u16) -> String {
    let over = text.width().saturating_sub(usize::from(width));
    if over == 0 {
        return text.to_owned();
    }
    let kept: String = text.chars().skip(over + 1).collect();
    format!("…{kept}")
}

/// The role of a kind's colour: that of the values it stands for.
#[must_use]
pub fn kind_role(kind: &Kind) -> Role {
    match kind {
        Kind::String => Role::KindString,
        Kind::Number | Kind::Int32 | Kind::Double | Kind::BigInt | Kind::Decimal128 => {
            Role::KindNumber
        }
        Kind::Boolean => Role::KindBoolean,
        Kind::Date => Role::KindDate,
        Kind::ObjectId | Kind::Uuid => Role::KindId,
        Kind::Buffer => Role::KindBinary,
        Kind::Nested(_) | Kind::Embedded(_) | Kind::Array(_) | Kind::Map(_) => Role::KindContainer,
        Kind::Mixed | Kind::Union(_) => Role::KindOther,
        Kind::Unknown => Role::Warning,
    }
}
