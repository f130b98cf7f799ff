//! Documents as shell text, the form people read, edit and paste into mongosh.
//!
//! Invariant: what [`print`] gives, [`parse_value`] reads back to the same bytes, in every [`Style`].

mod constructor;
pub mod extended;
mod literal;
pub mod parse;
pub mod print;
mod recover;
pub mod spans;
#[cfg(test)]
mod tests;

pub use parse::{
    Generated, Parsed, ParsedValue, parse_document, parse_document_with, parse_value,
    parse_value_with,
};
pub use print::{Doubles, Layout, Style, print, print_document, print_key};
pub use spans::Spans;
