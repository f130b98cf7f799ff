//! Previews of a pipeline's stages: the first documents, and how many come out in which time.
//!
//! Invariant: nothing that writes is sent, and nothing without a limit of time.

use std::sync::Arc;
use std::time::Instant;

use bson::{RawBsonRef, RawDocument};

use super::statement::refusal;
use crate::mongo::feed::source::Source;
use crate::mongo::link::Call;
use crate::mongo::request::preview::{Preview, Previewed};
use crate::mongo::request::{Failure, FailureKind};
use crate::query::Statement;
use crate::query::plan::Plan;

/// No further document once so many bytes are there.
const MAX_BYTES: usize = 4 << 20;

pub(super) async fn preview(call: &Call, asked: &Preview) -> Result<Previewed, Failure> {
    let call = call.within(asked.within);
    let mut documents = Vec::new();
    let mut bytes = 0;
    read(&call, &asked.documents, asked.rows, |document| {
        bytes += document.as_bytes().len();
        documents.push(Arc::new(document.to_owned()));
        documents.len() < asked.rows && bytes < MAX_BYTES
    })
    .await?;
    call.go_on()?;
    let since = Instant::now();
    let mut total = 0;
    let counted = read(&call, &asked.count, 1, |document| {
        total = match document.get("n") {
            Ok(Some(RawBsonRef::Int32(n))) => u64::try_from(n).unwrap_or(0),
            Ok(Some(RawBsonRef::Int64(n))) => u64::try_from(n).unwrap_or(0),
            _ => 0,
        };
        false
    })
    .await;
    let took = since.elapsed();
    // Stopped by the person is no answer; stopped by the clock is one.
    call.go_on()?;
    Ok(Previewed {
        documents,
        all: counted.map(|()| (total, took)),
    })
}

/// Reads documents until `each` has enough.
async fn read(
    call: &Call,
    statement: &Statement,
    first: usize,
    mut each: impl FnMut(&RawDocument) -> bool,
) -> Result<(), Failure> {
    if statement.consequence().writes() {
        return Err(Failure::new(
            FailureKind::Query,
            "a stage that writes is never run by a preview",
        ));
    }
    let Plan::Documents(reading) = statement.plan().map_err(refusal)? else {
        return Err(Failure::new(
            FailureKind::Query,
            "this statement gives no documents to preview",
        ));
    };
    let source = Source::reading(&reading, false);
    let next = u32::try_from(first).unwrap_or(u32::MAX).max(1);
    let mut cursor = source.open(call, None, first.max(1), next).await?;
    while let Some(batch) = cursor.next(call).await {
        let batch = batch.map_err(|e| call.failure(&e, source.namespace.as_ref()))?;
        let values = batch
            .doc_slices()
            .map_err(|_| Failure::new(FailureKind::Other, "the server's reply holds no batch"))?;
        for value in values.into_iter().flatten() {
            if let RawBsonRef::Document(document) = value
                && !each(document)
            {
                return Ok(());
            }
        }
        call.go_on()?;
    }
    Ok(())
}
