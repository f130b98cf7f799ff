//! `models diff`.

use std::path::Path;
use std::sync::Arc;

use serde_json::json;

use super::infer::{Extent, collection, details, infer, of_validator};
use super::list::table;
use super::select::{full_name, library, of_file, one};
use super::{DiffArgs, Format, Stopped, put};
use crate::cli::{Exit, print};
use crate::model::difference::{Aspects, Difference};
use crate::model::drift::validator;
use crate::model::export::Undeclared;
use crate::model::{Library, Model, SharedModel};
use crate::mongo::request::CollectionDetails;

/// What an argument came to.
enum Side {
    Model(SharedModel),
    /// A model told from documents.
    Told(SharedModel),
    /// A collection, for its validator.
    Collection(Box<CollectionDetails>),
}

impl Side {
    fn name(&self) -> String {
        match self {
            Self::Model(model) => full_name(model),
            Self::Told(model) => format!(
                "{} as its documents show it",
                super::select::namespace(model)
            ),
            Self::Collection(details) => format!("the validator of {}", details.namespace),
        }
    }
}

pub(super) fn run(args: &DiffArgs) -> Result<Exit, Stopped> {
    let mut known: Option<Library> = None;
    let first = side(&args.first, args, &mut known)?;
    let second = side(&args.second, args, &mut known)?;
    let differences = match (&first, &second) {
        (Side::Model(a), Side::Model(b)) => a.differences(b, Aspects::All),
        (Side::Told(a), Side::Told(b)) => a.differences(b, Aspects::OfData),
        (Side::Model(a), Side::Told(b)) => {
            let mut found = a.differences(b, Aspects::OfData);
            found.retain(|d| {
                goes_against(a, &d.path, d.what, d.first.as_deref(), d.second.as_deref())
            });
            found
        }
        (Side::Told(a), Side::Model(b)) => {
            let mut found = a.differences(b, Aspects::OfData);
            found.retain(|d| {
                goes_against(b, &d.path, d.what, d.second.as_deref(), d.first.as_deref())
            });
            found
        }
        (Side::Model(a) | Side::Told(a), Side::Collection(b)) => of_validators(a, b)?,
        (Side::Collection(a), Side::Model(b) | Side::Told(b)) => of_validators(b, a)?
            .into_iter()
            .map(|d| Difference {
                first: d.second,
                second: d.first,
                ..d
            })
            .collect(),
        (Side::Collection(a), Side::Collection(b)) => {
            let model =
                of_validator(a)?.ok_or_else(|| format!("`{}` has no validator", a.namespace))?;
            of_validators(&Arc::new(model), b)?
        }
    };
    match args.format {
        Format::Json => {
            let rows: Vec<_> = differences
                .iter()
                .map(|d| json!({ "path": d.path, "what": d.what, "first": d.first, "second": d.second }))
                .collect();
            put(&serde_json::to_string_pretty(&rows).unwrap_or_default());
        }
        Format::Table if differences.is_empty() => {}
        Format::Table => {
            let mut rows = vec![vec![
                "PATH".to_owned(),
                "WHAT".to_owned(),
                first.name(),
                second.name(),
            ]];
            let shown = |side: &Option<String>| side.clone().unwrap_or_else(|| "-".to_owned());
            rows.extend(differences.iter().map(|d| {
                vec![
                    d.path.clone(),
                    d.what.to_owned(),
                    shown(&d.first),
                    shown(&d.second),
                ]
            }));
            put(&table(&rows));
        }
    }
    if args.format == Format::Table {
        print::note(&match differences.len() {
            0 => format!("`{}` and `{}` say the same", first.name(), second.name()),
            1 => "1 difference".to_owned(),
            n => format!("{n} differences"),
        });
    }
    Ok(if differences.is_empty() {
        Exit::Ok
    } else {
        Exit::Query
    })
}

fn side(text: &str, args: &DiffArgs, known: &mut Option<Library>) -> Result<Side, Stopped> {
    if is_file(text) {
        let own = of_file(text)?;
        return match own.models.as_slice() {
            [only] => Ok(Side::Model(Arc::clone(only))),
            several => {
                let names: Vec<String> = several.iter().map(|m| format!("`{}`", m.name)).collect();
                Err(format!(
                    "`{text}` has several models; choose one with `#`: {}",
                    names.join(", ")
                )
                .into())
            }
        };
    }
    // A slash, or a host beside it, makes a collection of it; a model's name has none.
    if text.contains('/') || args.connect != crate::cli::target::ConnectArgs::default() {
        let (profile, namespace) = collection(text, &args.connect)?;
        if args.validator {
            let details = details(profile, &namespace)?;
            if details.validator.is_none() {
                return Err(format!("`{namespace}` has no validator").into());
            }
            return Ok(Side::Collection(details));
        }
        let told = infer(profile, &namespace, Extent::Sample(args.sample.max(1)))?;
        if told.documents == 0 {
            return Err(format!("`{namespace}` has no document to compare with").into());
        }
        return Ok(Side::Told(Arc::new(told.model)));
    }
    if known.is_none() {
        *known = Some(library(&args.from)?);
    }
    match known {
        Some(library) => Ok(Side::Model(one(library, text)?)),
        None => Err("no model is at hand".to_owned().into()),
    }
}

fn is_file(text: &str) -> bool {
    let file = text.rsplit_once('#').map_or(text, |(file, _)| file);
    let ending = Path::new(file).extension().and_then(|e| e.to_str());
    let is_model = matches!(
        ending,
        Some("js" | "ts" | "mjs" | "mts" | "cjs" | "cts" | "jsx" | "tsx" | "json")
    );
    !text.contains("://") && (Path::new(text).is_file() || Path::new(file).is_file() || is_model)
}

fn of_validators(
    model: &SharedModel,
    details: &CollectionDetails,
) -> Result<Vec<Difference>, Stopped> {
    // Whether undeclared fields are refused is not the model's to say: it is compared as the server has it.
    let refuses = details
        .validator
        .as_ref()
        .and_then(|v| v.get_document("$jsonSchema").ok())
        .is_some_and(|s| matches!(s.get_bool("additionalProperties"), Ok(false)));
    let undeclared = if refuses {
        Undeclared::Refused
    } else {
        Undeclared::Allowed
    };
    let wanted = model.to_json_schema(undeclared).schema;
    let state = validator::compare(&wanted, details.validator.as_deref());
    Ok(match state {
        validator::ValidatorState::Differs(list) => list
            .into_iter()
            .map(|d| Difference {
                path: if d.place.is_empty() {
                    "(document)".to_owned()
                } else {
                    d.place
                },
                what: keyword(&d.keyword),
                first: d.model,
                second: d.server,
            })
            .collect(),
        _ => Vec::new(),
    })
}

/// Whether what documents show goes against what the model says, rather than being one case of it.
fn goes_against(
    model: &Model,
    path: &str,
    what: &str,
    said: Option<&str>,
    shown: Option<&str>,
) -> bool {
    match (what, said, shown) {
        // Documents may always have what they need not have, and only some of the values that they may have.
        ("required" | "enum", None, Some(_)) => false,
        ("enum", Some(said), Some(shown)) => {
            let said: Vec<&str> = said.split(" | ").collect();
            !shown.split(" | ").all(|value| said.contains(&value))
        }
        ("enum", Some(_), None) => false,
        // A kind of which every value was `null`, or no value at all was seen.
        ("kind", _, Some("Mixed")) => false,
        // What the application adds by itself, and what need not be there.
        ("field", Some(_), None) => model
            .field(&crate::value::Path::from_dotted(&path.replace("[]", ".0")))
            .is_some_and(crate::model::Field::is_required),
        _ => true,
    }
}

/// The keyword as a word of this program; what is not a keyword of the server's stays a rule.
fn keyword(name: &str) -> &'static str {
    const KNOWN: [&str; 25] = [
        "bsonType",
        "type",
        "required",
        "enum",
        "minimum",
        "maximum",
        "minLength",
        "maxLength",
        "pattern",
        "properties",
        "additionalProperties",
        "items",
        "minItems",
        "maxItems",
        "uniqueItems",
        "multipleOf",
        "allOf",
        "anyOf",
        "oneOf",
        "not",
        "patternProperties",
        "dependencies",
        "additionalItems",
        "minProperties",
        "maxProperties",
    ];
    KNOWN
        .iter()
        .find(|k| **k == name)
        .copied()
        .unwrap_or("rule")
}
