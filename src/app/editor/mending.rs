//! Going from one problem of the text to the next, and mending them.

use super::check::Problem;
use super::{Editor, fix};
use crate::app::overlay::Overlay;
use crate::app::picker::{Choice, Item, Picker};
use crate::app::scope::Scope;
use crate::model::Severity;

impl Editor {
    pub(super) fn list_problems(&mut self, scope: &mut Scope<'_>) {
        let tab = self.host.tab;
        let items = self
            .check
            .problems
            .iter()
            .map(|p| {
                let mark = match p.severity {
                    Severity::Error => "✗",
                    Severity::Warning => "!",
                };
                let (label, choice) = match &p.path {
                    Some(path) => (path.to_string(), Choice::Path(tab, path.clone())),
                    None => ("text".to_owned(), Choice::Nothing),
                };
                Item::new(format!("{mark} {label}"), p.message.clone(), choice)
            })
            .collect();
        let picker = Picker::new("violations", items, "there is nothing wrong");
        scope.overlays.push(Overlay::Picker(picker));
    }

    pub(super) fn turn_to_problem(&mut self, scope: &mut Scope<'_>, onward: bool) {
        let n = self.check.problems.len();
        if n == 0 {
            return scope.info("there is nothing wrong");
        }
        let next = match (self.selected, onward) {
            (None, true) => 0,
            (None, false) => n - 1,
            (Some(i), true) => (i + 1) % n,
            (Some(i), false) => (i + n - 1) % n,
        };
        self.select(scope, next);
    }

    pub(super) fn select(&mut self, scope: &mut Scope<'_>, place: usize) {
        self.selected = Some(place);
        if let Some(span) = self.check.problems.get(place).and_then(|p| p.span) {
            self.buffer.go_to(span.start);
            self.keep_in_sight(scope);
        }
    }

    /// Mends the problem that the cursor was led to, or the one at the cursor.
    pub(super) fn apply_fix(&mut self, scope: &mut Scope<'_>) {
        let selected = self.selected;
        if self.check.version != self.buffer.version() {
            self.check_now(scope.now);
        }
        let here = self.path_here();
        let row = self.buffer.cursor().0;
        let problems = &self.check.problems;
        let with_fix = |p: &&Problem| p.fix.is_some();
        let found = selected
            .and_then(|i| problems.get(i))
            .filter(with_fix)
            .or_else(|| {
                let at = |p: &&Problem| p.path.is_some() && p.path == here;
                problems.iter().filter(with_fix).find(at)
            })
            .or_else(|| {
                problems
                    .iter()
                    .filter(with_fix)
                    .find(|p| p.row == Some(row))
            })
            .or_else(|| {
                let mut all = problems.iter().filter(with_fix);
                all.next().filter(|_| all.next().is_none())
            });
        let Some(fix) = found.and_then(|p| p.fix.clone()) else {
            let text = match problems.iter().any(|p| p.fix.is_some()) {
                true => "there are several fixes: go to one of the violations first",
                false => "no fix is known for what is wrong here",
            };
            return scope.info(text);
        };
        let base = self.base.as_deref();
        match fix::apply(&fix, &mut self.buffer, base, &self.path, &self.check) {
            Ok(()) => scope.info(fix.label),
            Err(problem) => scope.warn(problem),
        }
        self.changed(scope);
    }
}
