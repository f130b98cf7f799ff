//! A model as the `$jsonSchema` that a server takes as a collection's validator.
//!
//! It is written for documents as they are stored: kinds are what Mongoose keeps (a `Number` is an int, a long or a
//! double), a field that may be missing may also be `null`, a field with a default need not be there.
//! Invariant: the server accepts it, and takes every document that breaks the model nowhere, warnings counted, but for
//! text whose `minlength` only counts the halves of characters outside the basic plane, and what the notes name.

use bson::{Bson, Document, doc};

use super::{Notes, condition, join, pattern};
use crate::model::export::Note;
use crate::model::{
    Condition, DefaultValue, Field, Kind, Model, Reference, Requirement, Schema, SchemaId,
    Strictness,
};

/// How often a schema that contains itself is written out.
const TURNS: usize = 3;
/// Documents on a server nest 200 deep at the most, and a field takes two levels.
const DEEPEST: usize = 60;
const MOST_FIELDS: usize = 20_000;

/// What becomes of fields that the model does not declare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Undeclared {
    /// They are allowed.
    #[default]
    Allowed,
    /// They are refused (`additionalProperties: false`), but where a schema says `strict: false`.
    Refused,
}

/// A model as a validator.
#[derive(Debug, Clone, PartialEq)]
pub struct SchemaExport {
    /// The value of `$jsonSchema`.
    pub schema: Document,
    /// What the model says and the schema does not.
    pub notes: Vec<Note>,
}

impl Model {
    /// The model as the value of `$jsonSchema`. A model that was read from a `$jsonSchema` gives that one back.
    #[must_use]
    pub fn to_json_schema(&self, undeclared: Undeclared) -> SchemaExport {
        if let Some(schema) = self.validator.as_ref().and_then(|v| v.source()) {
            return SchemaExport {
                schema,
                notes: Vec::new(),
            };
        }
        let mut writer = Writer {
            model: self,
            undeclared,
            notes: Notes::default(),
            within: Vec::new(),
            budget: MOST_FIELDS,
        };
        for gap in &self.gaps {
            writer
                .notes
                .add("", format!("{}:{}: {}", gap.file, gap.line, gap.what));
        }
        let mut schema = doc! { "title": self.name.clone(), "bsonType": "object" };
        schema.extend(writer.schema(SchemaId(0), "", 0));
        for index in self.indexes.iter().filter(|i| i.is_unique()) {
            let keys: Vec<&str> = index.keys.keys().map(String::as_str).collect();
            writer.notes.add(
                &keys.join(", "),
                "that it is unique takes an index, not a validator",
            );
        }
        SchemaExport {
            schema,
            notes: writer.notes.0,
        }
    }
}

/// Whether and when a value must be there.
enum Demand<'f> {
    Never,
    Always,
    When(&'f Condition),
}

fn demand(field: &Field) -> Demand<'_> {
    match &field.required {
        Requirement::Optional
        | Requirement::Computed
        | Requirement::When(Condition::Constant(false), _) => Demand::Never,
        Requirement::Required(_)
        | Requirement::Present
        | Requirement::When(Condition::Constant(true), _) => Demand::Always,
        Requirement::When(condition, _) => Demand::When(condition),
    }
}

/// Whether a document without the field is refused, where the field is demanded.
fn may_not_be_missing(field: &Field) -> bool {
    match &field.default {
        DefaultValue::Value(Bson::Null | Bson::Undefined) => true,
        DefaultValue::None => {
            !matches!(field.kind, Kind::Array(_)) || field.required == Requirement::Present
        }
        _ => false,
    }
}

/// The value and `null`, or the value alone.
fn types(names: &[&str], nullable: bool) -> Bson {
    let mut names: Vec<&str> = names.to_vec();
    if nullable {
        names.push("null");
    }
    match names.as_slice() {
        [only] => Bson::String((*only).to_owned()),
        several => Bson::Array(several.iter().map(|n| Bson::from(*n)).collect()),
    }
}

struct Writer<'m> {
    model: &'m Model,
    undeclared: Undeclared,
    notes: Notes,
    within: Vec<SchemaId>,
    budget: usize,
}

impl<'m> Writer<'m> {
    /// The keywords of an object of this schema, `bsonType` left out.
    fn schema(&mut self, id: SchemaId, path: &str, depth: usize) -> Document {
        let schema = self.model.schema(id);
        if self.within.iter().filter(|s| **s == id).count() >= TURNS || depth > DEEPEST {
            self.notes.add(
                path,
                "the schema contains itself; deeper values are not checked",
            );
            return Document::new();
        }
        self.within.push(id);
        let out = if schema.discriminators.is_empty() {
            self.object(schema, path, depth)
        } else {
            self.variants(schema, path, depth)
        };
        self.within.pop();
        out
    }

    /// A schema with discriminators: one branch for each, and one for documents of none of them.
    fn variants(&mut self, schema: &'m Schema, path: &str, depth: usize) -> Document {
        let key = &schema.options.discriminator_key;
        let mut branches = Vec::new();
        let mut every: Vec<Bson> = Vec::new();
        for variant in &schema.discriminators {
            let mut own: Vec<Bson> = Vec::new();
            for value in [&variant.value, &variant.name] {
                let value = Bson::from(value.clone());
                if !every.contains(&value) {
                    every.push(value.clone());
                    own.push(value);
                }
            }
            if own.is_empty() {
                continue;
            }
            let of = self.model.schema(variant.schema);
            let mut branch = self.object(of, path, depth + 1);
            narrow(&mut branch, key, doc! { "enum": own }, true);
            branches.push(Bson::Document(branch));
        }
        let mut base = self.object(schema, path, depth + 1);
        narrow(&mut base, key, doc! { "not": { "enum": every } }, false);
        branches.push(Bson::Document(base));
        doc! { "anyOf": branches }
    }

    fn object(&mut self, schema: &'m Schema, path: &str, depth: usize) -> Document {
        let mut whens = Vec::new();
        let open = match (self.undeclared, schema.options.strict) {
            (Undeclared::Allowed, _) => true,
            (Undeclared::Refused, Strictness::Open) => {
                self.notes
                    .add(path, "`strict: false` takes fields that are not declared");
                true
            }
            (Undeclared::Refused, _) => false,
        };
        let mut out = self.fields(
            &schema.fields,
            &mut Vec::new(),
            path,
            open,
            &mut whens,
            depth,
        );
        if !whens.is_empty() {
            out.insert("allOf", whens);
        }
        out
    }

    /// The fields of an object; `way` leads to it from the document that conditions speak of.
    fn fields(
        &mut self,
        fields: &'m [Field],
        way: &mut Vec<String>,
        path: &str,
        open: bool,
        whens: &mut Vec<Bson>,
        depth: usize,
    ) -> Document {
        let mut required: Vec<Bson> = Vec::new();
        let mut properties = Document::new();
        let mut open_here = open;
        for field in fields {
            if self.budget == 0 || depth > DEEPEST {
                self.notes
                    .add(path, "there are too many fields; the rest is not checked");
                break;
            }
            self.budget -= 1;
            let here = join(path, &field.name);
            if field.name.is_empty() || field.name.contains('.') {
                // To the server a dot in a name leads into an object.
                self.notes.add(&here, "a field of this name cannot be said");
                open_here = true;
                continue;
            }
            if let Kind::Nested(inner) = &field.kind {
                way.push(field.name.clone());
                let inside = self.fields(inner, way, &here, open, whens, depth + 1);
                way.pop();
                let is_needed = inside.contains_key("required");
                let mut node = doc! { "bsonType": types(&["object"], !is_needed) };
                node.extend(inside);
                if is_needed {
                    required.push(Bson::from(field.name.clone()));
                }
                properties.insert(field.name.clone(), node);
                continue;
            }
            match demand(field) {
                Demand::Always if may_not_be_missing(field) => {
                    required.push(Bson::from(field.name.clone()));
                }
                Demand::When(condition) => whens.push(Bson::Document(when(field, way, condition))),
                _ => {}
            }
            let node = self.value(field, &here, depth + 1);
            properties.insert(field.name.clone(), node);
        }
        let mut out = Document::new();
        if !required.is_empty() {
            out.insert("required", required);
        }
        if !properties.is_empty() {
            out.insert("properties", properties);
        }
        if !open_here {
            out.insert("additionalProperties", false);
        }
        out
    }

    /// The keywords of one value.
    fn value(&mut self, field: &'m Field, path: &str, depth: usize) -> Document {
        self.unsaid(field, path);
        let always = matches!(demand(field), Demand::Always);
        // An implied `_id` is never `null` in the server's hands.
        let nullable = !always && (!field.implied || field.name != "_id");
        let plain = |names: &[&str]| doc! { "bsonType": types(names, nullable) };
        let mut out = match &field.kind {
            Kind::Mixed | Kind::Unknown => {
                return if always {
                    doc! { "not": { "bsonType": "null" } }
                } else {
                    Document::new()
                };
            }
            Kind::String => plain(&["string"]),
            Kind::Number | Kind::Double => plain(&["int", "long", "double"]),
            Kind::Int32 => {
                let mut node = plain(&["int", "long", "double"]);
                node.insert("multipleOf", 1);
                if field.min.is_none() {
                    node.insert("minimum", i32::MIN);
                }
                if field.max.is_none() {
                    node.insert("maximum", i32::MAX);
                }
                node
            }
            Kind::BigInt => plain(&["long"]),
            Kind::Decimal128 => plain(&["decimal"]),
            Kind::Boolean => plain(&["bool"]),
            Kind::Date => plain(&["date"]),
            Kind::ObjectId => plain(&["objectId"]),
            Kind::Buffer | Kind::Uuid => plain(&["binData"]),
            Kind::Nested(fields) => {
                let mut whens = Vec::new();
                let mut node = plain(&["object"]);
                node.extend(self.fields(fields, &mut Vec::new(), path, true, &mut whens, depth));
                return node;
            }
            Kind::Embedded(id) => {
                let mut node = plain(&["object"]);
                node.extend(self.schema(*id, path, depth));
                return node;
            }
            Kind::Array(element) => {
                let mut node = plain(&["array"]);
                let inner = self.value(element, &format!("{path}[]"), depth + 1);
                if !inner.is_empty() {
                    node.insert("items", inner);
                }
                return node;
            }
            Kind::Map(value) => {
                let mut node = plain(&["object"]);
                if field.required != Requirement::Present {
                    node.insert("patternProperties", doc! { "[.]|^[$]": { "not": {} } });
                }
                let inner = self.value(value, &format!("{path}.*"), depth + 1);
                if !inner.is_empty() {
                    node.insert("additionalProperties", inner);
                }
                return node;
            }
            Kind::Union(members) => return self.union(field, members, nullable, path, depth),
        };
        self.constraints(field, always, nullable, path, &mut out);
        out
    }

    fn union(
        &mut self,
        field: &'m Field,
        members: &'m [Field],
        nullable: bool,
        path: &str,
        depth: usize,
    ) -> Document {
        // Of simple values Mongoose asks only for a kind; a type's literals are held to.
        let literal =
            matches!(field.required, Requirement::Present) || members.iter().any(|m| m.implied);
        let mut any: Vec<Bson> = Vec::new();
        for member in members {
            let mut node = self.value(member, path, depth + 1);
            let is_simple = !matches!(
                member.kind,
                Kind::Nested(_)
                    | Kind::Embedded(_)
                    | Kind::Array(_)
                    | Kind::Map(_)
                    | Kind::Union(_)
            );
            if is_simple && !literal && node.contains_key("bsonType") {
                let kinds = node.remove("bsonType").unwrap_or(Bson::Null);
                node = doc! { "bsonType": kinds };
            }
            if let Some(Bson::Array(names)) = node.get_mut("bsonType") {
                names.retain(|n| n.as_str() != Some("null"));
                if let [only] = names.as_slice() {
                    let only = only.clone();
                    node.insert("bsonType", only);
                }
            }
            let node = Bson::Document(node);
            if !any.contains(&node) {
                any.push(node);
            }
        }
        if nullable {
            any.push(Bson::Document(doc! { "bsonType": "null" }));
        }
        if any.is_empty() {
            return Document::new();
        }
        let mut out = doc! { "anyOf": any };
        if !nullable {
            out.insert("not", doc! { "bsonType": "null" });
        }
        out
    }

    fn constraints(
        &mut self,
        field: &Field,
        always: bool,
        nullable: bool,
        path: &str,
        out: &mut Document,
    ) {
        if !field.choices.is_empty() {
            let mut choices: Vec<Bson> = Vec::new();
            for choice in &field.choices {
                if !choices
                    .iter()
                    .any(|c| same_number(c, choice) || c == choice)
                {
                    choices.push(choice.clone());
                }
            }
            if nullable && !choices.contains(&Bson::Null) {
                choices.push(Bson::Null);
            }
            out.insert("enum", choices);
        }
        for (limit, name, word) in [
            (&field.min, "minimum", "min"),
            (&field.max, "maximum", "max"),
        ] {
            let Some(limit) = limit else { continue };
            if as_number(&limit.value).is_some() {
                out.insert(name, limit.value.clone());
            } else {
                self.notes
                    .add(path, format!("`{word}` of a date cannot be said"));
            }
        }
        if field.kind != Kind::String {
            return;
        }
        let not_empty = always && field.required != Requirement::Present;
        let said = !field.choices.is_empty() && !field.choices.contains(&Bson::from(""));
        let least = field.min_length.as_ref().map_or(0, |l| l.value);
        let least = least.max(u64::from(not_empty && !said));
        let count = |n: u64| match i32::try_from(n) {
            Ok(n) => Bson::Int32(n),
            Err(_) => Bson::Int64(i64::try_from(n).unwrap_or(i64::MAX)),
        };
        if least > 0 {
            out.insert("minLength", count(least));
        }
        if let Some(limit) = &field.max_length {
            out.insert("maxLength", count(limit.value));
        }
        if (least > 1 || field.max_length.is_some()) && path.len() < 4_000 {
            self.notes.add(
                path,
                "lengths count whole characters on the server; Mongoose counts an emoji as two",
            );
        }
        if let Some(expression) = &field.pattern {
            let also_empty = !not_empty && !expression.is_match("");
            match pattern::translate(&expression.source, &expression.flags, also_empty) {
                Ok(translated) => {
                    out.insert("pattern", translated.source);
                    for caveat in translated.caveats {
                        self.notes.add(path, caveat);
                    }
                }
                Err(why) => self
                    .notes
                    .add(path, format!("`match` cannot be said: {why}")),
            }
        }
        for (set, word) in [
            (field.lowercase, "lowercase"),
            (field.uppercase, "uppercase"),
            (field.trim, "trim"),
        ] {
            if set {
                self.notes.add(
                    path,
                    format!("`{word}` is the application's; stored text is checked as it is"),
                );
            }
        }
    }

    /// Notes what no validator can say of this field.
    fn unsaid(&mut self, field: &Field, path: &str) {
        for name in &field.unchecked {
            self.notes
                .add(path, format!("`{name}` is a function and cannot be said"));
        }
        match &field.reference {
            Some(Reference::Model(name)) => self
                .notes
                .add(path, format!("that it refers to a `{name}` cannot be said")),
            Some(Reference::Path(other)) => self.notes.add(
                path,
                format!("that it refers to a document as `{other}` says cannot be said"),
            ),
            Some(Reference::Computed) | None => {}
        }
        if field.immutable && !field.implied {
            self.notes.add(path, "`immutable` cannot be said");
        }
        if field.kind == Kind::Uuid {
            self.notes
                .add(path, "a UUID is checked as binary data of any subtype");
        }
        if matches!(field.required, Requirement::Required(_)) {
            if !may_not_be_missing(field) && field.default != DefaultValue::None {
                self.notes.add(
                    path,
                    "it is required but has a default, so it may be missing",
                );
            }
            if field.kind == Kind::Buffer {
                self.notes.add(
                    path,
                    "that required binary data is not empty cannot be said",
                );
            }
        }
    }
}

/// Holds a branch to documents whose discriminator key passes `rule`.
fn narrow(branch: &mut Document, key: &str, rule: Document, must_be_there: bool) {
    if !branch.contains_key("properties") {
        branch.insert("properties", Document::new());
    }
    if let Some(Bson::Document(properties)) = branch.get_mut("properties") {
        match properties.get_mut(key) {
            Some(Bson::Document(node)) => {
                if must_be_there {
                    // The values say more than the kind, and `null` is none of them.
                    *node = rule;
                } else {
                    node.extend(rule);
                }
            }
            _ => {
                properties.insert(key, rule);
            }
        }
    }
    if must_be_there {
        match branch.get_mut("required") {
            Some(Bson::Array(names)) => {
                if !names.iter().any(|n| n.as_str() == Some(key)) {
                    names.push(Bson::from(key));
                }
            }
            _ => {
                branch.insert("required", vec![key.to_owned()]);
            }
        }
    }
}

/// Where the condition holds, the field must be there.
fn when(field: &Field, way: &[String], condition: &Condition) -> Document {
    let mut path = way.to_vec();
    path.push(field.name.clone());
    let there = match field.kind {
        Kind::String => doc! { "not": { "enum": [Bson::Null, ""] } },
        _ => doc! { "not": { "bsonType": "null" } },
    };
    doc! { "anyOf": [
        { "not": condition::keywords(condition, 0) },
        condition::below(&path, there, may_not_be_missing(field)),
    ] }
}

fn as_number(value: &Bson) -> Option<f64> {
    #[expect(
        clippy::cast_precision_loss,
        reason = "only asked whether it is a number, or equal"
    )]
    match value {
        Bson::Int32(n) => Some(f64::from(*n)),
        Bson::Int64(n) => Some(*n as f64),
        Bson::Double(d) => Some(*d),
        Bson::Decimal128(d) => d.to_string().parse().ok(),
        _ => None,
    }
}

fn same_number(a: &Bson, b: &Bson) -> bool {
    matches!((as_number(a), as_number(b)), (Some(a), Some(b)) if a == b)
}
