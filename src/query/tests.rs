//! Tests of the language as a whole: limits, speed, what is refused and in which words.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use bson::{RawBson, rawdoc};
use proptest::prelude::*;

use super::*;

fn context() -> Context {
    Context::new("shop", 1_700_000_000_000)
}

fn refusal(text: &str) -> Diagnostic {
    match parse(text, &context()) {
        Err(mut problems) => problems.swap_remove(0),
        Ok(input) => panic!("{text:.80} was taken: {input:?}"),
    }
}

fn value(text: &str) -> RawBson {
    match parse(text, &context()) {
        Ok(Input::Value(value)) => value,
        other => panic!("{text:.80}: {other:?}"),
    }
}

fn statement(text: &str) -> Statement {
    match parse(text, &context()) {
        Ok(Input::Statement(statement)) => statement,
        other => panic!("{text:.80}: {other:?}"),
    }
}

#[test]
fn ten_thousand_levels_are_a_diagnostic() {
    let n = 10_000;
    let nested = [
        format!("{}1{}", "[".repeat(n), "]".repeat(n)),
        format!("{}1{}", "(".repeat(n), ")".repeat(n)),
        format!("{}1{}", "{a:".repeat(n), "}".repeat(n)),
        "[".repeat(n),
        "{a:".repeat(n),
        format!("{}1", "!".repeat(n)),
        format!("{}1", "- ".repeat(n)),
        format!("{}1", "-".repeat(n)),
        format!("{}1", "typeof ".repeat(n)),
        format!("{}X()", "new ".repeat(n)),
        format!("{}1", "1 ? 2 : ".repeat(n)),
        format!("{}1", "1 ** ".repeat(n)),
        format!("{}1", "a => ".repeat(n)),
        format!("{}1", "a = ".repeat(n)),
        format!("{}1", "a: ".repeat(n)),
        format!("{}1", "if (1) ".repeat(n)),
        format!("{}1", "if (1) 1; else ".repeat(n)),
        format!("{}1", "for (;;) ".repeat(n)),
        format!("{}1", "do ".repeat(n)),
        format!("{}1{}", "`${".repeat(n), "}`".repeat(n)),
        format!("{}1{}", "ObjectId(".repeat(n), ")".repeat(n)),
        format!("{}1", "await ".repeat(n)),
        format!("{}1", "async ".repeat(n)),
        format!("/{}a{}/", "(".repeat(n), ")".repeat(n)),
        format!("RegExp(\"{}a{}\")", "(".repeat(n), ")".repeat(n)),
        format!("JSON.parse('{}')", "[".repeat(n)),
        format!("a{}", ".b".repeat(n)),
        format!("\"\"{}", ".trim()".repeat(n)),
        format!("a{}", "``".repeat(n)),
        format!("a{}", "[0]".repeat(n)),
        // A quote inside a regular expression must not hide what follows.
        format!("[/'/, {}1{}]", "[".repeat(n), "]".repeat(n)),
        format!("{{}} /'/ {}", "[".repeat(n)),
        format!("<!-- `\n{}", "[".repeat(n)),
        format!("1\n--> `\n{}", "[".repeat(n)),
    ];
    for text in nested {
        refusal(&text);
    }
}

#[test]
fn what_is_long_and_flat_is_taken() {
    let n = 10_000;
    for text in [
        format!("1{}", " + 1".repeat(n)),
        format!("1{}", " || 1".repeat(n)),
        format!("[{}]", "{a: 1}, ".repeat(n)),
        format!("({}1)", "1, ".repeat(n)),
        format!("`{}`", "${1}".repeat(n)),
        format!("[{}]", "{$cond: {if: 1, then: 2, else: 3}}, ".repeat(n)),
        format!("[{}]", "/a(b)c/i, ".repeat(n)),
        "1".to_owned() + &"\n// more".repeat(n),
    ] {
        value(&text);
    }
}

#[test]
fn the_deepest_text_that_is_let_through_fits_on_its_stack() {
    let n = nesting::MAX_DEPTH - 2;
    for (open, close) in [
        ("[", "]"),
        ("(", ")"),
        ("{a:", "}"),
        ("`${", "}`"),
        ("Array(1,", ")"),
        ("!", ""),
        ("- ", ""),
        ("1 ? 2 : ", ""),
        ("1 ** ", ""),
        ("a => ", ""),
    ] {
        let text = format!("{}1{}", open.repeat(n), close.repeat(n));
        let _ = parse(&text, &context());
    }
    let groups = nesting::MAX_DEPTH - 2;
    let _ = parse(
        &format!("/{}a{}/", "(".repeat(groups), ")".repeat(groups)),
        &context(),
    );
}

#[test]
fn a_filter_that_does_not_parse_is_never_empty() {
    for text in [
        "{a: }",
        "a",
        "undefined",
        "null",
        "[]",
        "1",
        "{a: b}",
        "}",
        "{",
        "{a: 1};",
        "db.a.find()",
        "\"{}\"",
        "{a: new Date('x')}",
        "{a: NumberInt('x')}",
        "{a: /x/s}",
        "use x",
        "show dbs",
        "() => ({})",
        "{}{}",
        "{} {}",
        "ObjectId()",
    ] {
        let found = parse_filter(text, &context());
        assert!(found.is_err(), "{text}: {found:?}");
        assert!(found.unwrap_err().help.is_some(), "{text}");
    }
    for text in ["", "  ", "// all", "/* all */", "{}"] {
        assert_eq!(
            parse_filter(text, &context()).unwrap(),
            rawdoc! {},
            "{text}"
        );
    }
    assert_eq!(
        parse_filter("{'__proto__': 1, b: 2}", &context()).unwrap(),
        rawdoc! { "__proto__": 1, "b": 2 }
    );
}

#[test]
fn a_sort_is_taken_in_the_forms_of_the_drivers() {
    for text in [
        "{a: 1, b: -1}",
        "{a: 'asc', b: 'desc'}",
        "[['a', 1], ['b', -1]]",
        "{b: -1, ...{}, }",
    ] {
        parse_sort(text, &context()).unwrap();
    }
    assert_eq!(
        parse_sort("[['a', 'asc'], ['b', -1]]", &context()).unwrap(),
        rawdoc! { "a": 1, "b": -1 }
    );
    assert_eq!(parse_sort("'a'", &context()).unwrap(), rawdoc! { "a": 1 });
    assert!(parse_sort("5", &context()).is_err());
    assert!(parse_projection("'a'", &context()).is_err());
}

#[test]
fn nothing_is_executed_and_the_message_says_what_to_write() {
    for (text, message, help) in [
        (
            "{a: process.exit()}",
            "`process` is code, and query text is never executed",
            "mongosh",
        ),
        (
            "{a: require('fs')}",
            "`require` is code, and query text is never executed",
            "mongosh",
        ),
        (
            "for (;;) {}",
            "a loop is code, and query text is never executed",
            "db.orders.find",
        ),
        (
            "{a: () => 1}",
            "a function is code, and query text is never executed",
            "$where",
        ),
        (
            "{a: Isodate('2024-01-01')}",
            "there is no function `Isodate`",
            "did you mean `ISODate(…)`?",
        ),
        (
            "{a: active}",
            "`active` is not known here",
            "a text goes in quotes: `\"active\"`",
        ),
        (
            "db.orders.fnd({})",
            "a collection has no method `fnd`",
            "did you mean `find(…)`?",
        ),
        (
            "db.orders.find({}).srt({})",
            "`srt` cannot follow `find`",
            "did you mean `sort(…)`?",
        ),
        (
            "db.orders.aggregate([]).limit(5)",
            "`limit` cannot follow `aggregate`",
            "{$limit: …}",
        ),
        (
            "db.orders",
            "nothing is asked of the collection `orders`",
            "add `.find()`",
        ),
        (
            "db.a.updateOne({}, {b: 1})",
            "`b` is not an update operator",
            "{$set: {b: …}}",
        ),
        (
            "db.a.deleteMany()",
            "`deleteMany` needs one argument",
            "`{}` for all",
        ),
        (
            "{a: params.since}",
            "there is no parameter `since`",
            "declare it",
        ),
        (
            "{a: [1, 2}",
            "expected `]` to close the `[` before, found `}`",
            "brackets",
        ),
        ("[{}];", "a bare value does not end with `;`", "remove"),
    ] {
        let problem = refusal(text);
        assert_eq!(problem.message, message, "{text}");
        assert!(
            problem.help.as_deref().unwrap_or("").contains(help),
            "{text}: {problem:?}"
        );
    }
}

#[test]
fn all_the_problems_of_a_document_are_told_at_once() {
    let problems = parse("{a: b, c: [d, 1], e: {f: g}}", &context()).unwrap_err();
    let places: Vec<usize> = problems.iter().map(|p| p.span.start).collect();
    assert_eq!(places, [4, 11, 25]);
}

#[test]
fn statements_name_their_database_and_collection() {
    let plain = statement("db.orders.find({a: 1}, {b: 1}).sort({b: -1}).limit(5);");
    assert_eq!(
        (plain.database.as_str(), plain.collection.as_deref()),
        ("shop", Some("orders"))
    );
    assert_eq!(plain.operation, Operation::Find);
    assert_eq!(plain.cursor[0].0, CursorMethod::Sort);
    for text in [
        "db.getSiblingDB('y').a.b.find()",
        "use y\ndb.getCollection('a.b').find()",
        "// first\nuse y;\ndb['a.b'].find()",
        "use y; db.a.getCollection('b').find()",
        "db.getMongo().getDB('y').a.b.find().toArray()",
    ] {
        let found = statement(text);
        assert_eq!(
            (found.database.as_str(), found.collection.as_deref()),
            ("y", Some("a.b")),
            "{text}"
        );
    }
    assert_eq!(statement("use y").operation, Operation::Use);
    assert_eq!(
        statement("show collections").operation,
        Operation::GetCollectionNames
    );
    assert_eq!(
        statement("db.aggregate([{$currentOp: {}}])").collection,
        None
    );
}

#[test]
fn a_value_may_have_a_name_before_its_statement() {
    let found = statement(
        "const day = 1000 * 60 * 60 * 24, n = 7;\nlet at = {$gt: new Date(n * day)};\ndb.a.find({at, n})",
    );
    let RawBson::Document(filter) = &found.arguments[0] else {
        panic!("{found:?}");
    };
    let at = bson::DateTime::from_millis(7 * 86_400_000);
    assert_eq!(*filter, rawdoc! { "at": { "$gt": at }, "n": 7 });
    refusal("var x = {a: 1}; x");
    refusal("const db = 1; db.a.find()");
    refusal("const f = () => 1; db.a.find({a: f})");
    let doubling: String = (0..60)
        .map(|i| format!("const a{} = [a{i}, a{i}];", i + 1))
        .collect();
    refusal(&format!(
        "const a0 = [1, 2]; {doubling} db.a.find({{a: a60}})"
    ));
}

#[test]
fn old_names_become_those_that_say_how_many() {
    for (text, operation, arguments) in [
        ("db.a.insert({a: 1})", Operation::InsertOne, 1),
        ("db.a.insert([{a: 1}])", Operation::InsertMany, 1),
        ("db.a.update({}, {$set: {a: 1}})", Operation::UpdateOne, 2),
        (
            "db.a.update({}, {$set: {a: 1}}, {multi: true})",
            Operation::UpdateMany,
            2,
        ),
        (
            "db.a.update({}, {$set: {a: 1}}, {multi: true, upsert: true})",
            Operation::UpdateMany,
            3,
        ),
        ("db.a.update({}, {a: 1})", Operation::ReplaceOne, 2),
        ("db.a.remove({a: 1})", Operation::DeleteMany, 1),
        ("db.a.remove({a: 1}, true)", Operation::DeleteOne, 1),
        ("db.a.ensureIndex({a: 1})", Operation::CreateIndex, 1),
    ] {
        let found = statement(text);
        assert_eq!(
            (found.operation, found.arguments.len()),
            (operation, arguments),
            "{text}"
        );
    }
}

#[test]
fn a_parameter_is_a_value_and_never_text() {
    let mut context = context();
    context
        .parameters
        .insert("since".into(), RawBson::String("'}, {b: 1".into()));
    context.parameters.insert("days".into(), RawBson::Int32(3));
    let Ok(Input::Value(RawBson::Document(found))) = parse(
        "{a: params.since, b: params.days, c: params.days * 24}",
        &context,
    ) else {
        panic!("not a document");
    };
    assert_eq!(found, rawdoc! { "a": "'}, {b: 1", "b": 3, "c": 72 });
}

#[test]
fn what_would_be_sent_otherwise_than_typed_is_warned_of() {
    for text in [
        "{a: new Date('soon')}",
        "{a: NumberInt('x')}",
        "{a: NumberLong('99999999999999999999')}",
        "{a: UUID('12')}",
        "{a: '\\ud800'}",
    ] {
        assert_eq!(check(text, &context()).unwrap().warnings.len(), 1, "{text}");
    }
    assert!(
        check(
            "{a: ISODate('2024-01-01'), b: NumberLong('5'), c: '\u{fffd}'}",
            &context()
        )
        .unwrap()
        .warnings
        .is_empty()
    );
}

/// Pieces of the language, to be joined at random.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(vec![
            "{",
            "}",
            "[",
            "]",
            "(",
            ")",
            "a",
            ":",
            ",",
            ";",
            "1",
            "-",
            "+",
            "'",
            "\"",
            "`",
            "${",
            "/",
            "\\",
            "//",
            "/*",
            "*/",
            "\n",
            "db",
            ".",
            "find",
            "sort",
            "ObjectId",
            "new ",
            "Date",
            "ISODate",
            "NumberLong",
            "/x/i",
            "...",
            "?",
            "=>",
            "=",
            "!",
            "typeof ",
            "in ",
            "use ",
            "show ",
            "x",
            "0x1F",
            "1e9",
            "10n",
            "null",
            "undefined",
            "function",
            "if",
            "else",
            "<!--",
            "-->",
            "\u{2028}",
            "é",
            "\u{0}",
            "\\u{61}",
            "#",
            "@",
            "?.",
            "**",
            "&&",
            "||",
            "??",
            "params",
            "RegExp",
            "UUID",
            "EJSON.parse",
            "JSON.parse",
            "\"2024-01-01\"",
            ".getTime()",
            ".split(',')",
            "aggregate",
            "updateOne",
            "await ",
            "__proto__",
            "async ",
            "class ",
            "\\ud800",
            "'\\ud800'",
            "x=>x",
        ])
        .prop_map(str::to_owned),
        "[ -~]{0,6}",
        any::<String>().prop_map(|s| s.chars().take(4).collect()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_is_too_strange(pieces in prop::collection::vec(piece(), 0..30)) {
        let text = pieces.concat();
        match check(&text, &context()) {
            Ok(_) => {}
            Err(problems) => {
                prop_assert!(!problems.is_empty());
                for problem in problems {
                    prop_assert!(problem.span.start <= problem.span.end && problem.span.end <= text.len(), "{text:?}: {problem:?}");
                    prop_assert!(text.is_char_boundary(problem.span.start) && text.is_char_boundary(problem.span.end), "{text:?}: {problem:?}");
                    prop_assert!(problem.help.is_some(), "no advice: {text:?}: {problem:?}");
                    prop_assert!(!problem.render("query", &text).is_empty());
                }
            }
        }
    }

    #[test]
    fn a_changed_statement_never_panics(at in 0_usize..200, cut in 0_usize..20, put in piece()) {
        let text = "db.orders.find({_id: ObjectId('507f1f77bcf86cd799439011'), at: {$gte: new Date(2024, 0, 1), $lt: ISODate('2024-02-01')}, n: {$in: [1, 2.5, NumberLong('3')]}}, {a: 1}).sort({at: -1}).limit(10 * 2) // end";
        let at = at.min(text.len());
        let end = (at + cut).min(text.len());
        let _ = check(&format!("{}{put}{}", &text[..at], &text[end..]), &context());
    }
}

#[test]
fn a_filter_of_several_values_is_refused_and_never_one_of_them() {
    for text in [
        "{i: {$gt: 2990}}, {}",
        "{i: {$gt: 2990}}, {i: 1}",
        "({i: 5}, {})",
        "{i: 5} && {}",
        "{i: 5} || {}",
        "1 ? {} : {i: 5}",
        "{i: 5}; {}",
        "{i: 5} {}",
    ] {
        let found = parse_filter(text, &context());
        assert!(found.is_err(), "{text} was taken as {found:?}");
        assert!(parse_sort(text, &context()).is_err(), "{text}");
    }
    let problem = parse_filter("{i: 5}, {}", &context()).unwrap_err();
    assert_eq!(problem.span, Span::new(8, 10));
    assert_eq!(
        parse_filter("({i: 5})", &context()).unwrap(),
        rawdoc! { "i": 5 }
    );
}

#[test]
fn a_filter_without_its_braces_says_so() {
    let problem = parse_filter("i: 5", &context()).unwrap_err();
    assert_eq!(
        problem.help.as_deref(),
        Some("put braces around it: `{i: 5}`")
    );
    assert!(parse_filter("db.c.find({a: 1})", &context()).is_err());
}
