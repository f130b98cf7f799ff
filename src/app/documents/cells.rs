//! The values of several places of one document, found in one walk over its top level.

use bson::RawDocumentBuf;

use crate::value::raw::{Datum, Element, Elements};
use crate::value::{Path, Step};

/// The elements at `paths`, in the same order; `None` where a document has none or is not valid BSON there.
#[must_use]
pub fn cells<'d>(document: &'d RawDocumentBuf, paths: &[&Path]) -> Vec<Option<Element<'d>>> {
    let mut found: Vec<Option<Element<'d>>> = vec![None; paths.len()];
    let mut missing = paths.len();
    for element in Elements::new(document.as_bytes()) {
        let Ok(element) = element else { break };
        for (place, path) in paths.iter().enumerate() {
            let Some((Step::Key(first), rest)) = path.0.split_first() else {
                continue;
            };
            // The first of several fields of one name is the one that a path leads to.
            if found[place].is_none() && first == element.key {
                found[place] = inside(element, rest);
                missing -= 1;
            }
        }
        if missing == 0 {
            break;
        }
    }
    found
}

fn inside<'d>(element: Element<'d>, steps: &[Step]) -> Option<Element<'d>> {
    let mut at = element;
    for step in steps {
        let bytes = match at.datum().ok()? {
            Datum::Document(bytes) | Datum::Array(bytes) => bytes,
            _ => return None,
        };
        let index;
        let name = match step {
            Step::Key(name) => name.as_str(),
            Step::Index(i) => {
                index = i.to_string();
                index.as_str()
            }
        };
        at = Elements::new(bytes).flatten().find(|e| e.key == name)?;
    }
    Some(at)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use crate::value::Kind;
    use crate::value::shell::parse_document;

    #[test]
    fn each_place_is_found_as_its_path_would_find_it() {
        let document = parse_document("{a: {b: [1, 'x']}, c: null, d: 5}")
            .unwrap()
            .document;
        let paths = ["d", "a.b.1", "c", "a.z", "e"].map(Path::from_dotted);
        let found = cells(&document, &paths.iter().collect::<Vec<_>>());
        let kinds: Vec<Option<Kind>> = found.iter().map(|e| e.map(|e| e.kind)).collect();
        let expected: Vec<Option<Kind>> = paths
            .iter()
            .map(|p| p.get(&document).map(Kind::of))
            .collect();
        assert_eq!(kinds, expected);
        assert_eq!(kinds[1], Some(Kind::String));
    }
}
