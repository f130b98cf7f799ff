//! `mongodeck validate`: documents in files or on standard input, held to a model without any server.
//!
//! Must not connect anywhere. Invariant: one verdict for each document, in their order.

use std::fs;
use std::io::{self, BufRead, Read};
use std::path::{Path, PathBuf};

use bson::{RawBsonRef, RawDocument, RawDocumentBuf};
use clap::{Args, ValueEnum};
use serde_json::json;

use super::print::{self, Sent, printable};
use super::{Exit, usage};
use crate::config::models;
use crate::model::{Model, Severity, Violation};
use crate::value::extjson::{self, Layout, Mode};
use crate::value::{Diagnostic, Span};

/// The largest document that a server stores; a longer line is no document.
const LARGEST: usize = 64 * 1024 * 1024;

/// Arguments of `mongodeck validate`.
#[derive(Debug, Args)]
pub struct ValidateArgs {
    /// The model: a Mongoose file (`.js`, `.ts`), a `$jsonSchema` (`.json`), or `shipped:SYSTEM`; `#Name` chooses one of
    /// several.
    #[arg(long, value_name = "FILE[#NAME]")]
    pub model: String,
    /// How verdicts are printed.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub format: Format,
    /// Files with documents: JSON, an array of documents, JSON lines, Extended JSON, or a `.bson` dump; `-` reads JSON
    /// lines from standard input.
    #[arg(required = true, value_name = "DOCUMENTS")]
    pub documents: Vec<PathBuf>,
}

/// How verdicts are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// One line for each violation, and a count.
    Table,
    /// One JSON object for each document.
    Json,
}

/// The most lines that are counted for the place of a mistake.
const MOST_ABOVE: usize = 10_000_000;

struct Tally {
    format: Format,
    documents: u64,
    refused: u64,
    warnings: u64,
    /// How many lines are no document.
    unreadable: u64,
    /// The line, or else the place, of the document in its file.
    number: u64,
    is_closed: bool,
}

/// Runs `mongodeck validate`: [`Exit::Query`] where a document breaks the model, [`Exit::Usage`] where the model or a
/// document cannot be used.
#[must_use]
pub fn run(args: &ValidateArgs) -> Exit {
    let model = match load(&args.model) {
        Ok(model) => model,
        Err(message) => return usage(&message),
    };
    if args.format == Format::Table {
        for gap in &model.gaps {
            print::warning(&format!("{}:{}: {}", gap.file, gap.line, gap.what));
        }
    }
    let mut tally = Tally {
        format: args.format,
        documents: 0,
        refused: 0,
        warnings: 0,
        unreadable: 0,
        number: 0,
        is_closed: false,
    };
    for path in &args.documents {
        tally.number = 0;
        let result = if path.as_os_str() == "-" {
            lines(
                &model,
                "standard input",
                &mut io::stdin().lock(),
                &mut tally,
            )
        } else {
            file(&model, path, &mut tally)
        };
        if let Err(message) = result {
            return usage(&message);
        }
        if tally.is_closed {
            break;
        }
    }
    if args.format == Format::Table {
        print::note(&format!(
            "{}, {} break `{}`, {}",
            several(tally.documents, "document"),
            tally.refused,
            model.name,
            several(tally.warnings, "warning")
        ));
    }
    if tally.unreadable > 0 {
        let n = tally.unreadable;
        print::error(&match n {
            1 => "1 line is no document".to_owned(),
            n => format!("{n} lines are no documents"),
        });
        Exit::Usage
    } else if tally.refused > 0 {
        Exit::Query
    } else {
        Exit::Ok
    }
}

/// The model that an argument names.
fn load(argument: &str) -> Result<Model, String> {
    // A file's name may have a `#` of its own.
    let (file, name) = match argument.rsplit_once('#') {
        Some((file, name)) if !Path::new(argument).is_file() => (file, Some(name)),
        _ => (argument, None),
    };
    if let Some(system) = file.strip_prefix("shipped:") {
        return shipped(system, name);
    }
    let reading = models::read_file(Path::new(file)).map_err(|e| e.render(file))?;
    let problems = || {
        let list: Vec<String> = reading
            .gaps
            .iter()
            .map(|g| format!("{}:{}: {}", g.file, g.line, g.what))
            .collect();
        if list.is_empty() {
            String::new()
        } else {
            format!("\n{}", list.join("\n"))
        }
    };
    let all = || reading.models.iter().chain(&reading.schemas);
    if let Some(name) = name {
        let found = all().find(|m| m.name == name).cloned();
        return found.ok_or_else(|| {
            let names: Vec<String> = all().map(|m| format!("`{}`", m.name)).collect();
            if names.is_empty() {
                format!("`{file}` makes no model{}", problems())
            } else {
                format!(
                    "`{file}` has no model `{name}`; it has {}",
                    names.join(", ")
                )
            }
        });
    }
    let mut models = reading.models.iter();
    match (models.next(), models.next()) {
        // The models that a file imports come before its own.
        (Some(only), None) => Ok(only.clone()),
        (Some(_), Some(_)) => {
            let own: Vec<&Model> = reading
                .models
                .iter()
                .filter(|m| m.source.file == file)
                .collect();
            match own.as_slice() {
                [only] => Ok((*only).clone()),
                _ => {
                    let names: Vec<String> = reading
                        .models
                        .iter()
                        .map(|m| format!("`{}`", m.name))
                        .collect();
                    Err(format!(
                        "`{file}` has several models; choose one as `{file}#{}`: {}",
                        reading.models[0].name,
                        names.join(", ")
                    ))
                }
            }
        }
        (None, _) => match reading.schemas.as_slice() {
            [only] => Ok(only.clone()),
            [] => Err(format!(
                "`{file}` has no schema; a model file calls `new Schema(…)` and `model(…)`{}",
                problems()
            )),
            several => {
                let names: Vec<String> = several.iter().map(|m| format!("`{}`", m.name)).collect();
                Err(format!(
                    "`{file}` makes no model, but has the schemas {}; choose one with `#`",
                    names.join(", ")
                ))
            }
        },
    }
}

/// A model that comes with the program: `shipped:SYSTEM#NAME`.
fn shipped(system: &str, name: Option<&str>) -> Result<Model, String> {
    let library = models::load(Path::new("."), &[format!("shipped:{system}")]);
    if let (true, Some(gap)) = (library.models.is_empty(), library.gaps.first()) {
        return Err(format!("`{}`: {}", gap.file, gap.what));
    }
    let found = library
        .models
        .iter()
        .find(|m| Some(m.name.as_str()) == name);
    match (found, library.models.as_slice()) {
        (Some(model), _) => Ok(Model::clone(model)),
        (None, [only]) if name.is_none() => Ok(Model::clone(only)),
        (None, all) => {
            let names: Vec<String> = all.iter().map(|m| format!("`{}`", m.name)).collect();
            Err(format!(
                "choose one as `shipped:{system}#NAME`: {}",
                names.join(", ")
            ))
        }
    }
}

fn file(model: &Model, path: &Path, tally: &mut Tally) -> Result<(), String> {
    let name = path.display().to_string();
    let open = || fs::File::open(path).map_err(|e| format!("cannot read `{name}`: {e}"));
    if path
        .extension()
        .is_some_and(|e| e.eq_ignore_ascii_case("bson"))
    {
        return dump(model, &name, &mut io::BufReader::new(open()?), tally);
    }
    // A single document or an array has to be seen whole; anything else is read line by line.
    let mut reader = io::BufReader::new(open()?);
    let mut first = String::new();
    read_line(&mut reader, &mut first).map_err(|e| format!("cannot read `{name}`: {e}"))?;
    if first.trim_start().starts_with('{') && extjson::parse_document(&first).is_ok() {
        judge(model, &name, 1, &first, tally);
        return lines_from(model, &name, 2, &mut reader, tally);
    }
    let mut rest = String::new();
    reader
        .take(LARGEST as u64)
        .read_to_string(&mut rest)
        .map_err(|e| format!("cannot read `{name}`: {e}"))?;
    let starts_empty = first.trim().is_empty();
    let text = first + &rest;
    if text.trim_start().starts_with('[') {
        let wrapped = format!("{{\"v\":{text}}}");
        let document = extjson::parse_document(&wrapped).map_err(|problems| {
            problems.first().map_or_else(
                || format!("`{name}` is not JSON"),
                |p| p.render(&name, &wrapped),
            )
        })?;
        if let Ok(Some(RawBsonRef::Array(list))) = document.get("v") {
            for item in list.into_iter().flatten() {
                match item {
                    RawBsonRef::Document(d) => {
                        tally.number += 1;
                        verdict(model, &name, d, tally);
                    }
                    _ => {
                        return Err(format!(
                            "`{name}`: the array holds something that is no document"
                        ));
                    }
                }
            }
        }
        return Ok(());
    }
    match extjson::parse_document(&text) {
        Ok(document) => {
            tally.number = 1;
            verdict(model, &name, &document, tally);
            Ok(())
        }
        Err(problems) => {
            // Perhaps lines after all, of which the first is empty or wrong: say where.
            let mut at = text.as_bytes();
            if starts_empty {
                return lines(model, &name, &mut at, tally);
            }
            Err(problems.first().map_or_else(
                || format!("`{name}` is not JSON"),
                |p| p.render(&name, &text),
            ))
        }
    }
}

fn lines(
    model: &Model,
    name: &str,
    reader: &mut impl BufRead,
    tally: &mut Tally,
) -> Result<(), String> {
    lines_from(model, name, 1, reader, tally)
}

fn lines_from(
    model: &Model,
    name: &str,
    first: u64,
    reader: &mut impl BufRead,
    tally: &mut Tally,
) -> Result<(), String> {
    let mut line = String::new();
    let mut number = first;
    loop {
        line.clear();
        let read = read_line(reader, &mut line).map_err(|e| format!("cannot read {name}: {e}"))?;
        if read == 0 || tally.is_closed {
            return Ok(());
        }
        if !line.trim().is_empty() {
            judge(model, name, number, &line, tally);
        }
        number += 1;
    }
}

fn read_line(reader: &mut impl BufRead, line: &mut String) -> io::Result<usize> {
    let read = reader.take(LARGEST as u64).read_line(line)?;
    if read == LARGEST {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "a line is longer than any document",
        ));
    }
    Ok(read)
}

fn judge(model: &Model, name: &str, number: u64, text: &str, tally: &mut Tally) {
    tally.number = number;
    match extjson::parse_document(text) {
        Ok(document) => verdict(model, name, &document, tally),
        // The other lines are judged all the same.
        Err(problems) => {
            tally.unreadable += 1;
            let problem = problems.first().map_or_else(
                || format!("{name}:{number}: not a document"),
                |p| {
                    let above =
                        "\n".repeat(usize::try_from(number - 1).unwrap_or(0).min(MOST_ABOVE));
                    let shifted = Diagnostic {
                        span: Span::new(p.span.start + above.len(), p.span.end + above.len()),
                        ..p.clone()
                    };
                    shifted.render(name, &(above + text.trim_end_matches('\n')))
                },
            );
            print::error(&problem);
        }
    }
}

fn dump(
    model: &Model,
    name: &str,
    reader: &mut impl Read,
    tally: &mut Tally,
) -> Result<(), String> {
    loop {
        let mut length = [0u8; 4];
        match reader.read_exact(&mut length) {
            Ok(()) => {}
            Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => return Ok(()),
            Err(e) => return Err(format!("cannot read `{name}`: {e}")),
        }
        let size = usize::try_from(i32::from_le_bytes(length)).unwrap_or(0);
        if !(5..=LARGEST).contains(&size) {
            return Err(format!(
                "`{name}` is not a BSON dump: document {} has an impossible length",
                tally.documents + 1
            ));
        }
        let mut bytes = length.to_vec();
        bytes.resize(size, 0);
        reader
            .read_exact(&mut bytes[4..])
            .map_err(|_| format!("`{name}` ends in the middle of a document"))?;
        let document = RawDocumentBuf::from_bytes(bytes).map_err(|e| {
            format!(
                "`{name}`: document {} is not valid BSON: {e}",
                tally.documents + 1
            )
        })?;
        tally.number += 1;
        verdict(model, name, &document, tally);
        if tally.is_closed {
            return Ok(());
        }
    }
}

fn verdict(model: &Model, name: &str, document: &RawDocument, tally: &mut Tally) {
    let violations = model.validate(document);
    let errors = violations
        .iter()
        .filter(|v| v.severity == Severity::Error)
        .count();
    tally.documents += 1;
    tally.refused += u64::from(errors > 0);
    tally.warnings += (violations.len() - errors) as u64;
    let sent = match tally.format {
        Format::Json => {
            let list: Vec<_> = violations.iter().map(as_json).collect();
            let id = document.get("_id").ok().flatten();
            let id = id.and_then(|v| extjson::print(v, Mode::Relaxed, Layout::Compact).ok());
            let id: Option<serde_json::Value> = id.and_then(|t| serde_json::from_str(&t).ok());
            let verdict = json!({
                "file": name,
                "document": tally.number,
                "_id": id,
                "valid": errors == 0,
                "violations": list,
            });
            print::line(&verdict.to_string())
        }
        Format::Table => {
            let mut sent = Sent::Written;
            for violation in &violations {
                let mark = match violation.severity {
                    Severity::Error => "error",
                    Severity::Warning => "warning",
                };
                let place = format!("{name}:{}", tally.number);
                let path = violation.path.to_string();
                let parts = [
                    place.as_str(),
                    mark,
                    path.as_str(),
                    violation.kind.as_str(),
                    violation.message.as_str(),
                ];
                let parts = parts.map(|part| printable(part).replace('\n', " "));
                sent = print::line(&parts.join("\t"));
                if sent == Sent::Closed {
                    break;
                }
            }
            sent
        }
    };
    tally.is_closed = sent == Sent::Closed;
}

fn several(n: u64, noun: &str) -> String {
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}

fn as_json(violation: &Violation) -> serde_json::Value {
    json!({
        "path": violation.path.dotted(),
        "kind": violation.kind,
        "message": violation.message,
        "expected": violation.expected,
        "found": violation.found,
        "severity": match violation.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        },
        "fix": violation.fix.as_ref().map(|f| f.label.clone()),
    })
}
