//! The profiler's setting, as it is typed and as it is said.

use crate::mongo::request::observe::{Profiling, ProfilingLevel};

/// Reads how a profiler is to be set; what is not said stays as it `is`.
///
/// # Errors
/// What is wrong with the text, and what may be typed.
pub fn parse(text: &str, is: Option<Profiling>) -> Result<Profiling, String> {
    let mut words = text.split_whitespace();
    let is = is.unwrap_or(Profiling {
        level: ProfilingLevel::Off,
        slow_ms: 100,
        sample_rate: 1.0,
    });
    let first = words.next().unwrap_or_default();
    let level = match first {
        "off" | "0" => ProfilingLevel::Off,
        "slow" | "1" => ProfilingLevel::Slow,
        "all" | "2" => ProfilingLevel::All,
        other => return Err(format!("`{other}` is no level: type off, slow or all")),
    };
    let slow_ms = match words.next() {
        None => is.slow_ms,
        Some(word) => word
            .trim_end_matches("ms")
            .parse()
            .ok()
            .filter(|n| (0..=i64::from(i32::MAX)).contains(n))
            .ok_or_else(|| format!("`{word}` is no number of milliseconds"))?,
    };
    let sample_rate = match words.next() {
        None => is.sample_rate,
        Some(word) => word
            .parse()
            .ok()
            .filter(|n| (0.0..=1.0).contains(n))
            .ok_or_else(|| format!("`{word}` is no share between 0 and 1"))?,
    };
    match words.next() {
        None => Ok(Profiling {
            level,
            slow_ms,
            sample_rate,
        }),
        Some(word) => Err(format!(
            "`{word}` is too much: a level, milliseconds, a share"
        )),
    }
}

/// How a profiler is set, in words: `slow operations, from 100 ms on`.
#[must_use]
pub fn describe(profiling: Profiling) -> String {
    let share = match profiling.sample_rate {
        rate if rate >= 1.0 => String::new(),
        rate => format!(", {rate} of them"),
    };
    format!(
        "{}, slow from {} ms on{share}",
        profiling.level.words(),
        profiling.slow_ms
    )
}

/// What would be typed to set a profiler so.
pub(super) fn typed(profiling: Profiling) -> String {
    let level = match profiling.level {
        ProfilingLevel::Off => "off",
        ProfilingLevel::Slow => "slow",
        ProfilingLevel::All => "all",
    };
    format!("{level} {} {}", profiling.slow_ms, profiling.sample_rate)
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        reason = "a test fails by panicking"
    )]

    use super::*;

    #[test]
    fn a_profilers_setting_is_read_from_a_line() {
        let is = Profiling {
            level: ProfilingLevel::Off,
            slow_ms: 100,
            sample_rate: 0.5,
        };
        let read = |text: &str| parse(text, Some(is));
        assert_eq!(read("off").unwrap(), is);
        let slow = Profiling {
            level: ProfilingLevel::Slow,
            slow_ms: 20,
            ..is
        };
        assert_eq!(read("slow 20ms").unwrap(), slow);
        let all = Profiling {
            level: ProfilingLevel::All,
            slow_ms: 0,
            sample_rate: 1.0,
        };
        assert_eq!(read(" all 0 1 ").unwrap(), all);
        for (text, word) in [
            ("", "``"),
            ("maybe", "`maybe`"),
            ("slow -1", "`-1`"),
            ("slow 5 2", "`2`"),
            ("slow 5 1 x", "`x`"),
        ] {
            assert!(read(text).unwrap_err().contains(word), "{text}");
        }
    }

    #[test]
    fn a_setting_is_said_in_words() {
        let slow = Profiling {
            level: ProfilingLevel::Slow,
            slow_ms: 20,
            sample_rate: 0.1,
        };
        assert_eq!(
            describe(slow),
            "slow operations, slow from 20 ms on, 0.1 of them"
        );
    }
}
