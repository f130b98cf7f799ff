//! BSON documents as text and as trees.
//!
//! Pure: knows BSON and text, and nothing of servers, models or screens. Documents are kept as raw bytes
//! ([`bson::RawDocument`]) so that what is read is what is written: kinds, key order, duplicate keys and all.

pub mod diagnostic;
pub mod path;

pub use diagnostic::{Diagnostic, Span};
pub use path::{Path, Step};
