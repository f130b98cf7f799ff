//! Models: what their readers and validators say, held to what Mongoose and a real server said.

#![allow(clippy::print_stdout, reason = "the counts of each corpus are shown")]

mod export;
mod infer;
mod oracle;
mod other_words;
mod project;
mod shop;
mod structure;
