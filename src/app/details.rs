//! Everything about one collection: figures, options, validator, indexes with size and use.

use super::scope::Moment;
use super::slot::Slot;
use crate::mongo::request::{CollectionDetails, Namespace, ProfileName};

/// The details pane of one collection.
#[derive(Debug, Clone, PartialEq)]
pub struct Details {
    /// The profile.
    pub profile: ProfileName,
    /// The collection.
    pub namespace: Namespace,
    /// What the server says.
    pub slot: Slot<CollectionDetails>,
    /// When it said so.
    pub at: Option<Moment>,
    /// The first line shown.
    pub first: usize,
}

impl Details {
    /// The pane before anything was asked.
    #[must_use]
    pub fn new(profile: ProfileName, namespace: Namespace) -> Self {
        Self {
            profile,
            namespace,
            slot: Slot::default(),
            at: None,
            first: 0,
        }
    }
}
