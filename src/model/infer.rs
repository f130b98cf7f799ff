//! A model from the documents themselves: what kinds stand at which path and how often, what is always there, which
//! texts are one of a few.
//!
//! Pure: is given raw documents one by one and keeps figures only. Invariant: memory is bounded by [`MOST_PATHS`]
//! paths and the values noted for each, however many documents and keys there are.

mod frequency;
mod guess;
mod node;

use bson::RawDocument;

pub use self::frequency::Frequency;
use self::node::Node;
use super::Model;

/// More paths than a person reads; what is beyond them is counted as untold.
pub const MOST_PATHS: usize = 4_000;

/// What was found in the documents that were looked at.
#[derive(Debug, Default)]
pub struct Inference {
    documents: u64,
    /// The paths that are noted.
    paths: usize,
    /// Values whose path there was no room for.
    untold: u64,
    root: Node,
}

/// What the documents are taken to be examples of.
#[derive(Debug, Clone, Default)]
pub struct Subject<'a> {
    /// The database they are from.
    pub database: Option<&'a str>,
    /// Their collection.
    pub collection: &'a str,
    /// The collections beside it, for telling what an ObjectId refers to by its field's name; may be empty.
    pub neighbours: &'a [String],
}

/// A model told from samples, with the figures it was told from.
#[derive(Debug, Clone)]
pub struct Inferred {
    /// The model. It has no line in any file.
    pub model: Model,
    /// How many documents were looked at.
    pub documents: u64,
    /// Every path with its figures, parents before their parts, in the order of first appearance.
    pub paths: Vec<Frequency>,
    /// Values whose path there was no room for.
    pub untold: u64,
}

impl Inference {
    /// Nothing seen yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Looks at one more document. Bytes that are not valid BSON end the look at their document, not the inference.
    pub fn add(&mut self, document: &RawDocument) {
        self.documents += 1;
        let mut room = node::Room {
            paths: &mut self.paths,
            untold: &mut self.untold,
        };
        self.root.add_document(document, &mut room, 0);
    }

    /// How many documents were looked at.
    #[must_use]
    pub fn documents(&self) -> u64 {
        self.documents
    }

    /// What the documents seen so far say. May be asked for again after more of them.
    #[must_use]
    pub fn finish(&self, subject: &Subject<'_>) -> Inferred {
        Inferred {
            model: guess::model(&self.root, self.documents, self.untold == 0, subject),
            documents: self.documents,
            paths: frequency::rows(&self.root, self.documents),
            untold: self.untold,
        }
    }
}
