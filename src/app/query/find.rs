//! A find as a form in its tab: a line each for filter, projection, sort, skip, limit, collation and hint.
//!
//! The text stays what is run: the form writes its statement there first. Invariant: a line that does not parse is told
//! at its place and keeps the whole form from being run or written; an empty line is left out.

use tui_textarea::{Input, Key};

use super::completing::List;
use super::{Part, Query, completing};
use crate::app::command::Command;
use crate::app::field::Field;
use crate::app::regions::scrolled;
use crate::app::scope::{Moment, Scope};
use crate::app::tab::Handled;
use crate::query::Context;
use crate::query::complete::Form;
use crate::query::finding::{Finding, Line};
use crate::query::split::{statement_at, statements};
use crate::value::{Diagnostic, Span};

/// The form.
#[derive(Debug, Clone)]
pub struct FindForm {
    /// Whether it is shown in the place of the text.
    pub open: bool,
    /// The lines as typed, in the order of [`Line::ALL`].
    pub fields: [Field; 7],
    /// What is wrong with each of them.
    pub problems: [Option<Diagnostic>; 7],
    /// The line that has the keys.
    pub cursor: usize,
    /// What can stand at the cursor, while that is listed.
    pub list: Option<List>,
    /// The statement as it was read.
    finding: Finding,
    /// The lines as they were put into the fields: one that was not touched stays as it is written.
    shown: [String; 7],
    /// Where the statement stands in the text, and of which version of it.
    span: Span,
    version: u64,
}

impl FindForm {
    fn new(finding: Finding, span: Span, version: u64) -> Self {
        let fields = Line::ALL.map(|line| {
            let mut field = Field::default();
            // As a paste, so that a comment swallows nothing once its line's end is gone.
            field.paste(finding.line(line));
            field
        });
        Self {
            open: true,
            shown: [0, 1, 2, 3, 4, 5, 6].map(|i: usize| fields[i].text().to_owned()),
            fields,
            problems: Default::default(),
            cursor: 0,
            list: None,
            finding,
            span,
            version,
        }
    }

    /// The line that has the keys.
    #[must_use]
    pub fn line(&self) -> Line {
        Line::ALL.get(self.cursor).copied().unwrap_or(Line::Filter)
    }

    /// The statement that the lines say.
    #[must_use]
    pub fn statement(&self) -> String {
        self.made().text()
    }

    fn made(&self) -> Finding {
        let mut made = self.finding.clone();
        for (line, (field, shown)) in Line::ALL
            .into_iter()
            .zip(self.fields.iter().zip(&self.shown))
        {
            if field.text() != shown {
                made.set(line, field.text().trim());
            }
        }
        made
    }

    /// The first line that does not parse.
    #[must_use]
    pub fn wrong(&self) -> Option<usize> {
        self.problems.iter().position(Option::is_some)
    }

    fn check(&mut self, context: &Context) {
        for ((line, field), problem) in Line::ALL
            .into_iter()
            .zip(&self.fields)
            .zip(&mut self.problems)
        {
            *problem = Finding::problem(line, field.text(), context);
        }
    }

    fn go(&mut self, onward: bool) {
        let last = Line::ALL.len() - 1;
        self.list = None;
        self.cursor = match onward {
            true if self.cursor >= last => 0,
            true => self.cursor + 1,
            false => self.cursor.checked_sub(1).unwrap_or(last),
        };
    }
}

/// What a line's text is, to what completes it.
fn form_of(line: Line) -> Option<Form> {
    match line {
        Line::Filter => Some(Form::Filter),
        Line::Projection => Some(Form::Projection),
        Line::Sort => Some(Form::Sort),
        Line::Collation => Some(Form::Collation),
        Line::Hint => Some(Form::Hint),
        Line::Skip | Line::Limit => None,
    }
}

impl Query {
    /// Whether the form is shown in the place of the text.
    #[must_use]
    pub fn has_form(&self) -> bool {
        self.form.as_ref().is_some_and(|f| f.open)
    }

    fn context_at(&self, now: Moment) -> Context {
        let now = i64::try_from(now.0).unwrap_or(i64::MAX);
        let mut context = Context::new(self.database.as_str(), now);
        context.parameters.clone_from(&self.bound.values);
        context
    }

    /// Shows the statement under the cursor as a form, or the form as a statement again.
    pub(super) fn turn_form(&mut self, scope: &mut Scope<'_>) {
        match self.has_form() {
            true => self.close_form(scope),
            false => self.open_form(scope),
        }
    }

    /// Shows the statement under the cursor as a form.
    pub(in crate::app) fn open_form(&mut self, scope: &mut Scope<'_>) {
        let version = self.text.buffer.version();
        self.list = None;
        // What was typed and could not be taken is still there.
        if let Some(form) = &mut self.form
            && form.version == version
        {
            form.open = true;
            self.part = Part::Text;
            return;
        }
        let text = self.text.buffer.text();
        let spans = statements(&text);
        let offset = self.text.buffer.offset();
        let span = statement_at(&text, &spans, offset).and_then(|at| spans.get(at).copied());
        let span = span.unwrap_or_else(|| Span::point(text.len()));
        let head = (self.collection.as_deref()).map(|c| format!("db{}", super::opening::place(c)));
        let statement = text.get(span.start..span.end).unwrap_or("");
        match Finding::read(statement, head.as_deref()) {
            Ok(finding) => {
                let mut form = FindForm::new(finding, span, version);
                form.check(&self.context_at(scope.now));
                self.form = Some(Box::new(form));
                self.part = Part::Text;
                self.sample(scope);
            }
            Err(why) => scope.info(why),
        }
    }

    /// Writes the form's statement into the text. Whether all its lines could be taken.
    fn write_form(&mut self, scope: &mut Scope<'_>) -> bool {
        let Some(form) = &mut self.form else {
            return false;
        };
        if form.wrong().is_some() {
            return false;
        }
        let made = form.made();
        if made == form.finding {
            return true;
        }
        let statement = made.text();
        let span = form.span;
        form.span = Span::new(span.start, span.start + statement.len());
        self.text.buffer.replace(span, &statement);
        self.text.buffer.go_to(span.start);
        form.version = self.text.buffer.version();
        form.finding = made;
        form.shown = [0, 1, 2, 3, 4, 5, 6].map(|i: usize| form.fields[i].text().to_owned());
        self.changed(scope);
        true
    }

    fn close_form(&mut self, scope: &mut Scope<'_>) {
        let written = self.write_form(scope);
        let Some(form) = &mut self.form else {
            return;
        };
        form.open = false;
        form.list = None;
        let start = form.span.start;
        if !written {
            let line = form.wrong().and_then(|at| Line::ALL.get(at));
            let name = line.map_or("a line", |l| l.name());
            return scope.warn(format!(
                "the text is as it was: `{name}` of the form does not parse; the form keeps it"
            ));
        }
        self.text.buffer.go_to(start);
        self.keep_in_sight(scope);
    }

    /// Runs what the form says.
    pub(super) fn run_form(&mut self, scope: &mut Scope<'_>) {
        let wrong = self.form.as_ref().and_then(|f| f.wrong());
        if let (Some(wrong), Some(form)) = (wrong, &mut self.form) {
            form.cursor = wrong;
            form.list = None;
            let name = Line::ALL.get(wrong).map_or("", |l| l.name());
            let why = form.problems.get(wrong).and_then(Option::as_ref);
            let why = why.map_or("", |d| d.message.as_str());
            return scope.warn(format!("not run: {name}: {why}"));
        }
        if self.write_form(scope) {
            let start = self.form.as_ref().map_or(0, |f| f.span.start);
            self.text.buffer.go_to(start);
            self.run(scope);
        }
    }

    /// Takes a command while the form has the keys.
    pub(super) fn form_command(&mut self, scope: &mut Scope<'_>, command: Command) -> Handled {
        let Some(form) = &mut self.form else {
            return Handled::No;
        };
        match command {
            Command::Back if form.list.take().is_some() => {}
            Command::Back if self.results.documents.is_some() => self.part = Part::Results,
            Command::Back => self.close_form(scope),
            Command::Complete => {
                self.sample(scope);
                self.list_in_form(scope, true);
                if self.form.as_ref().is_some_and(|f| f.list.is_none()) {
                    scope.info("nothing is known that could stand here");
                }
            }
            Command::Accept | Command::Open => self.run_form(scope),
            Command::CursorUp | Command::FocusPrevious => form.go(false),
            Command::CursorDown | Command::FocusNext => form.go(true),
            Command::NextViolation | Command::PreviousViolation => match form.wrong() {
                Some(_) => {
                    let onward = command == Command::NextViolation;
                    form.go(onward);
                    while form.problems.get(form.cursor).is_some_and(Option::is_none) {
                        form.go(onward);
                    }
                }
                None => scope.info("nothing is wrong with the form"),
            },
            Command::Undo
            | Command::Redo
            | Command::Comment
            | Command::Format
            | Command::EditExternal
            | Command::Search
            | Command::SearchNext
            | Command::SearchPrevious
            | Command::StagePreview
            | Command::StageUp
            | Command::StageDown
            | Command::StageToggle
            | Command::StageDuplicate => scope.info(format!(
                "`{}` is for the text: leave the form first",
                command.name()
            )),
            _ => return Handled::No,
        }
        Handled::Yes
    }

    /// Takes a typed key.
    pub(super) fn form_typed(&mut self, scope: &mut Scope<'_>, input: Input) {
        if self.form_list_key(scope, &input) {
            return;
        }
        let context = self.context_at(scope.now);
        let Some(form) = &mut self.form else {
            return;
        };
        match input.key {
            Key::Up => return form.go(false),
            Key::Down => return form.go(true),
            Key::Tab => return form.go(!input.shift),
            Key::Enter => return self.run_form(scope),
            _ => {}
        }
        let chosen = form.list.take().is_some_and(|l| l.chosen);
        let opens = match input.key {
            Key::Char(c) if !input.ctrl && !input.alt => {
                c.is_alphanumeric() || matches!(c, '$' | '.' | '_')
            }
            Key::Backspace => chosen,
            _ => false,
        };
        let changed = (form.fields.get_mut(form.cursor)).is_some_and(|f| f.input(input));
        if changed {
            form.check(&context);
            if opens {
                self.list_in_form(scope, chosen);
            }
        }
    }

    /// Takes pasted text.
    pub(super) fn form_pasted(&mut self, scope: &mut Scope<'_>, text: &str) {
        let context = self.context_at(scope.now);
        if let Some(form) = &mut self.form {
            form.list = None;
            if let Some(field) = form.fields.get_mut(form.cursor) {
                field.paste(text);
            }
            form.check(&context);
        }
    }

    /// Puts the cursor on the line that was clicked.
    pub(super) fn form_clicked(&mut self, row: usize) {
        if let Some(form) = &mut self.form {
            form.list = None;
            form.cursor = row.min(Line::ALL.len() - 1);
        }
    }

    /// Lists what can stand at the cursor.
    fn list_in_form(&mut self, scope: &Scope<'_>, chosen: bool) {
        let found = self.form.as_ref().and_then(|form| {
            let kind = form_of(form.line())?;
            let field = form.fields.get(form.cursor)?;
            let place = (self.text.current())
                .and_then(|at| self.text.parts.get(at))
                .and_then(|part| part.statement.as_ref());
            let (database, collection) = match place {
                Some(statement) => (statement.database.as_str(), statement.collection.as_deref()),
                None => (self.database.as_str(), self.collection.as_deref()),
            };
            let place = (database, collection.unwrap_or(""));
            let text = field.text();
            let completion = self.candidates_at(scope, text, field.offset(), place, kind);
            let typed = &completion.typed;
            let whole = matches!(
                completion.candidates.as_slice(),
                [only] if only.insert.text == *typed || only.label == *typed
            );
            let of_use = chosen || (!typed.is_empty() && !whole);
            (of_use && !completion.candidates.is_empty()).then_some(completion)
        });
        if let Some(form) = &mut self.form {
            form.list = found.map(|completion| List {
                completion,
                cursor: 0,
                first: 0,
                chosen,
            });
        }
    }

    /// Takes a key while the list is open. Whether it was for the list.
    fn form_list_key(&mut self, scope: &mut Scope<'_>, input: &Input) -> bool {
        let Some(form) = &mut self.form else {
            return false;
        };
        let Some(list) = &mut form.list else {
            return false;
        };
        let last = list.completion.candidates.len().saturating_sub(1);
        match input.key {
            _ if input.ctrl || input.alt => return false,
            Key::Down => list.cursor = (list.cursor + 1).min(last),
            Key::Up => list.cursor = list.cursor.saturating_sub(1),
            Key::PageDown => list.cursor = (list.cursor + completing::ROWS).min(last),
            Key::PageUp => list.cursor = list.cursor.saturating_sub(completing::ROWS),
            Key::Tab => return self.take_in_form(scope),
            Key::Enter if list.chosen => return self.take_in_form(scope),
            Key::Left | Key::Right | Key::Home | Key::End | Key::Enter => {
                form.list = None;
                return false;
            }
            _ => return false,
        }
        list.chosen = true;
        list.first = scrolled(list.first, list.cursor, completing::ROWS);
        true
    }

    fn take_in_form(&mut self, scope: &Scope<'_>) -> bool {
        let context = self.context_at(scope.now);
        let Some(form) = &mut self.form else {
            return false;
        };
        let Some(list) = form.list.take() else {
            return false;
        };
        let candidate = list.completion.candidates.get(list.cursor);
        if let (Some(candidate), Some(field)) = (candidate, form.fields.get_mut(form.cursor)) {
            let replace = list.completion.replace;
            let insert = &candidate.insert;
            let to = insert.places.first().map_or(insert.text.len(), |p| p.start);
            field.replace(replace, &insert.text, replace.start + to);
            form.check(&context);
        }
        true
    }
}
