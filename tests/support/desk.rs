//! A runner with one or more profiles, asked and listened to as the program does it.

#![allow(dead_code, reason = "each test uses a part")]

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use mongodeck::config::profile::Profile;
use mongodeck::mongo::request::{
    ConnectionState, Failure, FeedId, ProfileName, Reply, Report, Request, TaskId,
};
use mongodeck::mongo::runner::Runner;
use secrecy::SecretString;
use tokio::sync::mpsc;

/// Longer than anything that a test waits for takes, on a busy machine too.
const LIMIT: Duration = Duration::from_secs(30);

/// A profile of `uri` with nothing else set.
pub fn profile(name: &str, uri: &str) -> Profile {
    Profile::new(name, SecretString::from(uri.to_owned()))
}

/// `uri` with one more option, for one `appName=…`.
pub fn with_option(uri: &str, option: &str) -> String {
    format!("{uri}&{option}")
}

/// An id that no other part of the test program uses.
pub fn fresh() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// Where runners of this test program keep things, rather than where the person who runs it does.
pub fn state() -> std::path::PathBuf {
    std::env::temp_dir().join(format!("mongodeck-tests-{}", std::process::id()))
}

/// A new feed's id.
pub fn feed_id() -> FeedId {
    FeedId(fresh())
}

/// A runner and what it told so far.
pub struct Desk {
    /// The runner, with its command log on.
    pub runner: Runner,
    reports: mpsc::UnboundedReceiver<Report>,
    /// Reports that nobody waited for yet, oldest first.
    unread: VecDeque<Report>,
}

impl Desk {
    /// A runner for `profiles`.
    pub fn new(profiles: impl IntoIterator<Item = Profile>) -> Self {
        let (sender, reports) = mpsc::unbounded_channel();
        Self {
            runner: Runner::new(profiles, sender)
                .with_command_log()
                .with_state(state()),
            reports,
            unread: VecDeque::new(),
        }
    }

    /// The first report, among those not read so far, for which `pick` has an answer.
    pub async fn wait<T>(&mut self, what: &str, mut pick: impl FnMut(&Report) -> Option<T>) -> T {
        for place in 0..self.unread.len() {
            if let Some(found) = pick(&self.unread[place]) {
                self.unread.remove(place);
                return found;
            }
        }
        // Of the whole wait, since a connection tells something now and then for ever.
        let limit = tokio::time::Instant::now() + LIMIT;
        loop {
            match tokio::time::timeout_at(limit, self.reports.recv()).await {
                Ok(Some(report)) => match pick(&report) {
                    Some(found) => return found,
                    None => self.unread.push_back(report),
                },
                Ok(None) => panic!("the runner is gone while waiting for {what}"),
                Err(_) => panic!(
                    "no {what} within {LIMIT:?}; told so far: {:#?}",
                    self.unread
                ),
            }
        }
    }

    /// The next state of a profile's connection that `wanted` accepts.
    pub async fn state(
        &mut self,
        name: &str,
        what: &str,
        wanted: impl Fn(&ConnectionState) -> bool,
    ) -> ConnectionState {
        let name = ProfileName::new(name);
        self.wait(what, |r| match r {
            Report::Connection { profile, state } if *profile == name && wanted(state) => {
                Some(state.clone())
            }
            _ => None,
        })
        .await
    }

    /// All states of a profile's connection that were told and not read so far, oldest first.
    pub fn states(&mut self, name: &str) -> Vec<ConnectionState> {
        while let Ok(report) = self.reports.try_recv() {
            self.unread.push_back(report);
        }
        let name = ProfileName::new(name);
        self.unread
            .iter()
            .filter_map(|r| match r {
                Report::Connection { profile, state } if *profile == name => Some(state.clone()),
                _ => None,
            })
            .collect()
    }

    /// Connects, and waits until the server answers.
    pub async fn connect(&mut self, name: &str) {
        self.runner.connect(&ProfileName::new(name));
        self.state(name, "answering server", |s| {
            matches!(s, ConnectionState::Ready(_))
        })
        .await;
    }

    /// Starts a request.
    pub fn start(&self, name: &str, request: Request) -> TaskId {
        let task = TaskId(fresh());
        self.runner.start(&ProfileName::new(name), task, request);
        task
    }

    /// The end of a task.
    pub async fn settled(&mut self, task: TaskId) -> Result<Reply, Failure> {
        self.wait("end of a task", |r| match r {
            Report::Settled {
                task: t, result, ..
            } if *t == task => Some(result.clone()),
            _ => None,
        })
        .await
    }

    /// A request from start to end.
    pub async fn ask(&mut self, name: &str, request: Request) -> Result<Reply, Failure> {
        let task = self.start(name, request);
        self.settled(task).await
    }

    /// The names of the commands sent so far whose comment says that a task asked for them.
    pub fn sent_for_tasks(&self) -> Vec<String> {
        self.runner
            .command_log()
            .unwrap()
            .commands()
            .into_iter()
            .filter(|c| c.comment.is_some())
            .map(|c| c.name)
            .collect()
    }

    /// Whether a command of this name was sent at all.
    pub fn sent(&self, name: &str) -> bool {
        self.runner
            .command_log()
            .unwrap()
            .commands()
            .iter()
            .any(|c| c.name == name)
    }
}
