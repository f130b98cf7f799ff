//! Draws the panel of what runs on the server.

use ratatui::layout::Rect;

use super::frame::{self, Column, Piece};
use crate::app::monitor::Monitor;
use crate::app::monitor::operations::{WORDS, lasting, lock_of};
use crate::mongo::request::observe::RunningOperation;
use crate::theme::Role;
use crate::view::{Sheet, words};

const NARROW: &[Column] = &[
    Column::figure("running", 8),
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
    Column::text("namespace", 24),
    Column::text("plan", 14),
    Column::text("client", 26),
    Column::text("locks", 12),
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
    if !panel.listing.filter.is_empty() && panel.field.is_none() {
        title.push((format!("  with “{}”", panel.listing.filter), Role::Match));
    }
    let columns = frame::fitting(area, NARROW, USUAL, FULL);
    title.extend(frame::order_of(&panel.listing.order, columns));
    let hidden = match panel.idle {
        true => "  idle and internal too",
        false => "  idle hidden",
    };
    title.push((hidden.to_owned(), Role::Dim));
    let mut area = frame::head(sheet, area, &title, &right);
    if let Some(field) = &panel.field {
        let problem = panel.problem.as_deref();
        area = frame::field(sheet, area, "filter", field, &WORDS.hint(), problem);
    }
    let area = frame::failure(sheet, area, panel.reading.failure());
    let Some(operations) = panel.operations() else {
        return frame::nothing(sheet, tab, area, panel.reading.failure().is_some());
    };
    let area = frame::gaps(sheet, area, &operations.gaps);
    let area = frame::ordered(sheet, area, columns, Some(&panel.listing.order));
    sheet.regions.main_rows = usize::from(area.height);
    if panel.count() == 0 {
        let text = match (operations.running.is_empty(), panel.idle) {
            (false, _) => "nothing that runs has these words",
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
        &panel.listing.window,
        panel.rows(),
        |(operation, statement)| cells(operation, statement, columns),
    );
}

fn cells(operation: &RunningOperation, statement: &str, columns: &[Column]) -> Vec<Piece> {
    let long = lasting(operation).is_some_and(|r| r >= LONG);
    let time = match lasting(operation) {
        Some(lasting) => words::span(lasting),
        None => "idle".to_owned(),
    };
    let time = match (operation.kill_pending, lasting(operation), long) {
        (true, _, _) => (format!("✗ {time}"), Role::Error),
        (false, None, _) => (time, Role::Dim),
        (false, _, true) => (time, Role::Warning),
        (false, _, false) => (time, Role::KindNumber),
    };
    let wait = (operation.waits).then(|| ("waits".to_owned(), Role::Warning));
    let namespace = (operation.namespace.clone(), Role::Text);
    let mut statement = match operation.how_far() {
        Some(progress) => format!("{progress}  {statement}"),
        None => statement.to_owned(),
    };
    if operation.transaction.is_some() {
        statement = format!("(transaction) {statement}");
    }
    // Where there is no column for it.
    if columns.len() < FULL.len() && operation.ours {
        statement = format!("(ours) {statement}");
    }
    let ours = if operation.ours { "ours: " } else { "" };
    let plan = operation.plan.clone().unwrap_or_default();
    let plan_role = match plan.starts_with("COLLSCAN") {
        true => Role::Warning,
        false => Role::Dim,
    };
    let client = match (&operation.application, &operation.client) {
        (Some(application), Some(client)) => format!("{ours}{application} {client}"),
        (Some(one), None) | (None, Some(one)) => format!("{ours}{one}"),
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
            "locks" => (lock_of(operation), Role::Dim),
            _ if columns.len() == NARROW.len() && operation.waits => {
                in_words("(waits for a lock) ")
            }
            _ => in_words(""),
        })
        .collect()
}
