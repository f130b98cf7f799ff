//! The integration tests: one program, so that they share one real server and are linked once.
//!
//! A test that needs a server and cannot get one fails and says what to install; none is passed over in silence.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod administration;
mod checking;
mod cli;
mod console;
mod drift;
mod editor;
mod exporting;
mod fuzz;
mod job;
mod layering;
mod model;
mod observing;
mod pools;
mod query;
mod querying;
mod screenshots;
mod server;
mod staging;
mod staying;
mod support;
mod terminal;
