//! Closing a tab, cancelling what runs, and quitting: each asks first where something could be lost.

use super::super::effect::Effect;
use super::super::overlay::{Confirm, Intent, Overlay};
use super::super::scope::{Asker, TabId};
use super::super::{App, Focus};
use super::scope;
use crate::mongo::request::{Failure, TaskId};

impl App {
    pub(super) fn close_tab_asked(&mut self, effects: &mut Vec<Effect>) {
        let Some(tab) = self.tab() else {
            return self.quit(effects);
        };
        let id = tab.id();
        let mut lines = tab.unsaved().map_or_else(Vec::new, |u| u.lines);
        lines.extend(self.exports_lost(Some(id)));
        if lines.is_empty() {
            return self.close_tab(id, effects);
        }
        let question = Confirm::new("close the tab?", lines, Intent::CloseTab(id));
        self.overlays.push(Overlay::Confirm(question));
    }

    pub(super) fn close_tab(&mut self, id: TabId, effects: &mut Vec<Effect>) {
        let Some(place) = self.place_of(id) else {
            return;
        };
        self.stop_exports_of(id, effects);
        let mut tab = self.tabs.remove(place);
        let mut scope = scope!(self, (*effects));
        let asked: Vec<TaskId> = scope
            .tasks
            .iter()
            .filter(|(_, r)| r.by == Asker::Tab(id))
            .map(|(t, _)| *t)
            .collect();
        for task in asked {
            scope.cancel(task);
        }
        tab.close(&mut scope);
        if self.active > place || self.active == self.tabs.len() {
            self.active = self.active.saturating_sub(1);
        }
        if self.tabs.is_empty() {
            self.focus = Focus::Tree;
        }
        self.keep_session(effects);
    }

    /// Stops what the focused pane waits for; where it waits for nothing, asks to leave.
    pub(super) fn cancel(&mut self, effects: &mut Vec<Effect>) {
        let reads: Vec<TaskId> = self
            .tasks
            .iter()
            .filter(|(_, r)| r.writes.is_none() && !matches!(r.by, Asker::Nobody | Asker::Export))
            .map(|(t, _)| *t)
            .collect();
        if reads.is_empty() && self.stop_export(effects) {
            return;
        }
        if reads.is_empty() {
            let writes = self.tasks.values().find_map(|r| r.writes.clone());
            if let Some(what) = writes {
                let mut scope = scope!(self, (*effects));
                return scope.info(format!("cannot be stopped: {what} (`quit` leaves)"));
            }
            return self.quit(effects);
        }
        for task in reads {
            let Some(running) = self.tasks.get(&task).cloned() else {
                continue;
            };
            // It tells its figures so far when it has been stopped.
            if running.by == Asker::Load {
                effects.push(Effect::Cancel { task });
                continue;
            }
            let failure = Failure::new(crate::mongo::request::FailureKind::Cancelled, "stopped")
                .with_help("refresh to read again");
            self.settled(
                &running.profile,
                task,
                Err(failure),
                std::time::Duration::ZERO,
                effects,
            );
            effects.push(Effect::Cancel { task });
        }
        let mut scope = scope!(self, (*effects));
        scope.info("stopped");
    }

    pub(super) fn quit(&mut self, effects: &mut Vec<Effect>) {
        let unsaved: Vec<String> = self
            .tabs
            .iter()
            .filter_map(|t| t.unsaved())
            .map(|u| u.what)
            .collect();
        let writing: Vec<String> = self
            .tasks
            .values()
            .filter_map(|r| r.writes.clone())
            .collect();
        let exports = self.exports_lost(None);
        if unsaved.is_empty() && writing.is_empty() && exports.is_empty() {
            return self.carry_out(Intent::Quit, effects);
        }
        let mut lines: Vec<String> = Vec::new();
        if !unsaved.is_empty() {
            lines.push(format!(
                "not written: {}; the drafts stay on disk",
                unsaved.join(", ")
            ));
        }
        lines.extend(
            writing
                .iter()
                .map(|w| format!("still under way: {w}; its outcome will not be seen")),
        );
        lines.extend(exports);
        self.overlays
            .push(Overlay::Confirm(Confirm::new("quit?", lines, Intent::Quit)));
    }
}
