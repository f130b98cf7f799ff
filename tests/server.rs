//! Tests against a real server.

mod sandbox;
