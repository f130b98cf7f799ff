//! `mongodeck query`: read query text, and say what it means.

use std::io::Read as _;
use std::time::{SystemTime, UNIX_EPOCH};

use bson::{Bson, RawBson};
use clap::Args;
use serde_json::{Value, json};

use super::{Exit, print, usage, zone};
use crate::query::{self, Context, Input};

/// Arguments of `mongodeck query`.
#[derive(Debug, Args)]
pub struct QueryArgs {
    /// Only read the text: print what it means as one line of canonical Extended JSON, and send nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// The text: a filter, a pipeline, or a statement such as `db.orders.find({…})`. `-` reads standard input.
    #[arg(value_name = "TEXT", allow_hyphen_values = true)]
    pub text: String,
}

/// Runs `mongodeck query`.
#[must_use]
pub fn run(args: &QueryArgs) -> Exit {
    if !args.dry_run {
        return usage(
            "queries cannot be sent from here so far; with `--dry-run` the text is read and shown",
        );
    }
    let text = match args.text.as_str() {
        "-" => {
            let mut bytes = Vec::new();
            if let Err(e) = std::io::stdin().lock().read_to_end(&mut bytes) {
                return usage(&format!("cannot read standard input: {e}"));
            }
            match String::from_utf8(bytes) {
                Ok(text) => text,
                Err(_) => return usage("standard input is not UTF-8 text"),
            }
        }
        text => text.to_owned(),
    };
    let name = if args.text == "-" { "-" } else { "query" };
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .ok()
        .and_then(|d| i64::try_from(d.as_millis()).ok())
        .unwrap_or(0);
    let context = Context {
        zone: zone::local(),
        ..Context::new("test", now)
    };
    match query::check(&text, &context) {
        Ok(checked) => {
            for warning in &checked.warnings {
                print::warning(&warning.render(name, &text));
            }
            match described(checked.input) {
                Some(value) => {
                    let _ = print::line(&escaped(&value.to_string()));
                    Exit::Ok
                }
                None => {
                    print::error("a value of this text cannot be shown as Extended JSON");
                    Exit::Query
                }
            }
        }
        Err(problems) => {
            for problem in &problems {
                print::note(&problem.render(name, &text));
            }
            Exit::Query
        }
    }
}

/// The input as canonical Extended JSON.
fn described(input: Input) -> Option<Value> {
    match input {
        Input::Value(value) => canonical(value),
        Input::Statement(statement) => {
            let list = |values: Vec<RawBson>| {
                values
                    .into_iter()
                    .map(canonical)
                    .collect::<Option<Vec<_>>>()
            };
            let cursor = statement
                .cursor
                .into_iter()
                .map(|(method, arguments)| Some(json!([method.name(), list(arguments)?])))
                .collect::<Option<Vec<_>>>()?;
            Some(json!({
                "db": statement.database,
                "collection": statement.collection,
                "operation": statement.operation.name(),
                "arguments": list(statement.arguments)?,
                "cursor": cursor,
            }))
        }
    }
}

fn canonical(value: RawBson) -> Option<Value> {
    Bson::try_from(value).ok().map(Bson::into_canonical_extjson)
}

/// JSON text in which no character can steer a terminal: those stand in strings alone, where JSON escapes them.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if print::is_unsafe(c) {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            out.push(c);
        }
    }
    out
}
