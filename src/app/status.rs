//! How all profiles stand, laid over the panes: connect, close and retry them, one or all at once.
//!
//! Holds only its cursor: what it shows is the state of the profiles as it is when it is drawn.

use std::time::Duration;

use super::command::Command;
use super::effect::Effect;
use super::overlay::{Help, Overlay};
use super::profiles::ProfileState;
use super::scope::Moment;
use super::{App, Focus};
use crate::mongo::request::ConnectionState;
use crate::pool::ServerKind;

/// The overlay.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Status {
    /// The profile that the keys are about, by its place in the configuration.
    pub cursor: usize,
}

/// How long until the next attempt to connect `profile`; `None` where none is waited for, zero while it is under way.
#[must_use]
pub fn next_attempt(profile: &ProfileState, now: Moment) -> Option<Duration> {
    match &profile.connection {
        ConnectionState::Retrying { next_in, .. } => {
            Some(next_in.saturating_sub(now.since(profile.since)))
        }
        _ => None,
    }
}

/// The members of the profile's deployment that answer, and all that are known, as the driver's monitors see them.
#[must_use]
pub fn members(profile: &ProfileState) -> (usize, usize) {
    let Some(pools) = profile.pools.as_ref().and_then(|f| f.whole.as_ref()) else {
        return (0, 0);
    };
    let kinds: Vec<ServerKind> = pools.iter().filter_map(|(_, p)| p.kind).collect();
    let answer = kinds.iter().filter(|k| **k != ServerKind::Unknown).count();
    (answer, kinds.len())
}

impl App {
    /// Shows how all profiles stand.
    pub(super) fn show_status(&mut self, effects: &mut Vec<Effect>) {
        self.watch_members(true, effects);
        let current = self.shown_profile();
        let cursor = current.and_then(|name| self.profiles.all.iter().position(|p| p.name == name));
        self.overlays.push(Overlay::Status(Status {
            cursor: cursor.unwrap_or(0),
        }));
    }

    /// Has the servers of all profiles told while they are on the screen. A monitor that wants them too goes on getting
    /// them: who watches is counted.
    fn watch_members(&self, whole: bool, effects: &mut Vec<Effect>) {
        effects.extend(self.profiles.all.iter().map(|p| Effect::WatchPools {
            profile: p.name.clone(),
            whole,
        }));
    }

    /// Connects every profile that does not answer; one that waits for its next attempt tries at once.
    pub(super) fn connect_all(&mut self, effects: &mut Vec<Effect>) {
        let names: Vec<_> = self.profiles.all.iter().map(|p| p.name.clone()).collect();
        for name in names {
            self.connect(&name, effects);
        }
    }

    /// Closes every connection there is; what runs on them is stopped.
    pub(super) fn close_all(&mut self, effects: &mut Vec<Effect>) {
        for profile in &self.profiles.all {
            if profile.connection != ConnectionState::Closed {
                effects.push(Effect::Disconnect {
                    profile: profile.name.clone(),
                });
            }
        }
    }

    /// Takes a command while the overlay is on top.
    pub(super) fn status_command(&mut self, command: Command, effects: &mut Vec<Effect>) {
        let last = self.profiles.all.len().saturating_sub(1);
        let rows = self.regions.overlay_rows.max(1);
        let Some(Overlay::Status(status)) = self.overlays.last_mut() else {
            return;
        };
        let at = status.cursor.min(last);
        status.cursor = match command {
            Command::CursorUp => at.saturating_sub(1),
            Command::CursorDown => (at + 1).min(last),
            Command::PageUp | Command::HalfPageUp => at.saturating_sub(rows),
            Command::PageDown | Command::HalfPageDown => (at + rows).min(last),
            Command::CursorFirst => 0,
            Command::CursorLast => last,
            _ => at,
        };
        let profile = self
            .profiles
            .all
            .get(at)
            .map(|p| (p.name.clone(), p.is_ready()));
        match (command, profile) {
            (Command::ConnectAll, _) => self.connect_all(effects),
            (Command::CloseAll, _) => self.close_all(effects),
            (Command::Disconnect, Some((profile, _))) => {
                effects.push(Effect::Disconnect { profile });
            }
            (Command::Connect | Command::Refresh, Some((profile, _))) => {
                effects.push(Effect::Connect { profile });
            }
            (Command::Open | Command::Accept, Some((profile, false))) => {
                effects.push(Effect::Connect { profile });
            }
            (Command::Open | Command::Accept, Some((profile, true))) => {
                self.overlays.pop();
                self.watch_members(false, effects);
                let mut scope = super::update::scope!(self, (*effects));
                self.tree.open_profile(&mut scope, &profile);
                self.focus = Focus::Tree;
            }
            (Command::Help, _) => {
                let context = self.context();
                self.overlays
                    .push(Overlay::Help(Help { context, first: 0 }));
            }
            (
                Command::Back
                | Command::Cancel
                | Command::Quit
                | Command::CloseTab
                | Command::Status,
                _,
            ) => {
                self.overlays.pop();
                self.watch_members(false, effects);
            }
            _ => {}
        }
    }
}
