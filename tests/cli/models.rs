//! `mongodeck models`: lists, trees, other languages, models told from documents, differences.

use bson::doc;
use mongodb::bson::Document;
use mongodb::options::CreateCollectionOptions;
use serde_json::Value;

use crate::support::program::{Home, Ran};
use crate::support::server::TestDatabase;

const SHOP: &str = "\
// mongodeck: database=shop domain=Sales
import { Schema, model } from 'mongoose';
const lineSchema = new Schema({ sku: { type: String, required: true }, count: { type: Number, min: 1 } }, { _id: false });
const orderSchema = new Schema({
  customer: { type: Schema.Types.ObjectId, ref: 'Customer', required: true },
  state: { type: String, enum: ['open', 'paid'], default: 'open' },
  lines: [lineSchema],
  note: { type: String, validate: (v) => v.length < 9 },
}, { timestamps: true });
orderSchema.index({ customer: 1, createdAt: -1 });
export const Order = model('Order', orderSchema);
export const Customer = model('Customer', new Schema({ name: { type: String, required: true } }));
";

fn shop() -> Home {
    let home = Home::new();
    home.write("work/shop.js", SHOP);
    home
}

fn target(database: &TestDatabase, collection: &str) -> String {
    let (before, options) = database
        .uri()
        .split_once('?')
        .unwrap_or((database.uri(), ""));
    let lead = before.trim_end_matches('/');
    format!("{lead}/{}.{collection}?{options}", database.name)
}

async fn run(home: Home, arguments: &[&str]) -> (Home, Ran) {
    let arguments: Vec<String> = arguments.iter().map(|a| (*a).to_owned()).collect();
    tokio::task::spawn_blocking(move || {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let ran = home.run(&arguments);
        (home, ran)
    })
    .await
    .unwrap()
}

#[test]
fn models_are_listed_with_their_namespaces_gaps_and_sources() {
    let ran = shop().run(&["models", "list", "--model", "shop.js"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    insta::assert_snapshot!(ran.out);
    let ran = shop().run(&["models", "list", "--model", "shop.js", "--format", "json"]);
    let rows: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(rows[0]["name"], "Order");
    assert_eq!(rows[0]["domain"], "Sales");
    assert_eq!(rows[0]["gaps"][0]["line"], 8);
    assert_eq!(rows[0]["source"]["file"], "shop.js");
}

#[test]
fn the_models_of_the_configuration_and_of_globs_are_found() {
    let home = Home::with_config("models = [\"../work/*.js\"]\n");
    home.write("work/shop.js", SHOP);
    let ran = home.run(&["models", "list"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.out.contains("shop.orders"), "{}", ran.out);
    let ran = home.run(&["models", "list", "--models", "shipped:nexstep"]);
    assert_eq!(ran.out.lines().count(), 7, "{}", ran.out);
    let ran = Home::new().run(&["models", "list"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("no model is configured"), "{}", ran.err);
    let ran = shop().run(&["models", "list", "--models", "none/*.js"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("no file matches"), "{}", ran.err);
}

#[test]
fn a_model_is_shown_as_a_tree() {
    let ran = shop().run(&["models", "show", "Order", "--model", "shop.js"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    insta::assert_snapshot!(ran.out);
    let ran = shop().run(&["models", "show", "Ordr", "--model", "shop.js"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("did you mean `Order`"), "{}", ran.err);
}

#[test]
fn models_are_written_to_standard_output_or_one_file_each() {
    let home = shop();
    let ran = home.run(&[
        "models",
        "export",
        "Order",
        "--as",
        "jsonschema",
        "--model",
        "shop.js",
    ]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let schema: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(schema["required"], serde_json::json!(["customer"]));
    assert!(
        ran.err.contains("`Order.note`: `validate` is a function"),
        "{}",
        ran.err
    );
    for (language, part) in [
        ("typescript", "export interface Order {"),
        (
            "mongoose",
            "export const Order = mongoose.model('Order', orderSchema);",
        ),
        ("mermaid", "Customer ||--o{ Order : \"customer\""),
    ] {
        let ran = home.run(&["models", "export", "--as", language, "--model", "shop.js"]);
        assert_eq!(ran.code, 0, "{}", ran.err);
        assert!(ran.out.contains(part), "{}", ran.out);
    }
    let export = [
        "models",
        "export",
        "--as",
        "jsonschema",
        "--out",
        "made",
        "--model",
        "shop.js",
    ];
    let ran = home.run(&export);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let text = std::fs::read_to_string(home.path("work/made/Order.schema.json")).unwrap();
    assert!(text.contains("\"bsonType\""), "{text}");
    assert!(home.path("work/made/Customer.schema.json").is_file());
    // What was written is a model file itself.
    home.write(
        "work/one.json",
        "{ \"customer\": { \"$oid\": \"6650f0c2e13e1a0001a1b2c3\" }, \"state\": \"lost\" }",
    );
    let ran = home.run(&["validate", "--model", "made/Order.schema.json", "one.json"]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert!(ran.out.contains("enum"), "{}", ran.out);
    // And is not written over without being told to.
    let ran = home.run(&export);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("nothing was written"), "{}", ran.err);
    let ran = home.run(&[&export[..], &["--force"]].concat());
    assert_eq!(ran.code, 0, "{}", ran.err);
}

#[test]
fn a_file_that_is_no_model_is_told_apart_and_refused() {
    let home = Home::new();
    home.write(
        "work/broken.js",
        "const a = new Schema({\n  name: String,\n  age: ,\n});\n",
    );
    home.write("work/plain.js", "export const answer = 42;\n");
    home.write("work/binary.js", "x");
    std::fs::write(home.path("work/binary.js"), [0xff, 0xfe, 0, 1, 2, 0x80]).unwrap();
    home.write("work/schema.json", "{ \"bsonType\": \"strnig\" }");
    for (file, words) in [
        (
            "broken.js",
            vec!["not valid JavaScript", "broken.js:3:8", "^"],
        ),
        ("plain.js", vec!["`plain.js` has no schema"]),
        ("binary.js", vec!["it is not UTF-8 text"]),
        ("schema.json", vec!["`strnig` is not a type's name"]),
        ("missing.js", vec!["it is not there"]),
    ] {
        for arguments in [
            vec!["models", "show", "--model", file],
            vec!["validate", "--model", file, "-"],
        ] {
            let ran = home.run(&arguments);
            assert_eq!(ran.code, 2, "{file}: {}", ran.err);
            for word in &words {
                assert!(ran.err.contains(word), "{file}: {}", ran.err);
            }
        }
    }
}

#[test]
fn two_models_are_compared_and_differences_are_an_exit_code() {
    let home = shop();
    home.write(
        "work/next.js",
        &SHOP
            .replace("'open', 'paid'", "'open', 'paid', 'sent'")
            .replace("min: 1", "min: 2")
            .replace(
                "lines: [lineSchema],",
                "lines: [lineSchema],\n  total: Number,",
            ),
    );
    let ran = home.run(&["models", "diff", "shop.js#Order", "next.js#Order"]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    insta::assert_snapshot!(ran.out);
    let ran = home.run(&["models", "diff", "shop.js#Order", "shop.js#Order"]);
    assert_eq!((ran.code, ran.out.as_str()), (0, ""), "{}", ran.err);
    let ran = home.run(&[
        "models",
        "diff",
        "Order",
        "next.js#Order",
        "--model",
        "shop.js",
        "--format",
        "json",
    ]);
    let rows: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(rows.as_array().unwrap().len(), 3, "{rows}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_is_told_from_a_collection_and_compared_with_it() {
    let database = TestDatabase::new("models_infer").await;
    let orders: Vec<Document> = (0..60)
        .map(|i| {
            doc! {
                "customer": bson::oid::ObjectId::new(),
                "state": if i % 3 == 0 { "open" } else { "paid" },
                "lines": [{ "sku": format!("s{i}"), "count": i }],
                "secret\u{1b}[2J": 1,
            }
        })
        .collect();
    database
        .collection("orders")
        .insert_many(orders)
        .await
        .unwrap();
    database
        .collection("customers")
        .insert_one(doc! { "name": "Ada" })
        .await
        .unwrap();
    let uri = target(&database, "orders");
    let (home, ran) = run(shop(), &["models", "infer", &uri, "--first", "0"]).await;
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.out.contains("60 documents"), "{}", ran.out);
    assert!(ran.out.contains("paid 40 · open 20"), "{}", ran.out);
    let (home, ran) = run(
        home,
        &[
            "models", "infer", &uri, "--sample", "50", "--as", "mongoose",
        ],
    )
    .await;
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(
        ran.out
            .contains("customer: { type: Schema.Types.ObjectId, required: true, ref: 'Customer' }"),
        "{}",
        ran.out
    );
    let (home, ran) = run(home, &["models", "infer", &uri, "--as", "json"]).await;
    let told: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(told["documents"], 60);
    assert_eq!(
        told["paths"][2]["kinds"],
        serde_json::json!({ "string": 60 })
    );

    let (home, ran) = run(home, &["models", "diff", "shop.js#Order", &uri]).await;
    assert_eq!(ran.code, 1, "{}", ran.err);
    let paths: Vec<&str> = ran
        .out
        .lines()
        .skip(1)
        .filter_map(|l| l.split_whitespace().next())
        .collect();
    assert_eq!(paths, ["secret\\u001b[2J"], "{}", ran.out);

    let schema = run(
        home,
        &[
            "models",
            "export",
            "Order",
            "--as",
            "jsonschema",
            "--model",
            "shop.js",
        ],
    )
    .await;
    let (home, ran) = schema;
    let schema: Document = serde_json::from_str(&ran.out).unwrap();
    let options = CreateCollectionOptions::builder()
        .validator(doc! { "$jsonSchema": schema })
        .build();
    database
        .database()
        .create_collection("checked")
        .with_options(options)
        .await
        .unwrap();
    let checked = target(&database, "checked");
    let (home, ran) = run(
        home,
        &["models", "diff", "shop.js#Order", &checked, "--validator"],
    )
    .await;
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    let (home, ran) = run(
        home,
        &[
            "models",
            "diff",
            "shop.js#Customer",
            &checked,
            "--validator",
        ],
    )
    .await;
    assert_eq!(ran.code, 1, "{}", ran.err);
    let (_, ran) = run(home, &["models", "infer", &checked]).await;
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("has no document"), "{}", ran.err);
}
