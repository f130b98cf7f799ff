//! Where a check is in a document, and which fields it has seen there.

use crate::value::{Path, Step};

#[derive(Clone, Copy)]
pub(super) enum Place<'p> {
    Key(&'p str),
    Index(usize),
}

/// The way to a value, kept on the stack: a path is only built for a violation.
pub(super) struct At<'p> {
    pub(super) parent: Option<&'p At<'p>>,
    pub(super) step: Place<'p>,
}

impl At<'_> {
    pub(super) fn path(&self) -> Path {
        let mut steps = Vec::new();
        let mut at = Some(self);
        while let Some(place) = at {
            steps.push(match place.step {
                Place::Key(key) => Step::Key(key.to_owned()),
                Place::Index(index) => Step::Index(index),
            });
            at = place.parent;
        }
        steps.reverse();
        Path(steps)
    }
}

/// Which of a schema's fields a document has.
pub(super) enum Seen {
    Few(u128),
    Many(Vec<bool>),
}

impl Seen {
    pub(super) fn new(fields: usize) -> Self {
        if fields <= 128 {
            Self::Few(0)
        } else {
            Self::Many(vec![false; fields])
        }
    }

    pub(super) fn set(&mut self, field: usize) {
        match self {
            Self::Few(bits) => *bits |= 1 << field,
            Self::Many(list) => list[field] = true,
        }
    }

    pub(super) fn has(&self, field: usize) -> bool {
        match self {
            Self::Few(bits) => bits & (1 << field) != 0,
            Self::Many(list) => list[field],
        }
    }
}
