//! Query text, as people paste it from mongosh, Compass, driver documentation and runbooks, read as data.
//!
//! [`parse`] takes a bare literal (a filter, a pipeline, …) or a statement (`db.orders.find({…}).sort({…})`). The text
//! is parsed as JavaScript and evaluated as a closed set of literals: constructors, arithmetic, dates, a few methods of
//! strings and arrays. A value may be given a name before the statement (`const since = …;`), but never another; there
//! are no functions and no loops; nothing is ever executed. Pure: reads no clock,
//! no file, no server; the time and chance come with the [`Context`].
//!
//! Values are what mongosh would send. A whole number is an Int32 where it fits, else a Double; integer-like keys
//! come first; the last of two equal keys wins; an invalid date is the epoch. Where mongosh and Compass differ this
//! follows mongosh, but where mongosh's answer would lose what was typed:
//!
//! - `__proto__` is a key like any other (mongosh drops it, so that a filter becomes `{}`);
//! - `Symbol("a")` is a BSON symbol (mongosh drops it);
//! - the flag `s` of a regular expression is refused (mongosh drops it), and so is a bigint over 64 bits;
//! - `EJSON.parse` keeps the kinds of numbers that the text names (mongosh makes plain numbers of them);
//! - a function is taken only where the server runs it (`$where`, `$function`, `$accumulator`, `mapReduce`).
//!
//! What mongosh silently makes something else of (`new Date("soon")` becomes 1970, `NumberInt("abc")` becomes 0) is
//! made so here too, with a warning in [`Checked::warnings`]; the quick lines ([`parse_filter`] and its like) refuse it.
//!
//! A `;` may end a statement, but not a bare literal, as in both peers.

mod chain;
pub mod code;
pub mod complete;
mod consequence;
mod constructors;
mod date;
mod date_text;
mod eval;
pub mod explain;
pub mod finding;
pub mod format;
mod js;
mod json;
mod methods;
mod nesting;
mod number;
mod operation;
mod operators;
pub mod plan;
pub mod saved;
pub mod secret;
pub mod shape;
mod sketch;
pub mod snippet;
pub mod split;
pub mod stages;
mod statement;
#[cfg(test)]
mod tests;
mod token;
pub mod vocabulary;
mod words;
mod zone;

use std::collections::BTreeMap;

use bson::{RawBson, RawDocumentBuf};
use oxc_allocator::Allocator;
use oxc_ast::ast::{self, Expression};
use oxc_diagnostics::Diagnostics;
use oxc_parser::Parser;
use oxc_span::SourceType;

use crate::value::{Diagnostic, Span};
pub use consequence::Consequence;
use eval::{Evaluator, bare, span_of};
use js::Js;
pub use operation::{CursorMethod, Operation};
use statement::Chain;
pub use statement::Statement;
use words::shell_words;
pub use zone::Zone;

/// What a text needs of the world around it.
#[derive(Debug, Clone, PartialEq)]
pub struct Context {
    /// The current database, for `db`.
    pub database: String,
    /// The time, in milliseconds since the epoch, for `new Date()` and `ISODate()`.
    pub now_millis: i64,
    /// Where chance starts, for `ObjectId()`, `UUID()` and `Math.random()`: the caller draws it anew for each text, so
    /// that no two make the same ids.
    pub chance: u64,
    /// The zone of local times, for `new Date(2024, 0, 1)`.
    pub zone: Zone,
    /// The values of `params.…`, by name.
    pub parameters: BTreeMap<String, RawBson>,
}

impl Context {
    /// A context without parameters, in universal time, with chance that starts at the time.
    #[must_use]
    pub fn new(database: impl Into<String>, now_millis: i64) -> Self {
        Self {
            database: database.into(),
            now_millis,
            chance: now_millis.cast_unsigned(),
            zone: Zone::utc(),
            parameters: BTreeMap::new(),
        }
    }
}

/// What a text says.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// A bare literal: a filter, a pipeline, a sort, a number, …
    Value(RawBson),
    /// A statement.
    Statement(Statement),
}

/// What a text says, with what should be known before it is run.
#[derive(Debug, Clone, PartialEq)]
pub struct Checked {
    /// The literal or statement.
    pub input: Input,
    /// Places where what will be sent is not what was typed, such as a date that is none.
    pub warnings: Vec<Diagnostic>,
}

/// Reads query text. Empty text is the literal `{}`.
///
/// # Errors
/// Everything that is wrong with the text, at least one diagnostic, in the order of the text.
pub fn parse(text: &str, context: &Context) -> Result<Input, Vec<Diagnostic>> {
    check(text, context).map(|checked| checked.input)
}

/// What is told of a parameter that has no value.
#[must_use]
pub fn no_parameter(name: &str) -> String {
    format!("there is no parameter `{name}`")
}

/// Reads query text as [`parse`] does, and gives its warnings too.
///
/// # Errors
/// Everything that is wrong with the text, at least one diagnostic, in the order of the text.
pub fn check(text: &str, context: &Context) -> Result<Checked, Vec<Diagnostic>> {
    let fit = |mut list: Vec<Diagnostic>| {
        for diagnostic in &mut list {
            diagnostic.span = whole_characters(text, diagnostic.span);
            diagnostic
                .help
                .get_or_insert_with(|| "write another value here".into());
        }
        list
    };
    match checked(text, context) {
        Ok(found) => Ok(Checked {
            warnings: fit(found.warnings),
            ..found
        }),
        Err(problems) => Err(fit(problems)),
    }
}

/// The span widened to whole characters within the text.
fn whole_characters(text: &str, span: Span) -> Span {
    let mut start = span.start.min(text.len());
    while !text.is_char_boundary(start) {
        start -= 1;
    }
    let mut end = span.end.clamp(start, text.len());
    while !text.is_char_boundary(end) {
        end += 1;
    }
    Span::new(start, end)
}

fn checked(text: &str, context: &Context) -> Result<Checked, Vec<Diagnostic>> {
    let words = shell_words(text).map_err(|d| vec![d])?;
    let database = words.database.as_deref().unwrap_or(&context.database);
    let shape = nesting::scan(&words.rest).map_err(|d| vec![d])?;
    if shape.empty {
        let input = match (words.shown, &words.database) {
            (Some(operation), _) => command(database, operation),
            (None, Some(_)) => command(database, Operation::Use),
            (None, None) => Input::Value(RawBson::Document(RawDocumentBuf::new())),
        };
        return Ok(Checked {
            input,
            warnings: Vec::new(),
        });
    }
    if words.shown.is_some() {
        return Err(vec![
            Diagnostic::new(Span::new(0, text.len().min(4)), "`show …` stands alone")
                .with_help("run it and the rest one after the other"),
        ]);
    }
    nesting::on_stack(shape.depth, || read(&words.rest, context, database)).unwrap_or_else(|| {
        Err(vec![
            Diagnostic::new(Span::new(0, 1), "this nests too deep to be read now")
                .with_help("there is too little memory for it"),
        ])
    })
}

fn command(database: &str, operation: Operation) -> Input {
    Input::Statement(Statement {
        database: database.to_owned(),
        collection: None,
        operation,
        arguments: Vec::new(),
        cursor: Vec::new(),
    })
}

/// Reads a filter: a document. Empty text is `{}`; a text that is anything else than a document is never that.
///
/// # Errors
/// What is wrong with the text, also where mongosh would send something else than what was typed.
pub fn parse_filter(text: &str, context: &Context) -> Result<RawDocumentBuf, Diagnostic> {
    document(
        text,
        context,
        "a filter",
        "write conditions between `{` and `}`, such as `{status: \"open\"}`",
    )
}

/// Reads a sort: a document, or one of the other forms that drivers take (`"field"`, `[["a", 1], ["b", -1]]`).
/// Empty text is `{}`.
///
/// # Errors
/// What is wrong with the text.
pub fn parse_sort(text: &str, context: &Context) -> Result<RawDocumentBuf, Diagnostic> {
    let value = literal(text, context)?;
    let whole = Span::new(0, text.len());
    let refused = |p: js::Problem| Diagnostic {
        span: whole,
        message: p.message,
        help: p.help,
    };
    let sort = Js::from_bson(value.as_raw_bson_ref())
        .and_then(statement::normal_sort)
        .and_then(|sort| sort.to_bson())
        .map_err(refused)?;
    match sort {
        RawBson::Document(document) => Ok(document),
        _ => Err(Diagnostic::new(whole, "a sort is a document").with_help("write `{field: 1}`")),
    }
}

/// Reads a projection: a document. Empty text is `{}`.
///
/// # Errors
/// What is wrong with the text.
pub fn parse_projection(text: &str, context: &Context) -> Result<RawDocumentBuf, Diagnostic> {
    document(text, context, "a projection", "write `{field: 1}`")
}

fn document(
    text: &str,
    context: &Context,
    what: &str,
    help: &str,
) -> Result<RawDocumentBuf, Diagnostic> {
    let whole = || Diagnostic::new(Span::new(0, text.len()), format!("{what} is a document"));
    match literal(text, context) {
        Ok(RawBson::Document(document)) => Ok(document),
        Ok(_) => Err(whole().with_help(help)),
        // `status: "open"`, with its braces forgotten.
        Err(_) if !text.trim_start().starts_with('{') && check_braced(text, context) => {
            Err(whole().with_help(format!("put braces around it: `{{{}}}`", text.trim())))
        }
        Err(problem) => Err(problem),
    }
}

/// Whether a text would be a document if it stood in braces.
fn check_braced(text: &str, context: &Context) -> bool {
    text.len() <= 1_000 && literal(&format!("{{{text}}}"), context).is_ok()
}

/// What joins several values into one at the top of a text, of which JavaScript would drop all but one.
fn joined(text: &str) -> Option<Diagnostic> {
    let allocator = Allocator::default();
    let expression = Parser::new(&allocator, text, SourceType::script())
        .parse_expression()
        .ok()?;
    let whole = bare(&expression);
    let problem = |span: Span, message: &str, help: &str| {
        Some(Diagnostic::new(span, message).with_help(help.to_owned()))
    };
    match whole {
        Expression::SequenceExpression(list) => {
            let second = list.expressions.get(1).map_or(Span::new(0, 0), span_of);
            let span = Span::new(second.start, span_of(whole).end);
            let help = "leave out what follows the comma: each has a place of its own";
            problem(
                span,
                "one document stands here, and this is another one",
                help,
            )
        }
        Expression::LogicalExpression(both) => {
            let span = Span::new(span_of(&both.left).end, span_of(&both.right).end);
            let help = "write both conditions into one document, or `{$or: [{…}, {…}]}`";
            problem(span, "documents are not joined by an operator", help)
        }
        Expression::ConditionalExpression(_)
        | Expression::BinaryExpression(_)
        | Expression::UnaryExpression(_)
        | Expression::AssignmentExpression(_) => {
            let help = "write it out between `{` and `}`";
            problem(span_of(whole), "a document is not computed here", help)
        }
        _ => None,
    }
}

/// A bare literal that is sent exactly as typed.
fn literal(text: &str, context: &Context) -> Result<RawBson, Diagnostic> {
    let first = |mut list: Vec<Diagnostic>| {
        if list.is_empty() {
            Diagnostic::new(Span::new(0, text.len()), "this cannot be read")
        } else {
            list.swap_remove(0)
        }
    };
    let checked = check(text, context).map_err(first)?;
    if let Some(problem) = joined(text) {
        return Err(problem);
    }
    if !checked.warnings.is_empty() {
        return Err(first(checked.warnings));
    }
    match checked.input {
        Input::Value(value) => Ok(value),
        Input::Statement(_) => Err(Diagnostic::new(
            Span::new(0, text.len()),
            "a whole statement cannot stand here",
        )
        .with_help("write only its filter, such as `{status: \"open\"}`")),
    }
}

fn read(text: &str, context: &Context, database: &str) -> Result<Checked, Vec<Diagnostic>> {
    let allocator = Allocator::default();
    let mut evaluator = Evaluator::new(context, text);
    let expression = Parser::new(&allocator, text, SourceType::script()).parse_expression();
    let result = match expression {
        Ok(expression) => one(&mut evaluator, &expression, database),
        Err(errors) => {
            let error = syntax(text, &errors);
            if text.trim_start().starts_with('{') {
                Err(error)
            } else {
                program(&mut evaluator, text, database, error)
            }
        }
    };
    let mut problems = std::mem::take(&mut evaluator.problems);
    match result {
        Ok(input) if problems.is_empty() => Ok(Checked {
            input,
            warnings: std::mem::take(&mut evaluator.warnings),
        }),
        Ok(_) => {
            problems.sort_by_key(|d| d.span.start);
            Err(problems)
        }
        Err(problem) => {
            problems.push(problem);
            problems.sort_by_key(|d| d.span.start);
            Err(problems)
        }
    }
}

/// One expression: a statement or a value.
fn one(
    evaluator: &mut Evaluator<'_>,
    expression: &Expression<'_>,
    database: &str,
) -> Result<Input, Diagnostic> {
    let expression = printed(bare(expression));
    if let Some(chain) = statement::read(evaluator, expression, database)? {
        return Ok(match chain {
            Chain::Statement(statement) => Input::Statement(statement),
            Chain::Name(name) => Input::Value(RawBson::String(name)),
        });
    }
    let value = evaluator.value(expression)?;
    if !evaluator.problems.is_empty() {
        return Ok(Input::Value(RawBson::Null));
    }
    value.to_bson().map(Input::Value).map_err(|p| Diagnostic {
        span: span_of(expression),
        message: p.message,
        help: p.help,
    })
}

/// What `print(…)` around a statement would print: that is shown anyway.
fn printed<'e, 'a>(expression: &'e Expression<'a>) -> &'e Expression<'a> {
    if let Expression::CallExpression(call) = expression
        && let Expression::Identifier(name) = bare(&call.callee)
        && matches!(name.name.as_str(), "print" | "printjson")
        && let [only] = call.arguments.as_slice()
        && let Some(inner) = only.as_expression()
    {
        return bare(inner);
    }
    expression
}

/// Several statements, or one with a `;`: the last is what counts, as long as the others do nothing.
fn program(
    evaluator: &mut Evaluator<'_>,
    text: &str,
    database: &str,
    error: Diagnostic,
) -> Result<Input, Diagnostic> {
    let allocator = Allocator::default();
    let parsed = Parser::new(&allocator, text, SourceType::script()).parse();
    if parsed.panicked || parsed.diagnostics.has_errors() {
        let other = syntax(text, &parsed.diagnostics);
        return Err(if other.span.start > error.span.start {
            other
        } else {
            error
        });
    }
    if let Some(directive) = parsed.program.directives.first() {
        return Err(ended_literal(text, span_of(directive)));
    }
    let mut found: Option<(Input, Span)> = None;
    for statement in &parsed.program.body {
        let span = span_of(statement);
        let expression = match statement {
            ast::Statement::ExpressionStatement(e) => &e.expression,
            ast::Statement::EmptyStatement(_) => continue,
            ast::Statement::VariableDeclaration(names) if found.is_none() => {
                named(evaluator, names)?;
                continue;
            }
            other => return Err(statement::of_language(of_language(other), head(span))),
        };
        if let Some((before, before_span)) = found.take() {
            let lazy = matches!(&before, Input::Statement(s) if s.operation == Operation::Find
                && !s.cursor.iter().any(|(m, _)| ends_reading(*m)));
            if !lazy {
                return Err(
                    Diagnostic::new(head(span), "one statement is run at a time")
                        .with_help("run them one after the other"),
                );
            }
            evaluator.warnings.push(
                Diagnostic::new(before_span, "only the last statement is run")
                    .with_help("run them one after the other"),
            );
        }
        let input = one(evaluator, expression, database)?;
        if matches!(input, Input::Value(_))
            && std::ptr::eq(printed(bare(expression)), bare(expression))
        {
            return Err(ended_literal(text, span));
        }
        found = Some((input, span));
    }
    found.map(|(input, _)| input).ok_or(error)
}

/// `const since = ISODate("2024-01-01"), days = 7`: values with names, for the statement that follows.
fn named(
    evaluator: &mut Evaluator<'_>,
    names: &ast::VariableDeclaration<'_>,
) -> Result<(), Diagnostic> {
    for one in &names.declarations {
        let span = span_of(&one.id);
        let ast::BindingPattern::BindingIdentifier(name) = &one.id else {
            return Err(
                Diagnostic::new(span, "only one value can be given a name at a time")
                    .with_help("write `const since = ISODate(\"2024-01-01\");`"),
            );
        };
        let value = match &one.init {
            Some(init) => evaluator.value(init)?,
            None => Js::Undefined,
        };
        evaluator.name(name.name.as_str(), span, value)?;
    }
    Ok(())
}

/// Whether a cursor method already reads from the server.
fn ends_reading(method: CursorMethod) -> bool {
    matches!(
        method,
        CursorMethod::Count
            | CursorMethod::Size
            | CursorMethod::ItCount
            | CursorMethod::HasNext
            | CursorMethod::Next
            | CursorMethod::TryNext
            | CursorMethod::ToArray
            | CursorMethod::Explain
    )
}

fn ended_literal(text: &str, span: Span) -> Diagnostic {
    let end = text
        .get(span.start..)
        .and_then(|t| t.rfind(';'))
        .map_or(span.end, |i| span.start + i);
    Diagnostic::new(
        Span::new(end, (end + 1).min(text.len())),
        "a bare value does not end with `;`",
    )
    .with_help("remove the `;`, or write a statement such as `db.orders.find({…});`")
}

fn head(span: Span) -> Span {
    Span::new(span.start, span.end.min(span.start + 1))
}

fn of_language(statement: &ast::Statement<'_>) -> &'static str {
    use ast::Statement as S;
    match statement {
        S::ForStatement(_)
        | S::ForInStatement(_)
        | S::ForOfStatement(_)
        | S::WhileStatement(_)
        | S::DoWhileStatement(_) => "a loop",
        S::FunctionDeclaration(_) => "function",
        S::VariableDeclaration(_) => "a variable",
        S::IfStatement(_) | S::SwitchStatement(_) => "a condition",
        S::ClassDeclaration(_) => "a class",
        S::ThrowStatement(_) | S::TryStatement(_) => "an exception",
        S::BlockStatement(_) => "a block",
        S::LabeledStatement(_) => "a label",
        S::ImportDeclaration(_) => "`import`",
        _ => "this",
    }
}

/// The parser's first error in the words of this program.
fn syntax(text: &str, errors: &Diagnostics) -> Diagnostic {
    let Some(error) = errors.errors().next() else {
        return Diagnostic::new(Span::new(0, text.len().min(1)), "this cannot be read");
    };
    let label = error.labels.as_ref().first();
    let offset = label
        .map_or(text.len(), |l| l.offset() as usize)
        .min(text.len());
    let length = label.map_or(0, |l| l.len() as usize);
    let span = Span::new(offset, offset.saturating_add(length).min(text.len()));
    let rest = text.get(offset..).unwrap_or("");
    if rest.trim_start_matches(';').trim().is_empty() && rest.starts_with(';') {
        return ended_literal(text, span);
    }
    let mut message = error.message.trim_end_matches('.').to_owned();
    if let Some(first) = message.get_mut(..1) {
        first.make_ascii_lowercase();
    }
    if rest.trim().is_empty() {
        return Diagnostic::new(
            Span::point(text.trim_end().len()),
            "the text ends too early",
        )
        .with_help("something is missing here: a value, or a closing bracket");
    }
    if message == "unexpected token" {
        message = format!("`{}` is not expected here", shown_token(rest));
    }
    if let Some((expected, kind)) = message.split_once(" but found `")
        && kind.len() > 2
    {
        message = format!("{expected} but found `{}`", shown_token(rest));
    }
    let help = error.help.as_ref().map(ToString::to_string).unwrap_or_else(|| {
        "check the commas, quotes and brackets around this place; keys with dots or dashes go in quotes".into()
    });
    Diagnostic::new(span, message).with_help(help)
}

/// The word, or else the character, that a text starts with.
fn shown_token(text: &str) -> String {
    let word: String = text
        .chars()
        .take_while(|c| c.is_alphanumeric() || matches!(c, '_' | '$'))
        .take(20)
        .collect();
    if word.is_empty() {
        text.chars().take(1).collect()
    } else {
        word
    }
}
