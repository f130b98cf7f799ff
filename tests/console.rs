//! The console without a server: keys in, effects and screens out.

mod documents;
mod models;
