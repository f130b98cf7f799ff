//! Drift: the difference between a model and what a server really holds, in documents, indexes and validator.
//!
//! Pure: is shown documents and specifications, and asks no server for them. [`Tally`] folds any number of documents
//! into groups of like violations; [`indexes`] and [`validator`] compare the rest; [`mend`] plans a fix of one document.
//!
//! Invariant: what a [`Tally`] holds is bounded, however many documents it is shown and whatever they hold.

pub mod indexes;
pub mod mend;
pub mod place;
pub mod references;
pub mod tally;
pub mod validator;

pub use indexes::{IndexDifference, IndexDrift, ServerIndex};
pub use mend::{FixKind, Mended, Target};
pub use place::{Place, PlaceStep};
pub use references::{CheckedReference, Leads, Referred};
pub use tally::{Backfill, Example, Findings, FixOffer, Group, Tally};
pub use validator::{ValidatorDifference, ValidatorState};
