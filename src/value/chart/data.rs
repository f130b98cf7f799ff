//! Documents to labels and numbers.

use std::borrow::Borrow;

use bson::{RawBsonRef, RawDocument};

use super::MOST_ROWS;
use crate::value::cell::brief;
use crate::value::instant::Calendar;

/// Numbers with labels, ready to be drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct Data {
    /// The field that the labels are of.
    pub label: String,
    /// The labels, in the order of the documents.
    pub labels: Vec<Label>,
    /// The numbers: each has one value to a label.
    pub series: Vec<Series>,
    /// Documents that were left out, because there are too many.
    pub left_out: usize,
    /// Further fields with numbers, which are no series: as many as were seen.
    pub more_numbers: usize,
    /// Whether there was no field for a label, so that labels are only places.
    pub unlabelled: bool,
}

/// What stands at one place of the axis.
#[derive(Debug, Clone, PartialEq)]
pub enum Label {
    /// Text.
    Text(String),
    /// A point in time, in milliseconds since the epoch.
    Time(i64),
}

/// One line, or one kind of bar.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// The field that its numbers are of.
    pub name: String,
    /// Its numbers; `None` where a document has none.
    pub values: Vec<Option<f64>>,
}

/// Why documents make no chart, with the next step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotCharted(pub String);

impl std::fmt::Display for NotCharted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for NotCharted {}

/// Series that one chart shows.
const MOST_SERIES: usize = 6;
/// Columns of a label, at the most.
const WIDEST_LABEL: usize = 40;

impl Label {
    /// The label as it is shown.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Time(millis) => {
                let at = Calendar::from_millis(*millis);
                if millis.rem_euclid(86_400_000) == 0 {
                    format!("{:04}-{:02}-{:02}", at.year, at.month, at.day)
                } else {
                    format!(
                        "{:04}-{:02}-{:02} {:02}:{:02}",
                        at.year, at.month, at.day, at.hour, at.minute
                    )
                }
            }
        }
    }
}

fn numeric(value: RawBsonRef<'_>) -> Option<f64> {
    match value {
        RawBsonRef::Int32(n) => Some(f64::from(n)),
        #[expect(clippy::cast_precision_loss, reason = "a chart needs no more digits")]
        RawBsonRef::Int64(n) => Some(n as f64),
        RawBsonRef::Double(n) => Some(n),
        RawBsonRef::Decimal128(n) => n.to_string().parse().ok(),
        _ => None,
    }
    .filter(|n| n.is_finite())
}

/// A calendar date out of `{year: 2026, month: 3, day: 1}`, as `$group` makes them.
fn calendar(document: &RawDocument) -> Option<i64> {
    let part = |names: &[&str]| {
        names.iter().find_map(|name| {
            let value = numeric(document.get(name).ok()??)?;
            #[expect(
                clippy::cast_possible_truncation,
                reason = "a part of a date is checked to be small below"
            )]
            (value.fract() == 0.0 && value.abs() < 10_000.0).then_some(value as i64)
        })
    };
    let year = part(&["year", "y"])?;
    let month = part(&["month", "m"])?;
    let count = document.iter().flatten().count();
    let day = part(&["day", "d", "dayOfMonth"]);
    if count != 2 + usize::from(day.is_some()) || !(1..=12).contains(&month) {
        return None;
    }
    let text = format!("{year:04}-{month:02}-{:02}T00:00:00Z", day.unwrap_or(1));
    crate::value::instant::parse_iso(&text)
}

fn label(value: Option<RawBsonRef<'_>>) -> Label {
    match value {
        None => Label::Text("(none)".to_owned()),
        Some(RawBsonRef::Null | RawBsonRef::Undefined) => Label::Text("null".to_owned()),
        Some(RawBsonRef::DateTime(at)) => Label::Time(at.timestamp_millis()),
        Some(RawBsonRef::String(text)) => Label::Text(crate::value::cell::cut(
            &crate::value::text::sanitize(text),
            WIDEST_LABEL,
        )),
        Some(RawBsonRef::Document(parts)) => match calendar(parts) {
            Some(millis) => Label::Time(millis),
            None => {
                let parts: Vec<String> = parts
                    .iter()
                    .flatten()
                    .take(6)
                    .map(|(_, value)| match label(Some(value)) {
                        Label::Text(text) => text,
                        time @ Label::Time(_) => time.text(),
                    })
                    .collect();
                Label::Text(crate::value::cell::cut(&parts.join(" "), WIDEST_LABEL))
            }
        },
        Some(other) => Label::Text(brief(other, WIDEST_LABEL)),
    }
}

/// How well a field's value serves as a label: more is better, 0 is not at all.
fn suits(name: &str, value: RawBsonRef<'_>) -> u8 {
    match (name, value) {
        (_, RawBsonRef::DateTime(_)) => 4,
        // The key of a group, but for an ObjectId, which names nothing that a person knows.
        ("_id", RawBsonRef::ObjectId(_)) => 0,
        ("_id", _) => 5,
        (_, RawBsonRef::String(_)) => 3,
        (_, RawBsonRef::Boolean(_)) => 2,
        _ => 0,
    }
}

impl Data {
    /// Finds label and numbers in documents.
    ///
    /// # Errors
    /// There are no documents, or no numbers in them.
    pub fn of<D: Borrow<RawDocument>>(documents: &[D]) -> Result<Self, NotCharted> {
        let rows: Vec<&RawDocument> = documents
            .iter()
            .take(MOST_ROWS)
            .map(Borrow::borrow)
            .collect();
        if rows.is_empty() {
            return Err(NotCharted("there are no documents to chart".to_owned()));
        }
        let mut best: Option<(String, u8)> = None;
        let mut numbers: Vec<String> = Vec::new();
        for row in rows.iter().take(50) {
            for (key, value) in row.iter().flatten().take(200) {
                let key = key.as_str();
                let score = suits(key, value);
                if score > best.as_ref().map_or(0, |(_, s)| *s) {
                    best = Some((key.to_owned(), score));
                }
                if numeric(value).is_some()
                    && !numbers.iter().any(|n| n == key)
                    && numbers.len() <= 10 * MOST_SERIES
                {
                    numbers.push(key.to_owned());
                }
            }
        }
        // A group of everything has only numbers: they are its labels themselves.
        let by = best.map(|(name, _)| name);
        numbers.retain(|n| Some(n) != by.as_ref());
        // The version that an application keeps of its documents tells nothing of them.
        numbers.retain(|n| n != "__v");
        // What is the same in all documents is no picture of them; of groups it is a result.
        if by.as_deref() != Some("_id") {
            let of =
                |row: &&RawDocument, name: &str| row.get(name).ok().flatten().and_then(numeric);
            let varies = |name: &String| {
                let first = rows.first().and_then(|row| of(row, name));
                rows.iter().any(|row| of(row, name) != first)
            };
            if numbers.iter().any(varies) {
                numbers.retain(varies);
            }
        }
        // `_id: 1, _id: 2, …` alone is numbered, not labelled.
        if numbers.is_empty() {
            return Err(NotCharted(
                "a chart needs a number: group with `$group`, such as `{_id: \"$status\", count: {$sum: 1}}`"
                    .to_owned(),
            ));
        }
        let more_numbers = numbers.len().saturating_sub(MOST_SERIES);
        numbers.truncate(MOST_SERIES);
        let labels = rows
            .iter()
            .enumerate()
            .map(|(i, row)| match &by {
                Some(name) => label(row.get(name.as_str()).ok().flatten()),
                None => Label::Text((i + 1).to_string()),
            })
            .collect();
        let series = numbers
            .into_iter()
            .map(|name| Series {
                values: rows
                    .iter()
                    .map(|row| row.get(name.as_str()).ok().flatten().and_then(numeric))
                    .collect(),
                name,
            })
            .collect();
        Ok(Self {
            label: by.clone().unwrap_or_default(),
            labels,
            series,
            left_out: documents.len() - rows.len(),
            more_numbers,
            unlabelled: by.is_none(),
        })
    }

    /// How many values of the first series lie in which range; `None` where it has none.
    #[must_use]
    pub fn histogram(&self) -> Option<Self> {
        let first = self.series.first()?;
        let values: Vec<f64> = first.values.iter().flatten().copied().collect();
        let low = values.iter().copied().reduce(f64::min)?;
        let high = values.iter().copied().reduce(f64::max)?;
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a number of bins is small and positive"
        )]
        let wanted = ((values.len() as f64).log2().ceil() as usize + 1).clamp(1, 30);
        let edges = if low == high {
            vec![low, low]
        } else {
            let steps = super::ticks(low, high, wanted);
            let step = match steps.as_slice() {
                [a, b, ..] => b - a,
                _ => high - low,
            };
            let mut at = (low / step).floor() * step;
            let mut edges = vec![at];
            while at <= high && edges.len() < 60 {
                at += step;
                edges.push(at);
            }
            edges
        };
        let mut counts = vec![0_u32; edges.len().saturating_sub(1).max(1)];
        for value in &values {
            let bin = edges
                .windows(2)
                .position(
                    |e| matches!(e, [from, to] if value >= from && (value < to || from == to)),
                )
                .unwrap_or(counts.len() - 1);
            if let Some(count) = counts.get_mut(bin) {
                *count += 1;
            }
        }
        let labels = edges
            .windows(2)
            .map(|e| match e {
                [from, to] if from == to => Label::Text(super::number(*from)),
                [from, to] => {
                    Label::Text(format!("{} – {}", super::number(*from), super::number(*to)))
                }
                _ => Label::Text(String::new()),
            })
            .collect();
        Some(Self {
            label: first.name.clone(),
            labels,
            series: vec![Series {
                name: "count".to_owned(),
                values: counts.iter().map(|c| Some(f64::from(*c))).collect(),
            }],
            left_out: self.left_out,
            more_numbers: 0,
            unlabelled: false,
        })
    }

    /// The least and the greatest number, with 0 between or beside them; `None` where there is no number.
    pub(super) fn range(&self) -> Option<(f64, f64)> {
        let all = || self.series.iter().flat_map(|s| s.values.iter().flatten());
        let low = all().copied().reduce(f64::min)?.min(0.0);
        let high = all().copied().reduce(f64::max)?.max(0.0);
        Some(if low == high {
            (low, low + 1.0)
        } else {
            (low, high)
        })
    }
}
