//! Draws the panel of a server's figures: each with its last minutes, and the one under the cursor as a chart.

use ratatui::layout::Rect;

use super::frame::{self, Column, Piece, below};
use crate::app::monitor::Monitor;
use crate::app::monitor::rates::Point;
use crate::app::monitor::reading::clock;
use crate::app::monitor::server::{Figure, Unit};
use crate::theme::Role;
use crate::value::chart::{self, Data, Kind, Label, Series};
use crate::view::{Sheet, words};

const LEVELS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// From so many rows on, there is a chart.
const ROOM_FOR_CHART: u16 = 16;

/// From so many columns on, the chart stands beside the list.
const SIDE_BY_SIDE: u16 = 100;

const COLUMNS: &[Column] = &[
    Column::text("", 11),
    Column::text("", 11),
    Column::figure("now", 18),
    Column::text("lately", 0),
];

/// Draws the panel.
pub fn draw(sheet: &mut Sheet<'_>, tab: &Monitor, area: Rect) {
    let panel = &tab.server;
    let right = frame::read_at(sheet, &panel.reading);
    let title = match panel.readings.last() {
        Some(point) => {
            let figures = &point.figures;
            let mut title = vec![
                (figures.host.clone(), Role::Title),
                (
                    format!(
                        "  {} {}, up {}",
                        figures.process,
                        figures.version,
                        words::span(figures.up)
                    ),
                    Role::Dim,
                ),
            ];
            if let Some(at) = panel.readings.restarted {
                title.push((
                    format!("  started again before {}", clock(at)),
                    Role::Warning,
                ));
            }
            title
        }
        None => vec![("server".to_owned(), Role::Title)],
    };
    let area = frame::head(sheet, area, &title, &right);
    let area = frame::failure(sheet, area, panel.reading.failure());
    let Some(last) = panel.readings.last() else {
        return frame::nothing(sheet, tab, area, panel.reading.failure().is_some());
    };
    let area = frame::gaps(sheet, area, &last.figures.gaps);
    let (list, chart) = if area.width >= SIDE_BY_SIDE {
        let width = area.width * 55 / 100;
        sheet.vertical(area.x + width, area.y, area.height);
        let chart = Rect {
            x: area.x + width + 1,
            width: area.width - width - 1,
            ..area
        };
        (Rect { width, ..area }, chart)
    } else if area.height >= ROOM_FOR_CHART {
        let height = area.height * 6 / 10;
        sheet.horizontal(area.x, area.y + height, area.width);
        (Rect { height, ..area }, below(area, height + 1))
    } else {
        (area, Rect { height: 0, ..area })
    };
    figures(sheet, tab, list, last);
    if let Some(figure) = panel.figures().get(panel.window.cursor) {
        draw_chart(sheet, tab, chart, figure);
    }
}

fn figures(sheet: &mut Sheet<'_>, tab: &Monitor, area: Rect, last: &Point) {
    let panel = &tab.server;
    let area = frame::titles(sheet, area, COLUMNS);
    sheet.regions.main_rows = usize::from(area.height);
    let figures = panel.figures();
    let room = usize::from(area.width.saturating_sub(11 + 11 + 18 + 5));
    let mut group = "";
    let first = panel.window.first;
    for (at, figure) in figures.iter().enumerate() {
        if !figure.group.is_empty() {
            group = figure.group;
        }
        if at < first || at - first >= usize::from(area.height) {
            continue;
        }
        // The first row on the screen says its group too.
        let name = if at == first || !figure.group.is_empty() {
            group
        } else {
            ""
        };
        let cells: Vec<Piece> = vec![
            (name.to_owned(), Role::Key),
            (figure.name.to_owned(), Role::Text),
            (figure.words(last), role(figure, last)),
            (spark(&values(&series(tab, figure, room))), Role::Badge),
        ];
        let cursor = at == panel.window.cursor;
        frame::row(sheet, area, at - first, COLUMNS, &cells, cursor);
    }
}

/// What waits is worth a look.
fn role(figure: &Figure, point: &Point) -> Role {
    let waits = figure.name.ends_with("wait");
    match figure.at(point) {
        None => Role::Dim,
        Some(n) if waits && n > 0.0 => Role::Warning,
        Some(_) => Role::KindNumber,
    }
}

/// The last `most` values of a figure with their times, oldest first; nothing stands for a time in which nothing was read.
fn series(tab: &Monitor, figure: &Figure, most: usize) -> Vec<(i64, Option<f64>)> {
    let mut out = Vec::new();
    for point in tab.server.readings.points() {
        if point.after_gap {
            out.push((point.at, None));
        }
        out.push((point.at, figure.at(point)));
    }
    let skip = out.len().saturating_sub(most);
    out.split_off(skip)
}

fn values(series: &[(i64, Option<f64>)]) -> Vec<Option<f64>> {
    series.iter().map(|(_, value)| *value).collect()
}

/// Values as a row of bars, each of one cell; a gap where there is none.
fn spark(values: &[Option<f64>]) -> String {
    let high = values.iter().flatten().copied().fold(0.0, f64::max);
    let cell = |value: &Option<f64>| match value {
        None => ' ',
        Some(value) if *value <= 0.0 || high <= 0.0 => LEVELS[0],
        Some(value) => {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a share of one, times the number of levels"
            )]
            let level = (value / high * 7.0).round() as usize;
            LEVELS[level.min(7)]
        }
    };
    values.iter().map(cell).collect()
}

fn draw_chart(sheet: &mut Sheet<'_>, tab: &Monitor, area: Rect, figure: &Figure) {
    if area.height < 4 || area.width < 20 {
        return;
    }
    let series = series(tab, figure, usize::MAX);
    let values = values(&series);
    let scale = match figure.unit {
        // Bytes are drawn in the unit that suits the largest.
        Unit::Bytes => scale_of(values.iter().flatten().copied().fold(0.0, f64::max)),
        Unit::Count => (1.0, ""),
    };
    let per = if figure.rate { " in a second" } else { "" };
    let unit = if scale.1.is_empty() {
        String::new()
    } else {
        format!(", {}", scale.1)
    };
    let group = tab
        .server
        .figures()
        .iter()
        .take(tab.server.window.cursor + 1)
        .rev()
        .find(|f| !f.group.is_empty())
        .map_or("", |f| f.group);
    let title = format!("{group}: {}{unit}{per}", figure.name);
    frame::line(sheet, area, &[(title, Role::Title)]);
    let area = below(area, 1);
    if values.iter().flatten().count() < 2 {
        let text = "a chart needs two readings".to_owned();
        frame::line(sheet, area, &[(text, Role::Dim)]);
        return;
    }
    let data = Data {
        more_numbers: 0,
        label: "time".to_owned(),
        labels: series
            .iter()
            .map(|(at, _)| Label::Text(clock(*at)))
            .collect(),
        series: vec![Series {
            name: figure.name.to_owned(),
            values: values.iter().map(|v| v.map(|v| v / scale.0)).collect(),
        }],
        left_out: 0,
        unlabelled: false,
    };
    let (width, height) = (
        usize::from(area.width.saturating_sub(2)),
        usize::from(area.height),
    );
    for (place, row) in data.draw(Kind::Lines, width, height).iter().enumerate() {
        let pieces: Vec<Piece> = row
            .iter()
            .map(|piece| {
                let role = match piece.role {
                    chart::Role::Axis => Role::Separator,
                    chart::Role::Label => Role::Dim,
                    chart::Role::Series(_) => Role::KindNumber,
                };
                (piece.text.clone(), role)
            })
            .collect();
        frame::line(
            sheet,
            below(area, u16::try_from(place).unwrap_or(u16::MAX)),
            &pieces,
        );
    }
}

fn scale_of(bytes: f64) -> (f64, &'static str) {
    const STEPS: [(f64, &str); 4] = [
        (1_073_741_824.0, "GB"),
        (1_048_576.0, "MB"),
        (1_024.0, "kB"),
        (1.0, "bytes"),
    ];
    STEPS
        .into_iter()
        .find(|(step, _)| bytes >= *step)
        .unwrap_or((1.0, "bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_of_bars_rises_with_its_values_and_leaves_gaps() {
        let values = [Some(0.0), Some(4.0), None, Some(8.0)];
        assert_eq!(spark(&values), "▁▅ █");
        assert_eq!(spark(&[Some(0.0), Some(0.0)]), "▁▁");
        assert_eq!(spark(&[]), "");
    }
}
