//! Python, with PyMongo.

use std::collections::BTreeSet;

use bson::RawBson;

use super::{
    Call, Form, Uncopied, Writer, all_written, arguments, decimal, escaped, finite, form, hex,
    listed, snake, uuid, written,
};
use crate::query::{Operation, Statement};
use crate::value::Malformed;
use crate::value::instant;
use crate::value::raw::Datum;

/// Writes values, and remembers what has to be imported.
#[derive(Default)]
pub(super) struct Python {
    imports: BTreeSet<&'static str>,
}

/// A text in single quotes; Python has an escape of eight digits for what is outside the first plane.
fn text(value: &str) -> String {
    escaped(value, '\'', |c| match c as u32 {
        n if n < 0x20 || n == 0x7f => format!("\\x{n:02x}"),
        n if n > 0xffff => format!("\\U{n:08x}"),
        n => format!("\\u{n:04x}"),
    })
}

impl Writer for Python {
    fn scalar(&mut self, datum: Datum<'_>) -> String {
        let mut from = |line: &'static str| self.imports.insert(line);
        match datum {
            Datum::Double(bits) => {
                let x = f64::from_bits(bits);
                if x.is_nan() {
                    "float('nan')".into()
                } else if x.is_infinite() {
                    format!("float('{}inf')", if x < 0.0 { "-" } else { "" })
                } else {
                    finite(x)
                }
            }
            Datum::String(s) | Datum::Symbol(s) => text(s),
            Datum::Binary { subtype: 4, bytes } if bytes.len() == 16 => {
                from("from bson.binary import Binary");
                from("from uuid import UUID");
                format!("Binary.from_uuid(UUID('{}'))", uuid(bytes))
            }
            Datum::Binary { subtype, bytes } => {
                from("from bson.binary import Binary");
                format!("Binary(bytes.fromhex('{}'), {subtype})", hex(bytes))
            }
            Datum::Undefined | Datum::Null => "None".into(),
            Datum::ObjectId(id) => {
                from("from bson.objectid import ObjectId");
                format!("ObjectId('{}')", hex(&id))
            }
            Datum::Boolean(b) => if b { "True" } else { "False" }.into(),
            Datum::Date(millis) => {
                // Years that a `datetime` has.
                if (-62_135_596_800_000..=253_402_300_799_999).contains(&millis)
                    && let Some(iso) = instant::iso(millis)
                {
                    from("from datetime import datetime");
                    return format!(
                        "datetime.fromisoformat('{}+00:00')",
                        iso.trim_end_matches('Z')
                    );
                }
                from("from bson.datetime_ms import DatetimeMS");
                format!("DatetimeMS({millis})")
            }
            Datum::Regex { pattern, options } => {
                from("from bson.regex import Regex");
                format!("Regex({}, {})", text(pattern), text(options))
            }
            Datum::DbPointer { namespace, id } => {
                from("from bson.dbref import DBRef");
                from("from bson.objectid import ObjectId");
                format!("DBRef({}, ObjectId('{}'))", text(namespace), hex(&id))
            }
            Datum::Code(code) => {
                from("from bson.code import Code");
                format!("Code({})", text(code))
            }
            Datum::Int32(n) => n.to_string(),
            Datum::Int64(n) => {
                from("from bson.int64 import Int64");
                format!("Int64({n})")
            }
            Datum::Timestamp { time, increment } => {
                from("from bson.timestamp import Timestamp");
                format!("Timestamp({time}, {increment})")
            }
            Datum::Decimal128(bytes) => {
                from("from bson.decimal128 import Decimal128");
                format!("Decimal128('{}')", decimal(bytes))
            }
            Datum::MinKey => {
                from("from bson.min_key import MinKey");
                "MinKey()".into()
            }
            Datum::MaxKey => {
                from("from bson.max_key import MaxKey");
                "MaxKey()".into()
            }
            Datum::Document(_) | Datum::Array(_) | Datum::CodeWithScope { .. } => "None".into(),
        }
    }

    fn scoped(&mut self, code: &str, scope: &str) -> String {
        self.imports.insert("from bson.code import Code");
        format!("Code({}, {scope})", text(code))
    }

    fn document(
        &mut self,
        fields: &[(String, String)],
        lines: Option<&str>,
        outer: &str,
    ) -> String {
        let parts: Vec<String> = fields
            .iter()
            .map(|(key, value)| format!("{}: {value}", text(key)))
            .collect();
        listed("{", &parts, "}", lines, outer, true)
    }

    fn array(&mut self, values: &[String], lines: Option<&str>, outer: &str) -> String {
        listed("[", values, "]", lines, outer, true)
    }
}

/// The keyword of an option; `None` where there is none.
fn keyword(operation: Operation, name: &str) -> Option<&'static str> {
    use Operation as O;
    let finds = matches!(operation, O::Find | O::FindOne);
    Some(match name {
        "projection" => "projection",
        "sort" => "sort",
        "limit" => "limit",
        "skip" => "skip",
        "hint" => "hint",
        "collation" => "collation",
        "comment" => "comment",
        "let" if !finds => "let",
        "maxTimeMS" if finds => "max_time_ms",
        "maxTimeMS" => "maxTimeMS",
        "batchSize" if finds => "batch_size",
        "batchSize" => "batchSize",
        "allowDiskUse" if finds => "allow_disk_use",
        "allowDiskUse" => "allowDiskUse",
        "noCursorTimeout" if finds => "no_cursor_timeout",
        "returnKey" if finds => "return_key",
        "showRecordId" if finds => "show_record_id",
        "upsert" => "upsert",
        "arrayFilters" => "array_filters",
        "ordered" => "ordered",
        "returnDocument" => "return_document",
        _ => return None,
    })
}

/// The statement as a program.
pub(super) fn code(statement: &Statement) -> Result<String, Uncopied> {
    let mut writer = Python::default();
    let form = form(statement, |operation, name, _| {
        keyword(operation, name).is_some()
    })?;
    let body = match &form {
        Form::Call(call) => called(&mut writer, statement, call)?,
        Form::Command { database, command } => {
            let command = written(&mut writer, &RawBson::Document(command.clone()), 0)?;
            format!("result = client[{}].command({command})", text(database))
        }
    };
    let shown = match &form {
        Form::Call(call) if matches!(call.operation, Operation::Find | Operation::Aggregate) => {
            "for document in result:\n    print(document)\n"
        }
        _ => "print(result)\n",
    };
    let mut out = String::new();
    for line in &writer.imports {
        out.push_str(line);
        out.push('\n');
    }
    let after =
        matches!(&form, Form::Call(c) if c.options.iter().any(|(n, _)| n == "returnDocument"));
    out.push_str(if after {
        "from pymongo import MongoClient, ReturnDocument\n"
    } else {
        "from pymongo import MongoClient\n"
    });
    out.push_str("\nclient = MongoClient('mongodb://localhost:27017')\n");
    out.push_str(&body);
    out.push('\n');
    out.push_str(shown);
    Ok(out)
}

fn called(writer: &mut Python, statement: &Statement, call: &Call) -> Result<String, Malformed> {
    let mut parts = all_written(writer, &call.arguments, 1)?;
    for (name, value) in &call.options {
        let Some(keyword) = keyword(call.operation, name) else {
            continue;
        };
        let text = match (name.as_str(), value) {
            ("sort" | "hint", RawBson::Document(keys)) => {
                // Pairs, so that the order of the keys is said.
                let mut pairs = Vec::new();
                for (key, value) in keys.iter().filter_map(Result::ok) {
                    let value = written(writer, &RawBson::from(value), 1)?;
                    pairs.push(format!("({}, {value})", text(key.as_str())));
                }
                format!("[{}]", pairs.join(", "))
            }
            ("returnDocument", value) => {
                let after = matches!(value, RawBson::String(s) if s == "after");
                format!("ReturnDocument.{}", if after { "AFTER" } else { "BEFORE" })
            }
            _ => written(writer, value, 1)?,
        };
        parts.push(format!("{keyword}={text}"));
    }
    let arguments = arguments(&parts);
    Ok(format!(
        "result = client[{}][{}].{}{arguments}",
        text(&statement.database),
        text(statement.collection.as_deref().unwrap_or("")),
        snake(call.operation.name()),
    ))
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_text_is_escaped_as_python_reads_it() {
        assert_eq!(super::text("a'\\\n\u{1}é"), "'a\\'\\\\\\n\\x01é'");
        assert_eq!(super::text("\u{202e}\u{e0041}"), "'\\u202e\\U000e0041'");
        assert_eq!(
            super::super::quoted("\u{202e}\u{e0041}\"", '"'),
            "\"\\u202e\\udb40\\udc41\\\"\""
        );
    }
}
