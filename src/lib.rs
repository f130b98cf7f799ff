//! mongodeck: a terminal console for MongoDB.
//!
//! The map (each layer may name the ones to its left, and no other):
//!
//! ```text
//! value ← model, query, pool, export ← mongo::request ← app ← view
//!                        input ← runtime
//! ```
//!
//! - [`value`]: BSON as text and trees: shell text and Extended JSON out and in, spans, paths, diff, visible rows. Pure.
//! - [`model`]: typed models: kinds, readers, validation. Pure.
//! - [`query`]: shell statements, parsed and evaluated as a closed set of literals. Pure; nothing is ever executed.
//! - [`export`]: documents in the formats of files. Pure.
//! - [`pool`]: the fold of driver events into figures. Pure.
//! - [`mongo`]: the only module that names the driver's client. [`mongo::request`] is plain data that every layer may build.
//! - [`app`]: the state machine: [`app::App`], `Msg`, `Effect`, `update`. It never awaits, spawns, reads files or a clock.
//! - [`input`]: keys, key sequences, keymaps.
//! - [`theme`]: semantic roles to styles.
//! - [`view`]: draws an `App`; never mutates it. What drawing learns goes back as a message.
//! - [`runtime`]: the loop that joins them. [`terminal`]: entering, leaving, suspending.
//! - [`clock`]: the time, which never goes back.
//! - [`config`]: configuration, read raw, then checked. [`cli`]: arguments and headless commands.
//!
//! Words, one per concept: *profile* (a named deployment), *namespace* (`db.collection`), *deck* (the window), *tab*,
//! *model*, *violation* (one path that breaks its model), *drift*, *statement*, *saved query*, *draft* (an edit not yet
//! written), *task* (one running request).
//!
//! `tests/layering.rs` reads the sources and fails on an edge that this map forbids.

pub mod app;
pub mod cli;
pub mod clock;
pub mod config;
pub mod export;
pub mod input;
pub mod model;
pub mod mongo;
pub mod pool;
pub mod query;
pub mod runtime;
pub mod terminal;
pub mod theme;
pub mod value;
pub mod view;
