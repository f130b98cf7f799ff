//! A result as a chart: a line that says what it is of, and the chart in the rest.

use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use crate::app::documents::Documents;
use crate::app::documents::chart::{ChartState, ChartView};
use crate::theme::Role;
use crate::value::chart::{self, Data, Kind, Piece};
use crate::view::Sheet;
use crate::view::overlay::wrap;

/// The colours of series, by what a theme sets apart anyway; what they are drawn with differs too.
const SERIES: [Role; 6] = [
    Role::KindNumber,
    Role::KindString,
    Role::KindDate,
    Role::KindId,
    Role::KindBoolean,
    Role::KindCode,
];

pub(super) fn draw(sheet: &mut Sheet<'_>, tab: &Documents, area: Rect) {
    let Some(chart) = &tab.chart else {
        return;
    };
    if area.height == 0 {
        return;
    }
    let room = area.width.saturating_sub(2);
    let at = Position::new(area.x + 1, area.y);
    match &chart.state {
        ChartState::Reading { got, .. } => {
            let n = chart::number(f64::from(u32::try_from(got.len()).unwrap_or(u32::MAX)));
            let text = format!("reading the documents to draw, {n} so far …");
            sheet.put(at, room, &text, sheet.style(Role::Busy));
        }
        ChartState::Not(why) => {
            let text = format!("no chart: {why}");
            let lines = wrap(&[text], usize::from(room));
            for (y, line) in (area.y..area.bottom()).zip(&lines) {
                let style = sheet.style(Role::Warning);
                sheet.put(Position::new(at.x, y), room, line, style);
            }
        }
        ChartState::Ready(data) => {
            let Some(kind) = chart.kind() else { return };
            sheet.put(at, room, &title(chart, data, kind), sheet.style(Role::Dim));
            let inside = Rect {
                x: at.x,
                y: area.y + 1,
                width: room,
                height: area.height - 1,
            };
            sheet.regions.main_rows = usize::from(inside.height);
            let rows = data.draw_from(
                kind,
                chart.first,
                usize::from(inside.width),
                usize::from(inside.height),
            );
            for (y, row) in (inside.y..inside.bottom()).zip(&rows) {
                let pieces: Vec<(&str, Style)> = row
                    .iter()
                    .map(|Piece { text, role }| (text.as_str(), style(sheet, *role)))
                    .collect();
                sheet.put_all(Position::new(inside.x, y), inside.width, pieces);
            }
        }
    }
}

fn style(sheet: &Sheet<'_>, role: chart::Role) -> Style {
    sheet.style(match role {
        chart::Role::Axis => Role::Dim,
        chart::Role::Label => Role::Text,
        chart::Role::Series(n) => SERIES.get(n % SERIES.len()).copied().unwrap_or(Role::Text),
    })
}

/// What the chart is of, and what it leaves out.
fn title(chart: &ChartView, data: &Data, kind: Kind) -> String {
    let names: Vec<&str> = data.series.iter().map(|s| s.name.as_str()).collect();
    let what = match kind {
        Kind::Bars => "bars",
        Kind::Lines => "lines",
        Kind::Histogram => "histogram",
    };
    let mut text = match (kind, data.unlabelled) {
        (Kind::Histogram, _) => format!("{what} of {}", names.first().unwrap_or(&"")),
        (_, true) => format!("{what}: {}", names.join(", ")),
        (_, false) => format!("{what}: {} by {}", names.join(", "), data.label),
    };
    if data.more_numbers > 0 && kind != Kind::Histogram {
        text.push_str(&format!("; {} more fields with numbers", data.more_numbers));
    }
    #[expect(clippy::cast_precision_loss, reason = "a chart has few documents")]
    let read = chart::number(chart.read as f64);
    match chart.more {
        true => text.push_str(&format!(
            "; only the first {read} documents: group them, or sort and limit"
        )),
        false => text.push_str(&format!("; {read} documents")),
    }
    text
}
