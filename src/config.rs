//! Configuration: read raw, then checked.
//!
//! Knows files, TOML and the environment; must not know the driver or the screen.

pub mod paths;
pub mod profile;
pub mod state;

pub use profile::{Profile, Secret, Tls};
