//! Results that group, as bars, lines or a histogram: in text cells, and as SVG.
//!
//! A result groups where it has one label, or a date, and one or more numbers. Pure layout: knows neither the screen nor
//! colours; each piece says which series it is of. Bounded: no more than [`MOST_ROWS`] documents are looked at.

mod data;
mod svg;
mod text;

pub use data::{Data, Label, NotCharted, Series};

/// What a chart is drawn as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// One bar to a label and number.
    Bars,
    /// One line to a number, over labels or time.
    Lines,
    /// How many documents have a number in which range.
    Histogram,
}

impl Kind {
    /// All kinds, in the order in which they are turned through.
    pub const ALL: [Self; 3] = [Self::Bars, Self::Lines, Self::Histogram];

    /// The names of all kinds.
    pub const NAMES: [&'static str; 3] = ["bar", "line", "histogram"];

    /// The kind of this name: `bar` or `bars`, `line` or `lines`, `histogram`.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        match word.trim() {
            "bar" | "bars" => Some(Self::Bars),
            "line" | "lines" => Some(Self::Lines),
            "histogram" => Some(Self::Histogram),
            _ => None,
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Bars => "bar",
            Self::Lines => "line",
            Self::Histogram => "histogram",
        }
    }
}

/// Documents that are looked at for one chart; what comes after them is said to be left out.
pub const MOST_ROWS: usize = 5_000;

/// What a piece of a drawn chart is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Axes, ticks and their numbers.
    Axis,
    /// A label or a value.
    Label,
    /// Part of the series of this place, counted from 0.
    Series(usize),
}

/// Some neighbouring cells of one role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// The cells; every character is one cell wide but for those of labels.
    pub text: String,
    /// What they are.
    pub role: Role,
}

impl Piece {
    fn new(text: impl Into<String>, role: Role) -> Self {
        Self {
            text: text.into(),
            role,
        }
    }
}

/// A line of a drawn chart.
pub type Row = Vec<Piece>;

impl Data {
    /// Draws the chart into at the most `width` columns and `height` rows. What does not fit is left out, and said in
    /// the last row.
    #[must_use]
    pub fn draw(&self, kind: Kind, width: usize, height: usize) -> Vec<Row> {
        self.draw_from(kind, 0, width, height)
    }

    /// The same from the label of this place on, for bars that are scrolled. Lines have all their places in sight.
    #[must_use]
    pub fn draw_from(&self, kind: Kind, first: usize, width: usize, height: usize) -> Vec<Row> {
        match self.drawn_as(kind) {
            Kind::Bars => text::bars(self, first, width, height),
            Kind::Lines => text::lines(self, width, height),
            Kind::Histogram => match self.histogram() {
                Some(bins) => text::bars(&bins, first, width, height),
                None => Vec::new(),
            },
        }
    }

    /// How many labels can be scrolled through: those of bars, or the ranges of a histogram; none of lines.
    #[must_use]
    pub fn places(&self, kind: Kind) -> usize {
        match self.drawn_as(kind) {
            Kind::Bars => self.labels.len(),
            Kind::Lines => 0,
            Kind::Histogram => self.histogram().map_or(0, |bins| bins.labels.len()),
        }
    }

    /// How many labels of bars fit into `height` rows.
    #[must_use]
    pub fn fits(&self, kind: Kind, height: usize) -> usize {
        let each = match kind {
            Kind::Histogram => 1,
            _ => self.series.len().max(1),
        };
        let legend = usize::from(each > 1);
        (height.saturating_sub(legend + text::AXIS + 1) / each).max(1)
    }

    /// The chart as a drawing of `width` by `height` points, with text escaped.
    #[must_use]
    pub fn svg(&self, kind: Kind, width: u32, height: u32) -> String {
        match self.drawn_as(kind) {
            Kind::Histogram => match self.histogram() {
                Some(bins) => svg::draw(&bins, Kind::Bars, width, height),
                None => svg::draw(self, Kind::Bars, width, height),
            },
            kind => svg::draw(self, kind, width, height),
        }
    }

    /// The kind that is drawn where this one is asked for: lines join what has an order, dates and numbers; anything else
    /// is drawn as bars.
    #[must_use]
    pub fn drawn_as(&self, kind: Kind) -> Kind {
        let is_ordered = |label: &Label| match label {
            Label::Time(_) => true,
            Label::Text(text) => text.parse::<f64>().is_ok(),
        };
        match kind {
            Kind::Lines if !self.labels.iter().all(is_ordered) => Kind::Bars,
            kind => kind,
        }
    }

    /// The kind that suits the data where nobody asks for one: lines over time, else bars.
    #[must_use]
    pub fn suited(&self) -> Kind {
        if self.unlabelled {
            Kind::Histogram
        } else if self.labels.len() > 2 && self.labels.iter().all(|l| matches!(l, Label::Time(_))) {
            Kind::Lines
        } else {
            Kind::Bars
        }
    }
}

/// A number for people: no needless digits, thousands apart.
#[must_use]
pub fn number(n: f64) -> String {
    if !n.is_finite() {
        return n.to_string();
    }
    let magnitude = n.abs();
    if magnitude >= 1e15 || (magnitude > 0.0 && magnitude < 1e-4) {
        return format!("{n:e}");
    }
    let decimals = if n.fract() == 0.0 || magnitude >= 1e5 {
        0
    } else if magnitude >= 100.0 {
        1
    } else if magnitude >= 1.0 {
        2
    } else {
        4
    };
    let text = format!("{n:.decimals$}");
    let (whole, fraction) = match text.split_once('.') {
        Some((whole, fraction)) => (whole.to_owned(), fraction.trim_end_matches('0').to_owned()),
        None => (text, String::new()),
    };
    let (sign, digits) = match whole.strip_prefix('-') {
        Some(digits) => ("-", digits.to_owned()),
        None => ("", whole),
    };
    let mut out = String::from(sign);
    let count = digits.chars().count();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (count - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    if !fraction.is_empty() {
        out.push('.');
        out.push_str(&fraction);
    }
    out
}

/// Round steps that cover `low..=high` in about `count` of them.
fn ticks(low: f64, high: f64, count: usize) -> Vec<f64> {
    #[expect(clippy::cast_precision_loss, reason = "a count of ticks is small")]
    let raw = (high - low) / count.max(1) as f64;
    if !raw.is_finite() || raw <= 0.0 {
        return vec![low];
    }
    let power = 10_f64.powf(raw.log10().floor());
    let step = [1.0, 2.0, 2.5, 5.0, 10.0]
        .into_iter()
        .map(|m| m * power)
        .find(|s| *s >= raw)
        .unwrap_or(10.0 * power);
    let mut out = Vec::new();
    let mut at = (low / step).ceil() * step;
    while at <= high + step * 1e-9 && out.len() < 50 {
        // A sum of steps would print as `0.30000000000000004`.
        out.push((at / step).round() * step);
        at += step;
    }
    if out.is_empty() { vec![low] } else { out }
}

#[cfg(test)]
mod tests;
