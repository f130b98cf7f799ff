//! Text that `new Date(text)` and `Date.parse(text)` take.
//!
//! Two grammars as V8 has them: the ISO form of the standard, and a free form in which numbers, names of months and
//! zones may stand in almost any order. NaN for text that is neither.

use super::date::{self, Parts};
use super::number::is_space;
use super::zone::Zone;

#[derive(Debug, Clone, Copy, PartialEq)]
enum Token {
    Number {
        value: i64,
        length: usize,
    },
    Symbol(char),
    /// A word: its kind and value, and its length.
    Word(Word, i64),
    Space,
    Other,
    End,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Word {
    Month,
    Noon,
    Zone,
    TimeSeparator,
    Unknown,
}

const WORDS: [(&str, Word, i64); 27] = [
    ("jan", Word::Month, 1),
    ("feb", Word::Month, 2),
    ("mar", Word::Month, 3),
    ("apr", Word::Month, 4),
    ("may", Word::Month, 5),
    ("jun", Word::Month, 6),
    ("jul", Word::Month, 7),
    ("aug", Word::Month, 8),
    ("sep", Word::Month, 9),
    ("oct", Word::Month, 10),
    ("nov", Word::Month, 11),
    ("dec", Word::Month, 12),
    ("am", Word::Noon, 0),
    ("pm", Word::Noon, 12),
    ("ut", Word::Zone, 0),
    ("utc", Word::Zone, 0),
    ("z", Word::Zone, 0),
    ("gmt", Word::Zone, 0),
    ("cdt", Word::Zone, -5),
    ("cst", Word::Zone, -6),
    ("edt", Word::Zone, -4),
    ("est", Word::Zone, -5),
    ("mdt", Word::Zone, -6),
    ("mst", Word::Zone, -7),
    ("pdt", Word::Zone, -7),
    ("pst", Word::Zone, -8),
    ("t", Word::TimeSeparator, 0),
];

struct Scanner<'t> {
    rest: &'t str,
    next: Token,
    /// The word just read was `z` alone.
    next_is_z: bool,
}

impl<'t> Scanner<'t> {
    fn new(text: &'t str) -> Self {
        let mut scanner = Self {
            rest: text,
            next: Token::End,
            next_is_z: false,
        };
        scanner.advance();
        scanner
    }

    fn take(&mut self) -> Token {
        let token = self.next;
        self.advance();
        token
    }

    fn skip(&mut self, symbol: char) -> bool {
        let found = self.next == Token::Symbol(symbol);
        if found {
            self.advance();
        }
        found
    }

    fn fixed(&self, digits: usize) -> Option<i64> {
        match self.next {
            Token::Number { value, length } if length == digits => Some(value),
            _ => None,
        }
    }

    fn advance(&mut self) {
        self.next_is_z = false;
        self.next = self.scan();
    }

    fn scan(&mut self) -> Token {
        let Some(c) = self.rest.chars().next() else {
            return Token::End;
        };
        let cut = |n: usize| self.rest.get(n..).unwrap_or("");
        if c.is_ascii_digit() {
            let length = self
                .rest
                .find(|c: char| !c.is_ascii_digit())
                .unwrap_or(self.rest.len());
            let significant = self.rest[..length].trim_start_matches('0');
            let value = significant
                .get(..significant.len().min(9))
                .unwrap_or("")
                .parse()
                .unwrap_or(0);
            self.rest = cut(length);
            return Token::Number { value, length };
        }
        if matches!(c, ':' | '-' | '+' | '.' | ')') {
            self.rest = cut(1);
            return Token::Symbol(c);
        }
        if is_space(c) {
            let end = self
                .rest
                .find(|c: char| !is_space(c))
                .unwrap_or(self.rest.len());
            self.rest = cut(end);
            return Token::Space;
        }
        if c >= 'A' {
            let end = self
                .rest
                .find(|c: char| c < 'A' || is_space(c))
                .unwrap_or(self.rest.len());
            let word = self.rest[..end].to_ascii_lowercase();
            self.rest = cut(end);
            self.next_is_z = word == "z";
            let head: String = word.chars().take(3).collect();
            let long = word.chars().count() > 3;
            for (name, kind, value) in WORDS {
                if name == head && (!long || kind == Word::Month) {
                    return Token::Word(kind, value);
                }
            }
            return Token::Word(Word::Unknown, 0);
        }
        if c == '(' {
            let mut depth = 0_usize;
            let mut end = self.rest.len();
            for (i, c) in self.rest.char_indices() {
                match c {
                    '(' => depth += 1,
                    ')' => {
                        depth -= 1;
                        if depth == 0 {
                            end = i + 1;
                            break;
                        }
                    }
                    _ => {}
                }
            }
            self.rest = cut(end);
            return Token::Other;
        }
        self.rest = cut(c.len_utf8());
        Token::Other
    }
}

#[derive(Default)]
struct Reading {
    day: Vec<i64>,
    month: Option<i64>,
    iso: bool,
    time: Vec<i64>,
    noon: Option<i64>,
    sign: Option<i64>,
    zone_hour: Option<i64>,
    zone_minute: Option<i64>,
}

impl Reading {
    fn add_time(&mut self, n: i64) -> bool {
        let room = self.time.len() < 4;
        if room {
            self.time.push(n);
        }
        room
    }

    fn add_final(&mut self, n: i64) {
        self.add_time(n);
        self.time.resize(4, 0);
    }

    fn expects_time(&self, n: i64) -> bool {
        match self.time.len() {
            1 | 2 => (0..60).contains(&n),
            3 => (0..1000).contains(&n),
            _ => false,
        }
    }

    fn add_day(&mut self, n: i64) -> bool {
        let room = self.day.len() < 3;
        if room {
            self.day.push(n);
        }
        room
    }

    fn set_zone(&mut self, hours: i64) {
        self.sign = Some(if hours < 0 { -1 } else { 1 });
        self.zone_hour = Some(hours.abs());
        self.zone_minute = Some(0);
    }

    fn is_utc(&self) -> bool {
        self.zone_hour == Some(0) && self.zone_minute == Some(0)
    }

    fn finish(mut self, zone: &Zone) -> Option<f64> {
        if self.day.is_empty() {
            return None;
        }
        let given = self.day.len();
        self.day.resize(3, 1);
        let is_day = |n: i64| (1..=31).contains(&n);
        let [a, b, c] = [self.day[0], self.day[1], self.day[2]];
        let (mut year, month, day) = match self.month {
            None if self.iso || (given == 3 && !is_day(a)) => (a, b, c),
            // Missing parts count as 1, so there are always three.
            None if !is_day(a) => (a, b, c),
            None => (c, a, b),
            Some(month) if !is_day(a) => (a, month, b),
            Some(month) => (b, month, a),
        };
        if !self.iso {
            if (0..50).contains(&year) {
                year += 2000;
            } else if (50..100).contains(&year) {
                year += 1900;
            }
        }
        if !(1..=12).contains(&month) || !is_day(day) {
            return None;
        }
        self.time.resize(4, 0);
        let [mut hour, minute, second, milli] =
            [self.time[0], self.time[1], self.time[2], self.time[3]];
        if let Some(offset) = self.noon {
            if !(0..=12).contains(&hour) {
                return None;
            }
            hour = hour % 12 + offset;
        }
        let ordinary = (0..24).contains(&hour)
            && (0..60).contains(&minute)
            && (0..60).contains(&second)
            && (0..1000).contains(&milli);
        let end_of_day = hour == 24 && minute == 0 && second == 0 && milli == 0;
        if !ordinary && !end_of_day {
            return None;
        }
        #[expect(clippy::cast_precision_loss, reason = "nine digits at the most")]
        let local = date::from_parts(&Parts {
            year: year as f64,
            month: (month - 1) as f64,
            day: day as f64,
            hour: hour as f64,
            minute: minute as f64,
            second: second as f64,
            milli: milli as f64,
            weekday: 0.0,
        });
        match self.sign {
            Some(sign) => {
                let seconds =
                    self.zone_hour.unwrap_or(0) * 3600 + self.zone_minute.unwrap_or(0) * 60;
                #[expect(clippy::cast_precision_loss, reason = "nine digits at the most")]
                let offset = (sign * seconds * 1000) as f64;
                Some(date::clip(local - offset))
            }
            None => Some(date::to_universal(local, zone)),
        }
    }
}

/// The time that a text says; a text without a zone is local, but for a bare ISO day.
pub(super) fn parse(text: &str, zone: &Zone) -> f64 {
    let mut reading = Reading::default();
    let mut scanner = Scanner::new(text);
    let Some(unread) = iso(&mut scanner, &mut reading) else {
        return f64::NAN;
    };
    if free(&mut scanner, &mut reading, unread).is_none() {
        return f64::NAN;
    }
    reading.finish(zone).unwrap_or(f64::NAN)
}

/// Reads the standard's form; gives the token at which the free form has to go on, `End` where all was read.
fn iso(scanner: &mut Scanner<'_>, reading: &mut Reading) -> Option<Token> {
    if let Token::Symbol(sign @ ('+' | '-')) = scanner.next {
        let token = scanner.take();
        let Some(year) = scanner.fixed(6) else {
            return Some(token);
        };
        scanner.take();
        if sign == '-' && year == 0 {
            return Some(token);
        }
        reading.add_day(if sign == '-' { -year } else { year });
    } else if let Some(year) = scanner.fixed(4) {
        reading.add_day(year);
        scanner.take();
    } else {
        return Some(scanner.take());
    }
    if scanner.skip('-') {
        let Some(month) = scanner.fixed(2).filter(|m| (1..=12).contains(m)) else {
            return Some(scanner.take());
        };
        reading.add_day(month);
        scanner.take();
        if scanner.skip('-') {
            let Some(day) = scanner.fixed(2).filter(|d| (1..=31).contains(d)) else {
                return Some(scanner.take());
            };
            reading.add_day(day);
            scanner.take();
        }
    }
    if scanner.next == Token::Word(Word::TimeSeparator, 0) {
        scanner.take();
        iso_time(scanner, reading)?;
    } else if scanner.next != Token::End {
        return Some(scanner.take());
    }
    if reading.sign.is_none() && reading.time.is_empty() {
        reading.set_zone(0);
    }
    reading.iso = true;
    Some(Token::End)
}

fn iso_time(scanner: &mut Scanner<'_>, reading: &mut Reading) -> Option<()> {
    let hour = scanner.fixed(2).filter(|h| (0..=24).contains(h))?;
    let last = hour == 24;
    let fits = move |n: &i64| (0..60).contains(n) && !(last && *n > 0);
    reading.add_time(hour);
    scanner.take();
    if !scanner.skip(':') {
        return None;
    }
    reading.add_time(scanner.fixed(2).filter(fits)?);
    scanner.take();
    if scanner.skip(':') {
        reading.add_time(scanner.fixed(2).filter(fits)?);
        scanner.take();
        if scanner.skip('.') {
            let Token::Number { value, length } = scanner.take() else {
                return None;
            };
            if last && value > 0 {
                return None;
            }
            reading.add_time(millis(value, length));
        }
    }
    if scanner.next_is_z {
        scanner.take();
        reading.set_zone(0);
    } else if let Token::Symbol(sign @ ('+' | '-')) = scanner.next {
        scanner.take();
        reading.sign = Some(if sign == '-' { -1 } else { 1 });
        let (hour, minute) = if let Some(both) = scanner.fixed(4) {
            scanner.take();
            (both / 100, both % 100)
        } else {
            let hour = scanner.fixed(2)?;
            scanner.take();
            if !scanner.skip(':') {
                return None;
            }
            let minute = scanner.fixed(2)?;
            scanner.take();
            (hour, minute)
        };
        if !(0..24).contains(&hour) || !(0..60).contains(&minute) {
            return None;
        }
        reading.zone_hour = Some(hour);
        reading.zone_minute = Some(minute);
    }
    (scanner.next == Token::End).then_some(())
}

/// Milliseconds of a fraction of a second of so many digits.
fn millis(value: i64, length: usize) -> i64 {
    match length {
        1 => value * 100,
        2 => value * 10,
        3 => value,
        _ => value / 10_i64.pow(u32::try_from(length.min(9)).unwrap_or(9) - 3),
    }
}

fn free(scanner: &mut Scanner<'_>, reading: &mut Reading, first: Token) -> Option<()> {
    let mut seen_number = !reading.day.is_empty();
    let mut token = if first == Token::End {
        scanner.take()
    } else {
        first
    };
    while token != Token::End {
        match token {
            Token::Number { value, .. } => {
                seen_number = true;
                free_number(scanner, reading, value)?;
            }
            Token::Word(kind, value) => match kind {
                Word::Noon if !reading.time.is_empty() => reading.noon = Some(value),
                Word::Month => {
                    reading.month = Some(value);
                    scanner.skip('-');
                }
                Word::Zone if seen_number => reading.set_zone(value),
                _ if seen_number || matches!(scanner.next, Token::Number { .. }) => return None,
                _ => {}
            },
            Token::Symbol(sign @ ('+' | '-')) if reading.is_utc() || !reading.time.is_empty() => {
                reading.sign = Some(if sign == '-' { -1 } else { 1 });
                let (mut n, mut length) = (0, 0);
                if let Token::Number { value, length: l } = scanner.next {
                    scanner.take();
                    (n, length) = (value, l);
                }
                seen_number = true;
                if scanner.next == Token::Symbol(':') {
                    reading.zone_hour = Some(n);
                    reading.zone_minute = None;
                } else if length == 1 || length == 2 {
                    reading.zone_hour = Some(n);
                    reading.zone_minute = Some(0);
                } else if length == 3 || length == 4 {
                    reading.zone_hour = Some(n / 100);
                    reading.zone_minute = Some(n % 100);
                } else {
                    return None;
                }
            }
            Token::Symbol('+' | '-' | ')') if seen_number => return None,
            _ => {}
        }
        token = scanner.take();
    }
    Some(())
}

fn free_number(scanner: &mut Scanner<'_>, reading: &mut Reading, n: i64) -> Option<()> {
    if scanner.skip(':') {
        if scanner.skip(':') {
            if !reading.time.is_empty() {
                return None;
            }
            reading.add_time(n);
            reading.add_time(0);
        } else {
            if !reading.add_time(n) {
                return None;
            }
            scanner.skip('.');
        }
        return Some(());
    }
    if scanner.next == Token::Symbol('.') {
        scanner.take();
        if reading.expects_time(n) {
            reading.add_time(n);
            let Token::Number { value, length } = scanner.take() else {
                return None;
            };
            reading.add_final(millis(value, length));
            return Some(());
        }
    }
    if reading.zone_hour.is_some() && reading.zone_minute.is_none() && (0..60).contains(&n) {
        reading.zone_minute = Some(n);
    } else if reading.expects_time(n) {
        reading.add_final(n);
        let next = scanner.next;
        let fine = matches!(next, Token::End | Token::Space | Token::Symbol('+' | '-'))
            || scanner.next_is_z;
        if !fine {
            return None;
        }
    } else {
        if !reading.add_day(n) {
            return None;
        }
        scanner.skip('-');
    }
    Some(())
}
