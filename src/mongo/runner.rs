//! Carries requests out: the one interpreter of [`request`](super::request), and the place where access is enforced.
//!
//! Each profile has a post of its own with a supervised connection, its running tasks and its open feeds; none waits for
//! another. What happens goes out as [`Report`]s in the order it happened. A request that writes is checked here, whoever
//! asks, and a refused one sends nothing. Nothing here drops, aborts or times out a driver's future: a cancelled read is
//! answered at once, its reply is ignored, and its operation is stopped on the server. The outcome of a write is always
//! awaited. Must not know the screen.

mod access;
mod backoff;
mod check;
mod export;
mod load;
mod mending;
mod observe;
mod perform;
mod preview;
pub(crate) mod read;
mod standing;
mod statement;
mod stream;
mod supervisor;
mod together;
mod write;

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock};
use std::time::{Duration, Instant};

use tokio::sync::{Notify, mpsc, watch};

use crate::config::connections::ConnectionLog;
use crate::config::profile::Profile;
use crate::config::store::Store;
use crate::mongo::events::{CommandLog, PoolWatch};
use crate::mongo::feed::Feed;
use crate::mongo::link::{Cancel, Link, stopped};
use crate::mongo::request::observe::Restored;
use crate::mongo::request::standing::Setup;
use crate::mongo::request::{
    Access, ConnectionState, Failure, FailureKind, FeedId, ProfileName, Reply, Report, Request,
    TaskId,
};
use access::Lock;

pub use standing::Examined;
pub use stream::{Streamed, Streaming};

/// How long a cancelled operation may end by itself before it is stopped on the server.
const GRACE: Duration = Duration::from_millis(150);

/// How often a cancelled operation is stopped on the server, at the most, and the time from one attempt to the next.
const STOP_ATTEMPTS: u32 = 5;
const STOP_AGAIN: Duration = Duration::from_millis(200);

/// How long a shutdown waits for what still runs.
const SHUTDOWN_WAIT: Duration = Duration::from_millis(1_200);

/// How long a shutdown waits for connections to close.
const CLOSE_WAIT: Duration = Duration::from_millis(600);

/// How long a request waits for a connection where the profile does not say it.
const PATIENCE: Duration = Duration::from_secs(10);

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Carries requests out for any number of profiles. Cheap to clone; all clones are the same runner. Its methods return
/// at once, but for [`Runner::shutdown`], and must be called inside a tokio runtime.
#[derive(Debug, Clone)]
pub struct Runner {
    posts: Arc<RwLock<BTreeMap<ProfileName, Arc<Post>>>>,
    reports: mpsc::UnboundedSender<Report>,
    session: Arc<str>,
    log: Option<CommandLog>,
    state: StateDirectory,
    connections: Arc<OnceLock<ConnectionLog>>,
}

/// Where journals and the log of writes are kept; `None` is the person's own state directory.
type StateDirectory = Arc<Mutex<Option<PathBuf>>>;

/// All that belongs to one profile.
#[derive(Debug)]
pub(crate) struct Post {
    pub(crate) profile: Profile,
    reports: mpsc::UnboundedSender<Report>,
    state: watch::Sender<ConnectionState>,
    pub(crate) nudge: Notify,
    /// The person wants the next attempt now.
    hurry: Notify,
    connection: Mutex<Connection>,
    feeds: Mutex<HashMap<FeedId, Arc<Feed>>>,
    tails: observe::Tails,
    profilers: Mutex<observe::Profilers>,
    tasks: Mutex<HashMap<TaskId, Running>>,
    idle: Notify,
    lock: Mutex<Lock>,
    directory: StateDirectory,
    /// What the connection is made with, once that is known.
    setup: Mutex<Option<Arc<Setup>>>,
    /// Where changes of the connection are written.
    connections: Arc<OnceLock<ConnectionLog>>,
    /// What the pools of the connection do.
    pub(crate) pools: PoolWatch,
}

#[derive(Debug, Default)]
struct Connection {
    link: Option<Arc<Link>>,
    supervisor: Option<Cancel>,
}

#[derive(Debug)]
struct Running {
    cancel: Cancel,
    /// What became of it is told even where it is cancelled.
    awaited: bool,
    /// The asker has its answer; what still runs is only waited for.
    answered: bool,
    /// What the operation runs under on the server.
    comment: String,
    since: Instant,
}

impl Runner {
    /// A runner for `profiles`, none of them connected. What happens is sent to `reports`.
    #[must_use]
    pub fn new(
        profiles: impl IntoIterator<Item = Profile>,
        reports: mpsc::UnboundedSender<Report>,
    ) -> Self {
        let session = bson::oid::ObjectId::new().to_hex();
        let runner = Self {
            posts: Arc::default(),
            reports,
            session: Arc::from(session),
            log: None,
            state: StateDirectory::default(),
            connections: Arc::default(),
        };
        for profile in profiles {
            runner.add(profile);
        }
        runner
    }

    /// The same runner with a log of every command that it sends from now on. Costs time on each reply: for tests.
    #[must_use]
    pub fn with_command_log(mut self) -> Self {
        self.log = Some(CommandLog::default());
        self
    }

    /// The same runner, keeping the journals of fixes over many documents, and their lines of the log of writes, in
    /// `directory` rather than in the person's own state directory.
    #[must_use]
    pub fn with_state(self, directory: PathBuf) -> Self {
        *lock(&self.state) = Some(directory);
        self
    }

    /// The log of [`Runner::with_command_log`].
    #[must_use]
    pub fn command_log(&self) -> Option<&CommandLog> {
        self.log.as_ref()
    }

    /// Adds a profile, or puts it in the place of the one of its name, whose connection is closed.
    pub fn add(&self, profile: Profile) {
        let name = profile.name.clone();
        let access = if profile.read_only || profile.production {
            Access::ReadOnly
        } else {
            Access::ReadWrite
        };
        let post = Arc::new(Post {
            profile,
            reports: self.reports.clone(),
            state: watch::Sender::new(ConnectionState::Closed),
            nudge: Notify::new(),
            hurry: Notify::new(),
            connection: Mutex::default(),
            feeds: Mutex::default(),
            tails: observe::Tails::default(),
            profilers: Mutex::default(),
            tasks: Mutex::default(),
            idle: Notify::new(),
            lock: Mutex::new(Lock::new(access)),
            directory: Arc::clone(&self.state),
            setup: Mutex::default(),
            connections: Arc::clone(&self.connections),
            pools: PoolWatch::default(),
        });
        let old = self
            .posts
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(name, post);
        if let Some(old) = old {
            old.close();
        }
    }

    fn post(&self, profile: &ProfileName) -> Option<Arc<Post>> {
        self.posts
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(profile)
            .cloned()
    }

    /// Connects in the background, and keeps the connection from then on. After [`ConnectionState::Failed`] it tries
    /// anew; where it is connected or trying already, it tries at once.
    pub fn connect(&self, profile: &ProfileName) {
        if let Some(post) = self.post(profile) {
            self.connect_post(&post);
        }
    }

    fn connect_post(&self, post: &Arc<Post>) {
        let mut connection = lock(&post.connection);
        if connection.supervisor.is_some() {
            post.nudge.notify_one();
            post.hurry.notify_one();
            return;
        }
        let stop = Cancel::default();
        connection.supervisor = Some(stop.clone());
        // Said before anything else can be asked, so that no request finds it closed.
        let before = post.state.send_replace(ConnectionState::Connecting);
        post.log_change(&before, &ConnectionState::Connecting);
        drop(connection);
        post.report_connection(ConnectionState::Connecting);
        tokio::spawn(supervisor::supervise(
            Arc::clone(post),
            self.log.clone(),
            stop,
        ));
    }

    /// Closes the connection: what runs is cancelled, feeds are closed.
    pub fn disconnect(&self, profile: &ProfileName) {
        if let Some(post) = self.post(profile) {
            post.close();
        }
    }

    /// How the profile's connection stands; [`ConnectionState::Closed`] for a profile that is not known.
    #[must_use]
    pub fn connection(&self, profile: &ProfileName) -> ConnectionState {
        self.post(profile)
            .map_or(ConnectionState::Closed, |p| p.state.borrow().clone())
    }

    /// The figures of the profile's connection pools, kept up to date; `None` for a profile that is not known.
    #[must_use]
    pub fn pools(&self, profile: &ProfileName) -> Option<PoolWatch> {
        self.post(profile).map(|post| post.pools.clone())
    }

    /// Says whether reports of the profile's pools are to hold everything, or the summary alone, which costs less. What
    /// there is is reported at once.
    pub fn watch_pools(&self, profile: &ProfileName, whole: bool) {
        if let Some(post) = self.post(profile) {
            post.pools.watch_whole(whole);
            if whole {
                post.report_pools();
            }
        }
    }

    /// Carries `request` out in the background. Its end is told by one [`Report::Settled`] with the same `task`. A
    /// profile that is closed is connected first; one that is connecting is waited for, up to the time that the profile
    /// gives to the choice of a server.
    pub fn start(&self, profile: &ProfileName, task: TaskId, request: Request) {
        let since = Instant::now();
        let Some(post) = self.post(profile) else {
            let failure = Failure::new(
                FailureKind::Configuration,
                format!("there is no profile `{profile}`"),
            );
            self.settle_unknown(profile, task, failure);
            return;
        };
        if request.writes()
            && let Err(failure) = post.may_write()
        {
            post.report_settled(task, Err(failure), since);
            return;
        }
        if let Request::CloseFeed { feed } = request {
            lock(&post.feeds).remove(&feed);
            post.report_settled(task, Ok(Reply::Done), since);
            return;
        }
        if let Request::CloseTail { tail } = request {
            post.tails.close(tail);
            post.report_settled(task, Ok(Reply::Done), since);
            return;
        }
        if let Request::RestoreProfiling { database } = &request
            && !lock(&post.profilers).holds(database)
        {
            // Nothing to put back is no reason to connect.
            let reply = Reply::ProfilingRestored(Restored::NotOurs);
            post.report_settled(task, Ok(reply), since);
            return;
        }
        let cancel = Cancel::default();
        let mut comment = format!("mongodeck/{}/{}", self.session, task.0);
        if let Some(statement) = request.statement() {
            comment = statement::comment(&comment, statement);
        } else if observe::is_monitoring(&request) {
            comment.push_str(observe::MARK);
        }
        let shown = post.comment_of(&request).unwrap_or_else(|| comment.clone());
        lock(&post.tasks).insert(
            task,
            Running {
                cancel: cancel.clone(),
                awaited: request.is_awaited(),
                answered: false,
                comment: shown,
                since,
            },
        );
        if matches!(*post.state.borrow(), ConnectionState::Closed) {
            self.connect_post(&post);
        }
        tokio::spawn(async move {
            let result = perform::perform(&post, task, &comment, cancel, request).await;
            post.settle(task, result);
        });
    }

    /// Stops a task. A read is answered with [`FailureKind::Cancelled`] at once; a write is answered with what became
    /// of it, once that is known. What runs on the server is stopped there.
    pub fn cancel(&self, task: TaskId) {
        let posts: Vec<Arc<Post>> = self
            .posts
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .values()
            .cloned()
            .collect();
        for post in posts {
            if post.cancel(task) {
                post.stop_on_server(vec![task], GRACE);
            }
        }
    }

    /// Lets a production profile be written to for `time`. Told by [`Report::Access`], now and when the time is over. A
    /// profile that is read-only stays so.
    pub fn unlock(&self, profile: &ProfileName, time: Duration) {
        if let Some(post) = self.post(profile) {
            post.unlock(time);
        }
    }

    /// Ends the unlock of a production profile before its time.
    pub fn lock(&self, profile: &ProfileName) {
        if let Some(post) = self.post(profile) {
            post.relock();
        }
    }

    /// Whether the profile may be written to at this moment; read-only for a profile that is not known.
    #[must_use]
    pub fn access(&self, profile: &ProfileName) -> Access {
        self.post(profile).map_or(Access::ReadOnly, |p| p.access())
    }

    /// Stops all that runs, on the servers too, and closes all connections. Takes two seconds at the most: what does not
    /// end by then ends with the program.
    pub async fn shutdown(&self) {
        let posts: Vec<Arc<Post>> = self
            .posts
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .values()
            .cloned()
            .collect();
        let deadline = tokio::time::Instant::now() + SHUTDOWN_WAIT;
        for post in &posts {
            let all: Vec<TaskId> = lock(&post.tasks).keys().copied().collect();
            for task in &all {
                post.cancel(*task);
            }
            if !all.is_empty() {
                post.stop_on_server(all, Duration::ZERO);
            }
        }
        for post in &posts {
            let _ = tokio::time::timeout_at(deadline, post.wait_until_idle()).await;
        }
        let closing: Vec<_> = posts.iter().filter_map(|p| p.close()).collect();
        let deadline = tokio::time::Instant::now() + CLOSE_WAIT;
        for handle in closing {
            // Leaves the task that closes a client running: only its handle is given up.
            let _ = tokio::time::timeout_at(deadline, handle).await;
        }
    }

    fn settle_unknown(&self, profile: &ProfileName, task: TaskId, failure: Failure) {
        let _ = self.reports.send(Report::Settled {
            profile: profile.clone(),
            task,
            result: Err(failure),
            took: Duration::ZERO,
        });
    }
}

impl Post {
    /// Where things of this person are kept.
    fn store(&self) -> std::io::Result<Store> {
        let directory = lock(&self.directory).clone();
        match directory {
            Some(directory) => Store::at(&directory),
            None => Store::open(),
        }
    }

    /// The directory of journals.
    fn mends(&self) -> std::io::Result<PathBuf> {
        self.store().map(|s| s.mends())
    }

    fn report(&self, report: Report) {
        // Nobody listens any more only while the program ends.
        let _ = self.reports.send(report);
    }

    fn report_connection(&self, state: ConnectionState) {
        self.report(Report::Connection {
            profile: self.profile.name.clone(),
            state,
        });
    }

    fn report_pools(&self) {
        let (summary, at, pools) = match self.pools.is_watched_whole() {
            true => {
                let (pools, at) = self.pools.figures();
                (pools.summary(), at, Some(Arc::new(pools)))
            }
            false => {
                let (summary, at) = self.pools.summary();
                (summary, at, None)
            }
        };
        self.report(Report::Pools {
            profile: self.profile.name.clone(),
            summary,
            pools,
            at,
        });
    }

    fn report_settled(&self, task: TaskId, result: Result<Reply, Failure>, since: Instant) {
        self.report(Report::Settled {
            profile: self.profile.name.clone(),
            task,
            result,
            took: since.elapsed(),
        });
    }

    /// The supervisor's word on the connection, unless it was told to stop. A round trip that is much the same is no news.
    pub(crate) fn tell(&self, state: ConnectionState, stop: &Cancel) {
        let guard = lock(&self.connection);
        if stop.is_cancelled() {
            return;
        }
        let mut before = None;
        self.state.send_if_modified(|old| {
            let news = is_news(old, &state);
            if news {
                before = Some(std::mem::replace(old, state.clone()));
            }
            news
        });
        if let Some(before) = before {
            self.log_change(&before, &state);
            self.report_connection(state);
        }
        drop(guard);
    }

    /// Takes the link that the supervisor made, unless the supervisor was told to stop meanwhile.
    fn adopt(&self, link: Arc<Link>, stop: &Cancel) -> bool {
        let mut connection = lock(&self.connection);
        if stop.is_cancelled() {
            return false;
        }
        connection.link = Some(link);
        true
    }

    /// The supervisor gives up: the client goes, and a later wish to connect begins anew.
    fn abandon(&self, stop: &Cancel) {
        let link = {
            let mut connection = lock(&self.connection);
            if stop.is_cancelled() {
                return;
            }
            connection.supervisor = None;
            connection.link.take()
        };
        lock(&self.feeds).clear();
        self.tails.clear();
        if let Some(link) = link {
            tokio::spawn(link.close());
        }
    }

    /// Closes the connection in the background.
    fn close(self: &Arc<Self>) -> Option<tokio::task::JoinHandle<()>> {
        let tasks: Vec<TaskId> = lock(&self.tasks).keys().copied().collect();
        for task in tasks {
            self.cancel(task);
        }
        lock(&self.feeds).clear();
        self.tails.clear();
        let link = {
            let mut connection = lock(&self.connection);
            if let Some(stop) = connection.supervisor.take() {
                stop.cancel();
            }
            let closed = self.state.send_replace(ConnectionState::Closed);
            if closed != ConnectionState::Closed {
                self.log_change(&closed, &ConnectionState::Closed);
                self.report_connection(ConnectionState::Closed);
            }
            connection.link.take()
        };
        let post = Arc::clone(self);
        link.map(|link| {
            tokio::spawn(async move {
                let running: Vec<String> = post.comments_of(None);
                if !running.is_empty() {
                    link.kill(&running).await;
                }
                observe::restore_all(&post, &link).await;
                link.close().await;
            })
        })
    }

    pub(crate) fn busy(&self) -> bool {
        !lock(&self.tasks).is_empty()
    }

    async fn wait_until_idle(&self) {
        loop {
            let idle = self.idle.notified();
            tokio::pin!(idle);
            idle.as_mut().enable();
            if !self.busy() {
                return;
            }
            idle.await;
        }
    }

    fn comments_of(&self, tasks: Option<&[TaskId]>) -> Vec<String> {
        lock(&self.tasks)
            .iter()
            .filter(|(id, _)| tasks.is_none_or(|wanted| wanted.contains(id)))
            .map(|(_, running)| running.comment.clone())
            .collect()
    }

    /// A page's operation runs under the comment of its feed.
    fn comment_of(&self, request: &Request) -> Option<String> {
        match request {
            Request::Page { feed, side, .. } => {
                lock(&self.feeds).get(feed).map(|f| f.comment(*side))
            }
            _ => None,
        }
    }

    /// Marks a task as cancelled, and answers it if it is a read. Whether there was one.
    fn cancel(&self, task: TaskId) -> bool {
        let answer = {
            let mut tasks = lock(&self.tasks);
            let Some(running) = tasks.get_mut(&task) else {
                return false;
            };
            running.cancel.cancel();
            let answer = !running.awaited && !running.answered;
            running.answered |= answer;
            answer.then_some(running.since)
        };
        if let Some(since) = answer {
            self.report_settled(task, Err(stopped()), since);
        }
        true
    }

    /// Stops the operations of `tasks` on the server, where they do not end by themselves in `grace`.
    fn stop_on_server(self: &Arc<Self>, tasks: Vec<TaskId>, grace: Duration) {
        let Some(link) = lock(&self.connection).link.clone() else {
            return;
        };
        let post = Arc::clone(self);
        tokio::spawn(async move {
            tokio::time::sleep(grace).await;
            // More than once, since an operation may just be on its way, or go on with a next batch.
            for _ in 0..STOP_ATTEMPTS {
                let comments = post.comments_of(Some(&tasks));
                if comments.is_empty() {
                    return;
                }
                link.kill(&comments).await;
                tokio::time::sleep(STOP_AGAIN).await;
            }
        });
    }

    fn settle(&self, task: TaskId, result: Result<Reply, Failure>) {
        if let Err(failure) = &result
            && matches!(
                failure.kind,
                FailureKind::Unreachable
                    | FailureKind::NoPrimary
                    | FailureKind::UnknownOutcome
                    | FailureKind::Gone
            )
        {
            self.nudge.notify_one();
        }
        let Some(running) = lock(&self.tasks).remove(&task) else {
            return;
        };
        if !running.answered {
            self.report_settled(task, result, running.since);
        }
        if !self.busy() {
            self.idle.notify_waiters();
        }
    }
}

/// A round trip that is longer by less than this is the same.
const ROUND_TRIP_NOISE: Duration = Duration::from_millis(20);

/// Whether a person would care for the difference.
fn is_news(old: &ConnectionState, new: &ConnectionState) -> bool {
    match (old, new) {
        (ConnectionState::Ready(a), ConnectionState::Ready(b)) => {
            let (shorter, longer) = (
                a.round_trip.min(b.round_trip),
                a.round_trip.max(b.round_trip),
            );
            // Round trips of a busy machine or a far server tremble: each new figure would be a frame in an idle console.
            let differs = longer > shorter * 2 + ROUND_TRIP_NOISE;
            differs
                || a.version != b.version
                || a.role != b.role
                || a.set_name != b.set_name
                || a.address != b.address
        }
        (
            ConnectionState::Retrying {
                attempt: a,
                next_in: x,
                failure: f,
            },
            ConnectionState::Retrying {
                attempt: b,
                next_in: y,
                failure: g,
            },
        ) => a != b || x != y || f.summary != g.summary,
        (a, b) => a != b,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mongo::request::{Role, ServerInfo};

    fn ready(round_trip: u64) -> ConnectionState {
        ConnectionState::Ready(ServerInfo {
            version: "6.0.5".to_owned(),
            role: Role::Standalone,
            set_name: None,
            round_trip: Duration::from_millis(round_trip),
            address: "localhost:27017".to_owned(),
        })
    }

    #[test]
    fn a_round_trip_that_trembles_is_no_news_and_one_that_jumps_is() {
        assert!(!is_news(&ready(0), &ready(15)));
        assert!(!is_news(&ready(80), &ready(140)));
        assert!(!is_news(&ready(140), &ready(80)));
        assert!(is_news(&ready(1), &ready(60)));
        assert!(is_news(&ready(300), &ready(40)));
    }
}
