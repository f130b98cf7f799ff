//! The panel of the members: who belongs to the deployment, how each of them stands, and what became of them lately.
//!
//! The members are asked for; what became of them is told by the driver's own monitors, as it happens.

mod history;

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
use crate::mongo::request::observe::{
    Cluster, Deployment, Member, Observation, Observe, ReplicaSet, Router, Shard, Topology,
};
use crate::mongo::request::{Failure, Reply, TaskId};
use crate::pool::Members;

pub use history::{
    Line, Terms, Vacancy, Weight, lines, prospect, reason_words, vacancy, vacant_for,
};

/// Time between two questions.
const EVERY: Duration = Duration::from_secs(2);

/// The same of a sharded cluster, where chunks are counted.
const EVERY_CLUSTER: Duration = Duration::from_secs(10);

/// The same while there is no primary.
const EVERY_ELECTION: Duration = Duration::from_millis(500);

/// The panel.
#[derive(Debug)]
pub struct TopologyPanel {
    /// What was read.
    pub reading: Reading,
    /// The cursor of the members.
    pub window: Window,
    /// The server's word on elections that were seen.
    pub terms: Terms,
    /// Turns of the members that the last question came after.
    noted: u64,
}

impl Default for TopologyPanel {
    fn default() -> Self {
        Self {
            // Without a primary the others are asked: this is when their state matters most.
            reading: Reading::every(EVERY).in_trouble(),
            window: Window::default(),
            terms: Terms::default(),
            noted: 0,
        }
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
            Some(Deployment::Sharded(cluster)) => {
                let config = cluster.config.as_ref().map_or(0, |c| c.members.len());
                cluster.shards.len() + cluster.routers.len() + config
            }
            Some(Deployment::Standalone) => 1,
            None => 0,
        }
    }

    /// Asks, where it is time to: at once after something became of a member, and more often while there is no primary.
    fn look(&mut self, scope: &mut Scope<'_>, at: &Place) {
        let figures = figures(scope, at);
        let members = figures.and_then(|f| f.whole.as_ref()).map(|p| &p.members);
        let told = members.map_or(0, |m: &Members| m.told);
        if told != self.noted {
            self.noted = told;
            self.reading.hurry();
        }
        let vacant = vacancy(figures, self.topology()).is_some();
        let sharded = self
            .topology()
            .is_some_and(|t| matches!(t.deployment, Deployment::Sharded(_)));
        self.reading.pace(match (sharded, vacant) {
            (true, _) => EVERY_CLUSTER,
            (false, true) => EVERY_ELECTION,
            (false, false) => EVERY,
        });
        self.reading.tick(scope, at, || Observe::Topology);
    }
}

/// Has what the driver's monitors tell come whole, or no more.
fn watch(scope: &mut Scope<'_>, at: &Place, whole: bool) {
    let profile = at.profile.clone();
    scope.effects.push(Effect::WatchPools { profile, whole });
}

fn figures<'a>(scope: &'a Scope<'_>, at: &Place) -> Option<&'a PoolFigures> {
    scope.profiles.get(&at.profile)?.pools.as_ref()
}

/// A part of a cluster, as one row.
#[derive(Debug, Clone, Copy)]
pub enum Part<'a> {
    /// A shard.
    Shard(&'a Shard),
    /// A router.
    Router(&'a Router),
    /// A config server, and the set of them.
    Config(&'a Member, &'a ReplicaSet),
}

/// The parts of a cluster, in the order of the rows.
pub fn parts(cluster: &Cluster) -> impl Iterator<Item = Part<'_>> {
    let config = cluster.config.iter();
    let config = config.flat_map(|set| set.members.iter().map(move |m| Part::Config(m, set)));
    let shards = cluster.shards.iter().map(Part::Shard);
    shards
        .chain(cluster.routers.iter().map(Part::Router))
        .chain(config)
}

fn part(cluster: &Cluster, place: usize) -> Option<Part<'_>> {
    parts(cluster).nth(place)
}

/// What is left on a shard that is being emptied, or what cannot be moved; `None` where nothing is.
#[must_use]
pub fn left_on(shard: &Shard) -> Option<String> {
    let mut left = Vec::new();
    if shard.draining {
        left.extend(shard.chunks.map(|n| words::several(n, "chunk")));
        let databases = shard.databases.filter(|n| *n > 0);
        left.extend(databases.map(|n| words::several(n, "database")));
    }
    let mut out = match left.is_empty() {
        true => String::new(),
        false => format!("left to move: {}", left.join(" and ")),
    };
    if shard.jumbo > 0 {
        if !out.is_empty() {
            out.push_str("; ");
        }
        let jumbo = words::several(shard.jumbo, "chunk");
        out.push_str(&format!("{jumbo} too large to be moved"));
    }
    (!out.is_empty()).then_some(out)
}

fn describe_shard(shard: &Shard) -> String {
    let mut lines = vec![format!("{:<16}{}", "members", shard.host)];
    let mut line = |name: &str, value: Option<String>| {
        lines.extend(value.map(|value| format!("{name:<16}{value}")));
    };
    let state = match (shard.draining, shard.active) {
        (true, _) => "its data is being moved away, so that it can be removed",
        (false, true) => "it takes part",
        (false, false) => "it is known, and not used yet",
    };
    line("state", Some(state.to_owned()));
    line(
        "zones",
        (!shard.zones.is_empty()).then(|| shard.zones.join(", ")),
    );
    line("chunks", shard.chunks.map(words::grouped));
    line(
        "databases",
        shard
            .databases
            .map(|n| format!("{n} have their unsharded collections here")),
    );
    if let Some(left) = left_on(shard) {
        lines.push(String::new());
        lines.push(left);
        if shard.draining && shard.databases.is_some_and(|n| n > 0) {
            lines.push("a database does not move by itself: `movePrimary` does that".to_owned());
        }
    }
    lines.join("\n")
}

fn describe_router(router: &Router) -> String {
    let mut text = format!("{:<16}{}", "version", router.version);
    if let Some(at) = router.last_ping {
        text.push_str(&format!("\n{:<16}{} UTC", "last heard of", clock(at)));
    }
    text
}

/// Everything about a member, a line each.
fn describe(member: &Member, set: &ReplicaSet) -> String {
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
    if set.primary().is_some_and(|p| p.address == member.address) {
        let election = &set.election;
        line("elected in term", set.term.map(|n| n.to_string()));
        let reason = election.reason.as_deref();
        line("because", reason.map(|r| reason_words(r).to_owned()));
        line("votes needed", election.votes_needed.map(|n| n.to_string()));
        // The server leaves the time out until a majority has the first write of the term.
        line(
            "took writes",
            match (election.votes_needed, election.writable_after) {
                (_, Some(d)) => Some(format!("{} after its election", words::span(d))),
                (Some(_), None) => {
                    Some("not yet: its first write has reached no majority".to_owned())
                }
                (None, None) => None,
            },
        );
    }
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
                Some(member) => (member.address.clone(), describe(member, set)),
                None => return,
            },
            Deployment::Standalone => (
                topology.asked.clone(),
                "a server of its own, without copies of its data".to_owned(),
            ),
            Deployment::Sharded(cluster) => match part(cluster, self.window.cursor) {
                Some(Part::Shard(shard)) => (shard.name.clone(), describe_shard(shard)),
                Some(Part::Router(router)) => (router.address.clone(), describe_router(router)),
                Some(Part::Config(member, set)) => (member.address.clone(), describe(member, set)),
                None => return,
            },
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
        at: &Place,
        task: TaskId,
        result: Result<Reply, Failure>,
        _took: Duration,
    ) {
        if self.reading.settle(task, result)
            && let Some(Observation::Topology(topology)) = self.reading.seen()
            && let (Some(set), Some(figures)) = (topology.set(), figures(scope, at))
        {
            self.terms.take(figures, set);
        }
        self.window.fit(self.rows(), scope.regions.main_rows);
    }

    fn shown(&mut self, scope: &mut Scope<'_>, at: &Place) {
        watch(scope, at, true);
        self.look(scope, at);
    }

    fn hidden(&mut self, scope: &mut Scope<'_>, at: &Place) {
        watch(scope, at, false);
        self.reading.leave(scope);
    }

    fn tick(&mut self, scope: &mut Scope<'_>, at: &Place) {
        self.look(scope, at);
    }

    fn wants_ticks(&self) -> bool {
        true
    }
}
