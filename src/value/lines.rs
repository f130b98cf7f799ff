//! A document as lines of indented shell text of which only the visible ones are ever made.
//!
//! The text is never held: a mark at every 256th line says where in the bytes it starts, and lines are made from there.
//! Invariant: the lines are those of the indented [`super::shell::Style`], cut at the width asked for.

use std::sync::Arc;

use bson::RawDocumentBuf;

use super::cell;
use super::highlight::Role;
use super::kind::Kind;
use super::path::{Path, Step};
use super::raw::{self, Element, Elements, Malformed};
use super::shell::extended;
use super::shell::print::{Doubles, push_key, push_scalar, push_shielded_key};

/// Lines from one mark to the next.
const STRIDE: usize = 256;

/// One coloured piece of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub role: Role,
    /// Its text, safe to show.
    pub text: String,
}

/// One line of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The indent first, then name, value and punctuation.
    pub tokens: Vec<Token>,
    /// Whether the value goes on past the width asked for.
    pub cut: bool,
}

impl Line {
    /// The line's text without colours.
    #[must_use]
    pub fn text(&self) -> String {
        self.tokens.iter().map(|t| t.text.as_str()).collect()
    }
}

/// Which way to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Towards the end.
    Forward,
    /// Towards the start.
    Backward,
}

/// How far a search came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Search {
    /// The text is in this line.
    Found(usize),
    /// Nothing yet; search on from this line to go on.
    Unfinished(usize),
    /// The text is in no line that way.
    Absent,
}

/// A container that is being walked.
#[derive(Debug, Clone, Copy)]
struct Frame {
    /// Where the container's bytes start.
    start: u32,
    /// Where the next element starts; at the terminator when there is none.
    at: u32,
    /// Where the last element given starts.
    child: u32,
    /// How many elements were given.
    given: u32,
    array: bool,
}

/// A walk over the lines.
#[derive(Debug, Clone, Default)]
struct Walk {
    stack: Vec<Frame>,
    begun: bool,
}

/// What a line shows.
enum Item<'a> {
    /// The document's own opening bracket, or all of it where it is empty.
    Root { empty: bool },
    /// An element; a container that is not empty only opens here.
    Element {
        element: Element<'a>,
        opens: bool,
        comma: bool,
        depth: usize,
        name: Name,
    },
    /// A closing bracket.
    Close {
        array: bool,
        comma: bool,
        depth: usize,
    },
}

#[derive(Clone, Copy, PartialEq)]
enum Name {
    None,
    Plain,
    /// In a document that would otherwise read as an Extended JSON wrapper.
    Shielded,
}

impl Walk {
    /// A number that grows from line to line.
    fn place(&self) -> u32 {
        match self.stack.last() {
            Some(frame) => frame.at,
            // A walk that is over lies behind every element.
            None if self.begun => u32::MAX,
            None => 0,
        }
    }

    fn step<'a>(&mut self, bytes: &'a [u8]) -> Option<Item<'a>> {
        if !self.begun {
            self.begun = true;
            let empty = bytes.len() <= 5;
            if !empty {
                self.enter(0, false);
            }
            return Some(Item::Root { empty });
        }
        let depth = self.stack.len();
        let frame = self.stack.last_mut()?;
        if bytes.get(frame.at as usize).copied().unwrap_or(0) == 0 {
            let array = frame.array;
            self.stack.pop();
            let comma = self.comma(bytes);
            return Some(Item::Close {
                array,
                comma,
                depth: depth - 1,
            });
        }
        // The bytes were checked when the lines were made, so this does not fail.
        let element = Elements::at(bytes, frame.at as usize).next()?.ok()?;
        let name = if frame.array {
            Name::None
        } else if frame.given == 0 && element.key.starts_with('$') && frame.shields(bytes) {
            Name::Shielded
        } else {
            Name::Plain
        };
        frame.child = frame.at;
        frame.at = (element.value_at + element.bytes.len()) as u32;
        frame.given += 1;
        let opens = element.kind.is_container() && element.bytes.len() > 5;
        let comma = !opens && self.comma(bytes);
        if opens {
            self.enter(element.value_at, element.kind == Kind::Array);
        }
        Some(Item::Element {
            element,
            opens,
            comma,
            depth,
            name,
        })
    }

    fn comma(&self, bytes: &[u8]) -> bool {
        self.stack
            .last()
            .is_some_and(|f| bytes.get(f.at as usize).copied().unwrap_or(0) != 0)
    }

    fn enter(&mut self, start: usize, array: bool) {
        let start = start as u32;
        self.stack.push(Frame {
            start,
            at: start + 4,
            child: start + 4,
            given: 0,
            array,
        });
    }
}

impl Frame {
    fn shields(&self, bytes: &[u8]) -> bool {
        let rest = bytes.get(self.start as usize..).unwrap_or_default();
        let length = rest
            .first_chunk::<4>()
            .map_or(0, |b| i32::from_le_bytes(*b).max(0) as usize);
        rest.get(..length)
            .is_some_and(|own| extended::unwrap(own).is_some())
    }
}

/// The lines of one document.
#[derive(Debug)]
pub struct Lines {
    document: Arc<RawDocumentBuf>,
    marks: Vec<Walk>,
    count: usize,
}

impl Lines {
    /// Counts the lines of a document. Walks the bytes once and keeps a mark for every 256 lines.
    ///
    /// # Errors
    /// [`Malformed`] where the document is not valid BSON or nests too deep.
    pub fn new(document: Arc<RawDocumentBuf>) -> Result<Self, Malformed> {
        raw::check(&document)?;
        let bytes = document.as_bytes();
        let (mut walk, mut marks, mut count) = (Walk::default(), Vec::new(), 0);
        loop {
            if count % STRIDE == 0 {
                marks.push(walk.clone());
            }
            if walk.step(bytes).is_none() {
                break;
            }
            count += 1;
        }
        Ok(Self {
            document,
            marks,
            count,
        })
    }

    /// How many lines the text has.
    #[must_use]
    pub fn line_count(&self) -> usize {
        self.count
    }

    /// The walk that gives line `line` next.
    fn walk_to(&self, line: usize) -> Walk {
        let mut walk = self.marks.get(line / STRIDE).cloned().unwrap_or_default();
        for _ in 0..line % STRIDE {
            walk.step(self.document.as_bytes());
        }
        walk
    }

    /// At most `count` lines from line `from` on, each cut to `width` columns.
    #[must_use]
    pub fn lines(&self, from: usize, count: usize, width: usize) -> Vec<Line> {
        let count = count.min(self.count.saturating_sub(from));
        let mut walk = self.walk_to(from);
        let bytes = self.document.as_bytes();
        (0..count)
            .map_while(|_| walk.step(bytes))
            .map(|item| line(&item, width))
            .collect()
    }

    /// The path of the value that a line shows; of the container for a closing bracket.
    #[must_use]
    pub fn path_of(&self, line: usize) -> Option<Path> {
        if line >= self.count {
            return None;
        }
        let bytes = self.document.as_bytes();
        let mut walk = self.walk_to(line);
        let levels = match walk.step(bytes)? {
            Item::Root { .. } => 0,
            Item::Close { depth, .. } => depth,
            Item::Element { depth, .. } => depth,
        };
        let mut path = Path::root();
        for frame in walk.stack.iter().take(levels) {
            path.0.push(if frame.array {
                Step::Index(frame.given.saturating_sub(1) as usize)
            } else {
                let element = Elements::at(bytes, frame.child as usize).next()?.ok()?;
                Step::Key(element.key.to_owned())
            });
        }
        Some(path)
    }

    /// The line that shows the value at a path, or opens it; `None` where there is no such value.
    #[must_use]
    pub fn line_of(&self, path: &Path) -> Option<usize> {
        if path.is_root() {
            return Some(0);
        }
        let whole = self.document.as_bytes();
        let (mut start, mut length, mut array, mut place) = (0, whole.len(), false, 0);
        for step in &path.0 {
            let own = whole.get(start..start + length)?;
            let (_, element) =
                Elements::new(own)
                    .flatten()
                    .enumerate()
                    .find(|(i, e)| match step {
                        Step::Index(wanted) if array => i == wanted,
                        Step::Key(key) if array => key.parse() == Ok(*i),
                        Step::Key(key) => e.key == key,
                        Step::Index(wanted) => e.key == wanted.to_string(),
                    })?;
            place = start + element.start;
            start += element.value_at;
            array = element.kind == Kind::Array;
            length = if element.kind.is_container() {
                element.bytes.len()
            } else {
                0
            };
        }
        // Places grow with the lines, so the last mark before the element is near it.
        let place = place as u32;
        let mark = self.marks.partition_point(|w| w.place() <= place).max(1) - 1;
        let mut walk = self.marks.get(mark)?.clone();
        let mut line = mark * STRIDE;
        loop {
            let item = walk.step(whole)?;
            if let Item::Element { opens, .. } = item {
                let level = walk.stack.len() - usize::from(opens);
                let frame = walk.stack.get(level.checked_sub(1)?)?;
                if frame.child == place {
                    return Some(line);
                }
            }
            line += 1;
        }
    }

    /// Looks for a text in the whole, uncut lines from line `from` on, that line included. Letters match in either case
    /// unless the text has a capital. After `most` lines it comes back [`Search::Unfinished`], so that no key waits long.
    #[must_use]
    pub fn search(&self, text: &str, from: usize, direction: Direction, most: usize) -> Search {
        if text.is_empty() || self.count == 0 {
            return Search::Absent;
        }
        let fold = !text.bytes().any(|b| b.is_ascii_uppercase());
        let finder = memchr::memmem::Finder::new(text.as_bytes());
        let from = from.min(self.count - 1);
        let mut line = String::new();
        let mut hit = |item: &Item<'_>| {
            line.clear();
            plain(item, &mut line);
            if fold {
                line.make_ascii_lowercase();
            }
            finder.find(line.as_bytes()).is_some()
        };
        let bytes = self.document.as_bytes();
        match direction {
            Direction::Forward => {
                let mut walk = self.walk_to(from);
                for number in (from..self.count).take(most) {
                    match walk.step(bytes) {
                        Some(item) if hit(&item) => return Search::Found(number),
                        _ => {}
                    }
                }
                let next = from.saturating_add(most);
                if next < self.count {
                    Search::Unfinished(next)
                } else {
                    Search::Absent
                }
            }
            Direction::Backward => {
                // Lines are made forwards only, so the search goes back a stride at a time.
                let mut end = from + 1;
                let mut seen = 0;
                loop {
                    let start = (end - 1) / STRIDE * STRIDE;
                    let mut walk = self.walk_to(start);
                    let mut last = None;
                    for number in start..end {
                        match walk.step(bytes) {
                            Some(item) if hit(&item) => last = Some(number),
                            _ => {}
                        }
                    }
                    if let Some(number) = last {
                        return Search::Found(number);
                    }
                    if start == 0 {
                        return Search::Absent;
                    }
                    seen += end - start;
                    end = start;
                    if seen >= most {
                        return Search::Unfinished(end - 1);
                    }
                }
            }
        }
    }
}

fn key_text(element: &Element<'_>, name: Name) -> String {
    let mut key = String::new();
    match name {
        Name::None => {}
        Name::Plain => push_key(&mut key, element.key),
        Name::Shielded => push_shielded_key(&mut key, element.key),
    }
    key
}

fn bracket(array: bool, open: bool) -> &'static str {
    match (array, open) {
        (false, true) => "{",
        (false, false) => "}",
        (true, true) => "[",
        (true, false) => "]",
    }
}

/// The whole line without colours and without its indent.
fn plain(item: &Item<'_>, out: &mut String) {
    match item {
        Item::Root { empty } => out.push_str(if *empty { "{}" } else { "{" }),
        Item::Close { array, comma, .. } => {
            out.push_str(bracket(*array, false));
            out.push_str(if *comma { "," } else { "" });
        }
        Item::Element {
            element,
            opens,
            comma,
            name,
            ..
        } => {
            if *name != Name::None {
                out.push_str(&key_text(element, *name));
                out.push_str(": ");
            }
            if *opens {
                out.push_str(bracket(element.kind == Kind::Array, true));
            } else if let Ok(datum) = element.datum() {
                let _ = push_scalar(out, datum, Doubles::Point);
            }
            out.push_str(if *comma { "," } else { "" });
        }
    }
}

fn line(item: &Item<'_>, width: usize) -> Line {
    let mut out = Cutter {
        tokens: Vec::new(),
        left: width,
        cut: false,
    };
    match item {
        Item::Root { empty } => out.push(Role::Punctuation, if *empty { "{}" } else { "{" }),
        Item::Close {
            array,
            comma,
            depth,
        } => {
            out.push(Role::Plain, &"  ".repeat(*depth));
            out.push(Role::Punctuation, bracket(*array, false));
            out.push(Role::Punctuation, if *comma { "," } else { "" });
        }
        Item::Element {
            element,
            opens,
            comma,
            depth,
            name,
        } => {
            out.push(Role::Plain, &"  ".repeat(*depth));
            if *name != Name::None {
                out.push(Role::Key, &key_text(element, *name));
                out.push(Role::Punctuation, ": ");
            }
            if *opens {
                let open = bracket(element.kind == Kind::Array, true);
                out.push(Role::Punctuation, open);
            } else {
                let mut text = String::new();
                let shown = cell::element_head(element, width)
                    .map(|datum| push_scalar(&mut text, datum, Doubles::Point));
                if !matches!(shown, Some(Ok(()))) {
                    text.push_str("<malformed>");
                }
                out.push(Role::Kind(element.kind), &text);
            }
            out.push(Role::Punctuation, if *comma { "," } else { "" });
        }
    }
    Line {
        tokens: out.tokens,
        cut: out.cut,
    }
}

struct Cutter {
    tokens: Vec<Token>,
    left: usize,
    cut: bool,
}

impl Cutter {
    fn push(&mut self, role: Role, text: &str) {
        use unicode_width::UnicodeWidthStr;
        if self.cut || text.is_empty() {
            return;
        }
        let shown = cell::cut(text, self.left);
        self.cut = shown != text;
        self.left = self.left.saturating_sub(shown.width());
        if !shown.is_empty() {
            self.tokens.push(Token { role, text: shown });
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use proptest::prelude::*;

    use super::*;
    use crate::value::sample;
    use crate::value::shell::{Style, parse_document, print_document};

    fn lines(text: &str) -> Lines {
        Lines::new(Arc::new(parse_document(text).unwrap().document)).unwrap()
    }

    #[test]
    fn a_line_knows_its_path_and_a_path_its_line() {
        let l = lines("{a: 1, b: [10, {c: 'x'}], d: {}}");
        assert_eq!(l.line_count(), 10);
        let path = Path::root().key("b").index(1).key("c");
        assert_eq!(l.line_of(&path), Some(5));
        assert_eq!(l.path_of(5), Some(path));
        assert_eq!(l.path_of(6), Some(Path::root().key("b").index(1)));
        assert_eq!(l.path_of(7), Some(Path::root().key("b")));
        assert_eq!(l.path_of(8), Some(Path::root().key("d")));
        assert_eq!(l.path_of(9), Some(Path::root()));
        assert_eq!(l.path_of(10), None);
        assert_eq!(l.line_of(&Path::root().key("z")), None);
    }

    #[test]
    fn a_long_value_is_cut_at_the_width() {
        let l = lines(&format!("{{a: '{}'}}", "x".repeat(100_000)));
        let line = &l.lines(1, 1, 10)[0];
        assert_eq!((line.text().as_str(), line.cut), ("  a: 'xxx…", true));
    }

    #[test]
    fn a_search_finds_lines_both_ways_and_can_be_taken_up_again() {
        let mut text = String::from("{");
        for i in 0..1000 {
            text.push_str(&format!("f{i}: 'Value {i}',"));
        }
        text.push('}');
        let l = lines(&text);
        assert_eq!(
            l.search("value 700'", 0, Direction::Forward, 10_000),
            Search::Found(701)
        );
        assert_eq!(
            l.search("value 700'", 702, Direction::Forward, 10_000),
            Search::Absent
        );
        assert_eq!(
            l.search("value 700'", 990, Direction::Backward, 10_000),
            Search::Found(701)
        );
        assert_eq!(
            l.search("vAlue", 0, Direction::Forward, 10_000),
            Search::Absent
        );
        let mut from = 0;
        let mut rounds = 0;
        while let Search::Unfinished(next) = l.search("value 700'", from, Direction::Forward, 100) {
            from = next;
            rounds += 1;
        }
        assert_eq!(rounds, 7);
    }

    #[test]
    fn a_line_is_found_where_the_text_ends_with_a_stride() {
        // A line for each field, and the two of the brackets.
        for fields in STRIDE - 4..STRIDE + 2 {
            let text: Vec<String> = (0..fields).map(|i| format!("k{i}: {i}")).collect();
            let l = lines(&format!("{{ {} }}", text.join(", ")));
            for line in 1..=fields {
                let path = l.path_of(line).unwrap();
                assert_eq!(l.line_of(&path), Some(line));
            }
        }
    }

    proptest! {
        #[test]
        fn the_lines_are_those_of_the_indented_text(document in sample::document(), from in any::<prop::sample::Index>()) {
            let text = print_document(&document, &Style::INDENTED).unwrap();
            let repeats = sample::has_repeats(document.as_bytes());
            let l = Lines::new(Arc::new(document)).unwrap();
            let expected: Vec<&str> = text.split('\n').collect();
            prop_assert_eq!(l.line_count(), expected.len());
            let from = from.index(expected.len());
            for (line, expected) in l.lines(from, 50, 100_000).iter().zip(&expected[from..]) {
                if !line.cut {
                    prop_assert_eq!(&line.text(), expected);
                }
            }
            let path = l.path_of(from).unwrap();
            if !repeats {
                let line = l.line_of(&path).unwrap();
                prop_assert!(line <= from);
                prop_assert_eq!(l.path_of(line), Some(path));
            }
        }
    }
}
