//! A validator's `errInfo` in plain words, path by path.
//!
//! Knows the reply's shape, as servers since 5.0 write it: the rules of a `$jsonSchema` that do not hold, and the
//! operators of a query that do not match. Must not know the collection. What it does not know it names, so that no
//! refusal is lost.

use bson::{Bson, Document};

use super::{integer, plain, value_text};
use crate::mongo::request::Refusal;
use crate::value::{Path, path::Step};

/// Deeper than a document may nest; a reply of more levels is cut there.
const MAX_DEPTH: usize = 220;

/// What a validator refused, in the order of the server's reply.
#[must_use]
pub fn refusals(info: &Document) -> Vec<Refusal> {
    let mut found = Vec::new();
    if let Ok(details) = info.get_document("details") {
        rule(details, &Path::root(), 0, &mut found);
    }
    found
}

fn documents<'a>(parent: &'a Document, key: &str) -> impl Iterator<Item = &'a Document> {
    parent
        .get_array(key)
        .into_iter()
        .flatten()
        .filter_map(Bson::as_document)
}

fn strings(parent: &Document, key: &str) -> Vec<String> {
    parent
        .get_array(key)
        .into_iter()
        .flatten()
        .filter_map(|v| v.as_str().map(str::to_owned))
        .collect()
}

/// One rule that does not hold.
fn rule(details: &Document, at: &Path, depth: usize, found: &mut Vec<Refusal>) {
    if depth > MAX_DEPTH {
        return;
    }
    let operator = details.get_str("operatorName").unwrap_or_default();
    let before = found.len();
    match operator {
        "$jsonSchema" => {
            for inner in documents(details, "schemaRulesNotSatisfied") {
                rule(inner, at, depth + 1, found);
            }
        }
        "properties" | "patternProperties" | "$_internalSchemaObjectMatch" => {
            for property in documents(details, "propertiesNotSatisfied") {
                let path = at.key(property.get_str("propertyName").unwrap_or_default());
                for inner in documents(property, "details") {
                    rule(inner, &path, depth + 1, found);
                }
            }
            properties_matching_a_pattern(details, at, depth, found);
        }
        "items" | "additionalItems" => {
            let path = integer(details.get("itemIndex"))
                .and_then(|i| usize::try_from(i).ok())
                .map_or_else(|| at.clone(), |i| at.index(i));
            for inner in documents(details, "details") {
                rule(inner, &path, depth + 1, found);
            }
            if operator == "additionalItems" && found.len() == before {
                found.push(refusal(
                    at,
                    "has more elements than its rule allows".to_owned(),
                ));
            }
        }
        "required" => {
            for missing in strings(details, "missingProperties") {
                found.push(refusal(
                    &at.key(missing),
                    "is required, and missing".to_owned(),
                ));
            }
        }
        "additionalProperties" => {
            for extra in strings(details, "additionalProperties") {
                found.push(refusal(
                    &at.key(extra),
                    "is not among the fields that are allowed".to_owned(),
                ));
            }
            properties_matching_a_pattern(details, at, depth, found);
        }
        "dependencies" => {
            for failing in documents(details, "failingDependencies") {
                let on = plain(failing.get_str("conditionalProperty").unwrap_or_default());
                for missing in strings(failing, "missingProperties") {
                    found.push(refusal(
                        &at.key(missing),
                        format!("is required where `{on}` is there, and missing"),
                    ));
                }
                for inner in documents(failing, "details") {
                    rule(inner, at, depth + 1, found);
                }
            }
        }
        "allOf" | "anyOf" | "oneOf" => combined(operator, details, at, depth, found),
        "not" | "$not" => {
            found.push(refusal(
                &field_of(details, at),
                "matches a rule that it must not match".to_owned(),
            ));
        }
        "$and" | "$or" | "$nor" => clauses(operator, details, at, depth, found),
        "$expr" => found.push(refusal(
            at,
            format!(
                "the expression {} does not hold",
                specified(details, "$expr")
            ),
        )),
        _ => {}
    }
    if found.len() == before && !operator.is_empty() {
        let path = field_of(details, at);
        let message = words(operator, details);
        found.push(refusal(&path, message));
    }
}

fn properties_matching_a_pattern(
    details: &Document,
    at: &Path,
    depth: usize,
    found: &mut Vec<Refusal>,
) {
    for matching in documents(details, "details") {
        let Ok(name) = matching.get_str("propertyName") else {
            continue;
        };
        let path = at.key(name);
        let before = found.len();
        for inner in documents(matching, "details") {
            rule(inner, &path, depth + 1, found);
        }
        if found.len() == before {
            found.push(refusal(
                &path,
                "does not hold to the rule of its name".to_owned(),
            ));
        }
    }
}

fn combined(operator: &str, details: &Document, at: &Path, depth: usize, found: &mut Vec<Refusal>) {
    let mut branches: Vec<Vec<Refusal>> = Vec::new();
    for branch in documents(details, "schemasNotSatisfied") {
        let mut inner = Vec::new();
        for each in documents(branch, "details") {
            rule(each, at, depth + 1, &mut inner);
        }
        branches.push(inner);
    }
    if operator == "allOf" {
        found.extend(branches.into_iter().flatten());
        return;
    }
    if let Ok(matching) = details.get_array("matchingSchemaIndexes") {
        found.push(refusal(
            at,
            format!(
                "matches {} of the rules of which it must match exactly one",
                matching.len()
            ),
        ));
        return;
    }
    let ways: Vec<String> = branches
        .iter()
        .filter(|b| !b.is_empty())
        .map(|b| {
            b.iter()
                .map(|r| {
                    if &r.path == at {
                        r.message.clone()
                    } else {
                        format!("`{}` {}", r.path, r.message)
                    }
                })
                .collect::<Vec<_>>()
                .join(" and ")
        })
        .collect();
    let which = if operator == "anyOf" {
        "none of the rules of which it must match one"
    } else {
        "none of the rules of which it must match exactly one"
    };
    found.push(refusal(
        at,
        if ways.is_empty() {
            format!("matches {which}")
        } else {
            format!("matches {which}: {}", ways.join("; or "))
        },
    ));
}

fn clauses(operator: &str, details: &Document, at: &Path, depth: usize, found: &mut Vec<Refusal>) {
    let mut branches: Vec<Vec<Refusal>> = Vec::new();
    for clause in documents(details, "clausesNotSatisfied") {
        let mut inner = Vec::new();
        if let Ok(each) = clause.get_document("details") {
            rule(each, at, depth + 1, &mut inner);
        }
        branches.push(inner);
    }
    match operator {
        "$and" => found.extend(branches.into_iter().flatten()),
        "$or" => {
            let ways: Vec<String> = branches
                .into_iter()
                .flatten()
                .map(|r| {
                    if r.path.is_root() {
                        r.message
                    } else {
                        format!("`{}` {}", r.path, r.message)
                    }
                })
                .collect();
            found.push(refusal(
                at,
                format!("none of the alternatives holds: {}", ways.join("; or ")),
            ));
        }
        _ => found.push(refusal(
            at,
            "matches one of the rules that it must not match".to_owned(),
        )),
    }
}

/// Rules of the query language name their field in what was specified: `{age: {$gt: 1}}`.
fn field_of(details: &Document, at: &Path) -> Path {
    if !details
        .get_str("operatorName")
        .is_ok_and(|o| o.starts_with('$'))
    {
        return at.clone();
    }
    match details
        .get_document("specifiedAs")
        .ok()
        .and_then(|d| d.keys().next())
    {
        Some(name) if !name.starts_with('$') => {
            let mut path = at.clone();
            for step in name.split('.') {
                path.0.push(Step::Key(step.to_owned()));
            }
            path
        }
        _ => at.clone(),
    }
}

fn refusal(path: &Path, message: String) -> Refusal {
    Refusal {
        path: path.clone(),
        message,
    }
}

/// What was specified for `keyword`, as text; for a query operator the operand alone.
fn specified(details: &Document, keyword: &str) -> String {
    operand(details, keyword).map_or_else(String::new, |v| format!("`{}`", value_text(v, 80)))
}

fn operand<'a>(details: &'a Document, keyword: &str) -> Option<&'a Bson> {
    let specified = details.get_document("specifiedAs").ok()?;
    if let Some(direct) = specified.get(keyword) {
        return Some(direct);
    }
    let (_, first) = specified.iter().next()?;
    match first {
        Bson::Document(inner) => inner.get(keyword).or(Some(first)),
        other => Some(other),
    }
}

fn listed(details: &Document, keyword: &str) -> String {
    match operand(details, keyword) {
        Some(Bson::Array(values)) => {
            let shown: Vec<String> = values
                .iter()
                .take(20)
                .map(|v| format!("`{}`", bare(v)))
                .collect();
            let more = if values.len() > 20 { ", …" } else { "" };
            format!("{}{more}", shown.join(", "))
        }
        Some(value) => format!("`{}`", bare(value)),
        None => String::new(),
    }
}

fn bare(value: &Bson) -> String {
    match value {
        Bson::String(s) => {
            let quoted = value_text(value, 60);
            if s.chars().count() < 58 {
                plain(s)
            } else {
                quoted
            }
        }
        other => value_text(other, 60),
    }
}

fn words(operator: &str, details: &Document) -> String {
    let missing = details
        .get_str("reason")
        .is_ok_and(|r| r.contains("missing"));
    let considered = details.get("consideredValue").map(|v| value_text(v, 40));
    let is = match (&considered, missing) {
        (_, true) => ", and is missing".to_owned(),
        (Some(value), _) => format!(", and is `{value}`"),
        _ => String::new(),
    };
    let spec = || specified(details, operator);
    let exclusive = |word: &str, flag: &str| {
        let strict = details
            .get_document("specifiedAs")
            .ok()
            .and_then(|d| d.get_bool(flag).ok())
            .unwrap_or(false);
        if strict {
            word.replace("at least", "above")
                .replace("at most", "below")
        } else {
            word.to_owned()
        }
    };
    match operator {
        "bsonType" | "type" | "$type" => {
            let got = details
                .get_str("consideredType")
                .map(|t| format!(", and is a `{}`", plain(t)))
                .unwrap_or(is);
            let wanted = operand(details, operator);
            let many = matches!(wanted, Some(Bson::Array(v)) if v.len() > 1);
            let word = if many {
                "must be of one of the types"
            } else {
                "must be of type"
            };
            format!("{word} {}{got}", listed(details, operator))
        }
        "enum" | "$in" => format!("must be one of {}{is}", listed(details, operator)),
        "$nin" => format!("must be none of {}{is}", listed(details, operator)),
        "minimum" => format!(
            "must be {} {}{is}",
            exclusive("at least", "exclusiveMinimum"),
            spec()
        ),
        "maximum" => format!(
            "must be {} {}{is}",
            exclusive("at most", "exclusiveMaximum"),
            spec()
        ),
        "multipleOf" => format!("must be a multiple of {}{is}", spec()),
        "minLength" => format!("must have at least {} characters{is}", spec()),
        "maxLength" => format!("must have at most {} characters{is}", spec()),
        "pattern" | "$regex" => format!("must match the pattern {}{is}", spec()),
        "minItems" => format!("must have at least {} elements{}", spec(), count(details)),
        "maxItems" => format!("must have at most {} elements{}", spec(), count(details)),
        "uniqueItems" => match details.get("duplicatedValue") {
            Some(twice) => format!(
                "must not hold an element twice, and `{}` is",
                value_text(twice, 40)
            ),
            None => "must not hold an element twice".to_owned(),
        },
        "minProperties" => format!(
            "must have at least {} fields{}",
            spec(),
            number(details, "numberOfProperties")
        ),
        "maxProperties" => format!(
            "must have at most {} fields{}",
            spec(),
            number(details, "numberOfProperties")
        ),
        "$eq" => format!("must equal {}{is}", spec()),
        "$ne" => format!("must not equal {}", spec()),
        "$gt" => format!("must be above {}{is}", spec()),
        "$gte" => format!("must be at least {}{is}", spec()),
        "$lt" => format!("must be below {}{is}", spec()),
        "$lte" => format!("must be at most {}{is}", spec()),
        "$exists" => match operand(details, operator) {
            Some(Bson::Boolean(false)) => "must not be there".to_owned(),
            _ => "must be there".to_owned(),
        },
        "$size" => format!("must have exactly {} elements", spec()),
        "$mod" => format!("must hold to the remainder rule {}{is}", spec()),
        "$all" => format!("must hold all of {}", listed(details, operator)),
        "$elemMatch" => format!("must have an element that matches {}", spec()),
        other => {
            let reason = details.get_str("reason").map(plain).unwrap_or_default();
            let what = specified(details, other);
            match (what.is_empty(), reason.is_empty()) {
                (true, true) => format!("does not hold to the rule `{}`", plain(other)),
                (false, true) => format!("does not hold to the rule `{}` {what}", plain(other)),
                (_, false) => format!("does not hold to the rule `{}`: {reason}", plain(other)),
            }
        }
    }
}

fn count(details: &Document) -> String {
    match details.get("consideredValue") {
        Some(Bson::Array(values)) => format!(", and has `{}`", values.len()),
        _ => String::new(),
    }
}

fn number(details: &Document, key: &str) -> String {
    integer(details.get(key)).map_or_else(String::new, |n| format!(", and has `{n}`"))
}
