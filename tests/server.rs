//! Tests against a real server.

mod browsing;
mod connecting;
mod sample;
mod sandbox;
mod writing;
