//! Reports on their way to standard output, and what they come to.

use super::{Format, grouped, json, junit, table};
use crate::cli::Exit;
use crate::cli::print::{self, Sent};
use crate::mongo::request::drift::CheckReport;
use crate::mongo::request::{Failure, Namespace};
use crate::value::cell::cut;

/// Standard output in the form that was asked for.
pub(super) struct Output {
    format: Format,
    suites: Vec<junit::Suite>,
    collections: u64,
    documents: u64,
    drifts: usize,
    with_drift: u64,
    failures: u64,
    is_closed: bool,
}

impl Output {
    pub(super) fn new(format: Format) -> Self {
        Self {
            format,
            suites: Vec::new(),
            collections: 0,
            documents: 0,
            drifts: 0,
            with_drift: 0,
            failures: 0,
            is_closed: false,
        }
    }

    /// Whether nobody reads any more.
    pub(super) fn is_closed(&self) -> bool {
        self.is_closed
    }

    fn line(&mut self, text: &str) {
        if !self.is_closed {
            self.is_closed = print::line(text) == Sent::Closed;
        }
    }

    /// A collection was checked.
    pub(super) fn report(&mut self, report: &CheckReport) {
        self.collections += 1;
        self.documents += report.findings.documents;
        self.drifts += report.drifts();
        self.with_drift += u64::from(report.has_drift());
        match self.format {
            Format::Table => {
                let text = table::text(report, print::width());
                self.line(&text);
            }
            Format::Json => {
                let text = json::line(report);
                self.line(&text);
            }
            Format::Junit => self.suites.push(junit::suite(report)),
        }
    }

    /// A collection could not be checked.
    pub(super) fn failure(&mut self, namespace: &Namespace, model: &str, failure: &Failure) {
        self.failures += 1;
        match self.format {
            Format::Table => {}
            Format::Json => {
                let text = json::failure(namespace, model, failure);
                self.line(&text);
            }
            Format::Junit => self.suites.push(junit::failed(namespace, failure)),
        }
    }

    /// All collections were checked.
    pub(super) fn end(&mut self) -> Exit {
        match self.format {
            Format::Table => {
                let collections = |n: u64| match n {
                    1 => "1 collection".to_owned(),
                    n => format!("{n} collections"),
                };
                let text = format!(
                    "{}, {} documents: {}",
                    collections(self.collections),
                    grouped(self.documents),
                    match self.drifts {
                        0 => "no drift".to_owned(),
                        1 => "1 kind of drift".to_owned(),
                        n => format!("{n} kinds of drift in {}", collections(self.with_drift)),
                    }
                );
                let text = print::width().map_or_else(|| text.clone(), |width| cut(&text, width));
                self.line(&text);
            }
            Format::Json => {}
            Format::Junit => self.write_junit(),
        }
        match (self.failures, self.drifts) {
            (0, 0) => Exit::Ok,
            (0, _) => Exit::Query,
            _ => Exit::Usage,
        }
    }

    /// Not all collections could be checked. What is known of the others is written all the same.
    pub(super) fn break_off(&mut self) {
        if self.format == Format::Junit && !self.suites.is_empty() {
            self.write_junit();
        }
    }

    fn write_junit(&mut self) {
        let text = junit::document(&self.suites);
        self.line(&text);
    }
}
