//! Models as the source of Mongoose schemas.
//!
//! Invariant: what is written reads back to the same models, but for what the notes name.

use std::collections::HashMap;

use bson::{Bson, Document};

use super::words::{self, Names, key, literal, text};
use super::{Exported, Notes, join};
use crate::model::{
    Condition, DefaultValue, Field, FieldIndex, Kind, Model, Reference, Requirement, Schema,
    SchemaId, Strictness,
};

const DEEPEST: usize = 60;

/// The models as one file of JavaScript: an ES module that makes them with `mongoose.model`.
#[must_use]
pub fn mongoose(models: &[&Model]) -> Exported {
    let mut out = Exported {
        text: "import mongoose, { Schema } from 'mongoose';\n".to_owned(),
        notes: Vec::new(),
    };
    let mut names = Names::default();
    let mut bound: Option<(Option<String>, Option<String>)> = None;
    for model in models {
        let mut notes = Notes::default();
        for gap in &model.gaps {
            notes.add(
                &model.name,
                format!("{}:{}: {}", gap.file, gap.line, gap.what),
            );
        }
        out.text.push('\n');
        let binding = (model.database.clone(), model.domain.clone());
        if bound.as_ref().is_none_or(|b| *b != binding) {
            let mut line = "// mongodeck:".to_owned();
            for (word, value) in [("database", &binding.0), ("domain", &binding.1)] {
                match value {
                    Some(v) if v.contains(char::is_whitespace) => {
                        notes.add(
                            &model.name,
                            format!("its {word} `{v}` cannot stand in a comment"),
                        );
                    }
                    Some(v) => line.push_str(&format!(" {word}={v}")),
                    None => {}
                }
            }
            // A first model that is bound to nothing needs no comment.
            if bound.is_some() || binding != (None, None) {
                out.text.push_str(&line);
                out.text.push('\n');
            }
            bound = Some(binding);
        }
        let mut writer = Writer {
            model,
            names: &mut names,
            notes: &mut notes,
            made: HashMap::new(),
            open: Vec::new(),
            text: String::new(),
            indexes: Vec::new(),
        };
        writer.model();
        out.text.push_str(&writer.text);
        out.notes.append(&mut notes.0);
    }
    out
}

struct Writer<'m, 'n> {
    model: &'m Model,
    names: &'n mut Names,
    notes: &'n mut Notes,
    /// The variables of the schemas that are written.
    made: HashMap<SchemaId, String>,
    /// Schemas that are being written, with what to add to them when they are: a schema that contains itself.
    open: Vec<(SchemaId, Vec<String>)>,
    text: String,
    /// Indexes that fields ask for themselves.
    indexes: Vec<(Document, Document)>,
}

impl<'m> Writer<'m, '_> {
    fn model(&mut self) {
        let model = self.model;
        let name = model.name.clone();
        if model.validator.is_some() {
            self.notes.add(
                &name,
                "it was read from a `$jsonSchema`; only its fields are written",
            );
        }
        let variable = self.schema(SchemaId(0), &words::first_lower(&name), &name, true, 0);
        for index in &model.indexes {
            let at = self
                .indexes
                .iter()
                .position(|(k, o)| *k == index.keys && *o == index.options);
            if let Some(at) = at {
                self.indexes.swap_remove(at);
                continue;
            }
            match (
                literal(&Bson::Document(index.keys.clone()), 0),
                literal(&Bson::Document(index.options.clone()), 0),
            ) {
                (Some(keys), Some(_)) if index.options.is_empty() => {
                    self.line(&format!("{variable}.index({keys});"));
                }
                (Some(keys), Some(options)) => {
                    self.line(&format!("{variable}.index({keys}, {options});"));
                }
                _ => self.notes.add(
                    &name,
                    format!("the index `{}` cannot be written", index.name()),
                ),
            }
        }
        let exported = self.names.fresh(&name);
        let collection = if crate::model::plural::collection_name(&name) == model.collection {
            String::new()
        } else {
            format!(", {}", text(&model.collection))
        };
        self.line(&format!(
            "export const {exported} = mongoose.model({}, {variable}{collection});",
            text(&name)
        ));
        let base = model.root();
        for variant in &base.discriminators {
            let of = model.schema(variant.schema);
            let schema = self.variant(base, of, &words::first_lower(&variant.name), &name);
            let exported = self.names.fresh(&variant.name);
            let value = if variant.value == variant.name {
                String::new()
            } else {
                format!(", {}", text(&variant.value))
            };
            let parent = words::first_upper(&name);
            let parent = if words::is_identifier(&parent) {
                self.exported_name(&name)
            } else {
                format!("mongoose.model({})", text(&name))
            };
            self.line(&format!(
                "export const {exported} = {parent}.discriminator({}, {schema}{value});",
                text(&variant.name)
            ));
        }
    }

    /// How the model can be named in its own file whatever its variable is called.
    fn exported_name(&self, name: &str) -> String {
        format!("mongoose.model({})", text(name))
    }

    fn line(&mut self, text: &str) {
        self.text.push_str(text);
        self.text.push('\n');
    }

    /// Writes a schema, those inside it first, and gives back its variable.
    fn schema(
        &mut self,
        id: SchemaId,
        wanted: &str,
        path: &str,
        is_document: bool,
        depth: usize,
    ) -> String {
        if let Some(known) = self.made.get(&id) {
            return known.clone();
        }
        let variable = self.names.fresh(&format!("{wanted}Schema"));
        self.made.insert(id, variable.clone());
        let schema = self.model.schema(id);
        self.open.push((id, Vec::new()));
        let fields = self.fields(&schema.fields, path, "", 1, depth);
        let (_, later) = self.open.pop().unwrap_or((id, Vec::new()));
        let options = options(schema, is_document);
        self.line(&format!(
            "const {variable} = new Schema({fields}{options});"
        ));
        for line in later {
            self.line(&format!("{variable}.add({line});"));
        }
        self.virtuals(&variable, schema);
        self.inner_variants(&variable, &schema.fields, "", path, depth);
        self.line("");
        variable
    }

    /// The schema of what a discriminator adds to its base.
    fn variant(&mut self, base: &'m Schema, of: &'m Schema, wanted: &str, path: &str) -> String {
        let variable = self.names.fresh(&format!("{wanted}Schema"));
        let own: Vec<Field> = own_fields(base, of);
        let fields = self.fields(&own, path, "", 1, 0);
        self.line("");
        self.line(&format!("const {variable} = new Schema({fields});"));
        variable
    }

    fn virtuals(&mut self, variable: &str, schema: &Schema) {
        for name in &schema.virtuals {
            let is_alias = schema.fields.iter().any(|f| f.alias.as_ref() == Some(name));
            if name != "id" && !is_alias {
                self.line(&format!("{variable}.virtual({});", text(name)));
            }
        }
    }

    /// Discriminators of the schemas at a schema's paths.
    fn inner_variants(
        &mut self,
        variable: &str,
        fields: &'m [Field],
        prefix: &str,
        path: &str,
        depth: usize,
    ) {
        if depth > DEEPEST {
            return;
        }
        for field in fields {
            let here = join(prefix, &field.name);
            let inner = match &field.kind {
                Kind::Nested(inner) => {
                    self.inner_variants(variable, inner, &here, path, depth + 1);
                    continue;
                }
                Kind::Embedded(id) => *id,
                Kind::Array(element) | Kind::Map(element) => match element.kind {
                    Kind::Embedded(id) => id,
                    _ => continue,
                },
                _ => continue,
            };
            let base = self.model.schema(inner);
            for variant in &base.discriminators {
                // A schema at two paths has its variants once.
                if self.made.contains_key(&variant.schema) {
                    continue;
                }
                let of = self.model.schema(variant.schema);
                let own = self.variant(base, of, &words::first_lower(&variant.name), path);
                self.made.insert(variant.schema, own.clone());
                self.line(&format!(
                    "{variable}.path({}).discriminator({}, {own}, {});",
                    text(&here),
                    text(&variant.name),
                    text(&variant.value)
                ));
            }
        }
    }

    /// The object that declares these fields.
    fn fields(
        &mut self,
        fields: &[Field],
        path: &str,
        prefix: &str,
        level: usize,
        depth: usize,
    ) -> String {
        let mut lines = Vec::new();
        for field in fields {
            let here = join(path, &field.name);
            let below = join(prefix, &field.name);
            if field.implied {
                continue;
            }
            if field.name.is_empty() || field.name.contains('.') || depth > DEEPEST {
                self.notes
                    .add(&here, "a field of this name cannot be written");
                continue;
            }
            let indent = "  ".repeat(level);
            let definition = match &field.kind {
                Kind::Nested(inner) if inner.iter().all(|f| f.implied) => {
                    "{ type: Schema.Types.Mixed }".to_owned()
                }
                Kind::Nested(inner) => {
                    if field.name == "type" {
                        self.notes.add(
                            &here,
                            "a nested object called `type` reads back as a sub-document",
                        );
                    }
                    self.fields(inner, &here, &below, level + 1, depth + 1)
                }
                _ => match self.definition(field, &here, &below, depth) {
                    Some(definition) => definition,
                    None => continue,
                },
            };
            lines.push(format!("{indent}{}: {definition},\n", key(&field.name)));
        }
        if lines.is_empty() {
            return "{}".to_owned();
        }
        format!("{{\n{}{}}}", lines.concat(), "  ".repeat(level - 1))
    }

    /// A field's definition; `None` where it is added to its schema later.
    fn definition(
        &mut self,
        field: &Field,
        path: &str,
        below: &str,
        depth: usize,
    ) -> Option<String> {
        let kind = self.kind(field, path, below, depth);
        let Some(kind) = kind else {
            // Only a schema that contains itself: its variable is there after its own line.
            let id = innermost_schema(&field.kind)?;
            let own = self.made.get(&id).cloned()?;
            let kind = match &field.kind {
                Kind::Array(_) => format!("[{own}]"),
                Kind::Map(_) => format!("Map, of: {own}"),
                _ => own,
            };
            let options = self.options(field, path, below);
            let line = format!("{{ {}: {} }}", text(below), whole(&kind, &options, below));
            match self.open.iter_mut().find(|(s, _)| *s == id) {
                Some((_, later)) => later.push(line),
                None => self.notes.add(path, "its schema cannot be written here"),
            }
            return None;
        };
        let options = self.options(field, path, below);
        Some(whole(&kind, &options, below))
    }

    /// What stands as `type`, with `, of: …` after it where the kind has it; `None` for a schema that is being written.
    fn kind(&mut self, field: &Field, path: &str, below: &str, depth: usize) -> Option<String> {
        Some(match &field.kind {
            Kind::String => "String".to_owned(),
            Kind::Number => "Number".to_owned(),
            Kind::Boolean => "Boolean".to_owned(),
            Kind::Date => "Date".to_owned(),
            Kind::Buffer => "Buffer".to_owned(),
            Kind::Int32 => "Schema.Types.Int32".to_owned(),
            Kind::Double => "Schema.Types.Double".to_owned(),
            Kind::BigInt => "Schema.Types.BigInt".to_owned(),
            Kind::Decimal128 => "Schema.Types.Decimal128".to_owned(),
            Kind::ObjectId => "Schema.Types.ObjectId".to_owned(),
            Kind::Uuid => "Schema.Types.UUID".to_owned(),
            Kind::Mixed => "Schema.Types.Mixed".to_owned(),
            Kind::Unknown => {
                self.notes
                    .add(path, "its kind could not be read; anything is taken");
                "Schema.Types.Mixed".to_owned()
            }
            Kind::Embedded(id) => {
                if self.open.iter().any(|(s, _)| s == id) {
                    return None;
                }
                let wanted = path
                    .rsplit('.')
                    .map(|s| s.trim_end_matches(['[', ']', '*']))
                    .find(|s| !s.is_empty())
                    .unwrap_or("part");
                self.schema(*id, &words::first_lower(wanted), path, false, depth + 1)
            }
            Kind::Nested(inner) => {
                let fields = self.fields(inner, path, below, 2, depth + 1);
                format!("new Schema({fields}, {{ _id: false }})")
            }
            Kind::Array(element) => {
                let inner = self.element(element, &format!("{path}[]"), below, depth)?;
                format!("[{inner}]")
            }
            Kind::Map(value) => {
                if value.kind == Kind::Mixed && value.reference.is_none() {
                    "Map".to_owned()
                } else {
                    let inner = self.element(value, &format!("{path}.*"), below, depth)?;
                    format!("Map, of: {inner}")
                }
            }
            Kind::Union(members) => {
                let mut parts = Vec::new();
                for member in members {
                    parts.push(self.element(member, path, below, depth)?);
                }
                format!("Schema.Types.Union, of: [{}]", parts.join(", "))
            }
        })
    }

    fn element(&mut self, field: &Field, path: &str, below: &str, depth: usize) -> Option<String> {
        let kind = self.kind(field, path, below, depth + 1)?;
        let options = self.options(field, path, below);
        Some(whole(&kind, &options, ""))
    }

    /// The options of a field beside its kind.
    fn options(&mut self, field: &Field, path: &str, below: &str) -> Vec<String> {
        let mut out = Vec::new();
        match &field.required {
            Requirement::Optional => {}
            Requirement::Required(None) | Requirement::Present => {
                out.push("required: true".to_owned());
            }
            Requirement::Required(Some(message)) => {
                out.push(format!("required: [true, {}]", text(message)));
            }
            Requirement::When(condition, message) => match expression(condition, 0) {
                Some(code) => {
                    let function = format!("function () {{ return {code}; }}");
                    out.push(match message {
                        Some(m) => format!("required: [{function}, {}]", text(m)),
                        None => format!("required: {function}"),
                    });
                }
                None => self
                    .notes
                    .add(path, "when it is required cannot be written"),
            },
            Requirement::Computed => {
                self.notes
                    .add(path, "`required` is a function and is left out");
            }
        }
        if !field.choices.is_empty() {
            match literal(&Bson::Array(field.choices.clone()), 0) {
                Some(values) => out.push(match &field.choices_message {
                    Some(m) => format!("enum: {{ values: {values}, message: {} }}", text(m)),
                    None => format!("enum: {values}"),
                }),
                None => self.notes.add(path, "its enumeration cannot be written"),
            }
        }
        for (limit, word) in [(&field.min, "min"), (&field.max, "max")] {
            let Some(limit) = limit else { continue };
            match (literal(&limit.value, 0), &limit.message) {
                (Some(v), None) => out.push(format!("{word}: {v}")),
                (Some(v), Some(m)) => out.push(format!("{word}: [{v}, {}]", text(m))),
                (None, _) => self.notes.add(path, format!("`{word}` cannot be written")),
            }
        }
        for (limit, word) in [
            (&field.min_length, "minlength"),
            (&field.max_length, "maxlength"),
        ] {
            if let Some(limit) = limit {
                out.push(match &limit.message {
                    Some(m) => format!("{word}: [{}, {}]", limit.value, text(m)),
                    None => format!("{word}: {}", limit.value),
                });
            }
        }
        if let Some(pattern) = &field.pattern {
            let regex = words::regex(&pattern.source, &pattern.flags);
            out.push(match &pattern.message {
                Some(m) => format!("match: [{regex}, {}]", text(m)),
                None => format!("match: {regex}"),
            });
        }
        match &field.default {
            DefaultValue::None => {}
            DefaultValue::Value(value) => match literal(value, 0) {
                Some(v) => out.push(format!("default: {v}")),
                None => self.notes.add(path, "its default cannot be written"),
            },
            DefaultValue::Now => out.push("default: Date.now".to_owned()),
            DefaultValue::NewId => {
                out.push("default: () => new mongoose.Types.ObjectId()".to_owned());
            }
            DefaultValue::NewUuid => out.push("default: () => crypto.randomUUID()".to_owned()),
            DefaultValue::Computed => {
                self.notes
                    .add(path, "its default is a function and is left out");
            }
        }
        match &field.reference {
            None => {}
            Some(Reference::Model(name)) => out.push(format!("ref: {}", text(name))),
            Some(Reference::Path(other)) => out.push(format!("refPath: {}", text(other))),
            Some(Reference::Computed) => {
                self.notes
                    .add(path, "what it refers to is a function and is left out");
            }
        }
        if let Some(index) = &field.index {
            let mut keys = Document::new();
            keys.insert(below, index.direction.clone());
            self.indexes.push((keys, index.options.clone()));
            match index_option(index) {
                Some(words) => out.extend(words),
                None => self.notes.add(path, "its index cannot be written"),
            }
        }
        for (set, words) in [
            (field.immutable, "immutable: true"),
            (field.lowercase, "lowercase: true"),
            (field.uppercase, "uppercase: true"),
            (field.trim, "trim: true"),
            (!field.cast, "cast: false"),
            (field.hidden, "select: false"),
        ] {
            if set {
                out.push(words.to_owned());
            }
        }
        if let Some(alias) = &field.alias {
            out.push(format!("alias: {}", text(alias)));
        }
        for name in &field.unchecked {
            if !matches!(name.as_str(), "required" | "default" | "ref") {
                self.notes
                    .add(path, format!("`{name}` is a function and is left out"));
            }
        }
        out
    }
}

/// A kind with its options; the kind alone where it needs no more.
fn whole(kind: &str, options: &[String], name: &str) -> String {
    let last = name.rsplit('.').next().unwrap_or(name);
    // A field called `type` would be taken for the kind of what is around it.
    if options.is_empty() && !kind.contains(", of: ") && last != "type" {
        return kind.to_owned();
    }
    let mut parts = vec![format!("type: {kind}")];
    parts.extend(options.iter().cloned());
    format!("{{ {} }}", parts.join(", "))
}

fn innermost_schema(kind: &Kind) -> Option<SchemaId> {
    let mut at = kind;
    for _ in 0..8 {
        match at {
            Kind::Embedded(id) => return Some(*id),
            Kind::Array(inner) | Kind::Map(inner) => at = &inner.kind,
            _ => return None,
        }
    }
    None
}

/// The fields that a variant has beside its base's, or instead of them.
fn own_fields(base: &Schema, variant: &Schema) -> Vec<Field> {
    variant
        .fields
        .iter()
        .filter(|f| {
            !f.implied && f.name != base.options.discriminator_key && !base.fields.contains(f)
        })
        .cloned()
        .collect()
}

fn options(schema: &Schema, is_document: bool) -> String {
    let options = &schema.options;
    let mut out = Vec::new();
    let name = |stamp: &Option<String>, usual: &str| match stamp {
        None => "false".to_owned(),
        Some(n) if n == usual => "true".to_owned(),
        Some(n) => text(n),
    };
    match (&options.created_at, &options.updated_at) {
        (None, None) => {}
        (Some(c), Some(u)) if c == "createdAt" && u == "updatedAt" => {
            out.push("timestamps: true".to_owned());
        }
        (c, u) => out.push(format!(
            "timestamps: {{ createdAt: {}, updatedAt: {} }}",
            name(c, "createdAt"),
            name(u, "updatedAt")
        )),
    }
    match options.strict {
        Strictness::Strict => {}
        Strictness::Open => out.push("strict: false".to_owned()),
        Strictness::Throw => out.push("strict: 'throw'".to_owned()),
    }
    let has_id = is_document && schema.fields.iter().any(|f| f.name == "_id");
    if !options.id && !has_id {
        out.push("_id: false".to_owned());
    }
    if is_document {
        match options.version_key.as_deref() {
            Some("__v") => {}
            Some(key) => out.push(format!("versionKey: {}", text(key))),
            None => out.push("versionKey: false".to_owned()),
        }
    }
    if !options.minimize {
        out.push("minimize: false".to_owned());
    }
    if options.discriminator_key != "__t" && !options.discriminator_key.is_empty() {
        out.push(format!(
            "discriminatorKey: {}",
            text(&options.discriminator_key)
        ));
    }
    if out.is_empty() {
        String::new()
    } else {
        format!(", {{ {} }}", out.join(", "))
    }
}

/// The options of a field that make its index.
fn index_option(index: &FieldIndex) -> Option<Vec<String>> {
    let mut flags = Vec::new();
    let mut is_plain = true;
    for (key, value) in &index.options {
        match (key.as_str(), value) {
            ("unique", Bson::Boolean(true)) => flags.push("unique: true".to_owned()),
            ("sparse", Bson::Boolean(true)) => flags.push("sparse: true".to_owned()),
            ("expireAfterSeconds", value) => flags.push(format!("expires: {}", literal(value, 0)?)),
            _ => is_plain = false,
        }
    }
    if is_plain {
        match &index.direction {
            Bson::Int32(1) if !flags.is_empty() => {}
            Bson::Int32(1) => flags.push("index: true".to_owned()),
            direction => flags.push(format!("index: {}", literal(direction, 0)?)),
        }
        return Some(flags);
    }
    let mut all = Document::new();
    match &index.direction {
        Bson::Int32(1) => {}
        Bson::String(kind) => {
            all.insert("type", kind.clone());
        }
        _ => return None,
    }
    all.extend(index.options.clone());
    Some(vec![format!(
        "index: {}",
        literal(&Bson::Document(all), 0)?
    )])
}

/// A condition as code.
fn expression(condition: &Condition, depth: usize) -> Option<String> {
    if depth > 32 {
        return None;
    }
    let way = |path: &[String]| {
        path.iter()
            .all(|s| words::is_identifier(s))
            .then(|| format!("this.{}", path.join("?.")))
    };
    let all = |list: &[Condition], word: &str| -> Option<String> {
        let parts: Vec<String> = list
            .iter()
            .map(|c| expression(c, depth + 1).map(|e| format!("({e})")))
            .collect::<Option<_>>()?;
        Some(parts.join(word))
    };
    Some(match condition {
        Condition::Constant(b) => b.to_string(),
        Condition::OneOf(path, values) => match values.as_slice() {
            [only] => format!("{} === {}", way(path)?, literal(only, 0)?),
            several => {
                let several: Vec<String> = several
                    .iter()
                    .map(|v| literal(v, 0))
                    .collect::<Option<_>>()?;
                format!("[{}].includes({})", several.join(", "), way(path)?)
            }
        },
        Condition::Truthy(path) => way(path)?,
        Condition::Not(inner) => format!("!({})", expression(inner, depth + 1)?),
        Condition::All(list) if list.is_empty() => "true".to_owned(),
        Condition::Any(list) if list.is_empty() => "false".to_owned(),
        Condition::All(list) => all(list, " && ")?,
        Condition::Any(list) => all(list, " || ")?,
    })
}
