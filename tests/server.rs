//! Tests against a real server.

mod browsing;
mod building;
mod connecting;
mod observing;
mod plan;
mod pools;
mod running;
mod sample;
mod sandbox;
mod shipped;
mod stopping;
mod together;
mod waiting;
mod writing;
