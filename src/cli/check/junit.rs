//! Reports as JUnit's XML: a suite for each collection, a case for each thing that was looked at, a failure for each kind
//! of drift.
//!
//! Invariant: well-formed, whatever the documents hold: what XML cannot hold is escaped as text.

use std::fmt::Write as _;
use std::time::Duration;

use super::table;
use crate::model::drift::ValidatorState;
use crate::mongo::request::drift::CheckReport;
use crate::mongo::request::{Failure, Namespace};

/// One collection.
pub(super) struct Suite {
    name: String,
    cases: Vec<Case>,
    took: Duration,
}

struct Case {
    name: String,
    outcome: Outcome,
}

enum Outcome {
    Passed,
    /// There is drift: its kind, and a line of words.
    Failed(String, String),
    /// It could not be looked at.
    Error(String),
}

/// A report as a suite.
pub(super) fn suite(report: &CheckReport) -> Suite {
    let rows = table::rows(report);
    let mut cases = Vec::new();
    let violations =
        report.findings.groups.len() + usize::from(report.findings.other_violations > 0);
    let indexes = report.indexes.as_ref().map_or(0, Vec::len);
    let parts = [
        ("documents", violations),
        ("references", report.dangling.len()),
        ("unique values", report.duplicates.len()),
        ("indexes", indexes),
        (
            "validator",
            match &report.validator.state {
                ValidatorState::Differs(_) => usize::MAX,
                _ => 0,
            },
        ),
    ];
    let mut rows = rows.into_iter();
    for (part, count) in parts {
        if count == 0 {
            cases.push(Case {
                name: part.to_owned(),
                outcome: Outcome::Passed,
            });
        }
        for row in rows.by_ref().take(count) {
            let name = format!("{part}: {} {}", row.place, row.kind);
            cases.push(Case {
                name: name.trim_end().to_owned(),
                outcome: Outcome::Failed(
                    row.kind.clone(),
                    format!("{} × {}", row.count, row.words),
                ),
            });
        }
    }
    Suite {
        name: report.namespace.to_string(),
        cases,
        took: report.took,
    }
}

/// A collection that could not be checked.
pub(super) fn failed(namespace: &Namespace, failure: &Failure) -> Suite {
    Suite {
        name: namespace.to_string(),
        cases: vec![Case {
            name: "check".to_owned(),
            outcome: Outcome::Error(failure.to_string()),
        }],
        took: Duration::ZERO,
    }
}

/// All suites as a document, without a line end.
pub(super) fn document(suites: &[Suite]) -> String {
    let all = || suites.iter().flat_map(|s| &s.cases);
    let took: Duration = suites.iter().map(|s| s.took).sum();
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(
        out,
        "<testsuites name=\"mongodeck check\" {} time=\"{:.3}\">",
        counts(all()),
        took.as_secs_f64()
    );
    for suite in suites {
        let name = escaped(&suite.name);
        let _ = writeln!(
            out,
            "  <testsuite name=\"{name}\" {} time=\"{:.3}\">",
            counts(suite.cases.iter()),
            suite.took.as_secs_f64()
        );
        for case in &suite.cases {
            let _ = write!(
                out,
                "    <testcase classname=\"{name}\" name=\"{}\"",
                escaped(&case.name)
            );
            let _ = match &case.outcome {
                Outcome::Passed => writeln!(out, "/>"),
                Outcome::Failed(kind, words) => writeln!(
                    out,
                    "><failure type=\"{}\" message=\"{}\"/></testcase>",
                    escaped(kind),
                    escaped(words)
                ),
                Outcome::Error(words) => {
                    writeln!(out, "><error message=\"{}\"/></testcase>", escaped(words))
                }
            };
        }
        out.push_str("  </testsuite>\n");
    }
    out.push_str("</testsuites>");
    out
}

fn counts<'c>(cases: impl Iterator<Item = &'c Case>) -> String {
    let (mut tests, mut failures, mut errors) = (0, 0, 0);
    for case in cases {
        tests += 1;
        match case.outcome {
            Outcome::Passed => {}
            Outcome::Failed(..) => failures += 1,
            Outcome::Error(_) => errors += 1,
        }
    }
    format!("tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\"")
}

/// Text for an attribute. What a terminal would obey, and what XML cannot hold, is written as an escape of JSON.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            '\n' => out.push_str("&#10;"),
            c if crate::value::text::is_hidden(c) || matches!(c, '\u{fffe}' | '\u{ffff}') => {
                crate::value::text::push_escape(&mut out, c);
            }
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_the_data_breaks_the_document() {
        let suites = [Suite {
            name: "a.<b>&\"c'".to_owned(),
            cases: vec![
                Case {
                    name: "documents".to_owned(),
                    outcome: Outcome::Passed,
                },
                Case {
                    name: "x\u{1}\u{1b}[31m\u{ffff}".to_owned(),
                    outcome: Outcome::Failed("enum".to_owned(), "line\nbreak ]]>".to_owned()),
                },
            ],
            took: Duration::from_millis(1_500),
        }];
        assert_eq!(
            document(&suites),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <testsuites name=\"mongodeck check\" tests=\"2\" failures=\"1\" errors=\"0\" time=\"1.500\">\n  \
             <testsuite name=\"a.&lt;b&gt;&amp;&quot;c&apos;\" tests=\"2\" failures=\"1\" errors=\"0\" time=\"1.500\">\n    \
             <testcase classname=\"a.&lt;b&gt;&amp;&quot;c&apos;\" name=\"documents\"/>\n    \
             <testcase classname=\"a.&lt;b&gt;&amp;&quot;c&apos;\" name=\"x\\u0001\\u001b[31m\\uffff\">\
             <failure type=\"enum\" message=\"line&#10;break ]]&gt;\"/></testcase>\n  \
             </testsuite>\n</testsuites>"
        );
    }
}
