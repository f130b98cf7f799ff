//! The panel of the connection pools: one row for each server.
//!
//! The figures are the profile's, folded from the driver's events; nothing is asked of a server here.

use std::sync::Arc;

use super::{Content, Place, Step};
use crate::app::command::Command;
use crate::app::profiles::ProfileState;
use crate::app::regions::Hit;
use crate::app::scope::Scope;
use crate::app::window::Window;

/// Rows that one turn of the wheel moves.
const WHEEL: isize = 3;

/// The connection pools of a profile.
#[derive(Debug, Default)]
pub struct PoolsPanel {
    /// The cursor of the servers.
    pub window: Window,
}

impl PoolsPanel {
    /// The addresses, in the order of the rows.
    #[must_use]
    pub fn rows(profile: Option<&ProfileState>) -> Vec<Arc<str>> {
        let figures = profile.and_then(|p| p.pools.as_ref());
        figures.map_or_else(Vec::new, |f| {
            f.pools.iter().map(|(a, _)| Arc::clone(a)).collect()
        })
    }

    fn count(scope: &Scope<'_>, at: &Place) -> usize {
        Self::rows(scope.profiles.get(&at.profile)).len()
    }
}

impl Content for PoolsPanel {
    fn hints(&self) -> &'static [Command] {
        &[
            Command::FocusNext,
            Command::Back,
            Command::Palette,
            Command::Help,
        ]
    }

    fn command(&mut self, scope: &mut Scope<'_>, at: &Place, command: Command) -> Step {
        let rows = Self::count(scope, at);
        match self.window.command(command, rows, scope.regions.main_rows) {
            true => Step::Done,
            false => Step::Ignored,
        }
    }

    fn drawn(&mut self, scope: &mut Scope<'_>, at: &Place) {
        self.window
            .fit(Self::count(scope, at), scope.regions.main_rows);
    }

    fn hit(&mut self, scope: &mut Scope<'_>, at: &Place, hit: Hit, _double: bool) -> Step {
        let Hit::Row(place) = hit else {
            return Step::Ignored;
        };
        self.window.cursor = self.window.first + place;
        self.window
            .fit(Self::count(scope, at), scope.regions.main_rows);
        Step::Done
    }

    fn wheel(&mut self, scope: &mut Scope<'_>, at: &Place, down: bool) {
        let by = if down { WHEEL } else { -WHEEL };
        self.window
            .scroll(by, Self::count(scope, at), scope.regions.main_rows);
    }

    fn wants_ticks(&self) -> bool {
        true
    }
}
