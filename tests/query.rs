//! Query text held against what the peers made of it.
//!
//! `oracles/query-cases.jsonl` has one text a line and what mongosh 2.12 and Compass's parser (1.6) answered:
//! `accept` are the values that may come out, `refuse` says whether a refusal is right too, and `argument` is the filter
//! or pipeline of the command that mongosh sent. `{"$volatile": …}` stands for anything of a clock or of chance.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use mongodeck::query::{self, Context, Input, Zone};
use mongodeck::value::extjson::{self, Layout, Mode};
use serde_json::Value;

/// Cases that are not as the peers have it, each with its reason.
const DIFFERENT: [(&str, &str); 8] = [
    (
        "q0822",
        "mongosh turns a hint `['a']` into `{a: 1}`; a bare text does not say that it is a hint",
    ),
    (
        "q0823",
        "mongosh drops a hint `5`; a bare text does not say that it is a hint",
    ),
    (
        "q0848",
        "mongosh wraps a lone stage into a pipeline; a bare text does not say that it is one",
    ),
    (
        "q0955",
        "`forEach` with a function would have to execute it",
    ),
    (
        "q1030",
        "mongosh counts with a pipeline of its own; the statement keeps what was typed",
    ),
    (
        "q1092",
        "`it` reads on in a shell's last cursor, and there is none",
    ),
    (
        "q1100",
        "`forEach` with a function would have to execute it",
    ),
    ("q1111", "`process.exit()` would have to be executed"),
];

struct Case {
    id: String,
    text: String,
    body: Value,
}

fn cases() -> Vec<Case> {
    include_str!("oracles/query-cases.jsonl")
        .lines()
        .map(|line| {
            let body: Value = serde_json::from_str(line).unwrap();
            Case {
                id: body["id"].as_str().unwrap().to_owned(),
                text: body["text"].as_str().unwrap().to_owned(),
                body,
            }
        })
        .collect()
}

fn shown(value: &bson::RawBson) -> Option<Value> {
    let text = extjson::print(value.as_raw_bson_ref(), Mode::Canonical, Layout::Compact).ok()?;
    Some(serde_json::from_str(&text).unwrap())
}

/// What the text came to: the value, or of a statement its first argument.
fn answer(text: &str, context: &Context, statement: bool) -> Result<Option<Value>, String> {
    match query::parse(text, context) {
        Err(problems) => {
            assert!(!problems.is_empty(), "{text}");
            for problem in &problems {
                assert!(problem.help.is_some(), "no advice: {text}: {problem:?}");
                assert!(!problem.render("query", text).is_empty());
            }
            Err(problems[0].message.clone())
        }
        Ok(Input::Value(value)) => shown(&value).map(Some).ok_or_else(|| "too deep".into()),
        Ok(Input::Statement(s)) if statement => Ok(s.arguments.first().and_then(shown)),
        Ok(Input::Statement(_)) => Err("a statement".into()),
    }
}

fn same(expected: &Value, found: &Value) -> bool {
    match (expected, found) {
        (Value::Object(e), Value::Object(f)) => {
            if e.contains_key("$volatile") {
                return true;
            }
            if let (Some(a), Some(b)) = (e.get("$numberDouble"), f.get("$numberDouble")) {
                let number = |v: &Value| v.as_str().unwrap().parse::<f64>().unwrap().to_bits();
                return number(a) == number(b) || (a == "NaN" && b == "NaN");
            }
            e.len() == f.len()
                && e.iter()
                    .zip(f)
                    .all(|((ek, ev), (fk, fv))| ek == fk && same(ev, fv))
        }
        (Value::Array(e), Value::Array(f)) => {
            e.len() == f.len() && e.iter().zip(f).all(|(e, f)| same(e, f))
        }
        _ => expected == found,
    }
}

fn judge(case: &Case, context: &Context) -> Result<(), String> {
    if let Some(wanted) = case.body.get("argument") {
        let found = answer(&case.text, context, true)?;
        let empty = if wanted.is_array() {
            serde_json::json!([])
        } else {
            serde_json::json!({})
        };
        let found = found.unwrap_or(empty);
        return if wanted.is_null() || same(wanted, &found) {
            Ok(())
        } else {
            Err(format!("wanted {wanted}, found {found}"))
        };
    }
    let accept = case.body["accept"].as_array().unwrap();
    match answer(&case.text, context, false) {
        Err(_) if case.body["refuse"] == true => Ok(()),
        Err(message) => Err(format!("refused: {message}")),
        Ok(found) => {
            let found = found.unwrap();
            if accept.iter().any(|a| same(a, &found)) {
                Ok(())
            } else {
                Err(format!("wanted one of {accept:?}, found {found}"))
            }
        }
    }
}

#[test]
fn query_text_means_what_the_peers_make_of_it() {
    let context = Context::new("test", 1_700_000_000_000);
    let different: BTreeMap<_, _> = DIFFERENT.into_iter().collect();
    let (mut right, mut skipped, mut wrong) = (0, 0, Vec::new());
    for case in cases() {
        match (judge(&case, &context), different.get(case.id.as_str())) {
            (Ok(()), None) => right += 1,
            (Err(_), Some(_)) => skipped += 1,
            (Err(why), None) => wrong.push(format!("{}: {:.200}: {why}", case.id, case.text)),
            (Ok(()), Some(reason)) => {
                wrong.push(format!("{} is right now, but listed: {reason}", case.id))
            }
        }
    }
    #[expect(
        clippy::print_stdout,
        reason = "the counts are what a reader of the log looks for"
    )]
    {
        println!(
            "{right} right, {skipped} different with a reason, {} wrong",
            wrong.len()
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn local_dates_are_those_of_the_zone() {
    let context = Context {
        zone: Zone::from_rule("EST5EDT,M3.2.0,M11.1.0").unwrap(),
        ..Context::new("test", 0)
    };
    let mut seen = 0;
    for case in cases() {
        if let Some(wanted) = case.body.get("newYork") {
            let found = answer(&case.text, &context, false).unwrap().unwrap();
            assert!(
                same(wanted, &found),
                "{}: wanted {wanted}, found {found}",
                case.text
            );
            seen += 1;
        }
    }
    assert!(seen >= 10, "only {seen} cases name a zone");
}

#[test]
fn time_grows_with_the_length_alone() {
    let timed = |n: usize| {
        let keys: String = (0..n)
            .map(|i| format!("k{i}: [{i}, 'x', ISODate('2024-01-01')],\n"))
            .collect();
        let text = format!("{{{keys}}}");
        let start = Instant::now();
        query::parse(&text, &Context::new("test", 0)).unwrap();
        start.elapsed()
    };
    timed(500);
    let (small, large) = (timed(2_000), timed(20_000));
    assert!(
        large < small * 60 + Duration::from_millis(200),
        "{small:?} for 2,000 and {large:?} for 20,000"
    );
}
