//! Charts as SVG: plain shapes and text, no script, no font of their own.

use std::fmt::Write as _;

use super::data::{Data, Label};
use super::text::places;
use super::{Kind, number, ticks};

/// Colours that stay apart for most eyes, on light and dark.
const COLOURS: [&str; 6] = [
    "#3b82f6", "#f59e0b", "#10b981", "#ef4444", "#8b5cf6", "#64748b",
];

/// How lines of each series are dashed, so that they can be told apart without colours.
const DASHES: [&str; 6] = ["none", "8 4", "2 3", "10 3 2 3", "5 5", "1 4"];

/// A hatching for the bars of a series; the first one is plain.
fn hatching(series: usize) -> String {
    let colour = colour(series);
    let angle = [0, 45, 135, 90, 0, 20]
        .get(series % 6)
        .copied()
        .unwrap_or(0);
    format!(
        "<pattern id=\"s{series}\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate({angle})\">\
         <rect width=\"6\" height=\"6\" fill=\"{colour}\" fill-opacity=\"0.45\"/><rect width=\"3\" height=\"6\" fill=\"{colour}\"/></pattern>"
    )
}

/// What the bars of a series are filled with.
fn fill(series: usize) -> String {
    match series {
        0 => colour(0).to_owned(),
        _ => format!("url(#s{series})"),
    }
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            // XML has no such characters.
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

fn colour(series: usize) -> &'static str {
    COLOURS
        .get(series % COLOURS.len())
        .copied()
        .unwrap_or("#888888")
}

#[expect(clippy::cast_precision_loss, reason = "counts of a drawing are small")]
pub(super) fn draw(data: &Data, kind: Kind, width: u32, height: u32) -> String {
    let (width, height) = (f64::from(width.max(200)), f64::from(height.max(120)));
    let (left, right, top, bottom) = (70.0, width - 20.0, 34.0, height - 60.0);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" \
         font-family=\"sans-serif\" font-size=\"12\">\n<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n"
    );
    let Some((low, high)) = data.range() else {
        out.push_str("</svg>\n");
        return out;
    };
    let marks = ticks(low, high, 6);
    let low = marks.first().copied().unwrap_or(low).min(low);
    let high = marks.last().copied().unwrap_or(high).max(high);
    let y = |value: f64| bottom - (value - low) / (high - low) * (bottom - top);
    for mark in &marks {
        let at = y(*mark);
        let _ = writeln!(
            out,
            "<line x1=\"{left}\" y1=\"{at:.1}\" x2=\"{right}\" y2=\"{at:.1}\" stroke=\"#dddddd\"/>\
             <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\" fill=\"#444444\">{}</text>",
            left - 6.0,
            at + 4.0,
            escaped(&number(*mark))
        );
    }
    if data.series.len() > 1 && kind != Kind::Lines {
        out.push_str("<defs>");
        for i in 1..data.series.len() {
            out.push_str(&hatching(i));
        }
        out.push_str("</defs>\n");
    }
    for (i, series) in data.series.iter().enumerate() {
        let x = left + i as f64 * 130.0;
        let sign = match kind {
            Kind::Lines => format!(
                "<line x1=\"{x:.1}\" y1=\"15\" x2=\"{:.1}\" y2=\"15\" stroke=\"{}\" stroke-width=\"2\" stroke-dasharray=\"{}\"/>",
                x + 24.0,
                colour(i),
                DASHES.get(i % DASHES.len()).copied().unwrap_or("none")
            ),
            _ => format!(
                "<rect x=\"{:.1}\" y=\"10\" width=\"10\" height=\"10\" fill=\"{}\"/>",
                x + 14.0,
                fill(i)
            ),
        };
        let _ = writeln!(
            out,
            "{sign}<text x=\"{:.1}\" y=\"19\" fill=\"#222222\">{}</text>",
            x + 28.0,
            escaped(&series.name)
        );
    }
    if data.left_out > 0 {
        let _ = writeln!(
            out,
            "<text x=\"{right}\" y=\"{:.1}\" text-anchor=\"end\" fill=\"#444444\">{} more documents are left out</text>",
            height - 6.0,
            data.left_out
        );
    }
    let count = data.labels.len().max(1);
    let slot = (right - left) / count as f64;
    let parts = places(&data.labels);
    let centre = |i: usize| match kind {
        Kind::Lines => left + parts.get(i).copied().unwrap_or(0.0) * (right - left),
        _ => left + (i as f64 + 0.5) * slot,
    };
    if kind == Kind::Lines {
        lines(&mut out, data, centre, y);
    } else {
        let each = data.series.len().max(1) as f64;
        let wide = (slot * 0.8 / each).max(0.5);
        for (s, series) in data.series.iter().enumerate() {
            for (i, value) in series.values.iter().enumerate() {
                let Some(value) = value else { continue };
                let x = centre(i) - slot * 0.4 + s as f64 * wide;
                let (from, to) = (y(*value).min(y(0.0)), y(*value).max(y(0.0)));
                let _ = writeln!(
                    out,
                    "<rect x=\"{x:.1}\" y=\"{from:.1}\" width=\"{wide:.1}\" height=\"{:.1}\" fill=\"{}\"><title>{}: {}</title></rect>",
                    to - from,
                    fill(s),
                    escaped(&data.labels.get(i).map(Label::text).unwrap_or_default()),
                    escaped(&number(*value))
                );
            }
        }
    }
    let zero = y(0.0);
    let _ = writeln!(
        out,
        "<line x1=\"{left}\" y1=\"{zero:.1}\" x2=\"{right}\" y2=\"{zero:.1}\" stroke=\"#444444\"/>"
    );
    // Only as many labels as can be read.
    let every = (count as f64 * 14.0 / (right - left)).ceil().max(1.0);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is a small count"
    )]
    let every = every as usize;
    for (i, label) in data.labels.iter().enumerate().step_by(every) {
        let x = centre(i);
        let _ = writeln!(
            out,
            "<text transform=\"translate({x:.1},{:.1}) rotate(-35)\" text-anchor=\"end\" fill=\"#444444\">{}</text>",
            bottom + 14.0,
            escaped(&crate::value::cell::cut(&label.text(), 18))
        );
    }
    out.push_str("</svg>\n");
    out
}

fn lines(out: &mut String, data: &Data, x: impl Fn(usize) -> f64, y: impl Fn(f64) -> f64) {
    let mut order: Vec<usize> = (0..data.labels.len()).collect();
    order.sort_by(|a, b| x(*a).total_cmp(&x(*b)));
    for (s, series) in data.series.iter().enumerate() {
        let mut points = String::new();
        let flush = |points: &mut String, out: &mut String| {
            if !points.is_empty() {
                let _ = writeln!(
                    out,
                    "<polyline points=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"2\" stroke-dasharray=\"{}\"/>",
                    points.trim_end(),
                    colour(s),
                    DASHES.get(s % DASHES.len()).copied().unwrap_or("none")
                );
                points.clear();
            }
        };
        for i in &order {
            match series.values.get(*i).copied().flatten() {
                Some(value) => {
                    let _ = write!(points, "{:.1},{:.1} ", x(*i), y(value));
                }
                None => flush(&mut points, out),
            }
        }
        flush(&mut points, out);
        for i in &order {
            if let Some(value) = series.values.get(*i).copied().flatten() {
                let _ = writeln!(
                    out,
                    "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"3\" fill=\"{}\"/>",
                    x(*i),
                    y(value),
                    colour(s)
                );
            }
        }
    }
}
