//! How all profiles stand, laid over the panes: connect, close and retry them, one or all at once.
//!
//! While it is shown, each deployment that answers is asked again and again how it stands, beside its pool; what it said
//! is kept with the time at which it did. Everything else is the state of the profiles as it is when it is drawn.
//! Invariant: never more than one question to a profile is under way.

use std::collections::BTreeMap;
use std::time::Duration;

use super::command::Command;
use super::effect::Effect;
use super::help::Help;
use super::monitor::Panel;
use super::overlay::Overlay;
use super::profiles::ProfileState;
use super::scope::{Asker, Moment};
use super::slot::Slot;
use super::tab::Destination;
use super::{App, Focus};
use crate::mongo::request::standing::{Health, Standing, health};
use crate::mongo::request::{
    ConnectionState, Failure, FailureKind, ProfileName, Reply, Request, TaskId,
};
use crate::pool::ServerKind;

/// How often a deployment is asked.
const EVERY: Duration = Duration::from_secs(3);

/// A question without an answer for so long is asked again: the line it went by may be dead.
const LOST: Duration = Duration::from_secs(15);

/// An answer that is so old is no longer how it stands.
const OLD: Duration = Duration::from_secs(10);

/// The overlay.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Status {
    /// The profile that the keys are about, by its place in the configuration.
    pub cursor: usize,
    /// What each deployment said of itself.
    pub said: BTreeMap<ProfileName, Said>,
}

/// What a deployment said of itself, and when.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Said {
    /// The answer, with its time.
    pub slot: Slot<(Standing, Moment)>,
    /// When it was asked last.
    asked: Option<Moment>,
}

impl Status {
    /// The last answer of a profile's deployment, and when it came.
    #[must_use]
    pub fn answer(&self, profile: &ProfileName) -> Option<(&Standing, Moment)> {
        let (standing, at) = self.said.get(profile)?.slot.value()?;
        Some((standing, *at))
    }

    /// Why the last question was not answered.
    #[must_use]
    pub fn refusal(&self, profile: &ProfileName) -> Option<&Failure> {
        self.said.get(profile)?.slot.failure()
    }

    /// Whether what is known of a profile can no longer be taken for how it stands at `now`.
    #[must_use]
    pub fn is_old(&self, profile: &ProfileState, now: Moment) -> bool {
        self.answer(&profile.name)
            .is_some_and(|(_, at)| now.since(at) > OLD || !can_say(profile))
    }

    /// Whether a profile is well, by the rule of `mongodeck status`.
    #[must_use]
    pub fn health(&self, profile: &ProfileState) -> Health {
        health(
            &profile.connection,
            self.answer(&profile.name).map(|(standing, _)| standing),
        )
    }

    /// Whether there is something to be done about a profile. One that was closed on purpose is in no trouble.
    #[must_use]
    pub fn is_trouble(&self, profile: &ProfileState) -> bool {
        match self.health(profile) {
            Health::Well | Health::Down(None) => false,
            Health::Impaired(_) | Health::Down(Some(_)) => true,
        }
    }

    /// Who has to be asked at `now`.
    fn due<'p>(&self, profiles: &'p [ProfileState], now: Moment) -> Vec<&'p ProfileName> {
        let due = |p: &&ProfileState| {
            let said = self.said.get(&p.name);
            let waits = said.is_some_and(|s| s.slot.loading().is_some());
            let pause = if waits { LOST } else { EVERY };
            let asked = said.and_then(|s| s.asked);
            can_say(p) && asked.is_none_or(|at| now.since(at) >= pause)
        };
        profiles.iter().filter(due).map(|p| &p.name).collect()
    }

    /// Gives the question that is thereby outdated.
    fn asks(&mut self, profile: &ProfileName, task: TaskId, now: Moment) -> Option<TaskId> {
        let said = self.said.entry(profile.clone()).or_default();
        said.asked = Some(now);
        said.slot.begin(task)
    }
}

/// Whether there is a server that can say how its deployment stands: a set without a primary has its members.
fn can_say(profile: &ProfileState) -> bool {
    match &profile.connection {
        ConnectionState::Ready(_) => true,
        ConnectionState::Retrying { failure, .. } => failure.kind == FailureKind::NoPrimary,
        _ => false,
    }
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
            ..Status::default()
        }));
        self.ask_standings(effects);
    }

    /// Asks each deployment how it stands whose time it is, while the overlay is shown.
    pub(super) fn ask_standings(&mut self, effects: &mut Vec<Effect>) {
        let now = self.now;
        let shown = |o: &&mut Overlay| matches!(o, Overlay::Status(_));
        let Some(Overlay::Status(status)) = self
            .overlays
            .iter()
            .find(|o| matches!(o, Overlay::Status(_)))
        else {
            return;
        };
        let due: Vec<ProfileName> = (status.due(&self.profiles.all, now).into_iter())
            .cloned()
            .collect();
        for profile in due {
            let mut scope = super::update::scope!(self, (*effects));
            let task = scope.ask(Asker::Standing, &profile, Request::Standing);
            let outdated = match self.overlays.iter_mut().find(shown) {
                Some(Overlay::Status(status)) => status.asks(&profile, task, now),
                _ => None,
            };
            if let Some(outdated) = outdated {
                super::update::scope!(self, (*effects)).cancel(outdated);
            }
        }
    }

    /// Takes the answer of a deployment.
    pub(super) fn standing_settled(
        &mut self,
        profile: &ProfileName,
        task: TaskId,
        result: Result<Reply, Failure>,
    ) {
        let now = self.now;
        let said = match result {
            Ok(Reply::Standing(standing)) => Ok((*standing, now)),
            Ok(_) => Err(Failure::new(
                FailureKind::Other,
                "the answer was of another kind",
            )),
            Err(failure) => Err(failure),
        };
        for overlay in &mut self.overlays {
            if let Overlay::Status(status) = overlay
                && let Some(asked) = status.said.get_mut(profile)
                && asked.slot.awaits(task)
            {
                asked.slot.settle(task, said);
                return;
            }
        }
    }

    /// Takes the overlay away; what it asked for is not waited for any more.
    fn leave_status(&mut self, effects: &mut Vec<Effect>) {
        self.overlays.pop();
        self.watch_members(false, effects);
        let asked: Vec<TaskId> = (self.tasks.iter())
            .filter(|(_, r)| r.by == Asker::Standing)
            .map(|(task, _)| *task)
            .collect();
        let mut scope = super::update::scope!(self, (*effects));
        for task in asked {
            scope.cancel(task);
        }
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
        if matches!(command, Command::NextTrouble | Command::PreviousTrouble) {
            let all = &self.profiles.all;
            // From the cursor on, and once around; one alone finds itself.
            let mut places: Vec<usize> = (1..=all.len()).map(|n| (at + n) % all.len()).collect();
            if command == Command::PreviousTrouble {
                places = (1..=all.len())
                    .map(|n| (at + all.len() - n) % all.len())
                    .collect();
            }
            match places.into_iter().find(|i| status.is_trouble(&all[*i])) {
                Some(place) => status.cursor = place,
                None => super::update::scope!(self, (*effects)).info("no profile is in trouble"),
            }
            return;
        }
        let profile = self
            .profiles
            .all
            .get(at)
            .map(|p| (p.name.clone(), p.is_ready()));
        let panel = match command {
            Command::Monitor => Some(None),
            Command::Pools => Some(Some(Panel::Pools)),
            Command::Topology => Some(Some(Panel::Topology)),
            Command::Server => Some(Some(Panel::Server)),
            Command::Operations => Some(Some(Panel::Operations)),
            Command::Slow => Some(Some(Panel::Slow)),
            Command::Changes => Some(Some(Panel::Changes)),
            _ => None,
        };
        if let (Some(panel), Some((profile, _))) = (panel, &profile) {
            let profile = profile.clone();
            self.leave_status(effects);
            self.destinations
                .push(Destination::Monitor { profile, panel });
            return;
        }
        match (command, profile) {
            (Command::ConnectAll, _) => self.connect_all(effects),
            (Command::CloseAll, _) => self.close_all(effects),
            (Command::Disconnect, Some((profile, _))) => {
                effects.push(Effect::Disconnect { profile });
            }
            (Command::Connect | Command::Refresh, Some((profile, _))) => {
                // One that is connected is asked at once.
                if let Some(Overlay::Status(status)) = self.overlays.last_mut()
                    && let Some(said) = status.said.get_mut(&profile)
                {
                    said.asked = None;
                }
                effects.push(Effect::Connect { profile });
                self.ask_standings(effects);
            }
            (Command::Open | Command::Accept, Some((profile, false))) => {
                effects.push(Effect::Connect { profile });
            }
            (Command::Open | Command::Accept, Some((profile, true))) => {
                self.leave_status(effects);
                let mut scope = super::update::scope!(self, (*effects));
                self.tree.open_profile(&mut scope, &profile);
                self.focus = Focus::Tree;
            }
            (Command::Help, _) => {
                let context = self.context();
                self.overlays.push(Overlay::Help(Help::new(context)));
            }
            (
                Command::Back
                | Command::Cancel
                | Command::Quit
                | Command::CloseTab
                | Command::Status,
                _,
            ) => {
                self.leave_status(effects);
            }
            _ => {}
        }
    }
}
