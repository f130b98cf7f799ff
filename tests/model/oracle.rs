//! Documents and verdicts that Mongoose 9 and a MongoDB 6.0 server computed, in `tests/oracles/`.
//!
//! Invariant: every case is right, or stands in the skip list with its reason.

use std::collections::HashMap;

use mongodeck::model::jsonschema::Validator;
use mongodeck::model::{Model, NoSources, Severity, reader};
use mongodeck::value::extjson;
use serde_json::Value;

/// Cases that are not held to, by id, each with its reason.
const SKIPPED: [(&str, &str); 0] = [];

pub fn cases(text: &str) -> impl Iterator<Item = Value> + '_ {
    text.lines().map(|line| serde_json::from_str(line).unwrap())
}

pub fn model_of(case: &Value) -> Model {
    let name = format!("model.{}", case["lang"].as_str().unwrap());
    let reading = reader::read(&name, case["schema"].as_str().unwrap(), &NoSources)
        .unwrap_or_else(|e| panic!("{}: {}", case["schemaId"], e.message));
    let wanted = case["model"].as_str();
    reading
        .models
        .into_iter()
        .find(|m| wanted.is_none_or(|w| m.name == w))
        .unwrap_or_else(|| panic!("{} makes no model", case["schemaId"]))
}

/// Why a case does not say anything here: updates, and verdicts that only running the schema's own code can give.
fn out_of_scope(case: &Value) -> bool {
    case["op"] != "create"
        || case["needsJs"]["verdictFromFunction"] == true
        || !case["expected"]["asyncValidate"].is_null()
}

#[test]
fn documents_are_judged_as_mongoose_judges_them() {
    let text = include_str!("../oracles/models.jsonl");
    let mut models: HashMap<String, Model> = HashMap::new();
    let (mut right, mut skipped, mut wrong) = (0, 0, Vec::new());
    for case in cases(text) {
        let id = case["id"].as_str().unwrap();
        if out_of_scope(&case) || SKIPPED.iter().any(|(s, _)| *s == id) {
            skipped += 1;
            continue;
        }
        let key = format!("{}#{}", case["schemaId"], case["model"]);
        let model = models.entry(key.clone()).or_insert_with(|| model_of(&case));
        let document = extjson::parse_document(&case["doc"].to_string()).unwrap();
        let violations = model.validate(&document);
        let valid = violations.iter().all(|v| v.severity != Severity::Error);
        let named: Vec<String> = violations.iter().map(|v| v.path.dotted()).collect();

        let expected = &case["expected"];
        let list = |name: &str| expected[name].as_array().cloned().unwrap_or_default();
        let casts = list("casts").iter().any(|c| c["change"] == "type");
        let wanted = expected["ok"] == true && !casts && expected["threw"].is_null();
        let unnamed: Vec<String> = list("errors")
            .iter()
            .map(|e| e["path"].as_str().unwrap().to_owned())
            .filter(|p| {
                !named.iter().any(|n| {
                    n == p || n.starts_with(&format!("{p}.")) || p.starts_with(&format!("{n}."))
                })
            })
            .collect();
        if valid == wanted && (wanted || unnamed.is_empty()) {
            right += 1;
        } else {
            wrong.push(format!(
                "{id} {key} {}: wanted {wanted}, said {violations:?}",
                case["doc"]
            ));
        }
    }
    println!(
        "models: {right} right, {} wrong, {skipped} skipped",
        wrong.len()
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(right > 700);
}

#[test]
fn kinds_are_named_with_mongooses_words() {
    let text = include_str!("../oracles/models.jsonl");
    let mut models: HashMap<String, Model> = HashMap::new();
    let (mut same, mut other) = (0, Vec::new());
    for case in cases(text) {
        if out_of_scope(&case) {
            continue;
        }
        let key = format!("{}#{}", case["schemaId"], case["model"]);
        let model = models.entry(key).or_insert_with(|| model_of(&case));
        let document = extjson::parse_document(&case["doc"].to_string()).unwrap();
        let violations = model.validate(&document);
        for error in case["expected"]["errors"].as_array().into_iter().flatten() {
            let (Some(path), Some(kind)) = (error["path"].as_str(), error["kind"].as_str()) else {
                continue;
            };
            let at: Vec<_> = violations
                .iter()
                .filter(|v| v.path.dotted() == path)
                .collect();
            // An array as a whole, or a part of it, may be named for the other.
            if at.is_empty() {
                continue;
            }
            let kind = kind.trim_matches(['[', ']']);
            if at.iter().any(|v| v.kind == kind) {
                same += 1;
            } else {
                other.push(format!(
                    "{} {path}: {kind}, not {:?}",
                    case["id"], at[0].kind
                ));
            }
        }
    }
    println!("kinds: {same} the same, {} others", other.len());
    assert!(other.is_empty(), "{}", other.join("\n"));
    assert!(same > 350);
}

#[test]
fn server_schemas_are_taken_and_held_to_as_the_server_does() {
    let text = include_str!("../oracles/jsonschema.jsonl");
    let (mut right, mut skipped, mut wrong) = (0, 0, Vec::new());
    for case in cases(text) {
        let taken = case["schemaAccepted"] == true;
        if case["serverCrashed"] == true || (case["accepted"].is_null() && taken) {
            skipped += 1;
            continue;
        }
        let schema = extjson::parse_document(&case["schema"].to_string()).unwrap();
        let said = match Validator::parse(&schema) {
            Err(_) => None,
            Ok(validator) => {
                let document = extjson::parse_document(&case["doc"].to_string()).unwrap();
                Some(validator.validate(&document).is_empty())
            }
        };
        let wanted = taken.then(|| case["accepted"] == true);
        if said == wanted {
            right += 1;
        } else {
            wrong.push(format!("{}: wanted {wanted:?}, said {said:?}", case["id"]));
        }
    }
    println!(
        "server schemas: {right} right, {} wrong, {skipped} skipped",
        wrong.len()
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(right > 290);
}
