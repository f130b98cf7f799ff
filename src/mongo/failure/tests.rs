#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::io;

use bson::doc;
use mongodb::error::CommandError;

use super::*;

fn scene() -> Scene {
    Scene {
        hosts: vec!["localhost:27017".to_owned()],
        user: Some("ann".to_owned()),
        namespace: Some(Namespace::new("shop", "orders")),
        ..Scene::default()
    }
}

fn of(code: i32, message: &str) -> Failure {
    of_server(
        &Said {
            code,
            message: message.to_owned(),
            ..Said::default()
        },
        &scene(),
    )
}

fn io_error(kind: io::ErrorKind, words: &str) -> Error {
    Error::from(io::Error::new(kind, words.to_owned()))
}

#[test]
fn a_connection_that_cannot_be_made_says_why_and_what_next() {
    use io::ErrorKind as K;
    let table = [
        (
            K::ConnectionRefused,
            "Connection refused (os error 111)",
            FailureKind::Unreachable,
            "cannot reach `localhost:27017`: connection refused; is the server running?",
        ),
        (
            K::TimedOut,
            "timed out",
            FailureKind::Unreachable,
            "cannot reach `localhost:27017`: no answer in time; check the address, the firewall and the VPN",
        ),
        (
            K::Other,
            "failed to lookup address information: Name or service not known",
            FailureKind::Unreachable,
            "cannot reach `localhost:27017`: the host name cannot be resolved; check the spelling of the host and the DNS",
        ),
        (
            K::InvalidData,
            "invalid peer certificate: UnknownIssuer",
            FailureKind::Tls,
            "cannot reach `localhost:27017`: its certificate is signed by an unknown authority; name the authority's certificate in `tls.ca_file`",
        ),
        (
            K::InvalidData,
            "invalid peer certificate: NotValidForName",
            FailureKind::Tls,
            "cannot reach `localhost:27017`: its certificate is for another host name; use a host name that the certificate names",
        ),
        (
            K::InvalidData,
            "received corrupt message of type InvalidContentType",
            FailureKind::Tls,
            "cannot reach `localhost:27017`: it does not speak TLS; turn TLS off for this profile, or use the server's TLS port",
        ),
        (
            K::ConnectionReset,
            "Connection reset by peer (os error 104)",
            FailureKind::Unreachable,
            "cannot reach `localhost:27017`: the connection was closed; the server may have been stopped, takes no more connections, or expects TLS",
        ),
    ];
    for (kind, words, expected, text) in table {
        let failure = translate(&io_error(kind, words), &scene());
        assert_eq!(
            (failure.kind, failure.to_string().as_str()),
            (expected, text)
        );
    }
}

#[test]
fn a_write_whose_answer_does_not_come_has_an_unknown_outcome() {
    let writing = Scene {
        writing: true,
        ..scene()
    };
    let broken = io_error(io::ErrorKind::ConnectionReset, "Connection reset by peer");
    assert_eq!(
        translate(&broken, &writing).kind,
        FailureKind::UnknownOutcome
    );
    assert_eq!(translate(&broken, &scene()).kind, FailureKind::Unreachable);
    // Nothing was sent where nobody listens.
    let refused = io_error(io::ErrorKind::ConnectionRefused, "Connection refused");
    assert_eq!(translate(&refused, &writing).kind, FailureKind::Unreachable);
}

#[test]
fn each_code_of_the_server_has_its_kind_and_its_words() {
    use FailureKind as F;
    let table = [
        (
            18,
            "Authentication failed.",
            F::Authentication,
            "the server did not accept the credentials of `ann`",
        ),
        (
            13,
            "not authorized on shop to execute command { update: \"orders\", secret: 1 }",
            F::Permission,
            "user `ann` may not do that: not authorized on shop to run `update`",
        ),
        (
            13,
            "command find requires authentication",
            F::Authentication,
            "the server requires a login",
        ),
        (
            50,
            "operation exceeded time limit",
            F::Timeout,
            "it took longer than `max_time` allows, and was stopped by the server",
        ),
        (
            11601,
            "operation was interrupted",
            F::Cancelled,
            "it was stopped on the server",
        ),
        (
            10107,
            "not primary",
            F::Unreachable,
            "the server is not the primary of its set (any more)",
        ),
        (
            11000,
            "E11000 duplicate key error collection: shop.orders index: email_1 dup key: { email: \"a@b.c\" }",
            F::DuplicateKey,
            "unique index `email_1` has `{ email: \"a@b.c\" }` already",
        ),
        (
            66,
            "Performing an update on the path '_id' would modify the immutable field '_id'",
            F::ImmutableField,
            "`_id` of a document cannot be changed",
        ),
        (
            10334,
            "BSONObj size is invalid",
            F::TooLarge,
            "the document is larger than the 16 MiB that a document may have",
        ),
        (
            43,
            "cursor id 1 not found",
            F::Gone,
            "the server's cursor is gone",
        ),
        (
            26,
            "ns not found",
            F::Gone,
            "`shop.orders` does not exist (any more)",
        ),
        (
            2,
            "unknown operator: $foo",
            F::Query,
            "the server does not accept this: unknown operator: $foo",
        ),
        (
            9,
            "Failed to parse: x",
            F::Query,
            "the server does not accept this: failed to parse: x",
        ),
    ];
    for (code, message, kind, summary) in table {
        let failure = of(code, message);
        assert_eq!(
            (failure.kind, failure.summary.as_str()),
            (kind, summary),
            "{code}"
        );
        assert_eq!(failure.code, Some(code));
    }
}

#[test]
fn a_script_that_is_interrupted_when_its_time_is_over_is_told_as_out_of_time() {
    let said = Said {
        code: 11_601,
        message: "JavaScript execution interrupted".to_owned(),
        ..Said::default()
    };
    assert_eq!(of_server(&said, &scene()).kind, FailureKind::Cancelled);
    let late = Scene {
        out_of_time: true,
        ..scene()
    };
    let failure = of_server(&said, &late);
    assert_eq!(failure.kind, FailureKind::Timeout);
    assert!(failure.to_string().contains("`max_time`"), "{failure}");
}

#[test]
fn a_drivers_error_of_a_command_keeps_its_code_and_never_its_own_print() {
    let command: CommandError = bson::deserialize_from_document(doc! {
        "code": 13, "codeName": "Unauthorized", "errmsg": "not authorized on a to execute command { x: 1 }",
    })
    .unwrap();
    let failure = translate(&Error::from(ErrorKind::Command(command)), &scene());
    assert_eq!(failure.kind, FailureKind::Permission);
    assert_eq!(failure.code_name.as_deref(), Some("Unauthorized"));
    assert!(!failure.to_string().contains("Kind:"), "{failure}");
}

#[test]
fn the_monitors_trouble_explains_why_no_server_can_be_selected() {
    let troubled = Scene {
        troubles: vec![(
            "10.0.0.1:1".to_owned(),
            io_error(io::ErrorKind::ConnectionRefused, "Connection refused"),
        )],
        ..scene()
    };
    let failure = of_selection("Server selection timeout: No available servers.", &troubled);
    assert_eq!(
        failure.summary,
        "cannot reach `10.0.0.1:1`: connection refused"
    );
    let no_primary = of_selection(
        "Server selection timeout: No available servers. Topology: { Type: ReplicaSetNoPrimary, … }",
        &scene(),
    );
    assert_eq!(
        no_primary.summary,
        "the set of `localhost:27017` has no primary at the moment"
    );
}

#[test]
fn control_characters_of_a_server_do_not_pass() {
    let failure = of(2, "bad \u{1b}]52;c;x\u{7} \u{9b}31m \u{202e}txt");
    assert!(
        !format!("{} {}", failure.summary, failure.detail)
            .chars()
            .any(|c| c.is_control() || c == '\u{202e}'),
        "{failure:?}"
    );
}

fn told(info: &bson::Document) -> Vec<String> {
    refusals(info)
        .iter()
        .map(|r| format!("{}: {}", r.path, r.message))
        .collect()
}

#[test]
fn a_schemas_refusals_are_told_path_by_path() {
    // The shape in which a server answers, keyword by keyword.
    let info = doc! { "failingDocumentId": 1, "details": { "operatorName": "$jsonSchema", "schemaRulesNotSatisfied": [
        { "operatorName": "properties", "propertiesNotSatisfied": [
            { "propertyName": "age", "details": [
                { "operatorName": "bsonType", "specifiedAs": { "bsonType": "int" }, "reason": "type did not match", "consideredValue": "12", "consideredType": "string" },
            ] },
            { "propertyName": "size", "details": [
                { "operatorName": "minimum", "specifiedAs": { "minimum": 3 }, "reason": "comparison failed", "consideredValue": 1 },
            ] },
            { "propertyName": "over", "details": [
                { "operatorName": "maximum", "specifiedAs": { "maximum": 3, "exclusiveMaximum": true }, "reason": "comparison failed", "consideredValue": 3 },
            ] },
            { "propertyName": "name", "details": [
                { "operatorName": "maxLength", "specifiedAs": { "maxLength": 3 }, "reason": "specified string length was not satisfied", "consideredValue": "Adam" },
                { "operatorName": "pattern", "specifiedAs": { "pattern": "^B" }, "reason": "regular expression did not match", "consideredValue": "Adam" },
            ] },
            { "propertyName": "goal", "details": [
                { "operatorName": "enum", "specifiedAs": { "enum": ["a", "b"] }, "reason": "value was not found in enum", "consideredValue": "c" },
            ] },
            { "propertyName": "tags", "details": [
                { "operatorName": "items", "reason": "At least one item did not match the sub-schema", "itemIndex": 1, "details": [
                    { "operatorName": "bsonType", "specifiedAs": { "bsonType": ["string", "null"] }, "reason": "type did not match", "consideredValue": 1, "consideredType": "int" },
                ] },
                { "operatorName": "uniqueItems", "specifiedAs": { "uniqueItems": true }, "reason": "found a duplicate item", "consideredValue": [1, 1], "duplicatedValue": 1 },
                { "operatorName": "minItems", "specifiedAs": { "minItems": 3 }, "reason": "array did not match specified length", "consideredValue": [1, 1] },
            ] },
            { "propertyName": "address", "details": [
                { "operatorName": "required", "specifiedAs": { "required": ["zip"] }, "missingProperties": ["zip"] },
            ] },
            { "propertyName": "choice", "details": [
                { "operatorName": "anyOf", "schemasNotSatisfied": [
                    { "index": 0, "details": [{ "operatorName": "bsonType", "specifiedAs": { "bsonType": "int" }, "consideredValue": "x", "consideredType": "string" }] },
                    { "index": 1, "details": [{ "operatorName": "bsonType", "specifiedAs": { "bsonType": "bool" }, "consideredValue": "x", "consideredType": "string" }] },
                ] },
            ] },
        ] },
        { "operatorName": "required", "specifiedAs": { "required": ["email", "goal"] }, "missingProperties": ["email"] },
        { "operatorName": "additionalProperties", "specifiedAs": { "additionalProperties": false }, "additionalProperties": ["extra"] },
        { "operatorName": "somethingNew", "specifiedAs": { "somethingNew": 1 }, "reason": "it did not like it" },
    ] } };
    assert_eq!(
        told(&info),
        [
            "age: must be of type `int`, and is a `string`",
            "size: must be at least `3`, and is `1`",
            "over: must be below `3`, and is `3`",
            "name: must have at most `3` characters, and is `'Adam'`",
            "name: must match the pattern `'^B'`, and is `'Adam'`",
            "goal: must be one of `a`, `b`, and is `'c'`",
            "tags[1]: must be of one of the types `string`, `null`, and is a `int`",
            "tags: must not hold an element twice, and `1` is",
            "tags: must have at least `3` elements, and has `2`",
            "address.zip: is required, and missing",
            "choice: matches none of the rules of which it must match one: must be of type `int`, and is a `string`; or must be of type `bool`, and is a `string`",
            "email: is required, and missing",
            "extra: is not among the fields that are allowed",
            ": does not hold to the rule `somethingNew`: it did not like it",
        ]
    );
}

#[test]
fn a_query_validators_refusals_are_told_too() {
    let info = doc! { "details": { "operatorName": "$and", "clausesNotSatisfied": [
        { "index": 0, "details": { "operatorName": "$gt", "specifiedAs": { "a.b": { "$gt": 1 } }, "reason": "comparison failed", "consideredValue": 0 } },
        { "index": 1, "details": { "operatorName": "$exists", "specifiedAs": { "c": { "$exists": true } }, "reason": "path does not exist" } },
        { "index": 2, "details": { "operatorName": "$expr", "specifiedAs": { "$expr": { "$lt": ["$x", "$y"] } }, "reason": "expression did not match", "expressionResult": false } },
    ] } };
    let told = told(&info);
    assert_eq!(told[0], "a.b: must be above `1`, and is `0`");
    assert_eq!(told[1], "c: must be there");
    assert!(told[2].starts_with(": the expression `"), "{}", told[2]);
}

#[test]
fn a_reply_of_absurd_depth_is_cut() {
    let mut inner = doc! { "operatorName": "bsonType", "specifiedAs": { "bsonType": "int" } };
    for _ in 0..2_000 {
        inner = doc! { "operatorName": "items", "itemIndex": 0, "details": [inner] };
    }
    let _ = refusals(&doc! { "details": inner });
}

#[test]
fn a_write_on_a_connection_that_the_monitor_gave_up_may_have_been_done() {
    assert!(was_interrupted(
        "Connection to localhost:27017 interrupted due to server monitor timeout"
    ));
    assert!(!was_interrupted(
        "Connection pool for localhost:27017 cleared because another operation failed with: x"
    ));
}
