//! Models as a Mermaid entity diagram: fields, keys, references, and the domain beside each name.
//!
//! Invariant: the text keeps to what Mermaid's grammar allows in names and comments, whatever the models hold.

use std::collections::HashMap;

use super::words::Names;
use super::{Exported, Notes};
use crate::model::{Field, Kind, Model, Reference};

/// The models as one `erDiagram`. A reference to a model that is not among them gives an entity without fields.
#[must_use]
pub fn mermaid(models: &[&Model]) -> Exported {
    let mut notes = Notes::default();
    let mut names = Names::default();
    let mut entities: HashMap<(Option<&str>, &str), String> = HashMap::new();
    for model in models {
        let name = names.fresh(&model.name);
        entities.insert(
            (model.database.as_deref(), model.name.as_str()),
            name.clone(),
        );
        for variant in &model.root().discriminators {
            // A variant is a part of its base's entity.
            entities.insert(
                (model.database.as_deref(), variant.name.as_str()),
                name.clone(),
            );
        }
    }
    let mut text = "erDiagram\n".to_owned();
    let mut domain: Option<(Option<&str>, Option<&str>)> = None;
    for model in models {
        let own = (model.database.as_deref(), model.domain.as_deref());
        if domain != Some(own) {
            let words: Vec<&str> = [own.0, own.1].into_iter().flatten().collect();
            if !words.is_empty() {
                text.push_str(&format!("  %% {}\n", plain(&words.join(" · "))));
            }
            domain = Some(own);
        }
        let Some(entity) = entities.get(&(model.database.as_deref(), model.name.as_str())) else {
            continue;
        };
        let label = match &model.domain {
            Some(domain) => format!("{} · {domain}", model.name),
            None => model.name.clone(),
        };
        text.push_str(&format!("  {entity}[\"{}\"] {{\n", plain(&label)));
        for field in model.fields() {
            text.push_str(&attribute(model, field));
        }
        text.push_str("  }\n");
        if !model.root().discriminators.is_empty() {
            notes.add(&model.name, "its discriminators are not drawn");
        }
    }
    let mut lines: Vec<String> = Vec::new();
    for model in models {
        let database = model.database.as_deref();
        let Some(from) = entities.get(&(database, model.name.as_str())).cloned() else {
            continue;
        };
        for (path, reference) in model.references() {
            let name = match reference {
                Reference::Model(name) => name,
                Reference::Path(by) => {
                    notes.add(
                        &format!("{}.{path}", model.name),
                        format!("what it refers to is in `{by}` and is not drawn"),
                    );
                    continue;
                }
                Reference::Computed => {
                    notes.add(
                        &format!("{}.{path}", model.name),
                        "what it refers to is not known",
                    );
                    continue;
                }
            };
            let to = entities
                .get(&(database, name.as_str()))
                .or_else(|| entities.get(&(None, name.as_str())))
                .cloned();
            let to = match to {
                Some(to) => to,
                None => {
                    let made = names.fresh(name);
                    entities.insert((database, name), made.clone());
                    made
                }
            };
            let field = model.field(&crate::value::Path::from_dotted(&path));
            let is_many = model
                .field(&crate::value::Path::from_dotted(
                    path.split('.').next().unwrap_or(&path),
                ))
                .is_some_and(|f| matches!(f.kind, Kind::Array(_) | Kind::Map(_)))
                || field.is_some_and(|f| matches!(f.kind, Kind::Array(_) | Kind::Map(_)));
            let end = match (is_many, field.is_some_and(Field::is_required)) {
                (true, _) => "}o",
                (false, true) => "||",
                (false, false) => "|o",
            };
            let start = if field.is_some_and(|f| f.unique) {
                "o|"
            } else {
                "o{"
            };
            let line = format!("  {to} {end}--{start} {from} : \"{}\"\n", plain(&path));
            if !lines.contains(&line) {
                lines.push(line);
            }
        }
    }
    text.push_str(&lines.concat());
    Exported {
        text,
        notes: notes.0,
    }
}

fn attribute(model: &Model, field: &Field) -> String {
    let kind: String = match &field.kind {
        Kind::Array(element) => format!("{}[]", word(&element.kind.label())),
        Kind::Map(value) => format!("Map_of_{}", word(&value.kind.label())),
        other => word(&other.label()),
    };
    let mut keys = Vec::new();
    if field.name == "_id" {
        keys.push("PK");
    }
    let element = match &field.kind {
        Kind::Array(element) | Kind::Map(element) => Some(&**element),
        _ => None,
    };
    if field.reference.is_some() || element.is_some_and(|e| e.reference.is_some()) {
        keys.push("FK");
    }
    if field.unique {
        keys.push("UK");
    }
    let mut about = Vec::new();
    let inner = model.children(field);
    if !inner.is_empty() {
        let names: Vec<&str> = inner
            .iter()
            .filter(|f| !f.implied)
            .map(|f| f.name.as_str())
            .take(12)
            .collect();
        about.push(names.join(", "));
    }
    if field.is_required() {
        about.push("required".to_owned());
    }
    for field in std::iter::once(field).chain(element) {
        if !field.choices.is_empty() {
            let words: Vec<String> = field
                .choices
                .iter()
                .take(8)
                .map(crate::model::describe::show)
                .collect();
            about.push(words.join(" | "));
        }
    }
    let keys = match keys.is_empty() {
        true => String::new(),
        false => format!(" {}", keys.join(", ")),
    };
    let about = match about.is_empty() {
        true => String::new(),
        false => format!(" \"{}\"", plain(&about.join("; "))),
    };
    format!("    {kind} {}{keys}{about}\n", word(&field.name))
}

/// A name of letters, digits, `_` and `-` that starts with a letter or `_`.
fn word(name: &str) -> String {
    let mut out: String = name
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || c == '_' || c == '-' {
                c
            } else {
                '_'
            }
        })
        .collect();
    if !out.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
        out.insert(0, '_');
    }
    out
}

/// Text that can stand between double quotes.
fn plain(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '"' => '\'',
            c if c.is_control() => ' ',
            c => c,
        })
        .collect()
}
