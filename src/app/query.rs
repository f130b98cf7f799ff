//! A tab that holds query text and what it came to: the text above, the result below.
//!
//! The text may hold several statements; the one under the cursor, or what is selected, is run. Documents are shown by
//! the same pictures as those of a collection. Nothing is written that was not confirmed, and what runs can always be
//! stopped. What is typed is in [`text`], running and stopping in [`running`], writes in [`asking`].

use std::time::Duration;

use super::command::Command;
use super::context::Context;
use super::documents::{Documents, Handled, View};
use super::field::Field;
use super::overlay::{Overlay, Prompt, Purpose};
use super::regions::Hit;
use super::scope::{Moment, Scope, TabId};
use super::tab::{Answer, Pane as _};
use crate::mongo::request::{Failure, Namespace, ProfileName};

pub mod asking;
pub mod completing;
pub mod explaining;
pub mod find;
pub mod form;
pub mod history;
mod laying;
pub mod opening;
mod pane;
mod pouring;
pub mod preview;
pub mod running;
pub mod saved;
pub mod stages;
mod staging;
mod telling;
pub mod text;
mod viewing;

use running::{Running, Watch};
use text::{Around, Chosen, QueryText};

/// Which part of the tab has the keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The text.
    Text,
    /// What it came to.
    Results,
    /// The list of stages.
    Stages,
}

/// What a statement came to.
#[derive(Debug, Default)]
pub struct Results {
    /// The documents, or the value as documents.
    pub documents: Option<Box<Documents>>,
    /// What is to be said of it in a line: what was written, a count.
    pub headline: Option<String>,
    /// What did not work of it, line by line.
    pub problems: Vec<String>,
    /// How the server runs it, where that was asked.
    pub explained: Option<explaining::Explained>,
    /// Why there is nothing.
    pub failure: Option<Failure>,
    /// What was run, in a line.
    pub of: String,
    /// When it was read.
    pub at: Option<Moment>,
    /// How long it took until the first of it was there.
    pub took: Option<Duration>,
}

/// Query text and what it came to.
#[derive(Debug)]
pub struct Query {
    /// The tab.
    pub tab: TabId,
    /// The profile.
    pub profile: ProfileName,
    /// The current database.
    pub database: String,
    /// The collection that a bare filter or pipeline is about.
    pub collection: Option<String>,
    /// The text.
    pub text: QueryText,
    /// Which part has the keys.
    pub part: Part,
    /// How much of the height the text has, in percent.
    pub share: u16,
    /// What the last statement came to; while another runs, still what was before.
    pub results: Results,
    /// What runs.
    pub running: Option<Running>,
    /// A statement that waits for an answer, or for the figures that the question needs.
    asked: Option<asking::Asked>,
    /// What was run last.
    last: Option<Chosen>,
    /// The saved query that the text was opened from or saved as.
    pub held: Option<saved::Held>,
    /// The parameters of the text, and what they stand for.
    pub bound: saved::Bound,
    /// A query that is being saved.
    saving: Option<saved::Saving>,
    /// The statement as a form, once it was shown so.
    pub form: Option<Box<find::FindForm>>,
    /// Whether it is run again and again.
    pub watch: Option<Watch>,
    /// The stages of the pipeline at the cursor, and what comes out of them.
    pub stages: stages::Stages,
    /// The list of what can stand at the cursor, while it is open.
    pub list: Option<completing::List>,
    known: completing::Known,
}

/// The least and the greatest share of the text.
const SHARES: (u16, u16) = (15, 85);
/// By how much the share changes at a time.
const STEP: u16 = 10;

impl Query {
    fn around(&self, now: Moment) -> Around<'_> {
        Around {
            database: &self.database,
            collection: self.collection.as_deref(),
            parameters: &self.bound.values,
            now,
        }
    }

    /// The context of the keys.
    #[must_use]
    pub fn context(&self) -> Context {
        match (self.part, &self.results.documents) {
            (Part::Results, Some(documents)) => documents.context(),
            (Part::Stages, _) => Context::Stages,
            _ => Context::Query,
        }
    }

    /// Whether a document of the result is being edited.
    #[must_use]
    pub fn is_editing(&self) -> bool {
        self.part == Part::Results
            && (self.results.documents.as_ref()).is_some_and(|d| d.editor.is_some())
    }

    /// Takes a command.
    pub fn command(&mut self, scope: &mut Scope<'_>, command: Command) -> Handled {
        match self.part {
            _ if self.is_editing() => self.results_command(scope, command),
            Part::Results => match self.both_command(scope, command) {
                Handled::Yes => Handled::Yes,
                Handled::No => self.results_command(scope, command),
            },
            Part::Stages => match self.both_command(scope, command) {
                Handled::Yes => Handled::Yes,
                Handled::No => self.stages_command(scope, command),
            },
            Part::Text => match self.both_command(scope, command) {
                Handled::Yes => Handled::Yes,
                Handled::No => self.text_command(scope, command),
            },
        }
    }

    /// What holds in the text and in the result.
    fn both_command(&mut self, scope: &mut Scope<'_>, command: Command) -> Handled {
        match command {
            Command::QueryRun if self.has_form() => self.run_form(scope),
            Command::QueryRun => self.run(scope),
            Command::Cancel if self.is_busy() => self.stop(scope),
            Command::Back if self.running.is_some() => self.stop(scope),
            Command::QueryTaller => self.share = (self.share + STEP).min(SHARES.1),
            Command::QueryShorter => self.share = self.share.saturating_sub(STEP).max(SHARES.0),
            Command::Watch => self.prompt_watch(scope),
            Command::Explain => self.explain(scope),
            Command::StageList => self.turn_stages(scope),
            Command::SaveView => self.save_view(scope),
            Command::History => self.list_history(scope),
            Command::Parameters => self.ask_parameters(scope),
            Command::SaveQuery => self.save_asked(scope),
            Command::FindForm => self.turn_form(scope),
            Command::CopyCode => self.list_languages(scope),
            Command::Chart if self.part == Part::Text => match &mut self.results.documents {
                Some(documents) => {
                    documents.show_chart(scope, None);
                    self.part = Part::Results;
                }
                None => scope.info("run a statement first: what it gives is drawn"),
            },
            Command::Export => match &self.results.documents {
                Some(documents) => documents.export(scope),
                None => scope.info("run a statement first: what it gives is exported"),
            },
            Command::Query if self.part != Part::Stages => {
                self.part = match self.part {
                    Part::Text if self.results.documents.is_some() => Part::Results,
                    _ => Part::Text,
                }
            }
            _ => return Handled::No,
        }
        Handled::Yes
    }

    fn text_command(&mut self, scope: &mut Scope<'_>, command: Command) -> Handled {
        if self.has_form() {
            return self.form_command(scope, command);
        }
        let open = self.list.take();
        match command {
            Command::Back if open.is_some() => {}
            Command::Complete => self.complete_asked(scope),
            Command::Format => self.lay_out(scope),
            Command::StagePreview => self.preview(scope),
            Command::StageUp
            | Command::StageDown
            | Command::StageToggle
            | Command::StageDuplicate => self.stage_command(scope, command),
            Command::Back if self.stages.shown => self.hide_stages(scope),
            Command::Back => {
                if self.results.documents.is_none() {
                    return Handled::No;
                }
                self.part = Part::Results;
            }
            Command::Undo | Command::Redo => {
                let done = match command {
                    Command::Undo => self.text.buffer.undo(),
                    _ => self.text.buffer.redo(),
                };
                match done {
                    true => self.changed(scope),
                    false => scope.info("there is nothing more to take back or to repeat"),
                }
            }
            Command::Comment => {
                self.text.toggle_comment();
                self.changed(scope);
            }
            Command::EditExternal => self.edit_externally(scope),
            Command::Search => scope.overlays.push(Overlay::Prompt(Prompt {
                title: "search in the text".to_owned(),
                hint: "small letters also find capitals".to_owned(),
                field: Field::new(&self.text.buffer.searched),
                problem: None,
                purpose: Purpose::Search(self.tab),
            })),
            Command::SearchNext | Command::SearchPrevious => {
                let text = self.text.buffer.searched.clone();
                if let Err(problem) = self.search(scope, &text, command == Command::SearchNext) {
                    scope.info(problem);
                }
            }
            Command::NextViolation | Command::PreviousViolation => {
                match self.text.to_problem(command == Command::NextViolation) {
                    true => self.keep_in_sight(scope),
                    false => scope.info("nothing is wrong with the text"),
                }
            }
            _ => return Handled::No,
        }
        Handled::Yes
    }

    fn results_command(&mut self, scope: &mut Scope<'_>, command: Command) -> Handled {
        let editing = self.is_editing();
        let reading = self.is_busy();
        let Some(documents) = &self.results.documents else {
            self.part = Part::Text;
            return self.text_command(scope, command);
        };
        let in_table = documents.view == View::Table;
        if !editing && self.results.explained.is_some() && self.plan_command(scope, command) {
            return Handled::Yes;
        }
        let Some(documents) = &mut self.results.documents else {
            return Handled::No;
        };
        match command {
            _ if editing => return documents.command(scope, command),
            Command::Refresh => self.run_again(scope),
            Command::Back if reading => self.stop(scope),
            Command::Back if in_table => self.part = Part::Text,
            Command::Filter | Command::ClearFilter | Command::Sort | Command::SortColumn => {
                scope.info("the statement says which documents, in which order: change it above");
                self.part = Part::Text;
            }
            command => return documents.command(scope, command),
        }
        Handled::Yes
    }

    fn search(&mut self, scope: &mut Scope<'_>, text: &str, onward: bool) -> Result<(), String> {
        if text.is_empty() {
            return Err("there is nothing to search for".to_owned());
        }
        let found = self.text.buffer.search(text, onward);
        self.keep_in_sight(scope);
        match found {
            true => Ok(()),
            false => Err(format!("`{text}` is not in the text")),
        }
    }

    /// The text changed.
    fn changed(&mut self, scope: &mut Scope<'_>) {
        if self.text.buffer.bytes() <= text::AT_ONCE {
            self.bind(scope.now);
        }
        let around = Around {
            database: &self.database,
            collection: self.collection.as_deref(),
            parameters: &self.bound.values,
            now: scope.now,
        };
        self.text.changed(around);
        self.keep_in_sight(scope);
    }

    fn keep_in_sight(&mut self, scope: &Scope<'_>) {
        let (rows, width) = (scope.regions.text_rows, scope.regions.text_width);
        if rows > 0 {
            // Before the first frame nobody knows what is in sight.
            self.text.buffer.keep_in_sight(rows, width.max(8));
        }
    }

    fn edit_externally(&mut self, scope: &mut Scope<'_>) {
        scope.effects.push(super::Effect::EditExternally {
            tab: self.tab,
            text: self.text.buffer.text(),
            line: self.text.buffer.cursor().0 + 1,
        });
    }

    /// Puts another text in the place of the one there; one undo takes it back.
    pub fn set_text(&mut self, scope: &mut Scope<'_>, text: &str) {
        self.text.buffer.set(text);
        self.text.buffer.go_to(text.len());
        self.part = Part::Text;
        self.changed(scope);
    }

    fn prompt_watch(&self, scope: &mut Scope<'_>) {
        let now = self.watch.as_ref().map_or(String::new(), |w| {
            crate::app::words::span(w.every).replace(".0", "")
        });
        scope.overlays.push(Overlay::Prompt(Prompt {
            title: "run it again every".to_owned(),
            hint: "5s, 2m; empty or `off` to stop".to_owned(),
            field: Field::new(&now),
            problem: None,
            purpose: Purpose::Watch(self.tab),
        }));
    }

    fn answered(&mut self, scope: &mut Scope<'_>, answer: Answer) -> Result<(), String> {
        match answer {
            Answer::RunStatement => self.agreed(scope),
            Answer::Watch(text) => return self.set_watch(scope, &text),
            Answer::Parameters(given) => self.take_parameters(scope, given),
            Answer::SaveAs { name, description } => {
                return self.save_as(scope, &name, &description);
            }
            Answer::Saved(result) => self.saved(scope, result),
            Answer::Proceed if self.saving.is_some() => {
                self.write(scope, crate::query::saved::shelf::Instead::Anything);
            }
            Answer::QueryText(text) => self.set_text(scope, &text),
            Answer::Code(language) => self.copy_code(scope, language),
            Answer::SaveView(name) => return self.name_view(scope, &name),
            Answer::Stage(at, name) => self.insert_stage(scope, at, name),
            Answer::Search(text) if self.part == Part::Text => {
                return self.search(scope, &text, true);
            }
            answer => {
                if let Some(documents) = &mut self.results.documents {
                    return documents.answer(scope, answer);
                }
            }
        }
        Ok(())
    }

    fn clicked(&mut self, scope: &mut Scope<'_>, hit: Hit, double: bool) {
        if let Hit::Line(row) = hit {
            self.part = Part::Text;
            if self.has_form() {
                return self.form_clicked(row);
            }
            self.text.buffer.go_to_line(self.text.buffer.first + row);
            return self.keep_in_sight(scope);
        }
        if let Hit::Stage(stage) = hit {
            self.part = Part::Stages;
            return self.go_to_stage(scope, stage);
        }
        if self.stages.shown {
            if let Some(pictured) = &mut self.stages.previews.pictured {
                pictured.documents.hit(scope, hit, double);
            }
            return;
        }
        if let Some(documents) = &mut self.results.documents {
            self.part = Part::Results;
            documents.hit(scope, hit, double);
        }
    }

    /// What the tab is about.
    #[must_use]
    pub fn namespace(&self) -> Namespace {
        Namespace {
            database: self.database.clone(),
            collection: self.collection.clone().unwrap_or_default(),
        }
    }
}
