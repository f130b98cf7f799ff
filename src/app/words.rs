//! Values and figures in a line of text, for questions, notices and lists.

use std::time::Duration;

use bson::{RawBsonRef, RawDocument};

use crate::value::instant::Calendar;
use crate::value::shell::{Style, print, print_document};

/// What is shown for bytes that are not valid BSON.
const MALFORMED: &str = "(not valid BSON)";

/// A value as one line of shell text.
#[must_use]
pub fn line(value: RawBsonRef<'_>) -> String {
    print(value, &Style::LINE).unwrap_or_else(|_| MALFORMED.to_owned())
}

/// A document as one line of shell text.
#[must_use]
pub fn document_line(document: &RawDocument) -> String {
    print_document(document, &Style::LINE).unwrap_or_else(|_| MALFORMED.to_owned())
}

/// A document as indented shell text.
#[must_use]
pub fn document_text(document: &RawDocument) -> String {
    print_document(document, &Style::INDENTED).unwrap_or_else(|_| MALFORMED.to_owned())
}

/// A count in at most six columns: `999`, `12.4 k`, `3.1 M`.
#[must_use]
pub fn count(n: u64) -> String {
    scaled(n, 1000.0, &["", " k", " M", " G", " T"])
}

/// Bytes in at most seven columns: `512 B`, `3.1 MB`.
#[must_use]
pub fn bytes(n: u64) -> String {
    scaled(n, 1024.0, &[" B", " kB", " MB", " GB", " TB"])
}

/// A count with its noun: `1 document`, `2 documents`.
#[must_use]
pub fn several(n: impl TryInto<u64>, noun: &str) -> String {
    match n.try_into().unwrap_or(u64::MAX) {
        1 => format!("1 {noun}"),
        n => format!("{n} {noun}s"),
    }
}

/// That violations stand in the way of a write.
#[must_use]
pub fn blocking(n: usize) -> String {
    match n {
        1 => "1 violation blocks this write".to_owned(),
        n => format!("{n} violations block this write"),
    }
}

/// A span of time in whole seconds: `40 s`, `4 min`, `4 min 10 s`.
#[must_use]
pub fn whole(d: Duration) -> String {
    match (d.as_secs() / 60, d.as_secs() % 60) {
        (0, s) => format!("{s} s"),
        (m, 0) => format!("{m} min"),
        (m, s) => format!("{m} min {s} s"),
    }
}

/// The time of day in UTC, to the second: `20:14:03`.
#[must_use]
pub fn clock(millis: u64) -> String {
    let at = Calendar::from_millis(i64::try_from(millis).unwrap_or(i64::MAX));
    format!("{:02}:{:02}:{:02}", at.hour, at.minute, at.second)
}

/// The time of day in UTC, to the millisecond: `20:14:03.120`.
#[must_use]
pub fn clock_milli(millis: u64) -> String {
    format!("{}.{:03}", clock(millis), millis % 1000)
}

/// A moment as other programs read it: `2026-03-01T20:14:03.120Z`.
#[must_use]
pub fn instant(millis: u64) -> String {
    let at = Calendar::from_millis(i64::try_from(millis).unwrap_or(i64::MAX));
    format!(
        "{:04}-{:02}-{:02}T{}Z",
        at.year,
        at.month,
        at.day,
        clock_milli(millis)
    )
}

/// How long ago something was, ever more roughly: `just now`, `4 s ago`, `40 s ago`, `12 min ago`, `3 h ago`.
#[must_use]
pub fn age(d: Duration) -> String {
    match d.as_secs() {
        0 => "just now".to_owned(),
        s @ 1..10 => format!("{s} s ago"),
        s @ 10..60 => format!("{} s ago", s / 10 * 10),
        s @ 60..3_600 => format!("{} min ago", s / 60),
        s => format!("{} h ago", s / 3_600),
    }
}

/// At which age the words of [`age`] change next.
#[must_use]
pub fn next_age(d: Duration) -> Duration {
    let s = d.as_secs();
    let step = match s {
        0..10 => 1,
        10..60 => 10,
        60..3_600 => 60,
        _ => 3_600,
    };
    Duration::from_secs((s / step + 1) * step)
}

fn scaled(n: u64, step: f64, units: &[&str]) -> String {
    #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
    let mut value = n as f64;
    let mut unit = 0;
    // 999.95 would be shown as 1000.0 of its unit, so the step is taken a little before.
    while value >= step * 0.99995 && unit + 1 < units.len() {
        value /= step;
        unit += 1;
    }
    if unit == 0 || value >= 99.95 {
        format!("{value:.0}{}", units[unit])
    } else {
        format!("{value:.1}{}", units[unit])
    }
}

/// A whole number with its thousands apart: `12,340`.
#[must_use]
pub fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

/// A time span in two significant figures: `0.8 ms`, `14 ms`, `2.1 s`, `3 min`.
#[must_use]
pub fn span(d: Duration) -> String {
    let ms = d.as_secs_f64() * 1000.0;
    if ms < 9.95 {
        format!("{ms:.1} ms")
    } else if ms < 999.5 {
        format!("{ms:.0} ms")
    } else if ms < 59_950.0 {
        format!("{:.1} s", ms / 1000.0)
    } else if ms < 3_600_000.0 {
        format!("{:.0} min", ms / 60_000.0)
    } else {
        format!("{:.1} h", ms / 3_600_000.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_stay_narrow_and_never_show_a_thousand_of_a_unit() {
        assert_eq!(count(999), "999");
        assert_eq!(count(999_999), "1.0 M");
        assert_eq!(count(12_400), "12.4 k");
        assert_eq!(bytes(512), "512 B");
        assert_eq!(bytes(13 << 20), "13.0 MB");
        assert_eq!(span(Duration::from_micros(800)), "0.8 ms");
        assert_eq!(span(Duration::from_secs(2)), "2.0 s");
    }

    #[test]
    fn an_age_is_told_ever_more_roughly_and_only_when_it_changes() {
        let at = Duration::from_millis;
        assert_eq!(age(at(900)), "just now");
        assert_eq!(age(at(4_200)), "4 s ago");
        assert_eq!(age(at(47_000)), "40 s ago");
        assert_eq!(age(at(119_000)), "1 min ago");
        assert_eq!(age(at(7_300_000)), "2 h ago");
        let mut now = Duration::ZERO;
        for _ in 0..200 {
            let next = next_age(now);
            assert!(next > now);
            assert_eq!(age(next - at(1)), age(now));
            assert_ne!(age(next), age(now));
            now = next;
        }
    }
}
