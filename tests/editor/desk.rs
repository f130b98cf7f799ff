//! A deck with one open collection, driven by commands and answered by hand.

use std::sync::Arc;
use std::time::Duration;

use bson::{RawDocumentBuf, rawdoc};
use mongodeck::app::documents::Documents;
use mongodeck::app::editor::{Editor, Stage};
use mongodeck::app::overlay::Overlay;
use mongodeck::app::scope::{Moment, TabId};
use mongodeck::app::{App, Command, Effect, Msg};
use mongodeck::config::profile::Profile;
use mongodeck::config::state::{Draft, WriteRecord};
use mongodeck::model::{DefaultValue, Field, Kind, Library, Model, Requirement, Schema, Source};
use mongodeck::mongo::request::{
    Extent, Failure, Namespace, Page, ProfileName, Reply, Report, Request, Side, TaskId, Write,
    WriteOutcome,
};

/// What the profile of a desk allows.
#[derive(Debug, Clone, Copy, Default)]
pub struct Allowed {
    pub read_only: bool,
    pub production: bool,
    pub overriding: bool,
}

pub fn profile(name: &str, uri: &str, allowed: Allowed) -> Profile {
    Profile {
        production: allowed.production,
        read_only: allowed.read_only,
        allow_override: allowed.overriding,
        ..Profile::new(name, uri.to_owned().into())
    }
}

/// `users`: a goal out of three, a name that is required, a score.
pub fn users_model() -> Model {
    let mut timeframe = Field::new("timeframe", Kind::String, 3);
    timeframe.choices = ["3-months", "6-months", "1-year"]
        .map(|c| bson::Bson::String(c.to_owned()))
        .to_vec();
    let mut name = Field::new("name", Kind::String, 4);
    name.required = Requirement::Required(None);
    let mut plan = Field::new("plan", Kind::String, 5);
    plan.default = DefaultValue::Value("free".into());
    let mut email = Field::new("email", Kind::String, 7);
    email.immutable = true;
    let fields = vec![
        Field::new("_id", Kind::ObjectId, 1),
        name,
        timeframe,
        plan,
        Field::new("score", Kind::Number, 6),
        email,
    ];
    Model {
        name: "User".to_owned(),
        database: None,
        collection: "users".to_owned(),
        domain: None,
        schemas: vec![Schema {
            fields,
            ..Schema::EMPTY
        }],
        indexes: Vec::new(),
        source: Source::default(),
        gaps: Vec::new(),
        validator: None,
    }
}

pub fn ada() -> RawDocumentBuf {
    rawdoc! {
        "_id": bson::oid::ObjectId::parse_str("65f000000000000000000001").unwrap(),
        "name": "Ada",
        "timeframe": "3-months",
        "score": 12_i64,
        "email": "ada@example.com",
    }
}

/// A deck, the moment, and everything that was asked for so far.
pub struct Desk {
    pub app: App,
    pub now: u64,
    pub effects: Vec<Effect>,
    pub tab: TabId,
}

impl Desk {
    /// A deck that shows `documents` of `career_dev.users` on the profile `main`.
    pub fn with(allowed: Allowed, documents: Vec<RawDocumentBuf>) -> Self {
        let profiles = [profile("main", "mongodb://localhost", allowed)];
        let models = Arc::new(Library::new([users_model()]));
        let now = 1_772_000_000_000;
        let mut app = App::new(&profiles, models, Moment(now));
        let effects = app.open_tab(
            &ProfileName::new("main"),
            Namespace::new("career_dev", "users"),
        );
        let tab = app.documents().unwrap().tab;
        let mut desk = Self {
            app,
            now,
            effects,
            tab,
        };
        desk.answer_feed(documents);
        desk.effects.clear();
        desk
    }

    pub fn open() -> Self {
        Self::with(Allowed::default(), vec![ada()])
    }

    /// Answers the newest request for documents.
    pub fn answer_feed(&mut self, documents: Vec<RawDocumentBuf>) {
        let found = self.effects.iter().rev().find_map(|e| match e {
            Effect::Mongo {
                task,
                request: Request::OpenFeed { feed, .. },
                ..
            } => Some((*task, *feed)),
            _ => None,
        });
        let (task, feed) = found.expect("no documents were asked for");
        let n = documents.len() as u64;
        let page = Page {
            feed,
            side: Side::Start,
            offset: 0,
            documents: documents.into_iter().map(Arc::new).collect(),
            extent: Extent::Exactly(n),
        };
        self.settle(task, Ok(Reply::Page(page)));
    }

    pub fn settle(&mut self, task: TaskId, result: Result<Reply, Failure>) {
        let report = Report::Settled {
            profile: ProfileName::new("main"),
            task,
            result,
            took: Duration::from_millis(3),
        };
        self.tell(Msg::Report(Box::new(report)));
    }

    pub fn tell(&mut self, msg: Msg) {
        self.now += 10;
        let effects = self.app.update(Moment(self.now), msg);
        self.effects.extend(effects);
    }

    pub fn command(&mut self, command: Command) {
        self.tell(Msg::Command(command));
    }

    /// Time goes by, and the program notices it.
    pub fn wait(&mut self, millis: u64) {
        self.now += millis;
        self.tell(Msg::Tick);
    }

    pub fn typed(&mut self, text: &str) {
        for c in text.chars() {
            self.tell(Msg::Typed(tui_textarea::Input {
                key: tui_textarea::Key::Char(c),
                ctrl: false,
                alt: false,
                shift: false,
            }));
        }
    }

    pub fn key(&mut self, key: tui_textarea::Key) {
        self.tell(Msg::Typed(tui_textarea::Input {
            key,
            ctrl: false,
            alt: false,
            shift: false,
        }));
    }

    pub fn tab(&self) -> &Documents {
        self.app.documents().unwrap()
    }

    pub fn editor(&self) -> &Editor {
        self.tab().editor.as_ref().expect("no editor is open")
    }

    pub fn text(&self) -> String {
        self.editor().buffer.text()
    }

    /// Replaces the whole text, as a person does who pastes over everything.
    pub fn retype(&mut self, text: &str) {
        self.tell(Msg::EditedExternally {
            tab: self.tab,
            result: Ok(text.to_owned()),
        });
    }

    /// Types `new` where `old` stands.
    pub fn change(&mut self, old: &str, new: &str) {
        let text = self.text();
        assert!(text.contains(old), "`{old}` is not in:\n{text}");
        self.retype(&text.replacen(old, new, 1));
    }

    pub fn problems(&self) -> Vec<(String, String)> {
        self.editor()
            .check
            .problems
            .iter()
            .map(|p| {
                let path = p.path.as_ref().map(ToString::to_string);
                (path.unwrap_or_default(), p.message.clone())
            })
            .collect()
    }

    pub fn is_review(&self) -> bool {
        matches!(self.editor().stage, Stage::Review(_))
    }

    pub fn is_typing(&self) -> bool {
        matches!(self.editor().stage, Stage::Typing)
    }

    pub fn notice(&self) -> String {
        let notices = self.app.notices.history();
        notices.last().map_or(String::new(), |n| n.text.clone())
    }

    pub fn writes(&self) -> Vec<(TaskId, Write)> {
        self.effects
            .iter()
            .filter_map(|e| match e {
                Effect::Mongo {
                    task,
                    request: Request::Write(write),
                    ..
                } => Some((*task, write.clone())),
                _ => None,
            })
            .collect()
    }

    pub fn last_write(&self) -> (TaskId, Write) {
        self.writes().pop().expect("nothing was written")
    }

    pub fn saved_drafts(&self) -> Vec<Draft> {
        self.effects
            .iter()
            .filter_map(|e| match e {
                Effect::SaveDraft(draft) => Some(draft.clone()),
                _ => None,
            })
            .collect()
    }

    pub fn records(&self) -> Vec<WriteRecord> {
        self.effects
            .iter()
            .filter_map(|e| match e {
                Effect::RecordWrite(record) => Some(record.clone()),
                _ => None,
            })
            .collect()
    }

    /// Saves, answers yes, and answers for the server.
    pub fn write(&mut self, result: Result<WriteOutcome, Failure>) {
        self.command(Command::Save);
        self.confirm(result);
    }

    pub fn confirm(&mut self, result: Result<WriteOutcome, Failure>) {
        let before = self.writes().len();
        self.command(Command::ConfirmYes);
        assert_eq!(self.writes().len(), before + 1, "{}", self.notice());
        let (task, _) = self.last_write();
        self.settle(task, result.map(Reply::Written));
    }

    /// Answers the question on top with yes, typing its word where it wants one.
    pub fn agree(&mut self) {
        let word = match self.app.overlays.last() {
            Some(Overlay::Confirm(confirm)) => confirm.word.clone(),
            other => panic!("no question is asked: {other:?}"),
        };
        match word {
            Some(word) => {
                self.typed(&word);
                self.command(Command::Accept);
            }
            None => self.command(Command::ConfirmYes),
        }
    }
}
