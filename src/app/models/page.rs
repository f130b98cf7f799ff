//! One model as rows to be read: its fields as a tree, its indexes, where it refers to and who refers to it, its gaps.
//!
//! Rows are built when the model or what is folded changes, not when they are drawn.
//!
//! Invariant: the rows are bounded, also for a schema that contains itself.

use std::collections::HashSet;
use std::sync::Arc;

use crate::app::command::Command;
use crate::app::window::Window;
use crate::app::words::document_line;
use crate::model::{Field, Index, Kind, Library, Model, Reference, Schema, SharedModel, Source};

/// The most rows of one model.
const MOST_ROWS: usize = 20_000;
/// The deepest that everything is opened at once: a schema may contain itself.
const DEEPEST: usize = 12;
/// How deep fields are open at first.
const OPEN_AT_FIRST: usize = 2;
/// From so many values on, an enumeration is listed below its field.
const LONG_ENUM: usize = 9;
/// The most values of an enumeration that are listed.
const MOST_CHOICES: usize = 500;

/// What a row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// The name of a part: fields, indexes, ….
    Section,
    /// A field.
    Field,
    /// A field that every such document has without being declared.
    Implied,
    /// An index, a reference, one value of an enumeration.
    Plain,
    /// Something that could not be read.
    Gap,
}

/// One row.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// How deep it lies, from 0.
    pub depth: usize,
    /// What it is.
    pub look: Look,
    /// Whether it is open; `None` where there is nothing below it.
    pub open: Option<bool>,
    /// Its name.
    pub name: String,
    /// A field's kind, for its colour; `None` for other rows.
    pub kind: Option<Kind>,
    /// The kind in words, or the first thing to say of an index or a reference.
    pub what: String,
    /// Everything else.
    pub rest: String,
    /// The place in documents, in dot notation; empty where it is none.
    pub path: String,
    /// The model that it leads to.
    pub leads: Option<String>,
    /// Where it is written, as far as is known.
    pub source: Option<Source>,
    key: String,
}

impl Row {
    fn new(depth: usize, look: Look, key: String, name: impl Into<String>) -> Self {
        Self {
            depth,
            look,
            open: None,
            name: name.into(),
            kind: None,
            what: String::new(),
            rest: String::new(),
            path: String::new(),
            leads: None,
            source: None,
            key,
        }
    }

    /// The row as one line of text.
    #[must_use]
    pub fn line(&self) -> String {
        let parts = [self.name.as_str(), &self.what, &self.rest];
        let parts: Vec<&str> = parts.into_iter().filter(|p| !p.is_empty()).collect();
        parts.join("  ")
    }
}

/// One model as rows.
#[derive(Debug)]
pub struct Page {
    /// The model.
    pub model: SharedModel,
    /// The cursor.
    pub window: Window,
    rows: Vec<Row>,
    /// Other models' references to this one: the model, its collection, and the path in it.
    referrers: Vec<(String, String, String)>,
    /// Up to which depth fields are open.
    depth: usize,
    /// Rows that are open where their depth says closed, or the other way round.
    turned: HashSet<String>,
}

impl Page {
    /// The rows of a model, among the others that may refer to it.
    #[must_use]
    pub fn new(model: SharedModel, library: &Library) -> Self {
        let mut page = Self {
            referrers: referrers(&model, library),
            model,
            window: Window::default(),
            rows: Vec::new(),
            depth: OPEN_AT_FIRST,
            turned: HashSet::new(),
        };
        page.build();
        page
    }

    /// All rows, in order.
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The row under the cursor.
    #[must_use]
    pub fn current(&self) -> Option<&Row> {
        self.rows.get(self.window.cursor)
    }

    /// Keeps the cursor in sight.
    pub fn fit(&mut self, height: usize) {
        self.window.fit(self.rows.len(), height);
    }

    /// Whether moving left has something to close or to go up to.
    #[must_use]
    pub fn can_close(&self) -> bool {
        self.current()
            .is_some_and(|r| r.open == Some(true) || r.depth > 0)
    }

    /// Takes a command. Whether it was one for a tree.
    pub fn command(&mut self, command: Command, height: usize) -> bool {
        if self.window.command(command, self.rows.len(), height) {
            return true;
        }
        match command {
            Command::Toggle => self.turn(None),
            Command::CursorRight => {
                let open = self.current().and_then(|r| r.open);
                match open {
                    Some(false) => self.turn(Some(true)),
                    Some(true) => self.window.cursor += 1,
                    None => {}
                }
            }
            Command::CursorLeft => match self.current() {
                Some(row) if row.open == Some(true) => self.turn(Some(false)),
                Some(row) => {
                    let depth = row.depth;
                    let above = self.rows[..self.window.cursor]
                        .iter()
                        .rposition(|r| r.depth < depth);
                    if let Some(above) = above {
                        self.window.cursor = above;
                    }
                }
                None => {}
            },
            Command::ExpandAll => self.unfold(DEEPEST),
            Command::CollapseAll => self.unfold(1),
            _ => return false,
        }
        self.fit(height);
        true
    }

    /// Opens or closes the row under the cursor; turns it over with `None`.
    fn turn(&mut self, to: Option<bool>) {
        let Some(row) = self.rows.get(self.window.cursor) else {
            return;
        };
        if row.open.is_none() || row.open == to {
            return;
        }
        let key = row.key.clone();
        if !self.turned.remove(&key) {
            self.turned.insert(key);
        }
        self.build();
    }

    fn unfold(&mut self, depth: usize) {
        let here = self.current().map(|r| r.key.clone());
        self.depth = depth;
        self.turned.clear();
        self.build();
        // What lay inside something that is closed now gives the cursor to that.
        let mut here = here.unwrap_or_default();
        loop {
            if let Some(place) = self.rows.iter().position(|r| r.key == here) {
                self.window.cursor = place;
                return;
            }
            match here.rfind('\u{1}') {
                Some(end) => here.truncate(end),
                None => break,
            }
        }
        self.window.cursor = 0;
    }

    fn is_open(&self, key: &str, depth: usize) -> bool {
        (depth < self.depth) != self.turned.contains(key)
    }

    /// The whole model as text, everything that is open now.
    #[must_use]
    pub fn text(&self) -> String {
        let mut out = format!("{}  {}\n", self.model.name, binding(&self.model));
        for row in &self.rows {
            out.push_str(&"  ".repeat(row.depth));
            out.push_str(&row.line());
            out.push('\n');
        }
        out
    }

    fn build(&mut self) {
        let model = Arc::clone(&self.model);
        let mut rows = Vec::new();
        self.section(&mut rows, "fields", model.fields().len(), |page, rows| {
            page.fields(rows, model.root(), model.fields(), "fields", "", 1);
            for variant in &model.root().discriminators {
                let schema = model.schema(variant.schema);
                let own: Vec<Field> = schema
                    .fields
                    .iter()
                    .filter(|f| !model.fields().iter().any(|base| base.name == f.name))
                    .cloned()
                    .collect();
                let key = format!("fields\u{1}variant {}", variant.name);
                let mut row = Row::new(1, Look::Plain, key.clone(), &variant.name);
                row.what = "variant".to_owned();
                let discriminator = &model.root().options.discriminator_key;
                row.rest = format!("where {discriminator} is {}", variant.value);
                row.source = place(&model, schema, schema.line);
                let open = page.is_open(&key, 1);
                row.open = (!own.is_empty()).then_some(open);
                rows.push(row);
                if open {
                    page.fields(rows, schema, &own, &key, "", 2);
                }
            }
        });
        self.section(&mut rows, "indexes", model.indexes.len(), |_, rows| {
            for (i, index) in model.indexes.iter().enumerate() {
                rows.push(index_row(&model, index, i));
            }
        });
        let references = model.references();
        self.section(&mut rows, "refers to", references.len(), |_, rows| {
            for (i, (path, reference)) in references.iter().enumerate() {
                rows.push(reference_row(path, reference, i));
            }
        });
        let referrers = self.referrers.clone();
        self.section(&mut rows, "referred to by", referrers.len(), |_, rows| {
            for (i, (name, collection, path)) in referrers.iter().enumerate() {
                let key = format!("referred to by\u{1}{i}");
                let mut row = Row::new(1, Look::Plain, key, format!("{collection}.{path}"));
                row.what.clone_from(name);
                row.leads = Some(name.clone());
                rows.push(row);
            }
        });
        self.section(&mut rows, "not read", model.gaps.len(), |_, rows| {
            for (i, gap) in model.gaps.iter().enumerate() {
                let key = format!("not read\u{1}{i}");
                let mut row = Row::new(
                    1,
                    Look::Gap,
                    key,
                    format!("{}:{}", short(&gap.file), gap.line),
                );
                row.rest.clone_from(&gap.what);
                row.source = Some(Source {
                    file: gap.file.clone(),
                    line: gap.line,
                });
                rows.push(row);
            }
        });
        self.rows = rows;
    }

    fn section(
        &self,
        rows: &mut Vec<Row>,
        name: &str,
        count: usize,
        below: impl FnOnce(&Self, &mut Vec<Row>),
    ) {
        if count == 0 {
            return;
        }
        let mut row = Row::new(0, Look::Section, name.to_owned(), name);
        row.what = count.to_string();
        let open = self.is_open(name, 0);
        row.open = Some(open);
        rows.push(row);
        if open {
            below(self, rows);
        }
    }

    fn fields(
        &self,
        rows: &mut Vec<Row>,
        schema: &Schema,
        fields: &[Field],
        above: &str,
        prefix: &str,
        depth: usize,
    ) {
        for (i, field) in fields.iter().enumerate() {
            if rows.len() >= MOST_ROWS {
                return;
            }
            // The kinds of a union have no name.
            let key = match field.name.is_empty() {
                true => format!("{above}\u{1}{i}"),
                false => format!("{above}\u{1}{}", field.name),
            };
            self.field(rows, schema, field, key, prefix, depth);
        }
    }

    fn field(
        &self,
        rows: &mut Vec<Row>,
        schema: &Schema,
        field: &Field,
        key: String,
        prefix: &str,
        depth: usize,
    ) {
        let name = match field.name.is_empty() {
            true => "(one of)",
            false => &field.name,
        };
        let look = match field.implied {
            true => Look::Implied,
            false => Look::Field,
        };
        let mut row = Row::new(depth, look, key.clone(), name);
        let described = field.describe();
        row.what = field.kind.label();
        row.rest = described
            .strip_prefix(&row.what)
            .unwrap_or(&described)
            .trim_start()
            .to_owned();
        row.path = match (prefix.is_empty(), field.name.is_empty()) {
            (_, true) => prefix.to_owned(),
            (true, false) => field.name.clone(),
            (false, false) => format!("{prefix}.{}", field.name),
        };
        row.kind = Some(field.kind.clone());
        row.leads = leads(field);
        row.source = place(&self.model, schema, field.line);
        let path = row.path.clone();
        let inner = inside(field);
        let choices = choices(field);
        let listed = choices.len() >= LONG_ENUM;
        let has_inner = match inner {
            Inside::Nothing => false,
            Inside::Fields(fields) => !fields.is_empty(),
            Inside::Schema(id) => !self.model.schema(id).fields.is_empty(),
        };
        // A list of values alone is opened by hand.
        let level = if has_inner { depth } else { DEEPEST };
        let open = self.is_open(&key, level) && depth <= 2 * DEEPEST;
        if has_inner || listed {
            row.open = Some(open);
        }
        rows.push(row);
        if !open {
            return;
        }
        match inner {
            Inside::Nothing => {}
            Inside::Fields(fields) => self.fields(rows, schema, fields, &key, &path, depth + 1),
            Inside::Schema(id) => {
                let schema = self.model.schema(id);
                self.fields(rows, schema, &schema.fields, &key, &path, depth + 1);
            }
        }
        if listed {
            for (i, choice) in choices.iter().take(MOST_CHOICES).enumerate() {
                let key = format!("{key}\u{1}{i}");
                let mut row = Row::new(depth + 1, Look::Plain, key, String::new());
                row.what = crate::model::show(choice);
                rows.push(row);
            }
        }
    }
}

enum Inside<'a> {
    Nothing,
    Fields(&'a [Field]),
    Schema(crate::model::SchemaId),
}

/// What lies inside a field, through arrays and maps.
fn inside(field: &Field) -> Inside<'_> {
    let mut kind = &field.kind;
    for _ in 0..DEEPEST {
        match kind {
            Kind::Array(element) | Kind::Map(element) => kind = &element.kind,
            Kind::Nested(fields) | Kind::Union(fields) => return Inside::Fields(fields),
            Kind::Embedded(id) => return Inside::Schema(*id),
            _ => break,
        }
    }
    Inside::Nothing
}

fn choices(field: &Field) -> &[bson::Bson] {
    match &field.kind {
        Kind::Array(element) if field.choices.is_empty() => &element.choices,
        _ => &field.choices,
    }
}

/// The model that a field, or an array's elements, refer to.
fn leads(field: &Field) -> Option<String> {
    let mut at = field;
    for _ in 0..DEEPEST {
        match (&at.reference, &at.kind) {
            (Some(Reference::Model(name)), _) => return Some(name.clone()),
            (Some(_), _) => return None,
            (None, Kind::Array(element) | Kind::Map(element)) => at = element,
            (None, _) => return None,
        }
    }
    None
}

fn place(model: &Model, schema: &Schema, line: usize) -> Option<Source> {
    let file = schema
        .file
        .as_deref()
        .unwrap_or(&model.source.file)
        .to_owned();
    (line > 0).then_some(Source { file, line })
}

fn index_row(model: &Model, index: &Index, i: usize) -> Row {
    let line = |document: &bson::Document| {
        bson::RawDocumentBuf::try_from(document)
            .map(|raw| document_line(&raw))
            .unwrap_or_default()
    };
    let mut row = Row::new(
        1,
        Look::Plain,
        format!("indexes\u{1}{i}"),
        line(&index.keys),
    );
    let mut options: Vec<String> = Vec::new();
    for (name, value) in &index.options {
        match (name.as_str(), value) {
            (name, bson::Bson::Boolean(true)) => options.push(name.to_owned()),
            (name, bson::Bson::Document(inner)) => options.push(format!("{name} {}", line(inner))),
            (name, value) => options.push(format!("{name} {}", crate::model::show(value))),
        }
    }
    row.what = options.join(", ");
    row.source = (index.line > 0).then(|| Source {
        file: model.source.file.clone(),
        line: index.line,
    });
    row
}

fn reference_row(path: &str, reference: &Reference, i: usize) -> Row {
    let mut row = Row::new(1, Look::Plain, format!("refers to\u{1}{i}"), path);
    path.clone_into(&mut row.path);
    match reference {
        Reference::Model(name) => {
            row.what = format!("→ {name}");
            row.leads = Some(name.clone());
        }
        Reference::Path(path) => row.what = format!("→ as {path} says"),
        Reference::Computed => row.what = "→ computed".to_owned(),
    }
    row
}

/// What other models refer to this one with.
fn referrers(model: &SharedModel, library: &Library) -> Vec<(String, String, String)> {
    let mut out = Vec::new();
    for other in &library.models {
        let database = other.database.as_deref().unwrap_or("");
        for (path, reference) in other.references() {
            if let Reference::Model(name) = reference
                && library
                    .named(database, name)
                    .is_some_and(|m| Arc::ptr_eq(&m, model))
            {
                out.push((other.name.clone(), other.collection.clone(), path));
            }
        }
    }
    out
}

/// The collection that a model is bound to, `*` for any database.
#[must_use]
pub fn binding(model: &Model) -> String {
    format!(
        "{}.{}",
        model.database.as_deref().unwrap_or("*"),
        model.collection
    )
}

/// The last two parts of a file's path.
#[must_use]
pub fn short(file: &str) -> &str {
    let mut ends = file.rmatch_indices('/').skip(1);
    ends.next().map_or(file, |(at, _)| &file[at + 1..])
}
