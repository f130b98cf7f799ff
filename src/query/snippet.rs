//! Text with places to fill in, as completion and the list of stages insert it.
//!
//! Written as `$limit: ‹20›`: between `‹` and `›` stands what the place holds until it is typed over; an empty place is
//! where the cursor goes. Knows no editor.

use crate::value::Span;

/// Text to insert, with its places.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Snippet {
    /// The text, its places filled with what they hold at first.
    pub text: String,
    /// The places as byte offsets in `text`, in the order in which Tab visits them. Without any the cursor goes to the
    /// end.
    pub places: Vec<Span>,
}

impl Snippet {
    /// Text without places.
    #[must_use]
    pub fn plain(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            places: Vec::new(),
        }
    }

    /// Reads the notation `$limit: ‹20›`.
    #[must_use]
    pub fn parse(notation: &str) -> Self {
        let mut snippet = Self::default();
        let mut open = None;
        for c in notation.chars() {
            match c {
                '‹' => open = Some(snippet.text.len()),
                '›' => {
                    let end = snippet.text.len();
                    snippet
                        .places
                        .push(Span::new(open.take().unwrap_or(end), end));
                }
                c => snippet.text.push(c),
            }
        }
        snippet
    }

    /// The same with every line but the first moved to the right by `indent`.
    #[must_use]
    pub fn indented(&self, indent: &str) -> Self {
        let mut text = String::with_capacity(self.text.len());
        // How far each offset moves: by one indent for every line end before it.
        let moved = |offset: usize| {
            let before = self.text.get(..offset).unwrap_or(&self.text);
            offset + before.matches('\n').count() * indent.len()
        };
        for (i, line) in self.text.split('\n').enumerate() {
            if i > 0 {
                text.push('\n');
                text.push_str(indent);
            }
            text.push_str(line);
        }
        let places = self
            .places
            .iter()
            .map(|p| Span::new(moved(p.start), moved(p.end)))
            .collect();
        Self { text, places }
    }

    /// The same with text around it.
    #[must_use]
    pub fn between(mut self, before: &str, after: &str) -> Self {
        for place in &mut self.places {
            place.start += before.len();
            place.end += before.len();
        }
        self.text = format!("{before}{}{after}", self.text);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(snippet: &Snippet) -> Vec<&str> {
        snippet
            .places
            .iter()
            .map(|p| &snippet.text[p.start..p.end])
            .collect()
    }

    #[test]
    fn places_hold_what_stands_between_their_marks() {
        let snippet = Snippet::parse("$group: {\n  _id: ‹'$field'›,\n  n: { $sum: ‹1› },‹›\n}");
        assert_eq!(held(&snippet), ["'$field'", "1", ""]);
        let moved = snippet.indented("    ").between("{ ", " }");
        assert_eq!(held(&moved), ["'$field'", "1", ""]);
        assert!(
            moved
                .text
                .starts_with("{ $group: {\n      _id: '$field',\n")
        );
    }

    #[test]
    fn a_mark_without_its_partner_does_no_harm() {
        assert_eq!(Snippet::parse("a›b‹c").text, "abc");
    }
}
