//! The built program, run as a person or a script runs it.

mod check;
mod config;
mod find;
mod models;
mod pool_test;
mod query;
mod secrets;
mod status;
mod target;
mod trust;
