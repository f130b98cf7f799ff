//! An edit on a real server, from the list to the bytes that are read back.

use std::sync::Arc;
use std::time::Duration;

use bson::spec::BinarySubtype;
use bson::{Bson, RawDocumentBuf, doc};
use mongodeck::app::editor::Stage;
use mongodeck::app::scope::Moment;
use mongodeck::app::{App, Command, Effect, Msg};
use mongodeck::config::state::WriteRecord;
use mongodeck::model::Library;
use mongodeck::mongo::request::{Namespace, ProfileName, Report};
use mongodeck::mongo::runner::Runner;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::desk::{Allowed, profile};
use crate::support::server::{TestDatabase, shared_uri};

/// A deck whose effects on a server are carried out.
struct Live {
    app: App,
    runner: Runner,
    reports: UnboundedReceiver<Report>,
    records: Vec<WriteRecord>,
    now: u64,
}

impl Live {
    async fn open(allowed: Allowed, namespace: &Namespace) -> Self {
        let profiles = [profile("main", shared_uri(), allowed)];
        let (sender, reports) = unbounded_channel();
        let runner = Runner::new(profiles.clone(), sender).with_command_log();
        let models = Arc::new(Library::default());
        let mut live = Self {
            app: App::new(&profiles, models, Moment(1)),
            runner,
            reports,
            records: Vec::new(),
            now: 1,
        };
        live.runner.connect(&ProfileName::new("main"));
        let effects = live
            .app
            .open_tab(&ProfileName::new("main"), namespace.clone());
        live.perform(effects);
        live.until("a document is there", |app| {
            app.documents().unwrap().current().is_some()
        })
        .await;
        live
    }

    fn perform(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Mongo {
                    profile,
                    task,
                    request,
                } => self.runner.start(&profile, task, request),
                Effect::RecordWrite(record) => self.records.push(record),
                _ => {}
            }
        }
    }

    fn tell(&mut self, msg: Msg) {
        self.now += 10;
        let effects = self.app.update(Moment(self.now), msg);
        self.perform(effects);
    }

    fn command(&mut self, command: Command) {
        self.tell(Msg::Command(command));
    }

    fn change(&mut self, old: &str, new: &str) {
        let tab = self.app.documents().unwrap();
        let text = tab.editor.as_ref().unwrap().buffer.text();
        assert!(text.contains(old), "{text}");
        let (tab, text) = (tab.tab, text.replacen(old, new, 1));
        self.tell(Msg::EditedExternally {
            tab,
            result: Ok(text),
        });
    }

    async fn until(&mut self, what: &str, holds: impl Fn(&App) -> bool) {
        while !holds(&self.app) {
            let report = tokio::time::timeout(Duration::from_secs(20), self.reports.recv()).await;
            let report = report.unwrap_or_else(|_| {
                panic!("not within 20 s: {what}; {:?}", self.app.notices.history())
            });
            self.tell(Msg::Report(Box::new(report.unwrap())));
        }
    }

    async fn write(&mut self) {
        self.command(Command::Save);
        self.command(Command::ConfirmYes);
        self.until("the write is over", |app| {
            let editor = &app.documents().unwrap().editor;
            !editor
                .as_ref()
                .is_some_and(|e| matches!(e.stage, Stage::Writing { .. }))
        })
        .await;
    }
}

/// One value of every kind, under names that are easily misread, `changed` the one to edit.
fn odd() -> RawDocumentBuf {
    let document = doc! {
        "_id": { "a": 1_i32, "b": 2_i64 },
        "z": 1.0,
        "a": -0.0,
        "nan": f64::NAN,
        "infinite": f64::NEG_INFINITY,
        "int": 5_i32,
        "long": 5_i64,
        "decimal": Bson::Decimal128("1.50".parse().unwrap()),
        "text": "line\nbreak 'quotes' \u{1b}[31m \u{202e} ` ${x}",
        "date": bson::DateTime::from_millis(-1),
        "far": bson::DateTime::from_millis(i64::MAX),
        "yes": true,
        "null": Bson::Null,
        "undefined": Bson::Undefined,
        "min": Bson::MinKey,
        "max": Bson::MaxKey,
        "symbol": Bson::Symbol("sym".to_owned()),
        "code": Bson::JavaScriptCode("function () { return 1 }".to_owned()),
        "scoped": Bson::JavaScriptCodeWithScope(bson::JavaScriptCodeWithScope {
            code: "x".to_owned(),
            scope: doc! { "x": 1_i32 },
        }),
        "regex": Bson::RegularExpression(bson::Regex {
            pattern: "^a/b\\d".try_into().unwrap(),
            options: "im".try_into().unwrap(),
        }),
        "stamp": Bson::Timestamp(bson::Timestamp { time: 7, increment: 3 }),
        "bytes": bson::Binary { subtype: BinarySubtype::UserDefined(0x99), bytes: vec![0, 255] },
        "uuid": bson::Uuid::from_bytes([7; 16]),
        "id": bson::oid::ObjectId::from_bytes([9; 12]),
        "list": [1_i32, 2_i64, 3.0, [doc! {}], Bson::Null],
        "": "no name",
        "a.b": "a dot",
        "a-b": 1_i32,
        "A": "upper",
        "0": "digits",
        "inner": { "$dollar": 1_i32, "changed": 1_i32, "last": [ { "x": 0.5 } ] },
        "changed": "before",
    };
    RawDocumentBuf::try_from(&document).unwrap()
}

async fn read_back(database: &TestDatabase) -> RawDocumentBuf {
    let things = database.database().collection::<RawDocumentBuf>("things");
    things.find_one(doc! {}).await.unwrap().unwrap()
}

async fn with_odd(about: &str) -> (TestDatabase, Namespace) {
    let database = TestDatabase::new(about).await;
    let things = database.database().collection::<RawDocumentBuf>("things");
    things.insert_one(odd()).await.unwrap();
    let namespace = Namespace::new(&database.name, "things");
    (database, namespace)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edit_leaves_every_byte_as_it_was_but_the_change() {
    let (database, namespace) = with_odd("edit_bytes").await;
    assert_eq!(read_back(&database).await.as_bytes(), odd().as_bytes());
    let mut live = Live::open(Allowed::default(), &namespace).await;
    live.command(Command::Edit);
    live.change("changed: 'before'", "changed: 'after!'");
    live.write().await;
    assert!(
        live.app.documents().unwrap().editor.is_none(),
        "{:?}",
        live.app.notices.history()
    );
    let expected: Vec<u8> = {
        let bytes = odd().as_bytes().to_vec();
        let at = bytes.windows(6).position(|w| w == b"before").unwrap();
        [&bytes[..at], b"after!", &bytes[at + 6..]].concat()
    };
    assert_eq!(read_back(&database).await.as_bytes(), expected);
    let sent = live.runner.command_log().unwrap().commands();
    assert_eq!(sent.iter().filter(|c| c.name == "update").count(), 1);

    // And back again.
    live.command(Command::UndoWrite);
    live.command(Command::ConfirmYes);
    live.until("the undo is over", |app| app.journal.last().is_none())
        .await;
    assert_eq!(read_back(&database).await.as_bytes(), odd().as_bytes());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_changed_behind_ones_back_is_a_conflict_and_not_written_over() {
    let (database, namespace) = with_odd("edit_conflict").await;
    let mut live = Live::open(Allowed::default(), &namespace).await;
    live.command(Command::Edit);
    live.change("changed: 'before'", "changed: 'mine'");
    let things = database.collection("things");
    things
        .update_one(
            doc! {},
            doc! { "$set": { "changed": "theirs", "int": 6_i32 } },
        )
        .await
        .unwrap();
    live.write().await;
    let editor = live.app.documents().unwrap().editor.as_ref().unwrap();
    assert!(matches!(editor.stage, Stage::Conflict(_)));
    assert_eq!(
        read_back(&database).await.get_str("changed").unwrap(),
        "theirs"
    );
    live.command(Command::EditMerge);
    live.write().await;
    let after = read_back(&database).await;
    assert_eq!(after.get_str("changed").unwrap(), "mine");
    assert_eq!(after.get_i32("int").unwrap(), 6);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_only_profile_sends_no_write() {
    let (database, namespace) = with_odd("edit_read_only").await;
    let allowed = Allowed {
        read_only: true,
        ..Allowed::default()
    };
    let mut live = Live::open(allowed, &namespace).await;
    live.command(Command::Edit);
    live.change("changed: 'before'", "changed: 'mine'");
    live.command(Command::Save);
    live.command(Command::ConfirmYes);
    live.command(Command::Back);
    live.command(Command::DocumentDelete);
    live.command(Command::ConfirmYes);
    assert_eq!(read_back(&database).await.as_bytes(), odd().as_bytes());
    let sent = live.runner.command_log().unwrap().commands();
    let wrote = |c: &str| matches!(c, "insert" | "update" | "delete" | "findAndModify");
    assert!(!sent.iter().any(|c| wrote(&c.name)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_of_the_servers_validator_is_shown_at_its_path() {
    let database = TestDatabase::new("edit_refused").await;
    database
        .database()
        .create_collection("things")
        .validator(doc! { "$jsonSchema": { "properties": { "age": { "bsonType": "int", "minimum": 18 } } } })
        .await
        .unwrap();
    let things = database.collection("things");
    things
        .insert_one(doc! { "_id": 1, "age": 30 })
        .await
        .unwrap();
    let namespace = Namespace::new(&database.name, "things");
    let mut live = Live::open(Allowed::default(), &namespace).await;
    live.command(Command::Edit);
    live.change("age: 30", "age: 3");
    live.write().await;
    let editor = live.app.documents().unwrap().editor.as_ref().unwrap();
    assert!(editor.buffer.text().contains("age: 3"));
    let problems = &editor.check.problems;
    let path = problems.first().and_then(|p| p.path.clone()).unwrap();
    assert_eq!(path.to_string(), "age", "{problems:?}");
    assert!(live.records.last().unwrap().outcome.starts_with("refused"));
    assert_eq!(read_back(&database).await.get_i32("age").unwrap(), 30);
}
