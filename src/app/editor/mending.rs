//! Going from one problem of the text to the next, and mending them.

use bson::RawBson;

use super::check::Problem;
use super::{Editor, fix};
use crate::app::overlay::Overlay;
use crate::app::picker::{Choice, Item, Picker};
use crate::app::scope::Scope;
use crate::app::words;
use crate::model::{Fix, FixEdit, Severity};
use crate::value::Path;

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
            });
        if let Some(fix) = found.and_then(|p| p.fix.clone()) {
            return self.make(scope, &fix);
        }
        // Of a value that is none of those allowed, the person chooses one; of one that is allowed, another.
        let has_choices = |p: &&Problem| p.fix.is_none() && !self.choices_of(p).is_empty();
        let chosen = selected
            .and_then(|i| problems.get(i))
            .filter(has_choices)
            .or_else(|| problems.iter().filter(has_choices).find(|p| p.path == here))
            .or_else(|| {
                problems
                    .iter()
                    .filter(has_choices)
                    .find(|p| p.row == Some(row))
            })
            .and_then(|p| p.path.clone())
            .or_else(|| self.chosen_here())
            .or_else(|| {
                problems
                    .iter()
                    .find(has_choices)
                    .filter(|_| problems.len() == 1)
                    .and_then(|p| p.path.clone())
            });
        let mut all = problems.iter().filter(with_fix);
        if let (None, Some(only), None) = (&chosen, all.next(), all.next())
            && let Some(fix) = only.fix.clone()
        {
            return self.make(scope, &fix);
        }
        let tab = self.host.tab;
        let (title, fixes) = match chosen {
            Some(path) => (format!("`{path}` becomes"), self.choices(&path)),
            None => (
                "fixes".to_owned(),
                problems
                    .iter()
                    .flat_map(|p| p.fix.clone().map(|f| (p, f)))
                    .map(|(p, fix)| {
                        (
                            p.path.as_ref().map(ToString::to_string).unwrap_or_default(),
                            fix,
                        )
                    })
                    .collect(),
            ),
        };
        if fixes.is_empty() {
            return scope.info(match problems.is_empty() {
                true => "nothing is wrong, and the model names no values to choose from here",
                false => "no fix is known for what is wrong here",
            });
        }
        let items = fixes
            .into_iter()
            .map(|(label, fix)| Item::new(label, fix.label.clone(), Choice::Fix(tab, fix)))
            .collect();
        let picker = Picker::new(title, items, "no fix is known");
        scope.overlays.push(Overlay::Picker(picker));
    }

    /// The place at the cursor, or else on its line, of which the model names the values.
    fn chosen_here(&self) -> Option<Path> {
        let (row, _) = self.buffer.cursor();
        let lines = self.buffer.lines();
        let line = lines.get(row)?;
        let before: usize = lines.iter().take(row).map(|l| l.len() + 1).sum();
        let begins = before + (line.len() - line.trim_start().len());
        let content = self.check.content.as_ref()?;
        [self.buffer.offset(), begins]
            .into_iter()
            .map(|at| content.path_at(&self.path, at))
            .find(|path| !self.choices(path).is_empty())
    }

    /// The values that the model allows where a problem is, each as a fix.
    fn choices_of(&self, problem: &Problem) -> Vec<(String, Fix)> {
        match &problem.path {
            Some(path) => self.choices(path),
            None => Vec::new(),
        }
    }

    /// The values that the model allows at a place, each as a fix.
    fn choices(&self, path: &Path) -> Vec<(String, Fix)> {
        let field = self.model.as_ref().and_then(|m| m.field(path));
        field
            .into_iter()
            .flat_map(|f| &f.choices)
            .filter_map(|choice| {
                let value = RawBson::try_from(choice.clone()).ok()?;
                let text = words::line(value.as_raw_bson_ref());
                let fix = Fix {
                    label: format!("set to `{text}`"),
                    edits: vec![FixEdit::Set(path.clone(), value)],
                };
                Some((text, fix))
            })
            .collect()
    }

    /// Mends the text.
    pub(super) fn make(&mut self, scope: &mut Scope<'_>, fix: &Fix) {
        if self.check.version != self.buffer.version() {
            self.check_now(scope.now);
        }
        let base = self.base.as_deref();
        match fix::apply(fix, &mut self.buffer, base, &self.path, &self.check) {
            Ok(()) => scope.info(fix.label.clone()),
            Err(problem) => scope.warn(problem),
        }
        self.changed(scope);
    }
}
