//! Shell text against bytes: every form by a table, everything else by arbitrary documents.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use bson::RawDocument;
use pretty_assertions::assert_eq;
use proptest::prelude::*;

use super::*;
use crate::value::kind::Kind;
use crate::value::path::Path;
use crate::value::raw;
use crate::value::sample;

fn styles() -> [Style; 4] {
    [Style::LINE, Style::INDENTED, Style::COPY, Style::COPY_LINE]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_document_comes_back_from_its_text_byte_for_byte(document in sample::document()) {
        for style in styles() {
            let text = print_document(&document, &style).unwrap();
            let back = parse_document(&text).unwrap_or_else(|p| panic!("{text}\n{p:?}"));
            prop_assert_eq!(back.document.as_bytes(), document.as_bytes(), "{}", text);
        }
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in sample::text()) {
        let _ = parse_value(&text);
        let _ = parse_document(&format!("{{a: {text}, b: [{text}], c: ({text})"));
    }

    #[test]
    fn damaged_bytes_are_an_error_or_text_and_never_a_panic(bytes in sample::damaged()) {
        let document = RawDocument::from_bytes(&bytes).unwrap();
        let _ = raw::check(document);
        for style in styles() {
            let _ = print_document(document, &style);
        }
    }

    #[test]
    fn a_mangled_text_gives_diagnostics_inside_of_it(
        document in sample::document(), at in any::<prop::sample::Index>(), with in "[{}\\[\\]()'\"`,:/x0. ]{0,2}",
    ) {
        let mut text = print_document(&document, &Style::INDENTED).unwrap();
        let mut at = at.index(text.len());
        while !text.is_char_boundary(at) { at -= 1; }
        let end = at + text[at..].chars().next().map_or(0, char::len_utf8);
        text.replace_range(at..end, &with);
        if let Err(problems) = parse_document(&text) {
            prop_assert!(!problems.is_empty());
            for p in problems {
                prop_assert!(p.span.start <= p.span.end && p.span.end <= text.len(), "{:?}", p);
                prop_assert!(text.is_char_boundary(p.span.start) && text.is_char_boundary(p.span.end));
            }
        }
    }
}

fn printed(text: &str, style: &Style) -> String {
    let parsed = parse_value(text).unwrap_or_else(|p| panic!("{text}: {p:?}"));
    print(parsed.as_raw(), style).unwrap()
}

#[test]
fn each_literal_reads_as_its_kind_and_prints_in_its_own_form() {
    use Kind::*;
    for (text, kind, line, copy) in [
        ("5", Int32, "5", "5"),
        ("+1", Int32, "1", "1"),
        ("-2147483648", Int32, "-2147483648", "-2147483648"),
        ("0x1F", Int32, "31", "31"),
        ("2147483648", Double, "2147483648.0", "Double(2147483648)"),
        ("1_000", Int32, "1000", "1000"),
        ("5.0", Double, "5.0", "Double(5)"),
        ("5.5", Double, "5.5", "5.5"),
        (".5", Double, "0.5", "0.5"),
        ("5.", Double, "5.0", "Double(5)"),
        ("1e3", Double, "1000.0", "Double(1000)"),
        ("1e300", Double, "1e300", "1e300"),
        ("-0", Double, "-0.0", "Double(-0)"),
        ("-0.0", Double, "-0.0", "Double(-0)"),
        ("Double(-0)", Double, "-0.0", "Double(-0)"),
        ("Double('5')", Double, "5.0", "Double(5)"),
        ("NaN", Double, "NaN", "NaN"),
        ("-Infinity", Double, "-Infinity", "-Infinity"),
        (
            "Double('NaN(0x7ff8000000000001)')",
            Double,
            "Double('NaN(0x7ff8000000000001)')",
            "Double('NaN(0x7ff8000000000001)')",
        ),
        ("NumberInt('7')", Int32, "7", "7"),
        ("Int32(7)", Int32, "7", "7"),
        ("NumberLong(5)", Int64, "NumberLong('5')", "NumberLong('5')"),
        (
            "NumberLong(9007199254740993)",
            Int64,
            "NumberLong('9007199254740993')",
            "NumberLong('9007199254740993')",
        ),
        (
            "Long.fromString('-9223372036854775808')",
            Int64,
            "NumberLong('-9223372036854775808')",
            "NumberLong('-9223372036854775808')",
        ),
        (
            "new Decimal128('1.50')",
            Decimal128,
            "NumberDecimal('1.50')",
            "NumberDecimal('1.50')",
        ),
        (
            "ObjectId('65a1b2c3d4e5f60718293a4b')",
            ObjectId,
            "ObjectId('65a1b2c3d4e5f60718293a4b')",
            "ObjectId('65a1b2c3d4e5f60718293a4b')",
        ),
        (
            "new ObjectId(\"65A1B2C3D4E5F60718293A4B\")",
            ObjectId,
            "ObjectId('65a1b2c3d4e5f60718293a4b')",
            "ObjectId('65a1b2c3d4e5f60718293a4b')",
        ),
        (
            "new Date('2026-03-01')",
            Date,
            "ISODate('2026-03-01T00:00:00.000Z')",
            "ISODate('2026-03-01T00:00:00.000Z')",
        ),
        (
            "ISODate('2026-03-01T11:12+02:00')",
            Date,
            "ISODate('2026-03-01T09:12:00.000Z')",
            "ISODate('2026-03-01T09:12:00.000Z')",
        ),
        (
            "new Date(9223372036854775807)",
            Date,
            "new Date(9223372036854775807)",
            "new Date(9223372036854775807)",
        ),
        (
            "UUID('00112233-4455-6677-8899-aabbccddeeff')",
            Binary,
            "UUID('00112233-4455-6677-8899-aabbccddeeff')",
            "UUID('00112233-4455-6677-8899-aabbccddeeff')",
        ),
        (
            "BinData(2, 'AQID')",
            Binary,
            "BinData(2, 'AQID')",
            "BinData(2, 'AQID')",
        ),
        (
            "HexData(0, '010203')",
            Binary,
            "BinData(0, 'AQID')",
            "BinData(0, 'AQID')",
        ),
        (
            "Timestamp(1, 4294967295)",
            Timestamp,
            "Timestamp({ t: 1, i: 4294967295 })",
            "Timestamp({ t: 1, i: 4294967295 })",
        ),
        (
            "/a[/]b/i",
            Regex,
            "BSONRegExp('a[/]b', 'i')",
            "BSONRegExp('a[/]b', 'i')",
        ),
        ("/^a.*b$/mi", Regex, "/^a.*b$/im", "/^a.*b$/im"),
        (
            "RegExp('a/b', 'x')",
            Regex,
            "BSONRegExp('a/b', 'x')",
            "BSONRegExp('a/b', 'x')",
        ),
        ("MinKey()", MinKey, "MinKey()", "MinKey()"),
        ("MaxKey", MaxKey, "MaxKey()", "MaxKey()"),
        ("undefined", Undefined, "undefined", "undefined"),
        ("Symbol('x')", Symbol, "BSONSymbol('x')", "BSONSymbol('x')"),
        ("Code('f()')", Code, "Code('f()')", "Code('f()')"),
        (
            "Code('f()', {a: 1})",
            CodeWithScope,
            "Code('f()', { a: 1 })",
            "Code('f()', { a: 1 })",
        ),
        (
            "DBPointer('a.b', ObjectId('65a1b2c3d4e5f60718293a4b'))",
            DbPointer,
            "DBPointer('a.b', ObjectId('65a1b2c3d4e5f60718293a4b'))",
            "DBPointer('a.b', ObjectId('65a1b2c3d4e5f60718293a4b'))",
        ),
        ("\"it's\"", String, "\"it's\"", "\"it's\""),
        ("`two\nlines`", String, "'two\\nlines'", "'two\\nlines'"),
        (
            "'\\x41\\u{1F600}\\uD83D\\uDE00\\'\\\n'",
            String,
            "\"A😀😀'\"",
            "\"A😀😀'\"",
        ),
        (
            "'\\u202e\\x1b'",
            String,
            "'\\u202e\\u001b'",
            "'\\u202e\\u001b'",
        ),
        ("[1, 2,]", Array, "[1, 2]", "[\n  1,\n  2\n]"),
        ("[]", Array, "[]", "[]"),
        ("({})", Document, "{}", "{}"),
        (
            "{a: 1, 'b c': {}, /* x */ 3: [] // y\n}",
            Document,
            "{ a: 1, 'b c': {}, '3': [] }",
            "{\n  a: 1,\n  'b c': {},\n  '3': []\n}",
        ),
        (
            "{$oid: '65a1b2c3d4e5f60718293a4b'}",
            ObjectId,
            "ObjectId('65a1b2c3d4e5f60718293a4b')",
            "ObjectId('65a1b2c3d4e5f60718293a4b')",
        ),
        (
            "{['$oid']: '65a1b2c3d4e5f60718293a4b'}",
            Document,
            "{ ['$oid']: '65a1b2c3d4e5f60718293a4b' }",
            "{\n  ['$oid']: '65a1b2c3d4e5f60718293a4b'\n}",
        ),
        (
            "{$oid: 'short'}",
            Document,
            "{ $oid: 'short' }",
            "{\n  $oid: 'short'\n}",
        ),
        (
            "{\"$date\": {\"$numberLong\": \"-1\"}}",
            Date,
            "ISODate('1969-12-31T23:59:59.999Z')",
            "ISODate('1969-12-31T23:59:59.999Z')",
        ),
        (
            "{$date: '2026-03-01T09:12:00Z'}",
            Date,
            "ISODate('2026-03-01T09:12:00.000Z')",
            "ISODate('2026-03-01T09:12:00.000Z')",
        ),
        ("{$numberDouble: '-0.0'}", Double, "-0.0", "Double(-0)"),
        (
            "{$numberLong: '5'}",
            Int64,
            "NumberLong('5')",
            "NumberLong('5')",
        ),
        (
            "{$binary: {base64: 'AQID', subType: '80'}}",
            Binary,
            "BinData(128, 'AQID')",
            "BinData(128, 'AQID')",
        ),
        (
            "{$timestamp: {t: 1, i: 2}}",
            Timestamp,
            "Timestamp({ t: 1, i: 2 })",
            "Timestamp({ t: 1, i: 2 })",
        ),
        (
            "{$regularExpression: {pattern: 'a', options: 'i'}}",
            Regex,
            "/a/i",
            "/a/i",
        ),
        (
            "{$regex: 'a', $options: 'i'}",
            Document,
            "{ $regex: 'a', $options: 'i' }",
            "{\n  $regex: 'a',\n  $options: 'i'\n}",
        ),
        ("{$minKey: 1}", MinKey, "MinKey()", "MinKey()"),
    ] {
        let parsed = parse_value(text).unwrap_or_else(|p| panic!("{text}: {p:?}"));
        assert_eq!(parsed.value.kind(), kind, "{text}");
        assert_eq!(printed(text, &Style::LINE), line, "{text}");
        assert_eq!(printed(text, &Style::COPY), copy, "{text}");
    }
}

#[test]
fn a_text_that_is_no_document_says_where_and_what_to_do() {
    for (text, at, message) in [
        ("", 0, "a value is missing"),
        ("5", 0, "a document is needed here, this is an Int32"),
        ("{a: }", 4, "a value is missing"),
        ("{a 1}", 3, "`:` is missing"),
        ("{a: 1 b: 2}", 6, "`,` is missing"),
        ("{a: 1", 0, "this `{` is never closed"),
        ("{a: 'x}", 4, "this string is never closed"),
        ("{a: 'x\n'}", 4, "this string is not closed on its line"),
        ("{a: yes}", 4, "`yes` is not a value"),
        (
            "{a: ObjectId()}",
            4,
            "`ObjectId()` without an id would be another one each time",
        ),
        (
            "{a: ObjectId('12')}",
            4,
            "an ObjectId has 24 hexadecimal digits, this text has 2 characters",
        ),
        ("{a: ObjectID}", 4, "`ObjectID` is not a value"),
        (
            "{a: 9007199254740993}",
            4,
            "a double cannot hold this integer exactly",
        ),
        ("{a: 07}", 4, "a number cannot start with 0"),
        ("{a: 5n}", 4, "this is not a number"),
        (
            "{a: `${x}`}",
            5,
            "nothing is evaluated here, so `${` cannot be read",
        ),
        ("{'a\\0b': 1}", 1, "a name cannot hold the character NUL"),
        ("{a: 1} x", 7, "there is more text after the value"),
        ("{a: [1}", 6, "the brackets do not match"),
        (
            "{a: NumberInt(2147483648)}",
            4,
            "this is not a 32-bit integer",
        ),
        ("{a: new Date('soon')}", 13, "this is not a date"),
        (
            "{a: '\\ud800'}",
            5,
            "half of a surrogate pair is no character",
        ),
        ("{a: 1 /* x", 6, "this comment is never closed"),
    ] {
        let problems = parse_document(text).unwrap_err();
        assert_eq!(
            (problems[0].span.start, problems[0].message.as_str()),
            (at, message),
            "{text}"
        );
    }
}

#[test]
fn one_reading_finds_several_problems() {
    let text = "{a: yes, b: 'fine', c: [1, no, {d: }], e: 07}";
    let problems = parse_document(text).unwrap_err();
    let starts: Vec<usize> = problems.iter().map(|p| p.span.start).collect();
    assert_eq!(starts, [4, 27, 35, 42]);
}

#[test]
fn ten_thousand_brackets_are_a_diagnostic() {
    for text in [
        "[".repeat(10_000),
        "{a:".repeat(10_000),
        "(".repeat(10_000),
        "Code(".repeat(10_000),
    ] {
        let problems = parse_value(&text).unwrap_err();
        assert_eq!(problems.len(), 1);
        assert_eq!(problems[0].message, "this nests deeper than 250 levels");
    }
}

#[test]
fn a_made_up_id_comes_from_the_caller_alone() {
    let mut next = || bson::oid::ObjectId::from_bytes([7; 12]);
    let generated = Generated {
        now: 1,
        object_id: &mut next,
    };
    let parsed = parse_document_with("{_id: ObjectId(), at: new Date()}", Some(generated)).unwrap();
    assert_eq!(
        print_document(&parsed.document, &Style::LINE).unwrap(),
        "{ _id: ObjectId('070707070707070707070707'), at: ISODate('1970-01-01T00:00:00.001Z') }"
    );
}

#[test]
fn a_path_finds_its_place_in_the_text_and_a_place_its_path() {
    let text = "{a: 1, b: [10, {c: 'x'}], d: {$oid: '65a1b2c3d4e5f60718293a4b'}, e: Code('', {a: 1}), f: 2}";
    let parsed = parse_document(text).unwrap();
    for (path, key, value) in [
        (Path::root().key("a"), "a", "1"),
        (Path::root().key("b").index(0), "", "10"),
        (Path::root().key("b").index(1).key("c"), "c", "'x'"),
        (
            Path::root().key("d"),
            "d",
            "{$oid: '65a1b2c3d4e5f60718293a4b'}",
        ),
        (Path::root().key("f"), "f", "2"),
    ] {
        let place = parsed.place(&path).unwrap();
        assert_eq!(&text[place.key.start..place.key.end], key);
        assert_eq!(&text[place.value.start..place.value.end], value);
        assert_eq!(parsed.path_at(place.value.start), path);
    }
    assert_eq!(parsed.place(&Path::root().key("z")), None);
    assert_eq!(parsed.path_at(0), Path::root());
}

#[test]
fn repeated_names_keep_their_order_and_their_values() {
    let parsed = parse_document("{b: 1, a: 2, b: 3}").unwrap();
    assert_eq!(
        print_document(&parsed.document, &Style::LINE).unwrap(),
        "{ b: 1, a: 2, b: 3 }"
    );
}
