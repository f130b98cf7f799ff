//! One tab of the deck: what every kind of tab has in common.
//!
//! A [`Tab`] is one of several panes, each with state of its own; the deck knows them through [`Pane`] alone. What is the
//! same for all (which profile, how it is called, what the keys mean, whom a reply is for, what is lost when it closes)
//! is a method there, with an answer for panes that have nothing to say.
//!
//! How to add a kind of tab:
//! 1. its state in `app/NAME.rs`, with `impl Pane`; a [`Context`](super::Context) of its own where its keys differ;
//! 2. a variant of [`Tab`], and its arm in [`Tab::pane`] and [`Tab::pane_mut`];
//! 3. a variant of [`Destination`], and its arm in `App::go_to` (`app/opening.rs`), which finds the open tab or opens one;
//!    any pane opens it by [`Scope::go_to`], the deck's own commands by `App::go_to`;
//! 4. a variant of [`TabKind`](crate::config::state::TabKind) with its arm in `App::restore` (`app/opening.rs`), so that
//!    `--last` opens it again;
//! 5. an arm in `view::main_pane` that draws it, and the key hints of its context in `view/status.rs`.
//!
//! Replies find their way by themselves: ask with `scope.ask(Asker::Tab(self.tab), …)` and take them in
//! [`Pane::settle`]. Overlays answer through [`Pane::answer`].
//!
//! Invariant: a tab's id and profile never change.

use std::collections::BTreeMap;
use std::ops::{Deref, DerefMut};
use std::time::Duration;

use super::command::Command;
use super::context::Context;
use super::documents::Documents;
use super::drift::Drift;
use super::models::Models;
use super::monitor::{Monitor, Panel};
use super::query::Query;
use super::query::form::Start;
use super::regions::Hit;
use super::scope::{Moment, Scope, TabId};
use super::tree::Tree;
use crate::config::state::SessionTab;
use crate::model::drift::FixKind;
use crate::mongo::request::drift::{Progress, ValidationAction, ValidationLevel};
use crate::mongo::request::observe::Building;
use crate::mongo::request::{Failure, Namespace, ProfileName, Reply, TaskId};
use crate::query::saved::shelf::NotSaved;
use crate::value::Path;

/// Whether a command was for the pane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handled {
    /// It was, and is done.
    Yes,
    /// It was not.
    No,
}

/// What an overlay answers to the tab that opened it.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// Delete the document that was asked about.
    DeleteDocument,
    /// Throw the editor's draft away.
    DiscardDraft,
    /// Write in spite of violations.
    Override,
    /// Drop what was typed for what is on the server.
    TakeTheirs,
    /// Sort by this document, as typed; empty for no sort. `Err` keeps the prompt open with the reason.
    Sort(String),
    /// Search for this text.
    Search(String),
    /// Go to this place of the document.
    GoTo(Path),
    /// Change the value under the cursor to this kind.
    Kind(&'static str),
    /// Show or hide this column.
    Column(String),
    /// Make this fix in the text.
    Fix(crate::model::Fix),
    /// Run the statement that was asked about.
    RunStatement,
    /// Run the statement again so often, as typed.
    Watch(String),
    /// Write the events shown to this file.
    EventFile(String),
    /// Put this text in the place of the query's.
    QueryText(String),
    /// Copy the statement as code of this language.
    Code(crate::query::code::Language),
    /// Save the pipeline as a view of this name.
    SaveView(String),
    /// Put this stage into the pipeline, with this number from 0.
    Stage(usize, &'static str),
    /// Give these values to the parameters of the query's text.
    Parameters(BTreeMap<String, String>),
    /// Save the statement under this name. `Err` keeps the form open with the reason.
    SaveAs {
        /// The name.
        name: String,
        /// What it is for.
        description: String,
    },
    /// What became of saving.
    Saved(Result<(), NotSaved>),
    /// Run this fix over all documents that need it.
    Mend(FixKind),
    /// Install the model as the validator, with this level and action.
    Validator(ValidationLevel, ValidationAction),
    /// Do what was asked about.
    Proceed,
}

/// What is to be opened in a tab. Where it is open already, the deck turns to that tab.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// Documents of a collection.
    Documents {
        /// The profile.
        profile: ProfileName,
        /// The collection.
        namespace: Namespace,
        /// Which documents, as shell text; empty for all.
        filter: String,
    },
    /// The models.
    Models {
        /// The profile whose collections are opened from there.
        profile: ProfileName,
        /// The collection whose model is to be shown; `None` for the list.
        namespace: Option<Namespace>,
    },
    /// Query text, which is not run.
    Query {
        /// The profile.
        profile: ProfileName,
        /// The current database.
        database: String,
        /// The collection that a bare filter or pipeline is about.
        collection: Option<String>,
        /// The text.
        text: String,
    },
    /// A saved query, which is run where all it does is to read.
    Saved {
        /// The query, and where.
        start: Box<Start>,
        /// The values of its parameters, as text.
        given: BTreeMap<String, String>,
    },
    /// The find of a tab of documents, as a form.
    FindForm {
        /// The profile.
        profile: ProfileName,
        /// The collection.
        namespace: Namespace,
        /// The statement.
        text: String,
    },
    /// Collections held to their models.
    Drift {
        /// The profile.
        profile: ProfileName,
        /// The collections.
        namespaces: Vec<Namespace>,
    },
    /// What a deployment is doing.
    Monitor {
        /// The profile.
        profile: ProfileName,
        /// The panel to turn to; `None` for the one that was in front.
        panel: Option<Panel>,
    },
}

/// What a tab would lose by being closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsaved {
    /// What it is about, in a list of several.
    pub what: String,
    /// The question before the tab closes, line by line.
    pub lines: Vec<String>,
}

/// What the deck knows of a tab, whatever its kind.
pub trait Pane {
    /// The tab.
    fn id(&self) -> TabId;

    /// The profile that it is about.
    fn profile(&self) -> &ProfileName;

    /// Its title in the bar of tabs.
    fn title(&self) -> String;

    /// What it is about, in full, for the bar at the top.
    fn subject(&self) -> String {
        self.title()
    }

    /// The context of the keys while this tab has them.
    fn context(&self) -> Context;

    /// Takes a command.
    fn command(&mut self, scope: &mut Scope<'_>, command: Command) -> Handled;

    /// Takes a typed key, in a context that takes text.
    fn typed(&mut self, _scope: &mut Scope<'_>, _input: tui_textarea::Input) {}

    /// Takes pasted text, in a context that takes text.
    fn pasted(&mut self, _scope: &mut Scope<'_>, _text: &str) {}

    /// A frame was drawn with this tab in front: the number of rows that fit may have changed.
    fn drawn(&mut self, _scope: &mut Scope<'_>) {}

    /// Takes a click.
    fn hit(&mut self, _scope: &mut Scope<'_>, _hit: Hit, _double: bool) {}

    /// Takes a turn of the wheel.
    fn wheel(&mut self, _scope: &mut Scope<'_>, _down: bool) {}

    /// Takes the result of a task that this tab asked for.
    fn settle(
        &mut self,
        scope: &mut Scope<'_>,
        task: TaskId,
        result: Result<Reply, Failure>,
        took: Duration,
    );

    /// A task that this tab asked for is so far.
    fn progress(&mut self, _scope: &mut Scope<'_>, _task: TaskId, _progress: Progress) {}

    /// The server is so far with the indexes of a task that this tab asked for.
    fn building(&mut self, _task: TaskId, _building: Option<Building>) {}

    /// Takes an overlay's answer. Answers for other kinds of tab are ignored.
    ///
    /// # Errors
    /// Why it cannot be taken; a prompt then stays open with these words.
    fn answer(&mut self, _scope: &mut Scope<'_>, _answer: Answer) -> Result<(), String> {
        Ok(())
    }

    /// Takes the text that the person's own editor left.
    fn edited_externally(&mut self, _scope: &mut Scope<'_>, _result: Result<String, String>) {}

    /// What would be lost if it were closed now; `None` closes it without a question.
    fn unsaved(&self) -> Option<Unsaved> {
        None
    }

    /// Keeps what was typed on disk, since the program is about to end.
    fn keep_draft(&mut self, _scope: &mut Scope<'_>) {}

    /// It came onto the screen.
    fn shown(&mut self, _scope: &mut Scope<'_>) {}

    /// It went off the screen, behind another tab or into the past.
    fn hidden(&mut self, _scope: &mut Scope<'_>) {}

    /// Time went by.
    fn tick(&mut self, _scope: &mut Scope<'_>) {}

    /// Whether time alone changes something here.
    fn wants_ticks(&self) -> bool {
        false
    }

    /// When something here changes by time alone, less often than a tick.
    fn wakes_at(&self, _now: Moment) -> Option<Moment> {
        None
    }

    /// The tree has read more names.
    fn names_read(&mut self, _tree: &Tree) {}

    /// The models were read again.
    fn models_read(&mut self, _scope: &mut Scope<'_>) {}

    /// Documents of a collection on its profile were changed from elsewhere in the deck.
    fn documents_changed(&mut self, _scope: &mut Scope<'_>, _namespace: &Namespace) {}

    /// The profile does not answer any more: what was read of it may no longer hold.
    fn disconnected(&mut self, _scope: &mut Scope<'_>) {}

    /// The profile answers again after it did not.
    fn reconnected(&mut self, _scope: &mut Scope<'_>) {}

    /// Frees what the tab holds on the server and in the runner. Reads that it asked for are cancelled already.
    fn close(&mut self, _scope: &mut Scope<'_>) {}

    /// What `--last` needs to open it again; `None` does not open it again.
    fn session(&self) -> Option<SessionTab> {
        None
    }
}

/// One tab.
#[derive(Debug)]
pub enum Tab {
    /// The documents of one collection.
    Documents(Box<Documents>),
    /// The models.
    Models(Box<Models>),
    /// Query text and what it came to.
    Query(Box<Query>),
    /// Collections held to their models.
    Drift(Box<Drift>),
    /// What a deployment is doing.
    Monitor(Box<Monitor>),
}

impl Tab {
    fn pane(&self) -> &(dyn Pane + 'static) {
        match self {
            Self::Documents(documents) => &**documents,
            Self::Models(models) => &**models,
            Self::Query(query) => &**query,
            Self::Drift(drift) => &**drift,
            Self::Monitor(monitor) => &**monitor,
        }
    }

    fn pane_mut(&mut self) -> &mut (dyn Pane + 'static) {
        match self {
            Self::Documents(documents) => &mut **documents,
            Self::Models(models) => &mut **models,
            Self::Query(query) => &mut **query,
            Self::Drift(drift) => &mut **drift,
            Self::Monitor(monitor) => &mut **monitor,
        }
    }

    /// The documents that it shows, where it is of that kind.
    #[must_use]
    pub fn documents(&self) -> Option<&Documents> {
        match self {
            Self::Documents(documents) => Some(documents),
            _ => None,
        }
    }

    /// The same, to be changed.
    pub fn documents_mut(&mut self) -> Option<&mut Documents> {
        match self {
            Self::Documents(documents) => Some(documents),
            _ => None,
        }
    }

    /// The query that it holds, where it is of that kind.
    #[must_use]
    pub fn query(&self) -> Option<&Query> {
        match self {
            Self::Query(query) => Some(query),
            _ => None,
        }
    }
}

impl Deref for Tab {
    type Target = dyn Pane;

    fn deref(&self) -> &Self::Target {
        self.pane()
    }
}

impl DerefMut for Tab {
    fn deref_mut(&mut self) -> &mut Self::Target {
        self.pane_mut()
    }
}
