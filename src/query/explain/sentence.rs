//! A plan in one plain sentence.

use super::{KnownIndex, Plan, PlanStage};
use crate::query::explain::advice;

/// A number with its thousands apart.
pub(super) fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

fn some(n: u64, one: &str, many: &str) -> String {
    match n {
        0 => format!("no {one}"),
        1 => format!("1 {one}"),
        n => format!("{} {many}", count(n)),
    }
}

fn fields(names: &[String]) -> String {
    format!("{{{}}}", names.join(", "))
}

/// Which of the fields no index serves, or which index would and was not taken.
fn unserved(served: &[String], indexes: &[KnownIndex]) -> String {
    let begun = |index: &KnownIndex| {
        index
            .keys
            .iter()
            .flatten()
            .map(|(key, _)| key.as_str().to_owned())
            .take_while(|key| served.contains(key))
            .collect::<Vec<_>>()
    };
    let best = indexes
        .iter()
        .filter(|i| i.whole)
        .map(|i| (begun(i), &i.name))
        .max_by_key(|(keys, _)| keys.len());
    match best {
        Some((keys, name)) if keys.len() == served.len() => {
            format!(": `{name}` has {}, and was not taken", fields(&keys))
        }
        Some((keys, name)) if !keys.is_empty() => format!(
            ": no index serves {} together, `{name}` has only {}",
            fields(served),
            fields(&keys)
        ),
        _ => format!(": no index serves {}", fields(served)),
    }
}

pub(super) fn of(plan: &Plan, indexes: &[KnownIndex]) -> String {
    let stages: Vec<&PlanStage> = plan.stages().into_iter().map(|(_, s)| s).collect();
    let named = |name: &str| stages.iter().find(|s| s.name == name);
    let scan = named("COLLSCAN");
    let index = stages.iter().find_map(|s| s.index.as_ref());
    let names = advice::fields(&plan.filter);
    let order: Vec<String> = plan
        .sort
        .iter()
        .flat_map(|s| s.iter().filter_map(Result::ok))
        .map(|(key, _)| key.as_str().to_owned())
        .collect();
    let mut served = names.clone();
    served.extend(order.iter().filter(|o| !names.contains(o)).cloned());
    let mut out = match &plan.totals {
        Some(totals) => {
            let returned = match stages.iter().find_map(|s| {
                s.notes
                    .iter()
                    .find(|n| n.starts_with("would ") || n.starts_with("counted "))
            }) {
                Some(note) => match note.split_once(' ') {
                    Some(("counted", n)) => format!("to count {n}"),
                    _ => note.replace("would ", "and would "),
                },
                None => format!("to return {}", count(totals.returned)),
            };
            if let Some(index) = index.filter(|_| scan.is_none()) {
                format!(
                    "reads {} of `{}` and {} {returned}",
                    some(totals.keys, "key", "keys"),
                    index.name,
                    some(totals.documents, "document", "documents")
                )
            } else if named("IDHACK").is_some() {
                format!(
                    "finds {} by its `_id`",
                    some(totals.returned, "document", "documents")
                )
            } else if named("EOF").is_some() && scan.is_none() {
                return "reads nothing: there is no such collection, or nothing can match".into();
            } else {
                format!(
                    "reads {} {returned}",
                    some(totals.documents, "document", "documents")
                )
            }
        }
        None => match (scan, index) {
            (None, Some(index)) => format!("would read the index `{}`", index.name),
            _ if named("IDHACK").is_some() => "would find one document by its `_id`".into(),
            _ if named("EOF").is_some() => {
                return "would read nothing: there is no such collection, or nothing can match"
                    .into();
            }
            _ => "would read the whole collection".into(),
        },
    };
    if scan.is_some() {
        if served.is_empty() {
            out.push_str(": there is no filter");
        } else {
            out.push_str(&unserved(&served, indexes));
        }
    } else if let Some(late) = stages
        .iter()
        .find(|s| s.name == "FETCH" && s.filter.is_some())
    {
        let wasted = match (late.documents, late.returned) {
            (Some(read), Some(kept)) => read > kept,
            _ => true,
        };
        let have: Vec<String> = index
            .map(|i| i.bounds.iter().map(|(key, _)| key.clone()).collect())
            .unwrap_or_default();
        let rest: Vec<String> = names
            .iter()
            .filter(|n| !have.contains(n))
            .cloned()
            .collect();
        if wasted && !rest.is_empty() {
            out.push_str(&format!(": the index does not hold {}", fields(&rest)));
        }
    }
    if let Some(sort) = named("SORT").or_else(|| named("$sort")) {
        let disk = sort.notes.iter().any(|n| n == "spilled to disk");
        let input = sort.inputs.first().and_then(|i| i.returned);
        let what = input.map_or_else(|| "the result".into(), |n| some(n, "document", "documents"));
        let place = if disk { "on disk" } else { "in memory" };
        out.push_str(&format!("; sorts {what} {place}"));
    }
    if let Some(join) = stages.iter().find_map(|s| s.join.as_ref()) {
        out.push_str(&format!(
            "; reads the whole of `{}` for each document that it joins: no index there serves {{{}}}",
            join.from, join.field
        ));
    }
    if plan.shards > 0 {
        out.push_str(&format!(
            "; on {}",
            some(plan.shards as u64, "shard", "shards")
        ));
    }
    out
}
