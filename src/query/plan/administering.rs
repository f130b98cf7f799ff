//! Indexes, collections, lists of them, and commands of the person's own.

use bson::raw::cstr;
use bson::{RawArrayBuf, RawBson, RawBsonRef, RawDocument, RawDocumentBuf, rawdoc};

use super::options::{Options, append, whole_ref, without};
use super::reading::{collection, command_preference, dollar_preference, filter, limit_of_time};
use super::{Answer, Command, Plan, Reading, Refused, Shown, first_key};
use crate::query::operation::Operation;
use crate::query::statement::Statement;

pub(super) fn plan(statement: &Statement) -> Result<Plan, Refused> {
    use Operation as O;
    let arguments = &statement.arguments;
    match statement.operation {
        O::GetIndexes => Ok(Plan::Documents(listing(
            statement,
            rawdoc! { "listIndexes": collection(statement)? },
        ))),
        O::Stats => stats(statement),
        O::CreateIndex => create_indexes(statement, false),
        O::CreateIndexes => create_indexes(statement, true),
        O::DropIndex => {
            let index = arguments.first().cloned().unwrap_or(RawBson::Null);
            if matches!(&index, RawBson::String(name) if name == "*") {
                return Err(Refused::new("`*` would drop all indexes")
                    .with_help("write `dropIndexes()` for that"));
            }
            drop_indexes(statement, index)
        }
        O::DropIndexes => {
            let index = match arguments.first() {
                None | Some(RawBson::Null | RawBson::Undefined) => RawBson::String("*".to_owned()),
                Some(index) => index.clone(),
            };
            drop_indexes(statement, index)
        }
        O::HideIndex => hide(statement, true),
        O::UnhideIndex => hide(statement, false),
        O::CreateCollection => {
            let mut body = rawdoc! { "create": text(arguments.first())? };
            own_fields(&mut body, arguments.get(1));
            change(statement, body, Shown::Reply)
        }
        O::CreateView => {
            let stages = match arguments.get(2) {
                Some(RawBson::Array(stages)) => stages.clone(),
                Some(RawBson::Document(stage)) => {
                    let mut stages = RawArrayBuf::new();
                    stages.push(stage.clone());
                    stages
                }
                _ => return Err(Refused::new("a view's pipeline is an array of stages")),
            };
            let mut body = rawdoc! {
                "create": text(arguments.first())?,
                "viewOn": text(arguments.get(1))?,
                "pipeline": stages,
            };
            own_fields(&mut body, arguments.get(3));
            change(statement, body, Shown::Reply)
        }
        O::Drop => {
            let mut body = rawdoc! { "drop": collection(statement)? };
            own_fields(&mut body, arguments.first());
            change(statement, body, Shown::Whether)
        }
        O::DropDatabase => {
            let mut body = rawdoc! { "dropDatabase": 1 };
            own_fields(&mut body, arguments.first());
            change(statement, body, Shown::Reply)
        }
        O::RenameCollection => rename(statement),
        O::RunCommand => own(statement, &statement.database),
        O::AdminCommand => own(statement, "admin"),
        O::MapReduce => map_reduce(statement),
        O::GetCollectionNames => Ok(Plan::Names(listing(
            statement,
            rawdoc! { "listCollections": 1, "nameOnly": true, "authorizedCollections": true },
        ))),
        O::GetCollectionInfos => {
            let mut options = Options::new("getCollectionInfos", arguments.get(1))?;
            let mut body = rawdoc! { "listCollections": 1, "filter": filter(arguments.first())? };
            for name in ["nameOnly", "authorizedCollections"] {
                if let Some(set) = options.flag(name)? {
                    append(&mut body, name, RawBsonRef::Boolean(set));
                }
            }
            options.finish()?;
            Ok(Plan::Documents(listing(statement, body)))
        }
        O::GetDatabaseNames => Ok(Plan::Ask(
            Command {
                database: "admin".to_owned(),
                collection: None,
                body: rawdoc! { "listDatabases": 1, "nameOnly": true },
                preference: None,
                note: None,
            },
            Answer::DatabaseNames,
        )),
        other => Err(Refused::new(format!(
            "`{}` cannot be run here",
            other.name()
        ))),
    }
}

fn text(value: Option<&RawBson>) -> Result<&str, Refused> {
    match value {
        Some(RawBson::String(text)) if !text.is_empty() => Ok(text),
        _ => Err(Refused::new("a name is a string that is not empty")),
    }
}

fn command(statement: &Statement, body: RawDocumentBuf) -> Command {
    Command {
        database: statement.database.clone(),
        collection: statement.collection.clone(),
        body,
        preference: None,
        note: None,
    }
}

/// A change whose `comment` is taken out of its fields.
fn change(statement: &Statement, body: RawDocumentBuf, shown: Shown) -> Result<Plan, Refused> {
    let (body, note) = without(&body, "comment");
    Ok(Plan::Change(
        Command {
            note,
            ..command(statement, body)
        },
        shown,
    ))
}

/// Options that are fields of the command, for the server to judge.
fn own_fields(body: &mut RawDocumentBuf, options: Option<&RawBson>) {
    let Some(RawBson::Document(options)) = options else {
        return;
    };
    for (key, value) in options.iter().flatten() {
        if body.get(key.as_str()).ok().flatten().is_none() && key.as_str() != "$db" {
            body.append(key, value);
        }
    }
}

fn listing(statement: &Statement, body: RawDocumentBuf) -> Reading {
    Reading {
        command: command(statement, body),
        batch: None,
        await_millis: None,
        follows: false,
        turning: None,
    }
}

fn stats(statement: &Statement) -> Result<Plan, Refused> {
    let mut body = rawdoc! { "collStats": collection(statement)? };
    match statement.arguments.first() {
        None | Some(RawBson::Null | RawBson::Undefined) => {}
        Some(RawBson::Document(given)) => {
            let mut options = Options::new("stats", Some(&RawBson::Document(given.clone())))?;
            if let Some(scale) = options.count("scale")? {
                body.append(
                    cstr!("scale"),
                    i64::try_from(scale.max(1)).unwrap_or(i64::MAX),
                );
            }
            options.finish()?;
        }
        Some(scale) => match whole_ref(scale.as_raw_bson_ref()) {
            Some(scale) if scale > 0 => body.append(cstr!("scale"), scale),
            _ => {
                return Err(
                    Refused::new("`stats` takes a scale or a document of options")
                        .with_help("write `stats(1024)` for kibibytes"),
                );
            }
        },
    }
    Ok(Plan::Ask(command(statement, body), Answer::Whole))
}

/// The name that drivers give an index: `a_1_b_-1`.
fn index_name(keys: &RawDocument) -> String {
    let mut parts = Vec::new();
    for (key, direction) in keys.iter().flatten() {
        let direction = match direction {
            RawBsonRef::String(word) => word.to_owned(),
            other => match whole_ref(other) {
                Some(n) => n.to_string(),
                None => match other {
                    RawBsonRef::Double(n) => n.to_string(),
                    _ => "1".to_owned(),
                },
            },
        };
        parts.push(format!("{}_{direction}", key.as_str()));
    }
    parts.join("_")
}

fn create_indexes(statement: &Statement, several: bool) -> Result<Plan, Refused> {
    let name = statement.operation.name();
    let keys: Vec<RawDocumentBuf> = match statement.arguments.first() {
        Some(RawBson::Document(keys)) => vec![keys.clone()],
        Some(RawBson::String(field)) => {
            let mut keys = RawDocumentBuf::new();
            append(&mut keys, field, RawBsonRef::Int32(1));
            vec![keys]
        }
        Some(RawBson::Array(list)) if several => list
            .into_iter()
            .map(|keys| match keys {
                Ok(RawBsonRef::Document(keys)) => Ok(keys.to_owned()),
                _ => Err(Refused::new("the keys of an index are a document")),
            })
            .collect::<Result<_, _>>()?,
        _ => return Err(Refused::new("the keys of an index are a document")),
    };
    if keys.iter().any(|k| k.is_empty()) {
        return Err(Refused::new("an index needs at least one key").with_help("write `{field: 1}`"));
    }
    let mut options = Options::new(name, statement.arguments.get(1))?;
    let mut body = rawdoc! { "createIndexes": collection(statement)? };
    let given_name = match options.take("name") {
        None => None,
        Some(RawBson::String(given)) if keys.len() == 1 => Some(given),
        Some(RawBson::String(_)) => {
            return Err(Refused::new("several indexes cannot have one name")
                .with_help("create them one by one, or leave out `name`"));
        }
        Some(_) => return Err(options.wrong("name", "a string")),
    };
    let quorum = options.take("commitQuorum");
    let limit = options.count("maxTimeMS")?;
    let concern = options.write_concern()?;
    let note = options.take("comment");
    // Everything else is of the index, and the server knows best what an index has.
    let own = options.rest();
    let mut specs = RawArrayBuf::new();
    let mut names = Vec::new();
    for keys in keys {
        let name = given_name.clone().unwrap_or_else(|| index_name(&keys));
        let mut spec = rawdoc! { "key": keys, "name": name.as_str() };
        for (key, value) in &own {
            if key != "key" && key != "ns" {
                append(&mut spec, key, value.as_raw_bson_ref());
            }
        }
        specs.push(spec);
        names.push(name);
    }
    body.append(cstr!("indexes"), specs);
    match quorum.as_ref().or(statement.arguments.get(2)) {
        None | Some(RawBson::Null | RawBson::Undefined) => {}
        Some(
            quorum @ (RawBson::String(_)
            | RawBson::Int32(_)
            | RawBson::Int64(_)
            | RawBson::Double(_)),
        ) => body.append(cstr!("commitQuorum"), quorum.clone()),
        Some(_) => {
            return Err(Refused::new(
                "the commit quorum is a number or a word such as `\"majority\"`",
            ));
        }
    }
    if let Some(limit) = limit {
        body.append(cstr!("maxTimeMS"), limit_of_time(limit)?);
    }
    if let Some(concern) = concern {
        body.append(cstr!("writeConcern"), concern);
    }
    let shown = match names.as_slice() {
        [only] if !several => Shown::Name(only.clone()),
        _ => Shown::Names(names),
    };
    Ok(Plan::Change(
        Command {
            note,
            ..command(statement, body)
        },
        shown,
    ))
}

fn drop_indexes(statement: &Statement, index: RawBson) -> Result<Plan, Refused> {
    match index {
        RawBson::String(_) | RawBson::Document(_) | RawBson::Array(_) => {}
        _ => return Err(Refused::new("an index is named by its name or its keys")),
    }
    let body = rawdoc! { "dropIndexes": collection(statement)?, "index": index };
    change(statement, body, Shown::Reply)
}

fn hide(statement: &Statement, hidden: bool) -> Result<Plan, Refused> {
    let index = match statement.arguments.first() {
        Some(RawBson::String(name)) => rawdoc! { "name": name.as_str(), "hidden": hidden },
        Some(RawBson::Document(keys)) => rawdoc! { "keyPattern": keys.clone(), "hidden": hidden },
        _ => return Err(Refused::new("an index is named by its name or its keys")),
    };
    let body = rawdoc! { "collMod": collection(statement)?, "index": index };
    change(statement, body, Shown::Reply)
}

fn rename(statement: &Statement) -> Result<Plan, Refused> {
    let from = collection(statement)?;
    let to = text(statement.arguments.first())?;
    let replaces = match statement.arguments.get(1) {
        None | Some(RawBson::Null | RawBson::Undefined) => false,
        Some(RawBson::Boolean(set)) => *set,
        Some(_) => {
            return Err(Refused::new(
                "whether a collection of the new name is dropped is `true` or `false`",
            ));
        }
    };
    let body = rawdoc! {
        "renameCollection": format!("{}.{from}", statement.database),
        "to": format!("{}.{to}", statement.database),
        "dropTarget": replaces,
    };
    Ok(Plan::Change(
        Command {
            database: "admin".to_owned(),
            collection: None,
            body,
            preference: None,
            note: None,
        },
        Shown::Reply,
    ))
}

fn map_reduce(statement: &Statement) -> Result<Plan, Refused> {
    let [map, reduce, last] = statement.arguments.as_slice() else {
        return Err(Refused::new("`mapReduce` takes map, reduce and options"));
    };
    let mut body = rawdoc! {
        "mapReduce": collection(statement)?,
        "map": map.clone(),
        "reduce": reduce.clone(),
    };
    match last {
        RawBson::String(out) => body.append(cstr!("out"), out.as_str()),
        RawBson::Document(options) => {
            if options.get("out").ok().flatten().is_none() {
                return Err(Refused::new("`mapReduce` needs `out`")
                    .with_help("write `{out: {inline: 1}}` to see the result"));
            }
            own_fields(&mut body, statement.arguments.get(2));
        }
        _ => return Err(Refused::new("the options of `mapReduce` are a document")),
    }
    let (body, note) = without(&body, "comment");
    let asked = Command {
        note,
        ..command(statement, body)
    };
    Ok(if statement.consequence().writes() {
        Plan::Sent(asked)
    } else {
        Plan::Ask(asked, Answer::Whole)
    })
}

/// A command of the person's own.
fn own(statement: &Statement, database: &str) -> Result<Plan, Refused> {
    let mut body = match statement.arguments.first() {
        Some(RawBson::String(name)) if !name.is_empty() => {
            let mut body = RawDocumentBuf::new();
            append(&mut body, name, RawBsonRef::Int32(1));
            body
        }
        Some(RawBson::Document(command)) if !command.is_empty() => command.clone(),
        _ => return Err(Refused::new("a command is a document that is not empty")),
    };
    let mut preference = None;
    if let Some(RawBson::Document(more)) = statement.arguments.get(1) {
        if matches!(statement.arguments.first(), Some(RawBson::String(_))) {
            own_fields(&mut body, statement.arguments.get(1));
        } else {
            preference = command_preference(more)?;
        }
    }
    for (name, why) in [
        ("lsid", "sessions are the program's own"),
        ("txnNumber", "numbers of writes are the program's own"),
        ("startTransaction", "a transaction cannot be begun here"),
        ("autocommit", "a transaction cannot be begun here"),
        ("$clusterTime", "times of the cluster are the program's own"),
    ] {
        if body.get(name).ok().flatten().is_some() {
            return Err(Refused::new(why).with_help(format!("remove `{name}`")));
        }
    }
    let (body, _) = without(&body, "$db");
    let (body, chosen) = without(&body, "$readPreference");
    if let Some(chosen) = chosen {
        preference = Some(dollar_preference(&chosen)?);
    }
    let (body, note) = without(&body, "comment");
    let name = first_key(&body).to_owned();
    let of = match body.iter().next() {
        Some(Ok((_, RawBsonRef::String(of)))) => Some(of.to_owned()),
        _ => None,
    };
    let mut asked = Command {
        database: database.to_owned(),
        collection: of,
        body,
        preference,
        note,
    };
    let explains = asked.body.get_bool("explain").unwrap_or(false);
    let writes = statement.consequence().writes();
    match name.as_str() {
        // What answers with a cursor is read to its end as it is wanted.
        "find" | "listCollections" | "listIndexes" | "aggregate" if !explains && !writes => {
            let follows = asked.body.get_bool("tailable").unwrap_or(false);
            let (rest, cursor) = without(&asked.body, "cursor");
            let (rest, size) = without(&rest, "batchSize");
            let inner = match &cursor {
                Some(RawBson::Document(cursor)) => {
                    cursor.get("batchSize").ok().flatten().and_then(whole_ref)
                }
                _ => None,
            };
            let size = size
                .as_ref()
                .and_then(|s| whole_ref(s.as_raw_bson_ref()))
                .or(inner);
            asked.body = rest;
            Ok(Plan::Documents(Reading {
                command: asked,
                batch: size
                    .filter(|n| *n > 0)
                    .and_then(|n| u32::try_from(n).ok())
                    .map(|n| n.min(100_000)),
                await_millis: None,
                follows,
                turning: None,
            }))
        }
        _ if writes => Ok(Plan::Sent(asked)),
        _ => Ok(Plan::Ask(asked, Answer::Whole)),
    }
}
