//! The check screen, without a server: what is asked for, what is shown, what is refused.

use std::sync::Arc;
use std::time::Duration;

use bson::{RawBson, rawdoc};
use mongodeck::app::overlay::Overlay;
use mongodeck::app::{Context, Effect, Msg, Tab};
use mongodeck::config::Profile;
use mongodeck::model::drift::tally::{Example, FixOffer, Group};
use mongodeck::model::drift::{
    CheckedReference, Findings, FixKind, IndexDrift, Leads, Place, Referred, ValidatorDifference,
    ValidatorState,
};
use mongodeck::model::{Index, Severity, shipped};
use mongodeck::mongo::request::drift::{
    CheckReport, Dangling, MendMode, MendOutcome, MendPreview, MendSample, Phase, Progress,
    ValidatorFinding,
};
use mongodeck::mongo::request::observe::Building;
use mongodeck::mongo::request::{Namespace, ProfileName, Reply, Report, Request, TaskId};
use mongodeck::value::diff::Change;
use mongodeck::value::{Path, Value};

use crate::support::harness::{Harness, profile};

fn group(place: &str, kind: &str, fixes: Vec<FixKind>) -> Group {
    Group {
        place: Place::parse(place),
        kind: kind.to_owned(),
        severity: Severity::Error,
        violations: 3,
        documents: 3,
        message: format!("{place} is wrong"),
        expected: Some("one of '3-months', '6-months'".to_owned()),
        examples: (1..=3)
            .map(|n| Example {
                id: RawBson::Int32(n),
                path: Path::root().key(place),
                found: Some("'3-weeks'".to_owned()),
            })
            .collect(),
        values: vec![("'3-weeks'".to_owned(), 3)],
        other_values: 0,
        fixes: fixes
            .into_iter()
            .map(|kind| FixOffer {
                kind,
                violations: 3,
            })
            .collect(),
    }
}

fn found() -> CheckReport {
    CheckReport {
        namespace: Namespace::new("career_dev", "users"),
        model: "User".to_owned(),
        findings: Findings {
            documents: 12_402,
            bytes: 8 << 20,
            refused: 3,
            warned: 2,
            groups: vec![
                group("timeframe", "enum", vec![FixKind::Nearest, FixKind::Unset]),
                group("email", "trim", vec![FixKind::Trim]),
                group("name", "required", Vec::new()),
            ],
            ..Findings::default()
        },
        complete: true,
        dangling: vec![Dangling {
            reference: CheckedReference {
                place: Place::parse("mentorId"),
                leads: Leads::To(Referred {
                    database: "career_dev".to_owned(),
                    collection: "users".to_owned(),
                    model: "User".to_owned(),
                }),
            },
            values: 1,
            documents: 1,
            examples: Vec::new(),
        }],
        duplicates: Vec::new(),
        indexes: Some(vec![IndexDrift::Missing(Index {
            keys: bson::doc! { "email": 1 },
            options: bson::doc! { "unique": true },
            line: 11,
        })]),
        validator: ValidatorFinding {
            state: ValidatorState::Differs(vec![ValidatorDifference {
                place: "timeframe".to_owned(),
                keyword: "enum".to_owned(),
                model: Some("['3-months', '6-months']".to_owned()),
                server: Some("['3-months']".to_owned()),
            }]),
            server: Some(rawdoc! {}),
            level: Some("strict".to_owned()),
            action: Some("error".to_owned()),
            model: Some(rawdoc! { "$jsonSchema": { "bsonType": "object" } }),
        },
        notes: vec!["`password`: `validate` is a function".to_owned()],
        took: Duration::from_millis(1200),
    }
}

fn opened(profile: Profile, size: (u16, u16)) -> (Harness, TaskId) {
    let models: Vec<_> = shipped()
        .models
        .iter()
        .map(|m| m.as_ref().clone())
        .collect();
    let mut console = Harness::with(&[profile], models, size);
    console.open("main", "career_dev.users");
    console.effects();
    console.keys("g c");
    assert_eq!(console.app.context(), Context::Check);
    let (task, _) = console
        .request(|r| matches!(r, Request::Check(_)))
        .expect("a check is asked for");
    (console, task)
}

fn progress(console: &mut Harness, task: TaskId, documents: u64) {
    console.tell(Msg::Report(Box::new(Report::Progress {
        profile: ProfileName::new("main"),
        task,
        progress: Progress {
            phase: Phase::Documents,
            documents,
            of_about: Some(12_400),
            bytes: documents * 700,
            hits: 2,
            elapsed: Duration::from_secs(1),
        },
    })));
}

fn checked(profile: Profile, size: (u16, u16)) -> Harness {
    let (mut console, task) = opened(profile, size);
    console.reply(task, Ok(Reply::Checked(Arc::new(found()))));
    console
}

/// Puts the cursor on the first row that shows `text`.
fn go_to(console: &mut Harness, text: &str) {
    let row = match console.app.tab() {
        Some(Tab::Drift(drift)) => drift
            .rows()
            .iter()
            .position(|r| r.place.contains(text) || r.kind.contains(text))
            .unwrap(),
        _ => panic!("no check in front"),
    };
    console.keys("g g");
    for _ in 0..row {
        console.keys("j");
    }
}

#[test]
fn how_far_a_check_is_is_shown_with_rate_and_time_left() {
    let (mut console, task) = opened(profile("main"), (140, 40));
    progress(&mut console, task, 6_200);
    let screen = console.screen();
    for text in [
        "50 %",
        "6.2 k of ~12.4 k",
        "6.2 k/s",
        "1.0 s left",
        "2 found",
    ] {
        assert!(screen.contains(text), "no `{text}`:\n{screen}");
    }
    insta::assert_snapshot!(screen);
}

#[test]
fn a_check_is_stopped_and_what_it_would_say_later_is_dropped() {
    let (mut console, task) = opened(profile("main"), (140, 40));
    progress(&mut console, task, 100);
    console.keys("esc");
    let stopped = |e: &Effect| matches!(e, Effect::Cancel { task: t } if *t == task);
    assert!(console.effects().iter().any(stopped));
    assert!(console.shows("stopped"));
    console.reply(task, Ok(Reply::Checked(Arc::new(found()))));
    assert!(!console.shows("timeframe"), "{}", console.screen());
    console.keys("r");
    assert!(
        console
            .request(|r| matches!(r, Request::Check(_)))
            .is_some()
    );
}

#[test]
fn what_was_found_is_grouped_and_told_in_detail() {
    let mut console = checked(profile("main"), (140, 40));
    assert!(console.shows("6 kinds of drift"), "{}", console.screen());
    go_to(&mut console, "timeframe");
    insta::assert_snapshot!(console.screen());
    let mut console = checked(profile("main"), (80, 24));
    go_to(&mut console, "timeframe");
    insta::assert_snapshot!(console.screen());
}

#[test]
fn enter_opens_the_offending_documents() {
    let mut console = checked(profile("main"), (140, 40));
    go_to(&mut console, "timeframe");
    console.keys("enter");
    let documents = console.app.documents().expect("documents in front");
    assert_eq!(documents.filter.applied, "{_id: {$in: [1, 2, 3]}}");
}

#[test]
fn a_fix_is_chosen_looked_at_asked_about_and_only_then_run() {
    let mut console = checked(profile("main"), (140, 40));
    go_to(&mut console, "timeframe");
    console.keys("F");
    assert!(console.shows("set the nearest allowed value"));
    console.keys("enter");
    let (task, request) = console.request(|r| matches!(r, Request::Mend(_))).unwrap();
    match request {
        Request::Mend(mend) => assert_eq!((mend.fix, mend.mode), (FixKind::Nearest, MendMode::Dry)),
        _ => unreachable!(),
    }
    let text = |t: &str| Value::new(RawBson::String(t.to_owned()).as_raw_bson_ref());
    console.reply(
        task,
        Ok(Reply::MendPreview(Box::new(MendPreview {
            scanned: 12_402,
            documents: 3,
            unfit: 0,
            samples: vec![MendSample {
                id: RawBson::Int32(1),
                changes: vec![Change::Changed {
                    path: Path::root().key("timeframe"),
                    old: text("3-weeks"),
                    new: text("3-months"),
                }],
            }],
            in_transaction: true,
        }))),
    );
    assert!(console.shows("run the fix?"));
    assert!(
        console.shows("timeframe: '3-weeks' → '3-months'"),
        "{}",
        console.screen()
    );
    // The cursor is on No.
    console.keys("enter");
    assert!(console.request(|r| matches!(r, Request::Mend(_))).is_none());
    console.keys("F enter");
    let (task, _) = console.request(|r| matches!(r, Request::Mend(_))).unwrap();
    console.reply(
        task,
        Ok(Reply::MendPreview(Box::new(MendPreview {
            documents: 3,
            in_transaction: true,
            ..MendPreview::default()
        }))),
    );
    console.keys("y");
    let (task, request) = console.request(|r| matches!(r, Request::Mend(_))).unwrap();
    match request {
        Request::Mend(mend) => assert_eq!(mend.mode, MendMode::Write),
        _ => unreachable!(),
    }
    console.reply(
        task,
        Ok(Reply::Mended(Box::new(MendOutcome {
            written: 2,
            skipped: 1,
            in_transaction: true,
            journal: Some("/state/mends/1.jsonl".into()),
            ..MendOutcome::default()
        }))),
    );
    assert!(
        console.shows("2 documents fixed, 1 left alone"),
        "{}",
        console.screen()
    );
    assert!(console.shows("/state/mends/1.jsonl"));
    // The figures are read again.
    assert!(
        console
            .request(|r| matches!(r, Request::Check(_)))
            .is_some()
    );
}

#[test]
fn a_profile_that_is_read_only_is_refused_before_anything_is_asked() {
    let mut read_only = profile("main");
    read_only.read_only = true;
    let mut console = checked(read_only, (140, 40));
    for row in ["timeframe", "missing", "differs"] {
        go_to(&mut console, row);
        console.keys("F");
        assert!(console.shows("read-only by its configuration"));
        assert!(console.app.overlays.is_empty());
        assert!(console.request(Request::writes).is_none());
    }
}

#[test]
fn production_wants_the_collections_name() {
    let mut production = profile("main");
    production.production = true;
    let mut console = checked(production, (140, 40));
    go_to(&mut console, "missing");
    console.keys("F");
    assert!(console.shows("unlock it first"));
    console.tell(Msg::Report(Box::new(Report::Access {
        profile: ProfileName::new("main"),
        access: mongodeck::mongo::request::Access::ReadWrite,
    })));
    console.keys("F enter");
    assert!(console.request(Request::writes).is_none());
    assert!(matches!(
        console.app.overlays.last(),
        Some(Overlay::Confirm(_))
    ));
    console.type_text("users").keys("enter");
    assert!(console.request(Request::writes).is_some());
}

#[test]
fn the_missing_index_is_made_and_the_validator_installed_after_a_question() {
    let mut console = checked(profile("main"), (140, 40));
    go_to(&mut console, "missing");
    console.keys("F");
    assert!(
        console.shows("make the missing index?"),
        "{}",
        console.screen()
    );
    assert!(console.shows("unique: true"));
    console.keys("y");
    let (task, request) = console.request(Request::writes).unwrap();
    assert!(matches!(request, Request::CreateIndexes { indexes, .. } if indexes.len() == 1));
    // Not every user may see how far the server is: the time tells that it goes on.
    console.wait(Duration::from_secs(42));
    assert!(
        console.shows("making the index, 42 s"),
        "{}",
        console.screen()
    );
    for (building, shown) in [(Some("25 % scanning collection"), true), (None, false)] {
        console.tell(Msg::Report(Box::new(Report::Building {
            profile: ProfileName::new("main"),
            task,
            building: building.map(|text| Building {
                indexes: "email_1".to_owned(),
                percent: Some(25),
                text: text.to_owned(),
            }),
        })));
        let said = "░ 25 % scanning collection  email_1";
        assert_eq!(console.shows(said), shown, "{}", console.screen());
    }
    console.reply(
        task,
        Ok(Reply::IndexesMade(vec![
            mongodeck::mongo::request::drift::IndexMade {
                name: "email_1".to_owned(),
                failure: None,
            },
        ])),
    );
    assert!(console.shows("the index is made"));
    let (task, _) = console.request(|r| matches!(r, Request::Check(_))).unwrap();
    console.reply(task, Ok(Reply::Checked(Arc::new(found()))));
    go_to(&mut console, "differs");
    console.keys("F down down enter");
    assert!(
        console.shows("install the validator?"),
        "{}",
        console.screen()
    );
    assert!(console.shows("moderate"));
    assert!(console.shows("- ['3-months']"));
    console.keys("y");
    let (task, request) = console.request(Request::writes).unwrap();
    assert!(matches!(request, Request::SetValidator { level, .. } if level.word() == "moderate"));
    console.reply(task, Ok(Reply::Done));
    assert!(console.shows("the validator is installed"));
}

#[test]
fn a_fix_under_way_is_not_closed_without_a_question_and_can_be_stopped() {
    let mut console = checked(profile("main"), (140, 40));
    go_to(&mut console, "trim");
    console.keys("F");
    let (task, _) = console.request(|r| matches!(r, Request::Mend(_))).unwrap();
    console.reply(
        task,
        Ok(Reply::MendPreview(Box::new(MendPreview {
            documents: 90_000,
            ..MendPreview::default()
        }))),
    );
    assert!(console.shows("In batches of"), "{}", console.screen());
    console.keys("y");
    let (task, _) = console.request(|r| matches!(r, Request::Mend(_))).unwrap();
    console.keys("q");
    assert!(console.shows("close the tab?"));
    console.keys("esc esc");
    let stopped = |e: &Effect| matches!(e, Effect::Cancel { task: t } if *t == task);
    assert!(console.effects().iter().any(stopped));
    console.reply(
        task,
        Ok(Reply::Mended(Box::new(MendOutcome {
            written: 500,
            stopped: Some(mongodeck::mongo::request::Failure::new(
                mongodeck::mongo::request::FailureKind::Cancelled,
                "stopped",
            )),
            ..MendOutcome::default()
        }))),
    );
    assert!(console.shows("500 documents fixed"));
    assert!(console.shows("run the same fix again to go on"));
}

#[test]
fn a_database_is_checked_collection_by_collection() {
    let models: Vec<_> = shipped()
        .models
        .iter()
        .map(|m| m.as_ref().clone())
        .collect();
    let mut console = Harness::with(&[profile("main")], models, (140, 40));
    console.connected("main");
    let effects = console.app.update(
        mongodeck::app::Moment(1),
        Msg::Command(mongodeck::app::Command::FocusTree),
    );
    assert!(effects.is_empty());
    console.open("main", "career_dev.users");
    console.keys("1");
    // Nothing is known of the database but its models.
    let (task, _) = console
        .request(|r| matches!(r, Request::Databases))
        .unwrap();
    console.reply(
        task,
        Ok(Reply::Databases(vec![
            mongodeck::mongo::request::DatabaseInfo {
                name: "career_dev".to_owned(),
                size_on_disk: None,
            },
        ])),
    );
    console.keys("j g c");
    let (task, request) = console.request(|r| matches!(r, Request::Check(_))).unwrap();
    assert!(
        console
            .request(|r| matches!(r, Request::Check(_)))
            .is_none(),
        "one after the other"
    );
    assert!(console.shows("waiting"), "{}", console.screen());
    let Request::Check(first) = request else {
        unreachable!()
    };
    console.reply(task, Ok(Reply::Checked(Arc::new(found()))));
    let (_, request) = console.request(|r| matches!(r, Request::Check(_))).unwrap();
    let Request::Check(second) = request else {
        unreachable!()
    };
    assert_ne!(first.namespace, second.namespace);
    assert!(console.shows("6 kinds of drift"), "{}", console.screen());
}
