//! A document that someone else changed meanwhile: what was read, what is there, what was typed.

use std::sync::Arc;

use bson::RawDocumentBuf;

use crate::value::Path;
use crate::value::diff::diff;
use crate::value::merge::{Merged, merge};
use crate::value::shell::{Style, print};

/// How much of a value is shown, in bytes.
const MOST_BYTES: usize = 4 << 10;

/// One path that one of the sides changed.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The path.
    pub path: Path,
    /// What was read; `None` for nothing there.
    pub base: Option<String>,
    /// What is there now.
    pub theirs: Option<String>,
    /// What was typed.
    pub mine: Option<String>,
    /// Whether both sides changed it, and differently.
    pub clash: bool,
}

/// Three versions of one document.
#[derive(Debug, Clone)]
pub struct Conflict {
    /// The document as it is on the server; `None` where it is gone.
    pub theirs: Option<Arc<RawDocumentBuf>>,
    /// The document as it was typed.
    pub mine: Arc<RawDocumentBuf>,
    /// The changes of both sides in one; `None` where the document is gone.
    pub merged: Option<Merged>,
    /// The changed paths.
    pub rows: Vec<Row>,
    /// The first row shown.
    pub first: usize,
}

impl Conflict {
    /// Compares the versions.
    #[must_use]
    pub fn new(
        base: &RawDocumentBuf,
        theirs: Option<RawDocumentBuf>,
        mine: Arc<RawDocumentBuf>,
    ) -> Self {
        let merged = theirs.as_ref().and_then(|t| merge(base, t, &mine).ok());
        let mut paths: Vec<Path> = Vec::new();
        if let Some(theirs) = &theirs {
            let changed = |other: &RawDocumentBuf| diff(base, other).unwrap_or_default();
            for change in changed(theirs).iter().chain(&changed(&mine)) {
                if !paths.iter().any(|p| p.contains(change.path())) {
                    paths.retain(|p| !change.path().contains(p));
                    paths.push(change.path().clone());
                }
            }
        } else {
            let changes = diff(base, &mine).unwrap_or_default();
            paths.extend(changes.iter().map(|c| c.path().clone()));
        }
        let clashes = merged.as_ref().map_or(&[][..], |m| m.conflicts.as_slice());
        let rows = paths
            .into_iter()
            .map(|path| Row {
                base: shown(&path, base),
                theirs: theirs.as_ref().and_then(|t| shown(&path, t)),
                mine: shown(&path, &mine),
                clash: clashes
                    .iter()
                    .any(|c| path.contains(c) || c.contains(&path)),
                path,
            })
            .collect();
        Self {
            theirs: theirs.map(Arc::new),
            mine,
            merged,
            rows,
            first: 0,
        }
    }
}

fn shown(path: &Path, document: &RawDocumentBuf) -> Option<String> {
    if path.is_root() {
        let names: Vec<&str> = document.iter().flatten().map(|(k, _)| k.as_str()).collect();
        return Some(names.join(", "));
    }
    let value = path.get(document)?;
    let mut text = print(value, &Style::LINE).ok()?;
    if text.len() > MOST_BYTES {
        let mut end = MOST_BYTES;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text.truncate(end);
        text.push('…');
    }
    Some(text)
}
