//! Rust, with the asynchronous driver and `doc!`.

use std::collections::BTreeSet;

use bson::RawBson;

use super::{
    Call, Form, Uncopied, Writer, braced, decimal, escaped, finite, form, hex, listed, snake, uuid,
    written,
};
use crate::query::{Operation, Statement};
use crate::value::Malformed;
use crate::value::raw::Datum;

/// Writes values, and remembers what has to be imported.
#[derive(Default)]
pub(super) struct Rust {
    names: BTreeSet<&'static str>,
}

fn text(value: &str) -> String {
    escaped(value, '"', |c| format!("\\u{{{:x}}}", c as u32))
}

impl Writer for Rust {
    fn scalar(&mut self, datum: Datum<'_>) -> String {
        let mut from = |name: &'static str| self.names.insert(name);
        match datum {
            Datum::Double(bits) => {
                let x = f64::from_bits(bits);
                if x.is_nan() {
                    "f64::NAN".into()
                } else if x.is_infinite() {
                    format!("f64::{}INFINITY", if x < 0.0 { "NEG_" } else { "" })
                } else {
                    finite(x)
                }
            }
            Datum::String(s) => text(s),
            Datum::Symbol(s) => {
                from("Bson");
                format!("Bson::Symbol({}.into())", text(s))
            }
            Datum::Binary { subtype: 4, bytes } if bytes.len() == 16 => {
                from("Uuid");
                format!("Uuid::parse_str(\"{}\")?", uuid(bytes))
            }
            Datum::Binary { subtype, bytes } => {
                from("Binary");
                from("spec::BinarySubtype");
                let list: Vec<String> = bytes.iter().map(|b| format!("0x{b:02x}")).collect();
                format!(
                    "Binary {{ subtype: BinarySubtype::from({subtype}_u8), bytes: vec![{}] }}",
                    list.join(", ")
                )
            }
            Datum::Undefined => {
                from("Bson");
                "Bson::Undefined".into()
            }
            Datum::Null => {
                from("Bson");
                "Bson::Null".into()
            }
            Datum::ObjectId(id) => {
                from("oid::ObjectId");
                format!("ObjectId::parse_str(\"{}\")?", hex(&id))
            }
            Datum::Boolean(b) => b.to_string(),
            Datum::Date(millis) => {
                from("DateTime");
                format!("DateTime::from_millis({millis})")
            }
            Datum::Regex { pattern, options } => {
                from("Regex");
                format!(
                    "Regex {{ pattern: {}.try_into()?, options: {}.try_into()? }}",
                    text(pattern),
                    text(options)
                )
            }
            // The crate has no constructor for it; this is what the server makes of it.
            Datum::DbPointer { namespace, id } => {
                from("doc");
                from("oid::ObjectId");
                format!(
                    "doc! {{ \"$ref\": {}, \"$id\": ObjectId::parse_str(\"{}\")? }}",
                    text(namespace),
                    hex(&id)
                )
            }
            Datum::Code(code) => {
                from("Bson");
                format!("Bson::JavaScriptCode({}.into())", text(code))
            }
            Datum::Int32(n) => n.to_string(),
            Datum::Int64(n) => format!("{n}_i64"),
            Datum::Timestamp { time, increment } => {
                from("Timestamp");
                format!("Timestamp {{ time: {time}, increment: {increment} }}")
            }
            Datum::Decimal128(bytes) => {
                from("Decimal128");
                format!("\"{}\".parse::<Decimal128>()?", decimal(bytes))
            }
            Datum::MinKey => {
                from("Bson");
                "Bson::MinKey".into()
            }
            Datum::MaxKey => {
                from("Bson");
                "Bson::MaxKey".into()
            }
            Datum::Document(_) | Datum::Array(_) | Datum::CodeWithScope { .. } => {
                "Bson::Null".into()
            }
        }
    }

    fn scoped(&mut self, code: &str, scope: &str) -> String {
        self.names.insert("JavaScriptCodeWithScope");
        self.names.insert("doc");
        format!(
            "JavaScriptCodeWithScope {{ code: {}.into(), scope: doc! {scope} }}",
            text(code)
        )
    }

    fn document(
        &mut self,
        fields: &[(String, String)],
        lines: Option<&str>,
        outer: &str,
    ) -> String {
        self.names.insert("doc");
        let parts: Vec<String> = fields
            .iter()
            .map(|(key, value)| format!("{}: {value}", text(key)))
            .collect();
        braced(&parts, lines, outer)
    }

    fn array(&mut self, values: &[String], lines: Option<&str>, outer: &str) -> String {
        listed("[", values, "]", lines, outer, true)
    }
}

/// A value where Rust is not inside `doc!` yet.
fn outside(writer: &mut Rust, value: &RawBson, level: usize) -> Result<String, Malformed> {
    Ok(match value {
        RawBson::Document(_) => format!("doc! {}", written(writer, value, level)?),
        RawBson::Array(values) => {
            let mut parts = Vec::new();
            for value in values.into_iter().filter_map(Result::ok) {
                parts.push(outside(writer, &RawBson::from(value), level + 1)?);
            }
            let long = parts.iter().map(String::len).sum::<usize>() > super::WIDTH
                || parts.iter().any(|p| p.contains('\n'));
            let (inner, outer) = ("    ".repeat(level + 1), "    ".repeat(level));
            listed(
                "vec![",
                &parts,
                "]",
                long.then_some(inner.as_str()),
                &outer,
                true,
            )
        }
        value => written(writer, value, level)?,
    })
}

/// Whether the driver has a method for an option, and this writes it.
fn known(operation: Operation, name: &str, value: &RawBson) -> bool {
    use Operation as O;
    let document = matches!(value, RawBson::Document(_));
    let whole = matches!(value, RawBson::Int32(n) if *n >= 0)
        || matches!(value, RawBson::Int64(n) if *n >= 0);
    let finds = matches!(operation, O::Find | O::FindOne);
    let takes = matches!(
        operation,
        O::FindOneAndUpdate | O::FindOneAndReplace | O::FindOneAndDelete
    );
    match name {
        "projection" | "sort" => document && (finds || takes),
        "limit" => whole && matches!(operation, O::Find | O::CountDocuments),
        "skip" => whole && (finds || operation == O::CountDocuments),
        "hint" => document || matches!(value, RawBson::String(_)),
        "maxTimeMS" => {
            whole
                && (finds
                    || takes
                    || matches!(operation, O::Aggregate | O::CountDocuments | O::Distinct))
        }
        "batchSize" => whole && matches!(operation, O::Find | O::Aggregate),
        "comment" => true,
        "allowDiskUse" => matches!(operation, O::Find | O::FindOne | O::Aggregate),
        "let" => {
            document
                && (finds
                    || takes
                    || matches!(
                        operation,
                        O::Aggregate
                            | O::UpdateOne
                            | O::UpdateMany
                            | O::ReplaceOne
                            | O::DeleteOne
                            | O::DeleteMany
                    ))
        }
        "upsert" => true,
        "arrayFilters" => matches!(
            operation,
            O::UpdateOne | O::UpdateMany | O::FindOneAndUpdate
        ),
        "returnDocument" => takes,
        "ordered" => operation == O::InsertMany,
        _ => false,
    }
}

/// The statement as a program's part.
pub(super) fn code(statement: &Statement) -> Result<String, Uncopied> {
    let mut writer = Rust::default();
    writer.names.insert("Document");
    let mut uses: BTreeSet<&'static str> = BTreeSet::from(["use mongodb::Client;"]);
    let (body, streams) = match form(statement, known)? {
        Form::Call(call) => {
            let streams = matches!(call.operation, Operation::Find | Operation::Aggregate);
            let call = called(&mut writer, &mut uses, statement, &call)?;
            (call, streams)
        }
        Form::Command { database, command } => {
            let command = written(&mut writer, &RawBson::Document(command), 0)?;
            let body = format!(
                "client\n    .database({})\n    .run_command(doc! {command})",
                text(&database)
            );
            (body, false)
        }
    };
    let rest = if streams {
        uses.insert("use futures_util::TryStreamExt;");
        "while let Some(document) = cursor.try_next().await? {\n    println!(\"{document:?}\");\n}\n"
    } else {
        "println!(\"{result:?}\");\n"
    };
    let name = if streams { "mut cursor" } else { "result" };
    if !body.contains("Document>") {
        writer.names.remove("Document");
    }
    let names: Vec<&str> = writer.names.iter().copied().collect();
    let mut out = String::new();
    for line in uses {
        out.push_str(line);
        out.push('\n');
    }
    if !names.is_empty() {
        out.push_str(&format!("use mongodb::bson::{{{}}};\n", names.join(", ")));
    }
    out.push_str("\nlet client = Client::with_uri_str(\"mongodb://localhost:27017\").await?;\n");
    out.push_str(&format!("let {name} = {body}\n    .await?;\n{rest}"));
    Ok(out)
}

fn called(
    writer: &mut Rust,
    uses: &mut BTreeSet<&'static str>,
    statement: &Statement,
    call: &Call,
) -> Result<String, Malformed> {
    let mut parts = Vec::new();
    for value in &call.arguments {
        parts.push(outside(writer, value, 1)?);
    }
    let mut out = format!(
        "client\n    .database({})\n    .collection::<Document>({})\n    .{}({})",
        text(&statement.database),
        text(statement.collection.as_deref().unwrap_or("")),
        snake(call.operation.name()),
        parts.join(", ")
    );
    for (name, value) in &call.options {
        let given = outside(writer, value, 1)?;
        let (method, given) = match (name.as_str(), value) {
            ("maxTimeMS", _) => {
                uses.insert("use std::time::Duration;");
                let number = given.trim_end_matches("_i64").to_owned();
                ("max_time", format!("Duration::from_millis({number})"))
            }
            ("limit" | "skip" | "batchSize", _) => {
                let method = if name == "batchSize" {
                    "batch_size"
                } else {
                    name.as_str()
                };
                (method, given.trim_end_matches("_i64").to_owned())
            }
            ("hint", RawBson::String(_)) => {
                uses.insert("use mongodb::options::Hint;");
                ("hint", format!("Hint::Name({given}.into())"))
            }
            ("hint", _) => {
                uses.insert("use mongodb::options::Hint;");
                ("hint", format!("Hint::Keys({given})"))
            }
            ("comment", RawBson::Document(_)) => ("comment", given),
            ("comment", _) => ("comment", given),
            ("allowDiskUse", _) => ("allow_disk_use", given),
            ("let", _) => ("let_vars", given),
            ("arrayFilters", _) => ("array_filters", given),
            ("returnDocument", value) => {
                uses.insert("use mongodb::options::ReturnDocument;");
                let after = matches!(value, RawBson::String(s) if s == "after");
                let which = if after { "After" } else { "Before" };
                ("return_document", format!("ReturnDocument::{which}"))
            }
            (name, _) => (name, given),
        };
        out.push_str(&format!("\n    .{method}({given})"));
    }
    Ok(out)
}
