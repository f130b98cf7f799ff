//! Requests that only read: what there is in a deployment, and single documents.
//!
//! A user who may see little sees that little: each list has a poorer way for who may not ask in full. Must not write.

use std::sync::Arc;

use bson::raw::cstr;
use bson::{Bson, Document, RawArray, RawBson, RawBsonRef, RawDocument, RawDocumentBuf, rawdoc};
use futures_util::future::join_all;
use mongodb::error::{Error, ErrorKind};

use crate::mongo::failure::integer;
use crate::mongo::link::Call;
use crate::mongo::request::{
    CollectionDetails, CollectionInfo, CollectionKind, CollectionSize, CollectionStats,
    DatabaseInfo, Failure, Gather, GatherEnd, Gathered, IndexInfo, Namespace, Serving,
};

/// Requests for sizes that are under way at once.
const SIZES_AT_ONCE: usize = 4;

pub(super) fn refused(error: &Error) -> bool {
    matches!(error.kind.as_ref(), ErrorKind::Command(c) if matches!(c.code, 13 | 33 | 8000))
}

pub(super) fn unsigned(value: Option<&Bson>) -> Option<u64> {
    integer(value).and_then(|n| u64::try_from(n).ok())
}

pub(super) fn raw_unsigned(document: &RawDocument, key: &str) -> Option<u64> {
    match document.get(key).ok()?? {
        RawBsonRef::Int32(n) => u64::try_from(n).ok(),
        RawBsonRef::Int64(n) => u64::try_from(n).ok(),
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it was checked to be a count"
        )]
        RawBsonRef::Double(n) if (0.0..9e15).contains(&n) => Some(n as u64),
        _ => None,
    }
}

/// All documents of a cursor that is known to be short, each passed to `each`.
pub(super) async fn every(
    call: &Call,
    database: &str,
    command: RawDocumentBuf,
    mut each: impl FnMut(&RawDocument),
) -> Result<(), Error> {
    let mut cursor = call.open(database, command, None).await?;
    while let Some(batch) = cursor.next(call).await {
        let batch = batch?;
        let documents: &RawArray = batch.doc_slices()?;
        for value in documents.into_iter().flatten() {
            if let RawBsonRef::Document(document) = value {
                each(document);
            }
        }
    }
    Ok(())
}

/// As [`every`], on the primary, for looking at what was just written.
pub(super) async fn every_on_primary(
    call: &Call,
    database: &str,
    command: RawDocumentBuf,
    mut each: impl FnMut(&RawDocument),
) -> Result<(), Error> {
    let mut cursor = call.open_on_primary(database, command).await?;
    while let Some(batch) = cursor.next(call).await {
        let batch = batch?;
        for value in batch.doc_slices()?.into_iter().flatten() {
            if let RawBsonRef::Document(document) = value {
                each(document);
            }
        }
    }
    Ok(())
}

/// The databases that this user may see, by name.
pub(super) async fn databases(call: &Call) -> Result<Vec<DatabaseInfo>, Failure> {
    let full = call.ask("admin", rawdoc! { "listDatabases": 1 }).await;
    let reply = match full {
        Err(error) if refused(&error) => {
            let own = rawdoc! { "listDatabases": 1, "nameOnly": true, "authorizedDatabases": true };
            match call.ask("admin", own).await {
                Err(error) if refused(&error) => return named_databases(call, &error),
                other => other,
            }
        }
        other => other,
    };
    let reply = reply.map_err(|e| call.failure(&e, None))?;
    let mut found: Vec<DatabaseInfo> = reply
        .get_array("databases")
        .into_iter()
        .flatten()
        .filter_map(Bson::as_document)
        .filter_map(|d| {
            Some(DatabaseInfo {
                name: d.get_str("name").ok()?.to_owned(),
                size_on_disk: unsigned(d.get("sizeOnDisk")),
            })
        })
        .collect();
    // A user without the right to list gets only what its roles name; its own database belongs there too.
    if let Some(own) = call.link().prepared.database.clone()
        && found.is_empty()
    {
        found.push(DatabaseInfo {
            name: own,
            size_on_disk: None,
        });
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

fn named_databases(call: &Call, error: &Error) -> Result<Vec<DatabaseInfo>, Failure> {
    let prepared = &call.link().prepared;
    let mut names: Vec<String> = [&prepared.database, &prepared.authentication_database]
        .into_iter()
        .flatten()
        .filter(|name| !name.starts_with('$'))
        .cloned()
        .collect();
    names.sort();
    names.dedup();
    if names.is_empty() {
        return Err(call.failure(error, None));
    }
    Ok(names
        .into_iter()
        .map(|name| DatabaseInfo {
            name,
            size_on_disk: None,
        })
        .collect())
}

pub(super) fn kind(document: &RawDocument) -> CollectionKind {
    let name = document.get_str("name").unwrap_or_default();
    let capped = document
        .get_document("options")
        .and_then(|o| o.get_bool("capped"))
        .unwrap_or(false);
    match document.get_str("type").unwrap_or("collection") {
        _ if name.starts_with("system.") => CollectionKind::System,
        "view" => CollectionKind::View,
        "timeseries" => CollectionKind::TimeSeries,
        _ if capped => CollectionKind::Capped,
        _ => CollectionKind::Collection,
    }
}

/// The collections of `database`, by name.
pub(super) async fn collections(
    call: &Call,
    database: &str,
) -> Result<Vec<CollectionInfo>, Failure> {
    let mut found = Vec::new();
    let mut take = |d: &RawDocument| {
        if let Ok(name) = d.get_str("name") {
            found.push(CollectionInfo {
                name: name.to_owned(),
                kind: kind(d),
            });
        }
    };
    let full = every(call, database, rawdoc! { "listCollections": 1 }, &mut take).await;
    match full {
        Err(error) if refused(&error) => {
            let own =
                rawdoc! { "listCollections": 1, "nameOnly": true, "authorizedCollections": true };
            every(call, database, own, &mut take).await
        }
        other => other,
    }
    .map_err(|e| call.failure(&e, None))?;
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found.dedup_by(|a, b| a.name == b.name);
    Ok(found)
}

pub(super) async fn entry(
    call: &Call,
    namespace: &Namespace,
) -> Result<Option<RawDocumentBuf>, Error> {
    let mut found = None;
    let mut take = |d: &RawDocument| found = Some(d.to_owned());
    let filter = rawdoc! { "name": namespace.collection.as_str() };
    let full = rawdoc! { "listCollections": 1, "filter": filter.clone() };
    match every(call, &namespace.database, full, &mut take).await {
        Err(error) if refused(&error) => {
            let own = rawdoc! { "listCollections": 1, "filter": filter, "nameOnly": true, "authorizedCollections": true };
            every(call, &namespace.database, own, &mut take).await?;
        }
        other => other?,
    }
    Ok(found)
}

/// What a collection is; `None` where that cannot be learned.
pub(crate) async fn kind_of(call: &Call, namespace: &Namespace) -> Option<CollectionKind> {
    entry(call, namespace)
        .await
        .ok()
        .flatten()
        .map(|d| kind(&d))
}

/// Estimated figures of those of `collections` that can be read.
pub(super) async fn sizes(
    call: &Call,
    database: &str,
    collections: &[String],
) -> Result<Vec<(String, CollectionSize)>, Failure> {
    let mut found = Vec::new();
    for few in collections.chunks(SIZES_AT_ONCE) {
        call.go_on()?;
        let asked = join_all(few.iter().map(|name| size(call, database, name))).await;
        for (name, answer) in few.iter().zip(asked) {
            match answer {
                Ok(Some(size)) => found.push((name.clone(), size)),
                // No permission, a view, dropped meanwhile: the others still have sizes.
                Ok(None) => {}
                Err(error) if matches!(error.kind.as_ref(), ErrorKind::Command(_)) => {}
                Err(error) => return Err(call.failure(&error, None)),
            }
        }
    }
    Ok(found)
}

pub(super) async fn size(
    call: &Call,
    database: &str,
    collection: &str,
) -> Result<Option<CollectionSize>, Error> {
    let stats = storage(call, &Namespace::new(database, collection)).await;
    match stats {
        Ok(Some(stats)) => Ok(Some(CollectionSize {
            documents: raw_unsigned(&stats, "count").unwrap_or(0),
            bytes: raw_unsigned(&stats, "size").unwrap_or(0),
        })),
        Ok(None) => Ok(None),
        Err(error) if refused(&error) => {
            // Who may read a collection may count it, from the metadata.
            let reply = call.ask(database, rawdoc! { "count": collection }).await?;
            Ok(unsigned(reply.get("n")).map(|documents| CollectionSize {
                documents,
                bytes: 0,
            }))
        }
        Err(error) => Err(error),
    }
}

/// `storageStats` of a collection, summed over the shards where there are several.
async fn storage(call: &Call, namespace: &Namespace) -> Result<Option<RawDocumentBuf>, Error> {
    let command = rawdoc! {
        "aggregate": namespace.collection.as_str(),
        "pipeline": [
            { "$collStats": { "storageStats": {} } },
            { "$replaceWith": "$storageStats" },
            { "$project": { "count": 1, "size": 1, "storageSize": 1, "totalIndexSize": 1, "avgObjSize": 1, "indexSizes": 1 } },
        ],
        "cursor": {},
    };
    let mut parts: Vec<RawDocumentBuf> = Vec::new();
    every(call, &namespace.database, command, |d| {
        parts.push(d.to_owned())
    })
    .await?;
    if parts.len() < 2 {
        return Ok(parts.pop());
    }
    let sum = |key: &str| -> i64 {
        let total = parts
            .iter()
            .filter_map(|p| raw_unsigned(p, key))
            .fold(0_u64, u64::saturating_add);
        i64::try_from(total).unwrap_or(i64::MAX)
    };
    let mut index_sizes = Document::new();
    for part in &parts {
        for (name, _) in part
            .get_document("indexSizes")
            .into_iter()
            .flat_map(|d| d.iter().flatten())
        {
            let name = name.as_str();
            let here = part
                .get_document("indexSizes")
                .ok()
                .and_then(|d| raw_unsigned(d, name))
                .unwrap_or(0);
            let so_far = index_sizes.get_i64(name).unwrap_or(0);
            index_sizes.insert(
                name,
                so_far.saturating_add(i64::try_from(here).unwrap_or(0)),
            );
        }
    }
    let (count, size) = (sum("count"), sum("size"));
    let index_sizes = RawDocumentBuf::try_from(&index_sizes)?;
    Ok(Some(rawdoc! {
        "count": count,
        "size": size,
        "storageSize": sum("storageSize"),
        "totalIndexSize": sum("totalIndexSize"),
        "avgObjSize": size.checked_div(count).unwrap_or(0),
        "indexSizes": index_sizes,
    }))
}

/// Everything about one collection that this user may see.
pub(super) async fn details(
    call: &Call,
    namespace: &Namespace,
) -> Result<CollectionDetails, Failure> {
    let words = |e: Error| call.failure(&e, Some(namespace));
    let Some(entry) = entry(call, namespace).await.map_err(words)? else {
        return Err(Failure::new(
            crate::mongo::request::FailureKind::Gone,
            format!(
                "`{}` does not exist (any more)",
                crate::mongo::failure::plain(&namespace.to_string())
            ),
        )
        .with_help("refresh the list"));
    };
    let options = entry
        .get_document("options")
        .map(ToOwned::to_owned)
        .unwrap_or_default();
    let text = |key: &str| options.get_str(key).ok().map(str::to_owned);
    let mut details = CollectionDetails {
        namespace: namespace.clone(),
        kind: kind(&entry),
        validator: options
            .get_document("validator")
            .ok()
            .map(ToOwned::to_owned),
        validation_level: text("validationLevel"),
        validation_action: text("validationAction"),
        options,
        stats: None,
        indexes: Vec::new(),
    };
    if details.kind == CollectionKind::View {
        return Ok(details);
    }
    call.go_on()?;
    let stats = match storage(call, namespace).await {
        Ok(stats) => stats,
        Err(error) if matches!(error.kind.as_ref(), ErrorKind::Command(_)) => None,
        Err(error) => return Err(words(error)),
    };
    details.stats = stats.as_ref().map(|s| {
        let figure = |key: &str| raw_unsigned(s, key).unwrap_or(0);
        CollectionStats {
            documents: figure("count"),
            bytes: figure("size"),
            storage_bytes: figure("storageSize"),
            average_bytes: figure("avgObjSize"),
            index_bytes: figure("totalIndexSize"),
        }
    });
    call.go_on()?;
    details.indexes = indexes(call, namespace, stats.as_ref()).await?;
    Ok(details)
}

async fn indexes(
    call: &Call,
    namespace: &Namespace,
    stats: Option<&RawDocumentBuf>,
) -> Result<Vec<IndexInfo>, Failure> {
    let mut found: Vec<IndexInfo> = Vec::new();
    let list = rawdoc! { "listIndexes": namespace.collection.as_str() };
    let listed = every(call, &namespace.database, list, |d| {
        found.push(IndexInfo {
            name: d.get_str("name").unwrap_or_default().to_owned(),
            keys: d
                .get_document("key")
                .map(ToOwned::to_owned)
                .unwrap_or_default(),
            specification: d.to_owned(),
            bytes: stats
                .and_then(|s| s.get_document("indexSizes").ok())
                .and_then(|sizes| raw_unsigned(sizes, d.get_str("name").unwrap_or_default())),
            uses: None,
            uses_since: None,
        });
    })
    .await;
    match listed {
        Err(error) if matches!(error.kind.as_ref(), ErrorKind::Command(_)) => return Ok(found),
        other => other.map_err(|e| call.failure(&e, Some(namespace)))?,
    }
    let usage = rawdoc! {
        "aggregate": namespace.collection.as_str(),
        "pipeline": [{ "$indexStats": {} }, { "$project": { "name": 1, "accesses": 1 } }],
        "cursor": {},
    };
    let used = every(call, &namespace.database, usage, |d| {
        let name = d.get_str("name").unwrap_or_default();
        let Ok(accesses) = d.get_document("accesses") else {
            return;
        };
        for index in found.iter_mut().filter(|i| i.name == name) {
            let uses = raw_unsigned(accesses, "ops");
            index.uses = match (index.uses, uses) {
                (Some(a), Some(b)) => Some(a.saturating_add(b)),
                (a, b) => a.or(b),
            };
            let since = accesses
                .get_datetime("since")
                .ok()
                .map(bson::DateTime::timestamp_millis);
            index.uses_since = match (index.uses_since, since) {
                (Some(a), Some(b)) => Some(a.min(b)),
                (a, b) => a.or(b),
            };
        }
    })
    .await;
    match used {
        Err(error) if !matches!(error.kind.as_ref(), ErrorKind::Command(_)) => {
            Err(call.failure(&error, Some(namespace)))
        }
        _ => Ok(found),
    }
}

/// The exact number of documents that match.
pub(super) async fn count(
    call: &Call,
    namespace: &Namespace,
    filter: &RawDocumentBuf,
) -> Result<u64, Failure> {
    let command = rawdoc! {
        "aggregate": namespace.collection.as_str(),
        "pipeline": [{ "$match": filter.clone() }, { "$group": { "_id": 1, "n": { "$sum": 1 } } }],
        "cursor": {},
    };
    let mut total = 0;
    every(call, &namespace.database, command, |d| {
        total = raw_unsigned(d, "n").unwrap_or(0)
    })
    .await
    .map_err(|e| call.failure(&e, Some(namespace)))?;
    Ok(total)
}

/// The document with this `_id`.
pub(super) async fn document(
    call: &Call,
    namespace: &Namespace,
    id: &RawBson,
    place: From,
) -> Result<Option<RawDocumentBuf>, Failure> {
    let filter = rawdoc! { "_id": { "$eq": id.clone() } };
    first(call, namespace, filter, place).await
}

/// Whichever document matches, on the primary.
pub(super) async fn matching(
    call: &Call,
    namespace: &Namespace,
    filter: &RawDocumentBuf,
) -> Result<Option<RawDocumentBuf>, Failure> {
    first(call, namespace, filter.clone(), From::Primary).await
}

async fn first(
    call: &Call,
    namespace: &Namespace,
    filter: RawDocumentBuf,
    place: From,
) -> Result<Option<RawDocumentBuf>, Failure> {
    let command = rawdoc! {
        "find": namespace.collection.as_str(),
        "filter": filter,
        "limit": 1_i64,
        "singleBatch": true,
    };
    let words = |e: Error| call.failure(&e, Some(namespace));
    let opened = match place {
        From::Anywhere => call.open(&namespace.database, command, None).await,
        From::Primary => call.open_on_primary(&namespace.database, command).await,
    };
    let mut cursor = opened.map_err(words)?;
    while let Some(batch) = cursor.next(call).await {
        let batch = batch.map_err(words)?;
        let first = batch
            .doc_slices()
            .map_err(words)?
            .into_iter()
            .flatten()
            .next();
        if let Some(RawBsonRef::Document(document)) = first {
            return Ok(Some(document.to_owned()));
        }
    }
    Ok(None)
}

/// The stages of a plan that are looked at, at the most.
const STAGES: usize = 200;

/// Some documents up to a bound. That the time is over is no failure: it is said beside what came before.
pub(super) async fn gather(call: &Call, gather: Gather) -> Result<Gathered, Failure> {
    let Gather {
        namespace,
        filter,
        projection,
        sort,
        limit,
        max_bytes,
        within,
        explain,
    } = gather;
    let call = call.within(within);
    // One more than wanted tells whether there are others.
    let asked = i64::try_from(limit.saturating_add(1)).unwrap_or(i64::MAX);
    let mut command = rawdoc! { "find": namespace.collection.as_str(), "filter": filter };
    if let Some(sort) = sort {
        command.append(cstr!("sort"), sort);
    }
    if let Some(projection) = projection {
        command.append(cstr!("projection"), projection);
    }
    command.append(cstr!("limit"), asked);
    let mut gathered = Gathered {
        documents: Vec::new(),
        end: GatherEnd::All,
        serving: Serving::Unknown,
    };
    if explain {
        let explained = rawdoc! { "explain": command.clone(), "verbosity": "queryPlanner" };
        if let Ok(plan) = call.ask(&namespace.database, explained).await {
            gathered.serving = serving(&plan);
        }
        call.go_on()?;
    }
    let mut bytes = 0;
    let read = async {
        let mut cursor = call.open(&namespace.database, command, None).await?;
        while let Some(batch) = cursor.next(&call).await {
            let batch = batch?;
            for value in batch.doc_slices()?.into_iter().flatten() {
                let RawBsonRef::Document(document) = value else {
                    continue;
                };
                bytes += document.as_bytes().len();
                let full = gathered.documents.len() as u64 >= limit;
                if full || (bytes > max_bytes && !gathered.documents.is_empty()) {
                    gathered.end = GatherEnd::Limit;
                    return Ok(());
                }
                gathered.documents.push(Arc::new(document.to_owned()));
            }
            if call.go_on().is_err() {
                return Ok(());
            }
        }
        Ok::<(), Error>(())
    };
    let ended = read.await;
    call.go_on()?;
    match ended {
        Ok(()) => Ok(gathered),
        Err(error) if call.ran_out(&error) => {
            gathered.end = GatherEnd::Time;
            Ok(gathered)
        }
        Err(error) => Err(call.failure(&error, Some(&namespace))),
    }
}

/// How an explained query is served: by a scan where any part of it is.
fn serving(explained: &Document) -> Serving {
    let mut index = None;
    let mut open: Vec<&Document> = vec![explained];
    for _ in 0..STAGES {
        let Some(stage) = open.pop() else {
            break;
        };
        match stage.get_str("stage") {
            Ok("COLLSCAN") => return Serving::Scan,
            Ok("IDHACK" | "CLUSTERED_IXSCAN" | "EXPRESS_IXSCAN") => {
                let name = stage.get_str("indexName").unwrap_or("_id_");
                index = Some(name.to_owned());
            }
            _ => {
                if let Ok(name) = stage.get_str("indexName") {
                    index = Some(name.to_owned());
                }
            }
        }
        for (key, value) in stage {
            match (key.as_str(), value) {
                // Plans that were thought of and not taken say nothing.
                ("rejectedPlans" | "command" | "serverInfo" | "slotBasedPlan", _) => {}
                (_, Bson::Document(inner)) => open.push(inner),
                (_, Bson::Array(several)) => {
                    open.extend(several.iter().filter_map(Bson::as_document));
                }
                _ => {}
            }
        }
    }
    index.map_or(Serving::Unknown, Serving::Index)
}

/// Which member a document is read from.
#[derive(Debug, Clone, Copy)]
pub(super) enum From {
    /// As the read preference says.
    Anywhere,
    /// The primary, which has the last write.
    Primary,
}
