//! The way that was gone by following references: where one was, and where one came back from.
//!
//! Invariant: going back and going forward pass the same places.

use std::collections::VecDeque;

use super::App;
use super::documents::Spot;
use super::effect::Effect;
use super::scope::TabId;
use super::tab::Tab;
use super::update::scope;
use crate::config::state::SessionTab;

/// A place where the person was.
#[derive(Debug, Clone)]
pub struct Stop {
    /// The tab.
    pub tab: TabId,
    /// Its title.
    pub title: String,
    /// What opens it again where it was closed meanwhile.
    session: Option<SessionTab>,
    /// The document and the value that the cursor was on.
    spot: Option<Spot>,
}

/// Where the person was before something was followed, and where one came back from.
#[derive(Debug)]
pub struct Trail<T = Stop> {
    back: VecDeque<T>,
    ahead: Vec<T>,
}

/// How many places are kept.
const STOPS: usize = 100;

impl<T> Trail<T> {
    /// Something is followed from here: what lay ahead is forgotten.
    pub fn leave(&mut self, here: T) {
        self.ahead.clear();
        self.back.push_back(here);
        if self.back.len() > STOPS {
            self.back.pop_front();
        }
    }

    /// The place to go back to; `here` lies ahead then.
    pub fn go_back(&mut self, here: Option<T>) -> Option<T> {
        let there = self.back.pop_back()?;
        self.ahead.extend(here);
        Some(there)
    }

    /// The place that lies ahead; `here` lies behind then.
    pub fn go_forward(&mut self, here: Option<T>) -> Option<T> {
        let there = self.ahead.pop()?;
        self.back.extend(here);
        Some(there)
    }

    /// The places behind, the nearest last.
    pub fn behind(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.back.iter()
    }

    /// How many places lie behind and ahead.
    #[must_use]
    pub fn counts(&self) -> (usize, usize) {
        (self.back.len(), self.ahead.len())
    }
}

impl<T> Default for Trail<T> {
    fn default() -> Self {
        Self {
            back: VecDeque::new(),
            ahead: Vec::new(),
        }
    }
}

impl App {
    /// Where the person is now.
    fn here(&self) -> Option<Stop> {
        let tab = self.tab()?;
        Some(Stop {
            tab: tab.id(),
            title: tab.title(),
            session: tab.session(),
            spot: tab.documents().map(super::documents::Documents::spot),
        })
    }

    /// Something is followed from the tab in front.
    pub(super) fn leave_here(&mut self) {
        if let Some(here) = self.here() {
            self.trail.leave(here);
        }
    }

    /// Goes back to where something was followed, or forward again.
    pub(super) fn go_along(&mut self, back: bool, effects: &mut Vec<Effect>) {
        let here = self.here();
        let there = match back {
            true => self.trail.go_back(here),
            false => self.trail.go_forward(here),
        };
        let Some(stop) = there else {
            let mut scope = scope!(self, (*effects));
            return scope.info(match back {
                true => "nothing was followed to get here",
                false => "there is nothing to go forward to",
            });
        };
        match (self.place_of(stop.tab), &stop.session) {
            (Some(place), _) => self.turn_to(place),
            (None, Some(session)) => {
                if !self.restore_beside(session, effects) {
                    let mut scope = scope!(self, (*effects));
                    return scope.warn(format!("`{}` cannot be opened again", stop.title));
                }
            }
            (None, None) => {
                let mut scope = scope!(self, (*effects));
                return scope.warn(format!("`{}` was closed", stop.title));
            }
        }
        let mut scope = scope!(self, (*effects));
        if let (Some(Tab::Documents(documents)), Some(spot)) =
            (self.tabs.get_mut(self.active), &stop.spot)
        {
            documents.return_to(&mut scope, spot);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn going_back_and_forward_passes_the_same_places() {
        let mut trail = Trail::default();
        trail.leave("users");
        trail.leave("orders");
        assert_eq!(trail.go_back(Some("products")), Some("orders"));
        assert_eq!(trail.go_back(Some("orders")), Some("users"));
        assert_eq!(trail.go_back(Some("users")), None);
        assert_eq!(trail.go_forward(Some("users")), Some("orders"));
        assert_eq!(trail.counts(), (1, 1));
        trail.leave("orders");
        assert_eq!(trail.go_forward(Some("x")), None);
    }
}
