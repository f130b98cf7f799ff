//! Moving through rows, columns and the pictures of one document, by keys and by the mouse.

use super::{Documents, Handled, Origin, View, columns};
use crate::app::command::Command;
use crate::app::field::Field;
use crate::app::overlay::{Overlay, Prompt, Purpose};
use crate::app::picker::{Choice, Item, Picker};
use crate::app::regions::Hit;
use crate::app::scope::Scope;
use crate::app::{Effect, words};
use crate::value::Path;

/// Rows or lines that a turn of the wheel goes.
const WHEEL: i64 = 3;
/// By how much a column is made wider or narrower.
const WIDER: i32 = 4;

impl Documents {
    /// Takes a command in the table.
    pub(super) fn table_command(&mut self, scope: &mut Scope<'_>, command: Command) -> Handled {
        let height = self.table_height(scope);
        let page = i64::try_from(height).unwrap_or(1);
        let rows = &mut self.feed.rows;
        match command {
            Command::CursorUp => rows.step(-1, height),
            Command::CursorDown => rows.step(1, height),
            Command::PageUp => rows.page(-page, height),
            Command::PageDown => rows.page(page, height),
            Command::HalfPageUp => rows.page(-(page / 2 + 1), height),
            Command::HalfPageDown => rows.page(page / 2 + 1, height),
            Command::CursorFirst => {
                let source = super::source!(self);
                self.feed.to_start(scope, source, height);
            }
            Command::CursorLast => {
                let source = super::source!(self);
                self.feed.to_end(scope, source, height);
            }
            Command::CursorLeft => {
                self.columns
                    .move_to(self.columns.cursor().saturating_sub(1));
            }
            Command::CursorRight => self.columns.move_to(self.columns.cursor() + 1),
            Command::Open if rows.current().is_some() => self.show(View::Tree),
            Command::Open => {}
            Command::SortColumn => self.sort_column(scope),
            Command::Columns => self.list_columns(scope),
            _ => return self.column_command(scope, command),
        }
        if matches!(
            command,
            Command::PageUp
                | Command::PageDown
                | Command::HalfPageUp
                | Command::HalfPageDown
                | Command::CursorFirst
                | Command::CursorLast
        ) && !self.feed.is_outdated()
        {
            self.settle_view(scope);
            self.measure(height);
        }
        Handled::Yes
    }

    fn column_command(&mut self, scope: &mut Scope<'_>, command: Command) -> Handled {
        match command {
            Command::ColumnHide => self.columns.hide(),
            Command::ColumnLeft => self.columns.shift(false),
            Command::ColumnRight => self.columns.shift(true),
            Command::ColumnWider => self.columns.widen(WIDER),
            Command::ColumnNarrower => self.columns.widen(-WIDER),
            Command::ColumnPin => self.columns.pin(),
            _ => return Handled::No,
        }
        self.keep_columns(scope);
        Handled::Yes
    }

    /// Keeps how the columns are laid out.
    pub(super) fn keep_columns(&self, scope: &mut Scope<'_>) {
        let of_collection = match &self.origin {
            Origin::Collection => true,
            Origin::Statement(statement) => statement.gives_whole_documents(),
            Origin::Value => false,
        };
        if !of_collection {
            return;
        }
        let layout = self.columns.layout();
        let key =
            crate::config::state::layout_key(self.profile.as_str(), &self.namespace.to_string());
        scope.layouts.insert(key, layout.clone());
        scope.effects.push(Effect::SaveColumns {
            profile: self.profile.clone(),
            namespace: self.namespace.clone(),
            layout,
        });
    }

    /// Opens the list of all columns, and of nested fields that could be columns.
    fn list_columns(&self, scope: &mut Scope<'_>) {
        let described = |path: &Path| {
            let field = self.model.as_ref().and_then(|m| m.field(path));
            field.map(crate::model::Field::describe).unwrap_or_default()
        };
        let mut items: Vec<Item> = self
            .columns
            .all()
            .iter()
            .map(|c| {
                let choice = Choice::Column(self.tab, c.title.clone());
                let mut item = Item::new(c.title.clone(), described(&c.path), choice);
                item.marked = Some(!c.hidden);
                item
            })
            .collect();
        let top = self.feed.rows.top();
        let documents = (top..).map_while(|line| self.feed.rows.get(line)).take(20);
        for path in columns::nested(self.model.as_deref(), documents) {
            if self.columns.all().iter().any(|c| c.title == path) {
                continue;
            }
            let described = described(&Path::from_dotted(&path));
            let choice = Choice::Column(self.tab, path.clone());
            let mut item = Item::new(path, described, choice);
            item.marked = Some(false);
            items.push(item);
        }
        scope.overlays.push(Overlay::Picker(Picker::new(
            "columns",
            items,
            "no field by that name in the documents read so far",
        )));
    }

    /// Takes a command in the tree or the text of one document.
    pub(super) fn document_command(&mut self, scope: &mut Scope<'_>, command: Command) -> Handled {
        let rows = scope.regions.main_rows.max(1);
        let height = self.table_height(scope);
        match command {
            Command::Back => self.show(View::Table),
            Command::DocumentNext => self.feed.rows.step(1, height),
            Command::DocumentPrevious => self.feed.rows.step(-1, height),
            Command::Search => scope.overlays.push(Overlay::Prompt(Prompt {
                title: "search in the document".to_owned(),
                hint: "names and values; a capital makes the case count".to_owned(),
                field: Field::new(&self.searched),
                problem: None,
                purpose: Purpose::Search(self.tab),
            })),
            Command::SearchNext => self.search(scope, true),
            Command::SearchPrevious => self.search(scope, false),
            command => {
                let taken = match (&mut self.tree, &mut self.text) {
                    (Some(tree), _) => tree.command(command, rows),
                    (None, Some(text)) => text.command(command, rows),
                    (None, None) => false,
                };
                if !taken {
                    return Handled::No;
                }
            }
        }
        Handled::Yes
    }

    /// Goes to the next place that has what was searched for.
    pub(super) fn search(&mut self, scope: &mut Scope<'_>, forwards: bool) {
        if self.searched.is_empty() {
            return scope.info("nothing was searched for so far");
        }
        let text = self.searched.clone();
        let found = match (&mut self.tree, &mut self.text) {
            (Some(tree), _) => tree.search(&text, forwards),
            (None, Some(lines)) => lines.search(&text, forwards),
            (None, None) => return,
        };
        if !found {
            scope.warn(format!("`{text}` is not in this document"));
        }
    }

    /// Goes to a place of the document under the cursor, in the picture that shows it.
    pub(super) fn go_to(&mut self, scope: &mut Scope<'_>, path: &Path) {
        let exact = self.columns.shown().any(|c| c.path == *path);
        let found = match self.view {
            View::Table if exact => self.columns.go_to(path),
            View::Table => {
                self.place = path.clone();
                self.view = View::Tree;
                self.settle_view(scope);
                self.current_path() == *path
            }
            View::Tree => self.tree.as_mut().is_some_and(|t| t.go_to(path)),
            View::Text => self.text.as_mut().is_some_and(|t| t.go_to(path)),
            View::Chart => false,
        };
        if !found {
            scope.info(format!("`{path}` is not in the document"));
        }
    }

    /// Takes a click, or a double click, on what lies under the mouse.
    pub fn hit(&mut self, scope: &mut Scope<'_>, hit: Hit, double: bool) {
        if self.editor.is_some() {
            return self.edit_hit(scope, hit);
        }
        let height = self.table_height(scope);
        match hit {
            Hit::Cell(row, column) => {
                self.point(row, height);
                self.columns.move_to(column);
            }
            Hit::Row(row) => self.point(row, height),
            Hit::Column(column) => {
                self.columns.move_to(column);
                self.sort_column(scope);
            }
            _ => return,
        }
        if double && matches!(hit, Hit::Cell(..) | Hit::Row(_)) {
            self.command(scope, Command::Open);
        }
        self.settle_view(scope);
    }

    /// Puts the cursor on a row of the screen.
    fn point(&mut self, row: usize, height: usize) {
        match (&mut self.tree, &mut self.text) {
            (Some(tree), _) => tree.window.cursor = tree.window.first + row,
            (None, Some(text)) => text.cursor = text.first + row,
            (None, None) => {
                let line = self.feed.rows.top() + i64::try_from(row).unwrap_or(0);
                if self.feed.rows.exists(line) {
                    self.feed.rows.move_to(line, height);
                }
            }
        }
    }

    /// Takes a turn of the wheel.
    pub fn wheel(&mut self, scope: &mut Scope<'_>, down: bool) {
        if let Some(editor) = &mut self.editor {
            return editor.wheel(scope, down);
        }
        let by = if down { WHEEL } else { -WHEEL };
        let rows = scope.regions.main_rows.max(1);
        match (&mut self.tree, &mut self.text) {
            (Some(tree), _) => tree.scroll(by as isize, rows),
            (None, Some(text)) => text.scroll(by as isize, rows),
            (None, None) => {
                let height = self.table_height(scope);
                self.feed.rows.scroll(by, height);
            }
        }
        self.settle_view(scope);
    }

    /// The place of the document under the cursor among all, in words: `37 of ~12.4 k`.
    #[must_use]
    pub fn position(&self) -> String {
        let rows = &self.feed.rows;
        let total = match (rows.total(), self.estimate) {
            (Some(total), _) => total.to_string(),
            (None, Some(n)) if self.find.filter.is_empty() && n >= rows.reach() => {
                format!("~{}", words::count(n))
            }
            (None, _) => format!("{}+", rows.reach()),
        };
        let place = match rows.place(rows.cursor()) {
            Some(place) => place.to_string(),
            None if rows.cursor() == -1 => "last".to_owned(),
            None => format!("{} before the last", -1 - rows.cursor()),
        };
        match (rows.total(), rows.side()) {
            (Some(0), _) => "no documents".to_owned(),
            (None, crate::mongo::request::Side::End) if !total.starts_with('~') => place,
            _ => format!("{place} of {total}"),
        }
    }
}
