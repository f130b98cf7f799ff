//! `mongodeck queries`: the saved queries with their parameters, and where they come from.

use bson::raw::cstr;
use bson::{RawArrayBuf, RawBson, RawDocumentBuf};
use clap::{Args, ValueEnum};

use super::{Exit, config as configuration, print};
use crate::config::queries::{self, Found, Shelf};
use crate::query::saved::Parameter;
use crate::value::extjson::{self, Layout, Mode};

/// Arguments of `mongodeck queries`.
#[derive(Debug, Args)]
pub struct QueriesArgs {
    /// How the list is written.
    #[arg(long, value_name = "FORMAT", value_enum, default_value = "table")]
    pub format: ListFormat,
}

/// How a list is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ListFormat {
    /// For people.
    Table,
    /// One array of JSON.
    Json,
}

/// Runs `mongodeck queries`. A file that cannot be used is told, and makes the exit code 1.
#[must_use]
pub fn run(args: &QueriesArgs) -> Exit {
    let config = match configuration::load() {
        Ok(config) => config,
        Err(exit) => return exit,
    };
    let shelf = queries::load(&config);
    let text = match args.format {
        ListFormat::Table => table(&shelf),
        ListFormat::Json => json(&shelf),
    };
    let _ = print::line(&text);
    for found in &shelf.hidden {
        if let Some(by) = shelf.named(&found.query.name) {
            print::note(&format!(
                "`{}` of {} is hidden by the one of {}",
                found.query.name, found.origin, by.origin
            ));
        }
    }
    for problem in &shelf.problems {
        print::error(problem);
    }
    if shelf.problems.is_empty() {
        Exit::Ok
    } else {
        Exit::Query
    }
}

fn declared(parameter: &Parameter) -> String {
    let default = match &parameter.default {
        None => String::new(),
        Some(default) => format!(" = {default}"),
    };
    let help = if parameter.help.is_empty() {
        String::new()
    } else {
        format!("   {}", parameter.help)
    };
    format!(
        "    -p {}={{{}}}{default}{help}",
        parameter.name,
        parameter.kind.name()
    )
}

fn table(shelf: &Shelf) -> String {
    let mut lines = Vec::new();
    for found in &shelf.queries {
        let query = &found.query;
        lines.push(format!("{}   {}", query.name, query.summary()));
        let mut about = vec![found.origin.to_string()];
        about.extend(query.profile.iter().map(|p| format!("profile {p}")));
        about.extend(query.database.iter().map(|d| format!("database {d}")));
        about.extend(query.chart.iter().map(|c| format!("chart {}", c.name())));
        lines.push(format!("    ({})", about.join(", ")));
        lines.extend(query.parameters.iter().map(declared));
    }
    print::printable(&lines.join("\n"))
}

fn described(found: &Found) -> RawDocumentBuf {
    let query = &found.query;
    let text = |text: &Option<String>| match text {
        Some(text) => RawBson::String(text.clone()),
        None => RawBson::Null,
    };
    let mut out = RawDocumentBuf::new();
    out.append(cstr!("name"), query.name.as_str());
    out.append(cstr!("description"), query.description.as_str());
    out.append(cstr!("from"), found.origin.word());
    out.append(cstr!("file"), found.origin.to_string());
    out.append(cstr!("profile"), text(&query.profile));
    out.append(cstr!("database"), text(&query.database));
    out.append(cstr!("format"), text(&query.format));
    out.append(
        cstr!("chart"),
        text(&query.chart.map(|c| c.name().to_owned())),
    );
    let mut parameters = RawArrayBuf::new();
    for parameter in &query.parameters {
        let mut one = RawDocumentBuf::new();
        one.append(cstr!("name"), parameter.name.as_str());
        one.append(cstr!("type"), parameter.kind.name());
        one.append(cstr!("required"), parameter.default.is_none());
        one.append(cstr!("default"), text(&parameter.default));
        one.append(cstr!("help"), parameter.help.as_str());
        let mut choices = RawArrayBuf::new();
        for choice in parameter.kind.choices() {
            choices.push(choice);
        }
        one.append(cstr!("choices"), choices);
        parameters.push(one);
    }
    out.append(cstr!("parameters"), parameters);
    out
}

fn json(shelf: &Shelf) -> String {
    let mut lines = Vec::new();
    for found in &shelf.queries {
        let document = described(found);
        if let Ok(text) = extjson::print_document(&document, Mode::Relaxed, Layout::Compact) {
            lines.push(text);
        }
    }
    if lines.is_empty() {
        "[]".to_owned()
    } else {
        format!("[\n{}\n]", lines.join(",\n"))
    }
}
