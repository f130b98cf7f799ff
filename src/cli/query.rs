//! `mongodeck query`: read query text, and say what it means.

use std::io::Read as _;
use std::time::{SystemTime, UNIX_EPOCH};

use bson::RawBson;
use clap::Args;

use super::{Exit, print, usage, zone};
use crate::query::{self, Context, Input};
use crate::value::Malformed;
use crate::value::extjson::{self, Layout, Mode};

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
        chance: chance(),
        zone: zone::local(),
        ..Context::new("test", now)
    };
    match query::check(&text, &context) {
        Ok(checked) => {
            for warning in &checked.warnings {
                print::warning(&warning.render(name, &text));
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
                print::note(&problem.render(name, &text));
            }
            Exit::Query
        }
    }
}

/// Bits that are drawn anew each time.
fn chance() -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = bson::Uuid::new().bytes();
    u64::from_le_bytes([a, b, c, d, e, f, g, h])
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
