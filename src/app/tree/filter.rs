//! Narrowing the tree to the names that hold a text.

use super::{Node, Tree, Wish};
use crate::app::command::Command;
use crate::app::field::Field;
use crate::app::regions::scrolled;
use crate::app::scope::Scope;

impl Tree {
    pub(super) fn clear_filter(&mut self, scope: &mut Scope<'_>) {
        let node = self.current().map(|r| r.node.clone());
        self.filter = None;
        self.filtering = false;
        if let Some(Node::Collection(profile, namespace)) = &node {
            // What the filter found stays in sight.
            self.reveal(scope, profile, namespace);
        }
        self.rebuild(scope.profiles, scope.models);
    }

    /// Takes a command while the filter takes the keys.
    pub fn filter_command(&mut self, scope: &mut Scope<'_>, command: Command) -> Wish {
        match command {
            Command::Accept | Command::Open => {
                self.filtering = false;
                if self.filter.as_ref().is_some_and(|f| f.text().is_empty()) {
                    self.filter = None;
                }
                Wish::Nothing
            }
            Command::Back | Command::Cancel | Command::ClearFilter => {
                self.clear_filter(scope);
                Wish::Nothing
            }
            Command::CursorUp | Command::CursorDown => self.command(scope, command),
            _ => Wish::Ignored,
        }
    }

    /// Takes text typed or pasted into the filter.
    pub fn filter_typed(&mut self, scope: &mut Scope<'_>, change: impl FnOnce(&mut Field) -> bool) {
        if self.filter.as_mut().is_some_and(change) {
            self.rebuild(scope.profiles, scope.models);
            let found = self
                .rows
                .iter()
                .position(|r| matches!(r.node, Node::Collection(..)));
            self.cursor = found.unwrap_or(0);
            self.first = scrolled(0, self.cursor, scope.regions.tree_rows);
        }
    }
}
