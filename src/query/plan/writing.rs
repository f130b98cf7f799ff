//! Inserts, updates, replacements and deletes, alone and in bulk, and `findOneAnd…`.

use bson::raw::cstr;
use bson::{RawArrayBuf, RawBson, RawBsonRef, RawDocument, RawDocumentBuf, rawdoc};

use super::options::{Options, append, whole_ref};
use super::reading::{collection, filter, limit_of_time};
use super::{Batch, BatchKind, Command, Modify, Refused, Writes, not_explained};
use crate::query::operation::Operation;
use crate::query::statement::Statement;

/// Writes in one command, at the most. The server takes 100,000; fewer keep a stopped run short.
const MOST_WRITES: usize = 1_000;
/// Bytes in one command, at the most, but for a single write.
const MOST_BYTES: usize = 8 * 1024 * 1024;

/// One write of a statement.
struct One {
    kind: BatchKind,
    item: RawDocumentBuf,
    multi: bool,
}

fn document(value: Option<&RawBson>, what: &str) -> Result<RawDocumentBuf, Refused> {
    match value {
        Some(RawBson::Document(document)) => Ok(document.clone()),
        _ => Err(Refused::new(format!("{what} is a document"))),
    }
}

pub(super) fn writes(statement: &Statement) -> Result<Writes, Refused> {
    use Operation as O;
    let name = statement.operation.name();
    let arguments = &statement.arguments;
    let at = match statement.operation {
        O::InsertOne | O::InsertMany | O::BulkWrite | O::DeleteOne | O::DeleteMany => 1,
        _ => 2,
    };
    let mut options = Options::new(name, arguments.get(at))?;
    let mut list = Vec::new();
    match statement.operation {
        O::InsertOne => list.push(One {
            kind: BatchKind::Insert,
            item: document(arguments.first(), "what is inserted")?,
            multi: false,
        }),
        O::InsertMany => {
            for item in items(arguments.first(), name)? {
                list.push(One {
                    kind: BatchKind::Insert,
                    item: item.to_owned(),
                    multi: false,
                });
            }
        }
        O::UpdateOne | O::UpdateMany | O::ReplaceOne => {
            let change = arguments.get(1).cloned().unwrap_or(RawBson::Null);
            let multi = statement.operation == O::UpdateMany;
            list.push(update(
                filter(arguments.first())?,
                change,
                multi,
                &mut options,
            )?);
        }
        O::DeleteOne | O::DeleteMany => {
            let multi = statement.operation == O::DeleteMany;
            list.push(delete(filter(arguments.first())?, multi, &mut options)?);
        }
        _ => {
            for (place, item) in items(arguments.first(), name)?.into_iter().enumerate() {
                let one = of_bulk(item).map_err(|refused| Refused {
                    message: format!("write {place} of `bulkWrite`: {}", refused.message),
                    ..refused
                })?;
                list.push(one);
            }
        }
    }
    let ordered = options.flag("ordered")?.unwrap_or(true);
    let mut shared = RawDocumentBuf::new();
    shared.append(cstr!("ordered"), ordered);
    if let Some(bypass) = options.flag("bypassDocumentValidation")? {
        shared.append(cstr!("bypassDocumentValidation"), bypass);
    }
    if let Some(variables) = options.document("let")? {
        shared.append(cstr!("let"), variables);
    }
    if let Some(millis) = options.count("maxTimeMS")? {
        shared.append(cstr!("maxTimeMS"), limit_of_time(millis)?);
    }
    let concern = options.write_concern()?;
    let acknowledged = concern
        .as_ref()
        .is_none_or(|c| !matches!(c.get("w").ok().flatten().and_then(whole_ref), Some(0)));
    if let Some(concern) = concern {
        shared.append(cstr!("writeConcern"), concern);
    }
    let note = options.take("comment");
    options.finish()?;
    let collection = collection(statement)?;
    Ok(Writes {
        database: statement.database.clone(),
        collection: collection.to_owned(),
        ordered,
        acknowledged,
        note,
        batches: batches(collection, &shared, list, ordered),
    })
}

fn items<'a>(value: Option<&'a RawBson>, name: &str) -> Result<Vec<&'a RawDocument>, Refused> {
    let wrong = || Refused::new(format!("`{name}` takes an array of documents"));
    let Some(RawBson::Array(list)) = value else {
        return Err(wrong());
    };
    list.into_iter()
        .map(|item| match item {
            Ok(RawBsonRef::Document(document)) => Ok(document),
            _ => Err(wrong()),
        })
        .collect()
}

fn update(
    filter: RawDocumentBuf,
    change: RawBson,
    multi: bool,
    options: &mut Options,
) -> Result<One, Refused> {
    let upsert = options.flag("upsert")?.unwrap_or(false);
    let mut item = rawdoc! { "q": filter, "u": change, "multi": multi, "upsert": upsert };
    if let Some(filters) = options.take("arrayFilters") {
        match filters {
            RawBson::Array(filters) => item.append(cstr!("arrayFilters"), filters),
            _ => return Err(options.wrong("arrayFilters", "an array of documents")),
        }
    }
    if let Some(sort) = options.document("sort")? {
        item.append(cstr!("sort"), sort);
    }
    shared_of_one(&mut item, options)?;
    Ok(One {
        kind: BatchKind::Update,
        item,
        multi,
    })
}

fn delete(filter: RawDocumentBuf, multi: bool, options: &mut Options) -> Result<One, Refused> {
    let limit = i32::from(!multi);
    let mut item = rawdoc! { "q": filter, "limit": limit };
    shared_of_one(&mut item, options)?;
    Ok(One {
        kind: BatchKind::Delete,
        item,
        multi,
    })
}

fn shared_of_one(item: &mut RawDocumentBuf, options: &mut Options) -> Result<(), Refused> {
    if let Some(collation) = options.document("collation")? {
        item.append(cstr!("collation"), collation);
    }
    if let Some(hint) = options.hint()? {
        item.append(cstr!("hint"), hint);
    }
    Ok(())
}

/// One element of `bulkWrite`: `{updateOne: {filter: …, update: …}}`.
fn of_bulk(item: &RawDocument) -> Result<One, Refused> {
    let known = "`insertOne`, `updateOne`, `updateMany`, `replaceOne`, `deleteOne` or `deleteMany`";
    let mut fields = item.iter().flatten();
    let (Some((key, RawBsonRef::Document(inner))), None) = (fields.next(), fields.next()) else {
        return Err(Refused::new("this is no write")
            .with_help(format!("write a document with one of {known}")));
    };
    let inner = RawBson::Document(inner.to_owned());
    let one = |name: &'static str| Options::new(name, Some(&inner));
    match key.as_str() {
        "insertOne" => {
            let mut options = one("insertOne")?;
            let given = options.document("document")?;
            let item = match given {
                Some(item) => item,
                // The shell also takes the document itself.
                None => return Err(options.wrong("document", "the document to insert")),
            };
            options.finish()?;
            Ok(One {
                kind: BatchKind::Insert,
                item,
                multi: false,
            })
        }
        "updateOne" | "updateMany" => {
            let multi = key.as_str() == "updateMany";
            let mut options = one(if multi { "updateMany" } else { "updateOne" })?;
            let filter = filter_of(&mut options)?;
            let change = options
                .take("update")
                .ok_or_else(|| options.wrong("update", "what changes"))?;
            match &change {
                RawBson::Document(update)
                    if !update.is_empty()
                        && update
                            .iter()
                            .flatten()
                            .all(|(k, _)| k.as_str().starts_with('$')) => {}
                RawBson::Array(_) => {}
                _ => {
                    return Err(Refused::new("an update is a document of `$` operators")
                        .with_help("write `{$set: {…}}`; to replace the whole use `replaceOne`"));
                }
            }
            let one = update(filter, change, multi, &mut options)?;
            options.finish()?;
            Ok(one)
        }
        "replaceOne" => {
            let mut options = one("replaceOne")?;
            let filter = filter_of(&mut options)?;
            let Some(whole) = options.document("replacement")? else {
                return Err(options.wrong("replacement", "the whole new document"));
            };
            if super::first_key(&whole).starts_with('$') {
                return Err(Refused::new("a replacement is a whole document")
                    .with_help("use `updateOne` for `$` operators"));
            }
            let one = update(filter, RawBson::Document(whole), false, &mut options)?;
            options.finish()?;
            Ok(one)
        }
        "deleteOne" | "deleteMany" => {
            let multi = key.as_str() == "deleteMany";
            let mut options = one(if multi { "deleteMany" } else { "deleteOne" })?;
            let filter = filter_of(&mut options)?;
            let one = delete(filter, multi, &mut options)?;
            options.finish()?;
            Ok(one)
        }
        other => Err(Refused::new(format!("`{other}` is no write"))
            .with_help(format!("write one of {known}"))),
    }
}

/// The filter of a write in bulk, which is never taken for granted.
fn filter_of(options: &mut Options) -> Result<RawDocumentBuf, Refused> {
    options
        .document("filter")?
        .ok_or_else(|| options.wrong("filter", "a document (`{}` for all)"))
}

/// The writes as commands: what is of one kind and stands together goes together. Unordered writes are gathered by
/// kind, as drivers do.
fn batches(collection: &str, shared: &RawDocument, list: Vec<One>, ordered: bool) -> Vec<Batch> {
    let mut list: Vec<(usize, One)> = list.into_iter().enumerate().collect();
    if !ordered {
        list.sort_by_key(|(_, one)| match one.kind {
            BatchKind::Insert => 0,
            BatchKind::Update => 1,
            BatchKind::Delete => 2,
        });
    }
    let mut out: Vec<(Batch, usize)> = Vec::new();
    for (place, one) in list {
        let size = one.item.as_bytes().len();
        let fits = out.last().is_some_and(|(batch, bytes)| {
            batch.kind == one.kind && batch.items.len() < MOST_WRITES && bytes + size <= MOST_BYTES
        });
        if !fits {
            out.push((empty(collection, shared, one.kind), 0));
        }
        if let Some((batch, bytes)) = out.last_mut() {
            batch.items.push(one.item);
            batch.places.push(place);
            batch.multi |= one.multi;
            *bytes += size;
        }
    }
    out.into_iter().map(|(batch, _)| batch).collect()
}

fn empty(collection: &str, shared: &RawDocument, kind: BatchKind) -> Batch {
    let mut body = match kind {
        BatchKind::Insert => rawdoc! { "insert": collection },
        BatchKind::Update => rawdoc! { "update": collection },
        BatchKind::Delete => rawdoc! { "delete": collection },
    };
    for (key, value) in shared.iter().flatten() {
        // Inserts and deletes have no validation to pass by, and inserts no variables.
        let fits = match key.as_str() {
            "bypassDocumentValidation" => kind != BatchKind::Delete,
            "let" => kind != BatchKind::Insert,
            _ => true,
        };
        if fits {
            body.append(key, value);
        }
    }
    Batch {
        kind,
        body,
        items: Vec::new(),
        places: Vec::new(),
        multi: false,
    }
}

/// The name of the list in the command of a batch.
#[must_use]
pub(super) fn list_name(kind: BatchKind) -> &'static str {
    match kind {
        BatchKind::Insert => "documents",
        BatchKind::Update => "updates",
        BatchKind::Delete => "deletes",
    }
}

impl Batch {
    /// The whole command, with its writes.
    #[must_use]
    pub fn command(&self) -> RawDocumentBuf {
        let mut command = self.body.clone();
        let mut list = RawArrayBuf::new();
        for item in &self.items {
            list.push(item.clone());
        }
        append(&mut command, list_name(self.kind), RawBsonRef::Array(&list));
        command
    }
}

pub(super) fn explained(writes: Writes) -> Result<Command, Refused> {
    match writes.batches.as_slice() {
        [batch] if batch.kind != BatchKind::Insert && batch.items.len() == 1 => {
            let (body, _) = super::options::without(&batch.command(), "writeConcern");
            Ok(Command {
                database: writes.database,
                collection: Some(writes.collection),
                body,
                preference: None,
                note: writes.note,
            })
        }
        [batch, ..] if batch.kind == BatchKind::Insert => Err(not_explained(Operation::InsertOne)),
        _ => Err(not_explained(Operation::BulkWrite)),
    }
}

pub(super) fn modify(statement: &Statement) -> Result<Modify, Refused> {
    use Operation as O;
    let name = statement.operation.name();
    let arguments = &statement.arguments;
    let (filter, change, replaces, mut options, field) = match statement.operation {
        O::FindAndModify => {
            let mut options = Options::new(name, arguments.first())?;
            let query = options.document("query")?.unwrap_or_default();
            let removes = options.flag("remove")?.unwrap_or(false);
            let change = options.take("update");
            if removes == change.is_some() {
                return Err(Refused::new(
                    "`findAndModify` needs `update` or `remove: true`, and not both",
                ));
            }
            let replaces = matches!(&change, Some(RawBson::Document(update))
                if !super::first_key(update).starts_with('$'));
            (query, change, replaces, options, "fields")
        }
        O::FindOneAndDelete => (
            filter(arguments.first())?,
            None,
            false,
            Options::new(name, arguments.get(1))?,
            "projection",
        ),
        other => (
            filter(arguments.first())?,
            arguments.get(1).cloned(),
            other == O::FindOneAndReplace,
            Options::new(name, arguments.get(2))?,
            "projection",
        ),
    };
    let mut out = RawDocumentBuf::new();
    let projection = match options.document(field)? {
        None if field == "projection" => options.document("fields")?,
        other => other,
    };
    if let Some(projection) = projection.filter(|p| !p.is_empty()) {
        out.append(cstr!("projection"), projection);
    }
    match options.take("sort") {
        None => {}
        Some(RawBson::Document(sort)) => out.append(cstr!("sort"), sort),
        Some(_) => return Err(options.wrong("sort", "a document such as `{at: -1}`")),
    }
    if change.is_some() {
        if let Some(upsert) = options.flag("upsert")? {
            out.append(cstr!("upsert"), upsert);
        }
        let mut after = options.flag("new")?;
        after = options.flag("returnNewDocument")?.or(after);
        after = options.flag("returnOriginal")?.map(|set| !set).or(after);
        match options.take("returnDocument") {
            None => {}
            Some(RawBson::String(word)) if word == "after" => after = Some(true),
            Some(RawBson::String(word)) if word == "before" => after = Some(false),
            Some(_) => return Err(options.wrong("returnDocument", "`\"before\"` or `\"after\"`")),
        }
        if let Some(after) = after {
            out.append(
                cstr!("returnDocument"),
                if after { "after" } else { "before" },
            );
        }
        if let Some(bypass) = options.flag("bypassDocumentValidation")? {
            out.append(cstr!("bypassDocumentValidation"), bypass);
        }
        if !replaces {
            match options.take("arrayFilters") {
                None => {}
                Some(RawBson::Array(filters)) => out.append(cstr!("arrayFilters"), filters),
                Some(_) => return Err(options.wrong("arrayFilters", "an array of documents")),
            }
        }
    }
    if let Some(collation) = options.document("collation")? {
        out.append(cstr!("collation"), collation);
    }
    if let Some(hint) = options.hint()? {
        out.append(cstr!("hint"), hint);
    }
    if let Some(variables) = options.document("let")? {
        out.append(cstr!("let"), variables);
    }
    if let Some(concern) = options.write_concern()? {
        out.append(cstr!("writeConcern"), concern);
    }
    let max_millis = options.count("maxTimeMS")?;
    if let Some(millis) = max_millis {
        limit_of_time(millis)?;
    }
    let note = options.take("comment");
    options.finish()?;
    Ok(Modify {
        database: statement.database.clone(),
        collection: collection(statement)?.to_owned(),
        filter,
        change,
        replaces,
        options: out,
        max_millis,
        note,
    })
}

/// The command `findAndModify` of a plan, for `explain`.
pub(super) fn explained_modify(modify: Modify) -> Result<Command, Refused> {
    let mut body = rawdoc! { "findAndModify": modify.collection.as_str(), "query": modify.filter };
    match modify.change {
        Some(change) => body.append(cstr!("update"), change),
        None => body.append(cstr!("remove"), true),
    }
    for (key, value) in modify.options.iter().flatten() {
        match key.as_str() {
            "projection" => body.append(cstr!("fields"), value),
            "returnDocument" => {
                body.append(cstr!("new"), matches!(value, RawBsonRef::String("after")));
            }
            "writeConcern" => {}
            _ => body.append(key, value),
        }
    }
    if let Some(millis) = modify.max_millis {
        body.append(cstr!("maxTimeMS"), limit_of_time(millis)?);
    }
    Ok(Command {
        database: modify.database,
        collection: Some(modify.collection),
        body,
        preference: None,
        note: modify.note,
    })
}
