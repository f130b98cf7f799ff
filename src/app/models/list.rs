//! The list of models, grouped by database and domain, narrowed by typing.
//!
//! Invariant: the cursor is on a model, or on what could not be read, wherever one is shown; never on a group's name.

use std::sync::Arc;

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use crate::app::command::Command;
use crate::app::field::Field;
use crate::app::window::Window;
use crate::model::{Gap, Library, SharedModel};

/// One line of the list.
#[derive(Debug, Clone)]
pub enum Item {
    /// The name of a group.
    Group {
        /// The database that its models are bound to; `None` for models that fit any.
        database: Option<String>,
        /// The domain; `None` for models that are in none.
        domain: Option<String>,
        /// How many models it has.
        models: usize,
    },
    /// A model.
    Model(SharedModel),
    /// A file that could not be read.
    Gap(Gap),
}

/// The list.
#[derive(Debug, Default)]
pub struct List {
    items: Vec<Item>,
    /// The places of the items that are shown.
    shown: Vec<usize>,
    /// The cursor, among those that are shown.
    pub window: Window,
    /// What narrows it.
    pub filter: Option<Field>,
    /// Whether the filter takes the keys.
    pub filtering: bool,
}

impl List {
    /// All models of a library.
    #[must_use]
    pub fn new(library: &Library) -> Self {
        let mut list = Self::default();
        list.refill(library);
        list
    }

    /// Takes the models anew; the cursor stays on the model of the same name and place.
    pub fn refill(&mut self, library: &Library) {
        let before = self.current();
        self.items.clear();
        for group in library.domains() {
            self.items.push(Item::Group {
                database: group.database,
                domain: group.name,
                models: group.models.len(),
            });
            self.items.extend(group.models.into_iter().map(Item::Model));
        }
        self.items
            .extend(library.gaps.iter().cloned().map(Item::Gap));
        self.narrow();
        if let Some(before) = before {
            self.go_to(&before);
        }
    }

    /// The lines that are shown.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &Item> {
        self.shown.iter().map(|i| &self.items[*i])
    }

    /// How many models are shown.
    #[must_use]
    pub fn models(&self) -> usize {
        self.rows().filter(|i| matches!(i, Item::Model(_))).count()
    }

    /// How many parts of models, or whole files, could not be read.
    #[must_use]
    pub fn gaps(&self) -> usize {
        let of = |item: &Item| match item {
            Item::Model(model) => model.gaps.len(),
            Item::Gap(_) => 1,
            Item::Group { .. } => 0,
        };
        self.items.iter().map(of).sum()
    }

    fn at_cursor(&self) -> Option<&Item> {
        self.items.get(*self.shown.get(self.window.cursor)?)
    }

    /// The model under the cursor.
    #[must_use]
    pub fn current(&self) -> Option<SharedModel> {
        match self.at_cursor()? {
            Item::Model(model) => Some(Arc::clone(model)),
            _ => None,
        }
    }

    /// The unread file under the cursor.
    #[must_use]
    pub fn current_gap(&self) -> Option<&Gap> {
        match self.at_cursor()? {
            Item::Gap(gap) => Some(gap),
            _ => None,
        }
    }

    /// Puts the cursor on a model: the same one, or the one that has its place after the models were read anew.
    pub fn go_to(&mut self, model: &SharedModel) {
        let is = |same: bool| {
            self.rows().position(|item| match item {
                Item::Model(m) if same => Arc::ptr_eq(m, model),
                Item::Model(m) => {
                    m.name == model.name
                        && m.database == model.database
                        && m.collection == model.collection
                }
                _ => false,
            })
        };
        if let Some(place) = is(true).or_else(|| is(false)) {
            self.window.cursor = place;
        }
    }

    /// Takes the filter away where it hides a model.
    pub fn reveal(&mut self, model: &SharedModel) {
        let shown = self
            .rows()
            .any(|i| matches!(i, Item::Model(m) if Arc::ptr_eq(m, model)));
        if !shown {
            self.clear_filter();
        }
    }

    /// Lets the filter take the keys.
    pub fn open_filter(&mut self) {
        self.filter.get_or_insert_with(Field::default);
        self.filtering = true;
    }

    /// Shows all models again.
    pub fn clear_filter(&mut self) {
        let before = self.current();
        self.filter = None;
        self.filtering = false;
        self.narrow();
        if let Some(before) = before {
            self.go_to(&before);
        }
    }

    /// Changes the filter's text.
    pub fn typed(&mut self, change: impl FnOnce(&mut Field) -> bool) {
        if let Some(filter) = &mut self.filter
            && change(filter)
        {
            self.narrow();
        }
    }

    /// Takes a command that moves the cursor. Whether it was one.
    pub fn command(&mut self, command: Command, height: usize) -> bool {
        let before = self.window.cursor;
        let moved = self.window.command(command, self.shown.len(), height);
        self.leave_group(self.window.cursor >= before);
        moved
    }

    /// Puts the cursor on a line. Whether it was there already.
    pub fn point(&mut self, place: usize) -> bool {
        let again = self.window.cursor == place;
        self.window.cursor = place.min(self.shown.len().saturating_sub(1));
        self.leave_group(true);
        again
    }

    /// Scrolls by so many lines.
    pub fn scroll(&mut self, by: isize, height: usize) {
        self.window.scroll(by, self.shown.len(), height);
        self.leave_group(by > 0);
    }

    /// Keeps the cursor in sight; the name of the first group is never scrolled away for good.
    pub fn fit(&mut self, height: usize) {
        self.window.fit(self.shown.len(), height);
        if self.window.cursor == 1 {
            self.window.first = 0;
        }
    }

    fn leave_group(&mut self, forwards: bool) {
        let is_group = |place: usize| {
            let item = self.shown.get(place).and_then(|i| self.items.get(*i));
            matches!(item, Some(Item::Group { .. }))
        };
        let at = self.window.cursor;
        if !is_group(at) {
            return;
        }
        // A group has a model at the least, so one of its neighbours is one.
        self.window.cursor = match forwards || at == 0 {
            true => at + 1,
            false => at - 1,
        };
    }

    fn narrow(&mut self) {
        let text = self.filter.as_ref().map_or("", Field::text);
        let pattern = Pattern::parse(text, CaseMatching::Smart, Normalization::Smart);
        let mut matcher = Matcher::new(Config::DEFAULT);
        let mut buffer = Vec::new();
        let mut shown = Vec::new();
        let mut group = None;
        for (place, item) in self.items.iter().enumerate() {
            let text = match item {
                Item::Group { .. } => {
                    group = Some(place);
                    continue;
                }
                Item::Model(m) => format!(
                    "{} {}.{} {}",
                    m.name,
                    m.database.as_deref().unwrap_or("*"),
                    m.collection,
                    m.domain.as_deref().unwrap_or("")
                ),
                Item::Gap(gap) => {
                    group = None;
                    gap.file.clone()
                }
            };
            if pattern
                .score(Utf32Str::new(&text, &mut buffer), &mut matcher)
                .is_some()
            {
                // A group is named where one of its models is shown.
                shown.extend(group.take());
                shown.push(place);
            }
        }
        self.shown = shown;
        self.window = Window::default();
        self.leave_group(true);
    }
}
