//! A time zone as data: when its offset changed, and the rule for the years to come.
//!
//! Reads no files and no environment; whoever has the bytes of a zone file or the text of `TZ` gives them. The offset
//! of a local time that occurs twice, or never, is the one before the change, as in JavaScript.

use std::sync::Arc;

/// A time zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone {
    data: Arc<Data>,
}

#[derive(Debug, PartialEq, Eq)]
struct Data {
    /// From this second on (since the epoch), this kind of time.
    changes: Vec<(i64, usize)>,
    kinds: Vec<Kind>,
    /// What holds before the first change.
    first: usize,
    /// What holds after the last one.
    rule: Option<Rule>,
}

/// An offset and its name.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Kind {
    /// Seconds east of Greenwich.
    offset: i64,
    name: String,
}

#[derive(Debug, PartialEq, Eq)]
struct Rule {
    standard: Kind,
    summer: Option<(Kind, Day, Day)>,
}

/// A day of the year and the second of it at which the clock changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Day {
    kind: DayKind,
    second: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum DayKind {
    /// Day 1 to 365, leap days never counted.
    Julian(i64),
    /// Day 0 to 365.
    Plain(i64),
    /// Month, week (5 is the last), weekday.
    Month(i64, i64, i64),
}

impl Zone {
    /// Coordinated universal time.
    #[must_use]
    pub fn utc() -> Self {
        Self::from_kind(0, "UTC")
    }

    fn from_kind(offset: i64, name: &str) -> Self {
        Self {
            data: Arc::new(Data {
                changes: Vec::new(),
                kinds: vec![Kind {
                    offset,
                    name: name.into(),
                }],
                first: 0,
                rule: None,
            }),
        }
    }

    /// A zone that is always `seconds` east of Greenwich.
    #[must_use]
    pub fn fixed(seconds: i32) -> Self {
        Self::from_kind(i64::from(seconds), "")
    }

    /// Reads a rule such as `EST5EDT,M3.2.0,M11.1.0`; `None` where it is not one.
    #[must_use]
    pub fn from_rule(text: &str) -> Option<Self> {
        let rule = Rule::parse(text)?;
        Some(Self {
            data: Arc::new(Data {
                changes: Vec::new(),
                kinds: vec![rule.standard.clone()],
                first: 0,
                rule: Some(rule),
            }),
        })
    }

    /// Reads a compiled zone file (RFC 8536); `None` where the bytes are not one.
    #[must_use]
    pub fn from_file(bytes: &[u8]) -> Option<Self> {
        let (header, body) = split_header(bytes)?;
        if header.version == 0 {
            return Some(Self {
                data: Arc::new(read_block(&header, body, 4)?.0),
            });
        }
        let skip = header.block_size(4);
        let (header, body) = split_header(body.get(skip..)?)?;
        let (mut data, rest) = read_block(&header, body, 8)?;
        data.rule = std::str::from_utf8(rest)
            .ok()
            .and_then(|t| Rule::parse(t.trim_matches('\n')));
        Some(Self {
            data: Arc::new(data),
        })
    }

    fn kind_at(&self, second: i64) -> Option<&Kind> {
        let data = &*self.data;
        let after = data.changes.partition_point(|(at, _)| *at <= second);
        if after == data.changes.len()
            && let Some(rule) = &data.rule
        {
            return Some(rule.kind_at(second));
        }
        let kind = match after.checked_sub(1) {
            Some(i) => data.changes.get(i)?.1,
            None => data.first,
        };
        data.kinds.get(kind)
    }

    /// Milliseconds east of Greenwich at a time since the epoch.
    pub(super) fn offset_at(&self, millis: f64) -> f64 {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_precision_loss,
            reason = "dates reach 8.64e15 milliseconds at the most"
        )]
        let offset = self
            .kind_at((millis / 1000.0).floor() as i64)
            .map_or(0.0, |k| (k.offset * 1000) as f64);
        offset
    }

    /// What a clock there shows at a time since the epoch, both in milliseconds.
    #[must_use]
    pub fn clock(&self, millis: i64) -> i64 {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_precision_loss,
            reason = "an offset is at most a day"
        )]
        let offset = self.offset_at(millis as f64) as i64;
        millis.saturating_add(offset)
    }

    /// Whether it is universal time at this time since the epoch, in milliseconds.
    #[must_use]
    pub fn is_universal(&self, millis: i64) -> bool {
        self.clock(millis) == millis
    }

    /// The name that JavaScript would print in parentheses.
    pub(super) fn name_at(&self, millis: f64) -> String {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "dates reach 8.64e15 milliseconds at the most"
        )]
        let Some(kind) = self.kind_at((millis / 1000.0).floor() as i64) else {
            return String::new();
        };
        let long = match (kind.name.as_str(), kind.offset) {
            ("UTC", _) => "Coordinated Universal Time",
            ("GMT", _) => "Greenwich Mean Time",
            ("EST", -18_000) => "Eastern Standard Time",
            ("EDT", -14_400) => "Eastern Daylight Time",
            ("CST", -21_600) => "Central Standard Time",
            ("CDT", -18_000) => "Central Daylight Time",
            ("MST", -25_200) => "Mountain Standard Time",
            ("MDT", -21_600) => "Mountain Daylight Time",
            ("PST", -28_800) => "Pacific Standard Time",
            ("PDT", -25_200) => "Pacific Daylight Time",
            ("BST", 3_600) => "British Summer Time",
            ("WET", 0) => "Western European Standard Time",
            ("WEST", 3_600) => "Western European Summer Time",
            ("CET", 3_600) => "Central European Standard Time",
            ("CEST", 7_200) => "Central European Summer Time",
            ("EET", 7_200) => "Eastern European Standard Time",
            ("EEST", 10_800) => "Eastern European Summer Time",
            ("IST", 19_800) => "India Standard Time",
            ("JST", 32_400) => "Japan Standard Time",
            ("WAT", 3_600) => "West Africa Standard Time",
            (other, _) => other,
        };
        long.to_owned()
    }

    /// The time since the epoch of a local time, both in milliseconds.
    pub(super) fn to_universal(&self, local: f64) -> f64 {
        const DAY: f64 = 86_400_000.0;
        let before = self.offset_at(local - DAY);
        let after = self.offset_at(local + DAY);
        // Before a change the old offset; it also decides for a time that occurs twice or never.
        let first = local - before;
        if before.total_cmp(&after).is_eq() || self.offset_at(first).total_cmp(&before).is_eq() {
            return first;
        }
        let second = local - after;
        if self.offset_at(second).total_cmp(&after).is_eq() {
            return second;
        }
        first
    }
}

impl Rule {
    fn parse(text: &str) -> Option<Self> {
        let mut rest = text;
        let name = take_name(&mut rest)?;
        let standard = Kind {
            offset: -take_time(&mut rest)?,
            name,
        };
        if rest.is_empty() {
            return Some(Self {
                standard,
                summer: None,
            });
        }
        let name = take_name(&mut rest)?;
        let offset = if rest.is_empty() || rest.starts_with(',') {
            standard.offset + 3600
        } else {
            -take_time(&mut rest)?
        };
        let (start, end) = if rest.is_empty() {
            (
                Day {
                    kind: DayKind::Month(3, 2, 0),
                    second: 7200,
                },
                Day {
                    kind: DayKind::Month(11, 1, 0),
                    second: 7200,
                },
            )
        } else {
            let mut days = rest.strip_prefix(',')?.split(',');
            let start = Day::parse(days.next()?)?;
            let end = Day::parse(days.next()?)?;
            (start, end)
        };
        Some(Self {
            standard,
            summer: Some((Kind { offset, name }, start, end)),
        })
    }

    fn kind_at(&self, second: i64) -> &Kind {
        let Some((summer, start, end)) = &self.summer else {
            return &self.standard;
        };
        let local = second + self.standard.offset;
        let year = year_of_day(local.div_euclid(86_400));
        let from = start.second_of(year) - self.standard.offset;
        let to = end.second_of(year) - summer.offset;
        let inside = if from < to {
            (from..to).contains(&second)
        } else {
            !(to..from).contains(&second)
        };
        if inside { summer } else { &self.standard }
    }
}

impl Day {
    fn parse(text: &str) -> Option<Self> {
        let (day, time) = match text.split_once('/') {
            Some((day, time)) => (day, time),
            None => (text, "2"),
        };
        let mut time = time;
        let second = take_time(&mut time)?;
        let kind = if let Some(rest) = day.strip_prefix('M') {
            let mut parts = rest.split('.').map(|p| p.parse::<i64>().ok());
            let (month, week, weekday) = (parts.next()??, parts.next()??, parts.next()??);
            if !(1..=12).contains(&month) || !(1..=5).contains(&week) || !(0..=6).contains(&weekday)
            {
                return None;
            }
            DayKind::Month(month, week, weekday)
        } else if let Some(rest) = day.strip_prefix('J') {
            DayKind::Julian(rest.parse().ok().filter(|d| (1..=365).contains(d))?)
        } else {
            DayKind::Plain(day.parse().ok().filter(|d| (0..=365).contains(d))?)
        };
        Some(Self { kind, second })
    }

    /// Local seconds since the epoch of this day in `year`.
    fn second_of(self, year: i64) -> i64 {
        let day = match self.kind {
            DayKind::Plain(n) => day_of(year, 1, 1) + n,
            DayKind::Julian(n) => {
                let leap = day_of(year + 1, 1, 1) - day_of(year, 1, 1) == 366;
                day_of(year, 1, 1) + n - 1 + i64::from(leap && n >= 60)
            }
            DayKind::Month(month, week, weekday) => {
                let first = day_of(year, month, 1);
                let next = if month == 12 {
                    day_of(year + 1, 1, 1)
                } else {
                    day_of(year, month + 1, 1)
                };
                // The epoch was a Thursday.
                let mut day = first + (weekday - (first + 4)).rem_euclid(7) + (week - 1) * 7;
                while day >= next {
                    day -= 7;
                }
                day
            }
        };
        day * 86_400 + self.second
    }
}

/// Days since the epoch of a date of the Gregorian calendar.
pub(super) fn day_of(year: i64, month: i64, day: i64) -> i64 {
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let year_of_era = y.rem_euclid(400);
    let day_of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// Year, month and day of a day since the epoch.
pub(super) fn date_of(day: i64) -> (i64, i64, i64) {
    let z = day + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    let year = yoe + era * 400 + i64::from(month <= 2);
    (year, month, doy - (153 * mp + 2) / 5 + 1)
}

fn year_of_day(day: i64) -> i64 {
    date_of(day).0
}

fn take_name(rest: &mut &str) -> Option<String> {
    if let Some(inner) = rest.strip_prefix('<') {
        let (name, after) = inner.split_once('>')?;
        *rest = after;
        return Some(name.to_owned());
    }
    let end = rest
        .find(|c: char| !c.is_ascii_alphabetic())
        .unwrap_or(rest.len());
    if end < 3 {
        return None;
    }
    let (name, after) = rest.split_at(end);
    *rest = after;
    Some(name.to_owned())
}

/// `[+-]h[:m[:s]]` in seconds.
fn take_time(rest: &mut &str) -> Option<i64> {
    let end = rest
        .find(|c: char| !c.is_ascii_digit() && !matches!(c, '+' | '-' | ':'))
        .unwrap_or(rest.len());
    let (text, after) = rest.split_at(end);
    *rest = after;
    let (sign, text) = match text.strip_prefix('-') {
        Some(t) => (-1, t),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let mut total = 0;
    for (part, unit) in text.splitn(3, ':').zip([3600, 60, 1]) {
        let n: i64 = part.parse().ok().filter(|n| *n <= 200)?;
        total += n * unit;
    }
    Some(sign * total)
}

struct Header {
    version: u8,
    is_utc: usize,
    is_std: usize,
    leaps: usize,
    changes: usize,
    kinds: usize,
    chars: usize,
}

impl Header {
    fn block_size(&self, time: usize) -> usize {
        self.changes * (time + 1)
            + self.kinds * 6
            + self.chars
            + self.leaps * (time + 4)
            + self.is_std
            + self.is_utc
    }
}

fn split_header(bytes: &[u8]) -> Option<(Header, &[u8])> {
    if bytes.get(..4)? != b"TZif" {
        return None;
    }
    let count = |i: usize| {
        let at = 20 + i * 4;
        let four: [u8; 4] = bytes.get(at..at + 4)?.try_into().ok()?;
        usize::try_from(u32::from_be_bytes(four))
            .ok()
            .filter(|n| *n < 1 << 20)
    };
    let header = Header {
        version: *bytes.get(4)?,
        is_utc: count(0)?,
        is_std: count(1)?,
        leaps: count(2)?,
        changes: count(3)?,
        kinds: count(4)?,
        chars: count(5)?,
    };
    Some((header, bytes.get(44..)?))
}

fn read_block<'b>(header: &Header, body: &'b [u8], time: usize) -> Option<(Data, &'b [u8])> {
    let times = body.get(..header.changes * time)?;
    let rest = body.get(header.changes * time..)?;
    let indexes = rest.get(..header.changes)?;
    let rest = rest.get(header.changes..)?;
    let infos = rest.get(..header.kinds * 6)?;
    let names = rest.get(header.kinds * 6..header.kinds * 6 + header.chars)?;
    let mut changes = Vec::with_capacity(header.changes);
    for (at, kind) in times.chunks_exact(time).zip(indexes) {
        let at = match time {
            4 => i64::from(i32::from_be_bytes(at.try_into().ok()?)),
            _ => i64::from_be_bytes(at.try_into().ok()?),
        };
        changes.push((at, usize::from(*kind)));
    }
    let mut kinds = Vec::with_capacity(header.kinds);
    for info in infos.chunks_exact(6) {
        let offset = i32::from_be_bytes(info.get(..4)?.try_into().ok()?);
        let name = names.get(usize::from(*info.get(5)?)..)?;
        let end = name.iter().position(|b| *b == 0).unwrap_or(name.len());
        kinds.push(Kind {
            offset: i64::from(offset),
            name: String::from_utf8_lossy(name.get(..end)?).into_owned(),
        });
    }
    let data = Data {
        changes,
        kinds,
        first: 0,
        rule: None,
    };
    Some((data, body.get(header.block_size(time)..)?))
}
