//! The opposite order of a `find`, where there is one.
//!
//! Must not guess: where reading backwards would show other documents, or the same ones at other places, there is none.

use bson::{RawBson, RawBsonRef, RawDocumentBuf, rawdoc};

use crate::mongo::link::Call;
use crate::mongo::request::{CollectionKind, Namespace};
use crate::mongo::runner::read;
use crate::query::plan::Turning;

/// The sort that reads from the end what `turning` orders; `None` where only reading through leads there.
pub(super) async fn reverse(
    call: &Call,
    namespace: &Namespace,
    turning: &Turning,
) -> Option<RawDocumentBuf> {
    match &turning.sort {
        Some(sort) if !sort.is_empty() => reversed(sort),
        // Without a sort a filter may be answered in the order of an index, which has no name to turn round.
        _ if turning.filtered => None,
        _ => match read::kind_of(call, namespace).await {
            Some(CollectionKind::Collection | CollectionKind::Capped) => {
                Some(rawdoc! { "$natural": -1 })
            }
            _ => None,
        },
    }
}

/// `sort` with each direction turned round; `None` where a direction is not a number, such as a text score.
pub(super) fn reversed(sort: &RawDocumentBuf) -> Option<RawDocumentBuf> {
    let mut turned = RawDocumentBuf::new();
    for element in sort.iter() {
        let (key, value) = element.ok()?;
        let value = match value {
            RawBsonRef::Int32(n) => RawBson::Int32(n.checked_neg()?),
            RawBsonRef::Int64(n) => RawBson::Int64(n.checked_neg()?),
            RawBsonRef::Double(n) => RawBson::Double(-n),
            _ => return None,
        };
        turned.append(key, value);
    }
    Some(turned)
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

    #[test]
    fn each_direction_is_turned_round_and_a_text_score_has_none() {
        let turned = reversed(&rawdoc! { "a": 1, "b": -1_i64, "c": 1.0 }).unwrap();
        assert_eq!(turned, rawdoc! { "a": -1, "b": 1_i64, "c": -1.0 });
        assert_eq!(
            reversed(&rawdoc! { "$natural": 1 }).unwrap(),
            rawdoc! { "$natural": -1 }
        );
        assert!(reversed(&rawdoc! { "s": { "$meta": "textScore" } }).is_none());
    }
}
