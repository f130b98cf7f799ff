//! The way of a message: to the overlay on top, else to the focused pane, else to the deck itself.

mod hand;
mod leaving;
mod reports;

use super::effect::Effect;
use super::help::Help;
use super::monitor::Panel;
use super::msg::Msg;
use super::overlay::{Confirm, Intent, Outcome, Overlay, Purpose};
use super::regions::{BOTH_PANES, scrolled};
use super::scope::{Asker, Moment, Scope, TabId};
use super::tab::Tab;
use super::tab::{Answer, Destination, Handled};
use super::tree::Wish;
use super::{App, Command, Focus, Wanted};
use crate::config::state::WriteRecord;
use crate::mongo::request::{Access, Failure, ProfileName, Reply, TogetherOutcome, WriteOutcome};

/// Borrows the shared parts of the state, leaving the panes free to be changed beside them.
macro_rules! scope {
    ($app:ident, $effects:expr) => {
        $crate::app::scope::Scope {
            now: $app.now,
            ids: &mut $app.ids,
            tasks: &mut $app.tasks,
            effects: &mut $effects,
            notices: &mut $app.notices,
            overlays: &mut $app.overlays,
            profiles: &$app.profiles,
            models: &$app.models,
            journal: &mut $app.journal,
            layouts: &mut $app.layouts,
            history: &mut $app.history,
            saved: &mut $app.saved,
            drafts: &mut $app.drafts,
            regions: &$app.regions,
            destinations: &mut $app.destinations,
        }
    };
}
pub(super) use scope;

impl App {
    /// Takes a message, and gives what follows from it.
    pub fn update(&mut self, now: Moment, msg: Msg) -> Vec<Effect> {
        self.now = self.now.max(now);
        let mut effects = Vec::new();
        match msg {
            Msg::Command(command) => self.command(command, &mut effects),
            Msg::Typed(input) => self.typed(input, &mut effects),
            Msg::Pasted(text) => self.pasted(&text, &mut effects),
            Msg::Mouse(mouse) => self.mouse(mouse, &mut effects),
            Msg::Resized(columns, rows) => self.size = (columns, rows),
            Msg::Report(report) => self.report(*report, &mut effects),
            Msg::Drawn(regions) => self.drawn(regions, &mut effects),
            Msg::EditedExternally { tab, result } => {
                if let Some(tab) = self.tabs.iter_mut().find(|t| t.id() == tab) {
                    let mut scope = scope!(self, effects);
                    tab.edited_externally(&mut scope, result);
                }
            }
            Msg::Models { library, problems } => {
                self.models = library;
                let mut scope = scope!(self, effects);
                for tab in &mut self.tabs {
                    tab.models_read(&mut scope);
                }
                match problems.is_empty() {
                    true => scope.info(format!("read {} models", scope.models.models.len())),
                    false => problems.into_iter().for_each(|p| scope.warn(p)),
                }
                self.tree.rebuild(&self.profiles, &self.models);
            }
            Msg::Paths { text, found } => self.paths_found(&text, found),
            Msg::Queries(shelf) => self.queries_read(shelf),
            Msg::QuerySaved { tab, result } => {
                self.tell_tab(tab, Answer::Saved(result), &mut effects);
            }
            Msg::Drafts(drafts) => {
                if !drafts.is_empty() {
                    let mut scope = scope!(self, effects);
                    let n = drafts.len() as u64;
                    scope.warn(format!(
                        "{} not written in an earlier run: `drafts` in the palette",
                        super::words::several(n, "draft")
                    ));
                }
                self.drafts.extend(drafts);
            }
            Msg::Trouble { text, detail } => {
                self.notices
                    .say(self.now, super::notice::Level::Error, text, detail)
            }
            Msg::Information(text) => {
                let mut scope = scope!(self, effects);
                scope.info(text);
            }
            Msg::Leaving => {
                let mut scope = scope!(self, effects);
                for tab in &mut self.tabs {
                    tab.keep_draft(&mut scope);
                }
                self.keep_session(&mut effects);
            }
            Msg::Tick => {
                let mut scope = scope!(self, effects);
                for tab in &mut self.tabs {
                    tab.tick(&mut scope);
                }
                self.ask_standings(&mut effects);
            }
        }
        for destination in std::mem::take(&mut self.destinations) {
            // Another panel of the monitor in front is no other place.
            let stays = matches!(
                (&destination, self.tab()),
                (Destination::Monitor { profile, .. }, Some(Tab::Monitor(monitor)))
                    if monitor.at.profile == *profile
            );
            if !stays {
                self.leave_here();
            }
            self.go_to(destination, &mut effects);
        }
        self.tell_front(&mut effects);
        effects
    }

    /// Tells tabs which of them is on the screen, where that changed.
    fn tell_front(&mut self, effects: &mut Vec<Effect>) {
        let drawn = self.focus == Focus::Main || self.size.0 >= BOTH_PANES;
        let front = self.tab().filter(|_| drawn).map(|t| t.id());
        if front == self.front {
            return;
        }
        let before = std::mem::replace(&mut self.front, front);
        let mut scope = scope!(self, (*effects));
        for tab in &mut self.tabs {
            if Some(tab.id()) == before {
                tab.hidden(&mut scope);
            } else if Some(tab.id()) == front {
                tab.shown(&mut scope);
            }
        }
    }

    fn drawn(&mut self, regions: super::regions::Regions, effects: &mut Vec<Effect>) {
        if regions == self.regions {
            return;
        }
        self.regions = regions;
        self.tree.first = scrolled(self.tree.first, self.tree.cursor(), self.regions.tree_rows);
        if let Some(tab) = self.tabs.get_mut(self.active) {
            let mut scope = scope!(self, (*effects));
            tab.drawn(&mut scope);
        }
    }

    pub(super) fn command(&mut self, command: Command, effects: &mut Vec<Effect>) {
        let mut own = Vec::new();
        self.notices.dismiss();
        if self.overlay_command(command, &mut own) == Handled::No
            && self.pane_command(command, &mut own) == Handled::No
        {
            self.deck_command(command, &mut own);
        }
        effects.append(&mut own);
    }

    fn overlay_command(&mut self, command: Command, effects: &mut Vec<Effect>) -> Handled {
        let rows = self.regions.overlay_rows;
        let Some(overlay) = self.overlays.last_mut() else {
            return Handled::No;
        };
        if let (Overlay::Details(details), Command::Refresh) = (&mut *overlay, command) {
            let (profile, namespace) = (details.profile.clone(), details.namespace.clone());
            self.overlays.pop();
            self.show_details(&profile, namespace, effects);
            return Handled::Yes;
        }
        let everywhere = matches!(
            command,
            Command::Suspend | Command::Redraw | Command::ThemeNext
        );
        match overlay {
            _ if everywhere => {}
            Overlay::Referrers(_) => {
                self.referrers_command(command, effects);
                return Handled::Yes;
            }
            Overlay::Status(_) => {
                self.status_command(command, effects);
                return Handled::Yes;
            }
            Overlay::Deletion(_) => {
                self.deletion_command(command, effects);
                return Handled::Yes;
            }
            Overlay::Export(_) => {
                self.export_command(command, effects);
                return Handled::Yes;
            }
            _ => {}
        }
        match overlay.command(command, rows) {
            Outcome::Kept => {}
            Outcome::Ignored => return Handled::No,
            Outcome::Closed => {
                self.overlays.pop();
            }
            Outcome::Agreed(intent) => {
                self.overlays.pop();
                self.carry_out(intent, effects);
            }
            Outcome::Chosen(choice) => self.choose(choice, effects),
            Outcome::Answered => self.answered(effects),
        }
        // Leaving, suspending and redrawing work from everywhere.
        match command {
            Command::Suspend | Command::Redraw | Command::ThemeNext => Handled::No,
            _ => Handled::Yes,
        }
    }

    fn pane_command(&mut self, command: Command, effects: &mut Vec<Effect>) -> Handled {
        match (self.focus, self.tabs.get_mut(self.active)) {
            (Focus::Tree, _) => {
                let mut scope = scope!(self, (*effects));
                let wish = if self.tree.filtering {
                    self.tree.filter_command(&mut scope, command)
                } else {
                    self.tree.command(&mut scope, command)
                };
                match wish {
                    Wish::Nothing => Handled::Yes,
                    Wish::Open(profile, namespace) => {
                        effects.extend(self.open_tab(&profile, namespace));
                        Handled::Yes
                    }
                    Wish::Ignored => self.tree_command(command, effects),
                }
            }
            (Focus::Main, Some(tab)) => {
                let mut scope = scope!(self, (*effects));
                tab.command(&mut scope, command)
            }
            (Focus::Main, None) => self.profile_list_command(command, effects),
        }
    }

    fn profile_list_command(&mut self, command: Command, effects: &mut Vec<Effect>) -> Handled {
        let last = self.profiles.all.len().saturating_sub(1);
        self.profile_cursor = match command {
            Command::CursorUp => self.profile_cursor.saturating_sub(1),
            Command::CursorDown => (self.profile_cursor + 1).min(last),
            Command::CursorFirst | Command::PageUp | Command::HalfPageUp => 0,
            Command::CursorLast | Command::PageDown | Command::HalfPageDown => last,
            Command::Open | Command::Accept | Command::Connect | Command::CursorRight => {
                let Some(profile) = self
                    .profiles
                    .all
                    .get(self.profile_cursor)
                    .map(|p| p.name.clone())
                else {
                    return Handled::Yes;
                };
                self.connect(&profile, effects);
                let mut scope = scope!(self, (*effects));
                self.tree.open_profile(&mut scope, &profile);
                if command != Command::Connect {
                    let database = self.profiles.get(&profile).and_then(|p| p.database.clone());
                    if let Some(database) = database {
                        self.want(&profile, database, effects);
                    }
                    self.focus = Focus::Tree;
                }
                return Handled::Yes;
            }
            Command::Disconnect => {
                if let Some(profile) = self.profiles.all.get(self.profile_cursor) {
                    effects.push(Effect::Disconnect {
                        profile: profile.name.clone(),
                    });
                }
                return Handled::Yes;
            }
            _ => return Handled::No,
        };
        Handled::Yes
    }

    /// Opens a database in the tree now, or as soon as its profile answers.
    fn want(&mut self, profile: &ProfileName, database: String, effects: &mut Vec<Effect>) {
        if self.profiles.answers(profile) {
            let mut scope = scope!(self, (*effects));
            self.tree.open_database(&mut scope, profile, &database);
        } else {
            self.wanted.push(Wanted {
                profile: profile.clone(),
                database,
            });
        }
    }

    pub(super) fn connect(&mut self, profile: &ProfileName, effects: &mut Vec<Effect>) {
        let connected = self.profiles.answers(profile);
        if !connected {
            effects.push(Effect::Connect {
                profile: profile.clone(),
            });
        }
    }

    fn deck_command(&mut self, command: Command, effects: &mut Vec<Effect>) {
        match command {
            Command::FocusTree => self.turn_to_tree(effects),
            Command::FocusMain => self.focus = Focus::Main,
            Command::FocusNext | Command::FocusPrevious => match self.focus {
                Focus::Tree => self.focus = Focus::Main,
                Focus::Main => self.turn_to_tree(effects),
            },
            Command::Help => {
                let context = self.context();
                self.overlays.push(Overlay::Help(Help::new(context)));
            }
            Command::Palette => self.show_palette(),
            Command::Jump => self.show_jump(effects),
            Command::Queries => self.show_queries("", effects),
            Command::Notices => self.show_notices(),
            Command::Log => self.show_log(),
            Command::Status => self.show_status(effects),
            Command::ConnectAll => self.connect_all(effects),
            Command::CloseAll => self.close_all(effects),
            Command::Load => self.ask_load(effects),
            Command::Drafts => self.show_drafts(),
            Command::Models => {
                if let Some(profile) = self.current_profile() {
                    self.destinations.push(Destination::Models {
                        profile,
                        namespace: None,
                    });
                }
            }
            Command::NextTrouble | Command::PreviousTrouble => {
                self.show_status(effects);
                self.status_command(command, effects);
            }
            Command::Monitor => self.open_monitor(None),
            command if Panel::of(command).is_some() => self.open_monitor(Panel::of(command)),
            Command::TabNext => self.turn_to((self.active + 1) % self.tabs.len().max(1)),
            Command::TabPrevious => {
                self.turn_to((self.active + self.tabs.len().max(1) - 1) % self.tabs.len().max(1))
            }
            Command::CloseTab => self.close_tab_asked(effects),
            Command::Cancel => self.cancel(effects),
            Command::Back => self.turn_to_tree(effects),
            Command::Quit => self.quit(effects),
            Command::Suspend => effects.push(Effect::Suspend),
            Command::Redraw => effects.push(Effect::Redraw),
            Command::ThemeNext => effects.push(Effect::NextTheme),
            Command::MouseToggle => effects.push(Effect::ToggleMouse),
            Command::StopExport => {
                if !self.stop_export(effects) {
                    let mut scope = scope!(self, (*effects));
                    scope.info("nothing is being exported");
                }
            }
            Command::UndoWrite => self.undo_write_asked(),
            Command::GoBack => self.go_along(true, effects),
            Command::GoForward => self.go_along(false, effects),
            Command::Unlock => self.unlock(effects),
            Command::Lock => {
                if let Some(profile) = self.current_profile() {
                    effects.push(Effect::Lock { profile });
                }
            }
            command => match command.tab_number() {
                Some(n) if n <= self.tabs.len() => self.turn_to(n - 1),
                Some(_) => {}
                None => {
                    let context = self.context().name();
                    let mut scope = scope!(self, (*effects));
                    scope.info(format!(
                        "`{}` does nothing here (in the {context})",
                        command.name()
                    ));
                }
            },
        }
    }

    fn open_monitor(&mut self, panel: Option<Panel>) {
        if let Some(profile) = self.current_profile() {
            self.destinations
                .push(Destination::Monitor { profile, panel });
        }
    }

    /// Gives the tree the keys, with the cursor on what the tab in front shows.
    fn turn_to_tree(&mut self, effects: &mut Vec<Effect>) {
        if self.focus == Focus::Tree {
            return;
        }
        self.focus = Focus::Tree;
        let Some(shown) = self.documents() else {
            return;
        };
        let (profile, namespace) = (shown.profile.clone(), shown.namespace.clone());
        let mut scope = scope!(self, (*effects));
        self.tree.reveal(&mut scope, &profile, &namespace);
        self.tree.first = scrolled(self.tree.first, self.tree.cursor(), self.regions.tree_rows);
    }

    /// The profile of what is shown: the tab in front, else what the focused pane is about.
    #[must_use]
    pub fn shown_profile(&self) -> Option<ProfileName> {
        match self.tab() {
            Some(tab) => Some(tab.profile().clone()),
            None => self.current_profile(),
        }
    }

    /// The profile that the focused pane is about.
    #[must_use]
    pub fn current_profile(&self) -> Option<ProfileName> {
        match self.focus {
            Focus::Tree => self.tree.current().map(|r| r.node.profile().clone()),
            Focus::Main => match self.tab() {
                Some(tab) => Some(tab.profile().clone()),
                None => self
                    .profiles
                    .all
                    .get(self.profile_cursor)
                    .map(|p| p.name.clone()),
            },
        }
    }

    fn unlock(&mut self, effects: &mut Vec<Effect>) {
        let Some(profile) = self.current_profile() else {
            return;
        };
        let Some(state) = self.profiles.get(&profile) else {
            return;
        };
        if state.access == Access::ReadWrite {
            let mut scope = scope!(self, (*effects));
            scope.info(format!("profile `{profile}` may be written to already"));
        } else if state.read_only {
            let text = state.write_refusal().unwrap_or_default();
            let mut scope = scope!(self, (*effects));
            scope.warn(text);
        } else {
            let lasts = super::words::whole(state.unlock_for);
            let lines = vec![
                format!("profile `{profile}` is a production deployment."),
                format!("Writing is allowed for {lasts}, then forbidden again."),
                format!("Type the profile's name, `{profile}`, to unlock it."),
            ];
            let question = Confirm::new("allow writing?", lines, Intent::Unlock(profile.clone()));
            self.overlays
                .push(Overlay::Confirm(question.typed(profile.as_str())));
        }
    }

    /// Does what a question's *Yes* stands for.
    pub(super) fn carry_out(&mut self, intent: Intent, effects: &mut Vec<Effect>) {
        match intent {
            Intent::Administration {
                profile,
                request,
                what,
            } => {
                let mut scope = scope!(self, (*effects));
                scope.ask_write(Asker::Administration(what.clone()), &profile, request, what);
            }
            Intent::Unlock(profile) => {
                let lasts = self
                    .profiles
                    .get(&profile)
                    .map(|p| p.unlock_for)
                    .unwrap_or_default();
                effects.push(Effect::Unlock { profile, lasts });
            }
            Intent::CloseTab(id) => self.close_tab(id, effects),
            Intent::DeleteDocument(id) => self.tell_tab(id, Answer::DeleteDocument, effects),
            Intent::DiscardDraft(id) => self.tell_tab(id, Answer::DiscardDraft, effects),
            Intent::Override(id) => self.tell_tab(id, Answer::Override, effects),
            Intent::TakeTheirs(id) => self.tell_tab(id, Answer::TakeTheirs, effects),
            Intent::RunStatement(id) => self.tell_tab(id, Answer::RunStatement, effects),
            Intent::Proceed(id) => self.tell_tab(id, Answer::Proceed, effects),
            Intent::RemoveDraft(id) => {
                self.drafts.retain(|d| d.id != id);
                effects.push(Effect::RemoveDraft(id));
            }
            Intent::Export(mut wanted) => {
                wanted.export.replace = true;
                self.begin_export(*wanted, effects);
            }
            Intent::UndoWrite => self.undo_write(effects),
            Intent::Quit => {
                let mut scope = scope!(self, (*effects));
                for tab in &mut self.tabs {
                    tab.keep_draft(&mut scope);
                }
                self.keep_session(effects);
                self.quitting = true;
                effects.push(Effect::Quit);
            }
        }
    }

    /// Gives a tab an overlay's answer; a refusal becomes a notice.
    pub(super) fn tell_tab(&mut self, id: TabId, answer: Answer, effects: &mut Vec<Effect>) {
        let Some(tab) = self.tabs.iter_mut().find(|t| t.id() == id) else {
            return;
        };
        let mut scope = scope!(self, (*effects));
        if let Err(problem) = tab.answer(&mut scope, answer) {
            scope.warn(problem);
        }
    }

    fn answered(&mut self, effects: &mut Vec<Effect>) {
        if let Some(Overlay::Form(_)) = self.overlays.last() {
            return self.form_answered(effects);
        }
        let Some(Overlay::Prompt(prompt)) = self.overlays.last() else {
            return;
        };
        let (purpose, text) = (prompt.purpose.clone(), prompt.field.text().to_owned());
        let problem = match purpose {
            Purpose::Sort(id) => self.tab_answer(id, Answer::Sort(text), effects).err(),
            Purpose::Search(id) => self.tab_answer(id, Answer::Search(text), effects).err(),
            Purpose::Watch(id) => self.tab_answer(id, Answer::Watch(text), effects).err(),
            Purpose::EventFile(id) => self.tab_answer(id, Answer::EventFile(text), effects).err(),
            Purpose::SaveView(id) => self.tab_answer(id, Answer::SaveView(text), effects).err(),
            Purpose::Load(profile) => self.load_answered(profile, &text, effects).err(),
            purpose => return self.administration_answered(purpose, &text, effects),
        };
        match (problem, self.overlays.last_mut()) {
            (None, _) => {
                self.overlays.pop();
            }
            (Some(problem), Some(Overlay::Prompt(prompt))) => prompt.problem = Some(problem),
            (Some(_), _) => {}
        }
    }

    pub(super) fn tab_answer(
        &mut self,
        id: TabId,
        answer: Answer,
        effects: &mut Vec<Effect>,
    ) -> Result<(), String> {
        let Some(tab) = self.tabs.iter_mut().find(|t| t.id() == id) else {
            return Ok(());
        };
        let mut scope = scope!(self, (*effects));
        tab.answer(&mut scope, answer)
    }
}

/// Says what became of a write whose asker is gone.
pub(super) fn tell_write(scope: &mut Scope<'_>, what: &str, result: &Result<Reply, Failure>) {
    match result {
        Ok(Reply::Written(WriteOutcome::Conflict { .. })) => {
            scope.warn(format!(
                "not done: {what}: the document had changed meanwhile"
            ));
        }
        Ok(Reply::Together(TogetherOutcome::Conflict { .. })) => scope.warn(format!(
            "not done: {what}: one of the documents had changed meanwhile"
        )),
        Ok(Reply::Together(TogetherOutcome::Present { .. })) => scope.warn(format!(
            "not done: {what}: further documents refer to it by now"
        )),
        Ok(_) => scope.info(format!("done: {what}")),
        Err(failure) => {
            let mut failure = failure.clone();
            failure.summary = format!("{what}: {}", failure.summary);
            scope.fail(&failure);
        }
    }
}

/// A line of the log of writes.
pub(super) fn record(
    now: Moment,
    profile: &ProfileName,
    namespace: impl ToString,
    what: &str,
    outcome: String,
) -> WriteRecord {
    WriteRecord {
        at: now.0,
        profile: profile.to_string(),
        namespace: namespace.to_string(),
        what: what.to_owned(),
        id: String::new(),
        paths: Vec::new(),
        overridden: Vec::new(),
        statement: String::new(),
        outcome,
    }
}
