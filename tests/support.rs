//! What several integration tests need.

pub mod console;
pub mod desk;
pub mod harness;
pub mod program;
pub mod pty;
pub mod relay;
pub mod replica;
pub mod server;
pub mod svg;
