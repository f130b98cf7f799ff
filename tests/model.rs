//! Models: what their readers and validators say, held to what Mongoose and a real server said.

mod oracle;
mod project;
mod structure;
