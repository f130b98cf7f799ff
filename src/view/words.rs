//! Figures in words that fit a narrow column.

pub use crate::app::words::{bytes, count, span, whole};
