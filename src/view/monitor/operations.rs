//! Draws the panel of what runs on the server.

use ratatui::layout::Rect;

use super::frame::{self, Column, Piece};
use crate::app::monitor::Monitor;
use crate::mongo::request::observe::RunningOperation;
use crate::theme::Role;
use crate::view::{Sheet, words};

const NARROW: &[Column] = &[
    Column::figure("running", 7),
    Column::text("namespace", 20),
    Column::text("statement", 0),
];

const USUAL: &[Column] = &[
    Column::figure("running", 8),
    Column::text("namespace", 22),
    Column::text("plan", 10),
    Column::text("client", 14),
    Column::text("statement", 0),
];

const FULL: &[Column] = &[
    Column::figure("running", 8),
    Column::text("namespace", 26),
    Column::text("plan", 14),
    Column::text("client", 30),
    Column::text("kind", 8),
    Column::text("statement", 0),
];

/// An operation that runs so long is worth a look.
const LONG: std::time::Duration = std::time::Duration::from_secs(5);

/// Draws the panel.
pub fn draw(sheet: &mut Sheet<'_>, tab: &Monitor, area: Rect) {
    let panel = &tab.operations;
    let right = frame::read_at(sheet, &panel.reading);
    let mut title = vec![("operations".to_owned(), Role::Title)];
    if let Some(operations) = panel.operations() {
        let more = if operations.more { ", and more" } else { "" };
        let count = frame::some_of(panel.count(), operations.running.len(), "operation");
        title = vec![
            (operations.host.clone(), Role::Title),
            (format!("  {count}{more}"), Role::Text),
        ];
    }
    if panel.idle {
        title.push(("  idle too".to_owned(), Role::Dim));
    }
    if !panel.filter.is_empty() && panel.field.is_none() {
        title.push((format!("  with “{}”", panel.filter), Role::Match));
    }
    let mut area = frame::head(sheet, area, &title, &right);
    if let Some(field) = &panel.field {
        let hint = "text of a statement, a namespace, a client, a plan";
        area = frame::field(sheet, area, "filter", field, hint, None);
    }
    let area = frame::failure(sheet, area, panel.reading.failure());
    let Some(operations) = panel.operations() else {
        return frame::nothing(sheet, tab, area, panel.reading.failure().is_some());
    };
    let area = frame::gaps(sheet, area, &operations.gaps);
    let columns = frame::fitting(area, NARROW, USUAL, FULL);
    let area = frame::titles(sheet, area, columns);
    sheet.regions.main_rows = usize::from(area.height);
    if panel.count() == 0 {
        let text = match (operations.running.is_empty(), panel.idle) {
            (false, _) => "nothing that runs has this text",
            (true, false) => "nothing runs at this moment but what asked",
            (true, true) => "nothing runs",
        };
        frame::line(sheet, area, &[(text.to_owned(), Role::Dim)]);
        return;
    }
    frame::rows(
        sheet,
        area,
        columns,
        &panel.window,
        panel.rows(),
        |(operation, statement)| cells(operation, statement, columns),
    );
}

fn cells(operation: &RunningOperation, statement: &str, columns: &[Column]) -> Vec<Piece> {
    let long = operation.running.is_some_and(|r| r >= LONG);
    let time = match operation.running {
        Some(running) => words::span(running),
        None => "idle".to_owned(),
    };
    let time = match (operation.kill_pending, operation.running, long) {
        (true, _, _) => (format!("✗ {time}"), Role::Error),
        (false, None, _) => (time, Role::Dim),
        (false, _, true) => (time, Role::Warning),
        (false, _, false) => (time, Role::KindNumber),
    };
    let wait = (operation.waits).then(|| ("waits".to_owned(), Role::Warning));
    let namespace = (operation.namespace.clone(), Role::Text);
    let statement = match &operation.message {
        Some(message) => format!("{message}  {statement}"),
        None => statement.to_owned(),
    };
    let plan = operation.plan.clone().unwrap_or_default();
    let plan_role = match plan.starts_with("COLLSCAN") {
        true => Role::Warning,
        false => Role::Dim,
    };
    let client = match (&operation.application, &operation.client) {
        (Some(application), Some(client)) => format!("{application} {client}"),
        (Some(one), None) | (None, Some(one)) => one.clone(),
        (None, None) => operation.thread.clone(),
    };
    let in_words = |mark: &str| (format!("{mark}{statement}"), Role::Text);
    columns
        .iter()
        .map(|column| match column.title {
            "running" => time.clone(),
            "namespace" => namespace.clone(),
            "plan" => wait.clone().unwrap_or((plan.clone(), plan_role)),
            "client" => (client.clone(), Role::Dim),
            "kind" => (operation.kind.clone(), Role::Dim),
            _ if columns.len() == NARROW.len() && operation.waits => {
                in_words("(waits for a lock) ")
            }
            _ => in_words(""),
        })
        .collect()
}
