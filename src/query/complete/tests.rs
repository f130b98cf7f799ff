#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use proptest::prelude::*;

use super::*;
use crate::query::shape::Field;
use crate::value::sample;

/// Two collections that are known.
struct Shop;

fn field(path: &str, kind: &str, values: &[&str]) -> Field {
    Field {
        path: path.into(),
        kind: kind.into(),
        values: values.iter().map(|v| (*v).to_owned()).collect(),
        help: String::new(),
    }
}

impl Fields for Shop {
    fn fields(&self, _: &str, collection: &str) -> Vec<Field> {
        match collection {
            "orders" => vec![
                field("_id", "ObjectId", &[]),
                field("status", "String", &["'open'", "'paid'", "'sent'"]),
                field("createdAt", "Date", &[]),
                field("total", "Decimal128", &[]),
                field("paid", "Boolean", &[]),
                field("customer", "ObjectId", &[]),
                field("address", "Document", &[]),
                field("address.city", "String", &[]),
                field("address.zip code", "String", &[]),
                field("items", "Array", &[]),
                field("items.sku", "String", &[]),
                field("items.qty", "Int32", &[]),
            ],
            "customers" => vec![field("_id", "ObjectId", &[]), field("name", "String", &[])],
            _ => Vec::new(),
        }
    }
}

/// `|` is the cursor.
fn at(text: &str) -> Completion {
    at_form(text, Form::Any)
}

fn at_form(text: &str, form: Form) -> Completion {
    let cursor = text.find('|').unwrap();
    let text = text.replacen('|', "", 1);
    let collections = ["orders", "customers", "my-coll", "system.views"].map(str::to_owned);
    let databases = ["shop", "admin"].map(str::to_owned);
    let parameters = [Parameter {
        name: "since".into(),
        kind: "date".into(),
        help: "from when on".into(),
    }];
    complete(
        &text,
        cursor,
        &Knowledge {
            database: "shop",
            collection: "orders",
            collections: &collections,
            databases: &databases,
            parameters: &parameters,
            server: Some((6, 0)),
            fields: &Shop,
            form,
        },
    )
}

fn labels(text: &str) -> Vec<String> {
    at(text).candidates.into_iter().map(|c| c.label).collect()
}

/// The text after the first candidate of this label is taken.
fn taken(text: &str, label: &str) -> String {
    let found = at(text);
    let candidate = found
        .candidates
        .iter()
        .find(|c| c.label == label)
        .unwrap_or_else(|| panic!("`{label}` is not among {:?}", labels(text)));
    let mut text = text.replacen('|', "", 1);
    text.replace_range(
        found.replace.start..found.replace.end,
        &candidate.insert.text,
    );
    text
}

fn has(text: &str, wanted: &[&str]) {
    let labels = labels(text);
    for one in wanted {
        assert!(
            labels.iter().any(|l| l == one),
            "{text}: no `{one}` in {labels:?}"
        );
    }
}

fn lacks(text: &str, unwanted: &[&str]) {
    let labels = labels(text);
    for one in unwanted {
        assert!(
            !labels.iter().any(|l| l == one),
            "{text}: `{one}` in {labels:?}"
        );
    }
}

#[test]
fn a_chain_offers_collections_then_operations_then_methods() {
    has("|", &["db", "use", "db.orders"]);
    has("db.|", &["orders", "my-coll", "getSiblingDB", "runCommand"]);
    lacks("db.|", &["find", "sort"]);
    assert_eq!(taken("db.or|", "orders"), "db.orders");
    assert_eq!(taken("db.my|", "my-coll"), "db.getCollection('my-coll')");
    has(
        "db.orders.|",
        &["find", "aggregate", "updateMany", "createIndex"],
    );
    lacks("db.orders.|", &["getSiblingDB", "sort"]);
    assert_eq!(labels("db.orders.fin|")[0], "find");
    assert_eq!(
        taken("db.orders.agg|", "aggregate"),
        "db.orders.aggregate([\n  {  },\n])"
    );
    has("db.orders.find({}).|", &["sort", "limit", "explain"]);
    has("db.orders.find({})\n  .sort({a: 1}).li|", &["limit"]);
    lacks("db.orders.aggregate([]).|", &["sort", "limit"]);
    has("db.system.|", &["views", "find"]);
    has("use |", &["shop", "admin"]);
    lacks("db.orders.find({}) |", &["db"]);
    assert!(at("db.orders.find({}) // db.|").candidates.is_empty());
}

#[test]
fn a_filter_offers_fields_and_operators() {
    has("{|}", &["status", "address.city", "$and", "$expr"]);
    assert_eq!(taken("{sta|}", "status"), "{status: }");
    assert_eq!(
        taken("{add|}", "address.zip code"),
        "{'address.zip code': }"
    );
    assert_eq!(
        taken("{'address.c|'}", "address.city"),
        "{'address.city': }"
    );
    assert_eq!(
        taken("{'address.c|': 1}", "address.city"),
        "{'address.city': 1}"
    );
    lacks("{status: 1, |}", &["status"]);
    has("db.orders.find({$or: [{|}]})", &["status", "$and"]);
    has("db.orders.find({status: {|}})", &["$in", "$exists"]);
    has("{items: {$elemMatch: {|}}}", &["sku", "qty", "$gt"]);
    has("{address: {|}}", &["city", "$eq"]);
    assert_eq!(taken("{total: {$g|}}", "$gt"), "{total: {$gt: }}");
    assert_eq!(at("{total: {$gt: |}}").about.unwrap().name, "$gt");
}

#[test]
fn a_value_offers_what_its_field_holds() {
    assert_eq!(labels("{status: |}")[..3], ["'open'", "'paid'", "'sent'"]);
    assert_eq!(labels("{status: 'pa|'}"), ["'paid'"]);
    assert_eq!(taken("{status: 'p|'}", "'paid'"), "{status: 'paid'}");
    assert_eq!(
        taken("{status: {$in: ['open', '|]}}", "'sent'"),
        "{status: {$in: ['open', 'sent']}}"
    );
    assert_eq!(labels("{paid: |}")[..3], ["params.since", "true", "false"]);
    assert_eq!(labels("{createdAt: {$gte: |}}")[1], "ISODate");
    assert_eq!(
        taken("{createdAt: {$gte: params.s|}}", "since"),
        "{createdAt: {$gte: params.since}}"
    );
    has("{status: {$type: |}}", &["'string'", "'objectId'"]);
    has("db.orders.find({}).readConcern(|)", &["'majority'"]);
    assert!(labels("{total: 1|}").is_empty());
}

#[test]
fn a_stage_offers_what_it_takes() {
    assert_eq!(labels("db.orders.aggregate([{$gro|}])")[0], "$group");
    assert_eq!(
        labels("[{$match: {}}, |]").len(),
        labels("[{$match: {}}, {|}]").len()
    );
    assert!(taken("[|]", "$limit").starts_with("[{ $limit: 20 }"));
    has("[{$match: {|}}]", &["status", "$or"]);
    has("[{$group: {|}}]", &["_id", "count"]);
    has(
        "[{$group: {_id: |}}]",
        &["$status", "$address.city", "$$ROOT", "$dateTrunc"],
    );
    has("[{$group: {_id: '$|'}}]", &["$status", "$$NOW"]);
    lacks("[{$group: {_id: '$|'}}]", &["$dateTrunc"]);
    has("[{$group: {_id: 1, n: {|}}}]", &["$sum", "$topN"]);
    has("[{$group: {_id: 1, n: {$sum: |}}}]", &["$total", "$cond"]);
    has("[{$lookup: {|}}]", &["from", "localField", "pipeline"]);
    has("[{$lookup: {from: '|'}}]", &["customers"]);
    has(
        "[{$lookup: {from: 'customers', localField: '|'}}]",
        &["customer"],
    );
    has(
        "[{$lookup: {from: 'customers', foreignField: '|'}}]",
        &["name"],
    );
    has(
        "[{$lookup: {from: 'customers', let: {c: '$customer'}, pipeline: [{$match: {$expr: {$eq: ['$|', '$$c']}}}]}}]",
        &["$name", "$$c"],
    );
    has("[{$unwind: |}]", &["$items"]);
    has("[{$sort: {|}}]", &["createdAt"]);
    has("[{$sort: {total: |}}]", &["1", "-1"]);
    has("[{$project: {total: |}}]", &["1", "0", "$status", "$round"]);
    has("[{$merge: {whenMatched: |}}]", &["'replace'"]);
    has(
        "[{$set: {x: {$map: {input: '$items', as: 'i', in: |}}}}]",
        &["$$i"],
    );
    has(
        "[{$setWindowFields: {output: {x: {|}}}}]",
        &["$rank", "window", "$avg"],
    );
    has("[{$facet: {a: [{$match: {|}}]}}]", &["status"]);
}

#[test]
fn fields_are_those_after_the_stages_before() {
    let after = |stages: &str| {
        let mut found = labels(&format!("[{stages}, {{$match: {{|}}}}]"));
        found.retain(|l| !l.starts_with('$'));
        found.sort();
        found.join(" ")
    };
    assert_eq!(
        after("{$group: {_id: '$status', n: {$sum: 1}, all: {$push: '$items'}}}"),
        "_id all all.qty all.sku n"
    );
    assert_eq!(
        after("{$project: {status: 1, city: '$address.city'}}"),
        "_id city status"
    );
    assert_eq!(
        after("{$project: {items: 0, address: 0, _id: 0}}"),
        "createdAt customer paid status total"
    );
    assert_eq!(after("{$project: {_id: 0, a: {b: '$total'}}}"), "a a.b");
    assert_eq!(
        after("{$replaceRoot: {newRoot: '$address'}}"),
        "city zip code"
    );
    assert_eq!(
        after("{$unwind: '$items'}, {$replaceWith: '$items'}"),
        "qty sku"
    );
    assert_eq!(after("{$sortByCount: '$status'}"), "_id count");
    assert_eq!(after("{$count: 'n'}"), "n");
    assert_eq!(
        after("{$bucket: {groupBy: '$total', boundaries: [0, 1], output: {m: {$max: '$total'}}}}"),
        "_id m"
    );
    assert_eq!(
        after("{$facet: {a: [{$count: 'n'}], b: [{$project: {paid: 1}}]}}"),
        "a a.n b b._id b.paid"
    );
    let joined = "{$project: {status: 1}}, {$lookup: {from: 'customers', localField: 'customer', foreignField: '_id', as: 'who'}}";
    assert_eq!(after(joined), "_id status who who._id who.name");
    assert_eq!(
        after("{$project: {paid: 1}}, {$unionWith: 'customers'}"),
        "_id name paid"
    );
    assert_eq!(
        after("{$unset: ['items', 'address', '_id']}, {$set: {x: 1}}"),
        "createdAt customer paid status total x"
    );
    assert_eq!(
        labels("[{$group: {_id: '$status'}}, {$match: {_id: |}}]")[0],
        "'open'"
    );
}

#[test]
fn updates_and_options_offer_their_keys() {
    has("db.orders.updateOne({}, {|})", &["$set", "$push"]);
    has(
        "db.orders.updateOne({}, {$set: {|}})",
        &["status", "address.city"],
    );
    assert_eq!(
        labels("db.orders.updateOne({}, {$set: {status: |}})")[0],
        "'open'"
    );
    has(
        "db.orders.updateOne({}, {$push: {items: {|}}})",
        &["$each", "$slice"],
    );
    has("db.orders.updateOne({}, [{|}])", &["$set", "$unset"]);
    has(
        "db.orders.updateOne({}, {}, {|})",
        &["upsert", "arrayFilters"],
    );
    has("db.orders.find({}, {|})", &["status"]);
    has("db.orders.find({}).sort({|})", &["createdAt"]);
    has("db.orders.createIndex({status: |})", &["1", "'hashed'"]);
    has(
        "db.orders.createIndex({status: 1}, {|})",
        &["unique", "partialFilterExpression"],
    );
    has("db.orders.bulkWrite([{|}])", &["updateOne"]);
    has(
        "db.orders.bulkWrite([{updateOne: {filter: {|}}}])",
        &["status"],
    );
    has("db.orders.distinct('|')", &["status"]);
    has("db.orders.aggregate([], {|})", &["allowDiskUse"]);
}

#[test]
fn a_line_of_the_find_form_is_what_it_is() {
    let labels = |text, form| -> Vec<String> {
        at_form(text, form)
            .candidates
            .into_iter()
            .map(|c| c.label)
            .collect()
    };
    assert!(labels("{|}", Form::Sort).contains(&"status".to_owned()));
    assert!(!labels("{|}", Form::Sort).contains(&"$and".to_owned()));
    assert!(labels("{|}", Form::Collation).contains(&"locale".to_owned()));
    assert!(labels("{|}", Form::Update).contains(&"$set".to_owned()));
    assert!(labels("{|}", Form::Stage).contains(&"$match".to_owned()));
    assert!(labels("{status: |}", Form::Projection).contains(&"1".to_owned()));
}

#[test]
fn what_the_server_lacks_comes_last_and_says_so() {
    let found = at("[{$group: {_id: 1, n: {$me|}}}]").candidates;
    assert_eq!(found[0].label, "$mergeObjects");
    let median = found.iter().find(|c| c.label == "$median").unwrap();
    assert_eq!(median.newer, Some((7, 0)));
}

#[test]
fn a_document_that_is_copied_into_itself_again_and_again_stays_small() {
    let stage = "{$set: {a: '$$ROOT', b: '$$ROOT'}}, ".repeat(200);
    assert!(labels(&format!("[{stage}{{$match: {{|}}}}]")).len() <= MAX_CANDIDATES);
}

const TEXTS: &[&str] = &[
    "db.orders.aggregate([{$match: {status: 'open', 'address.city': /x/i}}, {$group: {_id: '$status', n: {$sum: 1}}}]).maxTimeMS(5)",
    "use shop\ndb.orders.find({createdAt: {$gte: new Date(Date.now() - 1000 * 60)}}, {a: 1}).sort({b: -1}) // end",
    "[{$lookup: {from: 'customers', let: {x: 1}, pipeline: [{$set: {y: '$$x'}}], as: 'z'}}, {$unwind: '$z'}, {$facet: {a: [{$count: 'n'}]}}]",
    "{$or: [{a: {$elemMatch: {b: `x ${1}`}}}, {$expr: {$gt: ['$a', {$let: {vars: {v: 1}, in: '$$v'}}]}}]}",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_text_makes_it_fail(text in sample::text(), cursor in 0_usize..200) {
        let found = complete(&text, cursor, &Knowledge { fields: &Shop, ..Knowledge::default() });
        prop_assert!(text.get(found.replace.start..found.replace.end).is_some());
    }

    #[test]
    fn a_damaged_statement_does_not_make_it_fail(
        text in prop::sample::select(TEXTS),
        cut in any::<prop::sample::Index>(),
        length in 0_usize..12,
        put in "[\\[\\](){},:.'\"`$/a0 \n]{0,4}",
        cursor in any::<prop::sample::Index>(),
    ) {
        let from = cut.index(text.len());
        let to = (from + length).min(text.len());
        let text = format!("{}{put}{}", &text[..from], &text[to..]);
        let knowledge = Knowledge { collection: "orders", fields: &Shop, ..Knowledge::default() };
        let found = complete(&text, cursor.index(text.len() + 1), &knowledge);
        prop_assert!(text.get(found.replace.start..found.replace.end).is_some());
    }
}
