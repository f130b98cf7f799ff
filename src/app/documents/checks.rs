//! The violations of the documents in sight.
//!
//! Invariant: only documents that are shown are checked, each one once for as long as it is shown.

use std::sync::Arc;

use bson::RawDocumentBuf;

use crate::model::{Model, Violation};
use crate::value::Path;

/// A larger document is checked only where it is the one that is looked at, so that scrolling never waits for it.
const LARGE: usize = 1 << 20;

/// What was found in each document in sight.
#[derive(Debug, Default)]
pub struct Checks {
    found: Vec<(Arc<RawDocumentBuf>, Vec<Violation>)>,
}

impl Checks {
    /// Checks the documents that are in sight now, `current` among them, and forgets all others.
    pub fn look(
        &mut self,
        model: Option<&Model>,
        current: Option<&Arc<RawDocumentBuf>>,
        others: impl IntoIterator<Item = Arc<RawDocumentBuf>>,
    ) {
        let Some(model) = model else {
            self.found.clear();
            return;
        };
        let mut before = std::mem::take(&mut self.found);
        let others = others.into_iter().filter(|d| !is_large(d));
        for document in current.cloned().into_iter().chain(others) {
            if self.found.iter().any(|(d, _)| Arc::ptr_eq(d, &document)) {
                continue;
            }
            let known = before.iter().position(|(d, _)| Arc::ptr_eq(d, &document));
            let entry = match known {
                Some(place) => before.swap_remove(place),
                None => {
                    let violations = model.validate(&document);
                    (document, violations)
                }
            };
            self.found.push(entry);
        }
    }

    /// What is wrong with a document in sight; nothing for one that was not checked.
    #[must_use]
    pub fn of(&self, document: &Arc<RawDocumentBuf>) -> &[Violation] {
        self.found
            .iter()
            .find(|(d, _)| Arc::ptr_eq(d, document))
            .map_or(&[], |(_, v)| v.as_slice())
    }
}

/// Whether a document is too large to be checked among others.
#[must_use]
pub fn is_large(document: &Arc<RawDocumentBuf>) -> bool {
    document.as_bytes().len() > LARGE
}

/// The violation of a place, or else the first one inside it.
#[must_use]
pub fn at<'v>(violations: &'v [Violation], path: &Path) -> Option<&'v Violation> {
    violations
        .iter()
        .find(|v| v.path == *path)
        .or_else(|| violations.iter().find(|v| path.contains(&v.path)))
}
