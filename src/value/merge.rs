//! Three documents into one: what both sides made of the same base.
//!
//! Invariant: a change that only one side made is kept; where both changed the same value differently, mine stands and
//! the path is reported.

use bson::{RawDocument, RawDocumentBuf};

use super::diff::{Fields, elements, fields};
use super::kind::Kind;
use super::path::{Path, Step};
use super::raw::{MAX_DEPTH, Malformed, begin, decimal, element, end};

/// The outcome of a merge.
#[derive(Debug, Clone)]
pub struct Merged {
    /// The document with the changes of both sides; at the conflicts it holds mine.
    pub document: RawDocumentBuf,
    /// Where both sides changed the same value differently.
    pub conflicts: Vec<Path>,
}

type Part<'a> = Option<(Kind, &'a [u8])>;

/// Merges what `theirs` and `mine` made of `base`. Fields keep the order of `theirs`, unless only `mine` changed it.
///
/// # Errors
/// [`Malformed`] where one of them is not valid BSON or nests too deep.
pub fn merge(
    base: &RawDocument,
    theirs: &RawDocument,
    mine: &RawDocument,
) -> Result<Merged, Malformed> {
    let mut merge = Merge {
        out: Vec::new(),
        conflicts: Vec::new(),
        path: Path::root(),
    };
    let part = |d| Some((Kind::Document, RawDocument::as_bytes(d)));
    merge.value(part(base), part(theirs), part(mine), None)?;
    let document = RawDocumentBuf::from_bytes(merge.out)
        .map_err(|_| Malformed::Bytes("a document's length is wrong"))?;
    Ok(Merged {
        document,
        conflicts: merge.conflicts,
    })
}

fn part<'a>(side: &Fields<'a>, name: &str) -> Part<'a> {
    side.by_name.get(name).map(|e| (e.kind, e.bytes))
}

struct Merge {
    out: Vec<u8>,
    conflicts: Vec<Path>,
    path: Path,
}

impl Merge {
    /// Writes the merged value under `key`, or nothing where it is gone.
    fn value(
        &mut self,
        base: Part<'_>,
        theirs: Part<'_>,
        mine: Part<'_>,
        key: Option<&str>,
    ) -> Result<(), Malformed> {
        if self.path.0.len() > MAX_DEPTH {
            return Err(Malformed::Depth);
        }
        if theirs == mine || mine == base {
            self.keep(theirs, key);
            return Ok(());
        }
        if theirs == base {
            self.keep(mine, key);
            return Ok(());
        }
        match (base, theirs, mine) {
            (Some((Kind::Document, b)), Some((Kind::Document, t)), Some((Kind::Document, m))) => {
                if let (Some(b), Some(t), Some(m)) = (fields(b)?, fields(t)?, fields(m)?) {
                    return self.documents(&b, &t, &m, key);
                }
            }
            (Some((Kind::Array, b)), Some((Kind::Array, t)), Some((Kind::Array, m))) => {
                if let (Some(b), Some(t), Some(m)) = (elements(b)?, elements(t)?, elements(m)?)
                    && b.len() == t.len()
                    && b.len() == m.len()
                {
                    let start = self.open(Kind::Array, key);
                    for (i, ((b, t), m)) in b.iter().zip(&t).zip(&m).enumerate() {
                        let mut digits = [0; 20];
                        let name = std::str::from_utf8(decimal(i, &mut digits)).unwrap_or("0");
                        self.path.0.push(Step::Index(i));
                        self.value(
                            Some((b.kind, b.bytes)),
                            Some((t.kind, t.bytes)),
                            Some((m.kind, m.bytes)),
                            Some(name),
                        )?;
                        self.path.0.pop();
                    }
                    end(&mut self.out, start);
                    return Ok(());
                }
            }
            _ => {}
        }
        self.conflicts.push(self.path.clone());
        self.keep(mine, key);
        Ok(())
    }

    fn keep(&mut self, part: Part<'_>, key: Option<&str>) {
        match (part, key) {
            (Some((kind, bytes)), Some(key)) => element(&mut self.out, kind, key, bytes),
            (Some((_, bytes)), None) => self.out.extend_from_slice(bytes),
            (None, _) => {}
        }
    }

    fn open(&mut self, kind: Kind, key: Option<&str>) -> usize {
        if let Some(key) = key {
            element(&mut self.out, kind, key, &[]);
        }
        begin(&mut self.out)
    }

    fn documents(
        &mut self,
        base: &Fields<'_>,
        theirs: &Fields<'_>,
        mine: &Fields<'_>,
        key: Option<&str>,
    ) -> Result<(), Malformed> {
        // The order of the side that moved fields about; theirs where both did, for that is what is stored.
        let common = |side: &Fields<'_>, other: &Fields<'_>| -> Vec<String> {
            let both = side
                .list
                .iter()
                .filter(|e| other.by_name.contains_key(e.key));
            both.map(|e| e.key.to_owned()).collect()
        };
        let (first, second) = if common(base, theirs) == common(theirs, base) {
            (mine, theirs)
        } else {
            (theirs, mine)
        };
        let added = second
            .list
            .iter()
            .filter(|e| !first.by_name.contains_key(e.key));
        let start = self.open(Kind::Document, key);
        for name in first.list.iter().chain(added).map(|e| e.key) {
            let (b, t, m) = (part(base, name), part(theirs, name), part(mine, name));
            self.path.0.push(Step::Key(name.to_owned()));
            self.value(b, t, m, Some(name))?;
            self.path.0.pop();
        }
        end(&mut self.out, start);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use proptest::prelude::*;

    use super::*;
    use crate::value::sample;
    use crate::value::shell::{Style, parse_document, print_document};

    fn merged(base: &str, theirs: &str, mine: &str) -> (String, Vec<String>) {
        let read = |text| parse_document(text).unwrap().document;
        let m = merge(&read(base), &read(theirs), &read(mine)).unwrap();
        (
            print_document(&m.document, &Style::LINE).unwrap(),
            m.conflicts.iter().map(ToString::to_string).collect(),
        )
    }

    #[test]
    fn changes_at_different_paths_are_both_kept() {
        let (text, conflicts) = merged(
            "{a: 1, b: {x: 1, y: 1}, l: [1, 2]}",
            "{a: 2, b: {x: 2, y: 1}, l: [9, 2], t: 0}",
            "{a: 1, b: {x: 1, y: 2}, l: [1, 8], m: 0}",
        );
        assert_eq!(text, "{ a: 2, b: { x: 2, y: 2 }, l: [9, 8], m: 0, t: 0 }");
        assert!(conflicts.is_empty());
    }

    #[test]
    fn the_same_value_changed_twice_is_a_conflict_that_holds_mine() {
        let (text, conflicts) = merged(
            "{a: 1, b: {c: 1}, d: 1}",
            "{a: 2, b: {c: 2}}",
            "{a: 3, b: {c: 2}, d: 2}",
        );
        assert_eq!(text, "{ a: 3, b: { c: 2 }, d: 2 }");
        assert_eq!(conflicts, ["a", "d"]);
        let (_, conflicts) = merged("{a: [1]}", "{a: [1, 2]}", "{a: [1, 3]}");
        assert_eq!(conflicts, ["a"]);
    }

    proptest! {
        #[test]
        fn a_side_that_changed_nothing_gives_the_other((a, b) in sample::pair()) {
            for m in [merge(&a, &b, &a).unwrap(), merge(&a, &a, &b).unwrap(), merge(&a, &b, &b).unwrap()] {
                prop_assert_eq!(m.document.as_bytes(), b.as_bytes());
                prop_assert!(m.conflicts.is_empty());
            }
        }
    }
}
