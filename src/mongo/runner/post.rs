//! What belongs to one profile: its connection, what runs over it, and what is told of both.

use super::access::Lock;
use super::observe;
use super::{STOP_AGAIN, STOP_ATTEMPTS, StateDirectory, lock};
use crate::config::connections::ConnectionLog;
use crate::config::profile::Profile;
use crate::config::store::Store;
use crate::mongo::events::PoolWatch;
use crate::mongo::feed::Feed;
use crate::mongo::link::{Cancel, Link, stopped};
use crate::mongo::request::standing::Setup;
use crate::mongo::request::{
    ConnectionState, Failure, FailureKind, FeedId, Reply, Report, Request, TaskId,
};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};
use tokio::sync::{Notify, mpsc, watch};

/// All that belongs to one profile.
///
/// The state is told while the connection is locked. So nobody may lock the connection while it looks at the state: each
/// would wait for the other.
#[derive(Debug)]
pub(crate) struct Post {
    pub(crate) profile: Profile,
    pub(super) reports: mpsc::UnboundedSender<Report>,
    pub(super) state: watch::Sender<ConnectionState>,
    pub(crate) nudge: Notify,
    /// The person wants the next attempt now.
    pub(super) hurry: Notify,
    pub(super) connection: Mutex<Connection>,
    pub(super) feeds: Mutex<HashMap<FeedId, Arc<Feed>>>,
    pub(super) tails: observe::Tails,
    pub(super) profilers: Mutex<observe::Profilers>,
    pub(super) tasks: Mutex<HashMap<TaskId, Running>>,
    pub(super) idle: Notify,
    pub(super) lock: Mutex<Lock>,
    pub(super) directory: StateDirectory,
    /// What the connection is made with, once that is known.
    pub(super) setup: Mutex<Option<Arc<Setup>>>,
    /// Where changes of the connection are written.
    pub(super) connections: Arc<OnceLock<ConnectionLog>>,
    /// What the pools of the connection do.
    pub(crate) pools: PoolWatch,
}

#[derive(Debug, Default)]
pub(super) struct Connection {
    pub(super) link: Option<Arc<Link>>,
    pub(super) supervisor: Option<Cancel>,
}

#[derive(Debug)]
pub(super) struct Running {
    pub(super) cancel: Cancel,
    /// What became of it is told even where it is cancelled.
    pub(super) awaited: bool,
    /// The asker has its answer; what still runs is only waited for.
    pub(super) answered: bool,
    /// What the operation runs under on the server.
    pub(super) comment: String,
    pub(super) since: Instant,
}

impl Post {
    /// Where things of this person are kept.
    pub(super) fn store(&self) -> std::io::Result<Store> {
        let directory = lock(&self.directory).clone();
        match directory {
            Some(directory) => Store::at(&directory),
            None => Store::open(),
        }
    }

    /// The directory of journals.
    pub(super) fn mends(&self) -> std::io::Result<PathBuf> {
        self.store().map(|s| s.mends())
    }

    pub(super) fn report(&self, report: Report) {
        // Nobody listens any more only while the program ends.
        let _ = self.reports.send(report);
    }

    pub(super) fn report_connection(&self, state: ConnectionState) {
        self.report(Report::Connection {
            profile: self.profile.name.clone(),
            state,
        });
    }

    pub(super) fn report_pools(&self) {
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

    pub(super) fn report_settled(
        &self,
        task: TaskId,
        result: Result<Reply, Failure>,
        since: Instant,
    ) {
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
    pub(super) fn adopt(&self, link: Arc<Link>, stop: &Cancel) -> bool {
        let mut connection = lock(&self.connection);
        if stop.is_cancelled() {
            return false;
        }
        connection.link = Some(link);
        true
    }

    /// The supervisor gives up: the client goes, and a later wish to connect begins anew.
    pub(super) fn abandon(&self, stop: &Cancel) {
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
    pub(super) fn close(self: &Arc<Self>) -> Option<tokio::task::JoinHandle<()>> {
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
            // At once: what is put back below goes beside the pool.
            link.send_no_more();
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

    pub(super) async fn wait_until_idle(&self) {
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

    pub(super) fn comments_of(&self, tasks: Option<&[TaskId]>) -> Vec<String> {
        lock(&self.tasks)
            .iter()
            .filter(|(id, _)| tasks.is_none_or(|wanted| wanted.contains(id)))
            .map(|(_, running)| running.comment.clone())
            .collect()
    }

    /// A page's operation runs under the comment of its feed.
    pub(super) fn comment_of(&self, request: &Request) -> Option<String> {
        match request {
            Request::Page { feed, side, .. } => {
                lock(&self.feeds).get(feed).map(|f| f.comment(*side))
            }
            _ => None,
        }
    }

    /// Marks a task as cancelled, and answers it if it is a read. Whether there was one.
    pub(super) fn cancel(&self, task: TaskId) -> bool {
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
    pub(super) fn stop_on_server(self: &Arc<Self>, tasks: Vec<TaskId>, grace: Duration) {
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

    pub(super) fn settle(&self, task: TaskId, result: Result<Reply, Failure>) {
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
pub(super) const ROUND_TRIP_NOISE: Duration = Duration::from_millis(20);

/// Whether a person would care for the difference.
pub(super) fn is_news(old: &ConnectionState, new: &ConnectionState) -> bool {
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
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

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

    /// Runs both sides at once, many times over. Whether they came to an end.
    fn come_to_an_end(one: impl Fn() + Send + 'static, other: impl Fn() + Send + 'static) -> bool {
        const ROUNDS: usize = 20_000;
        let (done, ends) = std::sync::mpsc::channel();
        let other_done = done.clone();
        std::thread::spawn(move || {
            (0..ROUNDS).for_each(|_| one());
            done.send(()).ok();
        });
        std::thread::spawn(move || {
            (0..ROUNDS).for_each(|_| other());
            other_done.send(()).ok();
        });
        let limit = Duration::from_secs(60);
        ends.recv_timeout(limit).is_ok() && ends.recv_timeout(limit).is_ok()
    }

    fn post() -> (Arc<Post>, mpsc::UnboundedReceiver<Report>) {
        let profile = Profile::new("main", "mongodb://127.0.0.1:1".to_owned().into());
        let name = profile.name.clone();
        let (reports, inbox) = mpsc::unbounded_channel();
        let runner = crate::mongo::runner::Runner::new([profile], reports);
        (runner.post(&name).unwrap(), inbox)
    }

    #[test]
    fn news_of_the_connection_do_not_wait_for_whoever_waits_for_the_connection() {
        let (telling, _inbox) = post();
        let asking = Arc::clone(&telling);
        let never = Cancel::default();
        telling.tell(ready(0), &never);
        let turn = std::sync::atomic::AtomicU64::new(1);
        let tell = move || {
            let round_trip = turn.fetch_add(1, std::sync::atomic::Ordering::Relaxed) % 2 * 100;
            telling.tell(ready(round_trip), &never);
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap();
        let ask = move || {
            runtime.block_on(async {
                let never = Cancel::default();
                let waiting = asking.ready(&never);
                assert!(futures_util::FutureExt::now_or_never(waiting).is_none());
            });
        };
        assert!(come_to_an_end(tell, ask), "they wait for each other");
    }

    #[tokio::test]
    async fn what_a_scene_is_made_of_does_not_wait_for_news_of_the_servers() {
        let (post, _inbox) = post();
        let prepared = crate::mongo::connect::prepare(&post.profile).await.unwrap();
        let client = mongodb::Client::with_options(prepared.options.clone()).unwrap();
        let (news, topology) = watch::channel(crate::mongo::events::Topology::default());
        let link = Link::new(client, prepared, topology, None, PoolWatch::default());
        let tell = move || news.send_modify(|t| t.recoveries += 1);
        let look = move || assert!(!link.scene().without_primary);
        let ended = tokio::task::spawn_blocking(move || come_to_an_end(tell, look));
        assert!(ended.await.unwrap(), "they wait for each other");
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
