//! The state machine: what the deck is, and how it changes.
//!
//! Never awaits, spawns, reads files or a clock; time comes in with the message.

pub mod command;
pub mod context;
