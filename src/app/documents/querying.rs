//! Changing the filter and the sort.

use super::{Documents, Handled, filter};
use crate::app::command::Command;
use crate::app::field::Field;
use crate::app::overlay::{Overlay, Prompt, Purpose};
use crate::app::scope::Scope;

impl Documents {
    /// Takes a command while the filter line has the keys.
    pub(super) fn filter_command(&mut self, scope: &mut Scope<'_>, command: Command) -> Handled {
        match command {
            Command::Accept | Command::Open => {
                let text = self
                    .filter
                    .field
                    .as_ref()
                    .map(|f| f.text().trim().to_owned());
                if let Some(text) = text
                    && self.apply_filter(scope, &text).is_ok()
                {
                    self.filter.close();
                }
            }
            Command::Back | Command::Cancel => self.filter.close(),
            Command::CursorUp => self.filter.recall(true),
            Command::CursorDown => self.filter.recall(false),
            _ => return Handled::No,
        }
        Handled::Yes
    }

    /// Reads the documents that a filter matches. Where it does not parse, the rows stay and the line says why.
    pub(super) fn apply_filter(&mut self, scope: &mut Scope<'_>, text: &str) -> Result<(), ()> {
        match filter::parse_filter(text, scope.now) {
            Ok(document) => {
                self.find.filter = document;
                self.filter.applied = text.to_owned();
                self.filter.remember(text);
                self.read(scope, false);
                Ok(())
            }
            Err(diagnostic) => {
                // The text in the line may have had blanks in front.
                let typed = self.filter.field.as_ref().map_or(text, Field::text);
                let shift = typed.len() - typed.trim_start().len();
                let mut diagnostic = diagnostic;
                diagnostic.span.start += shift;
                diagnostic.span.end += shift;
                self.filter.problem = Some(filter::Problem::new(typed, &diagnostic));
                Err(())
            }
        }
    }

    /// Sets the filter without reading.
    pub(super) fn take_filter(&mut self, scope: &Scope<'_>, text: &str) -> Result<(), String> {
        let document = filter::parse_filter(text, scope.now).map_err(|d| d.message)?;
        self.find.filter = document;
        self.filter.applied = text.to_owned();
        self.filter.remember(text);
        Ok(())
    }

    /// Sets the sort without reading.
    pub(super) fn take_sort(&mut self, scope: &Scope<'_>, text: &str) -> Result<(), String> {
        self.find.sort = filter::parse_sort(text, scope.now).map_err(|d| match d.help {
            Some(help) => format!("{}; {help}", d.message),
            None => d.message,
        })?;
        self.sort = if self.find.sort.is_some() {
            text.trim().to_owned()
        } else {
            String::new()
        };
        Ok(())
    }

    pub(super) fn apply_sort(&mut self, scope: &mut Scope<'_>, text: &str) -> Result<(), String> {
        self.take_sort(scope, text)?;
        self.read(scope, false);
        Ok(())
    }

    pub(super) fn prompt_sort(&self, scope: &mut Scope<'_>) {
        scope.overlays.push(Overlay::Prompt(Prompt {
            title: "sort by".to_owned(),
            hint: "{createdAt: -1, name: 1}; empty for the server's own order".to_owned(),
            field: Field::new(&self.sort),
            problem: None,
            purpose: Purpose::Sort(self.tab),
        }));
    }

    /// Sorts by the column under the cursor: ascending, descending, not at all.
    pub(super) fn sort_column(&mut self, scope: &mut Scope<'_>) {
        let Some(column) = self.columns.current() else {
            return;
        };
        let path = column.path.clone();
        if !path.is_plain() {
            return scope.warn(format!(
                "the server cannot sort by `{path}`: its name has a dot or a dollar"
            ));
        }
        let text = filter::next_sort(self.find.sort.as_ref(), &path);
        if let Err(problem) = self.apply_sort(scope, &text) {
            scope.warn(problem);
        }
    }
}
