//! The panel of the members: who belongs to the deployment, how each of them stands, and what became of them lately.
//!
//! The members are asked for; what became of them is told by the driver's own monitors, as it happens.

use std::time::Duration;

use super::reading::{Reading, clock};
use super::{Content, List, Place, Step};
use crate::app::command::Command;
use crate::app::effect::Effect;
use crate::app::overlay::{Message, Overlay};
use crate::app::profiles::PoolFigures;
use crate::app::scope::Scope;
use crate::app::window::Window;
use crate::app::words;
use crate::mongo::request::observe::{Deployment, Member, Observation, Observe, Topology};
use crate::mongo::request::{Failure, Reply, TaskId};
use crate::pool::{Event, ServerKind, What};

/// Time between two questions.
const EVERY: Duration = Duration::from_secs(2);

/// The panel.
#[derive(Debug)]
pub struct TopologyPanel {
    /// What was read.
    pub reading: Reading,
    /// The cursor of the members.
    pub window: Window,
}

impl Default for TopologyPanel {
    fn default() -> Self {
        Self {
            reading: Reading::every(EVERY),
            window: Window::default(),
        }
    }
}

/// Something that became of a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// When, in milliseconds since the epoch.
    pub at: i64,
    /// The member.
    pub address: String,
    /// What, as a sentence without a subject.
    pub what: String,
    /// Whether it became primary.
    pub elected: bool,
    /// Whether something was lost by it.
    pub loss: bool,
}

/// What became of members lately, the newest first.
#[must_use]
pub fn turns(figures: &PoolFigures, most: usize) -> Vec<Turn> {
    let Some(pools) = &figures.whole else {
        return Vec::new();
    };
    let events = pools.timeline.events().rev();
    events
        .filter_map(|event| turn(figures, event))
        .take(most)
        .collect()
}

fn turn(figures: &PoolFigures, event: &Event) -> Option<Turn> {
    let ago = figures.at.since(event.at);
    let taken = i64::try_from(figures.taken.0).unwrap_or(0);
    let told = |what: String, elected: bool, loss: bool| Turn {
        at: taken - i64::try_from(ago.as_millis()).unwrap_or(0),
        address: event.address.to_string(),
        what,
        elected,
        loss,
    };
    match &event.what {
        What::ServerChanged { from, to } if from != to => {
            let elected = *to == ServerKind::Primary && *from != ServerKind::Unknown;
            let loss = *from == ServerKind::Primary || *to == ServerKind::Unknown;
            let what = match (from, to) {
                (_, ServerKind::Primary) if elected => {
                    format!("was elected primary; it was {}", from.word())
                }
                (ServerKind::Primary, to) => {
                    format!("is primary no more; it is {}", to.word())
                }
                (from, to) => format!("is {}; it was {}", to.word(), from.word()),
            };
            Some(told(what, elected, loss))
        }
        What::ServerOpened => Some(told("is watched from now on".to_owned(), false, false)),
        What::ServerClosed => Some(told("is not watched any more".to_owned(), false, true)),
        What::HeartbeatFailed { reason } => {
            Some(told(format!("does not answer: {reason}"), false, true))
        }
        _ => None,
    }
}

impl TopologyPanel {
    /// What was read last.
    #[must_use]
    pub fn topology(&self) -> Option<&Topology> {
        match self.reading.seen() {
            Some(Observation::Topology(topology)) => Some(topology),
            _ => None,
        }
    }

    /// How many rows its list has.
    #[must_use]
    pub fn rows(&self) -> usize {
        match self.topology().map(|t| &t.deployment) {
            Some(Deployment::Set(set)) => set.members.len(),
            Some(Deployment::Sharded(cluster)) => cluster.shards.len() + cluster.routers.len(),
            Some(Deployment::Standalone) => 1,
            None => 0,
        }
    }
}

/// Has what the driver's monitors tell come whole, or no more.
fn watch(scope: &mut Scope<'_>, at: &Place, whole: bool) {
    let profile = at.profile.clone();
    scope.effects.push(Effect::WatchPools { profile, whole });
}

/// Everything about a member, a line each.
fn describe(member: &Member) -> String {
    let mut lines = Vec::new();
    let mut line = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            lines.push(format!("{name:<16}{value}"));
        }
    };
    line("state", Some(member.state.clone()));
    line(
        "reachable",
        member
            .healthy
            .map(|h| if h { "yes" } else { "no" }.to_owned()),
    );
    line("says", member.message.clone());
    line("lag", member.lag.map(words::span));
    line("votes", member.votes.map(|n| n.to_string()));
    line("priority", member.priority.map(|n| n.to_string()));
    line(
        "hidden",
        member.hidden.then(|| "clients do not see it".to_owned()),
    );
    line(
        "arbiter",
        member.arbiter.then(|| "it holds no data".to_owned()),
    );
    line("delayed by", member.delay.map(words::whole));
    line("copies from", member.source.clone());
    line("up", member.up.map(words::whole));
    line(
        "last heard of",
        member.last_heartbeat.map(|at| format!("{} UTC", clock(at))),
    );
    line("round trip", member.ping.map(words::span));
    line(
        "primary since",
        member.elected_at.map(crate::value::cell::date),
    );
    lines.join("\n")
}

impl Content for TopologyPanel {
    fn list(&mut self) -> Option<List<'_>> {
        Some(List {
            rows: self.rows(),
            window: &mut self.window,
        })
    }

    fn details(&self, scope: &mut Scope<'_>) {
        let Some(topology) = self.topology() else {
            return;
        };
        let (title, text) = match &topology.deployment {
            Deployment::Set(set) => match set.members.get(self.window.cursor) {
                Some(member) => (member.address.clone(), describe(member)),
                None => return,
            },
            Deployment::Standalone => (
                topology.asked.clone(),
                "a server of its own, without copies of its data".to_owned(),
            ),
            Deployment::Sharded(cluster) => {
                let routers = self.window.cursor.checked_sub(cluster.shards.len());
                match (cluster.shards.get(self.window.cursor), routers) {
                    (Some(shard), _) => {
                        let draining = match shard.draining {
                            true => "\nits data is being moved away, so that it can be removed",
                            false => "",
                        };
                        let text = format!("shard {}\n{}{draining}", shard.name, shard.host);
                        (shard.name.clone(), text)
                    }
                    (None, Some(place)) => match cluster.routers.get(place) {
                        Some(router) => (
                            router.address.clone(),
                            format!("router, version {}", router.version),
                        ),
                        None => return,
                    },
                    (None, None) => return,
                }
            }
        };
        scope.overlays.push(Overlay::Message(Message {
            title,
            text,
            first: 0,
        }));
    }

    fn hints(&self) -> &'static [Command] {
        &[
            Command::Open,
            Command::Toggle,
            Command::Refresh,
            Command::FocusNext,
            Command::Palette,
            Command::Help,
        ]
    }

    fn command(&mut self, scope: &mut Scope<'_>, at: &Place, command: Command) -> Step {
        if self.travel(scope, command) {
            return Step::Done;
        }
        match command {
            Command::Refresh => self.reading.ask(scope, at, Observe::Topology),
            Command::Toggle => self.reading.pause(),
            Command::Open => self.details(scope),
            _ => return Step::Ignored,
        }
        Step::Done
    }

    fn awaits(&self, task: TaskId) -> bool {
        self.reading.awaits(task)
    }

    fn settle(
        &mut self,
        scope: &mut Scope<'_>,
        _at: &Place,
        task: TaskId,
        result: Result<Reply, Failure>,
        _took: Duration,
    ) {
        self.reading.settle(task, result);
        self.window.fit(self.rows(), scope.regions.main_rows);
    }

    fn shown(&mut self, scope: &mut Scope<'_>, at: &Place) {
        watch(scope, at, true);
        self.reading.tick(scope, at, || Observe::Topology);
    }

    fn hidden(&mut self, scope: &mut Scope<'_>, at: &Place) {
        watch(scope, at, false);
        self.reading.leave(scope);
    }

    fn tick(&mut self, scope: &mut Scope<'_>, at: &Place) {
        self.reading.tick(scope, at, || Observe::Topology);
    }

    fn wants_ticks(&self) -> bool {
        true
    }
}
