//! Everything that talks to a server: the only module that names the driver's client.
//!
//! [`request`] is plain data with no driver handle in it, so that every layer may build requests and read replies.
//! The other modules here turn that data into driver calls and back: [`connect`] makes clients out of profiles,
//! [`runner`] carries requests out, [`feed`] keeps open cursors, [`failure`] puts errors into words, [`events`] listens
//! to the driver, [`landing`] gives files their names once they are whole.

pub mod connect;
pub mod events;
pub mod failure;
mod feed;
pub mod landing;
mod link;
pub mod request;
pub mod runner;
pub mod sandbox;
