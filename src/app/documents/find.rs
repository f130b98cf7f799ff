//! Looking for text in the names and values of one document.

use bson::RawDocumentBuf;
use regex::{Regex, RegexBuilder};

use crate::value::raw::{Datum, Elements, MAX_DEPTH};
use crate::value::{Kind, Path, Step, cell};

/// How wide a value that is not text is written for the comparison.
const WIDTH: usize = 120;

/// The next place after `from`, or the one before, whose name or value has `text`; the search goes on at the other end
/// of the document. Letters match in either case unless the text has a capital.
#[must_use]
pub fn next(document: &RawDocumentBuf, text: &str, from: &Path, forwards: bool) -> Option<Path> {
    if text.is_empty() {
        return None;
    }
    let pattern = RegexBuilder::new(&regex::escape(text))
        .case_insensitive(!text.chars().any(char::is_uppercase))
        .build()
        .ok()?;
    let mut walk = Walk {
        pattern,
        from,
        forwards,
        passed: from.is_root(),
        first: None,
        found: None,
        last: None,
    };
    let mut path = Vec::new();
    walk.inside(document.as_bytes(), false, &mut path);
    let found = if forwards {
        walk.found.or(walk.first)
    } else {
        walk.found.or(walk.last)
    };
    found.map(Path)
}

struct Walk<'a> {
    pattern: Regex,
    from: &'a Path,
    forwards: bool,
    /// Whether the place that the search starts at lies behind.
    passed: bool,
    first: Option<Vec<Step>>,
    found: Option<Vec<Step>>,
    last: Option<Vec<Step>>,
}

impl Walk<'_> {
    /// Whether nothing further can change the outcome.
    fn is_done(&self) -> bool {
        self.found.is_some() && (self.forwards || self.passed)
    }

    fn inside(&mut self, bytes: &[u8], array: bool, path: &mut Vec<Step>) {
        if path.len() > MAX_DEPTH {
            return;
        }
        for (place, element) in Elements::new(bytes).enumerate() {
            let Ok(element) = element else { return };
            path.push(if array {
                Step::Index(place)
            } else {
                Step::Key(element.key.to_owned())
            });
            let here = !self.passed && *path == self.from.0;
            if here {
                self.passed = true;
                if !self.forwards && self.found.is_some() {
                    return;
                }
            }
            let datum = element.datum();
            let matches = !array && self.pattern.is_match(element.key)
                || datum.as_ref().is_ok_and(|d| self.matches(*d, element.kind));
            if matches {
                self.note(path, here);
            }
            if self.is_done() {
                return;
            }
            if let Ok(Datum::Document(inner) | Datum::Array(inner)) = datum {
                self.inside(inner, element.kind == Kind::Array, path);
                if self.is_done() {
                    return;
                }
            }
            path.pop();
        }
    }

    fn matches(&self, datum: Datum<'_>, kind: Kind) -> bool {
        match datum {
            Datum::Document(_) | Datum::Array(_) => false,
            Datum::String(text) | Datum::Symbol(text) | Datum::Code(text) => {
                self.pattern.is_match(text)
            }
            _ if kind == Kind::CodeWithScope => false,
            other => self.pattern.is_match(&cell::literal_datum(other, WIDTH)),
        }
    }

    fn note(&mut self, path: &[Step], here: bool) {
        if self.first.is_none() {
            self.first = Some(path.to_vec());
        }
        if self.forwards {
            if self.passed && !here && self.found.is_none() {
                self.found = Some(path.to_vec());
            }
        } else {
            if !self.passed {
                self.found = Some(path.to_vec());
            }
            self.last = Some(path.to_vec());
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use crate::value::shell::parse_document;

    #[test]
    fn places_are_found_in_order_both_ways_and_around_the_end() {
        let text = "{name: 'Ada', list: [{x: 'no'}, {y: 'ada'}], end: {ada: 1}}";
        let document = parse_document(text).unwrap().document;
        let walk = |forwards| {
            let mut at = Path::root();
            let mut seen = Vec::new();
            for _ in 0..4 {
                at = next(&document, "ada", &at, forwards).unwrap();
                seen.push(at.dotted());
            }
            seen
        };
        assert_eq!(walk(true), ["name", "list.1.y", "end.ada", "name"]);
        assert_eq!(walk(false), ["end.ada", "list.1.y", "name", "end.ada"]);
        assert_eq!(next(&document, "Adam", &Path::root(), true), None);
    }
}
