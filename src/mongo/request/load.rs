//! A bounded read load through a profile's own pool: what is asked for, and what came of it.
//!
//! Plain data, its judgement in plain words ([`LoadReport::warnings`]) and its text, which the screen and
//! `mongodeck pool-test` share.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::pool::Histogram;
use crate::query::Statement;
use crate::value::chart::{self, Data, Kind, Label, Series};

/// The most operations at once.
pub const MOST_AT_ONCE: u32 = 1_000;
/// The longest load.
pub const LONGEST: Duration = Duration::from_secs(300);
/// The shortest load.
pub const SHORTEST: Duration = Duration::from_millis(100);

/// What is asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Load {
    /// How many operations run at once, from 1 to [`MOST_AT_ONCE`].
    pub at_once: u32,
    /// How long operations are begun, from [`SHORTEST`] to [`LONGEST`]. What runs then is waited for.
    pub lasts: Duration,
    /// What is run again and again; only a statement that reads is taken. Of one that gives documents, the first batch is
    /// read. `None` is `ping`.
    pub statement: Option<Arc<Statement>>,
    /// What is run, as it was written, for the report.
    pub text: String,
}

impl Load {
    /// Why `statement` is not taken for a load; `None` for one that only reads.
    #[must_use]
    pub fn refusal(statement: &Statement) -> Option<String> {
        if statement.consequence().writes() {
            return Some(
                "the statement writes, and a load only reads: nothing was sent".to_owned(),
            );
        }
        let code = statement.server_code()?;
        Some(format!(
            "the statement has the server run code (`{code}`), and a load only reads: nothing was sent"
        ))
    }
}

/// Connections of one client, as a server counts them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counted {
    /// Connections of the pool.
    pub pool: u32,
    /// Connections by which the driver watches the server.
    pub monitoring: u32,
}

/// What the server counted beside the pool's own figures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerCount {
    /// The server, `host:port`.
    pub address: String,
    /// The most that it counted while the load ran; it was asked once a second.
    pub most: u32,
    /// What it counted after the load.
    pub end: Counted,
    /// What the pool said that it had then.
    pub pool: u32,
}

/// A stretch of time of a load.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stretch {
    /// Connections in use, at the most.
    pub in_use: u32,
    /// Who waited for a connection, at the most.
    pub pending: u32,
    /// Operations that ended.
    pub operations: u64,
    /// How long the stretch was.
    pub lasts: Duration,
}

/// What a load came to.
#[derive(Debug, Clone, PartialEq)]
pub struct LoadReport {
    /// What was run.
    pub text: String,
    /// How many operations ran at once.
    pub at_once: u32,
    /// How long it was meant to last.
    pub meant: Duration,
    /// From the first operation to the end of the last one.
    pub took: Duration,
    /// Whether it was stopped before its time.
    pub stopped: bool,
    /// Operations that ended well.
    pub operations: u64,
    /// Operations that failed, by what was said.
    pub failures: BTreeMap<String, u64>,
    /// How long operations took that ended well, their waits for a connection included.
    pub latency: Histogram,
    /// How long a connection was waited for, by every operation of the pool meanwhile.
    pub waits: Histogram,
    /// Most connections of each pool.
    pub most: u32,
    /// Fewest connections that each pool keeps.
    pub least: u32,
    /// Servers whose pools were used.
    pub pools: usize,
    /// Connections in use, at the most, over all pools.
    pub in_use: u32,
    /// Who waited, at the most.
    pub pending: u32,
    /// Connections that were made meanwhile.
    pub created: u64,
    /// Connections that were closed meanwhile.
    pub closed: u64,
    /// How long a pool had all of its connections in use while somebody waited, to a twentieth of a second.
    pub at_limit: Duration,
    /// How long a connection may be waited for, where the profile says it.
    pub patience: Option<Duration>,
    /// What the busiest server counted itself, or why that cannot be told.
    pub server: Result<ServerCount, String>,
    /// The course of it, in order.
    pub course: Vec<Stretch>,
}

/// A time for people.
fn span(time: Duration) -> String {
    let millis = time.as_secs_f64() * 1_000.0;
    match millis {
        m if m < 10.0 => format!("{m:.2} ms"),
        m if m < 1_000.0 => format!("{m:.0} ms"),
        m => format!("{:.1} s", m / 1_000.0),
    }
}

#[expect(clippy::cast_precision_loss, reason = "figures for people")]
fn float(n: u64) -> f64 {
    n as f64
}

impl LoadReport {
    /// Operations a second.
    #[must_use]
    pub fn rate(&self) -> f64 {
        let seconds = self.took.as_secs_f64();
        if seconds > 0.0 {
            float(self.operations) / seconds
        } else {
            0.0
        }
    }

    /// How many operations failed.
    #[must_use]
    pub fn failed(&self) -> u64 {
        self.failures.values().sum()
    }

    /// What deserves a look, in plain words with the next step.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        let mut out = Vec::new();
        let bound = u64::from(self.most) * self.pools.max(1) as u64;
        let limited = self.at_limit.as_secs_f64() > self.took.as_secs_f64() * 0.1;
        if limited {
            let half = self.waits.percentile(0.5).unwrap_or_default();
            out.push(format!(
                "the pool was at its limit for {} of {}, with up to {} waiting; every second operation waited {} or more for a connection: raise `max_pool_size` ({}), or run less at once",
                span(self.at_limit),
                span(self.took),
                self.pending,
                span(half),
                self.most,
            ));
        } else if self.operations > 0 && u64::from(self.in_use) < bound && self.most > 0 {
            out.push(format!(
                "the pool had room: at the most {} of {bound} connections were in use",
                self.in_use
            ));
        }
        if self.failed() > 0 {
            let all = self.operations + self.failed();
            out.push(format!(
                "{} of {all} operations failed ({:.1} %)",
                self.failed(),
                float(self.failed()) / float(all.max(1)) * 100.0
            ));
        }
        if self.closed > 0 {
            out.push(format!(
                "{} connections were closed meanwhile: see the pool's events for why",
                self.closed
            ));
        }
        if let Ok(server) = &self.server
            && server.end.pool != server.pool
        {
            out.push(format!(
                "the server counts {} connections, and the pool {}: connections that broke are not noticed before they are used, or something between them keeps its own",
                server.end.pool, server.pool
            ));
        }
        if self.operations == 0 && self.failed() == 0 {
            out.push("no operation came to its end".to_owned());
        }
        out
    }

    /// The figures and the course, in lines of at the most `width` columns but for long failures.
    #[must_use]
    pub fn lines(&self, width: usize) -> Vec<String> {
        let four = |h: &Histogram| {
            let of = |share| h.percentile(share).map_or_else(|| "–".to_owned(), span);
            format!(
                "p50 {}   p90 {}   p99 {}   max {}",
                of(0.5),
                of(0.9),
                of(0.99),
                if h.count() == 0 {
                    "–".to_owned()
                } else {
                    span(h.max())
                }
            )
        };
        let stopped = match self.stopped {
            true => format!(", stopped after {}", span(self.took)),
            false => String::new(),
        };
        let mut out = vec![
            format!(
                "{} at once for {}{stopped}: {}",
                self.at_once,
                span(self.meant),
                self.text
            ),
            String::new(),
            format!(
                "operations   {}   {} a second   {} failed",
                chart::number(float(self.operations)),
                chart::number(self.rate().round()),
                chart::number(float(self.failed()))
            ),
            format!("latency      {}", four(&self.latency)),
            format!("waited       {}   for a connection", four(&self.waits)),
            format!(
                "pool         {}–{} for each of {} servers; at the most {} in use, {} waiting",
                self.least, self.most, self.pools, self.in_use, self.pending
            )
            .replace("each of 1 servers", "one server"),
            format!(
                "             {} made, {} closed; at its limit for {}",
                self.created,
                self.closed,
                span(self.at_limit)
            ),
        ];
        out.push(match &self.server {
            Ok(server) => format!(
                "server       {} counted {} connections of the pool at the most, {} at the end; {} watch it",
                server.address, server.most, server.end.pool, server.end.monitoring
            ),
            Err(why) => format!("server       its own count cannot be told: {why}"),
        });
        if let Some(patience) = self.patience {
            out.push(format!(
                "             a connection is waited for {} at the most",
                span(patience)
            ));
        }
        for (what, count) in &self.failures {
            out.push(format!(
                "failed       {} × {what}",
                chart::number(float(*count))
            ));
        }
        for warning in self.warnings() {
            out.push(format!("! {warning}"));
        }
        let charts = [
            self.chart(&["in use", "waiting"], |s| {
                vec![f64::from(s.in_use), f64::from(s.pending)]
            }),
            self.chart(&["operations a second"], |s| {
                let seconds = s.lasts.as_secs_f64().max(0.001);
                vec![(float(s.operations) / seconds).round()]
            }),
        ];
        for data in charts.into_iter().flatten() {
            out.push(String::new());
            // One line alone has no legend of its own.
            if let [only] = data.series.as_slice() {
                out.push(only.name.clone());
            }
            for row in data.draw(Kind::Lines, width, 10) {
                let line: String = row.iter().map(|piece| piece.text.as_str()).collect();
                out.push(line.trim_end().to_owned());
            }
        }
        out
    }

    fn chart(&self, names: &[&str], of: impl Fn(&Stretch) -> Vec<f64>) -> Option<Data> {
        if self.course.len() < 2 {
            return None;
        }
        let mut at = Duration::ZERO;
        let mut labels = Vec::new();
        let mut series: Vec<Series> = names
            .iter()
            .map(|name| Series {
                name: (*name).to_owned(),
                values: Vec::new(),
            })
            .collect();
        for stretch in &self.course {
            at += stretch.lasts;
            labels.push(Label::Text(format!("{:.1} s", at.as_secs_f64())));
            for (series, value) in series.iter_mut().zip(of(stretch)) {
                series.values.push(Some(value));
            }
        }
        Some(Data {
            label: "time".to_owned(),
            labels,
            series,
            left_out: 0,
            more_numbers: 0,
            unlabelled: false,
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn report() -> LoadReport {
        let mut waits = Histogram::default();
        let mut latency = Histogram::default();
        for n in 1..=100 {
            waits.add(Duration::from_millis(n));
            latency.add(Duration::from_millis(n + 5));
        }
        LoadReport {
            text: "ping".to_owned(),
            at_once: 20,
            meant: Duration::from_secs(10),
            took: Duration::from_secs(10),
            stopped: false,
            operations: 100,
            failures: BTreeMap::new(),
            latency,
            waits,
            most: 10,
            least: 2,
            pools: 1,
            in_use: 10,
            pending: 10,
            created: 8,
            closed: 0,
            at_limit: Duration::from_secs(9),
            patience: None,
            server: Ok(ServerCount {
                address: "a.example:27017".to_owned(),
                most: 10,
                end: Counted {
                    pool: 10,
                    monitoring: 2,
                },
                pool: 10,
            }),
            course: (0..20)
                .map(|n| Stretch {
                    in_use: 10.min(n),
                    pending: n / 2,
                    operations: u64::from(n),
                    lasts: Duration::from_millis(500),
                })
                .collect(),
        }
    }

    #[test]
    fn a_pool_at_its_limit_is_told_with_the_next_step() {
        let warnings = report().warnings();
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        assert!(warnings[0].contains("at its limit for 9.0 s of 10.0 s, with up to 10 waiting"));
        assert!(warnings[0].contains("raise `max_pool_size` (10)"));
    }

    #[test]
    fn a_pool_with_room_and_failures_are_told() {
        let mut report = report();
        report.at_limit = Duration::ZERO;
        report.in_use = 3;
        report.failures.insert("connection refused".to_owned(), 25);
        let warnings = report.warnings().join("\n");
        assert!(warnings.contains("at the most 3 of 10"), "{warnings}");
        assert!(
            warnings.contains("25 of 125 operations failed (20.0 %)"),
            "{warnings}"
        );
    }

    #[test]
    fn the_text_has_every_figure_and_a_course() {
        let text = report().lines(78).join("\n");
        for figure in [
            "20 at once for 10.0 s: ping",
            "operations   100   10 a second   0 failed",
            "2–10 for one server; at the most 10 in use, 10 waiting",
            "8 made, 0 closed; at its limit for 9.0 s",
            "a.example:27017 counted 10 connections of the pool at the most, 10 at the end; 2 watch it",
            "in use",
            "operations a second",
        ] {
            assert!(text.contains(figure), "no `{figure}`:\n{text}");
        }
    }
}
