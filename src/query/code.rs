//! A statement as code of a program: mongosh, Python, Node.js, Java and Rust.
//!
//! Every kind of BSON value is written so that the driver of that language sends the same value; what a language
//! cannot say (a repeated key, `undefined` in Python) is the nearest that its driver reads. Reads, and the usual
//! writes, become calls of the driver; all else, and every option that a call has no name for, becomes the command
//! that the shell itself would send. Pure.

mod command;
mod java;
mod node;
mod python;
mod rust;
#[cfg(test)]
mod tests;

use bson::{RawBson, RawDocumentBuf};

use super::{CursorMethod, Input, Operation, Statement};
use crate::value::Malformed;
use crate::value::raw::{Datum, Elements, MAX_DEPTH, with_datum};
use crate::value::shell::{Style, print, print_document};

/// A language that a statement can be copied as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Language {
    /// For pasting into mongosh.
    Mongosh,
    /// PyMongo.
    Python,
    /// The driver for Node.js.
    Node,
    /// The synchronous Java driver.
    Java,
    /// The Rust driver.
    Rust,
}

impl Language {
    /// All of them, in the order of a list.
    pub const ALL: &'static [Self] = &[
        Self::Mongosh,
        Self::Python,
        Self::Node,
        Self::Java,
        Self::Rust,
    ];

    /// The name shown to people.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Mongosh => "mongosh",
            Self::Python => "Python",
            Self::Node => "Node.js",
            Self::Java => "Java",
            Self::Rust => "Rust",
        }
    }
}

/// Why a statement cannot be written as code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Uncopied {
    /// A value's bytes are damaged or nest too deep.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// Neither one call of the driver nor one command does the same.
    #[error("`{0}` is no single call of this driver; copy it for mongosh instead")]
    NoCall(&'static str),
}

/// What a text says as code. A bare filter or pipeline is a `find` or `aggregate` of `namespace`, a database and a
/// collection; any other bare value is written as a value.
///
/// # Errors
/// Where a value's bytes are damaged or nest too deep, and where the language has no call that does the same.
pub fn copy(
    input: &Input,
    namespace: (&str, &str),
    language: Language,
) -> Result<String, Uncopied> {
    let bare = |operation, value: &RawBson| Statement {
        database: namespace.0.to_owned(),
        collection: Some(namespace.1.to_owned()),
        operation,
        arguments: vec![value.clone()],
        cursor: Vec::new(),
    };
    match input {
        Input::Statement(statement) => copy_statement(statement, language),
        Input::Value(value @ RawBson::Document(_)) => {
            copy_statement(&bare(Operation::Find, value), language)
        }
        Input::Value(value @ RawBson::Array(_)) => {
            copy_statement(&bare(Operation::Aggregate, value), language)
        }
        Input::Value(value) => Ok(copy_value(value, language)?),
    }
}

/// A value alone as code, without the imports that it needs.
///
/// # Errors
/// Where its bytes are damaged or nest too deep.
pub fn copy_value(value: &RawBson, language: Language) -> Result<String, Malformed> {
    match language {
        Language::Mongosh => print(value.as_raw_bson_ref(), &Style::COPY),
        Language::Python => Ok(written(&mut python::Python::default(), value, 0)?),
        Language::Node => Ok(written(&mut node::Node::default(), value, 0)?),
        Language::Java => Ok(written(&mut java::Java::default(), value, 0)?),
        Language::Rust => Ok(written(&mut rust::Rust::default(), value, 0)?),
    }
}

fn copy_statement(statement: &Statement, language: Language) -> Result<String, Uncopied> {
    match language {
        Language::Mongosh => Ok(mongosh(statement)?),
        Language::Python => python::code(statement),
        Language::Node => node::code(statement),
        Language::Java => java::code(statement),
        Language::Rust => rust::code(statement),
    }
}

/// How a language writes values.
trait Writer {
    /// A value that holds no others.
    fn scalar(&mut self, datum: Datum<'_>) -> String;
    /// Code with the variables' document written already.
    fn scoped(&mut self, code: &str, scope: &str) -> String;
    /// A document of these names and values, on one line or, with the indent inside it, on many.
    fn document(&mut self, fields: &[(String, String)], lines: Option<&str>, outer: &str)
    -> String;
    /// An array of these values.
    fn array(&mut self, values: &[String], lines: Option<&str>, outer: &str) -> String;
}

/// A value as the writer writes it, indented by `level`.
fn written(writer: &mut dyn Writer, value: &RawBson, level: usize) -> Result<String, Malformed> {
    with_datum(value.as_raw_bson_ref(), |datum| {
        datum_text(writer, datum, level, 1)
    })
}

/// Values as the writer writes them, each indented by `level`.
fn all_written(
    writer: &mut dyn Writer,
    values: &[RawBson],
    level: usize,
) -> Result<Vec<String>, Malformed> {
    let each = values.iter().map(|value| written(writer, value, level));
    each.collect()
}

/// What fits into so many columns stays on one line.
const WIDTH: usize = 72;

fn datum_text(
    writer: &mut dyn Writer,
    datum: Datum<'_>,
    level: usize,
    depth: usize,
) -> Result<String, Malformed> {
    if depth > MAX_DEPTH {
        return Err(Malformed::Depth);
    }
    let (bytes, array) = match datum {
        Datum::Document(bytes) => (bytes, false),
        Datum::Array(bytes) => (bytes, true),
        Datum::CodeWithScope { code, scope } => {
            let scope = datum_text(writer, Datum::Document(scope), level, depth + 1)?;
            return Ok(writer.scoped(code, &scope));
        }
        other => return Ok(writer.scalar(other)),
    };
    let mut fields = Vec::new();
    for element in Elements::new(bytes) {
        let element = element?;
        let text = datum_text(writer, element.datum()?, level + 1, depth + 1)?;
        fields.push((element.key.to_owned(), text));
    }
    let width: usize = fields.iter().map(|(k, v)| k.len() + v.len() + 6).sum();
    let broken = width + level * 4 > WIDTH || fields.iter().any(|(_, v)| v.contains('\n'));
    let inner = "    ".repeat(level + 1);
    let outer = "    ".repeat(level);
    let lines = (broken && !fields.is_empty()).then_some(inner.as_str());
    Ok(if array {
        let values: Vec<String> = fields.into_iter().map(|(_, v)| v).collect();
        writer.array(&values, lines, &outer)
    } else {
        writer.document(&fields, lines, &outer)
    })
}

/// Values between brackets, on one line or one a line.
fn listed(
    open: &str,
    parts: &[String],
    close: &str,
    lines: Option<&str>,
    outer: &str,
    last_comma: bool,
) -> String {
    match lines {
        None => format!("{open}{}{close}", parts.join(", ")),
        Some(indent) => {
            let mut out = format!("{open}\n");
            for (i, part) in parts.iter().enumerate() {
                out.push_str(indent);
                out.push_str(part);
                if last_comma || i + 1 < parts.len() {
                    out.push(',');
                }
                out.push('\n');
            }
            out.push_str(outer);
            out.push_str(close);
            out
        }
    }
}

/// A document's `name: value` pairs between braces, closed up where there are none.
fn braced(parts: &[String], lines: Option<&str>, outer: &str) -> String {
    match (parts, lines) {
        ([], _) => "{}".into(),
        (parts, None) => listed("{ ", parts, " }", None, outer, false),
        (parts, lines) => listed("{", parts, "}", lines, outer, true),
    }
}

/// The arguments of a call between its parentheses: on one line where they fit and no more than one is long.
fn arguments(parts: &[String]) -> String {
    let long = parts.iter().map(String::len).sum::<usize>() > WIDTH
        || parts.len() > 1 && parts.iter().any(|part| part.contains('\n'));
    let lines = (long && !parts.is_empty()).then_some("    ");
    listed("(", parts, ")", lines, "", true)
}

/// The shell's name of an operation as drivers of Python and Rust write it: `findOne` is `find_one`.
fn snake(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 4);
    for c in name.chars() {
        if c.is_ascii_uppercase() {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

/// A text in quotes with the escapes that all of these languages share: `\n`, `\t`, `\r`, `\\` and the quote. What is not
/// plain to see is written as `hidden` says.
fn escaped(text: &str, quote: char, hidden: impl Fn(char) -> String) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push(quote);
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\\' => out.push_str("\\\\"),
            c if c == quote => {
                out.push('\\');
                out.push(c);
            }
            c if crate::value::text::is_hidden(c) => out.push_str(&hidden(c)),
            c => out.push(c),
        }
    }
    out.push(quote);
    out
}

/// As [`escaped`], with `\uXXXX` as Java and JavaScript read it.
fn quoted(text: &str, quote: char) -> String {
    escaped(text, quote, |c| {
        let mut units = [0; 2];
        let units = c.encode_utf16(&mut units).iter();
        units.map(|unit| format!("\\u{unit:04x}")).collect()
    })
}

fn hex(bytes: &[u8]) -> String {
    let mut out = String::new();
    crate::value::base64::hex_to(&mut out, bytes);
    out
}

fn base64(bytes: &[u8]) -> String {
    let mut out = String::new();
    crate::value::base64::encode_to(&mut out, bytes);
    out
}

fn uuid(bytes: &[u8]) -> String {
    let mut out = String::new();
    crate::value::shell::print::push_uuid(&mut out, bytes);
    out
}

fn decimal(bytes: [u8; 16]) -> String {
    crate::value::shell::print::decimal_text(bytes)
}

/// A finite double with a point or an exponent, as all of these languages read it.
fn finite(x: f64) -> String {
    format!("{x:?}")
}

/// A statement as a call of a driver: what it is called with, and its options by the shell's names.
struct Call {
    operation: Operation,
    arguments: Vec<RawBson>,
    options: Vec<(String, RawBson)>,
}

/// What becomes of a statement in a program.
enum Form {
    /// A call of the collection.
    Call(Call),
    /// A command of a database.
    Command {
        database: String,
        command: RawDocumentBuf,
    },
}

/// How many arguments come before the options, of operations that drivers have.
fn positional(operation: Operation) -> Option<usize> {
    use Operation as O;
    Some(match operation {
        O::Find | O::FindOne | O::Aggregate | O::CountDocuments => 1,
        O::InsertOne | O::InsertMany | O::DeleteOne | O::DeleteMany | O::FindOneAndDelete => 1,
        O::UpdateOne
        | O::UpdateMany
        | O::ReplaceOne
        | O::FindOneAndUpdate
        | O::FindOneAndReplace => 2,
        O::EstimatedDocumentCount => 0,
        O::Distinct => 2,
        _ => return None,
    })
}

/// What becomes of a statement, where `known` says whether the language has a name for an option of an operation.
///
/// # Errors
/// Where neither one call nor one command does the same: `bulkWrite`, `use`.
fn form(
    statement: &Statement,
    known: impl Fn(Operation, &str, &RawBson) -> bool,
) -> Result<Form, Uncopied> {
    let all_known = |call: &Call| {
        let mut options = call.options.iter();
        options.all(|(name, value)| known(call.operation, name, value))
    };
    if let Some(call) = call(statement).filter(all_known) {
        return Ok(Form::Call(call));
    }
    match command::of(statement) {
        Some((database, command)) => Ok(Form::Command { database, command }),
        None => Err(Uncopied::NoCall(statement.operation.name())),
    }
}

fn call(statement: &Statement) -> Option<Call> {
    statement.collection.as_ref()?;
    let operation = statement.operation;
    let count = positional(operation)?;
    let mut arguments: Vec<RawBson> = statement.arguments.iter().take(count).cloned().collect();
    let empty = || RawBson::Document(RawDocumentBuf::new());
    while arguments.len() < count {
        arguments.push(empty());
    }
    let mut options: Vec<(String, RawBson)> = Vec::new();
    let mut set = |name: &str, value: RawBson| {
        options.retain(|(n, _)| n != name);
        options.push((name.to_owned(), value));
    };
    let mut rest = statement.arguments.iter().skip(count);
    if matches!(operation, Operation::Find | Operation::FindOne)
        && let Some(RawBson::Document(projection)) = rest.next()
        && !projection.is_empty()
    {
        set("projection", RawBson::Document(projection.clone()));
    }
    for given in rest {
        let RawBson::Document(given) = given else {
            continue;
        };
        for (name, value) in given.iter().filter_map(Result::ok) {
            set(name.as_str(), RawBson::from(value));
        }
    }
    for (method, values) in &statement.cursor {
        use CursorMethod as M;
        let value = values.first().cloned();
        match method {
            M::Pretty | M::ToArray => {}
            M::Sort
            | M::Limit
            | M::Skip
            | M::Projection
            | M::Hint
            | M::Collation
            | M::MaxTimeMs
            | M::BatchSize
            | M::Comment
            | M::Min
            | M::Max => set(method.name(), value?),
            M::AllowDiskUse | M::ReturnKey | M::ShowRecordId | M::NoCursorTimeout => {
                set(method.name(), value.unwrap_or(RawBson::Boolean(true)));
            }
            // What changes the result is not left out.
            _ => return None,
        }
    }
    Some(Call {
        operation,
        arguments,
        options,
    })
}

/// The statement as mongosh takes it.
fn mongosh(statement: &Statement) -> Result<String, Malformed> {
    let name = |text: &str| {
        let mut out = String::new();
        crate::value::shell::print::push_quoted(&mut out, text);
        out
    };
    if statement.operation == Operation::Use {
        return Ok(format!("use {}", statement.database));
    }
    let mut out = format!("db.getSiblingDB({})", name(&statement.database));
    if let Some(collection) = &statement.collection {
        out.push_str(&format!(".getCollection({})", name(collection)));
    }
    let arguments = |values: &[RawBson]| -> Result<String, Malformed> {
        let texts: Result<Vec<String>, Malformed> = values
            .iter()
            .map(|value| {
                let line = print(value.as_raw_bson_ref(), &Style::COPY_LINE)?;
                if line.len() <= WIDTH {
                    return Ok(line);
                }
                match value {
                    RawBson::Document(document) => print_document(document, &Style::COPY),
                    value => print(value.as_raw_bson_ref(), &Style::COPY),
                }
            })
            .collect();
        Ok(texts?.join(", "))
    };
    let method = match statement.operation {
        Operation::GetDatabaseNames => {
            return Ok("db.adminCommand({ listDatabases: 1, nameOnly: true })".into());
        }
        operation => operation.name(),
    };
    out.push_str(&format!(".{method}({})", arguments(&statement.arguments)?));
    for (method, values) in &statement.cursor {
        out.push_str(&format!(".{}({})", method.name(), arguments(values)?));
    }
    Ok(out)
}
