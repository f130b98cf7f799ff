//! The sample data against the shipped models: what is planted is found, and nothing else.

use std::collections::BTreeSet;
use std::sync::Arc;

use bson::{Document, RawDocumentBuf, doc};
use mongodeck::model::drift::{Findings, IndexDrift, Tally, indexes};
use mongodeck::model::shipped;
use mongodeck::mongo::sandbox::data::World;

/// Every example of a tally: id and path.
fn found(namespace: &str, findings: &Findings) -> Vec<String> {
    let mut list = Vec::new();
    for group in &findings.groups {
        assert_eq!(
            group.documents,
            group.examples.len() as u64,
            "{namespace} {} {}: {}",
            group.place,
            group.kind,
            group.message
        );
        for example in &group.examples {
            list.push(format!(
                "{namespace} {:?} {}",
                example.id,
                example.path.dotted()
            ));
        }
    }
    list
}

#[test]
fn the_sample_data_break_their_models_where_that_is_planted_and_nowhere_else() {
    let world = World::new();
    let library = shipped();
    let mut all = BTreeSet::new();
    let mut models = 0;
    for sample in &world.samples {
        let name = &sample.namespace;
        let Some(model) = library.for_namespace(&name.database, &name.collection) else {
            continue;
        };
        models += 1;
        let mut tally = Tally::new(Arc::clone(&model));
        for document in &sample.documents {
            tally.add(&RawDocumentBuf::try_from(document).unwrap());
        }
        let findings = tally.findings();
        assert_eq!(findings.documents, sample.documents.len() as u64);
        all.extend(found(&name.to_string(), &findings));
    }
    assert_eq!(
        models,
        library.models.len(),
        "a model without its collection"
    );
    let planted: BTreeSet<String> = world
        .planted
        .iter()
        .map(|p| {
            let id = bson::RawBson::try_from(p.id.clone()).unwrap();
            format!("{} {id:?} {}", p.namespace, p.path)
        })
        .collect();
    assert_eq!(planted.len(), world.planted.len());
    assert_eq!(all, planted);
}

#[test]
fn the_indexes_of_the_sample_data_are_those_of_the_models() {
    let world = World::new();
    let library = shipped();
    let mut wrong = Vec::new();
    for sample in &world.samples {
        let name = &sample.namespace;
        let Some(model) = library.for_namespace(&name.database, &name.collection) else {
            continue;
        };
        let there: Vec<RawDocumentBuf> = sample
            .indexes
            .iter()
            .map(|index: &Document| {
                let mut whole = doc! { "v": 2 };
                whole.extend(index.clone());
                // As the server lists a text index.
                RawDocumentBuf::try_from(&whole).unwrap()
            })
            .collect();
        for drift in indexes::compare(&model.indexes, &there) {
            let word = match &drift {
                IndexDrift::Missing(_) => "missing",
                IndexDrift::Extra(_) => "extra",
                IndexDrift::Different { .. } => "different",
            };
            wrong.push(format!("{name}: {word} {} {drift:?}", drift.keys()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
