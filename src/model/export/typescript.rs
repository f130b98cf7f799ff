//! Models as TypeScript interfaces, in the shape that an application reads documents in.
//!
//! Invariant: what is written is valid TypeScript that reads back as types of the same fields and kinds.

use std::collections::HashMap;

use bson::Bson;

use super::words::{self, Names, comment, key, text};
use super::{Exported, Notes, join};
use crate::model::{Field, Kind, Model, Reference, Requirement, Schema, SchemaId};

const DEEPEST: usize = 60;

/// The models as one file of interfaces. A comment above each binds it to its collection, as model files do it.
#[must_use]
pub fn typescript(models: &[&Model]) -> Exported {
    let mut out = Exported::default();
    let mut names = Names::default();
    let mut body = String::new();
    for model in models {
        let mut notes = Notes::default();
        for gap in &model.gaps {
            notes.add(
                &model.name,
                format!("{}:{}: {}", gap.file, gap.line, gap.what),
            );
        }
        let mut writer = Writer {
            model,
            names: &mut names,
            notes: &mut notes,
            made: HashMap::new(),
            text: String::new(),
        };
        writer.model();
        body.push_str(&writer.text);
        out.notes.append(&mut notes.0);
    }
    if body.contains("Types.") {
        out.text
            .push_str("import type { Types } from 'mongoose';\n");
    }
    out.text.push_str(&body);
    out
}

struct Writer<'m, 'n> {
    model: &'m Model,
    names: &'n mut Names,
    notes: &'n mut Notes,
    made: HashMap<SchemaId, String>,
    /// Interfaces that are done; those inside another come before it.
    text: String,
}

impl<'m> Writer<'m, '_> {
    fn model(&mut self) {
        let model = self.model;
        let name = self.names.fresh(&words::first_upper(&model.name));
        let root = model.root();
        let mut head = format!(
            "\n/** One document of `{}`. */\n",
            comment(&match &model.database {
                Some(database) => format!("{database}.{}", model.collection),
                None => model.collection.clone(),
            })
        );
        let mut binding = "// mongodeck:".to_owned();
        for (word, value) in [
            ("database", model.database.as_deref()),
            ("domain", model.domain.as_deref()),
            ("collection", Some(model.collection.as_str())),
        ] {
            if let Some(value) = value.filter(|v| !v.contains(char::is_whitespace)) {
                binding.push_str(&format!(" {word}={value}"));
            }
        }
        head.push_str(&binding);
        head.push('\n');
        self.made.insert(SchemaId(0), name.clone());
        self.interface(root, &model.name, &name, &head);
    }

    /// The interface of a schema, after `head`; of one with variants, a type that is one of theirs or the base's.
    fn interface(&mut self, schema: &'m Schema, path: &str, name: &str, head: &str) {
        let body = self.members(&schema.fields, schema, path, name, 1, true);
        if schema.discriminators.is_empty() {
            self.text
                .push_str(&format!("{head}export interface {name} {body}\n"));
            return;
        }
        let base = self.names.fresh(&format!("{name}Base"));
        self.text
            .push_str(&format!("{head}export interface {base} {body}\n"));
        let variants = self.variants(schema, &base, name);
        self.text.push_str(&format!(
            "\nexport type {name} = {};\n",
            std::iter::once(base)
                .chain(variants)
                .collect::<Vec<_>>()
                .join(" | ")
        ));
    }

    /// The interfaces of a schema's variants, by their names.
    fn variants(&mut self, base: &'m Schema, extends: &str, stem: &str) -> Vec<String> {
        let mut out = Vec::new();
        for variant in &base.discriminators {
            let name = self.names.fresh(&words::first_upper(&variant.name));
            let of = self.model.schema(variant.schema);
            let own: Vec<Field> = of
                .fields
                .iter()
                .filter(|f| f.name != base.options.discriminator_key && !base.fields.contains(f))
                .cloned()
                .collect();
            let body = self.members(&own, of, stem, &name, 1, false);
            let tag = format!(
                "  {}: {};\n",
                key(&base.options.discriminator_key),
                text(&variant.value)
            );
            let body = body.replacen("{\n", &format!("{{\n{tag}"), 1).replacen(
                "{}",
                &format!("{{\n{tag}}}"),
                usize::from(own.is_empty()),
            );
            self.text.push_str(&format!(
                "\nexport interface {name} extends {extends} {body}\n"
            ));
            out.push(name);
        }
        out
    }

    fn members(
        &mut self,
        fields: &[Field],
        of: &Schema,
        path: &str,
        stem: &str,
        level: usize,
        is_document: bool,
    ) -> String {
        let mut lines = Vec::new();
        for field in fields {
            let here = join(path, &field.name);
            let indent = "  ".repeat(level);
            let about = about(field);
            if !about.is_empty() {
                lines.push(format!("{indent}/** {} */\n", comment(&about)));
            }
            let of = self.shape(field, &here, stem, level);
            let always = field.is_required()
                || (field.implied && is_document && (field.name == "_id" || of == "Date"));
            // A nested object is always there when the application reads it.
            let (mark, or) = match (&field.kind, always) {
                (_, true) | (Kind::Nested(_), _) => ("", ""),
                _ if field.implied || of == "unknown" => ("?", ""),
                _ => ("?", " | null"),
            };
            let of = if always && of == "unknown" {
                "NonNullable<unknown>".to_owned()
            } else {
                of
            };
            let readonly = if field.immutable && !field.implied {
                "readonly "
            } else {
                ""
            };
            lines.push(format!(
                "{indent}{readonly}{}{mark}: {of}{or};\n",
                key(&field.name)
            ));
            for name in &field.unchecked {
                self.notes
                    .add(&here, format!("`{name}` is a function and cannot be said"));
            }
        }
        if of.options.strict == crate::model::Strictness::Open {
            lines.push(format!("{}[name: string]: unknown;\n", "  ".repeat(level)));
        }
        if lines.is_empty() {
            return "{}".to_owned();
        }
        format!("{{\n{}{}}}", lines.concat(), "  ".repeat(level - 1))
    }

    fn shape(&mut self, field: &Field, path: &str, stem: &str, level: usize) -> String {
        if level > DEEPEST {
            return "unknown".to_owned();
        }
        if !field.choices.is_empty() {
            let literals: Option<Vec<String>> = field
                .choices
                .iter()
                .map(|c| match c {
                    Bson::String(s) => Some(text(s)),
                    Bson::Int32(n) => Some(n.to_string()),
                    Bson::Double(d) if d.is_finite() => Some(words::double(*d)),
                    Bson::Boolean(b) => Some(b.to_string()),
                    Bson::Null => Some("null".to_owned()),
                    _ => None,
                })
                .collect();
            if let Some(literals) = literals {
                return literals.join(" | ");
            }
        }
        match &field.kind {
            Kind::String => "string".to_owned(),
            Kind::Number | Kind::Int32 | Kind::Double => "number".to_owned(),
            Kind::BigInt => "bigint".to_owned(),
            Kind::Decimal128 => "Types.Decimal128".to_owned(),
            Kind::Boolean => "boolean".to_owned(),
            Kind::Date => "Date".to_owned(),
            Kind::ObjectId => "Types.ObjectId".to_owned(),
            Kind::Buffer => "Buffer".to_owned(),
            Kind::Uuid => "Types.UUID".to_owned(),
            Kind::Mixed => "unknown".to_owned(),
            Kind::Unknown => {
                self.notes.add(path, "its kind could not be read");
                "unknown".to_owned()
            }
            Kind::Nested(inner) => {
                self.members(inner, &Schema::EMPTY, path, stem, level + 1, false)
            }
            Kind::Embedded(id) => self.embedded(*id, field, path, stem),
            Kind::Array(element) => {
                let of = self.shape(element, &format!("{path}[]"), stem, level);
                match of.contains(" | ") && !of.starts_with('{') {
                    true => format!("({of})[]"),
                    false => format!("{of}[]"),
                }
            }
            Kind::Map(value) => {
                let of = self.shape(value, &format!("{path}.*"), stem, level);
                format!("Record<string, {of}>")
            }
            Kind::Union(members) => {
                let mut parts: Vec<String> = Vec::new();
                for member in members {
                    let of = self.shape(member, path, stem, level);
                    if !parts.contains(&of) {
                        parts.push(of);
                    }
                }
                parts.join(" | ")
            }
        }
    }

    /// The name of a sub-document's interface, which is written first.
    fn embedded(&mut self, id: SchemaId, field: &Field, path: &str, stem: &str) -> String {
        if let Some(known) = self.made.get(&id) {
            return known.clone();
        }
        let last = path
            .rsplit('.')
            .map(|s| s.trim_end_matches(['[', ']', '*']))
            .find(|s| !s.is_empty())
            .unwrap_or(&field.name);
        let name = self
            .names
            .fresh(&format!("{stem}{}", words::first_upper(last)));
        self.made.insert(id, name.clone());
        let schema = self.model.schema(id);
        if self.made.len() > 2_000 {
            return "unknown".to_owned();
        }
        self.interface(schema, path, &name, "\n");
        name
    }
}

/// What a type cannot say, for people.
fn about(field: &Field) -> String {
    let element = match &field.kind {
        Kind::Array(element) | Kind::Map(element) => Some(&**element),
        _ => None,
    };
    let mut out = Vec::new();
    for field in std::iter::once(field).chain(element) {
        if field.unique {
            out.push("unique".to_owned());
        }
        for (limit, word) in [(&field.min, "from"), (&field.max, "to")] {
            if let Some(limit) = limit {
                out.push(format!(
                    "{word} {}",
                    crate::model::describe::show(&limit.value)
                ));
            }
        }
        for (limit, word) in [
            (&field.min_length, "at least"),
            (&field.max_length, "at most"),
        ] {
            if let Some(limit) = limit {
                out.push(format!("{word} {} characters", limit.value));
            }
        }
        if let Some(pattern) = &field.pattern {
            out.push(format!(
                "matches {}",
                words::regex(&pattern.source, &pattern.flags)
            ));
        }
        if let Requirement::When(..) = field.required {
            out.push("required at times".to_owned());
        }
        match &field.reference {
            Some(Reference::Model(name)) => out.push(format!("refers to {name}")),
            Some(Reference::Path(path)) => out.push(format!("refers to what {path} says")),
            Some(Reference::Computed) | None => {}
        }
    }
    out.join(", ")
}
