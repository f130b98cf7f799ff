//! The form before an export: format, file, columns.
//!
//! Must not know files: what a path may go on with is asked for outside, and comes back as names.

use tui_textarea::{Input, Key};

use crate::app::field::Field;
use crate::app::regions::scrolled;
use crate::app::scope::TabId;
use crate::export::{Format, Wish};
use crate::mongo::request::{Export, ExportSource, ProfileName};

/// Paths that are shown of those that a text may go on with.
pub const SHOWN: usize = 6;

/// What is asked before a result is exported.
#[derive(Debug, Clone, PartialEq)]
pub struct ExportForm {
    /// The tab whose result it is.
    pub tab: TabId,
    /// The profile that it reads from.
    pub profile: ProfileName,
    /// What is exported, in a line.
    pub subject: String,
    /// About how many documents there are.
    pub about: Option<u64>,
    source: ExportSource,
    /// The format; of no consequence for text.
    pub format: Format,
    /// The file's path.
    pub path: Field,
    /// The columns that were seen: of CSV with nested ones, of Markdown the fields of documents.
    nested: Vec<Column>,
    fields: Vec<Column>,
    /// A further column, as typed.
    pub other: Field,
    /// Where the cursor is.
    pub row: Row,
    /// Paths that the text may go on with, the last time that was asked.
    pub found: Vec<String>,
    /// Why it cannot be begun.
    pub problem: Option<String>,
}

/// A column that may be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its path.
    pub name: String,
    /// Whether it is.
    pub chosen: bool,
}

/// A row of the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Row {
    /// The format.
    Format,
    /// The file's path.
    Path,
    /// A column, by its place.
    Column(usize),
    /// A further column.
    Other,
}

/// What became of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pressed {
    /// It was taken.
    Taken,
    /// The path is to be completed.
    Complete,
}

fn columns(names: Vec<String>) -> Vec<Column> {
    names
        .into_iter()
        .map(|name| Column { name, chosen: true })
        .collect()
}

impl ExportForm {
    /// A form for documents. `seen` are the columns of documents at hand: with nested ones, and their fields alone.
    #[must_use]
    pub fn documents(
        tab: TabId,
        profile: ProfileName,
        subject: String,
        source: ExportSource,
        about: Option<u64>,
        name: &str,
        seen: (Vec<String>, Vec<String>),
    ) -> Self {
        let format = Format::Jsonl;
        let path = format!("{}.{}", plain(name), format.extension());
        Self {
            tab,
            profile,
            subject,
            about,
            source,
            format,
            path: Field::new(&path),
            nested: columns(seen.0),
            fields: columns(seen.1),
            other: Field::default(),
            row: Row::Format,
            found: Vec::new(),
            problem: None,
        }
    }

    /// A form for text that is at hand, with the name of its file.
    #[must_use]
    pub fn text(
        tab: TabId,
        profile: ProfileName,
        subject: String,
        text: String,
        name: &str,
    ) -> Self {
        let mut form = Self::documents(
            tab,
            profile,
            subject,
            ExportSource::Text(text.into()),
            None,
            "",
            (Vec::new(), Vec::new()),
        );
        let (stem, end) = name.rsplit_once('.').unwrap_or((name, "txt"));
        form.path = Field::new(&format!("{}.{end}", plain(stem)));
        form.row = Row::Path;
        form
    }

    /// Whether text is written, which has one format and no columns.
    #[must_use]
    pub fn is_text(&self) -> bool {
        matches!(self.source, ExportSource::Text(_))
    }

    /// The columns that can be chosen; none for formats without.
    #[must_use]
    pub fn columns(&self) -> &[Column] {
        match self.format {
            _ if self.is_text() => &[],
            Format::Csv => &self.nested,
            Format::Markdown => &self.fields,
            _ => &[],
        }
    }

    fn columns_mut(&mut self) -> &mut Vec<Column> {
        match self.format {
            Format::Markdown => &mut self.fields,
            _ => &mut self.nested,
        }
    }

    /// Whether columns are asked for.
    #[must_use]
    pub fn has_columns(&self) -> bool {
        !self.is_text() && self.format.has_columns()
    }

    fn rows(&self) -> Vec<Row> {
        let mut rows = Vec::new();
        if !self.is_text() {
            rows.push(Row::Format);
        }
        rows.push(Row::Path);
        if self.has_columns() {
            rows.extend((0..self.columns().len()).map(Row::Column));
            rows.push(Row::Other);
        }
        rows
    }

    /// Goes to the next row, or to the one before.
    pub fn step(&mut self, onward: bool) {
        let rows = self.rows();
        let at = rows.iter().position(|r| *r == self.row).unwrap_or(0);
        let next = match onward {
            true => (at + 1).min(rows.len().saturating_sub(1)),
            false => at.saturating_sub(1),
        };
        if let Some(row) = rows.get(next) {
            self.row = *row;
        }
    }

    /// The first column to show in so many rows.
    #[must_use]
    pub fn first_column(&self, rows: usize) -> usize {
        match self.row {
            Row::Column(at) => scrolled(0, at, rows),
            Row::Other => self.columns().len().saturating_sub(rows),
            _ => 0,
        }
    }

    /// Takes a key.
    pub fn typed(&mut self, input: Input) -> Pressed {
        self.problem = None;
        match (self.row, input.key) {
            (Row::Path, Key::Tab) if !input.shift => return Pressed::Complete,
            (_, Key::Up) => self.step(false),
            (_, Key::Tab) if input.shift => self.step(false),
            (_, Key::Down | Key::Tab) => self.step(true),
            (Row::Format, Key::Left) => self.turn(false),
            (Row::Format, Key::Right | Key::Char(' ')) => self.turn(true),
            (Row::Column(at), Key::Char(' ')) => {
                if let Some(column) = self.columns_mut().get_mut(at) {
                    column.chosen = !column.chosen;
                }
            }
            (Row::Column(_), Key::Char('a')) => {
                let all = self.columns().iter().all(|c| c.chosen);
                self.columns_mut().iter_mut().for_each(|c| c.chosen = !all);
            }
            (Row::Path, _) => {
                if self.path.input(input) {
                    self.found.clear();
                }
            }
            (Row::Other, _) => {
                self.other.input(input);
            }
            (Row::Format | Row::Column(_), _) => {}
        }
        Pressed::Taken
    }

    /// Takes pasted text.
    pub fn pasted(&mut self, text: &str) {
        self.problem = None;
        match self.row {
            Row::Other => self.other.paste(text),
            _ => {
                self.row = Row::Path;
                self.found.clear();
                self.path.paste(text)
            }
        };
    }

    /// Turns to the next format, or to the one before; a file's ending that says the old one says the new one then.
    fn turn(&mut self, onward: bool) {
        let count = Format::ALL.len();
        let at = Format::ALL
            .iter()
            .position(|f| *f == self.format)
            .unwrap_or(0);
        let next = match onward {
            true => (at + 1) % count,
            false => (at + count - 1) % count,
        };
        let old = self.format.extension();
        self.format = Format::ALL.get(next).copied().unwrap_or(self.format);
        let text = self.path.text();
        if let Some(stem) = text.strip_suffix(old).filter(|s| s.ends_with('.')) {
            let path = format!("{stem}{}", self.format.extension());
            self.path.set(&path);
        }
    }

    /// Takes the paths that `text` may go on with: what they all go on with is typed, the rest is shown.
    pub fn paths_found(&mut self, text: &str, found: Vec<String>) {
        if self.path.text() != text {
            return;
        }
        let common = found.iter().skip(1).fold(
            found.first().cloned().unwrap_or_default(),
            |common, path| {
                let same = common
                    .char_indices()
                    .zip(path.chars())
                    .take_while(|((_, a), b)| a == b)
                    .last()
                    .map_or(0, |((at, a), _)| at + a.len_utf8());
                common.get(..same).unwrap_or_default().to_owned()
            },
        );
        match found.len() {
            0 => self.problem = Some("no file or directory begins so".to_owned()),
            1 => self.found.clear(),
            _ => self.found = found,
        }
        if common.len() > text.len() {
            self.path.set(&common);
        }
    }

    /// What is to be exported; `None` where the form stays, with a reason where there is one.
    pub fn accept(&mut self) -> Option<Export> {
        if self.row == Row::Other && !self.other.text().trim().is_empty() {
            self.add_column();
            return None;
        }
        let path = self.path.text().trim().to_owned();
        if path.is_empty() || path.ends_with('/') {
            self.row = Row::Path;
            self.problem = Some("type the name of a file".to_owned());
            return None;
        }
        let mut wish = Wish::new(self.format);
        if self.has_columns() {
            let columns = self.columns();
            let chosen: Vec<String> = columns
                .iter()
                .filter(|c| c.chosen)
                .map(|c| c.name.clone())
                .collect();
            if chosen.is_empty() && !columns.is_empty() {
                self.problem = Some("choose a column at least: space".to_owned());
                return None;
            }
            // Who takes what was seen may not know that there is more.
            wish.tell_others = chosen.len() == columns.len();
            wish.columns = chosen;
        }
        Some(Export {
            source: self.source.clone(),
            wish,
            path,
            replace: false,
            about: self.about,
        })
    }

    fn add_column(&mut self) {
        let name = self.other.text().trim().to_owned();
        self.other.set("");
        let columns = self.columns_mut();
        match columns.iter_mut().find(|c| c.name == name) {
            Some(column) => column.chosen = true,
            None => columns.push(Column { name, chosen: true }),
        }
    }
}

/// A name that is one of a file everywhere.
fn plain(name: &str) -> String {
    let name: String = name
        .chars()
        .take(80)
        .map(|c| match c {
            c if c.is_alphanumeric() || matches!(c, '.' | '-' | '_') => c,
            _ => '_',
        })
        .collect();
    match name.trim_start_matches('.') {
        "" => "result".to_owned(),
        name => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn form() -> ExportForm {
        let seen = (
            vec!["_id".into(), "a.b".into(), "a.c".into()],
            vec!["_id".into(), "a".into()],
        );
        ExportForm::documents(
            TabId(1),
            ProfileName::new("main"),
            String::new(),
            ExportSource::Documents(Vec::new()),
            None,
            "or/ders",
            seen,
        )
    }

    fn press(form: &mut ExportForm, key: Key) -> Pressed {
        form.typed(Input {
            key,
            ..Input::default()
        })
    }

    fn to(form: &mut ExportForm, format: Format) {
        form.row = Row::Format;
        while form.format != format {
            press(form, Key::Right);
        }
    }

    #[test]
    fn the_files_ending_follows_the_format_until_it_says_something_else() {
        let mut form = form();
        assert_eq!(form.path.text(), "or_ders.jsonl");
        to(&mut form, Format::Csv);
        assert_eq!(form.path.text(), "or_ders.csv");
        form.path.set("~/my.data");
        to(&mut form, Format::Bson);
        assert_eq!(form.path.text(), "~/my.data");
    }

    #[test]
    fn columns_are_those_seen_and_can_be_left_out_and_added() {
        let mut form = form();
        to(&mut form, Format::Csv);
        let export = form.accept().unwrap();
        assert_eq!(export.wish.columns, ["_id", "a.b", "a.c"]);
        assert!(export.wish.tell_others);
        form.row = Row::Column(1);
        press(&mut form, Key::Char(' '));
        form.row = Row::Other;
        form.pasted("z.0.y");
        assert_eq!(form.accept(), None, "the column was added");
        let export = form.accept().unwrap();
        assert_eq!(export.wish.columns, ["_id", "a.c", "z.0.y"]);
        assert!(!export.wish.tell_others);
        form.row = Row::Column(0);
        press(&mut form, Key::Char('a'));
        press(&mut form, Key::Char('a'));
        assert_eq!(form.accept(), None);
        assert!(form.problem.as_ref().unwrap().contains("choose a column"));
        to(&mut form, Format::Markdown);
        assert_eq!(form.accept().unwrap().wish.columns, ["_id", "a"]);
        to(&mut form, Format::Json);
        assert!(form.accept().unwrap().wish.columns.is_empty());
    }

    #[test]
    fn a_path_goes_on_with_what_all_that_begin_so_have() {
        let mut form = form();
        form.row = Row::Path;
        form.path.set("ex");
        assert_eq!(press(&mut form, Key::Tab), Pressed::Complete);
        form.paths_found("ex", vec!["export-ä.csv".into(), "export-ö.csv".into()]);
        assert_eq!(form.path.text(), "export-");
        assert_eq!(form.found.len(), 2);
        form.paths_found("other", vec!["late".into()]);
        assert_eq!(form.path.text(), "export-");
        form.paths_found("export-", vec!["export-ä.csv".into()]);
        assert_eq!(form.path.text(), "export-ä.csv");
        assert!(form.found.is_empty());
        form.paths_found("export-ä.csv", Vec::new());
        assert!(form.problem.is_some());
    }

    #[test]
    fn a_form_without_a_file_is_not_taken() {
        let mut form = form();
        for path in ["", "  ", "directory/"] {
            form.path.set(path);
            assert_eq!(form.accept(), None);
            assert!(form.problem.is_some());
        }
        let mut text = ExportForm::text(
            TabId(1),
            ProfileName::new("main"),
            String::new(),
            "<svg/>".into(),
            "orders by status.svg",
        );
        assert_eq!(text.path.text(), "orders_by_status.svg");
        assert!(text.accept().is_some());
    }
}
