//! What a statement asks of a server: its commands, as plain data.
//!
//! Every option and every method that a statement carries is in the plan or refused in words; none is left out in
//! silence. Commands hold their documents' bytes as the text gave them. Sends nothing; [`Statement::plan`] is also how
//! an editor learns that a statement cannot be run before anybody runs it.

mod administering;
mod options;
mod reading;
mod writing;

use std::fmt;

use bson::{RawBson, RawDocumentBuf};

use super::operation::Operation;
use super::statement::Statement;

/// Why a statement cannot be run as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// What is wrong: lower case, values in backticks.
    pub message: String,
    /// The next step, where one is known.
    pub help: Option<String>,
}

impl Refused {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            help: None,
        }
    }

    pub(crate) fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match &self.help {
            Some(help) => write!(f, "; {help}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Refused {}

/// What a statement asks of a server.
#[derive(Debug, Clone, PartialEq)]
pub enum Plan {
    /// Documents, read as they are wanted.
    Documents(Reading),
    /// The first document, or null.
    First(Reading),
    /// Whether there is a document.
    Any(Reading),
    /// How many documents there are, by reading them all.
    Counted(Reading),
    /// The number in the field `n` of the only document; 0 where there is none.
    Total(Reading),
    /// The `name` of each document, sorted.
    Names(Reading),
    /// A pipeline that writes its result somewhere: nothing comes back.
    Poured(Reading),
    /// A command that only reads.
    Ask(Command, Answer),
    /// A command of the person's own that may write, sent as it is.
    Sent(Command),
    /// Writes of documents.
    Write(Writes),
    /// One document changed and given back.
    Modify(Modify),
    /// A change of collections or indexes.
    Change(Command, Shown),
    /// Only the current database changes.
    Database(String),
}

/// A command for one database.
#[derive(Debug, Clone, PartialEq)]
pub struct Command {
    /// The database it is sent to.
    pub database: String,
    /// The collection it is about, for the words of errors.
    pub collection: Option<String>,
    /// The command, without `$db`, `comment` and session.
    pub body: RawDocumentBuf,
    /// Which members may answer, where the statement says it.
    pub preference: Option<Preference>,
    /// The statement's own `comment`.
    pub note: Option<RawBson>,
}

/// A command that answers with a cursor.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// The command; the size of its first batch is not in it.
    pub command: Command,
    /// The size of batches, where the statement says it.
    pub batch: Option<u32>,
    /// How long the server may wait for more, in milliseconds: of a cursor that follows.
    pub await_millis: Option<u64>,
    /// Whether the cursor stays open at the end of what there is.
    pub follows: bool,
    /// How it can be read from its end: filter and sort, where nothing else bears on the order.
    pub turning: Option<Turning>,
}

/// What decides the order of a `find`.
#[derive(Debug, Clone, PartialEq)]
pub struct Turning {
    /// Whether it has conditions.
    pub filtered: bool,
    /// Its sort; `None` is the natural order.
    pub sort: Option<RawDocumentBuf>,
}

/// What a command's reply is shown as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// As it is.
    Whole,
    /// This field of it.
    Field(&'static str),
    /// The names of the databases in it.
    DatabaseNames,
}

/// What is shown of a change of collections or indexes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown {
    /// The server's reply.
    Reply,
    /// `true`, or `false` where there was nothing to drop.
    Whether,
    /// A name.
    Name(String),
    /// Names.
    Names(Vec<String>),
}

/// Which members of a replica set may answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Preference {
    /// `primary`, `primaryPreferred`, `secondary`, `secondaryPreferred` or `nearest`.
    pub mode: Mode,
    /// The tags that a member must have: the first set that any member has.
    pub tags: Vec<RawDocumentBuf>,
    /// How far a member may be behind, in seconds.
    pub max_staleness: Option<u64>,
}

/// The mode of a read preference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// The primary alone.
    Primary,
    /// The primary; a secondary where there is none.
    PrimaryPreferred,
    /// A secondary alone.
    Secondary,
    /// A secondary; the primary where there is none.
    SecondaryPreferred,
    /// The nearest member.
    Nearest,
}

/// Writes of documents to one collection, in order.
#[derive(Debug, Clone, PartialEq)]
pub struct Writes {
    /// The database.
    pub database: String,
    /// The collection.
    pub collection: String,
    /// Whether nothing is tried after the first refusal.
    pub ordered: bool,
    /// Whether the server is asked to confirm.
    pub acknowledged: bool,
    /// The statement's own `comment`.
    pub note: Option<RawBson>,
    /// The commands: writes of one kind that stand next to each other, as many as one message takes.
    pub batches: Vec<Batch>,
}

/// One command of writes.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    /// What it does.
    pub kind: BatchKind,
    /// The command's fields, without the list of writes.
    pub body: RawDocumentBuf,
    /// The documents to insert, or the writes.
    pub items: Vec<RawDocumentBuf>,
    /// The place of each among the statement's writes.
    pub places: Vec<usize>,
    /// Whether one of them may touch more than one document, so that it must not be sent twice.
    pub multi: bool,
}

/// What a batch of writes does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BatchKind {
    /// Inserts documents. One without `_id` is given one before it is sent.
    Insert,
    /// Updates or replaces.
    Update,
    /// Deletes.
    Delete,
}

/// One document changed and given back.
#[derive(Debug, Clone, PartialEq)]
pub struct Modify {
    /// The database.
    pub database: String,
    /// The collection.
    pub collection: String,
    /// Which document.
    pub filter: RawDocumentBuf,
    /// The update, pipeline or whole new document; `None` deletes.
    pub change: Option<RawBson>,
    /// Whether `change` is a whole new document.
    pub replaces: bool,
    /// Fields under the names of the driver's options, but for the limit of time.
    pub options: RawDocumentBuf,
    /// The limit of time, in milliseconds.
    pub max_millis: Option<u64>,
    /// The statement's own `comment`.
    pub note: Option<RawBson>,
}

impl Plan {
    /// The statement's own `comment`.
    #[must_use]
    pub fn note(&self) -> Option<&RawBson> {
        match self {
            Self::Documents(r)
            | Self::First(r)
            | Self::Any(r)
            | Self::Counted(r)
            | Self::Total(r)
            | Self::Names(r)
            | Self::Poured(r) => r.command.note.as_ref(),
            Self::Ask(c, _) | Self::Sent(c) | Self::Change(c, _) => c.note.as_ref(),
            Self::Write(w) => w.note.as_ref(),
            Self::Modify(m) => m.note.as_ref(),
            Self::Database(_) => None,
        }
    }
}

impl Statement {
    /// What it asks of a server.
    ///
    /// # Errors
    /// What cannot be run as it is written: an option that is not known, a method that has no place there.
    pub fn plan(&self) -> Result<Plan, Refused> {
        use Operation as O;
        if self.explained().is_some() {
            return self.plan_of_explain();
        }
        match self.operation {
            O::Find | O::FindOne => reading::find(self),
            O::Aggregate => reading::aggregate(self),
            O::CountDocuments => reading::count_documents(self),
            O::EstimatedDocumentCount => reading::estimated(self),
            O::Count => reading::count(self),
            O::Distinct => reading::distinct(self),
            O::InsertOne
            | O::InsertMany
            | O::UpdateOne
            | O::UpdateMany
            | O::ReplaceOne
            | O::DeleteOne
            | O::DeleteMany
            | O::BulkWrite => writing::writes(self).map(Plan::Write),
            O::FindOneAndUpdate | O::FindOneAndReplace | O::FindOneAndDelete | O::FindAndModify => {
                writing::modify(self).map(Plan::Modify)
            }
            O::GetIndexes
            | O::Stats
            | O::CreateIndex
            | O::CreateIndexes
            | O::DropIndex
            | O::DropIndexes
            | O::HideIndex
            | O::UnhideIndex
            | O::CreateCollection
            | O::CreateView
            | O::Drop
            | O::DropDatabase
            | O::RenameCollection
            | O::RunCommand
            | O::AdminCommand
            | O::MapReduce
            | O::GetCollectionNames
            | O::GetCollectionInfos
            | O::GetDatabaseNames => administering::plan(self),
            O::Use => Ok(Plan::Database(self.database.clone())),
        }
    }

    fn plan_of_explain(&self) -> Result<Plan, Refused> {
        let given = self
            .cursor
            .iter()
            .rev()
            .find(|(m, _)| *m == super::CursorMethod::Explain)
            .and_then(|(_, arguments)| arguments.first());
        let Some(verbosity) = super::consequence::verbosity(given) else {
            return Err(Refused::new("this is no verbosity of `explain`").with_help(
                "write `\"queryPlanner\"`, `\"executionStats\"` or `\"allPlansExecution\"`",
            ));
        };
        let plain = Self {
            cursor: self
                .cursor
                .iter()
                .filter(|(m, _)| *m != super::CursorMethod::Explain)
                .cloned()
                .collect(),
            ..self.clone()
        };
        let inner = match plain.plan()? {
            Plan::Documents(reading)
            | Plan::First(reading)
            | Plan::Any(reading)
            | Plan::Counted(reading)
            | Plan::Total(reading)
            | Plan::Poured(reading) => {
                let mut command = reading.command;
                if matches!(first_key(&command.body), "aggregate")
                    && command.body.get("cursor").ok().flatten().is_none()
                {
                    command
                        .body
                        .append(bson::raw::cstr!("cursor"), RawDocumentBuf::new());
                }
                command
            }
            Plan::Ask(command, _)
                if matches!(first_key(&command.body), "count" | "distinct" | "mapReduce") =>
            {
                command
            }
            Plan::Write(writes) => writing::explained(writes)?,
            Plan::Modify(modify) => writing::explained_modify(modify)?,
            _ => return Err(not_explained(self.operation)),
        };
        // The limit of time is of the whole command; comments too.
        let (body, limit) = options::without(&inner.body, "maxTimeMS");
        let mut explain = bson::rawdoc! { "explain": body, "verbosity": verbosity };
        if let Some(limit) = limit {
            explain.append(bson::raw::cstr!("maxTimeMS"), limit);
        }
        Ok(Plan::Ask(
            Command {
                body: explain,
                ..inner
            },
            Answer::Whole,
        ))
    }
}

pub(super) fn not_explained(operation: Operation) -> Refused {
    Refused::new(format!("`{}` has no plan to explain", operation.name()))
        .with_help("explain a `find`, `aggregate`, `count`, `distinct`, `update…` or `delete…`")
}

/// The name of a command.
#[must_use]
pub fn first_key(command: &bson::RawDocument) -> &str {
    command
        .iter()
        .next()
        .and_then(Result::ok)
        .map_or("", |(key, _)| key.as_str())
}
