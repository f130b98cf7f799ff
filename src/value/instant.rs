//! Dates as text: milliseconds since 1970 to a calendar and back, over the whole range of an `i64`.
//!
//! Always UTC; knows no clock and no time zone but a written offset.

use std::fmt::Write as _;

const DAY: i64 = 86_400_000;

/// A moment on the calendar, in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Calendar {
    /// The year, astronomical: 0 is 1 BC.
    pub year: i64,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
    /// 0 to 23.
    pub hour: u8,
    /// 0 to 59.
    pub minute: u8,
    /// 0 to 59.
    pub second: u8,
    /// 0 to 999.
    pub milli: u16,
}

impl Calendar {
    /// The calendar's view of a number of milliseconds since 1970.
    #[must_use]
    pub fn from_millis(millis: i64) -> Self {
        let days = millis.div_euclid(DAY);
        let rest = millis.rem_euclid(DAY);
        // Days are counted from 0000-03-01, so that the leap day is the last of its year.
        let shifted = days + 719_468;
        let era = shifted.div_euclid(146_097);
        let day_of_era = shifted.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
        let month = if month_from_march < 10 {
            month_from_march + 3
        } else {
            month_from_march - 9
        };
        Self {
            year: era * 400 + year_of_era + i64::from(month <= 2),
            month: month as u8,
            day: day as u8,
            hour: (rest / 3_600_000) as u8,
            minute: (rest / 60_000 % 60) as u8,
            second: (rest / 1000 % 60) as u8,
            milli: (rest % 1000) as u16,
        }
    }

    fn millis(self) -> Option<i64> {
        let year = self.year - i64::from(self.month <= 2);
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let month_from_march = (i64::from(self.month) + 9) % 12;
        let day_of_year = (153 * month_from_march + 2) / 5 + i64::from(self.day) - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        let days = era * 146_097 + day_of_era - 719_468;
        let rest = i64::from(self.hour) * 3_600_000
            + i64::from(self.minute) * 60_000
            + i64::from(self.second) * 1000
            + i64::from(self.milli);
        days.checked_mul(DAY)?.checked_add(rest)
    }
}

/// `2026-03-01T09:12:00.000Z`; `None` outside the years 0 to 9999, which that form cannot write.
#[must_use]
pub fn iso(millis: i64) -> Option<String> {
    let at = Calendar::from_millis(millis);
    if !(0..=9999).contains(&at.year) {
        return None;
    }
    let mut out = String::with_capacity(24);
    let _ = write!(
        out,
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
        at.year, at.month, at.day, at.hour, at.minute, at.second, at.milli
    );
    Some(out)
}

/// Milliseconds since 1970 of an ISO 8601 text: a year, month or day alone, or with a time, a fraction and an offset;
/// without an offset the time is UTC. `None` where it is not such a text or names no moment (30 February).
#[must_use]
pub fn parse_iso(text: &str) -> Option<i64> {
    let mut rest = Reader(text.trim().as_bytes());
    let year = match rest.0.first()? {
        sign @ (b'+' | b'-') => {
            rest.0 = &rest.0[1..];
            let year = rest.digits(6)?;
            if *sign == b'-' { -year } else { year }
        }
        _ => rest.digits(4)?,
    };
    let mut at = Calendar {
        year,
        month: 1,
        day: 1,
        hour: 0,
        minute: 0,
        second: 0,
        milli: 0,
    };
    let mut offset = 0;
    if !rest.0.is_empty() {
        let dashed = rest.skip(b'-');
        at.month = rest.digits(2)? as u8;
        if !rest.0.is_empty() && (!dashed || rest.skip(b'-')) {
            at.day = rest.digits(2)? as u8;
        }
        if rest.skip(b'T') || rest.skip(b't') || rest.skip(b' ') {
            at.hour = rest.digits(2)? as u8;
            if rest.skip(b':') || rest.0.first().is_some_and(u8::is_ascii_digit) {
                at.minute = rest.digits(2)? as u8;
                if rest.skip(b':') || rest.0.first().is_some_and(u8::is_ascii_digit) {
                    at.second = rest.digits(2)? as u8;
                    if rest.skip(b'.') {
                        at.milli = rest.fraction()?;
                    }
                }
            }
            offset = rest.offset()?;
        }
    }
    if !rest.0.is_empty()
        || !(1..=12).contains(&at.month)
        || at.day == 0
        || at.day > days_in(at.year, at.month)
        || at.minute > 59
        || at.second > 59
        || at.hour > 24
        || (at.hour == 24 && (at.minute, at.second, at.milli) != (0, 0, 0))
    {
        return None;
    }
    at.millis()?.checked_sub(offset)
}

fn days_in(year: i64, month: u8) -> u8 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn skip(&mut self, byte: u8) -> bool {
        let found = self.0.first() == Some(&byte);
        if found {
            self.0 = &self.0[1..];
        }
        found
    }

    fn digits(&mut self, count: usize) -> Option<i64> {
        let (head, tail) = self.0.split_at_checked(count)?;
        self.0 = tail;
        head.iter().try_fold(0, |n, b| {
            b.is_ascii_digit().then(|| n * 10 + i64::from(b - b'0'))
        })
    }

    fn fraction(&mut self) -> Option<u16> {
        let count = self.0.iter().take_while(|b| b.is_ascii_digit()).count();
        let (head, tail) = self.0.split_at_checked(count)?;
        self.0 = tail;
        if count == 0 {
            return None;
        }
        Some((0..3).fold(0, |n, i| {
            n * 10 + head.get(i).map_or(0, |b| u16::from(b - b'0'))
        }))
    }

    fn offset(&mut self) -> Option<i64> {
        let sign = match self.0.first() {
            None => return Some(0),
            Some(b'Z' | b'z') => {
                self.0 = &self.0[1..];
                return Some(0);
            }
            Some(b'+') => 1,
            Some(b'-') => -1,
            Some(_) => return None,
        };
        self.0 = &self.0[1..];
        let hours = self.digits(2)?;
        let minutes = if self.skip(b':') || !self.0.is_empty() {
            self.digits(2)?
        } else {
            0
        };
        (hours < 24 && minutes < 60).then_some(sign * (hours * 3_600_000 + minutes * 60_000))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn a_date_is_read_in_every_written_form() {
        let noon = 1_772_355_120_000;
        for (text, millis) in [
            ("2026-03-01T08:52:00.000Z", noon),
            ("2026-03-01T08:52Z", noon),
            ("2026-03-01 08:52", noon),
            ("2026-03-01T10:52:00+02:00", noon),
            ("2026-03-01T10:52:00+0200", noon),
            ("20260301T085200Z", noon),
            ("2026-03-01T08:52:00.0007Z", noon),
            ("1970-01-01", 0),
            ("1970", 0),
            ("1970-01", 0),
            ("+001970-01-01", 0),
            ("1969-12-31T23:59:59.999Z", -1),
            ("2024-02-29", 1_709_164_800_000),
        ] {
            assert_eq!(parse_iso(text), Some(millis), "{text}");
        }
        for text in [
            "",
            "2026-02-30",
            "2026-13-01",
            "yesterday",
            "2026-03-01T25:00",
            "2026-03-01x",
            "2026-03-01T09:00:60Z",
            "2025-02-29",
        ] {
            assert_eq!(parse_iso(text), None, "{text}");
        }
    }

    #[test]
    fn every_printed_date_is_read_back() {
        for millis in [
            0,
            -1,
            253_402_300_799_999,
            -62_167_219_200_000,
            951_782_400_123,
        ] {
            assert_eq!(parse_iso(&iso(millis).unwrap()), Some(millis));
        }
        assert_eq!(iso(253_402_300_800_000), None);
        assert_eq!(iso(i64::MIN), None);
        assert_eq!(iso(i64::MAX), None);
    }
}
