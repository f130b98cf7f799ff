//! `mongodeck query`: run query text, or say what it means and send nothing.

use std::io::Read as _;
use std::path::PathBuf;
use std::sync::Arc;

use bson::RawBson;
use clap::Args;

use super::execute::{self, ResultArgs, context};
use super::target::{self, ConnectArgs, Resolved};
use super::{Exit, config as configuration, print, usage};
use crate::query::{self, Context, Input, Operation, Statement};
use crate::value::Malformed;
use crate::value::extjson::{self, Layout, Mode};

/// Arguments of `mongodeck query`.
#[derive(Debug, Args)]
pub struct QueryArgs {
    /// Only read the text: print what it means as one line of canonical Extended JSON, and send nothing. TARGET may be
    /// left out.
    #[arg(long)]
    pub dry_run: bool,
    /// Read the text from this file; `-` is standard input. It may hold several statements, which run one after the other;
    /// all are read before the first is sent.
    #[arg(short, long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// `PROFILE[/DB[.COLL]]`, or a `mongodb://` or `mongodb+srv://` URI whose path may be `/DB[.COLL]`.
    #[arg(value_name = "TARGET", allow_hyphen_values = true)]
    pub first: Option<String>,
    /// A statement such as `db.orders.find({…})`; with a collection in TARGET also a filter or a pipeline alone. `-` reads
    /// standard input.
    #[arg(value_name = "TEXT", allow_hyphen_values = true)]
    pub second: Option<String>,
    /// How results are wanted.
    #[command(flatten)]
    pub results: ResultArgs,
    /// How to reach the server.
    #[command(flatten)]
    pub connect: ConnectArgs,
}

/// Where text comes from.
enum Source {
    Given(String),
    Input,
    File(PathBuf),
}

impl Source {
    fn of(text: &str) -> Self {
        if text == "-" {
            Self::Input
        } else {
            Self::Given(text.to_owned())
        }
    }

    /// The text, and what it is called in messages.
    fn read(&self) -> Result<(String, String), Exit> {
        let utf8 = |bytes: Vec<u8>, what: &str| {
            String::from_utf8(bytes).map_err(|_| usage(&format!("{what} is not UTF-8 text")))
        };
        match self {
            Self::Given(text) => Ok((text.clone(), "query".to_owned())),
            Self::Input => {
                let mut bytes = Vec::new();
                let read = std::io::stdin().read_to_end(&mut bytes);
                read.map_err(|e| usage(&format!("cannot read standard input: {e}")))?;
                Ok((utf8(bytes, "standard input")?, "-".to_owned()))
            }
            Self::File(path) => {
                let name = path.display().to_string();
                let bytes = std::fs::read(path)
                    .map_err(|e| usage(&format!("cannot read `{name}`: {e}")))?;
                Ok((utf8(bytes, &format!("`{name}`"))?, name))
            }
        }
    }
}

/// Runs `mongodeck query`.
#[must_use]
pub fn run(args: &QueryArgs) -> Exit {
    let file = args.file.as_ref().map(|path| {
        if path.as_os_str() == "-" {
            Source::Input
        } else {
            Source::File(path.clone())
        }
    });
    let (target, source) = match (&args.first, &args.second, file) {
        (_, Some(_), Some(_)) => return usage("give the text either in place or by `--file`"),
        (target, None, Some(file)) => (target.as_deref(), file),
        (Some(target), Some(text), None) => (Some(target.as_str()), Source::of(text)),
        (Some(text), None, None) if args.dry_run => (None, Source::of(text)),
        (Some(_), None, None) => {
            return usage(
                "name what to run after the target, such as `mongodeck query PROFILE/DB 'db.orders.find()'`, or a file with `-f`",
            );
        }
        (None, _, None) => return usage("give a target and a text"),
    };
    if args.dry_run {
        return match source.read() {
            Ok((text, name)) => dry(&name, &text, target),
            Err(exit) => exit,
        };
    }
    let Some(target) = target else {
        return usage("name a target, such as `PROFILE/DB`");
    };
    let (text, name) = match source.read() {
        Ok(read) => read,
        Err(exit) => return exit,
    };
    let resolved = match resolved(target, &args.connect) {
        Ok(resolved) => resolved,
        Err(exit) => return exit,
    };
    let statements = match statements(&name, &text, &resolved) {
        Ok(statements) => statements,
        Err(exit) => return exit,
    };
    execute::run(resolved.profile, statements, &args.results, (None, None))
}

fn resolved(text: &str, connect: &ConnectArgs) -> Result<Resolved, Exit> {
    let config = configuration::load()?;
    let resolved = target::resolve(&config, Some(text), connect).map_err(|e| usage(&e))?;
    let Some(mut resolved) = resolved else {
        return Err(usage("name a target, such as `PROFILE/DB`"));
    };
    target::ask_password(&mut resolved.profile, connect).map_err(|e| usage(&e))?;
    Ok(resolved)
}

/// Statements of one text. More are read as one, and refused as such.
const MOST_STATEMENTS: usize = 1_000;

/// The statements of a text; each with all else blanked, so that places in it are places in the text. A text that is one
/// value or statement stays as it is.
fn parts(text: &str) -> Vec<String> {
    let spans = query::split::statements(text);
    if spans.len() < 2 || spans.len() > MOST_STATEMENTS {
        return vec![text.to_owned()];
    }
    let blank = |text: &str| -> String {
        text.chars()
            .flat_map(|c| {
                let (c, n) = if matches!(c, '\n' | '\r') {
                    (c, 1)
                } else {
                    (' ', c.len_utf8())
                };
                std::iter::repeat_n(c, n)
            })
            .collect()
    };
    spans
        .iter()
        .map(|span| {
            let lead = blank(text.get(..span.start).unwrap_or(""));
            format!("{lead}{}", text.get(span.start..span.end).unwrap_or(""))
        })
        .collect()
}

/// The statements of a text, all of them read.
fn statements(name: &str, text: &str, resolved: &Resolved) -> Result<Vec<Arc<Statement>>, Exit> {
    let mut database = resolved.database.clone();
    let base = context("");
    let mut out = Vec::new();
    let mut failed = false;
    for part in parts(text) {
        let context = Context {
            database: database.clone().unwrap_or_else(|| "test".to_owned()),
            ..base.clone()
        };
        let checked = match query::check(&part, &context) {
            Ok(checked) => checked,
            Err(problems) => {
                for problem in &problems {
                    print::note(&problem.render(name, text));
                }
                failed = true;
                continue;
            }
        };
        for warning in &checked.warnings {
            print::warning(&warning.render(name, text));
        }
        let statement = match checked.input {
            Input::Statement(statement) => statement,
            Input::Value(value) => of_value(value, resolved)?,
        };
        if statement.operation == Operation::Use {
            database = Some(statement.database.clone());
        }
        out.push(Arc::new(statement));
    }
    if failed { Err(Exit::Query) } else { Ok(out) }
}

/// A filter or a pipeline alone, for the collection that the target names.
fn of_value(value: RawBson, resolved: &Resolved) -> Result<Statement, Exit> {
    let (Some(database), Some(collection)) = (&resolved.database, &resolved.collection) else {
        return Err(usage(
            "a filter or a pipeline alone needs a collection in the target, such as `PROFILE/DB.COLL`; or write `db.COLL.find({…})`",
        ));
    };
    let operation = match &value {
        RawBson::Document(_) => Operation::Find,
        RawBson::Array(_) => Operation::Aggregate,
        _ => {
            return Err(usage(
                "this is neither a statement nor a filter nor a pipeline",
            ));
        }
    };
    Ok(Statement {
        database: database.clone(),
        collection: Some(collection.clone()),
        operation,
        arguments: vec![value],
        cursor: Vec::new(),
    })
}

fn dry(name: &str, text: &str, target: Option<&str>) -> Exit {
    let database = target
        .filter(|t| !t.contains("://"))
        .and_then(|t| t.split_once('/'))
        .map(|(_, rest)| rest.split('.').next().unwrap_or(rest))
        .filter(|d| !d.is_empty())
        .unwrap_or("test");
    match query::check(text, &context(database)) {
        Ok(checked) => {
            for warning in &checked.warnings {
                print::warning(&warning.render(name, text));
            }
            match described(&checked.input) {
                Ok(line) => {
                    let _ = print::line(&line);
                    Exit::Ok
                }
                Err(e) => {
                    print::error(&format!("this cannot be shown as Extended JSON: {e}"));
                    Exit::Query
                }
            }
        }
        Err(problems) => {
            for problem in &problems {
                print::note(&problem.render(name, text));
            }
            Exit::Query
        }
    }
}

/// The input as one line of canonical Extended JSON.
fn described(input: &Input) -> Result<String, Malformed> {
    let statement = match input {
        Input::Value(value) => return canonical(value),
        Input::Statement(statement) => statement,
    };
    let list = |values: &[RawBson]| -> Result<String, Malformed> {
        let values = values
            .iter()
            .map(canonical)
            .collect::<Result<Vec<_>, _>>()?;
        Ok(values.join(","))
    };
    let mut out = String::from("{\"db\":");
    extjson::push_json_string(&mut out, &statement.database);
    out.push_str(",\"collection\":");
    match &statement.collection {
        Some(collection) => extjson::push_json_string(&mut out, collection),
        None => out.push_str("null"),
    }
    out.push_str(",\"operation\":");
    extjson::push_json_string(&mut out, statement.operation.name());
    out.push_str(",\"arguments\":[");
    out.push_str(&list(&statement.arguments)?);
    out.push_str("],\"cursor\":[");
    for (i, (method, arguments)) in statement.cursor.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        out.push('[');
        extjson::push_json_string(&mut out, method.name());
        out.push_str(",[");
        out.push_str(&list(arguments)?);
        out.push_str("]]");
    }
    out.push_str("]}");
    Ok(out)
}

fn canonical(value: &RawBson) -> Result<String, Malformed> {
    extjson::print(value.as_raw_bson_ref(), Mode::Canonical, Layout::Compact)
}
