//! A whole project's schema files as people write them, and files that are no schemas.

use std::path::{Path, PathBuf};

use mongodeck::config::models::{self, Unusable};
use mongodeck::model::{NoSources, Severity, reader};
use mongodeck::value::Path as Place;

fn fixture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/model/fixture")
}

fn at(path: &str) -> Place {
    Place::from_dotted(path)
}

#[test]
fn a_project_of_many_files_is_read_as_it_is() {
    let library = models::load(&fixture(), &["models/*.{ts,js}".to_owned()]);
    let mut names: Vec<_> = library.models.iter().map(|m| m.name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["Comment", "Invoice", "Order", "Product", "User"]);
    let model = |name: &str| library.models.iter().find(|m| m.name == name).unwrap();

    let user = model("User");
    let describe = |path: &str| user.field(&at(path)).unwrap().describe();
    assert_eq!(
        describe("email"),
        "String required unique match /^\\S+@\\S+$/ lowercase trim"
    );
    assert_eq!(
        describe("role"),
        "String enum admin | editor | reader default reader"
    );
    assert_eq!(
        describe("address.country"),
        "String required minlength 2 maxlength 2 uppercase"
    );
    assert_eq!(describe("deletedAt"), "Date default null");
    assert!(user.field(&at("createdAt")).is_some());
    let gaps: Vec<_> = user
        .gaps
        .iter()
        .map(|g| (g.line, g.what.as_str()))
        .collect();
    assert_eq!(
        gaps,
        [
            (
                19,
                "`age`: `validate` is a function and cannot be checked here"
            ),
            (38, "a plugin that is not in these files may add fields"),
        ]
    );

    // The sub-schema stands in a file of its own, and says so.
    let address = user
        .schemas
        .iter()
        .find(|s| s.fields.iter().any(|f| f.name == "country"));
    let file = address.and_then(|s| s.file.as_deref()).unwrap_or_default();
    assert!(file.ends_with("shared/address.ts"), "{file}");
    assert_eq!(user.root().file, None);

    let order = model("Order");
    assert_eq!(order.collection, "shop_orders");
    assert_eq!(order.database.as_deref(), Some("shop"));
    assert_eq!(order.domain.as_deref(), Some("Sales"));
    assert_eq!(
        order.field(&at("lines.0.product")).unwrap().describe(),
        "ObjectId required → Product"
    );
    assert_eq!(
        order.field(&at("status")).unwrap().describe(),
        "String enum open | paid | shipped default open"
    );
    let indexes: Vec<_> = order
        .indexes
        .iter()
        .map(mongodeck::model::Index::name)
        .collect();
    assert_eq!(
        indexes,
        ["customer_1", "customer_1_createdAt_-1", "paidAt_1"]
    );
    assert_eq!(
        order.indexes[2].options,
        bson::doc! { "expireAfterSeconds": 2_592_000, "partialFilterExpression": { "status": "paid" } }
    );

    // A schema that contains itself.
    let comment = model("Comment");
    assert!(comment.field(&at("replies.0.replies.1.text")).is_some());
    let nested =
        bson::rawdoc! { "text": "a", "replies": [{ "text": "b", "replies": [{ "replies": [] }] }] };
    let wrong: Vec<_> = comment
        .validate(&nested)
        .into_iter()
        .filter(|v| v.severity == Severity::Error)
        .map(|v| v.path.dotted())
        .collect();
    assert_eq!(wrong, ["replies.0.replies.0.text"]);

    // Variants of one collection.
    let product = model("Product");
    let book = bson::rawdoc! { "name": "x", "kind": "Book", "price": bson::Decimal128::from_bytes([0; 16]) };
    let wrong: Vec<_> = product
        .validate(&book)
        .into_iter()
        .filter(|v| v.severity == Severity::Error)
        .map(|v| v.path.dotted())
        .collect();
    assert_eq!(wrong, ["isbn"]);

    let invoice = model("Invoice");
    assert_eq!(invoice.database.as_deref(), Some("billing"));
    assert_eq!(library.gaps, []);
}

#[test]
fn a_cycle_of_imports_ends_and_is_said() {
    let reading = models::read_file(&fixture().join("cycle/a.js")).unwrap();
    assert_eq!(reading.models.len(), 1);
    assert!(
        reading.gaps.iter().any(|g| g.what.contains("in a cycle")),
        "{:?}",
        reading.gaps
    );
}

#[test]
fn files_that_are_no_schemas_say_so() {
    let reading = reader::read("a.js", "console.log(1 + 1)", &NoSources).unwrap();
    assert!(reading.models.is_empty() && reading.schemas.is_empty());

    let problem = reader::read("a.js", "const a = {\n  b: ,\n};", &NoSources).unwrap_err();
    assert!(
        problem.message.starts_with("not valid JavaScript: "),
        "{problem:?}"
    );
    assert_eq!(problem.position("const a = {\n  b: ,\n};").0, 2);

    let deep = format!("const a = {}1{};", "[".repeat(50_000), "]".repeat(50_000));
    assert_eq!(
        reader::read("a.js", &deep, &NoSources).unwrap_err().message,
        "this nests too deep to be read"
    );

    assert!(matches!(
        models::read_file(&fixture().join("nothing.js")),
        Err(Unusable::Unread(_))
    ));
}

#[test]
fn a_large_file_is_read_whole() {
    let mut text =
        String::from("const { Schema, model } = require('mongoose');\nconst s = new Schema({\n");
    let mut fields = 0;
    while text.len() < 1_000_000 {
        text.push_str(&format!(
            "  field{fields}: {{ type: String, enum: ['a', 'b'], required: true }},\n"
        ));
        fields += 1;
    }
    text.push_str("});\nmodule.exports = model('Large', s);\n");
    let reading = reader::read("large.js", &text, &NoSources).unwrap();
    // With `_id` and `__v`.
    assert_eq!(reading.models[0].fields().len(), fields + 2);
}

#[test]
fn unreadable_parts_are_named_with_their_lines() {
    let text = "const { Schema, model } = require('mongoose');\n\
                const shared = require('some-package');\n\
                model('A', new Schema({\n\
                  ...shared.fields,\n\
                  kind: shared.Kind,\n\
                  level: { type: Number, enum: shared.levels },\n\
                  name: { type: String, match: buildPattern() },\n\
                }));\n";
    let reading = reader::read("a.js", text, &NoSources).unwrap();
    let gaps: Vec<_> = reading.models[0]
        .gaps
        .iter()
        .map(|g| (g.line, g.what.as_str()))
        .collect();
    assert_eq!(
        gaps,
        [
            (
                4,
                "some fields are missing here: what is spread in here cannot be read: it comes from the package `some-package`"
            ),
            (
                5,
                "`kind` cannot be read: it comes from the package `some-package`"
            ),
            (
                6,
                "`level`: `enum` cannot be read: it comes from the package `some-package`"
            ),
            (
                7,
                "`name`: `match` cannot be read: `buildPattern` is not known here"
            ),
        ]
    );
}

#[test]
fn violations_bring_what_mends_them() {
    let text = "const { Schema, model } = require('mongoose');\n\
                model('A', new Schema({ n: Number, when: { type: String, enum: ['3-months', '6-months'] },\n\
                  mail: { type: String, lowercase: true }, on: { type: Boolean, required: true, default: true } }));";
    let reading = reader::read("a.js", text, &NoSources).unwrap();
    let document = bson::rawdoc! { "n": "12", "when": "3-month", "mail": "A@b.c", "on": null };
    let fixes: Vec<_> = reading.models[0]
        .validate(&document)
        .into_iter()
        .map(|v| (v.path.dotted(), v.kind, v.fix.unwrap().label))
        .collect();
    let expected = [
        ("n", "Number", "set to `12` as Number"),
        ("when", "enum", "set to `3-months`"),
        ("mail", "lowercase", "set to `a@b.c`"),
        ("on", "required", "set to the default `true`"),
    ];
    assert_eq!(
        fixes,
        expected.map(|(a, b, c)| (a.to_owned(), b.to_owned(), c.to_owned()))
    );
}

#[test]
fn typescript_types_hold_documents_without_any_schema() {
    let reading = models::read_file(&fixture().join("types/people.ts")).unwrap();
    assert_eq!(reading.gaps, []);
    assert_eq!(reading.models.len(), 1);
    let person = &reading.models[0];
    assert_eq!(person.gaps, []);
    assert_eq!(
        (
            person.name.as_str(),
            person.collection.as_str(),
            person.database.as_deref()
        ),
        ("Person", "people", Some("crm"))
    );
    let describe = |path: &str| person.field(&at(path)).unwrap().describe();
    assert_eq!(
        describe("role"),
        "String required enum admin | editor | reader"
    );
    assert_eq!(
        describe("status"),
        "String required enum open | paid | shipped"
    );
    assert_eq!(describe("level"), "Number enum 1 | 2 | 3");
    assert_eq!(describe("tags"), "[String] required");
    assert_eq!(describe("counts"), "Map of Number required");
    assert_eq!(describe("home.country"), "String required");
    assert_eq!(describe("owner"), "ObjectId required");
    assert_eq!(describe("contact.kind"), "String required enum mail");
    assert_eq!(describe("parent"), "Object");

    let wrong = |document: &bson::RawDocument| -> Vec<(String, String)> {
        person
            .validate(document)
            .into_iter()
            .filter(|v| v.severity == Severity::Error)
            .map(|v| (v.path.dotted(), v.kind))
            .collect()
    };
    let id = bson::oid::ObjectId::from_bytes([1; 12]);
    let good = bson::rawdoc! {
        "_id": id, "owner": id, "name": "", "role": "admin", "status": "paid", "born": bson::DateTime::from_millis(0),
        "tags": [], "counts": { "a": 1 }, "home": { "street": "x", "country": "NO" }, "value": "text",
        "contact": { "kind": "mail", "address": "a@b" }, "nick": null,
    };
    assert_eq!(wrong(&good), []);
    let bad = bson::rawdoc! {
        "_id": id, "owner": "nobody", "name": "x", "role": "boss", "status": "paid", "born": "1970-01-01",
        "tags": ["a", 1], "counts": { "a": "many" }, "home": { "street": "x" }, "value": true, "level": 4,
        "contact": { "kind": "phone", "address": "a@b" },
    };
    let bad: Vec<String> = wrong(&bad)
        .into_iter()
        .map(|(path, kind)| format!("{path} {kind}"))
        .collect();
    assert_eq!(
        bad,
        [
            "owner ObjectId",
            "role enum",
            "born date",
            "tags.1 string",
            "counts.a Number",
            "home.country required",
            "value Union",
            "level enum",
            "contact.kind enum",
        ]
    );
    let names: Vec<_> = reading.schemas.iter().map(|m| m.name.as_str()).collect();
    assert_eq!(names, ["Base", "Contact"]);
}
