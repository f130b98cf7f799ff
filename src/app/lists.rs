//! The lists that the deck opens over its panes: palette, jump, notices, drafts, the log of writes.

use super::command::COMMANDS;
use super::effect::Effect;
use super::journal::{Entry, Written};
use super::overlay::{Intent, Message, Overlay};
use super::picker::{Choice, Item, Picker};
use super::tab::Answer;
use super::update::scope;
use super::words::line;
use super::{App, Command, Context, Focus};
use crate::mongo::request::{ConnectionState, Namespace, ProfileName};

/// How many lines of a draft are shown before it is thrown away.
const DRAFT_LINES: usize = 12;

impl App {
    /// Every command that applies here, by name; then the others.
    pub(super) fn show_palette(&mut self) {
        let context = self.context();
        let (here, elsewhere): (Vec<_>, Vec<_>) =
            COMMANDS.iter().partition(|e| e.command.applies(context));
        // Who looks for a command knows the arrows already.
        let (moving, here): (Vec<_>, Vec<_>) =
            here.into_iter().partition(|e: &&super::command::Entry| {
                let words = ["cursor-", "page-", "half-page-", "focus-", "tab-"];
                words.iter().any(|w| e.name.starts_with(w))
            });
        let items = here
            .into_iter()
            .chain(moving)
            .chain(elsewhere)
            .filter(|e: &&super::command::Entry| e.command != Command::Palette)
            .map(|e| Item::new(e.name, e.help, Choice::Command(e.command)))
            .collect();
        let mut picker = Picker::new("commands", items, "no command by that name");
        picker.takes_arguments = true;
        self.overlays.push(Overlay::Picker(picker));
    }

    /// Every namespace of every connected profile, and the profiles that are not connected.
    pub(super) fn show_jump(&mut self, effects: &mut Vec<Effect>) {
        let empty =
            "no collection by that name; collections still being read are added as they come";
        self.overlays
            .push(Overlay::Picker(Picker::new(JUMP, Vec::new(), empty)));
        self.extend_jump(effects);
    }

    /// Asks for what the jump list lacks, and brings it up to date with what came in.
    pub(super) fn extend_jump(&mut self, effects: &mut Vec<Effect>) {
        let is_jump = |o: &Overlay| matches!(o, Overlay::Picker(p) if p.title == JUMP);
        if !self.overlays.iter().any(is_jump) {
            return;
        }
        let mut scope = scope!(self, (*effects));
        self.tree.read_all(&mut scope);
        let reading = self.tree.is_reading(&self.profiles);
        let items = self.jump_items();
        let some_away = items.iter().any(|i| matches!(i.choice, Choice::Connect(_)));
        let mut picked = None;
        for overlay in &mut self.overlays {
            if let Overlay::Picker(picker) = overlay
                && picker.title == JUMP
            {
                let picking = picker.picking;
                picker.reading = reading;
                if some_away {
                    picker.unmatched = "no collection by that name on the connected profiles; `:connect-all` connects the others";
                }
                if picker.items != items {
                    picker.renew(items.clone());
                    picker.picking = picking;
                }
                if picking && !reading {
                    picker.picking = false;
                    picked = picker.current().map(|i| i.choice.clone());
                }
            }
        }
        let on_top = self.overlays.last().is_some_and(is_jump);
        if let Some(choice) = picked.filter(|_| on_top) {
            self.choose(choice, effects);
        }
    }

    fn jump_items(&self) -> Vec<Item> {
        let mut found: Vec<(ProfileName, Namespace)> = self.tree.namespaces().collect();
        // In the order of the configuration, as in the tree.
        let place = |p: &ProfileName| self.profiles.all.iter().position(|s| s.name == *p);
        found.sort_by(|a, b| (place(&a.0), &a.1).cmp(&(place(&b.0), &b.1)));
        let away = |p: &&super::profiles::ProfileState| {
            matches!(
                p.connection,
                ConnectionState::Closed | ConnectionState::Failed(_)
            )
        };
        let collections = found.into_iter().map(|(profile, namespace)| {
            let own = super::tree::is_servers_own(&namespace.database);
            Item::new(
                format!("{profile} {namespace}"),
                self.tree
                    .size_of(&profile, &namespace)
                    .map(|s| super::words::several(s.documents, "document"))
                    .unwrap_or_default(),
                Choice::Open(profile, namespace),
            )
            .behind(own)
        });
        let profiles = self.profiles.all.iter().filter(away).map(|p| {
            let detail = "not connected: connects, and lists its collections";
            Item::new(p.name.as_str(), detail, Choice::Connect(p.name.clone())).behind(true)
        });
        collections.chain(profiles).collect()
    }

    /// All notices, newest first.
    pub(super) fn show_notices(&mut self) {
        let items = self
            .notices
            .history()
            .iter()
            .enumerate()
            .rev()
            .map(|(i, n)| {
                let age = self.now.since(n.at).as_secs();
                let age = if age < 60 {
                    format!("{age} s ago")
                } else {
                    format!("{} min ago", age / 60)
                };
                Item::new(n.text.clone(), age, Choice::Notice(i))
            })
            .collect();
        self.overlays.push(Overlay::Picker(Picker::new(
            "notices",
            items,
            "nothing was said so far",
        )));
    }

    /// Drafts of earlier runs.
    pub(super) fn show_drafts(&mut self) {
        let items = self
            .drafts
            .iter()
            .map(|d| {
                let first = d.text.lines().take(4).collect::<Vec<_>>().join(" ");
                let detail = format!(
                    "{} {}",
                    d.profile,
                    first.chars().take(60).collect::<String>()
                );
                Item::new(d.namespace.clone(), detail, Choice::Draft(d.id.clone()))
            })
            .collect();
        self.overlays.push(Overlay::Picker(Picker::new(
            "drafts",
            items,
            "no draft of an earlier run",
        )));
    }

    /// The writes of this session, newest first.
    pub(super) fn show_log(&mut self) {
        let document = |e: &Entry| {
            let what = match (&e.before, &e.after) {
                (Some(_), Some(_)) => "changed",
                (None, _) => "inserted",
                (Some(_), None) => "deleted",
            };
            let id = line(e.id.as_raw_bson_ref());
            Item::new(
                format!("{what} {} {id}", e.namespace),
                e.profile.to_string(),
                Choice::Nothing,
            )
        };
        let items: Vec<Item> = self
            .journal
            .writes()
            .rev()
            .flat_map(|written| match written {
                Written::Documents(entries) => entries.iter().rev().map(document).collect(),
                Written::Statement(ran) => vec![Item::new(
                    format!("{}: {}", ran.outcome, ran.text),
                    ran.profile.to_string(),
                    Choice::Nothing,
                )],
            })
            .collect();
        self.overlays.push(Overlay::Picker(Picker::new(
            "writes of this session",
            items,
            "nothing was written",
        )));
    }

    /// Does what a picked item stands for.
    pub(super) fn choose(&mut self, choice: Choice, effects: &mut Vec<Effect>) {
        match choice {
            Choice::Column(tab, path) => {
                // The list stays open, so that several columns can be chosen in a row.
                self.tell_tab(tab, Answer::Column(path.clone()), effects);
                if let Some(Overlay::Picker(picker)) = self.overlays.last_mut() {
                    for item in &mut picker.items {
                        if item.choice == Choice::Column(tab, path.clone()) {
                            item.marked = item.marked.map(|m| !m);
                        }
                    }
                }
                return;
            }
            Choice::Connect(profile) => {
                // The list stays open: what was typed to narrow it finds what comes in.
                self.connect(&profile, effects);
                return;
            }
            Choice::Notice(place) => {
                if let Some(notice) = self.notices.history().get(place) {
                    let text = match notice.detail.is_empty() {
                        true => notice.text.clone(),
                        false => format!("{}\n\n{}", notice.text, notice.detail),
                    };
                    self.overlays.push(Overlay::Message(Message {
                        title: "notice".into(),
                        text,
                        first: 0,
                    }));
                }
                return;
            }
            Choice::Broken(place) => {
                if let Some(problem) = self.saved.shelf.problems.get(place) {
                    self.overlays.push(Overlay::Message(Message {
                        title: "this file cannot be used".into(),
                        text: problem.clone(),
                        first: 0,
                    }));
                }
                return;
            }
            _ => {}
        }
        let argument = match self.overlays.pop() {
            Some(Overlay::Picker(picker)) => picker.argument().map(|(c, a)| (c, a.to_owned())),
            _ => None,
        };
        match choice {
            Choice::Command(command) => match argument {
                Some((of, argument)) if of == command => {
                    self.command_with(command, &argument, effects);
                }
                _ => self.command(command, effects),
            },
            Choice::Saved(name) => self.open_saved(&name, None, effects),
            Choice::SavedOn(name, profile) => self.open_saved(&name, Some(profile), effects),
            Choice::Open(profile, namespace) => {
                let mut scope = scope!(self, (*effects));
                self.tree.reveal(&mut scope, &profile, &namespace);
                effects.extend(self.open_tab(&profile, namespace));
            }
            Choice::Draft(id) => self.resume(&id, effects),
            Choice::Path(tab, path) => self.tell_tab(tab, Answer::GoTo(path), effects),
            Choice::Fix(tab, fix) => self.tell_tab(tab, Answer::Fix(fix), effects),
            Choice::QueryText(tab, text) => self.tell_tab(tab, Answer::QueryText(text), effects),
            Choice::Code(tab, language) => self.tell_tab(tab, Answer::Code(language), effects),
            Choice::Stage(tab, at, name) => self.tell_tab(tab, Answer::Stage(at, name), effects),
            Choice::Mend(tab, kind) => self.tell_tab(tab, Answer::Mend(kind), effects),
            Choice::Validator(tab, level, action) => {
                self.tell_tab(tab, Answer::Validator(level, action), effects);
            }
            Choice::Kind(tab, alias) => self.tell_tab(tab, Answer::Kind(alias), effects),
            Choice::Column(..)
            | Choice::Connect(_)
            | Choice::Notice(_)
            | Choice::Broken(_)
            | Choice::Nothing => {}
        }
    }

    /// Opens a draft of an earlier run.
    fn resume(&mut self, id: &crate::config::state::DraftId, effects: &mut Vec<Effect>) {
        let Some(draft) = self.draft(id).cloned() else {
            return;
        };
        let profile = ProfileName::new(&draft.profile);
        let namespace = Namespace::parse(&draft.namespace);
        let (Some(namespace), true) = (namespace, self.profiles.get(&profile).is_some()) else {
            let lines = vec![
                format!("its profile `{profile}` is not configured any more."),
                "Its text is lost if it is thrown away:".to_owned(),
            ];
            let shown = draft
                .text
                .lines()
                .take(DRAFT_LINES)
                .map(|l| format!("  {l}"));
            let lines: Vec<String> = lines.into_iter().chain(shown).collect();
            let question = super::overlay::Confirm::new(
                "throw the draft away?",
                lines,
                Intent::RemoveDraft(id.clone()),
            );
            self.overlays.push(Overlay::Confirm(question));
            return;
        };
        self.drafts.retain(|d| d.id != *id);
        self.connect(&profile, effects);
        effects.extend(self.open_tab(&profile, namespace));
        if let Some(super::Tab::Documents(tab)) = self.tabs.get_mut(self.active) {
            let mut scope = scope!(self, (*effects));
            tab.resume(&mut scope, draft);
        }
        self.focus = Focus::Main;
    }

    /// The contexts whose keys help shows: the one it was asked in, then those that hold everywhere.
    #[must_use]
    pub fn help_contexts(context: Context) -> Vec<Context> {
        let mut contexts = vec![context, Context::Global];
        contexts.extend(Context::ALL);
        let mut seen = std::collections::HashSet::new();
        contexts.retain(|c| seen.insert(*c));
        contexts
    }
}

/// The title of the jump list, by which it is found again when more collections come in.
const JUMP: &str = "go to a collection";
