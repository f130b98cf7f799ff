//! By which column the rows of a panel are ordered.
//!
//! The columns are told by their titles; the first is what the panel is about.

use std::cmp::Ordering;

/// An order of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Order {
    titles: &'static [&'static str],
    by: usize,
    /// Whether the column's own direction is turned round.
    pub reversed: bool,
}

impl Order {
    /// By the first of these columns.
    #[must_use]
    pub fn of(titles: &'static [&'static str]) -> Self {
        Self {
            titles,
            by: 0,
            reversed: false,
        }
    }

    /// The title of the column.
    #[must_use]
    pub fn title(&self) -> &'static str {
        self.titles.get(self.by).copied().unwrap_or_default()
    }

    /// Goes on to the next column.
    pub fn turn(&mut self) {
        self.by = (self.by + 1) % self.titles.len().max(1);
        self.reversed = false;
    }

    /// The place of a title among the columns.
    #[must_use]
    pub fn place(&self, title: &str) -> Option<usize> {
        self.titles.iter().position(|t| *t == title)
    }

    /// Orders by the column at a place; turned round where it is that already.
    pub fn choose(&mut self, place: usize) {
        if place == self.by {
            self.reversed = !self.reversed;
        } else if place < self.titles.len() {
            self.by = place;
            self.reversed = false;
        }
    }

    /// The order of two rows, out of that in the column's own direction.
    #[must_use]
    pub fn apply(&self, own: Ordering) -> Ordering {
        if self.reversed { own.reverse() } else { own }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_chosen_twice_is_turned_round() {
        let mut order = Order::of(&["time", "name"]);
        assert_eq!((order.place("name"), order.place("other")), (Some(1), None));
        order.choose(1);
        order.choose(1);
        assert_eq!((order.title(), order.reversed), ("name", true));
        assert_eq!(order.apply(Ordering::Less), Ordering::Greater);
        order.turn();
        assert_eq!((order.title(), order.reversed), ("time", false));
    }
}
