//! A check of a whole collection on a real server.

use std::sync::Arc;

use bson::{RawBson, doc, oid::ObjectId};
use mongodb::IndexModel;
use mongodb::bson::Document;
use mongodb::options::IndexOptions;
use mongodeck::model::drift::{FixKind, IndexDrift, ValidatorState};
use mongodeck::model::{Library, NoSources, Severity, reader};
use mongodeck::mongo::request::drift::{
    Check, CheckReport, Phase, ValidationAction, ValidationLevel,
};
use mongodeck::mongo::request::{FailureKind, Namespace, Reply, Report, Request};

use crate::support::desk::{Desk, profile};
use crate::support::server::TestDatabase;

/// The models of these tests.
pub const MODELS: &str = r"
const { Schema, model } = require('mongoose');
const Person = new Schema({
  name: { type: String, required: true, trim: true },
  email: { type: String, unique: true, lowercase: true },
  age: { type: Number, min: 0, max: 150 },
  role: { type: String, enum: ['admin', 'editor', 'reader'], default: 'reader' },
  team: { type: Schema.Types.ObjectId, ref: 'Team' },
  friends: [{ type: Schema.Types.ObjectId, ref: 'Person' }],
  labels: { type: Map, of: String },
  notes: [{ text: String, on: { type: Schema.Types.ObjectId, refPath: 'notes.what' }, what: String, _id: false }],
  preferences: {
    notifications: { type: Boolean, default: true },
    emailUpdates: { type: Boolean, default: true },
  },
});
Person.index({ team: 1, age: -1 });
Person.index({ name: 'text' });
model('Person', Person, 'people');
const Team = new Schema({ title: String, code: { type: String, unique: true, sparse: true } });
model('Team', Team, 'teams');
";

/// The library of [`MODELS`].
pub fn library() -> Library {
    let mut library = Library::default();
    library.add_reading(reader::read("models.js", MODELS, &NoSources).unwrap());
    assert_eq!(library.gaps, []);
    library
}

/// A check of one of the collections.
pub fn check_of(database: &TestDatabase, collection: &str) -> Check {
    let library = library();
    let model = library.for_namespace(&database.name, collection).unwrap();
    Check::new(Namespace::new(&database.name, collection), model, &library)
}

/// The report of a check.
pub async fn checked(desk: &mut Desk, check: Check) -> Arc<CheckReport> {
    match desk.ask("p", Request::Check(Box::new(check))).await {
        Ok(Reply::Checked(report)) => report,
        other => panic!("{other:?}"),
    }
}

fn id(n: u32) -> ObjectId {
    let mut bytes = [7; 12];
    bytes[..4].copy_from_slice(&n.to_be_bytes());
    ObjectId::from_bytes(bytes)
}

fn person(n: u32) -> Document {
    doc! {
        "_id": id(n), "name": format!("person {n}"), "email": format!("p{n}@example.com"),
        "age": i32::try_from(n % 100).unwrap(), "role": "reader", "team": id(900_000 + n % 10),
        "friends": [id(n)], "labels": { format!("k{n}"): "v" },
        "notes": [{ "text": "t", "on": id(900_001), "what": "Team" }],
        "preferences": { "notifications": true, "emailUpdates": false }, "__v": 0,
    }
}

async fn fill(database: &TestDatabase, people: impl IntoIterator<Item = Document>) {
    let teams: Vec<Document> = (0..10)
        .map(|n| doc! { "_id": id(900_000 + n), "title": "t", "code": format!("c{n}"), "__v": 0 })
        .collect();
    database
        .collection("teams")
        .insert_many(teams)
        .await
        .unwrap();
    database
        .collection("people")
        .insert_many(people)
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn groups_count_every_violation_of_thousands_of_documents() {
    let database = TestDatabase::new("check_groups").await;
    fill(
        &database,
        (0..6_000).map(|n| {
            let mut person = person(n);
            match n {
                0..700 => drop(person.insert("age", "12")),
                700..710 => drop(person.insert("role", "edtor")),
                710..730 => drop(person.insert("name", "  spaced ")),
                730..740 => drop(person.remove("name")),
                740..790 => drop(person.remove("preferences")),
                790..800 => drop(person.insert("labels", doc! { format!("k{n}"): 1.5 })),
                800..805 => drop(person.insert(
                    "notes",
                    vec![
                        doc! { "text": { "a": 1 } },
                        doc! { "text": "ok" },
                        doc! { "text": { "a": 2 } },
                    ],
                )),
                805..808 => drop(person.insert("surplus", 1)),
                _ => {}
            }
            person
        }),
    )
    .await;
    let mut desk = Desk::new([profile("p", database.uri())]);
    let report = checked(&mut desk, check_of(&database, "people")).await;
    let findings = &report.findings;
    assert!(report.complete && report.has_drift());
    assert_eq!(findings.documents, 6_000);
    let lines: Vec<String> = findings
        .groups
        .iter()
        .map(|g| {
            let fixes: Vec<&str> = g.fixes.iter().map(|f| f.kind.word()).collect();
            format!(
                "{} {} {} in {} {:?}",
                g.place, g.kind, g.violations, g.documents, fixes
            )
        })
        .collect();
    assert_eq!(
        lines,
        [
            "age Number 700 in 700 [\"cast\", \"unset\"]",
            "labels.* string 10 in 10 [\"cast\", \"unset\"]",
            "name required 10 in 10 []",
            "notes[].text string 10 in 5 [\"unset\"]",
            "role enum 10 in 10 [\"nearest\", \"default\", \"unset\"]",
            "name trim 20 in 20 [\"trim\"]",
            "surplus strict 3 in 3 [\"unset\"]",
        ]
    );
    assert_eq!((findings.refused, findings.warned), (735, 23));
    let ages = &findings.groups[0];
    assert_eq!(ages.severity, Severity::Error);
    assert_eq!(ages.values, [("12".to_owned(), 700)]);
    assert_eq!(ages.examples.len(), 100);
    assert_eq!(ages.examples[0].id, RawBson::ObjectId(id(0)));
    assert_eq!(ages.fixes[0].violations, 700);
    assert_eq!(ages.fixes[0].kind, FixKind::Cast);
    let backfills: Vec<_> = findings
        .backfills
        .iter()
        .map(|b| (b.place.to_string(), b.documents))
        .collect();
    assert_eq!(
        backfills,
        [
            ("preferences.emailUpdates".to_owned(), 50),
            ("preferences.notifications".to_owned(), 50)
        ]
    );
    assert_eq!(report.dangling, []);
    assert_eq!(report.duplicates, []);
    assert_eq!(report.validator.state, ValidatorState::None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn references_that_lead_nowhere_are_counted_with_who_holds_them() {
    let database = TestDatabase::new("check_dangling").await;
    fill(
        &database,
        (0..6_000).map(|n| {
            let mut person = person(n);
            match n {
                0..2_500 => drop(person.insert("team", id(800_000 + n))),
                3_000 => drop(person.insert("friends", vec![id(1), id(700_000), id(700_001)])),
                3_001 => drop(person.insert(
                    "notes",
                    vec![
                        doc! { "on": id(900_001), "what": "Team" },
                        doc! { "on": id(900_001), "what": "Person" },
                        doc! { "on": id(900_001), "what": "Nobody" },
                    ],
                )),
                // A wrong kind is a violation, and refers to nothing.
                3_002 => drop(person.insert("team", 5)),
                3_003 => drop(person.insert("team", bson::Bson::Null)),
                _ => {}
            }
            person
        }),
    )
    .await;
    let mut desk = Desk::new([profile("p", database.uri())]);
    let report = checked(&mut desk, check_of(&database, "people")).await;
    let lines: Vec<_> = report
        .dangling
        .iter()
        .map(|d| (d.reference.place.to_string(), d.values, d.documents))
        .collect();
    assert_eq!(
        lines,
        [
            ("team".to_owned(), 2_500, 2_500),
            ("friends[]".to_owned(), 2, 1),
            ("notes[].on".to_owned(), 1, 1)
        ]
    );
    assert_eq!(
        report.dangling[1].examples[0].id,
        RawBson::ObjectId(id(3_000))
    );
    assert_eq!(report.dangling[1].examples[0].path.dotted(), "friends.1");
    assert_eq!(report.dangling[2].examples[0].path.dotted(), "notes.1.on");
    assert_eq!(report.dangling[0].examples.len(), 100);
    assert_eq!(report.findings.groups.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn duplicates_are_looked_for_where_no_index_keeps_them_out() {
    let database = TestDatabase::new("check_duplicates").await;
    fill(
        &database,
        (0..300).map(|n| {
            let mut person = person(n);
            match n {
                0..3 => drop(person.insert("email", "same@example.com")),
                3..5 => drop(person.insert("email", "twice@example.com")),
                // A missing field counts as `null` for an index that is not sparse.
                5..7 => drop(person.remove("email")),
                _ => {}
            }
            person
        }),
    )
    .await;
    let teams = database.collection("teams");
    teams
        .insert_many([doc! { "title": "x" }, doc! { "title": "y" }])
        .await
        .unwrap();
    let mut desk = Desk::new([profile("p", database.uri())]);
    let report = checked(&mut desk, check_of(&database, "people")).await;
    let [found] = report.duplicates.as_slice() else {
        panic!("{:?}", report.duplicates)
    };
    assert_eq!(found.keys, ["email"]);
    assert_eq!((found.values, found.documents), (3, 7));
    let most = &found.examples[0];
    assert_eq!(most.value.get_str("email").unwrap(), "same@example.com");
    assert_eq!(most.documents, 3);
    assert_eq!(most.examples.len(), 2);
    // A sparse one lets any number of documents go without.
    let report = checked(&mut desk, check_of(&database, "teams")).await;
    assert_eq!(report.duplicates, []);
    // With the index there is nothing to look for.
    database
        .collection("people")
        .delete_many(doc! { "_id": { "$lt": id(7) } })
        .await
        .unwrap();
    let unique = IndexOptions::builder().unique(true).build();
    let index = IndexModel::builder()
        .keys(doc! { "email": 1 })
        .options(unique)
        .build();
    database
        .collection("people")
        .create_index(index)
        .await
        .unwrap();
    let report = checked(&mut desk, check_of(&database, "people")).await;
    assert_eq!(report.duplicates, []);
}

fn drifts(report: &CheckReport) -> Vec<String> {
    report
        .indexes
        .iter()
        .flatten()
        .map(|d| match d {
            IndexDrift::Missing(_) => format!("missing {}", d.name()),
            IndexDrift::Extra(_) => format!("extra {}", d.name()),
            IndexDrift::Different { differences, .. } => {
                let list: Vec<&str> = differences.iter().map(|x| x.option.as_str()).collect();
                format!("different {} {list:?}", d.name())
            }
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn missing_indexes_are_made_and_then_there_is_no_drift() {
    let database = TestDatabase::new("check_indexes").await;
    fill(&database, (0..50).map(person)).await;
    let people = database.collection("people");
    let plain = IndexModel::builder().keys(doc! { "email": 1 }).build();
    let extra = IndexModel::builder().keys(doc! { "surplus": 1 }).build();
    people.create_index(plain).await.unwrap();
    people.create_index(extra).await.unwrap();
    let mut desk = Desk::new([profile("p", database.uri())]);
    let report = checked(&mut desk, check_of(&database, "people")).await;
    assert_eq!(
        drifts(&report),
        [
            "missing team_1_age_-1",
            "missing name_text",
            "different email_1 [\"unique\"]",
            "extra surplus_1"
        ]
    );
    people.drop_index("email_1").await.unwrap();
    people.drop_index("surplus_1").await.unwrap();
    let report = checked(&mut desk, check_of(&database, "people")).await;
    let mut indexes: Vec<bson::RawDocumentBuf> = report
        .indexes
        .iter()
        .flatten()
        .filter_map(|d| match d {
            IndexDrift::Missing(index) => Some(
                (&mongodeck::model::drift::indexes::specification(index))
                    .try_into()
                    .unwrap(),
            ),
            _ => None,
        })
        .collect();
    // One that cannot be made does not keep the others from it.
    indexes.insert(
        0,
        bson::rawdoc! { "key": { "a": "nonsense" }, "name": "bad" },
    );
    let request = Request::CreateIndexes {
        namespace: Namespace::new(&database.name, "people"),
        indexes,
    };
    let Ok(Reply::IndexesMade(made)) = desk.ask("p", request.clone()).await else {
        panic!()
    };
    assert_eq!(made.len(), 4);
    assert!(made[0].failure.is_some());
    assert!(made[1..].iter().all(|m| m.failure.is_none()), "{made:?}");
    let report = checked(&mut desk, check_of(&database, "people")).await;
    assert_eq!(drifts(&report), Vec::<String>::new());
    assert!(!report.has_drift(), "{report:?}");

    let mut read_only = profile("p", database.uri());
    read_only.read_only = true;
    let mut desk = Desk::new([read_only]);
    let failure = desk.ask("p", request).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::ReadOnly);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_model_is_installed_as_the_validator_and_then_says_the_same() {
    let database = TestDatabase::new("check_validator").await;
    fill(&database, (0..50).map(person)).await;
    let namespace = Namespace::new(&database.name, "people");
    let mut desk = Desk::new([profile("p", database.uri())]);
    let report = checked(&mut desk, check_of(&database, "people")).await;
    assert_eq!(report.validator.state, ValidatorState::None);
    let set = |validator, level, action| Request::SetValidator {
        namespace: namespace.clone(),
        validator,
        level,
        action,
    };
    let wanted = report.validator.model.clone().unwrap();
    let request = set(
        wanted.clone(),
        ValidationLevel::Moderate,
        ValidationAction::Error,
    );
    assert_eq!(desk.ask("p", request).await.unwrap(), Reply::Done);
    let report = checked(&mut desk, check_of(&database, "people")).await;
    assert_eq!(report.validator.state, ValidatorState::Same);
    assert_eq!(report.validator.level.as_deref(), Some("moderate"));
    assert_eq!(report.validator.action.as_deref(), Some("error"));
    let refused = database
        .collection("people")
        .insert_one(doc! { "name": 5 })
        .await;
    assert!(refused.is_err());

    let other = bson::rawdoc! { "$jsonSchema": { "required": ["name", "email"], "properties": { "age": { "maximum": 99 } } } };
    let request = set(other, ValidationLevel::Strict, ValidationAction::Warn);
    assert_eq!(desk.ask("p", request).await.unwrap(), Reply::Done);
    let report = checked(&mut desk, check_of(&database, "people")).await;
    let ValidatorState::Differs(list) = &report.validator.state else {
        panic!("{:?}", report.validator.state)
    };
    let age = list
        .iter()
        .find(|d| d.place == "age" && d.keyword == "maximum")
        .unwrap();
    assert_eq!(
        (age.model.as_deref(), age.server.as_deref()),
        (Some("150"), Some("99"))
    );
    assert_eq!(report.validator.action.as_deref(), Some("warn"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_limit_ends_a_check_and_progress_is_told_before_its_end() {
    let database = TestDatabase::new("check_limit").await;
    fill(&database, (0..3_000).map(person)).await;
    let mut desk = Desk::new([profile("p", database.uri())]);
    let check = check_of(&database, "people").with_limit(Some(1_200));
    let task = desk.start("p", Request::Check(Box::new(check)));
    let first = desk
        .wait("progress", |r| match r {
            Report::Progress {
                task: t, progress, ..
            } if *t == task => Some(*progress),
            _ => None,
        })
        .await;
    assert_eq!(
        (first.phase, first.of_about),
        (Phase::Documents, Some(1_200))
    );
    let Ok(Reply::Checked(report)) = desk.settled(task).await else {
        panic!()
    };
    assert_eq!((report.findings.documents, report.complete), (1_200, false));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopped_check_is_answered_at_once_and_ends_on_the_server() {
    let database = TestDatabase::new("check_cancel").await;
    fill(&database, (0..20).map(person)).await;
    // A view that takes its time for each document.
    database
        .database()
        .run_command(doc! { "create": "slow", "viewOn": "people", "pipeline": [
            { "$addFields": { "x": { "$function": { "body": "function() { sleep(300); return 1 }", "args": [], "lang": "js" } } } },
        ] })
        .await
        .unwrap();
    let mut desk = Desk::new([profile("p", database.uri())]);
    desk.connect("p").await;
    let mut check = check_of(&database, "people");
    check.namespace = Namespace::new(&database.name, "slow");
    let task = desk.start("p", Request::Check(Box::new(check)));
    desk.wait("progress", |r| {
        matches!(r, Report::Progress { .. }).then_some(())
    })
    .await;
    let begun = std::time::Instant::now();
    desk.runner.cancel(task);
    let failure = desk.settled(task).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Cancelled);
    assert!(begun.elapsed() < std::time::Duration::from_secs(2));
    let admin = database.client.database("admin");
    for _ in 0..100 {
        let pipeline = vec![
            doc! { "$currentOp": {} },
            doc! { "$match": { "ns": { "$regex": format!("^{}\\.", database.name) }, "active": true } },
        ];
        let running = admin
            .run_command(doc! { "aggregate": 1, "pipeline": pipeline, "cursor": {} })
            .await
            .unwrap();
        let list = running.get_document("cursor").unwrap();
        if list.get_array("firstBatch").unwrap().is_empty() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("it still runs on the server");
}
