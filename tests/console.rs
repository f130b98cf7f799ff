//! The console without a server, and some of it with one: keys in, effects and screens out.

mod completing;
mod deck;
mod documents;
mod drift;
mod models;
mod monitor;
mod references;
mod saved;
mod status;
