#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use bson::{RawDocumentBuf, doc, rawdoc};
use proptest::prelude::*;

use super::*;
use crate::value::sample;
use crate::value::shell::{Style, print_document};

/// Answers of a real server (6.0.5) over 5,000 orders and 50 customers.
fn answer(name: &str) -> bson::Document {
    let path = format!(
        "{}/tests/query/explain/{name}.json",
        env!("CARGO_MANIFEST_DIR")
    );
    let text = std::fs::read_to_string(path).unwrap();
    let raw = crate::value::extjson::parse_document(&text).unwrap();
    bson::Document::try_from(&*raw).unwrap()
}

fn read(answer: &bson::Document) -> Plan {
    Plan::read(&RawDocumentBuf::try_from(answer).unwrap()).unwrap()
}

fn plan(name: &str) -> Plan {
    read(&answer(name))
}

/// The stages as lines: name, documents and keys looked at, documents passed on.
fn tree(plan: &Plan) -> String {
    let figure = |n: Option<u64>| n.map_or_else(|| "-".into(), |n| n.to_string());
    plan.stages()
        .iter()
        .map(|(depth, s)| {
            format!(
                "{}{} {}/{}/{}",
                " ".repeat(*depth),
                s.name,
                figure(s.keys),
                figure(s.documents),
                figure(s.returned)
            )
        })
        .collect::<Vec<_>>()
        .join("\n")
}

fn advised(plan: &Plan) -> Vec<String> {
    plan.advice()
        .iter()
        .map(|a| print_document(&a.keys, &Style::LINE).unwrap())
        .collect()
}

#[test]
fn each_answer_is_a_sentence() {
    let said = |name: &str| plan(name).sentence();
    assert_eq!(
        said("collscan"),
        "reads 5,000 documents to return 43: no index serves {status, createdAt}"
    );
    assert_eq!(
        said("collscan_sort"),
        "reads 5,000 documents to return 10: no index serves {status, createdAt}; sorts 1,639 documents in memory"
    );
    assert_eq!(
        said("planner"),
        "would read the whole collection: no index serves {status}"
    );
    assert_eq!(
        said("rejected"),
        "reads 100 keys of `createdAt_-1` and 100 documents to return 43: the index does not hold {status}"
    );
    assert_eq!(
        said("index"),
        "reads 100 keys of `createdAt_-1` and 100 documents to return 100"
    );
    assert_eq!(
        said("covered"),
        "reads 1,639 keys of `status_1` and no document to return 1,639"
    );
    assert_eq!(said("idhack"), "finds 1 document by its `_id`");
    assert_eq!(
        said("none"),
        "reads nothing: there is no such collection, or nothing can match"
    );
    assert_eq!(
        said("count"),
        "reads 1,640 keys of `status_1` and no document to count 1,639"
    );
    assert_eq!(
        said("update"),
        "reads 5,000 documents and would change 52: no index serves {total}"
    );
    assert_eq!(
        said("delete"),
        "reads 5,000 documents and would delete 52: no index serves {total}"
    );
    assert_eq!(
        said("aggregate"),
        "reads 100 keys of `createdAt_-1` and 100 documents to return 3; sorts 3 documents in memory"
    );
}

#[test]
fn a_tree_has_the_figures_of_each_stage() {
    assert_eq!(tree(&plan("rejected")), "FETCH -/100/43\n IXSCAN 100/-/100");
    assert_eq!(
        tree(&plan("collscan_sort")),
        "SORT -/-/10\n COLLSCAN -/5000/1639"
    );
    assert_eq!(
        tree(&plan("aggregate")),
        "$sort -/-/3\n GROUP -/-/3\n  FETCH -/100/100\n   IXSCAN 100/-/100"
    );
    assert_eq!(
        tree(&plan("aggregate_cursor")),
        "$facet -/-/1\n $project -/-/1\n  $group -/-/1\n   $internalFacetTeeConsumer -/-/1639\n $limit -/-/1\n  $internalFacetTeeConsumer -/-/1\n $lookup 1639/1639/1639\n  FETCH -/1639/1639\n   IXSCAN 1639/-/1639"
    );
}

#[test]
fn an_index_is_named_with_what_is_read_of_it() {
    let plan = plan("rejected");
    let stages = plan.stages();
    let index = stages[1].1.index.as_ref().unwrap();
    assert_eq!(index.name, "createdAt_-1");
    assert_eq!(index.keys, rawdoc! {"createdAt": -1});
    assert_eq!(
        index.bounds,
        [(
            "createdAt".to_owned(),
            vec!["[new Date(9223372036854775807), new Date(1767519600000)]".to_owned()]
        )]
    );
    assert_eq!(plan.rejected.len(), 1);
    let other = plan.rejected[0].walk()[1].1;
    assert_eq!(other.index.as_ref().unwrap().name, "status_1");
    assert!(other.keys.is_some(), "a trial has its figures");
    assert_eq!(plan.namespace, "shop.orders");
}

#[test]
fn advice_puts_equality_before_order_before_ranges() {
    assert_eq!(advised(&plan("collscan")), ["{ status: 1, createdAt: 1 }"]);
    assert_eq!(
        advised(&plan("collscan_sort")),
        ["{ status: 1, createdAt: -1 }"]
    );
    assert_eq!(advised(&plan("rejected")), ["{ status: 1, createdAt: 1 }"]);
    assert_eq!(
        advised(&plan("aggregate_pushed")),
        ["{ total: 1, createdAt: 1 }"]
    );
    assert!(advised(&plan("index")).is_empty());
    assert!(advised(&plan("covered")).is_empty());
    let reason = &plan("collscan_sort").advice()[0].reason;
    assert_eq!(
        reason,
        "`status` is held equal, then `createdAt` gives the order"
    );
    let filter = rawdoc! {"a": {"$gt": 1}, "$and": [{"b": 2}, {"c": {"$in": [1, 2]}}], "d": {"$elemMatch": {"x": 1}}, "e": {"$ne": 1}};
    let found = advise(&filter, Some(&rawdoc! {"s": -1, "b": 1}));
    assert_eq!(
        found[0].keys,
        rawdoc! {"b": 1, "c": 1, "d.x": 1, "s": -1, "a": 1}
    );
    let found = advise(&rawdoc! {"$or": [{"a": 1}, {"b": {"$gt": 1}}]}, None);
    assert_eq!(found.len(), 2);
    assert!(advise(&rawdoc! {"$or": [{"a": 1}, {"$where": "x"}]}, None).is_empty());
    assert!(advise(&rawdoc! {"_id": 5}, None).is_empty());
    assert!(advise(&rawdoc! {}, None).is_empty());
}

#[test]
fn the_indexes_of_the_collection_are_looked_at_and_not_only_the_plans_one() {
    let known = |name: &str, keys: RawDocumentBuf| KnownIndex::new(name, keys, &rawdoc! {});
    let plan = plan("collscan_sort");
    let among = |indexes: &[KnownIndex]| plan.advice_among(indexes)[0].standing.clone();
    assert_eq!(among(&[]), Standing::Missing);
    assert_eq!(
        among(&[known("status_1", rawdoc! {"status": 1})]),
        Standing::Longer("status_1".into())
    );
    // Read from its end it gives the same order.
    let there = known("both", rawdoc! {"status": 1, "createdAt": 1, "x": 1});
    assert_eq!(
        among(std::slice::from_ref(&there)),
        Standing::There("both".into())
    );
    let partial = KnownIndex::new(
        "part",
        rawdoc! {"status": 1, "createdAt": -1},
        &rawdoc! {"partialFilterExpression": {"x": 1}},
    );
    assert_eq!(among(&[partial]), Standing::Missing);
    assert_eq!(
        plan.sentence_among(&[known("status_1", rawdoc! {"status": 1})]),
        "reads 5,000 documents to return 10: no index serves {status, createdAt} together, `status_1` has only {status}; sorts 1,639 documents in memory"
    );
    assert!(
        plan.sentence_among(&[there])
            .contains("`both` has {status, createdAt}, and was not taken")
    );
}

#[test]
fn a_join_that_reads_the_whole_other_collection_is_told_with_its_index() {
    let explained = doc! {"stages": [
        {"$cursor": {
            "queryPlanner": {"namespace": "shop.orders", "winningPlan": {"stage": "COLLSCAN"}, "rejectedPlans": []},
            "executionStats": {"nReturned": 5, "totalDocsExamined": 5, "executionStages": {"stage": "COLLSCAN", "nReturned": 5, "docsExamined": 5}},
        }, "nReturned": 5},
        {"$lookup": {"from": "customers", "as": "c", "localField": "customer", "foreignField": "name"},
            "collectionScans": 10_i64, "totalDocsExamined": 250_i64, "indexesUsed": [], "nReturned": 5},
    ]};
    let plan = read(&explained);
    let advice = plan.advice();
    assert_eq!(advice[0].collection.as_deref(), Some("customers"));
    assert_eq!(advice[0].keys, rawdoc! {"name": 1});
    assert!(
        plan.sentence()
            .contains("reads the whole of `customers` for each document that it joins"),
        "{}",
        plan.sentence()
    );
    let pushed = doc! {"queryPlanner": {"namespace": "shop.orders", "rejectedPlans": [], "winningPlan": {"queryPlan": {
        "stage": "EQ_LOOKUP", "foreignCollection": "shop.customers", "localField": "customer", "foreignField": "name",
        "strategy": "NestedLoopJoin", "inputStage": {"stage": "COLLSCAN"},
    }}}};
    assert_eq!(read(&pushed).advice(), advice);
}

#[test]
fn shards_are_inputs_of_their_merge() {
    let one = answer("collscan");
    let planner = one.get_document("queryPlanner").unwrap();
    let stats = one.get_document("executionStats").unwrap();
    let find = doc! {
        "queryPlanner": {"winningPlan": {"stage": "SHARD_MERGE", "shards": [
            {"shardName": "a", "winningPlan": planner.get_document("winningPlan").unwrap().clone(), "rejectedPlans": []},
            {"shardName": "b", "winningPlan": planner.get_document("winningPlan").unwrap().clone(), "rejectedPlans": []},
        ]}},
        "executionStats": {"nReturned": 86, "totalDocsExamined": 10_000, "totalKeysExamined": 0, "executionTimeMillis": 9,
            "executionStages": {"stage": "SHARD_MERGE", "nReturned": 86, "shards": [
                {"shardName": "a", "executionStages": stats.get_document("executionStages").unwrap().clone()},
                {"shardName": "b", "executionStages": stats.get_document("executionStages").unwrap().clone()},
            ]}},
        "command": one.get_document("command").unwrap().clone(),
    };
    let plan = read(&find);
    assert_eq!(
        tree(&plan),
        "SHARD_MERGE -/-/86\n COLLSCAN -/5000/43\n COLLSCAN -/5000/43"
    );
    assert_eq!(plan.shards, 2);
    assert!(
        plan.sentence()
            .starts_with("reads 10,000 documents to return 86: no index")
    );
    let aggregate = doc! {
        "mergeType": "mongos",
        "splitPipeline": {"shardsPart": [], "mergerPart": [{"$group": {"_id": "$x"}}]},
        "shards": {"a": one.clone(), "b": answer("aggregate")},
    };
    let plan = read(&aggregate);
    assert_eq!(plan.root.name, "$group");
    assert_eq!((plan.shards, plan.root.inputs[0].inputs.len()), (2, 2));
}

#[test]
fn what_holds_no_plan_is_said_to_hold_none() {
    assert_eq!(Plan::read(&rawdoc! {"ok": 1}), Err(Unreadable::NoPlan));
}

proptest! {
    #[test]
    fn any_answer_is_read_or_refused(document in sample::document(), name in prop::sample::select(vec!["rejected", "aggregate", "or"]), at in any::<prop::sample::Index>()) {
        let _ = Plan::read(&document);
        // A real one with a part of it replaced by something else.
        let mut real = answer(name);
        let mut here = &mut real;
        for _ in 0..at.index(6) {
            let keys: Vec<String> = here.iter().filter(|(_, v)| v.as_document().is_some()).map(|(k, _)| k.clone()).collect();
            if keys.is_empty() { break; }
            here = here.get_document_mut(&keys[at.index(keys.len())]).unwrap();
        }
        let keys: Vec<String> = here.keys().cloned().collect();
        if !keys.is_empty() {
            let other = bson::Document::try_from(&*document).map_or(bson::Bson::Null, bson::Bson::Document);
            here.insert(keys[at.index(keys.len())].clone(), other);
        }
        if let Ok(plan) = Plan::read(&RawDocumentBuf::try_from(&real).unwrap()) {
            let _ = (plan.sentence(), plan.advice());
        }
    }
}
