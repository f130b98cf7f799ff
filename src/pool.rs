//! What the driver's connection pools do, folded from its events into figures.
//!
//! [`Event`] is an event of the driver as plain data, with the moment at which it came. [`Pools`] folds them, one
//! [`Pool`] for each server address: connections by state, who waits for one and how long, what was closed and why, and
//! ten minutes of history. Nothing here asks a clock: the moment comes with the event, or with the question.
//!
//! Invariants: memory is bounded whatever comes; `size = establishing + available + in use`; an event that does not fit
//! (of a connection that is not known, or that came too late) never makes a figure negative or a pool larger than what
//! was created. Sources: the driver specifications *Connection Monitoring and Pooling* and *Server Discovery and
//! Monitoring*.

pub mod event;
mod fold;
pub mod histogram;
pub mod history;
pub mod members;
pub mod record;
mod timeline;
pub mod warning;

pub use event::{CheckoutFailure, CloseReason, Event, Moment, ServerKind, What, Work};
pub use fold::{
    CommandFigures, Connection, ConnectionState, Pool, PoolState, Pools, Refused, RoundTrip,
    Summary,
};
pub use histogram::Histogram;
pub use history::{History, Second};
pub use members::{Became, Members, Turn};
pub use timeline::Timeline;
pub use warning::{Warning, warnings};

#[cfg(test)]
mod tests;
