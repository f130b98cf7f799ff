//! Draws everything about one collection.

use crate::theme::Role;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use super::overlay::{popup, wrap};
use super::{Sheet, words};
use crate::app::details::Details;
use crate::app::words::{document_line, document_text, line};
use crate::mongo::request::{CollectionDetails, CollectionKind, IndexInfo};

/// Draws the details.
pub fn draw(sheet: &mut Sheet<'_>, area: Rect, details: &Details) {
    let mut title = format!("{} on {}", details.namespace, details.profile);
    let profile = sheet.app.profiles.get(&details.profile);
    let at = details.at.filter(|_| details.slot.value().is_some());
    let old = at.filter(|at| profile.is_some_and(|p| p.outdates(*at)));
    if let Some(at) = at {
        title.push_str(&format!("  read {} UTC", words::clock(at.0)));
    }
    let inside = popup(sheet, area, area.width.min(110), area.height, &title);
    let base = sheet.style(Role::Popup);
    let width = usize::from(inside.width);
    let mut lines: Vec<(String, Style)> = match (details.slot.value(), details.slot.failure()) {
        (_, Some(failure)) => wrap(&[failure.to_string()], width)
            .into_iter()
            .map(|l| (l, sheet.style(Role::Error)))
            .collect(),
        (None, None) => vec![("reading …".to_owned(), sheet.style(Role::Dim))],
        (Some(d), None) => lines(sheet, d, width),
    };
    if let Some(at) = old {
        let dim = sheet.style(Role::Dim);
        for (_, style) in &mut lines {
            *style = style.patch(dim);
        }
        let text = format!("! read {} UTC, {}", words::clock(at.0), words::BEFORE_LOSS);
        lines.insert(0, (text, sheet.style(Role::Warning)));
    }
    let first = details
        .first
        .min(lines.len().saturating_sub(usize::from(inside.height)));
    for (y, (line, style)) in (inside.y..inside.bottom()).zip(lines.iter().skip(first)) {
        sheet.put(
            Position::new(inside.x, y),
            inside.width,
            line,
            base.patch(*style),
        );
    }
}

fn lines(sheet: &Sheet<'_>, d: &CollectionDetails, width: usize) -> Vec<(String, Style)> {
    let theme = sheet.theme;
    let mut out = Vec::new();
    let title = |text: &str| (text.to_owned(), theme.style(Role::TitleFocused));
    let kind = match d.kind {
        CollectionKind::Collection => "collection",
        CollectionKind::Capped => "capped collection",
        CollectionKind::View => "view",
        CollectionKind::TimeSeries => "time-series collection",
        CollectionKind::System => "the server's own collection",
    };
    out.push((kind.to_owned(), theme.style(Role::Text)));
    if let Some(stats) = d.stats {
        out.push((
            format!(
                "{} documents, {} ({} on disk), {} each on average, indexes {}",
                words::count(stats.documents),
                words::bytes(stats.bytes),
                words::bytes(stats.storage_bytes),
                words::bytes(stats.average_bytes),
                words::bytes(stats.index_bytes)
            ),
            theme.style(Role::Text),
        ));
    }
    if let Some(model) = sheet
        .app
        .models
        .for_namespace(&d.namespace.database, &d.namespace.collection)
    {
        let place = format!("{}:{}", model.source.file, model.source.line);
        out.push((
            format!(
                "model {} ({place}), {} fields",
                model.name,
                model.fields().len()
            ),
            theme.style(Role::Text),
        ));
    }
    out.push((String::new(), theme.style(Role::Text)));
    out.push(title(&format!("indexes ({})", d.indexes.len())));
    for index in &d.indexes {
        index_lines(
            index,
            theme.style(Role::Text),
            theme.style(Role::Dim),
            &mut out,
        );
    }
    if let Some(validator) = &d.validator {
        out.push((String::new(), theme.style(Role::Text)));
        let level = d.validation_level.as_deref().unwrap_or("strict");
        let action = d.validation_action.as_deref().unwrap_or("error");
        out.push(title(&format!(
            "validator (level {level}, action {action})"
        )));
        document_lines(validator, width, theme.style(Role::Text), &mut out);
    }
    if d.options
        .iter()
        .flatten()
        .any(|(k, _)| k.as_str() != "validator")
    {
        out.push((String::new(), theme.style(Role::Text)));
        out.push(title("options"));
        document_lines(&d.options, width, theme.style(Role::Text), &mut out);
    }
    out
}

fn index_lines(index: &IndexInfo, text: Style, dim: Style, out: &mut Vec<(String, Style)>) {
    let keys = document_line(&index.keys);
    let mut marks = Vec::new();
    for (name, value) in index.specification.iter().flatten() {
        match name.as_str() {
            "v" | "key" | "name" | "ns" => {}
            name if value.as_bool() == Some(true) => marks.push(name.to_owned()),
            name => marks.push(format!("{name} {}", line(value))),
        }
    }
    let marks = if marks.is_empty() {
        String::new()
    } else {
        format!("  {}", marks.join(", "))
    };
    out.push((format!("{}  {keys}{marks}", index.name), text));
    let size = index
        .bytes
        .map_or("size not known".to_owned(), words::bytes);
    let uses = match index.uses {
        Some(0) => "never used since the server counts".to_owned(),
        Some(1) => "used once".to_owned(),
        Some(n) => format!("used {} times", words::count(n)),
        None => "use not known".to_owned(),
    };
    out.push((format!("    {size}, {uses}"), dim));
}

fn document_lines(
    document: &bson::RawDocument,
    width: usize,
    style: Style,
    out: &mut Vec<(String, Style)>,
) {
    let text = document_text(document);
    for line in text.lines() {
        // Indentation is kept on the lines that a long line is broken into.
        let indent: String = line.chars().take_while(|c| *c == ' ').collect();
        let rows = wrap(
            &[line.trim_start().to_owned()],
            width.saturating_sub(indent.len()).max(10),
        );
        out.extend(
            rows.into_iter()
                .map(|row| (format!("{indent}{row}"), style)),
        );
    }
}
