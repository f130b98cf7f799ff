//! What the panel of changes asks the person: whose changes, and which of them.

use bson::RawDocumentBuf;

use crate::mongo::request::Namespace;
use crate::mongo::request::observe::TailPlace;
use crate::value::shell::parse_document;

/// What a field of the panel is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asking {
    /// Whose changes.
    Place,
    /// Which of them.
    Filter,
}

impl Asking {
    /// What stands before it.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Place => "follow",
            Self::Filter => "filter",
        }
    }

    /// What may be typed.
    #[must_use]
    pub fn hint(self) -> &'static str {
        match self {
            Self::Place => {
                "database.collection, a database for all of its collections, or * for all"
            }
            Self::Filter => {
                "a filter for changes: {operationType: 'update', 'fullDocument.status': 'open'}"
            }
        }
    }
}

/// Reads whose changes to follow.
///
/// # Errors
/// What is wrong with the text.
pub fn parse_place(text: &str) -> Result<TailPlace, String> {
    if text == "*" {
        return Ok(TailPlace::Deployment);
    }
    let bad = |name: &str| name.is_empty() || name.contains(['/', '\\', ' ', '"', '$', '\0']);
    match text.trim_end_matches(".*").split_once('.') {
        Some((database, collection)) if !bad(database) && !collection.is_empty() => {
            Ok(TailPlace::Collection(Namespace::new(database, collection)))
        }
        None if !bad(text) => Ok(TailPlace::Database(text.trim_end_matches(".*").to_owned())),
        _ => Err(format!(
            "`{text}` is neither `database.collection`, nor a database, nor `*`"
        )),
    }
}

pub(super) fn parse_filter(text: &str) -> Result<RawDocumentBuf, String> {
    if text.is_empty() {
        return Ok(RawDocumentBuf::new());
    }
    parse_document(text)
        .map(|parsed| parsed.document)
        .map_err(|problems| {
            let first = problems.first().map(|p| p.message.clone());
            first.unwrap_or_else(|| "this is no document".to_owned())
        })
}
