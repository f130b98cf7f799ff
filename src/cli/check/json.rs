//! A report as one line of JSON. Ids and values are relaxed Extended JSON.

use bson::{Bson, RawBson, RawBsonRef, RawDocumentBuf};
use serde_json::{Value, json};

use crate::model::Severity;
use crate::model::drift::{Example, IndexDrift, Leads, ValidatorState};
use crate::mongo::request::drift::CheckReport;
use crate::mongo::request::{Failure, Namespace};
use crate::value::extjson::{Layout, Mode, print};

/// Examples of each kind of drift.
const EXAMPLES: usize = 20;

/// A report on one line.
pub(super) fn line(report: &CheckReport) -> String {
    let findings = &report.findings;
    let violations: Vec<Value> = findings
        .groups
        .iter()
        .map(|group| {
            json!({
                "path": group.place.to_string(),
                "kind": group.kind,
                "severity": match group.severity {
                    Severity::Error => "error",
                    Severity::Warning => "warning",
                },
                "violations": group.violations,
                "documents": group.documents,
                "message": group.message,
                "expected": group.expected,
                "values": group.values.iter().map(|(found, count)| json!({ "found": found, "count": count })).collect::<Vec<_>>(),
                "other_values": group.other_values,
                "examples": examples(&group.examples),
                "fixes": group.fixes.iter().map(|f| json!({ "fix": f.kind.word(), "violations": f.violations })).collect::<Vec<_>>(),
            })
        })
        .collect();
    let missing: Vec<Value> = findings
        .backfills
        .iter()
        .map(|b| {
            json!({
                "path": b.place.to_string(),
                "default": of_bson(&b.default),
                "documents": b.documents,
                "examples": examples(&b.examples),
            })
        })
        .collect();
    let whole = json!({
        "namespace": report.namespace.to_string(),
        "model": report.model,
        "drift": report.drifts(),
        "documents": findings.documents,
        "bytes": findings.bytes,
        "complete": report.complete,
        "refused": findings.refused,
        "warned": findings.warned,
        "took_ms": u64::try_from(report.took.as_millis()).unwrap_or(u64::MAX),
        "violations": violations,
        "other_violations": findings.other_violations,
        "missing_defaults": missing,
        "dangling": dangling(report),
        "duplicates": duplicates(report),
        "indexes": indexes(report),
        "validator": validator(report),
        "notes": report.notes,
    });
    clean(&whole)
}

/// A collection that could not be checked, on one line.
pub(super) fn failure(namespace: &Namespace, model: &str, failure: &Failure) -> String {
    clean(&json!({
        "namespace": namespace.to_string(),
        "model": model,
        "error": failure.to_string(),
    }))
}

/// JSON with everything that a terminal would obey escaped; that it is the same JSON.
fn clean(value: &Value) -> String {
    let mut out = String::new();
    for c in value.to_string().chars() {
        if crate::value::text::is_hidden(c) {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            out.push(c);
        }
    }
    out
}

fn of_raw(value: RawBsonRef<'_>) -> Value {
    print(value, Mode::Relaxed, Layout::Compact)
        .ok()
        .and_then(|text| serde_json::from_str(&text).ok())
        .unwrap_or(Value::Null)
}

fn of_bson(value: &Bson) -> Value {
    RawBson::try_from(value.clone()).map_or(Value::Null, |raw| of_raw(raw.as_raw_bson_ref()))
}

fn of_document(document: &bson::Document) -> Value {
    RawDocumentBuf::try_from(document).map_or(Value::Null, |raw| of_raw(RawBsonRef::Document(&raw)))
}

fn examples(examples: &[Example]) -> Vec<Value> {
    examples
        .iter()
        .take(EXAMPLES)
        .map(|e| {
            json!({
                "_id": of_raw(e.id.as_raw_bson_ref()),
                "path": e.path.dotted(),
                "found": e.found,
            })
        })
        .collect()
}

fn dangling(report: &CheckReport) -> Vec<Value> {
    report
        .dangling
        .iter()
        .map(|d| {
            let to = match &d.reference.leads {
                Leads::To(r) => Some(format!("{}.{}", r.database, r.collection)),
                Leads::ByName { .. } => None,
            };
            json!({
                "path": d.reference.place.to_string(),
                "to": to,
                "values": d.values,
                "documents": d.documents,
                "examples": examples(&d.examples),
            })
        })
        .collect()
}

fn duplicates(report: &CheckReport) -> Vec<Value> {
    report
        .duplicates
        .iter()
        .map(|d| {
            let examples: Vec<Value> = d
                .examples
                .iter()
                .map(|e| {
                    json!({
                        "value": of_raw(RawBsonRef::Document(&e.value)),
                        "documents": e.documents,
                        "_ids": e.examples.iter().map(|id| of_raw(id.as_raw_bson_ref())).collect::<Vec<_>>(),
                    })
                })
                .collect();
            json!({ "keys": d.keys, "values": d.values, "documents": d.documents, "examples": examples })
        })
        .collect()
}

fn indexes(report: &CheckReport) -> Option<Vec<Value>> {
    let list = report.indexes.as_ref()?;
    Some(
        list.iter()
            .map(|drift| {
                let (state, keys, differences) = match drift {
                    IndexDrift::Missing(index) => ("missing", &index.keys, None),
                    IndexDrift::Extra(server) => ("extra", &server.keys, None),
                    IndexDrift::Different {
                        index, differences, ..
                    } => ("different", &index.keys, Some(differences)),
                };
                let differences: Vec<Value> = differences
                    .into_iter()
                    .flatten()
                    .map(|d| json!({ "option": d.option, "model": d.model, "server": d.server }))
                    .collect();
                json!({
                    "state": state,
                    "name": drift.name(),
                    "keys": of_document(keys),
                    "differences": differences,
                })
            })
            .collect(),
    )
}

fn validator(report: &CheckReport) -> Value {
    let found = &report.validator;
    let (state, differences) = match &found.state {
        ValidatorState::Unknown => ("unknown", None),
        ValidatorState::None => ("none", None),
        ValidatorState::Same => ("same", None),
        ValidatorState::Differs(list) => ("differs", Some(list)),
    };
    let differences: Vec<Value> = differences
        .into_iter()
        .flatten()
        .map(|d| {
            json!({ "path": d.place, "keyword": d.keyword, "model": d.model, "server": d.server })
        })
        .collect();
    json!({
        "state": state,
        "level": found.level,
        "action": found.action,
        "differences": differences,
    })
}
