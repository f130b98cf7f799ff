//! Asking for the rows: one cursor of the server, read ahead of the person.
//!
//! Invariant: at most one page is asked for at a time, and only the answer to the newest question gets in.

use std::sync::Arc;
use std::time::Duration;

use super::rows::{PAGE_BYTES, Rows, Stretch, identity};
use crate::app::scope::{Asker, Moment, Scope, TabId};
use crate::mongo::request::{
    Failure, FailureKind, FeedId, Find, Namespace, Outcome, Page, ProfileName, Reply, Request,
    Side, TaskId,
};
use crate::query::Statement;
use crate::value::Value;

/// A refresh goes back to a line no farther than this from the start, since all lines before it are read again.
const FARTHEST: i64 = 5_000;

/// Whose documents: what every request names.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// The tab.
    pub tab: TabId,
    /// The profile.
    pub profile: &'a ProfileName,
    /// The collection.
    pub namespace: &'a Namespace,
}

/// Where the cursor goes back to after the feed is opened again.
#[derive(Debug, Clone)]
struct Place {
    side: Side,
    line: i64,
    top: i64,
    id: Option<Value>,
}

/// What a feed's documents are asked for with.
#[derive(Debug, Clone, Copy)]
pub enum Asked<'a> {
    /// A find of the collection.
    Find(&'a Find),
    /// A statement of the person's own.
    Statement(&'a Arc<Statement>),
}

#[derive(Debug, Clone)]
enum Awaited {
    /// The first page of a new feed.
    Open,
    /// More lines beside those that are there.
    More,
    /// Lines of the other side, or lines to go back to; then the cursor goes there.
    Jump(Place),
}

/// What came of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrival {
    /// It was not for this feed, or is outdated.
    Stale,
    /// Lines were added beside those that were there.
    More,
    /// All lines are new.
    Fresh,
    /// There is a failure now.
    Failed,
}

/// Where the cursor was in a feed.
#[derive(Debug, Clone)]
pub struct FeedSpot {
    feed: FeedId,
    place: Place,
}

/// One cursor of the server and the rows read from it.
#[derive(Debug)]
pub struct Feed {
    id: FeedId,
    /// The rows; while others are awaited in their place, the ones before.
    pub rows: Rows,
    awaited: Option<(TaskId, Awaited)>,
    failure: Option<Failure>,
    took: Option<Duration>,
    back: Option<Place>,
    /// Whether the server's cursor is there to be read.
    open: bool,
    /// When the newest rows came.
    read_at: Option<Moment>,
    /// The server went away after they came, so that nobody knows whether they still hold.
    doubtful: bool,
}

impl Feed {
    /// A feed that is not open.
    #[must_use]
    pub fn new(id: FeedId) -> Self {
        Self {
            id,
            rows: Rows::default(),
            awaited: None,
            failure: None,
            took: None,
            back: None,
            open: false,
            read_at: None,
            doubtful: false,
        }
    }

    /// Documents that no cursor of the server gave: all there is.
    #[must_use]
    pub fn fixed(id: FeedId, rows: Rows, took: Duration) -> Self {
        Self {
            rows,
            took: Some(took),
            ..Self::new(id)
        }
    }

    /// The feed that the rows are of, or that is being opened.
    #[must_use]
    pub fn id(&self) -> FeedId {
        self.id
    }

    /// Whether the rows shown are about to be replaced.
    #[must_use]
    pub fn is_outdated(&self) -> bool {
        matches!(self.awaited, Some((_, Awaited::Open | Awaited::Jump(_))))
            || (self.failure.is_some() && !self.open)
    }

    /// When the rows were read, where the server has been away since: they must not be taken for what it holds now.
    #[must_use]
    pub fn doubtful_since(&self) -> Option<Moment> {
        self.read_at
            .filter(|_| self.doubtful && !self.rows.is_empty())
    }

    /// Whether the rows are to look as ones of before.
    #[must_use]
    pub fn looks_old(&self) -> bool {
        self.is_outdated() || self.doubtful_since().is_some()
    }

    /// The server went away.
    pub fn doubt(&mut self) {
        self.doubtful = true;
    }

    fn fresh(&mut self, now: Moment) {
        self.read_at = Some(now);
        self.doubtful = false;
    }

    /// Whether an answer is awaited.
    #[must_use]
    pub fn is_loading(&self) -> bool {
        self.awaited.is_some()
    }

    /// The task whose answer is awaited.
    #[must_use]
    pub fn awaited(&self) -> Option<TaskId> {
        self.awaited.as_ref().map(|(task, _)| *task)
    }

    /// Why rows could not be had.
    #[must_use]
    pub fn failure(&self) -> Option<&Failure> {
        self.failure.as_ref()
    }

    /// How long the first page took.
    #[must_use]
    pub fn took(&self) -> Option<Duration> {
        self.took
    }

    /// Opens a new cursor in the place of this one. With `keep`, the cursor goes back to the document it is on.
    pub fn open(
        &mut self,
        scope: &mut Scope<'_>,
        source: Source<'_>,
        asked: Asked<'_>,
        keep: bool,
    ) {
        self.back = self.place(keep);
        self.close(scope, source);
        self.id = scope.ids.feed();
        self.failure = None;
        let count = first_count(scope);
        let request = match asked {
            Asked::Find(find) => Request::OpenFeed {
                feed: self.id,
                namespace: source.namespace.clone(),
                find: find.clone(),
                count,
            },
            Asked::Statement(statement) => Request::Run {
                statement: Arc::clone(statement),
                feed: self.id,
                count,
            },
        };
        let task = scope.ask(Asker::Tab(source.tab), source.profile, request);
        self.awaited = Some((task, Awaited::Open));
    }

    fn place(&self, keep: bool) -> Option<Place> {
        (keep && !self.rows.is_empty()).then(|| Place {
            side: self.rows.side(),
            line: self.rows.cursor(),
            top: self.rows.top(),
            id: self.rows.current().and_then(|d| identity(d)),
        })
    }

    /// Takes a feed that was opened elsewhere, with its first page, in the place of this one. With `keep`, the cursor
    /// goes back to the document it is on.
    pub fn adopt(
        &mut self,
        scope: &mut Scope<'_>,
        source: Source<'_>,
        page: &Page,
        took: Duration,
        height: usize,
        keep: bool,
    ) {
        let back = self.place(keep);
        self.close(scope, source);
        self.id = page.feed;
        self.failure = None;
        self.open = true;
        self.took = Some(took);
        self.fresh(scope.now);
        self.rows = Rows::new(Side::Start);
        self.rows.take(page, height);
        if let Some(back) = back {
            self.go_back(scope, source, back, height);
        }
    }

    /// Where the cursor is.
    #[must_use]
    pub fn spot(&self) -> FeedSpot {
        FeedSpot {
            feed: self.id,
            place: Place {
                side: self.rows.side(),
                line: self.rows.cursor(),
                top: self.rows.top(),
                id: self.rows.current().and_then(|d| identity(d)),
            },
        }
    }

    /// Goes back to where the cursor was; once its rows are there, where they are awaited.
    pub fn return_to(&mut self, spot: &FeedSpot, height: usize) {
        let place = &spot.place;
        if matches!(self.awaited, Some((_, Awaited::Open))) {
            self.back = Some(place.clone());
            return;
        }
        let same = self.id == spot.feed && self.rows.side() == place.side;
        let found = place.id.as_ref().and_then(|id| self.rows.line_of(id));
        if same && found.is_none_or(|line| line == place.line) {
            self.rows.page(place.top - self.rows.top(), height);
            self.rows.move_to(place.line, height);
        } else if let Some(line) = found {
            self.rows.move_to(line, height);
        }
    }

    /// Frees the cursor.
    pub fn close(&mut self, scope: &mut Scope<'_>, source: Source<'_>) {
        let opening = matches!(self.awaited, Some((_, Awaited::Open)));
        if let Some((task, _)) = self.awaited.take() {
            scope.cancel(task);
        }
        if self.open || opening {
            let request = Request::CloseFeed { feed: self.id };
            scope.ask(Asker::Nobody, source.profile, request);
        }
        self.open = false;
    }

    /// Stops what is awaited; what is there stays. Whether anything was.
    pub fn stop(&mut self, scope: &mut Scope<'_>) -> bool {
        let Some((task, awaited)) = self.awaited.take() else {
            return false;
        };
        scope.cancel(task);
        if matches!(awaited, Awaited::Open) {
            self.open = false;
        }
        let stopped = Failure::new(FailureKind::Cancelled, "stopped");
        self.failure = Some(stopped.with_help("refresh to read again"));
        true
    }

    /// Asks for what a screen of `height` lines is short of, unless an answer is awaited already.
    pub fn fill(&mut self, scope: &mut Scope<'_>, source: Source<'_>, height: usize) {
        if self.awaited.is_some() || self.failure.is_some() || !self.open {
            return;
        }
        if let Some(stretch) = self.rows.wanted(height) {
            self.ask(scope, source, self.rows.side(), stretch, Awaited::More);
        }
    }

    fn ask(
        &mut self,
        scope: &mut Scope<'_>,
        source: Source<'_>,
        side: Side,
        stretch: Stretch,
        awaited: Awaited,
    ) {
        let count = stretch.count.max(1);
        let offset = match side {
            Side::Start => u64::try_from(stretch.from).unwrap_or(0),
            Side::End => {
                let behind = stretch.from.saturating_add(count as i64);
                u64::try_from(-behind).unwrap_or(0)
            }
        };
        let request = Request::Page {
            feed: self.id,
            side,
            offset,
            count,
            max_bytes: PAGE_BYTES,
        };
        if let Some((task, _)) = self.awaited.take() {
            scope.cancel(task);
        }
        let task = scope.ask(Asker::Tab(source.tab), source.profile, request);
        self.awaited = Some((task, awaited));
    }

    /// Goes to the first document.
    pub fn to_start(&mut self, scope: &mut Scope<'_>, source: Source<'_>, height: usize) {
        if self.rows.side() == Side::Start && self.rows.get(0).is_some() {
            return self.rows.move_to(0, height);
        }
        if self.rows.total().is_some() && self.rows.get(self.rows.lowest()).is_some() {
            return self.rows.move_to(self.rows.lowest(), height);
        }
        self.jump(scope, source, Side::Start, 0, 0, height);
    }

    /// Goes to the last document, without reading those in between.
    pub fn to_end(&mut self, scope: &mut Scope<'_>, source: Source<'_>, height: usize) {
        let last = self.rows.highest() - 1;
        let known = self.rows.side() == Side::End || self.rows.total().is_some();
        if known && self.rows.get(last).is_some() {
            return self.rows.move_to(last, height);
        }
        let top = -i64::try_from(height).unwrap_or(1);
        self.jump(scope, source, Side::End, -1, top, height);
    }

    fn jump(
        &mut self,
        scope: &mut Scope<'_>,
        source: Source<'_>,
        side: Side,
        line: i64,
        top: i64,
        height: usize,
    ) {
        if !self.open || (self.rows.total() == Some(0)) {
            return;
        }
        let count = (2 * height.max(1)).max(50);
        let place = Place {
            side,
            line,
            top,
            id: None,
        };
        let stretch = Stretch {
            from: match side {
                Side::Start => 0,
                Side::End => -i64::try_from(count).unwrap_or(1),
            },
            count,
        };
        self.failure = None;
        self.ask(scope, source, side, stretch, Awaited::Jump(place));
    }

    /// Whether the answer to `task` is awaited here.
    #[must_use]
    pub fn awaits(&self, task: TaskId) -> bool {
        self.awaited.as_ref().is_some_and(|(t, _)| *t == task)
    }

    /// Takes the answer to a task.
    pub fn settle(
        &mut self,
        scope: &mut Scope<'_>,
        source: Source<'_>,
        task: TaskId,
        result: Result<Reply, Failure>,
        took: Duration,
        height: usize,
    ) -> Arrival {
        if !self.awaits(task) {
            return Arrival::Stale;
        }
        let Some((_, awaited)) = self.awaited.take() else {
            return Arrival::Stale;
        };
        let page = match result {
            Ok(Reply::Page(page) | Reply::Ran(Outcome::Documents(page)))
                if page.feed == self.id =>
            {
                page
            }
            Ok(_) => {
                let words = "the answer was of another kind";
                self.failure = Some(Failure::new(FailureKind::Other, words));
                return Arrival::Failed;
            }
            Err(failure) => {
                // A feed that is gone has to be opened anew; a page that could not be read can be asked for again.
                if failure.kind == FailureKind::Gone {
                    self.open = false;
                }
                self.failure = Some(match failure.help {
                    Some(_) => failure,
                    None if failure.kind == FailureKind::Query => {
                        failure.with_help("change the filter or the sort")
                    }
                    None => failure.with_help("refresh to read again"),
                });
                return Arrival::Failed;
            }
        };
        self.failure = None;
        match awaited {
            Awaited::Open => {
                self.open = true;
                self.took = Some(took);
                self.fresh(scope.now);
                self.rows = Rows::new(Side::Start);
                self.rows.take(&page, height);
                if let Some(back) = self.back.take() {
                    self.go_back(scope, source, back, height);
                }
                Arrival::Fresh
            }
            Awaited::Jump(place) => {
                self.rows = Rows::new(place.side);
                self.rows.take(&page, height);
                self.put_back(&place, height);
                Arrival::Fresh
            }
            Awaited::More => {
                if page.side != self.rows.side() {
                    return Arrival::Stale;
                }
                let was_missing = self.rows.current().is_none();
                self.rows.take(&page, height);
                if was_missing {
                    Arrival::Fresh
                } else {
                    Arrival::More
                }
            }
        }
    }

    fn go_back(&mut self, scope: &mut Scope<'_>, source: Source<'_>, place: Place, height: usize) {
        let there = place.side == Side::Start
            && (self.rows.get(place.line).is_some() || self.rows.total().is_some());
        let found = place.id.as_ref().and_then(|id| self.rows.line_of(id));
        if there || found.is_some() {
            return self.put_back(&place, height);
        }
        if place.side == Side::Start && place.line > FARTHEST {
            return;
        }
        let count = (3 * height.max(1)).max(50);
        let above = i64::try_from(height).unwrap_or(1);
        let stretch = match place.side {
            Side::Start => Stretch {
                from: (place.top - above).max(0),
                count,
            },
            Side::End => {
                let from = (place.top - above).min(-(count as i64));
                Stretch { from, count }
            }
        };
        let side = place.side;
        self.ask(scope, source, side, stretch, Awaited::Jump(place));
    }

    fn put_back(&mut self, place: &Place, height: usize) {
        let line = place
            .id
            .as_ref()
            .and_then(|id| self.rows.line_of(id))
            .unwrap_or(place.line);
        self.rows.page(place.top - self.rows.top(), height);
        self.rows.move_to(line, height);
    }
}

/// How many documents are asked for at first: two screens of them.
#[must_use]
pub fn first_count(scope: &Scope<'_>) -> usize {
    (2 * scope.regions.main_rows).clamp(50, 500)
}
