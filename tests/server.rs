//! Tests against a real server.

mod sample;
mod sandbox;
