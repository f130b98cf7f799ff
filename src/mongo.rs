//! Everything that talks to a server: the only module that names the driver's client.
//!
//! [`request`] is plain data with no driver handle in it, so that every layer may build requests and read replies.
//! The other modules here turn that data into driver calls and back.

pub mod request;
pub mod sandbox;
