//! Whether a statement changes what a deployment holds, told from the statement alone.
//!
//! What is not known to read counts as a write. Functions that the server runs (`$where`, `$function`) cannot write, so
//! they read; [`Statement::server_code`] finds them. Sends nothing and asks nobody.

use bson::{RawBson, RawBsonRef, RawDocument};

use super::operation::{CursorMethod, Operation};
use super::statement::Statement;

/// What running a statement does to the deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Consequence {
    /// It only reads.
    Reads,
    /// It changes, or may change, something: what, as the end of a sentence that begins with "it", such as
    /// ``deletes every document of `shop.orders` ``.
    Writes(String),
}

impl Consequence {
    /// Whether it is a write.
    #[must_use]
    pub fn writes(&self) -> bool {
        matches!(self, Self::Writes(_))
    }
}

/// Commands that only read, in lower case; those that depend on their fields are looked at one by one.
const READING: &[&str] = &[
    "balancerstatus",
    "buildinfo",
    "collstats",
    "connectionstatus",
    "connpoolstats",
    "count",
    "currentop",
    "datasize",
    "dbhash",
    "dbstats",
    "distinct",
    "features",
    "find",
    "getcmdlineopts",
    "getdefaultrwconcern",
    "getdiagnosticdata",
    "getlog",
    "getmore",
    "getparameter",
    "getshardversion",
    "hello",
    "hostinfo",
    "isdbgrid",
    "ismaster",
    "listcollections",
    "listcommands",
    "listdatabases",
    "listindexes",
    "listshards",
    "lockinfo",
    "netstat",
    "ping",
    "replsetgetconfig",
    "replsetgetstatus",
    "rolesinfo",
    "serverstatus",
    "top",
    "usersinfo",
    "whatsmyuri",
];

impl Statement {
    /// What running it does to the deployment.
    #[must_use]
    pub fn consequence(&self) -> Consequence {
        use Operation as O;
        if let Some(verbosity) = self.explained() {
            return self.of_explain(verbosity);
        }
        let at = self.place();
        let writes = |what: String| Consequence::Writes(what);
        let all = self.arguments.first().is_none_or(is_empty);
        match self.operation {
            O::Find
            | O::FindOne
            | O::CountDocuments
            | O::EstimatedDocumentCount
            | O::Count
            | O::Distinct
            | O::GetIndexes
            | O::Stats
            | O::GetCollectionNames
            | O::GetCollectionInfos
            | O::GetDatabaseNames
            | O::Use => Consequence::Reads,
            O::Aggregate => match self
                .arguments
                .first()
                .and_then(|p| target(p, &self.database))
            {
                Some(what) => writes(what),
                None => Consequence::Reads,
            },
            O::RunCommand => of_command(self.arguments.first(), &self.database),
            O::AdminCommand => of_command(self.arguments.first(), "admin"),
            O::MapReduce => match self.arguments.get(2) {
                Some(RawBson::Document(options)) if inline(options, "out") => Consequence::Reads,
                _ => writes(format!("writes the result of map and reduce from `{at}`")),
            },
            O::InsertOne => writes(format!("inserts one document into `{at}`")),
            O::InsertMany => match self.arguments.first() {
                Some(RawBson::Array(items)) => writes(format!(
                    "inserts {} into `{at}`",
                    documents(items.into_iter().count())
                )),
                _ => writes(format!("inserts documents into `{at}`")),
            },
            O::UpdateOne | O::FindOneAndUpdate | O::FindAndModify => {
                writes(format!("changes one document of `{at}`"))
            }
            O::UpdateMany if all => writes(format!("changes every document of `{at}`")),
            O::UpdateMany => writes(format!("changes all documents of `{at}` that match")),
            O::ReplaceOne | O::FindOneAndReplace => {
                writes(format!("replaces one document of `{at}`"))
            }
            O::DeleteOne | O::FindOneAndDelete => writes(format!("deletes one document of `{at}`")),
            O::DeleteMany if all => writes(format!("deletes every document of `{at}`")),
            O::DeleteMany => writes(format!("deletes all documents of `{at}` that match")),
            O::BulkWrite => match self.arguments.first() {
                Some(RawBson::Array(items)) => writes(format!(
                    "carries out {} writes on `{at}`",
                    items.into_iter().count()
                )),
                _ => writes(format!("writes to `{at}`")),
            },
            O::CreateIndex | O::CreateIndexes => writes(format!("creates an index of `{at}`")),
            O::DropIndex => writes(format!("drops an index of `{at}`")),
            O::DropIndexes => writes(format!("drops indexes of `{at}`")),
            O::HideIndex => writes(format!("hides an index of `{at}` from queries")),
            O::UnhideIndex => writes(format!("shows an index of `{at}` to queries again")),
            O::CreateCollection | O::CreateView => {
                let kind = if self.operation == O::CreateView {
                    "view"
                } else {
                    "collection"
                };
                match self.arguments.first() {
                    Some(RawBson::String(name)) => {
                        writes(format!("creates the {kind} `{}.{name}`", self.database))
                    }
                    _ => writes(format!("creates a {kind} in `{}`", self.database)),
                }
            }
            O::Drop => writes(format!("drops `{at}` with its documents and indexes")),
            O::DropDatabase => writes(format!(
                "drops the database `{}` with all its collections",
                self.database
            )),
            O::RenameCollection => match self.arguments.first() {
                Some(RawBson::String(name)) => {
                    writes(format!("renames `{at}` to `{}.{name}`", self.database))
                }
                _ => writes(format!("renames `{at}`")),
            },
        }
    }

    /// `database.collection`, or the database where it is asked of that.
    #[must_use]
    pub fn place(&self) -> String {
        match &self.collection {
            Some(collection) => format!("{}.{collection}", self.database),
            None => self.database.clone(),
        }
    }

    /// The verbosity with which its plan is asked for in place of its result; `None` where it runs.
    #[must_use]
    pub fn explained(&self) -> Option<&'static str> {
        let (_, given) = self
            .cursor
            .iter()
            .rev()
            .find(|(method, _)| *method == CursorMethod::Explain)?;
        Some(verbosity(given.first()).unwrap_or("queryPlanner"))
    }

    /// Whether its result is whole documents of its one collection, which may then be edited where they are shown.
    #[must_use]
    pub fn gives_whole_documents(&self) -> bool {
        if !matches!(self.operation, Operation::Find | Operation::FindOne) {
            return false;
        }
        let projected = self.arguments.get(1).is_some_and(|p| !is_empty(p));
        let option = |name: &str| match self.arguments.get(2) {
            Some(RawBson::Document(options)) => options.get(name).ok().flatten().is_some(),
            _ => false,
        };
        let changed = ["projection", "returnKey", "showRecordId", "explain"]
            .iter()
            .any(|name| option(name));
        !projected
            && !changed
            && self.cursor.iter().all(|(method, _)| {
                !matches!(
                    method,
                    CursorMethod::Projection
                        | CursorMethod::ReturnKey
                        | CursorMethod::ShowRecordId
                        | CursorMethod::Explain
                        | CursorMethod::Count
                        | CursorMethod::Size
                        | CursorMethod::ItCount
                        | CursorMethod::HasNext
                )
            })
    }

    fn of_explain(&self, verbosity: &str) -> Consequence {
        // How much of `$out` and `$merge` a server runs while it explains has changed between versions.
        if self.operation == Operation::Aggregate
            && verbosity != "queryPlanner"
            && let Some(what) = self
                .arguments
                .first()
                .and_then(|p| target(p, &self.database))
        {
            return Consequence::Writes(what);
        }
        if matches!(
            self.operation,
            Operation::RunCommand | Operation::AdminCommand
        ) {
            return of_command(self.arguments.first(), &self.database);
        }
        Consequence::Reads
    }
}

/// The verbosity that an argument of `explain` names; `None` where it is no such word.
pub(super) fn verbosity(given: Option<&RawBson>) -> Option<&'static str> {
    match given {
        None | Some(RawBson::Null | RawBson::Undefined | RawBson::Boolean(false)) => {
            Some("queryPlanner")
        }
        Some(RawBson::Boolean(true)) => Some("allPlansExecution"),
        Some(RawBson::String(word)) => match word.as_str() {
            "queryPlanner" => Some("queryPlanner"),
            "executionStats" => Some("executionStats"),
            "allPlansExecution" => Some("allPlansExecution"),
            _ => None,
        },
        Some(RawBson::Document(options)) => match options.get("verbosity") {
            Ok(Some(word)) => verbosity(Some(&word.into())),
            _ => Some("queryPlanner"),
        },
        Some(_) => None,
    }
}

fn is_empty(value: &RawBson) -> bool {
    match value {
        RawBson::Document(document) => document.is_empty(),
        RawBson::Null | RawBson::Undefined => true,
        _ => false,
    }
}

fn documents(count: usize) -> String {
    if count == 1 {
        "one document".to_owned()
    } else {
        format!("{count} documents")
    }
}

/// Whether the field says that the result comes back in the reply.
fn inline(options: &RawDocument, field: &str) -> bool {
    matches!(options.get(field), Ok(Some(RawBsonRef::Document(out)))
        if out.iter().flatten().next().is_some_and(|(key, _)| key.as_str() == "inline"))
}

impl Statement {
    /// What of the statement is code that the server runs: `$where`, `$function`, `$accumulator`, `mapReduce`; `None`
    /// where it has none.
    #[must_use]
    pub fn server_code(&self) -> Option<&'static str> {
        if self.operation == Operation::MapReduce {
            return Some("mapReduce");
        }
        let of_cursor = self.cursor.iter().flat_map(|(_, values)| values);
        let values = self.arguments.iter().chain(of_cursor);
        // A heap in place of recursion: what a person writes may be nested as deep as they like.
        let mut left: Vec<RawBsonRef<'_>> = values.map(RawBson::as_raw_bson_ref).collect();
        while let Some(value) = left.pop() {
            match value {
                RawBsonRef::Document(document) => {
                    for (key, value) in document.iter().flatten() {
                        if let Some(found) = CODE.iter().find(|c| **c == key.as_str()) {
                            return Some(found);
                        }
                        left.push(value);
                    }
                }
                RawBsonRef::Array(array) => left.extend(array.into_iter().flatten()),
                RawBsonRef::JavaScriptCode(_) | RawBsonRef::JavaScriptCodeWithScope(_) => {
                    return Some("JavaScript");
                }
                _ => {}
            }
        }
        None
    }
}

/// Operators whose value the server runs as code, and the command that is nothing else.
const CODE: [&str; 4] = ["$where", "$function", "$accumulator", "mapReduce"];

/// Where a pipeline writes to; `None` where it only reads.
fn target(pipeline: &RawBson, database: &str) -> Option<String> {
    let RawBson::Array(stages) = pipeline else {
        return None;
    };
    stages
        .into_iter()
        .flatten()
        .find_map(|stage| of_stage(stage, database))
}

fn of_stage(stage: RawBsonRef<'_>, database: &str) -> Option<String> {
    let RawBsonRef::Document(stage) = stage else {
        return None;
    };
    stage.iter().flatten().find_map(|(key, value)| {
        let into = match (key.as_str(), value) {
            ("$out" | "$merge", RawBsonRef::String(name)) => format!("{database}.{name}"),
            ("$out", RawBsonRef::Document(to)) => named(to, database),
            ("$merge", RawBsonRef::Document(to)) => match to.get("into") {
                Ok(Some(RawBsonRef::String(name))) => format!("{database}.{name}"),
                Ok(Some(RawBsonRef::Document(to))) => named(to, database),
                _ => database.to_owned(),
            },
            ("$out" | "$merge", _) => database.to_owned(),
            _ => return None,
        };
        Some(if key.as_str() == "$out" {
            format!("replaces all that `{into}` holds with the result")
        } else {
            format!("merges the result into `{into}`")
        })
    })
}

fn named(to: &RawDocument, database: &str) -> String {
    let text = |key: &str| to.get_str(key).ok();
    match (text("db"), text("coll")) {
        (db, Some(collection)) => format!("{}.{collection}", db.unwrap_or(database)),
        (Some(db), None) => db.to_owned(),
        (None, None) => database.to_owned(),
    }
}

/// What a command does. One that is not known to read is a write.
fn of_command(command: Option<&RawBson>, database: &str) -> Consequence {
    let name = match command {
        Some(RawBson::String(name)) => return of_name(name, None, database),
        Some(RawBson::Document(command)) => command,
        _ => return Consequence::Writes("runs a command".to_owned()),
    };
    match name.iter().next() {
        Some(Ok((first, _))) => of_name(first.as_str(), Some(name), database),
        _ => Consequence::Writes("runs a command".to_owned()),
    }
}

fn of_name(name: &str, command: Option<&RawDocument>, database: &str) -> Consequence {
    let reads = |reads: bool, what: String| {
        if reads {
            Consequence::Reads
        } else {
            Consequence::Writes(what)
        }
    };
    let set = |key: &str| {
        command.is_some_and(|c| !matches!(c.get(key), Ok(None | Some(RawBsonRef::Boolean(false)))))
    };
    let runs = format!("runs the command `{name}` on `{database}`");
    match name.to_ascii_lowercase().as_str() {
        "aggregate" => {
            let pipeline = command.and_then(|c| c.get("pipeline").ok().flatten());
            match pipeline
                .map(RawBson::from)
                .and_then(|p| target(&p, database))
            {
                Some(what) => Consequence::Writes(what),
                None => Consequence::Reads,
            }
        }
        "explain" => match command.and_then(|c| c.get_document("explain").ok()) {
            Some(inner) => {
                let planning = matches!(
                    command.map(|c| c.get_str("verbosity")),
                    Some(Ok("queryPlanner"))
                );
                let is_aggregate = inner
                    .iter()
                    .flatten()
                    .next()
                    .is_some_and(|(key, _)| key.as_str() == "aggregate");
                if is_aggregate && !planning {
                    of_command(Some(&RawBson::Document(inner.to_owned())), database)
                } else {
                    Consequence::Reads
                }
            }
            None => Consequence::Writes(runs),
        },
        "mapreduce" => reads(command.is_some_and(|c| inline(c, "out")), runs),
        "validate" => reads(
            !["repair", "fixMultikey", "full"].iter().any(|key| set(key)),
            runs,
        ),
        "profile" => {
            let level = command.and_then(|c| c.get("profile").ok().flatten());
            let asks = match level {
                Some(RawBsonRef::Int32(n)) => n == -1,
                Some(RawBsonRef::Int64(n)) => n == -1,
                Some(RawBsonRef::Double(n)) => n == -1.0,
                _ => false,
            };
            let sets = ["slowms", "sampleRate", "filter"]
                .iter()
                .any(|key| set(key));
            reads(asks && !sets, runs)
        }
        known => reads(READING.contains(&known), runs),
    }
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        reason = "a test fails by panicking"
    )]

    use super::*;
    use crate::query::{Context, Input, parse};

    fn consequence(text: &str) -> Consequence {
        match parse(text, &Context::new("shop", 0)) {
            Ok(Input::Statement(statement)) => statement.consequence(),
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn what_only_reads_is_told_from_what_writes() {
        let reading = [
            "db.a.find({$where: 'sleep(1)'})",
            "db.a.findOne()",
            "db.a.aggregate([{$match: {$expr: {$function: {body: 'function() { return true }', args: [], lang: 'js'}}}}])",
            "db.a.aggregate([{$group: {_id: '$out', '$merge': 1}}])",
            "db.a.countDocuments()",
            "db.a.estimatedDocumentCount()",
            "db.a.distinct('x')",
            "db.a.getIndexes()",
            "db.a.stats()",
            "db.a.explain().find()",
            "db.a.explain('executionStats').deleteMany({})",
            "db.a.explain('executionStats').updateMany({}, {$set: {a: 1}})",
            "db.a.explain().aggregate([{$out: 'b'}])",
            "db.a.find().explain('allPlansExecution')",
            "db.getCollectionNames()",
            "db.getCollectionInfos()",
            "db.runCommand({find: 'a'})",
            "db.runCommand({aggregate: 'a', pipeline: [], cursor: {}})",
            "db.runCommand({profile: -1})",
            "db.runCommand({validate: 'a'})",
            "db.runCommand({explain: {delete: 'a', deletes: []}})",
            "db.runCommand('ping')",
            "db.adminCommand({listDatabases: 1})",
            "db.adminCommand({isMaster: 1})",
            "db.a.mapReduce(function() { emit(1, 1) }, function(k, v) { return 1 }, {out: {inline: 1}})",
            "db.currentOp()",
            "db.serverStatus()",
            "rs.status()",
            "use other",
            "show dbs",
            "show collections",
        ];
        for text in reading {
            assert_eq!(consequence(text), Consequence::Reads, "{text}");
        }
    }

    #[test]
    fn a_write_says_what_it_changes() {
        let cases = [
            ("db.a.insertOne({})", "inserts one document into `shop.a`"),
            (
                "db.a.insertMany([{}, {}])",
                "inserts 2 documents into `shop.a`",
            ),
            (
                "db.a.updateOne({}, {$set: {a: 1}})",
                "changes one document of `shop.a`",
            ),
            (
                "db.a.updateMany({}, {$set: {a: 1}})",
                "changes every document of `shop.a`",
            ),
            (
                "db.a.updateMany({b: 1}, {$set: {a: 1}})",
                "changes all documents of `shop.a` that match",
            ),
            (
                "db.a.replaceOne({}, {})",
                "replaces one document of `shop.a`",
            ),
            ("db.a.deleteOne({})", "deletes one document of `shop.a`"),
            ("db.a.deleteMany({})", "deletes every document of `shop.a`"),
            (
                "db.a.findOneAndDelete({})",
                "deletes one document of `shop.a`",
            ),
            (
                "db.a.bulkWrite([{insertOne: {document: {}}}])",
                "carries out 1 writes on `shop.a`",
            ),
            ("db.a.createIndex({a: 1})", "creates an index of `shop.a`"),
            ("db.a.dropIndex('a_1')", "drops an index of `shop.a`"),
            (
                "db.a.hideIndex('a_1')",
                "hides an index of `shop.a` from queries",
            ),
            (
                "db.createCollection('b')",
                "creates the collection `shop.b`",
            ),
            ("db.createView('b', 'a', [])", "creates the view `shop.b`"),
            (
                "db.a.drop()",
                "drops `shop.a` with its documents and indexes",
            ),
            (
                "db.dropDatabase()",
                "drops the database `shop` with all its collections",
            ),
            ("db.a.renameCollection('b')", "renames `shop.a` to `shop.b`"),
            (
                "db.a.aggregate([{$match: {}}, {$out: 'b'}])",
                "replaces all that `shop.b` holds with the result",
            ),
            (
                "db.a.aggregate([{$out: {db: 'x', coll: 'b'}}])",
                "replaces all that `x.b` holds with the result",
            ),
            (
                "db.a.aggregate([{$merge: {into: {db: 'x', coll: 'b'}}}])",
                "merges the result into `x.b`",
            ),
            (
                "db.a.explain('executionStats').aggregate([{$merge: 'b'}])",
                "merges the result into `shop.b`",
            ),
            (
                "db.runCommand({aggregate: 'a', pipeline: [{$out: 'b'}], cursor: {}})",
                "replaces all that `shop.b` holds with the result",
            ),
            (
                "db.runCommand({explain: {aggregate: 'a', pipeline: [{$out: 'b'}], cursor: {}}, verbosity: 'executionStats'})",
                "replaces all that `shop.b` holds with the result",
            ),
            (
                "db.runCommand({findAndModify: 'a', remove: true})",
                "runs the command `findAndModify` on `shop`",
            ),
            (
                "db.runCommand({somethingNew: 1})",
                "runs the command `somethingNew` on `shop`",
            ),
            (
                "db.adminCommand({shutdown: 1})",
                "runs the command `shutdown` on `admin`",
            ),
            (
                "db.adminCommand({setParameter: 1, x: 1})",
                "runs the command `setParameter` on `admin`",
            ),
            ("db.killOp(7)", "runs the command `killOp` on `admin`"),
            (
                "db.runCommand({profile: 2})",
                "runs the command `profile` on `shop`",
            ),
            (
                "db.runCommand({profile: -1, slowms: 5})",
                "runs the command `profile` on `shop`",
            ),
            (
                "db.runCommand({validate: 'a', repair: true})",
                "runs the command `validate` on `shop`",
            ),
            (
                "db.runCommand({mapReduce: 'a', map: 'x', reduce: 'y', out: 'b'})",
                "runs the command `mapReduce` on `shop`",
            ),
        ];
        for (text, what) in cases {
            assert_eq!(
                consequence(text),
                Consequence::Writes(what.to_owned()),
                "{text}"
            );
        }
    }
}
