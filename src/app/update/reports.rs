//! What the runner reports: connections that change, tasks that end, feeds that go on.

use super::super::effect::Effect;
use super::super::overlay::Overlay;
use super::super::profiles::PoolFigures;
use super::super::scope::Asker;
use super::super::tab::Tab;
use super::super::{App, Wanted};
use super::scope;
use super::tell_write;
use crate::mongo::request::{Access, ConnectionState, Failure, ProfileName, Reply, Report, TaskId};

impl App {
    pub(super) fn report(&mut self, report: Report, effects: &mut Vec<Effect>) {
        match report {
            // Only panes that show a long task listen to it.
            Report::Progress { task, progress, .. } => {
                let by = self.tasks.get(&task).map(|r| r.by.clone());
                if by == Some(Asker::Export) {
                    return self.export_progress(task, progress);
                }
                if let Some(Asker::Tab(id)) = by
                    && let Some(tab) = self.tabs.iter_mut().find(|t| t.id() == id)
                {
                    let mut scope = scope!(self, (*effects));
                    tab.progress(&mut scope, task, progress);
                }
            }
            Report::Building { task, building, .. } => {
                if let Some(Asker::Tab(id)) = self.tasks.get(&task).map(|r| r.by.clone())
                    && let Some(tab) = self.tabs.iter_mut().find(|t| t.id() == id)
                {
                    tab.building(task, building);
                }
            }
            Report::Settled {
                profile,
                task,
                result,
                took,
            } => self.settled(&profile, task, result, took, effects),
            Report::Connection { profile, state } => {
                self.connection_changed(&profile, state, effects)
            }
            Report::Pools {
                profile,
                summary,
                pools,
                at,
            } => {
                let now = self.now;
                if let Some(state) = self.profiles.get_mut(&profile) {
                    state.pools = Some(PoolFigures {
                        summary,
                        whole: pools,
                        at,
                        taken: now,
                    });
                }
            }
            Report::Setup { profile, setup } => {
                if let Some(known) = self.profiles.get_mut(&profile) {
                    known.setup = Some(setup);
                }
            }
            Report::ProfilersLeft { profile, left } => {
                let Some(state) = self.profiles.get_mut(&profile) else {
                    return;
                };
                let fewer = left.len() <= state.left.len();
                state.left = left;
                let first = state.left.first().filter(|_| !fewer).cloned();
                if let Some(first) = first {
                    let mut scope = scope!(self, (*effects));
                    scope.warn(format!(
                        "an earlier run left the profiler of `{}` at {}: `slow` in the palette offers to put it back",
                        first.database,
                        first.set.level.words()
                    ));
                }
            }
            Report::Access { profile, access } => {
                let now = self.now;
                let Some(state) = self.profiles.get_mut(&profile) else {
                    return;
                };
                let before = std::mem::replace(&mut state.access, access);
                state.unlocked_at =
                    (access == Access::ReadWrite && state.production && !state.read_only)
                        .then_some(now);
                if before != access {
                    let mut scope = scope!(self, (*effects));
                    match access {
                        Access::ReadWrite => {
                            scope.warn(format!("profile `{profile}` may be written to"))
                        }
                        Access::ReadOnly => {
                            scope.info(format!("profile `{profile}` is read-only again"))
                        }
                    }
                }
            }
        }
    }

    pub(super) fn connection_changed(
        &mut self,
        profile: &ProfileName,
        state: ConnectionState,
        effects: &mut Vec<Effect>,
    ) {
        let now = self.now;
        let Some(known) = self.profiles.get_mut(profile) else {
            return;
        };
        let before = std::mem::replace(&mut known.connection, state);
        let was_ready = matches!(before, ConnectionState::Ready(_));
        let is_ready = known.is_ready();
        let is_other = std::mem::discriminant(&before) != std::mem::discriminant(&known.connection);
        // Each attempt has a pause of its own.
        if is_other || matches!(known.connection, ConnectionState::Retrying { .. }) {
            known.since = now;
        }
        if was_ready && is_ready {
            return; // a new round trip time alone
        }
        if was_ready {
            known.lost = Some(now);
        }
        let mut scope = scope!(self, (*effects));
        self.tree.connection_changed(&mut scope, profile);
        if let Some(
            ConnectionState::Failed(failure)
            | ConnectionState::Retrying {
                failure,
                attempt: 1,
                ..
            },
        ) = self.profiles.get(profile).map(|p| p.connection.clone())
        {
            let mut failure = failure;
            failure.summary = format!("profile `{profile}`: {}", failure.summary);
            scope.fail(&failure);
        }
        self.extend_jump(effects);
        let mut scope = scope!(self, (*effects));
        if was_ready {
            for tab in self.tabs.iter_mut().filter(|t| t.profile() == profile) {
                tab.disconnected(&mut scope);
            }
        }
        if is_ready {
            if matches!(before, ConnectionState::Retrying { .. }) {
                scope.info(format!("profile `{profile}` answers again"));
            }
            for tab in self.tabs.iter_mut().filter(|t| t.profile() == profile) {
                tab.reconnected(&mut scope);
                if Some(tab.id()) != self.front {
                    continue;
                }
                match tab {
                    Tab::Documents(documents) => documents.reread(&mut scope),
                    Tab::Query(query) => query.fresh_previews(&mut scope),
                    _ => {}
                }
            }
            self.fresh_details(profile, effects);
            let (now_wanted, later): (Vec<Wanted>, Vec<Wanted>) = std::mem::take(&mut self.wanted)
                .into_iter()
                .partition(|w| w.profile == *profile);
            self.wanted = later;
            for wanted in now_wanted {
                let mut scope = scope!(self, (*effects));
                self.tree
                    .open_database(&mut scope, profile, &wanted.database);
            }
        }
    }

    pub(super) fn settled(
        &mut self,
        profile: &ProfileName,
        task: TaskId,
        result: Result<Reply, Failure>,
        took: std::time::Duration,
        effects: &mut Vec<Effect>,
    ) {
        let Some(running) = self.tasks.remove(&task) else {
            return;
        };
        match running.by {
            Asker::Tree => {
                let mut scope = scope!(self, (*effects));
                self.tree.settle(&mut scope, profile, task, result);
                for tab in self.tabs.iter_mut().filter(|t| t.profile() == profile) {
                    tab.names_read(&self.tree);
                }
                self.extend_jump(effects);
            }
            Asker::Tab(id) => {
                let mut scope = scope!(self, (*effects));
                match self.tabs.iter_mut().find(|t| t.id() == id) {
                    Some(tab) => tab.settle(&mut scope, task, result, took),
                    // The tab is gone, but what became of a write is never dropped.
                    None => {
                        if let Some(what) = running.writes {
                            tell_write(&mut scope, &what, &result);
                        }
                    }
                }
            }
            Asker::Details => {
                for overlay in &mut self.overlays {
                    if let Overlay::Details(details) = overlay {
                        if details.slot.awaits(task) && result.is_ok() {
                            details.at = Some(self.now);
                        }
                        details.slot.settle(
                            task,
                            result.clone().and_then(|r| match r {
                                Reply::Details(d) => Ok(*d),
                                _ => Err(Failure::new(
                                    crate::mongo::request::FailureKind::Other,
                                    "the answer was of another kind",
                                )),
                            }),
                        );
                    }
                }
            }
            Asker::Referrers => self.referrers_settled(task, result, running.writes, effects),
            Asker::Administration(what) => {
                self.administration_settled(profile, &what, result, effects)
            }
            Asker::Standing => self.standing_settled(profile, task, result),
            Asker::Load => self.load_settled(profile, result, effects),
            Asker::Undo(what) => self.undo_settled(&what, &result, effects),
            Asker::Export => self.export_settled(task, result, effects),
            Asker::Nobody => {}
        }
    }
}
