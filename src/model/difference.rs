//! Where two models say different things.
//!
//! Invariant: two readings of the same schema have no difference; a difference names its path and both sides.

use std::collections::BTreeMap;

use super::describe::show;
use super::{DefaultValue, Field, Kind, Model, Reference, Requirement, SchemaId, Strictness};

const DEEPEST: usize = 24;
const MOST: usize = 20_000;

/// One thing that the models say differently.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The field in dot notation, `[]` for an array's elements and `*` for a map's values; `(model)` and
    /// `(indexes)` for what is of the whole.
    pub path: String,
    /// Which rule: `field`, `kind`, `required`, `enum`, `index`, ….
    pub what: &'static str,
    /// What the first model says; `None` where it says nothing.
    pub first: Option<String>,
    /// What the second model says.
    pub second: Option<String>,
}

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aspects {
    /// All that models say.
    All,
    /// What documents can show: fields, kinds, presence and enumerations.
    OfData,
}

type Said = BTreeMap<(String, &'static str), String>;

impl Model {
    /// The differences between this model and another, by path.
    #[must_use]
    pub fn differences(&self, other: &Self, aspects: Aspects) -> Vec<Difference> {
        let (first, second) = (said(self, aspects), said(other, aspects));
        let mut out: Vec<Difference> = Vec::new();
        let mut keys: Vec<&(String, &'static str)> = first.keys().chain(second.keys()).collect();
        keys.sort_unstable();
        keys.dedup();
        for key in keys {
            let (a, b) = (first.get(key), second.get(key));
            if a == b {
                continue;
            }
            let (path, what) = key;
            // Of a field that only one of them has, nothing more is told; nor of what is inside it.
            let is_part = |d: &Difference| {
                d.what == "field"
                    && (path == &d.path
                        || path
                            .strip_prefix(&d.path)
                            .is_some_and(|r| r.starts_with(['.', '['])))
            };
            if out.iter().any(is_part) {
                continue;
            }
            out.push(Difference {
                path: path.clone(),
                what,
                first: a.cloned(),
                second: b.cloned(),
            });
        }
        out
    }
}

fn said(model: &Model, aspects: Aspects) -> Said {
    let mut out = Said::new();
    fields(
        model,
        model.fields(),
        "",
        aspects,
        &mut vec![SchemaId(0)],
        0,
        &mut out,
    );
    for variant in &model.root().discriminators {
        if aspects == Aspects::All {
            out.insert(
                (format!("({})", variant.name), "discriminator"),
                variant.value.clone(),
            );
        }
        let of = model.schema(variant.schema);
        let own: Vec<Field> = of
            .fields
            .iter()
            .filter(|f| !model.fields().contains(f))
            .cloned()
            .collect();
        let prefix = match aspects {
            Aspects::All => format!("({}).", variant.name),
            Aspects::OfData => String::new(),
        };
        fields(
            model,
            &own,
            &prefix,
            aspects,
            &mut vec![SchemaId(0)],
            0,
            &mut out,
        );
    }
    if aspects == Aspects::OfData {
        return out;
    }
    let options = model.options();
    let mut whole = |what: &'static str, value: String| {
        out.insert(("(model)".to_owned(), what), value);
    };
    whole("collection", model.collection.clone());
    whole(
        "strict",
        match options.strict {
            Strictness::Strict => "true",
            Strictness::Open => "false",
            Strictness::Throw => "throw",
        }
        .to_owned(),
    );
    for (stamp, what) in [
        (&options.created_at, "created at"),
        (&options.updated_at, "updated at"),
        (&options.version_key, "version key"),
    ] {
        if let Some(name) = stamp {
            whole(what, name.clone());
        }
    }
    for index in &model.indexes {
        out.insert(
            (format!("(index {})", index.name()), "index"),
            match index.options.is_empty() {
                true => index.keys.to_string(),
                false => format!("{} {}", index.keys, index.options),
            },
        );
    }
    out
}

fn fields(
    model: &Model,
    list: &[Field],
    prefix: &str,
    aspects: Aspects,
    within: &mut Vec<SchemaId>,
    depth: usize,
    out: &mut Said,
) {
    if depth > DEEPEST || out.len() > MOST {
        return;
    }
    for field in list {
        let path = format!("{prefix}{}", field.name);
        out.insert((path.clone(), "field"), "there".to_owned());
        value(model, field, &path, aspects, within, depth, out);
    }
}

fn value(
    model: &Model,
    field: &Field,
    path: &str,
    aspects: Aspects,
    within: &mut Vec<SchemaId>,
    depth: usize,
    out: &mut Said,
) {
    let mut put = |what: &'static str, text: String| {
        out.insert((path.to_owned(), what), text);
    };
    put("kind", kind(&field.kind, aspects));
    match &field.required {
        Requirement::Optional => {}
        _ if field.implied => {}
        Requirement::Required(_) | Requirement::Present => put("required", "true".to_owned()),
        Requirement::When(condition, _) if aspects == Aspects::All => {
            put("required", format!("{condition:?}"));
        }
        Requirement::Computed if aspects == Aspects::All => {
            put("required", "as a function says".to_owned());
        }
        Requirement::When(..) | Requirement::Computed => {}
    }
    if !field.choices.is_empty() {
        let mut names: Vec<String> = field.choices.iter().map(show).collect();
        names.sort();
        names.dedup();
        put("enum", names.join(" | "));
    }
    if aspects == Aspects::All {
        for (limit, what) in [(&field.min, "min"), (&field.max, "max")] {
            if let Some(limit) = limit {
                put(what, show(&limit.value));
            }
        }
        for (limit, what) in [
            (&field.min_length, "minlength"),
            (&field.max_length, "maxlength"),
        ] {
            if let Some(limit) = limit {
                put(what, limit.value.to_string());
            }
        }
        if let Some(pattern) = &field.pattern {
            put("match", format!("{pattern:?}"));
        }
        match &field.reference {
            Some(Reference::Model(name)) => put("ref", name.clone()),
            Some(Reference::Path(other)) => put("ref", format!("as {other} says")),
            Some(Reference::Computed) => put("ref", "as a function says".to_owned()),
            None => {}
        }
        match &field.default {
            _ if field.implied => {}
            DefaultValue::None => {}
            DefaultValue::Value(value) => put("default", show(value)),
            other => put("default", format!("{other:?}")),
        }
        for (set, what) in [
            (field.unique, "unique"),
            (field.immutable && !field.implied, "immutable"),
            (field.lowercase, "lowercase"),
            (field.uppercase, "uppercase"),
            (field.trim, "trim"),
        ] {
            if set {
                put(what, "true".to_owned());
            }
        }
    }
    match &field.kind {
        Kind::Nested(inner) => {
            fields(
                model,
                inner,
                &format!("{path}."),
                aspects,
                within,
                depth + 1,
                out,
            );
        }
        Kind::Embedded(id) if within.iter().filter(|w| *w == id).count() < 2 => {
            within.push(*id);
            let schema = model.schema(*id);
            fields(
                model,
                &schema.fields,
                &format!("{path}."),
                aspects,
                within,
                depth + 1,
                out,
            );
            within.pop();
        }
        Kind::Array(inner) => value(
            model,
            inner,
            &format!("{path}[]"),
            aspects,
            within,
            depth + 1,
            out,
        ),
        Kind::Map(inner) => value(
            model,
            inner,
            &format!("{path}.*"),
            aspects,
            within,
            depth + 1,
            out,
        ),
        _ => {}
    }
}

/// A kind's name; to data all numbers that JavaScript holds are one, and every object is an object.
fn kind(kind: &Kind, aspects: Aspects) -> String {
    match (kind, aspects) {
        (Kind::Array(_), _) => "Array".to_owned(),
        (Kind::Map(_), Aspects::All) => "Map".to_owned(),
        (Kind::Int32 | Kind::Double, Aspects::OfData) => "Number".to_owned(),
        (Kind::Map(_), Aspects::OfData) => "Object".to_owned(),
        (other, _) => other.label(),
    }
}
