//! A model as lines for people: its fields as a tree, then indexes, references and what could not be read.
//!
//! Invariant: one entry a line, each cut to one line; a schema that contains itself is written out once.

use super::describe::{cut, show};
use super::{Field, Kind, Model, Schema, SchemaId, Strictness};

const DEEPEST: usize = 24;

/// One line of a model's description.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SketchLine {
    /// How far it is indented, counted from 0.
    pub level: usize,
    /// The field's or index's name, or a heading.
    pub name: String,
    /// Kind and constraints; empty for a heading.
    pub what: String,
    /// The line of the model's file; 0 where none is known.
    pub line: usize,
}

impl Model {
    /// The model as lines: fields with their parts below them, options, indexes, gaps.
    #[must_use]
    pub fn sketch(&self) -> Vec<SketchLine> {
        let mut out = Vec::new();
        fields(self, self.fields(), 0, &mut vec![SchemaId(0)], &mut out);
        for variant in &self.root().discriminators {
            let of = self.schema(variant.schema);
            let key = &self.options().discriminator_key;
            out.push(heading(format!(
                "{} where {} is {}",
                cut(&variant.name),
                cut(key),
                cut(&variant.value)
            )));
            own(self, self.root(), of, 1, &mut vec![SchemaId(0)], &mut out);
        }
        let words = options(self.root());
        if !words.is_empty() {
            out.push(heading("options".to_owned()));
            out.extend(words.into_iter().map(|(name, what)| SketchLine {
                level: 1,
                name,
                what,
                line: self.root().line,
            }));
        }
        if !self.indexes.is_empty() {
            out.push(heading("indexes".to_owned()));
            out.extend(self.indexes.iter().map(|index| SketchLine {
                level: 1,
                name: cut(&index.name()),
                what: match index.options.is_empty() {
                    true => cut(&index.keys.to_string()),
                    false => format!(
                        "{} {}",
                        cut(&index.keys.to_string()),
                        cut(&index.options.to_string())
                    ),
                },
                line: index.line,
            }));
        }
        if !self.gaps.is_empty() {
            out.push(heading("could not be read".to_owned()));
            out.extend(self.gaps.iter().map(|gap| SketchLine {
                level: 1,
                name: format!("{}:{}", cut(&gap.file), gap.line),
                what: cut(&gap.what),
                line: gap.line,
            }));
        }
        out
    }
}

fn heading(name: String) -> SketchLine {
    SketchLine {
        level: 0,
        name,
        what: String::new(),
        line: 0,
    }
}

fn fields(
    model: &Model,
    list: &[Field],
    level: usize,
    within: &mut Vec<SchemaId>,
    out: &mut Vec<SketchLine>,
) {
    if level > DEEPEST {
        return;
    }
    for field in list {
        out.push(SketchLine {
            level,
            name: cut(&field.name),
            what: field.describe(),
            line: field.line,
        });
        let mut at = field;
        for _ in 0..8 {
            match &at.kind {
                Kind::Array(inner) | Kind::Map(inner) => at = inner,
                _ => break,
            }
        }
        match &at.kind {
            Kind::Nested(inner) => fields(model, inner, level + 1, within, out),
            Kind::Embedded(id) if !within.contains(id) => {
                within.push(*id);
                let schema = model.schema(*id);
                fields(model, &schema.fields, level + 1, within, out);
                for variant in &schema.discriminators {
                    out.push(SketchLine {
                        level: level + 1,
                        name: format!(
                            "{} where {} is {}",
                            cut(&variant.name),
                            cut(&schema.options.discriminator_key),
                            cut(&variant.value)
                        ),
                        what: String::new(),
                        line: 0,
                    });
                    let of = model.schema(variant.schema);
                    own(model, schema, of, level + 2, within, out);
                }
                within.pop();
            }
            _ => {}
        }
    }
}

/// The fields of a variant that its base has not.
fn own(
    model: &Model,
    base: &Schema,
    of: &Schema,
    level: usize,
    within: &mut Vec<SchemaId>,
    out: &mut Vec<SketchLine>,
) {
    let own: Vec<Field> = of
        .fields
        .iter()
        .filter(|f| !base.fields.contains(f))
        .cloned()
        .collect();
    fields(model, &own, level, within, out);
}

fn options(schema: &Schema) -> Vec<(String, String)> {
    let options = &schema.options;
    let mut out = Vec::new();
    let stamps: Vec<&str> = [&options.created_at, &options.updated_at]
        .into_iter()
        .flatten()
        .map(String::as_str)
        .collect();
    if !stamps.is_empty() {
        out.push(("timestamps".to_owned(), cut(&stamps.join(", "))));
    }
    match options.strict {
        Strictness::Strict => {}
        Strictness::Open => out.push(("strict".to_owned(), "false".to_owned())),
        Strictness::Throw => out.push(("strict".to_owned(), "throw".to_owned())),
    }
    match &options.version_key {
        Some(key) if key != "__v" => out.push(("version key".to_owned(), cut(key))),
        _ => {}
    }
    if !options.minimize {
        out.push(("minimize".to_owned(), "false".to_owned()));
    }
    let virtuals: Vec<String> = schema
        .virtuals
        .iter()
        .filter(|v| *v != "id")
        .map(|v| show(&bson::Bson::String(v.clone())))
        .collect();
    if !virtuals.is_empty() {
        out.push(("virtuals".to_owned(), virtuals.join(", ")));
    }
    out
}
