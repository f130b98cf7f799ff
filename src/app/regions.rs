//! What drawing learns, told back to the state: how many rows a pane shows, and what lies under the mouse.

use ratatui::layout::{Position, Rect};

use super::command::Command;
use super::scope::TabId;

/// Below this many columns only the focused pane is drawn.
pub const BOTH_PANES: u16 = 64;

/// Something under the mouse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hit {
    /// A row of the tree, counted from the first visible or not.
    TreeRow(usize),
    /// The tree, apart from its rows.
    Tree,
    /// The tab's title.
    Tab(TabId),
    /// The main pane, apart from what is in it.
    Main,
    /// A row of the main pane, counted from its first visible row.
    Row(usize),
    /// A stage of a pipeline's list, by its number from 0.
    Stage(usize),
    /// A line of a query's text, counted from the first visible one.
    Line(usize),
    /// A cell of the table: the row counted from the first visible one, and the column's place on the screen.
    Cell(usize, usize),
    /// A panel's name in the monitor, by its place.
    Panel(usize),
    /// A column's title, by its place on the screen.
    Column(usize),
    /// A row of the topmost overlay's list, counted from the list's first.
    Item(usize),
    /// An answer of a question: yes or no.
    Answer(bool),
    /// A key hint.
    Hint(Command),
    /// The topmost overlay, apart from what is in it.
    Overlay,
}

/// What the last frame looked like.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Regions {
    /// Rows of the tree that fit.
    pub tree_rows: usize,
    /// Rows of documents, lines or fields that fit the main pane.
    pub main_rows: usize,
    /// Rows of a list that the main pane has beside its rows.
    pub side_rows: usize,
    /// Lines of a query's text that fit.
    pub text_rows: usize,
    /// Columns of characters that a query's text has.
    pub text_width: usize,
    /// Columns of characters that the main pane has.
    pub main_width: usize,
    /// Rows that fit the topmost overlay.
    pub overlay_rows: usize,
    /// First table column drawn after the pinned ones, so that the cursor can be kept in sight.
    pub first_column: usize,
    /// How many table columns are wholly on the screen.
    pub whole_columns: usize,
    /// What lies where; later ones lie on top.
    pub hits: Vec<(Rect, Hit)>,
}

impl Regions {
    /// What lies at a place of the screen.
    #[must_use]
    pub fn at(&self, column: u16, row: u16) -> Option<Hit> {
        let place = Position { x: column, y: row };
        self.hits
            .iter()
            .rev()
            .find(|(area, _)| area.contains(place))
            .map(|(_, hit)| *hit)
    }
}

/// Keeps a cursor in sight of a window of rows: the first row to show.
#[must_use]
pub fn scrolled(first: usize, cursor: usize, rows: usize) -> usize {
    if cursor < first {
        cursor
    } else if rows > 0 && cursor >= first + rows {
        cursor + 1 - rows
    } else {
        first
    }
}
