//! Java, with the synchronous driver.

use std::collections::BTreeSet;

use bson::RawBson;

use super::{
    Call, Form, Uncopied, Writer, all_written, base64, decimal, finite, form, hex, quoted, uuid,
    written,
};
use crate::query::{Operation, Statement};
use crate::value::Malformed;
use crate::value::raw::Datum;

/// Writes values, and remembers what has to be imported.
#[derive(Default)]
pub(super) struct Java {
    imports: BTreeSet<&'static str>,
}

fn text(value: &str) -> String {
    quoted(value, '"')
}

impl Writer for Java {
    fn scalar(&mut self, datum: Datum<'_>) -> String {
        let mut from = |name: &'static str| self.imports.insert(name);
        match datum {
            Datum::Double(bits) => {
                let x = f64::from_bits(bits);
                if x.is_nan() {
                    "Double.NaN".into()
                } else if x.is_infinite() {
                    format!(
                        "Double.{}_INFINITY",
                        if x < 0.0 { "NEGATIVE" } else { "POSITIVE" }
                    )
                } else {
                    finite(x)
                }
            }
            Datum::String(s) => text(s),
            Datum::Symbol(s) => {
                from("org.bson.types.Symbol");
                format!("new Symbol({})", text(s))
            }
            Datum::Binary { subtype: 4, bytes } if bytes.len() == 16 => {
                from("java.util.UUID");
                from("org.bson.BsonBinary");
                format!("new BsonBinary(UUID.fromString(\"{}\"))", uuid(bytes))
            }
            Datum::Binary { subtype, bytes } => {
                from("java.util.Base64");
                from("org.bson.types.Binary");
                format!(
                    "new Binary((byte) {subtype}, Base64.getDecoder().decode(\"{}\"))",
                    base64(bytes)
                )
            }
            Datum::Undefined => {
                from("org.bson.BsonUndefined");
                "new BsonUndefined()".into()
            }
            Datum::Null => "null".into(),
            Datum::ObjectId(id) => {
                from("org.bson.types.ObjectId");
                format!("new ObjectId(\"{}\")", hex(&id))
            }
            Datum::Boolean(b) => b.to_string(),
            Datum::Date(millis) => {
                from("java.util.Date");
                format!("new Date({millis}L)")
            }
            Datum::Regex { pattern, options } => {
                from("org.bson.BsonRegularExpression");
                format!(
                    "new BsonRegularExpression({}, {})",
                    text(pattern),
                    text(options)
                )
            }
            Datum::DbPointer { namespace, id } => {
                from("org.bson.BsonDbPointer");
                from("org.bson.types.ObjectId");
                format!(
                    "new BsonDbPointer({}, new ObjectId(\"{}\"))",
                    text(namespace),
                    hex(&id)
                )
            }
            Datum::Code(code) => {
                from("org.bson.types.Code");
                format!("new Code({})", text(code))
            }
            Datum::Int32(n) => n.to_string(),
            Datum::Int64(n) => format!("{n}L"),
            Datum::Timestamp { time, increment } => {
                from("org.bson.BsonTimestamp");
                // Java has no unsigned integers; the bits are the same.
                format!(
                    "new BsonTimestamp({}, {})",
                    time.cast_signed(),
                    increment.cast_signed()
                )
            }
            Datum::Decimal128(bytes) => {
                from("org.bson.types.Decimal128");
                format!("Decimal128.parse(\"{}\")", decimal(bytes))
            }
            Datum::MinKey => {
                from("org.bson.types.MinKey");
                "new MinKey()".into()
            }
            Datum::MaxKey => {
                from("org.bson.types.MaxKey");
                "new MaxKey()".into()
            }
            Datum::Document(_) | Datum::Array(_) | Datum::CodeWithScope { .. } => "null".into(),
        }
    }

    fn scoped(&mut self, code: &str, scope: &str) -> String {
        self.imports.insert("org.bson.types.CodeWithScope");
        format!("new CodeWithScope({}, {scope})", text(code))
    }

    fn document(&mut self, fields: &[(String, String)], lines: Option<&str>, _: &str) -> String {
        self.imports.insert("org.bson.Document");
        let mut out = String::from("new Document(");
        for (i, (key, value)) in fields.iter().enumerate() {
            if i > 0 {
                if let Some(indent) = lines {
                    out.push('\n');
                    out.push_str(indent);
                }
                out.push_str(".append(");
            }
            out.push_str(&format!("{}, {value})", text(key)));
        }
        if fields.is_empty() {
            out.push(')');
        }
        out
    }

    fn array(&mut self, values: &[String], lines: Option<&str>, outer: &str) -> String {
        if values == ["null"] {
            self.imports.insert("java.util.Collections");
            return "Collections.singletonList(null)".into();
        }
        self.imports.insert("java.util.Arrays");
        super::listed("Arrays.asList(", values, ")", lines, outer, false)
    }
}

/// The class of an operation's options, and where it is.
fn options_class(operation: Operation) -> Option<&'static str> {
    use Operation as O;
    Some(match operation {
        O::UpdateOne | O::UpdateMany => "com.mongodb.client.model.UpdateOptions",
        O::ReplaceOne => "com.mongodb.client.model.ReplaceOptions",
        O::FindOneAndUpdate => "com.mongodb.client.model.FindOneAndUpdateOptions",
        O::FindOneAndReplace => "com.mongodb.client.model.FindOneAndReplaceOptions",
        O::FindOneAndDelete => "com.mongodb.client.model.FindOneAndDeleteOptions",
        O::InsertMany => "com.mongodb.client.model.InsertManyOptions",
        O::CountDocuments => "com.mongodb.client.model.CountOptions",
        _ => return None,
    })
}

/// Whether the driver has a method for an option, and this writes it.
fn known(operation: Operation, name: &str, value: &RawBson) -> bool {
    use Operation as O;
    let document = matches!(value, RawBson::Document(_));
    let takes = matches!(
        operation,
        O::FindOneAndUpdate | O::FindOneAndReplace | O::FindOneAndDelete
    );
    match name {
        "projection" | "sort" => document && (takes || matches!(operation, O::Find | O::FindOne)),
        "limit" | "skip" => matches!(operation, O::Find | O::CountDocuments | O::FindOne),
        "hint" => matches!(
            operation,
            O::Find | O::FindOne | O::Aggregate | O::CountDocuments
        ),
        "maxTimeMS" => {
            takes
                || matches!(
                    operation,
                    O::Find | O::FindOne | O::Aggregate | O::CountDocuments
                )
        }
        "batchSize" | "comment" | "allowDiskUse" => matches!(operation, O::Find | O::Aggregate),
        "let" => document && operation == O::Aggregate,
        "upsert" => {
            !matches!(operation, O::FindOneAndDelete)
                && (takes || matches!(operation, O::UpdateOne | O::UpdateMany | O::ReplaceOne))
        }
        "returnDocument" => matches!(operation, O::FindOneAndUpdate | O::FindOneAndReplace),
        "arrayFilters" => matches!(
            operation,
            O::UpdateOne | O::UpdateMany | O::FindOneAndUpdate
        ),
        "ordered" => operation == O::InsertMany,
        _ => false,
    }
}

/// The statement as a program.
pub(super) fn code(statement: &Statement) -> Result<String, Uncopied> {
    let mut writer = Java::default();
    writer.imports.insert("com.mongodb.client.MongoClient");
    writer.imports.insert("com.mongodb.client.MongoClients");
    let (database, body, gives) = match form(statement, known)? {
        Form::Call(call) => {
            let body = called(&mut writer, &call)?;
            let name = text(statement.collection.as_deref().unwrap_or(""));
            let body = format!("database.getCollection({name})\n        .{body}");
            (statement.database.clone(), body, call.operation)
        }
        Form::Command { database, command } => {
            let command = written(&mut writer, &RawBson::Document(command), 2)?;
            (
                database,
                format!("database.runCommand({command})"),
                Operation::RunCommand,
            )
        }
    };
    let statement = match gives {
        Operation::Find | Operation::Aggregate | Operation::Distinct => {
            format!("{body}\n        .forEach(document -> System.out.println(document));")
        }
        _ => format!("var result = {body};\n    System.out.println(result);"),
    };
    let mut out = String::new();
    writer.imports.insert("com.mongodb.client.MongoDatabase");
    for name in &writer.imports {
        out.push_str(&format!("import {name};\n"));
    }
    out.push_str(&format!(
        "\ntry (MongoClient client = MongoClients.create(\"mongodb://localhost:27017\")) {{\n    MongoDatabase database = client.getDatabase({});\n    {statement}\n}}\n",
        text(&database)
    ));
    Ok(out)
}

fn called(writer: &mut Java, call: &Call) -> Result<String, Malformed> {
    use Operation as O;
    let parts = all_written(writer, &call.arguments, 3)?;
    let mut chain = Vec::new();
    for (name, value) in &call.options {
        let mut given = written(writer, value, 3)?;
        let method = match (name.as_str(), value) {
            ("maxTimeMS", _) => {
                writer.imports.insert("java.util.concurrent.TimeUnit");
                given = format!("{given}, TimeUnit.MILLISECONDS");
                "maxTime"
            }
            ("hint", RawBson::String(_)) => "hintString",
            ("returnDocument", value) => {
                writer
                    .imports
                    .insert("com.mongodb.client.model.ReturnDocument");
                let after = matches!(value, RawBson::String(s) if s == "after");
                given = format!("ReturnDocument.{}", if after { "AFTER" } else { "BEFORE" });
                "returnDocument"
            }
            (name, _) => name,
        };
        chain.push(format!(".{method}({given})"));
    }
    let chained = |base: String| {
        let mut out = base;
        for link in &chain {
            out.push_str("\n        ");
            out.push_str(link);
        }
        out
    };
    let arguments = parts.join(", ");
    Ok(match call.operation {
        O::Find => chained(format!("find({arguments})")),
        O::FindOne => format!(
            "{}\n        .first()",
            chained(format!("find({arguments})"))
        ),
        O::Aggregate => chained(format!("aggregate({arguments})")),
        O::Distinct => {
            writer.imports.insert("org.bson.BsonValue");
            let field = parts.first().cloned().unwrap_or_default();
            let filter = parts.get(1).cloned().unwrap_or_default();
            format!("distinct({field}, {filter}, BsonValue.class)")
        }
        operation => {
            let mut all = arguments;
            if let Some(class) = options_class(operation).filter(|_| !chain.is_empty()) {
                writer.imports.insert(class);
                let name = class.rsplit('.').next().unwrap_or(class);
                all.push_str(&format!(", new {name}(){}", chain.concat()));
            }
            format!("{}({all})", operation.name())
        }
    })
}
