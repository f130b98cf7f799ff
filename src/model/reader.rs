//! Mongoose schemas in JavaScript and TypeScript, and TypeScript's own types, read without running them.
//!
//! A file is parsed, its constants are followed (also into the files it imports), and what it gives to `new Schema` and
//! `model` becomes [`Model`]s. Text of imported files comes from a [`Sources`]; nothing is opened here.
//!
//! Invariant: a part that cannot be read is a [`Gap`] of the model it belongs to, with its file and line.

mod call;
mod compile;
mod define;
mod eval;
mod function;
mod guard;
mod options;
mod types;
mod value;

use std::collections::HashMap;
use std::rc::Rc;

use oxc_allocator::Allocator;
use oxc_ast::ast;
use oxc_parser::Parser;
use oxc_span::SourceType;

use self::compile::{Declared, Drafted};
use self::eval::Scope;
use self::types::Types;
use self::value::{Object, Place, Value};
use super::{Gap, Model, SchemaId};
use crate::value::{Diagnostic, Span};

/// The stack that parsing and reading get; it is only touched as far as it is needed.
const STACK: usize = 256 * 1024 * 1024;
const MOST_FILES: usize = 500;

/// Where the text of imported files comes from.
pub trait Sources: Sync {
    /// The file that `specifier` means when `from` imports it: its name, as later given back for its own imports, and
    /// its text. `None` where there is none, or where the specifier names a package.
    fn resolve(&self, from: &str, specifier: &str) -> Option<(String, String)>;
}

/// No other file is at hand.
pub struct NoSources;

impl Sources for NoSources {
    fn resolve(&self, _from: &str, _specifier: &str) -> Option<(String, String)> {
        None
    }
}

/// What one file came to.
#[derive(Debug, Clone, Default)]
pub struct Reading {
    /// The models that it makes, and those of the files it imports.
    pub models: Vec<Model>,
    /// Schemas of the file itself that no model uses, each as a model named after its variable, and the TypeScript object types of the file
    /// itself. A sub-schema is one of these too. A type is a model of [`Reading::models`] where a comment above it binds
    /// it to a collection.
    pub schemas: Vec<Model>,
    /// What could not be read and belongs to no model.
    pub gaps: Vec<Gap>,
    /// Every file that was read, by the names that [`Sources::resolve`] gave.
    pub files: Vec<String>,
}

/// Reads a model file. `name` is its name for messages and for its imports; the ending decides the language
/// (`.ts`, `.mts`, `.cts`, `.tsx`, else JavaScript).
///
/// # Errors
/// Where the file cannot be parsed: a syntax error, too deep, too large.
pub fn read(name: &str, text: &str, sources: &dyn Sources) -> Result<Reading, Diagnostic> {
    guard::check(text)?;
    let run = || {
        let allocator = Allocator::default();
        let mut reader = Reader::new(&allocator, sources);
        reader.open(name, text)?;
        Ok(reader.finish())
    };
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new()
            .name("model-reader".to_owned())
            .stack_size(STACK)
            .spawn_scoped(scope, run);
        let result = thread.ok().and_then(|t| t.join().ok());
        result.unwrap_or_else(|| {
            Err(Diagnostic::new(
                Span::point(0),
                "the file cannot be read: its parser stopped",
            )
            .with_help("leave parts of the file out to find the one at fault"))
        })
    })
}

struct File {
    name: String,
    line_starts: Vec<usize>,
    /// Bindings in comments, by line.
    directives: Vec<(usize, Directive)>,
    is_done: bool,
}

impl File {
    fn line(&self, offset: usize) -> usize {
        self.line_starts.partition_point(|start| *start <= offset)
    }
}

/// A comment that binds models: `mongodeck: database=career_dev domain=User collection=people`.
#[derive(Debug, Clone, Default, PartialEq)]
struct Directive {
    database: Option<String>,
    domain: Option<String>,
    collection: Option<String>,
}

impl Directive {
    fn parse(comment: &str) -> Option<Self> {
        let rest = comment
            .trim_start_matches(['/', '*', ' ', '\t', '\r', '\n'])
            .strip_prefix("mongodeck:")?;
        let mut out = Self::default();
        for word in rest.trim_end_matches("*/").split_whitespace() {
            match word.split_once('=') {
                Some(("database", v)) => out.database = Some(v.to_owned()),
                Some(("domain", v)) => out.domain = Some(v.to_owned()),
                Some(("collection", v)) => out.collection = Some(v.to_owned()),
                _ => {}
            }
        }
        Some(out)
    }
}

struct Reader<'a, 's> {
    allocator: &'a Allocator,
    sources: &'s dyn Sources,
    files: Vec<File>,
    by_name: HashMap<String, usize>,
    exports: Vec<Value<'a>>,
    late_exports: Vec<Vec<(&'a str, &'a str)>>,
    schemas: Vec<Drafted<'a>>,
    models: Vec<Declared>,
    types: Vec<Types<'a>>,
    typed: HashMap<(usize, &'a str), SchemaId>,
    gaps: Vec<Gap>,
    depth: usize,
    steps: usize,
}

impl<'a, 's> Reader<'a, 's> {
    fn new(allocator: &'a Allocator, sources: &'s dyn Sources) -> Self {
        Self {
            allocator,
            sources,
            files: Vec::new(),
            by_name: HashMap::new(),
            exports: Vec::new(),
            late_exports: Vec::new(),
            schemas: Vec::new(),
            models: Vec::new(),
            types: Vec::new(),
            typed: HashMap::new(),
            gaps: Vec::new(),
            depth: 0,
            steps: 0,
        }
    }

    /// Parses and reads a file; gives back its number.
    fn open(&mut self, name: &str, text: &str) -> Result<usize, Diagnostic> {
        let text: &'a str = self
            .allocator
            .alloc_str(text.strip_prefix('\u{feff}').unwrap_or(text));
        let source_type = SourceType::from_path(name)
            .unwrap_or_else(|_| SourceType::mjs())
            .with_unambiguous(true);
        let parsed = Parser::new(self.allocator, text, source_type).parse();
        if let Some(problem) = parsed.diagnostics.errors().next() {
            let span = problem
                .labels
                .iter()
                .next()
                .map_or_else(Span::default, |label| {
                    let start = label.offset() as usize;
                    Span::new(start, start + label.len() as usize)
                });
            let message = problem.message.trim_end_matches('.');
            let mut chars = message.chars();
            let message = chars
                .next()
                .map(|c| c.to_lowercase().chain(chars).collect::<String>())
                .unwrap_or_default();
            return Err(
                Diagnostic::new(span, format!("not valid JavaScript: {message}"))
                    .with_help("correct the syntax; the file is parsed, not run"),
            );
        }
        let program: &'a ast::Program<'a> = self.allocator.alloc(parsed.program);
        let mut line_starts = vec![0];
        line_starts.extend(memchr::memchr_iter(b'\n', text.as_bytes()).map(|i| i + 1));
        let mut file = File {
            name: name.to_owned(),
            line_starts,
            directives: Vec::new(),
            is_done: false,
        };
        for comment in &program.comments {
            let (start, end) = (comment.span.start as usize, comment.span.end as usize);
            if let Some(directive) = text.get(start..end).and_then(Directive::parse) {
                let line = file.line(start);
                file.directives.push((line, directive));
            }
        }
        let number = self.files.len();
        self.files.push(file);
        self.by_name.insert(name.to_owned(), number);
        self.exports.push(Value::object(Object::default()));
        self.late_exports.push(Vec::new());

        let scope = Scope::inside(None);
        scope.set("module", Value::Native("module"));
        scope.set("exports", Value::Native("exports"));
        self.types.push(Types::collect(program, &scope));
        self.statements(&program.body, &scope, number);
        for (local, exported) in std::mem::take(&mut self.late_exports[number]) {
            if let Some(value) = scope.find(local) {
                self.export(number, exported, value);
            }
        }
        self.files[number].is_done = true;
        Ok(number)
    }

    fn export(&mut self, file: usize, name: &str, value: Value<'a>) {
        if let Some(Value::Object(object)) = self.exports.get(file) {
            object
                .borrow_mut()
                .set(Rc::from(name), value, Place { file, line: 0 });
        }
    }

    fn late_export(&mut self, file: usize, local: &'a str, exported: &'a str) {
        if let Some(list) = self.late_exports.get_mut(file) {
            list.push((local, exported));
        }
    }

    fn set_exports(&mut self, file: usize, value: Value<'a>) {
        if let Some(exports) = self.exports.get_mut(file) {
            *exports = value;
        }
    }

    /// What a file exports, as one value.
    fn import(&mut self, from: usize, specifier: &str, place: Place) -> Value<'a> {
        match specifier {
            "mongoose" => return Value::Native("mongoose"),
            "mongodb" | "bson" => return Value::Native("Types"),
            "crypto" | "node:crypto" => return Value::Native("crypto"),
            _ => {}
        }
        let shown = super::describe::cut(specifier);
        let from_name = self.files[from].name.clone();
        let Some((name, text)) = self.sources.resolve(&from_name, specifier) else {
            let what = if specifier.starts_with('.') {
                format!("`{shown}` is not there to be read")
            } else {
                format!("it comes from the package `{shown}`")
            };
            return Value::unknown(what);
        };
        if let Some(number) = self.by_name.get(&name).copied() {
            if !self.files[number].is_done {
                self.loose_gap(place, &format!("`{shown}` imports this file in a cycle; what it exports later is not known here"));
            }
            return self.exports[number].clone();
        }
        if self.files.len() >= MOST_FILES {
            return Value::unknown("too many files are imported");
        }
        let outcome = guard::check(&text).and_then(|()| self.open(&name, &text));
        match outcome {
            Ok(number) => self.exports[number].clone(),
            Err(problem) => {
                let (line, _) = problem.position(&text);
                self.gaps.push(Gap {
                    file: name,
                    line,
                    what: problem.message.clone(),
                });
                Value::unknown(format!("`{shown}` cannot be read: {}", problem.message))
            }
        }
    }

    /// One name out of what a file exports.
    fn imported(&mut self, module: &Value<'a>, name: &str) -> Value<'a> {
        match (module, name) {
            (Value::Native("mongoose"), "default" | "*") => module.clone(),
            (Value::Object(object), "default") => {
                let found = object.borrow().get("default").map(|p| p.value.clone());
                // A CommonJS module as a whole is the default of an `import`.
                found.unwrap_or_else(|| module.clone())
            }
            (_, "default") => module.clone(),
            _ => self.member(module, name),
        }
    }

    fn import_declaration(
        &mut self,
        import: &'a ast::ImportDeclaration<'a>,
        scope: &Rc<Scope<'a>>,
        file: usize,
    ) {
        if import.import_kind.is_type() {
            return;
        }
        let place = self.place(file, import.span.start);
        let module = self.import(file, import.source.value.as_str(), place);
        for specifier in import.specifiers.iter().flatten() {
            match specifier {
                ast::ImportDeclarationSpecifier::ImportSpecifier(s) => {
                    if !s.import_kind.is_type() {
                        let value = self.imported(&module, s.imported.name().as_str());
                        scope.set(s.local.name.as_str(), value);
                    }
                }
                ast::ImportDeclarationSpecifier::ImportDefaultSpecifier(s) => {
                    let value = self.imported(&module, "default");
                    scope.set(s.local.name.as_str(), value);
                }
                ast::ImportDeclarationSpecifier::ImportNamespaceSpecifier(s) => {
                    scope.set(s.local.name.as_str(), module.clone());
                }
            }
        }
    }

    fn gap_at(&self, place: Place, what: impl Into<String>) -> Gap {
        Gap {
            file: self
                .files
                .get(place.file)
                .map_or_else(String::new, |f| f.name.clone()),
            line: place.line,
            what: what.into(),
        }
    }

    /// A gap that belongs to no schema.
    fn loose_gap(&mut self, place: Place, what: &str) {
        let gap = self.gap_at(place, what);
        if !self.gaps.contains(&gap) && self.gaps.len() < 1_000 {
            self.gaps.push(gap);
        }
    }

    /// A gap of a schema.
    fn gap(&mut self, schema: SchemaId, place: Place, what: impl Into<String>) {
        let gap = self.gap_at(place, what);
        if let Some(draft) = self.schemas.get_mut(schema.0)
            && !draft.gaps.contains(&gap)
            && draft.gaps.len() < 1_000
        {
            draft.gaps.push(gap);
        }
    }

    fn name_schema(&mut self, schema: SchemaId, name: &str) {
        if let Some(draft) = self.schemas.get_mut(schema.0)
            && draft.name.is_none()
        {
            draft.name = Some(name.to_owned());
        }
    }
}
