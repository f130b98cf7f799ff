//! What schemas compile to: paths, kinds, enumerations, options, indexes, as Mongoose has them.

use mongodeck::model::{Field, Kind, Model, NoSources, Requirement, Strictness, reader};
use mongodeck::value::{Path, Step};
use serde_json::{Value, json};

/// Parts that are not held to, each with its reason.
const SKIPPED: [(&str, &str); 2] = [
    (
        "conditional-required",
        "Mongoose counts a function as required; here the condition is kept",
    ),
    (
        "string-validators",
        "Mongoose counts a function as required; here the condition is kept",
    ),
];

fn instance(kind: &Kind) -> &'static str {
    match kind {
        Kind::String => "String",
        Kind::Number => "Number",
        Kind::Int32 => "Int32",
        Kind::Double => "Double",
        Kind::BigInt => "BigInt",
        Kind::Decimal128 => "Decimal128",
        Kind::Boolean => "Boolean",
        Kind::Date => "Date",
        Kind::ObjectId => "ObjectId",
        Kind::Buffer => "Buffer",
        Kind::Uuid => "UUID",
        Kind::Mixed => "Mixed",
        Kind::Nested(_) => "nested",
        Kind::Embedded(_) => "Embedded",
        Kind::Array(_) => "Array",
        Kind::Map(_) => "Map",
        Kind::Union(_) => "Union",
        Kind::Unknown => "unknown",
    }
}

fn find<'m>(model: &'m Model, path: &str) -> Option<&'m Field> {
    let steps = path
        .split('.')
        .map(|s| {
            Step::Key(if s == "$*" {
                "any".to_owned()
            } else {
                s.to_owned()
            })
        })
        .collect();
    model.field(&Path(steps))
}

fn leaves(fields: &[Field], prefix: &str, out: &mut Vec<String>) {
    for field in fields {
        let path = format!("{prefix}{}", field.name);
        match &field.kind {
            Kind::Nested(inner) => leaves(inner, &format!("{path}."), out),
            _ => out.push(path),
        }
    }
}

fn compare_field(model: &Model, at: &str, field: &Field, wanted: &Value, wrong: &mut Vec<String>) {
    if let Some(name) = wanted["instance"].as_str()
        && instance(&field.kind) != name
    {
        wrong.push(format!("{at}: {name}, not {}", instance(&field.kind)));
    }
    if let Some(required) = wanted["required"].as_bool()
        && required != matches!(field.required, Requirement::Required(_))
    {
        wrong.push(format!("{at}: required {required}"));
    }
    if let Some(values) = wanted["enumValues"].as_array() {
        let sorted = |mut list: Vec<String>| {
            list.sort();
            list
        };
        let own = field.choices.iter().map(|c| plain(c).to_string()).collect();
        let theirs = values.iter().map(Value::to_string).collect();
        if sorted(own) != sorted(theirs) {
            wrong.push(format!("{at}: enum {values:?}, not {:?}", field.choices));
        }
    }
    let inner = match &field.kind {
        Kind::Array(element) | Kind::Map(element) => Some(&**element),
        _ => None,
    };
    if let (Some(element), Some(_)) = (inner, wanted["of"].as_object()) {
        compare_field(model, &format!("{at}[]"), element, &wanted["of"], wrong);
    }
    if let Some(paths) = wanted["schema"].as_object() {
        let fields = model.children(field);
        let mut own = Vec::new();
        leaves(fields, "", &mut own);
        for (path, wanted) in paths {
            let found = path.split('.').try_fold(
                (None, fields),
                |(_, list): (Option<&Field>, &[Field]), step| {
                    let field = list.iter().find(|f| f.name == step)?;
                    let next: &[Field] = match &field.kind {
                        Kind::Nested(inner) => inner,
                        _ => &[],
                    };
                    Some((Some(field), next))
                },
            );
            match found {
                Some((Some(field), _)) => {
                    compare_field(model, &format!("{at}.{path}"), field, wanted, wrong)
                }
                _ => wrong.push(format!("{at}.{path}: missing")),
            }
        }
        for path in own {
            if !paths.contains_key(&path) {
                wrong.push(format!("{at}.{path}: not in the schema"));
            }
        }
    }
}

/// Plain JSON of plain values.
fn plain(value: &impl serde::Serialize) -> Value {
    serde_json::to_value(value).unwrap()
}

#[test]
fn schemas_compile_to_what_mongoose_makes_of_them() {
    let text = include_str!("../oracles/model-schemas.jsonl");
    let (mut right, mut skipped, mut wrong) = (0, 0, Vec::new());
    for line in text.lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let id = case["schemaId"].as_str().unwrap();
        let name = format!("model.{}", case["lang"].as_str().unwrap());
        let reading = reader::read(&name, case["schema"].as_str().unwrap(), &NoSources).unwrap();
        for wanted in case["structure"]["models"].as_array().unwrap() {
            let name = wanted["name"].as_str().unwrap();
            let Some(model) = reading.models.iter().find(|m| m.name == name) else {
                // A discriminator's model is kept inside its base.
                let is_variant = reading
                    .models
                    .iter()
                    .any(|m| m.root().discriminators.iter().any(|d| d.name == name));
                assert!(is_variant, "{id}: {name} is missing");
                continue;
            };
            if SKIPPED.iter().any(|(s, _)| *s == id) {
                skipped += 1;
                continue;
            }
            let mut here = Vec::new();
            if wanted["collection"] != json!(model.collection) {
                here.push(format!(
                    "collection {}, not {}",
                    wanted["collection"], model.collection
                ));
            }
            let paths = wanted["paths"].as_object().unwrap();
            for (path, wanted) in paths {
                match find(model, path) {
                    Some(field) => compare_field(model, path, field, wanted, &mut here),
                    None => here.push(format!("{path}: missing")),
                }
            }
            let mut own = Vec::new();
            leaves(model.fields(), "", &mut own);
            for path in own {
                if !paths.contains_key(&path) {
                    here.push(format!("{path}: not in the schema"));
                }
            }
            let options = model.options();
            let own = json!({
                "strict": match options.strict {
                    Strictness::Strict => json!(true),
                    Strictness::Open => json!(false),
                    Strictness::Throw => json!("throw"),
                },
                "versionKey": options.version_key.as_ref().map_or(json!(false), |k| json!(k)),
                "minimize": options.minimize,
                "discriminatorKey": options.discriminator_key,
                "_id": options.id,
            });
            for (key, value) in own.as_object().unwrap() {
                if wanted["options"][key] != *value {
                    here.push(format!(
                        "option {key}: {}, not {value}",
                        wanted["options"][key]
                    ));
                }
            }
            let indexes: Vec<Value> = model
                .indexes
                .iter()
                .map(|i| json!([plain(&i.keys), plain(&i.options)]))
                .collect();
            let mut theirs = wanted["indexes"].clone();
            for index in theirs.as_array_mut().unwrap() {
                // Whether the application builds it at its start is no part of the index.
                index[1].as_object_mut().unwrap().remove("_autoIndex");
            }
            if theirs != json!(indexes) {
                here.push(format!("indexes {theirs}, not {}", json!(indexes)));
            }
            if here.is_empty() {
                right += 1;
            } else {
                wrong.push(format!("{id} {name}:\n  {}", here.join("\n  ")));
            }
        }
    }
    println!(
        "structures: {right} right, {} wrong, {skipped} skipped",
        wrong.len()
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(right > 25);
}
