//! The way of an edit through the state machine: what is typed, what is shown, and what is sent because of it.

mod desk;
mod drafts;
mod flow;
mod honesty;
mod pictures;
mod server;
