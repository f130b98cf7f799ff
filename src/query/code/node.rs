//! JavaScript, with the driver for Node.js.

use std::collections::BTreeSet;

use bson::RawBson;

use super::{
    Form, Uncopied, Writer, all_written, arguments, base64, braced, decimal, finite, form, hex,
    listed, quoted, uuid, written,
};
use crate::query::{Operation, Statement};
use crate::value::instant;
use crate::value::raw::Datum;
use crate::value::shell::print_key;

/// Writes values, and remembers what has to be imported.
#[derive(Default)]
pub(super) struct Node {
    names: BTreeSet<&'static str>,
}

fn text(value: &str) -> String {
    quoted(value, '\'')
}

impl Writer for Node {
    fn scalar(&mut self, datum: Datum<'_>) -> String {
        let mut from = |name: &'static str| self.names.insert(name);
        match datum {
            Datum::Double(bits) => {
                let x = f64::from_bits(bits);
                if x.is_nan() {
                    "NaN".into()
                } else if x.is_infinite() {
                    format!("{}Infinity", if x < 0.0 { "-" } else { "" })
                } else if x.fract() == 0.0 {
                    // A whole number would be sent as an integer.
                    from("Double");
                    format!("new Double({})", finite(x))
                } else {
                    finite(x)
                }
            }
            Datum::String(s) => text(s),
            Datum::Symbol(s) => {
                from("BSONSymbol");
                format!("new BSONSymbol({})", text(s))
            }
            Datum::Binary { subtype: 4, bytes } if bytes.len() == 16 => {
                from("UUID");
                format!("new UUID('{}')", uuid(bytes))
            }
            Datum::Binary { subtype, bytes } => {
                from("Binary");
                format!(
                    "new Binary(Buffer.from('{}', 'base64'), {subtype})",
                    base64(bytes)
                )
            }
            Datum::Undefined => "undefined".into(),
            Datum::Null => "null".into(),
            Datum::ObjectId(id) => {
                from("ObjectId");
                format!("new ObjectId('{}')", hex(&id))
            }
            Datum::Boolean(b) => b.to_string(),
            Datum::Date(millis) => match instant::iso(millis) {
                Some(iso) => format!("new Date('{iso}')"),
                None => format!("new Date({millis})"),
            },
            Datum::Regex { pattern, options } => {
                from("BSONRegExp");
                format!("new BSONRegExp({}, {})", text(pattern), text(options))
            }
            Datum::DbPointer { namespace, id } => {
                from("DBRef");
                from("ObjectId");
                format!(
                    "new DBRef({}, new ObjectId('{}'))",
                    text(namespace),
                    hex(&id)
                )
            }
            Datum::Code(code) => {
                from("Code");
                format!("new Code({})", text(code))
            }
            Datum::Int32(n) => n.to_string(),
            Datum::Int64(n) => {
                from("Long");
                format!("Long.fromString('{n}')")
            }
            Datum::Timestamp { time, increment } => {
                from("Timestamp");
                format!("new Timestamp({{ t: {time}, i: {increment} }})")
            }
            Datum::Decimal128(bytes) => {
                from("Decimal128");
                format!("Decimal128.fromString('{}')", decimal(bytes))
            }
            Datum::MinKey => {
                from("MinKey");
                "new MinKey()".into()
            }
            Datum::MaxKey => {
                from("MaxKey");
                "new MaxKey()".into()
            }
            Datum::Document(_) | Datum::Array(_) | Datum::CodeWithScope { .. } => "null".into(),
        }
    }

    fn scoped(&mut self, code: &str, scope: &str) -> String {
        self.names.insert("Code");
        format!("new Code({}, {scope})", text(code))
    }

    fn document(
        &mut self,
        fields: &[(String, String)],
        lines: Option<&str>,
        outer: &str,
    ) -> String {
        let parts: Vec<String> = fields
            .iter()
            .map(|(key, value)| format!("{}: {value}", print_key(key)))
            .collect();
        braced(&parts, lines, outer)
    }

    fn array(&mut self, values: &[String], lines: Option<&str>, outer: &str) -> String {
        listed("[", values, "]", lines, outer, true)
    }
}

/// The statement as a program.
pub(super) fn code(statement: &Statement) -> Result<String, Uncopied> {
    let mut writer = Node::default();
    // The driver names its options as the shell does.
    let body = match form(statement, |_, _, _| true)? {
        Form::Call(call) => {
            let mut parts = all_written(&mut writer, &call.arguments, 1)?;
            let mut options = Vec::new();
            for (name, value) in &call.options {
                options.push((name.clone(), written(&mut writer, value, 2)?));
            }
            if !options.is_empty() {
                let long = options.iter().map(|(_, v)| v.len() + 12).sum::<usize>() > super::WIDTH;
                parts.push(writer.document(&options, long.then_some("        "), "    "));
            }
            let arguments = arguments(&parts);
            let cursor = matches!(call.operation, Operation::Find | Operation::Aggregate);
            format!(
                "const result = await client\n  .db({})\n  .collection({})\n  .{}{arguments}{};",
                text(&statement.database),
                text(statement.collection.as_deref().unwrap_or("")),
                call.operation.name(),
                if cursor { "\n  .toArray()" } else { "" },
            )
        }
        Form::Command { database, command } => {
            let command = written(&mut writer, &RawBson::Document(command), 0)?;
            format!(
                "const result = await client.db({}).command({command});",
                text(&database)
            )
        }
    };
    writer.names.insert("MongoClient");
    let names: Vec<&str> = writer.names.iter().copied().collect();
    Ok(format!(
        "import {{ {} }} from 'mongodb';\n\nconst client = new MongoClient('mongodb://localhost:27017');\n{body}\nconsole.log(result);\nawait client.close();\n",
        names.join(", ")
    ))
}
