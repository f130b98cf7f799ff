//! Values in a line of text, for questions, notices and lists.

use bson::{RawBsonRef, RawDocument};

use crate::value::shell::{Style, print, print_document};

/// What is shown for bytes that are not valid BSON.
const MALFORMED: &str = "(not valid BSON)";

/// A value as one line of shell text.
#[must_use]
pub fn line(value: RawBsonRef<'_>) -> String {
    print(value, &Style::LINE).unwrap_or_else(|_| MALFORMED.to_owned())
}

/// A document as one line of shell text.
#[must_use]
pub fn document_line(document: &RawDocument) -> String {
    print_document(document, &Style::LINE).unwrap_or_else(|_| MALFORMED.to_owned())
}

/// A document as indented shell text.
#[must_use]
pub fn document_text(document: &RawDocument) -> String {
    print_document(document, &Style::INDENTED).unwrap_or_else(|_| MALFORMED.to_owned())
}
