//! The state machine: what the deck is, and how it changes.
//!
//! [`App::update`] takes a [`Msg`] and gives the [`Effect`]s that follow from it. Nothing here awaits, spawns, reads a
//! file or a clock; time comes in with the message. Panes get a [`Scope`] for what they share. What lies in a tab is a
//! [`Pane`]: [`tab`] says how another kind of tab is added.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::config::Profile;
use crate::config::state::{ColumnLayout, Draft, DraftId, Session};
use crate::model::Library;
use crate::mongo::request::TaskId;

pub mod administration;
pub mod cascade;
pub mod command;
pub mod completion;
pub mod context;
pub mod details;
pub mod documents;
pub mod drift;
pub mod editor;
pub mod effect;
pub mod export;
pub mod field;
pub mod help;
pub mod journal;
pub mod lists;
pub mod load;
pub mod models;
pub mod monitor;
pub mod msg;
pub mod notice;
mod opening;
pub mod overlay;
pub mod picker;
pub mod profiles;
pub mod query;
pub mod referrers;
pub mod regions;
pub mod scope;
pub mod slot;
pub mod status;
pub mod tab;
pub mod trail;
pub mod tree;
mod undo;
pub mod update;
pub mod window;
pub mod words;

pub use command::Command;
pub use context::Context;
pub use effect::Effect;
pub use msg::Msg;
pub use scope::{Moment, Scope, TabId};
pub use tab::{Pane, Tab};

use documents::Documents;
use journal::Journal;
use notice::Notices;
use overlay::Overlay;
use profiles::{ProfileState, Profiles};
use regions::Regions;
use scope::{Ids, Running};
use tab::Destination;
use trail::Trail;
use tree::Tree;

/// Which pane has the keys while no overlay has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Focus {
    /// The tree.
    Tree,
    /// The tab in front, or the profile list where there is none.
    Main,
}

/// The whole state of the console.
#[derive(Debug)]
pub struct App {
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
    /// The moment of the last message.
    pub now: Moment,
    /// The zone of times that are shown.
    pub zone: crate::query::Zone,
    /// The profiles.
    pub profiles: Profiles,
    /// The tree.
    pub tree: Tree,
    /// The open tabs, from left to right.
    pub tabs: Vec<Tab>,
    /// The place of the tab in front.
    pub active: usize,
    /// Which pane has the keys.
    pub focus: Focus,
    /// The cursor of the profile list.
    pub profile_cursor: usize,
    /// What lies over the panes; the last has the keys.
    pub overlays: Vec<Overlay>,
    /// Messages to the person.
    pub notices: Notices,
    /// The typed models.
    pub models: Arc<Library>,
    /// What the last frame looked like.
    pub regions: Regions,
    /// The writes of this session.
    pub journal: Journal,
    /// Where the person was before references were followed.
    pub trail: Trail,
    /// Drafts that are not open in a tab, of earlier runs and of this one.
    pub drafts: Vec<Draft>,
    /// Results on their way to files.
    pub exports: Vec<export::Exporting>,
    /// The statements that were run.
    pub history: query::history::History,
    /// What is known of saved queries.
    pub saved: query::saved::Saved,
    /// How columns are laid out, by [`crate::config::state::layout_key`].
    pub layouts: BTreeMap<String, ColumnLayout>,
    ids: Ids,
    tasks: HashMap<TaskId, Running>,
    wanted: Vec<Wanted>,
    /// What is to be opened once the message is dealt with.
    destinations: Vec<Destination>,
    /// Why opening was put off: tabs that wait for their profile's name list.
    quitting: bool,
    /// The tab that is on the screen, as far as tabs were told.
    front: Option<TabId>,
}

/// A place to open once its profile is connected.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Wanted {
    profile: crate::mongo::request::ProfileName,
    database: String,
}

/// What the console starts with.
#[derive(Debug, Clone, Default)]
pub struct Opening {
    /// The profile, database and collection of the command line's target.
    pub target: Option<(
        crate::mongo::request::ProfileName,
        Option<String>,
        Option<String>,
    )>,
    /// Profiles to connect at once beside the target's.
    pub connect: Vec<crate::mongo::request::ProfileName>,
    /// The tabs of the last run.
    pub session: Option<Session>,
}

impl App {
    /// The console before its first message.
    #[must_use]
    pub fn new(profiles: &[Profile], models: Arc<Library>, now: Moment) -> Self {
        let profiles = Profiles {
            all: profiles.iter().map(ProfileState::new).collect(),
        };
        let mut app = Self {
            size: (80, 24),
            now,
            zone: crate::query::Zone::utc(),
            profiles,
            tree: Tree::default(),
            tabs: Vec::new(),
            active: 0,
            focus: Focus::Main,
            profile_cursor: 0,
            overlays: Vec::new(),
            notices: Notices::default(),
            models,
            regions: Regions::default(),
            journal: Journal::default(),
            trail: Trail::default(),
            drafts: Vec::new(),
            exports: Vec::new(),
            history: query::history::History::default(),
            saved: query::saved::Saved::default(),
            layouts: BTreeMap::new(),
            ids: Ids::default(),
            tasks: HashMap::new(),
            wanted: Vec::new(),
            destinations: Vec::new(),
            quitting: false,
            front: None,
        };
        app.tree.rebuild(&app.profiles, &app.models);
        app
    }

    /// Lets the identities of new documents differ from those of any other run, given bytes that no other run has.
    pub fn seed(&mut self, seed: [u8; 5]) {
        self.ids = Ids::seeded(seed);
    }

    /// The tab in front.
    #[must_use]
    pub fn tab(&self) -> Option<&Tab> {
        self.tabs.get(self.active)
    }

    /// The documents of the tab in front, where that shows documents.
    #[must_use]
    pub fn documents(&self) -> Option<&Documents> {
        self.tab().and_then(Tab::documents)
    }

    /// The context of the keys: the topmost overlay's, else the focused pane's.
    #[must_use]
    pub fn context(&self) -> Context {
        match self.overlays.last() {
            Some(overlay) => overlay.context(),
            None => self.pane_context(),
        }
    }

    /// The context of the focused pane, whatever lies over it.
    #[must_use]
    pub fn pane_context(&self) -> Context {
        match self.focus {
            Focus::Tree if self.tree.filtering => Context::Input,
            Focus::Tree => Context::Tree,
            Focus::Main => self.tab().map_or(Context::Profiles, |t| t.context()),
        }
    }

    /// The tasks under way, for the status line.
    pub fn running(&self) -> impl Iterator<Item = (&TaskId, &Running)> {
        self.tasks.iter()
    }

    /// Whether the program is about to end.
    #[must_use]
    pub fn is_quitting(&self) -> bool {
        self.quitting
    }

    /// Whether something on the screen changes with time alone, so that the loop has to send ticks.
    #[must_use]
    pub fn wants_ticks(&self) -> bool {
        self.tasks.values().any(|r| r.by != scope::Asker::Nobody)
            || self.tabs.iter().any(|t| t.wants_ticks())
            || self
                .overlays
                .iter()
                .any(|o| matches!(o, overlay::Overlay::Status(_)))
            || self.notices.fades_at(self.now).is_some()
            || self.profiles.all.iter().any(|p| {
                matches!(
                    p.connection,
                    crate::mongo::request::ConnectionState::Retrying { .. }
                ) || p.unlocked_at.is_some()
            })
    }

    /// When the screen changes next by time alone, where that is less often than a tick: the age of a result.
    #[must_use]
    pub fn wakes_at(&self) -> Option<Moment> {
        self.tab().and_then(|t| t.wakes_at(self.now))
    }

    /// The draft called `id` that is not open in a tab.
    #[must_use]
    pub fn draft(&self, id: &DraftId) -> Option<&Draft> {
        self.drafts.iter().find(|d| d.id == *id)
    }
}
