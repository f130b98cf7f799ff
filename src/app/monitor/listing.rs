//! Rows that the person narrows and orders, with the cursor among them.
//!
//! It holds the places of the rows and none of the rows, which stay where they were read. Whoever changes the words, the
//! order or the rows calls [`Listing::arrange`] afterwards.
//!
//! Invariant: after [`Listing::arrange`] the cursor is on a row that is shown, if there is one: on the same as before,
//! unless that is gone.

use std::cmp::Ordering;

use super::filter::{self, Filter, Subject, Vocabulary};
use super::order::Order;
use crate::app::window::Window;

/// Which rows are shown, in which order, and the cursor among them.
#[derive(Debug)]
pub struct Listing {
    /// The cursor of the rows that are shown.
    pub window: Window,
    /// Only rows with these words are shown; empty for all.
    pub filter: String,
    /// What they are ordered by.
    pub order: Order,
    words: Filter,
    shown: Vec<usize>,
}

impl Listing {
    /// No rows so far, by the first of these columns.
    #[must_use]
    pub fn by(titles: &'static [&'static str]) -> Self {
        Self {
            window: Window::default(),
            filter: String::new(),
            order: Order::of(titles),
            words: Filter::default(),
            shown: Vec::new(),
        }
    }

    /// How many rows are shown.
    #[must_use]
    pub fn count(&self) -> usize {
        self.shown.len()
    }

    /// The places of those that are shown, among all that were arranged.
    pub fn places(&self) -> impl Iterator<Item = usize> {
        self.shown.iter().copied()
    }

    /// Takes a filter's words. Gives what is wrong with them; those that are right hold.
    pub fn narrow(&mut self, text: &str, vocabulary: &Vocabulary) -> Option<String> {
        let (words, problem) = filter::parse(text, vocabulary);
        self.words = words;
        self.filter = text.trim().to_owned();
        problem
    }

    /// Changes the order. Who orders anew looks for the first: the cursor goes there.
    pub fn reorder(&mut self, change: impl FnOnce(&mut Order)) {
        change(&mut self.order);
        self.window = Window::default();
    }

    /// Shows no rows; the cursor stays for those that come.
    pub fn clear(&mut self) {
        self.shown.clear();
    }

    /// Brings what is shown into step with the rows, the words and the order. `compare` orders two rows by the column of a
    /// title in its own direction; the cursor goes to the first row that `is_on`, and stays in its place where none is.
    pub fn arrange<R: Subject>(
        &mut self,
        rows: &[R],
        compare: impl Fn(&str, &R, &R) -> Ordering,
        is_on: impl Fn(&R) -> bool,
    ) {
        let mut shown: Vec<(usize, &R)> = rows
            .iter()
            .enumerate()
            .filter(|(_, row)| self.words.passes(*row))
            .collect();
        let title = self.order.title();
        shown.sort_by(|(_, a), (_, b)| self.order.apply(compare(title, a, b)));
        if let Some(place) = shown.iter().position(|(_, row)| is_on(row)) {
            self.window.cursor = place;
        }
        self.window.cursor = self.window.cursor.min(shown.len().saturating_sub(1));
        self.shown = shown.into_iter().map(|(place, _)| place).collect();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const WORDS: Vocabulary = Vocabulary {
        fields: &["name"],
        states: &[],
    };

    struct Row(&'static str, u64);

    impl Subject for Row {
        fn texts(&self, _field: Option<&str>, each: &mut dyn FnMut(&str)) {
            each(self.0);
        }

        fn is(&self, _state: &str) -> bool {
            false
        }

        fn took(&self) -> Option<Duration> {
            Some(Duration::from_secs(self.1))
        }
    }

    fn compare(title: &str, a: &Row, b: &Row) -> Ordering {
        match title {
            "name" => a.0.cmp(b.0),
            _ => b.1.cmp(&a.1),
        }
    }

    fn shown(listing: &Listing) -> Vec<usize> {
        listing.places().collect()
    }

    #[test]
    fn the_cursor_stays_on_its_row_while_rows_come_and_go() {
        let mut listing = Listing::by(&["time", "name"]);
        listing.arrange(&[Row("a", 3), Row("b", 9)], compare, |_| false);
        assert_eq!((shown(&listing), listing.window.cursor), (vec![1, 0], 0));
        let more = [Row("c", 20), Row("a", 3), Row("b", 9)];
        listing.arrange(&more, compare, |row| row.0 == "b");
        assert_eq!((shown(&listing), listing.window.cursor), (vec![0, 2, 1], 1));
        assert_eq!(listing.narrow("a", &WORDS), None);
        listing.arrange(&more, compare, |row| row.0 == "b");
        assert_eq!((shown(&listing), listing.window.cursor), (vec![1], 0));
    }

    #[test]
    fn who_orders_anew_looks_for_the_first() {
        let rows = [Row("a", 3), Row("b", 9), Row("c", 1)];
        let mut listing = Listing::by(&["time", "name"]);
        listing.arrange(&rows, compare, |row| row.0 == "c");
        assert_eq!(listing.window.cursor, 2);
        listing.reorder(Order::turn);
        listing.arrange(&rows, compare, |_| false);
        assert_eq!((shown(&listing), listing.window.cursor), (vec![0, 1, 2], 0));
        listing.reorder(|order| order.reversed = true);
        listing.arrange(&rows, compare, |_| false);
        assert_eq!(shown(&listing), [2, 1, 0]);
    }
}
