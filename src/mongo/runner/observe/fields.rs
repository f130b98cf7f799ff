//! Single fields of what a server tells, read without decoding the rest.

use bson::RawDocument;

use super::super::read;

/// A text; `None` where there is none or it is empty.
pub(super) fn text(document: &RawDocument, key: &str) -> Option<String> {
    document
        .get_str(key)
        .ok()
        .filter(|t| !t.is_empty())
        .map(str::to_owned)
}

/// A number of whatever kind that is not negative.
pub(super) fn number(document: &RawDocument, key: &str) -> Option<u64> {
    read::raw_unsigned(document, key)
}

/// Whether it is there and true.
pub(super) fn flag(document: &RawDocument, key: &str) -> bool {
    document.get_bool(key).unwrap_or(false)
}
