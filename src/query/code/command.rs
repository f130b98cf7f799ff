//! A statement as the command that is sent to the server, and the database that it is sent to.

use bson::raw::CString;
use bson::{RawArrayBuf, RawBson, RawDocumentBuf};

use crate::query::{CursorMethod, Operation, Statement};

/// A document that is filled key by key.
#[derive(Default)]
struct Command(RawDocumentBuf);

impl Command {
    fn with(mut self, key: &str, value: impl Into<RawBson>) -> Self {
        if let Ok(key) = CString::try_from(key) {
            self.0.append(key, value.into());
        }
        self
    }

    /// All fields of a document that are not there yet.
    fn and(mut self, fields: Option<&RawBson>) -> Self {
        if let Some(RawBson::Document(fields)) = fields {
            for (key, value) in fields.iter().filter_map(Result::ok) {
                let have = matches!(self.0.get(key), Ok(Some(_)));
                if !have {
                    self = self.with(key.as_str(), RawBson::from(value));
                }
            }
        }
        self
    }
}

fn array(values: impl IntoIterator<Item = RawBson>) -> RawBson {
    let mut out = RawArrayBuf::new();
    for value in values {
        out.push(value);
    }
    RawBson::Array(out)
}

/// The name that the server makes for an index of these keys.
fn index_name(keys: &RawDocumentBuf) -> String {
    let parts: Vec<String> = keys
        .iter()
        .filter_map(Result::ok)
        .map(|(key, value)| {
            let value = match value {
                bson::RawBsonRef::String(s) => s.to_owned(),
                bson::RawBsonRef::Double(d) => d.to_string(),
                bson::RawBsonRef::Int64(n) => n.to_string(),
                bson::RawBsonRef::Int32(n) => n.to_string(),
                _ => "1".to_owned(),
            };
            format!("{key}_{value}")
        })
        .collect();
    parts.join("_")
}

fn indexes(keys: &[RawBson], options: Option<&RawBson>) -> RawBson {
    array(keys.iter().filter_map(|keys| {
        let keys = match keys {
            RawBson::Document(keys) => keys.clone(),
            RawBson::String(name) => Command::default().with(name, 1).0,
            _ => return None,
        };
        let named =
            matches!(options, Some(RawBson::Document(o)) if matches!(o.get("name"), Ok(Some(_))));
        let name = index_name(&keys);
        let mut spec = Command::default().with("key", keys);
        if !named {
            spec = spec.with("name", name);
        }
        Some(RawBson::Document(spec.and(options).0))
    }))
}

/// `None` for what no single command does.
pub(super) fn of(statement: &Statement) -> Option<(String, RawDocumentBuf)> {
    use Operation as O;
    let collection = statement.collection.clone().unwrap_or_default();
    let at = |n: usize| statement.arguments.get(n);
    let document = |n: usize| {
        at(n)
            .cloned()
            .unwrap_or_else(|| RawBson::Document(RawDocumentBuf::new()))
    };
    let start = |name: &str| Command::default().with(name, collection.clone());
    let mut database = statement.database.clone();
    let one = |filter: RawBson, update: RawBson, multi: bool| {
        Command::default()
            .with("q", filter)
            .with("u", update)
            .with("multi", multi)
    };
    let list = |command: Command| array([RawBson::Document(command.0)]);
    let mut command = match statement.operation {
        O::Find | O::FindOne => {
            let mut command = start("find").with("filter", document(0));
            if let Some(RawBson::Document(p)) =
                at(1).filter(|p| p.as_document().is_some_and(|d| !d.is_empty()))
            {
                command = command.with("projection", p.clone());
            }
            if statement.operation == O::FindOne {
                command = command.with("limit", 1).with("singleBatch", true);
            }
            command.and(at(2))
        }
        O::Aggregate => {
            let command = match &statement.collection {
                Some(name) => Command::default().with("aggregate", name.clone()),
                None => Command::default().with("aggregate", 1),
            };
            command
                .with("pipeline", at(0).cloned().unwrap_or_else(|| array([])))
                .with("cursor", RawDocumentBuf::new())
                .and(at(1))
        }
        O::CountDocuments | O::Count => start("count").with("query", document(0)).and(at(1)),
        O::EstimatedDocumentCount => start("count").and(at(0)),
        O::Distinct => start("distinct")
            .with("key", at(0)?.clone())
            .with("query", document(1))
            .and(at(2)),
        O::GetIndexes => start("listIndexes"),
        O::Stats => start("collStats").and(at(0)),
        O::InsertOne => start("insert")
            .with("documents", array([document(0)]))
            .and(at(1)),
        O::InsertMany => start("insert").with("documents", document(0)).and(at(1)),
        O::UpdateOne | O::UpdateMany | O::ReplaceOne => {
            let many = statement.operation == O::UpdateMany;
            let update = one(document(0), document(1), many).and(at(2));
            start("update").with("updates", list(update))
        }
        O::DeleteOne | O::DeleteMany => {
            let limit = i32::from(statement.operation == O::DeleteOne);
            let delete = Command::default()
                .with("q", document(0))
                .with("limit", limit)
                .and(at(1));
            start("delete").with("deletes", list(delete))
        }
        O::FindOneAndUpdate | O::FindOneAndReplace | O::FindOneAndDelete => {
            let removes = statement.operation == O::FindOneAndDelete;
            let mut command = start("findAndModify").with("query", document(0));
            command = if removes {
                command.with("remove", true)
            } else {
                command.with("update", document(1))
            };
            let options = at(if removes { 1 } else { 2 });
            // The command has names of its own for two of them.
            let mut rest = Command::default();
            if let Some(RawBson::Document(options)) = options {
                for (key, value) in options.iter().filter_map(Result::ok) {
                    rest = match key.as_str() {
                        "returnDocument" => rest.with("new", value.as_str() == Some("after")),
                        "projection" => rest.with("fields", RawBson::from(value)),
                        key => rest.with(key, RawBson::from(value)),
                    };
                }
            }
            command.and(Some(&RawBson::Document(rest.0)))
        }
        O::FindAndModify => start("findAndModify").and(at(0)),
        O::BulkWrite => return None,
        O::CreateIndex => {
            start("createIndexes").with("indexes", indexes(at(0).map(std::slice::from_ref)?, at(1)))
        }
        O::CreateIndexes => {
            let RawBson::Array(keys) = at(0)? else {
                return None;
            };
            let keys: Vec<RawBson> = keys
                .into_iter()
                .filter_map(Result::ok)
                .map(RawBson::from)
                .collect();
            start("createIndexes").with("indexes", indexes(&keys, at(1)))
        }
        O::DropIndex => start("dropIndexes").with("index", at(0)?.clone()),
        O::DropIndexes => start("dropIndexes").with(
            "index",
            at(0)
                .cloned()
                .unwrap_or_else(|| RawBson::String("*".into())),
        ),
        O::HideIndex | O::UnhideIndex => {
            let hidden = statement.operation == O::HideIndex;
            let which = at(0)?;
            let key = if matches!(which, RawBson::String(_)) {
                "name"
            } else {
                "keyPattern"
            };
            let index = Command::default()
                .with(key, which.clone())
                .with("hidden", hidden);
            start("collMod").with("index", index.0)
        }
        O::CreateCollection => Command::default().with("create", at(0)?.clone()).and(at(1)),
        O::CreateView => Command::default()
            .with("create", at(0)?.clone())
            .with("viewOn", at(1)?.clone())
            .with("pipeline", at(2)?.clone())
            .and(at(3)),
        O::Drop => start("drop"),
        O::DropDatabase => Command::default().with("dropDatabase", 1),
        O::RenameCollection => {
            let RawBson::String(to) = at(0)? else {
                return None;
            };
            let from = format!("{database}.{collection}");
            let to = format!("{database}.{to}");
            database = "admin".into();
            let drop = at(1).cloned().unwrap_or(RawBson::Boolean(false));
            Command::default()
                .with("renameCollection", from)
                .with("to", to)
                .with("dropTarget", drop)
        }
        O::RunCommand | O::AdminCommand => {
            if statement.operation == O::AdminCommand {
                database = "admin".into();
            }
            match at(0)? {
                RawBson::String(name) => Command::default().with(name, 1),
                document => Command::default().and(Some(document)),
            }
        }
        O::MapReduce => start("mapReduce")
            .with("map", at(0)?.clone())
            .with("reduce", at(1)?.clone())
            .and(at(2)),
        O::GetCollectionNames => Command::default()
            .with("listCollections", 1)
            .with("nameOnly", true),
        O::GetCollectionInfos => Command::default()
            .with("listCollections", 1)
            .with("filter", document(0)),
        O::GetDatabaseNames => {
            database = "admin".into();
            Command::default()
                .with("listDatabases", 1)
                .with("nameOnly", true)
        }
        O::Use => return None,
    };
    let mut explain = None;
    for (method, values) in &statement.cursor {
        use CursorMethod as M;
        let first = values.first().cloned();
        match method {
            M::Explain => {
                explain = Some(first.unwrap_or_else(|| RawBson::String("queryPlanner".into())))
            }
            M::Count | M::Size if statement.operation == O::Find => {
                command = start("count").with("query", document(0));
            }
            M::Next | M::TryNext | M::HasNext => command = command.with("limit", 1),
            M::Pretty | M::ToArray | M::ItCount | M::Tailable | M::MaxAwaitTimeMs => {}
            M::ReadConcern => {
                let level = Command::default().with("level", first?);
                command = command.with("readConcern", level.0);
            }
            M::ReadPref => {
                let mode = Command::default().with("mode", first?);
                command = command.with("$readPreference", mode.0);
            }
            M::BatchSize if statement.operation == O::Aggregate => {}
            M::AllowDiskUse
            | M::ReturnKey
            | M::ShowRecordId
            | M::NoCursorTimeout
            | M::AllowPartialResults => {
                command = command.with(method.name(), first.unwrap_or(RawBson::Boolean(true)));
            }
            method => command = command.with(method.name(), first?),
        }
    }
    if let Some(verbosity) = explain {
        // `cursor` stays: `explain` of an aggregation wants it.
        command = Command::default()
            .with("explain", command.0)
            .with("verbosity", verbosity);
    }
    Some((database, command.0))
}
