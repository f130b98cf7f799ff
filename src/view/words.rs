//! Figures in words that fit a narrow column.

pub use crate::app::words::{age, bytes, clock, clock_milli, count, several, span, whole};

/// What is said of what was read before the connection was lost, after the time at which it was.
pub const BEFORE_LOSS: &str = "before the connection was lost";
