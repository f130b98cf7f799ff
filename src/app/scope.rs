//! What a pane may touch while it is updated, beside its own state.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use bson::oid::ObjectId;

use super::effect::Effect;
use super::journal::Journal;
use super::notice::{Level, Notices};
use super::overlay::Overlay;
use super::profiles::Profiles;
use super::regions::Regions;
use super::tab::Destination;
use crate::config::state::{ColumnLayout, Draft, DraftId};
use crate::model::Library;
use crate::mongo::request::{FeedId, ProfileName, Request, TaskId};

/// A moment, in milliseconds since the epoch, as told by the message that brought it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Hash)]
pub struct Moment(pub u64);

impl Moment {
    /// The time since `earlier`; none where that lies ahead.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}

/// One tab of the deck. Never used twice in a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TabId(pub u64);

/// The source of all ids of a run.
#[derive(Debug, Clone, Default)]
pub struct Ids {
    last: u64,
    seed: [u8; 5],
}

impl Ids {
    /// Ids whose documents' identities no other run makes, given bytes that no other run has.
    #[must_use]
    pub fn seeded(seed: [u8; 5]) -> Self {
        Self { last: 0, seed }
    }

    /// A new document's identity, as drivers make them: seconds, the run, a count.
    pub fn object_id(&mut self, now: Moment) -> ObjectId {
        let count = self.next().to_be_bytes();
        let seconds = u32::try_from(now.0 / 1000).unwrap_or(u32::MAX);
        let mut bytes = [0; 12];
        bytes[..4].copy_from_slice(&seconds.to_be_bytes());
        bytes[4..9].copy_from_slice(&self.seed);
        bytes[9..].copy_from_slice(&count[5..]);
        ObjectId::from_bytes(bytes)
    }

    /// A new draft's name.
    pub fn draft(&mut self, now: Moment) -> DraftId {
        DraftId(self.object_id(now).to_hex())
    }

    fn next(&mut self) -> u64 {
        self.last += 1;
        self.last
    }

    /// A new task.
    pub fn task(&mut self) -> TaskId {
        TaskId(self.next())
    }

    /// A new feed.
    pub fn feed(&mut self) -> FeedId {
        FeedId(self.next())
    }

    /// A new tab.
    pub fn tab(&mut self) -> TabId {
        TabId(self.next())
    }
}

/// Who asked for a task, and so gets its result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asker {
    /// The tree.
    Tree,
    /// A tab.
    Tab(TabId),
    /// The topmost details overlay.
    Details,
    /// The list of who refers to a document, or the question before one is deleted.
    Referrers,
    /// A change of collections or databases that the person confirmed: what it was, for the notice.
    Administration(String),
    /// Putting a written document back: what it was, for the notice.
    Undo(String),
    /// An export, which the deck lists.
    Export,
    /// The list of how all profiles stand, which asks again and again.
    Standing,
    /// A load, whose figures are shown when it ends or is stopped.
    Load,
    /// Nobody waits for it.
    Nobody,
}

/// A task under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Running {
    /// Who asked.
    pub by: Asker,
    /// The profile it runs on.
    pub profile: ProfileName,
    /// When it was asked for.
    pub since: Moment,
    /// What it writes, in words; its outcome is told even where its asker is gone. `None` for a read.
    pub writes: Option<String>,
    /// Whether it waits for something to happen, so that its taking long says nothing.
    pub waits_for_news: bool,
}

/// What a pane may touch beside its own state.
#[derive(Debug)]
pub struct Scope<'a> {
    /// The moment of the message.
    pub now: Moment,
    /// Ids.
    pub ids: &'a mut Ids,
    /// All tasks under way.
    pub tasks: &'a mut HashMap<TaskId, Running>,
    /// What is to be done once the state has changed, in this order.
    pub effects: &'a mut Vec<Effect>,
    /// Messages to the person.
    pub notices: &'a mut Notices,
    /// What lies over the panes; the last is on top.
    pub overlays: &'a mut Vec<Overlay>,
    /// The profiles and how they stand.
    pub profiles: &'a Profiles,
    /// The typed models.
    pub models: &'a Arc<Library>,
    /// The writes of this session, for undoing them.
    pub journal: &'a mut Journal,
    /// How columns are laid out, by [`crate::config::state::layout_key`].
    pub layouts: &'a mut BTreeMap<String, ColumnLayout>,
    /// The statements that were run.
    pub history: &'a mut super::query::history::History,
    /// What is known of saved queries.
    pub saved: &'a mut super::query::saved::Saved,
    /// Drafts that are not open in a tab.
    pub drafts: &'a mut Vec<Draft>,
    /// What the last frame looked like.
    pub regions: &'a Regions,
    /// What is to be opened in tabs once the message is dealt with.
    pub destinations: &'a mut Vec<Destination>,
}

impl Scope<'_> {
    /// Asks a deployment for something that does not write.
    pub fn ask(&mut self, by: Asker, profile: &ProfileName, request: Request) -> TaskId {
        self.start(by, profile, request, None)
    }

    /// Asks a deployment for a write. `what` tells the person what it was, whoever shows the outcome.
    pub fn ask_write(
        &mut self,
        by: Asker,
        profile: &ProfileName,
        request: Request,
        what: impl Into<String>,
    ) -> TaskId {
        self.start(by, profile, request, Some(what.into()))
    }

    fn start(
        &mut self,
        by: Asker,
        profile: &ProfileName,
        request: Request,
        writes: Option<String>,
    ) -> TaskId {
        let task = self.ids.task();
        let waits_for_news = matches!(request, Request::Changes { .. });
        self.tasks.insert(
            task,
            Running {
                by,
                profile: profile.clone(),
                since: self.now,
                writes,
                waits_for_news,
            },
        );
        self.effects.push(Effect::Mongo {
            profile: profile.clone(),
            task,
            request,
        });
        task
    }

    /// Stops a task: its reply is dropped, and the server is told to stop working on it. A write is not stopped,
    /// since nobody could say afterwards whether it was done.
    pub fn cancel(&mut self, task: TaskId) {
        if self.tasks.get(&task).is_some_and(|r| r.writes.is_none()) {
            self.tasks.remove(&task);
            self.effects.push(Effect::Cancel { task });
        }
    }

    /// Has the deck open something in a tab, or turn to the tab that has it.
    pub fn go_to(&mut self, destination: Destination) {
        self.destinations.push(destination);
    }

    /// Says something in the status line.
    pub fn info(&mut self, text: impl Into<String>) {
        self.notices.say(self.now, Level::Info, text, "");
    }

    /// Says something to know about.
    pub fn warn(&mut self, text: impl Into<String>) {
        self.notices.say(self.now, Level::Warning, text, "");
    }

    /// Says that something did not work.
    pub fn fail(&mut self, failure: &crate::mongo::request::Failure) {
        self.notices.say(
            self.now,
            Level::Error,
            failure.to_string(),
            failure.detail.clone(),
        );
    }
}
