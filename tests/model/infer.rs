//! Models told from documents, held to the documents they were told from.

use bson::{Bson, RawDocumentBuf, doc};
use mongodeck::model::export::Undeclared;
use mongodeck::model::infer::{Inference, Inferred, MOST_PATHS, Subject};
use mongodeck::model::jsonschema::Validator;
use mongodeck::model::{Library, shipped};
use mongodeck::mongo::sandbox::data::World;
use mongodeck::value::{Path, extjson};
use proptest::prelude::*;

fn told(documents: &[bson::Document], collection: &str) -> Inferred {
    let mut inference = Inference::new();
    for document in documents {
        inference.add(&RawDocumentBuf::try_from(document).unwrap());
    }
    inference.finish(&Subject {
        collection,
        ..Subject::default()
    })
}

fn describe(told: &Inferred, path: &str) -> String {
    told.model
        .field(&Path::from_dotted(path))
        .unwrap_or_else(|| panic!("no `{path}`"))
        .describe()
}

#[test]
fn every_sample_document_passes_the_model_told_from_its_collection() {
    let mut count = 0;
    for sample in &World::new().samples {
        let documents = &sample.documents[..sample.documents.len().min(800)];
        let told = told(documents, &sample.namespace.collection);
        assert_eq!(told.documents as usize, documents.len());
        let schema = told.model.to_json_schema(Undeclared::Refused).schema;
        let validator = Validator::parse(&RawDocumentBuf::try_from(&schema).unwrap()).unwrap();
        for document in documents {
            let raw = RawDocumentBuf::try_from(document).unwrap();
            assert_eq!(told.model.validate(&raw), [], "{}", sample.namespace);
            assert_eq!(validator.validate(&raw), [], "{}", sample.namespace);
            count += 1;
        }
    }
    assert!(count > 5_000, "{count}");
}

#[test]
fn what_is_told_of_the_sample_users_is_what_their_model_says() {
    let world = World::new();
    let library: Library = shipped();
    let told = told(world.documents("career_dev", "users"), "users");
    let model = library.named("career_dev", "User").unwrap();
    for name in ["name", "skills", "createdAt"] {
        let own = told.model.field(&Path::from_dotted(name)).unwrap();
        let theirs = model.field(&Path::from_dotted(name)).unwrap();
        assert_eq!(own.kind.label(), theirs.kind.label(), "{name}");
    }
    let timeframe = told.paths.iter().find(|p| p.path == "timeframe").unwrap();
    assert!(timeframe.share() > 0.9, "{timeframe:?}");
    let words: Vec<_> = timeframe.texts.iter().map(|(t, _)| t.as_str()).collect();
    assert!(words.contains(&"6-months"), "{words:?}");
}

#[test]
fn kinds_frequencies_and_ranges_are_told() {
    let documents: Vec<_> = (0..100i32)
        .map(|i| {
            let mut document = doc! {
                "age": if i == 7 { Bson::from("7") } else { Bson::from(i) },
                "score": f64::from(i) / 2.0,
                "n": if i % 4 == 0 { Bson::Null } else { Bson::Int64(i64::from(i)) },
                "at": bson::DateTime::from_millis(1_700_000_000_000 + i64::from(i) * 1000),
                "lines": [{ "sku": format!("s{i}"), "n": i }, { "sku": "x" }],
            };
            if i < 2 {
                document.insert("rare", true);
            }
            document
        })
        .collect();
    let told = told(&documents, "things");
    assert_eq!(describe(&told, "age"), "Number | String required");
    assert_eq!(describe(&told, "n"), "BigInt");
    assert_eq!(describe(&told, "rare"), "Boolean");
    assert_eq!(describe(&told, "lines"), "[Object] required");
    assert_eq!(describe(&told, "lines.0.sku"), "String required");
    assert_eq!(describe(&told, "lines.0.n"), "Number");
    let row = |path: &str| {
        let row = told.paths.iter().find(|p| p.path == path).unwrap();
        format!("{}/{} {}", row.seen, row.of, row.describe())
    };
    assert_eq!(row("age"), "100/100 int 99% · string 1%   0 … 99   7 1");
    assert_eq!(row("rare"), "2/100 bool");
    assert_eq!(row("score"), "100/100 double   0 … 49.5");
    assert_eq!(row("lines"), "100/100 array   2 elements");
    assert_eq!(row("lines[]"), "200/200 object");
    assert_eq!(row("lines[].n"), "100/200 int   0 … 99");
    assert_eq!(
        row("at"),
        "100/100 date   2023-11-14T22:13:20Z … 2023-11-14T22:14:59Z"
    );
}

#[test]
fn an_object_whose_names_are_data_is_a_map_in_bounded_memory() {
    let documents: Vec<_> = (0..3_000)
        .map(|i| doc! { "views": { format!("2024-{i:05}"): i }, "by": { format!("k{}", i % 997): "x" } })
        .collect();
    let told = told(&documents, "stats");
    assert_eq!(describe(&told, "views"), "Map of Number required");
    assert_eq!(describe(&told, "by"), "Map of String required");
    assert!(told.paths.len() < 10, "{}", told.paths.len());
    assert_eq!(told.untold, 0);
}

#[test]
fn more_paths_than_are_looked_at_are_counted_and_not_kept() {
    let documents: Vec<_> = (0..50)
        .map(|i| {
            (0..200)
                .map(|k| (format!("f{}", i * 200 + k), Bson::Int32(k)))
                .collect::<bson::Document>()
        })
        .collect();
    let told = told(&documents, "wide");
    assert_eq!(told.paths.len(), MOST_PATHS);
    assert_eq!(told.untold, 10_000 - MOST_PATHS as u64);
    for document in &documents {
        let raw = RawDocumentBuf::try_from(document).unwrap();
        assert_eq!(told.model.validate(&raw), []);
    }
}

#[test]
fn every_document_of_the_corpora_passes_the_model_told_from_it_alone() {
    for text in [
        include_str!("../oracles/models.jsonl"),
        include_str!("../oracles/jsonschema.jsonl"),
    ] {
        for case in super::oracle::cases(text) {
            let Ok(document) = extjson::parse_document(&case["doc"].to_string()) else {
                continue;
            };
            let mut inference = Inference::new();
            inference.add(&document);
            let told = inference.finish(&Subject::default());
            assert_eq!(told.model.validate(&document), [], "{document:?}");
        }
    }
}

fn value() -> impl Strategy<Value = Bson> {
    let leaf = prop_oneof![
        any::<i32>().prop_map(Bson::Int32),
        any::<i64>().prop_map(Bson::Int64),
        any::<f64>().prop_map(Bson::Double),
        any::<bool>().prop_map(Bson::Boolean),
        "[a-c]{0,2}".prop_map(Bson::String),
        any::<i64>().prop_map(|n| Bson::DateTime(bson::DateTime::from_millis(n))),
        Just(Bson::Null),
        Just(Bson::MinKey),
        Just(Bson::ObjectId(bson::oid::ObjectId::from_bytes([1; 12]))),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Bson::Array),
            proptest::collection::btree_map("[a-d.$]{1,2}", inner, 0..4)
                .prop_map(|m| Bson::Document(m.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn documents_of_any_shape_pass_the_model_told_from_them(
        documents in proptest::collection::vec(
            proptest::collection::btree_map("[a-d]", value(), 0..4), 1..12)
    ) {
        let documents: Vec<bson::Document> = documents.into_iter().map(|m| m.into_iter().collect()).collect();
        let told = told(&documents, "any");
        for document in &documents {
            let raw = RawDocumentBuf::try_from(document).unwrap();
            let violations = told.model.validate(&raw);
            prop_assert!(violations.is_empty(), "{:?} {:?}", document, violations);
        }
    }
}
