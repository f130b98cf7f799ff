//! Requests that change something. Whether they may is decided before, by the runner.
//!
//! Documents are sent with their bytes as they are. A write that matched nothing reads the document again, so that the
//! person sees what it has become. Validation of the server is never bypassed, and nothing is ever upserted.

use bson::{Bson, Document, RawBson, RawDocumentBuf, rawdoc};

use super::read::{self, From};
use crate::mongo::failure::{Said, integer, of_unconfirmed};
use crate::mongo::link::{Call, not_sent};
use crate::mongo::request::drift::{IndexMade, ValidationAction, ValidationLevel};
use crate::mongo::request::{Failure, FailureKind, Namespace, Write, WriteOutcome};

/// The most bytes that a stored document may have.
const MOST_BYTES: usize = 16 * 1024 * 1024;

/// Carries out one change of one document.
pub(super) async fn write(call: &Call, write: &Write) -> Result<WriteOutcome, Failure> {
    let namespace = write.namespace();
    let name = namespace.collection.as_str();
    let (command, id) = match write {
        Write::Insert { document, .. } => {
            fits(document)?;
            (
                rawdoc! { "insert": name, "documents": [document.clone()], "ordered": true },
                None,
            )
        }
        Write::Update {
            id, filter, update, ..
        } => {
            let change = rawdoc! { "q": filter.clone(), "u": update.clone(), "multi": false, "upsert": false };
            (
                rawdoc! { "update": name, "updates": [change], "ordered": true },
                Some(id),
            )
        }
        Write::Replace {
            id,
            filter,
            replacement,
            ..
        } => {
            fits(replacement)?;
            is_replacement(replacement)?;
            let change = rawdoc! { "q": filter.clone(), "u": replacement.clone(), "multi": false, "upsert": false };
            (
                rawdoc! { "update": name, "updates": [change], "ordered": true },
                Some(id),
            )
        }
        Write::Delete { id, filter, .. } => {
            let change = rawdoc! { "q": filter.clone(), "limit": 1 };
            (
                rawdoc! { "delete": name, "deletes": [change], "ordered": true },
                Some(id),
            )
        }
    };
    let reply = call.write(namespace, command).await?;
    outcome(call, namespace, &reply, id).await
}

/// Whether a document would be taken for update operators.
pub(super) fn is_replacement(document: &RawDocumentBuf) -> Result<(), Failure> {
    let first = document.iter().flatten().next();
    if first.is_some_and(|(key, _)| key.as_str().starts_with('$')) {
        return Err(Failure::new(
            FailureKind::Query,
            "a whole document cannot begin with a field whose name starts with `$`",
        )
        .with_help("put another field first"));
    }
    Ok(())
}

/// Whether a server keeps a document of this size.
pub(super) fn fits(document: &RawDocumentBuf) -> Result<(), Failure> {
    let bytes = document.as_bytes().len();
    if bytes <= MOST_BYTES {
        return Ok(());
    }
    Err(Failure::new(
        FailureKind::TooLarge,
        format!("the document has `{bytes}` bytes, more than the 16 MiB that a document may have"),
    )
    .with_help("split it, or keep large binaries outside of it"))
}

async fn outcome(
    call: &Call,
    namespace: &Namespace,
    reply: &Document,
    id: Option<&RawBson>,
) -> Result<WriteOutcome, Failure> {
    let refused = reply
        .get_array("writeErrors")
        .ok()
        .and_then(|errors| errors.first())
        .and_then(Bson::as_document);
    if let Some(refused) = refused {
        return Err(call.refusal(&Said::from_document(refused), namespace));
    }
    let done = integer(reply.get("n")).unwrap_or(0);
    if done > 0 {
        if let Ok(unconfirmed) = reply.get_document("writeConcernError") {
            return Err(of_unconfirmed(&Said::from_document(unconfirmed)));
        }
        return Ok(WriteOutcome::Written);
    }
    match id {
        Some(id) => Ok(WriteOutcome::Conflict {
            theirs: read::document(call, namespace, id, From::Primary).await?,
        }),
        None => Err(Failure::new(
            FailureKind::Other,
            "the server says that it inserted nothing",
        )),
    }
}

async fn change(
    call: &Call,
    database: &str,
    command: RawDocumentBuf,
    namespace: Option<&Namespace>,
) -> Result<(), Failure> {
    let reply = call
        .change(database, command)
        .await
        .map_err(|e| call.write_failure(&e, namespace))?;
    match reply.get_document("writeConcernError") {
        Ok(unconfirmed) => Err(of_unconfirmed(&Said::from_document(unconfirmed))),
        Err(_) => Ok(()),
    }
}

/// Creates a collection.
pub(super) async fn create(
    call: &Call,
    namespace: &Namespace,
    options: &RawDocumentBuf,
) -> Result<(), Failure> {
    let mut command = rawdoc! { "create": namespace.collection.as_str() };
    for (key, value) in options.iter().flatten() {
        if !matches!(key.as_str(), "create" | "comment" | "writeConcern" | "$db") {
            command.append(key, value);
        }
    }
    change(call, &namespace.database, command, Some(namespace)).await
}

/// Renames a collection.
pub(super) async fn rename(call: &Call, from: &Namespace, to: &Namespace) -> Result<(), Failure> {
    let command =
        rawdoc! { "renameCollection": from.to_string(), "to": to.to_string(), "dropTarget": false };
    // What exists already, or is missing, is the name in the server's own words.
    change(call, "admin", command, None).await
}

/// Drops a collection.
pub(super) async fn drop_collection(call: &Call, namespace: &Namespace) -> Result<(), Failure> {
    let command = rawdoc! { "drop": namespace.collection.as_str() };
    change(call, &namespace.database, command, Some(namespace)).await
}

/// Makes indexes one after the other, and says of each what became of it.
pub(super) async fn create_indexes(
    call: &Call,
    namespace: &Namespace,
    indexes: &[RawDocumentBuf],
) -> Result<Vec<IndexMade>, Failure> {
    let mut made = Vec::new();
    for index in indexes {
        if call.go_on().is_err() {
            // What was made stays, and is told of.
            return if made.is_empty() {
                Err(not_sent())
            } else {
                Ok(made)
            };
        }
        let command = rawdoc! {
            "createIndexes": namespace.collection.as_str(),
            "indexes": [index.clone()],
        };
        let result = change(call, &namespace.database, command, Some(namespace)).await;
        let failure = result.err();
        let lost = failure.as_ref().is_some_and(|f| {
            matches!(
                f.kind,
                FailureKind::Unreachable | FailureKind::NoPrimary | FailureKind::Permission
            )
        });
        made.push(IndexMade {
            name: index.get_str("name").unwrap_or_default().to_owned(),
            failure,
        });
        if lost {
            break;
        }
    }
    Ok(made)
}

/// Sets a collection's validator.
pub(super) async fn set_validator(
    call: &Call,
    namespace: &Namespace,
    validator: &RawDocumentBuf,
    level: ValidationLevel,
    action: ValidationAction,
) -> Result<(), Failure> {
    let command = rawdoc! {
        "collMod": namespace.collection.as_str(),
        "validator": validator.clone(),
        "validationLevel": level.word(),
        "validationAction": action.word(),
    };
    change(call, &namespace.database, command, Some(namespace)).await
}

/// Drops a database.
pub(super) async fn drop_database(call: &Call, database: &str) -> Result<(), Failure> {
    change(call, database, rawdoc! { "dropDatabase": 1 }, None).await
}
