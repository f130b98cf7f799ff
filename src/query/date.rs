//! Dates as JavaScript counts them: milliseconds since the epoch in an `f64`, NaN for no date.
//!
//! Pure arithmetic on a [`Zone`]; the clock is given by the caller.

use super::zone::{Zone, date_of, day_of};

const DAY: f64 = 86_400_000.0;

/// A date's parts, in some zone.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Parts {
    pub(super) year: f64,
    /// 0 to 11.
    pub(super) month: f64,
    pub(super) day: f64,
    pub(super) hour: f64,
    pub(super) minute: f64,
    pub(super) second: f64,
    pub(super) milli: f64,
    /// 0 is Sunday.
    pub(super) weekday: f64,
}

/// NaN where a time is outside what a date can hold, else whole milliseconds.
pub(super) fn clip(millis: f64) -> f64 {
    if !millis.is_finite() || millis.abs() > 8.64e15 {
        return f64::NAN;
    }
    millis.trunc() + 0.0
}

/// The day since the epoch of a year, a month (from 0, may overflow) and a day.
fn make_day(year: f64, month: f64, day: f64) -> f64 {
    if !year.is_finite() || !month.is_finite() || !day.is_finite() {
        return f64::NAN;
    }
    let (year, month, day) = (year.trunc(), month.trunc(), day.trunc());
    let whole_year = year + (month / 12.0).floor();
    if whole_year.abs() > 400_000.0 {
        return f64::NAN;
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        reason = "years are below 400,000"
    )]
    let first = day_of(whole_year as i64, month.rem_euclid(12.0) as i64 + 1, 1) as f64;
    first + day - 1.0
}

fn make_time(hour: f64, minute: f64, second: f64, milli: f64) -> f64 {
    if ![hour, minute, second, milli].iter().all(|n| n.is_finite()) {
        return f64::NAN;
    }
    hour.trunc() * 3_600_000.0 + minute.trunc() * 60_000.0 + second.trunc() * 1000.0 + milli.trunc()
}

/// Milliseconds from the parts, without a zone; the weekday is not looked at.
pub(super) fn from_parts(parts: &Parts) -> f64 {
    let day = make_day(parts.year, parts.month, parts.day);
    day * DAY + make_time(parts.hour, parts.minute, parts.second, parts.milli)
}

/// The parts of a time; all NaN for no date.
pub(super) fn parts(millis: f64) -> Parts {
    if !millis.is_finite() {
        return Parts {
            year: f64::NAN,
            month: f64::NAN,
            day: f64::NAN,
            hour: f64::NAN,
            minute: f64::NAN,
            second: f64::NAN,
            milli: f64::NAN,
            weekday: f64::NAN,
        };
    }
    let day = (millis / DAY).floor();
    // A negative zero would be sent as a double.
    let time = millis.rem_euclid(DAY) + 0.0;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        reason = "dates reach 8.64e15 milliseconds at the most"
    )]
    let (year, month, date) = {
        let (y, m, d) = date_of(day as i64);
        (y as f64, m as f64, d as f64)
    };
    Parts {
        year,
        month: month - 1.0,
        day: date,
        hour: (time / 3_600_000.0).floor(),
        minute: (time / 60_000.0).floor() % 60.0,
        second: (time / 1000.0).floor() % 60.0,
        milli: time % 1000.0,
        weekday: (day + 4.0).rem_euclid(7.0) + 0.0,
    }
}

/// The parts of a time in a zone.
pub(super) fn local_parts(millis: f64, zone: &Zone) -> Parts {
    if millis.is_finite() {
        parts(millis + zone.offset_at(millis))
    } else {
        parts(f64::NAN)
    }
}

/// The arguments of `new Date(y, m, …)` and `Date.UTC(y, m, …)`, as a time without a zone.
pub(super) fn from_arguments(arguments: &[f64]) -> f64 {
    let get = |i: usize, default: f64| arguments.get(i).copied().unwrap_or(default);
    let mut year = get(0, f64::NAN);
    if (0.0..=99.0).contains(&year.trunc()) {
        year = 1900.0 + year.trunc();
    }
    from_parts(&Parts {
        year,
        month: get(1, 0.0),
        day: get(2, 1.0),
        hour: get(3, 0.0),
        minute: get(4, 0.0),
        second: get(5, 0.0),
        milli: get(6, 0.0),
        weekday: 0.0,
    })
}

/// A local time made universal, within the range of dates.
pub(super) fn to_universal(local: f64, zone: &Zone) -> f64 {
    if local.is_finite() && local.abs() <= 8.65e15 {
        clip(zone.to_universal(local))
    } else {
        f64::NAN
    }
}

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];
const WEEKDAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "parts of a date are small whole numbers"
)]
fn name<'n>(names: &[&'n str], index: f64) -> &'n str {
    names.get(index as usize).copied().unwrap_or("")
}

/// `Mon Jan 01 2024`.
fn day_text(p: &Parts) -> String {
    let sign = if p.year < 0.0 { "-" } else { "" };
    format!(
        "{} {} {:02} {sign}{:04}",
        name(&WEEKDAYS, p.weekday),
        name(&MONTHS, p.month),
        p.day,
        p.year.abs()
    )
}

/// `00:00:00 GMT+0000 (Coordinated Universal Time)`.
fn time_text(millis: f64, zone: &Zone) -> String {
    let p = local_parts(millis, zone);
    let offset = zone.offset_at(millis) / 60_000.0;
    let sign = if offset < 0.0 { '-' } else { '+' };
    let minutes = offset.abs().floor();
    let zone_name = zone.name_at(millis);
    let shown = if zone_name.is_empty() {
        String::new()
    } else {
        format!(" ({zone_name})")
    };
    format!(
        "{:02}:{:02}:{:02} GMT{sign}{:02}{:02}{shown}",
        p.hour,
        p.minute,
        p.second,
        (minutes / 60.0).floor(),
        minutes % 60.0
    )
}

/// What a date is as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// `toString`.
    Full,
    /// `toDateString`.
    Day,
    /// `toTimeString`.
    Time,
    /// `toUTCString`.
    Universal,
}

/// A date as text; `Invalid Date` for no date.
pub(super) fn to_text(millis: f64, zone: &Zone, form: Form) -> String {
    if !millis.is_finite() {
        return "Invalid Date".into();
    }
    match form {
        Form::Full => format!(
            "{} {}",
            day_text(&local_parts(millis, zone)),
            time_text(millis, zone)
        ),
        Form::Day => day_text(&local_parts(millis, zone)),
        Form::Time => time_text(millis, zone),
        Form::Universal => {
            let p = parts(millis);
            let sign = if p.year < 0.0 { "-" } else { "" };
            format!(
                "{}, {:02} {} {sign}{:04} {:02}:{:02}:{:02} GMT",
                name(&WEEKDAYS, p.weekday),
                p.day,
                name(&MONTHS, p.month),
                p.year.abs(),
                p.hour,
                p.minute,
                p.second
            )
        }
    }
}

/// `2024-01-15T10:30:00.000Z`; `None` for no date.
pub(super) fn to_iso(millis: f64) -> Option<String> {
    if !millis.is_finite() {
        return None;
    }
    let p = parts(millis);
    let year = if (0.0..=9999.0).contains(&p.year) {
        format!("{:04}", p.year)
    } else {
        let sign = if p.year < 0.0 { '-' } else { '+' };
        format!("{sign}{:06}", p.year.abs())
    };
    Some(format!(
        "{year}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
        p.month + 1.0,
        p.day,
        p.hour,
        p.minute,
        p.second,
        p.milli
    ))
}

/// The text that `ISODate(…)` takes, as a time; `None` where it is not one.
pub(super) fn parse_iso_date(text: &str) -> Option<f64> {
    let mut rest = text;
    let year = digits(&mut rest, 4)?;
    skip(&mut rest, '-');
    let month = digits(&mut rest, 2)?;
    skip(&mut rest, '-');
    let day = digits(&mut rest, 2)?;
    let (mut hour, mut minute, mut second, mut milli) = ("00", "00", "00", "000".to_owned());
    let mut zone = "Z";
    if !rest.is_empty() {
        rest = rest.strip_prefix(['T', ' '])?;
        hour = digits(&mut rest, 2)?;
        if let Some((m, after)) = optional_part(rest) {
            minute = m;
            rest = after;
            if let Some((s, after)) = optional_part(rest) {
                second = s;
                rest = after;
                if let Some(fraction) = rest.strip_prefix('.') {
                    let end = fraction
                        .find(|c: char| !c.is_ascii_digit())
                        .unwrap_or(fraction.len());
                    if end == 0 {
                        return None;
                    }
                    milli = fraction[..end].to_owned();
                    rest = &fraction[end..];
                }
            }
        }
        if !rest.is_empty() {
            zone = rest;
        }
    }
    let zone_fits = zone == "Z" || {
        let mut z = zone.strip_prefix(['+', '-'])?;
        digits(&mut z, 2)?;
        skip(&mut z, ':');
        z.is_empty() || (digits(&mut z, 2).is_some() && z.is_empty())
    };
    if !zone_fits {
        return None;
    }
    let normal = format!("{year}-{month}-{day}T{hour}:{minute}:{second}.{milli}{zone}");
    let millis = super::date_text::parse(&normal, &Zone::utc());
    (-62_167_219_200_000.0..=253_402_300_799_999.0)
        .contains(&millis)
        .then_some(millis)
}

fn digits<'t>(rest: &mut &'t str, count: usize) -> Option<&'t str> {
    let head = rest.get(..count)?;
    if !head.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    *rest = &rest[count..];
    Some(head)
}

fn skip(rest: &mut &str, c: char) {
    *rest = rest.strip_prefix(c).unwrap_or(rest);
}

fn optional_part(rest: &str) -> Option<(&str, &str)> {
    let mut inner = rest.strip_prefix(':').unwrap_or(rest);
    let part = digits(&mut inner, 2)?;
    Some((part, inner))
}
