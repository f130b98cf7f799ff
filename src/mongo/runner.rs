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
mod post;
mod preview;
pub(crate) mod read;
mod standing;
mod statement;
mod stream;
mod supervisor;
mod together;
mod write;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock};
use std::time::{Duration, Instant};

use tokio::sync::{Notify, mpsc, watch};

use crate::config::connections::ConnectionLog;
use crate::config::profile::Profile;
use crate::mongo::events::{CommandLog, PoolWatch};
use crate::mongo::link::Cancel;
use crate::mongo::request::observe::Restored;
use crate::mongo::request::{
    Access, ConnectionState, Failure, FailureKind, ProfileName, Reply, Report, Request, TaskId,
};
use access::Lock;

pub(crate) use post::Post;
use post::Running;
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

    /// Says that one more wants everything in the reports of the profile's pools, or one less: with nobody left they hold
    /// the summary alone, which costs less. What there is is reported at once.
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
