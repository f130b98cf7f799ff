//! Keys and keymaps: from what the terminal reports to the command that is meant.
//!
//! Knows the command table and the contexts, and nothing of the state behind them: the context comes in with the key.

pub mod key;
pub mod keymap;
pub mod pending;

pub use key::{Code, Key, KeyError, KeySequence};
pub use keymap::{Binding, Continuation, KeymapErrors, Keymaps, Preset, Resolved, Source};
pub use pending::Pending;
