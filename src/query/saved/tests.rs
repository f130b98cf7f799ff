#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use bson::rawdoc;

use super::*;

const FILE: &str = "/**\n * Users who signed up.\n * Month by month.\n *\n * @name user-growth\n * @profile staging\n \
    * @database career_dev\n * @format csv\n * @chart line\n * @param {date} since = 2026-01-01 - the first day\n \
    *   that counts\n * @param {open|closed} status\n * @param {number} most = 10\n */\n\
    db.users.find({at: {$gte: params.since}, status: params.status}).limit(params.most)\n";

fn given(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs
        .iter()
        .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
        .collect()
}

#[test]
fn the_header_says_what_the_statement_is() {
    let query = SavedQuery::parse("file", FILE).unwrap();
    assert_eq!(query.name, "user-growth");
    assert_eq!(query.description, "Users who signed up.\nMonth by month.");
    assert_eq!(query.profile.as_deref(), Some("staging"));
    assert_eq!(query.database.as_deref(), Some("career_dev"));
    assert_eq!(query.format.as_deref(), Some("csv"));
    assert_eq!(query.chart, Some(ChartKind::Lines));
    let names: Vec<_> = query.parameters.iter().map(|p| p.name.as_str()).collect();
    assert_eq!(names, ["since", "status", "most"]);
    assert_eq!(query.parameters[0].help, "the first day that counts");
}

#[test]
fn a_parameter_is_bound_as_a_value_and_never_as_text() {
    let query = SavedQuery::parse("file", FILE).unwrap();
    let values = query
        .bind(
            &given(&[("status", "open"), ("since", "-1d")]),
            10 * 86_400_000,
        )
        .unwrap();
    let checked = query
        .statement(values, &Context::new("career_dev", 0))
        .unwrap();
    let Input::Statement(statement) = checked.input else {
        panic!("a statement");
    };
    let at = bson::DateTime::from_millis(9 * 86_400_000);
    assert_eq!(
        statement.arguments[0],
        RawBson::Document(rawdoc! { "at": { "$gte": at }, "status": "open" })
    );
    assert_eq!(statement.cursor[0].1, [RawBson::Int32(10)]);
    let text = "/** @param {string} name */ db.users.find({name: params.name})";
    let query = SavedQuery::parse("q", text).unwrap();
    let hostile = "'}, {$where: 'sleep(1)'}";
    let values = query.bind(&given(&[("name", hostile)]), 0).unwrap();
    let checked = query.statement(values, &Context::new("d", 0)).unwrap();
    let Input::Statement(statement) = checked.input else {
        panic!("a statement");
    };
    assert_eq!(
        statement.arguments,
        [RawBson::Document(rawdoc! { "name": hostile })]
    );
}

#[test]
fn what_cannot_be_bound_is_said_by_name_with_its_choices() {
    let query = SavedQuery::parse("file", FILE).unwrap();
    let words = |pairs: &[(&str, &str)]| -> Vec<String> {
        query
            .bind(&given(pairs), 0)
            .unwrap_err()
            .iter()
            .map(ToString::to_string)
            .collect()
    };
    assert_eq!(
        words(&[]),
        [
            "the parameter `status` has no value; give it one: `-p status=open` (one of `open`, `closed`)"
        ]
    );
    assert_eq!(
        words(&[("status", "opne"), ("snice", "x")]),
        [
            "the parameter `snice` is none of `user-growth`; did you mean `since`?",
            "the parameter `status` cannot be `opne`; did you mean `open`?; it takes one of `open`, `closed`",
        ]
    );
    assert_eq!(
        words(&[("status", "open"), ("since", "soon"), ("most", "many")]),
        [
            "the parameter `since` cannot be `soon`; it takes a date such as `2026-01-31`, `today` or `-30d`",
            "the parameter `most` cannot be `many`; it takes a number",
        ]
    );
}

#[test]
fn every_type_reads_its_text() {
    let read = |word: &str, text: &str| Type::parse(word).unwrap().read(text, 90_000_000);
    let millis = |n| RawBson::DateTime(bson::DateTime::from_millis(n));
    let cases = [
        ("string", " a ", Some(RawBson::String(" a ".to_owned()))),
        ("string", "null", Some(RawBson::String("null".to_owned()))),
        ("number", "5", Some(RawBson::Int32(5))),
        ("number", "2.5", Some(RawBson::Double(2.5))),
        ("number", "3000000000", Some(RawBson::Double(3e9))),
        ("number", "NaN", None),
        ("long", "5", Some(RawBson::Int64(5))),
        ("bool", "yes", Some(RawBson::Boolean(true))),
        ("bool", "maybe", None),
        ("date", "1970-01-02", Some(millis(86_400_000))),
        ("date", "1970-01-02T00:00:01Z", Some(millis(86_401_000))),
        ("date", "now", Some(millis(90_000_000))),
        ("date", "today", Some(millis(86_400_000))),
        ("date", "-1h", Some(millis(86_400_000))),
        ("date", "null", Some(RawBson::Null)),
        ("date", "2026-13-01", None),
        ("duration", "1.5h", Some(RawBson::Int32(5_400_000))),
        ("duration", "30d", Some(RawBson::Double(2_592_000_000.0))),
        ("duration", "30", None),
        ("objectId", "0123456789abcdef0123456", None),
        ("a|b", "b", Some(RawBson::String("b".to_owned()))),
        (
            "document",
            "{a: 1}",
            Some(RawBson::Document(rawdoc! { "a": 1 })),
        ),
        ("any", "ISODate('1970-01-01')", Some(millis(0))),
    ];
    for (word, text, value) in cases {
        assert_eq!(read(word, text).ok(), value, "{word} {text}");
    }
    let mut list = RawArrayBuf::new();
    list.push(1);
    list.push(2);
    assert_eq!(read("number[]", "1, 2"), Ok(RawBson::Array(list)));
}

use bson::RawArrayBuf;

#[test]
fn every_mistake_of_a_header_has_its_place() {
    let told = |text: &str| -> Vec<String> {
        SavedQuery::parse("q", text)
            .unwrap_err()
            .iter()
            .map(|d| {
                let (line, column) = d.position(text);
                format!("{line}:{column} {}", d.message)
            })
            .collect()
    };
    let text = "// @nmae x\n// @param {dat} since\n// @param {date} since = soon\n// @param date\n\
        // @format xml\n// @chart pie\n// @name a b\n// @format csv\n\
        // @param {date} x y\ndb.c.find()";
    assert_eq!(
        told(text),
        [
            "1:4 `@nmae` is no tag of a saved query",
            "2:12 `dat` is no type",
            "3:24 the default of `since` cannot be `soon`",
            "4:11 a parameter begins with its type",
            "5:12 `xml` is no format",
            "6:11 `pie` is no chart",
            "7:10 this is no name of a saved query",
            "8:4 `@format` stands here a second time",
            "9:20 this is neither a default nor a text",
        ]
    );
    assert_eq!(
        told("// x\n{a: 1}"),
        ["2:1 a saved query is a whole statement"]
    );
    let undeclared = told("db.c.find({a: params.b})");
    assert_eq!(undeclared.len(), 1, "{undeclared:?}");
}

#[test]
fn a_file_without_a_header_is_a_query_of_its_name() {
    let query = SavedQuery::parse("growth", "// Monthly user growth\ndb.users.find()").unwrap();
    assert_eq!(
        (query.name.as_str(), query.summary()),
        ("growth", "Monthly user growth")
    );
    assert!(SavedQuery::parse("a b", "db.users.find()").is_err());
}
