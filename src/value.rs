//! BSON documents as text and as trees.
//!
//! Pure: knows BSON and text, and nothing of servers, models or screens. Documents are kept as raw bytes
//! ([`bson::RawDocument`]) so that what is read is what is written: kinds, key order, duplicate keys and all.

pub mod base64;
pub mod cell;
pub mod chart;
pub mod diagnostic;
pub mod diff;
pub mod edit;
pub mod extjson;
pub mod highlight;
pub mod instant;
pub mod kind;
pub mod lines;
pub mod merge;
pub mod outline;
pub mod path;
pub mod raw;
#[cfg(test)]
pub(crate) mod sample;
pub mod shell;
pub mod text;
mod tree;
pub mod typing;
pub mod update;

pub use diagnostic::{Diagnostic, Span};
pub use kind::Kind;
pub use path::{Path, Step};
pub use raw::{Malformed, Value};
