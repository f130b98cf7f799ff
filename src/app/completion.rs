//! A list of what could stand at the cursor of a text: narrowed by what is typed, one of it taken.
//!
//! Knows candidates, not where they come from nor what text they go into: the editor and the query line fill it from
//! sources of their own, draw it with `view::completion`, and put [`Candidate::insert`] in the place of what was typed.
//! Invariant: a list without candidates takes no key but the one that closes it.

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};
use tui_textarea::{Input, Key};

use super::regions::scrolled;

/// The most rows that are shown at once.
pub const ROWS: usize = 8;

/// One thing that could stand at the cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// What is shown first, and what typing matches.
    pub label: String,
    /// What is shown beside it; typing matches it too.
    pub detail: String,
    /// What is put in the place of what was typed.
    pub insert: String,
    /// Where the cursor goes, in bytes of `insert`; its end where that is `None`.
    pub caret: Option<usize>,
}

impl Candidate {
    /// A candidate with the cursor behind it.
    #[must_use]
    pub fn new(
        label: impl Into<String>,
        detail: impl Into<String>,
        insert: impl Into<String>,
    ) -> Self {
        Self {
            label: label.into(),
            detail: detail.into(),
            insert: insert.into(),
            caret: None,
        }
    }

    /// The same with the cursor so many bytes before its end: inside the brackets or quotes that it ends with.
    #[must_use]
    pub fn inside(mut self, before_end: usize) -> Self {
        self.caret = Some(self.insert.len().saturating_sub(before_end));
        self
    }
}

/// What a key does while the list is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Press {
    /// It moved in the list.
    Moved,
    /// It takes the candidate under the cursor.
    Take,
    /// It is not for the list.
    Not,
}

/// The list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Completion {
    all: Vec<Candidate>,
    shown: Vec<usize>,
    cursor: usize,
    /// The first of the shown that is drawn.
    pub first: usize,
    query: String,
    /// What is said below: that more is being read, or why it could not be.
    pub note: Option<String>,
}

impl Completion {
    /// A list of `all`, narrowed to what matches `query`.
    #[must_use]
    pub fn new(all: Vec<Candidate>, query: &str) -> Self {
        let mut list = Self {
            all,
            ..Self::default()
        };
        list.narrow(query);
        list
    }

    /// Narrows the list to what matches; the cursor goes to the best.
    pub fn narrow(&mut self, query: &str) {
        query.clone_into(&mut self.query);
        self.cursor = 0;
        self.first = 0;
        if query.is_empty() {
            self.shown = (0..self.all.len()).collect();
            return;
        }
        let pattern = Pattern::new(
            query,
            CaseMatching::Ignore,
            Normalization::Smart,
            nucleo_matcher::pattern::AtomKind::Fuzzy,
        );
        let mut matcher = Matcher::new(Config::DEFAULT);
        let mut buffer = Vec::new();
        let small = query.to_lowercase();
        let mut found: Vec<(u8, u32, usize)> = Vec::new();
        for (place, candidate) in self.all.iter().enumerate() {
            let label = candidate.label.to_lowercase();
            let text = format!("{} {}", candidate.label, candidate.detail);
            // What begins with it comes first, then what holds it, then what has its letters.
            let rank = match () {
                () if label.trim_start_matches(['\'', '"']).starts_with(&small) => 2,
                () if text.to_lowercase().contains(&small) => 1,
                () => 0,
            };
            let score = pattern.score(Utf32Str::new(&candidate.label, &mut buffer), &mut matcher);
            match (rank, score) {
                (0, None) => {}
                (rank, score) => found.push((rank, score.unwrap_or(0), place)),
            }
        }
        found.sort_by(|a, b| b.0.cmp(&a.0).then(b.1.cmp(&a.1)).then(a.2.cmp(&b.2)));
        self.shown = found.into_iter().map(|(_, _, place)| place).collect();
    }

    /// Puts other candidates in the place of these; the cursor stays on its candidate where that is still there.
    pub fn replace(&mut self, all: Vec<Candidate>) {
        let here = self.current().cloned();
        self.all = all;
        let query = std::mem::take(&mut self.query);
        self.narrow(&query);
        let place = self
            .shown
            .iter()
            .position(|p| here.is_some() && self.all.get(*p) == here.as_ref());
        if let Some(place) = place {
            self.point(place);
        }
    }

    /// What narrows the list.
    #[must_use]
    pub fn query(&self) -> &str {
        &self.query
    }

    /// The candidates that match, best first.
    pub fn shown(&self) -> impl Iterator<Item = &Candidate> {
        self.shown.iter().filter_map(|place| self.all.get(*place))
    }

    /// How many match.
    #[must_use]
    pub fn len(&self) -> usize {
        self.shown.len()
    }

    /// Whether none matches.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.shown.is_empty()
    }

    /// The place of the cursor among those shown.
    #[must_use]
    pub fn cursor(&self) -> usize {
        self.cursor
    }

    /// The candidate under the cursor.
    #[must_use]
    pub fn current(&self) -> Option<&Candidate> {
        self.all.get(*self.shown.get(self.cursor)?)
    }

    /// Puts the cursor on one of those shown.
    pub fn point(&mut self, place: usize) {
        self.cursor = place.min(self.shown.len().saturating_sub(1));
        self.first = scrolled(self.first, self.cursor, ROWS);
    }

    /// Takes a key. Arrows, and Ctrl-N and Ctrl-P, move; Enter and Tab take.
    pub fn press(&mut self, input: &Input) -> Press {
        if self.shown.is_empty() || input.alt {
            return Press::Not;
        }
        let last = self.shown.len() - 1;
        let place = match input.key {
            Key::Enter | Key::Tab if !input.ctrl => return Press::Take,
            Key::Up if self.cursor == 0 => last,
            Key::Char('p') if input.ctrl && self.cursor == 0 => last,
            Key::Up => self.cursor - 1,
            Key::Char('p') if input.ctrl => self.cursor - 1,
            Key::Down if self.cursor == last => 0,
            Key::Char('n') if input.ctrl && self.cursor == last => 0,
            Key::Down => self.cursor + 1,
            Key::Char('n') if input.ctrl => self.cursor + 1,
            Key::PageUp => self.cursor.saturating_sub(ROWS),
            Key::PageDown => self.cursor + ROWS,
            _ => return Press::Not,
        };
        self.point(place);
        Press::Moved
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(query: &str) -> Completion {
        let all = ["name", "nickname", "email", "createdAt"];
        let all = all.map(|l| Candidate::new(l, "String", format!("{l}: ")));
        Completion::new(all.to_vec(), query)
    }

    fn labels(list: &Completion) -> Vec<&str> {
        list.shown().map(|c| c.label.as_str()).collect()
    }

    fn key(key: Key) -> Input {
        Input {
            key,
            ..Input::default()
        }
    }

    #[test]
    fn what_begins_with_the_typed_letters_comes_before_what_holds_them() {
        assert_eq!(labels(&list("na")), ["name", "nickname"]);
        assert_eq!(labels(&list("cra")), ["createdAt"]);
        assert_eq!(labels(&list("zz")), Vec::<&str>::new());
        assert_eq!(labels(&list("")).len(), 4);
    }

    #[test]
    fn an_empty_list_leaves_enter_and_tab_alone() {
        let mut list = list("zz");
        assert_eq!(list.press(&key(Key::Enter)), Press::Not);
        assert_eq!(list.press(&key(Key::Tab)), Press::Not);
    }

    #[test]
    fn the_cursor_goes_around_and_stays_on_its_candidate_when_others_come() {
        let mut list = list("");
        list.press(&key(Key::Up));
        assert_eq!(list.current().map(|c| c.label.as_str()), Some("createdAt"));
        let mut more: Vec<Candidate> = list.shown().cloned().collect();
        more.insert(0, Candidate::new("_id", "ObjectId", "_id: "));
        list.replace(more);
        assert_eq!(list.current().map(|c| c.label.as_str()), Some("createdAt"));
        assert_eq!(list.press(&key(Key::Enter)), Press::Take);
    }
}
