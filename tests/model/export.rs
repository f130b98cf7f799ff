//! Models written in other languages, and read back.

use std::collections::HashMap;

use bson::{Document, RawDocumentBuf};
use mongodb::options::CreateCollectionOptions;
use mongodeck::model::export::Undeclared;
use mongodeck::model::jsonschema::Validator;
use mongodeck::model::{Model, Violation, shipped};
use mongodeck::mongo::sandbox::data::World;
use mongodeck::value::extjson;
use serde_json::Value;

use super::oracle::{cases, model_of};
use crate::support::server::TestDatabase;

/// Every document of the corpus with its model and what the model says of it.
fn corpus() -> Vec<(String, String, RawDocumentBuf, Vec<Violation>)> {
    let mut models: HashMap<String, Model> = HashMap::new();
    cases(include_str!("../oracles/models.jsonl"))
        .map(|case| {
            let key = format!("{}#{}", case["schemaId"], case["model"]);
            let model = models.entry(key.clone()).or_insert_with(|| model_of(&case));
            let document = extjson::parse_document(&case["doc"].to_string()).unwrap();
            let violations = model.validate(&document);
            (key, case["id"].to_string(), document, violations)
        })
        .collect()
}

fn validators(undeclared: Undeclared) -> HashMap<String, (Document, Validator)> {
    let mut out = HashMap::new();
    for case in cases(include_str!("../oracles/models.jsonl")) {
        let key = format!("{}#{}", case["schemaId"], case["model"]);
        out.entry(key).or_insert_with(|| {
            let schema = model_of(&case).to_json_schema(undeclared).schema;
            let raw = RawDocumentBuf::try_from(&schema).unwrap();
            let validator = Validator::parse(&raw)
                .unwrap_or_else(|e| panic!("{}: {e}\n{schema}", case["schemaId"]));
            (schema, validator)
        });
    }
    out
}

/// What a schema may refuse although the model lets it pass.
fn is_known_to_differ(id: &str) -> bool {
    // Text of characters outside the basic plane, whose halves Mongoose counts.
    ["\"m0223\""].contains(&id)
}

#[test]
fn a_document_that_breaks_the_model_nowhere_passes_its_schema() {
    let validators = validators(Undeclared::Allowed);
    let (mut passed, mut refused, mut said, mut left) = (0, Vec::new(), 0, 0);
    for (key, id, document, violations) in corpus() {
        let errors = validators[&key].1.validate(&document);
        let is_wrong = violations
            .iter()
            .any(|v| v.severity == mongodeck::model::Severity::Error);
        match (violations.is_empty(), is_wrong, errors.is_empty()) {
            (true, _, true) => passed += 1,
            (true, _, false) if !is_known_to_differ(&id) => {
                refused.push(format!("{id} {key}: {errors:?}\n  {document:?}"));
            }
            (_, true, false) => said += 1,
            (_, true, true) => {
                let first = violations
                    .iter()
                    .find(|v| v.severity == mongodeck::model::Severity::Error);
                println!("  not said: {id} {key}: {:?}", first.map(|v| &v.message));
                left += 1;
            }
            _ => {}
        }
    }
    println!(
        "schemas of models: {passed} documents pass both; of those that break the model {said} are refused by its schema too, {left} are not"
    );
    assert!(refused.is_empty(), "{}", refused.join("\n"));
    assert!(passed > 150, "{passed}");
    // What a schema cannot say stays the exception.
    assert!(left * 8 < said, "{said} {left}");
}

#[tokio::test]
async fn a_real_server_takes_every_schema_and_decides_as_our_own_validator() {
    let database = TestDatabase::new("model_export").await;
    let handle = database.database();
    let mut collections: HashMap<String, (String, Validator)> = HashMap::new();
    for (i, (key, (schema, validator))) in validators(Undeclared::Allowed).into_iter().enumerate() {
        let name = format!("c{i}");
        let options = CreateCollectionOptions::builder()
            .validator(bson::doc! { "$jsonSchema": schema.clone() })
            .build();
        handle
            .create_collection(&name)
            .with_options(options)
            .await
            .unwrap_or_else(|e| panic!("{key}: {e}\n{schema}"));
        collections.insert(key, (name, validator));
    }
    let (mut same, mut other) = (0, Vec::new());
    for (key, id, document, _) in corpus() {
        let (name, validator) = &collections[&key];
        let collection = handle.collection::<RawDocumentBuf>(name);
        // The server gives an `_id` to what has none, and keeps no list as one.
        let mut whole = RawDocumentBuf::new();
        match document.get("_id") {
            Ok(Some(bson::RawBsonRef::Array(_) | bson::RawBsonRef::RegularExpression(_))) => {
                continue;
            }
            Ok(Some(_)) => whole = document.clone(),
            _ => {
                whole.append(bson::raw::cstr!("_id"), bson::oid::ObjectId::new());
                for (name, value) in document.iter().flatten() {
                    whole.append(name, value);
                }
            }
        }
        let taken = match collection.insert_one(&whole).await {
            Ok(done) => {
                collection
                    .delete_one(bson::doc! { "_id": done.inserted_id })
                    .await
                    .unwrap();
                true
            }
            Err(e) if e.to_string().contains("Document failed validation") => false,
            // A name that the server refuses for every collection.
            Err(_) => continue,
        };
        if taken == validator.validate(&whole).is_empty() {
            same += 1;
        } else {
            other.push(format!(
                "{id} {key}: the server took it: {taken}\n  {whole:?}"
            ));
        }
    }
    println!("schemas of models on a server: {same} documents decided the same");
    assert!(other.is_empty(), "{}", other.join("\n"));
    assert!(same > 650, "{same}");
}

#[test]
fn the_sample_documents_pass_the_schemas_of_their_models_but_for_the_planted_ones() {
    let (world, library) = (World::new(), shipped());
    let (mut passed, mut refused) = (0, 0);
    for sample in &world.samples {
        let (database, collection) = (&sample.namespace.database, &sample.namespace.collection);
        let Some(model) = library.for_namespace(database, collection) else {
            continue;
        };
        for undeclared in [Undeclared::Allowed, Undeclared::Refused] {
            let schema = model.to_json_schema(undeclared).schema;
            let validator = Validator::parse(&RawDocumentBuf::try_from(&schema).unwrap()).unwrap();
            // The closed form differs in unknown names alone: a part of the documents shows them.
            let most = match undeclared {
                Undeclared::Allowed => usize::MAX,
                Undeclared::Refused => 200,
            };
            for document in sample.documents.iter().take(most) {
                let raw = RawDocumentBuf::try_from(document).unwrap();
                let violations = model.validate(&raw);
                let errors = validator.validate(&raw);
                if violations.is_empty() {
                    assert_eq!(errors, [], "{} {raw:?}", sample.namespace);
                    passed += 1;
                } else {
                    refused += usize::from(!errors.is_empty());
                }
            }
        }
    }
    println!("sample documents: {passed} pass, {refused} are refused");
    assert!(passed > 5_000 && refused > 20, "{passed} {refused}");
}

#[test]
fn undeclared_fields_are_refused_when_asked() {
    let library = shipped();
    let user = library.named("career_dev", "User").unwrap();
    let document = |extra: bool| {
        let mut document = bson::doc! { "_id": bson::oid::ObjectId::new(), "name": "Ada", "email": "a@b.c", "password": "x",
        "preferences": { "notifications": true }, "createdAt": bson::DateTime::now(), "__v": 0 };
        if extra {
            document.insert("nickname", "A");
        }
        RawDocumentBuf::try_from(&document).unwrap()
    };
    let validator = |undeclared| {
        let schema = user.to_json_schema(undeclared).schema;
        Validator::parse(&RawDocumentBuf::try_from(&schema).unwrap()).unwrap()
    };
    let open = validator(Undeclared::Allowed);
    let closed = validator(Undeclared::Refused);
    assert!(open.validate(&document(true)).is_empty());
    assert!(closed.validate(&document(false)).is_empty());
    assert_eq!(
        closed.validate(&document(true))[0].kind,
        "additionalProperties"
    );
}

#[test]
fn what_a_schema_cannot_say_is_named() {
    let library = shipped();
    let user = library.named("career_dev", "User").unwrap();
    let export = user.to_json_schema(Undeclared::Allowed);
    let notes: Vec<String> = export.notes.iter().map(ToString::to_string).collect();
    assert_eq!(
        notes,
        ["`email`: that it is unique takes an index, not a validator"]
    );
    let schema: Value = serde_json::to_value(&export.schema).unwrap();
    assert_eq!(
        schema["required"],
        serde_json::json!(["name", "email", "password"])
    );
    assert_eq!(
        schema["properties"]["timeframe"],
        serde_json::json!({ "bsonType": ["string", "null"], "enum": ["3-months", "6-months", "1-year", null] })
    );
    assert_eq!(
        schema["properties"]["skills"],
        serde_json::json!({ "bsonType": ["array", "null"], "items": { "bsonType": ["string", "null"] } })
    );
}
