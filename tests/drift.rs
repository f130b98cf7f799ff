//! Drift between models and what a server holds: checks, fixes over all documents, indexes and validators.

mod check;
mod mend;
mod pure;
mod sandbox;
