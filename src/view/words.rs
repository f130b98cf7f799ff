//! Figures in words that fit a narrow column.

pub use crate::app::words::{age, bytes, clock, clock_milli, count, several, span, whole};
